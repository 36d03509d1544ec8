/* Max-unpooling on CPUs, one (n, c) plane per work-item. As long as the elements of input row (d, h) have their indices
 * in block (d, h) of the output rows, each block is made in private memory or registers and stored once. From the first index
 * elsewhere on: zeros, then all elements in row-major order. Either way the last of several equal indices wins.
 * -DCLUP_INDEX64=0|1  index_t is int or long
 * -DELEMENT_SIZE=1|2|4|8  bytes of an element
 * -DINDEX_TYPE=int|long  of the indices
 * -DDEPTH=0|1  0: all depths are 1
 * -DWHOLE=0|1  indices are flat over 0: one plane, 1: all planes
 * -DBAND  elements of a block, at most: along depth and rows, block i begins at i * step - padding (the first at 0) and
 * ends where the next one begins (the last at the end); 0: no blocks
 * -DSTREAM=0|1  1: blocks are written past the caches
 * x, indices: [planes / channels][channels][in_depth][in_height][in_width] by strides x_n ... x_w and i_n ... i_w.
 * y: [planes / channels][channels][out_depth][out_height][out_width] by strides y_n ... y_w.
 * Strides are 0 for an axis of one element. Indices count in depth x height x width, the corner of a plane of y; where
 * there are blocks it is all of the plane, and y_w is 1.
 * status: one uint; receives the smallest logical element number of x whose index is out of range.
 * strays (-DWHOLE=1 only): planes ints; whether an index in that plane names another.
 * Indices may hold anything: nothing outside y is written. */
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=1 -DINDEX_TYPE=int -DDEPTH=0 -DWHOLE=0 -DBAND=1024 -DSTREAM=1
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=4 -DINDEX_TYPE=long -DDEPTH=1 -DWHOLE=1 -DBAND=1024 -DSTREAM=0
// check: -DCLUP_INDEX64=1 -DELEMENT_SIZE=8 -DINDEX_TYPE=long -DDEPTH=1 -DWHOLE=0 -DBAND=0 -DSTREAM=0
#include "common.clh"
#include "cpu_vector.clh"
#include "element.clh"

#if !defined(INDEX_TYPE) || !defined(DEPTH) || !defined(WHOLE) || !defined(BAND) || !defined(STREAM)
#error "INDEX_TYPE must be int or long, DEPTH and WHOLE 0 or 1, BAND at least 0, STREAM 0 or 1"
#endif

#define AHEAD 256 /* elements: what is fetched */

typedef __global const element_t *restrict input_t;
typedef __global const INDEX_TYPE *restrict indices_t;
typedef __global element_t *restrict output_t;

typedef struct plane_t {
  index_t in_depth, in_height, in_width, depth, height, width, out_depth, out_height, out_width;
  long step_d, step_h, padding_d, padding_h;
  index_t x_d, x_h, x_w, i_d, i_h, i_w, y_d, y_h, y_w;
} plane_t;

static inline index_t block_begin(index_t i, index_t count, index_t size, long step, long padding) {
  const long row = i * step - padding;
  return i == 0 || row < 0 ? 0 : i == count || row > size ? size : (index_t)row;
}

#define STREAMS_PAIRS (STREAM && (ELEMENT_SIZE == 2 || ELEMENT_SIZE == 4))
#if ELEMENT_SIZE < 8
#define VECTOR8_(type) type##8
#define VECTOR8(type) VECTOR8_(type)
#if ELEMENT_SIZE == 1
typedef uchar8 elements8_t;
typedef ushort8 pairs_t;
#define convert_pairs convert_ushort8
#elif ELEMENT_SIZE == 2
typedef ushort8 elements8_t;
typedef uint8 pairs_t;
#define convert_pairs convert_uint8
#else
typedef uint8 elements8_t;
typedef ulong8 pairs_t;
#define convert_pairs convert_ulong8
#endif
typedef elements8_t __attribute__((aligned(ELEMENT_SIZE))) loose_elements8_t;
typedef pairs_t __attribute__((aligned(ELEMENT_SIZE))) loose_pairs_t;
typedef VECTOR8(INDEX_TYPE) __attribute__((aligned(sizeof(INDEX_TYPE)))) loose_indices8_t;

/* Eight elements in windows two columns wide, side by side as pooling by 2 has them. */
typedef struct eight_t {
  long8 at;  /* from the window's corner */
  ulong8 low, found;
} eight_t;

/* The elements from column w on; corner: the index of the block's first output. */
static inline eight_t take_eight(indices_t places, input_t values, int w, ulong corner) {
  const long8 lanes = (long8)(0, 2, 4, 6, 8, 10, 12, 14);
  FETCH_AHEAD(places + w + AHEAD);
  FETCH_AHEAD(values + w + AHEAD);
  const eight_t of = {
      .at = convert_long8(*(__global const loose_indices8_t *)(places + w)) - (lanes + (long)(corner + (ulong)(2 * w))),
      .low = convert_ulong8(*(__global const loose_elements8_t *)(values + w)),
      .found = 0};
  return of;
}

/* Their outputs in the row of the block that begins at `begin` of the window. */
static inline pairs_t make_pairs(eight_t *of, long begin) {
  const ulong8 left = as_ulong8(of->at == begin), right = as_ulong8(of->at == begin + 1);
  of->found |= left | right;
  return convert_pairs((of->low & left) | (of->low << (ulong)(8 * ELEMENT_SIZE) & right));
}

/* A block of one slice of such windows: without a branch or a store for each element, eight at a time, the last ones
 * perhaps twice. Whether all indices were in their elements' windows. */
static inline bool by_pairs(element_t *block, int rows, int width, int in_width, indices_t places, input_t values,
                            ulong corner) {
  ulong8 inside = (ulong8)(~0ul);
  for (int w = 0; w < in_width; w += 8) {
    w = min(w, in_width - 8);
    eight_t of = take_eight(places, values, w, corner);
    for (int row = 0; row < rows; row++)
      *(loose_pairs_t *)(block + row * width + 2 * w) = make_pairs(&of, (long)row * width);
    inside &= of.found;
  }
  for (int row = 0; row < rows; row++)
    for (int i = 2 * in_width; i < width; i++) block[row * width + i] = 0;
  return all(as_long8(inside));
}

#if STREAMS_PAIRS
#define LINE_PAIRS (LINE_ELEMENTS / 2)
/* The same past the caches, of rows of whole lines, y_h apart: nothing is stored between, where it would wait for what is
 * on its way past the caches. */
static inline bool stream_pairs(output_t y, index_t y_h, int rows, int width, indices_t places, input_t values,
                                ulong corner) {
  ulong8 inside = (ulong8)(~0ul);
  for (int w = 0; w < width / 2; w += LINE_PAIRS) {
    eight_t of[LINE_PAIRS / 8];
#pragma unroll
    for (int i = 0; i < LINE_PAIRS / 8; i++) of[i] = take_eight(places, values, w + 8 * i, corner);
    for (int row = 0; row < rows; row++) {
      __global float *to = (__global float *)(y + row * y_h + 2 * w);
#if ELEMENT_SIZE == 4
      stream16(as_float16(make_pairs(of, (long)row * width)), to);
#else
      const pairs_t first = make_pairs(of, (long)row * width), second = make_pairs(of + 1, (long)row * width);
      stream16(as_float16((uint16)(first, second)), to);
#endif
    }
#pragma unroll
    for (int i = 0; i < LINE_PAIRS / 8; i++) inside &= of[i].found;
  }
  return all(as_long8(inside));
}
#endif
#endif

/* false at the first index that is not in its block: what was stored by then is not the result. first: the index of the
 * plane's first element. */
static inline bool by_blocks(input_t x, indices_t indices, output_t y, const plane_t *p, ulong first) {
  element_t block[BAND + 1]; /* the last one: what is outside */
#if ELEMENT_SIZE < 8
  bool pairs = !DEPTH && p->i_w == 1 && p->x_w == 1 && p->in_width >= 8 && 2 * (long)p->in_width <= p->width;
#if STREAMS_PAIRS /* rows of whole lines */
  bool lines = pairs && 2 * (long)p->in_width == p->width && p->width % LINE_ELEMENTS == 0 && p->y_h % LINE_ELEMENTS == 0 &&
               (ulong)y % STREAM_ALIGNMENT == 0;
#endif
#else
  const bool pairs = false;
#endif
  for (index_t d = 0; d < p->in_depth; d++) {
    const index_t front = DEPTH ? block_begin(d, p->in_depth, p->depth, p->step_d, p->padding_d) : 0;
    const index_t back = DEPTH ? block_begin(d + 1, p->in_depth, p->depth, p->step_d, p->padding_d) : 1;
    for (index_t h = 0; h < p->in_height; h++) {
      const index_t begin = block_begin(h, p->in_height, p->height, p->step_h, p->padding_h);
      const index_t end = block_begin(h + 1, p->in_height, p->height, p->step_h, p->padding_h);
      const index_t count = (end - begin) * p->width;
      const ulong corner = first + (ulong)((long)front * p->height + begin) * (ulong)p->width;
      for (index_t row = end; STREAM && row < min(end + (end - begin), p->height); row++)
        fetch_ends(y + front * p->y_d + row * p->y_h, (size_t)p->width * ELEMENT_SIZE);
      __global const INDEX_TYPE *places = indices + d * p->i_d + h * p->i_h;
      __global const element_t *values = x + d * p->x_d + h * p->x_h;
#if STREAMS_PAIRS
      lines = lines && stream_pairs(y + begin * p->y_h, p->y_h, (int)(end - begin), (int)p->width, places, values, corner);
      if (lines) continue;
#endif
#if ELEMENT_SIZE < 8
      pairs = pairs && by_pairs(block, (int)(end - begin), (int)p->width, (int)p->in_width, places, values, corner);
#endif
      for (index_t i = 0; !pairs && i < (back - front) * count; i++) block[i] = 0;
      const bool beside = p->i_w == 1 && p->x_w == 1;
      for (index_t w = 0; !pairs && w < p->in_width;) {
        FETCH_AHEAD(places + (long)(w + AHEAD) * p->i_w);
        FETCH_AHEAD(values + (long)(w + AHEAD) * p->x_w);
        if (!DEPTH && beside && w + 8 <= p->in_width) { /* one branch for eight */
          bool inside = true;
#pragma unroll
          for (int k = 0; k < 8; k++) {
            const ulong at = (ulong)(long)places[w + k] - corner;
            inside = inside && at < (ulong)count;
            block[min(at, (ulong)BAND)] = values[w + k];
          }
          if (!inside) return false;
          w += 8;
          continue;
        }
        for (const index_t past = min(w + (index_t)8, p->in_width); w < past; w++) {
          ulong at = (ulong)(long)places[w * p->i_w] - corner;
          index_t slice = 0;
          while (at >= (ulong)count) { /* not in this slice of the block: perhaps in one behind it */
            if (!DEPTH || ++slice >= back - front) return false;
            at -= (ulong)((long)p->height * p->width);
          }
          block[slice * count + (index_t)at] = values[w * p->x_w];
        }
      }
      for (index_t z = front; z < back; z++)
        for (index_t row = begin; row < end; row++)
          store_row(block + (z - front) * count + (row - begin) * p->width, (int)p->width,
                    y + z * p->y_d + row * p->y_h, STREAM);
    }
  }
  return true;
}

static inline void clear_plane(output_t y, const plane_t *p) {
  for (index_t d = 0; d < p->out_depth; d++)
    for (index_t h = 0; h < p->out_height; h++)
      for (index_t w = 0; w < p->out_width; w++) y[d * p->y_d + h * p->y_h + w * p->y_w] = 0;
}

/* Where element `at` of a plane lies in y. */
static inline index_t place(const plane_t *p, index_t at) {
  const index_t row = at / p->width, slice = DEPTH ? row / p->height : 0;
  return slice * p->y_d + (row - slice * p->height) * p->y_h + (at - row * p->width) * p->y_w;
}

/* Writes the elements whose indices are in the plane that begins at `first`; whether one that is not is below `end`. */
static inline bool by_elements(input_t x, indices_t indices, output_t y, __global uint *status, const plane_t *p,
                               index_t plane, ulong first, ulong end) {
  const ulong most = (ulong)((long)p->depth * p->height * p->width);
  bool strayed = false;
  for (index_t d = 0; d < p->in_depth; d++)
    for (index_t h = 0; h < p->in_height; h++)
      for (index_t w = 0; w < p->in_width; w++) {
        const ulong index = (ulong)(long)indices[d * p->i_d + h * p->i_h + w * p->i_w];
        if (index - first < most)
          y[place(p, (index_t)(index - first))] = x[d * p->x_d + h * p->x_h + w * p->x_w];
        else if (index < end)
          strayed = true;
        else
          atomic_min(status, (uint)((((ulong)plane * p->in_depth + d) * p->in_height + h) * p->in_width + w));
      }
  return strayed;
}

#if WHOLE
/* Everything once more, in row-major order: there are indices that name another plane than their own. */
static inline void by_planes(input_t x, indices_t indices, output_t y, const plane_t *p, index_t channels,
                             index_t planes, index_t x_n, index_t x_c, index_t i_n, index_t i_c, index_t y_n,
                             index_t y_c) {
  const index_t most = p->depth * p->height * p->width;
  for (index_t plane = 0; plane < planes; plane++) {
    const index_t n = plane / channels;
    clear_plane(y + n * y_n + (plane - n * channels) * y_c, p);
  }
  for (index_t plane = 0; plane < planes; plane++) {
    const index_t n = plane / channels, c = plane - n * channels;
    __global const INDEX_TYPE *places = indices + n * i_n + c * i_c;
    __global const element_t *values = x + n * x_n + c * x_c;
    for (index_t d = 0; d < p->in_depth; d++)
      for (index_t h = 0; h < p->in_height; h++)
        for (index_t w = 0; w < p->in_width; w++) {
          const ulong index = (ulong)(long)places[d * p->i_d + h * p->i_h + w * p->i_w];
          if (index >= (ulong)planes * (ulong)most) continue; /* reported by the plane's work-item */
          const index_t to = (index_t)index / most, to_n = to / channels;
          y[to_n * y_n + (to - to_n * channels) * y_c + place(p, (index_t)index - to * most)] =
              values[d * p->x_d + h * p->x_h + w * p->x_w];
        }
  }
}
#endif

/* Local size 1. Global size: planes with again = 0; with -DWHOLE=1 a second launch, of one work-item with again = 1,
 * looks after the strays. */
CLUP_KERNEL void clup_max_unpool_plane(__global const element_t *restrict x, long x_offset,
                                       __global const INDEX_TYPE *restrict indices, long indices_offset,
                                       __global element_t *restrict y, long y_offset, __global uint *restrict status,
                                       long status_offset,
#if WHOLE
                                       __global int *restrict strays, long strays_offset, int again,
#endif
                                       index_t channels, index_t planes, index_t in_depth, index_t in_height,
                                       index_t in_width, index_t depth, index_t height, index_t width,
                                       index_t out_depth, index_t out_height, index_t out_width, long step_d,
                                       long step_h, long padding_d, long padding_h, index_t x_n, index_t x_c,
                                       index_t x_d, index_t x_h, index_t x_w, index_t i_n, index_t i_c, index_t i_d,
                                       index_t i_h, index_t i_w, index_t y_n, index_t y_c, index_t y_d, index_t y_h,
                                       index_t y_w) {
  if (warming_up(x_offset)) return;
  const plane_t p = {in_depth,  in_height, in_width, depth,     height,    width, out_depth, out_height,
                     out_width, step_d,    step_h,   padding_d, padding_h, x_d,   x_h,       x_w,
                     i_d,       i_h,       i_w,      y_d,       y_h,       y_w};
  x += x_offset;
  indices += indices_offset;
  y += y_offset;
  index_t plane = (index_t)get_global_id(0);
#if WHOLE
  if (again) {
    while (plane < planes && !strays[strays_offset + plane]) plane++;
    if (plane < planes) by_planes(x, indices, y, &p, channels, planes, x_n, x_c, i_n, i_c, y_n, y_c);
    return;
  }
#endif
  const index_t n = plane / channels, c = plane - n * channels;
  const ulong most = (ulong)((long)depth * height * width);
  const ulong first = WHOLE ? (ulong)plane * most : 0, end = WHOLE ? (ulong)planes * most : most;
  x += n * x_n + c * x_c;
  indices += n * i_n + c * i_c;
  y += n * y_n + c * y_c;
  bool strayed = false;
  if (!BAND || !by_blocks(x, indices, y, &p, first)) {
    clear_plane(y, &p);
    strayed = by_elements(x, indices, y, status + status_offset, &p, plane, first, end);
  }
#if WHOLE
  strays[strays_offset + plane] = strayed;
#else
  (void)strayed; /* an index of another plane is out of range */
#endif
}

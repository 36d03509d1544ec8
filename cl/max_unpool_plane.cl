/* Max-unpooling on CPUs, one (n, c) plane per work-item. As long as the elements of input row h have their indices in
 * band h of the output rows, each band is made in private memory and stored once. From the first index elsewhere on:
 * zeros, then all elements in row-major order. Either way the last of several equal indices wins. -DCLUP_INDEX64=0|1
 * index_t is int or long -DELEMENT_SIZE=1|2|4|8  bytes of an element -DINDEX_TYPE=int|long  of the indices -DBAND
 * elements of a band, at most: band h begins at output row h * step - padding (the first at 0) and ends where the next
 * one begins (the last at height); 0: no bands -DSTREAM=0|1  1: bands are written past the caches x, indices: [planes /
 * channels][channels][in_height][in_width] by strides x_n ... x_w and i_n ... i_w y: [planes /
 * channels][channels][height][width] by strides y_n ... y_w; strides are 0 for an axis of one element; y_w is 1 where
 * there are bands status: one uint; receives the smallest logical element number of x whose index is not within
 * 0..height*width-1 Global size: planes, local size 1. Indices may hold anything: nothing outside the plane is written.
 */
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=1 -DINDEX_TYPE=int -DBAND=1024 -DSTREAM=1
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=4 -DINDEX_TYPE=long -DBAND=1024 -DSTREAM=0
// check: -DCLUP_INDEX64=1 -DELEMENT_SIZE=8 -DINDEX_TYPE=long -DBAND=0 -DSTREAM=0
#include "common.clh"
#include "element.clh"

#if !defined(INDEX_TYPE) || !defined(BAND) || !defined(STREAM)
#error "INDEX_TYPE must be int or long, BAND at least 0, STREAM 0 or 1"
#endif

typedef struct plane_t {
  index_t in_height, in_width, height, width;
  long step, padding;
  index_t x_h, x_w, i_h, i_w, y_h, y_w;
} plane_t;

static inline index_t band_begin(const plane_t *p, index_t h) {
  const long row = h * p->step - p->padding;
  return h == 0 || row < 0 ? 0 : h == p->in_height || row > p->height ? p->height : (index_t)row;
}

/* false at the first index that is not in its band: what was stored by then is not the result. */
static inline bool by_bands(__global const element_t *restrict x, __global const INDEX_TYPE *restrict indices,
                            __global element_t *restrict y, const plane_t *p) {
  element_t band[BAND ? BAND : 1];
  for (index_t h = 0; h < p->in_height; h++) {
    const index_t begin = band_begin(p, h), end = band_begin(p, h + 1);
    const long first = (long)begin * p->width, count = (long)(end - begin) * p->width;
    for (index_t i = 0; i < count; i++) band[i] = 0;
    __global const INDEX_TYPE *places = indices + h * p->i_h;
    __global const element_t *values = x + h * p->x_h;
    for (index_t w = 0; w < p->in_width; w++) {
      const ulong at = (ulong)((long)places[w * p->i_w] - first);
      if (at >= (ulong)count) return false;
      band[at] = values[w * p->x_w];
    }
    for (index_t row = begin; row < end; row++)
      store_row(band + (row - begin) * p->width, (int)p->width, y + row * p->y_h, STREAM);
  }
  return true;
}

CLUP_KERNEL void clup_max_unpool_plane(__global const element_t *restrict x, long x_offset,
                                       __global const INDEX_TYPE *restrict indices, long indices_offset,
                                       __global element_t *restrict y, long y_offset, __global uint *restrict status,
                                       long status_offset, index_t channels, index_t in_height, index_t in_width,
                                       index_t height, index_t width, long step, long padding, index_t x_n, index_t x_c,
                                       index_t x_h, index_t x_w, index_t i_n, index_t i_c, index_t i_h, index_t i_w,
                                       index_t y_n, index_t y_c, index_t y_h, index_t y_w) {
  if (warming_up(x_offset)) return;
  const index_t plane = (index_t)get_global_id(0), n = plane / channels, c = plane - n * channels;
  x += x_offset + n * x_n + c * x_c;
  indices += indices_offset + n * i_n + c * i_c;
  y += y_offset + n * y_n + c * y_c;
  const plane_t p = {in_height, in_width, height, width, step, padding, x_h, x_w, i_h, i_w, y_h, y_w};
  if (BAND && by_bands(x, indices, y, &p)) return;

  for (index_t h = 0; h < height; h++)
    for (index_t w = 0; w < width; w++) y[h * y_h + w * y_w] = 0;
  const long most = (long)height * width;
  for (index_t h = 0; h < in_height; h++)
    for (index_t w = 0; w < in_width; w++) {
      const long index = indices[h * i_h + w * i_w];
      if (index < 0 || index >= most) {
        atomic_min(status + status_offset, (uint)(((ulong)plane * in_height + h) * in_width + w));
        continue;
      }
      const index_t at = (index_t)index, row = at / width;
      y[row * y_h + (at - row * width) * y_w] = x[h * x_h + w * x_w];
    }
}

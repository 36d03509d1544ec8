/* Interleaves WAYS rows into one, or takes one apart into WAYS rows: a row that is contiguous on both sides is read and
 * written in vectors.
 * -DCLUP_INDEX64=0|1  index_t is int or long
 * -DELEMENT_SIZE=1|2|4|8  bytes of an element
 * -DINTERLEAVE=1|0  1: y's row is the interleaved one, 0: x's is
 * -DWAYS=0..4  rows to one; 0: any number, the argument ways
 * -DAXES=1..9  axes beside the rows
 * -DSTREAM=0|1  1: y is written past the caches where its rows are aligned
 * x, y: the tensors' memory
 * view: [3][AXES], the dims, x's strides, y's strides, outermost axis first
 * width: elements of each of the rows; apart: from one of them to the next; groups: product of the dims
 * each: groups per work-item
 * Global size: (>= groups / each), local size 1; work-item i takes the groups from i * each. */
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=1 -DINTERLEAVE=1 -DWAYS=0 -DAXES=1 -DSTREAM=0
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=2 -DINTERLEAVE=0 -DWAYS=0 -DAXES=3 -DSTREAM=1
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=4 -DINTERLEAVE=1 -DWAYS=1 -DAXES=3 -DSTREAM=1
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=4 -DINTERLEAVE=1 -DWAYS=2 -DAXES=3 -DSTREAM=1
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=4 -DINTERLEAVE=0 -DWAYS=2 -DAXES=3 -DSTREAM=1
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=8 -DINTERLEAVE=1 -DWAYS=3 -DAXES=3 -DSTREAM=1
// check: -DCLUP_INDEX64=1 -DELEMENT_SIZE=8 -DINTERLEAVE=0 -DWAYS=3 -DAXES=9 -DSTREAM=1
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=2 -DINTERLEAVE=1 -DWAYS=2 -DAXES=3 -DSTREAM=0
// check: -DCLUP_INDEX64=1 -DELEMENT_SIZE=2 -DINTERLEAVE=1 -DWAYS=4 -DAXES=9 -DSTREAM=1
// check: -DCLUP_INDEX64=1 -DELEMENT_SIZE=1 -DINTERLEAVE=0 -DWAYS=4 -DAXES=9 -DSTREAM=1
#include "common.clh"
#include "cpu_vector.clh"
#include "element.clh"

#if !defined(INTERLEAVE) || !defined(WAYS) || !defined(AXES) || !defined(STREAM)
#error "INTERLEAVE must be 0 or 1, WAYS 0..4, AXES 1..9, STREAM 0 or 1"
#endif
#include "remap_group.clh"

static inline void out16(element16_t value, __global element_t *to, bool stream) {
  if (STREAM && stream)
    stream_elements(value, to);
  else
    put_elements(value, to);
}

/* Two and four vectors of any type, side by side: the parts of the row that they make. */
#define OF_2_LOW(type, a, b) \
  ((type)(a.s0, b.s0, a.s1, b.s1, a.s2, b.s2, a.s3, b.s3, a.s4, b.s4, a.s5, b.s5, a.s6, b.s6, a.s7, b.s7))
#define OF_2_HIGH(type, a, b) \
  ((type)(a.s8, b.s8, a.s9, b.s9, a.sa, b.sa, a.sb, b.sb, a.sc, b.sc, a.sd, b.sd, a.se, b.se, a.sf, b.sf))
#define OF_4_FIRST(type, a, b, c, d) \
  ((type)(a.s0, b.s0, c.s0, d.s0, a.s1, b.s1, c.s1, d.s1, a.s2, b.s2, c.s2, d.s2, a.s3, b.s3, c.s3, d.s3))
#define OF_4_SECOND(type, a, b, c, d) \
  ((type)(a.s4, b.s4, c.s4, d.s4, a.s5, b.s5, c.s5, d.s5, a.s6, b.s6, c.s6, d.s6, a.s7, b.s7, c.s7, d.s7))
#define OF_4_THIRD(type, a, b, c, d) \
  ((type)(a.s8, b.s8, c.s8, d.s8, a.s9, b.s9, c.s9, d.s9, a.sa, b.sa, c.sa, d.sa, a.sb, b.sb, c.sb, d.sb))
#define OF_4_FOURTH(type, a, b, c, d) \
  ((type)(a.sc, b.sc, c.sc, d.sc, a.sd, b.sd, c.sd, d.sd, a.se, b.se, c.se, d.se, a.sf, b.sf, c.sf, d.sf))

/* 16 elements of each of some rows, `apart` from each other, into one row. */
static inline void interleave2(__global const element_t *from, index_t apart, __global element_t *to, bool stream) {
  const element16_t a = get_elements(from), b = get_elements(from + apart);
  out16(OF_2_LOW(element16_t, a, b), to, stream);
  out16(OF_2_HIGH(element16_t, a, b), to + 16, stream);
}

static inline void interleave3(__global const element_t *from, index_t apart, __global element_t *to, bool stream) {
  const element16_t a = get_elements(from), b = get_elements(from + apart), c = get_elements(from + 2 * apart);
  out16((element16_t)(a.s0, b.s0, c.s0, a.s1, b.s1, c.s1, a.s2, b.s2, c.s2, a.s3, b.s3, c.s3, a.s4, b.s4, c.s4, a.s5),
        to, stream);
  out16((element16_t)(b.s5, c.s5, a.s6, b.s6, c.s6, a.s7, b.s7, c.s7, a.s8, b.s8, c.s8, a.s9, b.s9, c.s9, a.sa, b.sa),
        to + 16, stream);
  out16((element16_t)(c.sa, a.sb, b.sb, c.sb, a.sc, b.sc, c.sc, a.sd, b.sd, c.sd, a.se, b.se, c.se, a.sf, b.sf, c.sf),
        to + 2 * 16, stream);
}

static inline void interleave4(__global const element_t *from, index_t apart, __global element_t *to, bool stream) {
  const element16_t a = get_elements(from), b = get_elements(from + apart), c = get_elements(from + 2 * apart),
                    d = get_elements(from + 3 * apart);
  out16(OF_4_FIRST(element16_t, a, b, c, d), to, stream);
  out16(OF_4_SECOND(element16_t, a, b, c, d), to + 16, stream);
  out16(OF_4_THIRD(element16_t, a, b, c, d), to + 2 * 16, stream);
  out16(OF_4_FOURTH(element16_t, a, b, c, d), to + 3 * 16, stream);
}

#if INTERLEAVE && ELEMENT_SIZE == 2 && (WAYS == 2 || WAYS == 4)
#define IN_PAIRS 1
typedef uint16 __attribute__((aligned(ELEMENT_SIZE))) loose_pairs_t;

static inline void out_pairs(uint16 value, __global element_t *to, bool stream) {
#if __has_builtin(__builtin_nontemporal_store)
  if (STREAM && stream) {
    __builtin_nontemporal_store(value, (__global uint16 *)to);
    return;
  }
#endif
  *(__global loose_pairs_t *)to = value;
}

/* 32 elements of each row, whole lines: those with even and with odd places paired with their neighbours below. */
static inline void interleave_pairs(__global const element_t *from, index_t apart, __global element_t *to,
                                    bool stream) {
  const uint16 a = *(__global const loose_pairs_t *)from, b = *(__global const loose_pairs_t *)(from + apart);
  const uint16 even = (a & 0xffffu) | b << 16, odd = a >> 16 | (b & 0xffff0000u);
#if WAYS == 2
  out_pairs(OF_2_LOW(uint16, even, odd), to, stream);
  out_pairs(OF_2_HIGH(uint16, even, odd), to + 32, stream);
#else
  const uint16 c = *(__global const loose_pairs_t *)(from + 2 * apart),
               d = *(__global const loose_pairs_t *)(from + 3 * apart);
  const uint16 even2 = (c & 0xffffu) | d << 16, odd2 = c >> 16 | (d & 0xffff0000u);
  out_pairs(OF_4_FIRST(uint16, even, even2, odd, odd2), to, stream);
  out_pairs(OF_4_SECOND(uint16, even, even2, odd, odd2), to + 32, stream);
  out_pairs(OF_4_THIRD(uint16, even, even2, odd, odd2), to + 2 * 32, stream);
  out_pairs(OF_4_FOURTH(uint16, even, even2, odd, odd2), to + 3 * 32, stream);
#endif
}
#else
#define IN_PAIRS 0
#endif

/* The reverse. */
static inline void separate2(__global const element_t *from, __global element_t *to, index_t apart, bool stream) {
  const element16_t p = get_elements(from), q = get_elements(from + 16);
  out16((element16_t)(p.s0, p.s2, p.s4, p.s6, p.s8, p.sa, p.sc, p.se, q.s0, q.s2, q.s4, q.s6, q.s8, q.sa, q.sc, q.se),
        to, stream);
  out16((element16_t)(p.s1, p.s3, p.s5, p.s7, p.s9, p.sb, p.sd, p.sf, q.s1, q.s3, q.s5, q.s7, q.s9, q.sb, q.sd, q.sf),
        to + apart, stream);
}

static inline void separate3(__global const element_t *from, __global element_t *to, index_t apart, bool stream) {
  const element16_t p = get_elements(from), q = get_elements(from + 16), r = get_elements(from + 32);
  out16((element16_t)(p.s0, p.s3, p.s6, p.s9, p.sc, p.sf, q.s2, q.s5, q.s8, q.sb, q.se, r.s1, r.s4, r.s7, r.sa, r.sd),
        to, stream);
  out16((element16_t)(p.s1, p.s4, p.s7, p.sa, p.sd, q.s0, q.s3, q.s6, q.s9, q.sc, q.sf, r.s2, r.s5, r.s8, r.sb, r.se),
        to + apart, stream);
  out16((element16_t)(p.s2, p.s5, p.s8, p.sb, p.se, q.s1, q.s4, q.s7, q.sa, q.sd, r.s0, r.s3, r.s6, r.s9, r.sc, r.sf),
        to + 2 * apart, stream);
}

static inline void separate4(__global const element_t *from, __global element_t *to, index_t apart, bool stream) {
  const element16_t p = get_elements(from), q = get_elements(from + 16), r = get_elements(from + 32),
                    s = get_elements(from + 48);
  out16((element16_t)(p.s0, p.s4, p.s8, p.sc, q.s0, q.s4, q.s8, q.sc, r.s0, r.s4, r.s8, r.sc, s.s0, s.s4, s.s8, s.sc),
        to, stream);
  out16((element16_t)(p.s1, p.s5, p.s9, p.sd, q.s1, q.s5, q.s9, q.sd, r.s1, r.s5, r.s9, r.sd, s.s1, s.s5, s.s9, s.sd),
        to + apart, stream);
  out16((element16_t)(p.s2, p.s6, p.sa, p.se, q.s2, q.s6, q.sa, q.se, r.s2, r.s6, r.sa, r.se, s.s2, s.s6, s.sa, s.se),
        to + 2 * apart, stream);
  out16((element16_t)(p.s3, p.s7, p.sb, p.sf, q.s3, q.s7, q.sb, q.sf, r.s3, r.s7, r.sb, r.sf, s.s3, s.s7, s.sb, s.sf),
        to + 3 * apart, stream);
}

/* What the rows of the next group have in the place of 16 elements of each of this one's. */
static inline void fetch_next(__global const element_t *next, index_t i, index_t apart) {
  if (i * ELEMENT_SIZE % 64 >= 16 * ELEMENT_SIZE) return; /* once a line */
#pragma unroll
  for (int j = 0; j < WAYS; j++) FETCH_FAR_AHEAD(next + (INTERLEAVE ? i + j * apart : i * WAYS + j * (64 / ELEMENT_SIZE)));
}

static inline void one_group(__global const element_t *x, __global const element_t *next, __global element_t *y,
                             index_t width, index_t ways, index_t apart) {
  const ulong pitch = INTERLEAVE ? 0 : (ulong)apart * ELEMENT_SIZE;
  /* A line of the cache that is streamed to must not be touched otherwise: elements of 1 and 2 bytes, 16 of which are no
   * line, must end with one. */
  const ulong length = (ulong)(INTERLEAVE ? width * WAYS : width) * ELEMENT_SIZE, ends = ELEMENT_SIZE < 4 ? length : 0;
  const bool stream = ((ulong)y | pitch | ends) % STREAM_ALIGNMENT == 0;
  index_t i = 0;
#if IN_PAIRS
  for (; i + 32 <= width; i += 32) {
    fetch_next(next, i, apart);
    interleave_pairs(x + i, apart, y + i * WAYS, stream);
  }
#endif
  if (WAYS)
    for (; i + 16 <= width; i += 16) {
      __global const element_t *from = x + (INTERLEAVE ? i : i * WAYS);
      __global element_t *to = y + (INTERLEAVE ? i * WAYS : i);
      fetch_next(next, i, apart);
      if (WAYS == 1) out16(get_elements(from), to, stream);
      if (INTERLEAVE) {
        if (WAYS == 2) interleave2(from, apart, to, stream);
        if (WAYS == 3) interleave3(from, apart, to, stream);
        if (WAYS == 4) interleave4(from, apart, to, stream);
      } else {
        if (WAYS == 2) separate2(from, to, apart, stream);
        if (WAYS == 3) separate3(from, to, apart, stream);
        if (WAYS == 4) separate4(from, to, apart, stream);
      }
    }
  const index_t count = WAYS ? WAYS : ways;
  for (; i < width; i++)
    for (index_t j = 0; j < count; j++) {
      if (INTERLEAVE)
        y[i * count + j] = x[j * apart + i];
      else
        y[j * apart + i] = x[i * count + j];
    }
}

CLUP_KERNEL void clup_remap_rows(__global const element_t *restrict x, long x_offset, __global element_t *restrict y,
                                 long y_offset, __global const long *restrict view, long view_offset, index_t width,
                                 index_t ways, index_t apart, index_t groups, index_t each) {
  if (warming_up(x_offset)) return;
  const index_t first = (index_t)get_global_id(0) * each;
  const index_t last = groups - first < each ? groups : first + each;
  x += x_offset;
  y += y_offset;
  view += view_offset;
  group_t at = group_at(view, min(first, groups - 1));
  for (index_t group = first; group < last; group++) {
    const group_t next = group_at(view, min(group + 1, groups - 1));
    one_group(x + at.x, x + next.x, y + at.y, width, ways, apart);
    at = next;
  }
}

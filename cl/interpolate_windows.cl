/* One axis resampled by windows of taps, of a length of its own each: area, lanczos, and what antialiases.
 *   y[..., o * fold + c, ...] = sum_t weight[o][t] * x[..., (window[o][0] + t) * fold + c, ...] with t < window[o][1]
 * along axis AXIS, by fma, in blocks of 32; the sum of the blocks is compensated, so that long windows lose nothing.
 * -DCLUP_INDEX64=0|1  index_t is int or long
 * -DDTYPE=1..8  of the tensors; sums are of real_t (dtype.clh)
 * -DFROM_REAL=0|1 -DTO_REAL=0|1  1: x is, y becomes real_t, in the workspace; else they are of the dtype
 * -DAXIS=0|1|2  the depth, the height or the width
 * x, y: with strides x_d ... y_w in elements; 0 for an axis of one element. They differ in size only along AXIS
 * window: [size along AXIS / fold][2], first index and count (>= 1), within the input; weight: [the same][taps]
 * planes, plane_axes: as in planes.clh; depth, height, width, all_planes: of the output
 * Global size: (>= width, any, >= all_planes * depth), any local size; a work-item makes the rows global id, global id
 * + global size ... */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DFROM_REAL=0 -DTO_REAL=0 -DAXIS=0
// check: -DCLUP_INDEX64=0 -DDTYPE=3 -DFROM_REAL=0 -DTO_REAL=1 -DAXIS=1
// check: -DCLUP_INDEX64=1 -DDTYPE=5 -DFROM_REAL=1 -DTO_REAL=0 -DAXIS=2
// check: -DCLUP_INDEX64=1 -DDTYPE=2 -DFROM_REAL=0 -DTO_REAL=0 -DAXIS=2
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DFROM_REAL=1 -DTO_REAL=1 -DAXIS=2
#include "common.clh"
#include "dtype.clh"
#include "planes.clh"

#if !defined(AXIS) || !defined(FROM_REAL) || !defined(TO_REAL)
#error "AXIS must be 0, 1 or 2, FROM_REAL and TO_REAL 0 or 1"
#endif
#define BLOCK 32

#if FROM_REAL
typedef real_t from_t;
static inline real_t take(__global const from_t *from) {
  return *from;
}
#else
typedef stored_t from_t;
static inline real_t take(__global const from_t *from) {
  return load_real(from);
}
#endif
#if TO_REAL
typedef real_t to_t;
static inline void put(real_t value, __global to_t *to) {
  *to = value;
}
#else
typedef stored_t to_t;
static inline void put(real_t value, __global to_t *to) {
  store_real(value, to);
}
#endif

static inline real_t window_sum(__global const from_t *x, index_t step, __global const real_t *weight, int count) {
  real_t sum = 0, lost = 0;
  for (int begin = 0; begin < count; begin += BLOCK) {
    const int end = count - begin < BLOCK ? count : begin + BLOCK;
    real_t block = weight[begin] * take(x + begin * step);
    for (int t = begin + 1; t < end; t++) block = fma(weight[t], take(x + t * step), block);
    if (begin == 0) {
      sum = block;
    } else {
      const real_t next = sum + block, added = next - sum;
      lost += (sum - (next - added)) + (block - added);
      sum = next;
    }
  }
  return count > BLOCK && isfinite(sum) ? sum + lost
                                        : sum; /* of infinities nothing is lost, and their difference is NaN */
}

CLUP_KERNEL void clup_interpolate_windows(__global const from_t *restrict x, long x_offset, __global to_t *restrict y,
                                          long y_offset, __global const int *restrict window, long window_offset,
                                          __global const real_t *restrict weight, long weight_offset, int taps,
                                          index_t fold, __global const long *restrict planes, long planes_offset,
                                          int plane_axes, index_t depth, index_t height, index_t width,
                                          index_t all_planes, index_t x_d, index_t x_h, index_t x_w, index_t y_d,
                                          index_t y_h, index_t y_w) {
  if (warming_up(x_offset)) return;
  const index_t column = (index_t)get_global_id(0), slab = (index_t)get_global_id(2);
  const index_t plane = slab / depth, z = slab - plane * depth;
  if (column >= width || plane >= all_planes) return;
  const plane_t begin = plane_at(planes + planes_offset, plane_axes, plane);
  x += x_offset + begin.x;
  y += y_offset + begin.y + z * y_d + column * y_w;
  window += window_offset;
  weight += weight_offset;
  for (index_t row = (index_t)get_global_id(1); row < height; row += (index_t)get_global_size(1)) {
    const index_t at[3] = {z, row, column}, step[3] = {x_d, x_h, x_w};
    const index_t list = at[AXIS] / fold, within = at[AXIS] - list * fold;
    __global const from_t *from = x + (window[2 * (long)list] * fold + within) * step[AXIS];
    for (int axis = 0; axis < 3; axis++)
      if (axis != AXIS) from += at[axis] * step[axis];
    put(window_sum(from, fold * step[AXIS], weight + (long)list * taps, window[2 * (long)list + 1]), y + row * y_h);
  }
}

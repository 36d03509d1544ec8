/* One axis resampled by windows of taps, of a length of its own each: area, lanczos, and what antialiases.
 *   y[..., o * fold + c, ...] = sum_t weight[o][t] * x[..., (window[o][0] + t) * fold + c, ...] with t < window[o][1]
 * along axis AXIS, by fma, in blocks of 32; the sum of the blocks is compensated, so that long windows lose nothing.
 * -DCLUP_INDEX64=0|1  index_t is int or long
 * -DAXIS=0|1|2  the depth, the height or the width
 * x, y: with strides x_d ... y_w in elements; 0 for an axis of one element. They differ in size only along AXIS
 * window: [size along AXIS / fold][2], first index and count (>= 1), within the input; weight: [the same][taps]
 * planes, plane_axes: as in planes.clh; depth, height, width, all_planes: of the output
 * Global size: (>= width, any, >= all_planes * depth), any local size; a work-item makes the rows global id, global id
 * + global size ... */
// check: -DCLUP_INDEX64=0 -DAXIS=0
// check: -DCLUP_INDEX64=0 -DAXIS=1
// check: -DCLUP_INDEX64=1 -DAXIS=2
#include "common.clh"
#include "planes.clh"

#ifndef AXIS
#error "AXIS must be 0, 1 or 2"
#endif
#define BLOCK 32

static inline float window_sum(__global const float *x, index_t step, __global const float *weight, int count) {
  float sum = 0, lost = 0;
  for (int begin = 0; begin < count; begin += BLOCK) {
    const int end = count - begin < BLOCK ? count : begin + BLOCK;
    float block = weight[begin] * x[begin * step];
    for (int t = begin + 1; t < end; t++) block = fma(weight[t], x[t * step], block);
    if (begin == 0) {
      sum = block;
    } else {
      const float next = sum + block, added = next - sum;
      lost += (sum - (next - added)) + (block - added);
      sum = next;
    }
  }
  return count > BLOCK && isfinite(sum) ? sum + lost
                                        : sum; /* of infinities nothing is lost, and their difference is NaN */
}

CLUP_KERNEL void clup_interpolate_windows(__global const float *restrict x, long x_offset, __global float *restrict y,
                                          long y_offset, __global const int *restrict window, long window_offset,
                                          __global const float *restrict weight, long weight_offset, int taps,
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
    __global const float *from = x + (window[2 * (long)list] * fold + within) * step[AXIS];
    for (int axis = 0; axis < 3; axis++)
      if (axis != AXIS) from += at[axis] * step[axis];
    y[row * y_h] = window_sum(from, fold * step[AXIS], weight + (long)list * taps, window[2 * (long)list + 1]);
  }
}

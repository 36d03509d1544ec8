/* Fold (col2im): each work-item sums what reaches one output element, taps in row-major order.
 * -DCLUP_INDEX64=0|1  index_t is int or long
 * -DDTYPE=1..4  f32, f64, f16, bf16 (dtype.clh); arithmetic in float, for f64 in double
 * x: the input; image n and channel c begin at n * x_n + c * x_c
 * y: planes = N * channels of depth x height x width, by strides y_n ... y_x in elements
 * reach: [depth + height + width][2], for each place along z, then y, then x: the first element that reaches it, from
 * where a plane begins, and how many there are, step_z (step_y, step_x) apart; a plane place is reached by their sums
 * Global size: (>= width, >= depth * height, >= planes), any local size; a work-item makes one output element. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1
// check: -DCLUP_INDEX64=1 -DDTYPE=2
// check: -DCLUP_INDEX64=0 -DDTYPE=3
// check: -DCLUP_INDEX64=1 -DDTYPE=4
#include "common.clh"
#include "dtype.clh"

CLUP_KERNEL void clup_fold_gather(__global const stored_t *restrict x, long x_offset, __global stored_t *restrict y,
                                  long y_offset, __global const index_t *restrict reach, long reach_offset,
                                  index_t channels, index_t planes, index_t depth, index_t height, index_t width,
                                  index_t step_z, index_t step_y, index_t step_x, index_t x_n, index_t x_c, index_t y_n,
                                  index_t y_c, index_t y_z, index_t y_y, index_t y_x) {
  if (warming_up(x_offset)) return;
  const index_t column = (index_t)get_global_id(0), row = (index_t)get_global_id(1);
  const index_t plane = (index_t)get_global_id(2);
  if (column >= width || row >= depth * height || plane >= planes) return;
  const index_t n = plane / channels, c = plane - n * channels, z = row / height, h = row - z * height;
  reach += reach_offset;
  __global const index_t *on_z = reach + 2 * z, *on_y = reach + 2 * (depth + h);
  __global const index_t *on_x = reach + 2 * (depth + height + column);
  x += x_offset + n * x_n + c * x_c + on_z[0] + on_y[0] + on_x[0];
  const index_t count_z = on_z[1], count_y = on_y[1], count_x = on_x[1];
  real_t sum = 0;
  for (index_t i = 0; i < count_z; i++)
    for (index_t j = 0; j < count_y; j++) {
      __global const stored_t *from = x + i * step_z + j * step_y;
      for (index_t k = 0; k < count_x; k++) sum += load_real(from + k * step_x);
    }
  store_real(sum, y + y_offset + n * y_n + c * y_c + z * y_z + h * y_y + column * y_x);
}

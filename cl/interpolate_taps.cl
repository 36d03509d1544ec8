/* Linear and cubic modes from lists of taps:
 *   y[p, z, i, j] = sum_r slice_weight[z][r] * sum_s row_weight[i][s] * sum_t column_weight[j][t]
 *                      * x[p, slice_index[z][r], row_index[i][s], column_index[j][t]]
 * summed in the order of the lists, by fma.
 * -DCLUP_INDEX64=0|1  index_t is int or long
 * -DDTYPE=1..8  of x and y; sums are of real_t, rounded once; -DNATIVE_F16=1: in half (dtype.clh)
 * -DDEPTH_TAPS -DROW_TAPS -DTAPS=1|2|4  entries per list of a slice, a row, a column
 * x, y: the tensors' memory, with strides x_d ... y_w in elements; 0 for an axis of one element
 * slice_index, slice_weight: [depth][DEPTH_TAPS], row_index, row_weight: [height][ROW_TAPS],
 * column_index, column_weight: [width][TAPS]; indices are within the input
 * planes, plane_axes: as in planes.clh; depth, height, width, all_planes: of the output
 * Global size: (>= width, any, >= all_planes * depth), any local size; a work-item makes the rows global id, global id
 * + global size ... */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DDEPTH_TAPS=1 -DROW_TAPS=1 -DTAPS=2
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DDEPTH_TAPS=2 -DROW_TAPS=2 -DTAPS=2
// check: -DCLUP_INDEX64=1 -DDTYPE=1 -DDEPTH_TAPS=1 -DROW_TAPS=4 -DTAPS=4
// check: -DCLUP_INDEX64=1 -DDTYPE=2 -DDEPTH_TAPS=4 -DROW_TAPS=4 -DTAPS=4
// check: -DCLUP_INDEX64=0 -DDTYPE=3 -DDEPTH_TAPS=1 -DROW_TAPS=2 -DTAPS=2
// check: -Xclang -cl-ext=+cl_khr_fp16 -DCLUP_INDEX64=0 -DDTYPE=3 -DNATIVE_F16=1 -DDEPTH_TAPS=2 -DROW_TAPS=2 -DTAPS=2
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DDEPTH_TAPS=1 -DROW_TAPS=4 -DTAPS=4
// check: -DCLUP_INDEX64=0 -DDTYPE=5 -DDEPTH_TAPS=1 -DROW_TAPS=2 -DTAPS=2
// check: -DCLUP_INDEX64=1 -DDTYPE=8 -DDEPTH_TAPS=1 -DROW_TAPS=2 -DTAPS=1
#include "common.clh"
#include "dtype.clh"
#include "planes.clh"

#if !defined(DEPTH_TAPS) || !defined(ROW_TAPS) || !defined(TAPS)
#error "DEPTH_TAPS, ROW_TAPS and TAPS must be 1, 2 or 4"
#endif

CLUP_KERNEL void clup_interpolate_taps(
    __global const stored_t *restrict x, long x_offset, __global stored_t *restrict y, long y_offset,
    __global const int *restrict slice_index, long slice_index_offset, __global const work_t *restrict slice_weight,
    long slice_weight_offset, __global const int *restrict row_index, long row_index_offset,
    __global const work_t *restrict row_weight, long row_weight_offset, __global const int *restrict column_index,
    long column_index_offset, __global const work_t *restrict column_weight, long column_weight_offset,
    __global const long *restrict planes, long planes_offset, int plane_axes, index_t depth, index_t height,
    index_t width, index_t all_planes, index_t x_d, index_t x_h, index_t x_w, index_t y_d, index_t y_h, index_t y_w) {
  if (warming_up(x_offset)) return;
  const index_t column = (index_t)get_global_id(0), slab = (index_t)get_global_id(2);
  const index_t plane = slab / depth, z = slab - plane * depth;
  if (column >= width || plane >= all_planes) return;
  const plane_t begin = plane_at(planes + planes_offset, plane_axes, plane);
  x += x_offset + begin.x;
  y += y_offset + begin.y + z * y_d + column * y_w;
  slice_index += slice_index_offset + (long)z * DEPTH_TAPS;
  slice_weight += slice_weight_offset + (long)z * DEPTH_TAPS;
  index_t at[TAPS];
  real_t weight[TAPS];
  for (int t = 0; t < TAPS; t++) {
    at[t] = column_index[column_index_offset + (long)column * TAPS + t] * x_w;
    weight[t] = (real_t)column_weight[column_weight_offset + (long)column * TAPS + t];
  }
  for (index_t row = (index_t)get_global_id(1); row < height; row += (index_t)get_global_size(1)) {
    __global const int *index = row_index + row_index_offset + (long)row * ROW_TAPS;
    __global const work_t *by = row_weight + row_weight_offset + (long)row * ROW_TAPS;
    real_t total = 0;
    for (int r = 0; r < DEPTH_TAPS; r++) {
      real_t sum = 0;
      for (int s = 0; s < ROW_TAPS; s++) {
        __global const stored_t *line = x + slice_index[r] * x_d + index[s] * x_h;
        real_t along = weight[0] * load_real(line + at[0]);
        for (int t = 1; t < TAPS; t++) along = fma(weight[t], load_real(line + at[t]), along);
        sum = s ? fma((real_t)by[s], along, sum) : (real_t)by[s] * along;
      }
      total = r ? fma((real_t)slice_weight[r], sum, total) : (real_t)slice_weight[r] * sum;
    }
    store_real(total, y + row * y_h);
  }
}

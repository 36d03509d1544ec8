/* Nearest modes: y[p, z, i, j] = x[p, slices[z], rows[i], columns[j]], bits unchanged.
 * -DCLUP_INDEX64=0|1  index_t is int or long
 * -DELEMENT_SIZE=1|2|4|8  bytes of an element
 * x, y: the tensors' memory, with strides x_d ... y_w in elements; 0 for an axis of one element
 * slices: [depth], rows: [height], columns: [width], input indices, within the input
 * planes, plane_axes: as in planes.clh; depth, height, width, all_planes: of the output
 * Global size: (>= width, any, >= all_planes * depth), any local size; a work-item makes the rows global id, global id
 * + global size ... */
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=1
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=2
// check: -DCLUP_INDEX64=1 -DELEMENT_SIZE=4
// check: -DCLUP_INDEX64=1 -DELEMENT_SIZE=8
#include "common.clh"
#include "element.clh"
#include "planes.clh"

CLUP_KERNEL void clup_interpolate_gather(__global const element_t *restrict x, long x_offset,
                                         __global element_t *restrict y, long y_offset,
                                         __global const int *restrict slices, long slices_offset,
                                         __global const int *restrict rows, long rows_offset,
                                         __global const int *restrict columns, long columns_offset,
                                         __global const long *restrict planes, long planes_offset, int plane_axes,
                                         index_t depth, index_t height, index_t width, index_t all_planes, index_t x_d,
                                         index_t x_h, index_t x_w, index_t y_d, index_t y_h, index_t y_w) {
  if (warming_up(x_offset)) return;
  const index_t column = (index_t)get_global_id(0), slab = (index_t)get_global_id(2);
  const index_t plane = slab / depth, z = slab - plane * depth;
  if (column >= width || plane >= all_planes) return;
  const plane_t at = plane_at(planes + planes_offset, plane_axes, plane);
  x += x_offset + at.x + slices[slices_offset + z] * x_d + columns[columns_offset + column] * x_w;
  y += y_offset + at.y + z * y_d + column * y_w;
  rows += rows_offset;
  for (index_t row = (index_t)get_global_id(1); row < height; row += (index_t)get_global_size(1))
    y[row * y_h] = x[rows[row] * x_h];
}

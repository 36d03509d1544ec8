/* Where tf_crop_and_resize leaves the input: y[p, z, i, j] = value if slices[z] or rows[i] or columns[j] is not 0.
 * -DCLUP_INDEX64=0|1  index_t is int or long
 * -DELEMENT_SIZE=1|2|4|8  bytes of an element
 * y: the tensor's memory, with strides y_d, y_h, y_w in elements; 0 for an axis of one element
 * slices: [depth], rows: [height], columns: [width], 0 or 1
 * planes, plane_axes: as in planes.clh; depth, height, width, all_planes: of the output
 * value: its lowest ELEMENT_SIZE bytes are stored
 * Global size: (>= width, any, >= all_planes * depth), any local size; a work-item makes the rows global id, global id
 * + global size ... */
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=1
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=2
// check: -DCLUP_INDEX64=1 -DELEMENT_SIZE=4
// check: -DCLUP_INDEX64=1 -DELEMENT_SIZE=8
#include "common.clh"
#include "element.clh"
#include "planes.clh"

CLUP_KERNEL void clup_interpolate_outside(__global element_t *restrict y, long y_offset,
                                          __global const int *restrict slices, long slices_offset,
                                          __global const int *restrict rows, long rows_offset,
                                          __global const int *restrict columns, long columns_offset, long value,
                                          __global const long *restrict planes, long planes_offset, int plane_axes,
                                          index_t depth, index_t height, index_t width, index_t all_planes, index_t y_d,
                                          index_t y_h, index_t y_w) {
  if (warming_up(y_offset)) return;
  const index_t column = (index_t)get_global_id(0), slab = (index_t)get_global_id(2);
  const index_t plane = slab / depth, z = slab - plane * depth;
  if (column >= width || plane >= all_planes) return;
  const bool all = slices[slices_offset + z] || columns[columns_offset + column];
  y += y_offset + plane_at(planes + planes_offset, plane_axes, plane).y + z * y_d + column * y_w;
  rows += rows_offset;
  for (index_t row = (index_t)get_global_id(1); row < height; row += (index_t)get_global_size(1))
    if (all || rows[row]) y[row * y_h] = (element_t)value;
}

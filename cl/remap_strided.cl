/* Copies every element from one strided view to another of the same shape.
 * -DCLUP_INDEX64=0|1  index_t is int or long
 * -DELEMENT_SIZE=1|2|4|8  bytes of an element
 * -DAXES=4..10  axes of the views
 * x, y: the tensors' memory; y's positions differ for different indices
 * view: [3][AXES], the dims, x's strides, y's strides, outermost axis first
 * width, height, depth: products of the dims: of the last two axes, of the two before, of the rest
 * Global size: (>= width, >= height, >= depth), any local size; a work-item copies one element. */
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=1 -DAXES=4
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=4 -DAXES=6
// check: -DCLUP_INDEX64=1 -DELEMENT_SIZE=8 -DAXES=10
#include "common.clh"
#include "element.clh"

#ifndef AXES
#error "AXES must be 4..10"
#endif

CLUP_KERNEL void clup_remap_strided(__global const element_t *restrict x, long x_offset, __global element_t *restrict y,
                                    long y_offset, __global const long *restrict view, long view_offset, index_t width,
                                    index_t height, index_t depth) {
  if (warming_up(x_offset)) return;
  const index_t column = (index_t)get_global_id(0), row = (index_t)get_global_id(1);
  const index_t plane = (index_t)get_global_id(2);
  if (column >= width || row >= height || plane >= depth) return;
  view += view_offset;
  index_t index[AXES], rest = plane;
  for (int a = AXES - 5; a >= 0; a--) {
    const index_t dim = (index_t)view[a];
    index[a] = rest % dim;
    rest /= dim;
  }
  const index_t inner_rows = (index_t)view[AXES - 3], inner_columns = (index_t)view[AXES - 1];
  index[AXES - 4] = row / inner_rows;
  index[AXES - 3] = row % inner_rows;
  index[AXES - 2] = column / inner_columns;
  index[AXES - 1] = column % inner_columns;
  index_t from = 0, to = 0;
  for (int a = 0; a < AXES; a++) {
    from += index[a] * (index_t)view[AXES + a];
    to += index[a] * (index_t)view[2 * AXES + a];
  }
  y[y_offset + to] = x[x_offset + from];
}

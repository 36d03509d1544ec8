/* Copies every element from one strided view to another of the same shape.
 * -DCLUP_INDEX64=0|1  index_t is int or long
 * -DELEMENT_SIZE=1|2|4|8  bytes of an element
 * -DAXES=4..10  axes of the views
 * -DROWS  of a work-item
 * x, y: the tensors' memory; y's positions differ for different indices
 * view: [3][AXES], the dims, x's strides, y's strides, outermost axis first
 * width, height, depth: products of the dims: of the last two axes, of the two before, of the rest
 * Global size: (>= width, >= ceil(height / ROWS), >= depth), any local size; a work-item copies the elements of ROWS rows,
 * since finding one's place takes longer than copying it. */
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=1 -DAXES=4 -DROWS=4
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=4 -DAXES=6 -DROWS=4
// check: -DCLUP_INDEX64=1 -DELEMENT_SIZE=8 -DAXES=10 -DROWS=4
#include "common.clh"
#include "element.clh"

#if !defined(AXES) || !defined(ROWS)
#error "AXES must be 4..10, ROWS at least 1"
#endif

CLUP_KERNEL void clup_remap_strided(__global const element_t *restrict x, long x_offset, __global element_t *restrict y,
                                    long y_offset, __global const long *restrict view, long view_offset, index_t width,
                                    index_t height, index_t depth) {
  if (warming_up(x_offset)) return;
  const index_t column = (index_t)get_global_id(0), row = (index_t)get_global_id(1) * ROWS;
  const index_t plane = (index_t)get_global_id(2);
  if (column >= width || row >= height || plane >= depth) return;
  view += view_offset;
  __global const long *from_strides = view + AXES, *to_strides = view + 2 * AXES;
  index_t rest = plane, from = 0, to = 0;
  for (int a = AXES - 5; a >= 0; a--) {
    const index_t dim = (index_t)view[a], index = rest % dim;
    rest /= dim;
    from += index * (index_t)from_strides[a];
    to += index * (index_t)to_strides[a];
  }
  const index_t inner_columns = (index_t)view[AXES - 1], along = column / inner_columns, across = column % inner_columns;
  x += x_offset + from + along * (index_t)from_strides[AXES - 2] + across * (index_t)from_strides[AXES - 1];
  y += y_offset + to + along * (index_t)to_strides[AXES - 2] + across * (index_t)to_strides[AXES - 1];

  const index_t inner_rows = (index_t)view[AXES - 3];
  const index_t from_outer = (index_t)from_strides[AXES - 4], from_inner = (index_t)from_strides[AXES - 3];
  const index_t to_outer = (index_t)to_strides[AXES - 4], to_inner = (index_t)to_strides[AXES - 3];
  index_t outer = row / inner_rows, inner = row % inner_rows, places[ROWS];
  element_t taken[ROWS];
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    if (row + r < height) taken[r] = x[outer * from_outer + inner * from_inner];
    places[r] = outer * to_outer + inner * to_inner;
    const bool last = ++inner == inner_rows;
    outer += last;
    inner = last ? 0 : inner;
  }
#pragma unroll
  for (int r = 0; r < ROWS; r++)
    if (row + r < height) y[places[r]] = taken[r];
}

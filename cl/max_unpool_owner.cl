/* Max-unpooling in three launches over owner[planes][depth * height * width], the number of the x element that an
 * output element takes, -1 for none: fill with -1, claim by atomic maximum (so that of several equal indices the last
 * in row-major order wins), resolve. -DCLUP_INDEX64=0|1  index_t is int or long -DELEMENT_SIZE=1|2|4|8  bytes of an
 * element -DINDEX_TYPE=int|long  of the indices -DDEPTH=0|1  0: all depths are 1 -DWHOLE=0|1  indices, and the numbers
 * of x elements, are flat over 0: one plane, 1: all planes; fewer than 2^31 numbers x, indices, y: planes = N *
 * channels of in_depth x in_height x in_width (x, indices) or out_depth x out_height x out_width (y), by strides x_n
 * ... y_w in elements, 0 for an axis of one element. Indices count in depth x height x width, the corner of a plane of
 * y. status: one uint; receives the smallest logical element number of x whose index is out of range. */
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=4 -DINDEX_TYPE=int -DDEPTH=0 -DWHOLE=0
// check: -DCLUP_INDEX64=1 -DELEMENT_SIZE=8 -DINDEX_TYPE=long -DDEPTH=1 -DWHOLE=1
#include "common.clh"
#include "element.clh"

#if !defined(INDEX_TYPE) || !defined(DEPTH) || !defined(WHOLE)
#error "INDEX_TYPE must be int or long, DEPTH and WHOLE 0 or 1"
#endif

/* Global size: (>= width, >= height, >= planes * depth), any local size. */
CLUP_KERNEL void clup_max_unpool_owner_fill(__global int *restrict owner, long owner_offset, index_t planes,
                                            index_t depth, index_t height, index_t width) {
  if (warming_up(owner_offset)) return;
  const index_t w = (index_t)get_global_id(0), h = (index_t)get_global_id(1), slice = (index_t)get_global_id(2);
  if (w < width && h < height && slice < planes * depth) owner[owner_offset + (slice * height + h) * width + w] = -1;
}

/* Global size: (>= in_width, >= in_height, >= planes * in_depth), any local size. most: elements of the plane that
 * indices count in. Indices may hold anything: an index out of range claims nothing. */
CLUP_KERNEL void clup_max_unpool_owner_claim(__global const INDEX_TYPE *restrict indices, long indices_offset,
                                             __global int *restrict owner, long owner_offset,
                                             __global uint *restrict status, long status_offset, index_t channels,
                                             index_t planes, index_t in_depth, index_t in_height, index_t in_width,
                                             index_t most, index_t i_n, index_t i_c, index_t i_d, index_t i_h,
                                             index_t i_w) {
  if (warming_up(indices_offset)) return;
  const index_t w = (index_t)get_global_id(0), h = (index_t)get_global_id(1), slice = (index_t)get_global_id(2);
  if (w >= in_width || h >= in_height || slice >= planes * in_depth) return;
  const index_t plane = DEPTH ? slice / in_depth : slice, d = DEPTH ? slice - plane * in_depth : 0;
  const index_t n = plane / channels, c = plane - n * channels;
  const ulong index = (ulong)(long)indices[indices_offset + n * i_n + c * i_c + d * i_d + h * i_h + w * i_w];
  if (index >= (WHOLE ? (ulong)planes * (ulong)most : (ulong)most)) {
    atomic_min(status + status_offset, (uint)(((ulong)slice * in_height + h) * in_width + w));
    return;
  }
  const index_t number = ((WHOLE ? slice : d) * in_height + h) * in_width + w;
  atomic_max(owner + owner_offset + (WHOLE ? 0 : plane * most) + (index_t)index, (int)number);
}

/* Global size: (>= out_width, >= out_height, >= planes * out_depth), any local size; a work-item makes one output
 * element. */
CLUP_KERNEL void clup_max_unpool_owner(__global const element_t *restrict x, long x_offset,
                                       __global const int *restrict owner, long owner_offset,
                                       __global element_t *restrict y, long y_offset, index_t channels, index_t planes,
                                       index_t in_depth, index_t in_height, index_t in_width, index_t depth,
                                       index_t height, index_t width, index_t out_depth, index_t out_height,
                                       index_t out_width, index_t x_n, index_t x_c, index_t x_d, index_t x_h,
                                       index_t x_w, index_t y_n, index_t y_c, index_t y_d, index_t y_h, index_t y_w) {
  if (warming_up(x_offset)) return;
  const index_t w = (index_t)get_global_id(0), h = (index_t)get_global_id(1), slice = (index_t)get_global_id(2);
  if (w >= out_width || h >= out_height || slice >= planes * out_depth) return;
  const index_t plane = DEPTH ? slice / out_depth : slice, d = DEPTH ? slice - plane * out_depth : 0;
  const index_t n = plane / channels, c = plane - n * channels;
  index_t from = -1;
  if (w < width && h < height && d < depth) from = owner[owner_offset + ((plane * depth + d) * height + h) * width + w];
  element_t value = 0;
  if (from >= 0) {
    const index_t from_row = from / in_width, from_slice = DEPTH || WHOLE ? from_row / in_height : 0;
    const index_t from_plane = WHOLE ? from_slice / in_depth : plane;
    const index_t from_d = WHOLE ? from_slice - from_plane * in_depth : from_slice;
    const index_t from_n = WHOLE ? from_plane / channels : n, from_c = WHOLE ? from_plane - from_n * channels : c;
    value = x[x_offset + from_n * x_n + from_c * x_c + from_d * x_d + (from_row - from_slice * in_height) * x_h +
              (from - from_row * in_width) * x_w];
  }
  y[y_offset + n * y_n + c * y_c + d * y_d + h * y_h + w * y_w] = value;
}

/* Max-unpooling in three launches over owner[planes][height * width], the position within x's plane of the element that
 * an output element takes, -1 for none: fill with -1, claim by atomic maximum (so that of several equal indices the
 * last in row-major order wins), resolve. -DCLUP_INDEX64=0|1  index_t is int or long -DELEMENT_SIZE=1|2|4|8  bytes of
 * an element -DINDEX_TYPE=int|long  of the indices x, indices, y: planes = N * channels of in_height x in_width (x,
 * indices) or height x width (y), by strides x_n ... y_w in elements, 0 for an axis of one element. An x plane has
 * fewer than 2^31 elements. status: one uint; receives the smallest logical element number of x whose index is not
 * within 0..height*width-1 */
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=4 -DINDEX_TYPE=int
// check: -DCLUP_INDEX64=1 -DELEMENT_SIZE=8 -DINDEX_TYPE=long
#include "common.clh"
#include "element.clh"

#ifndef INDEX_TYPE
#error "INDEX_TYPE must be int or long"
#endif

/* Global size: (>= width, >= height, >= planes), any local size. */
CLUP_KERNEL void clup_max_unpool_owner_fill(__global int *restrict owner, long owner_offset, index_t planes,
                                            index_t height, index_t width) {
  if (warming_up(owner_offset)) return;
  const index_t w = (index_t)get_global_id(0), h = (index_t)get_global_id(1), plane = (index_t)get_global_id(2);
  if (w < width && h < height && plane < planes) owner[owner_offset + (plane * height + h) * width + w] = -1;
}

/* Global size: (>= in_width, >= in_height, >= planes), any local size. Indices may hold anything: an index outside the
 * plane claims nothing. */
CLUP_KERNEL void clup_max_unpool_owner_claim(__global const INDEX_TYPE *restrict indices, long indices_offset,
                                             __global int *restrict owner, long owner_offset,
                                             __global uint *restrict status, long status_offset, index_t channels,
                                             index_t planes, index_t in_height, index_t in_width, index_t most,
                                             index_t i_n, index_t i_c, index_t i_h, index_t i_w) {
  if (warming_up(indices_offset)) return;
  const index_t w = (index_t)get_global_id(0), h = (index_t)get_global_id(1), plane = (index_t)get_global_id(2);
  if (w >= in_width || h >= in_height || plane >= planes) return;
  const index_t n = plane / channels, c = plane - n * channels;
  const long index = indices[indices_offset + n * i_n + c * i_c + h * i_h + w * i_w];
  if (index < 0 || index >= most)
    atomic_min(status + status_offset, (uint)(((ulong)plane * in_height + h) * in_width + w));
  else
    atomic_max(owner + owner_offset + plane * most + (index_t)index, (int)(h * in_width + w));
}

/* Global size: (>= width, >= height, >= planes), any local size; a work-item makes one output element. */
CLUP_KERNEL void clup_max_unpool_owner(__global const element_t *restrict x, long x_offset,
                                       __global const int *restrict owner, long owner_offset,
                                       __global element_t *restrict y, long y_offset, index_t channels, index_t planes,
                                       index_t in_width, index_t height, index_t width, index_t x_n, index_t x_c,
                                       index_t x_h, index_t x_w, index_t y_n, index_t y_c, index_t y_h, index_t y_w) {
  if (warming_up(x_offset)) return;
  const index_t w = (index_t)get_global_id(0), h = (index_t)get_global_id(1), plane = (index_t)get_global_id(2);
  if (w >= width || h >= height || plane >= planes) return;
  const index_t n = plane / channels, c = plane - n * channels;
  const index_t from = owner[owner_offset + (plane * height + h) * width + w];
  element_t value = 0;
  if (from >= 0) {
    const index_t row = from / in_width;
    value = x[x_offset + n * x_n + c * x_c + row * x_h + (from - row * in_width) * x_w];
  }
  y[y_offset + n * y_n + c * y_c + h * y_h + w * y_w] = value;
}

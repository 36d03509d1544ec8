/* Max-unpooling, one (n, c) plane per work-item: zeros, then the elements in row-major order, so that of several equal
 * indices the last wins.
 * -DCLUP_INDEX64=0|1  index_t is int or long
 * -DELEMENT_SIZE=1|2|4|8  bytes of an element
 * -DINDEX_TYPE=int|long  of the indices
 * x, indices: [planes / channels][channels][in_height][in_width] by strides x_n ... x_w and i_n ... i_w
 * y: [planes / channels][channels][height][width] by strides y_n ... y_w; strides are 0 for an axis of one element
 * status: one uint; receives the smallest logical element number of x whose index is not within 0..height*width-1
 * Global size: planes, local size 1. Indices may hold anything: nothing outside the plane is written. */
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=1 -DINDEX_TYPE=int
// check: -DCLUP_INDEX64=1 -DELEMENT_SIZE=8 -DINDEX_TYPE=long
#include "common.clh"
#include "element.clh"

#ifndef INDEX_TYPE
#error "INDEX_TYPE must be int or long"
#endif

CLUP_KERNEL void clup_max_unpool_plane(__global const element_t *restrict x, long x_offset,
                                       __global const INDEX_TYPE *restrict indices, long indices_offset,
                                       __global element_t *restrict y, long y_offset, __global uint *restrict status,
                                       long status_offset, index_t channels, index_t in_height, index_t in_width,
                                       index_t height, index_t width, index_t x_n, index_t x_c, index_t x_h,
                                       index_t x_w, index_t i_n, index_t i_c, index_t i_h, index_t i_w, index_t y_n,
                                       index_t y_c, index_t y_h, index_t y_w) {
  if (warming_up(x_offset)) return;
  const index_t plane = (index_t)get_global_id(0), n = plane / channels, c = plane - n * channels;
  x += x_offset + n * x_n + c * x_c;
  indices += indices_offset + n * i_n + c * i_c;
  y += y_offset + n * y_n + c * y_c;
  if (y_w == 1 && y_h == width) { /* one contiguous stretch */
    for (index_t i = 0; i < height * width; i++) y[i] = 0;
  } else {
    for (index_t h = 0; h < height; h++)
      for (index_t w = 0; w < width; w++) y[h * y_h + w * y_w] = 0;
  }
  const long most = (long)height * width;
  for (index_t h = 0; h < in_height; h++)
    for (index_t w = 0; w < in_width; w++) {
      const long index = indices[h * i_h + w * i_w];
      if (index < 0 || index >= most) {
        atomic_min(status + status_offset, (uint)(((ulong)plane * in_height + h) * in_width + w));
        continue;
      }
      const index_t at = (index_t)index, row = at / width;
      y[row * y_h + (at - row * width) * y_w] = x[h * x_h + w * x_w];
    }
}

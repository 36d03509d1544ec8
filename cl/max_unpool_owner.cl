/* Max-unpooling in three launches over owner[planes][depth * height * width], the number of the x element that an
 * output element takes, -1 for none: fill with -1, claim by atomic maximum (so that of several equal indices the last
 * in row-major order wins), resolve.
 * -DCLUP_INDEX64=0|1  index_t is int or long
 * -DELEMENT_SIZE=1|2|4|8  bytes of an element
 * -DINDEX_TYPE=int|long  of the indices
 * -DDEPTH=0|1  0: all depths are 1
 * -DWHOLE=0|1  indices, and the numbers of x elements, are flat over 0: one plane, 1: all planes; fewer than 2^31 numbers
 * -DWHERE_STRAYED=0|1  1: nothing is done where *strayed is 0
 * x, indices, y: planes = N * channels of in_depth x in_height x in_width (x, indices) or out_depth x out_height x
 * out_width (y), by strides x_n ... y_w in elements, 0 for an axis of one element. Indices count in depth x height x
 * width, the corner of a plane of y. status: one uint; receives the smallest logical element number of x whose index is
 * out of range.
 * Global sizes: (>= the last extent, any, >= planes * the first one), any local size; a work-item takes the rows global id,
 * global id + global size ... */
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=4 -DINDEX_TYPE=int -DDEPTH=0 -DWHOLE=0 -DWHERE_STRAYED=0
// check: -DCLUP_INDEX64=1 -DELEMENT_SIZE=8 -DINDEX_TYPE=long -DDEPTH=1 -DWHOLE=1 -DWHERE_STRAYED=1
#include "common.clh"
#include "element.clh"

#if !defined(INDEX_TYPE) || !defined(DEPTH) || !defined(WHOLE) || !defined(WHERE_STRAYED)
#error "INDEX_TYPE must be int or long, DEPTH, WHOLE and WHERE_STRAYED 0 or 1"
#endif
#if WHERE_STRAYED
#define STRAYED , __global const int *restrict strayed, long strayed_offset
#define NOTHING_STRAYED (strayed[strayed_offset] == 0)
#else
#define STRAYED
#define NOTHING_STRAYED false
#endif

CLUP_KERNEL void clup_max_unpool_owner_fill(__global int *restrict owner, long owner_offset STRAYED, index_t planes,
                                            index_t depth, index_t height, index_t width) {
  if (warming_up(owner_offset) || NOTHING_STRAYED) return;
  const index_t w = (index_t)get_global_id(0), slice = (index_t)get_global_id(2);
  if (w >= width || slice >= planes * depth) return;
  for (index_t h = (index_t)get_global_id(1); h < height; h += (index_t)get_global_size(1))
    owner[owner_offset + (slice * height + h) * width + w] = -1;
}

/* most: elements of the plane that indices count in. Indices may hold anything: an index out of range claims nothing. */
CLUP_KERNEL void clup_max_unpool_owner_claim(__global const INDEX_TYPE *restrict indices, long indices_offset,
                                             __global int *restrict owner, long owner_offset,
                                             __global uint *restrict status, long status_offset STRAYED,
                                             index_t channels, index_t planes, index_t in_depth, index_t in_height,
                                             index_t in_width, index_t most, index_t i_n, index_t i_c, index_t i_d,
                                             index_t i_h, index_t i_w) {
  if (warming_up(indices_offset) || NOTHING_STRAYED) return;
  const index_t w = (index_t)get_global_id(0), slice = (index_t)get_global_id(2);
  if (w >= in_width || slice >= planes * in_depth) return;
  const index_t plane = DEPTH ? slice / in_depth : slice, d = DEPTH ? slice - plane * in_depth : 0;
  const index_t n = plane / channels, c = plane - n * channels;
  indices += indices_offset + n * i_n + c * i_c + d * i_d + w * i_w;
  owner += owner_offset + (WHOLE ? 0 : plane * most);
  for (index_t h = (index_t)get_global_id(1); h < in_height; h += (index_t)get_global_size(1)) {
    const ulong index = (ulong)(long)indices[h * i_h];
    if (index < (WHOLE ? (ulong)planes * (ulong)most : (ulong)most))
      atomic_max(owner + (index_t)index, (int)(((WHOLE ? slice : d) * in_height + h) * in_width + w));
    else
      atomic_min(status + status_offset, (uint)(((ulong)slice * in_height + h) * in_width + w));
  }
}

CLUP_KERNEL void clup_max_unpool_owner(__global const element_t *restrict x, long x_offset,
                                       __global const int *restrict owner, long owner_offset,
                                       __global element_t *restrict y, long y_offset STRAYED, index_t channels,
                                       index_t planes, index_t in_depth, index_t in_height, index_t in_width,
                                       index_t depth, index_t height, index_t width, index_t out_depth,
                                       index_t out_height, index_t out_width, index_t x_n, index_t x_c, index_t x_d,
                                       index_t x_h, index_t x_w, index_t y_n, index_t y_c, index_t y_d, index_t y_h,
                                       index_t y_w) {
  if (warming_up(x_offset) || NOTHING_STRAYED) return;
  const index_t w = (index_t)get_global_id(0), slice = (index_t)get_global_id(2);
  if (w >= out_width || slice >= planes * out_depth) return;
  const index_t plane = DEPTH ? slice / out_depth : slice, d = DEPTH ? slice - plane * out_depth : 0;
  const index_t n = plane / channels, c = plane - n * channels;
  y += y_offset + n * y_n + c * y_c + d * y_d + w * y_w;
  for (index_t h = (index_t)get_global_id(1); h < out_height; h += (index_t)get_global_size(1)) {
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
    y[h * y_h] = value;
  }
}

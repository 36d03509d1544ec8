/* Max-unpooling where pooling windows lie side by side, for GPUs: an output element looks at the one index that its block
 * may have come from, so that everything is read and written once. Along an axis block i begins at i * step - padding (the
 * first at 0) and ends where the next one begins (the last at the end). Where an index names an element outside of its
 * block, *strayed becomes 1, and the kernels of max_unpool_owner.cl, which follow, do it all once more.
 * -DCLUP_INDEX64=0|1  index_t is int or long
 * -DELEMENT_SIZE=1|2|4|8  bytes of an element
 * -DINDEX_TYPE=int|long  of the indices
 * -DDEPTH=0|1  0: all depths are 1
 * -DWHOLE=0|1  indices are flat over 0: one plane, 1: all planes
 * x, indices, y: planes = N * channels of in_depth x in_height x in_width (x, indices) or depth x height x width (y), by
 * strides x_n ... y_w in elements, 0 for an axis of one element; no block is empty. */
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=4 -DINDEX_TYPE=int -DDEPTH=0 -DWHOLE=0
// check: -DCLUP_INDEX64=1 -DELEMENT_SIZE=8 -DINDEX_TYPE=long -DDEPTH=1 -DWHOLE=1
#include "common.clh"
#include "element.clh"

#if !defined(INDEX_TYPE) || !defined(DEPTH) || !defined(WHOLE)
#error "INDEX_TYPE must be int or long, DEPTH and WHOLE 0 or 1"
#endif

/* Global size: any; before the other. */
CLUP_KERNEL void clup_max_unpool_blocks_begin(__global int *restrict strayed, long strayed_offset) {
  if (warming_up(strayed_offset)) return;
  if (get_global_id(0) == 0) strayed[strayed_offset] = 0;
}

/* An axis's block at a place: its number, its first element and how many it has. */
typedef struct block_t {
  index_t number, begin, count;
} block_t;

static inline block_t block_at(index_t place, index_t blocks, index_t size, index_t step, index_t padding) {
  block_t b = {min((place + padding) / step, blocks - 1), 0, 0};
  b.begin = max(b.number * step - padding, (index_t)0);
  b.count = (b.number == blocks - 1 ? size : (b.number + 1) * step - padding) - b.begin;
  return b;
}

/* Global size: (>= width, any, >= planes * depth), any local size; a work-item makes the rows global id, global id +
 * global size ... */
CLUP_KERNEL void clup_max_unpool_blocks(__global const element_t *restrict x, long x_offset,
                                        __global const INDEX_TYPE *restrict indices, long indices_offset,
                                        __global element_t *restrict y, long y_offset, __global int *restrict strayed,
                                        long strayed_offset, index_t channels, index_t planes, index_t in_depth,
                                        index_t in_height, index_t in_width, index_t depth, index_t height, index_t width,
                                        index_t step_d, index_t step_h, index_t step_w, index_t padding_d,
                                        index_t padding_h, index_t padding_w, index_t x_n, index_t x_c, index_t x_d,
                                        index_t x_h, index_t x_w, index_t i_n, index_t i_c, index_t i_d, index_t i_h,
                                        index_t i_w, index_t y_n, index_t y_c, index_t y_d, index_t y_h, index_t y_w) {
  if (warming_up(x_offset)) return;
  const index_t w = (index_t)get_global_id(0), slice = (index_t)get_global_id(2);
  if (w >= width || slice >= planes * depth) return;
  const index_t plane = DEPTH ? slice / depth : slice, d = DEPTH ? slice - plane * depth : 0;
  const index_t n = plane / channels, c = plane - n * channels;
  const block_t column = block_at(w, in_width, width, step_w, padding_w);
  const block_t layer = block_at(d, in_depth, depth, step_d, padding_d);
  x += x_offset + n * x_n + c * x_c + layer.number * x_d + column.number * x_w;
  indices += indices_offset + n * i_n + c * i_c + layer.number * i_d + column.number * i_w;
  y += y_offset + n * y_n + c * y_c + d * y_d + w * y_w;
  const long first = (WHOLE ? (long)plane * depth * height * width : 0) + (long)d * height * width; /* of the layer */
  const bool checks = w == column.begin && d == layer.begin; /* where the block's first row is */
  for (index_t h = (index_t)get_global_id(1); h < height; h += (index_t)get_global_size(1)) {
    const block_t row = block_at(h, in_height, height, step_h, padding_h);
    const long at = (long)indices[row.number * i_h] - first - (long)h * width;
    y[h * y_h] = at == w ? x[row.number * x_h] : 0;
    if (!checks || h != row.begin) continue;
    bool inside = false;
    for (index_t z = 0; z < layer.count; z++)
      for (index_t r = 0; r < row.count; r++)
        inside |= (ulong)(at - w - ((long)z * height + r) * width) < (ulong)column.count;
    if (!inside) strayed[strayed_offset] = 1;
  }
}

#include "solver_shared.h"

#include "../ops/conv_transpose.h"
#include "tensor.h"

#define STREAM_BYTES (8 << 20)

enum { SPOTS = 14, NARROW_SPOTS = 6, LINE = 16 /* floats of a cache line */ };

bool goes_past_caches(const clup_tensor *output) {
  return tensor_elements(output) >= STREAM_BYTES / (int64_t)clup_dtype_size(output->dtype);
}

int64_t stride_of(const clup_tensor *tensor, int axis) {
  return tensor->dims[axis] > 1 ? tensor->strides[axis] : 0;
}

/* The smaller one, but not 0. */
static size_t least(size_t a, size_t b) {
  const size_t size = a < b ? a : b;
  return size ? size : 1;
}

/* Few different sizes, since each is a build of its own: wide, flat, or a small box for short rows. */
void range_of(recipe *r, launch *l, const device_caps *caps, int64_t x, int64_t y, int64_t z) {
  const size_t wide = caps->is_cpu ? 64 : 32, most = least(caps->max_work_group, caps->is_cpu ? 64 : 256);
  const int64_t global[3] = {x, y, z};
  size_t room = 1, local[3] = {1, 1, 1};
  while (2 * room <= most) room *= 2;
  const bool flat = y < 4 && x >= 64, narrow = x < 32;
  local[0] = least(least(room, caps->max_work_item[0]), flat ? room : narrow ? 8 : wide);
  local[1] = least(least(room / local[0], caps->max_work_item[1]), narrow ? 8 : room);
  local[2] = least(room / local[0] / local[1], caps->max_work_item[2]);
  launch_range(r, l, 3, global, local);
}

int64_t tile_spots(const device_caps *caps) {
  return caps->has_wide_vectors ? SPOTS : NARROW_SPOTS;
}

int64_t odd_lines(int64_t floats) {
  return LINE * (divided_up(floats, LINE) | 1);
}

/* What several solvers' configure() need. */
#ifndef CLUP_SOLVER_SHARED_H
#define CLUP_SOLVER_SHARED_H

#include "launch.h"

/* CPUs write outputs of such a size past their caches. */
bool goes_past_caches(const clup_tensor *output);

/* The stride of an axis as kernels take it: 0 for an axis of one element, whose stride may be of any size. */
int64_t stride_of(const clup_tensor *tensor, int axis);
/* A global size with work-groups that suit the device: as wide as fits along axis 0, the rest along 1 and 2. */
void range_of(recipe *r, launch *l, const device_caps *caps, int64_t x, int64_t y, int64_t z);

/* Pixels of a tile of a matrix product on CPUs, whose sums with two vectors of 16 channels, or one where registers hold
 * 8 floats, fill the registers. */
int64_t tile_spots(const device_caps *caps);
/* So many floats and more: an odd number of cache lines. What lies side by side for one loop must not share a cache's
 * sets. */
int64_t odd_lines(int64_t floats);

#endif

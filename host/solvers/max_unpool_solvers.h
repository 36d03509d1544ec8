/* The solvers of max_unpool. */
#ifndef CLUP_MAX_UNPOOL_SOLVERS_H
#define CLUP_MAX_UNPOOL_SOLVERS_H

#include "ops/max_unpool.h"
#include "solver.h"

extern const solver max_unpool_plane, max_unpool_blocks, max_unpool_owner;

/* The -D that all kernels take. */
void max_unpool_defines(const clup_problem *problem, const unpool_view *view, recipe *r, launch *l);
/* Three extents, or a tensor's five strides, as kernels take them. */
void max_unpool_extents(const int64_t extents[3], recipe *r, launch *l);
void max_unpool_strides(const int64_t strides[5], recipe *r, launch *l);
/* A launch over extents (depth, rows, columns) of all planes whose work-items take rows_each rows. */
void max_unpool_range(const int64_t extents[3], int64_t planes, int64_t rows_each, const device_caps *caps, recipe *r,
                      launch *l);

/* The solver `owner`: whether it applies, and its launches; strayed: an int of the workspace, where it is 0 they do
 * nothing; below 0: there is none. */
bool max_unpool_owner_applies(const clup_problem *problem, const device_caps *caps, char *why);
void max_unpool_owner_launches(const clup_problem *problem, const device_caps *caps, recipe *r, int64_t strayed);

#endif

/* The solvers of max_unpool. */
#ifndef CLUP_MAX_UNPOOL_SOLVERS_H
#define CLUP_MAX_UNPOOL_SOLVERS_H

#include "ops/max_unpool.h"
#include "solver.h"

extern const solver max_unpool_plane, max_unpool_owner;

/* The -D that both kernels take. */
void max_unpool_defines(const clup_problem *problem, const unpool_view *view, recipe *r, launch *l);
/* Three extents, or a tensor's five strides, as kernels take them. */
void max_unpool_extents(const int64_t extents[3], recipe *r, launch *l);
void max_unpool_strides(const int64_t strides[5], recipe *r, launch *l);

#endif

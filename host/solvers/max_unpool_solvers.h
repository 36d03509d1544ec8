/* The solvers of max_unpool. */
#ifndef CLUP_MAX_UNPOOL_SOLVERS_H
#define CLUP_MAX_UNPOOL_SOLVERS_H

#include "solver.h"

extern const solver max_unpool_plane, max_unpool_owner;

/* The -D that both kernels take. */
void max_unpool_defines(const clup_problem *problem, recipe *r, launch *l);
/* A tensor's four strides as kernels take them. */
void max_unpool_strides(const clup_tensor *tensor, recipe *r, launch *l);

#endif

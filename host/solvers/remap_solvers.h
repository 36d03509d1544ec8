/* The solvers of every operator that is a remap. */
#ifndef CLUP_REMAP_SOLVERS_H
#define CLUP_REMAP_SOLVERS_H

#include "launch.h"
#include "remap.h"
#include "solver.h"

extern const solver remap_joined_rows, remap_rows_solver, remap_strided;
extern const solver *const remap_solvers[];

/* The launch of a kernel that moves groups of rows, `each` per work-item, with its buffers and the view of the groups.
 */
launch *remap_rows_launch(const clup_problem *problem, const device_caps *caps, recipe *r, remap_rows *rows,
                          const char *source, const char *kernel, int64_t *groups, int64_t *each);

/* operator_info's cost: every element read once and written once. */
void remap_cost(const clup_problem *problem, double *flops, double *bytes);

#endif

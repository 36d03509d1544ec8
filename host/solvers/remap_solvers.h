/* The solvers of every operator that is a remap. */
#ifndef CLUP_REMAP_SOLVERS_H
#define CLUP_REMAP_SOLVERS_H

#include "remap.h"
#include "solver.h"

extern const solver remap_rows_solver, remap_strided;
extern const solver *const remap_solvers[];

/* operator_info's cost: every element read once and written once. */
void remap_cost(const clup_problem *problem, double *flops, double *bytes);

#endif

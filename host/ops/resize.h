/* What the solvers of interpolation ask of a resize problem. */
#ifndef CLUP_RESIZE_H
#define CLUP_RESIZE_H

#include "axis_taps.h"
#include "problem.h"

/* Which tensor axes are resampled, ascending, at most three; returns how many. The others are untouched. */
int resize_axes(const clup_problem *problem, int axes[3]);
/* The rule along one of them. */
axis_rule resize_rule(const clup_problem *problem, int tensor_axis);

#endif

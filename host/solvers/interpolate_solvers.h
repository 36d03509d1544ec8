/* The solvers of interpolate, and what they share. */
#ifndef CLUP_INTERPOLATE_SOLVERS_H
#define CLUP_INTERPOLATE_SOLVERS_H

#include "axis_taps.h"
#include "solver.h"

extern const solver interpolate_rows, interpolate_nearest_rows, interpolate_gather, interpolate_taps;

bool interpolate_is_nearest(const clup_problem *problem);
/* The rule along a spatial axis: 0 is the height, 1 the width. */
axis_rule interpolate_rule(const clup_problem *problem, int axis);

/* The lists of an axis in the recipe's table: offsets of index and weight. */
typedef struct taps_table {
  int taps;
  int64_t index, weight;
} taps_table;
clup_status interpolate_table(const clup_problem *problem, int axis, recipe *r, taps_table *table);

/* The arguments that every kernel with strides ends with: channels, height, width, planes, then x_n ... y_w. */
void interpolate_extents(const clup_problem *problem, recipe *r, launch *l);

#endif

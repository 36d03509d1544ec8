/* The solvers of interpolate, and what they share. */
#ifndef CLUP_INTERPOLATE_SOLVERS_H
#define CLUP_INTERPOLATE_SOLVERS_H

#include "axis_taps.h"
#include "solver.h"

extern const solver interpolate_rows, interpolate_nearest_rows, interpolate_gather, interpolate_taps,
    interpolate_windows;

bool interpolate_is_nearest(const clup_problem *problem);
/* Lists whose length goes with the step: area, lanczos, and with antialias. */
bool interpolate_has_windows(const clup_problem *problem);
/* Linear or cubic without antialias; otherwise false with the reason. */
bool interpolate_has_lists(const clup_problem *problem, char *why);

/* A problem of one to three spatial axes as one of three: missing axes have one element. */
typedef struct interpolate_view {
  int64_t planes, channels;            /* planes: N * channels */
  int64_t in[3], out[3];               /* depth, height, width */
  int64_t in_stride[5], out_stride[5]; /* N, C, depth, height, width; 0 for an axis of one element */
} interpolate_view;
interpolate_view interpolate_view_of(const clup_problem *problem);

enum { AXIS_DEPTH, AXIS_HEIGHT, AXIS_WIDTH };
/* The rule along a view's axis. */
axis_rule interpolate_rule(const clup_problem *problem, int axis);

/* The lists of an axis in the recipe's table: offsets of index and weight. */
typedef struct taps_table {
  int taps;
  int64_t index, weight;
} taps_table;
clup_status interpolate_table(const clup_problem *problem, int axis, recipe *r, taps_table *table);

/* The arguments that the kernels for any strides end with: channels, depth, height, width, planes, then x_n ... y_w. */
void interpolate_extents(const interpolate_view *view, recipe *r, launch *l);
/* Those that the row kernels end with: channels, height, width, rows_each, then x_n ... y_h, all without depth. */
void interpolate_row_extents(const interpolate_view *view, int64_t rows_each, recipe *r, launch *l);
/* A work-item per column of a few rows. */
void interpolate_range(const interpolate_view *view, const device_caps *caps, recipe *r, launch *l);

#endif

/* The solvers of interpolate and resize, and what they share. */
#ifndef CLUP_INTERPOLATE_SOLVERS_H
#define CLUP_INTERPOLATE_SOLVERS_H

#include "axis_taps.h"
#include "solver.h"

extern const solver interpolate_near_rows, interpolate_rows, interpolate_nearest_rows, interpolate_gather,
    interpolate_taps, interpolate_windows, interpolate_window_rows, interpolate_image;

bool interpolate_is_nearest(const clup_problem *problem);
/* Lists whose length goes with the step: area, lanczos, and with antialias. */
bool interpolate_has_windows(const clup_problem *problem);
/* Linear or cubic without antialias; otherwise false with the reason. */
bool interpolate_has_lists(const clup_problem *problem, char *why);
/* Which tensor axes are resampled, ascending; returns how many, at most three. */
int interpolate_axes(const clup_problem *problem, int axes[3]);

enum { AXIS_DEPTH, AXIS_HEIGHT, AXIS_WIDTH };

/* Any problem as one of three spatial axes in planes. The resampled axes are the last spatial ones, in their order;
 * those that are left over have one element. All other axes make up the planes, merged where strides allow. */
typedef struct plane_axis {
  int64_t dim, in_stride, out_stride;
} plane_axis;
typedef struct interpolate_view {
  int plane_axes;                      /* >= 1 */
  plane_axis plane[CLUP_MAX_RANK];     /* the outermost first */
  int64_t planes;                      /* the product of their dims */
  int axis[3];                         /* of the tensor, that is resampled here; -1: none */
  int64_t in[3], out[3];               /* depth, height, width */
  int64_t in_stride[3], out_stride[3]; /* 0 for an axis of one element */
  int64_t fold;                        /* elements that stand for one column, side by side (interpolate_arrange); 1 */
} interpolate_view;
interpolate_view interpolate_view_of(const clup_problem *problem);
/* The rule along a spatial axis of that view. */
axis_rule interpolate_rule(const clup_problem *problem, int axis);

/* The view as buffers' kernels take it: rows as long as they lie in memory. An array of channels last has rows of W*C
 * elements, whose lists are those of the columns, repeated; or its channels are a spatial axis that is not resampled.
 */
interpolate_view interpolate_arrange(const clup_problem *problem);
/* Where the height is not resampled, the innermost axis of the planes becomes it. */
void interpolate_planes_as_rows(interpolate_view *view);
/* How many input columns (rows, slices) one of the output takes along a spatial axis of an arranged view, at most. */
double interpolate_step(const clup_problem *problem, const interpolate_view *view, int axis);
/* The longest of its lists. */
int interpolate_most(const clup_problem *problem, const interpolate_view *view, int axis);
/* Lists along a spatial axis of an arranged view; to be given back with axis_taps_clear. */
clup_status interpolate_lists(const clup_problem *problem, const interpolate_view *view, int axis, axis_taps *taps);

/* The lists of an axis in the recipe's table: offsets of index and weight. */
typedef struct taps_table {
  int taps;
  int64_t index, weight;
} taps_table;
clup_status interpolate_table(const clup_problem *problem, const interpolate_view *view, int axis, recipe *r,
                              taps_table *table);

/* The same where lists name consecutive elements: offsets of [out][2], first index and count, and of [out][taps]. */
clup_status interpolate_window_table(const clup_problem *problem, const axis_taps *taps, recipe *r, taps_table *table);

/* Two of a kernel's arguments: planes and plane_axes, as in planes.clh. */
void interpolate_planes(const interpolate_view *view, recipe *r, launch *l);
/* The arguments that the kernels for any strides end with: planes and plane_axes as in planes.clh, depth, height,
 * width, all_planes, then x_d ... y_w. */
void interpolate_extents(const interpolate_view *view, recipe *r, launch *l);
/* Those that the row kernels end with: planes, plane_axes, height, width, rows_each, x_h, x_w, y_h. */
void interpolate_row_extents(const interpolate_view *view, int64_t rows_each, recipe *r, launch *l);
/* Appends the launch that writes the extrapolation value of a resize, where there is something outside. */
clup_status interpolate_outside(const clup_problem *problem, const device_caps *caps, recipe *r);
/* A work-item per column of a few rows. */
void interpolate_range(const interpolate_view *view, const device_caps *caps, recipe *r, launch *l);

#endif

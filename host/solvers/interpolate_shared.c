#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "interpolate_solvers.h"
#include "ops/resize.h"
#include "solver_shared.h"
#include "tensor.h"

#define ROWS_EACH 4
#define MOST_ROWS 16 /* finding one's place takes a GPU as long as some rows do */
#define ITEMS_PER_UNIT 4096
#define FOLD_CHANNELS 64 /* lists longer than that cost more than they save, while a spatial axis is free */
#define LEAST_COLUMNS 16 /* of an axis that takes the place of the columns */

bool interpolate_is_nearest(const clup_problem *problem) {
  if (problem->op == CLUP_OP_RESIZE) return problem->params.resize.mode == CLUP_RESIZE_NEAREST;
  const clup_mode mode = problem->params.interpolate.mode;
  return mode == CLUP_NEAREST || mode == CLUP_NEAREST_EXACT;
}

bool interpolate_has_windows(const clup_problem *problem) {
  if (problem->op == CLUP_OP_RESIZE) return problem->params.resize.antialias && !interpolate_is_nearest(problem);
  const clup_interpolate_params *params = &problem->params.interpolate;
  return params->antialias || params->mode == CLUP_AREA || params->mode == CLUP_LANCZOS;
}

bool interpolate_has_lists(const clup_problem *problem, char *why) {
  if (interpolate_is_nearest(problem)) return not_applicable(why, "it is for the linear and cubic modes");
  if (interpolate_has_windows(problem)) return not_applicable(why, "it is not for area, lanczos and antialias");
  return true;
}

int interpolate_axes(const clup_problem *problem, int axes[3]) {
  if (problem->op == CLUP_OP_RESIZE) return resize_axes(problem, axes);
  for (int i = 0; i < problem->input.rank - 2; i++) axes[i] = 2 + i;
  return problem->input.rank - 2;
}

/* ---- the view */

/* An axis within those before, as far as that goes. */
static void add_plane_axis(interpolate_view *view, plane_axis axis) {
  plane_axis *last = view->plane_axes ? &view->plane[view->plane_axes - 1] : NULL;
  view->planes *= axis.dim;
  if (axis.dim == 1) return;
  if (last && last->in_stride == axis.in_stride * axis.dim && last->out_stride == axis.out_stride * axis.dim)
    *last = (plane_axis){last->dim * axis.dim, axis.in_stride, axis.out_stride};
  else
    view->plane[view->plane_axes++] = axis;
}

interpolate_view interpolate_view_of(const clup_problem *problem) {
  const clup_tensor *in = &problem->input, *out = &problem->output;
  interpolate_view view = {.planes = 1, .axis = {-1, -1, -1}, .in = {1, 1, 1}, .out = {1, 1, 1}, .fold = 1};
  int axes[3], slot = 3 - interpolate_axes(problem, axes);
  memmove(view.axis + slot, axes, (size_t)(3 - slot) * sizeof *axes);
  for (int axis = 0; axis < in->rank; axis++) {
    const int64_t from = stride_of(in, axis), to = stride_of(out, axis);
    if (slot == 3 || view.axis[slot] != axis) {
      add_plane_axis(&view, (plane_axis){in->dims[axis], from, to});
      continue;
    }
    view.in[slot] = in->dims[axis];
    view.out[slot] = out->dims[axis];
    view.in_stride[slot] = from;
    view.out_stride[slot] = to;
    slot++;
  }
  if (!view.plane_axes) view.plane[view.plane_axes++] = (plane_axis){1, 0, 0};
  return view;
}

static void drop_plane_axis(interpolate_view *view, int drop) {
  view->planes /= view->plane[drop].dim;
  view->plane_axes--;
  memmove(view->plane + drop, view->plane + drop + 1, (size_t)(view->plane_axes - drop) * sizeof *view->plane);
  if (!view->plane_axes) view->plane[view->plane_axes++] = (plane_axis){1, 0, 0};
}

/* The columns, as far as there are several, lie this many elements apart in both tensors. */
static bool columns_apart(const interpolate_view *view, int64_t step) {
  const int w = AXIS_WIDTH;
  return view->axis[w] >= 0 && view->in[w] * view->out[w] > 1 && (view->in[w] == 1 || view->in_stride[w] == step) &&
         (view->out[w] == 1 || view->out_stride[w] == step) && view->in[w] <= INT32_MAX / step &&
         view->out[w] <= INT32_MAX / step;
}

interpolate_view interpolate_arrange(const clup_problem *problem) {
  interpolate_view view = interpolate_view_of(problem);
  int inner = view.plane_axes - 1;
  while (inner >= 0 && !(view.plane[inner].dim > 1 && view.plane[inner].out_stride == 1)) inner--;
  if (inner < 0) return view;
  const plane_axis columns = view.plane[inner];
  const bool free_slot = view.axis[AXIS_DEPTH] < 0;
  /* Whole rows become one column each: they lie better than the channels, of which the output has nothing else. */
  const bool rows_lie = view.out[AXIS_WIDTH] == 1 && view.in_stride[AXIS_WIDTH] == 1 && columns.in_stride != 1;
  if (columns.in_stride == 1 && columns_apart(&view, columns.dim) && (columns.dim <= FOLD_CHANNELS || !free_slot)) {
    view.fold = columns.dim;
    view.in[AXIS_WIDTH] *= columns.dim;
    view.out[AXIS_WIDTH] *= columns.dim;
    view.in_stride[AXIS_WIDTH] = view.out_stride[AXIS_WIDTH] = 1;
    drop_plane_axis(&view, inner);
  } else if (free_slot && !rows_lie && columns.dim >= LEAST_COLUMNS && columns.dim <= INT32_MAX) {
    for (int slot = 0; slot < AXIS_WIDTH; slot++) {
      view.axis[slot] = view.axis[slot + 1];
      view.in[slot] = view.in[slot + 1];
      view.out[slot] = view.out[slot + 1];
      view.in_stride[slot] = view.in_stride[slot + 1];
      view.out_stride[slot] = view.out_stride[slot + 1];
    }
    view.axis[AXIS_WIDTH] = -1;
    view.in[AXIS_WIDTH] = view.out[AXIS_WIDTH] = columns.dim;
    view.in_stride[AXIS_WIDTH] = columns.in_stride;
    view.out_stride[AXIS_WIDTH] = columns.out_stride;
    drop_plane_axis(&view, inner);
  }
  return view;
}

void interpolate_planes_as_rows(interpolate_view *view) {
  const plane_axis rows = view->plane[view->plane_axes - 1];
  if (view->axis[AXIS_HEIGHT] >= 0 || rows.dim > INT32_MAX) return;
  view->in[AXIS_HEIGHT] = view->out[AXIS_HEIGHT] = rows.dim;
  view->in_stride[AXIS_HEIGHT] = rows.in_stride;
  view->out_stride[AXIS_HEIGHT] = rows.out_stride;
  drop_plane_axis(view, view->plane_axes - 1);
}

/* ---- rules and lists */

static axis_rule tensor_rule(const clup_problem *problem, int axis) {
  static const axis_filter filters[] = {[CLUP_NEAREST] = AXIS_NEAREST, [CLUP_NEAREST_EXACT] = AXIS_NEAREST_EXACT,
                                        [CLUP_BILINEAR] = AXIS_LINEAR, [CLUP_BICUBIC] = AXIS_CUBIC,
                                        [CLUP_LINEAR] = AXIS_LINEAR,   [CLUP_TRILINEAR] = AXIS_LINEAR,
                                        [CLUP_AREA] = AXIS_AREA,       [CLUP_LANCZOS] = AXIS_LANCZOS};
  if (problem->op == CLUP_OP_RESIZE) return resize_rule(problem, axis);
  const clup_interpolate_params *params = &problem->params.interpolate;
  const int64_t *out = problem->output.dims + 2;
  return (axis_rule){
      .filter = filters[params->mode],
      .in = problem->input.dims[axis],
      .out = problem->output.dims[axis],
      .scale = params->recompute_scale_factor ? 0 : params->scale_factor[axis - 2],
      .align_corners = params->align_corners,
      .antialias = params->antialias,
      .wide = problem->input.dtype == CLUP_F64,
      .small_output = problem->input.rank == 4 && out[0] <= AXIS_SMALL_OUTPUT && out[0] + out[1] <= AXIS_SMALL_OUTPUT};
}

/* Along an axis that is not resampled there is one tap of weight 1: an infinity must not meet a weight of 0. */
static axis_rule slot_rule(const clup_problem *problem, const interpolate_view *view, int axis) {
  if (view->axis[axis] >= 0) return tensor_rule(problem, view->axis[axis]);
  return (axis_rule){.filter = AXIS_NEAREST, .in = view->in[axis], .out = view->in[axis], .small_output = true};
}

axis_rule interpolate_rule(const clup_problem *problem, int axis) {
  const interpolate_view view = interpolate_view_of(problem);
  return slot_rule(problem, &view, axis);
}

double interpolate_step(const clup_problem *problem, const interpolate_view *view, int axis) {
  const axis_rule rule = slot_rule(problem, view, axis);
  return axis_step(&rule);
}

int interpolate_most(const clup_problem *problem, const interpolate_view *view, int axis) {
  const axis_rule rule = slot_rule(problem, view, axis);
  return axis_taps_most(&rule);
}

/* Columns become `fold` elements each. */
static clup_status fold_columns(const axis_taps *columns, int64_t fold, axis_taps *out) {
  axis_taps taps = *columns;
  taps.out = columns->out * fold;
  const size_t entries = (size_t)taps.out * (size_t)taps.taps;
  taps.count = malloc((size_t)taps.out * sizeof *taps.count);
  taps.index = malloc(entries * sizeof *taps.index);
  taps.weight = malloc(entries * sizeof *taps.weight);
  if (!taps.count || !taps.index || !taps.weight) {
    axis_taps_clear(&taps);
    return clup_fail(CLUP_OUT_OF_MEMORY, "interpolate: no memory for the taps of rows of %lld elements",
                     (long long)taps.out);
  }
  for (int64_t i = 0; i < taps.out; i++) {
    const int64_t column = i / fold, from = column * taps.taps, to = i * taps.taps;
    taps.count[i] = columns->count[column];
    for (int t = 0; t < taps.taps; t++) {
      taps.index[to + t] = (int32_t)(columns->index[from + t] * fold + i % fold);
      taps.weight[to + t] = columns->weight[from + t];
    }
  }
  *out = taps;
  return CLUP_OK;
}

clup_status interpolate_lists(const clup_problem *problem, const interpolate_view *view, int axis, axis_taps *taps) {
  const axis_rule rule = slot_rule(problem, view, axis);
  axis_taps made;
  CLUP_TRY(axis_taps_make(&rule, &made));
  if (axis != AXIS_WIDTH || view->fold == 1) {
    *taps = made;
    return CLUP_OK;
  }
  const clup_status status = fold_columns(&made, view->fold, taps);
  axis_taps_clear(&made);
  return status;
}

clup_status interpolate_table(const clup_problem *problem, const interpolate_view *view, int axis, recipe *r,
                              taps_table *table) {
  axis_taps taps = {0};
  CLUP_TRY(interpolate_lists(problem, view, axis, &taps));
  const int64_t entries = taps.out * taps.taps;
  table->taps = taps.taps;
  table->index = recipe_table(r, taps.index, entries, sizeof *taps.index);
  table->weight = interpolate_is_nearest(problem) ? 0 : recipe_reals(r, problem->input.dtype, taps.weight, entries);
  axis_taps_clear(&taps);
  return CLUP_OK;
}

clup_status interpolate_window_table(const clup_problem *problem, const axis_taps *taps, recipe *r, taps_table *table) {
  int32_t *windows = malloc((size_t)taps->out * 2 * sizeof *windows);
  if (!windows)
    return clup_fail(CLUP_OUT_OF_MEMORY, "interpolate: no memory for the windows of an axis of %lld elements",
                     (long long)taps->out);
  for (int64_t i = 0; i < taps->out; i++) {
    windows[2 * i] = taps->index[i * taps->taps];
    windows[2 * i + 1] = taps->count[i];
  }
  table->taps = taps->taps;
  table->index = recipe_table(r, windows, 2 * taps->out, sizeof *windows);
  table->weight = recipe_reals(r, problem->input.dtype, taps->weight, taps->out * taps->taps);
  free(windows);
  return CLUP_OK;
}

/* ---- arguments */

void interpolate_planes(const interpolate_view *view, recipe *r, launch *l) {
  cl_long table[CLUP_MAX_RANK][3];
  for (int axis = 0; axis < view->plane_axes; axis++) {
    const plane_axis *plane = &view->plane[axis];
    table[axis][0] = plane->dim;
    table[axis][1] = plane->in_stride;
    table[axis][2] = plane->out_stride;
  }
  launch_buffer(r, l, ARG_TABLE, recipe_table(r, table, 3 * (int64_t)view->plane_axes, sizeof(cl_long)),
                sizeof(cl_long));
  launch_i32(r, l, view->plane_axes);
}

void interpolate_extents(const interpolate_view *view, recipe *r, launch *l) {
  interpolate_planes(view, r, l);
  for (int axis = 0; axis < 3; axis++) launch_index(r, l, view->out[axis]);
  launch_index(r, l, view->planes);
  for (int axis = 0; axis < 3; axis++) launch_index(r, l, view->in_stride[axis]);
  for (int axis = 0; axis < 3; axis++) launch_index(r, l, view->out_stride[axis]);
}

void interpolate_row_extents(const interpolate_view *view, int64_t rows_each, recipe *r, launch *l) {
  interpolate_planes(view, r, l);
  launch_index(r, l, view->out[AXIS_HEIGHT]);
  launch_index(r, l, view->out[AXIS_WIDTH]);
  launch_index(r, l, rows_each);
  launch_index(r, l, view->in_stride[AXIS_HEIGHT]);
  launch_index(r, l, view->in_stride[AXIS_WIDTH]);
  launch_index(r, l, view->out_stride[AXIS_HEIGHT]);
}

void interpolate_range(const interpolate_view *view, const device_caps *caps, recipe *r, launch *l) {
  const int64_t height = view->out[AXIS_HEIGHT], slabs = view->out[AXIS_DEPTH] * view->planes;
  const double wanted = (double)caps->compute_units * ITEMS_PER_UNIT;
  const double outputs = (double)height * (double)view->out[AXIS_WIDTH] * (double)slabs;
  int64_t each = ROWS_EACH;
  while (!caps->is_cpu && each < MOST_ROWS && outputs / (double)(2 * each) >= wanted) each *= 2;
  range_of(r, l, caps, view->out[AXIS_WIDTH], divided_up(height, each), slabs);
}

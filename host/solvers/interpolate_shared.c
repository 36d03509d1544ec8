#include "interpolate_solvers.h"
#include "solver_shared.h"

#define ROWS_EACH 4

bool interpolate_is_nearest(const clup_problem *problem) {
  const clup_mode mode = problem->params.interpolate.mode;
  return mode == CLUP_NEAREST || mode == CLUP_NEAREST_EXACT;
}

bool interpolate_has_windows(const clup_problem *problem) {
  const clup_interpolate_params *params = &problem->params.interpolate;
  return params->antialias || params->mode == CLUP_AREA || params->mode == CLUP_LANCZOS;
}

bool interpolate_has_lists(const clup_problem *problem, char *why) {
  if (interpolate_is_nearest(problem)) return not_applicable(why, "it is for the linear modes and bicubic");
  if (problem->params.interpolate.antialias) return not_applicable(why, "it does not antialias");
  if (interpolate_has_windows(problem)) return not_applicable(why, "it is not for area and lanczos");
  return true;
}

interpolate_view interpolate_view_of(const clup_problem *problem) {
  const clup_tensor *in = &problem->input, *out = &problem->output;
  interpolate_view view = {
      .planes = in->dims[0] * in->dims[1], .channels = in->dims[1], {1, 1, 1}, {1, 1, 1}, {0}, {0}};
  for (int axis = 0; axis < in->rank; axis++) {
    const int to = axis < 2 ? axis : axis + 5 - in->rank;
    view.in_stride[to] = stride_of(in, axis);
    view.out_stride[to] = stride_of(out, axis);
    if (axis < 2) continue;
    view.in[to - 2] = in->dims[axis];
    view.out[to - 2] = out->dims[axis];
  }
  return view;
}

axis_rule interpolate_rule(const clup_problem *problem, int axis) {
  static const axis_filter filters[] = {[CLUP_NEAREST] = AXIS_NEAREST, [CLUP_NEAREST_EXACT] = AXIS_NEAREST_EXACT,
                                        [CLUP_BILINEAR] = AXIS_LINEAR, [CLUP_BICUBIC] = AXIS_CUBIC,
                                        [CLUP_LINEAR] = AXIS_LINEAR,   [CLUP_TRILINEAR] = AXIS_LINEAR,
                                        [CLUP_AREA] = AXIS_AREA,       [CLUP_LANCZOS] = AXIS_LANCZOS};
  const clup_interpolate_params *params = &problem->params.interpolate;
  const int missing = 5 - problem->input.rank;
  /* One tap of weight 1: an infinity must not meet a weight of 0 on an axis that is not there. */
  if (axis < missing) return (axis_rule){.filter = AXIS_NEAREST, .in = 1, .out = 1};
  const int64_t *out = problem->output.dims + 2;
  return (axis_rule){
      .filter = filters[params->mode],
      .in = problem->input.dims[2 + axis - missing],
      .out = out[axis - missing],
      .scale = params->recompute_scale_factor ? 0 : params->scale_factor[axis - missing],
      .align_corners = params->align_corners,
      .antialias = params->antialias,
      .small_output = problem->input.rank == 4 && out[0] <= AXIS_SMALL_OUTPUT && out[0] + out[1] <= AXIS_SMALL_OUTPUT};
}

clup_status interpolate_table(const clup_problem *problem, int axis, recipe *r, taps_table *table) {
  const axis_rule rule = interpolate_rule(problem, axis);
  axis_taps taps;
  clup_status status = axis_taps_make(&rule, &taps);
  if (status) return status;
  const int64_t entries = taps.out * taps.taps;
  table->taps = taps.taps;
  table->index = recipe_table(r, taps.index, entries, sizeof *taps.index);
  table->weight = interpolate_is_nearest(problem) ? 0 : recipe_table(r, taps.weight, entries, sizeof *taps.weight);
  axis_taps_clear(&taps);
  return CLUP_OK;
}

void interpolate_extents(const interpolate_view *view, recipe *r, launch *l) {
  launch_index(r, l, view->channels);
  for (int axis = 0; axis < 3; axis++) launch_index(r, l, view->out[axis]);
  launch_index(r, l, view->planes);
  for (int axis = 0; axis < 5; axis++) launch_index(r, l, view->in_stride[axis]);
  for (int axis = 0; axis < 5; axis++) launch_index(r, l, view->out_stride[axis]);
}

void interpolate_row_extents(const interpolate_view *view, int64_t rows_each, recipe *r, launch *l) {
  const int64_t *in = view->in_stride, *out = view->out_stride;
  launch_index(r, l, view->channels);
  launch_index(r, l, view->out[AXIS_HEIGHT]);
  launch_index(r, l, view->out[AXIS_WIDTH]);
  launch_index(r, l, rows_each);
  for (int axis = 0; axis < 5; axis++)
    if (axis != 2) launch_index(r, l, in[axis]);
  for (int axis = 0; axis < 4; axis++)
    if (axis != 2) launch_index(r, l, out[axis]);
}

void interpolate_range(const interpolate_view *view, const device_caps *caps, recipe *r, launch *l) {
  const int64_t rows = (view->out[AXIS_HEIGHT] + ROWS_EACH - 1) / ROWS_EACH;
  range_of(r, l, caps, view->out[AXIS_WIDTH], rows, view->out[AXIS_DEPTH] * view->planes);
}

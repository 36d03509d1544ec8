#include "interpolate_solvers.h"
#include "solver_shared.h"

bool interpolate_is_nearest(const clup_problem *problem) {
  const clup_mode mode = problem->params.interpolate.mode;
  return mode == CLUP_NEAREST || mode == CLUP_NEAREST_EXACT;
}

axis_rule interpolate_rule(const clup_problem *problem, int axis) {
  static const axis_filter filters[] = {[CLUP_NEAREST] = AXIS_NEAREST,
                                        [CLUP_NEAREST_EXACT] = AXIS_NEAREST_EXACT,
                                        [CLUP_BILINEAR] = AXIS_LINEAR,
                                        [CLUP_BICUBIC] = AXIS_CUBIC};
  const clup_interpolate_params *params = &problem->params.interpolate;
  const int64_t *out = problem->output.dims + 2;
  return (axis_rule){.filter = filters[params->mode],
                     .in = problem->input.dims[2 + axis],
                     .out = out[axis],
                     .scale = params->recompute_scale_factor ? 0 : params->scale_factor[axis],
                     .align_corners = params->align_corners,
                     .small_output = out[0] <= AXIS_SMALL_OUTPUT && out[0] + out[1] <= AXIS_SMALL_OUTPUT};
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

void interpolate_extents(const clup_problem *problem, recipe *r, launch *l) {
  const int64_t *out = problem->output.dims;
  launch_index(r, l, out[1]);
  launch_index(r, l, out[2]);
  launch_index(r, l, out[3]);
  launch_index(r, l, out[0] * out[1]);
  for (int axis = 0; axis < 4; axis++) launch_index(r, l, stride_of(&problem->input, axis));
  for (int axis = 0; axis < 4; axis++) launch_index(r, l, stride_of(&problem->output, axis));
}

/* Nearest modes on any strides: each work-item moves one column of a few rows. */
#include "error.h"
#include "interpolate_solvers.h"
#include "solver_shared.h"

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  (void)caps;
  return interpolate_is_nearest(problem) || not_applicable(why, "it is for the nearest modes");
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const size_t size = clup_dtype_size(problem->input.dtype);
  const interpolate_view view = interpolate_arrange(problem);
  taps_table tables[3];
  for (int axis = 0; axis < 3; axis++) CLUP_TRY(interpolate_table(problem, &view, axis, r, &tables[axis]));
  launch *l = recipe_launch(r, "interpolate_gather", "clup_interpolate_gather");
  launch_define(r, l, "ELEMENT_SIZE", (int64_t)size);
  launch_buffer(r, l, ARG_INPUT, 0, size);
  launch_buffer(r, l, ARG_OUTPUT, 0, size);
  for (int axis = 0; axis < 3; axis++) launch_buffer(r, l, ARG_TABLE, tables[axis].index, sizeof(int32_t));
  interpolate_extents(&view, r, l);
  interpolate_range(&view, caps, r, l);
  return CLUP_OK;
}

const solver interpolate_gather = {.name = "gather", .applicable = applicable, .configure = configure};

/* Linear and cubic modes on any strides: each work-item makes one column of a few rows from the lists of all axes. */
#include "error.h"
#include "interpolate_solvers.h"
#include "solver_shared.h"

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  return interpolate_has_lists(problem, why) && device_computes(problem, caps, why);
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  static const char *const names[] = {"DEPTH_TAPS", "ROW_TAPS", "TAPS"};
  const clup_dtype dtype = problem->input.dtype;
  const interpolate_view view = interpolate_arrange(problem);
  taps_table tables[3];
  for (int axis = 0; axis < 3; axis++) CLUP_TRY(interpolate_table(problem, &view, axis, r, &tables[axis]));
  launch *l = recipe_launch(r, "interpolate_taps", "clup_interpolate_taps");
  launch_define(r, l, "DTYPE", dtype);
  if (r->native_f16) launch_define(r, l, "NATIVE_F16", 1);
  for (int axis = 0; axis < 3; axis++) launch_define(r, l, names[axis], tables[axis].taps);
  launch_buffer(r, l, ARG_INPUT, 0, clup_dtype_size(dtype));
  launch_buffer(r, l, ARG_OUTPUT, 0, clup_dtype_size(dtype));
  for (int axis = 0; axis < 3; axis++) {
    launch_buffer(r, l, ARG_TABLE, tables[axis].index, sizeof(int32_t));
    launch_buffer(r, l, ARG_TABLE, tables[axis].weight, real_size(dtype));
  }
  interpolate_extents(&view, r, l);
  interpolate_range(&view, caps, r, l);
  return CLUP_OK;
}

const solver interpolate_taps = {.name = "taps", .applicable = applicable, .configure = configure, .native_f16 = true};

/* Linear and cubic modes on any strides: each work-item makes one column of a few rows from the lists of both axes. */
#include "interpolate_solvers.h"
#include "solver_shared.h"

#define ROWS_EACH 4

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  (void)caps;
  return !interpolate_is_nearest(problem) || not_applicable(why, "it is for bilinear and bicubic");
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const int64_t *out = problem->output.dims;
  taps_table rows, columns;
  clup_status status = interpolate_table(problem, 0, r, &rows);
  if (!status) status = interpolate_table(problem, 1, r, &columns);
  if (status) return status;
  launch *l = recipe_launch(r, "interpolate_taps", "clup_interpolate_taps");
  launch_define(r, l, "TAPS", columns.taps);
  launch_buffer(r, l, ARG_INPUT, 0, sizeof(float));
  launch_buffer(r, l, ARG_OUTPUT, 0, sizeof(float));
  launch_buffer(r, l, ARG_TABLE, rows.index, sizeof(int32_t));
  launch_buffer(r, l, ARG_TABLE, rows.weight, sizeof(float));
  launch_buffer(r, l, ARG_TABLE, columns.index, sizeof(int32_t));
  launch_buffer(r, l, ARG_TABLE, columns.weight, sizeof(float));
  interpolate_extents(problem, r, l);
  range_of(r, l, caps, out[3], (out[2] + ROWS_EACH - 1) / ROWS_EACH, out[0] * out[1]);
  return CLUP_OK;
}

const solver interpolate_taps = {.name = "taps", .applicable = applicable, .configure = configure};

/* Any strides: a work-item per element of a few rows. */
#include "remap_solvers.h"
#include "solver_shared.h"
#include "tensor.h"

enum { ROWS = 4 };

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  (void)problem, (void)caps, (void)why;
  return true;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const size_t size = clup_dtype_size(problem->input.dtype);
  const remap map = remap_of(problem);
  const int axes = map.axes < 4 ? 4 : map.axes, pad = axes - map.axes;
  int64_t view[3 * REMAP_MAX_AXES] = {0};
  for (int i = 0; i < axes; i++) {
    view[i] = i < pad ? 1 : map.dims[i - pad];
    view[axes + i] = i < pad ? 0 : map.in[i - pad];
    view[2 * axes + i] = i < pad ? 0 : map.out[i - pad];
  }
  const int64_t width = view[axes - 2] * view[axes - 1], height = view[axes - 4] * view[axes - 3];
  int64_t depth = 1;
  for (int i = 0; i < axes - 4; i++) depth *= view[i];
  const int64_t table = recipe_table(r, view, 3 * (int64_t)axes, sizeof *view);
  launch *l = recipe_launch(r, "remap_strided", "clup_remap_strided");
  launch_define(r, l, "ELEMENT_SIZE", (int64_t)size);
  launch_define(r, l, "AXES", axes);
  launch_define(r, l, "ROWS", ROWS);
  launch_buffer(r, l, ARG_INPUT, 0, size);
  launch_buffer(r, l, ARG_OUTPUT, 0, size);
  launch_buffer(r, l, ARG_TABLE, table, sizeof *view);
  launch_index(r, l, width);
  launch_index(r, l, height);
  launch_index(r, l, depth);
  range_of(r, l, caps, width, divided_up(height, ROWS), depth);
  return CLUP_OK;
}

const solver remap_strided = {.name = "strided", .applicable = applicable, .configure = configure};

const solver *const remap_solvers[] = {&remap_joined_rows, &remap_rows_solver, &remap_strided, NULL};

void remap_cost(const clup_problem *problem, double *flops, double *bytes) {
  *flops = 0;
  *bytes = 2 * (double)tensor_elements(&problem->output) * (double)clup_dtype_size(problem->input.dtype);
}

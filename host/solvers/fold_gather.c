/* Any device, any strides: a work-item per output element. */
#include "../error.h"
#include "../ops/fold.h"
#include "solver_shared.h"

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  return device_computes(problem, caps, why);
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const fold_geometry g = fold_geometry_of(problem);
  const size_t size = clup_dtype_size(problem->input.dtype);
  int64_t steps[FOLD_AXES], table = 0;
  CLUP_TRY(fold_reach(r, &g, FOLD_AXES, &table, steps));
  launch *l = recipe_launch(r, "fold_gather", "clup_fold_gather");
  launch_define(r, l, "DTYPE", problem->input.dtype);
  launch_buffer(r, l, ARG_INPUT, 0, size);
  launch_buffer(r, l, ARG_OUTPUT, 0, size);
  launch_buffer(r, l, ARG_TABLE, table, r->index64 ? sizeof(int64_t) : sizeof(int32_t));
  launch_index(r, l, g.channels);
  launch_index(r, l, g.batch * g.channels);
  for (int i = 0; i < FOLD_AXES; i++) launch_index(r, l, g.out[i]);
  for (int i = 0; i < FOLD_AXES; i++) launch_index(r, l, steps[i]);
  launch_index(r, l, g.x_n);
  launch_index(r, l, g.x_c);
  launch_index(r, l, g.y_n);
  launch_index(r, l, g.y_c);
  for (int i = 0; i < FOLD_AXES; i++) launch_index(r, l, g.y[i]);
  range_of(r, l, caps, g.out[2], g.out[0] * g.out[1], g.batch * g.channels);
  return CLUP_OK;
}

const solver fold_gather = {.name = "gather", .applicable = applicable, .configure = configure};

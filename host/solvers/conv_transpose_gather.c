/* A work-item per output element. */
#include "../ops/conv_transpose.h"

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  return device_computes(problem, caps, why) && conv_transpose_fits(problem, why);
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  conv_geometry g = conv_transpose_geometry(problem);
  conv_packed packed = conv_transpose_pack(r, problem, caps, 1, CONV_BY_ROW);
  launch *l = recipe_launch(r, "conv_transpose_gather", "clup_conv_transpose_gather");
  if (r->native_f16) launch_define(r, l, "NATIVE_F16", 1);
  conv_transpose_common_args(r, l, problem, &packed);
  int64_t global[3] = {g.out[AXIS_X], g.out[AXIS_Z] * g.out[AXIS_Y], g.batch * g.groups * g.co};
  launch_range(r, l, 3, global, (size_t[3]){launch_items(caps, caps->is_cpu ? 16 : 64), 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_gather = {
    .name = "gather", .applicable = applicable, .configure = configure, .native_f16 = true};

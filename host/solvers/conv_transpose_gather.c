/* A work-item per output element. */
#include "../ops/conv_transpose.h"

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  (void)caps;
  return conv_transpose_fits(problem, why);
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  conv_geometry g = conv_transpose_geometry(problem);
  conv_packed packed = conv_transpose_pack(r, problem, caps, 1);
  launch *l = recipe_launch(r, "conv_transpose_gather", "clup_conv_transpose_gather");
  conv_transpose_common_args(r, l, problem, &packed);
  launch_i32(r, l, g.out[1]);
  launch_range(r, l, 3, (int64_t[3]){g.out[1], g.out[0], g.batch * g.groups * g.co},
               (size_t[3]){launch_items(caps, caps->is_cpu ? 16 : 64), 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_gather = {.name = "gather", .applicable = applicable, .configure = configure};

/* The literal scatter form, tap groups in order over output tiles. */
#include "../ops/conv_transpose.h"

enum { TILE_Y = 16, TILE_X = 32, ITEMS = 64 };

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  size_t bytes = real_size(problem->input.dtype) * TILE_Y * TILE_X;
  if (caps->local_memory < bytes)
    return not_applicable(why, "needs %llu bytes of local memory, the device has %llu", (unsigned long long)bytes,
                          (unsigned long long)caps->local_memory);
  return device_computes(problem, caps, why) && conv_transpose_fits(problem, why);
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  conv_geometry g = conv_transpose_geometry(problem);
  conv_packed packed = conv_transpose_pack(r, problem, caps, 1, CONV_BY_ROW);
  size_t items = launch_items(caps, ITEMS);
  launch *l = recipe_launch(r, "conv_transpose_scatter", "clup_conv_transpose_scatter");
  launch_define(r, l, "TILE_Y", TILE_Y);
  launch_define(r, l, "TILE_X", TILE_X);
  conv_transpose_common_args(r, l, problem, &packed);
  launch_local(r, l, real_size(problem->input.dtype) * TILE_Y * TILE_X);
  int64_t global[3] = {(g.out[AXIS_X] + TILE_X - 1) / TILE_X * (int64_t)items,
                       g.out[AXIS_Z] * ((g.out[AXIS_Y] + TILE_Y - 1) / TILE_Y), g.batch * g.groups * g.co};
  launch_range(r, l, 3, global, (size_t[3]){items, 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_scatter = {.name = "scatter", .applicable = applicable, .configure = configure};

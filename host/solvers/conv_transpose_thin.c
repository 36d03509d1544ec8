/* CPUs, few output channels: all phases of a row of blocks in vector registers. */
#include "../ops/conv_transpose.h"

enum {
  MAX_ACCUMULATORS = 24, /* vectors of 16 floats that stay in registers */
  MAX_UNROLLED = 400,    /* multiply-adds of a channel */
  MAX_VECTORS = 3,
  FEW_CHANNELS = 4,
  MOST_COLUMNS = 128, /* of a work-item */
  MOST_TILES = 16
};

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!caps->is_cpu) return not_applicable(why, "its register tiles are for CPUs, the device is none");
  if (problem->input.dtype == CLUP_F64) return not_applicable(why, "its vectors are of floats, the problem is in f64");
  if (!conv_transpose_fits(problem, why)) return false;
  const conv_geometry g = conv_transpose_geometry(problem);
  if (!conv_one_plane(&g)) return not_applicable(why, "it is for one and two axes");
  for (int axis = AXIS_Y; axis <= AXIS_X; axis++)
    if (g.dilation[axis] > 1 && g.kernel[axis] > 1)
      return not_applicable(why, "dilation %lld is not 1", (long long)g.dilation[axis]);
  /* Compared one by one: each may be huge. */
  const int64_t *s = g.stride, *k = g.kernel;
  if (s[AXIS_Y] > MAX_ACCUMULATORS || s[AXIS_X] > MAX_ACCUMULATORS || g.co > MAX_ACCUMULATORS ||
      s[AXIS_Y] * s[AXIS_X] * g.co > MAX_ACCUMULATORS)
    return not_applicable(why, "%lld x %lld phases of %lld channels are more than %d vectors", (long long)s[AXIS_Y],
                          (long long)s[AXIS_X], (long long)g.co, MAX_ACCUMULATORS);
  if (k[AXIS_Y] > MAX_UNROLLED || k[AXIS_X] > MAX_UNROLLED || k[AXIS_Y] * k[AXIS_X] * g.co > MAX_UNROLLED)
    return not_applicable(why, "%lld x %lld taps to %lld channels are more than %d", (long long)k[AXIS_Y],
                          (long long)k[AXIS_X], (long long)g.co, MAX_UNROLLED);
  return true;
}

static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  (void)caps;
  const conv_geometry g = conv_transpose_geometry(problem);
  if (g.co > FEW_CHANNELS)
    return not_applicable(why, "%lld output channels fill other solvers' tiles", (long long)g.co);
  return true;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  static const char *const names[2][3] = {{"STRIDE_Y", "KERNEL_Y", "PHASE_Y"}, {"STRIDE_X", "KERNEL_X", "PHASE_X"}};
  const conv_geometry g = conv_transpose_geometry(problem);
  const int64_t columns = (g.out[AXIS_X] + g.stride[AXIS_X] - 1) / g.stride[AXIS_X];
  const int64_t rows = (g.out[AXIS_Y] + g.stride[AXIS_Y] - 1) / g.stride[AXIS_Y];
  const int64_t phases = g.stride[AXIS_Y] * g.stride[AXIS_X];
  int64_t vectors = 1;
  while (vectors < MAX_VECTORS && (vectors + 1) * phases * g.co <= MAX_ACCUMULATORS && vectors * 16 < columns &&
         (vectors + 1) * g.kernel[AXIS_Y] * g.kernel[AXIS_X] * g.co <= MAX_UNROLLED)
    vectors++;
  const int64_t width = 16 * vectors;
  int64_t tiles = 1;
  while (tiles * width < columns && 2 * tiles * width <= MOST_COLUMNS) tiles *= 2;
  const int64_t tile_rows = tiles < MOST_TILES ? MOST_TILES / tiles : 1;
  const conv_packed packed = conv_transpose_pack(r, problem, caps, g.co, true);
  launch *l = recipe_launch(r, "conv_transpose_thin", "clup_conv_transpose_thin");
  for (int i = 0; i < 2; i++) {
    const int axis = AXIS_Y + i;
    launch_define(r, l, names[i][0], g.stride[axis]);
    launch_define(r, l, names[i][1], g.kernel[axis]);
    launch_define(r, l, names[i][2], conv_phase(&g, axis));
  }
  launch_define(r, l, "BLOCK", g.co);
  launch_define(r, l, "VECTORS", vectors);
  launch_define(r, l, "TILES", tiles);
  launch_define(r, l, "TILE_ROWS", tile_rows);
  conv_plane_args(r, l, problem, &packed);
  launch_i32(r, l, g.ci);
  launch_i32(r, l, g.groups);
  conv_axes_args(r, l, g.in + AXIS_Y, 2);
  conv_axes_args(r, l, g.out + AXIS_Y, 2);
  for (int axis = AXIS_Y; axis <= AXIS_X; axis++) launch_i32(r, l, floor_div(g.pad[axis], g.stride[axis]));
  conv_transpose_epilogue(r, l, problem);
  launch_range(r, l, 3,
               (int64_t[3]){(columns + tiles * width - 1) / (tiles * width), (rows + tile_rows - 1) / tile_rows,
                            g.batch * g.groups},
               (size_t[3]){1, 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_thin = {
    .name = "thin", .applicable = applicable, .preferred = preferred, .configure = configure};

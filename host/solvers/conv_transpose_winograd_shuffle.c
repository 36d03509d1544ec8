/* CPUs, large strides: Winograd's minimal filtering of a convolution to all phases of all output channels. */
#include "../ops/conv_transpose.h"
#include "solver_shared.h"

enum {
  BLOCK = 32,     /* lanes of a block: two vectors */
  PLACES = 8,     /* of a tile, each stands for `stride` outputs */
  PARTS = 3,      /* products of two places with two taps, along each axis */
  HELD = 16,      /* tiles of a work-item, at most */
  ROOM = 1 << 16, /* floats of inputs' differences of a work-item: 256 KiB */
  ITEMS_PER_UNIT = 8,
  LEAST_CHANNELS = 16, /* fewer would show what rounding sums of inputs and weights adds to a sum's own error */
  MANY_CHANNELS = 48
};
static const double LEAST_FULL = 0.85;

/* Of a tile's inputs for one channel. */
static const int64_t NUMBERS = PARTS * PARTS * PLACES / 2;

static int64_t blocks_of(const conv_geometry *g) {
  return divided_up(g->co * g->stride[AXIS_Y] * g->stride[AXIS_X], BLOCK);
}

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!conv_tiles_apply(problem, caps, why)) return false;
  const conv_geometry g = conv_transpose_geometry(problem);
  if (!conv_one_plane(&g)) return not_applicable(why, "its filters run along two axes, the problem has three");
  const int64_t stride_x = g.stride[AXIS_X];
  if (stride_x != 4 && stride_x != 8 && stride_x != 16)
    return not_applicable(why, "vectors are rows of 4, 8 or 16 phases, the stride is %lld", (long long)stride_x);
  for (int axis = AXIS_Y; axis <= AXIS_X; axis++)
    if (g.dilation[axis] != 1 || g.kernel[axis] <= g.stride[axis] || g.kernel[axis] > 2 * g.stride[axis])
      return not_applicable(why, "stride %lld, kernel %lld and dilation %lld do not give phases of two taps",
                            (long long)g.stride[axis], (long long)g.kernel[axis], (long long)g.dilation[axis]);
  if (g.ci < LEAST_CHANNELS || g.ci * NUMBERS > ROOM)
    return not_applicable(why, "%lld input channels are not between %d and %lld", (long long)g.ci, LEAST_CHANNELS,
                          (long long)(ROOM / NUMBERS));
  return true;
}

/* With many channels winograd makes more outputs at once. */
static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  (void)caps;
  const conv_geometry g = conv_transpose_geometry(problem);
  const int64_t rows = conv_count_q(&g, AXIS_Y), columns = conv_count_q(&g, AXIS_X);
  const double full = (double)(rows * columns) /
                      (double)(2 * divided_up(rows, 2) * PLACES * divided_up(columns, PLACES)) *
                      (double)(g.co * g.stride[AXIS_Y] * g.stride[AXIS_X]) / (double)(blocks_of(&g) * BLOCK);
  if (g.ci > MANY_CHANNELS)
    return not_applicable(why, "%lld input channels are more than %d", (long long)g.ci, MANY_CHANNELS);
  if (full < LEAST_FULL) return not_applicable(why, "its tiles and vectors would be %.2f full", full);
  return true;
}

/* Of the program that has both kernels. */
static void program_defines(recipe *r, launch *l, const clup_problem *problem, const device_caps *caps) {
  launch_define(r, l, "STRIDE_X", conv_transpose_geometry(problem).stride[AXIS_X]);
  launch_define(r, l, "ROOM", ROOM);
  launch_define(r, l, "HELD", HELD);
  launch_define(r, l, "WIDE", caps->has_wide_vectors);
  conv_transpose_defines(r, l, problem);
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const conv_geometry g = conv_transpose_geometry(problem);
  const int64_t blocks = blocks_of(&g), lines = divided_up(conv_count_q(&g, AXIS_Y), 2);
  const int64_t tiles = divided_up(conv_count_q(&g, AXIS_X), PLACES);
  int64_t most = ROOM / (g.ci * NUMBERS), sets = blocks;
  if (most > HELD) most = HELD;
  const int64_t each = divided_up(tiles, divided_up(tiles, most));
  const int64_t others = divided_up(tiles, each) * lines * g.batch * g.groups;
  while (sets > 1 && others * divided_up(blocks, sets) < ITEMS_PER_UNIT * (int64_t)caps->compute_units)
    sets = divided_up(sets, 2);
  const conv_packed packed = conv_transpose_pack(r, problem, caps, g.co, CONV_BY_ROW);
  const int64_t u = recipe_packed(r, g.groups * blocks * PARTS * PARTS * g.ci * BLOCK, sizeof(float));

  launch *l = recipe_pack(r, "conv_transpose_winograd_shuffle", "clup_conv_transpose_winograd_shuffle_weights");
  program_defines(r, l, problem, caps);
  launch_buffer(r, l, ARG_PACKED, packed.weight, sizeof(float));
  launch_buffer(r, l, ARG_PACKED, u, sizeof(float));
  launch_i32(r, l, g.co);
  launch_i32(r, l, blocks);
  conv_axes_args(r, l, g.kernel + AXIS_Y, 2);
  conv_axes_args(r, l, g.stride + AXIS_Y, 2);
  launch_range(r, l, 2, (int64_t[3]){g.ci, g.groups * blocks, 1}, (size_t[3]){1, 1, 1});

  l = recipe_launch(r, "conv_transpose_winograd_shuffle", "clup_conv_transpose_winograd_shuffle");
  program_defines(r, l, problem, caps);
  conv_buffer_args(r, l, problem, &packed);
  launch_buffer(r, l, ARG_PACKED, u, sizeof(float));
  conv_plane_strides(r, l, g.x_strides);
  conv_plane_strides(r, l, g.y_strides);
  const int64_t counts[] = {g.ci, g.co, g.groups, blocks, sets, tiles, each, lines};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) launch_i32(r, l, counts[i]);
  conv_axes_args(r, l, g.in + AXIS_Y, 2);
  conv_axes_args(r, l, g.out + AXIS_Y, 2);
  conv_axes_args(r, l, g.kernel + AXIS_Y, 2);
  launch_i32(r, l, g.stride[AXIS_Y]);
  for (int axis = AXIS_Y; axis <= AXIS_X; axis++) launch_i32(r, l, conv_first_q(&g, axis));
  for (int axis = AXIS_Y; axis <= AXIS_X; axis++) launch_i32(r, l, conv_phase(&g, axis));
  conv_transpose_limits(r, l, problem);
  launch_i32(r, l, problem->output.dtype == CLUP_F32 && goes_past_caches(&problem->output));
  launch_range(r, l, 3, (int64_t[3]){divided_up(tiles, each), lines * g.batch, g.groups * divided_up(blocks, sets)},
               (size_t[3]){1, 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_winograd_shuffle = {
    .name = "winograd_shuffle", .applicable = applicable, .preferred = preferred, .configure = configure};

/* CPUs, kernel = stride: a matrix product over the pixels of all rows, whose rows are interleaved into the output. */
#include "conv_transpose_gemm.h"
#include "solver_shared.h"

enum {
  LANES = 16,
  PAIR = 2 * LANES,
  FEW_CHANNELS = 4 * LANES, /* half a pair of vectors that stands empty counts up to here */
  LINE = 16,                /* floats of a cache line */
  ROOM = 4096,              /* vectors of private memory of a work-item: 256 KiB */
  SLACK = 15,               /* outputs that are read past a work-item's last */
  CHUNK = 128,              /* input channels whose weights stay in the nearest cache */
  INPUTS = 1 << 17,         /* floats of inputs of a work-item, which stay in the second cache */
  ITEMS_PER_UNIT = 8,
  MAX_TAPS = 144, /* of y and x: one tile of them fits ROOM */
  LEAST_CHANNELS = 16,
  LEAST_TILES = 12 /* for which weights are loaded once */
};

static const double LEAST_FULL = 0.6, FULLER = 1.2;

int64_t conv_gemm_pixels(const conv_geometry *g) {
  return g->batch * g->in[AXIS_Z] * g->in[AXIS_Y] * g->in[AXIS_X];
}

bool conv_gemm_applies(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!conv_tiles_apply(problem, caps, why)) return false;
  const conv_geometry g = conv_transpose_geometry(problem);
  for (int i = 0; i < CONV_AXES; i++)
    if (g.kernel[i] != g.stride[i] || g.pad[i] != 0 || g.out[i] != g.in[i] * g.stride[i] ||
        (g.dilation[i] != 1 && g.kernel[i] > 1))
      return not_applicable(why, "an output has not exactly one tap: kernel %lld, stride %lld, padding %lld",
                            (long long)g.kernel[i], (long long)g.stride[i], (long long)g.pad[i]);
  if (g.in[AXIS_Z] * g.in[AXIS_Y] > INT32_MAX / 4 / g.in[AXIS_X] / (g.batch ? g.batch : 1))
    return not_applicable(why, "%lld images of %lld x %lld x %lld pixels are more than it counts", (long long)g.batch,
                          (long long)g.in[AXIS_Z], (long long)g.in[AXIS_Y], (long long)g.in[AXIS_X]);
  return true;
}

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!conv_gemm_applies(problem, caps, why)) return false;
  const conv_geometry g = conv_transpose_geometry(problem);
  if (g.kernel[AXIS_Y] > MAX_TAPS || g.kernel[AXIS_X] > MAX_TAPS || g.kernel[AXIS_Y] * g.kernel[AXIS_X] > MAX_TAPS)
    return not_applicable(why, "%lld x %lld taps are more than %d", (long long)g.kernel[AXIS_Y],
                          (long long)g.kernel[AXIS_X], MAX_TAPS);
  if (g.ci > INPUTS / LINE - 1)
    return not_applicable(why, "%lld input channels do not fit its memory", (long long)g.ci);
  return true;
}

/* Floats from tile to tile. */
static int64_t pitch_of(const conv_geometry *g, const device_caps *caps) {
  return odd_lines(g->ci * (caps->has_wide_vectors ? LINE : LINE / 2));
}

static int64_t vectors_of(const conv_geometry *g, const device_caps *caps) {
  if (!caps->has_wide_vectors) return 1;
  return g->co % PAIR == 0 || g->co % PAIR > LANES || g->co > FEW_CHANNELS ? 2 : 1;
}

/* channels and phase spend a vector on a row's columns, this one on channels, and 14 sums on pixels of any rows: the
 * fuller tiles win. Where the output's channels lie side by side, only vectors of channels are stored whole. */
static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  const conv_geometry g = conv_transpose_geometry(problem);
  if (g.ci < LEAST_CHANNELS) return not_applicable(why, "%lld input channels are few for its copies", (long long)g.ci);
  const int64_t pixels = conv_gemm_pixels(&g), lanes = LANES * vectors_of(&g, caps), columns = g.in[AXIS_X];
  const double by_columns = (double)columns / (double)(LANES * divided_up(columns, LANES));
  const int64_t spots = tile_spots(caps);
  const double full = (double)g.co / (double)(lanes * divided_up(g.co, lanes)) * (double)pixels /
                      (double)(spots * divided_up(pixels, spots));
  if (full < LEAST_FULL || (g.y_strides[1] != 1 && by_columns > FULLER * full))
    return not_applicable(why, "vectors over %lld channels and tiles of %lld pixels are %.2f full", (long long)g.co,
                          (long long)pixels, full);
  return true;
}

/* Tiles and blocks of a work-item: inputs that stay near are read once for several blocks of channels, and every
 * compute unit has several work-items. */
static void choose_share(const conv_geometry *g, int64_t tiles, int64_t blocks, const device_caps *caps, int64_t *each,
                         int64_t *sets) {
  const int64_t vectors = vectors_of(g, caps),
                per_tile = tile_spots(caps) * g->kernel[AXIS_Y] * g->kernel[AXIS_X] * vectors;
  int64_t most = (ROOM - SLACK * vectors) / per_tile, near = INPUTS / pitch_of(g, caps);
  if (near < most) most = near;
  if (most < 1) most = 1;
  while (most > LEAST_TILES && divided_up(tiles, most) * g->groups < ITEMS_PER_UNIT * (int64_t)caps->compute_units)
    most--;
  *each = tiles ? divided_up(tiles, divided_up(tiles, most)) : 1;
  *sets = blocks;
  while (*sets > 1 && divided_up(tiles, *each) * g->groups * divided_up(blocks, *sets) <
                          ITEMS_PER_UNIT * (int64_t)caps->compute_units)
    *sets = divided_up(*sets, 2);
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const conv_geometry g = conv_transpose_geometry(problem);
  const int64_t spots = tile_spots(caps), vectors = vectors_of(&g, caps), pixels = conv_gemm_pixels(&g),
                tiles = divided_up(pixels, spots);
  const conv_packed packed = conv_transpose_pack(r, problem, caps, LANES * vectors, CONV_BY_TAP);
  int64_t each, sets;
  choose_share(&g, tiles, packed.blocks, caps, &each, &sets);
  launch *l = recipe_launch(r, "conv_transpose_gemm_shuffle", "clup_conv_transpose_gemm_shuffle");
  launch_define(r, l, "SPOTS", spots);
  launch_define(r, l, "VECTORS", vectors);
  launch_define(r, l, "ROOM", ROOM);
  launch_define(r, l, "INPUTS", INPUTS);
  conv_tensor_args(r, l, problem, &packed);
  const int64_t counts[] = {g.ci, g.co, g.groups, packed.blocks, sets, each, CHUNK, tiles, pixels};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) launch_i32(r, l, counts[i]);
  conv_axes_args(r, l, g.in, CONV_AXES);
  conv_axes_args(r, l, g.kernel, CONV_AXES);
  launch_i32(r, l, pitch_of(&g, caps));
  conv_transpose_epilogue(r, l, problem);
  launch_i32(r, l, problem->output.dtype == CLUP_F32 && goes_past_caches(&problem->output));
  launch_range(r, l, 2, (int64_t[3]){divided_up(tiles, each), g.groups * divided_up(packed.blocks, sets), 1},
               (size_t[3]){1, 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_gemm_shuffle = {
    .name = "gemm_shuffle", .applicable = applicable, .preferred = preferred, .configure = configure};

/* CPUs, kernel = stride: a matrix product over vectors of the pixels of all rows, stored from registers. */
#include "conv_transpose_gemm.h"
#include "solver_shared.h"

enum {
  LANES = 16,
  MAX_VECTORS = 3,     /* of pixels */
  NEAR = 1 << 18,      /* floats of weights that stay there, too */
  ITEMS_PER_UNIT = 40, /* the weights of each tile come from the second cache anyhow */
  LEAST_CHANNELS = 16,
  MOST_CHANNELS = 512
};

static const double LEAST_FULL = 0.6;

/* Multiply-adds, with those of lanes and channels that stand empty. A step has a load for each row and vector, and two
 * that fetch ahead; where there are more of them than multiply-adds they take longer. */
static double time_of(const conv_geometry *g, int64_t taps, gemm_tile t) {
  const int64_t width = LANES * t.vectors, rows = t.channels * taps;
  const double loads = (double)(rows + t.vectors + 2) / (double)(rows * t.vectors);
  return (double)(divided_up(conv_gemm_pixels(g), width) * width * divided_up(g->co, t.channels) * t.channels) *
         (loads > 1 ? 1.3 * loads : 1 + loads / 10);
}

gemm_tile conv_gemm_tile(const conv_geometry *g, int64_t taps) {
  gemm_tile best = {1, 1};
  for (int64_t vectors = 1; vectors <= MAX_VECTORS; vectors++) {
    if (vectors * LANES * g->ci > GEMM_ROOM) break;
    for (int64_t channels = 1; channels * vectors * taps <= GEMM_SUMS; channels++) {
      const gemm_tile t = {channels, vectors};
      /* Fewer sums than these wait for each other. */
      if (2 * channels * vectors * taps > GEMM_SUMS && time_of(g, taps, t) < time_of(g, taps, best)) best = t;
    }
  }
  return best;
}

double conv_gemm_full(const conv_geometry *g, int64_t taps) {
  const double useful = (double)(conv_gemm_pixels(g) * g->co);
  return useful > 0 ? useful / time_of(g, taps, conv_gemm_tile(g, taps)) : 1;
}

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!conv_gemm_applies(problem, caps, why)) return false;
  const conv_geometry g = conv_transpose_geometry(problem);
  if (g.kernel[AXIS_X] > GEMM_SUMS / 2)
    return not_applicable(why, "%lld taps along x are more than %d", (long long)g.kernel[AXIS_X], GEMM_SUMS / 2);
  if (g.ci > GEMM_ROOM / LANES)
    return not_applicable(why, "%lld input channels do not fit its memory", (long long)g.ci);
  return true;
}

static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  const conv_geometry g = conv_transpose_geometry(problem);
  if (!caps->has_wide_vectors) return not_applicable(why, "gemm_shuffle is faster where registers hold 8 floats");
  if (g.ci < LEAST_CHANNELS) return not_applicable(why, "%lld input channels are few for its copies", (long long)g.ci);
  if (g.ci > MOST_CHANNELS)
    return not_applicable(why, "a tile's inputs of %lld channels are far from the nearest cache", (long long)g.ci);
  if (g.out[AXIS_X] > 1 && g.y_strides[2 + AXIS_X] != 1)
    return not_applicable(why, "the output's rows have stride %lld, not 1", (long long)g.y_strides[2 + AXIS_X]);
  const double full = conv_gemm_full(&g, g.kernel[AXIS_X]);
  if (full < LEAST_FULL)
    return not_applicable(why, "vectors over %lld pixels are %.2f full", (long long)conv_gemm_pixels(&g), full);
  return true;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const conv_geometry g = conv_transpose_geometry(problem);
  const gemm_tile t = conv_gemm_tile(&g, g.kernel[AXIS_X]);
  const int64_t pixels = conv_gemm_pixels(&g), tiles = divided_up(pixels, LANES * t.vectors);
  const conv_packed packed = conv_transpose_pack(r, problem, caps, t.channels, CONV_BY_ROW);
  const int64_t of_block = g.ci * t.channels * g.kernel[AXIS_Z] * g.kernel[AXIS_Y] * g.kernel[AXIS_X];
  const int64_t most_sets = of_block < NEAR ? NEAR / of_block : 1, parts = divided_up(packed.blocks, most_sets),
                sets = divided_up(packed.blocks, parts);
  int64_t shares = divided_up(ITEMS_PER_UNIT * (int64_t)caps->compute_units, g.groups * parts);
  if (shares > tiles) shares = tiles;
  const int64_t each = tiles ? divided_up(tiles, shares) : 1; /* an empty batch has no tiles */
  launch *l = recipe_launch(r, "conv_transpose_gemm_rows", "clup_conv_transpose_gemm_rows");
  launch_define(r, l, "KW", g.kernel[AXIS_X]);
  launch_define(r, l, "BLOCK", t.channels);
  launch_define(r, l, "VECTORS", t.vectors);
  launch_define(r, l, "ROOM", GEMM_ROOM);
  conv_tensor_args(r, l, problem, &packed);
  const int64_t counts[] = {g.ci, g.co, g.groups, packed.blocks, sets, each, tiles, pixels};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) launch_i32(r, l, counts[i]);
  conv_axes_args(r, l, g.in, CONV_AXES);
  conv_axes_args(r, l, g.kernel, AXIS_X);
  conv_transpose_epilogue(r, l, problem);
  launch_i32(r, l, problem->output.dtype == CLUP_F32 && goes_past_caches(&problem->output));
  launch_range(r, l, 2, (int64_t[3]){divided_up(tiles, each), g.groups * parts, 1}, (size_t[3]){1, 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_gemm_rows = {
    .name = "gemm_rows", .applicable = applicable, .preferred = preferred, .configure = configure};

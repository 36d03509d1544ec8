/* CPUs, kernel = stride, large outputs whose rows are no whole lines: gemm_rows' product, stored by way of a buffer. */
#include "conv_transpose_gemm.h"
#include "solver_shared.h"

enum {
  LANES = 16,
  BUFFER = 1 << 13, /* floats of a block's outputs, which stay in the nearest one */
  APART = 16,       /* floats between runs of the buffer */
  MOVES = 1024,     /* parts of rows that go there */
  LEAST_CHANNELS = 16,
  MOST_CHANNELS = 256
};

static const double LEAST_FULL = 0.6;
static const double FIRST_WEIGHTS = 0.2; /* tiles: what it takes to bring a block's weights near */
static const double TAKING = 4;          /* blocks: what it takes to copy a tile's inputs */

static int64_t taps_of(const conv_geometry *g) {
  return g->kernel[AXIS_Y] * g->kernel[AXIS_X];
}

/* Whether so many pixels fit a work-item's memory, wherever they begin. */
static bool fits(const conv_geometry *g, gemm_tile t, int64_t pixels) {
  const int64_t width = LANES * t.vectors, tiles = divided_up(pixels, width), kw = g->kernel[AXIS_X],
                kh = g->kernel[AXIS_Y], rows = pixels / g->in[AXIS_X] + 2,
                planes = pixels / (g->in[AXIS_X] * g->in[AXIS_Y]) + 2;
  /* Rows that follow one another are one run, but for those that are cut. */
  const bool follow = g->y_strides[2 + AXIS_Y] == g->out[AXIS_X];
  const int64_t runs = follow ? planes + 2 * kh : rows * kh;
  return tiles * width * g->ci <= GEMM_ROOM && kh * (pixels * kw / LANES + rows + tiles) <= MOVES &&
         t.channels * (pixels * kw * kh + (runs + 2) * (LANES + APART)) <= BUFFER;
}

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!conv_gemm_applies(problem, caps, why)) return false;
  const conv_geometry g = conv_transpose_geometry(problem);
  if (problem->input.dtype != CLUP_F32)
    return not_applicable(why, "it is for f32, not %s", clup_dtype_name(problem->input.dtype));
  if (g.out[AXIS_X] > 1 && g.y_strides[2 + AXIS_X] != 1)
    return not_applicable(why, "the output's rows have stride %lld, not 1", (long long)g.y_strides[2 + AXIS_X]);
  if (g.kernel[AXIS_X] > GEMM_SUMS / 2 || g.kernel[AXIS_Y] > GEMM_SUMS / 2 || taps_of(&g) > GEMM_SUMS / 2)
    return not_applicable(why, "%lld x %lld taps are more than %d", (long long)g.kernel[AXIS_Y],
                          (long long)g.kernel[AXIS_X], GEMM_SUMS / 2);
  if (!fits(&g, conv_gemm_tile(&g, taps_of(&g)), LANES))
    return not_applicable(why, "%lld to %lld channels, with rows of %lld, do not fit a work-item's memory",
                          (long long)g.ci, (long long)g.co, (long long)g.in[AXIS_X]);
  return true;
}

static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  const conv_geometry g = conv_transpose_geometry(problem);
  if (!caps->has_wide_vectors) return not_applicable(why, "gemm_shuffle is faster where registers hold 8 floats");
  if (!goes_past_caches(&problem->output)) return not_applicable(why, "the output is small, gemm_rows is faster");
  if (g.out[AXIS_X] % LANES == 0)
    return not_applicable(why, "the output's rows are whole lines of the cache, gemm_rows is faster");
  if (g.ci < LEAST_CHANNELS) return not_applicable(why, "%lld input channels are few for its copies", (long long)g.ci);
  if (g.ci > MOST_CHANNELS)
    return not_applicable(why, "the weights of %lld channels are far from the nearest cache", (long long)g.ci);
  const double full = conv_gemm_full(&g, taps_of(&g));
  if (full < LEAST_FULL)
    return not_applicable(why, "vectors over %lld pixels are %.2f full", (long long)conv_gemm_pixels(&g), full);
  return true;
}

/* Pixels and blocks of a work-item. */
typedef struct share {
  int64_t pixels, blocks;
} share;

/* That of which the compute unit that makes most of them needs least: whole rows, where one fits. */
static share choose_share(const conv_geometry *g, gemm_tile t, int64_t blocks, const device_caps *caps) {
  const int64_t pixels = conv_gemm_pixels(g), width = LANES * t.vectors;
  const int64_t step = fits(g, t, g->in[AXIS_X]) ? g->in[AXIS_X] : LANES;
  share best = {step, blocks};
  double least = 0;
  for (int64_t parts = 1; parts <= blocks; parts *= 2) {
    const int64_t of_part = divided_up(blocks, parts);
    for (int64_t each = step; fits(g, t, each) && each < pixels + step; each += step) {
      const int64_t items = divided_up(pixels, each) * divided_up(blocks, of_part) * g->groups;
      const double tiles = (double)divided_up(each < pixels ? each : pixels, width),
                   units = (double)(of_part * g->kernel[AXIS_Z]);
      const double time =
          (double)divided_up(items, (int64_t)caps->compute_units) * (units * (tiles + FIRST_WEIGHTS) + TAKING * tiles);
      if (least > 0 && time >= least) continue;
      least = time;
      best = (share){each, of_part};
    }
  }
  return best;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const conv_geometry g = conv_transpose_geometry(problem);
  const gemm_tile t = conv_gemm_tile(&g, taps_of(&g));
  const conv_packed packed = conv_transpose_pack(r, problem, caps, t.channels, CONV_BY_CHANNEL);
  const share each = choose_share(&g, t, packed.blocks, caps);
  const int64_t pixels = conv_gemm_pixels(&g);
  launch *l = recipe_launch(r, "conv_transpose_gemm_lines", "clup_conv_transpose_gemm_lines");
  launch_define(r, l, "KH", g.kernel[AXIS_Y]);
  launch_define(r, l, "KW", g.kernel[AXIS_X]);
  launch_define(r, l, "BLOCK", t.channels);
  launch_define(r, l, "VECTORS", t.vectors);
  launch_define(r, l, "ROOM", GEMM_ROOM);
  launch_define(r, l, "BUFFER", BUFFER);
  launch_define(r, l, "MOVES", MOVES);
  launch_define(r, l, "APART", APART);
  conv_tensor_args(r, l, problem, &packed);
  const int64_t counts[] = {g.ci, g.co, g.groups, packed.blocks, each.blocks, each.pixels, pixels};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) launch_i32(r, l, counts[i]);
  conv_axes_args(r, l, g.in, CONV_AXES);
  conv_axes_args(r, l, g.kernel, AXIS_Y);
  conv_transpose_epilogue(r, l, problem);
  launch_i32(r, l, goes_past_caches(&problem->output));
  launch_range(r, l, 2,
               (int64_t[3]){divided_up(pixels, each.pixels), g.groups * divided_up(packed.blocks, each.blocks), 1},
               (size_t[3]){1, 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_gemm_lines = {
    .name = "gemm_lines", .applicable = applicable, .preferred = preferred, .configure = configure};

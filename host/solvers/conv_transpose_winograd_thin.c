/* CPUs, few output channels, 24 at most: Winograd's minimal filtering along y, all phases along x in vector registers.
 */
#include "../error.h"
#include "../ops/conv_transpose.h"
#include "solver_shared.h"
#include "winograd_filter.h"

#include <math.h>
#include <stdio.h>

enum {
  LANES = 16,
  MAX_SUMS = 24,   /* vectors that stay in registers */
  LATENCY = 8,     /* sums that are needed to keep the units busy */
  NARROW_SUMS = 6, /* where registers hold 8 floats: a vector is two of 16 */
  NARROW_LATENCY = 4,
  MAX_UNROLLED = 400, /* multiply-adds of a channel */
  MAX_VECTORS = 6,
  FEW_CHANNELS = 4,    /* other solvers, too, leave registers empty then */
  LEAST_CHANNELS = 16, /* as for winograd */
  LEAST_CHANNELS_OF_FOUR = 32,
  LEAST_OF_PLANE = 16, /* taps that an element of a plane meets */
  PRODUCTS = 1200,     /* vectors of components of a work-item */
  ROOM = 1280,         /* vectors of planes */
  NEAR = 384,          /* of them, that stay in the nearest cache */
  MOST_COLUMNS = 320,
  LEAST_CHUNK = 8,
  MOST_CHUNK = 16,
  ITEMS_PER_UNIT = 8,
  FACTORS_TEXT = 512 /* bytes */
};

/* Of the direct form's multiplications, those that are left have to be fewer than this. */
static const double WORTH = 0.85;

static int64_t taps_of(const conv_geometry *g) {
  return g->kernel[AXIS_Y] / g->stride[AXIS_Y];
}

/* Outputs of a phase in a band: as many as save most and round well. */
static int64_t outputs_of(const conv_geometry *g) {
  return taps_of(g) < WINOGRAD_TAPS ? WINOGRAD_OUTPUTS - 1 : WINOGRAD_OUTPUTS;
}

static int64_t parts_of(const conv_geometry *g) {
  return outputs_of(g) + taps_of(g) - 1;
}

static int64_t columns_of(const conv_geometry *g) {
  return divided_up(g->out[AXIS_X], g->stride[AXIS_X]);
}

/* Input columns that taps of phases reach before and behind their own. */
static int64_t columns_before(const conv_geometry *g) {
  const int64_t stride = g->stride[AXIS_X];
  return floor_div(g->kernel[AXIS_X] - 1 - conv_phase(g, AXIS_X), stride) - floor_div(g->pad[AXIS_X], stride);
}
static int64_t columns_behind(const conv_geometry *g) {
  return floor_div(g->stride[AXIS_X] - 1 + g->pad[AXIS_X], g->stride[AXIS_X]);
}

/* What of a tile is in registers at once: `at_once` phases along y, `vectors` of columns. */
typedef struct tile {
  int64_t at_once, vectors, vectors_in_all;
} tile;

/* The tile whose multiply-adds take least time: as long as their loads, of which those not on a line's boundary are
 * two, or as they wait for the ones before; all over again for columns that are not there. vectors 0: there is none. */
static tile tile_of(const conv_geometry *g, const device_caps *caps) {
  const int64_t most = caps->has_wide_vectors ? MAX_SUMS : NARROW_SUMS;
  const double latency = caps->has_wide_vectors ? LATENCY : NARROW_LATENCY;
  const int64_t *stride = g->stride, columns = columns_of(g);
  const double shifts = (double)(columns_before(g) + columns_behind(g) + 1);
  tile best = {0};
  double least = INFINITY;
  for (int64_t at_once = 1; at_once <= stride[AXIS_Y]; at_once++)
    for (int64_t vectors = 1; vectors <= MAX_VECTORS; vectors++) {
      const int64_t taps = at_once * g->kernel[AXIS_X] * g->co, sums = at_once * stride[AXIS_X] * g->co * vectors;
      const int64_t products = parts_of(g) * stride[AXIS_Y] * stride[AXIS_X] * g->co * vectors;
      if (stride[AXIS_Y] % at_once || sums > most || taps * vectors > MAX_UNROLLED || products > PRODUCTS) continue;
      const double loads = 1.7 * shifts / (double)taps + 1 / (double)vectors, width = (double)(vectors * LANES);
      const double time = (loads > 1 ? loads : 1 + loads / 100) *
                          ((double)sums < latency ? latency / (double)sums : 1) * width * ceil((double)columns / width);
      if (time >= least) continue;
      least = time;
      best = (tile){at_once, vectors, products};
    }
  return best;
}

/* What a work-item makes: `bands` times `tiles` tiles, from `chunk` input channels at a time. whole: of an image. */
typedef struct share {
  int64_t tiles, bands, pitch, chunk;
  bool whole;
} share;

static bool lies_in_a_row(const int64_t strides[2 + CONV_AXES], int64_t height, int64_t width) {
  return strides[4] == 1 && strides[3] == width && strides[1] == height * width;
}

static share share_of(const conv_geometry *g, const tile *t, const device_caps *caps) {
  const int64_t width = t->vectors * LANES, across = divided_up(columns_of(g), width);
  const int64_t near = MOST_COLUMNS / width, fit = PRODUCTS / t->vectors_in_all, most = fit < near ? fit : near;
  const int64_t images = g->batch * g->groups, bands = divided_up(conv_count_q(g, AXIS_Y), outputs_of(g));
  const int64_t least = ITEMS_PER_UNIT * (int64_t)caps->compute_units;
  share s = {.tiles = divided_up(across, divided_up(across, most)), .bands = 1};
  while (s.tiles > 1 && divided_up(across, s.tiles) * bands * images < least) s.tiles = divided_up(s.tiles, 2);
  s.whole = s.tiles >= across && images >= least && bands * across * t->vectors_in_all <= PRODUCTS &&
            lies_in_a_row(g->x_strides, g->in[AXIS_Y], g->in[AXIS_X]) &&
            lies_in_a_row(g->y_strides, g->out[AXIS_Y], g->out[AXIS_X]);
  if (s.whole) s.bands = bands;
  const int64_t behind = columns_behind(g) > 0 ? columns_behind(g) : 0;
  s.pitch = LANES + LANES * divided_up(s.tiles * width + behind, LANES);
  /* The zeros before the next row are those behind this one. */
  const int64_t inputs = LANES * divided_up(g->in[AXIS_X], LANES);
  if (s.tiles >= across && columns_of(g) + behind <= inputs + LANES && LANES + inputs < s.pitch)
    s.pitch = LANES + inputs;
  const int64_t of_channel = parts_of(g) * s.pitch / LANES, stay = NEAR / of_channel;
  s.chunk = stay < LEAST_CHUNK ? LEAST_CHUNK : stay > MOST_CHUNK ? MOST_CHUNK : stay;
  if (s.chunk * of_channel > ROOM - MAX_VECTORS - 1) s.chunk = (ROOM - MAX_VECTORS - 1) / of_channel;
  s.chunk = divided_up(g->ci, divided_up(g->ci, s.chunk));
  return s;
}

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!conv_tiles_apply(problem, caps, why)) return false;
  const conv_geometry g = conv_transpose_geometry(problem);
  if (!conv_is_plain_plane(&g, why)) return false;
  const int64_t taps = taps_of(&g);
  if (g.kernel[AXIS_Y] % g.stride[AXIS_Y] || taps < 2 || taps > WINOGRAD_TAPS)
    return not_applicable(why, "stride %lld and kernel %lld along y do not give all phases 2 or %d taps",
                          (long long)g.stride[AXIS_Y], (long long)g.kernel[AXIS_Y], WINOGRAD_TAPS);
  const int64_t least = taps == WINOGRAD_TAPS ? LEAST_CHANNELS_OF_FOUR : LEAST_CHANNELS;
  if (g.ci < least)
    return not_applicable(why, "%lld input channels are fewer than %lld", (long long)g.ci, (long long)least);
  if (columns_before(&g) > LANES || columns_before(&g) < -LANES || columns_behind(&g) > LANES)
    return not_applicable(why, "kernel %lld and padding %lld along x reach far", (long long)g.kernel[AXIS_X],
                          (long long)g.pad[AXIS_X]);
  if (conv_first_q(&g, AXIS_Y) < 0 || conv_first_q(&g, AXIS_Y) + conv_count_q(&g, AXIS_Y) > g.in[AXIS_Y] + taps - 1)
    return not_applicable(why, "no tap reaches an output at an end");
  /* Compared one by one: each may be huge. */
  if (g.stride[AXIS_Y] > PRODUCTS || g.stride[AXIS_X] > MAX_SUMS || g.co > MAX_SUMS || !tile_of(&g, caps).vectors)
    return not_applicable(why, "%lld x %lld phases of %lld channels are more than it holds",
                          (long long)g.stride[AXIS_Y], (long long)g.stride[AXIS_X], (long long)g.co);
  return true;
}

static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  const conv_geometry g = conv_transpose_geometry(problem);
  if (!caps->has_wide_vectors) return not_applicable(why, "its tiles suit registers of 16 floats");
  if (g.co > FEW_CHANNELS && 2 * columns_of(&g) < LANES)
    return not_applicable(why, "%lld columns of a phase leave registers empty", (long long)columns_of(&g));
  const int64_t of_plane = g.stride[AXIS_Y] * g.kernel[AXIS_X] * g.co;
  if (of_plane < LEAST_OF_PLANE)
    return not_applicable(why, "%lld multiplications do not pay for a sum of inputs", (long long)of_plane);
  const int64_t left = divided_up(conv_count_q(&g, AXIS_Y), outputs_of(&g)) * parts_of(&g);
  const double of_all = (double)left / (double)(divided_up(g.out[AXIS_Y], g.stride[AXIS_Y]) * taps_of(&g));
  if (of_all > WORTH) return not_applicable(why, "it would do %.2f of the direct form's multiplications", of_all);
  return true;
}

/* {{...}...} of `rows` rows, in 512ths: all of them are whole. */
static void factors_text(const float (*of)[WINOGRAD_PARTS], int64_t rows, int64_t columns, char *text) {
  size_t used = 0;
  for (int64_t i = 0; i < rows * columns; i++) {
    const char *before = i % columns ? "," : i ? "},{" : "{{";
    const long in_512ths = lround(512 * (double)of[i / columns][i % columns]);
    used += (size_t)snprintf(text + used, FACTORS_TEXT - used, "%s%ld", before, in_512ths);
  }
  snprintf(text + used, FACTORS_TEXT - used, "}}");
}

static void program_defines(recipe *r, launch *l, const clup_problem *problem, const winograd_filter *f, const tile *t,
                            clup_dtype dtype) {
  char factors[FACTORS_TEXT];
  const conv_geometry g = conv_transpose_geometry(problem);
  conv_plane_defines(r, l, &g);
  launch_define(r, l, "PHASE_X", conv_phase(&g, AXIS_X));
  launch_define(r, l, "BLOCK", g.co);
  launch_define(r, l, "VECTORS", t->vectors);
  launch_define(r, l, "AT_ONCE", t->at_once);
  launch_define(r, l, "ROOM", ROOM);
  launch_define(r, l, "PRODUCTS", PRODUCTS);
  launch_define(r, l, "OUTPUTS", outputs_of(&g));
  factors_text(f->input, parts_of(&g), parts_of(&g), factors);
  launch_define_text(r, l, "INPUT_FACTORS", factors);
  factors_text(f->gather, outputs_of(&g), parts_of(&g), factors);
  launch_define_text(r, l, "OUTPUT_FACTORS", factors);
  launch_define(r, l, "DTYPE", dtype);
  launch_define(r, l, "ACTIVATION", problem->params.conv_transpose.activation);
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  static const char source[] = "conv_transpose_winograd_thin";
  const conv_geometry g = conv_transpose_geometry(problem);
  const tile t = tile_of(&g, caps);
  if (t.vectors == 0) return clup_fail(CLUP_INTERNAL_ERROR, "conv_transpose: winograd_thin does not apply");
  const share s = share_of(&g, &t, caps);
  const int64_t taps = taps_of(&g), parts = parts_of(&g), bands = divided_up(conv_count_q(&g, AXIS_Y), outputs_of(&g));
  winograd_filter f;
  winograd_filter_make((int)outputs_of(&g), (int)taps, &f);
  float spread[WINOGRAD_PARTS * WINOGRAD_TAPS] = {0};
  for (int64_t i = 0; i < parts * taps; i++) spread[i] = f.spread[i / taps][i % taps];

  conv_packed packed;
  launch *l = conv_transpose_pack_by(r, problem, g.co, source, "clup_conv_transpose_winograd_thin_weights", &packed);
  program_defines(r, l, problem, &f, &t, problem->weight.dtype);
  const int64_t weights = g.groups * parts * g.stride[AXIS_Y] * g.ci * g.kernel[AXIS_X] * g.co;
  const int64_t u = recipe_packed(r, weights, sizeof(float));
  launch_buffer(r, l, ARG_PACKED, u, sizeof(float));
  launch_buffer(r, l, ARG_TABLE, recipe_table(r, spread, parts * taps, sizeof(float)), sizeof(float));
  launch_range(r, l, 3, (int64_t[3]){1, 1, g.groups}, (size_t[3]){1, 1, 1});

  l = recipe_launch(r, source, "clup_conv_transpose_winograd_thin");
  program_defines(r, l, problem, &f, &t, problem->input.dtype);
  conv_buffer_args(r, l, problem, &packed);
  launch_buffer(r, l, ARG_PACKED, u, sizeof(float));
  conv_plane_strides(r, l, g.x_strides);
  conv_plane_strides(r, l, g.y_strides);
  launch_i32(r, l, g.ci);
  launch_i32(r, l, g.groups);
  conv_axes_args(r, l, g.in + AXIS_Y, 2);
  conv_axes_args(r, l, g.out + AXIS_Y, 2);
  conv_axes_args(r, l, g.pad + AXIS_Y, 2);
  for (int axis = AXIS_Y; axis <= AXIS_X; axis++) launch_i32(r, l, conv_first_q(&g, axis));
  const int64_t counts[] = {bands, s.tiles, s.bands, s.chunk, s.pitch, s.whole};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) launch_i32(r, l, counts[i]);
  conv_transpose_limits(r, l, problem);
  launch_i32(r, l, problem->output.dtype == CLUP_F32 && goes_past_caches(&problem->output));
  launch_range(r, l, 3,
               (int64_t[3]){divided_up(columns_of(&g), s.tiles * t.vectors * LANES), divided_up(bands, s.bands),
                            g.batch * g.groups},
               (size_t[3]){1, 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_winograd_thin = {
    .name = "winograd_thin", .applicable = applicable, .preferred = preferred, .configure = configure};

/* CPUs: Winograd's minimal filtering, a matrix product for each component. */
#include "../error.h"
#include "../ops/conv_transpose.h"
#include "solver_shared.h"
#include "winograd_filter.h"

#include <string.h>

enum {
  LANES = 16,
  ROOM = 16384,         /* vectors of private memory of a work-item: 1 MiB */
  SLACK = 15,           /* outputs that are read past a work-item's last */
  MAX_SETS = 2,         /* blocks of channels for which a work-item reads inputs once */
  CHUNK = 128,          /* input channels whose weights stay in the nearest cache */
  COLUMNS = 32,         /* inputs of a row that are taken at once to make planes */
  FAR_PLANES = 1 << 20, /* floats of planes that are written past the caches; with AVX2 that was not measured */
  ITEMS_PER_UNIT = 4,
  MAX_TAPS = WINOGRAD_TAPS,       /* of a phase */
  MAX_OUTPUTS = WINOGRAD_OUTPUTS, /* of a phase in a spot, along an axis: 2 to 4, of 3 taps 2 or 4 */
  MAX_PARTS = WINOGRAD_PARTS,
  MAX_STRIDE = 16,
  MAX_PLANES = 12, /* of an axis */
  MAX_REACH = 8,   /* inputs from the first to the last that planes are made of */
  PHASE_INTS = 3 + MAX_PARTS,
  PLANE_INTS = 1 + 2 * MAX_PARTS,
  LEAST_CHANNELS = 16, /* fewer would show what rounding sums of inputs and weights adds to a sum's own error */
  LEAST_CHANNELS_OF_FOUR = 32,
  LEAST_CHANNELS_OF_THIN = 256
};

/* A plane: the sum over `terms` of factor[i] * in[at[i]], with the factors' bits; what is left of the places repeats
 * the last with factor 0. */
typedef struct axis_plane {
  int terms, at[MAX_PARTS], factor[MAX_PARTS];
} axis_plane;
_Static_assert(sizeof(axis_plane) == PLANE_INTS * sizeof(int), "a kernel reads it as integers");

/* One axis: its phases, each with its taps and its components, and the planes that these are made of, each once.
 * Output i of `outputs` of a phase with n taps is the sum over the components k < outputs + n - 1 of
 * gather[n - 1][i][k] * (component k of the inputs) * (the sum over the taps j of spread[n - 1][k][j] * tap j). */
typedef struct winograd_axis {
  int outputs, count, components, planes, most_parts;
  int64_t useful; /* taps of all phases: the multiplications of an output each, without Winograd */
  int least, most;
  bool bare, thin; /* an output at an end that no tap reaches, or one tap of three */
  int phase[MAX_STRIDE][PHASE_INTS];
  axis_plane plane[MAX_PLANES];
  float gather[MAX_TAPS][MAX_OUTPUTS][MAX_PARTS], spread[MAX_TAPS][MAX_PARTS][MAX_TAPS];
} winograd_axis;

/* The plane of a component of the inputs from `origin` on. -1: there are too many. */
static int plane_of(winograd_axis *f, const float *of, int origin) {
  axis_plane p = {0};
  for (int i = 0; i < MAX_PARTS; i++) {
    if (of[i] == 0) continue;
    memcpy(&p.factor[p.terms], &of[i], sizeof *of);
    p.at[p.terms++] = origin + i;
  }
  for (int i = p.terms; i < MAX_PARTS; i++) p.at[i] = p.at[p.terms - 1];
  int found = 0;
  while (found < f->planes && memcmp(&f->plane[found], &p, sizeof p) != 0) found++;
  if (found == MAX_PLANES) return -1;
  f->plane[found] = p;
  if (!f->planes) f->least = f->most = p.at[0];
  if (p.at[0] < f->least) f->least = p.at[0];
  if (p.at[p.terms - 1] > f->most) f->most = p.at[p.terms - 1];
  if (found == f->planes) f->planes++;
  return found;
}

/* Of taps of consecutive inputs from `from` on, those that meet one. */
static int64_t meeting(int64_t from, int64_t taps, int64_t inputs) {
  const int64_t before = from < 0 ? -from : 0, past = from + taps > inputs ? from + taps - inputs : 0;
  return before + past < taps ? taps - before - past : 0;
}

/* false where a phase has no taps, or more than MAX_TAPS. Output outputs*t + i of a phase is the sum over its taps j of
 * g[j] * in[outputs*t + i + origin + j]. */
static bool make_filter(const conv_geometry *g, int axis, int outputs, winograd_axis *f) {
  const int64_t stride = g->stride[axis], kernel = g->kernel[axis];
  memset(f, 0, sizeof *f);
  f->outputs = outputs;
  winograd_filter of[MAX_TAPS];
  const int most_taps = outputs == 3 ? 2 : MAX_TAPS;
  for (int n = 1; n <= most_taps; n++) {
    winograd_filter_make(outputs, n, &of[n - 1]);
    memcpy(f->gather[n - 1], of[n - 1].gather, sizeof f->gather[0]);
    memcpy(f->spread[n - 1], of[n - 1].spread, sizeof f->spread[0]);
  }
  f->count = (int)(stride < g->out[axis] ? stride : g->out[axis]);
  for (int r = 0; r < f->count; r++) {
    const int64_t reached = floor_div(r + g->pad[axis], stride), first = r + g->pad[axis] - reached * stride;
    const int64_t taps = (kernel - first + stride - 1) / stride;
    if (first >= kernel || taps > most_taps) return false;
    int *phase = f->phase[r];
    phase[0] = (int)taps;
    phase[1] = (int)first;
    phase[2] = f->components;
    const int64_t origin = reached - (taps - 1), last = (g->out[axis] - 1 - r) / stride;
    const int64_t at_begin = meeting(origin, taps, g->in[axis]), at_end = meeting(last + origin, taps, g->in[axis]);
    const int64_t met = at_begin < at_end ? at_begin : at_end;
    if (met == 0) f->bare = true;
    if (met < 2 && taps == MAX_TAPS) f->thin = true;
    const int parts = (int)taps + outputs - 1;
    for (int k = 0; k < parts; k++)
      if ((phase[3 + k] = plane_of(f, of[taps - 1].input[k], (int)origin)) < 0) return false;
    f->components += parts;
    f->useful += taps;
    if (parts > f->most_parts) f->most_parts = parts;
  }
  return f->most - f->least < MAX_REACH;
}

/* Groups of `outputs` outputs of a phase. */
static int64_t spots_of(const conv_geometry *g, int axis, int outputs) {
  return divided_up(divided_up(g->out[axis], g->stride[axis]), outputs);
}

static int64_t vectors_of(const conv_geometry *g, const device_caps *caps) {
  return g->co > LANES && caps->has_wide_vectors ? 2 : 1;
}

/* Whether rounding stays within the bound of each output where it has fewest inputs, at the ends: with four outputs
 * their error is in units of their neighbours. */
static bool rounds_well(const winograd_axis *y, const winograd_axis *x, int64_t channels) {
  const bool four_y = y->outputs == MAX_OUTPUTS, four_x = x->outputs == MAX_OUTPUTS;
  if ((four_y && y->bare) || (four_x && x->bare)) return false;
  if (four_y && four_x && y->thin && x->thin) return channels >= LEAST_CHANNELS_OF_THIN;
  return channels >= LEAST_CHANNELS_OF_FOUR || (!four_y && !four_x);
}

/* The blocks of channels and the tiles of a work-item: of those that fit its memory and leave every compute unit
 * several work-items, the ones that read least: the weights for each share of the tiles, the inputs for each of the
 * blocks. */
static void choose_share(const conv_geometry *g, const winograd_axis *y, const winograd_axis *x, int64_t blocks,
                         int64_t tiles, const device_caps *caps, int64_t *sets, int64_t *each) {
  const int64_t vectors = vectors_of(g, caps),
                per_tile =
                    tile_spots(caps) * vectors * (x->most_parts + (int64_t)y->outputs * x->outputs * g->stride[AXIS_X]);
  double least = 0;
  *sets = *each = 1;
  for (int64_t s = 1; s <= blocks && s <= MAX_SETS; s++) {
    int64_t most = (ROOM - SLACK * vectors) / (per_tile * s), items;
    if (most < 1) break;
    const int64_t parts = divided_up(blocks, s), others = y->count * g->groups * parts;
    items = divided_up(tiles, most);
    while (items < tiles && items * others < ITEMS_PER_UNIT * (int64_t)caps->compute_units) items++;
    const double read = (double)(items * blocks * LANES * vectors) + (double)(parts * tiles * tile_spots(caps));
    if (s > 1 && (read >= least || items * others < ITEMS_PER_UNIT * (int64_t)caps->compute_units)) continue;
    least = read;
    *sets = s;
    *each = items ? divided_up(tiles, items) : 1; /* an empty batch has no tiles */
  }
}

/* Spots that are multiplied: of a last tile that is not full, those of the kernel's loop for few spots, or all. */
static int64_t spots_made(int64_t spots, const device_caps *caps) {
  const int64_t tile = tile_spots(caps), few = (tile + 2) / 2, left = spots % tile;
  return spots - left + (left == 0 ? 0 : left <= few ? few : tile);
}

/* What takes time beside the products, in multiplications: as measured, the sum is within a tenth or so of what the
 * kernels take. DIRECT: a multiplication of `channels`, slower where registers hold 8 floats and tiles are smaller.
 * WORTH: more outputs round more, so they have to save something. */
static const double NUMBER = 25, WEIGHT = 6, NARROW_WEIGHT = 9, OUTPUT = 120, DIRECT = 0.86, NARROW_DIRECT = 1,
                    WORTH = 0.96;

static double time_of(const conv_geometry *g, const winograd_axis *y, const winograd_axis *x, const device_caps *caps) {
  const int64_t lanes = LANES * vectors_of(g, caps), blocks = divided_up(g->co, lanes);
  const int64_t spots = g->batch * spots_of(g, AXIS_Y, y->outputs) * spots_of(g, AXIS_X, x->outputs);
  const int64_t tiles = divided_up(spots, tile_spots(caps));
  int64_t sets, each;
  choose_share(g, y, x, blocks, tiles, caps, &sets, &each);
  const double numbers = (double)y->planes * (double)x->planes * NUMBER;
  const double weight = caps->has_wide_vectors ? WEIGHT : NARROW_WEIGHT;
  const double products = (double)((int64_t)y->components * x->components * blocks * lanes);
  return (double)(g->groups * g->ci) * ((double)spots_made(spots, caps) * products + (double)spots * numbers +
                                        products * weight * (double)divided_up(tiles, each)) +
         (double)(g->batch * g->groups * g->co * g->out[AXIS_Y] * g->out[AXIS_X]) * OUTPUT;
}

/* The outputs of a spot along y and x that take least time, and that time. 0: there are none. */
static double choose_outputs(const conv_geometry *g, const device_caps *caps, winograd_axis *y, winograd_axis *x) {
  double least = 0;
  for (int choice = 0; choice < 9; choice++) {
    winograd_axis on_y, on_x;
    if (!make_filter(g, AXIS_Y, 2 + choice % 3, &on_y) || !make_filter(g, AXIS_X, 2 + choice / 3, &on_x) ||
        !rounds_well(&on_y, &on_x, g->ci))
      continue;
    const double time = time_of(g, &on_y, &on_x, caps);
    if (least > 0 && time >= WORTH * least) continue;
    least = time;
    *y = on_y;
    *x = on_x;
  }
  return least;
}

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!conv_tiles_apply(problem, caps, why)) return false;
  const conv_geometry g = conv_transpose_geometry(problem);
  if (!conv_one_plane(&g)) return not_applicable(why, "its filters run along two axes, the problem has three");
  int taps = 1;
  for (int axis = AXIS_Y; axis <= AXIS_X; axis++) {
    winograd_axis f;
    if (g.dilation[axis] != 1) return not_applicable(why, "dilation %lld is above 1", (long long)g.dilation[axis]);
    if (g.stride[axis] > MAX_STRIDE || !make_filter(&g, axis, 2, &f))
      return not_applicable(why, "stride %lld and kernel %lld give a phase with no taps or more than %d",
                            (long long)g.stride[axis], (long long)g.kernel[axis], MAX_TAPS);
    taps = f.most_parts - 1 > taps ? f.most_parts - 1 : taps;
  }
  if (spots_of(&g, AXIS_Y, 2) * spots_of(&g, AXIS_X, 2) > INT32_MAX / 4 / (g.batch ? g.batch : 1))
    return not_applicable(why, "%lld images of %lld x %lld outputs are more than it counts", (long long)g.batch,
                          (long long)g.out[AXIS_Y], (long long)g.out[AXIS_X]);
  if (taps == 1) return not_applicable(why, "its phases have one tap each");
  if (g.ci < LEAST_CHANNELS)
    return not_applicable(why, "%lld input channels are fewer than %d", (long long)g.ci, LEAST_CHANNELS);
  return true;
}

static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  const conv_geometry g = conv_transpose_geometry(problem);
  winograd_axis y = {0}, x = {0};
  const double ours = choose_outputs(&g, caps, &y, &x);
  if (ours == 0) return false;
  const double direct = (double)(g.batch * g.groups * g.ci * g.co * g.out[AXIS_Y] * g.out[AXIS_X]) *
                        (double)(y.useful * x.useful) / (double)(y.count * x.count) *
                        (caps->has_wide_vectors ? DIRECT : NARROW_DIRECT);
  if (ours > direct) return not_applicable(why, "it would take %.2g of the direct form's time", ours / direct);
  return true;
}

static void phase_table(recipe *r, launch *l, const winograd_axis *f) {
  launch_buffer(r, l, ARG_TABLE, recipe_table(r, f->phase, (int64_t)f->count * PHASE_INTS, sizeof(int)), sizeof(int));
}

static void plane_table(recipe *r, launch *l, const winograd_axis *f) {
  launch_buffer(r, l, ARG_TABLE, recipe_table(r, f->plane, (int64_t)f->planes * PLANE_INTS, sizeof(int)), sizeof(int));
}

static void factor_table(recipe *r, launch *l, const float *from, int64_t count) {
  launch_buffer(r, l, ARG_TABLE, recipe_table(r, from, count, sizeof(float)), sizeof(float));
}

/* Of the program that has all three kernels: one to build. */
static void program_defines(recipe *r, launch *l, const clup_problem *problem, clup_dtype dtype, int64_t vectors,
                            const device_caps *caps) {
  launch_define(r, l, "SPOTS", tile_spots(caps));
  launch_define(r, l, "VECTORS", vectors);
  launch_define(r, l, "ROOM", ROOM);
  launch_define(r, l, "COLUMNS", COLUMNS);
  launch_define(r, l, "REACH", MAX_REACH);
  launch_define(r, l, "PLANES", MAX_PLANES);
  launch_define(r, l, "DTYPE", dtype);
  launch_define(r, l, "ACTIVATION", problem->params.conv_transpose.activation);
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const conv_geometry g = conv_transpose_geometry(problem);
  winograd_axis y, x;
  if (choose_outputs(&g, caps, &y, &x) == 0)
    return clup_fail(CLUP_INTERNAL_ERROR, "conv_transpose: winograd does not apply");
  const int64_t vectors = vectors_of(&g, caps), lanes = LANES * vectors, input_blocks = divided_up(g.ci, LANES);
  const int64_t spots_y = spots_of(&g, AXIS_Y, y.outputs), spots_x = spots_of(&g, AXIS_X, x.outputs),
                lines = g.batch * spots_y;
  const int64_t tiles = divided_up(lines * spots_x, tile_spots(caps));
  const size_t stored = clup_dtype_size(problem->input.dtype);

  conv_packed packed;
  launch *l = conv_transpose_pack_by(r, problem, lanes, "conv_transpose_winograd",
                                     "clup_conv_transpose_winograd_weights", &packed);
  program_defines(r, l, problem, problem->weight.dtype, vectors, caps);
  const int64_t weights = g.groups * packed.blocks * y.components * x.components * g.ci * lanes;
  const int64_t u = recipe_packed(r, weights, sizeof(float));
  const int64_t tile_pitch = odd_lines(g.groups * input_blocks * tile_spots(caps) * LANES),
                plane_pitch = odd_lines(tiles * tile_pitch);
  const int64_t v = recipe_workspace(r, (int64_t)y.planes * x.planes * plane_pitch, sizeof(float));

  launch_buffer(r, l, ARG_PACKED, u, sizeof(float));
  phase_table(r, l, &y);
  phase_table(r, l, &x);
  factor_table(r, l, &y.spread[0][0][0], sizeof y.spread / sizeof(float));
  factor_table(r, l, &x.spread[0][0][0], sizeof x.spread / sizeof(float));
  conv_axes_args(r, l, g.stride + AXIS_Y, 2);
  const int64_t sizes[] = {y.components, x.components, y.count, x.count, y.outputs, x.outputs};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) launch_i32(r, l, sizes[i]);
  launch_range(r, l, 3, (int64_t[3]){1, 1, g.groups * packed.blocks}, (size_t[3]){1, 1, 1});

  l = recipe_launch(r, "conv_transpose_winograd", "clup_conv_transpose_winograd_input");
  program_defines(r, l, problem, problem->input.dtype, vectors, caps);
  launch_buffer(r, l, ARG_INPUT, 0, stored);
  launch_buffer(r, l, ARG_WORKSPACE, v, sizeof(float));
  plane_table(r, l, &y);
  plane_table(r, l, &x);
  conv_plane_strides(r, l, g.x_strides);
  launch_i32(r, l, g.ci);
  launch_i32(r, l, input_blocks);
  launch_i32(r, l, spots_y);
  launch_i32(r, l, spots_x);
  conv_axes_args(r, l, g.in + AXIS_Y, 2);
  launch_i32(r, l, y.planes);
  launch_i32(r, l, x.planes);
  launch_i32(r, l, y.outputs);
  launch_i32(r, l, x.outputs);
  launch_i32(r, l, y.least);
  launch_i32(r, l, y.most);
  launch_i32(r, l, x.least);
  launch_i32(r, l, x.most);
  launch_i64(r, l, tile_pitch);
  launch_i64(r, l, plane_pitch);
  launch_i32(r, l, caps->has_wide_vectors && (int64_t)y.planes * x.planes * plane_pitch >= FAR_PLANES);
  launch_range(r, l, 2, (int64_t[3]){lines, g.groups * input_blocks, 1}, (size_t[3]){1, 1, 1});

  int64_t sets, each;
  choose_share(&g, &y, &x, packed.blocks, tiles, caps, &sets, &each);

  l = recipe_launch(r, "conv_transpose_winograd", "clup_conv_transpose_winograd");
  program_defines(r, l, problem, problem->input.dtype, vectors, caps);
  launch_buffer(r, l, ARG_INPUT, 0, stored);
  launch_buffer(r, l, ARG_OUTPUT, 0, stored);
  launch_buffer(r, l, ARG_WORKSPACE, v, sizeof(float));
  launch_buffer(r, l, ARG_PACKED, u, sizeof(float));
  launch_buffer(r, l, ARG_PACKED, packed.weight, sizeof(float));
  launch_buffer(r, l, ARG_PACKED, packed.bias, sizeof(float));
  phase_table(r, l, &y);
  phase_table(r, l, &x);
  factor_table(r, l, &y.gather[0][0][0], sizeof y.gather / sizeof(float));
  factor_table(r, l, &x.gather[0][0][0], sizeof x.gather / sizeof(float));
  conv_plane_strides(r, l, g.x_strides);
  conv_plane_strides(r, l, g.y_strides);
  const int64_t counts[] = {lines, g.ci, g.co, g.groups, packed.blocks, sets, each, tiles, spots_y, spots_x};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) launch_i32(r, l, counts[i]);
  conv_axes_args(r, l, g.in + AXIS_Y, 2);
  conv_axes_args(r, l, g.out + AXIS_Y, 2);
  conv_axes_args(r, l, g.kernel + AXIS_Y, 2);
  conv_axes_args(r, l, g.stride + AXIS_Y, 2);
  conv_axes_args(r, l, g.pad + AXIS_Y, 2);
  launch_i32(r, l, y.components);
  launch_i32(r, l, x.components);
  launch_i32(r, l, x.planes);
  launch_i32(r, l, y.outputs);
  launch_i32(r, l, x.outputs);
  launch_i32(r, l, CHUNK);
  launch_i64(r, l, tile_pitch);
  launch_i64(r, l, plane_pitch);
  conv_transpose_limits(r, l, problem);
  launch_i32(r, l, problem->output.dtype == CLUP_F32 && goes_past_caches(&problem->output));
  launch_range(r, l, 3, (int64_t[3]){divided_up(tiles, each), y.count, g.groups * divided_up(packed.blocks, sets)},
               (size_t[3]){1, 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_winograd = {
    .name = "winograd", .applicable = applicable, .preferred = preferred, .configure = configure};

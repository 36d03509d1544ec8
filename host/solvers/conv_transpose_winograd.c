/* CPUs: Winograd's minimal filtering, a matrix product for each component. */
#include "../error.h"
#include "../ops/conv_transpose.h"

enum {
  SPOTS = 14, /* of a tile: with two vectors of channels 28 sums in registers */
  LANES = 16,
  LINE = 16,          /* floats of a cache line */
  ROOM = 8192,        /* vectors of private memory of a work-item: 512 KiB */
  SLACK = 15,         /* outputs that are read past a work-item's last */
  MAX_SETS = 2,       /* blocks of channels for which a work-item reads inputs once */
  CHUNK = 128,        /* input channels whose weights stay in the nearest cache */
  PIECE = 56,         /* spots of a line that are made at once of inputs */
  INPUT_CHANNELS = 8, /* of a work-item that makes them */
  ITEMS_PER_UNIT = 4,
  MAX_TAPS = 3, /* of a phase */
  MAX_STRIDE = 16,
  MAX_PLANES = 8, /* of an axis */
  MAX_REACH = 32, /* inputs from the first to the last that planes are made of */
  PHASE_INTS = MAX_TAPS + 4,
  PLANE_INTS = 3,
  LEAST_CHANNELS =
      16 /* with fewer, what rounding sums of inputs and weights adds would show beside the sum's own error */
};

/* One axis: its phases, each with its taps and its components, and the planes that these are made of, each once. */
typedef struct axis_filter {
  int count, components, planes, most_taps;
  int64_t useful; /* taps of all phases: the multiplications of an output each, without Winograd */
  int64_t least, most;
  int phase[MAX_STRIDE][PHASE_INTS], plane[MAX_PLANES][PLANE_INTS];
} axis_filter;

/* -1: there are too many. */
static int plane_of(axis_filter *f, int64_t o0, int64_t o1, int sign) {
  const int at[PLANE_INTS] = {(int)o0, (int)o1, sign};
  int i = 0;
  while (i < f->planes && (f->plane[i][0] != at[0] || f->plane[i][1] != at[1] || f->plane[i][2] != at[2])) i++;
  if (i < f->planes || i == MAX_PLANES) return i < MAX_PLANES ? i : -1;
  for (int k = 0; k < PLANE_INTS; k++) f->plane[i][k] = at[k];
  if (!f->planes) f->least = f->most = o0;
  for (int k = 0; k < 2; k++) {
    if (at[k] < f->least) f->least = at[k];
    if (at[k] > f->most) f->most = at[k];
  }
  return f->planes++;
}

/* false where a phase has no taps, or more than MAX_TAPS. Output 2t + i of a phase is the sum over its taps j of
 * g[j] * in[2t + i + o + j]. */
static bool make_filter(const conv_geometry *g, int axis, axis_filter *f) {
  const int64_t stride = g->stride[axis], kernel = g->kernel[axis];
  *f = (axis_filter){.count = (int)(stride < g->out[axis] ? stride : g->out[axis])};
  for (int r = 0; r < f->count; r++) {
    const int64_t reached = floor_div(r + g->pad[axis], stride), first = r + g->pad[axis] - reached * stride;
    const int64_t taps = (kernel - first + stride - 1) / stride, o = reached - (taps - 1);
    if (first >= kernel || taps > MAX_TAPS) return false;
    int *phase = f->phase[r], *planes = phase + 3;
    phase[0] = (int)taps;
    phase[1] = (int)first;
    phase[2] = f->components;
    if (taps == 1) {
      planes[0] = plane_of(f, o, o, 0);
      planes[1] = plane_of(f, o + 1, o + 1, 0);
    } else if (taps == 2) {
      planes[0] = plane_of(f, o + 1, o, -1);
      planes[1] = plane_of(f, o + 1, o + 1, 0);
      planes[2] = plane_of(f, o + 2, o + 1, -1);
    } else {
      planes[0] = plane_of(f, o, o + 2, -1);
      planes[1] = plane_of(f, o + 1, o + 2, 1);
      planes[2] = plane_of(f, o + 2, o + 1, -1);
      planes[3] = plane_of(f, o + 3, o + 1, -1);
    }
    for (int i = 0; i <= taps; i++)
      if (planes[i] < 0) return false;
    f->components += (int)taps + 1;
    f->useful += taps;
    if ((int)taps > f->most_taps) f->most_taps = (int)taps;
  }
  return true;
}

static int64_t divided_up(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

/* Pairs of outputs of a phase. */
static int64_t spots_of(const conv_geometry *g, int axis) {
  return divided_up(divided_up(g->out[axis], g->stride[axis]), 2);
}

static int64_t vectors_of(const conv_geometry *g) {
  return g->co > LANES ? 2 : 1;
}

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!caps->is_cpu) return not_applicable(why, "its register tiles are for CPUs, the device is none");
  if (problem->input.dtype == CLUP_F64) return not_applicable(why, "its vectors are of floats, the problem is in f64");
  if (!conv_transpose_fits(problem, why)) return false;
  const conv_geometry g = conv_transpose_geometry(problem);
  if (!conv_one_plane(&g)) return not_applicable(why, "its filters run along two axes, the problem has three");
  int taps = 1;
  for (int axis = AXIS_Y; axis <= AXIS_X; axis++) {
    axis_filter f;
    if (g.dilation[axis] != 1) return not_applicable(why, "dilation %lld is above 1", (long long)g.dilation[axis]);
    if (g.stride[axis] > MAX_STRIDE || !make_filter(&g, axis, &f))
      return not_applicable(why, "stride %lld and kernel %lld give a phase with no taps or more than %d",
                            (long long)g.stride[axis], (long long)g.kernel[axis], MAX_TAPS);
    if (f.most - f.least >= MAX_REACH)
      return not_applicable(why, "phases are %lld inputs apart", (long long)(f.most - f.least));
    taps = f.most_taps > taps ? f.most_taps : taps;
  }
  if (spots_of(&g, AXIS_Y) * spots_of(&g, AXIS_X) > INT32_MAX / 4 / (g.batch ? g.batch : 1))
    return not_applicable(why, "%lld images of %lld x %lld outputs are more than it counts", (long long)g.batch,
                          (long long)g.out[AXIS_Y], (long long)g.out[AXIS_X]);
  if (taps == 1) return not_applicable(why, "its phases have one tap each");
  if (g.ci < LEAST_CHANNELS)
    return not_applicable(why, "%lld input channels are fewer than %d", (long long)g.ci, LEAST_CHANNELS);
  return true;
}

/* Multiplications for a spot and an input channel, beside those of the direct form. What a number of a plane takes to
 * be made, written and read is measured in them: 56, and more where lines are shorter than a vector. */
static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  (void)caps;
  const conv_geometry g = conv_transpose_geometry(problem);
  axis_filter y, x;
  if (!make_filter(&g, AXIS_Y, &y) || !make_filter(&g, AXIS_X, &x)) return false;
  const int64_t spots_y = spots_of(&g, AXIS_Y), spots_x = spots_of(&g, AXIS_X), lanes = LANES * vectors_of(&g);
  const double per_number = spots_x < LANES ? 56.0 * LANES / (double)spots_x : 56.0;
  const double direct =
      (double)(g.out[AXIS_Y] * g.out[AXIS_X] * y.useful * x.useful * g.co) / (double)(y.count * x.count);
  const double ours =
      (double)(spots_y * spots_x) * ((double)((int64_t)y.components * x.components * divided_up(g.co, lanes) * lanes) +
                                     (double)y.planes * (double)x.planes * per_number);
  if (ours > 0.87 * direct) return not_applicable(why, "it would take %.2g of the direct form's time", ours / direct);
  return true;
}

static void phase_table(recipe *r, launch *l, const axis_filter *f) {
  launch_buffer(r, l, ARG_TABLE, recipe_table(r, f->phase, (int64_t)f->count * PHASE_INTS, sizeof(int)), sizeof(int));
}

static void plane_table(recipe *r, launch *l, const axis_filter *f) {
  launch_buffer(r, l, ARG_TABLE, recipe_table(r, f->plane, (int64_t)f->planes * PLANE_INTS, sizeof(int)), sizeof(int));
}

/* An odd number of cache lines: what lies side by side for one loop must not share a cache's sets. */
static int64_t odd_lines(int64_t floats) {
  return LINE * (divided_up(floats, LINE) | 1);
}

/* The blocks of channels and the tiles of a work-item: of those that fit its memory and leave every compute unit
 * several work-items, the ones that read least: the weights for each share of the tiles, the inputs for each of the
 * blocks. */
static void choose_share(const conv_geometry *g, const axis_filter *y, const axis_filter *x, int64_t blocks,
                         int64_t tiles, const device_caps *caps, int64_t *sets, int64_t *each) {
  const int64_t vectors = vectors_of(g), per_tile = SPOTS * vectors * (x->most_taps + 1 + 4 * g->stride[AXIS_X]);
  double least = 0;
  *sets = *each = 1;
  for (int64_t s = 1; s <= blocks && s <= MAX_SETS; s++) {
    int64_t most = (ROOM - SLACK * vectors) / (per_tile * s), items;
    if (most < 1) break;
    const int64_t parts = divided_up(blocks, s), others = y->count * g->groups * parts;
    items = divided_up(tiles, most);
    while (items < tiles && items * others < ITEMS_PER_UNIT * (int64_t)caps->compute_units) items++;
    const double read = (double)(items * blocks * LANES * vectors) + (double)(parts * tiles * SPOTS);
    if (s > 1 && (read >= least || items * others < ITEMS_PER_UNIT * (int64_t)caps->compute_units)) continue;
    least = read;
    *sets = s;
    *each = divided_up(tiles, items);
  }
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const conv_geometry g = conv_transpose_geometry(problem);
  axis_filter y, x;
  if (!make_filter(&g, AXIS_Y, &y) || !make_filter(&g, AXIS_X, &x))
    return clup_fail(CLUP_INTERNAL_ERROR, "conv_transpose: winograd does not apply");
  const int64_t vectors = vectors_of(&g), lanes = LANES * vectors, channels = g.groups * g.ci;
  const int64_t spots_y = spots_of(&g, AXIS_Y), spots_x = spots_of(&g, AXIS_X), lines = g.batch * spots_y;
  const int64_t tiles = divided_up(lines * spots_x, SPOTS), shares = divided_up(channels, INPUT_CHANNELS);
  const size_t stored = clup_dtype_size(problem->input.dtype);

  const conv_packed packed = conv_transpose_pack(r, problem, caps, lanes, false);
  const int64_t weights = g.groups * packed.blocks * y.components * x.components * g.ci * lanes;
  const int64_t u = recipe_packed(r, weights, sizeof(float));
  const int64_t tile_pitch = odd_lines(channels * SPOTS), plane_pitch = odd_lines(tiles * tile_pitch);
  const int64_t v = recipe_workspace(r, (int64_t)y.planes * x.planes * plane_pitch, sizeof(float));
  const int64_t flags = recipe_workspace(r, lines * shares, sizeof(int32_t));

  launch *l = recipe_pack(r, "conv_transpose_winograd_weights", "clup_conv_transpose_winograd_weights");
  launch_define(r, l, "VECTORS", vectors);
  launch_buffer(r, l, ARG_PACKED, packed.weight, sizeof(float));
  launch_buffer(r, l, ARG_PACKED, u, sizeof(float));
  launch_buffer(r, l, ARG_PACKED, packed.special, sizeof(int32_t));
  phase_table(r, l, &y);
  phase_table(r, l, &x);
  conv_axes_args(r, l, g.kernel + AXIS_Y, 2);
  conv_axes_args(r, l, g.stride + AXIS_Y, 2);
  launch_i32(r, l, y.components);
  launch_i32(r, l, x.components);
  launch_i32(r, l, x.count);
  launch_range(r, l, 3, (int64_t[3]){g.ci, y.count, g.groups * packed.blocks}, (size_t[3]){1, 1, 1});

  l = recipe_launch(r, "conv_transpose_winograd_input", "clup_conv_transpose_winograd_input");
  launch_define(r, l, "DTYPE", problem->input.dtype);
  launch_define(r, l, "SPOTS", SPOTS);
  launch_define(r, l, "PIECE", PIECE);
  launch_define(r, l, "REACH", MAX_REACH);
  launch_define(r, l, "EACH", INPUT_CHANNELS);
  launch_define(r, l, "PLANES", MAX_PLANES);
  launch_buffer(r, l, ARG_INPUT, 0, stored);
  launch_buffer(r, l, ARG_WORKSPACE, v, sizeof(float));
  launch_buffer(r, l, ARG_WORKSPACE, flags, sizeof(int32_t));
  plane_table(r, l, &y);
  plane_table(r, l, &x);
  conv_plane_strides(r, l, g.x_strides);
  launch_i32(r, l, channels);
  launch_i32(r, l, spots_y);
  launch_i32(r, l, spots_x);
  conv_axes_args(r, l, g.in + AXIS_Y, 2);
  launch_i32(r, l, y.planes);
  launch_i32(r, l, x.planes);
  launch_i32(r, l, x.least);
  launch_i64(r, l, tile_pitch);
  launch_i64(r, l, plane_pitch);
  launch_range(r, l, 2, (int64_t[3]){lines, shares, 1}, (size_t[3]){1, 1, 1});

  int64_t sets, each;
  choose_share(&g, &y, &x, packed.blocks, tiles, caps, &sets, &each);

  l = recipe_launch(r, "conv_transpose_winograd", "clup_conv_transpose_winograd");
  launch_define(r, l, "SPOTS", SPOTS);
  launch_define(r, l, "VECTORS", vectors);
  launch_define(r, l, "ROOM", ROOM);
  launch_buffer(r, l, ARG_INPUT, 0, stored);
  launch_buffer(r, l, ARG_OUTPUT, 0, stored);
  launch_buffer(r, l, ARG_WORKSPACE, v, sizeof(float));
  launch_buffer(r, l, ARG_WORKSPACE, flags, sizeof(int32_t));
  launch_buffer(r, l, ARG_PACKED, u, sizeof(float));
  launch_buffer(r, l, ARG_PACKED, packed.weight, sizeof(float));
  launch_buffer(r, l, ARG_PACKED, packed.bias, sizeof(float));
  launch_buffer(r, l, ARG_PACKED, packed.special, sizeof(int32_t));
  phase_table(r, l, &y);
  phase_table(r, l, &x);
  conv_plane_strides(r, l, g.x_strides);
  conv_plane_strides(r, l, g.y_strides);
  const int64_t counts[] = {lines, g.ci, g.co, g.groups, packed.blocks, sets, each, tiles, shares, spots_y, spots_x};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) launch_i32(r, l, counts[i]);
  conv_axes_args(r, l, g.in + AXIS_Y, 2);
  conv_axes_args(r, l, g.out + AXIS_Y, 2);
  conv_axes_args(r, l, g.kernel + AXIS_Y, 2);
  conv_axes_args(r, l, g.stride + AXIS_Y, 2);
  conv_axes_args(r, l, g.pad + AXIS_Y, 2);
  launch_i32(r, l, y.components);
  launch_i32(r, l, x.components);
  launch_i32(r, l, x.planes);
  launch_i32(r, l, CHUNK);
  launch_i64(r, l, tile_pitch);
  launch_i64(r, l, plane_pitch);
  conv_transpose_epilogue(r, l, problem);
  launch_range(r, l, 3, (int64_t[3]){divided_up(tiles, each), y.count, g.groups * divided_up(packed.blocks, sets)},
               (size_t[3]){1, 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_winograd = {
    .name = "winograd", .applicable = applicable, .preferred = preferred, .configure = configure};

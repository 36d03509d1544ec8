/* CPUs: vectors over output channels. */
#include "conv_transpose_rows.h"
#include "solver_shared.h"

enum {
  LANES = 16,
  PAIR = 2 * LANES,
  FEW_CHANNELS = 80, /* half a pair of vectors that stands empty counts up to here */
  MAX_SETS = 32,
  MAX_VECTORS = 1024,    /* of sums that a work-item keeps: 64 KiB */
  MAX_SUMS = 16,         /* vectors in registers, beside the weights and the inputs that taps share */
  MAX_SUMS_ONE_TAP = 28, /* where there are none to share */
  MAX_SUMS_TOGETHER = 24,
  MAX_SUMS_NARROW = 6, /* of all where registers hold 8 floats */
  MANY_COLUMNS = 12,
  WEIGHTS = 4096 /* floats of weights that stay in the nearest cache */
};

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  return conv_rows_apply(problem, caps, why);
}

/* A tile: COLUMNS of a row in IMAGES images, `vectors` of 16 channels, `together` x-phases at a time. */
typedef struct tile {
  int64_t vectors, columns, images, together;
} tile;

static int64_t up_to(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/* The columns of a tile, at most `most`, at least half of them: the most that compute nothing outside the row. */
static int64_t fit_columns(int64_t columns, int64_t most) {
  int64_t best = most;
  for (int64_t c = most - 1; c >= (most + 1) / 2; c--)
    if (up_to(columns, c) < up_to(columns, best)) best = c;
  return columns < best ? columns : best;
}

static tile choose_tile(const conv_geometry *g, const device_caps *caps) {
  const int64_t columns = conv_rows_columns(g), stride = g->stride[AXIS_X];
  const bool one_tap = g->kernel[AXIS_X] <= stride;
  const bool wide = caps->has_wide_vectors;
  tile t = {.vectors = wide ? 2 : 1, .images = 1, .together = 1};
  if (up_to(g->co, PAIR) > up_to(g->co, LANES) && g->co <= FEW_CHANNELS) t.vectors = 1;
  int64_t most = (!wide ? MAX_SUMS_NARROW : one_tap ? MAX_SUMS_ONE_TAP : MAX_SUMS) / t.vectors;
  t.columns = fit_columns(columns, most);
  /* Phases of one tap share no input: where a row has not enough columns for all sums, two of them make one load serve
   * twice as many multiply-adds. */
  if (wide && one_tap && stride % 2 == 0 && (t.columns < MANY_COLUMNS || t.vectors == 1)) {
    most = MAX_SUMS_TOGETHER / t.vectors / 2;
    t.together = 2;
    t.columns = fit_columns(columns, most);
  }
  while (columns == t.columns && t.images < g->batch && (t.images + 1) * columns <= most) t.images++;
  return t;
}

/* phase spends a vector on up to 16 columns, this one on 16 channels: the fuller vectors win, and with two of them an
 * input serves twice (the factors are measured). Where the output's channels lie side by side and its columns do not,
 * phase stores element by element, this one whole vectors. */
static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  const conv_geometry g = conv_transpose_geometry(problem);
  const tile t = choose_tile(&g, caps);
  const int64_t columns = conv_rows_columns(&g);
  const double by_columns = columns > 8 ? (double)columns / (double)up_to(columns, 16)
                                        : (double)columns / conv_rows_lanes(columns > 4 ? 8 : 4, caps);
  const double by_channels = (double)g.co / (double)up_to(g.co, LANES * t.vectors);
  if (g.y_strides[1] == 1 && g.y_strides[4] > 1 && by_channels >= 0.5) return true;
  if (by_columns >= by_channels * (double)columns / (double)up_to(columns, t.columns) * (t.vectors == 2 ? 1.1 : 0.95))
    return not_applicable(why, "vectors over %lld columns do more than over %lld channels", (long long)columns,
                          (long long)g.co);
  return true;
}

/* Lines per work-item: weights are read once for all of them, but every compute unit needs several work-items. */
static int64_t choose_each(int64_t most, int64_t lines, int64_t others, const device_caps *caps) {
  int64_t each = 1;
  while (2 * each <= most && each < lines && others * (lines / (2 * each)) >= 8 * (int64_t)caps->compute_units)
    each *= 2;
  return each;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  conv_geometry g = conv_transpose_geometry(problem);
  const tile t = choose_tile(&g, caps);
  const int64_t across = (conv_rows_columns(&g) + t.columns - 1) / t.columns;
  int64_t sets = MAX_VECTORS / (t.images * t.columns * g.stride[AXIS_X] * t.vectors);
  sets = sets > MAX_SETS ? MAX_SETS : sets > 1 ? sets : 1;
  const int64_t segments = (across + sets - 1) / sets, run = (across + segments - 1) / segments;
  conv_packed packed = conv_transpose_pack(r, problem, caps, LANES * t.vectors, CONV_BY_ROW);
  conv_rows rows = conv_rows_prepare(r, problem, caps, segments, run * t.columns);
  launch *l = recipe_launch(r, "conv_transpose_channels", "clup_conv_transpose_channels");
  launch_define(r, l, "COLUMNS", t.columns);
  launch_define(r, l, "IMAGES", t.images);
  launch_define(r, l, "VECTORS", t.vectors);
  launch_define(r, l, "TOGETHER", t.together);
  launch_define(r, l, "SETS", sets);
  int64_t lines = (g.batch + t.images - 1) / t.images, phases = 1;
  for (int i = AXIS_Z; i <= AXIS_Y; i++) {
    lines *= (g.out[i] + g.stride[i] - 1) / g.stride[i];
    phases *= g.stride[i] < g.out[i] ? g.stride[i] : g.out[i];
  }
  const int64_t each = choose_each(sets / run, lines, segments * phases * g.groups * packed.blocks, caps);
  const int64_t taps = (g.kernel[AXIS_X] + g.stride[AXIS_X] - 1) / g.stride[AXIS_X]; /* of an x-phase, at most */
  const int64_t chunk = WEIGHTS / (taps * LANES * t.vectors);
  launch_define(r, l, "CHUNK", chunk < 16 ? 16 : chunk);
  conv_rows_args(r, l, problem, &packed, &rows);
  launch_i32(r, l, run);
  launch_i32(r, l, each);
  launch_i32(r, l, problem->output.dtype == CLUP_F32 && goes_past_caches(&problem->output));
  launch_range(r, l, 3, (int64_t[3]){segments, phases, (lines + each - 1) / each * g.groups * packed.blocks},
               (size_t[3]){1, 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_channels = {
    .name = "channels", .applicable = applicable, .preferred = preferred, .configure = configure};

/* CPUs, narrow images: vectors over output channels. */
#include "conv_transpose_rows.h"

enum {
  LANES = 16,
  MAX_SETS = 8,
  MAX_ACCUMULATORS = 24, /* vectors of 16 floats that stay in registers */
  ENOUGH = 12            /* accumulators that hide the latency of a multiply-add and amortise the load of a weight */
};

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  return conv_rows_apply(problem, caps, why);
}

/* phase spends a vector on up to 16 columns, this one on 16 channels: the fuller vector wins. Where the output's
 * channels lie side by side and its columns do not, phase stores element by element, this one whole vectors. */
static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  (void)caps;
  conv_geometry g = conv_transpose_geometry(problem);
  int64_t columns = conv_rows_columns(&g);
  double by_columns = (double)columns / conv_rows_lanes(columns > 8 ? 16 : columns > 4 ? 8 : 4);
  double by_channels = (double)g.co / (double)((g.co + LANES - 1) / LANES * LANES);
  if (g.y_strides[1] == 1 && g.y_strides[4] > 1 && by_channels >= 0.5) return true;
  if (columns >= 16 || by_columns >= by_channels)
    return not_applicable(why, "vectors over %lld columns are as full as over %lld channels", (long long)columns,
                          (long long)g.co);
  return true;
}

/* Tiles per work-item: weights are read once for all of them, but every compute unit needs several work-items. */
static int64_t choose_sets(int64_t tiles, int64_t others, const device_caps *caps) {
  int64_t sets = 1;
  while (sets < MAX_SETS && sets < tiles && others * (tiles / (2 * sets)) >= 8 * (int64_t)caps->compute_units)
    sets *= 2;
  return sets;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  conv_geometry g = conv_transpose_geometry(problem);
  int64_t columns = conv_rows_columns(&g),
          most = MAX_ACCUMULATORS / g.stride[AXIS_X] > 0 ? MAX_ACCUMULATORS / g.stride[AXIS_X] : 1;
  int64_t segments = (columns + most - 1) / most, width = (columns + segments - 1) / segments;
  int64_t images = 1; /* several share one load of the weights */
  while (images < g.batch && images * width * g.stride[AXIS_X] < ENOUGH &&
         (images + 1) * width * g.stride[AXIS_X] <= MAX_ACCUMULATORS)
    images++;
  conv_packed packed = conv_transpose_pack(r, problem, caps, LANES);
  conv_rows rows = conv_rows_prepare(r, problem, caps, segments, width);
  launch *l = recipe_launch(r, "conv_transpose_channels", "clup_conv_transpose_channels");
  launch_define(r, l, "COLUMNS", width);
  launch_define(r, l, "IMAGES", images);
  int64_t tiles = (g.batch + images - 1) / images, phases = 1;
  for (int i = AXIS_Z; i <= AXIS_Y; i++) {
    tiles *= (g.out[i] + g.stride[i] - 1) / g.stride[i];
    phases *= g.stride[i] < g.out[i] ? g.stride[i] : g.out[i];
  }
  int64_t sets = choose_sets(tiles, segments * phases * g.groups * packed.blocks, caps);
  launch_define(r, l, "SETS", sets);
  launch_define(r, l, "CHUNK", g.kernel[AXIS_X] < 16 ? 256 / g.kernel[AXIS_X] : 16);
  conv_rows_args(r, l, problem, &packed, &rows);
  int64_t shares = (tiles + sets - 1) / sets;
  launch_range(r, l, 3, (int64_t[3]){segments, phases, shares * g.groups * packed.blocks}, (size_t[3]){1, 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_channels = {
    .name = "channels", .applicable = applicable, .preferred = preferred, .configure = configure};

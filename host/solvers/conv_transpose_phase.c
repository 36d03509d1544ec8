/* CPUs: all x-phases of a row segment and a block of output channels in vector registers. */
#include "conv_transpose_rows.h"

enum {
  MAX_VECTORS = 3,
  MAX_ACCUMULATORS = 24, /* vectors that stay in registers; beyond it they spill */
  NARROW_REGISTERS = 12, /* where a vector of 16 takes two */
  MOST_SETS = 4,         /* blocks of channels that share inputs in the nearest cache */
  CHUNK = 128,           /* input channels that are worked on at a time then */
  ITEMS_PER_UNIT = 16
};

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  return conv_rows_apply(problem, caps, why);
}

/* The tile of a work-item: `vectors` of `width` columns, all phases, `block` output channels. */
typedef struct tile {
  int64_t width, vectors, block, segments;
} tile;

/* What the tiles of a row compute, padding included, in cycles up to a factor: a vector's multiply-add, its share of
 * the load of a weight (one for all vectors) and of an input (one for all channels). */
static double cost_of(const tile *t, const conv_geometry *g, const device_caps *caps) {
  const double channels = (double)((g->co + t->block - 1) / t->block * t->block);
  return conv_rows_lanes(t->width, caps) * (double)(t->segments * t->vectors) * channels *
         (1 + 1 / (double)t->vectors + 1 / (double)t->block);
}

static bool fits(const tile *t, const conv_geometry *g, const device_caps *caps) {
  const int64_t sums = t->vectors * g->stride[AXIS_X] * t->block;
  return caps->has_wide_vectors ? sums <= MAX_ACCUMULATORS : sums * (t->width == 16 ? 2 : 1) <= NARROW_REGISTERS;
}

static tile choose_tile(const conv_geometry *g, const device_caps *caps) {
  const int64_t widths[] = {16, 8, 4}, blocks[] = {24, 16, 12, 8, 6, 5, 4, 3, 2, 1};
  const int64_t columns = conv_rows_columns(g);
  tile best = {16, 1, 1, (columns + 15) / 16};
  for (int i = 0; i < 3; i++)
    for (int64_t vectors = 1; vectors <= MAX_VECTORS; vectors++)
      for (size_t j = 0; j < sizeof blocks / sizeof *blocks; j++) {
        tile t = {widths[i], vectors, blocks[j], (columns + widths[i] * vectors - 1) / (widths[i] * vectors)};
        if (fits(&t, g, caps) && (!fits(&best, g, caps) || cost_of(&t, g, caps) < cost_of(&best, g, caps))) best = t;
      }
  return best;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  conv_geometry g = conv_transpose_geometry(problem);
  tile t = choose_tile(&g, caps);
  conv_packed packed = conv_transpose_pack(r, problem, caps, t.block, CONV_BY_ROW);
  conv_rows rows = conv_rows_prepare(r, problem, caps, t.segments, t.vectors * t.width);
  launch *l = recipe_launch(r, "conv_transpose_phase", "clup_conv_transpose_phase");
  launch_define(r, l, "BLOCK", t.block);
  launch_define(r, l, "WIDTH", t.width);
  launch_define(r, l, "VECTORS", t.vectors);
  const int64_t others = t.segments * g.out[AXIS_Z] * g.out[AXIS_Y] * g.batch * g.groups;
  const bool shared = g.ci > CHUNK && packed.blocks >= MOST_SETS &&
                      others * (packed.blocks / MOST_SETS) >= ITEMS_PER_UNIT * (int64_t)caps->compute_units;
  const int64_t sets = shared ? MOST_SETS : 1;
  launch_define(r, l, "SETS", sets);
  conv_rows_args(r, l, problem, &packed, &rows);
  launch_i32(r, l, shared ? CHUNK : g.ci);
  launch_range(
      r, l, 3,
      (int64_t[3]){t.segments, g.out[AXIS_Z] * g.out[AXIS_Y], g.batch * g.groups * ((packed.blocks + sets - 1) / sets)},
      (size_t[3]){1, 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_phase = {.name = "phase", .applicable = applicable, .configure = configure};

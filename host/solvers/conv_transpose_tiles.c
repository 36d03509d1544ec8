/* GPUs: a matrix product per output phase, tiles through local memory. */
#include "conv_transpose_tiles.h"

enum {
  SIDE = 16,
  ITEMS = SIDE * SIDE,
  DEPTH = 8,        /* of a step, half of it for as few channels; local memory holds two */
  MAX_SUMS = 64,    /* in registers, per work-item; half of f64 */
  REGISTERS = 128,  /* so many, and two work-groups of an NVIDIA GPU hide each other's waits */
  MAX_SUMS_CPU = 4, /* where it is only tried: compilers for CPUs take long over work-items with many */
  LEAST_CHANNELS = 8
};

/* Per work-item: output channels, and outputs of each. */
typedef struct item_tile {
  int64_t channels, pixels;
} item_tile;

static item_tile choose_tile(const clup_problem *problem, const conv_geometry *g, const device_caps *caps) {
  const int64_t most = caps->is_cpu ? MAX_SUMS_CPU : problem->input.dtype == CLUP_F64 ? MAX_SUMS / 2 : MAX_SUMS;
  item_tile t = {.channels = 1, .pixels = 8};
  while (t.channels < 8 && SIDE * t.channels < g->co) t.channels *= 2;
  while (t.pixels > 1 && t.channels * t.pixels > most) t.pixels /= 2;
  while (t.channels > 1 && t.channels * t.pixels > most) t.channels /= 2;
  return t;
}

static int64_t depth_of(const conv_geometry *g) {
  return g->ci <= DEPTH / 2 ? DEPTH / 2 : DEPTH;
}

int64_t conv_positions(const conv_geometry *g) {
  int64_t count = g->batch;
  for (int axis = 0; axis < CONV_AXES; axis++) count *= (g->out[axis] + g->stride[axis] - 1) / g->stride[axis];
  return count;
}

int64_t conv_phases(const conv_geometry *g) {
  int64_t count = 1;
  for (int axis = 0; axis < CONV_AXES; axis++) count *= g->stride[axis] < g->out[axis] ? g->stride[axis] : g->out[axis];
  return count;
}

bool conv_counts_positions(const conv_geometry *g, char *why) {
  if (conv_positions(g) > INT32_MAX / 2 / conv_phases(g))
    return not_applicable(why, "%lld outputs of each of %lld phases are above %d", (long long)conv_positions(g),
                          (long long)conv_phases(g), INT32_MAX / 2);
  return true;
}

bool conv_product_applies(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!device_computes(problem, caps, why) || !conv_transpose_fits(problem, why)) return false;
  const conv_geometry g = conv_transpose_geometry(problem);
  const item_tile t = choose_tile(problem, &g, caps);
  const size_t bytes = (size_t)((t.channels + t.pixels) * SIDE * depth_of(&g) * 2) * real_size(problem->input.dtype) +
                       (size_t)(t.pixels * SIDE) * 4 * sizeof(cl_int); /* and where the positions lie */
  if (!conv_counts_positions(&g, why)) return false;
  if (caps->max_work_group < ITEMS || caps->max_work_item[0] < SIDE || caps->max_work_item[1] < SIDE)
    return not_applicable(why, "needs work-groups of %d, the device allows %llu", ITEMS,
                          (unsigned long long)caps->max_work_group);
  if (caps->local_memory < bytes)
    return not_applicable(why, "needs %llu bytes of local memory, the device has %llu", (unsigned long long)bytes,
                          (unsigned long long)caps->local_memory);
  return true;
}

static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  const conv_geometry g = conv_transpose_geometry(problem);
  if (caps->is_cpu) return not_applicable(why, "its tiles in local memory are for GPUs");
  if (g.co < LEAST_CHANNELS)
    return not_applicable(why, "%lld output channels leave most of a tile empty", (long long)g.co);
  return true;
}

launch *conv_product(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const conv_geometry g = conv_transpose_geometry(problem);
  const item_tile t = choose_tile(problem, &g, caps);
  const conv_packed packed = conv_transpose_pack(r, problem, caps, SIDE * t.channels, CONV_BY_ROW);
  launch *l = recipe_launch(r, "conv_transpose_tiles", "clup_conv_transpose_tiles");
  launch_define(r, l, "CHANNELS", t.channels);
  launch_define(r, l, "PIXELS", t.pixels);
  launch_define(r, l, "DEPTH", depth_of(&g));
  conv_transpose_common_args(r, l, problem, &packed);
  launch_i32(r, l, g.batch);
  for (int axis = 0; axis < CONV_AXES; axis++) launch_i32(r, l, conv_tap_step(&g, axis));
  launch_limit_registers(r, l, caps, REGISTERS);
  const int64_t tiles = (conv_positions(&g) + SIDE * t.pixels - 1) / (SIDE * t.pixels);
  launch_range(r, l, 3, (int64_t[3]){SIDE * tiles * conv_phases(&g), SIDE * g.groups * packed.blocks, 1},
               (size_t[3]){SIDE, SIDE, 1});
  return l;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  conv_product(problem, caps, r);
  return CLUP_OK;
}

const solver conv_transpose_tiles = {
    .name = "tiles", .applicable = conv_product_applies, .preferred = preferred, .configure = configure};

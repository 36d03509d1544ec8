/* NVIDIA's matrix units: the product of `tiles` for f16 and bf16, where CLUP_MATRIX_UNITS=1 asks for them. */
#include "../ops/conv_transpose.h"
#include "conv_transpose_tiles.h"

enum {
  ITEMS = 256,
  EXCHANGE_BYTES = 24 * ITEMS, /* of local memory, where it is only tried */
  WARPS_DOWN = 2,
  WARPS_ACROSS = 4,
  PART_CHANNELS = 16, /* of an instruction */
  PART_OUTPUTS = 8,
  MOST_PARTS = 4,
  MOST_PARTS_IN_C = 2, /* where it is only tried */
  DEPTH = 32,
  PITCH_MORE = 4, /* pairs of local memory for each channel and position, beside the step's */
  LEAST_CHANNELS = 16
};

/* Parts of a warp, down the channels and across the outputs, and the input channels of a step. */
typedef struct warp_tile {
  int64_t rows, columns, depth;
} warp_tile;

static warp_tile choose_tile(const conv_geometry *g, const device_caps *caps) {
  const int64_t most = caps->matrix_units == MATRIX_UNITS_IN_C ? MOST_PARTS_IN_C : MOST_PARTS;
  warp_tile t = {.rows = 1, .columns = most, .depth = g->ci < DEPTH ? DEPTH / 2 : DEPTH};
  while (t.rows < most && t.rows * PART_CHANNELS * WARPS_DOWN < g->co) t.rows *= 2;
  return t;
}

static int64_t block_of(warp_tile t) {
  return t.rows * PART_CHANNELS * WARPS_DOWN;
}

static int64_t outputs_of(warp_tile t) {
  return t.columns * PART_OUTPUTS * WARPS_ACROSS;
}

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  if (caps->matrix_units == MATRIX_UNITS_NONE)
    return not_applicable(why, "needs an NVIDIA GPU from compute capability 8 on, and CLUP_MATRIX_UNITS=1");
  const clup_dtype dtype = problem->input.dtype;
  if ((dtype != CLUP_F16 && dtype != CLUP_BF16) || problem->weight.dtype != dtype)
    return not_applicable(why, "an input of %s and weights of %s are not both f16 or both bf16", clup_dtype_name(dtype),
                          clup_dtype_name(problem->weight.dtype));
  if (!device_computes(problem, caps, why) || !conv_transpose_fits(problem, why)) return false;
  const conv_geometry g = conv_transpose_geometry(problem);
  const warp_tile t = choose_tile(&g, caps);
  const size_t of_parts = (size_t)((block_of(t) + outputs_of(t)) * (t.depth / 2 + PITCH_MORE) * 2) * sizeof(cl_uint);
  const size_t bytes = of_parts + (size_t)outputs_of(t) * (4 * sizeof(cl_int) + 2) + 3 * sizeof(cl_int) +
                       (caps->matrix_units == MATRIX_UNITS_IN_C ? EXCHANGE_BYTES : sizeof(cl_uint));
  if (!conv_counts_positions(&g, why)) return false;
  if (caps->max_work_group < ITEMS || caps->max_work_item[0] < ITEMS || caps->local_memory < bytes)
    return not_applicable(why, "needs work-groups of %d and %llu bytes of local memory, the device has %llu and %llu",
                          ITEMS, (unsigned long long)bytes, (unsigned long long)caps->max_work_group,
                          (unsigned long long)caps->local_memory);
  return true;
}

static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  (void)caps;
  const conv_geometry g = conv_transpose_geometry(problem);
  if (g.co < LEAST_CHANNELS || g.ci < LEAST_CHANNELS)
    return not_applicable(why, "%lld to %lld channels leave most of a tile empty", (long long)g.ci, (long long)g.co);
  return true;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const conv_geometry g = conv_transpose_geometry(problem);
  const warp_tile t = choose_tile(&g, caps);
  const conv_packed packed = conv_transpose_pack(r, problem, caps, block_of(t), CONV_BY_ROW);
  launch *l = recipe_launch(r, "conv_transpose_mma", "clup_conv_transpose_mma");
  launch_define(r, l, "MMA_ASM", caps->matrix_units == MATRIX_UNITS_NVIDIA);
  launch_define(r, l, "ROWS", t.rows);
  launch_define(r, l, "COLUMNS", t.columns);
  launch_define(r, l, "DEPTH", t.depth);
  conv_transpose_common_args(r, l, problem, &packed);
  launch_i32(r, l, g.batch);
  for (int axis = 0; axis < CONV_AXES; axis++) launch_i32(r, l, conv_tap_step(&g, axis));
  const int64_t tiles = divided_up(conv_positions(&g), outputs_of(t));
  launch_range(r, l, 3, (int64_t[3]){ITEMS * tiles * conv_phases(&g), g.groups * packed.blocks, 1},
               (size_t[3]){ITEMS, 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_mma = {
    .name = "mma", .applicable = applicable, .preferred = preferred, .configure = configure};

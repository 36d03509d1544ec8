/* CPUs: all x-phases of a row segment and a block of output channels in vector registers. */
#include "conv_transpose_rows.h"

enum {
  MAX_ACCUMULATORS = 24 /* vectors of 16 floats that stay in registers; beyond it they spill */
};

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  return conv_rows_apply(problem, caps, why);
}

/* Vectors of 4, 8 or 16 columns: the least padding, the wider the better. Half-filled registers cost half. */
static int64_t choose_width(int64_t columns) {
  int64_t best = 16, least = INT64_MAX;
  const int64_t widths[] = {16, 8, 4}, costs[] = {16, 8, 6};
  for (int i = 0; i < 3; i++) {
    int64_t cost = (columns + widths[i] - 1) / widths[i] * costs[i];
    if (cost < least) {
      least = cost;
      best = widths[i];
    }
  }
  return best;
}

/* Output channels per work-item: as many as registers hold, with the least rounding up of co. */
static int64_t choose_block(int64_t co, int64_t stride) {
  const int64_t sizes[] = {16, 12, 8, 6, 4, 3, 2, 1};
  int64_t best = 1, least = INT64_MAX;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    if (sizes[i] * stride > MAX_ACCUMULATORS && sizes[i] > 1) continue;
    /* A block costs its channels, and loads of inputs that weigh about as much as two of them. */
    int64_t cost = (co + sizes[i] - 1) / sizes[i] * (sizes[i] + 2);
    if (cost < least) {
      least = cost;
      best = sizes[i];
    }
  }
  return best;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  conv_geometry g = conv_transpose_geometry(problem);
  int64_t columns = conv_rows_columns(&g);
  int64_t width = choose_width(columns), block = choose_block(g.co, g.stride[AXIS_X]);
  int64_t segments = (columns + width - 1) / width;
  conv_packed packed = conv_transpose_pack(r, problem, caps, block);
  conv_rows rows = conv_rows_prepare(r, problem, caps, segments * width);
  launch *l = recipe_launch(r, "conv_transpose_phase", "clup_conv_transpose_phase");
  launch_define(r, l, "BLOCK", block);
  launch_define(r, l, "WIDTH", width);
  conv_rows_args(r, l, problem, &packed, &rows);
  launch_range(r, l, 3, (int64_t[3]){segments, g.out[AXIS_Z] * g.out[AXIS_Y], g.batch * g.groups * packed.blocks},
               (size_t[3]){1, 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_phase = {.name = "phase", .applicable = applicable, .configure = configure};

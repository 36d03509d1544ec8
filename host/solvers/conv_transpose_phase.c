/* CPUs: all x-phases of a row segment and a block of output channels in vector registers. */
#include "../ops/conv_transpose.h"
#include "solver_shared.h"

enum {
  MAX_STRIDE = 16,
  MAX_KERNEL = 64,      /* taps along x are unrolled */
  MAX_ACCUMULATORS = 24 /* vectors of 16 floats that stay in registers; beyond it they spill */
};

static int64_t floor_div(int64_t a, int64_t b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

/* Output x = stride*j + r reads input j + pad/stride + (r + pad%stride - kx*dilation)/stride for the kx that divide. */
typedef struct x_reach {
  int64_t columns;     /* j runs over [0, columns) */
  int64_t first, last; /* of the inputs read at j = 0, relative to it */
} x_reach;

static x_reach reach_of(const conv_geometry *g) {
  int64_t s = g->stride[1], d = g->dilation[1], whole = g->pad[1] / s, rest = g->pad[1] % s;
  x_reach reach = {.columns = (g->out[1] + s - 1) / s, .first = whole + floor_div(rest - (g->kernel[1] - 1) * d, s)};
  reach.last = whole + floor_div(s - 1 + rest, s);
  return reach;
}

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!caps->is_cpu) return not_applicable(why, "its register tiles are for CPUs, the device is none");
  if (!conv_transpose_fits(problem, why)) return false;
  conv_geometry g = conv_transpose_geometry(problem);
  if (g.stride[1] > MAX_STRIDE)
    return not_applicable(why, "stride[1]=%lld is above %d", (long long)g.stride[1], MAX_STRIDE);
  if (g.kernel[1] > MAX_KERNEL)
    return not_applicable(why, "kernel width %lld is above %d", (long long)g.kernel[1], MAX_KERNEL);
  if (problem->output.strides[3] != 1 && g.out[1] > 1)
    return not_applicable(why, "the output's x stride is %lld, not 1", (long long)problem->output.strides[3]);
  x_reach reach = reach_of(&g);
  if (reach.last - reach.first > 4 * g.in[1] + 256)
    return not_applicable(why, "taps reach over %lld inputs, rows have %lld", (long long)(reach.last - reach.first),
                          (long long)g.in[1]);
  return true;
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
  x_reach reach = reach_of(&g);
  int64_t width = choose_width(reach.columns), block = choose_block(g.co, g.stride[1]);
  int64_t segments = (reach.columns + width - 1) / width;
  conv_packed packed = conv_transpose_pack(r, problem, caps, block);

  /* Inputs that a row's work-items read: [first, end). Rows that do not have them all are padded with zeros. */
  int64_t end = segments * width + reach.last;
  bool padded = reach.first < 0 || end > g.in[1] || (problem->input.strides[3] != 1 && g.in[1] > 1);
  int64_t strides[4], planes = g.groups * g.ci, row = end - reach.first, workspace = 0;
  for (int i = 0; i < 4; i++) strides[i] = stride_of(&problem->input, i);
  if (padded) {
    row = (row + 15) / 16 * 16;
    strides[3] = 1;
    strides[2] = row;
    strides[1] = row * g.in[0];
    strides[0] = strides[1] * planes;
    workspace = recipe_workspace(r, strides[0] * g.batch, sizeof(float));
    r->index64 = r->index64 || strides[0] * g.batch > caps->index32_limit;
    launch *pad = recipe_launch(r, "conv_transpose_pad", "clup_conv_transpose_pad");
    launch_buffer(r, pad, ARG_INPUT, 0, sizeof(float));
    launch_buffer(r, pad, ARG_WORKSPACE, workspace, sizeof(float));
    for (int i = 0; i < 4; i++) launch_i64(r, pad, stride_of(&problem->input, i));
    launch_i32(r, pad, planes);
    launch_i32(r, pad, g.in[1]);
    launch_i32(r, pad, row);
    launch_i32(r, pad, reach.first);
    launch_range(r, pad, 2, (int64_t[3]){g.in[0], planes * g.batch, 1}, (size_t[3]){1, 1, 0});
  }

  launch *l = recipe_launch(r, "conv_transpose_phase", "clup_conv_transpose_phase");
  launch_define(r, l, "STRIDE", g.stride[1]);
  launch_define(r, l, "KERNEL", g.kernel[1]);
  launch_define(r, l, "DILATION", g.dilation[1]);
  launch_define(r, l, "PHASE", g.pad[1] % g.stride[1]);
  launch_define(r, l, "BLOCK", block);
  launch_define(r, l, "WIDTH", width);
  launch_buffer(r, l, padded ? ARG_WORKSPACE : ARG_INPUT, workspace, sizeof(float));
  launch_buffer(r, l, ARG_OUTPUT, 0, sizeof(float));
  launch_buffer(r, l, ARG_PACKED, packed.weight, sizeof(float));
  launch_buffer(r, l, ARG_PACKED, packed.bias, sizeof(float));
  for (int i = 0; i < 3; i++) launch_index(r, l, strides[i]);
  for (int i = 0; i < 3; i++) launch_index(r, l, stride_of(&problem->output, i));
  /* A padded row begins with the input `first`. */
  launch_i32(r, l, g.pad[1] / g.stride[1] - (padded ? reach.first : 0));
  launch_i32(r, l, g.ci);
  launch_i32(r, l, g.co);
  launch_i32(r, l, g.groups);
  launch_i32(r, l, packed.blocks);
  launch_i32(r, l, g.in[0]);
  launch_i32(r, l, g.out[1]);
  launch_i32(r, l, g.kernel[0]);
  launch_i32(r, l, g.stride[0]);
  launch_i32(r, l, g.pad[0]);
  launch_i32(r, l, g.dilation[0]);
  int64_t global[3] = {segments, g.out[0], g.batch * g.groups * packed.blocks};
  launch_range(r, l, 3, global, (size_t[3]){1, 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_phase = {"phase", applicable, configure};

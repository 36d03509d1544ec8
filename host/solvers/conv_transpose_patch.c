/* GPUs, few channels: a patch of inputs in registers makes a block of all phases of some channels. */
#include "../ops/conv_transpose.h"

enum {
  ITEMS = 128,
  MAX_SUMS = 32,     /* in registers, per work-item, where that can be */
  MOST_SUMS = 64,    /* where it cannot */
  MAX_BODY = 1024,   /* multiply-adds of an input channel, all written out */
  MAX_SUMS_CPU = 16, /* where it is only tried: compilers for CPUs take long over work-items with many */
  MAX_BODY_CPU = 128,
  MAX_INPUTS = 96, /* of the patch, in registers; half of f64 */
  MAX_ROWS = 4,
  MAX_DEPTH = 16,
  TAPS_BYTES = 16 << 10, /* of local memory for weights, about */
  LEAST_CHANNELS = 8     /* from which on `tiles` is full */
};

/* What a work-item makes: rows x phases_y x stride_x outputs of each of `channels`; depth: input channels in local
 * memory. */
typedef struct patch_tile {
  int64_t phases_y, channels, rows, depth;
  int64_t body; /* multiply-adds of an input channel */
  int64_t sums, inputs;
  size_t bytes; /* of local memory */
} patch_tile;

static int64_t most_inputs(const clup_problem *problem) {
  return problem->input.dtype == CLUP_F64 ? MAX_INPUTS / 2 : MAX_INPUTS;
}

static patch_tile choose_tile(const clup_problem *problem, const conv_geometry *g, const device_caps *caps) {
  const int64_t most = caps->is_cpu ? MAX_SUMS_CPU : MAX_SUMS, body = caps->is_cpu ? MAX_BODY_CPU : MAX_BODY;
  const int64_t sy = g->stride[AXIS_Y], sx = g->stride[AXIS_X], ky = g->kernel[AXIS_Y], kx = g->kernel[AXIS_X];
  patch_tile t = {.phases_y = sy, .channels = 1, .rows = 1};
  if (ky % sy == 0)
    while (t.phases_y > 1 && (t.phases_y * sx > most || sy % t.phases_y)) t.phases_y--;
  const int64_t lines = ky % sy == 0 ? ky / sy * t.phases_y : ky, area = t.phases_y * sx, taps = lines * kx;
  int64_t channels = most / area < body / taps ? most / area : body / taps;
  if (channels > 1) t.channels = divided_up(g->co, divided_up(g->co, channels));
  const int64_t taps_y = divided_up(ky, sy), taps_x = divided_up(kx, sx), inputs = most_inputs(problem);
  while (t.rows < MAX_ROWS && (taps_y + 2 * t.rows - 1) * taps_x <= inputs && 2 * t.rows * t.channels * area <= most &&
         2 * t.rows * t.channels * taps <= body)
    t.rows *= 2;
  t.inputs = (taps_y + t.rows - 1) * taps_x;
  t.sums = t.rows * t.channels * area;
  t.body = t.rows * t.channels * taps;
  const size_t of_channel = (size_t)(lines * divided_up(kx * t.channels, 4) * 4) * real_size(problem->input.dtype);
  t.depth = (int64_t)(TAPS_BYTES / of_channel);
  t.depth = t.depth > MAX_DEPTH ? MAX_DEPTH : t.depth < 1 ? 1 : t.depth;
  t.bytes = (size_t)t.depth * of_channel;
  return t;
}

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!device_computes(problem, caps, why) || !conv_transpose_fits(problem, why)) return false;
  const conv_geometry g = conv_transpose_geometry(problem);
  const int64_t most = caps->is_cpu ? MAX_SUMS_CPU : MOST_SUMS, body = caps->is_cpu ? MAX_BODY_CPU : MAX_BODY;
  for (int axis = AXIS_Y; axis <= AXIS_X; axis++)
    if (g.dilation[axis] > 1 && g.kernel[axis] > 1)
      return not_applicable(why, "dilation %lld is not 1", (long long)g.dilation[axis]);
  if (g.stride[AXIS_Y] > MOST_SUMS || g.stride[AXIS_X] > MOST_SUMS || g.kernel[AXIS_Y] > MAX_BODY ||
      g.kernel[AXIS_X] > MAX_BODY)
    return not_applicable(why, "stride %lldx%lld or kernel %lldx%lld is too large for registers",
                          (long long)g.stride[AXIS_Y], (long long)g.stride[AXIS_X], (long long)g.kernel[AXIS_Y],
                          (long long)g.kernel[AXIS_X]);
  const patch_tile t = choose_tile(problem, &g, caps);
  if (t.sums > most || t.body > body || t.inputs > most_inputs(problem))
    return not_applicable(why, "%lld sums, %lld products and %lld inputs a work-item are above %lld, %lld and %lld",
                          (long long)t.sums, (long long)t.body, (long long)t.inputs, (long long)most, (long long)body,
                          (long long)most_inputs(problem));
  const int64_t rows = divided_up(conv_count_q(&g, AXIS_Y), t.rows), columns = conv_count_q(&g, AXIS_X);
  if (rows > INT32_MAX / 2 / columns || g.batch > INT32_MAX / 2 / (rows * columns))
    return not_applicable(why, "%lld x %lld x %lld blocks of outputs are above %d", (long long)g.batch, (long long)rows,
                          (long long)columns, INT32_MAX / 2);
  if (caps->local_memory < t.bytes)
    return not_applicable(why, "needs %llu bytes of local memory, the device has %llu", (unsigned long long)t.bytes,
                          (unsigned long long)caps->local_memory);
  return true;
}

static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  const conv_geometry g = conv_transpose_geometry(problem);
  if (caps->is_cpu) return not_applicable(why, "its many work-items are for GPUs");
  if (g.co >= LEAST_CHANNELS && g.ci >= LEAST_CHANNELS)
    return not_applicable(why, "%lld to %lld channels fill a matrix product's tiles", (long long)g.ci, (long long)g.co);
  return true;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const conv_geometry g = conv_transpose_geometry(problem);
  const patch_tile t = choose_tile(problem, &g, caps);
  const conv_packed packed = conv_transpose_pack(r, problem, caps, t.channels, CONV_BY_CHANNEL);
  launch *l = recipe_launch(r, "conv_transpose_patch", "clup_conv_transpose_patch");
  conv_plane_defines(r, l, &g);
  launch_define(r, l, "PHASES_Y", t.phases_y);
  launch_define(r, l, "CHANNELS", t.channels);
  launch_define(r, l, "ROWS", t.rows);
  launch_define(r, l, "DEPTH", t.depth);
  const int64_t rows = divided_up(conv_count_q(&g, AXIS_Y), t.rows), columns = conv_count_q(&g, AXIS_X);
  conv_tensor_args(r, l, problem, &packed);
  launch_i32(r, l, g.groups * g.co);
  launch_i32(r, l, g.ci);
  launch_i32(r, l, g.co);
  conv_axes_args(r, l, g.in, CONV_AXES);
  conv_axes_args(r, l, g.pad, CONV_AXES);
  conv_axes_args(r, l, g.out + AXIS_Y, 2);
  launch_i32(r, l, g.kernel[AXIS_Z]);
  launch_i32(r, l, g.stride[AXIS_Z]);
  launch_i32(r, l, g.dilation[AXIS_Z]);
  launch_i32(r, l, conv_tap_step(&g, AXIS_Z));
  launch_i32(r, l, g.batch);
  launch_i32(r, l, rows);
  launch_i32(r, l, columns);
  launch_i32(r, l, conv_first_q(&g, AXIS_Y));
  launch_i32(r, l, conv_first_q(&g, AXIS_X));
  conv_transpose_epilogue(r, l, problem);
  const int64_t parts = g.groups * packed.blocks * (g.stride[AXIS_Y] / t.phases_y);
  launch_range(r, l, 3, (int64_t[3]){g.batch * rows * columns, parts, g.out[AXIS_Z]},
               (size_t[3]){launch_items(caps, caps->is_cpu ? 16 : ITEMS), 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_patch = {
    .name = "patch", .applicable = applicable, .preferred = preferred, .configure = configure};

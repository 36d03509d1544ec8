/* GPUs, groups of one input channel: a work-item goes down a column of the output with its phase's taps in registers.
 */
#include "../ops/conv_transpose.h"

enum {
  ITEMS = 64,
  MAX_TAPS = 32, /* of a phase, in registers; as many inputs beside them */
  MAX_SIDE = 256,
  ROWS_EACH = 16, /* of a phase; the first ones' inputs are read again by the next work-item */
};

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!device_computes(problem, caps, why) || !conv_transpose_fits(problem, why)) return false;
  const conv_geometry g = conv_transpose_geometry(problem);
  const int64_t *s = g.stride, *k = g.kernel;
  if (g.ci != 1) return not_applicable(why, "a group has %lld input channels, not 1", (long long)g.ci);
  if (!conv_is_plain_plane(&g, why)) return false;
  if (s[AXIS_Y] > MAX_SIDE || s[AXIS_X] > MAX_SIDE || k[AXIS_Y] > MAX_SIDE || k[AXIS_X] > MAX_SIDE ||
      divided_up(k[AXIS_Y], s[AXIS_Y]) * divided_up(k[AXIS_X], s[AXIS_X]) > MAX_TAPS)
    return not_applicable(
        why, "kernel %lldx%lld with stride %lldx%lld has more than %d taps of a phase, or a side above %d",
        (long long)k[AXIS_Y], (long long)k[AXIS_X], (long long)s[AXIS_Y], (long long)s[AXIS_X], MAX_TAPS, MAX_SIDE);
  return true;
}

static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  (void)problem;
  return caps->is_cpu ? not_applicable(why, "its many work-items are for GPUs") : true;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const conv_geometry g = conv_transpose_geometry(problem);
  const conv_packed packed = conv_transpose_pack(r, problem, caps, 1, CONV_BY_ROW);
  launch *l = recipe_launch(r, "conv_transpose_depthwise_columns", "clup_conv_transpose_depthwise_columns");
  conv_plane_defines(r, l, &g);
  conv_buffer_args(r, l, problem, &packed);
  conv_plane_strides(r, l, g.x_strides);
  conv_plane_strides(r, l, g.y_strides);
  const int64_t channels = g.groups * g.co, rows = conv_count_q(&g, AXIS_Y);
  launch_i32(r, l, channels);
  launch_i32(r, l, g.co);
  conv_axes_args(r, l, g.in + AXIS_Y, 2);
  conv_axes_args(r, l, g.out + AXIS_Y, 2);
  conv_axes_args(r, l, g.pad + AXIS_Y, 2);
  launch_i32(r, l, conv_first_q(&g, AXIS_Y));
  launch_i32(r, l, rows);
  launch_i32(r, l, ROWS_EACH);
  conv_transpose_epilogue(r, l, problem);
  const int64_t global[3] = {g.out[AXIS_X], g.stride[AXIS_Y] * divided_up(rows, ROWS_EACH), g.batch * channels};
  launch_range(r, l, 3, global, (size_t[3]){launch_items(caps, caps->is_cpu ? 16 : ITEMS), 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_depthwise_columns = {
    .name = "depthwise_columns", .applicable = applicable, .preferred = preferred, .configure = configure};

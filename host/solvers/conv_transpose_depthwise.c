/* CPUs, groups of one input channel: vectors over the columns of the output. */
#include "../ops/conv_transpose.h"
#include "solver_shared.h"

enum {
  MAX_STRIDE = 32,
  MAX_KERNEL = 64,
  MAX_TAPS_BYTES = 32 << 10, /* that a work-item keeps of the weights */
  CHUNK_OUTPUTS = 512,       /* about; what is live then fits the first-level cache */
  LEAST_ROWS = 8,            /* strides of them: the input rows that two blocks share are spread twice */
  ITEMS_PER_UNIT = 32
};

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!caps->is_cpu) return not_applicable(why, "its long vectors are for CPUs, the device is none");
  if (problem->input.dtype == CLUP_F64) return not_applicable(why, "its vectors are of floats, the problem is in f64");
  if (!conv_transpose_fits(problem, why)) return false;
  const conv_geometry g = conv_transpose_geometry(problem);
  const int64_t *s = g.stride, *k = g.kernel;
  if (g.ci != 1) return not_applicable(why, "a group has %lld input channels, not 1", (long long)g.ci);
  if (!conv_is_plain_plane(&g, why)) return false;
  if (g.y_strides[2 + AXIS_X] > 1)
    return not_applicable(why, "the output's x stride is %lld, not 1", (long long)g.y_strides[2 + AXIS_X]);
  if (s[AXIS_X] > MAX_STRIDE || s[AXIS_Y] > MAX_STRIDE || k[AXIS_X] > MAX_KERNEL || k[AXIS_Y] > MAX_KERNEL)
    return not_applicable(why, "stride %lldx%lld is above %d, or kernel %lldx%lld above %d", (long long)s[AXIS_Y],
                          (long long)s[AXIS_X], MAX_STRIDE, (long long)k[AXIS_Y], (long long)k[AXIS_X], MAX_KERNEL);
  if (k[AXIS_X] % s[AXIS_X])
    return not_applicable(why, "kernel width %lld is not a multiple of stride %lld", (long long)k[AXIS_X],
                          (long long)s[AXIS_X]);
  if (k[AXIS_Y] * (k[AXIS_X] / s[AXIS_X]) * (s[AXIS_X] + 16) * (int64_t)sizeof(float) > MAX_TAPS_BYTES)
    return not_applicable(why, "%lld x %lld taps are too many to be kept beside the rows", (long long)k[AXIS_Y],
                          (long long)k[AXIS_X]);
  return true;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const conv_geometry g = conv_transpose_geometry(problem);
  const int64_t step = 16 * g.stride[AXIS_X], channels = g.groups * g.co, planes = g.batch * channels;
  const int64_t chunk = step * (step < CHUNK_OUTPUTS ? CHUNK_OUTPUTS / step : 1);
  const int64_t chunks = (g.out[AXIS_X] + chunk - 1) / chunk;
  const int64_t blocks = ((int64_t)caps->compute_units * ITEMS_PER_UNIT + planes * chunks - 1) / (planes * chunks);
  int64_t rows_each = (g.out[AXIS_Y] + blocks - 1) / blocks;
  if (rows_each < LEAST_ROWS * g.stride[AXIS_Y]) rows_each = LEAST_ROWS * g.stride[AXIS_Y];
  const conv_packed packed = conv_transpose_pack(r, problem, caps, 1, CONV_BY_ROW);
  launch *l = recipe_launch(r, "conv_transpose_depthwise", "clup_conv_transpose_depthwise");
  conv_plane_defines(r, l, &g);
  launch_define(r, l, "PHASE_X", conv_phase(&g, AXIS_X));
  launch_define(r, l, "CHUNK", chunk);
  launch_define(r, l, "STREAM", problem->output.dtype == CLUP_F32 && goes_past_caches(&problem->output));
  conv_plane_args(r, l, problem, &packed);
  launch_i32(r, l, g.co);
  launch_i32(r, l, channels);
  conv_axes_args(r, l, g.in + AXIS_Y, 2);
  conv_axes_args(r, l, g.out + AXIS_Y, 2);
  conv_axes_args(r, l, g.pad + AXIS_Y, 2);
  launch_i32(r, l, rows_each);
  conv_transpose_epilogue(r, l, problem);
  launch_range(r, l, 3, (int64_t[3]){chunks, (g.out[AXIS_Y] + rows_each - 1) / rows_each, planes},
               (size_t[3]){1, 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_depthwise = {.name = "depthwise", .applicable = applicable, .configure = configure};

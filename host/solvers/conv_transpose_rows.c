#include "conv_transpose_rows.h"

#include "../log.h"

enum {
  MAX_STRIDE = 16,
  MAX_KERNEL = 64,  /* taps along x are unrolled */
  PAD_CHANNELS = 8, /* per work-item of conv_transpose_pad */
  MANY_CHANNELS = 8 /* from here on pieces side by side are worth a copy */
};

/* Inputs read at j = 0, relative to it: the first and the last. */
static int64_t first_read(const conv_geometry *g) {
  return floor_div(g->pad[AXIS_X] - (g->kernel[AXIS_X] - 1) * g->dilation[AXIS_X], g->stride[AXIS_X]);
}

static int64_t last_read(const conv_geometry *g) {
  return floor_div(g->stride[AXIS_X] - 1 + g->pad[AXIS_X], g->stride[AXIS_X]);
}

/* The input that output 0 reads at tap offset 0, and what is left of the padding then, 0 or more. */
static int64_t origin(const conv_geometry *g) {
  return floor_div(g->pad[AXIS_X], g->stride[AXIS_X]);
}

static int64_t phase(const conv_geometry *g) {
  return g->pad[AXIS_X] - origin(g) * g->stride[AXIS_X];
}

int64_t conv_rows_columns(const conv_geometry *g) {
  return (g->out[AXIS_X] + g->stride[AXIS_X] - 1) / g->stride[AXIS_X];
}

/* Between what CPUs with full 16-lane units lose by a narrow vector (all the rest), and those without (nothing). */
double conv_rows_lanes(int64_t width, const device_caps *caps) {
  if (!caps->has_wide_vectors) return width > 4 ? (double)width : 6;
  return width == 16 ? 16 : width == 8 ? 13 : 10;
}

bool conv_rows_apply(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!conv_tiles_apply(problem, caps, why)) return false;
  conv_geometry g = conv_transpose_geometry(problem);
  if (g.stride[AXIS_X] > MAX_STRIDE)
    return not_applicable(why, "stride[1]=%lld is above %d", (long long)g.stride[AXIS_X], MAX_STRIDE);
  if (g.kernel[AXIS_X] > MAX_KERNEL)
    return not_applicable(why, "kernel width %lld is above %d", (long long)g.kernel[AXIS_X], MAX_KERNEL);
  /* Padding must not outgrow the input. */
  int64_t reach = conv_rows_columns(&g) + last_read(&g) - first_read(&g);
  if (reach > 5 * g.in[AXIS_X] + 256)
    return not_applicable(why, "outputs reach over %lld inputs, rows have %lld", (long long)reach,
                          (long long)g.in[AXIS_X]);
  return true;
}

conv_rows conv_rows_prepare(recipe *r, const clup_problem *problem, const device_caps *caps, int64_t segments,
                            int64_t columns) {
  conv_geometry g = conv_transpose_geometry(problem);
  int64_t first = first_read(&g), end = segments * columns + last_read(&g), planes = g.groups * g.ci;
  conv_rows rows = {.role = ARG_INPUT, .segment = columns, .shift = origin(&g)};
  for (int i = 0; i < 4; i++) rows.strides[i] = g.x_strides[i];
  bool inside = first >= 0 && end <= g.in[AXIS_X] && (g.x_strides[4] == 1 || g.in[AXIS_X] == 1);
  if (inside && g.ci < MANY_CHANNELS && problem->input.dtype == CLUP_F32) return rows;

  /* A segment's pieces of all channels lie side by side: a tile that walks the channels walks through memory. */
  int64_t piece = columns + last_read(&g) - first;
  rows.role = ARG_WORKSPACE;
  rows.shift -= first; /* a piece begins with the input `first` of its segment */
  rows.strides[1] = piece;
  rows.segment = piece * planes;
  rows.strides[3] = rows.segment * segments;
  rows.strides[2] = rows.strides[3] * g.in[AXIS_Y];
  rows.strides[0] = rows.strides[2] * g.in[AXIS_Z];
  int64_t total = rows.strides[0] * g.batch;
  rows.offset = recipe_workspace(r, total, sizeof(float));
  r->index64 = r->index64 || total > caps->index32_limit;
  log_line(LOG_DISPATCH, "conv_transpose: copies the input: %lld bytes of workspace",
           (long long)total * (long long)sizeof(float));
  launch *pad = recipe_launch(r, "conv_transpose_pad", "clup_conv_transpose_pad");
  launch_define(r, pad, "DTYPE", problem->input.dtype);
  launch_buffer(r, pad, ARG_INPUT, 0, clup_dtype_size(problem->input.dtype));
  launch_buffer(r, pad, ARG_WORKSPACE, rows.offset, sizeof(float));
  for (int i = 0; i < 2 + CONV_AXES; i++) launch_i64(r, pad, g.x_strides[i]);
  launch_i32(r, pad, planes);
  launch_i32(r, pad, g.in[AXIS_Y]);
  launch_i32(r, pad, g.in[AXIS_X]);
  launch_i32(r, pad, first);
  launch_i32(r, pad, segments);
  launch_i32(r, pad, columns);
  launch_i32(r, pad, piece);
  int64_t global[3] = {g.in[AXIS_Z] * g.in[AXIS_Y], (planes + PAD_CHANNELS - 1) / PAD_CHANNELS, g.batch};
  launch_range(r, pad, 3, global, (size_t[3]){1, 1, 1});
  return rows;
}

void conv_rows_args(recipe *r, launch *l, const clup_problem *problem, const conv_packed *packed,
                    const conv_rows *rows) {
  conv_geometry g = conv_transpose_geometry(problem);
  launch_define(r, l, "STRIDE", g.stride[AXIS_X]);
  launch_define(r, l, "KERNEL", g.kernel[AXIS_X]);
  launch_define(r, l, "DILATION", g.dilation[AXIS_X]);
  launch_define(r, l, "PHASE", phase(&g));
  launch_buffer(r, l, rows->role, rows->offset, sizeof(float));
  launch_buffer(r, l, ARG_OUTPUT, 0, clup_dtype_size(problem->output.dtype));
  launch_buffer(r, l, ARG_PACKED, packed->weight, sizeof(float));
  launch_buffer(r, l, ARG_PACKED, packed->bias, sizeof(float));
  launch_buffer(r, l, ARG_PACKED, packed->special, sizeof(int32_t));
  for (int i = 0; i < 4; i++) launch_index(r, l, rows->strides[i]);
  launch_index(r, l, rows->segment);
  for (int i = 0; i < 2 + CONV_AXES; i++) launch_index(r, l, g.y_strides[i]);
  launch_i32(r, l, rows->shift);
  launch_i32(r, l, origin(&g));
  launch_i32(r, l, g.batch);
  launch_i32(r, l, g.ci);
  launch_i32(r, l, g.co);
  launch_i32(r, l, g.groups);
  launch_i32(r, l, packed->blocks);
  conv_axes_args(r, l, g.in, 3);
  conv_axes_args(r, l, g.out, 3);
  conv_axes_args(r, l, g.kernel, 2);
  conv_axes_args(r, l, g.stride, 2);
  conv_axes_args(r, l, g.pad, 2);
  conv_axes_args(r, l, g.dilation, 2);
  conv_transpose_epilogue(r, l, problem);
}

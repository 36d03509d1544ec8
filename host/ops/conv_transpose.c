#include "conv_transpose.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "../solvers/solver_shared.h"
#include "../tensor.h"

#define OP "conv_transpose"

static const clup_conv_transpose_params default_params = CLUP_CONV_TRANSPOSE_PARAMS_INIT;

/* ---- checks */

static clup_status check_least(const char *name, const int64_t *values, int axes, int64_t least) {
  for (int i = 0; i < axes; i++)
    if (values[i] < least)
      return clup_fail(CLUP_INVALID_ARGUMENT, OP ": %s[%d]=%lld must be at least %lld", name, i, (long long)values[i],
                       (long long)least);
  return CLUP_OK;
}

static bool any(const int64_t *values, int axes) {
  for (int i = 0; i < axes; i++)
    if (values[i]) return true;
  return false;
}

static const char *const auto_pads[] = {"notset", "valid", "same_upper", "same_lower", NULL};

/* Padding is given in one way: by padding and padding_end, by auto_pad, or by output_shape. */
static clup_status check_automatic(const clup_conv_transpose_params *p, int axes) {
  if (p->auto_pad < CLUP_NOTSET || p->auto_pad > CLUP_SAME_LOWER)
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": auto_pad %d is none of clup's", (int)p->auto_pad);
  const bool shaped = any(p->output_shape, axes);
  if (!shaped && p->auto_pad == CLUP_NOTSET) return CLUP_OK;
  char cause[40];
  snprintf(cause, sizeof cause, shaped ? "output_shape" : "auto_pad=%s", auto_pads[p->auto_pad]);
  if (any(p->output_size, axes))
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": output_size does not go with %s: both set the output's size", cause);
  for (int i = 0; i < axes; i++) {
    if (shaped && p->output_shape[i] < 1)
      return clup_fail(CLUP_INVALID_ARGUMENT, OP ": output_shape[%d]=%lld must be at least 1", i,
                       (long long)p->output_shape[i]);
    if (p->padding[i] || p->padding_end[i] > 0)
      return clup_fail(CLUP_INVALID_ARGUMENT, OP ": %s[%d]=%lld does not go with %s, from which the padding follows",
                       p->padding[i] ? "padding" : "padding_end", i,
                       (long long)(p->padding[i] ? p->padding[i] : p->padding_end[i]), cause);
  }
  return CLUP_OK;
}

static clup_status check_activation(const clup_conv_transpose_params *p) {
  if (p->activation < CLUP_ACTIVATION_NONE || p->activation > CLUP_PRELU)
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": activation %d is none of clup's", (int)p->activation);
  if (p->activation == CLUP_LEAKY_RELU && !isfinite(p->alpha))
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": leaky-relu: alpha=%g must be finite", p->alpha);
  if (p->activation == CLUP_CLAMP && !(p->alpha <= p->beta))
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": clamp: alpha=%g must not be above beta=%g", p->alpha, p->beta);
  if (p->activation != CLUP_PRELU && p->slopes)
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": slopes=%lld is for activation prelu alone", (long long)p->slopes);
  return CLUP_OK;
}

static clup_status check_params(const clup_conv_transpose_params *p, int axes) {
  CLUP_TRY(check_least("stride", p->stride, axes, 1));
  CLUP_TRY(check_least("padding", p->padding, axes, 0));
  CLUP_TRY(check_least("padding_end", p->padding_end, axes, CLUP_SAME_PADDING));
  CLUP_TRY(check_least("output_padding", p->output_padding, axes, 0));
  CLUP_TRY(check_least("dilation", p->dilation, axes, 1));
  if (p->groups < 1)
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": groups=%lld must be at least 1", (long long)p->groups);
  for (int i = 0; i < axes; i++)
    if (p->output_padding[i] >= p->stride[i] && p->output_padding[i] >= p->dilation[i])
      return clup_fail(CLUP_INVALID_ARGUMENT,
                       OP ": output_padding[%d]=%lld must be smaller than stride[%d]=%lld or dilation[%d]=%lld", i,
                       (long long)p->output_padding[i], i, (long long)p->stride[i], i, (long long)p->dilation[i]);
  CLUP_TRY(check_automatic(p, axes));
  return check_activation(p);
}

/* D, D and D, or weights in f32 beside f16 and bf16. */
static clup_status check_dtypes(clup_dtype x, clup_dtype w, const clup_tensor *bias) {
  if (x != CLUP_F32 && x != CLUP_F64 && x != CLUP_F16 && x != CLUP_BF16)
    return clup_fail(CLUP_UNSUPPORTED, OP ": dtype %s: only f32, f64, f16 and bf16 are supported", clup_dtype_name(x));
  const bool small = x == CLUP_F16 || x == CLUP_BF16;
  if (w != x && !(small && w == CLUP_F32))
    return clup_fail(CLUP_UNSUPPORTED, OP ": weight: dtype %s, but with an input of %s it must be %s%s",
                     clup_dtype_name(w), clup_dtype_name(x), clup_dtype_name(x), small ? " or f32" : "");
  if (bias->rank && bias->dtype != w)
    return clup_fail(CLUP_UNSUPPORTED, OP ": bias: dtype %s, but the weight's is %s", clup_dtype_name(bias->dtype),
                     clup_dtype_name(w));
  return CLUP_OK;
}

static clup_status check_tensors(const clup_tensor *x, const clup_tensor *w, const clup_tensor *b, int64_t groups) {
  char text[TENSOR_TEXT];
  if (w->rank < 3 || w->rank > 5)
    return clup_fail(CLUP_INVALID_SHAPE, OP ": weight: rank %d, but (C_in, C_out/groups, [[KD,] KH,] KW) has 3 to 5",
                     w->rank);
  if (x->rank != w->rank && x->rank != w->rank - 1)
    return clup_fail(CLUP_INVALID_SHAPE,
                     OP ": input: rank %d, but with a weight of rank %d it must be %d (N, C, ...) or %d (C, ...)",
                     x->rank, w->rank, w->rank, w->rank - 1);
  CLUP_TRY(check_dtypes(x->dtype, w->dtype, b));
  int channel_axis = x->rank == w->rank ? 1 : 0;
  for (int i = channel_axis; i < x->rank; i++)
    if (!x->dims[i])
      return clup_fail(CLUP_INVALID_SHAPE, OP ": input: %s has no elements on axis %d", tensor_dims_text(x, text), i);
  for (int i = 0; i < w->rank; i++)
    if (!w->dims[i])
      return clup_fail(CLUP_INVALID_SHAPE, OP ": weight: %s has no elements on axis %d", tensor_dims_text(w, text), i);
  if (w->dims[0] != x->dims[channel_axis])
    return clup_fail(CLUP_INVALID_SHAPE, OP ": weight is for %lld input channels, but the input has %lld",
                     (long long)w->dims[0], (long long)x->dims[channel_axis]);
  if (x->dims[channel_axis] % groups)
    return clup_fail(CLUP_INVALID_SHAPE, OP ": groups=%lld does not divide the %lld input channels", (long long)groups,
                     (long long)x->dims[channel_axis]);
  int64_t channels;
  if (!size_mul(w->dims[1], groups, &channels))
    return clup_fail(CLUP_INVALID_SHAPE, OP ": %lld x %lld output channels overflow", (long long)w->dims[1],
                     (long long)groups);
  if (!b->rank) return CLUP_OK;
  if (b->rank != 1 || b->dims[0] != channels)
    return clup_fail(CLUP_INVALID_SHAPE, OP ": bias: shape %s, but there are %lld output channels",
                     tensor_dims_text(b, text), (long long)channels);
  return CLUP_OK;
}

/* ---- shape */

static int64_t padding_end(const clup_conv_transpose_params *p, int i) {
  return p->padding_end[i] == CLUP_SAME_PADDING ? p->padding[i] : p->padding_end[i];
}

/* What the size is with padding and output_padding 0, which the checks below subtract from without overflow. */
static clup_status whole_size(const clup_conv_transpose_params *p, int64_t in, int64_t kernel, int i, int64_t *out) {
  int64_t reach, taps, both;
  if (!size_mul(in - 1, p->stride[i], &reach) || !size_mul(kernel - 1, p->dilation[i], &taps) ||
      !size_add(p->padding[i], padding_end(p, i), &both) || !size_add(reach, taps, &reach) ||
      !size_add(reach, 1, &reach) || reach > INT64_MAX / 4 || both > INT64_MAX / 4 ||
      p->output_padding[i] > INT64_MAX / 4 || p->output_shape[i] > INT64_MAX / 4)
    return clup_fail(CLUP_INVALID_SHAPE,
                     OP ": axis %d: input %lld, stride %lld, kernel %lld, dilation %lld, padding %lld overflow", i,
                     (long long)in, (long long)p->stride[i], (long long)kernel, (long long)p->dilation[i],
                     (long long)p->padding[i]);
  *out = reach;
  return CLUP_OK;
}

static clup_status output_size(const clup_conv_transpose_params *p, const clup_tensor *x, const clup_tensor *w, int i,
                               int64_t *out) {
  int64_t whole = 0, axes = w->rank - 2, in = x->dims[x->rank - axes + i], kernel = w->dims[2 + i];
  CLUP_TRY(whole_size(p, in, kernel, i, &whole));
  if (any(p->output_shape, (int)axes)) {
    *out = p->output_shape[i];
    return CLUP_OK;
  }
  if (p->auto_pad == CLUP_SAME_UPPER || p->auto_pad == CLUP_SAME_LOWER) {
    if (!size_mul(in, p->stride[i], out))
      return clup_fail(CLUP_INVALID_SHAPE, OP ": axis %d: %lld x stride %lld overflow", i, (long long)in,
                       (long long)p->stride[i]);
    return CLUP_OK;
  }
  const bool given = any(p->output_size, (int)axes);
  const int64_t least = whole - p->padding[i] - padding_end(p, i);
  /* torch's rule: output_padding would reach further than stride when dilation is larger, output_size does not. */
  if (given && (p->output_size[i] < least || p->output_size[i] - least >= p->stride[i]))
    return clup_fail(CLUP_INVALID_SHAPE, OP ": output_size[%d]=%lld is not within %lld..%lld (input %lld, stride %lld)",
                     i, (long long)p->output_size[i], (long long)least, (long long)(least + p->stride[i] - 1),
                     (long long)in, (long long)p->stride[i]);
  int64_t size = given ? p->output_size[i] : least + p->output_padding[i];
  if (size < 1)
    return clup_fail(
        CLUP_INVALID_SHAPE,
        OP ": output size %lld on axis %d: (%lld-1)*%lld - %lld - %lld + %lld*(%lld-1) + %lld + 1 is below 1",
        (long long)size, i, (long long)in, (long long)p->stride[i], (long long)p->padding[i],
        (long long)padding_end(p, i), (long long)p->dilation[i], (long long)kernel, (long long)(size - least));
  *out = size;
  return CLUP_OK;
}

/* The padding at the beginning of an axis that the solvers go by; negative where the output begins with nothing but
 * bias. What is at the end follows from the output's size. */
static int64_t padding_begin(const clup_conv_transpose_params *p, int i, int axes, int64_t in, int64_t kernel,
                             int64_t out) {
  const bool same = p->auto_pad == CLUP_SAME_UPPER || p->auto_pad == CLUP_SAME_LOWER;
  if (!same && !any(p->output_shape, axes)) return p->padding[i];
  const int64_t total = (in - 1) * p->stride[i] + p->output_padding[i] + p->dilation[i] * (kernel - 1) + 1 - out;
  const int64_t half = floor_div(total, 2);
  return p->auto_pad == CLUP_SAME_UPPER ? half : total - half;
}

/* The slopes of prelu are a tensor of the problem's, in the weight's dtype. */
static clup_status make_slope(clup_problem *p, int64_t channels) {
  const clup_conv_transpose_params *params = &p->params.conv_transpose;
  if (params->activation != CLUP_PRELU) return CLUP_OK;
  if (params->slopes && params->slopes != 1 && params->slopes != channels)
    return clup_fail(CLUP_INVALID_SHAPE, OP ": slopes=%lld must be 1, or %lld as the output channels",
                     (long long)params->slopes, (long long)channels);
  const clup_tensor slope = clup_tensor_make(p->weight.dtype, 1, params->slopes ? &params->slopes : &channels);
  return tensor_canonical(&slope, OP, "slope", false, &p->slope);
}

static clup_status make(const clup_problem *draft, const clup_tensor *output, clup_problem **out) {
  clup_problem p = {.op = CLUP_OP_CONV_TRANSPOSE, .params = draft->params};
  const clup_conv_transpose_params *params = &p.params.conv_transpose;
  CLUP_TRY(tensor_canonical(&draft->input, OP, "input", false, &p.input));
  CLUP_TRY(tensor_canonical(&draft->weight, OP, "weight", false, &p.weight));
  if (draft->bias.rank) CLUP_TRY(tensor_canonical(&draft->bias, OP, "bias", false, &p.bias));
  int axes = p.weight.rank - 2;
  CLUP_TRY(check_params(params, axes < 1 ? 1 : axes > CONV_AXES ? CONV_AXES : axes));
  CLUP_TRY(check_tensors(&p.input, &p.weight, &p.bias, params->groups));
  clup_tensor inferred = {.dtype = p.input.dtype, .rank = p.input.rank};
  int first = p.input.rank - axes; /* of the spatial axes */
  if (first == 2) inferred.dims[0] = p.input.dims[0];
  inferred.dims[first - 1] = p.weight.dims[1] * params->groups;
  for (int i = 0; i < axes; i++) CLUP_TRY(output_size(params, &p.input, &p.weight, i, &inferred.dims[first + i]));
  CLUP_TRY(make_slope(&p, inferred.dims[first - 1]));
  CLUP_TRY(tensor_output(output, &inferred, OP, &p.output));
  return problem_new(&p, out);
}

clup_status clup_conv_transpose_problem(const clup_tensor *input, const clup_tensor *weight, const clup_tensor *bias,
                                        const clup_tensor *output, const clup_conv_transpose_params *params,
                                        clup_problem **out) {
  if (!input || !weight || !out)
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": %s is NULL", !input ? "input" : !weight ? "weight" : "out");
  if (bias && bias->rank == 0) return clup_fail(CLUP_INVALID_SHAPE, OP ": bias: rank 0, but it must have rank 1");
  clup_problem draft = {.input = *input, .weight = *weight};
  if (bias) draft.bias = *bias;
  draft.params.conv_transpose = default_params;
  if (params)
    params_copy(&draft.params.conv_transpose, sizeof draft.params.conv_transpose, params, params->struct_size);
  return make(&draft, output, out);
}

clup_status clup_problem_conv_transpose_params(const clup_problem *problem, clup_conv_transpose_params *out) {
  if (!problem || !out || problem->op != CLUP_OP_CONV_TRANSPOSE)
    return clup_fail(CLUP_INVALID_ARGUMENT, "problem_conv_transpose_params: %s",
                     !problem ? "problem is NULL"
                     : !out   ? "out is NULL"
                              : "the problem is of another operator");
  *out = problem->params.conv_transpose;
  return CLUP_OK;
}

/* ---- for the solvers */

/* n, c, z, y, x from the last axis back; axes that the tensor has not are 0. */
static void lift_strides(const clup_tensor *tensor, int64_t strides[2 + CONV_AXES], int spatial) {
  memset(strides, 0, (2 + CONV_AXES) * sizeof *strides);
  for (int i = 0; i < spatial; i++) strides[2 + CONV_AXES - 1 - i] = stride_of(tensor, tensor->rank - 1 - i);
  for (int i = 0; i < tensor->rank - spatial; i++) strides[1 - i] = stride_of(tensor, tensor->rank - spatial - 1 - i);
}

conv_geometry conv_transpose_geometry(const clup_problem *problem) {
  const clup_conv_transpose_params *p = &problem->params.conv_transpose;
  const clup_tensor *x = &problem->input, *w = &problem->weight, *y = &problem->output;
  int axes = w->rank - 2, first = x->rank - axes;
  conv_geometry g = {.batch = first == 2 ? x->dims[0] : 1, .groups = p->groups, .co = w->dims[1]};
  g.ci = w->dims[0] / p->groups;
  for (int i = 0; i < CONV_AXES; i++) {
    int own = i - (CONV_AXES - axes); /* the problem's axis, when it has this one */
    g.in[i] = own >= 0 ? x->dims[first + own] : 1;
    g.out[i] = own >= 0 ? y->dims[first + own] : 1;
    g.kernel[i] = own >= 0 ? w->dims[2 + own] : 1;
    g.stride[i] = own >= 0 ? p->stride[own] : 1;
    g.pad[i] = own >= 0 ? padding_begin(p, own, axes, g.in[i], g.kernel[i], g.out[i]) : 0;
    g.dilation[i] = own >= 0 ? p->dilation[own] : 1;
  }
  lift_strides(x, g.x_strides, axes);
  lift_strides(y, g.y_strides, axes);
  lift_strides(w, g.w_strides, axes);
  return g;
}

bool conv_transpose_fits(const clup_problem *problem, char *why) {
  conv_geometry g = conv_transpose_geometry(problem);
  const int64_t most = INT32_MAX / 4;
  for (int i = 0; i < CONV_AXES; i++) {
    int64_t reach, taps;
    if (!size_mul(g.in[i], g.stride[i], &reach) || !size_mul(g.kernel[i], g.dilation[i], &taps) || reach > most ||
        taps > most || g.pad[i] > most || g.pad[i] < -most || g.out[i] > most)
      return not_applicable(why, "axis %d reaches beyond %lld (input %lld, stride %lld, kernel %lld, dilation %lld)", i,
                            (long long)most, (long long)g.in[i], (long long)g.stride[i], (long long)g.kernel[i],
                            (long long)g.dilation[i]);
  }
  if (g.out[AXIS_Z] > most / g.out[AXIS_Y])
    return not_applicable(why, "%lld x %lld rows are more than %lld", (long long)g.out[AXIS_Z],
                          (long long)g.out[AXIS_Y], (long long)most);
  if (g.ci > most || g.co > most || g.batch > most / (g.co * g.groups))
    return not_applicable(why, "a batch of %lld with %lld groups of %lld channels has more than %lld planes",
                          (long long)g.batch, (long long)g.groups, (long long)g.co, (long long)most);
  return true;
}

bool conv_tiles_apply(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!caps->is_cpu) return not_applicable(why, "its register tiles are for CPUs, the device is none");
  if (problem->input.dtype == CLUP_F64) return not_applicable(why, "its vectors are of floats, the problem is in f64");
  return conv_transpose_fits(problem, why);
}

bool conv_is_plain_plane(const conv_geometry *g, char *why) {
  if (!conv_one_plane(g)) return not_applicable(why, "it is for one and two axes");
  for (int axis = AXIS_Y; axis <= AXIS_X; axis++)
    if (g->dilation[axis] > 1 && g->kernel[axis] > 1)
      return not_applicable(why, "dilation %lld is not 1", (long long)g->dilation[axis]);
  return true;
}

static int64_t gcd(int64_t a, int64_t b) {
  return b ? gcd(b, a % b) : a;
}

int64_t conv_tap_step(const conv_geometry *g, int axis) {
  return g->stride[axis] / gcd(g->stride[axis], g->dilation[axis]);
}

void conv_transpose_defines(recipe *r, launch *l, const clup_problem *problem) {
  launch_define(r, l, "DTYPE", problem->input.dtype);
  launch_define(r, l, "ACTIVATION", problem->params.conv_transpose.activation);
}

void conv_plane_defines(recipe *r, launch *l, const conv_geometry *g) {
  static const char *const names[2][2] = {{"STRIDE_Y", "KERNEL_Y"}, {"STRIDE_X", "KERNEL_X"}};
  for (int i = 0; i < 2; i++) {
    launch_define(r, l, names[i][0], g->stride[AXIS_Y + i]);
    launch_define(r, l, names[i][1], g->kernel[AXIS_Y + i]);
  }
}

void conv_transpose_limits(recipe *r, launch *l, const clup_problem *problem) {
  const clup_conv_transpose_params *p = &problem->params.conv_transpose;
  launch_real(r, l, problem->input.dtype, p->alpha);
  launch_real(r, l, problem->input.dtype, p->beta);
}

void conv_transpose_epilogue(recipe *r, launch *l, const clup_problem *problem) {
  conv_transpose_defines(r, l, problem);
  conv_transpose_limits(r, l, problem);
}

void conv_axes_args(recipe *r, launch *l, const int64_t *values, int axes) {
  for (int i = 0; i < axes; i++) launch_i32(r, l, values[i]);
}

void conv_plane_strides(recipe *r, launch *l, const int64_t strides[2 + CONV_AXES]) {
  for (int i = 0; i < 2 + CONV_AXES; i++)
    if (i != 2 + AXIS_Z) launch_index(r, l, strides[i]);
}

void conv_buffer_args(recipe *r, launch *l, const clup_problem *problem, const conv_packed *packed) {
  const size_t stored = clup_dtype_size(problem->input.dtype), real = real_size(problem->input.dtype);
  launch_buffer(r, l, ARG_INPUT, 0, stored);
  launch_buffer(r, l, ARG_OUTPUT, 0, stored);
  launch_buffer(r, l, ARG_PACKED, packed->weight, real);
  launch_buffer(r, l, ARG_PACKED, packed->bias, real);
}

void conv_plane_args(recipe *r, launch *l, const clup_problem *problem, const conv_packed *packed) {
  const conv_geometry g = conv_transpose_geometry(problem);
  conv_buffer_args(r, l, problem, packed);
  launch_buffer(r, l, ARG_PACKED, packed->special, sizeof(int32_t));
  conv_plane_strides(r, l, g.x_strides);
  conv_plane_strides(r, l, g.y_strides);
}

void conv_tensor_args(recipe *r, launch *l, const clup_problem *problem, const conv_packed *packed) {
  const conv_geometry g = conv_transpose_geometry(problem);
  conv_buffer_args(r, l, problem, packed);
  for (int i = 0; i < 2 + CONV_AXES; i++) launch_index(r, l, g.x_strides[i]);
  for (int i = 0; i < 2 + CONV_AXES; i++) launch_index(r, l, g.y_strides[i]);
}

void conv_geometry_args(recipe *r, launch *l, const conv_geometry *g) {
  conv_axes_args(r, l, g->in, CONV_AXES);
  conv_axes_args(r, l, g->kernel, CONV_AXES);
  conv_axes_args(r, l, g->stride, CONV_AXES);
  conv_axes_args(r, l, g->pad, CONV_AXES);
  conv_axes_args(r, l, g->dilation, CONV_AXES);
  conv_axes_args(r, l, g->out, CONV_AXES);
}

void conv_transpose_common_args(recipe *r, launch *l, const clup_problem *problem, const conv_packed *packed) {
  conv_geometry g = conv_transpose_geometry(problem);
  conv_tensor_args(r, l, problem, packed);
  launch_i32(r, l, g.co * g.groups);
  launch_i32(r, l, g.ci);
  launch_i32(r, l, g.co);
  conv_geometry_args(r, l, &g);
  conv_transpose_epilogue(r, l, problem);
}

launch *conv_transpose_pack_by(recipe *r, const clup_problem *problem, int64_t block, const char *source,
                               const char *kernel, conv_packed *to) {
  conv_geometry g = conv_transpose_geometry(problem);
  conv_packed packed = {.blocks = (g.co + block - 1) / block};
  int64_t bias = g.groups * packed.blocks * block,
          weights = bias * g.ci * g.kernel[AXIS_Z] * g.kernel[AXIS_Y] * g.kernel[AXIS_X];
  const bool has_bias = problem->bias.rank != 0, has_slope = problem->slope.rank != 0;
  const size_t raw = clup_dtype_size(problem->weight.dtype), real = real_size(problem->weight.dtype);
  packed.weight = recipe_packed(r, weights, real);
  packed.bias = recipe_packed(r, has_slope ? 2 * bias : bias, real);
  packed.special = recipe_packed(r, g.groups * packed.blocks, sizeof(int32_t));

  launch *l = recipe_pack(r, source, kernel);
  launch_buffer(r, l, ARG_RAW_WEIGHT, 0, raw);
  launch_buffer(r, l, has_bias ? ARG_RAW_BIAS : ARG_RAW_WEIGHT, 0, raw);
  launch_buffer(r, l, has_slope ? ARG_RAW_SLOPE : ARG_RAW_WEIGHT, 0, raw);
  launch_buffer(r, l, ARG_PACKED, packed.weight, real);
  launch_buffer(r, l, ARG_PACKED, packed.bias, real);
  launch_buffer(r, l, ARG_PACKED, packed.special, sizeof(int32_t));
  for (int i = 0; i < 2 + CONV_AXES; i++) launch_i64(r, l, g.w_strides[i]);
  launch_i64(r, l, has_bias ? problem->bias.strides[0] : 0);
  launch_i64(r, l, has_slope ? stride_of(&problem->slope, 0) : 0);
  launch_i64(r, l, g.ci);
  launch_i64(r, l, g.co);
  for (int i = 0; i < CONV_AXES; i++) launch_i64(r, l, g.kernel[i]);
  launch_i64(r, l, packed.blocks);
  launch_i64(r, l, block);
  launch_i32(r, l, has_bias);
  launch_i32(r, l, has_slope);
  *to = packed;
  return l;
}

conv_packed conv_transpose_pack(recipe *r, const clup_problem *problem, const device_caps *caps, int64_t block,
                                conv_order order) {
  conv_packed packed;
  launch *l = conv_transpose_pack_by(r, problem, block, "conv_transpose_pack", "clup_conv_transpose_pack", &packed);
  launch_define(r, l, "DTYPE", problem->weight.dtype);
  launch_define(r, l, "ORDER", order);
  launch_define(r, l, "MARK", caps->is_cpu);
  /* A CPU's work-item packs a whole block, and so knows all of its weights. */
  const conv_geometry g = conv_transpose_geometry(problem);
  const int64_t global[3] = {caps->is_cpu ? 1 : g.ci, caps->is_cpu ? 1 : g.kernel[AXIS_Z] * g.kernel[AXIS_Y],
                             g.groups * packed.blocks};
  launch_range(r, l, 3, global, (size_t[3]){caps->is_cpu ? 1 : launch_items(caps, 64), 1, 1});
  return packed;
}

/* ---- the operator */

/* Useful multiply-adds: taps that land inside the output, counted per axis. */
static double useful_taps(const conv_geometry *g, int axis) {
  double taps = 0;
  for (int64_t k = 0; k < g->kernel[axis]; k++) {
    /* 0 <= i*s - p + k*d < out */
    int64_t at = k * g->dilation[axis] - g->pad[axis], s = g->stride[axis];
    int64_t first = at >= 0 ? 0 : (-at + s - 1) / s;
    int64_t end = g->out[axis] - at <= 0 ? 0 : (g->out[axis] - at + s - 1) / s;
    if (end > g->in[axis]) end = g->in[axis];
    if (end > first) taps += (double)(end - first);
  }
  return taps;
}

static void cost(const clup_problem *problem, double *flops, double *bytes) {
  conv_geometry g = conv_transpose_geometry(problem);
  *flops = 2.0 * (double)g.batch * (double)g.groups * (double)g.ci * (double)g.co * useful_taps(&g, AXIS_Z) *
           useful_taps(&g, AXIS_Y) * useful_taps(&g, AXIS_X);
  const double stored = (double)clup_dtype_size(problem->input.dtype),
               weight = (double)clup_dtype_size(problem->weight.dtype);
  *bytes =
      stored * ((double)tensor_elements(&problem->input) + (double)tensor_elements(&problem->output)) +
      weight * ((double)tensor_elements(&problem->weight) + (problem->bias.rank ? (double)problem->bias.dims[0] : 0) +
                (problem->slope.rank ? (double)problem->slope.dims[0] : 0));
}

static void defaults(clup_problem *draft) {
  draft->params.conv_transpose = default_params;
}

static const char *const activations[] = {"none", "relu", "leaky-relu", "clamp", "sigmoid", "tanh", "prelu", NULL};

#define KEY(name, kind) \
  { #name, kind, offsetof(clup_problem, params.conv_transpose.name), NULL }
static const problem_key keys[] = {
    KEY(stride, KEY_AXES),
    KEY(padding, KEY_AXES),
    KEY(padding_end, KEY_AXES),
    KEY(output_padding, KEY_AXES),
    KEY(dilation, KEY_AXES),
    KEY(groups, KEY_INT64),
    KEY(output_size, KEY_AXES),
    {"activation", KEY_OPTION, offsetof(clup_problem, params.conv_transpose.activation), activations},
    KEY(alpha, KEY_REAL),
    KEY(beta, KEY_REAL),
    KEY(slopes, KEY_INT64),
    {"auto_pad", KEY_OPTION, offsetof(clup_problem, params.conv_transpose.auto_pad), auto_pads},
    KEY(output_shape, KEY_AXES),
    {NULL, KEY_AXES, 0, NULL},
};

static const solver *const solvers[] = {&conv_transpose_winograd_thin,
                                        &conv_transpose_depthwise,
                                        &conv_transpose_thin,
                                        &conv_transpose_winograd_shuffle,
                                        &conv_transpose_winograd,
                                        &conv_transpose_gemm_lines,
                                        &conv_transpose_gemm_rows,
                                        &conv_transpose_gemm_shuffle,
                                        &conv_transpose_channels,
                                        &conv_transpose_phase,
                                        &conv_transpose_depthwise_columns,
                                        &conv_transpose_patch,
                                        &conv_transpose_mma,
                                        &conv_transpose_tiles,
                                        &conv_transpose_gemm_col2im,
                                        &conv_transpose_gather,
                                        &conv_transpose_scatter,
                                        NULL};

const operator_info conv_transpose_operator = {
    .name = OP, .solvers = solvers, .keys = keys, .defaults = defaults, .make = make, .cost = cost};

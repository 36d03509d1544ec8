/* GPUs, few output channels: a matrix product makes every tap of every input, a gathering col2im adds them. */
#include "../tensor.h"
#include "conv_transpose_tiles.h"
#include "solver_shared.h"

enum { MOST_CHANNELS = 7, LEAST_INPUT_CHANNELS = 8 };

/* Of sums, which a plan holds as long as it lives. */
static const size_t MOST_BYTES = (size_t)512 << 20;

static int64_t taps_of(const conv_geometry *g) {
  return g->kernel[AXIS_Z] * g->kernel[AXIS_Y] * g->kernel[AXIS_X];
}

/* Elements from tap to tap, where the taps of an output channel and then the next channel follow one another; -1 where
 * they do not. */
static int64_t tap_stride(const clup_tensor *weight) {
  int64_t stride = 1, count = 1;
  for (int i = weight->rank - 1; i >= 1; i--) {
    if (weight->dims[i] == 1) continue;
    if (count == 1) stride = weight->strides[i];
    if (weight->strides[i] != stride * count) return -1;
    count *= weight->dims[i];
  }
  return stride;
}

/* The problem of kernel 1 whose output channels are the taps of all output channels. */
static clup_problem product_of(const clup_problem *problem) {
  const conv_geometry g = conv_transpose_geometry(problem);
  clup_problem product = *problem;
  product.bias.rank = product.slope.rank = 0;
  product.params.conv_transpose = (clup_conv_transpose_params)CLUP_CONV_TRANSPOSE_PARAMS_INIT;
  product.params.conv_transpose.groups = g.groups;
  product.weight.dims[1] = g.co * taps_of(&g);
  product.weight.strides[1] = tap_stride(&problem->weight);
  for (int i = 2; i < product.weight.rank; i++) product.weight.dims[i] = product.weight.strides[i] = 1;
  clup_tensor *sums = &product.output;
  *sums = problem->input;
  sums->dims[sums->rank - problem->weight.rank + 1] = g.groups * product.weight.dims[1];
  int64_t count = 1;
  for (int i = sums->rank - 1; i >= 0; count *= sums->dims[i--]) sums->strides[i] = count;
  return product;
}

/* Sums of the product: from the second launch on they are all there is. False where there are too many. */
static bool count_sums(const conv_geometry *g, const device_caps *caps, size_t size, int64_t *count) {
  *count = g->groups * g->co;
  const int64_t factors[] = {taps_of(g), g->batch, g->in[AXIS_Z], g->in[AXIS_Y], g->in[AXIS_X]};
  for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
    if (!size_mul(*count, factors[i], count)) return false;
  return *count <= INT32_MAX && (cl_ulong)*count * size <= caps->max_allocation;
}

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!device_computes(problem, caps, why) || !conv_transpose_fits(problem, why)) return false;
  const conv_geometry g = conv_transpose_geometry(problem);
  if (tap_stride(&problem->weight) < 0)
    return not_applicable(why, "the taps of the weights do not follow one another in memory");
  int64_t sums;
  if (taps_of(&g) > INT32_MAX / g.co || !count_sums(&g, caps, real_size(problem->input.dtype), &sums))
    return not_applicable(why, "the sums of %lld taps of %lld channels are too many for one buffer",
                          (long long)taps_of(&g), (long long)g.co);
  const clup_problem product = product_of(problem);
  return conv_product_applies(&product, caps, why);
}

static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  const conv_geometry g = conv_transpose_geometry(problem);
  if (caps->is_cpu) return not_applicable(why, "its product is for GPUs");
  if (g.co > MOST_CHANNELS)
    return not_applicable(why, "%lld output channels fill the tiles of a product without its sums", (long long)g.co);
  if (g.ci < LEAST_INPUT_CHANNELS)
    return not_applicable(why, "%lld input channels are few for sums that go through memory", (long long)g.ci);
  const size_t real = real_size(problem->input.dtype);
  int64_t sums = 0;
  if (!count_sums(&g, caps, real, &sums) || (size_t)sums > MOST_BYTES / real)
    return not_applicable(why, "its %lld sums take more than %llu bytes", (long long)sums,
                          (unsigned long long)MOST_BYTES);
  return true;
}

/* Bias and slopes, packed with a weight each, which the kernel does not look at. */
static conv_packed pack_bias(const clup_problem *problem, const device_caps *caps, recipe *r) {
  clup_problem one = *problem;
  one.weight.dims[0] = problem->params.conv_transpose.groups;
  for (int i = 2; i < one.weight.rank; i++) one.weight.dims[i] = 1;
  return conv_transpose_pack(r, &one, caps, 1, CONV_BY_ROW);
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const conv_geometry g = conv_transpose_geometry(problem);
  const size_t stored = clup_dtype_size(problem->input.dtype), real = real_size(problem->input.dtype);
  int64_t count = 0;
  count_sums(&g, caps, real, &count);
  const int64_t sums = recipe_workspace(r, count, real);
  const clup_problem product = product_of(problem);
  launch *l = conv_product(&product, caps, r);
  launch_define(r, l, "SUMS", 1);
  for (int i = 0; i < l->num_args; i++)
    if (l->args[i].kind == ARG_KIND_BUFFER && l->args[i].role == ARG_OUTPUT) {
      l->args[i].role = ARG_WORKSPACE;
      l->args[i].offset = sums;
      l->args[i].element_size = real;
    }

  const conv_packed bias = pack_bias(problem, caps, r);
  l = recipe_launch(r, "conv_transpose_gemm_col2im", "clup_conv_transpose_gemm_col2im");
  launch_buffer(r, l, ARG_WORKSPACE, sums, real);
  launch_buffer(r, l, ARG_OUTPUT, 0, stored);
  launch_buffer(r, l, ARG_PACKED, bias.bias, real);
  for (int i = 0; i < 2 + CONV_AXES; i++) launch_index(r, l, g.y_strides[i]);
  launch_i32(r, l, g.co * g.groups);
  conv_geometry_args(r, l, &g);
  conv_transpose_epilogue(r, l, problem);
  for (int axis = 0; axis < CONV_AXES; axis++) launch_i32(r, l, conv_tap_step(&g, axis));
  launch_i32(r, l, g.batch);
  range_of(r, l, caps, g.out[AXIS_X], g.out[AXIS_Z] * g.out[AXIS_Y], g.batch * g.groups * g.co);
  return CLUP_OK;
}

const solver conv_transpose_gemm_col2im = {
    .name = "gemm_col2im", .applicable = applicable, .preferred = preferred, .configure = configure};

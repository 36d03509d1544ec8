/* fold: checks, output shape, solvers. Formulas: torch.nn.Fold, ONNX Col2Im-18. */
#include "fold.h"

#include <stddef.h>
#include <stdlib.h>

#include "../error.h"
#include "../solvers/solver_shared.h"
#include "../tensor.h"

#define OP "fold"

static void defaults(clup_problem *draft) {
  draft->params.fold = (clup_fold_params)CLUP_FOLD_PARAMS_INIT;
  draft->params.fold.axes = 2;
}

/* ---- checks */

static clup_status check_least(const char *name, const int64_t *values, int axes, int64_t least) {
  for (int i = 0; i < axes; i++)
    if (values[i] < least)
      return clup_fail(CLUP_INVALID_ARGUMENT, OP ": %s[%d]=%lld must be at least %lld", name, i, (long long)values[i],
                       (long long)least);
  return CLUP_OK;
}

/* Entries past the last axis are at their defaults from here on. */
static clup_status check_params(clup_fold_params *p) {
  clup_problem usual;
  defaults(&usual);
  if (p->axes == 0) p->axes = usual.params.fold.axes;
  if (p->axes < 1 || p->axes > FOLD_AXES)
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": axes=%d is not within 1..%d", p->axes, FOLD_AXES);
  CLUP_TRY(check_least("output_size", p->output_size, p->axes, 1));
  CLUP_TRY(check_least("kernel", p->kernel, p->axes, 1));
  CLUP_TRY(check_least("dilation", p->dilation, p->axes, 1));
  CLUP_TRY(check_least("padding", p->padding, p->axes, 0));
  CLUP_TRY(check_least("padding_end", p->padding_end, p->axes, CLUP_SAME_PADDING));
  CLUP_TRY(check_least("stride", p->stride, p->axes, 1));
  for (int i = p->axes; i < FOLD_AXES; i++) {
    const clup_fold_params *u = &usual.params.fold;
    p->output_size[i] = u->output_size[i];
    p->kernel[i] = u->kernel[i];
    p->dilation[i] = u->dilation[i];
    p->padding[i] = u->padding[i];
    p->padding_end[i] = u->padding_end[i];
    p->stride[i] = u->stride[i];
  }
  return CLUP_OK;
}

static clup_status check_input(const clup_tensor *x) {
  char text[TENSOR_TEXT];
  if (x->dtype != CLUP_F32 && x->dtype != CLUP_F64 && x->dtype != CLUP_F16 && x->dtype != CLUP_BF16)
    return clup_fail(CLUP_UNSUPPORTED, OP ": input: dtype %s, but only f32, f64, f16 and bf16 are supported",
                     clup_dtype_name(x->dtype));
  if (x->rank != 2 && x->rank != 3)
    return clup_fail(CLUP_INVALID_SHAPE,
                     OP ": input: rank %d, but it must be 3 (N, C * kernel, blocks) or 2 (C * kernel, blocks)",
                     x->rank);
  for (int i = x->rank - 2; i < x->rank; i++)
    if (!x->dims[i])
      return clup_fail(CLUP_INVALID_SHAPE, OP ": input: %s has no elements on axis %d", tensor_dims_text(x, text), i);
  return CLUP_OK;
}

static int64_t padding_end(const clup_fold_params *p, int i) {
  return p->padding_end[i] == CLUP_SAME_PADDING ? p->padding[i] : p->padding_end[i];
}

/* (output_size + padding + padding_end - dilation*(kernel-1) - 1) / stride + 1 */
static clup_status count_blocks(const clup_fold_params *p, int i, int64_t *blocks) {
  int64_t size, reach;
  if (!size_add(p->output_size[i], p->padding[i], &size) || !size_add(size, padding_end(p, i), &size) ||
      !size_mul(p->kernel[i] - 1, p->dilation[i], &reach) || !size_add(reach, 1, &reach))
    return clup_fail(CLUP_INVALID_SHAPE,
                     OP ": axis %d: output_size %lld, padding %lld and %lld, kernel %lld, dilation %lld overflow", i,
                     (long long)p->output_size[i], (long long)p->padding[i], (long long)padding_end(p, i),
                     (long long)p->kernel[i], (long long)p->dilation[i]);
  if (reach > size)
    return clup_fail(CLUP_INVALID_SHAPE,
                     OP
                     ": axis %d: kernel %lld with dilation %lld reaches over %lld, but output_size %lld with padding "
                     "%lld and %lld is %lld",
                     i, (long long)p->kernel[i], (long long)p->dilation[i], (long long)reach,
                     (long long)p->output_size[i], (long long)p->padding[i], (long long)padding_end(p, i),
                     (long long)size);
  *blocks = (size - reach) / p->stride[i] + 1;
  return CLUP_OK;
}

static clup_status product(const int64_t *values, int axes, const char *what, int64_t *out) {
  const clup_tensor shape = clup_tensor_make(CLUP_F32, axes, values); /* for its text alone */
  char text[TENSOR_TEXT];
  *out = 1;
  for (int i = 0; i < axes; i++)
    if (!size_mul(*out, values[i], out))
      return clup_fail(CLUP_INVALID_SHAPE, OP ": %s %s overflows", what, tensor_dims_text(&shape, text));
  return CLUP_OK;
}

static clup_status output_shape(const clup_tensor *x, const clup_fold_params *p, clup_tensor *output) {
  const int channels = x->rank - 2;
  int64_t blocks[FOLD_AXES] = {0}, taps, count, dims[2 + FOLD_AXES] = {0};
  char text[TENSOR_TEXT];
  CLUP_TRY(product(p->kernel, p->axes, "kernel", &taps));
  if (x->dims[channels] % taps) {
    const clup_tensor kernel = clup_tensor_make(CLUP_F32, p->axes, p->kernel);
    return clup_fail(CLUP_INVALID_SHAPE,
                     OP ": input: %lld channels (dims[%d]) are not a multiple of the %lld elements of kernel %s",
                     (long long)x->dims[channels], channels, (long long)taps, tensor_dims_text(&kernel, text));
  }
  for (int i = 0; i < p->axes; i++) CLUP_TRY(count_blocks(p, i, &blocks[i]));
  CLUP_TRY(product(blocks, p->axes, "a count of blocks of", &count));
  if (x->dims[channels + 1] != count) {
    const clup_tensor grid = clup_tensor_make(CLUP_F32, p->axes, blocks);
    return clup_fail(CLUP_INVALID_SHAPE, OP ": input: %lld blocks (dims[%d]), but the parameters make %s = %lld",
                     (long long)x->dims[channels + 1], channels + 1, tensor_dims_text(&grid, text), (long long)count);
  }
  if (channels) dims[0] = x->dims[0];
  dims[channels] = x->dims[channels] / taps;
  for (int i = 0; i < p->axes; i++) dims[channels + 1 + i] = p->output_size[i];
  *output = clup_tensor_make(x->dtype, channels + 1 + p->axes, dims);
  return CLUP_OK;
}

static clup_status make(const clup_problem *draft, const clup_tensor *output, clup_problem **out) {
  clup_problem made = {.op = CLUP_OP_FOLD, .params = draft->params};
  clup_tensor inferred;
  CLUP_TRY(check_params(&made.params.fold));
  CLUP_TRY(tensor_canonical(&draft->input, OP, "input", false, &made.input));
  CLUP_TRY(check_input(&made.input));
  CLUP_TRY(output_shape(&made.input, &made.params.fold, &inferred));
  CLUP_TRY(tensor_output(output, &inferred, OP, &made.output));
  return problem_new(&made, out);
}

clup_status clup_fold_problem(const clup_tensor *input, const clup_tensor *output, const clup_fold_params *params,
                              clup_problem **out) {
  if (!input || !params || !out)
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": %s is NULL", !input ? "input" : !params ? "params" : "out");
  clup_problem draft = {.input = *input};
  defaults(&draft);
  params_copy(&draft.params.fold, sizeof draft.params.fold, params, params->struct_size);
  return make(&draft, output, out);
}

clup_status clup_problem_fold_params(const clup_problem *problem, clup_fold_params *out) {
  if (!problem || !out) return clup_fail(CLUP_INVALID_ARGUMENT, "problem_fold_params: an argument is NULL");
  if (problem->op != CLUP_OP_FOLD)
    return clup_fail(CLUP_INVALID_ARGUMENT, "problem_fold_params: the problem is of %s", clup_op_name(problem->op));
  *out = problem->params.fold;
  return CLUP_OK;
}

/* ---- for the solvers */

fold_geometry fold_geometry_of(const clup_problem *problem) {
  const clup_fold_params *p = &problem->params.fold;
  const clup_tensor *x = &problem->input, *y = &problem->output;
  const int channels = x->rank - 2;
  fold_geometry g = {.batch = channels ? x->dims[0] : 1,
                     .channels = y->dims[channels],
                     .x_n = channels ? stride_of(x, 0) : 0,
                     .y_n = channels ? stride_of(y, 0) : 0,
                     .y_c = stride_of(y, channels)};
  int64_t tap = stride_of(x, channels), block = stride_of(x, channels + 1);
  for (int i = FOLD_AXES - 1; i >= 0; i--) {
    const int own = i - (FOLD_AXES - p->axes); /* the problem's axis, when it has this one */
    const int64_t reach = own >= 0 ? (p->kernel[own] - 1) * p->dilation[own] + 1 : 1;
    g.out[i] = own >= 0 ? p->output_size[own] : 1;
    g.kernel[i] = own >= 0 ? p->kernel[own] : 1;
    g.stride[i] = own >= 0 ? p->stride[own] : 1;
    g.pad[i] = own >= 0 ? p->padding[own] : 0;
    g.dilation[i] = own >= 0 ? p->dilation[own] : 1;
    g.blocks[i] = own >= 0 ? (g.out[i] + g.pad[i] + padding_end(p, own) - reach) / g.stride[i] + 1 : 1;
    g.y[i] = own >= 0 ? stride_of(y, channels + 1 + own) : 0;
    g.x_tap[i] = tap;
    g.x_block[i] = block;
    tap *= g.kernel[i];
    block *= g.blocks[i];
  }
  g.x_c = g.channels > 1 ? tap : 0;
  return g;
}

/* For every place along an axis, the input's first element that reaches it, counted from the plane's first, and how
 * many there are. They lie *step apart, from the first tap to the last. */
static void reach_along(const fold_geometry *g, int axis, int64_t *reach, int64_t *step) {
  const int64_t out = g->out[axis];
  int64_t second = -1, of = 0;
  for (int64_t i = 0; i < 2 * out; i++) reach[i] = 0;
  for (int64_t tap = 0; tap < g->kernel[axis]; tap++)
    for (int64_t block = 0; block < g->blocks[axis]; block++) {
      const int64_t at = block * g->stride[axis] + tap * g->dilation[axis] - g->pad[axis];
      if (at < 0 || at >= out) continue;
      const int64_t place = tap * g->x_tap[axis] + block * g->x_block[axis];
      if (reach[2 * at + 1]++ == 0)
        reach[2 * at] = place;
      else if (second < 0)
        second = place, of = reach[2 * at];
    }
  *step = second < 0 ? 0 : second - of;
}

/* Offsets and counts as index_t. */
static clup_status reach_table(recipe *r, const int64_t *reach, int64_t count, int64_t *table) {
  if (r->index64) {
    *table = recipe_table(r, reach, count, sizeof *reach);
    return CLUP_OK;
  }
  int32_t *narrow = malloc((size_t)count * sizeof *narrow + 1);
  if (!narrow) return clup_fail(CLUP_OUT_OF_MEMORY, OP ": no memory for %lld places", (long long)count / 2);
  for (int64_t i = 0; i < count; i++) narrow[i] = (int32_t)reach[i];
  *table = recipe_table(r, narrow, count, sizeof *narrow);
  free(narrow);
  return CLUP_OK;
}

clup_status fold_reach(recipe *r, const fold_geometry *g, int axes, int64_t *table, int64_t *steps) {
  int64_t places = 0, used = 0;
  for (int i = 0; i < axes; i++) places += g->out[i];
  int64_t *reach = malloc(((size_t)places * 2 + 1) * sizeof *reach);
  if (!reach) return clup_fail(CLUP_OUT_OF_MEMORY, OP ": no memory for %lld places", (long long)places);
  for (int i = 0; i < axes; used += 2 * g->out[i], i++) reach_along(g, i, reach + used, &steps[i]);
  const clup_status status = reach_table(r, reach, used, table);
  free(reach);
  return status;
}

/* ---- the operator */

/* How many pairs of tap and block fall inside the output along an axis. */
static double landing(const fold_geometry *g, int axis) {
  double pairs = 0;
  for (int64_t k = 0; k < g->kernel[axis]; k++) {
    /* 0 <= block*stride + at < out */
    const int64_t at = k * g->dilation[axis] - g->pad[axis], s = g->stride[axis];
    const int64_t first = at >= 0 ? 0 : (-at + s - 1) / s;
    int64_t end = at >= g->out[axis] ? 0 : (g->out[axis] - at + s - 1) / s;
    if (end > g->blocks[axis]) end = g->blocks[axis];
    if (end > first) pairs += (double)(end - first);
  }
  return pairs;
}

static void cost(const clup_problem *problem, double *flops, double *bytes) {
  const fold_geometry g = fold_geometry_of(problem);
  *flops = (double)g.batch * (double)g.channels;
  for (int i = 0; i < FOLD_AXES; i++) *flops *= landing(&g, i);
  *bytes = ((double)tensor_elements(&problem->input) + (double)tensor_elements(&problem->output)) *
           (double)clup_dtype_size(problem->input.dtype);
}

#define KEY(name, kind) \
  { #name, kind, offsetof(clup_problem, params.fold.name), NULL }
static const problem_key keys[] = {
    KEY(axes, KEY_COUNT),   KEY(output_size, KEY_AXES), KEY(kernel, KEY_AXES), KEY(dilation, KEY_AXES),
    KEY(padding, KEY_AXES), KEY(padding_end, KEY_AXES), KEY(stride, KEY_AXES), {NULL, KEY_AXES, 0, NULL},
};

static const solver *const solvers[] = {&fold_rows, &fold_gather, NULL};

const operator_info fold_operator = {OP, solvers, keys, defaults, make, cost, NULL};

/* max_unpool: checks, output shape, solvers. Formulas: torch.nn.MaxUnpool1d, 2d, 3d; ONNX MaxUnpool-22. */
#include "max_unpool.h"

#include <stddef.h>

#include "error.h"
#include "solver.h"
#include "solvers/max_unpool_solvers.h"
#include "solvers/solver_shared.h"
#include "tensor.h"

#define OP "max_unpool"

#define KEY(name, kind) \
  { #name, kind, offsetof(clup_problem, params.max_unpool.name), NULL }
static const char *const axes_names[] = {"0", "1", "2", "3", NULL};
static const problem_key keys[] = {
    KEY(kernel, KEY_AXES),      KEY(stride, KEY_AXES),
    KEY(padding, KEY_AXES),     KEY(padding_end, KEY_AXES),
    KEY(output_size, KEY_AXES), {"axes", KEY_OPTION, offsetof(clup_problem, params.max_unpool.axes), axes_names},
    KEY(onnx, KEY_FLAG),        {NULL, KEY_FLAG, 0, NULL}};

static void defaults(clup_problem *draft) {
  draft->params.max_unpool = (clup_max_unpool_params)CLUP_MAX_UNPOOL_PARAMS_INIT;
}

/* Spatial axes, of a checked problem. */
static int axes_of(const clup_max_unpool_params *params, const clup_tensor *input) {
  return params->axes ? params->axes : input->rank - 2;
}

static clup_status check_rank(const clup_max_unpool_params *params, const clup_tensor *input) {
  if (params->axes < 0 || params->axes > 3)
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": axes=%d is not within 1..3, nor 0 for the input's rank - 2",
                     params->axes);
  if (params->axes && input->rank != params->axes + 1 && input->rank != params->axes + 2)
    return clup_fail(CLUP_INVALID_SHAPE,
                     OP ": input: rank %d, but with axes=%d it must be %d (N, C, spatial axes), or %d without N",
                     input->rank, params->axes, params->axes + 2, params->axes + 1);
  if (!params->axes && (input->rank < 3 || input->rank > 5))
    return clup_fail(CLUP_INVALID_SHAPE,
                     OP
                     ": input: rank %d, but it must be 3 to 5 (N, C, one to three spatial axes); without N, give axes",
                     input->rank);
  return CLUP_OK;
}

static clup_status check_tensors(const clup_tensor *input, const clup_tensor *indices, int axes) {
  for (int axis = input->rank - axes - 1; axis < input->rank; axis++)
    if (input->dims[axis] < 1)
      return clup_fail(CLUP_INVALID_SHAPE, OP ": input: dims[%d]=0: only the batch may be empty", axis);
  if (indices->dtype != CLUP_I64 && indices->dtype != CLUP_I32)
    return clup_fail(CLUP_UNSUPPORTED, OP ": indices: dtype %s, but it must be i64 or i32",
                     clup_dtype_name(indices->dtype));
  char a[TENSOR_TEXT], b[TENSOR_TEXT];
  if (!tensor_same_shape(input, indices))
    return clup_fail(CLUP_INVALID_SHAPE, OP ": indices: the shape is %s, but it must be the input's, %s",
                     tensor_dims_text(indices, a), tensor_dims_text(input, b));
  /* An error is reported by the element's number, in 32 bits of which ~0 means none. */
  if (tensor_elements(input) >= UINT32_MAX)
    return clup_fail(CLUP_UNSUPPORTED, OP ": input: %s are %lld elements, at most 2^32-2 can be told apart",
                     tensor_dims_text(input, b), (long long)tensor_elements(input));
  return CLUP_OK;
}

static bool any_given(const int64_t values[3]) {
  return values[0] || values[1] || values[2];
}

static clup_status check_least(const char *name, const int64_t values[3], int axes, int64_t least) {
  for (int i = 0; i < axes; i++)
    if (values[i] < least)
      return clup_fail(CLUP_INVALID_ARGUMENT, OP ": %s[%d]=%lld must be at least %lld", name, i, (long long)values[i],
                       (long long)least);
  return CLUP_OK;
}

/* Entries past the last axis are 0 from here on. */
static clup_status check_params(clup_max_unpool_params *params, int axes) {
  for (int i = axes; i < 3; i++)
    params->kernel[i] = params->stride[i] = params->padding[i] = params->padding_end[i] = params->output_size[i] = 0;
  if (params->onnx != 0 && params->onnx != 1)
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": onnx=%d must be 0 or 1", params->onnx);
  CLUP_TRY(check_least("kernel", params->kernel, axes, 1));
  if (any_given(params->stride)) CLUP_TRY(check_least("stride", params->stride, axes, 1));
  CLUP_TRY(check_least("padding", params->padding, axes, 0));
  return check_least("padding_end", params->padding_end, axes, CLUP_SAME_PADDING);
}

static int64_t stride_along(const clup_max_unpool_params *params, int i) {
  return any_given(params->stride) ? params->stride[i] : params->onnx ? 1 : params->kernel[i];
}

static int64_t padding_after(const clup_max_unpool_params *params, int i) {
  return params->padding_end[i] == CLUP_SAME_PADDING ? params->padding[i] : params->padding_end[i];
}

/* (in-1)*stride - padding - padding_end + kernel, which may be below 1; false on overflow. */
static bool usual_size(const clup_max_unpool_params *params, int i, int64_t in, int64_t *size) {
  int64_t reach, both;
  if (!size_mul(in - 1, stride_along(params, i), &reach) || !size_add(reach, params->kernel[i], &reach) ||
      !size_add(params->padding[i], padding_after(params, i), &both))
    return false;
  *size = reach - both;
  return true;
}

static clup_status check_wanted(const clup_max_unpool_params *params, int i, int64_t usual) {
  const int64_t wanted = params->output_size[i], stride = stride_along(params, i);
  if (params->onnx && wanted < usual)
    return clup_fail(CLUP_INVALID_SHAPE, OP ": output_size[%d]=%lld must not be below the %lld that indices count in",
                     i, (long long)wanted, (long long)usual);
  /* The differences are compared: size +- stride may overflow. */
  if (!params->onnx && (wanted < 1 || (wanted < usual ? usual - wanted : wanted - usual) >= stride))
    return clup_fail(CLUP_INVALID_SHAPE,
                     OP ": output_size[%d]=%lld must be positive and differ by less than the stride %lld from %lld", i,
                     (long long)wanted, (long long)stride, (long long)usual);
  return CLUP_OK;
}

static clup_status output_shape(const clup_tensor *input, const clup_max_unpool_params *params, int axes,
                                clup_tensor *output) {
  const bool size_given = any_given(params->output_size);
  const int first = input->rank - axes;
  *output = *input;
  for (int i = 0; i < axes; i++) {
    const long long in = input->dims[first + i], kernel = params->kernel[i], stride = stride_along(params, i),
                    before = params->padding[i], after = padding_after(params, i);
    int64_t size;
    if (!usual_size(params, i, in, &size))
      return clup_fail(CLUP_INVALID_SHAPE,
                       OP ": axis %d: in %lld, kernel %lld, stride %lld, padding %lld and %lld: the size overflows", i,
                       in, kernel, stride, before, after);
    const bool replaced = size_given && !params->onnx; /* ONNX's indices count in the usual size, which must be */
    if (size < 1 && !replaced)
      return clup_fail(CLUP_INVALID_SHAPE,
                       OP ": axis %d: (%lld-1)*%lld - %lld - %lld + %lld = %lld leaves no output element", i, in,
                       stride, before, after, kernel, (long long)size);
    if (size_given) CLUP_TRY(check_wanted(params, i, size));
    output->dims[first + i] = size_given ? params->output_size[i] : size;
  }
  *output = clup_tensor_make(input->dtype, input->rank, output->dims);
  return CLUP_OK;
}

static clup_status make(const clup_problem *draft, const clup_tensor *output, clup_problem **out) {
  clup_problem made = {.op = CLUP_OP_MAX_UNPOOL, .params = draft->params};
  clup_max_unpool_params *params = &made.params.max_unpool;
  clup_tensor inferred;
  CLUP_TRY(check_rank(params, &draft->input));
  const int axes = axes_of(params, &draft->input);
  CLUP_TRY(check_params(params, axes));
  CLUP_TRY(tensor_canonical(&draft->input, OP, "input", false, &made.input));
  CLUP_TRY(tensor_canonical(&draft->indices, OP, "indices", false, &made.indices));
  CLUP_TRY(check_tensors(&made.input, &made.indices, axes));
  CLUP_TRY(output_shape(&made.input, params, axes, &inferred));
  CLUP_TRY(tensor_output(output, &inferred, OP, &made.output));
  if (made.input.rank == axes + 2) params->axes = 0; /* one form for one problem */
  return problem_new(&made, out);
}

clup_status clup_max_unpool_problem(const clup_tensor *input, const clup_tensor *indices, const clup_tensor *output,
                                    const clup_max_unpool_params *params, clup_problem **out) {
  if (!input || !indices || !out)
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": %s is NULL", !input ? "input" : !indices ? "indices" : "out");
  clup_problem draft = {.op = CLUP_OP_MAX_UNPOOL, .input = *input, .indices = *indices};
  defaults(&draft);
  if (params) params_copy(&draft.params.max_unpool, sizeof draft.params.max_unpool, params, params->struct_size);
  return make(&draft, output, out);
}

clup_status clup_problem_max_unpool_params(const clup_problem *problem, clup_max_unpool_params *out) {
  if (!problem || !out) return clup_fail(CLUP_INVALID_ARGUMENT, "problem_max_unpool_params: an argument is NULL");
  if (problem->op != CLUP_OP_MAX_UNPOOL)
    return clup_fail(CLUP_INVALID_ARGUMENT, "problem_max_unpool_params: the problem is of %s",
                     clup_op_name(problem->op));
  *out = problem->params.max_unpool;
  return CLUP_OK;
}

/* Strides of (N, C, depth, rows, columns), where `axes` of the last three are. */
static void view_strides(const clup_tensor *tensor, int axes, int64_t strides[5]) {
  const int first = tensor->rank - axes;
  for (int i = 0; i < 5; i++) strides[i] = 0;
  if (first == 2) strides[0] = stride_of(tensor, 0);
  strides[1] = stride_of(tensor, first - 1);
  for (int i = 0; i < axes; i++) strides[5 - axes + i] = stride_of(tensor, first + i);
}

unpool_view unpool_view_of(const clup_problem *problem) {
  const clup_max_unpool_params *params = &problem->params.max_unpool;
  const clup_tensor *input = &problem->input, *output = &problem->output;
  const int axes = axes_of(params, input), first = input->rank - axes;
  unpool_view v = {.channels = input->dims[first - 1], .has_depth = axes == 3, .whole = params->onnx != 0};
  v.planes = v.channels * (first == 2 ? input->dims[0] : 1);
  for (int i = 0; i < 3; i++) v.in[i] = v.out[i] = v.counted[i] = v.stride[i] = 1, v.padding[i] = 0;
  for (int i = 0; i < axes; i++) {
    const int to = 3 - axes + i;
    v.in[to] = input->dims[first + i];
    v.out[to] = v.counted[to] = output->dims[first + i];
    if (v.whole) usual_size(params, i, v.in[to], &v.counted[to]); /* which did not overflow when it was checked */
    v.stride[to] = stride_along(params, i);
    v.padding[to] = params->padding[i];
    if (params->kernel[i] > v.stride[to]) v.overlaps = true;
    if (to < 2 && params->kernel[i] > v.stride[to]) v.bands_overlap = true;
  }
  view_strides(input, axes, v.x);
  view_strides(&problem->indices, axes, v.indices);
  view_strides(output, axes, v.y);
  return v;
}

int64_t unpool_index_end(const unpool_view *view) {
  return view->counted[0] * view->counted[1] * view->counted[2] * (view->whole ? view->planes : 1);
}

static void cost(const clup_problem *problem, double *flops, double *bytes) {
  const double size = (double)clup_dtype_size(problem->input.dtype);
  const double in = (double)tensor_elements(&problem->input), out = (double)tensor_elements(&problem->output);
  *flops = 0;
  *bytes = (in + out) * size + in * (double)clup_dtype_size(problem->indices.dtype);
}

static const solver *const solvers[] = {&max_unpool_plane, &max_unpool_blocks, &max_unpool_owner, NULL};

const operator_info max_unpool_operator = {OP, solvers, keys, defaults, make, cost, NULL};

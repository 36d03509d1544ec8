/* max_unpool: checks, output shape, solvers. Formulas: torch.nn.MaxUnpool2d. */
#include <stddef.h>

#include "error.h"
#include "problem.h"
#include "solver.h"
#include "solvers/max_unpool_solvers.h"
#include "tensor.h"

#define OP "max_unpool"
#define RANK 4
#define SPATIAL (RANK - 2)

static const problem_key keys[] = {
    {"kernel", KEY_AXES, offsetof(clup_problem, params.max_unpool.kernel), NULL},
    {"stride", KEY_AXES, offsetof(clup_problem, params.max_unpool.stride), NULL},
    {"padding", KEY_AXES, offsetof(clup_problem, params.max_unpool.padding), NULL},
    {"output_size", KEY_AXES, offsetof(clup_problem, params.max_unpool.output_size), NULL},
    {NULL, KEY_FLAG, 0, NULL}};

static void defaults(clup_problem *draft) {
  draft->params.max_unpool = (clup_max_unpool_params)CLUP_MAX_UNPOOL_PARAMS_INIT;
}

static clup_status check_tensors(const clup_tensor *input, const clup_tensor *indices) {
  if (input->rank != RANK)
    return clup_fail(CLUP_INVALID_SHAPE, OP ": input: rank %d, but it must be 4 (N, C, H, W)", input->rank);
  for (int axis = 1; axis < RANK; axis++)
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
  for (int i = 0; i < SPATIAL; i++)
    if (values[i]) return true;
  return false;
}

/* Entries past the last axis are 0 from here on. */
static clup_status check_params(clup_max_unpool_params *params) {
  for (int i = SPATIAL; i < 3; i++)
    params->kernel[i] = params->stride[i] = params->padding[i] = params->output_size[i] = 0;
  const bool stride = any_given(params->stride);
  for (int i = 0; i < SPATIAL; i++) {
    if (params->kernel[i] < 1)
      return clup_fail(CLUP_INVALID_ARGUMENT, OP ": kernel[%d]=%lld must be at least 1", i,
                       (long long)params->kernel[i]);
    if (stride && params->stride[i] < 1)
      return clup_fail(CLUP_INVALID_ARGUMENT, OP ": stride[%d]=%lld must be at least 1", i,
                       (long long)params->stride[i]);
    if (params->padding[i] < 0)
      return clup_fail(CLUP_INVALID_ARGUMENT, OP ": padding[%d]=%lld must not be negative", i,
                       (long long)params->padding[i]);
  }
  return CLUP_OK;
}

/* (in-1)*stride - 2*padding + kernel, which may be below 1; false on overflow. */
static bool default_size(int64_t in, int64_t stride, int64_t padding, int64_t kernel, int64_t *size) {
  int64_t reach, both;
  if (!size_mul(in - 1, stride, &reach) || !size_add(reach, kernel, &reach) || !size_mul(padding, 2, &both))
    return false;
  *size = reach - both;
  return true;
}

static clup_status output_shape(const clup_tensor *input, const clup_max_unpool_params *params, clup_tensor *output) {
  int64_t dims[RANK] = {input->dims[0], input->dims[1]};
  const bool stride_given = any_given(params->stride), size_given = any_given(params->output_size);
  for (int i = 0; i < SPATIAL; i++) {
    const int64_t in = input->dims[2 + i], stride = stride_given ? params->stride[i] : params->kernel[i];
    const int64_t wanted = params->output_size[i];
    int64_t size;
    if (!default_size(in, stride, params->padding[i], params->kernel[i], &size))
      return clup_fail(CLUP_INVALID_SHAPE,
                       OP ": axis %d: in %lld, kernel %lld, stride %lld, padding %lld: the size overflows", i,
                       (long long)in, (long long)params->kernel[i], (long long)stride, (long long)params->padding[i]);
    /* The differences are compared: size +- stride may overflow. */
    if (size_given && (wanted < 1 || (wanted < size ? size - wanted : wanted - size) >= stride))
      return clup_fail(CLUP_INVALID_SHAPE,
                       OP ": output_size[%d]=%lld must be positive and differ by less than the stride %lld from %lld",
                       i, (long long)wanted, (long long)stride, (long long)size);
    if (size_given) size = wanted;
    if (size < 1)
      return clup_fail(CLUP_INVALID_SHAPE,
                       OP ": axis %d: (%lld-1)*%lld - 2*%lld + %lld = %lld leaves no output element", i, (long long)in,
                       (long long)stride, (long long)params->padding[i], (long long)params->kernel[i], (long long)size);
    dims[2 + i] = size;
  }
  *output = clup_tensor_make(input->dtype, RANK, dims);
  return CLUP_OK;
}

static clup_status make(const clup_problem *draft, const clup_tensor *output, clup_problem **out) {
  clup_problem made = {.op = CLUP_OP_MAX_UNPOOL, .params = draft->params};
  clup_tensor inferred;
  CLUP_TRY(check_params(&made.params.max_unpool));
  CLUP_TRY(tensor_canonical(&draft->input, OP, "input", false, &made.input));
  CLUP_TRY(tensor_canonical(&draft->indices, OP, "indices", false, &made.indices));
  CLUP_TRY(check_tensors(&made.input, &made.indices));
  CLUP_TRY(output_shape(&made.input, &made.params.max_unpool, &inferred));
  CLUP_TRY(tensor_output(output, &inferred, OP, &made.output));
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

static void cost(const clup_problem *problem, double *flops, double *bytes) {
  const double size = (double)clup_dtype_size(problem->input.dtype);
  const double in = (double)tensor_elements(&problem->input), out = (double)tensor_elements(&problem->output);
  *flops = 0;
  *bytes = (in + out) * size + in * (double)clup_dtype_size(problem->indices.dtype);
}

static const solver *const solvers[] = {&max_unpool_plane, &max_unpool_owner, NULL};

const operator_info max_unpool_operator = {OP, solvers, keys, defaults, make, cost};

/* pixel_shuffle and pixel_unshuffle: checks, output shape; the work is a remap. */
#include <stddef.h>

#include "error.h"
#include "problem.h"
#include "solver.h"
#include "solvers/remap_solvers.h"
#include "tensor.h"

static const problem_key keys[] = {{"factor", KEY_INT64, offsetof(clup_problem, params.remap.factor), NULL},
                                   {NULL, KEY_FLAG, 0, NULL}};

static void defaults(clup_problem *draft) {
  draft->params.remap.factor = 0; /* none: it must be given */
}

static clup_status shuffled(const clup_tensor *input, int64_t factor, const char *op, clup_tensor *output) {
  const int channels = input->rank - 3;
  int64_t square, dims[CLUP_MAX_RANK] = {0};
  char text[TENSOR_TEXT];
  for (int i = 0; i < input->rank; i++) dims[i] = input->dims[i];
  if (!size_mul(factor, factor, &square) || dims[channels] % square)
    return clup_fail(CLUP_INVALID_SHAPE,
                     "%s: input: %lld channels (dims[%d]) are not a multiple of factor^2, factor %lld", op,
                     (long long)dims[channels], channels, (long long)factor);
  dims[channels] /= square;
  if (!size_mul(dims[channels + 1], factor, &dims[channels + 1]) ||
      !size_mul(dims[channels + 2], factor, &dims[channels + 2]))
    return clup_fail(CLUP_INVALID_SHAPE, "%s: input: %s with factor %lld overflows", op, tensor_dims_text(input, text),
                     (long long)factor);
  *output = clup_tensor_make(input->dtype, input->rank, dims);
  return CLUP_OK;
}

static clup_status unshuffled(const clup_tensor *input, int64_t factor, const char *op, clup_tensor *output) {
  const int channels = input->rank - 3;
  int64_t square, dims[CLUP_MAX_RANK] = {0};
  for (int i = 0; i < input->rank; i++) dims[i] = input->dims[i];
  for (int i = channels + 1; i < input->rank; i++) {
    if (dims[i] % factor)
      return clup_fail(CLUP_INVALID_SHAPE, "%s: input: dims[%d]=%lld is not a multiple of factor %lld", op, i,
                       (long long)dims[i], (long long)factor);
    dims[i] /= factor;
  }
  if (!size_mul(factor, factor, &square) || !size_mul(dims[channels], square, &dims[channels]))
    return clup_fail(CLUP_INVALID_SHAPE, "%s: input: %lld channels (dims[%d]) times factor^2 overflows, factor %lld",
                     op, (long long)dims[channels], channels, (long long)factor);
  *output = clup_tensor_make(input->dtype, input->rank, dims);
  return CLUP_OK;
}

static clup_status make(const clup_problem *draft, const clup_tensor *output, clup_problem **out) {
  const bool shuffle = draft->op == CLUP_OP_PIXEL_SHUFFLE;
  const char *op = clup_op_name(draft->op);
  const int64_t factor = draft->params.remap.factor;
  clup_problem made = {.op = draft->op, .params = {.remap = {.factor = factor}}};
  clup_tensor inferred;
  if (factor < 1) return clup_fail(CLUP_INVALID_ARGUMENT, "%s: factor=%lld must be at least 1", op, (long long)factor);
  CLUP_TRY(tensor_canonical(&draft->input, op, "input", false, &made.input));
  if (made.input.rank < 3)
    return clup_fail(CLUP_INVALID_SHAPE, "%s: input: rank %d, but it must be at least 3 (..., C, H, W)", op,
                     made.input.rank);
  CLUP_TRY((shuffle ? shuffled : unshuffled)(&made.input, factor, op, &inferred));
  CLUP_TRY(tensor_output(output, &inferred, op, &made.output));
  return problem_new(&made, out);
}

static clup_status problem_of(clup_op op, const clup_tensor *input, const clup_tensor *output, int64_t factor,
                              clup_problem **out) {
  if (!input || !out)
    return clup_fail(CLUP_INVALID_ARGUMENT, "%s: %s is NULL", clup_op_name(op), input ? "out" : "input");
  const clup_problem draft = {.op = op, .input = *input, .params = {.remap = {.factor = factor}}};
  return make(&draft, output, out);
}

clup_status clup_pixel_shuffle_problem(const clup_tensor *input, const clup_tensor *output, int64_t factor,
                                       clup_problem **out) {
  return problem_of(CLUP_OP_PIXEL_SHUFFLE, input, output, factor, out);
}

clup_status clup_pixel_unshuffle_problem(const clup_tensor *input, const clup_tensor *output, int64_t factor,
                                         clup_problem **out) {
  return problem_of(CLUP_OP_PIXEL_UNSHUFFLE, input, output, factor, out);
}

clup_status clup_problem_pixel_shuffle_factor(const clup_problem *problem, int64_t *out) {
  if (!problem || !out) return clup_fail(CLUP_INVALID_ARGUMENT, "problem_pixel_shuffle_factor: an argument is NULL");
  if (problem->op != CLUP_OP_PIXEL_SHUFFLE && problem->op != CLUP_OP_PIXEL_UNSHUFFLE)
    return clup_fail(CLUP_INVALID_ARGUMENT, "problem_pixel_shuffle_factor: the problem is of %s",
                     clup_op_name(problem->op));
  *out = problem->params.remap.factor;
  return CLUP_OK;
}

const operator_info pixel_shuffle_operator = {"pixel_shuffle", remap_solvers, keys, defaults, make, remap_cost, NULL};
const operator_info pixel_unshuffle_operator = {"pixel_unshuffle", remap_solvers, keys, defaults, make,
                                                remap_cost,        NULL};

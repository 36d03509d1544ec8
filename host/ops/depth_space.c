/* depth_to_space and space_to_depth: checks, output shape; the work is a remap. */
#include <stddef.h>

#include "error.h"
#include "problem.h"
#include "solver.h"
#include "solvers/remap_solvers.h"
#include "tensor.h"

#define RANK 4

static const char *const modes[] = {"DCR", "CRD", NULL};
static const problem_key keys[] = {{"blocksize", KEY_INT64, offsetof(clup_problem, params.remap.factor), NULL},
                                   {"mode", KEY_OPTION, offsetof(clup_problem, params.remap.mode), modes},
                                   {NULL, KEY_FLAG, 0, NULL}};

static void defaults(clup_problem *draft) {
  draft->params.remap.factor = 0; /* none: it must be given */
  draft->params.remap.mode = CLUP_DCR;
}

static clup_status to_space(const clup_tensor *input, int64_t block, const char *op, int64_t dims[RANK]) {
  int64_t square;
  char text[TENSOR_TEXT];
  if (!size_mul(block, block, &square) || dims[1] % square)
    return clup_fail(CLUP_INVALID_SHAPE,
                     "%s: input: %lld channels (dims[1]) are not a multiple of blocksize^2, "
                     "blocksize %lld",
                     op, (long long)dims[1], (long long)block);
  dims[1] /= square;
  if (!size_mul(dims[2], block, &dims[2]) || !size_mul(dims[3], block, &dims[3]))
    return clup_fail(CLUP_INVALID_SHAPE, "%s: input: %s with blocksize %lld overflows", op,
                     tensor_dims_text(input, text), (long long)block);
  return CLUP_OK;
}

static clup_status to_depth(const clup_tensor *input, int64_t block, const char *op, int64_t dims[RANK]) {
  int64_t square;
  char text[TENSOR_TEXT];
  for (int i = 2; i < RANK; i++) {
    if (dims[i] % block)
      return clup_fail(CLUP_INVALID_SHAPE, "%s: input: dims[%d]=%lld is not a multiple of blocksize %lld", op, i,
                       (long long)dims[i], (long long)block);
    dims[i] /= block;
  }
  if (!size_mul(block, block, &square) || !size_mul(dims[1], square, &dims[1]))
    return clup_fail(CLUP_INVALID_SHAPE, "%s: input: %s with blocksize %lld overflows", op,
                     tensor_dims_text(input, text), (long long)block);
  return CLUP_OK;
}

static clup_status make(const clup_problem *draft, const clup_tensor *output, clup_problem **out) {
  const bool widens = draft->op == CLUP_OP_DEPTH_TO_SPACE;
  const char *op = clup_op_name(draft->op);
  const int64_t block = draft->params.remap.factor;
  const clup_depth_mode mode = draft->params.remap.mode;
  clup_problem made = {.op = draft->op, .params = {.remap = {.factor = block, .mode = mode}}};
  if (block < 1) return clup_fail(CLUP_INVALID_ARGUMENT, "%s: blocksize=%lld must be at least 1", op, (long long)block);
  if (mode != CLUP_DCR && mode != CLUP_CRD)
    return clup_fail(CLUP_INVALID_ARGUMENT, "%s: mode %d is none of clup's (0: DCR, 1: CRD)", op, (int)mode);
  CLUP_TRY(tensor_canonical(&draft->input, op, "input", false, &made.input));
  if (made.input.rank != RANK)
    return clup_fail(CLUP_INVALID_SHAPE, "%s: input: rank %d, but it must be 4 (N, C, H, W)", op, made.input.rank);
  clup_tensor inferred = clup_tensor_make(made.input.dtype, RANK, made.input.dims);
  CLUP_TRY((widens ? to_space : to_depth)(&made.input, block, op, inferred.dims));
  CLUP_TRY(tensor_output(output, &inferred, op, &made.output));
  return problem_new(&made, out);
}

static clup_status problem_of(clup_op op, const clup_tensor *input, const clup_tensor *output, int64_t blocksize,
                              clup_depth_mode mode, clup_problem **out) {
  if (!input || !out)
    return clup_fail(CLUP_INVALID_ARGUMENT, "%s: %s is NULL", clup_op_name(op), input ? "out" : "input");
  const clup_problem draft = {.op = op, .input = *input, .params = {.remap = {.factor = blocksize, .mode = mode}}};
  return make(&draft, output, out);
}

clup_status clup_depth_to_space_problem(const clup_tensor *input, const clup_tensor *output, int64_t blocksize,
                                        clup_depth_mode mode, clup_problem **out) {
  return problem_of(CLUP_OP_DEPTH_TO_SPACE, input, output, blocksize, mode, out);
}

clup_status clup_space_to_depth_problem(const clup_tensor *input, const clup_tensor *output, int64_t blocksize,
                                        clup_depth_mode mode, clup_problem **out) {
  return problem_of(CLUP_OP_SPACE_TO_DEPTH, input, output, blocksize, mode, out);
}

clup_status clup_problem_depth_params(const clup_problem *problem, int64_t *blocksize, clup_depth_mode *mode) {
  if (!problem || !blocksize || !mode)
    return clup_fail(CLUP_INVALID_ARGUMENT, "problem_depth_params: an argument is NULL");
  if (problem->op != CLUP_OP_DEPTH_TO_SPACE && problem->op != CLUP_OP_SPACE_TO_DEPTH)
    return clup_fail(CLUP_INVALID_ARGUMENT, "problem_depth_params: the problem is of %s", clup_op_name(problem->op));
  *blocksize = problem->params.remap.factor;
  *mode = problem->params.remap.mode;
  return CLUP_OK;
}

const operator_info depth_to_space_operator = {"depth_to_space", remap_solvers, keys, defaults, make, remap_cost, NULL};
const operator_info space_to_depth_operator = {"space_to_depth", remap_solvers, keys, defaults, make, remap_cost, NULL};

/* channel_shuffle: checks; the work is a remap. */
#include <stddef.h>

#include "error.h"
#include "problem.h"
#include "solver.h"
#include "solvers/remap_solvers.h"
#include "tensor.h"

#define OP "channel_shuffle"

static const problem_key keys[] = {{"groups", KEY_INT64, offsetof(clup_problem, params.remap.factor), NULL},
                                   {NULL, KEY_FLAG, 0, NULL}};

static void defaults(clup_problem *draft) {
  draft->params.remap.factor = 0; /* none: they must be given */
}

static clup_status make(const clup_problem *draft, const clup_tensor *output, clup_problem **out) {
  const int64_t groups = draft->params.remap.factor;
  clup_problem made = {.op = CLUP_OP_CHANNEL_SHUFFLE, .params = {.remap = {.factor = groups}}};
  if (groups < 1) return clup_fail(CLUP_INVALID_ARGUMENT, OP ": groups=%lld must be at least 1", (long long)groups);
  CLUP_TRY(tensor_canonical(&draft->input, OP, "input", false, &made.input));
  if (made.input.rank < 3)
    return clup_fail(CLUP_INVALID_SHAPE, OP ": input: rank %d, but it must be at least 3 (N, C, ...)", made.input.rank);
  if (made.input.dims[1] % groups)
    return clup_fail(CLUP_INVALID_SHAPE, OP ": groups=%lld does not divide the %lld channels (dims[1])",
                     (long long)groups, (long long)made.input.dims[1]);
  const clup_tensor inferred = clup_tensor_make(made.input.dtype, made.input.rank, made.input.dims);
  CLUP_TRY(tensor_output(output, &inferred, OP, &made.output));
  return problem_new(&made, out);
}

clup_status clup_channel_shuffle_problem(const clup_tensor *input, const clup_tensor *output, int64_t groups,
                                         clup_problem **out) {
  if (!input || !out) return clup_fail(CLUP_INVALID_ARGUMENT, OP ": %s is NULL", input ? "out" : "input");
  const clup_problem draft = {.input = *input, .params = {.remap = {.factor = groups}}};
  return make(&draft, output, out);
}

clup_status clup_problem_channel_shuffle_groups(const clup_problem *problem, int64_t *out) {
  if (!problem || !out) return clup_fail(CLUP_INVALID_ARGUMENT, "problem_channel_shuffle_groups: an argument is NULL");
  if (problem->op != CLUP_OP_CHANNEL_SHUFFLE)
    return clup_fail(CLUP_INVALID_ARGUMENT, "problem_channel_shuffle_groups: the problem is of %s",
                     clup_op_name(problem->op));
  *out = problem->params.remap.factor;
  return CLUP_OK;
}

const operator_info channel_shuffle_operator = {OP, remap_solvers, keys, defaults, make, remap_cost, NULL};

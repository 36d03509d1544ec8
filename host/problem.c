#include "problem.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "solver.h"
#include "tensor.h"

clup_status problem_new(const clup_problem *made, clup_problem **out) {
  clup_problem *problem = malloc(sizeof *problem);
  if (!problem)
    return clup_fail(CLUP_OUT_OF_MEMORY, "problem: no memory for %llu bytes", (unsigned long long)sizeof *problem);
  memcpy(problem, made, sizeof *problem);
  atomic_init(&problem->references, 1);
  *out = problem;
  return CLUP_OK;
}

clup_problem *problem_retain(const clup_problem *problem) {
  clup_problem *shared = (clup_problem *)(uintptr_t)problem; /* only the count changes */
  atomic_fetch_add(&shared->references, 1);
  return shared;
}

void clup_problem_release(clup_problem *problem) {
  if (problem && atomic_fetch_sub(&problem->references, 1) == 1) free(problem);
}

void params_copy(void *to, size_t to_size, const void *from, size_t from_size) {
  memcpy(to, from, from_size < to_size ? from_size : to_size);
  memcpy(to, &to_size, sizeof to_size); /* struct_size comes first in each */
}

const operator_info *operator_of(clup_op op) {
  switch (op) {
    case CLUP_OP_CONV_TRANSPOSE:
      return &conv_transpose_operator;
    case CLUP_OP_INTERPOLATE:
      return &interpolate_operator;
    case CLUP_OP_PIXEL_SHUFFLE:
      return &pixel_shuffle_operator;
    case CLUP_OP_PIXEL_UNSHUFFLE:
      return &pixel_unshuffle_operator;
    case CLUP_OP_MAX_UNPOOL:
      return &max_unpool_operator;
    case CLUP_OP_RESIZE:
      return &resize_operator;
    case CLUP_OP_CHANNEL_SHUFFLE:
      return &channel_shuffle_operator;
    case CLUP_OP_DEPTH_TO_SPACE:
      return &depth_to_space_operator;
    case CLUP_OP_SPACE_TO_DEPTH:
      return &space_to_depth_operator;
    case CLUP_OP_FOLD:
      return &fold_operator;
  }
  return NULL;
}

const char *clup_op_name(clup_op op) {
  const operator_info *info = operator_of(op);
  return info ? info->name : "?";
}

clup_op clup_problem_op(const clup_problem *problem) {
  return problem->op;
}

clup_status clup_problem_tensor(const clup_problem *problem, clup_role role, clup_tensor *out) {
  if (!problem || !out) return clup_fail(CLUP_INVALID_ARGUMENT, "problem_tensor: problem or out is NULL");
  const clup_tensor *tensor = NULL;
  switch (role) {
    case CLUP_ROLE_INPUT:
      tensor = &problem->input;
      break;
    case CLUP_ROLE_WEIGHT:
      tensor = &problem->weight;
      break;
    case CLUP_ROLE_BIAS:
      tensor = &problem->bias;
      break;
    case CLUP_ROLE_INDICES:
      tensor = &problem->indices;
      break;
    case CLUP_ROLE_OUTPUT:
      tensor = &problem->output;
      break;
    case CLUP_ROLE_SLOPE:
      tensor = &problem->slope;
      break;
  }
  if (!tensor || !tensor->rank)
    return clup_fail(CLUP_INVALID_ARGUMENT, "problem_tensor: %s has no tensor in role %d", clup_op_name(problem->op),
                     (int)role);
  *out = *tensor;
  return CLUP_OK;
}

clup_status clup_problem_cost(const clup_problem *problem, double *flops, double *bytes) {
  if (!problem) return clup_fail(CLUP_INVALID_ARGUMENT, "problem_cost: problem is NULL");
  double f = 0, b = 0;
  operator_of(problem->op)->cost(problem, &f, &b);
  if (flops) *flops = f;
  if (bytes) *bytes = b;
  return CLUP_OK;
}

size_t clup_problem_num_algos(const clup_problem *problem) {
  size_t count = 0;
  if (problem)
    while (operator_of(problem->op)->solvers[count]) count++;
  return count;
}

/* One operator on given tensors: validated, canonical (strides filled in), without buffers. */
#ifndef CLUP_PROBLEM_H
#define CLUP_PROBLEM_H

#include <clup/clup.h>
#include <stdatomic.h>
#include <stdbool.h>

struct clup_problem {
  atomic_int references; /* plans share the caller's problem */
  clup_op op;
  clup_tensor input, weight, bias, slope, indices, output; /* rank 0 where the operator has none */
  union {
    clup_conv_transpose_params conv_transpose;
    clup_interpolate_params interpolate;
    clup_resize_params resize;
    struct {
      int64_t factor;       /* of pixel shuffles and blocks; the groups of a channel shuffle */
      clup_depth_mode mode; /* depth_to_space, space_to_depth */
    } remap;
    clup_max_unpool_params max_unpool;
    clup_fold_params fold;
  } params;
};

/* A copy of `made` on the heap, with one reference. */
clup_status problem_new(const clup_problem *made, clup_problem **out);
clup_problem *problem_retain(const clup_problem *problem);

#define PROBLEM_TEXT 1024

/* Copies a caller's parameter struct onto defaults, as much of it as the caller's header knew. */
void params_copy(void *to, size_t to_size, const void *from, size_t from_size);

#endif

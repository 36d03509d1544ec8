/* Not built yet. */
#include <stddef.h>

#include "error.h"
#include "ops/resize.h"
#include "problem.h"
#include "solver.h"

static const problem_key keys[] = {{NULL, KEY_FLAG, 0, NULL}};
static const solver *const solvers[] = {NULL};
static void defaults(clup_problem *draft) {
  (void)draft;
}
static clup_status make(const clup_problem *draft, const clup_tensor *output, clup_problem **out) {
  (void)output, (void)out;
  return clup_fail(CLUP_UNSUPPORTED, "%s: not built yet", clup_op_name(draft->op));
}
static void cost(const clup_problem *problem, double *flops, double *bytes) {
  (void)problem;
  *flops = *bytes = 0;
}
int resize_axes(const clup_problem *problem, int axes[3]) {
  (void)problem, (void)axes;
  return 0;
}
axis_rule resize_rule(const clup_problem *problem, int tensor_axis) {
  (void)problem, (void)tensor_axis;
  return (axis_rule){.filter = AXIS_NEAREST, .in = 1, .out = 1};
}
clup_status clup_resize_problem(const clup_tensor *input, const clup_tensor *output, const clup_resize_params *params,
                                clup_problem **out) {
  (void)input, (void)output;
  (void)params, (void)out;
  return clup_fail(CLUP_UNSUPPORTED, "not built yet");
}
clup_status clup_problem_resize_params(const clup_problem *problem, clup_resize_params *out) {
  (void)problem;
  (void)out;
  return clup_fail(CLUP_UNSUPPORTED, "not built yet");
}
const operator_info resize_operator = {"resize", solvers, keys, defaults, make, cost};

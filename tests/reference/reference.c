/* Which operator a problem is of, and the last error. */
#include "reference/reference.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static _Thread_local char last_error[400];

const char *reference_error(void) {
  return last_error;
}

int reference_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(last_error, sizeof last_error, format, arguments);
  va_end(arguments);
  return -1;
}

static int mode_of(const clup_problem *problem, clup_mode *mode) {
  clup_interpolate_params p;
  if (clup_problem_interpolate_params(problem, &p) != CLUP_OK)
    return reference_fail("interpolate: %s", clup_last_error());
  *mode = p.mode;
  return 0;
}

int reference_moves(const clup_problem *problem) {
  clup_mode mode = CLUP_NEAREST;
  switch (clup_problem_op(problem)) {
    case CLUP_OP_CONV_TRANSPOSE:
    case CLUP_OP_FOLD:
      return 0;
    case CLUP_OP_RESIZE:
      return reference_resize_moves(problem);
    case CLUP_OP_INTERPOLATE:
      return mode_of(problem, &mode) == 0 && (mode == CLUP_NEAREST || mode == CLUP_NEAREST_EXACT);
    case CLUP_OP_PIXEL_SHUFFLE:
    case CLUP_OP_PIXEL_UNSHUFFLE:
    case CLUP_OP_CHANNEL_SHUFFLE:
    case CLUP_OP_DEPTH_TO_SPACE:
    case CLUP_OP_SPACE_TO_DEPTH:
    case CLUP_OP_MAX_UNPOOL:
      return 1;
  }
  return 0;
}

int reference_output_dims(const clup_problem *problem, int64_t dims[CLUP_MAX_RANK]) {
  switch (clup_problem_op(problem)) {
    case CLUP_OP_CONV_TRANSPOSE:
      return reference_conv_transpose_dims(problem, dims);
    case CLUP_OP_INTERPOLATE:
      return reference_interpolate_dims(problem, dims);
    case CLUP_OP_PIXEL_SHUFFLE:
    case CLUP_OP_PIXEL_UNSHUFFLE:
    case CLUP_OP_CHANNEL_SHUFFLE:
    case CLUP_OP_DEPTH_TO_SPACE:
    case CLUP_OP_SPACE_TO_DEPTH:
      return reference_shuffle_dims(problem, dims);
    case CLUP_OP_RESIZE:
      return reference_resize_dims(problem, dims);
    case CLUP_OP_FOLD:
      return reference_fold_dims(problem, dims);
    case CLUP_OP_MAX_UNPOOL:
      return reference_unpool_dims(problem, dims);
  }
  return reference_fail("unknown operator");
}

int reference_run(const clup_problem *problem, const reference_inputs *in, double *out, double *magnitude,
                  int64_t *terms) {
  if (reference_moves(problem)) return reference_fail("reference_run: the operator moves elements");
  switch (clup_problem_op(problem)) {
    case CLUP_OP_CONV_TRANSPOSE:
      return reference_conv_transpose(problem, in, out, magnitude, terms);
    case CLUP_OP_FOLD:
      return reference_fold(problem, in, out, magnitude, terms);
    case CLUP_OP_RESIZE:
      return reference_resize(problem, in, out, magnitude, terms);
    default:
      return reference_interpolate(problem, in, out, magnitude, terms);
  }
}

int reference_sources(const clup_problem *problem, const int64_t *indices, int64_t *source, int64_t *bad) {
  if (!reference_moves(problem)) return reference_fail("reference_sources: the operator computes");
  if (bad != NULL) *bad = -1;
  switch (clup_problem_op(problem)) {
    case CLUP_OP_INTERPOLATE:
      return reference_nearest_sources(problem, source);
    case CLUP_OP_RESIZE:
      return reference_resize_sources(problem, source);
    case CLUP_OP_MAX_UNPOOL:
      return reference_unpool_sources(problem, indices, source, bad);
    default:
      return reference_shuffle_sources(problem, source);
  }
}

double reference_factor(const clup_problem *problem, int64_t terms) {
  const clup_op op = clup_problem_op(problem);
  if (op != CLUP_OP_CONV_TRANSPOSE && op != CLUP_OP_FOLD) return terms > 64 ? 24 : 8;
  const double n = (double)terms;
  return fmin(n / 2 + 1, 4 + sqrt(n));
}

/* Half the distance between neighbours of that size, in a format of `digits` binary digits and that least exponent. */
static double half_unit(double value, int digits, int least) {
  const int exponent = value > 0 && isfinite(value) ? ilogb(value) : least;
  return ldexp(0.5, (exponent > least ? exponent : least) - (digits - 1));
}

double reference_bound(const clup_problem *problem, double value, double magnitude, int64_t terms) {
  clup_tensor y;
  if (clup_problem_tensor(problem, CLUP_ROLE_OUTPUT, &y) != CLUP_OK) return 0;
  const double factor = reference_factor(problem, terms);
  if (y.dtype == CLUP_F64) return 2 * factor * DBL_EPSILON * magnitude;
  const double bound = factor * FLT_EPSILON * magnitude + (double)terms * FLT_MIN, most = fabs(value) + bound;
  if (y.dtype == CLUP_F32) return bound;
  if (y.dtype == CLUP_F16) return bound + half_unit(most, 11, -14);
  if (y.dtype == CLUP_BF16) return bound + half_unit(most, 8, -126);
  return bound + 0.5;
}

/* What an output must be, and whether it is. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference/reference.h"

/* Elements of a span as doubles, contiguous; NULL when memory is short. */
static double *doubles_of(const clup_tensor *tensor, const void *span) {
  const int64_t count = reference_count(tensor);
  double *values = malloc((size_t)(count + 1) * sizeof *values);
  const size_t size = clup_dtype_size(tensor->dtype);
  for (int64_t i = 0; values != NULL && i < count; i++)
    values[i] =
        reference_number(tensor->dtype, (const unsigned char *)span + (size_t)reference_place(tensor, i) * size);
  return values;
}

static int64_t *indices_of(const clup_tensor *tensor, const void *span) {
  const int64_t count = reference_count(tensor);
  const size_t size = clup_dtype_size(tensor->dtype);
  int64_t *values = malloc((size_t)(count + 1) * sizeof *values);
  for (int64_t i = 0; values != NULL && i < count; i++) {
    const unsigned char *at = (const unsigned char *)span + (size_t)reference_place(tensor, i) * size;
    int32_t narrow;
    if (tensor->dtype == CLUP_I64) {
      memcpy(&values[i], at, size);
    } else {
      memcpy(&narrow, at, sizeof narrow);
      values[i] = narrow;
    }
  }
  return values;
}

/* The contents of a role that the problem may lack: 0 with NULL then. */
static int load(const clup_problem *problem, clup_role role, const void *span, double **values) {
  clup_tensor tensor;
  if (clup_problem_tensor(problem, role, &tensor) != CLUP_OK) return 0;
  if (reference_count(&tensor) > 0 && span == NULL) return reference_fail("an array is missing (role %d)", (int)role);
  *values = doubles_of(&tensor, span);
  return *values == NULL ? reference_fail("out of memory") : 0;
}

static int expect_values(const clup_problem *problem, const clup_arrays *arrays, reference_expected *e) {
  double *input = NULL, *weight = NULL, *bias = NULL, *slope = NULL;
  const size_t room = (size_t)e->count + 1;
  int64_t *terms = malloc(room * sizeof *terms);
  int result = -1;
  e->value = malloc(room * sizeof *e->value);
  e->bound = malloc(room * sizeof *e->bound);
  if (terms == NULL || e->value == NULL || e->bound == NULL) {
    reference_fail("out of memory");
    goto done;
  }
  if (load(problem, CLUP_ROLE_INPUT, arrays->input, &input) != 0) goto done;
  if (load(problem, CLUP_ROLE_WEIGHT, arrays->weight, &weight) != 0) goto done;
  if (load(problem, CLUP_ROLE_BIAS, arrays->bias, &bias) != 0) goto done;
  if (load(problem, CLUP_ROLE_SLOPE, arrays->slope, &slope) != 0) goto done;
  const reference_inputs inputs = {.input = input, .weight = weight, .bias = bias, .slope = slope};
  result = reference_run(problem, &inputs, e->value, e->bound, terms);
  for (int64_t i = 0; result == 0 && i < e->count; i++)
    e->bound[i] = reference_bound(problem, e->value[i], e->bound[i], terms[i]);
done:
  free(input);
  free(weight);
  free(bias);
  free(slope);
  free(terms);
  return result;
}

static int expect_sources(const clup_problem *problem, const clup_arrays *arrays, reference_expected *e) {
  clup_tensor tensor;
  int64_t *indices = NULL;
  if (clup_problem_tensor(problem, CLUP_ROLE_INDICES, &tensor) == CLUP_OK) {
    if (reference_count(&tensor) > 0 && arrays->indices == NULL) return reference_fail("the indices are missing");
    indices = indices_of(&tensor, arrays->indices);
    if (indices == NULL) return reference_fail("out of memory");
  }
  e->source = malloc(((size_t)e->count + 1) * sizeof *e->source);
  const int result = e->source == NULL ? reference_fail("out of memory")
                                       : reference_sources(problem, indices, e->source, &e->bad_index);
  free(indices);
  return result;
}

int reference_expect(const clup_problem *problem, const clup_arrays *arrays, reference_expected *expected) {
  clup_tensor y;
  int64_t dims[CLUP_MAX_RANK];
  *expected = (reference_expected){.bad_index = -1};
  if (clup_problem_tensor(problem, CLUP_ROLE_OUTPUT, &y) != CLUP_OK) return reference_fail("%s", clup_last_error());
  if (reference_output_dims(problem, dims) != 0) return -1;
  for (int a = 0; a < y.rank; a++)
    if (dims[a] != y.dims[a])
      return reference_fail("output axis %d: %" PRId64 ", the reference says %" PRId64, a, y.dims[a], dims[a]);
  expected->moves = reference_moves(problem);
  expected->count = reference_count(&y);
  const int result =
      expected->moves ? expect_sources(problem, arrays, expected) : expect_values(problem, arrays, expected);
  if (result != 0) reference_expected_free(expected);
  return result;
}

void reference_expected_free(reference_expected *expected) {
  free(expected->source);
  free(expected->value);
  free(expected->bound);
  *expected = (reference_expected){.bad_index = -1};
}

static void note(reference_report *report, int64_t i, double got, double want, double bound) {
  if (report->wrong++ == 0) {
    report->first = i;
    report->got = got;
    report->want = want;
    report->bound = bound;
  }
}

/* Integers hold what is beyond their range as its end. */
static double saturated(clup_dtype dtype, double value, double bound) {
  unsigned char at[8];
  if (dtype < CLUP_U8 || isnan(value)) return value;
  reference_put(dtype, value, at);
  const double held = reference_number(dtype, at);
  return fabs(held - value) > bound ? held : value;
}

/* f16 rounds what is large to infinity. */
static int beyond(clup_dtype dtype, double got, double want, double bound) {
  return dtype == CLUP_F16 && isfinite(want) && fabs(want) + bound >= 65520 && (got > 0) == (want > 0);
}

static void compare_values(const clup_tensor *y, const reference_expected *e, const void *span,
                           reference_report *report) {
  const size_t size = clup_dtype_size(y->dtype);
  for (int64_t i = 0; i < e->count; i++) {
    const double got = reference_number(y->dtype, (const unsigned char *)span + (size_t)reference_place(y, i) * size);
    const double want = saturated(y->dtype, e->value[i], e->bound[i]), error = fabs(got - want);
    if ((isnan(got) && isnan(want)) || got == want || (isinf(got) && beyond(y->dtype, got, want, e->bound[i])))
      continue;
    const double part = e->bound[i] > 0 ? error / e->bound[i] : INFINITY;
    if (part > report->worst || isnan(part)) report->worst = part;
    if (!isfinite(want) || !(error <= e->bound[i])) note(report, i, got, want, e->bound[i]);
  }
}

static void compare_moved(const clup_tensor *x, const clup_tensor *y, const reference_expected *e, const void *input,
                          const void *span, const clup_resize_params *resize, reference_report *report) {
  static const unsigned char zero[8];
  unsigned char extrapolated[8] = {0};
  const size_t size = clup_dtype_size(y->dtype);
  if (resize != NULL) reference_put(y->dtype, resize->extrapolation_value, extrapolated);
  for (int64_t i = 0; i < e->count; i++) {
    const unsigned char *got = (const unsigned char *)span + (size_t)reference_place(y, i) * size;
    const unsigned char *want = e->source[i] == REFERENCE_EXTRAPOLATED ? extrapolated
                                : e->source[i] < 0
                                    ? zero
                                    : (const unsigned char *)input + (size_t)reference_place(x, e->source[i]) * size;
    if (memcmp(got, want, size) == 0) continue;
    report->worst = 1;
    note(report, i, reference_number(y->dtype, got), reference_number(y->dtype, want), 0);
  }
}

int reference_compare(const clup_problem *problem, const reference_expected *expected, const clup_arrays *arrays,
                      reference_report *report) {
  clup_tensor x = {0}, y = {0};
  clup_resize_params resize;
  const int resizes = clup_problem_op(problem) == CLUP_OP_RESIZE;
  *report = (reference_report){.first = -1};
  if (clup_problem_tensor(problem, CLUP_ROLE_INPUT, &x) != CLUP_OK ||
      clup_problem_tensor(problem, CLUP_ROLE_OUTPUT, &y) != CLUP_OK)
    return reference_fail("%s", clup_last_error());
  report->checked = expected->count;
  if (resizes && clup_problem_resize_params(problem, &resize) != CLUP_OK)
    return reference_fail("%s", clup_last_error());
  if (expected->moves)
    compare_moved(&x, &y, expected, arrays->input, arrays->output, resizes ? &resize : NULL, report);
  else
    compare_values(&y, expected, arrays->output, report);
  if (report->wrong == 0) return 0;
  snprintf(report->text, sizeof report->text,
           "%" PRId64 " of %" PRId64 " wrong; first at %" PRId64 ": got %.9g, want %.9g, bound %.3g", report->wrong,
           report->checked, report->first, report->got, report->want, report->bound);
  return reference_fail("%s", report->text);
}

int reference_check(const clup_problem *problem, const clup_arrays *arrays, reference_report *report) {
  reference_expected expected;
  *report = (reference_report){.first = -1};
  if (reference_expect(problem, arrays, &expected) != 0) {
    snprintf(report->text, sizeof report->text, "%s", reference_error());
    return -1;
  }
  const int result = reference_compare(problem, &expected, arrays, report);
  reference_expected_free(&expected);
  return result;
}

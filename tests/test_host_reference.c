/* The reference and the problem makers against PyTorch's golden data; no device is needed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden_trial.h"

static golden_data golden;

static void check_case(const golden_case *c, int *compared) {
  clup_tensor y;
  trial_arrays arrays;
  reference_expected expected;
  clup_problem *problem = trial_problem(c->text);
  assert_int_equal(clup_problem_tensor(problem, CLUP_ROLE_OUTPUT, &y), CLUP_OK);
  assert_int_equal(y.rank, c->rank);
  for (int a = 0; a < y.rank; a++)
    if (y.dims[a] != c->dims[a]) fail_msg("%s: axis %d: %" PRId64 " (%s)", c->name, a, y.dims[a], c->text);
  golden_arrays(&golden, c, problem, &arrays);
  const clup_arrays host = trial_host_arrays(&arrays);
  if (reference_expect(problem, &host, &expected) != 0) fail_msg("%s: %s", c->name, reference_error());
  assert_int_equal(expected.bad_index, -1);
  for (int64_t i = 0; i < expected.count; i++, (*compared)++) {
    const double want = golden_value(&golden, c, i);
    const double got = expected.moves ? (double)expected.source[i] : expected.value[i];
    /* Two sums in double: a millionth of what float32 is allowed. */
    double bound = c->expect == GOLDEN_F64 ? 1e-6 * expected.bound[i] : 0;
    if (strncmp(c->name, "lanczos/", 8) == 0) bound = expected.bound[i]; /* Pillow stores float32 */
    if (!(fabs(got - want) <= bound))
      fail_msg("%s at %" PRId64 ": %.17g, torch %.17g: %s", c->name, i, got, want, c->text);
  }
  reference_expected_free(&expected);
  trial_arrays_free(&arrays);
  clup_problem_release(problem);
}

static void test_golden_cases(void **state) {
  (void)state;
  int compared = 0;
  assert_true(golden.count >= 260);
  for (size_t i = 0; i < golden.count; i++) check_case(&golden.cases[i], &compared);
  assert_true(compared > 100000);
}

static void test_nearest_tables(void **state) {
  (void)state;
  size_t bytes;
  unsigned char *data = golden_file("nearest.bin", &bytes);
  assert_true(bytes / GOLDEN_NEAREST_BYTES > 6000);
  for (size_t r = 0; r < bytes / GOLDEN_NEAREST_BYTES; r++) {
    const golden_nearest n = golden_nearest_at(data, r);
    const int64_t out = n.scale != 0 ? (int64_t)floor((double)n.in * n.scale) : n.out;
    assert_int_equal(out, n.out);
    int64_t *table = malloc(((size_t)out + 1) * sizeof *table);
    assert_non_null(table);
    for (int exact = 0; exact < 2 && out > 0; exact++) {
      for (int64_t i = 0; i < out; i++)
        table[i] = reference_nearest_index(exact, n.out + n.other <= 128, 0, n.in, out, n.scale, i);
      if (golden_crc(table, out) != n.crc[exact])
        fail_msg("%s %" PRId64 " -> %" PRId64 " scale %.17g, other axis %" PRId64, exact ? "nearest-exact" : "nearest",
                 n.in, out, n.scale, n.other);
    }
    free(table);
  }
  free(data);
}

/* The text of a record's problem, its axis being the first or the second spatial one. */
static void size_text(const golden_size *g, int second, char *text, size_t size) {
  const char *pairs[] = {"%" PRId64 "x1", "1x%" PRId64}, *zeros[] = {"%" PRId64 "x0", "0x%" PRId64};
  char in[24], kernel[24], stride[24], padding[24], dilation[24], extra[24], last[60] = "";
  snprintf(in, sizeof in, pairs[second], g->in);
  snprintf(kernel, sizeof kernel, pairs[second], g->kernel);
  snprintf(stride, sizeof stride, pairs[second], g->stride);
  snprintf(padding, sizeof padding, zeros[second], g->padding);
  snprintf(dilation, sizeof dilation, pairs[second], g->dilation);
  snprintf(extra, sizeof extra, g->kind == 0 ? zeros[second] : pairs[second], g->extra);
  if (g->extra != 0) snprintf(last, sizeof last, " %s=%s", g->kind == 0 ? "output_padding" : "output_size", extra);
  if (g->kind == 2)
    snprintf(text, size, "max_unpool x=1x1x%s indices=i64 kernel=%s stride=%s padding=%s%s", in, kernel, stride,
             padding, last);
  else
    snprintf(text, size, "conv_transpose x=1x1x%s w=1x1x%s stride=%s padding=%s dilation=%s%s", in, kernel, stride,
             padding, dilation, last);
}

/* Torch's rule of which sizes there are, on either axis. */
static void test_output_sizes(void **state) {
  (void)state;
  size_t bytes;
  unsigned char *data = golden_file("sizes.bin", &bytes);
  assert_true(bytes / GOLDEN_SIZE_BYTES > 3000);
  for (size_t r = 0; r < 2 * (bytes / GOLDEN_SIZE_BYTES); r++) {
    const golden_size g = golden_size_at(data, r / 2);
    const int second = (int)(r % 2);
    char text[300];
    clup_problem *problem = NULL;
    clup_tensor y;
    int64_t dims[CLUP_MAX_RANK];
    size_text(&g, second, text, sizeof text);
    const clup_status status = clup_problem_parse(text, &problem);
    if (g.out == 0) {
      if (status != CLUP_INVALID_SHAPE && status != CLUP_INVALID_ARGUMENT)
        fail_msg("%s: %d, but torch refuses", text, status);
      assert_null(problem);
      continue;
    }
    if (status != CLUP_OK) fail_msg("%s: torch says %" PRId64 ", but: %s", text, g.out, clup_last_error());
    assert_int_equal(clup_problem_tensor(problem, CLUP_ROLE_OUTPUT, &y), CLUP_OK);
    if (y.dims[2 + second] != g.out || y.dims[3 - second] != 1) fail_msg("%s: torch says %" PRId64, text, g.out);
    if (reference_output_dims(problem, dims) != 0) fail_msg("%s: reference: %s", text, reference_error());
    assert_memory_equal(dims, y.dims, 4 * sizeof dims[0]);
    clup_problem_release(problem);
  }
  free(data);
}

/* A reference that accepts everything would pass nothing on. */
static void test_comparison_finds_errors(void **state) {
  (void)state;
  static const char *const texts[] = {"conv_transpose x=1x2x3x3 w=2x3x3x3 bias=1 stride=2x2",
                                      "interpolate x=1x2x3x3 mode=bicubic size=5x7",
                                      "pixel_shuffle x=1x4x3x3 factor=2"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    clup_tensor y;
    trial_arrays arrays;
    reference_expected expected;
    reference_report report;
    clup_problem *problem = trial_problem(texts[i]);
    trial_arrays_make(problem, REFERENCE_REALS, 5, &arrays);
    assert_int_equal(clup_problem_tensor(problem, CLUP_ROLE_OUTPUT, &y), CLUP_OK);
    const clup_arrays host = trial_host_arrays(&arrays);
    assert_int_equal(reference_expect(problem, &host, &expected), 0);
    float *got = arrays.spans[CLUP_ROLE_OUTPUT];
    const float *input = arrays.spans[CLUP_ROLE_INPUT];
    for (int64_t e = 0; e < expected.count; e++)
      got[e] = expected.moves ? input[expected.source[e]] : (float)expected.value[e];
    assert_int_equal(reference_compare(problem, &expected, &host, &report), 0);
    assert_int_equal(report.checked, expected.count);
    got[7] += fabsf(got[7]) * 1e-5f + 1e-5f;
    assert_int_equal(reference_compare(problem, &expected, &host, &report), -1);
    assert_int_equal(report.wrong, 1);
    assert_int_equal(report.first, 7);
    assert_non_null(strstr(report.text, "first at 7"));
    got[7] = NAN;
    assert_int_equal(reference_compare(problem, &expected, &host, &report), -1);
    got[7] = INFINITY;
    assert_int_equal(reference_check(problem, &host, &report), -1);
    reference_expected_free(&expected);
    trial_arrays_free(&arrays);
    clup_problem_release(problem);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_golden_cases),
      cmocka_unit_test(test_nearest_tables),
      cmocka_unit_test(test_output_sizes),
      cmocka_unit_test(test_comparison_finds_errors),
  };
  golden_load(&golden, "cases");
  const int result = cmocka_run_group_tests_name("reference", tests, NULL, NULL);
  golden_free(&golden);
  return result;
}

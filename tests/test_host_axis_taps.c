/* The host's taps along one axis, against torch's tables and the reference. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "axis_taps.h"
#include "golden.h"
#include "trial.h"

static void test_nearest_tables(void **state) {
  (void)state;
  size_t bytes;
  unsigned char *data = golden_file("nearest.bin", &bytes);
  for (size_t r = 0; r < bytes / GOLDEN_NEAREST_BYTES; r++) {
    const golden_nearest n = golden_nearest_at(data, r);
    for (int exact = 0; exact < 2 && n.out > 0; exact++) {
      axis_taps taps;
      const axis_rule rule = {.filter = exact ? AXIS_NEAREST_EXACT : AXIS_NEAREST,
                              .in = n.in,
                              .out = n.out,
                              .scale = n.scale,
                              .small_output = n.out + n.other <= AXIS_SMALL_OUTPUT};
      assert_int_equal(axis_taps_make(&rule, &taps), CLUP_OK);
      assert_int_equal(taps.taps, 1);
      assert_int_equal(taps.out, n.out);
      int64_t *table = malloc((size_t)n.out * sizeof *table);
      assert_non_null(table);
      for (int64_t i = 0; i < n.out; i++) {
        table[i] = taps.index[i];
        assert_true(taps.weight[i] == 1);
      }
      if (golden_crc(table, n.out) != n.crc[exact])
        fail_msg("%s %" PRId64 " -> %" PRId64 " scale %.17g", exact ? "nearest-exact" : "nearest", n.in, n.out,
                 n.scale);
      free(table);
      axis_taps_clear(&taps);
    }
  }
  free(data);
}

/* The matrix of an axis, column by column, from the reference: what it makes of an input that is 1 at one place. */
static void reference_column(const clup_problem *problem, int64_t in, int64_t j, double *column, int64_t out) {
  double *x = calloc((size_t)in, sizeof *x), *magnitude = malloc((size_t)out * sizeof *magnitude);
  int64_t *terms = malloc((size_t)out * sizeof *terms);
  assert_true(x != NULL && magnitude != NULL && terms != NULL);
  x[j] = 1;
  assert_int_equal(reference_run(problem, &(reference_inputs){.input = x}, column, magnitude, terms), 0);
  free(x);
  free(magnitude);
  free(terms);
}

static void check_weights(int cubic, int align, int64_t in, int64_t out, double scale) {
  char text[200];
  axis_taps taps;
  const axis_rule rule = {
      .filter = cubic ? AXIS_CUBIC : AXIS_LINEAR, .in = in, .out = out, .scale = scale, .align_corners = align != 0};
  assert_int_equal(axis_taps_make(&rule, &taps), CLUP_OK);
  assert_int_equal(taps.taps, cubic ? 4 : 2);
  assert_int_equal(taps.out, out);
  int used = snprintf(text, sizeof text, "interpolate x=1x1x1x%" PRId64 " mode=%s align_corners=%d", in,
                      cubic ? "bicubic" : "bilinear", align);
  if (scale != 0)
    snprintf(text + used, sizeof text - (size_t)used, " scale_factor=1x%.17g", scale);
  else
    snprintf(text + used, sizeof text - (size_t)used, " size=1x%" PRId64, out);
  clup_problem *problem = trial_problem(text);
  double *column = malloc((size_t)out * sizeof *column);
  assert_non_null(column);
  for (int64_t j = 0; j < in; j++) {
    reference_column(problem, in, j, column, out);
    for (int64_t i = 0; i < out; i++) {
      double got = 0;
      for (int t = 0; t < taps.taps; t++) {
        const int64_t at = i * taps.taps + t;
        assert_true(taps.index[at] >= 0 && taps.index[at] < in);
        if (taps.index[at] == j) got += taps.weight[at];
      }
      if (!(fabs(got - column[i]) <= 0x1p-22))
        fail_msg("%s: out %" PRId64 " in %" PRId64 ": %.9g, not %.9g", text, i, j, got, column[i]);
    }
  }
  free(column);
  clup_problem_release(problem);
  axis_taps_clear(&taps);
}

static void test_weights_by_size(void **state) {
  (void)state;
  for (int cubic = 0; cubic < 2; cubic++)
    for (int align = 0; align < 2; align++)
      for (int64_t in = 1; in <= 12; in++)
        for (int64_t out = 1; out <= 25; out++) check_weights(cubic, align, in, out, 0);
}

static void test_weights_by_scale(void **state) {
  (void)state;
  static const double scales[] = {0.3, 0.5, 0.7, 1, 1.1, 1.5, 2, 2.3, 3.7, 4};
  for (int cubic = 0; cubic < 2; cubic++)
    for (int align = 0; align < 2; align++)
      for (int64_t in = 1; in <= 9; in++)
        for (size_t s = 0; s < sizeof scales / sizeof scales[0]; s++) {
          const int64_t out = (int64_t)floor((double)in * scales[s]);
          if (out > 0) check_weights(cubic, align, in, out, scales[s]);
        }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nearest_tables),
      cmocka_unit_test(test_weights_by_size),
      cmocka_unit_test(test_weights_by_scale),
  };
  return cmocka_run_group_tests_name("axis_taps", tests, NULL, NULL);
}

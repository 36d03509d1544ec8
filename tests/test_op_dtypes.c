/* Interpolation of narrow and wide dtypes: how results are rounded, saturated, and reached by NaN and infinity. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "group.h"

static void put(const clup_problem *problem, trial_arrays *arrays, int64_t flat, double value) {
  clup_tensor x;
  assert_int_equal(clup_problem_tensor(problem, CLUP_ROLE_INPUT, &x), CLUP_OK);
  unsigned char *span = arrays->spans[CLUP_ROLE_INPUT];
  reference_put(x.dtype, value, span + (size_t)reference_place(&x, flat) * clup_dtype_size(x.dtype));
}

/* On every solver: exactly these values, of exactly these inputs. */
static void check_exact(const char *text, const double *input, const double *want) {
  char why[TRIAL_TEXT];
  trial_arrays arrays;
  reference_expected expected;
  clup_problem *problem = trial_problem(text);
  trial_arrays_make(problem, REFERENCE_INTEGERS, 1, &arrays);
  clup_tensor x;
  assert_int_equal(clup_problem_tensor(problem, CLUP_ROLE_INPUT, &x), CLUP_OK);
  for (int64_t i = 0; i < reference_count(&x); i++) put(problem, &arrays, i, input[i]);
  const clup_arrays host = trial_host_arrays(&arrays);
  if (reference_expect(problem, &host, &expected) != 0) fail_msg("%s: %s", text, reference_error());
  for (int64_t i = 0; i < expected.count; i++) {
    expected.value[i] = want[i];
    expected.bound[i] = 0;
  }
  if (trial_run_all(&device, problem, &arrays, &expected, why) != 0) fail_msg("%s: %s", text, why);
  reference_expected_free(&expected);
  trial_arrays_free(&arrays);
  clup_problem_release(problem);
}

/* Doubling a row takes 1/4 and 3/4 of two neighbours: halves of a unit come out where these are two apart. */
static void test_ties_go_to_even(void **state) {
  (void)state;
  const double x[4] = {0, 2, 4, 6}, y[8] = {0, 0, 2, 2, 4, 4, 6, 6};
  check_exact("interpolate x=1x1x1x4 dtype=u8 mode=bilinear size=1x8", x, y);
  check_exact("interpolate x=1x1x4 dtype=u16 mode=linear size=8", x, y);
  check_exact("interpolate x=1x1x1x4 dtype=u8 mode=bilinear size=1x8 antialias=1", x, y);
  const double s[4] = {-6, -4, -2, 0}, t[8] = {-6, -6, -4, -4, -2, -2, 0, 0};
  check_exact("interpolate x=1x1x1x4 dtype=i8 mode=bilinear size=1x8", s, t);
  check_exact("interpolate x=1x1x4 dtype=i16 mode=linear size=8", s, t);
  /* Above 1 the units are 2^-10 in f16 and 2^-7 in bf16. */
  const double h[2] = {1, 1 + 0x1p-9}, g[4] = {1, 1, 1 + 0x1p-9, 1 + 0x1p-9};
  check_exact("interpolate x=1x1x1x2 dtype=f16 mode=bilinear size=1x4", h, g);
  const double b[2] = {1, 1 + 0x1p-6}, c[4] = {1, 1, 1 + 0x1p-6, 1 + 0x1p-6};
  check_exact("interpolate x=1x1x1x2 dtype=bf16 mode=bilinear size=1x4", b, c);
}

/* Whole vectors and what is left over, alone and with other channels beside. */
static const char *const shapes[] = {
    "interpolate x=1x2x3x37 dtype=%s mode=bicubic size=5x82",
    "interpolate x=1x3x4x9 dtype=%s mode=bicubic scale_factor=2 x_strides=108x1x27x3 y_strides=432x1x54x3",
    "interpolate x=1x2x6x19 dtype=%s mode=bicubic size=5x13 antialias=1",
};

static void check_extremes(const char *text) {
  char why[TRIAL_TEXT];
  trial_arrays arrays;
  reference_expected expected;
  clup_problem *problem = trial_problem(text);
  clup_tensor x;
  assert_int_equal(clup_problem_tensor(problem, CLUP_ROLE_INPUT, &x), CLUP_OK);
  trial_arrays_make(problem, REFERENCE_INTEGERS, 1, &arrays);
  const int is_signed = x.dtype == CLUP_I8 || x.dtype == CLUP_I16 || x.dtype == CLUP_F16;
  const double most = x.dtype == CLUP_F16 ? 65504 : ldexp(1, (int)(8 * clup_dtype_size(x.dtype)) - is_signed) - 1;
  const double least = x.dtype == CLUP_F16 ? -most : is_signed ? -most - 1 : 0;
  for (int64_t i = 0; i < reference_count(&x); i++)
    put(problem, &arrays, i, reference_hash(7, (uint32_t)i) & 1 ? most : least);
  const clup_arrays host = trial_host_arrays(&arrays);
  if (reference_expect(problem, &host, &expected) != 0) fail_msg("%s: %s", text, reference_error());
  int above = 0, below = 0;
  for (int64_t i = 0; i < expected.count; i++) {
    above += expected.value[i] > most + 1;
    below += expected.value[i] < least - 1;
  }
  if (above == 0 || below == 0) fail_msg("%s: nothing is beyond the range", text);
  if (trial_run_all(&device, problem, &arrays, &expected, why) != 0) fail_msg("%s: %s", text, why);
  reference_expected_free(&expected);
  trial_arrays_free(&arrays);
  clup_problem_release(problem);
}

static void test_saturation(void **state) {
  (void)state;
  static const char *const dtypes[] = {"u8", "i8", "u16", "i16", "f16"};
  char text[200];
  for (size_t d = 0; d < sizeof dtypes / sizeof dtypes[0]; d++)
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
      snprintf(text, sizeof text, shapes[s], dtypes[d]);
      check_extremes(text);
    }
}

static void test_special_values(void **state) {
  (void)state;
  static const char *const dtypes[] = {"f16", "bf16", "f64"};
  static const double specials[] = {NAN, INFINITY, -INFINITY};
  char text[200], why[TRIAL_TEXT];
  for (size_t d = 0; d < sizeof dtypes / sizeof dtypes[0]; d++)
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
      trial_arrays arrays;
      reference_expected expected;
      snprintf(text, sizeof text, shapes[s], dtypes[d]);
      clup_problem *problem = trial_problem(text);
      trial_arrays_make(problem, REFERENCE_REALS, 3, &arrays);
      for (int i = 0; i < 3; i++) put(problem, &arrays, 11 + 40 * i, specials[i]);
      const clup_arrays host = trial_host_arrays(&arrays);
      if (reference_expect(problem, &host, &expected) != 0) fail_msg("%s: %s", text, reference_error());
      int64_t reached = 0;
      for (int64_t i = 0; i < expected.count; i++) reached += !isfinite(expected.value[i]);
      assert_in_range(reached, 10, expected.count / 2);
      if (trial_run_all(&device, problem, &arrays, &expected, why) != 0) fail_msg("%s: %s", text, why);
      reference_expected_free(&expected);
      trial_arrays_free(&arrays);
      clup_problem_release(problem);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ties_go_to_even),
      cmocka_unit_test(test_saturation),
      cmocka_unit_test(test_special_values),
  };
  return cmocka_run_group_tests_name("dtypes", tests, open_device, close_device);
}

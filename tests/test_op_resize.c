/* Resize: random problems against the reference on every solver, in 32- and 64-bit indices; extrapolation in every
 * dtype; what an infinity reaches. */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "group.h"
#include "small.h"

/* ---- random problems */

static uint32_t seed;
static int pick(int count) {
  return (int)(reference_hash(2024, seed++) % (uint32_t)count);
}

typedef struct line {
  char text[600];
  int used;
} line;
static void put(line *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(line *l, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  l->used += vsnprintf(l->text + l->used, sizeof l->text - (size_t)l->used, format, arguments);
  va_end(arguments);
}

static const char *const coordinates[] = {"half_pixel",    "half_pixel_symmetric", "pytorch_half_pixel",
                                          "align_corners", "asymmetric",           "tf_crop_and_resize"};
static const char *const nearest[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};

/* A size from 1 to about three times `in`, or a scale that leaves at least one element. */
static void put_lists(line *l, const int64_t *dims, const int *axes, int count) {
  const int sizes = pick(2);
  put(l, sizes ? " sizes=" : " scales=");
  for (int i = 0; i < count; i++) {
    const int64_t in = dims[axes[i]];
    if (sizes)
      put(l, "%s%d", i ? "x" : "", 1 + pick(3 * (int)in + 2));
    else
      put(l, "%s%.9g", i ? "x" : "", (1.01 + 0.37 * pick(7 * (int)in)) / (double)in);
  }
  if (sizes) put(l, "%s", (const char *[]){"", "", " aspect_policy=not_larger", " aspect_policy=not_smaller"}[pick(4)]);
}

static int random_problem(line *l) {
  int64_t dims[6];
  int axes[6], count = 0;
  const int rank = 1 + pick(6), mode = pick(3), coordinate = pick(6);
  *l = (line){.used = 0};
  put(l, "resize x=");
  for (int a = 0; a < rank; a++) {
    dims[a] = 1 + pick(a == rank - 1 && pick(3) == 0 ? 60 : rank > 4 ? 4 : 8);
    put(l, "%s%" PRId64, a ? "x" : "", dims[a]);
  }
  while (count < (rank < 3 ? rank : 3) && (count == 0 || pick(3))) { /* in any order */
    int axis = pick(rank);
    for (int i = 0; i < count; i++)
      if (axes[i] == axis) axis = -1;
    if (axis >= 0) axes[count++] = axis;
  }
  put(l, " mode=%s coordinate_mode=%s axes=", (const char *[]){"nearest", "linear", "cubic"}[mode],
      coordinates[coordinate]);
  for (int i = 0; i < count; i++) put(l, "%s%d", i ? "x" : "", pick(2) ? axes[i] : axes[i] - rank);
  put_lists(l, dims, axes, count);
  for (int end = 0; end < 2 && coordinate == 5; end++) {
    put(l, end ? " roi_end=" : " roi_start=");
    for (int i = 0; i < count; i++) put(l, "%s%.9g", i ? "x" : "", pick(3) ? end : 0.13 * (pick(30) - 10));
  }
  if (coordinate == 5) put(l, " extrapolation_value=%g", 0.25 * pick(100) - 10);
  if (mode == 0) put(l, " nearest_mode=%s", nearest[pick(4)]);
  if (mode == 2 && pick(2)) put(l, " cubic_coeff_a=%g", -0.25 * pick(5));
  if (mode > 0 && pick(2)) put(l, " exclude_outside=1");
  if (mode > 0 && pick(3) == 0) put(l, " antialias=1");
  clup_problem *problem = NULL; /* a policy may leave an axis no element, a crop no region */
  const clup_status status = clup_problem_parse(l->text, &problem);
  if (status != CLUP_OK && status != CLUP_INVALID_SHAPE && strstr(clup_last_error(), "needs roi") == NULL)
    fail_msg("%s: %s", l->text, clup_last_error());
  clup_problem_release(problem);
  return status == CLUP_OK;
}

static void test_random(void **state) {
  (void)state;
  line l;
  int made = 0;
  for (int i = 0; i < 180; i++) {
    if (!random_problem(&l)) continue;
    made++;
    small_against_reference(&device, l.text, strstr(l.text, "nearest ") != NULL ? REFERENCE_BITS : REFERENCE_REALS);
  }
  assert_true(made > 140);
}

/* ---- what has no random problem */

static const char *const fixed[] = {
    "resize x=1x2x5x9 mode=linear axes=2x3 sizes=8x20 coordinate_mode=tf_crop_and_resize roi_start=-0.2x0.1 "
    "roi_end=0.9x1.3 extrapolation_value=3.3",
    "resize x=2x3x7x4 mode=cubic axes=2x3 scales=1.7x0.6 exclude_outside=1",
    "resize x=2x3x7x4 mode=linear axes=2x3 scales=0.45x1.6 antialias=1",
    "resize x=1x3x5x9 mode=nearest axes=2x3 sizes=8x40 coordinate_mode=tf_crop_and_resize roi_start=-0.2x0.1 "
    "roi_end=0.9x1.3 extrapolation_value=300.5",
};
enum { FIXED = sizeof fixed / sizeof fixed[0] };

static void test_dtypes(void **state) {
  (void)state;
  for (int dtype = CLUP_F32; dtype <= CLUP_I64; dtype++)
    for (int i = dtype <= CLUP_I16 ? 0 : FIXED - 1; i < FIXED; i++) {
      line l = {.used = 0};
      put(&l, "%s dtype=%s", fixed[i], clup_dtype_name((clup_dtype)dtype));
      small_against_reference(&device, l.text, i == FIXED - 1 ? REFERENCE_BITS : REFERENCE_REALS);
    }
}

/* Values that the dtype does not hold as they are. */
static void test_extrapolation_values(void **state) {
  (void)state;
  static const char *const values[] = {"nan",         "inf",    "-inf",        "-1",       "65519.999", "65520", "1e-8",
                                       "2.98023e-08", "6e-08",  "1e30",        "-1e30",    "0.5",       "1.501", "2.5",
                                       "-2.5",        "-128.6", "254.51",      "32767.5",  "4.3e9",     "1e10",  "1e19",
                                       "-1e19",       "0.1",    "-0.00390625", "2049.0001"};
  for (int dtype = CLUP_F32; dtype <= CLUP_I64; dtype++)
    for (size_t v = dtype >= CLUP_U8; v < sizeof values / sizeof values[0]; v++) {
      line l = {.used = 0};
      put(&l,
          "resize x=4 mode=nearest sizes=5 coordinate_mode=tf_crop_and_resize roi_start=-0.5 roi_end=1.5 "
          "extrapolation_value=%s dtype=%s",
          values[v], clup_dtype_name((clup_dtype)dtype));
      small_against_reference(&device, l.text, REFERENCE_INTEGERS);
    }
}

static void test_wide_indices(void **state) {
  (void)state;
  trial_device wide = device;
  clup_context_options options = CLUP_CONTEXT_OPTIONS_INIT;
  options.disk_cache = 0;
  options.index32_limit = 1;
  assert_int_equal(clup_context_create(device.context, device.device, &options, &wide.clup), CLUP_OK);
  for (int i = 0; i < FIXED; i++) small_against_reference(&wide, fixed[i], REFERENCE_REALS);
  clup_context_release(wide.clup);
}

/* Channels last and views, of any axes. */
static void test_views(void **state) {
  (void)state;
  small_against_reference(
      &device,
      "resize x=1x3x5x9 mode=nearest axes=2x3 sizes=8x40 coordinate_mode=tf_crop_and_resize roi_start=-0.2x0.1 "
      "roi_end=0.9x1.3 extrapolation_value=7 dtype=u8 x_strides=135x1x27x3 y_strides=960x1x120x3",
      REFERENCE_BITS);
  small_against_reference(
      &device,
      "resize x=1x3x5x9 mode=linear axes=2x3 sizes=8x40 coordinate_mode=tf_crop_and_resize roi_start=-0.2x0.1 "
      "roi_end=0.9x1.3 extrapolation_value=7 x_strides=135x1x27x3 y_strides=960x1x120x3",
      REFERENCE_REALS);
  small_against_reference(
      &device,
      "resize x=2x40x3 mode=linear axes=1 sizes=100 coordinate_mode=tf_crop_and_resize roi_start=1.1 roi_end=-0.1",
      REFERENCE_REALS); /* backwards */
  small_against_reference(
      &device,
      "resize x=2x2000 mode=linear axes=1 sizes=300 coordinate_mode=tf_crop_and_resize roi_start=1.4e308 "
      "roi_end=-1.4e308 extrapolation_value=7",
      REFERENCE_REALS); /* sources that are not numbers */
  small_against_reference(
      &device,
      "resize x=4x3x5 mode=cubic axes=0x1 sizes=6x7 coordinate_mode=tf_crop_and_resize roi_start=-0.2x0.1 "
      "roi_end=0.9x1.3 extrapolation_value=7 x_strides=0x10x2 y_strides=1x80x7",
      REFERENCE_REALS);
}

/* An infinity reaches the outputs whose taps name it, and no others: not those that are extrapolated. */
static void test_infinity(void **state) {
  (void)state;
  static const char *const modes[] = {"linear", "cubic"};
  for (int mode = 0; mode < 2; mode++) {
    char text[300], why[TRIAL_TEXT];
    trial_arrays arrays;
    snprintf(text, sizeof text,
             "resize x=1x40 mode=%s axes=1 sizes=73 coordinate_mode=tf_crop_and_resize roi_start=-0.25 roi_end=1.25 "
             "extrapolation_value=2",
             modes[mode]);
    clup_problem *problem = trial_problem(text);
    trial_arrays_make(problem, REFERENCE_REALS, 5, &arrays);
    ((float *)arrays.spans[CLUP_ROLE_INPUT])[0] = INFINITY;
    ((float *)arrays.spans[CLUP_ROLE_INPUT])[39] = -INFINITY;
    if (trial_run_all(&device, problem, &arrays, NULL, why) != 0) fail_msg("%s: %s", text, why);
    const float *y = arrays.spans[CLUP_ROLE_OUTPUT];
    for (int i = 0; i < 73; i++) {
      const double source = -0.25 * 39 + i * 1.5 * 39 / 72, reach = mode == 0 ? 1 : 2;
      const int beyond = source < 0 || source > 39, touched = source < reach - 0.01 || source > 39.01 - reach;
      if (beyond && !(y[i] > 1.9F && y[i] < 2.1F)) fail_msg("%s: y[%d] is %g", text, i, (double)y[i]);
      if (!beyond && touched != !isfinite(y[i])) fail_msg("%s: y[%d] is %g", text, i, (double)y[i]);
    }
    trial_arrays_free(&arrays);
    clup_problem_release(problem);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_random),       cmocka_unit_test(test_dtypes), cmocka_unit_test(test_extrapolation_values),
      cmocka_unit_test(test_wide_indices), cmocka_unit_test(test_views),  cmocka_unit_test(test_infinity),
  };
  return cmocka_run_group_tests_name("resize", tests, open_device, close_device);
}

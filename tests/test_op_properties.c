/* What must hold for any contents: adjointness, inverses, locality, the same bits on every run. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <float.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "group.h"
#include "small.h"

/* ---- the transposed convolution is the convolution's adjoint: <conv(u), x> = <u, conv_transpose(x)> */

typedef struct geometry {
  int n, ci, co, groups, h, w, kh, kw, sh, sw, ph, pw, oh, ow, dh,
      dw; /* of the transposed convolution; o: output_padding */
} geometry;

static const geometry geometries[] = {
    {2, 3, 5, 1, 4, 6, 3, 3, 1, 1, 1, 1, 0, 0, 1, 1},   {1, 4, 6, 2, 3, 5, 4, 4, 2, 2, 1, 1, 0, 0, 1, 1},
    {1, 6, 6, 6, 5, 3, 4, 4, 2, 2, 1, 1, 0, 0, 1, 1},   {1, 2, 3, 1, 3, 4, 3, 5, 2, 3, 1, 0, 1, 2, 1, 1},
    {1, 3, 2, 1, 2, 7, 3, 2, 3, 2, 2, 1, 0, 1, 2, 3},   {3, 1, 1, 1, 1, 1, 5, 3, 4, 2, 0, 1, 3, 1, 1, 1},
    {1, 8, 16, 1, 6, 17, 2, 2, 2, 2, 0, 0, 0, 0, 1, 1}, {1, 5, 1, 1, 4, 19, 9, 9, 3, 3, 4, 4, 2, 2, 1, 1},
};

/* A plain convolution in double, as torch.nn.functional.conv2d: u (N, co, H', W') with weights (ci, co/groups, ...). */
static double convolution_at(const geometry *g, int out_h, int out_w, const float *u, const float *w, int n, int ci,
                             int y, int x) {
  const int co_group = g->co / g->groups, group = ci / (g->ci / g->groups);
  double sum = 0;
  for (int c = 0; c < co_group; c++)
    for (int ky = 0; ky < g->kh; ky++)
      for (int kx = 0; kx < g->kw; kx++) {
        const int uy = y * g->sh - g->ph + ky * g->dh, ux = x * g->sw - g->pw + kx * g->dw;
        if (uy < 0 || uy >= out_h || ux < 0 || ux >= out_w) continue;
        const int channel = group * co_group + c;
        sum += (double)u[((n * g->co + channel) * out_h + uy) * out_w + ux] *
               w[((ci * co_group + c) * g->kh + ky) * g->kw + kx];
      }
  return sum;
}

static void check_adjoint(const geometry *g) {
  char text[300], why[TRIAL_TEXT];
  snprintf(text, sizeof text,
           "conv_transpose x=%dx%dx%dx%d w=%dx%dx%dx%d stride=%dx%d padding=%dx%d output_padding=%dx%d dilation=%dx%d "
           "groups=%d",
           g->n, g->ci, g->h, g->w, g->ci, g->co / g->groups, g->kh, g->kw, g->sh, g->sw, g->ph, g->pw, g->oh, g->ow,
           g->dh, g->dw, g->groups);
  trial_arrays arrays;
  clup_tensor y;
  clup_problem *problem = trial_problem(text);
  assert_int_equal(clup_problem_tensor(problem, CLUP_ROLE_OUTPUT, &y), CLUP_OK);
  trial_arrays_make(problem, REFERENCE_REALS, 11, &arrays);
  float *u = malloc(arrays.bytes[CLUP_ROLE_OUTPUT]);
  assert_non_null(u);
  assert_int_equal(reference_fill(&y, REFERENCE_REALS, 12, u), 0);
  const int out_h = (int)y.dims[2], out_w = (int)y.dims[3];
  const float *x = arrays.spans[CLUP_ROLE_INPUT], *w = arrays.spans[CLUP_ROLE_WEIGHT];
  double left = 0, size = 0;
  for (int n = 0; n < g->n; n++)
    for (int c = 0; c < g->ci; c++)
      for (int iy = 0; iy < g->h; iy++)
        for (int ix = 0; ix < g->w; ix++) {
          const double term =
              convolution_at(g, out_h, out_w, u, w, n, c, iy, ix) * x[((n * g->ci + c) * g->h + iy) * g->w + ix];
          left += term;
          size += fabs(term);
        }
  for (size_t a = 0; a < clup_problem_num_algos(problem); a++) {
    clup_algo_info info;
    assert_int_equal(clup_problem_algo(device.clup, problem, a, &info), CLUP_OK);
    if (!info.applicable) continue;
    if (trial_run(&device, problem, info.name, &arrays, NULL, why) != 0) fail_msg("%s [%s]: %s", text, info.name, why);
    const float *got = arrays.spans[CLUP_ROLE_OUTPUT];
    double right = 0;
    for (int64_t i = 0; i < reference_count(&y); i++) right += (double)u[i] * got[i];
    /* Each result is within a few roundings of its exact value, and their errors are of random sign. */
    if (!(fabs(left - right) <= 4 * FLT_EPSILON * size))
      fail_msg("%s [%s]: <conv(u), x> = %.9g, <u, convT(x)> = %.9g", text, info.name, left, right);
  }
  free(u);
  trial_arrays_free(&arrays);
  clup_problem_release(problem);
}

static void test_adjoint(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof geometries / sizeof geometries[0]; i++) check_adjoint(&geometries[i]);
}

/* ---- moving operators, any element */

static const char *const dtypes[] = {"f32", "f64", "f16", "bf16", "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64"};

static void test_every_dtype_moves_bits(void **state) {
  (void)state;
  static const char *const texts[] = {
      "interpolate x=2x3x5x7 mode=nearest size=9x13",
      "interpolate x=1x2x4x4 mode=nearest scale_factor=2x2",
      "interpolate x=1x3x6x5 mode=nearest-exact size=4x11",
      "interpolate x=2x3x7 mode=nearest size=19",
      "interpolate x=1x2x3x4x5 mode=nearest-exact size=4x7x9",
      "pixel_shuffle x=1x8x3x5 factor=2",
      "pixel_unshuffle x=2x1x6x9 factor=3",
      "max_unpool x=2x3x4x5 indices=i64 kernel=2x2",
      "max_unpool x=1x2x3x3 indices=i32 kernel=3x3 stride=2x2",
  };
  for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++)
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++) {
      char text[200];
      snprintf(text, sizeof text, "%s dtype=%s", texts[t], dtypes[i]);
      small_against_reference(&device, text, REFERENCE_BITS);
    }
}

/* There and back gives the same bits, NaN payloads included. */
static void check_round_trip(const char *dims, const char *wide_dims, int factor, const char *dtype) {
  char there[200], back[200], why[TRIAL_TEXT];
  snprintf(there, sizeof there, "pixel_shuffle x=%s factor=%d dtype=%s", dims, factor, dtype);
  snprintf(back, sizeof back, "pixel_unshuffle x=%s factor=%d dtype=%s", wide_dims, factor, dtype);
  clup_problem *shuffle = trial_problem(there), *unshuffle = trial_problem(back);
  trial_arrays a, b;
  trial_arrays_make(shuffle, REFERENCE_BITS, 21, &a);
  trial_arrays_make(unshuffle, REFERENCE_BITS, 22, &b);
  assert_int_equal(a.bytes[CLUP_ROLE_OUTPUT], b.bytes[CLUP_ROLE_INPUT]);
  if (strcmp(dtype, "f32") == 0) /* quiet, signalling and negative NaN */
    memcpy(a.spans[CLUP_ROLE_INPUT], (uint32_t[]){0x7FC12345, 0x7F812345, 0xFFC00001}, 3 * sizeof(uint32_t));
  if (trial_run(&device, shuffle, NULL, &a, NULL, why) != 0) fail_msg("%s: %s", there, why);
  memcpy(b.spans[CLUP_ROLE_INPUT], a.spans[CLUP_ROLE_OUTPUT], a.bytes[CLUP_ROLE_OUTPUT]);
  if (trial_run(&device, unshuffle, NULL, &b, NULL, why) != 0) fail_msg("%s: %s", back, why);
  assert_memory_equal(a.spans[CLUP_ROLE_INPUT], b.spans[CLUP_ROLE_OUTPUT], a.bytes[CLUP_ROLE_INPUT]);
  if (a.bytes[CLUP_ROLE_INPUT] > 256)
    assert_memory_not_equal(a.spans[CLUP_ROLE_INPUT], a.spans[CLUP_ROLE_OUTPUT], a.bytes[CLUP_ROLE_INPUT]);
  trial_arrays_free(&a);
  trial_arrays_free(&b);
  clup_problem_release(shuffle);
  clup_problem_release(unshuffle);
}

static void test_shuffle_there_and_back(void **state) {
  (void)state;
  static const char *const sizes[] = {"u8", "u16", "f32", "f64"};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    check_round_trip("8x3x5", "2x6x10", 2, sizes[i]);
    check_round_trip("2x9x4x7", "2x1x12x21", 3, sizes[i]);
    check_round_trip("2x3x16x2x19", "2x3x1x8x76", 4, sizes[i]);
    check_round_trip("1x2x3x4x5x6", "1x2x3x1x10x12", 2, sizes[i]);
    check_round_trip("2x1x2x1x2x4x3x5", "2x1x2x1x2x1x6x10", 2, sizes[i]);
  }
}

static void test_empty_batches(void **state) {
  (void)state;
  small_against_reference(&device, "pixel_unshuffle x=0x1x6x6 factor=2", REFERENCE_REALS);
  small_against_reference(&device, "pixel_shuffle x=3x0x4x2x2 factor=2", REFERENCE_REALS);
  small_against_reference(&device, "conv_transpose x=0x2x3x3 w=2x3x3x3 bias=1", REFERENCE_REALS);
  small_against_reference(&device, "conv_transpose x=0x16x3x3 w=16x3x8x8 stride=4", REFERENCE_REALS);
  small_against_reference(&device, "conv_transpose x=0x16x3x3 w=16x3x2x2 stride=2", REFERENCE_REALS);
  small_against_reference(&device, "interpolate x=0x2x3x3 mode=bicubic size=5x5", REFERENCE_REALS);
}

/* ---- infinities and NaN go where the taps go, and nowhere else */

static void check_locality(const char *text, clup_role role, int64_t place, float value) {
  trial_arrays arrays;
  reference_expected expected;
  char why[TRIAL_TEXT];
  clup_problem *problem = trial_problem(text);
  trial_arrays_make(problem, REFERENCE_REALS, 31, &arrays);
  ((float *)arrays.spans[role])[place] = value;
  const clup_arrays host = trial_host_arrays(&arrays);
  assert_int_equal(reference_expect(problem, &host, &expected), 0);
  int touched = 0;
  for (int64_t i = 0; i < expected.count; i++) touched += !isfinite(expected.value[i]);
  assert_true(touched > 0 && touched < expected.count);
  if (trial_run_all(&device, problem, &arrays, &expected, why) != 0) fail_msg("%s, %g: %s", text, (double)value, why);
  reference_expected_free(&expected);
  trial_arrays_free(&arrays);
  clup_problem_release(problem);
}

static void test_infinities_stay_local(void **state) {
  (void)state;
  static const char *const interpolations[] = {"bilinear size=13x14", "bicubic size=13x14", "bilinear scale_factor=2x2",
                                               "bicubic scale_factor=2x2", "bilinear size=3x4 align_corners=1"};
  for (size_t i = 0; i < sizeof interpolations / sizeof interpolations[0]; i++) {
    char text[200];
    snprintf(text, sizeof text, "interpolate x=1x2x6x7 mode=%s", interpolations[i]);
    check_locality(text, CLUP_ROLE_INPUT, 7 + 3, INFINITY);
    check_locality(text, CLUP_ROLE_INPUT, 42 + 6, NAN);
  }
  static const char *const others[] = {"x=2x2x21 mode=linear scale_factor=2.5",
                                       "x=1x1x3x4x7 mode=trilinear size=4x8x9",
                                       "x=1x2x3x2x7 mode=trilinear size=2x2x13 align_corners=1",
                                       "x=1x2x6x7 mode=area size=4x5",
                                       "x=1x2x2x3x7 mode=area size=2x2x3",
                                       "x=1x3x28 mode=area size=4",
                                       "x=1x2x6x7 mode=bilinear size=4x3 antialias=1",
                                       "x=1x1x2x60 mode=bicubic size=1x11 antialias=1",
                                       "x=1x2x6x7 mode=lanczos size=5x3"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    char text[200];
    snprintf(text, sizeof text, "interpolate %s", others[i]);
    check_locality(text, CLUP_ROLE_INPUT, 10, INFINITY);
    check_locality(text, CLUP_ROLE_INPUT, 83, NAN);
  }
  static const char *const convolutions[] = {
      "conv_transpose x=1x3x5x6 w=3x2x4x4 bias=1 stride=2x2 padding=1x1",
      "conv_transpose x=1x3x5x6 w=3x2x3x3 padding=1x1",
      "conv_transpose x=1x3x5x6 w=3x2x3x3 stride=2x2 dilation=3x3",
      "conv_transpose x=1x3x5x6 w=3x2x2x2 stride=2x2",
      "conv_transpose x=1x16x5x6 w=16x2x3x3 bias=1 padding=1x1",
      "conv_transpose x=2x16x5x6 w=16x2x4x4 stride=2x2 padding=1x1 activation=relu",
      "conv_transpose x=2x16x5x6 w=16x2x8x7 bias=1 stride=4x4 padding=2x1",
  };
  for (size_t i = 0; i < sizeof convolutions / sizeof convolutions[0]; i++) {
    check_locality(convolutions[i], CLUP_ROLE_INPUT, 30 + 8, INFINITY);
    check_locality(convolutions[i], CLUP_ROLE_INPUT, 0, NAN);
    check_locality(convolutions[i], CLUP_ROLE_INPUT, 89, -INFINITY);
    check_locality(convolutions[i], CLUP_ROLE_WEIGHT, 0, INFINITY);
  }
}

/* Neighbours whose difference is beyond float32, though every output is within. */
static void test_differences_that_overflow(void **state) {
  (void)state;
  static const struct {
    const char *text;
    clup_role role;
    float scale; /* of the other role's elements */
  } cases[] = {{"conv_transpose x=1x16x5x6 w=16x2x3x3 padding=1x1", CLUP_ROLE_INPUT, 0x1p-8f},
               {"conv_transpose x=1x16x5x6 w=16x2x4x4 stride=2x2 padding=1x1", CLUP_ROLE_INPUT, 0x1p-8f},
               {"conv_transpose x=1x16x5x6 w=16x2x3x3 padding=1x1", CLUP_ROLE_WEIGHT, 0x1p-8f},
               {"conv_transpose x=1x16x5x6 w=16x2x16x16 stride=8x8", CLUP_ROLE_INPUT, 0x1p-8f}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    trial_arrays arrays;
    reference_expected expected;
    char why[TRIAL_TEXT];
    clup_problem *problem = trial_problem(cases[i].text);
    trial_arrays_make(problem, REFERENCE_REALS, 31, &arrays);
    const clup_role other = cases[i].role == CLUP_ROLE_INPUT ? CLUP_ROLE_WEIGHT : CLUP_ROLE_INPUT;
    float *huge = arrays.spans[cases[i].role], *small = arrays.spans[other];
    for (size_t e = 0; e < arrays.bytes[cases[i].role] / sizeof *huge; e++) huge[e] = e % 2 ? 0x1.8p127f : -0x1.8p127f;
    for (size_t e = 0; e < arrays.bytes[other] / sizeof *small; e++) small[e] *= cases[i].scale;
    const clup_arrays host = trial_host_arrays(&arrays);
    assert_int_equal(reference_expect(problem, &host, &expected), 0);
    for (int64_t e = 0; e < expected.count; e++) assert_true(fabs(expected.value[e]) < 0x1p127);
    if (trial_run_all(&device, problem, &arrays, &expected, why) != 0) fail_msg("%s: %s", cases[i].text, why);
    reference_expected_free(&expected);
    trial_arrays_free(&arrays);
    clup_problem_release(problem);
  }
}

/* ---- long sums */

/* The mean of ones is 1: a running sum of 70001 weights would be off by a hundredth. */
static void test_long_means(void **state) {
  (void)state;
  enum { LENGTH = 70001 };
  float *ones = malloc(2 * (size_t)LENGTH * sizeof *ones);
  assert_non_null(ones);
  for (int i = 0; i < 2 * LENGTH; i++) ones[i] = 1;
  small_check(&device, "interpolate x=1x2x70001 mode=area size=1", ones, NULL, NULL, NULL, (double[]){1, 1}, 1e-6);
  small_check(&device, "interpolate x=1x1x2x70001 mode=bilinear size=1x2 antialias=1", ones, NULL, NULL, NULL,
              (double[]){1, 1}, 1e-6);
  free(ones);
}

/* ---- sizes that make vectors, tiles and their remainders */

static void test_widths_around_vectors(void **state) {
  (void)state;
  static const char *const patterns[] = {
      "conv_transpose x=1x3x2x%d w=3x5x4x4 stride=2x2 padding=1x1",
      "conv_transpose x=1x3x2x%d w=3x5x3x3 padding=1x1",
      "conv_transpose x=1x3x2x%d w=3x5x2x2 stride=2x2",
      "conv_transpose x=1x%dx3x4 w=%dx5x3x3 stride=2x2",
      "interpolate x=1x2x3x%d mode=bilinear scale_factor=2x2",
      "interpolate x=1x2x3x%d mode=nearest scale_factor=2x2",
      "interpolate x=1x2x%d mode=nearest scale_factor=2",
      "interpolate x=1x2x%d mode=linear scale_factor=2",
      "interpolate x=1x2x3x%d mode=bicubic size=2x5 antialias=1",
      "interpolate x=1x2x3x%d mode=area size=2x7",
      "pixel_shuffle x=1x4x2x%d factor=2",
      "pixel_shuffle x=1x4x2x%d factor=2 dtype=f16",
      "pixel_shuffle x=1x16x2x%d factor=4 dtype=bf16",
      "max_unpool x=1x2x3x%d indices=i32 kernel=2x2",
  };
  static const int widths[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100};
  for (size_t p = 0; p < sizeof patterns / sizeof patterns[0]; p++)
    for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
      char text[200];
      snprintf(text, sizeof text, patterns[p], widths[w], widths[w]);
      small_against_reference(&device, text, REFERENCE_INTEGERS);
    }
}

/* Indices of 64 bits do the same as those of 32. */
static void test_wide_indices(void **state) {
  (void)state;
  static const char *const texts[] = {
      "conv_transpose x=2x5x4x7 w=5x6x4x4 bias=1 stride=2x2 padding=1x1",
      "conv_transpose x=1x4x3x5 w=4x4x3x3 dilation=2x2",
      "conv_transpose x=1x3x4x6 w=3x2x2x1 bias=1 stride=3x3 auto_pad=same_upper activation=prelu",
      "conv_transpose x=1x3x3x4 w=3x18x4x4 bias=1 stride=2x2 padding=1x1 y_strides=864x1x144x18 dtype=f16",
      "conv_transpose x=1x3x4x6 w=3x2x4x4 bias=1 stride=2x2 padding=1x1 dtype=f64",
      "interpolate x=1x3x5x7 mode=bilinear size=9x17",
      "interpolate x=1x3x5x7 mode=bicubic size=9x17",
      "interpolate x=1x3x5x7 mode=nearest size=9x17",
      "interpolate x=1x2x3x5x7 mode=nearest size=4x9x17",
      "interpolate x=1x2x3x5x7 mode=trilinear size=4x9x17",
      "interpolate x=1x2x3x5x7 mode=area size=2x9x3",
      "interpolate x=1x3x5x7 mode=bilinear size=3x4 antialias=1",
      "pixel_shuffle x=1x8x3x5 factor=2",
      "pixel_unshuffle x=1x2x6x10 factor=2",
      "max_unpool x=2x3x4x5 indices=i64 kernel=2x2",
  };
  clup_context_options options = CLUP_CONTEXT_OPTIONS_INIT;
  options.disk_cache = 0;
  options.index32_limit = 10;
  trial_device wide = device;
  assert_int_equal(clup_context_create(device.context, device.device, &options, &wide.clup), CLUP_OK);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    small_against_reference(&wide, texts[i], REFERENCE_INTEGERS);
  clup_context_release(wide.clup);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_adjoint),
      cmocka_unit_test(test_every_dtype_moves_bits),
      cmocka_unit_test(test_shuffle_there_and_back),
      cmocka_unit_test(test_empty_batches),
      cmocka_unit_test(test_infinities_stay_local),
      cmocka_unit_test(test_differences_that_overflow),
      cmocka_unit_test(test_long_means),
      cmocka_unit_test(test_widths_around_vectors),
      cmocka_unit_test(test_wide_indices),
  };
  return cmocka_run_group_tests_name("properties", tests, open_device, close_device);
}

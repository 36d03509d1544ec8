/* Worked examples with results that anyone can check by hand, on every solver. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "group.h"
#include "small.h"

static const float eye3[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};

static void test_eye_over_ones(void **state) {
  (void)state;
  const float x[4] = {1, 1, 1, 1};
  const double want[16] = {1, 1, 0, 0, 1, 2, 1, 0, 0, 1, 2, 1, 0, 0, 1, 1};
  small_check(&device, "conv_transpose x=1x1x2x2 w=1x1x3x3", x, eye3, NULL, NULL, want, 0);
}

static void test_eye_stride_padding_dilation(void **state) {
  (void)state;
  const float x[4] = {1, 2, 3, 4};
  const double want[25] = {[6] = 5, [8] = 2, [16] = 3, [18] = 5};
  small_check(&device, "conv_transpose x=1x1x2x2 w=1x1x3x3 stride=2x2 padding=1x1 dilation=2x2", x, eye3, NULL, NULL,
              want, 0);
}

static void test_bias_fills_what_no_tap_reaches(void **state) {
  (void)state;
  const float x[1] = {2}, w[1] = {3}, b[1] = {5};
  const double want[9] = {11, 5, 5, 5, 5, 5, 5, 5, 5};
  small_check(&device, "conv_transpose x=1x1x1x1 w=1x1x1x1 bias=1 stride=3x3 output_padding=2x2", x, w, b, NULL, want,
              0);
}

static void test_interpolation(void **state) {
  (void)state;
  const float x[4] = {0, 1, 2, 3};
  const double nearest[16] = {0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3};
  const double bilinear[16] = {0, .25, .75, 1, .5, .75, 1.25, 1.5, 1.5, 1.75, 2.25, 2.5, 2, 2.25, 2.75, 3};
  double thirds[16];
  for (int i = 0; i < 16; i++) thirds[i] = (2 * (i / 4) + i % 4) / 3.0;
  small_check(&device, "interpolate x=1x1x2x2 mode=nearest scale_factor=2x2", x, NULL, NULL, NULL, nearest, 0);
  small_check(&device, "interpolate x=1x1x2x2 mode=nearest-exact size=4x4", x, NULL, NULL, NULL, nearest, 0);
  small_check(&device, "interpolate x=1x1x2x2 mode=bilinear size=4x4", x, NULL, NULL, NULL, bilinear, 0);
  small_check(&device, "interpolate x=1x1x2x2 mode=bilinear scale_factor=2x2", x, NULL, NULL, NULL, bilinear, 0);
  small_check(&device, "interpolate x=1x1x2x2 mode=bilinear size=4x4 align_corners=1", x, NULL, NULL, NULL, thirds,
              3 * 0x1p-23);
}

/* y[c, h*r+i, w*r+j] = x[c*r*r + i*r + j, h, w] */
static void test_pixel_shuffle(void **state) {
  (void)state;
  enum { N = 2, C = 3, H = 2, W = 5 };
  for (int r = 1; r <= 4; r++) {
    const int count = N * C * r * r * H * W;
    float *x = malloc((size_t)count * sizeof *x), *y = malloc((size_t)count * sizeof *y);
    double *want = malloc((size_t)count * sizeof *want), *back = malloc((size_t)count * sizeof *back);
    assert_true(x != NULL && y != NULL && want != NULL && back != NULL);
    for (int i = 0; i < count; i++) back[i] = x[i] = (float)i;
    for (int n = 0; n < N; n++)
      for (int c = 0; c < C; c++)
        for (int i = 0; i < r; i++)
          for (int j = 0; j < r; j++)
            for (int h = 0; h < H; h++)
              for (int w = 0; w < W; w++) {
                const int to = ((n * C + c) * H * r + h * r + i) * W * r + w * r + j;
                want[to] = y[to] = x[((n * C * r * r + c * r * r + i * r + j) * H + h) * W + w];
              }
    char text[100];
    snprintf(text, sizeof text, "pixel_shuffle x=%dx%dx%dx%d factor=%d", N, C * r * r, H, W, r);
    small_check(&device, text, x, NULL, NULL, NULL, want, 0);
    snprintf(text, sizeof text, "pixel_unshuffle x=%dx%dx%dx%d factor=%d", N, C, H * r, W * r, r);
    small_check(&device, text, y, NULL, NULL, NULL, back, 0);
    free(x);
    free(y);
    free(want);
    free(back);
  }
}

static void test_max_unpool(void **state) {
  (void)state;
  const float x[4] = {6, 8, 14, 16};
  const int64_t indices[4] = {5, 7, 13, 15}, equal[4] = {5, 5, 13, 5};
  const double want[16] = {[5] = 6, [7] = 8, [13] = 14, [15] = 16}, last[16] = {[5] = 16, [13] = 14};
  small_check(&device, "max_unpool x=1x1x2x2 indices=i64 kernel=2x2", x, NULL, NULL, indices, want, 0);
  small_check(&device, "max_unpool x=1x1x2x2 indices=i64 kernel=2x2", x, NULL, NULL, equal, last, 0);
}

/* out = (in-1)*s - 2p + d*(k-1) + op + 1 */
static void test_output_size_formula(void **state) {
  (void)state;
  int legal = 0;
  for (int in = 1; in <= 4; in++)
    for (int k = 1; k <= 4; k++)
      for (int s = 1; s <= 3; s++)
        for (int p = 0; p <= 2; p++)
          for (int op = 0; op <= 2; op++)
            for (int d = 1; d <= 3; d++) {
              const int out = (in - 1) * s - 2 * p + d * (k - 1) + op + 1;
              char text[200];
              clup_problem *problem = NULL;
              clup_tensor y;
              snprintf(
                  text, sizeof text,
                  "conv_transpose x=1x1x%dx3 w=1x1x%dx3 stride=%dx1 padding=%dx0 output_padding=%dx0 dilation=%dx1", in,
                  k, s, p, op, d);
              const clup_status status = clup_problem_parse(text, &problem);
              if (out < 1 || (op >= s && op >= d)) {
                assert_int_not_equal(status, CLUP_OK);
                continue;
              }
              if (status != CLUP_OK) fail_msg("%s: %s", text, clup_last_error());
              assert_int_equal(clup_problem_tensor(problem, CLUP_ROLE_OUTPUT, &y), CLUP_OK);
              if (y.dims[2] != out || y.dims[3] != 5) fail_msg("%s: %d rows expected", text, out);
              clup_problem_release(problem);
              legal++;
            }
  assert_true(legal > 500);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_eye_over_ones),
      cmocka_unit_test(test_eye_stride_padding_dilation),
      cmocka_unit_test(test_bias_fills_what_no_tap_reaches),
      cmocka_unit_test(test_interpolation),
      cmocka_unit_test(test_pixel_shuffle),
      cmocka_unit_test(test_max_unpool),
      cmocka_unit_test(test_output_size_formula),
  };
  return cmocka_run_group_tests_name("worked examples", tests, open_device, close_device);
}

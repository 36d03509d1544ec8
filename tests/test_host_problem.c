/* A problem's one-line text: there and back, and text of any other kind. No device is needed. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comma_locale.h"
#include "golden.h"
#include "trial.h"
#include "views.h"

static void check_prints(const char *text, const char *want) {
  char printed[1024];
  size_t needed = 0;
  clup_problem *problem = trial_problem(text);
  if (clup_problem_print(problem, printed, sizeof printed, &needed) != CLUP_OK) fail_msg("%s", clup_last_error());
  assert_string_equal(printed, want);
  assert_int_equal(needed, strlen(want));
  clup_problem_release(problem);
}

static void check_golden_problems(const char *name) {
  golden_data golden;
  golden_load(&golden, name);
  for (size_t i = 0; i < golden.count; i++) {
    check_prints(golden.cases[i].text, golden.cases[i].text);
    char view[VIEW_TEXT], printed[1024], again[1024];
    for (int v = 0; v < VIEWS; v++) {
      if (!view_text(golden.cases[i].text, v, view)) continue;
      clup_problem *first = trial_problem(view);
      assert_int_equal(clup_problem_print(first, printed, sizeof printed, NULL), CLUP_OK);
      clup_problem *second = trial_problem(printed);
      assert_int_equal(clup_problem_print(second, again, sizeof again, NULL), CLUP_OK);
      assert_string_equal(printed, again);
      for (int role = 0; role < 5; role++) { /* the strides came through */
        clup_tensor a, b;
        const clup_status has = clup_problem_tensor(first, (clup_role)role, &a);
        assert_int_equal(has, clup_problem_tensor(second, (clup_role)role, &b));
        if (has == CLUP_OK)
          for (int x = 0; x < a.rank; x++)
            assert_true(a.dims[x] == b.dims[x] && (a.dims[x] <= 1 || a.strides[x] == b.strides[x]));
      }
      clup_problem_release(first);
      clup_problem_release(second);
    }
  }
  golden_free(&golden);
}

static void test_golden_problems_print_to_themselves(void **state) {
  (void)state;
  check_golden_problems("cases");
  check_golden_problems("remap");
  check_golden_problems("fold");
  check_golden_problems("conv_onnx");
}

static void test_defaults_are_left_out(void **state) {
  (void)state;
  check_prints(
      "conv_transpose   x=1x2x3x4  w=2x3x3x3 bias=0 stride=1 padding=0x0 output_padding=0 dilation=1x1 groups=1",
      "conv_transpose x=1x2x3x4 w=2x3x3x3");
  check_prints("conv_transpose w=2x3x3x3 stride=2 bias=1 x=1x2x3x4 padding=1",
               "conv_transpose x=1x2x3x4 w=2x3x3x3 bias=1 stride=2x2 padding=1x1");
  check_prints("interpolate x=1x2x3x4 scale_factor=2 dtype=u8",
               "interpolate x=1x2x3x4 mode=nearest scale_factor=2x2 dtype=u8");
  check_prints("interpolate x=1x2x3x4 mode=bilinear scale_factor=0.4x1.1 size=0x0 align_corners=0 x_strides=24x12x4x1",
               "interpolate x=1x2x3x4 mode=bilinear scale_factor=0.4x1.1");
  check_prints("depth_to_space x=1x8x2x3 mode=DCR blocksize=2", "depth_to_space x=1x8x2x3 blocksize=2");
  check_prints("space_to_depth x=1x2x4x6 mode=CRD blocksize=2", "space_to_depth x=1x2x4x6 blocksize=2 mode=CRD");
  check_prints("fold x=2x12x20 kernel=2 output_size=5x6 axes=2 stride=1 padding=0x0 padding_end=-1 dilation=1",
               "fold x=2x12x20 output_size=5x6 kernel=2x2");
  check_prints("fold x=6x5 axes=1 kernel=2 output_size=6", "fold x=6x5 axes=1 output_size=6 kernel=2");
  check_prints("fold x=8x6 axes=3 kernel=2 output_size=2x3x4 padding_end=0",
               "fold x=8x6 axes=3 output_size=2x3x4 kernel=2x2x2 padding_end=0x0x0");
  check_prints("max_unpool x=1x2x3x4 kernel=2", "max_unpool x=1x2x3x4 indices=i64 kernel=2x2");
  check_prints("max_unpool x=1x2x3x4 kernel=2 axes=2", "max_unpool x=1x2x3x4 indices=i64 kernel=2x2");
  check_prints("max_unpool x=2x3x4x5 kernel=2x1x2 padding=1x0x0 axes=3 indices=i32",
               "max_unpool x=2x3x4x5 indices=i32 kernel=2x1x2 padding=1x0x0 axes=3");
  check_prints("max_unpool x=2x3 kernel=2 axes=1 padding_end=1 onnx=1 output_size=9",
               "max_unpool x=2x3 indices=i64 kernel=2 padding_end=1 output_size=9 axes=1 onnx=1");
}

static void test_parameters_come_back(void **state) {
  (void)state;
  clup_conv_transpose_params conv;
  clup_interpolate_params interpolate;
  clup_max_unpool_params unpool;
  int64_t factor;
  clup_problem *p = trial_problem(
      "conv_transpose x=2x6x5x7 w=6x2x3x4 stride=3x2 padding=1x0 output_padding=2x1 dilation=2x3 groups=3");
  assert_int_equal(clup_problem_op(p), CLUP_OP_CONV_TRANSPOSE);
  assert_int_equal(clup_problem_conv_transpose_params(p, &conv), CLUP_OK);
  assert_true(conv.stride[0] == 3 && conv.stride[1] == 2 && conv.padding[0] == 1 && conv.padding[1] == 0);
  assert_true(conv.output_padding[0] == 2 && conv.output_padding[1] == 1 && conv.dilation[0] == 2 &&
              conv.dilation[1] == 3);
  assert_true(conv.groups == 3 && conv.output_size[0] == 0);
  clup_problem_release(p);
  p = trial_problem(
      "conv_transpose x=1x2x5x7 w=2x3x3x4 activation=prelu slopes=1 auto_pad=same_lower output_shape=9x8");
  assert_int_equal(clup_problem_conv_transpose_params(p, &conv), CLUP_OK);
  assert_true(conv.activation == CLUP_PRELU && conv.slopes == 1 && conv.auto_pad == CLUP_SAME_LOWER);
  assert_true(conv.output_shape[0] == 9 && conv.output_shape[1] == 8 && conv.padding[0] == 0);
  clup_problem_release(p);
  p = trial_problem(
      "interpolate x=1x1x5x7 mode=bicubic scale_factor=1.25x0.7 align_corners=1 recompute_scale_factor=1");
  assert_int_equal(clup_problem_interpolate_params(p, &interpolate), CLUP_OK);
  assert_true(interpolate.mode == CLUP_BICUBIC && interpolate.scale_factor[0] == 1.25 &&
              interpolate.scale_factor[1] == 0.7);
  assert_true(interpolate.align_corners == 1 && interpolate.recompute_scale_factor == 1 && interpolate.size[0] == 0);
  clup_problem_release(p);
  p = trial_problem("pixel_unshuffle x=3x9x6 factor=3");
  assert_int_equal(clup_problem_pixel_shuffle_factor(p, &factor), CLUP_OK);
  assert_int_equal(factor, 3);
  clup_problem_release(p);
  p = trial_problem("channel_shuffle x=1x6x2 groups=2");
  assert_int_equal(clup_problem_op(p), CLUP_OP_CHANNEL_SHUFFLE);
  assert_int_equal(clup_problem_channel_shuffle_groups(p, &factor), CLUP_OK);
  assert_int_equal(factor, 2);
  clup_problem_release(p);
  clup_depth_mode mode = CLUP_DCR;
  p = trial_problem("depth_to_space x=1x9x2x2 blocksize=3 mode=CRD");
  assert_int_equal(clup_problem_depth_params(p, &factor, &mode), CLUP_OK);
  assert_true(factor == 3 && mode == CLUP_CRD);
  clup_problem_release(p);
  clup_fold_params fold;
  p = trial_problem("fold x=2x6x2 output_size=3x4 kernel=2x3 dilation=1x2 padding=0x1 padding_end=1x0 stride=2x3");
  assert_int_equal(clup_problem_fold_params(p, &fold), CLUP_OK);
  assert_true(fold.axes == 2 && fold.output_size[0] == 3 && fold.output_size[1] == 4 && fold.kernel[1] == 3);
  assert_true(fold.dilation[1] == 2 && fold.padding[1] == 1 && fold.padding_end[0] == 1 && fold.stride[1] == 3);
  clup_problem_release(p);
  p = trial_problem("max_unpool x=1x1x3x3 indices=i32 kernel=3x2 stride=2x1 padding=1x0 output_size=5x4");
  assert_int_equal(clup_problem_max_unpool_params(p, &unpool), CLUP_OK);
  assert_true(unpool.kernel[0] == 3 && unpool.kernel[1] == 2 && unpool.stride[0] == 2 && unpool.stride[1] == 1);
  assert_true(unpool.padding[0] == 1 && unpool.output_size[0] == 5 && unpool.output_size[1] == 4);
  clup_problem_release(p);
}

static void test_short_buffers(void **state) {
  (void)state;
  clup_problem *problem = trial_problem("pixel_shuffle x=1x4x2x3 factor=2");
  const char *want = "pixel_shuffle x=1x4x2x3 factor=2";
  const size_t length = strlen(want);
  for (size_t size = 0; size <= length + 1; size++) {
    char *text = malloc(size + 1); /* of its exact size: a sanitizer sees any overrun */
    size_t needed = 0;
    assert_non_null(text);
    memset(text, '#', size + 1);
    const clup_status status = clup_problem_print(problem, text, size, &needed);
    assert_int_equal(status, size > length ? CLUP_OK : CLUP_INVALID_ARGUMENT);
    assert_int_equal(needed, length);
    assert_int_equal(text[size], '#');
    if (size > length) assert_string_equal(text, want);
    free(text);
  }
  size_t needed = 0;
  assert_int_equal(clup_problem_print(problem, NULL, 0, &needed), CLUP_INVALID_ARGUMENT);
  assert_int_equal(needed, length);
  clup_problem_release(problem);
}

static const char *const malformed[] = {
    "",
    " ",
    "x=1x1x2x2",
    "convolution x=1x1x2x2",
    "interpolate",
    "interpolate size=2x2",
    "interpolate x= size=2x2",
    "interpolate x size=2x2",
    "interpolate x=1x1x2x2 size",
    "interpolate x=1x1x2x2 size=",
    "interpolate x=1x1x2x2 =2x2",
    "interpolate x=1x1x2x2 size=2x2x",
    "interpolate x=1x1x2x2 size=x2",
    "interpolate x=1x1x2x2 size=2xx2",
    "interpolate x=1x1x2x2 size=2x2x2x2",
    "interpolate x=1x1x2x2 size=2.5x2",
    "interpolate x=1x1x2x2 size=2;2",
    "interpolate x=1x1x2x2 size=+2x2",
    "interpolate x=1x1x2x2 size=0x",
    "interpolate x=1x1x2x2 size=99999999999999999999x2",
    "interpolate x=1x1x2x2x2x2x2x2x2 size=2x2",
    "interpolate x=1x1x2x2 size=2x2 size=2x2",
    "interpolate x=1x1x2x2 x=1x1x2x2 size=2x2",
    "interpolate x=1x1x2x2 size=2x2 colour=red",
    "interpolate x=1x1x2x2 size=2x2 stride=2x2",
    "interpolate x=1x1x2x2 size=2x2 w=2x2",
    "interpolate x=1x1x2x2 size=2x2 dtype=f31",
    "interpolate x=1x1x2x2 size=2x2 mode=Nearest",
    "interpolate x=1x1x2x2 size=2x2 align_corners=yes",
    "interpolate x=1x1x2x2 scale_factor=nan",
    "interpolate x=1x1x2x2 scale_factor=infx1",
    "interpolate x=1x1x2x2 scale_factor=1,5",
    "interpolate x=1x1x2x2 size=4x4 y_strides=1",
    "interpolate x=1x1x2x2 size=4x4 x_strides=1x1x1x1x1x1x1x1x1",
    "pixel_shuffle x=1x4x2x2 factor=2x2",
    "pixel_shuffle x=1x4x2x2",
    "pixel_shuffle x=1x4x2x2 factor=two",
    "conv_transpose x=1x1x2x2",
    "conv_transpose x=1x1x2x2 w=1x1x3x3 bias=2",
    "max_unpool x=1x1x2x2 kernel=2x2 indices=1",
};

static void test_malformed(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
    clup_problem *untouched = (clup_problem *)(uintptr_t)&malformed, *problem = untouched;
    if (clup_problem_parse(malformed[i], &problem) == CLUP_OK) fail_msg("'%s' was accepted", malformed[i]);
    assert_ptr_equal(problem, untouched);
    assert_string_not_equal(clup_last_error(), "");
  }
  char *endless = malloc(100001);
  assert_non_null(endless);
  memset(endless, '1', 100000);
  memcpy(endless, "interpolate x=", 14);
  endless[100000] = 0;
  clup_problem *problem = NULL;
  assert_int_equal(clup_problem_parse(endless, &problem), CLUP_INVALID_ARGUMENT);
  memset(endless + 14, ' ', 100000 - 14);
  assert_int_equal(clup_problem_parse(endless, &problem), CLUP_INVALID_ARGUMENT);
  free(endless);
}

/* Anything may come back but a crash; what is accepted prints to a text that is accepted, and prints to itself. */
static int try_text(const char *text) {
  char printed[1024], again[1024];
  clup_problem *problem = NULL, *second = NULL;
  if (clup_problem_parse(text, &problem) != CLUP_OK) return 0;
  assert_int_equal(clup_problem_print(problem, printed, sizeof printed, NULL), CLUP_OK);
  if (clup_problem_parse(printed, &second) != CLUP_OK)
    fail_msg("'%s' became '%s': %s", text, printed, clup_last_error());
  assert_int_equal(clup_problem_print(second, again, sizeof again, NULL), CLUP_OK);
  assert_string_equal(printed, again);
  clup_problem_release(problem);
  clup_problem_release(second);
  return 1;
}

static void test_mutilated(void **state) {
  (void)state;
  static const char alphabet[] = "0123456789x=-. _abcdefghiklmnoprstuvwy\t\n\x80\xff";
  int accepted = 0;
  golden_data golden;
  golden_load(&golden, "cases");
  for (size_t i = 0; i < golden.count; i += 3) {
    char text[440];
    const size_t length = strlen(golden.cases[i].text);
    for (size_t cut = 0; cut < length; cut++) { /* cut short */
      memcpy(text, golden.cases[i].text, cut);
      text[cut] = 0;
      accepted += try_text(text);
    }
    for (uint32_t m = 0; m < 200; m++) { /* one to three characters changed, doubled or dropped */
      strcpy(text, golden.cases[i].text);
      for (uint32_t k = 0; k <= m % 3; k++) {
        const uint32_t h = reference_hash((uint32_t)i, 16 * m + k);
        const size_t at = h % strlen(text);
        const char c = alphabet[(h >> 12) % (sizeof alphabet - 1)];
        if (h >> 28 < 8)
          text[at] = c;
        else if (h >> 28 < 12)
          memmove(text + at + 1, text + at, strlen(text + at) + 1);
        else if (strlen(text) > 1)
          memmove(text + at, text + at + 1, strlen(text + at));
      }
      accepted += try_text(text);
    }
  }
  assert_true(accepted > 1000);
  golden_free(&golden);
}

static void test_decimal_commas(void **state) {
  (void)state;
  if (!comma_locale_enter()) skip(); /* this system cannot have such a locale */
  check_prints("interpolate x=1x2x3x4 mode=bilinear scale_factor=2.5x1.25",
               "interpolate x=1x2x3x4 mode=bilinear scale_factor=2.5x1.25");
  assert_int_equal(localeconv()->decimal_point[0], ','); /* and the caller's locale is as it was */
  comma_locale_leave();
}

static void test_costs(void **state) {
  (void)state;
  double flops = -1, bytes = -1;
  clup_problem *p = trial_problem("conv_transpose x=2x4x3x5 w=4x3x2x2 stride=2x2 groups=2");
  assert_int_equal(clup_problem_cost(p, &flops, &bytes), CLUP_OK);
  assert_true(flops == 2.0 * 2 * 4 * 3 * 5 * 3 * 2 * 2); /* no tap falls outside */
  assert_true(bytes == 4.0 * (2 * 4 * 3 * 5 + 4 * 3 * 2 * 2 + 2 * 6 * 6 * 10));
  clup_problem_release(p);
  p = trial_problem(
      "conv_transpose x=1x2x3x3 w=2x3x3x3 bias=1 auto_pad=same_upper activation=prelu dtype=f16 w_dtype=f32");
  assert_int_equal(clup_problem_cost(p, &flops, &bytes), CLUP_OK);
  assert_true(flops == 2.0 * 2 * 3 * 7 * 7); /* of three taps over three inputs two fall outside, along each axis */
  assert_true(bytes == 2.0 * (2 * 9 + 3 * 9) + 4.0 * (2 * 3 * 9 + 3 + 3));
  clup_problem_release(p);
  p = trial_problem("pixel_shuffle x=3x8x2x5 factor=2 dtype=u16");
  assert_int_equal(clup_problem_cost(p, &flops, &bytes), CLUP_OK);
  assert_true(flops == 0 && bytes == 2.0 * 2 * 3 * 8 * 2 * 5);
  clup_problem_release(p);
  p = trial_problem("fold x=3x8x12 output_size=4x5 kernel=2x2 dtype=f16");
  assert_int_equal(clup_problem_cost(p, &flops, &bytes), CLUP_OK);
  assert_true(flops == 3.0 * 2 * 4 * 12 && bytes == 2.0 * 3 * (8 * 12 + 2 * 4 * 5)); /* an addition each */
  clup_problem_release(p);
  p = trial_problem("fold x=4x9 output_size=2x2 kernel=2x2 padding=1");
  assert_int_equal(clup_problem_cost(p, &flops, NULL), CLUP_OK);
  assert_true(flops == 4.0 * 4); /* four places, four blocks over each: the other elements fall in the padding */
  clup_problem_release(p);
  p = trial_problem("max_unpool x=1x2x3x4 indices=i32 kernel=2x2");
  assert_int_equal(clup_problem_cost(p, NULL, &bytes), CLUP_OK);
  assert_true(bytes == 4.0 * (24 + 24 + 96));
  clup_problem_release(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_golden_problems_print_to_themselves),
      cmocka_unit_test(test_defaults_are_left_out),
      cmocka_unit_test(test_parameters_come_back),
      cmocka_unit_test(test_short_buffers),
      cmocka_unit_test(test_malformed),
      cmocka_unit_test(test_mutilated),
      cmocka_unit_test(test_decimal_commas),
      cmocka_unit_test(test_costs),
  };
  return cmocka_run_group_tests_name("problems as text", tests, NULL, NULL);
}

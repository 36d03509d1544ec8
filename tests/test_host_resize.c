/* Resize without a device: its text form, what is refused, sizes, and the rule along one axis. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "axis_taps_onnx.h"
#include "golden.h"
#include "trial.h"

/* ---- text */

static void check_prints(const char *text, const char *want) {
  char printed[1024];
  clup_problem *problem = trial_problem(text);
  if (clup_problem_print(problem, printed, sizeof printed, NULL) != CLUP_OK) fail_msg("%s", clup_last_error());
  assert_string_equal(printed, want);
  clup_problem_release(problem);
}

static void test_golden_problems_print_to_themselves(void **state) {
  (void)state;
  golden_data golden;
  golden_load(&golden, "resize");
  for (size_t i = 0; i < golden.count; i++) check_prints(golden.cases[i].text, golden.cases[i].text);
  golden_free(&golden);
}

/* What a mode does not read is left out, and one value stands for all axes. */
static void test_text_is_canonical(void **state) {
  (void)state;
  check_prints("resize x=1x2x3x4 axes=3x-2 sizes=5 nearest_mode=round_prefer_floor antialias=0",
               "resize x=1x2x3x4 mode=nearest axes=3x-2 sizes=5x5");
  check_prints(
      "resize sizes=5x6 axes=-1x0 x=3x4 mode=linear nearest_mode=ceil cubic_coeff_a=-0.5 extrapolation_value=3",
      "resize x=3x4 mode=linear axes=-1x0 sizes=5x6");
  check_prints("resize x=3x4 mode=cubic scales=0.5 aspect_policy=not_larger roi_start=0x0.25 roi_end=1",
               "resize x=3x4 mode=cubic scales=0.5x0.5");
  check_prints("resize x=3x4 sizes=3x5 coordinate_mode=tf_crop_and_resize roi_start=0 roi_end=0x1",
               "resize x=3x4 mode=nearest coordinate_mode=tf_crop_and_resize sizes=3x5 roi_end=0x1");
}

/* Zeros before an x are no hexadecimal numbers; nan and inf come back. */
static void test_numbers(void **state) {
  (void)state;
  const char *const crop = "resize x=2x3x4 mode=nearest coordinate_mode=tf_crop_and_resize axes=0x1x2 sizes=2x3x5 ";
  static const char *const rest[] = {"roi_start=0x0x0.25 roi_end=1x0x-0.5",
                                     "roi_end=0x1x0",
                                     "roi_end=1x1x2 extrapolation_value=nan",
                                     "roi_end=1x1x2 extrapolation_value=inf",
                                     "roi_end=1x1x2 extrapolation_value=-inf",
                                     "roi_end=1x1x2 extrapolation_value=0.1",
                                     "roi_start=1e-300x-1e+300x0.333333333333333315 roi_end=1x1x2"};
  for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
    char text[400], printed[1024], again[1024];
    snprintf(text, sizeof text, "%s%s", crop, rest[i]);
    clup_problem *problem = trial_problem(text);
    assert_int_equal(clup_problem_print(problem, printed, sizeof printed, NULL), CLUP_OK);
    clup_problem_release(problem);
    if (i + 1 < sizeof rest / sizeof rest[0]) assert_string_equal(printed, text);
    problem = trial_problem(printed);
    assert_int_equal(clup_problem_print(problem, again, sizeof again, NULL), CLUP_OK);
    assert_string_equal(printed, again);
    clup_problem_release(problem);
  }
}

static void test_parameters_come_back(void **state) {
  (void)state;
  clup_resize_params p;
  clup_interpolate_params other;
  clup_problem *problem = trial_problem(
      "resize x=1x2x3x4 mode=cubic coordinate_mode=tf_crop_and_resize aspect_policy=not_smaller axes=-1x2 sizes=5x6 "
      "roi_start=0.25x0 roi_end=1x0.5 cubic_coeff_a=-0.5 exclude_outside=1 antialias=1 extrapolation_value=-2");
  assert_int_equal(clup_problem_op(problem), CLUP_OP_RESIZE);
  assert_int_equal(clup_problem_resize_params(problem, &p), CLUP_OK);
  assert_true(p.mode == CLUP_RESIZE_CUBIC && p.coordinate_mode == CLUP_TF_CROP_AND_RESIZE);
  assert_true(p.aspect_policy == CLUP_NOT_SMALLER && p.num_axes == 2 && p.axes[0] == -1 && p.axes[1] == 2);
  assert_true(p.sizes[0] == 5 && p.sizes[1] == 6 && p.sizes[2] == 0 && p.scales[0] == 0);
  assert_true(p.roi_start[0] == 0.25 && p.roi_start[1] == 0 && p.roi_end[0] == 1 && p.roi_end[1] == 0.5);
  assert_true(p.cubic_coeff_a == -0.5 && p.exclude_outside == 1 && p.antialias == 1 && p.extrapolation_value == -2);
  assert_int_equal(clup_problem_interpolate_params(problem, &other), CLUP_INVALID_ARGUMENT);
  assert_int_equal(clup_problem_resize_params(problem, NULL), CLUP_INVALID_ARGUMENT);
  assert_int_equal(clup_problem_resize_params(NULL, &p), CLUP_INVALID_ARGUMENT);
  clup_problem_release(problem);
  problem = trial_problem("pixel_shuffle x=1x4x2x2 factor=2");
  assert_int_equal(clup_problem_resize_params(problem, &p), CLUP_INVALID_ARGUMENT);
  clup_problem_release(problem);
}

/* ---- refusals */

#define CROP "coordinate_mode=tf_crop_and_resize "
static const struct {
  const char *text;
  clup_status status;
  const char *says[3];
} refusals[] = {
    {"resize x=3x4", CLUP_INVALID_ARGUMENT, {"neither", "sizes and scales"}},
    {"resize x=3x4 sizes=3x4 scales=1x1", CLUP_INVALID_ARGUMENT, {"both", "sizes and scales"}},
    {"resize x=3x4 sizes=3x4x5", CLUP_INVALID_ARGUMENT, {"sizes has 3 values", "2 axes"}},
    {"resize x=3x4 axes=1 sizes=3x4", CLUP_INVALID_ARGUMENT, {"sizes has 2 values", "1 axes"}},
    {"resize x=3x4x5 scales=2x2", CLUP_INVALID_ARGUMENT, {"scales has 2 values", "3 axes"}},
    {"resize x=3x4 axes=0x1x1 sizes=3", CLUP_INVALID_ARGUMENT, {"num_axes=3", "rank 2"}},
    {"resize x=3x4 axes=2 sizes=3", CLUP_INVALID_ARGUMENT, {"axes[0]=2", "-2..1"}},
    {"resize x=3x4 axes=-3 sizes=3", CLUP_INVALID_ARGUMENT, {"axes[0]=-3", "-2..1"}},
    {"resize x=3x4 axes=1x-1 sizes=3", CLUP_INVALID_ARGUMENT, {"axes[0]=1 and axes[1]=-1", "same axis"}},
    {"resize x=3x4 axes=4294967296x1 sizes=3", CLUP_INVALID_ARGUMENT, {"axes=4294967296x1"}},
    {"resize x=3x4 sizes=3x0", CLUP_INVALID_SHAPE, {"sizes[1]=0", "4 elements"}},
    {"resize x=3x4 sizes=-3x4", CLUP_INVALID_SHAPE, {"sizes[0]=-3"}},
    {"resize x=0x4 sizes=3x8", CLUP_INVALID_SHAPE, {"sizes[0]=3", "0 elements"}},
    {"resize x=3x4 scales=1x0", CLUP_INVALID_ARGUMENT, {"scales[1]=0"}},
    {"resize x=3x4 scales=1x-2", CLUP_INVALID_ARGUMENT, {"scales[1]=-2"}},
    {"resize x=3x4 scales=1x1e-60", CLUP_INVALID_ARGUMENT, {"scales[1]=1e-60", "float32"}},
    {"resize x=3x4 scales=1x1e60", CLUP_INVALID_ARGUMENT, {"scales[1]=1e+60", "float32"}},
    {"resize x=3x4 scales=0.3x1", CLUP_INVALID_SHAPE, {"dims[0]=3", "0.3"}},
    {"resize x=3x4 scales=1x1e9", CLUP_UNSUPPORTED, {"axis 1", "4000000000", "2^31-1"}},
    {"resize x=3x4 scales=1x1e38", CLUP_UNSUPPORTED, {"axis 1", "2^31-1"}},
    {"resize x=9x3 axes=0x1 sizes=1x3 aspect_policy=not_larger", CLUP_INVALID_SHAPE, {"dims[1]=3", "0.111111"}},
    {"resize x=2x3x4x5 scales=2", CLUP_UNSUPPORTED, {"4 axes", "(0, 1, 2, 3)", "at most 3"}},
    {"resize x=2x3x4x5 sizes=2x4x3x6 mode=linear " CROP "roi_start=0.1x0x0x0 roi_end=1",
     CLUP_UNSUPPORTED,
     {"4 axes", "cropped"}},
    {"resize x=3x4 sizes=3x5 " CROP, CLUP_INVALID_ARGUMENT, {"roi_start and roi_end"}},
    {"resize x=3x4 sizes=5 roi_end=1x1x1 " CROP, CLUP_INVALID_ARGUMENT, {"roi_end has 3 values"}},
    {"resize x=3x4 sizes=5 roi_end=1e999 " CROP, CLUP_INVALID_ARGUMENT, {"roi_end[0]=inf"}},
    {"resize x=3x4 sizes=5 antialias=1", CLUP_INVALID_ARGUMENT, {"antialias", "nearest"}},
    {"resize x=3x4 sizes=5 exclude_outside=1", CLUP_INVALID_ARGUMENT, {"exclude_outside", "nearest"}},
    {"resize x=3x4 sizes=5 mode=cubic cubic_coeff_a=1e999", CLUP_INVALID_ARGUMENT, {"cubic_coeff_a=inf"}},
    {"resize x=3x4 sizes=5 dtype=u8 extrapolation_value=nan roi_end=1 " CROP, CLUP_INVALID_ARGUMENT, {"NaN", "u8"}},
    {"resize x=3x4 sizes=5 mode=linear dtype=i32", CLUP_UNSUPPORTED, {"linear", "i32", "float32"}},
    {"resize x=3x4 sizes=5 mode=bicubic", CLUP_INVALID_ARGUMENT, {"mode=bicubic"}},
    {"resize x=3x4 sizes=5 coordinate_mode=nothing", CLUP_INVALID_ARGUMENT, {"coordinate_mode=nothing"}},
    {"resize x=3x4 sizes=5 sizes=6", CLUP_INVALID_ARGUMENT, {"twice"}},
};

static void test_refusals(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
    clup_problem *problem = NULL;
    const clup_status status = clup_problem_parse(refusals[i].text, &problem);
    if (status != refusals[i].status)
      fail_msg("%s: %s, '%s'", refusals[i].text, clup_status_name(status), clup_last_error());
    assert_null(problem);
    for (int s = 0; s < 3 && refusals[i].says[s] != NULL; s++)
      if (strstr(clup_last_error(), refusals[i].says[s]) == NULL)
        fail_msg("%s: '%s' is not in '%s'", refusals[i].text, refusals[i].says[s], clup_last_error());
  }
}

static void refused(const clup_resize_params *params, const clup_tensor *output, clup_status want, const char *says) {
  const clup_tensor x = clup_tensor_make(CLUP_F32, 3, (int64_t[]){2, 3, 4});
  clup_problem *problem = NULL;
  const clup_status status = clup_resize_problem(&x, output, params, &problem);
  if (status != want || strstr(clup_last_error(), says) == NULL)
    fail_msg("%s: '%s', not %s: '%s'", clup_status_name(status), clup_last_error(), clup_status_name(want), says);
  assert_null(problem);
}

static void test_structs(void **state) {
  (void)state;
  const clup_tensor x = clup_tensor_make(CLUP_F32, 3, (int64_t[]){2, 3, 4});
  const clup_tensor y = clup_tensor_make(CLUP_F32, 3, (int64_t[]){2, 3, 7});
  clup_problem *problem = NULL;
  clup_resize_params p = CLUP_RESIZE_PARAMS_INIT;
  assert_int_equal(clup_resize_problem(NULL, NULL, &p, &problem), CLUP_INVALID_ARGUMENT);
  assert_int_equal(clup_resize_problem(&x, NULL, &p, NULL), CLUP_INVALID_ARGUMENT);
  refused(NULL, NULL, CLUP_INVALID_ARGUMENT, "neither");
  p.num_axes = 1;
  p.axes[0] = 2;
  p.sizes[0] = 8;
  p.sizes[1] = -5; /* past the end */
  refused(&p, &y, CLUP_INVALID_SHAPE, "7");
  assert_int_equal(clup_resize_problem(&x, NULL, &p, &problem), CLUP_OK);
  clup_problem_release(problem);
  problem = NULL;
#define WRONG(member, value, says)                      \
  do {                                                  \
    clup_resize_params wrong = p;                       \
    wrong.member = value;                               \
    refused(&wrong, NULL, CLUP_INVALID_ARGUMENT, says); \
  } while (0)
  WRONG(mode, (clup_resize_mode)3, "mode 3");
  WRONG(coordinate_mode, (clup_coordinate_mode)-1, "coordinate_mode -1");
  WRONG(nearest_mode, (clup_nearest_mode)4, "nearest_mode 4");
  WRONG(aspect_policy, (clup_aspect_policy)3, "aspect_policy 3");
  WRONG(num_axes, -1, "num_axes=-1");
  WRONG(scales[0], NAN, "both");
  p.sizes[0] = 0;
  WRONG(scales[0], NAN, "scales[0]=nan");
}

/* ---- sizes: ONNX's scales are float32 */

static void test_sizes(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t dims[3];
  } cases[] = {
      {"resize x=10x20x100 scales=0.1", {1, 2, 10}},
      {"resize x=10x20x100 scales=0.7", {6, 13, 69}},
      {"resize x=10x20x100 scales=1.1", {11, 22, 110}},
      {"resize x=10x20x100 scales=0.3", {3, 6, 30}},
      {"resize x=10x20x100 sizes=7", {7, 7, 7}},
      {"resize x=0x20x100 sizes=0x7x8", {0, 7, 8}},
      {"resize x=0x20x100 scales=2", {0, 40, 200}},
      {"resize x=10x20x100 axes=-1 scales=2", {10, 20, 200}},
      {"resize x=10x20x100 axes=1x2 sizes=7x8 aspect_policy=not_larger", {10, 2, 8}},
      {"resize x=10x20x100 axes=1x2 sizes=7x8 aspect_policy=not_smaller", {10, 7, 35}},
      {"resize x=6x4x2 sizes=3 aspect_policy=not_larger", {3, 2, 1}},
      {"resize x=6x5x2 sizes=3 aspect_policy=not_larger", {3, 3, 1}}, /* 2.5 is rounded up */
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    int64_t dims[CLUP_MAX_RANK];
    clup_tensor y;
    clup_problem *problem = trial_problem(cases[i].text);
    assert_int_equal(clup_problem_tensor(problem, CLUP_ROLE_OUTPUT, &y), CLUP_OK);
    assert_int_equal(reference_output_dims(problem, dims), 0);
    for (int a = 0; a < 3; a++)
      if (y.dims[a] != cases[i].dims[a] || dims[a] != y.dims[a])
        fail_msg("%s: axis %d: %d, the reference says %d, not %d", cases[i].text, a, (int)y.dims[a], (int)dims[a],
                 (int)cases[i].dims[a]);
    clup_problem_release(problem);
  }
}

static void test_costs(void **state) {
  (void)state;
  double flops, bytes;
  clup_problem *problem = trial_problem("resize x=2x3x4 mode=cubic axes=1x2 sizes=6x8");
  assert_int_equal(clup_problem_cost(problem, &flops, &bytes), CLUP_OK);
  assert_true(flops == 2.0 * 8 * 2 * 6 * 8 && bytes == 4.0 * (24 + 96));
  clup_problem_release(problem);
  problem = trial_problem("resize x=2x3x4 mode=linear axes=2 sizes=1 antialias=1 dtype=f16");
  assert_int_equal(clup_problem_cost(problem, &flops, &bytes), CLUP_OK);
  assert_true(flops == 2.0 * 8 * 6 && bytes == 2.0 * (24 + 6));
  clup_problem_release(problem);
  problem = trial_problem("resize x=2x3x4 sizes=4x6x8");
  assert_int_equal(clup_problem_cost(problem, &flops, &bytes), CLUP_OK);
  assert_true(flops == 0 && bytes == 4.0 * (24 + 192));
  clup_problem_release(problem);
}

/* ---- the rule along one axis */

static int nearest(clup_coordinate_mode coordinate, clup_nearest_mode mode, int64_t in, int64_t out, int64_t dst) {
  int32_t index;
  double weight;
  const axis_rule rule = {.filter = AXIS_NEAREST,
                          .in = in,
                          .out = out,
                          .scale = (double)out / (double)in,
                          .onnx = true,
                          .coordinate_mode = coordinate,
                          .nearest_mode = mode,
                          .roi_end = 1};
  assert_int_equal(onnx_most(&rule), 1);
  assert_int_equal(onnx_taps(&rule, dst, &index, &weight), 1);
  return index;
}

static void test_nearest_by_hand(void **state) {
  (void)state;
  /* 4 -> 2: the sources are 0.5 and 2.5; 2 -> 4: -0.25, 0.25, 0.75, 1.25 */
  static const int shrunk[] = {0, 1, 0, 1}, grown[][4] = {{0, 0, 1, 1}, {0, 0, 1, 1}, {0, 0, 0, 1}, {0, 1, 1, 1}};
  for (int mode = 0; mode < 4; mode++) {
    assert_int_equal(nearest(CLUP_HALF_PIXEL, (clup_nearest_mode)mode, 4, 2, 0), shrunk[mode]);
    assert_int_equal(nearest(CLUP_HALF_PIXEL, (clup_nearest_mode)mode, 4, 2, 1), shrunk[mode] + 2);
    for (int dst = 0; dst < 4; dst++)
      assert_int_equal(nearest(CLUP_HALF_PIXEL, (clup_nearest_mode)mode, 2, 4, dst), grown[mode][dst]);
    /* whole sources are the element in every mode */
    assert_int_equal(nearest(CLUP_ASYMMETRIC, (clup_nearest_mode)mode, 4, 2, 1), 2);
    assert_int_equal(nearest(CLUP_ALIGN_CORNERS, (clup_nearest_mode)mode, 4, 2, 1), 3);
    assert_int_equal(nearest(CLUP_TF_CROP_AND_RESIZE, (clup_nearest_mode)mode, 5, 9, 8), 4);
  }
}

/* 7 -> 17: 8.5/(17/7) - 0.5 is 3, but by rounding a little more. */
static void test_nearest_above_by_rounding(void **state) {
  (void)state;
  int32_t index;
  double weight;
  axis_rule rule = {.filter = AXIS_NEAREST, .in = 7, .out = 17, .scale = 17.0 / 7, .onnx = true};
  const double source = onnx_source(&rule, 8);
  assert_true(source > 3 && source < 3.000000000000001);
  for (int mode = 0; mode < 4; mode++) {
    rule.nearest_mode = (clup_nearest_mode)mode;
    assert_int_equal(onnx_taps(&rule, 8, &index, &weight), 1);
    assert_int_equal(index, 3);
  }
}

static void test_sources_by_hand(void **state) {
  (void)state;
  axis_rule rule = {.filter = AXIS_LINEAR, .in = 4, .out = 2, .scale = 0.6, .onnx = true};
  static const double want[] = {1.0 / 3, 4 / 2.0 * (1 - 2 / 2.4) + 0.5 / 0.6 - 0.5, 1.0 / 3, 0, 0};
  for (int mode = 0; mode < 5; mode++) {
    rule.coordinate_mode = (clup_coordinate_mode)mode;
    assert_true(fabs(onnx_source(&rule, 0) - want[mode]) < 1e-15);
  }
  rule.coordinate_mode = CLUP_ALIGN_CORNERS; /* by scale*in - 1 = 1.4, not by out - 1 */
  assert_true(fabs(onnx_source(&rule, 1) - 3 / 1.4) < 1e-15);
  /* one element, though (1.0 / 49) * 49 is not 1: the middle of the region */
  rule = (axis_rule){.in = 49, .out = 1, .scale = 1.0 / 49, .onnx = true, .roi_start = 0.25, .roi_end = 0.5};
  rule.coordinate_mode = CLUP_TF_CROP_AND_RESIZE;
  assert_true(rule.scale * 49 != 1 && onnx_source(&rule, 0) == 0.375 * 48);
  rule.coordinate_mode = CLUP_PYTORCH_HALF_PIXEL;
  assert_true(onnx_source(&rule, 0) == -0.5);
  rule.coordinate_mode = CLUP_ALIGN_CORNERS;
  assert_true(onnx_source(&rule, 0) == 0);
}

/* A whole source ends the interval before it. */
static void test_linear_by_hand(void **state) {
  (void)state;
  int32_t index[2];
  double weight[2];
  axis_rule rule = {
      .filter = AXIS_LINEAR, .in = 4, .out = 2, .scale = 0.5, .onnx = true, .coordinate_mode = CLUP_ASYMMETRIC};
  assert_int_equal(onnx_taps(&rule, 1, index, weight), 2);
  assert_true(index[0] == 1 && index[1] == 2 && weight[0] == 0 && weight[1] == 1);
  rule.coordinate_mode = CLUP_HALF_PIXEL;
  assert_int_equal(onnx_taps(&rule, 1, index, weight), 2);
  assert_true(index[0] == 2 && index[1] == 3 && weight[0] == 0.5 && weight[1] == 0.5);
  rule.scale = 2;
  rule.out = 8;
  rule.exclude_outside = true;
  assert_int_equal(onnx_taps(&rule, 0, index, weight), 2);
  assert_true(index[0] == 0 && index[1] == 0 && weight[0] == 0 && weight[1] == 1);
}

/* Every list within the input, in windows without gaps, with a sum of 1, whatever the rule. */
static void check_lists(const axis_rule *rule) {
  axis_taps taps;
  assert_int_equal(axis_taps_make(rule, &taps), CLUP_OK);
  assert_true(taps.windows == rule->antialias);
  for (int64_t dst = 0; dst < rule->out; dst++) {
    const int32_t *index = taps.index + dst * taps.taps;
    double sum = 0;
    assert_true(taps.count[dst] >= 1 && taps.count[dst] <= taps.taps);
    for (int t = 0; t < taps.taps; t++) {
      assert_true(index[t] >= 0 && index[t] < rule->in && isfinite(taps.weight[dst * taps.taps + t]));
      if (t > 0 && t < taps.count[dst]) assert_true(index[t] - index[t - 1] <= 1 && index[t] >= index[t - 1]);
      if (t > 0 && t < taps.count[dst] && taps.windows) assert_true(index[t] == index[t - 1] + 1);
      sum += taps.weight[dst * taps.taps + t];
    }
    /* With exclude_outside, none may be left of a source outside. */
    assert_true(fabs(sum - 1) < 1e-9 || (rule->exclude_outside && sum == 0 && onnx_outside(rule, dst)));
  }
  axis_taps_clear(&taps);
}

static void test_lists(void **state) {
  (void)state;
  static const double roi[][2] = {{0, 1}, {-0.5, 1.5}, {1, 0}, {-1e300, 1e300}, {1e300, -1e300}, {7, 7}, {0.3, 0.3}};
  static const int64_t sizes[][2] = {{1, 1}, {1, 9}, {9, 1}, {7, 7}, {5, 13}, {13, 5}, {2, 40}, {60, 3}};
  for (int mode = 0; mode < 6; mode++)
    for (int filter = AXIS_NEAREST; filter <= AXIS_CUBIC; filter++)
      for (int flags = 0; flags < 4; flags++)
        for (size_t r = 0; r < (mode == 5 ? sizeof roi / sizeof roi[0] : 1); r++)
          for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
            for (int part = 0; part < 3; part++) {
              if (filter == AXIS_NEAREST_EXACT || (filter == AXIS_NEAREST && flags > 0)) continue;
              const int64_t in = sizes[s][0], out = sizes[s][1];
              const axis_rule rule = {.filter = (axis_filter)filter,
                                      .in = in,
                                      .out = out,
                                      .scale = ((double)out + 0.49 * part) / (double)in,
                                      .antialias = flags & 1,
                                      .onnx = true,
                                      .coordinate_mode = (clup_coordinate_mode)mode,
                                      .exclude_outside = flags & 2,
                                      .cubic_a = -0.75,
                                      .roi_start = roi[r][0],
                                      .roi_end = roi[r][1]};
              check_lists(&rule);
            }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_golden_problems_print_to_themselves),
      cmocka_unit_test(test_text_is_canonical),
      cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_parameters_come_back),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_structs),
      cmocka_unit_test(test_sizes),
      cmocka_unit_test(test_costs),
      cmocka_unit_test(test_nearest_by_hand),
      cmocka_unit_test(test_nearest_above_by_rounding),
      cmocka_unit_test(test_sources_by_hand),
      cmocka_unit_test(test_linear_by_hand),
      cmocka_unit_test(test_lists),
  };
  return cmocka_run_group_tests_name("resize on the host", tests, NULL, NULL);
}

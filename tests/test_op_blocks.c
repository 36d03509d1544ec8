/* Channel shuffle, depth to space and its inverse, and fold: what must hold for any contents. */
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

/* ---- worked by hand */

static void test_worked_examples(void **state) {
  (void)state;
  const float eight[] = {0, 1, 2, 3, 4, 5, 6, 7};
  /* Four channels of two columns: a block's (i, j) is channel 2i + j for one output channel in both modes. */
  small_check(&device, "depth_to_space x=1x4x1x2 blocksize=2", eight, NULL, NULL, NULL,
              (double[]){0, 2, 1, 3, 4, 6, 5, 7}, 0);
  /* Eight channels of one element: DCR has output channel c at 2 * block + c, CRD at 4 * c + block. */
  small_check(&device, "depth_to_space x=1x8x1x1 blocksize=2", eight, NULL, NULL, NULL,
              (double[]){0, 2, 4, 6, 1, 3, 5, 7}, 0);
  small_check(&device, "depth_to_space x=1x8x1x1 blocksize=2 mode=CRD", eight, NULL, NULL, NULL,
              (double[]){0, 1, 2, 3, 4, 5, 6, 7}, 0);
  small_check(&device, "space_to_depth x=1x2x2x2 blocksize=2", eight, NULL, NULL, NULL,
              (double[]){0, 4, 1, 5, 2, 6, 3, 7}, 0);
  small_check(&device, "space_to_depth x=1x2x2x2 blocksize=2 mode=CRD", eight, NULL, NULL, NULL,
              (double[]){0, 1, 2, 3, 4, 5, 6, 7}, 0);
  small_check(&device, "channel_shuffle x=1x4x2 groups=2", eight, NULL, NULL, NULL, (double[]){0, 1, 4, 5, 2, 3, 6, 7},
              0);
  /* Two overlapping blocks of two along three columns; blocks of two side by side; a dilated one that straddles. */
  small_check(&device, "fold x=1x2x2 axes=1 output_size=3 kernel=2", eight, NULL, NULL, NULL, (double[]){0, 3, 3}, 0);
  small_check(&device, "fold x=1x2x2 axes=1 output_size=4 kernel=2 stride=2", eight, NULL, NULL, NULL,
              (double[]){0, 2, 1, 3}, 0);
  small_check(&device, "fold x=1x4x1 output_size=3x3 kernel=2 dilation=2", eight, NULL, NULL, NULL,
              (double[]){0, 0, 1, 0, 0, 0, 2, 0, 3}, 0);
  small_check(&device, "fold x=1x2x2 axes=1 output_size=1 kernel=2 padding=1", eight, NULL, NULL, NULL, (double[]){3},
              0);
}

/* ---- any element */

static const char *const dtypes[] = {"f32", "f64", "f16", "bf16", "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64"};

static void test_every_dtype_moves_bits(void **state) {
  (void)state;
  static const char *const texts[] = {
      "channel_shuffle x=2x6x3x5 groups=3",
      "channel_shuffle x=1x4x21 groups=2",
      "depth_to_space x=1x8x3x17 blocksize=2",
      "depth_to_space x=2x9x2x5 blocksize=3 mode=CRD",
      "space_to_depth x=1x2x4x34 blocksize=2",
      "space_to_depth x=2x1x3x9 blocksize=3 mode=CRD",
      /* channels last on both sides: one of width 8, one interleaved */
      "depth_to_space x=1x16x3x5 blocksize=2 x_strides=240x1x80x16 y_strides=240x1x40x4",
      "space_to_depth x=1x5x4x6 blocksize=2 x_strides=120x1x30x5 y_strides=120x1x60x20",
      "channel_shuffle x=2x36x3x5 groups=2 x_strides=540x1x180x36 y_strides=540x1x180x36",
  };
  for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++)
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++) {
      char text[200];
      snprintf(text, sizeof text, "%s dtype=%s", texts[t], dtypes[i]);
      small_against_reference(&device, text, REFERENCE_BITS);
    }
}

/* Runs the first problem on any bits, and the second on its output: 1 when that gives the first one's input back. */
static int gives_back(const char *there, const char *back) {
  char why[TRIAL_TEXT];
  clup_problem *first = trial_problem(there), *second = trial_problem(back);
  trial_arrays a, b;
  trial_arrays_make(first, REFERENCE_BITS, 21, &a);
  trial_arrays_make(second, REFERENCE_BITS, 22, &b);
  assert_int_equal(a.bytes[CLUP_ROLE_OUTPUT], b.bytes[CLUP_ROLE_INPUT]);
  assert_int_equal(a.bytes[CLUP_ROLE_INPUT], b.bytes[CLUP_ROLE_OUTPUT]);
  if (trial_run(&device, first, NULL, &a, NULL, why) != 0) fail_msg("%s: %s", there, why);
  memcpy(b.spans[CLUP_ROLE_INPUT], a.spans[CLUP_ROLE_OUTPUT], a.bytes[CLUP_ROLE_OUTPUT]);
  if (trial_run(&device, second, NULL, &b, NULL, why) != 0) fail_msg("%s: %s", back, why);
  const int same = memcmp(a.spans[CLUP_ROLE_INPUT], b.spans[CLUP_ROLE_OUTPUT], a.bytes[CLUP_ROLE_INPUT]) == 0;
  trial_arrays_free(&a);
  trial_arrays_free(&b);
  clup_problem_release(first);
  clup_problem_release(second);
  return same;
}

static void test_there_and_back(void **state) {
  (void)state;
  static const char *const modes[] = {"DCR", "CRD"};
  static const struct {
    const char *deep, *wide;
    int block;
  } shapes[] = {{"1x8x3x5", "1x2x6x10", 2}, {"2x18x2x21", "2x2x6x63", 3}, {"1x32x1x17", "1x2x4x68", 4}};
  for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
    for (int m = 0; m < 4; m++) {
      char to_space[200], to_depth[200];
      snprintf(to_space, sizeof to_space, "depth_to_space x=%s blocksize=%d mode=%s", shapes[s].deep, shapes[s].block,
               modes[m / 2]);
      snprintf(to_depth, sizeof to_depth, "space_to_depth x=%s blocksize=%d mode=%s", shapes[s].wide, shapes[s].block,
               modes[m % 2]);
      /* The same mode gives everything back, the other one does not. */
      assert_int_equal(gives_back(to_space, to_depth), m / 2 == m % 2);
      assert_int_equal(gives_back(to_depth, to_space), m / 2 == m % 2);
    }
  assert_true(gives_back("channel_shuffle x=2x12x3x5 groups=3", "channel_shuffle x=2x12x3x5 groups=4"));
  assert_false(gives_back("channel_shuffle x=2x12x3x5 groups=3", "channel_shuffle x=2x12x3x5 groups=3"));
}

static void test_empty_batches(void **state) {
  (void)state;
  static const char *const texts[] = {"channel_shuffle x=0x4x3 groups=2", "depth_to_space x=0x4x3x3 blocksize=2",
                                      "space_to_depth x=0x1x4x4 blocksize=2", "depth_to_space x=1x4x0x3 blocksize=2",
                                      "fold x=0x4x6 output_size=3x4 kernel=2x2"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    small_against_reference(&device, texts[i], REFERENCE_BITS);
}

/* ---- fold */

static const char *const folds[] = {
    "fold x=2x12x20 output_size=5x6 kernel=2x2",
    "fold x=1x18x35 output_size=9x13 kernel=3 padding=1 stride=2",
    "fold x=1x32x6 output_size=5x7 kernel=4 padding=1 stride=2",
    "fold x=1x27x35 output_size=5x7 kernel=3 padding=1",
    "fold x=1x12x9 output_size=9x15 kernel=3x2 dilation=2x3 padding=1x0 stride=3x4",
    "fold x=6x40 axes=1 output_size=41 kernel=3 padding=0 padding_end=1",
    "fold x=1x16x84 axes=3 output_size=4x5x6 kernel=2 padding=0x0x1",
};

static void test_folds_of_every_dtype(void **state) {
  (void)state;
  static const char *const reals[] = {"f32", "f64", "f16", "bf16"};
  for (size_t t = 0; t < sizeof folds / sizeof folds[0]; t++)
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) {
      char text[200];
      snprintf(text, sizeof text, "%s dtype=%s", folds[t], reals[i]);
      small_against_reference(&device, text, REFERENCE_REALS);
    }
}

/* The blocks of an image, as torch.nn.Unfold takes them out, fold back to the image times the blocks that hold each
 * place: what folding blocks of ones gives. */
static void check_unfolded(const clup_fold_params *p) {
  enum { CHANNELS = 2 };
  const int64_t *size = p->output_size, *k = p->kernel;
  int64_t blocks[2];
  for (int a = 0; a < 2; a++)
    blocks[a] = (size[a] + 2 * p->padding[a] - p->dilation[a] * (k[a] - 1) - 1) / p->stride[a] + 1;
  const int64_t taps = k[0] * k[1], count = blocks[0] * blocks[1], plane = size[0] * size[1];
  float *image = malloc((size_t)(CHANNELS * plane) * sizeof *image), *hits = calloc((size_t)plane, sizeof *hits);
  float *parts = calloc((size_t)(CHANNELS * taps * count), sizeof *parts);
  double *want = malloc((size_t)(CHANNELS * plane) * sizeof *want);
  assert_true(image != NULL && hits != NULL && parts != NULL && want != NULL);
  for (int64_t i = 0; i < CHANNELS * plane; i++) image[i] = (float)reference_fill_value(REFERENCE_INTEGERS, 5, i);
  for (int64_t c = 0; c < CHANNELS; c++)
    for (int64_t t = 0; t < taps; t++)
      for (int64_t b = 0; b < count; b++) {
        const int64_t h = b / blocks[1] * p->stride[0] + t / k[1] * p->dilation[0] - p->padding[0];
        const int64_t w = b % blocks[1] * p->stride[1] + t % k[1] * p->dilation[1] - p->padding[1];
        if (h < 0 || h >= size[0] || w < 0 || w >= size[1]) continue;
        parts[(c * taps + t) * count + b] = image[c * plane + h * size[1] + w];
        if (c == 0) hits[h * size[1] + w]++;
      }
  for (int64_t i = 0; i < CHANNELS * plane; i++) want[i] = (double)image[i] * hits[i % plane];
  char text[1024];
  clup_problem *problem = NULL;
  const clup_tensor x = clup_tensor_make(CLUP_F32, 3, (int64_t[]){1, CHANNELS * taps, count});
  if (clup_fold_problem(&x, NULL, p, &problem) != CLUP_OK) fail_msg("%s", clup_last_error());
  assert_int_equal(clup_problem_print(problem, text, sizeof text, NULL), CLUP_OK);
  clup_problem_release(problem);
  small_check(&device, text, parts, NULL, NULL, NULL, want, 0);
  free(image);
  free(hits);
  free(parts);
  free(want);
}

static void test_unfold_then_fold(void **state) {
  (void)state;
  static const int64_t cases[][10] = {/* size, kernel, dilation, padding, stride */
                                      {5, 6, 2, 2, 1, 1, 0, 0, 1, 1},  {9, 37, 3, 3, 1, 1, 1, 1, 1, 1},
                                      {8, 40, 4, 4, 1, 1, 1, 1, 2, 2}, {7, 70, 7, 7, 1, 1, 3, 3, 4, 3},
                                      {9, 13, 3, 2, 2, 3, 2, 1, 2, 3}, {6, 8, 2, 2, 1, 1, 0, 0, 3, 3},
                                      {4, 4, 2, 4, 1, 1, 0, 0, 2, 4}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    clup_fold_params p = CLUP_FOLD_PARAMS_INIT;
    for (int a = 0; a < 2; a++) {
      p.output_size[a] = cases[i][a];
      p.kernel[a] = cases[i][2 + a];
      p.dilation[a] = cases[i][4 + a];
      p.padding[a] = cases[i][6 + a];
      p.stride[a] = cases[i][8 + a];
    }
    check_unfolded(&p);
  }
}

/* An infinity or a NaN shows where its element falls, and nowhere else; in the padding nowhere at all. */
static void check_locality(const char *text, float value) {
  trial_arrays arrays;
  char why[TRIAL_TEXT];
  clup_problem *problem = trial_problem(text);
  trial_arrays_make(problem, REFERENCE_REALS, 31, &arrays);
  float *input = arrays.spans[CLUP_ROLE_INPUT];
  const clup_arrays host = trial_host_arrays(&arrays);
  const size_t count = arrays.bytes[CLUP_ROLE_INPUT] / sizeof *input;
  int shown = 0;
  for (size_t place = 0; place < count; place += count / 5) {
    const float before = input[place];
    reference_expected expected;
    int touched = 0;
    input[place] = value;
    assert_int_equal(reference_expect(problem, &host, &expected), 0);
    for (int64_t i = 0; i < expected.count; i++) touched += !isfinite(expected.value[i]);
    assert_in_range(touched, 0, 1);
    shown += touched;
    if (trial_run_all(&device, problem, &arrays, &expected, why) != 0) fail_msg("%s: %s", text, why);
    reference_expected_free(&expected);
    input[place] = before;
  }
  assert_true(shown > 0);
  trial_arrays_free(&arrays);
  clup_problem_release(problem);
}

static void test_infinities_stay_local(void **state) {
  (void)state;
  for (size_t t = 0; t < sizeof folds / sizeof folds[0]; t++) {
    check_locality(folds[t], INFINITY);
    check_locality(folds[t], NAN);
  }
}

/* ---- sizes that make vectors and their remainders; 64-bit indices */

static void test_widths_around_vectors(void **state) {
  (void)state;
  static const int widths[] = {1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 257};
  for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
    const int n = widths[w];
    char text[200];
    snprintf(text, sizeof text, "channel_shuffle x=1x4x%d groups=2", n);
    small_against_reference(&device, text, REFERENCE_BITS);
    snprintf(text, sizeof text, "depth_to_space x=1x8x2x%d blocksize=2", n);
    small_against_reference(&device, text, REFERENCE_BITS);
    snprintf(text, sizeof text, "space_to_depth x=1x2x2x%d blocksize=2", 2 * n);
    small_against_reference(&device, text, REFERENCE_BITS);
    for (int stride = 1; stride <= 5; stride++)
      for (int k = 1; k <= 4; k += 3) { /* a row of n blocks, that of the second kernel padded */
        const int padding = k / 2, size = (n - 1) * stride + k - 2 * padding;
        if (size < 1) continue;
        snprintf(text, sizeof text, "fold x=1x%dx%d output_size=2x%d kernel=2x%d padding=0x%d stride=1x%d", 2 * 2 * k,
                 n, size, k, padding, stride);
        small_against_reference(&device, text, REFERENCE_INTEGERS);
      }
  }
}

static void test_wide_indices(void **state) {
  (void)state;
  static const char *const texts[] = {
      "channel_shuffle x=2x6x3x5 groups=3",
      "depth_to_space x=1x8x3x17 blocksize=2",
      "space_to_depth x=2x1x3x9 blocksize=3 mode=CRD",
  };
  clup_context_options options = CLUP_CONTEXT_OPTIONS_INIT;
  options.disk_cache = 0;
  options.index32_limit = 10;
  trial_device wide = device;
  assert_int_equal(clup_context_create(device.context, device.device, &options, &wide.clup), CLUP_OK);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) small_against_reference(&wide, texts[i], REFERENCE_BITS);
  for (size_t i = 0; i < sizeof folds / sizeof folds[0]; i++)
    small_against_reference(&wide, folds[i], REFERENCE_INTEGERS);
  clup_context_release(wide.clup);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_worked_examples),       cmocka_unit_test(test_every_dtype_moves_bits),
      cmocka_unit_test(test_there_and_back),        cmocka_unit_test(test_empty_batches),
      cmocka_unit_test(test_folds_of_every_dtype),  cmocka_unit_test(test_unfold_then_fold),
      cmocka_unit_test(test_infinities_stay_local), cmocka_unit_test(test_widths_around_vectors),
      cmocka_unit_test(test_wide_indices),
  };
  return cmocka_run_group_tests_name("blocks", tests, open_device, close_device);
}

/* What a device here is not: solvers choose tiles and kernels by whether a device's registers hold 16 floats or 8, and
 * whether it is a CPU. Here it is taken to be the other, too, on each solver that asks, against the reference. All are
 * right on any device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "context.h"
#include "group.h"
#include "matrix_units.h"
#include "small.h"

typedef struct solver_case {
  const char *algo, *problem;
} solver_case;

static const solver_case cases[] = {
#include "width_cases.inc"
};

/* Outputs that go past the caches, from 8 MiB on: rows that begin anywhere in a line, doubled from even and odd columns
 * and by lists, elements of each size; those of transposed convolution in whole lines and not. */
static const solver_case large[] = {
    {"near_rows", "interpolate x=1x3x300x601 mode=bilinear scale_factor=2"},
    {"near_rows", "interpolate x=1x1x1024x512 mode=bilinear scale_factor=2"},
    {"near_rows", "interpolate x=1x1x700x701 mode=bicubic scale_factor=2.07"},
    {"near_rows", "interpolate x=1x1x1024x1031 mode=bilinear scale_factor=2 dtype=f16"},
    {"near_rows", "interpolate x=1x1x1500x1501 mode=bilinear size=2900x2905 dtype=u8"},
    {"near_rows", "interpolate x=1x9x65x65 mode=bilinear size=513x513 align_corners=1"},
    {"near_rows", "interpolate x=1x17x65x65 mode=bilinear size=513x513 align_corners=1 dtype=f16"},
    {"near_rows", "interpolate x=1x17x65x65 mode=bicubic size=513x513 align_corners=1 dtype=bf16"},
    {"near_rows", "interpolate x=1x40x1500x20 mode=bilinear size=3000x41 dtype=f16"},
    {"near_rows", "interpolate x=1x1x300x601 mode=bicubic scale_factor=4"},
    {"near_rows",
     "resize x=4x129 mode=linear coordinate_mode=tf_crop_and_resize axes=1 sizes=1025 roi_start=1 roi_end=0"},
    {"near_rows",
     "resize x=4x129 mode=cubic coordinate_mode=tf_crop_and_resize axes=1 sizes=1025 roi_start=1 roi_end=0 "
     "dtype=f16"},
    {"near_rows",
     "resize x=4x129 mode=linear coordinate_mode=tf_crop_and_resize axes=1 sizes=505 roi_start=0.97 "
     "roi_end=0.00125"},
    {"near_rows", "interpolate x=1x2x12x150x151 mode=trilinear scale_factor=2"},
    {"near_rows", "interpolate x=1x1x1100x1000 mode=bilinear scale_factor=2 y_strides=4444000x4444000x2020x1"},
    {"rows", "interpolate x=1x3x300x601 mode=bilinear scale_factor=2"},
    {"rows", "interpolate x=1x1x1024x1031 mode=bilinear scale_factor=2 dtype=f16"},
    {"gemm_rows", "conv_transpose x=1x16x512x256 w=16x4x2x2 stride=2"},
    {"gemm_rows", "conv_transpose x=2x16x300x211 w=16x3x3x3 stride=3"},
    {"gemm_lines", "conv_transpose x=2x16x300x211 w=16x3x3x3 stride=3"},
    {"gemm_lines", "conv_transpose x=90x17x13x13 w=17x29x2x2 bias=1 stride=2 activation=leaky-relu alpha=0.1"},
    {"gemm_lines", "conv_transpose x=2x600x9x229 w=600x101x2x3 stride=2x3"}, /* a row is cut */
    {"gemm_lines", "conv_transpose x=2x16x11x31x27 w=16x9x2x2x2 stride=2"},
    {"gemm_lines", "conv_transpose x=1x8x350x331 w=8x5x2x2 stride=2 groups=2 y_strides=6720000x672000x960x1"},
    {"gemm_lines", "conv_transpose x=4x16x70001 w=16x5x3 stride=3"},
    {"gemm_lines", "conv_transpose x=700x16x5x3 w=16x33x3x3 stride=3"},
    {"gemm_lines", "conv_transpose x=2000x16x7x1 w=16x9x3x3 stride=3"}, /* rows shorter than a line */
    {"gemm_shuffle", "conv_transpose x=1x16x512x256 w=16x4x2x2 stride=2"},
    {"thin", "conv_transpose x=1x3x1024x512 w=3x1x4x4 stride=2 padding=1"},
    {"thin", "conv_transpose x=1x3x700x401 w=3x1x9x9 stride=3 padding=3"},
    {"winograd", "conv_transpose x=1x32x184x180 w=32x16x3x3 padding=1"}, /* its planes do, too */
    {"winograd_thin", "conv_transpose x=1x16x700x401 w=16x1x6x6 stride=3 padding=1"},
};

static void test_large(void **state) {
  (void)state;
  device_caps *caps = &device.clup->caps;
  if (!caps->is_cpu) skip();
  for (int width = 0; width < 2; width++) {
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
      small_solver_against_reference(&device, large[i].algo, large[i].problem, REFERENCE_REALS);
    caps->has_wide_vectors = !caps->has_wide_vectors;
  }
}

static void test_widths(void **state) {
  (void)state;
  device_caps *caps = &device.clup->caps;
  if (!caps->is_cpu) skip(); /* the solvers are for CPUs */
  for (int width = 0; width < 2; width++) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
      /* Golden cases reach all solvers as the device is; few of near_rows' are wide enough. */
      if (width == 1 || strcmp(cases[i].algo, "near_rows") == 0)
        small_solver_against_reference(&device, cases[i].algo, cases[i].problem, REFERENCE_REALS);
    caps->has_wide_vectors = !caps->has_wide_vectors;
  }
}

/* Tiles as large as GPUs have them: several channels and rows, parts of phases, borders, several steps of channels. */
static const solver_case on_gpus[] = {
    {"tiles", "conv_transpose x=2x11x5x13 w=11x130x4x4 stride=2 padding=1 bias=1"},
    {"tiles", "conv_transpose x=1x9x3x4x5 w=9x10x3x3x3 stride=2 padding=1 groups=1 dtype=f64"},
    {"tiles", "conv_transpose x=2x3x5x13 w=3x130x3x3 stride=2 padding=1 dilation=2"},
    {"mma", "conv_transpose x=2x37x5x13 w=37x70x4x4 stride=2 padding=1 bias=1 dtype=f16"},
    {"mma", "conv_transpose x=1x16x9x11 w=16x9x3x3 stride=2 padding=1 dilation=2 groups=2 activation=prelu dtype=bf16"},
    {"mma", "conv_transpose x=1x5x3x4x5 w=5x33x2x2x2 stride=2 dtype=f16"},
    {"gemm_col2im", "conv_transpose x=2x19x9x14 w=19x3x5x4 stride=2x3 padding=2x1 dilation=2x3 bias=1 activation=tanh"},
    {"gemm_col2im", "conv_transpose x=1x9x3x4x5 w=9x2x3x1x3 stride=2 padding=1 groups=3 dtype=f16"},
    {"gemm_col2im", "conv_transpose x=12x31x30 w=12x1x31x31 stride=2 padding=14 activation=prelu slopes=1"},
    {"gemm_col2im", "conv_transpose x=1x8x7 w=8x3x4 stride=3 dilation=2 dtype=f64 activation=prelu"},
    {"patch", "conv_transpose x=2x19x9x14 w=19x3x4x4 stride=2 padding=1 bias=1"},
    {"patch", "conv_transpose x=1x6x10x11 w=6x1x9x9 stride=3 padding=3 dtype=f16"},
    {"patch", "conv_transpose x=1x4x5x6 w=4x7x3x3 padding=1 groups=2 activation=prelu slopes=14"},
    {"patch", "conv_transpose x=1x3x4x5 w=3x2x16x16 stride=8 padding=3"},
    {"depthwise_columns", "conv_transpose x=2x5x9x7 w=5x2x5x3 stride=2x1 padding=2x1 groups=5 bias=1"},
    {"taps", "interpolate x=1x2x40x33 mode=bicubic scale_factor=2"},
    {"blocks", "max_unpool x=2x3x9x11 kernel=2 indices=i64"},
    {"strided", "pixel_shuffle x=2x12x7x5 factor=2"},
};

/* What a GPU with matrix units has. */
static void pretend_gpu(device_caps *caps) {
  caps->is_cpu = false;
  caps->max_work_group = caps->max_work_item[0] = caps->max_work_item[1] = 256;
  caps->local_memory = 48 << 10;
  caps->matrix_units = MATRIX_UNITS_IN_C;
}

static void test_gpu_tiles(void **state) {
  (void)state;
  device_caps *caps = &device.clup->caps, kept = *caps;
  if (caps->max_work_group < 256) skip();
  pretend_gpu(caps);
  assert_true(matrix_units_work(device.clup, caps->matrix_units));
  for (size_t i = 0; i < sizeof on_gpus / sizeof *on_gpus; i++)
    small_solver_against_reference(&device, on_gpus[i].algo, on_gpus[i].problem, REFERENCE_REALS);
  *caps = kept;
}

/* Beyond the border there is no input: an infinite weight times 0 would be NaN. */
static void check_infinite_weight(const char *text, uint16_t infinity) {
  trial_arrays arrays;
  reference_expected expected;
  char why[TRIAL_TEXT];
  clup_problem *problem = trial_problem(text);
  trial_arrays_make(problem, REFERENCE_REALS, 31, &arrays);
  memcpy(arrays.spans[CLUP_ROLE_WEIGHT], &infinity, sizeof infinity);
  const clup_arrays host = trial_host_arrays(&arrays);
  assert_int_equal(reference_expect(problem, &host, &expected), 0);
  if (trial_run(&device, problem, "mma", &arrays, &expected, why) != 0) fail_msg("%s: %s", text, why);
  reference_expected_free(&expected);
  trial_arrays_free(&arrays);
  clup_problem_release(problem);
}

static void test_infinite_weights_on_matrix_units(void **state) {
  (void)state;
  device_caps *caps = &device.clup->caps, kept = *caps;
  if (caps->max_work_group < 256) skip();
  pretend_gpu(caps);
  check_infinite_weight("conv_transpose x=1x37x5x6 w=37x9x3x3 padding=1 dtype=f16", 0x7c00);
  check_infinite_weight("conv_transpose x=2x16x5x6 w=16x40x4x4 stride=2 padding=1 dtype=bf16", 0x7f80);
  *caps = kept;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_gpu_tiles),
                                     cmocka_unit_test(test_infinite_weights_on_matrix_units),
                                     cmocka_unit_test(test_widths), cmocka_unit_test(test_large)};
  return cmocka_run_group_tests_name("what the device is not", tests, open_device, close_device);
}

/* The other width of registers: solvers choose tiles and kernels by whether a device's registers hold 16 floats or 8, and a
 * device has one of both. Here it is taken to have the other, on each solver that asks, against the reference. Both are
 * right on any device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "context.h"
#include "group.h"
#include "small.h"

static const struct {
  const char *algo, *problem;
} cases[] = {
    /* tiles of 6 pixels: several of them, the last one partly past the end, channels that fill no vector */
    {"gemm_shuffle", "conv_transpose x=2x35x3x11 w=35x37x2x2 stride=2 bias=1 activation=relu"},
    {"gemm_shuffle", "conv_transpose x=1x140x2x9 w=140x16x2x2 stride=2 dtype=f16"},
    {"gemm_shuffle", "conv_transpose x=1x20x2x3x6 w=20x18x1x2x3 stride=1x2x3 groups=2"},
    {"winograd", "conv_transpose x=2x35x9x13 w=35x20x4x4 stride=2 padding=1 bias=1"},
    {"winograd", "conv_transpose x=1x144x10x21 w=144x17x3x3 padding=1 activation=prelu"},
    {"winograd_shuffle", "conv_transpose x=1x17x5x11 w=17x3x16x16 stride=8 padding=4 bias=1"},
    {"winograd_shuffle", "conv_transpose x=1x16x3x9 w=16x6x8x8 stride=4 padding=2 dtype=f16"},
    {"channels", "conv_transpose x=3x9x3x13 w=9x33x3x3 padding=1 bias=1"},
    {"channels", "conv_transpose x=1x20x3x14 w=20x48x2x2 stride=2 activation=relu"},
    {"phase", "conv_transpose x=1x9x3x37 w=9x7x4x4 stride=2 padding=1 bias=1"},
    {"phase", "conv_transpose x=1x5x4x9 w=5x3x16x16 stride=8 padding=4"},
    {"phase", "conv_transpose x=1x3x4x6 w=3x9x5x5 padding=2 dilation=2"},
    /* borders on both sides of a part, parts along y, of channels and of columns; copied and in place */
    {"thin", "conv_transpose x=2x9x5x32 w=9x3x4x4 stride=2 padding=1 bias=1"},
    {"thin", "conv_transpose x=1x11x7x100 w=11x1x9x9 stride=3 padding=3"},
    {"thin", "conv_transpose x=1x10x3x49 w=10x4x5x5 stride=2 padding=2 output_padding=1 activation=prelu"},
    {"thin", "conv_transpose x=1x9x4x70 w=9x2x3x3 padding=1 dtype=f16"},
    {"thin", "conv_transpose x=1x9x6x16 w=9x1x4x4 stride=4x2 padding=0x1"},
    /* halves of a group of columns: at the borders, with one list for all and with one each, three axes */
    {"rows", "interpolate x=1x2x9x41 mode=bilinear scale_factor=2"},
    {"rows", "interpolate x=1x2x9x67 mode=bicubic size=20x131 align_corners=1"},
    {"rows", "interpolate x=1x2x9x67 mode=bilinear size=11x100"},
    {"rows", "interpolate x=1x2x5x9x40 mode=trilinear scale_factor=2 dtype=f16"},
    {"rows", "interpolate x=1x2x9x65 mode=bilinear size=70x513 align_corners=1 dtype=u8"},
    {"rows", "interpolate x=1x2x9x67 mode=bicubic size=7x50"},
};

static void test_other_width(void **state) {
  (void)state;
  device_caps *caps = &device.clup->caps;
  if (!caps->is_cpu) skip(); /* the solvers are for CPUs */
  caps->has_wide_vectors = !caps->has_wide_vectors;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    small_solver_against_reference(&device, cases[i].algo, cases[i].problem, REFERENCE_REALS);
  caps->has_wide_vectors = !caps->has_wide_vectors;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_other_width)};
  return cmocka_run_group_tests_name("the other width of registers", tests, open_device, close_device);
}

/* The transposed convolutions of Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016,
 * arXiv:1603.07285), section 4: for each convolution (input i, kernel k, padding p, stride s) the transposed one from
 * its output o back to i. Values: a kernel of ones over an input of ones counts the taps that reach an output pixel,
 * which is the product of two counts along the axes; and integers against the reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "group.h"
#include "small.h"

typedef struct example {
  const char *name;
  int in, k, s, p, op, out;
  int taps[7]; /* along one axis, of ones over ones */
} example;

static const example examples[] = {
    {"no padding, no strides (fig. 4.1: 4x4 by 3x3)", 2, 3, 1, 0, 0, 4, {1, 2, 2, 1}},
    {"arbitrary padding, no strides (fig. 4.2: 5x5 by 4x4, p = 2)", 6, 4, 1, 2, 0, 5, {3, 4, 4, 4, 3}},
    {"half padding, no strides (fig. 4.3: 5x5 by 3x3, p = 1)", 5, 3, 1, 1, 0, 5, {2, 3, 3, 3, 2}},
    {"full padding, no strides (fig. 4.4: 5x5 by 3x3, p = 2)", 7, 3, 1, 2, 0, 5, {3, 3, 3, 3, 3}},
    {"no padding, strides (fig. 4.5: 5x5 by 3x3, s = 2)", 2, 3, 2, 0, 0, 5, {1, 1, 2, 1, 1}},
    {"padding, strides (fig. 4.6: 5x5 by 3x3, s = 2, p = 1)", 3, 3, 2, 1, 0, 5, {1, 2, 1, 2, 1}},
    {"padding, strides, odd (fig. 4.7: 6x6 by 3x3, s = 2, p = 1)", 3, 3, 2, 1, 1, 6, {1, 2, 1, 2, 1, 1}},
};

static void test_example(void **state) {
  const example *e = *state;
  char text[200];
  float ones[64];
  double want[49];
  for (int i = 0; i < 64; i++) ones[i] = 1;
  for (int i = 0; i < e->out * e->out; i++) want[i] = e->taps[i / e->out] * e->taps[i % e->out];
  snprintf(text, sizeof text, "conv_transpose x=1x1x%dx%d w=1x1x%dx%d stride=%dx%d padding=%dx%d output_padding=%dx%d",
           e->in, e->in, e->k, e->k, e->s, e->s, e->p, e->p, e->op, e->op);
  clup_tensor y;
  clup_problem *problem = trial_problem(text);
  assert_int_equal(clup_problem_tensor(problem, CLUP_ROLE_OUTPUT, &y), CLUP_OK);
  assert_int_equal(y.dims[2], e->out);
  assert_int_equal(y.dims[3], e->out);
  clup_problem_release(problem);
  small_check(&device, text, ones, ones, NULL, NULL, want, 0);
  small_against_reference(&device, text, REFERENCE_INTEGERS);
}

/* Written out by hand: 3x3 input and kernel, stride 2, padding 1, output padding 1. */
static void test_by_hand(void **state) {
  (void)state;
  const float x[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, w[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  const double want[36] = {5,  14,  10, 24,  15, 18, 16, 40, 26, 60, 36, 45, 20, 44,  25, 54,  30, 36,
                           46, 100, 56, 120, 66, 81, 35, 74, 40, 84, 45, 54, 56, 119, 64, 135, 72, 81};
  small_check(&device, "conv_transpose x=1x1x3x3 w=1x1x3x3 stride=2x2 padding=1x1 output_padding=1x1", x, w, NULL, NULL,
              want, 0);
}

/* Sizes around the ends of every solver's tiles: blocks of channels, segments and runs of columns, several images. */
static void test_around_tiles(void **state) {
  (void)state;
  static const char *const texts[] = {
      "conv_transpose x=1x40x3x57 w=40x64x3x3 padding=1 bias=1", /* a run of tiles, the last one partly outside */
      "conv_transpose x=1x9x2x130 w=9x33x3x3 padding=1 activation=prelu slopes=33 bias=1",
      "conv_transpose x=1x7x3x65 w=7x17x4x4 stride=2 padding=1",
      "conv_transpose x=1x70x2x30 w=70x48x2x2 stride=2 activation=relu",
      "conv_transpose x=5x12x3x5 w=12x37x4x4 stride=2 padding=1 output_padding=1", /* images share a tile, one is left
                                                                                    */
      "conv_transpose x=3x130x2x7 w=130x32x2x2 stride=2",
      "conv_transpose x=2x6x3x23 w=6x20x3x5 stride=3x4 padding=0x1 groups=2",
      "conv_transpose x=1x20x2x3x19 w=20x21x2x3x3 stride=2x1x2 padding=1 dilation=1x1x2",
      "conv_transpose x=1x5x40x33 w=5x3x9x9 stride=3 padding=3",
      "conv_transpose x=1x4x9x70 w=4x8x8x8 stride=8",
      /* what thin reads where it lies: a last tile that reaches into the one before, two shares of a row, a column
       * more than inputs, gaps between rows, which are NaN */
      "conv_transpose x=2x9x19x70 w=9x1x9x9 stride=3 padding=3 bias=1 activation=relu",
      "conv_transpose x=1x1x2x4001 w=1x1x4x4 stride=2 padding=1",
      "conv_transpose x=1x10x5x47 w=10x2x4x4 stride=2 groups=2",
      "conv_transpose x=2x3x6x65 w=3x2x4x4 stride=2 padding=1 x_strides=1500x480x77x1 y_strides=4000x1900x140x1",
      "conv_transpose x=1x3x3x50 w=3x2x3x8 stride=2x1 padding=0x3",
      "conv_transpose x=1x33x4x29 w=33x64x3x3 padding=1 y_strides=7888x1x1972x68", /* channels last, a gap between */
      "conv_transpose x=1x18x3x41 w=18x34x3x3 padding=1 dtype=f16",
      /* what gemm_shuffle takes: pixels through rows and images, two chunks of channels, blocks that are not full, rows
       * past the caches, three axes, one tap, channels last, gaps that are NaN */
      "conv_transpose x=3x130x5x9 w=130x33x2x2 stride=2 bias=1 activation=prelu",
      "conv_transpose x=1x16x96x160 w=16x40x2x2 stride=2 activation=leaky-relu",
      "conv_transpose x=2x34x3x2x7 w=34x10x2x3x2 stride=2x3x2 bias=1 groups=2 dtype=f16",
      "conv_transpose x=2x17x4x5 w=17x64x1x1 x_strides=1000x37x8x1 y_strides=1800x25x5x1",
      "conv_transpose x=1x40x3x6 w=40x48x2x4 stride=2x4 x_strides=960x1x300x44 y_strides=8000x1x1250x52 dtype=bf16",
      /* what winograd takes: spots of several lines and images in a tile, a line in two pieces, one to three taps a
       * phase, channels last, two pairs of blocks */
      "conv_transpose x=2x16x9x33 w=16x33x4x4 bias=1 stride=2 padding=1 activation=prelu",
      "conv_transpose x=1x16x3x125 w=16x5x3x3 padding=1 activation=relu",
      "conv_transpose x=3x32x7x4 w=32x20x5x5 stride=2 padding=2 output_padding=1 groups=2",
      "conv_transpose x=1x17x5x9 w=17x3x6x9 stride=2x3 padding=1x4 dtype=bf16",
      "conv_transpose x=1x16x4x9 w=16x100x3x3 bias=1 x_strides=1000x1x200x20 y_strides=7000x1x1100x100",
      "conv_transpose x=1x140x2x3 w=140x16x3x3 stride=2 padding=1",
      "conv_transpose x=1x16x1x2 w=16x2x16x16 stride=8 padding=4 dtype=f16",
      /* and where it makes four outputs of a phase at once: lines in two pieces, one to three taps, ends that no tap
         reaches */
      "conv_transpose x=2x33x9x61 w=33x20x4x4 stride=2 padding=1 bias=1 activation=relu",
      "conv_transpose x=1x32x18x245 w=32x33x3x3 padding=1",
      "conv_transpose x=1x64x17x66 w=64x18x5x3 stride=2x1 padding=2x1 groups=2 dtype=f16",
      "conv_transpose x=1x48x21x70 w=48x32x3x6 stride=1x2 output_padding=0x1 bias=1",
      /* three outputs at once, along both axes and one */
      "conv_transpose x=42x19x3x3 w=19x20x4x4 stride=2 padding=1 bias=1", /* full tiles, too */
      "conv_transpose x=6x35x4x3 w=35x17x4x4 stride=2 padding=1 activation=relu dtype=f16",
      "conv_transpose x=1x40x2x11 w=40x33x2x2 bias=1",
      /* what winograd_shuffle takes: rows of 4, 8 and 16 phases, phases cut off at both ends, a phase without its
       * second tap, shares of a line, gaps that are NaN, rows past the caches */
      "conv_transpose x=2x17x5x8 w=17x3x16x16 stride=8 padding=4 bias=1 activation=relu",
      "conv_transpose x=1x16x1x7 w=16x5x16x16 stride=8 dtype=f16",
      "conv_transpose x=1x40x4x18 w=40x5x3x7 stride=2x4 padding=1x2 groups=2 activation=prelu bias=1",
      "conv_transpose x=1x16x3x10 w=16x3x20x31 stride=11x16 padding=13x5 dtype=bf16",
      "conv_transpose x=2x16x3x9 w=16x6x8x8 bias=1 stride=4 x_strides=1000x1x200x20 y_strides=6000x1x360x9",
      "conv_transpose x=1x16x2x150 w=16x2x8x8 stride=4 padding=2 y_strides=20000x10000x900x1",
      "conv_transpose x=1x16x64x64 w=16x9x16x16 stride=8 padding=4",
      /* what winograd_thin takes: whole images, with the zeros between rows shared and not, shares of a row, last bands
       * and tiles past the end, two and three taps, phases in two sets, taps that reach far along x, channels last,
       * gaps that are NaN */
      "conv_transpose x=17x16x7x32 w=16x3x4x4 stride=2 padding=1 bias=1 activation=prelu",
      "conv_transpose x=16x35x5x30 w=35x3x6x4 stride=2 padding=1x0 output_padding=1 dtype=f16",
      "conv_transpose x=16x19x4x9 w=19x1x4x20 stride=2x4 bias=1",
      "conv_transpose x=1x33x9x370 w=33x1x9x9 stride=3 padding=3 bias=1 activation=leaky-relu",
      "conv_transpose x=3x32x6x41 w=32x3x3x3 padding=1 activation=relu",
      "conv_transpose x=2x34x7x21 w=34x3x8x8 stride=4 padding=2 groups=2 dtype=bf16",
      "conv_transpose x=1x16x3x150 w=16x3x8x8 stride=4 padding=2 bias=1",
      "conv_transpose x=1x16x3x6000 w=16x3x4x4 stride=2 padding=1 padding_end=1x11930",
      "conv_transpose x=1x16x90x40 w=16x2x4x4 stride=2 padding=150x30 padding_end=1x3 bias=1",
      "conv_transpose x=1x16x5x70 w=16x3x4x12 stride=2x1 padding=3x9",
      "conv_transpose x=2x16x5x9 w=16x2x4x4 stride=2 x_strides=1000x1x180x20 y_strides=600x1x45x2",
      "conv_transpose x=16x16x5x9 w=16x2x4x4 stride=2 padding=1 x_strides=1000x61x12x1 y_strides=600x290x24x1",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) small_against_reference(&device, texts[i], REFERENCE_REALS);
}

int main(void) {
  enum { COUNT = sizeof examples / sizeof examples[0] };
  struct CMUnitTest tests[COUNT + 2];
  for (size_t i = 0; i < COUNT; i++)
    tests[i] = (struct CMUnitTest){examples[i].name, test_example, NULL, NULL, (void *)(uintptr_t)&examples[i]};
  tests[COUNT] = (struct CMUnitTest)cmocka_unit_test(test_by_hand);
  tests[COUNT + 1] = (struct CMUnitTest)cmocka_unit_test(test_around_tiles);
  return cmocka_run_group_tests_name("convolution arithmetic", tests, open_device, close_device);
}

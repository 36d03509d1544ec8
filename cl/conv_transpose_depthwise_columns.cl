/* Transposed convolution of groups of one input channel, for GPUs: a work-item goes down a column of the output, from one row
 * of a phase to the next, with the phase's taps and the inputs under them in registers. Neighbours write side by side.
 *
 * Outputs are counted from padded places, output + padding = STRIDE * q + phase; a q takes the inputs q, q - 1, ...
 * q - taps + 1. Sums in the order ky, kx.
 *
 * -DSTRIDE_Y, -DSTRIDE_X, -DKERNEL_Y, -DKERNEL_X; -DDTYPE: of x and y, 1 to 4; -DACTIVATION: see activation.clh.
 * Global size: (>= out_w, STRIDE_Y * ceil(rows / rows_each), N * C_out); rows: q of y, from first_y on.
 * co: output channels of a group. Other arguments as in conv_transpose_gather; w and b are packed in blocks of one channel. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DACTIVATION=0 -DSTRIDE_Y=8 -DSTRIDE_X=8 -DKERNEL_Y=16 -DKERNEL_X=16
// check: -DCLUP_INDEX64=1 -DDTYPE=3 -DACTIVATION=6 -DSTRIDE_Y=1 -DSTRIDE_X=2 -DKERNEL_Y=3 -DKERNEL_X=3
// check: -DCLUP_INDEX64=0 -DDTYPE=2 -DACTIVATION=4 -DSTRIDE_Y=2 -DSTRIDE_X=1 -DKERNEL_Y=1 -DKERNEL_X=2
#include "common.clh"
#include "dtype.clh"
#include "axis.clh"
#if !defined(STRIDE_Y) || !defined(STRIDE_X) || !defined(KERNEL_Y) || !defined(KERNEL_X)
#error "STRIDE_Y, STRIDE_X, KERNEL_Y and KERNEL_X must be set"
#endif
typedef work_t act_t;
#include "activation.clh"

#define TAPS_Y ((KERNEL_Y + STRIDE_Y - 1) / STRIDE_Y)
#define TAPS_X ((KERNEL_X + STRIDE_X - 1) / STRIDE_X)

CLUP_KERNEL void clup_conv_transpose_depthwise_columns(
    __global const stored_t *x, long x_offset, __global stored_t *y, long y_offset, __global const work_t *w,
    long w_offset, __global const work_t *b, long b_offset, index_t xs_n, index_t xs_c, index_t xs_y, index_t xs_x,
    index_t ys_n, index_t ys_c, index_t ys_y, index_t ys_x, int channels_out, int co, int in_h, int in_w, int out_h,
    int out_w, int pad_y, int pad_x, int first_y, int rows, int rows_each, work_t alpha, work_t beta) {
  if (warming_up(x_offset)) return;
  const int ox = (int)get_global_id(0), phase_y = (int)get_global_id(1) % STRIDE_Y;
  const int begin = (int)get_global_id(1) / STRIDE_Y * rows_each, end = min(begin + rows_each, rows);
  const int n = (int)get_global_id(2) / channels_out, c = (int)get_global_id(2) % channels_out;
  if (ox >= out_w) return;
  const int qx = floor_div(ox + pad_x, STRIDE_X), phase_x = ox + pad_x - qx * STRIDE_X;
  x += x_offset + n * xs_n + c / co * xs_c;
  y += y_offset + n * ys_n + c * ys_c + ox * ys_x;
  w += w_offset + (long)c * (KERNEL_Y * KERNEL_X);
  const work_t bias = b[b_offset + c], slope = ACTIVATION == 6 ? b[b_offset + channels_out + c] : 0;

  /* takes_*: there is such a tap, and an input under it. Others are not summed: an infinite factor times 0 is NaN. */
  bool takes_x[TAPS_X];
  index_t columns[TAPS_X]; /* of those that there are: others might not fit */
  real_t taps[TAPS_Y][TAPS_X], in[TAPS_Y][TAPS_X];
#pragma unroll
  for (int j = 0; j < TAPS_X; j++) {
    takes_x[j] = qx - j >= 0 && qx - j < in_w && phase_x + j * STRIDE_X < KERNEL_X;
    columns[j] = takes_x[j] ? (qx - j) * xs_x : 0;
  }
#pragma unroll
  for (int i = 0; i < TAPS_Y; i++)
#pragma unroll
    for (int j = 0; j < TAPS_X; j++) {
      const int ky = phase_y + i * STRIDE_Y;
      taps[i][j] = ky < KERNEL_Y && takes_x[j] ? (real_t)w[ky * KERNEL_X + phase_x + j * STRIDE_X] : (real_t)0;
    }

  for (int row = begin - (TAPS_Y - 1); row < end; row++) {
    const int qy = first_y + row;
#pragma unroll
    for (int i = TAPS_Y - 1; i > 0; i--)
#pragma unroll
      for (int j = 0; j < TAPS_X; j++) in[i][j] = in[i - 1][j];
    const bool inside = qy >= 0 && qy < in_h;
#pragma unroll
    for (int j = 0; j < TAPS_X; j++) in[0][j] = inside && takes_x[j] ? load_real(x + (qy * xs_y + columns[j])) : (real_t)0;
    const int oy = qy * STRIDE_Y + phase_y - pad_y;
    if (row < begin || oy < 0 || oy >= out_h) continue;
    real_t sum = (real_t)bias;
#pragma unroll
    for (int i = 0; i < TAPS_Y; i++) {
      const bool takes_y = qy - i >= 0 && qy - i < in_h && phase_y + i * STRIDE_Y < KERNEL_Y;
#pragma unroll
      for (int j = 0; j < TAPS_X; j++) {
        const real_t added = in[i][j] * taps[i][j] + sum; /* fused where the device can, as in conv_transpose_tiles */
        sum = takes_y && takes_x[j] ? added : sum;
      }
    }
    store_real((real_t)activate((work_t)sum, alpha, beta, slope), y + oy * ys_y);
  }
}

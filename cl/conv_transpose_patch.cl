/* Transposed convolution of few channels, for GPUs: a work-item takes a patch of the input into registers and makes of it
 * all outputs of a block, so that each input is read for many of them and no lane waits for another's phase.
 *
 * Outputs are counted from padded places, output + padding = STRIDE * q + phase: all phases of a q take the inputs
 * q, q - 1, ... q - taps + 1. A work-item makes ROWS q of an axis y, PHASES_Y phases of each, and CHANNELS channels of one q
 * of the axis x, in all its phases; the q of x run on over rows and images, so that narrow images fill work-groups.
 * Weights pass through local memory, DEPTH input channels at a time. Sums in the order kz, channel, ky, kx.
 *
 * -DSTRIDE_Y, -DSTRIDE_X, -DKERNEL_Y, -DKERNEL_X, -DCHANNELS, -DROWS, -DDEPTH; -DPHASES_Y: STRIDE_Y, or, where STRIDE_Y
 * divides KERNEL_Y, a divisor of it; -DDTYPE: of x and y, 1 to 4; -DACTIVATION: see activation.clh.
 * Global size: (>= positions, groups * blocks * STRIDE_Y / PHASES_Y, out_d), local (any, 1, 1).
 * positions = batch * rows * columns; columns: q of x from first_x on; rows: ROWS each, q of y from first_y on.
 * step_z: stride_z / gcd(stride_z, dilation_z). Other arguments as in conv_transpose_gather; w and b are packed in blocks of
 * CHANNELS channels, input channels outside of the taps. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DACTIVATION=0 -DSTRIDE_Y=2 -DSTRIDE_X=2 -DKERNEL_Y=4 -DKERNEL_X=4 -DPHASES_Y=2 -DCHANNELS=3 -DROWS=2 -DDEPTH=8
// check: -DCLUP_INDEX64=1 -DDTYPE=3 -DACTIVATION=6 -DSTRIDE_Y=3 -DSTRIDE_X=3 -DKERNEL_Y=9 -DKERNEL_X=9 -DPHASES_Y=3 -DCHANNELS=1 -DROWS=2 -DDEPTH=8
// check: -DCLUP_INDEX64=0 -DDTYPE=2 -DACTIVATION=4 -DSTRIDE_Y=8 -DSTRIDE_X=8 -DKERNEL_Y=16 -DKERNEL_X=16 -DPHASES_Y=2 -DCHANNELS=1 -DROWS=1 -DDEPTH=2
#include "common.clh"
#include "dtype.clh"
#include "axis.clh"
#if !defined(CHANNELS) || !defined(ROWS) || !defined(DEPTH) || !defined(PHASES_Y)
#error "CHANNELS, ROWS, DEPTH and PHASES_Y must be set"
#endif
typedef work_t act_t;
#include "activation.clh"

#define TAPS_Y ((KERNEL_Y + STRIDE_Y - 1) / STRIDE_Y)
#define TAPS_X ((KERNEL_X + STRIDE_X - 1) / STRIDE_X)
#define PATCH_Y (TAPS_Y + ROWS - 1)
#define LINES (PHASES_Y == STRIDE_Y ? KERNEL_Y : TAPS_Y * PHASES_Y) /* of weights: ky of the phases at hand */
#define LINE (KERNEL_X * CHANNELS)
#define ROOM ((LINE + 3) / 4 * 4) /* for one, in local memory: lines begin where vectors can */

CLUP_KERNEL void clup_conv_transpose_patch(
    __global const stored_t *x, long x_offset, __global stored_t *y, long y_offset, __global const work_t *w,
    long w_offset, __global const work_t *b, long b_offset, index_t xs_n, index_t xs_c, index_t xs_z, index_t xs_y,
    index_t xs_x, index_t ys_n, index_t ys_c, index_t ys_z, index_t ys_y, index_t ys_x, int channels_out, int ci, int co,
    int in_d, int in_h, int in_w, int pad_z, int pad_y, int pad_x, int out_h, int out_w, int kd, int stride_z,
    int dilation_z, int step_z, int batch, int rows, int columns, int first_y, int first_x, work_t alpha, work_t beta) {
  __local real_t taps[DEPTH * LINES * ROOM] __attribute__((aligned(16)));
  if (warming_up(x_offset)) return;
  const int item = (int)get_local_id(0), positions = batch * rows * columns, oz = (int)get_global_id(2);
  const bool exists = (int)get_global_id(0) < positions;
  const int at = exists ? (int)get_global_id(0) : positions - 1;
  const int row = at / columns, qx = first_x + at - row * columns, n = row / rows;
  const int qy = first_y + (row - n * rows) * ROWS;
  const int part = (int)get_group_id(1) % (STRIDE_Y / PHASES_Y), of_group = (int)get_group_id(1) / (STRIDE_Y / PHASES_Y);
  const int blocks = (co + CHANNELS - 1) / CHANNELS, group = of_group / blocks, block = of_group % blocks;
  x += x_offset + n * xs_n + group * ci * xs_c;
  w += w_offset + (long)of_group * ci * kd * KERNEL_Y * LINE;
  b += b_offset + of_group * CHANNELS;

  /* Row r of the patch is input row qy + ROWS - 1 - r, column j is qx - j; their places where they are inside, since others
   * might not fit index_t. */
  bool inside_y[PATCH_Y], inside_x[TAPS_X];
  index_t row_at[PATCH_Y], column_at[TAPS_X];
#pragma unroll
  for (int r = 0; r < PATCH_Y; r++) {
    inside_y[r] = qy + ROWS - 1 - r >= 0 && qy + ROWS - 1 - r < in_h;
    row_at[r] = inside_y[r] ? (qy + ROWS - 1 - r) * xs_y : 0;
  }
#pragma unroll
  for (int j = 0; j < TAPS_X; j++) {
    inside_x[j] = qx - j >= 0 && qx - j < in_w;
    column_at[j] = inside_x[j] ? (qx - j) * xs_x : 0;
  }

  real_t sum[ROWS][PHASES_Y][STRIDE_X][CHANNELS];
#pragma unroll
  for (int i = 0; i < ROWS * PHASES_Y * STRIDE_X; i++)
#pragma unroll
    for (int c = 0; c < CHANNELS; c++)
      sum[i / (PHASES_Y * STRIDE_X)][i / STRIDE_X % PHASES_Y][i % STRIDE_X][c] = (real_t)b[c];

  /* One loop around the barriers, the same for all work-items of a group. */
  const int tz = oz + pad_z, first_z = first_tap(tz, kd, dilation_z, stride_z), chunks = (ci + DEPTH - 1) / DEPTH;
  const int steps = (kd - first_z + step_z - 1) / step_z * chunks;
  for (int step = 0; step < steps; step++) {
    const int kz = first_z + step / chunks * step_z, begin = step % chunks * DEPTH, count = min(DEPTH, ci - begin);
    const int iz = (tz - kz * dilation_z) / stride_z;
    const bool inside_z = tz >= kz * dilation_z && iz < in_d;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = item; i < count * LINES * LINE; i += (int)get_local_size(0)) {
      const int c = i / (LINES * LINE), line = i / LINE % LINES;
      const int ky = line / PHASES_Y * STRIDE_Y + part * PHASES_Y + line % PHASES_Y;
      taps[i / LINE * ROOM + i % LINE] = (real_t)w[(((long)(begin + c) * kd + kz) * KERNEL_Y + ky) * LINE + i % LINE];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    __global const stored_t *in = x + (begin * xs_c + (inside_z ? iz : 0) * xs_z);
    for (int c = 0; c < (inside_z ? count : 0); c++, in += xs_c) {
      __local const real_t *tap = taps + c * (LINES * ROOM);
      real_t patch[PATCH_Y][TAPS_X];
#pragma unroll
      for (int r = 0; r < PATCH_Y; r++)
#pragma unroll
        for (int j = 0; j < TAPS_X; j++)
          patch[r][j] = inside_y[r] && inside_x[j] ? load_real(in + (row_at[r] + column_at[j])) : (real_t)0;
      /* A line's weights serve all rows; a tap is left out where its input is outside, not multiplied by 0, since an
       * infinite weight times that is NaN. */
#pragma unroll
      for (int line = 0; line < LINES; line++) {
        const int jy = line / PHASES_Y, phase = line % PHASES_Y;
        real_t taken[LINE];
#pragma unroll
        for (int i = 0; i < LINE; i++) taken[i] = tap[line * ROOM + i];
#pragma unroll
        for (int q = 0; q < ROWS; q++) {
#pragma unroll
          for (int j = 0; j < TAPS_X; j++) {
            const int r = ROWS - 1 - q + jy; /* of the patch */
            if (!inside_y[r] || !inside_x[j]) continue;
#pragma unroll
            for (int column = 0; column < STRIDE_X; column++) {
              if (j * STRIDE_X + column >= KERNEL_X) continue;
#pragma unroll
              for (int o = 0; o < CHANNELS; o++) { /* fused where the device can: PoCL 3.1 makes NaN of fma() here */
                const real_t factor = taken[(j * STRIDE_X + column) * CHANNELS + o];
                sum[q][phase][column][o] = patch[r][j] * factor + sum[q][phase][column][o];
              }
            }
          }
        }
      }
    }
  }

  y += y_offset + n * ys_n + group * co * ys_c + oz * ys_z;
#pragma unroll
  for (int i = 0; i < ROWS * PHASES_Y * STRIDE_X; i++) {
    const int q = i / (PHASES_Y * STRIDE_X), phase = i / STRIDE_X % PHASES_Y, column = i % STRIDE_X;
    const int oy = (qy + q) * STRIDE_Y + part * PHASES_Y + phase - pad_y, ox = qx * STRIDE_X + column - pad_x;
    const bool within = exists && oy >= 0 && oy < out_h && ox >= 0 && ox < out_w;
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) { /* one condition at the store, as in conv_transpose_tiles */
      const int o = block * CHANNELS + c; /* within the group */
      const work_t slope = ACTIVATION == 6 ? b[channels_out / co * blocks * CHANNELS + c] : 0;
      const real_t made = (real_t)activate((work_t)sum[q][phase][column][c], alpha, beta, slope);
      if (within && o < co) store_real(made, y + (o * ys_c + oy * ys_y + ox * ys_x));
    }
  }
}

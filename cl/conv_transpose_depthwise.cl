/* Transposed convolution of groups of one input channel, for CPUs: vectors over the columns of the output. With
 * q = x + pad, output x takes tap q % STRIDE_X + t*STRIDE_X from input q / STRIDE_X - t, for t < TAPS = KERNEL_X /
 * STRIDE_X. So an input row, each element repeated STRIDE_X times ("spread"), times a row of taps that repeats with
 * period STRIDE_X, are vectors without gaps. A work-item makes a block of rows of one output channel, as wide as a
 * chunk; each input row is spread once.
 *
 * -DSTRIDE_Y -DSTRIDE_X -DKERNEL_Y -DKERNEL_X: no dilation, KERNEL_X a multiple of STRIDE_X; -DPHASE_X: pad modulo STRIDE_X
 * -DCHUNK: outputs, a multiple of 16 and of STRIDE_X; -DSTREAM=0|1: y is written past the caches
 * -DDTYPE: of x and y; -DACTIVATION: see activation.clh
 * Global size: (ceil(out_w / CHUNK), ceil(out_h / rows_each), N * groups * co), local (1, 1, 1).
 * x, y: strides xs_*, ys_*, y has unit stride along x. w: packed [group][co][ky][kx], b: [groups * co], with prelu
 * followed by the slopes; special: [groups * co], not 0 where a weight is infinite or NaN. pad_y, pad_x: of the input. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DSTRIDE_Y=8 -DSTRIDE_X=8 -DKERNEL_Y=16 -DKERNEL_X=16 -DPHASE_X=0 -DCHUNK=512 -DSTREAM=1 -DACTIVATION=0
// check: -DCLUP_INDEX64=1 -DDTYPE=3 -DSTRIDE_Y=2 -DSTRIDE_X=3 -DKERNEL_Y=3 -DKERNEL_X=3 -DPHASE_X=1 -DCHUNK=480 -DSTREAM=0 -DACTIVATION=6
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DSTRIDE_Y=1 -DSTRIDE_X=1 -DKERNEL_Y=3 -DKERNEL_X=5 -DPHASE_X=0 -DCHUNK=512 -DSTREAM=0 -DACTIVATION=1
#include "common.clh"
#include "dtype.clh"
#if !defined(STRIDE_Y) || !defined(STRIDE_X) || !defined(KERNEL_Y) || !defined(KERNEL_X) || !defined(PHASE_X) || \
    !defined(CHUNK) || !defined(STREAM)
#error "STRIDE_Y, STRIDE_X, KERNEL_Y, KERNEL_X, PHASE_X, CHUNK and STREAM must be set"
#endif
typedef float16 act_t;
#include "activation.clh"
#define BLOCK 1
#include "conv_transpose_exact.clh"
#include "cpu_vector.clh"
#include "store_rows.clh"

#define TAPS (KERNEL_X / STRIDE_X)
#define TAPS_Y ((KERNEL_Y + STRIDE_Y - 1) / STRIDE_Y)
#define PERIOD (STRIDE_X + 16) /* a row of taps, and beyond it what a vector that begins within reads */
#define BEFORE ((TAPS - 1) * STRIDE_X + PHASE_X) /* outputs of a spread row before the chunk's first */
#define SPREAD (BEFORE + CHUNK + STRIDE_X + 16)

/* Inputs first, first + 1 ... of a row, STRIDE_X times each; 0 outside the row. */
static inline void spread_row(__global const stored_t *row, index_t xs_x, int first, int in_w, float *to) {
  for (int i = 0; i * STRIDE_X < BEFORE + CHUNK; i++) {
    const int ix = first + i;
    const float16 value = (float16)(ix >= 0 && ix < in_w ? load_real(row + ix * xs_x) : 0.0f);
    for (int j = 0; j < STRIDE_X; j += 16)
      *(loose_real16_t *)(to + i * STRIDE_X + j) = value; /* the next overwrites the excess */
  }
}

typedef float16 row_taps_t[TAPS_Y][TAPS];

/* The taps of outputs i ... i + 15. */
static inline void take_taps(const float (*const taps[TAPS_Y])[PERIOD], int i, row_taps_t to) {
  const int at = (i + PHASE_X) % STRIDE_X;
#pragma unroll
  for (int t = 0; t < TAPS_Y; t++)
#pragma unroll
    for (int tap = 0; tap < TAPS; tap++) to[t][tap] = *(const loose_real16_t *)(taps[t][tap] + at);
}

/* Outputs i ... i + 15 of the chunk, from TAPS_Y spread rows and their taps. */
static inline float16 outputs(const float *const rows[TAPS_Y], row_taps_t taps, int i, float bias) {
  float16 sum = (float16)(bias);
#pragma unroll
  for (int t = 0; t < TAPS_Y; t++)
#pragma unroll
    for (int tap = 0; tap < TAPS; tap++)
      sum = fma(*(const loose_real16_t *)(rows[t] + BEFORE - tap * STRIDE_X + i), taps[t][tap], sum);
  return sum;
}

CLUP_KERNEL void clup_conv_transpose_depthwise(__global const stored_t *x, long x_offset, __global stored_t *y,
                                               long y_offset, __global const float *w, long w_offset,
                                               __global const float *b, long b_offset, __global const int *special,
                                               long special_offset, index_t xs_n, index_t xs_c, index_t xs_y,
                                               index_t xs_x, index_t ys_n, index_t ys_c, index_t ys_y, index_t ys_x,
                                               int co, int channels, int in_h, int in_w, int out_h, int out_w,
                                               int pad_y, int pad_x, int rows_each, float alpha, float beta) {
  if (warming_up(x_offset)) return;
  (void)ys_x; /* 1 */
  const int begin = (int)get_global_id(0) * CHUNK, count = min(CHUNK, out_w - begin);
  const int first_row = (int)get_global_id(1) * rows_each, last_row = min(first_row + rows_each, out_h);
  const int channel = (int)get_global_id(2) % channels, n = (int)get_global_id(2) / channels;
  x += x_offset + n * xs_n + channel / co * xs_c;
  y += y_offset + n * ys_n + channel * ys_c + begin;
  w += w_offset + (long)channel * (KERNEL_Y * KERNEL_X);
  const float bias = b[b_offset + channel];
  const act_t slope = (act_t)(ACTIVATION == 6 ? b[b_offset + channels + channel] : 0.0f);
  const bool is_special = special[special_offset + channel] != 0;

  float taps[KERNEL_Y][TAPS][PERIOD], spread[TAPS_Y + 1][SPREAD]; /* the last row: zeros */
  int held[TAPS_Y];                                               /* the input row in each of `spread` */
  for (int t = 0; t < TAPS_Y; t++) held[t] = -1;
  for (int i = 0; i < SPREAD; i++) spread[TAPS_Y][i] = 0.0f;
  for (int k = 0; k < KERNEL_Y * TAPS; k++)
    for (int i = 0; i < PERIOD; i++)
      taps[k / TAPS][k % TAPS][i] = w[k / TAPS * KERNEL_X + k % TAPS * STRIDE_X + i % STRIDE_X];

  for (int row = first_row; row < last_row; row++) {
    const int ty = row + pad_y, from = ty < 0 ? -1 : ty / STRIDE_Y;
    __global stored_t *to = y + row * ys_y;
    if (STREAM && row + 2 < last_row) fetch_ends(to + 2 * ys_y, count * sizeof(stored_t));
    if (is_special) {
      for (int i = 0; i < count; i++) {
        const float sum = exact_output(x, 0, xs_y, xs_x, w, 1, 0, ty, begin + i + pad_x, in_h, in_w, bias);
        store_real(activate((act_t)(sum), alpha, beta, slope).s0, to + i);
      }
      continue;
    }
    const float *rows[TAPS_Y], (*row_taps[TAPS_Y])[PERIOD];
    for (int t = 0; t < TAPS_Y; t++) {
      const int iy = from - t, ky = ty - iy * STRIDE_Y, slot = iy < 0 ? 0 : iy % TAPS_Y;
      const bool inside = iy >= 0 && iy < in_h && ky < KERNEL_Y;
      rows[t] = spread[inside ? slot : TAPS_Y];
      row_taps[t] = taps[inside ? ky : 0];
      if (!inside || held[slot] == iy) continue;
      held[slot] = iy;
      spread_row(x + iy * xs_y, xs_x, (begin + pad_x - PHASE_X) / STRIDE_X - (TAPS - 1), in_w, spread[slot]);
    }
    /* What is written past the caches goes in whole lines. */
    int i = STREAM ? min((int)((0 - (ulong)to) % 64 / sizeof(stored_t)), count) : 0;
    row_taps_t taken;
    if (i > 0) {
      take_taps(row_taps, 0, taken);
      out_some(activate(outputs(rows, taken, 0, bias), alpha, beta, slope), i, to);
    }
    take_taps(row_taps, i, taken); /* for all vectors, where the period is one of theirs */
    for (; i + 16 <= count; i += 16) {
      if (16 % STRIDE_X) take_taps(row_taps, i, taken);
      out16(activate(outputs(rows, taken, i, bias), alpha, beta, slope), to + i);
    }
    if (16 % STRIDE_X) take_taps(row_taps, i, taken);
    if (i < count) out_some(activate(outputs(rows, taken, i, bias), alpha, beta, slope), count - i, to + i);
  }
}

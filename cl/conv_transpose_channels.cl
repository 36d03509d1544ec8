/* Transposed convolution for CPUs, where rows are too short to fill vectors: a vector holds 16 output channels. A tile is
 * COLUMNS*STRIDE consecutive outputs of one row of IMAGES images, in registers: a weight is loaded once for all of them, an
 * input is broadcast. A work-item makes up to SETS tiles of one (z, y) phase (the same taps kz, ky), a CHUNK of input channels at a
 * time, so that the chunk's weights stay in the nearest cache. Phases and columns as in conv_transpose_phase.
 *
 * -DSTRIDE -DKERNEL -DDILATION: along x; -DPHASE: pad % STRIDE; -DCOLUMNS, -DIMAGES, -DSETS, -DCHUNK: >= 1.
 * Global size: (segments of COLUMNS columns, phases of z * phases of y, groups * blocks * ceil(tiles / SETS)), local (1, 1, 1).
 * tiles = ceil(batch / IMAGES) * rows, rows = ceil(out_d / stride_z) * ceil(out_h / stride_y); an axis has as many phases
 * as its stride, or as outputs when these are fewer.
 * Arguments, -DDTYPE and -DACTIVATION as in conv_transpose_phase; w and b are packed in blocks of 16 channels. Where the
 * output's channels lie side by side (ys_c == 1), vectors of them are stored whole. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DSTRIDE=2 -DKERNEL=4 -DDILATION=1 -DPHASE=1 -DCOLUMNS=4 -DIMAGES=2 -DSETS=8 -DCHUNK=64 -DACTIVATION=0
// check: -DCLUP_INDEX64=1 -DDTYPE=1 -DSTRIDE=1 -DKERNEL=3 -DDILATION=2 -DPHASE=0 -DCOLUMNS=7 -DIMAGES=1 -DSETS=1 -DCHUNK=16 -DACTIVATION=6
// check: -DCLUP_INDEX64=0 -DDTYPE=3 -DSTRIDE=2 -DKERNEL=2 -DDILATION=1 -DPHASE=0 -DCOLUMNS=4 -DIMAGES=1 -DSETS=1 -DCHUNK=64 -DACTIVATION=4
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DSTRIDE=2 -DKERNEL=2 -DDILATION=1 -DPHASE=0 -DCOLUMNS=4 -DIMAGES=1 -DSETS=1 -DCHUNK=64 -DACTIVATION=2
#include "common.clh"
#include "dtype.clh"
#if !defined(STRIDE) || !defined(KERNEL) || !defined(DILATION) || !defined(PHASE) || !defined(COLUMNS) || \
    !defined(IMAGES) || !defined(SETS) || !defined(CHUNK)
#error "STRIDE, KERNEL, DILATION, PHASE, COLUMNS, IMAGES, SETS and CHUNK must be set"
#endif
#define LANES 16
typedef float16 act_t;
#include "activation.clh"

#define TILE (IMAGES * COLUMNS * STRIDE)

/* A chunk of channels of one row, for one tile, where weights are infinite or NaN: outputs whose input column is padding
 * are left alone, since 0 * infinity would not be. at is the input column of output column 0 at tap offset 0. Rare, so not
 * unrolled. */
static void accumulate_special(float16 tile[TILE], __global const float *row, const index_t image[IMAGES], index_t xs_c,
                               __global const float *taps, int channels, int at, int in_w) {
  for (int i = 0; i < channels * KERNEL * STRIDE; i++) {
    int r = i % STRIDE, kx = i / STRIDE % KERNEL, c = i / STRIDE / KERNEL, offset = r + PHASE - kx * DILATION;
    if (offset % STRIDE != 0) continue;
    for (int t = 0; t < IMAGES * COLUMNS; t++) {
      int column = t % COLUMNS + offset / STRIDE;
      if (at + column < 0 || at + column >= in_w) continue;
      float in = row[c * xs_c + image[t / COLUMNS] + column];
      tile[t * STRIDE + r] = fma((float16)(in), vload16(c * KERNEL + kx, taps), tile[t * STRIDE + r]);
    }
  }
}

CLUP_KERNEL void clup_conv_transpose_channels(
    __global const float *x, long x_offset, __global stored_t *y, long y_offset, __global const float *w, long w_offset,
    __global const float *b, long b_offset, __global const int *special, long special_offset, index_t xs_n, index_t xs_c,
    index_t xs_z, index_t xs_y, index_t xs_s, index_t ys_n, index_t ys_c, index_t ys_z, index_t ys_y, index_t ys_x, int shift, int origin, int batch,
    int ci, int co, int groups, int blocks, int in_d, int in_h, int in_w, int out_d, int out_h, int out_w, int kd, int kh,
    int stride_z, int stride_y, int pad_z, int pad_y, int dilation_z, int dilation_y,
    float alpha, float beta) {
  if (warming_up(x_offset)) return;
  int column = (int)get_global_id(0) * COLUMNS, phases_y = min(stride_y, out_h);
  int phase_y = (int)get_global_id(1) % phases_y, phase_z = (int)get_global_id(1) / phases_y;
  int block = (int)get_global_id(2) % blocks, rest = (int)get_global_id(2) / blocks;
  int group = rest % groups, first = rest / groups * SETS;
  int rows_y = (out_h + stride_y - 1) / stride_y, rows = (out_d + stride_z - 1) / stride_z * rows_y;
  int sets = min(SETS, (batch + IMAGES - 1) / IMAGES * rows - first);
  x += x_offset + group * ci * xs_c + (int)get_global_id(0) * xs_s + shift;
  w += w_offset + (long)(group * blocks + block) * kd * kh * ci * (KERNEL * LANES);
  b += b_offset + (group * blocks + block) * LANES;
  __global const float *slopes = b + groups * blocks * LANES; /* with prelu */
  bool has_special = special[special_offset + group * blocks + block] != 0;

  float16 tiles[SETS][TILE];
  for (int s = 0; s < sets; s++) {
    for (int t = 0; t < TILE; t++) tiles[s][t] = vload16(0, b);
  }
  for (int k = 0; k < kd * kh; k++) {
    int tz = phase_z + pad_z - k / kh * dilation_z, ty = phase_y + pad_y - k % kh * dilation_y;
    int from_z = tz / stride_z, from_y = ty / stride_y; /* row j of the phase reads input row j + from */
    if (tz != from_z * stride_z || ty != from_y * stride_y) continue;
    __global const float *plane = w + (long)k * ci * (KERNEL * LANES);
    for (int begin = 0; begin < ci; begin += CHUNK) {
      int end = min(begin + CHUNK, ci);
      for (int s = 0; s < sets; s++) {
        int j = (first + s) % rows, n = (first + s) / rows * IMAGES;
        int iz = j / rows_y + from_z, iy = j % rows_y + from_y;
        if (iz < 0 || iz >= in_d || iy < 0 || iy >= in_h) continue;
        __global const float *row = x + iz * xs_z + iy * xs_y + begin * xs_c;
        __global const float *taps = plane + (long)begin * (KERNEL * LANES);
        index_t image[IMAGES]; /* past the last one: the last one again, not stored */
#pragma unroll
        for (int i = 0; i < IMAGES; i++) image[i] = min(n + i, batch - 1) * xs_n;
        if (has_special) {
          accumulate_special(tiles[s], row, image, xs_c, taps, end - begin, column + origin, in_w);
          continue;
        }
        float16 sum[TILE];
#pragma unroll
        for (int t = 0; t < TILE; t++) sum[t] = tiles[s][t];
        for (int c = begin; c < end; c++) {
#pragma unroll
          for (int kx = 0; kx < KERNEL; kx++) {
            float16 tap = vload16(kx, taps);
#pragma unroll
            for (int r = 0; r < STRIDE; r++) {
              if ((r + PHASE - kx * DILATION) % STRIDE == 0) {
#pragma unroll
                for (int t = 0; t < IMAGES * COLUMNS; t++) {
                  float in = row[image[t / COLUMNS] + t % COLUMNS + (r + PHASE - kx * DILATION) / STRIDE];
                  sum[t * STRIDE + r] = fma((float16)(in), tap, sum[t * STRIDE + r]);
                }
              }
            }
          }
          row += xs_c;
          taps += KERNEL * LANES;
        }
#pragma unroll
        for (int t = 0; t < TILE; t++) tiles[s][t] = sum[t];
      }
    }
  }

  int channels = min(LANES, co - block * LANES);
  int valid = min(out_w - column * STRIDE, COLUMNS * STRIDE);
  float16 slope = ACTIVATION == 6 ? vload16(0, slopes) : (float16)(0.0f);
  y += y_offset + (index_t)(group * co + block * LANES) * ys_c + column * STRIDE * ys_x;
  for (int s = 0; s < sets; s++) {
    int j = (first + s) % rows, n = (first + s) / rows * IMAGES;
    int oz = j / rows_y * stride_z + phase_z, oy = j % rows_y * stride_y + phase_y;
    if (oz >= out_d || oy >= out_h) continue;
    for (int i = 0; i < IMAGES && n + i < batch; i++) {
      float16 *results = tiles[s] + i * COLUMNS * STRIDE;
      __global stored_t *to = y + (n + i) * ys_n + oz * ys_z + oy * ys_y;
      if (ys_c == 1 && channels == LANES) {
        for (int p = 0; p < valid; p++) store_real16(activate(results[p], alpha, beta, slope), to + p * ys_x);
        continue;
      }
      float lanes[COLUMNS * STRIDE][LANES];
      for (int p = 0; p < COLUMNS * STRIDE; p++) vstore16(activate(results[p], alpha, beta, slope), 0, lanes[p]);
      for (int lane = 0; lane < channels; lane++, to += ys_c)
        for (int p = 0; p < valid; p++) store_real(lanes[p][lane], to + p * ys_x);
    }
  }
}

/* Transposed convolution for CPUs by blocks of output channels: a vector holds 16 of them, so no lane stands empty however
 * wide the rows are. A tile is COLUMNS*STRIDE consecutive outputs of one row of IMAGES images and VECTORS*16 channels; one
 * x-phase or two of it at a time are in registers: a weight is loaded once for all columns and images, an input is
 * broadcast. A work-item makes up to SETS tiles of one (z, y) phase (the same taps kz, ky), a CHUNK of input channels at a
 * time, so that the chunk's weights stay in the nearest cache. Phases and columns as in conv_transpose_phase.
 *
 * -DSTRIDE -DKERNEL -DDILATION: along x; -DPHASE: pad % STRIDE; -DCOLUMNS, -DIMAGES, -DVECTORS, -DSETS, -DCHUNK: >= 1
 * -DTOGETHER: x-phases that are in registers at once, divides STRIDE
 * Global size: (segments of run*COLUMNS columns, phases of z * phases of y, groups * blocks * ceil(lines / each)), local
 * (1, 1, 1). run: tiles beside each other, 1 where IMAGES is not; each: lines per work-item, run * each <= SETS.
 * lines = ceil(batch / IMAGES) * rows, rows = ceil(out_d / stride_z) * ceil(out_h / stride_y); an axis has as many phases
 * as its stride, or as outputs when these are fewer.
 * Other arguments, -DDTYPE and -DACTIVATION as in conv_transpose_phase; w and b are packed in blocks of VECTORS*16
 * channels. Where the output's channels lie side by side (ys_c == 1), vectors of them are stored whole. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DSTRIDE=2 -DKERNEL=4 -DDILATION=1 -DPHASE=1 -DCOLUMNS=4 -DIMAGES=2 -DVECTORS=2 -DSETS=8 -DCHUNK=64 -DTOGETHER=1 -DACTIVATION=0
// check: -DCLUP_INDEX64=1 -DDTYPE=1 -DSTRIDE=1 -DKERNEL=3 -DDILATION=2 -DPHASE=0 -DCOLUMNS=7 -DIMAGES=1 -DVECTORS=2 -DSETS=8 -DCHUNK=16 -DTOGETHER=1 -DACTIVATION=6
// check: -DCLUP_INDEX64=0 -DDTYPE=3 -DSTRIDE=2 -DKERNEL=2 -DDILATION=1 -DPHASE=0 -DCOLUMNS=4 -DIMAGES=1 -DVECTORS=1 -DSETS=1 -DCHUNK=64 -DTOGETHER=2 -DACTIVATION=4
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DSTRIDE=2 -DKERNEL=2 -DDILATION=1 -DPHASE=0 -DCOLUMNS=4 -DIMAGES=1 -DVECTORS=1 -DSETS=1 -DCHUNK=64 -DTOGETHER=1 -DACTIVATION=2
#include "common.clh"
#include "cpu_vector.clh"
#include "dtype.clh"
#include "interleave.clh"
#if !defined(STRIDE) || !defined(KERNEL) || !defined(DILATION) || !defined(PHASE) || !defined(COLUMNS) || \
    !defined(IMAGES) || !defined(VECTORS) || !defined(SETS) || !defined(CHUNK) || !defined(TOGETHER)
#error "STRIDE, KERNEL, DILATION, PHASE, COLUMNS, IMAGES, VECTORS, SETS, CHUNK and TOGETHER must be set"
#endif
#define LANES (16 * VECTORS)
#include "store_channels.clh"

#define SPOTS (IMAGES * COLUMNS)
#define OUTPUTS (SPOTS * STRIDE) /* of a tile */

/* TOGETHER phases from `first` on, of a chunk of channels, for one tile: [output][vector]. Inlined, so that the sums stay in
 * registers. */
static inline __attribute__((always_inline)) void accumulate(float16 *tile, __global const float *row,
                                                             const index_t image[IMAGES], index_t xs_c,
                                                             __global const float *taps, int channels,
                                                             const int first) {
  float16 sum[SPOTS][TOGETHER][VECTORS];
#pragma unroll
  for (int i = 0; i < SPOTS * TOGETHER * VECTORS; i++) {
    const int v = i % VECTORS, r = i / VECTORS % TOGETHER, t = i / VECTORS / TOGETHER;
    sum[t][r][v] = tile[(t * STRIDE + first + r) * VECTORS + v];
  }
  __global const float *from[IMAGES]; /* pointers once, so that columns are constant offsets */
#pragma unroll
  for (int i = 0; i < IMAGES; i++) from[i] = row + image[i];
  for (int c = 0; c < channels; c++) {
#pragma unroll
    for (int i = 0; i < KERNEL * TOGETHER; i++) {
      const int kx = i / TOGETHER, r = i % TOGETHER, offset = first + r + PHASE - kx * DILATION;
      if (offset % STRIDE == 0) {
        float16 tap[VECTORS];
#pragma unroll
        for (int v = 0; v < VECTORS; v++) tap[v] = vload16(kx * VECTORS + v, taps);
#pragma unroll
        for (int t = 0; t < SPOTS; t++) {
          const float16 in = (float16)(from[t / COLUMNS][t % COLUMNS + offset / STRIDE]);
#pragma unroll
          for (int v = 0; v < VECTORS; v++) sum[t][r][v] = fma(in, tap[v], sum[t][r][v]);
        }
      }
    }
#pragma unroll
    for (int i = 0; i < IMAGES; i++) {
      FETCH_AHEAD(from[i] + 16 * xs_c);
      from[i] += xs_c;
    }
    taps += KERNEL * LANES;
  }
#pragma unroll
  for (int i = 0; i < SPOTS * TOGETHER * VECTORS; i++) {
    const int v = i % VECTORS, r = i / VECTORS % TOGETHER, t = i / VECTORS / TOGETHER;
    tile[(t * STRIDE + first + r) * VECTORS + v] = sum[t][r][v];
  }
}

/* All phases, where weights are infinite or NaN: outputs whose input column is padding are left alone, since 0 * infinity
 * would not be. at is the input column of output column 0 at tap offset 0. Rare, so not unrolled. */
static void accumulate_special(float16 *tile, __global const float *row, const index_t image[IMAGES], index_t xs_c,
                               __global const float *taps, int channels, int at, int in_w) {
  for (int i = 0; i < channels * KERNEL * STRIDE; i++) {
    int r = i % STRIDE, kx = i / STRIDE % KERNEL, c = i / STRIDE / KERNEL, offset = r + PHASE - kx * DILATION;
    if (offset % STRIDE != 0) continue;
    for (int t = 0; t < SPOTS; t++) {
      int column = t % COLUMNS + offset / STRIDE;
      if (at + column < 0 || at + column >= in_w) continue;
      const float in = row[c * xs_c + image[t / COLUMNS] + column];
      for (int v = 0; v < VECTORS; v++)
        tile[(t * STRIDE + r) * VECTORS + v] =
            fma((float16)(in), vload16((c * KERNEL + kx) * VECTORS + v, taps), tile[(t * STRIDE + r) * VECTORS + v]);
    }
  }
}

CLUP_KERNEL void clup_conv_transpose_channels(
    __global const float *x, long x_offset, __global stored_t *y, long y_offset, __global const float *w, long w_offset,
    __global const float *b, long b_offset, __global const int *special, long special_offset, index_t xs_n,
    index_t xs_c, index_t xs_z, index_t xs_y, index_t xs_s, index_t ys_n, index_t ys_c, index_t ys_z, index_t ys_y,
    index_t ys_x, int shift, int origin, int batch, int ci, int co, int groups, int blocks, int in_d, int in_h,
    int in_w, int out_d, int out_h, int out_w, int kd, int kh, int stride_z, int stride_y, int pad_z, int pad_y,
    int dilation_z, int dilation_y, float alpha, float beta, int run, int each, int past_caches) {
  if (warming_up(x_offset)) return;
  int column = (int)get_global_id(0) * run * COLUMNS, phases_y = min(stride_y, out_h);
  int phase_y = (int)get_global_id(1) % phases_y, phase_z = (int)get_global_id(1) / phases_y;
  int rows_y = (out_h + stride_y - 1) / stride_y, rows = (out_d + stride_z - 1) / stride_z * rows_y;
  int all = (batch + IMAGES - 1) / IMAGES * rows, shares = (all + each - 1) / each;
  int share = (int)get_global_id(2) % shares, rest = (int)get_global_id(2) / shares;
  int block = rest % blocks, group = rest / blocks;
  int first = share * each, lines = min(each, all - first);
  x += x_offset + group * ci * xs_c + (int)get_global_id(0) * xs_s + shift;
  w += w_offset + (long)(group * blocks + block) * kd * kh * ci * (KERNEL * LANES);
  b += b_offset + (group * blocks + block) * LANES;
  __global const float *slopes = b + groups * blocks * LANES; /* with prelu */
  bool has_special = special[special_offset + group * blocks + block] != 0;

  float16 tiles[(SETS * OUTPUTS + 15) * VECTORS]; /* [line][tile of the run][output][vector]; 15 are read, not stored */
  for (int i = 0; i < lines * run * OUTPUTS + 15; i++)
    for (int v = 0; v < VECTORS; v++) tiles[i * VECTORS + v] = vload16(v, b);
  for (int k = 0; k < kd * kh; k++) {
    int tz = phase_z + pad_z - k / kh * dilation_z, ty = phase_y + pad_y - k % kh * dilation_y;
    int from_z = tz / stride_z, from_y = ty / stride_y; /* row j of the phase reads input row j + from */
    if (tz != from_z * stride_z || ty != from_y * stride_y) continue;
    index_t at[SETS];
    int last[SETS]; /* image of the tile, counted from its first */
    bool inside[SETS];
    for (int s = 0; s < lines * run; s++) {
      const int line = first + s / run, iz = line % rows / rows_y + from_z, iy = line % rows % rows_y + from_y;
      const int n = line / rows * IMAGES;
      at[s] = n * xs_n + iz * xs_z + iy * xs_y + s % run * COLUMNS;
      last[s] = batch - 1 - n;
      inside[s] = iz >= 0 && iz < in_d && iy >= 0 && iy < in_h;
    }
    for (int begin = 0; begin < ci; begin += CHUNK) {
      const int count = min(CHUNK, ci - begin);
      __global const float *taps = w + ((long)k * ci + begin) * (KERNEL * LANES);
#pragma unroll
      for (int r = 0; r < STRIDE; r += TOGETHER) {
        for (int s = 0; s < lines * run; s++) {
          if (!inside[s]) continue;
          __global const float *row = x + at[s] + begin * xs_c;
          index_t image[IMAGES]; /* past the last one: the last one again, not stored */
#pragma unroll
          for (int i = 0; i < IMAGES; i++) image[i] = min(i, last[s]) * xs_n;
          if (!has_special)
            accumulate(tiles + s * (OUTPUTS * VECTORS), row, image, xs_c, taps, count, r);
          else if (r == 0)
            accumulate_special(tiles + s * (OUTPUTS * VECTORS), row, image, xs_c, taps, count,
                               column + s % run * COLUMNS + origin, in_w);
        }
      }
    }
  }

  const int channels = min(LANES, co - block * LANES), valid = min(out_w - column * STRIDE, run * COLUMNS * STRIDE);
  y += y_offset + (index_t)(group * co + block * LANES) * ys_c + column * STRIDE * ys_x;
  for (int i = 0; i < lines * IMAGES; i++) {
    int line = first + i / IMAGES, j = line % rows, n = line / rows * IMAGES + i % IMAGES;
    int oz = j / rows_y * stride_z + phase_z, oy = j % rows_y * stride_y + phase_y;
    if (oz >= out_d || oy >= out_h || n >= batch) continue;
    const float16 *from = tiles + i * run * (COLUMNS * STRIDE * VECTORS);
    __global stored_t *to = y + n * ys_n + oz * ys_z + oy * ys_y;
    for (int v = 0; 16 * v < channels; v++) {
      const float16 slope = ACTIVATION == 6 ? vload16(v, slopes) : (float16)(0.0f);
      for (int p = 0; p < valid; p += 16)
        store_tile(from + p * VECTORS + v, valid - p, min(16, channels - 16 * v), to + 16 * v * ys_c + p * ys_x, ys_c,
                   ys_x, alpha, beta, slope, past_caches);
    }
  }
}

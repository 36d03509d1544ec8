/* Transposed convolution for CPUs where each output has one tap (kernel = stride, no padding): a matrix product of
 * weights, (taps and output channels) x input channels, and pixels, whose rows are then interleaved into the output.
 * In registers are SPOTS pixels of VECTORS*16 output channels of one tap; a weight is loaded once for all pixels, an
 * input is broadcast. Pixels are counted through all rows and images, so that only the very last tile is not full.
 *
 * -DSPOTS: 1..16, -DVECTORS: of a block of channels; -DROOM: vectors of private memory: those of each * SPOTS * kh * kw
 * outputs and 15 more; -DINPUTS: floats of private memory for inputs, each * tile_pitch; -DDTYPE: of x and y, 1, 3 or 4;
 * -DACTIVATION: see activation.clh.
 * Global size: (ceil(tiles / each), groups * ceil(blocks / sets)), local (1, 1). A work-item makes `each` tiles for all
 * taps of `sets` blocks, `chunk` input channels at a time, whose weights stay in the nearest cache.
 * Rows that lie side by side are stored one after another, since they share lines of the cache.
 * x, y: strides xs_*, ys_*. w: [group][block][kz][ky][kx][ci][VECTORS*16], b: [group][block][VECTORS*16],
 * with prelu followed by the slopes, likewise. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DSPOTS=14 -DVECTORS=2 -DROOM=4096 -DINPUTS=131072 -DACTIVATION=0
// check: -DCLUP_INDEX64=1 -DDTYPE=3 -DSPOTS=14 -DVECTORS=1 -DROOM=4096 -DINPUTS=131072 -DACTIVATION=6
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DSPOTS=14 -DVECTORS=2 -DROOM=4096 -DINPUTS=131072 -DACTIVATION=3
#include "common.clh"
#include "cpu_vector.clh"
#include "dtype.clh"
#include "interleave.clh"
#include "store_channels.clh"
#if !defined(SPOTS) || !defined(VECTORS) || !defined(ROOM) || !defined(INPUTS)
#error "SPOTS, VECTORS, ROOM and INPUTS must be set"
#endif
#define LANES (16 * VECTORS)
#define PITCH (SPOTS > 8 ? 16 : 8) /* floats from channel to channel of a tile's inputs */
#define AHEAD 16                   /* input channels: what is fetched */
#define LINE_FLOATS 16             /* of the cache */

/* A tile's products of `channels` input channels, spots `step` vectors apart. Inlined, so that the sums stay in
 * registers. */
static inline __attribute__((always_inline)) void multiply(float16 *to, int step, const float *v, const float *next,
                                                           __global const float *w, int channels,
                                                           __global const float *bias) {
  float16 sum[SPOTS][VECTORS];
#pragma unroll
  for (int i = 0; i < SPOTS * VECTORS; i++) {
    const int s = i / VECTORS, j = i % VECTORS;
    sum[s][j] = bias ? vload16(j, bias) : to[s * step + j];
  }
  for (int c = 0; c < channels; c += AHEAD) {
    if (SPOTS <= 8) { /* of more each channel fetches its own line */
      const float *ahead = c + AHEAD < channels ? v + AHEAD * PITCH : next;
#pragma unroll
      for (int i = 0; i < AHEAD * PITCH; i += LINE_FLOATS) FETCH_AHEAD(ahead + i);
    }
    for (int k = 0; k < min(AHEAD, channels - c); k++, v += PITCH, w += LANES) {
      float16 weight[VECTORS];
#pragma unroll
      for (int j = 0; j < VECTORS; j++) weight[j] = *(__global const float16 *)(w + 16 * j);
#pragma unroll
      for (int s = 0; s < SPOTS; s++) {
        const float16 in = (float16)(v[s]);
#pragma unroll
        for (int j = 0; j < VECTORS; j++) sum[s][j] = fma(in, weight[j], sum[s][j]);
      }
      if (SPOTS > 8) {
        FETCH_AHEAD(v + AHEAD * PITCH);
#pragma unroll
        for (int j = 0; j < VECTORS; j++) FETCH_AHEAD(w + AHEAD * LANES + 16 * j);
      }
    }
  }
#pragma unroll
  for (int i = 0; i < SPOTS * VECTORS; i++) to[i / VECTORS * step + i % VECTORS] = sum[i / VECTORS][i % VECTORS];
}

/* A tile's pixels from `first` on, of all channels: [channel][PITCH]; of the last SPOTS... any inputs, past the last pixel
 * the last one again. */
static inline void take_tile(__global const stored_t *x, index_t xs_n, index_t xs_c, index_t xs_z, index_t xs_y,
                             index_t xs_x, int channels, int first, int pixels, int in_d, int in_h, int in_w,
                             float *to) {
  index_t at[16];
  bool beside = true;
  for (int s = 0; s < 16; s++) {
    const int pixel = min(first + s, pixels - 1), line = pixel / in_w, plane = line / in_h;
    at[s] = plane / in_d * xs_n + plane % in_d * xs_z + line % in_h * xs_y + pixel % in_w * xs_x;
    beside = beside && at[s] == at[0] + s;
  }
  for (int c = 0; c < channels; c++, x += xs_c, to += PITCH) {
    if (beside) {
      const float16 in = load_real16(x + at[0]);
      if (PITCH == 16)
        *(float16 *)to = in;
      else
        *(float8 *)to = vload8(0, (const float *)&in);
      FETCH_AHEAD(x + at[0] + 64);
    } else {
      for (int s = 0; s < PITCH; s++) to[s] = load_real(x + at[s]);
    }
  }
}

CLUP_KERNEL void clup_conv_transpose_gemm_shuffle(__global const stored_t *x, long x_offset, __global stored_t *y,
                                                  long y_offset, __global const float *w, long w_offset,
                                                  __global const float *b, long b_offset, index_t xs_n, index_t xs_c,
                                                  index_t xs_z, index_t xs_y, index_t xs_x, index_t ys_n, index_t ys_c,
                                                  index_t ys_z, index_t ys_y, index_t ys_x, int ci, int co, int groups,
                                                  int blocks, int sets, int each, int chunk, int tiles, int pixels,
                                                  int in_d, int in_h, int in_w, int kd, int kh, int kw, int tile_pitch,
                                                  float alpha, float beta, int past_caches) {
  if (warming_up(x_offset)) return;
  const int first = (int)get_global_id(0) * each, count = min(each, tiles - first);
  const int spots = min(count * SPOTS, pixels - first * SPOTS);
  const int parts = (blocks + sets - 1) / sets, group = (int)get_global_id(1) / parts;
  x += x_offset + (index_t)group * ci * xs_c;
  y += y_offset;
  b += b_offset;
  float16 v[INPUTS / 16]; /* [tile][channel], so that the product walks through memory */
  for (int t = 0; t < count; t++)
    take_tile(x, xs_n, xs_c, xs_z, xs_y, xs_x, ci, (first + t) * SPOTS, pixels, in_d, in_h, in_w,
              (float *)v + t * tile_pitch);
  float16 out[ROOM]; /* [ky][spot][kx][vector]; 15 outputs are read past the last, not stored */
  const int begin_block = (int)get_global_id(1) % parts * sets, of_row = count * SPOTS * kw * VECTORS;
  const int last_block = min(begin_block + sets, blocks);
  for (int i = 0; i < (last_block - begin_block) * kd; i++) {
    const int block = begin_block + i / kd, kz = i % kd, at = group * blocks + block;
    __global const float *bias = b + at * LANES, *slopes = bias + groups * blocks * LANES; /* with prelu */
    for (int k = 0; k < kh * kw; k++) {
      __global const float *taps = w + w_offset + (((long)at * kd + kz) * kh * kw + k) * ci * LANES;
      float16 *sums = out + k / kw * of_row + k % kw * VECTORS;
      for (int c = 0; c < ci; c += chunk)
        for (int t = 0; t < count; t++)
          multiply(sums + t * SPOTS * kw * VECTORS, kw * VECTORS, (const float *)v + t * tile_pitch + c * PITCH,
                   (const float *)v + (t + 1 < count ? t + 1 : 0) * tile_pitch + c * PITCH,
                   taps + c * LANES, min(chunk, ci - c), c == 0 ? bias : 0);
    }
    const int channels = min(LANES, co - block * LANES);
    for (int from = 0, past; from < spots; from = past) { /* those of one row */
      const int line = (first * SPOTS + from) / in_w, ix = (first * SPOTS + from) % in_w, plane = line / in_h;
      past = min(spots, from + in_w - ix);
      __global stored_t *to = y + plane / in_d * ys_n + (index_t)(group * co + block * LANES) * ys_c +
                              (plane % in_d * kd + kz) * ys_z + line % in_h * kh * ys_y + ix * kw * ys_x;
      const int valid = (past - from) * kw;
      for (int j = 0; 16 * j < channels; j++) {
        const float16 slope = ACTIVATION == 6 ? vload16(j, slopes) : (float16)(0.0f);
        for (int ky = 0; ky < kh; ky++)
          for (int p = 0; p < valid; p += 16)
            store_tile(out + ky * of_row + (from * kw + p) * VECTORS + j, valid - p, min(16, channels - 16 * j),
                       to + 16 * j * ys_c + ky * ys_y + p * ys_x, ys_c, ys_x, alpha, beta, slope, past_caches);
      }
    }
  }
}

/* Transposed convolution for CPUs by Winograd's minimal filtering, the products: m outputs of a phase with n taps take
 * m + n - 1 multiplications along each axis instead of m * n. The inputs' sums and differences are made by
 * clup_conv_transpose_winograd_input (winograd_input.clh), the weights' by clup_conv_transpose_winograd_weights
 * (winograd_weights.clh). A spot is outputs_y x outputs_x outputs of each phase; for each component (one along y of one
 * along x) a matrix product over the input channels, SPOTS spots and VECTORS*16 output channels in registers; sums of
 * those products are the outputs.
 *
 * -DSPOTS: 1..14; -DVECTORS: of a block of channels; -DROOM: vectors of private memory that a work-item has;
 * -DDTYPE: of x and y, 1, 3 or 4; -DACTIVATION: see activation.clh.
 * Global size: (ceil(tiles / each), y-phases, groups * ceil(blocks / sets)), local (1, 1, 1). A work-item makes `each`
 * tiles of SPOTS spots for `sets` blocks of channels; (each, sets) fit ROOM, see
 * host/solvers/conv_transpose_winograd.c.
 * v: [plane][tile][group][blocks of 16 ci][SPOTS][16]; u: [group][block][components of y][of x][ci][VECTORS*16].
 * An output that is infinite or NaN, as all are that an infinity, a NaN or a sum that overflows touches, is summed tap
 * by tap, from x and w, which is packed as for conv_transpose_channels. A line is a row of spots of an image.
 * phases_y, phases_x: of each phase PHASE_INTS: taps, first tap, first component, and its components' planes; a plane
 * is that of y * planes_x + that of x. gather_y, gather_x: [taps - 1][output][component], the factor of a component's
 * product. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DSPOTS=14 -DVECTORS=2 -DROOM=2048 -DCOLUMNS=32 -DREACH=8 -DPLANES=12 -DACTIVATION=0
// check: -DCLUP_INDEX64=1 -DDTYPE=3 -DSPOTS=14 -DVECTORS=1 -DROOM=2048 -DCOLUMNS=32 -DREACH=8 -DPLANES=12 -DACTIVATION=6
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DSPOTS=14 -DVECTORS=2 -DROOM=2048 -DCOLUMNS=32 -DREACH=8 -DPLANES=12 -DACTIVATION=3
#include "common.clh"
#include "cpu_vector.clh"
#include "dtype.clh"
#include "interleave.clh"
#include "store_channels.clh"
#include "winograd_tables.clh"

#include "winograd_input.clh"
#if !defined(SPOTS) || !defined(VECTORS) || !defined(ROOM)
#error "SPOTS, VECTORS and ROOM must be set"
#endif
#define LANES (16 * VECTORS)
#include "winograd_weights.clh"
#define TILE (SPOTS * VECTORS)
#define FEW ((SPOTS + 2) / 2) /* spots of a last tile that get a loop of their own */
#define AHEAD 2 /* blocks of input channels: what is fetched; of weights one */

/* The products of a tile's first `spots` spots, SPOTS or FEW, and `channels` input channels. Inlined, so that the sums
 * stay in registers.
 * later: 16 floats for each channel, of weights that are needed after all tiles had these. */
static inline __attribute__((always_inline)) void multiply(float16 *to, __global const float *v,
                                                           __global const float *next, __global const float *u,
                                                           __global const float *later, int channels, bool first,
                                                           const int spots) {
  float16 sum[TILE];
#pragma unroll
  for (int i = 0; i < TILE; i++)
    if (i < spots * VECTORS) sum[i] = first ? (float16)(0.0f) : to[i];
  for (int c = 0; c < channels; c += 16, v += SPOTS * 16) {
    if (SPOTS <= 8) {
      const int left = c + 16 * AHEAD - channels;
      __global const float *ahead = left < 0 ? v + AHEAD * (SPOTS * 16) : next + left * SPOTS;
#pragma unroll
      for (int s = 0; s < SPOTS; s++)
        if (s < spots) FETCH_AHEAD(ahead + s * 16);
    }
    for (int k = 0; k < min(16, channels - c); k++, u += LANES, later += 16) {
      __global const float *in = v + k;
      float16 weight[VECTORS];
#pragma unroll
      for (int i = 0; i < VECTORS; i++) weight[i] = *(__global const float16 *)(u + 16 * i);
#pragma unroll
      for (int s = 0; s < SPOTS; s++) {
#pragma unroll
        for (int i = 0; i < VECTORS; i++)
          if (s < spots) sum[s * VECTORS + i] = fma((float16)(in[16 * s]), weight[i], sum[s * VECTORS + i]);
      }
      if (SPOTS > 8) FETCH_AHEAD(v + AHEAD * (SPOTS * 16) + k * 16);
#pragma unroll
      for (int i = 0; i < VECTORS; i++)
        if (SPOTS > 8) FETCH_AHEAD(u + 16 * LANES + 16 * i);
      FETCH_FAR_AHEAD(later);
    }
  }
#pragma unroll
  for (int i = 0; i < TILE; i++)
    if (i < spots * VECTORS) to[i] = sum[i];
}

/* Adds what a component of y gives to the rows of outputs, `row` vectors apart, [spot][outputs_x * stride_x][vector],
 * from its products with the `parts` components of x, `step` vectors apart, [spot][vector]. The first comes with the
 * bias.
 * of_y: that component's factors in each row, of_x: [output][component]. */
CLUP_APART void add_component(const float16 *products, int step, int parts, bool first, int spots, int stride_x,
                              __global const float *b, __global const float *of_y, __global const float *of_x,
                              int outputs_y, int outputs_x, float16 *out, int row) {
  const int beside = stride_x * VECTORS;
  for (int i = 0; i < spots * VECTORS; i++) {
    const float16 bias = vload16(i % VECTORS, b);
    float16 *to = out + i / VECTORS * outputs_x * beside + i % VECTORS;
    for (int dx = 0; dx < outputs_x; dx += 2, to += 2 * beside) {
      __global const float *left = of_x + dx * PARTS, *right = left + PARTS;
      float16 a = (float16)(left[0]) * products[i], c = (float16)(right[0]) * products[i];
#pragma unroll 1
      for (int k = 1; k < parts; k++) {
        const float16 m = products[i + k * step];
        a = fma((float16)(left[k]), m, a);
        c = fma((float16)(right[k]), m, c);
      }
#pragma unroll 1
      for (int dy = 0; dy < outputs_y; dy++) {
        const float16 factor = (float16)(of_y[dy * PARTS]);
        float16 *at = to + dy * row;
        at[0] = fma(factor, a, first ? bias : at[0]);
        if (dx + 1 < outputs_x) at[beside] = fma(factor, c, first ? bias : at[beside]);
      }
    }
  }
}

/* One output, 16*VECTORS channels, tap by tap. */
CLUP_APART void exact(float16 *to, __global const stored_t *x, index_t xs_c, index_t xs_y, index_t xs_x,
                  __global const float *w, int ci, int ty, int tx, int in_h, int in_w, int kh, int kw, int stride_y,
                  int stride_x, __global const float *bias) {
#pragma unroll 1
  for (int i = 0; i < VECTORS; i++) {
    float16 sum = vload16(i, bias);
#pragma unroll 1
    for (int k = 0; k < kh * kw; k++) {
      const int at_y = ty - k / kw, at_x = tx - k % kw, iy = at_y / stride_y, ix = at_x / stride_x;
      if (at_y < 0 || at_x < 0 || iy * stride_y != at_y || ix * stride_x != at_x || iy >= in_h || ix >= in_w) continue;
#pragma unroll 1
      for (int c = 0; c < ci; c++) {
        __global const float *tap = w + (((long)(k / kw) * ci + c) * kw + k % kw) * LANES;
        sum = fma((float16)(load_real(x + c * xs_c + iy * xs_y + ix * xs_x)), vload16(i, tap), sum);
      }
    }
    to[i] = sum;
  }
}

CLUP_KERNEL void clup_conv_transpose_winograd(
    __global const stored_t *x, long x_offset, __global stored_t *y, long y_offset, __global const float *v,
    long v_offset, __global const float *u, long u_offset, __global const float *w, long w_offset,
    __global const float *b, long b_offset, __global const int *phases_y, long phases_y_offset,
    __global const int *phases_x, long phases_x_offset, __global const float *gather_y, long gather_y_offset,
    __global const float *gather_x, long gather_x_offset, index_t xs_n, index_t xs_c, index_t xs_y, index_t xs_x,
    index_t ys_n, index_t ys_c, index_t ys_y, index_t ys_x, int lines, int ci, int co, int groups, int blocks, int sets,
    int each, int tiles, int spots_y, int spots_x, int in_h, int in_w, int out_h, int out_w, int kh, int kw,
    int stride_y, int stride_x, int pad_y, int pad_x, int components_y, int components_x, int planes_x, int outputs_y,
    int outputs_x, int chunk, long tile_pitch, long plane_pitch, float alpha, float beta, int past_caches) {
  if (warming_up(x_offset)) return;
  const int first = (int)get_global_id(0) * each, count = min(each, tiles - first), py = (int)get_global_id(1);
  const int parts = (blocks + sets - 1) / sets, group = (int)get_global_id(2) / parts;
  const int block = (int)get_global_id(2) % parts * sets, taken = min(sets, blocks - block);
  const int spots = min(count * SPOTS, lines * spots_x - first * SPOTS), wide = outputs_x * stride_x;
  phases_y += phases_y_offset + py * PHASE_INTS;
  phases_x += phases_x_offset;
  x += x_offset + group * ci * xs_c;
  v += v_offset + first * tile_pitch + (long)group * ((ci + 15) / 16) * (SPOTS * 16);
  u += u_offset + (long)(group * blocks + block) * components_y * components_x * ci * LANES;
  w += w_offset + (long)(group * blocks + block) * kh * kw * ci * LANES;
  b += b_offset + (group * blocks + block) * LANES;
  gather_y += gather_y_offset + (phases_y[0] - 1) * OUTPUTS * PARTS;
  gather_x += gather_x_offset;
  __global const float *slopes = b + groups * blocks * LANES; /* with prelu */

  float16 room[ROOM];
  float16 *out = room; /* [block][outputs_y][spot][wide][vector]; 15 outputs are read past the last, not stored */
  const int row = count * SPOTS * wide * VECTORS;
  float16 *products = room + (outputs_y * taken * row + 15 * VECTORS); /* [component of x][block][spot][vector] */
  const long of_all = (long)components_y * components_x * ci;
  const int parts_y = phases_y[0] + outputs_y - 1, of_block = count * TILE, step = taken * of_block;
  for (int px = 0; px < min(stride_x, out_w); px++) {
    __global const int *phase = phases_x + px * PHASE_INTS;
    const int parts_x = phase[0] + outputs_x - 1;
    __global const float *of_x = gather_x + (phase[0] - 1) * OUTPUTS * PARTS;
    for (int iy = 0; iy < parts_y; iy++) {
      for (int ix = 0; ix < parts_x; ix++) {
        __global const float *from = v + (phases_y[3 + iy] * planes_x + phase[3 + ix]) * plane_pitch;
        const long at = ((phases_y[2] + iy) * components_x + phase[2] + ix) * (long)ci;
        for (int begin = 0; begin < ci; begin += chunk) {
          const int channels = min(chunk, ci - begin);
          for (int k = 0; k < taken; k++) {
            __global const float *weights = u + (k * of_all + at + begin) * LANES;
            __global const float *later = k + 1 < taken ? weights + of_all * LANES : u + (at + begin + chunk) * LANES;
            for (int t = 0; t < count; t++) {
              float16 *to = products + ix * step + k * of_block + t * TILE;
              __global const float *in = from + t * tile_pitch + begin * SPOTS;
              __global const float *next = from + (t + 1 < count ? t + 1 : 0) * tile_pitch + begin * SPOTS;
              __global const float *fetched = later + t % VECTORS * 16 * channels;
              if (spots - t * SPOTS > FEW)
                multiply(to, in, next, weights, fetched, channels, begin == 0, SPOTS);
              else
                multiply(to, in, next, weights, fetched, channels, begin == 0, FEW);
            }
          }
        }
      }
      for (int k = 0; k < taken; k++) {
        float16 *to = out + outputs_y * k * row + px * VECTORS;
        add_component(products + k * of_block, step, parts_x, iy == 0, spots, stride_x, b + k * LANES, gather_y + iy,
                      of_x, outputs_y, outputs_x, to, row);
      }
    }
  }

  for (int from = 0, past; from < spots; from = past) { /* the spots of one line */
    const int line = (first * SPOTS + from) / spots_x, sx = (first * SPOTS + from) % spots_x;
    const int n = line / spots_y, sy = line % spots_y, ox = sx * wide;
    past = min(spots, from + spots_x - sx);
    const int valid = min(out_w - ox, (past - from) * wide);
    for (int i = 0; i < outputs_y * taken; i++) {
      const int k = i / outputs_y, oy = (outputs_y * sy + i % outputs_y) * stride_y + py,
                left = min(LANES, co - (block + k) * LANES);
      if (oy >= out_h) continue;
      float16 *tile = out + i * row + from * wide * VECTORS;
#pragma unroll 1
      for (int p = 0; p < valid; p++) {
        float16 check = 0.0f;
        for (int j = 0; j < VECTORS; j++) check = fma(tile[p * VECTORS + j], (float16)(0.0f), check);
        if (any_nan16(check))
          exact(tile + p * VECTORS, x + n * xs_n, xs_c, xs_y, xs_x, w + (long)k * kh * kw * ci * LANES, ci, oy + pad_y,
                ox + p + pad_x, in_h, in_w, kh, kw, stride_y, stride_x, b + k * LANES);
      }
      __global stored_t *to =
          y + y_offset + n * ys_n + (index_t)(group * co + (block + k) * LANES) * ys_c + oy * ys_y + ox * ys_x;
      for (int j = 0; 16 * j < left; j++) {
        const float16 slope = ACTIVATION == 6 ? vload16(k * VECTORS + j, slopes) : (float16)(0.0f);
#pragma unroll 1
        for (int p = 0; p < valid; p += 16)
          store_tile(tile + p * VECTORS + j, valid - p, min(16, left - 16 * j), to + 16 * j * ys_c + p * ys_x, ys_c,
                     ys_x, alpha, beta, slope, past_caches);
      }
    }
  }
}

/* Transposed convolution for CPUs where each output has one tap (kernel = stride, no padding): a matrix product of
 * weights, (taps and output channels) x input channels, and pixels, as in conv_transpose_gemm_shuffle; but vectors are of
 * pixels, counted through all rows and images, and weights are broadcast. So the KW outputs along x of BLOCK channels
 * stand in registers as rows: they are interleaved there and stored right away, a few lines at a time between the
 * products, which go on while these are written.
 *
 * -DKW: taps along x; -DBLOCK: output channels of a block; -DVECTORS: of 16 pixels; KW * BLOCK * VECTORS sums are in
 * registers, 24 at most. -DROOM: floats of private memory for a tile's inputs, ci * VECTORS * 16 at least; -DDTYPE: of x
 * and y, 1, 3 or 4; -DACTIVATION: see activation.clh.
 * Global size: (ceil(tiles / each), groups * ceil(blocks / sets)), local (1, 1). A work-item makes `each` tiles, one after
 * the other, with the weights of `sets` blocks, which stay in the second cache.
 * x, y: strides xs_*, ys_*. w: [group][block][kz][ky][ci][kx][BLOCK], b: [group][block][BLOCK], with prelu followed by the
 * slopes, likewise. past_caches: of f32, whole lines go there. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DKW=2 -DBLOCK=4 -DVECTORS=3 -DROOM=131072 -DACTIVATION=0
// check: -DCLUP_INDEX64=1 -DDTYPE=3 -DKW=3 -DBLOCK=4 -DVECTORS=2 -DROOM=131072 -DACTIVATION=6
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DKW=12 -DBLOCK=2 -DVECTORS=1 -DROOM=131072 -DACTIVATION=3
#include "common.clh"
#include "cpu_vector.clh"
#include "dtype.clh"
#include "interleave.clh"
#define STREAM 0
#include "store_rows.clh"
#if !defined(KW) || !defined(BLOCK) || !defined(VECTORS) || !defined(ROOM)
#error "KW, BLOCK, VECTORS and ROOM must be set"
#endif
typedef float16 act_t;
#include "activation.clh"

#define ROWS (KW * BLOCK)
#define WIDTH (16 * VECTORS)
#define WEIGHTS_AHEAD 1024 /* floats */

/* Pixels of one row in a vector: lanes `from` to `past`, where the first of them lies in x and in y. */
typedef struct piece_t {
  int from, past;
  index_t x, y;
} piece_t;

typedef struct tile_t {
  int pieces[VECTORS];
  bool beside[VECTORS]; /* 16 inputs in a row, though they may be of several rows */
  piece_t piece[VECTORS][16];
} tile_t;

typedef struct image_t {
  int d, h, w, kd, kh, pixels;
  index_t xs_n, xs_z, xs_y, xs_x, ys_n, ys_z, ys_y, ys_x;
} image_t;

CLUP_APART void find_pieces(const image_t *m, int first, tile_t *tile) {
  for (int j = 0; j < VECTORS; j++) {
    int count = 0;
    bool beside = m->xs_x == 1;
    for (int lane = 0; lane < 16 && first + 16 * j + lane < m->pixels;) {
      const int pixel = first + 16 * j + lane, line = pixel / m->w, ix = pixel % m->w, plane = line / m->h;
      const int n = plane / m->d, iz = plane % m->d, iy = line % m->h;
      piece_t *p = &tile->piece[j][count++];
      p->from = lane;
      p->past = lane = min(16, lane + m->w - ix);
      p->x = n * m->xs_n + iz * m->xs_z + iy * m->xs_y + ix * m->xs_x;
      p->y = n * m->ys_n + iz * m->kd * m->ys_z + iy * m->kh * m->ys_y + ix * KW * m->ys_x;
      beside = beside && p->x == tile->piece[j][0].x + p->from;
    }
    tile->pieces[j] = count;
    tile->beside[j] = beside && count > 0 && tile->piece[j][count - 1].past == 16;
  }
}

/* A tile's inputs: [channel][VECTORS], 0 past the last pixel. */
static inline void take_tile(const tile_t *tile, __global const stored_t *x, index_t xs_c, index_t xs_x, int channels,
                             float16 *to) {
  for (int c = 0; c < channels; c++, x += xs_c, to += VECTORS) {
#pragma unroll
    for (int j = 0; j < VECTORS; j++) {
      if (tile->beside[j]) {
        to[j] = load_real16(x + tile->piece[j][0].x);
        continue;
      }
      float lanes[16] = {0};
      for (int i = 0; i < tile->pieces[j]; i++) {
        const piece_t p = tile->piece[j][i];
        for (int lane = p.from; lane < p.past; lane++) lanes[lane] = load_real(x + p.x + (lane - p.from) * xs_x);
      }
      to[j] = vload16(0, lanes);
    }
  }
}

/* 16 * KW outputs of a channel, whose pixels may be of several rows. */
static inline void store_pixels(const float16 *row, const piece_t *pieces, int count, __global stored_t *y, index_t ys_x,
                                bool past_caches) {
  if (count == 1 && pieces->past - pieces->from == 16 && ys_x == 1) {
    y += pieces->y;
#pragma unroll
    for (int m = 0; m < KW; m++) out_line(row[m], past_caches, y + 16 * m);
    return;
  }
  for (int i = 0; i < count; i++) {
    const int from = pieces[i].from * KW, past = pieces[i].past * KW;
    __global stored_t *to = y + pieces[i].y;
    if (ys_x != 1) {
      for (int k = from; k < past; k++) store_real(((const float *)row)[k], to + (k - from) * ys_x);
      continue;
    }
    to -= from;
    for (int m = from / 16; 16 * m < past; m++)
      out_lanes(row[m], max(from - 16 * m, 0), min(past - 16 * m, 16), to + 16 * m);
  }
}

/* The outputs of the first `channels` of a block: sums are [kx][BLOCK][VECTORS]. */
CLUP_APART void store_block(const float16 *sums, int channels, const tile_t *tile, __global stored_t *y, index_t ys_c,
                            index_t ys_x, float alpha, float beta, __global const float *slopes, bool past_caches) {
  for (int o = 0; o < channels; o++, y += ys_c, sums += VECTORS) {
    const float16 slope = (float16)(ACTIVATION == 6 ? slopes[o] : 0.0f);
#pragma unroll
    for (int j = 0; j < VECTORS; j++) {
      float16 phases[KW], row[KW];
#pragma unroll
      for (int k = 0; k < KW; k++) phases[k] = activate(sums[k * (BLOCK * VECTORS) + j], alpha, beta, slope);
      interleave(phases, KW, row);
      store_pixels(row, tile->piece[j], tile->pieces[j], y, ys_x, past_caches);
    }
  }
}

/* A tile's products of all input channels; what is `step` apart from `ahead` on is fetched meanwhile. Inlined, so that the
 * sums stay in registers. */
static inline __attribute__((always_inline)) void multiply(float16 *sums, const float16 *in, __global const float *weights,
                                                           int channels, __global const float *bias,
                                                           __global const stored_t *ahead, index_t step) {
  float16 sum[ROWS][VECTORS];
#pragma unroll
  for (int i = 0; i < ROWS * VECTORS; i++) sum[i / VECTORS][i % VECTORS] = (float16)(bias[i / VECTORS % BLOCK]);
  for (int c = 0; c < channels; c++, in += VECTORS, weights += ROWS, ahead += step) {
#pragma unroll
    for (int i = 0; i < ROWS; i++) {
      const float16 weight = (float16)(weights[i]);
#pragma unroll
      for (int j = 0; j < VECTORS; j++) sum[i][j] = fma(weight, in[j], sum[i][j]);
    }
    FETCH_FAR_AHEAD(weights + WEIGHTS_AHEAD);
    FETCH_FAR_AHEAD(ahead);
  }
#pragma unroll
  for (int i = 0; i < ROWS * VECTORS; i++) sums[i] = sum[i / VECTORS][i % VECTORS];
}

CLUP_KERNEL void clup_conv_transpose_gemm_rows(__global const stored_t *x, long x_offset, __global stored_t *y,
                                               long y_offset, __global const float *w, long w_offset,
                                               __global const float *b, long b_offset, index_t xs_n, index_t xs_c,
                                               index_t xs_z, index_t xs_y, index_t xs_x, index_t ys_n, index_t ys_c,
                                               index_t ys_z, index_t ys_y, index_t ys_x, int ci, int co, int groups,
                                               int blocks, int sets, int each, int tiles, int pixels, int in_d,
                                               int in_h, int in_w, int kd, int kh, float alpha, float beta,
                                               int past_caches) {
  if (warming_up(x_offset)) return;
  const int first = (int)get_global_id(0) * each, count = min(each, tiles - first);
  const int parts = (blocks + sets - 1) / sets, group = (int)get_global_id(1) / parts;
  const int begin_block = (int)get_global_id(1) % parts * sets, units = min(sets, blocks - begin_block) * kd * kh;
  const image_t image = {in_d, in_h, in_w, kd, kh, pixels, xs_n, xs_z, xs_y, xs_x, ys_n, ys_z, ys_y, ys_x};
  x += x_offset + (index_t)group * ci * xs_c;
  y += y_offset + (index_t)group * co * ys_c;
  b += b_offset + (group * blocks + begin_block) * BLOCK;
  w += w_offset + (long)(group * blocks + begin_block) * kd * kh * ci * ROWS;
  __global const float *slopes = b + groups * blocks * BLOCK; /* with prelu */
  float16 v[ROOM / 16];
  float16 sums[ROWS * VECTORS];
  tile_t tile, next;
  find_pieces(&image, first * WIDTH, &next);
  for (int t = 0; t < count; t++) {
    tile = next;
    take_tile(&tile, x, xs_c, xs_x, ci, v);
    if (first + t + 1 < tiles) find_pieces(&image, (first + t + 1) * WIDTH, &next);
    for (int u = 0; u < units; u++) {
      const int block = u / (kd * kh), kz = u / kh % kd, ky = u % kh, channel = (begin_block + block) * BLOCK;
      /* The first units fetch what the next tile is taken from. */
      multiply(sums, v, w + (long)u * ci * ROWS, ci, b + block * BLOCK,
               x + next.piece[0][0].x + min(u, VECTORS) * 16, u <= VECTORS ? xs_c : 0);
      store_block(sums, min(BLOCK, co - channel), &tile, y + (index_t)channel * ys_c + kz * ys_z + ky * ys_y, ys_c, ys_x,
                  alpha, beta, slopes + block * BLOCK, past_caches);
    }
  }
}

/* Transposed convolution to few output channels, for CPUs. A tile is, in registers, all STRIDE_Y * STRIDE_X phases of
 * VECTORS*16 columns of one row, for all BLOCK channels; a work-item makes TILE_ROWS rows of TILES of them: output
 * (STRIDE_Y*j + ry, STRIDE_X*i + rx) takes tap (ky, kx) from input (j + origin_y + dy, i + origin_x + dx), STRIDE*d = r
 * + PHASE - k along each axis. So an input that was loaded meets all of its taps at once. Inputs come from pieces of
 * rows that are copied CHANNELS channels at a time to private memory, with zeros beyond the input's borders: long
 * pieces, since each channel's row is far from the next one's.
 *
 * -DSTRIDE_Y -DSTRIDE_X -DKERNEL_Y -DKERNEL_X: no dilation; -DPHASE_Y -DPHASE_X: pad modulo stride
 * -DBLOCK: output channels of a group, all of them; -DVECTORS -DTILES -DTILE_ROWS; -DDTYPE: of x and y; -DACTIVATION:
 * see activation.clh
 * Global size: (ceil(columns / (TILES*VECTORS*16)), ceil(ceil(out_h / STRIDE_Y) / TILE_ROWS), N * groups), local (1, 1,
 * 1).
 * x, y: strides xs_*, ys_*. w: packed [group][ci][ky][kx][BLOCK], b: [group][BLOCK], with prelu followed by the slopes,
 * likewise; special: [group], not 0 where a weight is infinite or NaN: padding is not multiplied then, since 0 *
 * infinity is not 0. origin: pad / stride rounded down. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DSTRIDE_Y=3 -DSTRIDE_X=3 -DKERNEL_Y=9 -DKERNEL_X=9 -DPHASE_Y=0 -DPHASE_X=0 -DBLOCK=1 -DVECTORS=1 -DTILES=8 -DTILE_ROWS=2 -DACTIVATION=0
// check: -DCLUP_INDEX64=1 -DDTYPE=3 -DSTRIDE_Y=2 -DSTRIDE_X=2 -DKERNEL_Y=4 -DKERNEL_X=4 -DPHASE_Y=1 -DPHASE_X=1 -DBLOCK=3 -DVECTORS=2 -DTILES=4 -DTILE_ROWS=1 -DACTIVATION=6
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DSTRIDE_Y=1 -DSTRIDE_X=2 -DKERNEL_Y=1 -DKERNEL_X=1 -DPHASE_Y=0 -DPHASE_X=1 -DBLOCK=2 -DVECTORS=3 -DTILES=1 -DTILE_ROWS=4 -DACTIVATION=1
#include "common.clh"
#include "cpu_vector.clh"
#include "dtype.clh"
#if !defined(STRIDE_Y) || !defined(STRIDE_X) || !defined(KERNEL_Y) || !defined(KERNEL_X) || !defined(PHASE_Y) || \
    !defined(PHASE_X) || !defined(BLOCK) || !defined(VECTORS) || !defined(TILES) || !defined(TILE_ROWS)
#error "STRIDE_Y, STRIDE_X, KERNEL_Y, KERNEL_X, PHASE_Y, PHASE_X, BLOCK, VECTORS, TILES and TILE_ROWS must be set"
#endif
typedef float16 act_t;
#include "activation.clh"
#include "conv_transpose_exact.clh"
#include "interleave.clh"

#define CHANNELS 4
/* The least and the greatest d of an axis. */
#define LEAST(stride, kernel, phase)                                 \
  ((phase) - (kernel) + 1 >= 0 ? ((phase) - (kernel) + 1) / (stride) \
                               : -(((kernel)-1 - (phase) + (stride)-1) / (stride)))
#define GREATEST(stride, phase) (((stride)-1 + (phase)) / (stride))
#define LEAST_Y LEAST(STRIDE_Y, KERNEL_Y, PHASE_Y)
#define LEAST_X LEAST(STRIDE_X, KERNEL_X, PHASE_X)
#define ROWS (GREATEST(STRIDE_Y, PHASE_Y) - LEAST_Y + 1)
#define SHIFTS (GREATEST(STRIDE_X, PHASE_X) - LEAST_X + 1)
#define PIECE (TILES * VECTORS * 16 + SHIFTS - 1)
#define PIECES (ROWS + TILE_ROWS - 1)
#define ROOM ((PIECE + 15) / 16 * 16)
#define PHASES (STRIDE_Y * STRIDE_X)

/* Elements first ... first + PIECE - 1 of a row of in_w, zeros outside. */
static inline void copy_piece(__global const stored_t *row, index_t xs_x, int first, int in_w, float *to) {
  const int begin = clamp(-first, 0, PIECE), end = clamp(in_w - first, begin, PIECE);
  int i = begin;
  row += first * xs_x;
  for (int j = 0; j < begin; j++) to[j] = 0.0f;
  if (xs_x == 1 && end - begin >= 16) {
    for (; i + 16 <= end; i += 16) *(loose_real16_t *)(to + i) = load_real16(row + i);
    *(loose_real16_t *)(to + end - 16) = load_real16(row + end - 16); /* some of them once more */
    i = end;
  }
  for (; i < end; i++) to[i] = load_real(row + i * xs_x);
  for (; i < PIECE; i++) to[i] = 0.0f;
}

/* A tile's share of the next channels' rows, while there is something to compute. */
static inline void fetch_ahead(__global const stored_t *from, index_t xs_y, int rows) {
  for (int i = 0; i < rows; i++, from += xs_y)
#pragma unroll
    for (int v = 0; v <= VECTORS * 16; v += 64 / (int)sizeof(stored_t)) FETCH_AHEAD(from + v);
}

/* One channel: every tap on every input of ROWS pieces, from column `at` on. Vectors of inputs outermost, so that
 * beside the sums little is live. */
static inline __attribute__((always_inline)) void accumulate(float16 sum[PHASES][BLOCK][VECTORS],
                                                             const float (*piece)[ROOM], int at,
                                                             __global const float *taps) {
#pragma unroll
  for (int i = 0; i < ROWS * SHIFTS; i++) {
    const int dy = i / SHIFTS + LEAST_Y, dx = i % SHIFTS + LEAST_X;
    float16 in[VECTORS];
#pragma unroll
    for (int v = 0; v < VECTORS; v++) in[v] = *(const loose_real16_t *)(piece[i / SHIFTS] + at + i % SHIFTS + v * 16);
#pragma unroll
    for (int phase = 0; phase < PHASES; phase++) {
      const int ky = phase / STRIDE_X + PHASE_Y - dy * STRIDE_Y, kx = phase % STRIDE_X + PHASE_X - dx * STRIDE_X;
      if (ky >= 0 && ky < KERNEL_Y && kx >= 0 && kx < KERNEL_X) {
#pragma unroll
        for (int o = 0; o < BLOCK; o++) {
          const float16 tap = (float16)(taps[(ky * KERNEL_X + kx) * BLOCK + o]);
#pragma unroll
          for (int v = 0; v < VECTORS; v++) sum[phase][o][v] = fma(in[v], tap, sum[phase][o][v]);
        }
      }
    }
  }
}

/* The first `valid` of VECTORS*16*STRIDE_X outputs of one row: the x-phases side by side. */
static inline void store_phases(float16 sum[PHASES][BLOCK][VECTORS], const int ry, const int o, __global stored_t *y,
                                index_t ys_x, int valid) {
#pragma unroll
  for (int v = 0; v < VECTORS; v++) {
    float16 phases[STRIDE_X], row[STRIDE_X];
#pragma unroll
    for (int rx = 0; rx < STRIDE_X; rx++) phases[rx] = sum[ry * STRIDE_X + rx][o][v];
    interleave(phases, STRIDE_X, row);
    if (ys_x == 1 && valid >= 16 * STRIDE_X) {
#pragma unroll
      for (int m = 0; m < STRIDE_X; m++) store_real16(row[m], y + m * 16);
    } else {
      for (int i = 0; i < min(valid, 16 * STRIDE_X); i++) store_real(((const float *)row)[i], y + i * ys_x);
    }
    y += 16 * STRIDE_X * ys_x;
    valid -= 16 * STRIDE_X;
  }
}

CLUP_KERNEL void clup_conv_transpose_thin(__global const stored_t *x, long x_offset, __global stored_t *y,
                                          long y_offset, __global const float *w, long w_offset,
                                          __global const float *b, long b_offset, __global const int *special,
                                          long special_offset, index_t xs_n, index_t xs_c, index_t xs_y, index_t xs_x,
                                          index_t ys_n, index_t ys_c, index_t ys_y, index_t ys_x, int ci, int groups,
                                          int in_h, int in_w, int out_h, int out_w, int origin_y, int origin_x,
                                          float alpha, float beta) {
  if (warming_up(x_offset)) return;
  const int begin = (int)get_global_id(0) * (TILES * VECTORS * 16), first = (int)get_global_id(1) * TILE_ROWS;
  const int rows = min(TILE_ROWS, (out_h + STRIDE_Y - 1) / STRIDE_Y - first);
  const int tiles = min(TILES, ((out_w + STRIDE_X - 1) / STRIDE_X - begin + VECTORS * 16 - 1) / (VECTORS * 16));
  const int group = (int)get_global_id(2) % groups, n = (int)get_global_id(2) / groups;
  x += x_offset + n * xs_n + (index_t)group * ci * xs_c;
  w += w_offset + (long)group * (KERNEL_Y * KERNEL_X * BLOCK) * ci;
  b += b_offset + group * BLOCK;
  const bool is_special = special[special_offset + group] != 0;

  float16 sums[TILE_ROWS * TILES][PHASES][BLOCK][VECTORS];
  for (int t = 0; t < rows * tiles; t++)
    for (int phase = 0; phase < PHASES; phase++)
      for (int o = 0; o < BLOCK; o++)
        for (int v = 0; v < VECTORS; v++) sums[t][phase][o][v] = (float16)(b[o]);
  for (int c = 0; !is_special && c < ci; c += CHANNELS) {
    float pieces[CHANNELS][PIECES][ROOM];
    const int channels = min(CHANNELS, ci - c);
    for (int i = 0; i < channels; i++)
      for (int row = 0; row < rows + ROWS - 1; row++) {
        const int iy = first + origin_y + LEAST_Y + row;
        const bool inside = iy >= 0 && iy < in_h;
        copy_piece(x + (c + i) * xs_c + (inside ? iy : 0) * xs_y, xs_x, begin + origin_x + LEAST_X, inside ? in_w : 0,
                   pieces[i][row]);
      }
    for (int t = 0; t < rows * tiles; t++) {
      const int row = t / tiles, at = (t - row * tiles) * (VECTORS * 16);
      float16 sum[PHASES][BLOCK][VECTORS];
#pragma unroll
      for (int i = 0; i < PHASES * BLOCK * VECTORS; i++) (&sum[0][0][0])[i] = (&sums[t][0][0][0])[i];
      const int iy = first + origin_y + LEAST_Y + row, ix = max(begin + origin_x + LEAST_X + at, 0);
      const bool ahead = xs_x == 1 && iy >= 0 && iy < in_h && ix < in_w;
      __global const stored_t *next = x + (c + CHANNELS) * xs_c + (ahead ? iy : 0) * xs_y + (ahead ? ix : 0);
      for (int i = 0; i < channels; i++, next += xs_c) {
        if (ahead && c + CHANNELS + i < ci) fetch_ahead(next, xs_y, row < rows - 1 ? 1 : min(ROWS, in_h - iy));
        accumulate(sum, pieces[i] + row, at, w + (c + i) * (KERNEL_Y * KERNEL_X * BLOCK));
      }
#pragma unroll
      for (int i = 0; i < PHASES * BLOCK * VECTORS; i++) (&sums[t][0][0][0])[i] = (&sum[0][0][0])[i];
    }
  }
  y += y_offset + n * ys_n + (index_t)group * BLOCK * ys_c;
  for (int t = 0; t < rows * tiles; t++) {
    const int j = first + t / tiles, column = begin + t % tiles * (VECTORS * 16);
    if (is_special)
      for (int i = 0; i < PHASES * BLOCK * VECTORS * 16; i++) {
        const int o = i / 16 / VECTORS % BLOCK, phase = i / 16 / VECTORS / BLOCK, at = column + i % (16 * VECTORS);
        ((float *)sums[t])[i] =
            exact_output(x, xs_c, xs_y, xs_x, w, ci, o, (j + origin_y) * STRIDE_Y + PHASE_Y + phase / STRIDE_X,
                         (at + origin_x) * STRIDE_X + PHASE_X + phase % STRIDE_X, in_h, in_w, b[o]);
      }
    for (int ry = 0; ry < STRIDE_Y; ry++) {
      const int oy = j * STRIDE_Y + ry;
      for (int o = 0; o < BLOCK && oy < out_h; o++) {
        const float16 slope = (float16)(ACTIVATION == 6 ? b[groups * BLOCK + o] : 0.0f);
        for (int rx = 0; ACTIVATION != 0 && rx < STRIDE_X; rx++)
          for (int v = 0; v < VECTORS; v++)
            sums[t][ry * STRIDE_X + rx][o][v] = activate(sums[t][ry * STRIDE_X + rx][o][v], alpha, beta, slope);
        store_phases(sums[t], ry, o, y + o * ys_c + oy * ys_y + (index_t)column * STRIDE_X * ys_x, ys_x,
                     out_w - column * STRIDE_X);
      }
    }
  }
}

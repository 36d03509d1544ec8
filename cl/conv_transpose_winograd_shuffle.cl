/* Transposed convolution with large strides for CPUs, by Winograd's minimal filtering of all phases at once: as a
 * convolution to co * stride_y * STRIDE_X channels, whose outputs are then put side by side. Where a phase has two taps
 * along an axis, two outputs of it take three multiplications instead of four:
 *     a*g0 + b*g1 = (a-b)*g0 + b*(g0+g1),   b*g0 + c*g1 = b*(g0+g1) + (c-b)*g1
 * All phases share the differences of inputs. Place (y, x) stands for the outputs (y * stride_y - phase_y + ry,
 * x * STRIDE_X - phase_x + rx); a spot is 2 x 2 places; in registers are SPOTS spots of a line, a row of spots of an
 * image, times two vectors of lanes (see winograd_shuffle_weights.clh), times three products along x.
 *
 * -DSTRIDE_X: 4, 8 or 16; -DROOM: floats of private memory for the products' inputs; -DHELD: tiles of a work-item, at
 * most; -DWIDE: 0 or 1, registers hold 16 floats; -DDTYPE: of x and y, 1, 3 or 4; -DACTIVATION: see activation.clh.
 * Global size: (ceil(tiles of a line / each), lines of all images, groups * ceil(blocks / sets)), local (1, 1, 1). A
 * work-item makes `each` tiles of a line for `sets` blocks of two vectors.
 * x, y: strides xs_*, ys_*. u: [group][block][3 along y][ci][3 along x][2][16]; w: [group][ky][ci][kx][co], b:
 * [group][co], with prelu followed by the slopes, likewise. origin: pad / stride rounded down, phase: what is left.
 * An output that is infinite or NaN, as all are that an infinity, a NaN or a sum that overflows touches, is summed tap
 * by tap, from x and w. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DSTRIDE_X=8 -DROOM=65536 -DHELD=16 -DWIDE=1 -DACTIVATION=0
// check: -DCLUP_INDEX64=1 -DDTYPE=3 -DSTRIDE_X=4 -DROOM=65536 -DHELD=16 -DWIDE=1 -DACTIVATION=6
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DSTRIDE_X=16 -DROOM=65536 -DHELD=16 -DWIDE=0 -DACTIVATION=3
#include "common.clh"
#include "cpu_vector.clh"
#include "dtype.clh"
#if !defined(STRIDE_X) || !defined(ROOM) || !defined(HELD) || !defined(WIDE)
#error "STRIDE_X, ROOM, HELD and WIDE must be set"
#endif
#define STREAM 0
#include "store_rows.clh"
typedef float16 act_t;
#include "activation.clh"
#include "winograd_shuffle_weights.clh"
#define SPOTS 4
#define PLACES (2 * SPOTS)
#define ROWS (16 / STRIDE_X) /* of outputs, in a vector */
#define PARTS (3 * SPOTS)

/* A tile's products of all input channels, for one of three along y, added up along x: outputs [place][vector].
 * Inlined, so that the sums stay in registers: of all three products along x and both vectors with WIDE, else one of each
 * at a time. */
static inline __attribute__((always_inline)) void multiply(float16 *to, const float *v, __global const float *u,
                                                           int ci) {
  float16 sum[3][SPOTS][2];
#if WIDE
#pragma unroll
  for (int i = 0; i < 6 * SPOTS; i++) (&sum[0][0][0])[i] = (float16)(0.0f);
  for (int c = 0; c < ci; c++) {
#pragma unroll
    for (int ix = 0; ix < 3; ix++) {
      const float16 low = *(__global const float16 *)(u + 32 * ix),
                    high = *(__global const float16 *)(u + 32 * ix + 16);
#pragma unroll
      for (int s = 0; s < SPOTS; s++) {
        const float16 in = (float16)(v[ix * SPOTS + s]);
        sum[ix][s][0] = fma(in, low, sum[ix][s][0]);
        sum[ix][s][1] = fma(in, high, sum[ix][s][1]);
      }
    }
    u += 96;
    v += PARTS;
  }
#else
  for (int i = 0; i < 6; i++) {
    float16 part[SPOTS];
#pragma unroll
    for (int s = 0; s < SPOTS; s++) part[s] = (float16)(0.0f);
    for (int c = 0; c < ci; c++) {
      const float16 weight = *(__global const float16 *)(u + 96 * c + 16 * i);
#pragma unroll
      for (int s = 0; s < SPOTS; s++)
        part[s] = fma((float16)(v[PARTS * c + i / 2 * SPOTS + s]), weight, part[s]);
    }
#pragma unroll
    for (int s = 0; s < SPOTS; s++) sum[i / 2][s][i % 2] = part[s];
  }
#endif
#pragma unroll
  for (int i = 0; i < 2 * SPOTS; i++) {
    const int s = i / 2, j = i % 2;
    to[(2 * s) * 2 + j] = sum[0][s][j] + sum[1][s][j];
    to[(2 * s + 1) * 2 + j] = sum[1][s][j] + sum[2][s][j];
  }
}

/* The lanes of a place, tap by tap. row: of the first lane; ty, tx: the output of its phase 0, padding added. */
CLUP_APART void exact(float16 *to, __global const stored_t *x, index_t xs_c, index_t xs_y, index_t xs_x,
                  __global const float *w, int ci, int co, int row, int ty, int tx, int in_h, int in_w, int kh, int kw,
                  int stride_y, __global const float *bias) {
#pragma unroll 1
  for (int l = 0; l < 16 && row + l / STRIDE_X < co * stride_y; l++) {
    const int o = (row + l / STRIDE_X) / stride_y, ry = (row + l / STRIDE_X) % stride_y, rx = l % STRIDE_X;
    float sum = bias[o];
#pragma unroll 1
    for (int ky = ry; ky < kh; ky += stride_y)
#pragma unroll 1
      for (int kx = rx; kx < kw; kx += STRIDE_X) {
        const int iy = (ty + ry - ky) / stride_y, ix = (tx + rx - kx) / STRIDE_X;
        if (ty + ry < ky || iy >= in_h || tx + rx < kx || ix >= in_w) continue;
#pragma unroll 1
        for (int c = 0; c < ci; c++)
          sum = fma(load_real(x + c * xs_c + iy * xs_y + ix * xs_x), w[(((long)ky * ci + c) * kw + kx) * co + o], sum);
      }
    ((float *)to)[l] = sum;
  }
}

/* 8 elements of each, element by element: Oclgrind does not know halves of a vector. */
#if STRIDE_X < 16
static inline float16 low_halves(float16 a, float16 b) {
  return (float16)(a.s0, a.s1, a.s2, a.s3, a.s4, a.s5, a.s6, a.s7, b.s0, b.s1, b.s2, b.s3, b.s4, b.s5, b.s6, b.s7);
}
static inline float16 high_halves(float16 a, float16 b) {
  return (float16)(a.s8, a.s9, a.sa, a.sb, a.sc, a.sd, a.se, a.sf, b.s8, b.s9, b.sa, b.sb, b.sc, b.sd, b.se, b.sf);
}
#endif
#if STRIDE_X == 4
static inline float16 even_quarters(float16 a, float16 b) {
  return (float16)(a.s0, a.s1, a.s2, a.s3, a.s8, a.s9, a.sa, a.sb, b.s0, b.s1, b.s2, b.s3, b.s8, b.s9, b.sa, b.sb);
}
static inline float16 odd_quarters(float16 a, float16 b) {
  return (float16)(a.s4, a.s5, a.s6, a.s7, a.sc, a.sd, a.se, a.sf, b.s4, b.s5, b.s6, b.s7, b.sc, b.sd, b.se, b.sf);
}
#endif

/* The vectors of PLACES places, two apart, as ROWS rows of PLACES * STRIDE_X outputs. */
static inline __attribute__((always_inline)) void to_rows(const float16 *from, float16 rows[ROWS][STRIDE_X / 2 + 1]) {
#pragma unroll
  for (int i = 0; i < STRIDE_X / 2; i++) {
    const float16 *in = from + i * ROWS * 2;
#if STRIDE_X == 16
    rows[0][i] = in[0];
#elif STRIDE_X == 8
    rows[0][i] = low_halves(in[0], in[2]);
    rows[1][i] = high_halves(in[0], in[2]);
#else
    const float16 a = low_halves(in[0], in[2]), b = low_halves(in[4], in[6]);
    const float16 c = high_halves(in[0], in[2]), d = high_halves(in[4], in[6]);
    rows[0][i] = even_quarters(a, b);
    rows[1][i] = odd_quarters(a, b);
    rows[2][i] = even_quarters(c, d);
    rows[3][i] = odd_quarters(c, d);
#endif
  }
}

/* Of a row's vectors, and one more that is read, the elements `first` ... `past` - 1. past_caches: of f32, whole lines
 * go there. */
static inline __attribute__((always_inline)) void store_row(const float16 *row, int first, int past,
                                                            __global stored_t *to, index_t ys_x, bool past_caches) {
  if (ys_x == 1 && past - first == PLACES * STRIDE_X) {
    const bool stream = past_caches && ((size_t)to & (LINE_BYTES - 1)) == 0;
#pragma unroll
    for (int i = 0; i < STRIDE_X / 2; i++) {
      if (stream)
        stream16(row[i], (__global float *)(to + 16 * i));
      else
        store_real16(row[i], to + 16 * i);
    }
    return;
  }
  const float *from = (const float *)row;
  int i = first;
  for (; ys_x == 1 && i + 16 <= past; i += 16) store_real16(*(const loose_float16_t *)(from + i), to + i);
  if (ys_x == 1 && i < past) out_some(*(const loose_float16_t *)(from + i), past - i, to + i);
  for (; ys_x != 1 && i < past; i++) store_real(from[i], to + i * ys_x);
}

/* The inputs of a tile's products for one channel: [3 along y][3 along x][SPOTS], `step` apart along y. */
static inline void subtract(__global const stored_t *x, index_t xs_y, index_t xs_x, int iy, int ix, int in_h, int in_w,
                            float *to, int step) {
  float rows[3][2 * SPOTS + 1], sums[3][2 * SPOTS + 1];
  for (int i = 0; i < 3; i++) {
    const bool inside = iy + i >= 0 && iy + i < in_h;
    for (int k = 0; k <= 2 * SPOTS; k++)
      rows[i][k] = inside && ix + k >= 0 && ix + k < in_w ? load_real(x + (iy + i) * xs_y + (ix + k) * xs_x) : 0.0f;
  }
  for (int k = 0; k <= 2 * SPOTS; k++) {
    sums[0][k] = rows[0][k] - rows[1][k];
    sums[1][k] = rows[1][k];
    sums[2][k] = rows[2][k] - rows[1][k];
  }
  for (int i = 0; i < 3; i++, to += step) {
    for (int s = 0; s < SPOTS; s++) {
      to[s] = sums[i][2 * s] - sums[i][2 * s + 1];
      to[SPOTS + s] = sums[i][2 * s + 1];
      to[2 * SPOTS + s] = sums[i][2 * s + 2] - sums[i][2 * s + 1];
    }
  }
}

CLUP_KERNEL void clup_conv_transpose_winograd_shuffle(
    __global const stored_t *x, long x_offset, __global stored_t *y, long y_offset, __global const float *w,
    long w_offset, __global const float *b, long b_offset, __global const float *u, long u_offset, index_t xs_n,
    index_t xs_c, index_t xs_y, index_t xs_x, index_t ys_n, index_t ys_c, index_t ys_y, index_t ys_x, int ci, int co,
    int groups, int blocks, int sets, int tiles, int each, int lines, int in_h, int in_w, int out_h, int out_w, int kh,
    int kw, int stride_y, int origin_y, int origin_x, int phase_y, int phase_x, float alpha, float beta,
    int past_caches) {
  if (warming_up(x_offset)) return;
  const int first = (int)get_global_id(0) * each, count = min(each, tiles - first);
  const int n = (int)get_global_id(1) / lines, line = (int)get_global_id(1) % lines * 2; /* its first row of places */
  const int parts = (blocks + sets - 1) / sets, group = (int)get_global_id(2) / parts;
  const int begin = (int)get_global_id(2) % parts * sets;
  x += x_offset + n * xs_n + (index_t)group * ci * xs_c;
  y += y_offset + n * ys_n + (index_t)group * co * ys_c;
  w += w_offset + (long)group * kh * kw * ci * co;
  b += b_offset + group * co;

  float v[ROOM]; /* [3 along y][tile][ci][3 along x][SPOTS] */
  for (int i = 0; i < count * ci; i++)
    subtract(x + i % ci * xs_c, xs_y, xs_x, line + origin_y - 1, (first + i / ci) * PLACES + origin_x - 1, in_h, in_w,
             v + i * PARTS, count * ci * PARTS);
  float16 held[HELD][PLACES][2]; /* what the first row of places, then the second one, has until now */
  for (int block = begin; block < min(begin + sets, blocks); block++) {
    __global const float *weights = u + u_offset + (long)(group * blocks + block) * 9 * ci * 32;
    const int first_row = block * 2 * ROWS;
    float16 bias[2], slope[2];
    for (int l = 0; l < 32; l++) {
      const int o = min((first_row + l / STRIDE_X) / stride_y, co - 1);
      ((float *)bias)[l] = b[o];
      ((float *)slope)[l] = ACTIVATION == 6 ? b[groups * co + o] : 0.0f;
    }
    for (int part = 0; part < 3; part++) {
      const int py = line + part - 1, top = py * stride_y - phase_y;
      for (int t = 0; t < count; t++) {
        float16 sums[PLACES][2];
        multiply(&sums[0][0], v + (part * count + t) * ci * PARTS, weights + part * ci * 96, ci);
        if (part == 0) {
#pragma unroll
          for (int i = 0; i < 2 * PLACES; i++) held[t][i / 2][i % 2] = sums[i / 2][i % 2] + bias[i % 2];
          continue;
        }
        float16 check[4] = {0.0f, 0.0f, 0.0f, 0.0f};
#pragma unroll
        for (int i = 0; i < 2 * PLACES; i++) {
          const float16 sum = sums[i / 2][i % 2], whole = held[t][i / 2][i % 2] + sum;
          held[t][i / 2][i % 2] = sum + bias[i % 2];
          check[i % 4] = fma(whole, (float16)(0.0f), check[i % 4]);
          sums[i / 2][i % 2] = whole;
        }
        const bool special = any_nan16(check[0] + check[1] + (check[2] + check[3]));
        const int left = (first + t) * PLACES * STRIDE_X - phase_x, past = min(PLACES * STRIDE_X, out_w - left);
        const int skipped = max(0, -left);
        if (top >= out_h || past <= skipped) continue;
        for (int i = 0; special && i < 2 * PLACES; i++)
          if (any_nan16(sums[i / 2][i % 2] * 0.0f))
            exact(&sums[i / 2][i % 2], x, xs_c, xs_y, xs_x, w, ci, co, first_row + i % 2 * ROWS,
                  (py + origin_y) * stride_y, ((first + t) * PLACES + i / 2 + origin_x) * STRIDE_X, in_h, in_w, kh, kw,
                  stride_y, b);
#pragma unroll
        for (int j = 0; j < 2; j++) {
          for (int i = 0; ACTIVATION != 0 && i < PLACES; i++) sums[i][j] = activate(sums[i][j], alpha, beta, slope[j]);
          float16 rows[ROWS][STRIDE_X / 2 + 1]; /* the last one is read, not stored */
          for (int r = 0; r < ROWS; r++) rows[r][STRIDE_X / 2] = (float16)(0.0f);
          to_rows(&sums[0][j], rows);
#pragma unroll
          for (int r = 0; r < ROWS; r++) {
            const int row = first_row + j * ROWS + r, o = row / stride_y, oy = top + row % stride_y;
            if (o < co && oy >= 0 && oy < out_h)
              store_row(rows[r], skipped, past, y + o * ys_c + oy * ys_y + left * ys_x, ys_x, past_caches);
          }
        }
      }
    }
  }
}

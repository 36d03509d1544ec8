/* Transposed convolution for CPUs. A tile is VECTORS*WIDTH*STRIDE consecutive outputs of one row, for BLOCK output
 * channels, in registers: output x = STRIDE*j + r (phase r) takes the taps kx with (r + pad - kx*dilation) % STRIDE == 0 from
 * input j + (r + pad - kx*dilation)/STRIDE, so a vector over j is a plain load and no inserted zero is multiplied.
 * A work-item makes the tiles of up to SETS blocks of channels, `chunk` input channels at a time: inputs then come from
 * the nearest cache for all but the first.
 *
 * -DSTRIDE -DKERNEL -DDILATION: along x; -DPHASE: pad % STRIDE; -DBLOCK: channels, 1..16; -DWIDTH: 4, 8 or 16 columns;
 * -DVECTORS of them; -DSETS; -DDTYPE: of y, 1, 3 or 4; -DACTIVATION: see activation.clh.
 * Global size: (segments of VECTORS*WIDTH columns, out_d * out_h, N * groups * ceil(blocks / SETS)), local (1, 1, 1).
 * x: rows of unit stride, strides xs_n, xs_c, xs_z, xs_y; every load of a segment lies within the row (the host pads rows where it
 * would not). y: strides ys_*. xs_s: from one segment of columns to the next; shift: the input of its first column at tap offset 0, counted from its beginning.
 * w: packed [group][block][kz][ky][ci][kx][BLOCK], b: [group][blocks*BLOCK], with prelu followed by the slopes, likewise; special: [group][block], not 0 where a weight is
 * infinite or NaN. origin: the input column of j = 0 at tap offset 0. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DSTRIDE=2 -DKERNEL=4 -DDILATION=1 -DPHASE=1 -DBLOCK=8 -DWIDTH=16 -DVECTORS=2 -DSETS=4 -DACTIVATION=0
// check: -DCLUP_INDEX64=1 -DDTYPE=1 -DSTRIDE=1 -DKERNEL=3 -DDILATION=2 -DPHASE=0 -DBLOCK=16 -DWIDTH=8 -DVECTORS=2 -DSETS=1 -DACTIVATION=1
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DSTRIDE=8 -DKERNEL=16 -DDILATION=1 -DPHASE=4 -DBLOCK=3 -DWIDTH=4 -DVECTORS=2 -DSETS=1 -DACTIVATION=2
// check: -DCLUP_INDEX64=0 -DDTYPE=3 -DSTRIDE=2 -DKERNEL=4 -DDILATION=1 -DPHASE=1 -DBLOCK=2 -DWIDTH=16 -DVECTORS=1 -DSETS=1 -DACTIVATION=6
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DSTRIDE=1 -DKERNEL=3 -DDILATION=1 -DPHASE=0 -DBLOCK=2 -DWIDTH=8 -DVECTORS=1 -DSETS=1 -DACTIVATION=6
#include "common.clh"
#include "dtype.clh"
#include "interleave.clh"
#if !defined(STRIDE) || !defined(KERNEL) || !defined(DILATION) || !defined(PHASE) || !defined(BLOCK) || !defined(WIDTH) || \
    !defined(VECTORS) || !defined(SETS)
#error "STRIDE, KERNEL, DILATION, PHASE, BLOCK, WIDTH, VECTORS and SETS must be set"
#endif

#if WIDTH == 16
typedef float16 vec;
typedef int16 ivec;
#define LANE ((int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
static inline vec load(__global const float *p) { return vload16(0, p); }
static inline void store(vec v, __private float *p) { vstore16(v, 0, p); }
static inline void store_phases(const vec *phases, __global stored_t *p) {
  vec row[STRIDE];
  interleave(phases, STRIDE, row);
#pragma unroll
  for (int i = 0; i < STRIDE; i++) store_real16(row[i], p + 16 * i);
}
#elif WIDTH == 8
typedef float8 vec;
typedef int8 ivec;
#define LANE ((int8)(0, 1, 2, 3, 4, 5, 6, 7))
static inline vec load(__global const float *p) { return vload8(0, p); }
static inline void store(vec v, __private float *p) { vstore8(v, 0, p); }
static inline void store_phases(const vec *phases, __global stored_t *p) {
  const vec a = phases[0], b = phases[STRIDE - 1];
  if (STRIDE == 1)
    vstore8(a, 0, (__global float *)p);
  else
    store_real16((float16)(a.s0, b.s0, a.s1, b.s1, a.s2, b.s2, a.s3, b.s3, a.s4, b.s4, a.s5, b.s5, a.s6, b.s6, a.s7, b.s7), p);
}
#else
typedef float4 vec;
typedef int4 ivec;
#define LANE ((int4)(0, 1, 2, 3))
static inline vec load(__global const float *p) { return vload4(0, p); }
static inline void store(vec v, __private float *p) { vstore4(v, 0, p); }
static inline void store_phases(const vec *phases, __global stored_t *p) {
  const vec a = phases[0], b = phases[STRIDE - 1];
  if (STRIDE == 1)
    vstore4(a, 0, (__global float *)p);
  else
    vstore8((float8)(a.s0, b.s0, a.s1, b.s1, a.s2, b.s2, a.s3, b.s3), 0, (__global float *)p);
}
#endif
/* Whether a vector of columns is stored whole: up to two phases where it is short, and of other dtypes than float 16
 * elements. */
#define WHOLE (WIDTH == 16 || (STRIDE <= 2 && (DTYPE == 1 || WIDTH * STRIDE >= 16)))

typedef vec act_t;
#include "activation.clh"

#define TILE (VECTORS * STRIDE) /* vectors per channel: [vector][phase] */

/* The first tap from k on that reaches place `at`, counted from the padding's beginning: at - k * dilation is a multiple of
 * the stride. Those that do are as far apart as the first from 1 on that reaches 0 is. */
static inline int next_tap(int k, int at, int stride, int dilation) {
  for (int end = k + stride; k < end; k++)
    if ((at - k * dilation) % stride == 0) return k;
  return INT_MAX / 2; /* none does */
}

/* One row of inputs over `ci` channels, inlined so that the sums stay in registers: a weight is loaded once for all
 * VECTORS, an input vector once for all channels. */
static inline __attribute__((always_inline)) void accumulate(vec sum[TILE][BLOCK], __global const float *row,
                                                             index_t xs_c, __global const float *taps, int ci) {
  for (int c = 0; c < ci; c++) {
#pragma unroll
    for (int kx = 0; kx < KERNEL; kx++) {
#pragma unroll
      for (int r = 0; r < STRIDE; r++) {
        if ((r + PHASE - kx * DILATION) % STRIDE == 0) {
          vec in[VECTORS];
#pragma unroll
          for (int v = 0; v < VECTORS; v++) in[v] = load(row + (r + PHASE - kx * DILATION) / STRIDE + v * WIDTH);
#pragma unroll
          for (int o = 0; o < BLOCK; o++) {
            vec tap = (vec)(taps[kx * BLOCK + o]);
#pragma unroll
            for (int v = 0; v < VECTORS; v++) sum[v * STRIDE + r][o] = fma(in[v], tap, sum[v * STRIDE + r][o]);
          }
        }
      }
    }
    row += xs_c;
    taps += KERNEL * BLOCK;
  }
}

/* The same where weights are infinite or NaN: lanes that read padding are left alone, since 0 * infinity would not be;
 * at is the input column of lane 0 at tap offset 0. Rare, so not unrolled. */
static void accumulate_special(vec sum[TILE][BLOCK], __global const float *row, index_t xs_c,
                               __global const float *taps, int ci, int at, int in_w) {
  for (int i = 0; i < ci * KERNEL * STRIDE; i++) {
    const int r = i % STRIDE, kx = i / STRIDE % KERNEL, c = i / STRIDE / KERNEL, offset = r + PHASE - kx * DILATION;
    if (offset % STRIDE != 0) continue;
    for (int v = 0; v < VECTORS; v++) {
      const vec in = load(row + c * xs_c + offset / STRIDE + v * WIDTH);
      const ivec column = LANE + (at + offset / STRIDE + v * WIDTH);
      for (int o = 0; o < BLOCK; o++) {
        const vec added = fma(in, (vec)(taps[(c * KERNEL + kx) * BLOCK + o]), sum[v * STRIDE + r][o]);
        sum[v * STRIDE + r][o] = select(sum[v * STRIDE + r][o], added, (column >= 0) & (column < in_w));
      }
    }
  }
}

/* The first `valid` outputs of one vector of columns. */
static inline void store_segment(vec sum[TILE][BLOCK], const int v, const int o, __global stored_t *y, index_t ys_x,
                                 int valid) {
  if (WHOLE && ys_x == 1 && valid >= WIDTH * STRIDE) {
    vec phases[STRIDE];
#pragma unroll
    for (int r = 0; r < STRIDE; r++) phases[r] = sum[v * STRIDE + r][o];
    store_phases(phases, y);
    return;
  }
  float lanes[STRIDE][WIDTH];
  for (int r = 0; r < STRIDE; r++) store(sum[v * STRIDE + r][o], lanes[r]);
  for (int i = 0; i < min(valid, WIDTH * STRIDE); i++) store_real(lanes[i % STRIDE][i / STRIDE], y + i * ys_x);
}

CLUP_KERNEL void clup_conv_transpose_phase(
    __global const float *x, long x_offset, __global stored_t *y, long y_offset, __global const float *w, long w_offset,
    __global const float *b, long b_offset, __global const int *special, long special_offset, index_t xs_n, index_t xs_c,
    index_t xs_z, index_t xs_y, index_t xs_s, index_t ys_n, index_t ys_c, index_t ys_z, index_t ys_y, index_t ys_x,
    int shift, int origin, int batch, int ci, int co, int groups, int blocks, int in_d, int in_h, int in_w, int out_d,
    int out_h, int out_w, int kd, int kh, int stride_z, int stride_y, int pad_z, int pad_y, int dilation_z,
    int dilation_y, float alpha, float beta, int chunk) {
  if (warming_up(x_offset)) return;
  (void)batch, (void)out_d; /* the arguments are those of conv_transpose_channels */
  int column = (int)get_global_id(0) * (VECTORS * WIDTH), oy = (int)get_global_id(1) % out_h, oz = (int)get_global_id(1) / out_h;
  int shares = (blocks + SETS - 1) / SETS, rest = (int)get_global_id(2) / shares;
  int first = (int)get_global_id(2) % shares * SETS, sets = min(SETS, blocks - first);
  int group = rest % groups, n = rest / groups;
  const long tap_count = (long)kd * kh * ci * (KERNEL * BLOCK); /* of a block */
  x += x_offset + n * xs_n + group * ci * xs_c + (int)get_global_id(0) * xs_s + shift;
  w += w_offset + (group * blocks + first) * tap_count;
  b += b_offset + (group * blocks + first) * BLOCK;
  __global const float *slopes = b + groups * blocks * BLOCK; /* with prelu */
  special += special_offset + group * blocks + first;

  const int first_z = next_tap(0, oz + pad_z, stride_z, dilation_z), first_y = next_tap(0, oy + pad_y, stride_y, dilation_y);
  const int step_z = next_tap(1, 0, stride_z, dilation_z), step_y = next_tap(1, 0, stride_y, dilation_y);

  vec sums[SETS][TILE][BLOCK];
  for (int s = 0; s < sets; s++)
    for (int t = 0; t < TILE; t++)
      for (int o = 0; o < BLOCK; o++) sums[s][t][o] = (vec)(b[s * BLOCK + o]);
  for (int begin = 0; begin < ci; begin += chunk) {
    const int count = min(chunk, ci - begin);
    for (int s = 0; s < sets; s++) {
      if (special[s] != 0) continue;
      vec sum[TILE][BLOCK];
#pragma unroll
      for (int i = 0; i < TILE * BLOCK; i++) (&sum[0][0])[i] = (&sums[s][0][0])[i];
      for (int kz = first_z; kz < kd; kz += step_z)
        for (int ky = first_y; ky < kh; ky += step_y) {
          const int iz = (oz + pad_z - kz * dilation_z) / stride_z, iy = (oy + pad_y - ky * dilation_y) / stride_y;
          if (iz < 0 || iz >= in_d || iy < 0 || iy >= in_h) continue;
          __global const float *row = x + iz * xs_z + iy * xs_y + begin * xs_c;
          __global const float *taps = w + s * tap_count + ((long)(kz * kh + ky) * ci + begin) * (KERNEL * BLOCK);
          accumulate(sum, row, xs_c, taps, count);
        }
#pragma unroll
      for (int i = 0; i < TILE * BLOCK; i++) (&sums[s][0][0])[i] = (&sum[0][0])[i];
    }
  }

  for (int s = 0; s < sets; s++)
    for (int kz = first_z; special[s] != 0 && kz < kd; kz += step_z)
      for (int ky = first_y; ky < kh; ky += step_y) {
        const int iz = (oz + pad_z - kz * dilation_z) / stride_z, iy = (oy + pad_y - ky * dilation_y) / stride_y;
        if (iz < 0 || iz >= in_d || iy < 0 || iy >= in_h) continue;
        accumulate_special(sums[s], x + iz * xs_z + iy * xs_y, xs_c,
                           w + s * tap_count + (long)(kz * kh + ky) * ci * (KERNEL * BLOCK), ci, column + origin, in_w);
      }

  y += y_offset + n * ys_n + (index_t)(group * co + first * BLOCK) * ys_c + oz * ys_z + oy * ys_y + column * STRIDE * ys_x;
  for (int s = 0; s < sets; s++) {
    const int channels = min(BLOCK, co - (first + s) * BLOCK);
    for (int o = 0; o < channels; o++) {
      if (ACTIVATION != 0) {
        const vec slope = (vec)(ACTIVATION == 6 ? slopes[s * BLOCK + o] : 0.0f);
        for (int t = 0; t < TILE; t++) sums[s][t][o] = activate(sums[s][t][o], alpha, beta, slope);
      }
#pragma unroll
      for (int v = 0; v < VECTORS; v++)
        store_segment(sums[s], v, o, y + (s * BLOCK + o) * ys_c + v * (WIDTH * STRIDE) * ys_x, ys_x,
                      out_w - (column + v * WIDTH) * STRIDE);
    }
  }
}

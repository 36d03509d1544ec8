/* Transposed convolution to few output channels, for CPUs, by Winograd's minimal filtering along y: OUTPUTS outputs of a
 * phase with TAPS_Y taps take PARTS = OUTPUTS + TAPS_Y - 1 multiplications instead of OUTPUTS * TAPS_Y. Phases along y are
 * those of an output's place with padding added, so that all of them begin with the same input; a band is OUTPUTS outputs
 * of each. A work-item makes `bands` bands of `tiles` tiles, VECTORS*16 outputs of each phase along x. For `chunk` input
 * channels at a time it makes the sums and differences of rows (planes), then adds what they give to each of a tile's
 * components, in registers for AT_ONCE phases along y, all along x, and all channels. Outputs are sums of components.
 *
 * -DSTRIDE_Y -DSTRIDE_X -DKERNEL_Y -DKERNEL_X: no dilation, KERNEL_Y a multiple of STRIDE_Y; -DPHASE_X: pad modulo stride
 * -DBLOCK: output channels of a group, all of them; -DVECTORS; -DAT_ONCE: divides STRIDE_Y; -DOUTPUTS
 * -DROOM: vectors of planes, at least chunk * PARTS * pitch / 16 + VECTORS + 1; -DPRODUCTS: vectors of components,
 * bands * tiles * (those of a tile) at most
 * -DINPUT_FACTORS, -DOUTPUT_FACTORS: {{...}...}: of each input in a plane, of each component in an output, in 512ths
 * -DDTYPE: of x and y, 1, 3 or 4; -DACTIVATION: see activation.clh
 * Global size: (ceil(columns / (tiles*VECTORS*16)), ceil(all_bands / bands), N * groups), local (1, 1, 1).
 * x, y: strides xs_*, ys_*. u: [group][component][STRIDE_Y / AT_ONCE][ci][kx][AT_ONCE][BLOCK]; w: [group][ci][ky][kx][BLOCK],
 * b: [group][BLOCK], with prelu followed by the slopes, likewise. An output that is infinite or NaN is summed tap by
 * tap, from x and w. origin: pad / stride rounded down. pitch: floats of a plane's row, a multiple of 16, from LEAD
 * columns before the first one on; where it ends before the last taps', all beyond is 0, as before the next row.
 * whole: a work-item makes all of an image, whose elements lie one after another; past_caches: of f32, whole lines go
 * there. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DSTRIDE_Y=3 -DSTRIDE_X=3 -DKERNEL_Y=9 -DKERNEL_X=9 -DPHASE_X=0 -DBLOCK=1 -DVECTORS=2 -DAT_ONCE=3 -DROOM=64 -DPRODUCTS=256 -DACTIVATION=0 -DOUTPUTS=2 -DINPUT_FACTORS={{-512,0,512,0},{0,512,512,0},{0,-512,512,0},{0,-512,0,512}} -DOUTPUT_FACTORS={{512,512,512,0},{0,512,-512,512}}
// check: -DCLUP_INDEX64=1 -DDTYPE=3 -DSTRIDE_Y=2 -DSTRIDE_X=2 -DKERNEL_Y=4 -DKERNEL_X=4 -DPHASE_X=1 -DBLOCK=3 -DVECTORS=2 -DAT_ONCE=2 -DROOM=64 -DPRODUCTS=256 -DACTIVATION=6 -DOUTPUTS=3 -DINPUT_FACTORS={{-512,0,512,0},{0,512,512,0},{0,-512,512,0},{0,-512,0,512}} -DOUTPUT_FACTORS={{512,512,512,0},{0,512,-512,0},{0,512,512,512}}
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DSTRIDE_Y=4 -DSTRIDE_X=1 -DKERNEL_Y=8 -DKERNEL_X=3 -DPHASE_X=0 -DBLOCK=3 -DVECTORS=4 -DAT_ONCE=1 -DROOM=64 -DPRODUCTS=256 -DACTIVATION=1 -DOUTPUTS=3 -DINPUT_FACTORS={{-512,0,512,0},{0,512,512,0},{0,-512,512,0},{0,-512,0,512}} -DOUTPUT_FACTORS={{512,512,512,0},{0,512,-512,0},{0,512,512,512}}
#include "common.clh"
#include "cpu_vector.clh"
#include "dtype.clh"
#if !defined(STRIDE_Y) || !defined(STRIDE_X) || !defined(KERNEL_Y) || !defined(KERNEL_X) || !defined(PHASE_X) ||  \
    !defined(BLOCK) || !defined(VECTORS) || !defined(AT_ONCE) || !defined(OUTPUTS) || !defined(ROOM) ||            \
    !defined(PRODUCTS) || !defined(INPUT_FACTORS) || !defined(OUTPUT_FACTORS)
#error "STRIDE_*, KERNEL_*, PHASE_X, BLOCK, VECTORS, AT_ONCE, OUTPUTS, ROOM, PRODUCTS and *_FACTORS must be set"
#endif
typedef float16 act_t;
#include "activation.clh"
#include "conv_transpose_exact.clh"
#include "interleave.clh"
#define STREAM 0
#include "store_rows.clh"
#include "take.clh"
#include "thin_reach.clh"

#define ORDER 1
#define MARK 1
#include "conv_transpose_pack.clh"
#define WIDTH (VECTORS * 16)         /* columns of a tile */
#define LEAD 16                      /* columns of planes before the first tile's */
#define TAPS_Y (KERNEL_Y / STRIDE_Y) /* of a phase */
#define PARTS (OUTPUTS + TAPS_Y - 1)
#define SETS (STRIDE_Y / AT_ONCE)                   /* of phases along y that are in registers at once */
#define SUMS (AT_ONCE * STRIDE_X * BLOCK * VECTORS) /* of a set of a component of a tile */
#define TAPS (KERNEL_X * AT_ONCE * BLOCK)           /* of a channel, that meet a plane at once */
#define OF_TILE (PARTS * SETS * SUMS)

/* Adds to one set of a component every tap on `channels` channels' planes, and fetches two lines for each, of what comes
 * later. Inlined, so that the sums stay in registers. */
static inline __attribute__((always_inline)) void multiply(const float *v, const int of_channel,
                                                           __global const float *u, const int channels,
                                                           const bool first, float16 *to,
                                                           __global const stored_t *later, const index_t step,
                                                           __global const stored_t *beside,
                                                           const index_t beside_step) {
  float16 sum[STRIDE_X][AT_ONCE * BLOCK][VECTORS];
#pragma unroll
  for (int i = 0; i < SUMS; i++) (&sum[0][0][0])[i] = first ? (float16)(0.0f) : to[i];
  for (int c = 0; c < channels; c++) {
    FETCH_FAR_AHEAD(later);
    FETCH_FAR_AHEAD(beside);
#pragma unroll
    for (int s = 0; s < SHIFTS; s++) {
      float16 in[VECTORS];
#pragma unroll
      for (int i = 0; i < VECTORS; i++) in[i] = *(const loose_float16_t *)(v + s + 16 * i);
#pragma unroll
      for (int rx = 0; rx < STRIDE_X; rx++) {
        const int kx = rx + PHASE_X - (s + LEAST_X) * STRIDE_X;
        if (kx < 0 || kx >= KERNEL_X) continue;
#pragma unroll
        for (int o = 0; o < AT_ONCE * BLOCK; o++) {
          const float16 tap = (float16)(u[kx * (AT_ONCE * BLOCK) + o]);
#pragma unroll
          for (int i = 0; i < VECTORS; i++) sum[rx][o][i] = fma(in[i], tap, sum[rx][o][i]);
        }
      }
    }
    v += of_channel;
    u += TAPS;
    later += step;
    beside += beside_step;
  }
#pragma unroll
  for (int i = 0; i < SUMS; i++) to[i] = (&sum[0][0][0])[i];
}

/* 16 columns of PARTS rows of inputs become those of planes. */
static inline __attribute__((always_inline)) void make_planes(const float16 *in, int pitch, float *v) {
  const int factor[PARTS][PARTS] = INPUT_FACTORS;
#pragma unroll
  for (int k = 0; k < PARTS; k++) {
    float16 sum = 0.0f;
    bool first = true;
#pragma unroll
    for (int i = 0; i < PARTS; i++) {
      if (factor[k][i] == 0) continue;
      const float16 by = (float16)(factor[k][i] / 512.0f);
      sum = first ? by * in[i] : fma(by, in[i], sum);
      first = false;
    }
    *(float16 *)(v + k * pitch) = sum;
  }
}

/* The planes of `channels` channels, `count` columns, all of them inside the image. A function of its own, as those that
 * follow, where registers are free for all addresses. */
CLUP_APART void make_inside(__global const stored_t *from, index_t xs_c, index_t xs_y, int channels, int count,
                            int pitch, float *v) {
  for (int c = 0; c < channels; c++, from += xs_c, v += PARTS * pitch)
    for (int j = 0; j < count; j += 16) {
      float16 in[PARTS];
#pragma unroll
      for (int i = 0; i < PARTS; i++) in[i] = load_real16(from + i * xs_y + j);
      make_planes(in, pitch, v + j);
    }
}

/* The same from `row` and `column` on, where rows or columns may be outside: 0. */
CLUP_APART void make_border(__global const stored_t *x, index_t xs_c, index_t xs_y, index_t xs_x, int row, int column,
                            int in_h, int in_w, int channels, int count, int pitch, float *v) {
#pragma unroll 1
  for (int c = 0; c < channels; c++, x += xs_c, v += PARTS * pitch)
#pragma unroll 1
    for (int j = 0; j < count; j += 16) {
      float16 in[PARTS];
#pragma unroll 1
      for (int i = 0; i < PARTS; i++)
        in[i] = row + i >= 0 && row + i < in_h ? take(x + (row + i) * xs_y, xs_x, column + j, in_w) : (float16)(0.0f);
      make_planes(in, pitch, v + j);
    }
}

/* 16 outputs of each phase along x of OUTPUTS rows, STRIDE_Y apart: [row][phase]. */
static inline __attribute__((always_inline)) void gather(const float16 *products, const float bias, float16 *to) {
  const int factor[OUTPUTS][PARTS] = OUTPUT_FACTORS;
#pragma unroll
  for (int rx = 0; rx < STRIDE_X; rx++) {
    float16 of[PARTS];
#pragma unroll
    for (int k = 0; k < PARTS; k++) of[k] = products[k * (SETS * SUMS) + rx * (AT_ONCE * BLOCK * VECTORS)];
#pragma unroll
    for (int i = 0; i < OUTPUTS; i++) {
      float16 sum = (float16)(bias);
#pragma unroll
      for (int k = 0; k < PARTS; k++)
        if (factor[i][k] != 0) sum = fma((float16)(factor[i][k] / 512.0f), of[k], sum);
      to[i * STRIDE_X + rx] = sum;
    }
  }
}

/* 16 outputs of a phase along y and of one along x: those that are not finite once more, tap by tap. */
CLUP_APART void exact_ones(float16 *to, __global const stored_t *x, index_t xs_c, index_t xs_y, index_t xs_x,
                           __global const float *w, int ci, int o, int ty, int tx, int in_h, int in_w, float bias) {
  float *lanes = (float *)to;
#pragma unroll 1
  for (int i = 0; i < 16; i++)
    if (!(fabs(lanes[i]) < INFINITY))
      lanes[i] = exact_output(x, xs_c, xs_y, xs_x, w, ci, o, ty, tx + i * STRIDE_X, in_h, in_w, bias);
}

/* The first `valid` of 16 * STRIDE_X outputs of a row: the x-phases side by side. */
static inline void store_phases(const float16 *phases, __global stored_t *y, index_t ys_x, int valid,
                                bool past_caches) {
  float16 row[STRIDE_X];
  interleave(phases, STRIDE_X, row);
#pragma unroll
  for (int m = 0; m < STRIDE_X; m++, y += 16 * ys_x, valid -= 16) {
    if (ys_x == 1 && valid >= 16)
      out_line(row[m], past_caches, y);
    else if (ys_x == 1 && valid > 0)
      out_some(row[m], valid, y);
    else
#pragma unroll 1
      for (int i = 0; i < min(valid, 16); i++) store_real(((const float *)(row + m))[i], y + i * ys_x);
  }
}

/* A band: oy and first_x are its first row and column. */
CLUP_APART void make_outputs(const float16 *products, int wide, int oy, int first_x, __global const stored_t *x,
                             __global stored_t *y, __global const float *w, __global const float *b, index_t xs_c,
                             index_t xs_y, index_t xs_x, index_t ys_c, index_t ys_y, index_t ys_x, int ci, int groups,
                             int in_h, int in_w, int out_h, int out_w, int pad_y, int pad_x, float alpha, float beta,
                             bool past_caches) {
  for (bool exact = false;; exact = true) {
    float16 check = 0.0f;
    for (int i = 0; i < STRIDE_Y * BLOCK * VECTORS * wide; i++) {
      const int py = i % STRIDE_Y, o = i / STRIDE_Y % BLOCK, at = i / (STRIDE_Y * BLOCK);
      const int ox = first_x + at * 16 * STRIDE_X;
      float16 outputs[OUTPUTS * STRIDE_X];
      gather(products + at / VECTORS * OF_TILE + py / AT_ONCE * SUMS + (py % AT_ONCE * BLOCK + o) * VECTORS +
                 at % VECTORS,
             b[o], outputs);
#pragma unroll
      for (int j = 0; j < OUTPUTS * STRIDE_X; j++) check = fma(outputs[j], 0.0f, check);
#pragma unroll 1
      for (int j = 0; exact && j < OUTPUTS * STRIDE_X; j++)
        exact_ones(outputs + j, x, xs_c, xs_y, xs_x, w, ci, o, oy + py + j / STRIDE_X * STRIDE_Y + pad_y,
                   ox + j % STRIDE_X + pad_x, in_h, in_w, b[o]);
      const float16 slope = (float16)(ACTIVATION == 6 ? b[groups * BLOCK + o] : 0.0f);
#pragma unroll 1
      for (int j = 0; ACTIVATION != 0 && j < OUTPUTS * STRIDE_X; j++)
        outputs[j] = activate(outputs[j], alpha, beta, slope);
#pragma unroll 1
      for (int j = 0; j < OUTPUTS; j++) {
        const int to = oy + j * STRIDE_Y + py;
        if (to >= 0 && to < out_h)
          store_phases(outputs + j * STRIDE_X, y + o * ys_c + to * ys_y + ox * ys_x, ys_x, out_w - ox, past_caches);
      }
    }
    if (exact || !any_nan16(check)) break;
  }
}

CLUP_KERNEL void clup_conv_transpose_winograd_thin(
    __global const stored_t *x, long x_offset, __global stored_t *y, long y_offset, __global const float *w,
    long w_offset, __global const float *b, long b_offset, __global const float *u, long u_offset, index_t xs_n,
    index_t xs_c, index_t xs_y, index_t xs_x, index_t ys_n, index_t ys_c, index_t ys_y, index_t ys_x, int ci, int groups,
    int in_h, int in_w, int out_h, int out_w, int pad_y, int pad_x, int origin_y, int origin_x, int all_bands, int tiles,
    int bands, int chunk, int pitch, int whole, float alpha, float beta, int past_caches) {
  if (warming_up(x_offset)) return;
  const int begin = (int)get_global_id(0) * tiles * WIDTH, columns = (out_w + STRIDE_X - 1) / STRIDE_X - begin;
  const int wide = min(tiles, (columns + WIDTH - 1) / WIDTH), first_band = (int)get_global_id(1) * bands;
  const int high = min(bands, all_bands - first_band), first = origin_y + first_band * OUTPUTS, row = first - (TAPS_Y - 1);
  const int group = (int)get_global_id(2) % groups, n = (int)get_global_id(2) / groups;
  x += x_offset + n * xs_n + (index_t)group * ci * xs_c;
  y += y_offset + n * ys_n + (index_t)group * BLOCK * ys_c;
  u += u_offset + (long)group * (PARTS * SETS) * ci * TAPS;
  w += w_offset + (long)group * ci * (KERNEL_Y * KERNEL_X * BLOCK);
  b += b_offset + group * BLOCK;

  float16 room[ROOM], products[PRODUCTS];
  const int of_channel = PARTS * pitch, zeros = max(0, LEAD - begin) & -16; /* columns before the image */
  const int column = begin - LEAD + zeros, count = min(pitch - zeros, (in_w - column + 15) & -16);
#pragma unroll 1
  for (int i = 0; i < chunk * of_channel / 16 + VECTORS + 1; i++) room[i] = 0.0f;
  float *v = (float *)room;
  /* What is fetched: of a whole image the next channels as they lie, and its outputs; else the next rows. */
  const int calls = high * wide * PARTS * SETS;
  const index_t step = whole ? xs_c / calls + 1 : xs_c, beside_step = whole ? BLOCK * ys_c / (calls * ci) + 1 : xs_c;
  const bool more = columns > wide * WIDTH;
  const int next_row = more ? row : row + high * OUTPUTS, next_column = more ? begin + wide * WIDTH : 0;
  __global const stored_t *beside = y;
  for (int c = 0; c < ci; c += chunk) {
    const int channels = min(chunk, ci - c);
    const bool last = c + chunk >= ci;
    __global const stored_t *later = x + (c + chunk) * xs_c;
    for (int band = 0; band < high; band++) {
      const int at = row + band * OUTPUTS;
      const bool rows_inside = xs_x == 1 && at >= 0 && at + PARTS <= in_h && column >= 0;
      const int inside = rows_inside ? min(count, (in_w - column) & -16) : 0;
      if (inside > 0)
        make_inside(x + c * xs_c + at * xs_y + column, xs_c, xs_y, channels, inside, pitch, v + zeros);
      if (count > inside)
        make_border(x + c * xs_c, xs_c, xs_y, xs_x, at, column + inside, in_h, in_w, channels, count - inside, pitch,
                    v + zeros + inside);
      float16 *of = products + band * wide * OF_TILE;
      for (int i = 0; i < wide * PARTS * SETS; i++) {
        const int t = i / (PARTS * SETS), k = i % (PARTS * SETS);
        if (!whole) {
          const int from = clamp((last ? next_row + band * OUTPUTS : at) + k / SETS, 0, in_h - 1);
          later = x + (last ? 0 : c + chunk) * xs_c + from * xs_y +
                  min((last ? next_column : begin) + t * WIDTH, in_w - 1) * xs_x;
          beside = later + 64 / (int)sizeof(stored_t);
        }
        multiply(v + k / SETS * pitch + LEAD + origin_x + LEAST_X + t * WIDTH, of_channel, u + (k * (long)ci + c) * TAPS,
                 channels, c == 0, of + i * SUMS, later, step, beside, beside_step);
        later += channels * step;
        beside += channels * beside_step;
      }
      if (last)
        make_outputs(of, wide, (first + band * OUTPUTS) * STRIDE_Y - pad_y, begin * STRIDE_X, x, y, w, b, xs_c, xs_y, xs_x,
                     ys_c, ys_y, ys_x, ci, groups, in_h, in_w, out_h, out_w, pad_y, pad_x, alpha, beta, past_caches);
    }
  }
}

/* Packs the weights as conv_transpose_pack does, and makes their sums for each component along y.
 * spread: [PARTS][TAPS_Y], factors of taps, in the order of the inputs that they meet. */
CLUP_KERNEL void clup_conv_transpose_winograd_thin_weights(
    __global const stored_t *raw, long raw_offset, __global const stored_t *raw_bias, long raw_bias_offset,
    __global const stored_t *raw_slope, long raw_slope_offset, __global work_t *packed, long packed_offset,
    __global work_t *bias, long bias_offset, __global int *special, long special_offset, long s_ci, long s_co, long s_z,
    long s_y, long s_x, long sb, long ss, long ci, long co, long kd, long kh, long kw, long blocks, long block,
    int has_bias, int has_slope, __global float *u, long u_offset, __global const float *spread, long spread_offset) {
  if (warming_up(raw_offset)) return;
  pack_block(raw + raw_offset, raw_bias + raw_bias_offset, raw_slope + raw_slope_offset, packed + packed_offset,
             bias + bias_offset, special + special_offset, s_ci, s_co, s_z, s_y, s_x, sb, ss, ci, co, kd, kh, kw,
             blocks, block, has_bias, has_slope);
  const long group = (long)get_global_id(2);
  __global const float *w = packed + packed_offset + group * ci * (KERNEL_Y * KERNEL_X * BLOCK);
  u += u_offset + group * (PARTS * SETS) * ci * TAPS;
  spread += spread_offset;
#pragma clang loop vectorize(disable) unroll(disable)
  for (long i = 0; i < (PARTS * SETS) * ci * TAPS; i++) {
    const long o = i % BLOCK, py = i / BLOCK % AT_ONCE, kx = i / (BLOCK * AT_ONCE) % KERNEL_X, c = i / TAPS % ci;
    const long set = i / TAPS / ci % SETS, k = i / TAPS / ci / SETS;
    float sum = 0.0f;
#pragma clang loop vectorize(disable) unroll(disable)
    for (int j = 0; j < TAPS_Y; j++) { /* the first input meets the kernel's last tap */
      const long ky = set * AT_ONCE + py + (TAPS_Y - 1 - j) * STRIDE_Y;
      sum = fma(spread[k * TAPS_Y + j], w[((c * KERNEL_Y + ky) * KERNEL_X + kx) * BLOCK + o], sum);
    }
    u[i] = sum;
  }
}

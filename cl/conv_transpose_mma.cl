/* Transposed convolution of f16 and bf16 on NVIDIA's matrix units: the matrix product per output phase of
 * conv_transpose_tiles, in warps of 32 work-items that make 16*ROWS output channels of 8*COLUMNS outputs of a phase each.
 * Sums are in float. Weights and inputs go through local memory as pairs of channels; the next step's are fetched into
 * registers while this one's are multiplied.
 *
 * Where an output's tap lies outside of the input, the input is 0; a step with an infinite weight, which times 0 is not 0,
 * is made without the matrix units.
 *
 * -DROWS, -DCOLUMNS: of a warp, in parts of 16 channels and 8 outputs; -DDEPTH: input channels of a step, 16 or 32;
 * -DMMA_ASM: see mma.clh; -DDTYPE: of x, y and the weights, 3 or 4; -DACTIVATION: see activation.clh.
 * Global size: (256 * ceil(positions / TILE) * phases of x * of y * of z, groups * blocks, 1), local (256, 1, 1); BLOCK
 * channels and TILE positions as below; the rest as in conv_transpose_tiles; w and b are packed in blocks of BLOCK. */
// check: -DCLUP_INDEX64=0 -DDTYPE=3 -DMMA_ASM=0 -DROWS=4 -DCOLUMNS=4 -DDEPTH=32 -DACTIVATION=0
// check: -DCLUP_INDEX64=1 -DDTYPE=4 -DMMA_ASM=0 -DROWS=1 -DCOLUMNS=1 -DDEPTH=16 -DACTIVATION=6
#include "common.clh"
#include "dtype.clh"
#include "axis.clh"
#include "phase_places.clh"
#if !defined(ROWS) || !defined(COLUMNS) || !defined(DEPTH)
#error "ROWS, COLUMNS and DEPTH must be set"
#endif
typedef work_t act_t;
#include "activation.clh"

#define ITEMS 256
#include "mma.clh"
#define WARPS_DOWN 2
#define WARPS_ACROSS (ITEMS / WARP / WARPS_DOWN)
#define BLOCK (16 * ROWS * WARPS_DOWN)
#define TILE (8 * COLUMNS * WARPS_ACROSS)
#define PAIRS (DEPTH / 2)
#define PITCH (PAIRS + 4) /* pairs of a channel or a position: a warp's loads fall into different banks */
/* That a work-item makes in a step, of numbers item, item + ITEMS ... */
#define TAP_COPIES ((PAIRS * BLOCK + ITEMS - 1) / ITEMS)
#define INPUT_COPIES ((PAIRS * TILE + ITEMS - 1) / ITEMS)

/* Whether a pair has a number that is infinite or NaN. */
static inline bool is_odd(uint pair) {
  const uint ones = DTYPE == 4 ? 0x7f80u : 0x7c00u;
  return (pair & ones) == ones || (pair >> 16 & ones) == ones;
}

/* One step, sums of a warp's rows and columns from those of the tile. */
static inline void multiply(float sum[ROWS][COLUMNS][4], __local const uint *taps, __local const uint *inputs,
                            __local uint *exchange, int item) {
  const int g = item % WARP / 4, t = item % 4;
#pragma unroll
  for (int k = 0; k < PAIRS; k += 8) {
    uint a[ROWS][4], b[COLUMNS][2];
#pragma unroll
    for (int r = 0; r < ROWS; r++)
#pragma unroll
      for (int i = 0; i < 4; i++) a[r][i] = taps[(16 * r + g + i % 2 * 8) * PITCH + k + t + i / 2 * 4];
#pragma unroll
    for (int c = 0; c < COLUMNS; c++)
#pragma unroll
      for (int i = 0; i < 2; i++) b[c][i] = inputs[(8 * c + g) * PITCH + k + t + i * 4];
#pragma unroll
    for (int r = 0; r < ROWS; r++)
#pragma unroll
      for (int c = 0; c < COLUMNS; c++) mma(sum[r][c], a[r], b[c], exchange, item);
  }
}

/* The same, number by number, of outputs whose tap is inside of the input. Sums stay in registers. */
static inline void multiply_inside(float sum[ROWS][COLUMNS][4], __local const uint *taps, __local const uint *inputs,
                                   __local const uchar *inside, int item) {
  const int g = item % WARP / 4, t = item % 4;
#pragma unroll 1
  for (int k = 0; k < PAIRS; k++)
#pragma unroll
    for (int i = 0; i < COLUMNS * 2; i++) {
      const int column = 8 * (i / 2) + 2 * t + i % 2;
      const float2 y = pair_of(inputs[column * PITCH + k]);
      const bool is_inside = inside[column];
#pragma unroll
      for (int r = 0; r < ROWS * 2; r++) {
        const float2 x = pair_of(taps[(16 * (r / 2) + g + r % 2 * 8) * PITCH + k]);
        float *to = &sum[r / 2][i / 2][r % 2 * 2 + i % 2];
        if (is_inside) *to = x.s1 * y.s1 + (x.s0 * y.s0 + *to);
      }
    }
}

CLUP_KERNEL void clup_conv_transpose_mma(
    __global const stored_t *x, long x_offset, __global stored_t *y, long y_offset, __global const float *w,
    long w_offset, __global const float *b, long b_offset, index_t xs_n, index_t xs_c, index_t xs_z, index_t xs_y,
    index_t xs_x, index_t ys_n, index_t ys_c, index_t ys_z, index_t ys_y, index_t ys_x, int channels_out, int ci, int co,
    int in_d, int in_h, int in_w, int kd, int kh, int kw, int stride_z, int stride_y, int stride_x, int pad_z, int pad_y,
    int pad_x, int dilation_z, int dilation_y, int dilation_x, int out_d, int out_h, int out_w, float alpha, float beta,
    int batch, int step_z, int step_y, int step_x) {
  __local uint taps[2 * BLOCK * PITCH], inputs[2 * TILE * PITCH], exchange[EXCHANGE_WORDS];
  __local place_t places[TILE];
  __local uchar inside[2 * TILE];
  __local int odd[3]; /* of a step, the next one, and the one that was: whether it has such weights */
  if (warming_up(x_offset)) return;
  const int item = (int)get_local_id(0), warp = item / WARP, down = warp % WARPS_DOWN, across = warp / WARPS_DOWN;
  const int g = item % WARP / 4, t = item % 4;
  const int blocks = (co + BLOCK - 1) / BLOCK, group = (int)get_group_id(1) / blocks, block = (int)get_group_id(1) % blocks;
  const int phases_x = min(stride_x, out_w), phases_y = min(stride_y, out_h), phases_z = min(stride_z, out_d);
  const int tile = (int)get_group_id(0) / (phases_x * phases_y * phases_z);
  const int phase = (int)get_group_id(0) - tile * (phases_x * phases_y * phases_z);
  const int phase_x = phase % phases_x, phase_y = phase / phases_x % phases_y, phase_z = phase / phases_x / phases_y;
  const int width = (out_w + stride_x - 1) / stride_x, height = (out_h + stride_y - 1) / stride_y;
  const int depth = (out_d + stride_z - 1) / stride_z, positions = batch * depth * height * width, first = tile * TILE;
  x += x_offset + (index_t)group * ci * xs_c;
  w += w_offset + (long)(group * blocks + block) * kd * kh * kw * ci * BLOCK;
  b += b_offset + (group * blocks + block) * BLOCK;

  /* The one position whose inputs this work-item copies. */
  const place_t from = place_of(min(first + item % TILE, positions - 1), depth, height, width);
  if (item < TILE) places[item] = from;
  if (item < 3) odd[item] = 0;

  float sum[ROWS][COLUMNS][4];
#pragma unroll
  for (int r = 0; r < ROWS; r++)
#pragma unroll
    for (int i = 0; i < COLUMNS * 4; i++)
      sum[r][i / 4][i % 4] = b[16 * (down * ROWS + r) + g + i % 4 / 2 * 8];

  const int tz = phase_z + pad_z, ty = phase_y + pad_y, tx = phase_x + pad_x;
  const int first_y = first_tap(ty, kh, dilation_y, stride_y), first_x = first_tap(tx, kw, dilation_x, stride_x);
  int kz = first_tap(tz, kd, dilation_z, stride_z), ky = first_y, kx = first_x, begin = 0; /* of the next step */
  const bool any = kz < kd && ky < kh && kx < kw;
  const int steps = any ? ((kd - kz + step_z - 1) / step_z) * ((kh - ky + step_y - 1) / step_y) *
                              ((kw - kx + step_x - 1) / step_x) * ((ci + DEPTH - 1) / DEPTH)
                        : 0;
  bool is_inside = false;
  __global const stored_t *in = x;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int step = -1; step < steps; step++) { /* -1 only fetches */
    uint next_taps[TAP_COPIES], next_inputs[INPUT_COPIES];
    const bool more = step + 1 < steps;
    if (more) {
      if (begin == 0) { /* another tap */
        const int iz = from.z + (tz - kz * dilation_z) / stride_z, iy = from.y + (ty - ky * dilation_y) / stride_y;
        const int ix = from.x + (tx - kx * dilation_x) / stride_x;
        is_inside = (uint)iz < (uint)in_d && (uint)iy < (uint)in_h && (uint)ix < (uint)in_w; /* and not below 0 */
        in = x + (is_inside ? from.n * xs_n + iz * xs_z + iy * xs_y + ix * xs_x : 0);
      }
      __global const float *from_taps = w + (((long)(kz * kh + ky) * ci + begin) * kw + kx) * BLOCK;
#pragma unroll
      for (int i = 0; i < TAP_COPIES; i++) {
        const int k = (item + i * ITEMS) / BLOCK, o = (item + i * ITEMS) % BLOCK, c = 2 * k;
        const float low = k < PAIRS && begin + c < ci ? from_taps[(long)c * kw * BLOCK + o] : 0.0f;
        const float high = k < PAIRS && begin + c + 1 < ci ? from_taps[(long)(c + 1) * kw * BLOCK + o] : 0.0f;
        next_taps[i] = pair_from(low, high);
      }
#pragma unroll
      for (int i = 0; i < INPUT_COPIES; i++) {
        const int k = (item + i * ITEMS) / TILE, c = begin + 2 * k; /* item % TILE is that of all of them */
        const ushort low = is_inside && k < PAIRS && c < ci ? in[c * xs_c] : (ushort)0;
        const ushort high = is_inside && k < PAIRS && c + 1 < ci ? in[(c + 1) * xs_c] : (ushort)0;
        next_inputs[i] = pair_from_stored(low, high);
      }
      begin += DEPTH;
      if (begin >= ci) {
        begin = 0;
        kx += step_x;
        ky += kx < kw ? 0 : step_y;
        kx = kx < kw ? kx : first_x;
        kz += ky < kh ? 0 : step_z;
        ky = ky < kh ? ky : first_y;
      }
    }
    const int half_now = step & 1, half_next = step + 1 & 1;
    if (step >= 0) {
      __local const uint *now_taps = taps + (half_now * BLOCK + 16 * ROWS * down) * PITCH;
      __local const uint *now_inputs = inputs + (half_now * TILE + 8 * COLUMNS * across) * PITCH;
      if (odd[(step + 3) % 3])
        multiply_inside(sum, now_taps, now_inputs, inside + half_now * TILE + 8 * COLUMNS * across, item);
      else
        multiply(sum, now_taps, now_inputs, exchange, item);
    }
    if (more) {
      bool found = false;
#pragma unroll
      for (int i = 0; i < TAP_COPIES; i++) {
        const int at = item + i * ITEMS;
        if (at < PAIRS * BLOCK) taps[(half_next * BLOCK + at % BLOCK) * PITCH + at / BLOCK] = next_taps[i];
        found = found || is_odd(next_taps[i]);
      }
#pragma unroll
      for (int i = 0; i < INPUT_COPIES; i++) {
        const int at = item + i * ITEMS;
        if (at < PAIRS * TILE) inputs[(half_next * TILE + at % TILE) * PITCH + at / TILE] = next_inputs[i];
      }
      if (item < TILE) inside[half_next * TILE + item] = is_inside;
      if (found) odd[(step + 4) % 3] = 1;
    }
    if (item == 0) odd[(step + 5) % 3] = 0;
    barrier(CLK_LOCAL_MEM_FENCE);
  }

#pragma unroll
  for (int c = 0; c < COLUMNS; c++)
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const int at = 8 * (across * COLUMNS + c) + 2 * t + i % 2;
      const place_t own = places[at];
      const int oz = own.z * stride_z + phase_z, oy = own.y * stride_y + phase_y, ox = own.x * stride_x + phase_x;
      const bool exists = first + at < positions && oz < out_d && oy < out_h && ox < out_w;
      __global stored_t *to = y + (y_offset + own.n * ys_n + oz * ys_z + oy * ys_y + ox * ys_x);
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        const int channel = 16 * (down * ROWS + r) + g + i / 2 * 8, o = block * BLOCK + channel; /* within the group */
        const float slope = ACTIVATION == 6 ? b[channels_out / co * blocks * BLOCK + channel] : 0;
        const float made = activate(sum[r][c][i], alpha, beta, slope);
        if (exists && o < co) store_real(made, to + (group * co + o) * ys_c);
      }
    }
}

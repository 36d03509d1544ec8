/* Transposed convolution for GPUs: a matrix product per output phase, through local memory. A work-group of 16 x 16 makes
 * 16*CHANNELS output channels of 16*PIXELS outputs of one phase, which run on over rows and images, so that small images
 * fill tiles. All outputs of a phase take the same taps; no inserted zero is multiplied. Taps in the order kz, ky, kx,
 * channels innermost, DEPTH of them a step; the next step's numbers are fetched into registers while this one's are
 * multiplied, and go to the other half of local memory, so that a step has one barrier.
 *
 * -DCHANNELS, -DPIXELS; -DDEPTH: input channels of a step; -DDTYPE: of x and y, 1 to 4; -DACTIVATION: see activation.clh;
 * -DSUMS=1: y is of real_t, whatever the dtype.
 * Global size: (16 * ceil(positions / (16*PIXELS)) * phases of x * of y * of z, 16 * groups * blocks, 1), local (16, 16, 1):
 * the phases of a place are neighbours, so that lines of y that they share are whole before they leave a cache.
 * positions = batch * ceil(out_d / stride_z) * ceil(out_h / stride_y) * ceil(out_w / stride_x); an axis has as many
 * phases as its stride, or as outputs when these are fewer; blocks = ceil(co / (16*CHANNELS)).
 * step_*: stride / gcd(stride, dilation). Other arguments as in conv_transpose_gather; w and b are packed in blocks of 16*CHANNELS channels. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DCHANNELS=4 -DPIXELS=4 -DDEPTH=8 -DACTIVATION=0
// check: -DCLUP_INDEX64=1 -DDTYPE=3 -DCHANNELS=8 -DPIXELS=8 -DDEPTH=8 -DACTIVATION=6
// check: -DCLUP_INDEX64=0 -DDTYPE=2 -DCHANNELS=1 -DPIXELS=2 -DDEPTH=8 -DACTIVATION=4
// check: -DCLUP_INDEX64=0 -DDTYPE=3 -DCHANNELS=1 -DPIXELS=2 -DDEPTH=8 -DACTIVATION=0 -DSUMS=1
#include "common.clh"
#include "dtype.clh"
#include "axis.clh"
#include "phase_places.clh"
#if !defined(CHANNELS) || !defined(PIXELS) || !defined(DEPTH)
#error "CHANNELS, PIXELS and DEPTH must be set"
#endif
typedef work_t act_t;
#include "activation.clh"
#ifdef SUMS
typedef real_t out_t;
static inline void store_out(real_t value, __global out_t *to) { *to = value; }
#else
typedef stored_t out_t;
static inline void store_out(real_t value, __global out_t *to) { store_real(value, to); }
#endif

#define SIDE 16
#define ITEMS (SIDE * SIDE)
#define BLOCK (SIDE * CHANNELS)
#define TILE (SIDE * PIXELS)
/* That a work-item makes in a step, of numbers item, item + ITEMS ... */
#define TAP_COPIES ((DEPTH * BLOCK + ITEMS - 1) / ITEMS)
#define INPUT_COPIES ((DEPTH * TILE + ITEMS - 1) / ITEMS)

/* One step of the product: DEPTH channels of one tap. keep: a bit per position, whether it reads inside of the input; where
 * it does not its sums are left alone, since an infinite weight times 0 is not 0. */
static inline void multiply(real_t sum[CHANNELS][PIXELS], __local const real_t *taps, __local const real_t *inputs,
                            const bool masked, const uint keep) {
#pragma unroll 1 /* sums take half of the registers there are */
  for (int k = 0; k < DEPTH; k++) {
    real_t in[PIXELS];
#pragma unroll
    for (int p = 0; p < PIXELS; p++) in[p] = inputs[k * TILE + p * SIDE];
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
      const real_t tap = taps[k * BLOCK + c];
#pragma unroll
      for (int p = 0; p < PIXELS; p++) {
        const real_t added = in[p] * tap + sum[c][p]; /* fused where the device can: PoCL 3.1 makes NaN of fma() here */
        sum[c][p] = masked && (keep >> p & 1) == 0 ? sum[c][p] : added;
      }
    }
  }
}

CLUP_KERNEL void clup_conv_transpose_tiles(
    __global const stored_t *x, long x_offset, __global out_t *y, long y_offset, __global const work_t *w,
    long w_offset, __global const work_t *b, long b_offset, index_t xs_n, index_t xs_c, index_t xs_z, index_t xs_y,
    index_t xs_x, index_t ys_n, index_t ys_c, index_t ys_z, index_t ys_y, index_t ys_x, int channels_out, int ci, int co,
    int in_d, int in_h, int in_w, int kd, int kh, int kw, int stride_z, int stride_y, int stride_x, int pad_z, int pad_y,
    int pad_x, int dilation_z, int dilation_y, int dilation_x, int out_d, int out_h, int out_w, work_t alpha, work_t beta,
    int batch, int step_z, int step_y, int step_x) {
  __local real_t taps[2 * DEPTH * BLOCK], inputs[2 * DEPTH * TILE];
  __local place_t places[TILE];
  if (warming_up(x_offset)) return;
  const int lane = (int)get_local_id(0), channel = (int)get_local_id(1), item = channel * SIDE + lane;
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

  real_t sum[CHANNELS][PIXELS];
#pragma unroll
  for (int c = 0; c < CHANNELS; c++) {
#pragma unroll
    for (int p = 0; p < PIXELS; p++) sum[c][p] = (real_t)b[channel * CHANNELS + c];
  }

  /* One loop, the same for all work-items of a group: drivers for CPUs take long over barriers in nested ones. */
  const int tz = phase_z + pad_z, ty = phase_y + pad_y, tx = phase_x + pad_x;
  const int first_y = first_tap(ty, kh, dilation_y, stride_y), first_x = first_tap(tx, kw, dilation_x, stride_x);
  int kz = first_tap(tz, kd, dilation_z, stride_z), ky = first_y, kx = first_x, begin = 0; /* of the next step */
  const bool any = kz < kd && ky < kh && kx < kw;
  const int steps = any ? ((kd - kz + step_z - 1) / step_z) * ((kh - ky + step_y - 1) / step_y) *
                              ((kw - kx + step_x - 1) / step_x) * ((ci + DEPTH - 1) / DEPTH)
                        : 0;
  uint keep = 0, next_keep = 0;
  bool inside = false;
  __global const stored_t *in = x;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int step = -1; step < steps; step++) { /* -1 only fetches */
    real_t next_taps[TAP_COPIES], next_inputs[INPUT_COPIES];
    const bool more = step + 1 < steps;
    if (more) {
      if (begin == 0) { /* another tap */
        const int dz = (tz - kz * dilation_z) / stride_z, dy = (ty - ky * dilation_y) / stride_y;
        const int dx = (tx - kx * dilation_x) / stride_x, iz = from.z + dz, iy = from.y + dy, ix = from.x + dx;
        inside = (uint)iz < (uint)in_d && (uint)iy < (uint)in_h && (uint)ix < (uint)in_w; /* and not below 0 */
        in = x + (inside ? from.n * xs_n + iz * xs_z + iy * xs_y + ix * xs_x : 0);
        next_keep = 0;
#pragma unroll
        for (int p = 0; p < PIXELS; p++) {
          const place_t own = places[lane + p * SIDE];
          const int z = own.z + dz, row = own.y + dy, column = own.x + dx;
          next_keep |= (uint)((uint)z < (uint)in_d & (uint)row < (uint)in_h & (uint)column < (uint)in_w) << p;
        }
      }
      __global const work_t *from_taps = w + (((long)(kz * kh + ky) * ci + begin) * kw + kx) * BLOCK;
#pragma unroll
      for (int i = 0; i < TAP_COPIES; i++) {
        const int c = (item + i * ITEMS) / BLOCK, o = (item + i * ITEMS) % BLOCK;
        next_taps[i] = c < DEPTH && begin + c < ci ? (real_t)from_taps[(long)c * kw * BLOCK + o] : (real_t)0;
      }
#pragma unroll
      for (int i = 0; i < INPUT_COPIES; i++) {
        const int c = (item + i * ITEMS) / TILE; /* item % TILE is that of all of them */
        next_inputs[i] = inside && c < DEPTH && begin + c < ci ? load_real(in + (begin + c) * xs_c) : (real_t)0;
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
    if (step >= 0) {
      __local const real_t *now_taps = taps + (step & 1) * (DEPTH * BLOCK) + channel * CHANNELS;
      __local const real_t *now_inputs = inputs + (step & 1) * (DEPTH * TILE) + lane;
      if (keep == (1u << PIXELS) - 1)
        multiply(sum, now_taps, now_inputs, false, keep);
      else
        multiply(sum, now_taps, now_inputs, true, keep);
    }
    if (more) {
      __local real_t *to_taps = taps + (step + 1 & 1) * (DEPTH * BLOCK);
      __local real_t *to_inputs = inputs + (step + 1 & 1) * (DEPTH * TILE);
#pragma unroll
      for (int i = 0; i < TAP_COPIES; i++)
        if (item + i * ITEMS < DEPTH * BLOCK) to_taps[item + i * ITEMS] = next_taps[i];
#pragma unroll
      for (int i = 0; i < INPUT_COPIES; i++)
        if (item + i * ITEMS < DEPTH * TILE) to_inputs[item + i * ITEMS] = next_inputs[i];
      keep = next_keep;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }

#pragma unroll
  for (int p = 0; p < PIXELS; p++) {
    const place_t own = places[lane + p * SIDE];
    const int oz = own.z * stride_z + phase_z, oy = own.y * stride_y + phase_y, ox = own.x * stride_x + phase_x;
    /* One condition at the store: of `continue` after barriers PoCL 3.1 makes stores of channels past co. */
    const bool exists = first + lane + p * SIDE < positions && oz < out_d && oy < out_h && ox < out_w;
    __global out_t *to = y + (y_offset + own.n * ys_n + oz * ys_z + oy * ys_y + ox * ys_x);
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
      const int o = block * BLOCK + channel * CHANNELS + c; /* within the group */
      const work_t slope = ACTIVATION == 6 ? b[channels_out / co * blocks * BLOCK + channel * CHANNELS + c] : 0;
      const real_t made = (real_t)activate((work_t)sum[c][p], alpha, beta, slope);
      if (exists && o < co) store_out(made, to + (group * co + o) * ys_c);
    }
  }
}

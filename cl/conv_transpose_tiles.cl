/* Transposed convolution for GPUs: a matrix product per output phase, through local memory. A work-group of 16 x 16 makes
 * 16*CHANNELS output channels of 16*PIXELS outputs of one phase, which run on over rows and images, so that small images
 * fill tiles. All outputs of a phase take the same taps; no inserted zero is multiplied. Taps in the order kz, ky, kx,
 * channels innermost, DEPTH of them at a time in local memory.
 *
 * -DCHANNELS, -DPIXELS; -DDTYPE: of x and y, 1 to 4; -DACTIVATION: see activation.clh.
 * Global size: (16 * ceil(positions / (16*PIXELS)), 16 * groups * blocks, phases of z * of y * of x), local (16, 16, 1).
 * positions = batch * ceil(out_d / stride_z) * ceil(out_h / stride_y) * ceil(out_w / stride_x); an axis has as many
 * phases as its stride, or as outputs when these are fewer; blocks = ceil(co / (16*CHANNELS)).
 * step_*: stride / gcd(stride, dilation). Other arguments as in conv_transpose_gather; w and b are packed in blocks of 16*CHANNELS channels. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DCHANNELS=4 -DPIXELS=4 -DACTIVATION=0
// check: -DCLUP_INDEX64=1 -DDTYPE=3 -DCHANNELS=8 -DPIXELS=8 -DACTIVATION=6
// check: -DCLUP_INDEX64=0 -DDTYPE=2 -DCHANNELS=1 -DPIXELS=2 -DACTIVATION=4
#include "common.clh"
#include "dtype.clh"
#if !defined(CHANNELS) || !defined(PIXELS)
#error "CHANNELS and PIXELS must be set"
#endif
typedef work_t act_t;
#include "activation.clh"

#define SIDE 16
#define ITEMS (SIDE * SIDE)
#define BLOCK (SIDE * CHANNELS)
#define TILE (SIDE * PIXELS)
#define DEPTH 16 /* input channels in local memory */

/* Where the position `at` lies: image, row of the phase along z and y, column. */
typedef struct place_t {
  int n, z, y, x;
} place_t;

static inline place_t place_of(int at, int depth, int height, int width) {
  const int row = at / width, plane = row / height, n = plane / depth;
  const place_t p = {n, plane - n * depth, row - plane * height, at - row * width};
  return p;
}

/* The first tap of an axis that output `at` takes, `taps` when there is none; the others follow in steps of
 * stride / gcd(stride, dilation). */
static inline int first_tap(int at, int taps, int dilation, int stride) {
  int k = 0;
  while (k < taps && (at - k * dilation) % stride != 0) k++;
  return k;
}

/* One step of the product: DEPTH channels of one tap. keep: whether a position reads inside of the input; where it does
 * not its sums are left alone, since an infinite weight times 0 is not 0. */
static inline void multiply(real_t sum[CHANNELS][PIXELS], __local const real_t *taps, __local const real_t *inputs,
                            int channel, int pixel, const bool masked, const bool *keep) {
  for (int k = 0; k < DEPTH; k++) {
    real_t in[PIXELS];
#pragma unroll
    for (int p = 0; p < PIXELS; p++) in[p] = inputs[k * TILE + pixel + p * SIDE];
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
      const real_t tap = taps[k * BLOCK + channel * CHANNELS + c];
#pragma unroll
      for (int p = 0; p < PIXELS; p++) {
        const real_t added = in[p] * tap + sum[c][p]; /* fused where the device can: PoCL 3.1 makes NaN of fma() here */
        sum[c][p] = masked && !keep[p] ? sum[c][p] : added;
      }
    }
  }
}

CLUP_KERNEL void clup_conv_transpose_tiles(
    __global const stored_t *x, long x_offset, __global stored_t *y, long y_offset, __global const work_t *w,
    long w_offset, __global const work_t *b, long b_offset, index_t xs_n, index_t xs_c, index_t xs_z, index_t xs_y,
    index_t xs_x, index_t ys_n, index_t ys_c, index_t ys_z, index_t ys_y, index_t ys_x, int channels_out, int ci, int co,
    int in_d, int in_h, int in_w, int kd, int kh, int kw, int stride_z, int stride_y, int stride_x, int pad_z, int pad_y,
    int pad_x, int dilation_z, int dilation_y, int dilation_x, int out_d, int out_h, int out_w, work_t alpha, work_t beta,
    int batch, int step_z, int step_y, int step_x) {
  __local real_t taps[DEPTH * BLOCK], inputs[DEPTH * TILE];
  if (warming_up(x_offset)) return;
  const int lane = (int)get_local_id(0), channel = (int)get_local_id(1), item = channel * SIDE + lane;
  const int blocks = (co + BLOCK - 1) / BLOCK, group = (int)get_group_id(1) / blocks, block = (int)get_group_id(1) % blocks;
  const int phases_x = min(stride_x, out_w), phases_y = min(stride_y, out_h);
  const int phase_x = (int)get_group_id(2) % phases_x, phase_zy = (int)get_group_id(2) / phases_x;
  const int phase_y = phase_zy % phases_y, phase_z = phase_zy / phases_y;
  const int width = (out_w + stride_x - 1) / stride_x, height = (out_h + stride_y - 1) / stride_y;
  const int depth = (out_d + stride_z - 1) / stride_z, positions = batch * depth * height * width;
  const int first = (int)get_group_id(0) * TILE;
  x += x_offset + (index_t)group * ci * xs_c;
  w += w_offset + (long)(group * blocks + block) * kd * kh * kw * ci * BLOCK;
  b += b_offset + (group * blocks + block) * BLOCK;

  /* The one position whose inputs this work-item copies, and those that it sums. */
  const int copied = min(first + item % TILE, positions - 1);
  const place_t from = place_of(copied, depth, height, width);
  place_t own[PIXELS];
#pragma unroll
  for (int p = 0; p < PIXELS; p++) own[p] = place_of(min(first + lane + p * SIDE, positions - 1), depth, height, width);

  real_t sum[CHANNELS][PIXELS];
#pragma unroll
  for (int c = 0; c < CHANNELS; c++) {
#pragma unroll
    for (int p = 0; p < PIXELS; p++) sum[c][p] = (real_t)b[channel * CHANNELS + c];
  }

  /* One loop, the same for all work-items of a group: drivers for CPUs take long over barriers in nested ones. */
  const int tz = phase_z + pad_z, ty = phase_y + pad_y, tx = phase_x + pad_x;
  const int first_z = first_tap(tz, kd, dilation_z, stride_z), first_y = first_tap(ty, kh, dilation_y, stride_y);
  const int first_x = first_tap(tx, kw, dilation_x, stride_x), chunks = (ci + DEPTH - 1) / DEPTH;
  const int taps_y = (kh - first_y + step_y - 1) / step_y, taps_x = (kw - first_x + step_x - 1) / step_x;
  const int steps = (kd - first_z + step_z - 1) / step_z * taps_y * taps_x * chunks;
  for (int step = 0; step < steps; step++) {
    const int at = step / chunks, begin = (step - at * chunks) * DEPTH;
    const int kx = first_x + at % taps_x * step_x, ky = first_y + at / taps_x % taps_y * step_y;
    const int kz = first_z + at / taps_x / taps_y * step_z;
    const int dz = (tz - kz * dilation_z) / stride_z, dy = (ty - ky * dilation_y) / stride_y;
    const int dx = (tx - kx * dilation_x) / stride_x;
    const int iz = from.z + dz, iy = from.y + dy, ix = from.x + dx;
    const bool inside = iz >= 0 && iz < in_d && iy >= 0 && iy < in_h && ix >= 0 && ix < in_w;
    __global const stored_t *in = x + (inside ? from.n * xs_n + iz * xs_z + iy * xs_y + ix * xs_x : 0);
    __global const work_t *tap = w + (((long)(kz * kh + ky) * ci + begin) * kw + kx) * BLOCK;
    bool keep[PIXELS], whole = true;
#pragma unroll
    for (int p = 0; p < PIXELS; p++) {
      const int z = own[p].z + dz, row = own[p].y + dy, column = own[p].x + dx;
      keep[p] = z >= 0 && z < in_d && row >= 0 && row < in_h && column >= 0 && column < in_w;
      whole = whole && keep[p];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = item; i < DEPTH * BLOCK; i += ITEMS) {
      const int c = i / BLOCK;
      taps[i] = begin + c < ci ? (real_t)tap[(long)c * kw * BLOCK + i % BLOCK] : (real_t)0;
    }
    for (int i = item; i < DEPTH * TILE; i += ITEMS) {
      const int c = i / TILE; /* i % TILE is item % TILE */
      inputs[i] = inside && begin + c < ci ? load_real(in + (begin + c) * xs_c) : (real_t)0;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    if (whole)
      multiply(sum, taps, inputs, channel, lane, false, keep);
    else
      multiply(sum, taps, inputs, channel, lane, true, keep);
  }

#pragma unroll
  for (int p = 0; p < PIXELS; p++) {
    const int oz = own[p].z * stride_z + phase_z, oy = own[p].y * stride_y + phase_y, ox = own[p].x * stride_x + phase_x;
    if (first + lane + p * SIDE >= positions || oz >= out_d || oy >= out_h || ox >= out_w) continue;
    __global stored_t *to = y + (y_offset + own[p].n * ys_n + oz * ys_z + oy * ys_y + ox * ys_x);
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
      const int o = block * BLOCK + channel * CHANNELS + c; /* within the group */
      if (o >= co) continue;
      const work_t slope = ACTIVATION == 6 ? b[channels_out / co * blocks * BLOCK + channel * CHANNELS + c] : 0;
      store_real((real_t)activate((work_t)sum[c][p], alpha, beta, slope), to + (group * co + o) * ys_c);
    }
  }
}

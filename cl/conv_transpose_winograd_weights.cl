/* The sums and differences of weights that conv_transpose_winograd multiplies, once per clup_plan_set_weights, after
 * packing them as conv_transpose_pack does: one program less to build.
 *
 * -DVECTORS: of a block of channels; the others: see conv_transpose_pack.clh, with ORDER 0 and MARK 1.
 * Global size: (1, 1, groups * blocks). u and the phases: see conv_transpose_winograd; factors: [taps -
 * 1][component][tap]; count_*: phases. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DHAS_BIAS=0 -DHAS_SLOPE=0 -DORDER=0 -DMARK=1 -DVECTORS=2
// check: -DCLUP_INDEX64=0 -DDTYPE=3 -DHAS_BIAS=1 -DHAS_SLOPE=1 -DORDER=0 -DMARK=1 -DVECTORS=1
#include "common.clh"
#include "dtype.clh"
#include "winograd_tables.clh"

#include "conv_transpose_pack.clh"
#ifndef VECTORS
#error "VECTORS must be set"
#endif
#define LANES (16 * VECTORS)

/* n weights, in the order of the inputs that they meet, to n + outputs - 1. */
CLUP_APART void spread(const float16 *g, int n, int outputs, __global const float *factors, float16 *to) {
  factors += (n - 1) * PARTS * TAPS;
  for (int k = 0; k < n + outputs - 1; k++) {
    float16 sum = 0.0f;
    for (int j = 0; j < n; j++) sum = fma((float16)(factors[k * TAPS + j]), g[j], sum);
    to[k] = sum;
  }
}

/* One input channel and y-phase of a block. */
static inline void spread_channel(__global const float *w, __global float *u, int c, int ci, __global const int *on_y,
                                  __global const int *phases_x, __global const float *factors_y,
                                  __global const float *factors_x, int kw, int stride_y, int stride_x, int components_x,
                                  int count_x, int outputs_y, int outputs_x) {
  const int ny = on_y[0];
  for (int px = 0; px < count_x; px++) {
    __global const int *on_x = phases_x + px * PHASE_INTS;
    const int nx = on_x[0], parts = nx + outputs_x - 1;
    for (int lanes = 0; lanes < VECTORS; lanes++) {
      float16 along_x[PARTS][TAPS]; /* [component][tap of y] */
      for (int i = 0; i < ny; i++) {
        const int ky = on_y[1] + (ny - 1 - i) * stride_y;
        float16 taps[TAPS], spread_taps[PARTS];
        for (int j = 0; j < nx; j++) {
          const int kx = on_x[1] + (nx - 1 - j) * stride_x;
          taps[j] = vload16(lanes, w + (((long)ky * ci + c) * kw + kx) * LANES);
        }
        spread(taps, nx, outputs_x, factors_x, spread_taps);
        for (int j = 0; j < parts; j++) along_x[j][i] = spread_taps[j];
      }
      for (int j = 0; j < parts; j++) {
        float16 both[PARTS];
        spread(along_x[j], ny, outputs_y, factors_y, both);
        for (int i = 0; i < ny + outputs_y - 1; i++)
          vstore16(both[i], lanes, u + (((on_y[2] + i) * components_x + on_x[2] + j) * (long)ci + c) * LANES);
      }
    }
  }
}

CLUP_KERNEL void clup_conv_transpose_winograd_weights(
    __global const stored_t *raw, long raw_offset, __global const stored_t *raw_bias, long raw_bias_offset,
    __global const stored_t *raw_slope, long raw_slope_offset, __global work_t *packed, long packed_offset,
    __global work_t *bias, long bias_offset, __global int *special, long special_offset, long s_ci, long s_co, long s_z,
    long s_y, long s_x, long sb, long ss, long ci, long co, long kd, long kh, long kw, long blocks, long block,
    __global float *u, long u_offset, __global const int *phases_y, long phases_y_offset, __global const int *phases_x,
    long phases_x_offset, __global const float *factors_y, long factors_y_offset, __global const float *factors_x,
    long factors_x_offset, int stride_y, int stride_x, int components_y, int components_x, int count_y, int count_x,
    int outputs_y, int outputs_x) {
  if (warming_up(raw_offset)) return;
  pack_block(raw + raw_offset, raw_bias + raw_bias_offset, raw_slope + raw_slope_offset, packed + packed_offset,
             bias + bias_offset, special + special_offset, s_ci, s_co, s_z, s_y, s_x, sb, ss, ci, co, kd, kh, kw,
             blocks, block);
  const long at = (long)get_global_id(2);
  __global const float *w = packed + packed_offset + at * kh * kw * ci * LANES;
  u += u_offset + at * components_y * components_x * ci * LANES;
  for (int py = 0; py < count_y; py++)
    for (int c = 0; c < ci; c++)
      spread_channel(w, u, c, (int)ci, phases_y + phases_y_offset + py * PHASE_INTS, phases_x + phases_x_offset,
                     factors_y + factors_y_offset, factors_x + factors_x_offset, (int)kw, stride_y, stride_x,
                     components_x, count_x, outputs_y, outputs_x);
}

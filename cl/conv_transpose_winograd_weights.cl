/* The sums and differences of weights that conv_transpose_winograd multiplies, once per clup_plan_set_weights.
 *
 * -DVECTORS: of a block of channels.
 * Global size: (ci, y-phases, groups * blocks). w: as conv_transpose_pack leaves it, u and the phases: see
 * conv_transpose_winograd; factors: [taps - 1][component][tap]. */
// check: -DCLUP_INDEX64=0 -DVECTORS=2
#include "common.clh"
#include "winograd_tables.clh"
#ifndef VECTORS
#error "VECTORS must be set"
#endif
#define LANES (16 * VECTORS)

/* n weights, in the order of the inputs that they meet, to n + outputs - 1. */
static inline void spread(const float16 *g, int n, int outputs, __global const float *factors, float16 *to) {
  factors += (n - 1) * PARTS * TAPS;
  for (int k = 0; k < n + outputs - 1; k++) {
    float16 sum = 0.0f;
    for (int j = 0; j < n; j++) sum = fma((float16)(factors[k * TAPS + j]), g[j], sum);
    to[k] = sum;
  }
}

CLUP_KERNEL void clup_conv_transpose_winograd_weights(__global const float *w, long w_offset, __global float *u,
                                                      long u_offset, __global const int *phases_y, long phases_y_offset,
                                                      __global const int *phases_x, long phases_x_offset,
                                                      __global const float *factors_y, long factors_y_offset,
                                                      __global const float *factors_x, long factors_x_offset, int kh,
                                                      int kw, int stride_y, int stride_x, int components_y,
                                                      int components_x, int count_x, int outputs_y, int outputs_x) {
  if (warming_up(w_offset)) return;
  const int c = (int)get_global_id(0), ci = (int)get_global_size(0), block = (int)get_global_id(2);
  __global const int *on_y = phases_y + phases_y_offset + (int)get_global_id(1) * PHASE_INTS;
  factors_y += factors_y_offset;
  factors_x += factors_x_offset;
  w += w_offset + (long)block * kh * kw * ci * LANES;
  u += u_offset + (long)block * components_y * components_x * ci * LANES;
  const int ny = on_y[0];
  for (int px = 0; px < count_x; px++) {
    __global const int *on_x = phases_x + phases_x_offset + px * PHASE_INTS;
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

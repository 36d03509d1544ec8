/* The sums and differences of weights that conv_transpose_winograd multiplies, once per clup_plan_set_weights.
 *
 * -DVECTORS: of a block of channels.
 * Global size: (ci, y-phases, groups * blocks). w: as conv_transpose_pack leaves it, u and the phases: see
 * conv_transpose_winograd; special: [group][block], set to 1 where a sum is infinite or NaN. */
// check: -DCLUP_INDEX64=0 -DVECTORS=2
#include "common.clh"
#ifndef VECTORS
#error "VECTORS must be set"
#endif
#define LANES (16 * VECTORS)
#define TAPS 3 /* of a phase, at most */
#define PHASE_INTS 7

/* n weights, in the order of the inputs that they meet, to n+1. */
static inline void spread(const float16 *g, int n, float16 *to) {
  if (n == 1) {
    to[0] = to[1] = g[0];
  } else if (n == 2) {
    to[0] = -g[0];
    to[1] = g[0] + g[1];
    to[2] = g[1];
  } else {
    to[0] = g[0];
    to[1] = ((g[0] + g[2]) + g[1]) * 0.5f;
    to[2] = ((g[0] + g[2]) - g[1]) * 0.5f;
    to[3] = g[2];
  }
}

CLUP_KERNEL void clup_conv_transpose_winograd_weights(__global const float *w, long w_offset, __global float *u, long u_offset,
                                                      __global int *special, long special_offset,
                                                      __global const int *phases_y, long phases_y_offset,
                                                      __global const int *phases_x, long phases_x_offset, int kh, int kw,
                                                      int stride_y, int stride_x, int components_y, int components_x,
                                                      int count_x) {
  if (warming_up(w_offset)) return;
  const int c = (int)get_global_id(0), ci = (int)get_global_size(0), block = (int)get_global_id(2);
  __global const int *on_y = phases_y + phases_y_offset + (int)get_global_id(1) * PHASE_INTS;
  w += w_offset + (long)block * kh * kw * ci * LANES;
  u += u_offset + (long)block * components_y * components_x * ci * LANES;
  const int ny = on_y[0];
  bool found = false;
  for (int px = 0; px < count_x; px++) {
    __global const int *on_x = phases_x + phases_x_offset + px * PHASE_INTS;
    const int nx = on_x[0];
    for (int lanes = 0; lanes < VECTORS; lanes++) {
      float16 along_x[TAPS + 1][TAPS]; /* [component][tap of y] */
      for (int i = 0; i < ny; i++) {
        const int ky = on_y[1] + (ny - 1 - i) * stride_y;
        float16 taps[TAPS], spread_taps[TAPS + 1];
        for (int j = 0; j < nx; j++) {
          const int kx = on_x[1] + (nx - 1 - j) * stride_x;
          taps[j] = vload16(lanes, w + (((long)ky * ci + c) * kw + kx) * LANES);
        }
        spread(taps, nx, spread_taps);
        for (int j = 0; j <= nx; j++) along_x[j][i] = spread_taps[j];
      }
      for (int j = 0; j <= nx; j++) {
        float16 both[TAPS + 1];
        spread(along_x[j], ny, both);
        for (int i = 0; i <= ny; i++) {
          found |= any(!isfinite(both[i]));
          vstore16(both[i], lanes, u + (((on_y[2] + i) * components_x + on_x[2] + j) * (long)ci + c) * LANES);
        }
      }
    }
  }
  if (found) special[special_offset + block] = 1;
}

/* The sums of weights that conv_transpose_winograd_shuffle multiplies, once per clup_plan_set_weights. A lane is an
 * output channel of one phase: a vector is 16 / stride_x rows, one after another, of stride_x phases along x; row r is
 * that of channel r / stride_y and of phase r % stride_y along y. Past the last of both, lanes are 0.
 *
 * Global size: (ci, groups * blocks), local (1, 1). w: [group][ky][ci][kx][co], as conv_transpose_pack leaves it; u: see
 * conv_transpose_winograd_shuffle. Of the two taps of a phase the one that is past the kernel's end is 0. */
// check: -DCLUP_INDEX64=0
#include "common.clh"

CLUP_KERNEL void clup_conv_transpose_winograd_shuffle_weights(__global const float *w, long w_offset, __global float *u,
                                                              long u_offset, int co, int blocks, int kh, int kw,
                                                              int stride_y, int stride_x) {
  if (warming_up(w_offset)) return;
  const int c = (int)get_global_id(0), ci = (int)get_global_size(0), at = (int)get_global_id(1);
  const int each = 16 / stride_x, rows = co * stride_y;
  w += w_offset + (long)(at / blocks) * kh * kw * ci * co;
  u += u_offset + (long)at * 9 * ci * 32;
  for (int l = 0; l < 32; l++) {
    const int row = (at % blocks * 2 + l / 16) * each + l % 16 / stride_x, rx = l % 16 % stride_x;
    float sums[3][2]; /* of taps along y: the one that meets the earlier input, both, the other; of each along x */
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < 2; j++) {
        const int ky = (1 - i) * stride_y + row % stride_y, kx = (1 - j) * stride_x + rx;
        const bool is = l % 16 < each * stride_x && row < rows && ky < kh && kx < kw;
        sums[2 * i][j] = is ? w[(((long)ky * ci + c) * kw + kx) * co + row / stride_y] : 0.0f;
      }
    }
    for (int j = 0; j < 2; j++) sums[1][j] = sums[0][j] + sums[2][j];
    for (int i = 0; i < 3; i++) {
      __global float *to = u + ((long)i * ci + c) * 96 + l;
      to[0] = sums[i][0];
      to[32] = sums[i][0] + sums[i][1];
      to[64] = sums[i][1];
    }
  }
}

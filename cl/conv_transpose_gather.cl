/* Transposed convolution, the gathering form: each work-item makes one output element from the taps that reach it.
 * For every parameter and stride; the default where no register-tiled solver applies.
 *
 * Global size: (>= out_w, out_h, N * C_out), any local size. x: input, strides xs_*; y: output, strides ys_*;
 * w: packed [C_out][ky][ci][kx] (blocks of one channel), b: [C_out]. ci, co: channels per group. */
// check: -DCLUP_INDEX64=0
// check: -DCLUP_INDEX64=1
#include "common.clh"

CLUP_KERNEL void clup_conv_transpose_gather(__global const float *x, long x_offset, __global float *y, long y_offset,
                                         __global const float *w, long w_offset, __global const float *b, long b_offset,
                                         index_t xs_n, index_t xs_c, index_t xs_y, index_t xs_x, index_t ys_n,
                                         index_t ys_c, index_t ys_y, index_t ys_x, int channels_out, int ci, int co,
                                         int in_h, int in_w, int kh, int kw, int stride_y, int stride_x, int pad_y,
                                         int pad_x, int dilation_y, int dilation_x, int out_w) {
  if (warming_up(x_offset)) return;
  int ox = (int)get_global_id(0), oy = (int)get_global_id(1);
  if (ox >= out_w) return;
  int n = (int)get_global_id(2) / channels_out, c = (int)get_global_id(2) % channels_out;
  x += x_offset + n * xs_n + c / co * ci * xs_c;
  w += w_offset + (long)c * kh * ci * kw;
  float sum = b[b_offset + c];
  for (int ky = 0; ky < kh; ky++) {
    int ty = oy + pad_y - ky * dilation_y;
    int iy = ty / stride_y;
    if (ty < 0 || ty - iy * stride_y != 0 || iy >= in_h) continue;
    for (int kx = 0; kx < kw; kx++) {
      int tx = ox + pad_x - kx * dilation_x;
      int ix = tx / stride_x;
      if (tx < 0 || tx - ix * stride_x != 0 || ix >= in_w) continue;
      __global const float *in = x + iy * xs_y + ix * xs_x;
      __global const float *tap = w + (long)ky * ci * kw + kx;
      for (int i = 0; i < ci; i++) sum = fma(in[i * xs_c], tap[(long)i * kw], sum);
    }
  }
  y[y_offset + n * ys_n + c * ys_c + oy * ys_y + ox * ys_x] = sum;
}

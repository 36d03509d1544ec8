/* Transposed convolution, the gathering form: each work-item makes one output element from the taps that reach it.
 * For every parameter and stride; the default where no register-tiled solver applies.
 *
 * Global size: (>= out_w, out_d * out_h, N * C_out), any local size. x: input, strides xs_*; y: output, strides ys_*;
 * w: packed [C_out][kz][ky][ci][kx] (blocks of one channel), b: [C_out], and with prelu another [C_out], the slopes.
 * ci, co: channels per group. Axes: z, y, x. pad_* may be negative.
 * -DDTYPE: of x and y, 1 to 4; -DNATIVE_F16=1: sums in half; -DACTIVATION: see activation.clh. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DACTIVATION=0
// check: -DCLUP_INDEX64=1 -DDTYPE=1 -DACTIVATION=1
// check: -DCLUP_INDEX64=0 -DDTYPE=2 -DACTIVATION=6
// check: -DCLUP_INDEX64=0 -DDTYPE=3 -DACTIVATION=4
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DACTIVATION=3
// check: -Xclang -cl-ext=+cl_khr_fp16 -DCLUP_INDEX64=0 -DDTYPE=3 -DNATIVE_F16=1 -DACTIVATION=6
#include "common.clh"
#include "dtype.clh"
typedef work_t act_t;
#include "activation.clh"

/* The input that tap k sends to output `at` along an axis, or -1. */
static inline int input_of(int at, int k, int pad, int dilation, int stride, int in) {
  int t = at + pad - k * dilation, i = t / stride;
  return t >= 0 && t == i * stride && i < in ? i : -1;
}

CLUP_KERNEL void clup_conv_transpose_gather(
    __global const stored_t *x, long x_offset, __global stored_t *y, long y_offset, __global const work_t *w,
    long w_offset, __global const work_t *b, long b_offset, index_t xs_n, index_t xs_c, index_t xs_z, index_t xs_y, index_t xs_x,
    index_t ys_n, index_t ys_c, index_t ys_z, index_t ys_y, index_t ys_x, int channels_out, int ci, int co, int in_d,
    int in_h, int in_w, int kd, int kh, int kw, int stride_z, int stride_y, int stride_x, int pad_z, int pad_y,
    int pad_x, int dilation_z, int dilation_y, int dilation_x, int out_d, int out_h, int out_w,
    work_t alpha, work_t beta) {
  if (warming_up(x_offset)) return;
  int ox = (int)get_global_id(0), oy = (int)get_global_id(1) % out_h, oz = (int)get_global_id(1) / out_h;
  int n = (int)get_global_id(2) / channels_out, c = (int)get_global_id(2) % channels_out;
  if (ox >= out_w || oz >= out_d) return;
  x += x_offset + n * xs_n + c / co * ci * xs_c;
  w += w_offset + (long)c * kd * kh * ci * kw;
  b += b_offset;
  real_t sum = (real_t)b[c];
  for (int k = 0; k < kd * kh; k++) {
    int iz = input_of(oz, k / kh, pad_z, dilation_z, stride_z, in_d);
    int iy = input_of(oy, k % kh, pad_y, dilation_y, stride_y, in_h);
    if (iz < 0 || iy < 0) continue;
    for (int kx = 0; kx < kw; kx++) {
      int ix = input_of(ox, kx, pad_x, dilation_x, stride_x, in_w);
      if (ix < 0) continue;
      __global const stored_t *in = x + iz * xs_z + iy * xs_y + ix * xs_x;
      __global const work_t *tap = w + (long)k * ci * kw + kx;
      for (int i = 0; i < ci; i++) sum = fma(load_real(in + i * xs_c), (real_t)tap[(long)i * kw], sum);
    }
  }
  const work_t slope = ACTIVATION == 6 ? b[channels_out + c] : 0;
  store_real((real_t)activate((work_t)sum, alpha, beta, slope),
             y + (y_offset + n * ys_n + c * ys_c + oz * ys_z + oy * ys_y + ox * ys_x));
}

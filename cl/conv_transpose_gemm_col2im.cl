/* Transposed convolution by a matrix product and a gathering col2im: conv_transpose_tiles has made the sums over the input
 * channels of every tap for every input, and a work-item adds those that reach its output, taps in the order kz, ky, kx.
 *
 * -DDTYPE: of y, 1 to 4; -DACTIVATION: see activation.clh.
 * Global size: (>= out_w, >= out_d * out_h, >= batch * channels_out), any local size.
 * sums: [batch][channels_out][kz][ky][kx][in_d][in_h][in_w]; y: output, strides ys_*; b: [channels_out], and with prelu as many
 * slopes. step_*: stride / gcd(stride, dilation). pad_* may be negative. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DACTIVATION=0
// check: -DCLUP_INDEX64=1 -DDTYPE=2 -DACTIVATION=6
// check: -DCLUP_INDEX64=0 -DDTYPE=3 -DACTIVATION=4
#include "common.clh"
#include "dtype.clh"
#include "axis.clh"
typedef work_t act_t;
#include "activation.clh"

CLUP_KERNEL void clup_conv_transpose_gemm_col2im(
    __global const real_t *sums, long sums_offset, __global stored_t *y, long y_offset, __global const work_t *b,
    long b_offset, index_t ys_n, index_t ys_c, index_t ys_z, index_t ys_y, index_t ys_x, int channels_out, int in_d,
    int in_h, int in_w, int kd, int kh, int kw, int stride_z, int stride_y, int stride_x, int pad_z, int pad_y, int pad_x,
    int dilation_z, int dilation_y, int dilation_x, int out_d, int out_h, int out_w, work_t alpha, work_t beta, int step_z,
    int step_y, int step_x, int batch) {
  if (warming_up(sums_offset)) return;
  const int ox = (int)get_global_id(0), oy = (int)get_global_id(1) % out_h, oz = (int)get_global_id(1) / out_h;
  const int n = (int)get_global_id(2) / channels_out, c = (int)get_global_id(2) % channels_out;
  if (ox >= out_w || oz >= out_d || n >= batch) return;
  const index_t of_tap = (index_t)in_d * in_h * in_w;
  sums += sums_offset + (index_t)get_global_id(2) * kd * kh * kw * of_tap;
  b += b_offset;
  const int tz = oz + pad_z, ty = oy + pad_y, tx = ox + pad_x;
  const int first_y = first_tap(ty, kh, dilation_y, stride_y), first_x = first_tap(tx, kw, dilation_x, stride_x);
  real_t sum = (real_t)b[c];
  for (int kz = first_tap(tz, kd, dilation_z, stride_z); kz < kd; kz += step_z) {
    const int iz = (tz - kz * dilation_z) / stride_z;
    if (iz < 0 || iz >= in_d) continue;
    for (int ky = first_y; ky < kh; ky += step_y) {
      const int iy = (ty - ky * dilation_y) / stride_y;
      if (iy < 0 || iy >= in_h) continue;
      __global const real_t *row = sums + (index_t)((kz * kh + ky) * kw) * of_tap + (index_t)(iz * in_h + iy) * in_w;
      for (int kx = first_x; kx < kw; kx += step_x) {
        const int ix = (tx - kx * dilation_x) / stride_x;
        if (ix >= 0 && ix < in_w) sum += row[kx * of_tap + ix];
      }
    }
  }
  const work_t slope = ACTIVATION == 6 ? b[channels_out + c] : 0;
  store_real((real_t)activate((work_t)sum, alpha, beta, slope),
             y + (y_offset + n * ys_n + c * ys_c + oz * ys_z + oy * ys_y + ox * ys_x));
}

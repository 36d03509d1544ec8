/* Transposed convolution, the literal scatter: each input element, times the kernel, is added into its window of the output.
 * No float atomics: a work-group owns an output tile in local memory and walks the taps in groups whose writes cannot
 * meet. Along an axis without dilation a group is `unit` = stride consecutive taps (input i then covers outputs
 * i*stride + [0, stride)); with dilation it is a single tap. A z-plane of the output belongs to one
 * work-group, so taps along z need no groups. The order of the sum is fixed: ci, kz, then tap groups.
 *
 * -DTILE_Y, -DTILE_X: outputs per tile. Global size: (tiles_x * LS, out_d * tiles_y, N * C_out), local (LS, 1, 1), any LS.
 * tile: TILE_Y*TILE_X real_t of local memory. Other arguments, -DDTYPE and -DACTIVATION as in conv_transpose_gather. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DTILE_Y=16 -DTILE_X=32 -DACTIVATION=0
// check: -DCLUP_INDEX64=1 -DDTYPE=1 -DTILE_Y=16 -DTILE_X=32 -DACTIVATION=1
// check: -DCLUP_INDEX64=0 -DDTYPE=2 -DTILE_Y=16 -DTILE_X=32 -DACTIVATION=6
// check: -DCLUP_INDEX64=0 -DDTYPE=3 -DTILE_Y=16 -DTILE_X=32 -DACTIVATION=6
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DTILE_Y=16 -DTILE_X=32 -DACTIVATION=2
#include "common.clh"
#include "dtype.clh"
#include "axis.clh"
typedef real_t act_t;
#include "activation.clh"
#if !defined(TILE_Y) || !defined(TILE_X)
#error "TILE_Y and TILE_X must be set"
#endif


/* The inputs that tap group `group` sends into outputs [tile_begin, tile_begin + tile_size): first, and one past the last. */
static inline int2 inputs_of(int tile_begin, int tile_size, int group, int unit, int pad, int dilation, int stride,
                             int in) {
  int last_tap = (group * unit + unit - 1) * dilation, earliest = group * unit * dilation;
  int begin = -floor_div(-(tile_begin + pad - last_tap), stride); /* rounded up */
  int end = floor_div(tile_begin + tile_size - 1 + pad - earliest, stride) + 1;
  return (int2)(max(begin, 0), min(end, in));
}

CLUP_KERNEL void clup_conv_transpose_scatter(
    __global const stored_t *x, long x_offset, __global stored_t *y, long y_offset, __global const real_t *w,
    long w_offset, __global const real_t *b, long b_offset, index_t xs_n, index_t xs_c, index_t xs_z, index_t xs_y, index_t xs_x,
    index_t ys_n, index_t ys_c, index_t ys_z, index_t ys_y, index_t ys_x, int channels_out, int ci, int co, int in_d,
    int in_h, int in_w, int kd, int kh, int kw, int stride_z, int stride_y, int stride_x, int pad_z, int pad_y,
    int pad_x, int dilation_z, int dilation_y, int dilation_x, int out_d, int out_h, int out_w,
    real_t alpha, real_t beta, __local real_t *tile) {
  if (warming_up(x_offset)) return;
  (void)out_d; /* the arguments are those of conv_transpose_gather */
  int item = (int)get_local_id(0), items = (int)get_local_size(0), tiles_y = (out_h + TILE_Y - 1) / TILE_Y;
  int tile_x = (int)get_group_id(0) * TILE_X, tile_y = (int)get_group_id(1) % tiles_y * TILE_Y;
  int oz = (int)get_group_id(1) / tiles_y;
  int n = (int)get_group_id(2) / channels_out, c = (int)get_group_id(2) % channels_out;
  int unit_y = dilation_y == 1 ? stride_y : 1, unit_x = dilation_x == 1 ? stride_x : 1;
  int groups_y = (kh + unit_y - 1) / unit_y, groups_x = (kw + unit_x - 1) / unit_x;
  x += x_offset + n * xs_n + c / co * ci * xs_c;
  w += w_offset + (long)c * kd * kh * ci * kw;
  b += b_offset;

  for (int i = item; i < TILE_Y * TILE_X; i += items) tile[i] = b[c];
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int step = 0; step < ci * kd; step++) {
    int channel = step / kd, kz = step % kd, tz = oz + pad_z - kz * dilation_z, iz = tz / stride_z;
    if (tz < 0 || tz != iz * stride_z || iz >= in_d) continue; /* the same for the whole work-group */
    __global const stored_t *plane = x + channel * xs_c + iz * xs_z;
    for (int gy = 0; gy < groups_y; gy++) {
      int2 rows = inputs_of(tile_y, TILE_Y, gy, unit_y, pad_y, dilation_y, stride_y, in_h);
      for (int gx = 0; gx < groups_x; gx++) {
        int2 columns = inputs_of(tile_x, TILE_X, gx, unit_x, pad_x, dilation_x, stride_x, in_w);
        int width = max(columns.s1 - columns.s0, 0), count = max(rows.s1 - rows.s0, 0) * width;
        for (int i = item; i < count; i += items) {
          int iy = rows.s0 + i / width, ix = columns.s0 + i % width;
          real_t value = load_real(plane + (iy * xs_y + ix * xs_x));
          for (int u = 0; u < unit_y; u++) {
            int ky = gy * unit_y + u, ty = iy * stride_y - pad_y + ky * dilation_y - tile_y;
            if (ky >= kh || ty < 0 || ty >= TILE_Y) continue;
            for (int v = 0; v < unit_x; v++) {
              int kx = gx * unit_x + v, tx = ix * stride_x - pad_x + kx * dilation_x - tile_x;
              if (kx >= kw || tx < 0 || tx >= TILE_X) continue;
              __local real_t *to = tile + ty * TILE_X + tx;
              *to = fma(value, w[((long)(kz * kh + ky) * ci + channel) * kw + kx], *to);
            }
          }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
      }
    }
  }
  const real_t slope = ACTIVATION == 6 ? b[channels_out + c] : 0;
  y += y_offset + n * ys_n + c * ys_c + oz * ys_z;
  for (int i = item; i < TILE_Y * TILE_X; i += items) {
    int oy = tile_y + i / TILE_X, ox = tile_x + i % TILE_X;
    if (oy < out_h && ox < out_w) store_real(activate(tile[i], alpha, beta, slope), y + (oy * ys_y + ox * ys_x));
  }
}

/* Copies input rows into rows with zeros at both ends, so that the vector loads of conv_transpose_phase stay inside, and
 * puts the rows of all channels side by side.
 *
 * Global size: (in_d * in_h, ceil(C / EACH), N), local (1, 1, 1). x: input with the strides s_*; padded:
 * [N][in_d][in_h][C][row]. Element i of a padded row is input first + i, or 0 outside of it. */
// check: -DCLUP_INDEX64=0
// check: -DCLUP_INDEX64=1
#include "common.clh"

#define EACH 8 /* channels per work-item: PAD_CHANNELS in host/solvers/conv_transpose_rows.c */

CLUP_KERNEL void clup_conv_transpose_pad(__global const float *x, long x_offset, __global float *padded,
                                         long padded_offset, long s_n, long s_c, long s_z, long s_y, long s_x,
                                         int channels, int in_h, int in_w, int row, int first) {
  if (warming_up(x_offset)) return;
  long y = (long)get_global_id(0), n = (long)get_global_id(2);
  int c = (int)get_global_id(1) * EACH, last = min(c + EACH, channels);
  int begin = clamp(-first, 0, row), end = clamp(in_w - first, begin, row);
  x += x_offset + n * s_n + c * s_c + y / in_h * s_z + y % in_h * s_y + first * s_x;
  padded += padded_offset + ((n * (long)get_global_size(0) + y) * channels + c) * row;
  for (; c < last; c++, x += s_c, padded += row) {
    int i = begin;
    for (int j = 0; j < begin; j++) padded[j] = 0.0f;
    if (s_x == 1)
      for (; i + 16 <= end; i += 16) vstore16(vload16(0, x + i), 0, padded + i);
    for (; i < end; i++) padded[i] = x[i * s_x];
    for (; i < row; i++) padded[i] = 0.0f;
  }
}

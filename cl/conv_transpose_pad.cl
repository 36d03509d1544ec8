/* Copies input rows into rows with zeros at both ends, so that the vector loads of conv_transpose_phase stay inside.
 *
 * Global size: (in_d * in_h, N * C), local (1, 1). x: input with the strides s_*; padded: [N * C][in_d][in_h][row].
 * Element i of a padded row is input first + i, or 0 outside of it. */
// check: -DCLUP_INDEX64=0
// check: -DCLUP_INDEX64=1
#include "common.clh"

CLUP_KERNEL void clup_conv_transpose_pad(
    __global const float *x, long x_offset, __global float *padded, long padded_offset, long s_n, long s_c, long s_z,
    long s_y, long s_x, int channels, int in_h, int in_w, int row, int first) {
  if (warming_up(x_offset)) return;
  long plane = (long)get_global_id(1), y = (long)get_global_id(0);
  x += x_offset + plane / channels * s_n + plane % channels * s_c + y / in_h * s_z + y % in_h * s_y;
  padded += padded_offset + (plane * (long)get_global_size(0) + y) * row;
  int begin = clamp(-first, 0, row), end = clamp(in_w - first, begin, row);
  for (int i = 0; i < begin; i++) padded[i] = 0.0f;
  if (s_x == 1) {
    int i = begin;
    for (; i + 16 <= end; i += 16) vstore16(vload16(0, x + first + i), 0, padded + i);
    for (; i < end; i++) padded[i] = x[first + i];
  } else {
    for (int i = begin; i < end; i++) padded[i] = x[(first + i) * s_x];
  }
  for (int i = end; i < row; i++) padded[i] = 0.0f;
}

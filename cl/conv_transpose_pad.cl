/* Copies input rows in pieces of floats, one per segment of columns, with zeros beyond the row's ends, so that the vector
 * loads of conv_transpose_phase stay inside; the pieces of all channels lie side by side.
 *
 * -DDTYPE: of x, 1, 3 or 4.
 * Global size: (in_d * in_h, ceil(C / EACH), N), local (1, 1, 1). x: input with the strides s_*; padded:
 * [N][in_d][in_h][segments][C][piece]. Element i of a piece is input first + segment * columns + i, or 0 outside the row. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1
// check: -DCLUP_INDEX64=1 -DDTYPE=3
// check: -DCLUP_INDEX64=1 -DDTYPE=4
#include "common.clh"
#include "dtype.clh"

#define EACH 8 /* channels per work-item: PAD_CHANNELS in host/solvers/conv_transpose_rows.c */

CLUP_KERNEL void clup_conv_transpose_pad(__global const stored_t *x, long x_offset, __global float *padded,
                                         long padded_offset, long s_n, long s_c, long s_z, long s_y, long s_x,
                                         int channels, int in_h, int in_w, int first, int segments, int columns,
                                         int piece) {
  if (warming_up(x_offset)) return;
  long y = (long)get_global_id(0), n = (long)get_global_id(2);
  int c_begin = (int)get_global_id(1) * EACH, c_end = min(c_begin + EACH, channels);
  x += x_offset + n * s_n + y / in_h * s_z + y % in_h * s_y;
  padded += padded_offset + (n * (long)get_global_size(0) + y) * segments * channels * piece;
  for (int segment = 0; segment < segments; segment++) {
    int from = first + segment * columns; /* the piece's first input */
    int begin = clamp(-from, 0, piece), end = clamp(in_w - from, begin, piece);
    for (int c = c_begin; c < c_end; c++) {
      __global const stored_t *in = x + c * s_c + from * s_x;
      __global float *out = padded + ((long)segment * channels + c) * piece;
      int i = begin;
      for (int j = 0; j < begin; j++) out[j] = 0.0f;
      if (s_x == 1)
        for (; i + 16 <= end; i += 16) *(__global loose_real16_t *)(out + i) = load_real16(in + i);
      for (; i < end; i++) out[i] = load_real(in + i * s_x);
      for (; i < piece; i++) out[i] = 0.0f;
    }
  }
}

/* Inputs for conv_transpose_gemm_shuffle: pixels of all images one after another, SPOTS of them to a tile, and of each
 * tile the pixels of all channels side by side, so that the matrix product walks through memory.
 *
 * -DSPOTS: 1..16; -DDTYPE: of x, 1, 3 or 4.
 * Global size: (ceil(tiles / EACH), ceil(channels / CHANNELS)), local (1, 1).
 * x: strides xs_*; v: [tile][channel][16], from tile to tile tile_pitch floats; of the last SPOTS..15 any inputs, past
 * the last pixel the last one again. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DSPOTS=14
// check: -DCLUP_INDEX64=1 -DDTYPE=3 -DSPOTS=14
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DSPOTS=14
#include "common.clh"
#include "cpu_vector.clh"
#include "dtype.clh"
#ifndef SPOTS
#error "SPOTS must be set"
#endif

#define EACH 16     /* TILES_EACH in host/solvers/conv_transpose_gemm_shuffle.c */
#define CHANNELS 16 /* CHANNELS_EACH there */

CLUP_KERNEL void clup_conv_transpose_gemm_input(__global const stored_t *x, long x_offset, __global float *v,
                                                long v_offset, index_t xs_n, index_t xs_c, index_t xs_z, index_t xs_y,
                                                index_t xs_x, int channels, int pixels, int in_d, int in_h, int in_w,
                                                int tiles, long tile_pitch) {
  if (warming_up(x_offset)) return;
  const int first = (int)get_global_id(0) * EACH, begin = (int)get_global_id(1) * CHANNELS;
  const int count = min(CHANNELS, channels - begin);
  x += x_offset + begin * xs_c;
  v += v_offset + begin * 16;
  for (int t = first; t < min(first + EACH, tiles); t++) {
    index_t at[16];
    bool beside = true;
    for (int s = 0; s < 16; s++) {
      const int pixel = min(t * SPOTS + s, pixels - 1), line = pixel / in_w, plane = line / in_h;
      at[s] = plane / in_d * xs_n + plane % in_d * xs_z + line % in_h * xs_y + pixel % in_w * xs_x;
      beside = beside && at[s] == at[0] + s;
    }
    __global const stored_t *from = x;
    __global float *to = v + t * tile_pitch;
    for (int c = 0; c < count; c++, from += xs_c, to += 16) {
      if (beside) {
        *(__global float16 *)to = load_real16(from + at[0]);
        FETCH_AHEAD(from + at[0] + 64);
      } else {
        for (int s = 0; s < 16; s++) to[s] = load_real(from + at[s]);
      }
    }
  }
}

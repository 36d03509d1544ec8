/* The sums and differences of inputs that conv_transpose_winograd multiplies. A line is a row of spots of an image;
 * spot (sy, sx) is made of the inputs from (outputs_y * sy, outputs_x * sx) on. A plane is one of planes_y combinations
 * along y of one of planes_x along x; beyond the image inputs are 0. Vectors are of 16 input channels, so that no sum
 * needs elements of one vector moved, and short lines leave no lane empty.
 *
 * -DSPOTS: of a tile; -DCOLUMNS: inputs of a row that are taken at once, a multiple of 16; -DREACH: inputs that the
 * combinations of an axis reach over, at most; -DPLANES: planes_y, at most; -DDTYPE: of x, 1, 3 or 4.
 * Global size: (lines, groups * blocks), a block is 16 channels of a group; local (1, 1).
 * x: strides xs_*; v: [planes_y][planes_x][tiles][groups * blocks][SPOTS][16], spots of all lines in a row, zeros past
 * the last one; from tile to tile and from plane to plane are tile_pitch and plane_pitch floats;
 * of_y, of_x: each plane's terms, the places of PARTS inputs and the bits of their factors; least_*, most_*: the
 * smallest and the largest place; outputs_*: of a spot. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DSPOTS=14 -DCOLUMNS=32 -DREACH=8 -DPLANES=12
// check: -DCLUP_INDEX64=1 -DDTYPE=3 -DSPOTS=14 -DCOLUMNS=32 -DREACH=8 -DPLANES=12
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DSPOTS=14 -DCOLUMNS=32 -DREACH=8 -DPLANES=12
#include "common.clh"
#include "cpu_vector.clh"
#include "dtype.clh"
#include "interleave.clh"
#include "winograd_tables.clh"
#if !defined(SPOTS) || !defined(COLUMNS) || !defined(REACH) || !defined(PLANES)
#error "SPOTS, COLUMNS, REACH and PLANES must be set"
#endif

/* Builtins take private addresses; for CPUs all are the same. */

/* 16 inputs of a row from `column` on, 0 beyond its ends. */
static inline float16 take(__global const stored_t *row, index_t xs_x, int column, int in_w) {
  const int from = clamp(-column, 0, 16), past = clamp(in_w - column, from, 16);
  row += column * xs_x;
  if (xs_x == 1 && past - from == 16) return load_real16(row);
  if (past == from) return (float16)(0.0f);
#if DTYPE == 1 && defined(__AVX512F__) && __has_builtin(__builtin_ia32_loadups512_mask)
  if (xs_x == 1)
    return __builtin_ia32_loadups512_mask((const float *)(size_t)row, (float16)(0.0f),
                                          (ushort)((1 << past) - (1 << from)));
#endif
  float lanes[16];
  for (int i = 0; i < 16; i++) lanes[i] = i >= from && i < past ? load_real(row + i * xs_x) : 0.0f;
  return *(const loose_float16_t *)lanes;
}

/* 16 columns of a row from `column` on, each a vector of `channels` channels, zeros beyond. */
static inline void take_columns(__global const stored_t *row, index_t xs_c, index_t xs_x, int column, int in_w,
                                int channels, float16 *to) {
  if (xs_c == 1 && channels == 16) {
    for (int i = 0; i < 16; i++)
      to[i] = column + i >= 0 && column + i < in_w ? load_real16(row + (column + i) * xs_x) : (float16)(0.0f);
    return;
  }
  float16 in[16];
  for (int c = 0; c < 16; c++) {
    FETCH_AHEAD(row + c * xs_c + (column + COLUMNS) * xs_x);
    in[c] = c < channels ? take(row + c * xs_c, xs_x, column, in_w) : (float16)(0.0f);
  }
  interleave(in, 16, to);
}

/* The sum of `terms` vectors, at most PARTS - 1, each times its factor: what is past the last of a plane repeats it with
 * factor 0. */
static inline __attribute__((always_inline)) float16 mix(const float16 *const *in, const float *factor, int at,
                                                         int terms) {
  float16 sum = (float16)(factor[0]) * in[0][at];
#pragma unroll
  for (int i = 1; i < terms; i++) sum = fma((float16)(factor[i]), in[i][at], sum);
  return sum;
}
static inline __attribute__((always_inline)) float16 mix_plane(const float16 *const *in, const float *factor, int at,
                                                               int terms) {
  return terms == 1   ? in[0][at]
         : terms == 2 ? mix(in, factor, at, 2)
         : terms < 5  ? mix(in, factor, at, 4)
                      : mix(in, factor, at, PARTS - 1);
}

CLUP_KERNEL void clup_conv_transpose_winograd_input(__global const stored_t *x, long x_offset, __global float *v,
                                                    long v_offset, __global const int *of_y, long of_y_offset,
                                                    __global const int *of_x, long of_x_offset, index_t xs_n,
                                                    index_t xs_c, index_t xs_y, index_t xs_x, int ci, int blocks,
                                                    int spots_y, int spots_x, int in_h, int in_w, int planes_y,
                                                    int planes_x, int outputs_y, int outputs_x, int least_y, int most_y,
                                                    int least_x, int most_x, long tile_pitch, long plane_pitch) {
  if (warming_up(x_offset)) return;
  const int line = (int)get_global_id(0), n = line / spots_y, first_row = line % spots_y * outputs_y + least_y;
  const int block = (int)get_global_id(1), channel = block % blocks * 16, channels = min(16, ci - channel);
  const int each = (COLUMNS - 1 - (most_x - least_x)) / outputs_x + 1; /* spots */
  const bool last = line + 1 == (int)get_global_size(0);
  of_y += of_y_offset;
  of_x += of_x_offset;
  x += x_offset + n * xs_n + (index_t)(block / blocks * ci + channel) * xs_c;
  v += v_offset + (long)block * (SPOTS * 16);
  float16 rows[REACH][COLUMNS];
  float16 mixed[PLANES][COLUMNS]; /* the same of the planes of y */
  for (int piece = 0; piece < spots_x; piece += each) {
    const int spots = min(each, spots_x - piece), first_column = piece * outputs_x + least_x;
    const int columns = (spots - 1) * outputs_x + most_x - least_x + 1;
    for (int i = 0; i <= most_y - least_y; i++) {
      const int iy = first_row + i;
      const bool inside = iy >= 0 && iy < in_h;
      for (int k = 0; k < columns; k += 16)
        take_columns(x + (inside ? iy : 0) * xs_y, xs_c, xs_x, first_column + k, inside ? in_w : 0, channels,
                     rows[i] + k);
    }
    for (int p = 0; p < planes_y; p++) {
      const float16 *in[PARTS];
      float factor[PARTS];
      for (int i = 0; i < PARTS; i++) {
        in[i] = rows[of_y[PLANE_INTS * p + 1 + i] - least_y];
        factor[i] = as_float(of_y[PLANE_INTS * p + 1 + PARTS + i]);
      }
      for (int k = 0; k < columns; k++) mixed[p][k] = mix_plane(in, factor, k, of_y[PLANE_INTS * p]);
    }
    for (int p = 0; p < planes_y * planes_x; p++) {
      __global const int *of = of_x + p % planes_x * PLANE_INTS;
      const float16 *in[PARTS];
      float factor[PARTS];
      for (int i = 0; i < PARTS; i++) {
        in[i] = mixed[p / planes_x] + of[1 + i] - least_x;
        factor[i] = as_float(of[1 + PARTS + i]);
      }
      for (int s = 0; s < spots; s++) {
        const int at = line * spots_x + piece + s;
        *(__global float16 *)(v + p * plane_pitch + at / SPOTS * tile_pitch + at % SPOTS * 16) =
            mix_plane(in, factor, s * outputs_x, of[0]);
      }
      if (last && piece + spots == spots_x) /* the last tile's other spots */
        for (int at = (line + 1) * spots_x; at % SPOTS != 0; at++)
          *(__global float16 *)(v + p * plane_pitch + at / SPOTS * tile_pitch + at % SPOTS * 16) = (float16)(0.0f);
    }
  }
}

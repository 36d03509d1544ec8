/* The sums and differences of inputs that conv_transpose_winograd multiplies. A line is a row of spots of an image; spot
 * (sy, sx) is made of the inputs from (2 sy, 2 sx) on. A plane is one of planes_y combinations along y of one of planes_x
 * along x, each `from`[o0] + sign * `from`[o1], or `from`[o0] alone where the sign is 0; beyond the image inputs are 0.
 *
 * -DSPOTS: of a tile, at most 16; -DPIECE: spots of a line that are made at once; -DREACH: inputs that a
 * combination along x reaches over, at most; -DEACH: channels per work-item; -DPLANES: planes_y, at most; -DDTYPE: of x, 1, 3 or 4.
 * Global size: (lines, ceil(channels / EACH)), local (1, 1).
 * x: strides xs_*; v: [planes_y][planes_x][tiles][channels][SPOTS], spots of all lines in a row, zeros past the last one; from tile
 * to tile and from plane to plane are tile_pitch and plane_pitch floats;
 * flags: [lines][ceil(channels / EACH)]: 1 where a number is infinite or NaN, else 0. planes_*: o0, o1 and sign of each;
 * least: the smallest o0 or o1 along x. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DSPOTS=14 -DPIECE=56 -DREACH=16 -DEACH=8 -DPLANES=8
// check: -DCLUP_INDEX64=1 -DDTYPE=3 -DSPOTS=14 -DPIECE=56 -DREACH=16 -DEACH=8 -DPLANES=8
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DSPOTS=14 -DPIECE=56 -DREACH=16 -DEACH=8 -DPLANES=8
#include "common.clh"
#include "cpu_vector.clh"
#include "dtype.clh"
#if !defined(SPOTS) || !defined(PIECE) || !defined(REACH) || !defined(EACH) || !defined(PLANES)
#error "SPOTS, PIECE, REACH, EACH and PLANES must be set"
#endif
#define HALF (PIECE + REACH / 2 + 32) /* every other input of a piece, and what whole vectors read and write past it */

/* Builtins below take private addresses; for CPUs all are the same. */

static inline void put(float16 value, float *to) { *(loose_float16_t *)to = value; }
static inline float16 get(const float *from) { return *(const loose_float16_t *)from; }

/* Every other element, from the first or the second on. By elements: .even and .odd crash Oclgrind's search for values
 * that nobody wrote. */
static inline float16 evens(float16 a, float16 b) {
  return (float16)(a.s0, a.s2, a.s4, a.s6, a.s8, a.sa, a.sc, a.se, b.s0, b.s2, b.s4, b.s6, b.s8, b.sa, b.sc, b.se);
}
static inline float16 odds(float16 a, float16 b) {
  return (float16)(a.s1, a.s3, a.s5, a.s7, a.s9, a.sb, a.sd, a.sf, b.s1, b.s3, b.s5, b.s7, b.s9, b.sb, b.sd, b.sf);
}

/* The first `count` elements. For numbers that are read soon: where a row's end lies beside lines that are written past the
 * caches a masked store is slower than store_some. */
static inline void put_some(float16 value, int count, __global float *to) {
#if defined(__AVX512F__) && __has_builtin(__builtin_ia32_storeups512_mask)
  __builtin_ia32_storeups512_mask((float *)(size_t)to, value, (ushort)((1 << count) - 1));
#else
  store_some(value, count, to);
#endif
}

/* 16 inputs of a row from `column` on, 0 beyond its ends. */
static inline float16 take(__global const stored_t *row, index_t xs_x, int column, int in_w) {
  const int from = clamp(-column, 0, 16), past = clamp(in_w - column, from, 16);
  row += column * xs_x;
  if (xs_x == 1 && past - from == 16) return load_real16(row);
  if (past == from) return (float16)(0.0f);
#if DTYPE == 1 && defined(__AVX512F__) && __has_builtin(__builtin_ia32_loadups512_mask)
  if (xs_x == 1)
    return __builtin_ia32_loadups512_mask((const float *)(size_t)row, (float16)(0.0f), (ushort)((1 << past) - (1 << from)));
#endif
  float lanes[16];
  for (int i = 0; i < 16; i++) lanes[i] = i >= from && i < past ? load_real(row + i * xs_x) : 0.0f;
  return get(lanes);
}

CLUP_KERNEL void clup_conv_transpose_winograd_input(
    __global const stored_t *x, long x_offset, __global float *v, long v_offset, __global int *flags, long flags_offset,
    __global const int *of_y, long of_y_offset, __global const int *of_x, long of_x_offset, index_t xs_n, index_t xs_c,
    index_t xs_y, index_t xs_x, int channels, int spots_y, int spots_x, int in_h, int in_w, int planes_y, int planes_x,
    int least, long tile_pitch, long plane_pitch) {
  if (warming_up(x_offset)) return;
  const int line = (int)get_global_id(0), n = line / spots_y, sy = line % spots_y;
  const int begin = (int)get_global_id(1) * EACH, end = min(begin + EACH, channels);
  const bool last = line + 1 == (int)get_global_size(0);
  of_y += of_y_offset;
  of_x += of_x_offset;
  v += v_offset;
  float half_rows[PLANES][2][EACH][HALF]; /* even inputs, odd ones */
  float16 check = 0.0f;
  for (int piece = 0; piece < spots_x; piece += PIECE) {
    const int spots = min(PIECE, spots_x - piece);
    for (int py = 0; py < planes_y; py++) {
      const int a = 2 * sy + of_y[3 * py], b = 2 * sy + of_y[3 * py + 1];
      const bool has_a = a >= 0 && a < in_h, has_b = of_y[3 * py + 2] != 0 && b >= 0 && b < in_h;
      const float16 keep = (float16)(has_a ? 1.0f : 0.0f), sign = (float16)(has_b ? (float)of_y[3 * py + 2] : 0.0f);
      for (int c = begin; c < end; c++) {
        __global const stored_t *image = x + x_offset + n * xs_n + c * xs_c;
        __global const stored_t *row_a = image + (has_a ? a : has_b ? b : 0) * xs_y;
        __global const stored_t *row_b = image + (has_b ? b : has_a ? a : 0) * xs_y;
        for (int i = 0; i < 2 * spots + REACH; i += 32) {
          const int at = 2 * piece + least + i;
          const float16 low = fma(sign, take(row_b, xs_x, at, in_w), keep * take(row_a, xs_x, at, in_w));
          const float16 high = fma(sign, take(row_b, xs_x, at + 16, in_w), keep * take(row_a, xs_x, at + 16, in_w));
          put(evens(low, high), half_rows[py][0][c - begin] + i / 2);
          put(odds(low, high), half_rows[py][1][c - begin] + i / 2);
        }
      }
    }
    for (int p = 0; p < planes_y * planes_x; p++) {
      __global const int *of = of_x + p % planes_x * 3;
      const int o0 = of[0] - least, o1 = of[1] - least;
      const float16 sign = (float16)((float)of[2]);
      const float *in0 = half_rows[p / planes_x][o0 % 2][0] + o0 / 2, *in1 = half_rows[p / planes_x][o1 % 2][0] + o1 / 2;
      for (int s = 0, count; s < spots; s += count) { /* the spots of one tile */
        const int at = line * spots_x + piece + s, lane = at % SPOTS;
        count = min(spots - s, SPOTS - lane);
        __global float *to = v + p * plane_pitch + at / SPOTS * tile_pitch + begin * SPOTS + lane;
        for (int c = 0; c < end - begin; c++) {
          const float16 value = fma(sign, get(in1 + c * HALF + s), get(in0 + c * HALF + s));
          check = fma(value, (float16)(0.0f), check);
          if (count == SPOTS && c + 1 < end - begin)
            *(__global loose_float16_t *)(to + c * SPOTS) = value; /* what is too much is the next channel's, made next */
          else
            put_some(value, count, to + c * SPOTS);
          if (last && piece + s + count == spots_x) /* the last tile's other spots */
            for (int i = count; i < SPOTS - lane; i++) to[c * SPOTS + i] = 0.0f;
        }
      }
    }
  }
  float wrong = 0.0f;
  for (int i = 0; i < 16; i++) wrong += ((const float *)&check)[i];
  flags[flags_offset + line * (int)get_global_size(1) + (int)get_global_id(1)] = isnan(wrong);
}

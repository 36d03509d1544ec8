/* The sums and differences of inputs that conv_transpose_winograd multiplies. A line is a row of spots of an image; spot
 * (sy, sx) is made of the inputs from (outputs_y * sy, outputs_x * sx) on. A plane is one of planes_y combinations along y of
 * one of planes_x along x; beyond the image inputs are 0.
 *
 * -DSPOTS: of a tile, at most 16; -DPIECE: spots of a line that are made at once; -DREACH: inputs that the
 * combinations of an axis reach over, at most; -DEACH: channels per work-item; -DPLANES: planes_y, at most; -DDTYPE: of x, 1, 3
 * or 4.
 * Global size: (lines, ceil(channels / EACH)), local (1, 1).
 * x: strides xs_*; v: [planes_y][planes_x][tiles][channels][SPOTS], spots of all lines in a row, zeros past the last one; from
 * tile to tile and from plane to plane are tile_pitch and plane_pitch floats;
 * of_y, of_x: each plane's terms, the places of PARTS inputs and the bits of their factors; least_*, most_*: the smallest and the
 * largest place; outputs_*: 2 or 4. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DSPOTS=14 -DPIECE=56 -DREACH=8 -DEACH=8 -DPLANES=12
// check: -DCLUP_INDEX64=1 -DDTYPE=3 -DSPOTS=14 -DPIECE=56 -DREACH=8 -DEACH=8 -DPLANES=12
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DSPOTS=14 -DPIECE=56 -DREACH=8 -DEACH=8 -DPLANES=12
#include "common.clh"
#include "cpu_vector.clh"
#include "dtype.clh"
#if !defined(SPOTS) || !defined(PIECE) || !defined(REACH) || !defined(EACH) || !defined(PLANES)
#error "SPOTS, PIECE, REACH, EACH and PLANES must be set"
#endif
#define OUTPUTS 4 /* of a phase in a spot along an axis, at most */
#define PARTS (OUTPUTS + 2) /* a plane has fewer terms: of the product of all but one point, or 0 is one */
#define PLANE_INTS (1 + 2 * PARTS)
#define WIDE (PIECE + REACH + 32) /* every second or fourth input of a piece, and what whole vectors read and write past it */

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

/* Of `terms` vectors the sum, each times its factor: what is past the last of a plane repeats it with factor 0. */
static inline __attribute__((always_inline)) float16 mix(const float *const *in, const float *factor, int at, int terms) {
  float16 sum = (float16)(factor[0]) * get(in[0] + at);
#pragma unroll
  for (int i = 1; i < terms; i++) sum = fma((float16)(factor[i]), get(in[i] + at), sum);
  return sum;
}
static inline __attribute__((always_inline)) float16 mix_plane(const float *const *in, const float *factor, int at, int terms) {
  return terms == 1 ? get(in[0] + at) : terms == 2 ? mix(in, factor, at, 2) : terms < 5 ? mix(in, factor, at, 4) : mix(in, factor, at, PARTS - 1);
}

CLUP_KERNEL void clup_conv_transpose_winograd_input(
    __global const stored_t *x, long x_offset, __global float *v, long v_offset, __global const int *of_y, long of_y_offset,
    __global const int *of_x, long of_x_offset, index_t xs_n, index_t xs_c, index_t xs_y, index_t xs_x, int channels,
    int spots_y, int spots_x, int in_h, int in_w, int planes_y, int planes_x, int outputs_y, int outputs_x, int least_y,
    int most_y, int least_x, long tile_pitch, long plane_pitch) {
  if (warming_up(x_offset)) return;
  const int line = (int)get_global_id(0), n = line / spots_y, first_row = line % spots_y * outputs_y + least_y;
  const int begin = (int)get_global_id(1) * EACH, end = min(begin + EACH, channels);
  const bool last = line + 1 == (int)get_global_size(0);
  of_y += of_y_offset;
  of_x += of_x_offset;
  v += v_offset;
  float rows[REACH][OUTPUTS * WIDE];             /* [input row][column % outputs_x][column / outputs_x] */
  float mixed[PLANES][EACH][OUTPUTS * WIDE]; /* the same of the planes of y */
  for (int piece = 0; piece < spots_x; piece += PIECE) {
    const int spots = min(PIECE, spots_x - piece), past = (line * spots_x + piece + spots) % SPOTS;
    const int last_from = spots - min(spots, past ? past : SPOTS); /* of the last tile's spots: 16 are made from there on */
    const int vectors = (last_from + REACH / 2 + 16 + 14) / 16;
    for (int c = begin; c < end; c++) {
      for (int i = 0; i <= most_y - least_y; i++) {
        const int iy = first_row + i;
        const bool inside = iy >= 0 && iy < in_h;
        __global const stored_t *row = x + x_offset + n * xs_n + c * xs_c + (inside ? iy : 0) * xs_y;
        for (int k = 0; k < vectors; k++) {
          const int at = piece * outputs_x + least_x + 16 * outputs_x * k;
          float16 in[OUTPUTS];
          for (int j = 0; j < outputs_x; j++) FETCH_AHEAD(row + xs_c + (at + 16 * j) * xs_x);
          for (int j = 0; j < outputs_x; j++) in[j] = inside ? take(row, xs_x, at + 16 * j, in_w) : (float16)(0.0f);
          float16 even = evens(in[0], in[1]), odd = odds(in[0], in[1]);
          float *to = rows[i] + 16 * k;
          if (outputs_x == 2) {
            put(even, to);
            put(odd, to + WIDE);
          } else {
            const float16 more_even = evens(in[2], in[3]), more_odd = odds(in[2], in[3]);
            put(evens(even, more_even), to);
            put(evens(odd, more_odd), to + WIDE);
            put(odds(even, more_even), to + 2 * WIDE);
            put(odds(odd, more_odd), to + 3 * WIDE);
          }
        }
      }
      for (int p = 0; p < planes_y; p++) {
        const float *in[PARTS];
        float factor[PARTS];
        for (int i = 0; i < PARTS; i++) {
          in[i] = rows[of_y[PLANE_INTS * p + 1 + i] - least_y];
          factor[i] = as_float(of_y[PLANE_INTS * p + 1 + PARTS + i]);
        }
        for (int j = 0; j < outputs_x; j++)
          for (int k = 0; k < vectors; k++) {
            const int at = j * WIDE + 16 * k;
            put(mix_plane(in, factor, at, of_y[PLANE_INTS * p]), mixed[p][c - begin] + at);
          }
      }
    }
    for (int p = 0; p < planes_y * planes_x; p++) {
      __global const int *of = of_x + p % planes_x * PLANE_INTS;
      const float *in[PARTS];
      float factor[PARTS];
      for (int i = 0; i < PARTS; i++) {
        const int o = of[1 + i] - least_x;
        in[i] = mixed[p / planes_x][0] + o % outputs_x * WIDE + o / outputs_x;
        factor[i] = as_float(of[1 + PARTS + i]);
      }
      for (int s = 0, count; s < spots; s += count) { /* the spots of one tile */
        const int at = line * spots_x + piece + s, lane = at % SPOTS;
        count = min(spots - s, SPOTS - lane);
        __global float *to = v + p * plane_pitch + at / SPOTS * tile_pitch + begin * SPOTS + lane;
        for (int c = 0; c < end - begin; c++) {
          FETCH_AHEAD(to + plane_pitch + c * SPOTS);
          const float16 value = mix_plane(in, factor, c * OUTPUTS * WIDE + s, of[0]);
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
}

/* Fold (col2im) for CPUs: rows in vectors. Counted from the padding's beginning, the places of an output row come in
 * groups of STRIDE; group m takes its element f, phase f, from the taps of that phase: tap t of a row of blocks has its
 * block m - groups(t) there. 16 groups are made at once. Sums are in the order of the taps.
 * -DCLUP_INDEX64=0|1  index_t is int or long
 * -DDTYPE=1..4  f32, f64, f16, bf16 (dtype.clh); arithmetic in float, for f64 in double
 * -DSTRIDE=1..32  along x
 * -DPIECE  groups that a work-item takes of each row
 * x: the input, blocks along x contiguous; image n and channel c begin at n * x_n + c * x_c
 * y: [N][channels][depth][height][width] by strides y_n ... y_y in elements, rows contiguous
 * reach: [depth + height][2], for each place along z, then y: the first element that reaches it, from where a plane
 * begins, and how many there are, step_z (step_y) apart
 * phases: [STRIDE][3]: how many taps along x a phase has, the first tap, its groups; the next tap's elements are
 * tap_step elements and group_step groups further; a single tap is `tap` elements from the one before
 * rows: N * channels * depth * height; each: rows per work-item; blocks: along x; padding: at the row's beginning;
 * groups begin..end-1 hold the row
 * Global size: (>= (end - begin) / PIECE, >= rows / each), local size 1. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DSTRIDE=1 -DPIECE=1024
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DSTRIDE=2 -DPIECE=1024
// check: -DCLUP_INDEX64=1 -DDTYPE=2 -DSTRIDE=3 -DPIECE=1024
// check: -DCLUP_INDEX64=0 -DDTYPE=3 -DSTRIDE=4 -DPIECE=1024
// check: -DCLUP_INDEX64=1 -DDTYPE=4 -DSTRIDE=32 -DPIECE=1024
#include "common.clh"
#include "dtype.clh"
#include "interleave.clh"

#if !defined(STRIDE) || !defined(PIECE)
#error "STRIDE must be 1..32, PIECE at least 16"
#endif
#define LANES 16

/* 16 blocks from `at` on, 0 for those that there are not. */
static inline real16_t take(__global const stored_t *row, index_t at, index_t blocks) {
  if (at >= 0 && at + LANES <= blocks) return load_real16(row + at);
  real_t lanes[LANES];
  for (int i = 0; i < LANES; i++) lanes[i] = at + i >= 0 && at + i < blocks ? load_real(row + at + i) : 0;
  return vload16(0, lanes);
}

/* The phases of 16 groups, interleaved, as far as they lie within the row. */
static inline void put(const real16_t *part, __global stored_t *row, index_t at, index_t width) {
  __global stored_t *to = row + at;
  if (at >= 0 && at + LANES * STRIDE <= width) {
    real16_t whole[STRIDE];
    interleave(part, STRIDE, whole);
    for (int i = 0; i < STRIDE; i++) store_real16(whole[i], to + LANES * i);
  } else {
    const real_t *lanes = (const real_t *)part;
    const int first = at < 0 ? (int)-at : 0, past = width - at < LANES * STRIDE ? (int)(width - at) : LANES * STRIDE;
    for (int i = first; i < past; i++) store_real(lanes[i % STRIDE * LANES + i / STRIDE], to + i);
  }
}

CLUP_KERNEL void clup_fold_rows(__global const stored_t *restrict x, long x_offset, __global stored_t *restrict y,
                                long y_offset, __global const index_t *restrict reach, long reach_offset,
                                __global const int *restrict phases, long phases_offset, index_t channels,
                                index_t rows, index_t each, index_t depth, index_t height, index_t width,
                                index_t blocks, index_t padding, index_t begin, index_t end, index_t step_z,
                                index_t step_y, index_t tap_step, index_t group_step, index_t tap, index_t x_n,
                                index_t x_c, index_t y_n, index_t y_c, index_t y_z, index_t y_y) {
  if (warming_up(x_offset)) return;
  const index_t first = begin + (index_t)get_global_id(0) * PIECE;
  const index_t past = end - first < PIECE ? end : first + PIECE;
  const index_t row_first = (index_t)get_global_id(1) * each;
  const index_t row_past = rows - row_first < each ? rows : row_first + each;
  reach += reach_offset;
  phases += phases_offset;
  for (index_t row = row_first; row < row_past; row++) {
    const index_t plane = row / (depth * height), z = row / height - plane * depth, h = row % height;
    const index_t n = plane / channels, c = plane - n * channels;
    __global const index_t *on_z = reach + 2 * z, *on_y = reach + 2 * (depth + h);
    __global const stored_t *from = x + x_offset + n * x_n + c * x_c + on_z[0] + on_y[0];
    __global stored_t *to = y + y_offset + n * y_n + c * y_c + z * y_z + h * y_y;
    for (index_t m = first; m < past; m += LANES) {
      real16_t part[STRIDE];
      for (int f = 0; f < STRIDE; f++) {
        const int count = phases[3 * f];
        real16_t sum = 0;
        for (index_t i = 0; i < on_z[1]; i++)
          for (index_t j = 0; j < on_y[1]; j++) {
            __global const stored_t *taps = from + i * step_z + j * step_y + phases[3 * f + 1] * tap;
            index_t at = m - phases[3 * f + 2];
            for (int k = 0; k < count; k++, taps += tap_step, at -= group_step) sum += take(taps, at, blocks);
          }
        part[f] = sum;
      }
      put(part, to, m * STRIDE - padding, width);
    }
  }
}

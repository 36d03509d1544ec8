/* Windows of taps on CPUs: area, lanczos, and what antialiases, over up to two axes. A work-item makes 16 output rows,
 * as wide as a chunk, of one plane. It sums the windows along y for all input columns of the chunk, in vectors of
 * columns; turns tiles of 16 x 16, so that a vector is a column of the 16 rows; sums the windows along x; turns back:
 *   y[o, p * fold + c] = sum_t column_weight[p][t] * sum_s row_weight[o][s]
 *                        * x[row_window[o][0] + s, (column_window[p][0] + t) * fold + c]
 * by fma, in blocks of 32; the sum of the blocks is compensated, so that long windows lose nothing.
 *
 * -DCLUP_INDEX64=0|1  index_t is int or long
 * -DDTYPE=1|3..8  of x and y; what is between is of float (dtype.clh)
 * -DSTREAM=0|1  1: y, of float, is written past the caches where its rows lie on 64-byte boundaries
 * -DCOLUMNS  input columns of a chunk, at most; a multiple of 16
 *
 * x, y: the tensors' memory, with strides x_h, x_w, y_h in elements, 0 for an axis of one; y's last stride is 1
 * row_window: [height][2], first index and count (>= 1), within the input; row_weight: [height][row_taps]
 * column_window: [width / fold][2], column_weight: [width / fold][column_taps], likewise
 * chunks: [chunks][4]: first output column, output columns, first input column, input columns
 * planes, plane_axes: as in planes.clh
 * height: of the output; in_width: of the input
 *
 * Global size: (chunks, height / 16 rounded up, planes), local size 1. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DSTREAM=0 -DCOLUMNS=1024
// check: -DCLUP_INDEX64=1 -DDTYPE=1 -DSTREAM=1 -DCOLUMNS=1024
// check: -DCLUP_INDEX64=0 -DDTYPE=3 -DSTREAM=0 -DCOLUMNS=1024
// check: -DCLUP_INDEX64=0 -DDTYPE=5 -DSTREAM=0 -DCOLUMNS=1024
#include "common.clh"
#include "cpu_vector.clh"
#include "dtype.clh"
#include "interleave.clh"
#include "planes.clh"
#include "store_rows.clh"

#ifndef COLUMNS
#error "COLUMNS must be a positive multiple of 16"
#endif
#if DTYPE == 2
#error "not for f64"
#endif
#define LANES 16
#define BLOCK 32 /* taps */
#define WIDE 8   /* vectors side by side, whose sums are independent */

/* Of infinities nothing is lost, and their difference is NaN. */
#define WINDOW_SUM(NAME, TYPE, FROM, TAKE)                                                              \
  static inline TYPE NAME(FROM from, index_t step, __global const float *weight, int count) {           \
    TYPE sum = 0, lost = 0;                                                                             \
    for (int begin = 0; begin < count; begin += BLOCK) {                                                \
      const int end = count - begin < BLOCK ? count : begin + BLOCK;                                    \
      TYPE block = weight[begin] * TAKE(from + begin * step);                                           \
      for (int t = begin + 1; t < end; t++) block = fma((TYPE)weight[t], TAKE(from + t * step), block); \
      const TYPE next = sum + block, added = next - sum;                                                \
      if (begin > 0) lost += (sum - (next - added)) + (block - added);                                  \
      sum = begin > 0 ? next : block;                                                                   \
    }                                                                                                   \
    return count > BLOCK ? (fabs(sum) < INFINITY ? sum + lost : sum) : sum;                             \
  }
#define TAKE_VECTOR(from) (*(from))
WINDOW_SUM(sum_column, float, __global const stored_t *, load_real)
WINDOW_SUM(sum_columns, float16, __global const stored_t *, load_real16)
WINDOW_SUM(sum_lines, float16, const float16 *, TAKE_VECTOR)

/* The same for WIDE vectors of columns, to every LANES-th vector of `to`. ahead: what will be read next, likewise. */
static inline void sum_wide(__global const stored_t *from, __global const stored_t *ahead, index_t step,
                            __global const float *weight, int count, float16 *to) {
  float16 sum[WIDE] = {0}, lost[WIDE] = {0}, block[WIDE];
  for (int begin = 0; begin < count; begin += BLOCK) {
    const int end = count - begin < BLOCK ? count : begin + BLOCK;
#pragma unroll
    for (int v = 0; v < WIDE; v++) block[v] = weight[begin] * load_real16(from + 16 * v);
    from += step;
    ahead += step;
    for (int t = begin + 1; t < end; t++, from += step, ahead += step)
#pragma unroll
      for (int v = 0; v < WIDE; v++) {
        FETCH_AHEAD(ahead + 16 * v);
        block[v] = fma((float16)weight[t], load_real16(from + 16 * v), block[v]);
      }
#pragma unroll
    for (int v = 0; v < WIDE; v++) {
      const float16 next = sum[v] + block[v], added = next - sum[v];
      if (begin > 0) lost[v] += (sum[v] - (next - added)) + (block[v] - added);
      sum[v] = begin > 0 ? next : block[v];
    }
  }
#pragma unroll
  for (int v = 0; v < WIDE; v++)
    to[LANES * v] = count > BLOCK ? (fabs(sum[v]) < INFINITY ? sum[v] + lost[v] : sum[v]) : sum[v];
}

/* One row of the windows along y, to every LANES-th vector of `tiles`. Beside the chunk's columns there are `before` in
 * the row, and from their first one on `room`. */
static inline void sum_row(__global const stored_t *from, __global const stored_t *next_row, index_t x_h, index_t x_w,
                           __global const float *weight, int count, int columns, index_t before, index_t room,
                           float16 *tiles) {
  int strip = 0;
  if (x_w == 1) { /* whole vectors, also beyond the chunk, but not beyond the row */
    const int strips = (columns + 15) / 16, whole = room / 16 < strips ? (int)(room / 16) : strips;
    for (; strip + WIDE <= whole; strip += WIDE) {
      const bool last = strip + 2 * WIDE > whole;
      sum_wide(from + 16 * strip, last ? next_row : from + 16 * (strip + WIDE), x_h, weight, count,
               tiles + LANES * strip);
    }
    for (; strip < strips; strip++) { /* the row's last 16 columns may begin further left than their strip */
      const int back = strip < whole ? 0 : (int)(16 * strip + 16 - room);
      if (back > before + 16 * strip) break;
      float16 sums[2] = {sum_columns(from + 16 * strip - back, x_h, weight, count), 0};
      tiles[LANES * strip] = back ? vload16(0, (const float *)sums + back) : sums[0];
    }
  }
  for (int i = 16 * strip; i < columns; i++)
    ((float *)(tiles + i / 16 * LANES))[i % 16] = sum_column(from + i * x_w, x_h, weight, count);
}

static inline void put16(float16 value, int count, __global stored_t *to) {
  if (count < 16)
    out_some(value, count, to);
  else if (STREAM && ((ulong)to & 63))
    store_real16(value, to);
  else
    out16(value, to);
}

CLUP_KERNEL void clup_interpolate_window_rows(
    __global const stored_t *restrict x, long x_offset, __global stored_t *restrict y, long y_offset,
    __global const int *restrict row_window, long row_window_offset, __global const float *restrict row_weight,
    long row_weight_offset, __global const int *restrict column_window, long column_window_offset,
    __global const float *restrict column_weight, long column_weight_offset, __global const int *restrict chunks,
    long chunks_offset, __global const long *restrict planes, long planes_offset, int plane_axes, int row_taps,
    int column_taps, int fold, index_t height, index_t in_width, index_t x_h, index_t x_w, index_t y_h) {
  if (warming_up(x_offset)) return;
  const int4 chunk = vload4(get_global_id(0), chunks + chunks_offset);
  const index_t first_row = (index_t)get_global_id(1) * LANES;
  const int rows = height - first_row < LANES ? (int)(height - first_row) : LANES;
  const plane_t at = plane_at(planes + planes_offset, plane_axes, (index_t)get_global_id(2));
  x += x_offset + at.x + chunk.s2 * x_w;
  y += y_offset + at.y + first_row * y_h + chunk.s0;
  row_window += row_window_offset + 2 * (long)first_row;
  row_weight += row_weight_offset + (long)first_row * row_taps;
  column_window += column_window_offset;
  column_weight += column_weight_offset;

  float16 tiles[COLUMNS], out[LANES];
  for (int row = 0; row < rows; row++)
    sum_row(x + row_window[2 * row] * x_h, x + row_window[2 * min(row + 1, rows - 1)] * x_h, x_h, x_w,
            row_weight + (long)row * row_taps, row_window[2 * row + 1], chunk.s3, chunk.s2, in_width - chunk.s2,
            tiles + row);
  /* Meanwhile the first window of what most likely comes next is fetched: the next chunk, or the next rows. */
  const bool beside = get_global_id(0) + 1 < get_global_size(0), below = first_row + LANES < height;
  const int next_row = beside || !below ? 0 : LANES, next_count = beside || below ? row_window[2 * next_row + 1] : 0;
  const index_t next_column = chunks[chunks_offset + (beside ? 4 * (get_global_id(0) + 1) : 0) + 2] - chunk.s2;
  __global const stored_t *next = x + row_window[2 * next_row] * x_h + next_column * x_w;
  for (int tile = 0; tile < chunk.s3; tile += LANES) {
    for (int i = 0; i < next_count; i++) FETCH_FAR_AHEAD(next + i * x_h + tile);
    for (int row = rows; row < LANES; row++) tiles[tile + row] = 0;
    interleave(tiles + tile, LANES, tiles + tile);
  }
  int list = chunk.s0 / fold, within = chunk.s0 - list * fold;
  for (int column = 0; column < chunk.s1; column += LANES) {
    const int count = chunk.s1 - column < LANES ? chunk.s1 - column : LANES;
    for (int i = 0; i < LANES; i++) {
      out[i] = 0;
      if (i >= count) continue;
      const float16 *from = tiles + (column_window[2 * (long)list] * fold + within - chunk.s2);
      out[i] = sum_lines(from, fold, column_weight + (long)list * column_taps, column_window[2 * (long)list + 1]);
      if (++within < fold) continue;
      within = 0;
      list++;
    }
    interleave(out, 16, out);
    for (int row = 0; row < rows; row++) put16(out[row], count, y + row * y_h + column);
  }
}

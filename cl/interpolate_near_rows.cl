/* Linear and cubic modes on CPUs, where LANES output columns in a row take their taps from LANES input columns in a row. A
 * work-item makes a block of rows of one slice of a plane: LANES columns of the input rows of each are mixed first, then
 * picked and mixed along x, all in registers. Nothing but the output is stored, since stores wait in line behind those that
 * go past the caches. Sums are in the order of the lists, by fma.
 *
 * -DCLUP_INDEX64=0|1  index_t is int or long
 * -DDTYPE=1|3..8  of x and y; what is between is of float (dtype.clh)
 * -DDEPTH_TAPS=1|2|4  entries per list of a slice; a list of one is a copy, whatever its weight
 * -DROW_TAPS=1|2|4  entries per list of a row
 * -DTAPS=1|2|4  entries per list of a column
 * -DTWICE=0|1  1: in the even columns each list, of consecutive columns, is that of two columns before, one column on
 * -DSTREAM=0|1  1: y is written past the caches
 * -DLANES=8|16  floats of a register
 *
 * x, y: the tensors' memory, with strides x_d, x_h, y_d, y_h in elements, 0 for an axis of one; x_w and y_w are 1
 * slice_index, slice_weight: [depth][DEPTH_TAPS], within the input
 * row_index, row_weight: [height][ROW_TAPS], within the input
 * column_index, column_weight: [TAPS][pitch], within the input; the last column once more until pitch, width + 16 or more
 * column_first: [pitch]: the first of LANES input columns, all within the input, for LANES output columns from there on
 * planes, plane_axes: as in planes.clh
 * height, width, depth: of the output; rows_each: output rows per work-item
 * even, even_end, apart: LANES output columns of these take theirs as others a multiple of LANES before do, `apart`
 *   columns on for LANES, from at most `reach` columns; if TWICE, 2 * LANES of them may read as many input columns from
 *   their first one's first on
 * last: the last column from which LANES are within the input
 *
 * Global size: (1, height / rows_each rounded up, planes * depth), local size 1. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DDEPTH_TAPS=1 -DROW_TAPS=2 -DTAPS=2 -DTWICE=1 -DSTREAM=1 -DLANES=8
// check: -DCLUP_INDEX64=1 -DDTYPE=1 -DDEPTH_TAPS=4 -DROW_TAPS=4 -DTAPS=4 -DTWICE=0 -DSTREAM=0 -DLANES=16
// check: -DCLUP_INDEX64=0 -DDTYPE=3 -DDEPTH_TAPS=2 -DROW_TAPS=2 -DTAPS=2 -DTWICE=1 -DSTREAM=1 -DLANES=16
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DDEPTH_TAPS=1 -DROW_TAPS=2 -DTAPS=1 -DTWICE=0 -DSTREAM=0 -DLANES=16
// check: -DCLUP_INDEX64=0 -DDTYPE=5 -DDEPTH_TAPS=1 -DROW_TAPS=4 -DTAPS=4 -DTWICE=1 -DSTREAM=1 -DLANES=8
// check: -DCLUP_INDEX64=0 -DDTYPE=8 -DDEPTH_TAPS=1 -DROW_TAPS=1 -DTAPS=2 -DTWICE=0 -DSTREAM=0 -DLANES=16
#include "common.clh"
#include "cpu_vector.clh"
#include "dtype.clh"
#include "interleave.clh"
#include "planes.clh"
#include "store_rows.clh"

#if !defined(DEPTH_TAPS) || !defined(ROW_TAPS) || !defined(TAPS) || !defined(TWICE) || !defined(LANES)
#error "DEPTH_TAPS, ROW_TAPS and TAPS must be 1, 2 or 4, TWICE 0 or 1, LANES 8 or 16"
#endif
#if DTYPE == 2
#error "not for f64"
#endif

#if LANES == 16
typedef float16 lanes_t;
typedef int16 places_t;
typedef loose_float16_t loose_lanes_t;
typedef loose_int16_t loose_places_t;
static inline lanes_t load_lanes(__global const stored_t *from) { return load_real16(from); }
static inline lanes_t pick(lanes_t from, places_t at) { return pick16_of_one(from, at); }
#else
typedef float8 lanes_t;
typedef int8 places_t;
typedef loose_float8_t loose_lanes_t;
typedef loose_int8_t loose_places_t;
static inline lanes_t load_lanes(__global const stored_t *from) { return load_real8(from); }
static inline lanes_t pick(lanes_t from, places_t at) { return pick8(from, at); }
#endif

#define PARTS (STEP / 16) /* of a step */

typedef struct columns_t {
  __global const int *index, *first;
  __global const float *weight;
  int pitch, even, even_end, apart, reach, last;
} columns_t;

/* The input rows that an output row is mixed of, those of a slice side by side. */
#define LINES (DEPTH_TAPS * ROW_TAPS)
typedef struct lines_t {
  __global const stored_t *in[LINES];
  lanes_t weight[LINES];
  index_t ahead; /* from the last one of a slice to what is fetched */
} lines_t;

typedef struct taps_t {
  lanes_t weight[TAPS];
  places_t at[TAPS];
} taps_t;

static inline taps_t taps_of(const columns_t *columns, int column) {
  taps_t taps;
#pragma unroll
  for (int t = 0; t < TAPS; t++) {
    taps.weight[t] = *(__global const loose_lanes_t *)(columns->weight + t * columns->pitch + column);
    taps.at[t] = *(__global const loose_places_t *)(columns->index + t * columns->pitch + column) - columns->first[column];
  }
  return taps;
}

static inline lanes_t mix_lines(const lines_t *lines, int from) {
  lanes_t mixed = lines->weight[0] * load_lanes(lines->in[0] + from);
#pragma unroll
  for (int l = 1; l < LINES; l++) mixed = fma(lines->weight[l], load_lanes(lines->in[l] + from), mixed);
  return mixed;
}

/* LANES output columns of columns that were mixed, the lists' first one on from the `skipped`. */
static inline lanes_t make(lanes_t mixed, const taps_t *taps, int skipped) {
  lanes_t sum = taps->weight[0] * pick(mixed, taps->at[0] + skipped);
#pragma unroll
  for (int t = 1; t < TAPS; t++) sum = fma(taps->weight[t], pick(mixed, taps->at[t] + skipped), sum);
  return sum;
}

static inline void fetch_next(const lines_t *lines, int from) {
#pragma unroll
  for (int l = ROW_TAPS; l <= LINES; l += ROW_TAPS) FETCH_FAR_AHEAD(lines->in[l - 1] + lines->ahead + from);
}

/* LANES / 16 vectors side by side. */
static inline float16 joined(const lanes_t *parts) {
#if LANES == 16
  return parts[0];
#else
  return join8(parts[0], parts[1]);
#endif
}

/* 16 columns from `at` on. */
static inline float16 make16(const lines_t *lines, const columns_t *columns, int at) {
  lanes_t parts[16 / LANES];
#pragma unroll
  for (int h = 0; h < 16 / LANES; h++) {
    const taps_t taps = taps_of(columns, at + LANES * h);
    parts[h] = make(mix_lines(lines, columns->first[at + LANES * h]), &taps, 0);
  }
  return joined(parts);
}

/* Steps of columns from `at` on, as far as they end by `end`; returns where the next one is. */
static inline int steps(const lines_t *lines, const columns_t *columns, int at, int end, __global stored_t *to) {
  for (; at + STEP <= end; at += STEP) {
    float16 parts[PARTS];
#pragma unroll
    for (int i = 0; i < PARTS; i++) {
      parts[i] = make16(lines, columns, at + 16 * i);
      fetch_next(lines, columns->first[at + 16 * i]);
    }
    out_step(parts, to + at);
  }
  return at;
}

#if TWICE
/* LANES in a row of a and b side by side, the first one at `j`. */
#if LANES == 16
static inline float16 across(float16 a, float16 b, const int j) {
  return j == 0   ? a
         : j == 1 ? (float16)(a.s1, a.s2, a.s3, a.s4, a.s5, a.s6, a.s7, a.s8, a.s9, a.sa, a.sb, a.sc, a.sd, a.se, a.sf, b.s0)
         : j == 2 ? (float16)(a.s2, a.s3, a.s4, a.s5, a.s6, a.s7, a.s8, a.s9, a.sa, a.sb, a.sc, a.sd, a.se, a.sf, b.s0, b.s1)
         : j == 3 ? (float16)(a.s3, a.s4, a.s5, a.s6, a.s7, a.s8, a.s9, a.sa, a.sb, a.sc, a.sd, a.se, a.sf, b.s0, b.s1, b.s2)
                  : (float16)(a.s4, a.s5, a.s6, a.s7, a.s8, a.s9, a.sa, a.sb, a.sc, a.sd, a.se, a.sf, b.s0, b.s1, b.s2, b.s3);
}
#else
static inline float8 across(float8 a, float8 b, const int j) {
  return j == 0   ? a
         : j == 1 ? (float8)(a.s1, a.s2, a.s3, a.s4, a.s5, a.s6, a.s7, b.s0)
         : j == 2 ? (float8)(a.s2, a.s3, a.s4, a.s5, a.s6, a.s7, b.s0, b.s1)
         : j == 3 ? (float8)(a.s3, a.s4, a.s5, a.s6, a.s7, b.s0, b.s1, b.s2)
                  : (float8)(a.s4, a.s5, a.s6, a.s7, b.s0, b.s1, b.s2, b.s3);
}
#endif

/* a and b by turns, to 2 * LANES / 16 vectors. */
static inline void by_turns(lanes_t a, lanes_t b, float16 *to) {
#if LANES == 16
  const float16 pair[2] = {a, b};
  interleave2(pair, to);
#else
  float8 first = (float8)(a.s0, b.s0, a.s1, b.s1, a.s2, b.s2, a.s3, b.s3);
  float8 last = (float8)(a.s4, b.s4, a.s5, b.s5, a.s6, b.s6, a.s7, b.s7);
  KEEP_WHOLE(first);
  KEEP_WHOLE(last);
  to[0] = join8(first, last);
#endif
}

/* What steps_twice makes at once: whole steps, and whole pairs of vectors. */
#define STRIDE (STEP > 2 * LANES ? STEP : 2 * LANES)

/* Even steps without picking: every other column is of the same weights, and of columns one further on. `later`: how
 * much further on the second one's list begins than the first one's. */
static inline int steps_twice(const lines_t *lines, const columns_t *columns, int at, int end, const int later,
                              __global stored_t *to) {
  if (at + STRIDE > end) return at;
  float weight[TAPS][2];
#pragma unroll
  for (int t = 0; t < TAPS; t++)
#pragma unroll
    for (int i = 0; i < 2; i++) weight[t][i] = columns->weight[t * columns->pitch + at + i];
  int from = columns->index[at];
  lanes_t mixed = mix_lines(lines, from);
  for (; at + STRIDE <= end; at += STRIDE) {
    float16 parts[STRIDE / 16];
#pragma unroll
    for (int i = 0; i < STRIDE / (2 * LANES); i++) {
      const lanes_t next = mix_lines(lines, from + LANES);
      lanes_t a = weight[0][0] * mixed, b = weight[0][1] * across(mixed, next, later);
#pragma unroll
      for (int t = 1; t < TAPS; t++) {
        a = fma((lanes_t)weight[t][0], across(mixed, next, t), a);
        b = fma((lanes_t)weight[t][1], across(mixed, next, t + later), b);
      }
      by_turns(a, b, parts + i * (2 * LANES / 16));
      fetch_next(lines, from);
      mixed = next;
      from += LANES;
    }
#pragma unroll
    for (int i = 0; i < STRIDE / STEP; i++) out_step(parts + i * (STEP / 16), to + at + i * STEP);
  }
  return at;
}

static inline int even_steps(const lines_t *lines, const columns_t *columns, int at, int end, __global stored_t *to) {
  if (columns->index[at + 1] > columns->index[at])
    return steps_twice(lines, columns, at, end, 1, to);
  else
    return steps_twice(lines, columns, at, end, 0, to);
}
#else
/* Steps by the lists of the first LANES columns. What was mixed serves as long as it has their columns: those of a whole
 * step, or where that reaches over more of them, or a crop is read backwards, those of a part. */
static inline int even_steps(const lines_t *lines, const columns_t *columns, int at, int end, __global stored_t *to) {
  if (at + STEP > end) return at;
  const taps_t taps = taps_of(columns, at);
  const int apart = columns->apart, span = columns->reach + (STEP / LANES - 1) * apart;
  const bool whole = apart >= 0 && span <= LANES;
  int from = columns->first[at], mixed_from = from;
  lanes_t mixed = mix_lines(lines, from);
  taps_t moved = taps; /* with places that move on: one addition is less than two and a broadcast */
  for (; at + STEP <= end; at += STEP) {
    lanes_t parts[STEP / LANES];
    if (whole) {
      if (from + span > mixed_from + LANES) {
        mixed_from = min(from, columns->last);
        mixed = mix_lines(lines, mixed_from);
        fetch_next(lines, mixed_from);
#pragma unroll
        for (int t = 0; t < TAPS; t++) moved.at[t] = taps.at[t] + (from - mixed_from);
      }
#pragma unroll
      for (int i = 0; i < STEP / LANES; i++) {
        parts[i] = make(mixed, &moved, 0);
#pragma unroll
        for (int t = 0; t < TAPS; t++) moved.at[t] += apart;
      }
      from += STEP / LANES * apart;
    } else {
#pragma unroll
      for (int i = 0; i < STEP / LANES; i++, from += apart) {
        if (from < mixed_from || from + columns->reach > mixed_from + LANES) {
          mixed_from = clamp(from, 0, columns->last);
          mixed = mix_lines(lines, mixed_from);
          fetch_next(lines, mixed_from);
        }
        parts[i] = make(mixed, &taps, from - mixed_from);
      }
    }
    float16 made[PARTS];
#pragma unroll
    for (int i = 0; i < PARTS; i++) made[i] = joined(parts + i * (16 / LANES));
    out_step(made, to + at);
  }
  return at;
}
#endif

/* Columns `at` to `end`, where no step is whole. */
CLUP_APART void ends(const lines_t *lines, const columns_t *columns, int at, int end, __global stored_t *to) {
  for (; at < end; at += 16) {
    const float16 made = make16(lines, columns, at);
    if (end - at >= 16)
      store_real16(made, to + at);
    else
      out_some(made, end - at, to + at);
  }
}

/* Rows that follow one another share lines of the cache: the end of one is kept for the next one's beginning, so that the
 * line goes past the caches, too. */
#define JOINS (STREAM && STEP <= 32 && LANES == 16)
typedef struct kept_t {
  float16 end[PARTS];
  int count;
} kept_t;

#if JOINS
/* The first `count` columns from `at` on, and any others. */
static inline void make_some(const lines_t *lines, const columns_t *columns, int at, int count, float16 *parts) {
#pragma unroll
  for (int i = 0; i < PARTS; i++)
    if (16 * i < count) parts[i] = make16(lines, columns, at + 16 * i);
}

/* What was kept, and behind it the first columns of a row. */
static inline void join(const kept_t *kept, const float16 *begin, float16 *parts) {
  const int16 place = (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  if (PARTS == 1 || kept->count < 16) {
    parts[0] = follow16(kept->end[0], kept->count, begin[0]);
    if (PARTS > 1) parts[PARTS - 1] = pick16_of_pair(begin[0], begin[PARTS - 1], place + (16 - kept->count));
  } else {
    parts[0] = kept->end[0];
    parts[PARTS - 1] = follow16(kept->end[PARTS - 1], kept->count - 16, begin[0]);
  }
}
#endif

static inline void make_row(const lines_t *lines, const columns_t *columns, int width, __global stored_t *to,
                            const bool joins, kept_t *kept) {
  int at = 0;
  (void)joins;
  if (STREAM && (ulong)to % LINE_BYTES) { /* a line of the cache that is streamed to must not be touched otherwise */
    const int before = (int)((0 - (ulong)to) % LINE_BYTES / sizeof(stored_t));
    at = before < width ? before : width;
#if JOINS
    if (kept->count > 0) {
      float16 begin[PARTS], parts[PARTS];
      begin[PARTS - 1] = 0.0f;
      make_some(lines, columns, 0, before, begin);
      join(kept, begin, parts);
      out_step(parts, to - kept->count);
    } else
#endif
      ends(lines, columns, 0, at, to);
  }
#pragma unroll 1 /* for one copy of the steps that are not even */
  for (int end = min(columns->even + STEP - 1, width);; end = width) {
    at = steps(lines, columns, at, end, to);
    if (end == width) break;
    if (at >= columns->even) at = even_steps(lines, columns, at, columns->even_end, to);
  }
  kept->count = 0;
  if (at == width) return;
#if JOINS
  if (joins) {
    kept->count = width - at;
    make_some(lines, columns, at, kept->count, kept->end);
    return;
  }
#endif
  ends(lines, columns, at, width, to);
}

CLUP_KERNEL void clup_interpolate_near_rows(
    __global const stored_t *restrict x, long x_offset, __global stored_t *restrict y, long y_offset,
    __global const int *restrict slice_index, long slice_index_offset, __global const float *restrict slice_weight,
    long slice_weight_offset, __global const int *restrict row_index, long row_index_offset,
    __global const float *restrict row_weight, long row_weight_offset, __global const int *restrict column_index,
    long column_index_offset, __global const float *restrict column_weight, long column_weight_offset,
    __global const int *restrict column_first, long column_first_offset, __global const long *restrict planes,
    long planes_offset, int plane_axes, index_t depth, index_t height, index_t width, index_t rows_each, index_t x_d,
    index_t y_d, index_t x_h, index_t y_h, int pitch, int even, int even_end, int apart, int reach, int last) {
  if (warming_up(x_offset)) return;
  const index_t first_row = (index_t)get_global_id(1) * rows_each, slab = (index_t)get_global_id(2);
  const index_t plane = slab / depth, z = slab - plane * depth;
  const index_t last_row = height - first_row < rows_each ? height : first_row + rows_each;
  const plane_t at = plane_at(planes + planes_offset, plane_axes, plane);
  const columns_t columns = {.index = column_index + column_index_offset,
                             .first = column_first + column_first_offset,
                             .weight = column_weight + column_weight_offset,
                             .pitch = pitch,
                             .even = even,
                             .even_end = even_end,
                             .apart = apart,
                             .reach = reach,
                             .last = last};
  x += x_offset + at.x;
  y += y_offset + at.y + z * y_d;
  row_index += row_index_offset;
  row_weight += row_weight_offset;

  lines_t lines = {.ahead = 4 * x_h}; /* near caches share what waits for memory with stores past them */
  index_t slice[DEPTH_TAPS];
  float slice_by[DEPTH_TAPS];
#pragma unroll
  for (int d = 0; d < DEPTH_TAPS; d++) {
    slice[d] = slice_index[slice_index_offset + (long)z * DEPTH_TAPS + d] * x_d;
    slice_by[d] = DEPTH_TAPS > 1 ? slice_weight[slice_weight_offset + (long)z * DEPTH_TAPS + d] : 1;
  }
  kept_t kept = {.count = 0};
  for (int i = 0; i < PARTS; i++) kept.end[i] = 0.0f;
  /* A row of fewer columns than a line might not reach the end of the one before. */
  bool joins = false;
  if (JOINS) joins = y_h == width && width >= STEP;
  for (index_t row = first_row; row < last_row; row++) {
#pragma unroll
    for (int l = 0; l < LINES; l++) {
      const int d = l / ROW_TAPS, r = l % ROW_TAPS;
      lines.in[l] = x + slice[d] + row_index[(long)row * ROW_TAPS + r] * x_h;
      lines.weight[l] = (lanes_t)(slice_by[d] * row_weight[(long)row * ROW_TAPS + r]);
    }
    if (STREAM && !joins && row + 2 < last_row) fetch_ends(y + (row + 2) * y_h, width * sizeof(stored_t));
    make_row(&lines, &columns, (int)width, y + row * y_h, joins && row + 1 < last_row, &kept);
  }
}

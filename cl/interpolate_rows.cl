/* Linear and cubic modes on CPUs. A work-item makes a block of rows, as wide as a chunk, of one slice of a plane: it
 * mixes DEPTH_TAPS input rows into one, resamples that along x, once each, into `line`, and mixes ROW_TAPS of those
 * into every output row. Sums are in the order of the lists, by fma.
 *
 * -DCLUP_INDEX64=0|1  index_t is int or long
 * -DDTYPE=1|3..8  of x and y; lines are of float (dtype.clh)
 * -DDEPTH_TAPS=1|2|4  entries per list of a slice; a list of one is a copy, whatever its weight
 * -DTAPS=1|2|4  entries per list of a column
 * -DROW_TAPS=1|2|4  entries per list of a row
 * -DNEAR=0|1|2  1: each group of 16 output columns takes its taps from 32 consecutive input columns; 2: moreover each half
 *   of it takes each tap from 8, of which its first column takes the first one
 * -DSTREAM=0|1  1: y is written past the caches
 * -DGROUPS  groups of 16 columns in a chunk, at most
 * -DCOLUMNS  input columns that a chunk takes its taps from, at most
 *
 * x, y: the tensors' memory, with strides x_d, x_h, x_w, y_d, y_h in elements, 0 for an axis of one; y_w is 1
 * slice_index, slice_weight: [depth][DEPTH_TAPS], within the input
 * row_index, row_weight: [height][ROW_TAPS], within the input; rows of one list lie in ROW_TAPS consecutive ones
 * column_index, column_weight: [groups][TAPS][16]; an index counts from its group's base
 * base: [groups], counting from its chunk's first column
 * chunks: [chunks][8]: first group, groups, first input column, input columns; then, counted from the first group, the
 *   first and the end of a run of groups with one list (never empty), how far apart their bases are, 0
 * planes, plane_axes: as in planes.clh
 * height, width, depth: of the output; rows_each: output rows per work-item
 *
 * Global size: (chunks, height / rows_each rounded up, planes * depth), local size 1. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DDEPTH_TAPS=1 -DROW_TAPS=2 -DTAPS=2 -DNEAR=1 -DSTREAM=1 -DGROUPS=32 -DCOLUMNS=1024
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DDEPTH_TAPS=1 -DROW_TAPS=1 -DTAPS=2 -DNEAR=2 -DSTREAM=0 -DGROUPS=32 -DCOLUMNS=1024
// check: -DCLUP_INDEX64=1 -DDTYPE=1 -DDEPTH_TAPS=4 -DROW_TAPS=4 -DTAPS=4 -DNEAR=0 -DSTREAM=0 -DGROUPS=32 -DCOLUMNS=1024
// check: -DCLUP_INDEX64=0 -DDTYPE=3 -DDEPTH_TAPS=2 -DROW_TAPS=2 -DTAPS=2 -DNEAR=1 -DSTREAM=1 -DGROUPS=32 -DCOLUMNS=1024
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DDEPTH_TAPS=1 -DROW_TAPS=2 -DTAPS=1 -DNEAR=2 -DSTREAM=0 -DGROUPS=32 -DCOLUMNS=1024
// check: -DCLUP_INDEX64=0 -DDTYPE=5 -DDEPTH_TAPS=1 -DROW_TAPS=4 -DTAPS=4 -DNEAR=2 -DSTREAM=1 -DGROUPS=32 -DCOLUMNS=1024
// check: -DCLUP_INDEX64=0 -DDTYPE=8 -DDEPTH_TAPS=1 -DROW_TAPS=2 -DTAPS=2 -DNEAR=1 -DSTREAM=0 -DGROUPS=32 -DCOLUMNS=1024
#include "common.clh"
#include "cpu_vector.clh"
#include "dtype.clh"
#include "planes.clh"
#include "store_rows.clh"

#if !defined(DEPTH_TAPS) || !defined(ROW_TAPS) || !defined(TAPS) || !defined(NEAR)
#error "DEPTH_TAPS, ROW_TAPS and TAPS must be 1, 2 or 4, NEAR 0, 1 or 2"
#endif
#if !defined(GROUPS) || !defined(COLUMNS)
#error "GROUPS and COLUMNS must be positive"
#endif
#if DTYPE == 2
#error "not for f64"
#endif

typedef struct chunk_t {
  int groups, columns; /* of the output; of the input */
  int even, even_end;  /* groups that share one list */
  __global const int *base, *index;
  __global const float *weight;
} chunk_t;

typedef struct slices_t {
  index_t at[DEPTH_TAPS];
  float weight[DEPTH_TAPS];
} slices_t;

static inline float mix_slices(__global const stored_t *from, const slices_t *slices) {
  if (DEPTH_TAPS == 1) return load_real(from); /* which is within the slice */
  float sum = slices->weight[0] * load_real(from + slices->at[0]);
#pragma unroll
  for (int r = 1; r < DEPTH_TAPS; r++) sum = fma(slices->weight[r], load_real(from + slices->at[r]), sum);
  return sum;
}

static inline float16 mix_slices16(__global const stored_t *from, const slices_t *slices) {
  if (DEPTH_TAPS == 1) return load_real16(from);
  float16 sum = slices->weight[0] * load_real16(from + slices->at[0]);
#pragma unroll
  for (int r = 1; r < DEPTH_TAPS; r++) sum = fma((float16)slices->weight[r], load_real16(from + slices->at[r]), sum);
  return sum;
}

/* A group's lists. */
typedef struct taps_t {
  float16 weight[TAPS];
#if NEAR == 2
  int8 at[TAPS][2]; /* of a half, from its first one */
  int first[TAPS][2];
#else
  int16 at[TAPS];
#endif
} taps_t;

static inline void load_taps(const chunk_t *chunk, int group, taps_t *taps) {
#pragma unroll
  for (int t = 0; t < TAPS; t++) {
    __global const int *index = chunk->index + (group * TAPS + t) * 16;
    taps->weight[t] = *(__global const loose_float16_t *)(chunk->weight + (group * TAPS + t) * 16);
#if NEAR == 2
#pragma unroll
    for (int h = 0; h < 2; h++) {
      taps->first[t][h] = index[8 * h];
      taps->at[t][h] = *(__global const loose_int8_t *)(index + 8 * h) - index[8 * h];
    }
#else
    taps->at[t] = *(__global const loose_int16_t *)index;
#endif
  }
}

/* In NEAR rows TAKE16 takes the 16 elements of a tap from an address of either kind, `in`. */
#if NEAR == 2
#define TAKE16(in, load8, taps, t) \
  join8(pick8(load8(in + taps->first[t][0]), taps->at[t][0]), pick8(load8(in + taps->first[t][1]), taps->at[t][1]))
#elif NEAR
#define TAKE16(in, load16, taps, t) pick16_of_pair(load16(in), load16(in + 16), taps->at[t])
#else
#define TAKE16(in, load16, taps, t) pick16(in, taps->at[t])
#endif
#if NEAR == 2
#define LOAD_NEAR(in) (*(const loose_float8_t *)(in))
#define LOAD_NEAR_IN_PLACE(in) (*(__global const loose_float8_t *)(in))
#else
#define LOAD_NEAR(in) (*(const loose_float16_t *)(in))
#define LOAD_NEAR_IN_PLACE(in) load_real16(in)
#endif

static inline float16 taps16(const float *in, const taps_t *taps) {
  float16 sum = taps->weight[0] * TAKE16(in, LOAD_NEAR, taps, 0);
#pragma unroll
  for (int t = 1; t < TAPS; t++) sum = fma(taps->weight[t], TAKE16(in, LOAD_NEAR, taps, t), sum);
  return sum;
}

/* Whether taps are taken from where the row lies, not from a copy: the row's end is copied still. */
#define IN_PLACE (NEAR && DTYPE == 1 && DEPTH_TAPS == 1)
#if IN_PLACE
static inline float16 taps16_in_place(__global const float *in, const taps_t *taps) {
  float16 sum = taps->weight[0] * TAKE16(in, LOAD_NEAR_IN_PLACE, taps, 0);
#pragma unroll
  for (int t = 1; t < TAPS; t++) sum = fma(taps->weight[t], TAKE16(in, LOAD_NEAR_IN_PLACE, taps, t), sum);
  return sum;
}
#endif

/* One row of a chunk, mixed of those of the slices and resampled along x. The next row is fetched meanwhile. */
static inline void resample(__global const stored_t *from, index_t x_h, index_t x_w, const slices_t *slices,
                            const chunk_t *chunk, float16 *line) {
  float16 vectors[COLUMNS / 16 + 2]; /* beyond the columns: what a group may read from its base on */
  float *in = (float *)vectors;
  taps_t taps;
  const bool in_place = IN_PLACE && x_w == 1;
  const int left = in_place && chunk->columns > 32 ? chunk->columns - 32 : 0; /* of what is copied */
  const int step = (chunk->columns + chunk->groups - 1) / chunk->groups;
  int i = left;
  if (x_w == 1)
    for (; i + 16 <= chunk->columns; i += 16) vectors[(i - left) / 16] = mix_slices16(from + i, slices);
  for (; i < chunk->columns; i++) in[i - left] = mix_slices(from + i * x_w, slices);
  for (int end = i + 32; i < end; i++) in[i - left] = 0;
  for (int g = 0; g < chunk->groups; g++) {
    if (g <= chunk->even || g >= chunk->even_end) load_taps(chunk, g, &taps); /* the others share the last ones */
    const int base = chunk->base[g];
    FETCH_FAR_AHEAD(from + (2 * x_h + g * step * x_w));
#if IN_PLACE
    if (in_place && base < left) {
      line[g] = taps16_in_place(from + base, &taps);
      continue;
    }
#endif
    line[g] = taps16(in + base - left, &taps);
  }
}

static inline void load_lines(const float16 line[ROW_TAPS][GROUPS + 1], const int *slot, int at, float16 *lines) {
#pragma unroll
  for (int s = 0; s < ROW_TAPS; s++) lines[s] = *(const loose_float16_t *)((const float *)line[slot[s]] + at);
}

static inline float16 mix(const float16 *lines, const float *by) {
  float16 sum = by[0] * lines[0];
#pragma unroll
  for (int s = 1; s < ROW_TAPS; s++) sum = fma((float16)by[s], lines[s], sum);
  return sum;
}

/* Columns `at` to `end` of mix_rows, fewer than a step; returns `end`. */
static inline int store_mixed(const float16 line[ROW_TAPS][GROUPS + 1], const int *slot, float by[2][ROW_TAPS],
                              int rows, int at, int end, __global stored_t *to, index_t y_h) {
  float16 lines[ROW_TAPS];
#if STEP > 16
  for (; at + 16 <= end; at += 16) {
    load_lines(line, slot, at, lines);
    store_real16(mix(lines, by[0]), to + at);
    if (rows == 2) store_real16(mix(lines, by[1]), to + y_h + at);
  }
#endif
  load_lines(line, slot, at, lines);
  out_some(mix(lines, by[0]), end - at, to + at);
  if (rows == 2) out_some(mix(lines, by[1]), end - at, to + y_h + at);
  return end;
}

/* `rows` (1 or 2) output rows of `count` columns from the same lines. The second one lies y_h on, and is aligned as the
 * first is. */
static inline void mix_rows(const float16 line[ROW_TAPS][GROUPS + 1], const int *slot, __global const float *weight,
                            int rows, int count, __global stored_t *to, index_t y_h) {
  float by[2][ROW_TAPS];
  float16 lines[ROW_TAPS];
  int at = 0;
#pragma unroll
  for (int s = 0; s < ROW_TAPS; s++) {
    by[0][s] = weight[s];
    by[1][s] = weight[rows == 2 ? ROW_TAPS + s : s];
  }
  if (STREAM) { /* a line of the cache that is streamed to must not be touched otherwise */
    const int before = (int)((0 - (ulong)to) % LINE_BYTES / sizeof(stored_t));
    at = store_mixed(line, slot, by, rows, 0, before < count ? before : count, to, y_h);
  }
  if (rows == 2)
    for (; at + STEP <= count; at += STEP) {
      float16 upper[STEP / 16], lower[STEP / 16];
#pragma unroll
      for (int i = 0; i < STEP / 16; i++) {
        load_lines(line, slot, at + 16 * i, lines);
        upper[i] = mix(lines, by[0]);
        lower[i] = mix(lines, by[1]);
      }
      out_step(upper, to + at);
      out_step(lower, to + y_h + at);
    }
  else
    for (; at + STEP <= count; at += STEP) {
      float16 mixed[STEP / 16];
#pragma unroll
      for (int i = 0; i < STEP / 16; i++) {
        load_lines(line, slot, at + 16 * i, lines);
        mixed[i] = mix(lines, by[0]);
      }
      out_step(mixed, to + at);
    }
  store_mixed(line, slot, by, rows, at, count, to, y_h);
}

CLUP_KERNEL void clup_interpolate_rows(
    __global const stored_t *restrict x, long x_offset, __global stored_t *restrict y, long y_offset,
    __global const int *restrict slice_index, long slice_index_offset, __global const float *restrict slice_weight,
    long slice_weight_offset, __global const int *restrict row_index, long row_index_offset,
    __global const float *restrict row_weight, long row_weight_offset, __global const int *restrict column_index,
    long column_index_offset, __global const float *restrict column_weight, long column_weight_offset,
    __global const int *restrict base, long base_offset, __global const int *restrict chunks, long chunks_offset,
    __global const long *restrict planes, long planes_offset, int plane_axes, index_t height, index_t width,
    index_t rows_each, index_t x_h, index_t x_w, index_t y_h, index_t depth, index_t x_d, index_t y_d) {
  if (warming_up(x_offset)) return;
  const int8 entry = vload8(get_global_id(0), chunks + chunks_offset);
  const index_t first_row = (index_t)get_global_id(1) * rows_each, slab = (index_t)get_global_id(2);
  const index_t plane = slab / depth, z = slab - plane * depth;
  const index_t last_row = height - first_row < rows_each ? height : first_row + rows_each;
  const index_t column = (index_t)entry.s0 * 16;
  const int count = (int)(width - column < entry.s1 * 16 ? width - column : entry.s1 * 16);
  const plane_t at = plane_at(planes + planes_offset, plane_axes, plane);
  const chunk_t chunk = {.groups = entry.s1,
                         .columns = entry.s3,
                         .even = entry.s4,
                         .even_end = entry.s5,
                         .base = base + base_offset + entry.s0,
                         .index = column_index + column_index_offset + (long)column * TAPS,
                         .weight = column_weight + column_weight_offset + (long)column * TAPS};
  x += x_offset + at.x + entry.s2 * x_w;
  y += y_offset + at.y + z * y_d + column;
  row_index += row_index_offset;
  row_weight += row_weight_offset;

  slices_t slices;
#pragma unroll
  for (int r = 0; r < DEPTH_TAPS; r++) {
    slices.at[r] = slice_index[slice_index_offset + (long)z * DEPTH_TAPS + r] * x_d;
    slices.weight[r] = slice_weight[slice_weight_offset + (long)z * DEPTH_TAPS + r];
  }
  if (DEPTH_TAPS == 1) x += slices.at[0];

  float16 line[ROW_TAPS][GROUPS + 1]; /* one more: vectors that begin within a line may reach beyond it */
#pragma unroll
  for (int s = 0; s < ROW_TAPS; s++) line[s][chunk.groups] = 0;
  int held[ROW_TAPS]; /* the input row that each line was made of */
#pragma unroll
  for (int s = 0; s < ROW_TAPS; s++) held[s] = -1;
  const bool may_pair = !STREAM || y_h % STEP == 0;
  for (index_t row = first_row; row < last_row;) {
    int slot[ROW_TAPS], from[ROW_TAPS];
    bool pair = may_pair && row + 1 < last_row;
#pragma unroll
    for (int s = 0; s < ROW_TAPS; s++) {
      from[s] = row_index[(long)row * ROW_TAPS + s];
      slot[s] = from[s] & (ROW_TAPS - 1);
      pair = pair && from[s] == row_index[(long)(row + 1) * ROW_TAPS + s];
    }
#pragma unroll 1 /* resample() is long */
    for (int s = 0; s < ROW_TAPS; s++) {
      if (held[slot[s]] == from[s]) continue;
      held[slot[s]] = from[s];
      resample(x + from[s] * x_h, x_h, x_w, &slices, &chunk, line[slot[s]]);
    }
    mix_rows(line, slot, row_weight + (long)row * ROW_TAPS, pair ? 2 : 1, count, y + row * y_h, y_h);
    row += pair ? 2 : 1;
  }
}

/* Linear and cubic modes on CPUs. A work-item makes a block of rows, as wide as a chunk, of one plane: it resamples
 * input rows along x, once each, into `line`, and mixes TAPS of those into every output row. Sums are in the order of
 * the lists, by fma, as in interpolate_taps. -DCLUP_INDEX64=0|1  index_t is int or long -DTAPS=2|4  entries per list
 * -DNEAR=0|1  1: each group of 16 output columns takes its taps from 32 consecutive input columns
 * -DSTREAM=0|1  1: y is written past the caches
 * -DGROUPS  groups of 16 columns in a chunk, at most; -DCOLUMNS  input columns that a chunk takes its taps from, at
 * most x, y: the tensors' memory, with strides x_n ... y_h in elements, y's last stride is 1; 0 for an axis of one
 * element row_index, row_weight: [height][TAPS], within the input; rows of one list lie in TAPS consecutive ones
 * column_index, column_weight: [groups][TAPS][16]; an index counts from its group's base
 * base: [groups], counting from its chunk's first column
 * chunks: [chunks][4]: first group, groups, first input column, input columns
 * channels, height, width: of the output; rows_each: output rows per work-item
 * Global size: (chunks, height / rows_each rounded up, N * channels), local size 1. */
// check: -DCLUP_INDEX64=0 -DTAPS=2 -DNEAR=1 -DSTREAM=1 -DGROUPS=32 -DCOLUMNS=1024
// check: -DCLUP_INDEX64=1 -DTAPS=4 -DNEAR=0 -DSTREAM=0 -DGROUPS=32 -DCOLUMNS=1024
#include "common.clh"
#include "cpu_vector.clh"

#if !defined(TAPS) || !defined(NEAR) || !defined(STREAM) || !defined(GROUPS) || !defined(COLUMNS)
#error "TAPS must be 2 or 4, NEAR and STREAM 0 or 1, GROUPS and COLUMNS positive"
#endif

/* One input row of a chunk, resampled along x. */
static inline void resample(__global const float *from, index_t x_w, int columns, __global const int *base,
                            __global const int *index, __global const float *weight, int groups, float *line) {
  float in[COLUMNS + 32]; /* 32: a group may read that many from its base on */
  int i = 0;
  if (x_w == 1)
    for (; i + 16 <= columns; i += 16) vstore16(vload16(0, from + i), 0, in + i);
  for (; i < columns; i++) in[i] = from[i * x_w];
  vstore16((float16)0, 0, in + columns);
  vstore16((float16)0, 1, in + columns);
  for (int g = 0; g < groups; g++) {
    float16 sum = 0;
    for (int t = 0; t < TAPS; t++) {
      const int16 at = vload16(g * TAPS + t, index);
      const float16 w = vload16(g * TAPS + t, weight);
      const float16 value = NEAR ? pick16_of_32(in + base[g], at) : pick16(in + base[g], at);
      sum = t ? fma(w, value, sum) : w * value;
    }
    vstore16(sum, g, line);
  }
}

static inline float16 mix16(const float line[TAPS][GROUPS * 16], const int *slot, const float *by, int at) {
  float16 sum = by[0] * vload16(0, line[slot[0]] + at);
  for (int s = 1; s < TAPS; s++) sum = fma((float16)by[s], vload16(0, line[slot[s]] + at), sum);
  return sum;
}

CLUP_KERNEL void clup_interpolate_rows(__global const float *restrict x, long x_offset, __global float *restrict y,
                                       long y_offset, __global const int *restrict row_index, long row_index_offset,
                                       __global const float *restrict row_weight, long row_weight_offset,
                                       __global const int *restrict column_index, long column_index_offset,
                                       __global const float *restrict column_weight, long column_weight_offset,
                                       __global const int *restrict base, long base_offset,
                                       __global const int *restrict chunks, long chunks_offset, index_t channels,
                                       index_t height, index_t width, index_t rows_each, index_t x_n, index_t x_c,
                                       index_t x_h, index_t x_w, index_t y_n, index_t y_c, index_t y_h) {
  if (warming_up(x_offset)) return;
  const int4 chunk = vload4(get_global_id(0), chunks + chunks_offset);
  const index_t first_row = (index_t)get_global_id(1) * rows_each, plane = (index_t)get_global_id(2);
  const index_t last_row = height - first_row < rows_each ? height : first_row + rows_each;
  const index_t n = plane / channels, c = plane - n * channels, column = (index_t)chunk.s0 * 16;
  const int count = (int)(width - column < chunk.s1 * 16 ? width - column : chunk.s1 * 16);
  x += x_offset + n * x_n + c * x_c + chunk.s2 * x_w;
  y += y_offset + n * y_n + c * y_c + column;
  column_index += column_index_offset + (long)column * TAPS;
  column_weight += column_weight_offset + (long)column * TAPS;
  base += base_offset + chunk.s0;

  float line[TAPS][GROUPS * 16];
  int held[TAPS]; /* the input row that each line was made of */
  for (int s = 0; s < TAPS; s++) held[s] = -1;
  for (index_t row = first_row; row < last_row; row++) {
    int slot[TAPS];
    float by[TAPS];
    for (int s = 0; s < TAPS; s++) {
      const int from = row_index[row_index_offset + (long)row * TAPS + s];
      by[s] = row_weight[row_weight_offset + (long)row * TAPS + s];
      slot[s] = from & (TAPS - 1);
      if (held[slot[s]] == from) continue;
      held[slot[s]] = from;
      resample(x + from * x_h, x_w, chunk.s3, base, column_index, column_weight, chunk.s1, line[slot[s]]);
    }
    __global float *to = y + row * y_h;
    int at = 0;
    if (count >= 16 && STREAM) { /* whole vectors on 64-byte boundaries, and one across each end */
      const int before = (int)((0 - ((ulong)to >> 2)) & 15);
      if (before) vstore16(mix16(line, slot, by, 0), 0, to);
      for (at = before; at + 16 <= count; at += 16) stream16(mix16(line, slot, by, at), to + at);
      if (at < count) vstore16(mix16(line, slot, by, count - 16), 0, to + count - 16);
      continue;
    }
    for (; at + 16 <= count; at += 16) vstore16(mix16(line, slot, by, at), 0, to + at);
    for (; at < count; at++) {
      float sum = by[0] * line[slot[0]][at];
      for (int s = 1; s < TAPS; s++) sum = fma(by[s], line[slot[s]][at], sum);
      to[at] = sum;
    }
  }
}

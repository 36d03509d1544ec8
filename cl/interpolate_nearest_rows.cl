/* Nearest modes on CPUs, bits unchanged. A work-item makes a block of rows, as wide as a chunk, of one plane: each
 * input row is spread along x once, into `line`, and stored to every output row that takes it.
 *
 * -DCLUP_INDEX64=0|1  index_t is int or long
 * -DELEMENT_SIZE=1|2|4|8  bytes of an element
 * -DFACTOR=0..4  output column j is input column j / FACTOR, and x's last stride is 1; 0: by lists
 * -DNEAR=0|1  1: each group of 16 output columns takes its elements from 32 consecutive input columns
 * -DSTREAM=0|1  1: y is written past the caches
 * -DGROUPS  groups of 16 columns in a chunk, at most; -DCOLUMNS  input columns that a chunk takes elements from, at
 * most
 *
 * x, y: the tensors' memory, with strides x_h, x_w, y_h in elements, 0 for an axis of one; y's last stride is 1
 * rows: [height], the input rows
 * columns: [groups][16], counting from the group's base
 * base: [groups], counting from its chunk's first column (FACTOR 0 only)
 * chunks: [chunks][8]: first group, groups, first input column, input columns; then, counted from the first group, the
 *   first and the end of a run of groups with one list (never empty), how far apart their bases are, 0 (FACTOR 0 only)
 * planes, plane_axes: as in planes.clh
 * height, width: of the output; rows_each: output rows per work-item
 *
 * Global size: (chunks, height / rows_each rounded up, planes), local size 1. */
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=1 -DFACTOR=2 -DNEAR=0 -DSTREAM=1 -DGROUPS=32 -DCOLUMNS=1024
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=2 -DFACTOR=3 -DNEAR=0 -DSTREAM=1 -DGROUPS=32 -DCOLUMNS=1024
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=4 -DFACTOR=4 -DNEAR=0 -DSTREAM=1 -DGROUPS=32 -DCOLUMNS=1024
// check: -DCLUP_INDEX64=1 -DELEMENT_SIZE=8 -DFACTOR=1 -DNEAR=0 -DSTREAM=0 -DGROUPS=32 -DCOLUMNS=1024
// check: -DCLUP_INDEX64=1 -DELEMENT_SIZE=4 -DFACTOR=0 -DNEAR=1 -DSTREAM=0 -DGROUPS=32 -DCOLUMNS=1024
// check: -DCLUP_INDEX64=0 -DELEMENT_SIZE=1 -DFACTOR=0 -DNEAR=0 -DSTREAM=1 -DGROUPS=32 -DCOLUMNS=1024
#include "common.clh"
#include "cpu_vector.clh"
#include "element.clh"
#include "planes.clh"

#if !defined(FACTOR) || !defined(NEAR) || !defined(STREAM) || !defined(GROUPS) || !defined(COLUMNS)
#error "FACTOR must be 0..4, NEAR and STREAM 0 or 1, GROUPS and COLUMNS positive"
#endif

#define MOST_TIMES 16 /* that a row is stored at once */

/* 16 elements into 16 * FACTOR, each FACTOR times. */
static inline void repeat16(element16_t v, element16_t *to) {
  if (FACTOR == 1) to[0] = v;
  if (FACTOR == 2) {
    to[0] =
        (element16_t)(v.s0, v.s0, v.s1, v.s1, v.s2, v.s2, v.s3, v.s3, v.s4, v.s4, v.s5, v.s5, v.s6, v.s6, v.s7, v.s7);
    to[1] =
        (element16_t)(v.s8, v.s8, v.s9, v.s9, v.sa, v.sa, v.sb, v.sb, v.sc, v.sc, v.sd, v.sd, v.se, v.se, v.sf, v.sf);
  }
  if (FACTOR == 3) {
    to[0] =
        (element16_t)(v.s0, v.s0, v.s0, v.s1, v.s1, v.s1, v.s2, v.s2, v.s2, v.s3, v.s3, v.s3, v.s4, v.s4, v.s4, v.s5);
    to[1] =
        (element16_t)(v.s5, v.s5, v.s6, v.s6, v.s6, v.s7, v.s7, v.s7, v.s8, v.s8, v.s8, v.s9, v.s9, v.s9, v.sa, v.sa);
    to[2] =
        (element16_t)(v.sa, v.sb, v.sb, v.sb, v.sc, v.sc, v.sc, v.sd, v.sd, v.sd, v.se, v.se, v.se, v.sf, v.sf, v.sf);
  }
  if (FACTOR == 4) {
    to[0] =
        (element16_t)(v.s0, v.s0, v.s0, v.s0, v.s1, v.s1, v.s1, v.s1, v.s2, v.s2, v.s2, v.s2, v.s3, v.s3, v.s3, v.s3);
    to[1] =
        (element16_t)(v.s4, v.s4, v.s4, v.s4, v.s5, v.s5, v.s5, v.s5, v.s6, v.s6, v.s6, v.s6, v.s7, v.s7, v.s7, v.s7);
    to[2] =
        (element16_t)(v.s8, v.s8, v.s8, v.s8, v.s9, v.s9, v.s9, v.s9, v.sa, v.sa, v.sa, v.sa, v.sb, v.sb, v.sb, v.sb);
    to[3] =
        (element16_t)(v.sc, v.sc, v.sc, v.sc, v.sd, v.sd, v.sd, v.sd, v.se, v.se, v.se, v.se, v.sf, v.sf, v.sf, v.sf);
  }
}

static inline void repeat_row(__global const element_t *from, int columns, element16_t *line) {
  int i = 0;
  for (; i + 16 <= columns; i += 16) repeat16(get_elements(from + i), line + i / 16 * FACTOR);
  for (; i < columns; i++)
    for (int j = 0; j < FACTOR; j++) ((element_t *)line)[i * FACTOR + j] = from[i];
}

static inline element16_t take16(const element_t *from, int16 at) {
#if ELEMENT_SIZE == 4
  if (NEAR) return as_uint16(pick16_of_pair(as_float16(vload16(0, from)), as_float16(vload16(1, from)), at));
  return as_uint16(pick16((const float *)from, at));
#else
  return (element16_t)(from[at.s0], from[at.s1], from[at.s2], from[at.s3], from[at.s4], from[at.s5], from[at.s6],
                       from[at.s7], from[at.s8], from[at.s9], from[at.sa], from[at.sb], from[at.sc], from[at.sd],
                       from[at.se], from[at.sf]);
#endif
}

static inline void take_row(__global const element_t *from, index_t x_w, int8 chunk, __global const int *base,
                            __global const int *columns, element16_t *line) {
  element16_t vectors[COLUMNS / 16 + 2]; /* beyond the columns: what a group may read from its base on */
  element_t *in = (element_t *)vectors;
  int i = 0, g = 0;
  if (x_w == 1)
    for (; i + 16 <= chunk.s3; i += 16) vectors[i / 16] = get_elements(from + i);
  for (; i < chunk.s3; i++) in[i] = from[i * x_w];
  for (int end = i + 32; i < end; i++) in[i] = 0;
  for (; g < chunk.s4; g++) line[g] = take16(in + base[g], vload16(g, columns));
  const int16 at = vload16(g, columns);
  const element_t *even = in + base[g];
  for (; g < chunk.s5; g++, even += chunk.s6) line[g] = take16(even, at);
  for (; g < chunk.s1; g++) line[g] = take16(in + base[g], vload16(g, columns));
}

CLUP_KERNEL void clup_interpolate_nearest_rows(
    __global const element_t *restrict x, long x_offset, __global element_t *restrict y, long y_offset,
    __global const int *restrict rows, long rows_offset, __global const int *restrict columns, long columns_offset,
    __global const int *restrict base, long base_offset, __global const int *restrict chunks, long chunks_offset,
    __global const long *restrict planes, long planes_offset, int plane_axes, index_t height, index_t width,
    index_t rows_each, index_t x_h, index_t x_w, index_t y_h) {
  if (warming_up(x_offset)) return;
  const int8 chunk = vload8(get_global_id(0), chunks + chunks_offset);
  const index_t first_row = (index_t)get_global_id(1) * rows_each, plane = (index_t)get_global_id(2);
  const index_t last_row = height - first_row < rows_each ? height : first_row + rows_each;
  const index_t column = (index_t)chunk.s0 * 16;
  const plane_t at = plane_at(planes + planes_offset, plane_axes, plane);
  const int count = (int)(width - column < chunk.s1 * 16 ? width - column : chunk.s1 * 16);
  x += x_offset + at.x + chunk.s2 * x_w;
  y += y_offset + at.y + column;
  rows += rows_offset;
  columns += columns_offset + column;
  base += base_offset + chunk.s0;
  element16_t line[GROUPS + LINE_ELEMENTS / 16];
  const bool follow = y_h == count && count >= LINE_ELEMENTS; /* rows, one another */
  int held = -1;
  for (index_t row = first_row; row < last_row;) {
    if (held != rows[row]) {
      held = rows[row];
      if (FACTOR)
        repeat_row(x + held * x_h, chunk.s3, line);
      else
        take_row(x + held * x_h, x_w, chunk, base, columns, line);
    }
    index_t times = 1;
    if (STREAM && follow)
      while (row + times < last_row && times < MOST_TIMES && rows[row + times] == held) times++;
    const index_t fetched = row + (times > 1 ? times : 2);
    if (STREAM && fetched < last_row) fetch_ends(y + fetched * y_h, count * times * sizeof(element_t));
    if (STREAM && times > 1)
      store_repeated((element_t *)line, count, (int)times, y + row * y_h);
    else
      store_row((const element_t *)line, count, y + row * y_h, STREAM);
    row += times;
  }
}

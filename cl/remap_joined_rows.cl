/* Interleaves WAYS rows into one, of elements of 4 bytes, for CPUs: as remap_rows, but rows that follow one another in y
 * are written as one, past the caches, wherever each of them begins. What is on its way to a whole line stays in
 * registers, since stores to a buffer would wait in line behind those that go past the caches.
 * -DCLUP_INDEX64=0|1  index_t is int or long
 * -DWAYS=2|3|4|8  rows to one
 * -DAXES=1..9  axes beside the rows
 * x, y: the tensors' memory
 * view: [3][AXES], the dims, x's strides, y's strides, outermost axis first
 * width: elements of each of the rows, 16 or more; apart: from one of them to the next; groups: product of the dims
 * each: groups per work-item
 * Global size: (>= groups / each), local size 1; work-item i takes the groups from i * each. */
// check: -DCLUP_INDEX64=0 -DWAYS=2 -DAXES=3
// check: -DCLUP_INDEX64=1 -DWAYS=3 -DAXES=1
// check: -DCLUP_INDEX64=0 -DWAYS=8 -DAXES=9
#define DTYPE 1 /* bits are moved, not computed with */
#include "common.clh"
#include "cpu_vector.clh"
#include "dtype.clh"
#include "interleave.clh"

#if !defined(WAYS) || !defined(AXES)
#error "WAYS must be 2, 3, 4 or 8, AXES 1..9"
#endif
#include "remap_group.clh"
#define LINE_BYTES 64

/* Elements on their way to a line: `count` of them, the first of which are not ours (`skipped`). */
typedef struct joined_t {
  float16 held;
  int count, skipped;
  __global float *line;
} joined_t;

static inline void begin_at(joined_t *j, __global float *to) {
  j->count = j->skipped = (int)((ulong)to % LINE_BYTES / sizeof(float));
  j->line = to - j->count;
}

static inline void put_line(joined_t *j, float16 line) {
  if (j->skipped == 0)
    stream16(line, j->line);
  else
    store_some(from16(line, j->skipped), 16 - j->skipped, j->line + j->skipped);
  j->skipped = 0;
  j->line += 16;
}

/* The first `n` of a vector, 1 to 16. */
static inline void join(joined_t *j, float16 next, int n) {
  const int count = j->count;
  const float16 both = follow16(j->held, count, next);
  j->count = count + n;
  j->held = both;
  if (count + n < 16) return;
  put_line(j, both);
  j->count -= 16;
  j->held = from16(next, (16 - count) & 15);
}

/* The last line's elements. */
static inline void end_joined(joined_t *j) {
  const int ours = j->count - j->skipped;
  if (ours > 0) store_some(from16(j->held, j->skipped), ours, j->line + j->skipped);
}

/* 16 columns, of which the first `done` are there already. */
static inline void join_columns(joined_t *j, __global const float *from, index_t apart, int done) {
  float16 in[WAYS], out[WAYS];
#pragma unroll
  for (int i = 0; i < WAYS; i++) in[i] = load_real16(from + i * apart);
  interleave(in, WAYS, out);
#pragma unroll
  for (int i = 0; i < WAYS; i++) {
    const int there = done * WAYS - 16 * i;
    if (there <= 0)
      join(j, out[i], 16);
    else if (there < 16)
      join(j, from16(out[i], there), 16 - there);
  }
}

CLUP_KERNEL void clup_remap_joined_rows(__global const float *restrict x, long x_offset, __global float *restrict y,
                                        long y_offset, __global const long *restrict view, long view_offset,
                                        index_t width, index_t apart, index_t groups, index_t each) {
  if (warming_up(x_offset)) return;
  const index_t first = (index_t)get_global_id(0) * each;
  const index_t last = groups - first < each ? groups : first + each;
  joined_t joined = {.held = 0.0f, .count = 0, .skipped = 0, .line = 0};
  x += x_offset;
  y += y_offset;
  view += view_offset;
  group_t at = group_at(view, min(first, groups - 1));
  for (index_t group = first; group < last; group++) {
    const group_t next = group_at(view, min(group + 1, groups - 1));
    if (group == first || y + at.y != joined.line + joined.count) {
      end_joined(&joined);
      begin_at(&joined, y + at.y);
    }
    index_t i = 0;
    for (; i + 16 <= width; i += 16) {
#pragma unroll
      for (int k = 0; k < WAYS; k++) FETCH_FAR_AHEAD(x + next.x + i + k * apart);
      join_columns(&joined, x + at.x + i, apart, 0);
    }
    if (i < width) join_columns(&joined, x + at.x + width - 16, apart, (int)(i + 16 - width));
    at = next;
  }
  end_joined(&joined);
}

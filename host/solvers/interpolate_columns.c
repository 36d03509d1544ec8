#include "interpolate_columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "solver_shared.h"

#define MOST_TAPS 4
#define NEAR_COLUMNS 32 /* that two vectors hold */
#define HALF (COLUMN_LANES / 2)
#define LEAST_ROWS 8 /* per work-item: the rows that two of them share are resampled twice */
#define ITEMS_PER_UNIT 64

void columns_clear(column_groups *g) {
  free(g->index);
  free(g->base);
  free(g->chunk);
  free(g->weight);
}

/* Smallest and largest index in a group of output columns. */
static void group_reach(const axis_taps *taps, int64_t group, int32_t *low, int32_t *high) {
  const int64_t first = group * COLUMN_LANES * taps->taps, end = (group + 1) * COLUMN_LANES * taps->taps;
  const int64_t last = end < taps->out * taps->taps ? end : taps->out * taps->taps;
  *low = *high = taps->index[first];
  for (int64_t i = first; i < last; i++) {
    if (taps->index[i] < *low) *low = taps->index[i];
    if (taps->index[i] > *high) *high = taps->index[i];
  }
}

/* Chunks of about equal size that the kernel has room for. */
static clup_status make_chunks(const axis_taps *taps, column_groups *g) {
  const int64_t least = (g->groups + CHUNK_GROUPS - 1) / CHUNK_GROUPS, most = (g->groups + least - 1) / least;
  for (int64_t group = 0; group < g->groups;) {
    int32_t *chunk = g->chunk + CHUNK_FIELDS * g->chunks++, low, high, begin = INT32_MAX, end = 0;
    const int64_t first = group;
    for (; group < g->groups && group - first < most; group++) {
      group_reach(taps, group, &low, &high);
      const int32_t least_column = low < begin ? low : begin, last_column = high > end ? high : end;
      if (last_column - least_column >= CHUNK_COLUMNS) break;
      begin = least_column;
      end = last_column;
      g->base[group] = low;
      if (high - low >= NEAR_COLUMNS) g->near = false;
    }
    if (group == first)
      return clup_fail(CLUP_INTERNAL_ERROR, "interpolate: %d columns take their taps from more than %d", COLUMN_LANES,
                       CHUNK_COLUMNS);
    for (int64_t i = first; i < group; i++) g->base[i] -= begin;
    chunk[0] = (int32_t)first;
    chunk[1] = (int32_t)(group - first);
    chunk[2] = begin;
    chunk[3] = end - begin + 1;
  }
  return CLUP_OK;
}

static bool same_list(const column_groups *g, int64_t a, int64_t b) {
  const size_t entries = (size_t)g->taps * COLUMN_LANES;
  return !memcmp(g->index + a * (int64_t)entries, g->index + b * (int64_t)entries, entries * sizeof *g->index) &&
         !memcmp(g->weight + a * (int64_t)entries, g->weight + b * (int64_t)entries, entries * sizeof *g->weight);
}

/* The chunk's longest run of groups with one list and evenly spaced bases, as whole steps give away from the borders.
 */
static void find_even(const column_groups *g, int32_t *chunk) {
  const int32_t first = chunk[0], groups = chunk[1];
  for (int32_t begin = 0, end; begin < groups; begin = end) {
    const int32_t *base = g->base + first + begin;
    const int32_t apart = begin + 1 < groups ? base[1] - base[0] : 0;
    for (end = begin + 1; end < groups; end++)
      if (!same_list(g, first + begin, first + end) || base[end - begin] - base[end - begin - 1] != apart) break;
    if (end - begin > chunk[5] - chunk[4]) {
      chunk[4] = begin;
      chunk[5] = end;
      chunk[6] = apart;
    }
  }
}

/* Columns of a half that take a tap from 8 columns in a row, all of them within those that the group may read. */
static bool half_is_near(const int32_t *index) {
  for (int lane = 0; lane < HALF; lane++)
    if (index[lane] < index[0] || index[lane] - index[0] >= HALF) return false;
  return index[0] + HALF <= NEAR_COLUMNS;
}

static clup_status group(const axis_taps *taps, column_groups *out) {
  const int64_t groups = (taps->out + COLUMN_LANES - 1) / COLUMN_LANES;
  const size_t entries = (size_t)(groups * COLUMN_LANES * taps->taps);
  column_groups g = {.taps = taps->taps, .groups = groups, .near = true};
  g.index = calloc(entries, sizeof *g.index);
  g.weight = malloc(entries * sizeof *g.weight);
  g.base = malloc((size_t)groups * sizeof *g.base);
  g.chunk = calloc((size_t)groups * CHUNK_FIELDS, sizeof *g.chunk);
  if (!g.index || !g.weight || !g.base || !g.chunk) {
    columns_clear(&g);
    return clup_fail(CLUP_OUT_OF_MEMORY, "interpolate: no memory for the taps of an axis of %lld elements",
                     (long long)taps->out);
  }
  const clup_status status = make_chunks(taps, &g);
  if (status) {
    columns_clear(&g);
    return status;
  }
  for (int64_t group = 0; group < groups; group++) {
    int32_t low, high;
    group_reach(taps, group, &low, &high);
    for (int t = 0; t < taps->taps; t++)
      for (int64_t lane = 0; lane < COLUMN_LANES; lane++) { /* past the end: the last column once more */
        const int64_t to = (group * taps->taps + t) * COLUMN_LANES + lane, column = group * COLUMN_LANES + lane;
        const int64_t from = (column < taps->out ? column : taps->out - 1) * taps->taps + t;
        g.index[to] = taps->index[from] - low;
        g.weight[to] = (float)taps->weight[from];
      }
  }
  g.halves = g.near;
  for (size_t i = 0; i < entries && g.halves; i += HALF) g.halves = half_is_near(g.index + i);
  for (int64_t chunk = 0; chunk < g.chunks; chunk++) find_even(&g, g.chunk + CHUNK_FIELDS * chunk);
  *out = g;
  return CLUP_OK;
}

clup_status columns_make(const clup_problem *problem, const interpolate_view *view, column_groups *groups) {
  axis_taps taps;
  CLUP_TRY(interpolate_lists(problem, view, AXIS_WIDTH, &taps));
  const clup_status status = group(&taps, groups);
  axis_taps_clear(&taps);
  return status;
}

bool columns_fit(const clup_problem *problem, const device_caps *caps, char *why) {
  const interpolate_view view = interpolate_arrange(problem);
  if (!caps->is_cpu) return not_applicable(why, "it is for CPU devices");
  if (view.out_stride[AXIS_WIDTH] > 1)
    return not_applicable(why, "the output's rows have stride %lld, not 1", (long long)view.out_stride[AXIS_WIDTH]);
  /* 16 elements of a row and the taps beyond them must stay within a chunk. */
  const int64_t columns = (COLUMN_LANES - 1 + view.fold - 1) / view.fold; /* from the first to the last of them */
  const double step = fabs(interpolate_step(problem, &view, AXIS_WIDTH)); /* a crop may run backwards, or be NaN */
  if (!(((double)columns * step + MOST_TAPS + 1) * (double)view.fold <= CHUNK_COLUMNS))
    return not_applicable(why, "it goes %g columns of %lld elements a step, and %d columns do not fit %d elements",
                          step, (long long)view.fold, (int)columns, CHUNK_COLUMNS);
  return true;
}

row_blocks columns_blocks(const interpolate_view *view, const device_caps *caps, int64_t chunks) {
  const int64_t height = view->out[AXIS_HEIGHT], planes = view->planes * view->out[AXIS_DEPTH];
  const int64_t wanted = (int64_t)caps->compute_units * ITEMS_PER_UNIT;
  int64_t blocks = (wanted + planes * chunks - 1) / (planes * chunks);
  int64_t rows_each = (height + blocks - 1) / blocks;
  if (rows_each < LEAST_ROWS) rows_each = LEAST_ROWS;
  blocks = (height + rows_each - 1) / rows_each;
  return (row_blocks){rows_each, {chunks, blocks, planes}};
}

void columns_row_args(const clup_problem *problem, const taps_table *slices, const taps_table *rows, recipe *r,
                      launch *l) {
  const size_t size = clup_dtype_size(problem->input.dtype);
  launch_buffer(r, l, ARG_INPUT, 0, size);
  launch_buffer(r, l, ARG_OUTPUT, 0, size);
  launch_buffer(r, l, ARG_TABLE, slices->index, sizeof(int32_t));
  launch_buffer(r, l, ARG_TABLE, slices->weight, sizeof(float));
  launch_buffer(r, l, ARG_TABLE, rows->index, sizeof(int32_t));
  launch_buffer(r, l, ARG_TABLE, rows->weight, sizeof(float));
}

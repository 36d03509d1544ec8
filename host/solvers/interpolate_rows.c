/* Linear and cubic modes on CPUs: rows are resampled along x once each, 16 columns at a time, then mixed along y. */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "interpolate_solvers.h"
#include "solver_shared.h"
#include "tensor.h"

#define LANES 16
#define CHUNK_GROUPS 32    /* of 16 output columns: what is live then fits the first-level cache */
#define CHUNK_COLUMNS 1024 /* of the input */
#define NEAR_COLUMNS 32    /* that two vectors hold */
#define CHUNK_FIELDS 8
#define LEAST_ROWS 8 /* per work-item: the rows that two of them share are resampled twice */
#define ITEMS_PER_UNIT 64

/* The lists along x as the kernel takes them: in groups of 16 columns, indices relative to a base. */
typedef struct column_groups {
  int taps;
  int64_t groups, chunks;
  int32_t *index, *base, *chunk; /* [groups][taps][16], [groups], [chunks][8] */
  float *weight;
  bool near;
} column_groups;

static void groups_clear(column_groups *g) {
  free(g->index);
  free(g->base);
  free(g->chunk);
  free(g->weight);
}

/* Smallest and largest index in a group of output columns. */
static void group_reach(const axis_taps *taps, int64_t group, int32_t *low, int32_t *high) {
  const int64_t first = group * LANES * taps->taps, end = (group + 1) * LANES * taps->taps;
  const int64_t last = end < taps->out * taps->taps ? end : taps->out * taps->taps;
  *low = *high = taps->index[first];
  for (int64_t i = first; i < last; i++) {
    if (taps->index[i] < *low) *low = taps->index[i];
    if (taps->index[i] > *high) *high = taps->index[i];
  }
}

/* Chunks of about equal size that the kernel has room for; indices never decrease along x. */
static void make_chunks(const axis_taps *taps, column_groups *g) {
  const int64_t least = (g->groups + CHUNK_GROUPS - 1) / CHUNK_GROUPS, most = (g->groups + least - 1) / least;
  for (int64_t group = 0; group < g->groups;) {
    int32_t *chunk = g->chunk + CHUNK_FIELDS * g->chunks++, low, high, begin, end;
    group_reach(taps, group, &begin, &end);
    const int64_t first = group;
    for (; group < g->groups && group - first < most; group++) {
      group_reach(taps, group, &low, &high);
      if (high - begin >= CHUNK_COLUMNS) break;
      end = high;
      g->base[group] = low - begin;
      if (high - low >= NEAR_COLUMNS) g->near = false;
    }
    chunk[0] = (int32_t)first;
    chunk[1] = (int32_t)(group - first);
    chunk[2] = begin;
    chunk[3] = end - begin + 1;
  }
}

static bool same_list(const column_groups *g, int64_t a, int64_t b) {
  const size_t entries = (size_t)g->taps * LANES;
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

static clup_status make_groups(const axis_taps *taps, column_groups *out) {
  const int64_t groups = (taps->out + LANES - 1) / LANES;
  const size_t entries = (size_t)(groups * LANES * taps->taps);
  column_groups g = {.taps = taps->taps, .groups = groups, .near = true};
  g.index = malloc(entries * sizeof *g.index);
  g.weight = malloc(entries * sizeof *g.weight);
  g.base = malloc((size_t)groups * sizeof *g.base);
  g.chunk = calloc((size_t)groups * CHUNK_FIELDS, sizeof *g.chunk);
  if (!g.index || !g.weight || !g.base || !g.chunk) {
    groups_clear(&g);
    return clup_fail(CLUP_OUT_OF_MEMORY, "interpolate: no memory for the taps of an axis of %lld elements",
                     (long long)taps->out);
  }
  make_chunks(taps, &g);
  for (int64_t group = 0; group < groups; group++) {
    int32_t low, high;
    group_reach(taps, group, &low, &high);
    for (int t = 0; t < taps->taps; t++)
      for (int64_t lane = 0; lane < LANES; lane++) { /* past the end: the last column once more */
        const int64_t to = (group * taps->taps + t) * LANES + lane, column = group * LANES + lane;
        const int64_t from = (column < taps->out ? column : taps->out - 1) * taps->taps + t;
        g.index[to] = taps->index[from] - low;
        g.weight[to] = taps->weight[from];
      }
  }
  for (int64_t chunk = 0; chunk < g.chunks; chunk++) find_even(&g, g.chunk + CHUNK_FIELDS * chunk);
  *out = g;
  return CLUP_OK;
}

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  const clup_tensor *in = &problem->input, *out = &problem->output;
  if (!caps->is_cpu) return not_applicable(why, "it is for CPU devices");
  if (interpolate_is_nearest(problem)) return not_applicable(why, "it is for bilinear and bicubic");
  if (stride_of(out, 3) > 1)
    return not_applicable(why, "the output's rows have stride %lld, not 1", (long long)out->strides[3]);
  /* 16 columns and the taps beyond them must stay within a chunk. */
  const double step = (double)in->dims[3] / (double)out->dims[3];
  if (step > CHUNK_COLUMNS / (2 * LANES))
    return not_applicable(why, "it shrinks rows of %lld to %lld, more than %d times", (long long)in->dims[3],
                          (long long)out->dims[3], CHUNK_COLUMNS / (2 * LANES));
  return true;
}

static void add_launch(const clup_problem *problem, const device_caps *caps, const column_groups *g,
                       const taps_table *rows, recipe *r) {
  const clup_tensor *in = &problem->input, *out = &problem->output;
  const int64_t entries = g->groups * LANES * g->taps, planes = out->dims[0] * out->dims[1];
  const int64_t index = recipe_table(r, g->index, entries, sizeof *g->index);
  const int64_t weight = recipe_table(r, g->weight, entries, sizeof *g->weight);
  const int64_t base = recipe_table(r, g->base, g->groups, sizeof *g->base);
  const int64_t chunks = recipe_table(r, g->chunk, CHUNK_FIELDS * g->chunks, sizeof *g->chunk);
  const int64_t wanted = (int64_t)caps->compute_units * ITEMS_PER_UNIT;
  int64_t blocks = (wanted + planes * g->chunks - 1) / (planes * g->chunks);
  int64_t rows_each = (out->dims[2] + blocks - 1) / blocks;
  if (rows_each < LEAST_ROWS) rows_each = LEAST_ROWS;
  blocks = (out->dims[2] + rows_each - 1) / rows_each;

  launch *l = recipe_launch(r, "interpolate_rows", "clup_interpolate_rows");
  launch_define(r, l, "TAPS", g->taps);
  launch_define(r, l, "NEAR", g->near);
  launch_define(r, l, "STREAM", tensor_elements(out) >= STREAM_BYTES / (int64_t)sizeof(float));
  launch_define(r, l, "GROUPS", CHUNK_GROUPS);
  launch_define(r, l, "COLUMNS", CHUNK_COLUMNS);
  launch_buffer(r, l, ARG_INPUT, 0, sizeof(float));
  launch_buffer(r, l, ARG_OUTPUT, 0, sizeof(float));
  launch_buffer(r, l, ARG_TABLE, rows->index, sizeof(int32_t));
  launch_buffer(r, l, ARG_TABLE, rows->weight, sizeof(float));
  launch_buffer(r, l, ARG_TABLE, index, sizeof(int32_t));
  launch_buffer(r, l, ARG_TABLE, weight, sizeof(float));
  launch_buffer(r, l, ARG_TABLE, base, sizeof(int32_t));
  launch_buffer(r, l, ARG_TABLE, chunks, sizeof(int32_t));
  launch_index(r, l, out->dims[1]);
  launch_index(r, l, out->dims[2]);
  launch_index(r, l, out->dims[3]);
  launch_index(r, l, rows_each);
  for (int axis = 0; axis < 4; axis++) launch_index(r, l, stride_of(in, axis));
  for (int axis = 0; axis < 3; axis++) launch_index(r, l, stride_of(out, axis));
  launch_range(r, l, 3, (const int64_t[3]){g->chunks, blocks, planes}, (const size_t[3]){1, 1, 1});
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const axis_rule rule = interpolate_rule(problem, 1);
  axis_taps taps;
  column_groups groups = {0};
  taps_table rows;
  CLUP_TRY(interpolate_table(problem, 0, r, &rows));
  CLUP_TRY(axis_taps_make(&rule, &taps));
  const clup_status status = make_groups(&taps, &groups);
  axis_taps_clear(&taps);
  if (status) return status;
  add_launch(problem, caps, &groups, &rows, r);
  groups_clear(&groups);
  return CLUP_OK;
}

const solver interpolate_rows = {.name = "rows", .applicable = applicable, .configure = configure};

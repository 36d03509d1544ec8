/* Nearest modes on CPUs: each input row is spread along x once and stored to every output row that takes it. */
#include <string.h>

#include "error.h"
#include "interpolate_columns.h"
#include "solver_shared.h"

#define MOST_FACTOR 4 /* with a kernel of its own */

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!interpolate_is_nearest(problem)) return not_applicable(why, "it is for the nearest modes");
  if (interpolate_arrange(problem).axis[AXIS_DEPTH] >= 0)
    return not_applicable(why, "it is for two axes; the problem has a third one");
  return columns_fit(problem, caps, why);
}

/* The factor by which each input column is repeated, or 0: lists are needed. */
static int factor_of(const interpolate_view *view, const column_groups *groups) {
  const int64_t in = view->in[AXIS_WIDTH], out = view->out[AXIS_WIDTH], factor = out / in;
  if ((in > 1 && view->in_stride[AXIS_WIDTH] != 1) || factor < 1 || factor > MOST_FACTOR || factor * in != out)
    return 0;
  for (int64_t chunk = 0; chunk < groups->chunks; chunk++) {
    const int32_t *entry = groups->chunk + chunk * CHUNK_FIELDS;
    const int64_t first = entry[0], end = (first + entry[1]) * COLUMN_LANES;
    for (int64_t i = first * COLUMN_LANES; i < end && i < out; i++)
      if (entry[2] + groups->base[i / COLUMN_LANES] + groups->index[i] != i / factor) return 0;
  }
  return (int)factor;
}

/* Chunks that begin on an input column each. */
static void chunks_by_factor(int64_t in, int factor, column_groups *groups) {
  const int64_t most = CHUNK_GROUPS / factor, whole = (in + COLUMN_LANES - 1) / COLUMN_LANES;
  const int64_t chunks = (whole + most - 1) / most, each = (whole + chunks - 1) / chunks;
  groups->chunks = 0;
  for (int64_t first = 0; first < whole; first += each) {
    int32_t *entry = groups->chunk + CHUNK_FIELDS * groups->chunks++;
    const int64_t begin = first * COLUMN_LANES, end = (first + each) * COLUMN_LANES;
    memset(entry, 0, CHUNK_FIELDS * sizeof *entry);
    entry[0] = (int32_t)(first * factor);
    entry[1] = (int32_t)(each * factor);
    entry[2] = (int32_t)begin;
    entry[3] = (int32_t)((end < in ? end : in) - begin);
  }
}

static void add_launch(const clup_problem *problem, const interpolate_view *view, const device_caps *caps,
                       const column_groups *g, int factor, const taps_table *rows, recipe *r) {
  const size_t size = clup_dtype_size(problem->input.dtype);
  const int64_t columns = recipe_table(r, g->index, g->groups * COLUMN_LANES, sizeof *g->index);
  const int64_t base = recipe_table(r, g->base, g->groups, sizeof *g->base);
  const int64_t chunks = recipe_table(r, g->chunk, CHUNK_FIELDS * g->chunks, sizeof *g->chunk);
  const row_blocks blocks = columns_blocks(view, caps, g->chunks);

  launch *l = recipe_launch(r, "interpolate_nearest_rows", "clup_interpolate_nearest_rows");
  launch_define(r, l, "ELEMENT_SIZE", (int64_t)size);
  launch_define(r, l, "FACTOR", factor);
  launch_define(r, l, "NEAR", !factor && g->near);
  launch_define(r, l, "STREAM", goes_past_caches(&problem->output));
  launch_define(r, l, "GROUPS", CHUNK_GROUPS);
  launch_define(r, l, "COLUMNS", CHUNK_COLUMNS);
  launch_buffer(r, l, ARG_INPUT, 0, size);
  launch_buffer(r, l, ARG_OUTPUT, 0, size);
  launch_buffer(r, l, ARG_TABLE, rows->index, sizeof(int32_t));
  launch_buffer(r, l, ARG_TABLE, columns, sizeof(int32_t));
  launch_buffer(r, l, ARG_TABLE, base, sizeof(int32_t));
  launch_buffer(r, l, ARG_TABLE, chunks, sizeof(int32_t));
  interpolate_row_extents(view, blocks.rows_each, r, l);
  launch_range(r, l, 3, blocks.global, (const size_t[3]){1, 1, 1});
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const interpolate_view view = interpolate_arrange(problem);
  column_groups groups = {0};
  taps_table rows;
  CLUP_TRY(interpolate_table(problem, &view, AXIS_HEIGHT, r, &rows));
  CLUP_TRY(columns_make(problem, &view, &groups));
  const int factor = factor_of(&view, &groups);
  if (factor) chunks_by_factor(view.in[AXIS_WIDTH], factor, &groups);
  add_launch(problem, &view, caps, &groups, factor, &rows, r);
  columns_clear(&groups);
  return CLUP_OK;
}

const solver interpolate_nearest_rows = {.name = "nearest_rows", .applicable = applicable, .configure = configure};

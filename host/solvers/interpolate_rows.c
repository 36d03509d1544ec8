/* Linear and cubic modes on CPUs: rows of several slices are mixed, resampled along x once each, 16 columns at a time,
 * then mixed along y. */
#include "error.h"
#include "interpolate_columns.h"
#include "solver_shared.h"

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!interpolate_has_lists(problem, why)) return false;
  if (problem->input.dtype == CLUP_F64) return not_applicable(why, "its rows are of f32; the problem is of f64");
  return columns_fit(problem, caps, why);
}

static void add_launch(const clup_problem *problem, const interpolate_view *view, const device_caps *caps,
                       const column_groups *g, const taps_table *slices, const taps_table *rows, recipe *r) {
  const clup_dtype dtype = problem->input.dtype;
  const int64_t entries = g->groups * COLUMN_LANES * g->taps;
  const int64_t index = recipe_table(r, g->index, entries, sizeof *g->index);
  const int64_t weight = recipe_table(r, g->weight, entries, sizeof *g->weight);
  const int64_t base = recipe_table(r, g->base, g->groups, sizeof *g->base);
  const int64_t chunks = recipe_table(r, g->chunk, CHUNK_FIELDS * g->chunks, sizeof *g->chunk);
  const row_blocks blocks = columns_blocks(view, caps, g->chunks);

  launch *l = recipe_launch(r, "interpolate_rows", "clup_interpolate_rows");
  launch_define(r, l, "DTYPE", dtype);
  launch_define(r, l, "DEPTH_TAPS", slices->taps);
  launch_define(r, l, "ROW_TAPS", rows->taps);
  launch_define(r, l, "TAPS", g->taps);
  launch_define(r, l, "NEAR", g->halves && !caps->has_wide_vectors ? 2 : g->near);
  launch_define(r, l, "STREAM", goes_past_caches(&problem->output));
  launch_define(r, l, "GROUPS", CHUNK_GROUPS);
  launch_define(r, l, "COLUMNS", CHUNK_COLUMNS);
  columns_row_args(problem, slices, rows, r, l);
  launch_buffer(r, l, ARG_TABLE, index, sizeof(int32_t));
  launch_buffer(r, l, ARG_TABLE, weight, sizeof(float));
  launch_buffer(r, l, ARG_TABLE, base, sizeof(int32_t));
  launch_buffer(r, l, ARG_TABLE, chunks, sizeof(int32_t));
  interpolate_row_extents(view, blocks.rows_each, r, l);
  launch_index(r, l, view->out[AXIS_DEPTH]);
  launch_index(r, l, view->in_stride[AXIS_DEPTH]);
  launch_index(r, l, view->out_stride[AXIS_DEPTH]);
  launch_range(r, l, 3, blocks.global, (const size_t[3]){1, 1, 1});
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const interpolate_view view = interpolate_arrange(problem);
  column_groups groups = {0};
  taps_table slices, rows;
  CLUP_TRY(interpolate_table(problem, &view, AXIS_DEPTH, r, &slices));
  CLUP_TRY(interpolate_table(problem, &view, AXIS_HEIGHT, r, &rows));
  CLUP_TRY(columns_make(problem, &view, &groups));
  add_launch(problem, &view, caps, &groups, &slices, &rows, r);
  columns_clear(&groups);
  return CLUP_OK;
}

const solver interpolate_rows = {.name = "rows", .applicable = applicable, .configure = configure};

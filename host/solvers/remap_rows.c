/* CPUs: whole rows in vectors, read contiguously and written interleaved, or the reverse. */
#include "remap_solvers.h"
#include "solver_shared.h"

#define MOST_WAYS 4           /* with vectors; above, a loop over elements */
#define BYTES_EACH (16 << 10) /* that a work-item should move at least */
#define ITEMS_PER_UNIT 64     /* work-items that a compute unit should have at least */

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!caps->is_cpu) return not_applicable(why, "it is for CPU devices");
  const remap map = remap_of(problem);
  remap_rows rows;
  if (!remap_find_rows(&map, &rows)) return not_applicable(why, "the strides leave no rows contiguous on both sides");
  return true;
}

launch *remap_rows_launch(const clup_problem *problem, const device_caps *caps, recipe *r, remap_rows *rows,
                          const char *source, const char *kernel, int64_t *groups, int64_t *each) {
  const size_t size = clup_dtype_size(problem->input.dtype);
  const remap map = remap_of(problem);
  remap_find_rows(&map, rows);
  if (!rows->axes) rows->dims[rows->axes++] = 1; /* in and out are 0 already */
  int64_t view[3 * REMAP_MAX_AXES];
  *groups = 1;
  for (int i = 0; i < rows->axes; i++) {
    *groups *= rows->dims[i];
    view[i] = rows->dims[i];
    view[rows->axes + i] = rows->in[i];
    view[2 * rows->axes + i] = rows->out[i];
  }
  const int64_t table = recipe_table(r, view, 3 * (int64_t)rows->axes, sizeof *view);
  const int64_t group_bytes = rows->width * rows->ways * (int64_t)size;
  const int64_t spread = *groups / ((int64_t)caps->compute_units * ITEMS_PER_UNIT);
  *each = (BYTES_EACH + group_bytes - 1) / group_bytes;
  if (*each > spread) *each = spread;
  if (*each < 1) *each = 1;
  launch *l = recipe_launch(r, source, kernel);
  launch_define(r, l, "AXES", rows->axes);
  launch_buffer(r, l, ARG_INPUT, 0, size);
  launch_buffer(r, l, ARG_OUTPUT, 0, size);
  launch_buffer(r, l, ARG_TABLE, table, sizeof *view);
  launch_range(r, l, 1, (const int64_t[3]){(*groups + *each - 1) / *each, 1, 1}, (const size_t[3]){1, 1, 1});
  return l;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  remap_rows rows;
  int64_t groups, each;
  launch *l = remap_rows_launch(problem, caps, r, &rows, "remap_rows", "clup_remap_rows", &groups, &each);
  launch_define(r, l, "ELEMENT_SIZE", (int64_t)clup_dtype_size(problem->input.dtype));
  launch_define(r, l, "INTERLEAVE", rows.interleave);
  launch_define(r, l, "WAYS", rows.ways <= MOST_WAYS ? rows.ways : 0);
  launch_define(r, l, "STREAM", goes_past_caches(&problem->output));
  launch_index(r, l, rows.width);
  launch_index(r, l, rows.ways);
  launch_index(r, l, rows.apart);
  launch_index(r, l, groups);
  launch_index(r, l, each);
  return CLUP_OK;
}

const solver remap_rows_solver = {.name = "rows", .applicable = applicable, .configure = configure};

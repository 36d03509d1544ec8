/* CPUs: interleaved rows of 4-byte elements that begin anywhere in a line of the cache, written past it as one row. */
#include "remap_solvers.h"
#include "solver_shared.h"

#define LANES 16

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  const long long size = (long long)clup_dtype_size(problem->input.dtype);
  if (!caps->is_cpu) return not_applicable(why, "it is for CPU devices");
  if (size != 4) return not_applicable(why, "its elements have 4 bytes, the problem's have %lld", size);
  const remap map = remap_of(problem);
  remap_rows rows;
  if (!remap_find_rows(&map, &rows)) return not_applicable(why, "the strides leave no rows contiguous on both sides");
  if (!rows.interleave) return not_applicable(why, "it makes one row of several, the problem takes one apart");
  if (rows.ways != 2 && rows.ways != 3 && rows.ways != 4 && rows.ways != 8)
    return not_applicable(why, "it interleaves 2, 3, 4 or 8 rows, not %lld", (long long)rows.ways);
  if (rows.width < LANES)
    return not_applicable(why, "it takes %d columns at a time; rows have %lld", LANES, (long long)rows.width);
  return true;
}

static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  const remap map = remap_of(problem);
  remap_rows rows;
  remap_find_rows(&map, &rows);
  if (!caps->has_wide_vectors) return not_applicable(why, "it moves elements within registers of 16");
  if (!goes_past_caches(&problem->output)) return not_applicable(why, "the output stays in the caches");
  if (rows.width * rows.ways % LANES == 0) return not_applicable(why, "rows are whole lines of the cache");
  return true;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  remap_rows rows;
  int64_t groups, each;
  launch *l = remap_rows_launch(problem, caps, r, &rows, "remap_joined_rows", "clup_remap_joined_rows", &groups, &each);
  launch_define(r, l, "WAYS", rows.ways);
  launch_index(r, l, rows.width);
  launch_index(r, l, rows.apart);
  launch_index(r, l, groups);
  launch_index(r, l, each);
  return CLUP_OK;
}

const solver remap_joined_rows = {
    .name = "joined_rows", .applicable = applicable, .preferred = preferred, .configure = configure};

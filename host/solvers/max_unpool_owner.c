/* Any device: the last input element that claims an output element owns it, by atomic maximum over positions. */
#include "max_unpool_solvers.h"
#include "solver_shared.h"

enum { ROWS_EACH = 4, STRAY_ROWS_EACH = 64 /* most often there is nothing to do: few work-items */ };

bool max_unpool_owner_applies(const clup_problem *problem, const device_caps *caps, char *why) {
  (void)caps;
  const unpool_view v = unpool_view_of(problem);
  const int64_t positions = v.in[0] * v.in[1] * v.in[2] * (v.whole ? v.planes : 1);
  if (positions > INT32_MAX)
    return not_applicable(why, "%s has %lld elements, above the 2^31-1 that an owner can tell apart",
                          v.whole ? "the input" : "an input plane", (long long)positions);
  return true;
}

static launch *append(const clup_problem *problem, const unpool_view *v, recipe *r, const char *kernel, bool strays) {
  launch *l = recipe_launch(r, "max_unpool_owner", kernel);
  max_unpool_defines(problem, v, r, l);
  launch_define(r, l, "WHERE_STRAYED", strays);
  return l;
}

void max_unpool_range(const int64_t extents[3], int64_t planes, int64_t rows_each, const device_caps *caps, recipe *r,
                      launch *l) {
  range_of(r, l, caps, extents[2], divided_up(extents[1], rows_each), planes * extents[0]);
}

void max_unpool_owner_launches(const clup_problem *problem, const device_caps *caps, recipe *r, int64_t strayed) {
  const size_t size = clup_dtype_size(problem->input.dtype);
  const unpool_view v = unpool_view_of(problem);
  const bool strays = strayed >= 0;
  const int64_t rows_each = strays ? STRAY_ROWS_EACH : ROWS_EACH;
  const int64_t owner = recipe_workspace(r, v.planes * v.counted[0] * v.counted[1] * v.counted[2], sizeof(cl_int));

  launch *l = append(problem, &v, r, "clup_max_unpool_owner_fill", strays);
  launch_buffer(r, l, ARG_WORKSPACE, owner, sizeof(cl_int));
  if (strays) launch_buffer(r, l, ARG_WORKSPACE, strayed, sizeof(cl_int));
  launch_index(r, l, v.planes);
  max_unpool_extents(v.counted, r, l);
  max_unpool_range(v.counted, v.planes, rows_each, caps, r, l);
  const size_t *local = l->local; /* one for all three: a size is a build */

  l = append(problem, &v, r, "clup_max_unpool_owner_claim", strays);
  launch_buffer(r, l, ARG_INDICES, 0, clup_dtype_size(problem->indices.dtype));
  launch_buffer(r, l, ARG_WORKSPACE, owner, sizeof(cl_int));
  launch_buffer(r, l, ARG_STATUS, 0, sizeof(cl_uint));
  if (strays) launch_buffer(r, l, ARG_WORKSPACE, strayed, sizeof(cl_int));
  launch_index(r, l, v.channels);
  launch_index(r, l, v.planes);
  max_unpool_extents(v.in, r, l);
  launch_index(r, l, v.counted[0] * v.counted[1] * v.counted[2]);
  max_unpool_strides(v.indices, r, l);
  launch_range(r, l, 3, (const int64_t[3]){v.in[2], divided_up(v.in[1], rows_each), v.planes * v.in[0]}, local);

  l = append(problem, &v, r, "clup_max_unpool_owner", strays);
  launch_buffer(r, l, ARG_INPUT, 0, size);
  launch_buffer(r, l, ARG_WORKSPACE, owner, sizeof(cl_int));
  launch_buffer(r, l, ARG_OUTPUT, 0, size);
  if (strays) launch_buffer(r, l, ARG_WORKSPACE, strayed, sizeof(cl_int));
  launch_index(r, l, v.channels);
  launch_index(r, l, v.planes);
  max_unpool_extents(v.in, r, l);
  max_unpool_extents(v.counted, r, l);
  max_unpool_extents(v.out, r, l);
  max_unpool_strides(v.x, r, l);
  max_unpool_strides(v.y, r, l);
  launch_range(r, l, 3, (const int64_t[3]){v.out[2], divided_up(v.out[1], rows_each), v.planes * v.out[0]}, local);
  r->reports_errors = true;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  max_unpool_owner_launches(problem, caps, r, -1);
  return CLUP_OK;
}

const solver max_unpool_owner = {.name = "owner", .applicable = max_unpool_owner_applies, .configure = configure};

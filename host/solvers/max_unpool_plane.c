/* CPUs: a work-item owns a plane, and stores it in bands where the indices are those of a pooling without overlap. */
#include <string.h>

#include "max_unpool_solvers.h"
#include "solver_shared.h"

#define BAND_BYTES (128 << 10)

void max_unpool_defines(const clup_problem *problem, const unpool_view *view, recipe *r, launch *l) {
  launch_define(r, l, "ELEMENT_SIZE", (int64_t)clup_dtype_size(problem->input.dtype));
  launch_define_text(r, l, "INDEX_TYPE", problem->indices.dtype == CLUP_I64 ? "long" : "int");
  launch_define(r, l, "DEPTH", view->has_depth);
  launch_define(r, l, "WHOLE", view->whole);
}

void max_unpool_extents(const int64_t extents[3], recipe *r, launch *l) {
  for (int i = 0; i < 3; i++) launch_index(r, l, extents[i]);
}

void max_unpool_strides(const int64_t strides[5], recipe *r, launch *l) {
  for (int i = 0; i < 5; i++) launch_index(r, l, strides[i]);
}

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  (void)problem;
  return caps->is_cpu || not_applicable(why, "it is for CPU devices");
}

static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  const int64_t planes = unpool_view_of(problem).planes;
  if (planes < caps->compute_units)
    return not_applicable(why, "%lld planes do not occupy %u compute units", (long long)planes, caps->compute_units);
  return true;
}

/* Elements of a band of output rows, or 0 where windows overlap, a band is too large, or the output is larger than what
 * indices count in. The last band of an axis has what output_size adds: fewer than 2 * stride rows. */
static int64_t band_elements(const clup_problem *problem, const unpool_view *v) {
  const int64_t most = BAND_BYTES / (int64_t)clup_dtype_size(problem->input.dtype);
  int64_t room = most;
  if (v->bands_overlap || v->y[4] > 1 || memcmp(v->out, v->counted, sizeof v->out)) return 0;
  for (int i = v->has_depth ? 0 : 1; i < 2; i++) {
    if (v->stride[i] > room / 2) return 0;
    room /= 2 * v->stride[i];
  }
  return v->out[2] > room ? 0 : most;
}

/* again: the second launch, which looks after indices that name another plane than their own. */
static void append(const clup_problem *problem, const unpool_view *v, recipe *r, int64_t strays, bool again) {
  const size_t size = clup_dtype_size(problem->input.dtype);
  launch *l = recipe_launch(r, "max_unpool_plane", "clup_max_unpool_plane");
  max_unpool_defines(problem, v, r, l);
  launch_define(r, l, "BAND", band_elements(problem, v));
  launch_define(r, l, "STREAM", goes_past_caches(&problem->output));
  launch_buffer(r, l, ARG_INPUT, 0, size);
  launch_buffer(r, l, ARG_INDICES, 0, clup_dtype_size(problem->indices.dtype));
  launch_buffer(r, l, ARG_OUTPUT, 0, size);
  launch_buffer(r, l, ARG_STATUS, 0, sizeof(cl_uint));
  if (v->whole) {
    launch_buffer(r, l, ARG_WORKSPACE, strays, sizeof(cl_int));
    launch_i32(r, l, again);
  }
  launch_index(r, l, v->channels);
  launch_index(r, l, v->planes);
  max_unpool_extents(v->in, r, l);
  max_unpool_extents(v->counted, r, l);
  max_unpool_extents(v->out, r, l);
  for (int i = 0; i < 2; i++) launch_i64(r, l, v->stride[i]);
  for (int i = 0; i < 2; i++) launch_i64(r, l, v->padding[i]);
  max_unpool_strides(v->x, r, l);
  max_unpool_strides(v->indices, r, l);
  max_unpool_strides(v->y, r, l);
  launch_range(r, l, 1, (const int64_t[3]){again ? 1 : v->planes, 1, 1}, (const size_t[3]){1, 1, 1});
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  (void)caps;
  const unpool_view v = unpool_view_of(problem);
  const int64_t strays = v.whole ? recipe_workspace(r, v.planes, sizeof(cl_int)) : 0;
  append(problem, &v, r, strays, false);
  if (v.whole && v.planes > 1) append(problem, &v, r, strays, true);
  r->reports_errors = true;
  return CLUP_OK;
}

const solver max_unpool_plane = {
    .name = "plane", .applicable = applicable, .preferred = preferred, .configure = configure};

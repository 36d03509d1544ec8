/* CPUs: a work-item owns a plane, which stays in its cache. */
#include "max_unpool_solvers.h"
#include "solver_shared.h"

void max_unpool_defines(const clup_problem *problem, recipe *r, launch *l) {
  launch_define(r, l, "ELEMENT_SIZE", (int64_t)clup_dtype_size(problem->input.dtype));
  launch_define_text(r, l, "INDEX_TYPE", problem->indices.dtype == CLUP_I64 ? "long" : "int");
}

void max_unpool_strides(const clup_tensor *tensor, recipe *r, launch *l) {
  for (int axis = 0; axis < 4; axis++) launch_index(r, l, stride_of(tensor, axis));
}

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  const int64_t planes = problem->input.dims[0] * problem->input.dims[1];
  if (!caps->is_cpu) return not_applicable(why, "it is for CPU devices");
  if (planes < caps->compute_units)
    return not_applicable(why, "%lld planes do not occupy %u compute units", (long long)planes, caps->compute_units);
  return true;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  (void)caps;
  const size_t size = clup_dtype_size(problem->input.dtype);
  const int64_t *in = problem->input.dims, *out = problem->output.dims;
  launch *l = recipe_launch(r, "max_unpool_plane", "clup_max_unpool_plane");
  max_unpool_defines(problem, r, l);
  launch_buffer(r, l, ARG_INPUT, 0, size);
  launch_buffer(r, l, ARG_INDICES, 0, clup_dtype_size(problem->indices.dtype));
  launch_buffer(r, l, ARG_OUTPUT, 0, size);
  launch_buffer(r, l, ARG_STATUS, 0, sizeof(cl_uint));
  launch_index(r, l, in[1]);
  launch_index(r, l, in[2]);
  launch_index(r, l, in[3]);
  launch_index(r, l, out[2]);
  launch_index(r, l, out[3]);
  max_unpool_strides(&problem->input, r, l);
  max_unpool_strides(&problem->indices, r, l);
  max_unpool_strides(&problem->output, r, l);
  launch_range(r, l, 1, (const int64_t[3]){in[0] * in[1], 1, 1}, (const size_t[3]){1, 1, 1});
  r->reports_errors = true;
  return CLUP_OK;
}

const solver max_unpool_plane = {"plane", applicable, configure};

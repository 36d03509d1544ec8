/* Any device: the last input element that claims an output element owns it, by atomic maximum over positions. */
#include "max_unpool_solvers.h"
#include "solver_shared.h"

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  (void)caps;
  const int64_t positions = problem->input.dims[2] * problem->input.dims[3];
  if (positions > INT32_MAX)
    return not_applicable(why, "an input plane has %lld elements, above the 2^31-1 that an owner can tell apart",
                          (long long)positions);
  return true;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const size_t size = clup_dtype_size(problem->input.dtype);
  const int64_t *in = problem->input.dims, *out = problem->output.dims, planes = in[0] * in[1];
  const int64_t count = planes * out[2] * out[3];
  const int64_t owner = recipe_workspace(r, count, sizeof(cl_int));

  launch *l = recipe_launch(r, "max_unpool_owner", "clup_max_unpool_owner_fill");
  max_unpool_defines(problem, r, l);
  launch_buffer(r, l, ARG_WORKSPACE, owner, sizeof(cl_int));
  launch_index(r, l, planes);
  launch_index(r, l, out[2]);
  launch_index(r, l, out[3]);
  range_of(r, l, caps, out[3], out[2], planes);
  const size_t *local = l->local; /* one for all three: a size is a build */

  l = recipe_launch(r, "max_unpool_owner", "clup_max_unpool_owner_claim");
  max_unpool_defines(problem, r, l);
  launch_buffer(r, l, ARG_INDICES, 0, clup_dtype_size(problem->indices.dtype));
  launch_buffer(r, l, ARG_WORKSPACE, owner, sizeof(cl_int));
  launch_buffer(r, l, ARG_STATUS, 0, sizeof(cl_uint));
  launch_index(r, l, in[1]);
  launch_index(r, l, planes);
  launch_index(r, l, in[2]);
  launch_index(r, l, in[3]);
  launch_index(r, l, out[2] * out[3]);
  max_unpool_strides(&problem->indices, r, l);
  launch_range(r, l, 3, (const int64_t[3]){in[3], in[2], planes}, local);

  l = recipe_launch(r, "max_unpool_owner", "clup_max_unpool_owner");
  max_unpool_defines(problem, r, l);
  launch_buffer(r, l, ARG_INPUT, 0, size);
  launch_buffer(r, l, ARG_WORKSPACE, owner, sizeof(cl_int));
  launch_buffer(r, l, ARG_OUTPUT, 0, size);
  launch_index(r, l, in[1]);
  launch_index(r, l, planes);
  launch_index(r, l, in[3]);
  launch_index(r, l, out[2]);
  launch_index(r, l, out[3]);
  max_unpool_strides(&problem->input, r, l);
  max_unpool_strides(&problem->output, r, l);
  launch_range(r, l, 3, (const int64_t[3]){out[3], out[2], planes}, local);
  r->reports_errors = true;
  return CLUP_OK;
}

const solver max_unpool_owner = {.name = "owner", .applicable = applicable, .configure = configure};

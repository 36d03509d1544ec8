/* GPUs, pooling windows side by side: an output looks at the index of its own window; `owner` follows where one strays.
 */
#include <string.h>

#include "max_unpool_solvers.h"

enum { ROWS_EACH = 4 };

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  const unpool_view v = unpool_view_of(problem);
  if (!max_unpool_owner_applies(problem, caps, why)) return false;
  if (memcmp(v.out, v.counted, sizeof v.out))
    return not_applicable(why, "the output is larger than what indices count in");
  for (int i = 0; i < 3; i++) {
    if (v.stride[i] > INT32_MAX - v.out[i])
      return not_applicable(why, "stride %lld and %lld outputs reach beyond 2^31", (long long)v.stride[i],
                            (long long)v.out[i]);
    if (v.in[i] < 1 || v.padding[i] >= v.stride[i] || (v.in[i] - 1) * v.stride[i] - v.padding[i] >= v.out[i])
      return not_applicable(
          why, "of %lld windows with stride %lld and padding %lld some lie outside of %lld outputs, or there is none",
          (long long)v.in[i], (long long)v.stride[i], (long long)v.padding[i], (long long)v.out[i]);
  }
  return true;
}

static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  const unpool_view v = unpool_view_of(problem);
  if (caps->is_cpu) return not_applicable(why, "its many work-items are for GPUs");
  return !v.overlaps || not_applicable(why, "windows overlap, and their indices stray");
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const size_t size = clup_dtype_size(problem->input.dtype);
  const unpool_view v = unpool_view_of(problem);
  const int64_t strayed = recipe_workspace(r, 1, sizeof(cl_int));
  launch *l = recipe_launch(r, "max_unpool_blocks", "clup_max_unpool_blocks_begin");
  max_unpool_defines(problem, &v, r, l);
  launch_buffer(r, l, ARG_WORKSPACE, strayed, sizeof(cl_int));
  launch_range(r, l, 1, (const int64_t[3]){1, 1, 1}, (const size_t[3]){0, 0, 0});

  l = recipe_launch(r, "max_unpool_blocks", "clup_max_unpool_blocks");
  max_unpool_defines(problem, &v, r, l);
  launch_buffer(r, l, ARG_INPUT, 0, size);
  launch_buffer(r, l, ARG_INDICES, 0, clup_dtype_size(problem->indices.dtype));
  launch_buffer(r, l, ARG_OUTPUT, 0, size);
  launch_buffer(r, l, ARG_WORKSPACE, strayed, sizeof(cl_int));
  launch_index(r, l, v.channels);
  launch_index(r, l, v.planes);
  max_unpool_extents(v.in, r, l);
  max_unpool_extents(v.out, r, l);
  max_unpool_extents(v.stride, r, l);
  max_unpool_extents(v.padding, r, l);
  max_unpool_strides(v.x, r, l);
  max_unpool_strides(v.indices, r, l);
  max_unpool_strides(v.y, r, l);
  max_unpool_range(v.out, v.planes, ROWS_EACH, caps, r, l);
  max_unpool_owner_launches(problem, caps, r, strayed);
  return CLUP_OK;
}

const solver max_unpool_blocks = {
    .name = "blocks", .applicable = applicable, .preferred = preferred, .configure = configure};

/* Images: a work-item per output pixel, all channels at once, by the lists of both axes. */
#include "error.h"
#include "images.h"
#include "interpolate_solvers.h"
#include "solver_shared.h"

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!caps->has_images) return not_applicable(why, "the device '%s' has no images", caps->name);
  if (caps->is_pocl && problem->input.dtype == CLUP_F16 && problem->input.dims[1] == 1)
    return not_applicable(why, "PoCL (3.1) reads pixels of CL_R, CL_HALF_FLOAT wrongly");
  const clup_tensor *tensors[] = {&problem->input, &problem->output};
  for (int i = 0; i < 2; i++)
    if ((uint64_t)tensors[i]->dims[3] > caps->image_width || (uint64_t)tensors[i]->dims[2] > caps->image_height)
      return not_applicable(why, "an image of %lld x %lld, but the device '%s' has at most %llu x %llu",
                            (long long)tensors[i]->dims[3], (long long)tensors[i]->dims[2], caps->name,
                            (unsigned long long)caps->image_width, (unsigned long long)caps->image_height);
  return true;
}

/* The arguments index, weight, count, taps along one axis of the tensors. */
static clup_status add_lists(const clup_problem *problem, int axis, recipe *r, launch *l) {
  const interpolate_view view = interpolate_view_of(problem);
  const axis_rule copy = {
      .filter = AXIS_NEAREST, .in = problem->input.dims[axis], .out = problem->output.dims[axis], .small_output = true};
  axis_taps taps;
  int slot = 2;
  while (slot >= 0 && view.axis[slot] != axis) slot--;
  CLUP_TRY(slot < 0 ? axis_taps_make(&copy, &taps) : interpolate_lists(problem, &view, slot, &taps));
  const int64_t entries = taps.out * taps.taps;
  launch_buffer(r, l, ARG_TABLE, recipe_table(r, taps.index, entries, sizeof *taps.index), sizeof *taps.index);
  launch_buffer(r, l, ARG_TABLE, recipe_reals(r, CLUP_F32, taps.weight, entries), sizeof(float));
  launch_buffer(r, l, ARG_TABLE, recipe_table(r, taps.count, taps.out, sizeof *taps.count), sizeof *taps.count);
  launch_i32(r, l, taps.taps);
  axis_taps_clear(&taps);
  return CLUP_OK;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const int64_t *out = problem->output.dims;
  launch *l = recipe_launch(r, "interpolate_image", "clup_interpolate_image");
  launch_define(r, l, "DTYPE", problem->input.dtype);
  launch_define(r, l, "UINT", problem_images(problem) == CLUP_IMAGES_UINT);
  launch_define(r, l, "MOVES", interpolate_is_nearest(problem));
  CLUP_TRY(add_lists(problem, 2, r, l));
  CLUP_TRY(add_lists(problem, 3, r, l));
  launch_image(r, l, ARG_INPUT);
  launch_image(r, l, ARG_OUTPUT);
  launch_i32(r, l, out[2]);
  launch_i32(r, l, out[3]);
  range_of(r, l, caps, out[3], out[2], 1);
  return CLUP_OK;
}

const solver interpolate_image = {.name = "image", .applicable = applicable, .configure = configure, .images = true};

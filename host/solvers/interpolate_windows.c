/* Windows of taps whose length goes with the step: one launch an axis, the innermost first, through the workspace. */
#include <string.h>

#include "error.h"
#include "interpolate_solvers.h"
#include "solver_shared.h"
#include "tensor.h"

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!interpolate_has_windows(problem)) return not_applicable(why, "it is for area, lanczos, and with antialias");
  return device_computes(problem, caps, why);
}

typedef struct window_table {
  taps_table lists;
  bool copies; /* each output element is the input element at its place */
} window_table;

/* One list for all elements of a column. */
static clup_status window_lists(const clup_problem *problem, interpolate_view view, int axis, recipe *r,
                                window_table *table) {
  axis_taps taps;
  view.fold = 1;
  CLUP_TRY(interpolate_lists(problem, &view, axis, &taps));
  const clup_status status = interpolate_window_table(problem, &taps, r, &table->lists);
  table->copies = view.in[axis] == view.out[axis];
  for (int64_t i = 0; table->copies && i < taps.out; i++) {
    const int64_t at = i * taps.taps;
    table->copies = taps.index[at] == i && taps.count[i] == 1 && taps.weight[at] >= 1;
  }
  axis_taps_clear(&taps);
  return status;
}

/* The view's output becomes contiguous, and the next view's input is that. */
static void lay_out(interpolate_view *view, interpolate_view *next) {
  int64_t step = 1;
  for (int axis = AXIS_WIDTH; axis >= 0; axis--) {
    view->out_stride[axis] = view->out[axis] > 1 ? step : 0;
    step *= view->out[axis];
  }
  for (int axis = view->plane_axes - 1; axis >= 0; axis--) {
    view->plane[axis].out_stride = next->plane[axis].in_stride = step;
    step *= view->plane[axis].dim;
  }
  memcpy(next->in, view->out, sizeof next->in);
  memcpy(next->in_stride, view->out_stride, sizeof next->in_stride);
}

/* One launch: along `axis`, from and to the caller's memory or the workspace. */
typedef struct window_pass {
  int axis;
  arg_role from, to;
  int64_t from_offset, to_offset;
  interpolate_view view;
} window_pass;

static void add_launch(const window_pass *pass, const window_table *table, clup_dtype dtype, const device_caps *caps,
                       recipe *r) {
  const bool is_real = real_size(dtype) == clup_dtype_size(dtype); /* the workspace is as the tensors are */
  const bool from_real = pass->from == ARG_WORKSPACE, to_real = pass->to == ARG_WORKSPACE;
  launch *l = recipe_launch(r, "interpolate_windows", "clup_interpolate_windows");
  launch_define(r, l, "DTYPE", dtype);
  launch_define(r, l, "FROM_REAL", from_real && !is_real);
  launch_define(r, l, "TO_REAL", to_real && !is_real);
  launch_define(r, l, "AXIS", pass->axis);
  launch_buffer(r, l, pass->from, pass->from_offset, from_real ? real_size(dtype) : clup_dtype_size(dtype));
  launch_buffer(r, l, pass->to, pass->to_offset, to_real ? real_size(dtype) : clup_dtype_size(dtype));
  launch_buffer(r, l, ARG_TABLE, table->lists.index, sizeof(int32_t));
  launch_buffer(r, l, ARG_TABLE, table->lists.weight, real_size(dtype));
  launch_i32(r, l, table->lists.taps);
  launch_index(r, l, pass->axis == AXIS_WIDTH ? pass->view.fold : 1);
  interpolate_extents(&pass->view, r, l);
  interpolate_range(&pass->view, caps, r, l);
}

/* The pass writes to the workspace, and the next one reads there. */
static clup_status go_between(window_pass *pass, window_pass *next, clup_dtype dtype, const device_caps *caps,
                              recipe *r) {
  int64_t count = pass->view.planes;
  for (int axis = 0; axis < 3; axis++)
    if (!size_mul(count, pass->view.out[axis], &count))
      return clup_fail(CLUP_INVALID_SHAPE, "interpolate: the elements between two axes overflow");
  if (count > caps->index32_limit) r->index64 = true;
  pass->to = next->from = ARG_WORKSPACE;
  pass->to_offset = next->from_offset = recipe_workspace(r, count, real_size(dtype));
  lay_out(&pass->view, &next->view);
  return CLUP_OK;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const interpolate_view view = interpolate_arrange(problem);
  window_table tables[3];
  window_pass passes[3];
  int count = 0;
  for (int axis = AXIS_WIDTH; axis >= AXIS_DEPTH; axis--) {
    CLUP_TRY(window_lists(problem, view, axis, r, &tables[axis]));
    if (tables[axis].copies && (axis > AXIS_DEPTH || count)) continue; /* one pass there must be */
    window_pass *pass = &passes[count];
    *pass = (window_pass){.axis = axis, .from = ARG_INPUT, .to = ARG_OUTPUT, .view = view};
    if (count) {
      CLUP_TRY(go_between(pass - 1, pass, problem->input.dtype, caps, r));
    }
    memcpy(pass->view.out, pass->view.in, sizeof pass->view.out);
    pass->view.out[axis] = view.out[axis];
    count++;
  }
  for (int i = 0; i < count; i++) add_launch(&passes[i], &tables[passes[i].axis], problem->input.dtype, caps, r);
  return CLUP_OK;
}

const solver interpolate_windows = {.name = "windows", .applicable = applicable, .configure = configure};

/* Any device, any strides: a work-item per output element. */
#include "../ops/fold.h"

#include <stdlib.h>

#include "../error.h"
#include "solver_shared.h"

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  return device_computes(problem, caps, why);
}

/* For every place along an axis, the input's first element that reaches it, counted from the plane's first, and how
 * many there are. They lie *step apart, from the first tap to the last. */
static void reach_of(const fold_geometry *g, int axis, int64_t *reach, int64_t *step) {
  const int64_t out = g->out[axis];
  int64_t second = -1, of = 0;
  for (int64_t i = 0; i < 2 * out; i++) reach[i] = 0;
  for (int64_t tap = 0; tap < g->kernel[axis]; tap++)
    for (int64_t block = 0; block < g->blocks[axis]; block++) {
      const int64_t at = block * g->stride[axis] + tap * g->dilation[axis] - g->pad[axis];
      if (at < 0 || at >= out) continue;
      const int64_t place = tap * g->x_tap[axis] + block * g->x_block[axis];
      if (reach[2 * at + 1]++ == 0)
        reach[2 * at] = place;
      else if (second < 0)
        second = place, of = reach[2 * at];
    }
  *step = second < 0 ? 0 : second - of;
}

static int64_t reach_table(recipe *r, const int64_t *reach, int64_t count) {
  if (r->index64) return recipe_table(r, reach, count, sizeof *reach);
  int32_t *narrow = malloc((size_t)count * sizeof *narrow);
  if (!narrow) return -1;
  for (int64_t i = 0; i < count; i++) narrow[i] = (int32_t)reach[i];
  const int64_t offset = recipe_table(r, narrow, count, sizeof *narrow);
  free(narrow);
  return offset;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const fold_geometry g = fold_geometry_of(problem);
  const size_t size = clup_dtype_size(problem->input.dtype);
  const int64_t places = g.out[0] + g.out[1] + g.out[2];
  int64_t *reach = malloc((size_t)places * 2 * sizeof *reach), steps[FOLD_AXES], used = 0;
  if (!reach) return clup_fail(CLUP_OUT_OF_MEMORY, "fold: no memory for %lld places", (long long)places);
  for (int i = 0; i < FOLD_AXES; used += 2 * g.out[i], i++) reach_of(&g, i, reach + used, &steps[i]);
  const int64_t table = reach_table(r, reach, used);
  free(reach);
  if (table < 0) return clup_fail(CLUP_OUT_OF_MEMORY, "fold: no memory for %lld places", (long long)places);

  launch *l = recipe_launch(r, "fold_gather", "clup_fold_gather");
  launch_define(r, l, "DTYPE", problem->input.dtype);
  launch_buffer(r, l, ARG_INPUT, 0, size);
  launch_buffer(r, l, ARG_OUTPUT, 0, size);
  launch_buffer(r, l, ARG_TABLE, table, r->index64 ? sizeof(int64_t) : sizeof(int32_t));
  launch_index(r, l, g.channels);
  launch_index(r, l, g.batch * g.channels);
  for (int i = 0; i < FOLD_AXES; i++) launch_index(r, l, g.out[i]);
  for (int i = 0; i < FOLD_AXES; i++) launch_index(r, l, steps[i]);
  launch_index(r, l, g.x_n);
  launch_index(r, l, g.x_c);
  launch_index(r, l, g.y_n);
  launch_index(r, l, g.y_c);
  for (int i = 0; i < FOLD_AXES; i++) launch_index(r, l, g.y[i]);
  range_of(r, l, caps, g.out[2], g.out[0] * g.out[1], g.batch * g.channels);
  return CLUP_OK;
}

const solver fold_gather = {.name = "gather", .applicable = applicable, .configure = configure};

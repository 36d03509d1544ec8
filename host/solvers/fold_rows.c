/* CPUs: vectors along rows of blocks; a row of the output takes its elements from `stride` phases in turn. */
#include "../error.h"
#include "../ops/fold.h"
#include "solver_shared.h"

#define LANES 16
#define MOST_STRIDE 32
#define PIECE 1024         /* blocks of a row that a work-item takes at most */
#define ELEMENTS_EACH 4096 /* of the output, that a work-item should make at least */
#define ITEMS_PER_UNIT 16  /* work-items that a compute unit should have at least */
#define LEAST_BLOCKS 6

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  const fold_geometry g = fold_geometry_of(problem);
  if (!caps->is_cpu) return not_applicable(why, "it is for CPU devices");
  if (g.stride[2] > MOST_STRIDE)
    return not_applicable(why, "stride %lld along x is above %d", (long long)g.stride[2], MOST_STRIDE);
  const int64_t reach = g.pad[2] + g.out[2] + (g.kernel[2] - 1) * g.dilation[2];
  if (reach > INT32_MAX / 4)
    return not_applicable(why, "a row with its padding and kernel, %lld, is above %d", (long long)reach, INT32_MAX / 4);
  if (g.blocks[2] > 1 && g.x_block[2] != 1)
    return not_applicable(why, "blocks are %lld elements apart in the input, not 1", (long long)g.x_block[2]);
  if (g.out[2] > 1 && g.y[2] != 1)
    return not_applicable(why, "elements of a row are %lld apart in the output, not 1", (long long)g.y[2]);
  return device_computes(problem, caps, why);
}

static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  (void)caps;
  const fold_geometry g = fold_geometry_of(problem);
  if (g.blocks[2] >= LEAST_BLOCKS) return true;
  return not_applicable(why, "vectors of %d over rows of %lld blocks are mostly empty", LANES, (long long)g.blocks[2]);
}

static int64_t common_divisor(int64_t a, int64_t b) {
  return b ? common_divisor(b, a % b) : a;
}

/* Tap t reaches place b*stride + t*dilation, counted from the padding's beginning: phase (t*dilation) % stride, and
 * there (t*dilation) / stride groups of `stride` places after its block. Per phase: how many taps, the first one, its
 * groups.
 */
static int64_t phase_table(recipe *r, const fold_geometry *g) {
  int32_t phases[MOST_STRIDE][3] = {{0}};
  for (int64_t tap = 0; tap < g->kernel[2]; tap++) {
    const int64_t at = tap * g->dilation[2];
    int32_t *phase = phases[at % g->stride[2]];
    if (phase[0]++) continue;
    phase[1] = (int32_t)tap;
    phase[2] = (int32_t)(at / g->stride[2]);
  }
  return recipe_table(r, phases, 3 * g->stride[2], sizeof phases[0][0]);
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const fold_geometry g = fold_geometry_of(problem);
  const size_t size = clup_dtype_size(problem->input.dtype);
  const int64_t stride = g.stride[2], common = common_divisor(stride, g.dilation[2]);
  const int64_t begin = g.pad[2] / stride, end = (g.pad[2] + g.out[2] - 1) / stride + 1; /* groups of a row */
  const int64_t rows = g.batch * g.channels * g.out[0] * g.out[1], pieces = (end - begin + PIECE - 1) / PIECE;
  const int64_t spread = rows * pieces / ((int64_t)caps->compute_units * ITEMS_PER_UNIT);
  int64_t steps[FOLD_AXES], reach = 0, each = (ELEMENTS_EACH + g.out[2] - 1) / g.out[2];
  if (each > spread) each = spread;
  if (each < 1) each = 1;
  CLUP_TRY(fold_reach(r, &g, 2, &reach, steps));
  const int64_t phases = phase_table(r, &g);

  launch *l = recipe_launch(r, "fold_rows", "clup_fold_rows");
  launch_define(r, l, "DTYPE", problem->input.dtype);
  launch_define(r, l, "STRIDE", stride);
  launch_define(r, l, "PIECE", PIECE);
  launch_buffer(r, l, ARG_INPUT, 0, size);
  launch_buffer(r, l, ARG_OUTPUT, 0, size);
  launch_buffer(r, l, ARG_TABLE, reach, r->index64 ? sizeof(int64_t) : sizeof(int32_t));
  launch_buffer(r, l, ARG_TABLE, phases, sizeof(int32_t));
  launch_index(r, l, g.channels);
  launch_index(r, l, rows);
  launch_index(r, l, each);
  for (int i = 0; i < FOLD_AXES; i++) launch_index(r, l, g.out[i]);
  launch_index(r, l, g.blocks[2]);
  launch_index(r, l, g.pad[2]);
  launch_index(r, l, begin);
  launch_index(r, l, end);
  launch_index(r, l, steps[0]);
  launch_index(r, l, steps[1]);
  const bool several = stride / common < g.kernel[2]; /* taps of one phase; else the next may be anywhere */
  launch_index(r, l, several ? stride / common * g.x_tap[2] : 0);
  launch_index(r, l, several ? g.dilation[2] / common : 0);
  launch_index(r, l, g.x_tap[2]);
  launch_index(r, l, g.x_n);
  launch_index(r, l, g.x_c);
  launch_index(r, l, g.y_n);
  launch_index(r, l, g.y_c);
  launch_index(r, l, g.y[0]);
  launch_index(r, l, g.y[1]);
  launch_range(r, l, 2, (const int64_t[3]){pieces, (rows + each - 1) / each, 1}, (const size_t[3]){1, 1, 1});
  return CLUP_OK;
}

const solver fold_rows = {.name = "rows", .applicable = applicable, .preferred = preferred, .configure = configure};

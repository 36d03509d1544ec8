/* Linear and cubic modes on CPUs: 8 or 16 columns at a time, from as many of the input, all in registers. */
#include <math.h>
#include <stdlib.h>

#include "error.h"
#include "interpolate_columns.h"
#include "solver_shared.h"

#define NARROW 8 /* floats of a register */
#define WIDE 16
#define LINE 64 /* bytes of the cache */
#define TWICE 2
#define LEAST_TWICE 64 /* columns */
#define BEYOND 16      /* columns that a kernel reads lists of past the last one */

/* From the first to the last input element that `lanes` of the output take, at most: columns are `fold` elements each.
 */
static double reach_of(const clup_problem *problem, const interpolate_view *view, int lanes) {
  const int64_t apart = (lanes - 1 + view->fold - 1) / view->fold;
  const double step = fabs(interpolate_step(problem, view, AXIS_WIDTH));
  const double columns = ceil((double)apart * step * (1 + 1e-6)) + interpolate_most(problem, view, AXIS_WIDTH) - 1;
  return columns * (double)view->fold + (double)(view->fold - 1);
}

static bool fits(const clup_problem *problem, const interpolate_view *view, int lanes) {
  return view->in[AXIS_WIDTH] >= lanes && reach_of(problem, view, lanes) < lanes; /* false where a crop's step is NaN */
}

static int lanes_of(const clup_problem *problem, const interpolate_view *view, const device_caps *caps) {
  return caps->has_wide_vectors && fits(problem, view, WIDE) ? WIDE : NARROW;
}

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  const interpolate_view view = interpolate_arrange(problem);
  if (!interpolate_has_lists(problem, why)) return false;
  if (!caps->is_cpu) return not_applicable(why, "it is for CPU devices");
  if (problem->input.dtype == CLUP_F64) return not_applicable(why, "its rows are of f32; the problem is of f64");
  if (view.out_stride[AXIS_WIDTH] > 1)
    return not_applicable(why, "the output's rows have stride %lld, not 1", (long long)view.out_stride[AXIS_WIDTH]);
  if (view.in_stride[AXIS_WIDTH] != 1)
    return not_applicable(why, "the input's rows have stride %lld, not 1", (long long)view.in_stride[AXIS_WIDTH]);
  const int lanes = lanes_of(problem, &view, caps);
  if (view.in[AXIS_WIDTH] < lanes)
    return not_applicable(why, "it takes %d columns at a time; the input has %lld", lanes,
                          (long long)view.in[AXIS_WIDTH]);
  if (!fits(problem, &view, lanes))
    return not_applicable(why, "%d columns of the output take theirs from up to %g, not %d, of the input", lanes,
                          reach_of(problem, &view, lanes) + 1, lanes);
  return true;
}

/* Where rows is faster: it makes several output rows from lines that it converted, and mixed from slices, once. */
static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  const interpolate_view view = interpolate_arrange(problem);
  const int64_t size = (int64_t)clup_dtype_size(problem->input.dtype);
  const double step = interpolate_step(problem, &view, AXIS_WIDTH);
  const bool doubled = step >= 0.5 && step <= 0.5, sliced = view.axis[AXIS_DEPTH] >= 0;
  if (!caps->has_wide_vectors) {
    if (sliced) return not_applicable(why, "rows is faster where slices are mixed, too");
    if (size == 2 && doubled) return not_applicable(why, "rows is faster for twice the columns of 2 bytes each");
    return true;
  }
  if (lanes_of(problem, &view, caps) != WIDE)
    return not_applicable(why, "rows is faster where not all of a register's floats are used");
  if (size < 4 && view.out[AXIS_WIDTH] * size % LINE == 0 && (sliced || (size == 1 && doubled)))
    return not_applicable(why, "rows is faster for such rows of whole lines, of %lld-byte elements", (long long)size);
  return true;
}

/* The lists of columns as the kernel takes them. */
typedef struct near_columns {
  int taps, lanes;
  int64_t pitch;
  int32_t *index, *first;               /* [taps][pitch], [pitch] */
  float *weight;                        /* [taps][pitch] */
  int32_t even, even_end, apart, reach; /* as in the kernel */
  bool twice;
} near_columns;

/* The first and the last input column of a register's from `column` on. */
static void bounds(const near_columns *c, int64_t column, int32_t *low, int32_t *high) {
  *low = INT32_MAX;
  *high = 0;
  for (int64_t i = column; i < column + c->lanes && i < c->pitch; i++)
    for (int t = 0; t < c->taps; t++) {
      const int32_t index = c->index[t * c->pitch + i];
      if (index < *low) *low = index;
      if (index > *high) *high = index;
    }
}

/* Whether the list `later` columns after the one at `a` is the same, `apart` columns on. */
static bool repeats(const near_columns *c, int64_t a, int later, int32_t apart) {
  for (int64_t i = a; i < c->taps * c->pitch; i += c->pitch)
    if (c->index[i + later] - c->index[i] != apart || c->weight[i + later] != c->weight[i]) return false;
  return true;
}

static bool is_consecutive(const near_columns *c, int64_t column) {
  for (int64_t t = 1; t < c->taps; t++)
    if (c->index[t * c->pitch + column] != c->index[column] + t) return false;
  return true;
}

/* Whether the columns `later` ones after `a` are made like it. */
static bool is_even(const near_columns *c, int64_t a, int later, int32_t apart) {
  if (later == TWICE) return is_consecutive(c, a) && is_consecutive(c, a + later) && repeats(c, a, later, 1);
  return repeats(c, a, later, apart);
}

/* The longest run of columns that repeat after as many as `later`. */
static void find_even(near_columns *c, int64_t out, int later) {
  for (int64_t begin = 0, end; begin + later < out; begin = end + 1) {
    const int32_t apart = c->index[begin + later] - c->index[begin];
    for (end = begin; end + later < out && is_even(c, end, later, apart);) end++;
    if (end == begin || end + later - begin <= c->even_end - c->even) continue;
    c->even = (int32_t)begin;
    c->even_end = (int32_t)(end + later);
    c->apart = apart;
  }
}

/* The most input columns that a register of even columns takes its own from. */
static int32_t reach_in(const near_columns *c) {
  int32_t most = 0;
  for (int64_t column = c->even; column + c->lanes <= c->even_end; column++) {
    int32_t low, high;
    bounds(c, column, &low, &high);
    if (high - low >= most) most = high - low + 1;
  }
  return most;
}

/* Doubling, if it lasts, else any that repeats after as many as a register holds. */
static void find_steps(near_columns *c, int64_t out, int64_t in) {
  const int made = 2 * c->lanes; /* of as many input columns */
  find_even(c, out, TWICE);
  while (c->even_end - c->even >= made && c->index[c->even_end - made] > in - made) c->even_end--;
  c->twice = c->even_end - c->even >= LEAST_TWICE;
  if (c->twice) return;
  c->even = c->even_end = 0;
  find_even(c, out, c->lanes);
  c->reach = reach_in(c);
}

static clup_status find_first(near_columns *c, int64_t in) {
  for (int64_t column = 0; column < c->pitch; column++) {
    int32_t low, high;
    bounds(c, column, &low, &high);
    c->first[column] = low < in - c->lanes ? low : (int32_t)(in - c->lanes);
    if (high - low >= c->lanes)
      return clup_fail(CLUP_INTERNAL_ERROR, "interpolate: %d columns take theirs from %d, not %d", c->lanes,
                       high - low + 1, c->lanes);
  }
  return CLUP_OK;
}

static void clear(near_columns *c) {
  free(c->index);
  free(c->first);
  free(c->weight);
}

static clup_status make(const axis_taps *taps, int64_t in, int lanes, near_columns *out) {
  near_columns c = {.taps = taps->taps, .lanes = lanes, .pitch = taps->out + BEYOND};
  const size_t entries = (size_t)(c.taps * c.pitch);
  c.index = calloc(entries, sizeof *c.index); /* filled below, which the analyzer does not see */
  c.weight = malloc(entries * sizeof *c.weight);
  c.first = malloc((size_t)c.pitch * sizeof *c.first);
  if (!c.index || !c.weight || !c.first) {
    clear(&c);
    return clup_fail(CLUP_OUT_OF_MEMORY, "interpolate: no memory for the taps of an axis of %lld elements",
                     (long long)taps->out);
  }
  for (int64_t column = 0; column < c.pitch; column++)
    for (int t = 0; t < c.taps; t++) {
      const int64_t from = (column < taps->out ? column : taps->out - 1) * c.taps + t;
      c.index[t * c.pitch + column] = taps->index[from];
      c.weight[t * c.pitch + column] = (float)taps->weight[from];
    }
  const clup_status status = find_first(&c, in);
  if (status) {
    clear(&c);
    return status;
  }
  find_steps(&c, taps->out, in);
  *out = c;
  return CLUP_OK;
}

static void add_launch(const clup_problem *problem, const interpolate_view *view, const device_caps *caps,
                       const near_columns *c, const taps_table *slices, const taps_table *rows, recipe *r) {
  const clup_dtype dtype = problem->input.dtype;
  const int64_t index = recipe_table(r, c->index, c->taps * c->pitch, sizeof *c->index);
  const int64_t weight = recipe_table(r, c->weight, c->taps * c->pitch, sizeof *c->weight);
  const int64_t first = recipe_table(r, c->first, c->pitch, sizeof *c->first);
  const row_blocks blocks = columns_blocks(view, caps, 1);

  launch *l = recipe_launch(r, "interpolate_near_rows", "clup_interpolate_near_rows");
  launch_define(r, l, "DTYPE", dtype);
  launch_define(r, l, "DEPTH_TAPS", slices->taps);
  launch_define(r, l, "ROW_TAPS", rows->taps);
  launch_define(r, l, "TAPS", c->taps);
  launch_define(r, l, "TWICE", c->twice);
  launch_define(r, l, "LANES", c->lanes);
  launch_define(r, l, "STREAM", goes_past_caches(&problem->output));
  columns_row_args(problem, slices, rows, r, l);
  launch_buffer(r, l, ARG_TABLE, index, sizeof(int32_t));
  launch_buffer(r, l, ARG_TABLE, weight, sizeof(float));
  launch_buffer(r, l, ARG_TABLE, first, sizeof(int32_t));
  interpolate_planes(view, r, l);
  for (int axis = 0; axis < 3; axis++) launch_index(r, l, view->out[axis]);
  launch_index(r, l, blocks.rows_each);
  for (int axis = AXIS_DEPTH; axis <= AXIS_HEIGHT; axis++) {
    launch_index(r, l, view->in_stride[axis]);
    launch_index(r, l, view->out_stride[axis]);
  }
  launch_i32(r, l, (int)c->pitch);
  launch_i32(r, l, c->even);
  launch_i32(r, l, c->even_end);
  launch_i32(r, l, c->apart);
  launch_i32(r, l, c->reach);
  launch_i32(r, l, view->in[AXIS_WIDTH] - c->lanes);
  launch_range(r, l, 3, blocks.global, (const size_t[3]){1, 1, 1});
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const interpolate_view view = interpolate_arrange(problem);
  near_columns columns = {0};
  taps_table slices, rows;
  axis_taps taps;
  CLUP_TRY(interpolate_table(problem, &view, AXIS_DEPTH, r, &slices));
  CLUP_TRY(interpolate_table(problem, &view, AXIS_HEIGHT, r, &rows));
  CLUP_TRY(interpolate_lists(problem, &view, AXIS_WIDTH, &taps));
  const clup_status status = make(&taps, view.in[AXIS_WIDTH], lanes_of(problem, &view, caps), &columns);
  axis_taps_clear(&taps);
  CLUP_TRY(status);
  add_launch(problem, &view, caps, &columns, &slices, &rows, r);
  clear(&columns);
  return CLUP_OK;
}

const solver interpolate_near_rows = {
    .name = "near_rows", .applicable = applicable, .preferred = preferred, .configure = configure};

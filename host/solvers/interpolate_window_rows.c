/* Windows of taps on CPUs: 16 output rows at a time, along y in vectors of columns, along x in vectors of rows. */
#include <math.h>
#include <stdlib.h>

#include "error.h"
#include "interpolate_solvers.h"
#include "solver_shared.h"

#define LANES 16
#define COLUMNS 1024      /* of the input, in a chunk: the kernel's tiles of them fill 64 KiB */
#define MOST_COLUMNS 4096 /* where windows are long, 256 KiB */
#define ITEMS_PER_UNIT 8  /* work-items for a compute unit, as far as there are columns to split */
#define CHUNK_FIELDS 4

/* Rows of one axis are those of its planes, lest 15 lanes of 16 be idle. */
static interpolate_view view_of(const clup_problem *problem) {
  interpolate_view view = interpolate_arrange(problem);
  interpolate_planes_as_rows(&view);
  return view;
}

/* Input elements from one output column to the next; an area's windows go by sizes alone. */
static double step_of(const clup_problem *problem, const interpolate_view *view) {
  const double sizes = (double)view->in[AXIS_WIDTH] / (double)view->out[AXIS_WIDTH];
  const double step = fabs(interpolate_step(problem, view, AXIS_WIDTH));
  return step < sizes ? sizes : step;
}

/* What 16 elements of a row take must stay within a chunk, which begins on a whole vector. */
static double least_columns(const clup_problem *problem, const interpolate_view *view) {
  const int64_t reach = (LANES - 1 + view->fold - 1) / view->fold, last = view->out[AXIS_WIDTH] / view->fold - 1;
  const int64_t apart = reach < last ? reach : last; /* from the first to the last of their columns */
  const int most = interpolate_most(problem, view, AXIS_WIDTH);
  return ((double)apart * step_of(problem, view) + most + 1) * (double)view->fold + LANES - 1;
}

static int64_t chunk_columns(const clup_problem *problem, const interpolate_view *view) {
  return 2 * least_columns(problem, view) <= COLUMNS ? COLUMNS : MOST_COLUMNS;
}

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  const interpolate_view view = view_of(problem);
  if (!interpolate_has_windows(problem)) return not_applicable(why, "it is for area, lanczos, and with antialias");
  if (!caps->is_cpu) return not_applicable(why, "it is for CPU devices");
  if (problem->input.dtype == CLUP_F64) return not_applicable(why, "its rows are of f32; the problem is of f64");
  if (view.axis[AXIS_DEPTH] >= 0) return not_applicable(why, "it is for two axes; the problem has a third one");
  if (view.out_stride[AXIS_WIDTH] > 1)
    return not_applicable(why, "the output's rows have stride %lld, not 1", (long long)view.out_stride[AXIS_WIDTH]);
  if (!(least_columns(problem, &view) <= MOST_COLUMNS))
    return not_applicable(why, "16 windows of %d columns of %lld elements, %g columns apart, do not fit %d elements",
                          interpolate_most(problem, &view, AXIS_WIDTH), (long long)view.fold, step_of(problem, &view),
                          MOST_COLUMNS);
  return true;
}

/* Output groups of 16 in a chunk: as many as fit, but fewer where work-items are. */
static int64_t groups_each(const clup_problem *problem, const interpolate_view *view, const device_caps *caps,
                           int64_t columns, int64_t items) {
  const int64_t groups = (view->out[AXIS_WIDTH] + LANES - 1) / LANES;
  const double window = interpolate_most(problem, view, AXIS_WIDTH) * (double)view->fold;
  const double fit = ((double)columns - LANES - window) / (LANES * step_of(problem, view));
  const int64_t wanted = (caps->compute_units * (int64_t)ITEMS_PER_UNIT + items - 1) / items;
  int64_t chunks = fit < 1 ? groups : (int64_t)ceil((double)groups / fit);
  if (chunks < wanted) chunks = wanted;
  if (chunks > groups) chunks = groups;
  return (groups + chunks - 1) / chunks;
}

/* Input elements that the output elements from `first` to `end` take. */
static void reach(const axis_taps *taps, int64_t fold, int64_t first, int64_t end, int64_t *low, int64_t *high) {
  for (int64_t list = first / fold; list * fold < end; list++) {
    const int64_t begin = taps->index[list * taps->taps], last = begin + taps->count[list];
    if (begin * fold < *low) *low = begin * fold;
    if (last * fold > *high) *high = last * fold;
  }
}

static clup_status make_chunks(const axis_taps *taps, const interpolate_view *view, int64_t most, int64_t each,
                               recipe *r, int64_t *chunks, int64_t *table) {
  const int64_t width = view->out[AXIS_WIDTH];
  int32_t *chunk = malloc((size_t)(width + LANES - 1) / LANES * CHUNK_FIELDS * sizeof *chunk);
  if (!chunk)
    return clup_fail(CLUP_OUT_OF_MEMORY, "interpolate: no memory for the chunks of rows of %lld elements",
                     (long long)width);
  *chunks = 0;
  for (int64_t first = 0, end; first < width; first = end) {
    int64_t low = INT64_MAX, high = 0, begin = 0, columns = 0;
    for (end = first; end < width && end < first + each * LANES;) {
      const int64_t next = end + LANES < width ? end + LANES : width;
      reach(taps, view->fold, end, next, &low, &high);
      if (high - low / LANES * LANES > most) break;
      begin = low / LANES * LANES;
      columns = high - begin;
      end = next;
    }
    if (end == first) {
      free(chunk);
      return clup_fail(CLUP_INTERNAL_ERROR, "interpolate: the windows of %d columns reach over more than %lld", LANES,
                       (long long)most);
    }
    int32_t *entry = chunk + CHUNK_FIELDS * (*chunks)++;
    entry[0] = (int32_t)first;
    entry[1] = (int32_t)(end - first);
    entry[2] = (int32_t)begin;
    entry[3] = (int32_t)columns;
  }
  *table = recipe_table(r, chunk, CHUNK_FIELDS * *chunks, sizeof *chunk);
  free(chunk);
  return CLUP_OK;
}

static void add_launch(const clup_problem *problem, const interpolate_view *view, const taps_table *rows,
                       const taps_table *columns, int64_t most, int64_t chunks, int64_t chunk_table, recipe *r) {
  const clup_dtype dtype = problem->input.dtype;
  launch *l = recipe_launch(r, "interpolate_window_rows", "clup_interpolate_window_rows");
  launch_define(r, l, "DTYPE", dtype);
  launch_define(r, l, "STREAM", dtype == CLUP_F32 && goes_past_caches(&problem->output));
  launch_define(r, l, "COLUMNS", most);
  launch_buffer(r, l, ARG_INPUT, 0, clup_dtype_size(dtype));
  launch_buffer(r, l, ARG_OUTPUT, 0, clup_dtype_size(dtype));
  launch_buffer(r, l, ARG_TABLE, rows->index, sizeof(int32_t));
  launch_buffer(r, l, ARG_TABLE, rows->weight, sizeof(float));
  launch_buffer(r, l, ARG_TABLE, columns->index, sizeof(int32_t));
  launch_buffer(r, l, ARG_TABLE, columns->weight, sizeof(float));
  launch_buffer(r, l, ARG_TABLE, chunk_table, sizeof(int32_t));
  interpolate_planes(view, r, l);
  launch_i32(r, l, rows->taps);
  launch_i32(r, l, columns->taps);
  launch_i32(r, l, view->fold);
  launch_index(r, l, view->out[AXIS_HEIGHT]);
  launch_index(r, l, view->in[AXIS_WIDTH]);
  launch_index(r, l, view->in_stride[AXIS_HEIGHT]);
  launch_index(r, l, view->in_stride[AXIS_WIDTH]);
  launch_index(r, l, view->out_stride[AXIS_HEIGHT]);
  const int64_t blocks = (view->out[AXIS_HEIGHT] + LANES - 1) / LANES;
  launch_range(r, l, 3, (const int64_t[3]){chunks, blocks, view->planes}, (const size_t[3]){1, 1, 1});
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const interpolate_view view = view_of(problem);
  const int64_t items = (view.out[AXIS_HEIGHT] + LANES - 1) / LANES * view.planes;
  interpolate_view unfolded = view; /* one list for all elements of a column */
  unfolded.fold = 1;
  taps_table rows, columns;
  const int64_t most = chunk_columns(problem, &view);
  int64_t chunks = 0, chunk_table = 0;
  axis_taps taps;
  CLUP_TRY(interpolate_lists(problem, &unfolded, AXIS_HEIGHT, &taps));
  clup_status status = interpolate_window_table(problem, &taps, r, &rows);
  axis_taps_clear(&taps);
  CLUP_TRY(status);
  CLUP_TRY(interpolate_lists(problem, &unfolded, AXIS_WIDTH, &taps));
  status = interpolate_window_table(problem, &taps, r, &columns);
  if (!status)
    status = make_chunks(&taps, &view, most, groups_each(problem, &view, caps, most, items), r, &chunks, &chunk_table);
  axis_taps_clear(&taps);
  CLUP_TRY(status);
  add_launch(problem, &view, &rows, &columns, most, chunks, chunk_table, r);
  return CLUP_OK;
}

const solver interpolate_window_rows = {.name = "window_rows", .applicable = applicable, .configure = configure};

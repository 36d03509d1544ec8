#include "remap.h"

static void add(remap *map, int64_t dim, int64_t in, int64_t out) {
  map->dims[map->axes] = dim;
  map->in[map->axes] = in;
  map->out[map->axes++] = out;
}

/* Drops axes of one element, sorts by the output's strides, and merges neighbours. */
static remap coalesced(const remap *map) {
  remap sorted = {.axes = 0}, merged = {.axes = 0};
  for (int i = 0; i < map->axes; i++) {
    if (map->dims[i] == 1) continue;
    int at = sorted.axes;
    add(&sorted, 0, 0, 0);
    for (; at > 0 && sorted.out[at - 1] < map->out[i]; at--) {
      sorted.dims[at] = sorted.dims[at - 1];
      sorted.in[at] = sorted.in[at - 1];
      sorted.out[at] = sorted.out[at - 1];
    }
    sorted.dims[at] = map->dims[i];
    sorted.in[at] = map->in[i];
    sorted.out[at] = map->out[i];
  }
  for (int i = 0; i < sorted.axes; i++) {
    const int64_t dim = sorted.dims[i], in = sorted.in[i], out = sorted.out[i];
    const int last = merged.axes - 1;
    if (last >= 0 && merged.in[last] == in * dim && merged.out[last] == out * dim) {
      merged.dims[last] *= dim;
      merged.in[last] = in;
      merged.out[last] = out;
    } else {
      add(&merged, dim, in, out);
    }
  }
  if (!merged.axes) add(&merged, 1, 0, 0);
  return merged;
}

/* y[n, k*groups + g, ...] = x[n, g*(C/groups) + k, ...] */
static void add_channel_shuffle(const clup_problem *problem, remap *map) {
  const clup_tensor *x = &problem->input, *y = &problem->output;
  const int64_t groups = problem->params.remap.factor, each = x->dims[1] / groups;
  add(map, x->dims[0], x->strides[0], y->strides[0]);
  add(map, each, x->strides[1], groups * y->strides[1]);
  add(map, groups, each * x->strides[1], y->strides[1]);
  for (int i = 2; i < x->rank; i++) add(map, x->dims[i], x->strides[i], y->strides[i]);
}

/* wide[..., c, h*r + i, w*r + j] is deep[..., channel of (c, i, j), h, w]: the channels of a block are
 * c*r*r + i*r + j, or, with DCR, (i*r + j)*C + c. */
static void add_blocks(const clup_problem *problem, remap *map) {
  const bool widens = problem->op == CLUP_OP_PIXEL_SHUFFLE || problem->op == CLUP_OP_DEPTH_TO_SPACE;
  const bool blocks = problem->op == CLUP_OP_DEPTH_TO_SPACE || problem->op == CLUP_OP_SPACE_TO_DEPTH;
  const clup_tensor *deep = widens ? &problem->input : &problem->output;
  const clup_tensor *wide = widens ? &problem->output : &problem->input;
  const int batch = deep->rank - 3;
  const int64_t r = problem->params.remap.factor, channels = wide->dims[batch];
  const int64_t *d = deep->strides + batch, *w = wide->strides + batch;
  const bool dcr = blocks && problem->params.remap.mode == CLUP_DCR;
  const struct {
    int64_t dim, deep, wide;
  } axes[] = {{channels, dcr ? d[0] : r * r * d[0], w[0]},
              {deep->dims[batch + 1], d[1], r * w[1]},
              {r, dcr ? r * channels * d[0] : r * d[0], w[1]},
              {deep->dims[batch + 2], d[2], r * w[2]},
              {r, dcr ? channels * d[0] : d[0], w[2]}};
  for (int i = 0; i < batch; i++) add(map, deep->dims[i], problem->input.strides[i], problem->output.strides[i]);
  for (size_t i = 0; i < sizeof axes / sizeof axes[0]; i++)
    add(map, axes[i].dim, widens ? axes[i].deep : axes[i].wide, widens ? axes[i].wide : axes[i].deep);
}

remap remap_of(const clup_problem *problem) {
  remap map = {.axes = 0};
  if (problem->op == CLUP_OP_CHANNEL_SHUFFLE)
    add_channel_shuffle(problem, &map);
  else
    add_blocks(problem, &map);
  return coalesced(&map);
}

/* Everything but the axes `a` and `b` (-1: none). */
static void remaining(const remap *map, int a, int b, remap_rows *rows) {
  rows->axes = 0;
  for (int i = 0; i < map->axes; i++) {
    if (i == a || i == b) continue;
    rows->dims[rows->axes] = map->dims[i];
    rows->in[rows->axes] = map->in[i];
    rows->out[rows->axes++] = map->out[i];
  }
}

bool remap_find_rows(const remap *map, remap_rows *rows) {
  for (int a = 0; a < map->axes; a++) {
    if (map->in[a] == 1 && map->out[a] == 1) {
      *rows = (remap_rows){.interleave = true, .width = map->dims[a], .ways = 1, .apart = 0};
      remaining(map, a, -1, rows);
      return true;
    }
    for (int b = 0; b < map->axes; b++) {
      const bool interleave = map->in[a] == 1 && map->out[b] == 1 && map->out[a] == map->dims[b];
      const bool separate = map->out[a] == 1 && map->in[b] == 1 && map->in[a] == map->dims[b];
      if (a == b || !(interleave || separate)) continue;
      *rows = (remap_rows){.interleave = interleave,
                           .width = map->dims[a],
                           .ways = map->dims[b],
                           .apart = interleave ? map->in[b] : map->out[b]};
      remaining(map, a, b, rows);
      return true;
    }
  }
  return false;
}

#include "remap.h"

static void add(remap *map, int64_t dim, int64_t in, int64_t out) {
  map->dims[map->axes] = dim;
  map->in[map->axes] = in;
  map->out[map->axes++] = out;
}

/* Drops axes of one element and merges neighbours. */
static remap coalesced(const remap *map) {
  remap merged = {.axes = 0};
  for (int i = 0; i < map->axes; i++) {
    if (map->dims[i] == 1) continue;
    const int last = merged.axes - 1;
    if (last >= 0 && merged.in[last] == map->in[i] * map->dims[i] && merged.out[last] == map->out[i] * map->dims[i]) {
      merged.dims[last] *= map->dims[i];
      merged.in[last] = map->in[i];
      merged.out[last] = map->out[i];
    } else {
      add(&merged, map->dims[i], map->in[i], map->out[i]);
    }
  }
  if (!merged.axes) add(&merged, 1, 0, 0);
  return merged;
}

/* y[..., c, h*r + i, w*r + j] = x[..., c*r*r + i*r + j, h, w], or the other way round. */
remap remap_of(const clup_problem *problem) {
  const bool shuffle = problem->op == CLUP_OP_PIXEL_SHUFFLE;
  const clup_tensor *small = shuffle ? &problem->input : &problem->output; /* many channels, small planes */
  const int batch = small->rank - 3;
  const int64_t r = problem->params.remap.factor;
  const int64_t *dims = small->dims + batch;
  const int64_t *in = problem->input.strides + batch, *out = problem->output.strides + batch;
  remap map = {.axes = 0};
  for (int i = 0; i < batch; i++) add(&map, small->dims[i], problem->input.strides[i], problem->output.strides[i]);
  if (shuffle) {
    add(&map, dims[0] / (r * r), r * r * in[0], out[0]);
    add(&map, dims[1], in[1], r * out[1]);
    add(&map, r, r * in[0], out[1]);
    add(&map, dims[2], in[2], r * out[2]);
    add(&map, r, in[0], out[2]);
  } else {
    add(&map, dims[0] / (r * r), in[0], r * r * out[0]);
    add(&map, r, in[1], r * out[0]);
    add(&map, r, in[2], out[0]);
    add(&map, dims[1], r * in[1], out[1]);
    add(&map, dims[2], r * in[2], out[2]);
  }
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

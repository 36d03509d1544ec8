/* torch.nn.Fold and ONNX Col2Im: every element of every block is added where it belongs. */
#include <math.h>

#include "reference/reference.h"

enum { AXES = 3 };

typedef struct geometry {
  int axes, batched;
  int64_t n, c, l;      /* l: blocks */
  int64_t taps;         /* the product of the kernel */
  int64_t blocks[AXES]; /* along each axis */
  int64_t plane;        /* elements of an output plane */
  clup_fold_params p;
} geometry;

static int geometry_of(const clup_problem *problem, geometry *g) {
  clup_tensor x = {0};
  if (clup_problem_tensor(problem, CLUP_ROLE_INPUT, &x) != CLUP_OK ||
      clup_problem_fold_params(problem, &g->p) != CLUP_OK)
    return reference_fail("fold: %s", clup_last_error());
  if (x.rank != 2 && x.rank != 3) return reference_fail("fold: rank %d", x.rank);
  g->axes = g->p.axes != 0 ? g->p.axes : 2;
  g->batched = x.rank == 3;
  g->n = g->batched ? x.dims[0] : 1;
  g->l = g->taps = g->plane = 1;
  for (int a = 0; a < g->axes; a++) {
    const int64_t end = g->p.padding_end[a] == CLUP_SAME_PADDING ? g->p.padding[a] : g->p.padding_end[a];
    const int64_t room = g->p.output_size[a] + g->p.padding[a] + end - g->p.dilation[a] * (g->p.kernel[a] - 1) - 1;
    if (room < 0) return reference_fail("fold: no block fits on axis %d", a);
    g->blocks[a] = room / g->p.stride[a] + 1;
    g->l *= g->blocks[a];
    g->taps *= g->p.kernel[a];
    g->plane *= g->p.output_size[a];
  }
  if (x.dims[x.rank - 1] != g->l || x.dims[x.rank - 2] % g->taps != 0)
    return reference_fail("fold: the input does not fit");
  g->c = x.dims[x.rank - 2] / g->taps;
  return 0;
}

int reference_fold_dims(const clup_problem *problem, int64_t dims[CLUP_MAX_RANK]) {
  geometry g = {0};
  if (geometry_of(problem, &g) != 0) return -1;
  if (g.batched) dims[0] = g.n;
  dims[g.batched] = g.c;
  for (int a = 0; a < g.axes; a++) dims[g.batched + 1 + a] = g.p.output_size[a];
  return 0;
}

/* The place in the output plane of a tap of a block, both flat; -1 in the padding. */
static int64_t lands(const geometry *g, int64_t tap, int64_t block) {
  int64_t place = 0, step = 1;
  for (int a = g->axes - 1; a >= 0; a--) {
    const int64_t at =
        block % g->blocks[a] * g->p.stride[a] + tap % g->p.kernel[a] * g->p.dilation[a] - g->p.padding[a];
    if (at < 0 || at >= g->p.output_size[a]) return -1;
    place += at * step;
    step *= g->p.output_size[a];
    block /= g->blocks[a];
    tap /= g->p.kernel[a];
  }
  return place;
}

int reference_fold(const clup_problem *problem, const reference_inputs *in, double *out, double *magnitude,
                   int64_t *terms) {
  geometry g = {0};
  if (geometry_of(problem, &g) != 0) return -1;
  for (int64_t i = 0; i < g.n * g.c * g.plane; i++) out[i] = magnitude[i] = 0, terms[i] = 0;
  for (int64_t plane = 0; plane < g.n * g.c; plane++)
    for (int64_t tap = 0; tap < g.taps; tap++)
      for (int64_t block = 0; block < g.l; block++) {
        const int64_t place = lands(&g, tap, block), at = plane * g.plane + place;
        const double term = in->input[(plane * g.taps + tap) * g.l + block];
        if (place < 0) continue;
        out[at] += term;
        magnitude[at] += fabs(term);
        terms[at]++;
      }
  return 0;
}

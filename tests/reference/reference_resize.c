/* ONNX Resize-19, one output element after the other, from the operator's text; where that leaves a choice, as ONNX's
 * reference evaluator computes it. */
#include <math.h>
#include <stdlib.h>

#include "reference/reference.h"

typedef struct axis {
  int64_t in, out;
  double scale, length; /* length: the output's before it is rounded */
  double start, end;    /* the region of interest */
  int touched;          /* others are copied */
} axis;

typedef struct geometry {
  int rank;
  axis axes[CLUP_MAX_RANK];
  clup_resize_params params;
} geometry;

/* scales[] of the tensor's axis: by scales, by its own size, or by the smallest or largest of all ratios. */
static int scale_axes(const clup_tensor *x, geometry *g) {
  const clup_resize_params *p = &g->params;
  const int count = p->num_axes > 0 ? p->num_axes : x->rank;
  double least = INFINITY, most = 0;
  int sized = 0;
  for (int i = 0; i < count; i++) sized |= p->sizes[i] > 0;
  for (int pass = 0; pass < 2; pass++)
    for (int i = 0; i < count; i++) {
      const int at = p->num_axes > 0 ? (p->axes[i] + x->rank) % x->rank : i;
      axis *a = &g->axes[at];
      if (a->in == 0) continue;
      const double ratio = (double)p->sizes[i] / (double)a->in;
      if (pass == 0) {
        least = fmin(least, ratio);
        most = fmax(most, ratio);
        continue;
      }
      const float given = (float)p->scales[i];
      a->scale = !sized                                ? given
                 : p->aspect_policy == CLUP_STRETCH    ? ratio
                 : p->aspect_policy == CLUP_NOT_LARGER ? least
                                                       : most;
      a->length = a->scale * (double)a->in;
      a->out = !sized                             ? (int64_t)floor(a->length)
               : p->aspect_policy == CLUP_STRETCH ? p->sizes[i]
                                                  : (int64_t)floor(a->length + 0.5);
      if (p->coordinate_mode == CLUP_TF_CROP_AND_RESIZE) {
        a->start = p->roi_start[i];
        a->end = p->roi_end[i];
      }
      a->touched = a->out != a->in || fabs(a->scale - 1) > 1e-9 || a->start != 0 || a->end != 1;
      if (a->out < 1) return reference_fail("resize: no output on axis %d", at);
    }
  return 0;
}

static int geometry_of(const clup_problem *problem, geometry *g, int64_t dims[CLUP_MAX_RANK]) {
  clup_tensor x = {0};
  if (clup_problem_tensor(problem, CLUP_ROLE_INPUT, &x) != CLUP_OK ||
      clup_problem_resize_params(problem, &g->params) != CLUP_OK)
    return reference_fail("resize: %s", clup_last_error());
  g->rank = x.rank;
  for (int a = 0; a < x.rank; a++)
    g->axes[a] = (axis){.in = x.dims[a], .out = x.dims[a], .scale = 1, .length = (double)x.dims[a], .end = 1};
  if (scale_axes(&x, g) != 0) return -1;
  for (int a = 0; a < x.rank; a++) dims[a] = g->axes[a].out;
  return 0;
}

int reference_resize_moves(const clup_problem *problem) {
  clup_resize_params p;
  return clup_problem_resize_params(problem, &p) == CLUP_OK && p.mode == CLUP_RESIZE_NEAREST;
}

int reference_resize_dims(const clup_problem *problem, int64_t dims[CLUP_MAX_RANK]) {
  geometry g = {0};
  return geometry_of(problem, &g, dims);
}

/* Where output `dst` lies in the input. A length that is 1 but for rounding is 1. */
static double source_of(const geometry *g, const axis *a, int64_t dst) {
  const double d = (double)dst, last = (double)(a->in - 1);
  const int one = fabs(a->length - 1) < 1e-9;
  const double half_pixel = (d + 0.5) / a->scale - 0.5;
  switch (g->params.coordinate_mode) {
    case CLUP_HALF_PIXEL_SYMMETRIC:
      return (double)a->in / 2 * (1 - (double)a->out / a->length) + (d + 0.5) / a->scale - 0.5;
    case CLUP_PYTORCH_HALF_PIXEL:
      return one ? -0.5 : half_pixel;
    case CLUP_ALIGN_CORNERS:
      return one ? 0 : d * last / (a->length - 1);
    case CLUP_ASYMMETRIC:
      return d / a->scale;
    case CLUP_TF_CROP_AND_RESIZE:
      if (one) return (a->end - a->start) * last / 2 + a->start * last;
      return d * (a->end - a->start) * last / (a->length - 1) + a->start * last;
    default:
      return half_pixel;
  }
}

static int outside(const geometry *g, const axis *a, int64_t dst) {
  const double source = source_of(g, a, dst);
  if (!a->touched || g->params.coordinate_mode != CLUP_TF_CROP_AND_RESIZE) return 0;
  return !(source >= 0 && source <= (double)(a->in - 1)); /* nor is what is not a number within */
}

static int64_t clamp(double i, int64_t in) {
  return i < 0 ? 0 : i >= (double)in ? in - 1 : (int64_t)i;
}

static int64_t nearest_of(const geometry *g, const axis *a, int64_t dst) {
  if (!a->touched) return dst;
  const double source = source_of(g, a, dst), low = floor(source), part = source - low;
  double at = low;
  if (g->params.nearest_mode == CLUP_ROUND_PREFER_FLOOR) at = part > 0.5 ? low + 1 : low;
  if (g->params.nearest_mode == CLUP_ROUND_PREFER_CEIL) at = part >= 0.5 ? low + 1 : low;
  if (g->params.nearest_mode == CLUP_CEIL) at = low + 1 + part > low + 1 ? ceil(source) : low; /* above by rounding */
  return clamp(at, a->in);
}

/* Coordinates of output element `flat`; returns whether it is outside the input. */
static int coordinates(const geometry *g, int64_t flat, int64_t at[CLUP_MAX_RANK]) {
  int beyond = 0;
  for (int a = g->rank - 1; a >= 0; a--) {
    at[a] = flat % g->axes[a].out;
    flat /= g->axes[a].out;
    beyond |= outside(g, &g->axes[a], at[a]);
  }
  return beyond;
}

static int64_t count_of(const geometry *g) {
  int64_t count = 1;
  for (int a = 0; a < g->rank; a++) count *= g->axes[a].out;
  return count;
}

int reference_resize_sources(const clup_problem *problem, int64_t *source) {
  geometry g = {0};
  int64_t dims[CLUP_MAX_RANK], at[CLUP_MAX_RANK];
  if (geometry_of(problem, &g, dims) != 0) return -1;
  const int64_t count = count_of(&g);
  for (int64_t o = 0; o < count; o++) {
    const int beyond = coordinates(&g, o, at);
    source[o] = 0;
    for (int a = 0; a < g.rank; a++) source[o] = source[o] * g.axes[a].in + nearest_of(&g, &g.axes[a], at[a]);
    if (beyond) source[o] = REFERENCE_EXTRAPOLATED;
  }
  return 0;
}

/* ---- modes that mix */

static double filter(const clup_resize_params *p, double x) {
  const double a = p->cubic_coeff_a;
  x = fabs(x);
  if (p->mode == CLUP_RESIZE_LINEAR) return x < 1 ? 1 - x : 0;
  if (x <= 1) return (1 - x) * (1 + x - (a + 2) * x * x);
  return x < 2 ? a * (x * (x - 3) + 2) * (x - 2) : 0;
}

typedef struct tap_list {
  int64_t count, *index;
  double *weight;
} tap_list;

/* Taps of an axis at most. */
static int64_t most_taps(const geometry *g, const axis *a) {
  const double shrink = g->params.antialias && a->scale < 1 ? 1 / a->scale : 1;
  return 2 * (int64_t)ceil(2 * shrink) + 2;
}

/* As many elements to either side of the source as the filter reaches; an element that lies right at the source counts
 * as one of those before it. */
static void taps_of(const geometry *g, const axis *a, int64_t dst, tap_list *taps) {
  const clup_resize_params *p = &g->params;
  if (!a->touched) {
    taps->count = 1;
    taps->index[0] = dst;
    taps->weight[0] = 1;
    return;
  }
  double source = source_of(g, a, dst), sum = 0;
  const double shrink = p->antialias && a->scale < 1 ? a->scale : 1;
  const double side = ceil((p->mode == CLUP_RESIZE_LINEAR ? 1 : 2) / shrink), first = ceil(source) - side;
  taps->count = 2 * (int64_t)side;
  for (int64_t t = 0; t < taps->count; t++) {
    const double i = first + (double)t;
    const int within = i >= 0 && i < (double)a->in;
    taps->index[t] = clamp(i, a->in);
    taps->weight[t] = p->exclude_outside && !within ? 0 : filter(p, (i - source) * shrink);
    sum += taps->weight[t];
  }
  if ((p->exclude_outside || p->antialias) && sum != 0)
    for (int64_t t = 0; t < taps->count; t++) taps->weight[t] /= sum;
}

/* The sum over all axes from `a` on, of what begins at element `base` of the input. */
typedef struct sums {
  double value, magnitude;
  int64_t terms;
} sums;
static sums sum_from(const geometry *g, const tap_list *lists, const double *input, int a, int64_t base) {
  if (a == g->rank) return (sums){input[base], fabs(input[base]), 1};
  sums all = {0, 0, 0};
  for (int64_t t = 0; t < lists[a].count; t++) {
    const sums one = sum_from(g, lists, input, a + 1, base * g->axes[a].in + lists[a].index[t]);
    const double w = lists[a].weight[t];
    all.value += w * one.value;
    /* A coordinate is itself rounded, in double: a weight of 1e-16 here may be 0 there. */
    all.magnitude += (fabs(w) + 0x1p-24) * one.magnitude;
    all.terms += one.terms;
  }
  return all;
}

int reference_resize(const clup_problem *problem, const reference_inputs *in, double *out, double *magnitude,
                     int64_t *terms) {
  geometry g = {0};
  int64_t dims[CLUP_MAX_RANK], at[CLUP_MAX_RANK];
  tap_list lists[CLUP_MAX_RANK] = {{0}};
  if (geometry_of(problem, &g, dims) != 0) return -1;
  int failed = 0;
  for (int a = 0; a < g.rank; a++) {
    lists[a].index = malloc((size_t)most_taps(&g, &g.axes[a]) * sizeof *lists[a].index);
    lists[a].weight = malloc((size_t)most_taps(&g, &g.axes[a]) * sizeof *lists[a].weight);
    if (lists[a].index == NULL || lists[a].weight == NULL) failed = reference_fail("resize: no memory");
  }
  const int64_t count = count_of(&g);
  for (int64_t o = 0; o < count && failed == 0; o++) {
    const int beyond = coordinates(&g, o, at);
    for (int a = 0; a < g.rank && !beyond; a++) taps_of(&g, &g.axes[a], at[a], &lists[a]);
    const double value = g.params.extrapolation_value;
    const sums sum = beyond ? (sums){value, fabs(value), 1} : sum_from(&g, lists, in->input, 0, 0);
    out[o] = sum.value;
    magnitude[o] = sum.magnitude;
    terms[o] = sum.terms;
  }
  for (int a = 0; a < g.rank; a++) {
    free(lists[a].index);
    free(lists[a].weight);
  }
  return failed;
}

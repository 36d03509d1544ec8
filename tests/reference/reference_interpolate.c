/* torch.nn.functional.interpolate, and Pillow's lanczos, one output element after the other. */
#include <math.h>
#include <stdlib.h>

#include "reference/reference.h"

typedef struct axis {
  int64_t in, out;
  double scale; /* 0: the step is in/out */
} axis;

/* As if of three spatial axes: those that are not there stand first, and have one element. */
typedef struct geometry {
  int64_t planes;
  int missing;
  axis axes[3];
  double slack; /* what a weight may be off by, as its coordinate is rounded too, in units of the bound's precision */
  clup_interpolate_params params;
} geometry;

static int geometry_of(const clup_problem *problem, geometry *g, int64_t dims[CLUP_MAX_RANK]) {
  clup_tensor x = {0};
  if (clup_problem_tensor(problem, CLUP_ROLE_INPUT, &x) != CLUP_OK ||
      clup_problem_interpolate_params(problem, &g->params) != CLUP_OK)
    return reference_fail("interpolate: %s", clup_last_error());
  if (x.rank < 3 || x.rank > 5) return reference_fail("interpolate: rank %d", x.rank);
  const clup_interpolate_params *p = &g->params;
  g->planes = x.dims[0] * x.dims[1];
  g->missing = 5 - x.rank;
  dims[0] = x.dims[0];
  dims[1] = x.dims[1];
  for (int a = 0; a < 3; a++) g->axes[a] = (axis){1, 1, 0};
  for (int a = 0; a < x.rank - 2; a++) {
    axis *to = &g->axes[g->missing + a];
    const double scale = p->scale_factor[a];
    to->in = x.dims[2 + a];
    to->out = scale != 0 ? (int64_t)floor((double)x.dims[2 + a] * scale) : p->size[a];
    to->scale = p->recompute_scale_factor ? 0 : scale;
    if (to->out < 1) return reference_fail("interpolate: no output on axis %d", a);
    dims[2 + a] = to->out;
  }
  /* Coordinates are in double: to float32 weights a weight of 1e-16 may be 0, and to double ones they are off by some
   * 2^-52 of the axis' length. */
  g->slack = 0x1p-20;
  if (x.dtype == CLUP_F64) g->slack = 0.125 * (double)(g->axes[0].in + g->axes[1].in + g->axes[2].in);
  return 0;
}

int reference_interpolate_dims(const clup_problem *problem, int64_t dims[CLUP_MAX_RANK]) {
  geometry g = {0};
  return geometry_of(problem, &g, dims);
}

/* In float32, as torch does. It has two kernels that round differently: `small` for outputs of two axes whose height
 * and width add up to at most 128, with short cuts of "nearest" for the same and for twice the size; the other one has
 * none, and computes the coordinate of nearest-exact with one rounding, around the pixel's centre. */
int64_t reference_nearest_index(int exact, int small, int wide, int64_t in, int64_t out, double scale, int64_t dst) {
  if (!exact && small && in == out) return dst;
  if (!exact && small && out == 2 * in) return dst / 2;
  const float step = scale != 0 ? (float)(1.0 / scale) : (float)in / (float)out;
  float at = (float)dst * step;
  if (wide && !small) { /* a double, that becomes a float before it is floored */
    const double ratio = scale != 0 ? 1.0 / scale : (double)in / (double)out;
    at = (float)(exact ? fmax(ratio * ((double)dst + 0.5) - 0.5, 0) + 0.5 : (double)dst * ratio);
  } else if (exact && small) {
    at = ((float)dst + 0.5f) * step;
  } else if (exact) {
    at = fmaf((float)dst + 0.5f, step, -0.5f);
    at = (at < 0 ? 0 : at) + 0.5f;
  }
  const int64_t src = (int64_t)floorf(at);
  return src < in - 1 ? src : in - 1;
}

int reference_nearest_sources(const clup_problem *problem, int64_t *source) {
  geometry g = {0};
  int64_t dims[CLUP_MAX_RANK];
  if (geometry_of(problem, &g, dims) != 0) return -1;
  const int exact = g.params.mode == CLUP_NEAREST_EXACT;
  const axis *d = &g.axes[0], *v = &g.axes[1], *h = &g.axes[2];
  const int small = g.missing == 1 && v->out + h->out <= 128;
  clup_tensor x = {0};
  if (clup_problem_tensor(problem, CLUP_ROLE_INPUT, &x) != CLUP_OK) return reference_fail("%s", clup_last_error());
  const int wide = x.dtype == CLUP_F64;
  for (int64_t p = 0; p < g.planes; p++)
    for (int64_t oz = 0; oz < d->out; oz++)
      for (int64_t oy = 0; oy < v->out; oy++)
        for (int64_t ox = 0; ox < h->out; ox++) {
          const int64_t iz = reference_nearest_index(exact, small, wide, d->in, d->out, d->scale, oz);
          const int64_t iy = reference_nearest_index(exact, small, wide, v->in, v->out, v->scale, oy);
          const int64_t ix = reference_nearest_index(exact, small, wide, h->in, h->out, h->scale, ox);
          *source++ = ((p * d->in + iz) * v->in + iy) * h->in + ix;
        }
  return 0;
}

/* The cubic convolution kernel of torch's bicubic, a = -0.75. */
static double cubic(double x) {
  const double a = -0.75;
  x = fabs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((x - 5) * x + 8) * x * a - 4 * a;
  return 0;
}

static int64_t clamp(int64_t i, int64_t in) {
  return i < 0 ? 0 : i >= in ? in - 1 : i;
}

static double sinc(double x) {
  const double pi = 3.141592653589793;
  return x == 0 ? 1 : sin(pi * x) / (pi * x);
}

/* What the antialiasing modes weigh an element by that lies `x` steps away; *reach: it is 0 from there on. */
static double window(clup_mode mode, double x, double *reach) {
  const double a = -0.5; /* not bicubic's -0.75 */
  x = fabs(x);
  switch (mode) {
    case CLUP_BILINEAR:
      *reach = 1;
      return x < 1 ? 1 - x : 0;
    case CLUP_BICUBIC:
      *reach = 2;
      if (x < 1) return (a + 2) * x * x * x - (a + 3) * x * x + 1;
      return x < 2 ? a * x * x * x - 5 * a * x * x + 8 * a * x - 4 * a : 0;
    default:
      *reach = 3;
      return x < 3 ? sinc(x) * sinc(x / 3) : 0;
  }
}

/* Every input element that counts for output `dst`, when the filter is as wide as what it skips. */
static int64_t wide_taps(const geometry *g, const axis *x, int64_t dst, int64_t *index, double *weight) {
  if (x->in == x->out) { /* torch and Pillow copy, whatever the scale_factor */
    index[0] = dst;
    weight[0] = 1;
    return 1;
  }
  if (g->params.mode == CLUP_AREA) {
    int64_t count = 0;
    for (int64_t i = dst * x->in / x->out; i * x->out < (dst + 1) * x->in; i++) index[count++] = i;
    for (int64_t t = 0; t < count; t++) weight[t] = 1.0 / (double)count;
    return count;
  }
  double step = x->scale != 0 ? 1.0 / x->scale : (double)x->in / (double)x->out, reach, sum = 0;
  if (g->params.align_corners) step = x->out > 1 ? (double)(x->in - 1) / (double)(x->out - 1) : 0;
  const double width = step > 1 ? step : 1, centre = step * ((double)dst + 0.5);
  window(g->params.mode, 0, &reach);
  const double from = trunc(centre - reach * width + 0.5), to = trunc(centre + reach * width + 0.5);
  int64_t count = 0;
  for (int64_t i = from > 0 ? (int64_t)from : 0; i < x->in && (double)i < to; i++) {
    index[count] = i;
    weight[count] = window(g->params.mode, ((double)i + 0.5 - centre) / width, &reach);
    sum += weight[count++];
  }
  for (int64_t t = 0; t < count; t++) weight[t] /= sum;
  return count;
}

/* Taps of output `dst` along axis `a`; returns how many: at most 4, or `in` of the axis. */
static int64_t taps(const geometry *g, int a, int64_t dst, int64_t *index, double *weight) {
  const axis *x = &g->axes[a];
  const int linear = g->params.mode != CLUP_BICUBIC;
  double src;
  if (a < g->missing) { /* not even a second tap of weight 0: nothing is resampled here */
    index[0] = 0;
    weight[0] = 1;
    return 1;
  }
  if (g->params.antialias || g->params.mode == CLUP_AREA || g->params.mode == CLUP_LANCZOS)
    return wide_taps(g, x, dst, index, weight);
  if (linear && x->in == x->out) { /* torch's short cut: a copy, whatever the parameters, that names no neighbour */
    index[0] = index[1] = dst;
    weight[0] = 1;
    weight[1] = 0;
    return 2;
  }
  if (g->params.align_corners) {
    const double step = x->out > 1 ? (double)(x->in - 1) / (double)(x->out - 1) : 0;
    src = (double)dst * step;
  } else {
    const double step = x->scale != 0 ? 1.0 / x->scale : (double)x->in / (double)x->out;
    src = step * ((double)dst + 0.5) - 0.5;
  }
  if (linear) {
    if (src < 0) src = 0;
    index[0] = clamp((int64_t)floor(src), x->in);
    index[1] = clamp(index[0] + 1, x->in);
    const double part = src - (double)index[0];
    weight[1] = part > 1 ? 1 : part;
    weight[0] = 1 - weight[1];
    return 2;
  }
  const double first = floor(src);
  for (int t = 0; t < 4; t++) {
    index[t] = clamp((int64_t)first - 1 + t, x->in);
    weight[t] = cubic(src - first + 1 - t);
  }
  return 4;
}

typedef struct tap_list {
  int64_t count, *index;
  double *weight;
} tap_list;

static void sum_all(const geometry *g, const reference_inputs *in, tap_list lists[3], double *out, double *magnitude,
                    int64_t *terms) {
  const tap_list *z = &lists[0], *y = &lists[1], *x = &lists[2];
  const int64_t d = g->axes[0].in, v = g->axes[1].in, h = g->axes[2].in;
  const int64_t *to = (int64_t[]){g->axes[0].out, g->axes[1].out, g->axes[2].out};
  for (int64_t o = 0; o < g->planes * to[0] * to[1] * to[2]; o++) {
    const int64_t at[3] = {o / to[2] / to[1] % to[0], o / to[2] % to[1], o % to[2]}, p = o / to[2] / to[1] / to[0];
    for (int a = 0; a < 3; a++) lists[a].count = taps(g, a, at[a], lists[a].index, lists[a].weight);
    const int64_t all = z->count * y->count * x->count;
    double sum = 0, size = 0;
    for (int64_t k = 0; k < all; k++) {
      const int64_t c = k % x->count, r = k / x->count % y->count, s = k / x->count / y->count;
      const double value = in->input[((p * d + z->index[s]) * v + y->index[r]) * h + x->index[c]];
      const double w = z->weight[s] * y->weight[r] * x->weight[c];
      sum += w * value;
      size += (fabs(w) + g->slack) * fabs(value);
    }
    out[o] = sum;
    magnitude[o] = size;
    terms[o] = all;
  }
}

int reference_interpolate(const clup_problem *problem, const reference_inputs *in, double *out, double *magnitude,
                          int64_t *terms) {
  geometry g = {0};
  int64_t dims[CLUP_MAX_RANK];
  tap_list lists[3] = {{0}};
  int failed = 0;
  if (geometry_of(problem, &g, dims) != 0) return -1;
  for (int a = 0; a < 3; a++) {
    const size_t most = g.axes[a].in > 4 ? (size_t)g.axes[a].in : 4;
    lists[a].index = malloc(most * sizeof *lists[a].index);
    lists[a].weight = malloc(most * sizeof *lists[a].weight);
    if (lists[a].index == NULL || lists[a].weight == NULL) failed = reference_fail("interpolate: no memory");
  }
  if (failed == 0) sum_all(&g, in, lists, out, magnitude, terms);
  for (int a = 0; a < 3; a++) {
    free(lists[a].index);
    free(lists[a].weight);
  }
  return failed;
}

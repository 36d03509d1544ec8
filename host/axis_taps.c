#include "axis_taps.h"

#include <math.h>
#include <stdlib.h>

#include "axis_taps_onnx.h"
#include "error.h"

/* The float32 rules below hold only when a product is rounded before it is added to. (gcc does so in C11 mode.) */
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

#define CUBIC_A (-0.75)
#define ANTIALIAS_CUBIC_A (-0.5)
#define PI 3.14159265358979323846

static int64_t clamp(int64_t i, int64_t in) {
  return i < 0 ? 0 : i >= in ? in - 1 : i;
}

double axis_step(const axis_rule *rule) {
  if (rule->onnx) return onnx_step(rule);
  if (rule->align_corners) return rule->out > 1 ? (double)(rule->in - 1) / (double)(rule->out - 1) : 0;
  return rule->scale > 0 ? 1 / rule->scale : (double)rule->in / (double)rule->out;
}

/* Unclamped input coordinate of the output element's centre. */
static double source_of(const axis_rule *rule, double step, int64_t dst) {
  return rule->align_corners ? step * (double)dst : step * ((double)dst + 0.5) - 0.5;
}

static float wide_nearest_source(const axis_rule *rule, int64_t dst) {
  const double step = rule->scale > 0 ? 1 / rule->scale : (double)rule->in / (double)rule->out;
  if (rule->filter == AXIS_NEAREST) return (float)((double)dst * step);
  const double source = step * ((double)dst + 0.5) - 0.5;
  return (float)((source < 0 ? 0 : source) + 0.5);
}

/* All in float32 (but for f64), as torch's; its small kernel goes by the integer factor for out == in and out == 2*in,
 * even where scale says a little more, and its large one fuses a multiplication and a subtraction. */
static float nearest_source(const axis_rule *rule, int64_t dst) {
  if (rule->wide && !rule->small_output) return wide_nearest_source(rule, dst);
  const float step = rule->scale > 0 ? (float)(1 / rule->scale) : (float)rule->in / (float)rule->out;
  if (rule->filter == AXIS_NEAREST) return (float)((float)dst * step);
  if (rule->small_output) return (float)(((float)dst + 0.5F) * step);
  const float source = fmaf(step, (float)dst + 0.5F, -0.5F);
  return source < 0 ? 0.5F : source + 0.5F;
}

static int64_t nearest_index(const axis_rule *rule, int64_t dst) {
  if (rule->filter == AXIS_NEAREST && rule->small_output) {
    if (rule->out == rule->in) return dst;
    if (rule->out == 2 * rule->in) return dst / 2;
  }
  const float source = floorf(nearest_source(rule, dst));
  /* Compared before the conversion: a step may be huge, and int64_t is not. */
  return source >= (float)rule->in ? rule->in - 1 : clamp((int64_t)source, rule->in);
}

static int nearest_taps(const axis_rule *rule, int64_t dst, int32_t *index, double *weight) {
  index[0] = (int32_t)nearest_index(rule, dst);
  weight[0] = 1;
  return 1;
}

static int linear_taps(const axis_rule *rule, int64_t dst, int32_t *index, double *weight) {
  if (rule->out == rule->in) { /* torch copies, whatever scale says */
    index[0] = index[1] = (int32_t)dst;
    weight[0] = 1;
    weight[1] = 0;
    return 2;
  }
  double source = source_of(rule, axis_step(rule), dst);
  if (source < 0) source = 0;
  /* A step that is not in/out may lead beyond the end. */
  const int64_t first = source >= (double)rule->in ? rule->in - 1 : (int64_t)source;
  const double part = source - (double)first > 1 ? 1 : source - (double)first;
  index[0] = (int32_t)first;
  index[1] = (int32_t)clamp(first + 1, rule->in);
  weight[0] = 1 - part;
  weight[1] = part;
  return 2;
}

/* Keys' cubic kernel: |x| <= 1 and 1 < |x| < 2. */
static double cubic_inner(double x, double a) {
  return ((a + 2) * x - (a + 3)) * x * x + 1;
}
static double cubic_outer(double x, double a) {
  return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

static int cubic_taps(const axis_rule *rule, int64_t dst, int32_t *index, double *weight) {
  double source = source_of(rule, axis_step(rule), dst);
  const double end = (double)rule->in + 2; /* from here on every tap is the last element */
  if (source > end) source = end;
  const double base = floor(source), part = source - base;
  for (int t = 0; t < 4; t++) index[t] = (int32_t)clamp((int64_t)base - 1 + t, rule->in);
  weight[0] = cubic_outer(part + 1, CUBIC_A);
  weight[1] = cubic_inner(part, CUBIC_A);
  weight[2] = cubic_inner(1 - part, CUBIC_A);
  weight[3] = cubic_outer(2 - part, CUBIC_A);
  return 4;
}

static double linear_filter(double x) {
  return x < 1 ? 1 - x : 0;
}

static double cubic_filter(double x) {
  return x < 1 ? cubic_inner(x, ANTIALIAS_CUBIC_A) : x < 2 ? cubic_outer(x, ANTIALIAS_CUBIC_A) : 0;
}

static double sinc(double x) {
  return x > 0 ? sin(PI * x) / (PI * x) : 1;
}

static double lanczos_filter(double x) {
  return x < 3 ? sinc(x) * sinc(x / 3) : 0;
}

typedef int (*taps_fn)(const axis_rule *, int64_t, int32_t *, double *);
static const struct {
  int taps;
  taps_fn fill;             /* returns the list's count */
  double (*filter)(double); /* of the distance; reaches taps / 2 to either side */
} filters[] = {
    [AXIS_NEAREST] = {1, nearest_taps, NULL},
    [AXIS_NEAREST_EXACT] = {1, nearest_taps, NULL},
    [AXIS_LINEAR] = {2, linear_taps, linear_filter},
    [AXIS_CUBIC] = {4, cubic_taps, cubic_filter},
    [AXIS_AREA] = {1, NULL, NULL},
    [AXIS_LANCZOS] = {6, NULL, lanczos_filter},
};

/* ---- windows: filters whose length goes with the step */

static double stretch_of(const axis_rule *rule) {
  return fmax(axis_step(rule), 1);
}

static bool has_windows(const axis_rule *rule) {
  return rule->antialias || rule->filter >= AXIS_AREA;
}

static int window_most(const axis_rule *rule) {
  if (rule->in == rule->out) return 1;
  double most = (double)(rule->in / rule->out + 2); /* of the area */
  if (rule->filter != AXIS_AREA) most = 2 * ceil(filters[rule->filter].taps * 0.5 * stretch_of(rule)) + 1;
  return most < (double)rule->in ? (int)most : (int)rule->in;
}

/* Converted only when it fits: a step may be huge. */
static int64_t truncated(double value, int64_t most) {
  return value >= (double)most ? most : value > 0 ? (int64_t)value : 0;
}

static int area_window(const axis_rule *rule, int64_t dst, int32_t *index, double *weight) {
  const int64_t first = dst * rule->in / rule->out, end = ((dst + 1) * rule->in + rule->out - 1) / rule->out;
  for (int64_t i = first; i < end; i++) {
    index[i - first] = (int32_t)i;
    weight[i - first] = 1 / (double)(end - first);
  }
  return (int)(end - first);
}

static int filter_window(const axis_rule *rule, int64_t dst, int32_t *index, double *weight) {
  const double stretch = stretch_of(rule), reach = filters[rule->filter].taps * 0.5 * stretch;
  const double centre = axis_step(rule) * ((double)dst + 0.5);
  const int64_t first = truncated(centre - reach + 0.5, rule->in - 1);
  int64_t end = truncated(centre + reach + 0.5, rule->in);
  if (end <= first) end = first + 1;
  double total = 0;
  for (int pass = 0; pass < 2; pass++) /* the sum of the weights, then the weights */
    for (int64_t i = first; i < end; i++) {
      const double value = filters[rule->filter].filter(fabs(((double)i - centre + 0.5) / stretch));
      if (!pass) total += value;
      index[i - first] = (int32_t)i;
      weight[i - first] = total != 0 ? value / total : value;
    }
  return (int)(end - first);
}

static int window_taps(const axis_rule *rule, int64_t dst, int32_t *index, double *weight) {
  if (rule->in == rule->out) { /* torch and Pillow leave out such an axis, whatever scale says */
    index[0] = (int32_t)dst;
    weight[0] = 1;
    return 1;
  }
  return rule->filter == AXIS_AREA ? area_window(rule, dst, index, weight) : filter_window(rule, dst, index, weight);
}

int axis_taps_most(const axis_rule *rule) {
  if (rule->onnx) return onnx_most(rule);
  return has_windows(rule) ? window_most(rule) : filters[rule->filter].taps;
}

clup_status axis_taps_make(const axis_rule *rule, axis_taps *taps) {
  if (rule->in < 1 || rule->in > INT32_MAX || rule->out < 1 || rule->out > INT32_MAX)
    return clup_fail(CLUP_UNSUPPORTED, "interpolate: an axis of %lld -> %lld elements is not within 1..%d",
                     (long long)rule->in, (long long)rule->out, INT32_MAX);
  const bool windows = has_windows(rule);
  const int most = axis_taps_most(rule);
  const taps_fn fill = rule->onnx ? onnx_taps : windows ? window_taps : filters[rule->filter].fill;
  const size_t entries = (size_t)rule->out * (size_t)most;
  axis_taps made = {.out = rule->out, .taps = most, .windows = windows};
  made.count = malloc((size_t)rule->out * sizeof *made.count);
  made.index = malloc(entries * sizeof *made.index);
  made.weight = malloc(entries * sizeof *made.weight);
  if (!made.count || !made.index || !made.weight) {
    axis_taps_clear(&made);
    return clup_fail(CLUP_OUT_OF_MEMORY, "interpolate: no memory for the taps of an axis of %lld elements",
                     (long long)rule->out);
  }
  for (int64_t dst = 0; dst < rule->out; dst++) {
    int32_t *index = made.index + dst * most;
    double *weight = made.weight + dst * most;
    made.count[dst] = fill(rule, dst, index, weight);
    for (int t = made.count[dst]; t < most; t++) {
      index[t] = index[t - 1];
      weight[t] = 0;
    }
  }
  *taps = made;
  return CLUP_OK;
}

void axis_taps_clear(axis_taps *taps) {
  free(taps->count);
  free(taps->index);
  free(taps->weight);
  *taps = (axis_taps){0};
}

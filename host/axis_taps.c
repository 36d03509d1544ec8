#include "axis_taps.h"

#include <math.h>
#include <stdlib.h>

#include "error.h"

/* The float32 rules below hold only when a product is rounded before it is added to. (gcc does so in C11 mode.) */
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

#define CUBIC_A (-0.75)

static int64_t clamp(int64_t i, int64_t in) {
  return i < 0 ? 0 : i >= in ? in - 1 : i;
}

/* Input coordinates per output coordinate. */
static double step_of(const axis_rule *rule) {
  if (rule->align_corners) return rule->out > 1 ? (double)(rule->in - 1) / (double)(rule->out - 1) : 0;
  return rule->scale > 0 ? 1 / rule->scale : (double)rule->in / (double)rule->out;
}

/* Unclamped input coordinate of the output element's centre. */
static double source_of(const axis_rule *rule, double step, int64_t dst) {
  return rule->align_corners ? step * (double)dst : step * ((double)dst + 0.5) - 0.5;
}

/* All in float32, as torch's; its small kernel goes by the integer factor for out == in and out == 2*in, even where
 * scale says a little more, and its large one fuses a multiplication and a subtraction. */
static float nearest_source(const axis_rule *rule, int64_t dst) {
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

static void nearest_taps(const axis_rule *rule, int64_t dst, int32_t *index, float *weight) {
  index[0] = (int32_t)nearest_index(rule, dst);
  weight[0] = 1;
}

static void linear_taps(const axis_rule *rule, int64_t dst, int32_t *index, float *weight) {
  if (rule->out == rule->in) { /* torch copies, whatever scale says */
    index[0] = index[1] = (int32_t)dst;
    weight[0] = 1;
    weight[1] = 0;
    return;
  }
  double source = source_of(rule, step_of(rule), dst);
  if (source < 0) source = 0;
  /* A step that is not in/out may lead beyond the end. */
  const int64_t first = source >= (double)rule->in ? rule->in - 1 : (int64_t)source;
  const double part = source - (double)first > 1 ? 1 : source - (double)first;
  index[0] = (int32_t)first;
  index[1] = (int32_t)clamp(first + 1, rule->in);
  weight[0] = (float)(1 - part);
  weight[1] = (float)part;
}

/* Keys' cubic kernel: |x| <= 1 and 1 < |x| < 2. */
static double cubic_inner(double x) {
  return ((CUBIC_A + 2) * x - (CUBIC_A + 3)) * x * x + 1;
}
static double cubic_outer(double x) {
  return ((CUBIC_A * x - 5 * CUBIC_A) * x + 8 * CUBIC_A) * x - 4 * CUBIC_A;
}

static void cubic_taps(const axis_rule *rule, int64_t dst, int32_t *index, float *weight) {
  double source = source_of(rule, step_of(rule), dst);
  const double end = (double)rule->in + 2; /* from here on every tap is the last element */
  if (source > end) source = end;
  const double base = floor(source), part = source - base;
  for (int t = 0; t < 4; t++) index[t] = (int32_t)clamp((int64_t)base - 1 + t, rule->in);
  weight[0] = (float)cubic_outer(part + 1);
  weight[1] = (float)cubic_inner(part);
  weight[2] = (float)cubic_inner(1 - part);
  weight[3] = (float)cubic_outer(2 - part);
}

typedef void (*taps_fn)(const axis_rule *, int64_t, int32_t *, float *);
static const struct {
  int taps;
  taps_fn fill;
} filters[] = {
    [AXIS_NEAREST] = {1, nearest_taps},
    [AXIS_NEAREST_EXACT] = {1, nearest_taps},
    [AXIS_LINEAR] = {2, linear_taps},
    [AXIS_CUBIC] = {4, cubic_taps},
};

clup_status axis_taps_make(const axis_rule *rule, axis_taps *taps) {
  if (rule->in < 1 || rule->in > INT32_MAX || rule->out < 1 || rule->out > INT32_MAX)
    return clup_fail(CLUP_UNSUPPORTED, "interpolate: an axis of %lld -> %lld elements is not within 1..%d",
                     (long long)rule->in, (long long)rule->out, INT32_MAX);
  const int count = filters[rule->filter].taps;
  const size_t entries = (size_t)rule->out * (size_t)count;
  axis_taps made = {rule->out, count, malloc(entries * sizeof *made.index), malloc(entries * sizeof *made.weight)};
  if (!made.index || !made.weight) {
    axis_taps_clear(&made);
    return clup_fail(CLUP_OUT_OF_MEMORY, "interpolate: no memory for the taps of an axis of %lld elements",
                     (long long)rule->out);
  }
  for (int64_t dst = 0; dst < rule->out; dst++)
    filters[rule->filter].fill(rule, dst, made.index + dst * count, made.weight + dst * count);
  *taps = made;
  return CLUP_OK;
}

void axis_taps_clear(axis_taps *taps) {
  free(taps->index);
  free(taps->weight);
  *taps = (axis_taps){0};
}

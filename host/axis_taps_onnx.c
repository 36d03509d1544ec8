#include "axis_taps_onnx.h"

#include <math.h>

/* Ties of the nearest modes come out as the evaluator's only when a product is rounded before it is added to. */
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

static int64_t clamp(int64_t i, int64_t in) {
  return i < 0 ? 0 : i >= in ? in - 1 : i;
}

/* scale*in is 1, but for rounding: (1.0/49)*49 is not. */
static bool single(double length) {
  return fabs(length - 1) < 1e-9;
}

double onnx_source(const axis_rule *rule, int64_t dst) {
  const double x = (double)dst, scale = rule->scale, in = (double)rule->in, length = scale * in;
  const double start = rule->roi_start, end = rule->roi_end;
  switch (rule->coordinate_mode) {
    case CLUP_ALIGN_CORNERS:
      return single(length) ? 0 : x * (in - 1) / (length - 1);
    case CLUP_ASYMMETRIC:
      return x / scale;
    case CLUP_TF_CROP_AND_RESIZE:
      return (single(length) ? (end - start) * (in - 1) / 2 : x * (end - start) * (in - 1) / (length - 1)) +
             start * (in - 1);
    case CLUP_PYTORCH_HALF_PIXEL:
      return single(length) ? -0.5 : (x + 0.5) / scale - 0.5;
    case CLUP_HALF_PIXEL_SYMMETRIC:
      return in / 2 * (1 - (double)rule->out / length) + (x + 0.5) / scale - 0.5;
    case CLUP_HALF_PIXEL:
      break;
  }
  return (x + 0.5) / scale - 0.5;
}

bool onnx_outside(const axis_rule *rule, int64_t dst) {
  const double source = onnx_source(rule, dst);
  return rule->coordinate_mode == CLUP_TF_CROP_AND_RESIZE && !(source >= 0 && source <= (double)(rule->in - 1));
}

double onnx_step(const axis_rule *rule) {
  return rule->out > 1 ? onnx_source(rule, 1) - onnx_source(rule, 0) : 0;
}

/* The element before the source, and how far behind that it is, in (0, 1]: a source on an element counts as 1 after its
 * neighbour. Sources so far out that every tap is the border's are brought near, to fit int64_t; so are NaN. */
static int64_t place(const axis_rule *rule, int64_t dst, double reach, double *part) {
  double source = onnx_source(rule, dst);
  if (!(source >= -reach)) source = -reach;
  if (source > (double)rule->in + reach) source = (double)rule->in + reach;
  const double base = ceil(source) - 1;
  *part = source - base;
  return (int64_t)base;
}

static int64_t nearest_index(const axis_rule *rule, int64_t dst) {
  double part;
  const int64_t base = place(rule, dst, 2, &part);
  bool next = true; /* part 1 is the element itself, whatever the mode */
  /* So is what rounding left of a whole number, and a little above: it gets lost when 1 is added. */
  if ((double)base + 1 + part == (double)base + 1) return clamp(base, rule->in);
  if (part < 1) switch (rule->nearest_mode) {
      case CLUP_ROUND_PREFER_FLOOR:
        next = part > 0.5;
        break;
      case CLUP_ROUND_PREFER_CEIL:
        next = part >= 0.5;
        break;
      case CLUP_FLOOR:
        next = false;
        break;
      case CLUP_CEIL:
        break;
    }
  return clamp(base + next, rule->in);
}

static double weight_of(const axis_rule *rule, double distance) {
  const double x = fabs(distance), a = rule->cubic_a;
  if (rule->filter == AXIS_LINEAR) return x < 1 ? 1 - x : 0;
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? a * (x - 1) * (x - 2) * (x - 2) : 0; /* no cancellation of large terms, as f64 needs it */
}

static int half_taps(const axis_rule *rule) {
  return rule->filter == AXIS_CUBIC ? 2 : 1;
}

/* The filter's stretch, and from which element on it is asked, counted from the one before the source: an equal number
 * to either side. */
static double stretch_of(const axis_rule *rule) {
  return rule->antialias && rule->scale < 1 ? rule->scale : 1;
}
static int64_t first_of(const axis_rule *rule) {
  return (int64_t)floor(-half_taps(rule) / stretch_of(rule)) + 1;
}

int onnx_most(const axis_rule *rule) {
  if (rule->filter == AXIS_NEAREST) return 1;
  const int64_t taps = 2 - 2 * first_of(rule);
  return rule->antialias && taps > rule->in ? (int)rule->in : (int)taps;
}

/* Elements beyond the border weigh nothing with exclude_outside; otherwise they are the border's. */
static bool counts(const axis_rule *rule, int64_t i) {
  return !rule->exclude_outside || (i >= 0 && i < rule->in);
}

/* A tap each, in a window as they lie; several that are the border's are one tap of it. */
int onnx_taps(const axis_rule *rule, int64_t dst, int32_t *index, double *weight) {
  if (rule->filter == AXIS_NEAREST) {
    index[0] = (int32_t)nearest_index(rule, dst);
    weight[0] = 1;
    return 1;
  }
  double part, total = 0;
  const double stretch = stretch_of(rule);
  const int64_t first = first_of(rule), end = 2 - first;
  const int64_t base = place(rule, dst, (double)end, &part), begin = clamp(base + first, rule->in);
  const int count = rule->antialias ? (int)(clamp(base + end - 1, rule->in) - begin) + 1 : (int)(end - first);
  for (int t = 0; t < count; t++) {
    index[t] = (int32_t)(rule->antialias ? begin + t : clamp(base + first + t, rule->in));
    weight[t] = 0;
  }
  for (int64_t i = first; i < end; i++) {
    if (!counts(rule, base + i)) continue;
    const double value = weight_of(rule, ((double)i - part) * stretch);
    weight[rule->antialias ? clamp(base + i, rule->in) - begin : i - first] += value;
    total += value;
  }
  const bool normalise = (rule->antialias || rule->exclude_outside) && total != 0;
  for (int t = 0; t < count && normalise; t++) weight[t] /= total;
  return count;
}

/* Along one axis: output coordinate -> (input indices, weights). Every rounding rule of the interpolation is here; the
 * kernels only apply the lists. */
#ifndef CLUP_AXIS_TAPS_H
#define CLUP_AXIS_TAPS_H

#include <clup/clup.h>
#include <stdbool.h>

typedef enum axis_filter {
  AXIS_NEAREST,
  AXIS_NEAREST_EXACT,
  AXIS_LINEAR,
  AXIS_CUBIC,
  AXIS_AREA,   /* the mean of the input elements that an output element covers any part of, by sizes alone */
  AXIS_LANCZOS /* sinc(x) * sinc(x/3), always antialiased */
} axis_filter;

#define AXIS_SMALL_OUTPUT 128
typedef struct axis_rule {
  axis_filter filter;
  int64_t in, out;    /* 1..INT32_MAX */
  double scale;       /* the step is 1/scale; 0: it is in/out */
  bool align_corners; /* linear and cubic; the step is (in-1)/(out-1) then, whatever scale says */
  /* torch has two kernels for the nearest modes, that round differently: one for outputs whose spatial sizes add up to
   * at most AXIS_SMALL_OUTPUT (contiguous, 2-D), one for all others. */
  bool small_output;
  bool wide; /* f64: the large kernel's coordinates are in double, and rounded to float32 before they are floored */
  bool antialias; /* linear and cubic: where the axis shrinks the filter is stretched over all that is skipped */
  /* ONNX's nearest, linear and cubic (axis_taps_onnx.h): by scale, antialias, and what follows, nothing else. */
  bool onnx;
  clup_coordinate_mode coordinate_mode;
  clup_nearest_mode nearest_mode;
  bool exclude_outside;
  double cubic_a, roi_start, roi_end;
} axis_rule;

/* Lists in the order in which they are to be summed. A tap of weight 0 is listed where torch names it,
 * so that NaN and infinity spread as they do there. */
typedef struct axis_taps {
  int64_t out;
  int taps;       /* per output, at most */
  bool windows;   /* lists may be shorter than taps, and each names consecutive elements */
  int32_t *count; /* [out]: how many of the taps are meant; the others have the last index and weight 0 */
  int32_t *index; /* [out][taps], each within the input */
  double *weight; /* [out][taps], summing to 1 up to rounding */
} axis_taps;

/* On success *taps owns memory, given back with axis_taps_clear; otherwise it is untouched. */
clup_status axis_taps_make(const axis_rule *rule, axis_taps *taps);
void axis_taps_clear(axis_taps *taps);

/* Taps of the longest list that axis_taps_make can make. */
int axis_taps_most(const axis_rule *rule);

/* Input coordinates from one output coordinate to the next. */
double axis_step(const axis_rule *rule);

#endif

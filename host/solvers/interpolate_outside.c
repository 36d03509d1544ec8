/* Of tf_crop_and_resize: what lies outside the input becomes the extrapolation value, after the solver's own launches,
 * which compute with the border there. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "axis_taps_onnx.h"
#include "error.h"
#include "interpolate_solvers.h"

/* Sign, exponent and fraction in 16 bits, rounded to nearest even. */
static uint64_t small_bits(double value, int fraction_bits, int bias) {
  const uint64_t sign = signbit(value) ? 0x8000 : 0, infinity = (0x7fffU >> fraction_bits) << fraction_bits;
  if (isnan(value)) return sign | infinity | (uint64_t)1 << (fraction_bits - 1);
  if (isinf(value)) return sign | infinity;
  int exponent;
  frexp(value, &exponent);
  exponent--; /* of the leading digit */
  if (value == 0 || exponent < 1 - bias) exponent = 1 - bias;
  if (exponent > bias) return sign | infinity;
  /* The leading digit adds 1 to the exponent, as does a carry out of the fraction; denormal numbers have none. */
  const uint64_t digits = (uint64_t)nearbyint(ldexp(fabs(value), fraction_bits - exponent));
  return sign | (((uint64_t)(exponent + bias - 1) << fraction_bits) + digits);
}

static uint64_t integer_bits(double value, size_t size, bool is_signed) {
  const double most = ldexp(1, (int)(8 * size) - is_signed), rounded = nearbyint(value);
  if (rounded >= most) return is_signed ? ((uint64_t)1 << (8 * size - 1)) - 1 : UINT64_MAX;
  if (is_signed) return (uint64_t)(int64_t)(rounded > -most ? rounded : -most);
  return rounded > 0 ? (uint64_t)rounded : 0;
}

/* The value as an element of that dtype, in the lowest bytes. */
static uint64_t bits_of(clup_dtype dtype, double value) {
  const float narrow = (float)value;
  uint64_t bits = 0;
  uint32_t half = 0;
  switch (dtype) {
    case CLUP_F32:
      memcpy(&half, &narrow, sizeof half);
      return half;
    case CLUP_F64:
      memcpy(&bits, &value, sizeof bits);
      return bits;
    case CLUP_F16:
      return small_bits(value, 10, 15);
    case CLUP_BF16:
      return small_bits(value, 7, 127);
    case CLUP_I8:
    case CLUP_I16:
    case CLUP_I32:
    case CLUP_I64:
      return integer_bits(value, clup_dtype_size(dtype), true);
    default:
      return integer_bits(value, clup_dtype_size(dtype), false);
  }
}

/* The axis' flags in the recipe's table; *any is set when one of them is. */
static clup_status put_flags(const clup_problem *problem, int axis, recipe *r, int64_t *offset, bool *any) {
  const axis_rule rule = interpolate_rule(problem, axis);
  int32_t *flags = malloc((size_t)rule.out * sizeof *flags);
  if (!flags)
    return clup_fail(CLUP_OUT_OF_MEMORY, "resize: no memory for the flags of an axis of %lld elements",
                     (long long)rule.out);
  for (int64_t i = 0; i < rule.out; i++) {
    flags[i] = rule.onnx && onnx_outside(&rule, i);
    if (flags[i]) *any = true;
  }
  *offset = recipe_table(r, flags, rule.out, sizeof *flags);
  free(flags);
  return CLUP_OK;
}

clup_status interpolate_outside(const clup_problem *problem, const device_caps *caps, recipe *r) {
  if (problem->params.resize.coordinate_mode != CLUP_TF_CROP_AND_RESIZE) return CLUP_OK;
  const size_t size = clup_dtype_size(problem->input.dtype);
  const interpolate_view view = interpolate_view_of(problem);
  int64_t flags[3] = {0};
  bool any = false;
  for (int axis = 0; axis < 3; axis++) CLUP_TRY(put_flags(problem, axis, r, &flags[axis], &any));
  if (!any) return CLUP_OK;
  launch *l = recipe_launch(r, "interpolate_outside", "clup_interpolate_outside");
  launch_define(r, l, "ELEMENT_SIZE", (int64_t)size);
  launch_buffer(r, l, ARG_OUTPUT, 0, size);
  for (int axis = 0; axis < 3; axis++) launch_buffer(r, l, ARG_TABLE, flags[axis], sizeof(int32_t));
  const uint64_t bits = bits_of(problem->input.dtype, problem->params.resize.extrapolation_value);
  int64_t value;
  memcpy(&value, &bits, sizeof value);
  launch_i64(r, l, value);
  interpolate_planes(&view, r, l);
  for (int axis = 0; axis < 3; axis++) launch_index(r, l, view.out[axis]);
  launch_index(r, l, view.planes);
  for (int axis = 0; axis < 3; axis++) launch_index(r, l, view.out_stride[axis]);
  interpolate_range(&view, caps, r, l);
  return CLUP_OK;
}

/* Numbers of every dtype, by their definition. */
#include <math.h>
#include <string.h>

#include "reference/reference.h"

/* sign, exponent and fraction of an IEEE 754 format in 16 bits. */
static double from_small(uint16_t bits, int fraction_bits, int bias) {
  const int exponent_bits = 15 - fraction_bits, fraction = bits & ((1 << fraction_bits) - 1);
  const int exponent = bits >> fraction_bits & ((1 << exponent_bits) - 1);
  const double sign = bits >> 15 ? -1 : 1;
  if (exponent == (1 << exponent_bits) - 1) return fraction ? NAN : sign * INFINITY;
  if (exponent == 0) return sign * ldexp(fraction, 1 - bias - fraction_bits);
  return sign * ldexp(fraction + (1 << fraction_bits), exponent - bias - fraction_bits);
}

static uint16_t to_small(double value, int fraction_bits, int bias) {
  const int exponent_bits = 15 - fraction_bits, special = ((1 << exponent_bits) - 1) << fraction_bits;
  const int sign = signbit(value) ? 0x8000 : 0;
  if (isnan(value)) return (uint16_t)(sign | special | 1 << (fraction_bits - 1));
  if (isinf(value)) return (uint16_t)(sign | special);
  int exponent = value == 0 ? 1 - bias : ilogb(value);
  if (exponent < 1 - bias) exponent = 1 - bias;
  /* The fraction with its leading 1: when rounding makes it a digit longer, the sum below carries into the exponent. */
  const int digits = (int)nearbyint(ldexp(fabs(value), fraction_bits - exponent));
  const int bits = ((exponent + bias - 1) << fraction_bits) + digits;
  return (uint16_t)(sign | (exponent > bias || bits > special ? special : bits));
}

double reference_number(clup_dtype dtype, const void *at) {
  const size_t size = clup_dtype_size(dtype);
  uint64_t bits = 0;
  memcpy(&bits, at, size); /* little-endian, as every device of ours */
  const uint64_t top = size ? (uint64_t)1 << (8 * size - 1) : 0;
  float single;
  double real;
  switch (dtype) {
    case CLUP_F32:
      memcpy(&single, at, sizeof single);
      return single;
    case CLUP_F64:
      memcpy(&real, at, sizeof real);
      return real;
    case CLUP_F16:
      return from_small((uint16_t)bits, 10, 15);
    case CLUP_BF16:
      return from_small((uint16_t)bits, 7, 127);
    case CLUP_U8:
    case CLUP_U16:
    case CLUP_U32:
    case CLUP_U64:
      return (double)bits;
    default:
      return bits & top ? -(double)(2 * top - bits) : (double)bits;
  }
}

static void put_integer(clup_dtype dtype, double value, void *at) {
  const size_t size = clup_dtype_size(dtype);
  const int is_unsigned = dtype == CLUP_U8 || dtype == CLUP_U16 || dtype == CLUP_U32 || dtype == CLUP_U64;
  const double most = ldexp(1, (int)(8 * size) - !is_unsigned), least = is_unsigned ? 0 : -most;
  const double rounded = nearbyint(value);
  uint64_t bits;
  if (isnan(value))
    bits = 0;
  else if (rounded >= most)
    bits = is_unsigned ? UINT64_MAX : ((uint64_t)1 << (8 * size - 1)) - 1;
  else
    bits = rounded < 0 ? (uint64_t)(int64_t)(rounded < least ? least : rounded) : (uint64_t)rounded;
  memcpy(at, &bits, size);
}

void reference_put(clup_dtype dtype, double value, void *at) {
  const float single = (float)value;
  uint16_t small;
  switch (dtype) {
    case CLUP_F32:
      memcpy(at, &single, sizeof single);
      return;
    case CLUP_F64:
      memcpy(at, &value, sizeof value);
      return;
    case CLUP_F16:
    case CLUP_BF16:
      small = dtype == CLUP_F16 ? to_small(value, 10, 15) : to_small(value, 7, 127);
      memcpy(at, &small, sizeof small);
      return;
    default:
      put_integer(dtype, value, at);
  }
}

#include "float_formats.h"

#include <math.h>

/* A binary format of 16 bits with `mantissa` stored bits of mantissa; the exponent has the rest but the sign. */
static double decode(uint16_t bits, int mantissa) {
  int bias = (1 << (14 - mantissa)) - 1;
  int exponent = (bits & 0x7fff) >> mantissa;
  int fraction = bits & ((1 << mantissa) - 1);
  double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
  if (exponent == 2 * bias + 1) return fraction != 0 ? NAN : sign * INFINITY;
  if (exponent == 0) return sign * ldexp(fraction, 1 - bias - mantissa);
  return sign * ldexp(fraction + (1 << mantissa), exponent - bias - mantissa);
}

static uint16_t encode(double value, int mantissa) {
  int bias = (1 << (14 - mantissa)) - 1;
  unsigned sign = signbit(value) ? 0x8000u : 0u;
  unsigned infinity = (unsigned)(2 * bias + 1) << mantissa;
  if (isnan(value)) return (uint16_t)(sign | infinity | 1u << (mantissa - 1));
  double magnitude = fabs(value);
  if (magnitude == 0) return (uint16_t)sign;
  if (isinf(magnitude)) return (uint16_t)(sign | infinity);
  int exponent = ilogb(magnitude);
  if (exponent < 1 - bias) exponent = 1 - bias;
  /* In units of the last place the value is an integer once rounded; a carry runs into the exponent by itself. */
  double units = nearbyint(ldexp(magnitude, mantissa - exponent));
  if (exponent > bias) return (uint16_t)(sign | infinity);
  unsigned bits = (unsigned)units + ((unsigned)(exponent + bias - 1) << mantissa);
  return (uint16_t)(sign | (bits < infinity ? bits : infinity));
}

double half_to_double(uint16_t bits) {
  return decode(bits, 10);
}
double bfloat_to_double(uint16_t bits) {
  return decode(bits, 7);
}
uint16_t double_to_half(double value) {
  return encode(value, 10);
}
uint16_t double_to_bfloat(double value) {
  return encode(value, 7);
}

#include "array.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "float_formats.h"

int array_count(cli_error *error, int exit_code, const char *what, const cli_array *array, size_t *elements) {
  size_t count = 1;
  int empty = 0;
  for (int i = 0; i < array->rank; i++) empty |= array->dims[i] == 0;
  size_t most = PTRDIFF_MAX / clup_dtype_size(array->dtype);
  for (int i = 0; i < array->rank; i++) {
    if (array->dims[i] < 0 || (!empty && ((uint64_t)array->dims[i] > most || count > most / (size_t)array->dims[i]))) {
      char text[256];
      return cli_fail(error, exit_code, what, "a shape of %s is too large for this machine",
                      dims_text(array->rank, array->dims, text, sizeof text));
    }
    if (!empty) count *= (size_t)array->dims[i];
  }
  *elements = empty ? 0 : count;
  return CLI_OK;
}

int array_allocate(cli_error *error, const char *what, cli_array *array) {
  size_t elements;
  int rc = array_count(error, CLI_USAGE, what, array, &elements);
  if (rc != CLI_OK) return rc;
  size_t bytes = elements * clup_dtype_size(array->dtype);
  array->base = array->data = malloc(bytes != 0 ? bytes : 1);
  return array->data != NULL ? CLI_OK : cli_no_memory(error, what, bytes);
}

void array_free(cli_array *array) {
  free(array->base);
  memset(array, 0, sizeof *array);
}

/* A value on its way from one dtype to another: as what it was, so that 64-bit integers stay exact. */
typedef struct value {
  enum { REAL, SIGNED, UNSIGNED } kind;
  union {
    double real;
    int64_t i;
    uint64_t u;
  } as;
} value;

static value real_value(double real) {
  return (value){REAL, {.real = real}};
}
static value signed_value(int64_t i) {
  return (value){SIGNED, {.i = i}};
}
static value unsigned_value(uint64_t u) {
  return (value){UNSIGNED, {.u = u}};
}

static value load(const void *data, clup_dtype dtype, size_t i) {
  switch (dtype) {
    case CLUP_F32:
      return real_value((double)((const float *)data)[i]);
    case CLUP_F64:
      return real_value(((const double *)data)[i]);
    case CLUP_F16:
      return real_value(half_to_double(((const uint16_t *)data)[i]));
    case CLUP_BF16:
      return real_value(bfloat_to_double(((const uint16_t *)data)[i]));
    case CLUP_U8:
      return unsigned_value(((const uint8_t *)data)[i]);
    case CLUP_I8:
      return signed_value(((const int8_t *)data)[i]);
    case CLUP_U16:
      return unsigned_value(((const uint16_t *)data)[i]);
    case CLUP_I16:
      return signed_value(((const int16_t *)data)[i]);
    case CLUP_U32:
      return unsigned_value(((const uint32_t *)data)[i]);
    case CLUP_I32:
      return signed_value(((const int32_t *)data)[i]);
    case CLUP_U64:
      return unsigned_value(((const uint64_t *)data)[i]);
    case CLUP_I64:
      return signed_value(((const int64_t *)data)[i]);
  }
  return real_value(0);
}

static double to_real(value v) {
  return v.kind == REAL ? v.as.real : v.kind == SIGNED ? (double)v.as.i : (double)v.as.u;
}

/* Integers go to float in one rounding, not by way of double. */
static float to_float(value v) {
  return v.kind == REAL ? (float)v.as.real : v.kind == SIGNED ? (float)v.as.i : (float)v.as.u;
}

static int64_t to_signed(value v, int bits) {
  int64_t most = INT64_MAX >> (64 - bits);
  int64_t least = -most - 1;
  if (v.kind == UNSIGNED) return v.as.u > (uint64_t)most ? most : (int64_t)v.as.u;
  if (v.kind == SIGNED) return v.as.i > most ? most : v.as.i < least ? least : v.as.i;
  if (isnan(v.as.real)) return 0;
  double rounded = nearbyint(v.as.real);
  if (rounded >= ldexp(1, bits - 1)) return most;
  return rounded < (double)least ? least : (int64_t)rounded;
}

static uint64_t to_unsigned(value v, int bits) {
  uint64_t most = UINT64_MAX >> (64 - bits);
  if (v.kind == SIGNED) return v.as.i < 0 ? 0 : (uint64_t)v.as.i > most ? most : (uint64_t)v.as.i;
  if (v.kind == UNSIGNED) return v.as.u > most ? most : v.as.u;
  if (isnan(v.as.real)) return 0;
  double rounded = nearbyint(v.as.real);
  if (rounded >= ldexp(1, bits)) return most;
  return rounded < 0 ? 0 : (uint64_t)rounded;
}

static void store(void *data, clup_dtype dtype, size_t i, value v) {
  switch (dtype) {
    case CLUP_F32:
      ((float *)data)[i] = to_float(v);
      break;
    case CLUP_F64:
      ((double *)data)[i] = to_real(v);
      break;
    case CLUP_F16:
      ((uint16_t *)data)[i] = double_to_half(to_real(v));
      break;
    case CLUP_BF16:
      ((uint16_t *)data)[i] = double_to_bfloat(to_real(v));
      break;
    case CLUP_U8:
      ((uint8_t *)data)[i] = (uint8_t)to_unsigned(v, 8);
      break;
    case CLUP_I8:
      ((int8_t *)data)[i] = (int8_t)to_signed(v, 8);
      break;
    case CLUP_U16:
      ((uint16_t *)data)[i] = (uint16_t)to_unsigned(v, 16);
      break;
    case CLUP_I16:
      ((int16_t *)data)[i] = (int16_t)to_signed(v, 16);
      break;
    case CLUP_U32:
      ((uint32_t *)data)[i] = (uint32_t)to_unsigned(v, 32);
      break;
    case CLUP_I32:
      ((int32_t *)data)[i] = (int32_t)to_signed(v, 32);
      break;
    case CLUP_U64:
      ((uint64_t *)data)[i] = to_unsigned(v, 64);
      break;
    case CLUP_I64:
      ((int64_t *)data)[i] = to_signed(v, 64);
      break;
  }
}

int array_convert(cli_error *error, const char *what, cli_array *array, clup_dtype dtype) {
  if (array->dtype == dtype) return CLI_OK;
  if (array->data != NULL) {
    cli_array converted = *array;
    converted.dtype = dtype;
    size_t elements;
    int rc = array_count(error, CLI_USAGE, what, &converted, &elements);
    if (rc == CLI_OK) rc = array_allocate(error, what, &converted);
    if (rc != CLI_OK) return rc;
    for (size_t i = 0; i < elements; i++) store(converted.data, dtype, i, load(array->data, array->dtype, i));
    free(array->base);
    *array = converted;
  }
  array->dtype = dtype;
  return CLI_OK;
}

const char *dims_text(int rank, const int64_t *dims, char *text, size_t size) {
  size_t used = 0;
  snprintf(text, size, "()");
  for (int i = 0; i < rank && used < size; i++) {
    int wrote = snprintf(text + used, size - used, "%s%" PRId64, i == 0 ? "" : "x", dims[i]);
    if (wrote > 0) used += (size_t)wrote;
  }
  return text;
}

/* Where elements of strided tensors lie, and deterministic contents for them. */
#include <stdlib.h>
#include <string.h>

#include "reference/reference.h"

/* The tensor's stride on an axis; all zero means contiguous. */
static void strides_of(const clup_tensor *tensor, int64_t strides[CLUP_MAX_RANK]) {
  int given = 0;
  for (int a = 0; a < tensor->rank; a++) given |= tensor->strides[a] != 0;
  int64_t step = 1;
  for (int a = tensor->rank - 1; a >= 0; a--) {
    strides[a] = given ? tensor->strides[a] : step;
    step *= tensor->dims[a];
  }
}

int64_t reference_count(const clup_tensor *tensor) {
  int64_t count = 1;
  for (int a = 0; a < tensor->rank; a++) count *= tensor->dims[a];
  return count;
}

int64_t reference_span(const clup_tensor *tensor) {
  const int64_t count = reference_count(tensor);
  return count == 0 ? 0 : reference_place(tensor, count - 1) + 1;
}

int64_t reference_place(const clup_tensor *tensor, int64_t flat) {
  int64_t strides[CLUP_MAX_RANK], place = 0;
  strides_of(tensor, strides);
  for (int a = tensor->rank - 1; a >= 0; a--) {
    place += flat % tensor->dims[a] * strides[a];
    flat /= tensor->dims[a];
  }
  return place;
}

uint32_t reference_hash(uint32_t seed, uint32_t i) {
  uint32_t h = seed * 0x9E3779B1u + i * 0x85EBCA77u + 0x27D4EB2Fu;
  for (int round = 0; round < 2; round++) {
    h ^= h >> 15;
    h *= 0xD168AAADu;
    h ^= h >> 13;
    h *= 0xAF723597u;
  }
  return h ^ h >> 16;
}

double reference_fill_value(reference_fill_kind kind, uint32_t seed, int64_t flat) {
  const uint32_t h = reference_hash(seed, (uint32_t)flat);
  if (kind == REFERENCE_INTEGERS) return (double)(h >> 8) - (double)((h >> 8) / 9 * 9) - 4;
  return ((double)(h >> 8) - 0x1p23) * 0x1p-23;
}

static double number_to_fill(clup_dtype dtype, reference_fill_kind kind, uint32_t seed, int64_t flat) {
  const int is_unsigned = dtype == CLUP_U8 || dtype == CLUP_U16 || dtype == CLUP_U32 || dtype == CLUP_U64;
  const double value = reference_fill_value(kind, seed, flat);
  if (dtype <= CLUP_BF16) return value;
  if (kind == REFERENCE_INTEGERS) return is_unsigned ? value + 4 : value;
  const uint32_t bits = reference_hash(seed, (uint32_t)flat) >> 8;
  const size_t size = clup_dtype_size(dtype);
  const double low = size == 1 ? bits & 0xFF : size == 2 ? bits & 0xFFFF : bits;
  return is_unsigned ? low : low - (size == 1 ? 128 : size == 2 ? 32768 : 0x1p23);
}

int reference_fill(const clup_tensor *tensor, reference_fill_kind kind, uint32_t seed, void *span) {
  const size_t size = clup_dtype_size(tensor->dtype);
  const int64_t count = reference_count(tensor);
  for (int64_t i = 0; i < count; i++) {
    unsigned char *at = (unsigned char *)span + (size_t)reference_place(tensor, i) * size;
    if (kind == REFERENCE_BITS) {
      const uint32_t words[2] = {reference_hash(seed, (uint32_t)i), reference_hash(seed + 1, (uint32_t)i)};
      memcpy(at, words, size);
    } else {
      reference_put(tensor->dtype, number_to_fill(tensor->dtype, kind, seed, i), at);
    }
  }
  return 0;
}

int reference_fill_indices(const clup_problem *problem, uint32_t seed, void *span) {
  clup_tensor t;
  if (clup_problem_tensor(problem, CLUP_ROLE_INDICES, &t) != CLUP_OK)
    return reference_fail("fill: %s", clup_last_error());
  const int64_t count = reference_count(&t);
  for (int64_t i = 0; i < count; i++) {
    const int64_t index = reference_unpool_index(problem, i, seed);
    if (index < 0) return -1;
    const int32_t narrow = (int32_t)index;
    unsigned char *at = (unsigned char *)span + (size_t)reference_place(&t, i) * clup_dtype_size(t.dtype);
    memcpy(at, t.dtype == CLUP_I64 ? (const void *)&index : (const void *)&narrow, clup_dtype_size(t.dtype));
  }
  return 0;
}

/* .npy files: what goes out comes back, and what is hostile is refused with a reason. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "float_formats.h"
#include "npy.h"

/* The bytes of a file of version 1 with this dictionary and data. */
static unsigned char *file_of(const char *header, const void *data, size_t data_size, size_t *size) {
  size_t length = strlen(header);
  unsigned char *bytes = malloc(10 + length + data_size + 1);
  assert_non_null(bytes);
  memcpy(bytes, "\x93NUMPY\x01\x00", 8);
  bytes[8] = (unsigned char)(length & 255);
  bytes[9] = (unsigned char)(length >> 8);
  memcpy(bytes + 10, header, length);
  if (data_size > 0) memcpy(bytes + 10 + length, data, data_size);
  *size = 10 + length + data_size;
  return bytes;
}

static int decode(const char *header, const void *data, size_t data_size, cli_array *out, cli_error *error) {
  size_t size;
  unsigned char *bytes = file_of(header, data, data_size, &size);
  memset(out, 0, sizeof *out);
  return npy_decode(error, "test.npy", bytes, size, out);
}

static void round_trip_of_every_dtype(void **state) {
  (void)state;
  const clup_dtype dtypes[] = {CLUP_F32, CLUP_F64, CLUP_F16, CLUP_U8,  CLUP_I8, CLUP_U16,
                               CLUP_I16, CLUP_U32, CLUP_I32, CLUP_U64, CLUP_I64};
  for (size_t d = 0; d < sizeof dtypes / sizeof dtypes[0]; d++) {
    cli_error error = {""};
    cli_array array = {.dtype = dtypes[d], .rank = 3, .dims = {2, 3, 5}};
    assert_int_equal(array_allocate(&error, "test", &array), CLI_OK);
    size_t bytes = 30 * clup_dtype_size(array.dtype);
    for (size_t i = 0; i < bytes; i++) ((unsigned char *)array.data)[i] = (unsigned char)(i * 37 + 1);
    char *file = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&file, &size);
    assert_int_equal(npy_encode(&error, out, &array), CLI_OK);
    assert_int_equal(fclose(out), 0);
    /* NumPy aligns the data to 64 bytes. */
    assert_int_equal((size - bytes) % 64, 0);
    cli_array back;
    assert_int_equal(npy_decode(&error, "test.npy", (unsigned char *)file, size, &back), CLI_OK);
    assert_int_equal(back.dtype, array.dtype);
    assert_int_equal(back.rank, 3);
    assert_memory_equal(back.dims, array.dims, sizeof array.dims);
    assert_memory_equal(back.data, array.data, bytes);
    array_free(&back);
    array_free(&array);
  }
}

static void bfloat_is_written_as_f32(void **state) {
  (void)state;
  cli_error error = {""};
  uint16_t values[2] = {0x3f80, 0xc049};
  cli_array array = {.dtype = CLUP_BF16, .rank = 1, .dims = {2}, .data = values};
  char *file = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&file, &size);
  assert_int_equal(npy_encode(&error, out, &array), CLI_OK);
  fclose(out);
  cli_array back;
  assert_int_equal(npy_decode(&error, "test.npy", (unsigned char *)file, size, &back), CLI_OK);
  assert_int_equal(back.dtype, CLUP_F32);
  assert_true(((float *)back.data)[0] == 1.0f && ((float *)back.data)[1] == -3.140625f);
  array_free(&back);
}

static void byte_orders(void **state) {
  (void)state;
  cli_error error = {""};
  cli_array array;
  const unsigned char big[8] = {0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0};
  assert_int_equal(decode("{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }", big, 8, &array, &error), 0);
  assert_true(((float *)array.data)[0] == 1.0f && ((float *)array.data)[1] == -2.0f);
  array_free(&array);
  const unsigned char little[4] = {0x34, 0x12, 0xff, 0xff};
  assert_int_equal(decode("{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }", little, 4, &array, &error), 0);
  assert_int_equal(((int16_t *)array.data)[0], 0x1234);
  assert_int_equal(((int16_t *)array.data)[1], -1);
  array_free(&array);
}

static void fortran_order(void **state) {
  (void)state;
  cli_error error = {""};
  cli_array array;
  /* Element (a, b, c) is 100a + 10b + c. */
  unsigned char data[24];
  size_t at = 0;
  for (int c = 0; c < 4; c++) {
    for (int b = 0; b < 3; b++) {
      for (int a = 0; a < 2; a++) data[at++] = (unsigned char)(100 * a + 10 * b + c);
    }
  }
  assert_int_equal(decode("{'shape': (2, 3, 4), 'fortran_order': True, 'descr': '|u1'}", data, 24, &array, &error), 0);
  for (int i = 0; i < 24; i++) {
    assert_int_equal(((unsigned char *)array.data)[i], 100 * (i / 12) + 10 * (i / 4 % 3) + i % 4);
  }
  array_free(&array);
}

static void odd_but_legal(void **state) {
  (void)state;
  static const struct {
    const char *header;
    int rank;
    size_t bytes;
  } cases[] = {
      {"{\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": (1, 2)}", 2, 8},
      {"{'descr':'<f4','fortran_order':False,'shape':(2,)}", 1, 8},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (), }   \n", 0, 4},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 7), }", 2, 0},
      {"{'descr': '<f4', 'fortran_order': True, 'shape': (0, 7), }", 2, 0},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 1L), }", 2, 8},
      {"{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", 1, 3},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1), }", 8, 4},
  };
  const unsigned char zeros[16] = {0};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cli_error error = {""};
    cli_array array;
    if (decode(cases[i].header, zeros, cases[i].bytes, &array, &error) != CLI_OK) fail_msg("%s", error.text);
    assert_int_equal(array.rank, cases[i].rank);
    array_free(&array);
  }
}

static void versions_2_and_3(void **state) {
  (void)state;
  static const char header[] = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }";
  for (unsigned char version = 2; version <= 3; version++) {
    size_t length = sizeof header - 1;
    unsigned char *bytes = malloc(12 + length + 2);
    memcpy(bytes, "\x93NUMPY", 6);
    const unsigned char rest[6] = {version, 0, (unsigned char)length, 0, 0, 0};
    memcpy(bytes + 6, rest, 6);
    memcpy(bytes + 12, header, length);
    bytes[12 + length] = 7;
    bytes[13 + length] = 9;
    cli_error error = {""};
    cli_array array;
    assert_int_equal(npy_decode(&error, "test.npy", bytes, 14 + length, &array), CLI_OK);
    assert_int_equal(((unsigned char *)array.data)[0], 7);
    assert_int_equal(((unsigned char *)array.data)[1], 9);
    array_free(&array);
  }
}

/* Each with 16 bytes of data behind it, and a word that the message must hold. */
static const struct {
  const char *header, *word;
} hostile[] = {
    {"", "dictionary"},
    {"{", "string"},
    {"}", "dictionary"},
    {"[]", "dictionary"},
    {"{}", "lacks"},
    {"{'descr': '<f4'", "end"},
    {"{'descr': '<f4', 'fortran_order': False}", "lacks"},
    {"{'descr': '<f4', 'shape': (1,)}", "lacks"},
    {"{'fortran_order': False, 'shape': (1,)}", "lacks"},
    {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "twice"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'evil': 1}", "beside"},
    {"{'descr' '<f4', 'fortran_order': False, 'shape': (1,)}", "':'"},
    {"{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "True"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': 1}", "tuple"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1)}", "tuple"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,", "number"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}", "end"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "negative"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1.5,)}", "end"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': ('1',)}", "number"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "64 bits"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", "too large"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 4)}", "too large"},
    {"{'descr': '<f4', 'fortran_order': True, 'shape': (3037000500, 3037000500)}", "too large"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,)}", "4000000000000"},
    {"{'descr': '<f8', 'fortran_order': True, 'shape': (100000, 100000)}", "cut short"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (5,)}", "cut short"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}", "8"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} {", "follows"},
    {"{'descr': '<f4\", 'fortran_order': False, 'shape': (1,)}", "end"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'a\\'b': 1}", "escape"},
    {"{'descr': '<f4aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'fortran_order': False, 'shape': (1,)}", "too long"},
    {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "string"},
    {"{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", "<c8"},
    {"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "|O"},
    {"{'descr': '|f4', 'fortran_order': False, 'shape': (1,)}", "|f4"},
    {"{'descr': 'f4', 'fortran_order': False, 'shape': (1,)}", "f4"},
    {"{'descr': '', 'fortran_order': False, 'shape': (1,)}", "dtype"},
    {"{'descr': '<U7', 'fortran_order': False, 'shape': (1,)}", "<U7"},
};

static void hostile_headers(void **state) {
  (void)state;
  const unsigned char zeros[16] = {0};
  for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
    cli_error error = {""};
    cli_array array;
    int rc = decode(hostile[i].header, zeros, sizeof zeros, &array, &error);
    if (rc != CLI_BAD_INPUT || strstr(error.text, hostile[i].word) == NULL) {
      fail_msg("%s: exit %d, message '%s' without '%s'", hostile[i].header, rc, error.text, hostile[i].word);
    }
    assert_null(array.base);
  }
}

static void hostile_beginnings(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t size;
    const char *word;
  } cases[] = {{"", 0, "NUMPY"},
               {"\x93NUM", 4, "NUMPY"},
               {"\x89PNG\r\n\x1a\n", 8, "NUMPY"},
               {"\x93NUMPY", 6, "ends after"},
               {"\x93NUMPY\x01", 7, "ends after"},
               {"\x93NUMPY\x01\x00\x10", 9, "ends after"},
               {"\x93NUMPY\x04\x00\x00\x00\x00\x00", 12, "version 4"},
               {"\x93NUMPY\x00\x00\x00\x00\x00\x00", 12, "version 0"},
               {"\x93NUMPY\x01\x00\xff\xff{}", 12, "65535"},
               {"\x93NUMPY\x02\x00\xff\xff\xff\xff{}", 14, "4294967295"},
               {"\x93NUMPY\x02\x00\x02\x00", 10, "ends after"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cli_error error = {""};
    cli_array array = {0};
    unsigned char *bytes = malloc(cases[i].size + 1);
    memcpy(bytes, cases[i].bytes, cases[i].size);
    int rc = npy_decode(&error, "test.npy", bytes, cases[i].size, &array);
    if (rc != CLI_BAD_INPUT || strstr(error.text, cases[i].word) == NULL) {
      fail_msg("case %zu: exit %d, message '%s' without '%s'", i, rc, error.text, cases[i].word);
    }
  }
}

/* Every prefix of a good file is refused; sanitizers watch for reads past its end. */
static void every_truncation(void **state) {
  (void)state;
  const unsigned char data[8] = {0};
  size_t size;
  unsigned char *whole = file_of("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1), }\n", data, 8, &size);
  for (size_t length = 0; length < size; length++) {
    unsigned char *part = malloc(length != 0 ? length : 1);
    memcpy(part, whole, length);
    cli_error error = {""};
    cli_array array = {0};
    assert_int_equal(npy_decode(&error, "test.npy", part, length, &array), CLI_BAD_INPUT);
  }
  free(whole);
}

/* Every byte of a good file's header changed to every value: no crash, and no array larger than the file. */
static void every_corruption(void **state) {
  (void)state;
  const unsigned char data[24] = {0};
  size_t size;
  unsigned char *whole = file_of("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n", data, 24, &size);
  for (size_t at = 0; at < size - 24; at++) {
    for (int value = 0; value < 256; value++) {
      unsigned char *bytes = malloc(size);
      memcpy(bytes, whole, size);
      bytes[at] = (unsigned char)value;
      cli_error error = {""};
      cli_array array = {0};
      size_t elements;
      if (npy_decode(&error, "test.npy", bytes, size, &array) != CLI_OK) continue;
      assert_int_equal(array_count(&error, CLI_FAILED, "test", &array, &elements), CLI_OK);
      assert_true(elements * clup_dtype_size(array.dtype) <= 24);
      array_free(&array);
    }
  }
  free(whole);
}

static void conversions(void **state) {
  (void)state;
  static const struct {
    double from;
    clup_dtype to;
    double want;
  } cases[] = {{0.5, CLUP_U8, 0},
               {1.5, CLUP_U8, 2},
               {2.5, CLUP_U8, 2},
               {-0.6, CLUP_U8, 0},
               {255.4, CLUP_U8, 255},
               {256, CLUP_U8, 255},
               {1e30, CLUP_U8, 255},
               {-1e30, CLUP_I8, -128},
               {-128.5, CLUP_I8, -128},
               {127.5, CLUP_I8, 127},
               {NAN, CLUP_U8, 0},
               {NAN, CLUP_I64, 0},
               {INFINITY, CLUP_U16, 65535},
               {-INFINITY, CLUP_I16, -32768},
               {1e30, CLUP_I32, 2147483647},
               {1e30, CLUP_U32, 4294967295.0},
               {65504, CLUP_F16, 65504},
               {65519.9, CLUP_F16, 65504},
               {65520, CLUP_F16, INFINITY},
               {0x1p-24, CLUP_F16, 0x1p-24},
               {0x1p-25, CLUP_F16, 0},
               {0x1.8p-25, CLUP_F16, 0x1p-24},
               {0x1.ffcp-15, CLUP_F16, 0x1p-14},
               {1 + 0x1p-11, CLUP_F16, 1},
               {1 + 0x3p-11, CLUP_F16, 1 + 0x1p-9},
               /* Through f32 this would be a tie, and go to even. */
               {1 + 0x1p-11 + 0x1p-40, CLUP_F16, 1 + 0x1p-10},
               {1 + 0x1p-8, CLUP_BF16, 1},
               {1 + 0x3p-8, CLUP_BF16, 1 + 0x1p-6},
               {0x1.ffp127, CLUP_BF16, INFINITY},
               {-0x1.fep127, CLUP_BF16, -0x1.fep127}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cli_error error = {""};
    cli_array array = {.dtype = CLUP_F64, .rank = 1, .dims = {1}};
    assert_int_equal(array_allocate(&error, "test", &array), CLI_OK);
    *(double *)array.data = cases[i].from;
    assert_int_equal(array_convert(&error, "test", &array, cases[i].to), CLI_OK);
    assert_int_equal(array_convert(&error, "test", &array, CLUP_F64), CLI_OK);
    double got = *(double *)array.data;
    if (!(got == cases[i].want)) fail_msg("%a to %s gives %a", cases[i].from, clup_dtype_name(cases[i].to), got);
    array_free(&array);
  }
}

static void integers_of_64_bits_stay_exact(void **state) {
  (void)state;
  const int64_t value = INT64_MAX - 1;
  cli_error error = {""};
  cli_array array = {.dtype = CLUP_I64, .rank = 1, .dims = {1}};
  assert_int_equal(array_allocate(&error, "test", &array), CLI_OK);
  *(int64_t *)array.data = value;
  assert_int_equal(array_convert(&error, "test", &array, CLUP_U64), CLI_OK);
  assert_true(*(uint64_t *)array.data == (uint64_t)value);
  assert_int_equal(array_convert(&error, "test", &array, CLUP_I64), CLI_OK);
  assert_true(*(int64_t *)array.data == value);
  assert_int_equal(array_convert(&error, "test", &array, CLUP_I32), CLI_OK);
  assert_int_equal(*(int32_t *)array.data, INT32_MAX);
  array_free(&array);
}

/* All 65536 halves and bfloats come back as they were. */
static void sixteen_bit_floats(void **state) {
  (void)state;
  for (unsigned bits = 0; bits < 65536; bits++) {
    double half = half_to_double((uint16_t)bits);
    double bfloat = bfloat_to_double((uint16_t)bits);
    if (!isnan(half)) assert_int_equal(double_to_half(half), bits);
    if (!isnan(bfloat)) assert_int_equal(double_to_bfloat(bfloat), bits);
  }
  assert_true(half_to_double(0x3c00) == 1 && half_to_double(0x7bff) == 65504 && half_to_double(1) == 0x1p-24);
  assert_true(bfloat_to_double(0x3f80) == 1 && bfloat_to_double(0x4049) == 3.140625);
  assert_true(isnan(half_to_double(double_to_half(NAN))) && isinf(half_to_double(0xfc00)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(round_trip_of_every_dtype),
      cmocka_unit_test(bfloat_is_written_as_f32),
      cmocka_unit_test(byte_orders),
      cmocka_unit_test(fortran_order),
      cmocka_unit_test(odd_but_legal),
      cmocka_unit_test(versions_2_and_3),
      cmocka_unit_test(hostile_headers),
      cmocka_unit_test(hostile_beginnings),
      cmocka_unit_test(every_truncation),
      cmocka_unit_test(every_corruption),
      cmocka_unit_test(conversions),
      cmocka_unit_test(integers_of_64_bits_stay_exact),
      cmocka_unit_test(sixteen_bit_floats),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

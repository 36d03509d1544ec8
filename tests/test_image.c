/* Images: what goes out comes back in every kind, and what is cut short or hostile is refused. */
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "array_file.h"
#include "image.h"

typedef int decoder(cli_error *error, const char *name, const unsigned char *bytes, size_t size, cli_array *out);
typedef int encoder(cli_error *error, FILE *out, const image_pixels *pixels);

static unsigned sample_at(size_t i, int wide) {
  return (unsigned)(i * 2654435761u >> 7) & (wide ? 65535u : 255u);
}

static cli_array make_image(int channels, int height, int width, int wide) {
  cli_error error = {""};
  cli_array image;
  assert_int_equal(image_allocate(&error, "test", (size_t)width, (size_t)height, channels, wide, &image), CLI_OK);
  for (size_t i = 0; i < (size_t)channels * (size_t)height * (size_t)width; i++) {
    if (wide) {
      ((uint16_t *)image.data)[i] = (uint16_t)sample_at(i, 1);
    } else {
      ((uint8_t *)image.data)[i] = (uint8_t)sample_at(i, 0);
    }
  }
  return image;
}

static unsigned char *encode(encoder *write, const cli_array *image, size_t *size) {
  cli_error error = {""};
  image_pixels pixels;
  char *bytes = NULL;
  FILE *out = open_memstream(&bytes, size);
  assert_int_equal(image_pixels_from(&error, "test", image, 1, &pixels), CLI_OK);
  if (write(&error, out, &pixels) != CLI_OK) fail_msg("%s", error.text);
  fclose(out);
  free(pixels.data);
  return (unsigned char *)bytes;
}

static void same_image(const cli_array *a, const cli_array *b) {
  assert_int_equal(a->dtype, b->dtype);
  assert_int_equal(a->rank, b->rank);
  assert_memory_equal(a->dims, b->dims, 4 * sizeof(int64_t));
  assert_int_equal(a->alpha, b->alpha);
  assert_int_equal(a->image, b->image);
  size_t count = (size_t)(a->dims[1] * a->dims[2] * a->dims[3]);
  assert_memory_equal(a->data, b->data, count * clup_dtype_size(a->dtype));
}

static void round_trip(encoder *write, decoder *read, int channels, int wide) {
  cli_error error = {""};
  cli_array image = make_image(channels, 5, 7, wide);
  size_t size;
  unsigned char *bytes = encode(write, &image, &size);
  cli_array back;
  if (read(&error, "test", bytes, size, &back) != CLI_OK) fail_msg("%s", error.text);
  same_image(&image, &back);
  array_free(&back);
  array_free(&image);
  free(bytes);
}

static void png_round_trips(void **state) {
  (void)state;
  for (int channels = 1; channels <= 4; channels++) {
    round_trip(png_encode, png_decode, channels, 0);
    round_trip(png_encode, png_decode, channels, 1);
  }
}

static void pnm_round_trips(void **state) {
  (void)state;
  for (int channels = 1; channels <= 3; channels += 2) {
    round_trip(pnm_encode, pnm_decode, channels, 0);
    round_trip(pnm_encode, pnm_decode, channels, 1);
  }
}

/* JPEG loses something, but little of a smooth picture, and neither its size nor its channels. */
static void jpeg_round_trip(void **state) {
  (void)state;
  for (int channels = 1; channels <= 3; channels += 2) {
    cli_error error = {""};
    cli_array image = make_image(channels, 19, 33, 0);
    for (int i = 0; i < channels * 19 * 33; i++) ((uint8_t *)image.data)[i] = (uint8_t)(60 + i % 33 * 4);
    size_t size;
    unsigned char *bytes = encode(jpeg_encode, &image, &size);
    cli_array back;
    assert_int_equal(jpeg_decode(&error, "test", bytes, size, &back), CLI_OK);
    assert_memory_equal(back.dims, image.dims, 4 * sizeof(int64_t));
    for (int i = 0; i < channels * 19 * 33; i++) {
      assert_true(abs(((uint8_t *)back.data)[i] - ((uint8_t *)image.data)[i]) <= 8);
    }
    array_free(&back);
    array_free(&image);
    free(bytes);
  }
}

/* A PNG by libpng itself, of a kind that clup does not write: `rows` are packed as the file has them. */
static unsigned char *raw_png(int type, int depth, int width, int height, int interlace, unsigned char *rows,
                              size_t row_bytes, size_t *size) {
  char *bytes = NULL;
  FILE *out = open_memstream(&bytes, size);
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  png_infop info = png_create_info_struct(png);
  assert_int_equal(setjmp(png_jmpbuf(png)), 0);
  png_init_io(png, out);
  png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, depth, type,
               interlace ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  const png_color palette[4] = {{1, 2, 3}, {40, 50, 60}, {70, 80, 90}, {100, 110, 120}};
  png_byte opacity[4] = {255, 128, 0, 7};
  if (type == PNG_COLOR_TYPE_PALETTE) png_set_PLTE(png, info, palette, 4);
  if (type == PNG_COLOR_TYPE_PALETTE && depth == 8) png_set_tRNS(png, info, opacity, 4, NULL);
  png_write_info(png, info);
  png_bytep pointers[16];
  for (int y = 0; y < height; y++) pointers[y] = rows + (size_t)y * row_bytes;
  png_write_image(png, pointers);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  fclose(out);
  return (unsigned char *)bytes;
}

/* Reads such a PNG of `width` x `height` and compares its planes. */
static void expect_png(int type, int depth, int width, int height, unsigned char *rows, size_t row_bytes,
                       int64_t channels, const uint8_t *want) {
  cli_error error = {""};
  cli_array image;
  size_t size;
  unsigned char *bytes = raw_png(type, depth, width, height, height > 1, rows, row_bytes, &size);
  if (png_decode(&error, "test", bytes, size, &image) != CLI_OK) fail_msg("%s", error.text);
  assert_int_equal(image.dims[1], channels);
  assert_memory_equal(image.data, want, (size_t)channels * (size_t)width * (size_t)height);
  array_free(&image);
  free(bytes);
}

static void png_of_other_kinds(void **state) {
  (void)state;
  /* Palette of 2 bits: indices 0 1 2 3 in one byte. */
  unsigned char packed[1] = {0x1b};
  const uint8_t colours[12] = {1, 40, 70, 100, 2, 50, 80, 110, 3, 60, 90, 120};
  expect_png(PNG_COLOR_TYPE_PALETTE, 2, 4, 1, packed, 1, 3, colours);
  /* Palette with opacity. */
  unsigned char indices[4] = {0, 1, 2, 3};
  const uint8_t with_alpha[16] = {1, 40, 70, 100, 2, 50, 80, 110, 3, 60, 90, 120, 255, 128, 0, 7};
  expect_png(PNG_COLOR_TYPE_PALETTE, 8, 4, 1, indices, 4, 4, with_alpha);
  /* Gray of 1, 2 and 4 bits is scaled to 255. */
  unsigned char bits[1] = {0xa0};
  const uint8_t one_bit[4] = {255, 0, 255, 0};
  expect_png(PNG_COLOR_TYPE_GRAY, 1, 4, 1, bits, 1, 1, one_bit);
  const uint8_t two_bits[4] = {0, 85, 170, 255};
  expect_png(PNG_COLOR_TYPE_GRAY, 2, 4, 1, packed, 1, 1, two_bits);
  unsigned char nibbles[2] = {0x0f, 0x21};
  const uint8_t four_bits[4] = {0, 255, 34, 17};
  expect_png(PNG_COLOR_TYPE_GRAY, 4, 4, 1, nibbles, 2, 1, four_bits);
  /* Interlaced, as all of more than one row here. */
  unsigned char plane[64];
  for (int i = 0; i < 64; i++) plane[i] = (unsigned char)(3 * i);
  expect_png(PNG_COLOR_TYPE_GRAY, 8, 8, 8, plane, 8, 1, plane);
}

static void pnm_as_text_and_odd_scales(void **state) {
  (void)state;
  static const struct {
    const char *file;
    size_t size;
    int64_t channels;
    clup_dtype dtype;
    unsigned first, last;
  } cases[] = {{"P2\n# a comment\n2 1\n255\n7 250\n", 0, 1, CLUP_U8, 7, 250},
               {"P2 2 1 # here\n100 0 100", 0, 1, CLUP_U8, 0, 255},
               {"P3 1 1 255 1 2 3", 0, 3, CLUP_U8, 1, 3},
               {"P2 2 1 1023 0 1023\n", 0, 1, CLUP_U16, 0, 65535},
               {"P5 2 1 15\n\x00\x0f", 12, 1, CLUP_U8, 0, 255},
               {"P5\n2 1\n65535\n\x12\x34\xff\xff", 17, 1, CLUP_U16, 0x1234, 65535},
               {"P6 1 1 255 \x01\x02\x03", 14, 3, CLUP_U8, 1, 3}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cli_error error = {""};
    cli_array image;
    size_t size = cases[i].size != 0 ? cases[i].size : strlen(cases[i].file);
    if (pnm_decode(&error, "test", (const unsigned char *)cases[i].file, size, &image) != CLI_OK) {
      fail_msg("case %zu: %s", i, error.text);
    }
    assert_int_equal(image.dims[1], cases[i].channels);
    assert_int_equal(image.dtype, cases[i].dtype);
    size_t last = (size_t)(image.dims[1] * image.dims[2] * image.dims[3]) - 1;
    int wide = image.dtype == CLUP_U16;
    assert_int_equal(wide ? ((uint16_t *)image.data)[0] : ((uint8_t *)image.data)[0], cases[i].first);
    assert_int_equal(wide ? ((uint16_t *)image.data)[last] : ((uint8_t *)image.data)[last], cases[i].last);
    array_free(&image);
  }
}

static void pnm_hostile(void **state) {
  (void)state;
  static const char *const files[] = {"",
                                      "P",
                                      "P5",
                                      "P5 2",
                                      "P5 2 2",
                                      "P5 2 2 255",
                                      "P5 2 2 255 abc",
                                      "P5 0 2 255 ",
                                      "P5 -1 2 255 ",
                                      "P5 2 2 0 aaaa",
                                      "P5 2 2 65536 aaaaaaaa",
                                      "P5 99999 99999 255 a",
                                      "P5 2147483647 2147483647 65535 a",
                                      "P5 99999999999999999999 1 255 a",
                                      "P2 2 1 255 7",
                                      "P2 2 1 255 7 x",
                                      "P2 2 1 255 7 256",
                                      "P2 2 1 255 7 -1",
                                      "P2 1 1 255 99999999999999999999",
                                      "P3 1 1 255 1 2",
                                      "P4 1 1 a",
                                      "P1 1 1 1",
                                      "P7\nWIDTH 1\n",
                                      "P9 1 1 255 a",
                                      "P6 1 1 255 ab",
                                      "P2 1 1 # never ends",
                                      "GIF89a"};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    cli_error error = {""};
    cli_array image = {0};
    size_t size = strlen(files[i]);
    /* A copy of exactly that size, for the sanitizers. */
    unsigned char *bytes = malloc(size != 0 ? size : 1);
    memcpy(bytes, files[i], size);
    if (pnm_decode(&error, "test", bytes, size, &image) != CLI_BAD_INPUT) fail_msg("'%s' was read", files[i]);
    assert_non_null(strstr(error.text, "test : "));
    free(bytes);
  }
}

/* Every prefix of a good file is refused. JPEG: up to its last entropy-coded byte; the two-byte end mark may lack. */
static void truncations(encoder *write, decoder *read, int spared) {
  cli_array image = make_image(3, 9, 11, 0);
  size_t size;
  unsigned char *bytes = encode(write, &image, &size);
  for (size_t length = 0; length + (size_t)spared < size; length++) {
    cli_error error = {""};
    cli_array back = {0};
    unsigned char *part = malloc(length != 0 ? length : 1);
    memcpy(part, bytes, length);
    if (read(&error, "test", part, length, &back) != CLI_BAD_INPUT)
      fail_msg("%zu of %zu bytes were read", length, size);
    assert_true(strlen(error.text) > strlen("test : "));
    free(part);
  }
  free(bytes);
  array_free(&image);
}

static void png_truncated(void **state) {
  (void)state;
  truncations(png_encode, png_decode, 0);
}

static void jpeg_truncated(void **state) {
  (void)state;
  truncations(jpeg_encode, jpeg_decode, 2);
}

static void pnm_truncated(void **state) {
  (void)state;
  truncations(pnm_encode, pnm_decode, 0);
}

static uint32_t crc_of(const unsigned char *bytes, size_t size) {
  uint32_t crc = 0xffffffffu;
  for (size_t i = 0; i < size; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1u)));
  }
  return ~crc;
}

/* A PNG of a few bytes that claims 900000 x 900000 pixels of 64 bits is refused before memory is taken for it. */
static void png_that_claims_too_much(void **state) {
  (void)state;
  cli_array image = make_image(4, 4, 4, 1);
  size_t size;
  unsigned char *bytes = encode(png_encode, &image, &size);
  const unsigned char side[4] = {0, 0x0d, 0xbb, 0xa0};
  memcpy(bytes + 16, side, 4);
  memcpy(bytes + 20, side, 4);
  uint32_t crc = crc_of(bytes + 12, 17);
  for (int i = 0; i < 4; i++) bytes[29 + i] = (unsigned char)(crc >> (24 - 8 * i));
  cli_error error = {""};
  cli_array back = {0};
  assert_int_equal(png_decode(&error, "test", bytes, size, &back), CLI_BAD_INPUT);
  assert_non_null(strstr(error.text, "900000x900000"));
  free(bytes);
  array_free(&image);
}

static void jpeg_that_claims_too_much(void **state) {
  (void)state;
  cli_array image = make_image(3, 8, 8, 0);
  size_t size;
  unsigned char *bytes = encode(jpeg_encode, &image, &size);
  for (size_t i = 0; i + 9 < size; i++) {
    if (bytes[i] == 0xff && bytes[i + 1] == 0xc0) memset(bytes + i + 5, 0xfd, 4);
  }
  cli_error error = {""};
  cli_array back = {0};
  assert_int_equal(jpeg_decode(&error, "test", bytes, size, &back), CLI_BAD_INPUT);
  assert_non_null(strstr(error.text, "65021x65021"));
  free(bytes);
  array_free(&image);
}

/* Single bytes changed: whatever happens, no crash, and a failure has a message. */
static void corruptions(void **state) {
  (void)state;
  encoder *const writers[] = {png_encode, jpeg_encode, pnm_encode};
  decoder *const readers[] = {png_decode, jpeg_decode, pnm_decode};
  for (int kind = 0; kind < 3; kind++) {
    cli_array image = make_image(3, 9, 11, 0);
    size_t size;
    int refused = 0;
    unsigned char *bytes = encode(writers[kind], &image, &size);
    for (size_t at = 0; at < size; at++) {
      for (int flip = 1; flip < 256; flip += 51) {
        cli_error error = {""};
        cli_array back = {0};
        bytes[at] = (unsigned char)(bytes[at] ^ flip);
        int rc = readers[kind](&error, "test", bytes, size, &back);
        assert_true(rc == CLI_OK || (rc == CLI_BAD_INPUT && strlen(error.text) > strlen("test : ")));
        refused += rc != CLI_OK;
        array_free(&back);
        bytes[at] = (unsigned char)(bytes[at] ^ flip);
      }
    }
    assert_true(refused > 20);
    free(bytes);
    array_free(&image);
  }
}

static void outputs_that_are_no_images(void **state) {
  (void)state;
  static const struct {
    const char *path;
    cli_array array;
    const char *word;
  } cases[] = {
      {"a.png", {.dtype = CLUP_U8, .rank = 4, .dims = {2, 3, 4, 4}}, "2x3x4x4"},
      {"a.png", {.dtype = CLUP_U8, .rank = 2, .dims = {4, 4}}, "4x4"},
      {"a.png", {.dtype = CLUP_U8, .rank = 4, .dims = {1, 5, 4, 4}}, "has 5"},
      {"a.png", {.dtype = CLUP_U8, .rank = 3, .dims = {0, 4, 4}}, "has 0"},
      {"a.png", {.dtype = CLUP_U8, .rank = 3, .dims = {1, 0, 4}}, "one pixel"},
      {"a.png", {.dtype = CLUP_I32, .rank = 3, .dims = {1, 4, 4}}, "i32"},
      {"a.jpg", {.dtype = CLUP_U8, .rank = 3, .dims = {4, 4, 4}}, "alpha"},
      {"a.ppm", {.dtype = CLUP_U8, .rank = 3, .dims = {2, 4, 4}}, "alpha"},
      {"a.ppm", {.dtype = CLUP_U8, .rank = 3, .dims = {1, 4, 4}}, "has 1"},
      {"a.pgm", {.dtype = CLUP_U8, .rank = 3, .dims = {3, 4, 4}}, "has 3"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cli_error error = {""};
    const file_format *format = array_file_format(&error, cases[i].path, NULL);
    assert_non_null(format);
    int rc = array_file_check(&error, cases[i].path, format, &cases[i].array);
    if (rc != CLI_USAGE || strstr(error.text, cases[i].word) == NULL) fail_msg("case %zu: %d, %s", i, rc, error.text);
  }
}

/* Floats are rounded to nearest even and saturated; 16 bits become 8 where the format has no more. */
static void samples_from_other_dtypes(void **state) {
  (void)state;
  cli_error error = {""};
  float floats[6] = {-3, 0.5f, 1.5f, 254.6f, 300, 2.5f};
  const uint8_t rounded[6] = {0, 0, 2, 255, 255, 2};
  cli_array array = {.dtype = CLUP_F32, .rank = 3, .dims = {1, 2, 3}, .data = floats};
  image_pixels pixels;
  assert_int_equal(image_pixels_from(&error, "test", &array, 1, &pixels), CLI_OK);
  assert_int_equal(pixels.wide, 0);
  assert_memory_equal(pixels.data, rounded, 6);
  free(pixels.data);
  uint16_t words[3] = {0, 32896, 65535};
  const uint8_t bytes[3] = {0, 128, 255};
  cli_array wide = {.dtype = CLUP_U16, .rank = 3, .dims = {1, 1, 3}, .data = words};
  assert_int_equal(image_pixels_from(&error, "test", &wide, 0, &pixels), CLI_OK);
  assert_memory_equal(pixels.data, bytes, 3);
  free(pixels.data);
  /* f32 that came from a 16-bit image goes back to one. */
  array.image = 65535;
  assert_int_equal(image_pixels_from(&error, "test", &array, 1, &pixels), CLI_OK);
  assert_int_equal(pixels.wide, 1);
  assert_int_equal(((uint16_t *)pixels.data)[4], 300);
  free(pixels.data);
}

static void opacity(void **state) {
  (void)state;
  float data[8] = {200, 100, 50, 40, /* alpha */ 255, 51, 0, 255};
  cli_array image = {.dtype = CLUP_F32, .rank = 4, .dims = {1, 2, 2, 2}, .data = data, .image = 255, .alpha = 1};
  image_premultiply(&image, 255);
  assert_true(data[0] == 200 && data[1] == 20 && data[2] == 0 && data[3] == 40);
  image_unpremultiply(&image, 255);
  assert_true(data[0] == 200 && data[1] == 100 && data[2] == 0 && data[3] == 40);
  assert_true(data[4] == 255 && data[5] == 51 && data[6] == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(png_round_trips),
      cmocka_unit_test(pnm_round_trips),
      cmocka_unit_test(jpeg_round_trip),
      cmocka_unit_test(png_of_other_kinds),
      cmocka_unit_test(pnm_as_text_and_odd_scales),
      cmocka_unit_test(pnm_hostile),
      cmocka_unit_test(png_truncated),
      cmocka_unit_test(jpeg_truncated),
      cmocka_unit_test(pnm_truncated),
      cmocka_unit_test(png_that_claims_too_much),
      cmocka_unit_test(jpeg_that_claims_too_much),
      cmocka_unit_test(corruptions),
      cmocka_unit_test(outputs_that_are_no_images),
      cmocka_unit_test(samples_from_other_dtypes),
      cmocka_unit_test(opacity),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

typedef struct source {
  const unsigned char *at;
  size_t left;
} source;

static void read_bytes(png_structp png, png_bytep to, size_t count) {
  source *from = png_get_io_ptr(png);
  if (count > from->left) png_error(png, "the file ends too early");
  memcpy(to, from->at, count);
  from->at += count;
  from->left -= count;
}

/* Keeps libpng's message for the caller's one line. */
static void on_error(png_structp png, png_const_charp message) {
  snprintf(png_get_error_ptr(png), 256, "%s", message);
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static int host_is_little_endian(void) {
  const uint16_t one = 1;
  return *(const unsigned char *)&one == 1;
}

/* Everything that must outlive a longjmp. */
typedef struct reading {
  png_structp png;
  png_infop info;
  source from;
  unsigned char *rows;
  png_bytep *row_pointers;
  cli_array image;
  char why[256];
  int rc;
} reading;

static void read_image(cli_error *error, const char *name, size_t size, reading *r) {
  png_set_read_fn(r->png, &r->from, read_bytes);
  png_read_info(r->png, r->info);
  png_uint_32 width = png_get_image_width(r->png, r->info);
  png_uint_32 height = png_get_image_height(r->png, r->info);
  /* Deflate packs at most 1032 bytes into one: a larger claim is a lie, told before memory is taken for it. Seven
   * passes of an interlaced image have the same pixels. */
  double raw = (double)height * (double)png_get_rowbytes(r->png, r->info);
  if (raw > 1040.0 * (double)size) {
    r->rc = cli_fail(error, CLI_BAD_INPUT, name, "is malformed: %lux%lu pixels cannot be in %zu bytes",
                     (unsigned long)width, (unsigned long)height, size);
    return;
  }
  png_set_expand(r->png);
  if (host_is_little_endian()) png_set_swap(r->png);
  png_set_interlace_handling(r->png);
  png_read_update_info(r->png, r->info);
  int channels = png_get_channels(r->png, r->info);
  size_t row_bytes = png_get_rowbytes(r->png, r->info);
  r->rc = image_allocate(error, name, width, height, channels, png_get_bit_depth(r->png, r->info) == 16, &r->image);
  if (r->rc != CLI_OK) return;
  r->rows = malloc(row_bytes * height);
  r->row_pointers = malloc(height * sizeof *r->row_pointers);
  if (r->rows == NULL || r->row_pointers == NULL) {
    r->rc = cli_no_memory(error, name, row_bytes * height);
    return;
  }
  for (size_t y = 0; y < height; y++) r->row_pointers[y] = r->rows + y * row_bytes;
  png_read_image(r->png, r->row_pointers);
  png_read_end(r->png, NULL);
  for (size_t y = 0; y < height; y++) image_put_row(&r->image, y, r->row_pointers[y]);
}

int png_decode(cli_error *error, const char *name, const unsigned char *bytes, size_t size, cli_array *out) {
  reading *r = calloc(1, sizeof *r);
  if (r == NULL) return cli_no_memory(error, name, sizeof *r);
  r->from = (source){bytes, size};
  r->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, r->why, on_error, on_warning);
  r->info = r->png != NULL ? png_create_info_struct(r->png) : NULL;
  if (r->info == NULL) {
    r->rc = cli_no_memory(error, name, sizeof *r);
  } else if (setjmp(png_jmpbuf(r->png)) != 0) {
    r->rc = cli_fail(error, CLI_BAD_INPUT, name, "is not a whole PNG image: %s", r->why);
  } else {
    read_image(error, name, size, r);
  }
  int rc = r->rc;
  if (rc == CLI_OK) {
    *out = r->image;
  } else {
    array_free(&r->image);
  }
  png_destroy_read_struct(&r->png, &r->info, NULL);
  free(r->rows);
  free(r->row_pointers);
  free(r);
  return rc;
}

int png_encode(cli_error *error, FILE *out, const image_pixels *pixels) {
  static const int types[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                              PNG_COLOR_TYPE_RGB_ALPHA};
  char why[256] = "";
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, why, on_error, on_warning);
  png_infop info = png != NULL ? png_create_info_struct(png) : NULL;
  if (info == NULL) {
    png_destroy_write_struct(&png, &info);
    return cli_no_memory(error, "output", sizeof why);
  }
  if (setjmp(png_jmpbuf(png)) != 0) {
    png_destroy_write_struct(&png, &info);
    return cli_fail(error, CLI_FAILED, "output", "the PNG image cannot be written: %s", why);
  }
  png_init_io(png, out);
  /* libpng's own limit of a million pixels a side is for strangers' files, not for results. */
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_IHDR(png, info, (png_uint_32)pixels->width, (png_uint_32)pixels->height, pixels->wide ? 16 : 8,
               types[pixels->channels], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  if (pixels->wide && host_is_little_endian()) png_set_swap(png);
  size_t row = (size_t)pixels->width * (size_t)pixels->channels * (pixels->wide ? 2u : 1u);
  for (int64_t y = 0; y < pixels->height; y++) {
    png_write_row(png, (png_const_bytep)pixels->data + (size_t)y * row);
  }
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return CLI_OK;
}

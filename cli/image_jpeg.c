#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* After <stdio.h>: it needs FILE. */
#include <jerror.h>
#include <jpeglib.h>

#include "image.h"

enum { QUALITY = 95, MAX_SIDE = 65500 };

/* libjpeg's error manager, with a way back in place of its exit(). */
typedef struct manager {
  struct jpeg_error_mgr base;
  jmp_buf back;
  char why[JMSG_LENGTH_MAX];
} manager;

static void on_error(j_common_ptr info) {
  manager *m = (manager *)info->err;
  info->err->format_message(info, m->why);
  longjmp(m->back, 1);
}

/* libjpeg fills up what is missing with gray and calls that a warning. */
static void on_message(j_common_ptr info, int level) {
  int code = info->err->msg_code;
  if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE)) on_error(info);
}

static void on_output(j_common_ptr info) {
  (void)info;
}

static void manager_init(manager *m) {
  jpeg_std_error(&m->base);
  m->base.error_exit = on_error;
  m->base.emit_message = on_message;
  m->base.output_message = on_output;
}

typedef struct reading {
  struct jpeg_decompress_struct jpeg;
  manager errors;
  unsigned char *row;
  cli_array image;
  int rc;
} reading;

static void read_image(cli_error *error, const char *name, size_t size, reading *r) {
  struct jpeg_decompress_struct *jpeg = &r->jpeg;
  jpeg_read_header(jpeg, TRUE);
  /* Huffman coding spends a bit or more on each block of 8x8; more pixels than that cannot be in the file. Arithmetic
   * coding may spend less, so there the limit is plain. */
  double pixels = (double)jpeg->image_width * jpeg->image_height;
  double most = jpeg->arith_code ? (double)(1 << 28) : 512.0 * (double)size;
  if (pixels > most) {
    r->rc = cli_fail(error, CLI_BAD_INPUT, name, "is malformed: %ux%u pixels cannot be in %zu bytes", jpeg->image_width,
                     jpeg->image_height, size);
    return;
  }
  if (jpeg->jpeg_color_space != JCS_GRAYSCALE && jpeg->jpeg_color_space != JCS_YCbCr &&
      jpeg->jpeg_color_space != JCS_RGB) {
    r->rc = cli_fail(error, CLI_BAD_INPUT, name, "JPEG images are read as gray or RGB, this one has %d other channels",
                     jpeg->num_components);
    return;
  }
  jpeg->out_color_space = jpeg->jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(jpeg);
  r->rc = image_allocate(error, name, jpeg->output_width, jpeg->output_height, jpeg->output_components, 0, &r->image);
  if (r->rc != CLI_OK) return;
  size_t row_bytes = (size_t)jpeg->output_width * (size_t)jpeg->output_components;
  r->row = malloc(row_bytes);
  if (r->row == NULL) {
    r->rc = cli_no_memory(error, name, row_bytes);
    return;
  }
  while (jpeg->output_scanline < jpeg->output_height) {
    size_t y = jpeg->output_scanline;
    jpeg_read_scanlines(jpeg, &r->row, 1);
    image_put_row(&r->image, y, r->row);
  }
  jpeg_finish_decompress(jpeg);
}

int jpeg_decode(cli_error *error, const char *name, const unsigned char *bytes, size_t size, cli_array *out) {
  reading *r = calloc(1, sizeof *r);
  if (r == NULL) return cli_no_memory(error, name, sizeof *r);
  manager_init(&r->errors);
  r->jpeg.err = &r->errors.base;
  if (setjmp(r->errors.back) != 0) {
    r->rc = cli_fail(error, CLI_BAD_INPUT, name, "is not a whole JPEG image: %s", r->errors.why);
  } else {
    jpeg_create_decompress(&r->jpeg);
    jpeg_mem_src(&r->jpeg, bytes, (unsigned long)size);
    read_image(error, name, size, r);
  }
  int rc = r->rc;
  if (rc == CLI_OK) {
    *out = r->image;
  } else {
    array_free(&r->image);
  }
  jpeg_destroy_decompress(&r->jpeg);
  free(r->row);
  free(r);
  return rc;
}

int jpeg_encode(cli_error *error, FILE *out, const image_pixels *pixels) {
  if (pixels->width > MAX_SIDE || pixels->height > MAX_SIDE) {
    return cli_fail(error, CLI_USAGE, "output", "a JPEG image has at most %d pixels a side, the result %lldx%lld",
                    MAX_SIDE, (long long)pixels->width, (long long)pixels->height);
  }
  struct jpeg_compress_struct jpeg;
  manager errors;
  memset(&jpeg, 0, sizeof jpeg);
  manager_init(&errors);
  jpeg.err = &errors.base;
  if (setjmp(errors.back) != 0) {
    jpeg_destroy_compress(&jpeg);
    return cli_fail(error, CLI_FAILED, "output", "the JPEG image cannot be written: %s", errors.why);
  }
  jpeg_create_compress(&jpeg);
  jpeg_stdio_dest(&jpeg, out);
  jpeg.image_width = (JDIMENSION)pixels->width;
  jpeg.image_height = (JDIMENSION)pixels->height;
  jpeg.input_components = pixels->channels;
  jpeg.in_color_space = pixels->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, QUALITY, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  size_t row = (size_t)pixels->width * (size_t)pixels->channels;
  for (int64_t y = 0; y < pixels->height; y++) {
    JSAMPROW samples = (unsigned char *)pixels->data + (size_t)y * row;
    jpeg_write_scanlines(&jpeg, &samples, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  return CLI_OK;
}

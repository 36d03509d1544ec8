#include "array_file.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "npy.h"

struct file_format {
  const char *extension;
  const char *name;
  int (*decode)(cli_error *error, const char *name, const unsigned char *bytes, size_t size, cli_array *out);
  int (*encode)(cli_error *error, FILE *out, const image_pixels *pixels);
  int channels; /* an image of so many only; 0: any that alpha allows */
  int alpha;
  int wide;
};

/* .npy, the one that is no image, has neither image function. */
static const file_format formats[] = {
    {"npy", ".npy", NULL, NULL, 0, 1, 1},
    {"png", "PNG", png_decode, png_encode, 0, 1, 1},
    {"jpg", "JPEG", jpeg_decode, jpeg_encode, 0, 0, 0},
    {"jpeg", "JPEG", jpeg_decode, jpeg_encode, 0, 0, 0},
    {"pnm", "PNM", pnm_decode, pnm_encode, 0, 0, 1},
    {"ppm", "PPM", pnm_decode, pnm_encode, 3, 0, 1},
    {"pgm", "PGM", pnm_decode, pnm_encode, 1, 0, 1},
};

static int same_word(const char *a, const char *b) {
  while (*a != 0 && tolower((unsigned char)*a) == tolower((unsigned char)*b)) {
    a++;
    b++;
  }
  return *a == 0 && *b == 0;
}

const file_format *array_file_format(cli_error *error, const char *path, const char *format) {
  const char *extension = strrchr(path, '.');
  int is_pipe = strcmp(path, "-") == 0;
  if (is_pipe && format == NULL) {
    cli_note(error, "-", "needs --format npy, png, jpg, pnm, ppm or pgm");
    return NULL;
  }
  const char *word = is_pipe ? format : extension != NULL ? extension + 1 : "";
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
    if (same_word(formats[i].extension, word)) return &formats[i];
  }
  if (is_pipe) {
    cli_note(error, "--format", "'%s' is none of npy, png, jpg, pnm, ppm, pgm", format);
  } else {
    cli_note(error, path, "its name ends in none of .npy .png .jpg .jpeg .pnm .ppm .pgm");
  }
  return NULL;
}

int array_file_is_image(const file_format *format) {
  return format->decode != NULL;
}

int array_file_read(cli_error *error, const char *path, const file_format *format, cli_array *out) {
  unsigned char *bytes;
  size_t size;
  int rc = file_read(error, path, &bytes, &size);
  if (rc != CLI_OK) return rc;
  if (format->decode == NULL) return npy_decode(error, path, bytes, size, out);
  rc = format->decode(error, path, bytes, size, out);
  free(bytes);
  return rc;
}

int array_file_check(cli_error *error, const char *path, const file_format *format, const cli_array *array) {
  if (format->encode == NULL) return CLI_OK;
  int rc = image_check(error, path, array, format->name, format->alpha);
  if (rc != CLI_OK) return rc;
  int64_t channels = array->dims[array->rank - 3];
  if (format->channels != 0 && channels != format->channels) {
    return cli_fail(error, CLI_USAGE, path, "a %s image has %d channel(s), the result has %lld", format->name,
                    format->channels, (long long)channels);
  }
  return CLI_OK;
}

int array_file_write(cli_error *error, const char *path, const file_format *format, const cli_array *array, FILE *out) {
  if (format->encode == NULL) return npy_encode(error, out, array);
  image_pixels pixels;
  int rc = image_pixels_from(error, path, array, format->wide, &pixels);
  if (rc != CLI_OK) return rc;
  rc = format->encode(error, out, &pixels);
  free(pixels.data);
  return rc;
}

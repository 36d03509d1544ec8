#include "image.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int image_allocate(cli_error *error, const char *name, size_t width, size_t height, int channels, int wide,
                   cli_array *out) {
  cli_array image = {.dtype = wide ? CLUP_U16 : CLUP_U8,
                     .rank = 4,
                     .dims = {1, channels, (int64_t)height, (int64_t)width},
                     .image = wide ? 65535 : 255,
                     .alpha = channels == 2 || channels == 4};
  size_t elements;
  int rc = array_count(error, CLI_BAD_INPUT, name, &image, &elements);
  if (rc == CLI_OK) rc = array_allocate(error, name, &image);
  if (rc == CLI_OK) *out = image;
  return rc;
}

void image_put_row(cli_array *image, size_t y, const void *samples) {
  size_t channels = (size_t)image->dims[1];
  size_t height = (size_t)image->dims[2];
  size_t width = (size_t)image->dims[3];
  for (size_t c = 0; c < channels; c++) {
    size_t to = (c * height + y) * width;
    for (size_t x = 0; x < width; x++) {
      if (image->dtype == CLUP_U16) {
        ((uint16_t *)image->data)[to + x] = ((const uint16_t *)samples)[x * channels + c];
      } else {
        ((uint8_t *)image->data)[to + x] = ((const uint8_t *)samples)[x * channels + c];
      }
    }
  }
}

static int is_image_dtype(clup_dtype dtype) {
  return dtype == CLUP_U8 || dtype == CLUP_U16 || dtype == CLUP_F32 || dtype == CLUP_F16 || dtype == CLUP_BF16 ||
         dtype == CLUP_F64;
}

int image_check(cli_error *error, const char *name, const cli_array *array, const char *kind, int alpha) {
  char text[256];
  dims_text(array->rank, array->dims, text, sizeof text);
  if (array->rank < 3 || array->rank > 4 || (array->rank == 4 && array->dims[0] != 1)) {
    return cli_fail(error, CLI_USAGE, name, "an image is 1xCxHxW or CxHxW, the result is %s", text);
  }
  int64_t channels = array->dims[array->rank - 3];
  if (channels < 1 || channels > 4) {
    return cli_fail(error, CLI_USAGE, name, "an image has 1 to 4 channels, the result %s has %lld", text,
                    (long long)channels);
  }
  if (!alpha && (channels == 2 || channels == 4)) {
    return cli_fail(error, CLI_USAGE, name, "%s keeps no alpha, and the result %s has %lld channels, alpha the last",
                    kind, text, (long long)channels);
  }
  if (array->dims[array->rank - 2] < 1 || array->dims[array->rank - 1] < 1) {
    return cli_fail(error, CLI_USAGE, name, "an image has at least one pixel, the result is %s", text);
  }
  if (array->dims[array->rank - 2] > INT32_MAX || array->dims[array->rank - 1] > INT32_MAX) {
    return cli_fail(error, CLI_USAGE, name, "the result %s is too large for an image", text);
  }
  if (!is_image_dtype(array->dtype)) {
    return cli_fail(error, CLI_USAGE, name, "an image holds u8 or u16, the result is %s: give --dtype u8 or u16",
                    clup_dtype_name(array->dtype));
  }
  return CLI_OK;
}

/* 16 bits to 8, rounded. */
static uint8_t narrow(uint16_t sample) {
  return (uint8_t)((sample + 128u) / 257u);
}

int image_pixels_from(cli_error *error, const char *name, const cli_array *array, int wide_allowed,
                      image_pixels *pixels) {
  cli_array whole = *array;
  whole.base = NULL;
  int rc = CLI_OK;
  size_t elements;
  int is_wide = array->dtype == CLUP_U16 || (array->dtype != CLUP_U8 && array->image == 65535);
  if (array->dtype != CLUP_U8 && array->dtype != CLUP_U16) {
    /* array_convert() frees what it replaces: give it a copy. */
    rc = array_count(error, CLI_USAGE, name, array, &elements);
    if (rc == CLI_OK) rc = array_allocate(error, name, &whole);
    if (rc == CLI_OK) memcpy(whole.data, array->data, elements * clup_dtype_size(array->dtype));
    if (rc == CLI_OK) rc = array_convert(error, name, &whole, is_wide ? CLUP_U16 : CLUP_U8);
    if (rc != CLI_OK) goto done;
  }
  pixels->wide = is_wide && wide_allowed;
  pixels->channels = (int)array->dims[array->rank - 3];
  pixels->height = array->dims[array->rank - 2];
  pixels->width = array->dims[array->rank - 1];
  rc = array_count(error, CLI_USAGE, name, &whole, &elements);
  if (rc != CLI_OK) goto done;
  pixels->data = malloc(elements * (pixels->wide ? 2 : 1) + 1);
  if (pixels->data == NULL) {
    rc = cli_no_memory(error, name, elements);
    goto done;
  }
  size_t channels = (size_t)pixels->channels;
  size_t plane = elements / channels;
  for (size_t c = 0; c < channels; c++) {
    for (size_t i = 0; i < plane; i++) {
      size_t from = c * plane + i;
      size_t to = i * channels + c;
      if (!is_wide) {
        ((uint8_t *)pixels->data)[to] = ((const uint8_t *)whole.data)[from];
      } else if (pixels->wide) {
        ((uint16_t *)pixels->data)[to] = ((const uint16_t *)whole.data)[from];
      } else {
        ((uint8_t *)pixels->data)[to] = narrow(((const uint16_t *)whole.data)[from]);
      }
    }
  }
done:
  free(whole.base);
  return rc;
}

static double number_at(const cli_array *image, size_t i) {
  return image->dtype == CLUP_F64 ? ((const double *)image->data)[i] : (double)((const float *)image->data)[i];
}

static void put_number(cli_array *image, size_t i, double number) {
  if (image->dtype == CLUP_F64) {
    ((double *)image->data)[i] = number;
  } else {
    ((float *)image->data)[i] = (float)number;
  }
}

/* Each colour times opacity, or divided by it. */
static void weigh(cli_array *image, double full, int divide) {
  size_t channels = (size_t)image->dims[1];
  size_t plane = (size_t)image->dims[2] * (size_t)image->dims[3];
  for (size_t c = 0; c + 1 < channels; c++) {
    for (size_t i = 0; i < plane; i++) {
      double colour = number_at(image, c * plane + i), alpha = number_at(image, (channels - 1) * plane + i);
      put_number(image, c * plane + i, !divide ? colour * alpha / full : alpha > 0 ? colour * full / alpha : 0);
    }
  }
}

void image_premultiply(cli_array *image, double full) {
  weigh(image, full, 0);
}

void image_unpremultiply(cli_array *image, double full) {
  weigh(image, full, 1);
}

/* PNG, JPEG and PNM images as arrays of shape 1xCxHxW, u8 or u16, channels gray, gray+alpha, RGB or RGB+alpha. */
#ifndef CLUP_CLI_IMAGE_H
#define CLUP_CLI_IMAGE_H

#include <stdio.h>

#include "array.h"

/* Each decoder reads a whole file's bytes; CLI_BAD_INPUT when malformed. Decoders of rows that interleave the channels
 * end with image_from_pixels. */
int png_decode(cli_error *error, const char *name, const unsigned char *bytes, size_t size, cli_array *out);
int jpeg_decode(cli_error *error, const char *name, const unsigned char *bytes, size_t size, cli_array *out);
int pnm_decode(cli_error *error, const char *name, const unsigned char *bytes, size_t size, cli_array *out);

/* Pixels with interleaved channels, in native byte order, on their way into a file. */
typedef struct image_pixels {
  int64_t width, height;
  int channels;
  int wide; /* 0: a sample is one byte; 1: two */
  void *data;
} image_pixels;

int png_encode(cli_error *error, FILE *out, const image_pixels *pixels);
int jpeg_encode(cli_error *error, FILE *out, const image_pixels *pixels);
int pnm_encode(cli_error *error, FILE *out, const image_pixels *pixels);

/* Sets dims and dtype, allocates; refuses sizes that overflow. */
int image_allocate(cli_error *error, const char *name, size_t width, size_t height, int channels, int wide,
                   cli_array *out);
/* One row of interleaved samples (native byte order) into the channel planes. */
void image_put_row(cli_array *image, size_t y, const void *samples);

/* Whether a batch-less or N=1 array of this dtype can be an image with at most `most_channels` channels, alpha only
 * where `alpha`; otherwise CLI_USAGE with the numbers. */
int image_check(cli_error *error, const char *name, const cli_array *array, const char *kind, int alpha);
/* The array as pixels: floats are rounded to nearest even and saturated, against array->image or else 255. u16 becomes
 * u8 where `wide_allowed` is 0. The caller frees pixels->data. */
int image_pixels_from(cli_error *error, const char *name, const cli_array *array, int wide_allowed,
                      image_pixels *pixels);

/* Opacity and interpolation: colours are weighted by it first (`image` f32 or f64, 2 or 4 channels, full opacity =
 * `full`), and freed from it afterwards; where it is 0 or less the colour becomes 0. */
void image_premultiply(cli_array *image, double full);
void image_unpremultiply(cli_array *image, double full);

#endif

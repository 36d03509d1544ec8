#include <stdlib.h>
#include <string.h>

#include "image.h"

typedef struct reader {
  const unsigned char *at;
  const unsigned char *end;
} reader;

static int is_space(unsigned char c) {
  return c == ' ' || (c >= 9 && c <= 13);
}

/* The next decimal number, over white space and comments; -1 when there is none below 2^31. */
static int64_t next_number(reader *r) {
  while (r->at < r->end && (is_space(*r->at) || *r->at == '#')) {
    if (*r->at == '#') {
      while (r->at < r->end && *r->at != '\n') r->at++;
    } else {
      r->at++;
    }
  }
  const unsigned char *first = r->at;
  int64_t number = 0;
  for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
    number = number * 10 + (*r->at - '0');
    if (number > INT32_MAX) return -1;
  }
  return r->at == first ? -1 : number;
}

/* One sample, or -1. */
static int64_t next_sample(reader *r, int text, int two_bytes) {
  if (text) return next_number(r);
  int64_t sample = *r->at++;
  return two_bytes ? sample << 8 | *r->at++ : sample;
}

int pnm_decode(cli_error *error, const char *name, const unsigned char *bytes, size_t size, cli_array *out) {
  if (size < 2 || bytes[0] != 'P' || bytes[1] < '1' || bytes[1] > '7') {
    return cli_fail(error, CLI_BAD_INPUT, name, "is not a PNM image: it does not begin with P2, P3, P5 or P6");
  }
  int kind = bytes[1] - '0';
  if (kind == 1 || kind == 4 || kind == 7) {
    return cli_fail(error, CLI_BAD_INPUT, name, "P%d is not read, P2, P3, P5 and P6 are", kind);
  }
  reader r = {bytes + 2, bytes + size};
  int64_t width = next_number(&r);
  int64_t height = next_number(&r);
  int64_t most = next_number(&r);
  if (width < 1 || height < 1 || most < 1 || most > 65535 || r.at == r.end || !is_space(*r.at)) {
    return cli_fail(error, CLI_BAD_INPUT, name,
                    "is malformed: width, height and greatest value (1 to 65535) do not stand in its header");
  }
  r.at++;
  int text = kind < 4;
  int channels = kind == 3 || kind == 6 ? 3 : 1;
  int wide = most > 255;
  /* As text a sample has a digit and a space, but for the last. */
  double need = (double)width * (double)height * channels * (text || wide ? 2 : 1) - (text ? 1 : 0);
  double have = (double)(r.end - r.at);
  if (need > have) {
    return cli_fail(error, CLI_BAD_INPUT, name, "is cut short: %lldx%lldx%d samples need %.0f bytes, the file has %.0f",
                    (long long)width, (long long)height, channels, need, have);
  }
  cli_array image;
  int rc = image_allocate(error, name, (size_t)width, (size_t)height, channels, wide, &image);
  if (rc != CLI_OK) return rc;
  size_t samples = (size_t)width * (size_t)channels;
  uint16_t *row16 = malloc(samples * sizeof *row16);
  if (row16 == NULL) {
    array_free(&image);
    return cli_no_memory(error, name, samples);
  }
  uint8_t *row8 = (uint8_t *)row16;
  for (int64_t y = 0; y < height && rc == CLI_OK; y++) {
    for (size_t i = 0; i < samples; i++) {
      int64_t sample = next_sample(&r, text, wide);
      if (sample < 0 || sample > most) {
        rc = cli_fail(error, CLI_BAD_INPUT, name, "is malformed: sample %zu of row %lld is missing or above %lld", i,
                      (long long)y, (long long)most);
        break;
      }
      /* A file may end its scale anywhere; clup's images end at 255 or 65535. */
      int64_t full = wide ? 65535 : 255;
      int64_t scaled = (sample * full + most / 2) / most;
      if (wide) {
        row16[i] = (uint16_t)scaled;
      } else {
        row8[i] = (uint8_t)scaled;
      }
    }
    if (rc == CLI_OK) image_put_row(&image, (size_t)y, row16);
  }
  free(row16);
  if (rc != CLI_OK) {
    array_free(&image);
    return rc;
  }
  *out = image;
  return CLI_OK;
}

int pnm_encode(cli_error *error, FILE *out, const image_pixels *pixels) {
  (void)error;
  fprintf(out, "P%d\n%lld %lld\n%d\n", pixels->channels == 1 ? 5 : 6, (long long)pixels->width,
          (long long)pixels->height, pixels->wide ? 65535 : 255);
  size_t samples = (size_t)pixels->width * (size_t)pixels->height * (size_t)pixels->channels;
  if (!pixels->wide) {
    fwrite(pixels->data, 1, samples, out);
    return CLI_OK;
  }
  for (size_t i = 0; i < samples; i++) {
    unsigned sample = ((const uint16_t *)pixels->data)[i];
    putc((int)(sample >> 8), out);
    putc((int)(sample & 255), out);
  }
  return CLI_OK;
}

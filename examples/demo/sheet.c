/* clup_demo_sheet OUT.png: draws what stdin says, one command a line, on a white sheet:
 *   canvas WIDTH HEIGHT                       first
 *   ink RED GREEN BLUE                        of what follows
 *   text X Y SIZE WORDS...                    SIZE: the font's pixels become squares of it
 *   frame X Y WIDTH HEIGHT THICKNESS          an outline
 *   crop X Y ZOOM LEFT TOP WIDTH HEIGHT R G B FILE   a part of an image or u8 .npy array, each pixel a square of ZOOM;
 * R G B are the channels to show (all the same for grey) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array_file.h"
#include "font.h"

typedef struct sheet {
  cli_array canvas; /* 1x3xHxW, u8 */
  unsigned char ink[3];
  cli_error error;
} sheet;

static void fill(sheet *s, int64_t x, int64_t y, int64_t width, int64_t height, const unsigned char *colour) {
  int64_t rows = s->canvas.dims[2];
  int64_t columns = s->canvas.dims[3];
  for (int64_t channel = 0; channel < 3; channel++) {
    for (int64_t row = y < 0 ? 0 : y; row < y + height && row < rows; row++) {
      unsigned char *line = (unsigned char *)s->canvas.data + (channel * rows + row) * columns;
      for (int64_t column = x < 0 ? 0 : x; column < x + width && column < columns; column++) {
        line[column] = colour[channel];
      }
    }
  }
}

static int draw_canvas(sheet *s, int64_t width, int64_t height) {
  const int64_t most = 1 << 14;
  if (s->canvas.data != NULL || width < 1 || height < 1 || width > most || height > most) {
    return cli_fail(&s->error, CLI_USAGE, "canvas", "comes once, with sizes from 1 to %d", (int)most);
  }
  s->canvas = (cli_array){.dtype = CLUP_U8, .rank = 4, .dims = {1, 3, height, width}, .image = 255};
  int rc = array_allocate(&s->error, "canvas", &s->canvas);
  if (rc == CLI_OK) memset(s->canvas.data, 255, (size_t)(3 * width * height));
  return rc;
}

static void draw_text(sheet *s, int x, int y, int size, const char *words) {
  for (; *words != 0; words++, x += FONT_ADVANCE * size) {
    for (int row = 0; row < FONT_HEIGHT; row++) {
      for (int column = 0; column < FONT_WIDTH; column++) {
        if (font_ink(*words, column, row)) fill(s, x + column * size, y + row * size, size, size, s->ink);
      }
    }
  }
}

static void draw_frame(sheet *s, int x, int y, int width, int height, int thickness) {
  fill(s, x, y, width, thickness, s->ink);
  fill(s, x, y + height - thickness, width, thickness, s->ink);
  fill(s, x, y, thickness, height, s->ink);
  fill(s, x + width - thickness, y, thickness, height, s->ink);
}

/* at: X Y ZOOM LEFT TOP WIDTH HEIGHT R G B */
static int draw_crop(sheet *s, const int at[10], const char *path) {
  cli_array image = {.data = NULL};
  const file_format *format = array_file_format(&s->error, path, NULL);
  int rc = format == NULL ? CLI_USAGE : array_file_read(&s->error, path, format, &image);
  if (rc != CLI_OK) return rc;
  const int64_t *dims = image.dims + image.rank - 3;
  if (image.rank < 3 || image.dtype != CLUP_U8) {
    rc = cli_fail(&s->error, CLI_BAD_INPUT, path, "is no u8 image");
  } else if (at[3] + at[5] > dims[2] || at[4] + at[6] > dims[1] || at[7] >= dims[0] || at[8] >= dims[0] ||
             at[9] >= dims[0]) {
    rc = cli_fail(&s->error, CLI_USAGE, path, "has %lld channels of %lldx%lld: the crop reaches beyond",
                  (long long)dims[0], (long long)dims[2], (long long)dims[1]);
  } else {
    const unsigned char *pixels = image.data;
    for (int64_t row = 0; row < at[6]; row++) {
      for (int64_t column = 0; column < at[5]; column++) {
        unsigned char colour[3];
        for (int c = 0; c < 3; c++) {
          colour[c] = pixels[(at[7 + c] * dims[1] + at[4] + row) * dims[2] + at[3] + column];
        }
        fill(s, at[0] + column * at[2], at[1] + row * at[2], at[2], at[2], colour);
      }
    }
  }
  array_free(&image);
  return rc;
}

/* `count` numbers from 0 on; what follows them and a space is *rest. */
static int numbers(sheet *s, char **rest, int count, int *out) {
  for (int i = 0; i < count; i++) {
    char *end;
    long number = strtol(*rest, &end, 10);
    if (end == *rest || number < 0 || number > 1 << 14) {
      return cli_fail(&s->error, CLI_USAGE, *rest, "should be %d more numbers from 0 to %d", count - i, 1 << 14);
    }
    out[i] = (int)number;
    *rest = end;
  }
  *rest += strspn(*rest, " ");
  return CLI_OK;
}

static int draw(sheet *s, char *line) {
  char *rest = line + strcspn(line, " ");
  if (*rest != 0) *rest++ = 0;
  int n[10] = {0};
  int rc;
  if (strcmp(line, "canvas") == 0) {
    rc = numbers(s, &rest, 2, n);
    return rc != CLI_OK ? rc : draw_canvas(s, n[0], n[1]);
  }
  if (s->canvas.data == NULL) return cli_fail(&s->error, CLI_USAGE, line, "before canvas");
  if (strcmp(line, "ink") == 0) {
    rc = numbers(s, &rest, 3, n);
    for (int c = 0; c < 3; c++) s->ink[c] = (unsigned char)(n[c] & 255);
  } else if (strcmp(line, "text") == 0) {
    rc = numbers(s, &rest, 3, n);
    if (rc == CLI_OK) draw_text(s, n[0], n[1], n[2], rest);
  } else if (strcmp(line, "frame") == 0) {
    rc = numbers(s, &rest, 5, n);
    if (rc == CLI_OK) draw_frame(s, n[0], n[1], n[2], n[3], n[4]);
  } else if (strcmp(line, "crop") == 0) {
    rc = numbers(s, &rest, 10, n);
    if (rc == CLI_OK) rc = draw_crop(s, n, rest);
  } else {
    rc = cli_fail(&s->error, CLI_USAGE, line, "is none of canvas, ink, text, frame, crop");
  }
  return rc;
}

static int write_png(sheet *s, const char *path) {
  const file_format *format = array_file_format(&s->error, path, NULL);
  if (format == NULL) return CLI_USAGE;
  if (s->canvas.data == NULL) return cli_fail(&s->error, CLI_USAGE, path, "nothing was drawn");
  out_file file;
  int rc = out_file_open(&s->error, path, &file);
  if (rc == CLI_OK) rc = array_file_write(&s->error, path, format, &s->canvas, file.stream);
  if (rc == CLI_OK) return out_file_commit(&s->error, &file);
  out_file_abandon(&file);
  return rc;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: clup_demo_sheet OUT.png < COMMANDS\n");
    return CLI_USAGE;
  }
  sheet s = {.canvas = {.data = NULL}};
  char line[4096];
  int rc = CLI_OK;
  while (rc == CLI_OK && fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = 0;
    if (line[0] != 0) rc = draw(&s, line);
  }
  if (rc == CLI_OK) rc = write_png(&s, argv[1]);
  array_free(&s.canvas);
  if (rc != CLI_OK) fprintf(stderr, "clup_demo_sheet: %s\n", s.error.text);
  return rc;
}

#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Length of the UTF-8 sequence at s, 0 when it is not one. */
static int utf8_length(const unsigned char *s) {
  int length = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
  if (length == 1) return 1;
  uint32_t point = s[0] & (0xffu >> (length + 1));
  if (s[0] < 0xc2 || s[0] > 0xf4) return 0;
  for (int i = 1; i < length; i++) {
    if ((s[i] & 0xc0) != 0x80) return 0;
    point = point << 6 | (s[i] & 0x3fu);
  }
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  return point >= least[length] && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff) ? length : 0;
}

static void put_string(FILE *out, const char *text) {
  putc('"', out);
  for (const unsigned char *s = (const unsigned char *)text; *s != 0;) {
    int length = utf8_length(s);
    if (length == 0) {
      fputs("\\ufffd", out);
      length = 1;
    } else if (*s == '"' || *s == '\\') {
      fprintf(out, "\\%c", *s);
    } else if (*s < 32 || *s == 127) {
      fprintf(out, "\\u%04x", *s);
    } else {
      fwrite(s, 1, (size_t)length, out);
    }
    s += length;
  }
  putc('"', out);
}

static void begin(json *j, const char *key) {
  if (j->started) fputs(", ", j->out);
  j->started = 1;
  if (key != NULL) {
    put_string(j->out, key);
    fputs(": ", j->out);
  }
}

void json_open(json *j, const char *key, char bracket) {
  begin(j, key);
  putc(bracket, j->out);
  j->started = 0;
}

void json_close(json *j, char bracket) {
  putc(bracket, j->out);
  j->started = 1;
}

void json_string(json *j, const char *key, const char *text) {
  begin(j, key);
  if (text == NULL) {
    fputs("null", j->out);
  } else {
    put_string(j->out, text);
  }
}

void json_int(json *j, const char *key, int64_t number) {
  begin(j, key);
  fprintf(j->out, "%" PRId64, number);
}

void json_bool(json *j, const char *key, int truth) {
  begin(j, key);
  fputs(truth ? "true" : "false", j->out);
}

void json_number(json *j, const char *key, double number) {
  begin(j, key);
  if (!isfinite(number)) {
    fputs("null", j->out);
    return;
  }
  char text[40];
  snprintf(text, sizeof text, "%.9g", number);
  for (char *c = text; *c != 0; c++) {
    if (strchr("0123456789+-e", *c) == NULL) {
      /* The locale's decimal sign, of one byte or more. */
      size_t tail = strcspn(c, "0123456789");
      *c = '.';
      memmove(c + 1, c + tail, strlen(c + tail) + 1);
    }
  }
  fputs(text, j->out);
}

void json_ints(json *j, const char *key, int count, const int64_t *numbers) {
  json_open(j, key, '[');
  for (int i = 0; i < count; i++) json_int(j, NULL, numbers[i]);
  json_close(j, ']');
}

void json_raw(json *j, const char *key, const char *text) {
  begin(j, key);
  fputs(text, j->out);
}

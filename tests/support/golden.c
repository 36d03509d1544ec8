#include "golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void stop(const char *what, const char *name) {
  fprintf(stderr, "golden data: %s: %s\n", what, name);
  exit(1);
}

unsigned char *golden_file(const char *name, size_t *size) {
  char path[1000];
  snprintf(path, sizeof path, "%s/golden/%s", CLUP_TESTS_DIR, name);
  FILE *file = fopen(path, "rb");
  if (file == NULL) stop("cannot open", path);
  size_t room = 1 << 16, used = 0;
  unsigned char *bytes = malloc(room);
  while (bytes != NULL) {
    used += fread(bytes + used, 1, room - used, file);
    if (used < room) break;
    unsigned char *more = realloc(bytes, room *= 2);
    if (more == NULL) free(bytes);
    bytes = more;
  }
  if (bytes == NULL || ferror(file)) stop("cannot read", path);
  fclose(file);
  *size = used;
  return bytes;
}

uint16_t golden_u16(const unsigned char *at) {
  return (uint16_t)(at[0] | at[1] << 8);
}

uint32_t golden_u32(const unsigned char *at) {
  return golden_u16(at) | (uint32_t)golden_u16(at + 2) << 16;
}

double golden_f64(const unsigned char *at) {
  const uint64_t bits = golden_u32(at) | (uint64_t)golden_u32(at + 4) << 32;
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static int64_t signed16(const unsigned char *at) {
  const int64_t value = golden_u16(at);
  return value < 0x8000 ? value : value - 0x10000;
}

static uint32_t crc_byte(uint32_t crc, uint32_t byte) {
  crc ^= byte;
  for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320u : 0);
  return crc;
}

uint32_t golden_crc(const int64_t *numbers, int64_t count) {
  uint32_t crc = 0xFFFFFFFFu;
  for (int64_t i = 0; i < count; i++) {
    crc = crc_byte(crc, (uint32_t)numbers[i] & 0xFF);
    crc = crc_byte(crc, (uint32_t)numbers[i] >> 8 & 0xFF);
  }
  return ~crc;
}

golden_nearest golden_nearest_at(const unsigned char *bytes, size_t record) {
  const unsigned char *at = bytes + record * GOLDEN_NEAREST_BYTES;
  return (golden_nearest){golden_f64(at),
                          golden_u16(at + 8),
                          golden_u16(at + 10),
                          golden_u16(at + 12),
                          {golden_u32(at + 16), golden_u32(at + 20)}};
}

golden_size golden_size_at(const unsigned char *bytes, size_t record) {
  const unsigned char *at = bytes + record * GOLDEN_SIZE_BYTES;
  int64_t v[8];
  for (size_t i = 0; i < 8; i++) v[i] = signed16(at + 2 * i);
  return (golden_size){(int)v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]};
}

static void read_line(char *line, golden_case *c) {
  enum { NAME, FILL, SEED, EXPECT, OFFSET, INDICES, DIMS, WORDS };
  char *words[WORDS], *rest = NULL, *bar = strstr(line, " | ");
  if (bar == NULL || strlen(bar + 3) >= sizeof c->text) stop("malformed line", line);
  *bar = 0;
  strcpy(c->text, bar + 3);
  for (int i = 0; i < WORDS; i++) {
    words[i] = strtok_r(i == 0 ? line : NULL, " ", &rest);
    if (words[i] == NULL || strlen(words[i]) >= sizeof c->name) stop("malformed line", line);
  }
  strcpy(c->name, words[NAME]);
  c->fill = strcmp(words[FILL], "bits") == 0    ? REFERENCE_BITS
            : strcmp(words[FILL], "reals") == 0 ? REFERENCE_REALS
                                                : REFERENCE_INTEGERS;
  c->seed = (uint32_t)strtoul(words[SEED], NULL, 10);
  c->expect = strcmp(words[EXPECT], "src") == 0   ? GOLDEN_SOURCE
              : strcmp(words[EXPECT], "f64") == 0 ? GOLDEN_F64
                                                  : GOLDEN_I16;
  c->offset = strtoul(words[OFFSET], NULL, 10);
  c->indices = strcmp(words[INDICES], "-") == 0 ? -1 : strtol(words[INDICES], NULL, 10);
  c->rank = 0;
  for (char *at = words[DIMS]; c->rank < CLUP_MAX_RANK; at++) {
    c->dims[c->rank++] = strtoll(at, &at, 10);
    if (*at != 'x') break;
  }
}

void golden_load(golden_data *data, const char *name) {
  char file[64], *rest = NULL;
  size_t size;
  snprintf(file, sizeof file, "%s.txt", name);
  char *text = (char *)golden_file(file, &size), *ended = realloc(text, size + 1);
  if (ended == NULL) stop("out of memory", file);
  ended[size] = 0;
  size_t lines = 1;
  for (const char *at = ended; *at; at++) lines += *at == '\n';
  *data = (golden_data){.cases = calloc(lines, sizeof *data->cases)};
  if (data->cases == NULL) stop("out of memory", file);
  for (char *line = strtok_r(ended, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
    if (line[0] != '#') read_line(line, &data->cases[data->count++]);
  free(ended);
  snprintf(file, sizeof file, "%s.bin", name);
  data->bytes = golden_file(file, &data->size);
}

void golden_free(golden_data *data) {
  free(data->cases);
  free(data->bytes);
  *data = (golden_data){0};
}

double golden_value(const golden_data *data, const golden_case *c, int64_t i) {
  const size_t width = c->expect == GOLDEN_F64 ? 8 : 2, at = c->offset + (size_t)i * width;
  if (at + width > data->size) stop("the .bin is too short for", c->name);
  return c->expect == GOLDEN_F64 ? golden_f64(data->bytes + at) : (double)signed16(data->bytes + at);
}

int64_t golden_index(const golden_data *data, const golden_case *c, int64_t i) {
  const size_t at = (size_t)c->indices + (size_t)i * 2;
  if (at + 2 > data->size) stop("the .bin is too short for", c->name);
  return signed16(data->bytes + at);
}

/* The golden data of tests/golden (its format: the head of generate.py). */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <clup/clup.h>

#include "reference/reference.h"

typedef enum golden_expect { GOLDEN_I16, GOLDEN_F64, GOLDEN_SOURCE } golden_expect;

typedef struct golden_case {
  char name[40], text[400];
  reference_fill_kind fill;
  uint32_t seed;
  golden_expect expect;
  size_t offset;
  long indices; /* -1: none */
  int rank;
  int64_t dims[CLUP_MAX_RANK];
} golden_case;

typedef struct golden_data {
  golden_case *cases;
  size_t count;
  unsigned char *bytes;
  size_t size;
} golden_data;

/* Ends the program with a message when the data cannot be read: no test can go on without it. name: "cases" for
 * cases.txt and cases.bin. */
void golden_load(golden_data *data, const char *name);
void golden_free(golden_data *data);

/* The expected element `i` of a case: a value, or the source's flat index. */
double golden_value(const golden_data *data, const golden_case *c, int64_t i);
/* The max_unpool index `i` of a case. */
int64_t golden_index(const golden_data *data, const golden_case *c, int64_t i);

/* A whole file of tests/golden, malloc'd. */
unsigned char *golden_file(const char *name, size_t *size);
uint16_t golden_u16(const unsigned char *at);
uint32_t golden_u32(const unsigned char *at);
double golden_f64(const unsigned char *at);
/* CRC-32 as zlib's, over `count` numbers as little-endian uint16. */
uint32_t golden_crc(const int64_t *numbers, int64_t count);

/* A record of nearest.bin and of sizes.bin. */
typedef struct golden_nearest {
  double scale;           /* 0: by sizes */
  int64_t in, out, other; /* other: the output's size along the other axis */
  uint32_t crc[2];        /* nearest, nearest-exact */
} golden_nearest;
#define GOLDEN_NEAREST_BYTES 24
golden_nearest golden_nearest_at(const unsigned char *bytes, size_t record);

typedef struct golden_size {
  int kind; /* 0 output_padding, 1 output_size, 2 max_unpool */
  int64_t in, kernel, stride, padding, extra, dilation, out;
} golden_size;
#define GOLDEN_SIZE_BYTES 16
golden_size golden_size_at(const unsigned char *bytes, size_t record);

#endif

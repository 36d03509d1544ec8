/* An array in host memory: what files hold and operators work on. */
#ifndef CLUP_CLI_ARRAY_H
#define CLUP_CLI_ARRAY_H

#include "cli_error.h"

typedef struct cli_array {
  clup_dtype dtype;
  int rank;
  int64_t dims[CLUP_MAX_RANK];
  void *data; /* contiguous, last axis fastest; NULL when only the shape is known */
  void *base; /* what to free */
  int image;  /* 0: a plain array; otherwise the value of full intensity in the image it was read from, 255 or 65535 */
  int alpha;  /* the image's last channel is its opacity */
} cli_array;

/* Elements; fails when their bytes do not fit in memory's address range. `what` names the array in messages. */
int array_count(cli_error *error, int exit_code, const char *what, const cli_array *array, size_t *elements);
/* Allocates the data of an array whose dtype and dims are set. */
int array_allocate(cli_error *error, const char *what, cli_array *array);
void array_free(cli_array *array);

/* Converts the array in place. To floating point: rounded to nearest even. To integers: rounded to nearest even and
 * saturated; NaN becomes 0. */
int array_convert(cli_error *error, const char *what, cli_array *array, clup_dtype dtype);

/* "1x3x65x65" */
const char *dims_text(int rank, const int64_t *dims, char *text, size_t size);

#endif

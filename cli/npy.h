/* NumPy's .npy files, versions 1 to 3. */
#ifndef CLUP_CLI_NPY_H
#define CLUP_CLI_NPY_H

#include <stdio.h>

#include "array.h"

/* Takes the bytes of a whole file (malloc'ed; freed or owned by the array afterwards, in every case). Any byte order, C
 * or Fortran order; what comes out is native and in C order. bool is read as u8. CLI_BAD_INPUT when malformed. */
int npy_decode(cli_error *error, const char *name, unsigned char *bytes, size_t size, cli_array *out);
/* Version 1, native byte order, C order; bf16 is written as f32. Write errors show in ferror(out). */
int npy_encode(cli_error *error, FILE *out, const cli_array *array);

#endif

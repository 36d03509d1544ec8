/* clup_demo_weights CHANNELS FACTOR OUT.npy: the weights (CHANNELS, 1, 2*FACTOR, 2*FACTOR) that FCN starts its
 * upsampling layers from. With stride FACTOR, padding FACTOR/2 and as many groups as channels, the transposed
 * convolution is then bilinear upsampling (but for the border, where it finds zeros). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "files.h"
#include "npy.h"

static int write_npy(cli_error *error, const char *path, const cli_array *array) {
  out_file file;
  int rc = out_file_open(error, path, &file);
  if (rc == CLI_OK) rc = npy_encode(error, file.stream, array);
  if (rc == CLI_OK) return out_file_commit(error, &file);
  out_file_abandon(&file);
  return rc;
}

int main(int argc, char **argv) {
  long channels = argc == 4 ? strtol(argv[1], NULL, 10) : 0;
  long factor = argc == 4 ? strtol(argv[2], NULL, 10) : 0;
  if (channels < 1 || channels > 4096 || factor < 1 || factor > 64) {
    fprintf(stderr, "usage: clup_demo_weights CHANNELS FACTOR OUT.npy\n");
    return CLI_USAGE;
  }
  long side = 2 * factor;
  cli_error error;
  cli_array weights = {.dtype = CLUP_F32, .rank = 4, .dims = {channels, 1, side, side}};
  int rc = array_allocate(&error, argv[3], &weights);
  if (rc == CLI_OK) {
    float *w = weights.data;
    double centre = (double)factor - 0.5;
    for (long i = 0; i < channels * side * side; i++) {
      double down = 1 - fabs((double)(i / side % side) - centre) / (double)factor;
      double along = 1 - fabs((double)(i % side) - centre) / (double)factor;
      w[i] = (float)(down * along);
    }
    rc = write_npy(&error, argv[3], &weights);
  }
  array_free(&weights);
  if (rc != CLI_OK) fprintf(stderr, "clup_demo_weights: %s\n", error.text);
  return rc;
}

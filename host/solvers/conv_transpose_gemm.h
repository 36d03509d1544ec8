/* What the solvers for kernel = stride share: an output has one tap, so all are one matrix product over pixels. */
#ifndef CLUP_CONV_TRANSPOSE_GEMM_H
#define CLUP_CONV_TRANSPOSE_GEMM_H

#include "../ops/conv_transpose.h"

/* For applicable(): a CPU, arithmetic in float, one tap for each output, pixels that an int counts. */
bool conv_gemm_applies(const clup_problem *problem, const device_caps *caps, char *why);

/* Of all rows and images. */
int64_t conv_gemm_pixels(const conv_geometry *g);

/* For those whose vectors are of pixels, 16 each: what stands in registers, `taps` rows of sums for each channel. */
enum { GEMM_SUMS = 24, GEMM_ROOM = 1 << 17 /* floats of inputs, which stay in the second cache */ };

typedef struct gemm_tile {
  int64_t channels, vectors;
} gemm_tile;

gemm_tile conv_gemm_tile(const conv_geometry *g, int64_t taps);

/* The useful share of what the tiles multiply. */
double conv_gemm_full(const conv_geometry *g, int64_t taps);

#endif

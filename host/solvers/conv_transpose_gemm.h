/* What the solvers for kernel = stride share: an output has one tap, so all are one matrix product over pixels. */
#ifndef CLUP_CONV_TRANSPOSE_GEMM_H
#define CLUP_CONV_TRANSPOSE_GEMM_H

#include "../ops/conv_transpose.h"

/* For applicable(): a CPU, arithmetic in float, one tap for each output, pixels that an int counts. */
bool conv_gemm_applies(const clup_problem *problem, const device_caps *caps, char *why);

/* Of all rows and images. */
int64_t conv_gemm_pixels(const conv_geometry *g);

#endif

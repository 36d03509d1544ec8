/* The matrix product of `tiles`, for solvers that go on from there. */
#ifndef CLUP_CONV_TRANSPOSE_TILES_H
#define CLUP_CONV_TRANSPOSE_TILES_H

#include "../ops/conv_transpose.h"

/* Whether the device can make it. */
bool conv_product_applies(const clup_problem *problem, const device_caps *caps, char *why);

/* Adds its packing and its launch. */
launch *conv_product(const clup_problem *problem, const device_caps *caps, recipe *r);

#endif

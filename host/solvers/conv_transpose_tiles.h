/* The matrix product of `tiles`, for solvers that go on from there, or make it otherwise. */
#ifndef CLUP_CONV_TRANSPOSE_TILES_H
#define CLUP_CONV_TRANSPOSE_TILES_H

#include "../ops/conv_transpose.h"

/* Outputs of one phase in one channel, and phases; whether an int counts all of them. */
int64_t conv_positions(const conv_geometry *g);
int64_t conv_phases(const conv_geometry *g);
bool conv_counts_positions(const conv_geometry *g, char *why);

/* Whether the device can make it. */
bool conv_product_applies(const clup_problem *problem, const device_caps *caps, char *why);

/* Adds its packing and its launch. */
launch *conv_product(const clup_problem *problem, const device_caps *caps, recipe *r);

#endif

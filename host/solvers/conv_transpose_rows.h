/* What the CPU solvers phase and channels share: output rows as STRIDE phases over columns, inputs as padded rows.
 *
 * Output x = stride*j + r reads input j + pad/stride + (r + pad%stride - kx*dilation)/stride for the kx that divide;
 * pad/stride is rounded down, pad%stride not negative. */
#ifndef CLUP_CONV_TRANSPOSE_ROWS_H
#define CLUP_CONV_TRANSPOSE_ROWS_H

#include "../ops/conv_transpose.h"

/* For applicable(): a CPU, arithmetic in float, taps along x few enough to unroll. */
bool conv_rows_apply(const clup_problem *problem, const device_caps *caps, char *why);

/* j runs over [0, columns). */
int64_t conv_rows_columns(const conv_geometry *g);

/* The full lanes that a vector of `width` columns costs as much as. */
double conv_rows_lanes(int64_t width, const device_caps *caps);

typedef struct conv_rows {
  arg_role role; /* where rows are read: the input itself, or padded copies in the workspace */
  int64_t offset;
  int64_t strides[4]; /* n, c, z, y; unit stride along x */
  int64_t segment;    /* from one segment of columns to the next */
  int64_t shift;      /* the input of a segment's first column at tap offset 0, counted from the segment's beginning */
} conv_rows;

/* Rows of floats as `segments` of `columns`, whose reads all stay inside; adds the launch that copies them with zeros
 * at both ends where the input's do not, are of another dtype, or are worth laying out anew. */
conv_rows conv_rows_prepare(recipe *r, const clup_problem *problem, const device_caps *caps, int64_t segments,
                            int64_t columns);

/* The defines STRIDE, KERNEL, DILATION, PHASE and the arguments of both kernels, in their order. */
void conv_rows_args(recipe *r, launch *l, const clup_problem *problem, const conv_packed *packed,
                    const conv_rows *rows);

#endif

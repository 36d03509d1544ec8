/* A max_unpool problem with its axes made three, what its solvers and the report of a bad index go by. */
#ifndef CLUP_OPS_MAX_UNPOOL_H
#define CLUP_OPS_MAX_UNPOOL_H

#include "problem.h"

typedef struct unpool_view {
  int64_t channels, planes; /* planes = N * channels */
  /* Depth, rows, columns, 1 for an axis that the problem has not: input, output, and the plane that indices count in,
   * which lies in the output's corner. */
  int64_t in[3], out[3], counted[3];
  int64_t stride[3], padding[3];
  bool has_depth;
  bool overlaps, bands_overlap;   /* pooling windows do: along any axis; along depth or rows */
  bool whole;                     /* indices are flat over all planes together */
  int64_t x[5], indices[5], y[5]; /* strides of N, C and these three, 0 for an axis of one element */
} unpool_view;

unpool_view unpool_view_of(const clup_problem *problem);
/* Indices are at least 0 and below this. */
int64_t unpool_index_end(const unpool_view *view);

#endif

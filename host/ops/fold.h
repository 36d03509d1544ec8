/* What the solvers of fold share: the problem as numbers per axis. */
#ifndef CLUP_FOLD_H
#define CLUP_FOLD_H

#include "../solver.h"

/* Problems of one, two and three spatial axes are all lifted to three: axis 0 is z, 1 is y, 2 is x. */
#define FOLD_AXES 3

/* Element [n][c * taps + tap][block] of the input, taps and blocks in row-major order, is added to place
 * block * stride + tap * dilation - pad of plane (n, c). Strides are 0 for an axis of one element. */
typedef struct fold_geometry {
  int64_t batch, channels;
  int64_t blocks[FOLD_AXES], out[FOLD_AXES], kernel[FOLD_AXES], stride[FOLD_AXES], pad[FOLD_AXES], dilation[FOLD_AXES];
  int64_t x_n, x_c, x_tap[FOLD_AXES], x_block[FOLD_AXES]; /* from one image, channel, tap, block to the next */
  int64_t y_n, y_c, y[FOLD_AXES];
} fold_geometry;

fold_geometry fold_geometry_of(const clup_problem *problem);

/* A table of index_t for the first axes: [sum of their out][2], for each place along z, then y, then x, the offset of
 * the first element that reaches it from where a plane begins, and how many there are, steps[axis] apart. */
clup_status fold_reach(recipe *r, const fold_geometry *g, int axes, int64_t *table, int64_t *steps);

extern const solver fold_rows, fold_gather;

#endif

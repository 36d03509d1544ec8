/* Pixel shuffle and its kin as what they are in memory: a copy between two strided views of one shape. */
#ifndef CLUP_REMAP_H
#define CLUP_REMAP_H

#include "problem.h"

/* The axes that a tensor of the largest rank has once its channels are split into three and no two axes merge. */
#define REMAP_MAX_AXES 10

/* Element (i0, i1, ...) goes from in[0]*i0 + in[1]*i1 ... to out[0]*i0 + ... The order is that of the output's memory,
 * outermost first; no axis has one element (unless it is the only one), and neighbours that can be stepped through as
 * one are one. */
typedef struct remap {
  int axes;
  int64_t dims[REMAP_MAX_AXES];
  int64_t in[REMAP_MAX_AXES], out[REMAP_MAX_AXES];
} remap;

/* The remap of a shuffle (of pixels or channels) or of blocks; the problem has elements. */
remap remap_of(const clup_problem *problem);

/* What a row kernel sees: `ways` rows of `width` elements, each contiguous in one of the tensors, that lie interleaved
 * in the other; over all positions of the remaining axes. */
typedef struct remap_rows {
  bool interleave; /* the output is the interleaved one; otherwise the input is */
  int64_t width, ways;
  int64_t apart; /* from one of the rows to the next, in the tensor where each is contiguous */
  int axes;      /* the remaining ones, in the output's order */
  int64_t dims[REMAP_MAX_AXES];
  int64_t in[REMAP_MAX_AXES], out[REMAP_MAX_AXES];
} remap_rows;

/* false when the remap has no such rows. One row that is contiguous in both counts, with ways == 1. */
bool remap_find_rows(const remap *map, remap_rows *rows);

#endif

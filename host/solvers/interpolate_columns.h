/* The lists along x as the row kernels take them: in groups of 16 output columns, which make up chunks. */
#ifndef CLUP_INTERPOLATE_COLUMNS_H
#define CLUP_INTERPOLATE_COLUMNS_H

#include "interpolate_solvers.h"

#define COLUMN_LANES 16
#define CHUNK_GROUPS 32    /* to a chunk, at most: what is live then fits the first-level cache */
#define CHUNK_COLUMNS 1024 /* of the input, that a chunk takes its taps from */
#define CHUNK_FIELDS 8

typedef struct column_groups {
  int taps;
  int64_t groups, chunks;
  int32_t *index; /* [groups][taps][16], from the group's base */
  int32_t *base;  /* [groups], from the chunk's first column */
  /* [chunks][8]: first group, groups, first input column, input columns; then, from the first group on, the first and
   * the end of a run of groups with one list (never empty), how far apart their bases are, 0. */
  int32_t *chunk;
  float *weight; /* like index */
  bool near;     /* each group stays within 32 input columns */
  bool halves;   /* moreover each half of it takes each tap from 8, of which its first column takes the first one */
} column_groups;

/* Whether a CPU's row kernels can make the problem: unit stride in the output, no shrinking beyond a chunk. */
bool columns_fit(const clup_problem *problem, const device_caps *caps, char *why);
/* On success *groups owns memory, given back with columns_clear. */
clup_status columns_make(const clup_problem *problem, const interpolate_view *view, column_groups *groups);
void columns_clear(column_groups *groups);

/* What both kernels of linear and cubic rows begin with: the tensors, the lists of slices and of rows. */
void columns_row_args(const clup_problem *problem, const taps_table *slices, const taps_table *rows, recipe *r,
                      launch *l);

/* Work-items of the row kernels: (chunks, blocks of rows_each rows, slices of all planes). */
typedef struct row_blocks {
  int64_t rows_each, global[3];
} row_blocks;
row_blocks columns_blocks(const interpolate_view *view, const device_caps *caps, int64_t chunks);

#endif

/* One product of the matrix units, to see whether it is what it should be: d[16][8] = a[16][16] * b[16][8].
 *
 * -DDTYPE=3|4, -DMMA_ASM=0|1: see mma.clh.
 * a: [16][8] pairs along k; b: [8 columns][8] pairs along k. Global and local size: 32. */
// check: -DCLUP_INDEX64=0 -DDTYPE=3 -DMMA_ASM=0
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DMMA_ASM=0
#include "common.clh"
#include "dtype.clh"
#define ITEMS 32
#include "mma.clh"

CLUP_KERNEL void clup_mma_probe(__global const uint *a, long a_offset, __global const uint *b, long b_offset,
                                __global float *d, long d_offset) {
  __local uint exchange[EXCHANGE_WORDS];
  if (warming_up(a_offset)) return;
  const int item = (int)get_local_id(0), g = item / 4, t = item % 4;
  a += a_offset;
  b += b_offset;
  d += d_offset;
  const uint left[4] = {a[g * 8 + t], a[(g + 8) * 8 + t], a[g * 8 + t + 4], a[(g + 8) * 8 + t + 4]};
  const uint right[2] = {b[g * 8 + t], b[g * 8 + t + 4]};
  float sums[4] = {0, 0, 0, 0};
  mma(sums, left, right, exchange, item);
  for (int i = 0; i < 4; i++) d[(g + i / 2 * 8) * 8 + 2 * t + i % 2] = sums[i];
}

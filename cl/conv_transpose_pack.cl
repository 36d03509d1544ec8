/* The weights of a transposed convolution in blocks of output channels, once per clup_plan_set_weights: see
 * conv_transpose_pack.clh, whose defines these are. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DORDER=0 -DMARK=1
// check: -DCLUP_INDEX64=1 -DDTYPE=2 -DORDER=2 -DMARK=0
// check: -DCLUP_INDEX64=0 -DDTYPE=3 -DORDER=1 -DMARK=1
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DORDER=0 -DMARK=0
#include "common.clh"
#include "dtype.clh"

#include "conv_transpose_pack.clh"

CLUP_KERNEL void clup_conv_transpose_pack(__global const stored_t *raw, long raw_offset,
                                          __global const stored_t *raw_bias, long raw_bias_offset,
                                          __global const stored_t *raw_slope, long raw_slope_offset,
                                          __global work_t *packed, long packed_offset, __global work_t *bias,
                                          long bias_offset, __global int *special, long special_offset, long s_ci,
                                          long s_co, long s_z, long s_y, long s_x, long sb, long ss, long ci, long co,
                                          long kd, long kh, long kw, long blocks, long block, int has_bias,
                                          int has_slope) {
  if (warming_up(raw_offset)) return;
  pack_block(raw + raw_offset, raw_bias + raw_bias_offset, raw_slope + raw_slope_offset, packed + packed_offset,
             bias + bias_offset, special + special_offset, s_ci, s_co, s_z, s_y, s_x, sb, ss, ci, co, kd, kh, kw,
             blocks, block, has_bias, has_slope);
}

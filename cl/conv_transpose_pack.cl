/* Packs the weights of a transposed convolution into blocks of output channels, once per clup_plan_set_weights.
 *
 * clup_conv_transpose_pack: one work-item per packed element, [group][block][ky][ci][kx][lane].
 *   raw: (C_in, C_out/groups, KH, KW) with the strides s0..s3; ci, co: channels per group; block: channels per block.
 *   A lane past the group's last channel is 0.
 * clup_conv_transpose_pack_bias: one work-item per packed element, [group][per_group], per_group = blocks * block.
 * clup_conv_transpose_no_bias: the same, all zeros. */
// check: -DCLUP_INDEX64=0
// check: -DCLUP_INDEX64=1
#include "common.clh"

__kernel void clup_conv_transpose_pack(__global const float *raw, long raw_offset, __global float *packed,
                                       long packed_offset, long s0, long s1, long s2, long s3, long ci, long co, long kh,
                                       long kw, long blocks, long block) {
  long at = (long)get_global_id(0);
  long rest = at;
  long lane = rest % block;
  rest /= block;
  long kx = rest % kw;
  rest /= kw;
  long c = rest % ci;
  rest /= ci;
  long ky = rest % kh;
  rest /= kh;
  long o = rest % blocks * block + lane;
  long g = rest / blocks;
  packed[packed_offset + at] = o < co ? raw[raw_offset + (g * ci + c) * s0 + o * s1 + ky * s2 + kx * s3] : 0.0f;
}

__kernel void clup_conv_transpose_pack_bias(__global const float *raw, long raw_offset, __global float *packed,
                                            long packed_offset, long stride, long co, long per_group) {
  long at = (long)get_global_id(0);
  long o = at % per_group;
  packed[packed_offset + at] = o < co ? raw[raw_offset + (at / per_group * co + o) * stride] : 0.0f;
}

__kernel void clup_conv_transpose_no_bias(__global float *packed, long packed_offset) {
  packed[packed_offset + (long)get_global_id(0)] = 0.0f;
}

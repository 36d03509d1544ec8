/* Packs the weights and the bias of a transposed convolution into blocks of output channels, once per
 * clup_plan_set_weights. A work-item packs the taps of one (group, block, ky, ci).
 *
 * -DHAS_BIAS: 0 or 1; with 0 the packed bias is zeros and raw_bias is not read.
 * Global size: (>= ci, kh, groups * blocks), local (LOCAL_X, 1, 1).
 * raw: (C_in, C_out/groups, KH, KW) with the strides s0..s3; raw_bias: [C_out], stride sb. ci, co: channels per group.
 * packed: [group][block][ky][ci][kx][lane], bias: [group][block][lane]; a lane past the group's last channel is 0. */
// check: -DCLUP_INDEX64=0 -DHAS_BIAS=0
// check: -DCLUP_INDEX64=1 -DHAS_BIAS=1
#include "common.clh"
#ifndef HAS_BIAS
#error "HAS_BIAS must be 0 or 1"
#endif

CLUP_KERNEL void clup_conv_transpose_pack(__global const float *raw, long raw_offset, __global const float *raw_bias,
                                          long raw_bias_offset, __global float *packed, long packed_offset,
                                          __global float *bias, long bias_offset, long s0, long s1, long s2, long s3,
                                          long sb, long ci, long co, long kh, long kw, long blocks, long block) {
  if (warming_up(raw_offset)) return;
  long c = (long)get_global_id(0), ky = (long)get_global_id(1), at = (long)get_global_id(2);
  if (c >= ci) return;
  long group = at / blocks, first = at % blocks * block;
  raw += raw_offset + (group * ci + c) * s0 + ky * s2;
  packed += packed_offset + ((at * kh + ky) * ci + c) * kw * block;
  for (long kx = 0; kx < kw; kx++)
    for (long lane = 0; lane < block; lane++)
      packed[kx * block + lane] = first + lane < co ? raw[(first + lane) * s1 + kx * s3] : 0.0f;
  if (c == 0 && ky == 0)
    for (long lane = 0; lane < block; lane++)
      bias[bias_offset + at * block + lane] =
          HAS_BIAS && first + lane < co ? raw_bias[raw_bias_offset + (group * co + first + lane) * sb] : 0.0f;
}

/* Packs the weights and the bias of a transposed convolution into blocks of output channels, once per
 * clup_plan_set_weights.
 *
 * -DHAS_BIAS: 0 or 1; with 0 the packed bias is zeros and raw_bias is not read.
 * -DMARK: 0 or 1; with 1, `special` of a block is set to 1 when one of its weights is infinite or NaN, else to 0.
 * Global size: with MARK (1, 1, groups * blocks), otherwise any in (1.., 1.., groups * blocks): the work-items of a block
 * share its (ci, k).
 * raw: (C_in, C_out/groups, KD, KH, KW) with the strides s_*; raw_bias: [C_out], stride sb. ci, co: channels per group.
 * packed: [group][block][k][ci][kx][lane], k = kz * kh + ky, bias: [group][block][lane]; a lane past the group's last channel is 0. */
// check: -DCLUP_INDEX64=0 -DHAS_BIAS=0 -DMARK=1
// check: -DCLUP_INDEX64=1 -DHAS_BIAS=1 -DMARK=0
#include "common.clh"
#if !defined(HAS_BIAS) || !defined(MARK)
#error "HAS_BIAS and MARK must be 0 or 1"
#endif

CLUP_KERNEL void clup_conv_transpose_pack(__global const float *raw, long raw_offset, __global const float *raw_bias,
                                          long raw_bias_offset, __global float *packed, long packed_offset,
                                          __global float *bias, long bias_offset, __global int *special,
                                          long special_offset, long s_ci, long s_co, long s_z, long s_y, long s_x, long sb,
                                          long ci, long co, long kd, long kh, long kw, long blocks, long block) {
  if (warming_up(raw_offset)) return;
  long at = (long)get_global_id(2), group = at / blocks, first = at % blocks * block;
  int found = 0;
  for (long k = (long)get_global_id(1); k < kd * kh; k += (long)get_global_size(1)) {
    for (long c = (long)get_global_id(0); c < ci; c += (long)get_global_size(0)) {
      __global const float *from = raw + raw_offset + (group * ci + c) * s_ci + k / kh * s_z + k % kh * s_y;
      __global float *to = packed + packed_offset + ((at * kd * kh + k) * ci + c) * kw * block;
      for (long kx = 0; kx < kw; kx++) {
        for (long lane = 0; lane < block; lane++) {
          float weight = first + lane < co ? from[(first + lane) * s_co + kx * s_x] : 0.0f;
          found |= !isfinite(weight);
          to[kx * block + lane] = weight;
        }
      }
    }
  }
  if (get_global_id(0) != 0 || get_global_id(1) != 0) return;
  if (MARK) special[special_offset + at] = found;
  for (long lane = 0; lane < block; lane++)
    bias[bias_offset + at * block + lane] =
        HAS_BIAS && first + lane < co ? raw_bias[raw_bias_offset + (group * co + first + lane) * sb] : 0.0f;
}

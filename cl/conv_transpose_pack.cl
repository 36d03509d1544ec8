/* Packs the weights, the bias and the slopes of a transposed convolution into blocks of output channels, once per
 * clup_plan_set_weights.
 *
 * -DDTYPE: of what comes in, 1 to 4; what goes out is work_t.
 * -DHAS_BIAS: 0 or 1; with 0 the packed bias is zeros and raw_bias is not read.
 * -DHAS_SLOPE: 0 or 1; with 1 the slopes of prelu follow the bias, in the same layout.
 * -DORDER: of what is packed, see below.
 * -DMARK: 0 or 1; with 1, `special` of a block is set to 1 when one of its weights is infinite or NaN, else to 0.
 * Global size: with MARK (1, 1, groups * blocks), otherwise any in (1.., 1.., groups * blocks): the work-items of a block
 * share its (ci, k).
 * raw: (C_in, C_out/groups, KD, KH, KW) with the strides s_*; raw_bias: [C_out], stride sb; raw_slope: [C_out],
 * stride ss (0: one for all channels). ci, co: channels per group.
 * packed: [group][block][k][ci][kx][lane], with ORDER 1 [group][block][ci][k][kx][lane], with 2
 * [group][block][k][kx][ci][lane], k = kz * kh + ky, bias: [group][block][lane]; a lane past the group's last channel
 * is 0. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DHAS_BIAS=0 -DHAS_SLOPE=0 -DORDER=0 -DMARK=1
// check: -DCLUP_INDEX64=1 -DDTYPE=2 -DHAS_BIAS=1 -DHAS_SLOPE=1 -DORDER=2 -DMARK=0
// check: -DCLUP_INDEX64=0 -DDTYPE=3 -DHAS_BIAS=1 -DHAS_SLOPE=0 -DORDER=1 -DMARK=1
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DHAS_BIAS=0 -DHAS_SLOPE=1 -DORDER=0 -DMARK=0
#include "common.clh"
#include "dtype.clh"
#if !defined(HAS_BIAS) || !defined(HAS_SLOPE) || !defined(ORDER) || !defined(MARK)
#error "HAS_BIAS, HAS_SLOPE, ORDER and MARK must be set"
#endif

CLUP_KERNEL void clup_conv_transpose_pack(__global const stored_t *raw, long raw_offset,
                                          __global const stored_t *raw_bias, long raw_bias_offset,
                                          __global const stored_t *raw_slope, long raw_slope_offset,
                                          __global work_t *packed, long packed_offset, __global work_t *bias,
                                          long bias_offset, __global int *special, long special_offset, long s_ci,
                                          long s_co, long s_z, long s_y, long s_x, long sb, long ss, long ci, long co,
                                          long kd, long kh, long kw, long blocks, long block) {
  if (warming_up(raw_offset)) return;
  long at = (long)get_global_id(2), group = at / blocks, first = at % blocks * block;
  int found = 0;
  for (long k = (long)get_global_id(1); k < kd * kh; k += (long)get_global_size(1)) {
    for (long c = (long)get_global_id(0); c < ci; c += (long)get_global_size(0)) {
      __global const stored_t *from = raw + raw_offset + (group * ci + c) * s_ci + k / kh * s_z + k % kh * s_y;
      const long row = ORDER == 1 ? (at * ci + c) * kd * kh + k : (at * kd * kh + k) * (ORDER == 2 ? kw * ci : ci) + c;
      const long step = ORDER == 2 ? ci * block : block; /* from tap to tap */
      __global work_t *to = packed + packed_offset + row * (ORDER == 2 ? 1 : kw) * block;
      for (long kx = 0; kx < kw; kx++) {
        for (long lane = 0; lane < block; lane++) {
          work_t weight = first + lane < co ? load_real(from + ((first + lane) * s_co + kx * s_x)) : 0;
          found |= !isfinite(weight);
          to[kx * step + lane] = weight;
        }
      }
    }
  }
  if (get_global_id(0) != 0 || get_global_id(1) != 0) return;
  if (MARK) special[special_offset + at] = found;
  bias += bias_offset + at * block;
  const long channels = (long)get_global_size(2) * block;
  for (long lane = 0; lane < block; lane++) {
    const long channel = group * co + first + lane;
    const bool inside = first + lane < co;
    bias[lane] = HAS_BIAS && inside ? load_real(raw_bias + raw_bias_offset + channel * sb) : 0;
    if (HAS_SLOPE) bias[channels + lane] = inside ? load_real(raw_slope + raw_slope_offset + channel * ss) : 0;
  }
}

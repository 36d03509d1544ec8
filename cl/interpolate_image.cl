/* Interpolation from image to image, by the lists of both axes; all channels of a pixel in float, u8 in 0..255, rounded
 * to nearest even once. Any channel order, the same on both sides.
 *   y(w, h) = sum_i row_weight[h][i] * sum_j column_weight[w][j] * x(column_index[w][j], row_index[h][i]), by fma
 * -DCLUP_INDEX64=0|1  not used
 * -DDTYPE=1|3|5  of the channels: CL_FLOAT, CL_HALF_FLOAT, 8 bits
 * -DUINT=0|1  with DTYPE 5: CL_UNORM_INT8, CL_UNSIGNED_INT8
 * -DMOVES=0|1  1: pixels are moved as they are; lists have one entry
 * row_index, row_weight: [height][row_taps], within x; row_count: [height], how many of the taps are meant (>= 1).
 * column_index, column_weight, column_count: the same along the width.
 * Global size: (>= width, >= height), any local size; a work-item makes one pixel. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DUINT=0 -DMOVES=0
// check: -DCLUP_INDEX64=0 -DDTYPE=3 -DUINT=0 -DMOVES=0
// check: -DCLUP_INDEX64=0 -DDTYPE=5 -DUINT=0 -DMOVES=0
// check: -DCLUP_INDEX64=0 -DDTYPE=5 -DUINT=1 -DMOVES=0
// check: -DCLUP_INDEX64=1 -DDTYPE=5 -DUINT=1 -DMOVES=1
// check: -DCLUP_INDEX64=1 -DDTYPE=3 -DUINT=0 -DMOVES=1
#include "common.clh"

#if (DTYPE != 1 && DTYPE != 3 && DTYPE != 5) || !defined(UINT) || !defined(MOVES)
#error "DTYPE must be 1, 3 or 5, UINT and MOVES 0 or 1"
#endif

__constant sampler_t pixels = CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_CLAMP_TO_EDGE | CLK_FILTER_NEAREST;

#if UINT
static inline float4 take(__read_only image2d_t x, int2 at) {
  return convert_float4(read_imageui(x, pixels, at));
}
static inline void put(__write_only image2d_t y, int2 at, float4 value) {
  write_imageui(y, at, convert_uint4(rint(clamp(value, 0.0f, 255.0f))));
}
#elif DTYPE == 5
static inline float4 take(__read_only image2d_t x, int2 at) {
  return rint(read_imagef(x, pixels, at) * 255.0f);
}
static inline void put(__write_only image2d_t y, int2 at, float4 value) {
  write_imagef(y, at, rint(clamp(value, 0.0f, 255.0f)) / 255.0f);
}
#elif DTYPE == 3
static inline float4 take(__read_only image2d_t x, int2 at) {
  return read_imagef(x, pixels, at);
}
/* Rounded here: how a device rounds as it writes is its own affair. */
static inline void put(__write_only image2d_t y, int2 at, float4 value) {
  ushort narrow[4];
  vstore_half4_rte(value, 0, (half *)narrow);
  write_imagef(y, at, vload_half4(0, (const half *)narrow));
}
#else
static inline float4 take(__read_only image2d_t x, int2 at) {
  return read_imagef(x, pixels, at);
}
static inline void put(__write_only image2d_t y, int2 at, float4 value) {
  write_imagef(y, at, value);
}
#endif

CLUP_KERNEL void clup_interpolate_image(__global const int *restrict row_index, long row_index_offset,
                                        __global const float *restrict row_weight, long row_weight_offset,
                                        __global const int *restrict row_count, long row_count_offset, int row_taps,
                                        __global const int *restrict column_index, long column_index_offset,
                                        __global const float *restrict column_weight, long column_weight_offset,
                                        __global const int *restrict column_count, long column_count_offset,
                                        int column_taps, __read_only image2d_t x, __write_only image2d_t y, int height,
                                        int width) {
  if (warming_up(row_index_offset)) return;
  const int w = (int)get_global_id(0), h = (int)get_global_id(1);
  if (w >= width || h >= height) return;
  row_index += row_index_offset + (long)h * row_taps;
  row_weight += row_weight_offset + (long)h * row_taps;
  column_index += column_index_offset + (long)w * column_taps;
  column_weight += column_weight_offset + (long)w * column_taps;
  const int2 to = (int2)(w, h);
  if (MOVES) {
    put(y, to, take(x, (int2)(column_index[0], row_index[0])));
    return;
  }
  const int rows = row_count[row_count_offset + h], columns = column_count[column_count_offset + w];
  float4 sum = 0;
  for (int i = 0; i < rows; i++) {
    float4 line = column_weight[0] * take(x, (int2)(column_index[0], row_index[i]));
    for (int j = 1; j < columns; j++)
      line = fma((float4)column_weight[j], take(x, (int2)(column_index[j], row_index[i])), line);
    sum = i ? fma((float4)row_weight[i], line, sum) : row_weight[0] * line;
  }
  put(y, to, sum);
}

/* Transposed convolution to few output channels, for CPUs. A tile is, in registers, all STRIDE_Y * STRIDE_X phases of
 * VECTORS*16 columns of TALL rows, for all BLOCK channels: output (STRIDE_Y*j + ry, STRIDE_X*i + rx) takes tap (ky, kx)
 * from input (j + origin_y + dy, i + origin_x + dx), STRIDE*d = r + PHASE - k along each axis. So an input that was
 * loaded meets all of its taps at once. A work-item makes most_rows rows of most_tiles tiles, `chunk` input channels at
 * a time: what one row of tiles has read is near for the next, and few pages are open at once. Inputs are read where
 * they lie, with zeros by masks at the borders, and the last tile of a row ends with it, whatever the one before has
 * made already; where that cannot be, they are read from copies of a chunk's rows with zeros around them.
 *
 * -DSTRIDE_Y -DSTRIDE_X -DKERNEL_Y -DKERNEL_X: no dilation; -DPHASE_Y -DPHASE_X: pad modulo stride
 * -DBLOCK: output channels of a group, all of them; -DVECTORS; -DTALL; -DDTYPE: of x and y; -DACTIVATION: see activation.clh
 * -DDIRECT: 0 or 1, inputs can be read where they lie: f32, on a device with one_memory; with 0 all are copied.
 * -DLANES: 8 or 16 floats of a register; -DAT_ONCE_Y, -DAT_ONCE_O, -DAT_ONCE_V: phases along y, channels and registers of
 * columns of a tile whose sums are in registers at once; they divide STRIDE_Y, BLOCK and WIDTH / LANES.
 * -DSETS: most_rows * most_tiles, at most; -DROOM: floats for copies, chunk * (rows of inputs) * pitch.
 * Global size: (ceil(columns / (most_tiles*VECTORS*16)), ceil(ceil(out_h / STRIDE_Y) / (most_rows*TALL)), N * groups), local
 * (1, 1, 1).
 * x, y: strides xs_*, ys_*. w: packed [group][ci][ky][kx][BLOCK], b: [group][BLOCK], with prelu followed by the slopes,
 * likewise; special: [group], not 0 where a weight is infinite or NaN: padding is not multiplied then, since 0 *
 * infinity is not 0. origin: pad / stride rounded down. past_caches: of f32, whole lines go there. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DSTRIDE_Y=3 -DSTRIDE_X=3 -DKERNEL_Y=9 -DKERNEL_X=9 -DPHASE_Y=0 -DPHASE_X=0 -DBLOCK=1 -DVECTORS=1 -DTALL=2 -DLANES=16 -DAT_ONCE_Y=3 -DAT_ONCE_O=1 -DAT_ONCE_V=1 -DDIRECT=1 -DSETS=80 -DROOM=8192 -DACTIVATION=0
// check: -DCLUP_INDEX64=1 -DDTYPE=3 -DSTRIDE_Y=2 -DSTRIDE_X=2 -DKERNEL_Y=4 -DKERNEL_X=4 -DPHASE_Y=1 -DPHASE_X=1 -DBLOCK=3 -DVECTORS=2 -DTALL=1 -DLANES=8 -DAT_ONCE_Y=1 -DAT_ONCE_O=3 -DAT_ONCE_V=2 -DDIRECT=0 -DSETS=80 -DROOM=8192 -DACTIVATION=6
// check: -DCLUP_INDEX64=0 -DDTYPE=4 -DSTRIDE_Y=1 -DSTRIDE_X=2 -DKERNEL_Y=1 -DKERNEL_X=1 -DPHASE_Y=0 -DPHASE_X=1 -DBLOCK=2 -DVECTORS=3 -DTALL=1 -DLANES=8 -DAT_ONCE_Y=1 -DAT_ONCE_O=1 -DAT_ONCE_V=3 -DDIRECT=0 -DSETS=80 -DROOM=8192 -DACTIVATION=1
#include "common.clh"
#include "cpu_vector.clh"
#include "dtype.clh"
#if !defined(STRIDE_Y) || !defined(STRIDE_X) || !defined(KERNEL_Y) || !defined(KERNEL_X) || !defined(PHASE_Y) || \
    !defined(PHASE_X) || !defined(BLOCK) || !defined(VECTORS) || !defined(TALL) || !defined(AT_ONCE_Y) ||        \
    !defined(AT_ONCE_O) || !defined(AT_ONCE_V) || !defined(LANES) || !defined(DIRECT) || !defined(SETS) || !defined(ROOM)
#error \
    "STRIDE_*, KERNEL_*, PHASE_*, BLOCK, VECTORS, TALL, LANES, AT_ONCE_*, DIRECT, SETS and ROOM must be set"
#endif
typedef float16 act_t;
#include "activation.clh"
#include "conv_transpose_exact.clh"
#include "interleave.clh"
#define STREAM 0
#include "store_rows.clh"
#include "thin_reach.clh"

#define LEAST_Y LEAST(STRIDE_Y, KERNEL_Y, PHASE_Y)
#define ROWS (GREATEST(STRIDE_Y, PHASE_Y) - LEAST_Y + 1)
#define PHASES (STRIDE_Y * STRIDE_X)
#define WIDTH (VECTORS * 16)      /* columns of a tile */
#define REACHED (ROWS + TALL - 1) /* rows of inputs of a tile */
#define SUMS (TALL * PHASES * BLOCK * VECTORS)
#define REGISTERS (WIDTH / LANES) /* of columns of a tile */
#define SUMS_AT_ONCE (TALL * AT_ONCE_Y * STRIDE_X * AT_ONCE_O * AT_ONCE_V)

#if LANES == 16
typedef float16 lanes_t;
typedef loose_float16_t loose_lanes_t;
typedef ushort mask_t; /* a bit for a lane */
#else
typedef float8 lanes_t;
typedef loose_float8_t loose_lanes_t;
typedef int8 mask_t; /* -1 or 0 for a lane */
#endif

/* Read where they lie: with private addresses beside those of the input, which must be the same there. */
#if DIRECT
typedef __global const float *inputs_t;
typedef __global const loose_lanes_t *registers_t;
#else
typedef const float *inputs_t;
typedef const loose_lanes_t *registers_t;
#endif
static inline lanes_t load_masked(inputs_t from, mask_t mask) {
#if LANES == 16 && DIRECT && defined(__AVX512F__) && __has_builtin(__builtin_ia32_loadups512_mask)
  return __builtin_ia32_loadups512_mask((const float *)(size_t)from, (float16)(0.0f), mask);
#elif LANES == 8 && DIRECT && defined(__AVX2__) && __has_builtin(__builtin_ia32_maskloadps256)
  return __builtin_ia32_maskloadps256((const float8 *)(size_t)from, mask);
#else
  float lanes[LANES];
#if LANES == 16
  for (int i = 0; i < LANES; i++) lanes[i] = mask >> i & 1 ? from[i] : 0.0f;
#else
  for (int i = 0; i < LANES; i++) lanes[i] = ((const int *)&mask)[i] ? from[i] : 0.0f;
#endif
  return *(const loose_lanes_t *)lanes;
#endif
}

/* Which lanes of register v of shift s, whose first column is `at` for the first of both, are inside a row. */
static inline mask_t lanes_inside(int at, int s, int v, int in_w) {
  const int first = at + s + LANES * v;
#if LANES == 16
  const int from = clamp(-first, 0, LANES), past = clamp(in_w - first, from, LANES);
  return (ushort)((1 << past) - (1 << from));
#else
  const int8 column = (int8)(0, 1, 2, 3, 4, 5, 6, 7) + first;
  return (column >= 0) & (column < in_w);
#endif
}

/* Those of a part's registers that the borders of a row can cut, where the tile's own columns are inside it. The others
 * have no mask, since one costs as much as a multiply-add. */
static inline bool at_border(const int s, const int v) {
  return (v == 0 && 2 * s < SHIFTS - 1) || (v == AT_ONCE_V - 1 && 2 * s > SHIFTS - 1);
}

/* Elements first ... first + count - 1 of a row of in_w, zeros outside. */
CLUP_APART void copy_piece(__global const stored_t *row, index_t xs_x, int first, int count, int in_w, float *to) {
  const int begin = clamp(-first, 0, count), end = clamp(in_w - first, begin, count);
  int i = begin;
  row += first * xs_x;
#pragma unroll 1
  for (int j = 0; j < begin; j++) to[j] = 0.0f;
  if (xs_x == 1 && end - begin >= 16) {
    for (; i + 16 <= end; i += 16) *(loose_real16_t *)(to + i) = load_real16(row + i);
    *(loose_real16_t *)(to + end - 16) = load_real16(row + end - 16); /* some of them once more */
    i = end;
  }
#pragma unroll 1
  for (; i < end; i++) to[i] = load_real(row + i * xs_x);
#pragma unroll 1
  for (; i < count; i++) to[i] = 0.0f;
}

/* Where sum i of the part of a tile that is in registers at once lies in it, in registers. */
static inline int place_of(const int i, const int first_y, const int first_o) {
  const int v = i % AT_ONCE_V, o = i / AT_ONCE_V % AT_ONCE_O;
  const int phase = i / (AT_ONCE_V * AT_ONCE_O) % (AT_ONCE_Y * STRIDE_X);
  const int t = i / (AT_ONCE_V * AT_ONCE_O * AT_ONCE_Y * STRIDE_X);
  return ((t * PHASES + first_y * STRIDE_X + phase) * BLOCK + first_o + o) * REGISTERS + v;
}

/* A part's inputs of one row at shift s. */
static inline __attribute__((always_inline)) void load_row(const inputs_t row, const int s, const mask_t *mask,
                                                           const bool bordered, lanes_t *in) {
#pragma unroll
  for (int v = 0; v < AT_ONCE_V; v++) {
    const inputs_t from = row + v * LANES;
    in[v] = bordered && at_border(s, v) ? load_masked(from, mask[s * REGISTERS + v]) : *(registers_t)from;
  }
}

/* A part's sums over a chunk of channels: every tap on every input of REACHED rows. Inputs outermost, so that beside
 * the sums little is live. What the next chunk will read of two rows is fetched ahead. Inlined, so that the sums stay
 * in registers. */
static inline __attribute__((always_inline)) void accumulate_part(lanes_t *sums, const int first_y, const int first_o,
                                                                  int column, const inputs_t *rows, const index_t *step,
                                                                  const mask_t *mask, const bool bordered,
                                                                  __global const float *taps, int channels,
                                                                  __global const stored_t *next, index_t below,
                                                                  index_t xs_c) {
  lanes_t sum[TALL][AT_ONCE_Y * STRIDE_X][AT_ONCE_O][AT_ONCE_V];
  inputs_t row[REACHED];
#pragma unroll
  for (int r = 0; r < REACHED; r++) row[r] = rows[r] + column * LANES;
  sums += column;
  mask += column;
#pragma unroll
  for (int i = 0; i < SUMS_AT_ONCE; i++) (&sum[0][0][0][0])[i] = sums[place_of(i, first_y, first_o)];
  for (int c = 0; c < channels; c++) {
#pragma unroll
    for (int s = 0; s < SHIFTS; s++) {
      const int dx = s + LEAST_X;
      lanes_t in[REACHED][AT_ONCE_V];
#pragma unroll
      for (int i = 0; i < TALL - 1; i++) load_row(row[i] + s, s, mask, bordered, in[i]);
#pragma unroll
      for (int i = 0; i < ROWS * AT_ONCE_Y * STRIDE_X; i++) {
        const int r = i / (AT_ONCE_Y * STRIDE_X), phase = i % (AT_ONCE_Y * STRIDE_X);
        if (phase == 0) {
          if (LANES == 8) KEEP_ORDER();
          load_row(row[r + TALL - 1] + s, s, mask, bordered, in[r + TALL - 1]);
        }
        const int ky = first_y + phase / STRIDE_X + PHASE_Y - (r + LEAST_Y) * STRIDE_Y,
                  kx = phase % STRIDE_X + PHASE_X - dx * STRIDE_X;
        if (ky >= 0 && ky < KERNEL_Y && kx >= 0 && kx < KERNEL_X) {
#pragma unroll
          for (int o = 0; o < AT_ONCE_O; o++) {
            const lanes_t tap = (lanes_t)(taps[(ky * KERNEL_X + kx) * BLOCK + first_o + o]);
#pragma unroll
            for (int k = 0; k < TALL * AT_ONCE_V; k++) {
              const int t = k / AT_ONCE_V, v = k % AT_ONCE_V;
              sum[t][phase][o][v] = fma(in[r + t][v], tap, sum[t][phase][o][v]);
            }
          }
        }
      }
    }
#pragma unroll
    for (int r = 0; r < REACHED; r++) row[r] += step[r];
    if (first_y == 0 && first_o == 0) {
#pragma unroll
      for (int v = 0; v < AT_ONCE_V * LANES; v += 64 / (int)sizeof(stored_t)) {
        FETCH_FAR_AHEAD(next + v);
        FETCH_FAR_AHEAD(next + below + v);
      }
      next += xs_c;
    }
    taps += KERNEL_Y * KERNEL_X * BLOCK;
  }
#pragma unroll
  for (int i = 0; i < SUMS_AT_ONCE; i++) sums[place_of(i, first_y, first_o)] = (&sum[0][0][0][0])[i];
}

static inline __attribute__((always_inline)) void accumulate(float16 *sums, const inputs_t *rows, const index_t *step,
                                                             const mask_t *mask, const bool bordered,
                                                             __global const float *taps, int channels,
                                                             __global const stored_t *next, index_t below,
                                                             index_t xs_c) {
  for (int column = 0; column < REGISTERS; column += AT_ONCE_V) {
#pragma unroll
    for (int i = 0; i < STRIDE_Y / AT_ONCE_Y * (BLOCK / AT_ONCE_O); i++)
      accumulate_part((lanes_t *)sums, i % (STRIDE_Y / AT_ONCE_Y) * AT_ONCE_Y, i / (STRIDE_Y / AT_ONCE_Y) * AT_ONCE_O,
                      column, rows, step, mask, bordered, taps, channels, next + column * LANES, below, xs_c);
  }
}

/* The first `valid` of VECTORS*16*STRIDE_X outputs of one row: the x-phases side by side. */
CLUP_APART void store_phases(float16 (*sum)[BLOCK][VECTORS], const int o, __global stored_t *y, index_t ys_x,
                             int valid, bool past_caches) {
#pragma unroll
  for (int v = 0; v < VECTORS; v++) {
    float16 phases[STRIDE_X], row[STRIDE_X];
#pragma unroll
    for (int rx = 0; rx < STRIDE_X; rx++) phases[rx] = sum[rx][o][v];
    interleave(phases, STRIDE_X, row);
    if (ys_x == 1 && valid >= 16 * STRIDE_X) {
#pragma unroll
      for (int m = 0; m < STRIDE_X; m++) out_line(row[m], past_caches, y + m * 16);
    } else {
#pragma unroll 1
      for (int i = 0; i < min(valid, 16 * STRIDE_X); i++) store_real(((const float *)row)[i], y + i * ys_x);
    }
    y += 16 * STRIDE_X * ys_x;
    valid -= 16 * STRIDE_X;
  }
}

CLUP_KERNEL void clup_conv_transpose_thin(__global const stored_t *x, long x_offset, __global stored_t *y,
                                          long y_offset, __global const float *w, long w_offset,
                                          __global const float *b, long b_offset, __global const int *special,
                                          long special_offset, index_t xs_n, index_t xs_c, index_t xs_y, index_t xs_x,
                                          index_t ys_n, index_t ys_c, index_t ys_y, index_t ys_x, int ci, int groups,
                                          int in_h, int in_w, int out_h, int out_w, int origin_y, int origin_x,
                                          float alpha, float beta, int most_tiles, int most_rows, int chunk, int pitch,
                                          int copied, int past_caches) {
  if (warming_up(x_offset)) return;
  const int begin = (int)get_global_id(0) * (most_tiles * WIDTH), first = (int)get_global_id(1) * (most_rows * TALL);
  const int rows = min(most_rows, ((out_h + STRIDE_Y - 1) / STRIDE_Y - first + TALL - 1) / TALL); /* of tiles */
  const int columns = (out_w + STRIDE_X - 1) / STRIDE_X - begin, tiles = min(most_tiles, (columns + WIDTH - 1) / WIDTH);
  const int last_tile = copied ? columns : columns - WIDTH;
  const int group = (int)get_global_id(2) % groups, n = (int)get_global_id(2) / groups;
  x += x_offset + n * xs_n + (index_t)group * ci * xs_c;
  w += w_offset + (long)group * (KERNEL_Y * KERNEL_X * BLOCK) * ci;
  b += b_offset + group * BLOCK;
  const bool is_special = special[special_offset + group] != 0;

  float16 sums[SETS][TALL * PHASES][BLOCK][VECTORS];
  float zeros[WIDTH + SHIFTS - 1]; /* a row outside */
#pragma unroll 1
  for (int i = 0; i < WIDTH + SHIFTS - 1; i++) zeros[i] = 0.0f;
  float copies[ROOM];                   /* [channel][row][pitch] */
  mask_t masks[SETS][SHIFTS * REGISTERS]; /* of the tiles of a row, and whether it has any */
  bool bordered[SETS];
  for (int t = 0; t < tiles; t++) {
    const int ix = begin + min(t * WIDTH, last_tile) + origin_x + LEAST_X;
    bordered[t] = !copied && (ix < 0 || ix + WIDTH + SHIFTS - 1 > in_w);
#pragma unroll 1
    for (int i = 0; bordered[t] && i < SHIFTS * REGISTERS; i++)
      masks[t][i] = lanes_inside(ix, i / REGISTERS, i % REGISTERS, in_w);
  }
  y += y_offset + n * ys_n + (index_t)group * BLOCK * ys_c;
  bool last = false;
  for (int c = 0; !last; c += chunk) {
    last = is_special || c + chunk >= ci;
    const int channels = min(chunk, ci - c), of_channel = (rows * TALL + ROWS - 1) * pitch;
    __global const float *taps = w + (long)c * (KERNEL_Y * KERNEL_X * BLOCK);
    for (int t = 0; t < rows * tiles; t++) {
      const int j = first + t / tiles * TALL, at = min(t % tiles * WIDTH, last_tile), column = begin + at;
      const int iy = j + origin_y + LEAST_Y, ix = column + origin_x + LEAST_X;
      inputs_t row[REACHED];
      index_t step[REACHED];
      if (copied) {
        if (t == 0 && !is_special)
          for (int i = 0; i < channels; i++)
            for (int r = 0; r < rows * TALL + ROWS - 1; r++) {
              const bool inside = iy + r >= 0 && iy + r < in_h;
              copy_piece(x + (c + i) * xs_c + (inside ? iy + r : 0) * xs_y, xs_x, ix, tiles * WIDTH + SHIFTS - 1,
                         inside ? in_w : 0, copies + i * of_channel + r * pitch);
            }
#pragma unroll
        for (int r = 0; r < REACHED; r++) {
          row[r] = (inputs_t)(size_t)(copies + (t / tiles * TALL + r) * pitch + at);
          step[r] = of_channel;
        }
      }
#if DIRECT
      else {
#pragma unroll
        for (int r = 0; r < REACHED; r++) {
          const bool inside = iy + r >= 0 && iy + r < in_h;
          row[r] = inside ? x + c * xs_c + (iy + r) * xs_y + ix : (inputs_t)(size_t)zeros;
          step[r] = inside ? xs_c : 0;
        }
      }
#endif
      const index_t next = clamp(iy, 0, in_h - 1) * xs_y + clamp(ix, 0, in_w - 1) * xs_x;
      const index_t below = clamp(iy + REACHED - 1, 0, in_h - 1) * xs_y + clamp(ix, 0, in_w - 1) * xs_x;
      __global const stored_t *ahead = x + (last ? c : c + chunk) * xs_c + next;
      const mask_t *mask = masks[t % tiles];
      __global stored_t *to = y + (index_t)column * STRIDE_X * ys_x;
      float16(*sum)[BLOCK][VECTORS] = sums[t];
#pragma unroll 1
      for (int i = 0; c == 0 && i < SUMS; i++) (&sum[0][0][0])[i] = (float16)(b[i / VECTORS % BLOCK]);
      for (int i = 0; last && i < TALL * STRIDE_Y * BLOCK; i++) { /* fetched to be written to, what goes to the caches */
        __global stored_t *line = to + i % BLOCK * ys_c + min(j * STRIDE_Y + i / BLOCK, out_h - 1) * ys_y;
        if (past_caches && ((size_t)line & (LINE_BYTES - 1)) == 0) continue;
#pragma unroll
        for (int v = 0; v < WIDTH * STRIDE_X; v += 64 / (int)sizeof(stored_t)) FETCH_TO_WRITE(line + v * ys_x);
      }
      if (is_special)
#pragma unroll 1
        for (int i = 0; i < SUMS * 16; i++) {
          const int o = i / WIDTH % BLOCK, phase = i / WIDTH / BLOCK;
          ((float *)sum)[i] =
              exact_output(x, xs_c, xs_y, xs_x, w, ci, o, (j + origin_y) * STRIDE_Y + PHASE_Y + phase / STRIDE_X,
                           (column + i % WIDTH + origin_x) * STRIDE_X + PHASE_X + phase % STRIDE_X, in_h, in_w, b[o]);
        }
      else if (bordered[t % tiles])
        accumulate(&sum[0][0][0], row, step, mask, true, taps, channels, ahead, below - next, xs_c);
      else
        accumulate(&sum[0][0][0], row, step, mask, false, taps, channels, ahead, below - next, xs_c);
      for (int i = 0; last && i < TALL * STRIDE_Y * BLOCK; i++) {
        const int o = i % BLOCK, oy = j * STRIDE_Y + i / BLOCK;
        const float16 slope = (float16)(ACTIVATION == 6 ? b[groups * BLOCK + o] : 0.0f);
        if (oy >= out_h) break;
        float16(*phases)[BLOCK][VECTORS] = sum + i / BLOCK * STRIDE_X;
#pragma unroll 1
        for (int rx = 0; ACTIVATION != 0 && rx < STRIDE_X; rx++)
          for (int v = 0; v < VECTORS; v++) phases[rx][o][v] = activate(phases[rx][o][v], alpha, beta, slope);
        store_phases(phases, o, to + o * ys_c + oy * ys_y, ys_x, out_w - column * STRIDE_X, past_caches);
      }
    }
  }
}

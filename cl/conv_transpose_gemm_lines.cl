/* Transposed convolution for CPUs where each output has one tap (kernel = stride, no padding) and the rows of a large
 * output are no whole lines of the cache. The product is that of conv_transpose_gemm_rows: vectors are of pixels, counted
 * through all rows and images, weights are broadcast. But a block makes all taps of its channels at once, so that rows of
 * outputs which follow one another in y do so in a buffer in the nearest cache, too, and go from there past the caches in
 * whole lines, across the ends of rows. Of f32.
 *
 * -DKH, -DKW: taps along y and x; -DBLOCK: output channels of a block; -DVECTORS: of 16 pixels; KH * KW * BLOCK * VECTORS
 * sums are in registers, 24 at most. -DROOM: floats of private memory for a work-item's inputs; -DBUFFER: floats for a
 * block's outputs; -DAPART: between its runs; -DMOVES: parts of rows that go there, at most;
 * -DACTIVATION: see activation.clh.
 * Global size: (ceil(pixels / each), groups * ceil(blocks / sets)), local (1, 1). A work-item makes `each` pixels with the
 * weights of `sets` blocks, one after the other.
 * x, y: strides xs_*, ys_*; that of y along x is 1. w: [group][block][ci][kz][ky][kx][BLOCK], b: [group][block][BLOCK],
 * with prelu followed by the slopes, likewise. past_caches: whole lines go there. */
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DKH=2 -DKW=2 -DBLOCK=2 -DVECTORS=3 -DROOM=64 -DBUFFER=64 -DAPART=16 -DMOVES=8 -DACTIVATION=0
// check: -DCLUP_INDEX64=1 -DDTYPE=1 -DKH=3 -DKW=3 -DBLOCK=1 -DVECTORS=2 -DROOM=64 -DBUFFER=64 -DAPART=16 -DMOVES=8 -DACTIVATION=6
// check: -DCLUP_INDEX64=0 -DDTYPE=1 -DKH=1 -DKW=12 -DBLOCK=1 -DVECTORS=2 -DROOM=64 -DBUFFER=64 -DAPART=16 -DMOVES=8 -DACTIVATION=3
#include "common.clh"
#include "cpu_vector.clh"
#include "dtype.clh"
#include "interleave.clh"
#define STREAM 0
#include "store_rows.clh"
#if !defined(KH) || !defined(KW) || !defined(BLOCK) || !defined(VECTORS) || !defined(ROOM) || !defined(BUFFER) || \
    !defined(MOVES) || !defined(APART)
#error "KH, KW, BLOCK, VECTORS, ROOM, BUFFER, MOVES and APART must be set"
#endif
#if DTYPE != 1
#error "of f32"
#endif
typedef float16 act_t;
#include "activation.clh"

#define ROWS (KH * KW * BLOCK)
#define WIDTH (16 * VECTORS)
#define INPUTS_AHEAD 8 /* channels */

typedef struct image_t {
  int d, h, w, kd;
  index_t xs_n, xs_z, xs_y, xs_x, ys_n, ys_z, ys_y;
} image_t;

static inline index_t input_of(const image_t *m, int pixel) {
  const int line = pixel / m->w, plane = line / m->h;
  return plane / m->d * m->xs_n + plane % m->d * m->xs_z + line % m->h * m->xs_y + pixel % m->w * m->xs_x;
}

/* Where the first output of a pixel is. */
static inline index_t output_of(const image_t *m, int pixel) {
  const int line = pixel / m->w, plane = line / m->h;
  return plane / m->d * m->ys_n + plane % m->d * m->kd * m->ys_z + line % m->h * KH * m->ys_y + pixel % m->w * KW;
}

/* A tile's inputs, of all channels: [channel][VECTORS]; 0 past the last one. */
CLUP_APART void take_tile(const image_t *m, __global const float *x, index_t xs_c, int channels, int first, int count,
                          float16 *to) {
  const int16 place = (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  index_t at[WIDTH];
  int split[VECTORS]; /* where a vector goes on at some place behind, 16: nowhere, 0: it is taken one by one */
  for (int i = 0; i < WIDTH; i++) at[i] = input_of(m, first + min(i, count - 1));
  for (int j = 0; j < VECTORS; j++) {
    const index_t *of = at + 16 * j;
    int k = 1;
    while (k < 16 && of[k] == of[0] + k) k++;
    bool two = 16 * j + 16 <= count && (k == 16 || of[k] > of[0] + k);
    for (int i = k + 1; i < 16; i++) two = two && of[i] == of[k] + (i - k);
    split[j] = two ? k : 0;
  }
  for (int c = 0; c < channels; c++, x += xs_c)
    for (int j = 0; j < VECTORS; j++, to++) {
      __global const float *from = x + at[16 * j];
      const int k = split[j];
      if (k > 0) {
        const float16 then = load_real16(k < 16 ? x + at[16 * j + k] - k : from);
        *to = place < k ? load_real16(from) : then;
        FETCH_AHEAD(from + WIDTH);
        continue;
      }
      float lanes[16] = {0};
      for (int i = 0; i < 16 && 16 * j + i < count; i++) lanes[i] = x[at[16 * j + i]];
      *to = vload16(0, lanes);
    }
}

/* Outputs that follow one another in y, and in a channel's buffer: there they begin at a multiple of 16, and further by
 * as much as the first one in y lies behind a line of the cache. */
typedef struct run_t {
  index_t y;
  int at, past;
} run_t;

/* What goes from a tile's interleaved sums to the buffer: up to 16 outputs of a run, whose y has these last four bits.
 */
typedef struct move_t {
  ushort from, to, mask, y;
} move_t;

/* Elements from the line of the cache that an output lies in. */
static inline int lead_of(__global const float *to) { return (int)((size_t)to / sizeof(float)) & 15; }

/* Lanes of a mask; others are left as they are. */
static inline void put_masked(float16 value, ushort mask, float *to) {
#if defined(__AVX512F__) && __has_builtin(__builtin_ia32_storeups512_mask)
  __builtin_ia32_storeups512_mask(to, value, mask);
#else
  for (int i = 0; mask >> i; i++) to[i] = ((const float *)&value)[i];
#endif
}

/* Sums of a channel, [ky][kx][BLOCK][VECTORS], to rows of outputs, [ky][WIDTH * KW]. */
static inline void spread(const float16 *sums, float alpha, float beta, float16 slope, float16 *rows) {
#pragma unroll
  for (int i = 0; i < KH * VECTORS; i++) {
    float16 phases[KW];
#pragma unroll
    for (int k = 0; k < KW; k++)
      phases[k] = activate(sums[(i / VECTORS * KW + k) * (BLOCK * VECTORS) + i % VECTORS], alpha, beta, slope);
    interleave(phases, KW, rows + i * KW);
  }
}

/* A tile's outputs of `channels` to their buffers. */
CLUP_APART void put_tile(const float16 *sums, const move_t *move, const move_t *last, int channels, float *buffer,
                         int pitch, __global const float *y, index_t ys_c, float alpha, float beta,
                         __global const float *slopes) {
  const int16 place = (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  float16 rows[KH * VECTORS * KW + 1];
  for (int o = 0; o < channels; o++, y += ys_c, buffer += pitch, sums += VECTORS) {
    spread(sums, alpha, beta, (float16)(ACTIVATION == 6 ? slopes[o] : 0.0f), rows);
    const int lead = lead_of(y);
    for (const move_t *m = move; m < last; m++)
      put_masked(pick16_of_pair(rows[m->from / 16], rows[m->from / 16 + 1], place + m->from % 16), m->mask,
                 buffer + m->to + ((lead + m->y) & 15));
  }
}

/* What is complete of the runs, from `done` to `made` in the buffer, to a channel's output. */
static inline void store_runs(const run_t *run, int done, int made, const float *buffer, __global float *y,
                              bool past_caches) {
  for (; run->at < made; run++) {
    const int lead = lead_of(y + run->y), end = min(made, run->past) - run->at + lead;
    const bool ends = made >= run->past;
    __global float *to = y + run->y - lead;
    const float *from = buffer + run->at;
    int i = (max(done, run->at) - run->at + lead) & ~15;
    if (i == 0 && lead > 0) { /* once more where more of it has come */
      out_lanes(vload16(0, from), lead, min(end, 16), to);
      i = 16;
    }
    for (; i + 16 <= end; i += 16) out_line(*(const float16 *)(from + i), past_caches, to + i);
    if (ends && i < end) out_lanes(*(const float16 *)(from + i), 0, end - i, to + i);
  }
}

/* A tile's products of all input channels. Inlined, so that the sums stay in registers. */
static inline __attribute__((always_inline)) void multiply(float16 *sums, const float16 *in,
                                                           __global const float *weights, int step, int channels,
                                                           __global const float *bias) {
  float16 sum[ROWS][VECTORS];
#pragma unroll
  for (int i = 0; i < ROWS * VECTORS; i++) sum[i / VECTORS][i % VECTORS] = (float16)(bias[i / VECTORS % BLOCK]);
  for (int c = 0; c < channels; c++, in += VECTORS, weights += step) {
#pragma unroll
    for (int i = 0; i < ROWS; i++) {
      const float16 weight = (float16)(weights[i]);
#pragma unroll
      for (int j = 0; j < VECTORS; j++) sum[i][j] = fma(weight, in[j], sum[i][j]);
    }
#pragma unroll
    for (int j = 0; j < VECTORS; j++) FETCH_AHEAD(in + INPUTS_AHEAD * VECTORS + j);
  }
#pragma unroll
  for (int i = 0; i < ROWS * VECTORS; i++) sums[i] = sum[i / VECTORS][i % VECTORS];
}

/* How a work-item's outputs lie in the buffer of a channel. */
typedef struct plan_t {
  int past; /* of the last run */
  run_t run[MOVES + 1];
  move_t move[MOVES];
  int last_move[MOVES], made[MOVES]; /* of each tile: the move behind its own, and up to where the buffer is complete */
} plan_t;

/* The rows of `count` pixels from `first` on, in the order of their outputs. */
CLUP_APART void make_plan(const image_t *m, int first, int count, plan_t *to) {
  int at[MOVES + 1], of[MOVES + 1]; /* of each row and tap along y: its place in the buffer, and its run */
  int runs = 0, rows = 0, past = 0;
  for (int p = 0, some; p < count; p += some, rows++) {
    some = min(count - p, m->w - (first + p) % m->w);
    for (int ky = 0; ky < KH; ky++) {
      const index_t y = output_of(m, first + p) + ky * m->ys_y;
      run_t *run = to->run + max(runs - 1, 0);
      if (runs == 0 || run->y + past - run->at != y) {
        past = runs == 0 ? 0 : (past + 15) / 16 * 16 + APART;
        run = to->run + runs++;
        run->y = y;
        run->at = past;
      }
      at[rows * KH + ky] = past;
      of[rows * KH + ky] = runs - 1;
      past += some * KW;
      run->past = past;
    }
  }
  at[rows * KH] = past;
  to->run[runs].at = to->run[runs].past = INT_MAX;
  to->past = past;
  int moves = 0, row = 0, ix = 0; /* of the first row what is in it */
  for (int tile = 0, p = 0; p < count; tile++) {
    for (int s = 0; s < WIDTH && p < count;) {
      const int width = row == 0 ? m->w - first % m->w : m->w, some = min(min(WIDTH - s, count - p), width - ix);
      for (int ky = 0; ky < KH; ky++)
        for (int i = 0; i < some * KW; i += 16) {
          const int lanes = min(16, some * KW - i), k = row * KH + ky;
          to->move[moves++] = (move_t){(ushort)(ky * (WIDTH * KW) + s * KW + i), (ushort)(at[k] + ix * KW + i),
                                       (ushort)((1 << lanes) - 1), (ushort)(to->run[of[k]].y & 15)};
        }
      s += some;
      p += some;
      ix += some;
      if (ix < width) continue;
      ix = 0;
      row++;
    }
    to->last_move[tile] = moves;
    to->made[tile] = p == count ? past : at[row * KH];
  }
}

CLUP_KERNEL void clup_conv_transpose_gemm_lines(__global const float *x, long x_offset, __global float *y,
                                                long y_offset, __global const float *w, long w_offset,
                                                __global const float *b, long b_offset, index_t xs_n, index_t xs_c,
                                                index_t xs_z, index_t xs_y, index_t xs_x, index_t ys_n, index_t ys_c,
                                                index_t ys_z, index_t ys_y, index_t ys_x, int ci, int co, int groups,
                                                int blocks, int sets, int each, int pixels, int in_d, int in_h,
                                                int in_w, int kd, float alpha, float beta, int past_caches) {
  if (warming_up(x_offset)) return;
  (void)ys_x;
  const int first = (int)get_global_id(0) * each, count = min(each, pixels - first);
  const int parts = (blocks + sets - 1) / sets, group = (int)get_global_id(1) / parts;
  const int begin_block = (int)get_global_id(1) % parts * sets;
  const int units = min(sets, blocks - begin_block) * kd, step = kd * ROWS;
  const image_t m = {in_d, in_h, in_w, kd, xs_n, xs_z, xs_y, xs_x, ys_n, ys_z, ys_y};
  x += x_offset + (index_t)group * ci * xs_c;
  y += y_offset + (index_t)group * co * ys_c;
  b += b_offset + (group * blocks + begin_block) * BLOCK;
  w += w_offset + (long)(group * blocks + begin_block) * ci * step;
  __global const float *slopes = b + groups * blocks * BLOCK; /* with prelu */
  float16 v[ROOM / 16];                                       /* [tile][channel][VECTORS] */
  for (int p = 0; p < count; p += WIDTH) take_tile(&m, x, xs_c, ci, first + p, min(WIDTH, count - p), v + p / 16 * ci);
  plan_t plan;
  make_plan(&m, first, count, &plan);
  const int pitch = (plan.past + 15) / 16 * 16 + 2 * APART;
  float16 sums[ROWS * VECTORS];
  float16 buffer[BUFFER / 16];
  for (int u = 0; u < units; u++) {
    const int block = u / kd, kz = u % kd, channel = (begin_block + block) * BLOCK, channels = min(BLOCK, co - channel);
    __global const float *weights = w + (long)block * ci * step + kz * ROWS;
    __global float *to = y + (index_t)channel * ys_c + kz * ys_z;
    int done = 0, move = 0;
    const run_t *run = plan.run;
    for (int tile = 0; tile * WIDTH < count; tile++) {
      multiply(sums, v + tile * VECTORS * ci, weights, step, ci, b + block * BLOCK);
      put_tile(sums, plan.move + move, plan.move + plan.last_move[tile], channels, (float *)buffer, pitch, to, ys_c,
               alpha, beta, slopes + block * BLOCK);
      for (int o = 0; o < channels; o++)
        store_runs(run, done, plan.made[tile], (const float *)buffer + o * pitch, to + o * ys_c, past_caches);
      done = plan.made[tile];
      move = plan.last_move[tile];
      while (run->past <= done) run++;
    }
  }
}

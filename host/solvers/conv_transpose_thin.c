/* CPUs, few output channels: all phases of a row of blocks in vector registers. */
#include "../ops/conv_transpose.h"
#include "solver_shared.h"

enum {
  LANES = 16,
  MAX_ACCUMULATORS = 24, /* vectors of 16 floats that stay in registers */
  NARROW_LANES = 8,      /* where registers hold no more there are 16 */
  NARROW_SUMS = 12,
  NARROW_LATENCY = 8, /* sums that are needed to keep the units busy */
  NARROW_REGISTERS = 16,
  MAX_UNROLLED = 400, /* multiply-adds of a channel */
  MAX_VECTORS = 3,
  FEW_CHANNELS = 4,
  SETS = 80,   /* tiles of a work-item */
  CHUNK = 8,   /* input channels at a time */
  ROOM = 8192, /* floats for copies of inputs */
  ITEMS_PER_UNIT = 8,
  COPIED_COLUMNS = 128, /* of a work-item that reads copies */
  COPIED_TILES = 16,
  COPIED_CHUNK = 4
};

/* The inputs that the taps of an output's phases reach along an axis. */
static int64_t reach(const conv_geometry *g, int axis) {
  const int64_t stride = g->stride[axis], phase = conv_phase(g, axis);
  return floor_div(stride - 1 + phase, stride) + floor_div(g->kernel[axis] - 1 - phase, stride) + 1;
}

static bool can_read_in_place(const clup_problem *problem, const device_caps *caps) {
  return problem->input.dtype == CLUP_F32 && caps->one_memory;
}

/* Whether a row's tiles can be read where they lie: they are full, and only outer vectors, at shifts away from the
 * middle, meet the row's ends (at_border in the kernel). */
static bool reads_in_place(const clup_problem *problem, const conv_geometry *g, int64_t width, int64_t columns,
                           const device_caps *caps) {
  const int64_t shifts = reach(g, AXIS_X), stride = g->stride[AXIS_X];
  const int64_t first =
      floor_div(g->pad[AXIS_X], stride) - floor_div(g->kernel[AXIS_X] - 1 - conv_phase(g, AXIS_X), stride);
  return can_read_in_place(problem, caps) && g->x_strides[4] == 1 && columns >= width && shifts <= LANES &&
         first + shifts / 2 >= 0 && columns + first + (shifts - 1) / 2 <= g->in[AXIS_X];
}

/* What a work-item makes: rows of tiles, which are `tall` outputs of each phase high, from `chunk` channels at a time.
 */
typedef struct share {
  bool copied;
  int64_t tiles, rows, chunk, pitch, room;
} share;

static share choose_share(const clup_problem *problem, const conv_geometry *g, int64_t width, int64_t tall,
                          int64_t columns, int64_t rows, const device_caps *caps) {
  const int64_t across = divided_up(columns, width), lines = g->batch * g->groups;
  share s = {.copied = !reads_in_place(problem, g, width, columns, caps), .tiles = 1};
  if (s.copied) {
    while (s.tiles < across && 2 * s.tiles * width <= COPIED_COLUMNS) s.tiles *= 2;
    s.rows = COPIED_TILES / s.tiles;
  } else {
    s.tiles = divided_up(across, divided_up(across, SETS));
    while (s.tiles < across && across % s.tiles == 1) s.tiles--; /* the last has one before it to reach into */
    s.rows = SETS / s.tiles;
    while (s.rows > 1 && divided_up(across, s.tiles) * divided_up(rows, s.rows) * lines <
                             ITEMS_PER_UNIT * (int64_t)caps->compute_units)
      s.rows = divided_up(s.rows, 2);
  }
  s.pitch = LANES * divided_up(s.tiles * width + reach(g, AXIS_X) - 1, LANES);
  const int64_t of_channel = (reach(g, AXIS_Y) + s.rows * tall - 1) * s.pitch, most = ROOM / of_channel;
  s.chunk = !s.copied ? CHUNK : most < 1 ? 1 : most < COPIED_CHUNK ? most : COPIED_CHUNK;
  s.room = s.copied && most < 1 ? of_channel : ROOM;
  return s;
}

/* Tiles of two rows of one vector of columns, in place of one row of two: where that makes fewer columns twice, and in
 * narrow images. In wide ones it is up to 8 % slower. */
static bool two_rows_suit(int64_t columns) {
  const int64_t pair = 2 * (int64_t)LANES, made = pair * divided_up(columns, pair);
  return columns <= pair || 20 * made > divided_up(columns, LANES) * LANES * 21;
}

/* A tile, and what of it is in registers at once. */
typedef struct tile {
  int64_t vectors, tall, lanes, phases_y, channels, registers;
} tile;

static tile wide_tile(const conv_geometry *g, int64_t columns, int64_t rows) {
  const int64_t phases = g->stride[AXIS_Y] * g->stride[AXIS_X];
  int64_t vectors = 1, tall = 1;
  while (vectors < MAX_VECTORS && (vectors + 1) * phases * g->co <= MAX_ACCUMULATORS && vectors * LANES < columns &&
         (vectors + 1) * g->kernel[AXIS_Y] * g->kernel[AXIS_X] * g->co <= MAX_UNROLLED)
    vectors++;
  if (vectors == 2 && rows > 1 && two_rows_suit(columns)) tall = 2;
  vectors /= tall;
  return (tile){vectors, tall, LANES, g->stride[AXIS_Y], g->co, vectors};
}

/* With `phases` sums for each of `registers` registers of columns: a step of a multiply-add takes as long as its loads,
 * or as it waits for the one before; all over again for columns that are made twice. */
static double time_of(int64_t phases, int64_t registers, int64_t vectors, int64_t columns) {
  const double sums = (double)(phases * registers), loads = 1 / (double)phases + 1 / (double)registers;
  const double made = (double)(vectors * LANES * divided_up(columns, vectors * LANES)) / (double)columns;
  return (loads > 1 ? loads : 1 + loads / 100) * (sums < NARROW_LATENCY ? NARROW_LATENCY / sums : 1) * made;
}

static tile narrow_tile(const conv_geometry *g, int64_t columns) {
  tile best = {1, 1, NARROW_LANES, 1, 1, 1};
  double least = time_of(g->stride[AXIS_X], 1, 1, columns);
  for (int64_t phases_y = 1; phases_y <= g->stride[AXIS_Y]; phases_y++)
    for (int64_t channels = 1; channels <= g->co; channels++)
      for (int64_t vectors = 1; vectors <= MAX_VECTORS; vectors++)
        for (int64_t registers = 1; registers <= MAX_VECTORS; registers++) {
          const int64_t phases = phases_y * g->stride[AXIS_X] * channels;
          if (g->stride[AXIS_Y] % phases_y || g->co % channels || 2 * vectors % registers ||
              phases * registers > NARROW_SUMS || (phases + 1) * registers + 1 > NARROW_REGISTERS ||
              (vectors > 1 && vectors * g->kernel[AXIS_Y] * g->kernel[AXIS_X] * g->co > MAX_UNROLLED))
            continue;
          const double time = time_of(phases, registers, vectors, columns);
          if (time >= least) continue;
          least = time;
          best = (tile){vectors, 1, NARROW_LANES, phases_y, channels, registers};
        }
  return best;
}

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  if (!conv_tiles_apply(problem, caps, why)) return false;
  const conv_geometry g = conv_transpose_geometry(problem);
  if (!conv_is_plain_plane(&g, why)) return false;
  /* Compared one by one: each may be huge. */
  const int64_t *s = g.stride, *k = g.kernel;
  if (s[AXIS_Y] > MAX_ACCUMULATORS || s[AXIS_X] > MAX_ACCUMULATORS || g.co > MAX_ACCUMULATORS ||
      s[AXIS_Y] * s[AXIS_X] * g.co > MAX_ACCUMULATORS)
    return not_applicable(why, "%lld x %lld phases of %lld channels are more than %d vectors", (long long)s[AXIS_Y],
                          (long long)s[AXIS_X], (long long)g.co, MAX_ACCUMULATORS);
  if (k[AXIS_Y] > MAX_UNROLLED || k[AXIS_X] > MAX_UNROLLED || k[AXIS_Y] * k[AXIS_X] * g.co > MAX_UNROLLED)
    return not_applicable(why, "%lld x %lld taps to %lld channels are more than %d", (long long)k[AXIS_Y],
                          (long long)k[AXIS_X], (long long)g.co, MAX_UNROLLED);
  return true;
}

static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  (void)caps;
  const conv_geometry g = conv_transpose_geometry(problem);
  if (g.co > FEW_CHANNELS)
    return not_applicable(why, "%lld output channels fill other solvers' tiles", (long long)g.co);
  return true;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  const conv_geometry g = conv_transpose_geometry(problem);
  const int64_t columns = (g.out[AXIS_X] + g.stride[AXIS_X] - 1) / g.stride[AXIS_X];
  const int64_t rows = (g.out[AXIS_Y] + g.stride[AXIS_Y] - 1) / g.stride[AXIS_Y];
  const tile t = caps->has_wide_vectors ? wide_tile(&g, columns, rows) : narrow_tile(&g, columns);
  const int64_t width = LANES * t.vectors;
  const share s = choose_share(problem, &g, width, t.tall, columns, divided_up(rows, t.tall), caps);
  const conv_packed packed = conv_transpose_pack(r, problem, caps, g.co, CONV_BY_CHANNEL);
  launch *l = recipe_launch(r, "conv_transpose_thin", "clup_conv_transpose_thin");
  conv_plane_defines(r, l, &g);
  launch_define(r, l, "PHASE_Y", conv_phase(&g, AXIS_Y));
  launch_define(r, l, "PHASE_X", conv_phase(&g, AXIS_X));
  launch_define(r, l, "BLOCK", g.co);
  launch_define(r, l, "VECTORS", t.vectors);
  launch_define(r, l, "TALL", t.tall);
  launch_define(r, l, "LANES", t.lanes);
  launch_define(r, l, "AT_ONCE_Y", t.phases_y);
  launch_define(r, l, "AT_ONCE_O", t.channels);
  launch_define(r, l, "AT_ONCE_V", t.registers);
  launch_define(r, l, "DIRECT", can_read_in_place(problem, caps));
  launch_define(r, l, "SETS", SETS);
  launch_define(r, l, "ROOM", s.room);
  conv_plane_args(r, l, problem, &packed);
  launch_i32(r, l, g.ci);
  launch_i32(r, l, g.groups);
  conv_axes_args(r, l, g.in + AXIS_Y, 2);
  conv_axes_args(r, l, g.out + AXIS_Y, 2);
  for (int axis = AXIS_Y; axis <= AXIS_X; axis++) launch_i32(r, l, conv_first_q(&g, axis));
  conv_transpose_epilogue(r, l, problem);
  const int64_t counts[] = {s.tiles, s.rows, s.chunk, s.pitch, s.copied};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) launch_i32(r, l, counts[i]);
  launch_i32(r, l, problem->output.dtype == CLUP_F32 && goes_past_caches(&problem->output));
  launch_range(
      r, l, 3,
      (int64_t[3]){divided_up(columns, s.tiles * width), divided_up(rows, s.rows * t.tall), g.batch * g.groups},
      (size_t[3]){1, 1, 1});
  return CLUP_OK;
}

const solver conv_transpose_thin = {
    .name = "thin", .applicable = applicable, .preferred = preferred, .configure = configure};

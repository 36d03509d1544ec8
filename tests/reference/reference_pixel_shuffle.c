/* torch.nn.PixelShuffle and PixelUnshuffle: y[c, h*r+i, w*r+j] = x[c*r*r + i*r + j, h, w], and back. */
#include "reference/reference.h"

typedef struct geometry {
  int64_t outer, c, h, w, r; /* outer: product of the leading axes; c, h, w: of the narrow-channel, wide-plane side */
  int unshuffle;
} geometry;

static int geometry_of(const clup_problem *problem, geometry *g, int64_t dims[CLUP_MAX_RANK]) {
  clup_tensor x = {0};
  if (clup_problem_tensor(problem, CLUP_ROLE_INPUT, &x) != CLUP_OK ||
      clup_problem_pixel_shuffle_factor(problem, &g->r) != CLUP_OK)
    return reference_fail("pixel shuffle: %s", clup_last_error());
  if (x.rank < 3) return reference_fail("pixel shuffle: rank %d", x.rank);
  g->unshuffle = clup_problem_op(problem) == CLUP_OP_PIXEL_UNSHUFFLE;
  g->outer = 1;
  for (int a = 0; a < x.rank - 3; a++) g->outer *= dims[a] = x.dims[a];
  const int64_t *chw = x.dims + x.rank - 3, r = g->r;
  int64_t *y = dims + x.rank - 3;
  if (g->unshuffle) {
    if (chw[1] % r != 0 || chw[2] % r != 0)
      return reference_fail("pixel_unshuffle: the plane is not a multiple of %d", (int)r);
    g->c = chw[0], g->h = chw[1], g->w = chw[2];
    y[0] = chw[0] * r * r, y[1] = chw[1] / r, y[2] = chw[2] / r;
  } else {
    if (chw[0] % (r * r) != 0)
      return reference_fail("pixel_shuffle: the channels are not a multiple of %d", (int)(r * r));
    y[0] = g->c = chw[0] / (r * r), y[1] = g->h = chw[1] * r, y[2] = g->w = chw[2] * r;
  }
  return 0;
}

int reference_shuffle_dims(const clup_problem *problem, int64_t dims[CLUP_MAX_RANK]) {
  geometry g = {0};
  return geometry_of(problem, &g, dims);
}

int reference_shuffle_sources(const clup_problem *problem, int64_t *source) {
  geometry g = {0};
  int64_t dims[CLUP_MAX_RANK];
  if (geometry_of(problem, &g, dims) != 0) return -1;
  const int64_t r = g.r, plane = g.h * g.w;
  for (int64_t o = 0; o < g.outer; o++)
    for (int64_t c = 0; c < g.c; c++)
      for (int64_t h = 0; h < g.h; h++)
        for (int64_t w = 0; w < g.w; w++) {
          const int64_t wide = (o * g.c + c) * plane + h * g.w + w;
          const int64_t channel = c * r * r + (h % r) * r + w % r;
          const int64_t deep = ((o * g.c * r * r + channel) * (g.h / r) + h / r) * (g.w / r) + w / r;
          source[g.unshuffle ? deep : wide] = g.unshuffle ? wide : deep;
        }
  return 0;
}

/* torch.nn.PixelShuffle and PixelUnshuffle: y[c, h*r+i, w*r+j] = x[c*r*r + i*r + j, h, w], and back; ONNX DepthToSpace
 * and SpaceToDepth, which with mode DCR take channel (i*r + j)*C + c; torch.nn.ChannelShuffle. */
#include "reference/reference.h"

typedef struct geometry {
  int64_t outer, c, h, w, r; /* outer: product of the leading axes; c, h, w: of the narrow-channel, wide-plane side */
  int to_depth;              /* the output is the deep-channel side */
  clup_depth_mode mode;
} geometry;

static clup_status parameters_of(const clup_problem *problem, geometry *g) {
  const clup_op op = clup_problem_op(problem);
  g->to_depth = op == CLUP_OP_PIXEL_UNSHUFFLE || op == CLUP_OP_SPACE_TO_DEPTH;
  g->mode = CLUP_CRD;
  return op == CLUP_OP_PIXEL_SHUFFLE || op == CLUP_OP_PIXEL_UNSHUFFLE
             ? clup_problem_pixel_shuffle_factor(problem, &g->r)
             : clup_problem_depth_params(problem, &g->r, &g->mode);
}

static int geometry_of(const clup_problem *problem, geometry *g, int64_t dims[CLUP_MAX_RANK]) {
  const char *op = clup_op_name(clup_problem_op(problem));
  clup_tensor x = {0};
  if (clup_problem_tensor(problem, CLUP_ROLE_INPUT, &x) != CLUP_OK || parameters_of(problem, g) != CLUP_OK)
    return reference_fail("%s: %s", op, clup_last_error());
  if (x.rank < 3) return reference_fail("%s: rank %d", op, x.rank);
  g->outer = 1;
  for (int a = 0; a < x.rank - 3; a++) g->outer *= dims[a] = x.dims[a];
  const int64_t *chw = x.dims + x.rank - 3, r = g->r;
  int64_t *y = dims + x.rank - 3;
  if (g->to_depth) {
    if (chw[1] % r != 0 || chw[2] % r != 0) return reference_fail("%s: the plane is not a multiple of %d", op, (int)r);
    g->c = chw[0], g->h = chw[1], g->w = chw[2];
    y[0] = chw[0] * r * r, y[1] = chw[1] / r, y[2] = chw[2] / r;
  } else {
    if (chw[0] % (r * r) != 0) return reference_fail("%s: the channels are not a multiple of %d", op, (int)(r * r));
    y[0] = g->c = chw[0] / (r * r), y[1] = g->h = chw[1] * r, y[2] = g->w = chw[2] * r;
  }
  return 0;
}

static int channels_of(const clup_problem *problem, clup_tensor *x, int64_t *groups) {
  if (clup_problem_tensor(problem, CLUP_ROLE_INPUT, x) != CLUP_OK ||
      clup_problem_channel_shuffle_groups(problem, groups) != CLUP_OK)
    return reference_fail("channel_shuffle: %s", clup_last_error());
  if (x->rank < 3 || x->dims[1] % *groups != 0)
    return reference_fail("channel_shuffle: rank %d, %d groups", x->rank, (int)*groups);
  return 0;
}

int reference_shuffle_dims(const clup_problem *problem, int64_t dims[CLUP_MAX_RANK]) {
  geometry g = {0};
  if (clup_problem_op(problem) != CLUP_OP_CHANNEL_SHUFFLE) return geometry_of(problem, &g, dims);
  clup_tensor x = {0};
  int64_t groups = 1;
  if (channels_of(problem, &x, &groups) != 0) return -1;
  for (int a = 0; a < x.rank; a++) dims[a] = x.dims[a];
  return 0;
}

static int channel_sources(const clup_problem *problem, int64_t *source) {
  clup_tensor x = {0};
  int64_t groups = 1, plane = 1;
  if (channels_of(problem, &x, &groups) != 0) return -1;
  for (int a = 2; a < x.rank; a++) plane *= x.dims[a];
  const int64_t channels = x.dims[1], each = channels / groups;
  for (int64_t n = 0; n < x.dims[0]; n++)
    for (int64_t c = 0; c < channels; c++) /* of x: member c % each of group c / each */
      for (int64_t i = 0; i < plane; i++)
        source[(n * channels + c % each * groups + c / each) * plane + i] = (n * channels + c) * plane + i;
  return 0;
}

int reference_shuffle_sources(const clup_problem *problem, int64_t *source) {
  geometry g = {0};
  int64_t dims[CLUP_MAX_RANK];
  if (clup_problem_op(problem) == CLUP_OP_CHANNEL_SHUFFLE) return channel_sources(problem, source);
  if (geometry_of(problem, &g, dims) != 0) return -1;
  const int64_t r = g.r, plane = g.h * g.w;
  for (int64_t o = 0; o < g.outer; o++)
    for (int64_t c = 0; c < g.c; c++)
      for (int64_t h = 0; h < g.h; h++)
        for (int64_t w = 0; w < g.w; w++) {
          const int64_t wide = (o * g.c + c) * plane + h * g.w + w, in_block = h % r * r + w % r;
          const int64_t channel = g.mode == CLUP_DCR ? in_block * g.c + c : c * r * r + in_block;
          const int64_t deep = ((o * g.c * r * r + channel) * (g.h / r) + h / r) * (g.w / r) + w / r;
          source[g.to_depth ? deep : wide] = g.to_depth ? wide : deep;
        }
  return 0;
}

/* torch.nn.MaxUnpool1d, 2d, 3d and ONNX MaxUnpool; of equal indices the last in row-major order wins. */
#include "reference/reference.h"

typedef struct unpool {
  clup_max_unpool_params params;
  clup_tensor x;
  int axes, first;    /* first: where the spatial axes begin */
  int64_t counted[3]; /* sizes that indices count in */
  int64_t window[3], stride[3];
  int64_t planes, in, to; /* to: elements of the plane that indices count in */
} unpool;

/* What the problem is, and its output's dims. */
static int unpool_of(const clup_problem *problem, unpool *u, int64_t dims[CLUP_MAX_RANK]) {
  if (clup_problem_tensor(problem, CLUP_ROLE_INPUT, &u->x) != CLUP_OK ||
      clup_problem_max_unpool_params(problem, &u->params) != CLUP_OK)
    return reference_fail("max_unpool: %s", clup_last_error());
  const clup_max_unpool_params *p = &u->params;
  u->axes = p->axes != 0 ? p->axes : u->x.rank - 2;
  u->first = u->x.rank - u->axes;
  if (u->axes < 1 || u->axes > 3 || u->first < 1 || u->first > 2)
    return reference_fail("max_unpool: rank %d, axes %d", u->x.rank, u->axes);
  u->planes = u->in = u->to = 1;
  for (int i = 0; i < u->first; i++) u->planes *= dims[i] = u->x.dims[i];
  const int given = p->output_size[0] != 0 || p->output_size[1] != 0 || p->output_size[2] != 0;
  const int strides = p->stride[0] != 0 || p->stride[1] != 0 || p->stride[2] != 0;
  for (int a = 0; a < u->axes; a++) {
    const int64_t in = u->x.dims[u->first + a], wanted = p->output_size[a];
    const int64_t stride = strides ? p->stride[a] : p->onnx ? 1 : p->kernel[a];
    const int64_t end = p->padding_end[a] < 0 ? p->padding[a] : p->padding_end[a];
    const int64_t usual = (in - 1) * stride - p->padding[a] - end + p->kernel[a];
    const int64_t out = dims[u->first + a] = given ? wanted : usual;
    if (out < 1 || (p->onnx && usual < 1)) return reference_fail("max_unpool: no output on axis %d", a);
    if (p->onnx ? out < usual : out <= usual - stride || out >= usual + stride)
      return reference_fail("max_unpool: output_size out of range on axis %d", a);
    u->counted[a] = p->onnx ? usual : out;
    u->window[a] = p->kernel[a];
    u->stride[a] = stride;
    u->in *= in;
    u->to *= u->counted[a];
  }
  return 0;
}

int reference_unpool_dims(const clup_problem *problem, int64_t dims[CLUP_MAX_RANK]) {
  unpool u = {.axes = 0};
  return unpool_of(problem, &u, dims);
}

/* An index in the window that pooling took element `at` of a plane from, or -1: there is none. */
static int64_t in_own_window(const unpool *u, int64_t at, uint32_t random) {
  int64_t index = 0, step = 1;
  for (int a = u->axes - 1; a >= 0; a--) {
    const int64_t size = u->x.dims[u->first + a], begin = at % size * u->stride[a] - u->params.padding[a];
    const int64_t from = begin < 0 ? 0 : begin, end = begin + u->window[a],
                  past = end < u->counted[a] ? end : u->counted[a];
    if (past <= from) return -1;
    index += (from + (int64_t)(random >> 8 * a & 255) % (past - from)) * step;
    step *= u->counted[a];
    at /= size;
  }
  return index;
}

int64_t reference_unpool_index(const clup_problem *problem, int64_t element, uint32_t seed) {
  unpool u = {.axes = 0};
  int64_t dims[CLUP_MAX_RANK];
  if (unpool_of(problem, &u, dims) != 0) return -1;
  const int64_t plane = element / u.in;
  const uint32_t random = reference_hash(seed, (uint32_t)element), kind = reference_hash(~seed, (uint32_t)plane) % 4;
  const int64_t own = kind == 0 || (kind == 1 && random >> 27 == 0) ? -1 : in_own_window(&u, element % u.in, random);
  const int64_t within = own >= 0 ? own : (int64_t)random % u.to;
  if (!u.params.onnx) return within;
  /* Where indices are anywhere, one in sixteen is in any plane. */
  return own < 0 && random >> 28 == 0 ? (int64_t)random % (u.to * u.planes) : plane * u.to + within;
}

int reference_unpool_sources(const clup_problem *problem, const int64_t *indices, int64_t *source, int64_t *bad) {
  unpool u = {.axes = 0};
  int64_t dims[CLUP_MAX_RANK], out = 1;
  if (unpool_of(problem, &u, dims) != 0) return -1;
  for (int a = 0; a < u.axes; a++) out *= dims[u.first + a];
  if (bad != NULL) *bad = -1;
  for (int64_t i = 0; i < u.planes * out; i++) source[i] = -1;
  for (int64_t i = 0; i < u.planes * u.in; i++) {
    const int64_t end = u.params.onnx ? u.to * u.planes : u.to;
    if (indices[i] < 0 || indices[i] >= end) {
      if (bad != NULL && *bad < 0) *bad = i;
      continue;
    }
    const int64_t plane = u.params.onnx ? indices[i] / u.to : i / u.in;
    int64_t rest = indices[i] % u.to, place = 0, step = 1;
    for (int a = u.axes - 1; a >= 0; a--) {
      place += rest % u.counted[a] * step;
      rest /= u.counted[a];
      step *= dims[u.first + a];
    }
    source[plane * out + place] = i;
  }
  return 0;
}

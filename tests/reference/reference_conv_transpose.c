/* The scatter form of torch.nn.ConvTranspose1d, 2d and 3d, literally; fewer axes than three are leading axes of size 1.
 */
#include <math.h>
#include <stdlib.h>

#include "reference/reference.h"

enum { AXES = 3 };

typedef struct geometry {
  int64_t n, c_in, c_out, groups;
  int batched, own; /* own: spatial axes of the problem, the last ones of AXES */
  int64_t in[AXES], out[AXES], kernel[AXES], stride[AXES], padding[AXES], dilation[AXES];
} geometry;

enum { BY_PADDING, BY_OUTPUT_SIZE, BY_OUTPUT_SHAPE };

/* ONNX ConvTranspose: the padding that makes `out` of what the kernel covers, the odd element at the end with
 * SAME_UPPER, at the beginning otherwise. In doubles, whose floor knows negative numbers. */
static int64_t onnx_begin(const clup_conv_transpose_params *p, int64_t covered, int64_t out) {
  const double total = (double)(covered - out), smaller = floor(total / 2);
  return (int64_t)(p->auto_pad == CLUP_SAME_UPPER ? smaller : total - smaller);
}

/* One spatial axis: a of the problem. */
static int axis_of(geometry *g, const clup_conv_transpose_params *p, int a, int by, int64_t in, int64_t kernel) {
  const int at = AXES - g->own + a;
  const int64_t end = p->padding_end[a] == CLUP_SAME_PADDING ? p->padding[a] : p->padding_end[a];
  const int64_t covered = (in - 1) * p->stride[a] + p->dilation[a] * (kernel - 1) + 1;
  const int64_t least = covered - p->padding[a] - end;
  if (by == BY_OUTPUT_SIZE && (p->output_size[a] < least || p->output_size[a] >= least + p->stride[a]))
    return reference_fail("conv_transpose: output_size out of range on axis %d", a);
  if (by != BY_OUTPUT_SIZE && p->output_padding[a] >= p->stride[a] && p->output_padding[a] >= p->dilation[a])
    return reference_fail("conv_transpose: output_padding out of range on axis %d", a);
  g->in[at] = in;
  g->kernel[at] = kernel;
  g->stride[at] = p->stride[a];
  g->dilation[at] = p->dilation[a];
  g->padding[at] = p->padding[a];
  g->out[at] = by == BY_OUTPUT_SIZE ? p->output_size[a] : least + p->output_padding[a];
  if (by == BY_OUTPUT_SHAPE || p->auto_pad == CLUP_SAME_UPPER || p->auto_pad == CLUP_SAME_LOWER) {
    g->out[at] = by == BY_OUTPUT_SHAPE ? p->output_shape[a] : in * p->stride[a];
    g->padding[at] = onnx_begin(p, covered + p->output_padding[a], g->out[at]);
  }
  return g->out[at] < 1 ? reference_fail("conv_transpose: no output on axis %d", a) : 0;
}

static int geometry_of(const clup_problem *problem, geometry *g) {
  clup_tensor x, w;
  clup_conv_transpose_params p;
  if (clup_problem_tensor(problem, CLUP_ROLE_INPUT, &x) != CLUP_OK ||
      clup_problem_tensor(problem, CLUP_ROLE_WEIGHT, &w) != CLUP_OK ||
      clup_problem_conv_transpose_params(problem, &p) != CLUP_OK)
    return reference_fail("conv_transpose: %s", clup_last_error());
  if (w.rank < 3 || w.rank > 5 || (x.rank != w.rank && x.rank != w.rank - 1))
    return reference_fail("conv_transpose: rank %d, weight %d", x.rank, w.rank);
  *g = (geometry){.batched = x.rank == w.rank, .own = w.rank - 2, .groups = p.groups};
  g->n = g->batched ? x.dims[0] : 1;
  g->c_in = x.dims[g->batched];
  g->c_out = w.dims[1] * p.groups;
  if (w.dims[0] != g->c_in || g->c_in % g->groups != 0) return reference_fail("conv_transpose: channels do not fit");
  int by = BY_PADDING;
  for (int a = 0; a < g->own; a++) {
    if (p.output_size[a] != 0) by = BY_OUTPUT_SIZE;
    if (p.output_shape[a] != 0) by = BY_OUTPUT_SHAPE;
  }
  for (int a = 0; a < AXES; a++) g->in[a] = g->out[a] = g->kernel[a] = g->stride[a] = g->dilation[a] = 1;
  for (int a = 0; a < g->own; a++)
    if (axis_of(g, &p, a, by, x.dims[1 + g->batched + a], w.dims[2 + a]) != 0) return -1;
  return 0;
}

int reference_conv_transpose_dims(const clup_problem *problem, int64_t dims[CLUP_MAX_RANK]) {
  geometry g = {0};
  if (geometry_of(problem, &g) != 0) return -1;
  if (g.batched) dims[0] = g.n;
  dims[g.batched] = g.c_out;
  for (int a = 0; a < g.own; a++) dims[1 + g.batched + a] = g.out[AXES - g.own + a];
  return 0;
}

/* Where input i and tap k meet along an axis; -1 when outside of the output. */
static int64_t lands(const geometry *g, int a, int64_t i, int64_t k) {
  const int64_t o = i * g->stride[a] - g->padding[a] + k * g->dilation[a];
  return o < 0 || o >= g->out[a] ? -1 : o;
}

static int64_t volume(const int64_t size[AXES]) {
  return size[0] * size[1] * size[2];
}

/* Every tap of the kernel over every input element, for one pair of planes. */
static void scatter_plane(const geometry *g, const double *x, const double *w, double *y, double *m, int64_t *t) {
  const int64_t *in = g->in, *kernel = g->kernel;
  for (int64_t i = 0; i < volume(in); i++)
    for (int64_t k = 0; k < volume(kernel); k++) {
      const int64_t oz = lands(g, 0, i / in[2] / in[1], k / kernel[2] / kernel[1]);
      const int64_t oy = lands(g, 1, i / in[2] % in[1], k / kernel[2] % kernel[1]);
      const int64_t ox = lands(g, 2, i % in[2], k % kernel[2]);
      if (oz < 0 || oy < 0 || ox < 0) continue;
      const int64_t o = (oz * g->out[1] + oy) * g->out[2] + ox;
      const double term = x[i] * w[k];
      y[o] += term;
      m[o] += fabs(term);
      t[o]++;
    }
}

/* The activation of one result, and what it makes of the sum of magnitudes: slopes of at most 1 (or |slope|) pass
 * errors on, and exp, tanh and a division add some units of the result's last place [OpenCL C 1.2, section 7.4]. */
static double activate(const clup_conv_transpose_params *p, double slope, double v, double *magnitude) {
  switch (p->activation) {
    case CLUP_RELU:
      return v < 0 ? 0 : v;
    case CLUP_LEAKY_RELU:
    case CLUP_PRELU:
      if (fabs(slope) > 1) *magnitude *= fabs(slope);
      return v > 0 ? v : slope * v;
    case CLUP_CLAMP:
      return v < p->alpha ? p->alpha : v > p->beta ? p->beta : v;
    case CLUP_SIGMOID:
      *magnitude += 8 / (1 + exp(-v));
      return 1 / (1 + exp(-v));
    case CLUP_TANH:
      *magnitude += 8 * fabs(tanh(v));
      return tanh(v);
    case CLUP_ACTIVATION_NONE:
      break;
  }
  return v;
}

int reference_conv_transpose(const clup_problem *problem, const reference_inputs *in, double *out, double *magnitude,
                             int64_t *terms) {
  geometry g = {0};
  clup_conv_transpose_params p;
  if (geometry_of(problem, &g) != 0) return -1;
  if (clup_problem_conv_transpose_params(problem, &p) != CLUP_OK)
    return reference_fail("conv_transpose: %s", clup_last_error());
  const int64_t x_plane = volume(g.in), y_plane = volume(g.out), w_plane = volume(g.kernel);
  const int64_t ci_group = g.c_in / g.groups, co_group = g.c_out / g.groups;
  for (int64_t n = 0; n < g.n; n++)
    for (int64_t co = 0; co < g.c_out; co++) {
      const int64_t at = (n * g.c_out + co) * y_plane, group = co / co_group;
      for (int64_t i = at; i < at + y_plane; i++) {
        out[i] = in->bias != NULL ? in->bias[co] : 0;
        magnitude[i] = fabs(out[i]);
        terms[i] = in->bias != NULL;
      }
      for (int64_t ci = group * ci_group; ci < (group + 1) * ci_group; ci++)
        scatter_plane(&g, in->input + (n * g.c_in + ci) * x_plane,
                      in->weight + (ci * co_group + co % co_group) * w_plane, out + at, magnitude + at, terms + at);
      const double slope = p.activation != CLUP_PRELU ? p.alpha : in->slope[p.slopes == 1 ? 0 : co];
      for (int64_t i = at; i < at + y_plane; i++) out[i] = activate(&p, slope, out[i], &magnitude[i]);
    }
  return 0;
}

/* The scatter form of torch.nn.ConvTranspose2d, literally. */
#include <math.h>
#include <stdlib.h>

#include "reference/reference.h"

typedef struct geometry {
  int64_t n, c_in, c_out, groups;
  int64_t in[2], out[2], kernel[2], stride[2], padding[2], dilation[2];
} geometry;

static int geometry_of(const clup_problem *problem, geometry *g) {
  clup_tensor x, w;
  clup_conv_transpose_params p;
  if (clup_problem_tensor(problem, CLUP_ROLE_INPUT, &x) != CLUP_OK ||
      clup_problem_tensor(problem, CLUP_ROLE_WEIGHT, &w) != CLUP_OK ||
      clup_problem_conv_transpose_params(problem, &p) != CLUP_OK)
    return reference_fail("conv_transpose: %s", clup_last_error());
  if (x.rank != 4 || w.rank != 4) return reference_fail("conv_transpose: rank %d, weight %d", x.rank, w.rank);
  *g = (geometry){.n = x.dims[0], .c_in = x.dims[1], .c_out = w.dims[1] * p.groups, .groups = p.groups};
  if (w.dims[0] != g->c_in || g->c_in % g->groups != 0) return reference_fail("conv_transpose: channels do not fit");
  const int given = p.output_size[0] != 0 || p.output_size[1] != 0;
  for (int a = 0; a < 2; a++) {
    g->in[a] = x.dims[2 + a];
    g->kernel[a] = w.dims[2 + a];
    g->stride[a] = p.stride[a];
    g->padding[a] = p.padding[a];
    g->dilation[a] = p.dilation[a];
    const int64_t least = (g->in[a] - 1) * p.stride[a] - 2 * p.padding[a] + p.dilation[a] * (g->kernel[a] - 1) + 1;
    if (given && (p.output_size[a] < least || p.output_size[a] >= least + p.stride[a]))
      return reference_fail("conv_transpose: output_size out of range on axis %d", a);
    if (!given && p.output_padding[a] >= p.stride[a] && p.output_padding[a] >= p.dilation[a])
      return reference_fail("conv_transpose: output_padding out of range on axis %d", a);
    g->out[a] = given ? p.output_size[a] : least + p.output_padding[a];
    if (g->out[a] < 1) return reference_fail("conv_transpose: no output on axis %d", a);
  }
  return 0;
}

int reference_conv_transpose_dims(const clup_problem *problem, int64_t dims[CLUP_MAX_RANK]) {
  geometry g = {0};
  if (geometry_of(problem, &g) != 0) return -1;
  dims[0] = g.n;
  dims[1] = g.c_out;
  dims[2] = g.out[0];
  dims[3] = g.out[1];
  return 0;
}

/* Every tap of the kernel over every input pixel, for one pair of planes. */
static void scatter_plane(const geometry *g, const double *x, const double *w, double *y, double *m, int64_t *t) {
  for (int64_t iy = 0; iy < g->in[0]; iy++)
    for (int64_t ix = 0; ix < g->in[1]; ix++)
      for (int64_t ky = 0; ky < g->kernel[0]; ky++)
        for (int64_t kx = 0; kx < g->kernel[1]; kx++) {
          const int64_t oy = iy * g->stride[0] - g->padding[0] + ky * g->dilation[0];
          const int64_t ox = ix * g->stride[1] - g->padding[1] + kx * g->dilation[1];
          if (oy < 0 || oy >= g->out[0] || ox < 0 || ox >= g->out[1]) continue;
          const double term = x[iy * g->in[1] + ix] * w[ky * g->kernel[1] + kx];
          y[oy * g->out[1] + ox] += term;
          m[oy * g->out[1] + ox] += fabs(term);
          t[oy * g->out[1] + ox]++;
        }
}

int reference_conv_transpose(const clup_problem *problem, const reference_inputs *in, double *out, double *magnitude,
                             int64_t *terms) {
  geometry g = {0};
  if (geometry_of(problem, &g) != 0) return -1;
  const int64_t x_plane = g.in[0] * g.in[1], y_plane = g.out[0] * g.out[1], w_plane = g.kernel[0] * g.kernel[1];
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
    }
  return 0;
}

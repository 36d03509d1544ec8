/* torch.nn.MaxUnpool2d; of equal indices the last in row-major order wins. */
#include "reference/reference.h"

static int shape_of(const clup_problem *problem, clup_tensor *x, int64_t dims[CLUP_MAX_RANK]) {
  clup_max_unpool_params p;
  if (clup_problem_tensor(problem, CLUP_ROLE_INPUT, x) != CLUP_OK ||
      clup_problem_max_unpool_params(problem, &p) != CLUP_OK)
    return reference_fail("max_unpool: %s", clup_last_error());
  if (x->rank != 4) return reference_fail("max_unpool: rank %d", x->rank);
  const int given = p.output_size[0] != 0 || p.output_size[1] != 0;
  dims[0] = x->dims[0];
  dims[1] = x->dims[1];
  for (int a = 0; a < 2; a++) {
    const int64_t stride = p.stride[a] != 0 ? p.stride[a] : p.kernel[a];
    const int64_t usual = (x->dims[2 + a] - 1) * stride - 2 * p.padding[a] + p.kernel[a];
    dims[2 + a] = given ? p.output_size[a] : usual;
    if (dims[2 + a] < 1) return reference_fail("max_unpool: no output on axis %d", a);
    if (given && (dims[2 + a] <= usual - stride || dims[2 + a] >= usual + stride))
      return reference_fail("max_unpool: output_size out of range on axis %d", a);
  }
  return 0;
}

int reference_unpool_dims(const clup_problem *problem, int64_t dims[CLUP_MAX_RANK]) {
  clup_tensor x = {0};
  return shape_of(problem, &x, dims);
}

int reference_unpool_sources(const clup_problem *problem, const int64_t *indices, int64_t *source, int64_t *bad) {
  clup_tensor x = {0};
  int64_t dims[CLUP_MAX_RANK];
  if (shape_of(problem, &x, dims) != 0) return -1;
  const int64_t planes = dims[0] * dims[1], out = dims[2] * dims[3], in = x.dims[2] * x.dims[3];
  if (bad != NULL) *bad = -1;
  for (int64_t i = 0; i < planes * out; i++) source[i] = -1;
  for (int64_t i = 0; i < planes * in; i++) {
    if (indices[i] >= 0 && indices[i] < out)
      source[i / in * out + indices[i]] = i;
    else if (bad != NULL && *bad < 0)
      *bad = i;
  }
  return 0;
}

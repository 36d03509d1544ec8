#include "tensor.h"

#include <stdio.h>
#include <string.h>

#include "error.h"

static const struct {
  const char *name;
  size_t size;
} dtypes[] = {
    [CLUP_F32] = {"f32", 4}, [CLUP_F64] = {"f64", 8}, [CLUP_F16] = {"f16", 2}, [CLUP_BF16] = {"bf16", 2},
    [CLUP_U8] = {"u8", 1},   [CLUP_I8] = {"i8", 1},   [CLUP_U16] = {"u16", 2}, [CLUP_I16] = {"i16", 2},
    [CLUP_U32] = {"u32", 4}, [CLUP_I32] = {"i32", 4}, [CLUP_U64] = {"u64", 8}, [CLUP_I64] = {"i64", 8},
};

static bool dtype_known(clup_dtype dtype) {
  return dtype >= CLUP_F32 && dtype <= CLUP_I64;
}

size_t clup_dtype_size(clup_dtype dtype) {
  return dtype_known(dtype) ? dtypes[dtype].size : 0;
}
const char *clup_dtype_name(clup_dtype dtype) {
  return dtype_known(dtype) ? dtypes[dtype].name : "?";
}

bool size_mul(int64_t a, int64_t b, int64_t *out) {
  if (a < 0 || b < 0 || (b && a > INT64_MAX / b)) return false;
  *out = a * b;
  return true;
}

bool size_add(int64_t a, int64_t b, int64_t *out) {
  if (a < 0 || b < 0 || a > INT64_MAX - b) return false;
  *out = a + b;
  return true;
}

clup_tensor clup_tensor_make(clup_dtype dtype, int rank, const int64_t *dims) {
  clup_tensor tensor = {.dtype = dtype, .rank = rank};
  for (int i = 0; dims && i < rank && i < CLUP_MAX_RANK; i++) tensor.dims[i] = dims[i];
  return tensor;
}

clup_tensor clup_tensor_channels_last(clup_dtype dtype, int rank, const int64_t *dims) {
  clup_tensor tensor = clup_tensor_make(dtype, rank, dims);
  int64_t stride = 1;
  /* Channels (axis 1) are fastest, then the spatial axes from the last, then the batch. An overflow here is found when
   * the tensor is checked: it leaves 0, which only stands beside strides that are not. */
  for (int i = 0; i < rank && rank <= CLUP_MAX_RANK; i++) {
    int axis = i == 0 ? (rank > 1 ? 1 : 0) : i == rank - 1 ? 0 : rank - i;
    tensor.strides[axis] = stride;
    if (!size_mul(stride, tensor.dims[axis] > 0 ? tensor.dims[axis] : 1, &stride)) stride = INT64_MAX;
  }
  return tensor;
}

const char *tensor_dims_text(const clup_tensor *tensor, char text[TENSOR_TEXT]) {
  int used = 0;
  text[0] = 0;
  for (int i = 0; i < tensor->rank && i < CLUP_MAX_RANK && used >= 0 && used < TENSOR_TEXT; i++)
    used += snprintf(text + used, (size_t)(TENSOR_TEXT - used), i ? "x%lld" : "%lld", (long long)tensor->dims[i]);
  return text;
}

int64_t tensor_elements(const clup_tensor *tensor) {
  int64_t count = 1;
  for (int i = 0; i < tensor->rank; i++) count *= tensor->dims[i];
  return count;
}

int64_t tensor_span(const clup_tensor *tensor) {
  int64_t last = 0;
  for (int i = 0; i < tensor->rank; i++) {
    if (tensor->dims[i] == 0) return 0;
    last += (tensor->dims[i] - 1) * tensor->strides[i];
  }
  return last + 1;
}

bool tensor_is_contiguous(const clup_tensor *tensor) {
  int64_t stride = 1;
  for (int i = tensor->rank - 1; i >= 0; i--) {
    if (tensor->dims[i] != 1 && tensor->strides[i] != stride) return false;
    stride *= tensor->dims[i];
  }
  return true;
}

bool tensor_same_shape(const clup_tensor *a, const clup_tensor *b) {
  return a->rank == b->rank && !memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims);
}

/* An output whose axes, sorted by stride, each step over all of the smaller ones cannot give two indices one address.
 */
static bool strides_may_repeat(const clup_tensor *tensor) {
  int order[CLUP_MAX_RANK];
  for (int i = 0; i < tensor->rank; i++) {
    int at = i;
    for (; at > 0 && tensor->strides[order[at - 1]] > tensor->strides[i]; at--) order[at] = order[at - 1];
    order[at] = i;
  }
  int64_t reach = 1; /* elements that the axes so far cover */
  for (int i = 0; i < tensor->rank; i++) {
    int64_t dim = tensor->dims[order[i]], stride = tensor->strides[order[i]];
    if (dim <= 1) continue;
    if (stride < reach) return true;
    reach += (dim - 1) * stride;
  }
  return false;
}

clup_status tensor_canonical(const clup_tensor *given, const char *op, const char *what, bool is_output,
                             clup_tensor *out) {
  if (!given) return clup_fail(CLUP_INVALID_ARGUMENT, "%s: %s: the tensor is NULL", op, what);
  if (!dtype_known(given->dtype))
    return clup_fail(CLUP_INVALID_ARGUMENT, "%s: %s: dtype %d is none of clup's", op, what, (int)given->dtype);
  if (given->rank < 1 || given->rank > CLUP_MAX_RANK)
    return clup_fail(CLUP_INVALID_SHAPE, "%s: %s: rank %d is not within 1..%d", op, what, given->rank, CLUP_MAX_RANK);
  clup_tensor tensor = *given;
  bool contiguous = true;
  for (int i = 0; i < CLUP_MAX_RANK; i++) {
    if (i >= tensor.rank) tensor.dims[i] = tensor.strides[i] = 0;
    if (tensor.strides[i]) contiguous = false;
  }
  char text[TENSOR_TEXT];
  int64_t bytes = (int64_t)dtypes[tensor.dtype].size;
  for (int i = tensor.rank - 1; i >= 0; i--) {
    if (tensor.dims[i] < 0)
      return clup_fail(CLUP_INVALID_SHAPE, "%s: %s: dims[%d]=%lld is negative", op, what, i, (long long)tensor.dims[i]);
    if (tensor.strides[i] < 0)
      return clup_fail(CLUP_INVALID_SHAPE, "%s: %s: strides[%d]=%lld is negative", op, what, i,
                       (long long)tensor.strides[i]);
  }
  /* Sizes are checked with empty axes counted as 1, so that no later product of some of the dims can overflow. */
  int64_t count = 1, last = 0;
  for (int i = tensor.rank - 1; i >= 0; i--) {
    int64_t dim = tensor.dims[i] > 0 ? tensor.dims[i] : 1, step;
    if (contiguous) tensor.strides[i] = count;
    if (!size_mul(count, dim, &count) || !size_mul(dim - 1, tensor.strides[i], &step) || !size_add(last, step, &last) ||
        count > INT64_MAX / 2 / bytes || last > INT64_MAX / 2 / bytes)
      return clup_fail(CLUP_INVALID_SHAPE, "%s: %s: a size of %s elements of %lld bytes overflows", op, what,
                       tensor_dims_text(given, text), (long long)bytes);
  }
  if (is_output && tensor_elements(&tensor) && strides_may_repeat(&tensor))
    return clup_fail(CLUP_INVALID_SHAPE, "%s: %s: its strides may put two elements of %s at one place", op, what,
                     tensor_dims_text(given, text));
  *out = tensor;
  return CLUP_OK;
}

clup_status tensor_output(const clup_tensor *given, const clup_tensor *inferred, const char *op, clup_tensor *out) {
  if (!given) return tensor_canonical(inferred, op, "output", true, out);
  clup_tensor tensor = {.rank = 0}, wanted = {.rank = 0};
  CLUP_TRY(tensor_canonical(given, op, "output", true, &tensor));
  CLUP_TRY(tensor_canonical(inferred, op, "output", true, &wanted));
  char a[TENSOR_TEXT], b[TENSOR_TEXT];
  if (!tensor_same_shape(&tensor, &wanted))
    return clup_fail(CLUP_INVALID_SHAPE, "%s: output: the shape given is %s, but it must be %s", op,
                     tensor_dims_text(&tensor, a), tensor_dims_text(&wanted, b));
  if (tensor.dtype != wanted.dtype)
    return clup_fail(CLUP_INVALID_SHAPE, "%s: output: the dtype given is %s, but it must be %s", op,
                     clup_dtype_name(tensor.dtype), clup_dtype_name(wanted.dtype));
  *out = tensor;
  return CLUP_OK;
}

clup_status clup_tensor_count(const clup_tensor *tensor, int64_t *elements, int64_t *span) {
  clup_tensor canonical = {.rank = 0};
  CLUP_TRY(tensor_canonical(tensor, "tensor_count", "tensor", false, &canonical));
  if (elements) *elements = tensor_elements(&canonical);
  if (span) *span = tensor_span(&canonical);
  return CLUP_OK;
}

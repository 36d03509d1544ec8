/* Outputs that are larger than a cache, which the row kernels write past it: each solver's bits are every other's.
 * Between them they see odd widths, so rows that begin on no vector's boundary, and the elements of all sizes. (Two are
 * small: rows of one element, repeated by a stride of 0.) Not near_rows: it mixes rows before columns, so it rounds
 * otherwise, and test_op_widths holds its large outputs against the reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <clup/clup.h>
#include <cmocka.h>

#include "reference/reference.h"

static const char *const cases[] = {
    "interpolate x=1x2x1031x1033 mode=bilinear scale_factor=2x2",
    "interpolate x=1x1x1031x1037 mode=bilinear size=2055x2053 align_corners=1",
    "interpolate x=1x1x1031x1024 mode=bilinear scale_factor=2x2 y_strides=9000000x9000000x2064x1",
    "interpolate x=1x3x1031x1033 mode=bilinear scale_factor=2x2 dtype=f16",
    "interpolate x=1x3x1031x1024 mode=bilinear scale_factor=2x2 dtype=bf16",
    "interpolate x=1x5x1031x1001 mode=bilinear size=2063x1999 dtype=u8",
    "interpolate x=3x1x701x999 mode=bicubic size=1500x1301",
    "interpolate x=1x1x500x90000 mode=bilinear size=1200x3700",
    "interpolate x=1x5x1031x1033 mode=nearest scale_factor=2x2 dtype=u8",
    "interpolate x=1x5x1031x1033 mode=nearest scale_factor=2.3x1.9 dtype=u8",
    "interpolate x=1x5x703x1033 mode=nearest scale_factor=3x3 dtype=f16",
    "interpolate x=1x5x703x1033 mode=nearest-exact size=999x1777",
    "interpolate x=1x27x201x101 mode=nearest scale_factor=2",
    "interpolate x=1x14x301x111 mode=nearest scale_factor=3 dtype=f16",
    "interpolate x=1x100x301x81 mode=nearest scale_factor=2 dtype=u8",
    "interpolate x=1x9x301x101 mode=nearest size=777x305",
    "interpolate x=1x10x301x101 mode=nearest scale_factor=2 dtype=f64",
    "interpolate x=2x3x500009 mode=linear scale_factor=2.6",
    "interpolate x=1x3x1000003 mode=nearest scale_factor=3 dtype=u16",
    "interpolate x=1x1x5x5 mode=nearest size=9x5 x_strides=5x5x1x0",
    "interpolate x=1x1x5x50 mode=nearest size=9x100 x_strides=5x5x1x0",
    "interpolate x=1x1x903x1033 mode=nearest scale_factor=4x2 dtype=f64",
    "pixel_shuffle x=7x16x353x97 factor=2",
    "pixel_shuffle x=1x48x131x419 factor=4",
    "pixel_shuffle x=4x16x353x97 factor=2 y_strides=564800x141200x200x1",
    "pixel_shuffle x=5x36x257x96 factor=3",
    "pixel_shuffle x=2x48x130x416 factor=4 dtype=f16",
    "pixel_unshuffle x=3x4x1026x1026 factor=3 dtype=f16",
    "pixel_unshuffle x=2x2x1024x1024 factor=4 dtype=f64",
    "pixel_unshuffle x=20x1022x1024 factor=2 dtype=u8",
    "max_unpool x=1x64x181x187 indices=i32 kernel=2x2",
    "max_unpool x=1x40x181x187 indices=i64 kernel=3x3 stride=2x2 dtype=f64",
    "max_unpool x=1x33x121x87 indices=i64 kernel=2x2 stride=4x4",
    "max_unpool x=1x48x112x112 indices=i64 kernel=2x2", /* rows of whole lines */
    "max_unpool x=2x42x112x112 indices=i32 kernel=2x2 dtype=f16",
    "max_unpool x=1x48x112x112 indices=i64 kernel=2x2 y_strides=2419200x50400x225x1", /* not all rows */
};

/* Indices as a max-pooling without padding leaves them, each in its own window, but for some, of one kind in each case,
 * since one may make up for another: at the plane's beginning, in the first row below the window, in the first column
 * right of it. */
static void fill_pooled(const clup_problem *problem, const clup_tensor *indices, void *span) {
  static int cases_before;
  const int kind = cases_before++ % 3;
  clup_max_unpool_params params;
  clup_tensor output;
  assert_int_equal(clup_problem_max_unpool_params(problem, &params), CLUP_OK);
  assert_int_equal(clup_problem_tensor(problem, CLUP_ROLE_OUTPUT, &output), CLUP_OK);
  const int64_t *dims = indices->dims, step = params.stride[0] ? params.stride[0] : params.kernel[0];
  for (int64_t i = 0; i < dims[0] * dims[1] * dims[2] * dims[3]; i++) {
    const int64_t down = reference_hash(1, (uint32_t)i) % params.kernel[0];
    const int64_t right = reference_hash(2, (uint32_t)i) % params.kernel[0];
    int64_t row = i / dims[3] % dims[2] * step + down, column = i % dims[3] * step + right;
    const bool strays = i % 200003 == 100001;
    if (strays && kind == 0) row = 0, column = 1;
    if (strays && kind == 1 && row - down + step < output.dims[2]) row += step - down;
    if (strays && kind == 2 && column - right + step < output.dims[3]) column += step - right;
    const int64_t index = row * output.dims[3] + column;
    if (indices->dtype == CLUP_I64)
      ((int64_t *)span)[i] = index;
    else
      ((int32_t *)span)[i] = (int32_t)index;
  }
}

/* f16 and bf16 that are computed with, not moved: no NaN, whose bits solvers need not agree on. */
static int needs_reals(const clup_problem *problem, clup_dtype dtype) {
  clup_interpolate_params params;
  if (dtype == CLUP_F32) return 1;
  if (dtype != CLUP_F16 && dtype != CLUP_BF16) return 0;
  return clup_problem_interpolate_params(problem, &params) == CLUP_OK && params.mode != CLUP_NEAREST &&
         params.mode != CLUP_NEAREST_EXACT;
}

static void *span_of(const clup_problem *problem, clup_role role, size_t *bytes) {
  clup_tensor tensor;
  int64_t span;
  *bytes = 0;
  if (clup_problem_tensor(problem, role, &tensor)) return NULL;
  assert_int_equal(clup_tensor_count(&tensor, NULL, &span), CLUP_OK);
  *bytes = (size_t)span * clup_dtype_size(tensor.dtype);
  void *data = malloc(*bytes);
  assert_non_null(data);
  if (role == CLUP_ROLE_INDICES)
    fill_pooled(problem, &tensor, data);
  else if (role == CLUP_ROLE_INPUT)
    reference_fill(&tensor, needs_reals(problem, tensor.dtype) ? REFERENCE_REALS : REFERENCE_BITS, 5, data);
  return data;
}

static void run_all(clup_host *host, const char *text) {
  clup_problem *problem = NULL;
  assert_int_equal(clup_problem_parse(text, &problem), CLUP_OK);
  size_t in_bytes, index_bytes, out_bytes;
  void *input = span_of(problem, CLUP_ROLE_INPUT, &in_bytes);
  void *indices = span_of(problem, CLUP_ROLE_INDICES, &index_bytes);
  char *first = span_of(problem, CLUP_ROLE_OUTPUT, &out_bytes), *other = malloc(out_bytes);
  assert_non_null(other);
  int ran = 0;
  for (size_t i = 0; i < clup_problem_num_algos(problem); i++) {
    clup_algo_info algo;
    assert_int_equal(clup_problem_algo(clup_host_context(host), problem, i, &algo), CLUP_OK);
    if (!algo.applicable || strcmp(algo.name, "near_rows") == 0) continue;
    char *output = ran++ ? other : first;
    memset(output, 0xa5, out_bytes);
    const clup_arrays arrays = {.input = input, .indices = indices, .output = output};
    if (clup_host_run(host, problem, algo.name, &arrays, NULL))
      fail_msg("%s: %s: %s", text, algo.name, clup_last_error());
    if (memcmp(first, output, out_bytes)) fail_msg("%s: %s differs from the solver before it", text, algo.name);
  }
  assert_true(ran >= 1);
  free(input);
  free(indices);
  free(first);
  free(other);
  clup_problem_release(problem);
}

static void solvers_agree(void **state) {
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) run_all(*state, cases[i]);
}

static int set_up(void **state) {
  clup_host *host = NULL;
  if (clup_host_create(NULL, NULL, &host)) return -1;
  *state = host;
  return 0;
}

static int tear_down(void **state) {
  clup_host_release(*state);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(solvers_agree)};
  return cmocka_run_group_tests_name("op_large", tests, set_up, tear_down);
}

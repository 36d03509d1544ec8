/* Max-unpooling with an index out of range, in each of its forms: the element's place, the range and, where the host
 * layer has the array, the value are told; nothing is written but what the other indices name; the solvers agree. And
 * an order that only a whole tensor has: equal indices from several planes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "group.h"

typedef struct form {
  const char *text;
  int64_t element; /* whose index is bad */
  int64_t bad;
  const char *place, *range;
} form;

static const form forms[] = {
    {"max_unpool x=2x3x4 kernel=2 indices=i64", 13, 8, "(1,0,1)", "0..7 "},
    {"max_unpool x=3x4 kernel=2 axes=1 indices=i32", 7, -1, "(1,3)", "0..7 "},
    {"max_unpool x=2x2x3 kernel=2 axes=2 indices=i64", 11, INT64_MIN, "(1,1,2)", "0..23 "},
    {"max_unpool x=1x2x2x2x2 kernel=2 indices=i32", 8, 64, "(0,1,0,0,0)", "0..63 "},
    {"max_unpool x=2x2x2x2 kernel=3x2x2 axes=3 indices=i64", 3, INT64_MAX, "(0,0,1,1)", "0..95 "},
    {"max_unpool x=1x2x2x3x2 kernel=3 stride=2 indices=i64", 23, -9, "(0,1,1,2,1)", "0..174 "},
    {"max_unpool x=2x2x2x2 kernel=2 stride=2 onnx=1 indices=i64", 9, 64, "(1,0,0,1)", "0..63 "},
    {"max_unpool x=2x2x2x2 kernel=2 stride=2 onnx=1 output_size=5x6 indices=i32", 0, 64, "(0,0,0,0)", "0..63 "},
    {"max_unpool x=2x2x3 kernel=2 onnx=1 indices=i64", 4, (int64_t)1 << 32, "(0,1,1)", "0..15 "},
    {"max_unpool x=1x1x2x2 kernel=2 onnx=1 indices=i32", 2, INT32_MIN, "(0,0,1,0)", "0..8 "},
    /* among eight that are taken at once: of the solver for pooling without overlap, of two rows and after one */
    {"max_unpool x=2x2x3x19 kernel=2 indices=i64", 133 + 57, 228, "(1,1,1,0)", "0..227 "},
    {"max_unpool x=2x2x3x19 kernel=2 indices=i32", 10, -1, "(0,0,0,10)", "0..227 "},
    {"max_unpool x=1x1x2x9 kernel=2 indices=i64", 4, ((int64_t)1 << 32) + 8, "(0,0,0,4)", "0..71 "},
    {"max_unpool x=1x2x3x8 kernel=2 stride=2 onnx=1 indices=i64", 47, 192, "(0,1,2,7)", "0..191 "},
};

static void put_index(const clup_problem *problem, void *indices, int64_t element, int64_t value) {
  clup_tensor t;
  assert_int_equal(clup_problem_tensor(problem, CLUP_ROLE_INDICES, &t), CLUP_OK);
  if (t.dtype == CLUP_I64)
    ((int64_t *)indices)[element] = value;
  else
    ((int32_t *)indices)[element] = (int32_t)value;
}

static void must_say(const form *f, const char *part) {
  if (strstr(clup_last_error(), part) == NULL) fail_msg("%s: '%s' is not in '%s'", f->text, part, clup_last_error());
}

/* What the plan writes, between guards. */
static void run_bad(const form *f, const clup_problem *problem, const char *algo, const trial_arrays *arrays,
                    const reference_expected *expected) {
  enum { GUARD = 64 };
  clup_plan *plan = NULL;
  clup_plan_options options = CLUP_PLAN_OPTIONS_INIT;
  options.algo = algo;
  assert_int_equal(clup_plan_create(device.clup, problem, &options, &plan), CLUP_OK);
  const size_t bytes = arrays->bytes[CLUP_ROLE_OUTPUT], all = bytes + 2 * (size_t)GUARD;
  unsigned char *out = malloc(all);
  assert_non_null(out);
  memset(out, 0xA5, all);
  const clup_buffers io = {
      {trial_buffer(&device, arrays->bytes[CLUP_ROLE_INPUT], arrays->spans[CLUP_ROLE_INPUT]), 0},
      {trial_buffer(&device, arrays->bytes[CLUP_ROLE_INDICES], arrays->spans[CLUP_ROLE_INDICES]), 0},
      {trial_buffer(&device, all, out), GUARD},
      {NULL, 0}};
  assert_int_equal(clup_plan_enqueue(plan, device.queue, &io, 0, NULL, NULL), CLUP_OK);
  if (clup_plan_check(plan, device.queue, 0, NULL) != CLUP_INDEX_OUT_OF_RANGE) fail_msg("%s: not told", f->text);
  must_say(f, f->place);
  must_say(f, f->range);
  assert_int_equal(clup_plan_check(plan, device.queue, 0, NULL), CLUP_OK);
  trial_read(&device, io.output.mem, all, out);
  for (size_t i = 0; i < GUARD; i++) assert_true(out[i] == 0xA5 && out[all - 1 - i] == 0xA5);
  const uint32_t *x = arrays->spans[CLUP_ROLE_INPUT];
  for (int64_t i = 0; i < expected->count; i++) {
    uint32_t got;
    memcpy(&got, out + GUARD + (size_t)i * sizeof got, sizeof got);
    if (got != (expected->source[i] < 0 ? 0 : x[expected->source[i]]))
      fail_msg("%s [%s]: element %lld is wrong", f->text, algo, (long long)i);
  }
  free(out);
  clReleaseMemObject(io.input.mem);
  clReleaseMemObject(io.indices.mem);
  clReleaseMemObject(io.output.mem);
  clup_plan_release(plan);
}

static void test_bad_indices(void **state) {
  (void)state;
  clup_host *host = NULL;
  assert_int_equal(clup_host_create(NULL, NULL, &host), CLUP_OK);
  for (size_t i = 0; i < 4 * (sizeof forms / sizeof forms[0]); i++) { /* with indices near and far */
    const form *f = &forms[i / 4];
    clup_problem *problem = trial_problem(f->text);
    trial_arrays arrays;
    reference_expected expected;
    char value[40];
    int ran = 0;
    trial_arrays_make(problem, REFERENCE_BITS, (uint32_t)i, &arrays);
    put_index(problem, arrays.spans[CLUP_ROLE_INDICES], f->element, f->bad);
    const clup_arrays given = trial_host_arrays(&arrays);
    assert_int_equal(reference_expect(problem, &given, &expected), 0);
    assert_int_equal(expected.bad_index, f->element);
    for (size_t a = 0; a < clup_problem_num_algos(problem); a++) {
      clup_algo_info info;
      assert_int_equal(clup_problem_algo(device.clup, problem, a, &info), CLUP_OK);
      if (info.applicable) run_bad(f, problem, info.name, &arrays, &expected);
      ran += info.applicable;
    }
    assert_true(ran > 0);
    assert_int_equal(clup_host_run(host, problem, NULL, &given, NULL), CLUP_INDEX_OUT_OF_RANGE);
    must_say(f, f->place);
    snprintf(value, sizeof value, "index %lld at", (long long)f->bad);
    must_say(f, value);
    reference_expected_free(&expected);
    trial_arrays_free(&arrays);
    clup_problem_release(problem);
  }
  clup_host_release(host);
}

/* All elements of all planes claim one place, in a plane that is not theirs: the last of them has it. */
static void test_last_of_all_planes(void **state) {
  (void)state;
  static const char *const texts[] = {"max_unpool x=3x2x2x5 kernel=2 stride=2 onnx=1 indices=i64",
                                      "max_unpool x=2x3x2x2x3 kernel=2 onnx=1 output_size=4x4x4 indices=i32"};
  for (size_t i = 0; i < 2; i++) {
    clup_problem *problem = trial_problem(texts[i]);
    trial_arrays arrays;
    reference_expected expected;
    clup_tensor t;
    char why[TRIAL_TEXT];
    trial_arrays_make(problem, REFERENCE_BITS, 7, &arrays);
    assert_int_equal(clup_problem_tensor(problem, CLUP_ROLE_INDICES, &t), CLUP_OK);
    for (int64_t e = 0; e < reference_count(&t); e++) put_index(problem, arrays.spans[CLUP_ROLE_INDICES], e, 57);
    const clup_arrays given = trial_host_arrays(&arrays);
    assert_int_equal(reference_expect(problem, &given, &expected), 0);
    if (trial_run_all(&device, problem, &arrays, &expected, why) != 0) fail_msg("%s: %s", texts[i], why);
    reference_expected_free(&expected);
    trial_arrays_free(&arrays);
    clup_problem_release(problem);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_bad_indices), cmocka_unit_test(test_last_of_all_planes)};
  return cmocka_run_group_tests(tests, open_device, close_device);
}

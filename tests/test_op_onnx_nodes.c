/* ONNX's own node tests, by name, on every solver that applies: the outputs that the onnx package expects, within its
 * tolerance, and the double-precision reference within its narrower one. tests/golden/onnx_nodes.py has the format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "group.h"

#define RTOL 1e-3
#define ATOL 1e-7

typedef struct node_test {
  char *name, *op, *dims, *problem;
  size_t offset;
} node_test;

static char *lines; /* the file's text, into which the tests point */
static node_test *tests;
static size_t num_tests, num_bytes;
static unsigned char *bytes;

/* How many node tests onnx 1.23.2 has of each operator: none may go missing. */
static const struct {
  const char *name;
  size_t count;
} operators[] = {{"Col2Im", 5},  {"ConvTranspose", 11}, {"DepthToSpace", 2}, {"MaxUnpool", 2},
                 {"Resize", 39}, {"SpaceToDepth", 4},   {"Upsample", 1}};
enum { OPERATORS = sizeof operators / sizeof operators[0] };

static void test_every_name_is_there(void **state) {
  (void)state;
  size_t all = 0;
  for (size_t o = 0; o < OPERATORS; o++) {
    size_t found = 0;
    for (size_t i = 0; i < num_tests; i++) found += strcmp(tests[i].op, operators[o].name) == 0;
    if (found != operators[o].count)
      fail_msg("%s: %zu node tests, onnx has %zu", operators[o].name, found, operators[o].count);
    all += found;
  }
  assert_int_equal(num_tests, all);
  for (size_t i = 0; i < num_tests; i++)
    for (size_t j = 0; j < i; j++)
      if (strcmp(tests[i].name, tests[j].name) == 0) fail_msg("%s comes twice", tests[i].name);
}

static float float_at(size_t at) {
  const uint32_t bits = golden_u32(bytes + at);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* The stored inputs over those that trial_arrays_make made up; returns where the expected output begins. */
static size_t put_inputs(const node_test *test, const clup_problem *problem, trial_arrays *arrays) {
  static const clup_role roles[] = {CLUP_ROLE_INPUT, CLUP_ROLE_WEIGHT, CLUP_ROLE_BIAS, CLUP_ROLE_INDICES};
  size_t at = test->offset;
  for (size_t r = 0; r < sizeof roles / sizeof roles[0]; r++) {
    clup_tensor t;
    if (clup_problem_tensor(problem, roles[r], &t) != CLUP_OK) continue;
    const size_t size = clup_dtype_size(t.dtype);
    assert_int_equal(size, roles[r] == CLUP_ROLE_INDICES ? 8 : 4);
    for (int64_t i = 0; i < reference_count(&t); i++, at += size) {
      unsigned char *to = (unsigned char *)arrays->spans[roles[r]] + (size_t)i * size;
      const float value = float_at(at);
      const int64_t index = golden_u32(bytes + at);
      memcpy(to, roles[r] == CLUP_ROLE_INDICES ? (const void *)&index : (const void *)&value, size);
    }
  }
  return at;
}

/* What the last run left in the output array, against the node test's own output. */
static void compare_with_node(const node_test *test, const char *algo, const trial_arrays *arrays, int64_t count,
                              size_t at) {
  assert_true(at + (size_t)count * 4 <= num_bytes);
  const float *got = arrays->spans[CLUP_ROLE_OUTPUT];
  for (int64_t i = 0; i < count; i++) {
    const double want = float_at(at + (size_t)i * 4);
    if (!(fabs((double)got[i] - want) <= ATOL + RTOL * fabs(want)))
      fail_msg("%s: [%s] element %lld: got %.9g, the node test says %.9g", test->name, algo, (long long)i,
               (double)got[i], want);
  }
}

static void test_node(void **state) {
  const node_test *test = *state;
  char text[TRIAL_TEXT], dims[100] = "";
  trial_arrays arrays;
  reference_expected expected;
  clup_tensor y;
  int ran = 0;
  clup_problem *problem = trial_problem(test->problem);
  assert_int_equal(clup_problem_tensor(problem, CLUP_ROLE_OUTPUT, &y), CLUP_OK);
  for (int a = 0; a < y.rank; a++)
    snprintf(dims + strlen(dims), sizeof dims - strlen(dims), a ? "x%lld" : "%lld", (long long)y.dims[a]);
  if (strcmp(dims, test->dims) != 0) fail_msg("%s: output %s, the node test has %s", test->name, dims, test->dims);
  trial_arrays_make(problem, REFERENCE_INTEGERS, 1, &arrays);
  const size_t output = put_inputs(test, problem, &arrays);
  const clup_arrays host = trial_host_arrays(&arrays);
  if (reference_expect(problem, &host, &expected) != 0) fail_msg("%s: %s", test->name, reference_error());
  for (size_t i = 0; i < clup_problem_num_algos(problem); i++) {
    clup_algo_info info;
    assert_int_equal(clup_problem_algo(device.clup, problem, i, &info), CLUP_OK);
    if (!info.applicable) continue;
    ran++;
    if (trial_run(&device, problem, info.name, &arrays, &expected, text) != 0)
      fail_msg("%s: %s: [%s] %s", test->name, test->problem, info.name, text);
    compare_with_node(test, info.name, &arrays, expected.count, output);
  }
  if (ran == 0) fail_msg("%s: no solver applies", test->name);
  reference_expected_free(&expected);
  trial_arrays_free(&arrays);
  clup_problem_release(problem);
}

static void load(void) {
  char *rest = NULL, *text;
  size_t size, count = 1;
  text = (char *)golden_file("onnx_nodes.txt", &size);
  bytes = golden_file("onnx_nodes.bin", &num_bytes);
  lines = realloc(text, size + 1);
  if (lines == NULL) exit(1);
  lines[size] = 0;
  for (const char *at = lines; *at; at++) count += *at == '\n';
  tests = calloc(count, sizeof *tests);
  if (tests == NULL) exit(1);
  for (char *line = strtok_r(lines, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
    char *bar = strstr(line, " | "), *word = NULL;
    if (line[0] == '#' || bar == NULL) continue;
    *bar = 0;
    node_test *test = &tests[num_tests++];
    test->problem = bar + 3;
    test->name = strtok_r(line, " ", &word);
    test->op = strtok_r(NULL, " ", &word);
    test->offset = strtoul(strtok_r(NULL, " ", &word), NULL, 10);
    test->dims = strtok_r(NULL, " ", &word);
  }
}

int main(void) {
  load();
  struct CMUnitTest *units = calloc(num_tests + 1, sizeof *units);
  if (units == NULL) return 1;
  units[0] = (struct CMUnitTest)cmocka_unit_test(test_every_name_is_there);
  for (size_t i = 0; i < num_tests; i++)
    units[i + 1] = (struct CMUnitTest){tests[i].name, test_node, NULL, NULL, &tests[i]};
  const int result = _cmocka_run_group_tests("onnx_nodes", units, num_tests + 1, open_device, close_device);
  free(units);
  free(tests);
  free(lines);
  free(bytes);
  return result;
}

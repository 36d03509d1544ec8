#include "golden_trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "views.h"

static golden_data golden;
static trial_device device;

void golden_arrays(const golden_data *data, const golden_case *c, const clup_problem *problem, trial_arrays *arrays) {
  clup_tensor t;
  trial_arrays_make(problem, c->fill, c->seed, arrays);
  if (c->indices < 0) return;
  assert_int_equal(clup_problem_tensor(problem, CLUP_ROLE_INDICES, &t), CLUP_OK);
  for (int64_t i = 0; i < reference_count(&t); i++) {
    const int64_t index = golden_index(data, c, i);
    const int32_t narrow = (int32_t)index;
    unsigned char *at =
        (unsigned char *)arrays->spans[CLUP_ROLE_INDICES] + (size_t)reference_place(&t, i) * clup_dtype_size(t.dtype);
    memcpy(at, t.dtype == CLUP_I64 ? (const void *)&index : (const void *)&narrow, clup_dtype_size(t.dtype));
  }
}

int golden_expected(const golden_data *data, const golden_case *c, const clup_problem *problem,
                    const trial_arrays *arrays, reference_expected *expected) {
  clup_tensor y;
  const clup_arrays host = trial_host_arrays(arrays);
  assert_int_equal(clup_problem_tensor(problem, CLUP_ROLE_OUTPUT, &y), CLUP_OK);
  if (reference_expect(problem, &host, expected) != 0) return -1;
  for (int64_t i = 0; i < expected->count; i++) {
    if (c->expect == GOLDEN_SOURCE)
      expected->source[i] = (int64_t)golden_value(data, c, i);
    else
      expected->value[i] = golden_value(data, c, i);
  }
  /* Integers: the sum is exact in any order; f16 and bf16 may not hold it. */
  expected->exact = c->expect == GOLDEN_I16 && (y.dtype == CLUP_F32 || y.dtype == CLUP_F64);
  return 0;
}

/* With own_values 0 the contents are not the golden ones, and the reference alone says what they become. */
static void run(const golden_case *c, const char *problem_text, int own_values) {
  char text[TRIAL_TEXT];
  trial_arrays arrays;
  reference_expected expected;
  clup_problem *problem = trial_problem(problem_text);
  golden_arrays(&golden, c, problem, &arrays);
  const clup_arrays host = trial_host_arrays(&arrays);
  int result = own_values ? golden_expected(&golden, c, problem, &arrays, &expected)
                          : reference_expect(problem, &host, &expected);
  if (result != 0) snprintf(text, sizeof text, "%s", reference_error());
  if (result == 0) {
    result = trial_run_all(&device, problem, &arrays, &expected, text);
    reference_expected_free(&expected);
  }
  trial_arrays_free(&arrays);
  clup_problem_release(problem);
  if (result != 0) fail_msg("%s: %s: %s", c->name, problem_text, text);
}

static void test_case(void **state) {
  const golden_case *c = *state;
  run(c, c->text, 1);
}

/* Every view of one case in turn. */
static void test_views(void **state) {
  const golden_case *c = *state;
  char text[VIEW_TEXT];
  for (int view = 0; view < VIEWS; view++)
    if (view_text(c->text, view, text)) run(c, text, view != VIEW_REPEATED);
}

static int open_device(void **state) {
  (void)state;
  trial_device_open(&device, 0);
  return 0;
}

static int close_device(void **state) {
  (void)state;
  trial_device_close(&device);
  return 0;
}

int golden_main(const char *program, const char *file, const char *const *families) {
  golden_load(&golden, file);
  struct CMUnitTest *tests = calloc(2 * golden.count, sizeof *tests);
  char(*names)[sizeof golden.cases->name + 6] = calloc(golden.count, sizeof *names);
  size_t count = 0;
  for (size_t i = 0; tests != NULL && names != NULL && i < golden.count; i++) {
    golden_case *c = &golden.cases[i];
    for (const char *const *family = families; *family != NULL; family++) {
      if (strncmp(c->name, *family, strlen(*family)) != 0) continue;
      tests[count++] = (struct CMUnitTest){c->name, test_case, NULL, NULL, c};
      if (i % 7 != 3) continue;
      snprintf(names[i], sizeof names[i], "%s views", c->name);
      tests[count++] = (struct CMUnitTest){names[i], test_views, NULL, NULL, c};
    }
  }
  const int result = count == 0 ? 1 : _cmocka_run_group_tests(program, tests, count, open_device, close_device);
  free(tests);
  free(names);
  golden_free(&golden);
  return result;
}

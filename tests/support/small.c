#include "small.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(trial_arrays *arrays, clup_role role, const void *contents) {
  if (contents != NULL) memcpy(arrays->spans[role], contents, arrays->bytes[role]);
}

void small_check(const trial_device *d, const char *text, const float *input, const float *weight, const float *bias,
                 const int64_t *indices, const double *want, double bound) {
  trial_arrays arrays;
  clup_tensor y;
  clup_problem *problem = trial_problem(text);
  assert_int_equal(clup_problem_tensor(problem, CLUP_ROLE_OUTPUT, &y), CLUP_OK);
  trial_arrays_make(problem, REFERENCE_BITS, 1, &arrays);
  put(&arrays, CLUP_ROLE_INPUT, input);
  put(&arrays, CLUP_ROLE_WEIGHT, weight);
  put(&arrays, CLUP_ROLE_BIAS, bias);
  put(&arrays, CLUP_ROLE_INDICES, indices);
  int ran = 0;
  for (size_t i = 0; i < clup_problem_num_algos(problem); i++) {
    clup_algo_info info;
    char why[TRIAL_TEXT];
    assert_int_equal(clup_problem_algo(d->clup, problem, i, &info), CLUP_OK);
    if (!info.applicable) continue;
    ran++;
    if (trial_run(d, problem, info.name, &arrays, NULL, why) != 0) fail_msg("%s [%s]: %s", text, info.name, why);
    const float *got = arrays.spans[CLUP_ROLE_OUTPUT];
    for (int64_t e = 0; e < reference_count(&y); e++)
      if (!(fabs(got[e] - want[e]) <= bound))
        fail_msg("%s [%s]: element %lld is %.9g, not %.9g", text, info.name, (long long)e, got[e], want[e]);
  }
  assert_true(ran > 0);
  trial_arrays_free(&arrays);
  clup_problem_release(problem);
}

void small_against_reference(const trial_device *d, const char *text, reference_fill_kind kind) {
  small_solver_against_reference(d, NULL, text, kind);
}

void small_solver_against_reference(const trial_device *d, const char *algo, const char *text,
                                    reference_fill_kind kind) {
  trial_arrays arrays;
  reference_expected expected;
  char why[TRIAL_TEXT];
  clup_problem *problem = trial_problem(text);
  trial_arrays_make(problem, kind, 77, &arrays);
  const clup_arrays host = trial_host_arrays(&arrays);
  if (reference_expect(problem, &host, &expected) != 0) fail_msg("%s: %s", text, reference_error());
  const int failed =
      algo ? trial_run(d, problem, algo, &arrays, &expected, why) : trial_run_all(d, problem, &arrays, &expected, why);
  if (failed) fail_msg("%s [%s]: %s", text, algo ? algo : "all", why);
  reference_expected_free(&expected);
  trial_arrays_free(&arrays);
  clup_problem_release(problem);
}

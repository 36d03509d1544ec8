/* Golden cases as cmocka tests, one a case, on every solver that applies. */
#ifndef GOLDEN_TRIAL_H
#define GOLDEN_TRIAL_H

#include "golden.h"
#include "trial.h"

/* Arrays and expectation of a golden case. `problem` may be a view of the case: the same sizes, other strides. */
void golden_arrays(const golden_data *data, const golden_case *c, const clup_problem *problem, trial_arrays *arrays);
/* What torch computed, with the bound that the magnitudes of the reference give. 0, or -1 with reference_error(). */
int golden_expected(const golden_data *data, const golden_case *c, const clup_problem *problem,
                    const trial_arrays *arrays, reference_expected *expected);

/* The whole program: all cases of tests/golden/FILE.txt whose name begins with one of the NULL-terminated families,
 * plain and (some) as views. */
int golden_main(const char *program, const char *file, const char *const *families);

#endif

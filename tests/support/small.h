/* Small problems with contents written in the test, run on every solver. */
#ifndef SMALL_H
#define SMALL_H

#include "trial.h"

/* Runs the problem of that text on every solver on these float32 contents (weight, bias: NULL where there are none;
 * indices as int64) and requires exactly `want` (as many numbers as the output has), or, with bound > 0, |got - want|
 * <= bound. */
void small_check(const trial_device *d, const char *text, const float *input, const float *weight, const float *bias,
                 const int64_t *indices, const double *want, double bound);
/* Runs it on every solver on deterministic contents, and compares with the reference. */
void small_against_reference(const trial_device *d, const char *text, reference_fill_kind kind);
/* The same on one solver. */
void small_solver_against_reference(const trial_device *d, const char *algo, const char *text,
                                    reference_fill_kind kind);

#endif

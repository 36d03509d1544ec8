/* One problem on one solver: arrays between guard zones, output poisoned, run twice, compared. */
#ifndef TRIAL_H
#define TRIAL_H

#include <clup/clup.h>

#include "reference/reference.h"

#define TRIAL_TEXT 900

/* The device that $CLUP_DEVICE or the default names, with a queue of the given properties, and a clup_context that has
 * no disk cache. Fails the running test when there is none. */
typedef struct trial_device {
  cl_device_id device;
  cl_context context;
  cl_command_queue queue;
  clup_context *clup;
} trial_device;
void trial_device_open(trial_device *d, cl_command_queue_properties properties);
void trial_device_close(trial_device *d);

/* Host arrays (spans) for every role of a problem; bytes between elements hold 0xFF. */
typedef struct trial_arrays {
  void *spans[CLUP_ROLES]; /* by clup_role; NULL where the problem has none */
  size_t bytes[CLUP_ROLES];
} trial_arrays;
/* Input from seed, weights from seed + 1, bias from seed + 2, indices from seed + 3. */
void trial_arrays_make(const clup_problem *problem, reference_fill_kind kind, uint32_t seed, trial_arrays *arrays);
void trial_arrays_free(trial_arrays *arrays);
clup_arrays trial_host_arrays(const trial_arrays *arrays);

/* Runs the problem with solver `algo` (NULL: chosen) on arrays that begin at an odd place in their buffers, twice, over
 * outputs poisoned with two patterns. The result lies in arrays->spans[CLUP_ROLE_OUTPUT]. Checks that both runs gave
 * the same bits, that nothing but the output's elements was written, and (unless expected is NULL) the result. 0, or -1
 * with the reason in `text`. */
int trial_run(const trial_device *d, const clup_problem *problem, const char *algo, trial_arrays *arrays,
              const reference_expected *expected, char text[TRIAL_TEXT]);
/* The same on every solver that applies; at least one must. All failures are listed in `text`. */
int trial_run_all(const trial_device *d, const clup_problem *problem, trial_arrays *arrays,
                  const reference_expected *expected, char text[TRIAL_TEXT]);

/* Parses, or fails the running test with the library's message. */
clup_problem *trial_problem(const char *text);
/* A float32 buffer with these contents. */
cl_mem trial_buffer(const trial_device *d, size_t bytes, const void *contents);
void trial_read(const trial_device *d, cl_mem mem, size_t bytes, void *out);

#endif

/* Not built yet. */
#include "reference/reference.h"

int reference_resize_moves(const clup_problem *problem) {
  (void)problem;
  return 0;
}
int reference_resize_dims(const clup_problem *problem, int64_t dims[CLUP_MAX_RANK]) {
  (void)problem, (void)dims;
  return reference_fail("not built yet");
}
int reference_resize(const clup_problem *problem, const reference_inputs *in, double *out, double *magnitude,
                     int64_t *terms) {
  (void)problem, (void)in, (void)out, (void)magnitude, (void)terms;
  return reference_fail("not built yet");
}
int reference_resize_sources(const clup_problem *problem, int64_t *source) {
  (void)problem, (void)source;
  return reference_fail("not built yet");
}

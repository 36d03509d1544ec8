/* The other width of registers: solvers choose tiles and kernels by whether a device's registers hold 16 floats or 8,
 * and a device has one of both. Here it is taken to have the other, on each solver that asks, against the reference.
 * Both are right on any device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "context.h"
#include "group.h"
#include "small.h"

static const struct {
  const char *algo, *problem;
} cases[] = {
#include "width_cases.inc"
};

static void test_other_width(void **state) {
  (void)state;
  device_caps *caps = &device.clup->caps;
  if (!caps->is_cpu) skip(); /* the solvers are for CPUs */
  caps->has_wide_vectors = !caps->has_wide_vectors;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    small_solver_against_reference(&device, cases[i].algo, cases[i].problem, REFERENCE_REALS);
  caps->has_wide_vectors = !caps->has_wide_vectors;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_other_width)};
  return cmocka_run_group_tests_name("the other width of registers", tests, open_device, close_device);
}

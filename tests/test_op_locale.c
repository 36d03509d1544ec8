/* Numbers reach the kernels whatever the caller's locale makes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <locale.h>

#include "comma_locale.h"
#include "small.h"

static void test_decimal_commas(void **state) {
  (void)state;
  if (!comma_locale_enter()) skip(); /* this system cannot have such a locale */
  trial_device device;               /* its context has built nothing yet */
  trial_device_open(&device, 0);
  small_against_reference(&device, "interpolate x=1x2x5x7 mode=bicubic scale_factor=1.5x2.25", REFERENCE_REALS);
  small_against_reference(&device, "interpolate x=1x2x5x7 mode=bilinear size=9x17", REFERENCE_REALS);
  small_against_reference(&device, "conv_transpose x=1x4x3x5 w=4x4x4x4 stride=2x2 padding=1x1", REFERENCE_REALS);
  trial_device_close(&device);
  assert_int_equal(localeconv()->decimal_point[0], ','); /* the caller's locale is as it was */
  comma_locale_leave();
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_decimal_commas)};
  return cmocka_run_group_tests_name("locale", tests, NULL, NULL);
}

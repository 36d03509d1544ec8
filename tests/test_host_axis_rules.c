/* Lists of taps: values worked out by hand, and what must hold of every list. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "axis_taps.h"

static axis_taps made(axis_rule rule) {
  axis_taps taps;
  assert_int_equal(axis_taps_make(&rule, &taps), CLUP_OK);
  return taps;
}

static int nearest(axis_filter filter, int64_t in, int64_t out, double scale, bool small, int64_t dst) {
  axis_taps taps = made((axis_rule){.filter = filter, .in = in, .out = out, .scale = scale, .small_output = small});
  const int index = taps.index[dst];
  assert_int_equal(taps.taps, 1);
  axis_taps_clear(&taps);
  return index;
}

static void nearest_is_float32(void **state) {
  (void)state;
  /* Integer division would give 13 and 7. */
  assert_int_equal(nearest(AXIS_NEAREST, 26, 22, 0, true, 11), 12);
  assert_int_equal(nearest(AXIS_NEAREST, 26, 22, 0, false, 11), 12);
  assert_int_equal(nearest(AXIS_NEAREST_EXACT, 14, 23, 0, true, 11), 6);
  /* (82 + 0.5) * (2 / 165) is 1; rounded, the product stays below, and fused with the subtraction it does not. */
  assert_int_equal(nearest(AXIS_NEAREST_EXACT, 2, 165, 0, true, 82), 0);
  assert_int_equal(nearest(AXIS_NEAREST_EXACT, 2, 165, 0, false, 82), 1);
}

static int nearest_wide(axis_filter filter, int64_t in, int64_t out, double scale, bool small, int64_t dst) {
  axis_taps taps =
      made((axis_rule){.filter = filter, .in = in, .out = out, .scale = scale, .small_output = small, .wide = true});
  const int index = taps.index[dst];
  axis_taps_clear(&taps);
  return index;
}

static void nearest_of_f64_is_double(void **state) {
  (void)state;
  assert_int_equal(nearest(AXIS_NEAREST, 65, 55, 0, false, 11), 12);
  assert_int_equal(nearest_wide(AXIS_NEAREST, 65, 55, 0, false, 11), 13);
  assert_int_equal(nearest_wide(AXIS_NEAREST, 65, 55, 0, true, 11), 12);
  assert_int_equal(nearest(AXIS_NEAREST_EXACT, 18, 41, 2.3, false, 34), 14);
  assert_int_equal(nearest_wide(AXIS_NEAREST_EXACT, 18, 41, 2.3, false, 34), 15);
  /* 0.9999999999999999, but in float32 it is 1. */
  assert_int_equal(nearest_wide(AXIS_NEAREST, 2, 98, 0, false, 49), 1);
}

static void nearest_twice(void **state) {
  (void)state;
  for (int64_t dst = 0; dst < 10; dst++) {
    assert_int_equal(nearest(AXIS_NEAREST, 5, 10, 0, false, dst), dst / 2);
    assert_int_equal(nearest(AXIS_NEAREST_EXACT, 5, 10, 0, false, dst), dst / 2);
    assert_int_equal(nearest(AXIS_NEAREST, 10, 5, 0, true, dst / 2), dst / 2 * 2);
    assert_int_equal(nearest(AXIS_NEAREST_EXACT, 10, 5, 0, true, dst / 2), dst / 2 * 2 + 1);
  }
}

static void nearest_small_outputs_go_by_size(void **state) {
  (void)state;
  /* scale 1.18: floor(1 / 1.18) is 0; scale 2.04: floor(2 / 2.04) is 0. */
  assert_int_equal(nearest(AXIS_NEAREST, 5, 5, 1.18, true, 1), 1);
  assert_int_equal(nearest(AXIS_NEAREST, 5, 5, 1.18, false, 1), 0);
  assert_int_equal(nearest(AXIS_NEAREST, 5, 10, 2.04, true, 2), 1);
  assert_int_equal(nearest(AXIS_NEAREST, 5, 10, 2.04, false, 2), 0);
  /* nearest-exact has no such shortcut: floor(4.5 / 1.4) is 3. */
  assert_int_equal(nearest(AXIS_NEAREST_EXACT, 5, 5, 1.4, true, 4), 3);
}

static void check(const axis_taps *taps, int64_t dst, const int *index, const double *weight) {
  for (int t = 0; t < taps->taps; t++) {
    assert_int_equal(taps->index[dst * taps->taps + t], index[t]);
    assert_true(fabs((double)taps->weight[dst * taps->taps + t] - weight[t]) < 1e-7);
  }
}

static void linear_twice(void **state) {
  (void)state;
  axis_taps taps = made((axis_rule){.filter = AXIS_LINEAR, .in = 2, .out = 4});
  check(&taps, 0, (int[]){0, 1}, (double[]){1, 0}); /* clamped at 0, and the second tap is still named */
  check(&taps, 1, (int[]){0, 1}, (double[]){0.75, 0.25});
  check(&taps, 2, (int[]){0, 1}, (double[]){0.25, 0.75});
  check(&taps, 3, (int[]){1, 1}, (double[]){0.75, 0.25});
  axis_taps_clear(&taps);
}

static void linear_corners(void **state) {
  (void)state;
  axis_taps taps = made((axis_rule){.filter = AXIS_LINEAR, .in = 2, .out = 4, .scale = 2, .align_corners = true});
  check(&taps, 1, (int[]){0, 1}, (double[]){2.0 / 3, 1.0 / 3});
  check(&taps, 3, (int[]){1, 1}, (double[]){1, 0});
  axis_taps_clear(&taps);
  taps = made((axis_rule){.filter = AXIS_LINEAR, .in = 7, .out = 1, .align_corners = true});
  check(&taps, 0, (int[]){0, 1}, (double[]){1, 0});
  axis_taps_clear(&taps);
}

static void linear_steps_by_scale(void **state) {
  (void)state;
  /* 3 -> 7 by 2.5: 0.4 * 3.5 - 0.5 = 0.9, not 3/7 * 3.5 - 0.5 = 1. */
  axis_taps taps = made((axis_rule){.filter = AXIS_LINEAR, .in = 3, .out = 7, .scale = 2.5});
  check(&taps, 3, (int[]){0, 1}, (double[]){0.1, 0.9});
  axis_taps_clear(&taps);
  /* Equal sizes are a copy whatever the scale. */
  taps = made((axis_rule){.filter = AXIS_LINEAR, .in = 3, .out = 3, .scale = 1.3});
  check(&taps, 2, (int[]){2, 2}, (double[]){1, 0});
  axis_taps_clear(&taps);
}

static void cubic_halfway(void **state) {
  (void)state;
  /* 4 -> 2: the source of 0 is 0.5, halfway, where a = -0.75 gives -3/32, 19/32. */
  axis_taps taps = made((axis_rule){.filter = AXIS_CUBIC, .in = 4, .out = 2});
  check(&taps, 0, (int[]){0, 0, 1, 2}, (double[]){-0.09375, 0.59375, 0.59375, -0.09375});
  check(&taps, 1, (int[]){1, 2, 3, 3}, (double[]){-0.09375, 0.59375, 0.59375, -0.09375});
  axis_taps_clear(&taps);
  /* 2 -> 4: the source of 0 is -0.25, not clamped. */
  taps = made((axis_rule){.filter = AXIS_CUBIC, .in = 2, .out = 4});
  check(&taps, 0, (int[]){0, 0, 0, 1}, (double[]){-0.03515625, 0.26171875, 0.87890625, -0.10546875});
  axis_taps_clear(&taps);
}

static void lists_are_sound(void **state) {
  (void)state;
  for (int filter = AXIS_NEAREST; filter <= AXIS_LANCZOS; filter++)
    for (int64_t in = 1; in < 40; in++)
      for (int64_t out = 1; out < 70; out += 1 + out / 16)
        for (int variant = 0; variant < 16; variant++) {
          const bool linear = filter == AXIS_LINEAR || filter == AXIS_CUBIC;
          const double scale = variant & 2 ? ((double)out + 0.5) / (double)in : 0;
          axis_taps taps = made((axis_rule){.filter = (axis_filter)filter,
                                            .in = in,
                                            .out = out,
                                            .scale = scale,
                                            .align_corners = linear && variant & 1,
                                            .small_output = variant & 4,
                                            .antialias = linear && variant & 8});
          assert_int_equal(taps.windows, filter >= AXIS_AREA || (linear && variant & 8));
          for (int64_t dst = 0; dst < out; dst++) {
            double sum = 0;
            assert_in_range(taps.count[dst], 1, taps.taps);
            if (!taps.windows) assert_int_equal(taps.count[dst], taps.taps);
            for (int t = 0; t < taps.taps; t++) {
              const int32_t index = taps.index[dst * taps.taps + t];
              assert_true(index >= 0 && index < in);
              if (t) assert_true(index - taps.index[dst * taps.taps + t - 1] <= 1);
              if (taps.windows)
                assert_int_equal(index, taps.index[dst * taps.taps] + (t < taps.count[dst] ? t : taps.count[dst] - 1));
              if (dst) assert_true(index >= taps.index[(dst - 1) * taps.taps + t]);
              sum += taps.weight[dst * taps.taps + t];
            }
            assert_true(fabs(sum - 1) < 1e-12);
          }
          axis_taps_clear(&taps);
        }
}

static void area_windows(void **state) {
  (void)state;
  /* 5 -> 3: [0, 5/3), [5/3, 10/3), [10/3, 5), each to whole elements. */
  axis_taps taps = made((axis_rule){.filter = AXIS_AREA, .in = 5, .out = 3, .scale = 0.7});
  assert_int_equal(taps.taps, 3);
  check(&taps, 0, (int[]){0, 1, 1}, (double[]){0.5, 0.5, 0});
  check(&taps, 1, (int[]){1, 2, 3}, (double[]){1.0 / 3, 1.0 / 3, 1.0 / 3});
  check(&taps, 2, (int[]){3, 4, 4}, (double[]){0.5, 0.5, 0});
  assert_int_equal(taps.count[0], 2);
  axis_taps_clear(&taps);
}

static void antialiased_windows(void **state) {
  (void)state;
  /* 4 -> 2: the triangle reaches 2 to either side of 1; its values at 0.5 and 1.5 are 3/4 and 1/4. */
  axis_taps taps = made((axis_rule){.filter = AXIS_LINEAR, .in = 4, .out = 2, .antialias = true});
  check(&taps, 0, (int[]){0, 1, 2, 2}, (double[]){3.0 / 7, 3.0 / 7, 1.0 / 7, 0});
  check(&taps, 1, (int[]){1, 2, 3, 3}, (double[]){1.0 / 7, 3.0 / 7, 3.0 / 7, 0});
  axis_taps_clear(&taps);
  /* Equal sizes are a copy whatever the scale. */
  taps = made((axis_rule){.filter = AXIS_CUBIC, .in = 3, .out = 3, .scale = 1.2, .antialias = true});
  assert_int_equal(taps.taps, 1);
  check(&taps, 2, (int[]){2}, (double[]){1});
  axis_taps_clear(&taps);
  /* Nothing is stretched to grow: 2 -> 4, the source of 1 is 0.25, a = -0.5. */
  taps = made((axis_rule){.filter = AXIS_CUBIC, .in = 2, .out = 4, .antialias = true});
  const double near = 0.8671875, far = 0.2265625; /* at 0.25 and at 0.75 */
  check(&taps, 1, (int[]){0, 1}, (double[]){near / (near + far), far / (near + far)});
  axis_taps_clear(&taps);
}

static void extreme_steps_stay_inside(void **state) {
  (void)state;
  for (int filter = AXIS_NEAREST; filter <= 2 * AXIS_LANCZOS; filter++) {
    const axis_filter kind = (axis_filter)(filter % (AXIS_LANCZOS + 1));
    const bool antialias = filter > AXIS_LANCZOS && kind >= AXIS_LINEAR;
    axis_taps taps = made((axis_rule){.filter = kind, .in = 5, .out = 3, .scale = 1e-300, .antialias = antialias});
    for (int i = 0; i < 3 * taps.taps; i++) assert_true(taps.index[i] >= 0 && taps.index[i] < 5);
    axis_taps_clear(&taps);
  }
}

static void axes_beyond_32_bits_are_refused(void **state) {
  (void)state;
  axis_taps taps = {.out = 77};
  assert_int_equal(axis_taps_make(&(axis_rule){.in = INT64_C(1) << 31, .out = 1}, &taps), CLUP_UNSUPPORTED);
  assert_int_equal(axis_taps_make(&(axis_rule){.in = 1, .out = INT64_C(1) << 31}, &taps), CLUP_UNSUPPORTED);
  assert_non_null(strstr(clup_last_error(), "2147483648"));
  assert_int_equal(taps.out, 77);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nearest_is_float32),
      cmocka_unit_test(nearest_of_f64_is_double),
      cmocka_unit_test(nearest_twice),
      cmocka_unit_test(nearest_small_outputs_go_by_size),
      cmocka_unit_test(linear_twice),
      cmocka_unit_test(linear_corners),
      cmocka_unit_test(linear_steps_by_scale),
      cmocka_unit_test(cubic_halfway),
      cmocka_unit_test(area_windows),
      cmocka_unit_test(antialiased_windows),
      cmocka_unit_test(lists_are_sound),
      cmocka_unit_test(extreme_steps_stay_inside),
      cmocka_unit_test(axes_beyond_32_bits_are_refused),
  };
  return cmocka_run_group_tests_name("host_axis_rules", tests, NULL, NULL);
}

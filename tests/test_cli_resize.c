/* clup resize: every option reaches the problem, and arrays of any rank and layout come out as they should. */
#include "cli/program.h"

static void options_reach_the_problem(void **state) {
  (void)state;
  static const struct {
    const char *options, *problem;
  } cases[] = {
      {"--shape 1,2,6,7 --sizes 9,5", "resize x=1x2x6x7 mode=nearest axes=2x3 sizes=9x5"},
      {"--shape 1,2,6,7 --sizes 9", "resize x=1x2x6x7 mode=nearest axes=2x3 sizes=9x9"},
      {"--shape 1,2,6,7 --sizes 1,3,6,5", "resize x=1x2x6x7 mode=nearest sizes=1x3x6x5"},
      {"--shape 7 --scales 1.5", "resize x=7 mode=nearest scales=1.5"},
      {"--shape 6,7 --scales 1.5", "resize x=6x7 mode=nearest scales=1.5x1.5"},
      {"--shape 2,3,4,5,6 --scales 1.5 --mode linear", "resize x=2x3x4x5x6 mode=linear axes=2x3x4 scales=1.5x1.5x1.5"},
      {"--shape 2,3,4 --axes -1,0 --scales 1.5,0.5 --nearest-mode ceil --coordinate-mode asymmetric",
       "resize x=2x3x4 mode=nearest coordinate_mode=asymmetric nearest_mode=ceil axes=-1x0 scales=1.5x0.5"},
      {"--shape 1,2,6,7 --mode cubic --cubic-coeff-a -0.5 --exclude-outside --antialias --scales 0.4 "
       "--coordinate-mode half_pixel_symmetric",
       "resize x=1x2x6x7 mode=cubic coordinate_mode=half_pixel_symmetric axes=2x3 scales=0.4x0.4 cubic_coeff_a=-0.5 "
       "exclude_outside=1 antialias=1"},
      {"--shape 1,2,6,7 --mode linear --sizes 3,4 --coordinate-mode tf_crop_and_resize --roi -0.25,0,1,1.5 "
       "--extrapolation-value -7",
       "resize x=1x2x6x7 mode=linear coordinate_mode=tf_crop_and_resize axes=2x3 sizes=3x4 roi_start=-0.25x0 "
       "roi_end=1x1.5 extrapolation_value=-7"},
      {"--shape 1,2,6,7 --sizes 8,9 --keep-aspect-ratio-policy not_smaller --coordinate-mode align_corners",
       "resize x=1x2x6x7 mode=nearest coordinate_mode=align_corners aspect_policy=not_smaller axes=2x3 sizes=8x9"},
      {"--shape 1,2,6,7 --sizes 8,9 --keep-aspect-ratio-policy not_larger --coordinate-mode pytorch_half_pixel",
       "resize x=1x2x6x7 mode=nearest coordinate_mode=pytorch_half_pixel aspect_policy=not_larger axes=2x3 sizes=8x9"},
      {"--shape 1,1,2,3,2,2,1,2 --axes 2,3,7 --roi 0,0,0,1,1,0.5 --coordinate-mode tf_crop_and_resize --sizes 2,3,2",
       "resize x=1x1x2x3x2x2x1x2 mode=nearest coordinate_mode=tf_crop_and_resize axes=2x3x7 sizes=2x3x2 "
       "roi_end=1x1x0.5"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char line[400];
    snprintf(line, sizeof line, "algos resize %s", cases[i].options);
    const outcome *o = run(line);
    if (o->exit != 0) fail_msg("clup %s: exit %d, %s", line, o->exit, o->err);
    const size_t length = strlen(cases[i].problem);
    if (strncmp(o->out, cases[i].problem, length) != 0 || o->out[length] != '\n')
      fail_msg("clup %s: %s, not %s", line, o->out, cases[i].problem);
  }
}

static void runs(void **state) {
  (void)state;
  static const int64_t line[1] = {6}, wide[4] = {1, 1, 2, 4}, pairs[4] = {1, 1, 1, 6};
  static const double spread[6] = {0, 0, 1, 2, 2, 3}, ends[8] = {0, 0.25, 0.75, 1, 2, 2.25, 2.75, 3};
  static const double cropped[6] = {255, 0, 1, 255, 255, 255};
  const int64_t four[1] = {4};
  write_npy("line.npy", CLUP_I64, 1, four, counted);
  expect_ok("resize line.npy y.npy --sizes 6");
  expect_values("y.npy", CLUP_I64, 1, line, spread);
  expect_ok("resize x.npy y.npy --axes 3 --scales 2 --mode linear");
  expect_values("y.npy", CLUP_F32, 4, wide, ends);
  expect_ok(
      "resize xu8.npy y.npy --axes 3,2 --sizes 6,1 --coordinate-mode tf_crop_and_resize --roi -1,0,4,0 "
      "--extrapolation-value 300");
  expect_values("y.npy", CLUP_U8, 4, pairs, cropped);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(options_reach_the_problem),
      cmocka_unit_test(runs),
  };
  return cmocka_run_group_tests_name("clup resize", tests, make_files, remove_files);
}

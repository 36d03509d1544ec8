/* bench and tune: problems of a suite or of an operator command, in any dtype and layout. */
#include "cli/program.h"

static const char suite[] =
    "# five\nfirst: pixel_shuffle x=1x16x8x8 factor=2\nsecond:conv_transpose x=1x8x6x5 w=8x8x4x4 stride=2 padding=1\n"
    " third : max_unpool x=2x3x5x4 kernel=2x2 padding=1 indices=i32\n"
    "fourth: max_unpool x=2x3x5x4 kernel=2 stride=2 padding=1 output_size=12x13 onnx=1\nfifth: max_unpool x=3x2x5 "
    "kernel=3 axes=1\n";

static void expect_words(const char *text, const char *const *words) {
  for (; *words != NULL; words++) {
    if (strstr(text, *words) == NULL) fail_msg("'%s' is not in %s", *words, text);
  }
}

static const char with_file[] = "CLUP_TUNE_FILE=$PWD/tuned.txt";

static void tune_of_a_suite(void **state) {
  (void)state;
  static const char *const words[] = {"{\"device\": \"",
                                      "\"clup\": \"",
                                      "\"file\": \"/",
                                      "tuned.txt\", \"cases\": [{\"case\": \"first\", \"problem\": \"pixel_shuffle ",
                                      "\"algo\": \"",
                                      "\"stored\": true, \"algos\": [{\"name\": \"",
                                      "{\"name\": \"rows\", \"ms\": 0.",
                                      "\"runs\": ",
                                      "\"chosen\": true",
                                      "\"untuned\": false",
                                      "\"reason\": ",
                                      "{\"case\": \"second\"",
                                      "{\"case\": \"third \"",
                                      NULL};
  write_bytes("suite.txt", suite, sizeof suite - 1);
  const outcome *o = run_after(with_file, "tune --quick --suite suite.txt --json");
  if (o->exit != 0) fail_msg("%s", o->err);
  expect_words(o->out, words);
  assert_true(exists("tuned.txt"));
  static const char *const algos = "algos pixel-shuffle --shape 1,16,8,8 --factor 2";
  o = run_after(with_file, algos);
  assert_non_null(strstr(o->out, "; tuned: "));
  o = run_after("CLUP_TUNE_FILE=", algos);
  assert_null(strstr(o->out, "tuned: "));
  /* A problem of its own. */
  o = run_after(with_file, "tune --quick upsample --shape 1,5,6,3 --layout nhwc --scale 2 --dtype u8");
  if (o->exit != 0) fail_msg("%s", o->err);
  assert_non_null(strstr(o->out, "interpolate x=1x3x5x6"));
  assert_non_null(strstr(o->out, "kept in /"));
  o = run_after(with_file, "algos upsample --shape 1,5,6,3 --layout nhwc --scale 2 --dtype u8");
  assert_non_null(strstr(o->out, "; tuned: "));
  o = run_after(with_file, "algos upsample --shape 1,5,6,3 --layout nhwc --scale 2 --dtype i8");
  assert_null(strstr(o->out, "; tuned: "));
}

static void tune_that_cannot_be_kept(void **state) {
  (void)state;
  const outcome *o = run_after("CLUP_TUNE_FILE=", "tune --quick pixel-shuffle --shape 1,16,8,8 --factor 2");
  assert_int_equal(o->exit, 1);
  assert_non_null(strstr(o->err, "clup: tune : there is no file"));
  assert_non_null(strstr(o->out, "rows"));
  write_bytes("mine.txt", "mine", 4);
  o = run_after("CLUP_TUNE_FILE=mine.txt", "tune --quick pixel-shuffle --shape 1,16,8,8 --factor 2");
  assert_int_equal(o->exit, 1);
  assert_non_null(strstr(o->err, "cannot be kept in mine.txt"));
  expect_error("tune --algo rows", 2, "--algo");
  expect_error("tune --shape 1,2,3,4", 2, "clup tune upsample");
  expect_error("tune --suite suite.txt upsample --shape 1,2,3,4 --scale 2", 2, "not both");
  expect_error("tune --suite missing.txt", 4, "missing.txt");
  expect_error("tune upsample --shape 1,2,3,4 --scale 2 --align-corners", 2, "align_corners");
}

/* In half the bytes, and in other places. */
static void bench_of_other_dtypes_and_layouts(void **state) {
  (void)state;
  static const char *const words[] = {"\"dtype\": \"f64\"", "\"peak_f64_gflops\": ", NULL};
  write_bytes("suite.txt", suite, sizeof suite - 1);
  const outcome *o = run("bench --quick --suite suite.txt --dtype f64 --layout nhwc --json");
  if (o->exit != 0) fail_msg("%s", o->err);
  expect_words(o->out, words);
  assert_null(strstr(o->out, "\"error\""));
  o = run("bench --quick --dtype u8 pixel-shuffle --shape 1,8,8,16 --layout nhwc --factor 2 --json");
  if (o->exit != 0) fail_msg("%s", o->err);
  assert_non_null(strstr(o->out, "pixel_shuffle x=1x16x8x8 factor=2 dtype=u8 x_strides=1024x1x128x16 y_strides="));
  assert_null(strstr(o->out, "peak_f64_gflops"));
  /* What is no dtype of an operator is told before anything is timed. */
  expect_error("bench --quick --suite suite.txt --dtype i32", 2, "line 3");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tune_of_a_suite),
      cmocka_unit_test(tune_that_cannot_be_kept),
      cmocka_unit_test(bench_of_other_dtypes_and_layouts),
  };
  return cmocka_run_group_tests(tests, make_files, remove_files);
}

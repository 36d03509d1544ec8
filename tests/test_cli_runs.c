/* What the program does: every operator on files, images, JSON, batches, outputs that appear whole or not at
 * all. */
#include <dirent.h>

#include "cli/program.h"

static void operators(void **state) {
  (void)state;
  const int64_t four[4] = {1, 1, 4, 4}, dot[4] = {1, 1, 1, 1};
  const double nearest[16] = {0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3};
  const double bilinear[16] = {0, .25, .75, 1, .5, .75, 1.25, 1.5, 1.5, 1.75, 2.25, 2.5, 2, 2.25, 2.75, 3};
  const double rounded[16] = {0, 0, 1, 1, 0, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 3};
  expect_ok("upsample x.npy y.npy --scale 2");
  expect_values("y.npy", CLUP_F32, 4, four, nearest);
  expect_ok("upsample x.npy y.npy --size 4 --mode bilinear");
  expect_values("y.npy", CLUP_F32, 4, four, bilinear);
  expect_ok("upsample xu8.npy y.npy --size 4 --mode bilinear");
  expect_values("y.npy", CLUP_U8, 4, four, rounded);
  expect_ok("upsample x64.npy y.npy --size 4 --mode bilinear --dtype f16");
  expect_values("y.npy", CLUP_F16, 4, four, bilinear);
  expect_ok("upsample x64.npy y.npy --size 4 --mode bilinear --dtype bf16");
  expect_values("y.npy", CLUP_F32, 4, four, bilinear);
  expect_ok("upsample x64.npy y.npy --size 4");
  expect_values("y.npy", CLUP_F64, 4, four, nearest);
  const double convolved[16] = {10, 11, 10, 10, 12, 13, 11, 10, 10, 12, 13, 11, 10, 10, 12, 13};
  expect_ok("conv-transpose x.npy y.npy --weight w.npy --bias b.npy");
  expect_values("y.npy", CLUP_F32, 4, four, convolved);
  const int64_t three[3] = {1, 4, 4};
  const int64_t cut_dims[4] = {1, 1, 3, 3};
  const double cut[9] = {12.5, 11, 10, 12, 12.5, 11, 10, 12, 12.5}; /* no first row and column, at most 12.5 */
  expect_ok("conv-transpose x.npy y.npy --weight w.npy --bias b.npy --pads 1,1,0,0 --activation clamp:0:12.5");
  expect_values("y.npy", CLUP_F32, 4, cut_dims, cut);
  expect_ok("conv-transpose x3.npy y.npy --weight w64.npy --bias b.npy --dtype f32");
  expect_values("y.npy", CLUP_F32, 3, three, convolved);
  const double same[4] = {13, 11, 12, 13}, shaped[9] = {13, 11, 10, 12, 13, 11, 10, 12, 13};
  const double sloped[16] = {-.75, -.25, -.75, -.75, .5, 1.5, -.25, -.75, -.75, .5, 1.5, -.25, -.75, -.75, .5, 1.5};
  const double shift = -1.5, half = 0.5;
  write_npy("shift.npy", CLUP_F64, 1, dot, &shift);
  write_npy("half.npy", CLUP_F64, 1, dot, &half);
  expect_ok("conv-transpose x.npy y.npy --weight w.npy --bias b.npy --auto-pad SAME_UPPER");
  expect_values("y.npy", CLUP_F32, 4, square, same);
  expect_ok("conv-transpose x.npy y.npy --weight w.npy --bias b.npy --output-shape 3");
  expect_values("y.npy", CLUP_F32, 4, cut_dims, shaped);
  expect_ok("conv-transpose x64.npy y.npy --weight w64.npy --bias shift.npy --activation prelu:half.npy");
  expect_values("y.npy", CLUP_F64, 4, four, sloped);
  expect_ok("conv-transpose x64.npy y.npy --weight w64.npy --bias b.npy --auto-pad VALID --dtype f16");
  expect_values("y.npy", CLUP_F16, 4, four, convolved);
  const int64_t lines[3] = {1, 2, 4};
  const double linear[8] = {0, .25, .75, 1, 2, 2.25, 2.75, 3};
  expect_ok("upsample x3.npy y.npy --size 4 --mode linear");
  expect_values("y.npy", CLUP_F32, 3, lines, linear);
  const double mean = 1.5;
  static const char *const averaging[] = {"area", "lanczos", "bilinear --antialias", "bicubic --antialias"};
  for (size_t i = 0; i < 4; i++) {
    char line[96];
    snprintf(line, sizeof line, "upsample x.npy y.npy --size 1 --mode %s", averaging[i]);
    expect_ok(line);
    expect_values("y.npy", CLUP_F32, 4, dot, &mean);
  }
  const double placed[16] = {0, 0, 3, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0};
  expect_ok("max-unpool x.npy y.npy --indices i.npy --kernel 2");
  expect_values("y.npy", CLUP_F32, 4, four, placed);
  const int64_t unshuffled[4] = {1, 4, 1, 1};
  expect_ok("pixel-unshuffle x.npy u.npy --factor 2");
  expect_values("u.npy", CLUP_F32, 4, unshuffled, counted);
  expect_ok("pixel-shuffle u.npy y.npy --factor 2");
  expect_values("y.npy", CLUP_F32, 4, square, counted);
  static const double eight[8] = {0, 1, 2, 3, 4, 5, 6, 7}, blocks[8] = {0, 2, 4, 6, 1, 3, 5, 7};
  static const int64_t deep[4] = {1, 8, 1, 1}, wide[4] = {1, 2, 2, 2}, wide3[3] = {2, 2, 2};
  write_npy("deep.npy", CLUP_U16, 4, deep, eight);
  expect_ok("depth-to-space deep.npy wide.npy --blocksize 2");
  expect_values("wide.npy", CLUP_U16, 4, wide, blocks);
  expect_ok("space-to-depth wide.npy y.npy --blocksize 2");
  expect_values("y.npy", CLUP_U16, 4, deep, eight);
  expect_ok("depth-to-space deep.npy y.npy --blocksize 2 --mode CRD");
  expect_values("y.npy", CLUP_U16, 4, wide, eight);
  expect_ok("channel-shuffle deep.npy y.npy --groups 4");
  expect_values("y.npy", CLUP_U16, 4, deep, blocks);
  write_npy("deep3.npy", CLUP_U8, 3, deep + 1, eight); /* one sample */
  expect_ok("depth-to-space deep3.npy y.npy --blocksize 2");
  expect_values("y.npy", CLUP_U8, 3, wide3, blocks);
  static const int64_t parts[3] = {1, 4, 2}, lines1[3] = {1, 2, 3}, cut1[3] = {1, 2, 2}, folded[4] = {1, 1, 2, 3};
  static const double sums[6] = {0, 3, 3, 4, 11, 7}, sums2[6] = {0, 3, 3, 4, 11, 7}, inner[4] = {3, 3, 11, 7};
  write_npy("parts.npy", CLUP_F64, 3, parts, eight);
  expect_ok("fold parts.npy y.npy --axes 1 --output-size 3 --kernel 2");
  expect_values("y.npy", CLUP_F64, 3, lines1, sums);
  expect_ok("fold parts.npy y.npy --axes 1 --output-size 2 --kernel 2 --pads 1,0");
  expect_values("y.npy", CLUP_F64, 3, cut1, inner);
  expect_ok("fold parts.npy y.npy --output-size 2,3 --kernel 2 --dtype f16");
  expect_values("y.npy", CLUP_F16, 4, folded, sums2);
}

static void images(void **state) {
  (void)state;
  expect_ok("upsample rgb.npy a.png --scale 1");
  expect_ok("upsample a.png b.ppm --scale 1");
  expect_ok("upsample b.ppm c.npy --scale 1");
  cli_array want = read_back("rgb.npy", CLUP_U8);
  cli_array got = read_back("c.npy", CLUP_U8);
  assert_memory_equal(want.data, got.data, 48 * sizeof(double));
  array_free(&want);
  array_free(&got);
  expect_ok("upsample a.png d.jpg --scale 2 --mode bicubic");
  expect_ok("upsample d.jpg e.png --scale 0.5 --mode bilinear");
  /* Through pipes, too. */
  const outcome *o = run_after("cat a.png |", "upsample - - --format png --scale 1 | cat >piped.png;");
  assert_int_equal(o->exit, 0);
  want = read_back("a.png", CLUP_U8);
  got = read_back("piped.png", CLUP_U8);
  assert_memory_equal(want.data, got.data, 48 * sizeof(double));
  array_free(&want);
  array_free(&got);
  /* A clear pixel's colour does not bleed into its neighbours. */
  const int64_t rgba[4] = {1, 4, 1, 2};
  const double half_clear[8] = {255, 0, 0, 255, 0, 0, 255, 0};
  write_npy("rgba.npy", CLUP_U8, 4, rgba, half_clear);
  expect_ok("upsample rgba.npy rgba.png --scale 1");
  expect_ok("upsample rgba.png rgba2.png --scale 1,2 --mode bilinear");
  const int64_t wide[4] = {1, 4, 1, 4};
  const double opaque_red[16] = {255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 191, 64, 0};
  expect_values("rgba2.png", CLUP_U8, 4, wide, opaque_red);
  expect_error("upsample rgba.png rgba.jpg --scale 2", 2, "alpha");
}

static int count_parts(void) {
  int parts = 0;
  DIR *list = opendir(directory);
  assert_non_null(list);
  for (struct dirent *entry = readdir(list); entry != NULL; entry = readdir(list)) {
    parts += strstr(entry->d_name, ".part") != NULL;
  }
  closedir(list);
  return parts;
}

/* After a failure the old file is as it was, and nothing lies beside it. */
static void whole_or_not_at_all(void **state) {
  (void)state;
  const int64_t large[4] = {1, 1, 300, 300};
  double *values = calloc(90000, sizeof *values);
  assert_non_null(values);
  write_npy("large.npy", CLUP_F32, 4, large, values);
  free(values);
  write_bytes("old.npy", "old", 3);
  char text[16];
  expect_error("max-unpool x.npy old.npy --indices bad.npy --kernel 2", 1, "(0,0,0,1)");
  expect_error("upsample x.npy missing_directory/y.npy --scale 2", 1, "missing_directory/y.npy");
  expect_error("upsample x.npy dir.npy --scale 2", 1, "directory");
  /* A disk that is full. */
  assert_int_equal(symlink("/dev/full", in_directory("full.npy")), 0);
  expect_error("upsample x.npy full.npy --scale 2", 1, "full");
  assert_true(exists("full.npy"));
  const outcome *o = run("upsample x.npy - --format npy --scale 2 >/dev/full; exit $?;");
  assert_int_equal(o->exit, 1);
  o = run("devices >/dev/full; exit $?;");
  assert_int_equal(o->exit, 1);
  /* A file that may not grow as large as the output: the write fails half-way. */
  o = run_after("ulimit -f 4000; trap '' XFSZ;", "upsample large.npy old.npy --scale 4");
  if (o->exit != 1 || strstr(o->err, "old.npy : ") == NULL) fail_msg("exit %d, %s", o->exit, o->err);
  read_text(in_directory("old.npy"), text, sizeof text);
  assert_string_equal(text, "old");
  assert_int_equal(count_parts(), 0);
  /* And a good run replaces it, keeping its permissions, and the input may be the output. */
  assert_int_equal(chmod(in_directory("old.npy"), 0640), 0);
  expect_ok("upsample x.npy old.npy --scale 1");
  expect_ok("upsample old.npy old.npy --scale 1");
  expect_values("old.npy", CLUP_F32, 4, square, counted);
  struct stat info;
  assert_int_equal(stat(in_directory("old.npy"), &info), 0);
  assert_int_equal(info.st_mode & 0777, 0640);
  /* A link stays a link. */
  assert_int_equal(symlink("old.npy", in_directory("link.npy")), 0);
  expect_ok("upsample x.npy link.npy --scale 2");
  assert_int_equal(lstat(in_directory("link.npy"), &info), 0);
  assert_true(S_ISLNK(info.st_mode));
  cli_array array = read_back("old.npy", CLUP_F32);
  assert_int_equal(array.dims[3], 4);
  array_free(&array);
  assert_int_equal(count_parts(), 0);
}

static void expect_words(const char *text, const char *const *words) {
  for (; *words != NULL; words++) {
    if (strstr(text, *words) == NULL) fail_msg("'%s' is not in %s", *words, text);
  }
}

static void json_results(void **state) {
  (void)state;
  static const char *const upsample[] = {"{\"op\": \"interpolate\"",
                                         "\"problem\": \"interpolate x=1x1x2x2 ",
                                         "\"algo\": \"",
                                         "\"device\": \"",
                                         "\"input_shape\": [1, 1, 2, 2]",
                                         "\"output_shape\": [1, 1, 4, 4]",
                                         "\"dtype\": \"f32\"",
                                         "\"ms\": ",
                                         "\"output\": \"y \\\"q\\\".npy\"}\n",
                                         NULL};
  static const char *const devices[] = {"{\"devices\": [{\"index\": \"0:0\"",
                                        "\"name\": \"",
                                        "\"vendor\": \"",
                                        "\"version\": \"",
                                        "\"driver\": \"",
                                        "\"type\": \"",
                                        "\"compute_units\": ",
                                        "\"global_memory\": ",
                                        "\"local_memory\": ",
                                        "\"max_allocation\": ",
                                        "\"fp16\": ",
                                        "\"fp64\": ",
                                        "\"usable\": true",
                                        "\"default\": true",
                                        NULL};
  static const char *const algos[] = {"\"op\": \"conv_transpose\"",
                                      "\"name\": \"scatter\"",
                                      "\"applies\": true",
                                      "\"chosen\": true",
                                      "\"chosen\": false",
                                      "\"workspace_bytes\": ",
                                      "\"launches\": ",
                                      "\"reason\": ",
                                      NULL};
  expect_words(run("--json upsample x.npy 'y \"q\".npy' --scale 2")->out, upsample);
  expect_words(run("devices --json")->out, devices);
  expect_words(run("algos conv-transpose --shape 1,4,8,8 --weight-shape 4,4,4,4 --stride 2 --padding 1 --json")->out,
               algos);
  /* On CPUs: a solver that applies, and why another is taken. */
  static const char *const passed_over[] = {"passed over: vectors over 64 columns", NULL};
  const outcome *wide = run("algos conv-transpose --shape 1,4,64,64 --weight-shape 4,4,4,4 --stride 2 --padding 1");
  static const char *const copies[] = {"conv_transpose: copies the input: ", " bytes of workspace", NULL};
  if (strstr(wide->out, "channels             applies") != NULL) {
    expect_words(wide->out, passed_over);
    const char *line = "conv-transpose x.npy y.npy --weight w.npy --algo channels";
    expect_words(run_after("CLUP_VERBOSE=dispatch", line)->err, copies);
  }
  /* Without --json a good run says nothing, with -v one line on stderr. */
  const outcome *o = run("upsample x.npy y.npy --scale 2");
  assert_string_equal(o->out, "");
  o = run("upsample x.npy y.npy --scale 2 -v");
  assert_string_equal(o->out, "");
  assert_non_null(strstr(o->err, "1x1x2x2 -> 1x1x4x4"));
}

static void forced_solver(void **state) {
  (void)state;
  const outcome *o = run("conv-transpose x.npy y.npy --weight w.npy --algo scatter --json");
  assert_int_equal(o->exit, 0);
  assert_non_null(strstr(o->out, "\"algo\": \"scatter\""));
}

static void batches(void **state) {
  (void)state;
  static const char text[] =
      "# a comment, then a blank line\n\n"
      "upsample x.npy 'b 1.npy' --scale 2   # more\n"
      "upsample missing.npy y.npy --scale 2\r\n"
      "  upsample x.npy \"b 2.npy\" --sca\\le 2\n"
      "nonsense\n"
      "batch b.txt\n"
      "--device cpu devices\n"
      "upsample x.npy - --scale 2 --format npy\n"
      "upsample 'x.npy y.npy\n"
      "max-unpool x.npy y.npy --indices bad.npy --kernel 2";
  static const char *const words[] = {"{\"line\": 3, \"ok\": true, \"exit\": 0, \"error\": null, \"result\": {\"op\"",
                                      "{\"line\": 4, \"ok\": false, \"exit\": 4, \"error\": \"missing.npy : ",
                                      "{\"line\": 5, \"ok\": true, \"exit\": 0",
                                      "{\"line\": 6, \"ok\": false, \"exit\": 2, \"error\": \"nonsense : ",
                                      "{\"line\": 7, \"ok\": false, \"exit\": 2",
                                      "{\"line\": 8, \"ok\": false, \"exit\": 2",
                                      "{\"line\": 9, \"ok\": false, \"exit\": 2",
                                      "{\"line\": 10, \"ok\": false, \"exit\": 2",
                                      "{\"line\": 11, \"ok\": false, \"exit\": 1",
                                      NULL};
  write_bytes("b.txt", text, sizeof text - 1);
  const outcome *o = run("batch b.txt");
  assert_int_equal(o->exit, 4);
  expect_words(o->out, words);
  assert_non_null(strstr(o->err, "7 of 9 commands failed, the first in line 4"));
  assert_true(exists("b 1.npy") && exists("b 2.npy"));
  o = run_after("echo upsample x.npy y.npy --scale 2 |", "batch -");
  assert_int_equal(o->exit, 0);
  write_bytes("zero.txt", "upsample\0x\n", 11);
  assert_int_equal(run("batch zero.txt")->exit, 2);
}

static void selftest_passes(void **state) {
  (void)state;
  const outcome *o = run("selftest --json");
  if (o->exit != 0) fail_msg("%s%s", o->out, o->err);
  assert_non_null(strstr(o->out, "\"ok\": true, \"cases\": "));
  assert_non_null(strstr(o->out, "\"op\": \"max_unpool\", \"algo\": \"(bad index)\", \"cases\": 4"));
}

static void bench_of_a_small_suite(void **state) {
  (void)state;
  static const char suite[] =
      "# two\nfirst: pixel_shuffle x=1x16x32x32 factor=2\nsecond:conv_transpose x=1x8x16x16 w=8x8x4x4 stride=2 "
      "padding=1\n";
  static const char *const words[] = {"{\"device\": \"",
                                      "\"driver\": \"",
                                      "\"copy_gbytes_per_s\": ",
                                      "\"peak_gflops\": ",
                                      "\"cases\": [{\"case\": \"first\", \"op\": \"pixel_shuffle\", \"algo\": \"",
                                      "\"dtype\": \"f32\", \"ms_median\": ",
                                      "\"ms_min\": ",
                                      "\"plan_ms\": ",
                                      "\"gflops\": ",
                                      "\"gbytes_per_s\": ",
                                      "\"bound\": \"memory\", \"roof_fraction\": 0.",
                                      "{\"case\": \"second\"",
                                      NULL};
  write_bytes("suite.txt", suite, sizeof suite - 1);
  const outcome *o = run("bench --quick --suite suite.txt --json --plot plot.svg");
  if (o->exit != 0) fail_msg("%s", o->err);
  expect_words(o->out, words);
  char svg[4096];
  read_text(in_directory("plot.svg"), svg, sizeof svg);
  assert_non_null(strstr(svg, "<svg"));
  assert_non_null(strstr(svg, "second"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(operators),           cmocka_unit_test(images),
      cmocka_unit_test(whole_or_not_at_all), cmocka_unit_test(json_results),
      cmocka_unit_test(forced_solver),       cmocka_unit_test(batches),
      cmocka_unit_test(selftest_passes),     cmocka_unit_test(bench_of_a_small_suite),
  };
  return cmocka_run_group_tests(tests, make_files, remove_files);
}

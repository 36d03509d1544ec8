/* What the program does: every operator on files, images, layouts, JSON, batches, outputs that appear whole or not at
 * all. */
#include <dirent.h>

#include "cli/program.h"

static void operators(void **state) {
  (void)state;
  const int64_t four[4] = {1, 1, 4, 4};
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
  const int64_t lines[3] = {1, 2, 4};
  const double linear[8] = {0, .25, .75, 1, 2, 2.25, 2.75, 3};
  expect_ok("upsample x3.npy y.npy --size 4 --mode linear");
  expect_values("y.npy", CLUP_F32, 3, lines, linear);
  const int64_t dot[4] = {1, 1, 1, 1};
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
}

/* `source` as `name`, with its channels, axis `from`, moved to the end. */
static void write_channels_last(const char *name, const char *source, int from) {
  cli_error error = {""};
  cli_array a = {0};
  const file_format *format = array_file_format(&error, source, NULL);
  assert_int_equal(array_file_read(&error, in_directory(source), format, &a), CLI_OK);
  clup_dtype dtype = a.dtype;
  assert_int_equal(array_convert(&error, source, &a, CLUP_F64), CLI_OK);
  int64_t batch = 1, channels = a.dims[from], plane = 1, dims[CLUP_MAX_RANK];
  for (int i = 0; i < a.rank; i++) {
    batch *= i < from ? a.dims[i] : 1;
    plane *= i > from ? a.dims[i] : 1;
    dims[i] = i < from ? a.dims[i] : i + 1 < a.rank ? a.dims[i + 1] : channels;
  }
  double *values = calloc((size_t)(batch * channels * plane) + 1, sizeof *values);
  assert_non_null(values);
  for (int64_t n = 0; n < batch; n++) {
    for (int64_t c = 0; c < channels; c++) {
      for (int64_t i = 0; i < plane; i++) {
        values[(n * plane + i) * channels + c] = ((double *)a.data)[(n * channels + c) * plane + i];
      }
    }
  }
  write_npy(name, dtype, a.rank, dims, values);
  free(values);
  array_free(&a);
}

static void expect_same_file(const char *command, const char *got, const char *want) {
  static char a[65536], b[65536];
  read_text(in_directory(got), a, sizeof a);
  char got_path[256];
  snprintf(got_path, sizeof got_path, "%s", in_directory(got));
  struct stat one, other;
  assert_int_equal(stat(got_path, &one), 0);
  assert_int_equal(stat(in_directory(want), &other), 0);
  read_text(in_directory(want), b, sizeof b);
  if (one.st_size != other.st_size || memcmp(a, b, (size_t)one.st_size) != 0) fail_msg("%s: not as in NCHW", command);
}

/* Channels last in, channels last out: what NCHW gives, transposed. */
static void layout_nhwc(void **state) {
  (void)state;
  static const struct {
    const char *command;
    const char *options;
    int rank, channel_axis;
    int64_t dims[5];
    clup_dtype dtype;
  } cases[] = {
      {"upsample", "--scale 2 --mode linear", 3, 1, {2, 3, 5}, CLUP_F32},
      {"upsample", "--scale 2 --mode bicubic", 4, 1, {2, 3, 4, 5}, CLUP_F32},
      {"upsample", "--scale 2,3,1", 5, 1, {1, 3, 2, 4, 5}, CLUP_I64},
      {"upsample", "--size 5 --mode trilinear", 5, 1, {1, 2, 2, 4, 3}, CLUP_F32},
      {"conv-transpose", "--weight wl.npy --stride 2", 3, 1, {2, 3, 5}, CLUP_F32},
      {"conv-transpose", "--weight wl.npy --stride 2", 2, 0, {3, 5}, CLUP_F32},
      {"conv-transpose", "--weight wp.npy --stride 2 --padding 1", 4, 1, {2, 3, 4, 5}, CLUP_F32},
      {"conv-transpose", "--weight wp.npy", 3, 0, {3, 4, 5}, CLUP_F32},
      {"conv-transpose", "--weight wv.npy --stride 1,2,2", 5, 1, {1, 3, 2, 4, 5}, CLUP_F32},
      {"conv-transpose", "--weight wv.npy --stride 1,2,2", 4, 0, {3, 2, 4, 5}, CLUP_F32},
      {"pixel-shuffle", "--factor 2", 3, 0, {8, 3, 2}, CLUP_U8},
      {"pixel-shuffle", "--factor 2", 4, 1, {2, 8, 3, 2}, CLUP_F16},
      {"pixel-shuffle", "--factor 2", 5, 2, {2, 3, 4, 3, 2}, CLUP_F64},
      {"pixel-unshuffle", "--factor 2", 4, 1, {2, 3, 4, 6}, CLUP_I32},
  };
  double values[256];
  for (int i = 0; i < 256; i++) values[i] = i * 7 % 31;
  const int64_t lines[3] = {3, 2, 4}, planes[4] = {3, 2, 3, 4}, volumes[5] = {3, 2, 2, 3, 3};
  write_npy("wl.npy", CLUP_F32, 3, lines, values);
  write_npy("wp.npy", CLUP_F32, 4, planes, values);
  write_npy("wv.npy", CLUP_F32, 5, volumes, values);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char line[200];
    write_npy("first.npy", cases[i].dtype, cases[i].rank, cases[i].dims, values);
    write_channels_last("last.npy", "first.npy", cases[i].channel_axis);
    snprintf(line, sizeof line, "%s first.npy y.npy %s", cases[i].command, cases[i].options);
    expect_ok(line);
    write_channels_last("want.npy", "y.npy", cases[i].channel_axis);
    snprintf(line, sizeof line, "%s last.npy y.npy %s --layout nhwc", cases[i].command, cases[i].options);
    expect_ok(line);
    expect_same_file(line, "y.npy", "want.npy");
  }
  const int64_t in[3] = {1, 1, 4};
  const int64_t out[3] = {2, 2, 1};
  write_npy("hwc.npy", CLUP_U8, 3, in, counted);
  expect_ok("pixel-shuffle hwc.npy y.npy --factor 2 --layout nhwc");
  expect_values("y.npy", CLUP_U8, 3, out, counted);
  expect_ok("max-unpool x3.npy y.npy --indices i3.npy --kernel 2");
  write_channels_last("want.npy", "y.npy", 0);
  write_channels_last("last.npy", "x3.npy", 0);
  write_channels_last("i_last.npy", "i3.npy", 0);
  expect_ok("max-unpool last.npy y.npy --indices i_last.npy --kernel 2 --layout nhwc");
  expect_same_file("max-unpool", "y.npy", "want.npy");
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
  if (strstr(wide->out, "channels             applies") != NULL) expect_words(wide->out, passed_over);
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
      cmocka_unit_test(operators),
      cmocka_unit_test(layout_nhwc),
      cmocka_unit_test(images),
      cmocka_unit_test(whole_or_not_at_all),
      cmocka_unit_test(json_results),
      cmocka_unit_test(forced_solver),
      cmocka_unit_test(batches),
      cmocka_unit_test(selftest_passes),
      cmocka_unit_test(bench_of_a_small_suite),
  };
  return cmocka_run_group_tests(tests, make_files, remove_files);
}

/* The program's words: help, exit codes, one-line errors, bad files, no device. */
#include "cli/program.h"

static void help_and_version(void **state) {
  (void)state;
  static const char *const commands[] = {
      "devices", "upsample", "resize",   "conv-transpose", "pixel-shuffle",  "pixel-unshuffle", "max-unpool", "algos",
      "batch",   "bench",    "selftest", "depth-to-space", "space-to-depth", "channel-shuffle", "fold",       "tune"};
  const outcome *o = run("--version");
  assert_int_equal(o->exit, 0);
  assert_non_null(strstr(o->out, clup_version()));
  char *all = strdup(run("--help")->out);
  assert_non_null(all);
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
    char line[64], usage[64];
    assert_non_null(strstr(all, commands[i]));
    snprintf(line, sizeof line, "%s --help", commands[i]);
    snprintf(usage, sizeof usage, "usage: clup %s", commands[i]);
    o = run(line);
    assert_int_equal(o->exit, 0);
    assert_ptr_equal(strstr(o->out, usage), o->out);
    assert_non_null(strstr(o->out, "--device"));
    assert_string_equal(o->err, "");
  }
  free(all);
  assert_non_null(strstr(run("algos upsample --help")->out, "--align-corners"));
}

static void wrong_usage(void **state) {
  (void)state;
  static const struct {
    const char *arguments, *word;
  } cases[] = {
      {"", "command"},
      {"nonsense", "nonsense : is not a command"},
      {"resize x.npy y.npy", "--sizes"},
      {"resize x.npy y.npy --sizes 4 --scales 2", "both"},
      {"resize x.npy y.npy --sizes 4,4,4", "got 3"},
      {"resize x.npy y.npy --scales 2 --axes 2,-2", "same axis"},
      {"resize x.npy y.npy --scales 2 --axes 4", "axes[0]=4"},
      {"resize x.npy y.npy --scales 2,2,2,2", "4 axes"},
      {"resize x.npy y.npy --scales 2 --roi 0,1", "takes 4 numbers"},
      {"resize x.npy y.npy --scales 2 --roi 0,0,1,1", "tf_crop_and_resize"},
      {"resize x.npy y.npy --scales 2 --coordinate-mode tf_crop_and_resize", "roi"},
      {"resize x.npy y.npy --scales 2 --mode lanczos", "cubic"},
      {"resize x.npy y.npy --scales 2 --antialias", "antialias"},
      {"resize x2.npy y.npy --scales 2,2,2", "takes 1 or 2 numbers"},
      {"--nonsense", "--nonsense"},
      {"upsample", "IN OUT"},
      {"upsample x.npy", "1 argument"},
      {"upsample x.npy y.npy z.npy --scale 2", "'z.npy'"},
      {"upsample x.npy y.npy", "--size"},
      {"upsample x.npy y.npy --size 4 --scale 2", "both"},
      {"upsample x.npy y.npy --size 4,4,4", "got 3"},
      {"upsample x.npy y.npy --scale 2 --mode sinc", "bicubic"},
      {"upsample x.npy y.npy --scale 2 --mode lanczos --antialias", "antialias"},
      {"upsample x.npy y.npy --scale 2 --align-corners", "align_corners"},
      {"upsample x.npy y.npy --size 4 --recompute-scale-factor", "recompute_scale_factor"},
      {"upsample x3.npy y.npy --scale 2 --mode bilinear", "rank 3"},
      {"upsample x2.npy y.npy --scale 2 --layout nhwc", "spatial axes,C"},
      {"pixel-shuffle x2.npy y.npy --factor 2 --layout nhwc", "2x2"},
      {"upsample x2.npy y.npy --scale 2", "2x2"},
      {"upsample xi32.npy y.npy --scale 2 --mode bicubic", "i32"},
      {"upsample x.npy y.npy --scale 1e30", "scale"},
      {"upsample x.npy y.npy --scale 0.1", "0.1"},
      {"upsample x.npy y.txt --scale 2", "y.txt"},
      {"upsample x.npy y --scale 2", ".npy"},
      {"upsample note.txt y.npy --scale 2", "note.txt"},
      {"upsample x.npy y.npy --scale 2 --algo nonsense", "nonsense"},
      {"upsample x.npy y.npy --scale 2 --format npy", "'-'"},
      {"upsample - y.npy --scale 2", "--format"},
      {"upsample x.npy - --scale 2 --format gif", "gif"},
      {"--json upsample x.npy - --scale 2 --format npy", "stdout"},
      {"upsample x.npy y.png --scale 2 --layout nhwc", "nhwc"},
      {"upsample rgb.npy y.pgm --scale 2", "has 3"},
      {"conv-transpose x.npy y.npy", "--weight"},
      {"conv-transpose x.npy y.npy --weight w.npy --stride 0", "below 1"},
      {"conv-transpose x.npy y.npy --weight w.npy --output-padding 1", "output_padding"},
      {"conv-transpose x.npy y.npy --weight w.npy --padding 2", "output"},
      {"conv-transpose x.npy y.npy --weight w.npy --groups 2", "groups"},
      {"conv-transpose rgb.npy y.npy --weight w.npy", "3"},
      {"conv-transpose x.npy y.npy --weight w.npy --pads 1,1,0,9", "below 1"},
      {"conv-transpose x.npy y.npy --weight w.npy --pads 1,1", "takes 4 numbers"},
      {"conv-transpose x.npy y.npy --weight w.npy --pads 1,1,1,1 --padding 1", "not both"},
      {"conv-transpose x.npy y.npy --weight w.npy --activation gelu", "'gelu'"},
      {"conv-transpose x.npy y.npy --weight w.npy --activation clamp:1", "takes 2 numbers"},
      {"conv-transpose x.npy y.npy --weight w.npy --activation relu:1", "takes 0 numbers"},
      {"conv-transpose x.npy y.npy --weight w.npy --activation clamp:2:1", "alpha=2"},
      {"conv-transpose x.npy y.npy --weight w.npy --auto-pad SAME", "SAME_UPPER, SAME_LOWER"},
      {"conv-transpose x.npy y.npy --weight w.npy --auto-pad VALID --padding 1",
       "padding[0]=1 does not go with auto_pad"},
      {"conv-transpose x.npy y.npy --weight w.npy --output-shape 3 --output-size 3", "output_size does not go with"},
      {"conv-transpose x.npy y.npy --weight w.npy --output-shape 0", "below 1"},
      {"conv-transpose x.npy y.npy --weight w.npy --activation prelu", "'prelu'"},
      {"conv-transpose x.npy y.npy --weight w.npy --activation prelu:w.npy", "rank 4"},
      {"conv-transpose x.npy y.npy --weight w.npy --activation prelu:rgb.png", ".npy"},
      {"conv-transpose x.npy y.npy --weight w64.npy", "w64.npy"},
      {"conv-transpose x.npy y.npy --weight w.npy --bias w64.npy", "w64.npy"},
      {"conv-transpose x.npy y.npy --weight rgb.png", ".npy"},
      {"conv-transpose xi32.npy y.npy --weight w.npy", "--dtype f32"},
      {"pixel-shuffle x.npy y.npy", "--factor"},
      {"pixel-shuffle x.npy y.npy --factor 2", "1 channels"},
      {"pixel-unshuffle x.npy y.npy --factor 3", "3"},
      {"pixel-unshuffle rgb.npy y.png --factor 2", "has 12"},
      {"depth-to-space x.npy y.npy", "--blocksize"},
      {"depth-to-space x.npy y.npy --blocksize 2", "1 channels"},
      {"depth-to-space x.npy y.npy --blocksize 1 --mode RDC", "DCR, CRD"},
      {"space-to-depth x.npy y.npy --blocksize 3", "dims[2]=2"},
      {"space-to-depth x2.npy y.npy --blocksize 1", "rank 2"},
      {"channel-shuffle x.npy y.npy", "--groups"},
      {"channel-shuffle rgb.npy y.npy --groups 2", "groups=2"},
      {"fold x3.npy y.npy --kernel 2", "--output-size"},
      {"fold x3.npy y.npy --output-size 3", "--kernel"},
      {"fold x.npy y.npy --output-size 3 --kernel 2", "rank 4"},
      {"fold x3.npy y.npy --output-size 3 --kernel 2", "2 channels"},
      {"fold x3.npy y.npy --output-size 3,3,3 --kernel 2,2", "takes 1 or 3 numbers, got 2"},
      {"fold x3.npy y.npy --output-size 3 --kernel 2 --axes 4", "above 3"},
      {"fold x3.npy y.npy --output-size 3 --kernel 2 --axes 1 --pads 1,1,1,1", "takes 2 numbers, got 4"},
      {"fold x3.npy y.npy --output-size 3 --kernel 2 --axes 1 --pads 1,1 --padding 1", "not both"},
      {"fold xi32.npy y.npy --output-size 3 --kernel 2", "i32"},
      {"max-unpool x.npy y.npy --kernel 2", "--indices"},
      {"max-unpool x.npy y.npy --indices i.npy", "--kernel"},
      {"max-unpool x.npy y.npy --indices x.npy --kernel 2", "indices"},
      {"max-unpool x.npy y.npy --indices i.npy --kernel 2 --output-size 9", "9"},
      {"algos", "operator"},
      {"algos devices", "'devices'"},
      {"algos upsample --scale 2", "--shape"},
      {"algos upsample x.npy --shape 1,1,2,2 --scale 2", "not both"},
      {"algos upsample --shape 1,1,2,2 --scale 2 --algo nonsense", "nonsense"},
      {"bench nonsense", "'nonsense'"},
      {"bench upsample --scale 2", "--shape"},
      {"bench --shape 1,2,3,4", "operator"},
      {"bench upsample x.npy --scale 2", "x.npy"},
      {"selftest --algo nonsense", "nonsense"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) expect_error(cases[i].arguments, 2, cases[i].word);
  assert_false(exists("y.npy"));
}

static void bad_inputs(void **state) {
  (void)state;
  static const char *const files[] = {"missing.npy", "missing.png", "broken.npy", "broken.png",
                                      "broken.jpg",  "broken.ppm",  "empty/.npy"};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    char line[128];
    snprintf(line, sizeof line, "upsample %s y.npy --scale 2", files[i]);
    expect_error(line, 4, files[i]);
  }
  expect_error("upsample dir.npy y.npy --scale 2", 4, "directory");
  expect_error("conv-transpose x.npy y.npy --weight missing.npy", 4, "missing.npy");
  expect_error("conv-transpose x.npy y.npy --weight w.npy --bias broken.npy", 4, "broken.npy");
  expect_error("max-unpool x.npy y.npy --kernel 2 --indices broken.npy", 4, "broken.npy");
  expect_error("batch missing.txt", 4, "missing.txt");
  expect_error("bench --suite missing.txt", 4, "missing.txt");
  expect_error("bench --suite note.txt", 4, "line 1");
  write_bytes("suite.txt", "# nothing\n", 10);
  expect_error("bench --suite suite.txt", 4, "no case");
  write_bytes("suite.txt", "\na: nonsense x=1\n", 17);
  expect_error("bench --suite suite.txt", 4, "line 2");
  assert_false(exists("y.npy"));
}

static void no_device(void **state) {
  (void)state;
  static const char *const commands[] = {"devices", "upsample x.npy y.npy --scale 2", "selftest",
                                         "algos upsample --shape 1,1,2,2 --scale 2", "bench --quick"};
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
    const outcome *o = run_after("OCL_ICD_VENDORS=$PWD/empty/", commands[i]);
    if (o->exit != 3 || strncmp(o->err, "clup: ", 6) != 0) fail_msg("%s: %d, %s", commands[i], o->exit, o->err);
  }
  expect_error("--device no_such_device upsample x.npy y.npy --scale 2", 3, "no_such_device");
  expect_error("upsample x.npy y.npy --scale 2 --device 77:0", 3, "77");
  const outcome *o = run_after("CLUP_DEVICE=no_such_device", "upsample x.npy y.npy --scale 2");
  assert_int_equal(o->exit, 3);
  assert_false(exists("y.npy"));
  /* What is wrong with the words is told without a device. */
  o = run_after("OCL_ICD_VENDORS=$PWD/empty/", "upsample x.npy y.npy --scale 2 --align-corners");
  assert_int_equal(o->exit, 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(help_and_version),
      cmocka_unit_test(wrong_usage),
      cmocka_unit_test(bad_inputs),
      cmocka_unit_test(no_device),
  };
  return cmocka_run_group_tests(tests, make_files, remove_files);
}

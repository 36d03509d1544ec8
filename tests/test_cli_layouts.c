/* --layout nhwc: every command, every rank, with and without a batch. */
#include "cli/program.h"

/* `source` as `name`, with its channels, axis `from`, moved to the end. */
static void write_channels_last(const char *name, const char *source, int from) {
  cli_error error = {""};
  cli_array a = {0};
  const file_format *format = array_file_format(&error, source, NULL);
  assert_int_equal(array_file_read(&error, in_directory(source), format, &a), CLI_OK);
  clup_dtype dtype = a.dtype;
  assert_int_equal(array_convert(&error, source, &a, CLUP_F64), CLI_OK);
  int64_t batch = 1, channels = a.dims[from], plane = 1, dims[CLUP_MAX_RANK];
  for (int i = 0; i < from; i++) batch *= dims[i] = a.dims[i];
  for (int i = from + 1; i < a.rank; i++) plane *= dims[i - 1] = a.dims[i];
  dims[a.rank - 1] = channels;
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
      {"resize", "--scales 1.5 --mode cubic", 4, 1, {2, 3, 4, 5}, CLUP_F32},
      {"resize", "--sizes 2,4,3,5 --mode linear", 4, 1, {2, 3, 4, 5}, CLUP_F64},
      {"resize", "--scales 1.5", 5, 1, {2, 2, 3, 4, 2}, CLUP_U16},
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
      {"depth-to-space", "--blocksize 2", 4, 1, {2, 8, 3, 2}, CLUP_U16},
      {"depth-to-space", "--blocksize 2", 3, 0, {8, 3, 2}, CLUP_U16},
      {"space-to-depth", "--blocksize 2 --mode DCR", 4, 1, {2, 3, 4, 2}, CLUP_I8},
      {"channel-shuffle", "--groups 3", 4, 1, {2, 6, 3, 2}, CLUP_F32},
      {"channel-shuffle", "--groups 2", 3, 1, {2, 6, 5}, CLUP_F32},
      {"channel-shuffle", "--groups 2", 5, 1, {1, 4, 2, 3, 2}, CLUP_F32},
      {"fold", "--output-size 4,5 --kernel 2,3", 3, 1, {2, 12, 9}, CLUP_F32},
      {"fold", "--output-size 4,5 --kernel 2,3", 2, 0, {12, 9}, CLUP_F32},
      {"fold", "--output-size 7 --kernel 3 --axes 1", 3, 1, {2, 6, 5}, CLUP_F32},
      {"resize", "--scales 2", 4, 1, {2, 3, 4, 5}, CLUP_F32},
      {"resize", "--sizes 7,4 --mode cubic", 4, 1, {1, 3, 4, 5}, CLUP_F32},
      {"resize", "--sizes 7 --axes 2 --mode linear", 5, 1, {1, 3, 4, 2, 3}, CLUP_F64},
      {"depth-to-space", "--blocksize 2", 4, 1, {2, 8, 3, 2}, CLUP_U16},
      {"space-to-depth", "--blocksize 2", 4, 1, {2, 3, 4, 6}, CLUP_F64},
      {"channel-shuffle", "--groups 2", 4, 1, {2, 8, 3, 2}, CLUP_U8},
      {"channel-shuffle", "--groups 3", 3, 1, {2, 6, 5}, CLUP_F32},
      {"fold", "--output-size 3,4 --kernel 2", 3, 1, {2, 8, 6}, CLUP_F32},
      {"fold", "--output-size 3,4 --kernel 2", 2, 0, {12, 6}, CLUP_F64},
      {"fold", "--output-size 2,3,4 --kernel 2 --stride 1,1,2", 3, 1, {1, 16, 4}, CLUP_F32},
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

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(layout_nhwc)};
  return cmocka_run_group_tests(tests, make_files, remove_files);
}

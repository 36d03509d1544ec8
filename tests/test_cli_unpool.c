/* max-unpool in all its forms: one to three axes, with and without N, channels last, ONNX's indices. */
#include "cli/program.h"

static void forms(void **state) {
  (void)state;
  const double x[4] = {1, 2, 3, 4}, by_line[4] = {1, 2, 0, 3}, by_plane[4] = {3, 4, 9, 31};
  const int64_t lines[3] = {1, 2, 2}, flat[2] = {2, 2}, long_lines[3] = {1, 2, 4}, long_flat[2] = {2, 4};
  const double apart[8] = {0, 1, 2, 0, 3, 0, 0, 4};
  write_npy("l.npy", CLUP_F32, 3, lines, x);
  write_npy("li.npy", CLUP_I64, 3, lines, by_line);
  expect_ok("max-unpool l.npy y.npy --indices li.npy --kernel 2 --axes 1");
  expect_values("y.npy", CLUP_F32, 3, long_lines, apart);
  write_npy("f.npy", CLUP_U8, 2, flat, x);
  write_npy("fi.npy", CLUP_I32, 2, flat, by_line);
  expect_ok("max-unpool f.npy y.npy --indices fi.npy --kernel 2 --axes 1");
  expect_values("y.npy", CLUP_U8, 2, long_flat, apart);
  /* three axes, without N by the number of the kernel's values, with N by the rank */
  const int64_t deep[5] = {1, 1, 1, 2, 2}, deep_out[5] = {1, 1, 2, 4, 4};
  double placed[32] = {0};
  for (int i = 0; i < 4; i++) placed[(int)by_plane[i]] = x[i];
  write_npy("d4.npy", CLUP_F64, 4, deep + 1, x);
  write_npy("d4i.npy", CLUP_I64, 4, deep + 1, by_plane);
  expect_ok("max-unpool d4.npy y.npy --indices d4i.npy --kernel 2,2,2");
  expect_values("y.npy", CLUP_F64, 4, deep_out + 1, placed);
  write_npy("d5.npy", CLUP_F16, 5, deep, x);
  write_npy("d5i.npy", CLUP_I64, 5, deep, by_plane);
  expect_ok("max-unpool d5.npy y.npy --indices d5i.npy --kernel 2");
  expect_values("y.npy", CLUP_F16, 5, deep_out, placed);
  const double near[4] = {0, 1, 9, 15};
  write_npy("near.npy", CLUP_I64, 5, deep, near);
  expect_ok("max-unpool d5.npy y.npy --indices near.npy --kernel 2 --layout nhwc --output-size 2,2,4");
  const int64_t last_out[5] = {1, 2, 2, 4, 2}; /* N, D, H, W, C of an input of 1, 1, 1, 2, 2 */
  cli_array last = read_back("y.npy", CLUP_F16);
  for (int i = 0; i < 5; i++) assert_int_equal(last.dims[i], last_out[i]);
  array_free(&last);
}

static void onnx(void **state) {
  (void)state;
  /* The node test of ONNX with an output_shape. */
  const double x[4] = {5, 6, 7, 8}, indices[4] = {5, 7, 13, 15};
  const double want[25] = {0, 0, 0, 0, 0, 0, 5, 0, 6, 0, 0, 0, 0, 0, 0, 0, 7, 0, 8, 0, 0, 0, 0, 0, 0};
  const int64_t out[4] = {1, 1, 5, 5}, both[4] = {1, 2, 1, 1}, both_out[4] = {1, 2, 2, 1};
  write_npy("o.npy", CLUP_F32, 4, square, x);
  write_npy("oi.npy", CLUP_I64, 4, square, indices);
  expect_ok("max-unpool o.npy y.npy --indices oi.npy --kernel 2 --stride 2 --onnx --output-size 5");
  expect_values("y.npy", CLUP_F32, 4, out, want);
  const double two[2] = {1, 2}, crossed[2] = {3, 0}, swapped[4] = {2, 0, 0, 1};
  write_npy("c.npy", CLUP_F32, 4, both, two);
  write_npy("ci.npy", CLUP_I32, 4, both, crossed);
  expect_ok("max-unpool c.npy y.npy --indices ci.npy --kernel 3,2 --pads 1,1,0,0 --onnx");
  expect_values("y.npy", CLUP_F32, 4, both_out, swapped);
}

static void refused(void **state) {
  (void)state;
  const double x[4] = {1, 2, 3, 4}, bad[4] = {0, 1, 16, 2};
  write_npy("x4.npy", CLUP_F32, 4, square, x);
  write_npy("bad.npy", CLUP_I64, 4, square, bad);
  expect_error("max-unpool x4.npy y4.npy --indices bad.npy --kernel 2", 1, "index 16 at (0,0,1,0)");
  expect_error("max-unpool x4.npy y4.npy --indices bad.npy --kernel 2", 1, "0..15");
  assert_int_equal(exists("y4.npy"), 0);
  expect_error("max-unpool x4.npy y.npy --indices bad.npy --kernel 2 --axes 4", 2, "4");
  expect_error("max-unpool x4.npy y.npy --indices bad.npy --kernel 2 --axes 1", 2, "rank 4");
  expect_error("max-unpool x4.npy y.npy --indices bad.npy --kernel 2 --stride 2 --onnx --output-size 3,4", 2,
               "output_size[0]=3");
  expect_error("max-unpool x4.npy y.npy --indices bad.npy --kernel 2 --pads 1,1,1", 2, "--pads");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(forms), cmocka_unit_test(onnx), cmocka_unit_test(refused)};
  return cmocka_run_group_tests(tests, make_files, remove_files);
}

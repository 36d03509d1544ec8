/* What the program hands to the library as it is, and what it converts: dtypes of inputs, weights and images. */
#include "cli/program.h"

typedef struct dtype_case {
  const char *arguments; /* IN is the first, OUT is y.npy */
  const char *problem;   /* how the JSON's problem ends */
  clup_dtype result;
} dtype_case;

/* Runs it, looks at the problem that the library got, and at the result. */
static void expect_problem(const dtype_case *one, int rank, const int64_t *dims, const double *want) {
  char line[300], end[200];
  snprintf(line, sizeof line, "%s --json", one->arguments);
  const outcome *o = run(line);
  if (o->exit != 0) fail_msg("clup %s: exit %d, %s", line, o->exit, o->err);
  snprintf(end, sizeof end, "%s\", \"algo\"", one->problem);
  if (strstr(o->out, end) == NULL) fail_msg("clup %s: no problem ends with '%s': %s", line, one->problem, o->out);
  expect_values("y.npy", one->result, rank, dims, want);
}

static const int64_t four[4] = {1, 1, 4, 4};

static const struct {
  const char *file;
  clup_dtype dtype;
} inputs[] = {{"f16.npy", CLUP_F16}, {"f64.npy", CLUP_F64}, {"u8.npy", CLUP_U8},
              {"i8.npy", CLUP_I8},   {"u16.npy", CLUP_U16}, {"i16.npy", CLUP_I16}};

static void write_inputs(void) {
  for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++)
    write_npy(inputs[i].file, inputs[i].dtype, 4, square, counted);
}

static void interpolation(void **state) {
  (void)state;
  const double exact[16] = {0, .25, .75, 1, .5, .75, 1.25, 1.5, 1.5, 1.75, 2.25, 2.5, 2, 2.25, 2.75, 3};
  const double rounded[16] = {0, 0, 1, 1, 0, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 3};
  write_inputs();
  for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
    char line[96], end[64];
    int real = inputs[i].dtype == CLUP_F16 || inputs[i].dtype == CLUP_F64;
    snprintf(line, sizeof line, "upsample %s y.npy --size 4 --mode bilinear", inputs[i].file);
    snprintf(end, sizeof end, "mode=bilinear size=4x4 dtype=%s", clup_dtype_name(inputs[i].dtype));
    expect_problem(&(dtype_case){line, end, inputs[i].dtype}, 4, four, real ? exact : rounded);
    snprintf(line, sizeof line, "resize %s y.npy --sizes 4 --mode linear", inputs[i].file);
    snprintf(end, sizeof end, " dtype=%s", clup_dtype_name(inputs[i].dtype));
    expect_problem(&(dtype_case){line, end, inputs[i].dtype}, 4, four, real ? exact : rounded);
  }
  /* bf16 is computed as such, and written as f32. */
  expect_problem(&(dtype_case){"upsample x.npy y.npy --size 4 --mode bilinear --dtype bf16",
                               "mode=bilinear size=4x4 dtype=bf16", CLUP_F32},
                 4, four, exact);
  expect_problem(&(dtype_case){"upsample x64.npy y.npy --size 4 --mode bilinear --dtype u8",
                               "mode=bilinear size=4x4 dtype=u8", CLUP_U8},
                 4, four, rounded);
  expect_error("upsample xi32.npy y.npy --size 4 --mode bilinear", 2, "i32");
  expect_error("upsample x.npy y.npy --size 4 --mode bilinear --dtype i64", 2, "give --dtype f32");
}

/* Weights of the input's dtype, or f32 beside a narrower one; integers go by f32. */
static void convolution(void **state) {
  (void)state;
  static const char shape[] = "conv-transpose ";
  const double convolved[16] = {10, 11, 10, 10, 12, 13, 11, 10, 10, 12, 13, 11, 10, 10, 12, 13};
  const int64_t kernel[4] = {1, 1, 3, 3}, one[1] = {1};
  const double ones[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, bias[1] = {10};
  write_inputs();
  write_npy("w16.npy", CLUP_F16, 4, kernel, ones);
  write_npy("w8.npy", CLUP_I8, 4, kernel, ones);
  write_npy("b16.npy", CLUP_F16, 1, one, bias);
  static const dtype_case cases[] = {
      {"f16.npy y.npy --weight w16.npy --bias b16.npy", "bias=1 dtype=f16", CLUP_F16},
      {"f16.npy y.npy --weight w.npy --bias b.npy", "bias=1 dtype=f16 w_dtype=f32", CLUP_F16},
      {"f16.npy y.npy --weight w16.npy --bias b.npy", "bias=1 dtype=f16 w_dtype=f32", CLUP_F16},
      {"f16.npy y.npy --weight w8.npy --bias b16.npy", "bias=1 dtype=f16 w_dtype=f32", CLUP_F16},
      {"x.npy y.npy --weight w.npy --bias b.npy --dtype bf16", "bias=1 dtype=bf16 w_dtype=f32", CLUP_F32},
      {"x.npy y.npy --weight w16.npy --bias b16.npy", "bias=1", CLUP_F32},
      {"x.npy y.npy --weight w64.npy --bias b.npy --dtype f32", "bias=1", CLUP_F32},
      {"f64.npy y.npy --weight w.npy --bias b16.npy", "bias=1 dtype=f64", CLUP_F64},
      {"f64.npy y.npy --weight w64.npy --bias b.npy", "bias=1 dtype=f64", CLUP_F64},
      {"u8.npy y.npy --weight w.npy --bias b.npy", "bias=1", CLUP_U8},
      {"i16.npy y.npy --weight w8.npy --bias b.npy", "bias=1", CLUP_I16},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char line[128];
    snprintf(line, sizeof line, "%s%s", shape, cases[i].arguments);
    expect_problem(&(dtype_case){line, cases[i].problem, cases[i].result}, 4, four, convolved);
  }
  expect_error("conv-transpose f16.npy y.npy --weight w64.npy", 2, "w64.npy : is f64");
  expect_error("conv-transpose x.npy y.npy --weight w.npy --bias x64.npy", 2, "x64.npy : is f64");
  expect_error("conv-transpose xi32.npy y.npy --weight w.npy", 2, "give --dtype f32");
}

/* An image's samples stay integers, but where opacity weighs them. */
static void images(void **state) {
  (void)state;
  const int64_t rgba[4] = {1, 4, 1, 2}, wide[4] = {1, 4, 1, 4};
  const double half_clear[8] = {255, 0, 0, 255, 0, 0, 255, 0};
  const double opaque_red[16] = {255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 191, 64, 0};
  write_npy("rgba.npy", CLUP_U8, 4, rgba, half_clear);
  expect_ok("upsample rgba.npy rgba.png --scale 1");
  expect_ok("upsample rgb.npy rgb.png --scale 1");
  const outcome *o = run("upsample rgb.png y.png --scale 2 --mode bicubic --json");
  assert_int_equal(o->exit, 0);
  assert_non_null(strstr(o->out, "dtype=u8"));
  o = run("upsample rgba.png y.png --scale 1,2 --mode bilinear --json");
  assert_int_equal(o->exit, 0);
  assert_null(strstr(o->out, "dtype=u8"));
  expect_values("y.png", CLUP_U8, 4, wide, opaque_red);
  /* In f64 the colour is clear to the last bit of opacity. */
  expect_ok("upsample rgba.png y.npy --scale 1,2 --mode bilinear --dtype f64");
  cli_array array = read_back("y.npy", CLUP_F64);
  assert_true(((double *)array.data)[1] == 255 && ((double *)array.data)[13] == 191.25);
  array_free(&array);
}

/* An input without a batch. */
static void no_batch(void **state) {
  (void)state;
  const int64_t three[3] = {1, 4, 4};
  const double placed[16] = {0, 0, 3, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0};
  const double repeated[16] = {0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3};
  write_npy("x8.npy", CLUP_I8, 3, (const int64_t[]){1, 2, 2}, counted);
  expect_problem(&(dtype_case){"max-unpool x8.npy y.npy --indices i3.npy --kernel 2", "dtype=i8", CLUP_I8}, 3, three,
                 placed);
  expect_problem(&(dtype_case){"conv-transpose x8.npy y.npy --weight k.npy --stride 2", "stride=2x2", CLUP_I8}, 3,
                 three, repeated);
}

static int make_more_files(void **state) {
  const double ones[4] = {1, 1, 1, 1};
  if (make_files(state) != 0) return -1;
  write_npy("k.npy", CLUP_F32, 4, square, ones);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(interpolation),
      cmocka_unit_test(convolution),
      cmocka_unit_test(images),
      cmocka_unit_test(no_batch),
  };
  return cmocka_run_group_tests(tests, make_more_files, remove_files);
}

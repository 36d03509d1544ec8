#include "operator.h"

#include <stdlib.h>
#include <string.h>

#include "array_file.h"

static const char *const dtype_names[] = {"f32", "f64", "f16", "bf16", "u8",  "i8", "u16",
                                          "i16", "u32", "i32", "u64",  "i64", NULL};
static const clup_dtype dtypes[] = {CLUP_F32, CLUP_F64, CLUP_F16, CLUP_BF16, CLUP_U8,  CLUP_I8,
                                    CLUP_U16, CLUP_I16, CLUP_U32, CLUP_I32,  CLUP_U64, CLUP_I64};
static const char *const layout_names[] = {"nchw", "nhwc", NULL};

static const option_spec operator_specs[] = {
    {"dtype", 0, OPTION_CHOICE, 1, 0, dtype_names, "TYPE", "convert the input to it first; the output has it, too",
     OPTION_AT(dtype)},
    {"layout", 0, OPTION_CHOICE, 1, 0, layout_names, "LAYOUT", "how .npy arrays lie", OPTION_AT(layout)},
    {"algo", 0, OPTION_TEXT, 1, 0, NULL, "NAME", "this solver and no other (clup algos lists them)", OPTION_AT(algo)},
    {"format", 0, OPTION_TEXT, 1, 0, NULL, "FORMAT", "of '-': npy, png, jpg, pnm, ppm, pgm", OPTION_AT(format)},
};
const option_group operator_group = {"options of every operator", operator_specs,
                                     sizeof operator_specs / sizeof operator_specs[0]};

static const option_spec shape_specs[] = {
    {"shape", 0, OPTION_INTS, OPTION_MAX_VALUES, 0, NULL, "N,C,...", "the input's shape, in place of IN",
     OPTION_AT(shape)},
    {"weight-shape", 0, OPTION_INTS, OPTION_MAX_VALUES, 0, NULL, "C,...", "the weights' shape, in place of --weight",
     OPTION_AT(weight_shape)},
};
const option_group shape_group = {"shapes in place of files", shape_specs, sizeof shape_specs / sizeof shape_specs[0]};

/* The dtype that the device computes in for elements of `dtype`: those that f32 holds exactly go by f32. */
static int compute_dtype(cli *c, const char *what, clup_dtype dtype, clup_dtype *compute) {
  switch (dtype) {
    case CLUP_F32:
    case CLUP_F16:
    case CLUP_BF16:
    case CLUP_U8:
    case CLUP_I8:
    case CLUP_U16:
    case CLUP_I16:
      *compute = CLUP_F32;
      return CLI_OK;
    default:
      return cli_fail(
          &c->error, CLI_USAGE, what,
          "is %s, which f32 does not hold exactly, and clup computes in f32: give --dtype f32 to convert it",
          clup_dtype_name(dtype));
  }
}

int operator_array(cli *c, const char *option, const option_value *path, clup_dtype wanted, cli_array *out) {
  cli_array array = {0};
  const file_format *format = array_file_format(&c->error, path->text, "npy");
  if (format == NULL) return CLI_USAGE;
  if (array_file_is_image(format) || strcmp(path->text, "-") == 0) {
    return cli_fail(&c->error, CLI_USAGE, option, "'%s' is not a .npy file", path->text);
  }
  int rc = array_file_read(&c->error, path->text, format, &array);
  clup_dtype compute;
  if (rc == CLI_OK && wanted != 0 && array.dtype != wanted && !c->options.dtype.given) {
    rc = compute_dtype(c, path->text, array.dtype, &compute);
  }
  if (rc == CLI_OK && wanted != 0) rc = array_convert(&c->error, path->text, &array, wanted);
  if (rc != CLI_OK) {
    array_free(&array);
    return rc;
  }
  *out = array;
  return CLI_OK;
}

int operator_tensor(cli *c, const operator_case *one, const char *what, const cli_array *array, clup_tensor *tensor) {
  if (!one->channels_last) {
    *tensor = clup_tensor_make(array->dtype, array->rank, array->dims);
    return CLI_OK;
  }
  /* In memory N, H, W, C; in the description N, C, H, W. */
  int has_batch = array->rank == 4;
  if (array->rank != 3 && array->rank != 4) {
    char text[256];
    return cli_fail(&c->error, CLI_USAGE, what, "--layout nhwc is for arrays of 3 or 4 axes, this one is %s",
                    dims_text(array->rank, array->dims, text, sizeof text));
  }
  const int64_t *hwc = array->dims + has_batch;
  int64_t dims[4] = {has_batch ? array->dims[0] : 1, hwc[2], hwc[0], hwc[1]};
  clup_tensor whole = clup_tensor_channels_last(array->dtype, 4, dims);
  *tensor = whole;
  if (has_batch) return CLI_OK;
  memset(tensor->dims, 0, sizeof tensor->dims);
  memset(tensor->strides, 0, sizeof tensor->strides);
  tensor->rank = 3;
  memcpy(tensor->dims, whole.dims + 1, 3 * sizeof(int64_t));
  memcpy(tensor->strides, whole.strides + 1, 3 * sizeof(int64_t));
  return CLI_OK;
}

/* The array of the input: from its file, or a bare shape. */
static int read_input(cli *c, const char *path, operator_case *one) {
  const cli_options *o = &c->options;
  if (path == NULL) {
    if (!o->shape.given) return cli_fail(&c->error, CLI_USAGE, c->op->name, "needs --shape N,C,... or a file IN");
    one->input.dtype = CLUP_F32;
    one->input.rank = o->shape.count;
    memcpy(one->input.dims, o->shape.ints, (size_t)o->shape.count * sizeof(int64_t));
  } else {
    if (o->shape.given) return cli_fail(&c->error, CLI_USAGE, c->op->name, "takes --shape or IN, not both");
    const file_format *format = array_file_format(&c->error, path, o->format.given ? o->format.text : NULL);
    if (format == NULL) return CLI_USAGE;
    if (array_file_is_image(format) && one->channels_last) {
      return cli_fail(&c->error, CLI_USAGE, path, "--layout nhwc is for .npy files; an image has no other layout");
    }
    int rc = array_file_read(&c->error, path, format, &one->input);
    if (rc != CLI_OK) return rc;
  }
  if (!o->dtype.given) return CLI_OK;
  return array_convert(&c->error, path != NULL ? path : "--shape", &one->input, dtypes[o->dtype.ints[0]]);
}

static void add_batch(operator_case *one) {
  cli_array *const arrays[] = {&one->input, &one->indices};
  for (size_t i = 0; i < 2; i++) {
    if (arrays[i]->rank != 3) continue;
    memmove(arrays[i]->dims + 1, arrays[i]->dims, 3 * sizeof(int64_t));
    arrays[i]->dims[0] = 1;
    arrays[i]->rank = 4;
  }
  one->batch_added = 1;
}

static int make_problem(cli *c, operator_case *one) {
  clup_tensor input, output;
  int rc = operator_tensor(c, one, "input", &one->input, &input);
  if (rc == CLI_OK) rc = c->op->make(c, one, &input, NULL, &one->problem);
  if (rc != CLI_OK || !one->channels_last) return rc;
  /* The output's shape is known now: once more, for an output that lies as the input does. */
  rc = cli_status(&c->error, c->op->name, clup_problem_tensor(one->problem, CLUP_ROLE_OUTPUT, &output));
  if (rc != CLI_OK) return rc;
  clup_problem_release(one->problem);
  one->problem = NULL;
  int skip = 4 - output.rank;
  int64_t dims[4] = {1, 1, 1, 1};
  memcpy(dims + skip, output.dims, (size_t)output.rank * sizeof(int64_t));
  clup_tensor whole = clup_tensor_channels_last(output.dtype, 4, dims);
  memcpy(output.strides, whole.strides + skip, (size_t)output.rank * sizeof(int64_t));
  return c->op->make(c, one, &input, &output, &one->problem);
}

int operator_prepare(cli *c, const char *path, operator_case *out) {
  operator_case one;
  memset(&one, 0, sizeof one);
  one.channels_last = c->options.layout.given && c->options.layout.ints[0] == 1;
  const char *name = path != NULL ? path : "--shape";
  int rc = read_input(c, path, &one);
  one.result = one.input.dtype;
  if (rc == CLI_OK && c->op->computes(&c->options)) {
    clup_dtype compute;
    rc = compute_dtype(c, name, one.input.dtype, &compute);
    if (rc == CLI_OK) rc = array_convert(&c->error, name, &one.input, compute);
  }
  if (rc == CLI_OK && c->op->more_arrays != NULL) rc = c->op->more_arrays(c, &one);
  if (rc == CLI_OK && c->op->adds_batch && one.input.rank == 3) add_batch(&one);
  if (rc == CLI_OK) rc = make_problem(c, &one);
  if (rc != CLI_OK) {
    operator_release(&one);
    return rc;
  }
  *out = one;
  return CLI_OK;
}

void operator_release(operator_case *one) {
  array_free(&one->input);
  array_free(&one->weight);
  array_free(&one->bias);
  array_free(&one->indices);
  clup_problem_release(one->problem);
  memset(one, 0, sizeof *one);
}

int operator_chosen_algo(cli *c, clup_host *host, const clup_problem *problem, char *name, size_t size) {
  snprintf(name, size, "%s", c->options.algo.given ? c->options.algo.text : "?");
  if (c->options.algo.given) return CLI_OK;
  for (size_t i = 0; i < clup_problem_num_algos(problem); i++) {
    clup_algo_info info;
    int rc = cli_status(&c->error, "algos", clup_problem_algo(clup_host_context(host), problem, i, &info));
    if (rc != CLI_OK) return rc;
    if (info.chosen) snprintf(name, size, "%s", info.name);
  }
  return CLI_OK;
}

char *operator_text(cli *c, const clup_problem *problem) {
  size_t needed = 0;
  clup_problem_print(problem, NULL, 0, &needed);
  char *text = malloc(needed + 1);
  if (text == NULL) {
    cli_note(&c->error, "problem", "out of memory: %zu bytes are not to be had", needed + 1);
    return NULL;
  }
  if (clup_problem_print(problem, text, needed + 1, NULL) != CLUP_OK) text[0] = 0;
  return text;
}

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
    {"shape", 0, OPTION_INTS, CLUP_MAX_RANK, 0, NULL, "N,C,...", "the input's shape, in place of IN", OPTION_AT(shape)},
    {"weight-shape", 0, OPTION_INTS, CLUP_MAX_RANK, 0, NULL, "C,...", "the weights' shape, in place of --weight",
     OPTION_AT(weight_shape)},
};
const option_group shape_group = {"shapes in place of files", shape_specs, sizeof shape_specs / sizeof shape_specs[0]};

static int is_real(clup_dtype dtype) {
  return dtype == CLUP_F32 || dtype == CLUP_F64 || dtype == CLUP_F16 || dtype == CLUP_BF16;
}

static int is_short(clup_dtype dtype) {
  return dtype == CLUP_U8 || dtype == CLUP_I8 || dtype == CLUP_U16 || dtype == CLUP_I16;
}

static int f32_holds(clup_dtype dtype) {
  return is_short(dtype) || (is_real(dtype) && dtype != CLUP_F64);
}

/* The dtype that the input has on the device. Colours that alpha weighs are in f32 at least. */
static int compute_dtype(cli *c, const char *what, const cli_array *input, clup_dtype *compute) {
  int arithmetic = c->op->computes(&c->options);
  clup_dtype dtype = input->dtype;
  *compute = dtype;
  if (arithmetic == OPERATOR_MOVES) return CLI_OK;
  int narrow = dtype == CLUP_F16 || dtype == CLUP_BF16;
  if (is_real(dtype) && !(input->alpha && narrow)) return CLI_OK;
  if (arithmetic == OPERATOR_COMPUTES_NUMBERS && !input->alpha && is_short(dtype)) return CLI_OK;
  *compute = CLUP_F32;
  if (f32_holds(dtype)) return CLI_OK;
  return cli_fail(&c->error, CLI_USAGE, what,
                  "is %s, which f32 does not hold exactly, and %s does not compute in it: give --dtype f32 to convert "
                  "it",
                  clup_dtype_name(dtype), c->op->name);
}

int operator_array(cli *c, const char *option, const char *path, cli_array *out) {
  const file_format *format = array_file_format(&c->error, path, "npy");
  if (format == NULL) return CLI_USAGE;
  if (array_file_is_image(format) || strcmp(path, "-") == 0) {
    return cli_fail(&c->error, CLI_USAGE, option, "'%s' is not a .npy file", path);
  }
  return array_file_read(&c->error, path, format, out);
}

/* Weights, bias and slope in one dtype: the input's, or f32 beside f16 and bf16 where that is exact and the input's is
 * not. */
static int convert_weights(cli *c, operator_case *one) {
  cli_array *const arrays[] = {&one->weight, &one->bias, &one->slope};
  static const char *const names[] = {"weights", "bias", "slope"};
  clup_dtype wanted = one->input.dtype;
  int narrow = wanted == CLUP_F16 || wanted == CLUP_BF16;
  for (size_t i = 0; i < 3; i++) {
    if (arrays[i]->data != NULL && narrow && arrays[i]->dtype != one->input.dtype) wanted = CLUP_F32;
  }
  for (size_t i = 0; i < 3; i++) {
    if (arrays[i]->rank == 0) continue;
    clup_dtype dtype = arrays[i]->dtype;
    int exact = dtype == wanted || (wanted == CLUP_F32 && f32_holds(dtype)) ||
                (wanted == CLUP_F64 && (is_real(dtype) || clup_dtype_size(dtype) <= 4));
    if (arrays[i]->data != NULL && !exact && !c->options.dtype.given) {
      const option_value *file = i == 0 ? &c->options.weight : &c->options.bias;
      return cli_fail(&c->error, CLI_USAGE, i < 2 && file->given ? file->text : names[i],
                      "is %s, which %s does not hold exactly, and the %s go with an input of %s: give --dtype %s to "
                      "convert it",
                      clup_dtype_name(dtype), clup_dtype_name(wanted), names[i], clup_dtype_name(one->input.dtype),
                      clup_dtype_name(one->input.dtype));
    }
    int rc = array_convert(&c->error, names[i], arrays[i], wanted);
    if (rc != CLI_OK) return rc;
  }
  return CLI_OK;
}

int operator_is_nhwc(const cli *c) {
  return c->options.layout.given && c->options.layout.ints[0] == 1;
}

int operator_batched(const operator_case *one) {
  (void)one;
  return 1;
}

void operator_channels_last(clup_tensor *tensor, int channel_axis) {
  int64_t stride = tensor->dims[channel_axis] > 0 ? tensor->dims[channel_axis] : 1;
  tensor->strides[channel_axis] = 1;
  for (int i = tensor->rank - 1; i >= 0; i--) {
    if (i == channel_axis) continue;
    tensor->strides[i] = stride;
    stride *= tensor->dims[i] > 0 ? tensor->dims[i] : 1;
  }
}

int operator_tensor(cli *c, const operator_case *one, const char *what, const cli_array *array, clup_tensor *tensor) {
  *tensor = clup_tensor_make(array->dtype, array->rank, array->dims);
  if (!one->channels_last) return CLI_OK;
  int at = one->channel_axis, last = array->rank - 1;
  size_t elements;
  int rc = array_count(&c->error, CLI_USAGE, what, array, &elements); /* so that no stride overflows */
  if (rc != CLI_OK) return rc;
  if (at < 0 || at >= last) {
    char text[256];
    return cli_fail(&c->error, CLI_USAGE, what, "%s is no %sspatial axes,C, as --layout nhwc says",
                    dims_text(array->rank, array->dims, text, sizeof text), at > 0 ? "N," : "");
  }
  /* In memory N, H, W, C; in the description N, C, H, W. */
  tensor->dims[at] = array->dims[last];
  for (int i = at; i < last; i++) tensor->dims[i + 1] = array->dims[i];
  operator_channels_last(tensor, at);
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
  operator_channels_last(&output, one->channel_axis);
  return c->op->make(c, one, &input, &output, &one->problem);
}

int operator_prepare(cli *c, const char *path, operator_case *out) {
  operator_case one;
  memset(&one, 0, sizeof one);
  one.channels_last = operator_is_nhwc(c);
  const char *name = path != NULL ? path : "--shape";
  int rc = read_input(c, path, &one);
  one.result = one.input.dtype;
  if (rc == CLI_OK && c->op->more_arrays != NULL) rc = c->op->more_arrays(c, &one);
  clup_dtype compute;
  if (rc == CLI_OK) rc = compute_dtype(c, name, &one.input, &compute);
  if (rc == CLI_OK) rc = array_convert(&c->error, name, &one.input, compute);
  if (rc == CLI_OK) rc = convert_weights(c, &one);
  if (rc == CLI_OK && c->op->adds_batch && one.input.rank == 3) add_batch(&one);
  if (rc == CLI_OK) one.channel_axis = c->op->channel_axis != NULL ? c->op->channel_axis(&one) : one.input.rank - 3;
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
  array_free(&one->slope);
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

#include <string.h>

#include "operator.h"

static const option_spec specs[] = {
    {"indices", 0, OPTION_TEXT, 1, 0, NULL, "I.npy", "i64 or i32, of the input's shape, flat within an output plane",
     OPTION_AT(indices)},
    {"kernel", 0, OPTION_INTS, 3, 1, NULL, "H,W", "the pooling's window", OPTION_AT(kernel)},
    {"stride", 0, OPTION_INTS, 3, 1, NULL, "H,W", "(default: the kernel)", OPTION_AT(stride)},
    {"padding", 0, OPTION_INTS, 3, 0, NULL, "H,W", "(default 0)", OPTION_AT(padding)},
    {"output-size", 0, OPTION_INTS, 3, 1, NULL, "H,W", "in place of the size that follows from the rest",
     OPTION_AT(output_size)},
};
static const option_group group = {"options of max-unpool", specs, sizeof specs / sizeof specs[0]};

static int computes(const cli_options *o) {
  (void)o;
  return OPERATOR_MOVES;
}

static int more_arrays(cli *c, operator_case *one) {
  if (c->options.indices.given) {
    /* Indices are never converted: --dtype is for the input. */
    return operator_array(c, "max-unpool --indices", c->options.indices.text, &one->indices);
  }
  if (one->input.data != NULL) return cli_fail(&c->error, CLI_USAGE, "max-unpool", "needs --indices I.npy");
  one->indices = one->input;
  one->indices.dtype = CLUP_I64;
  return CLI_OK;
}

static int make(cli *c, const operator_case *one, const clup_tensor *input, const clup_tensor *output,
                clup_problem **problem) {
  const cli_options *o = &c->options;
  cli_error *e = &c->error;
  clup_max_unpool_params p = CLUP_MAX_UNPOOL_PARAMS_INIT;
  if (!o->kernel.given) return cli_fail(e, CLI_USAGE, "max-unpool", "needs --kernel H,W");
  if (input->rank != 4) {
    char text[256];
    return cli_fail(e, CLI_USAGE, "max-unpool", "clup %s takes N,C,H,W or C,H,W; the input is %s", clup_version(),
                    dims_text(input->rank, input->dims, text, sizeof text));
  }
  int axes = input->rank - 2;
  clup_tensor indices;
  int rc = operator_tensor(c, one, "max-unpool --indices", &one->indices, &indices);
  if (rc == CLI_OK) rc = option_axes(e, "max-unpool --kernel", &o->kernel, axes, p.kernel);
  if (rc == CLI_OK && o->stride.given) rc = option_axes(e, "max-unpool --stride", &o->stride, axes, p.stride);
  if (rc == CLI_OK && o->padding.given) rc = option_axes(e, "max-unpool --padding", &o->padding, axes, p.padding);
  if (rc == CLI_OK && o->output_size.given) {
    rc = option_axes(e, "max-unpool --output-size", &o->output_size, axes, p.output_size);
  }
  if (rc != CLI_OK) return rc;
  return cli_status(e, "max-unpool", clup_max_unpool_problem(input, &indices, output, &p, problem));
}

static const cli_operator op = {
    .name = "max-unpool", .adds_batch = 1, .computes = computes, .more_arrays = more_arrays, .make = make};

const cli_command command_max_unpool = {
    .name = "max-unpool",
    .arguments = "IN OUT",
    .summary = "each element to the place that its pooling index names, zeros elsewhere, as torch.nn.MaxUnpool2d does",
    .min_words = 2,
    .max_words = 2,
    .groups = {&group, &operator_group},
    .op = &op,
    .run = operator_command};

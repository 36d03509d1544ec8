#include <string.h>

#include "operator.h"

static const option_spec specs[] = {
    {"indices", 0, OPTION_TEXT, 1, 0, NULL, "I.npy", "i64 or i32, of the input's shape, flat within an output plane",
     OPTION_AT(indices)},
    {"kernel", 0, OPTION_INTS, 3, 1, NULL, "[[D,]H,]W", "the pooling's window", OPTION_AT(kernel)},
    {"stride", 0, OPTION_INTS, 3, 1, NULL, "[[D,]H,]W", "(default: the kernel; with --onnx 1)", OPTION_AT(stride)},
    {"padding", 0, OPTION_INTS, 3, 0, NULL, "[[D,]H,]W", "(default 0)", OPTION_AT(padding)},
    {"pads", 0, OPTION_INTS, 6, 0, NULL, "BEGIN...,END...", "the same, each end on its own", OPTION_AT(pads)},
    {"output-size", 0, OPTION_INTS, 3, 1, NULL, "[[D,]H,]W", "in place of the size that follows from the rest",
     OPTION_AT(output_size)},
    {"axes", 0, OPTION_INTS, 1, 1, NULL, "1|2|3",
     "how many are spatial (default: as many as --kernel has values, or 2, or 3 of 5)", OPTION_AT(axes)},
    {"onnx", 0, OPTION_FLAG, 0, 0, NULL, NULL,
     "ONNX MaxUnpool: indices flat over the whole tensor; any larger --output-size", OPTION_AT(onnx)},
};
static const option_group group = {"options of max-unpool", specs, sizeof specs / sizeof specs[0]};

static int computes(const cli_options *o) {
  (void)o;
  return OPERATOR_MOVES;
}

static int spatial_axes(const cli_options *o, int rank) {
  if (o->axes.given) return (int)o->axes.ints[0];
  if (o->kernel.given && o->kernel.count > 1) return o->kernel.count;
  return rank == 5 ? 3 : 2;
}

static int channel_axis(const operator_case *one) {
  return one->input.rank - one->axes - 1;
}

static int more_arrays(cli *c, operator_case *one) {
  one->axes = spatial_axes(&c->options, one->input.rank);
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
  if (!o->kernel.given) return cli_fail(e, CLI_USAGE, "max-unpool", "needs --kernel [[D,]H,]W");
  int axes = one->axes;
  if (axes < 1 || axes > 3) return cli_fail(e, CLI_USAGE, "max-unpool --axes", "%d is not 1, 2 or 3", axes);
  p.axes = axes;
  p.onnx = o->onnx.given;
  clup_tensor indices;
  int rc = operator_tensor(c, one, "max-unpool --indices", &one->indices, &indices);
  if (rc == CLI_OK) rc = option_axes(e, "max-unpool --kernel", &o->kernel, axes, p.kernel);
  if (rc == CLI_OK && o->stride.given) rc = option_axes(e, "max-unpool --stride", &o->stride, axes, p.stride);
  if (rc == CLI_OK) rc = option_padding(e, "max-unpool", &o->padding, &o->pads, axes, p.padding, p.padding_end);
  if (rc == CLI_OK && o->output_size.given) {
    rc = option_axes(e, "max-unpool --output-size", &o->output_size, axes, p.output_size);
  }
  if (rc != CLI_OK) return rc;
  return cli_status(e, "max-unpool", clup_max_unpool_problem(input, &indices, output, &p, problem));
}

static const cli_operator op = {
    .name = "max-unpool", .computes = computes, .channel_axis = channel_axis, .more_arrays = more_arrays, .make = make};

const cli_command command_max_unpool = {.name = "max-unpool",
                                        .arguments = "IN OUT",
                                        .summary =
                                            "each element to the place that its pooling index names, zeros elsewhere: "
                                            "torch.nn.MaxUnpool1d, 2d, 3d, ONNX MaxUnpool",
                                        .min_words = 2,
                                        .max_words = 2,
                                        .groups = {&group, &operator_group},
                                        .op = &op,
                                        .run = operator_command};

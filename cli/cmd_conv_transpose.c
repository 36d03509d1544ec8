#include <stdlib.h>
#include <string.h>

#include "operator.h"

static const char *const auto_pads[] = {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER", NULL}; /* as clup_auto_pad */

static const option_spec specs[] = {
    {"weight", 0, OPTION_TEXT, 1, 0, NULL, "W.npy", "weights, C_in x C_out/groups x kernel sizes", OPTION_AT(weight)},
    {"bias", 0, OPTION_TEXT, 1, 0, NULL, "B.npy", "bias, C_out", OPTION_AT(bias)},
    {"stride", 0, OPTION_INTS, 3, 1, NULL, "H,W", "(default 1)", OPTION_AT(stride)},
    {"padding", 0, OPTION_INTS, 3, 0, NULL, "H,W", "taken off both ends of each axis (default 0)", OPTION_AT(padding)},
    {"pads", 0, OPTION_INTS, 6, 0, NULL, "BEGIN...,END...", "the same, each end on its own", OPTION_AT(pads)},
    {"output-padding", 0, OPTION_INTS, 3, 0, NULL, "H,W", "added at the end of each axis (default 0)",
     OPTION_AT(output_padding)},
    {"dilation", 0, OPTION_INTS, 3, 1, NULL, "H,W", "(default 1)", OPTION_AT(dilation)},
    {"groups", 0, OPTION_INTS, 1, 1, NULL, "G", "(default 1)", OPTION_AT(groups)},
    {"output-size", 0, OPTION_INTS, 3, 1, NULL, "H,W", "in place of --output-padding", OPTION_AT(output_size)},
    {"auto-pad", 0, OPTION_CHOICE, 1, 0, auto_pads, "HOW", "ONNX's, in place of --padding; SAME_*: OUT is IN x stride",
     OPTION_AT(auto_pad)},
    {"output-shape", 0, OPTION_INTS, 3, 1, NULL, "H,W", "ONNX's, any size: the padding follows from it",
     OPTION_AT(output_shape)},
    {"activation", 0, OPTION_TEXT, 1, 0, NULL, "NAME",
     "of the result: none, relu, leaky-relu:A, prelu:SLOPES.npy, clamp:LO:HI, sigmoid, tanh (default none)",
     OPTION_AT(activation)},
};
static const option_group group = {"options of conv-transpose", specs, sizeof specs / sizeof specs[0]};

static int computes(const cli_options *o) {
  (void)o;
  return OPERATOR_COMPUTES_REALS;
}

/* The weights tell whether there is a batch. */
static int channel_axis(const operator_case *one) {
  return one->input.rank == one->weight.rank ? 1 : 0;
}

/* What follows "prelu:", or NULL for another activation. */
static const char *slope_file(const cli_options *o) {
  static const char prefix[] = "prelu:";
  const int found = o->activation.given && strncmp(o->activation.text, prefix, strlen(prefix)) == 0;
  return found ? o->activation.text + strlen(prefix) : NULL;
}

static int more_arrays(cli *c, operator_case *one) {
  const cli_options *o = &c->options;
  int rc = CLI_OK;
  if (o->weight.given && o->weight_shape.given) {
    return cli_fail(&c->error, CLI_USAGE, "conv-transpose", "takes --weight or --weight-shape, not both");
  }
  if (o->weight.given) {
    rc = operator_array(c, "conv-transpose --weight", o->weight.text, &one->weight);
  } else if (o->weight_shape.given) {
    one->weight.dtype = one->input.dtype;
    one->weight.rank = o->weight_shape.count;
    memcpy(one->weight.dims, o->weight_shape.ints, (size_t)o->weight_shape.count * sizeof(int64_t));
  } else {
    return cli_fail(&c->error, CLI_USAGE, "conv-transpose", "needs --weight W.npy");
  }
  if (rc == CLI_OK && o->bias.given) {
    rc = operator_array(c, "conv-transpose --bias", o->bias.text, &one->bias);
    one->has_bias = 1;
  }
  if (rc == CLI_OK && slope_file(o) != NULL) {
    rc = operator_array(c, "conv-transpose --activation", slope_file(o), &one->slope);
    if (rc == CLI_OK && one->slope.rank != 1) {
      return cli_fail(&c->error, CLI_USAGE, slope_file(o), "has rank %d, the slopes of prelu are one list",
                      one->slope.rank);
    }
  }
  return rc;
}

/* NAME, NAME:A, NAME:LO:HI or prelu:FILE. */
static int take_activation(cli *c, const operator_case *one, clup_conv_transpose_params *p) {
  static const struct {
    const char *name;
    clup_activation activation;
    int numbers;
  } known[] = {{"none", CLUP_ACTIVATION_NONE, 0}, {"relu", CLUP_RELU, 0},       {"leaky-relu", CLUP_LEAKY_RELU, 1},
               {"clamp", CLUP_CLAMP, 2},          {"sigmoid", CLUP_SIGMOID, 0}, {"tanh", CLUP_TANH, 0}};
  const char *text = c->options.activation.text;
  const size_t length = strcspn(text, ":");
  if (slope_file(&c->options) != NULL) {
    p->activation = CLUP_PRELU;
    p->slopes = one->slope.dims[0];
    return CLI_OK;
  }
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (strlen(known[i].name) != length || strncmp(text, known[i].name, length) != 0) continue;
    double numbers[2] = {0, 0};
    const char *rest = text + length;
    int count = 0;
    for (char *end = NULL; *rest == ':' && count < known[i].numbers; rest = end, count++) {
      numbers[count] = strtod(rest + 1, &end);
      if (end == rest + 1) break;
    }
    if (*rest != '\0' || count != known[i].numbers) {
      return cli_fail(&c->error, CLI_USAGE, "conv-transpose --activation",
                      "%s takes %d numbers, each behind a ':': '%s'", known[i].name, known[i].numbers, text);
    }
    p->activation = known[i].activation;
    p->alpha = numbers[0];
    p->beta = numbers[1];
    return CLI_OK;
  }
  return cli_fail(
      &c->error, CLI_USAGE, "conv-transpose --activation",
      "'%s' is not among what clup %s has: none, relu, leaky-relu:A, prelu:FILE, clamp:LO:HI, sigmoid, tanh", text,
      clup_version());
}

static int make(cli *c, const operator_case *one, const clup_tensor *input, const clup_tensor *output,
                clup_problem **problem) {
  const cli_options *o = &c->options;
  cli_error *e = &c->error;
  clup_conv_transpose_params p = CLUP_CONV_TRANSPOSE_PARAMS_INIT;
  int rc = CLI_OK;
  const int axes = one->weight.rank - 2; /* the input may lack the batch */
  if (axes < 1 || axes > 3) {
    return cli_fail(e, CLI_USAGE, "conv-transpose --weight", "has rank %d, C_in,C_out/groups,[[KD,]KH,]KW has 3 to 5",
                    one->weight.rank);
  }
  if (o->stride.given) rc = option_axes(e, "conv-transpose --stride", &o->stride, axes, p.stride);
  if (rc == CLI_OK) {
    rc = option_padding(e, "conv-transpose", &o->padding, &o->pads, axes, p.padding, p.padding_end);
  }
  if (rc == CLI_OK && o->activation.given) rc = take_activation(c, one, &p);
  if (rc == CLI_OK && o->output_padding.given) {
    rc = option_axes(e, "conv-transpose --output-padding", &o->output_padding, axes, p.output_padding);
  }
  if (rc == CLI_OK && o->dilation.given) {
    rc = option_axes(e, "conv-transpose --dilation", &o->dilation, axes, p.dilation);
  }
  if (rc == CLI_OK && o->output_size.given) {
    rc = option_axes(e, "conv-transpose --output-size", &o->output_size, axes, p.output_size);
  }
  if (rc == CLI_OK && o->output_shape.given) {
    rc = option_axes(e, "conv-transpose --output-shape", &o->output_shape, axes, p.output_shape);
  }
  if (rc != CLI_OK) return rc;
  if (o->auto_pad.given) p.auto_pad = (clup_auto_pad)o->auto_pad.ints[0];
  if (o->groups.given) p.groups = o->groups.ints[0];
  clup_tensor weight = clup_tensor_make(one->weight.dtype, one->weight.rank, one->weight.dims);
  clup_tensor bias = clup_tensor_make(one->bias.dtype, one->bias.rank, one->bias.dims);
  clup_status status = clup_conv_transpose_problem(input, &weight, one->has_bias ? &bias : NULL, output, &p, problem);
  return cli_status(e, "conv-transpose", status);
}

static const cli_operator op = {.name = "conv-transpose",
                                .computes = computes,
                                .channel_axis = channel_axis,
                                .more_arrays = more_arrays,
                                .make = make};

const cli_command command_conv_transpose = {
    .name = "conv-transpose",
    .arguments = "IN OUT",
    .summary = "transposed convolution, as torch.nn.ConvTranspose1d, 2d, 3d and ONNX ConvTranspose do",
    .details =
        "Arithmetic is in f32, of f64 in f64; other dtypes are rounded back. IN may lack the batch axis, OUT then "
        "does, too.\n"
        "An image's colours are weighted by its opacity when as many channels come out as go in.",
    .min_words = 2,
    .max_words = 2,
    .groups = {&group, &operator_group},
    .op = &op,
    .run = operator_command};

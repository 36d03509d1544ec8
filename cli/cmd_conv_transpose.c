#include <string.h>

#include "operator.h"

static const char *const activation_names[] = {"none", NULL};

static const option_spec specs[] = {
    {"weight", 0, OPTION_TEXT, 1, 0, NULL, "W.npy", "weights, C_in x C_out/groups x KH x KW", OPTION_AT(weight)},
    {"bias", 0, OPTION_TEXT, 1, 0, NULL, "B.npy", "bias, C_out", OPTION_AT(bias)},
    {"stride", 0, OPTION_INTS, 3, 1, NULL, "H,W", "(default 1)", OPTION_AT(stride)},
    {"padding", 0, OPTION_INTS, 3, 0, NULL, "H,W", "taken off both ends of each axis (default 0)", OPTION_AT(padding)},
    {"pads", 0, OPTION_INTS, 6, 0, NULL, "BEGIN...,END...", "the same, as ONNX writes it: both ends must be equal",
     OPTION_AT(pads)},
    {"output-padding", 0, OPTION_INTS, 3, 0, NULL, "H,W", "added at the end of each axis (default 0)",
     OPTION_AT(output_padding)},
    {"dilation", 0, OPTION_INTS, 3, 1, NULL, "H,W", "(default 1)", OPTION_AT(dilation)},
    {"groups", 0, OPTION_INTS, 1, 1, NULL, "G", "(default 1)", OPTION_AT(groups)},
    {"output-size", 0, OPTION_INTS, 3, 1, NULL, "H,W", "in place of --output-padding", OPTION_AT(output_size)},
    {"activation", 0, OPTION_CHOICE, 1, 0, activation_names, "NAME", "applied to the result", OPTION_AT(activation)},
};
static const option_group group = {"options of conv-transpose", specs, sizeof specs / sizeof specs[0]};

static int computes(const cli_options *o) {
  (void)o;
  return 1;
}

static int more_arrays(cli *c, operator_case *one) {
  const cli_options *o = &c->options;
  int rc = CLI_OK;
  if (o->weight.given && o->weight_shape.given) {
    return cli_fail(&c->error, CLI_USAGE, "conv-transpose", "takes --weight or --weight-shape, not both");
  }
  if (o->weight.given) {
    rc = operator_array(c, "conv-transpose --weight", &o->weight, one->input.dtype, &one->weight);
  } else if (o->weight_shape.given) {
    one->weight.dtype = one->input.dtype;
    one->weight.rank = o->weight_shape.count;
    memcpy(one->weight.dims, o->weight_shape.ints, (size_t)o->weight_shape.count * sizeof(int64_t));
  } else {
    return cli_fail(&c->error, CLI_USAGE, "conv-transpose", "needs --weight W.npy");
  }
  if (rc == CLI_OK && o->bias.given) {
    rc = operator_array(c, "conv-transpose --bias", &o->bias, one->input.dtype, &one->bias);
    one->has_bias = 1;
  }
  return rc;
}

/* begin...,end... of each axis, which must agree. */
static int take_pads(cli *c, int axes, int64_t *padding) {
  const option_value *pads = &c->options.pads;
  if (c->options.padding.given) {
    return cli_fail(&c->error, CLI_USAGE, "conv-transpose", "takes --padding or --pads, not both");
  }
  if (pads->count != 2 * axes) {
    return cli_fail(&c->error, CLI_USAGE, "conv-transpose --pads", "takes %d numbers, got %d: '%s'", 2 * axes,
                    pads->count, pads->text);
  }
  for (int i = 0; i < axes; i++) {
    if (pads->ints[i] != pads->ints[axes + i]) {
      return cli_fail(&c->error, CLI_USAGE, "conv-transpose --pads",
                      "clup %s has equal pads only; axis %d begins with %lld and ends with %lld", clup_version(), i,
                      (long long)pads->ints[i], (long long)pads->ints[axes + i]);
    }
    padding[i] = pads->ints[i];
  }
  return CLI_OK;
}

static int make(cli *c, const operator_case *one, const clup_tensor *input, const clup_tensor *output,
                clup_problem **problem) {
  const cli_options *o = &c->options;
  cli_error *e = &c->error;
  clup_conv_transpose_params p = CLUP_CONV_TRANSPOSE_PARAMS_INIT;
  int rc = CLI_OK;
  if (input->rank != 4) {
    char text[256];
    return cli_fail(e, CLI_USAGE, "conv-transpose", "clup %s takes N,C,H,W or C,H,W; the input is %s", clup_version(),
                    dims_text(input->rank, input->dims, text, sizeof text));
  }
  int axes = input->rank - 2;
  if (o->stride.given) rc = option_axes(e, "conv-transpose --stride", &o->stride, axes, p.stride);
  if (rc == CLI_OK && o->padding.given && !o->pads.given) {
    rc = option_axes(e, "conv-transpose --padding", &o->padding, axes, p.padding);
  }
  if (rc == CLI_OK && o->pads.given) rc = take_pads(c, axes, p.padding);
  if (rc == CLI_OK && o->output_padding.given) {
    rc = option_axes(e, "conv-transpose --output-padding", &o->output_padding, axes, p.output_padding);
  }
  if (rc == CLI_OK && o->dilation.given) {
    rc = option_axes(e, "conv-transpose --dilation", &o->dilation, axes, p.dilation);
  }
  if (rc == CLI_OK && o->output_size.given) {
    rc = option_axes(e, "conv-transpose --output-size", &o->output_size, axes, p.output_size);
  }
  if (rc != CLI_OK) return rc;
  if (o->groups.given) p.groups = o->groups.ints[0];
  clup_tensor weight = clup_tensor_make(one->weight.dtype, one->weight.rank, one->weight.dims);
  clup_tensor bias = clup_tensor_make(one->bias.dtype, one->bias.rank, one->bias.dims);
  clup_status status = clup_conv_transpose_problem(input, &weight, one->has_bias ? &bias : NULL, output, &p, problem);
  return cli_status(e, "conv-transpose", status);
}

static const cli_operator op = {
    .name = "conv-transpose", .adds_batch = 1, .computes = computes, .more_arrays = more_arrays, .make = make};

const cli_command command_conv_transpose = {
    .name = "conv-transpose",
    .arguments = "IN OUT",
    .summary = "transposed convolution, as torch.nn.ConvTranspose2d does",
    .details =
        "Arithmetic is in f32; other dtypes are rounded back. IN may lack the batch axis, OUT then does, too.\n"
        "An image's colours are weighted by its opacity when as many channels come out as go in.",
    .min_words = 2,
    .max_words = 2,
    .groups = {&group, &operator_group},
    .op = &op,
    .run = operator_command};

#include "operator.h"

static const option_spec specs[] = {
    {"output-size", 0, OPTION_INTS, 3, 1, NULL, "H,W", "of each plane", OPTION_AT(output_size)},
    {"kernel", 0, OPTION_INTS, 3, 1, NULL, "H,W", "the size of a block", OPTION_AT(kernel)},
    {"dilation", 0, OPTION_INTS, 3, 1, NULL, "H,W", "(default 1)", OPTION_AT(dilation)},
    {"padding", 0, OPTION_INTS, 3, 0, NULL, "H,W", "taken off both ends of each axis (default 0)", OPTION_AT(padding)},
    {"pads", 0, OPTION_INTS, 6, 0, NULL, "BEGIN...,END...", "the same, each end on its own", OPTION_AT(pads)},
    {"stride", 0, OPTION_INTS, 3, 1, NULL, "H,W", "from block to block (default 1)", OPTION_AT(stride)},
    {"axes", 0, OPTION_INTS, 1, 1, NULL, "1..3", "of a plane (default: as the longest list above has, at least 2)",
     OPTION_AT(axes)},
};
static const option_group group = {"options of fold", specs, sizeof specs / sizeof specs[0]};

static int computes(const cli_options *o) {
  (void)o;
  return OPERATOR_COMPUTES_REALS;
}

/* N,C*kernel,blocks, or without N. */
static int channel_axis(const operator_case *one) {
  return one->input.rank - 2;
}

static int axes_of(const cli_options *o) {
  const option_value *const lists[] = {&o->output_size, &o->kernel, &o->dilation, &o->padding, &o->stride};
  int axes = o->pads.count / 2 > 2 ? o->pads.count / 2 : 2;
  for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
    if (lists[i]->count > axes) axes = lists[i]->count;
  }
  return o->axes.given ? (int)o->axes.ints[0] : axes;
}

static int make(cli *c, const operator_case *one, const clup_tensor *input, const clup_tensor *output,
                clup_problem **problem) {
  const cli_options *o = &c->options;
  cli_error *e = &c->error;
  clup_fold_params p = CLUP_FOLD_PARAMS_INIT;
  (void)one;
  if (!o->output_size.given || !o->kernel.given) {
    return cli_fail(e, CLI_USAGE, "fold", "needs --output-size H,W and --kernel H,W");
  }
  if (o->axes.given && o->axes.ints[0] > 3) {
    return cli_fail(e, CLI_USAGE, "fold --axes", "%lld is above 3", (long long)o->axes.ints[0]);
  }
  p.axes = axes_of(o);
  int rc = option_axes(e, "fold --output-size", &o->output_size, p.axes, p.output_size);
  if (rc == CLI_OK) rc = option_axes(e, "fold --kernel", &o->kernel, p.axes, p.kernel);
  if (rc == CLI_OK && o->dilation.given) rc = option_axes(e, "fold --dilation", &o->dilation, p.axes, p.dilation);
  if (rc == CLI_OK) rc = option_padding(e, "fold", &o->padding, &o->pads, p.axes, p.padding, p.padding_end);
  if (rc == CLI_OK && o->stride.given) rc = option_axes(e, "fold --stride", &o->stride, p.axes, p.stride);
  if (rc != CLI_OK) return rc;
  return cli_status(e, "fold", clup_fold_problem(input, output, &p, problem));
}

static const cli_operator op = {.name = "fold", .computes = computes, .channel_axis = channel_axis, .make = make};

const cli_command command_fold = {
    .name = "fold",
    .arguments = "IN OUT",
    .summary = "blocks to planes, summed where they overlap, as torch.nn.Fold does: N, C*H*W, BLOCKS to N, C, H, W",
    .details = "ONNX Col2Im's over one and three axes, too. IN may lack the batch axis, OUT then does, too.",
    .min_words = 2,
    .max_words = 2,
    .groups = {&group, &operator_group},
    .op = &op,
    .run = operator_command};

#include "operator.h"

static const option_spec specs[] = {
    {"factor", 0, OPTION_INTS, 1, 1, NULL, "R", "of height and width", OPTION_AT(factor)},
};
static const option_group group = {"options of pixel-unshuffle", specs, sizeof specs / sizeof specs[0]};

static int computes(const cli_options *o) {
  (void)o;
  return 0;
}

static int make(cli *c, const operator_case *one, const clup_tensor *input, const clup_tensor *output,
                clup_problem **problem) {
  (void)one;
  if (!c->options.factor.given) return cli_fail(&c->error, CLI_USAGE, "pixel-unshuffle", "needs --factor R");
  int64_t factor = c->options.factor.ints[0];
  clup_status status = clup_pixel_unshuffle_problem(input, output, factor, problem);
  return cli_status(&c->error, "pixel-unshuffle", status);
}

static const cli_operator op = {.name = "pixel-unshuffle", .computes = computes, .make = make};

const cli_command command_pixel_unshuffle = {
    .name = "pixel-unshuffle",
    .arguments = "IN OUT",
    .summary = "pixels to channels, as torch.nn.PixelUnshuffle does: ..., C, H*R, W*R to ..., C*R*R, H, W",
    .min_words = 2,
    .max_words = 2,
    .groups = {&group, &operator_group},
    .op = &op,
    .run = operator_command};

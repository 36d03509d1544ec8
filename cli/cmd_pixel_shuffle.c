/* pixel-shuffle and its inverse, which differ in the library's function alone. */
#include "operator.h"

static const option_spec specs[] = {
    {"factor", 0, OPTION_INTS, 1, 1, NULL, "R", "of height and width", OPTION_AT(factor)},
};
static const option_group shuffle_group = {"options of pixel-shuffle", specs, sizeof specs / sizeof specs[0]};
static const option_group unshuffle_group = {"options of pixel-unshuffle", specs, sizeof specs / sizeof specs[0]};

static int computes(const cli_options *o) {
  (void)o;
  return OPERATOR_MOVES;
}

typedef clup_status (*problem_fn)(const clup_tensor *, const clup_tensor *, int64_t, clup_problem **);

static int make(cli *c, const char *name, problem_fn make_problem, const clup_tensor *input, const clup_tensor *output,
                clup_problem **problem) {
  if (!c->options.factor.given) return cli_fail(&c->error, CLI_USAGE, name, "needs --factor R");
  return cli_status(&c->error, name, make_problem(input, output, c->options.factor.ints[0], problem));
}

static int make_shuffle(cli *c, const operator_case *one, const clup_tensor *input, const clup_tensor *output,
                        clup_problem **problem) {
  (void)one;
  return make(c, "pixel-shuffle", clup_pixel_shuffle_problem, input, output, problem);
}

static int make_unshuffle(cli *c, const operator_case *one, const clup_tensor *input, const clup_tensor *output,
                          clup_problem **problem) {
  (void)one;
  return make(c, "pixel-unshuffle", clup_pixel_unshuffle_problem, input, output, problem);
}

static const cli_operator shuffle_op = {.name = "pixel-shuffle", .computes = computes, .make = make_shuffle};
static const cli_operator unshuffle_op = {.name = "pixel-unshuffle", .computes = computes, .make = make_unshuffle};

const cli_command command_pixel_shuffle = {
    .name = "pixel-shuffle",
    .arguments = "IN OUT",
    .summary = "channels to pixels, as torch.nn.PixelShuffle does: ..., C*R*R, H, W to ..., C, H*R, W*R",
    .min_words = 2,
    .max_words = 2,
    .groups = {&shuffle_group, &operator_group},
    .op = &shuffle_op,
    .run = operator_command};

const cli_command command_pixel_unshuffle = {
    .name = "pixel-unshuffle",
    .arguments = "IN OUT",
    .summary = "pixels to channels, as torch.nn.PixelUnshuffle does: ..., C, H*R, W*R to ..., C*R*R, H, W",
    .min_words = 2,
    .max_words = 2,
    .groups = {&unshuffle_group, &operator_group},
    .op = &unshuffle_op,
    .run = operator_command};

/* depth-to-space, space-to-depth and channel-shuffle. */
#include "operator.h"

static const char *const mode_names[] = {"DCR", "CRD", NULL};
static const clup_depth_mode modes[] = {CLUP_DCR, CLUP_CRD};

static const option_spec block_specs[] = {
    {"blocksize", 0, OPTION_INTS, 1, 1, NULL, "B", "of height and width", OPTION_AT(blocksize)},
    {"mode", 0, OPTION_CHOICE, 1, 0, mode_names, "MODE",
     "the channels of a block: DCR, all channels of its first element first; CRD, as pixel-shuffle has them (default "
     "DCR)",
     OPTION_AT(mode)},
};
static const option_spec shuffle_specs[] = {
    {"groups", 0, OPTION_INTS, 1, 1, NULL, "G", "into which the channels are divided", OPTION_AT(groups)},
};
static const option_group to_space_group = {"options of depth-to-space", block_specs,
                                            sizeof block_specs / sizeof block_specs[0]};
static const option_group to_depth_group = {"options of space-to-depth", block_specs,
                                            sizeof block_specs / sizeof block_specs[0]};
static const option_group shuffle_group = {"options of channel-shuffle", shuffle_specs,
                                           sizeof shuffle_specs / sizeof shuffle_specs[0]};

static int computes(const cli_options *o) {
  (void)o;
  return OPERATOR_MOVES;
}

typedef clup_status (*problem_fn)(const clup_tensor *, const clup_tensor *, int64_t, clup_depth_mode, clup_problem **);

static int make(cli *c, problem_fn make_problem, const clup_tensor *input, const clup_tensor *output,
                clup_problem **problem) {
  const cli_options *o = &c->options;
  if (!o->blocksize.given) return cli_fail(&c->error, CLI_USAGE, c->op->name, "needs --blocksize B");
  const clup_depth_mode mode = o->mode.given ? modes[o->mode.ints[0]] : CLUP_DCR;
  return cli_status(&c->error, c->op->name, make_problem(input, output, o->blocksize.ints[0], mode, problem));
}

static int make_to_space(cli *c, const operator_case *one, const clup_tensor *input, const clup_tensor *output,
                         clup_problem **problem) {
  (void)one;
  return make(c, clup_depth_to_space_problem, input, output, problem);
}

static int make_to_depth(cli *c, const operator_case *one, const clup_tensor *input, const clup_tensor *output,
                         clup_problem **problem) {
  (void)one;
  return make(c, clup_space_to_depth_problem, input, output, problem);
}

static int make_shuffle(cli *c, const operator_case *one, const clup_tensor *input, const clup_tensor *output,
                        clup_problem **problem) {
  (void)one;
  if (!c->options.groups.given) return cli_fail(&c->error, CLI_USAGE, c->op->name, "needs --groups G");
  return cli_status(&c->error, c->op->name,
                    clup_channel_shuffle_problem(input, output, c->options.groups.ints[0], problem));
}

static const cli_operator to_space_op = {
    .name = "depth-to-space", .adds_batch = 1, .computes = computes, .make = make_to_space};
static const cli_operator to_depth_op = {
    .name = "space-to-depth", .adds_batch = 1, .computes = computes, .make = make_to_depth};
static const cli_operator shuffle_op = {
    .name = "channel-shuffle", .computes = computes, .channel_axis = operator_batched, .make = make_shuffle};

const cli_command command_depth_to_space = {
    .name = "depth-to-space",
    .arguments = "IN OUT",
    .summary = "channels to pixels, as ONNX DepthToSpace does: N, C*B*B, H, W to N, C, H*B, W*B",
    .min_words = 2,
    .max_words = 2,
    .groups = {&to_space_group, &operator_group},
    .op = &to_space_op,
    .run = operator_command};

const cli_command command_space_to_depth = {
    .name = "space-to-depth",
    .arguments = "IN OUT",
    .summary = "pixels to channels, as ONNX SpaceToDepth does: N, C, H*B, W*B to N, C*B*B, H, W",
    .min_words = 2,
    .max_words = 2,
    .groups = {&to_depth_group, &operator_group},
    .op = &to_depth_op,
    .run = operator_command};

const cli_command command_channel_shuffle = {
    .name = "channel-shuffle",
    .arguments = "IN OUT",
    .summary = "the channels of G groups in turn, as torch.nn.ChannelShuffle does: N, C, ... to the same shape",
    .min_words = 2,
    .max_words = 2,
    .groups = {&shuffle_group, &operator_group},
    .op = &shuffle_op,
    .run = operator_command};

#include "cli.h"

#include <errno.h>
#include <string.h>

/* Every command; a new one is one row here and one file. */
static const cli_command *const commands[] = {
    &command_devices,         &command_upsample,        &command_resize,         &command_conv_transpose,
    &command_pixel_shuffle,   &command_pixel_unshuffle, &command_depth_to_space, &command_space_to_depth,
    &command_channel_shuffle, &command_max_unpool,      &command_fold,           &command_algos,
    &command_batch,           &command_bench,           &command_tune,           &command_selftest};
enum { NUM_COMMANDS = sizeof commands / sizeof commands[0] };

static const option_spec global_specs[] = {
    {"device", 0, OPTION_TEXT, 1, 0, NULL, "SPEC", "P:D as `clup devices` numbers them, gpu, cpu, or part of a name",
     OPTION_AT(device)},
    {"json", 0, OPTION_FLAG, 0, 0, NULL, NULL, "machine-readable result on stdout", OPTION_AT(json)},
    {"quiet", 'q', OPTION_FLAG, 0, 0, NULL, NULL, "no progress, no remarks", OPTION_AT(quiet)},
    {"verbose", 'v', OPTION_FLAG, 0, 0, NULL, NULL, "say what was done", OPTION_AT(verbose)},
    {"help", 'h', OPTION_FLAG, 0, 0, NULL, NULL, "this text", OPTION_AT(help)},
    {"version", 0, OPTION_FLAG, 0, 0, NULL, NULL, "the version", OPTION_AT(version)},
};
static const option_group global_group = {"global options (before or after the command)", global_specs,
                                          sizeof global_specs / sizeof global_specs[0]};

static const cli_command *find_command(const char *name) {
  for (size_t i = 0; i < NUM_COMMANDS; i++) {
    if (strcmp(commands[i]->name, name) == 0) return commands[i];
  }
  return NULL;
}

static void program_help(FILE *out) {
  static const option_group *const groups[] = {&global_group, NULL};
  fprintf(out,
          "usage: clup [GLOBAL OPTIONS] COMMAND [OPTIONS] [IN OUT]\n\nupsampling operators on OpenCL devices\n\n"
          "commands:\n");
  for (size_t i = 0; i < NUM_COMMANDS; i++) fprintf(out, "  %-16s  %s\n", commands[i]->name, commands[i]->summary);
  options_help(out, groups);
  fprintf(out,
          "\nFiles by extension: .npy .png .jpg .jpeg .pnm .ppm .pgm; '-' is stdin or stdout, then with --format.\n"
          "Exit codes: 0 done; 1 failed at run time; 2 wrong usage, or shapes that do not fit; 3 no usable OpenCL "
          "device;\n4 an input file is missing or malformed.\n`clup COMMAND --help` tells more.\n");
}

static void command_help(FILE *out, const cli_command *command, const option_group *const *groups) {
  fprintf(out, "usage: clup %s [OPTIONS]%s%s\n\n%s\n", command->name, command->arguments[0] != 0 ? " " : "",
          command->arguments, command->summary);
  if (command->details != NULL) fprintf(out, "%s\n", command->details);
  options_help(out, groups);
}

static int unknown_command(cli *c, const char *name) {
  char list[256] = "";
  for (size_t i = 0; i < NUM_COMMANDS; i++) {
    size_t used = strlen(list);
    snprintf(list + used, sizeof list - used, "%s%s", i == 0 ? "" : ", ", commands[i]->name);
  }
  return cli_fail(&c->error, CLI_USAGE, name, "is not a command of clup %s: %s", clup_version(), list);
}

enum {
  COMMAND_GROUPS = sizeof((cli_command *)0)->groups / sizeof(option_group *),
  MAX_GROUPS = 2 * COMMAND_GROUPS + 2
};

static void add_groups(const cli_command *command, const option_group **groups) {
  for (size_t i = 0; i < COMMAND_GROUPS && command->groups[i] != NULL; i++) {
    size_t at = 0;
    while (groups[at] != NULL && groups[at] != command->groups[i]) at++;
    groups[at] = command->groups[i];
  }
}

/* The command's, those of the operator that it is given, each once, and the global group; ends with NULL. */
static void gather_groups(const cli_command *command, const cli_command *of_operator, const option_group **groups) {
  memset(groups, 0, MAX_GROUPS * sizeof *groups);
  add_groups(command, groups);
  if (of_operator != NULL) add_groups(of_operator, groups);
  size_t used = 0;
  while (groups[used] != NULL) used++;
  groups[used] = &global_group;
}

/* The name of an operator command at the front of the words, for algos, bench and tune. */
static int take_operator(cli *c, const cli_command *command, option_words *words, const cli_command **of_operator) {
  if (words->argc == 0) {
    if (command->names_operator == MAY_NAME_OPERATOR) return CLI_OK;
    return cli_fail(&c->error, CLI_USAGE, command->name, "needs an operator command, as: clup %s upsample ...",
                    command->name);
  }
  *of_operator = find_command(words->argv[0]);
  if (*of_operator == NULL || (*of_operator)->op == NULL) {
    return cli_fail(&c->error, CLI_USAGE, command->name, "'%s' is not an operator command", words->argv[0]);
  }
  words->argc--;
  words->argv++;
  return CLI_OK;
}

static int run_command(cli *c, const cli_command *command, option_words *words) {
  const option_group *groups[MAX_GROUPS];
  const cli_command *of_operator = NULL;
  words->max_words = command->max_words;
  gather_groups(command, NULL, groups);
  if (command->names_operator != NO_OPERATOR) {
    words->stop_at_word = 1;
    int rc = options_parse(&c->error, command->name, groups, &c->options, words);
    if (rc == CLI_OK && !c->options.help.given) rc = take_operator(c, command, words, &of_operator);
    if (rc != CLI_OK) return rc;
    words->stop_at_word = 0;
    if (of_operator != NULL) gather_groups(command, of_operator, groups);
  }
  if (!c->options.help.given) {
    int rc = options_parse(&c->error, command->name, groups, &c->options, words);
    if (rc != CLI_OK) return rc;
  }
  if (c->options.help.given) {
    command_help(c->out, command, groups);
    return CLI_OK;
  }
  if (c->options.version.given) {
    fprintf(c->out, "clup %s\n", clup_version());
    return CLI_OK;
  }
  if (words->num_words < command->min_words) {
    return cli_fail(&c->error, CLI_USAGE, command->name, "needs %s, got %d argument(s)", command->arguments,
                    words->num_words);
  }
  if (c->options.device.given) {
    if (c->in_batch) return cli_fail(&c->error, CLI_USAGE, command->name, "--device is for the batch, not for a line");
    c->device = c->options.device.text;
  }
  memcpy(c->words, words->words, sizeof c->words);
  c->num_words = words->num_words;
  c->op = of_operator != NULL ? of_operator->op : command->op;
  return command->run(c);
}

int cli_run(cli *c, int argc, char **argv) {
  static const option_group *const groups[] = {&global_group, NULL};
  option_words words = {.argc = argc, .argv = argv, .stop_at_word = 1};
  int rc = options_parse(&c->error, "clup", groups, &c->options, &words);
  if (rc != CLI_OK) return rc;
  if (c->options.version.given) {
    fprintf(c->out, "clup %s\n", clup_version());
    return CLI_OK;
  }
  if (c->options.help.given) {
    program_help(c->out);
    return CLI_OK;
  }
  if (words.argc == 0) return cli_fail(&c->error, CLI_USAGE, "command", "none given; clup --help lists them");
  const cli_command *command = find_command(words.argv[0]);
  if (command == NULL) return unknown_command(c, words.argv[0]);
  words.argc--;
  words.argv++;
  words.stop_at_word = 0;
  return run_command(c, command, &words);
}

int clup_main(int argc, char **argv) {
  cli c = {.out = stdout};
  int rc = cli_run(&c, argc - 1, argv + 1);
  clup_host_release(c.host);
  /* A full disk or a closed pipe behind stdout shows here at the latest. */
  if (fflush(stdout) != 0 || ferror(stdout)) {
    int failed = cli_fail(&c.error, CLI_FAILED, "standard output", "cannot be written: %s", strerror(errno));
    if (rc == CLI_OK) rc = failed;
  }
  if (rc != CLI_OK) fprintf(stderr, "clup: %s\n", c.error.text);
  return rc;
}

int cli_host(cli *c, clup_host **host) {
  if (c->host == NULL) {
    int rc = cli_status(&c->error, "device", clup_host_create(c->device, NULL, &c->host));
    if (rc != CLI_OK) return rc;
  }
  *host = c->host;
  return CLI_OK;
}

cl_device_id cli_device(clup_host *host) {
  cl_device_id device = NULL;
  clGetCommandQueueInfo(clup_host_queue(host), CL_QUEUE_DEVICE, sizeof device, &device, NULL);
  return device;
}

void cli_device_text(cl_device_id device, cl_device_info what, char *text, size_t size) {
  memset(text, 0, size);
  if (clGetDeviceInfo(device, what, size - 1, text, NULL) != CL_SUCCESS) snprintf(text, size, "?");
}

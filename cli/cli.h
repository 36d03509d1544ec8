/* The program: its commands, and what one run of a command carries with it. */
#ifndef CLUP_CLI_CLI_H
#define CLUP_CLI_CLI_H

#include <clup/clup.h>
#include <stdio.h>

#include "cli_error.h"
#include "options.h"

typedef struct cli_operator cli_operator;
typedef struct cli_command cli_command;

typedef struct cli {
  FILE *out;            /* results */
  cli_options options;  /* global ones and the command's */
  const char *words[4]; /* the command's arguments that are no options */
  int num_words;
  const cli_operator *op; /* of an operator command, and of those that take one */
  clup_host *host;        /* made by cli_host() at first use, kept for the lines of a batch */
  const char *device;     /* what --device says; NULL: the environment's choice, or clup's */
  int in_batch;
  cli_error error;
} cli;

struct cli_command {
  const char *name;
  const char *arguments; /* as the usage line shows them */
  const char *summary;
  const char *details; /* for --help; may be NULL */
  int min_words, max_words;
  const option_group *groups[4];                                          /* NULL past the last */
  const cli_operator *op;                                                 /* the operator that it runs */
  enum { NO_OPERATOR, MAY_NAME_OPERATOR, NAMES_OPERATOR } names_operator; /* it takes another command's name first */
  int (*run)(cli *c);
};

extern const cli_command command_devices, command_upsample, command_resize, command_conv_transpose,
    command_pixel_shuffle, command_pixel_unshuffle, command_depth_to_space, command_space_to_depth,
    command_channel_shuffle, command_max_unpool, command_fold, command_algos, command_batch, command_bench,
    command_tune, command_selftest;

/* The whole program but for the process: returns the exit code. */
int clup_main(int argc, char **argv);

/* Runs one command line (without the program's name); errors are left in c->error. */
int cli_run(cli *c, int argc, char **argv);

/* The device that --device names, made ready at the first call. */
int cli_host(cli *c, clup_host **host);
/* The host's device, its name, and its driver's version. */
cl_device_id cli_device(clup_host *host);
void cli_device_text(cl_device_id device, cl_device_info what, char *text, size_t size);

#endif

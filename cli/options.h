/* The program's options: one table feeds the parser and the help. */
#ifndef CLUP_CLI_OPTIONS_H
#define CLUP_CLI_OPTIONS_H

#include <stdint.h>
#include <stdio.h>

#include "cli_error.h"

#define OPTION_MAX_VALUES 16 /* a start and an end for each axis */

typedef struct option_value {
  int given;
  int count;                       /* of a list */
  int64_t ints[OPTION_MAX_VALUES]; /* of an OPTION_INTS; of an OPTION_CHOICE, [0] is the choice's index */
  double reals[OPTION_MAX_VALUES];
  const char *text; /* as written; borrowed from argv */
} option_value;

/* Every option of every command: a command's groups say which it takes. */
typedef struct cli_options {
  option_value device, json, quiet, verbose, help, version;
  option_value dtype, layout, algo, format;
  option_value shape, weight_shape;
  option_value size, scale, mode, align_corners, antialias, recompute_scale_factor;
  option_value sizes, scales, coordinate_mode, nearest_mode, cubic_coeff_a, exclude_outside, extrapolation_value, roi,
      keep_aspect_ratio_policy;
  option_value weight, bias, stride, padding, pads, output_padding, dilation, groups, output_size, output_shape,
      auto_pad, activation;
  option_value factor, blocksize, indices, kernel, axes, onnx;
  option_value suite, plot, quick, all;
} cli_options;

typedef enum option_kind { OPTION_FLAG, OPTION_INTS, OPTION_REALS, OPTION_TEXT, OPTION_CHOICE } option_kind;

typedef struct option_spec {
  const char *name; /* without the dashes */
  char letter;      /* short form, 0 for none */
  option_kind kind;
  int max_values;             /* of a list */
  int64_t minimum;            /* the least integer; a real number must be above it */
  const char *const *choices; /* NULL-ended, for OPTION_CHOICE */
  const char *value;          /* how the help names the value */
  const char *help;
  size_t offset; /* of the option_value in cli_options */
} option_spec;

#define OPTION_AT(member) offsetof(cli_options, member)

typedef struct option_group {
  const char *title;
  const option_spec *specs;
  size_t count;
} option_group;

typedef struct option_words {
  int argc; /* in: the words; out: what is left when the parse stopped early */
  char **argv;
  int stop_at_word; /* in: stop at the first word that is no option, and leave it */
  int max_words;    /* in: how many words that are no options may come */
  int num_words;
  const char *words[4];
} option_words;

/* Parses against all groups (an array ended by NULL). --help ends the parse at once, with options->help.given set.
 * `command` names the command in messages. */
int options_parse(cli_error *error, const char *command, const option_group *const *groups, cli_options *options,
                  option_words *words);
void options_help(FILE *out, const option_group *const *groups);

/* One value for all axes, or one each: fills axes[0..count-1] of an option that was given. */
int option_axes(cli_error *error, const char *name, const option_value *value, int count, int64_t *axes);
/* --padding, as option_axes(), or in its place --pads, begin...,end... of each axis; what is not given is left. */
int option_padding(cli_error *error, const char *command, const option_value *padding, const option_value *pads,
                   int count, int64_t *begin, int64_t *end);
int option_axes_real(cli_error *error, const char *name, const option_value *value, int count, double *axes);

#endif

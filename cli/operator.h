/* From options and files, or bare shapes, to a problem: one way for the operator commands, for algos and for bench. */
#ifndef CLUP_CLI_OPERATOR_H
#define CLUP_CLI_OPERATOR_H

#include "array.h"
#include "cli.h"

/* One operator's arrays and problem. Arrays that came as bare shapes have no data. */
typedef struct operator_case {
  cli_array input, weight, bias, indices;
  int has_bias;
  int channels_last; /* --layout nhwc: all arrays lie so */
  int batch_added;   /* N = 1 in front of a 3-D input, to be taken off the output */
  clup_dtype result; /* dtype of the output file; the problem may compute in another */
  clup_problem *problem;
} operator_case;

struct cli_operator {
  const char *name;
  int adds_batch; /* takes a 3-D array as one sample of a batch */
  /* Whether it does arithmetic on the elements, so that only some dtypes fit, and alpha counts. */
  int (*computes)(const cli_options *options);
  /* Reads the arrays beside the input; may be NULL. */
  int (*more_arrays)(cli *c, operator_case *one);
  /* Makes the problem of these tensors; output may be NULL. */
  int (*make)(cli *c, const operator_case *one, const clup_tensor *input, const clup_tensor *output,
              clup_problem **problem);
};

extern const option_group operator_group; /* --dtype, --layout, --algo, --format */
extern const option_group shape_group;    /* --shape, --weight-shape */

/* `path`: the input; NULL: the input's shape is --shape. */
int operator_prepare(cli *c, const char *path, operator_case *out);
void operator_release(operator_case *one);

/* The tensor of an array that lies as the case's layout says. */
int operator_tensor(cli *c, const operator_case *one, const char *what, const cli_array *array, clup_tensor *tensor);
/* An array from a .npy file (--weight W.npy), in `wanted` dtype (0: its own): exact, unless --dtype allows rounding. */
int operator_array(cli *c, const char *option, const option_value *path, clup_dtype wanted, cli_array *out);

/* The run of an operator command: IN, OUT. */
int operator_command(cli *c);

/* The solver that a plan takes: --algo, or the chosen one. */
int operator_chosen_algo(cli *c, clup_host *host, const clup_problem *problem, char *name, size_t size);
/* The problem's line of text; the caller frees it. NULL with a message when there is no memory. */
char *operator_text(cli *c, const clup_problem *problem);

#endif

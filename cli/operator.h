/* From options and files, or bare shapes, to a problem: one way for the operator commands, for algos and for bench. */
#ifndef CLUP_CLI_OPERATOR_H
#define CLUP_CLI_OPERATOR_H

#include "array.h"
#include "cli.h"

/* One operator's arrays and problem. Arrays that came as bare shapes have no data. */
typedef struct operator_case {
  cli_array input, weight, bias, slope, indices;
  int has_bias;
  int channels_last; /* --layout nhwc: input, indices and output lie so */
  int channel_axis;  /* with channels_last: the axes in front of the channels, in C,H,W order */
  int axes;          /* of max-unpool: how many are spatial */
  int batch_added;   /* N = 1 in front of a 3-D input, to be taken off the output */
  clup_dtype result; /* dtype of the output file; the problem may compute in another */
  clup_problem *problem;
} operator_case;

/* What an operator does with elements, and so which dtypes the library takes; others go by f32 and are rounded back
 * where f32 holds them exactly, and are refused where it does not. */
enum {
  OPERATOR_MOVES = 0,       /* any dtype, bits unchanged */
  OPERATOR_COMPUTES_REALS,  /* f32, f16, bf16, f64 */
  OPERATOR_COMPUTES_NUMBERS /* those, u8, i8, u16, i16 */
};

struct cli_operator {
  const char *name;
  int adds_batch; /* takes a 3-D array as one sample of a batch */
  /* One of the above. Alpha counts where it is not OPERATOR_MOVES. */
  int (*computes)(const cli_options *options);
  /* Axes in front of the input's channels in C,H,W order, for --layout nhwc; NULL: all but the last three. */
  int (*channel_axis)(const operator_case *one);
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

/* Whether --layout is nhwc. */
int operator_is_nhwc(const cli *c);
/* Gives a tensor in C,H,W order the strides of channels that are the fastest in memory. */
void operator_channels_last(clup_tensor *tensor, int channel_axis);
/* For channel_axis: of operators that always have a batch. */
int operator_batched(const operator_case *one);
/* The tensor of the input, or of an array of its shape, that lies as the case's layout says. */
int operator_tensor(cli *c, const operator_case *one, const char *what, const cli_array *array, clup_tensor *tensor);
/* An array from a .npy file (--weight W.npy), in its own dtype. Weights, bias and slope are brought to one that goes
 * with the input's afterwards: exactly, unless --dtype allows rounding. */
int operator_array(cli *c, const char *option, const char *path, cli_array *out);

/* The run of an operator command: IN, OUT. */
int operator_command(cli *c);

/* The solver that a plan takes: --algo, or the chosen one. */
int operator_chosen_algo(cli *c, clup_host *host, const clup_problem *problem, char *name, size_t size);
/* The problem's line of text; the caller frees it. NULL with a message when there is no memory. */
char *operator_text(cli *c, const clup_problem *problem);

#endif

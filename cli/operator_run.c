/* The run of an operator command, from IN to OUT. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array_file.h"
#include "image.h"
#include "json.h"
#include "operator.h"
#include "progress.h"

/* The output as an array: its dims in the order in which they lie in the file. */
static int describe_output(cli *c, const operator_case *one, cli_array *output) {
  clup_tensor tensor;
  int rc = cli_status(&c->error, c->op->name, clup_problem_tensor(one->problem, CLUP_ROLE_OUTPUT, &tensor));
  if (rc != CLI_OK) return rc;
  memset(output, 0, sizeof *output);
  output->dtype = tensor.dtype;
  output->rank = tensor.rank;
  output->image = one->input.image;
  memcpy(output->dims, tensor.dims, sizeof output->dims);
  if (one->channels_last) {
    int64_t *channels = output->dims + one->channel_axis, count = *channels;
    int spatial = output->rank - 1 - one->channel_axis;
    memmove(channels, channels + 1, (size_t)spatial * sizeof(int64_t));
    channels[spatial] = count;
  }
  return CLI_OK;
}

/* Opacity takes part in arithmetic over whole pixels: when the channels that come out are those that went in. */
static int alpha_counts(cli *c, const operator_case *one, const cli_array *output) {
  return one->input.alpha && c->op->computes(&c->options) && output->rank == 4 && output->dims[1] == one->input.dims[1];
}

static int compute(cli *c, operator_case *one, cli_array *output, double *ms) {
  clup_host *host;
  int rc = cli_host(c, &host);
  if (rc == CLI_OK) rc = array_allocate(&c->error, c->op->name, output);
  if (rc != CLI_OK) return rc;
  int premultiplied = alpha_counts(c, one, output);
  if (premultiplied) image_premultiply(&one->input, one->input.image);
  clup_arrays arrays = {.input = one->input.data,
                        .weight = one->weight.data,
                        .bias = one->bias.data,
                        .slope = one->slope.data,
                        .indices = one->indices.data,
                        .output = output->data};
  const char *algo = c->options.algo.given ? c->options.algo.text : NULL;
  rc = cli_status(&c->error, c->op->name, clup_host_run(host, one->problem, algo, &arrays, ms));
  if (rc != CLI_OK) return rc;
  if (premultiplied) image_unpremultiply(output, one->input.image);
  rc = array_convert(&c->error, c->op->name, output, one->result);
  if (one->batch_added && output->rank == 4) {
    memmove(output->dims, output->dims + 1, 3 * sizeof(int64_t));
    output->rank = 3;
  }
  return rc;
}

static int report(cli *c, const operator_case *one, const cli_array *output, double ms) {
  int rc = CLI_OK;
  char algo[64], device[256];
  if (!c->options.json.given && !c->options.verbose.given) return CLI_OK;
  char *problem = operator_text(c, one->problem);
  if (problem == NULL) return CLI_FAILED;
  rc = operator_chosen_algo(c, c->host, one->problem, algo, sizeof algo);
  if (rc == CLI_OK) {
    /* As the files have them. */
    int in_rank = one->input.rank - one->batch_added;
    const int64_t *in_dims = one->input.dims + one->batch_added;
    cli_device_text(cli_device(c->host), CL_DEVICE_NAME, device, sizeof device);
    if (c->options.json.given) {
      json j = {c->out, 0};
      json_open(&j, NULL, '{');
      json_string(&j, "op", clup_op_name(clup_problem_op(one->problem)));
      json_string(&j, "problem", problem);
      json_string(&j, "algo", algo);
      json_string(&j, "device", device);
      json_ints(&j, "input_shape", in_rank, in_dims);
      json_ints(&j, "output_shape", output->rank, output->dims);
      json_string(&j, "dtype", clup_dtype_name(output->dtype));
      json_number(&j, "ms", ms);
      json_string(&j, "output", c->words[1]);
      json_close(&j, '}');
      putc('\n', c->out);
    }
    if (c->options.verbose.given) {
      char from[256], to[256];
      fprintf(stderr, "clup: %s : %s -> %s, solver %s on %s, %.3f ms\n", c->op->name,
              dims_text(in_rank, in_dims, from, sizeof from), dims_text(output->rank, output->dims, to, sizeof to),
              algo, device, ms);
    }
  }
  free(problem);
  return rc;
}

static int check_pipes(cli *c) {
  const cli_options *o = &c->options;
  int in_pipe = strcmp(c->words[0], "-") == 0;
  int out_pipe = strcmp(c->words[1], "-") == 0;
  if (o->format.given && !in_pipe && !out_pipe) {
    return cli_fail(&c->error, CLI_USAGE, "--format", "is for '-'; a file's name says its format");
  }
  if (out_pipe && o->json.given) {
    return cli_fail(&c->error, CLI_USAGE, c->op->name, "--json and the output '-' both want stdout");
  }
  if (c->in_batch && (in_pipe || out_pipe)) {
    return cli_fail(&c->error, CLI_USAGE, c->op->name, "'-' is not for the lines of a batch");
  }
  if (out_pipe && isatty(STDOUT_FILENO)) {
    return cli_fail(&c->error, CLI_USAGE, c->op->name, "the output '-' is a terminal: send it to a file or a pipe");
  }
  return CLI_OK;
}

static int check_formats(cli *c, const file_format *format, const operator_case *one, const cli_array *output) {
  const char *out = c->words[1];
  if (array_file_is_image(format) && one->channels_last) {
    return cli_fail(&c->error, CLI_USAGE, out, "--layout nhwc is for .npy files; an image has no other layout");
  }
  cli_array finished = *output;
  finished.dtype = one->result;
  return array_file_check(&c->error, out, format, &finished);
}

/* IN to OUT. What can fail for a reason known early does so before the device works. */
static int transform(cli *c, operator_case *one, cli_array *output, double *ms) {
  const char *out = c->words[1];
  out_file file = {0};
  const file_format *format =
      array_file_format(&c->error, out, c->options.format.given ? c->options.format.text : NULL);
  if (format == NULL) return CLI_USAGE;
  int rc = operator_prepare(c, c->words[0], one);
  if (rc == CLI_OK) rc = describe_output(c, one, output);
  if (rc == CLI_OK) rc = check_formats(c, format, one, output);
  if (rc == CLI_OK) rc = out_file_open(&c->error, out, &file);
  if (rc != CLI_OK) return rc;
  rc = compute(c, one, output, ms);
  if (rc == CLI_OK) rc = array_file_write(&c->error, out, format, output, file.stream);
  if (rc == CLI_OK) rc = out_file_commit(&c->error, &file);
  out_file_abandon(&file);
  return rc;
}

int operator_command(cli *c) {
  operator_case one;
  cli_array output;
  double ms = 0;
  memset(&one, 0, sizeof one);
  memset(&output, 0, sizeof output);
  int rc = check_pipes(c);
  if (rc != CLI_OK) return rc;
  progress_begin(c, c->op->name);
  rc = transform(c, &one, &output, &ms);
  progress_end();
  if (rc == CLI_OK) rc = report(c, &one, &output, ms);
  array_free(&output);
  operator_release(&one);
  return rc;
}

#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "operator.h"

/* bench/suite.txt, embedded at build time. */
extern const char bench_builtin_suite[];

static const option_spec specs[] = {
    {"suite", 0, OPTION_TEXT, 1, 0, NULL, "FILE", "lines 'name: problem' (default: the built-in suite)",
     OPTION_AT(suite)},
};
const option_group suite_group = {"problems", specs, sizeof specs / sizeof specs[0]};

static char *copy_text(const char *text) {
  char *copy = malloc(strlen(text) + 1);
  return copy != NULL ? strcpy(copy, text) : NULL;
}

/* ---- --dtype and --layout, in the text of a problem */

enum { LINE = 4096 };

static void put_strides(char *line, const char *key, const clup_tensor *tensor) {
  size_t used = strlen(line);
  snprintf(line + used, LINE - used, " %s=", key);
  for (int i = 0; i < tensor->rank; i++) {
    used = strlen(line);
    snprintf(line + used, LINE - used, "%s%lld", i == 0 ? "" : "x", (long long)tensor->strides[i]);
  }
}

/* The tensor in that role, its channels brought to the end; they stand before the spatial axes of the input. */
static int channels_last(const clup_problem *problem, clup_role role, clup_tensor *tensor) {
  clup_tensor input, weight;
  if (clup_problem_tensor(problem, role, tensor) != CLUP_OK) return 0;
  if (clup_problem_tensor(problem, CLUP_ROLE_INPUT, &input) != CLUP_OK) return 0;
  int axis = 1;
  switch (clup_problem_op(problem)) {
    case CLUP_OP_CONV_TRANSPOSE:
      if (clup_problem_tensor(problem, CLUP_ROLE_WEIGHT, &weight) == CLUP_OK) axis = input.rank == weight.rank;
      break;
    case CLUP_OP_PIXEL_SHUFFLE:
    case CLUP_OP_PIXEL_UNSHUFFLE:
      axis = input.rank - 3;
      break;
    case CLUP_OP_FOLD:
      axis = input.rank - 2;
      break;
    default:
      break;
  }
  if (axis >= tensor->rank - 1) return 0;
  operator_channels_last(tensor, axis);
  return 1;
}

static int with_options(cli *c, const char *text, char line[LINE], clup_problem **problem) {
  static const struct {
    clup_role role;
    const char *key;
  } strided[] = {
      {CLUP_ROLE_INPUT, "x_strides"}, {CLUP_ROLE_INDICES, "indices_strides"}, {CLUP_ROLE_OUTPUT, "y_strides"}};
  snprintf(line, LINE, "%s", text);
  if (c->options.dtype.given && strstr(line, " dtype=") == NULL) {
    size_t used = strlen(line);
    snprintf(line + used, LINE - used, " dtype=%s", c->options.dtype.text);
  }
  clup_status status = clup_problem_parse(line, problem);
  if (status != CLUP_OK || !operator_is_nhwc(c) || strstr(line, "_strides=") != NULL) return status == CLUP_OK;
  for (size_t i = 0; i < sizeof strided / sizeof strided[0]; i++) {
    clup_tensor tensor;
    if (channels_last(*problem, strided[i].role, &tensor)) put_strides(line, strided[i].key, &tensor);
  }
  clup_problem_release(*problem);
  *problem = NULL;
  return clup_problem_parse(line, problem) == CLUP_OK;
}

/* ---- files */

/* The suite's text, ended by a 0; the caller frees it. */
static int suite_text(cli *c, const char *command, const char **file, char **text) {
  unsigned char *bytes = NULL;
  size_t size = strlen(bench_builtin_suite);
  *file = "built-in suite";
  if (c->options.suite.given) {
    *file = c->options.suite.text;
    int rc = file_read(&c->error, *file, &bytes, &size);
    if (rc != CLI_OK) return rc;
  }
  *text = malloc(size + 1);
  if (*text != NULL) {
    memcpy(*text, bytes != NULL ? (const char *)bytes : bench_builtin_suite, size);
    (*text)[size] = 0;
  }
  free(bytes);
  return *text != NULL ? CLI_OK : cli_no_memory(&c->error, command, size + 1);
}

/* One line "name: problem"; comments and blank lines give no name. */
static int parse_line(cli *c, const char *file, int number, char *line, char **name, clup_problem **problem) {
  char what[300], text[LINE];
  line += strspn(line, " \t\r");
  if (*line == 0 || *line == '#') return CLI_OK;
  char *colon = strchr(line, ':');
  snprintf(what, sizeof what, "%.200s, line %d", file, number);
  if (colon == NULL) return cli_fail(&c->error, CLI_BAD_INPUT, what, "is not 'name: problem': %s", line);
  *colon = 0;
  char *end = colon + strlen(colon + 1);
  for (; end > colon && strchr(" \t\r", *end) != NULL; end--) *end = 0;
  if (!with_options(c, colon + 1 + strspn(colon + 1, " \t"), text, problem)) {
    int exit_code = c->options.dtype.given || operator_is_nhwc(c) ? CLI_USAGE : CLI_BAD_INPUT;
    return cli_fail(&c->error, exit_code, what, "%s", clup_last_error());
  }
  *name = copy_text(line);
  return *name != NULL ? CLI_OK : cli_no_memory(&c->error, what, strlen(line) + 1);
}

static int reserve(cli *c, const char *command, size_t count, suite *s) {
  s->names = calloc(count, sizeof *s->names);
  s->problems = calloc(count, sizeof *s->problems);
  return s->names != NULL && s->problems != NULL ? CLI_OK : cli_no_memory(&c->error, command, count * sizeof *s->names);
}

static int load_file(cli *c, const char *command, suite *s) {
  const char *file;
  char *text = NULL;
  int rc = suite_text(c, command, &file, &text);
  if (rc != CLI_OK) return rc;
  size_t lines = 1;
  for (const char *at = text; *at != 0; at++) lines += *at == '\n';
  rc = reserve(c, command, lines, s);
  char *line = text;
  for (int number = 1; rc == CLI_OK && line != NULL; number++) {
    char *next = strchr(line, '\n');
    if (next != NULL) *next++ = 0;
    rc = parse_line(c, file, number, line, &s->names[s->count], &s->problems[s->count]);
    s->count += s->problems[s->count] != NULL;
    line = next;
  }
  if (rc == CLI_OK && s->count == 0) rc = cli_fail(&c->error, CLI_BAD_INPUT, file, "holds no case");
  free(text);
  return rc;
}

static int load_operator(cli *c, const char *command, suite *s) {
  operator_case one;
  int rc = operator_prepare(c, NULL, &one);
  if (rc != CLI_OK) return rc;
  rc = reserve(c, command, 1, s);
  if (rc == CLI_OK) {
    s->problems[s->count++] = one.problem;
    one.problem = NULL;
    s->names[0] = operator_text(c, s->problems[0]);
    if (s->names[0] == NULL) rc = CLI_FAILED;
  }
  operator_release(&one);
  return rc;
}

int suite_load(cli *c, const char *command, suite *out) {
  suite s = {NULL, NULL, 0};
  int rc;
  if (c->op != NULL && c->options.suite.given) {
    rc = cli_fail(&c->error, CLI_USAGE, command, "takes --suite or an operator, not both");
  } else if (c->op == NULL && (c->options.shape.given || c->options.weight_shape.given)) {
    rc =
        cli_fail(&c->error, CLI_USAGE, command, "--shape needs an operator, as: clup %s upsample --shape ...", command);
  } else {
    rc = c->op != NULL ? load_operator(c, command, &s) : load_file(c, command, &s);
  }
  if (rc == CLI_OK) {
    *out = s;
  } else {
    suite_free(&s);
  }
  return rc;
}

void suite_free(suite *s) {
  for (size_t i = 0; i < s->count; i++) {
    clup_problem_release(s->problems[i]);
    free(s->names[i]);
  }
  free(s->names);
  free(s->problems);
  memset(s, 0, sizeof *s);
}

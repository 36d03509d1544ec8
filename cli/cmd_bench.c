#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "files.h"
#include "json.h"
#include "operator.h"
#include "progress.h"

typedef struct results {
  bench_result *all;
  size_t count;
  int first_failure; /* exit code */
} results;

static int add_case(cli *c, bench_device *d, const char *name, const clup_problem *problem, results *r) {
  bench_result *more = realloc(r->all, (r->count + 1) * sizeof *more);
  if (more == NULL) return cli_no_memory(&c->error, "bench", (r->count + 1) * sizeof *more);
  r->all = more;
  int rc = bench_case(c, d, name, problem, &r->all[r->count++]);
  /* One case that fails (a buffer too large for the device) does not take the others with it. */
  if (rc != CLI_OK && r->first_failure == CLI_OK) r->first_failure = rc;
  return CLI_OK;
}

/* One line "name: problem" of a suite; comments and blank lines give no name. */
static int parse_line(cli *c, const char *file, int number, char *line, char **name, clup_problem **problem) {
  *name = NULL;
  line += strspn(line, " \t\r");
  if (*line == 0 || *line == '#') return CLI_OK;
  char *colon = strchr(line, ':');
  char what[300];
  snprintf(what, sizeof what, "%.200s, line %d", file, number);
  if (colon == NULL) return cli_fail(&c->error, CLI_BAD_INPUT, what, "is not 'name: problem': %s", line);
  *colon = 0;
  char *end = colon + strlen(colon + 1);
  for (; end > colon && strchr(" \t\r", *end) != NULL; end--) *end = 0;
  if (clup_problem_parse(colon + 1 + strspn(colon + 1, " \t"), problem) != CLUP_OK) {
    return cli_fail(&c->error, CLI_BAD_INPUT, what, "%s", clup_last_error());
  }
  *name = line;
  return CLI_OK;
}

/* Every line is parsed before the first is timed. */
static int run_suite(cli *c, bench_device *d, const char *file, char *text, results *r) {
  size_t lines = 1, cases = 0;
  for (const char *s = text; *s != 0; s++) lines += *s == '\n';
  char **names = calloc(lines, sizeof *names);
  clup_problem **problems = calloc(lines, sizeof *problems);
  int rc = names != NULL && problems != NULL ? CLI_OK : cli_no_memory(&c->error, "bench", lines * sizeof *names);
  char *line = text;
  for (int number = 1; rc == CLI_OK && line != NULL; number++) {
    char *next = strchr(line, '\n');
    if (next != NULL) *next++ = 0;
    rc = parse_line(c, file, number, line, &names[cases], &problems[cases]);
    if (rc == CLI_OK && names[cases] != NULL) cases++;
    line = next;
  }
  if (rc == CLI_OK && cases == 0) rc = cli_fail(&c->error, CLI_BAD_INPUT, file, "holds no case");
  if (rc == CLI_OK) rc = bench_device_open(c, d);
  if (rc == CLI_OK) rc = bench_roofs(c, d);
  for (size_t i = 0; rc == CLI_OK && i < cases; i++) {
    progress_step(i, cases, names[i]);
    rc = add_case(c, d, names[i], problems[i], r);
  }
  for (size_t i = 0; problems != NULL && i < cases; i++) clup_problem_release(problems[i]);
  free(problems);
  free(names);
  return rc;
}

static int run_operator(cli *c, bench_device *d, results *r) {
  operator_case one;
  int rc = operator_prepare(c, NULL, &one);
  if (rc != CLI_OK) return rc;
  char *text = operator_text(c, one.problem);
  rc = text != NULL ? bench_device_open(c, d) : CLI_FAILED;
  if (rc == CLI_OK) rc = bench_roofs(c, d);
  if (rc == CLI_OK) rc = add_case(c, d, text, one.problem, r);
  free(text);
  operator_release(&one);
  return rc;
}

static void print_json(const cli *c, const bench_device *d, const results *r) {
  char device[256], driver[256];
  json j = {c->out, 0};
  cli_device_text(d->device, CL_DEVICE_NAME, device, sizeof device);
  cli_device_text(d->device, CL_DRIVER_VERSION, driver, sizeof driver);
  json_open(&j, NULL, '{');
  json_string(&j, "device", device);
  json_string(&j, "driver", driver);
  json_string(&j, "clup", clup_version());
  json_number(&j, "copy_gbytes_per_s", d->copy_gbytes_per_s);
  json_string(&j, "copy_by", d->copy_by);
  json_number(&j, "peak_gflops", d->peak_gflops);
  json_string(&j, "peak_by", d->peak_by);
  json_open(&j, "cases", '[');
  for (size_t i = 0; i < r->count; i++) {
    const bench_result *b = &r->all[i];
    int ran = b->error[0] == 0;
    json_open(&j, NULL, '{');
    json_string(&j, "case", b->name);
    json_string(&j, "op", b->op);
    json_string(&j, "algo", b->algo[0] != 0 ? b->algo : NULL);
    json_string(&j, "dtype", b->dtype);
    json_number(&j, "ms_median", ran ? b->ms_median : NAN);
    json_number(&j, "ms_min", ran ? b->ms_min : NAN);
    json_number(&j, "plan_ms", ran ? b->plan_ms : NAN);
    json_number(&j, "gflops", ran ? b->gflops : NAN);
    json_number(&j, "gbytes_per_s", ran ? b->gbytes_per_s : NAN);
    json_string(&j, "bound", !ran ? NULL : b->compute_bound ? "compute" : "memory");
    json_number(&j, "roof_fraction", ran ? b->roof_fraction : NAN);
    if (!ran) json_string(&j, "error", b->error);
    json_close(&j, '}');
  }
  json_close(&j, ']');
  json_close(&j, '}');
  putc('\n', c->out);
}

static void print_table(const cli *c, const bench_device *d, const results *r) {
  char device[256], driver[256];
  double logs[2] = {0, 0};
  int counts[2] = {0, 0};
  cli_device_text(d->device, CL_DEVICE_NAME, device, sizeof device);
  cli_device_text(d->device, CL_DRIVER_VERSION, driver, sizeof driver);
  fprintf(c->out, "%s, driver %s\nroofs: %.4g GFLOP/s (%s), copy %.4g GB/s (%s)\n\n", device, driver, d->peak_gflops,
          d->peak_by, d->copy_gbytes_per_s, d->copy_by);
  fprintf(c->out, "%-34s %-10s %-18s %10s %9s %9s %-7s %6s\n", "case", "plan ms", "solver", "median ms", "GFLOP/s",
          "GB/s", "bound", "roof");
  for (size_t i = 0; i < r->count; i++) {
    const bench_result *b = &r->all[i];
    if (b->error[0] != 0) {
      fprintf(c->out, "%-34s failed: %s\n", b->name, b->error);
      continue;
    }
    fprintf(c->out, "%-34s %-10.1f %-18s %10.3f %9.1f %9.2f %-7s %6.2f\n", b->name, b->plan_ms, b->algo, b->ms_median,
            b->gflops, b->gbytes_per_s, b->compute_bound ? "compute" : "memory", b->roof_fraction);
    logs[b->compute_bound] += log(b->roof_fraction);
    counts[b->compute_bound]++;
  }
  fprintf(c->out, "\n");
  if (counts[1] > 0) {
    fprintf(c->out, "geometric mean of the roof, bound by arithmetic: %.3f (%d cases)\n", exp(logs[1] / counts[1]),
            counts[1]);
  }
  if (counts[0] > 0) {
    fprintf(c->out, "geometric mean of the roof, bound by memory: %.3f (%d cases)\n", exp(logs[0] / counts[0]),
            counts[0]);
  }
}

/* The suite's text, ended by a 0; the caller frees it. */
static int suite_text(cli *c, const char **file, char **text) {
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
  return *text != NULL ? CLI_OK : cli_no_memory(&c->error, "bench", size + 1);
}

static int run(cli *c) {
  bench_device d;
  results r = {NULL, 0, CLI_OK};
  memset(&d, 0, sizeof d);
  int rc;
  progress_begin(c, "bench");
  if (c->op != NULL) {
    rc = c->options.suite.given ? cli_fail(&c->error, CLI_USAGE, "bench", "takes --suite or an operator, not both")
                                : run_operator(c, &d, &r);
  } else if (c->options.shape.given || c->options.weight_shape.given) {
    rc = cli_fail(&c->error, CLI_USAGE, "bench", "--shape needs an operator, as: clup bench upsample --shape ...");
  } else {
    const char *file;
    char *text = NULL;
    rc = suite_text(c, &file, &text);
    if (rc == CLI_OK) rc = run_suite(c, &d, file, text, &r);
    free(text);
  }
  if (rc == CLI_OK) rc = bench_roofs(c, &d);
  for (size_t i = 0; i < r.count; i++) bench_rate(&d, &r.all[i]);
  progress_end();
  if (rc == CLI_OK) {
    if (c->options.json.given) {
      print_json(c, &d, &r);
    } else {
      print_table(c, &d, &r);
    }
    if (c->options.plot.given) rc = bench_plot(c, c->options.plot.text, &d, r.all, r.count);
  }
  if (rc == CLI_OK) rc = r.first_failure;
  free(r.all);
  bench_device_close(&d);
  return rc;
}

static const option_spec specs[] = {
    {"suite", 0, OPTION_TEXT, 1, 0, NULL, "FILE", "lines 'name: problem' (default: the built-in suite)",
     OPTION_AT(suite)},
    {"plot", 0, OPTION_TEXT, 1, 0, NULL, "FILE.svg", "draw the cases against the roof", OPTION_AT(plot)},
    {"quick", 0, OPTION_FLAG, 0, 0, NULL, NULL, "fewer repeats", OPTION_AT(quick)},
};
static const option_group group = {"options of bench", specs, sizeof specs / sizeof specs[0]};

const cli_command command_bench = {
    .name = "bench",
    .arguments = "[COMMAND [ITS OPTIONS] --shape N,C,...]",
    .summary = "measure the device's roofs, then problems as fractions of them",
    .details =
        "The roofs are the rate of multiply-adds and the bandwidth of a copy (bytes read and written). Every case\n"
        "runs on written buffers and cold caches; what is quoted is the median of seven repeats or more.",
    .groups = {&group, &shape_group},
    .names_operator = MAY_NAME_OPERATOR,
    .run = run};

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "operator.h"
#include "progress.h"
#include "suite.h"

typedef struct tuned {
  clup_tune_result *results;
  size_t count;
  int stored;
  char error[sizeof((cli_error *)0)->text]; /* "" when it was tuned */
} tuned;

static int tune_one(cli *c, clup_host *host, const clup_problem *problem, tuned *out) {
  clup_tune_options options = CLUP_TUNE_OPTIONS_INIT;
  if (c->options.quick.given) options.seconds = 0.05;
  out->count = clup_problem_num_algos(problem);
  out->results = calloc(out->count + 1, sizeof *out->results);
  if (out->results == NULL) return cli_no_memory(&c->error, "tune", out->count * sizeof *out->results);
  int rc = cli_status(&c->error, "tune",
                      clup_tune(clup_host_context(host), clup_host_queue(host), problem, &options, out->results,
                                &out->count, &out->stored));
  if (rc != CLI_OK) {
    snprintf(out->error, sizeof out->error, "%s", c->error.text);
    out->count = 0;
  }
  return rc;
}

static const clup_tune_result *find(const tuned *t, int chosen) {
  for (size_t i = 0; i < t->count; i++) {
    if (chosen ? t->results[i].chosen : t->results[i].untuned) return &t->results[i];
  }
  return NULL;
}

static void print_json(cli *c, clup_host *host, const suite *s, const tuned *all) {
  char device[256];
  json j = {c->out, 0};
  cli_device_text(cli_device(host), CL_DEVICE_NAME, device, sizeof device);
  json_open(&j, NULL, '{');
  json_string(&j, "device", device);
  json_string(&j, "clup", clup_version());
  json_string(&j, "file", clup_context_tune_file(clup_host_context(host)));
  json_open(&j, "cases", '[');
  for (size_t i = 0; i < s->count; i++) {
    const tuned *t = &all[i];
    char *text = operator_text(c, s->problems[i]);
    json_open(&j, NULL, '{');
    json_string(&j, "case", s->names[i]);
    json_string(&j, "problem", text);
    json_string(&j, "algo", t->error[0] == 0 ? find(t, 1)->algo : NULL);
    json_bool(&j, "stored", t->stored);
    json_open(&j, "algos", '[');
    for (size_t k = 0; k < t->count; k++) {
      const clup_tune_result *r = &t->results[k];
      json_open(&j, NULL, '{');
      json_string(&j, "name", r->algo);
      json_number(&j, "ms", r->ms > 0 ? r->ms : NAN);
      json_int(&j, "runs", r->runs);
      json_bool(&j, "chosen", r->chosen);
      json_bool(&j, "untuned", r->untuned);
      json_string(&j, "reason", r->reason);
      json_close(&j, '}');
    }
    json_close(&j, ']');
    if (t->error[0] != 0) json_string(&j, "error", t->error);
    json_close(&j, '}');
    free(text);
  }
  json_close(&j, ']');
  json_close(&j, '}');
  putc('\n', c->out);
}

static void print_table(const cli *c, clup_host *host, const suite *s, const tuned *all) {
  char device[256];
  size_t stored = 0, timed = 0;
  cli_device_text(cli_device(host), CL_DEVICE_NAME, device, sizeof device);
  fprintf(c->out, "%s\n\n%-34s %-16s %10s   %-16s %10s %7s\n", device, "case", "fastest", "ms", "untuned choice", "ms",
          "gain");
  for (size_t i = 0; i < s->count; i++) {
    const tuned *t = &all[i];
    if (t->error[0] != 0) {
      fprintf(c->out, "%-34s failed: %s\n", s->names[i], t->error);
      continue;
    }
    const clup_tune_result *best = find(t, 1), *untuned = find(t, 0);
    timed++;
    stored += t->stored != 0;
    fprintf(c->out, "%-34s %-16s %10.3f   ", s->names[i], best->algo, best->ms);
    if (untuned != NULL && untuned->ms > 0) {
      fprintf(c->out, "%-16s %10.3f %6.2fx\n", untuned->algo, untuned->ms, untuned->ms / best->ms);
    } else {
      fprintf(c->out, "%-16s %10s\n", untuned != NULL ? untuned->algo : "", "failed");
    }
  }
  const char *file = clup_context_tune_file(clup_host_context(host));
  if (stored == timed) {
    fprintf(c->out, "\nkept in %s\n", file);
  } else {
    fprintf(c->out, "\n%zu of %zu kept%s%s\n", stored, timed, file[0] != 0 ? " in " : ": there is no file", file);
  }
}

static int work(cli *c, const suite *s, tuned *all) {
  clup_host *host;
  int failed = CLI_OK, not_kept = 0;
  int rc = cli_host(c, &host);
  if (rc != CLI_OK) return rc;
  for (size_t i = 0; i < s->count; i++) {
    progress_step(i, s->count, s->names[i]);
    /* One that fails (a buffer too large for the device) does not take the others with it. */
    rc = tune_one(c, host, s->problems[i], &all[i]);
    if (failed == CLI_OK) failed = rc;
    not_kept |= rc == CLI_OK && !all[i].stored;
  }
  progress_end();
  if (c->options.json.given) {
    print_json(c, host, s, all);
  } else {
    print_table(c, host, s, all);
  }
  if (failed != CLI_OK || !not_kept) return failed;
  const char *file = clup_context_tune_file(clup_host_context(host));
  return cli_fail(&c->error, CLI_FAILED, "tune", "%s%s",
                  file[0] != 0 ? "cannot be kept in " : "there is no file to keep it in", file);
}

static int run(cli *c) {
  suite problems;
  if (c->options.algo.given) {
    return cli_fail(&c->error, CLI_USAGE, "tune --algo", "tuning is choosing between solvers: none can be named");
  }
  int rc = suite_load(c, "tune", &problems);
  if (rc != CLI_OK) return rc;
  tuned *all = calloc(problems.count, sizeof *all);
  progress_begin(c, "tune");
  rc = all != NULL ? work(c, &problems, all) : cli_no_memory(&c->error, "tune", problems.count * sizeof *all);
  progress_end();
  for (size_t i = 0; all != NULL && i < problems.count; i++) free(all[i].results);
  free(all);
  suite_free(&problems);
  return rc;
}

static const option_spec specs[] = {
    {"quick", 0, OPTION_FLAG, 0, 0, NULL, NULL, "fewer runs", OPTION_AT(quick)},
};
static const option_group group = {"options of tune", specs, sizeof specs / sizeof specs[0]};

const cli_command command_tune = {
    .name = "tune",
    .arguments = "[COMMAND [ITS OPTIONS] --shape N,C,...]",
    .summary = "time the solvers for given problems on this device, and keep the fastest for later",
    .details =
        "The choice holds for exactly these problems, on this device, driver and clup version: clup algos shows it,\n"
        "and the library's plans take it. It is kept in $CLUP_TUNE_FILE, or in the cache of built kernels.",
    .groups = {&group, &suite_group, &shape_group, &operator_group},
    .names_operator = MAY_NAME_OPERATOR,
    .run = run};

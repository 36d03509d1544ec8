#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "json.h"
#include "operator.h"
#include "progress.h"
#include "suite.h"

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

static int run_suite(cli *c, bench_device *d, const suite *s, results *r) {
  for (size_t i = 0; i < s->count; i++) {
    clup_tensor input;
    d->wants_f64 |= clup_problem_tensor(s->problems[i], CLUP_ROLE_INPUT, &input) == CLUP_OK && input.dtype == CLUP_F64;
  }
  int rc = bench_roofs(c, d);
  for (size_t i = 0; rc == CLI_OK && i < s->count; i++) {
    progress_step(i, s->count, s->names[i]);
    rc = add_case(c, d, s->names[i], s->problems[i], r);
  }
  return rc == CLI_OK ? bench_roofs(c, d) : rc;
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
  if (d->wants_f64) json_number(&j, "peak_f64_gflops", d->peak_f64_gflops);
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
    json_number(&j, "launches", ran ? (double)b->launches : NAN);
    json_number(&j, "enqueue_us", ran && d->is_cpu ? b->enqueue_us : NAN);
    json_number(&j, "opencl_enqueue_us", ran && d->is_cpu ? b->opencl_enqueue_us : NAN);
    json_number(&j, "peak_beside_gflops", ran && b->peak_beside_gflops > 0 ? b->peak_beside_gflops : NAN);
    json_number(&j, "copy_beside_gbytes_per_s",
                ran && b->copy_beside_gbytes_per_s > 0 ? b->copy_beside_gbytes_per_s : NAN);
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
  fprintf(c->out, "%s, driver %s\nroofs: %.4g GFLOP/s (%s), copy %.4g GB/s (%s)\n", device, driver, d->peak_gflops,
          d->peak_by, d->copy_gbytes_per_s, d->copy_by);
  if (d->wants_f64) fprintf(c->out, "of f64: %.4g GFLOP/s (%s)\n", d->peak_f64_gflops, d->peak_f64_by);
  putc('\n', c->out);
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

static int run(cli *c) {
  bench_device d;
  results r = {NULL, 0, CLI_OK};
  memset(&d, 0, sizeof d);
  suite problems;
  progress_begin(c, "bench");
  int rc = suite_load(c, "bench", &problems);
  if (rc == CLI_OK) {
    rc = bench_device_open(c, &d);
    if (rc == CLI_OK) rc = run_suite(c, &d, &problems, &r);
    suite_free(&problems);
  }
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
    .groups = {&group, &suite_group, &shape_group, &operator_group},
    .names_operator = MAY_NAME_OPERATOR,
    .run = run};

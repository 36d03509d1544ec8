/* Every operator and every solver on the user's device, against the double-precision reference. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "json.h"
#include "progress.h"
#include "reference/reference.h"

static const char *const case_texts[] = {
#include "reference/selftest_cases.inc"
};
enum { NUM_CASES = sizeof case_texts / sizeof case_texts[0], MAX_ROWS = 64, POISON = 0xa5 };

typedef struct row {
  const char *op;
  const char *algo;
  int cases, wrong;
  double worst;    /* in units of the bound */
  char first[700]; /* the first failure */
} row;

typedef struct selftest {
  cli *c;
  clup_host *host;
  row rows[MAX_ROWS];
  int num_rows;
} selftest;

static row *row_of(selftest *t, const char *op, const char *algo) {
  for (int i = 0; i < t->num_rows; i++) {
    if (strcmp(t->rows[i].op, op) == 0 && strcmp(t->rows[i].algo, algo) == 0) return &t->rows[i];
  }
  if (t->num_rows == MAX_ROWS) return &t->rows[MAX_ROWS - 1];
  row *new_row = &t->rows[t->num_rows++];
  *new_row = (row){.op = op, .algo = algo};
  return new_row;
}

static void mark_wrong(row *r, const char *text, const char *why) {
  if (r->wrong++ == 0) snprintf(r->first, sizeof r->first, "%s: %s", text, why);
}

/* A span for the problem's tensor in that role, filled; *bytes of it. NULL when the problem has none, or no memory. */
static void *make_span(const clup_problem *problem, clup_role role, uint32_t seed, size_t *bytes, int *failed) {
  clup_tensor tensor;
  if (clup_problem_tensor(problem, role, &tensor) != CLUP_OK) return NULL;
  *bytes = (size_t)reference_span(&tensor) * clup_dtype_size(tensor.dtype);
  void *span = malloc(*bytes + 1);
  if (span == NULL) {
    *failed = 1;
    return NULL;
  }
  memset(span, POISON, *bytes + 1);
  if (role == CLUP_ROLE_INDICES) {
    if (reference_fill_indices(problem, seed, span) != 0) *failed = 1;
  } else if (role != CLUP_ROLE_OUTPUT) {
    reference_fill_kind kind = reference_moves(problem) ? REFERENCE_BITS : REFERENCE_REALS;
    if (reference_fill(&tensor, kind, seed + (uint32_t)role, span) != 0) *failed = 1;
  }
  return span;
}

typedef struct spans {
  void *span[CLUP_ROLES];
  size_t bytes[CLUP_ROLES];
} spans;

static int make_spans(const clup_problem *problem, uint32_t seed, spans *s, clup_arrays *arrays) {
  int failed = 0;
  memset(s, 0, sizeof *s);
  for (int role = 0; role < CLUP_ROLES; role++) {
    s->span[role] = make_span(problem, (clup_role)role, seed, &s->bytes[role], &failed);
  }
  *arrays = (clup_arrays){s->span[CLUP_ROLE_INPUT],   s->span[CLUP_ROLE_WEIGHT], s->span[CLUP_ROLE_BIAS],
                          s->span[CLUP_ROLE_INDICES], s->span[CLUP_ROLE_OUTPUT], s->span[CLUP_ROLE_SLOPE]};
  return !failed;
}

static void free_spans(spans *s) {
  for (int role = 0; role < CLUP_ROLES; role++) free(s->span[role]);
}

static void run_solver(selftest *t, const char *text, const clup_problem *problem, const char *algo,
                       const reference_expected *expected, const clup_arrays *arrays, size_t output_bytes) {
  row *r = row_of(t, clup_op_name(clup_problem_op(problem)), algo);
  reference_report report;
  r->cases++;
  memset(arrays->output, POISON, output_bytes);
  if (clup_host_run(t->host, problem, algo, arrays, NULL) != CLUP_OK) {
    mark_wrong(r, text, clup_last_error());
    return;
  }
  int wrong = reference_compare(problem, expected, arrays, &report) != 0;
  if (report.worst > r->worst) r->worst = report.worst;
  if (wrong) mark_wrong(r, text, report.text);
}

/* Whether the problem needs what an OpenCL device may lack, and this one lacks: f64, images. */
static int is_optional(const selftest *t, const clup_problem *problem) {
  cl_device_id device = cli_device(t->host);
  cl_device_fp_config doubles = 0;
  cl_bool images = CL_FALSE;
  clup_tensor input;
  clup_interpolate_params interpolate = CLUP_INTERPOLATE_PARAMS_INIT;
  clup_resize_params resize = CLUP_RESIZE_PARAMS_INIT;
  clGetDeviceInfo(device, CL_DEVICE_DOUBLE_FP_CONFIG, sizeof doubles, &doubles, NULL);
  clGetDeviceInfo(device, CL_DEVICE_IMAGE_SUPPORT, sizeof images, &images, NULL);
  if (clup_problem_tensor(problem, CLUP_ROLE_INPUT, &input) != CLUP_OK) return 0;
  if (clup_problem_op(problem) == CLUP_OP_INTERPOLATE) clup_problem_interpolate_params(problem, &interpolate);
  if (clup_problem_op(problem) == CLUP_OP_RESIZE) clup_problem_resize_params(problem, &resize);
  int wants_images = interpolate.images != CLUP_NO_IMAGES || resize.images != CLUP_NO_IMAGES;
  return (input.dtype == CLUP_F64 && doubles == 0) || (wants_images && !images);
}

/* All solvers that apply, on one problem. A case that cannot even be set up is wrong, not skipped. */
/* Compilers for CPUs take up to a second for each structure of each solver. So, unless all are asked for, a case goes
 * to the solver that a plan would take, and to the others in turn, one a case. */
static int is_run(const selftest *t, const clup_algo_info *info, size_t i, uint32_t seed, size_t count) {
  const cli_options *o = &t->c->options;
  if (o->algo.given) return strcmp(o->algo.text, info->name) == 0;
  return o->all.given || info->chosen || i == seed % count;
}

static void run_case(selftest *t, const char *text, uint32_t seed) {
  clup_problem *problem = NULL;
  spans s;
  clup_arrays arrays;
  reference_expected expected;
  if (clup_problem_parse(text, &problem) != CLUP_OK) {
    mark_wrong(row_of(t, "parse", "-"), text, clup_last_error());
    return;
  }
  const char *op = clup_op_name(clup_problem_op(problem));
  if (!make_spans(problem, seed, &s, &arrays)) {
    mark_wrong(row_of(t, op, "-"), text, "the inputs cannot be made");
  } else if (reference_expect(problem, &arrays, &expected) != 0) {
    mark_wrong(row_of(t, op, "-"), text, reference_error());
  } else {
    int applied = 0;
    const size_t count = clup_problem_num_algos(problem);
    for (size_t i = 0; i < count; i++) {
      clup_algo_info info;
      if (clup_problem_algo(clup_host_context(t->host), problem, i, &info) != CLUP_OK) {
        mark_wrong(row_of(t, op, "-"), text, clup_last_error());
      } else if (info.applicable) {
        applied++;
        if (!is_run(t, &info, i, seed, count)) continue;
        run_solver(t, text, problem, info.name, &expected, &arrays, s.bytes[CLUP_ROLE_OUTPUT]);
      }
    }
    if (applied == 0 && !is_optional(t, problem)) mark_wrong(row_of(t, op, "-"), text, "no solver applies");
    reference_expected_free(&expected);
  }
  free_spans(&s);
  clup_problem_release(problem);
}

/* An index outside its plane must be told, and the caller's output left alone. */
static void run_bad_index(selftest *t, int64_t index) {
  static const char text[] = "max_unpool x=1x2x3x3 kernel=2 indices=i64";
  row *r = row_of(t, "max_unpool", "(bad index)");
  char label[96];
  snprintf(label, sizeof label, "%s, one index %lld", text, (long long)index);
  clup_problem *problem = NULL;
  spans s;
  clup_arrays arrays;
  r->cases++;
  if (clup_problem_parse(text, &problem) != CLUP_OK) {
    mark_wrong(r, label, clup_last_error());
    return;
  }
  if (!make_spans(problem, 1, &s, &arrays)) {
    mark_wrong(r, label, "the inputs cannot be made");
  } else {
    ((int64_t *)s.span[CLUP_ROLE_INDICES])[13] = index;
    clup_status status = clup_host_run(t->host, problem, NULL, &arrays, NULL);
    if (status != CLUP_INDEX_OUT_OF_RANGE) {
      mark_wrong(r, label, status == CLUP_OK ? "was not reported" : clup_last_error());
    }
    const unsigned char *output = s.span[CLUP_ROLE_OUTPUT];
    for (size_t i = 0; i < s.bytes[CLUP_ROLE_OUTPUT]; i++) {
      if (output[i] == POISON) continue;
      mark_wrong(r, label, "the caller's output was written");
      break;
    }
  }
  free_spans(&s);
  clup_problem_release(problem);
}

static void print_json(const selftest *t, const char *device, int cases, int wrong, double seconds) {
  json j = {t->c->out, 0};
  json_open(&j, NULL, '{');
  json_string(&j, "device", device);
  json_bool(&j, "ok", wrong == 0);
  json_int(&j, "cases", cases);
  json_int(&j, "wrong", wrong);
  json_number(&j, "seconds", seconds);
  json_open(&j, "rows", '[');
  for (int i = 0; i < t->num_rows; i++) {
    const row *r = &t->rows[i];
    json_open(&j, NULL, '{');
    json_string(&j, "op", r->op);
    json_string(&j, "algo", r->algo);
    json_int(&j, "cases", r->cases);
    json_number(&j, "worst", r->worst);
    json_int(&j, "wrong", r->wrong);
    json_bool(&j, "ok", r->wrong == 0);
    json_string(&j, "first_failure", r->wrong == 0 ? NULL : r->first);
    json_close(&j, '}');
  }
  json_close(&j, ']');
  json_close(&j, '}');
  putc('\n', t->c->out);
}

static void print_table(const selftest *t, const char *device, int cases, int wrong, double seconds) {
  FILE *out = t->c->out;
  fprintf(out, "%s\n%-16s %-22s %6s %10s  %s\n", device, "operator", "solver", "cases", "worst", "result");
  for (int i = 0; i < t->num_rows; i++) {
    const row *r = &t->rows[i];
    fprintf(out, "%-16s %-22s %6d %10.3f  %s\n", r->op, r->algo, r->cases, r->worst, r->wrong == 0 ? "ok" : "WRONG");
    if (r->wrong > 0) fprintf(out, "    %d wrong, first: %s\n", r->wrong, r->first);
  }
  fprintf(
      out,
      "%d runs, %d wrong, %.1f s (worst: the largest error, in units of the bound; 0 or 1 where bits must be equal)\n",
      cases, wrong, seconds);
}

static int run(cli *c) {
  selftest *t = calloc(1, sizeof *t);
  if (t == NULL) return cli_no_memory(&c->error, "selftest", sizeof *t);
  t->c = c;
  struct timespec start, end;
  char device[256];
  clock_gettime(CLOCK_MONOTONIC, &start);
  int rc = cli_host(c, &t->host);
  if (rc != CLI_OK) {
    free(t);
    return rc;
  }
  progress_begin(c, "selftest");
  for (size_t i = 0; i < NUM_CASES; i++) {
    progress_step(i, NUM_CASES, case_texts[i]);
    run_case(t, case_texts[i], (uint32_t)i + 1);
  }
  const int64_t bad[] = {-1, 36, INT64_MAX, INT64_MIN};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) run_bad_index(t, bad[i]);
  progress_end();
  clock_gettime(CLOCK_MONOTONIC, &end);
  int cases = 0, wrong = 0, named = !c->options.algo.given;
  for (int i = 0; i < t->num_rows; i++) {
    named |= c->options.algo.given && strcmp(c->options.algo.text, t->rows[i].algo) == 0;
    cases += t->rows[i].cases;
    wrong += t->rows[i].wrong;
  }
  double seconds = (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
  cli_device_text(cli_device(t->host), CL_DEVICE_NAME, device, sizeof device);
  if (!named) {
    rc = cli_fail(&c->error, CLI_USAGE, "selftest --algo", "no solver '%s' applies to any case", c->options.algo.text);
  } else if (c->options.json.given) {
    print_json(t, device, cases, wrong, seconds);
  } else {
    print_table(t, device, cases, wrong, seconds);
  }
  if (wrong > 0)
    rc = cli_fail(&c->error, CLI_FAILED, "selftest", "%d of %d runs are wrong on %s", wrong, cases, device);
  free(t);
  return rc;
}

static const option_spec specs[] = {
    {"algo", 0, OPTION_TEXT, 1, 0, NULL, "NAME", "this solver only, on every case that it can do", OPTION_AT(algo)},
    {"all", 0, OPTION_FLAG, 0, 0, NULL, NULL, "every solver on every case that it can do: takes several times as long",
     OPTION_AT(all)},
};
static const option_group group = {"options of selftest", specs, sizeof specs / sizeof specs[0]};

const cli_command command_selftest = {.name = "selftest",
                                      .arguments = "",
                                      .summary = "run every operator and solver against the double-precision reference",
                                      .groups = {&group},
                                      .run = run};

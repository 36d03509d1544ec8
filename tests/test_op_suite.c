/* No shape falls off a cliff: for every case of the benchmark and its odd neighbours (bench/suite.txt,
 * bench/suite_odd.txt), in f32 and f16, the solver, its launches and its bytes of workspace are those of
 * tests/suite_plans.txt, on CPUs of two cores, with registers of 16 floats and of 8, and on a GPU. Counted, not timed,
 * and chosen without running, so any device does. After a choice that was meant to change,
 *
 *     CLUP_WRITE_SUITE_PLANS=1 build-test/tests/test_op_suite
 *
 * writes the table anew; `git diff` then shows what changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <clup/clup.h>
#include <cmocka.h>

#include "context.h"

#define CASES CLUP_TESTS_DIR "/../bench/suite.txt"
#define NEIGHBOURS CLUP_TESTS_DIR "/../bench/suite_odd.txt"
#define PLANS CLUP_TESTS_DIR "/suite_plans.txt"

enum { LINE = 600, MOST = 400 };

typedef struct table {
  char lines[MOST][LINE];
  size_t count;
} table;

static table cases, neighbours, plans, found;
static clup_host *host;

/* The lines of a file, without comments and blank ones. */
static void load(const char *path, table *t) {
  FILE *file = fopen(path, "r");
  if (!file) {
    fail_msg("cannot read %s", path);
    return;
  }
  char line[LINE];
  t->count = 0;
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\r\n")] = 0;
    if (line[0] == 0 || line[0] == '#') continue;
    if (t->count == MOST) fail_msg("%s has more than %d cases", path, MOST);
    memcpy(t->lines[t->count++], line, sizeof line);
  }
  fclose(file);
}

/* What the choice looks at, of a device; everything else is that of the device this runs on. */
static const struct {
  const char *name;
  bool is_cpu, has_wide_vectors;
  cl_uint compute_units;
  size_t max_work_group;
  cl_ulong local_memory;
} devices[] = {{"cpu", true, true, 2, 4096, 2 << 20},
               {"narrow cpu", true, false, 2, 4096, 2 << 20},
               {"gpu", false, false, 132, 1024, 48 << 10}};
enum { DEVICES = sizeof devices / sizeof devices[0] };

static void pretend(size_t d) {
  device_caps *caps = &clup_host_context(host)->caps;
  caps->is_cpu = devices[d].is_cpu;
  caps->has_wide_vectors = devices[d].has_wide_vectors;
  caps->compute_units = devices[d].compute_units;
  caps->max_work_group = caps->max_work_item[0] = caps->max_work_item[1] = devices[d].max_work_group;
  caps->max_work_item[2] = 64;
  caps->local_memory = devices[d].local_memory;
}

static clup_algo_info chosen_for(const char *text) {
  clup_problem *problem = NULL;
  clup_algo_info algo = {.chosen = 0};
  if (clup_problem_parse(text, &problem)) fail_msg("%s: %s", text, clup_last_error());
  const size_t count = clup_problem_num_algos(problem);
  for (size_t i = 0; i < count && !algo.chosen; i++)
    if (clup_problem_algo(clup_host_context(host), problem, i, &algo)) fail_msg("%s: %s", text, clup_last_error());
  clup_problem_release(problem);
  if (!algo.chosen) fail_msg("%s: no solver was chosen", text);
  return algo;
}

/* "name dtype: cpu solver launches workspace, gpu ..." for a line "name: problem". */
static void look_up(const char *line, const char *dtype, char out[LINE]) {
  char text[LINE + 16];
  const int name = (int)strcspn(line, ":");
  if (!line[name]) fail_msg("'%s' is not 'name: problem'", line);
  snprintf(text, sizeof text, "%s dtype=%s", line + name + 1 + strspn(line + name + 1, " "), dtype);
  int used = snprintf(out, LINE, "%.*s %s:", name, line, dtype);
  for (size_t d = 0; d < DEVICES; d++) {
    pretend(d);
    const clup_algo_info algo = chosen_for(text);
    assert_in_range(used, 1, LINE - 100);
    used += snprintf(out + used, LINE - (size_t)used, "%s %s %s %d launches %zu bytes", d ? "," : "", devices[d].name,
                     algo.name, algo.launches, algo.workspace_bytes);
  }
}

static void look_up_all(const table *problems, table *out) {
  static const char *const dtypes[] = {"f32", "f16"};
  for (size_t i = 0; i < problems->count; i++)
    for (size_t d = 0; d < 2; d++) {
      assert_true(out->count < MOST);
      look_up(problems->lines[i], dtypes[d], out->lines[out->count++]);
    }
}

/* A case that is added to the suite needs neighbours too. */
static void test_every_case_has_neighbours(void **state) {
  (void)state;
  for (size_t i = 0; i < cases.count; i++) {
    const size_t name = strcspn(cases.lines[i], ":");
    int has = 0;
    for (size_t n = 0; n < neighbours.count; n++)
      has += !strncmp(neighbours.lines[n], cases.lines[i], name) && neighbours.lines[n][name] == '_';
    if (has < 2) fail_msg("bench/suite_odd.txt has %d neighbours of '%.*s'", has, (int)name, cases.lines[i]);
  }
}

static void write_plans(void) {
  FILE *file = fopen(PLANS, "w");
  if (!file) {
    fail_msg("cannot write %s", PLANS);
    return;
  }
  fprintf(file, "# Which solvers the cases of bench/ take: written by tests/test_op_suite.c, which says how.\n");
  for (size_t i = 0; i < found.count; i++) fprintf(file, "%s\n", found.lines[i]);
  assert_int_equal(fclose(file), 0);
}

static void test_plans_are_as_the_table_says(void **state) {
  (void)state;
  size_t differ = 0;
  found.count = 0;
  look_up_all(&cases, &found);
  look_up_all(&neighbours, &found);
  if (getenv("CLUP_WRITE_SUITE_PLANS")) write_plans();
  load(PLANS, &plans);
  for (size_t i = 0; i < found.count || i < plans.count; i++) {
    const char *want = i < plans.count ? plans.lines[i] : "(nothing)",
               *got = i < found.count ? found.lines[i] : "(nothing)";
    if (!strcmp(want, got)) continue;
    if (++differ <= 20) print_error("want %s\n got %s\n", want, got);
  }
  if (differ) fail_msg("%zu of %zu lines differ from tests/suite_plans.txt", differ, found.count);
}

static int set_up(void **state) {
  (void)state;
  clup_context_options options = CLUP_CONTEXT_OPTIONS_INIT;
  options.tune_file = ""; /* what somebody measured here is no part of the table */
  if (clup_host_create(NULL, &options, &host)) return -1;
  load(CASES, &cases);
  load(NEIGHBOURS, &neighbours);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  clup_host_release(host);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_case_has_neighbours),
                                     cmocka_unit_test(test_plans_are_as_the_table_says)};
  return cmocka_run_group_tests_name("op_suite", tests, set_up, tear_down);
}

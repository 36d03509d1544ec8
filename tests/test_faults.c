/* Every OpenCL call that clup makes is made to fail once, each in a process of its own: clup must report it (or do
 * without), must not crash, and must leave no OpenCL object behind. See fault_layer.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trial.h"

extern char **environ;

enum { RIGHT = 0, REPORTED = 10, WRONG_RESULT = 11, NO_MESSAGE = 12, OWN_CALL = 13 };

static const char *self; /* this program's path */
static char scratch[200];

/* ---- the child: one whole use of the library */

static const char *const scenarios[] = {
    "conv_transpose x=1x2x4x4 w=2x3x4x4 bias=1 stride=2x2 padding=1x1",
    "max_unpool x=1x1x3x3 indices=i64 kernel=2x2",
    "interpolate x=1x2x4x4 mode=bicubic size=7x9",
    "pixel_shuffle x=1x8x2x3 factor=2",
    "interpolate x=1x4x3x3 mode=bilinear size=5x4 images=images",
};
enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

static int outcome(clup_status status) {
  if (status == CLUP_OK) return RIGHT;
  return clup_last_error()[0] != 0 ? REPORTED : NO_MESSAGE;
}

static int child(const char *text) {
  clup_host *host = NULL;
  clup_problem *problem = NULL;
  trial_arrays arrays;
  reference_report report;
  int result = RIGHT;
  if (clup_problem_parse(text, &problem) != CLUP_OK) return OWN_CALL;
  trial_arrays_make(problem, REFERENCE_REALS, 5, &arrays);
  const clup_arrays host_arrays = trial_host_arrays(&arrays);
  result = outcome(clup_host_create(NULL, NULL, &host));
  for (int i = 0; i < 2 && result == RIGHT; i++) { /* the second run has the plan already */
    memset(arrays.spans[CLUP_ROLE_OUTPUT], 0xFF, arrays.bytes[CLUP_ROLE_OUTPUT]);
    result = outcome(clup_host_run(host, problem, NULL, &host_arrays, NULL));
    if (result == RIGHT && reference_check(problem, &host_arrays, &report) != 0) result = WRONG_RESULT;
  }
  clup_host_release(host);
  clup_problem_release(problem);
  trial_arrays_free(&arrays);
  return result;
}

/* ---- the parent */

typedef struct run {
  int exited, code; /* code: of exit(), or the signal */
  long calls, objects;
  char failed[64];
} run;

static run run_child(int scenario, long fail_at) {
  char number[24], log[300], at[40], logged[340], layers[600], cache[260];
  run r = {.calls = -1, .objects = -1};
  snprintf(number, sizeof number, "%d", scenario);
  snprintf(log, sizeof log, "%s/log", scratch);
  snprintf(at, sizeof at, "CLUP_FAULT_AT=%ld", fail_at);
  snprintf(logged, sizeof logged, "CLUP_FAULT_LOG=%s", log);
  snprintf(layers, sizeof layers, "OPENCL_LAYERS=%s", CLUP_FAULT_LAYER);
  snprintf(cache, sizeof cache, "CLUP_CACHE_DIR=%s/cache", scratch);
  unlink(log);
  char *environment[300];
  int count = 0;
  for (char **e = environ; *e != NULL && count < 290; e++)
    if (strncmp(*e, "OPENCL_LAYERS=", 14) != 0 && strncmp(*e, "CLUP_", 5) != 0) environment[count++] = *e;
  char *more[] = {at, logged, layers, cache};
  for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) environment[count++] = more[i];
  environment[count] = NULL;
  char *arguments[] = {(char *)(uintptr_t)self, (char *)(uintptr_t) "child", number, NULL};
  pid_t pid;
  int state;
  assert_int_equal(posix_spawn(&pid, self, NULL, NULL, arguments, environment), 0);
  while (waitpid(pid, &state, 0) < 0) assert_int_equal(errno, EINTR);
  r.exited = WIFEXITED(state);
  r.code = r.exited ? WEXITSTATUS(state) : WTERMSIG(state);
  FILE *file = fopen(log, "r");
  if (file == NULL) return r;
  char line[200] = "", *rest = NULL;
  if (fgets(line, sizeof line, file) != NULL && strncmp(line, "calls ", 6) == 0) {
    r.calls = strtol(line + 6, &rest, 10);
    const char *name = rest + strlen(" failed "), *end = strchr(name, ' ');
    if (end != NULL) {
      snprintf(r.failed, sizeof r.failed, "%.*s", (int)(end - name), name);
      r.objects = strtol(end + strlen(" objects "), NULL, 10);
    }
  }
  fclose(file);
  return r;
}

static void remove_cache(void) {
  char command[300];
  snprintf(command, sizeof command, "rm -rf '%s/cache'", scratch);
  assert_int_equal(system(command), 0);
}

/* Fails each call in turn; with `cold` the disk cache is empty every time. Calls are many and alike: after the first
 * `all` of them only every `step`-th one. */
static void fail_each(int scenario, int cold, long all, long step) {
  int reported = 0;
  remove_cache();
  run good = run_child(scenario, 0);
  if (!cold) good = run_child(scenario, 0); /* now from the disk cache */
  if (!good.exited || good.code != RIGHT || good.calls < 30)
    fail_msg("%s: without a fault: %s %d, %ld calls", scenarios[scenario], good.exited ? "exit" : "signal", good.code,
             good.calls);
  assert_int_equal(good.objects, 0);
  assert_string_equal(good.failed, "-");
  for (long n = 1; n <= good.calls; n += n < all ? 1 : step) {
    if (cold) remove_cache();
    const run r = run_child(scenario, n);
    if (!r.exited || (r.code != RIGHT && r.code != REPORTED))
      fail_msg("%s: call %ld (%s) failed: %s %d", scenarios[scenario], n, r.failed, r.exited ? "exit" : "signal",
               r.code);
    if (r.objects != 0)
      fail_msg("%s: call %ld (%s) failed: %ld objects left over", scenarios[scenario], n, r.failed, r.objects);
    reported += r.code == REPORTED;
  }
  assert_true(reported > 10); /* the faults did reach the library */
}

static void test_faults_while_building(void **state) {
  (void)state;
  fail_each(0, 1, 60, 5);
}

static void test_faults_with_a_disk_cache(void **state) {
  (void)state;
  fail_each(0, 0, 400, 3);
}

static void test_faults_of_max_unpool(void **state) {
  (void)state;
  fail_each(1, 0, 0, 2);
}

static void test_faults_of_the_others(void **state) {
  (void)state;
  fail_each(2, 0, 0, 5);
  fail_each(3, 0, 0, 5);
}

static void test_faults_of_images(void **state) {
  (void)state;
  fail_each(4, 0, 0, 2);
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "child") == 0) {
    alarm(60);
    const long scenario = strtol(argv[2], NULL, 10);
    return scenario >= 0 && scenario < SCENARIOS ? child(scenarios[scenario]) : OWN_CALL;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_faults_while_building), cmocka_unit_test(test_faults_with_a_disk_cache),
      cmocka_unit_test(test_faults_of_max_unpool),  cmocka_unit_test(test_faults_of_the_others),
      cmocka_unit_test(test_faults_of_images),
  };
  const char *base = getenv("TMPDIR");
  self = argv[0];
  snprintf(scratch, sizeof scratch, "%s/clup-faults-XXXXXX", base != NULL && strlen(base) < 100 ? base : "/tmp");
  if (mkdtemp(scratch) == NULL) return 1;
  const int result = cmocka_run_group_tests_name("faults", tests, NULL, NULL);
  char command[300];
  snprintf(command, sizeof command, "rm -rf '%s'", scratch);
  return system(command) == 0 ? result : 1;
}

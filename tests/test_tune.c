/* Tuning: what is measured becomes the choice, in this context and by a file in later ones; a damaged file is none. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "context.h"
#include "problem.h"
#include "small.h"

static trial_device device;
static char root[200]; /* a new directory for this run */

static const char *const problem_text = "conv_transpose x=1x3x5x6 w=3x2x4x4 stride=2x2 padding=1x1";

/* A context on that file; disk cache off. */
static clup_context *open_context(const char *file) {
  clup_context_options options = CLUP_CONTEXT_OPTIONS_INIT;
  clup_context *context = NULL;
  options.disk_cache = 0;
  options.tune_file = file;
  if (clup_context_create(device.context, device.device, &options, &context) != CLUP_OK)
    fail_msg("%s", clup_last_error());
  return context;
}

static const char *path_of(const char *name) {
  static char paths[4][300];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", root, name);
  return path;
}

static void write_text(const char *path, const char *text, size_t size) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(text, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
}

static char *read_text(const char *path) {
  static char text[1 << 16];
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  text[fread(text, 1, sizeof text - 1, file)] = 0;
  fclose(file);
  return text;
}

/* The solver that a plan takes when `algo` (NULL: none) is named. */
static const char *solver_of(clup_context *context, const char *text, const char *algo) {
  clup_plan_options options = CLUP_PLAN_OPTIONS_INIT;
  clup_problem *problem = trial_problem(text);
  clup_plan *plan = NULL;
  options.algo = algo;
  if (clup_plan_create(context, problem, &options, &plan) != CLUP_OK) fail_msg("%s", clup_last_error());
  const char *name = clup_plan_algo(plan);
  clup_plan_release(plan);
  clup_problem_release(problem);
  return name;
}

static const tune_entry scatter_entry = {.solver = "scatter", .other = "phase", .ns = 1230000, .other_ns = 2050000};

static clup_algo_info info_of(clup_context *context, const char *text, const char *algo) {
  clup_problem *problem = trial_problem(text);
  clup_algo_info info = {.name = NULL};
  for (size_t i = 0; i < clup_problem_num_algos(problem); i++) {
    assert_int_equal(clup_problem_algo(context, problem, i, &info), CLUP_OK);
    if (strcmp(info.name, algo) == 0) break;
  }
  clup_problem_release(problem);
  assert_string_equal(info.name, algo);
  return info;
}

static void test_entry_changes_the_choice(void **state) {
  (void)state;
  clup_context *context = open_context(path_of("choice.txt"));
  const char *untuned = solver_of(context, problem_text, NULL);
  assert_string_not_equal(untuned, "scatter");
  assert_true(tune_db_put(&context->tuned, problem_text, &scatter_entry));
  assert_string_equal(solver_of(context, problem_text, NULL), "scatter");
  /* A name stands before it, and other problems are untouched. */
  assert_string_equal(solver_of(context, problem_text, "gather"), "gather");
  assert_string_equal(solver_of(context, "conv_transpose x=2x3x5x6 w=3x2x4x4 stride=2 padding=1", NULL), untuned);
  clup_algo_info info = info_of(context, problem_text, "scatter");
  assert_true(info.chosen);
  assert_string_equal(info.reason, "tuned: 1.23 ms (phase 2.05 ms)");
  info = info_of(context, problem_text, untuned);
  assert_false(info.chosen);
  assert_non_null(strstr(info.reason, "scatter is faster"));
  /* A second context reads it from the file; one that has no file does not know it. */
  clup_context *second = open_context(path_of("choice.txt")), *without = open_context("");
  assert_string_equal(solver_of(second, problem_text, NULL), "scatter");
  assert_string_equal(solver_of(without, problem_text, NULL), untuned);
  assert_string_equal(clup_context_tune_file(second), path_of("choice.txt"));
  assert_string_equal(clup_context_tune_file(without), "");
  /* The file is read once: what another context finds later stays its own. */
  const tune_entry gather = {.solver = "gather", .ns = 5};
  assert_true(tune_db_put(&context->tuned, problem_text, &gather));
  assert_string_equal(solver_of(second, problem_text, NULL), "scatter");
  assert_string_equal(info_of(context, problem_text, "gather").reason, "tuned: 5e-06 ms");
  assert_null(strstr(read_text(path_of("choice.txt")), "scatter"));
  clup_context_release(second);
  second = open_context(path_of("choice.txt"));
  assert_string_equal(solver_of(second, problem_text, NULL), "gather");
  clup_context_release(second);
  clup_context_release(without);
  clup_context_release(context);
}

/* A solver that is gone, or that does not apply to the problem (any more): as if there were no entry. */
static void test_entry_that_no_longer_applies(void **state) {
  (void)state;
  static const struct {
    const char *text, *solver;
  } cases[] = {{"conv_transpose x=1x3x5x6 w=3x2x4x4", "no_such_solver"},
               {"max_unpool x=1x2x3x4 kernel=2x2 indices=i64", "scatter"},
               {"pixel_shuffle x=1x4x3x5 factor=2 x_strides=120x30x10x2", "rows"}};
  clup_context *context = open_context(""), *untuned = open_context("");
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char canonical[PROBLEM_TEXT];
    tune_entry entry = {.ns = 1};
    strcpy(entry.solver, cases[i].solver);
    clup_problem *problem = trial_problem(cases[i].text);
    assert_int_equal(clup_problem_print(problem, canonical, sizeof canonical, NULL), CLUP_OK);
    clup_problem_release(problem);
    assert_false(tune_db_put(&context->tuned, canonical, &entry)); /* there is no file */
    assert_string_equal(solver_of(context, cases[i].text, NULL), solver_of(untuned, cases[i].text, NULL));
  }
  clup_context_release(untuned);
  clup_context_release(context);
}

/* ---- measuring */

static void tune_problem(clup_context *context, const char *text) {
  clup_tune_options options = CLUP_TUNE_OPTIONS_INIT;
  clup_tune_result results[32];
  clup_problem *problem = trial_problem(text);
  size_t count = 32;
  int stored = -1, chosen = -1, untuned = -1;
  options.seconds = 0.002;
  if (clup_tune(context, device.queue, problem, &options, results, &count, &stored) != CLUP_OK)
    fail_msg("%s: %s", text, clup_last_error());
  assert_int_equal(count, clup_problem_num_algos(problem));
  assert_int_equal(stored, 1);
  for (size_t i = 0; i < count; i++) {
    clup_algo_info info;
    assert_int_equal(clup_problem_algo(context, problem, i, &info), CLUP_OK);
    assert_string_equal(results[i].algo, info.name);
    if (!info.applicable != !(results[i].ms > 0) || !info.applicable != (results[i].reason[0] != 0))
      fail_msg("%s: %s: %g ms, '%s'", text, info.name, results[i].ms, results[i].reason);
    if (info.applicable && results[i].runs < 1) fail_msg("%s: %s: %d runs", text, info.name, results[i].runs);
    assert_int_equal(info.chosen, results[i].chosen);
    if (results[i].chosen) {
      assert_int_equal(chosen, -1);
      chosen = (int)i;
    }
    if (results[i].untuned) {
      assert_int_equal(untuned, -1);
      untuned = (int)i;
    }
  }
  assert_true(chosen >= 0 && untuned >= 0);
  /* The fastest, or the untuned choice within 3 %. */
  for (size_t i = 0; i < count; i++) {
    double tolerance = chosen == untuned ? 0.97 : 1;
    if (results[i].ms > 0 && results[i].ms < tolerance * results[chosen].ms)
      fail_msg("%s: %s took %g ms, the chosen %s %g", text, results[i].algo, results[i].ms, results[chosen].algo,
               results[chosen].ms);
  }
  clup_context *later = open_context(clup_context_tune_file(context)), *without = open_context("");
  assert_string_equal(solver_of(without, text, NULL), results[untuned].algo);
  clup_context_release(without);
  assert_string_equal(solver_of(later, text, NULL), results[chosen].algo);
  clup_context_release(later);
  clup_problem_release(problem);
}

static void test_tuning_measures_every_solver(void **state) {
  (void)state;
  clup_context *context = open_context(path_of("measured.txt"));
  tune_problem(context, problem_text);
  tune_problem(context, "conv_transpose x=1x4x9 w=4x3x3 bias=1 activation=relu");
  tune_problem(context, "interpolate x=1x2x9x8 mode=bilinear size=17x19");
  tune_problem(context, "interpolate x=1x2x9x8 mode=nearest scale_factor=2x2 dtype=u8");
  tune_problem(context, "pixel_shuffle x=1x8x3x5 factor=2 dtype=f64");
  tune_problem(context, "max_unpool x=1x2x6x7 kernel=2x2 indices=i32");
  tune_problem(context, "max_unpool x=2x3x5x6 kernel=2x2 padding=1x1 indices=i64 onnx=1 stride=2x2 output_size=12x13");
  tune_problem(context, "interpolate x=1x4x5x6 mode=bilinear size=9x11 dtype=u8 images=images");
  struct stat info;
  assert_int_equal(stat(path_of("measured.txt"), &info), 0);
  assert_int_equal(info.st_mode & 0777, 0600);
  clup_context_release(context);
}

/* Results as many as there is room for; none. */
static void test_room_and_errors(void **state) {
  (void)state;
  clup_context *context = open_context("");
  clup_tune_options options = CLUP_TUNE_OPTIONS_INIT;
  clup_problem *problem = trial_problem(problem_text);
  clup_tune_result results[2] = {{.algo = "untouched"}, {.algo = "untouched"}};
  size_t count = 1;
  int stored = -1;
  options.seconds = 0.001;
  assert_int_equal(clup_tune(context, device.queue, problem, &options, results, &count, &stored), CLUP_OK);
  assert_int_equal(count, clup_problem_num_algos(problem));
  assert_int_equal(stored, 0);
  assert_string_not_equal(results[0].algo, "untouched");
  assert_string_equal(results[1].algo, "untouched");
  assert_int_equal(clup_tune(context, device.queue, problem, &options, NULL, NULL, NULL), CLUP_OK);
  assert_int_equal(clup_tune(NULL, device.queue, problem, NULL, NULL, NULL, NULL), CLUP_INVALID_ARGUMENT);
  assert_int_equal(clup_tune(context, device.queue, NULL, NULL, NULL, NULL, NULL), CLUP_INVALID_ARGUMENT);
  assert_int_equal(clup_tune(context, NULL, problem, NULL, NULL, NULL, NULL), CLUP_INVALID_ARGUMENT);
  assert_int_equal(clup_tune(context, device.queue, problem, NULL, results, NULL, NULL), CLUP_INVALID_ARGUMENT);
  options.seconds = 0;
  assert_int_equal(clup_tune(context, device.queue, problem, &options, NULL, NULL, NULL), CLUP_INVALID_ARGUMENT);
  clup_problem_release(problem);
  clup_context_release(context);
}

/* The host layer keeps its plan, but not beyond a new choice. */
static void test_host_layer_takes_a_new_choice(void **state) {
  (void)state;
  clup_context_options options = CLUP_CONTEXT_OPTIONS_INIT;
  clup_host *host = NULL;
  options.disk_cache = 0;
  options.tune_file = "";
  assert_int_equal(clup_host_create(NULL, &options, &host), CLUP_OK);
  clup_problem *problem = trial_problem(problem_text);
  trial_arrays arrays;
  trial_arrays_make(problem, REFERENCE_REALS, 1, &arrays);
  const clup_arrays given = trial_host_arrays(&arrays);
  uint64_t built[3];
  for (int i = 0; i < 3; i++) {
    if (i == 2) tune_db_put(&clup_host_context(host)->tuned, problem_text, &scatter_entry);
    assert_int_equal(clup_host_run(host, problem, NULL, &given, NULL), CLUP_OK);
    assert_int_equal(clup_context_cache_stats(clup_host_context(host), &built[i], NULL, NULL), CLUP_OK);
  }
  assert_int_equal(built[1], built[0]);
  assert_true(built[2] > built[1]);
  trial_arrays_free(&arrays);
  clup_problem_release(problem);
  clup_host_release(host);
}

/* ---- files that are no good */

static int finds(const char *path, const char *text) {
  tune_db db;
  tune_entry entry;
  assert_true(tune_db_init(&db, path, NULL, "a device"));
  int found = tune_db_find(&db, text, &entry);
  if (found) assert_string_equal(entry.solver, "scatter");
  tune_db_clear(&db);
  return found;
}

static int puts_into(const char *path, const char *text) {
  tune_db db;
  tune_entry entry;
  assert_true(tune_db_init(&db, path, NULL, "a device"));
  int stored = tune_db_put(&db, text, &scatter_entry);
  assert_true(tune_db_find(&db, text, &entry)); /* in memory in any case */
  tune_db_clear(&db);
  return stored;
}

static void test_damaged_lines_are_left_out(void **state) {
  (void)state;
  const char *path = path_of("lines.txt");
  assert_true(puts_into(path, "good"));
  char good[300];
  snprintf(good, sizeof good, "%s", strchr(read_text(path), '\n') + 1);
  static const char *const damaged[] = {
      "",
      "x",
      " ",
      "\t\n",
      "0123456789abcdef",
      "0123456789abcdef scatter",
      "0123456789abcdef scatter 1 phase 2",
      "0123456789abcdef scatter 1 phase 2 ",
      "0123456789abcdef scatter one phase 2 text",
      "0123456789abcdef scatter -1 phase 2 text",
      "zzzz scatter 1 phase 2 text",
      "0123456789abcdef scatter 99999999999999999999999999 phase 2 text",
      "0123456789abcdef a_solver_with_a_name_that_is_far_too_long_to_be_one_of_ours 1 phase 2 text"};
  for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
    char text[1000];
    snprintf(text, sizeof text, "# clup tuning 1\n%s\n%s%s", damaged[i], good, damaged[i]);
    write_text(path, text, strlen(text));
    if (!finds(path, "good")) fail_msg("after '%s' a good line is not found", damaged[i]);
    assert_true(puts_into(path, "another"));
    assert_true(finds(path, "good") && finds(path, "another"));
    if (damaged[i][0] != 0 && strlen(damaged[i]) > 5 && strstr(read_text(path), damaged[i]) != NULL)
      fail_msg("'%s' was kept", damaged[i]);
  }
  /* Cut off anywhere: never more than was there. */
  char whole[600];
  snprintf(whole, sizeof whole, "# clup tuning 1\n%s", good);
  for (size_t size = 0; size < strlen(whole); size++) {
    write_text(path, whole, size);
    if (finds(path, "good") && size + 1 < strlen(whole)) fail_msg("found in %d bytes", (int)size);
  }
}

static void test_files_of_other_kinds(void **state) {
  (void)state;
  const char *path = path_of("other");
  static const char text[] = "notes of mine\n", zero[] = "# clup tuning 1\nab\0cd\n";
  write_text(path, text, sizeof text - 1);
  assert_false(finds(path, "a") || puts_into(path, "a")); /* somebody's file is not overwritten */
  assert_string_equal(read_text(path), text);
  write_text(path, zero, sizeof zero - 1);
  assert_false(finds(path, "a") || puts_into(path, "a"));
  unlink(path);
  assert_int_equal(mkfifo(path, 0600), 0); /* must not hang */
  assert_false(finds(path, "a") || puts_into(path, "a"));
  unlink(path);
  assert_int_equal(mkdir(path, 0700), 0);
  assert_false(finds(path, "a") || puts_into(path, "a"));
  rmdir(path);
  assert_true(puts_into(path_of("target"), "a"));
  assert_int_equal(symlink(path_of("target"), path), 0);
  assert_false(finds(path, "a") || puts_into(path, "a"));
  unlink(path);
  write_text(path, "", 0);
  assert_true(puts_into(path, "a") && finds(path, "a"));
  /* A place that cannot be written, not even by root. */
  char below[400];
  snprintf(below, sizeof below, "%s/below/it", path);
  assert_false(finds(below, "a") || puts_into(below, "a"));
  if (geteuid() != 0) {
    assert_int_equal(mkdir(path_of("closed"), 0500), 0);
    assert_false(puts_into(path_of("closed/tuning.txt"), "a"));
  }
  assert_true(puts_into(path_of("made/for/it.txt"), "a") && finds(path_of("made/for/it.txt"), "a"));
}

static void test_other_devices_stay(void **state) {
  (void)state;
  const char *path = path_of("devices.txt");
  tune_db one, other;
  tune_entry entry;
  assert_true(tune_db_init(&one, path, NULL, "one device") && tune_db_init(&other, path, NULL, "another device"));
  assert_true(tune_db_put(&one, "a problem", &scatter_entry));
  assert_false(tune_db_find(&other, "a problem", &entry));
  assert_true(tune_db_put(&other, "a problem", &(tune_entry){.solver = "gather", .ns = 7}));
  tune_db_clear(&one);
  assert_true(tune_db_init(&one, path, NULL, "one device"));
  assert_true(tune_db_find(&one, "a problem", &entry));
  assert_string_equal(entry.solver, "scatter");
  assert_true(entry.ns == 1230000 && entry.other_ns == 2050000);
  assert_string_equal(entry.other, "phase");
  tune_db_clear(&one);
  tune_db_clear(&other);
}

/* Processes that write at once may lose each other's lines, but never leave a damaged file. */
static void test_processes_at_once(void **state) {
  (void)state;
  enum { PROCESSES = 4, ENTRIES = 40 };
  const char *path = path_of("processes.txt");
  assert_true(puts_into(path, "first"));
  for (int process = 0; process < PROCESSES; process++) {
    if (fork() != 0) continue;
    int failed = 0;
    for (int i = 0; i < ENTRIES; i++) {
      char text[64];
      tune_db db;
      tune_entry entry;
      snprintf(text, sizeof text, "problem %d of %d", i, process);
      failed |= !tune_db_init(&db, path, NULL, "a device") || !tune_db_find(&db, "first", &entry) ||
                !tune_db_put(&db, text, &scatter_entry);
      tune_db_clear(&db);
    }
    _exit(failed);
  }
  for (int process = 0; process < PROCESSES; process++) {
    int status = 0;
    assert_true(wait(&status) > 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  char *text = read_text(path), *rest = NULL;
  int lines = 0;
  for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest), lines++)
    if (lines > 0 && strstr(line, " scatter 1230000 phase 2050000 ") == NULL) fail_msg("line %d is '%s'", lines, line);
  assert_true(lines > ENTRIES / 2);
}

/* ---- where it is */

static void expect_file(const clup_context_options *options, const char *want) {
  clup_context *context = NULL;
  assert_int_equal(clup_context_create(device.context, device.device, options, &context), CLUP_OK);
  assert_string_equal(clup_context_tune_file(context), want);
  clup_context_release(context);
}

static void test_place(void **state) {
  (void)state;
  clup_context_options options = CLUP_CONTEXT_OPTIONS_INIT;
  options.cache_dir = path_of("cache");
  expect_file(&options, path_of("cache/tuning.txt"));
  options.tune_file = "";
  expect_file(&options, "");
  options.tune_file = path_of("named.txt");
  expect_file(&options, path_of("named.txt"));
  options.tune_file = NULL;
  setenv("CLUP_TUNE_FILE", path_of("variable.txt"), 1);
  expect_file(&options, path_of("variable.txt"));
  setenv("CLUP_CACHE", "0", 1); /* takes away the cache's directory, not a file that is named */
  expect_file(&options, path_of("variable.txt"));
  setenv("CLUP_TUNE_FILE", "", 1);
  expect_file(&options, "");
  unsetenv("CLUP_TUNE_FILE");
  expect_file(&options, "");
  unsetenv("CLUP_CACHE");
  options.disk_cache = 0;
  expect_file(&options, "");
  assert_string_equal(clup_context_tune_file(NULL), "");
  /* In the cache's directory its rules hold: the user's own, closed to others' writing. */
  tune_db db;
  assert_int_equal(mkdir(path_of("open"), 0700), 0);
  assert_true(tune_db_init(&db, NULL, path_of("open"), "a device"));
  assert_true(tune_db_put(&db, "a", &scatter_entry));
  assert_int_equal(chmod(path_of("open"), 0777), 0);
  assert_false(tune_db_put(&db, "b", &scatter_entry));
  tune_db_clear(&db);
  assert_true(tune_db_init(&db, NULL, path_of("open"), "a device"));
  assert_true(tune_db_is_empty(&db));
  tune_db_clear(&db);
}

static int open_device(void **state) {
  (void)state;
  unsetenv("CLUP_CACHE");
  unsetenv("CLUP_TUNE_FILE");
  snprintf(root, sizeof root, "/tmp/clup-tune-XXXXXX");
  assert_non_null(mkdtemp(root));
  trial_device_open(&device, 0);
  return 0;
}

static int close_device(void **state) {
  (void)state;
  char command[300];
  trial_device_close(&device);
  snprintf(command, sizeof command, "rm -rf '%s'", root);
  return system(command);
}

int main(void) {
  alarm(240);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_entry_changes_the_choice),
      cmocka_unit_test(test_entry_that_no_longer_applies),
      cmocka_unit_test(test_tuning_measures_every_solver),
      cmocka_unit_test(test_room_and_errors),
      cmocka_unit_test(test_host_layer_takes_a_new_choice),
      cmocka_unit_test(test_damaged_lines_are_left_out),
      cmocka_unit_test(test_files_of_other_kinds),
      cmocka_unit_test(test_other_devices_stay),
      cmocka_unit_test(test_processes_at_once),
      cmocka_unit_test(test_place),
  };
  return cmocka_run_group_tests_name("tuning", tests, open_device, close_device);
}

/* The caches of built programs: in memory, and on disk with every kind of damage; a damaged file is a miss, never more.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "small.h"

static trial_device device;
static char root[200]; /* a new directory for this run; every test has one below it */
static int directories;

static const char *const problem_text = "interpolate x=1x2x5x6 mode=bilinear size=9x13";

static void new_directory(char *dir, size_t size) {
  snprintf(dir, size, "%s/%d", root, directories++);
}

/* Builds and runs the problem on a new context; programs built, and loaded from disk. */
static void use(const char *dir, const char *text, uint64_t *built, uint64_t *from_disk) {
  clup_context_options options = CLUP_CONTEXT_OPTIONS_INIT;
  options.cache_dir = dir;
  trial_device own = device;
  if (clup_context_create(device.context, device.device, &options, &own.clup) != CLUP_OK)
    fail_msg("%s", clup_last_error());
  small_against_reference(&own, text, REFERENCE_REALS);
  assert_int_equal(clup_context_cache_stats(own.clup, built, from_disk, NULL), CLUP_OK);
  clup_context_release(own.clup);
}

/* Calls `visit` with each file's path; returns how many there are. */
static int each_file(const char *dir, void (*visit)(const char *path, int number, long detail), long detail) {
  char path[600];
  int count = 0;
  DIR *open = opendir(dir);
  if (open == NULL) return 0;
  for (struct dirent *entry; (entry = readdir(open)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%.300s/%.200s", dir, entry->d_name);
    if (visit != NULL) visit(path, count, detail);
    count++;
  }
  closedir(open);
  return count;
}

static void remove_one(const char *path, int number, long detail) {
  (void)number;
  (void)detail;
  if (unlink(path) != 0) rmdir(path);
}

static void test_second_context_builds_nothing(void **state) {
  (void)state;
  char dir[250];
  uint64_t built = 0, loaded = 0, first;
  new_directory(dir, sizeof dir);
  use(dir, problem_text, &first, &loaded);
  assert_true(first > 0);
  assert_int_equal(loaded, 0);
  assert_int_equal(each_file(dir, NULL, 0), first);
  use(dir, problem_text, &built, &loaded);
  assert_int_equal(built, 0);
  assert_int_equal(loaded, first);
  struct stat info;
  assert_int_equal(stat(dir, &info), 0);
  assert_int_equal(info.st_mode & 0777, 0700);
}

/* ---- damage: each in turn to every file */

static void shorten(const char *path, int number, long detail) {
  struct stat info;
  (void)number;
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(truncate(path, detail < 0 ? info.st_size + detail : detail == 1000 ? info.st_size / 2 : detail), 0);
}

static void lengthen(const char *path, int number, long detail) {
  (void)number;
  (void)detail;
  FILE *file = fopen(path, "ab");
  assert_non_null(file);
  fputc('x', file);
  assert_int_equal(fclose(file), 0);
}

static void change_byte(const char *path, off_t at, int mask) {
  unsigned char byte;
  const int file = open(path, O_RDWR);
  assert_true(file >= 0);
  assert_int_equal(pread(file, &byte, 1, at), 1);
  byte ^= (unsigned char)mask;
  assert_int_equal(pwrite(file, &byte, 1, at), 1);
  close(file);
}

/* A bit at `detail` thousandths of the file. */
static void flip(const char *path, int number, long detail) {
  struct stat info;
  assert_int_equal(stat(path, &info), 0);
  change_byte(path, (info.st_size - 1) * detail / 1000, 1 << (number + detail) % 8);
}

static void make_directory(const char *path, int number, long detail) {
  remove_one(path, number, detail);
  assert_int_equal(mkdir(path, 0700), 0);
}

static void make_fifo(const char *path, int number, long detail) {
  remove_one(path, number, detail);
  assert_int_equal(mkfifo(path, 0600), 0);
}

static void make_link(const char *path, int number, long detail) {
  char moved[700];
  (void)number;
  (void)detail;
  snprintf(moved, sizeof moved, "%s.moved", root);
  assert_int_equal(rename(path, moved), 0);
  assert_int_equal(symlink(moved, path), 0);
}

typedef struct damage {
  const char *name;
  void (*visit)(const char *path, int number, long detail);
  long detail;
  int stays; /* the place stays unusable, so that the next context builds again */
} damage;

static const damage damages[] = {
    {"empty files", shorten, 0, 0},
    {"1 byte", shorten, 1, 0},
    {"a header alone", shorten, 40, 0},
    {"half a file", shorten, 1000, 0},
    {"last byte missing", shorten, -1, 0},
    {"a byte too many", lengthen, 0, 0},
    {"first byte", flip, 0, 0},
    {"a bit at 1/1000", flip, 1, 0},
    {"a bit at 1/100", flip, 10, 0},
    {"a bit at 1/20", flip, 50, 0},
    {"a bit at 1/4", flip, 250, 0},
    {"a bit at 1/2", flip, 500, 0},
    {"a bit at 9/10", flip, 900, 0},
    {"last byte", flip, 1000, 0},
    {"directories for files", make_directory, 0, 1},
    {"fifos for files", make_fifo, 0, 0},
    {"symbolic links", make_link, 0, 0},
};

static void test_damaged_files_are_misses(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
    char dir[250];
    uint64_t first, built = 0, loaded = 0;
    new_directory(dir, sizeof dir);
    use(dir, problem_text, &first, &loaded);
    each_file(dir, damages[i].visit, damages[i].detail);
    use(dir, problem_text, &built, &loaded);
    if (built != first || loaded != 0) fail_msg("%s: %d built, %d loaded", damages[i].name, (int)built, (int)loaded);
    use(dir, problem_text, &built, &loaded); /* mended meanwhile */
    if (loaded != (damages[i].stays ? 0 : first)) fail_msg("%s: %d loaded after", damages[i].name, (int)loaded);
  }
}

/* Header fields that lie: one of the first 40 bytes inverted (a fixed value may be the one that was there). */
static void lie(const char *path, int number, long detail) {
  (void)number;
  change_byte(path, detail, 0xFF);
}

static void test_lying_headers(void **state) {
  (void)state;
  char dir[250];
  uint64_t first, built = 0, loaded = 0;
  new_directory(dir, sizeof dir);
  use(dir, problem_text, &first, &loaded);
  for (long byte = 0; byte < 40; byte += 3) {
    each_file(dir, lie, byte);
    use(dir, problem_text, &built, &loaded);
    if (built != first || loaded != 0) fail_msg("byte %ld: %d built, %d loaded", byte, (int)built, (int)loaded);
  }
}

static char other_file[600];

static void keep_path(const char *path, int number, long detail) {
  (void)number;
  (void)detail;
  snprintf(other_file, sizeof other_file, "%s", path);
}

static void overwrite_with_other(const char *path, int number, long detail) {
  (void)number;
  (void)detail;
  static unsigned char bytes[1 << 22];
  FILE *from = fopen(other_file, "rb"), *to = fopen(path, "wb");
  assert_true(from != NULL && to != NULL);
  const size_t size = fread(bytes, 1, sizeof bytes, from);
  assert_int_equal(fwrite(bytes, 1, size, to), size);
  fclose(from);
  assert_int_equal(fclose(to), 0);
}

/* A whole and valid file, of another program. */
static void test_file_of_another_program(void **state) {
  (void)state;
  char dir[250], other[250];
  uint64_t first, built = 0, loaded = 0;
  new_directory(dir, sizeof dir);
  new_directory(other, sizeof other);
  use(dir, problem_text, &first, &loaded);
  use(other, "pixel_shuffle x=1x4x3x5 factor=2", &built, &loaded);
  assert_true(each_file(other, keep_path, 0) > 0);
  each_file(dir, overwrite_with_other, 0);
  use(dir, problem_text, &built, &loaded);
  assert_int_equal(built, first);
  assert_int_equal(loaded, 0);
}

/* ---- directories that are no good */

static void test_directories_that_are_no_good(void **state) {
  (void)state;
  char file[250], below[300], dir[250];
  uint64_t first, built = 0, loaded = 0;
  new_directory(file, sizeof file);
  FILE *made = fopen(file, "wb");
  assert_non_null(made);
  fclose(made);
  snprintf(below, sizeof below, "%s/below/a/file", file); /* cannot be made, not even by root */
  use(below, problem_text, &first, &loaded);
  assert_true(first > 0 && loaded == 0);
  use(file, problem_text, &built, &loaded); /* a file is no directory */
  assert_true(built == first && loaded == 0);

  new_directory(dir, sizeof dir);
  use(dir, problem_text, &built, &loaded);
  assert_int_equal(chmod(dir, 0770), 0); /* others of the group could plant programs */
  use(dir, problem_text, &built, &loaded);
  assert_true(built == first && loaded == 0);
  assert_int_equal(chmod(dir, 0707), 0);
  use(dir, problem_text, &built, &loaded);
  assert_true(built == first && loaded == 0);
  assert_int_equal(chmod(dir, 0700), 0);
  use(dir, problem_text, &built, &loaded);
  assert_true(built == 0 && loaded == first);
  if (geteuid() == 0) { /* a directory of somebody else's */
    assert_int_equal(chown(dir, 1, 1), 0);
    use(dir, problem_text, &built, &loaded);
    assert_true(built == first && loaded == 0);
    assert_int_equal(chown(dir, 0, 0), 0);
  } else { /* one that may be read and not written: what is there is used */
    assert_int_equal(chmod(dir, 0500), 0);
    use(dir, problem_text, &built, &loaded);
    assert_true(built == 0 && loaded == first);
    each_file(dir, NULL, 0);
    assert_int_equal(chmod(dir, 0700), 0);
  }
}

/* ---- where it is, and off */

static void test_environment(void **state) {
  (void)state;
  char dir[250], xdg[250], below[300];
  uint64_t built = 0, loaded = 0;
  new_directory(dir, sizeof dir);
  new_directory(xdg, sizeof xdg);
  snprintf(below, sizeof below, "%s/clup", xdg);
  setenv("CLUP_CACHE_DIR", dir, 1);
  setenv("XDG_CACHE_HOME", xdg, 1);
  use(NULL, problem_text, &built, &loaded);
  assert_true(each_file(dir, NULL, 0) > 0);
  assert_int_equal(access(xdg, F_OK), -1);
  unsetenv("CLUP_CACHE_DIR");
  use(NULL, problem_text, &built, &loaded);
  assert_true(built > 0 && each_file(below, NULL, 0) == (int)built);
  each_file(below, remove_one, 0);
  setenv("CLUP_CACHE", "0", 1);
  use(NULL, problem_text, &built, &loaded);
  assert_true(built > 0 && loaded == 0 && each_file(below, NULL, 0) == 0);
  use(dir, problem_text, &built, &loaded); /* off is off, even for a directory that the program names */
  assert_true(built > 0 && loaded == 0);
  unsetenv("CLUP_CACHE");
  unsetenv("XDG_CACHE_HOME");
  new_directory(dir, sizeof dir);
  clup_context_options options = CLUP_CONTEXT_OPTIONS_INIT;
  options.cache_dir = dir;
  options.disk_cache = 0;
  trial_device own = device;
  assert_int_equal(clup_context_create(device.context, device.device, &options, &own.clup), CLUP_OK);
  small_against_reference(&own, problem_text, REFERENCE_REALS);
  clup_context_release(own.clup);
  assert_int_equal(access(dir, F_OK), -1);
}

/* ---- memory: a second plan of another size, of the same structure */

static void test_another_size_builds_nothing(void **state) {
  (void)state;
  static const char *const pairs[][2] = {
      /* The tile is part of the structure: rows of 16 columns take one vector, wider ones two or three. */
      {"conv_transpose x=2x32x16x32 w=32x32x4x4 stride=2x2 padding=1x1",
       "conv_transpose x=1x64x24x64 w=64x32x4x4 stride=2x2 padding=1x1"},
      {"interpolate x=1x8x16x16 mode=bilinear size=32x32", "interpolate x=2x4x48x32 mode=bilinear size=96x64"},
      /* So is a register's width: rows of fewer columns are another solver's. */
      {"interpolate x=1x3x9x18 mode=bicubic size=20x60", "interpolate x=2x3x15x31 mode=bicubic size=31x64"},
      {"interpolate x=1x8x16x16 mode=nearest size=32x32", "interpolate x=4x8x32x16 mode=nearest size=64x32"},
      {"pixel_shuffle x=1x16x16x16 factor=2", "pixel_shuffle x=2x64x24x48 factor=2"},
      {"max_unpool x=1x16x16x16 indices=i64 kernel=2x2", "max_unpool x=2x8x32x24 indices=i64 kernel=2x2"},
  };
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    uint64_t before = 0, after = 0, memory = 0;
    for (int second = 0; second < 2; second++) {
      clup_plan *plan = NULL;
      clup_problem *problem = trial_problem(pairs[i][second]);
      assert_int_equal(clup_plan_create(device.clup, problem, NULL, &plan), CLUP_OK);
      clup_plan_release(plan);
      clup_problem_release(problem);
      assert_int_equal(clup_context_cache_stats(device.clup, second ? &after : &before, NULL, &memory), CLUP_OK);
    }
    if (after != before) fail_msg("%s after %s: %d programs built", pairs[i][1], pairs[i][0], (int)(after - before));
    assert_true(memory > 0);
  }
  assert_int_equal(clup_context_cache_stats(NULL, NULL, NULL, NULL), CLUP_INVALID_ARGUMENT);
}

static int open_device(void **state) {
  (void)state;
  const char *base = getenv("TMPDIR");
  unsetenv("CLUP_CACHE");
  unsetenv("CLUP_CACHE_DIR");
  snprintf(root, sizeof root, "%s/clup-cache-XXXXXX", base != NULL && strlen(base) < 100 ? base : "/tmp");
  assert_non_null(mkdtemp(root));
  trial_device_open(&device, 0);
  return 0;
}

static int close_device(void **state) {
  (void)state;
  char path[600];
  trial_device_close(&device);
  for (int i = 0; i < directories; i++) {
    snprintf(path, sizeof path, "%s/%d/clup", root, i);
    each_file(path, remove_one, 0);
    rmdir(path);
    snprintf(path, sizeof path, "%s/%d", root, i);
    each_file(path, remove_one, 0);
    if (rmdir(path) != 0) unlink(path);
  }
  snprintf(path, sizeof path, "%s.moved", root);
  unlink(path);
  return rmdir(root);
}

int main(void) {
  alarm(240);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_second_context_builds_nothing),
      cmocka_unit_test(test_damaged_files_are_misses),
      cmocka_unit_test(test_lying_headers),
      cmocka_unit_test(test_file_of_another_program),
      cmocka_unit_test(test_directories_that_are_no_good),
      cmocka_unit_test(test_environment),
      cmocka_unit_test(test_another_size_builds_nothing),
  };
  return cmocka_run_group_tests_name("program caches", tests, open_device, close_device);
}

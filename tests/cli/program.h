/* Runs the program in a directory of its own, with small files to work on, and looks at what it leaves. Shared by the
 * tests of the program; each is a program of its own, so everything here is static. */
#ifndef CLUP_TESTS_CLI_PROGRAM_H
#define CLUP_TESTS_CLI_PROGRAM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "array_file.h"
#include "npy.h"

static char directory[64];

typedef struct outcome {
  int exit;
  char out[65536]; /* stdout */
  char err[8192];  /* stderr */
} outcome;

static inline void read_text(const char *path, char *text, size_t size) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  text[fread(text, 1, size - 1, file)] = 0;
  fclose(file);
}

/* Runs `before` (environment, pipes) + the program + `arguments` in the test's directory. */
static inline const outcome *run_after(const char *before, const char *arguments) {
  static outcome o;
  char command[2048];
  snprintf(command, sizeof command, "cd %s && %s '%s' %s >.out 2>.err", directory, before, CLUP_PROGRAM, arguments);
  int status = system(command);
  assert_true(WIFEXITED(status));
  o.exit = WEXITSTATUS(status);
  char path[128];
  snprintf(path, sizeof path, "%s/.out", directory);
  read_text(path, o.out, sizeof o.out);
  snprintf(path, sizeof path, "%s/.err", directory);
  read_text(path, o.err, sizeof o.err);
  return &o;
}

static inline const outcome *run(const char *arguments) {
  return run_after("", arguments);
}

static inline const char *in_directory(const char *name) {
  static char path[256];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  return path;
}

static inline int exists(const char *name) {
  return access(in_directory(name), F_OK) == 0;
}

static inline void write_bytes(const char *name, const char *text, size_t size) {
  FILE *file = fopen(in_directory(name), "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(text, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
}

static inline void write_npy(const char *name, clup_dtype dtype, int rank, const int64_t *dims, const double *values) {
  cli_error error = {""};
  cli_array array = {.dtype = CLUP_F64, .rank = rank};
  memcpy(array.dims, dims, (size_t)rank * sizeof *dims);
  assert_int_equal(array_allocate(&error, name, &array), CLI_OK);
  size_t count;
  assert_int_equal(array_count(&error, CLI_FAILED, name, &array, &count), CLI_OK);
  memcpy(array.data, values, count * sizeof *values);
  assert_int_equal(array_convert(&error, name, &array, dtype), CLI_OK);
  FILE *file = fopen(in_directory(name), "wb");
  assert_non_null(file);
  assert_int_equal(npy_encode(&error, file, &array), CLI_OK);
  assert_int_equal(fclose(file), 0);
  array_free(&array);
}

/* Reads `name` as f64 values. */
static inline cli_array read_back(const char *name, clup_dtype dtype) {
  cli_error error = {""};
  cli_array array;
  const file_format *format = array_file_format(&error, name, NULL);
  if (array_file_read(&error, in_directory(name), format, &array) != CLI_OK) fail_msg("%s", error.text);
  assert_int_equal(array.dtype, dtype);
  assert_int_equal(array_convert(&error, name, &array, CLUP_F64), CLI_OK);
  return array;
}

static inline void expect_values(const char *name, clup_dtype dtype, int rank, const int64_t *dims,
                                 const double *want) {
  cli_array array = read_back(name, dtype);
  assert_int_equal(array.rank, rank);
  size_t count = 1;
  for (int i = 0; i < rank; i++) {
    assert_int_equal(array.dims[i], dims[i]);
    count *= (size_t)dims[i];
  }
  for (size_t i = 0; i < count; i++) {
    double got = ((double *)array.data)[i];
    if (!(got == want[i])) fail_msg("%s[%zu] is %g, not %g", name, i, got, want[i]);
  }
  array_free(&array);
}

/* Exit code, one line on stderr that begins as it should, and nothing on stdout. */
static inline void expect_error(const char *arguments, int exit_code, const char *word) {
  const outcome *o = run(arguments);
  const char *newline = strchr(o->err, '\n');
  if (o->exit != exit_code || strncmp(o->err, "clup: ", 6) != 0 || strstr(o->err, " : ") == NULL ||
      strstr(o->err, word) == NULL || newline == NULL || newline[1] != 0 || o->out[0] != 0) {
    fail_msg("clup %s: exit %d (not %d), stderr '%s' (wanted '%s'), stdout '%s'", arguments, o->exit, exit_code, o->err,
             word, o->out);
  }
}

static inline void expect_ok(const char *arguments) {
  const outcome *o = run(arguments);
  if (o->exit != 0) fail_msg("clup %s: exit %d, %s", arguments, o->exit, o->err);
}

static const int64_t square[4] = {1, 1, 2, 2};
static const double counted[4] = {0, 1, 2, 3};

static inline int make_files(void **state) {
  (void)state;
  snprintf(directory, sizeof directory, "/tmp/clup_test_XXXXXX");
  if (mkdtemp(directory) == NULL) return -1;
  const double index[4] = {5, 7, 8, 2};
  const double bad_index[4] = {5, 16, 8, 2};
  const double ones[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  const double bias[1] = {10};
  const int64_t one[1] = {1};
  const int64_t kernel[4] = {1, 1, 3, 3};
  const int64_t three[3] = {1, 2, 2};
  const int64_t two[2] = {2, 2};
  double ramp[64];
  for (int i = 0; i < 64; i++) ramp[i] = 4 * i;
  const int64_t rgb[4] = {1, 3, 4, 4};
  write_npy("x.npy", CLUP_F32, 4, square, counted);
  write_npy("x64.npy", CLUP_F64, 4, square, counted);
  write_npy("xu8.npy", CLUP_U8, 4, square, counted);
  write_npy("xi32.npy", CLUP_I32, 4, square, counted);
  write_npy("x3.npy", CLUP_F32, 3, three, counted);
  write_npy("x2.npy", CLUP_F32, 2, two, counted);
  write_npy("i.npy", CLUP_I64, 4, square, index);
  write_npy("i3.npy", CLUP_I64, 3, three, index);
  write_npy("bad.npy", CLUP_I64, 4, square, bad_index);
  write_npy("w.npy", CLUP_F32, 4, kernel, ones);
  write_npy("w64.npy", CLUP_F64, 4, kernel, ones);
  write_npy("b.npy", CLUP_F32, 1, one, bias);
  write_npy("rgb.npy", CLUP_U8, 4, rgb, ramp);
  write_bytes("broken.npy", "\x93NUMPY\x01\x00\xff\xff", 10);
  write_bytes("broken.png", "\x89PNG\r\n\x1a\nxxxx", 12);
  write_bytes("broken.jpg", "\xff\xd8\xff\xe0", 4);
  write_bytes("broken.ppm", "P6 9 9 255 a", 12);
  write_bytes("note.txt", "hello", 5);
  return mkdir(in_directory("empty"), 0777) == 0 && mkdir(in_directory("dir.npy"), 0777) == 0 ? 0 : -1;
}

static inline int remove_files(void **state) {
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", directory);
  return system(command);
}

#endif

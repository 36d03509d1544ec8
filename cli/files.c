#define _XOPEN_SOURCE 700 /* realpath */

#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int file_read(cli_error *error, const char *path, unsigned char **bytes, size_t *size) {
  int from_stdin = strcmp(path, "-") == 0;
  const char *name = from_stdin ? "standard input" : path;
  FILE *file = from_stdin ? stdin : fopen(path, "rb");
  if (file == NULL) return cli_fail(error, CLI_BAD_INPUT, name, "cannot be opened: %s", strerror(errno));
  int rc = CLI_OK;
  unsigned char *data = NULL;
  size_t used = 0;
  size_t capacity = (size_t)1 << 16;
  struct stat info;
  if (fstat(fileno(file), &info) == 0) {
    if (S_ISDIR(info.st_mode)) {
      rc = cli_fail(error, CLI_BAD_INPUT, name, "is a directory");
      goto done;
    }
    /* One more than it has: the read that meets the end then needs no second buffer. */
    if (S_ISREG(info.st_mode) && info.st_size >= 0) capacity = (size_t)info.st_size + 1;
  }
  data = malloc(capacity);
  if (data == NULL) {
    rc = cli_no_memory(error, name, capacity);
    goto done;
  }
  for (;;) {
    size_t got = fread(data + used, 1, capacity - used, file);
    used += got;
    if (got == 0) break;
    if (used == capacity) {
      capacity = capacity > SIZE_MAX / 2 ? SIZE_MAX : capacity * 2;
      unsigned char *more = realloc(data, capacity);
      if (more == NULL) {
        rc = cli_no_memory(error, name, capacity);
        goto done;
      }
      data = more;
    }
  }
  if (ferror(file)) {
    rc = cli_fail(error, CLI_BAD_INPUT, name, "cannot be read: %s", strerror(errno));
    goto done;
  }
  *bytes = data;
  *size = used;
  data = NULL;
done:
  free(data);
  if (!from_stdin) fclose(file);
  return rc;
}

/* The file that a signal must not leave behind. One output is open at a time. */
static char beside_name[4096];
static volatile sig_atomic_t beside_exists;

static void remove_and_die(int number) {
  if (beside_exists) unlink(beside_name);
  signal(number, SIG_DFL);
  raise(number);
}

static void guard_against_signals(const char *name) {
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  if (strlen(name) >= sizeof beside_name) return;
  strcpy(beside_name, name);
  beside_exists = 1;
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    struct sigaction old;
    if (sigaction(numbers[i], NULL, &old) != 0 || old.sa_handler != SIG_DFL) continue;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = remove_and_die;
    sigaction(numbers[i], &action, NULL);
  }
}

static int open_beside(cli_error *error, const char *path, mode_t mode, out_file *out) {
  size_t room = strlen(path) + 32;
  out->beside = malloc(room);
  if (out->beside == NULL) return cli_no_memory(error, path, room);
  int descriptor = -1;
  for (int attempt = 0; attempt < 100 && descriptor < 0; attempt++) {
    snprintf(out->beside, room, "%s.%ld-%d.part", path, (long)getpid(), attempt);
    descriptor = open(out->beside, O_WRONLY | O_CREAT | O_EXCL, (mode_t)0666);
    if (descriptor < 0 && errno != EEXIST) break;
  }
  if (descriptor < 0) {
    int why = errno;
    free(out->beside);
    out->beside = NULL;
    return cli_fail(error, CLI_FAILED, path, "cannot be written: %s", strerror(why));
  }
  guard_against_signals(out->beside);
  /* The permissions of the file that it replaces; where they cannot be had, those of a new file do. */
  if (mode != 0 && fchmod(descriptor, mode) != 0) errno = 0;
  out->stream = fdopen(descriptor, "wb");
  if (out->stream == NULL) {
    close(descriptor);
    return cli_fail(error, CLI_FAILED, path, "cannot be written: %s", strerror(errno));
  }
  return CLI_OK;
}

int out_file_open(cli_error *error, const char *path, out_file *out) {
  memset(out, 0, sizeof *out);
  if (strcmp(path, "-") == 0) {
    out->stream = open_memstream(&out->memory, &out->size);
    if (out->stream == NULL) return cli_no_memory(error, "standard output", 1);
    return CLI_OK;
  }
  struct stat info;
  mode_t mode = 0;
  int exists = stat(path, &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) return cli_fail(error, CLI_FAILED, path, "cannot be written: is a directory");
  if (exists && access(path, W_OK) != 0) {
    return cli_fail(error, CLI_FAILED, path, "cannot be written: %s", strerror(errno));
  }
  if (exists && S_ISREG(info.st_mode)) mode = info.st_mode & 0777;
  /* A link keeps pointing to its file: what it points to is replaced. */
  out->path = exists ? realpath(path, NULL) : strdup(path);
  if (out->path == NULL) return cli_fail(error, CLI_FAILED, path, "cannot be written: %s", strerror(errno));
  int rc = CLI_OK;
  if (exists && !S_ISREG(info.st_mode)) {
    out->stream = fopen(path, "wb");
    if (out->stream == NULL) rc = cli_fail(error, CLI_FAILED, path, "cannot be written: %s", strerror(errno));
  } else {
    rc = open_beside(error, out->path, mode, out);
  }
  if (rc != CLI_OK) out_file_abandon(out);
  return rc;
}

int out_file_commit(cli_error *error, out_file *out) {
  const char *name = out->path != NULL ? out->path : "standard output";
  int rc = CLI_OK;
  int failed = ferror(out->stream);
  errno = 0;
  /* fclose() is where a full disk shows. */
  if (fclose(out->stream) != 0) failed = 1;
  out->stream = NULL;
  if (failed) {
    rc = cli_fail(error, CLI_FAILED, name, "cannot be written: %s", errno != 0 ? strerror(errno) : "write error");
  } else if (out->path == NULL) {
    if (fwrite(out->memory, 1, out->size, stdout) != out->size || fflush(stdout) != 0) {
      rc = cli_fail(error, CLI_FAILED, name, "cannot be written: %s", strerror(errno));
      clearerr(stdout);
    }
  } else if (out->beside != NULL) {
    if (rename(out->beside, out->path) != 0) {
      rc = cli_fail(error, CLI_FAILED, name, "cannot be written: %s", strerror(errno));
    } else {
      beside_exists = 0;
      free(out->beside);
      out->beside = NULL;
    }
  }
  out_file_abandon(out);
  return rc;
}

void out_file_abandon(out_file *out) {
  if (out->stream != NULL) fclose(out->stream);
  if (out->beside != NULL) {
    unlink(out->beside);
    beside_exists = 0;
  }
  free(out->beside);
  free(out->path);
  free(out->memory);
  memset(out, 0, sizeof *out);
}

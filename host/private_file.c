#include "private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *path_join(const char *dir, const char *name) {
  size_t size = strlen(dir) + strlen(name) + 2;
  char *path = malloc(size);
  if (path) snprintf(path, size, "%s/%s", dir, name);
  return path;
}

bool directory_is_private(const char *dir) {
  struct stat info;
  return !stat(dir, &info) && S_ISDIR(info.st_mode) && info.st_uid == geteuid() && !(info.st_mode & 022);
}

bool make_directories(const char *dir) {
  char *path = path_join(dir, "");
  if (!path) return false;
  bool made = true;
  for (char *slash = path + 1; made && (slash = strchr(slash, '/')); slash++) {
    *slash = 0;
    made = !mkdir(path, 0700) || errno == EEXIST;
    *slash = '/';
  }
  free(path);
  return made;
}

static bool read_all(int file, void *to, size_t size) {
  char *at = to;
  while (size) {
    ssize_t n = read(file, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= (size_t)n;
  }
  return true;
}

static bool write_all(int file, const void *from, size_t size) {
  const char *at = from;
  while (size) {
    ssize_t n = write(file, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= (size_t)n;
  }
  return true;
}

static char *read_from(int file, size_t most, size_t *size) {
  struct stat info;
  if (fstat(file, &info) || !S_ISREG(info.st_mode) || info.st_uid != geteuid() || info.st_size < 0 ||
      (unsigned long long)info.st_size > most)
    return NULL;
  size_t bytes = (size_t)info.st_size;
  char *body = malloc(bytes + 1);
  if (!body) return NULL;
  if (!read_all(file, body, bytes)) {
    free(body);
    return NULL;
  }
  body[bytes] = 0;
  *size = bytes;
  return body;
}

char *private_file_read(const char *path, size_t most, size_t *size) {
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return NULL;
  char *body = read_from(file, most, size);
  close(file);
  return body;
}

bool private_file_write(const char *path, const file_part *parts, int count) {
  size_t size = strlen(path) + sizeof ".XXXXXX";
  char *beside = malloc(size);
  if (!beside) return false;
  snprintf(beside, size, "%s.XXXXXX", path);
  bool written = false;
  int file = mkstemp(beside);
  if (file >= 0) {
    written = true;
    for (int i = 0; i < count && written; i++) written = write_all(file, parts[i].data, parts[i].size);
    written = !close(file) && written && !rename(beside, path);
    if (!written) unlink(beside);
  }
  free(beside);
  return written;
}

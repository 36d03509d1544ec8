#include "disk_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "clup-program-1\n"
#define MAX_FILE (256u << 20)

/* magic, then these, then the key, then the value; the digest covers key and value. */
typedef struct file_header {
  char magic[16];
  uint64_t key_size, value_size, digest;
} file_header;

static char *join(const char *dir, const char *name) {
  size_t size = strlen(dir) + strlen(name) + 2;
  char *path = malloc(size);
  if (path) snprintf(path, size, "%s/%s", dir, name);
  return path;
}

char *disk_cache_dir(const char *given) {
  const char *value = getenv("CLUP_CACHE");
  if (value && !strcmp(value, "0")) return NULL;
  if (!given || !*given) given = getenv("CLUP_CACHE_DIR");
  if (given && *given) return strdup(given);
  if ((value = getenv("XDG_CACHE_HOME")) && value[0] == '/') return join(value, "clup");
  if ((value = getenv("HOME")) && value[0] == '/') return join(value, ".cache/clup");
  return NULL;
}

uint64_t digest(uint64_t hash, const void *data, size_t size) {
  const unsigned char *bytes = data;
  for (size_t i = 0; i < size; i++) hash = (hash ^ bytes[i]) * 0x100000001b3u;
  return hash;
}

/* Whoever may write to the directory can have the driver run code: it must be the user's own, closed to others. */
static bool directory_is_safe(const char *dir) {
  struct stat info;
  return !stat(dir, &info) && S_ISDIR(info.st_mode) && info.st_uid == geteuid() && !(info.st_mode & 022);
}

static bool make_directories(const char *dir) {
  char *path = join(dir, "");
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

static char *file_path(const char *dir, const char *key, const char *suffix) {
  char name[64];
  snprintf(name, sizeof name, "%016llx%s", (unsigned long long)digest(DIGEST_START, key, strlen(key)), suffix);
  return join(dir, name);
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

static void *load_from(int file, const char *key, size_t *size) {
  struct stat info;
  file_header header;
  size_t key_size = strlen(key);
  if (fstat(file, &info) || !S_ISREG(info.st_mode) || info.st_uid != geteuid() ||
      !read_all(file, &header, sizeof header))
    return NULL;
  if (memcmp(header.magic, MAGIC, sizeof header.magic) || header.key_size != key_size || header.value_size > MAX_FILE ||
      (uint64_t)info.st_size != sizeof header + key_size + header.value_size)
    return NULL;
  char *body = malloc(key_size + (size_t)header.value_size + 1);
  if (!body) return NULL;
  if (!read_all(file, body, key_size + (size_t)header.value_size) || memcmp(body, key, key_size) ||
      digest(DIGEST_START, body, key_size + (size_t)header.value_size) != header.digest) {
    free(body);
    return NULL;
  }
  *size = (size_t)header.value_size;
  memmove(body, body + key_size, *size);
  return body;
}

void *disk_cache_load(const char *dir, const char *key, size_t *size) {
  if (!directory_is_safe(dir)) return NULL;
  char *path = file_path(dir, key, ".clup");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
  void *value = file >= 0 ? load_from(file, key, size) : NULL;
  if (file >= 0) close(file);
  free(path);
  return value;
}

bool disk_cache_store(const char *dir, const char *key, const void *value, size_t size) {
  if (size > MAX_FILE || !make_directories(dir) || !directory_is_safe(dir)) return false;
  char *path = file_path(dir, key, ".clup"), *beside = file_path(dir, key, ".XXXXXX");
  bool stored = false;
  int file = path && beside ? mkstemp(beside) : -1;
  if (file >= 0) {
    file_header header = {.key_size = strlen(key), .value_size = size};
    memcpy(header.magic, MAGIC, sizeof header.magic);
    header.digest = digest(digest(DIGEST_START, key, strlen(key)), value, size);
    stored =
        write_all(file, &header, sizeof header) && write_all(file, key, strlen(key)) && write_all(file, value, size);
    stored = !close(file) && stored && !rename(beside, path);
    if (!stored) unlink(beside);
  }
  free(path);
  free(beside);
  return stored;
}

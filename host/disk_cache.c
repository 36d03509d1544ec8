#include "disk_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private_file.h"

#define MAGIC "clup-program-1\n"
#define MAX_FILE (256u << 20)

/* magic, then these, then the key, then the value; the digest covers key and value. */
typedef struct file_header {
  char magic[16];
  uint64_t key_size, value_size, digest;
} file_header;

char *disk_cache_dir(const char *given) {
  const char *value = getenv("CLUP_CACHE");
  if (value && !strcmp(value, "0")) return NULL;
  if (!given || !*given) given = getenv("CLUP_CACHE_DIR");
  if (given && *given) return strdup(given);
  if ((value = getenv("XDG_CACHE_HOME")) && value[0] == '/') return path_join(value, "clup");
  if ((value = getenv("HOME")) && value[0] == '/') return path_join(value, ".cache/clup");
  return NULL;
}

uint64_t digest(uint64_t hash, const void *data, size_t size) {
  const unsigned char *bytes = data;
  for (size_t i = 0; i < size; i++) hash = (hash ^ bytes[i]) * 0x100000001b3u;
  return hash;
}

static char *file_path(const char *dir, const char *key) {
  char name[64];
  snprintf(name, sizeof name, "%016llx.clup", (unsigned long long)digest(DIGEST_START, key, strlen(key)));
  return path_join(dir, name);
}

/* Where the value begins in the file's bytes, once all of them are verified; NULL otherwise. */
static const char *verified(const char *bytes, size_t size, const char *key) {
  file_header header;
  size_t key_size = strlen(key);
  if (size < sizeof header) return NULL;
  memcpy(&header, bytes, sizeof header);
  if (memcmp(header.magic, MAGIC, sizeof header.magic) || header.key_size != key_size || header.value_size > MAX_FILE ||
      size != sizeof header + key_size + header.value_size)
    return NULL;
  const char *body = bytes + sizeof header;
  if (memcmp(body, key, key_size) || digest(DIGEST_START, body, size - sizeof header) != header.digest) return NULL;
  return body + key_size;
}

/* Whoever may write to the directory can have the driver run code: it must be the user's own, closed to others. */
void *disk_cache_load(const char *dir, const char *key, size_t *size) {
  if (!directory_is_private(dir)) return NULL;
  char *path = file_path(dir, key);
  size_t bytes = 0;
  char *file = path ? private_file_read(path, MAX_FILE, &bytes) : NULL;
  const char *value = file ? verified(file, bytes, key) : NULL;
  free(path);
  if (!value) {
    free(file);
    return NULL;
  }
  *size = bytes - (size_t)(value - file);
  return memmove(file, value, *size);
}

bool disk_cache_store(const char *dir, const char *key, const void *value, size_t size) {
  file_header header = {.key_size = strlen(key), .value_size = size};
  if (size > MAX_FILE - sizeof header - strlen(key) || !make_directories(dir) || !directory_is_private(dir))
    return false;
  memcpy(header.magic, MAGIC, sizeof header.magic);
  header.digest = digest(digest(DIGEST_START, key, strlen(key)), value, size);
  char *path = file_path(dir, key);
  const file_part parts[] = {{&header, sizeof header}, {key, strlen(key)}, {value, size}};
  bool stored = path && private_file_write(path, parts, 3);
  free(path);
  return stored;
}

/* Files of built programs. Whatever is wrong with the directory or a file, it is a miss, never an error: drivers crash
 * on damaged binaries, so magic, full key, length and digest are verified before a driver sees a byte. */
#ifndef CLUP_DISK_CACHE_H
#define CLUP_DISK_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `given`, or $CLUP_CACHE_DIR, $XDG_CACHE_HOME/clup, $HOME/.cache/clup; malloc'd. NULL when there is none of these, or
 * when the environment has CLUP_CACHE=0. */
char *disk_cache_dir(const char *given);

/* FNV-1a over the bytes, going on from `hash` (DIGEST_START first). Each step is a bijection of the state, so no single
 * changed byte goes unseen; it guards against accidents, the directory's owner and mode against malice. */
#define DIGEST_START 0xcbf29ce484222325u
uint64_t digest(uint64_t hash, const void *data, size_t size);

/* The value stored for the key (malloc'd), or NULL. */
void *disk_cache_load(const char *dir, const char *key, size_t *size);
/* Writes beside and renames; makes the directory (mode 0700) when it is missing. */
bool disk_cache_store(const char *dir, const char *key, const void *value, size_t size);

#endif

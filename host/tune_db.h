/* What clup_tune found: the fastest solver by problem, for one device and clup version; in memory, and in a text file
 * that all devices and versions share. Whatever is wrong with the file, there are no entries in it. */
#ifndef CLUP_TUNE_DB_H
#define CLUP_TUNE_DB_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SOLVER_NAME 48
typedef struct tune_entry {
  char solver[SOLVER_NAME], other[SOLVER_NAME]; /* other: what it was held against; "" when it was the only one */
  int64_t ns, other_ns;
} tune_entry;

typedef struct tune_db {
  pthread_mutex_t lock;
  char *path;    /* NULL: no file */
  bool in_cache; /* the file lies in the disk cache's directory, whose rules hold for it */
  bool loaded;
  uint64_t key;            /* digest of device and version */
  struct tune_line *lines; /* list */
  atomic_uint changes;     /* so that who keeps a plan can tell that the choice may be another now */
} tune_db;

/* named: where the program wants the file, "" for none; NULL: $CLUP_TUNE_FILE, or a file in cache_dir (which may be
 * NULL). False without memory. */
bool tune_db_init(tune_db *db, const char *named, const char *cache_dir, const char *device_key);
void tune_db_clear(tune_db *db);

/* The entry of the problem with that text. The file is read at the first call. */
bool tune_db_find(tune_db *db, const char *text, tune_entry *out);
/* Whether tune_db_find would find anything, for any text. */
bool tune_db_is_empty(tune_db *db);
/* Keeps the entry in memory, and in the file: true when it stands there, with all that stood there before. */
bool tune_db_put(tune_db *db, const char *text, const tune_entry *entry);

#endif

#include "tune_db.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <clup/clup.h>

#include "disk_cache.h"
#include "log.h"
#include "private_file.h"
#include "problem.h"

/* Then one line each: device and version, solver, nanoseconds, what it was held against ("-": nothing), its
 * nanoseconds, problem. Whole numbers, so that no locale changes them. */
static const char header[] = "# clup tuning 1\n";
#define FILE_NAME "tuning.txt"
#define MAX_FILE (16u << 20)

typedef struct tune_line {
  struct tune_line *next;
  tune_entry entry;
  char text[]; /* of the problem */
} tune_line;

bool tune_db_init(tune_db *db, const char *named, const char *cache_dir, const char *device_key) {
  if (!named) named = getenv("CLUP_TUNE_FILE");
  db->in_cache = !named && cache_dir;
  db->path = db->in_cache ? path_join(cache_dir, FILE_NAME) : named && *named ? strdup(named) : NULL;
  if (!db->path && (db->in_cache || (named && *named))) return false;
  db->key = digest(digest(DIGEST_START, clup_version(), strlen(clup_version())), device_key, strlen(device_key));
  db->loaded = false;
  db->lines = NULL;
  atomic_init(&db->changes, 0);
  if (!pthread_mutex_init(&db->lock, NULL)) return true;
  free(db->path);
  return false;
}

static void clear_lines(tune_db *db) {
  while (db->lines) {
    tune_line *line = db->lines;
    db->lines = line->next;
    free(line);
  }
}

void tune_db_clear(tune_db *db) {
  clear_lines(db);
  pthread_mutex_destroy(&db->lock);
  free(db->path);
}

/* ---- lines */

/* A word and the blank behind it; false where there is none. */
static bool take_word(const char **at, char word[SOLVER_NAME]) {
  size_t length = strcspn(*at, " ");
  if (!length || length >= SOLVER_NAME || (*at)[length] != ' ') return false;
  memcpy(word, *at, length);
  word[length] = 0;
  *at += length + 1;
  return true;
}

static bool take_number(const char **at, int64_t *number) {
  char word[SOLVER_NAME];
  if (!take_word(at, word) || strspn(word, "0123456789") != strlen(word) || strlen(word) > 18) return false;
  *number = strtoll(word, NULL, 10);
  return true;
}

/* One line without its end; false when it is malformed. *text is what of it remains: the problem. */
static bool parse_line(const char *line, uint64_t *key, tune_entry *entry, const char **text) {
  char word[SOLVER_NAME];
  if (!take_word(&line, word) || strlen(word) != 16 || strspn(word, "0123456789abcdef") != 16) return false;
  *key = strtoull(word, NULL, 16);
  if (!take_word(&line, entry->solver) || !take_number(&line, &entry->ns) || !take_word(&line, entry->other) ||
      !take_number(&line, &entry->other_ns))
    return false;
  if (!strcmp(entry->other, "-")) entry->other[0] = 0;
  *text = line;
  return *line && strlen(line) < PROBLEM_TEXT;
}

static tune_line *find_line(const tune_db *db, const char *text) {
  for (tune_line *line = db->lines; line; line = line->next)
    if (!strcmp(line->text, text)) return line;
  return NULL;
}

static bool keep(tune_db *db, const char *text, const tune_entry *entry) {
  tune_line *line = find_line(db, text);
  if (!line) {
    line = malloc(sizeof *line + strlen(text) + 1);
    if (!line) return false;
    strcpy(line->text, text);
    line->next = db->lines;
    db->lines = line;
  }
  line->entry = *entry;
  return true;
}

/* The file's text behind its header (at *lines, in the malloc'd text that is returned), or NULL. */
static char *read_file(const tune_db *db, char **lines) {
  size_t size = 0;
  char *text = private_file_read(db->path, MAX_FILE, &size);
  if (!text) return NULL;
  if (strlen(text) == size && (!size || !strncmp(text, header, sizeof header - 1))) {
    *lines = size ? text + sizeof header - 1 : text;
    return text;
  }
  free(text);
  return NULL;
}

static char *directory_of(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
}

static bool directory_is_good(const tune_db *db, bool make) {
  char *dir = directory_of(db->path);
  bool good = dir && (!make || !*dir || make_directories(dir)) && (!db->in_cache || directory_is_private(dir));
  free(dir);
  return good;
}

/* Under the lock. */
static void load(tune_db *db) {
  char *lines = NULL, *text = db->path && directory_is_good(db, false) ? read_file(db, &lines) : NULL, *rest = NULL;
  db->loaded = true;
  if (!text) return;
  for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
    uint64_t key;
    tune_entry entry;
    const char *problem;
    if (parse_line(line, &key, &entry, &problem) && key == db->key) keep(db, problem, &entry);
  }
  free(text);
}

bool tune_db_find(tune_db *db, const char *text, tune_entry *out) {
  pthread_mutex_lock(&db->lock);
  if (!db->loaded) load(db);
  const tune_line *line = find_line(db, text);
  if (line) *out = line->entry;
  pthread_mutex_unlock(&db->lock);
  return line != NULL;
}

bool tune_db_is_empty(tune_db *db) {
  pthread_mutex_lock(&db->lock);
  if (!db->loaded) load(db);
  bool empty = !db->lines;
  pthread_mutex_unlock(&db->lock);
  return empty;
}

/* ---- writing */

typedef struct text_buffer {
  char *text;
  size_t used, size;
  bool failed;
} text_buffer;

static void append(text_buffer *b, const char *text) {
  size_t length = strlen(text);
  if (b->failed) return;
  if (b->used + length + 1 > b->size) {
    size_t size = 2 * (b->used + length + 1);
    char *more = realloc(b->text, size);
    if (!more) {
      b->failed = true;
      return;
    }
    b->text = more;
    b->size = size;
  }
  memcpy(b->text + b->used, text, length + 1);
  b->used += length;
}

/* The lines of other devices and problems, as they are; malformed ones are left out. */
static void append_others(text_buffer *b, char *lines, uint64_t own_key, const char *own_text) {
  char *rest = NULL;
  for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
    uint64_t key;
    tune_entry entry;
    const char *text;
    if (!parse_line(line, &key, &entry, &text) || (key == own_key && !strcmp(text, own_text))) continue;
    append(b, line);
    append(b, "\n");
  }
}

/* Other processes may write, too: the file is read anew, and replaced as a whole. What they write in between is lost,
 * nothing else. */
static bool store(const tune_db *db, const char *text, const tune_entry *entry) {
  char *lines = NULL, *old = NULL, line[PROBLEM_TEXT + 256];
  text_buffer b = {NULL, 0, 0, false};
  if (!directory_is_good(db, true)) return false;
  /* Something else of that name is not to be overwritten: somebody may have named the wrong file. */
  if (!(old = read_file(db, &lines)) && !access(db->path, F_OK)) return false;
  append(&b, header);
  if (old) append_others(&b, lines, db->key, text);
  snprintf(line, sizeof line, "%016" PRIx64 " %s %" PRId64 " %s %" PRId64 " %s\n", db->key, entry->solver, entry->ns,
           entry->other[0] ? entry->other : "-", entry->other_ns, text);
  append(&b, line);
  const file_part part = {b.text, b.used};
  bool stored = !b.failed && b.used <= MAX_FILE && private_file_write(db->path, &part, 1);
  free(b.text);
  free(old);
  return stored;
}

bool tune_db_put(tune_db *db, const char *text, const tune_entry *entry) {
  pthread_mutex_lock(&db->lock);
  if (!db->loaded) load(db);
  keep(db, text, entry);
  bool stored = db->path && store(db, text, entry);
  atomic_fetch_add(&db->changes, 1);
  pthread_mutex_unlock(&db->lock);
  log_line(LOG_DISPATCH, "tuned: %s: %s; %s %s", text, entry->solver, stored ? "kept in" : "not kept in",
           db->path ? db->path : "a file");
  return stored;
}

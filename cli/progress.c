#include "progress.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  int jobs; /* begun and not ended, one within the other */
  int running, stop, shown;
  char what[32], label[96];
  size_t done, total;
  struct timespec start;
} progress = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static double seconds_since_start(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (double)(now.tv_sec - progress.start.tv_sec) + 1e-9 * (double)(now.tv_nsec - progress.start.tv_nsec);
}

static void show(void) {
  fprintf(stderr, "\r\033[K%s: %.0f s", progress.what, seconds_since_start());
  if (progress.total > 0) fprintf(stderr, ", %zu of %zu", progress.done, progress.total);
  if (progress.label[0] != 0) fprintf(stderr, ": %s", progress.label);
  fflush(stderr);
  progress.shown = 1;
}

static void *tick(void *unused) {
  (void)unused;
  pthread_mutex_lock(&progress.lock);
  struct timespec next = progress.start;
  while (!progress.stop) {
    next.tv_sec += 1;
    while (!progress.stop && pthread_cond_timedwait(&progress.wake, &progress.lock, &next) != ETIMEDOUT) continue;
    if (!progress.stop) show();
  }
  pthread_mutex_unlock(&progress.lock);
  return NULL;
}

void progress_begin(const cli *c, const char *what) {
  if (progress.jobs++ > 0 || c->options.quiet.given || !isatty(STDERR_FILENO)) return;
  snprintf(progress.what, sizeof progress.what, "%s", what);
  progress.label[0] = 0;
  progress.done = progress.total = 0;
  progress.stop = progress.shown = 0;
  clock_gettime(CLOCK_REALTIME, &progress.start);
  progress.running = pthread_create(&progress.thread, NULL, tick, NULL) == 0;
}

void progress_step(size_t done, size_t total, const char *label) {
  if (!progress.running) return;
  pthread_mutex_lock(&progress.lock);
  progress.done = done;
  progress.total = total;
  snprintf(progress.label, sizeof progress.label, "%s", label);
  pthread_mutex_unlock(&progress.lock);
}

void progress_end(void) {
  if (--progress.jobs > 0 || !progress.running) return;
  pthread_mutex_lock(&progress.lock);
  progress.stop = 1;
  pthread_cond_signal(&progress.wake);
  pthread_mutex_unlock(&progress.lock);
  pthread_join(progress.thread, NULL);
  progress.running = 0;
  if (progress.shown) {
    fputs("\r\033[K", stderr);
    fflush(stderr);
  }
}

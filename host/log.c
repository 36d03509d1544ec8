#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
  const char *name;
  log_topic topic;
} topics[] = {{"error", LOG_ERROR}, {"dispatch", LOG_DISPATCH}, {"build", LOG_BUILD}, {"exec", LOG_EXEC}};

int log_wants(log_topic topic) {
  /* Read each time: getenv is cheap beside what is logged, and tests change the variable. */
  const char *wanted = getenv("CLUP_VERBOSE");
  while (wanted && *wanted) {
    size_t length = strcspn(wanted, ",");
    if (length == 3 && !strncmp(wanted, "all", 3)) return 1;
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
      if (topics[i].topic == topic && strlen(topics[i].name) == length && !strncmp(wanted, topics[i].name, length))
        return 1;
    wanted += length + (wanted[length] == ',');
  }
  return 0;
}

void log_line(log_topic topic, const char *format, ...) {
  if (!log_wants(topic)) return;
  const char *name = "";
  for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
    if (topics[i].topic == topic) name = topics[i].name;
  char text[2048]; /* one write per line, so that threads do not mix */
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  fprintf(stderr, "clup: %s: %s\n", name, text);
}

double log_clock_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

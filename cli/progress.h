/* One line on stderr, on a terminal only, for jobs that take longer than a second; gone when they end. */
#ifndef CLUP_CLI_PROGRESS_H
#define CLUP_CLI_PROGRESS_H

#include "cli.h"

/* Starts the clock; nothing is shown with --quiet. A job within another (a batch's line) shows as the outer one. */
void progress_begin(const cli *c, const char *what);
/* `done` of `total` steps are finished, `label` is next. */
void progress_step(size_t done, size_t total, const char *label);
/* One for each begin. The last clears the line. */
void progress_end(void);

#endif

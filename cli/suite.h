/* The problems that bench and tune work on: those of a suite, or the one that an operator command's options describe.
 */
#ifndef CLUP_CLI_SUITE_H
#define CLUP_CLI_SUITE_H

#include "cli.h"

extern const option_group suite_group; /* --suite */

typedef struct suite {
  char **names; /* of a problem without a name: its text */
  clup_problem **problems;
  size_t count;
} suite;

/* By c->op, --suite, or the built-in one; every line is parsed before any is worked on. --dtype and --layout hold for
 * all problems of a suite that say nothing else. `command` names the caller in messages. */
int suite_load(cli *c, const char *command, suite *out);
void suite_free(suite *s);

#endif

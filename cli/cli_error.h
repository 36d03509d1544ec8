/* What the program says when it fails: one line and an exit code. Every function that can fail returns the exit code.
 */
#ifndef CLUP_CLI_ERROR_H
#define CLUP_CLI_ERROR_H

#include <clup/clup.h>

enum {
  CLI_OK = 0,
  CLI_FAILED = 1,    /* at run time: OpenCL, memory, output */
  CLI_USAGE = 2,     /* wrong usage, shapes and parameters that do not fit */
  CLI_NO_DEVICE = 3, /* no usable OpenCL device */
  CLI_BAD_INPUT = 4  /* an input file is missing or malformed */
};

typedef struct cli_error {
  char text[1024]; /* "what : why", one line */
} cli_error;

#if defined(__GNUC__)
#define CLI_PRINTF(text, rest) __attribute__((format(printf, text, rest)))
#else
#define CLI_PRINTF(text, rest)
#endif

/* Records the message. */
void cli_note(cli_error *error, const char *what, const char *format, ...) CLI_PRINTF(3, 4);
/* Records the message and gives exit_code: a macro, so that static analysis sees that a failure is no CLI_OK. */
#define cli_fail(error, exit_code, ...) (cli_note((error), __VA_ARGS__), (exit_code))
/* CLI_OK for CLUP_OK; otherwise records the library's last error and returns the exit code that belongs to it. */
int cli_status(cli_error *error, const char *what, clup_status status);
/* Records that `bytes` of memory are not to be had. */
static inline int cli_no_memory(cli_error *error, const char *what, size_t bytes) {
  return cli_fail(error, CLI_FAILED, what, "out of memory: %zu bytes are not to be had", bytes);
}

#endif

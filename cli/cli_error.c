#include "cli_error.h"

#include <stdarg.h>
#include <stdio.h>

void cli_note(cli_error *error, const char *what, const char *format, ...) {
  int length = snprintf(error->text, sizeof error->text, "%s : ", what);
  if (length > 0 && (size_t)length < sizeof error->text) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text + length, sizeof error->text - (size_t)length, format, arguments);
    va_end(arguments);
  }
  /* A file name may hold anything; the message stays one line. */
  for (char *c = error->text; *c != 0; c++) {
    if ((unsigned char)*c < 32 || *c == 127) *c = ' ';
  }
}

/* Past the operator's name at the front of the library's message when `what` says the same: "max_unpool: " after
 * "max-unpool". */
static const char *without_name(const char *why, const char *what) {
  size_t i = 0;
  while (what[i] != 0 && (why[i] == what[i] || (why[i] == '_' && what[i] == '-'))) i++;
  return what[i] == 0 && why[i] == ':' && why[i + 1] == ' ' ? why + i + 2 : why;
}

int cli_status(cli_error *error, const char *what, clup_status status) {
  int exit_code = CLI_FAILED;
  switch (status) {
    case CLUP_OK:
      return CLI_OK;
    case CLUP_INVALID_ARGUMENT:
    case CLUP_INVALID_SHAPE:
    case CLUP_UNSUPPORTED:
      exit_code = CLI_USAGE;
      break;
    case CLUP_NO_DEVICE:
      exit_code = CLI_NO_DEVICE;
      break;
    default:
      break;
  }
  const char *why = clup_last_error();
  return cli_fail(error, exit_code, what, "%s", why[0] != 0 ? without_name(why, what) : clup_status_name(status));
}

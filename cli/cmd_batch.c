#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "files.h"
#include "json.h"
#include "progress.h"

enum { MAX_WORDS = 256 };

/* Splits a line into words as a shell does: blanks part them, '...' and "..." hold them together, \ takes the next
 * character as it is, # begins a comment where a word could begin. In place. Returns the number of words, or -1 with
 * *why. */
static int split_words(char *line, char **words, const char **why) {
  int count = 0;
  char *from = line;
  char *to = line;
  for (;;) {
    while (*from == ' ' || *from == '\t' || *from == '\r') from++;
    if (*from == 0 || *from == '#') return count;
    if (count == MAX_WORDS) {
      *why = "more than 256 words";
      return -1;
    }
    words[count++] = to;
    char quote = 0;
    for (; *from != 0 && (quote != 0 || (*from != ' ' && *from != '\t' && *from != '\r')); from++) {
      if (quote == 0 && (*from == '\'' || *from == '"')) {
        quote = *from;
      } else if (*from == quote) {
        quote = 0;
      } else if (*from == '\\' && (quote == 0 || (quote == '"' && (from[1] == '"' || from[1] == '\\')))) {
        if (*++from == 0) {
          *why = "the line ends after a backslash";
          return -1;
        }
        *to++ = *from;
      } else {
        *to++ = *from;
      }
    }
    if (quote != 0) {
      *why = "a quotation does not end";
      return -1;
    }
    /* `to` has not passed `from`: the end mark falls on the blank, or on the line's end. */
    int last = *from == 0;
    *to++ = 0;
    if (last) return count;
    from++;
  }
}

/* One line's command. What it prints, as JSON, goes to *result. */
static int run_line(cli *c, char *line, char **result, cli_error *error) {
  char *words[MAX_WORDS];
  const char *why = "";
  int count = split_words(line, words, &why);
  if (count < 0) return cli_fail(error, CLI_USAGE, "batch", "%s", why);
  size_t size = 0;
  cli one = {.in_batch = 1, .device = c->device, .host = c->host};
  one.out = open_memstream(result, &size);
  if (one.out == NULL) return cli_no_memory(error, "batch", 1);
  one.options.json.given = 1;
  one.options.quiet = c->options.quiet;
  one.options.verbose = c->options.verbose;
  int rc = cli_run(&one, count, words);
  c->host = one.host;
  *error = one.error;
  if (fclose(one.out) != 0 && rc == CLI_OK) rc = cli_no_memory(error, "batch", size);
  return rc;
}

/* The text is one JSON object and a newline, or nothing, or help that nobody asked for in JSON. */
static const char *json_result(char *text) {
  if (text == NULL || text[0] != '{') return NULL;
  size_t length = strlen(text);
  if (length > 0 && text[length - 1] == '\n') text[length - 1] = 0;
  return text;
}

static int run(cli *c) {
  if (c->in_batch) return cli_fail(&c->error, CLI_USAGE, "batch", "a batch holds no batch");
  unsigned char *bytes;
  size_t size;
  int rc = file_read(&c->error, c->words[0], &bytes, &size);
  if (rc != CLI_OK) return rc;
  int first_exit = CLI_OK;
  int64_t first_line = 0, failed = 0, commands = 0, number = 0;
  progress_begin(c, "batch");
  for (size_t at = 0; at < size;) {
    unsigned char *end = memchr(bytes + at, '\n', size - at);
    size_t length = end != NULL ? (size_t)(end - bytes) - at : size - at;
    char *line = malloc(length + 1);
    if (line == NULL) {
      first_exit = cli_no_memory(&c->error, "batch", length + 1);
      break;
    }
    memcpy(line, bytes + at, length);
    line[length] = 0;
    at += length + 1;
    number++;
    size_t blank = strspn(line, " \t\r");
    if (line[blank] != 0 && line[blank] != '#') {
      char *result = NULL;
      cli_error error = {""};
      char label[32];
      snprintf(label, sizeof label, "line %lld", (long long)number);
      progress_step(at < size ? at : size, size, label);
      int exit_code = strlen(line) != length ? cli_fail(&error, CLI_USAGE, "batch", "the line holds a zero byte")
                                             : run_line(c, line, &result, &error);
      const char *object = json_result(result);
      commands++;
      if (exit_code != CLI_OK && failed++ == 0) {
        first_exit = exit_code;
        first_line = number;
      }
      json j = {c->out, 0};
      json_open(&j, NULL, '{');
      json_int(&j, "line", number);
      json_bool(&j, "ok", exit_code == CLI_OK);
      json_int(&j, "exit", exit_code);
      json_string(&j, "error", exit_code == CLI_OK ? NULL : error.text);
      if (object != NULL) json_raw(&j, "result", object);
      json_close(&j, '}');
      putc('\n', c->out);
      fflush(c->out);
      free(result);
    }
    free(line);
  }
  progress_end();
  free(bytes);
  if (failed > 0) {
    cli_note(&c->error, "batch", "%lld of %lld commands failed, the first in line %lld", (long long)failed,
             (long long)commands, (long long)first_line);
  }
  return first_exit;
}

const cli_command command_batch = {
    .name = "batch",
    .arguments = "FILE",
    .summary = "run the commands in a file ('-': stdin), one a line, in one process",
    .details =
        "Words are parted and quoted as in a shell, # begins a comment. Prints one line of JSON for each command,\n"
        "goes on after a failure, and exits with the first failure's code.",
    .min_words = 1,
    .max_words = 1,
    .run = run};

#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static option_value *value_of(cli_options *options, const option_spec *spec) {
  return (option_value *)(void *)((char *)options + spec->offset);
}

static const option_spec *find_long(const option_group *const *groups, const char *name, size_t length) {
  for (; *groups != NULL; groups++) {
    for (size_t i = 0; i < (*groups)->count; i++) {
      const option_spec *spec = &(*groups)->specs[i];
      if (strlen(spec->name) == length && memcmp(spec->name, name, length) == 0) return spec;
    }
  }
  return NULL;
}

static const option_spec *find_short(const option_group *const *groups, char letter) {
  for (; *groups != NULL; groups++) {
    for (size_t i = 0; i < (*groups)->count; i++) {
      if ((*groups)->specs[i].letter == letter) return &(*groups)->specs[i];
    }
  }
  return NULL;
}

static int parse_number(cli_error *error, const char *what, const option_spec *spec, const char *text, char **end,
                        option_value *value) {
  errno = 0;
  *end = NULL;
  if (isspace((unsigned char)*text)) return cli_fail(error, CLI_USAGE, what, "'%s' is not a number", text);
  if (spec->kind == OPTION_INTS) {
    long long number = strtoll(text, end, 10);
    if (*end == text) return cli_fail(error, CLI_USAGE, what, "'%s' is not a whole number", text);
    if (errno == ERANGE) return cli_fail(error, CLI_USAGE, what, "'%s' does not fit in 64 bits", text);
    if (number < spec->minimum) {
      return cli_fail(error, CLI_USAGE, what, "%lld is below %lld", number, (long long)spec->minimum);
    }
    value->ints[value->count] = number;
  } else {
    double number = strtod(text, end);
    if (*end == text) return cli_fail(error, CLI_USAGE, what, "'%s' is not a number", text);
    if (!isfinite(number)) return cli_fail(error, CLI_USAGE, what, "'%s' is not a finite number", text);
    if (!(number > (double)spec->minimum)) {
      return cli_fail(error, CLI_USAGE, what, "%g is not above %lld", number, (long long)spec->minimum);
    }
    value->reals[value->count] = number;
  }
  return CLI_OK;
}

static int parse_list(cli_error *error, const char *what, const option_spec *spec, const char *text,
                      option_value *value) {
  for (const char *rest = text;;) {
    if (value->count == spec->max_values) {
      if (spec->max_values == 1) return cli_fail(error, CLI_USAGE, what, "takes one number, got '%s'", text);
      return cli_fail(error, CLI_USAGE, what, "takes at most %d numbers, got '%s'", spec->max_values, text);
    }
    char *end;
    int rc = parse_number(error, what, spec, rest, &end, value);
    if (rc != CLI_OK) return rc;
    value->count++;
    if (*end == 0) return CLI_OK;
    if (*end != ',') return cli_fail(error, CLI_USAGE, what, "'%s' does not belong there in '%s'", end, text);
    rest = end + 1;
  }
}

static int parse_choice(cli_error *error, const char *what, const option_spec *spec, const char *text,
                        option_value *value) {
  char list[256] = "";
  for (int i = 0; spec->choices[i] != NULL; i++) {
    if (strcmp(spec->choices[i], text) == 0) {
      value->ints[0] = i;
      return CLI_OK;
    }
    size_t used = strlen(list);
    snprintf(list + used, sizeof list - used, "%s%s", i == 0 ? "" : ", ", spec->choices[i]);
  }
  return cli_fail(error, CLI_USAGE, what, "'%s' is not among what clup %s has: %s", text, clup_version(), list);
}

static int parse_value(cli_error *error, const char *command, const option_spec *spec, const char *text,
                       option_value *value) {
  char what[128];
  snprintf(what, sizeof what, "%s --%s", command, spec->name);
  if (value->given) return cli_fail(error, CLI_USAGE, what, "given twice: '%s' and '%s'", value->text, text);
  value->given = 1;
  value->text = text;
  switch (spec->kind) {
    case OPTION_INTS:
    case OPTION_REALS:
      return parse_list(error, what, spec, text, value);
    case OPTION_CHOICE:
      return parse_choice(error, what, spec, text, value);
    default:
      if (*text == 0) return cli_fail(error, CLI_USAGE, what, "is empty");
      return CLI_OK;
  }
}

/* One option at words->argv[0], with its value; steps over them. */
static int parse_option(cli_error *error, const char *command, const option_group *const *groups, cli_options *options,
                        option_words *words) {
  const char *word = words->argv[0];
  const char *equals = NULL;
  const option_spec *spec;
  if (word[1] == '-') {
    equals = strchr(word, '=');
    spec = find_long(groups, word + 2, equals != NULL ? (size_t)(equals - word) - 2 : strlen(word + 2));
  } else {
    spec = word[2] == 0 ? find_short(groups, word[1]) : NULL;
  }
  if (spec == NULL) {
    return cli_fail(error, CLI_USAGE, command, "unknown option %s (--help lists those of clup %s)", word,
                    clup_version());
  }
  option_value *value = value_of(options, spec);
  words->argc--;
  words->argv++;
  if (spec->kind == OPTION_FLAG) {
    if (equals != NULL) return cli_fail(error, CLI_USAGE, command, "--%s takes no value, got %s", spec->name, word);
    value->given = 1;
    return CLI_OK;
  }
  if (equals != NULL) return parse_value(error, command, spec, equals + 1, value);
  if (words->argc == 0 || strncmp(words->argv[0], "--", 2) == 0) {
    return cli_fail(error, CLI_USAGE, command, "--%s needs a value: %s", spec->name, spec->value);
  }
  words->argc--;
  words->argv++;
  return parse_value(error, command, spec, words->argv[-1], value);
}

int options_parse(cli_error *error, const char *command, const option_group *const *groups, cli_options *options,
                  option_words *words) {
  int only_words = 0;
  while (words->argc > 0) {
    const char *word = words->argv[0];
    if (!only_words && strcmp(word, "--") == 0) {
      only_words = 1;
      words->argc--;
      words->argv++;
    } else if (!only_words && word[0] == '-' && word[1] != 0) {
      int rc = parse_option(error, command, groups, options, words);
      if (rc != CLI_OK) return rc;
      if (options->help.given) return CLI_OK;
    } else {
      if (words->stop_at_word) return CLI_OK;
      if (words->num_words == words->max_words) {
        return cli_fail(error, CLI_USAGE, command, "takes at most %d arguments, '%s' is one too many", words->max_words,
                        word);
      }
      words->words[words->num_words++] = word;
      words->argc--;
      words->argv++;
    }
  }
  return CLI_OK;
}

void options_help(FILE *out, const option_group *const *groups) {
  for (; *groups != NULL; groups++) {
    fprintf(out, "\n%s:\n", (*groups)->title);
    for (size_t i = 0; i < (*groups)->count; i++) {
      const option_spec *spec = &(*groups)->specs[i];
      char left[64];
      char letter[8] = "";
      if (spec->letter != 0) snprintf(letter, sizeof letter, "-%c, ", spec->letter);
      snprintf(left, sizeof left, "  %s--%s%s%s", letter, spec->name, spec->kind == OPTION_FLAG ? "" : " ",
               spec->kind == OPTION_FLAG ? "" : spec->value);
      fprintf(out, "%-28s%s%s", left, strlen(left) > 27 ? "\n                            " : "", spec->help);
      for (int c = 0; spec->kind == OPTION_CHOICE && spec->choices[c] != NULL; c++) {
        fprintf(out, "%s%s", c == 0 ? ": " : ", ", spec->choices[c]);
      }
      fprintf(out, "\n");
    }
  }
}

static int check_axes(cli_error *error, const char *name, const option_value *value, int count) {
  if (value->count == 1 || value->count == count) return CLI_OK;
  return cli_fail(error, CLI_USAGE, name, "takes 1 or %d numbers, got %d: '%s'", count, value->count, value->text);
}

int option_axes(cli_error *error, const char *name, const option_value *value, int count, int64_t *axes) {
  int rc = check_axes(error, name, value, count);
  for (int i = 0; rc == CLI_OK && i < count; i++) axes[i] = value->ints[value->count == 1 ? 0 : i];
  return rc;
}

int option_padding(cli_error *error, const char *command, const option_value *padding, const option_value *pads,
                   int count, int64_t *begin, int64_t *end) {
  char name[64];
  snprintf(name, sizeof name, "%s %s", command, pads->given ? "--pads" : "--padding");
  if (pads->given && padding->given) {
    return cli_fail(error, CLI_USAGE, command, "takes --padding or --pads, not both");
  }
  if (padding->given) return option_axes(error, name, padding, count, begin);
  if (pads->given && pads->count != 2 * count) {
    return cli_fail(error, CLI_USAGE, name, "takes %d numbers, got %d: '%s'", 2 * count, pads->count, pads->text);
  }
  for (int i = 0; pads->given && i < count; i++) {
    begin[i] = pads->ints[i];
    end[i] = pads->ints[count + i];
  }
  return CLI_OK;
}

int option_axes_real(cli_error *error, const char *name, const option_value *value, int count, double *axes) {
  int rc = check_axes(error, name, value, count);
  for (int i = 0; rc == CLI_OK && i < count; i++) axes[i] = value->reals[value->count == 1 ? 0 : i];
  return rc;
}

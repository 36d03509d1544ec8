/* The option parser: each wrong word has its message, and the JSON writer's escapes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"
#include "options.h"

static const char *const modes[] = {"one", "two", NULL};
static const option_spec specs[] = {
    {"size", 0, OPTION_INTS, 3, 1, NULL, "H,W", "sizes", OPTION_AT(size)},
    {"groups", 0, OPTION_INTS, 1, 0, NULL, "G", "a number", OPTION_AT(groups)},
    {"scale", 0, OPTION_REALS, 2, 0, NULL, "S", "scales", OPTION_AT(scale)},
    {"mode", 0, OPTION_CHOICE, 1, 0, modes, "MODE", "choice", OPTION_AT(mode)},
    {"weight", 0, OPTION_TEXT, 1, 0, NULL, "FILE", "file", OPTION_AT(weight)},
    {"verbose", 'v', OPTION_FLAG, 0, 0, NULL, NULL, "flag", OPTION_AT(verbose)},
    {"help", 'h', OPTION_FLAG, 0, 0, NULL, NULL, "help", OPTION_AT(help)},
};
static const option_group group = {"test options", specs, sizeof specs / sizeof specs[0]};
static const option_group *const groups[] = {&group, NULL};

/* Parses a line of words parted by single blanks. */
static int parse(const char *line, cli_options *options, option_words *words, cli_error *error) {
  static char copy[512];
  static char *argv[32];
  int argc = 0;
  snprintf(copy, sizeof copy, "%s", line);
  for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) argv[argc++] = word;
  memset(options, 0, sizeof *options);
  *words = (option_words){.argc = argc, .argv = argv, .max_words = 2};
  error->text[0] = 0;
  return options_parse(error, "test", groups, options, words);
}

static void good_lines(void **state) {
  (void)state;
  cli_options o;
  option_words w;
  cli_error e = {""};
  assert_int_equal(parse("in --size 3,4 --scale=0.5,2e0 out --mode two -v --weight a=b --groups 0", &o, &w, &e), 0);
  assert_int_equal(w.num_words, 2);
  assert_string_equal(w.words[0], "in");
  assert_string_equal(w.words[1], "out");
  assert_int_equal(o.size.count, 2);
  assert_int_equal(o.size.ints[1], 4);
  assert_true(o.scale.count == 2 && o.scale.reals[0] == 0.5 && o.scale.reals[1] == 2);
  assert_int_equal(o.mode.ints[0], 1);
  assert_true(o.verbose.given && !o.help.given);
  assert_string_equal(o.weight.text, "a=b");
  assert_int_equal(parse("-- --size -v", &o, &w, &e), 0);
  assert_string_equal(w.words[0], "--size");
  assert_int_equal(o.size.given, 0);
  assert_int_equal(parse("- -", &o, &w, &e), 0);
  assert_string_equal(w.words[1], "-");
  /* --help ends the parse, whatever follows. */
  assert_int_equal(parse("--help --nonsense", &o, &w, &e), 0);
  assert_int_equal(o.help.given, 1);
}

static void bad_lines(void **state) {
  (void)state;
  static const struct {
    const char *line, *words[2];
  } cases[] = {
      {"--nonsense", {"test : ", "unknown option --nonsense"}},
      {"--siz 3", {"unknown option --siz", ""}},
      {"-x", {"unknown option -x", ""}},
      {"-vv", {"unknown option -vv", ""}},
      {"--size", {"--size needs a value", "H,W"}},
      {"--size --mode one", {"--size needs a value", ""}},
      {"--size x", {"test --size : ", "'x' is not a whole number"}},
      {"--size 3x", {"'x' does not belong there", "'3x'"}},
      {"--size 3,", {"'' is not a whole number", ""}},
      {"--size ,3", {"',3' is not a whole number", ""}},
      {"--size 3,,4", {"not a whole number", ""}},
      {"--size 3.5", {"'.5' does not belong", ""}},
      {"--size 0", {"0 is below 1", ""}},
      {"--size -4", {"-4 is below 1", ""}},
      {"--size 99999999999999999999", {"64 bits", ""}},
      {"--size 1,2,3,4", {"at most 3", "1,2,3,4"}},
      {"--groups 1,2", {"takes one number", "'1,2'"}},
      {"--size=", {"'' is not a whole number", ""}},
      {"--scale 0", {"0 is not above 0", ""}},
      {"--scale -1", {"-1 is not above 0", ""}},
      {"--scale nan", {"not a finite number", ""}},
      {"--scale inf", {"not a finite number", ""}},
      {"--scale 1e999", {"not a finite number", ""}},
      {"--scale two", {"'two' is not a number", ""}},
      {"--scale 2,3x", {"'x' does not belong", ""}},
      {"--mode three", {"'three'", "one, two"}},
      {"--mode on", {"'on'", "one, two"}},
      {"--weight=", {"is empty", ""}},
      {"--verbose=1", {"takes no value", "--verbose=1"}},
      {"--size 1 --size 2", {"given twice", "'1' and '2'"}},
      {"a b c", {"at most 2", "'c'"}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cli_options o;
    option_words w;
    cli_error e = {""};
    int rc = parse(cases[i].line, &o, &w, &e);
    if (rc != CLI_USAGE || strstr(e.text, cases[i].words[0]) == NULL || strstr(e.text, cases[i].words[1]) == NULL) {
      fail_msg("%s: exit %d, '%s' without '%s' and '%s'", cases[i].line, rc, e.text, cases[i].words[0],
               cases[i].words[1]);
    }
  }
}

static void axes(void **state) {
  (void)state;
  cli_error e = {""};
  int64_t out[3] = {9, 9, 9};
  option_value one = {.given = 1, .count = 1, .ints = {7}, .text = "7"};
  option_value two = {.given = 1, .count = 2, .ints = {3, 4}, .reals = {0.5, 2}, .text = "3,4"};
  option_value three = {.given = 1, .count = 3, .ints = {1, 2, 3}, .text = "1,2,3"};
  double real[3] = {9, 9, 9};
  assert_int_equal(option_axes(&e, "--size", &one, 2, out), CLI_OK);
  assert_true(out[0] == 7 && out[1] == 7 && out[2] == 9);
  assert_int_equal(option_axes(&e, "--size", &two, 2, out), CLI_OK);
  assert_true(out[0] == 3 && out[1] == 4);
  assert_int_equal(option_axes_real(&e, "--scale", &two, 2, real), CLI_OK);
  assert_true(real[0] == 0.5 && real[1] == 2 && real[2] == 9);
  assert_int_equal(option_axes(&e, "--size", &three, 2, out), CLI_USAGE);
  assert_string_equal(e.text, "--size : takes 1 or 2 numbers, got 3: '1,2,3'");
}

/* The help is the table: each name stands in it. */
static void help_has_every_option(void **state) {
  (void)state;
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  options_help(out, groups);
  fclose(out);
  for (size_t i = 0; i < group.count; i++) {
    char name[32];
    snprintf(name, sizeof name, "--%s", specs[i].name);
    if (strstr(text, name) == NULL) fail_msg("%s is not in the help", name);
  }
  assert_non_null(strstr(text, "choice: one, two"));
  free(text);
}

static void messages_stay_one_line(void **state) {
  (void)state;
  cli_error e = {""};
  assert_int_equal(cli_fail(&e, CLI_USAGE, "a\nb", "c\td\r\n%s", "e"), CLI_USAGE);
  assert_string_equal(e.text, "a b : c d  e");
  char longest[3000];
  memset(longest, 'x', sizeof longest);
  longest[sizeof longest - 1] = 0;
  cli_note(&e, longest, "%s", longest);
  assert_true(strlen(e.text) < sizeof e.text);
}

static void json_text(void **state) {
  (void)state;
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  json j = {out, 0};
  const int64_t ints[] = {1, -2};
  json_open(&j, NULL, '{');
  json_string(&j, "a", "q\"b\\n\n\x01\x7f\xc3\xa4");
  json_string(&j, "bad", "\xff\xc0\xaf\xed\xa0\x80z\xe2\x82");
  json_string(&j, "none", NULL);
  json_number(&j, "x", 0.1);
  json_number(&j, "inf", 1e308 * 10);
  json_ints(&j, "list", 2, ints);
  json_open(&j, "empty", '[');
  json_close(&j, ']');
  json_bool(&j, "yes", 1);
  json_close(&j, '}');
  fclose(out);
  assert_string_equal(text,
                      "{\"a\": \"q\\\"b\\\\n\\u000a\\u0001\\u007f\xc3\xa4\", "
                      "\"bad\": \"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffdz\\ufffd\\ufffd\", \"none\": null, "
                      "\"x\": 0.1, \"inf\": null, \"list\": [1, -2], \"empty\": [], \"yes\": true}");
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_lines),
      cmocka_unit_test(bad_lines),
      cmocka_unit_test(axes),
      cmocka_unit_test(help_has_every_option),
      cmocka_unit_test(messages_stay_one_line),
      cmocka_unit_test(json_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

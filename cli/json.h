/* Writes JSON: commas, escapes, numbers that no locale changes. */
#ifndef CLUP_CLI_JSON_H
#define CLUP_CLI_JSON_H

#include <stdint.h>
#include <stdio.h>

typedef struct json {
  FILE *out;
  int started; /* a value stands before the next one in this object or array */
} json;

/* In each call `key` is NULL inside an array and at the top. */
void json_open(json *j, const char *key, char bracket); /* '{' or '[' */
void json_close(json *j, char bracket);                 /* '}' or ']' */
/* Bytes that are not UTF-8 become U+FFFD; NULL becomes null. */
void json_string(json *j, const char *key, const char *text);
void json_int(json *j, const char *key, int64_t number);
void json_bool(json *j, const char *key, int truth);
/* Nine digits; null when not finite. */
void json_number(json *j, const char *key, double number);
void json_ints(json *j, const char *key, int count, const int64_t *numbers);
/* Text that is JSON already. */
void json_raw(json *j, const char *key, const char *text);

#endif

/* Arrays in files, by the format that the name or --format says. */
#ifndef CLUP_CLI_ARRAY_FILE_H
#define CLUP_CLI_ARRAY_FILE_H

#include "array.h"
#include "files.h"

typedef struct file_format file_format;

/* The format of `path` by its extension, or for "-" by `format` (NULL when not given). NULL with a CLI_USAGE message
 * when there is none. */
const file_format *array_file_format(cli_error *error, const char *path, const char *format);
int array_file_is_image(const file_format *format);

/* Reads an array, or the format's image. */
int array_file_read(cli_error *error, const char *path, const file_format *format, cli_array *out);
/* Whether the format can hold an array of these dims, dtype and alpha; CLI_USAGE with the numbers when not. */
int array_file_check(cli_error *error, const char *path, const file_format *format, const cli_array *array);
/* Writes it to an open output; what `fclose` finds is left to out_file_commit. */
int array_file_write(cli_error *error, const char *path, const file_format *format, const cli_array *array, FILE *out);

#endif

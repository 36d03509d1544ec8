/* Whole files in, whole files out: an output appears under its name only when all of it was written. */
#ifndef CLUP_CLI_FILES_H
#define CLUP_CLI_FILES_H

#include <stdio.h>

#include "cli_error.h"

/* Reads all of `path` ("-": stdin) into memory that the caller frees. CLI_BAD_INPUT when it cannot be read. */
int file_read(cli_error *error, const char *path, unsigned char **bytes, size_t *size);

typedef struct out_file {
  FILE *stream; /* write here */
  char *path;   /* where it is to appear; NULL for stdout */
  char *beside; /* what is written until then; NULL when `path` is written directly (a device, a pipe) */
  char *memory; /* for stdout: all of it until it is whole */
  size_t size;
} out_file;

/* Opens the output at once, so that one that cannot be written is found before any work is done. */
int out_file_open(cli_error *error, const char *path, out_file *out);
/* Makes it appear, or fails with nothing changed. Frees `out` in both cases. */
int out_file_commit(cli_error *error, out_file *out);
/* Takes it back; harmless after a commit and on a zeroed struct. */
void out_file_abandon(out_file *out);

#endif

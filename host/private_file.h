/* Small files of the user's own: read whole, written beside and renamed. Whatever is wrong, it is as if the file were
 * not there. */
#ifndef CLUP_PRIVATE_FILE_H
#define CLUP_PRIVATE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* "dir/name", malloc'd; NULL without memory. */
char *path_join(const char *dir, const char *name);

/* Whether the directory is the user's own and closed to others' writing. */
bool directory_is_private(const char *dir);
/* Makes the directory and those above it that are missing, with mode 0700. */
bool make_directories(const char *dir);

/* The whole of a regular file of the user's own, no link, of at most `most` bytes: malloc'd, with a 0 behind it; NULL
 * otherwise. */
char *private_file_read(const char *path, size_t most, size_t *size);

typedef struct file_part {
  const void *data;
  size_t size;
} file_part;
/* Writes the parts one after the other: the file appears whole, with mode 0600, or not at all. */
bool private_file_write(const char *path, const file_part *parts, int count);

#endif

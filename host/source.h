/* The kernel sources, embedded at build time from cl/. */
#ifndef CLUP_SOURCE_H
#define CLUP_SOURCE_H

#include <stddef.h>

typedef struct clup_kernel_source {
  const char *name; /* of the file, without .cl */
  const char *text; /* not 0-terminated */
  size_t size;
} clup_kernel_source;

extern const clup_kernel_source clup_kernel_sources[]; /* ends with a NULL name */

#endif

/* Kernels from embedded sources: found in the context's memory, loaded from the disk cache, or built. */
#ifndef CLUP_PROGRAM_H
#define CLUP_PROGRAM_H

#include "context.h"

/* A new cl_kernel (the caller's to release) of the embedded source, compiled with the options. Any thread. */
clup_status program_kernel(clup_context *context, const char *source, const char *kernel, const char *options,
                           cl_kernel *out);
/* Stores the programs built from source since the last call in the disk cache. Called after a plan is made; with PoCL,
 * which compiles at the first run and once more for this, when the context is released: its binaries then need no
 * compiling. */
void program_save_new(clup_context *context);
void program_release_all(clup_context *context);

#endif

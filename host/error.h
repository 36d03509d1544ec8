/* A status and its message are made together, at the place that knows. */
#ifndef CLUP_ERROR_H
#define CLUP_ERROR_H

#include <clup/clup.h>

/* Sets the calling thread's message and returns `status`. */
clup_status clup_fail(clup_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for a failed OpenCL call: names it and its code; out-of-memory codes become CLUP_OUT_OF_MEMORY. */
clup_status clup_fail_cl(cl_int code, const char *call, const char *where);
/* "CL_INVALID_VALUE" for -30, and so on; "unknown" otherwise. */
const char *clup_cl_error_name(cl_int code);

#define CLUP_TRY(call)                             \
  do {                                             \
    clup_status clup_try_status_ = (call);         \
    if (clup_try_status_) return clup_try_status_; \
  } while (0)

#endif

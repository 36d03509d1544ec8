#include "error.h"

#include <stdarg.h>
#include <stdio.h>

#include "log.h"

static _Thread_local char last_error[1024];

const char *clup_last_error(void) {
  return last_error;
}

#define STATUSES(X)          \
  X(CLUP_OK)                 \
  X(CLUP_INVALID_ARGUMENT)   \
  X(CLUP_INVALID_SHAPE)      \
  X(CLUP_UNSUPPORTED)        \
  X(CLUP_INVALID_BUFFER)     \
  X(CLUP_OUT_OF_MEMORY)      \
  X(CLUP_OPENCL_ERROR)       \
  X(CLUP_BUILD_FAILED)       \
  X(CLUP_NO_DEVICE)          \
  X(CLUP_INDEX_OUT_OF_RANGE) \
  X(CLUP_INTERNAL_ERROR)

const char *clup_status_name(clup_status status) {
  switch (status) {
#define X(name) \
  case name:    \
    return #name;
    STATUSES(X)
#undef X
  }
  return "CLUP_UNKNOWN_STATUS";
}

clup_status clup_fail(clup_status status, const char *format, ...) {
  /* Arguments may point into last_error (a message that wraps another), so it is written last. */
  char text[sizeof last_error];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  snprintf(last_error, sizeof last_error, "%s", text);
  log_line(LOG_ERROR, "%s: %s", clup_status_name(status), last_error);
  return status;
}

#define CL_ERRORS(X)                              \
  X(CL_DEVICE_NOT_FOUND)                          \
  X(CL_DEVICE_NOT_AVAILABLE)                      \
  X(CL_COMPILER_NOT_AVAILABLE)                    \
  X(CL_MEM_OBJECT_ALLOCATION_FAILURE)             \
  X(CL_OUT_OF_RESOURCES)                          \
  X(CL_OUT_OF_HOST_MEMORY)                        \
  X(CL_PROFILING_INFO_NOT_AVAILABLE)              \
  X(CL_MEM_COPY_OVERLAP)                          \
  X(CL_BUILD_PROGRAM_FAILURE)                     \
  X(CL_MAP_FAILURE)                               \
  X(CL_MISALIGNED_SUB_BUFFER_OFFSET)              \
  X(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST) \
  X(CL_INVALID_VALUE)                             \
  X(CL_INVALID_DEVICE_TYPE)                       \
  X(CL_INVALID_PLATFORM)                          \
  X(CL_INVALID_DEVICE)                            \
  X(CL_INVALID_CONTEXT)                           \
  X(CL_INVALID_QUEUE_PROPERTIES)                  \
  X(CL_INVALID_COMMAND_QUEUE)                     \
  X(CL_INVALID_HOST_PTR)                          \
  X(CL_INVALID_MEM_OBJECT)                        \
  X(CL_INVALID_BINARY)                            \
  X(CL_INVALID_BUILD_OPTIONS)                     \
  X(CL_INVALID_PROGRAM)                           \
  X(CL_INVALID_PROGRAM_EXECUTABLE)                \
  X(CL_INVALID_KERNEL_NAME)                       \
  X(CL_INVALID_KERNEL)                            \
  X(CL_INVALID_ARG_INDEX)                         \
  X(CL_INVALID_ARG_VALUE)                         \
  X(CL_INVALID_ARG_SIZE)                          \
  X(CL_INVALID_KERNEL_ARGS)                       \
  X(CL_INVALID_WORK_DIMENSION)                    \
  X(CL_INVALID_WORK_GROUP_SIZE)                   \
  X(CL_INVALID_WORK_ITEM_SIZE)                    \
  X(CL_INVALID_GLOBAL_OFFSET)                     \
  X(CL_INVALID_EVENT_WAIT_LIST)                   \
  X(CL_INVALID_EVENT)                             \
  X(CL_INVALID_OPERATION)                         \
  X(CL_INVALID_BUFFER_SIZE)                       \
  X(CL_INVALID_GLOBAL_WORK_SIZE)

const char *clup_cl_error_name(cl_int code) {
  switch (code) {
#define X(name) \
  case name:    \
    return #name;
    CL_ERRORS(X)
#undef X
    case -1001:
      return "CL_PLATFORM_NOT_FOUND_KHR";
    default:
      return "unknown";
  }
}

clup_status clup_fail_cl(cl_int code, const char *call, const char *where) {
  int memory = code == CL_MEM_OBJECT_ALLOCATION_FAILURE || code == CL_OUT_OF_HOST_MEMORY || code == CL_OUT_OF_RESOURCES;
  return clup_fail(memory ? CLUP_OUT_OF_MEMORY : CLUP_OPENCL_ERROR, "%s: %s failed: %s (%d)", where, call,
                   clup_cl_error_name(code), (int)code);
}

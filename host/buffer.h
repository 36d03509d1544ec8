/* Checks of the caller's queue and buffers, before anything is enqueued. */
#ifndef CLUP_BUFFER_H
#define CLUP_BUFFER_H

#include "context.h"

/* One buffer of an enqueue, and the tensor that must fit it. */
typedef struct bound_buffer {
  const char *name; /* in messages: "input" */
  clup_buffer buffer;
  size_t bytes; /* that must lie behind the offset; 0: nothing is touched, the buffer may be NULL */
  size_t alignment;
  bool written;
} bound_buffer;

/* op begins the messages. */
clup_status buffer_check_queue(const clup_context *context, cl_command_queue queue, const char *op);
/* Each on its own, then that no written one overlaps another. */
clup_status buffer_check(const clup_context *context, const bound_buffer *buffers, int count, const char *op);
clup_status buffer_check_events(cl_uint num_events, const cl_event *wait_list, const char *op);

#endif

#include "held_events.h"

#include <stdlib.h>

bool held_events_init(held_events *held, bool off) {
  held->off = off;
  return !pthread_mutex_init(&held->lock, NULL);
}

static bool completed(cl_event event) {
  cl_int state = CL_QUEUED;
  return clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL) == CL_SUCCESS &&
         state == CL_COMPLETE;
}

/* From the oldest on, up to the first that has not completed. One that failed stays: the driver may be at it still. */
static void reap(held_events *held) {
  size_t done = 0;
  while (done < held->count && completed(held->events[done])) clReleaseEvent(held->events[done++]);
  held->count -= done;
  for (size_t i = 0; done && i < held->count; i++) held->events[i] = held->events[i + done];
}

void held_events_add(held_events *held, cl_event event) {
  if (held->off) return;
  pthread_mutex_lock(&held->lock);
  reap(held);
  if (held->count == held->room) {
    size_t room = held->room ? 2 * held->room : 64;
    cl_event *events = realloc(held->events, room * sizeof *events);
    if (events) {
      held->events = events;
      held->room = room;
    }
  }
  if (held->count < held->room) {
    clRetainEvent(event);
    held->events[held->count++] = event;
  }
  pthread_mutex_unlock(&held->lock);
}

static void CL_CALLBACK release(cl_event event, cl_int status, void *data) {
  (void)status;
  (void)data;
  clReleaseEvent(event);
}

void held_events_clear(held_events *held) {
  for (size_t i = 0; i < held->count; i++) {
    cl_int state = CL_QUEUED;
    cl_int code = clGetEventInfo(held->events[i], CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL);
    /* A command still under way lets go of its event when it completes. PoCL does not call back for one that fails:
     * that event stays for good, which is better than the abort. */
    if (code || state <= CL_COMPLETE)
      clReleaseEvent(held->events[i]);
    else
      clSetEventCallback(held->events[i], CL_COMPLETE, release, NULL);
  }
  free(held->events);
  pthread_mutex_destroy(&held->lock);
}

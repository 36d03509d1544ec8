/* Events kept alive until they are over. When a wait event fails, PoCL 3.1 marks the commands that depend on it as
 * failed, and aborts the process when nobody else holds such a command's event: so a context holds those of all its
 * commands. */
#ifndef CLUP_HELD_EVENTS_H
#define CLUP_HELD_EVENTS_H

#include <clup/clup.h>
#include <pthread.h>
#include <stdbool.h>

typedef struct held_events {
  pthread_mutex_t lock;
  cl_event *events;
  size_t count, room;
  bool off; /* for drivers without that defect */
} held_events;

bool held_events_init(held_events *held, bool off);
/* Retains the event, and lets go of those that have completed. */
void held_events_add(held_events *held, cl_event event);
void held_events_clear(held_events *held);

#endif

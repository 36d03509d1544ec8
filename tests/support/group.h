/* The device of a test program, opened once for all of its tests. Each is a program of its own, so everything here is
 * static. */
#ifndef GROUP_H
#define GROUP_H

#include "trial.h"

static trial_device device; /* its queue is in order */

static inline int open_device(void **state) {
  (void)state;
  trial_device_open(&device, 0);
  return 0;
}

static inline int close_device(void **state) {
  (void)state;
  trial_device_close(&device);
  return 0;
}

#endif

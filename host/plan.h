/* One solver's launches on one context: kernels, workspace, packed weights. */
#ifndef CLUP_PLAN_H
#define CLUP_PLAN_H

#include "select.h"

struct clup_plan {
  clup_context *context;
  clup_problem *problem;
  const solver *solver;
  bool caller_workspace;
  recipe recipe;
  cl_kernel kernels[RECIPE_MAX_LAUNCHES], pack_kernels[RECIPE_MAX_PACK];
  cl_mem workspace, table, status;

  /* Guarded by the lock: kernel arguments too, since setting and enqueueing them is two calls. */
  pthread_mutex_t lock;
  cl_mem packed;         /* a new buffer at each set_weights: commands under way keep the one they were enqueued with */
  cl_event packed_ready; /* of the last set_weights; NULL once seen complete */
  cl_event last_use;     /* of the plan's own workspace */
  cl_command_queue last_queue;
};

/* clup_plan_check, with the caller's indices (or NULL) so that the message can tell a bad one's value. */
clup_status plan_check(clup_plan *plan, cl_command_queue queue, cl_uint num_events, const cl_event *wait_list,
                       const void *indices);

#endif

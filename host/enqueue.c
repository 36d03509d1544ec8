/* Enqueueing a plan and its weights on the caller's queue. */
#include <stdlib.h>

#include "buffer.h"
#include "error.h"
#include "images.h"
#include "log.h"
#include "plan.h"
#include "tensor.h"

#define MAX_WAITS 64

typedef struct waits {
  cl_event events[MAX_WAITS];
  cl_uint count;
  cl_event marker; /* stands for a wait list longer than `events`; ours to release */
} waits;

static void waits_add(waits *w, cl_event event) {
  w->events[w->count++] = event;
}

static clup_status waits_begin(waits *w, held_events *held, cl_command_queue queue, cl_uint num_events,
                               const cl_event *wait_list) {
  w->count = 0;
  w->marker = NULL;
  if (num_events > MAX_WAITS - 2) { /* two of ours may join */
    cl_int code = clEnqueueMarkerWithWaitList(queue, num_events, wait_list, &w->marker);
    if (code) return clup_fail_cl(code, "clEnqueueMarkerWithWaitList", "plan_enqueue");
    held_events_add(held, w->marker);
    waits_add(w, w->marker);
    return CLUP_OK;
  }
  for (cl_uint i = 0; i < num_events; i++) waits_add(w, wait_list[i]);
  return CLUP_OK;
}

static void waits_end(waits *w) {
  if (w->marker) clReleaseEvent(w->marker);
}

static bool out_of_order(cl_command_queue queue) {
  cl_command_queue_properties properties = 0;
  return clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES, sizeof properties, &properties, NULL) != CL_SUCCESS ||
         (properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
}

/* ---- times in the log */

typedef struct timed {
  const char *op, *algo;
  double begin;
} timed;

static void CL_CALLBACK log_time(cl_event event, cl_int status, void *data) {
  timed *t = data;
  cl_ulong begin = 0, end = 0;
  if (!clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof begin, &begin, NULL) &&
      !clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL))
    log_line(LOG_EXEC, "%s/%s: %.3f ms after its enqueue (last kernel %.3f ms), status %d", t->op, t->algo,
             log_clock_ms() - t->begin, (double)(end - begin) * 1e-6, (int)status);
  else
    log_line(LOG_EXEC, "%s/%s: %.3f ms after its enqueue, status %d", t->op, t->algo, log_clock_ms() - t->begin,
             (int)status);
  free(t);
}

/* By callback, not by waiting: a log must not hang a pipeline that waits for an event the caller has yet to set. */
static void log_when_done(const clup_plan *plan, double begin, cl_event event) {
  timed *t = malloc(sizeof *t);
  if (!t) return;
  *t = (timed){operator_of(plan->problem->op)->name, plan->solver->name, begin};
  if (clSetEventCallback(event, CL_COMPLETE, log_time, t)) free(t);
}

/* ---- launches */

typedef struct bindings {
  clup_buffer of_role[ARG_ROLES];
} bindings;

static bool bound_at_enqueue(const clup_plan *plan, arg_role role) {
  return role != ARG_TABLE && role != ARG_STATUS && (role != ARG_WORKSPACE || plan->caller_workspace);
}

static clup_status bind_args(const clup_plan *plan, const launch *l, cl_kernel kernel, const bindings *bound) {
  cl_uint index = 0;
  for (int i = 0; i < l->num_args; i++) {
    const launch_arg *arg = &l->args[i];
    if (arg->kind == ARG_KIND_IMAGE) {
      const cl_mem image = bound->of_role[arg->role].mem;
      const cl_int code = clSetKernelArg(kernel, index, sizeof image, &image);
      if (code) return clup_fail_cl(code, "clSetKernelArg", l->kernel);
    }
    if (arg->kind != ARG_KIND_BUFFER) {
      index++;
      continue;
    }
    if (bound_at_enqueue(plan, arg->role)) {
      const clup_buffer *buffer = &bound->of_role[arg->role];
      cl_long offset = (cl_long)(buffer->offset / arg->element_size) + arg->offset;
      cl_int code = clSetKernelArg(kernel, index, sizeof buffer->mem, &buffer->mem);
      if (!code) code = clSetKernelArg(kernel, index + 1, sizeof offset, &offset);
      if (code) return clup_fail_cl(code, "clSetKernelArg", l->kernel);
    }
    index += 2;
  }
  return CLUP_OK;
}

/* The launches one after the other; *last receives an event of the last one when `last` is not NULL. */
static clup_status run_launches(const clup_plan *plan, const launch *launches, const cl_kernel *kernels, int count,
                                cl_command_queue queue, const bindings *bound, const waits *w, cl_event *last) {
  cl_event before = NULL;
  held_events *held = &plan->context->held;
  bool chain = count > 1 && out_of_order(queue);
  if (count == 0) { /* an empty tensor: nothing to run, but the order and the event hold */
    cl_event event = NULL;
    cl_int code = clEnqueueMarkerWithWaitList(queue, w->count, w->count ? w->events : NULL, &event);
    if (code) return clup_fail_cl(code, "clEnqueueMarkerWithWaitList", "plan_enqueue");
    held_events_add(held, event);
    if (last)
      *last = event;
    else
      clReleaseEvent(event);
    return CLUP_OK;
  }
  for (int i = 0; i < count; i++) {
    const launch *l = &launches[i];
    bool wanted = !held->off || (i == count - 1 ? last != NULL : chain);
    const cl_event *events = i == 0 ? w->events : &before;
    cl_uint num_events = i == 0 ? w->count : chain ? 1 : 0;
    cl_event event = NULL;
    clup_status status = bind_args(plan, l, kernels[i], bound);
    cl_int code =
        status ? CL_SUCCESS
               : clEnqueueNDRangeKernel(queue, kernels[i], l->work_dim, NULL, l->global, l->local[0] ? l->local : NULL,
                                        num_events, num_events ? events : NULL, wanted ? &event : NULL);
    if (before) clReleaseEvent(before);
    if (status) return status;
    if (code) return clup_fail_cl(code, "clEnqueueNDRangeKernel", l->kernel);
    if (event) held_events_add(held, event);
    before = event;
  }
  if (last)
    *last = before;
  else if (before)
    clReleaseEvent(before);
  return CLUP_OK;
}

/* ---- weights */

static clup_status check_weights(const clup_plan *plan, const clup_weights *weights, bindings *bound) {
  const clup_problem *p = plan->problem;
  const char *op = operator_of(p->op)->name;
  if (!p->weight.rank) return clup_fail(CLUP_INVALID_ARGUMENT, "plan_set_weights: %s has no weights", op);
  size_t size = clup_dtype_size(p->weight.dtype);
  bound_buffer buffers[3] = {
      {"weight", weights->weight, (size_t)tensor_span(&p->weight) * size, size, false},
  };
  int count = 1;
  if (p->bias.rank)
    buffers[count++] = (bound_buffer){"bias", weights->bias, (size_t)tensor_span(&p->bias) * size, size, false};
  if (p->slope.rank)
    buffers[count++] = (bound_buffer){"slope", weights->slope, (size_t)tensor_span(&p->slope) * size, size, false};
  CLUP_TRY(buffer_check(plan->context, buffers, count, op));
  bound->of_role[ARG_RAW_WEIGHT] = weights->weight;
  bound->of_role[ARG_RAW_BIAS] = weights->bias;
  bound->of_role[ARG_RAW_SLOPE] = weights->slope;
  return CLUP_OK;
}

clup_status clup_plan_set_weights(clup_plan *plan, cl_command_queue queue, const clup_weights *weights,
                                  cl_uint num_events, const cl_event *wait_list, cl_event *event) {
  if (!plan || !weights)
    return clup_fail(CLUP_INVALID_ARGUMENT, "plan_set_weights: %s is NULL", plan ? "weights" : "plan");
  CLUP_TRY(buffer_check_queue(plan->context, queue, "plan_set_weights"));
  CLUP_TRY(buffer_check_events(num_events, wait_list, "plan_set_weights"));
  bindings bound = {.of_role = {{NULL, 0}}};
  CLUP_TRY(check_weights(plan, weights, &bound));

  cl_int code = CL_SUCCESS;
  size_t bytes = plan->recipe.packed_bytes ? plan->recipe.packed_bytes : 1;
  cl_mem packed = clCreateBuffer(plan->context->context, CL_MEM_READ_WRITE, bytes, NULL, &code);
  if (code) return clup_fail_cl(code, "clCreateBuffer", "packed weights");
  bound.of_role[ARG_PACKED] = (clup_buffer){packed, 0};

  waits w;
  cl_event done = NULL;
  clup_status status = waits_begin(&w, &plan->context->held, queue, num_events, wait_list);
  if (status) {
    clReleaseMemObject(packed);
    return status;
  }
  pthread_mutex_lock(&plan->lock);
  status = run_launches(plan, plan->recipe.pack, plan->pack_kernels, plan->recipe.num_pack, queue, &bound, &w, &done);
  if (!status) {
    if (plan->packed) clReleaseMemObject(plan->packed);
    if (plan->packed_ready) clReleaseEvent(plan->packed_ready);
    plan->packed = packed;
    plan->packed_ready = done;
    clRetainEvent(done);
  }
  pthread_mutex_unlock(&plan->lock);
  waits_end(&w);
  if (status) {
    clReleaseMemObject(packed);
    return status;
  }
  clFlush(queue); /* an enqueue on another queue may wait for these weights */
  if (event)
    *event = done;
  else
    clReleaseEvent(done);
  return CLUP_OK;
}

/* ---- the plan itself */

static clup_status check_enqueue(const clup_plan *plan, const clup_buffers *buffers, bindings *bound) {
  const clup_problem *p = plan->problem;
  const char *op = operator_of(p->op)->name;
  bool empty = plan->recipe.num_launches == 0;
  size_t size = clup_dtype_size(p->input.dtype);
  if (problem_images(p)) CLUP_TRY(images_check_bound(plan->context, p, buffers));
  bound_buffer list[4];
  int count = 0;
  if (!problem_images(p)) {
    list[count++] = (bound_buffer){"input", buffers->input, (size_t)tensor_span(&p->input) * size, size, false};
    list[count++] = (bound_buffer){"output", buffers->output, (size_t)tensor_span(&p->output) * size, size, true};
  }
  if (p->indices.rank) {
    size_t index_size = clup_dtype_size(p->indices.dtype);
    list[count++] =
        (bound_buffer){"indices", buffers->indices, (size_t)tensor_span(&p->indices) * index_size, index_size, false};
  }
  if (plan->caller_workspace)
    list[count++] = (bound_buffer){"workspace", buffers->workspace, plan->recipe.workspace_bytes, 64, true};
  for (int i = 0; i < count; i++)
    if (empty) list[i].bytes = 0;
  CLUP_TRY(buffer_check(plan->context, list, count, op));
  bound->of_role[ARG_INPUT] = buffers->input;
  bound->of_role[ARG_OUTPUT] = buffers->output;
  bound->of_role[ARG_INDICES] = buffers->indices;
  bound->of_role[ARG_WORKSPACE] = buffers->workspace;
  return CLUP_OK;
}

/* Under the lock: the packed weights, and the event that makes them so while it is not complete. */
static clup_status use_weights(clup_plan *plan, bindings *bound, waits *w) {
  if (!plan->problem->weight.rank) return CLUP_OK;
  const char *op = operator_of(plan->problem->op)->name;
  if (!plan->packed)
    return clup_fail(CLUP_INVALID_ARGUMENT, "%s: the plan has no weights yet: call clup_plan_set_weights first", op);
  bound->of_role[ARG_PACKED] = (clup_buffer){plan->packed, 0};
  if (!plan->packed_ready) return CLUP_OK;
  cl_int state = CL_QUEUED;
  cl_int code = clGetEventInfo(plan->packed_ready, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL);
  if (code) return clup_fail_cl(code, "clGetEventInfo", op);
  if (state < 0)
    return clup_fail(CLUP_OPENCL_ERROR, "%s: setting the plan's weights failed: %s (%d)", op, clup_cl_error_name(state),
                     (int)state);
  if (state == CL_COMPLETE) {
    clReleaseEvent(plan->packed_ready);
    plan->packed_ready = NULL;
  } else {
    waits_add(w, plan->packed_ready);
  }
  return CLUP_OK;
}

/* Under the lock: commands that share the plan's own workspace run one after the other. */
static void wait_for_workspace(clup_plan *plan, cl_command_queue queue, waits *w) {
  if (!plan->last_use) return;
  if (plan->last_queue == queue && !out_of_order(queue)) return;
  cl_int state = CL_QUEUED;
  clGetEventInfo(plan->last_use, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL);
  /* A command that failed no longer uses the workspace, and its failure is not this one's. */
  if (state <= CL_COMPLETE) return;
  if (plan->last_queue != queue) {
    /* The event retains its queue; without a flush that queue might never start. */
    cl_command_queue other = NULL;
    if (!clGetEventInfo(plan->last_use, CL_EVENT_COMMAND_QUEUE, sizeof other, &other, NULL) && other) clFlush(other);
  }
  waits_add(w, plan->last_use);
}

clup_status clup_plan_enqueue(clup_plan *plan, cl_command_queue queue, const clup_buffers *buffers, cl_uint num_events,
                              const cl_event *wait_list, cl_event *event) {
  if (!plan || !buffers) return clup_fail(CLUP_INVALID_ARGUMENT, "plan_enqueue: %s is NULL", plan ? "buffers" : "plan");
  const char *op = operator_of(plan->problem->op)->name;
  CLUP_TRY(buffer_check_queue(plan->context, queue, op));
  CLUP_TRY(buffer_check_events(num_events, wait_list, op));
  bindings bound = {.of_role = {{NULL, 0}}};
  CLUP_TRY(check_enqueue(plan, buffers, &bound));
  waits w;
  CLUP_TRY(waits_begin(&w, &plan->context->held, queue, num_events, wait_list));

  bool own_workspace = plan->workspace != NULL, timing = log_wants(LOG_EXEC);
  double begin = timing ? log_clock_ms() : 0;
  cl_event done = NULL;
  pthread_mutex_lock(&plan->lock);
  clup_status status = use_weights(plan, &bound, &w);
  if (!status && own_workspace) wait_for_workspace(plan, queue, &w);
  if (!status)
    status = run_launches(plan, plan->recipe.launches, plan->kernels, plan->recipe.num_launches, queue, &bound, &w,
                          event || own_workspace || timing ? &done : NULL);
  if (!status && own_workspace) {
    if (plan->last_use) clReleaseEvent(plan->last_use);
    plan->last_use = done;
    plan->last_queue = queue;
    clRetainEvent(done);
  }
  pthread_mutex_unlock(&plan->lock);
  waits_end(&w);
  if (status) return status;
  if (timing) log_when_done(plan, begin, done);
  if (event)
    *event = done;
  else if (done)
    clReleaseEvent(done);
  return CLUP_OK;
}

/* The convenience layer: host pointers in, host pointers out, a context and a queue of its own. */
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "error.h"
#include "images.h"
#include "log.h"
#include "plan.h"
#include "problem.h"
#include "tensor.h"

struct clup_host {
  cl_context cl;
  cl_command_queue queue;
  clup_context *context;
  /* The last plan, and what it was made of. */
  clup_plan *plan;
  char text[PROBLEM_TEXT];
  char algo[64];
  unsigned tuned; /* changes of the tuned choices that it has seen */
};

clup_status clup_host_create(const char *device_spec, const clup_context_options *options, clup_host **out) {
  if (!out) return clup_fail(CLUP_INVALID_ARGUMENT, "host_create: out is NULL");
  cl_platform_id platform;
  cl_device_id device;
  CLUP_TRY(clup_device_find(device_spec, &platform, &device));
  clup_host *host = calloc(1, sizeof *host);
  if (!host) return clup_fail(CLUP_OUT_OF_MEMORY, "host_create: no memory for the host layer");
  cl_int code;
  cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)platform, 0};
  clup_status status = CLUP_OK;
  host->cl = clCreateContext(properties, 1, &device, NULL, NULL, &code);
  if (code) {
    host->cl = NULL;
    status = clup_fail_cl(code, "clCreateContext", "host_create");
  }
  if (!status) {
    host->queue = clCreateCommandQueue(host->cl, device, 0, &code);
    if (code) {
      host->queue = NULL;
      status = clup_fail_cl(code, "clCreateCommandQueue", "host_create");
    }
  }
  if (!status) status = clup_context_create(host->cl, device, options, &host->context);
  if (status) {
    clup_host_release(host);
    return status;
  }
  *out = host;
  return CLUP_OK;
}

void clup_host_release(clup_host *host) {
  if (!host) return;
  if (host->queue) clFinish(host->queue); /* so that nothing under way outlives what it uses */
  clup_plan_release(host->plan);
  clup_context_release(host->context);
  if (host->queue) clReleaseCommandQueue(host->queue);
  if (host->cl) clReleaseContext(host->cl);
  free(host);
}

clup_context *clup_host_context(clup_host *host) {
  return host ? host->context : NULL;
}
cl_command_queue clup_host_queue(clup_host *host) {
  return host ? host->queue : NULL;
}

static clup_status find_plan(clup_host *host, const clup_problem *problem, const char *algo) {
  char text[PROBLEM_TEXT];
  CLUP_TRY(clup_problem_print(problem, text, sizeof text, NULL));
  if (!algo) algo = "";
  unsigned tuned = atomic_load(&host->context->tuned.changes);
  if (host->plan && !strcmp(text, host->text) && !strcmp(algo, host->algo) && tuned == host->tuned) return CLUP_OK;
  clup_plan_options options = CLUP_PLAN_OPTIONS_INIT;
  options.algo = *algo ? algo : NULL;
  clup_plan *plan = NULL;
  CLUP_TRY(clup_plan_create(host->context, problem, &options, &plan));
  clup_plan_release(host->plan);
  host->plan = plan;
  host->tuned = tuned;
  memcpy(host->text, text, sizeof text);
  host->algo[0] = 0;
  if (strlen(algo) < sizeof host->algo) memcpy(host->algo, algo, strlen(algo) + 1);
  return CLUP_OK;
}

/* One tensor's array and its copy on the device. */
typedef struct copy {
  const clup_tensor *tensor;
  const void *array;
  const char *name;
  cl_mem mem;
  size_t bytes;
  bool image; /* what the tensor is */
} copy;

static clup_status make_copy(const clup_host *host, copy *c, cl_mem_flags flags, bool upload) {
  if (!c->tensor->rank) return CLUP_OK;
  c->bytes = (size_t)tensor_span(c->tensor) * clup_dtype_size(c->tensor->dtype);
  if (!c->bytes) return CLUP_OK;
  if (!c->array) return clup_fail(CLUP_INVALID_ARGUMENT, "host_run: the %s array is NULL", c->name);
  cl_ulong most = host->context->caps.max_allocation;
  if (c->bytes > most)
    return clup_fail(CLUP_OUT_OF_MEMORY, "host_run: %s of %llu bytes: the device allocates at most %llu at once",
                     c->name, (unsigned long long)c->bytes, (unsigned long long)most);
  cl_int code;
  void *from = upload ? (void *)(uintptr_t)c->array : NULL; /* OpenCL only reads it */
  c->mem = clCreateBuffer(host->cl, flags | (upload ? CL_MEM_COPY_HOST_PTR : 0), c->bytes, from, &code);
  if (code) {
    c->mem = NULL;
    return clup_fail_cl(code, "clCreateBuffer", c->name);
  }
  return CLUP_OK;
}

static clup_status make_image(const clup_host *host, const clup_problem *problem, copy *c, bool upload) {
  if (!c->array) return clup_fail(CLUP_INVALID_ARGUMENT, "host_run: the %s array is NULL", c->name);
  CLUP_TRY(images_create(host->context, problem, c->tensor, &c->mem));
  return upload ? images_write(host->queue, c->mem, c->tensor, c->array) : CLUP_OK;
}

enum { COPY_INPUT, COPY_WEIGHT, COPY_BIAS, COPY_SLOPE, COPY_INDICES, COPY_OUTPUT, COPIES };

static clup_status run_on_copies(clup_host *host, const copy *copies, void *output, double *ms) {
  clup_buffers buffers = {.input = {copies[COPY_INPUT].mem, 0},
                          .indices = {copies[COPY_INDICES].mem, 0},
                          .output = {copies[COPY_OUTPUT].mem, 0}};
  if (copies[COPY_WEIGHT].tensor->rank)
    CLUP_TRY(clup_plan_set_weights(host->plan, host->queue,
                                   &(clup_weights){.weight = {copies[COPY_WEIGHT].mem, 0},
                                                   .bias = {copies[COPY_BIAS].mem, 0},
                                                   .slope = {copies[COPY_SLOPE].mem, 0}},
                                   0, NULL, NULL));
  cl_int code = clFinish(host->queue);
  if (code) return clup_fail_cl(code, "clFinish", "host_run");
  double begin = log_clock_ms();
  cl_event done = NULL;
  CLUP_TRY(clup_plan_enqueue(host->plan, host->queue, &buffers, 0, NULL, &done));
  clup_status status = plan_check(host->plan, host->queue, 1, &done, copies[COPY_INDICES].array);
  if (ms) *ms = log_clock_ms() - begin;
  clReleaseEvent(done);
  if (status) return status;
  const copy *out = &copies[COPY_OUTPUT];
  if (!out->mem) return CLUP_OK;
  if (out->image) return images_read(host->queue, out->mem, out->tensor, output);
  code = clEnqueueReadBuffer(host->queue, out->mem, CL_TRUE, 0, out->bytes, output, 0, NULL, NULL);
  return code ? clup_fail_cl(code, "clEnqueueReadBuffer", "host_run") : CLUP_OK;
}

clup_status clup_host_run(clup_host *host, const clup_problem *problem, const char *algo, const clup_arrays *arrays,
                          double *ms) {
  if (!host || !problem || !arrays)
    return clup_fail(CLUP_INVALID_ARGUMENT, "host_run: %s is NULL", !host ? "host" : !problem ? "problem" : "arrays");
  copy copies[COPIES] = {
      [COPY_INPUT] = {.tensor = &problem->input, .array = arrays->input, .name = "input"},
      [COPY_WEIGHT] = {.tensor = &problem->weight, .array = arrays->weight, .name = "weight"},
      [COPY_BIAS] = {.tensor = &problem->bias, .array = arrays->bias, .name = "bias"},
      [COPY_SLOPE] = {.tensor = &problem->slope, .array = arrays->slope, .name = "slope"},
      [COPY_INDICES] = {.tensor = &problem->indices, .array = arrays->indices, .name = "indices"},
      [COPY_OUTPUT] = {.tensor = &problem->output, .array = arrays->output, .name = "output"},
  };
  CLUP_TRY(find_plan(host, problem, algo));
  clup_status status = CLUP_OK;
  copies[COPY_INPUT].image = copies[COPY_OUTPUT].image = problem_images(problem) != CLUP_NO_IMAGES;
  for (int i = 0; i < COPIES && !status; i++) {
    if (copies[i].image) {
      status = make_image(host, problem, &copies[i], i == COPY_INPUT);
      continue;
    }
    /* A strided output comes back with its gaps, so they must go there first. */
    bool upload = i != COPY_OUTPUT || !tensor_is_contiguous(&problem->output);
    status = make_copy(host, &copies[i], i == COPY_OUTPUT ? CL_MEM_READ_WRITE : CL_MEM_READ_ONLY, upload);
  }
  if (!status) status = run_on_copies(host, copies, arrays->output, ms);
  if (status) clFinish(host->queue); /* what was enqueued before the failure still uses the copies */
  for (int i = 0; i < COPIES; i++)
    if (copies[i].mem) clReleaseMemObject(copies[i].mem);
  return status;
}

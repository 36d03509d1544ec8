#include "trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Before an array lie GUARD bytes and 3 elements more, so that it begins aligned to an element and to nothing better.
 */
enum { GUARD = 256, SHIFT = 3 };

void trial_device_open(trial_device *d, cl_command_queue_properties properties) {
  cl_platform_id platform;
  cl_int code = CL_SUCCESS;
  clup_context_options options = CLUP_CONTEXT_OPTIONS_INIT;
  options.disk_cache = 0;
  if (clup_device_find(NULL, &platform, &d->device) != CLUP_OK) fail_msg("%s", clup_last_error());
  const cl_context_properties which[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)platform, 0};
  d->context = clCreateContext(which, 1, &d->device, NULL, NULL, &code);
  assert_int_equal(code, CL_SUCCESS);
  d->queue = clCreateCommandQueue(d->context, d->device, properties, &code);
  assert_int_equal(code, CL_SUCCESS);
  if (clup_context_create(d->context, d->device, &options, &d->clup) != CLUP_OK) fail_msg("%s", clup_last_error());
}

void trial_device_close(trial_device *d) {
  clup_context_release(d->clup);
  clReleaseCommandQueue(d->queue);
  clReleaseContext(d->context);
}

clup_problem *trial_problem(const char *text) {
  clup_problem *problem = NULL;
  if (clup_problem_parse(text, &problem) != CLUP_OK) fail_msg("%s: %s", text, clup_last_error());
  return problem;
}

void trial_arrays_make(const clup_problem *problem, reference_fill_kind kind, uint32_t seed, trial_arrays *arrays) {
  *arrays = (trial_arrays){0};
  for (int role = CLUP_ROLE_INPUT; role < CLUP_ROLES; role++) {
    clup_tensor t;
    if (clup_problem_tensor(problem, (clup_role)role, &t) != CLUP_OK) continue;
    arrays->bytes[role] = (size_t)reference_span(&t) * clup_dtype_size(t.dtype);
    arrays->spans[role] = malloc(arrays->bytes[role] + 1);
    assert_non_null(arrays->spans[role]);
    memset(arrays->spans[role], 0xFF, arrays->bytes[role] + 1);
    if (role == CLUP_ROLE_OUTPUT) continue;
    const int failed = role == CLUP_ROLE_INDICES ? reference_fill_indices(problem, seed + 3, arrays->spans[role])
                                                 : reference_fill(&t, kind, seed + (uint32_t)role, arrays->spans[role]);
    if (failed) fail_msg("%s", reference_error());
  }
}

void trial_arrays_free(trial_arrays *arrays) {
  for (int role = 0; role < CLUP_ROLES; role++) free(arrays->spans[role]);
  *arrays = (trial_arrays){0};
}

clup_arrays trial_host_arrays(const trial_arrays *arrays) {
  return (clup_arrays){arrays->spans[CLUP_ROLE_INPUT],  arrays->spans[CLUP_ROLE_WEIGHT],
                       arrays->spans[CLUP_ROLE_BIAS],   arrays->spans[CLUP_ROLE_INDICES],
                       arrays->spans[CLUP_ROLE_OUTPUT], arrays->spans[CLUP_ROLE_SLOPE]};
}

cl_mem trial_buffer(const trial_device *d, size_t bytes, const void *contents) {
  cl_int code;
  cl_mem mem = clCreateBuffer(d->context, CL_MEM_READ_WRITE, bytes, NULL, &code);
  assert_int_equal(code, CL_SUCCESS);
  if (contents != NULL)
    assert_int_equal(clEnqueueWriteBuffer(d->queue, mem, CL_TRUE, 0, bytes, contents, 0, NULL, NULL), CL_SUCCESS);
  return mem;
}

void trial_read(const trial_device *d, cl_mem mem, size_t bytes, void *out) {
  assert_int_equal(clEnqueueReadBuffer(d->queue, mem, CL_TRUE, 0, bytes, out, 0, NULL, NULL), CL_SUCCESS);
}

static size_t offset_of(const clup_tensor *t) {
  return GUARD + SHIFT * clup_dtype_size(t->dtype);
}

/* A role's array in a buffer of its own, between guard zones; {NULL} for a role that the problem lacks. */
static clup_buffer guarded(const trial_device *d, const clup_problem *problem, clup_role role,
                           const trial_arrays *arrays) {
  clup_tensor t;
  cl_int code;
  if (clup_problem_tensor(problem, role, &t) != CLUP_OK) return (clup_buffer){NULL, 0};
  const size_t offset = offset_of(&t), bytes = offset + arrays->bytes[role] + GUARD;
  unsigned char *image = malloc(bytes);
  assert_non_null(image);
  memset(image, 0xFF, bytes); /* NaN: a value read from outside the array shows */
  memcpy(image + offset, arrays->spans[role], arrays->bytes[role]);
  const cl_mem_flags flags = role == CLUP_ROLE_OUTPUT ? CL_MEM_READ_WRITE : CL_MEM_READ_ONLY;
  cl_mem mem = clCreateBuffer(d->context, flags | CL_MEM_COPY_HOST_PTR, bytes, image, &code);
  assert_int_equal(code, CL_SUCCESS);
  free(image);
  return (clup_buffer){mem, offset};
}

/* Marks the bytes of a buffer that belong to the output's elements. */
static unsigned char *mask_of(const clup_tensor *y, size_t bytes) {
  const size_t size = clup_dtype_size(y->dtype);
  unsigned char *mask = calloc(bytes, 1);
  assert_non_null(mask);
  for (int64_t i = 0; i < reference_count(y); i++)
    memset(mask + offset_of(y) + (size_t)reference_place(y, i) * size, 1, size);
  return mask;
}

typedef struct trial_buffers {
  clup_buffers io;
  clup_weights weights;
} trial_buffers;

/* One enqueue over an output poisoned with `poison`; the buffer's bytes afterwards in `image`. */
static int run_once(const trial_device *d, clup_plan *plan, const trial_buffers *b, const clup_tensor *y,
                    unsigned char poison, unsigned char *image, size_t bytes, char text[TRIAL_TEXT]) {
  cl_event done = NULL;
  memset(image, poison, bytes);
  if (clEnqueueWriteBuffer(d->queue, b->io.output.mem, CL_TRUE, 0, bytes, image, 0, NULL, NULL) != CL_SUCCESS)
    return -1;
  if (clup_plan_enqueue(plan, d->queue, &b->io, 0, NULL, &done) != CLUP_OK) {
    snprintf(text, TRIAL_TEXT, "enqueue: %s", clup_last_error());
    return -1;
  }
  const cl_int waited = clWaitForEvents(1, &done);
  clReleaseEvent(done);
  if (waited != CL_SUCCESS) {
    snprintf(text, TRIAL_TEXT, "the output event ended with %d", waited);
    return -1;
  }
  if (b->io.indices.mem != NULL && clup_plan_check(plan, d->queue, 0, NULL) != CLUP_OK) {
    snprintf(text, TRIAL_TEXT, "check: %s", clup_last_error());
    return -1;
  }
  trial_read(d, b->io.output.mem, bytes, image);
  unsigned char *mask = mask_of(y, bytes);
  int result = 0;
  for (size_t i = 0; i < bytes && result == 0; i++)
    if (!mask[i] && image[i] != poison) {
      snprintf(text, TRIAL_TEXT, "wrote byte %lld of the output, which spans %lld bytes and has no element there",
               (long long)i - (long long)offset_of(y),
               (long long)reference_span(y) * (long long)clup_dtype_size(y->dtype));
      result = -1;
    }
  free(mask);
  return result;
}

static int run_plan(const trial_device *d, const clup_problem *problem, clup_plan *plan, trial_arrays *arrays,
                    const reference_expected *expected, char text[TRIAL_TEXT]) {
  clup_tensor y;
  reference_report report;
  int result = -1;
  assert_int_equal(clup_problem_tensor(problem, CLUP_ROLE_OUTPUT, &y), CLUP_OK);
  const size_t bytes = offset_of(&y) + arrays->bytes[CLUP_ROLE_OUTPUT] + GUARD, size = clup_dtype_size(y.dtype);
  unsigned char *images[2] = {malloc(bytes), malloc(bytes)};
  assert_true(images[0] != NULL && images[1] != NULL);
  trial_buffers b = {.io = {.input = guarded(d, problem, CLUP_ROLE_INPUT, arrays),
                            .indices = guarded(d, problem, CLUP_ROLE_INDICES, arrays),
                            .output = guarded(d, problem, CLUP_ROLE_OUTPUT, arrays)},
                     .weights = {.weight = guarded(d, problem, CLUP_ROLE_WEIGHT, arrays),
                                 .bias = guarded(d, problem, CLUP_ROLE_BIAS, arrays),
                                 .slope = guarded(d, problem, CLUP_ROLE_SLOPE, arrays)}};
  if (b.weights.weight.mem != NULL && clup_plan_set_weights(plan, d->queue, &b.weights, 0, NULL, NULL) != CLUP_OK) {
    snprintf(text, TRIAL_TEXT, "set_weights: %s", clup_last_error());
    goto done;
  }
  if (run_once(d, plan, &b, &y, 0xFF, images[0], bytes, text) != 0) goto done;
  if (run_once(d, plan, &b, &y, 0xA5, images[1], bytes, text) != 0) goto done;
  for (int64_t i = 0; i < reference_count(&y); i++) {
    const size_t at = offset_of(&y) + (size_t)reference_place(&y, i) * size;
    if (memcmp(images[0] + at, images[1] + at, size) != 0) {
      snprintf(text, TRIAL_TEXT, "element %lld differs between two runs, or was not written", (long long)i);
      goto done;
    }
  }
  memcpy(arrays->spans[CLUP_ROLE_OUTPUT], images[0] + offset_of(&y), arrays->bytes[CLUP_ROLE_OUTPUT]);
  const clup_arrays host = trial_host_arrays(arrays);
  result = expected == NULL ? 0 : reference_compare(problem, expected, &host, &report);
  if (result != 0) snprintf(text, TRIAL_TEXT, "%s", report.text);
done:
  free(images[0]);
  free(images[1]);
  cl_mem all[] = {b.io.input.mem,       b.io.indices.mem,   b.io.output.mem,
                  b.weights.weight.mem, b.weights.bias.mem, b.weights.slope.mem};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    if (all[i] != NULL) clReleaseMemObject(all[i]);
  return result;
}

int trial_run(const trial_device *d, const clup_problem *problem, const char *algo, trial_arrays *arrays,
              const reference_expected *expected, char text[TRIAL_TEXT]) {
  clup_plan *plan = NULL;
  clup_plan_options options = CLUP_PLAN_OPTIONS_INIT;
  options.algo = algo;
  if (clup_plan_create(d->clup, problem, &options, &plan) != CLUP_OK) {
    snprintf(text, TRIAL_TEXT, "plan: %s", clup_last_error());
    return -1;
  }
  const int result = run_plan(d, problem, plan, arrays, expected, text);
  clup_plan_release(plan);
  return result;
}

int trial_run_all(const trial_device *d, const clup_problem *problem, trial_arrays *arrays,
                  const reference_expected *expected, char text[TRIAL_TEXT]) {
  int ran = 0, failed = 0;
  size_t used = 0;
  text[0] = 0;
  reference_expected exact = {0};
  if (expected != NULL && expected->exact) {
    exact = *expected;
    exact.bound = calloc((size_t)expected->count + 1, sizeof *exact.bound);
    if (exact.bound == NULL) return -1;
  }
  for (size_t i = 0; i < clup_problem_num_algos(problem); i++) {
    clup_algo_info info;
    char why[TRIAL_TEXT];
    if (clup_problem_algo(d->clup, problem, i, &info) != CLUP_OK) {
      snprintf(text, TRIAL_TEXT, "algo %zu: %s", i, clup_last_error());
      ran = 0;
      break;
    }
    if (!info.applicable) continue;
    ran++;
    /* Of these the sums of weights are thirds and the like: of integers, too, they are within the bound, and not
     * exact. */
    const int is_rounded = strcmp(info.name, "winograd") == 0 || strcmp(info.name, "winograd_thin") == 0;
    const int is_exact = exact.bound != NULL && !is_rounded;
    if (trial_run(d, problem, info.name, arrays, is_exact ? &exact : expected, why) == 0) continue;
    failed++;
    if (used < TRIAL_TEXT) {
      const int put = snprintf(text + used, TRIAL_TEXT - used, "[%s] %s  ", info.name, why);
      used += put > 0 ? (size_t)put : 0;
    }
  }
  free(exact.bound);
  if (ran == 0 && text[0] == 0) snprintf(text, TRIAL_TEXT, "no solver applies");
  return ran > 0 && failed == 0 ? 0 : -1;
}

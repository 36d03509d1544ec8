/* Plans and enqueues that cannot be: refused with status and message before anything is enqueued, output and event
 * untouched; and errors that only the device can find. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trial.h"

enum { BYTES = 1024, POISON = 0xA5 };

static trial_device device, foreign;

/* A problem, its plan, and buffers of BYTES each, the output poisoned. */
typedef struct bench {
  clup_problem *problem;
  clup_plan *plan;
  clup_buffers io;
  cl_mem weight, bias;
} bench;

static cl_mem poisoned(void) {
  unsigned char bytes[BYTES];
  memset(bytes, POISON, sizeof bytes);
  return trial_buffer(&device, sizeof bytes, bytes);
}

static void bench_open(bench *b, const char *text) {
  b->problem = trial_problem(text);
  if (clup_plan_create(device.clup, b->problem, NULL, &b->plan) != CLUP_OK) fail_msg("%s", clup_last_error());
  float zeros[BYTES / 4] = {0};
  b->io = (clup_buffers){.input = {trial_buffer(&device, BYTES, zeros), 0}, .output = {poisoned(), 0}};
  b->weight = trial_buffer(&device, BYTES, zeros);
  b->bias = trial_buffer(&device, BYTES, zeros);
}

static void bench_close(bench *b) {
  clup_plan_release(b->plan);
  clup_problem_release(b->problem);
  cl_mem mems[] = {b->io.input.mem, b->io.indices.mem, b->io.output.mem, b->weight, b->bias};
  for (size_t i = 0; i < sizeof mems / sizeof mems[0]; i++)
    if (mems[i] != NULL) clReleaseMemObject(mems[i]);
}

static void assert_poison(cl_mem mem) {
  unsigned char bytes[BYTES];
  trial_read(&device, mem, sizeof bytes, bytes);
  for (size_t i = 0; i < sizeof bytes; i++) assert_int_equal(bytes[i], POISON);
}

static void said(clup_status got, clup_status want, const char *part) {
  if (got != want || strstr(clup_last_error(), part) == NULL)
    fail_msg("%s: '%s', not %s: '%s'", clup_status_name(got), clup_last_error(), clup_status_name(want), part);
}

/* The enqueue must be refused so, its event and the bench's output untouched. */
static void refused(const bench *b, cl_command_queue queue, const clup_buffers *io, clup_status want,
                    const char *part) {
  cl_event untouched = (cl_event)(uintptr_t)&device, event = untouched;
  said(clup_plan_enqueue(b->plan, queue, io, 0, NULL, &event), want, part);
  assert_ptr_equal(event, untouched);
  assert_int_equal(clFinish(device.queue), CL_SUCCESS);
  assert_poison(b->io.output.mem);
}

static void test_buffers(void **state) {
  (void)state;
  bench b;
  cl_int code;
  bench_open(&b, "interpolate x=1x2x3x4 mode=bilinear size=6x8"); /* 96 bytes to 384 */
  clup_buffers io = b.io;
  io.input.mem = NULL;
  refused(&b, device.queue, &io, CLUP_INVALID_BUFFER, "input: the buffer is NULL");
  io = b.io;
  io.output.mem = NULL;
  refused(&b, device.queue, &io, CLUP_INVALID_BUFFER, "output: the buffer is NULL");
  io = b.io;
  io.input.offset = 2;
  refused(&b, device.queue, &io, CLUP_INVALID_BUFFER, "input: offset 2 is not a multiple of 4");
  io = b.io;
  io.output.offset = BYTES - 380;
  refused(&b, device.queue, &io, CLUP_INVALID_BUFFER,
          "output: needs 384 bytes behind offset 644, but the buffer has 1024");
  io.output.offset = (size_t)0 - 384;
  refused(&b, device.queue, &io, CLUP_INVALID_BUFFER, "output: needs 384 bytes");
  io = b.io;
  io.input.offset = BYTES - 92;
  refused(&b, device.queue, &io, CLUP_INVALID_BUFFER, "input: needs 96 bytes behind offset 932");

  io = b.io; /* input and output in one buffer, their bytes overlapping */
  io.input = (clup_buffer){b.io.output.mem, 380};
  refused(&b, device.queue, &io, CLUP_INVALID_BUFFER, "overlaps");
  const cl_buffer_region region = {0, 512};
  cl_mem part = clCreateSubBuffer(b.io.output.mem, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
  assert_int_equal(code, CL_SUCCESS);
  io.input = (clup_buffer){part, 0}; /* a sub-buffer of the output is the output */
  refused(&b, device.queue, &io, CLUP_INVALID_BUFFER, "overlaps");
  clReleaseMemObject(part);

  cl_mem read_only = clCreateBuffer(device.context, CL_MEM_READ_ONLY, BYTES, NULL, &code);
  cl_mem write_only = clCreateBuffer(device.context, CL_MEM_WRITE_ONLY, BYTES, NULL, &code);
  io = b.io;
  io.output.mem = read_only;
  refused(&b, device.queue, &io, CLUP_INVALID_BUFFER, "CL_MEM_READ_ONLY");
  io = b.io;
  io.input.mem = write_only;
  refused(&b, device.queue, &io, CLUP_INVALID_BUFFER, "CL_MEM_WRITE_ONLY");
  clReleaseMemObject(read_only);
  clReleaseMemObject(write_only);

  cl_mem alien = trial_buffer(&foreign, BYTES, NULL);
  io = b.io;
  io.input.mem = alien;
  refused(&b, device.queue, &io, CLUP_INVALID_BUFFER, "input: the buffer belongs to another OpenCL context");
  io = b.io;
  io.output.mem = alien;
  refused(&b, device.queue, &io, CLUP_INVALID_BUFFER, "output: the buffer belongs to another OpenCL context");
  clReleaseMemObject(alien);

  /* Side by side in one buffer is no overlap. */
  io = b.io;
  io.input = (clup_buffer){b.io.output.mem, 384};
  assert_int_equal(clup_plan_enqueue(b.plan, device.queue, &io, 0, NULL, NULL), CLUP_OK);
  assert_int_equal(clFinish(device.queue), CL_SUCCESS);
  bench_close(&b);
}

static void test_queues_and_events(void **state) {
  (void)state;
  bench b;
  bench_open(&b, "pixel_shuffle x=1x4x2x3 factor=2");
  cl_int code;
  cl_event none = NULL, event = clCreateUserEvent(device.context, &code);
  refused(&b, NULL, &b.io, CLUP_INVALID_ARGUMENT, "queue is NULL");
  refused(&b, foreign.queue, &b.io, CLUP_INVALID_ARGUMENT, "another OpenCL context");
  refused(&b, device.queue, NULL, CLUP_INVALID_ARGUMENT, "buffers is NULL");
  said(clup_plan_enqueue(NULL, device.queue, &b.io, 0, NULL, NULL), CLUP_INVALID_ARGUMENT, "plan is NULL");
  said(clup_plan_enqueue(b.plan, device.queue, &b.io, 1, NULL, NULL), CLUP_INVALID_ARGUMENT, "wait list");
  said(clup_plan_enqueue(b.plan, device.queue, &b.io, 0, &event, NULL), CLUP_INVALID_ARGUMENT, "wait list");
  said(clup_plan_enqueue(b.plan, device.queue, &b.io, 1, &none, NULL), CLUP_INVALID_ARGUMENT, "wait_list[0]");
  said(clup_plan_check(NULL, device.queue, 0, NULL), CLUP_INVALID_ARGUMENT, "plan is NULL");
  said(clup_plan_check(b.plan, NULL, 0, NULL), CLUP_INVALID_ARGUMENT, "queue is NULL");
  said(clup_plan_check(b.plan, foreign.queue, 0, NULL), CLUP_INVALID_ARGUMENT, "another OpenCL context");
  said(clup_plan_check(b.plan, device.queue, 1, NULL), CLUP_INVALID_ARGUMENT, "wait list");
  assert_int_equal(clFinish(device.queue), CL_SUCCESS);
  assert_poison(b.io.output.mem);
  assert_int_equal(clReleaseEvent(event), CL_SUCCESS);
  bench_close(&b);
}

static void test_weights(void **state) {
  (void)state;
  bench b;
  bench_open(&b, "conv_transpose x=1x2x3x3 w=2x2x3x3 bias=1");
  cl_mem alien = trial_buffer(&foreign, BYTES, NULL);
  const clup_buffer weight = {b.weight, 0}, bias = {b.bias, 0}, none = {NULL, 0};
  refused(&b, device.queue, &b.io, CLUP_INVALID_ARGUMENT, "clup_plan_set_weights");
  cl_event untouched = (cl_event)(uintptr_t)&b, event = untouched;
  said(clup_plan_set_weights(NULL, device.queue, &(clup_weights){.weight = weight, .bias = bias}, 0, NULL, &event),
       CLUP_INVALID_ARGUMENT, "plan is NULL");
  said(clup_plan_set_weights(b.plan, NULL, &(clup_weights){.weight = weight, .bias = bias}, 0, NULL, &event),
       CLUP_INVALID_ARGUMENT, "queue is NULL");
  said(clup_plan_set_weights(b.plan, foreign.queue, &(clup_weights){.weight = weight, .bias = bias}, 0, NULL, &event),
       CLUP_INVALID_ARGUMENT, "another OpenCL context");
  said(clup_plan_set_weights(b.plan, device.queue, &(clup_weights){.weight = none, .bias = bias}, 0, NULL, &event),
       CLUP_INVALID_BUFFER, "weight: the buffer is NULL");
  said(clup_plan_set_weights(b.plan, device.queue, &(clup_weights){.weight = weight, .bias = none}, 0, NULL, &event),
       CLUP_INVALID_BUFFER, "bias: the buffer is NULL");
  said(
      clup_plan_set_weights(b.plan, device.queue, &(clup_weights){.weight = {alien, 0}, .bias = bias}, 0, NULL, &event),
      CLUP_INVALID_BUFFER, "weight: the buffer belongs to another OpenCL context");
  said(clup_plan_set_weights(b.plan, device.queue, &(clup_weights){.weight = {b.weight, BYTES - 140}, .bias = bias}, 0,
                             NULL, &event),
       CLUP_INVALID_BUFFER, "weight: needs 144 bytes behind offset 884");
  said(clup_plan_set_weights(b.plan, device.queue, &(clup_weights){.weight = weight, .bias = {b.bias, 3}}, 0, NULL,
                             &event),
       CLUP_INVALID_BUFFER, "bias: offset 3");
  assert_ptr_equal(event, untouched);
  refused(&b, device.queue, &b.io, CLUP_INVALID_ARGUMENT, "clup_plan_set_weights"); /* none of these gave it weights */
  assert_int_equal(
      clup_plan_set_weights(b.plan, device.queue, &(clup_weights){.weight = weight, .bias = bias}, 0, NULL, NULL),
      CLUP_OK);
  assert_int_equal(clup_plan_enqueue(b.plan, device.queue, &b.io, 0, NULL, NULL), CLUP_OK);
  assert_int_equal(clFinish(device.queue), CL_SUCCESS);
  bench_close(&b);
  bench_open(&b, "conv_transpose x=1x2x3x3 w=2x2x3x3 activation=prelu");
  const clup_buffer own = {b.weight, 0}, slope = {b.bias, BYTES - 4};
  said(clup_plan_set_weights(b.plan, device.queue, &(clup_weights){.weight = own}, 0, NULL, NULL), CLUP_INVALID_BUFFER,
       "slope: the buffer is NULL");
  said(clup_plan_set_weights(b.plan, device.queue, &(clup_weights){.weight = own, .slope = slope}, 0, NULL, NULL),
       CLUP_INVALID_BUFFER, "slope: needs 8 bytes behind offset 1020");
  bench_close(&b);
  bench_open(&b, "pixel_shuffle x=1x4x2x3 factor=2");
  said(clup_plan_set_weights(b.plan, device.queue, &(clup_weights){.weight = weight, .bias = bias}, 0, NULL, NULL),
       CLUP_INVALID_ARGUMENT, "pixel_shuffle");
  bench_close(&b);
  clReleaseMemObject(alien);
}

static void test_plans(void **state) {
  (void)state;
  clup_problem *problem = trial_problem("conv_transpose x=1x2x3x3 w=2x2x3x3");
  clup_plan *untouched = (clup_plan *)(uintptr_t)&device, *plan = untouched;
  clup_plan_options options = CLUP_PLAN_OPTIONS_INIT;
  clup_algo_info info = {.launches = 4711};
  said(clup_plan_create(NULL, problem, NULL, &plan), CLUP_INVALID_ARGUMENT, "context is NULL");
  said(clup_plan_create(device.clup, NULL, NULL, &plan), CLUP_INVALID_ARGUMENT, "problem is NULL");
  said(clup_plan_create(device.clup, problem, NULL, NULL), CLUP_INVALID_ARGUMENT, "out is NULL");
  options.native_f16 = 1;
  options.algo = "gather"; /* the solver that can */
  said(clup_plan_create(device.clup, problem, &options, &plan), CLUP_UNSUPPORTED, "the input is f32");
  options.native_f16 = 0;
  options.algo = "quantum";
  said(clup_plan_create(device.clup, problem, &options, &plan), CLUP_UNSUPPORTED, "'quantum'");
  assert_non_null(strstr(clup_last_error(), "scatter")); /* the message lists what there is */
  said(clup_problem_algo(device.clup, problem, 1000, &info), CLUP_INVALID_ARGUMENT, "1000");
  said(clup_problem_algo(NULL, problem, 0, &info), CLUP_INVALID_ARGUMENT, "context is NULL");
  assert_int_equal(info.launches, 4711);
  assert_ptr_equal(plan, untouched);
  clup_context *context = NULL;
  clup_context_options wrong = CLUP_CONTEXT_OPTIONS_INIT;
  wrong.index32_limit = (int64_t)INT32_MAX + 1;
  said(clup_context_create(NULL, device.device, NULL, &context), CLUP_INVALID_ARGUMENT, "context is NULL");
  said(clup_context_create(device.context, NULL, NULL, &context), CLUP_INVALID_ARGUMENT, "device is NULL");
  said(clup_context_create(device.context, device.device, &wrong, &context), CLUP_INVALID_ARGUMENT, "index32_limit");
  assert_null(context);
  said(clup_device_find("no such device on earth", NULL, NULL), CLUP_NO_DEVICE, "no such device on earth");
  said(clup_device_find("77:5", NULL, NULL), CLUP_NO_DEVICE, "77:5");
  clup_plan_release(NULL);
  clup_context_release(NULL);
  clup_host_release(NULL);
  clup_problem_release(problem);
}

/* A solver that was named but does not apply says why, and so does its row in the list. */
static void test_inapplicable_solvers(void **state) {
  (void)state;
  static const char *const texts[] = {"conv_transpose x=1x2x3x3 w=2x2x3x3 stride=2x2 dilation=3x3",
                                      "max_unpool x=1x1x2x2 indices=i64 kernel=2x2", "pixel_shuffle x=1x4x2x3 factor=2",
                                      "interpolate x=1x1x2x3 mode=bicubic size=4x4"};
  for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
    clup_problem *problem = trial_problem(texts[t]);
    int chosen = 0;
    for (size_t i = 0; i < clup_problem_num_algos(problem); i++) {
      clup_algo_info info;
      clup_plan *plan = NULL;
      clup_plan_options options = CLUP_PLAN_OPTIONS_INIT;
      assert_int_equal(clup_problem_algo(device.clup, problem, i, &info), CLUP_OK);
      chosen += info.chosen;
      options.algo = info.name;
      if (info.applicable) {
        if (info.chosen) assert_string_equal(info.reason, ""); /* others may say why another is preferred */
        assert_int_equal(clup_plan_create(device.clup, problem, &options, &plan), CLUP_OK);
        assert_string_equal(clup_plan_algo(plan), info.name);
        assert_int_equal(clup_plan_workspace_size(plan), info.workspace_bytes);
        clup_plan_release(plan);
        continue;
      }
      assert_false(info.chosen);
      assert_string_not_equal(info.reason, "");
      said(clup_plan_create(device.clup, problem, &options, &plan), CLUP_UNSUPPORTED, info.reason);
      assert_null(plan);
    }
    assert_int_equal(chosen, 1);
    clup_problem_release(problem);
  }
}

/* Indices outside the plane: reported by place, nothing written outside, and the next check is clean again. */
static void check_bad_index(const char *algo, int64_t bad) {
  enum { IN = 2 * 4, OUT = 2 * 16, GUARD = 8 };
  clup_problem *problem = trial_problem("max_unpool x=1x2x2x2 indices=i64 kernel=2x2");
  clup_plan *plan = NULL;
  clup_plan_options options = CLUP_PLAN_OPTIONS_INIT;
  options.algo = algo;
  assert_int_equal(clup_plan_create(device.clup, problem, &options, &plan), CLUP_OK);
  const float x[IN] = {1, 2, 3, 4, 5, 6, 7, 8};
  int64_t indices[IN] = {0, 2, 8, 15, 1, bad, 9, bad};
  float y[OUT + 2 * GUARD];
  for (int i = 0; i < OUT + 2 * GUARD; i++) y[i] = -7;
  clup_buffers io = {{trial_buffer(&device, sizeof x, x), 0},
                     {trial_buffer(&device, sizeof indices, indices), 0},
                     {trial_buffer(&device, sizeof y, y), GUARD * sizeof y[0]},
                     {NULL, 0}};
  assert_int_equal(clup_plan_enqueue(plan, device.queue, &io, 0, NULL, NULL), CLUP_OK);
  said(clup_plan_check(plan, device.queue, 0, NULL), CLUP_INDEX_OUT_OF_RANGE, "max_unpool");
  if (strstr(clup_last_error(), "0,1,0,1") == NULL) fail_msg("the place is not in '%s'", clup_last_error());
  assert_int_equal(clup_plan_check(plan, device.queue, 0, NULL), CLUP_OK);
  trial_read(&device, io.output.mem, sizeof y, y);
  const float want[OUT] = {[0] = 1, [2] = 2, [8] = 3, [15] = 4, [16 + 1] = 5, [16 + 9] = 7};
  for (int i = 0; i < OUT + 2 * GUARD; i++) assert_true(y[i] == (i < GUARD || i >= GUARD + OUT ? -7 : want[i - GUARD]));
  indices[5] = indices[7] = 5; /* right now: no error is left over, and the last of two equal ones wins */
  assert_int_equal(
      clEnqueueWriteBuffer(device.queue, io.indices.mem, CL_TRUE, 0, sizeof indices, indices, 0, NULL, NULL),
      CL_SUCCESS);
  cl_event event;
  assert_int_equal(clup_plan_enqueue(plan, device.queue, &io, 0, NULL, &event), CLUP_OK);
  assert_int_equal(clup_plan_check(plan, device.queue, 1, &event), CLUP_OK);
  trial_read(&device, io.output.mem, sizeof y, y);
  assert_true(y[GUARD + 16 + 5] == 8);
  clReleaseEvent(event);
  clReleaseMemObject(io.input.mem);
  clReleaseMemObject(io.indices.mem);
  clReleaseMemObject(io.output.mem);
  clup_plan_release(plan);
  clup_problem_release(problem);
}

static void test_bad_indices(void **state) {
  (void)state;
  static const int64_t bad[] = {16, -1, 1000, INT64_MAX, INT64_MIN, (int64_t)1 << 32, ((int64_t)1 << 32) + 3};
  clup_problem *problem = trial_problem("max_unpool x=1x2x2x2 indices=i64 kernel=2x2");
  int solvers = 0;
  for (size_t i = 0; i < clup_problem_num_algos(problem); i++) {
    clup_algo_info info;
    assert_int_equal(clup_problem_algo(device.clup, problem, i, &info), CLUP_OK);
    for (size_t b = 0; info.applicable && b < sizeof bad / sizeof bad[0]; b++) check_bad_index(info.name, bad[b]);
    solvers += info.applicable;
  }
  assert_true(solvers > 0);
  clup_problem_release(problem);
}

/* The host layer: on failure the output array is untouched. */
static void test_host_arrays(void **state) {
  (void)state;
  clup_host *host = NULL;
  said(clup_host_create("no such device", NULL, &host), CLUP_NO_DEVICE, "no such device");
  assert_null(host);
  assert_int_equal(clup_host_create(NULL, NULL, &host), CLUP_OK);
  assert_non_null(clup_host_context(host));
  assert_non_null(clup_host_queue(host));
  clup_problem *problem = trial_problem("max_unpool x=1x1x1x2 indices=i64 kernel=2x2");
  const float x[2] = {1, 2};
  int64_t indices[2] = {0, 8};
  float y[8];
  for (int i = 0; i < 8; i++) y[i] = -7;
  const clup_arrays arrays = {.input = x, .indices = indices, .output = y};
  said(clup_host_run(host, problem, NULL, &arrays, NULL), CLUP_INDEX_OUT_OF_RANGE, "max_unpool");
  said(clup_host_run(host, problem, "quantum", &arrays, NULL), CLUP_UNSUPPORTED, "quantum");
  said(clup_host_run(host, problem, NULL, NULL, NULL), CLUP_INVALID_ARGUMENT, "NULL");
  said(clup_host_run(NULL, problem, NULL, &arrays, NULL), CLUP_INVALID_ARGUMENT, "NULL");
  said(clup_host_run(host, NULL, NULL, &arrays, NULL), CLUP_INVALID_ARGUMENT, "NULL");
  said(clup_host_run(host, problem, NULL, &(clup_arrays){.input = x, .output = y}, NULL), CLUP_INVALID_ARGUMENT,
       "indices");
  said(clup_host_run(host, problem, NULL, &(clup_arrays){.indices = indices, .output = y}, NULL), CLUP_INVALID_ARGUMENT,
       "input");
  for (int i = 0; i < 8; i++) assert_true(y[i] == -7);
  double ms = -1;
  indices[1] = 7;
  if (clup_host_run(host, problem, NULL, &arrays, &ms) != CLUP_OK) fail_msg("%s", clup_last_error());
  assert_true(y[0] == 1 && y[7] == 2 && y[3] == 0 && ms >= 0);
  clup_problem_release(problem);
  clup_host_release(host);
}

static int open_devices(void **state) {
  (void)state;
  trial_device_open(&device, 0);
  trial_device_open(&foreign, 0);
  return 0;
}

static int close_devices(void **state) {
  (void)state;
  trial_device_close(&device);
  trial_device_close(&foreign);
  return 0;
}

int main(void) {
  alarm(120);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_buffers),     cmocka_unit_test(test_queues_and_events),
      cmocka_unit_test(test_weights),     cmocka_unit_test(test_plans),
      cmocka_unit_test(test_bad_indices), cmocka_unit_test(test_inapplicable_solvers),
      cmocka_unit_test(test_host_arrays),
  };
  return cmocka_run_group_tests_name("refused plans and enqueues", tests, open_devices, close_devices);
}

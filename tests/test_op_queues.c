/* Order by events on the caller's queues: gates, failures, weights that change under way, workspace, release in flight.
 * A gate is a user event that commands wait for, so that what is tested does not depend on timing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "group.h"

enum { OUT_OF_ORDER = CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE };

static cl_command_queue new_queue(cl_command_queue_properties properties) {
  cl_int code;
  cl_command_queue queue = clCreateCommandQueue(device.context, device.device, properties, &code);
  assert_int_equal(code, CL_SUCCESS);
  return queue;
}

static cl_event new_gate(void) {
  cl_int code;
  cl_event gate = clCreateUserEvent(device.context, &code);
  assert_int_equal(code, CL_SUCCESS);
  return gate;
}

static cl_int state_of(cl_event event) {
  cl_int state = -1000;
  assert_int_equal(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL), CL_SUCCESS);
  return state;
}

static clup_plan *new_plan(const char *text, const char *algo, int caller_workspace) {
  clup_plan *plan = NULL;
  clup_plan_options options = CLUP_PLAN_OPTIONS_INIT;
  clup_problem *problem = trial_problem(text);
  options.algo = algo;
  options.caller_workspace = caller_workspace;
  if (clup_plan_create(device.clup, problem, &options, &plan) != CLUP_OK) fail_msg("%s: %s", text, clup_last_error());
  clup_problem_release(problem); /* the plan keeps what it needs */
  return plan;
}

/* Solver `i` of the problem, or NULL past the last; *applies tells whether it does. */
static const char *solver(const char *text, size_t i, int *applies) {
  clup_algo_info info = {.name = NULL};
  clup_problem *problem = trial_problem(text);
  if (i < clup_problem_num_algos(problem)) assert_int_equal(clup_problem_algo(device.clup, problem, i, &info), CLUP_OK);
  *applies = info.applicable;
  clup_problem_release(problem);
  return info.name;
}

static void must(clup_status status) {
  if (status != CLUP_OK) fail_msg("%s", clup_last_error());
}

static void assert_all(cl_mem mem, int count, float want) {
  float *values = malloc((size_t)count * sizeof *values);
  assert_non_null(values);
  trial_read(&device, mem, (size_t)count * sizeof *values, values);
  for (int i = 0; i < count; i++)
    if (!(values[i] == want)) fail_msg("element %d is %g, not %g", i, (double)values[i], (double)want);
  free(values);
}

/* A buffer of `count` floats of one value. */
static cl_mem filled(int count, float value) {
  float *values = malloc((size_t)count * sizeof *values);
  assert_non_null(values);
  for (int i = 0; i < count; i++) values[i] = value;
  cl_mem mem = trial_buffer(&device, (size_t)count * sizeof *values, values);
  free(values);
  return mem;
}

static const char *const all_operators[] = {
    "conv_transpose x=1x2x4x4 w=2x3x4x4 stride=2x2 padding=1x1",
    "interpolate x=1x2x4x4 mode=bilinear size=8x8",
    "interpolate x=1x2x4x4 mode=nearest size=8x8",
    "pixel_shuffle x=1x8x4x4 factor=2",
    "max_unpool x=1x2x4x4 indices=i64 kernel=2x2",
};
enum { OPERATORS = sizeof all_operators / sizeof all_operators[0], ROOM = 1024 };

/* Buffers big enough for each of the operators; indices 0, output -7. */
typedef struct io {
  clup_buffers buffers;
  clup_buffer weight;
} io;

static io new_io(void) {
  const int64_t zeros[ROOM] = {0};
  return (io){.buffers = {.input = {filled(ROOM, 1), 0},
                          .indices = {trial_buffer(&device, sizeof zeros, zeros), 0},
                          .output = {filled(ROOM, -7), 0}},
              .weight = {filled(ROOM, 1), 0}};
}

static void release_io(io *x) {
  clReleaseMemObject(x->buffers.input.mem);
  clReleaseMemObject(x->buffers.indices.mem);
  clReleaseMemObject(x->buffers.output.mem);
  clReleaseMemObject(x->weight.mem);
}

typedef void (*with_plan)(clup_plan *plan, cl_command_queue queue, io *x, const char *name);

/* Every solver of every operator, with weights set, on an in-order and on an out-of-order queue of its own. */
static void for_every_solver(with_plan test) {
  for (int o = 0; o < OPERATORS; o++) {
    int applies;
    const char *algo;
    for (size_t i = 0; (algo = solver(all_operators[o], i, &applies)) != NULL; i++)
      for (int order = 0; applies && order < 2; order++) {
        clup_plan *plan = new_plan(all_operators[o], algo, 0);
        cl_command_queue queue = new_queue(order ? OUT_OF_ORDER : 0);
        io x = new_io();
        if (o == 0) must(clup_plan_set_weights(plan, queue, &(clup_weights){.weight = x.weight}, 0, NULL, NULL));
        assert_int_equal(clFinish(queue), CL_SUCCESS);
        test(plan, queue, &x, algo);
        clReleaseCommandQueue(queue);
        release_io(&x);
        clup_plan_release(plan);
      }
  }
}

static void gated(clup_plan *plan, cl_command_queue queue, io *x, const char *name) {
  (void)name;
  cl_event gate = new_gate(), done = NULL;
  must(clup_plan_enqueue(plan, queue, &x->buffers, 1, &gate, &done));
  assert_int_equal(clFlush(queue), CL_SUCCESS);
  nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
  assert_true(state_of(done) > CL_COMPLETE);
  assert_all(x->buffers.output.mem, ROOM, -7); /* read on another queue: nothing has run */
  assert_int_equal(clSetUserEventStatus(gate, CL_COMPLETE), CL_SUCCESS);
  assert_int_equal(clWaitForEvents(1, &done), CL_SUCCESS);
  assert_int_equal(state_of(done), CL_COMPLETE);
  float first;
  trial_read(&device, x->buffers.output.mem, sizeof first, &first);
  assert_true(first != -7);
  clReleaseEvent(done);
  clReleaseEvent(gate);
}

static void test_waits_for_its_events(void **state) {
  (void)state;
  for_every_solver(gated);
}

static void failed(clup_plan *plan, cl_command_queue queue, io *x, const char *name) {
  cl_event gate = new_gate(), done = NULL;
  must(clup_plan_enqueue(plan, queue, &x->buffers, 1, &gate, &done));
  assert_int_equal(clFlush(queue), CL_SUCCESS);
  assert_int_equal(clSetUserEventStatus(gate, -42), CL_SUCCESS);
  clWaitForEvents(1, &done); /* returns, with an error or not: the event's state is what counts */
  if (state_of(done) >= 0)
    fail_msg("%s: a wait event failed, but the output event is in state %d", name, state_of(done));
  assert_all(x->buffers.output.mem, ROOM, -7);
  clReleaseEvent(done);
  clReleaseEvent(gate);
  /* The plan outlives it. */
  cl_command_queue fresh = new_queue(0);
  done = NULL;
  must(clup_plan_enqueue(plan, fresh, &x->buffers, 0, NULL, &done));
  assert_int_equal(clWaitForEvents(1, &done), CL_SUCCESS);
  assert_int_equal(state_of(done), CL_COMPLETE);
  clReleaseEvent(done);
  clReleaseCommandQueue(fresh);
}

static void test_failed_event_fails_the_output_event(void **state) {
  (void)state;
  for_every_solver(failed);
}

static void many(clup_plan *plan, cl_command_queue queue, io *x, const char *name) {
  enum { EVENTS = 150 };
  (void)name;
  cl_event gates[EVENTS], done = NULL;
  for (int i = 0; i < EVENTS; i++) gates[i] = new_gate();
  must(clup_plan_enqueue(plan, queue, &x->buffers, EVENTS, gates, &done));
  assert_int_equal(clFlush(queue), CL_SUCCESS);
  for (int i = 0; i < EVENTS; i++) {
    assert_true(state_of(done) > CL_COMPLETE);
    assert_int_equal(clSetUserEventStatus(gates[i], CL_COMPLETE), CL_SUCCESS);
  }
  assert_int_equal(clWaitForEvents(1, &done), CL_SUCCESS);
  for (int i = 0; i < EVENTS; i++) clReleaseEvent(gates[i]);
  clReleaseEvent(done);
}

static void test_long_wait_lists(void **state) {
  (void)state;
  for_every_solver(many);
}

static void released(cl_command_queue queue, io *x) {
  /* A second plan on a context of its own, all of it released while its command waits. */
  clup_context *context = NULL;
  clup_context_options options = CLUP_CONTEXT_OPTIONS_INIT;
  options.disk_cache = 0;
  clup_plan *own = NULL;
  clup_problem *problem = trial_problem("interpolate x=1x2x4x4 mode=bicubic size=8x8");
  must(clup_context_create(device.context, device.device, &options, &context));
  must(clup_plan_create(context, problem, NULL, &own));
  clup_context_release(context);
  clup_problem_release(problem);
  cl_event gate = new_gate(), done = NULL;
  must(clup_plan_enqueue(own, queue, &x->buffers, 1, &gate, &done));
  clup_plan_release(own);
  assert_int_equal(clFlush(queue), CL_SUCCESS);
  assert_int_equal(clSetUserEventStatus(gate, CL_COMPLETE), CL_SUCCESS);
  assert_int_equal(clWaitForEvents(1, &done), CL_SUCCESS);
  assert_int_equal(state_of(done), CL_COMPLETE);
  float y[128];
  trial_read(&device, x->buffers.output.mem, sizeof y, y);
  for (int i = 0; i < 128; i++) assert_true(y[i] > 0.999f && y[i] < 1.001f); /* an input of ones */
  clReleaseEvent(done);
  clReleaseEvent(gate);
}

static void test_released_in_flight(void **state) {
  (void)state;
  for (int order = 0; order < 2; order++) {
    cl_command_queue queue = new_queue(order ? OUT_OF_ORDER : 0);
    io x = new_io();
    released(queue, &x);
    release_io(&x);
    clReleaseCommandQueue(queue);
  }
}

/* The same for a transposed convolution, whose weights and workspace are the plan's. */
static void test_weights_released_in_flight(void **state) {
  (void)state;
  const char *text = "conv_transpose x=1x1x4x4 w=1x1x1x1", *algo;
  int applies;
  for (size_t i = 0; (algo = solver(text, i, &applies)) != NULL; i++) {
    if (!applies) continue;
    cl_command_queue queue = new_queue(OUT_OF_ORDER);
    io x = new_io();
    clup_plan *plan = new_plan(text, algo, 0);
    cl_event gate = new_gate(), done = NULL;
    must(clup_plan_set_weights(plan, queue, &(clup_weights){.weight = x.weight}, 1, &gate, NULL));
    must(clup_plan_enqueue(plan, queue, &x.buffers, 0, NULL, &done));
    clup_plan_release(plan);
    assert_int_equal(clFlush(queue), CL_SUCCESS);
    assert_int_equal(clSetUserEventStatus(gate, CL_COMPLETE), CL_SUCCESS);
    assert_int_equal(clWaitForEvents(1, &done), CL_SUCCESS);
    float y[16];
    trial_read(&device, x.buffers.output.mem, sizeof y, y);
    for (int e = 0; e < 16; e++) assert_true(y[e] == 1);
    clReleaseEvent(done);
    clReleaseEvent(gate);
    release_io(&x);
    clReleaseCommandQueue(queue);
  }
}

/* Weights that failed to arrive fail what was enqueued with them, and are forgotten when new ones come. */
static void test_failed_weights(void **state) {
  (void)state;
  const char *text = "conv_transpose x=1x1x4x4 w=1x1x1x1", *algo;
  int applies;
  for (size_t i = 0; (algo = solver(text, i, &applies)) != NULL; i++) {
    if (!applies) continue;
    cl_command_queue queue = new_queue(OUT_OF_ORDER);
    io x = new_io();
    clup_plan *plan = new_plan(text, algo, 0);
    cl_event gate = new_gate(), done = NULL;
    must(clup_plan_set_weights(plan, queue, &(clup_weights){.weight = x.weight}, 1, &gate, NULL));
    must(clup_plan_enqueue(plan, queue, &x.buffers, 0, NULL, &done));
    assert_int_equal(clFlush(queue), CL_SUCCESS);
    assert_int_equal(clSetUserEventStatus(gate, -42), CL_SUCCESS);
    clWaitForEvents(1, &done);
    if (state_of(done) >= 0)
      fail_msg("%s: the weights failed, but the output event is in state %d", algo, state_of(done));
    clReleaseEvent(done);
    clReleaseEvent(gate);
    done = (cl_event)(uintptr_t)&device;
    assert_int_equal(clup_plan_enqueue(plan, queue, &x.buffers, 0, NULL, &done), CLUP_OPENCL_ERROR);
    assert_ptr_equal(done, (cl_event)(uintptr_t)&device);
    must(clup_plan_set_weights(plan, queue, &(clup_weights){.weight = x.weight}, 0, NULL, NULL));
    must(clup_plan_enqueue(plan, queue, &x.buffers, 0, NULL, &done));
    assert_int_equal(clWaitForEvents(1, &done), CL_SUCCESS);
    float y[16];
    trial_read(&device, x.buffers.output.mem, sizeof y, y);
    for (int e = 0; e < 16; e++) assert_true(y[e] == 1);
    clReleaseEvent(done);
    clup_plan_release(plan);
    release_io(&x);
    clReleaseCommandQueue(queue);
  }
}

/* Weights change between enqueues that all wait behind one gate: enqueue i must use weight i, on queues of any kind. */
static void check_changing_weights(const char *algo, cl_command_queue setter, cl_command_queue runner) {
  enum { TIMES = 12, COUNT = 16 };
  clup_plan *plan = new_plan("conv_transpose x=1x1x4x4 w=1x1x1x1 bias=1", algo, 0);
  cl_mem input = filled(COUNT, 1), bias = filled(1, 100), weights[TIMES], outputs[TIMES];
  cl_event gate = new_gate(), done[TIMES], set[TIMES];
  for (int i = 0; i < TIMES; i++) {
    weights[i] = filled(1, (float)(i + 1));
    outputs[i] = filled(COUNT, -7);
    must(clup_plan_set_weights(plan, setter, &(clup_weights){.weight = {weights[i], 0}, .bias = {bias, 0}}, i == 0,
                               i == 0 ? &gate : NULL, &set[i]));
    const clup_buffers buffers = {.input = {input, 0}, .output = {outputs[i], 0}};
    must(clup_plan_enqueue(plan, runner, &buffers, 0, NULL, &done[i]));
  }
  assert_int_equal(clFlush(setter), CL_SUCCESS);
  assert_int_equal(clFlush(runner), CL_SUCCESS);
  assert_true(state_of(done[0]) > CL_COMPLETE);
  assert_int_equal(clSetUserEventStatus(gate, CL_COMPLETE), CL_SUCCESS);
  assert_int_equal(clWaitForEvents(TIMES, done), CL_SUCCESS);
  for (int i = 0; i < TIMES; i++) {
    assert_int_equal(clWaitForEvents(1, &set[i]), CL_SUCCESS);
    assert_all(outputs[i], COUNT, (float)(100 + i + 1));
    clReleaseMemObject(weights[i]);
    clReleaseMemObject(outputs[i]);
    clReleaseEvent(done[i]);
    clReleaseEvent(set[i]);
  }
  clReleaseEvent(gate);
  clReleaseMemObject(input);
  clReleaseMemObject(bias);
  clup_plan_release(plan);
}

static void test_changing_weights(void **state) {
  (void)state;
  const char *text = "conv_transpose x=1x1x4x4 w=1x1x1x1 bias=1", *algo;
  int applies;
  for (size_t i = 0; (algo = solver(text, i, &applies)) != NULL; i++) {
    if (!applies) continue;
    for (int kind = 0; kind < 4; kind++) { /* one queue, or two; in order, or not */
      cl_command_queue first = new_queue(kind & 1 ? OUT_OF_ORDER : 0);
      cl_command_queue second = kind & 2 ? new_queue(kind & 1 ? OUT_OF_ORDER : 0) : first;
      check_changing_weights(algo, first, second);
      if (second != first) clReleaseCommandQueue(second);
      clReleaseCommandQueue(first);
    }
  }
}

/* The caller's workspace gives the same result; none, or a short one, is refused. */
static void test_caller_workspace(void **state) {
  (void)state;
  int used = 0;
  for (int o = 0; o < OPERATORS; o++) {
    int applies;
    const char *algo;
    for (size_t i = 0; (algo = solver(all_operators[o], i, &applies)) != NULL; i++) {
      if (!applies) continue;
      io x = new_io();
      float want[ROOM], got[ROOM];
      clup_plan *plan = new_plan(all_operators[o], algo, 0), *other = new_plan(all_operators[o], algo, 1);
      const size_t bytes = clup_plan_workspace_size(other);
      assert_int_equal(bytes, clup_plan_workspace_size(plan));
      for (int p = 0; p < 2 && o == 0; p++)
        must(clup_plan_set_weights(p ? other : plan, device.queue, &(clup_weights){.weight = x.weight}, 0, NULL, NULL));
      must(clup_plan_enqueue(plan, device.queue, &x.buffers, 0, NULL, NULL));
      trial_read(&device, x.buffers.output.mem, sizeof want, want);
      if (bytes > 0) {
        used++;
        assert_int_equal(clup_plan_enqueue(other, device.queue, &x.buffers, 0, NULL, NULL), CLUP_INVALID_BUFFER);
        assert_non_null(strstr(clup_last_error(), "workspace"));
        x.buffers.workspace.mem = trial_buffer(&device, bytes > 1 ? bytes - 1 : 1, NULL);
        if (bytes > 1)
          assert_int_equal(clup_plan_enqueue(other, device.queue, &x.buffers, 0, NULL, NULL), CLUP_INVALID_BUFFER);
        clReleaseMemObject(x.buffers.workspace.mem);
        x.buffers.workspace.mem = trial_buffer(&device, bytes, NULL);
      }
      memset(got, 0xA5, sizeof got);
      assert_int_equal(
          clEnqueueWriteBuffer(device.queue, x.buffers.output.mem, CL_TRUE, 0, sizeof got, got, 0, NULL, NULL),
          CL_SUCCESS);
      must(clup_plan_enqueue(other, device.queue, &x.buffers, 0, NULL, NULL));
      trial_read(&device, x.buffers.output.mem, sizeof got, got);
      for (int e = 0; e < ROOM && want[e] != -7; e++) assert_true(got[e] == want[e]);
      if (bytes > 0) clReleaseMemObject(x.buffers.workspace.mem);
      clup_plan_release(plan);
      clup_plan_release(other);
      release_io(&x);
    }
  }
  assert_true(used > 0);
}

/* Nothing to compute, yet the order and the event hold. */
static void test_empty_tensor_keeps_the_order(void **state) {
  (void)state;
  clup_plan *plan = new_plan("interpolate x=0x2x4x4 mode=bilinear size=8x8", NULL, 0);
  io x = new_io();
  cl_event gate = new_gate(), done = NULL;
  must(clup_plan_enqueue(plan, device.queue, &x.buffers, 1, &gate, &done));
  assert_int_equal(clFlush(device.queue), CL_SUCCESS);
  assert_true(state_of(done) > CL_COMPLETE);
  assert_int_equal(clSetUserEventStatus(gate, CL_COMPLETE), CL_SUCCESS);
  assert_int_equal(clWaitForEvents(1, &done), CL_SUCCESS);
  assert_all(x.buffers.output.mem, ROOM, -7);
  clReleaseEvent(done);
  clReleaseEvent(gate);
  release_io(&x);
  clup_plan_release(plan);
}

int main(void) {
  alarm(120); /* a hang is a failure */
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_waits_for_its_events),
      cmocka_unit_test(test_failed_event_fails_the_output_event),
      cmocka_unit_test(test_long_wait_lists),
      cmocka_unit_test(test_released_in_flight),
      cmocka_unit_test(test_weights_released_in_flight),
      cmocka_unit_test(test_failed_weights),
      cmocka_unit_test(test_changing_weights),
      cmocka_unit_test(test_caller_workspace),
      cmocka_unit_test(test_empty_tensor_keeps_the_order),
  };
  return cmocka_run_group_tests_name("queues and events", tests, open_device, close_device);
}

/* Many threads: one plan enqueued, weights set, and plans built on one context, all at once. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "group.h"

enum { THREADS = 6, TIMES = 20 };

/* A thread can't use cmocka's asserts: it leaves a message. */
typedef struct worker {
  pthread_t thread;
  int number;
  clup_plan *plan;
  cl_command_queue queue;
  char failure[300];
} worker;

static void run_workers(worker *workers, void *(*body)(void *)) {
  for (int i = 0; i < THREADS; i++) {
    workers[i].number = i;
    workers[i].failure[0] = 0;
    assert_int_equal(pthread_create(&workers[i].thread, NULL, body, &workers[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
  for (int i = 0; i < THREADS; i++)
    if (workers[i].failure[0]) fail_msg("thread %d: %s", i, workers[i].failure);
}

static int note(worker *w, const char *what) {
  snprintf(w->failure, sizeof w->failure, "%s: %s", what, clup_last_error());
  return -1;
}

/* One enqueue on inputs of this thread's own value: with weight 1 and bias 0 the output is the input. */
static int one_run(worker *w, cl_mem input, cl_mem output, float value) {
  enum { COUNT = 2 * 8 * 8 };
  float x[COUNT], y[COUNT];
  cl_event done = NULL;
  for (int i = 0; i < COUNT; i++) {
    x[i] = value + (float)i;
    y[i] = -7;
  }
  if (clEnqueueWriteBuffer(w->queue, input, CL_TRUE, 0, sizeof x, x, 0, NULL, NULL) != CL_SUCCESS)
    return note(w, "write");
  if (clEnqueueWriteBuffer(w->queue, output, CL_TRUE, 0, sizeof y, y, 0, NULL, NULL) != CL_SUCCESS)
    return note(w, "write");
  const clup_buffers buffers = {.input = {input, 0}, .output = {output, 0}};
  if (clup_plan_enqueue(w->plan, w->queue, &buffers, 0, NULL, &done) != CLUP_OK) return note(w, "enqueue");
  const cl_int read = clEnqueueReadBuffer(w->queue, output, CL_TRUE, 0, sizeof y, y, 1, &done, NULL);
  clReleaseEvent(done);
  if (read != CL_SUCCESS) return note(w, "read");
  for (int i = 0; i < COUNT; i++)
    if (y[i] != x[i]) {
      snprintf(w->failure, sizeof w->failure, "element %d is %g, not %g", i, (double)y[i], (double)x[i]);
      return -1;
    }
  return 0;
}

static void *enqueue_often(void *argument) {
  worker *w = argument;
  cl_int code;
  cl_mem input = clCreateBuffer(device.context, CL_MEM_READ_WRITE, 1024, NULL, &code);
  cl_mem output = clCreateBuffer(device.context, CL_MEM_READ_WRITE, 1024, NULL, &code);
  for (int i = 0; i < TIMES; i++)
    if (one_run(w, input, output, (float)(1000 * w->number + i)) != 0) break;
  clReleaseMemObject(input);
  clReleaseMemObject(output);
  return NULL;
}

/* Every solver's plan, its workspace and its kernels' arguments shared by all threads. */
static void test_one_plan_many_threads(void **state) {
  (void)state;
  clup_problem *problem = trial_problem("conv_transpose x=1x2x8x8 w=2x2x1x1");
  const float identity[4] = {1, 0, 0, 1};
  cl_mem weight = trial_buffer(&device, sizeof identity, identity);
  for (size_t s = 0; s < clup_problem_num_algos(problem); s++) {
    clup_algo_info info;
    worker workers[THREADS];
    clup_plan *plan = NULL;
    clup_plan_options options = CLUP_PLAN_OPTIONS_INIT;
    assert_int_equal(clup_problem_algo(device.clup, problem, s, &info), CLUP_OK);
    if (!info.applicable) continue;
    options.algo = info.name;
    assert_int_equal(clup_plan_create(device.clup, problem, &options, &plan), CLUP_OK);
    assert_int_equal(clup_plan_set_weights(plan, device.queue, &(clup_weights){.weight = {weight, 0}}, 0, NULL, NULL),
                     CLUP_OK);
    for (int i = 0; i < THREADS; i++) { /* some share a queue, some have their own, in order and not */
      cl_int code;
      workers[i].plan = plan;
      workers[i].queue = i < 2 ? device.queue
                               : clCreateCommandQueue(device.context, device.device,
                                                      i % 2 ? CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE : 0, &code);
    }
    run_workers(workers, enqueue_often);
    for (int i = 2; i < THREADS; i++) clReleaseCommandQueue(workers[i].queue);
    clup_plan_release(plan);
  }
  clReleaseMemObject(weight);
  clup_problem_release(problem);
}

/* Weights k make every output k: whatever weights a run meets, they are whole. */
static void *set_and_run(void *argument) {
  enum { COUNT = 16 * 16 };
  worker *w = argument;
  cl_int code;
  float ones[COUNT], y[COUNT];
  for (int i = 0; i < COUNT; i++) ones[i] = 1;
  cl_mem input = clCreateBuffer(device.context, CL_MEM_COPY_HOST_PTR, sizeof ones, ones, &code);
  cl_mem output = clCreateBuffer(device.context, CL_MEM_READ_WRITE, sizeof y, NULL, &code);
  for (int t = 0; t < TIMES && w->failure[0] == 0; t++) {
    float weights[16];
    for (int i = 0; i < 16; i++) weights[i] = (float)(100 * w->number + t);
    cl_mem weight = clCreateBuffer(device.context, CL_MEM_COPY_HOST_PTR, sizeof weights, weights, &code);
    cl_event set = NULL;
    const clup_buffers buffers = {.input = {input, 0}, .output = {output, 0}};
    if (clup_plan_set_weights(w->plan, w->queue, &(clup_weights){.weight = {weight, 0}}, 0, NULL, &set) != CLUP_OK)
      note(w, "set_weights");
    else if (clup_plan_enqueue(w->plan, w->queue, &buffers, 0, NULL, NULL) != CLUP_OK)
      note(w, "enqueue");
    else if (clEnqueueReadBuffer(w->queue, output, CL_TRUE, 0, sizeof y, y, 0, NULL, NULL) != CL_SUCCESS)
      note(w, "read");
    for (int i = 1; w->failure[0] == 0 && i < COUNT; i++)
      if (y[i] != y[0])
        snprintf(w->failure, sizeof w->failure, "weights %g and %g in one run", (double)y[0], (double)y[i]);
    if (set != NULL) clReleaseEvent(set);
    clReleaseMemObject(weight);
  }
  clReleaseMemObject(input);
  clReleaseMemObject(output);
  return NULL;
}

static void test_weights_from_many_threads(void **state) {
  (void)state;
  worker workers[THREADS];
  clup_plan *plan = NULL;
  clup_problem *problem = trial_problem("conv_transpose x=1x1x4x4 w=1x16x1x1");
  assert_int_equal(clup_plan_create(device.clup, problem, NULL, &plan), CLUP_OK);
  for (int i = 0; i < THREADS; i++) {
    cl_int code;
    workers[i].plan = plan;
    workers[i].queue = clCreateCommandQueue(device.context, device.device, 0, &code);
  }
  run_workers(workers, set_and_run);
  for (int i = 0; i < THREADS; i++) clReleaseCommandQueue(workers[i].queue);
  clup_plan_release(plan);
  clup_problem_release(problem);
}

static void *build_plans(void *argument) {
  static const char *const texts[] = {
      "interpolate x=1x1x5x5 mode=bilinear size=7x7",
      "interpolate x=1x1x5x5 mode=nearest size=7x7",
      "pixel_shuffle x=1x4x5x5 factor=2",
      "conv_transpose x=1x2x5x5 w=2x2x3x3",
      "max_unpool x=1x1x5x5 indices=i64 kernel=2x2",
      "conv_transpose x=1x2x9x5 w=2x2x3x3",
  };
  enum { TEXTS = sizeof texts / sizeof texts[0] };
  worker *w = argument;
  for (int i = 0; i < TEXTS; i++) {
    clup_problem *problem = NULL;
    clup_plan *plan = NULL;
    if (clup_problem_parse(texts[(i + w->number) % TEXTS], &problem) != CLUP_OK ||
        clup_plan_create(device.clup, problem, NULL, &plan) != CLUP_OK) {
      note(w, texts[(i + w->number) % TEXTS]);
      clup_problem_release(problem);
      break;
    }
    clup_problem_release(problem);
    clup_plan_release(plan);
  }
  return NULL;
}

static void test_plans_built_at_once(void **state) {
  (void)state;
  worker workers[THREADS];
  run_workers(workers, build_plans);
}

/* The last error belongs to the thread that failed. */
static void *fail_in_own_words(void *argument) {
  worker *w = argument;
  for (int i = 0; i < 200 && w->failure[0] == 0; i++) {
    clup_problem *problem = NULL;
    char text[100], part[40];
    snprintf(text, sizeof text, "pixel_shuffle x=1x%dx2x2 factor=2", 4 * w->number + 1);
    snprintf(part, sizeof part, "%d channels", 4 * w->number + 1);
    if (clup_problem_parse(text, &problem) == CLUP_OK || strstr(clup_last_error(), part) == NULL) note(w, text);
  }
  return NULL;
}

static void test_errors_of_threads(void **state) {
  (void)state;
  worker workers[THREADS];
  run_workers(workers, fail_in_own_words);
}

int main(void) {
  alarm(120); /* a hang is a failure */
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plans_built_at_once),
      cmocka_unit_test(test_one_plan_many_threads),
      cmocka_unit_test(test_weights_from_many_threads),
      cmocka_unit_test(test_errors_of_threads),
  };
  return cmocka_run_group_tests_name("threads", tests, open_device, close_device);
}

/* The decoder of DeconvNet (Noh, Hong, Han, "Learning Deconvolution Network for Semantic Segmentation", 2015): four
 * times unpooling and transposed convolutions, from 14x14 to 224x224, with a sixteenth of its channels. One plan a
 * layer, all enqueued on one queue with no wait between. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trial.h"

typedef struct layer {
  int unpool;        /* doubles the plane; otherwise k3 s1 p1 */
  int in, out, size; /* channels, and the input plane's width */
} layer;

static const layer layers[] = {
    {1, 32, 32, 14}, {0, 32, 32, 28}, {0, 32, 32, 28}, {0, 32, 16, 28}, {1, 16, 16, 28},
    {0, 16, 16, 56}, {0, 16, 16, 56}, {0, 16, 8, 56},  {1, 8, 8, 56},   {0, 8, 8, 112},
    {0, 8, 4, 112},  {1, 4, 4, 112},  {0, 4, 4, 224},  {0, 4, 4, 224},
};
enum { LAYERS = sizeof layers / sizeof layers[0] };

typedef struct stage {
  clup_problem *problem;
  clup_plan *plan;
  trial_arrays arrays;
  cl_mem mems[5];
} stage;

/* As pooling an image of twice the size would have them: one place in each 2x2 window. */
static void pooled_indices(const layer *l, int64_t *indices) {
  for (int i = 0; i < l->in * l->size * l->size; i++) {
    const uint32_t pick = reference_hash(99, (uint32_t)i);
    const int y = i / l->size % l->size * 2 + (int)(pick & 1), x = i % l->size * 2 + (int)(pick >> 1 & 1);
    indices[i] = (int64_t)y * 2 * l->size + x;
  }
}

static void make_stage(const trial_device *d, const layer *l, int number, cl_mem input, stage *s) {
  char text[200];
  if (l->unpool)
    snprintf(text, sizeof text, "max_unpool x=1x%dx%dx%d indices=i64 kernel=2x2", l->in, l->size, l->size);
  else
    snprintf(text, sizeof text, "conv_transpose x=1x%dx%dx%d w=%dx%dx3x3 bias=1 padding=1x1", l->in, l->size, l->size,
             l->in, l->out);
  s->problem = trial_problem(text);
  trial_arrays_make(s->problem, REFERENCE_REALS, (uint32_t)(1000 + 10 * number), &s->arrays);
  if (l->unpool) pooled_indices(l, s->arrays.spans[CLUP_ROLE_INDICES]);
  float *w = s->arrays.spans[CLUP_ROLE_WEIGHT]; /* so that the layers' results keep one size */
  for (size_t i = 0; i < s->arrays.bytes[CLUP_ROLE_WEIGHT] / sizeof *w; i++) w[i] *= 0.25f;
  for (int role = 0; role < 5; role++) {
    s->mems[role] = NULL;
    if (role == CLUP_ROLE_INPUT && input != NULL) continue;
    if (s->arrays.spans[role] != NULL) s->mems[role] = trial_buffer(d, s->arrays.bytes[role], s->arrays.spans[role]);
  }
  if (clup_plan_create(d->clup, s->problem, NULL, &s->plan) != CLUP_OK) fail_msg("%s: %s", text, clup_last_error());
  if (!l->unpool)
    assert_int_equal(clup_plan_set_weights(s->plan, d->queue,
                                           &(clup_weights){.weight = {s->mems[CLUP_ROLE_WEIGHT], 0},
                                                           .bias = {s->mems[CLUP_ROLE_BIAS], 0}},
                                           0, NULL, NULL),
                     CLUP_OK);
}

/* All layers, each waiting for the one before by its event (that an in-order queue needs none does no harm). */
static void enqueue_all(const trial_device *d, stage *stages, cl_mem first, int use_events) {
  cl_event before = NULL;
  cl_mem input = first;
  for (int i = 0; i < LAYERS; i++) {
    cl_event after = NULL;
    const clup_buffers buffers = {.input = {input, 0},
                                  .indices = {stages[i].mems[CLUP_ROLE_INDICES], 0},
                                  .output = {stages[i].mems[CLUP_ROLE_OUTPUT], 0}};
    const clup_status status = clup_plan_enqueue(stages[i].plan, d->queue, &buffers, before != NULL,
                                                 before ? &before : NULL, use_events ? &after : NULL);
    if (status != CLUP_OK) fail_msg("layer %d: %s", i, clup_last_error());
    if (before != NULL) clReleaseEvent(before);
    before = after;
    input = stages[i].mems[CLUP_ROLE_OUTPUT];
  }
  if (before != NULL) clReleaseEvent(before);
  assert_int_equal(clFinish(d->queue), CL_SUCCESS);
}

/* Each layer against the reference of what the device made of the layer before, and the whole against a chain of the
 * reference alone. */
static void check_all(const trial_device *d, stage *stages) {
  reference_report report;
  float *chained = NULL;
  for (int i = 0; i < LAYERS; i++) {
    trial_arrays *a = &stages[i].arrays;
    reference_expected expected;
    if (i > 0)
      memcpy(a->spans[CLUP_ROLE_INPUT], stages[i - 1].arrays.spans[CLUP_ROLE_OUTPUT], a->bytes[CLUP_ROLE_INPUT]);
    trial_read(d, stages[i].mems[CLUP_ROLE_OUTPUT], a->bytes[CLUP_ROLE_OUTPUT], a->spans[CLUP_ROLE_OUTPUT]);
    clup_arrays host = trial_host_arrays(a);
    if (reference_check(stages[i].problem, &host, &report) != 0) fail_msg("layer %d: %s", i, report.text);
    if (layers[i].unpool) assert_int_equal(clup_plan_check(stages[i].plan, d->queue, 0, NULL), CLUP_OK);
    if (chained != NULL) host.input = chained;
    assert_int_equal(reference_expect(stages[i].problem, &host, &expected), 0);
    float *next = malloc((size_t)expected.count * sizeof *next);
    assert_non_null(next);
    for (int64_t e = 0; e < expected.count; e++)
      next[e] = !expected.moves          ? (float)expected.value[e]
                : expected.source[e] < 0 ? 0
                                         : ((const float *)host.input)[expected.source[e]];
    reference_expected_free(&expected);
    free(chained);
    chained = next;
  }
  const float *got = stages[LAYERS - 1].arrays.spans[CLUP_ROLE_OUTPUT];
  double largest = 0;
  for (int e = 0; e < 4 * 224 * 224; e++) largest = fmax(largest, fabs((double)chained[e]));
  assert_true(largest > 0.01);
  for (int e = 0; e < 4 * 224 * 224; e++)
    if (!(fabs((double)got[e] - chained[e]) <= 1e-5 * largest))
      fail_msg("element %d: %g, not %g", e, got[e], chained[e]);
  free(chained);
}

static void run_decoder(cl_command_queue_properties properties, int use_events) {
  trial_device device;
  stage stages[LAYERS];
  trial_device_open(&device, properties);
  cl_mem input = NULL;
  for (int i = 0; i < LAYERS; i++) {
    make_stage(&device, &layers[i], i, input, &stages[i]);
    if (i == 0) input = stages[0].mems[CLUP_ROLE_INPUT];
  }
  enqueue_all(&device, stages, input, use_events);
  check_all(&device, stages);
  for (int i = 0; i < LAYERS; i++) {
    clup_plan_release(stages[i].plan);
    clup_problem_release(stages[i].problem);
    trial_arrays_free(&stages[i].arrays);
    for (int role = 0; role < 5; role++)
      if (stages[i].mems[role] != NULL) clReleaseMemObject(stages[i].mems[role]);
  }
  trial_device_close(&device);
}

static void test_in_order(void **state) {
  (void)state;
  run_decoder(0, 0);
}

static void test_out_of_order(void **state) {
  (void)state;
  run_decoder(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, 1);
}

int main(void) {
  alarm(240);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_in_order),
      cmocka_unit_test(test_out_of_order),
  };
  return cmocka_run_group_tests_name("decoder", tests, NULL, NULL);
}

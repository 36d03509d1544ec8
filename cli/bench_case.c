#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { MOST_REPEATS = 200 };

typedef struct case_buffers {
  cl_mem of[CLUP_ROLES];
  size_t bytes; /* of all that a run reads and writes */
} case_buffers;

static void put_index(unsigned char *data, clup_dtype dtype, int64_t place, int64_t index) {
  if (dtype == CLUP_I32) {
    ((int32_t *)(void *)data)[place] = (int32_t)index;
  } else {
    ((int64_t *)(void *)data)[place] = index;
  }
}

/* Indices as a max-pooling makes them: each within its window. */
static void pooling_indices(const clup_problem *problem, const clup_tensor *t, unsigned char *data) {
  clup_max_unpool_params p;
  clup_tensor output;
  if (clup_problem_max_unpool_params(problem, &p) != CLUP_OK ||
      clup_problem_tensor(problem, CLUP_ROLE_OUTPUT, &output) != CLUP_OK) {
    return;
  }
  int axes = p.axes > 0 ? p.axes : t->rank - 2, first = t->rank - axes;
  int64_t elements = 1, in_plane = 1, plane = 1, stride[3], size[3]; /* plane: the one that indices count in */
  for (int i = 0; i < t->rank; i++) elements *= t->dims[i];
  for (int i = 0; i < axes; i++) {
    int64_t end = p.padding_end[i] == CLUP_SAME_PADDING ? p.padding[i] : p.padding_end[i];
    stride[i] = p.stride[i] > 0 ? p.stride[i] : p.onnx ? 1 : p.kernel[i];
    size[i] = output.dims[first + i];
    /* ONNX's count in the size without output_size. */
    if (p.onnx) size[i] = (t->dims[first + i] - 1) * stride[i] - p.padding[i] - end + p.kernel[i];
    plane *= size[i];
    in_plane *= t->dims[first + i];
  }
  uint32_t random = 1;
  for (int64_t i = 0; i < elements; i++) {
    int64_t rest = i, index = 0, step = 1, place = 0;
    random = random * 1664525u + 1013904223u;
    uint32_t in_window = random >> 8;
    for (int axis = t->rank - 1; axis >= 0; axis--) {
      int64_t at = rest % t->dims[axis];
      rest /= t->dims[axis];
      place += at * t->strides[axis];
      if (axis < first) continue;
      int own = axis - first;
      int64_t to = at * stride[own] - p.padding[own] + in_window % (uint32_t)p.kernel[own];
      in_window /= (uint32_t)p.kernel[own];
      index += (to < 0 ? 0 : to >= size[own] ? size[own] - 1 : to) * step;
      step *= size[own];
    }
    put_index(data, t->dtype, place, p.onnx ? index + i / in_plane * plane : index);
  }
}

static int make_indices(cli *c, bench_device *d, const clup_problem *problem, const clup_tensor *tensor, size_t bytes,
                        cl_mem buffer) {
  unsigned char *data = calloc(1, bytes + 1);
  if (data == NULL) return cli_no_memory(&c->error, "bench", bytes);
  pooling_indices(problem, tensor, data);
  cl_int code = clEnqueueWriteBuffer(d->queue, buffer, CL_TRUE, 0, bytes, data, 0, NULL, NULL);
  free(data);
  return bench_cl(c, "clEnqueueWriteBuffer", code);
}

static int make_buffers(cli *c, bench_device *d, const clup_problem *problem, case_buffers *b) {
  for (int role = 0; role < CLUP_ROLES; role++) {
    clup_tensor tensor;
    int64_t elements, span;
    if (clup_problem_tensor(problem, (clup_role)role, &tensor) != CLUP_OK) continue;
    int rc = cli_status(&c->error, "bench", clup_tensor_count(&tensor, &elements, &span));
    if (rc != CLI_OK) return rc;
    size_t bytes = (size_t)span * clup_dtype_size(tensor.dtype);
    rc = bench_buffer(c, d, bytes, tensor.dtype, &b->of[role]);
    if (rc == CLI_OK && role == CLUP_ROLE_INDICES && bytes > 0) {
      rc = make_indices(c, d, problem, &tensor, bytes, b->of[role]);
    }
    if (rc != CLI_OK) return rc;
    b->bytes += bytes;
  }
  return CLI_OK;
}

/* On a device beside the host a launch and its end cost the host as long as a small case takes: there the time is from
 * the end of the flush, which stands before it in the queue, to the end of the last kernel. */
static int run_between_events(cli *c, bench_device *d, clup_plan *plan, const clup_buffers *buffers, double *seconds) {
  cl_event flushed = NULL, done = NULL;
  cl_ulong begin = 0, end = 0;
  int rc = bench_flush(c, d, &flushed);
  if (rc == CLI_OK) {
    rc = cli_status(&c->error, "bench", clup_plan_enqueue(plan, d->queue, buffers, 0, NULL, &done));
    cl_int code = clFinish(d->queue);
    if (rc == CLI_OK) rc = bench_cl(c, "clFinish", code);
  }
  if (rc == CLI_OK) {
    cl_int code = clGetEventProfilingInfo(flushed, CL_PROFILING_COMMAND_END, sizeof begin, &begin, NULL);
    if (code == CL_SUCCESS) {
      code = clGetEventProfilingInfo(done, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL);
    }
    rc = bench_cl(c, "clGetEventProfilingInfo", code);
  }
  *seconds = 1e-9 * (double)(end - begin);
  if (flushed != NULL) clReleaseEvent(flushed);
  if (done != NULL) clReleaseEvent(done);
  return rc;
}

/* On CPUs by the clock, on whatever caches the caller left. */
static int run_once(cli *c, bench_device *d, clup_plan *plan, const case_buffers *b, double *seconds,
                    double *enqueue_seconds) {
  clup_buffers buffers = {.input = {b->of[CLUP_ROLE_INPUT], 0},
                          .indices = {b->of[CLUP_ROLE_INDICES], 0},
                          .output = {b->of[CLUP_ROLE_OUTPUT], 0}};
  *enqueue_seconds = 0;
  if (!d->is_cpu) return run_between_events(c, d, plan, &buffers, seconds);
  double start = bench_seconds();
  clup_status status = clup_plan_enqueue(plan, d->queue, &buffers, 0, NULL, NULL);
  *enqueue_seconds = bench_seconds() - start;
  if (status != CLUP_OK) return cli_status(&c->error, "bench", status);
  cl_int code = clFinish(d->queue);
  *seconds = bench_seconds() - start;
  return bench_cl(c, "clFinish", code);
}

/* Seconds that each roof allows. */
static double compute_time(const bench_device *d, const bench_result *result) {
  double peak = strcmp(result->dtype, "f64") == 0 ? d->peak_f64_gflops : d->peak_gflops;
  return result->flops / (peak * 1e9);
}

static double memory_time(const bench_device *d, const bench_result *result) {
  return result->bytes / (d->copy_gbytes_per_s * 1e9);
}

static bool is_compute_bound(const bench_device *d, const bench_result *result) {
  return compute_time(d, result) > memory_time(d, result);
}

/* Repeats for about two seconds: at least seven times, unless that takes too long. */
static int repeat(cli *c, bench_device *d, clup_plan *plan, const case_buffers *b, bench_result *result) {
  double seconds[MOST_REPEATS], roofs[MOST_REPEATS], enqueues[MOST_REPEATS], launches[MOST_REPEATS];
  double warm;
  const bool by_memory = d->is_cpu && !is_compute_bound(d, result);
  size_t count = 0;
  const double enough = d->quick ? 0.3 : 2.0, too_long = d->quick ? 3.0 : 20.0;
  /* The first run may compile. */
  int rc = run_once(c, d, plan, b, &warm, &enqueues[0]);
  int cold = !d->is_cpu || b->bytes >= 2 * d->flush_bytes;
  double start = bench_seconds();
  while (rc == CLI_OK && count < MOST_REPEATS) {
    double limit = count < 3 ? HUGE_VAL : count < 7 ? too_long : enough;
    if (bench_seconds() - start > limit) break;
    const double copy = by_memory ? bench_copy_now(d) : 0;
    if (!cold) rc = bench_flush(c, d, NULL);
    const double peak = bench_peak_now(d, &launches[count]); /* it leaves the caches as they are */
    roofs[count] = by_memory ? copy : peak;
    if (rc == CLI_OK) rc = run_once(c, d, plan, b, &seconds[count], &enqueues[count]);
    count += rc == CLI_OK;
  }
  /* An error that only the device sees (an index out of range) must not pass as a result. */
  if (rc == CLI_OK) rc = cli_status(&c->error, "bench", clup_plan_check(plan, d->queue, 0, NULL));
  if (rc != CLI_OK) return rc;
  result->ms_median = 1e3 * bench_median(seconds, count);
  result->ms_min = 1e3 * seconds[0];
  result->enqueue_us = 1e6 * bench_median(enqueues, count);
  result->opencl_enqueue_us = 1e6 * bench_median(launches, count);
  *(by_memory ? &result->copy_beside_gbytes_per_s : &result->peak_beside_gflops) = bench_median(roofs, count);
  return CLI_OK;
}

static int measure(cli *c, bench_device *d, const clup_problem *problem, bench_result *result) {
  clup_plan_options options = CLUP_PLAN_OPTIONS_INIT;
  case_buffers b;
  clup_plan *plan = NULL;
  clup_tensor input;
  memset(&b, 0, sizeof b);
  if (c->options.algo.given) options.algo = c->options.algo.text;
  if (clup_problem_tensor(problem, CLUP_ROLE_INPUT, &input) == CLUP_OK) result->dtype = clup_dtype_name(input.dtype);
  double start = bench_seconds();
  int rc = cli_status(&c->error, "bench", clup_plan_create(clup_host_context(d->host), problem, &options, &plan));
  result->plan_ms = 1e3 * (bench_seconds() - start);
  if (rc != CLI_OK) return rc;
  snprintf(result->algo, sizeof result->algo, "%s", clup_plan_algo(plan));
  for (size_t i = 0; i < clup_problem_num_algos(problem); i++) {
    clup_algo_info info;
    if (clup_problem_algo(clup_host_context(d->host), problem, i, &info) == CLUP_OK && !strcmp(info.name, result->algo))
      result->launches = info.launches;
  }
  rc = make_buffers(c, d, problem, &b);
  if (rc == CLI_OK && b.of[CLUP_ROLE_WEIGHT] != NULL) {
    clup_weights weights = {
        .weight = {b.of[CLUP_ROLE_WEIGHT], 0}, .bias = {b.of[CLUP_ROLE_BIAS], 0}, .slope = {b.of[CLUP_ROLE_SLOPE], 0}};
    rc = cli_status(&c->error, "bench", clup_plan_set_weights(plan, d->queue, &weights, 0, NULL, NULL));
  }
  if (rc == CLI_OK) {
    rc = cli_status(&c->error, "bench", clup_problem_cost(problem, &result->flops, &result->bytes));
  }
  if (rc == CLI_OK) rc = repeat(c, d, plan, &b, result);
  for (int role = 0; role < CLUP_ROLES; role++) {
    if (b.of[role] != NULL) clReleaseMemObject(b.of[role]);
  }
  clup_plan_release(plan);
  return rc;
}

int bench_case(cli *c, bench_device *d, const char *name, const clup_problem *problem, bench_result *result) {
  memset(result, 0, sizeof *result);
  snprintf(result->name, sizeof result->name, "%s", name);
  result->op = clup_op_name(clup_problem_op(problem));
  int rc = measure(c, d, problem, result);
  if (rc != CLI_OK) snprintf(result->error, sizeof result->error, "%s", c->error.text);
  return rc;
}

void bench_rate(const bench_device *d, bench_result *result) {
  if (result->error[0] != 0) return;
  double seconds = 1e-3 * result->ms_median;
  result->gflops = result->flops / seconds * 1e-9;
  result->gbytes_per_s = result->bytes / seconds * 1e-9;
  result->compute_bound = is_compute_bound(d, result);
  result->roof_fraction = (result->compute_bound ? compute_time(d, result) : memory_time(d, result)) / seconds;
}

/* Times a problem's solvers on the caller's device, and keeps the winner. */
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "error.h"
#include "images.h"
#include "log.h"
#include "ops/max_unpool.h"
#include "select.h"
#include "tensor.h"

enum { MOST_RUNS = 64, LEAST_RUNS = 3, TOO_SLOW = 4 };

typedef struct tuning {
  clup_context *context;
  cl_command_queue queue;
  const clup_problem *problem;
  double seconds;
  cl_mem of[CLUP_ROLES];
} tuning;

/* ---- contents */

/* Random bits become numbers by their exponent: that of [0.5, 1), for both halves of 8 bytes. */
static void number_masks(clup_dtype dtype, uint64_t *keep, uint64_t *set) {
  *keep = UINT64_MAX;
  *set = 0;
  switch (dtype) {
    case CLUP_F32:
      *keep = 0x807fffff807fffffu;
      *set = 0x3f0000003f000000u;
      break;
    case CLUP_F16:
      *keep = 0x83ff83ff83ff83ffu;
      *set = 0x3800380038003800u;
      break;
    case CLUP_BF16:
      *keep = 0x807f807f807f807fu;
      *set = 0x3f003f003f003f00u;
      break;
    case CLUP_F64:
      *keep = 0x800fffffffffffffu;
      *set = 0x3fe0000000000000u;
      break;
    default:
      break;
  }
}

enum { CHUNK = 1 << 17 }; /* words of 8 bytes */

static void fill_numbers(clup_dtype dtype, uint64_t *words) {
  uint64_t keep, set, random = 88172645463325252u;
  number_masks(dtype, &keep, &set);
  for (size_t i = 0; i < CHUNK; i++) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    words[i] = (random & keep) | set;
  }
}

static clup_status write_numbers(const tuning *t, cl_mem mem, clup_dtype dtype, size_t bytes) {
  uint64_t *words = malloc(CHUNK * sizeof *words);
  if (!words) return clup_fail(CLUP_OUT_OF_MEMORY, "tune: no memory for %llu bytes", CHUNK * 8ull);
  fill_numbers(dtype, words);
  cl_int code = CL_SUCCESS;
  for (size_t at = 0; at < bytes && !code; at += CHUNK * sizeof *words) {
    size_t size = bytes - at < CHUNK * sizeof *words ? bytes - at : CHUNK * sizeof *words;
    code = clEnqueueWriteBuffer(t->queue, mem, CL_TRUE, at, size, words, 0, NULL, NULL);
  }
  free(words);
  return code ? clup_fail_cl(code, "clEnqueueWriteBuffer", "tune") : CLUP_OK;
}

/* Indices that go through the plane they count in as the elements go through the input's. */
static void put_indices(const clup_problem *problem, void *data) {
  const clup_tensor *t = &problem->indices;
  const unpool_view v = unpool_view_of(problem);
  const int64_t in_plane = v.in[0] * v.in[1] * v.in[2], counted = v.counted[0] * v.counted[1] * v.counted[2];
  for (int64_t i = 0; i < v.planes * in_plane; i++) {
    int64_t place = 0, rest = i;
    for (int axis = t->rank - 1; axis >= 0; axis--) {
      place += rest % t->dims[axis] * t->strides[axis];
      rest /= t->dims[axis];
    }
    int64_t index = (int64_t)((double)(i % in_plane) * (double)counted / (double)in_plane);
    if (v.whole) index += i / in_plane * counted;
    if (t->dtype == CLUP_I32)
      ((int32_t *)data)[place] = (int32_t)index;
    else
      ((int64_t *)data)[place] = index;
  }
}

static clup_status write_indices(const tuning *t, cl_mem mem, size_t bytes) {
  void *data = calloc(1, bytes);
  if (!data) return clup_fail(CLUP_OUT_OF_MEMORY, "tune: no memory for %llu bytes", (unsigned long long)bytes);
  put_indices(t->problem, data);
  cl_int code = clEnqueueWriteBuffer(t->queue, mem, CL_TRUE, 0, bytes, data, 0, NULL, NULL);
  free(data);
  return code ? clup_fail_cl(code, "clEnqueueWriteBuffer", "tune") : CLUP_OK;
}

static clup_status make_image(tuning *t, const clup_tensor *tensor, clup_role role) {
  size_t bytes = (size_t)tensor_span(tensor) * clup_dtype_size(tensor->dtype), chunk = CHUNK * sizeof(uint64_t);
  unsigned char *data = malloc((bytes + chunk - 1) / chunk * chunk);
  if (!data) return clup_fail(CLUP_OUT_OF_MEMORY, "tune: no memory for %llu bytes", (unsigned long long)bytes);
  for (size_t at = 0; at < bytes; at += chunk) fill_numbers(tensor->dtype, (uint64_t *)(void *)(data + at));
  clup_status status = images_create(t->context, t->problem, tensor, &t->of[role]);
  if (!status) status = images_write(t->queue, t->of[role], tensor, data);
  free(data);
  return status;
}

static clup_status make_buffer(tuning *t, clup_role role) {
  clup_tensor tensor;
  if (clup_problem_tensor(t->problem, role, &tensor)) return CLUP_OK;
  if (problem_images(t->problem)) return make_image(t, &tensor, role);
  size_t bytes = (size_t)tensor_span(&tensor) * clup_dtype_size(tensor.dtype);
  cl_ulong most = t->context->caps.max_allocation;
  if (bytes > most)
    return clup_fail(CLUP_OUT_OF_MEMORY, "tune: a tensor of %llu bytes: the device allocates at most %llu at once",
                     (unsigned long long)bytes, (unsigned long long)most);
  cl_int code;
  t->of[role] = clCreateBuffer(t->context->context, CL_MEM_READ_WRITE, bytes ? bytes : 1, NULL, &code);
  if (code) {
    t->of[role] = NULL;
    return clup_fail_cl(code, "clCreateBuffer", "tune");
  }
  return role == CLUP_ROLE_INDICES ? write_indices(t, t->of[role], bytes)
                                   : write_numbers(t, t->of[role], tensor.dtype, bytes);
}

/* ---- times */

static clup_status run_once(const tuning *t, clup_plan *plan, double *ms) {
  clup_buffers buffers = {.input = {t->of[CLUP_ROLE_INPUT], 0},
                          .indices = {t->of[CLUP_ROLE_INDICES], 0},
                          .output = {t->of[CLUP_ROLE_OUTPUT], 0}};
  double begin = log_clock_ms();
  CLUP_TRY(clup_plan_enqueue(plan, t->queue, &buffers, 0, NULL, NULL));
  cl_int code = clFinish(t->queue);
  *ms = log_clock_ms() - begin;
  return code ? clup_fail_cl(code, "clFinish", "tune") : CLUP_OK;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static clup_status time_plan(const tuning *t, clup_plan *plan, double best, clup_tune_result *result) {
  double ms[MOST_RUNS], first;
  int runs = 0;
  if (t->problem->weight.rank) {
    clup_weights weights = {.weight = {t->of[CLUP_ROLE_WEIGHT], 0},
                            .bias = {t->of[CLUP_ROLE_BIAS], 0},
                            .slope = {t->of[CLUP_ROLE_SLOPE], 0}};
    CLUP_TRY(clup_plan_set_weights(plan, t->queue, &weights, 0, NULL, NULL));
  }
  CLUP_TRY(run_once(t, plan, &first));
  if (best > 0 && first > TOO_SLOW * best) {
    /* Once more at most: the first run may have had to touch its memory. */
    CLUP_TRY(run_once(t, plan, &ms[runs++]));
    if (ms[0] > TOO_SLOW * best) {
      result->ms = ms[0];
      result->runs = 1;
      return CLUP_OK;
    }
  }
  const double end = log_clock_ms() + 1e3 * t->seconds;
  while (runs < MOST_RUNS && (runs < LEAST_RUNS || log_clock_ms() < end)) CLUP_TRY(run_once(t, plan, &ms[runs++]));
  qsort(ms, (size_t)runs, sizeof *ms, compare);
  result->ms = runs % 2 ? ms[runs / 2] : 0.5 * (ms[runs / 2 - 1] + ms[runs / 2]);
  result->runs = runs;
  return CLUP_OK;
}

static clup_status time_solver(const tuning *t, const solver *s, double best, clup_tune_result *result) {
  clup_plan_options options = CLUP_PLAN_OPTIONS_INIT;
  clup_plan *plan = NULL;
  options.algo = s->name;
  clup_status status = clup_plan_create(t->context, t->problem, &options, &plan);
  if (!status) status = time_plan(t, plan, best, result);
  if (status) {
    result->ms = 0;
    strncpy(result->reason, clup_last_error(), sizeof result->reason - 1);
    clFinish(t->queue); /* what was enqueued before the failure still uses the buffers */
  }
  clup_plan_release(plan);
  return status;
}

/* ---- choice */

/* The fastest, but the untuned choice unless another is clearly faster. */
static int winner_of(const clup_tune_result *results, int count) {
  int best = -1, untuned = -1;
  for (int i = 0; i < count; i++) {
    if (results[i].ms <= 0) continue;
    if (best < 0 || results[i].ms < results[best].ms) best = i;
    if (results[i].untuned) untuned = i;
  }
  return untuned >= 0 && results[best].ms > 0.97 * results[untuned].ms ? untuned : best;
}

/* The untuned choice, or where that won the fastest of the rest. */
static int other_of(const clup_tune_result *results, int count, int winner) {
  int other = -1;
  for (int i = 0; i < count; i++) {
    if (i == winner || results[i].ms <= 0) continue;
    if (results[i].untuned) return i;
    if (other < 0 || results[i].ms < results[other].ms) other = i;
  }
  return other;
}

static bool keep(const tuning *t, const clup_tune_result *results, int count, int winner) {
  char text[PROBLEM_TEXT];
  tune_entry entry = {.ns = (int64_t)(results[winner].ms * 1e6)};
  int other = other_of(results, count, winner);
  strncpy(entry.solver, results[winner].algo, sizeof entry.solver - 1);
  if (other >= 0) {
    strncpy(entry.other, results[other].algo, sizeof entry.other - 1);
    entry.other_ns = (int64_t)(results[other].ms * 1e6);
  }
  return !clup_problem_print(t->problem, text, sizeof text, NULL) && tune_db_put(&t->context->tuned, text, &entry);
}

static clup_status tune(tuning *t, clup_tune_result *all, int count, int *winner) {
  const solver *const *solvers = operator_of(t->problem->op)->solvers, *untuned = NULL;
  const wanted_solver wanted = {.untuned = true};
  clup_status status = CLUP_OK, last;
  CLUP_TRY(select_solver(t->context, t->problem, &wanted, &untuned));
  for (int role = 0; role < CLUP_ROLES && !status; role++) status = make_buffer(t, (clup_role)role);
  double best = 0;
  last = status;
  for (int i = 0; i < count && !status; i++) {
    all[i] = (clup_tune_result){.algo = solvers[i]->name, .untuned = solvers[i] == untuned};
    if (!solver_applies(solvers[i], t->problem, &t->context->caps, all[i].reason)) continue;
    all[i].reason[0] = 0;
    clup_status timed = time_solver(t, solvers[i], best, &all[i]);
    if (timed) last = timed;
    if (!timed && (best == 0 || all[i].ms < best)) best = all[i].ms;
  }
  for (int role = 0; role < CLUP_ROLES; role++)
    if (t->of[role]) clReleaseMemObject(t->of[role]);
  if (status) return status;
  *winner = winner_of(all, count);
  return *winner >= 0 ? CLUP_OK : last;
}

clup_status clup_tune(clup_context *context, cl_command_queue queue, const clup_problem *problem,
                      const clup_tune_options *given, clup_tune_result *results, size_t *count, int *stored) {
  clup_tune_options options = CLUP_TUNE_OPTIONS_INIT;
  if (!context || !problem || (results && !count))
    return clup_fail(CLUP_INVALID_ARGUMENT, "tune: %s is NULL", !context ? "context" : !problem ? "problem" : "count");
  if (given) params_copy(&options, sizeof options, given, given->struct_size);
  if (!(options.seconds > 0))
    return clup_fail(CLUP_INVALID_ARGUMENT, "tune: seconds=%g must be above 0", options.seconds);
  CLUP_TRY(buffer_check_queue(context, queue, "tune"));
  tuning t = {.context = context, .queue = queue, .problem = problem, .seconds = options.seconds};
  int solvers = (int)clup_problem_num_algos(problem), winner = -1;
  clup_tune_result *all = calloc((size_t)solvers + 1, sizeof *all);
  if (!all) return clup_fail(CLUP_OUT_OF_MEMORY, "tune: no memory for %d results", solvers);
  clup_status status = tune(&t, all, solvers, &winner);
  if (!status) {
    all[winner].chosen = 1;
    bool written = keep(&t, all, solvers, winner);
    if (stored) *stored = written;
    if (count) {
      size_t room = *count < (size_t)solvers ? *count : (size_t)solvers;
      if (results && room) memcpy(results, all, room * sizeof *all);
      *count = (size_t)solvers;
    }
  }
  free(all);
  return status;
}

#include "launch.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "images.h"
#include "solver.h"
#include "tensor.h"

bool not_applicable(char *why, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(why, REASON_TEXT, format, args);
  va_end(args);
  return false;
}

bool device_computes(const clup_problem *problem, const device_caps *caps, char *why) {
  if (problem->input.dtype != CLUP_F64 || caps->has_fp64) return true;
  return not_applicable(why, "the device '%s' does not compute in f64", caps->name);
}

bool solver_applies(const solver *s, const clup_problem *problem, const device_caps *caps, char *why) {
  if (problem_images(problem) && !s->images) return not_applicable(why, "it takes buffers, the tensors are images");
  if (s->images && !problem_images(problem)) return not_applicable(why, "it takes images, the tensors are buffers");
  return s->applicable(problem, caps, why);
}

void recipe_init(recipe *r, const clup_problem *problem, const device_caps *caps) {
  memset(r, 0, sizeof *r);
  const clup_tensor *tensors[] = {&problem->input, &problem->weight,  &problem->bias,
                                  &problem->slope, &problem->indices, &problem->output};
  for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++)
    if (tensors[i]->rank && tensor_span(tensors[i]) > caps->index32_limit) r->index64 = true;
}

void recipe_clear(recipe *r) {
  free(r->table);
  r->table = NULL;
}

static void fail(recipe *r, clup_status status, const char *what, const char *name) {
  if (!r->failure) r->failure = clup_fail(status, "plan: %s (%s)", what, name);
}

clup_status recipe_finish(const recipe *r) {
  return r->failure;
}

static launch *append(recipe *r, launch *list, int *count, int most, const char *source, const char *kernel) {
  if (*count == most) {
    fail(r, CLUP_INTERNAL_ERROR, "too many launches", kernel);
    *count = most - 1;
  }
  launch *l = &list[(*count)++];
  memset(l, 0, sizeof *l);
  l->source = source;
  l->kernel = kernel;
  /* Compilers warn of vectors that a device's registers do not hold, on the caller's stderr. */
  snprintf(l->options, sizeof l->options, "-w");
  launch_define(r, l, "CLUP_INDEX64", r->index64);
  return l;
}

launch *recipe_launch(recipe *r, const char *source, const char *kernel) {
  return append(r, r->launches, &r->num_launches, RECIPE_MAX_LAUNCHES, source, kernel);
}

launch *recipe_pack(recipe *r, const char *source, const char *kernel) {
  return append(r, r->pack, &r->num_pack, RECIPE_MAX_PACK, source, kernel);
}

/* Grows *used by a 64-byte aligned region of count elements; the region's offset in elements. */
static int64_t region(recipe *r, size_t *used, int64_t count, size_t element_size, const char *what) {
  int64_t bytes, begin = (int64_t)((*used + 63) / 64 * 64), end;
  if (!size_mul(count, (int64_t)element_size, &bytes) || !size_add(begin, bytes, &end)) {
    fail(r, CLUP_INVALID_SHAPE, "the memory needed overflows", what);
    return 0;
  }
  *used = (size_t)end;
  return begin / (int64_t)element_size;
}

int64_t recipe_workspace(recipe *r, int64_t count, size_t element_size) {
  return region(r, &r->workspace_bytes, count, element_size, "workspace");
}

int64_t recipe_packed(recipe *r, int64_t count, size_t element_size) {
  return region(r, &r->packed_bytes, count, element_size, "packed weights");
}

int64_t recipe_table(recipe *r, const void *data, int64_t count, size_t element_size) {
  size_t before = r->table_bytes;
  int64_t offset = region(r, &r->table_bytes, count, element_size, "table");
  if (r->failure) return 0;
  char *table = realloc(r->table, r->table_bytes ? r->table_bytes : 1);
  if (!table) {
    fail(r, CLUP_OUT_OF_MEMORY, "no memory for constants", "table");
    return 0;
  }
  r->table = table;
  size_t begin = (size_t)offset * element_size;
  memset(table + before, 0, begin - before);
  if (count) memcpy(table + begin, data, (size_t)count * element_size);
  return offset;
}

size_t real_size(clup_dtype dtype) {
  return dtype == CLUP_F64 ? sizeof(double) : sizeof(float);
}

int64_t recipe_reals(recipe *r, clup_dtype dtype, const double *data, int64_t count) {
  if (dtype == CLUP_F64) return recipe_table(r, data, count, sizeof *data);
  float *narrow = malloc((size_t)(count ? count : 1) * sizeof *narrow);
  if (!narrow) {
    fail(r, CLUP_OUT_OF_MEMORY, "no memory for constants", "table");
    return 0;
  }
  for (int64_t i = 0; i < count; i++) narrow[i] = (float)data[i];
  const int64_t offset = recipe_table(r, narrow, count, sizeof *narrow);
  free(narrow);
  return offset;
}

static void add_option(recipe *r, launch *l, const char *begin, const char *name, const char *value) {
  size_t used = strlen(l->options);
  int n = snprintf(l->options + used, sizeof l->options - used, "%s%s%s=%s", used ? " " : "", begin, name, value);
  if (n < 0 || (size_t)n >= sizeof l->options - used) fail(r, CLUP_INTERNAL_ERROR, "too many options", l->kernel);
}

void launch_define_text(recipe *r, launch *l, const char *name, const char *value) {
  add_option(r, l, "-D", name, value);
}

void launch_define(recipe *r, launch *l, const char *name, int64_t value) {
  char text[32];
  snprintf(text, sizeof text, "%lld", (long long)value);
  launch_define_text(r, l, name, text);
}

void launch_limit_registers(recipe *r, launch *l, const device_caps *caps, int64_t registers) {
  char text[32];
  if (!caps->limits_registers) return;
  snprintf(text, sizeof text, "%lld", (long long)registers);
  add_option(r, l, "-cl-nv-", "maxrregcount", text);
}

static launch_arg *next_arg(recipe *r, launch *l, arg_kind kind) {
  if (l->num_args == LAUNCH_MAX_ARGS) {
    fail(r, CLUP_INTERNAL_ERROR, "too many arguments", l->kernel);
    l->num_args--;
  }
  launch_arg *arg = &l->args[l->num_args++];
  memset(arg, 0, sizeof *arg);
  arg->kind = kind;
  return arg;
}

void launch_buffer(recipe *r, launch *l, arg_role role, int64_t offset, size_t element_size) {
  launch_arg *arg = next_arg(r, l, ARG_KIND_BUFFER);
  arg->role = role;
  arg->offset = offset;
  arg->element_size = element_size;
}

void launch_image(recipe *r, launch *l, arg_role role) {
  next_arg(r, l, ARG_KIND_IMAGE)->role = role;
}

void launch_i32(recipe *r, launch *l, int64_t value) {
  if (value < INT32_MIN || value > INT32_MAX)
    fail(r, CLUP_UNSUPPORTED, "an extent does not fit 32 bits, which this solver needs", l->kernel);
  next_arg(r, l, ARG_KIND_I32)->integer = value;
}

void launch_i64(recipe *r, launch *l, int64_t value) {
  next_arg(r, l, ARG_KIND_I64)->integer = value;
}

void launch_index(recipe *r, launch *l, int64_t value) {
  if (r->index64)
    launch_i64(r, l, value);
  else
    launch_i32(r, l, value);
}

void launch_real(recipe *r, launch *l, clup_dtype dtype, double value) {
  next_arg(r, l, dtype == CLUP_F64 ? ARG_KIND_F64 : ARG_KIND_F32)->real = value;
}

void launch_local(recipe *r, launch *l, size_t bytes) {
  next_arg(r, l, ARG_KIND_LOCAL)->integer = (int64_t)bytes;
}

void launch_range(recipe *r, launch *l, int dims, const int64_t global[3], const size_t local[3]) {
  l->work_dim = (cl_uint)dims;
  const char *const names[] = {"LOCAL_X", "LOCAL_Y", "LOCAL_Z"};
  for (int i = 0; i < 3; i++) {
    int64_t size = i < dims ? global[i] : 1;
    int64_t step = i < dims && local[0] ? (int64_t)local[i] : 1;
    if (size < 1 || step < 1 || size > INT64_MAX / 2) {
      fail(r, CLUP_INTERNAL_ERROR, "an empty launch", l->kernel);
      return;
    }
    l->local[i] = local[0] ? (size_t)step : 0;
    if (local[0]) launch_define(r, l, names[i], step);
    l->global[i] = (size_t)((size + step - 1) / step * step);
  }
}

size_t launch_items(const device_caps *caps, size_t wanted) {
  if (wanted > caps->max_work_group) wanted = caps->max_work_group;
  return wanted > caps->max_work_item[0] ? caps->max_work_item[0] : wanted;
}

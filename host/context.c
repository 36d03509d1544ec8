#include "context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk_cache.h"
#include "error.h"
#include "matrix_units.h"
#include "problem.h"
#include "program.h"

static void device_text(cl_device_id device, cl_device_info what, char *text, size_t size) {
  text[0] = 0;
  if (clGetDeviceInfo(device, what, size - 1, text, NULL) != CL_SUCCESS) text[0] = 0;
  text[size - 1] = 0;
}

static bool has_extension(cl_device_id device, const char *name) {
  size_t size = 0;
  if (clGetDeviceInfo(device, CL_DEVICE_EXTENSIONS, 0, NULL, &size) || !size) return false;
  char *all = calloc(size + 1, 1), *rest = NULL;
  bool found = false;
  if (all && !clGetDeviceInfo(device, CL_DEVICE_EXTENSIONS, size, all, NULL))
    for (char *word = strtok_r(all, " ", &rest); word && !found; word = strtok_r(NULL, " ", &rest))
      found = !strcmp(word, name);
  free(all);
  return found;
}

static clup_status probe(cl_device_id device, device_caps *caps) {
  cl_device_type type = 0;
  cl_bool available = CL_FALSE, compiler = CL_FALSE;
  cl_platform_id platform = NULL;
  size_t items[16] = {1, 1, 1}; /* CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS is 3 on all but custom devices */
  const struct {
    cl_device_info what;
    size_t size;
    void *to;
    const char *name;
  } wanted[] = {
      {CL_DEVICE_TYPE, sizeof type, &type, "CL_DEVICE_TYPE"},
      {CL_DEVICE_AVAILABLE, sizeof available, &available, "CL_DEVICE_AVAILABLE"},
      {CL_DEVICE_COMPILER_AVAILABLE, sizeof compiler, &compiler, "CL_DEVICE_COMPILER_AVAILABLE"},
      {CL_DEVICE_PLATFORM, sizeof platform, &platform, "CL_DEVICE_PLATFORM"},
      {CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof caps->max_work_group, &caps->max_work_group, "work-group size"},
      {CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof items, items, "work-item sizes"},
      {CL_DEVICE_MAX_COMPUTE_UNITS, sizeof caps->compute_units, &caps->compute_units, "compute units"},
      {CL_DEVICE_LOCAL_MEM_SIZE, sizeof caps->local_memory, &caps->local_memory, "local memory"},
      {CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof caps->max_allocation, &caps->max_allocation, "allocation size"},
  };
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    cl_int code = clGetDeviceInfo(device, wanted[i].what, wanted[i].size, wanted[i].to, NULL);
    if (code) return clup_fail_cl(code, "clGetDeviceInfo", wanted[i].name);
  }
  memcpy(caps->max_work_item, items, sizeof caps->max_work_item);
  device_text(device, CL_DEVICE_NAME, caps->name, sizeof caps->name);
  cl_device_fp_config doubles = 0;
  clGetDeviceInfo(device, CL_DEVICE_DOUBLE_FP_CONFIG, sizeof doubles, &doubles, NULL);
  caps->has_fp64 = (doubles & CL_FP_FMA) != 0;
  cl_bool images = CL_FALSE;
  clGetDeviceInfo(device, CL_DEVICE_IMAGE_SUPPORT, sizeof images, &images, NULL);
  caps->has_images =
      images &&
      !clGetDeviceInfo(device, CL_DEVICE_IMAGE2D_MAX_WIDTH, sizeof caps->image_width, &caps->image_width, NULL) &&
      !clGetDeviceInfo(device, CL_DEVICE_IMAGE2D_MAX_HEIGHT, sizeof caps->image_height, &caps->image_height, NULL);
  caps->has_fp16 = has_extension(device, "cl_khr_fp16");
  caps->limits_registers = has_extension(device, "cl_nv_compiler_options");
  if (!available || !compiler)
    return clup_fail(CLUP_UNSUPPORTED, "context: device '%s' is %s", caps->name,
                     available ? "without a compiler" : "not available");
  caps->is_cpu = (type & CL_DEVICE_TYPE_CPU) != 0;
  cl_uint floats = 0;
  clGetDeviceInfo(device, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, sizeof floats, &floats, NULL);
  caps->has_wide_vectors = caps->is_cpu && floats >= 16;
  char vendor[128], version[128], driver[128], platform_version[192] = "", platform_name[128] = "";
  device_text(device, CL_DEVICE_VENDOR, vendor, sizeof vendor);
  device_text(device, CL_DEVICE_VERSION, version, sizeof version);
  device_text(device, CL_DRIVER_VERSION, driver, sizeof driver);
  clGetPlatformInfo(platform, CL_PLATFORM_VERSION, sizeof platform_version - 1, platform_version, NULL);
  clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof platform_name - 1, platform_name, NULL);
  caps->is_pocl = strstr(platform_name, "Portable Computing Language") != NULL;
  caps->one_memory = caps->is_cpu && (caps->is_pocl || caps->has_wide_vectors); /* no simulator has such vectors */
  snprintf(caps->key, sizeof caps->key, "%s\n%s\n%s\n%s\n%s", platform_version, vendor, caps->name, version, driver);
  return CLUP_OK;
}

static clup_status check_device(cl_context context, cl_device_id device) {
  cl_device_id devices[64];
  size_t size = 0;
  cl_int code = clGetContextInfo(context, CL_CONTEXT_DEVICES, sizeof devices, devices, &size);
  if (code) return clup_fail_cl(code, "clGetContextInfo", "context_create");
  for (size_t i = 0; i < size / sizeof *devices; i++)
    if (devices[i] == device) return CLUP_OK;
  return clup_fail(CLUP_INVALID_ARGUMENT, "context_create: the device is none of the context's %llu devices",
                   (unsigned long long)(size / sizeof *devices));
}

clup_status clup_context_create(cl_context cl, cl_device_id device, const clup_context_options *given,
                                clup_context **out) {
  clup_context_options options = CLUP_CONTEXT_OPTIONS_INIT;
  if (!cl || !device || !out)
    return clup_fail(CLUP_INVALID_ARGUMENT, "context_create: %s is NULL", !cl ? "context" : !device ? "device" : "out");
  if (given) params_copy(&options, sizeof options, given, given->struct_size);
  if (options.index32_limit < 0 || options.index32_limit > INT32_MAX)
    return clup_fail(CLUP_INVALID_ARGUMENT, "context_create: index32_limit=%lld is not within 0..%d",
                     (long long)options.index32_limit, INT32_MAX);
  CLUP_TRY(check_device(cl, device));
  device_caps caps = {.index32_limit = options.index32_limit};
  CLUP_TRY(probe(device, &caps));

  clup_context *context = calloc(1, sizeof *context);
  char *cache_dir = options.disk_cache ? disk_cache_dir(options.cache_dir) : NULL;
  if (!context || !held_events_init(&context->held, !caps.is_pocl) ||
      pthread_mutex_init(&context->programs_lock, NULL) ||
      !tune_db_init(&context->tuned, options.tune_file, cache_dir, caps.key)) {
    free(cache_dir);
    free(context);
    return clup_fail(CLUP_OUT_OF_MEMORY, "context_create: no memory for the context");
  }
  atomic_init(&context->references, 1);
  context->context = cl;
  context->device = device;
  context->caps = caps;
  context->cache_dir = cache_dir;
  clRetainContext(cl);
  clRetainDevice(device);
  matrix_units_find(context);
  *out = context;
  return CLUP_OK;
}

clup_context *context_retain(clup_context *context) {
  atomic_fetch_add(&context->references, 1);
  return context;
}

void clup_context_release(clup_context *context) {
  if (!context || atomic_fetch_sub(&context->references, 1) != 1) return;
  held_events_clear(&context->held);
  program_save_new(context);
  program_release_all(context);
  pthread_mutex_destroy(&context->programs_lock);
  tune_db_clear(&context->tuned);
  clReleaseDevice(context->device);
  clReleaseContext(context->context);
  free(context->cache_dir);
  free(context);
}

clup_status clup_context_cache_stats(clup_context *context, uint64_t *built, uint64_t *from_disk,
                                     uint64_t *from_memory) {
  if (!context) return clup_fail(CLUP_INVALID_ARGUMENT, "context_cache_stats: context is NULL");
  pthread_mutex_lock(&context->programs_lock);
  if (built) *built = context->built;
  if (from_disk) *from_disk = context->from_disk;
  if (from_memory) *from_memory = context->from_memory;
  pthread_mutex_unlock(&context->programs_lock);
  return CLUP_OK;
}

const char *clup_context_tune_file(const clup_context *context) {
  return context && context->tuned.path ? context->tuned.path : "";
}

#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk_cache.h"
#include "error.h"
#include "log.h"
#include "source.h"

typedef struct program_entry {
  struct program_entry *next;
  const clup_kernel_source *source;
  char *options;
  cl_program program;
  bool unsaved; /* built from source, and not yet offered to the disk cache */
} program_entry;

static const clup_kernel_source *find_source(const char *name) {
  for (const clup_kernel_source *s = clup_kernel_sources; s->name; s++)
    if (!strcmp(s->name, name)) return s;
  return NULL;
}

/* Everything a built program depends on, in clear text: the disk cache compares it byte for byte. */
static char *cache_key(const clup_context *context, const clup_kernel_source *source, const char *options) {
  size_t size = strlen(context->caps.key) + strlen(options) + 256;
  char *key = malloc(size);
  if (key)
    snprintf(key, size, "clup %s\n%s\n%s\n%s\n%llu %016llx", clup_version(), context->caps.key, source->name, options,
             (unsigned long long)source->size, (unsigned long long)digest(DIGEST_START, source->text, source->size));
  return key;
}

static clup_status build_failure(const clup_context *context, const clup_kernel_source *source, const char *options,
                                 cl_program program, cl_int code) {
  char log[4096] = "";
  clGetProgramBuildInfo(program, context->device, CL_PROGRAM_BUILD_LOG, sizeof log - 1, log, NULL);
  log_line(LOG_BUILD, "%s.cl (%s) failed: %s", source->name, options, log);
  log[512] = 0;
  for (char *c = log; *c; c++)
    if (*c == '\n') *c = ' '; /* messages are one line */
  return clup_fail(CLUP_BUILD_FAILED, "build: %s.cl (%s) on '%s': %s (%d): %s", source->name, options,
                   context->caps.name, clup_cl_error_name(code), (int)code, log);
}

static clup_status build_from_source(clup_context *context, const clup_kernel_source *source, const char *options,
                                     cl_program *out) {
  cl_int code;
  const char *text = source->text;
  cl_program program = clCreateProgramWithSource(context->context, 1, &text, &source->size, &code);
  if (code) return clup_fail_cl(code, "clCreateProgramWithSource", source->name);
  code = clBuildProgram(program, 1, &context->device, options, NULL, NULL);
  if (code) {
    clup_status status = build_failure(context, source, options, program, code);
    clReleaseProgram(program);
    return status;
  }
  *out = program;
  return CLUP_OK;
}

/* The program's binary for the context's device. A program belongs to all devices of its cl_context, and has an entry
 * for each; in PoCL 3.1 it has entries for the devices that it was built for, which is one. */
static unsigned char *get_binary(clup_context *context, cl_program program, size_t *size) {
  cl_device_id devices[64];
  size_t sizes[64], bytes = 0;
  unsigned char *binaries[64] = {NULL}, *wanted = NULL;
  if (clGetProgramInfo(program, CL_PROGRAM_DEVICES, sizeof devices, devices, &bytes)) return NULL;
  size_t num_devices = bytes / sizeof *devices;
  if (clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof sizes, sizes, &bytes)) return NULL;
  size_t count = bytes / sizeof *sizes;
  bool complete = true; /* NULL entries should be skipped, but PoCL 3.1 writes to them */
  for (size_t i = 0; i < count; i++) complete = (binaries[i] = malloc(sizes[i] ? sizes[i] : 1)) && complete;
  complete = complete && !clGetProgramInfo(program, CL_PROGRAM_BINARIES, count * sizeof *binaries, binaries, NULL);
  for (size_t i = 0; i < count; i++) {
    bool ours = count == num_devices ? devices[i] == context->device : count == 1;
    if (complete && !wanted && ours && sizes[i]) {
      wanted = binaries[i];
      *size = sizes[i];
    } else {
      free(binaries[i]);
    }
  }
  return wanted;
}

static cl_program load_from_disk(clup_context *context, const char *key, const char *options) {
  size_t size = 0;
  unsigned char *binary = context->cache_dir ? disk_cache_load(context->cache_dir, key, &size) : NULL;
  if (!binary) return NULL;
  cl_int code, loaded;
  const unsigned char *bytes = binary;
  cl_program program = clCreateProgramWithBinary(context->context, 1, &context->device, &size, &bytes, &loaded, &code);
  if (!code && clBuildProgram(program, 1, &context->device, options, NULL, NULL)) {
    clReleaseProgram(program);
    code = CL_INVALID_BINARY;
  }
  free(binary);
  return code ? NULL : program;
}

static clup_status make_program(clup_context *context, program_entry *entry) {
  char *key = cache_key(context, entry->source, entry->options);
  if (!key) return clup_fail(CLUP_OUT_OF_MEMORY, "build: no memory for the key of %s.cl", entry->source->name);
  double begin = log_clock_ms();
  entry->program = load_from_disk(context, key, entry->options);
  free(key);
  if (entry->program) {
    context->from_disk++;
  } else {
    CLUP_TRY(build_from_source(context, entry->source, entry->options, &entry->program));
    context->built++;
    entry->unsaved = true;
  }
  log_line(LOG_BUILD, "%s.cl (%s) %s, %.1f ms", entry->source->name, entry->options,
           entry->unsaved ? "built" : "from the disk cache", log_clock_ms() - begin);
  return CLUP_OK;
}

/* Under the lock: two threads that want one program build it once. */
static clup_status find_program(clup_context *context, const clup_kernel_source *source, const char *options,
                                cl_program *out) {
  for (program_entry *e = context->programs; e; e = e->next)
    if (e->source == source && !strcmp(e->options, options)) {
      context->from_memory++;
      *out = e->program;
      return CLUP_OK;
    }
  program_entry *entry = calloc(1, sizeof *entry);
  char *copy = malloc(strlen(options) + 1);
  if (!entry || !copy) {
    free(entry);
    free(copy);
    return clup_fail(CLUP_OUT_OF_MEMORY, "build: no memory for %s.cl", source->name);
  }
  entry->source = source;
  entry->options = strcpy(copy, options);
  clup_status status = make_program(context, entry);
  if (status) {
    free(copy);
    free(entry);
    return status;
  }
  entry->next = context->programs;
  context->programs = entry;
  *out = entry->program;
  return CLUP_OK;
}

clup_status program_kernel(clup_context *context, const char *source_name, const char *kernel, const char *options,
                           cl_kernel *out) {
  const clup_kernel_source *source = find_source(source_name);
  if (!source) return clup_fail(CLUP_INTERNAL_ERROR, "build: there is no kernel source '%s'", source_name);
  cl_program program = NULL;
  pthread_mutex_lock(&context->programs_lock);
  clup_status status = find_program(context, source, options, &program);
  if (!status) {
    cl_int code;
    cl_kernel made = clCreateKernel(program, kernel, &code);
    if (code)
      status = clup_fail_cl(code, "clCreateKernel", kernel);
    else
      *out = made;
  }
  pthread_mutex_unlock(&context->programs_lock);
  return status;
}

static void save(clup_context *context, program_entry *entry) {
  entry->unsaved = false; /* one try: a cache that can't be written is not tried at every plan */
  if (!context->cache_dir) return;
  double begin = log_clock_ms();
  size_t size = 0;
  unsigned char *binary = get_binary(context, entry->program, &size);
  char *key = cache_key(context, entry->source, entry->options);
  bool stored = binary && key && disk_cache_store(context->cache_dir, key, binary, size);
  log_line(LOG_BUILD, "%s.cl (%s) %s, %.1f ms", entry->source->name, entry->options,
           stored ? "stored in the disk cache" : "not stored in the disk cache", log_clock_ms() - begin);
  free(key);
  free(binary);
}

void program_save_new(clup_context *context) {
  pthread_mutex_lock(&context->programs_lock);
  for (program_entry *e = context->programs; e; e = e->next)
    if (e->unsaved) save(context, e);
  pthread_mutex_unlock(&context->programs_lock);
}

void program_release_all(clup_context *context) {
  while (context->programs) {
    program_entry *entry = context->programs;
    context->programs = entry->next;
    clReleaseProgram(entry->program);
    free(entry->options);
    free(entry);
  }
}

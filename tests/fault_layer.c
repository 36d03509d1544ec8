/* An OpenCL layer (OPENCL_LAYERS) for test_faults: makes the CLUP_FAULT_AT-th fallible call fail without reaching the
 * driver, and counts the objects that live. At the end it writes to the file CLUP_FAULT_LOG
 *   "calls N failed NAME objects K",  NAME "-" when nothing failed. */
#include <CL/cl_layer.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static const cl_icd_dispatch *target;
static cl_icd_dispatch layer;
static atomic_long calls, objects;
static long fail_at;
static const char *_Atomic failed = "-";

static int fault(const char *name) {
  if (atomic_fetch_add(&calls, 1) + 1 != fail_at) return 0;
  failed = name;
  return 1;
}

static void lives(const void *object) {
  if (object != NULL) atomic_fetch_add(&objects, 1);
}

static void *refused(cl_int *code) {
  if (code != NULL) *code = CL_OUT_OF_RESOURCES;
  return NULL;
}

/* A call that returns a code. */
#define CODE(name, declared, passed)                                 \
  static cl_int CL_API_CALL layer_##name declared {                  \
    return fault(#name) ? CL_OUT_OF_RESOURCES : target->name passed; \
  }
/* A call that makes an object; its last argument is the code. */
#define OBJECT(type, name, declared, passed)      \
  static type CL_API_CALL layer_##name declared { \
    if (fault(#name)) return (type)refused(code); \
    type made = target->name passed;              \
    lives(made);                                  \
    return made;                                  \
  }
/* A call that may return an event. */
#define EVENT(name, declared, passed)                       \
  static cl_int CL_API_CALL layer_##name declared {         \
    if (fault(#name)) return CL_OUT_OF_RESOURCES;           \
    const cl_int code = target->name passed;                \
    if (code == CL_SUCCESS && event != NULL) lives(*event); \
    return code;                                            \
  }
/* Retain and release: they only count. */
#define COUNT(name, type, change)                       \
  static cl_int CL_API_CALL layer_##name(type object) { \
    atomic_fetch_add(&objects, change);                 \
    return target->name(object);                        \
  }

CODE(clGetPlatformIDs, (cl_uint n, cl_platform_id *p, cl_uint *out), (n, p, out))
CODE(clGetPlatformInfo, (cl_platform_id p, cl_platform_info i, size_t n, void *v, size_t *out), (p, i, n, v, out))
CODE(clGetDeviceIDs, (cl_platform_id p, cl_device_type t, cl_uint n, cl_device_id *d, cl_uint *out), (p, t, n, d, out))
CODE(clGetDeviceInfo, (cl_device_id d, cl_device_info i, size_t n, void *v, size_t *out), (d, i, n, v, out))
CODE(clGetContextInfo, (cl_context c, cl_context_info i, size_t n, void *v, size_t *out), (c, i, n, v, out))
CODE(clGetCommandQueueInfo, (cl_command_queue q, cl_command_queue_info i, size_t n, void *v, size_t *out),
     (q, i, n, v, out))
CODE(clGetMemObjectInfo, (cl_mem m, cl_mem_info i, size_t n, void *v, size_t *out), (m, i, n, v, out))
CODE(clGetEventInfo, (cl_event e, cl_event_info i, size_t n, void *v, size_t *out), (e, i, n, v, out))
CODE(clGetProgramInfo, (cl_program p, cl_program_info i, size_t n, void *v, size_t *out), (p, i, n, v, out))
CODE(clGetKernelInfo, (cl_kernel k, cl_kernel_info i, size_t n, void *v, size_t *out), (k, i, n, v, out))
CODE(clGetEventProfilingInfo, (cl_event e, cl_profiling_info i, size_t n, void *v, size_t *out), (e, i, n, v, out))
CODE(clGetProgramBuildInfo, (cl_program p, cl_device_id d, cl_program_build_info i, size_t n, void *v, size_t *out),
     (p, d, i, n, v, out))
CODE(clGetKernelWorkGroupInfo,
     (cl_kernel k, cl_device_id d, cl_kernel_work_group_info i, size_t n, void *v, size_t *out), (k, d, i, n, v, out))
CODE(clBuildProgram,
     (cl_program p, cl_uint n, const cl_device_id *d, const char *o, void(CL_CALLBACK *f)(cl_program, void *), void *u),
     (p, n, d, o, f, u))
CODE(clGetImageInfo, (cl_mem m, cl_image_info i, size_t n, void *v, size_t *r), (m, i, n, v, r))
CODE(clGetSupportedImageFormats,
     (cl_context c, cl_mem_flags f, cl_mem_object_type t, cl_uint n, cl_image_format *o, cl_uint *r),
     (c, f, t, n, o, r))
CODE(clSetKernelArg, (cl_kernel k, cl_uint i, size_t n, const void *v), (k, i, n, v))
CODE(clSetEventCallback, (cl_event e, cl_int t, void(CL_CALLBACK *f)(cl_event, cl_int, void *), void *u), (e, t, f, u))
CODE(clFinish, (cl_command_queue q), (q))
CODE(clFlush, (cl_command_queue q), (q))
CODE(clWaitForEvents, (cl_uint n, const cl_event *e), (n, e))

OBJECT(cl_context, clCreateContext,
       (const cl_context_properties *p, cl_uint n, const cl_device_id *d,
        void(CL_CALLBACK *f)(const char *, const void *, size_t, void *), void *u, cl_int *code),
       (p, n, d, f, u, code))
OBJECT(cl_command_queue, clCreateCommandQueue,
       (cl_context c, cl_device_id d, cl_command_queue_properties p, cl_int *code), (c, d, p, code))
OBJECT(cl_mem, clCreateBuffer, (cl_context c, cl_mem_flags f, size_t n, void *h, cl_int *code), (c, f, n, h, code))
OBJECT(cl_mem, clCreateImage,
       (cl_context c, cl_mem_flags f, const cl_image_format *o, const cl_image_desc *d, void *h, cl_int *code),
       (c, f, o, d, h, code))
OBJECT(cl_program, clCreateProgramWithSource, (cl_context c, cl_uint n, const char **s, const size_t *l, cl_int *code),
       (c, n, s, l, code))
OBJECT(cl_program, clCreateProgramWithBinary,
       (cl_context c, cl_uint n, const cl_device_id *d, const size_t *l, const unsigned char **b, cl_int *s,
        cl_int *code),
       (c, n, d, l, b, s, code))
OBJECT(cl_kernel, clCreateKernel, (cl_program p, const char *n, cl_int *code), (p, n, code))

EVENT(clEnqueueNDRangeKernel,
      (cl_command_queue q, cl_kernel k, cl_uint d, const size_t *o, const size_t *g, const size_t *l, cl_uint n,
       const cl_event *w, cl_event *event),
      (q, k, d, o, g, l, n, w, event))
EVENT(clEnqueueReadBuffer,
      (cl_command_queue q, cl_mem m, cl_bool b, size_t o, size_t s, void *p, cl_uint n, const cl_event *w,
       cl_event *event),
      (q, m, b, o, s, p, n, w, event))
EVENT(clEnqueueWriteBuffer,
      (cl_command_queue q, cl_mem m, cl_bool b, size_t o, size_t s, const void *p, cl_uint n, const cl_event *w,
       cl_event *event),
      (q, m, b, o, s, p, n, w, event))
EVENT(clEnqueueReadImage,
      (cl_command_queue q, cl_mem m, cl_bool b, const size_t *o, const size_t *s, size_t row, size_t slice, void *p,
       cl_uint n, const cl_event *w, cl_event *event),
      (q, m, b, o, s, row, slice, p, n, w, event))
EVENT(clEnqueueWriteImage,
      (cl_command_queue q, cl_mem m, cl_bool b, const size_t *o, const size_t *s, size_t row, size_t slice,
       const void *p, cl_uint n, const cl_event *w, cl_event *event),
      (q, m, b, o, s, row, slice, p, n, w, event))
EVENT(clEnqueueMarkerWithWaitList, (cl_command_queue q, cl_uint n, const cl_event *w, cl_event *event),
      (q, n, w, event))

COUNT(clRetainContext, cl_context, 1)
COUNT(clReleaseContext, cl_context, -1)
COUNT(clRetainCommandQueue, cl_command_queue, 1)
COUNT(clReleaseCommandQueue, cl_command_queue, -1)
COUNT(clRetainMemObject, cl_mem, 1)
COUNT(clReleaseMemObject, cl_mem, -1)
COUNT(clRetainProgram, cl_program, 1)
COUNT(clReleaseProgram, cl_program, -1)
COUNT(clRetainKernel, cl_kernel, 1)
COUNT(clReleaseKernel, cl_kernel, -1)
COUNT(clRetainEvent, cl_event, 1)
COUNT(clReleaseEvent, cl_event, -1)

/* clang-format off */
#define FAULT_LAYER_CALLS(X)                                                                                   \
  X(clGetPlatformIDs) X(clGetPlatformInfo) X(clGetDeviceIDs) X(clGetDeviceInfo) X(clGetContextInfo)            \
  X(clGetCommandQueueInfo) X(clGetMemObjectInfo) X(clGetEventInfo) X(clGetProgramInfo) X(clGetKernelInfo)      \
  X(clGetEventProfilingInfo) X(clGetProgramBuildInfo) X(clGetKernelWorkGroupInfo) X(clBuildProgram)            \
  X(clSetKernelArg) X(clSetEventCallback) X(clFinish) X(clFlush) X(clWaitForEvents) X(clCreateContext)         \
  X(clCreateCommandQueue) X(clCreateBuffer) X(clCreateProgramWithSource) X(clCreateProgramWithBinary)          \
  X(clCreateKernel) X(clEnqueueNDRangeKernel) X(clEnqueueReadBuffer) X(clEnqueueWriteBuffer)                   \
  X(clGetImageInfo) X(clGetSupportedImageFormats) X(clCreateImage) X(clEnqueueReadImage) X(clEnqueueWriteImage) \
  X(clEnqueueMarkerWithWaitList) X(clRetainContext) X(clReleaseContext) X(clRetainCommandQueue)                \
  X(clReleaseCommandQueue) X(clRetainMemObject) X(clReleaseMemObject) X(clRetainProgram) X(clReleaseProgram)   \
  X(clRetainKernel) X(clReleaseKernel) X(clRetainEvent) X(clReleaseEvent)
/* clang-format on */

static void write_log(void) {
  const char *path = getenv("CLUP_FAULT_LOG");
  FILE *file = path != NULL ? fopen(path, "w") : NULL;
  if (file == NULL) return;
  fprintf(file, "calls %ld failed %s objects %ld\n", atomic_load(&calls), failed, atomic_load(&objects));
  fclose(file);
}

CL_API_ENTRY cl_int CL_API_CALL clGetLayerInfo(cl_layer_info name, size_t size, void *value, size_t *size_ret) {
  static const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
  if (name != CL_LAYER_API_VERSION) return CL_INVALID_VALUE;
  if (size_ret != NULL) *size_ret = sizeof version;
  if (value == NULL) return CL_SUCCESS;
  if (size < sizeof version) return CL_INVALID_VALUE;
  *(cl_layer_api_version *)value = version;
  return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL clInitLayer(cl_uint num_entries, const cl_icd_dispatch *target_dispatch,
                                            cl_uint *num_entries_ret, const cl_icd_dispatch **layer_dispatch_ret) {
  const char *at = getenv("CLUP_FAULT_AT");
  if (num_entries < sizeof layer / sizeof(void *)) return CL_INVALID_VALUE;
  fail_at = at != NULL ? strtol(at, NULL, 10) : 0;
  target = target_dispatch;
  layer = *target_dispatch;
#define TAKE(name) layer.name = layer_##name;
  FAULT_LAYER_CALLS(TAKE)
  atexit(write_log);
  *num_entries_ret = sizeof layer / sizeof(void *);
  *layer_dispatch_ret = &layer;
  return CL_SUCCESS;
}

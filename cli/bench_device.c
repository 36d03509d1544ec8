#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

static const char source[] =
    "uint hash(uint x) { x ^= x >> 16; x *= 0x7feb352du; x ^= x >> 15; x *= 0x846ca68bu; return x ^ (x >> 16); }\n"
    "__kernel void fill(__global uint *out, ulong words, uint2 keep, uint2 set) {\n"
    "  for (ulong i = get_global_id(0); i < words; i += get_global_size(0)) {\n"
    "    uint bits = hash((uint)i + 1u);\n"
    "    out[i] = i % 2 ? (bits & keep.y) | set.y : (bits & keep.x) | set.x;\n"
    "  }\n"
    "}\n"
    "__kernel void flush(__global uint4 *data, ulong count) {\n"
    "  for (ulong i = get_global_id(0); i < count; i += get_global_size(0)) data[i] += 1u;\n"
    "}\n";

double bench_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a;
  double y = *(const double *)b;
  return (x > y) - (x < y);
}

double bench_median(double *values, size_t count) {
  qsort(values, count, sizeof *values, compare);
  return count % 2 == 1 ? values[count / 2] : 0.5 * (values[count / 2 - 1] + values[count / 2]);
}

int bench_cl(cli *c, const char *call, cl_int code) {
  if (code == CL_SUCCESS) return CLI_OK;
  return cli_fail(&c->error, CLI_FAILED, "bench", "%s: OpenCL error %d", call, code);
}

int bench_device_open(cli *c, bench_device *d) {
  memset(d, 0, sizeof *d);
  int rc = cli_host(c, &d->host);
  if (rc != CLI_OK) return rc;
  cl_command_queue shared = clup_host_queue(d->host);
  d->device = cli_device(d->host);
  cl_device_type type = 0;
  cl_ulong global = 0, most = 0;
  clGetDeviceInfo(d->device, CL_DEVICE_TYPE, sizeof type, &type, NULL);
  clGetDeviceInfo(d->device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof global, &global, NULL);
  clGetDeviceInfo(d->device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof most, &most, NULL);
  d->is_cpu = (type & CL_DEVICE_TYPE_CPU) != 0;
  d->quick = c->options.quick.given;
  cl_int code = clGetCommandQueueInfo(shared, CL_QUEUE_CONTEXT, sizeof d->context, &d->context, NULL);
  rc = bench_cl(c, "clGetCommandQueueInfo", code);
  if (rc == CLI_OK) {
    d->queue = clCreateCommandQueue(d->context, d->device, d->is_cpu ? 0 : CL_QUEUE_PROFILING_ENABLE, &code);
    rc = bench_cl(c, "clCreateCommandQueue", code);
  }
  const char *text = source;
  if (rc == CLI_OK) {
    d->program = clCreateProgramWithSource(d->context, 1, &text, NULL, &code);
    rc = bench_cl(c, "clCreateProgramWithSource", code);
  }
  if (rc == CLI_OK) rc = bench_cl(c, "clBuildProgram", clBuildProgram(d->program, 1, &d->device, "-w", NULL, NULL));
  if (rc == CLI_OK) {
    d->fill = clCreateKernel(d->program, "fill", &code);
    rc = bench_cl(c, "clCreateKernel", code);
  }
  if (rc == CLI_OK) {
    d->flush = clCreateKernel(d->program, "flush", &code);
    rc = bench_cl(c, "clCreateKernel", code);
  }
  d->flush_bytes = (size_t)256 << 20;
  if (d->flush_bytes > most) d->flush_bytes = (size_t)most & ~(size_t)63;
  if (rc == CLI_OK) rc = bench_buffer(c, d, d->flush_bytes, CLUP_U32, &d->flush_buffer);
  if (rc != CLI_OK) bench_device_close(d);
  return rc;
}

void bench_device_close(bench_device *d) {
  bench_roofs_close(d);
  if (d->flush_buffer != NULL) clReleaseMemObject(d->flush_buffer);
  if (d->fill != NULL) clReleaseKernel(d->fill);
  if (d->flush != NULL) clReleaseKernel(d->flush);
  if (d->program != NULL) clReleaseProgram(d->program);
  if (d->queue != NULL) clReleaseCommandQueue(d->queue);
  memset(d, 0, sizeof *d);
}

/* Enough work-items for any device; each strides over the rest. */
static size_t streams(const bench_device *d) {
  return d->is_cpu ? 4096 : (size_t)1 << 20;
}

/* Random bits become numbers by their exponent: that of [0.5, 1), in the even and the odd words. */
static void number_masks(clup_dtype dtype, cl_uint2 *keep, cl_uint2 *set) {
  *keep = (cl_uint2){{0xffffffffu, 0xffffffffu}};
  *set = (cl_uint2){{0, 0}};
  switch (dtype) {
    case CLUP_F32:
      *keep = (cl_uint2){{0x807fffffu, 0x807fffffu}};
      *set = (cl_uint2){{0x3f000000u, 0x3f000000u}};
      break;
    case CLUP_F16:
      *keep = (cl_uint2){{0x83ff83ffu, 0x83ff83ffu}};
      *set = (cl_uint2){{0x38003800u, 0x38003800u}};
      break;
    case CLUP_BF16:
      *keep = (cl_uint2){{0x807f807fu, 0x807f807fu}};
      *set = (cl_uint2){{0x3f003f00u, 0x3f003f00u}};
      break;
    case CLUP_F64:
      keep->s[1] = 0x800fffffu;
      set->s[1] = 0x3fe00000u;
      break;
    default:
      break;
  }
}

int bench_buffer(cli *c, bench_device *d, size_t bytes, clup_dtype dtype, cl_mem *buffer) {
  cl_int code;
  size_t padded = (bytes + 63) / 64 * 64 + 64;
  cl_ulong words = padded / 4;
  cl_uint2 keep, set;
  number_masks(dtype, &keep, &set);
  size_t global = streams(d);
  *buffer = clCreateBuffer(d->context, CL_MEM_READ_WRITE, padded, NULL, &code);
  int rc = bench_cl(c, "clCreateBuffer", code);
  if (rc == CLI_OK) rc = bench_cl(c, "clSetKernelArg", clSetKernelArg(d->fill, 0, sizeof(cl_mem), buffer));
  if (rc == CLI_OK) rc = bench_cl(c, "clSetKernelArg", clSetKernelArg(d->fill, 1, sizeof words, &words));
  if (rc == CLI_OK) rc = bench_cl(c, "clSetKernelArg", clSetKernelArg(d->fill, 2, sizeof keep, &keep));
  if (rc == CLI_OK) rc = bench_cl(c, "clSetKernelArg", clSetKernelArg(d->fill, 3, sizeof set, &set));
  if (rc == CLI_OK) {
    code = clEnqueueNDRangeKernel(d->queue, d->fill, 1, NULL, &global, NULL, 0, NULL, NULL);
    rc = bench_cl(c, "clEnqueueNDRangeKernel", code);
  }
  if (rc == CLI_OK) rc = bench_cl(c, "clFinish", clFinish(d->queue));
  if (rc != CLI_OK && *buffer != NULL) {
    clReleaseMemObject(*buffer);
    *buffer = NULL;
  }
  return rc;
}

int bench_flush(cli *c, bench_device *d, cl_event *event) {
  cl_ulong count = d->flush_bytes / 16;
  size_t global = streams(d);
  int rc = bench_cl(c, "clSetKernelArg", clSetKernelArg(d->flush, 0, sizeof(cl_mem), &d->flush_buffer));
  if (rc == CLI_OK) rc = bench_cl(c, "clSetKernelArg", clSetKernelArg(d->flush, 1, sizeof count, &count));
  if (rc == CLI_OK) {
    cl_int code = clEnqueueNDRangeKernel(d->queue, d->flush, 1, NULL, &global, NULL, 0, NULL, event);
    rc = bench_cl(c, "clEnqueueNDRangeKernel", code);
  }
  return rc == CLI_OK && event == NULL ? bench_cl(c, "clFinish", clFinish(d->queue)) : rc;
}

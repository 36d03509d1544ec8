#include "matrix_units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "program.h"

enum { ROWS = 16, COLUMNS = 8, PAIRS = 8, WARP = 32, FIRST_CAPABILITY = 8 };
enum { A_BYTES = 4 * ROWS * PAIRS, B_BYTES = 4 * COLUMNS * PAIRS, D_BYTES = 4 * ROWS * COLUMNS };

#ifndef CL_DEVICE_COMPUTE_CAPABILITY_MAJOR_NV
#define CL_DEVICE_COMPUTE_CAPABILITY_MAJOR_NV 0x4000
#endif
#define NVIDIA 0x10de

/* Small integers, and their bits in f16 and bf16. */
static int number(int i) {
  return i * i % 101 % 9 - 4;
}

static cl_uint bits(int value, clup_dtype dtype) {
  static const cl_uint f16[] = {0, 0x3c00, 0x4000, 0x4200, 0x4400}, bf16[] = {0, 0x3f80, 0x4000, 0x4040, 0x4080};
  const cl_uint *of = dtype == CLUP_F16 ? f16 : bf16;
  return value < 0 ? of[-value] | 0x8000 : of[value];
}

typedef struct trial {
  cl_command_queue queue;
  cl_mem a, b, d;
} trial;

static bool run(clup_context *context, const trial *t, matrix_units kind, clup_dtype dtype) {
  cl_uint a[ROWS * PAIRS], b[COLUMNS * PAIRS];
  cl_float d[ROWS * COLUMNS];
  for (int i = 0; i < ROWS * PAIRS; i++) a[i] = bits(number(2 * i), dtype) | bits(number(2 * i + 1), dtype) << 16;
  for (int i = 0; i < COLUMNS * PAIRS; i++) b[i] = bits(number(3 * i), dtype) | bits(number(3 * i + 2), dtype) << 16;
  char options[96];
  snprintf(options, sizeof options, "-DCLUP_INDEX64=0 -DDTYPE=%d -DMMA_ASM=%d -DLOCAL_X=%d -DLOCAL_Y=1 -DLOCAL_Z=1",
           (int)dtype, kind == MATRIX_UNITS_NVIDIA, WARP);
  cl_kernel kernel;
  if (program_kernel(context, "mma_probe", "clup_mma_probe", options, &kernel)) return false;
  const cl_long none = 0;
  const size_t items = WARP;
  const cl_mem memory[] = {t->a, t->b, t->d};
  cl_int code = clEnqueueWriteBuffer(t->queue, t->a, CL_TRUE, 0, sizeof a, a, 0, NULL, NULL);
  if (!code) code = clEnqueueWriteBuffer(t->queue, t->b, CL_TRUE, 0, sizeof b, b, 0, NULL, NULL);
  for (cl_uint i = 0; i < 3 && !code; i++) {
    code = clSetKernelArg(kernel, 2 * i, sizeof(cl_mem), &memory[i]);
    if (!code) code = clSetKernelArg(kernel, 2 * i + 1, sizeof none, &none);
  }
  if (!code) code = clEnqueueNDRangeKernel(t->queue, kernel, 1, NULL, &items, &items, 0, NULL, NULL);
  if (!code) code = clEnqueueReadBuffer(t->queue, t->d, CL_TRUE, 0, sizeof d, d, 0, NULL, NULL);
  clReleaseKernel(kernel);
  if (code) return false;
  for (int i = 0; i < ROWS * COLUMNS; i++) {
    int want = 0;
    for (int k = 0; k < PAIRS; k++) {
      const int x = i / COLUMNS * PAIRS + k, y = i % COLUMNS * PAIRS + k;
      want += number(2 * x) * number(3 * y) + number(2 * x + 1) * number(3 * y + 2);
    }
    if (d[i] != (cl_float)want) return false;
  }
  return true;
}

bool matrix_units_work(clup_context *context, matrix_units kind) {
  cl_int code;
  trial t = {.queue = clCreateCommandQueue(context->context, context->device, 0, &code)};
  if (!code) t.a = clCreateBuffer(context->context, CL_MEM_READ_ONLY, A_BYTES, NULL, &code);
  if (!code) t.b = clCreateBuffer(context->context, CL_MEM_READ_ONLY, B_BYTES, NULL, &code);
  if (!code) t.d = clCreateBuffer(context->context, CL_MEM_WRITE_ONLY, D_BYTES, NULL, &code);
  const bool right = !code && run(context, &t, kind, CLUP_F16) && run(context, &t, kind, CLUP_BF16);
  const cl_mem memory[] = {t.a, t.b, t.d};
  for (int i = 0; i < 3; i++)
    if (memory[i]) clReleaseMemObject(memory[i]);
  if (t.queue) clReleaseCommandQueue(t.queue);
  return right;
}

void matrix_units_find(clup_context *context) {
  const char *wanted = getenv("CLUP_MATRIX_UNITS");
  if (!wanted || strcmp(wanted, "1") != 0) return;
  cl_uint vendor = 0, capability = 0;
  clGetDeviceInfo(context->device, CL_DEVICE_VENDOR_ID, sizeof vendor, &vendor, NULL);
  if (vendor != NVIDIA ||
      clGetDeviceInfo(context->device, CL_DEVICE_COMPUTE_CAPABILITY_MAJOR_NV, sizeof capability, &capability, NULL))
    capability = 0;
  const bool works = capability >= FIRST_CAPABILITY && matrix_units_work(context, MATRIX_UNITS_NVIDIA);
  if (works) context->caps.matrix_units = MATRIX_UNITS_NVIDIA;
  log_line(LOG_DISPATCH, "CLUP_MATRIX_UNITS: %s",
           works                            ? "f16 and bf16 use them"
           : capability >= FIRST_CAPABILITY ? "a trial of them failed, they are not used"
                                            : "the device has none that clup knows");
}

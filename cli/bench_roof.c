/* The device's roofs: the multiply-adds and the bytes a second that nothing can exceed. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "progress.h"

/* -DV: the type of one chain; -DCHAINS: independent chains in flight, 8, 10 or 12; -DMAC: fma or mad.
 * Copies move `units` whole Vs (-DV) from one buffer to the other; -DRUN of them, in a row, for each work-item;
 * -DSTREAM=1: past the caches. */
static const char source[] =
    "#define STEP(a) a = MAC(a, m, b);\n"
    "#define EIGHT(F) F(a0) F(a1) F(a2) F(a3) F(a4) F(a5) F(a6) F(a7)\n"
    "#if CHAINS == 12\n"
    "#define ALL(F) EIGHT(F) F(a8) F(a9) F(a10) F(a11)\n"
    "#elif CHAINS == 10\n"
    "#define ALL(F) EIGHT(F) F(a8) F(a9)\n"
    "#else\n"
    "#define ALL(F) EIGHT(F)\n"
    "#endif\n"
    "#define START(a) V a = x += 0.125f;\n"
    "#define SUM(a) x += a;\n"
    "__kernel void peak(__global V *out, float factor, float term, int rounds) {\n"
    "  V m = (V)(factor), b = (V)(term), x = (V)((float)(get_global_id(0) & 255));\n"
    "  ALL(START)\n"
    "  for (int i = 0; i < rounds; i++) { ALL(STEP) ALL(STEP) ALL(STEP) ALL(STEP) }\n"
    "  ALL(SUM)\n"
    "  out[get_global_id(0)] = x;\n"
    "}\n"
    "#if STREAM\n"
    "#define STORE(v, i) __builtin_nontemporal_store(v, out + i);\n"
    "#else\n"
    "#define STORE(v, i) out[i] = v;\n"
    "#endif\n"
    "__kernel void copy(__global const V *in, __global V *out, ulong units) {\n"
    "#if RUN == 1\n"
    "  size_t i = get_global_id(0);\n"
    "  if (i < units) STORE(in[i], i)\n"
    "#else\n"
    "  size_t first = get_global_id(0) * RUN;\n"
    "  for (size_t i = first; i < first + RUN && i < units; i++) STORE(in[i], i)\n"
    "#endif\n"
    "}\n";

#define PLAIN " -DSTREAM=0 -w"

typedef struct variant {
  const char *name;
  const char *options;
  int width;  /* floats in a V */
  int chains; /* of peak */
  int run;    /* of copy */
} variant;

#define PEAK(type, width, chains, mac) \
  { #mac " " #type " x " #chains, "-DV=" #type " -DCHAINS=" #chains " -DMAC=" #mac " -DRUN=1" PLAIN, width, chains, 1 }

static const variant peaks[] = {PEAK(float16, 16, 12, fma), PEAK(float16, 16, 10, fma), PEAK(float16, 16, 8, fma),
                                PEAK(float8, 8, 12, fma),   PEAK(float4, 4, 12, fma),   PEAK(float4, 4, 8, mad),
                                PEAK(float, 1, 12, fma),    PEAK(float, 1, 8, mad)};

/* PEAK's V is also double's. */
static const variant f64_peaks[] = {PEAK(double8, 8, 12, fma), PEAK(double4, 4, 12, fma), PEAK(double, 1, 12, fma)};

#define COPY(type, width, run) \
  { "copy " #type " x " #run, "-DV=" #type " -DCHAINS=8 -DMAC=fma -DRUN=" #run PLAIN, width, 8, run }
#define STREAM(type, width, run)                                                                                     \
  {                                                                                                                  \
    "non-temporal copy " #type " x " #run, "-DV=" #type " -DCHAINS=8 -DMAC=fma -DRUN=" #run " -DSTREAM=1 -w", width, \
        8, run                                                                                                       \
  }

static const variant copies[] = {COPY(float4, 4, 1),       COPY(float16, 16, 1),     COPY(float16, 16, 256),
                                 STREAM(float4, 4, 1),     STREAM(float16, 16, 1),   STREAM(float16, 16, 64),
                                 STREAM(float16, 16, 256), STREAM(float16, 16, 4096)};

/* NULL when the device's compiler refuses it: a variant that a device lacks is no error. */
static cl_kernel build(const bench_device *d, const char *options, const char *name) {
  cl_int code;
  const char *text = source;
  cl_program program = clCreateProgramWithSource(d->context, 1, &text, NULL, &code);
  if (program == NULL) return NULL;
  cl_kernel kernel = NULL;
  if (clBuildProgram(program, 1, &d->device, options, NULL, NULL) == CL_SUCCESS) {
    kernel = clCreateKernel(program, name, &code);
  }
  clReleaseProgram(program);
  return kernel;
}

/* Seconds of one launch, waited for; negative when it fails. */
static double launch(const bench_device *d, cl_kernel kernel, size_t global, size_t local) {
  double start = bench_seconds();
  cl_int code = clEnqueueNDRangeKernel(d->queue, kernel, 1, NULL, &global, local != 0 ? &local : NULL, 0, NULL, NULL);
  if (code != CL_SUCCESS || clFinish(d->queue) != CL_SUCCESS) return -1;
  return bench_seconds() - start;
}

/* A kernel of multiply-adds that runs for longer than that, so that launching does not count; NULL when it does not
 * run. */
static cl_kernel peak_kernel(const bench_device *d, const variant *v, cl_mem out, size_t items, size_t local,
                             double longer_than, double *flops) {
  cl_kernel kernel = build(d, v->options, "peak");
  if (kernel == NULL) return NULL;
  cl_float factor = 0.5f, term = 0.25f;
  clSetKernelArg(kernel, 0, sizeof out, &out);
  clSetKernelArg(kernel, 1, sizeof factor, &factor);
  clSetKernelArg(kernel, 2, sizeof term, &term);
  cl_int rounds = 16;
  clSetKernelArg(kernel, 3, sizeof rounds, &rounds);
  double seconds = launch(d, kernel, items, local);
  for (; seconds >= 0 && rounds < 1 << 24; rounds *= 2) {
    clSetKernelArg(kernel, 3, sizeof rounds, &rounds);
    seconds = launch(d, kernel, items, local);
    if (seconds > longer_than) break;
  }
  *flops = 2.0 * v->width * v->chains * 4.0 * rounds * (double)items;
  if (seconds >= 0) return kernel;
  clReleaseKernel(kernel);
  return NULL;
}

/* The best rate of one kernel of multiply-adds, in GFLOP/s; 0 when it does not run. */
static double peak_of(const bench_device *d, const variant *v, cl_mem out, size_t items, size_t local) {
  double best = 0, flops = 0;
  cl_kernel kernel = peak_kernel(d, v, out, items, local, 0.02, &flops);
  if (kernel == NULL) return 0;
  for (int i = 0; i < (d->quick ? 3 : 10); i++) {
    double seconds = launch(d, kernel, items, local);
    if (seconds > 0 && flops / seconds * 1e-9 > best) best = flops / seconds * 1e-9;
  }
  clReleaseKernel(kernel);
  return best;
}

double bench_peak_now(const bench_device *d, double *enqueue_seconds) {
  *enqueue_seconds = 0;
  if (d->beside == NULL) return 0;
  double start = bench_seconds();
  cl_int code = clSetKernelArg(d->beside, 0, sizeof d->beside_out, &d->beside_out);
  if (code == CL_SUCCESS) {
    code = clEnqueueNDRangeKernel(d->queue, d->beside, 1, NULL, &d->beside_items, &d->beside_local, 0, NULL, NULL);
  }
  *enqueue_seconds = bench_seconds() - start;
  if (code != CL_SUCCESS || clFinish(d->queue) != CL_SUCCESS) return 0;
  return d->beside_flops / (bench_seconds() - start) * 1e-9;
}

void bench_roofs_close(bench_device *d) {
  if (d->beside != NULL) clReleaseKernel(d->beside);
  if (d->beside_out != NULL) clReleaseMemObject(d->beside_out);
  if (d->copy_beside != NULL) clReleaseKernel(d->copy_beside);
  for (int i = 0; i < 2; i++)
    if (d->halves[i] != NULL) clReleaseMemObject(d->halves[i]);
  d->beside = d->copy_beside = NULL;
  d->beside_out = d->halves[0] = d->halves[1] = NULL;
}

/* Keeps the highest of the variants' rates, and of what `rate` held; that alone is tried again when *by says so. */
static int find_peak(cli *c, bench_device *d, const variant *variants, size_t count, double *rate, const char **by) {
  cl_uint units = 1;
  clGetDeviceInfo(d->device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
  size_t local = d->is_cpu ? 1 : 256;
  size_t items = (size_t)units * (d->is_cpu ? 64 : 4096);
  const char *only = *by;
  cl_mem out = NULL;
  int rc = bench_buffer(c, d, items * 16 * sizeof(float), CLUP_F32, &out);
  if (rc != CLI_OK) return rc;
  for (size_t i = 0; i < count; i++) {
    if (only != NULL && only != variants[i].name) continue;
    progress_step(0, 0, variants[i].name);
    double found = peak_of(d, &variants[i], out, items, local);
    if (found <= *rate) continue;
    *rate = found;
    *by = variants[i].name;
    if (variants != peaks) continue;
    bench_roofs_close(d);
    d->beside = peak_kernel(d, &variants[i], out, items, local, 0.002, &d->beside_flops);
    d->beside_items = items;
    d->beside_local = local;
    if (d->beside != NULL && clRetainMemObject(out) == CL_SUCCESS) d->beside_out = out;
  }
  clReleaseMemObject(out);
  if (*rate > 0) return CLI_OK;
  return cli_fail(&c->error, CLI_FAILED, "bench", "no kernel of multiply-adds runs on this device");
}

typedef struct best_copy {
  double gbytes_per_s;
  const char *by;
} best_copy;

static void note_copy(best_copy *best, const char *name, size_t bytes, double seconds) {
  if (seconds <= 0) return;
  double rate = 2.0 * (double)bytes / seconds * 1e-9; /* read and written */
  if (rate > best->gbytes_per_s) *best = (best_copy){rate, name};
}

static const char by_command[] = "clEnqueueCopyBuffer";

static void copy_by_command(const bench_device *d, cl_mem from, cl_mem to, size_t bytes, int repeats, best_copy *best) {
  for (int i = 0; i < repeats; i++) {
    double start = bench_seconds();
    if (clEnqueueCopyBuffer(d->queue, from, to, 0, 0, bytes, 0, NULL, NULL) != CL_SUCCESS) return;
    if (clFinish(d->queue) != CL_SUCCESS) return;
    note_copy(best, by_command, bytes, bench_seconds() - start);
  }
}

/* NULL when it cannot be built. */
static cl_kernel copy_kernel(const bench_device *d, const variant *v, cl_mem from, cl_mem to, size_t bytes,
                             size_t *global) {
  cl_kernel kernel = build(d, v->options, "copy");
  if (kernel == NULL) return NULL;
  cl_ulong units = bytes / ((size_t)v->width * sizeof(float));
  size_t items = ((size_t)units + (size_t)v->run - 1) / (size_t)v->run;
  /* The driver's own choice of work-group needs a size that divides well; every unit is guarded. */
  *global = (items + 255) / 256 * 256;
  clSetKernelArg(kernel, 0, sizeof from, &from);
  clSetKernelArg(kernel, 1, sizeof to, &to);
  clSetKernelArg(kernel, 2, sizeof units, &units);
  return kernel;
}

static void copy_by_kernel(const bench_device *d, const variant *v, cl_mem from, cl_mem to, size_t bytes, int repeats,
                           best_copy *best) {
  size_t global;
  cl_kernel kernel = copy_kernel(d, v, from, to, bytes, &global);
  if (kernel == NULL) return;
  /* The first launch may compile. */
  if (launch(d, kernel, global, 0) >= 0) {
    for (int i = 0; i < repeats; i++) note_copy(best, v->name, bytes, launch(d, kernel, global, 0));
  }
  clReleaseKernel(kernel);
}

/* The copy that was best, to run between repeats. */
static void keep_copy(bench_device *d) {
  const size_t half = d->half_bytes = d->flush_bytes / 2 & ~(size_t)4095;
  for (size_t i = 0; i < 2; i++) {
    const cl_buffer_region region = {i * half, half};
    if (d->halves[i] == NULL)
      d->halves[i] = clCreateSubBuffer(d->flush_buffer, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &region, NULL);
  }
  if (d->copy_beside != NULL) clReleaseKernel(d->copy_beside);
  d->copy_beside = NULL;
  for (size_t i = 0; i < sizeof copies / sizeof copies[0]; i++)
    if (copies[i].name == d->copy_by)
      d->copy_beside = copy_kernel(d, &copies[i], d->halves[0], d->halves[1], half, &d->copy_items);
  bench_copy_now(d); /* the first launch may compile */
}

double bench_copy_now(const bench_device *d) {
  if (d->halves[0] == NULL || d->halves[1] == NULL) return 0;
  double start = bench_seconds();
  if (d->copy_beside != NULL) {
    if (launch(d, d->copy_beside, d->copy_items, 0) < 0) return 0;
  } else if (clEnqueueCopyBuffer(d->queue, d->halves[0], d->halves[1], 0, 0, d->half_bytes, 0, NULL, NULL) !=
                 CL_SUCCESS ||
             clFinish(d->queue) != CL_SUCCESS) {
    return 0;
  }
  return 2.0 * (double)d->half_bytes / (bench_seconds() - start) * 1e-9;
}

static int find_copy(cli *c, bench_device *d) {
  cl_ulong global = 0, most = 0;
  clGetDeviceInfo(d->device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof global, &global, NULL);
  clGetDeviceInfo(d->device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof most, &most, NULL);
  /* Large against the caches, and against the time of a launch. */
  cl_ulong bytes = (cl_ulong)(d->is_cpu ? 256 : 1024) << 20;
  if (bytes > global / 8) bytes = global / 8;
  if (bytes > most / 2) bytes = most / 2;
  bytes = bytes / 4096 * 4096;
  best_copy best = {0, NULL};
  cl_mem from = NULL, to = NULL;
  int repeats = d->quick ? 3 : 7;
  int rc = bench_buffer(c, d, (size_t)bytes, CLUP_F32, &from);
  if (rc == CLI_OK) rc = bench_buffer(c, d, (size_t)bytes, CLUP_F32, &to);
  if (rc == CLI_OK) {
    const char *only = d->copy_by;
    if (only == NULL || only == by_command) {
      progress_step(0, 0, by_command);
      copy_by_command(d, from, to, (size_t)bytes, repeats, &best);
    }
    for (size_t i = 0; i < sizeof copies / sizeof copies[0]; i++) {
      if (only != NULL && only != copies[i].name) continue;
      progress_step(0, 0, copies[i].name);
      copy_by_kernel(d, &copies[i], from, to, (size_t)bytes, repeats, &best);
    }
    if (best.gbytes_per_s > d->copy_gbytes_per_s) {
      d->copy_gbytes_per_s = best.gbytes_per_s;
      d->copy_by = best.by;
    }
  }
  if (from != NULL) clReleaseMemObject(from);
  if (to != NULL) clReleaseMemObject(to);
  if (rc == CLI_OK && d->is_cpu) keep_copy(d);
  if (rc == CLI_OK && d->copy_gbytes_per_s <= 0) {
    rc = cli_fail(&c->error, CLI_FAILED, "bench", "no copy runs on this device");
  }
  return rc;
}

int bench_roofs(cli *c, bench_device *d) {
  int rc = find_peak(c, d, peaks, sizeof peaks / sizeof peaks[0], &d->peak_gflops, &d->peak_by);
  /* Without it the problems of f64 fail on their own. */
  if (rc == CLI_OK && d->wants_f64) {
    find_peak(c, d, f64_peaks, sizeof f64_peaks / sizeof f64_peaks[0], &d->peak_f64_gflops, &d->peak_f64_by);
  }
  return rc == CLI_OK ? find_copy(c, d) : rc;
}

/* The benchmark: the device's roofs, and problems as fractions of them. */
#ifndef CLUP_CLI_BENCH_H
#define CLUP_CLI_BENCH_H

#include "cli.h"

typedef struct bench_device {
  clup_host *host;
  cl_context context;
  cl_command_queue queue; /* its events have times where the device is no CPU */
  cl_device_id device;
  int is_cpu;
  int quick;
  cl_program program; /* fills and flushes */
  cl_kernel fill, flush;
  cl_mem flush_buffer; /* larger than any cache */
  size_t flush_bytes;
  double peak_gflops, copy_gbytes_per_s; /* the roofs */
  const char *peak_by, *copy_by;         /* what reached them */
  int wants_f64;                         /* some problem is of f64, which has a roof of its own */
  double peak_f64_gflops;
  cl_kernel beside; /* the best kernel of multiply-adds once more, a few milliseconds of it, to run between repeats */
  cl_mem beside_out;
  size_t beside_items, beside_local;
  double beside_flops;
  cl_kernel copy_beside; /* the best copy, of half the flush buffer to the other one; NULL: by clEnqueueCopyBuffer */
  cl_mem halves[2];
  size_t half_bytes, copy_items;
  const char *peak_f64_by;
} bench_device;

int bench_device_open(cli *c, bench_device *d);
void bench_device_close(bench_device *d);
/* A buffer whose every byte the device has written: numbers of either sign in [0.5, 1), or random integers. */
int bench_buffer(cli *c, bench_device *d, size_t bytes, clup_dtype dtype, cl_mem *buffer);
/* Drives what earlier commands left in the caches out of them, and waits; or, given `event`, leaves that to it. */
int bench_flush(cli *c, bench_device *d, cl_event *event);
/* The exit code of an OpenCL call: names it and its code. */
int bench_cl(cli *c, const char *call, cl_int code);
double bench_seconds(void);
/* Sorts; the middle one. */
double bench_median(double *values, size_t count);

/* Measures both roofs. Again after the cases, only with what was best: on a shared machine the roof may have been taken
 * in a bad moment, and a higher one holds for all. */
int bench_roofs(cli *c, bench_device *d);
void bench_roofs_close(bench_device *d);
/* The rate of multiply-adds at this moment, in GFLOP/s, 0 when it cannot be told; and the host's time for a launch
 * without clup, an argument set and enqueued. */
double bench_peak_now(const bench_device *d, double *enqueue_seconds);
/* The bandwidth of a copy at this moment, in GB/s, 0 when it cannot be told; what is left in the caches is the copy's.
 */
double bench_copy_now(const bench_device *d);

typedef struct bench_result {
  char name[96];
  const char *op;
  char algo[48];
  const char *dtype;
  double flops, bytes; /* of one run */
  double ms_median, ms_min, plan_ms, gflops, gbytes_per_s;
  int compute_bound;
  double roof_fraction;
  double enqueue_us, opencl_enqueue_us; /* medians of the host's time: clup_plan_enqueue, one launch without clup */
  int launches;
  /* The medians of those between the repeats, of the roof that bounds the case: what a shared machine left. */
  double peak_beside_gflops, copy_beside_gbytes_per_s;
  char error[sizeof((cli_error *)0)->text]; /* "" when it ran */
} bench_result;

/* Times the problem on cold caches; a failure is left in result->error and returned. */
int bench_case(cli *c, bench_device *d, const char *name, const clup_problem *problem, bench_result *result);
/* Holds it against the roofs. */
void bench_rate(const bench_device *d, bench_result *result);

/* Writes the results as a picture: bars against the roof. */
int bench_plot(cli *c, const char *path, const bench_device *d, const bench_result *results, size_t count);

#endif

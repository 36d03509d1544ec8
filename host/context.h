/* One (cl_context, cl_device_id) of the caller's: capabilities, probed once; the program cache. */
#ifndef CLUP_CONTEXT_H
#define CLUP_CONTEXT_H

#include <clup/clup.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "held_events.h"
#include "tune_db.h"

/* Of f16 and bf16, see mma.clh: by the instruction, or the same in C, for tests. */
typedef enum matrix_units { MATRIX_UNITS_NONE, MATRIX_UNITS_NVIDIA, MATRIX_UNITS_IN_C } matrix_units;

typedef struct device_caps {
  bool is_cpu;
  bool is_pocl; /* compiles kernels at their first run (warm_up.h); needs events held (held_events.h) */
  size_t max_work_group;
  size_t max_work_item[3];
  cl_uint compute_units;
  bool has_wide_vectors; /* registers of 16 floats, 32 of them; else CPUs are taken to have 16 registers of 8 */
  bool one_memory;       /* a CPU where an address of private memory is one of global memory, too */
  cl_ulong local_memory;
  cl_ulong max_allocation;
  bool has_images;
  size_t image_width, image_height; /* at most */
  bool has_fp64;                    /* computes in double */
  bool has_fp16;                    /* cl_khr_fp16: arithmetic in half, not only storage */
  matrix_units matrix_units;        /* asked for, and tried (matrix_units.h) */
  bool limits_registers;            /* its compiler takes -cl-nv-maxrregcount */
  int64_t index32_limit;            /* spans above it take 64-bit indices */
  char name[256];
  char key[1024]; /* all that a built program depends on: platform, device, driver */
} device_caps;

struct program_entry;

struct clup_context {
  atomic_int references; /* plans hold one each */
  cl_context context;
  cl_device_id device;
  device_caps caps;
  pthread_mutex_t programs_lock;
  struct program_entry *programs; /* list, newest first */
  uint64_t built, from_disk, from_memory;
  held_events held;
  char *cache_dir; /* NULL: no disk cache */
  tune_db tuned;
};

clup_context *context_retain(clup_context *context);

#endif

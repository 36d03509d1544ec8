/* What a solver hands to a plan: launches (kernel, options, arguments, sizes) and the memory they need. */
#ifndef CLUP_LAUNCH_H
#define CLUP_LAUNCH_H

#include <stdint.h>

#include "context.h"
#include "problem.h"

/* Which memory a buffer argument is bound to. The first six are the caller's, bound at each enqueue; the rest is the
 * plan's own. RAW_WEIGHT, RAW_BIAS and RAW_SLOPE exist only in pack launches, PACKED is what they write and the others
 * read. */
typedef enum arg_role {
  ARG_INPUT,
  ARG_INDICES,
  ARG_OUTPUT,
  ARG_RAW_WEIGHT,
  ARG_RAW_BIAS,
  ARG_RAW_SLOPE,
  ARG_WORKSPACE,
  ARG_PACKED,
  ARG_TABLE,  /* constants computed on the host, uploaded when the plan is made */
  ARG_STATUS, /* one uint: the first input element (flat, logical order) with a bad index, by atomic_min; ~0: none */
  ARG_ROLES
} arg_role;

typedef enum arg_kind {
  ARG_KIND_BUFFER,
  ARG_KIND_IMAGE,
  ARG_KIND_I32,
  ARG_KIND_I64,
  ARG_KIND_F32,
  ARG_KIND_F64,
  ARG_KIND_LOCAL
} arg_kind;

typedef struct launch_arg {
  arg_kind kind;
  arg_role role;  /* of an image, which takes one kernel argument, and of a buffer; it takes two kernel arguments: the
                     cl_mem, then a long, the offset in elements */
  int64_t offset; /* of a buffer: elements from the beginning of the role's memory to the region meant */
  size_t element_size; /* of a buffer */
  int64_t integer;     /* I32, I64, and bytes of LOCAL */
  double real;
} launch_arg;

#define LAUNCH_MAX_ARGS 56
typedef struct launch {
  const char *source; /* name of the file in cl/, without .cl */
  const char *kernel;
  char options[768]; /* the -D of this kernel; the build cache's key, so it names structure and not sizes */
  launch_arg args[LAUNCH_MAX_ARGS];
  int num_args;
  cl_uint work_dim;
  size_t global[3], local[3]; /* local[0] == 0: the driver chooses */
} launch;

#define RECIPE_MAX_LAUNCHES 8
#define RECIPE_MAX_PACK 2
typedef struct recipe {
  launch launches[RECIPE_MAX_LAUNCHES];
  int num_launches;
  launch pack[RECIPE_MAX_PACK]; /* run by clup_plan_set_weights */
  int num_pack;
  size_t workspace_bytes, packed_bytes;
  void *table; /* malloc'd; the recipe's */
  size_t table_bytes;
  bool reports_errors; /* kernels write to ARG_STATUS */
  bool index64;
  bool native_f16;     /* asked for; only of solvers that can */
  clup_status failure; /* the first failure of a launch_* call below; checked by recipe_finish */
} recipe;

void recipe_init(recipe *r, const clup_problem *problem, const device_caps *caps);
void recipe_clear(recipe *r);
/* CLUP_OK, or what went wrong on the way. */
clup_status recipe_finish(const recipe *r);

/* Appends a launch; defines CLUP_INDEX64 to 0 or 1. Never NULL: past the maximum it records a failure. */
launch *recipe_launch(recipe *r, const char *source, const char *kernel);
launch *recipe_pack(recipe *r, const char *source, const char *kernel);
/* Room in the plan's memory for `count` elements; returns the region's offset in elements (regions are 64-byte
 * aligned). */
int64_t recipe_workspace(recipe *r, int64_t count, size_t element_size);
int64_t recipe_packed(recipe *r, int64_t count, size_t element_size);
/* Copies constants into the table; returns their offset in elements. */
int64_t recipe_table(recipe *r, const void *data, int64_t count, size_t element_size);

void launch_define(recipe *r, launch *l, const char *name, int64_t value);
/* Constants that kernels compute with, as real_t of dtype.clh; the offset in elements of that type. */
int64_t recipe_reals(recipe *r, clup_dtype dtype, const double *data, int64_t count);
/* Bytes of real_t. */
size_t real_size(clup_dtype dtype);

void launch_define_text(recipe *r, launch *l, const char *name, const char *value);
/* Asks for a kernel of at most so many registers a work-item, where the compiler takes such a wish. */
void launch_limit_registers(recipe *r, launch *l, const device_caps *caps, int64_t registers);
/* In the kernel's order of arguments. A buffer is two of them: `__global T *name, long name_offset` (elements). */
void launch_buffer(recipe *r, launch *l, arg_role role, int64_t offset, size_t element_size);
/* The caller's image2d_t in the role ARG_INPUT or ARG_OUTPUT; one argument. The kernel's first one must be a buffer. */
void launch_image(recipe *r, launch *l, arg_role role);
void launch_i32(recipe *r, launch *l, int64_t value);   /* `int`; a value that does not fit is recorded as a failure */
void launch_i64(recipe *r, launch *l, int64_t value);   /* `long` */
void launch_index(recipe *r, launch *l, int64_t value); /* `index_t`: int, or long where CLUP_INDEX64 is 1 */
/* `real_t` of dtype.clh: double for CLUP_F64, else float. */
void launch_real(recipe *r, launch *l, clup_dtype dtype, double value);
void launch_local(recipe *r, launch *l, size_t bytes);
/* dims 1..3; local[0] == 0 leaves the choice to the driver, otherwise global is rounded up to a multiple of local, and
 * the kernel is built for this local size (CLUP_KERNEL in common.clh). */
void launch_range(recipe *r, launch *l, int dims, const int64_t global[3], const size_t local[3]);

/* Rounded up, of numbers from 0 on: work-items for so many elements. */
static inline int64_t divided_up(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

/* `wanted` work-items on axis 0, or as many as the device allows. */
size_t launch_items(const device_caps *caps, size_t wanted);

#endif

/* Every solver on tiny shapes, in buffers of their exact size, for a run under oclgrind (tests/oclgrind.sh), which sees
 * reads and writes outside a buffer, races, and values that nobody wrote. Prints one line a run; exit 1 on a wrong
 * result. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <clup/clup.h>

#include "context.h"
#include "reference/reference.h"
#include "views.h"

static const char *const cases[] = {
    "conv_transpose x=2x3x2x3 w=3x2x4x4 bias=1 stride=2x2 padding=1x1",
    "conv_transpose x=1x2x2x5 w=2x3x3x3 padding=1x1",
    "conv_transpose x=1x2x2x3 w=2x3x2x2 bias=1 stride=2x2",
    "conv_transpose x=1x4x2x3 w=4x1x3x3 bias=1 stride=2x2 padding=1x1 output_padding=1x1 groups=4",
    "conv_transpose x=1x4x2x2 w=4x3x3x2 stride=2x3 padding=2x1 dilation=2x1 groups=2",
    "conv_transpose x=1x2x2x2 w=2x1x1x1 bias=1 stride=3x2 output_padding=2x1",
    "conv_transpose x=1x1x1x19 w=1x1x4x4 stride=2x2 padding=1x1",
    "conv_transpose x=1x1x2x2 w=1x9x2x3 stride=3x1",
    "conv_transpose x=1x2x3x5 w=2x2x3x4 bias=1 stride=1x2 padding=1x1 groups=2",
    "interpolate x=1x2x3x4 mode=nearest size=5x7",
    "interpolate x=1x2x3x4 mode=nearest scale_factor=2x2 dtype=u8",
    "interpolate x=2x1x5x3 mode=nearest-exact size=2x7 dtype=f64",
    "interpolate x=1x3x3x4 mode=bilinear scale_factor=2x2",
    "interpolate x=1x2x3x5 mode=bilinear size=4x3 align_corners=1",
    "interpolate x=1x2x5 mode=linear size=7",
    "interpolate x=1x1x2x3x2 mode=trilinear size=3x2x5",
    "interpolate x=1x1x2x3x2 mode=nearest-exact size=3x4x5 dtype=u8",
    "interpolate x=1x2x2x3x5 mode=area size=1x2x3",
    "interpolate x=1x1x3x40 mode=bicubic size=4x2 antialias=1",
    "interpolate x=2x1x3x7 mode=lanczos size=3x4",
    "interpolate x=1x1x34x131 mode=area size=1x3",
    "interpolate x=1x1x2x3x17 mode=trilinear size=3x5x33 dtype=bf16",
    "interpolate x=2x1x4x3 mode=bicubic size=5x7",
    "interpolate x=1x1x1x1 mode=bicubic size=2x3",
    "pixel_shuffle x=1x8x2x3 factor=2",
    "pixel_shuffle x=2x9x1x3 factor=3 dtype=u16",
    "pixel_unshuffle x=3x4x6 factor=2 dtype=f64",
    "pixel_unshuffle x=1x2x2x6 factor=2 dtype=u8",
    "max_unpool x=1x2x2x3 indices=i64 kernel=2x2",
    "max_unpool x=2x1x2x2 indices=i32 kernel=3x2 stride=2x2 dtype=u8",
    "interpolate x=1x2x5x20 mode=bilinear scale_factor=2x2",
    "interpolate x=1x1x5x49 mode=bicubic size=7x70",
    "interpolate x=1x1x9x100 mode=bilinear size=11x37",
    "interpolate x=1x1x20x700 mode=bilinear size=3x600",
    "interpolate x=1x2x5x20 mode=nearest scale_factor=3x3 dtype=u16",
    "interpolate x=1x2x5x37 mode=nearest size=9x70",
    "interpolate x=1x1x9x100 mode=nearest size=3x21 dtype=f64",
    "interpolate x=1x1x2x19 mode=bilinear size=3x21 dtype=f64",
    "interpolate x=1x1x2x19 mode=bilinear size=3x21 dtype=f16",
    "interpolate x=1x1x2x19 mode=bicubic size=3x21 dtype=bf16",
    "interpolate x=1x3x2x7 mode=bilinear size=3x13 dtype=u8 x_strides=42x1x21x3 y_strides=117x1x39x3",
    "interpolate x=1x3x2x7 mode=nearest size=3x13 dtype=u8 x_strides=42x1x21x3 y_strides=117x1x39x3",
    "interpolate x=1x3x2x7 mode=bilinear size=3x4 antialias=1 dtype=i16 x_strides=42x1x21x3 y_strides=36x1x12x3",
    "interpolate x=1x2x3x5 mode=area size=2x3 dtype=i8",
    "interpolate x=1x66x2 mode=linear size=3 x_strides=132x1x66 y_strides=198x1x66",
    "pixel_shuffle x=1x8x3x37 factor=2",
    "pixel_shuffle x=1x9x3x19 factor=3",
    "pixel_shuffle x=1x16x3x18 factor=4 dtype=u8",
    "pixel_unshuffle x=1x1x6x66 factor=2",
    "pixel_unshuffle x=1x1x6x66 factor=3",
    "pixel_unshuffle x=1x1x4x76 factor=4 dtype=f64",
    "pixel_shuffle x=1x16x1x35 factor=4 dtype=f16",
    "pixel_shuffle x=1x25x3x3 factor=5",
    "channel_shuffle x=1x6x2x3 groups=2",
    "channel_shuffle x=1x6x1x5 groups=3 x_strides=30x1x30x6 y_strides=30x1x30x6 dtype=u8",
    "depth_to_space x=1x8x2x17 blocksize=2",
    "space_to_depth x=1x2x2x34 blocksize=2 dtype=u16",
    "fold x=2x8x6 output_size=3x4 kernel=2x2",
    "fold x=1x9x6 output_size=5x7 kernel=3x3 dilation=1x2 padding=1x1 stride=2x3 dtype=f16",
    "fold x=4x5 axes=1 output_size=6 kernel=2 dtype=bf16",
    "fold x=1x8x4 axes=3 output_size=2x3x3 kernel=2x2x2 x_strides=99x6x1",
    "fold x=1x4x17 output_size=2x18 kernel=2x2",
    "fold x=1x4x18 output_size=2x34 kernel=2x2 padding=0x1 stride=1x2",
    "fold x=1x5x17 output_size=1x51 kernel=1x5 padding=0x1 stride=1x3 dtype=bf16",
    "fold x=1x8x19 output_size=1x72 kernel=1x4 padding=0x2 stride=1x4 dtype=f16",
    "conv_transpose x=1x2x5 w=2x3x4 bias=1 stride=2 padding=1",
    "conv_transpose x=1x16x2x3 w=16x2x3x3 padding=1",
    "conv_transpose x=2x16x1x2 w=16x17x3x4 bias=1 stride=2 padding=1 dtype=f16",
    "conv_transpose x=1x33x5x37 w=33x2x3x3 padding=1",
    "conv_transpose x=2x3x2x3x3 w=3x17x2x1x2 bias=1 stride=2x1x2",
    "conv_transpose x=1x2x3x17 w=2x3x4x4 bias=1 stride=2 padding=1",
    "conv_transpose x=2x32x5x4 w=32x3x4x4 bias=1 stride=2 padding=1 x_strides=640x1x128x32",
    "conv_transpose x=1x16x2x2 w=16x3x8x8 bias=1 stride=4x4 padding=2x2 activation=prelu",
    "conv_transpose x=1x16x1x2 w=16x1x3x16 stride=2x8 dtype=f16",
    "conv_transpose x=2x2x2x3 w=2x3x2x2x3 stride=2x1x2",
    "conv_transpose x=1x2x2x2x3 w=2x2x3x3x3 bias=1 stride=2x2x2 padding=1x1x1 output_padding=1x1x1",
    "conv_transpose x=1x2x2x3 w=2x3x1x2 bias=1 stride=3x4 auto_pad=same_upper activation=prelu",
    "conv_transpose x=1x2x2x3 w=2x3x3x3 stride=2x2 output_shape=7x9 activation=prelu slopes=1",
    "conv_transpose x=1x2x2x17 w=2x3x2x2 bias=1 stride=2x2 dtype=f16 activation=prelu",
    "conv_transpose x=1x2x2x3 w=2x2x4x4 bias=1 stride=2x2 padding=1x1 dtype=bf16 w_dtype=f32",
    "conv_transpose x=1x2x2x3 w=2x2x4x4 bias=1 stride=2x2 padding=1x1 dtype=f64",
    "conv_transpose x=1x2x2x3 w=2x17x2x2 bias=1 stride=2x2 y_strides=408x1x102x17",
    "max_unpool x=2x2x3 indices=i64 kernel=2",
    "max_unpool x=1x2x2x9 indices=i64 kernel=2 output_size=5x19",
    "max_unpool x=1x2x2x2x3 indices=i64 kernel=2",
    "max_unpool x=2x2x2x2x2 indices=i32 kernel=2x1x2 axes=3 onnx=1",
    "max_unpool x=2x2x2x3 indices=i64 kernel=2 stride=2 output_size=5x7 onnx=1",
    "max_unpool x=2x1x2x3 indices=i32 kernel=2 stride=2 onnx=1 dtype=f64",
    /* NOLINTNEXTLINE(bugprone-suspicious-missing-comma): one line in two */
    "resize x=1x2x3x4 mode=nearest coordinate_mode=tf_crop_and_resize axes=2x3 sizes=4x5 roi_start=-0.2x0.1 "
    "roi_end=0.9x1.3 dtype=u8",
    "resize x=2x3x4 mode=linear coordinate_mode=tf_crop_and_resize sizes=3x2x5 roi_start=0x-0.1x0 roi_end=1x1x-0.2 "
    "extrapolation_value=3 dtype=f16",
    "resize x=1x3x20 mode=linear coordinate_mode=tf_crop_and_resize axes=1x2 sizes=4x40 roi_start=-0.2x0.1 "
    "roi_end=0.9x1.3 "
    "extrapolation_value=3",
    "resize x=2x70 mode=linear coordinate_mode=tf_crop_and_resize axes=1 sizes=150 roi_start=1",
    "resize x=2x70 mode=nearest coordinate_mode=tf_crop_and_resize axes=1 sizes=90 roi_start=1 dtype=u16",
    "resize x=2x4x3x2 mode=cubic axes=0x2 scales=1.7x1.5 exclude_outside=1",
    "resize x=2x3x3x4 mode=linear axes=1x3 sizes=2x3 antialias=1 dtype=f64",
    "resize x=3x4 mode=nearest coordinate_mode=tf_crop_and_resize sizes=3x5 roi_end=1x1.5 dtype=i64",
    "resize x=1x2x3 mode=nearest coordinate_mode=tf_crop_and_resize axes=2 sizes=5 roi_end=1.5 dtype=bf16",
};

/* Run when they are asked for: oclgrind 21.10 takes what an image read returns for uninitialised now and then. */
static const char *const image_cases[] = {
    "interpolate x=1x1x3x4 dtype=u8 mode=nearest size=5x7 images=images",
    "interpolate x=1x1x3x4 dtype=u8 mode=bilinear size=5x7 images=uint",
    "interpolate x=1x1x5x4 dtype=u8 mode=bicubic size=2x7 antialias=1 images=images",
    "interpolate x=1x1x3x4 mode=area size=2x3 images=images",
};

enum { SMALL_CASES = 22 }; /* the first ones, run as views too */

/* Run as on a device whose registers hold 16 floats if this one's hold 8, and the reverse. */
static const struct {
  const char *algo, *problem;
} width_cases[] = {
#include "width_cases.inc"
};

/* On matrix units, in C: steps of channels, phases and channels past the last. */
static const char *const matrix_cases[] = {
    "conv_transpose x=1x19x1x3 w=19x3x3x3 bias=1 stride=2 padding=1 dtype=f16",
};

/* Flops beyond which the product of tiles is left out: Oclgrind takes it for a minute there. */
static const double MANY_FLOPS = 5e4;

static int failures;

/* oclgrind 21.10 remembers a released buffer's initialised bytes wrongly for the next buffer in its place: all buffers
 * and plans live to the end. */
enum { MOST = 2000 };
static cl_mem kept_buffers[MOST];
static clup_plan *kept_plans[MOST];
static int num_buffers, num_plans;

static void complain(const char *text, const char *algo, const char *why) {
  printf("FAILED %s [%s]: %s\n", text, algo, why);
  failures++;
}

/* A buffer of exactly the role's bytes (NULL for none). */
static clup_buffer exact_buffer(cl_context context, const clup_problem *problem, clup_role role, const void *contents) {
  clup_tensor t;
  cl_int code;
  if (clup_problem_tensor(problem, role, &t) != CLUP_OK) return (clup_buffer){NULL, 0};
  const size_t bytes = (size_t)reference_span(&t) * clup_dtype_size(t.dtype);
  const int out = role == CLUP_ROLE_OUTPUT;
  return (clup_buffer){clCreateBuffer(context, out ? CL_MEM_READ_WRITE : CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, bytes,
                                      out ? NULL : (void *)(uintptr_t)contents, &code),
                       0};
}

static void *filled_span(const clup_problem *problem, clup_role role) {
  clup_tensor t;
  if (clup_problem_tensor(problem, role, &t) != CLUP_OK) return NULL;
  void *span = calloc((size_t)reference_span(&t) + 1, clup_dtype_size(t.dtype));
  if (span == NULL) exit(1);
  if (role == CLUP_ROLE_INDICES)
    reference_fill_indices(problem, 3, span);
  else if (role != CLUP_ROLE_OUTPUT)
    reference_fill(&t, reference_moves(problem) ? REFERENCE_BITS : REFERENCE_REALS, (uint32_t)role + 1, span);
  return span;
}

static int is_image(const clup_problem *problem, cl_channel_type *type) {
  clup_interpolate_params p;
  clup_tensor x;
  if (clup_problem_interpolate_params(problem, &p) != CLUP_OK || p.images == CLUP_NO_IMAGES) return 0;
  clup_problem_tensor(problem, CLUP_ROLE_INPUT, &x);
  *type = x.dtype == CLUP_F32 ? CL_FLOAT : p.images == CLUP_IMAGES_UINT ? CL_UNSIGNED_INT8 : CL_UNORM_INT8;
  return 1;
}

/* An image of one channel, whose pixels lie as the tensor's elements do. */
static clup_buffer exact_image(cl_context context, const clup_problem *problem, clup_role role, cl_channel_type type,
                               void *contents) {
  clup_tensor t;
  cl_int code;
  if (clup_problem_tensor(problem, role, &t) != CLUP_OK) return (clup_buffer){NULL, 0};
  const cl_image_format format = {CL_R, type};
  const cl_image_desc desc = {
      .image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = (size_t)t.dims[3], .image_height = (size_t)t.dims[2]};
  const cl_mem_flags flags = role == CLUP_ROLE_OUTPUT ? CL_MEM_WRITE_ONLY : CL_MEM_READ_ONLY;
  return (clup_buffer){clCreateImage(context, flags | CL_MEM_COPY_HOST_PTR, &format, &desc, contents, &code), 0};
}

static cl_int read_output(cl_command_queue queue, const clup_problem *problem, cl_mem mem, size_t bytes, void *span) {
  cl_channel_type type;
  clup_tensor y;
  if (!is_image(problem, &type)) return clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, bytes, span, 0, NULL, NULL);
  clup_problem_tensor(problem, CLUP_ROLE_OUTPUT, &y);
  const size_t origin[3] = {0, 0, 0}, region[3] = {(size_t)y.dims[3], (size_t)y.dims[2], 1};
  return clEnqueueReadImage(queue, mem, CL_TRUE, origin, region, 0, 0, span, 0, NULL, NULL);
}

static void run(clup_context *clup, cl_context context, cl_command_queue queue, const char *text,
                const clup_problem *problem, const char *algo) {
  clup_plan *plan = NULL;
  clup_plan_options options = CLUP_PLAN_OPTIONS_INIT;
  reference_report report;
  void *spans[CLUP_ROLES];
  clup_buffer b[CLUP_ROLES];
  cl_channel_type type = 0;
  const int images = is_image(problem, &type);
  options.algo = algo;
  if (clup_plan_create(clup, problem, &options, &plan) != CLUP_OK) {
    complain(text, algo, clup_last_error());
    return;
  }
  for (int role = 0; role < CLUP_ROLES; role++) {
    spans[role] = filled_span(problem, (clup_role)role);
    b[role] = images ? exact_image(context, problem, (clup_role)role, type, spans[role])
                     : exact_buffer(context, problem, (clup_role)role, spans[role]);
  }
  const clup_buffers io = {b[CLUP_ROLE_INPUT], b[CLUP_ROLE_INDICES], b[CLUP_ROLE_OUTPUT], {NULL, 0}};
  clup_tensor y;
  clup_problem_tensor(problem, CLUP_ROLE_OUTPUT, &y);
  const size_t bytes = (size_t)reference_span(&y) * clup_dtype_size(y.dtype);
  /* Bytes between the output's elements stay unwritten; the read below must not be what oclgrind complains of. */
  if (!images && clEnqueueWriteBuffer(queue, io.output.mem, CL_TRUE, 0, bytes, spans[CLUP_ROLE_OUTPUT], 0, NULL,
                                      NULL) != CL_SUCCESS)
    complain(text, algo, "cannot write the output buffer");
  clup_status status = CLUP_OK;
  if (b[CLUP_ROLE_WEIGHT].mem != NULL)
    status = clup_plan_set_weights(
        plan, queue,
        &(clup_weights){.weight = b[CLUP_ROLE_WEIGHT], .bias = b[CLUP_ROLE_BIAS], .slope = b[CLUP_ROLE_SLOPE]}, 0, NULL,
        NULL);
  if (status == CLUP_OK) status = clup_plan_enqueue(plan, queue, &io, 0, NULL, NULL);
  if (status == CLUP_OK) status = clup_plan_check(plan, queue, 0, NULL);
  if (status != CLUP_OK) complain(text, algo, clup_last_error());
  if (read_output(queue, problem, io.output.mem, bytes, spans[CLUP_ROLE_OUTPUT]) != CL_SUCCESS)
    complain(text, algo, "cannot read the output buffer");
  const clup_arrays arrays = {spans[CLUP_ROLE_INPUT],   spans[CLUP_ROLE_WEIGHT], spans[CLUP_ROLE_BIAS],
                              spans[CLUP_ROLE_INDICES], spans[CLUP_ROLE_OUTPUT], spans[CLUP_ROLE_SLOPE]};
  if (reference_check(problem, &arrays, &report) != 0) complain(text, algo, report.text);
  printf("ran %s [%s]\n", text, algo);
  for (int role = 0; role < CLUP_ROLES; role++) {
    free(spans[role]);
    if (b[role].mem != NULL && num_buffers < MOST) kept_buffers[num_buffers++] = b[role].mem;
  }
  if (num_plans < MOST) kept_plans[num_plans++] = plan;
}

/* Those whose work-groups make a matrix product in local memory. */
static bool is_product(const char *algo) {
  return !strcmp(algo, "tiles") || !strcmp(algo, "gemm_col2im");
}

/* On one solver, or (NULL) on each that applies, with or without products. */
static void run_all(clup_context *clup, cl_context context, cl_command_queue queue, const char *text, const char *algo,
                    bool products) {
  clup_problem *problem = NULL;
  if (clup_problem_parse(text, &problem) != CLUP_OK) {
    complain(text, "-", clup_last_error());
    return;
  }
  double flops = 0, bytes = 0;
  if (clup_problem_cost(problem, &flops, &bytes) != CLUP_OK) complain(text, "-", clup_last_error());
  if (!algo && flops > MANY_FLOPS) products = false;
  for (size_t i = 0; i < clup_problem_num_algos(problem); i++) {
    clup_algo_info info;
    if (clup_problem_algo(clup, problem, i, &info) != CLUP_OK)
      complain(text, "-", clup_last_error());
    else if ((algo && strcmp(algo, info.name) != 0) || (!products && is_product(info.name)))
      continue;
    else if (info.applicable)
      run(clup, context, queue, text, problem, info.name);
    else
      printf("not %s [%s]: %s\n", text, info.name, info.reason);
  }
  clup_problem_release(problem);
}

int main(int argc, char **argv) {
  cl_platform_id platform;
  cl_device_id device;
  cl_int code;
  clup_context *clup = NULL;
  clup_context_options options = CLUP_CONTEXT_OPTIONS_INIT;
  options.disk_cache = 0;
  if (clup_device_find(NULL, &platform, &device) != CLUP_OK) {
    fprintf(stderr, "%s\n", clup_last_error());
    return 1;
  }
  char name[200] = "";
  clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof name, name, NULL);
  printf("device %s\n", name);
  const cl_context_properties which[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)platform, 0};
  cl_context context = clCreateContext(which, 1, &device, NULL, NULL, &code);
  cl_command_queue queue = clCreateCommandQueue(context, device, 0, &code);
  if (clup_context_create(context, device, &options, &clup) != CLUP_OK) {
    fprintf(stderr, "%s\n", clup_last_error());
    return 1;
  }
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    if (argc > 1 && strstr(cases[i], argv[1]) == NULL) continue;
    run_all(clup, context, queue, cases[i], NULL, true);
    for (int v = 0; i < SMALL_CASES && v < VIEWS; v++) {
      char view[VIEW_TEXT];
      /* Oclgrind takes 2 to 8 s for a product, whose addresses are the same in all cases: views of one do. */
      if (view_text(cases[i], v, view)) run_all(clup, context, queue, view, NULL, i == 0);
    }
  }
  clup->caps.has_wide_vectors = !clup->caps.has_wide_vectors;
  for (size_t i = 0; i < sizeof width_cases / sizeof width_cases[0]; i++)
    if (argc <= 1 || strstr(width_cases[i].problem, argv[1]) != NULL)
      run_all(clup, context, queue, width_cases[i].problem, width_cases[i].algo, true);
  clup->caps.has_wide_vectors = !clup->caps.has_wide_vectors;
  clup->caps.matrix_units = MATRIX_UNITS_IN_C;
  for (size_t i = 0; i < sizeof matrix_cases / sizeof matrix_cases[0]; i++)
    if (argc <= 1 || strstr(matrix_cases[i], argv[1]) != NULL)
      run_all(clup, context, queue, matrix_cases[i], "mma", true);
  clup->caps.matrix_units = MATRIX_UNITS_NONE;
  for (size_t i = 0; i < sizeof image_cases / sizeof image_cases[0]; i++)
    if (argc > 1 && strstr(image_cases[i], argv[1]) != NULL) run_all(clup, context, queue, image_cases[i], NULL, true);
  for (int i = 0; i < num_plans; i++) clup_plan_release(kept_plans[i]);
  for (int i = 0; i < num_buffers; i++) clReleaseMemObject(kept_buffers[i]);
  clup_context_release(clup);
  clReleaseCommandQueue(queue);
  clReleaseContext(context);
  printf("%d failures\n", failures);
  return failures != 0;
}

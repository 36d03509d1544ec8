/* Interpolation from image to image: every mode and pixel type that the device has images of, against the reference on
 * the same numbers; and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trial.h"

static trial_device device;
static cl_bool has_images;

static const char *const shapes[] = {
    "mode=nearest size=13x10",
    "mode=nearest-exact scale_factor=0.7x2.5",
    "mode=bilinear scale_factor=2x2",
    "mode=bilinear size=4x23 align_corners=1",
    "mode=bilinear size=3x4 antialias=1",
    "mode=bicubic size=15x6",
    "mode=bicubic size=4x30 antialias=1",
    "mode=area size=3x5",
    "mode=lanczos size=5x21",
};
static const char *const resizes[] = {
    "mode=nearest axes=2x3 sizes=9x4 nearest_mode=ceil",
    "mode=linear axes=3 scales=2.3 coordinate_mode=asymmetric",
    "mode=cubic axes=2 sizes=3 antialias=1 cubic_coeff_a=-0.5",
    "mode=cubic scales=1x1x1.5x0.6 exclude_outside=1",
};

typedef struct pixel_type {
  const char *dtype, *images;
  cl_channel_type type;
} pixel_type;
static const pixel_type types[] = {{"u8", "images", CL_UNORM_INT8},
                                   {"u8", "uint", CL_UNSIGNED_INT8},
                                   {"f16", "images", CL_HALF_FLOAT},
                                   {"f32", "images", CL_FLOAT}};
static const struct {
  int channels;
  cl_channel_order order;
} orders[] = {{1, CL_R}, {2, CL_RG}, {4, CL_RGBA}, {4, CL_BGRA}};

static int is_supported(cl_channel_order order, cl_channel_type type) {
  cl_image_format formats[512];
  cl_uint count = 0;
  if (clGetSupportedImageFormats(device.context, CL_MEM_READ_WRITE, CL_MEM_OBJECT_IMAGE2D, 512, formats, &count))
    return 0;
  for (cl_uint i = 0; i < count && i < 512; i++)
    if (formats[i].image_channel_order == order && formats[i].image_channel_data_type == type) return 1;
  return 0;
}

static cl_mem make_image(cl_context context, cl_mem_flags flags, cl_channel_order order, cl_channel_type type,
                         int64_t width, int64_t height) {
  cl_int code;
  const cl_image_format format = {order, type};
  const cl_image_desc desc = {
      .image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = (size_t)width, .image_height = (size_t)height};
  const cl_mem image = clCreateImage(context, flags, &format, &desc, NULL, &code);
  assert_int_equal(code, CL_SUCCESS);
  return image;
}

/* Where channel c of RGBA lies in the pixel's memory. */
static size_t channel_place(cl_channel_order order, size_t c) {
  return order == CL_BGRA && c < 3 ? 2 - c : c;
}

/* The planes of an array from or to the pixels of an image. */
static void transfer(cl_mem image, cl_channel_order order, const clup_tensor *t, char *planes, int write) {
  const size_t size = clup_dtype_size(t->dtype), channels = (size_t)t->dims[1];
  const size_t count = (size_t)(t->dims[2] * t->dims[3]), origin[3] = {0, 0, 0};
  const size_t region[3] = {(size_t)t->dims[3], (size_t)t->dims[2], 1};
  char *pixels = malloc(count * channels * size);
  assert_non_null(pixels);
  if (!write)
    assert_int_equal(clEnqueueReadImage(device.queue, image, CL_TRUE, origin, region, 0, 0, pixels, 0, NULL, NULL), 0);
  for (size_t i = 0; i < count; i++)
    for (size_t c = 0; c < channels; c++) {
      char *pixel = pixels + (i * channels + channel_place(order, c)) * size,
           *element = planes + (c * count + i) * size;
      memcpy(write ? pixel : element, write ? element : pixel, size);
    }
  if (write)
    assert_int_equal(clEnqueueWriteImage(device.queue, image, CL_TRUE, origin, region, 0, 0, pixels, 0, NULL, NULL), 0);
  free(pixels);
}

static void run_case(const char *text, cl_channel_order order, cl_channel_type type) {
  clup_problem *problem = trial_problem(text);
  clup_plan *plan = NULL;
  clup_tensor x, y;
  trial_arrays arrays;
  reference_expected expected;
  reference_report report;
  cl_event done;
  int applicable = 0;
  trial_arrays_make(problem, REFERENCE_REALS, 11, &arrays);
  const clup_arrays host = trial_host_arrays(&arrays);
  if (reference_expect(problem, &host, &expected) != 0) fail_msg("%s: %s", text, reference_error());
  assert_int_equal(clup_problem_tensor(problem, CLUP_ROLE_INPUT, &x), CLUP_OK);
  assert_int_equal(clup_problem_tensor(problem, CLUP_ROLE_OUTPUT, &y), CLUP_OK);
  for (size_t i = 0; i < clup_problem_num_algos(problem); i++) {
    clup_algo_info info;
    assert_int_equal(clup_problem_algo(device.clup, problem, i, &info), CLUP_OK);
    applicable += info.applicable;
    assert_true(!info.applicable || strcmp(info.name, "image") == 0);
  }
  if (applicable == 0) { /* PoCL, by its own fault */
    assert_true(order == CL_R && type == CL_HALF_FLOAT);
    goto done;
  }
  assert_int_equal(applicable, 1);
  if (clup_plan_create(device.clup, problem, NULL, &plan) != CLUP_OK) fail_msg("%s: %s", text, clup_last_error());
  clup_buffers io = {.input = {make_image(device.context, CL_MEM_READ_ONLY, order, type, x.dims[3], x.dims[2]), 0},
                     .output = {make_image(device.context, CL_MEM_WRITE_ONLY, order, type, y.dims[3], y.dims[2]), 0}};
  transfer(io.input.mem, order, &x, arrays.spans[CLUP_ROLE_INPUT], 1);
  if (clup_plan_enqueue(plan, device.queue, &io, 0, NULL, &done) != CLUP_OK)
    fail_msg("%s: %s", text, clup_last_error());
  assert_int_equal(clWaitForEvents(1, &done), CL_SUCCESS);
  transfer(io.output.mem, order, &y, arrays.spans[CLUP_ROLE_OUTPUT], 0);
  if (reference_compare(problem, &expected, &host, &report) != 0)
    fail_msg("%s, order 0x%x: %s", text, order, report.text);
  clReleaseEvent(done);
  clReleaseMemObject(io.input.mem);
  clReleaseMemObject(io.output.mem);
  clup_plan_release(plan);
done:
  reference_expected_free(&expected);
  trial_arrays_free(&arrays);
  clup_problem_release(problem);
}

static void test_formats(void **state) {
  (void)state;
  char text[300];
  int ran = 0;
  if (!has_images) skip();
  for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
    for (size_t o = 0; o < sizeof orders / sizeof orders[0]; o++) {
      if (!is_supported(orders[o].order, types[t].type)) continue;
      for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        snprintf(text, sizeof text, "interpolate x=1x%dx7x12 dtype=%s images=%s %s", orders[o].channels, types[t].dtype,
                 types[t].images, shapes[s]);
        run_case(text, orders[o].order, types[t].type);
      }
      for (size_t s = 0; s < sizeof resizes / sizeof resizes[0]; s++) {
        snprintf(text, sizeof text, "resize x=1x%dx7x12 dtype=%s images=%s %s", orders[o].channels, types[t].dtype,
                 types[t].images, resizes[s]);
        run_case(text, orders[o].order, types[t].type);
      }
      ran++;
    }
  assert_true(ran > 0);
}

/* ---- refusals */

static void test_problems(void **state) {
  (void)state;
  static const struct {
    const char *text, *says;
    clup_status status;
  } refused[] = {
      {"interpolate x=2x1x3x4 mode=bilinear size=6x8 images=images", "2x1x3x4", CLUP_INVALID_SHAPE},
      {"interpolate x=1x3x3x4 mode=bilinear size=6x8 images=images", "3 channels", CLUP_INVALID_SHAPE},
      {"interpolate x=1x4x3 mode=linear size=6 images=images", "1x4x3", CLUP_INVALID_SHAPE},
      {"interpolate x=1x1x3x4 mode=nearest size=6x8 images=images x_strides=24x24x8x2", "strides",
       CLUP_INVALID_ARGUMENT},
      {"interpolate x=1x1x3x4 mode=nearest size=6x8 images=images dtype=bf16", "bf16", CLUP_UNSUPPORTED},
      {"interpolate x=1x1x3x4 mode=nearest size=6x8 images=uint dtype=f32", "must be u8", CLUP_UNSUPPORTED},
      {"interpolate x=1x1x3x4 mode=nearest size=6x8 images=float", "images=float", CLUP_INVALID_ARGUMENT},
      {"resize x=1x2x3x4 sizes=1x4x6x8 images=images", "C unchanged", CLUP_INVALID_SHAPE},
      {"resize x=1x2x3x4 axes=2x3 sizes=6x8 coordinate_mode=tf_crop_and_resize roi_start=0x0 roi_end=1x1 images=images",
       "tf_crop_and_resize", CLUP_UNSUPPORTED},
  };
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    clup_problem *problem = NULL;
    const clup_status status = clup_problem_parse(refused[i].text, &problem);
    if (status != refused[i].status || strstr(clup_last_error(), refused[i].says) == NULL)
      fail_msg("%s: %s: %s", refused[i].text, clup_status_name(status), clup_last_error());
    assert_null(problem);
  }
}

static void refused(clup_plan *plan, clup_buffer input, clup_buffer output, const char *says) {
  const clup_buffers io = {.input = input, .output = output};
  assert_int_equal(clup_plan_enqueue(plan, device.queue, &io, 0, NULL, NULL), CLUP_INVALID_BUFFER);
  if (strstr(clup_last_error(), says) == NULL) fail_msg("'%s' is not in '%s'", says, clup_last_error());
}

static void test_bound(void **state) {
  (void)state;
  if (!has_images) skip();
  clup_plan *plan = NULL, *buffers = NULL;
  clup_problem *problem = trial_problem("interpolate x=1x4x3x4 dtype=u8 mode=bilinear size=6x8 images=images");
  clup_problem *plain = trial_problem("interpolate x=1x4x3x4 dtype=u8 mode=bilinear size=6x8");
  assert_int_equal(clup_plan_create(device.clup, problem, NULL, &plan), CLUP_OK);
  assert_int_equal(clup_plan_create(device.clup, plain, NULL, &buffers), CLUP_OK);
  cl_int code;
  cl_context other = clCreateContext(NULL, 1, &device.device, NULL, NULL, &code);
  assert_int_equal(code, CL_SUCCESS);
  const cl_mem_flags both = CL_MEM_READ_WRITE;
  const clup_buffer x = {make_image(device.context, both, CL_RGBA, CL_UNORM_INT8, 4, 3), 0};
  const clup_buffer y = {make_image(device.context, both, CL_RGBA, CL_UNORM_INT8, 8, 6), 0};
  const clup_buffer bgra = {make_image(device.context, both, CL_BGRA, CL_UNORM_INT8, 8, 6), 0};
  const clup_buffer uints = {make_image(device.context, both, CL_RGBA, CL_UNSIGNED_INT8, 8, 6), 0};
  const clup_buffer red = {make_image(device.context, both, CL_R, CL_UNORM_INT8, 8, 6), 0};
  const clup_buffer large = {make_image(device.context, both, CL_RGBA, CL_UNORM_INT8, 8, 7), 0};
  const clup_buffer read_only = {make_image(device.context, CL_MEM_READ_ONLY, CL_RGBA, CL_UNORM_INT8, 8, 6), 0};
  const clup_buffer foreign = {make_image(other, both, CL_RGBA, CL_UNORM_INT8, 8, 6), 0};
  const clup_buffer buffer = {trial_buffer(&device, 4096, NULL), 0};
  refused(plan, x, (clup_buffer){NULL, 0}, "output: the image is NULL");
  refused(plan, buffer, y, "input: the problem is of images, but the memory object is a buffer");
  refused(buffers, x, buffer, "input: the memory object is not a buffer");
  refused(plan, x, (clup_buffer){y.mem, 4}, "offset 4");
  refused(plan, x, large, "8 x 7");
  refused(plan, x, bgra, "CL_BGRA");
  refused(plan, x, uints, "CL_UNSIGNED_INT8");
  refused(plan, x, red, "CL_R ");
  refused(plan, x, read_only, "CL_MEM_READ_ONLY");
  refused(plan, x, foreign, "another OpenCL context");
  const clup_buffers io = {.input = x, .output = y};
  assert_int_equal(clup_plan_enqueue(plan, device.queue, &io, 0, NULL, NULL), CLUP_OK);
  assert_int_equal(clFinish(device.queue), CL_SUCCESS);
  const clup_buffer all[] = {x, y, bgra, uints, red, large, read_only, foreign, buffer};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) clReleaseMemObject(all[i].mem);
  clup_plan_release(plan);
  clup_plan_release(buffers);
  clup_problem_release(plain);
  /* One image for both. */
  clup_problem_release(problem);
  problem = trial_problem("interpolate x=1x1x5x5 mode=nearest size=5x5 images=images");
  assert_int_equal(clup_plan_create(device.clup, problem, NULL, &plan), CLUP_OK);
  const clup_buffer same = {make_image(device.context, both, CL_R, CL_FLOAT, 5, 5), 0};
  refused(plan, same, same, "one image");
  clReleaseMemObject(same.mem);
  clup_plan_release(plan);
  clup_problem_release(problem);
  clReleaseContext(other);
}

/* The host layer makes images of arrays, in planes as everywhere. */
static void test_host_layer(void **state) {
  (void)state;
  if (!has_images) skip();
  clup_host *host = NULL;
  assert_int_equal(clup_host_create(NULL, NULL, &host), CLUP_OK);
  clup_problem *problem = trial_problem("interpolate x=1x4x2x2 dtype=u8 mode=nearest scale_factor=2x1 images=images");
  const unsigned char x[16] = {1, 2, 3, 4, 50, 60, 70, 80, 101, 102, 103, 104, 200, 201, 254, 255};
  const unsigned char want[32] = {1,   2,   1,   2,   3,   4,   3,   4,   50,  60,  50,  60,  70,  80,  70,  80,
                                  101, 102, 101, 102, 103, 104, 103, 104, 200, 201, 200, 201, 254, 255, 254, 255};
  unsigned char y[32] = {0};
  if (clup_host_run(host, problem, NULL, &(clup_arrays){.input = x, .output = y}, NULL) != CLUP_OK)
    fail_msg("%s", clup_last_error());
  assert_memory_equal(y, want, sizeof want);
  assert_int_equal(clup_host_run(host, problem, NULL, &(clup_arrays){.output = y}, NULL), CLUP_INVALID_ARGUMENT);
  clup_problem_release(problem);
  if (!is_supported(CL_RG, CL_FLOAT)) { /* said plainly, before anything runs */
    problem = trial_problem("interpolate x=1x2x2x2 mode=nearest scale_factor=2x2 images=images");
    const float two[8] = {0};
    float out[32];
    assert_int_equal(clup_host_run(host, problem, NULL, &(clup_arrays){.input = two, .output = out}, NULL),
                     CLUP_UNSUPPORTED);
    assert_non_null(strstr(clup_last_error(), "CL_RG, CL_FLOAT"));
    clup_problem_release(problem);
  }
  clup_host_release(host);
}

static int open_device(void **state) {
  (void)state;
  trial_device_open(&device, 0);
  return clGetDeviceInfo(device.device, CL_DEVICE_IMAGE_SUPPORT, sizeof has_images, &has_images, NULL);
}

static int close_device(void **state) {
  (void)state;
  trial_device_close(&device);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_formats), cmocka_unit_test(test_problems),
                                     cmocka_unit_test(test_bound), cmocka_unit_test(test_host_layer)};
  return cmocka_run_group_tests(tests, open_device, close_device);
}

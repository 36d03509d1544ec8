/* image2d_t in, image2d_t out, as imaging pipelines have them: a picture of 4 x 2 pixels twice as large, on a queue of
 * one's own. */
#include <clup/clup.h>
#include <stdio.h>
#include <stdlib.h>

static cl_mem make_image(cl_context context, cl_mem_flags flags, size_t width, size_t height, void *pixels) {
  const cl_image_format format = {CL_RGBA, CL_UNORM_INT8};
  const cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = width, .image_height = height};
  return clCreateImage(context, flags, &format, &desc, pixels, NULL);
}

static int failed(const char *what) {
  fprintf(stderr, "%s: %s\n", what, clup_last_error());
  return EXIT_FAILURE;
}

int main(void) {
  cl_platform_id platform;
  cl_device_id device;
  if (clup_device_find(NULL, &platform, &device)) return failed("device");
  cl_bool has_images = CL_FALSE;
  clGetDeviceInfo(device, CL_DEVICE_IMAGE_SUPPORT, sizeof has_images, &has_images, NULL);
  if (!has_images) {
    puts("the device has no images");
    return EXIT_SUCCESS;
  }
  cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, NULL);
  cl_command_queue queue = clCreateCommandQueue(context, device, 0, NULL);

  unsigned char in[2][4][4], out[4][8][4]; /* rows, columns, RGBA */
  for (int y = 0; y < 2; y++)
    for (int x = 0; x < 4; x++)
      for (int c = 0; c < 4; c++) in[y][x][c] = (unsigned char)(c == 3 ? 255 : 80 * x + 10 * y + c);
  clup_buffers images = {
      .input = {make_image(context, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, 4, 2, in), 0},
      .output = {make_image(context, CL_MEM_WRITE_ONLY, 8, 4, NULL), 0},
  };

  /* The problem is that of a tensor 1 x 4 x 2 x 4 of u8; `images` says where its elements are. */
  const clup_tensor tensor = clup_tensor_make(CLUP_U8, 4, (int64_t[]){1, 4, 2, 4});
  clup_interpolate_params params = CLUP_INTERPOLATE_PARAMS_INIT;
  params.mode = CLUP_BILINEAR;
  params.scale_factor[0] = params.scale_factor[1] = 2;
  params.images = CLUP_IMAGES;
  clup_context *clup = NULL;
  clup_problem *problem = NULL;
  clup_plan *plan = NULL;
  if (clup_context_create(context, device, NULL, &clup)) return failed("context");
  if (clup_interpolate_problem(&tensor, NULL, &params, &problem)) return failed("problem");
  if (clup_plan_create(clup, problem, NULL, &plan)) return failed("plan");
  if (clup_plan_enqueue(plan, queue, &images, 0, NULL, NULL)) return failed("enqueue");

  const size_t origin[3] = {0, 0, 0}, region[3] = {8, 4, 1};
  if (clEnqueueReadImage(queue, images.output.mem, CL_TRUE, origin, region, 0, 0, out, 0, NULL, NULL))
    return EXIT_FAILURE;
  for (int y = 0; y < 4; y++) {
    for (int x = 0; x < 8; x++) printf("%4d", out[y][x][0]);
    puts("");
  }
  clup_plan_release(plan);
  clup_problem_release(problem);
  clup_context_release(clup);
  clReleaseMemObject(images.input.mem);
  clReleaseMemObject(images.output.mem);
  clReleaseCommandQueue(queue);
  clReleaseContext(context);
  return out[0][1][0] != 20 || out[1][0][0] != 2 || out[3][7][3] != 255; /* 0.75*0 + 0.25*80, 2.5 to even, opaque */
}

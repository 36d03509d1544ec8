/* clup between two kernels of one's own: their kernel -> bilinear 2x -> their kernel, in their context, on their
 * out-of-order queue, with shared buffers. Only events order the three; the host waits once, at the end. */
#include <clup/clup.h>
#include <stdio.h>
#include <stdlib.h>

enum { H = 37, W = 53, OH = 2 * H, OW = 2 * W };

static const char *const source =
    "kernel void ramp(global float *x) {\n"
    "  int row = get_global_id(1), col = get_global_id(0);\n"
    "  x[row * get_global_size(0) + col] = 8 * row + col;\n"
    "}\n"
    "kernel void twice_plus_one(global float *y) {\n"
    "  int i = get_global_id(0);\n"
    "  y[i] = 2 * y[i] + 1;\n"
    "}\n";

static void must(clup_status status) {
  if (!status) return;
  fprintf(stderr, "%s: %s\n", clup_status_name(status), clup_last_error());
  exit(1);
}

static void must_cl(cl_int code, const char *what) {
  if (code == CL_SUCCESS) return;
  fprintf(stderr, "%s: OpenCL error %d\n", what, (int)code);
  exit(1);
}

static cl_kernel make_kernel(cl_program program, const char *name, cl_mem argument) {
  cl_int code;
  cl_kernel kernel = clCreateKernel(program, name, &code);
  must_cl(code, "clCreateKernel");
  must_cl(clSetKernelArg(kernel, 0, sizeof argument, &argument), "clSetKernelArg");
  return kernel;
}

static cl_command_queue make_queue(cl_context context, cl_device_id device) {
  cl_int code;
  cl_command_queue queue = clCreateCommandQueue(context, device, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, &code);
  if (code) queue = clCreateCommandQueue(context, device, 0, &code); /* a device without them: the events still hold */
  must_cl(code, "clCreateCommandQueue");
  return queue;
}

/* The ramp at output pixel i of a side of n, by the formula of a bilinear 2x. */
static float along(int i, int n) {
  float at = 0.5F * (float)i - 0.25F;
  return at < 0 ? 0 : at > (float)(n - 1) ? (float)(n - 1) : at;
}

static int count_wrong(const float *y) {
  int wrong = 0;
  for (int row = 0; row < OH; row++) {
    for (int col = 0; col < OW; col++) {
      wrong += y[row * OW + col] != 2 * (8 * along(row, H) + along(col, W)) + 1;
    }
  }
  return wrong;
}

int main(void) {
  /* One's own OpenCL: context, queue, buffers, kernels. */
  cl_device_id device;
  must(clup_device_find(NULL, NULL, &device));
  cl_int code;
  cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &code);
  must_cl(code, "clCreateContext");
  cl_command_queue queue = make_queue(context, device);
  cl_mem x = clCreateBuffer(context, CL_MEM_READ_WRITE, sizeof(float) * H * W, NULL, &code);
  must_cl(code, "clCreateBuffer");
  cl_mem y = clCreateBuffer(context, CL_MEM_READ_WRITE, sizeof(float) * OH * OW, NULL, &code);
  must_cl(code, "clCreateBuffer");
  const char *text = source;
  cl_program program = clCreateProgramWithSource(context, 1, &text, NULL, &code);
  must_cl(code, "clCreateProgramWithSource");
  must_cl(clBuildProgram(program, 1, &device, NULL, NULL, NULL), "clBuildProgram");
  cl_kernel before = make_kernel(program, "ramp", x);
  cl_kernel after = make_kernel(program, "twice_plus_one", y);

  /* clup, made ready once. */
  clup_context *clup = NULL;
  must(clup_context_create(context, device, NULL, &clup));
  const int64_t dims[4] = {1, 1, H, W};
  clup_tensor input = clup_tensor_make(CLUP_F32, 4, dims);
  clup_interpolate_params params = CLUP_INTERPOLATE_PARAMS_INIT;
  params.mode = CLUP_BILINEAR;
  params.scale_factor[0] = params.scale_factor[1] = 2;
  clup_problem *problem = NULL;
  must(clup_interpolate_problem(&input, NULL, &params, &problem));
  clup_plan *plan = NULL;
  must(clup_plan_create(clup, problem, NULL, &plan));

  /* The pipeline: each step waits for the event of the one before. */
  cl_event filled, upsampled, done;
  must_cl(clEnqueueNDRangeKernel(queue, before, 2, NULL, (size_t[]){W, H}, NULL, 0, NULL, &filled), "ramp");
  clup_buffers buffers = {.input = {x, 0}, .output = {y, 0}};
  must(clup_plan_enqueue(plan, queue, &buffers, 1, &filled, &upsampled));
  must_cl(clEnqueueNDRangeKernel(queue, after, 1, NULL, (size_t[]){OH * OW}, NULL, 1, &upsampled, &done),
          "twice_plus_one");
  static float result[OH * OW];
  must_cl(clEnqueueReadBuffer(queue, y, CL_TRUE, 0, sizeof result, result, 1, &done, NULL), "clEnqueueReadBuffer");

  int wrong = count_wrong(result);
  printf("pipeline: %dx%d -> %dx%d by solver '%s', %d values differ from the formula\n", W, H, OW, OH,
         clup_plan_algo(plan), wrong);

  clReleaseEvent(filled);
  clReleaseEvent(upsampled);
  clReleaseEvent(done);
  clup_plan_release(plan);
  clup_problem_release(problem);
  clup_context_release(clup);
  clReleaseKernel(before);
  clReleaseKernel(after);
  clReleaseProgram(program);
  clReleaseMemObject(x);
  clReleaseMemObject(y);
  clReleaseCommandQueue(queue);
  clReleaseContext(context);
  return wrong != 0;
}

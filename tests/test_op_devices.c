/* Two devices in one OpenCL context: each gets its own programs, from the disk cache too. PoCL makes as many devices as
 * POCL_DEVICES names; other drivers have one, and the test is left out there. */
#include <clup/clup.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* cmocka wants the headers above before it. */
#include <cmocka.h>

static cl_context context;
static cl_device_id devices[2];
static cl_uint num_devices;

static int find_devices(void **state) {
  (void)state;
  cl_platform_id platform = NULL;
  if (clGetPlatformIDs(1, &platform, NULL) != CL_SUCCESS ||
      clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 2, devices, &num_devices) != CL_SUCCESS)
    return -1;
  if (num_devices < 2) return 0;
  cl_int code = CL_SUCCESS;
  context = clCreateContext(NULL, 2, devices, NULL, NULL, &code);
  return code == CL_SUCCESS ? 0 : -1;
}

static int release_context(void **state) {
  (void)state;
  if (context != NULL) clReleaseContext(context);
  return 0;
}

static cl_mem buffer_of(const float *from, size_t size) {
  cl_int code = CL_SUCCESS;
  float copy[256];
  assert_true(size <= sizeof copy);
  for (size_t i = 0; i < size / sizeof copy[0]; i++) copy[i] = from[i];
  cl_mem made = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, size, copy, &code);
  assert_int_equal(code, CL_SUCCESS);
  return made;
}

/* eye(3) over ones(2,2): 1 1 0 0, 1 2 1 0, 0 1 2 1, 0 0 1 1. */
static void run_on(cl_device_id device, uint64_t *built) {
  const float x[4] = {1, 1, 1, 1}, w[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  const float want[16] = {1, 1, 0, 0, 1, 2, 1, 0, 0, 1, 2, 1, 0, 0, 1, 1};
  float y[16] = {-1};
  clup_context_options options = CLUP_CONTEXT_OPTIONS_INIT;
  options.cache_dir = "test_op_devices.cache";
  clup_context *made = NULL;
  clup_problem *problem = NULL;
  clup_plan *plan = NULL;
  cl_int code = CL_SUCCESS;
  cl_command_queue queue = clCreateCommandQueue(context, device, 0, &code);
  assert_int_equal(code, CL_SUCCESS);
  cl_mem in = buffer_of(x, sizeof x), weight = buffer_of(w, sizeof w), out = buffer_of(y, sizeof y);
  if (clup_context_create(context, device, &options, &made) != CLUP_OK ||
      clup_problem_parse("conv_transpose x=1x1x2x2 w=1x1x3x3", &problem) != CLUP_OK ||
      clup_plan_create(made, problem, NULL, &plan) != CLUP_OK ||
      clup_plan_set_weights(plan, queue, &(clup_weights){.weight = {weight, 0}}, 0, NULL, NULL) != CLUP_OK ||
      clup_plan_enqueue(plan, queue, &(clup_buffers){.input = {in, 0}, .output = {out, 0}}, 0, NULL, NULL) != CLUP_OK ||
      clup_context_cache_stats(made, built, NULL, NULL) != CLUP_OK)
    fail_msg("%s", clup_last_error());
  assert_int_equal(clEnqueueReadBuffer(queue, out, CL_TRUE, 0, sizeof y, y, 0, NULL, NULL), CL_SUCCESS);
  assert_memory_equal(y, want, sizeof want);
  clup_plan_release(plan);
  clup_problem_release(problem);
  clup_context_release(made);
  clReleaseMemObject(in);
  clReleaseMemObject(weight);
  clReleaseMemObject(out);
  clReleaseCommandQueue(queue);
}

static void test_each_device_of_a_context(void **state) {
  (void)state;
  if (num_devices < 2) skip();
  for (int i = 0; i < 2; i++) {
    uint64_t built = 0;
    run_on(devices[i], &built); /* from an earlier run's cache, or not */
    run_on(devices[i], &built);
    assert_int_equal(built, 0);
  }
}

int main(void) {
  setenv("POCL_DEVICES", "basic pthread", 1);
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_device_of_a_context)};
  return cmocka_run_group_tests(tests, find_devices, release_context);
}

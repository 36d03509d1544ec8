#include "warm_up.h"

#include "error.h"
#include "images.h"
#include "log.h"

/* PoCL has one version of a kernel for grids up to 65535 work-groups along each axis, and one for larger ones. */
enum { LARGE_GRID = 70000 };

static cl_int bind_nothing(const launch *l, cl_kernel kernel, cl_mem nothing, cl_mem image) {
  cl_uint index = 0;
  cl_long offset = -1; /* of the first buffer: what the kernel looks at */
  for (int i = 0; i < l->num_args; i++, index++) {
    cl_int code = CL_SUCCESS;
    if (l->args[i].kind == ARG_KIND_IMAGE) code = clSetKernelArg(kernel, index, sizeof image, &image);
    if (code) return code;
    if (l->args[i].kind != ARG_KIND_BUFFER) continue;
    code = clSetKernelArg(kernel, index++, sizeof nothing, &nothing);
    if (!code) code = clSetKernelArg(kernel, index, sizeof offset, &offset);
    if (code) return code;
  }
  return CL_SUCCESS;
}

static cl_int run_once(cl_command_queue queue, const launch *l, cl_kernel kernel, cl_mem nothing, cl_mem image) {
  cl_int code = bind_nothing(l, kernel, nothing, image);
  if (code) return code;
  size_t global[3] = {1, 1, 1};
  bool any_large = false;
  for (cl_uint i = 0; i < l->work_dim; i++) {
    size_t step = l->local[0] ? l->local[i] : 1;
    bool large = !any_large && l->global[i] / step > LARGE_GRID; /* one axis decides */
    any_large = any_large || large;
    global[i] = large ? LARGE_GRID * step : step;
  }
  return clEnqueueNDRangeKernel(queue, kernel, l->work_dim, NULL, global, l->local[0] ? l->local : NULL, 0, NULL, NULL);
}

clup_status plan_warm_up(clup_plan *plan) {
  const recipe *r = &plan->recipe;
  double begin = log_clock_ms();
  cl_int code = CL_SUCCESS, finished;
  cl_mem image = NULL;
  if (problem_images(plan->problem)) image = images_make(plan->context->context, plan->problem, 1, 1, &code);
  if (code) return CLUP_OK;
  cl_mem nothing = clCreateBuffer(plan->context->context, CL_MEM_READ_WRITE, 64, NULL, &code);
  if (code) {
    if (image) clReleaseMemObject(image);
    return CLUP_OK;
  }
  cl_command_queue queue = clCreateCommandQueue(plan->context->context, plan->context->device, 0, &code);
  if (code) {
    if (image) clReleaseMemObject(image);
    clReleaseMemObject(nothing);
    return CLUP_OK;
  }
  for (int i = 0; i < r->num_launches && !code; i++)
    code = run_once(queue, &r->launches[i], plan->kernels[i], nothing, image);
  for (int i = 0; i < r->num_pack && !code; i++)
    code = run_once(queue, &r->pack[i], plan->pack_kernels[i], nothing, image);
  finished = clFinish(queue);
  log_line(LOG_BUILD, "kernels run once, status %d, %.1f ms", (int)(code ? code : finished), log_clock_ms() - begin);
  clReleaseCommandQueue(queue);
  clReleaseMemObject(nothing);
  if (image) clReleaseMemObject(image);
  /* Kernels that may still be running must not be set up anew. */
  return finished ? clup_fail_cl(finished, "clFinish", "plan_create") : CLUP_OK;
}

/* Making and releasing plans, and what they answer. Enqueueing is in enqueue.c. */
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "error.h"
#include "log.h"
#include "ops/max_unpool.h"
#include "program.h"
#include "tensor.h"
#include "warm_up.h"

static clup_status make_buffer(clup_plan *plan, cl_mem_flags flags, size_t bytes, void *data, const char *what,
                               cl_mem *out) {
  if (bytes > plan->context->caps.max_allocation)
    return clup_fail(CLUP_OUT_OF_MEMORY, "plan: %s of %llu bytes: the device allocates at most %llu at once", what,
                     (unsigned long long)bytes, (unsigned long long)plan->context->caps.max_allocation);
  cl_int code;
  cl_mem made = clCreateBuffer(plan->context->context, flags | (data ? CL_MEM_COPY_HOST_PTR : 0), bytes, data, &code);
  if (code) return clup_fail_cl(code, "clCreateBuffer", what);
  *out = made;
  return CLUP_OK;
}

static clup_status make_kernels(clup_plan *plan, const launch *launches, int count, cl_kernel *kernels) {
  for (int i = 0; i < count; i++)
    CLUP_TRY(program_kernel(plan->context, launches[i].source, launches[i].kernel, launches[i].options, &kernels[i]));
  return CLUP_OK;
}

/* Arguments that no enqueue changes; buffers of the caller's and packed weights come with each enqueue. */
static clup_status set_fixed_args(clup_plan *plan, const launch *l, cl_kernel kernel) {
  cl_uint index = 0;
  for (int i = 0; i < l->num_args; i++) {
    const launch_arg *arg = &l->args[i];
    cl_int value32 = (cl_int)arg->integer, code = CL_SUCCESS;
    cl_long value64 = arg->integer;
    cl_float value_f32 = (cl_float)arg->real;
    switch (arg->kind) {
      case ARG_KIND_BUFFER: {
        cl_mem mem = arg->role == ARG_TABLE       ? plan->table
                     : arg->role == ARG_STATUS    ? plan->status
                     : arg->role == ARG_WORKSPACE ? plan->workspace
                                                  : NULL;
        cl_long offset = arg->offset;
        if (mem) code = clSetKernelArg(kernel, index, sizeof mem, &mem);
        if (mem && !code) code = clSetKernelArg(kernel, index + 1, sizeof offset, &offset);
        index += 2;
        break;
      }
      case ARG_KIND_IMAGE: /* the caller's, always */
        index++;
        break;
      case ARG_KIND_I32:
        code = clSetKernelArg(kernel, index++, sizeof value32, &value32);
        break;
      case ARG_KIND_I64:
        code = clSetKernelArg(kernel, index++, sizeof value64, &value64);
        break;
      case ARG_KIND_F32:
        code = clSetKernelArg(kernel, index++, sizeof value_f32, &value_f32);
        break;
      case ARG_KIND_F64:
        code = clSetKernelArg(kernel, index++, sizeof arg->real, &arg->real);
        break;
      case ARG_KIND_LOCAL:
        code = clSetKernelArg(kernel, index++, (size_t)arg->integer, NULL);
        break;
    }
    if (code) return clup_fail_cl(code, "clSetKernelArg", l->kernel);
  }
  cl_uint wanted = 0;
  if (!clGetKernelInfo(kernel, CL_KERNEL_NUM_ARGS, sizeof wanted, &wanted, NULL) && wanted != index)
    return clup_fail(CLUP_INTERNAL_ERROR, "plan: %s takes %u arguments, the launch has %u", l->kernel, wanted, index);
  return CLUP_OK;
}

static clup_status check_work_group(const clup_plan *plan, const launch *l, cl_kernel kernel) {
  if (!l->local[0]) return CLUP_OK;
  size_t most = 0, items = l->local[0] * l->local[1] * l->local[2];
  cl_int code =
      clGetKernelWorkGroupInfo(kernel, plan->context->device, CL_KERNEL_WORK_GROUP_SIZE, sizeof most, &most, NULL);
  if (code) return clup_fail_cl(code, "clGetKernelWorkGroupInfo", l->kernel);
  if (items > most)
    return clup_fail(CLUP_UNSUPPORTED, "plan: %s needs a work-group of %llu, the device '%s' allows %llu", l->kernel,
                     (unsigned long long)items, plan->context->caps.name, (unsigned long long)most);
  return CLUP_OK;
}

static clup_status set_all_fixed_args(clup_plan *plan) {
  const recipe *r = &plan->recipe;
  for (int i = 0; i < r->num_launches; i++) CLUP_TRY(set_fixed_args(plan, &r->launches[i], plan->kernels[i]));
  for (int i = 0; i < r->num_pack; i++) CLUP_TRY(set_fixed_args(plan, &r->pack[i], plan->pack_kernels[i]));
  return CLUP_OK;
}

static clup_status fill_plan(clup_plan *plan) {
  recipe *r = &plan->recipe;
  CLUP_TRY(make_kernels(plan, r->launches, r->num_launches, plan->kernels));
  CLUP_TRY(make_kernels(plan, r->pack, r->num_pack, plan->pack_kernels));
  if (r->table_bytes) CLUP_TRY(make_buffer(plan, CL_MEM_READ_ONLY, r->table_bytes, r->table, "table", &plan->table));
  if (r->workspace_bytes && !plan->caller_workspace)
    CLUP_TRY(make_buffer(plan, CL_MEM_READ_WRITE, r->workspace_bytes, NULL, "workspace", &plan->workspace));
  if (r->reports_errors) {
    cl_uint none = UINT32_MAX;
    CLUP_TRY(make_buffer(plan, CL_MEM_READ_WRITE, sizeof none, &none, "status", &plan->status));
  }
  for (int i = 0; i < r->num_launches; i++) CLUP_TRY(check_work_group(plan, &r->launches[i], plan->kernels[i]));
  CLUP_TRY(set_all_fixed_args(plan));
  if (plan->context->caps.is_pocl) {
    CLUP_TRY(plan_warm_up(plan));
    CLUP_TRY(set_all_fixed_args(plan));
  } else {
    program_save_new(plan->context); /* with PoCL when the context is released: it compiles once more for that */
  }
  recipe_clear(r); /* the table is on the device now */
  return CLUP_OK;
}

clup_status clup_plan_create(clup_context *context, const clup_problem *problem, const clup_plan_options *given,
                             clup_plan **out) {
  clup_plan_options options = CLUP_PLAN_OPTIONS_INIT;
  if (!context || !problem || !out)
    return clup_fail(CLUP_INVALID_ARGUMENT, "plan_create: %s is NULL",
                     !context   ? "context"
                     : !problem ? "problem"
                                : "out");
  if (given) params_copy(&options, sizeof options, given, given->struct_size);
  double begin = log_clock_ms();
  const solver *chosen = NULL;
  const wanted_solver wanted = {options.algo, options.native_f16 != 0, false};
  CLUP_TRY(select_solver(context, problem, &wanted, &chosen));
  clup_plan *plan = calloc(1, sizeof *plan);
  if (!plan || pthread_mutex_init(&plan->lock, NULL)) {
    free(plan);
    return clup_fail(CLUP_OUT_OF_MEMORY, "plan_create: no memory for the plan");
  }
  plan->context = context_retain(context);
  plan->problem = problem_retain(problem);
  plan->solver = chosen;
  plan->caller_workspace = options.caller_workspace != 0;
  clup_status status = select_configure(context, problem, chosen, wanted.native_f16, &plan->recipe);
  if (!status) status = fill_plan(plan);
  if (status) {
    clup_plan_release(plan);
    return status;
  }
  log_line(LOG_BUILD, "plan of %s/%s: %d launches, %llu bytes of workspace, %.1f ms", operator_of(problem->op)->name,
           chosen->name, plan->recipe.num_launches, (unsigned long long)plan->recipe.workspace_bytes,
           log_clock_ms() - begin);
  *out = plan;
  return CLUP_OK;
}

void clup_plan_release(clup_plan *plan) {
  if (!plan) return;
  for (int i = 0; i < RECIPE_MAX_LAUNCHES; i++)
    if (plan->kernels[i]) clReleaseKernel(plan->kernels[i]);
  for (int i = 0; i < RECIPE_MAX_PACK; i++)
    if (plan->pack_kernels[i]) clReleaseKernel(plan->pack_kernels[i]);
  cl_mem memory[] = {plan->workspace, plan->table, plan->status, plan->packed};
  for (size_t i = 0; i < sizeof memory / sizeof *memory; i++)
    if (memory[i]) clReleaseMemObject(memory[i]);
  if (plan->packed_ready) clReleaseEvent(plan->packed_ready);
  if (plan->last_use) clReleaseEvent(plan->last_use);
  recipe_clear(&plan->recipe);
  pthread_mutex_destroy(&plan->lock);
  clup_problem_release(plan->problem);
  clup_context_release(plan->context);
  free(plan);
}

const char *clup_plan_algo(const clup_plan *plan) {
  return plan ? plan->solver->name : "";
}

size_t clup_plan_workspace_size(const clup_plan *plan) {
  return plan ? plan->recipe.workspace_bytes : 0;
}

/* "n=0, c=2, y=1, x=3" would need names for every rank: the index tuple does for all. indices: the array, as the
 * problem's tensor says, or NULL where it is out of reach. */
static clup_status index_failure(const clup_plan *plan, cl_uint element, const void *indices) {
  const clup_problem *problem = plan->problem;
  const clup_tensor *tensor = &problem->indices;
  const unpool_view view = unpool_view_of(problem);
  char shape[TENSOR_TEXT], place[TENSOR_TEXT], value[32] = "";
  clup_tensor at = *tensor, counted = {.rank = 3};
  int64_t rest = element, offset = 0;
  for (int i = tensor->rank - 1; i >= 0; i--) {
    at.dims[i] = rest % tensor->dims[i];
    rest /= tensor->dims[i];
    offset += at.dims[i] * tensor->strides[i];
  }
  memcpy(counted.dims, view.counted, sizeof view.counted);
  tensor_dims_text(&at, place);
  for (char *c = place; *c; c++)
    if (*c == 'x') *c = ',';
  if (indices && tensor->dtype == CLUP_I64)
    snprintf(value, sizeof value, " %lld", (long long)((const int64_t *)indices)[offset]);
  else if (indices)
    snprintf(value, sizeof value, " %lld", (long long)((const int32_t *)indices)[offset]);
  return clup_fail(CLUP_INDEX_OUT_OF_RANGE,
                   "%s: indices: the index%s at (%s), the first such, is not within 0..%lld of its output %s of %s",
                   operator_of(problem->op)->name, value, place, (long long)unpool_index_end(&view) - 1,
                   view.whole ? "tensor, planes" : "plane", tensor_dims_text(&counted, shape));
}

clup_status plan_check(clup_plan *plan, cl_command_queue queue, cl_uint num_events, const cl_event *wait_list,
                       const void *indices) {
  if (!plan) return clup_fail(CLUP_INVALID_ARGUMENT, "plan_check: plan is NULL");
  CLUP_TRY(buffer_check_queue(plan->context, queue, "plan_check"));
  CLUP_TRY(buffer_check_events(num_events, wait_list, "plan_check"));
  cl_int code = num_events ? clWaitForEvents(num_events, wait_list) : clFinish(queue);
  if (code) return clup_fail_cl(code, num_events ? "clWaitForEvents" : "clFinish", "plan_check");
  if (!plan->status) return CLUP_OK;
  cl_uint element = UINT32_MAX, none = UINT32_MAX;
  pthread_mutex_lock(&plan->lock); /* two checks at once must not both report, or lose, one error */
  code = clEnqueueReadBuffer(queue, plan->status, CL_TRUE, 0, sizeof element, &element, 0, NULL, NULL);
  if (!code && element != none)
    code = clEnqueueWriteBuffer(queue, plan->status, CL_TRUE, 0, sizeof none, &none, 0, NULL, NULL);
  pthread_mutex_unlock(&plan->lock);
  if (code) return clup_fail_cl(code, "clEnqueueReadBuffer", "plan_check");
  return element == none ? CLUP_OK : index_failure(plan, element, indices);
}

clup_status clup_plan_check(clup_plan *plan, cl_command_queue queue, cl_uint num_events, const cl_event *wait_list) {
  return plan_check(plan, queue, num_events, wait_list, NULL);
}

#include "buffer.h"

#include "error.h"

clup_status buffer_check_queue(const clup_context *context, cl_command_queue queue, const char *op) {
  cl_context of_context = NULL;
  cl_device_id of_device = NULL;
  if (!queue) return clup_fail(CLUP_INVALID_ARGUMENT, "%s: the queue is NULL", op);
  cl_int code = clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof of_context, &of_context, NULL);
  if (!code) code = clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof of_device, &of_device, NULL);
  if (code) return clup_fail_cl(code, "clGetCommandQueueInfo", op);
  if (of_context != context->context)
    return clup_fail(CLUP_INVALID_ARGUMENT, "%s: the queue belongs to another OpenCL context than the plan", op);
  if (of_device != context->device)
    return clup_fail(CLUP_INVALID_ARGUMENT, "%s: the queue is of another device than the plan's ('%s')", op,
                     context->caps.name);
  return CLUP_OK;
}

clup_status buffer_check_events(cl_uint num_events, const cl_event *wait_list, const char *op) {
  if (!num_events != !wait_list)
    return clup_fail(CLUP_INVALID_ARGUMENT, "%s: num_events=%u, but the wait list is %s", op, num_events,
                     wait_list ? "not NULL" : "NULL");
  for (cl_uint i = 0; i < num_events; i++)
    if (!wait_list[i]) return clup_fail(CLUP_INVALID_ARGUMENT, "%s: wait_list[%u] is NULL", op, i);
  return CLUP_OK;
}

/* The memory that a cl_mem stands for: a sub-buffer is a range of its parent. */
typedef struct range {
  cl_mem root;
  size_t begin, end;
} range;

static clup_status check_one(const clup_context *context, const bound_buffer *b, const char *op, range *out) {
  cl_mem mem = b->buffer.mem;
  *out = (range){NULL, 0, 0};
  if (!mem) {
    if (b->bytes == 0) return CLUP_OK;
    return clup_fail(CLUP_INVALID_BUFFER, "%s: %s: the buffer is NULL", op, b->name);
  }
  cl_context of_context = NULL;
  cl_mem_object_type type = 0;
  cl_mem_flags flags = 0;
  cl_mem parent = NULL;
  size_t size = 0, origin = 0;
  cl_int code = clGetMemObjectInfo(mem, CL_MEM_CONTEXT, sizeof of_context, &of_context, NULL);
  if (!code) code = clGetMemObjectInfo(mem, CL_MEM_TYPE, sizeof type, &type, NULL);
  if (!code) code = clGetMemObjectInfo(mem, CL_MEM_FLAGS, sizeof flags, &flags, NULL);
  if (!code) code = clGetMemObjectInfo(mem, CL_MEM_SIZE, sizeof size, &size, NULL);
  if (!code) code = clGetMemObjectInfo(mem, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof parent, &parent, NULL);
  if (!code && parent) code = clGetMemObjectInfo(mem, CL_MEM_OFFSET, sizeof origin, &origin, NULL);
  if (code) return clup_fail_cl(code, "clGetMemObjectInfo", op);
  if (type != CL_MEM_OBJECT_BUFFER)
    return clup_fail(CLUP_INVALID_BUFFER, "%s: %s: the memory object is not a buffer", op, b->name);
  if (of_context != context->context)
    return clup_fail(CLUP_INVALID_BUFFER, "%s: %s: the buffer belongs to another OpenCL context than the plan", op,
                     b->name);
  if (flags & (cl_mem_flags)(b->written ? CL_MEM_READ_ONLY : CL_MEM_WRITE_ONLY))
    return clup_fail(CLUP_INVALID_BUFFER, "%s: %s: the buffer was made %s", op, b->name,
                     b->written ? "CL_MEM_READ_ONLY, but is written" : "CL_MEM_WRITE_ONLY, but is read");
  if (b->buffer.offset % b->alignment)
    return clup_fail(CLUP_INVALID_BUFFER, "%s: %s: offset %llu is not a multiple of %llu bytes", op, b->name,
                     (unsigned long long)b->buffer.offset, (unsigned long long)b->alignment);
  if (b->buffer.offset > size || b->bytes > size - b->buffer.offset)
    return clup_fail(CLUP_INVALID_BUFFER, "%s: %s: needs %llu bytes behind offset %llu, but the buffer has %llu", op,
                     b->name, (unsigned long long)b->bytes, (unsigned long long)b->buffer.offset,
                     (unsigned long long)size);
  if (b->bytes) {
    out->root = parent ? parent : mem;
    out->begin = origin + b->buffer.offset;
    out->end = out->begin + b->bytes;
  }
  return CLUP_OK;
}

#define MAX_BOUND 8

clup_status buffer_check(const clup_context *context, const bound_buffer *buffers, int count, const char *op) {
  range ranges[MAX_BOUND];
  if (count > MAX_BOUND) return clup_fail(CLUP_INTERNAL_ERROR, "%s: %d buffers at once", op, count);
  for (int i = 0; i < count; i++) CLUP_TRY(check_one(context, &buffers[i], op, &ranges[i]));
  for (int i = 0; i < count; i++)
    for (int j = 0; j < count; j++) {
      if (i == j || !buffers[i].written || !ranges[i].root || ranges[i].root != ranges[j].root) continue;
      if (ranges[i].begin < ranges[j].end && ranges[j].begin < ranges[i].end)
        return clup_fail(CLUP_INVALID_BUFFER, "%s: %s (bytes %llu..%llu) overlaps %s (bytes %llu..%llu) in one buffer",
                         op, buffers[i].name, (unsigned long long)ranges[i].begin, (unsigned long long)ranges[i].end,
                         buffers[j].name, (unsigned long long)ranges[j].begin, (unsigned long long)ranges[j].end);
    }
  return CLUP_OK;
}

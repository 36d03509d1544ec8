#include "images.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "solver.h"
#include "tensor.h"

const char *const images_names[] = {"none", "images", "uint", NULL};

clup_images problem_images(const clup_problem *problem) {
  if (problem->op == CLUP_OP_INTERPOLATE) return problem->params.interpolate.images;
  return problem->op == CLUP_OP_RESIZE ? problem->params.resize.images : CLUP_NO_IMAGES;
}

clup_status images_check(const clup_problem *made) {
  const char *op = operator_of(made->op)->name;
  const clup_images images = problem_images(made);
  const clup_tensor *in = &made->input, *out = &made->output;
  char text[TENSOR_TEXT];
  if (images == CLUP_NO_IMAGES) return CLUP_OK;
  if (images != CLUP_IMAGES && images != CLUP_IMAGES_UINT)
    return clup_fail(CLUP_INVALID_ARGUMENT, "%s: images=%d is none of clup's", op, (int)images);
  if (in->rank != 4 || in->dims[0] != 1 || out->dims[0] != 1 || in->dims[1] != out->dims[1])
    return clup_fail(CLUP_INVALID_SHAPE, "%s: images: the input is %s, but images are 1 x C x H x W, C unchanged", op,
                     tensor_dims_text(in, text));
  if (in->dims[1] != 1 && in->dims[1] != 2 && in->dims[1] != 4)
    return clup_fail(CLUP_INVALID_SHAPE, "%s: images: %lld channels, but there must be 1 (R), 2 (RG) or 4 (RGBA, BGRA)",
                     op, (long long)in->dims[1]);
  if (!tensor_is_contiguous(in) || !tensor_is_contiguous(out))
    return clup_fail(CLUP_INVALID_ARGUMENT, "%s: images have no strides: the tensors must be contiguous", op);
  const bool is_u8 = in->dtype == CLUP_U8;
  if (images == CLUP_IMAGES_UINT ? !is_u8 : !is_u8 && in->dtype != CLUP_F16 && in->dtype != CLUP_F32)
    return clup_fail(CLUP_UNSUPPORTED, "%s: images=%s: dtype %s, but it must be %s", op, images_names[images],
                     clup_dtype_name(in->dtype), images == CLUP_IMAGES_UINT ? "u8" : "u8, f16 or f32");
  if (made->op == CLUP_OP_RESIZE && made->params.resize.coordinate_mode == CLUP_TF_CROP_AND_RESIZE)
    return clup_fail(CLUP_UNSUPPORTED, "%s: images: tf_crop_and_resize is for buffers only", op);
  return CLUP_OK;
}

static cl_channel_type type_of(const clup_problem *problem) {
  if (problem->input.dtype == CLUP_F32) return CL_FLOAT;
  if (problem->input.dtype == CLUP_F16) return CL_HALF_FLOAT;
  return problem_images(problem) == CLUP_IMAGES_UINT ? CL_UNSIGNED_INT8 : CL_UNORM_INT8;
}

/* ---- the caller's images */

static const char *type_name(cl_channel_type type) {
  switch (type) {
    case CL_FLOAT:
      return "CL_FLOAT";
    case CL_HALF_FLOAT:
      return "CL_HALF_FLOAT";
    case CL_UNORM_INT8:
      return "CL_UNORM_INT8";
    case CL_UNSIGNED_INT8:
      return "CL_UNSIGNED_INT8";
  }
  return "another type";
}

static const char *order_name(cl_channel_order order) {
  switch (order) {
    case CL_R:
      return "CL_R";
    case CL_RG:
      return "CL_RG";
    case CL_RGBA:
      return "CL_RGBA";
    case CL_BGRA:
      return "CL_BGRA";
  }
  return "another order";
}

static bool order_fits(cl_channel_order order, int64_t channels) {
  return channels == 1 ? order == CL_R : channels == 2 ? order == CL_RG : order == CL_RGBA || order == CL_BGRA;
}

static clup_status check_memory(const clup_context *context, const char *op, const char *name,
                                const clup_buffer *buffer, cl_mem_flags forbidden) {
  cl_context of_context = NULL;
  cl_mem_object_type type = 0;
  cl_mem_flags flags = 0;
  if (!buffer->mem) return clup_fail(CLUP_INVALID_BUFFER, "%s: %s: the image is NULL", op, name);
  cl_int code = clGetMemObjectInfo(buffer->mem, CL_MEM_CONTEXT, sizeof of_context, &of_context, NULL);
  if (!code) code = clGetMemObjectInfo(buffer->mem, CL_MEM_TYPE, sizeof type, &type, NULL);
  if (!code) code = clGetMemObjectInfo(buffer->mem, CL_MEM_FLAGS, sizeof flags, &flags, NULL);
  if (code) return clup_fail_cl(code, "clGetMemObjectInfo", op);
  if (type != CL_MEM_OBJECT_IMAGE2D)
    return clup_fail(CLUP_INVALID_BUFFER, "%s: %s: the problem is of images, but the memory object is %s", op, name,
                     type == CL_MEM_OBJECT_BUFFER ? "a buffer" : "no image2d_t");
  if (of_context != context->context)
    return clup_fail(CLUP_INVALID_BUFFER, "%s: %s: the image belongs to another OpenCL context than the plan", op,
                     name);
  if (buffer->offset)
    return clup_fail(CLUP_INVALID_BUFFER, "%s: %s: offset %llu, but an image has none", op, name,
                     (unsigned long long)buffer->offset);
  if (flags & forbidden)
    return clup_fail(
        CLUP_INVALID_BUFFER, "%s: %s: the image was made %s", op, name,
        forbidden == CL_MEM_READ_ONLY ? "CL_MEM_READ_ONLY, but is written" : "CL_MEM_WRITE_ONLY, but is read");
  return CLUP_OK;
}

static clup_status check_image(const clup_problem *problem, const clup_tensor *tensor, const char *op, const char *name,
                               cl_mem image, cl_channel_order *order) {
  cl_image_format format = {0, 0};
  size_t width = 0, height = 0;
  cl_int code = clGetImageInfo(image, CL_IMAGE_FORMAT, sizeof format, &format, NULL);
  if (!code) code = clGetImageInfo(image, CL_IMAGE_WIDTH, sizeof width, &width, NULL);
  if (!code) code = clGetImageInfo(image, CL_IMAGE_HEIGHT, sizeof height, &height, NULL);
  if (code) return clup_fail_cl(code, "clGetImageInfo", op);
  if ((int64_t)width != tensor->dims[3] || (int64_t)height != tensor->dims[2])
    return clup_fail(CLUP_INVALID_BUFFER, "%s: %s: the image is %llu x %llu, width by height, but must be %lld x %lld",
                     op, name, (unsigned long long)width, (unsigned long long)height, (long long)tensor->dims[3],
                     (long long)tensor->dims[2]);
  if (format.image_channel_data_type != type_of(problem))
    return clup_fail(CLUP_INVALID_BUFFER, "%s: %s: the image's channels are %s (0x%x), but must be %s", op, name,
                     type_name(format.image_channel_data_type), format.image_channel_data_type,
                     type_name(type_of(problem)));
  if (!order_fits(format.image_channel_order, tensor->dims[1]))
    return clup_fail(CLUP_INVALID_BUFFER, "%s: %s: the image's order is %s (0x%x), which is not of %lld channels", op,
                     name, order_name(format.image_channel_order), format.image_channel_order,
                     (long long)tensor->dims[1]);
  *order = format.image_channel_order;
  return CLUP_OK;
}

clup_status images_check_bound(const clup_context *context, const clup_problem *problem, const clup_buffers *buffers) {
  const char *op = operator_of(problem->op)->name;
  cl_channel_order from = 0, to = 0;
  CLUP_TRY(check_memory(context, op, "input", &buffers->input, CL_MEM_WRITE_ONLY));
  CLUP_TRY(check_memory(context, op, "output", &buffers->output, CL_MEM_READ_ONLY));
  CLUP_TRY(check_image(problem, &problem->input, op, "input", buffers->input.mem, &from));
  CLUP_TRY(check_image(problem, &problem->output, op, "output", buffers->output.mem, &to));
  if (from != to)
    return clup_fail(CLUP_INVALID_BUFFER, "%s: the input's order is %s, the output's %s: they must be the same", op,
                     order_name(from), order_name(to));
  if (buffers->input.mem == buffers->output.mem)
    return clup_fail(CLUP_INVALID_BUFFER, "%s: input and output are one image", op);
  return CLUP_OK;
}

/* ---- images from arrays */

static cl_image_format format_of(const clup_problem *problem) {
  const int64_t channels = problem->input.dims[1];
  return (cl_image_format){channels == 1 ? CL_R : channels == 2 ? CL_RG : CL_RGBA, type_of(problem)};
}

cl_mem images_make(cl_context context, const clup_problem *problem, size_t width, size_t height, cl_int *code) {
  const cl_image_format format = format_of(problem);
  const cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = width, .image_height = height};
  return clCreateImage(context, CL_MEM_READ_WRITE, &format, &desc, NULL, code);
}

/* Asked, since drivers differ in how clCreateImage refuses. */
static bool is_supported(cl_context context, cl_image_format wanted) {
  cl_image_format formats[512];
  cl_uint count = 0;
  if (clGetSupportedImageFormats(context, CL_MEM_READ_WRITE, CL_MEM_OBJECT_IMAGE2D, 512, formats, &count)) return false;
  for (cl_uint i = 0; i < count && i < 512; i++)
    if (!memcmp(&formats[i], &wanted, sizeof wanted)) return true;
  return false;
}

clup_status images_create(const clup_context *context, const clup_problem *problem, const clup_tensor *tensor,
                          cl_mem *out) {
  const char *op = operator_of(problem->op)->name;
  cl_int code;
  if (!is_supported(context->context, format_of(problem)))
    return clup_fail(CLUP_UNSUPPORTED, "%s: the device '%s' has no images of %s, %s", op, context->caps.name,
                     order_name(format_of(problem).image_channel_order), type_name(type_of(problem)));
  const cl_mem image = images_make(context->context, problem, (size_t)tensor->dims[3], (size_t)tensor->dims[2], &code);
  if (code) return clup_fail_cl(code, "clCreateImage", op);
  *out = image;
  return CLUP_OK;
}

/* Pixels [H][W][C] from planes [C][H][W], or the reverse. */
static void rearrange(const clup_tensor *tensor, char *pixels, char *planes, bool to_pixels) {
  const size_t size = clup_dtype_size(tensor->dtype), channels = (size_t)tensor->dims[1];
  const size_t count = (size_t)(tensor->dims[2] * tensor->dims[3]);
  for (size_t c = 0; c < channels; c++)
    for (size_t i = 0; i < count; i++) {
      char *pixel = pixels + (i * channels + c) * size, *element = planes + (c * count + i) * size;
      memcpy(to_pixels ? pixel : element, to_pixels ? element : pixel, size);
    }
}

/* Writes the image, or reads it. */
static clup_status transfer(cl_command_queue queue, cl_mem image, const clup_tensor *tensor, char *array, bool write) {
  static const size_t origin[3] = {0, 0, 0};
  const size_t region[3] = {(size_t)tensor->dims[3], (size_t)tensor->dims[2], 1};
  const size_t bytes = (size_t)tensor_elements(tensor) * clup_dtype_size(tensor->dtype);
  char *pixels = malloc(bytes);
  if (!pixels)
    return clup_fail(CLUP_OUT_OF_MEMORY, "images: no memory for %llu bytes of pixels", (unsigned long long)bytes);
  if (write) rearrange(tensor, pixels, array, true);
  const cl_int code = write ? clEnqueueWriteImage(queue, image, CL_TRUE, origin, region, 0, 0, pixels, 0, NULL, NULL)
                            : clEnqueueReadImage(queue, image, CL_TRUE, origin, region, 0, 0, pixels, 0, NULL, NULL);
  if (!write && !code) rearrange(tensor, pixels, array, false);
  free(pixels);
  return code ? clup_fail_cl(code, write ? "clEnqueueWriteImage" : "clEnqueueReadImage", "images") : CLUP_OK;
}

clup_status images_write(cl_command_queue queue, cl_mem image, const clup_tensor *tensor, const void *array) {
  return transfer(queue, image, tensor, (char *)(uintptr_t)array, true); /* which is only read */
}

clup_status images_read(cl_command_queue queue, cl_mem image, const clup_tensor *tensor, void *array) {
  return transfer(queue, image, tensor, array, false);
}

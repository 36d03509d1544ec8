/* Problems whose input and output are image2d_t: what fits, checks of the caller's images, and images from arrays. */
#ifndef CLUP_IMAGES_H
#define CLUP_IMAGES_H

#include "context.h"
#include "problem.h"

extern const char *const images_names[]; /* of clup_images, for the text form */

/* CLUP_NO_IMAGES for operators that have none. */
clup_images problem_images(const clup_problem *problem);
/* Whether the tensors are such that images hold them, where the problem is of images. */
clup_status images_check(const clup_problem *made);
/* The input and output of an enqueue. */
clup_status images_check_bound(const clup_context *context, const clup_problem *problem, const clup_buffers *buffers);

/* An image of the problem's channels (R, RG or RGBA) and type. */
cl_mem images_make(cl_context context, const clup_problem *problem, size_t width, size_t height, cl_int *code);
/* The same, of a tensor's size; the message tells what the device lacks. */
clup_status images_create(const clup_context *context, const clup_problem *problem, const clup_tensor *tensor,
                          cl_mem *out);
/* Between an array that lies as the tensor says and an image of its size; waits. */
clup_status images_write(cl_command_queue queue, cl_mem image, const clup_tensor *tensor, const void *array);
clup_status images_read(cl_command_queue queue, cl_mem image, const clup_tensor *tensor, void *array);

#endif

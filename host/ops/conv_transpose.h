/* What the solvers of transposed convolution share: the problem as numbers per axis, and the packing of weights. */
#ifndef CLUP_CONV_TRANSPOSE_H
#define CLUP_CONV_TRANSPOSE_H

#include "../solver.h"

/* Problems of one, two and three spatial axes are all lifted to three: axis 0 is z, 1 is y, 2 is x. */
enum { AXIS_Z, AXIS_Y, AXIS_X, CONV_AXES };

typedef struct conv_geometry {
  int64_t batch, groups;
  int64_t ci, co; /* channels per group, in and out */
  int64_t in[CONV_AXES], out[CONV_AXES], kernel[CONV_AXES], stride[CONV_AXES], dilation[CONV_AXES];
  int64_t pad[CONV_AXES]; /* at the beginning; negative where the output begins with bias alone */
  int64_t x_strides[2 + CONV_AXES], y_strides[2 + CONV_AXES],
      w_strides[2 + CONV_AXES]; /* n, c, z, y, x; 0: one element */
} conv_geometry;

conv_geometry conv_transpose_geometry(const clup_problem *problem);

/* Rounded down, where / rounds towards 0. */
static inline int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}

/* The padding modulo the stride: 0 or more. */
static inline int64_t conv_phase(const conv_geometry *g, int axis) {
  return g->pad[axis] - floor_div(g->pad[axis], g->stride[axis]) * g->stride[axis];
}

/* Outputs of an axis counted from padded places, output + pad = stride * q + phase: the first output's q, and how many
 * q there are up to the last one's. */
static inline int64_t conv_first_q(const conv_geometry *g, int axis) {
  return floor_div(g->pad[axis], g->stride[axis]);
}

static inline int64_t conv_count_q(const conv_geometry *g, int axis) {
  return floor_div(g->out[axis] - 1 + g->pad[axis], g->stride[axis]) - conv_first_q(g, axis) + 1;
}

/* From one tap of a phase to the next: stride / gcd(stride, dilation). */
int64_t conv_tap_step(const conv_geometry *g, int axis);

/* There is nothing to do along z: a problem of one or two axes, or as good as one. */
static inline bool conv_one_plane(const conv_geometry *g) {
  return g->in[AXIS_Z] == 1 && g->out[AXIS_Z] == 1 && g->kernel[AXIS_Z] == 1 && g->pad[AXIS_Z] == 0;
}

/* Where packed weights and bias lie in the plan's memory, as real_t of dtype.clh. Weights of one block of `block`
 * output channels of one group lie by `order`, channels past the last one zero; blocks follow each other,
 * groups too. Bias: [groups][blocks*block], zero where the problem has none; behind it, likewise, the slopes of prelu.
 */
typedef struct conv_packed {
  int64_t blocks; /* per group */
  int64_t weight, bias;
  int64_t special; /* an int per block, on CPUs only: not 0 where it has infinite or NaN weights */
} conv_packed;

/* How the weights of a block are packed: [kz][ky][ci][kx][block], [ci][kz][ky][kx][block], [kz][ky][kx][ci][block]. */
typedef enum conv_order { CONV_BY_ROW, CONV_BY_CHANNEL, CONV_BY_TAP } conv_order;

/* Adds the pack launch to the recipe. */
conv_packed conv_transpose_pack(recipe *r, const clup_problem *problem, const device_caps *caps, int64_t block,
                                conv_order order);

/* The same by a kernel that does more: its first arguments are those of conv_transpose_pack, the caller adds its own,
 * all defines and the range to what is returned. */
launch *conv_transpose_pack_by(recipe *r, const clup_problem *problem, int64_t block, const char *source,
                               const char *kernel, conv_packed *to);

/* For applicable(): coordinates, taps and planes fit the `int` that the kernels count them with. */
bool conv_transpose_fits(const clup_problem *problem, char *why);

/* The same for solvers that keep tiles of floats in a CPU's registers: a CPU, and not f64, too. */
bool conv_tiles_apply(const clup_problem *problem, const device_caps *caps, char *why);

/* The same for solvers of one plane without dilation. */
bool conv_is_plain_plane(const conv_geometry *g, char *why);

/* DTYPE and ACTIVATION. */
void conv_transpose_defines(recipe *r, launch *l, const clup_problem *problem);

/* STRIDE_Y, KERNEL_Y, STRIDE_X and KERNEL_X. */
void conv_plane_defines(recipe *r, launch *l, const conv_geometry *g);

/* The activation's alpha and beta. */
void conv_transpose_limits(recipe *r, launch *l, const clup_problem *problem);

/* The last arguments of each kernel: alpha and beta; with the defines. */
void conv_transpose_epilogue(recipe *r, launch *l, const clup_problem *problem);

/* One `int` per axis. */
void conv_axes_args(recipe *r, launch *l, const int64_t *values, int axes);

/* Input, kernel, stride, padding, dilation and output: an `int` per axis each. */
void conv_geometry_args(recipe *r, launch *l, const conv_geometry *g);

/* The arguments that gather and scatter begin with, in their order. */
void conv_transpose_common_args(recipe *r, launch *l, const clup_problem *problem, const conv_packed *packed);

/* One index_t per axis but z: of problems of one plane. */
void conv_plane_strides(recipe *r, launch *l, const int64_t strides[2 + CONV_AXES]);

/* The arguments that most kernels begin with: the tensors, packed weights and bias. */
void conv_buffer_args(recipe *r, launch *l, const clup_problem *problem, const conv_packed *packed);

/* The arguments that solvers of all axes begin with: buffers, strides. */
void conv_tensor_args(recipe *r, launch *l, const clup_problem *problem, const conv_packed *packed);

/* The arguments that the CPU solvers of one plane, thin and depthwise, begin with: buffers, strides without z. */
void conv_plane_args(recipe *r, launch *l, const clup_problem *problem, const conv_packed *packed);

extern const solver conv_transpose_winograd_thin, conv_transpose_tiles, conv_transpose_depthwise, conv_transpose_thin,
    conv_transpose_depthwise_columns, conv_transpose_patch, conv_transpose_winograd, conv_transpose_winograd_shuffle,
    conv_transpose_gemm_lines, conv_transpose_gemm_rows, conv_transpose_gemm_shuffle, conv_transpose_channels,
    conv_transpose_phase, conv_transpose_gemm_col2im, conv_transpose_mma, conv_transpose_gather, conv_transpose_scatter;

#endif

/* clup: deep-learning upsampling operators for OpenCL. The only public header.
 *
 * Way of use: describe tensors (clup_tensor), make a problem (one operator on given shapes), make a plan of it (solver
 * chosen, kernels built, memory allocated), then enqueue the plan on your own queue and buffers, as often as you like.
 *
 * - Every function that can fail returns a clup_status. On failure the calling thread's clup_last_error() says why,
 * with the numbers; output parameters are left untouched and nothing was enqueued, unless a function says otherwise.
 * - Handles are opaque and owned by the caller, who gives them back with the matching _release function; _release
 * accepts NULL. A plan keeps what it needs of its context and problem alive: they may be released in any order.
 * - Any number of threads may use one clup_context, one clup_plan or one clup_problem at the same time.
 * - Sizes and strides are in elements, offsets of buffers in bytes. Axis order is PyTorch's: N, C, then the spatial
 * axes
 *   ([D,] H, W). Arrays over spatial axes hold them in that order from index 0; entries past the last axis are ignored.
 * - Formulas: PyTorch 2.13.0 (torch.nn, torch.nn.functional), named at each operator. */
#ifndef CLUP_CLUP_H
#define CLUP_CLUP_H

#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120
#endif
#include <CL/cl.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(CLUP_BUILDING_LIBRARY) && defined(__GNUC__)
#define CLUP_API __attribute__((visibility("default")))
#else
#define CLUP_API
#endif

#define CLUP_VERSION_MAJOR 0
#define CLUP_VERSION_MINOR 1
#define CLUP_VERSION_PATCH 0

/* "MAJOR.MINOR.PATCH" of the library that is linked. Static storage. */
CLUP_API const char *clup_version(void);

/* ---------------------------------------------------------------- status */

typedef enum clup_status {
  CLUP_OK = 0,
  CLUP_INVALID_ARGUMENT = 1,   /* a NULL, an unknown enum value, a parameter outside its range */
  CLUP_INVALID_SHAPE = 2,      /* shapes and parameters that do not fit together, sizes that overflow */
  CLUP_UNSUPPORTED = 3,        /* well-formed, but not by this library, solver or device */
  CLUP_INVALID_BUFFER = 4,     /* too short, misaligned offset, foreign context, overlapping, wrong access flags */
  CLUP_OUT_OF_MEMORY = 5,      /* host or device */
  CLUP_OPENCL_ERROR = 6,       /* an OpenCL call failed: its name and code are in the message */
  CLUP_BUILD_FAILED = 7,       /* the device's compiler refused a kernel: the log's first lines are in the message */
  CLUP_NO_DEVICE = 8,          /* no usable OpenCL device, or none that the specification names */
  CLUP_INDEX_OUT_OF_RANGE = 9, /* max-unpooling met an index outside its plane (found on the device) */
  CLUP_INTERNAL_ERROR = 10     /* a defect of clup's */
} clup_status;

/* The status's name, as "CLUP_INVALID_SHAPE". Static storage; never NULL. */
CLUP_API const char *clup_status_name(clup_status status);

/* One line on the calling thread's last failed call, "operator: what: why, with the numbers". Valid until the thread's
 * next clup call; never NULL ("" before the first failure). */
CLUP_API const char *clup_last_error(void);

/* ---------------------------------------------------------------- tensors */

typedef enum clup_dtype {
  CLUP_F32 = 1,
  CLUP_F64 = 2,
  CLUP_F16 = 3,
  CLUP_BF16 = 4,
  CLUP_U8 = 5,
  CLUP_I8 = 6,
  CLUP_U16 = 7,
  CLUP_I16 = 8,
  CLUP_U32 = 9,
  CLUP_I32 = 10,
  CLUP_U64 = 11,
  CLUP_I64 = 12
} clup_dtype;

/* Bytes of one element; 0 for an unknown dtype. */
CLUP_API size_t clup_dtype_size(clup_dtype dtype);
/* "f32", "u8", ...; "?" for an unknown dtype. Static storage. */
CLUP_API const char *clup_dtype_name(clup_dtype dtype);

#define CLUP_MAX_RANK 8

/* A tensor's description, without data. strides are in elements; all zero means contiguous, last axis fastest. Strides
 * must be >= 0; an input may repeat elements (stride 0), an output may not. The shape is always in N, C, H, W order: an
 * NHWC array is described by its strides (clup_tensor_channels_last). */
typedef struct clup_tensor {
  clup_dtype dtype;
  int rank;
  int64_t dims[CLUP_MAX_RANK];
  int64_t strides[CLUP_MAX_RANK];
} clup_tensor;

/* A contiguous tensor; dims has `rank` entries. Checks nothing: the functions that take the tensor do. */
CLUP_API clup_tensor clup_tensor_make(clup_dtype dtype, int rank, const int64_t *dims);
/* The same shape with the strides of a channels-last array (N, spatial..., C in memory). */
CLUP_API clup_tensor clup_tensor_channels_last(clup_dtype dtype, int rank, const int64_t *dims);
/* Elements of the tensor (product of dims), and elements from its first to one past its last in memory: what a buffer
 * behind its offset must hold. Either pointer may be NULL. Fails on a malformed tensor or on overflow of int64_t. */
CLUP_API clup_status clup_tensor_count(const clup_tensor *tensor, int64_t *elements, int64_t *span);

/* ---------------------------------------------------------------- devices and contexts */

/* The device that `spec` names: "P:D" (platform and device as clinfo numbers them), "gpu", "cpu", or a part of a
 * device's name (case ignored); NULL or "" is the environment's CLUP_DEVICE, or else the first GPU, or else the first
 * accelerator, or else the first CPU. CLUP_NO_DEVICE when there is none. Either pointer may be NULL. */
CLUP_API clup_status clup_device_find(const char *spec, cl_platform_id *platform, cl_device_id *device);

/* What clup keeps per (OpenCL context, device): capabilities, built programs. */
typedef struct clup_context clup_context;

typedef struct clup_context_options {
  size_t struct_size;    /* set by the initialiser */
  const char *cache_dir; /* disk cache of built programs; NULL: $CLUP_CACHE_DIR, $XDG_CACHE_HOME/clup, ~/.cache/clup */
  int disk_cache;        /* 0: off. Also off when the environment has CLUP_CACHE=0 */
  int64_t index32_limit; /* tensors spanning more elements use 64-bit indices; lower it to test them. Max INT32_MAX */
  const char *tune_file; /* what clup_tune found; "": no file; NULL: $CLUP_TUNE_FILE, or else tuning.txt in the disk
                          * cache's directory, and none where that is off */
} clup_context_options;
#define CLUP_CONTEXT_OPTIONS_INIT \
  { sizeof(clup_context_options), NULL, 1, INT32_MAX, NULL }

/* Wraps the caller's context and one of its devices (both retained). options may be NULL. */
CLUP_API clup_status clup_context_create(cl_context context, cl_device_id device, const clup_context_options *options,
                                         clup_context **out);
/* The context is freed when its last plan is, too. With PoCL that is when programs built from source go to the disk
 * cache, since it compiles them once more for that: as long as building them took. */
CLUP_API void clup_context_release(clup_context *context);

/* Programs built from source, loaded from the disk cache, and found in memory by this context so far. For tests and
 * logs. Any pointer may be NULL. */
CLUP_API clup_status clup_context_cache_stats(clup_context *context, uint64_t *built, uint64_t *from_disk,
                                              uint64_t *from_memory);

/* The file that clup_tune writes and choices are read from, "" when there is none. Valid as long as the context. */
CLUP_API const char *clup_context_tune_file(const clup_context *context);

/* ---------------------------------------------------------------- problems */

/* One operator on given tensors, validated, without buffers. Immutable. */
typedef struct clup_problem clup_problem;

typedef enum clup_op {
  CLUP_OP_CONV_TRANSPOSE = 0,
  CLUP_OP_INTERPOLATE = 1,
  CLUP_OP_PIXEL_SHUFFLE = 2,
  CLUP_OP_PIXEL_UNSHUFFLE = 3,
  CLUP_OP_MAX_UNPOOL = 4,
  CLUP_OP_RESIZE = 5,
  CLUP_OP_CHANNEL_SHUFFLE = 6,
  CLUP_OP_DEPTH_TO_SPACE = 7,
  CLUP_OP_SPACE_TO_DEPTH = 8,
  CLUP_OP_FOLD = 9
} clup_op;

/* In every maker below: `output` may be NULL (contiguous, of the inferred shape) or must have the inferred shape, with
 * strides of the caller's choice; `out` receives the problem, to be given back with clup_problem_release. */

/* Transposed convolution, torch.nn.ConvTranspose1d, 2d, 3d: with x (N, C_in, [[D,] H,] W), w (C_in, C_out/groups,
 * [[KD,] KH,] KW), b (C_out), on every axis
 *   y[n, co, i*stride - padding + k*dilation] += x[n, ci, i] * w[ci, co', k],  and then + b[co],
 *   out = (in-1)*stride - padding - padding_end + dilation*(kernel-1) + output_padding + 1.
 * The weight's rank, 3 to 5, tells the spatial axes; an input of one rank less has no batch, nor has its output.
 * output_padding must be smaller than stride or dilation. dtypes: f32, f16, bf16, and f64 where the device has it; the
 * weights and what comes with them have the input's dtype, or f32 beside f16 and bf16. Arithmetic is in f32 (f64). */
typedef enum clup_activation {
  CLUP_ACTIVATION_NONE = 0,
  CLUP_RELU = 1,       /* v < 0 ? 0 : v */
  CLUP_LEAKY_RELU = 2, /* v > 0 ? v : alpha * v */
  CLUP_CLAMP = 3,      /* v < alpha ? alpha : v > beta ? beta : v */
  CLUP_SIGMOID = 4,    /* 1 / (1 + exp(-v)) */
  CLUP_TANH = 5,
  CLUP_PRELU = 6 /* v > 0 ? v : slope * v, slopes by clup_plan_set_weights */
} clup_activation;

/* ONNX's auto_pad of ConvTranspose. VALID: no padding. SAME_*: out = in * stride, unless output_shape is given; the
 * padding follows from the size, total = (in-1)*stride + output_padding + dilation*(kernel-1) + 1 - out, of which the
 * smaller half (rounded down, total may be negative) is at the beginning with SAME_UPPER, at the end otherwise. */
typedef enum clup_auto_pad { CLUP_NOTSET = 0, CLUP_VALID = 1, CLUP_SAME_UPPER = 2, CLUP_SAME_LOWER = 3 } clup_auto_pad;

/* padding_end: see clup_conv_transpose_params. */
#define CLUP_SAME_PADDING (-1)

typedef struct clup_conv_transpose_params {
  size_t struct_size;         /* set by the initialiser */
  int64_t stride[3];          /* >= 1 */
  int64_t padding[3];         /* >= 0, at the beginning of the axis */
  int64_t padding_end[3];     /* >= 0, or CLUP_SAME_PADDING: equal to padding */
  int64_t output_padding[3];  /* >= 0, at the end only */
  int64_t dilation[3];        /* >= 1 */
  int64_t groups;             /* >= 1, divides C_in */
  int64_t output_size[3];     /* all 0: not given; otherwise it replaces output_padding, torch's output_size */
  clup_activation activation; /* applied to the result, in the same kernel; NaN stays NaN */
  double alpha, beta;         /* of the activation */
  int64_t slopes;             /* of prelu: 1 for all channels, or C_out, one each; 0: C_out */
  clup_auto_pad auto_pad;     /* not NOTSET: padding, padding_end and output_size must be at their defaults */
  int64_t output_shape[3];    /* all 0: not given; otherwise ONNX's, the padding follows from it as with auto_pad */
} clup_conv_transpose_params;
#define CLUP_CONV_TRANSPOSE_PARAMS_INIT                                                                         \
  {                                                                                                             \
    sizeof(clup_conv_transpose_params), {1, 1, 1}, {0, 0, 0}, {-1, -1, -1}, {0, 0, 0}, {1, 1, 1}, 1, {0, 0, 0}, \
        CLUP_ACTIVATION_NONE, 0, 0, 0, CLUP_NOTSET, {                                                           \
      0, 0, 0                                                                                                   \
    }                                                                                                           \
  }
/* bias: NULL for none. params: NULL for the initialiser's. Weights are given to the plan: clup_plan_set_weights. */
CLUP_API clup_status clup_conv_transpose_problem(const clup_tensor *input, const clup_tensor *weight,
                                                 const clup_tensor *bias, const clup_tensor *output,
                                                 const clup_conv_transpose_params *params, clup_problem **out);

/* Images: the problem's input and output are then not buffers but image2d_t, which clup_buffers' mem names (offset 0).
 * The tensors are N = 1, C = 1, 2 or 4 (R, RG, RGBA or BGRA, the same on both sides), H, W, contiguous. clup_host_run
 * takes arrays of these tensors, in planes, and makes the images. */
typedef enum clup_images {
  CLUP_NO_IMAGES = 0,
  CLUP_IMAGES = 1,     /* dtype u8: CL_UNORM_INT8, f16: CL_HALF_FLOAT, f32: CL_FLOAT */
  CLUP_IMAGES_UINT = 2 /* dtype u8: CL_UNSIGNED_INT8 */
} clup_images;

/* Interpolation, torch.nn.functional.interpolate. */
typedef enum clup_mode {
  CLUP_NEAREST = 0,
  CLUP_NEAREST_EXACT = 1,
  CLUP_BILINEAR = 2,
  CLUP_BICUBIC = 3, /* a = -0.75 */
  CLUP_LINEAR = 4,
  CLUP_TRILINEAR = 5,
  CLUP_AREA = 6,   /* the mean of the input elements that each output element covers a part of */
  CLUP_LANCZOS = 7 /* a = 3, antialiased: Pillow's LANCZOS on images of float32; not torch's */
} clup_mode;

/* (N, C, [[D,] H,] W) -> (N, C, [[OD,] OH,] OW). The nearest modes and area take inputs of rank 3 to 5, linear of rank
 * 3, bilinear, bicubic and lanczos of rank 4, trilinear of rank 5. The nearest modes move elements of any dtype, bits
 * unchanged; the others take f32, f16, bf16, u8, i8, u16, i16 (arithmetic in f32, integers rounded to nearest even and
 * saturated), and f64 where the device has it.
 * - size, scale_factor: exactly one; out = floor(in * scale_factor). (area goes by the sizes alone.)
 * - align_corners: only for linear, bilinear, trilinear and bicubic.
 * - recompute_scale_factor: only with scale_factor; the step is then in/out instead of 1/scale_factor.
 * - antialias: only for bilinear and bicubic (whose a is -0.5 then). Where an axis shrinks, the filter is stretched
 *   over all input elements. */
typedef struct clup_interpolate_params {
  size_t struct_size; /* set by the initialiser */
  clup_mode mode;
  int64_t size[3];        /* all 0: not given */
  double scale_factor[3]; /* all 0: not given */
  int align_corners;
  int recompute_scale_factor;
  int antialias;
  clup_images images;
} clup_interpolate_params;
#define CLUP_INTERPOLATE_PARAMS_INIT \
  { sizeof(clup_interpolate_params), CLUP_NEAREST, {0, 0, 0}, {0, 0, 0}, 0, 0, 0, CLUP_NO_IMAGES }
CLUP_API clup_status clup_interpolate_problem(const clup_tensor *input, const clup_tensor *output,
                                              const clup_interpolate_params *params, clup_problem **out);

/* ONNX Resize-19 (and Upsample-9: coordinate_mode ASYMMETRIC, nearest_mode FLOOR), as ONNX's reference evaluator
 * computes it: docs/semantics.md has the formulas. Any rank; at most three axes change or are cropped. dtypes as for
 * clup_interpolate_problem. out = floor(in * scale), scale rounded to float32; or sizes, which aspect_policy may make
 * smaller or larger. What the mode does not read is ignored, but exclude_outside and antialias with NEAREST are errors.
 */
typedef enum clup_resize_mode {
  CLUP_RESIZE_NEAREST = 0,
  CLUP_RESIZE_LINEAR = 1,
  CLUP_RESIZE_CUBIC = 2
} clup_resize_mode;
typedef enum clup_coordinate_mode {
  CLUP_HALF_PIXEL = 0,
  CLUP_HALF_PIXEL_SYMMETRIC = 1,
  CLUP_PYTORCH_HALF_PIXEL = 2,
  CLUP_ALIGN_CORNERS = 3,
  CLUP_ASYMMETRIC = 4,
  CLUP_TF_CROP_AND_RESIZE = 5
} clup_coordinate_mode;
typedef enum clup_nearest_mode {
  CLUP_ROUND_PREFER_FLOOR = 0,
  CLUP_ROUND_PREFER_CEIL = 1,
  CLUP_FLOOR = 2,
  CLUP_CEIL = 3
} clup_nearest_mode;
typedef enum clup_aspect_policy { CLUP_STRETCH = 0, CLUP_NOT_LARGER = 1, CLUP_NOT_SMALLER = 2 } clup_aspect_policy;

typedef struct clup_resize_params {
  size_t struct_size; /* set by the initialiser */
  clup_resize_mode mode;
  clup_coordinate_mode coordinate_mode;
  clup_nearest_mode nearest_mode;   /* with mode nearest */
  clup_aspect_policy aspect_policy; /* with sizes */
  int num_axes;                     /* 0: all axes, in their order; axes is not read then */
  int axes[CLUP_MAX_RANK];          /* in any order, negative ones count from the end */
  int64_t sizes[CLUP_MAX_RANK];     /* one per entry of axes; all 0: not given */
  double scales[CLUP_MAX_RANK];     /* likewise; exactly one of the two is given */
  double roi_start[CLUP_MAX_RANK];  /* one per entry of axes; with TF_CROP_AND_RESIZE, 0 to 1 along an axis */
  double roi_end[CLUP_MAX_RANK];
  double cubic_coeff_a;       /* with mode cubic */
  int exclude_outside;        /* weights outside the input are 0, and the others normalised to 1 */
  int antialias;              /* where an axis shrinks, the filter is stretched; linear and cubic */
  double extrapolation_value; /* with TF_CROP_AND_RESIZE: of what lies outside the input */
  clup_images images;
} clup_resize_params;
#define CLUP_RESIZE_PARAMS_INIT                                                                                      \
  {                                                                                                                  \
    sizeof(clup_resize_params), CLUP_RESIZE_NEAREST, CLUP_HALF_PIXEL, CLUP_ROUND_PREFER_FLOOR, CLUP_STRETCH, 0, {0}, \
        {0}, {0}, {0}, {0}, -0.75, 0, 0, 0, CLUP_NO_IMAGES                                                           \
  }
CLUP_API clup_status clup_resize_problem(const clup_tensor *input, const clup_tensor *output,
                                         const clup_resize_params *params, clup_problem **out);

/* torch.nn.PixelShuffle(factor): (..., C*r*r, H, W) -> (..., C, H*r, W*r), and its inverse PixelUnshuffle. Rank 3 to
 * CLUP_MAX_RANK, any dtype, bits unchanged. */
CLUP_API clup_status clup_pixel_shuffle_problem(const clup_tensor *input, const clup_tensor *output, int64_t factor,
                                                clup_problem **out);
CLUP_API clup_status clup_pixel_unshuffle_problem(const clup_tensor *input, const clup_tensor *output, int64_t factor,
                                                  clup_problem **out);

/* torch.nn.ChannelShuffle(groups): (N, C, ...) -> the same shape, channel g*(C/groups) + k to k*groups + g. Rank 3 to
 * CLUP_MAX_RANK, any dtype, bits unchanged. */
CLUP_API clup_status clup_channel_shuffle_problem(const clup_tensor *input, const clup_tensor *output, int64_t groups,
                                                  clup_problem **out);

/* ONNX DepthToSpace and SpaceToDepth, (N, C, H, W), any dtype, bits unchanged. The channel of a block's element (i, j)
 * is (i*blocksize + j)*C + c with DCR, c*blocksize^2 + i*blocksize + j with CRD (pixel shuffle's). ONNX has
 * SpaceToDepth with DCR only. */
typedef enum clup_depth_mode { CLUP_DCR = 0, CLUP_CRD = 1 } clup_depth_mode;
CLUP_API clup_status clup_depth_to_space_problem(const clup_tensor *input, const clup_tensor *output, int64_t blocksize,
                                                 clup_depth_mode mode, clup_problem **out);
CLUP_API clup_status clup_space_to_depth_problem(const clup_tensor *input, const clup_tensor *output, int64_t blocksize,
                                                 clup_depth_mode mode, clup_problem **out);

/* torch.nn.Fold and ONNX Col2Im: (N, C * prod(kernel), L) or, without a batch, (C * prod(kernel), L), blocks of one to
 * three axes -> (N, C, output_size...); sums what falls on the same place. L = prod((output_size + padding +
 * padding_end - dilation*(kernel-1) - 1) / stride + 1). dtypes as for the transposed convolution. */
typedef struct clup_fold_params {
  size_t struct_size;     /* set by the initialiser */
  int axes;               /* 1 to 3; 0: 2 */
  int64_t output_size[3]; /* >= 1 */
  int64_t kernel[3];      /* >= 1 */
  int64_t dilation[3];    /* >= 1 */
  int64_t padding[3];     /* >= 0, at the beginning of the axis */
  int64_t padding_end[3]; /* >= 0, or CLUP_SAME_PADDING: equal to padding */
  int64_t stride[3];      /* >= 1 */
} clup_fold_params;
#define CLUP_FOLD_PARAMS_INIT                                                                \
  {                                                                                          \
    sizeof(clup_fold_params), 0, {0, 0, 0}, {0, 0, 0}, {1, 1, 1}, {0, 0, 0}, {-1, -1, -1}, { \
      1, 1, 1                                                                                \
    }                                                                                        \
  }
CLUP_API clup_status clup_fold_problem(const clup_tensor *input, const clup_tensor *output,
                                       const clup_fold_params *params, clup_problem **out);

/* torch.nn.MaxUnpool1d, 2d, 3d: (N, C, [[D,] H,] W), or the same without N, and indices (CLUP_I64 or CLUP_I32, flat
 * within one output plane) -> zeros but y[n, c, index] = x[n, c, i]. Any dtype, bits unchanged. Of several equal
 * indices the last in row-major order wins. out = (in-1)*stride - padding - padding_end + kernel, or output_size,
 * strictly within +-stride of it. An index outside the plane writes nothing and is reported by clup_plan_check. onnx:
 * ONNX MaxUnpool-22; indices are flat over the whole tensor (of the size without output_size), and output_size, if
 * given, is any that is not smaller on any axis: the elements keep their places. */
typedef struct clup_max_unpool_params {
  size_t struct_size;     /* set by the initialiser */
  int64_t kernel[3];      /* >= 1 */
  int64_t stride[3];      /* >= 1; all 0: equal to kernel, with onnx 1 */
  int64_t padding[3];     /* >= 0, at the beginning of the axis */
  int64_t output_size[3]; /* all 0: not given */
  int axes; /* 1 to 3; 0: the input's rank - 2. An input of rank axes + 1 has no batch, nor has its output */
  int onnx;
  int64_t padding_end[3]; /* >= 0, or CLUP_SAME_PADDING: equal to padding */
} clup_max_unpool_params;
#define CLUP_MAX_UNPOOL_PARAMS_INIT                                                     \
  {                                                                                     \
    sizeof(clup_max_unpool_params), {0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}, 0, 0, { \
      -1, -1, -1                                                                        \
    }                                                                                   \
  }
CLUP_API clup_status clup_max_unpool_problem(const clup_tensor *input, const clup_tensor *indices,
                                             const clup_tensor *output, const clup_max_unpool_params *params,
                                             clup_problem **out);

CLUP_API void clup_problem_release(clup_problem *problem);

CLUP_API clup_op clup_problem_op(const clup_problem *problem);
/* "conv_transpose", "interpolate", "pixel_shuffle", "pixel_unshuffle", "max_unpool", "resize", "channel_shuffle",
 * "depth_to_space", "space_to_depth", "fold"; "?" otherwise. Static storage. */
CLUP_API const char *clup_op_name(clup_op op);

typedef enum clup_role {
  CLUP_ROLE_INPUT = 0,
  CLUP_ROLE_WEIGHT = 1,
  CLUP_ROLE_BIAS = 2,
  CLUP_ROLE_INDICES = 3,
  CLUP_ROLE_OUTPUT = 4,
  CLUP_ROLE_SLOPE = 5 /* of prelu */
} clup_role;
#define CLUP_ROLES 6
/* One of the problem's tensors, strides filled in. CLUP_INVALID_ARGUMENT when the problem has none in that role. */
CLUP_API clup_status clup_problem_tensor(const clup_problem *problem, clup_role role, clup_tensor *out);

/* The parameters the problem was made with. CLUP_INVALID_ARGUMENT when it is of another operator. */
CLUP_API clup_status clup_problem_conv_transpose_params(const clup_problem *problem, clup_conv_transpose_params *out);
CLUP_API clup_status clup_problem_interpolate_params(const clup_problem *problem, clup_interpolate_params *out);
CLUP_API clup_status clup_problem_pixel_shuffle_factor(const clup_problem *problem, int64_t *out);
CLUP_API clup_status clup_problem_max_unpool_params(const clup_problem *problem, clup_max_unpool_params *out);
CLUP_API clup_status clup_problem_resize_params(const clup_problem *problem, clup_resize_params *out);
CLUP_API clup_status clup_problem_channel_shuffle_groups(const clup_problem *problem, int64_t *out);
/* Of depth_to_space and of space_to_depth. */
CLUP_API clup_status clup_problem_depth_params(const clup_problem *problem, int64_t *blocksize, clup_depth_mode *mode);
CLUP_API clup_status clup_problem_fold_params(const clup_problem *problem, clup_fold_params *out);

/* Useful work: flops (2 per multiply-add; 0 for operators that only move data) and bytes (each input byte read once,
 * each output byte written once). Either pointer may be NULL. */
CLUP_API clup_status clup_problem_cost(const clup_problem *problem, double *flops, double *bytes);

/* The problem in one line of text, as
 *   "conv_transpose x=1x512x32x32 w=512x128x4x4 bias=1 stride=2x2 padding=1x1"
 *   "interpolate x=1x3x65x65 mode=bilinear size=513x513 align_corners=1"
 *   "pixel_shuffle x=16x256x96x96 factor=2",  "max_unpool x=8x64x56x56 kernel=2x2 indices=i64"
 *   "resize x=1x3x64x64 mode=cubic axes=2x3 sizes=100x80 cubic_coeff_a=-0.5",  "depth_to_space x=1x8x2x3 blocksize=2"
 *   "fold x=2x12x20 output_size=5x6 kernel=2x2"
 * Keys at their default are left out; the others are named as the parameters, and dtype= (of all tensors), w_dtype= (of
 * the weights, when another), x_strides= w_strides= y_strides= indices_strides= (joined by x). Writes at most
 * `size` bytes with the final 0; *needed (may be NULL) is the length without it. CLUP_INVALID_ARGUMENT when it did not
 * fit. */
CLUP_API clup_status clup_problem_print(const clup_problem *problem, char *text, size_t size, size_t *needed);
/* The problem that such a line describes; one value for all axes may stand alone (stride=2). */
CLUP_API clup_status clup_problem_parse(const char *text, clup_problem **out);

/* ---------------------------------------------------------------- solvers */

typedef struct clup_algo_info {
  const char *name;       /* static storage */
  int applicable;         /* to this problem on this device */
  int chosen;             /* the one that a plan takes when none is named */
  size_t workspace_bytes; /* when applicable */
  int launches;           /* kernels per enqueue, when applicable */
  char reason[256];       /* why not applicable, why another is preferred, what clup_tune measured, or "" */
} clup_algo_info;

/* The solvers of the problem's operator, in the order in which they are tried. */
CLUP_API size_t clup_problem_num_algos(const clup_problem *problem);
CLUP_API clup_status clup_problem_algo(clup_context *context, const clup_problem *problem, size_t index,
                                       clup_algo_info *out);

/* ---------------------------------------------------------------- tuning */

typedef struct clup_tune_options {
  size_t struct_size; /* set by the initialiser */
  double seconds;     /* about so long each solver is timed, > 0 */
} clup_tune_options;
#define CLUP_TUNE_OPTIONS_INIT \
  { sizeof(clup_tune_options), 0.3 }

typedef struct clup_tune_result {
  const char *algo; /* static storage */
  double ms;        /* median of the runs; 0 when it was not timed */
  int runs;         /* 1: so slow that one was enough */
  int chosen;       /* the fastest: what plans of this problem take from now on */
  int untuned;      /* what they would take without clup_tune */
  char reason[256]; /* why it was not timed, or "" */
} clup_tune_result;

/* Times every solver that applies to the problem, and keeps the fastest: in the context, and in its tune_file, where
 * contexts made later, in other processes too, find it for the same problem, device, driver and clup version. It then
 * stands before the table's order, not before a name in clup_plan_options.algo. (A solver that is less than 3 % faster
 * than the untuned choice does not replace it. Plans that exist, and native_f16, stay as they are.)
 * Plans and buffers are clup's own, for all of the problem's tensors and one solver's workspace at a time, filled with
 * numbers in [0.5, 1) of either sign, and valid indices. A run is one clup_plan_enqueue and clFinish on `queue`, which
 * should have nothing else to do; the first of each solver is not counted. The caches are as the run before leaves
 * them. results: room for *count entries, or NULL; *count becomes the number of solvers, and as many results as there
 * is room for are filled, in the table's order. *stored (may be NULL): whether the file holds the result; when it
 * cannot be written, the context alone knows it. options may be NULL. Fails when no solver can be timed: with the last
 * one's failure. Several threads may call it; they disturb each other's times. */
CLUP_API clup_status clup_tune(clup_context *context, cl_command_queue queue, const clup_problem *problem,
                               const clup_tune_options *options, clup_tune_result *results, size_t *count, int *stored);

/* ---------------------------------------------------------------- plans */

/* One solver's launches for one problem on one context: kernels built, workspace and packed weights owned. */
typedef struct clup_plan clup_plan;

typedef struct clup_plan_options {
  size_t struct_size; /* set by the initialiser */
  /* Solver by name; NULL: chosen. CLUP_UNSUPPORTED, with the reason, when it does not apply. The chosen one may be
   * conv_transpose's winograd, winograd_shuffle or winograd_thin, whose error is in units of an output's
   * neighbourhood (docs/semantics.md). */
  const char *algo;
  int caller_workspace; /* 1: the plan allocates no workspace, every enqueue brings clup_buffers.workspace */
  int native_f16;       /* 1: f16 problems in f16 arithmetic (faster, and far less exact) where the device has
                         * cl_khr_fp16, by a solver that can; CLUP_UNSUPPORTED, with the reason, otherwise */
} clup_plan_options;
#define CLUP_PLAN_OPTIONS_INIT \
  { sizeof(clup_plan_options), NULL, 0, 0 }

/* Chooses, builds, allocates. options may be NULL. May take as long as the device's compiler takes. */
CLUP_API clup_status clup_plan_create(clup_context *context, const clup_problem *problem,
                                      const clup_plan_options *options, clup_plan **out);
/* Commands already enqueued finish unharmed. */
CLUP_API void clup_plan_release(clup_plan *plan);

CLUP_API const char *clup_plan_algo(const clup_plan *plan);      /* static storage */
CLUP_API size_t clup_plan_workspace_size(const clup_plan *plan); /* bytes, 0 when none is needed */

/* A caller's buffer and the byte offset at which the tensor begins (a multiple of the element's size). */
typedef struct clup_buffer {
  cl_mem mem;
  size_t offset;
} clup_buffer;

typedef struct clup_weights {
  clup_buffer weight;
  clup_buffer bias;  /* when the problem has one */
  clup_buffer slope; /* with activation prelu */
} clup_weights;

/* Gives the plan its weights, asynchronously: they are copied and packed on `queue` after the wait list. May be called
 * again at any time, from any thread: commands enqueued before keep the old weights, those enqueued after this returns
 * get the new ones (clup orders them, on any queue). `event` may be NULL; once it is complete the caller's buffers are
 * free again. Only for transposed convolutions. */
CLUP_API clup_status clup_plan_set_weights(clup_plan *plan, cl_command_queue queue, const clup_weights *weights,
                                           cl_uint num_events, const cl_event *wait_list, cl_event *event);

typedef struct clup_buffers {
  clup_buffer input;
  clup_buffer indices;   /* max_unpool only */
  clup_buffer output;    /* must not overlap the others: from its first to its last byte */
  clup_buffer workspace; /* with plan option caller_workspace only; not shared by commands that may overlap in time */
} clup_buffers;

/* Enqueues the plan on the caller's queue (in or out of order, of the plan's context and device) after the wait list.
 * Never compiles, allocates or waits. `event` may be NULL; otherwise it is the caller's to release and completes after
 * the last kernel. If an event of the wait list fails, so does `event`. */
CLUP_API clup_status clup_plan_enqueue(clup_plan *plan, cl_command_queue queue, const clup_buffers *buffers,
                                       cl_uint num_events, const cl_event *wait_list, cl_event *event);

/* Waits for the wait list (or for all of `queue` when num_events is 0) and tells whether any enqueue of this plan that
 * has completed since the last check met an error on the device: CLUP_INDEX_OUT_OF_RANGE, with the first such element's
 * place. */
CLUP_API clup_status clup_plan_check(clup_plan *plan, cl_command_queue queue, cl_uint num_events,
                                     const cl_event *wait_list);

/* ---------------------------------------------------------------- host arrays */

/* The convenience layer: finds a device, makes a context and a queue, and runs problems on arrays in host memory. A
 * clup_host serves one thread at a time. It keeps the last plan: running one problem again does not build it again. */
typedef struct clup_host clup_host;

/* device: as for clup_device_find. options may be NULL. */
CLUP_API clup_status clup_host_create(const char *device, const clup_context_options *options, clup_host **out);
CLUP_API void clup_host_release(clup_host *host);
/* Borrowed: they live as long as the host does. */
CLUP_API clup_context *clup_host_context(clup_host *host);
CLUP_API cl_command_queue clup_host_queue(clup_host *host);

typedef struct clup_arrays {
  const void *input;
  const void *weight;  /* conv_transpose */
  const void *bias;    /* conv_transpose with bias */
  const void *indices; /* max_unpool */
  void *output;
  const void *slope; /* conv_transpose with prelu */
} clup_arrays;

/* Runs the problem with solver `algo` (NULL: chosen) and waits. Arrays lie as the problem's tensors say (span elements
 * each). On failure the output array is untouched. *ms (may be NULL): milliseconds that the device's commands took,
 * without the transfers. */
CLUP_API clup_status clup_host_run(clup_host *host, const clup_problem *problem, const char *algo,
                                   const clup_arrays *arrays, double *ms);

#ifdef __cplusplus
}
#endif
#endif

/* Problems that cannot be: each refused with its status, and a message that holds the numbers. No device is needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <clup/clup.h>

typedef struct refusal {
  const char *text;
  clup_status status;
  const char *says[3]; /* parts of the message */
} refusal;

#define ARGUMENT CLUP_INVALID_ARGUMENT
#define SHAPE CLUP_INVALID_SHAPE

static const refusal refusals[] = {
    /* ranks */
    {"conv_transpose x=3x4 w=3x2x3x3", SHAPE, {"conv_transpose", "rank 2"}},
    {"conv_transpose x=1x2x3x4x5 w=2x2x3x3", SHAPE, {"rank 5"}},
    {"conv_transpose x=1x2x3x4 w=2x2", SHAPE, {"weight", "rank 2"}},
    {"interpolate x=3x4 size=6", SHAPE, {"rank 2", "nearest", "3 to 5"}},
    {"interpolate x=1x1x2x2x2x2 size=6", SHAPE, {"rank 6"}},
    {"interpolate x=1x1x4x5 mode=linear size=6", SHAPE, {"rank 4", "linear", "rank 3"}},
    {"interpolate x=1x1x4x5 mode=trilinear size=6", SHAPE, {"rank 4", "trilinear", "rank 5"}},
    {"interpolate x=1x4x5 mode=bicubic size=6", SHAPE, {"rank 3", "bicubic", "rank 4"}},
    {"interpolate x=1x4x5 mode=linear size=6 dtype=i32", CLUP_UNSUPPORTED, {"linear", "i32", "float32"}},
    {"interpolate x=1x1x2x3x4 mode=trilinear scale_factor=2x2x0.1", SHAPE, {"scale_factor[2]=0.1", "dims[4]=4"}},
    {"interpolate x=1x1x3x4x5 mode=bilinear size=6x6", SHAPE, {"rank 5"}},
    {"pixel_shuffle x=4x5 factor=2", SHAPE, {"pixel_shuffle", "rank 2"}},
    {"channel_shuffle x=4x5 groups=2", SHAPE, {"channel_shuffle", "rank 2"}},
    {"depth_to_space x=8x5x5 blocksize=2", SHAPE, {"depth_to_space", "rank 3"}},
    {"space_to_depth x=1x1x2x4x4 blocksize=2", SHAPE, {"space_to_depth", "rank 5"}},
    {"fold x=1x4x2x2 output_size=3x3 kernel=2x2", SHAPE, {"fold", "rank 4"}},
    {"fold x=4 output_size=3x3 kernel=2x2", SHAPE, {"fold", "rank 1"}},
    {"pixel_unshuffle x=4 factor=2", SHAPE, {"pixel_unshuffle", "rank 1"}},
    {"max_unpool x=3x4 indices=i64 kernel=2", SHAPE, {"max_unpool", "rank 2", "axes"}},
    {"max_unpool x=1x1x2x2x2x2 indices=i64 kernel=2", SHAPE, {"rank 6", "3 to 5"}},
    {"max_unpool x=1x1x2x2 indices=i64 kernel=2 axes=1", SHAPE, {"rank 4", "axes=1", "2 without N"}},
    /* parameters outside their range */
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 stride=0x1", ARGUMENT, {"stride[0]", "0"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 stride=1x-2", ARGUMENT, {"stride[1]", "-2"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 padding=-1x0", ARGUMENT, {"padding[0]", "-1"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 output_padding=0x-3", ARGUMENT, {"output_padding[1]", "-3"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 dilation=1x0", ARGUMENT, {"dilation[1]", "0"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 groups=0", ARGUMENT, {"groups", "0"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 groups=-1", ARGUMENT, {"groups", "-1"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 stride=2x2 output_padding=0x2",
     ARGUMENT,
     {"output_padding[1]=2", "stride[1]=2", "dilation[1]=1"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 stride=2x2 dilation=3x3 output_padding=3x0",
     ARGUMENT,
     {"output_padding[0]=3", "stride[0]=2", "dilation[0]=3"}},
    {"pixel_shuffle x=1x4x2x2 factor=0", ARGUMENT, {"factor", "0"}},
    {"pixel_unshuffle x=1x4x2x2 factor=-2", ARGUMENT, {"factor", "-2"}},
    {"channel_shuffle x=1x4x2x2 groups=0", ARGUMENT, {"groups=0"}},
    {"channel_shuffle x=1x4x2x2", ARGUMENT, {"groups=0"}},
    {"depth_to_space x=1x4x2x2 blocksize=0", ARGUMENT, {"depth_to_space", "blocksize=0"}},
    {"space_to_depth x=1x4x2x2 blocksize=-2", ARGUMENT, {"space_to_depth", "blocksize=-2"}},
    {"depth_to_space x=1x4x2x2 blocksize=2 mode=RDC", ARGUMENT, {"mode=RDC"}},
    {"fold x=1x4x4 output_size=3x3 kernel=2x2 axes=4", ARGUMENT, {"axes=4", "1..3"}},
    {"fold x=1x4x4 output_size=3x3 kernel=2x2 axes=-1", ARGUMENT, {"axes=-1", "1..3"}},
    {"fold x=1x4x4 output_size=3x3 kernel=2x2 axes=4294967297", ARGUMENT, {"axes=4294967297"}},
    {"fold x=1x4x4 kernel=2x2", ARGUMENT, {"output_size[0]=0"}},
    {"fold x=1x4x4 output_size=3x3", ARGUMENT, {"kernel[0]=0"}},
    {"fold x=1x4x4 output_size=3x0 kernel=2x2", ARGUMENT, {"output_size[1]=0"}},
    {"fold x=1x4x4 output_size=3x3 kernel=2x-2", ARGUMENT, {"kernel[1]=-2"}},
    {"fold x=1x4x4 output_size=3x3 kernel=2x2 dilation=0x1", ARGUMENT, {"dilation[0]=0"}},
    {"fold x=1x4x4 output_size=3x3 kernel=2x2 stride=1x0", ARGUMENT, {"stride[1]=0"}},
    {"fold x=1x4x4 output_size=3x3 kernel=2x2 padding=-1x0", ARGUMENT, {"padding[0]=-1"}},
    {"fold x=1x4x4 output_size=3x3 kernel=2x2 padding_end=0x-2", ARGUMENT, {"padding_end[1]=-2"}},
    {"max_unpool x=1x1x2x2 indices=i64 kernel=0x2", ARGUMENT, {"kernel[0]", "0"}},
    {"max_unpool x=1x1x2x2 indices=i64", ARGUMENT, {"kernel[0]"}},
    {"max_unpool x=1x1x2x2 indices=i64 kernel=2x2 stride=2x-1", ARGUMENT, {"stride[1]", "-1"}},
    {"max_unpool x=1x1x2x2 indices=i64 kernel=2x2 padding=-1x0", ARGUMENT, {"padding[0]", "-1"}},
    /* interpolation's choices */
    {"interpolate x=1x1x2x2 mode=bilinear", ARGUMENT, {"neither", "size", "scale_factor"}},
    {"interpolate x=1x1x2x2 mode=bilinear size=4x4 scale_factor=2x2", ARGUMENT, {"both", "size", "scale_factor"}},
    {"interpolate x=1x1x2x2 mode=nearest size=4x4 align_corners=1", ARGUMENT, {"align_corners", "nearest"}},
    {"interpolate x=1x1x2x2 mode=nearest-exact size=4x4 align_corners=1", ARGUMENT, {"align_corners", "nearest-exact"}},
    {"interpolate x=1x1x2x2 mode=bilinear size=4x4 recompute_scale_factor=1", ARGUMENT, {"recompute_scale_factor"}},
    {"interpolate x=1x1x2x2 mode=bilinear scale_factor=-2x2", ARGUMENT, {"scale_factor[0]", "-2"}},
    {"interpolate x=1x1x2x2 mode=bilinear scale_factor=2x0", ARGUMENT, {"scale_factor[1]", "0"}},
    {"interpolate x=1x1x2x2 mode=sinc size=4x4", ARGUMENT, {"mode=sinc"}},
    {"interpolate x=1x1x2x2 mode=area size=4x4 align_corners=1", ARGUMENT, {"align_corners", "area"}},
    {"interpolate x=1x1x2x2 mode=lanczos size=4x4 align_corners=1", ARGUMENT, {"align_corners", "lanczos"}},
    {"interpolate x=1x1x2x2 mode=nearest size=4x4 antialias=1", ARGUMENT, {"antialias", "nearest", "bicubic"}},
    {"interpolate x=1x1x2x2 mode=area size=4x4 antialias=1", ARGUMENT, {"antialias", "area"}},
    {"interpolate x=1x1x2x2 mode=lanczos size=4x4 antialias=1", ARGUMENT, {"antialias", "lanczos"}},
    {"interpolate x=1x1x2 mode=linear size=4 antialias=1", ARGUMENT, {"antialias", "linear"}},
    {"interpolate x=1x1x1x2x2 mode=trilinear size=4 antialias=1", ARGUMENT, {"antialias", "trilinear"}},
    {"interpolate x=1x2x2 mode=bilinear size=4 antialias=1", SHAPE, {"rank 3", "bilinear"}},
    {"interpolate x=1x2x2 mode=lanczos size=4", SHAPE, {"rank 3", "lanczos"}},
    {"interpolate x=1x1x2x2 mode=area size=4 dtype=u64", CLUP_UNSUPPORTED, {"area", "u64", "float32"}},
    {"interpolate x=1x1x3x9 scale_factor=0.1x0.5", SHAPE, {"scale_factor[0]=0.1", "3"}},
    {"interpolate x=1x1x2x2 mode=bilinear size=4x-4", SHAPE, {"size[1]=-4"}},
    {"interpolate x=1x1x2x2 mode=bilinear size=4x0", SHAPE, {"size[1]=0"}},
    {"interpolate x=1x1x2x2 mode=bilinear size=4x4 dtype=u32", CLUP_UNSUPPORTED, {"bilinear", "u32", "float32"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 dtype=u8", CLUP_UNSUPPORTED, {"u8", "f32, f64, f16"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 w_dtype=f64", CLUP_UNSUPPORTED, {"f64", "must be f32"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 dtype=f64 w_dtype=f32", CLUP_UNSUPPORTED, {"f32", "must be f64"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 dtype=f16 w_dtype=bf16", CLUP_UNSUPPORTED, {"bf16", "must be f16 or f32"}},
    /* ONNX's attributes, and prelu */
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 auto_pad=SAME", ARGUMENT, {"auto_pad=SAME"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 auto_pad=valid padding=0x2", ARGUMENT, {"padding[1]=2", "auto_pad=valid"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 auto_pad=same_upper padding_end=1x0",
     ARGUMENT,
     {"padding_end[0]=1", "auto_pad=same_upper"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 auto_pad=same_lower output_size=4x4",
     ARGUMENT,
     {"output_size", "auto_pad=same_lower"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 output_shape=4x4 output_size=4x4", ARGUMENT, {"output_size", "output_shape"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 output_shape=4x4 padding=1x1", ARGUMENT, {"padding[0]=1", "output_shape"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 output_shape=4x0", ARGUMENT, {"output_shape[1]=0"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 output_shape=-4x4", ARGUMENT, {"output_shape[0]=-4"}},
    {"conv_transpose x=1x1x2x2 w=1x3x3x3 activation=prelu slopes=2", SHAPE, {"slopes=2", "3"}},
    {"conv_transpose x=1x1x2x2 w=1x3x3x3 activation=prelu slopes=-1", SHAPE, {"slopes=-1", "3"}},
    {"conv_transpose x=1x1x2x2 w=1x3x3x3 activation=relu slopes=3", ARGUMENT, {"slopes=3", "prelu"}},
    /* what does not fit together */
    {"conv_transpose x=1x4x2x2 w=5x2x3x3", SHAPE, {"5", "4"}},
    {"conv_transpose x=1x4x2x2 w=4x2x3x3 groups=3", SHAPE, {"groups=3", "4"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 padding=2x2", SHAPE, {"axis 0", "2"}},
    {"conv_transpose x=1x1x4x4 w=1x1x3x3 stride=2x2 output_size=11x9", SHAPE, {"output_size[0]=11", "9", "10"}},
    {"conv_transpose x=1x1x4x4 w=1x1x3x3 stride=2x2 output_size=9x8", SHAPE, {"output_size[1]=8", "9", "10"}},
    {"conv_transpose x=1x0x4x4 w=0x1x3x3", SHAPE, {"axis 1"}},
    {"conv_transpose x=1x1x4x0 w=1x1x3x3", SHAPE, {"axis 3"}},
    {"conv_transpose x=1x1x4x4 w=1x1x0x3", SHAPE, {"weight"}},
    {"interpolate x=1x1x0x4 size=2x2", SHAPE, {"dims[2]"}},
    {"pixel_shuffle x=1x5x2x2 factor=2", SHAPE, {"5", "factor"}},
    {"pixel_unshuffle x=1x1x4x5 factor=2", SHAPE, {"5", "factor 2"}},
    {"channel_shuffle x=1x7x2x2 groups=3", SHAPE, {"groups=3", "7 channels"}},
    {"depth_to_space x=1x6x2x2 blocksize=2", SHAPE, {"6 channels", "blocksize 2"}},
    {"space_to_depth x=1x1x4x5 blocksize=2", SHAPE, {"dims[3]=5", "blocksize 2"}},
    {"fold x=1x6x4 output_size=3x3 kernel=2x2", SHAPE, {"6 channels (dims[1])", "4 elements", "2x2"}},
    {"fold x=6x4 output_size=3x3 kernel=2x2", SHAPE, {"6 channels (dims[0])"}},
    {"fold x=1x4x5 output_size=3x3 kernel=2x2", SHAPE, {"5 blocks (dims[2])", "2x2 = 4"}},
    {"fold x=1x8x5 axes=3 output_size=3x3x4 kernel=2", SHAPE, {"5 blocks", "2x2x3 = 12"}},
    {"fold x=1x0x4 output_size=3x3 kernel=2x2", SHAPE, {"1x0x4", "axis 1"}},
    {"fold x=1x4x0 output_size=3x3 kernel=2x2", SHAPE, {"1x4x0", "axis 2"}},
    {"fold x=1x4x1 output_size=3x2 kernel=2x2 dilation=1x3", SHAPE, {"dilation 3", "over 4", "is 2"}},
    {"fold x=1x4x4 output_size=3x3 kernel=2x2 dtype=u8", CLUP_UNSUPPORTED, {"fold", "u8", "f32"}},
    {"max_unpool x=1x1x2x2 indices=i64 kernel=2x2 padding=2x2", SHAPE, {"max_unpool", "axis 0"}},
    {"max_unpool x=1x1x2x2 indices=i64 kernel=2x2 output_size=6x4", SHAPE, {"output_size[0]=6", "2", "4"}},
    {"max_unpool x=1x1x2x2 indices=i64 kernel=2x2 output_size=4x2", SHAPE, {"output_size[1]=2", "2", "4"}},
    {"max_unpool x=1x1x2x2 indices=u8 kernel=2x2", CLUP_UNSUPPORTED, {"indices", "u8"}},
    {"max_unpool x=1x1x2x2x2 indices=i64 kernel=2 output_size=4x4x6", SHAPE, {"output_size[2]=6", "2", "4"}},
    {"max_unpool x=1x1x2x2x0 indices=i64 kernel=2", SHAPE, {"dims[4]"}},
    {"max_unpool x=0x2x2 indices=i64 kernel=2 axes=2", SHAPE, {"dims[0]", "batch"}},
    {"max_unpool x=1x1x2x2 indices=i64 kernel=2 padding=1x1 padding_end=0x-2", ARGUMENT, {"padding_end[1]=-2", "-1"}},
    {"max_unpool x=1x1x2x3 indices=i64 kernel=2 onnx=1 output_size=3x3", SHAPE, {"output_size[1]=3", "4"}},
    {"max_unpool x=1x1x2x2 indices=i64 kernel=2 onnx=1 padding=2 output_size=9x9", SHAPE, {"axis 0", "-1"}},
    /* sizes that overflow */
    {"conv_transpose x=1x1x4611686018427387904x4 w=1x1x3x3", SHAPE, {"overflow"}},
    {"conv_transpose x=1x1x2147483648x4 w=1x1x3x3 stride=4611686018427387904x1", SHAPE, {"overflow"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 dilation=4611686018427387904x1", SHAPE, {"overflow"}},
    {"conv_transpose x=1x1x2x2 w=1x1x3x3 padding=4611686018427387904x1", SHAPE, {"overflow"}},
    {"conv_transpose x=1x4x2x2 w=4x4611686018427387903x1x1 groups=4", SHAPE, {"overflow"}},
    {"conv_transpose x=1x1x2x2 w=1x1x1x1 output_shape=4611686018427387904x1", SHAPE, {"overflow"}},
    {"conv_transpose x=1x1x2x2 w=1x1x1x1 stride=2x4611686018427387904 auto_pad=same_upper", SHAPE, {"overflow"}},
    {"interpolate x=3037000500x1x3037000500x4 size=2x2", SHAPE, {"overflow"}},
    {"interpolate x=1x1x2x2 size=4611686018427387904x2", SHAPE, {"4611686018427387904"}},
    {"interpolate x=1x1x2x2 scale_factor=1e300x1", SHAPE, {"1e+300"}},
    {"pixel_shuffle x=1x4x4611686018427387904x1 factor=2", SHAPE, {"overflow"}},
    {"pixel_shuffle x=1x4x1x1 factor=4611686018427387904", SHAPE, {"4611686018427387904"}},
    {"pixel_unshuffle x=1x1x4x4 factor=4294967296", SHAPE, {"4294967296"}},
    {"depth_to_space x=1x4x4611686018427387904x1 blocksize=2", SHAPE, {"overflow"}},
    {"depth_to_space x=1x4x1x1 blocksize=4611686018427387904", SHAPE, {"4611686018427387904"}},
    {"space_to_depth x=1x4611686018427387904x1x1 blocksize=1", SHAPE, {"overflow"}},
    {"space_to_depth x=1x1x4x4 blocksize=4294967296", SHAPE, {"4294967296"}},
    {"fold x=1x4x4 output_size=3x3 kernel=4611686018427387904x4611686018427387904", SHAPE, {"kernel", "overflow"}},
    {"fold x=1x4x4 output_size=3x3 kernel=2x2 dilation=1x9223372036854775806 padding=2x2", SHAPE, {"axis 1", "reach"}},
    {"fold x=1x3x4 output_size=3x3 kernel=1x3 dilation=1x4611686018427387904", SHAPE, {"axis 1", "overflow"}},
    {"fold x=1x4x4 output_size=3x3 kernel=2x2 padding=9223372036854775806x0", SHAPE, {"axis 0", "overflow"}},
    {"fold x=1x1x4 output_size=4611686018427387903x4611686018427387903 kernel=1", SHAPE, {"blocks", "overflow"}},
    {"max_unpool x=1x1x3x2 indices=i64 kernel=2x2 stride=4611686018427387904x2", SHAPE, {"overflow"}},
    /* strides */
    {"interpolate x=1x2x3x4 size=6x8 y_strides=96x0x8x1", SHAPE, {"output", "strides"}},
    {"interpolate x=1x2x3x4 size=6x8 y_strides=96x48x4x1", SHAPE, {"output", "strides"}},
    {"interpolate x=1x2x3x4 size=6x8 x_strides=24x12x4x-1", SHAPE, {"stride", "-1"}},
    {"interpolate x=1x2x3x4 size=6x8 x_strides=4611686018427387904x12x4611686018427387904x1", SHAPE, {"overflow"}},
};

static void test_refusals(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
    const refusal *r = &refusals[i];
    clup_problem *untouched = (clup_problem *)(uintptr_t)&refusals, *problem = untouched;
    const clup_status status = clup_problem_parse(r->text, &problem);
    if (status != r->status)
      fail_msg("%s: %s, not %s (%s)", r->text, clup_status_name(status), clup_status_name(r->status),
               clup_last_error());
    assert_ptr_equal(problem, untouched);
    for (int s = 0; s < 3 && r->says[s] != NULL; s++)
      if (strstr(clup_last_error(), r->says[s]) == NULL)
        fail_msg("%s: '%s' is not in the message '%s'", r->text, r->says[s], clup_last_error());
    assert_null(strchr(clup_last_error(), '\n'));
  }
}

static clup_tensor image(clup_dtype dtype) {
  return clup_tensor_make(dtype, 4, (int64_t[]){1, 4, 3, 5});
}

/* The call must fail so, say `part`, and leave *problem alone. */
static void refused(clup_status got, clup_status want, const char *part, clup_problem *const *problem) {
  if (got != want || strstr(clup_last_error(), part) == NULL)
    fail_msg("%s: '%s', not %s: '%s'", clup_status_name(got), clup_last_error(), clup_status_name(want), part);
  if (problem != NULL) assert_null(*problem);
}

static void test_null_arguments(void **state) {
  (void)state;
  const clup_tensor x = image(CLUP_F32), w = clup_tensor_make(CLUP_F32, 4, (int64_t[]){4, 2, 3, 3});
  const clup_tensor indices = image(CLUP_I64);
  const clup_interpolate_params ip = {.struct_size = sizeof ip, .size = {6, 10}};
  const clup_max_unpool_params mp = {.struct_size = sizeof mp, .kernel = {2, 2}};
  clup_problem *p = NULL;
  refused(clup_conv_transpose_problem(NULL, &w, NULL, NULL, NULL, &p), ARGUMENT, "input is NULL", &p);
  refused(clup_conv_transpose_problem(&x, NULL, NULL, NULL, NULL, &p), ARGUMENT, "weight is NULL", &p);
  refused(clup_conv_transpose_problem(&x, &w, NULL, NULL, NULL, NULL), ARGUMENT, "out is NULL", NULL);
  refused(clup_interpolate_problem(NULL, NULL, &ip, &p), ARGUMENT, "NULL", &p);
  refused(clup_interpolate_problem(&x, NULL, &ip, NULL), ARGUMENT, "NULL", NULL);
  refused(clup_interpolate_problem(&x, NULL, NULL, &p), ARGUMENT, "neither", &p);
  refused(clup_pixel_shuffle_problem(NULL, NULL, 2, &p), ARGUMENT, "NULL", &p);
  refused(clup_pixel_unshuffle_problem(&x, NULL, 1, NULL), ARGUMENT, "NULL", NULL);
  refused(clup_channel_shuffle_problem(NULL, NULL, 2, &p), ARGUMENT, "input is NULL", &p);
  refused(clup_channel_shuffle_problem(&x, NULL, 2, NULL), ARGUMENT, "out is NULL", NULL);
  refused(clup_depth_to_space_problem(NULL, NULL, 2, CLUP_DCR, &p), ARGUMENT, "depth_to_space: input is NULL", &p);
  refused(clup_space_to_depth_problem(&x, NULL, 1, CLUP_DCR, NULL), ARGUMENT, "space_to_depth: out is NULL", NULL);
  refused(clup_depth_to_space_problem(&x, NULL, 2, (clup_depth_mode)2, &p), ARGUMENT, "mode 2", &p);
  refused(clup_fold_problem(NULL, NULL, &(clup_fold_params)CLUP_FOLD_PARAMS_INIT, &p), ARGUMENT, "input is NULL", &p);
  refused(clup_fold_problem(&x, NULL, NULL, &p), ARGUMENT, "params is NULL", &p);
  refused(clup_fold_problem(&x, NULL, &(clup_fold_params)CLUP_FOLD_PARAMS_INIT, NULL), ARGUMENT, "out is NULL", NULL);
  refused(clup_max_unpool_problem(&x, NULL, NULL, &mp, &p), ARGUMENT, "indices is NULL", &p);
  refused(clup_max_unpool_problem(NULL, &indices, NULL, &mp, &p), ARGUMENT, "input is NULL", &p);
  refused(clup_max_unpool_problem(&x, &indices, NULL, NULL, &p), ARGUMENT, "kernel", &p);
  refused(clup_problem_parse(NULL, &p), ARGUMENT, "NULL", &p);
  refused(clup_problem_parse("interpolate x=1x1x2x2 size=2x2", NULL), ARGUMENT, "NULL", NULL);
  refused(clup_problem_print(NULL, NULL, 0, NULL), ARGUMENT, "NULL", NULL);
  refused(clup_problem_cost(NULL, NULL, NULL), ARGUMENT, "NULL", NULL);
  refused(clup_tensor_count(NULL, NULL, NULL), ARGUMENT, "NULL", NULL);
  refused(clup_problem_tensor(NULL, CLUP_ROLE_INPUT, NULL), ARGUMENT, "NULL", NULL);
  clup_problem_release(NULL);
}

static void test_bad_tensors(void **state) {
  (void)state;
  const clup_interpolate_params params = {.struct_size = sizeof params, .size = {6, 10}};
  clup_problem *p = NULL;
  clup_tensor x = image((clup_dtype)99), y = image(CLUP_F32);
  refused(clup_interpolate_problem(&x, NULL, &params, &p), ARGUMENT, "dtype 99", &p);
  x = image(CLUP_F32);
  x.dims[2] = -3;
  refused(clup_interpolate_problem(&x, NULL, &params, &p), SHAPE, "dims[2]=-3", &p);
  x = image(CLUP_F32);
  x.rank = 9;
  refused(clup_interpolate_problem(&x, NULL, &params, &p), SHAPE, "rank 9", &p);
  x.rank = -1;
  refused(clup_interpolate_problem(&x, NULL, &params, &p), SHAPE, "rank -1", &p);
  x = image(CLUP_F32);
  refused(clup_interpolate_problem(&x, &y, &params, &p), SHAPE, "1x4x3x5", &p); /* not 1x4x6x10 */
  y = clup_tensor_make(CLUP_U8, 4, (int64_t[]){1, 4, 6, 10});
  refused(clup_interpolate_problem(&x, &y, &params, &p), SHAPE, "u8", &p);
  clup_interpolate_params unknown = params;
  unknown.mode = (clup_mode)42;
  refused(clup_interpolate_problem(&x, NULL, &unknown, &p), ARGUMENT, "mode 42", &p);
  const clup_tensor w = clup_tensor_make(CLUP_F32, 4, (int64_t[]){4, 2, 3, 3});
  clup_tensor bias = clup_tensor_make(CLUP_F32, 1, (int64_t[]){3});
  refused(clup_conv_transpose_problem(&x, &w, &bias, NULL, NULL, &p), SHAPE, "bias", &p);
  bias = clup_tensor_make(CLUP_F32, 2, (int64_t[]){1, 2});
  refused(clup_conv_transpose_problem(&x, &w, &bias, NULL, NULL, &p), SHAPE, "bias", &p);
  const clup_max_unpool_params unpool = {.struct_size = sizeof unpool, .kernel = {2, 2}};
  const clup_tensor indices = clup_tensor_make(CLUP_I64, 4, (int64_t[]){1, 4, 3, 4});
  refused(clup_max_unpool_problem(&x, &indices, NULL, &unpool, &p), SHAPE, "1x4x3x4", &p);
}

static void test_getters_of_other_operators(void **state) {
  (void)state;
  clup_problem *p = NULL;
  clup_tensor tensor = {.rank = 77};
  clup_conv_transpose_params conv = {.groups = 77};
  int64_t factor = 77;
  assert_int_equal(clup_problem_parse("interpolate x=1x1x2x2 size=4x4", &p), CLUP_OK);
  assert_int_equal(clup_problem_tensor(p, CLUP_ROLE_WEIGHT, &tensor), ARGUMENT);
  assert_int_equal(clup_problem_tensor(p, (clup_role)17, &tensor), ARGUMENT);
  assert_int_equal(clup_problem_conv_transpose_params(p, &conv), ARGUMENT);
  assert_int_equal(clup_problem_pixel_shuffle_factor(p, &factor), ARGUMENT);
  clup_depth_mode mode = CLUP_CRD;
  clup_fold_params fold = {.axes = 77};
  assert_int_equal(clup_problem_channel_shuffle_groups(p, &factor), ARGUMENT);
  assert_int_equal(clup_problem_depth_params(p, &factor, &mode), ARGUMENT);
  assert_int_equal(clup_problem_fold_params(p, &fold), ARGUMENT);
  assert_int_equal(mode, CLUP_CRD);
  assert_int_equal(fold.axes, 77);
  assert_int_equal(tensor.rank, 77);
  assert_int_equal(conv.groups, 77);
  assert_int_equal(factor, 77);
  clup_problem_release(p);
}

static void test_names(void **state) {
  (void)state;
  assert_string_equal(clup_status_name(CLUP_INVALID_SHAPE), "CLUP_INVALID_SHAPE");
  assert_non_null(clup_status_name((clup_status)4711));
  assert_string_equal(clup_dtype_name(CLUP_BF16), "bf16");
  assert_string_equal(clup_dtype_name((clup_dtype)0), "?");
  assert_int_equal(clup_dtype_size((clup_dtype)13), 0);
  assert_int_equal(clup_dtype_size(CLUP_I64), 8);
  assert_string_equal(clup_op_name(CLUP_OP_MAX_UNPOOL), "max_unpool");
  assert_string_equal(clup_op_name((clup_op)10), "?");
  assert_string_equal(clup_version(), "0.1.0");
}

static void test_tensor_counts(void **state) {
  (void)state;
  int64_t elements = -1, span = -1;
  clup_tensor t = clup_tensor_channels_last(CLUP_U8, 4, (int64_t[]){2, 3, 5, 7});
  assert_int_equal(clup_tensor_count(&t, &elements, &span), CLUP_OK);
  assert_int_equal(elements, 210);
  assert_int_equal(span, 210);
  assert_int_equal(t.strides[0], 105);
  assert_int_equal(t.strides[1], 1);
  assert_int_equal(t.strides[2], 21);
  assert_int_equal(t.strides[3], 3);
  t.strides[0] = 0;
  assert_int_equal(clup_tensor_count(&t, &elements, &span), CLUP_OK);
  assert_int_equal(elements, 210);
  assert_int_equal(span, 105);
  t = clup_tensor_make(CLUP_F32, 3, (int64_t[]){4, 0, 2});
  assert_int_equal(clup_tensor_count(&t, &elements, NULL), CLUP_OK);
  assert_int_equal(elements, 0);
  t = clup_tensor_make(CLUP_F64, 2, (int64_t[]){INT64_MAX / 8, 2});
  elements = 5;
  assert_int_equal(clup_tensor_count(&t, &elements, NULL), CLUP_INVALID_SHAPE);
  assert_int_equal(elements, 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_refusals),    cmocka_unit_test(test_null_arguments),
      cmocka_unit_test(test_bad_tensors), cmocka_unit_test(test_getters_of_other_operators),
      cmocka_unit_test(test_names),       cmocka_unit_test(test_tensor_counts),
  };
  return cmocka_run_group_tests_name("refused problems", tests, NULL, NULL);
}

/* resize: checks, output shape, rules. Formulas: ONNX Resize-19, as its reference evaluator computes them. */
#include "ops/resize.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "axis_taps_onnx.h"
#include "error.h"
#include "images.h"
#include "solver.h"
#include "solvers/interpolate_solvers.h"
#include "tensor.h"

#define OP "resize"
#define MOST_AXES 3

static const char *const mode_names[] = {"nearest", "linear", "cubic", NULL};
static const char *const coordinate_names[] = {
    "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize",
    NULL};
static const char *const nearest_names[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil", NULL};
static const char *const aspect_names[] = {"stretch", "not_larger", "not_smaller", NULL};

#define AT(member) offsetof(clup_problem, params.resize.member)
static const problem_key keys[] = {{"mode", KEY_NAME, AT(mode), mode_names},
                                   {"coordinate_mode", KEY_OPTION, AT(coordinate_mode), coordinate_names},
                                   {"nearest_mode", KEY_OPTION, AT(nearest_mode), nearest_names},
                                   {"aspect_policy", KEY_OPTION, AT(aspect_policy), aspect_names},
                                   {"axes", KEY_CHOSEN_AXES, AT(axes), NULL},
                                   {"sizes", KEY_CHOSEN_INTEGERS, AT(sizes), NULL},
                                   {"scales", KEY_CHOSEN_REALS, AT(scales), NULL},
                                   {"roi_start", KEY_CHOSEN_REALS, AT(roi_start), NULL},
                                   {"roi_end", KEY_CHOSEN_REALS, AT(roi_end), NULL},
                                   {"cubic_coeff_a", KEY_REAL, AT(cubic_coeff_a), NULL},
                                   {"exclude_outside", KEY_FLAG, AT(exclude_outside), NULL},
                                   {"antialias", KEY_FLAG, AT(antialias), NULL},
                                   {"extrapolation_value", KEY_REAL, AT(extrapolation_value), NULL},
                                   {"images", KEY_OPTION, AT(images), images_names},
                                   {NULL, KEY_FLAG, 0, NULL}};

static void defaults(clup_problem *draft) {
  draft->params.resize = (clup_resize_params)CLUP_RESIZE_PARAMS_INIT;
}

/* ---- one axis */

static int count_of(const clup_resize_params *params, int rank) {
  return params->num_axes ? params->num_axes : rank;
}

/* The tensor's axis that entry `i` of the lists is of. */
static int axis_at(const clup_resize_params *params, int rank, int i) {
  const int axis = params->num_axes ? params->axes[i] : i;
  return axis < 0 ? axis + rank : axis;
}

static bool by_sizes(const clup_resize_params *params, int count) {
  for (int i = 0; i < count; i++)
    if (params->sizes[i]) return true;
  return false;
}

typedef struct resized_axis {
  int64_t in, out;
  double scale, roi_start, roi_end;
  bool changes; /* is resampled at all */
} resized_axis;

/* The scale that sizes say; of all axes with a policy. Axes without elements stay so, and say nothing. */
static double scale_by_sizes(const clup_resize_params *params, const clup_tensor *input, int entry) {
  double scale = 0;
  for (int i = 0; i < count_of(params, input->rank); i++) {
    const int64_t in = input->dims[axis_at(params, input->rank, i)];
    if (!in || (params->aspect_policy == CLUP_STRETCH && i != entry)) continue;
    const double own = (double)params->sizes[i] / (double)in;
    if (scale == 0 || (params->aspect_policy == CLUP_NOT_SMALLER ? own > scale : own < scale)) scale = own;
  }
  return scale;
}

/* Sizes that do not fit int64_t come out as its largest. */
static int64_t whole(double size) {
  return size < 0x1p62 ? (int64_t)size : INT64_MAX;
}

static resized_axis axis_of(const clup_resize_params *params, const clup_tensor *input, int axis) {
  resized_axis a = {.in = input->dims[axis], .out = input->dims[axis], .scale = 1, .roi_end = 1};
  for (int i = 0; i < count_of(params, input->rank); i++) {
    if (axis_at(params, input->rank, i) != axis || !a.in) continue;
    const bool sizes = by_sizes(params, count_of(params, input->rank));
    /* ONNX has scales in float32, and multiplies in double. */
    a.scale = sizes ? scale_by_sizes(params, input, i) : (double)(float)params->scales[i];
    if (!sizes)
      a.out = whole(floor(a.scale * (double)a.in));
    else
      a.out = params->aspect_policy == CLUP_STRETCH ? params->sizes[i] : whole(a.scale * (double)a.in + 0.5);
    if (params->coordinate_mode == CLUP_TF_CROP_AND_RESIZE) {
      a.roi_start = params->roi_start[i];
      a.roi_end = params->roi_end[i];
    }
  }
  a.changes = a.out != a.in || fabs(a.scale - 1) > 1e-9 * fmax(a.scale, 1) || fabs(a.roi_start) > 0 ||
              fabs(a.roi_end - 1) > 1e-9;
  return a;
}

int resize_axes(const clup_problem *problem, int axes[3]) {
  int count = 0;
  for (int axis = 0; axis < problem->input.rank; axis++)
    if (axis_of(&problem->params.resize, &problem->input, axis).changes && count < MOST_AXES) axes[count++] = axis;
  return count;
}

axis_rule resize_rule(const clup_problem *problem, int tensor_axis) {
  static const axis_filter filters[] = {AXIS_NEAREST, AXIS_LINEAR, AXIS_CUBIC};
  const clup_resize_params *params = &problem->params.resize;
  const resized_axis a = axis_of(params, &problem->input, tensor_axis);
  return (axis_rule){.filter = filters[params->mode],
                     .in = a.in,
                     .out = a.out,
                     .scale = a.scale,
                     .antialias = params->antialias,
                     .onnx = true,
                     .coordinate_mode = params->coordinate_mode,
                     .nearest_mode = params->nearest_mode,
                     .exclude_outside = params->exclude_outside,
                     .cubic_a = params->cubic_coeff_a,
                     .roi_start = a.roi_start,
                     .roi_end = a.roi_end};
}

/* ---- checks */

static clup_status check_enums(const clup_resize_params *p) {
  const struct {
    const char *name;
    int value, most;
  } all[] = {{"mode", (int)p->mode, CLUP_RESIZE_CUBIC},
             {"coordinate_mode", (int)p->coordinate_mode, CLUP_TF_CROP_AND_RESIZE},
             {"nearest_mode", (int)p->nearest_mode, CLUP_CEIL},
             {"aspect_policy", (int)p->aspect_policy, CLUP_NOT_SMALLER}};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    if (all[i].value < 0 || all[i].value > all[i].most)
      return clup_fail(CLUP_INVALID_ARGUMENT, OP ": %s %d is none of clup's", all[i].name, all[i].value);
  return CLUP_OK;
}

static clup_status check_axes(const clup_resize_params *p, int rank) {
  if (p->num_axes < 0 || p->num_axes > rank)
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": num_axes=%d, but the input has rank %d", p->num_axes, rank);
  for (int i = 0; i < p->num_axes; i++) {
    if (p->axes[i] < -rank || p->axes[i] >= rank)
      return clup_fail(CLUP_INVALID_ARGUMENT, OP ": axes[%d]=%d is not within %d..%d", i, p->axes[i], -rank, rank - 1);
    for (int j = 0; j < i; j++)
      if (axis_at(p, rank, i) == axis_at(p, rank, j))
        return clup_fail(CLUP_INVALID_ARGUMENT, OP ": axes[%d]=%d and axes[%d]=%d are the same axis", j, p->axes[j], i,
                         p->axes[i]);
  }
  return CLUP_OK;
}

/* What the mode does not read gets its default, so that one problem has one text. */
static void settle(clup_resize_params *p, int rank) {
  const clup_resize_params usual = CLUP_RESIZE_PARAMS_INIT;
  const int count = count_of(p, rank);
  const bool crop = p->coordinate_mode == CLUP_TF_CROP_AND_RESIZE;
  for (int i = 0; i < CLUP_MAX_RANK; i++) {
    if (i >= p->num_axes) p->axes[i] = 0;
    if (i >= count) p->sizes[i] = 0;
    if (i >= count) p->scales[i] = 0;
    if (i >= count || !crop) p->roi_start[i] = p->roi_end[i] = 0;
  }
  if (p->mode != CLUP_RESIZE_NEAREST) p->nearest_mode = usual.nearest_mode;
  if (p->mode != CLUP_RESIZE_CUBIC) p->cubic_coeff_a = usual.cubic_coeff_a;
  if (!crop) p->extrapolation_value = usual.extrapolation_value;
  if (!by_sizes(p, count)) p->aspect_policy = usual.aspect_policy;
  p->exclude_outside = p->exclude_outside != 0;
  p->antialias = p->antialias != 0;
}

static clup_status check_lists(const clup_resize_params *p, const clup_tensor *input) {
  const int count = count_of(p, input->rank);
  const bool sizes = by_sizes(p, count);
  bool scales = false, roi = false;
  for (int i = 0; i < count; i++) {
    scales = scales || p->scales[i] != 0; /* NaN counts as given */
    roi = roi || p->roi_start[i] != 0 || p->roi_end[i] != 0;
  }
  if (sizes == scales)
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": %s of sizes and scales given: exactly one is needed",
                     sizes ? "both" : "neither");
  if (p->coordinate_mode == CLUP_TF_CROP_AND_RESIZE && !roi)
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": tf_crop_and_resize needs roi_start and roi_end");
  for (int i = 0; i < count; i++) {
    const int64_t in = input->dims[axis_at(p, input->rank, i)];
    if (sizes && (p->sizes[i] < (in ? 1 : 0) || (!in && p->sizes[i])))
      return clup_fail(CLUP_INVALID_SHAPE, OP ": sizes[%d]=%lld for an axis of %lld elements", i,
                       (long long)p->sizes[i], (long long)in);
    if (scales && !(isfinite((float)p->scales[i]) && (float)p->scales[i] > 0))
      return clup_fail(CLUP_INVALID_ARGUMENT, OP ": scales[%d]=%g must be positive and finite, as float32", i,
                       p->scales[i]);
    if (!isfinite(p->roi_start[i]) || !isfinite(p->roi_end[i]))
      return clup_fail(CLUP_INVALID_ARGUMENT, OP ": roi_start[%d]=%g, roi_end[%d]=%g must be finite", i,
                       p->roi_start[i], i, p->roi_end[i]);
  }
  return CLUP_OK;
}

static clup_status check_values(const clup_resize_params *p, clup_dtype dtype) {
  const bool moves = p->mode == CLUP_RESIZE_NEAREST;
  if (moves && (p->antialias || p->exclude_outside))
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": %s does not go with mode nearest, only with linear and cubic",
                     p->antialias ? "antialias" : "exclude_outside");
  if (!isfinite(p->cubic_coeff_a))
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": cubic_coeff_a=%g must be finite", p->cubic_coeff_a);
  if (isnan(p->extrapolation_value) && dtype >= CLUP_U8)
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": extrapolation_value is NaN, which %s cannot hold",
                     clup_dtype_name(dtype));
  if (!moves && dtype > CLUP_I16)
    return clup_fail(CLUP_UNSUPPORTED,
                     OP
                     ": mode %s takes f32, f64, f16, bf16, u8, i8, u16 and i16, not %s, whose values float32 cannot "
                     "hold (nearest takes any)",
                     mode_names[p->mode], clup_dtype_name(dtype));
  return CLUP_OK;
}

static clup_status output_shape(const clup_resize_params *params, const clup_tensor *input, clup_tensor *output) {
  int64_t dims[CLUP_MAX_RANK];
  int changed = 0;
  char names[64] = "";
  for (int axis = 0; axis < input->rank; axis++) {
    const resized_axis a = axis_of(params, input, axis);
    dims[axis] = a.out;
    if (!a.changes) continue;
    const size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, changed++ ? ", %d" : "%d", axis);
    if (a.out < 1)
      return clup_fail(CLUP_INVALID_SHAPE, OP ": input dims[%d]=%lld times scale %.9g leaves no output element", axis,
                       (long long)a.in, a.scale);
    if (a.in > INT32_MAX || a.out > INT32_MAX)
      return clup_fail(CLUP_UNSUPPORTED, OP ": axis %d goes from %lld to %lld elements; at most 2^31-1 can be indexed",
                       axis, (long long)a.in, (long long)a.out);
  }
  if (changed > MOST_AXES)
    return clup_fail(CLUP_UNSUPPORTED, OP ": %d axes change their size or are cropped (%s); at most %d can", changed,
                     names, MOST_AXES);
  *output = clup_tensor_make(input->dtype, input->rank, dims);
  return CLUP_OK;
}

static clup_status make(const clup_problem *draft, const clup_tensor *output, clup_problem **out) {
  clup_problem made = {.op = CLUP_OP_RESIZE, .params = draft->params};
  clup_resize_params *params = &made.params.resize;
  clup_tensor inferred;
  CLUP_TRY(tensor_canonical(&draft->input, OP, "input", false, &made.input));
  CLUP_TRY(check_enums(params));
  CLUP_TRY(check_axes(params, made.input.rank));
  settle(params, made.input.rank);
  CLUP_TRY(check_lists(params, &made.input));
  CLUP_TRY(check_values(params, made.input.dtype));
  CLUP_TRY(output_shape(params, &made.input, &inferred));
  CLUP_TRY(tensor_output(output, &inferred, OP, &made.output));
  CLUP_TRY(images_check(&made));
  return problem_new(&made, out);
}

clup_status clup_resize_problem(const clup_tensor *input, const clup_tensor *output, const clup_resize_params *params,
                                clup_problem **out) {
  if (!input || !out) return clup_fail(CLUP_INVALID_ARGUMENT, OP ": %s is NULL", input ? "out" : "input");
  clup_problem draft = {.op = CLUP_OP_RESIZE, .input = *input};
  defaults(&draft);
  if (params) params_copy(&draft.params.resize, sizeof draft.params.resize, params, params->struct_size);
  return make(&draft, output, out);
}

clup_status clup_problem_resize_params(const clup_problem *problem, clup_resize_params *out) {
  if (!problem || !out) return clup_fail(CLUP_INVALID_ARGUMENT, "problem_resize_params: an argument is NULL");
  if (problem->op != CLUP_OP_RESIZE)
    return clup_fail(CLUP_INVALID_ARGUMENT, "problem_resize_params: the problem is of %s", clup_op_name(problem->op));
  *out = problem->params.resize;
  return CLUP_OK;
}

/* Separable: every tap of one axis after the other. */
static void cost(const clup_problem *problem, double *flops, double *bytes) {
  static const double taps_of[] = {0, 2, 4};
  const clup_resize_params *params = &problem->params.resize;
  const double in = (double)tensor_elements(&problem->input), out = (double)tensor_elements(&problem->output);
  double taps = 0;
  int axes[3];
  for (int i = 0; i < resize_axes(problem, axes); i++) {
    const resized_axis a = axis_of(params, &problem->input, axes[i]);
    taps += taps_of[params->mode] * (params->antialias && a.scale < 1 ? 1 / a.scale : 1);
  }
  *flops = 2 * taps * out;
  *bytes = (in + out) * (double)clup_dtype_size(problem->input.dtype);
}

static const solver *const solvers[] = {&interpolate_near_rows,    &interpolate_rows,   &interpolate_window_rows,
                                        &interpolate_nearest_rows, &interpolate_gather, &interpolate_taps,
                                        &interpolate_windows,      &interpolate_image,  NULL};

const operator_info resize_operator = {OP, solvers, keys, defaults, make, cost, interpolate_outside};

/* interpolate: checks, output shape, solvers. Formulas: torch.nn.functional.interpolate. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "images.h"
#include "problem.h"
#include "solver.h"
#include "solvers/interpolate_solvers.h"
#include "tensor.h"

#define OP "interpolate"

static const char *const mode_names[] = {"nearest",   "nearest-exact", "bilinear", "bicubic", "linear",
                                         "trilinear", "area",          "lanczos",  NULL};

static const struct {
  int least_rank, most_rank; /* of the input */
  bool moves;                /* elements of any dtype */
  double taps;               /* per axis */
  bool corners, antialias;   /* takes align_corners, antialias */
  bool covers;               /* always takes all input elements, also where an axis shrinks */
} modes[] = {
    [CLUP_NEAREST] = {3, 5, true, 0, false, false, false}, [CLUP_NEAREST_EXACT] = {3, 5, true, 0, false, false, false},
    [CLUP_BILINEAR] = {4, 4, false, 2, true, true, false}, [CLUP_BICUBIC] = {4, 4, false, 4, true, true, false},
    [CLUP_LINEAR] = {3, 3, false, 2, true, false, false},  [CLUP_TRILINEAR] = {5, 5, false, 2, true, false, false},
    [CLUP_AREA] = {3, 5, false, 1, false, false, true},    [CLUP_LANCZOS] = {4, 4, false, 6, false, false, true},
};

static const problem_key keys[] = {
    {"mode", KEY_NAME, offsetof(clup_problem, params.interpolate.mode), mode_names},
    {"size", KEY_AXES, offsetof(clup_problem, params.interpolate.size), NULL},
    {"scale_factor", KEY_REALS, offsetof(clup_problem, params.interpolate.scale_factor), NULL},
    {"align_corners", KEY_FLAG, offsetof(clup_problem, params.interpolate.align_corners), NULL},
    {"recompute_scale_factor", KEY_FLAG, offsetof(clup_problem, params.interpolate.recompute_scale_factor), NULL},
    {"antialias", KEY_FLAG, offsetof(clup_problem, params.interpolate.antialias), NULL},
    {"images", KEY_OPTION, offsetof(clup_problem, params.interpolate.images), images_names},
    {NULL, KEY_FLAG, 0, NULL}};

static void defaults(clup_problem *draft) {
  draft->params.interpolate = (clup_interpolate_params)CLUP_INTERPOLATE_PARAMS_INIT;
}

static clup_status check_input(const clup_tensor *input, clup_mode mode) {
  const int least = modes[mode].least_rank, most = modes[mode].most_rank;
  if (input->rank < least || input->rank > most) {
    char ranks[32];
    snprintf(ranks, sizeof ranks, least < most ? "%d to %d" : "%d", least, most);
    return clup_fail(CLUP_INVALID_SHAPE, OP ": input: rank %d, but mode %s takes rank %s (N, C, and what it resamples)",
                     input->rank, mode_names[mode], ranks);
  }
  for (int axis = 1; axis < input->rank; axis++)
    if (input->dims[axis] < 1)
      return clup_fail(CLUP_INVALID_SHAPE, OP ": input: dims[%d]=0: only the batch may be empty", axis);
  if (!modes[mode].moves && input->dtype > CLUP_I16)
    return clup_fail(CLUP_UNSUPPORTED,
                     OP
                     ": mode %s computes in float32, which cannot hold all values of %s; it takes f32, f64, f16, bf16,"
                     " u8, i8, u16 and i16 (the nearest modes take any dtype)",
                     mode_names[mode], clup_dtype_name(input->dtype));
  return CLUP_OK;
}

static bool given(const clup_interpolate_params *params, int axes, bool *size, bool *scale) {
  *size = *scale = false;
  for (int i = 0; i < axes; i++) {
    if (params->size[i]) *size = true;
    if (params->scale_factor[i] != 0) *scale = true; /* NaN counts as given */
  }
  return *size != *scale;
}

/* Flags are 0 or 1 from here on, and entries past the last axis 0. */
static clup_status check_params(clup_interpolate_params *params, int axes) {
  for (int i = axes; i < 3; i++) {
    params->size[i] = 0;
    params->scale_factor[i] = 0;
  }
  params->align_corners = params->align_corners != 0;
  params->recompute_scale_factor = params->recompute_scale_factor != 0;
  params->antialias = params->antialias != 0;
  bool size, scale;
  if (!given(params, axes, &size, &scale))
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": %s of size and scale_factor given: exactly one is needed",
                     size ? "both" : "neither");
  if (params->align_corners && !modes[params->mode].corners)
    return clup_fail(CLUP_INVALID_ARGUMENT,
                     OP ": align_corners does not go with mode %s, only with linear, bilinear, trilinear and bicubic",
                     mode_names[params->mode]);
  if (params->antialias && !modes[params->mode].antialias)
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": antialias does not go with mode %s, only with bilinear and bicubic%s",
                     mode_names[params->mode], modes[params->mode].covers ? " (it takes all elements as it is)" : "");
  if (params->recompute_scale_factor && size)
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": recompute_scale_factor goes with scale_factor, not with size");
  for (int i = 0; i < axes; i++) {
    if (size && params->size[i] < 1)
      return clup_fail(CLUP_INVALID_SHAPE, OP ": size[%d]=%lld must be at least 1", i, (long long)params->size[i]);
    if (scale && !(isfinite(params->scale_factor[i]) && params->scale_factor[i] > 0))
      return clup_fail(CLUP_INVALID_ARGUMENT, OP ": scale_factor[%d]=%g must be positive and finite", i,
                       params->scale_factor[i]);
  }
  return CLUP_OK;
}

static clup_status output_shape(const clup_tensor *input, const clup_interpolate_params *params, clup_tensor *output) {
  int64_t dims[CLUP_MAX_RANK] = {input->dims[0], input->dims[1]};
  for (int i = 0; i < input->rank - 2; i++) {
    const int64_t in = input->dims[2 + i];
    dims[2 + i] = params->size[i];
    if (params->size[i]) continue;
    const double size = floor((double)in * params->scale_factor[i]);
    if (size < 1)
      return clup_fail(CLUP_INVALID_SHAPE,
                       OP ": input dims[%d]=%lld times scale_factor[%d]=%g leaves no output element", 2 + i,
                       (long long)in, i, params->scale_factor[i]);
    if (size > INT32_MAX)
      return clup_fail(CLUP_INVALID_SHAPE, OP ": input dims[%d]=%lld times scale_factor[%d]=%g is above 2^31-1", 2 + i,
                       (long long)in, i, params->scale_factor[i]);
    dims[2 + i] = (int64_t)size;
  }
  *output = clup_tensor_make(input->dtype, input->rank, dims);
  return CLUP_OK;
}

static clup_status make(const clup_problem *draft, const clup_tensor *output, clup_problem **out) {
  clup_problem made = {.op = CLUP_OP_INTERPOLATE, .params = draft->params};
  clup_tensor inferred;
  const clup_mode mode = draft->params.interpolate.mode;
  if ((int)mode < 0 || mode > CLUP_LANCZOS)
    return clup_fail(CLUP_INVALID_ARGUMENT, OP ": mode %d is none of clup's", (int)mode);
  CLUP_TRY(tensor_canonical(&draft->input, OP, "input", false, &made.input));
  CLUP_TRY(check_input(&made.input, mode));
  CLUP_TRY(check_params(&made.params.interpolate, made.input.rank - 2));
  CLUP_TRY(output_shape(&made.input, &made.params.interpolate, &inferred));
  CLUP_TRY(tensor_output(output, &inferred, OP, &made.output));
  CLUP_TRY(images_check(&made));
  for (int axis = 2; axis < made.input.rank; axis++)
    if (made.input.dims[axis] > INT32_MAX || made.output.dims[axis] > INT32_MAX)
      return clup_fail(CLUP_UNSUPPORTED, OP ": axis %d goes from %lld to %lld elements; at most 2^31-1 can be indexed",
                       axis, (long long)made.input.dims[axis], (long long)made.output.dims[axis]);
  return problem_new(&made, out);
}

clup_status clup_interpolate_problem(const clup_tensor *input, const clup_tensor *output,
                                     const clup_interpolate_params *params, clup_problem **out) {
  if (!input || !out) return clup_fail(CLUP_INVALID_ARGUMENT, OP ": %s is NULL", input ? "out" : "input");
  clup_problem draft = {.op = CLUP_OP_INTERPOLATE, .input = *input};
  defaults(&draft);
  if (params) params_copy(&draft.params.interpolate, sizeof draft.params.interpolate, params, params->struct_size);
  return make(&draft, output, out);
}

clup_status clup_problem_interpolate_params(const clup_problem *problem, clup_interpolate_params *out) {
  if (!problem || !out) return clup_fail(CLUP_INVALID_ARGUMENT, "problem_interpolate_params: an argument is NULL");
  if (problem->op != CLUP_OP_INTERPOLATE)
    return clup_fail(CLUP_INVALID_ARGUMENT, "problem_interpolate_params: the problem is of %s",
                     clup_op_name(problem->op));
  *out = problem->params.interpolate;
  return CLUP_OK;
}

/* Separable: every tap of one axis after the other. */
static void cost(const clup_problem *problem, double *flops, double *bytes) {
  const double size = (double)clup_dtype_size(problem->input.dtype);
  const double in = (double)tensor_elements(&problem->input), out = (double)tensor_elements(&problem->output);
  const clup_interpolate_params *params = &problem->params.interpolate;
  double taps = 0;
  for (int axis = 2; axis < problem->input.rank; axis++) {
    const double shrinks = (double)problem->input.dims[axis] / (double)problem->output.dims[axis];
    const bool covers = (params->antialias || modes[params->mode].covers) && shrinks > 1;
    taps += modes[params->mode].taps * (covers ? shrinks : 1);
  }
  *flops = 2 * taps * out;
  *bytes = (in + out) * size;
}

static const solver *const solvers[] = {&interpolate_near_rows,    &interpolate_rows,   &interpolate_window_rows,
                                        &interpolate_nearest_rows, &interpolate_gather, &interpolate_taps,
                                        &interpolate_windows,      &interpolate_image,  NULL};

const operator_info interpolate_operator = {OP, solvers, keys, defaults, make, cost, NULL};

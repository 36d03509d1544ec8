#include <limits.h>

#include "operator.h"

static const char *const mode_names[] = {"nearest", "linear", "cubic", NULL};
static const char *const coordinate_names[] = {
    "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize",
    NULL};
static const char *const nearest_names[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil", NULL};
static const char *const policy_names[] = {"stretch", "not_larger", "not_smaller", NULL};

static const option_spec specs[] = {
    {"sizes", 0, OPTION_INTS, CLUP_MAX_RANK, 0, NULL, "S,...", "the output's sizes; this or --scales",
     OPTION_AT(sizes)},
    {"scales", 0, OPTION_REALS, CLUP_MAX_RANK, 0, NULL, "S,...", "the output is floor(in * scale), scale in float32",
     OPTION_AT(scales)},
    {"axes", 0, OPTION_INTS, CLUP_MAX_RANK, -CLUP_MAX_RANK, NULL, "A,...",
     "which axes, in N,C,H,W order, negative from the end (default: the\n                            spatial ones, or "
     "all "
     "when there is a value for each)",
     OPTION_AT(axes)},
    {"mode", 0, OPTION_CHOICE, 1, 0, mode_names, "MODE", "(default nearest)", OPTION_AT(mode)},
    {"coordinate-mode", 0, OPTION_CHOICE, 1, 0, coordinate_names, "MODE", "(default half_pixel)",
     OPTION_AT(coordinate_mode)},
    {"nearest-mode", 0, OPTION_CHOICE, 1, 0, nearest_names, "MODE", "(default round_prefer_floor)",
     OPTION_AT(nearest_mode)},
    {"keep-aspect-ratio-policy", 0, OPTION_CHOICE, 1, 0, policy_names, "POLICY", "with --sizes (default stretch)",
     OPTION_AT(keep_aspect_ratio_policy)},
    {"cubic-coeff-a", 0, OPTION_REALS, 1, INT64_MIN, NULL, "A", "of cubic (default -0.75)", OPTION_AT(cubic_coeff_a)},
    {"exclude-outside", 0, OPTION_FLAG, 0, 0, NULL, NULL, "what is outside the input weighs nothing (linear, cubic)",
     OPTION_AT(exclude_outside)},
    {"antialias", 0, OPTION_FLAG, 0, 0, NULL, NULL, "shrinking weighs all pixels (linear, cubic)",
     OPTION_AT(antialias)},
    {"roi", 0, OPTION_REALS, 2 * CLUP_MAX_RANK, INT64_MIN, NULL, "START...,END...",
     "of tf_crop_and_resize: 0 to 1 along each of the axes", OPTION_AT(roi)},
    {"extrapolation-value", 0, OPTION_REALS, 1, INT64_MIN, NULL, "V",
     "of tf_crop_and_resize, outside the input (default 0)", OPTION_AT(extrapolation_value)},
};
static const option_group group = {"options of resize", specs, sizeof specs / sizeof specs[0]};

static int computes(const cli_options *o) {
  return o->mode.given && o->mode.ints[0] != CLUP_RESIZE_NEAREST ? OPERATOR_COMPUTES_NUMBERS : OPERATOR_MOVES;
}

/* --axes; or all, or the spatial ones, by how many values there are. */
static void choose_axes(const option_value *axes, int rank, const option_value *list, clup_resize_params *params) {
  if (axes->given) {
    params->num_axes = axes->count;
    for (int i = 0; i < axes->count; i++) params->axes[i] = axes->ints[i] > INT_MAX ? INT_MAX : (int)axes->ints[i];
    return;
  }
  if (list->count == rank || rank < 3) return;
  params->num_axes = rank - 2;
  for (int i = 0; i < rank - 2; i++) params->axes[i] = 2 + i;
}

static int take_roi(cli *c, int count, clup_resize_params *params) {
  const option_value *roi = &c->options.roi;
  if (!roi->given) return CLI_OK;
  if (roi->count != 2 * count) {
    return cli_fail(&c->error, CLI_USAGE, "resize --roi",
                    "takes %d numbers, a start and an end for %d axes, got %d: '%s'", 2 * count, count, roi->count,
                    roi->text);
  }
  if (params->coordinate_mode != CLUP_TF_CROP_AND_RESIZE) {
    return cli_fail(&c->error, CLI_USAGE, "resize --roi", "goes with --coordinate-mode tf_crop_and_resize");
  }
  for (int i = 0; i < count; i++) {
    params->roi_start[i] = roi->reals[i];
    params->roi_end[i] = roi->reals[count + i];
  }
  return CLI_OK;
}

static int make(cli *c, const operator_case *one, const clup_tensor *input, const clup_tensor *output,
                clup_problem **problem) {
  const cli_options *o = &c->options;
  clup_resize_params params = CLUP_RESIZE_PARAMS_INIT;
  (void)one;
  if (o->sizes.given == o->scales.given) {
    return cli_fail(&c->error, CLI_USAGE, "resize", "needs --sizes or --scales, and not both");
  }
  if (o->mode.given) params.mode = (clup_resize_mode)o->mode.ints[0];
  if (o->coordinate_mode.given) params.coordinate_mode = (clup_coordinate_mode)o->coordinate_mode.ints[0];
  if (o->nearest_mode.given) params.nearest_mode = (clup_nearest_mode)o->nearest_mode.ints[0];
  if (o->keep_aspect_ratio_policy.given) {
    params.aspect_policy = (clup_aspect_policy)o->keep_aspect_ratio_policy.ints[0];
  }
  if (o->cubic_coeff_a.given) params.cubic_coeff_a = o->cubic_coeff_a.reals[0];
  if (o->extrapolation_value.given) params.extrapolation_value = o->extrapolation_value.reals[0];
  params.exclude_outside = o->exclude_outside.given;
  params.antialias = o->antialias.given;
  choose_axes(&o->axes, input->rank, o->sizes.given ? &o->sizes : &o->scales, &params);
  const int count = params.num_axes > 0 ? params.num_axes : input->rank;
  int rc = CLI_OK;
  if (o->sizes.given) rc = option_axes(&c->error, "resize --sizes", &o->sizes, count, params.sizes);
  if (rc == CLI_OK && o->scales.given) {
    rc = option_axes_real(&c->error, "resize --scales", &o->scales, count, params.scales);
  }
  if (rc == CLI_OK) rc = take_roi(c, count, &params);
  if (rc != CLI_OK) return rc;
  return cli_status(&c->error, "resize", clup_resize_problem(input, output, &params, problem));
}

static const cli_operator op = {.name = "resize", .computes = computes, .channel_axis = operator_batched, .make = make};

const cli_command command_resize = {
    .name = "resize",
    .arguments = "IN OUT",
    .summary = "interpolate as ONNX Resize does",
    .details =
        "Any rank; at most three axes change. u8, i8, u16, i16, f16 and bf16 are rounded back to nearest even and "
        "saturated;\nnearest moves elements of any dtype. An image's colours are weighted by its opacity where pixels "
        "mix.",
    .min_words = 2,
    .max_words = 2,
    .groups = {&group, &operator_group},
    .op = &op,
    .run = operator_command};

#include "operator.h"

static const char *const mode_names[] = {"nearest", "nearest-exact", "linear",  "bilinear", "trilinear",
                                         "bicubic", "area",          "lanczos", NULL};
static const clup_mode modes[] = {CLUP_NEAREST,   CLUP_NEAREST_EXACT, CLUP_LINEAR, CLUP_BILINEAR,
                                  CLUP_TRILINEAR, CLUP_BICUBIC,       CLUP_AREA,   CLUP_LANCZOS};

static const option_spec specs[] = {
    {"size", 0, OPTION_INTS, 3, 1, NULL, "[[D,]H,]W", "the output's size; this or --scale", OPTION_AT(size)},
    {"scale", 0, OPTION_REALS, 3, 0, NULL, "[[SD,]SH,]SW", "the output is floor(in * scale)", OPTION_AT(scale)},
    {"mode", 0, OPTION_CHOICE, 1, 0, mode_names, "MODE", "(default nearest)", OPTION_AT(mode)},
    {"align-corners", 0, OPTION_FLAG, 0, 0, NULL, NULL,
     "corner pixels keep their values (linear, bilinear, trilinear, bicubic)", OPTION_AT(align_corners)},
    {"antialias", 0, OPTION_FLAG, 0, 0, NULL, NULL, "shrinking weighs all pixels (bilinear, bicubic)",
     OPTION_AT(antialias)},
    {"recompute-scale-factor", 0, OPTION_FLAG, 0, 0, NULL, NULL, "step by in/out, not by 1/scale",
     OPTION_AT(recompute_scale_factor)},
};
static const option_group group = {"options of upsample", specs, sizeof specs / sizeof specs[0]};

static clup_mode mode_of(const cli_options *o) {
  return o->mode.given ? modes[o->mode.ints[0]] : CLUP_NEAREST;
}

static int computes(const cli_options *o) {
  int moves = mode_of(o) == CLUP_NEAREST || mode_of(o) == CLUP_NEAREST_EXACT;
  return moves ? OPERATOR_MOVES : OPERATOR_COMPUTES_NUMBERS;
}

static int make(cli *c, const operator_case *one, const clup_tensor *input, const clup_tensor *output,
                clup_problem **problem) {
  const cli_options *o = &c->options;
  clup_interpolate_params params = CLUP_INTERPOLATE_PARAMS_INIT;
  params.mode = mode_of(o);
  params.align_corners = o->align_corners.given;
  params.antialias = o->antialias.given;
  params.recompute_scale_factor = o->recompute_scale_factor.given;
  if (input->rank < 3 || input->rank > 5) {
    char text[256];
    return cli_fail(&c->error, CLI_USAGE, "upsample", "takes 3 to 5 axes, %s; the input has %d axes: %s",
                    one->channels_last ? "N,[[D,]H,]W,C" : "N,C,[[D,]H,]W", input->rank,
                    dims_text(one->input.rank, one->input.dims, text, sizeof text));
  }
  int axes = input->rank - 2;
  int rc = CLI_OK;
  if (o->size.given) rc = option_axes(&c->error, "upsample --size", &o->size, axes, params.size);
  if (rc == CLI_OK && o->scale.given) {
    rc = option_axes_real(&c->error, "upsample --scale", &o->scale, axes, params.scale_factor);
  }
  if (rc == CLI_OK && !o->size.given && !o->scale.given) {
    rc = cli_fail(&c->error, CLI_USAGE, "upsample", "needs --size or --scale");
  }
  if (rc != CLI_OK) return rc;
  return cli_status(&c->error, "upsample", clup_interpolate_problem(input, output, &params, problem));
}

static const cli_operator op = {
    .name = "upsample", .computes = computes, .channel_axis = operator_batched, .make = make};

const cli_command command_upsample = {
    .name = "upsample",
    .arguments = "IN OUT",
    .summary = "interpolate to a larger or smaller size, as torch.nn.functional.interpolate does",
    .details =
        "Arithmetic is in f32, of f64 in f64; u8, i8, u16, i16, f16 and bf16 are rounded to nearest even and "
        "saturated;\nnearest and nearest-exact move elements of any dtype.\n"
        "linear takes arrays of 3 axes (N,C,W), bilinear, bicubic and lanczos of 4, trilinear of 5, the others of 3 to "
        "5.\n"
        "An image's colours are weighted by its opacity in the modes that mix pixels.",
    .min_words = 2,
    .max_words = 2,
    .groups = {&group, &operator_group},
    .op = &op,
    .run = operator_command};

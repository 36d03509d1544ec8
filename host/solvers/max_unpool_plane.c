/* CPUs: a work-item owns a plane, and stores it in bands where the indices are those of a pooling without overlap. */
#include "max_unpool_solvers.h"
#include "solver_shared.h"
#include "tensor.h"

#define BAND_BYTES (32 << 10)

void max_unpool_defines(const clup_problem *problem, recipe *r, launch *l) {
  launch_define(r, l, "ELEMENT_SIZE", (int64_t)clup_dtype_size(problem->input.dtype));
  launch_define_text(r, l, "INDEX_TYPE", problem->indices.dtype == CLUP_I64 ? "long" : "int");
}

void max_unpool_strides(const clup_tensor *tensor, recipe *r, launch *l) {
  for (int axis = 0; axis < 4; axis++) launch_index(r, l, stride_of(tensor, axis));
}

static bool applicable(const clup_problem *problem, const device_caps *caps, char *why) {
  (void)problem;
  return caps->is_cpu || not_applicable(why, "it is for CPU devices");
}

static bool preferred(const clup_problem *problem, const device_caps *caps, char *why) {
  const int64_t planes = problem->input.dims[0] * problem->input.dims[1];
  if (planes < caps->compute_units)
    return not_applicable(why, "%lld planes do not occupy %u compute units", (long long)planes, caps->compute_units);
  return true;
}

/* Elements of a band of output rows, or 0 where windows overlap or a band is too large. The last band has what
 * output_size adds: fewer than 2 * stride rows. */
static int64_t band_elements(const clup_problem *problem) {
  const clup_max_unpool_params *params = &problem->params.max_unpool;
  const int64_t stride = params->stride[0] ? params->stride[0] : params->kernel[0], width = problem->output.dims[3];
  const int64_t most = BAND_BYTES / (int64_t)clup_dtype_size(problem->input.dtype);
  if (params->kernel[0] > stride || stride > most / 2 || width > most / (2 * stride)) return 0;
  return stride_of(&problem->output, 3) > 1 ? 0 : most;
}

static clup_status configure(const clup_problem *problem, const device_caps *caps, recipe *r) {
  (void)caps;
  const clup_max_unpool_params *params = &problem->params.max_unpool;
  const size_t size = clup_dtype_size(problem->input.dtype);
  const int64_t *in = problem->input.dims, *out = problem->output.dims;
  launch *l = recipe_launch(r, "max_unpool_plane", "clup_max_unpool_plane");
  max_unpool_defines(problem, r, l);
  launch_define(r, l, "BAND", band_elements(problem));
  launch_define(r, l, "STREAM", tensor_elements(&problem->output) * (int64_t)size >= STREAM_BYTES);
  launch_buffer(r, l, ARG_INPUT, 0, size);
  launch_buffer(r, l, ARG_INDICES, 0, clup_dtype_size(problem->indices.dtype));
  launch_buffer(r, l, ARG_OUTPUT, 0, size);
  launch_buffer(r, l, ARG_STATUS, 0, sizeof(cl_uint));
  launch_index(r, l, in[1]);
  launch_index(r, l, in[2]);
  launch_index(r, l, in[3]);
  launch_index(r, l, out[2]);
  launch_index(r, l, out[3]);
  launch_i64(r, l, params->stride[0] ? params->stride[0] : params->kernel[0]);
  launch_i64(r, l, params->padding[0]);
  max_unpool_strides(&problem->input, r, l);
  max_unpool_strides(&problem->indices, r, l);
  max_unpool_strides(&problem->output, r, l);
  launch_range(r, l, 1, (const int64_t[3]){in[0] * in[1], 1, 1}, (const size_t[3]){1, 1, 1});
  r->reports_errors = true;
  return CLUP_OK;
}

const solver max_unpool_plane = {
    .name = "plane", .applicable = applicable, .preferred = preferred, .configure = configure};

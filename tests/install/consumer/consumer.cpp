// A C++17 program of someone's: handles in unique_ptr, every initialiser used, every enum passed.
#include <clup/clup.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>

template <auto release>
struct releaser {
  template <class T>
  void operator()(T *handle) const {
    release(handle);
  }
};
using host_ptr = std::unique_ptr<clup_host, releaser<clup_host_release>>;
using problem_ptr = std::unique_ptr<clup_problem, releaser<clup_problem_release>>;

static int fail(clup_status status) {
  std::fprintf(stderr, "%s: %s\n", clup_status_name(status), clup_last_error());
  return 1;
}

int main() {
  clup_context_options context_options = CLUP_CONTEXT_OPTIONS_INIT;
  clup_plan_options plan_options = CLUP_PLAN_OPTIONS_INIT;
  clup_interpolate_params interpolate = CLUP_INTERPOLATE_PARAMS_INIT;
  clup_max_unpool_params unpool = CLUP_MAX_UNPOOL_PARAMS_INIT;
  clup_conv_transpose_params params = CLUP_CONV_TRANSPOSE_PARAMS_INIT;
  if (plan_options.struct_size != sizeof plan_options || interpolate.struct_size != sizeof interpolate ||
      unpool.struct_size != sizeof unpool || params.groups != 1) {
    return 1;
  }
  params.stride[0] = params.stride[1] = 2;

  const std::array<std::int64_t, 4> x_dims{1, 1, 1, 2}, w_dims{1, 1, 2, 2};
  const clup_tensor x = clup_tensor_make(CLUP_F32, 4, x_dims.data());
  const clup_tensor w = clup_tensor_make(CLUP_F32, 4, w_dims.data());
  clup_problem *problem_handle = nullptr;
  if (auto status = clup_conv_transpose_problem(&x, &w, nullptr, nullptr, &params, &problem_handle))
    return fail(status);
  const problem_ptr problem(problem_handle);
  clup_host *host_handle = nullptr;
  if (auto status = clup_host_create(nullptr, &context_options, &host_handle)) return fail(status);
  const host_ptr host(host_handle);

  const std::array<float, 2> input{1, 10};
  const std::array<float, 4> weight{1, 2, 3, 4};
  std::array<float, 8> output{};
  clup_arrays arrays{};
  arrays.input = input.data();
  arrays.weight = weight.data();
  arrays.output = output.data();
  if (auto status = clup_host_run(host.get(), problem.get(), nullptr, &arrays, nullptr)) return fail(status);
  const std::array<float, 8> expected{1, 2, 10, 20, 3, 4, 30, 40};
  std::printf("C++: transposed convolution of 1 10 with 1 2 3 4 at stride 2: %g ... %g\n", double(output[0]),
              double(output[7]));
  return output == expected ? 0 : 1;
}

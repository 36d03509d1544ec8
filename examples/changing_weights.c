/* One plan, many weights: a transposed convolution (2x2 kernel, stride 2) whose weights change between runs, as in
 * training or with several models of one shape. Everything is enqueued before the host waits: what was enqueued keeps
 * the weights that the plan had then. */
#include <clup/clup.h>
#include <stdio.h>
#include <stdlib.h>

enum { H = 5, W = 7, OH = 2 * H, OW = 2 * W, ROUNDS = 4 };

static void must(clup_status status) {
  if (!status) return;
  fprintf(stderr, "%s: %s\n", clup_status_name(status), clup_last_error());
  exit(1);
}

static void must_cl(cl_int code, const char *what) {
  if (code == CL_SUCCESS) return;
  fprintf(stderr, "%s: OpenCL error %d\n", what, (int)code);
  exit(1);
}

static cl_mem make_buffer(cl_context context, size_t bytes, const void *data) {
  cl_int code;
  cl_mem_flags flags = CL_MEM_READ_WRITE | (data ? CL_MEM_COPY_HOST_PTR : 0);
  cl_mem mem = clCreateBuffer(context, flags, bytes, (void *)data, &code);
  must_cl(code, "clCreateBuffer");
  return mem;
}

/* With a 2x2 kernel at stride 2, each input pixel becomes one 2x2 block of the output. */
static int count_wrong(const float *x, const float *w, const float *y) {
  int wrong = 0;
  for (int row = 0; row < OH; row++) {
    for (int col = 0; col < OW; col++) {
      wrong += y[row * OW + col] != x[row / 2 * W + col / 2] * w[row % 2 * 2 + col % 2];
    }
  }
  return wrong;
}

int main(void) {
  /* clup_host makes a context and an in-order queue; with a context of one's own, see pipeline.c. */
  clup_host *host = NULL;
  must(clup_host_create(NULL, NULL, &host));
  clup_context *clup = clup_host_context(host);
  cl_command_queue queue = clup_host_queue(host);
  cl_context context;
  must_cl(clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof context, &context, NULL), "clGetCommandQueueInfo");

  const int64_t x_dims[4] = {1, 1, H, W};
  const int64_t w_dims[4] = {1, 1, 2, 2};
  clup_tensor input = clup_tensor_make(CLUP_F32, 4, x_dims);
  clup_tensor weight = clup_tensor_make(CLUP_F32, 4, w_dims);
  clup_conv_transpose_params params = CLUP_CONV_TRANSPOSE_PARAMS_INIT;
  params.stride[0] = params.stride[1] = 2;
  clup_problem *problem = NULL;
  must(clup_conv_transpose_problem(&input, &weight, NULL, NULL, &params, &problem));
  clup_plan *plan = NULL;
  must(clup_plan_create(clup, problem, NULL, &plan));

  float x[H * W];
  for (int i = 0; i < H * W; i++) x[i] = (float)(i % 11 - 5);
  cl_mem x_mem = make_buffer(context, sizeof x, x);
  float w[ROUNDS][4];
  cl_mem w_mem[ROUNDS], y_mem[ROUNDS];
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < 4; i++) w[round][i] = (float)(10 * round + i);
    w_mem[round] = make_buffer(context, sizeof w[round], w[round]);
    y_mem[round] = make_buffer(context, sizeof(float) * OH * OW, NULL);
    must(clup_plan_set_weights(plan, queue, &(clup_weights){.weight = {w_mem[round], 0}}, 0, NULL, NULL));
    clup_buffers buffers = {.input = {x_mem, 0}, .output = {y_mem[round], 0}};
    must(clup_plan_enqueue(plan, queue, &buffers, 0, NULL, NULL));
  }

  int wrong = 0;
  for (int round = 0; round < ROUNDS; round++) {
    float y[OH * OW];
    must_cl(clEnqueueReadBuffer(queue, y_mem[round], CL_TRUE, 0, sizeof y, y, 0, NULL, NULL), "clEnqueueReadBuffer");
    wrong += count_wrong(x, w[round], y);
  }
  printf("changing_weights: %d weights, one plan by solver '%s', %d values wrong\n", ROUNDS, clup_plan_algo(plan),
         wrong);

  for (int round = 0; round < ROUNDS; round++) {
    clReleaseMemObject(w_mem[round]);
    clReleaseMemObject(y_mem[round]);
  }
  clReleaseMemObject(x_mem);
  clup_plan_release(plan);
  clup_problem_release(problem);
  clup_host_release(host);
  return wrong != 0;
}

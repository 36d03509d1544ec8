/* Small problems that can be followed by hand: prints what goes in and what comes out, and checks it. */
#include <clup/clup.h>
#include <math.h>
#include <stdio.h>

typedef struct example {
  const char *title;
  const char *problem; /* what clup_problem_print prints for it */
  float input[16];
  float weight[9];
  float output[25];
} example;

#define T (1.0F / 3)
static const example examples[] = {
    {"Transposed convolution of ones with the identity: every input adds a copy of the kernel",
     "conv_transpose x=1x1x2x2 w=1x1x3x3",
     {1, 1, 1, 1},
     {1, 0, 0, 0, 1, 0, 0, 0, 1},
     {1, 1, 0, 0, 1, 2, 1, 0, 0, 1, 2, 1, 0, 0, 1, 1}},
    {"The same kernel at stride 2, padding 1, dilation 2",
     "conv_transpose x=1x1x2x2 w=1x1x3x3 stride=2x2 padding=1x1 dilation=2x2",
     {1, 2, 3, 4},
     {1, 0, 0, 0, 1, 0, 0, 0, 1},
     {0, 0, 0, 0, 0, 0, 5, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 5, 0, 0, 0, 0, 0, 0}},
    {"Nearest, 2x",
     "interpolate x=1x1x2x2 mode=nearest scale_factor=2x2",
     {0, 1, 2, 3},
     {0},
     {0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3}},
    {"Bilinear, 2x",
     "interpolate x=1x1x2x2 mode=bilinear scale_factor=2x2",
     {0, 1, 2, 3},
     {0},
     {0, .25F, .75F, 1, .5F, .75F, 1.25F, 1.5F, 1.5F, 1.75F, 2.25F, 2.5F, 2, 2.25F, 2.75F, 3}},
    {"Bilinear, 2x, corners aligned: thirds",
     "interpolate x=1x1x2x2 mode=bilinear scale_factor=2x2 align_corners=1",
     {0, 1, 2, 3},
     {0},
     {0, T, 2 * T, 1, 2 * T, 1, 4 * T, 5 * T, 4 * T, 5 * T, 2, 7 * T, 2, 7 * T, 8 * T, 3}},
    {"Pixel shuffle: four channels become one, each 2x2 block of it from one pixel",
     "pixel_shuffle x=1x4x2x2 factor=2",
     {1, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23, 24, 31, 32, 33, 34},
     {0},
     {1, 11, 2, 12, 21, 31, 22, 32, 3, 13, 4, 14, 23, 33, 24, 34}},
};

static int say_why(const char *title) {
  fprintf(stderr, "%s: %s\n", title, clup_last_error());
  return 1;
}

/* Row `row` of every channel of the tensor, side by side; blanks below its last row. */
static void print_row(const clup_tensor *tensor, const float *values, int64_t row) {
  int64_t height = tensor->dims[2];
  int64_t width = tensor->dims[3];
  for (int64_t channel = 0; channel < tensor->dims[0] * tensor->dims[1]; channel++) {
    for (int64_t col = 0; col < width; col++) {
      if (row < height) {
        printf(" %5.3g", (double)values[(channel * height + row) * width + col]);
      } else {
        printf("      ");
      }
    }
    printf("   ");
  }
}

static void print(const example *e, const clup_tensor *input, const clup_tensor *weight, const clup_tensor *output,
                  const float *result) {
  const char *arrow = "->";
  printf("%s\n  %s\n", e->title, e->problem);
  int64_t rows = input->dims[2] > output->dims[2] ? input->dims[2] : output->dims[2];
  for (int64_t row = 0; row < rows; row++) {
    print_row(input, e->input, row);
    if (weight->rank) {
      printf("%s", row == 0 ? "*  " : "   ");
      print_row(weight, e->weight, row);
    }
    printf("%s", row == 0 ? arrow : "  ");
    print_row(output, result, row);
    printf("\n");
  }
  printf("\n");
}

static int run(clup_host *host, const example *e) {
  clup_problem *problem = NULL;
  if (clup_problem_parse(e->problem, &problem)) return say_why(e->title);
  clup_tensor input, output, weight = {.rank = 0};
  float result[25];
  int wrong = 0;
  if (clup_problem_tensor(problem, CLUP_ROLE_INPUT, &input) ||
      clup_problem_tensor(problem, CLUP_ROLE_OUTPUT, &output) ||
      clup_host_run(host, problem, NULL, &(clup_arrays){.input = e->input, .weight = e->weight, .output = result},
                    NULL)) {
    wrong = say_why(e->title);
  } else {
    if (clup_problem_op(problem) == CLUP_OP_CONV_TRANSPOSE) clup_problem_tensor(problem, CLUP_ROLE_WEIGHT, &weight);
    print(e, &input, &weight, &output, result);
    for (int64_t i = 0; i < output.dims[2] * output.dims[3]; i++) {
      if (fabsf(result[i] - e->output[i]) <= 1e-6F) continue;
      fprintf(stderr, "%s: element %d is %g, not %g\n", e->title, (int)i, (double)result[i], (double)e->output[i]);
      wrong = 1;
    }
  }
  clup_problem_release(problem);
  return wrong;
}

int main(void) {
  clup_host *host = NULL;
  if (clup_host_create(NULL, NULL, &host)) return say_why("worked examples");
  int wrong = 0;
  for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) wrong += run(host, &examples[i]);
  clup_host_release(host);
  return wrong != 0;
}

/* Golden data from PyTorch on every solver: transposed convolution, the other cases. Their kernels take the longest of
 * all to compile: two programs use two cores. */
#include "golden_trial.h"

int main(void) {
  const char *const families[] = {"conv_transpose/1", "conv_transpose/2", NULL};
  return golden_main("golden_conv_more", "cases", families);
}

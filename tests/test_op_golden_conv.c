/* Golden data from PyTorch on every solver: transposed convolution, the first hundred cases. */
#include "golden_trial.h"

int main(void) {
  const char *const families[] = {"conv_transpose/0", NULL};
  return golden_main("golden_conv", "cases", families);
}

/* Golden data from PyTorch on every solver: transposed convolution. */
#include "golden_trial.h"

int main(void) {
  const char *const families[] = {"conv_transpose/", NULL};
  return golden_main("golden_conv", families);
}

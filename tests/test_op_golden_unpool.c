/* Golden data from PyTorch and from ONNX's evaluator on every solver: max_unpool over one and three axes, without a
 * batch, and by ONNX's indices. */
#include "golden_trial.h"

int main(void) {
  const char *const families[] = {"unpool_", NULL};
  return golden_main("golden_unpool", "unpool", families);
}

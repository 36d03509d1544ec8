/* Golden data on every solver: fold, from PyTorch and from ONNX's reference. */
#include "golden_trial.h"

int main(void) {
  const char *const families[] = {"fold/", NULL};
  return golden_main("golden_fold", "fold", families);
}

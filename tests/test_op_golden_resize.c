/* Golden data from ONNX's reference evaluator on every solver. */
#include "golden_trial.h"

int main(void) {
  const char *const families[] = {"", NULL};
  return golden_main("golden_resize", "resize", families);
}

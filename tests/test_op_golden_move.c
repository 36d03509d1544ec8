/* Golden data from PyTorch on every solver: nearest, the shuffles and max_unpool, bit for bit. */
#include "golden_trial.h"

int main(void) {
  const char *const families[] = {"nearest", "pixel_", "max_unpool/", NULL};
  return golden_main("golden_move", "cases", families);
}

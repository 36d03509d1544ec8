/* Golden data from PyTorch on every solver: bilinear and bicubic. */
#include "golden_trial.h"

int main(void) {
  const char *const families[] = {"bilinear/", "bicubic/", NULL};
  return golden_main("golden_interpolate", families);
}

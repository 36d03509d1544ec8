/* Golden data from PyTorch on every solver: the modes that mix elements. */
#include "golden_trial.h"

int main(void) {
  const char *const families[] = {"bilinear/", "bicubic/", "linear/", "trilinear/", "area/", "lanczos/", NULL};
  return golden_main("golden_interpolate", "cases", families);
}

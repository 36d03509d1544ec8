/* Golden data from PyTorch on every solver: interpolation of every dtype that is computed with, in any layout. */
#include "golden_trial.h"

int main(void) {
  const char *const families[] = {"dtypes/", NULL};
  return golden_main("golden_dtypes", "dtypes", families);
}

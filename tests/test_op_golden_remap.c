/* Golden data on every solver: channel_shuffle, depth_to_space and space_to_depth, bit for bit. */
#include "golden_trial.h"

int main(void) {
  const char *const families[] = {"channel_shuffle/", "depth_to_space/", "space_to_depth/", NULL};
  return golden_main("golden_remap", "remap", families);
}

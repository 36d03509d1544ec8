/* Golden data on every solver: ONNX's auto_pad and output_shape, prelu, dtypes, channels-last outputs. */
#include "golden_trial.h"

int main(void) {
  const char *const families[] = {"conv_onnx", NULL};
  return golden_main("golden_conv_onnx", "conv_onnx", families);
}

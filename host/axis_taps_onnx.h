/* ONNX Resize-19 along one axis; the arithmetic is that of ONNX's reference evaluator, in double, in its order. */
#ifndef CLUP_AXIS_TAPS_ONNX_H
#define CLUP_AXIS_TAPS_ONNX_H

#include "axis_taps.h"

/* Taps per output at most, and the list of one output as in axis_taps.h. */
int onnx_most(const axis_rule *rule);
int onnx_taps(const axis_rule *rule, int64_t dst, int32_t *index, double *weight);

/* Input coordinate of an output element, unclamped. */
double onnx_source(const axis_rule *rule, int64_t dst);
/* tf_crop_and_resize: whether the output element is outside the input along this axis. */
bool onnx_outside(const axis_rule *rule, int64_t dst);
/* Input coordinates from one output element to the next; negative where a crop runs backwards. */
double onnx_step(const axis_rule *rule);

#endif

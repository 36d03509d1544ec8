/* NVIDIA's matrix units, which OpenCL reaches by inline PTX alone: used where the environment has CLUP_MATRIX_UNITS=1.
 */
#ifndef CLUP_MATRIX_UNITS_H
#define CLUP_MATRIX_UNITS_H

#include "context.h"

/* Sets caps.matrix_units where they were asked for, the device has them, and a product of each dtype is what it should
 * be. */
void matrix_units_find(clup_context *context);

/* The products that tell, with what `kind` names: whether all are right. */
bool matrix_units_work(clup_context *context, matrix_units kind);

#endif

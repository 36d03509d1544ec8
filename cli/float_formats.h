/* Half and bfloat16, as bits. */
#ifndef CLUP_CLI_FLOAT_FORMATS_H
#define CLUP_CLI_FLOAT_FORMATS_H

#include <stdint.h>

double half_to_double(uint16_t bits);
double bfloat_to_double(uint16_t bits);
/* Rounded once, to nearest, ties to even. */
uint16_t double_to_half(double value);
uint16_t double_to_bfloat(double value);

#endif

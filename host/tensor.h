/* Descriptors, strides, overflow-checked size arithmetic. */
#ifndef CLUP_TENSOR_H
#define CLUP_TENSOR_H

#include <clup/clup.h>
#include <stdbool.h>

/* false when the product (sum) leaves int64_t or an operand is negative; *out is then untouched. */
bool size_mul(int64_t a, int64_t b, int64_t *out);
bool size_add(int64_t a, int64_t b, int64_t *out);

/* Checks dtype, rank, dims and strides, fills in contiguous strides, and stores the result. `op` and `what` begin the
 * message: "interpolate: input ...". An output must not repeat elements: two indices with one address are refused. */
clup_status tensor_canonical(const clup_tensor *given, const char *op, const char *what, bool is_output,
                             clup_tensor *out);

int64_t tensor_elements(const clup_tensor *tensor); /* of a canonical tensor */
int64_t tensor_span(const clup_tensor *tensor);     /* of a canonical tensor; 0 when it is empty */
bool tensor_is_contiguous(const clup_tensor *tensor);
bool tensor_same_shape(const clup_tensor *a, const clup_tensor *b);

/* "2x3x5" into text; returns text. */
#define TENSOR_TEXT 192
const char *tensor_dims_text(const clup_tensor *tensor, char text[TENSOR_TEXT]);

/* The output that an operator infers, against the one the caller gave (or NULL): the canonical result in *out. */
clup_status tensor_output(const clup_tensor *given, const clup_tensor *inferred, const char *op, clup_tensor *out);

#endif

/* Winograd's minimal filtering of one axis, as matrices. */
#ifndef CLUP_WINOGRAD_FILTER_H
#define CLUP_WINOGRAD_FILTER_H

enum {
  WINOGRAD_TAPS = 3,    /* of a phase, at most */
  WINOGRAD_OUTPUTS = 4, /* at once, at most */
  WINOGRAD_PARTS = WINOGRAD_TAPS + WINOGRAD_OUTPUTS - 1
};

/* Output i of `outputs`, the sum over `taps` taps j of g[j] * in[i + j], is the sum over the components k < outputs +
 * taps - 1 of gather[i][k] * (the sum over l of input[k][l] * in[l]) * (the sum over j of spread[k][j] * g[j]). */
typedef struct winograd_filter {
  float gather[WINOGRAD_OUTPUTS][WINOGRAD_PARTS], input[WINOGRAD_PARTS][WINOGRAD_PARTS],
      spread[WINOGRAD_PARTS][WINOGRAD_TAPS];
} winograd_filter;

/* 2 or 4 outputs of 1 to 3 taps, or 3 of 1 or 2. All factors of inputs are exact. */
void winograd_filter_make(int outputs, int taps, winograd_filter *f);

#endif

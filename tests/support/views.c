#include "views.h"

#include <clup/clup.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reference/reference.h"

/* Strides of a tensor whose axes lie in memory in the given order, fastest first, with gaps after chosen axes. */
static void strides_in_order(const clup_tensor *t, const int *order, const int64_t *gaps,
                             int64_t strides[CLUP_MAX_RANK]) {
  int64_t step = 1;
  for (int i = 0; i < t->rank; i++) {
    strides[order[i]] = step;
    step = step * t->dims[order[i]] + gaps[i];
  }
}

static int strides_of_view(const clup_tensor *t, int view, int is_input, int64_t strides[CLUP_MAX_RANK]) {
  const int r = t->rank;
  int order[CLUP_MAX_RANK];
  int64_t gaps[CLUP_MAX_RANK] = {0};
  for (int i = 0; i < r; i++) order[i] = r - 1 - i;
  if (r < 3) return 0;
  switch (view) {
    case VIEW_PADDED: /* a gap after each row, and another after each plane */
      gaps[0] = 3;
      gaps[1] = 5;
      break;
    case VIEW_CHANNELS_LAST:
      for (int i = 0; i < 3; i++) order[i] = (int[]){r - 3, r - 1, r - 2}[i];
      break;
    case VIEW_CHANNEL_SLICE: /* some channels of an array with more: contiguous planes, a wider step to the next image
                              */
      gaps[2] = t->dims[r - 1] * t->dims[r - 2] * 2;
      break;
    case VIEW_TRANSPOSED: /* rows and columns change places, and the last axis has a step of 2 */
      order[0] = r - 2;
      order[1] = r - 1;
      gaps[0] = t->dims[r - 2];
      break;
    case VIEW_REPEATED:
      break;
  }
  strides_in_order(t, order, gaps, strides);
  if (view == VIEW_REPEATED && is_input) strides[r - 3] = 0;
  for (int i = 0; i < r; i++)
    if (strides[i] != 0) return 1;
  return 0; /* all zero would mean contiguous */
}

int view_text(const char *problem, int view, char *text) {
  static const struct {
    clup_role role;
    const char *key;
  } keys[] = {{CLUP_ROLE_INPUT, "x_strides"},
              {CLUP_ROLE_WEIGHT, "w_strides"},
              {CLUP_ROLE_INDICES, "indices_strides"},
              {CLUP_ROLE_OUTPUT, "y_strides"}};
  clup_problem *plain = NULL;
  if (strstr(problem, "_strides=") != NULL) return 0; /* is one already */
  if (clup_problem_parse(problem, &plain) != CLUP_OK) return 0;
  int used = snprintf(text, VIEW_TEXT, "%s", problem), any = 0;
  for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
    clup_tensor t;
    int64_t strides[CLUP_MAX_RANK];
    if (clup_problem_tensor(plain, keys[k].role, &t) != CLUP_OK) continue;
    if (reference_count(&t) == 0 || !strides_of_view(&t, view, keys[k].role == CLUP_ROLE_INPUT, strides)) continue;
    any = 1;
    used += snprintf(text + used, VIEW_TEXT - (size_t)used, " %s=", keys[k].key);
    for (int i = 0; i < t.rank; i++)
      used += snprintf(text + used, VIEW_TEXT - (size_t)used, "%s%" PRId64, i > 0 ? "x" : "", strides[i]);
  }
  clup_problem_release(plain);
  return any;
}

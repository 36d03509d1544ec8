#include "winograd_filter.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Toom's and Cook's way: outputs as the product of two polynomials, by its values at points and its highest
 * coefficient. Of all points that were tried those that round least (docs/performance.md). */
static const double *points_of(int outputs, int taps) {
  static const double points[WINOGRAD_OUTPUTS - 1][2][WINOGRAD_PARTS - 1] = {
      {{0, 1}, {0, 1, -1}}, {{0, 1, -1}}, {{0.5, -0.5, 1.25, -1.25}, {0, -0.75, 1.5, -1.5, 0.625}}};
  return points[outputs - 2][taps == WINOGRAD_TAPS];
}

void winograd_filter_make(int outputs, int taps, winograd_filter *f) {
  const int parts = outputs + taps - 1;
  memset(f, 0, sizeof *f);
  if (taps == 1) { /* a product each */
    for (int k = 0; k < parts; k++) f->gather[k][k] = f->input[k][k] = f->spread[k][0] = 1;
    return;
  }
  const double *points = points_of(outputs, taps);
  for (int k = 0; k < parts; k++) {
    const bool highest = k == parts - 1;
    double scale = 1, of[WINOGRAD_PARTS + 1] = {1}; /* the coefficients of the product of (x - point) over all others */
    for (int l = 0, degree = 0; l < parts - 1; l++) {
      if (l == k) continue;
      if (!highest) scale *= points[k] - points[l];
      degree++;
      for (int i = degree; i >= 0; i--) of[i] = (i ? of[i - 1] : 0) - points[l] * of[i];
    }
    for (int i = 0; i < parts; i++) f->input[k][i] = (float)of[i];
    for (int i = 0; i < outputs; i++) f->gather[i][k] = (float)(highest ? i == outputs - 1 : pow(points[k], i));
    for (int j = 0; j < taps; j++) f->spread[k][j] = (float)(highest ? j == taps - 1 : pow(points[k], j) / scale);
  }
}

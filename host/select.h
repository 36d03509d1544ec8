/* Which solver makes a plan: named by the caller > tuned > the first of the table that applies and is preferred.
 */
#ifndef CLUP_SELECT_H
#define CLUP_SELECT_H

#include "solver.h"

/* wanted: what a caller asks of the solver; NULL: nothing. Every rejection is logged with its reason. */
typedef struct wanted_solver {
  const char *name; /* NULL: any */
  bool native_f16;
  bool untuned; /* as if clup_tune had never run */
} wanted_solver;
clup_status select_solver(clup_context *context, const clup_problem *problem, const wanted_solver *wanted,
                          const solver **out);
/* Has the solver fill *r (cleared by the caller with recipe_clear, on failure too). */
clup_status select_configure(clup_context *context, const clup_problem *problem, const solver *s, bool native_f16,
                             recipe *r);

#endif

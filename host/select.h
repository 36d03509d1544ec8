/* Which solver makes a plan: forced by name > table order. */
#ifndef CLUP_SELECT_H
#define CLUP_SELECT_H

#include "solver.h"

/* forced: a solver's name, or NULL. Every rejection is logged with its reason. */
clup_status select_solver(clup_context *context, const clup_problem *problem, const char *forced, const solver **out);
/* Has the solver fill *r (cleared by the caller with recipe_clear, on failure too). */
clup_status select_configure(clup_context *context, const clup_problem *problem, const solver *s, recipe *r);

#endif

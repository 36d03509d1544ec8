#include "select.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "log.h"
#include "tensor.h"

static bool computes_in_f16(const clup_problem *problem, const solver *s, const device_caps *caps, char *why) {
  if (problem->input.dtype != CLUP_F16)
    return not_applicable(why, "native_f16 is for f16, the input is %s", clup_dtype_name(problem->input.dtype));
  if (!caps->has_fp16) return not_applicable(why, "the device '%s' has no cl_khr_fp16", caps->name);
  return s->native_f16 || not_applicable(why, "it has no native f16 arithmetic");
}

/* The solver that clup_tune found fastest; NULL when it was not asked, or its answer no longer applies. */
static const solver *tuned_solver(clup_context *context, const clup_problem *problem, tune_entry *entry) {
  char text[PROBLEM_TEXT], why[REASON_TEXT] = "";
  if (tune_db_is_empty(&context->tuned) || clup_problem_print(problem, text, sizeof text, NULL) ||
      !tune_db_find(&context->tuned, text, entry))
    return NULL;
  for (const solver *const *s = operator_of(problem->op)->solvers; *s; s++)
    if (!strcmp((*s)->name, entry->solver)) return solver_applies(*s, problem, &context->caps, why) ? *s : NULL;
  return NULL;
}

/* "tuned: 1.23 ms (phase 2.05 ms)" */
static void tuned_reason(const tune_entry *entry, char *reason, size_t size) {
  int used = snprintf(reason, size, "tuned: %.3g ms", 1e-6 * (double)entry->ns);
  if (entry->other[0] && used > 0 && (size_t)used < size)
    snprintf(reason + used, size - (size_t)used, " (%s %.3g ms)", entry->other, 1e-6 * (double)entry->other_ns);
}

clup_status select_solver(clup_context *context, const clup_problem *problem, const wanted_solver *wanted,
                          const solver **out) {
  const char *forced = wanted ? wanted->name : NULL;
  const operator_info *op = operator_of(problem->op);
  char text[PROBLEM_TEXT] = "", why[REASON_TEXT], names[512] = "";
  if (log_wants(LOG_DISPATCH)) clup_problem_print(problem, text, sizeof text, NULL);
  if (!forced && !(wanted && (wanted->native_f16 || wanted->untuned))) {
    tune_entry entry;
    const solver *tuned = tuned_solver(context, problem, &entry);
    if (tuned) {
      tuned_reason(&entry, why, sizeof why);
      log_line(LOG_DISPATCH, "%s: %s chosen, %s", text, tuned->name, why);
      *out = tuned;
      return CLUP_OK;
    }
  }
  for (const solver *const *s = op->solvers; *s; s++) {
    if (forced && strcmp(forced, (*s)->name)) {
      size_t used = strlen(names);
      snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", (*s)->name);
      continue;
    }
    why[0] = 0;
    bool applies = solver_applies(*s, problem, &context->caps, why);
    if (wanted && wanted->native_f16) applies = applies && computes_in_f16(problem, *s, &context->caps, why);
    if (applies && (forced || !(*s)->preferred || (*s)->preferred(problem, &context->caps, why))) {
      log_line(LOG_DISPATCH, "%s: %s chosen%s", text, (*s)->name, forced ? " (forced)" : "");
      *out = *s;
      return CLUP_OK;
    }
    log_line(LOG_DISPATCH, "%s: %s %s: %s", text, (*s)->name, applies ? "passed over" : "rejected", why);
    if (forced) return clup_fail(CLUP_UNSUPPORTED, "%s: solver '%s' does not apply: %s", op->name, forced, why);
  }
  if (forced) return clup_fail(CLUP_UNSUPPORTED, "%s: there is no solver '%s'; there are: %s", op->name, forced, names);
  return clup_fail(CLUP_UNSUPPORTED, "%s: no solver applies; the last said: %s", op->name, why);
}

clup_status select_configure(clup_context *context, const clup_problem *problem, const solver *s, bool native_f16,
                             recipe *r) {
  recipe_init(r, problem, &context->caps);
  r->native_f16 = native_f16;
  if (!tensor_elements(&problem->output)) return CLUP_OK; /* nothing to compute, nothing to launch */
  CLUP_TRY(s->configure(problem, &context->caps, r));
  const operator_info *op = operator_of(problem->op);
  if (op->finish) CLUP_TRY(op->finish(problem, &context->caps, r));
  return recipe_finish(r);
}

clup_status clup_problem_algo(clup_context *context, const clup_problem *problem, size_t index, clup_algo_info *out) {
  if (!context || !problem || !out)
    return clup_fail(CLUP_INVALID_ARGUMENT, "problem_algo: %s is NULL",
                     !context   ? "context"
                     : !problem ? "problem"
                                : "out");
  size_t count = clup_problem_num_algos(problem);
  if (index >= count)
    return clup_fail(CLUP_INVALID_ARGUMENT, "problem_algo: index %llu is not below the %llu solvers of %s",
                     (unsigned long long)index, (unsigned long long)count, clup_op_name(problem->op));
  const solver *s = operator_of(problem->op)->solvers[index], *chosen = NULL;
  clup_algo_info info = {.name = s->name};
  info.applicable = solver_applies(s, problem, &context->caps, info.reason);
  if (info.applicable) {
    info.reason[0] = 0;
    tune_entry entry;
    const solver *tuned = tuned_solver(context, problem, &entry);
    if (tuned == s)
      tuned_reason(&entry, info.reason, sizeof info.reason);
    else if ((!s->preferred || s->preferred(problem, &context->caps, info.reason)) && tuned)
      snprintf(info.reason, sizeof info.reason, "by clup_tune %s is faster", tuned->name);
    info.chosen = !select_solver(context, problem, NULL, &chosen) && chosen == s;
    recipe *r = malloc(sizeof *r);
    if (!r) return clup_fail(CLUP_OUT_OF_MEMORY, "problem_algo: no memory for a recipe");
    clup_status status = select_configure(context, problem, s, false, r);
    info.workspace_bytes = r->workspace_bytes;
    info.launches = r->num_launches;
    recipe_clear(r);
    free(r);
    CLUP_TRY(status);
  }
  *out = info;
  return CLUP_OK;
}

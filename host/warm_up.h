/* Has a plan's kernels compiled to the end when the plan is made. */
#ifndef CLUP_WARM_UP_H
#define CLUP_WARM_UP_H

#include "plan.h"

/* For PoCL, which compiles a kernel for its local size when it first runs: runs each once, on a queue of its own, with
 * nothing to do (warming_up in cl/common.clh). Scalars must be set; leaves buffer arguments that must be set again.
 * Where it cannot run them the first enqueue compiles; it fails only when it cannot wait for them. */
clup_status plan_warm_up(clup_plan *plan);

#endif

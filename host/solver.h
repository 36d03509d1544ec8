/* A solver: one algorithm for one operator. An operator: its table of solvers, and what is known of it as a whole. */
#ifndef CLUP_SOLVER_H
#define CLUP_SOLVER_H

#include "launch.h"

#define REASON_TEXT 256

typedef struct solver {
  const char *name; /* as in host/solvers/<op>_<name>.c, cl/<op>_<name>.cl, kernel clup_<op>_<name> */
  /* true, or false with the reason in `why` (REASON_TEXT bytes, see not_applicable). */
  bool (*applicable)(const clup_problem *problem, const device_caps *caps, char *why);
  /* false, with the reason, where it applies but a later one of the table is faster; NULL: always worth it. Not asked
   * when the solver is named. */
  bool (*preferred)(const clup_problem *problem, const device_caps *caps, char *why);
  /* Fills an initialised recipe. Called only when applicable, and never for a problem without output elements. */
  clup_status (*configure)(const clup_problem *problem, const device_caps *caps, recipe *r);
  bool images;     /* its kernels take images, where the problem has them, and nothing else */
  bool native_f16; /* its kernels compute in half where recipe.native_f16 says so (-DNATIVE_F16=1, dtype.clh) */
} solver;

/* applicable(), and whether the solver takes what the problem's tensors are: buffers or images. */
bool solver_applies(const solver *s, const clup_problem *problem, const device_caps *caps, char *why);

/* For the applicable() of solvers that compute: whether the device computes in the problem's dtype. */
bool device_computes(const clup_problem *problem, const device_caps *caps, char *why);

/* Writes the reason into `why`, returns false. */
bool not_applicable(char *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One "key=value" of a problem's text form: where it lives in struct clup_problem. */
typedef enum key_kind {
  KEY_AXES,            /* int64_t[3], one per spatial axis, joined by x */
  KEY_REALS,           /* double[3], likewise */
  KEY_CHOSEN_AXES,     /* of resize: int[num_axes] */
  KEY_CHOSEN_INTEGERS, /* int64_t, one per chosen axis (or per axis of the tensor, when none is chosen) */
  KEY_CHOSEN_REALS,    /* double, likewise */
  KEY_INT64,
  KEY_REAL,  /* double */
  KEY_FLAG,  /* int, 0 or 1 */
  KEY_COUNT, /* int */
  KEY_NAME,  /* an enum (int), by the names in `names`; always printed */
  KEY_OPTION /* the same, printed where it is not the default */
} key_kind;

typedef struct problem_key {
  const char *key;
  key_kind kind;
  size_t offset;
  const char *const *names; /* KEY_NAME: ends with NULL */
} problem_key;

typedef struct operator_info {
  const char *name;
  const solver *const *solvers;          /* most special first, the always-applicable one last; ends with NULL */
  const problem_key *keys;               /* ends with a NULL key; a key is printed where it differs from the defaults */
  void (*defaults)(clup_problem *draft); /* sets draft->params */
  /* The checked problem of a draft: its op, input, weight, bias, indices (rank 0: absent) and params. */
  clup_status (*make)(const clup_problem *draft, const clup_tensor *output, clup_problem **out);
  void (*cost)(const clup_problem *problem, double *flops, double *bytes);
  /* Appends to a solver's recipe what the operator needs after any of them; NULL: nothing. */
  clup_status (*finish)(const clup_problem *problem, const device_caps *caps, recipe *r);
} operator_info;

/* One per clup_op, each defined in its file in host/ops/; NULL for an unknown op. */
const operator_info *operator_of(clup_op op);
extern const operator_info conv_transpose_operator, interpolate_operator, pixel_shuffle_operator,
    pixel_unshuffle_operator, max_unpool_operator, resize_operator, channel_shuffle_operator, depth_to_space_operator,
    space_to_depth_operator, fold_operator;

#endif

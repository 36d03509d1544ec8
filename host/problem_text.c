/* The one-line text form of a problem: print and parse, both driven by the operator's table of keys. */
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "solver.h"
#include "tensor.h"

/* ---- printing */

typedef struct text_out {
  char text[PROBLEM_TEXT];
  size_t used;
} text_out;

static void put(text_out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(text_out *out, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int n = vsnprintf(out->text + out->used, sizeof out->text - out->used, format, args);
  va_end(args);
  if (n > 0) out->used += (size_t)n;
  if (out->used >= sizeof out->text) out->used = sizeof out->text - 1;
}

static void put_integers(text_out *out, const char *key, const int64_t *values, int count) {
  put(out, " %s=", key);
  for (int i = 0; i < count; i++) put(out, i ? "x%lld" : "%lld", (long long)values[i]);
}

static void put_tensor(text_out *out, const char *name, const clup_tensor *tensor) {
  put_integers(out, name, tensor->dims, tensor->rank);
}

static void put_strides(text_out *out, const char *key, const clup_tensor *tensor) {
  if (tensor->rank && !tensor_is_contiguous(tensor)) put_integers(out, key, tensor->strides, tensor->rank);
}

static void put_real(text_out *out, double value) {
  if (isnan(value)) put(out, "nan");
  for (int digits = 6; digits <= 17 && !isnan(value); digits++) { /* the shortest that reads back as the same number */
    char text[40];
    snprintf(text, sizeof text, "%.*g", digits, value);
    if (digits == 17 || strtod(text, NULL) == value) {
      put(out, "%s", text);
      return;
    }
  }
}

/* Entries of resize's lists. */
static int chosen_axes(const clup_problem *problem) {
  return problem->params.resize.num_axes ? problem->params.resize.num_axes : problem->input.rank;
}

static bool is_chosen(key_kind kind) {
  return kind == KEY_CHOSEN_AXES || kind == KEY_CHOSEN_INTEGERS || kind == KEY_CHOSEN_REALS;
}

static void put_reals(text_out *out, const char *key, const void *at, int count) {
  double values[CLUP_MAX_RANK];
  memcpy(values, at, (size_t)count * sizeof *values);
  put(out, " %s=", key);
  for (int i = 0; i < count; i++) {
    if (i) put(out, "x");
    put_real(out, values[i]);
  }
}

static void put_chosen(text_out *out, const problem_key *key, const clup_problem *problem, const void *at,
                       const void *usual) {
  int64_t values[CLUP_MAX_RANK];
  int count = chosen_axes(problem);
  const size_t size = key->kind == KEY_CHOSEN_AXES ? sizeof(int) : sizeof(int64_t);
  if (key->kind == KEY_CHOSEN_AXES) count = problem->params.resize.num_axes;
  if (!count || (key->kind != KEY_CHOSEN_AXES && !memcmp(at, usual, (size_t)count * size))) return;
  if (key->kind == KEY_CHOSEN_REALS) {
    put_reals(out, key->key, at, count);
    return;
  }
  for (int i = 0; i < count; i++)
    values[i] = key->kind == KEY_CHOSEN_AXES ? ((const int *)at)[i] : ((const int64_t *)at)[i];
  put_integers(out, key->key, values, count);
}

/* How many entries of its lists a problem uses. An input without a batch has one axis less; weights always tell. */
static int axes_of(const clup_problem *problem) {
  if (problem->op == CLUP_OP_FOLD) return problem->params.fold.axes;
  if (problem->op == CLUP_OP_MAX_UNPOOL && problem->params.max_unpool.axes) return problem->params.max_unpool.axes;
  const int axes = (problem->weight.rank ? problem->weight.rank : problem->input.rank) - 2;
  return axes > 3 ? 3 : axes;
}

static void put_key(text_out *out, const problem_key *key, const clup_problem *problem, const clup_problem *defaults) {
  const char *at = (const char *)problem + key->offset, *usual = (const char *)defaults + key->offset;
  const int axes = axes_of(problem);
  switch (key->kind) {
    case KEY_AXES:
      if (memcmp(at, usual, (size_t)axes * sizeof(int64_t))) {
        int64_t values[3];
        memcpy(values, at, sizeof values);
        put_integers(out, key->key, values, axes);
      }
      return;
    case KEY_REALS:
      if (memcmp(at, usual, (size_t)axes * sizeof(double))) put_reals(out, key->key, at, axes);
      return;
    case KEY_CHOSEN_AXES:
    case KEY_CHOSEN_INTEGERS:
    case KEY_CHOSEN_REALS:
      put_chosen(out, key, problem, at, usual);
      return;
    case KEY_INT64:
      if (memcmp(at, usual, sizeof(int64_t))) put_integers(out, key->key, (const int64_t *)(const void *)at, 1);
      return;
    case KEY_REAL:
      if (memcmp(at, usual, sizeof(double))) {
        put(out, " %s=", key->key);
        put_real(out, *(const double *)(const void *)at);
      }
      return;
    case KEY_FLAG:
      if (*(const int *)(const void *)at) put(out, " %s=1", key->key);
      return;
    case KEY_COUNT:
      if (memcmp(at, usual, sizeof(int))) put(out, " %s=%d", key->key, *(const int *)(const void *)at);
      return;
    case KEY_OPTION:
      if (!memcmp(at, usual, sizeof(int))) return;
      put(out, " %s=%s", key->key, key->names[*(const int *)(const void *)at]);
      return;
    case KEY_NAME:
      put(out, " %s=%s", key->key, key->names[*(const int *)(const void *)at]);
      return;
  }
}

/* Numbers are printed and read with a decimal point whatever the caller's locale. */
static locale_t enter_c_locale(void) {
  locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  return c ? uselocale(c) : (locale_t)0;
}

static void leave_c_locale(locale_t before) {
  if (!before) return;
  locale_t c = uselocale(before);
  freelocale(c);
}

clup_status clup_problem_print(const clup_problem *problem, char *text, size_t size, size_t *needed) {
  if (!problem) return clup_fail(CLUP_INVALID_ARGUMENT, "problem_print: problem is NULL");
  const operator_info *op = operator_of(problem->op);
  text_out out = {.used = 0};
  clup_problem defaults = {.op = problem->op};
  op->defaults(&defaults);
  locale_t before = enter_c_locale();
  put(&out, "%s", op->name);
  put_tensor(&out, "x", &problem->input);
  if (problem->weight.rank) put_tensor(&out, "w", &problem->weight);
  if (problem->bias.rank) put(&out, " bias=1");
  if (problem->indices.rank) put(&out, " indices=%s", clup_dtype_name(problem->indices.dtype));
  for (const problem_key *key = op->keys; key->key; key++) put_key(&out, key, problem, &defaults);
  if (problem->input.dtype != CLUP_F32) put(&out, " dtype=%s", clup_dtype_name(problem->input.dtype));
  if (problem->weight.rank && problem->weight.dtype != problem->input.dtype)
    put(&out, " w_dtype=%s", clup_dtype_name(problem->weight.dtype));
  put_strides(&out, "x_strides", &problem->input);
  put_strides(&out, "w_strides", &problem->weight);
  put_strides(&out, "indices_strides", &problem->indices);
  put_strides(&out, "y_strides", &problem->output);
  leave_c_locale(before);
  if (needed) *needed = out.used;
  if (!text || size <= out.used)
    return clup_fail(CLUP_INVALID_ARGUMENT, "problem_print: the text has %llu bytes with its 0, the buffer %llu",
                     (unsigned long long)out.used + 1, (unsigned long long)(text ? size : 0));
  memcpy(text, out.text, out.used + 1);
  return CLUP_OK;
}

/* ---- parsing */

/* "2x3x5": returns how many numbers, at most `most`; 0 when malformed. */
static int read_integers(const char *text, int64_t *values, int most) {
  for (int count = 0; count < most; count++) {
    char *end;
    if (!(*text == '-' || (*text >= '0' && *text <= '9'))) return 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || value == INT64_MAX || value == INT64_MIN) return 0;
    values[count] = value;
    if (!*end) return count + 1;
    if (*end != 'x') return 0;
    text = end + 1;
  }
  return 0;
}

static int read_reals(const char *text, double *values, int most) {
  for (int count = 0; count < most; count++) {
    char *end;
    if (!(*text == '-' || *text == '.' || (*text >= '0' && *text <= '9'))) return 0;
    const char *digits = *text == '-' ? text + 1 : text;
    if (digits[0] == '0' && digits[1] == 'x') { /* not a hexadecimal number, but 0 by something */
      values[count] = 0;
      text = digits + 2;
      continue;
    }
    values[count] = strtod(text, &end);
    if (end == text) return 0;
    if (!*end) return count + 1;
    if (*end != 'x') return 0;
    text = end + 1;
  }
  return 0;
}

static bool read_dtype(const char *text, clup_dtype *out) {
  for (int i = CLUP_F32; i <= CLUP_I64; i++)
    if (!strcmp(text, clup_dtype_name((clup_dtype)i))) {
      *out = (clup_dtype)i;
      return true;
    }
  return false;
}

/* A list of resize: returns its length, 0 when malformed. One value stands for all. */
static int read_chosen(const problem_key *key, const char *value, clup_problem *draft) {
  char *at = (char *)draft + key->offset;
  int64_t integers[CLUP_MAX_RANK] = {0};
  double reals[CLUP_MAX_RANK] = {0};
  const bool real = key->kind == KEY_CHOSEN_REALS;
  const int count = real ? read_reals(value, reals, CLUP_MAX_RANK) : read_integers(value, integers, CLUP_MAX_RANK);
  for (int i = 0; count && i < CLUP_MAX_RANK; i++) {
    const int from = count == 1 ? 0 : i;
    if (key->kind == KEY_CHOSEN_AXES && (integers[from] < INT_MIN || integers[from] > INT_MAX)) return 0;
    if (real)
      ((double *)(void *)at)[i] = reals[from];
    else if (key->kind == KEY_CHOSEN_INTEGERS)
      ((int64_t *)(void *)at)[i] = integers[from];
    else
      ((int *)(void *)at)[i] = (int)integers[from];
  }
  if (key->kind == KEY_CHOSEN_AXES) draft->params.resize.num_axes = count;
  return count;
}

static bool read_key(const problem_key *key, const char *value, clup_problem *draft) {
  char *at = (char *)draft + key->offset;
  int count;
  switch (key->kind) {
    case KEY_AXES: {
      int64_t values[3];
      if (!(count = read_integers(value, values, 3))) return false;
      for (int i = count; i < 3; i++) values[i] = values[count == 1 ? 0 : count - 1];
      memcpy(at, values, sizeof values);
      return true;
    }
    case KEY_REALS: {
      double values[3];
      if (!(count = read_reals(value, values, 3))) return false;
      for (int i = count; i < 3; i++) values[i] = values[count == 1 ? 0 : count - 1];
      memcpy(at, values, sizeof values);
      return true;
    }
    case KEY_CHOSEN_AXES:
    case KEY_CHOSEN_INTEGERS:
    case KEY_CHOSEN_REALS:
      break; /* by read_chosen() */
    case KEY_INT64:
      return read_integers(value, (int64_t *)(void *)at, 1) == 1;
    case KEY_REAL:
      if (!strcmp(value, "nan") || !strcmp(value, "inf")) {
        *(double *)(void *)at = strtod(value, NULL);
        return true;
      }
      return read_reals(value, (double *)(void *)at, 1) == 1;
    case KEY_FLAG:
      if (strcmp(value, "0") && strcmp(value, "1")) return false;
      *(int *)(void *)at = value[0] == '1';
      return true;
    case KEY_COUNT: {
      int64_t number;
      if (read_integers(value, &number, 1) != 1 || number < INT_MIN || number > INT_MAX) return false;
      *(int *)(void *)at = (int)number;
      return true;
    }
    case KEY_NAME:
    case KEY_OPTION:
      for (int i = 0; key->names[i]; i++)
        if (!strcmp(value, key->names[i])) {
          *(int *)(void *)at = i;
          return true;
        }
      return false;
  }
  return false;
}

typedef struct draft_state {
  clup_problem problem;
  clup_dtype dtype, w_dtype, indices_dtype; /* w_dtype 0: dtype */
  bool has_bias;
  int64_t y_strides[CLUP_MAX_RANK];
  int num_y_strides;
  struct {
    const char *key;
    int count;
  } lists[4]; /* of resize, of several values: they must be as many as the axes */
  int num_lists;
  const char *seen[32]; /* keys, in the parsed text: none may come twice */
  int num_seen;
} draft_state;

static bool read_strides(const char *value, int64_t strides[CLUP_MAX_RANK], int *count) {
  return (*count = read_integers(value, strides, CLUP_MAX_RANK)) > 0;
}

static bool read_pair(draft_state *draft, const operator_info *op, const char *key, const char *value) {
  clup_problem *p = &draft->problem;
  int count;
  if (!strcmp(key, "x")) return (p->input.rank = read_integers(value, p->input.dims, CLUP_MAX_RANK)) > 0;
  if (!strcmp(key, "dtype")) return read_dtype(value, &draft->dtype);
  if (!strcmp(key, "x_strides")) return read_strides(value, p->input.strides, &count);
  if (!strcmp(key, "y_strides")) return read_strides(value, draft->y_strides, &draft->num_y_strides);
  if (p->op == CLUP_OP_CONV_TRANSPOSE) {
    if (!strcmp(key, "w")) return (p->weight.rank = read_integers(value, p->weight.dims, CLUP_MAX_RANK)) > 0;
    if (!strcmp(key, "w_strides")) return read_strides(value, p->weight.strides, &count);
    if (!strcmp(key, "w_dtype")) return read_dtype(value, &draft->w_dtype);
    if (!strcmp(key, "bias")) {
      draft->has_bias = value[0] == '1';
      return !strcmp(value, "0") || !strcmp(value, "1");
    }
  }
  if (p->op == CLUP_OP_MAX_UNPOOL) {
    if (!strcmp(key, "indices")) return read_dtype(value, &draft->indices_dtype);
    if (!strcmp(key, "indices_strides")) return read_strides(value, p->indices.strides, &count);
  }
  for (const problem_key *k = op->keys; k->key; k++) {
    if (strcmp(key, k->key) != 0) continue;
    if (!is_chosen(k->kind)) return read_key(k, value, p);
    count = read_chosen(k, value, p);
    if (count > 1 && k->kind != KEY_CHOSEN_AXES) {
      draft->lists[draft->num_lists].key = k->key;
      draft->lists[draft->num_lists++].count = count;
    }
    return count > 0;
  }
  return false;
}

static clup_status make_drafted(draft_state *draft, const operator_info *op, clup_problem **out) {
  clup_problem *p = &draft->problem;
  if (!p->input.rank) return clup_fail(CLUP_INVALID_ARGUMENT, "problem_parse: %s: x=... is missing", op->name);
  for (int i = 0; i < draft->num_lists; i++)
    if (draft->lists[i].count != chosen_axes(p))
      return clup_fail(CLUP_INVALID_ARGUMENT, "problem_parse: %s: %s has %d values for %d axes", op->name,
                       draft->lists[i].key, draft->lists[i].count, chosen_axes(p));
  p->input.dtype = draft->dtype;
  const clup_dtype w_dtype = draft->w_dtype ? draft->w_dtype : draft->dtype;
  if (p->weight.rank) p->weight.dtype = w_dtype;
  if (draft->has_bias && p->weight.rank >= 2) {
    int64_t channels = 0;
    if (!size_mul(p->weight.dims[1], p->params.conv_transpose.groups, &channels)) channels = 0;
    p->bias = clup_tensor_make(w_dtype, 1, &channels);
  }
  if (p->op == CLUP_OP_MAX_UNPOOL) {
    p->indices.dtype = draft->indices_dtype;
    p->indices.rank = p->input.rank;
    memcpy(p->indices.dims, p->input.dims, sizeof p->indices.dims);
  }
  CLUP_TRY(op->make(p, NULL, out));
  if (!draft->num_y_strides) return CLUP_OK;
  clup_tensor output = (*out)->output;
  clup_problem_release(*out);
  *out = NULL;
  if (draft->num_y_strides != output.rank)
    return clup_fail(CLUP_INVALID_ARGUMENT, "problem_parse: %s: y_strides has %d numbers, the output rank %d", op->name,
                     draft->num_y_strides, output.rank);
  memcpy(output.strides, draft->y_strides, sizeof output.strides);
  return op->make(p, &output, out);
}

static clup_status parse(char *line, clup_problem **out) {
  char *rest = NULL;
  const char *name = strtok_r(line, " \t", &rest);
  draft_state draft = {.dtype = CLUP_F32, .indices_dtype = CLUP_I64};
  const operator_info *op = NULL;
  for (int i = 0; name && operator_of((clup_op)i); i++)
    if (!strcmp(name, clup_op_name((clup_op)i))) {
      draft.problem.op = (clup_op)i;
      op = operator_of((clup_op)i);
    }
  if (!op) return clup_fail(CLUP_INVALID_ARGUMENT, "problem_parse: '%s' is no operator", name ? name : "");
  op->defaults(&draft.problem);
  for (char *pair; (pair = strtok_r(NULL, " \t", &rest));) {
    char *equals = strchr(pair, '=');
    if (!equals) return clup_fail(CLUP_INVALID_ARGUMENT, "problem_parse: %s: '%s' is not key=value", op->name, pair);
    *equals = 0;
    for (int i = 0; i < draft.num_seen; i++)
      if (!strcmp(draft.seen[i], pair))
        return clup_fail(CLUP_INVALID_ARGUMENT, "problem_parse: %s: '%s' comes twice", op->name, pair);
    if (!read_pair(&draft, op, pair, equals + 1))
      return clup_fail(CLUP_INVALID_ARGUMENT, "problem_parse: %s: '%s=%s' is an unknown key or a malformed value",
                       op->name, pair, equals + 1);
    /* Only known keys get here, fewer than `seen` holds. */
    draft.seen[draft.num_seen++] = pair;
  }
  return make_drafted(&draft, op, out);
}

clup_status clup_problem_parse(const char *text, clup_problem **out) {
  if (!text || !out) return clup_fail(CLUP_INVALID_ARGUMENT, "problem_parse: text or out is NULL");
  char line[PROBLEM_TEXT];
  size_t length = strlen(text);
  if (length >= sizeof line)
    return clup_fail(CLUP_INVALID_ARGUMENT, "problem_parse: the text has %llu bytes, at most %llu are read",
                     (unsigned long long)length, (unsigned long long)sizeof line - 1);
  memcpy(line, text, length + 1);
  clup_problem *problem = NULL;
  locale_t before = enter_c_locale();
  clup_status status = parse(line, &problem);
  leave_c_locale(before);
  if (!status) *out = problem;
  return status;
}

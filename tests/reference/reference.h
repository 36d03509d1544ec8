/* Every operator in double precision: plain loops over the formulas of PyTorch, from the problem's tensors and
 * parameters alone. It shares no code with the library, derives sizes, steps and indices itself, and is slow on
 * purpose.
 *
 * - Operators that compute (conv_transpose, fold, interpolation that mixes) give a value and the sum of the magnitudes
 * of its terms.
 * - Operators that move elements (the nearest modes, shuffles and blocks, max_unpool) give for each output element the
 * flat index of the input element that it holds, or -1 for zero; so every dtype is compared bit for bit. Arrays are
 * contiguous, in logical order (N, C, H, W and their kin), unless a function speaks of spans: those lie as the
 * problem's tensors say (strides). */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <clup/clup.h>
#include <stddef.h>
#include <stdint.h>

/* ---- the tolerance
 * |got - want| <= factor * 2^-23 * magnitude + terms * 2^-126, magnitude = sum of |terms|.
 * conv_transpose sums n terms (products, and the bias). Any order, fused or not, is within n * 2^-24 * magnitude of the
 * exact sum [Higham, Accuracy and Stability, 2002, section 4.2, and one rounding a product]: factor n/2 + 1 can't be
 * exceeded by a right result. For large n errors of random sign grow with the root [Higham and Mary, SIAM J. Sci.
 * Comput. 41(5), 2019], so the factor is the smaller of n/2 + 1 and 4 + sqrt(n): a lost or doubled term shows even in
 * long sums. Interpolation: a weight per axis rounded to float32, and the sum of at most four
 * products with them: 10 roundings of 2^-24 for bicubic, 9 for trilinear, that is a factor of 5; 8 leaves room for
 * weights that are themselves products. Antialiasing and area sum up to 32 terms along an axis in a row, and more with
 * compensation: 24 for more than 64 terms. The
 * second part is for devices that flush denormal numbers. */
double reference_factor(const clup_problem *problem, int64_t terms);

/* Other dtypes than float32: f64 has 2^-52 in place of 2^-23, and twice the factor, since the reference errs as much;
 * f16 and bf16 add half a unit in the last place of the value, integers 1/2, as results are rounded once, at the end.
 * The value with that bound, for a result of this magnitude and count of terms, before any saturation. */
double reference_bound(const clup_problem *problem, double value, double magnitude, int64_t terms);

typedef struct reference_inputs {
  const double *input;
  const double *weight;   /* conv_transpose */
  const double *bias;     /* conv_transpose with bias, else NULL */
  const double *slope;    /* conv_transpose with prelu, else NULL */
  const int64_t *indices; /* max_unpool */
} reference_inputs;

/* Of every function below: 0 for success, otherwise -1, with the reason in reference_error(). */
const char *reference_error(void);

/* Output dims that the reference derives itself; fails when the operator has no output for these parameters. */
int reference_output_dims(const clup_problem *problem, int64_t dims[CLUP_MAX_RANK]);

/* 1 when the operator moves elements, 0 when it computes. */
int reference_moves(const clup_problem *problem);

/* Operators that compute: out[i] the result, magnitude[i] the sum of |terms|, terms[i] how many there are. */
int reference_run(const clup_problem *problem, const reference_inputs *in, double *out, double *magnitude,
                  int64_t *terms);

/* Operators that move: source[i] the flat input element that out[i] holds, or -1 for zero, or (resize)
 * REFERENCE_EXTRAPOLATED for the extrapolation value. *bad (may be NULL) receives the flat place of the first index
 * outside its plane, or -1. */
#define REFERENCE_EXTRAPOLATED (-2)
int reference_sources(const clup_problem *problem, const int64_t *indices, int64_t *source, int64_t *bad);

/* The input index that nearest (exact = 0) or nearest-exact (exact = 1) picks along one axis; scale 0: by sizes; small:
 * there are two axes, and the output's add up to at most 128 (torch computes others in another way, and there with wide
 * coordinates for f64). */
int64_t reference_nearest_index(int exact, int small, int wide, int64_t in, int64_t out, double scale, int64_t dst);

/* ---- comparison */

typedef struct reference_expected {
  int moves;
  int64_t count;
  int64_t bad_index; /* as reference_sources gives it; -1 when there is none */
  int64_t *source;   /* when moves */
  double *value;     /* when not */
  double *bound;
  int exact; /* sums that no order rounds: trial_run_all asks for bound 0 of solvers that only multiply and add */
} reference_expected;

typedef struct reference_report {
  int64_t checked, wrong;
  int64_t first;           /* flat output element of the first mismatch, -1 without one */
  double got, want, bound; /* there */
  double worst;            /* largest |got - want| / bound over all elements; moved elements: 0 or 1 */
  char text[400];          /* one line on the first mismatch, or "" */
} reference_report;

/* What the problem's output must be for these arrays (spans); weight, bias and indices as the operator needs them. */
int reference_expect(const clup_problem *problem, const clup_arrays *arrays, reference_expected *expected);
void reference_expected_free(reference_expected *expected);
/* 0 when arrays->output holds what is expected; arrays->input is read by operators that move. */
int reference_compare(const clup_problem *problem, const reference_expected *expected, const clup_arrays *arrays,
                      reference_report *report);
/* Both in one. */
int reference_check(const clup_problem *problem, const clup_arrays *arrays, reference_report *report);

/* ---- views and fills */

/* Elements of a tensor, its span, and where logical element `flat` lies in the span. */
int64_t reference_count(const clup_tensor *tensor);
int64_t reference_span(const clup_tensor *tensor);
int64_t reference_place(const clup_tensor *tensor, int64_t flat);

typedef enum reference_fill_kind {
  REFERENCE_INTEGERS, /* -4..4: float32 sums are exact in any order */
  REFERENCE_REALS,    /* multiples of 2^-23 in [-1, 1) */
  REFERENCE_BITS      /* any bits at all, NaN payloads with them */
} reference_fill_kind;

/* An element of that dtype as a double, and the reverse: rounded to nearest even, integers saturated. */
double reference_number(clup_dtype dtype, const void *at);
void reference_put(clup_dtype dtype, double value, void *at);

/* The hash behind every fill; tests/golden/generate.py has the same. */
uint32_t reference_hash(uint32_t seed, uint32_t i);
/* Element `flat` of a filled tensor, for the integers and reals. */
double reference_fill_value(reference_fill_kind kind, uint32_t seed, int64_t flat);
/* Fills the elements of a span; bytes between them are left. Of reals, f16 and bf16 hold the nearest, and integer
 * dtypes the low bits of the hash >> 8; unsigned dtypes hold integers 4 higher. */
int reference_fill(const clup_tensor *tensor, reference_fill_kind kind, uint32_t seed, void *span);
/* Legal max_unpool indices for the problem, some of them equal. */
int reference_fill_indices(const clup_problem *problem, uint32_t seed, void *span);

/* ---- one file an operator, called by the functions above */

int reference_fail(const char *format, ...);
int reference_conv_transpose_dims(const clup_problem *problem, int64_t dims[CLUP_MAX_RANK]);
int reference_conv_transpose(const clup_problem *problem, const reference_inputs *in, double *out, double *magnitude,
                             int64_t *terms);
int reference_interpolate_dims(const clup_problem *problem, int64_t dims[CLUP_MAX_RANK]);
int reference_interpolate(const clup_problem *problem, const reference_inputs *in, double *out, double *magnitude,
                          int64_t *terms);
int reference_nearest_sources(const clup_problem *problem, int64_t *source);
int reference_resize_moves(const clup_problem *problem);
int reference_resize_dims(const clup_problem *problem, int64_t dims[CLUP_MAX_RANK]);
int reference_resize(const clup_problem *problem, const reference_inputs *in, double *out, double *magnitude,
                     int64_t *terms);
int reference_resize_sources(const clup_problem *problem, int64_t *source);
int reference_fold_dims(const clup_problem *problem, int64_t dims[CLUP_MAX_RANK]);
int reference_fold(const clup_problem *problem, const reference_inputs *in, double *out, double *magnitude,
                   int64_t *terms);
int reference_shuffle_dims(const clup_problem *problem, int64_t dims[CLUP_MAX_RANK]);
int reference_shuffle_sources(const clup_problem *problem, int64_t *source);
int reference_unpool_dims(const clup_problem *problem, int64_t dims[CLUP_MAX_RANK]);
/* A legal index for that input element; -1 on failure. By the seed a plane's are all in the windows that pooling would
 * have found them in, or all but a few, or anywhere. */
int64_t reference_unpool_index(const clup_problem *problem, int64_t element, uint32_t seed);
int reference_unpool_sources(const clup_problem *problem, const int64_t *indices, int64_t *source, int64_t *bad);

#endif

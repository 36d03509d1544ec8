#include "npy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int is_little_endian(void) {
  const uint16_t one = 1;
  return *(const unsigned char *)&one == 1;
}

/* The header, a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } */
typedef struct header {
  const char *at;
  const char *end;
  char descr[16];
  int fortran;
  int rank;
  int64_t dims[CLUP_MAX_RANK];
  int seen; /* bit 0: descr, 1: fortran_order, 2: shape */
  const char *why;
} header;

static int refuse(header *h, const char *why) {
  if (h->why == NULL) h->why = why;
  return 0;
}

static void skip_space(header *h) {
  while (h->at < h->end && (*h->at == ' ' || *h->at == '\n' || *h->at == '\t')) h->at++;
}

static int accept(header *h, char c) {
  skip_space(h);
  if (h->at == h->end || *h->at != c) return 0;
  h->at++;
  return 1;
}

static int parse_text(header *h, char *text, size_t size) {
  skip_space(h);
  if (h->at == h->end || (*h->at != '\'' && *h->at != '"')) return refuse(h, "a string was expected in the header");
  char quote = *h->at++;
  size_t length = 0;
  while (h->at < h->end && *h->at != quote) {
    if (*h->at == '\\') return refuse(h, "an escape in a string of the header");
    if (length + 1 == size) return refuse(h, "a string of the header is too long");
    text[length++] = *h->at++;
  }
  if (h->at == h->end) return refuse(h, "a string of the header does not end");
  h->at++;
  text[length] = 0;
  return 1;
}

static int parse_bool(header *h, int *truth) {
  skip_space(h);
  size_t left = (size_t)(h->end - h->at);
  *truth = left >= 4 && memcmp(h->at, "True", 4) == 0;
  if (!*truth && (left < 5 || memcmp(h->at, "False", 5) != 0)) {
    return refuse(h, "fortran_order is neither True nor False");
  }
  h->at += *truth ? 4 : 5;
  return 1;
}

static int parse_shape(header *h) {
  if (!accept(h, '(')) return refuse(h, "shape is not a tuple");
  while (!accept(h, ')')) {
    skip_space(h);
    if (h->at < h->end && *h->at == '-') return refuse(h, "shape holds a negative size");
    int64_t size = 0;
    const char *first = h->at;
    for (; h->at < h->end && *h->at >= '0' && *h->at <= '9'; h->at++) {
      if (size > (INT64_MAX - (*h->at - '0')) / 10) return refuse(h, "shape holds a size beyond 64 bits");
      size = size * 10 + (*h->at - '0');
    }
    if (h->at == first) return refuse(h, "shape holds something that is no number");
    if (h->at < h->end && *h->at == 'L') h->at++; /* as Python 2 wrote them */
    if (h->rank == CLUP_MAX_RANK) return refuse(h, "more axes than clup takes, 8");
    h->dims[h->rank++] = size;
    if (!accept(h, ',')) {
      if (!accept(h, ')')) return refuse(h, "shape does not end");
      return h->rank > 1 ? 1 : refuse(h, "shape is not a tuple");
    }
  }
  return 1;
}

static int parse_header(header *h) {
  if (!accept(h, '{')) return refuse(h, "its header is not a dictionary");
  while (!accept(h, '}')) {
    static const char *const keys[] = {"descr", "fortran_order", "shape"};
    char key[24];
    int which = 0;
    if (!parse_text(h, key, sizeof key)) return 0;
    while (which < 3 && strcmp(key, keys[which]) != 0) which++;
    if (which == 3) return refuse(h, "its header has a key beside descr, fortran_order and shape");
    if (h->seen & 1 << which) return refuse(h, "its header has a key twice");
    h->seen |= 1 << which;
    if (!accept(h, ':')) return refuse(h, "a ':' is missing in its header");
    int ok = which == 0   ? parse_text(h, h->descr, sizeof h->descr)
             : which == 1 ? parse_bool(h, &h->fortran)
                          : parse_shape(h);
    if (!ok) return 0;
    if (!accept(h, ',')) {
      if (!accept(h, '}')) return refuse(h, "its header does not end");
      break;
    }
  }
  skip_space(h);
  if (h->at != h->end) return refuse(h, "something follows the dictionary in its header");
  return h->seen == 7 ? 1 : refuse(h, "its header lacks one of descr, fortran_order and shape");
}

static const struct {
  const char *code;
  clup_dtype dtype;
} codes[] = {{"f4", CLUP_F32}, {"f8", CLUP_F64}, {"f2", CLUP_F16}, {"u1", CLUP_U8},  {"i1", CLUP_I8},  {"u2", CLUP_U16},
             {"i2", CLUP_I16}, {"u4", CLUP_U32}, {"i4", CLUP_I32}, {"u8", CLUP_U64}, {"i8", CLUP_I64}, {"b1", CLUP_U8}};

/* The dtype that "<f4" names, 0 for none; *swap: its bytes are not in this machine's order. */
static int dtype_of(const char *descr, clup_dtype *dtype, int *swap) {
  char order = descr[0];
  if (order == 0 || strchr("<>=|", order) == NULL) return 0;
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
    if (strcmp(codes[i].code, descr + 1) != 0) continue;
    *dtype = codes[i].dtype;
    size_t size = clup_dtype_size(*dtype);
    if (order == '|' && size != 1) return 0;
    *swap = size > 1 && (order == '<' || order == '>') && (order == '<') != is_little_endian();
    return 1;
  }
  return 0;
}

static void swap_bytes(unsigned char *data, size_t elements, size_t size) {
  for (size_t i = 0; i < elements; i++, data += size) {
    for (size_t a = 0, b = size - 1; a < b; a++, b--) {
      unsigned char byte = data[a];
      data[a] = data[b];
      data[b] = byte;
    }
  }
}

/* From Fortran order to C order. */
static int reorder(cli_error *error, const char *name, cli_array *array) {
  cli_array ordered = *array;
  int rc = array_allocate(error, name, &ordered);
  if (rc != CLI_OK) return rc;
  size_t size = clup_dtype_size(array->dtype);
  size_t elements;
  rc = array_count(error, CLI_BAD_INPUT, name, array, &elements);
  size_t strides[CLUP_MAX_RANK];
  size_t stride = 1;
  for (int i = 0; i < array->rank; i++) {
    strides[i] = stride;
    stride *= (size_t)array->dims[i];
  }
  int64_t index[CLUP_MAX_RANK] = {0};
  size_t from = 0;
  for (size_t i = 0; i < elements; i++) {
    memcpy((unsigned char *)ordered.data + i * size, (const unsigned char *)array->data + from * size, size);
    for (int axis = array->rank - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < array->dims[axis]) break;
      from -= strides[axis] * (size_t)array->dims[axis];
      index[axis] = 0;
    }
  }
  free(array->base);
  *array = ordered;
  return rc;
}

/* Finds the dictionary: *start and *length of it, within the bytes. */
static int find_header(cli_error *error, const char *name, const unsigned char *bytes, size_t size, size_t *start,
                       size_t *length) {
  if (size < 6 || memcmp(bytes, "\x93NUMPY", 6) != 0) {
    return cli_fail(error, CLI_BAD_INPUT, name, "is not a .npy file: it does not begin with \\x93NUMPY");
  }
  if (size >= 8 && (bytes[6] < 1 || bytes[6] > 3)) {
    return cli_fail(error, CLI_BAD_INPUT, name, ".npy version %d.%d is not 1, 2 or 3", bytes[6], bytes[7]);
  }
  *start = size >= 8 && bytes[6] == 1 ? 10 : 12;
  if (size < *start) return cli_fail(error, CLI_BAD_INPUT, name, "ends after %zu bytes, within its header", size);
  *length = bytes[8] | (size_t)bytes[9] << 8;
  if (bytes[6] > 1) *length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
  if (*length > size - *start) {
    return cli_fail(error, CLI_BAD_INPUT, name, "its header of %zu bytes is longer than the file, %zu bytes", *length,
                    size);
  }
  return CLI_OK;
}

int npy_decode(cli_error *error, const char *name, unsigned char *bytes, size_t size, cli_array *out) {
  cli_array array = {.base = bytes};
  size_t start = 0, length = 0, elements = 0;
  int rc = find_header(error, name, bytes, size, &start, &length);
  if (rc != CLI_OK) goto done;
  header h = {.at = (const char *)bytes + start, .end = (const char *)bytes + start + length};
  int swap = 0;
  if (!parse_header(&h)) {
    rc = cli_fail(error, CLI_BAD_INPUT, name, "is malformed: %s", h.why);
    goto done;
  }
  if (!dtype_of(h.descr, &array.dtype, &swap)) {
    rc = cli_fail(error, CLI_BAD_INPUT, name,
                  "dtype '%s' is not one that clup reads (f2 f4 f8 u1 i1 u2 i2 u4 i4 u8 i8)", h.descr);
    goto done;
  }
  array.rank = h.rank;
  memcpy(array.dims, h.dims, sizeof array.dims);
  rc = array_count(error, CLI_BAD_INPUT, name, &array, &elements);
  if (rc != CLI_OK) goto done;
  size_t need = elements * clup_dtype_size(array.dtype);
  size_t have = size - start - length;
  if (need > have) {
    char text[256];
    rc = cli_fail(error, CLI_BAD_INPUT, name, "is cut short: %s %s needs %zu bytes, the file has %zu",
                  clup_dtype_name(array.dtype), dims_text(array.rank, array.dims, text, sizeof text), need, have);
    goto done;
  }
  array.data = bytes + start + length;
  /* malloc's memory is aligned for every dtype; a header of odd length is not. */
  if ((start + length) % sizeof(int64_t) != 0) {
    memmove(bytes, array.data, need);
    array.data = bytes;
  }
  if (swap) swap_bytes(array.data, elements, clup_dtype_size(array.dtype));
  if (h.fortran && array.rank > 1) rc = reorder(error, name, &array);
done:
  if (rc != CLI_OK) {
    free(array.base);
    return rc;
  }
  *out = array;
  return CLI_OK;
}

int npy_encode(cli_error *error, FILE *out, const cli_array *array) {
  cli_array plain = *array;
  int rc = CLI_OK;
  size_t elements;
  if (array->dtype == CLUP_BF16) {
    /* NumPy has no bfloat16; f32 holds every one of its values. */
    rc = array_allocate(error, "output", &plain);
    if (rc != CLI_OK) return rc;
    rc = array_count(error, CLI_USAGE, "output", array, &elements);
    if (rc == CLI_OK) {
      memcpy(plain.data, array->data, elements * sizeof(uint16_t));
      rc = array_convert(error, "output", &plain, CLUP_F32);
    }
  }
  if (rc == CLI_OK) rc = array_count(error, CLI_USAGE, "output", &plain, &elements);
  if (rc == CLI_OK) {
    const char *code = "";
    for (size_t i = sizeof codes / sizeof codes[0]; i-- > 0;) {
      if (codes[i].dtype == plain.dtype) code = codes[i].code;
    }
    size_t size = clup_dtype_size(plain.dtype);
    char text[512];
    size_t used = (size_t)snprintf(text, sizeof text, "{'descr': '%c%s', 'fortran_order': False, 'shape': (",
                                   size == 1            ? '|'
                                   : is_little_endian() ? '<'
                                                        : '>',
                                   code);
    for (int i = 0; i < plain.rank; i++) {
      used += (size_t)snprintf(text + used, sizeof text - used, "%" PRId64 "%s", plain.dims[i],
                               i + 1 < plain.rank || plain.rank == 1 ? ", " : "");
    }
    used += (size_t)snprintf(text + used, sizeof text - used, "), }");
    while ((10 + used + 1) % 64 != 0) text[used++] = ' ';
    text[used++] = '\n';
    unsigned char lead[10] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)(used & 255), (unsigned char)(used >> 8)};
    fwrite(lead, 1, sizeof lead, out);
    fwrite(text, 1, used, out);
    fwrite(plain.data, size, elements, out);
  }
  if (array->dtype == CLUP_BF16) array_free(&plain);
  return rc;
}

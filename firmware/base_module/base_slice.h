// Bytes that lie somewhere else.

#ifndef EDGELET_BASE_SLICE_H
#define EDGELET_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

// How many elements an array has.
#define BASE_COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

typedef struct _base_slice_t {
    const char *data;
    size_t len;
} base_slice_t;

static inline bool base_equal(base_slice_t a, base_slice_t b) {
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

#endif // EDGELET_BASE_SLICE_H

// Bytes that lie somewhere else.

#ifndef EDGELET_BASE_SLICE_H
#define EDGELET_BASE_SLICE_H

#include <stddef.h>

typedef struct _base_slice_t {
    const char *data;
    size_t len;
} base_slice_t;

#endif // EDGELET_BASE_SLICE_H

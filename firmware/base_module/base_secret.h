// Handling bytes that nobody else may learn.

#ifndef EDGELET_BASE_SECRET_H
#define EDGELET_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

// Overwrites memory that is not used any more: a compiler may leave out a memset alone.
void base_wipe(void *p, size_t len);
// Whether two blocks are equal, in a time that depends on their length only.
bool base_equal_secret(const void *a, const void *b, size_t len);

#endif // EDGELET_BASE_SECRET_H

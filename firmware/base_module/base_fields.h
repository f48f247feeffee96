// Header fields of HTTP (RFC 9110).

#ifndef EDGELET_BASE_FIELDS_H
#define EDGELET_BASE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

// Whether a field, of that name in any case, describes the connection or the framing of a message: the server's to set,
// not a handler's.
bool base_is_framing_field(const void *name, size_t len);

#endif // EDGELET_BASE_FIELDS_H

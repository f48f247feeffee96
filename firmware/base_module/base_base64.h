// Base64 (RFC 4648, sections 4 and 5).

#ifndef EDGELET_BASE_BASE64_H
#define EDGELET_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

// Room for the digits of `len` bytes, never 0.
#define BASE_BASE64_SIZE(len) (((len) + 2) / 3 * 4 + 1)
// Write the digits, with padding and without, and return how many they are.
size_t base_base64_encode(char *out, const void *bytes, size_t len);
size_t base_base64url_encode(char *out, const void *bytes, size_t len);
// Decodes either alphabet, with or without padding, as Node's Buffer does. `out` has room for `len` bytes.
// False when that is no base64.
bool base_base64_decode(char *out, size_t *out_len, const char *text, size_t len);
// The same for what base_base64url_encode writes and nothing else: each text of bytes has one form.
bool base_base64url_decode(char *out, size_t *out_len, const char *text, size_t len);

#endif // EDGELET_BASE_BASE64_H

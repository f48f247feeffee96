// Small conversions and comparisons of text.

#ifndef EDGELET_BASE_TEXT_H
#define EDGELET_BASE_TEXT_H

#include <stddef.h>
#include <string.h>

#include "base_chars.h"

// Whether `len` bytes, where there are any, are the text.
static inline bool base_equal_text(const void *bytes, size_t len, const char *text) {
    return len == strlen(text) && (len == 0 || memcmp(bytes, text, len) == 0);
}

// Whether `len` bytes are the text but for the case of ASCII letters.
static inline bool base_equal_nocase(const void *bytes, size_t len, const char *text) {
    const uint8_t *a = (const uint8_t *)bytes, *b = (const uint8_t *)text;
    for (size_t i = 0; i < len; i++) {
        uint8_t difference = a[i] ^ b[i];
        if (b[i] == '\0' || (difference != 0 && (difference != 0x20 || !base_is(a[i], BASE_ALPHA)))) {
            return false;
        }
    }
    return b[len] == '\0';
}

// Decodes "%41" to "A" (URL standard, section 1.3); what is no escape stays as it is. `plus` says whether a plus sign
// stands for a space, as in forms. `out` has room for `len` bytes and may be `text`. The number of bytes written.
size_t base_percent_decode(char *out, const char *text, size_t len, bool plus);

// Writes a number in decimal, at most BASE_DECIMAL_MAX digits, without a NUL. Their number.
#define BASE_DECIMAL_MAX (10)
size_t base_put_decimal(char *out, uint32_t number);

// Writes the version 4 UUID (RFC 9562, section 5.4) of 16 random bytes, without a NUL.
#define BASE_UUID_SIZE (36)
void base_put_uuid(char out[BASE_UUID_SIZE], const uint8_t random[16]);

#endif // EDGELET_BASE_TEXT_H

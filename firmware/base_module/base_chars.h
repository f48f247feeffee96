// ASCII characters by class. The table is constant data, which a microcontroller leaves in flash.

#ifndef EDGELET_BASE_CHARS_H
#define EDGELET_BASE_CHARS_H

#include <stdbool.h>
#include <stdint.h>

// Classes, a bit each. A byte above 127 is in none.
#define BASE_TOKEN (1)    // tchar (RFC 9110, section 5.6.2)
#define BASE_REG_NAME (2) // reg-name of a host (RFC 3986, section 3.2.2): unreserved, sub-delims, percent
#define BASE_TARGET (4)   // visible, but for "#", which begins a fragment
#define BASE_HEX (8)
#define BASE_DIGIT (16)
#define BASE_UPPER (32)
#define BASE_LOWER (64)
#define BASE_ALPHA (BASE_UPPER | BASE_LOWER)
#define BASE_ALNUM (BASE_ALPHA | BASE_DIGIT)

extern const uint8_t base_char_classes[256];

// Whether a byte belongs to one of the classes.
static inline bool base_is(uint8_t c, uint8_t classes) {
    return (base_char_classes[c] & classes) != 0;
}

// The letter in lower case; other bytes as they are.
static inline uint8_t base_lower(uint8_t c) {
    return (uint8_t)(c - 'A') < 26 ? c | 0x20 : c;
}

// The value of a hexadecimal digit, 0 to 15; -1 where it is none.
static inline int base_hex_digit(uint8_t c) {
    if ((uint8_t)(c - '0') < 10) {
        return c - '0';
    }
    c |= 0x20;
    return (uint8_t)(c - 'a') < 6 ? c - 'a' + 10 : -1;
}

// The hexadecimal digit of a value, of which the lowest four bits count; 'a' to 'f', or 'A' to 'F'.
static inline char base_to_hex(unsigned value) {
    return "0123456789abcdef"[value & 15];
}

static inline char base_to_upper_hex(unsigned value) {
    return "0123456789ABCDEF"[value & 15];
}

#endif // EDGELET_BASE_CHARS_H

// See base_base64.h.

#include "base_base64.h"

#include <stdint.h>
#include <string.h>

static const char common_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

// Writes 2 to 4 digits for each 3 bytes or what is left of them.
static size_t encode(char *out, const uint8_t *bytes, size_t len, const char *last_digits) {
    char *to = out;
    for (size_t i = 0; i < len; i += 3) {
        uint32_t group = 0;
        size_t have = len - i < 3 ? len - i : 3;
        for (size_t j = 0; j < 3; j++) {
            group = group << 8 | (j < have ? bytes[i + j] : 0);
        }
        for (size_t j = 0; j <= have; j++) {
            uint32_t digit = group >> (18 - 6 * j) & 63;
            *to++ = digit < 62 ? common_digits[digit] : last_digits[digit - 62];
        }
    }
    return (size_t)(to - out);
}

size_t base_base64_encode(char *out, const void *bytes, size_t len) {
    size_t digits = encode(out, bytes, len, "+/");
    while (digits % 4 != 0) {
        out[digits++] = '=';
    }
    return digits;
}

size_t base_base64url_encode(char *out, const void *bytes, size_t len) {
    return encode(out, bytes, len, "-_");
}

// 0 to 63, or -1.
static int digit_value(char c) {
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == '+' || c == '-') {
        return 62;
    }
    return c == '/' || c == '_' ? 63 : -1;
}

bool base_base64_decode(char *out, size_t *out_len, const char *text, size_t len) {
    uint32_t group = 0;
    size_t digits = 0;
    *out_len = 0;
    while (len > 0 && text[len - 1] == '=') {
        len--;
    }

    for (size_t i = 0; i < len; i++) {
        int value = digit_value(text[i]);
        if (value < 0) {
            return false;
        }
        group = group << 6 | (uint32_t)value;
        if (++digits % 4 != 1) {
            out[(*out_len)++] = (char)(group >> (6 - 2 * ((digits - 1) % 4)));
        }
    }
    return digits % 4 != 1;
}

bool base_base64url_decode(char *out, size_t *out_len, const char *text, size_t len) {
    // The bits of the last digit that belong to no byte: 4 after two digits, 2 after three.
    static const int unused[] = {0, 0, 15, 3};
    if (len == 0) {
        *out_len = 0;
        return true;
    }
    if (memchr(text, '+', len) != NULL || memchr(text, '/', len) != NULL || memchr(text, '=', len) != NULL ||
        !base_base64_decode(out, out_len, text, len)) {
        return false;
    }
    return (digit_value(text[len - 1]) & unused[len % 4]) == 0;
}

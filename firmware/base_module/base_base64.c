// See base_base64.h.

#include "base_base64.h"

#include <stdint.h>
#include <string.h>

#define COMMON_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
static const char base64_digits[] = COMMON_DIGITS "+/";
static const char base64url_digits[] = COMMON_DIGITS "-_";

// Writes 2 to 4 digits for each 3 bytes or what is left of them.
static size_t encode(char *out, const uint8_t *bytes, size_t len, const char *digits) {
    char *to = out;
    const uint8_t *end = bytes + len;
    for (; end - bytes >= 3; bytes += 3, to += 4) {
        uint32_t group = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];
        to[0] = digits[group >> 18];
        to[1] = digits[group >> 12 & 63];
        to[2] = digits[group >> 6 & 63];
        to[3] = digits[group & 63];
    }
    if (bytes < end) {
        uint32_t group = (uint32_t)bytes[0] << 16 | (end - bytes == 2 ? (uint32_t)bytes[1] << 8 : 0);
        *to++ = digits[group >> 18];
        *to++ = digits[group >> 12 & 63];
        if (end - bytes == 2) {
            *to++ = digits[group >> 6 & 63];
        }
    }
    return (size_t)(to - out);
}

size_t base_base64_encode(char *out, const void *bytes, size_t len) {
    size_t digits = encode(out, bytes, len, base64_digits);
    while (digits % 4 != 0) {
        out[digits++] = '=';
    }
    return digits;
}

size_t base_base64url_encode(char *out, const void *bytes, size_t len) {
    return encode(out, bytes, len, base64url_digits);
}

// 0 to 63, or -1.
static int digit_value(char c) {
    // From '+' to 'z', of either alphabet, and one more.
    static const uint8_t values[] = {63, 0, 63, 0, 64, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 0, 0, 0, 0, 0, 0, 0, //
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 0, 0, 0, 0, 64,
        0, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52};
    size_t place = (size_t)(uint8_t)c - '+';
    return place < sizeof(values) ? values[place] - 1 : -1;
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

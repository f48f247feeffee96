// Base64 (RFC 4648, sections 4 and 5).

#include <string.h>
#include "web/web_private.h"

static const char common_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

// Writes 2 to 4 digits for each 3 bytes or what is left of them.
static size_t encode(char *out, web_slice_t bytes, const char *last_digits) {
    char *to = out;
    for (size_t i = 0; i < bytes.len; i += 3) {
        uint32_t group = 0;
        size_t have = bytes.len - i < 3 ? bytes.len - i : 3;
        for (size_t j = 0; j < 3; j++) {
            group = group << 8 | (j < have ? (unsigned char)bytes.data[i + j] : 0);
        }
        for (size_t j = 0; j <= have; j++) {
            uint32_t digit = group >> (18 - 6 * j) & 63;
            *to++ = digit < 62 ? common_digits[digit] : last_digits[digit - 62];
        }
    }
    return (size_t)(to - out);
}

size_t web_base64_encode(char *out, web_slice_t bytes) {
    size_t len = encode(out, bytes, "+/");
    while (len % 4 != 0) {
        out[len++] = '=';
    }
    return len;
}

size_t web_base64url_encode(char *out, web_slice_t bytes) {
    return encode(out, bytes, "-_");
}

static int digit_value(char c) {
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+' || c == '-' ? 62
           : c == '/' || c == '_' ? 63
                                  : -1;
}

bool web_base64_decode(char *out, size_t *out_len, web_slice_t text) {
    uint32_t group = 0;
    size_t digits = 0;
    *out_len = 0;
    while (text.len > 0 && text.data[text.len - 1] == '=') {
        text.len--;
    }
    for (size_t i = 0; i < text.len; i++) {
        int value = digit_value(text.data[i]);
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

bool web_base64url_decode(char *out, size_t *out_len, web_slice_t text) {
    if (memchr(text.data, '+', text.len) != NULL || memchr(text.data, '/', text.len) != NULL ||
        memchr(text.data, '=', text.len) != NULL || !web_base64_decode(out, out_len, text)) {
        return false;
    }
    // The bits of the last digit that belong to no byte: 4 after two digits, 2 after three.
    size_t left = text.len % 4;
    int unused = left == 2 ? 15 : left == 3 ? 3 : 0;
    return text.len == 0 || (digit_value(text.data[text.len - 1]) & unused) == 0;
}

// See base_text.h.

#include "base_text.h"

size_t base_percent_decode(char *out, const char *text, size_t len, bool plus) {
    size_t written = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '%' && len - i > 2) {
            int high = base_hex_digit((uint8_t)text[i + 1]), low = base_hex_digit((uint8_t)text[i + 2]);
            if (high >= 0 && low >= 0) {
                c = (char)(high << 4 | low);
                i += 2;
            }
        } else if (c == '+' && plus) {
            c = ' ';
        }
        out[written++] = c;
    }
    return written;
}

size_t base_put_decimal(char *out, uint32_t number) {
    char digits[BASE_DECIMAL_MAX];
    size_t begin = sizeof(digits), len = 0;
    do {
        digits[--begin] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);

    while (begin < sizeof(digits)) {
        out[len++] = digits[begin++];
    }
    return len;
}

void base_put_uuid(char out[BASE_UUID_SIZE], const uint8_t random[16]) {
    for (int i = 0; i < 16; i++) {
        uint8_t byte = random[i];
        if (i == 6) {
            byte = (byte & 0x0f) | 0x40; // the version
        } else if (i == 8) {
            byte = (byte & 0x3f) | 0x80; // the variant
        }

        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *out++ = '-';
        }
        *out++ = base_to_hex(byte >> 4);
        *out++ = base_to_hex(byte);
    }
}

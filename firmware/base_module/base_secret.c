// See base_secret.h.

#include "base_secret.h"

#include <stdint.h>
#include <string.h>

void base_wipe(void *p, size_t len) {
    memset(p, 0, len);
    __asm__ volatile("" : : "r"(p) : "memory");
}

bool base_equal_secret(const void *a, const void *b, size_t len) {
    const volatile uint8_t *x = a, *y = b;
    uint8_t different = 0;
    for (size_t i = 0; i < len; i++) {
        different |= x[i] ^ y[i];
    }
    return different == 0;
}

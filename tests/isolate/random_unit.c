// random.c without the engine: this program has a port that counts, and notes how long the call could not be abandoned.
// Ends with status 0, or says which check failed.

#include <stdio.h>
#include <stdlib.h>

#include "isolate/host.h"
#include "check.h"
#include "port/port.h"

// Most bytes that the port may be asked for while masked: a Pico takes 2.6 ms for so many.
#define PORTION (256)

static int masks;
static size_t asked; // of the port since the mask was set
static uint16_t given;

void port_random(void *buf, size_t len) {
    CHECK(masks == 1);
    asked += len;
    CHECK(asked <= PORTION);
    uint8_t *to = buf;
    for (size_t i = 0; i < len; i++) {
        to[i] = (uint8_t)(given >> 8 ^ given);
        given++;
    }
}

void host_mask(void) {
    masks++;
    asked = 0;
}

void host_unmask(void) {
    masks--;
}

// Every byte of the port is given once, in its order.
static void check_bytes(size_t len) {
    static uint8_t bytes[65536];
    static uint16_t taken;
    host_random(bytes, len);
    CHECK(masks == 0);
    for (size_t i = 0; i < len; i++) {
        CHECK(bytes[i] == (uint8_t)(taken >> 8 ^ taken));
        taken++;
    }
}

int main(void) {
    static const size_t lengths[] = {0, 1, 8, PORTION - 9, 1, PORTION, 3, 1000, 65536};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        check_bytes(lengths[i]);
    }
    return 0;
}

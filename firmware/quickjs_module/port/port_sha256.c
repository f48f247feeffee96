// What is the same of all chips with an engine for SHA-256. See port_sha256.h.

#include "port/port_sha256.h"

#if PORT_SHA256_ENGINE

#include <string.h>

static enum { SHA256_UNTRIED, SHA256_SOUND, SHA256_UNSOUND } sha256_engine;

// The message "abc", in one block, and its digest (FIPS 180-4's example), as bytes.
static const uint8_t sha256_message[64] = {'a', 'b', 'c', 0x80, [63] = 24};
static const uint8_t sha256_expected[32] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde,
    0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15,
    0xad};

static bool sha256_is_sound(void) {
    uint32_t block[16], digest[8];
    memcpy(block, sha256_message, sizeof(block));
    port_sha256_block(block, true);
    port_sha256_digest(digest);
    return memcmp(digest, sha256_expected, sizeof(digest)) == 0;
}

bool port_sha256_take(void) {
    if (sha256_engine == SHA256_UNSOUND || !port_sha256_lock()) {
        return false;
    }
    if (sha256_engine == SHA256_UNTRIED) {
        sha256_engine = sha256_is_sound() ? SHA256_SOUND : SHA256_UNSOUND;
    }
    if (sha256_engine == SHA256_UNSOUND) {
        port_sha256_unlock();
        return false;
    }
    return true;
}

void port_sha256_give(void) {
    port_sha256_unlock();
}

#endif // PORT_SHA256_ENGINE

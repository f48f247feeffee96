// Our own copy of mbedTLS, for what it does beside hashing: AES, big numbers, RSA, elliptic curves, ASN.1. Not for
// other rooms, and to be included before what includes base_sha.h.
//
// It is not that of the port, which TLS uses: that one's configuration has other algorithms, takes a chip's engines
// with their locks (ESP-IDF), and its memory is not the engine's. Here every allocation is one of the engine's: it lies
// in the arena and never fails, since what does not fit leaves by a jump. So a call may be abandoned at any
// instruction, whatever it computes. Its static variables are constants, but what it has found out about the processor.

#ifndef EDGELET_CRYPTO_MBEDTLS_H
#define EDGELET_CRYPTO_MBEDTLS_H

#ifdef MBEDTLS_BUILD_INFO_H
#error "include crypto_mbedtls.h first"
#endif

#undef MBEDTLS_CONFIG_FILE
#undef MBEDTLS_USER_CONFIG_FILE
#define MBEDTLS_CONFIG_FILE "crypto/crypto_mbedtls_config.h"
#define MBEDTLS_ALLOW_PRIVATE_ACCESS

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mbedtls/build_info.h"

#include "mbedtls/platform.h"

// Memory is taken from this context's engine from now on: every native that calls mbedTLS says so first.
struct JSContext;
void crypto_mbedtls_use(struct JSContext *ctx);

// Says how much was computed, in multiplications of two words and additions about: now and then others have their turn,
// see host_pause. How often depends on the numbers' lengths only.
void crypto_pause(void);
extern unsigned crypto_effort;
#define CRYPTO_EFFORT (8192) // 4 ms on an RP2040
static inline void crypto_worked(unsigned effort) {
    crypto_effort += effort;
    if (crypto_effort >= CRYPTO_EFFORT) {
        crypto_pause();
    }
}

// Random bytes for blinding, padding, keys and nonces, in the form that mbedTLS calls. Always 0.
int crypto_mbedtls_random(void *unused, unsigned char *bytes, size_t len);

#endif // EDGELET_CRYPTO_MBEDTLS_H

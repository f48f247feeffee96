// SHA-256's compression on x86-64: see base_sha256_x86.c.

#ifndef EDGELET_BASE_SHA256_X86_H
#define EDGELET_BASE_SHA256_X86_H

#include <stdbool.h>
#include <stdint.h>

#include "base_sha.h"

// Whether this processor has the instructions that base_sha256_x86() needs.
bool base_sha256_x86_is_there(void);

// Compresses a block, of any alignment, into the state (FIPS 180-4, section 6.2.2).
void base_sha256_x86(uint32_t state[8], const unsigned char block[64]);

// mbedTLS' own (base_sha256.c), for processors without them. Returns 0.
int base_sha256_process(mbedtls_sha256_context *ctx, const unsigned char data[64]);

#endif // EDGELET_BASE_SHA256_X86_H

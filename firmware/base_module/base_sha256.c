// See base_sha.h.

#if BASE_SHA_OF_PORT && defined(__x86_64__)
// For processors without the extensions of base_sha256_x86.c, under the other names.
#undef MBEDTLS_CONFIG_FILE
#define MBEDTLS_CONFIG_FILE "base_sha_config.h"
#include "lib/mbedtls/library/sha256.c"
#elif !BASE_SHA_OF_PORT
#include "base_sha.h"

#include "lib/mbedtls/library/sha256.c"
#elif defined(__ARM_ARCH_6M__)

#include <string.h>

#include "base_secret.h"
#include "base_sha.h"

// In base_sha256_armv6m.S.
void base_sha256_compress(uint32_t state[8], const uint32_t block[16]);

// In the place of mbedTLS' own (MBEDTLS_SHA256_PROCESS_ALT). This processor reads words where they are aligned only.
int mbedtls_internal_sha256_process(mbedtls_sha256_context *ctx, const unsigned char data[64]) {
    if ((uintptr_t)data % sizeof(uint32_t) == 0) {
        base_sha256_compress(ctx->state, (const uint32_t *)(const void *)data);
        return 0;
    }
    uint32_t block[16];
    memcpy(block, data, sizeof(block));
    base_sha256_compress(ctx->state, block);
    base_wipe(block, sizeof(block));
    return 0;
}

#endif

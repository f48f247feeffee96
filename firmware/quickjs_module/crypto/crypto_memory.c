// What mbedTLS needs of the engine: memory and random bytes. See crypto_mbedtls.h.

#include "crypto/crypto_mbedtls.h"

#include "mbedtls/platform_util.h"

#include "engine/engine.h"
#include "isolate/host.h"

// Set anew by whoever calls mbedTLS: one that an abandoned call has left is never used.
static JSContext *memory_context;

void crypto_mbedtls_use(JSContext *ctx) {
    memory_context = ctx;
}

void *crypto_calloc(size_t count, size_t size) {
    return count > 0 && size > SIZE_MAX / count ? NULL : js_mallocz(memory_context, count * size);
}

void crypto_free(void *block) {
    js_free(memory_context, block);
}

void mbedtls_zeroize_and_free(void *block, size_t len) {
    if (block != NULL) {
        base_wipe(block, len);
    }
    crypto_free(block);
}

unsigned crypto_effort;

void crypto_pause(void) {
    JSContext *ctx = memory_context;
    crypto_effort = 0;
    if (host_pause()) {
        memory_context = ctx;
    }
}

int crypto_mbedtls_random(void *unused, unsigned char *bytes, size_t len) {
    (void)unused;
    host_random(bytes, len);
    return 0;
}

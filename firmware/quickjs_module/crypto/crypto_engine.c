// See crypto_engine.h.

#include "crypto/crypto_engine.h"

#if PORT_SHA256_ENGINE

#include <string.h>

#include "base_bytes.h"
#include "base_secret.h"
#include "isolate/host.h"

#define BLOCK_BYTES (64)
// Bytes of a message that the engine is taken for, since nobody else has it and the call is not abandoned meanwhile:
// 1,024 blocks, a millisecond on an RP2350.
#define MESSAGE_MAX (64 * 1024)
// Iterations of PBKDF2 that it is taken for, of four blocks each: as long as a quarter of those.
#define ITERATIONS_MAX (64)

static bool engine_take(void) {
    host_mask();
    if (port_sha256_take()) {
        return true;
    }
    host_unmask();
    return false;
}

static void engine_give(void) {
    port_sha256_give();
    host_unmask();
}

// The digest of a block, unless `first` is NULL, and a message behind it.
static void engine_hash(const uint8_t *first, base_slice_t message, uint8_t *digest) {
    uint32_t block[BLOCK_BYTES / 4];
    uint8_t *bytes = (uint8_t *)block;
    const uint8_t *data = (const uint8_t *)message.data;
    size_t left = message.len;
    uint64_t total = message.len;
    bool begins = true;
    if (first != NULL) {
        memcpy(block, first, BLOCK_BYTES);
        port_sha256_block(block, true);
        total += BLOCK_BYTES;
        begins = false;
    }
    for (; left >= BLOCK_BYTES; left -= BLOCK_BYTES) {
        memcpy(block, data, BLOCK_BYTES);
        data += BLOCK_BYTES;
        port_sha256_block(block, begins);
        begins = false;
    }

    memset(block, 0, BLOCK_BYTES);
    if (left > 0) {
        memcpy(block, data, left);
    }
    bytes[left] = 0x80;
    if (left + 1 + sizeof(total) > BLOCK_BYTES) {
        port_sha256_block(block, begins);
        begins = false;
        memset(block, 0, BLOCK_BYTES);
    }
    base_put_u64_be(bytes + BLOCK_BYTES - sizeof(total), total * 8);
    port_sha256_block(block, begins);
    port_sha256_digest(block);
    memcpy(digest, block, crypto_hashes[CRYPTO_SHA256].digest);
    base_wipe(block, sizeof(block));
}

bool crypto_engine_digest(crypto_hash_t hash, base_slice_t message, uint8_t digest[CRYPTO_DIGEST_MAX]) {
    if (hash != CRYPTO_SHA256 || message.len > MESSAGE_MAX || !engine_take()) {
        return false;
    }
    engine_hash(NULL, message, digest);
    engine_give();
    return true;
}

// The key's blocks are in the buffers of its hashes, where crypto_hmac_key has left them.
bool crypto_engine_hmac(const crypto_hmac_t *key, base_slice_t message, uint8_t *mac) {
    if (key->inner.hash != CRYPTO_SHA256 || message.len > MESSAGE_MAX || !engine_take()) {
        return false;
    }
    uint8_t inner[CRYPTO_DIGEST_MAX];
    engine_hash(key->inner.sha256.buffer, message, inner);
    engine_hash(key->outer.sha256.buffer, (base_slice_t){(char *)inner, crypto_hashes[CRYPTO_SHA256].digest}, mac);
    base_wipe(inner, sizeof(inner));
    engine_give();
    return true;
}

static void engine_iterate(uint32_t pads[2][16], uint32_t *block, uint32_t *sum, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        for (int j = 0; j < 2; j++) {
            port_sha256_block(pads[j], true);
            port_sha256_block(block, false);
            port_sha256_digest(block);
        }
        for (int j = 0; j < 8; j++) {
            sum[j] ^= block[j];
        }
    }
}

uint32_t crypto_engine_pbkdf2(const crypto_hmac_t *key, uint32_t block[16], uint32_t sum[8], uint32_t count) {
    if (key->inner.hash != CRYPTO_SHA256) {
        return 0;
    }
    uint32_t pads[2][BLOCK_BYTES / 4];
    memcpy(pads[0], key->inner.sha256.buffer, BLOCK_BYTES);
    memcpy(pads[1], key->outer.sha256.buffer, BLOCK_BYTES);
    uint32_t done = 0;
    while (done < count && engine_take()) {
        uint32_t part = count - done < ITERATIONS_MAX ? count - done : ITERATIONS_MAX;
        engine_iterate(pads, block, sum, part);
        engine_give();
        done += part;
    }
    base_wipe(pads, sizeof(pads));
    return done;
}

#endif // PORT_SHA256_ENGINE

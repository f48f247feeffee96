// See crypto_hash.h.

#include "crypto/crypto_hash.h"

#include <string.h>

#include "base_bytes.h"
#include "base_secret.h"
#include "crypto/crypto_engine.h"

const crypto_hash_info_t crypto_hashes[CRYPTO_HASH_COUNT] = {
    [CRYPTO_SHA1] = {"SHA-1", 20, 64},
    [CRYPTO_SHA256] = {"SHA-256", 32, 64},
    [CRYPTO_SHA384] = {"SHA-384", 48, 128},
    [CRYPTO_SHA512] = {"SHA-512", 64, 128},
    [CRYPTO_MD5] = {"MD5", 16, 64},
};

// Hashes. mbedTLS' functions for software hashes fail for wrong arguments only.

void crypto_sha_start(crypto_sha_t *sha, crypto_hash_t hash) {
    sha->hash = hash;
    switch (hash) {
        case CRYPTO_MD5:
            mbedtls_md5_init(&sha->md5);
            (void)mbedtls_md5_starts(&sha->md5);
            break;
        case CRYPTO_SHA1:
            mbedtls_sha1_init(&sha->sha1);
            (void)mbedtls_sha1_starts(&sha->sha1);
            break;
        case CRYPTO_SHA256:
            mbedtls_sha256_init(&sha->sha256);
            (void)mbedtls_sha256_starts(&sha->sha256, 0);
            break;
        default:
            mbedtls_sha512_init(&sha->sha512);
            (void)mbedtls_sha512_starts(&sha->sha512, hash == CRYPTO_SHA384);
            break;
    }
}

void crypto_sha_update(crypto_sha_t *sha, const void *data, size_t len) {
    switch (sha->hash) {
        case CRYPTO_MD5:
            (void)mbedtls_md5_update(&sha->md5, data, len);
            break;
        case CRYPTO_SHA1:
            (void)mbedtls_sha1_update(&sha->sha1, data, len);
            break;
        case CRYPTO_SHA256:
            (void)mbedtls_sha256_update(&sha->sha256, data, len);
            break;
        default:
            (void)mbedtls_sha512_update(&sha->sha512, data, len);
            break;
    }
}

void crypto_sha_finish(crypto_sha_t *sha, uint8_t *digest) {
    switch (sha->hash) {
        case CRYPTO_MD5:
            (void)mbedtls_md5_finish(&sha->md5, digest);
            break;
        case CRYPTO_SHA1:
            (void)mbedtls_sha1_finish(&sha->sha1, digest);
            break;
        case CRYPTO_SHA256:
            (void)mbedtls_sha256_finish(&sha->sha256, digest);
            break;
        default:
            (void)mbedtls_sha512_finish(&sha->sha512, digest);
            break;
    }
}

size_t crypto_digest(crypto_hash_t hash, base_slice_t message, uint8_t digest[CRYPTO_DIGEST_MAX]) {
    if (!crypto_engine_digest(hash, message, digest)) {
        crypto_sha_t sha;
        crypto_sha_start(&sha, hash);
        crypto_sha_update(&sha, message.data, message.len);
        crypto_sha_finish(&sha, digest);
    }
    return crypto_hashes[hash].digest;
}

// HMAC

static void start_padded(crypto_sha_t *sha, crypto_hash_t hash, const uint8_t *key, uint8_t pad) {
    uint8_t block[CRYPTO_BLOCK_MAX];
    size_t size = crypto_hashes[hash].block;
    for (size_t i = 0; i < size; i++) {
        block[i] = key[i] ^ pad;
    }
    crypto_sha_start(sha, hash);
    crypto_sha_update(sha, block, size);
    if (PORT_SHA256_ENGINE && hash == CRYPTO_SHA256) {
        // For crypto_engine_hmac. A hash that has taken whole blocks only has nothing there.
        memcpy(sha->sha256.buffer, block, size);
    }
    base_wipe(block, sizeof(block));
}

void crypto_hmac_key(crypto_hmac_t *key, crypto_hash_t hash, const void *secret, size_t len) {
    uint8_t padded[CRYPTO_BLOCK_MAX] = {0};
    if (len > crypto_hashes[hash].block) {
        crypto_sha_t sha;
        crypto_sha_start(&sha, hash);
        crypto_sha_update(&sha, secret, len);
        crypto_sha_finish(&sha, padded);
    } else if (len > 0) {
        memcpy(padded, secret, len);
    }
    start_padded(&key->inner, hash, padded, 0x36);
    start_padded(&key->outer, hash, padded, 0x5c);
    base_wipe(padded, sizeof(padded));
}

// Ends an HMAC whose inner hash has taken the message.
static void finish_hmac(const crypto_hmac_t *key, crypto_sha_t *inner, uint8_t *mac) {
    size_t size = crypto_hashes[inner->hash].digest;
    crypto_sha_t outer = key->outer;
    crypto_sha_finish(inner, mac);
    crypto_sha_update(&outer, mac, size);
    crypto_sha_finish(&outer, mac);
}

void crypto_hmac(const crypto_hmac_t *key, const void *data, size_t len, uint8_t *mac) {
    if (crypto_engine_hmac(key, ((base_slice_t){data, len}), mac)) {
        return;
    }
    crypto_sha_t inner = key->inner;
    crypto_sha_update(&inner, data, len);
    finish_hmac(key, &inner, mac);
}

// PBKDF2

// One compression of `block` from the state that `from` has, and the digest that results at the block's start.
static void compress(const crypto_sha_t *from, uint32_t *words) {
    crypto_sha_t sha;
    uint8_t *block = (uint8_t *)words;
    if (from->hash == CRYPTO_SHA1) {
        memcpy(sha.sha1.state, from->sha1.state, sizeof(sha.sha1.state));
        (void)mbedtls_internal_sha1_process(&sha.sha1, block);
        for (int i = 0; i < 5; i++) {
            base_put_u32_be(block + 4 * i, sha.sha1.state[i]);
        }
    } else if (from->hash == CRYPTO_SHA256) {
        memcpy(sha.sha256.state, from->sha256.state, sizeof(sha.sha256.state));
        (void)mbedtls_internal_sha256_process(&sha.sha256, block);
        for (int i = 0; i < 8; i++) {
            words[i] = base_u32_be(sha.sha256.state[i]);
        }
    } else {
        memcpy(sha.sha512.state, from->sha512.state, sizeof(sha.sha512.state));
        (void)mbedtls_internal_sha512_process(&sha.sha512, block);
        int words = from->hash == CRYPTO_SHA384 ? 6 : 8;
        for (int i = 0; i < words; i++) {
            base_put_u64_be(block + 8 * i, sha.sha512.state[i]);
        }
    }
}

void crypto_pbkdf2_start(crypto_pbkdf2_t *derivation, const crypto_hmac_t *key, base_slice_t salt, uint32_t iterations,
    uint8_t *out, size_t len) {
    *derivation =
        (crypto_pbkdf2_t){.key = *key, .salted = key->inner, .iterations = iterations, .out = out, .len = len};
    crypto_sha_update(&derivation->salted, salt.data, salt.len);
}

// A block's first iteration, over the salt and the block's number. What follows it in the last block of a hash over a
// digest is written once.
static void pbkdf2_begin_block(crypto_pbkdf2_t *derivation) {
    const crypto_hash_info_t *info = &crypto_hashes[derivation->salted.hash];
    uint8_t *block = (uint8_t *)derivation->block;
    uint8_t number[4];
    crypto_sha_t inner = derivation->salted;
    base_put_u32_be(number, ++derivation->index);
    crypto_sha_update(&inner, number, sizeof(number));
    memset(block, 0, sizeof(derivation->block));
    finish_hmac(&derivation->key, &inner, block);
    memcpy(derivation->sum, block, info->digest);
    block[info->digest] = 0x80;
    base_put_u32_be(block + info->block - 4, (uint32_t)(info->block + info->digest) * 8);
    derivation->left = derivation->iterations - 1;
}

// Both hashes of an HMAC over a digest have the same last block but for the digest at its start: two compressions an
// iteration and nothing else.
static void pbkdf2_iterate(crypto_pbkdf2_t *derivation, uint32_t count) {
    size_t words = crypto_hashes[derivation->salted.hash].digest / 4;
    uint32_t done = crypto_engine_pbkdf2(&derivation->key, derivation->block, derivation->sum, count);
    for (uint32_t i = done; i < count; i++) {
        compress(&derivation->key.inner, derivation->block);
        compress(&derivation->key.outer, derivation->block);
        for (size_t j = 0; j < words; j++) {
            derivation->sum[j] ^= derivation->block[j];
        }
    }
    derivation->left -= count;
}

bool crypto_pbkdf2_step(crypto_pbkdf2_t *derivation, uint32_t most) {
    size_t size = crypto_hashes[derivation->salted.hash].digest;
    while (derivation->len > 0) {
        if (derivation->left == 0) {
            if (most == 0) {
                return false;
            }
            pbkdf2_begin_block(derivation);
            most--;
        }
        uint32_t count = derivation->left < most ? derivation->left : most;
        pbkdf2_iterate(derivation, count);
        most -= count;
        if (derivation->left > 0) {
            return false;
        }
        size_t part = derivation->len < size ? derivation->len : size;
        memcpy(derivation->out, derivation->sum, part);
        derivation->out += part;
        derivation->len -= part;
    }
    base_wipe(derivation, sizeof(*derivation));
    return true;
}

// HKDF

void crypto_hkdf(const crypto_hkdf_t *params, uint8_t *out, size_t len) {
    size_t size = crypto_hashes[params->hash].digest;
    uint8_t digest[CRYPTO_DIGEST_MAX];
    crypto_hmac_t key;
    crypto_hmac_key(&key, params->hash, params->salt, params->salt_len);
    crypto_hmac(&key, params->secret, params->secret_len, digest);
    crypto_hmac_key(&key, params->hash, digest, size);

    for (uint8_t index = 1; len > 0; index++) {
        crypto_sha_t inner = key.inner;
        crypto_sha_update(&inner, digest, index > 1 ? size : 0);
        crypto_sha_update(&inner, params->info, params->info_len);
        crypto_sha_update(&inner, &index, 1);
        finish_hmac(&key, &inner, digest);
        size_t part = len < size ? len : size;
        memcpy(out, digest, part);
        out += part;
        len -= part;
    }

    base_wipe(digest, sizeof(digest));
    base_wipe(&key, sizeof(key));
}

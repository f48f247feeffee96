// Ed25519 (RFC 8032, section 5.1) and X25519 (RFC 7748) with Monocypher's curve: see crypto_pkey_private.h.

#include "crypto/crypto_mbedtls.h"

#include <string.h>

#include "monocypher.h"

#include "base_secret.h"
#include "crypto/crypto_pkey_private.h"
#include "isolate/host.h"

#define SIZE CRYPTO_25519_SIZE

static void hash_parts(uint8_t digest[64], int count, const base_slice_t *parts) {
    crypto_sha_t sha;
    crypto_sha_start(&sha, CRYPTO_SHA512);
    for (int i = 0; i < count; i++) {
        crypto_sha_update(&sha, parts[i].data, parts[i].len);
    }
    crypto_sha_finish(&sha, digest);
}

static base_slice_t slice(const void *bytes) {
    return (base_slice_t){bytes, SIZE};
}

// The secret scalar and, behind it, the prefix of a seed.
static void expand(uint8_t expanded[64], const uint8_t *seed) {
    hash_parts(expanded, 1, &(base_slice_t){(const char *)seed, SIZE});
    crypto_eddsa_trim_scalar(expanded, expanded);
}

void crypto_25519_of_seed(JSContext *ctx, crypto_kind_t kind, const uint8_t *seed, crypto_pkey_t *key) {
    uint8_t bytes[2 * SIZE], expanded[64];
    memcpy(bytes, seed, SIZE);
    if (kind == CRYPTO_KIND_X25519) {
        crypto_x25519_public_key(bytes + SIZE, seed);
    } else {
        expand(expanded, seed);
        crypto_eddsa_scalarbase(bytes + SIZE, expanded);
        base_wipe(expanded, sizeof(expanded));
    }
    crypto_pkey_set(ctx, key, kind, true, bytes, sizeof(bytes));
    base_wipe(bytes, sizeof(bytes));
}

void crypto_25519_generate(JSContext *ctx, crypto_kind_t kind, crypto_pkey_t *key) {
    uint8_t seed[SIZE];
    host_random(seed, sizeof(seed));
    crypto_25519_of_seed(ctx, kind, seed, key);
    base_wipe(seed, sizeof(seed));
}

size_t crypto_25519_sign(const crypto_pkey_t *key, base_slice_t data, uint8_t *signature) {
    const char *public = key->bytes + SIZE;
    uint8_t expanded[64], digest[64], nonce[SIZE], challenge[SIZE];
    expand(expanded, (const uint8_t *)key->bytes);
    hash_parts(digest, 2, (base_slice_t[]){slice(expanded + SIZE), data});
    crypto_eddsa_reduce(nonce, digest);
    crypto_eddsa_scalarbase(signature, nonce);
    hash_parts(digest, 3, (base_slice_t[]){slice(signature), slice(public), data});
    crypto_eddsa_reduce(challenge, digest);
    crypto_eddsa_mul_add(signature + SIZE, challenge, expanded, nonce);
    base_wipe(expanded, sizeof(expanded));
    base_wipe(nonce, sizeof(nonce));
    return 2 * SIZE;
}

// Whether an encoded point has a small order, with which anybody can sign: all encodings of these points but for the
// sign, as in X. Chalkias et al., "Taming the many EdDSAs", 2020, table 2.
static bool has_small_order(const uint8_t *point) {
    static const uint8_t order_8[2][SIZE] = {
        {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
            0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
        {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
            0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    };
    uint8_t y[SIZE];
    memcpy(y, point, SIZE);
    y[SIZE - 1] &= 0x7f;
    if (memcmp(y, order_8[0], SIZE) == 0 || memcmp(y, order_8[1], SIZE) == 0) {
        return true;
    }

    // 0, 1, and p - 1, p and p + 1, where p is 2^255 - 19.
    uint8_t middle = y[1], last = middle == 0 ? 0 : 0x7f;
    for (int i = 1; i < SIZE - 1; i++) {
        if (y[i] != middle) {
            return false;
        }
    }
    return y[SIZE - 1] == last && ((middle == 0 && y[0] <= 1) || (middle == 0xff && y[0] >= 0xec && y[0] <= 0xee));
}

bool crypto_25519_verify(const crypto_pkey_t *key, base_slice_t signature, base_slice_t data) {
    const uint8_t *public = (const uint8_t *)crypto_pkey_public(key).data, *bytes = (const uint8_t *)signature.data;
    if (signature.len != 2 * SIZE || has_small_order(public) || has_small_order(bytes)) {
        return false;
    }
    uint8_t digest[64], challenge[SIZE];
    hash_parts(digest, 3, (base_slice_t[]){slice(bytes), slice(public), data});
    crypto_eddsa_reduce(challenge, digest);
    return crypto_eddsa_check_equation(bytes, public, challenge) == 0;
}

bool crypto_25519_agree(const crypto_pkey_t *key, const crypto_pkey_t *peer, uint8_t *secret) {
    static const uint8_t zero[SIZE];
    crypto_x25519(secret, (const uint8_t *)key->bytes, (const uint8_t *)crypto_pkey_public(peer).data);
    return !base_equal_secret(secret, zero, SIZE);
}

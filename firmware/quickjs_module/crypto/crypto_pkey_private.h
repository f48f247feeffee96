// What each kind of public and private key can do. Not for other rooms. See crypto_pkey.h.

#ifndef EDGELET_CRYPTO_PKEY_PRIVATE_H
#define EDGELET_CRYPTO_PKEY_PRIVATE_H

#include "crypto/crypto_pkey.h"

// Bytes of the longest number, RSA's modulus, and of the longest point of a curve.
#define CRYPTO_NUMBER_MAX (CRYPTO_RSA_BITS_MAX / 8)
#define CRYPTO_POINT_MAX (1 + 2 * 66)

static inline bool crypto_kind_is_curve(crypto_kind_t kind) {
    return kind == CRYPTO_KIND_P256 || kind == CRYPTO_KIND_P384 || kind == CRYPTO_KIND_P521;
}

// Makes a key of a copy of the bytes.
void crypto_pkey_set(
    JSContext *ctx, crypto_pkey_t *key, crypto_kind_t kind, bool is_private, const void *bytes, size_t len);

// Makes the public key of a private one.
void crypto_pkey_publish(JSContext *ctx, const crypto_pkey_t *key, crypto_pkey_t *public);

// The public part of a key's bytes; of RSA all of them.
base_slice_t crypto_pkey_public(const crypto_pkey_t *key);

// Results are false where the input is no valid key, or too short for what is wanted.

// ---- RSA (crypto_rsa.c) ----

// The numbers of a key, in the order of RSAPrivateKey.
enum {
    CRYPTO_RSA_N,
    CRYPTO_RSA_E,
    CRYPTO_RSA_D,
    CRYPTO_RSA_P,
    CRYPTO_RSA_Q,
    CRYPTO_RSA_NUMBERS = 8, // DP, DQ and QI
};

bool crypto_rsa_read(JSContext *ctx, base_slice_t der, bool is_private, crypto_pkey_t *key);
// Of n and e; of n, e, d, p and q for a private key.
bool crypto_rsa_of_numbers(JSContext *ctx, const base_slice_t *numbers, bool is_private, crypto_pkey_t *key);
// Where the numbers lie in the key's bytes, without leading zeros. How many there are.
int crypto_rsa_numbers(const crypto_pkey_t *key, base_slice_t numbers[CRYPTO_RSA_NUMBERS]);
bool crypto_rsa_generate(JSContext *ctx, unsigned bits, int exponent, crypto_pkey_t *key);
size_t crypto_rsa_sign(
    JSContext *ctx, const crypto_pkey_t *key, const crypto_scheme_t *scheme, base_slice_t data, uint8_t *signature);
bool crypto_rsa_verify(
    JSContext *ctx, const crypto_pkey_t *key, const crypto_scheme_t *scheme, base_slice_t signature, base_slice_t data);
// RSA-OAEP, with room for CRYPTO_NUMBER_MAX bytes. The hash is MGF1's, too.
bool crypto_rsa_encrypt(JSContext *ctx, const crypto_pkey_t *key, crypto_hash_t hash, base_slice_t label,
    base_slice_t data, uint8_t *out, size_t *len);
bool crypto_rsa_decrypt(JSContext *ctx, const crypto_pkey_t *key, crypto_hash_t hash, base_slice_t label,
    base_slice_t data, uint8_t *out, size_t *len);

// ---- JSON Web Keys (crypto_jwk.c) ----

// Members that were read, and what they say of the key.
typedef struct _crypto_jwk_t {
    uint8_t type; // "kty"
    crypto_kind_t kind;
    bool is_private;
    base_slice_t numbers[CRYPTO_RSA_NUMBERS];
} crypto_jwk_t;

// Takes the members: 1, 0 or -1 as crypto_jwk_read.
int crypto_jwk_members(JSContext *ctx, JSValueConst jwk, crypto_jwk_t *read);
// Makes a key of members, which it frees. Runs no JavaScript.
bool crypto_jwk_make(JSContext *ctx, crypto_jwk_t *read, crypto_pkey_t *key);

// ---- curves of NIST (crypto_ec.c) ----

// Bytes of a number of that curve; 0 where the firmware does not have it.
size_t crypto_ec_size(crypto_kind_t kind);
// Of a point, uncompressed.
bool crypto_ec_of_point(JSContext *ctx, crypto_kind_t kind, base_slice_t point, crypto_pkey_t *key);
// Of a private number of at most the curve's size, and its point, unless that has no bytes.
bool crypto_ec_of_number(
    JSContext *ctx, crypto_kind_t kind, base_slice_t number, base_slice_t point, crypto_pkey_t *key);
void crypto_ec_generate(JSContext *ctx, crypto_kind_t kind, crypto_pkey_t *key);
size_t crypto_ec_sign(
    JSContext *ctx, const crypto_pkey_t *key, crypto_hash_t hash, base_slice_t data, uint8_t *signature);
bool crypto_ec_verify(
    JSContext *ctx, const crypto_pkey_t *key, crypto_hash_t hash, base_slice_t signature, base_slice_t data);
// The shared secret, crypto_ec_size bytes.
bool crypto_ec_agree(JSContext *ctx, const crypto_pkey_t *key, const crypto_pkey_t *peer, uint8_t *secret);

// ---- Curve25519 (crypto_25519.c) ----

#define CRYPTO_25519_SIZE (32)

// Of 32 bytes each.
void crypto_25519_of_seed(JSContext *ctx, crypto_kind_t kind, const uint8_t *seed, crypto_pkey_t *key);
void crypto_25519_generate(JSContext *ctx, crypto_kind_t kind, crypto_pkey_t *key);
size_t crypto_25519_sign(const crypto_pkey_t *key, base_slice_t data, uint8_t *signature);
bool crypto_25519_verify(const crypto_pkey_t *key, base_slice_t signature, base_slice_t data);
bool crypto_25519_agree(const crypto_pkey_t *key, const crypto_pkey_t *peer, uint8_t *secret);

#endif // EDGELET_CRYPTO_PKEY_PRIVATE_H

// MD5 (RFC 1321), SHA-1 and SHA-2 (FIPS 180-4), HMAC (RFC 2104), PBKDF2 (RFC 8018, section 5.2) and HKDF (RFC 5869)
// over bytes.
//
// Everything lies on the caller's stack: no allocation, no lock, no static state, so a call may be abandoned anywhere.

#ifndef EDGELET_CRYPTO_HASH_H
#define EDGELET_CRYPTO_HASH_H

#include "crypto/crypto_mbedtls.h"

#include "base_sha.h"
#include "base_slice.h"
#include "mbedtls/md5.h"

#define CRYPTO_DIGEST_MAX (64)
#define CRYPTO_BLOCK_MAX (128)

typedef enum {
    CRYPTO_SHA1,
    CRYPTO_SHA256,
    CRYPTO_SHA384,
    CRYPTO_SHA512,
    CRYPTO_MD5, // not for PBKDF2
    CRYPTO_HASH_COUNT,
} crypto_hash_t;

typedef struct _crypto_hash_info_t {
    const char *name; // as Web Cryptography spells it
    uint8_t digest;   // bytes
    uint8_t block;    // bytes that one compression takes
} crypto_hash_info_t;

extern const crypto_hash_info_t crypto_hashes[CRYPTO_HASH_COUNT];

// A hash that has taken part of its message. It may be copied by assignment.
typedef struct _crypto_sha_t {
    crypto_hash_t hash;
    union {
        mbedtls_md5_context md5;
        mbedtls_sha1_context sha1;
        mbedtls_sha256_context sha256;
        mbedtls_sha512_context sha512; // SHA-384 too
    };
} crypto_sha_t;

void crypto_sha_start(crypto_sha_t *sha, crypto_hash_t hash);
void crypto_sha_update(crypto_sha_t *sha, const void *data, size_t len);
// Writes the digest and wipes `sha`.
void crypto_sha_finish(crypto_sha_t *sha, uint8_t *digest);

// Writes the digest of a message. Its bytes.
size_t crypto_digest(crypto_hash_t hash, base_slice_t message, uint8_t digest[CRYPTO_DIGEST_MAX]);

// An HMAC key: the hashes that have taken the padded key, so that a short message costs two compressions.
typedef struct _crypto_hmac_t {
    crypto_sha_t inner, outer;
} crypto_hmac_t;

void crypto_hmac_key(crypto_hmac_t *key, crypto_hash_t hash, const void *secret, size_t len);
// The MAC of `data`, crypto_hashes[hash].digest bytes.
void crypto_hmac(const crypto_hmac_t *key, const void *data, size_t len, uint8_t *mac);

// A derivation by PBKDF2 under way.
typedef struct _crypto_pbkdf2_t {
    crypto_hmac_t key;
    crypto_sha_t salted; // the inner hash that has taken the salt
    uint32_t iterations; // of each block
    uint32_t index;      // of the block that is under way, from 1; 0 where none is
    uint32_t left;       // its iterations that are still to come
    uint32_t block[CRYPTO_BLOCK_MAX / 4], sum[CRYPTO_DIGEST_MAX / 4]; // bytes
    uint8_t *out;                                                     // what is to be filled yet, `len` bytes
    size_t len;
} crypto_pbkdf2_t;

// Begins to fill `out`, which must stay, with a key derived from the password that `key` was made of. iterations is 1
// or more.
void crypto_pbkdf2_start(crypto_pbkdf2_t *derivation, const crypto_hmac_t *key, base_slice_t salt, uint32_t iterations,
    uint8_t *out, size_t len);
// Goes on for at most `most` iterations, 1 or more. Whether `out` is filled: then the derivation is wiped.
bool crypto_pbkdf2_step(crypto_pbkdf2_t *derivation, uint32_t most);

// Fills `out`, of at most 255 digests, with a key derived from `secret`.
typedef struct _crypto_hkdf_t {
    crypto_hash_t hash;
    const void *secret, *salt, *info;
    size_t secret_len, salt_len, info_len;
} crypto_hkdf_t;
void crypto_hkdf(const crypto_hkdf_t *params, uint8_t *out, size_t len);

// scrypt (RFC 7914). n: a power of 2, 2 or more, below 2 to the power of 16 * r; r, p: 1 or more, p * r below 2^30.
typedef struct _crypto_scrypt_params_t {
    uint32_t n, r, p;
    base_slice_t salt;
} crypto_scrypt_params_t;

// A derivation by scrypt under way.
typedef struct _crypto_scrypt_t {
    crypto_pbkdf2_t pbkdf2; // of the blocks at first, of the key at last
    crypto_hmac_t password;
    uint32_t n, r, p;
    uint32_t lane;  // of the p blocks, which is mixed
    uint32_t steps; // of its 2 * n that are done
    bool is_mixed;  // all of them are
    uint8_t *table, *scratch, *blocks;
    uint8_t *out; // what is to be filled, `len` bytes
    size_t len;
} crypto_scrypt_t;

// The bytes of memory that a derivation works in; SIZE_MAX / 2 where they cannot be addressed.
size_t crypto_scrypt_memory(const crypto_scrypt_params_t *params);
// Begins to fill `out` with a key derived from a password, of which `password` is made with SHA-256. memory: as many
// bytes as crypto_scrypt_memory says, aligned for uint32_t. Both must stay; the caller wipes the memory.
void crypto_scrypt_start(crypto_scrypt_t *derivation, const crypto_scrypt_params_t *params,
    const crypto_hmac_t *password, void *memory, uint8_t *out, size_t len);
// Goes on for a time that tens of thousands of clock cycles are enough for, unless r is large. Whether `out` is filled:
// then the derivation is wiped.
bool crypto_scrypt_step(crypto_scrypt_t *derivation);

#endif // EDGELET_CRYPTO_HASH_H

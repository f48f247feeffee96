// Public and private keys as bytes, without JavaScript's objects: reading and writing their formats, signatures, and
// agreeing on secrets. RSA (RFC 8017), ECDSA and ECDH on NIST's curves (FIPS 186-5, SP 800-56A), Ed25519 (RFC 8032),
// X25519 (RFC 7748).
//
// Memory is the engine's, and is overwritten before it is given back. Private keys are used in constant time, as far as
// mbedTLS and Monocypher are, and RSA and the curves of NIST are blinded.

#ifndef EDGELET_CRYPTO_PKEY_H
#define EDGELET_CRYPTO_PKEY_H

#include "base_slice.h"
#include "crypto/crypto_hash.h"
#include "quickjs.h"

typedef enum {
    CRYPTO_KIND_RSA,
    CRYPTO_KIND_P256,
    CRYPTO_KIND_P384,
    CRYPTO_KIND_P521, // on Linux
    CRYPTO_KIND_ED25519,
    CRYPTO_KIND_X25519,
    CRYPTO_KIND_COUNT,
} crypto_kind_t;

// A key that was checked. Its bytes:
//   RSA         RSAPublicKey or RSAPrivateKey (RFC 8017, appendix A.1)
//   NIST's      the point, uncompressed; of a private key the number before it
//   25519       the public key; of a private key the seed or number before it
typedef struct _crypto_pkey_t {
    crypto_kind_t kind;
    bool is_private;
    char *bytes;
    size_t len;
} crypto_pkey_t;

void crypto_pkey_free(JSContext *ctx, crypto_pkey_t *key);

// Bits of an RSA modulus that are taken.
#define CRYPTO_RSA_BITS_MIN (1024)
#define CRYPTO_RSA_BITS_MAX (4096)

// Bytes of the longest signature, which is RSA's.
#define CRYPTO_SIGNATURE_MAX (CRYPTO_RSA_BITS_MAX / 8)

// ---- formats: false where the bytes are no valid key, and nothing to free ----

bool crypto_spki_read(JSContext *ctx, base_slice_t der, crypto_pkey_t *key);  // SubjectPublicKeyInfo (RFC 5280)
bool crypto_pkcs8_read(JSContext *ctx, base_slice_t der, crypto_pkey_t *key); // PrivateKeyInfo (RFC 5958)
// A key in PEM: one of the above, PKCS #1's, an EC PRIVATE KEY (RFC 5915), or that of a certificate, which is not
// checked.
bool crypto_pem_read(JSContext *ctx, base_slice_t text, crypto_pkey_t *key);
// The bytes of a key in these formats, to be freed with js_free. RSA's own, in PKCS #8 where it is private.
base_slice_t crypto_spki_write(JSContext *ctx, const crypto_pkey_t *key);
base_slice_t crypto_pkcs8_write(JSContext *ctx, const crypto_pkey_t *key);

// The members of a JSON Web Key (RFC 7517, RFC 7518, RFC 8037): 1, 0 where they are no valid key, or -1 with a pending
// exception.
int crypto_jwk_read(JSContext *ctx, JSValueConst jwk, crypto_pkey_t *key);
// Defines those members of an object.
void crypto_jwk_write(JSContext *ctx, JSValueConst jwk, const crypto_pkey_t *key);

// ---- use ----

// Bytes of memory that are in use at most while something is computed with a key of that kind, of that many bits where
// it is RSA's. Measured on 32 bits; there is more of it elsewhere.
size_t crypto_pkey_memory(crypto_kind_t kind, size_t rsa_bits);

// How a signature is made: `hash` of all but Ed25519's, `pss` and its salt's bytes of RSA's.
typedef struct _crypto_scheme_t {
    crypto_hash_t hash;
    bool pss;
    uint32_t salt;
} crypto_scheme_t;

// The signature's bytes, or 0 where the key is too short for the scheme.
size_t crypto_pkey_sign(JSContext *ctx, const crypto_pkey_t *key, const crypto_scheme_t *scheme, base_slice_t data,
    uint8_t signature[CRYPTO_SIGNATURE_MAX]);
// With a private key it verifies by its public part.
bool crypto_pkey_verify(
    JSContext *ctx, const crypto_pkey_t *key, const crypto_scheme_t *scheme, base_slice_t signature, base_slice_t data);

// What a CryptoKey is asked for: an algorithm that signs, with its hash, and what it is to do.
typedef enum {
    CRYPTO_SIGNS_HMAC,
    CRYPTO_SIGNS_RSA,
    CRYPTO_SIGNS_PSS,
    CRYPTO_SIGNS_ECDSA,
    CRYPTO_SIGNS_ED25519,
} crypto_signer_t;

// The key behind a CryptoKey, in place; of HMAC its kind is CRYPTO_KIND_COUNT. 1, 0 where the value is no CryptoKey, or
// -1 where it is one for something else. Throws nothing.
int crypto_signing_key(
    JSValueConst value, crypto_signer_t signer, crypto_hash_t hash, bool to_sign, crypto_pkey_t *key);

// Bits of an RSA key's modulus.
size_t crypto_rsa_bits(const crypto_pkey_t *key);

#endif // EDGELET_CRYPTO_PKEY_H

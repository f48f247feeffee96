// What the files of Web Cryptography share. Not for others.

#ifndef EDGELET_CRYPTO_PRIVATE_H
#define EDGELET_CRYPTO_PRIVATE_H

#include "crypto/crypto.h"
#include "crypto/crypto_hash.h"
#include "crypto/crypto_pkey.h"
#include "web/web_tools.h"

// What an algorithm identifier names: a crypto_hash_t, or one of these.
typedef enum {
    CRYPTO_HMAC = CRYPTO_HASH_COUNT,
    CRYPTO_PBKDF2,
    CRYPTO_HKDF,
    CRYPTO_AES_CBC,
    CRYPTO_AES_CTR,
    CRYPTO_AES_GCM,
    CRYPTO_AES_KW,
    CRYPTO_RSASSA,
    CRYPTO_RSA_PSS,
    CRYPTO_RSA_OAEP,
    CRYPTO_ECDSA,
    CRYPTO_ECDH,
    CRYPTO_ED25519,
    CRYPTO_X25519,
    CRYPTO_ALGORITHM_COUNT,
} crypto_algorithm_t;

// Sets of algorithms, a bit each.
#define CRYPTO_BIT(algorithm) (1u << (algorithm))
#define CRYPTO_DIGESTS (CRYPTO_BIT(CRYPTO_HASH_COUNT) - 1)
#define CRYPTO_HASHES (CRYPTO_DIGESTS & ~CRYPTO_BIT(CRYPTO_MD5)) // that others are made of
#define CRYPTO_DERIVATIONS (CRYPTO_BIT(CRYPTO_PBKDF2) | CRYPTO_BIT(CRYPTO_HKDF))
#define CRYPTO_AES                                                                                                     \
    (CRYPTO_BIT(CRYPTO_AES_CBC) | CRYPTO_BIT(CRYPTO_AES_CTR) | CRYPTO_BIT(CRYPTO_AES_GCM) | CRYPTO_BIT(CRYPTO_AES_KW))
#define CRYPTO_RSA (CRYPTO_BIT(CRYPTO_RSASSA) | CRYPTO_BIT(CRYPTO_RSA_PSS) | CRYPTO_BIT(CRYPTO_RSA_OAEP))
#define CRYPTO_EC (CRYPTO_BIT(CRYPTO_ECDSA) | CRYPTO_BIT(CRYPTO_ECDH))
#define CRYPTO_25519 (CRYPTO_BIT(CRYPTO_ED25519) | CRYPTO_BIT(CRYPTO_X25519))
#define CRYPTO_AGREEMENTS (CRYPTO_BIT(CRYPTO_ECDH) | CRYPTO_BIT(CRYPTO_X25519))
#define CRYPTO_SIGNATURES                                                                                              \
    (CRYPTO_BIT(CRYPTO_RSASSA) | CRYPTO_BIT(CRYPTO_RSA_PSS) | CRYPTO_BIT(CRYPTO_ECDSA) | CRYPTO_BIT(CRYPTO_ED25519))
#define CRYPTO_CIPHERS ((CRYPTO_AES & ~CRYPTO_BIT(CRYPTO_AES_KW)) | CRYPTO_BIT(CRYPTO_RSA_OAEP))
#define CRYPTO_KEYS (CRYPTO_BIT(CRYPTO_ALGORITHM_COUNT) - CRYPTO_BIT(CRYPTO_HASH_COUNT))

static inline bool crypto_is_one_of(unsigned set, crypto_algorithm_t algorithm) {
    return (set & CRYPTO_BIT(algorithm)) != 0;
}

// Key usages, a bit each, in the order of the standard's KeyUsage.
typedef enum {
    CRYPTO_ENCRYPT = 1,
    CRYPTO_DECRYPT = 2,
    CRYPTO_SIGN = 4,
    CRYPTO_VERIFY = 8,
    CRYPTO_DERIVE_KEY = 16,
    CRYPTO_DERIVE_BITS = 32,
    CRYPTO_WRAP_KEY = 64,
    CRYPTO_UNWRAP_KEY = 128,
} crypto_usage_t;

// ---- arguments (crypto_arguments.c): a result of -1 goes with a pending exception ----

// Throws a DOMException of that name and gives -1.
int crypto_refuse(JSContext *ctx, const char *name, const char *message);
// The name of an algorithm, as the standard spells it.
const char *crypto_algorithm_name(int algorithm);
// The algorithm that an AlgorithmIdentifier names. NotSupportedError where it is not in the set.
int crypto_algorithm(JSContext *ctx, JSValueConst identifier, unsigned supported);
// The hash of an algorithm's parameters, which must have one.
int crypto_hash_parameter(JSContext *ctx, JSValueConst params);
// A required member of the parameters. 0 or -1.
int crypto_parameter(JSContext *ctx, JSValueConst params, const char *name, JSValue *value);
// A member of the parameters that may be undefined. 0 or -1.
int crypto_optional(JSContext *ctx, JSValueConst params, const char *name, JSValue *value);
// The curve that the parameter namedCurve names. NotSupportedError where there is none. 0 or -1.
int crypto_curve_parameter(JSContext *ctx, JSValueConst params, crypto_kind_t *kind);
// An unsigned long that enforces its range. 0 or -1.
int crypto_u32(JSContext *ctx, JSValueConst value, const char *name, uint32_t *number);
// The same for an optional member: 1, 0 where it is undefined, or -1.
int crypto_u32_parameter(JSContext *ctx, JSValueConst params, const char *name, uint32_t *number);
// A sequence of KeyUsage as a set. 0 or -1.
int crypto_usages(JSContext *ctx, JSValueConst sequence, uint8_t *usages);
JSValue crypto_usages_array(JSContext *ctx, uint8_t usages);
// The bytes of a BufferSource: in place, valid until any JavaScript runs; or a copy to js_free. 0 or -1.
int crypto_bytes(JSContext *ctx, JSValueConst value, const char *name, base_slice_t *bytes);
int crypto_copy_bytes(JSContext *ctx, JSValueConst value, const char *name, base_slice_t *bytes);
// A copy to js_free.
base_slice_t crypto_copy_slice(JSContext *ctx, base_slice_t bytes);
JSValue crypto_array_buffer(JSContext *ctx, const void *data, size_t len);
// An ArrayBuffer that takes over memory of js_malloc.
JSValue crypto_adopt_buffer(JSContext *ctx, base_slice_t bytes);
JSValue crypto_base64url(JSContext *ctx, base_slice_t bytes);

// ---- keys (crypto_key.c) ----

// Indexes of crypto_extension.classes.
enum {
    CRYPTO_KEY,
};

extern const extension_class_t crypto_class_key;

typedef enum {
    CRYPTO_SECRET,
    CRYPTO_PUBLIC,
    CRYPTO_PRIVATE,
} crypto_key_type_t;

typedef struct _crypto_key_t {
    crypto_algorithm_t algorithm;
    crypto_hash_t hash; // of CRYPTO_HMAC and CRYPTO_RSA
    crypto_key_type_t type;
    crypto_kind_t kind; // of public and private keys
    bool extractable;
    uint8_t usages;
    JSValue algorithm_object; // what the attribute gives; undefined until it is first asked for
    size_t len;
    uint8_t secret[]; // of public and private keys as crypto_pkey_t says
} crypto_key_t;

// What a key is made with, beside its bytes.
typedef struct _crypto_key_params_t {
    crypto_algorithm_t algorithm;
    crypto_hash_t hash; // of CRYPTO_HMAC and CRYPTO_RSA
    crypto_kind_t kind; // of all that have public keys
    uint32_t length;    // of CRYPTO_HMAC and CRYPTO_AES, in bits
    bool has_length;
    uint32_t modulus, exponent; // of CRYPTO_RSA, for a new key
    bool extractable;
    uint8_t usages;
} crypto_key_params_t;

// What a key's algorithm is read for.
typedef enum {
    CRYPTO_TO_IMPORT,
    CRYPTO_TO_DERIVE,
    CRYPTO_TO_GENERATE,
} crypto_purpose_t;

// Reads the last three arguments of importKey, deriveKey and generateKey: algorithm, extractable, usages. 0 or -1.
int crypto_key_params(JSContext *ctx, JSValueConst *argv, crypto_purpose_t purpose, crypto_key_params_t *params);
// A CryptoKey of these bytes, or an exception where the parameters do not go with them.
JSValue crypto_key_object(
    JSContext *ctx, const crypto_key_params_t *params, crypto_key_type_t type, base_slice_t bytes);
// The key behind a CryptoKey, else NULL with a pending exception; the second form wants one of that algorithm with that
// usage.
const crypto_key_t *crypto_expect_key(JSContext *ctx, JSValueConst value);
const crypto_key_t *crypto_key(JSContext *ctx, JSValueConst value, crypto_algorithm_t algorithm, crypto_usage_t usage);
// A public or private key for crypto_pkey.h, in place.
crypto_pkey_t crypto_key_pkey(const crypto_key_t *key);
// crypto_pkey_memory of it.
size_t crypto_key_memory(const crypto_pkey_t *pkey);
// Usages that a key of that algorithm and type may have.
uint8_t crypto_usages_of(crypto_algorithm_t algorithm, crypto_key_type_t type);

// ---- formats (crypto_format.c) ----

typedef enum {
    CRYPTO_RAW,
    CRYPTO_JWK,
    CRYPTO_PKCS8,
    CRYPTO_SPKI,
} crypto_format_t;

// A KeyFormat, or -1 with a pending exception.
int crypto_format(JSContext *ctx, JSValueConst value);
// A CryptoKey of data in that format, or an exception.
JSValue crypto_import(JSContext *ctx, crypto_format_t format, JSValueConst data, const crypto_key_params_t *params);
// The key in that format: an ArrayBuffer, or an object. An exception where it cannot be had.
JSValue crypto_export(JSContext *ctx, crypto_format_t format, const crypto_key_t *key);

// Members of a JSON Web Key (crypto_jwk.c): the bytes of one, none where it is undefined. 1, 0 where it is no
// base64url, or -1. To be freed with the second.
int crypto_jwk_bytes(JSContext *ctx, JSValueConst jwk, const char *name, base_slice_t *bytes);
void crypto_jwk_free(JSContext *ctx, base_slice_t *bytes, int count);
const char *crypto_curve_name(crypto_kind_t kind);
// CRYPTO_KIND_COUNT for none.
crypto_kind_t crypto_curve_named(const char *name, size_t len);

// ---- ciphers (crypto_cipher.c) ----

// What an algorithm says of encrypting, and of wrapping keys.
typedef struct _crypto_cipher_t {
    crypto_algorithm_t algorithm;
    JSValue iv;    // the counter of CRYPTO_AES_CTR
    JSValue extra; // additional data of CRYPTO_AES_GCM, the label of CRYPTO_RSA_OAEP; may be undefined
    uint32_t bits; // of the tag of CRYPTO_AES_GCM, of the counter of CRYPTO_AES_CTR
} crypto_cipher_t;

// Free it after a failure, too. 0 or -1.
int crypto_cipher_read(JSContext *ctx, JSValueConst algorithm, unsigned supported, crypto_cipher_t *cipher);
void crypto_cipher_free(JSContext *ctx, crypto_cipher_t *cipher);

// One block of bytes by AES' modes (crypto_aes.c). The key has 16, 24 or 32 bytes.
typedef struct _crypto_aes_t {
    base_slice_t key, iv, extra;
    size_t tag; // bytes
    uint32_t counter_bits;
} crypto_aes_t;

// Each writes to `out`, which has room for 16 bytes more than the data. False where the data are not right.
bool crypto_aes_cbc(const crypto_aes_t *aes, bool encrypting, base_slice_t data, uint8_t *out, size_t *len);
bool crypto_aes_ctr(const crypto_aes_t *aes, base_slice_t data, uint8_t *out, size_t *len);
bool crypto_aes_gcm(const crypto_aes_t *aes, bool encrypting, base_slice_t data, uint8_t *out, size_t *len);
bool crypto_aes_kw(const crypto_aes_t *aes, bool encrypting, base_slice_t data, uint8_t *out, size_t *len);

// Methods of SubtleCrypto: they throw where the method rejects.
JSValue crypto_encrypt(JSContext *ctx, JSValueConst *argv);
JSValue crypto_decrypt(JSContext *ctx, JSValueConst *argv);
JSValue crypto_wrap_key(JSContext *ctx, JSValueConst *argv);
JSValue crypto_unwrap_key(JSContext *ctx, JSValueConst *argv);
JSValue crypto_sign(JSContext *ctx, JSValueConst *argv);
JSValue crypto_verify(JSContext *ctx, JSValueConst *argv);
JSValue crypto_generate_key(JSContext *ctx, JSValueConst *argv);
JSValue crypto_import_key(JSContext *ctx, JSValueConst *argv);
JSValue crypto_export_key(JSContext *ctx, JSValueConst *argv);
JSValue crypto_derive_bits(JSContext *ctx, JSValueConst *argv);
JSValue crypto_derive_key(JSContext *ctx, JSValueConst *argv);

#endif // EDGELET_CRYPTO_PRIVATE_H

// What the files of Web Cryptography share. Not for others.

#ifndef EDGELET_CRYPTO_PRIVATE_H
#define EDGELET_CRYPTO_PRIVATE_H

#include "crypto/crypto.h"
#include "crypto/crypto_hash.h"
#include "web/web_tools.h"

// What an algorithm identifier names: a crypto_hash_t, or one of these.
typedef enum {
    CRYPTO_HMAC = CRYPTO_HASH_COUNT,
    CRYPTO_PBKDF2,
    CRYPTO_HKDF,
    CRYPTO_ALGORITHM_COUNT,
} crypto_algorithm_t;

// Sets of algorithms, a bit each.
#define CRYPTO_BIT(algorithm) (1u << (algorithm))
#define CRYPTO_HASHES (CRYPTO_BIT(CRYPTO_HASH_COUNT) - 1)
#define CRYPTO_DERIVATIONS (CRYPTO_BIT(CRYPTO_PBKDF2) | CRYPTO_BIT(CRYPTO_HKDF))

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
// The algorithm that an AlgorithmIdentifier names. NotSupportedError where it is not in the set.
int crypto_algorithm(JSContext *ctx, JSValueConst identifier, unsigned supported);
// The hash of an algorithm's parameters, which must have one.
int crypto_hash_parameter(JSContext *ctx, JSValueConst params);
// A required member of the parameters. 0 or -1.
int crypto_parameter(JSContext *ctx, JSValueConst params, const char *name, JSValue *value);
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
JSValue crypto_array_buffer(JSContext *ctx, const void *data, size_t len);
JSValue crypto_base64url(JSContext *ctx, base_slice_t bytes);

// ---- keys (crypto_key.c) ----

// Indexes of crypto_extension.classes.
enum {
    CRYPTO_KEY,
};

extern const extension_class_t crypto_class_key;

typedef struct _crypto_key_t {
    crypto_algorithm_t algorithm;
    crypto_hash_t hash; // of CRYPTO_HMAC
    bool extractable;
    uint8_t usages;
    JSValue algorithm_object; // what the attribute gives; undefined until it is first asked for
    size_t len;
    uint8_t secret[];
} crypto_key_t;

// What a key is made with, beside its bytes.
typedef struct _crypto_key_params_t {
    crypto_algorithm_t algorithm;
    crypto_hash_t hash;
    uint32_t length; // of CRYPTO_HMAC, in bits
    bool has_length;
    bool extractable;
    uint8_t usages;
} crypto_key_params_t;

// Reads the last three arguments of importKey and deriveKey: algorithm, extractable, usages. 0 or -1.
int crypto_key_params(JSContext *ctx, JSValueConst *argv, crypto_key_params_t *params);
// A CryptoKey of these bytes, or an exception where the parameters do not go with them.
JSValue crypto_key_object(JSContext *ctx, const crypto_key_params_t *params, base_slice_t secret);
// The key behind a CryptoKey, if it is one of that algorithm and has that usage; else NULL with a pending exception.
const crypto_key_t *crypto_key(JSContext *ctx, JSValueConst value, crypto_algorithm_t algorithm, crypto_usage_t usage);

// Methods of SubtleCrypto: they throw where the method rejects.
JSValue crypto_import_key(JSContext *ctx, JSValueConst *argv);
JSValue crypto_export_key(JSContext *ctx, JSValueConst *argv);
JSValue crypto_derive_bits(JSContext *ctx, JSValueConst *argv);
JSValue crypto_derive_key(JSContext *ctx, JSValueConst *argv);

#endif // EDGELET_CRYPTO_PRIVATE_H

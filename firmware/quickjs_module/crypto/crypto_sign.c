// sign and verify: HMAC, RSA, ECDSA and Ed25519.

#include "base_secret.h"
#include "crypto/crypto_private.h"

// An algorithm of a signature, with its parameters.
typedef struct _signing_t {
    crypto_algorithm_t algorithm;
    crypto_scheme_t scheme;
} signing_t;

static int read_signing(JSContext *ctx, JSValueConst params, signing_t *signing) {
    *signing = (signing_t){0};
    int algorithm = crypto_algorithm(ctx, params, CRYPTO_BIT(CRYPTO_HMAC) | CRYPTO_SIGNATURES);
    if (algorithm < 0) {
        return -1;
    }
    signing->algorithm = (crypto_algorithm_t)algorithm;
    if (algorithm == CRYPTO_ECDSA) {
        int hash = crypto_hash_parameter(ctx, params);
        signing->scheme.hash = (crypto_hash_t)hash;
        return hash < 0 ? -1 : 0;
    }
    if (algorithm != CRYPTO_RSA_PSS) {
        return 0;
    }

    signing->scheme.pss = true;
    int given = crypto_u32_parameter(ctx, params, "saltLength", &signing->scheme.salt);
    if (given == 0) {
        JS_ThrowTypeError(ctx, "the algorithm needs the parameter 'saltLength'");
    }
    return given > 0 ? 0 : -1;
}

// The scheme for a key of that algorithm: RSA's hash is the key's.
static crypto_scheme_t sign_scheme_of(const signing_t *signing, const crypto_key_t *key) {
    crypto_scheme_t scheme = signing->scheme;
    if (crypto_is_one_of(CRYPTO_RSA, key->algorithm)) {
        scheme.hash = key->hash;
    }
    return scheme;
}

static size_t mac_of(const crypto_key_t *key, base_slice_t data, uint8_t *mac) {
    crypto_hmac_t hmac;
    crypto_hmac_key(&hmac, key->hash, key->secret, key->len);
    crypto_hmac(&hmac, data.data, data.len, mac);
    base_wipe(&hmac, sizeof(hmac));
    return crypto_hashes[key->hash].digest;
}

static size_t make_signature(
    JSContext *ctx, const signing_t *signing, const crypto_key_t *key, base_slice_t data, uint8_t *signature) {
    if (key->algorithm == CRYPTO_HMAC) {
        return mac_of(key, data, signature);
    }
    crypto_pkey_t pkey = crypto_key_pkey(key);
    crypto_scheme_t scheme = sign_scheme_of(signing, key);
    return crypto_pkey_sign(ctx, &pkey, &scheme, data, signature);
}

// sign(algorithm, key, data)
JSValue crypto_sign(JSContext *ctx, JSValueConst *argv) {
    signing_t signing;
    base_slice_t data;
    if (read_signing(ctx, argv[0], &signing) < 0 || crypto_bytes(ctx, argv[2], "data", &data) < 0) {
        return JS_EXCEPTION;
    }
    const crypto_key_t *key = crypto_key(ctx, argv[1], signing.algorithm, CRYPTO_SIGN);
    if (key == NULL) {
        return JS_EXCEPTION;
    }
    uint8_t signature[CRYPTO_SIGNATURE_MAX];
    size_t len = make_signature(ctx, &signing, key, data, signature);
    if (len == 0) {
        crypto_refuse(ctx, "OperationError", "the key is too short for such a signature");
        return JS_EXCEPTION;
    }
    return crypto_array_buffer(ctx, signature, len);
}

static bool sign_is_right(
    JSContext *ctx, const signing_t *signing, const crypto_key_t *key, base_slice_t signature, base_slice_t data) {
    if (key->algorithm == CRYPTO_HMAC) {
        uint8_t mac[CRYPTO_DIGEST_MAX];
        size_t len = mac_of(key, data, mac);
        return signature.len == len && base_equal_secret(mac, signature.data, len);
    }
    crypto_pkey_t pkey = crypto_key_pkey(key);
    crypto_scheme_t scheme = sign_scheme_of(signing, key);
    return crypto_pkey_verify(ctx, &pkey, &scheme, signature, data);
}

// verify(algorithm, key, signature, data)
JSValue crypto_verify(JSContext *ctx, JSValueConst *argv) {
    signing_t signing;
    base_slice_t signature, data;
    if (read_signing(ctx, argv[0], &signing) < 0 || crypto_copy_bytes(ctx, argv[2], "signature", &signature) < 0) {
        return JS_EXCEPTION;
    }

    const crypto_key_t *key = NULL;
    if (crypto_bytes(ctx, argv[3], "data", &data) == 0) {
        key = crypto_key(ctx, argv[1], signing.algorithm, CRYPTO_VERIFY);
    }
    bool right = key != NULL && sign_is_right(ctx, &signing, key, signature, data);
    js_free(ctx, (char *)(uintptr_t)signature.data);
    return key == NULL ? JS_EXCEPTION : JS_NewBool(ctx, right);
}

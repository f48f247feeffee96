// sign and verify: HMAC, RSA, ECDSA and Ed25519.

#include "base_secret.h"
#include "crypto/crypto_private.h"
#include "isolate/host.h"

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

// What a signature by a public or private key is computed with.
typedef struct _signature_work_t {
    JSValue key_object;
    crypto_pkey_t key;
    crypto_scheme_t scheme;
    base_slice_t data;  // a copy
    base_slice_t given; // the signature to verify, a copy
    bool right;
    size_t len;
    uint8_t signature[CRYPTO_SIGNATURE_MAX];
} signature_work_t;

static signature_work_t *signature_work(
    JSContext *ctx, const signing_t *signing, JSValueConst key_object, const crypto_key_t *key, base_slice_t data) {
    signature_work_t *work = js_malloc(ctx, sizeof(*work));
    work->key_object = JS_DupValue(ctx, key_object);
    work->key = crypto_key_pkey(key);
    work->scheme = sign_scheme_of(signing, key);
    work->data = data;
    work->given = (base_slice_t){0};
    return work;
}

static void free_signature_work(JSContext *ctx, signature_work_t *work) {
    JS_FreeValue(ctx, work->key_object);
    js_free(ctx, (char *)(uintptr_t)work->data.data);
    js_free(ctx, (char *)(uintptr_t)work->given.data);
    js_free(ctx, work);
}

static void compute_signature(JSContext *ctx, void *data) {
    signature_work_t *work = data;
    work->len = crypto_pkey_sign(ctx, &work->key, &work->scheme, work->data, work->signature);
}

static JSValue finish_signature(JSContext *ctx, void *data) {
    signature_work_t *work = data;
    JSValue result = JS_EXCEPTION;
    if (work->len == 0) {
        crypto_refuse(ctx, "OperationError", "the key is too short for such a signature");
    } else {
        result = crypto_array_buffer(ctx, work->signature, work->len);
    }
    free_signature_work(ctx, work);
    return result;
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
    if (key->algorithm == CRYPTO_HMAC) {
        uint8_t mac[CRYPTO_DIGEST_MAX];
        size_t len = mac_of(key, data, mac);
        return crypto_array_buffer(ctx, mac, len);
    }
    signature_work_t *work = signature_work(ctx, &signing, argv[1], key, crypto_copy_slice(ctx, data));
    return host_compute(ctx, compute_signature, finish_signature, work, crypto_key_memory(&work->key));
}

static void compute_verification(JSContext *ctx, void *data) {
    signature_work_t *work = data;
    work->right = crypto_pkey_verify(ctx, &work->key, &work->scheme, work->given, work->data);
}

static JSValue finish_verification(JSContext *ctx, void *data) {
    signature_work_t *work = data;
    JSValue result = JS_NewBool(ctx, work->right);
    free_signature_work(ctx, work);
    return result;
}

// Frees the signature.
static JSValue verify_data(JSContext *ctx, const signing_t *signing, JSValueConst key_object, const crypto_key_t *key,
    base_slice_t signature, base_slice_t data) {
    if (key->algorithm != CRYPTO_HMAC) {
        signature_work_t *work = signature_work(ctx, signing, key_object, key, crypto_copy_slice(ctx, data));
        work->given = signature;
        return host_compute(ctx, compute_verification, finish_verification, work, crypto_key_memory(&work->key));
    }
    uint8_t mac[CRYPTO_DIGEST_MAX];
    size_t len = mac_of(key, data, mac);
    bool right = signature.len == len && base_equal_secret(mac, signature.data, len);
    js_free(ctx, (char *)(uintptr_t)signature.data);
    return JS_NewBool(ctx, right);
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
    if (key == NULL) {
        js_free(ctx, (char *)(uintptr_t)signature.data);
        return JS_EXCEPTION;
    }
    return verify_data(ctx, &signing, argv[1], key, signature, data);
}

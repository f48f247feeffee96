// Hashes and what is made of them, at once: Node.js' crypto does not wait for promises.

#include "base_secret.h"
#include "base_text.h"
#include "crypto/crypto_hash.h"
#include "isolate/host.h"
#include "node/node_private.h"
#include "port/port.h"
#include "streams/stream.h"

typedef struct _node_hash_t {
    crypto_sha_t inner; // the hash, or the inner one of an HMAC
    crypto_sha_t outer; // of an HMAC
    bool keyed;
    bool ended;
} node_hash_t;

// The hash that Web Cryptography knows by that name, or CRYPTO_HASH_COUNT; -1 with a pending exception.
static int hash_named(JSContext *ctx, JSValueConst name) {
    size_t len;
    const char *text = JS_ToCStringLen(ctx, &len, name);
    if (text == NULL) {
        return -1;
    }
    int hash = 0;
    while (hash < CRYPTO_HASH_COUNT && !base_equal_text(text, len, crypto_hashes[hash].name)) {
        hash++;
    }
    JS_FreeCString(ctx, text);
    return hash;
}

static JSValue new_hash(JSContext *ctx, const node_hash_t *from) {
    JSValue object = extension_class_new(ctx, &node_extension, NODE_HASH, JS_UNDEFINED);
    node_hash_t *hash = js_malloc(ctx, sizeof(*hash));
    *hash = *from;
    JS_SetOpaque(object, hash);
    return object;
}

JSValue node_hash(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    node_hash_t hash = {.keyed = !JS_IsUndefined(argv[1])};
    base_slice_t key = {0};
    int found = hash_named(ctx, argv[0]);
    if (found < 0 || (hash.keyed && node_bytes(ctx, argv[1], &key) < 0)) {
        return JS_EXCEPTION;
    }
    if (found == CRYPTO_HASH_COUNT) {
        return JS_UNDEFINED;
    }

    if (hash.keyed) {
        crypto_hmac_t hmac;
        crypto_hmac_key(&hmac, (crypto_hash_t)found, key.data, key.len);
        hash.inner = hmac.inner;
        hash.outer = hmac.outer;
        base_wipe(&hmac, sizeof(hmac));
    } else {
        crypto_sha_start(&hash.inner, (crypto_hash_t)found);
    }
    JSValue object = new_hash(ctx, &hash);
    base_wipe(&hash, sizeof(hash));
    return object;
}

// Of a hash that has not ended; NULL with a pending TypeError.
static node_hash_t *open_hash(JSContext *ctx, JSValueConst value) {
    node_hash_t *hash = extension_class_expect(ctx, &node_extension, NODE_HASH, value);
    if (hash != NULL && hash->ended) {
        JS_ThrowTypeError(ctx, "the digest was taken already");
        return NULL;
    }
    return hash;
}

static JSValue hash_update(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc;
    node_hash_t *hash = open_hash(ctx, this_val);
    base_slice_t data;
    if (hash == NULL || node_bytes(ctx, argv[0], &data) < 0) {
        return JS_EXCEPTION;
    }
    crypto_sha_update(&hash->inner, data.data, data.len);
    return JS_UNDEFINED;
}

static JSValue hash_digest(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    node_hash_t *hash = open_hash(ctx, this_val);
    if (hash == NULL) {
        return JS_EXCEPTION;
    }
    size_t len = crypto_hashes[hash->inner.hash].digest;
    uint8_t *digest = js_malloc(ctx, len);
    hash->ended = true;
    crypto_sha_finish(&hash->inner, digest);
    if (hash->keyed) {
        crypto_sha_update(&hash->outer, digest, len);
        crypto_sha_finish(&hash->outer, digest);
    }
    return stream_new_bytes(ctx, digest, len);
}

static JSValue hash_copy(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    const node_hash_t *hash = open_hash(ctx, this_val);
    return hash == NULL ? JS_EXCEPTION : new_hash(ctx, hash);
}

static void hash_finalize(JSRuntime *rt, JSValueConst value) {
    node_hash_t *hash = JS_GetAnyOpaque(value, &(JSClassID){0});
    if (hash != NULL) {
        base_wipe(hash, sizeof(*hash));
        js_free_rt(rt, hash);
    }
}

static const JSCFunctionListEntry hash_proto[] = {
    JS_CFUNC_DEF("update", 1, hash_update),
    JS_CFUNC_DEF("digest", 0, hash_digest),
    JS_CFUNC_DEF("copy", 0, hash_copy),
};

const extension_class_t node_class_hash = {
    .def = {.class_name = "Hash", .finalizer = hash_finalize},
    .proto = hash_proto,
    .proto_len = BASE_COUNT(hash_proto),
};

// The length of a key that is derived. 0, or -1 with a pending exception.
static int hash_key_length(JSContext *ctx, JSValueConst length, uint32_t *len) {
    if (JS_ToUint32(ctx, len, length) < 0) {
        return -1;
    }
    if (*len > INT32_MAX) {
        JS_ThrowRangeError(ctx, "a key has at most 2147483647 bytes");
        return -1;
    }
    return 0;
}

// The hash that a derivation names, and its length. -1 with a pending exception.
static int derivation(JSContext *ctx, JSValueConst name, JSValueConst length, uint32_t *len) {
    int hash = hash_key_length(ctx, length, len) < 0 ? -1 : hash_named(ctx, name);
    if (hash == CRYPTO_HASH_COUNT || hash == CRYPTO_MD5) {
        JS_ThrowTypeError(ctx, "there is no such hash for derivations");
        return -1;
    }
    return hash;
}

JSValue node_pbkdf2(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    uint32_t len, iterations;
    base_slice_t password, salt;
    int hash = derivation(ctx, argv[0], argv[4], &len);
    if (hash < 0 || JS_ToUint32(ctx, &iterations, argv[3]) < 0 || node_bytes(ctx, argv[1], &password) < 0 ||
        node_bytes(ctx, argv[2], &salt) < 0) {
        return JS_EXCEPTION;
    }
    uint8_t *out = js_malloc(ctx, len + 1);
    crypto_hmac_t key;
    crypto_pbkdf2_t derivation;
    crypto_hmac_key(&key, (crypto_hash_t)hash, password.data, password.len);
    crypto_pbkdf2_start(&derivation, &key, salt, iterations, out, len);
    base_wipe(&key, sizeof(key));
    while (!crypto_pbkdf2_step(&derivation, UINT32_MAX)) {
    }
    return stream_new_bytes(ctx, out, len);
}

JSValue node_hkdf(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    uint32_t len;
    base_slice_t secret, salt, info;
    int hash = derivation(ctx, argv[0], argv[4], &len);
    if (hash < 0 || node_bytes(ctx, argv[1], &secret) < 0 || node_bytes(ctx, argv[2], &salt) < 0 ||
        node_bytes(ctx, argv[3], &info) < 0) {
        return JS_EXCEPTION;
    }
    // RFC 5869, section 2.3.
    if (len > 255u * crypto_hashes[hash].digest) {
        return JS_ThrowRangeError(ctx, "HKDF gives at most 255 digests");
    }
    crypto_hkdf_t params = {
        .hash = (crypto_hash_t)hash,
        .secret = secret.data,
        .secret_len = secret.len,
        .salt = salt.data,
        .salt_len = salt.len,
        .info = info.data,
        .info_len = info.len,
    };
    uint8_t *out = js_malloc(ctx, len + 1);
    crypto_hkdf(&params, out, len);
    return stream_new_bytes(ctx, out, len);
}

// RFC 7914, section 2.
static bool hash_is_scrypt(const crypto_scrypt_params_t *params) {
    bool is_power = params->n >= 2 && (params->n & (params->n - 1)) == 0;
    bool is_small = params->r >= 1 && (params->r >= 2 || params->n < 1u << 16);
    return is_power && is_small && params->p >= 1 && (uint64_t)params->p * params->r < 1u << 30;
}

typedef struct _node_scrypt_t {
    crypto_scrypt_t derivation;
    uint8_t *memory, *out;
    size_t size, len;
} node_scrypt_t;

static bool scrypt_slice(JSContext *ctx, void *data, uint64_t until_us, JSValue *result) {
    node_scrypt_t *work = data;
    while (result != NULL && !crypto_scrypt_step(&work->derivation)) {
        if (port_ticks_us() >= until_us) {
            return false;
        }
    }
    base_wipe(work->memory, work->size);
    js_free(ctx, work->memory);
    if (result == NULL) {
        base_wipe(work->out, work->len);
        js_free(ctx, work->out);
    } else {
        *result = stream_new_bytes(ctx, work->out, work->len);
    }
    base_wipe(work, sizeof(*work));
    js_free(ctx, work);
    return true;
}

// scrypt(password, salt, N, r, p, length, later): the key, or where `later` is true and it takes long, a promise of it.
JSValue node_scrypt(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    uint32_t len;
    base_slice_t password;
    crypto_scrypt_params_t params;
    if (JS_ToUint32(ctx, &params.n, argv[2]) < 0 || JS_ToUint32(ctx, &params.r, argv[3]) < 0 ||
        JS_ToUint32(ctx, &params.p, argv[4]) < 0 || hash_key_length(ctx, argv[5], &len) < 0 ||
        node_bytes(ctx, argv[0], &password) < 0 || node_bytes(ctx, argv[1], &params.salt) < 0) {
        return JS_EXCEPTION;
    }
    if (!hash_is_scrypt(&params)) {
        return JS_UNDEFINED;
    }
    node_scrypt_t *work = js_malloc(ctx, sizeof(*work));
    work->out = js_malloc(ctx, len + 1);
    work->len = len;
    work->size = crypto_scrypt_memory(&params);
    work->memory = js_malloc(ctx, work->size);
    crypto_hmac_t key;
    crypto_hmac_key(&key, CRYPTO_SHA256, password.data, password.len);
    crypto_scrypt_start(&work->derivation, &params, &key, work->memory, work->out, len);
    base_wipe(&key, sizeof(key));
    if (JS_ToBool(ctx, argv[6])) {
        return host_work(ctx, scrypt_slice, work);
    }
    JSValue result;
    (void)scrypt_slice(ctx, work, UINT64_MAX, &result);
    return result;
}

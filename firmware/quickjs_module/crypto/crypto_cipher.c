// encrypt, decrypt, wrapKey and unwrapKey.

#include <string.h>

#include "base_secret.h"
#include "crypto/crypto_pkey_private.h"
#include "crypto/crypto_private.h"
#include "isolate/host.h"

// ---- parameters ----

static int read_tag(JSContext *ctx, JSValueConst params, uint32_t *bits) {
    *bits = 128;
    int given = crypto_u32_parameter(ctx, params, "tagLength", bits);
    // SP 800-38D, section 5.2.1.2.
    bool known = *bits == 32 || *bits == 64 || (*bits >= 96 && *bits <= 128 && *bits % 8 == 0);
    if (given < 0 || known) {
        return given < 0 ? -1 : 0;
    }
    return crypto_refuse(ctx, "OperationError", "the tag of AES-GCM has 32, 64, 96, 104, 112, 120 or 128 bits");
}

static int read_counter(JSContext *ctx, JSValueConst params, crypto_cipher_t *cipher) {
    if (crypto_parameter(ctx, params, "counter", &cipher->iv) < 0) {
        return -1;
    }
    int given = crypto_u32_parameter(ctx, params, "length", &cipher->bits);
    if (given == 0) {
        JS_ThrowTypeError(ctx, "the algorithm needs the parameter 'length'");
    }
    return given > 0 ? 0 : -1;
}

int crypto_cipher_read(JSContext *ctx, JSValueConst params, unsigned supported, crypto_cipher_t *cipher) {
    *cipher = (crypto_cipher_t){.iv = JS_UNDEFINED, .extra = JS_UNDEFINED};
    int algorithm = crypto_algorithm(ctx, params, supported);
    cipher->algorithm = (crypto_algorithm_t)algorithm;
    switch (algorithm) {
        case CRYPTO_AES_CBC:
            return crypto_parameter(ctx, params, "iv", &cipher->iv);
        case CRYPTO_AES_CTR:
            return read_counter(ctx, params, cipher);
        case CRYPTO_AES_GCM:
            return crypto_parameter(ctx, params, "iv", &cipher->iv) < 0 ||
                           crypto_optional(ctx, params, "additionalData", &cipher->extra) < 0
                       ? -1
                       : read_tag(ctx, params, &cipher->bits);
        case CRYPTO_RSA_OAEP:
            return crypto_optional(ctx, params, "label", &cipher->extra);
        default:
            return algorithm < 0 ? -1 : 0;
    }
}

void crypto_cipher_free(JSContext *ctx, crypto_cipher_t *cipher) {
    JS_FreeValues(ctx, cipher->iv, cipher->extra);
}

// ---- running ----

static bool run_aes(crypto_algorithm_t algorithm, const crypto_aes_t *aes, bool encrypting, base_slice_t data,
    uint8_t *out, size_t *len) {
    switch (algorithm) {
        case CRYPTO_AES_CBC:
            return crypto_aes_cbc(aes, encrypting, data, out, len);
        case CRYPTO_AES_CTR:
            return crypto_aes_ctr(aes, data, out, len);
        case CRYPTO_AES_GCM:
            return crypto_aes_gcm(aes, encrypting, data, out, len);
        default:
            return crypto_aes_kw(aes, encrypting, data, out, len);
    }
}

// What is made of a key that was wrapped.
typedef struct _unwrap_t {
    crypto_format_t format;
    crypto_key_params_t params;
} unwrap_t;

typedef struct _cipher_work_t {
    JSValue key_object;
    const crypto_key_t *key;
    crypto_algorithm_t algorithm;
    bool encrypting;
    bool unwraps; // to a key, else to an ArrayBuffer
    unwrap_t unwrap;
    crypto_aes_t aes; // its `extra` is the label of CRYPTO_RSA_OAEP
    base_slice_t data;
    uint8_t *out;
    size_t room, len;
    bool ok;
} cipher_work_t;

static void compute_cipher(JSContext *ctx, void *data) {
    cipher_work_t *work = data;
    if (work->algorithm != CRYPTO_RSA_OAEP) {
        work->ok = run_aes(work->algorithm, &work->aes, work->encrypting, work->data, work->out, &work->len);
        return;
    }
    crypto_pkey_t pkey = crypto_key_pkey(work->key);
    work->ok =
        work->encrypting
            ? crypto_rsa_encrypt(ctx, &pkey, work->key->hash, work->aes.extra, work->data, work->out, &work->len)
            : crypto_rsa_decrypt(ctx, &pkey, work->key->hash, work->aes.extra, work->data, work->out, &work->len);
}

// What was wrapped, as importKey takes it.
static JSValue unwrapped(JSContext *ctx, crypto_format_t format, base_slice_t bytes) {
    if (format != CRYPTO_JWK) {
        return crypto_adopt_buffer(ctx, bytes);
    }
    char *text = js_malloc(ctx, bytes.len + 1);
    memcpy(text, bytes.data, bytes.len);
    text[bytes.len] = '\0';
    JSValue jwk = JS_ParseJSON(ctx, text, bytes.len, "<jwk>");
    base_wipe(text, bytes.len);
    js_free(ctx, text);
    base_wipe((char *)(uintptr_t)bytes.data, bytes.len);
    js_free(ctx, (char *)(uintptr_t)bytes.data);
    if (JS_IsException(jwk)) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        crypto_refuse(ctx, "DataError", "what was wrapped is no JSON Web Key");
    } else if (JS_IsObject(jwk)) {
        // A getter that it inherited would see a key that is not extractable.
        JS_SetPrototype(ctx, jwk, JS_NULL);
    }
    return jwk;
}

static JSValue unwrapped_key(JSContext *ctx, const unwrap_t *unwrap, base_slice_t out) {
    JSValue bytes = unwrapped(ctx, unwrap->format, out), key = JS_EXCEPTION;
    if (!JS_IsException(bytes)) {
        key = crypto_import(ctx, unwrap->format, bytes, &unwrap->params);
    }
    JS_FreeValue(ctx, bytes);
    return key;
}

// Frees what work of RSA owns, and what has come of no use.
static JSValue finish_cipher(JSContext *ctx, void *data) {
    cipher_work_t *work = data;
    JSValue result = JS_EXCEPTION;
    base_slice_t out = {(const char *)work->out, work->len};
    if (!work->ok) {
        base_wipe(work->out, work->room);
        js_free(ctx, work->out);
        crypto_refuse(ctx, "OperationError",
            work->encrypting ? "the data or the parameters are not right for this algorithm"
                             : "what was encrypted is damaged, or the key or the parameters are others");
    } else {
        result = work->unwraps ? unwrapped_key(ctx, &work->unwrap, out) : crypto_adopt_buffer(ctx, out);
    }
    return result;
}

static JSValue finish_rsa(JSContext *ctx, void *data) {
    cipher_work_t *work = data;
    JSValue result = finish_cipher(ctx, work);
    JS_FreeValue(ctx, work->key_object);
    base_wipe((char *)(uintptr_t)work->data.data, work->data.len);
    js_free(ctx, (char *)(uintptr_t)work->data.data);
    js_free(ctx, (char *)(uintptr_t)work->aes.extra.data);
    js_free(ctx, work);
    return result;
}

static int take_optional(JSContext *ctx, JSValueConst value, const char *name, base_slice_t *bytes) {
    *bytes = (base_slice_t){0};
    return JS_IsUndefined(value) ? 0 : crypto_bytes(ctx, value, name, bytes);
}

// An ArrayBuffer of what becomes of the data, or the key that they are where `unwrap` is not NULL; or a promise of it.
static JSValue cipher_run(JSContext *ctx, const crypto_cipher_t *cipher, JSValueConst key_object, bool encrypting,
    base_slice_t data, const unwrap_t *unwrap) {
    const crypto_key_t *key = crypto_expect_key(ctx, key_object);
    bool rsa = cipher->algorithm == CRYPTO_RSA_OAEP;
    cipher_work_t work = {.key_object = key_object,
        .key = key,
        .algorithm = cipher->algorithm,
        .encrypting = encrypting,
        .unwraps = unwrap != NULL,
        .data = data,
        .room = rsa ? CRYPTO_NUMBER_MAX : data.len + 16};
    work.aes = (crypto_aes_t){
        .key = {(const char *)key->secret, key->len}, .counter_bits = cipher->bits, .tag = cipher->bits / 8};
    if (unwrap != NULL) {
        work.unwrap = *unwrap;
    }
    if (take_optional(ctx, cipher->iv, "iv", &work.aes.iv) < 0 ||
        take_optional(ctx, cipher->extra, "label", &work.aes.extra) < 0) {
        return JS_EXCEPTION;
    }
    work.out = js_malloc(ctx, work.room);
    if (!rsa) {
        compute_cipher(ctx, &work);
        return finish_cipher(ctx, &work);
    }

    cipher_work_t *kept = js_malloc(ctx, sizeof(*kept));
    *kept = work;
    kept->key_object = JS_DupValue(ctx, key_object);
    kept->data = crypto_copy_slice(ctx, data);
    kept->aes.extra = crypto_copy_slice(ctx, work.aes.extra);
    crypto_pkey_t pkey = crypto_key_pkey(key);
    return host_compute(ctx, compute_cipher, finish_rsa, kept, crypto_key_memory(&pkey));
}

// encrypt(algorithm, key, data) and decrypt(algorithm, key, data)
static JSValue run(JSContext *ctx, JSValueConst *argv, bool encrypting) {
    crypto_cipher_t cipher;
    base_slice_t data;
    JSValue result = JS_EXCEPTION;
    if (crypto_cipher_read(ctx, argv[0], CRYPTO_CIPHERS, &cipher) == 0) {
        const crypto_key_t *key =
            crypto_key(ctx, argv[1], cipher.algorithm, encrypting ? CRYPTO_ENCRYPT : CRYPTO_DECRYPT);
        if (key != NULL && crypto_bytes(ctx, argv[2], "data", &data) == 0) {
            result = cipher_run(ctx, &cipher, argv[1], encrypting, data, NULL);
        }
    }
    crypto_cipher_free(ctx, &cipher);
    return result;
}

JSValue crypto_encrypt(JSContext *ctx, JSValueConst *argv) {
    return run(ctx, argv, true);
}

JSValue crypto_decrypt(JSContext *ctx, JSValueConst *argv) {
    return run(ctx, argv, false);
}

// ---- keys in other keys ----

#define WRAPPERS (CRYPTO_CIPHERS | CRYPTO_BIT(CRYPTO_AES_KW))

// Encrypts what exportKey gave.
static JSValue wrap(JSContext *ctx, const crypto_cipher_t *cipher, JSValueConst wrapper, JSValueConst exported,
    crypto_format_t format) {
    base_slice_t data;
    if (format != CRYPTO_JWK) {
        return crypto_bytes(ctx, exported, "key", &data) < 0 ? JS_EXCEPTION
                                                             : cipher_run(ctx, cipher, wrapper, true, data, NULL);
    }

    JSValue json = JS_JSONStringify(ctx, exported, JS_UNDEFINED, JS_UNDEFINED);
    if (JS_IsException(json)) {
        return JS_EXCEPTION;
    }
    data.data = JS_ToCStringLen(ctx, &data.len, json);
    JS_FreeValue(ctx, json);
    JSValue result = data.data == NULL ? JS_EXCEPTION : cipher_run(ctx, cipher, wrapper, true, data, NULL);
    JS_FreeCString(ctx, data.data);
    return result;
}

// wrapKey(format, key, wrappingKey, wrapAlgorithm)
JSValue crypto_wrap_key(JSContext *ctx, JSValueConst *argv) {
    crypto_cipher_t cipher = {.iv = JS_UNDEFINED, .extra = JS_UNDEFINED};
    JSValue result = JS_EXCEPTION;
    int format = crypto_format(ctx, argv[0]);
    if (format >= 0 && crypto_cipher_read(ctx, argv[3], WRAPPERS, &cipher) == 0) {
        const crypto_key_t *wrapper = crypto_key(ctx, argv[2], cipher.algorithm, CRYPTO_WRAP_KEY);
        const crypto_key_t *key = wrapper == NULL ? NULL : crypto_expect_key(ctx, argv[1]);
        JSValue exported = key == NULL ? JS_EXCEPTION : crypto_export(ctx, (crypto_format_t)format, key);
        if (!JS_IsException(exported)) {
            result = wrap(ctx, &cipher, argv[2], exported, (crypto_format_t)format);
        }
        JS_FreeValue(ctx, exported);
    }
    crypto_cipher_free(ctx, &cipher);
    return result;
}

// unwrapKey(format, wrappedKey, unwrappingKey, unwrapAlgorithm, unwrappedKeyAlgorithm, extractable, keyUsages)
JSValue crypto_unwrap_key(JSContext *ctx, JSValueConst *argv) {
    crypto_cipher_t cipher = {.iv = JS_UNDEFINED, .extra = JS_UNDEFINED};
    unwrap_t unwrap;
    base_slice_t data;
    JSValue result = JS_EXCEPTION;
    int format = crypto_format(ctx, argv[0]);
    if (format >= 0 && crypto_cipher_read(ctx, argv[3], WRAPPERS, &cipher) == 0 &&
        crypto_key_params(ctx, argv + 4, CRYPTO_TO_IMPORT, &unwrap.params) == 0) {
        unwrap.format = (crypto_format_t)format;
        const crypto_key_t *wrapper = crypto_key(ctx, argv[2], cipher.algorithm, CRYPTO_UNWRAP_KEY);
        if (wrapper != NULL && crypto_bytes(ctx, argv[1], "wrappedKey", &data) == 0) {
            result = cipher_run(ctx, &cipher, argv[2], false, data, &unwrap);
        }
    }
    crypto_cipher_free(ctx, &cipher);
    return result;
}

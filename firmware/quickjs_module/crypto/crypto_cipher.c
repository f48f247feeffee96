// encrypt, decrypt, wrapKey and unwrapKey.

#include <string.h>

#include "base_secret.h"
#include "crypto/crypto_pkey_private.h"
#include "crypto/crypto_private.h"

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

static int take_optional(JSContext *ctx, JSValueConst value, const char *name, base_slice_t *bytes) {
    *bytes = (base_slice_t){0};
    return JS_IsUndefined(value) ? 0 : crypto_bytes(ctx, value, name, bytes);
}

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

static bool run_rsa(JSContext *ctx, const crypto_key_t *key, base_slice_t label, bool encrypting, base_slice_t data,
    uint8_t *out, size_t *len) {
    crypto_pkey_t pkey = crypto_key_pkey(key);
    return encrypting ? crypto_rsa_encrypt(ctx, &pkey, key->hash, label, data, out, len)
                      : crypto_rsa_decrypt(ctx, &pkey, key->hash, label, data, out, len);
}

int crypto_cipher_run(JSContext *ctx, const crypto_cipher_t *cipher, const crypto_key_t *key, bool encrypting,
    base_slice_t data, base_slice_t *out) {
    crypto_aes_t aes = {
        .key = {(const char *)key->secret, key->len}, .counter_bits = cipher->bits, .tag = cipher->bits / 8};
    bool rsa = cipher->algorithm == CRYPTO_RSA_OAEP;
    if (take_optional(ctx, cipher->iv, "iv", &aes.iv) < 0 ||
        take_optional(ctx, cipher->extra, "label", &aes.extra) < 0) {
        return -1;
    }

    size_t room = rsa ? CRYPTO_NUMBER_MAX : data.len + 16, len = 0;
    uint8_t *bytes = js_malloc(ctx, room);
    bool ok = rsa ? run_rsa(ctx, key, aes.extra, encrypting, data, bytes, &len)
                  : run_aes(cipher->algorithm, &aes, encrypting, data, bytes, &len);
    if (!ok) {
        base_wipe(bytes, room);
        js_free(ctx, bytes);
        return crypto_refuse(ctx, "OperationError",
            encrypting ? "the data or the parameters are not right for this algorithm"
                       : "what was encrypted is damaged, or the key or the parameters are others");
    }
    *out = (base_slice_t){(const char *)bytes, len};
    return 0;
}

// encrypt(algorithm, key, data) and decrypt(algorithm, key, data)
static JSValue run(JSContext *ctx, JSValueConst *argv, bool encrypting) {
    crypto_cipher_t cipher;
    base_slice_t data, out;
    JSValue result = JS_EXCEPTION;
    if (crypto_cipher_read(ctx, argv[0], CRYPTO_CIPHERS, &cipher) == 0) {
        const crypto_key_t *key =
            crypto_key(ctx, argv[1], cipher.algorithm, encrypting ? CRYPTO_ENCRYPT : CRYPTO_DECRYPT);
        if (key != NULL && crypto_bytes(ctx, argv[2], "data", &data) == 0 &&
            crypto_cipher_run(ctx, &cipher, key, encrypting, data, &out) == 0) {
            result = crypto_adopt_buffer(ctx, out);
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
static JSValue wrap(JSContext *ctx, const crypto_cipher_t *cipher, const crypto_key_t *wrapper, JSValueConst exported,
    crypto_format_t format) {
    base_slice_t data, out;
    if (format != CRYPTO_JWK) {
        return crypto_bytes(ctx, exported, "key", &data) < 0 ||
                       crypto_cipher_run(ctx, cipher, wrapper, true, data, &out) < 0
                   ? JS_EXCEPTION
                   : crypto_adopt_buffer(ctx, out);
    }

    JSValue json = JS_JSONStringify(ctx, exported, JS_UNDEFINED, JS_UNDEFINED);
    if (JS_IsException(json)) {
        return JS_EXCEPTION;
    }
    data.data = JS_ToCStringLen(ctx, &data.len, json);
    JS_FreeValue(ctx, json);
    int failed = data.data == NULL ? -1 : crypto_cipher_run(ctx, cipher, wrapper, true, data, &out);
    JS_FreeCString(ctx, data.data);
    return failed < 0 ? JS_EXCEPTION : crypto_adopt_buffer(ctx, out);
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
            result = wrap(ctx, &cipher, wrapper, exported, (crypto_format_t)format);
        }
        JS_FreeValue(ctx, exported);
    }
    crypto_cipher_free(ctx, &cipher);
    return result;
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

// unwrapKey(format, wrappedKey, unwrappingKey, unwrapAlgorithm, unwrappedKeyAlgorithm, extractable, keyUsages)
JSValue crypto_unwrap_key(JSContext *ctx, JSValueConst *argv) {
    crypto_cipher_t cipher = {.iv = JS_UNDEFINED, .extra = JS_UNDEFINED};
    crypto_key_params_t params;
    base_slice_t data, out;
    JSValue result = JS_EXCEPTION;
    int format = crypto_format(ctx, argv[0]);
    if (format >= 0 && crypto_cipher_read(ctx, argv[3], WRAPPERS, &cipher) == 0 &&
        crypto_key_params(ctx, argv + 4, CRYPTO_TO_IMPORT, &params) == 0) {
        const crypto_key_t *wrapper = crypto_key(ctx, argv[2], cipher.algorithm, CRYPTO_UNWRAP_KEY);
        if (wrapper != NULL && crypto_bytes(ctx, argv[1], "wrappedKey", &data) == 0 &&
            crypto_cipher_run(ctx, &cipher, wrapper, false, data, &out) == 0) {
            JSValue bytes = unwrapped(ctx, (crypto_format_t)format, out);
            if (!JS_IsException(bytes)) {
                result = crypto_import(ctx, (crypto_format_t)format, bytes, &params);
            }
            JS_FreeValue(ctx, bytes);
        }
    }
    crypto_cipher_free(ctx, &cipher);
    return result;
}

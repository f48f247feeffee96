// CryptoKey, and importing and exporting keys. Every key is a secret: its bytes.

#include <string.h>

#include "base_base64.h"
#include "base_secret.h"
#include "crypto/crypto_private.h"

// ---- the class ----

static void key_finalize(JSRuntime *rt, JSValueConst value) {
    crypto_key_t *key = JS_GetAnyOpaque(value, &(JSClassID){0});
    if (key != NULL) {
        JS_FreeValueRT(rt, key->algorithm_object);
        base_wipe(key->secret, key->len);
        js_free_rt(rt, key);
    }
}

static void key_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    crypto_key_t *key = JS_GetAnyOpaque(value, &(JSClassID){0});
    if (key != NULL) {
        JS_MarkValue(rt, key->algorithm_object, mark);
    }
}

static JSValue key_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    (void)new_target, (void)argc, (void)argv;
    return JS_ThrowTypeError(ctx, "a CryptoKey is made by crypto.subtle.importKey or deriveKey");
}

static JSValue key_type(JSContext *ctx, JSValueConst this_val) {
    return extension_class_expect(ctx, &crypto_extension, CRYPTO_KEY, this_val) == NULL ? JS_EXCEPTION
                                                                                        : JS_NewString(ctx, "secret");
}

static JSValue key_extractable(JSContext *ctx, JSValueConst this_val) {
    const crypto_key_t *key = extension_class_expect(ctx, &crypto_extension, CRYPTO_KEY, this_val);
    return key == NULL ? JS_EXCEPTION : JS_NewBool(ctx, key->extractable);
}

static JSValue key_usages(JSContext *ctx, JSValueConst this_val) {
    const crypto_key_t *key = extension_class_expect(ctx, &crypto_extension, CRYPTO_KEY, this_val);
    return key == NULL ? JS_EXCEPTION : crypto_usages_array(ctx, key->usages);
}

static void key_define(JSContext *ctx, JSValueConst object, const char *name, JSValue value) {
    JS_DefinePropertyValueStr(ctx, object, name, value, JS_PROP_C_W_E);
}

// An object with the name.
static JSValue named_object(JSContext *ctx, const char *name) {
    JSValue object = JS_NewObject(ctx);
    key_define(ctx, object, "name", JS_NewString(ctx, name));
    return object;
}

static JSValue algorithm_object(JSContext *ctx, const crypto_key_t *key) {
    if (key->algorithm != CRYPTO_HMAC) {
        return named_object(ctx, key->algorithm == CRYPTO_HKDF ? "HKDF" : "PBKDF2");
    }
    JSValue object = named_object(ctx, "HMAC");
    key_define(ctx, object, "hash", named_object(ctx, crypto_hashes[key->hash].name));
    key_define(ctx, object, "length", JS_NewInt64(ctx, (int64_t)key->len * 8));
    return object;
}

static JSValue key_algorithm(JSContext *ctx, JSValueConst this_val) {
    crypto_key_t *key = extension_class_expect(ctx, &crypto_extension, CRYPTO_KEY, this_val);
    if (key == NULL) {
        return JS_EXCEPTION;
    }
    if (JS_IsUndefined(key->algorithm_object)) {
        key->algorithm_object = algorithm_object(ctx, key);
    }
    return JS_DupValue(ctx, key->algorithm_object);
}

static const JSCFunctionListEntry key_proto[] = {
    JS_CGETSET_DEF("type", key_type, NULL),
    JS_CGETSET_DEF("extractable", key_extractable, NULL),
    JS_CGETSET_DEF("algorithm", key_algorithm, NULL),
    JS_CGETSET_DEF("usages", key_usages, NULL),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "CryptoKey", JS_PROP_CONFIGURABLE),
};

const extension_class_t crypto_class_key = {
    .def = {.class_name = "CryptoKey", .finalizer = key_finalize, .gc_mark = key_mark},
    .constructor = key_construct,
    .proto = key_proto,
    .proto_len = BASE_COUNT(key_proto),
};

// ---- making and using keys ----

int crypto_key_params(JSContext *ctx, JSValueConst *argv, crypto_key_params_t *params) {
    *params = (crypto_key_params_t){0};
    int algorithm = crypto_algorithm(ctx, argv[0], CRYPTO_BIT(CRYPTO_HMAC) | CRYPTO_DERIVATIONS);
    if (algorithm < 0) {
        return -1;
    }

    params->algorithm = (crypto_algorithm_t)algorithm;
    if (algorithm == CRYPTO_HMAC) {
        int hash = crypto_hash_parameter(ctx, argv[0]);
        int has_length = hash < 0 ? -1 : crypto_u32_parameter(ctx, argv[0], "length", &params->length);
        if (has_length < 0) {
            return -1;
        }
        params->hash = (crypto_hash_t)hash;
        params->has_length = has_length > 0;
    }

    int extractable = JS_ToBool(ctx, argv[1]);
    params->extractable = extractable > 0;
    return extractable < 0 ? -1 : crypto_usages(ctx, argv[2], &params->usages);
}

static int check_params(JSContext *ctx, const crypto_key_params_t *params, size_t len) {
    bool hmac = params->algorithm == CRYPTO_HMAC;
    uint8_t allowed = hmac ? CRYPTO_SIGN | CRYPTO_VERIFY : CRYPTO_DERIVE_KEY | CRYPTO_DERIVE_BITS;

    if ((params->usages & ~allowed) != 0) {
        return crypto_refuse(ctx, "SyntaxError",
            hmac ? "an HMAC key is for sign and verify only" : "this key is for deriveKey and deriveBits only");
    }
    if (params->usages == 0) {
        return crypto_refuse(ctx, "SyntaxError", "a secret key needs at least one usage");
    }
    if (!hmac && params->extractable) {
        return crypto_refuse(ctx, "SyntaxError", "a key to derive from cannot be extractable");
    }
    if (hmac && len == 0) {
        return crypto_refuse(ctx, "DataError", "an HMAC key cannot be empty");
    }
    if (hmac && params->has_length && (len > UINT32_MAX / 8 || params->length != len * 8)) {
        return crypto_refuse(ctx, "DataError", "the length of an HMAC key must be that of its bytes, in bits");
    }
    return 0;
}

JSValue crypto_key_object(JSContext *ctx, const crypto_key_params_t *params, base_slice_t secret) {
    if (check_params(ctx, params, secret.len) < 0) {
        return JS_EXCEPTION;
    }

    JSValue object = extension_class_new(ctx, &crypto_extension, CRYPTO_KEY, JS_UNDEFINED);
    crypto_key_t *key = js_malloc(ctx, sizeof(*key) + secret.len);
    *key = (crypto_key_t){
        .algorithm = params->algorithm,
        .hash = params->hash,
        .extractable = params->extractable,
        .usages = params->usages,
        .algorithm_object = JS_UNDEFINED,
        .len = secret.len,
    };
    if (secret.len > 0) {
        memcpy(key->secret, secret.data, secret.len);
    }
    JS_SetOpaque(object, key);
    return object;
}

static const crypto_key_t *expect_key(JSContext *ctx, JSValueConst value) {
    const crypto_key_t *key = extension_class_get(&crypto_extension, CRYPTO_KEY, value);
    if (key == NULL) {
        JS_ThrowTypeError(ctx, "the key must be a CryptoKey");
    }
    return key;
}

const crypto_key_t *crypto_key(JSContext *ctx, JSValueConst value, crypto_algorithm_t algorithm, crypto_usage_t usage) {
    const crypto_key_t *key = expect_key(ctx, value);
    if (key == NULL) {
        return NULL;
    }
    if (key->algorithm != algorithm) {
        crypto_refuse(ctx, "InvalidAccessError", "the key is one for another algorithm");
        return NULL;
    }
    if ((key->usages & usage) == 0) {
        crypto_refuse(ctx, "InvalidAccessError", "the key's usages do not include this operation");
        return NULL;
    }
    return key;
}

// ---- formats ----

typedef enum {
    FORMAT_RAW,
    FORMAT_JWK,
    FORMAT_OTHER, // of public and private keys
} format_t;

// A KeyFormat, or -1 with a pending exception.
static int key_format(JSContext *ctx, JSValueConst value) {
    static const char *const names[] = {"raw", "jwk", "pkcs8", "spki"};
    const char *text = JS_ToCString(ctx, value);
    if (text == NULL) {
        return -1;
    }

    int found = 0;
    while (found < BASE_COUNT(names) && strcmp(text, names[found]) != 0) {
        found++;
    }
    JS_FreeCString(ctx, text);

    if (found == BASE_COUNT(names)) {
        JS_ThrowTypeError(ctx, "the key format must be \"raw\" or \"jwk\"");
        return -1;
    }
    return found < FORMAT_OTHER ? found : FORMAT_OTHER;
}

// The JSON Web Algorithm of an HMAC key (RFC 7518, section 3.1).
static const char *jwk_algorithm(crypto_hash_t hash) {
    static const char *const names[] = {"HS1", "HS256", "HS384", "HS512"};
    return names[hash];
}

// A member of a JSON Web Key. 1 where it is absent or the string `expected`, 0 where it is not, -1.
static int jwk_matches(JSContext *ctx, JSValueConst jwk, const char *name, const char *expected, bool required) {
    JSValue value = JS_GetPropertyStr(ctx, jwk, name);
    if (JS_IsException(value) || JS_IsUndefined(value)) {
        return JS_IsException(value) ? -1 : !required;
    }
    const char *text = JS_ToCString(ctx, value);
    int result = text == NULL ? -1 : strcmp(text, expected) == 0;
    JS_FreeCString(ctx, text);
    JS_FreeValue(ctx, value);
    return result;
}

// Whether key_ops, if there, allows all usages. 1, 0 or -1.
static int jwk_allows(JSContext *ctx, JSValueConst jwk, uint8_t usages) {
    JSValue value = JS_GetPropertyStr(ctx, jwk, "key_ops");
    if (JS_IsException(value) || JS_IsUndefined(value)) {
        return JS_IsException(value) ? -1 : 1;
    }
    uint8_t allowed;
    int result = crypto_usages(ctx, value, &allowed);
    JS_FreeValue(ctx, value);
    return result < 0 ? -1 : (usages & ~allowed) == 0;
}

// Whether ext, if there, allows the key to be extractable. 1, 0 or -1.
static int jwk_extractable(JSContext *ctx, JSValueConst jwk, bool extractable) {
    JSValue value = JS_GetPropertyStr(ctx, jwk, "ext");
    if (JS_IsException(value)) {
        return -1;
    }
    int result = JS_IsUndefined(value) ? 1 : JS_ToBool(ctx, value);
    JS_FreeValue(ctx, value);
    return extractable ? result : 1;
}

static int check_jwk(JSContext *ctx, JSValueConst jwk, const crypto_key_params_t *params) {
    int ok = jwk_matches(ctx, jwk, "kty", "oct", true);
    if (ok > 0) {
        ok = jwk_matches(ctx, jwk, "alg", jwk_algorithm(params->hash), false);
    }
    if (ok > 0) {
        ok = jwk_matches(ctx, jwk, "use", "sig", false);
    }
    if (ok > 0) {
        ok = jwk_allows(ctx, jwk, params->usages);
    }
    if (ok > 0) {
        ok = jwk_extractable(ctx, jwk, params->extractable);
    }
    return ok == 0 ? crypto_refuse(ctx, "DataError", "the JSON Web Key does not go with algorithm and usages") : ok;
}

static JSValue import_jwk(JSContext *ctx, const crypto_key_params_t *params, JSValueConst jwk) {
    if (!JS_IsObject(jwk)) {
        return JS_ThrowTypeError(ctx, "a JSON Web Key must be an object");
    }
    if (check_jwk(ctx, jwk, params) < 0) {
        return JS_EXCEPTION;
    }

    JSValue k = JS_GetPropertyStr(ctx, jwk, "k");
    JSValue key = JS_EXCEPTION;
    bool decoded = false;
    if (JS_IsString(k)) {
        base_slice_t text;
        text.data = JS_ToCStringLen(ctx, &text.len, k);
        size_t len;
        char *bytes = js_malloc(ctx, text.len + 1);
        decoded = base_base64url_decode(bytes, &len, text.data, text.len);
        if (decoded) {
            key = crypto_key_object(ctx, params, (base_slice_t){bytes, len});
        }
        js_free(ctx, bytes);
        JS_FreeCString(ctx, text.data);
    }

    if (!decoded && !JS_IsException(k)) {
        crypto_refuse(ctx, "DataError", "the member 'k' of a JSON Web Key must be base64url");
    }
    JS_FreeValue(ctx, k);
    return key;
}

// importKey(format, keyData, algorithm, extractable, keyUsages)
JSValue crypto_import_key(JSContext *ctx, JSValueConst *argv) {
    crypto_key_params_t params;
    int format = key_format(ctx, argv[0]);
    if (format < 0 || crypto_key_params(ctx, argv + 2, &params) < 0) {
        return JS_EXCEPTION;
    }
    if (format == FORMAT_OTHER || (format == FORMAT_JWK && params.algorithm != CRYPTO_HMAC)) {
        crypto_refuse(ctx, "NotSupportedError", "the key format is not supported for this algorithm");
        return JS_EXCEPTION;
    }
    if (format == FORMAT_JWK) {
        return import_jwk(ctx, &params, argv[1]);
    }
    base_slice_t bytes;
    return crypto_bytes(ctx, argv[1], "keyData", &bytes) < 0 ? JS_EXCEPTION : crypto_key_object(ctx, &params, bytes);
}

static JSValue export_jwk(JSContext *ctx, const crypto_key_t *key) {
    base_slice_t secret = {(const char *)key->secret, key->len};
    JSValue jwk = JS_NewObject(ctx);
    key_define(ctx, jwk, "kty", JS_NewString(ctx, "oct"));
    key_define(ctx, jwk, "k", crypto_base64url(ctx, secret));
    key_define(ctx, jwk, "alg", JS_NewString(ctx, jwk_algorithm(key->hash)));
    key_define(ctx, jwk, "key_ops", crypto_usages_array(ctx, key->usages));
    key_define(ctx, jwk, "ext", JS_TRUE);
    return jwk;
}

// exportKey(format, key)
JSValue crypto_export_key(JSContext *ctx, JSValueConst *argv) {
    int format = key_format(ctx, argv[0]);
    const crypto_key_t *key = format < 0 ? NULL : expect_key(ctx, argv[1]);
    if (key == NULL) {
        return JS_EXCEPTION;
    }
    if (key->algorithm != CRYPTO_HMAC || format == FORMAT_OTHER) {
        crypto_refuse(ctx, "NotSupportedError", "the key cannot be exported in this format");
        return JS_EXCEPTION;
    }
    if (!key->extractable) {
        crypto_refuse(ctx, "InvalidAccessError", "the key is not extractable");
        return JS_EXCEPTION;
    }
    return format == FORMAT_JWK ? export_jwk(ctx, key) : crypto_array_buffer(ctx, key->secret, key->len);
}

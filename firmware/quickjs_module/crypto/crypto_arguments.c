// The arguments of Web Cryptography's methods: algorithm identifiers and their parameters, usages, bytes.

#include <math.h>
#include <string.h>

#include "base_base64.h"
#include "base_text.h"
#include "crypto/crypto_private.h"

int crypto_refuse(JSContext *ctx, const char *name, const char *message) {
    engine_need(ctx, ENGINE_DOM_EXCEPTION);
    JS_ThrowDOMException(ctx, name, "%s", message);
    return -1;
}

// ---- algorithms ----

const char *crypto_algorithm_name(int algorithm) {
    static const char *const names[] = {"HMAC", "PBKDF2", "HKDF", "AES-CBC", "AES-CTR", "AES-GCM", "AES-KW",
        "RSASSA-PKCS1-v1_5", "RSA-PSS", "RSA-OAEP", "ECDSA", "ECDH", "Ed25519", "X25519"};
    return algorithm < CRYPTO_HASH_COUNT ? crypto_hashes[algorithm].name : names[algorithm - CRYPTO_HASH_COUNT];
}

static int find_algorithm(JSContext *ctx, JSValueConst name, unsigned supported) {
    size_t len;
    const char *text = JS_ToCStringLen(ctx, &len, name);
    if (text == NULL) {
        return -1;
    }

    int found = 0;
    while (found < CRYPTO_ALGORITHM_COUNT &&
           ((supported & CRYPTO_BIT(found)) == 0 || !base_equal_nocase(text, len, crypto_algorithm_name(found)))) {
        found++;
    }
    JS_FreeCString(ctx, text);

    if (found == CRYPTO_ALGORITHM_COUNT) {
        return crypto_refuse(ctx, "NotSupportedError", "the algorithm is not supported for this operation");
    }
    return found;
}

int crypto_optional(JSContext *ctx, JSValueConst params, const char *name, JSValue *value) {
    *value = JS_IsObject(params) ? JS_GetPropertyStr(ctx, params, name) : JS_UNDEFINED;
    return JS_IsException(*value) ? -1 : 0;
}

int crypto_parameter(JSContext *ctx, JSValueConst params, const char *name, JSValue *value) {
    *value = JS_IsObject(params) ? JS_GetPropertyStr(ctx, params, name) : JS_UNDEFINED;
    if (JS_IsUndefined(*value)) {
        JS_ThrowTypeError(ctx, "the algorithm needs the parameter '%s'", name);
        return -1;
    }
    return JS_IsException(*value) ? -1 : 0;
}

int crypto_algorithm(JSContext *ctx, JSValueConst identifier, unsigned supported) {
    if (!JS_IsObject(identifier)) {
        return find_algorithm(ctx, identifier, supported);
    }
    JSValue name;
    if (crypto_parameter(ctx, identifier, "name", &name) < 0) {
        return -1;
    }
    int algorithm = find_algorithm(ctx, name, supported);
    JS_FreeValue(ctx, name);
    return algorithm;
}

int crypto_hash_parameter(JSContext *ctx, JSValueConst params) {
    JSValue hash;
    if (crypto_parameter(ctx, params, "hash", &hash) < 0) {
        return -1;
    }
    int algorithm = crypto_algorithm(ctx, hash, CRYPTO_HASHES);
    JS_FreeValue(ctx, hash);
    return algorithm;
}

int crypto_curve_parameter(JSContext *ctx, JSValueConst params, crypto_kind_t *kind) {
    JSValue name;
    if (crypto_parameter(ctx, params, "namedCurve", &name) < 0) {
        return -1;
    }
    size_t len;
    const char *text = JS_ToCStringLen(ctx, &len, name);
    JS_FreeValue(ctx, name);
    if (text == NULL) {
        return -1;
    }
    *kind = crypto_curve_named(text, len);
    JS_FreeCString(ctx, text);
    // Those of Curve25519 are algorithms by themselves.
    return *kind <= CRYPTO_KIND_P521 ? 0 : crypto_refuse(ctx, "NotSupportedError", "the curve is not supported");
}

// ---- numbers ----

int crypto_u32(JSContext *ctx, JSValueConst value, const char *name, uint32_t *number) {
    double wide;
    if (JS_ToFloat64(ctx, &wide, value) < 0) {
        return -1;
    }
    wide = trunc(wide);
    if (!(wide >= 0 && wide <= UINT32_MAX)) {
        JS_ThrowTypeError(ctx, "'%s' must be a whole number from 0 to 4294967295", name);
        return -1;
    }
    *number = (uint32_t)wide;
    return 0;
}

int crypto_u32_parameter(JSContext *ctx, JSValueConst params, const char *name, uint32_t *number) {
    JSValue value = JS_IsObject(params) ? JS_GetPropertyStr(ctx, params, name) : JS_UNDEFINED;
    if (JS_IsUndefined(value)) {
        return 0;
    }
    int result = JS_IsException(value) || crypto_u32(ctx, value, name, number) < 0 ? -1 : 1;
    JS_FreeValue(ctx, value);
    return result;
}

// ---- usages ----

static const char *const usage_names[] = {
    "encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"};

static int add_usage(JSContext *ctx, void *opaque, JSValueConst item) {
    size_t len;
    const char *text = JS_ToCStringLen(ctx, &len, item);
    if (text == NULL) {
        return -1;
    }

    int found = 0;
    while (found < BASE_COUNT(usage_names) && !base_equal_text(text, len, usage_names[found])) {
        found++;
    }

    if (found == BASE_COUNT(usage_names)) {
        JS_ThrowTypeError(ctx, "'%.40s' is no key usage", text);
        found = -1;
    } else {
        *(uint8_t *)opaque |= (uint8_t)(1 << found);
    }
    JS_FreeCString(ctx, text);
    return found < 0 ? -1 : 0;
}

int crypto_usages(JSContext *ctx, JSValueConst sequence, uint8_t *usages) {
    *usages = 0;
    JSValue method = web_iterator_method(ctx, sequence);
    if (JS_IsException(method)) {
        return -1;
    }
    int result = -1;
    if (JS_IsFunction(ctx, method)) {
        result = web_iterate(ctx, sequence, method, add_usage, usages);
    } else {
        JS_ThrowTypeError(ctx, "the key usages must be an array, such as [\"sign\", \"verify\"]");
    }
    JS_FreeValue(ctx, method);
    return result;
}

JSValue crypto_usages_array(JSContext *ctx, uint8_t usages) {
    JSValue array = JS_NewArray(ctx);
    uint32_t count = 0;
    for (int i = 0; i < BASE_COUNT(usage_names); i++) {
        if ((usages & 1 << i) != 0) {
            JS_DefinePropertyValueUint32(ctx, array, count++, JS_NewString(ctx, usage_names[i]), JS_PROP_C_W_E);
        }
    }
    return array;
}

// ---- bytes ----

int crypto_bytes(JSContext *ctx, JSValueConst value, const char *name, base_slice_t *bytes) {
    int found = JS_IsObject(value) ? engine_buffer_source(ctx, value, bytes) : 0;
    if (found == 0) {
        JS_ThrowTypeError(ctx, "'%s' must be an ArrayBuffer or a view of one", name);
    }
    return found > 0 ? 0 : -1;
}

int crypto_copy_bytes(JSContext *ctx, JSValueConst value, const char *name, base_slice_t *bytes) {
    if (crypto_bytes(ctx, value, name, bytes) < 0) {
        return -1;
    }
    *bytes = crypto_copy_slice(ctx, *bytes);
    return 0;
}

base_slice_t crypto_copy_slice(JSContext *ctx, base_slice_t bytes) {
    char *copy = js_malloc(ctx, bytes.len + 1);
    if (bytes.len > 0) {
        memcpy(copy, bytes.data, bytes.len);
    }
    return (base_slice_t){copy, bytes.len};
}

JSValue crypto_array_buffer(JSContext *ctx, const void *data, size_t len) {
    engine_need(ctx, ENGINE_TYPED_ARRAYS);
    return JS_NewArrayBufferCopy(ctx, data, len);
}

static void *reallocate(JSRuntime *rt, void *unused, void *data, size_t size) {
    (void)unused;
    if (size > 0) {
        return js_realloc_rt(rt, data, size);
    }
    js_free_rt(rt, data);
    return NULL;
}

JSValue crypto_adopt_buffer(JSContext *ctx, base_slice_t bytes) {
    engine_need(ctx, ENGINE_TYPED_ARRAYS);
    return JS_NewArrayBuffer(ctx, (uint8_t *)(uintptr_t)bytes.data, bytes.len, 0, reallocate, NULL, false);
}

JSValue crypto_base64url(JSContext *ctx, base_slice_t bytes) {
    char *text = js_malloc(ctx, BASE_BASE64_SIZE(bytes.len));
    JSValue string = JS_NewStringLen(ctx, text, base_base64url_encode(text, bytes.data, bytes.len));
    js_free(ctx, text);
    return string;
}

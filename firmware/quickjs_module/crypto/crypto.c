// The global `crypto`. See crypto.h.

#include "crypto/crypto.h"

#include <string.h>

#include "base_secret.h"
#include "crypto/crypto_private.h"
#include "isolate/host.h"

// ---- crypto.subtle: every method gives a promise, which is settled already but for what takes long ----

// digest(algorithm, data)
static JSValue subtle_digest(JSContext *ctx, JSValueConst *argv) {
    int hash = crypto_algorithm(ctx, argv[0], CRYPTO_DIGESTS);
    base_slice_t data;
    if (hash < 0 || crypto_bytes(ctx, argv[1], "data", &data) < 0) {
        return JS_EXCEPTION;
    }
    uint8_t result[CRYPTO_DIGEST_MAX];
    size_t len = crypto_digest((crypto_hash_t)hash, data, result);
    return crypto_array_buffer(ctx, result, len);
}

typedef struct _subtle_method_t {
    const char *name;
    JSValue (*call)(JSContext *ctx, JSValueConst *argv);
    int needed; // arguments
} subtle_method_t;

typedef enum {
    SUBTLE_DECRYPT,
    SUBTLE_DERIVE_BITS,
    SUBTLE_DERIVE_KEY,
    SUBTLE_DIGEST,
    SUBTLE_ENCRYPT,
    SUBTLE_EXPORT_KEY,
    SUBTLE_GENERATE_KEY,
    SUBTLE_IMPORT_KEY,
    SUBTLE_SIGN,
    SUBTLE_UNWRAP_KEY,
    SUBTLE_VERIFY,
    SUBTLE_WRAP_KEY,
} subtle_t;

static const subtle_method_t methods[] = {
    [SUBTLE_DECRYPT] = {"decrypt", crypto_decrypt, 3},
    [SUBTLE_DERIVE_BITS] = {"deriveBits", crypto_derive_bits, 2},
    [SUBTLE_DERIVE_KEY] = {"deriveKey", crypto_derive_key, 5},
    [SUBTLE_DIGEST] = {"digest", subtle_digest, 2},
    [SUBTLE_ENCRYPT] = {"encrypt", crypto_encrypt, 3},
    [SUBTLE_EXPORT_KEY] = {"exportKey", crypto_export_key, 2},
    [SUBTLE_GENERATE_KEY] = {"generateKey", crypto_generate_key, 3},
    [SUBTLE_IMPORT_KEY] = {"importKey", crypto_import_key, 5},
    [SUBTLE_SIGN] = {"sign", crypto_sign, 3},
    [SUBTLE_UNWRAP_KEY] = {"unwrapKey", crypto_unwrap_key, 7},
    [SUBTLE_VERIFY] = {"verify", crypto_verify, 4},
    [SUBTLE_WRAP_KEY] = {"wrapKey", crypto_wrap_key, 4},
};

JSValue crypto_subtle(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    const char *name = JS_ToCString(ctx, argv[0]);
    if (name == NULL) {
        return JS_EXCEPTION;
    }
    const subtle_method_t *method = NULL;
    for (size_t i = 0; i < BASE_COUNT(methods) && method == NULL; i++) {
        method = strcmp(name, methods[i].name) == 0 ? &methods[i] : NULL;
    }
    JS_FreeCString(ctx, name);
    if (method == NULL) {
        return JS_ThrowTypeError(ctx, "crypto.subtle has no such method");
    }
    if (web_check_args(ctx, argc - 1, method->needed) < 0) {
        return JS_EXCEPTION;
    }
    bool before = host_compute_at_once(true);
    JSValue value = method->call(ctx, argv + 1);
    host_compute_at_once(before);
    return value;
}

// Whether a method is called on the object that it belongs to, as Web IDL has it: neither is of a class of the engine,
// and they are known by their names. A pending TypeError elsewhere.
static bool crypto_is_this(JSContext *ctx, JSValueConst this_val, const char *name) {
    bool is_this = engine_has_tag(ctx, this_val, name);
    if (!is_this) {
        JS_ThrowTypeError(ctx, "Illegal invocation: this is not a %s", name);
    }
    return is_this;
}

static JSValue call_subtle(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    const subtle_method_t *method = &methods[magic];
    JSValue value = JS_EXCEPTION;
    if (crypto_is_this(ctx, this_val, "SubtleCrypto") && web_check_args(ctx, argc, method->needed) == 0) {
        value = method->call(ctx, argv);
    }
    if (JS_IsException(value)) {
        return web_reject_pending(ctx);
    }
    if (JS_IsPromise(value)) {
        return value;
    }
    JSValue promise = JS_NewSettledPromise(ctx, false, value);
    JS_FreeValue(ctx, value);
    return promise;
}

// timingSafeEqual(a, b), as Workers have it: not a promise, and a TypeError where the lengths differ.
static JSValue timing_safe_equal(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc;
    base_slice_t a, b;
    if (!crypto_is_this(ctx, this_val, "SubtleCrypto") || crypto_copy_bytes(ctx, argv[0], "a", &a) < 0) {
        return JS_EXCEPTION;
    }
    JSValue result = JS_EXCEPTION;
    if (crypto_bytes(ctx, argv[1], "b", &b) == 0) {
        result = a.len == b.len ? JS_NewBool(ctx, base_equal_secret(a.data, b.data, a.len))
                                : JS_ThrowTypeError(ctx, "the buffers to compare must have the same length in bytes");
    }
    js_free(ctx, (char *)a.data);
    return result;
}

static const JSCFunctionListEntry subtle_functions[] = {
    JS_CFUNC_MAGIC_DEF("decrypt", 3, call_subtle, SUBTLE_DECRYPT),
    JS_CFUNC_MAGIC_DEF("deriveBits", 2, call_subtle, SUBTLE_DERIVE_BITS),
    JS_CFUNC_MAGIC_DEF("deriveKey", 5, call_subtle, SUBTLE_DERIVE_KEY),
    JS_CFUNC_MAGIC_DEF("digest", 2, call_subtle, SUBTLE_DIGEST),
    JS_CFUNC_MAGIC_DEF("encrypt", 3, call_subtle, SUBTLE_ENCRYPT),
    JS_CFUNC_MAGIC_DEF("exportKey", 2, call_subtle, SUBTLE_EXPORT_KEY),
    JS_CFUNC_MAGIC_DEF("generateKey", 3, call_subtle, SUBTLE_GENERATE_KEY),
    JS_CFUNC_MAGIC_DEF("importKey", 5, call_subtle, SUBTLE_IMPORT_KEY),
    JS_CFUNC_MAGIC_DEF("sign", 3, call_subtle, SUBTLE_SIGN),
    JS_CFUNC_MAGIC_DEF("unwrapKey", 7, call_subtle, SUBTLE_UNWRAP_KEY),
    JS_CFUNC_MAGIC_DEF("verify", 4, call_subtle, SUBTLE_VERIFY),
    JS_CFUNC_MAGIC_DEF("wrapKey", 4, call_subtle, SUBTLE_WRAP_KEY),
    JS_CFUNC_DEF("timingSafeEqual", 2, timing_safe_equal),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "SubtleCrypto", JS_PROP_CONFIGURABLE),
};

// ---- crypto ----

// The standard's limit.
#define RANDOM_BYTES_MAX (65536)

static bool holds_integers(JSValueConst value) {
    int type = JS_GetTypedArrayType(value);
    return type >= 0 && type != JS_TYPED_ARRAY_FLOAT16 && type != JS_TYPED_ARRAY_FLOAT32 &&
           type != JS_TYPED_ARRAY_FLOAT64;
}

static JSValue get_random_values(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc;
    base_slice_t view;
    uint8_t *bytes;
    size_t len;
    if (!crypto_is_this(ctx, this_val, "Crypto") || host_at_top_level(ctx, "crypto.getRandomValues") ||
        crypto_bytes(ctx, argv[0], "array", &view) < 0) {
        return JS_EXCEPTION;
    }

    if (!holds_integers(argv[0])) {
        crypto_refuse(ctx, "TypeMismatchError", "getRandomValues fills typed arrays of integers only");
        return JS_EXCEPTION;
    }
    if (web_writable_bytes(ctx, argv[0], &bytes, &len) < 0) {
        return JS_EXCEPTION;
    }
    if (len > RANDOM_BYTES_MAX) {
        crypto_refuse(ctx, "QuotaExceededError", "getRandomValues fills at most 65536 bytes at once");
        return JS_EXCEPTION;
    }

    host_random(bytes, len);
    return JS_DupValue(ctx, argv[0]);
}

static JSValue random_uuid(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    if (!crypto_is_this(ctx, this_val, "Crypto") || host_at_top_level(ctx, "crypto.randomUUID")) {
        return JS_EXCEPTION;
    }
    return web_random_uuid(ctx);
}

static const JSCFunctionListEntry crypto_functions[] = {
    JS_CFUNC_DEF("getRandomValues", 1, get_random_values),
    JS_CFUNC_DEF("randomUUID", 0, random_uuid),
    JS_OBJECT_DEF("subtle", subtle_functions, BASE_COUNT(subtle_functions), JS_PROP_ENUMERABLE | JS_PROP_CONFIGURABLE),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "Crypto", JS_PROP_CONFIGURABLE),
};

// ---- What both objects inherit from where the bundle's code names it; elsewhere they are plain ones ----

static JSValue crypto_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    (void)new_target, (void)argc, (void)argv;
    return JS_ThrowTypeError(ctx, "there is one crypto, with one crypto.subtle");
}

// The prototype of the global of that name; null where the bundle's code does not name it, or has put something else in
// its place.
static JSValue crypto_prototype(JSContext *ctx, const char *name) {
    if (!engine_knows_name(ctx, name)) {
        return JS_NULL;
    }
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue constructor = JS_GetPropertyStr(ctx, global, name);
    JSValue proto = JS_IsConstructor(ctx, constructor) ? JS_GetPropertyStr(ctx, constructor, "prototype") : JS_NULL;
    JS_FreeValue(ctx, constructor);
    JS_FreeValue(ctx, global);
    return proto;
}

// An object with these members of its own, too: what the prototype has is anybody's to change.
static JSValue crypto_object(JSContext *ctx, const char *name, const JSCFunctionListEntry *members, int count) {
    JSValue proto = crypto_prototype(ctx, name);
    JSValue object = JS_IsObject(proto) ? JS_NewObjectProto(ctx, proto) : JS_NewObject(ctx);
    JS_FreeValue(ctx, proto);
    JS_SetPropertyFunctionList(ctx, object, members, count);
    return object;
}

// crypto.subtle, made when it is first read, where it or crypto is of a class.
static JSValue crypto_get_subtle(JSContext *ctx, JSValueConst this_val) {
    JSValue subtle = crypto_object(ctx, "SubtleCrypto", subtle_functions, BASE_COUNT(subtle_functions));
    JS_DefinePropertyValueStr(
        ctx, this_val, "subtle", JS_DupValue(ctx, subtle), JS_PROP_CONFIGURABLE | JS_PROP_ENUMERABLE);
    return subtle;
}

static const JSCFunctionListEntry crypto_proto[] = {
    JS_CFUNC_DEF("getRandomValues", 1, get_random_values),
    JS_CFUNC_DEF("randomUUID", 0, random_uuid),
    JS_CGETSET_DEF("subtle", crypto_get_subtle, NULL),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "Crypto", JS_PROP_CONFIGURABLE),
};

// No class of the engine: to know two more would take memory of those that know none of them.
static JSValue crypto_make_class(JSContext *ctx, const char *name) {
    bool is_subtle = strcmp(name, "SubtleCrypto") == 0;
    JSValue proto = JS_NewObject(ctx);
    if (is_subtle) {
        JS_SetPropertyFunctionList(ctx, proto, subtle_functions, BASE_COUNT(subtle_functions));
    } else {
        JS_SetPropertyFunctionList(ctx, proto, crypto_proto, BASE_COUNT(crypto_proto));
    }
    JSValue constructor = JS_NewCFunction2(ctx, crypto_construct, name, 0, JS_CFUNC_constructor, 0);
    JS_SetConstructor(ctx, constructor, proto);
    JS_FreeValue(ctx, proto);
    return constructor;
}

static JSValue make_crypto(JSContext *ctx, const char *name) {
    (void)name;
    if (engine_knows_name(ctx, "Crypto") || engine_knows_name(ctx, "SubtleCrypto")) {
        return crypto_object(ctx, "Crypto", crypto_proto, BASE_COUNT(crypto_proto));
    }
    JSValue crypto = JS_NewObject(ctx);
    JS_SetPropertyFunctionList(ctx, crypto, crypto_functions, BASE_COUNT(crypto_functions));
    return crypto;
}

static const extension_class_t *const crypto_classes[] = {
    [CRYPTO_KEY] = &crypto_class_key,
};

static const extension_global_t crypto_globals[] = {
    {"crypto", make_crypto, false},
    {"Crypto", crypto_make_class, true},
    {"SubtleCrypto", crypto_make_class, true},
};

extension_t crypto_extension = {
    .classes = crypto_classes,
    .class_count = BASE_COUNT(crypto_classes),
    .globals = crypto_globals,
    .global_count = BASE_COUNT(crypto_globals),
};

// See builtin.h.

#include "builtin.h"

#include <string.h>

#include "crypto_private.h"
#include "port.h"

// The bytes of a secret. 1 with cstring to be freed (or NULL), 0 when it is neither text nor a buffer, -1 with a
// pending exception. Valid until any JavaScript runs.
static int secret_bytes(JSContext *ctx, JSValueConst value, web_slice_t *bytes, const char **cstring) {
    *cstring = NULL;
    if (JS_IsString(value)) {
        *cstring = web_usv_string(ctx, &bytes->len, value);
        bytes->data = *cstring;
        return *cstring == NULL ? -1 : 1;
    }
    return JS_IsObject(value) ? web_buffer_source(ctx, value, bytes) : 0;
}

static JSValue encode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    web_slice_t text;
    text.data = web_usv_string(ctx, &text.len, argv[0]);
    JSValue result = text.data == NULL ? JS_EXCEPTION : crypto_base64url(ctx, text);
    JS_FreeCString(ctx, text.data);
    return result;
}

static JSValue decode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    web_slice_t text;
    text.data = JS_ToCStringLen(ctx, &text.len, argv[0]);
    char *bytes = text.data == NULL ? NULL : js_malloc(ctx, text.len + 1);
    JSValue result = JS_EXCEPTION;
    if (bytes != NULL) {
        size_t len;
        bool good = web_base64url_decode(bytes, &len, text) && web_is_utf8(bytes, len);
        result = good ? JS_NewStringLen(ctx, bytes, len) : JS_UNDEFINED;
    }
    js_free(ctx, bytes);
    JS_FreeCString(ctx, text.data);
    return result;
}

// (hash, secret, text): the MAC, its length, or 0 with a pending exception.
static size_t mac_of(JSContext *ctx, JSValueConst *argv, uint8_t *mac) {
    int hash = crypto_algorithm(ctx, argv[0], CRYPTO_HASHES);
    web_slice_t text, secret;
    text.data = hash < 0 ? NULL : web_usv_string(ctx, &text.len, argv[2]);
    if (text.data == NULL) {
        return 0;
    }
    const char *cstring = NULL;
    int found = secret_bytes(ctx, argv[1], &secret, &cstring);
    if (found > 0) {
        crypto_hmac_t key;
        crypto_hmac_key(&key, (crypto_hash_t)hash, secret.data, secret.len);
        crypto_hmac(&key, text.data, text.len, mac);
        crypto_wipe(&key, sizeof(key));
    } else if (found == 0) {
        JS_ThrowTypeError(ctx, "a secret must be a string, an ArrayBuffer or a view of one");
    }
    JS_FreeCString(ctx, cstring);
    JS_FreeCString(ctx, text.data);
    return found > 0 ? crypto_hashes[hash].digest : 0;
}

static JSValue sign(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    uint8_t mac[CRYPTO_DIGEST_MAX];
    size_t len = mac_of(ctx, argv, mac);
    return len == 0 ? JS_EXCEPTION : crypto_base64url(ctx, (web_slice_t){(const char *)mac, len});
}

static JSValue verify(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    uint8_t mac[CRYPTO_DIGEST_MAX];
    // Room for the text of more bytes than any MAC has.
    char given[CRYPTO_DIGEST_MAX * 2];
    size_t len = mac_of(ctx, argv, mac), given_len = 0;
    web_slice_t text;
    text.data = len == 0 ? NULL : JS_ToCStringLen(ctx, &text.len, argv[3]);
    if (text.data == NULL) {
        return JS_EXCEPTION;
    }
    bool equal = text.len <= sizeof(given) && web_base64url_decode(given, &given_len, text) && given_len == len &&
                 crypto_equal(given, mac, len);
    JS_FreeCString(ctx, text.data);
    return JS_NewBool(ctx, equal);
}

static JSValue byte_length(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    web_slice_t bytes;
    const char *cstring;
    int found = secret_bytes(ctx, argv[0], &bytes, &cstring);
    JS_FreeCString(ctx, cstring);
    return found < 0 ? JS_EXCEPTION : found == 0 ? JS_UNDEFINED : JS_NewInt64(ctx, (int64_t)bytes.len);
}

static bool find(web_slice_t bytes, web_slice_t text) {
    for (size_t at = 0; at + text.len <= bytes.len; at++) {
        if (memcmp(bytes.data + at, text.data, text.len) == 0) {
            return true;
        }
    }
    return false;
}

static JSValue contains(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    web_slice_t text, bytes;
    text.data = JS_ToCStringLen(ctx, &text.len, argv[1]);
    if (text.data == NULL) {
        return JS_EXCEPTION;
    }
    const char *cstring;
    int found = secret_bytes(ctx, argv[0], &bytes, &cstring);
    bool inside = found > 0 && find(bytes, text);
    JS_FreeCString(ctx, cstring);
    JS_FreeCString(ctx, text.data);
    return found < 0 ? JS_EXCEPTION : JS_NewBool(ctx, inside);
}

static JSValue now(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc, (void)argv;
    return JS_NewInt64(ctx, (int64_t)(port_time_us() / 1000000));
}

static JSValue date(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    double seconds;
    if (JS_ToFloat64(ctx, &seconds, argv[0]) < 0 || engine_need(ctx, ENGINE_DATE) < 0) {
        return JS_EXCEPTION;
    }
    return JS_NewDate(ctx, seconds * 1000);
}

static const JSCFunctionListEntry exports[] = {
    JS_CFUNC_DEF("encode", 1, encode),
    JS_CFUNC_DEF("decode", 1, decode),
    JS_CFUNC_DEF("sign", 3, sign),
    JS_CFUNC_DEF("verify", 4, verify),
    JS_CFUNC_DEF("byteLength", 1, byte_length),
    JS_CFUNC_DEF("contains", 2, contains),
    JS_CFUNC_DEF("now", 0, now),
    JS_CFUNC_DEF("date", 1, date),
};

static int set_exports(JSContext *ctx, JSModuleDef *module) {
    return JS_SetModuleExportList(ctx, module, exports, WEB_COUNT(exports));
}

JSModuleDef *builtin_module(JSContext *ctx, const char *name) {
    if (strcmp(name, "edgelet:builtin") != 0) {
        return NULL;
    }
    JSModuleDef *module = JS_NewCModule(ctx, name, set_exports);
    if (module == NULL || JS_AddModuleExportList(ctx, module, exports, WEB_COUNT(exports)) < 0) {
        return NULL;
    }
    return module;
}

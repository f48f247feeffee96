// The module jsonwebtoken: errors, secrets, tokens. See jwt.h.

#include "jsonwebtoken/jwt.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base_base64.h"
#include "base_secret.h"
#include "base_utf8.h"
#include "jsonwebtoken/jwt_private.h"

// Characters of a token; a header line of 8 KB holds one of these.
#define TOKEN_MAX (8192)

// ---- errors ----

static JSValue jwt_new_error(JSContext *ctx, JSValueConst class, JSValueConst message) {
    if (!JS_IsUndefined(class)) {
        return JS_CallConstructor(ctx, class, 1, &message);
    }
    JSValue error = JS_NewError(ctx);
    JS_DefinePropertyValueStr(
        ctx, error, "message", JS_DupValue(ctx, message), JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    return error;
}

int jwt_refuse(JSContext *ctx, JSValueConst class, ...) {
    web_buf_t text = {0};
    va_list parts;
    va_start(parts, class);
    for (const char *part; (part = va_arg(parts, const char *)) != NULL;) {
        web_buf_put_text(ctx, &text, part);
    }
    va_end(parts);

    JSValue message = web_buf_string(ctx, &text);
    JSValue error = jwt_new_error(ctx, class, message);
    JS_FreeValue(ctx, message);
    if (!JS_IsException(error)) {
        JS_Throw(ctx, error);
    }
    return -1;
}

// class NAME extends PARENT {}
static JSValue new_error_class(JSContext *ctx, const char *name, JSValueConst parent) {
    JSValue parent_proto = JS_GetPropertyStr(ctx, parent, "prototype");
    if (JS_IsException(parent_proto)) {
        return JS_EXCEPTION;
    }
    JSValue proto = JS_NewObjectProto(ctx, parent_proto);
    JSValue class = JS_NewCFunction3(ctx, engine_construct_error, name, 1, JS_CFUNC_constructor, 0, parent, 0);
    JS_SetConstructor(ctx, class, proto);
    JS_DefinePropertyValueStr(ctx, proto, "name", JS_NewString(ctx, name), JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    JS_FreeValue(ctx, proto);
    JS_FreeValue(ctx, parent_proto);
    return class;
}

// ---- algorithms and secrets ----

// RFC 7518, section 3.2.
static const jwt_algorithm_t algorithms[] = {
    {"HS256", CRYPTO_SHA256},
    {"HS384", CRYPTO_SHA384},
    {"HS512", CRYPTO_SHA512},
};

const jwt_algorithm_t *jwt_algorithm(JSContext *ctx, JSValueConst value) {
    size_t len;
    const char *name = JS_IsString(value) ? JS_ToCStringLen(ctx, &len, value) : NULL;
    const jwt_algorithm_t *found = NULL;
    for (int i = 0; i < BASE_COUNT(algorithms) && name != NULL; i++) {
        if (base_equal_text(name, len, algorithms[i].name)) {
            found = &algorithms[i];
        }
    }
    JS_FreeCString(ctx, name);
    return found;
}

typedef struct _secret_t {
    base_slice_t bytes;  // valid until any JavaScript runs
    const char *cstring; // to be freed, or NULL
} secret_t;

// 1, 0 where the value is neither text nor a buffer, or -1.
static int secret_bytes(JSContext *ctx, JSValueConst value, secret_t *secret) {
    secret->cstring = NULL;
    if (JS_IsString(value)) {
        secret->cstring = secret->bytes.data = engine_usv_string(ctx, &secret->bytes.len, value);
        return 1;
    }
    return JS_IsObject(value) ? engine_buffer_source(ctx, value, &secret->bytes) : 0;
}

// A public key that is taken for a secret would let everybody sign (RFC 8725, section 2.1).
static bool is_pem(base_slice_t bytes) {
    static const char begin[] = "-----BEGIN";
    for (size_t at = 0; at + sizeof(begin) - 1 <= bytes.len; at++) {
        if (memcmp(bytes.data + at, begin, sizeof(begin) - 1) == 0) {
            return true;
        }
    }
    return false;
}

// Fills `secret` from a value that is one for the algorithm. 0, or -1 with an error of that class and nothing to free.
static int take_secret(
    JSContext *ctx, JSValueConst class, JSValueConst value, const jwt_algorithm_t *algorithm, secret_t *secret) {
    size_t least = crypto_hashes[algorithm->hash].digest;
    int found = secret_bytes(ctx, value, secret);
    bool pem = found > 0 && is_pem(secret->bytes);
    if (found > 0 && !pem && secret->bytes.len >= least) {
        return 0;
    }

    JS_FreeCString(ctx, secret->cstring);
    if (found == 0) {
        jwt_refuse(ctx, class, "the secret must be a string, an ArrayBuffer or a view of one", NULL);
    } else if (pem) {
        jwt_refuse(ctx, class, algorithm->name, " needs a secret, not a PEM key", NULL);
    } else if (found > 0) {
        char bytes[12];
        snprintf(bytes, sizeof(bytes), "%u", (unsigned)least);
        jwt_refuse(ctx, class, "the secret for ", algorithm->name, " must have at least ", bytes, " bytes", NULL);
    }
    return -1;
}

// The MAC of a text under a secret, or an error of that class. 0 or -1.
static int make_mac(JSContext *ctx, JSValueConst class, JSValueConst value, const jwt_algorithm_t *algorithm,
    base_slice_t text, uint8_t mac[CRYPTO_DIGEST_MAX]) {
    secret_t secret;
    if (take_secret(ctx, class, value, algorithm, &secret) < 0) {
        return -1;
    }
    crypto_hmac_t key;
    crypto_hmac_key(&key, algorithm->hash, secret.bytes.data, secret.bytes.len);
    crypto_hmac(&key, text.data, text.len, mac);
    base_wipe(&key, sizeof(key));
    JS_FreeCString(ctx, secret.cstring);
    return 0;
}

// ---- signing ----

// Appends bytes in base64url, behind a dot unless it is the first part (RFC 7515, section 7.1).
static int put_part(JSContext *ctx, web_buf_t *token, base_slice_t bytes) {
    size_t digits = (bytes.len * 4 + 2) / 3;
    if (token->len + (token->len > 0) + digits > TOKEN_MAX) {
        char most[12];
        snprintf(most, sizeof(most), "%d", TOKEN_MAX);
        return jwt_refuse(
            ctx, JS_UNDEFINED, "the token has more than ", most, " characters: put less into its payload", NULL);
    }
    web_buf_reserve(ctx, token, 1 + digits);
    if (token->len > 0) {
        token->data[token->len++] = '.';
    }
    token->len += base_base64url_encode(token->data + token->len, bytes.data, bytes.len);
    return 0;
}

static int put_json(JSContext *ctx, web_buf_t *token, JSValueConst value) {
    JSValue json = JS_JSONStringify(ctx, value, JS_UNDEFINED, JS_UNDEFINED);
    if (JS_IsException(json)) {
        return -1;
    }
    base_slice_t text;
    text.data = engine_usv_string(ctx, &text.len, json);
    int result = put_part(ctx, token, text);
    JS_FreeCString(ctx, text.data);
    JS_FreeValue(ctx, json);
    return result;
}

static int fill_header(JSContext *ctx, JSValueConst header, const JSValue *options) {
    JSValueConst algorithm = options[JWT_ALGORITHM];
    JSValue alg = JS_IsUndefined(algorithm) ? JS_NewString(ctx, algorithms[0].name) : JS_DupValue(ctx, algorithm);
    JS_DefinePropertyValueStr(ctx, header, "alg", alg, JS_PROP_C_W_E);
    JS_DefinePropertyValueStr(ctx, header, "typ", JS_NewString(ctx, "JWT"), JS_PROP_C_W_E);
    JS_DefinePropertyValueStr(ctx, header, "kid", JS_DupValue(ctx, options[JWT_KEYID]), JS_PROP_C_W_E);
    return JS_IsUndefined(options[JWT_HEADER]) ? 0 : jwt_spread(ctx, header, options[JWT_HEADER]);
}

static const jwt_algorithm_t *header_algorithm(JSContext *ctx, JSValueConst header) {
    JSValue alg = JS_GetPropertyStr(ctx, header, "alg");
    const jwt_algorithm_t *algorithm = jwt_algorithm(ctx, alg);
    JS_FreeValue(ctx, alg);
    return algorithm;
}

// Whether a header has that parameter.
static bool has_parameter(JSContext *ctx, JSValueConst header, const char *name) {
    JSValue value = JS_GetPropertyStr(ctx, header, name);
    bool has = !JS_IsUndefined(value);
    JS_FreeValue(ctx, value);
    return has;
}

// The parameter of a header that asks for more than is done here, NULL where there is none: "crit", which names
// extensions that its reader must understand (RFC 7515, section 4.1.11), and the extension "b64" without it (RFC 7797),
// for which a payload is no base64url.
static const char *unsupported_parameter(JSContext *ctx, JSValueConst header) {
    if (has_parameter(ctx, header, "crit")) {
        return "crit";
    }
    return has_parameter(ctx, header, "b64") ? "b64" : NULL;
}

// Appends the header. The algorithm that it names, or NULL with a pending exception.
static const jwt_algorithm_t *put_header(
    JSContext *ctx, web_buf_t *token, JSValueConst header, JSValueConst secret, const JSValue *options) {
    if (fill_header(ctx, header, options) < 0) {
        return NULL;
    }

    const jwt_algorithm_t *algorithm = header_algorithm(ctx, header);
    if (algorithm == NULL || unsupported_parameter(ctx, header) != NULL) {
        jwt_refuse(ctx, JS_UNDEFINED,
            "\"header\" in \"options\" must have no \"crit\" or \"b64\", and no \"alg\" but HS256, HS384 or HS512",
            NULL);
        return NULL;
    }

    // What is wrong with the secret is said before what is wrong with the claims.
    secret_t checked;
    if (take_secret(ctx, JS_UNDEFINED, secret, algorithm, &checked) < 0) {
        return NULL;
    }
    JS_FreeCString(ctx, checked.cstring);
    return put_json(ctx, token, header) < 0 ? NULL : algorithm;
}

// Appends header, payload and MAC. 0 or -1.
static int put_token(
    JSContext *ctx, web_buf_t *token, JSValueConst claims, JSValueConst secret, const JSValue *options) {
    JSValue header = JS_NewObject(ctx), payload = JS_UNDEFINED;
    const jwt_algorithm_t *algorithm = put_header(ctx, token, header, secret, options);
    int result = -1;
    if (algorithm != NULL) {
        payload = jwt_make_payload(ctx, claims, options);
        result = JS_IsException(payload) ? -1 : put_json(ctx, token, payload);
    }
    JS_FreeValue(ctx, payload);
    JS_FreeValue(ctx, header);

    uint8_t mac[CRYPTO_DIGEST_MAX];
    base_slice_t input = {token->data, token->len};
    if (result < 0 || make_mac(ctx, JS_UNDEFINED, secret, algorithm, input, mac) < 0) {
        return -1;
    }
    return put_part(ctx, token, (base_slice_t){(const char *)mac, crypto_hashes[algorithm->hash].digest});
}

static JSValue make_token(JSContext *ctx, JSValueConst claims, JSValueConst secret, JSValueConst options) {
    JSValue given[JWT_OPTION_COUNT];
    web_buf_t text = {0};
    JSValue token = JS_EXCEPTION;
    if (jwt_read_options(ctx, options, JWT_SIGN, given) == 0 && put_token(ctx, &text, claims, secret, given) == 0) {
        token = JS_NewStringLen(ctx, text.data, text.len);
    }
    js_free(ctx, text.data);
    jwt_free_options(ctx, given);
    return token;
}

// ---- verifying ----

// A token that has been taken apart, and that nobody has vouched for yet.
typedef struct _token_t {
    const char *text;      // to be freed, or NULL
    base_slice_t parts[3]; // header, payload and MAC, in base64url
    JSValue header, payload;
} token_t;

static void jwt_free_token(JSContext *ctx, token_t *token) {
    JS_FreeValue(ctx, token->payload);
    JS_FreeValue(ctx, token->header);
    JS_FreeCString(ctx, token->text);
}

// The object that a part of a token stands for. Undefined without an exception for anything else: for what is no
// base64url, UTF-8 or JSON, and for JSON that is nested too deeply.
static JSValue parse_part(JSContext *ctx, base_slice_t part) {
    size_t len;
    char *json = js_malloc(ctx, part.len + 1);
    JSValue value = JS_UNDEFINED;
    if (base_base64url_decode(json, &len, part.data, part.len) && base_is_utf8(json, len)) {
        json[len] = '\0';
        value = JS_ParseJSON(ctx, json, len, "<token>");
    }
    js_free(ctx, json);
    if (JS_IsException(value)) {
        JS_FreeValue(ctx, JS_GetException(ctx));
    }

    if (!JS_IsObject(value) || JS_IsArray(value)) {
        JS_FreeValue(ctx, value);
        return JS_UNDEFINED;
    }
    return value;
}

// Splits the text at its dots. False unless there are two.
static bool split(base_slice_t text, base_slice_t parts[3]) {
    for (int i = 0; i < 3; i++) {
        const char *dot = memchr(text.data, '.', text.len);
        if ((dot == NULL) != (i == 2)) {
            return false;
        }
        size_t len = dot == NULL ? text.len : (size_t)(dot - text.data);
        parts[i] = (base_slice_t){text.data, len};
        text = (base_slice_t){text.data + len + 1, text.len - len - 1};
    }
    return true;
}

// Takes a token apart and reads its header. NULL, or what is wrong with it.
static const char *read_token(JSContext *ctx, JSValueConst value, token_t *token) {
    *token = (token_t){.header = JS_UNDEFINED, .payload = JS_UNDEFINED};
    if (!JS_IsString(value)) {
        return JS_ToBool(ctx, value) ? "jwt must be a string" : "jwt must be provided";
    }

    int64_t length = 0;
    JS_GetLength(ctx, value, &length);
    if (length > TOKEN_MAX) {
        return "jwt malformed";
    }

    base_slice_t text;
    token->text = text.data = engine_usv_string(ctx, &text.len, value);
    if (!split(text, token->parts)) {
        return "jwt malformed";
    }

    token->header = parse_part(ctx, token->parts[0]);
    return JS_IsUndefined(token->header) ? "invalid token" : NULL;
}

// Reads the payload. NULL, or what is wrong with the token.
static const char *read_payload(JSContext *ctx, token_t *token) {
    token->payload = parse_part(ctx, token->parts[1]);
    return JS_IsUndefined(token->payload) ? "invalid token" : NULL;
}

// What verify and decode give for a token.
static JSValue token_result(JSContext *ctx, const token_t *token, bool complete) {
    if (!complete) {
        return JS_DupValue(ctx, token->payload);
    }
    JSValue result = JS_NewObject(ctx), signature = JS_NewStringLen(ctx, token->parts[2].data, token->parts[2].len);
    JS_DefinePropertyValueStr(ctx, result, "header", JS_DupValue(ctx, token->header), JS_PROP_C_W_E);
    JS_DefinePropertyValueStr(ctx, result, "payload", JS_DupValue(ctx, token->payload), JS_PROP_C_W_E);
    JS_DefinePropertyValueStr(ctx, result, "signature", signature, JS_PROP_C_W_E);
    return result;
}

static int is_name(JSContext *ctx, void *opaque, JSValueConst item) {
    const jwt_algorithm_t *algorithm = opaque;
    return jwt_algorithm(ctx, item) == algorithm;
}

// The algorithm of a token, if the caller takes it (RFC 8725, section 3.1); or NULL with a pending exception.
static const jwt_algorithm_t *token_algorithm(
    JSContext *ctx, const JSValueConst *classes, const token_t *token, JSValueConst allowed) {
    const jwt_algorithm_t *algorithm = header_algorithm(ctx, token->header);
    int taken = algorithm != NULL;
    if (algorithm != NULL && !JS_IsUndefined(allowed)) {
        taken = jwt_each(ctx, allowed, is_name, (void *)algorithm);
    }
    if (taken == 0) {
        jwt_refuse(ctx, classes[JWT_ERROR_INVALID], "invalid algorithm", NULL);
    }
    return taken > 0 ? algorithm : NULL;
}

// RFC 7515, section 5.2.
static int check_signature(
    JSContext *ctx, const JSValueConst *classes, const token_t *token, JSValueConst secret, JSValueConst allowed) {
    const jwt_algorithm_t *algorithm = token_algorithm(ctx, classes, token, allowed);
    if (algorithm == NULL) {
        return -1;
    }
    const char *unsupported = unsupported_parameter(ctx, token->header);
    if (unsupported != NULL) {
        return jwt_refuse(
            ctx, classes[JWT_ERROR_INVALID], "the header parameter \"", unsupported, "\" is not supported", NULL);
    }

    uint8_t mac[CRYPTO_DIGEST_MAX];
    base_slice_t given = token->parts[2];
    base_slice_t input = {token->text, (size_t)(given.data - token->text) - 1};
    if (make_mac(ctx, classes[JWT_ERROR_INVALID], secret, algorithm, input, mac) < 0) {
        return -1;
    }

    // Room for the text of more bytes than any MAC has.
    char bytes[CRYPTO_DIGEST_MAX * 2];
    size_t len, needed = crypto_hashes[algorithm->hash].digest;
    if (given.len > sizeof(bytes) || !base_base64url_decode(bytes, &len, given.data, given.len) || len != needed ||
        !base_equal_secret(bytes, mac, len)) {
        const char *message = given.len == 0 ? "jwt signature is required" : "invalid signature";
        return jwt_refuse(ctx, classes[JWT_ERROR_INVALID], message, NULL);
    }
    return 0;
}

static int check_token(
    JSContext *ctx, const JSValueConst *classes, token_t *token, JSValueConst secret, const JSValue *options) {
    if (check_signature(ctx, classes, token, secret, options[JWT_ALGORITHMS]) < 0) {
        return -1;
    }
    const char *wrong = read_payload(ctx, token);
    if (wrong != NULL) {
        return jwt_refuse(ctx, classes[JWT_ERROR_INVALID], wrong, NULL);
    }
    int times = jwt_check_times(ctx, classes, token->payload, options);
    return times < 0 ? -1 : jwt_check_names(ctx, classes, token->payload, options);
}

static JSValue verify_token(
    JSContext *ctx, const JSValueConst *classes, JSValueConst value, JSValueConst secret, const JSValue *options) {
    token_t token;
    JSValue result = JS_EXCEPTION;
    const char *wrong = read_token(ctx, value, &token);
    if (wrong != NULL) {
        jwt_refuse(ctx, classes[JWT_ERROR_INVALID], wrong, NULL);
    } else if (check_token(ctx, classes, &token, secret, options) == 0) {
        result = token_result(ctx, &token, JS_ToBool(ctx, options[JWT_COMPLETE]));
    }
    jwt_free_token(ctx, &token);
    return result;
}

// ---- the functions ----

// Gives a result, or the pending exception, to the callback, or to the caller where there is none.
static JSValue jwt_settle(JSContext *ctx, JSValueConst callback, JSValue result) {
    if (!JS_ToBool(ctx, callback)) {
        return result;
    }

    bool failed = JS_IsException(result);
    JSValue error = failed ? JS_GetException(ctx) : JS_NULL;
    if (JS_IsUncatchableError(error)) {
        return JS_Throw(ctx, error);
    }

    JSValue done = JS_Call(ctx, callback, JS_UNDEFINED, failed ? 1 : 2, (JSValueConst[]){error, result});
    JS_FreeValue(ctx, error);
    JS_FreeValue(ctx, result);
    if (JS_IsException(done)) {
        return done;
    }
    JS_FreeValue(ctx, done);
    return JS_UNDEFINED;
}

static JSValue jwt_sign(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    bool bare = JS_IsFunction(ctx, argv[2]);
    JSValue token = make_token(ctx, argv[0], argv[1], bare ? JS_UNDEFINED : argv[2]);
    return jwt_settle(ctx, bare ? argv[2] : argv[3], token);
}

// The error classes come with the function.
static JSValue jwt_verify(
    JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic, JSValueConst *classes) {
    (void)this_val, (void)argc, (void)magic;
    bool bare = JS_IsFunction(ctx, argv[2]);
    JSValue options[JWT_OPTION_COUNT];
    JSValue payload = JS_EXCEPTION;
    if (jwt_read_options(ctx, bare ? JS_UNDEFINED : argv[2], JWT_VERIFY, options) == 0) {
        payload = verify_token(ctx, classes, argv[0], argv[1], options);
    }
    jwt_free_options(ctx, options);
    return jwt_settle(ctx, bare ? argv[2] : argv[3], payload);
}

static JSValue jwt_decode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    token_t token;
    JSValue result = JS_NULL;
    if (read_token(ctx, argv[0], &token) == NULL && read_payload(ctx, &token) == NULL) {
        JSValueConst options = argc > 1 ? argv[1] : JS_UNDEFINED;
        JSValue complete = JS_IsObject(options) ? JS_GetPropertyStr(ctx, options, "complete") : JS_UNDEFINED;
        int wanted = JS_ToBool(ctx, complete); // -1 for an exception
        result = wanted < 0 ? JS_EXCEPTION : token_result(ctx, &token, wanted);
        JS_FreeValue(ctx, complete);
    }
    jwt_free_token(ctx, &token);
    return result;
}

// ---- the module ----

// In the order of the default export's properties.
static const char *const export_names[] = {
    "decode", "sign", "verify", "JsonWebTokenError", "NotBeforeError", "TokenExpiredError"};
#define FUNCTION_COUNT (3)

// The handler's code may have replaced the global Error where the import is dynamic. 0, or -1 with a pending exception.
static int make_classes(JSContext *ctx, JSValue classes[JWT_ERROR_COUNT]) {
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue error = JS_GetPropertyStr(ctx, global, "Error");
    JSValueConst parent = error;
    bool failed = JS_IsException(error);
    for (int i = 0; i < JWT_ERROR_COUNT; i++) {
        classes[i] = failed ? JS_UNDEFINED : new_error_class(ctx, export_names[FUNCTION_COUNT + i], parent);
        failed = failed || JS_IsException(classes[i]);
        parent = classes[JWT_ERROR_INVALID];
    }
    JS_FreeValue(ctx, error);
    JS_FreeValue(ctx, global);
    return failed ? -1 : 0;
}

// Exports each value by its name, and all of them as properties of the default export.
static void set_values(JSContext *ctx, JSModuleDef *module, const JSValue *values) {
    JSValue api = JS_NewObject(ctx);
    for (int i = 0; i < BASE_COUNT(export_names); i++) {
        JS_DefinePropertyValueStr(ctx, api, export_names[i], JS_DupValue(ctx, values[i]), JS_PROP_C_W_E);
        JS_SetModuleExport(ctx, module, export_names[i], JS_DupValue(ctx, values[i]));
    }
    JS_SetModuleExport(ctx, module, "default", api);
}

static int set_exports(JSContext *ctx, JSModuleDef *module) {
    JSValue values[BASE_COUNT(export_names)], *classes = values + FUNCTION_COUNT;
    int result = make_classes(ctx, classes);
    values[0] = JS_NewCFunction(ctx, jwt_decode, export_names[0], 1);
    values[1] = JS_NewCFunction(ctx, jwt_sign, export_names[1], 4);
    values[2] = JS_NewCFunctionData2(ctx, jwt_verify, export_names[2], 4, 0, JWT_ERROR_COUNT, classes);
    if (result == 0) {
        set_values(ctx, module, values);
    }
    for (int i = 0; i < BASE_COUNT(export_names); i++) {
        JS_FreeValue(ctx, values[i]);
    }
    return result;
}

static JSModuleDef *jwt_module(JSContext *ctx, const char *name) {
    if (strcmp(name, "jsonwebtoken") != 0) {
        return NULL;
    }
    JSModuleDef *module = JS_NewCModule(ctx, name, set_exports);
    JS_AddModuleExport(ctx, module, "default");
    for (int i = 0; i < BASE_COUNT(export_names); i++) {
        JS_AddModuleExport(ctx, module, export_names[i]);
    }
    return module;
}

extension_t jwt_extension = {
    .module = jwt_module,
};

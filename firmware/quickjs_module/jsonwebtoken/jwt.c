// The module jsonwebtoken: errors, tokens, the functions. See jwt.h.

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

static int fill_header(JSContext *ctx, JSValueConst header, bool is_object, const JSValue *options) {
    JSValueConst algorithm = options[JWT_ALGORITHM];
    JSValue alg =
        JS_IsUndefined(algorithm) ? JS_NewString(ctx, jwt_default_algorithm->name) : JS_DupValue(ctx, algorithm);
    JS_DefinePropertyValueStr(ctx, header, "alg", alg, JS_PROP_C_W_E);
    JSValue typ = is_object ? JS_NewString(ctx, "JWT") : JS_UNDEFINED;
    JS_DefinePropertyValueStr(ctx, header, "typ", typ, JS_PROP_C_W_E);
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

// Appends the header of a token to which the caller adds nothing.
static const jwt_algorithm_t *put_plain_header(JSContext *ctx, web_buf_t *token, bool is_object, JSValueConst name) {
    const jwt_algorithm_t *algorithm = JS_IsUndefined(name) ? jwt_default_algorithm : jwt_algorithm(ctx, name);
    web_buf_t json = {0};
    web_buf_put_text(ctx, &json, "{\"alg\":\"");
    web_buf_put_text(ctx, &json, algorithm->name);
    web_buf_put_text(ctx, &json, is_object ? "\",\"typ\":\"JWT\"}" : "\"}");
    put_part(ctx, token, (base_slice_t){json.data, json.len});
    js_free(ctx, json.data);
    return algorithm;
}

// Appends the header. The algorithm that it names, or NULL with a pending exception.
static const jwt_algorithm_t *put_full_header(
    JSContext *ctx, web_buf_t *token, JSValueConst header, bool is_object, const JSValue *options) {
    if (fill_header(ctx, header, is_object, options) < 0) {
        return NULL;
    }

    const jwt_algorithm_t *algorithm = header_algorithm(ctx, header);
    if (algorithm == NULL || unsupported_parameter(ctx, header) != NULL) {
        jwt_refuse(ctx, JS_UNDEFINED,
            "\"header\" in \"options\" must have no \"crit\" or \"b64\", and no \"alg\" but one that signs", NULL);
        return NULL;
    }
    return put_json(ctx, token, header) < 0 ? NULL : algorithm;
}

static const jwt_algorithm_t *put_header(JSContext *ctx, web_buf_t *token, bool is_object, const JSValue *options) {
    if (JS_IsUndefined(options[JWT_HEADER]) && JS_IsUndefined(options[JWT_KEYID])) {
        return put_plain_header(ctx, token, is_object, options[JWT_ALGORITHM]);
    }
    JSValue header = JS_NewObject(ctx);
    const jwt_algorithm_t *algorithm = put_full_header(ctx, token, header, is_object, options);
    JS_FreeValue(ctx, header);
    return algorithm;
}

// Appends the payload: JSON, or the text that is given. 0 or -1.
static int put_payload(JSContext *ctx, web_buf_t *token, JSValueConst claims, const JSValue *options) {
    JSValue payload = jwt_make_payload(ctx, claims, options);
    if (JS_IsException(payload)) {
        return -1;
    }
    int result;
    if (JS_IsString(payload)) {
        base_slice_t text;
        text.data = engine_usv_string(ctx, &text.len, payload);
        result = put_part(ctx, token, text);
        JS_FreeCString(ctx, text.data);
    } else {
        result = put_json(ctx, token, payload);
    }
    JS_FreeValue(ctx, payload);
    return result;
}

// Appends payload and signature by a key, which it frees. 0 or -1.
static int put_signed(JSContext *ctx, web_buf_t *token, JSValueConst claims, JSValueConst secret, jwt_key_t *key,
    const JSValue *options) {
    int result = put_payload(ctx, token, claims, options);
    // Its code may have pulled away the bytes of a secret.
    if (result == 0 && !key->owned) {
        const jwt_algorithm_t *algorithm = key->algorithm;
        jwt_free_key(ctx, key);
        if (jwt_take_key(ctx, JS_UNDEFINED, secret, algorithm, true, key) < 0) {
            return -1;
        }
    }

    uint8_t signature[CRYPTO_SIGNATURE_MAX];
    if (result == 0) {
        size_t len = jwt_make_signature(ctx, key, (base_slice_t){token->data, token->len}, signature);
        result = put_part(ctx, token, (base_slice_t){(const char *)signature, len});
    }
    jwt_free_key(ctx, key);
    return result;
}

// Appends header, payload and signature. 0 or -1.
static int put_token(
    JSContext *ctx, web_buf_t *token, JSValueConst claims, JSValueConst secret, const JSValue *options) {
    const jwt_algorithm_t *algorithm = put_header(ctx, token, !JS_IsString(claims), options);
    // What is wrong with the key is said before what is wrong with the claims.
    jwt_key_t key;
    if (algorithm == NULL || jwt_take_key(ctx, JS_UNDEFINED, secret, algorithm, true, &key) < 0) {
        return -1;
    }
    return put_signed(ctx, token, claims, secret, &key, options);
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
    base_slice_t parts[3]; // header, payload and signature, in base64url
    JSValue header, payload;
} token_t;

static void jwt_free_token(JSContext *ctx, token_t *token) {
    JS_FreeValue(ctx, token->payload);
    JS_FreeValue(ctx, token->header);
    JS_FreeCString(ctx, token->text);
}

// The object that a part of a token stands for, or its text where that stands for none and `text` says so. Undefined
// without an exception for anything else: for what is no base64url or UTF-8, or no JSON, also what is nested too
// deeply.
static JSValue parse_part(JSContext *ctx, base_slice_t part, bool text) {
    size_t len;
    char *json = js_malloc(ctx, part.len + 1);
    JSValue value = JS_UNDEFINED;
    bool is_text = base_base64url_decode(json, &len, part.data, part.len) && base_is_utf8(json, len);
    if (is_text) {
        json[len] = '\0';
        value = JS_ParseJSON(ctx, json, len, "<token>");
    }
    if (JS_IsException(value)) {
        JS_FreeValue(ctx, JS_GetException(ctx));
    }
    if (!JS_IsObject(value) || JS_IsArray(value)) {
        JS_FreeValue(ctx, value);
        value = is_text && text ? JS_NewStringLen(ctx, json, len) : JS_UNDEFINED;
    }
    js_free(ctx, json);
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

    token->header = parse_part(ctx, token->parts[0], false);
    return JS_IsUndefined(token->header) ? "invalid token" : NULL;
}

// Reads the payload, which is text only where the header has no type. NULL, or what is wrong with the token.
static const char *read_payload(JSContext *ctx, token_t *token) {
    token->payload = parse_part(ctx, token->parts[1], !has_parameter(ctx, token->header, "typ"));
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

    jwt_key_t key;
    if (jwt_take_key(ctx, classes[JWT_ERROR_INVALID], secret, algorithm, false, &key) < 0) {
        return -1;
    }
    base_slice_t given = token->parts[2];
    base_slice_t input = {token->text, (size_t)(given.data - token->text) - 1};
    // Room for the text of more bytes than any signature has.
    char bytes[CRYPTO_SIGNATURE_MAX * 4 / 3 + 4];
    size_t len;
    bool right = given.len <= sizeof(bytes) && base_base64url_decode(bytes, &len, given.data, given.len) &&
                 jwt_is_signature(ctx, &key, input, (base_slice_t){bytes, len});
    jwt_free_key(ctx, &key);
    if (!right) {
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

// What a function that looks keys up is called back with, in this order: the token, who waits for the payload, the
// classes of errors and the options.
enum {
    LOOKUP_TOKEN,
    LOOKUP_CALLBACK,
    LOOKUP_CLASSES,
    LOOKUP_OPTIONS = LOOKUP_CLASSES + JWT_ERROR_COUNT,
    LOOKUP_COUNT = LOOKUP_OPTIONS + JWT_OPTION_COUNT,
};

// callback(error, key)
static JSValue key_found(
    JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic, JSValueConst *lookup) {
    (void)this_val, (void)argc, (void)magic;
    const JSValueConst *classes = lookup + LOOKUP_CLASSES;
    JSValue payload = JS_EXCEPTION;
    if (JS_ToBool(ctx, argv[0])) {
        JSValue message = JS_IsObject(argv[0]) ? JS_GetPropertyStr(ctx, argv[0], "message") : JS_DupValue(ctx, argv[0]);
        const char *text = JS_IsException(message) ? NULL : JS_ToCString(ctx, message);
        JS_FreeValue(ctx, message);
        if (text != NULL) {
            jwt_refuse(ctx, classes[JWT_ERROR_INVALID], "error in secret or public key callback: ", text, NULL);
        }
        JS_FreeCString(ctx, text);
    } else {
        payload = verify_token(ctx, classes, lookup[LOOKUP_TOKEN], argv[1], lookup + LOOKUP_OPTIONS);
    }
    return jwt_settle(ctx, lookup[LOOKUP_CALLBACK], payload);
}

// Has a function look the key up by the token's header; it calls back when it has it. 0 or -1.
static int look_up(JSContext *ctx, const JSValueConst *classes, JSValueConst token_value, JSValueConst function,
    JSValueConst callback, const JSValue *options) {
    token_t token;
    int result = -1;
    const char *wrong = read_token(ctx, token_value, &token);
    if (wrong == NULL && !JS_IsFunction(ctx, callback)) {
        wrong = "verify must be called asynchronous if secret or public key is provided as a callback";
    }
    if (wrong != NULL) {
        jwt_refuse(ctx, classes[JWT_ERROR_INVALID], wrong, NULL);
    } else {
        JSValueConst lookup[LOOKUP_COUNT] = {[LOOKUP_TOKEN] = token_value, [LOOKUP_CALLBACK] = callback};
        memcpy(lookup + LOOKUP_CLASSES, classes, JWT_ERROR_COUNT * sizeof(*classes));
        memcpy(lookup + LOOKUP_OPTIONS, options, JWT_OPTION_COUNT * sizeof(*options));
        JSValue found = JS_NewCFunctionData2(ctx, key_found, "", 2, 0, LOOKUP_COUNT, lookup);
        JSValue done = JS_Call(ctx, function, JS_UNDEFINED, 2, (JSValueConst[]){token.header, found});
        result = JS_IsException(done) ? -1 : 0;
        JS_FreeValue(ctx, found);
        JS_FreeValue(ctx, done);
    }
    jwt_free_token(ctx, &token);
    return result;
}

// The error classes come with the function.
static JSValue jwt_verify(
    JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic, JSValueConst *classes) {
    (void)this_val, (void)argc, (void)magic;
    bool bare = JS_IsFunction(ctx, argv[2]);
    JSValueConst callback = bare ? argv[2] : argv[3];
    JSValue options[JWT_OPTION_COUNT];
    JSValue payload = JS_EXCEPTION;
    bool waits = false;
    if (jwt_read_options(ctx, bare ? JS_UNDEFINED : argv[2], JWT_VERIFY, options) == 0) {
        if (JS_IsFunction(ctx, argv[1])) {
            waits = look_up(ctx, classes, argv[0], argv[1], callback, options) == 0;
        } else {
            payload = verify_token(ctx, classes, argv[0], argv[1], options);
        }
    }
    jwt_free_options(ctx, options);
    return waits ? JS_UNDEFINED : jwt_settle(ctx, callback, payload);
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

// The Lambda shape: the call, done, and the result. Its event and context: web_lambda_event.c.

#include <string.h>

#include "base_base64.h"
#include "web/web_private.h"

// ---- done ----

// The first outcome counts, as on AWS.
static void settle_lambda(JSContext *ctx, JSValueConst value, bool failed) {
    web_t *web = web_of(ctx);
    if (JS_IsUninitialized(web->done_value)) {
        web->done_failed = failed;
        web->done_value = JS_DupValue(ctx, value);
    }
}

// done(null, response) or done(error), as on AWS, and done(response) with an object that is no Error.
JSValue web_lambda_done(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    JSValueConst first = argc > 0 ? argv[0] : JS_UNDEFINED;
    bool no_error = JS_IsUndefined(first) || JS_IsNull(first);
    bool only_response = argc == 1 && JS_IsObject(first) && !JS_IsError(first);
    settle_lambda(ctx, no_error && argc > 1 ? argv[1] : first, !no_error && !only_response);
    return JS_UNDEFINED;
}

JSValue web_lambda_succeed(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    settle_lambda(ctx, argv[0], false);
    return JS_UNDEFINED;
}

JSValue web_lambda_fail(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    settle_lambda(ctx, argv[0], true);
    return JS_UNDEFINED;
}

JSValue web_lambda_call(JSContext *ctx, const isolate_request_t *request) {
    web_t *web = web_of(ctx);
    JSValue args[3];
    web_lambda_arguments(ctx, request, &args[0], &args[1]);
    args[2] = JS_NewCFunction(ctx, web_lambda_done, "done", 1);
    web->ctx = JS_DupValue(ctx, args[1]);
    JSValue result = JS_Call(ctx, web->handler, web->handler_this, BASE_COUNT(args), args);
    JS_FreeValues(ctx, args[0], args[1], args[2]);
    return result;
}

bool web_lambda_background(JSContext *ctx) {
    JSPropertyDescriptor waits;
    JSAtom name = JS_NewAtom(ctx, WEB_LAMBDA_WAITS);
    bool is_there = JS_GetOwnProperty(ctx, &waits, web_of(ctx)->ctx, name) > 0;
    JS_FreeAtom(ctx, name);
    if (!is_there) {
        return true;
    }
    bool result = JS_ToBool(ctx, waits.value) != 0;
    JS_FreeValues(ctx, waits.value, waits.getter, waits.setter);
    return result;
}

// ---- the result ----

// Why a result is not usable. The functions below return one of the outcomes, EXTENSION_ANSWERED for "fine so far".
static extension_outcome_t bad(JSContext *ctx, const char *message) {
    JS_ThrowTypeError(ctx, "the handler's result: %s", message);
    return EXTENSION_BAD_RESULT;
}

static extension_outcome_t take_status(JSContext *ctx, JSValueConst result, isolate_response_t *out) {
    JSValue value = JS_GetPropertyStr(ctx, result, "statusCode");
    if (JS_IsException(value)) {
        return EXTENSION_THREW;
    }
    double status = 0;
    bool is_given = !JS_IsUndefined(value) && !JS_IsNull(value);
    bool number = (JS_IsNumber(value) || JS_IsString(value)) && JS_ToFloat64(ctx, &status, value) == 0;
    JS_FreeValue(ctx, value);
    if (!is_given) {
        out->status = 200;
        return EXTENSION_ANSWERED;
    }
    if (!number || !(status >= 200 && status <= 599) || status != (double)(int)status) {
        return bad(ctx, "statusCode must be an integer from 200 to 599");
    }
    out->status = (int)status;
    return EXTENSION_ANSWERED;
}

static extension_outcome_t lambda_add_header(
    JSContext *ctx, web_headers_t *headers, JSValueConst name, JSValueConst value) {
    if (JS_IsUndefined(value)) {
        return EXTENSION_ANSWERED;
    }
    if (!JS_IsString(value) && !JS_IsNumber(value) && !JS_IsBool(value)) {
        const char *text = JS_ToCString(ctx, name);
        JS_ThrowTypeError(ctx, "the handler's result: header %.60s must be a string, number or boolean", text);
        JS_FreeCString(ctx, text);
        return EXTENSION_BAD_RESULT;
    }
    return web_headers_append(ctx, headers, name, value) < 0 ? EXTENSION_BAD_RESULT : EXTENSION_ANSWERED;
}

static extension_outcome_t lambda_add_headers(
    JSContext *ctx, web_headers_t *headers, JSValueConst name, JSValueConst list) {
    int64_t count;
    if (!JS_IsArray(list)) {
        return bad(ctx, "multiValueHeaders must hold arrays");
    }
    if (JS_GetLength(ctx, list, &count) < 0) {
        return EXTENSION_THREW;
    }

    extension_outcome_t outcome = EXTENSION_ANSWERED;
    for (int64_t i = 0; i < count && outcome == EXTENSION_ANSWERED; i++) {
        JSValue value = JS_GetPropertyInt64(ctx, list, i);
        outcome = JS_IsException(value) ? EXTENSION_THREW : lambda_add_header(ctx, headers, name, value);
        JS_FreeValue(ctx, value);
    }
    return outcome;
}

// Reads `headers` or `multiValueHeaders`.
static extension_outcome_t take_headers(JSContext *ctx, JSValueConst object, web_headers_t *headers, bool lists) {
    if (JS_IsUndefined(object) || JS_IsNull(object)) {
        return EXTENSION_ANSWERED;
    }

    JSPropertyEnum *names;
    uint32_t count;
    if (!JS_IsObject(object) || JS_IsArray(object)) {
        return bad(ctx, lists ? "multiValueHeaders must be an object" : "headers must be an object");
    }
    if (JS_GetOwnPropertyNames(ctx, &names, &count, object, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0) {
        return EXTENSION_THREW;
    }

    extension_outcome_t outcome = EXTENSION_ANSWERED;
    for (uint32_t i = 0; i < count && outcome == EXTENSION_ANSWERED; i++) {
        JSValue name = JS_AtomToString(ctx, names[i].atom);
        JSValue value = JS_GetProperty(ctx, object, names[i].atom);
        if (JS_IsException(value)) {
            outcome = EXTENSION_THREW;
        } else if (lists) {
            outcome = lambda_add_headers(ctx, headers, name, value);
        } else {
            outcome = lambda_add_header(ctx, headers, name, value);
        }
        JS_FreeValues(ctx, value, name);
    }
    JS_FreePropertyEnum(ctx, names, count);
    return outcome;
}

// Reads `cookies`, each a line Set-Cookie.
static extension_outcome_t take_cookies(JSContext *ctx, JSValueConst result, web_headers_t *headers) {
    JSValue cookies = JS_GetPropertyStr(ctx, result, "cookies");
    if (JS_IsException(cookies)) {
        return EXTENSION_THREW;
    }
    extension_outcome_t outcome = EXTENSION_ANSWERED;
    if (!JS_IsUndefined(cookies) && !JS_IsNull(cookies)) {
        JSValue name = JS_NewString(ctx, "set-cookie");
        outcome = JS_IsArray(cookies) ? lambda_add_headers(ctx, headers, name, cookies)
                                      : bad(ctx, "cookies must be an array of texts");
        JS_FreeValue(ctx, name);
    }
    JS_FreeValue(ctx, cookies);
    return outcome;
}

static extension_outcome_t take_header_objects(JSContext *ctx, JSValueConst result, web_headers_t *headers) {
    static const char *const names[] = {"headers", "multiValueHeaders"};
    extension_outcome_t outcome = EXTENSION_ANSWERED;
    for (int i = 0; i < BASE_COUNT(names) && outcome == EXTENSION_ANSWERED; i++) {
        JSValue object = JS_GetPropertyStr(ctx, result, names[i]);
        outcome = JS_IsException(object) ? EXTENSION_THREW : take_headers(ctx, object, headers, i == 1);
        JS_FreeValue(ctx, object);
    }
    return outcome;
}

static extension_outcome_t decode_body(JSContext *ctx, isolate_response_t *out) {
    size_t len;
    char *bytes = js_malloc(ctx, out->body.len + 1); // stays: `out` points to it
    if (!base_base64_decode(bytes, &len, out->body.data, out->body.len)) {
        js_free(ctx, bytes);
        return bad(ctx, "isBase64Encoded is true, but the body is no base64");
    }
    out->body = (base_slice_t){bytes, len};
    return EXTENSION_ANSWERED;
}

// The body as text: a string as it is, an object as JSON, nothing as "". *type is the content type that goes with it.
static extension_outcome_t body_text(JSContext *ctx, JSValueConst body, JSValue *text, const char **type) {
    *type = WEB_TYPE_TEXT;
    *text = JS_UNDEFINED;
    if (JS_IsUndefined(body) || JS_IsNull(body)) {
        *type = NULL;
        return EXTENSION_ANSWERED;
    }
    if (JS_IsString(body)) {
        *text = JS_DupValue(ctx, body);
        return EXTENSION_ANSWERED;
    }
    if (!JS_IsObject(body) || JS_IsFunction(ctx, body)) {
        return bad(ctx, "body must be a string or an object");
    }

    *type = WEB_TYPE_JSON;
    *text = JS_JSONStringify(ctx, body, JS_UNDEFINED, JS_UNDEFINED);
    if (JS_IsUndefined(*text)) {
        return bad(ctx, "body cannot be written as JSON");
    }
    return JS_IsException(*text) ? EXTENSION_THREW : EXTENSION_ANSWERED;
}

static extension_outcome_t take_body(JSContext *ctx, JSValueConst result, isolate_response_t *out, const char **type) {
    JSValue body = JS_GetPropertyStr(ctx, result, "body");
    JSValue encoded = JS_GetPropertyStr(ctx, result, "isBase64Encoded");
    int is_base64 = JS_IsException(body) || JS_IsException(encoded) ? -1 : JS_ToBool(ctx, encoded);

    JSValue text = JS_UNDEFINED;
    extension_outcome_t outcome = is_base64 < 0 ? EXTENSION_THREW : body_text(ctx, body, &text, type);

    out->body = (base_slice_t){"", 0};
    if (outcome == EXTENSION_ANSWERED && !JS_IsUndefined(text)) {
        out->body.data = engine_usv_string(ctx, &out->body.len, text); // stays: `out` points to it
    }

    if (outcome == EXTENSION_ANSWERED && is_base64 && out->body.len > 0) {
        if (JS_IsString(body)) {
            *type = "application/octet-stream";
            outcome = decode_body(ctx, out);
        } else {
            outcome = bad(ctx, "isBase64Encoded needs a string as body");
        }
    }
    JS_FreeValues(ctx, text, encoded, body);
    return outcome;
}

// Of an answer in parts: statusCode, headers, cookies, body.
static extension_outcome_t take_parts(
    JSContext *ctx, JSValueConst result, web_headers_t *headers, isolate_response_t *out, const char **type) {
    extension_outcome_t outcome = take_status(ctx, result, out);
    if (outcome == EXTENSION_ANSWERED) {
        outcome = take_header_objects(ctx, result, headers);
    }
    if (outcome == EXTENSION_ANSWERED) {
        outcome = take_cookies(ctx, result, headers);
    }
    if (outcome == EXTENSION_ANSWERED) {
        outcome = take_body(ctx, result, out, type);
    }
    if (outcome == EXTENSION_ANSWERED && out->body.len > 0 && web_is_null_body_status(out->status)) {
        outcome = bad(ctx, "statusCode 204, 205 and 304 do not go with a body");
    }
    return outcome;
}

// Of an answer that is the body itself, as event version 2.0 allows: a text as it is, anything else as JSON.
static extension_outcome_t take_implicit(
    JSContext *ctx, JSValueConst result, isolate_response_t *out, const char **type) {
    JSValue text =
        JS_IsString(result) ? JS_DupValue(ctx, result) : JS_JSONStringify(ctx, result, JS_UNDEFINED, JS_UNDEFINED);
    if (JS_IsException(text)) {
        return EXTENSION_THREW;
    }
    *type = WEB_TYPE_JSON;
    out->status = 200;
    out->body = (base_slice_t){"null", 4};
    if (!JS_IsUndefined(text)) {
        out->body.data = engine_usv_string(ctx, &out->body.len, text); // stays: `out` points to it
    }
    JS_FreeValue(ctx, text);
    return EXTENSION_ANSWERED;
}

// Whether it is an answer in parts. -1 with a pending exception.
static int is_in_parts(JSContext *ctx, JSValueConst result) {
    if (!web_lambda_is_version_2(ctx)) {
        return 1;
    }
    if (!JS_IsObject(result)) {
        return 0;
    }
    JSValue status = JS_GetPropertyStr(ctx, result, "statusCode");
    if (JS_IsException(status)) {
        return -1;
    }
    bool is_given = !JS_IsUndefined(status) && !JS_IsNull(status);
    JS_FreeValue(ctx, status);
    return is_given;
}

extension_outcome_t web_lambda_result(JSContext *ctx, JSValueConst result, isolate_response_t *out) {
    int in_parts = is_in_parts(ctx, result);
    if (in_parts < 0) {
        return EXTENSION_THREW;
    }
    if (in_parts > 0 && !JS_IsObject(result)) {
        return bad(ctx, "must be an object { statusCode, headers, body }, returned or given to done()");
    }

    web_headers_t *headers = web_headers_new(ctx); // stays: `out` points into it
    const char *type = NULL;
    extension_outcome_t outcome =
        in_parts > 0 ? take_parts(ctx, result, headers, out, &type) : take_implicit(ctx, result, out, &type);
    if (outcome != EXTENSION_ANSWERED) {
        web_headers_free(JS_GetRuntime(ctx), headers);
        return outcome;
    }

    if (type != NULL && !web_headers_has(headers, "content-type")) {
        web_headers_put(ctx, headers, "content-type", type);
    }
    out->headers = web_headers_wire(headers);
    return EXTENSION_ANSWERED;
}

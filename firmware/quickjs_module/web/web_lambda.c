// The Lambda shape: event, context and done for the handler, and the object that it answers with.

#include <string.h>

#include "base_base64.h"
#include "web/web_private.h"

// Defines obj[name] as an own property, whatever setters or prototypes say. Takes `value`.
static int define(JSContext *ctx, JSValueConst obj, const char *name, JSValue value) {
    if (JS_IsException(value)) {
        return -1;
    }
    return JS_DefinePropertyValueStr(ctx, obj, name, value, JS_PROP_C_W_E) < 0 ? -1 : 0;
}

static JSValue latin1(JSContext *ctx, web_slice_t slice) {
    return web_latin1_string(ctx, slice.data, slice.len);
}

static JSValue base64_string(JSContext *ctx, web_slice_t bytes) {
    char *text = js_malloc(ctx, BASE_BASE64_SIZE(bytes.len));
    if (text == NULL) {
        return JS_EXCEPTION;
    }
    JSValue string = JS_NewStringLen(ctx, text, base_base64_encode(text, bytes.data, bytes.len));
    js_free(ctx, text);
    return string;
}

// ---- event and context ----

// Adds a value to obj[name]: what is there already stays before it, with `separator` between them (NULL: goes).
static int define_joined(JSContext *ctx, JSValueConst obj, JSAtom name, JSValue value, const char *separator) {
    if (JS_IsException(value)) {
        return -1;
    }
    JSPropertyDescriptor before;
    int has = separator == NULL ? 0 : JS_GetOwnProperty(ctx, &before, obj, name);
    if (has > 0) {
        web_buf_t joined = {0};
        size_t old_len, new_len;
        const char *old_text = JS_ToCStringLen(ctx, &old_len, before.value);
        const char *new_text = JS_ToCStringLen(ctx, &new_len, value);
        int result = old_text == NULL || new_text == NULL ? -1 : web_buf_put(ctx, &joined, old_text, old_len);
        if (result == 0 && web_buf_put(ctx, &joined, separator, strlen(separator)) == 0 &&
            web_buf_put(ctx, &joined, new_text, new_len) == 0) {
            JS_FreeValue(ctx, value);
            value = JS_NewStringLen(ctx, joined.data, joined.len);
        } else {
            has = -1;
        }
        JS_FreeCString(ctx, new_text);
        JS_FreeCString(ctx, old_text);
        JS_FreeValues(ctx, before.value, before.getter, before.setter);
        js_free(ctx, joined.data);
    }
    if (has < 0 || JS_IsException(value)) {
        JS_FreeValue(ctx, value);
        return -1;
    }
    return JS_DefinePropertyValue(ctx, obj, name, value, JS_PROP_C_W_E) < 0 ? -1 : 0;
}

static JSValue headers_object(JSContext *ctx, web_slice_t lines) {
    web_headers_t *headers = web_headers_parse(ctx, lines);
    JSValue object = headers == NULL ? JS_EXCEPTION : JS_NewObject(ctx);
    web_slice_t name, value;
    for (size_t pos = 0; !JS_IsException(object) && web_headers_line(headers, &pos, &name, &value);) {
        JSAtom atom = JS_NewAtomLen(ctx, name.data, name.len);
        const char *separator =
            base_equal_nocase(name.data, name.len, "cookie") ? "; " : ", "; // RFC 9113, section 8.2.3
        if (atom == JS_ATOM_NULL || define_joined(ctx, object, atom, latin1(ctx, value), separator) < 0) {
            JS_FreeValue(ctx, object);
            object = JS_EXCEPTION;
        }
        JS_FreeAtom(ctx, atom);
    }
    web_headers_free(JS_GetRuntime(ctx), headers);
    return object;
}

static JSValue query_object(JSContext *ctx, web_slice_t query) {
    JSValue object = JS_NewObject(ctx);
    web_slice_t name, value;
    while (!JS_IsException(object) && web_form_next(&query, &name, &value)) {
        JSValue key = web_form_string(ctx, name);
        JSAtom atom = JS_IsException(key) ? JS_ATOM_NULL : JS_ValueToAtom(ctx, key);
        if (atom == JS_ATOM_NULL || define_joined(ctx, object, atom, web_form_string(ctx, value), NULL) < 0) {
            JS_FreeValue(ctx, object);
            object = JS_EXCEPTION;
        }
        JS_FreeAtom(ctx, atom);
        JS_FreeValue(ctx, key);
    }
    return object;
}

static int define_body(JSContext *ctx, JSValueConst event, const web_request_t *request) {
    web_slice_t body = request->body;
    bool binary = request->has_body && !base_is_utf8(body.data, body.len);
    JSValue value = !request->has_body ? JS_NULL
                    : binary           ? base64_string(ctx, body)
                                       : JS_NewStringLen(ctx, body.data, body.len);
    if (define(ctx, event, "body", value) < 0) {
        return -1;
    }
    return define(ctx, event, "isBase64Encoded", JS_NewBool(ctx, binary));
}

// The peer's address, where AWS has it.
static JSValue request_context(JSContext *ctx, web_slice_t peer) {
    JSValue context = JS_NewObject(ctx);
    JSValue identity = JS_NewObject(ctx);
    if (JS_IsException(context) || JS_IsException(identity) ||
        define(ctx, identity, "sourceIp", latin1(ctx, peer)) < 0) {
        JS_FreeValue(ctx, identity);
        JS_FreeValue(ctx, context);
        return JS_EXCEPTION;
    }
    if (define(ctx, context, "identity", identity) < 0) {
        JS_FreeValue(ctx, context);
        return JS_EXCEPTION;
    }
    return context;
}

static int fill_event(JSContext *ctx, JSValueConst event, const web_request_t *request) {
    web_slice_t path = request->target, query = {NULL, 0};
    const char *mark = path.len == 0 ? NULL : memchr(path.data, '?', path.len);
    if (mark != NULL) {
        path.len = (size_t)(mark - path.data);
        query = (web_slice_t){mark + 1, request->target.len - path.len - 1};
    }
    if (define(ctx, event, "httpMethod", latin1(ctx, request->method)) < 0 ||
        define(ctx, event, "path", latin1(ctx, path)) < 0 ||
        define(ctx, event, "headers", headers_object(ctx, request->headers)) < 0 ||
        define(ctx, event, "query", query_object(ctx, query)) < 0 ||
        define(ctx, event, "queryStringParameters", query_object(ctx, query)) < 0 ||
        define_body(ctx, event, request) < 0) {
        return -1;
    }
    return define(ctx, event, "requestContext", request_context(ctx, request->peer));
}

static JSValue remaining_time(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc, (void)argv;
    return JS_NewUint32(ctx, host_remaining_ms(ctx));
}

static int fill_context(JSContext *ctx, JSValueConst context) {
    double megabytes = (double)host_memory_limit(ctx) / (1024 * 1024);
    if (define(ctx, context, "functionName", JS_NewString(ctx, host_function_name(ctx))) < 0 ||
        define(ctx, context, "memoryLimitInMB", JS_NewNumber(ctx, megabytes)) < 0 ||
        define(ctx, context, "awsRequestId", web_random_uuid(ctx)) < 0) {
        return -1;
    }
    if (define(ctx, context, "clockIsSet", JS_NewCFunction(ctx, web_clock_is_set, "clockIsSet", 0)) < 0) {
        return -1;
    }
    return define(
        ctx, context, "getRemainingTimeInMillis", JS_NewCFunction(ctx, remaining_time, "getRemainingTimeInMillis", 0));
}

// ---- done ----

// done(response), done(null, response) or done(error); the first call counts, as on AWS.
static JSValue done(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    web_t *web = isolate_web(ctx);
    if (!JS_IsUninitialized(web->done_value)) {
        return JS_UNDEFINED;
    }
    bool no_error = argc == 0 || JS_IsUndefined(argv[0]) || JS_IsNull(argv[0]);
    bool only_response = argc == 1 && !JS_IsError(argv[0]);
    web->done_failed = !no_error && !only_response;
    web->done_value = argc == 0 ? JS_UNDEFINED : JS_DupValue(ctx, no_error && argc > 1 ? argv[1] : argv[0]);
    return JS_UNDEFINED;
}

JSValue web_lambda_call(JSContext *ctx, const web_request_t *request) {
    web_t *web = isolate_web(ctx);
    JSValue event = JS_NewObject(ctx);
    JSValue context = JS_NewObject(ctx);
    JSValue callback = JS_NewCFunction(ctx, done, "done", 1);
    JSValue result = JS_EXCEPTION;
    if (!JS_IsException(event) && !JS_IsException(context) && !JS_IsException(callback) &&
        fill_event(ctx, event, request) == 0 && fill_context(ctx, context) == 0) {
        result = JS_Call(ctx, web->handler, web->handler_this, 3, (JSValueConst[]){event, context, callback});
    }
    JS_FreeValues(ctx, callback, context, event);
    return result;
}

// ---- the result ----

// Why a result is not usable. The functions below return one of the outcomes, WEB_ANSWERED for "fine so far".
static web_outcome_t bad(JSContext *ctx, const char *message) {
    JS_ThrowTypeError(ctx, "the handler's result: %s", message);
    return WEB_BAD_RESULT;
}

static web_outcome_t take_status(JSContext *ctx, JSValueConst result, web_response_t *out) {
    JSValue value = JS_GetPropertyStr(ctx, result, "statusCode");
    if (JS_IsException(value)) {
        return WEB_THREW;
    }
    double status = 0;
    bool number = JS_IsNumber(value) && JS_ToFloat64(ctx, &status, value) == 0;
    JS_FreeValue(ctx, value);
    if (!number || !(status >= 200 && status <= 599) || status != (double)(int)status) {
        return bad(ctx, "statusCode must be an integer from 200 to 599");
    }
    out->status = (int)status;
    return WEB_ANSWERED;
}

static web_outcome_t add_header(JSContext *ctx, web_headers_t *headers, JSValueConst name, JSValueConst value) {
    if (JS_IsUndefined(value)) {
        return WEB_ANSWERED;
    }
    if (!JS_IsString(value) && !JS_IsNumber(value) && !JS_IsBool(value)) {
        const char *text = JS_ToCString(ctx, name);
        if (text == NULL) {
            return WEB_THREW;
        }
        JS_ThrowTypeError(ctx, "the handler's result: header %.60s must be a string, number or boolean", text);
        JS_FreeCString(ctx, text);
        return WEB_BAD_RESULT;
    }
    return web_headers_append(ctx, headers, name, value) < 0 ? WEB_BAD_RESULT : WEB_ANSWERED;
}

static web_outcome_t add_headers(JSContext *ctx, web_headers_t *headers, JSValueConst name, JSValueConst list) {
    int64_t count;
    if (!JS_IsArray(list)) {
        return bad(ctx, "multiValueHeaders must hold arrays");
    }
    if (JS_GetLength(ctx, list, &count) < 0) {
        return WEB_THREW;
    }
    web_outcome_t outcome = WEB_ANSWERED;
    for (int64_t i = 0; i < count && outcome == WEB_ANSWERED; i++) {
        JSValue value = JS_GetPropertyInt64(ctx, list, i);
        outcome = JS_IsException(value) ? WEB_THREW : add_header(ctx, headers, name, value);
        JS_FreeValue(ctx, value);
    }
    return outcome;
}

// Reads `headers` or `multiValueHeaders`.
static web_outcome_t take_headers(JSContext *ctx, JSValueConst object, web_headers_t *headers, bool lists) {
    if (JS_IsUndefined(object) || JS_IsNull(object)) {
        return WEB_ANSWERED;
    }
    JSPropertyEnum *names;
    uint32_t count;
    if (!JS_IsObject(object) || JS_IsArray(object)) {
        return bad(ctx, lists ? "multiValueHeaders must be an object" : "headers must be an object");
    }
    if (JS_GetOwnPropertyNames(ctx, &names, &count, object, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0) {
        return WEB_THREW;
    }
    web_outcome_t outcome = WEB_ANSWERED;
    for (uint32_t i = 0; i < count && outcome == WEB_ANSWERED; i++) {
        JSValue name = JS_AtomToString(ctx, names[i].atom);
        JSValue value = JS_GetProperty(ctx, object, names[i].atom);
        if (JS_IsException(name) || JS_IsException(value)) {
            outcome = WEB_THREW;
        } else {
            outcome = lists ? add_headers(ctx, headers, name, value) : add_header(ctx, headers, name, value);
        }
        JS_FreeValues(ctx, value, name);
    }
    JS_FreePropertyEnum(ctx, names, count);
    return outcome;
}

static web_outcome_t take_header_objects(JSContext *ctx, JSValueConst result, web_headers_t *headers) {
    static const char *const names[] = {"headers", "multiValueHeaders"};
    web_outcome_t outcome = WEB_ANSWERED;
    for (int i = 0; i < WEB_COUNT(names) && outcome == WEB_ANSWERED; i++) {
        JSValue object = JS_GetPropertyStr(ctx, result, names[i]);
        outcome = JS_IsException(object) ? WEB_THREW : take_headers(ctx, object, headers, i == 1);
        JS_FreeValue(ctx, object);
    }
    return outcome;
}

static web_outcome_t decode_body(JSContext *ctx, web_response_t *out) {
    char *bytes = js_malloc(ctx, out->body.len + 1); // stays: `out` points to it
    if (bytes == NULL) {
        return WEB_THREW;
    }
    size_t len;
    if (!base_base64_decode(bytes, &len, out->body.data, out->body.len)) {
        js_free(ctx, bytes);
        return bad(ctx, "isBase64Encoded is true, but the body is no base64");
    }
    out->body = (web_slice_t){bytes, len};
    return WEB_ANSWERED;
}

// The body as text: a string as it is, an object as JSON, nothing as "". *type is the content type that goes with it.
static web_outcome_t body_text(JSContext *ctx, JSValueConst body, JSValue *text, const char **type) {
    *type = WEB_TYPE_TEXT;
    *text = JS_UNDEFINED;
    if (JS_IsUndefined(body) || JS_IsNull(body)) {
        *type = NULL;
        return WEB_ANSWERED;
    }
    if (JS_IsString(body)) {
        *text = JS_DupValue(ctx, body);
        return WEB_ANSWERED;
    }
    if (!JS_IsObject(body) || JS_IsFunction(ctx, body)) {
        return bad(ctx, "body must be a string or an object");
    }
    *type = WEB_TYPE_JSON;
    *text = JS_JSONStringify(ctx, body, JS_UNDEFINED, JS_UNDEFINED);
    if (JS_IsUndefined(*text)) {
        return bad(ctx, "body cannot be written as JSON");
    }
    return JS_IsException(*text) ? WEB_THREW : WEB_ANSWERED;
}

static web_outcome_t take_body(JSContext *ctx, JSValueConst result, web_response_t *out, const char **type) {
    JSValue body = JS_GetPropertyStr(ctx, result, "body");
    JSValue encoded = JS_GetPropertyStr(ctx, result, "isBase64Encoded");
    int is_base64 = JS_IsException(body) || JS_IsException(encoded) ? -1 : JS_ToBool(ctx, encoded);
    JSValue text = JS_UNDEFINED;
    web_outcome_t outcome = is_base64 < 0 ? WEB_THREW : body_text(ctx, body, &text, type);
    out->body = (web_slice_t){"", 0};
    if (outcome == WEB_ANSWERED && !JS_IsUndefined(text)) {
        out->body.data = web_usv_string(ctx, &out->body.len, text); // stays: `out` points to it
        outcome = out->body.data == NULL ? WEB_THREW : WEB_ANSWERED;
    }
    if (outcome == WEB_ANSWERED && is_base64 && out->body.len > 0) {
        *type = JS_IsString(body) ? "application/octet-stream" : *type;
        outcome = JS_IsString(body) ? decode_body(ctx, out) : bad(ctx, "isBase64Encoded needs a string as body");
    }
    JS_FreeValues(ctx, text, encoded, body);
    return outcome;
}

web_outcome_t web_lambda_result(JSContext *ctx, JSValueConst result, web_response_t *out) {
    if (!JS_IsObject(result)) {
        return bad(ctx, "must be an object { statusCode, headers, body }, returned or given to done()");
    }
    web_headers_t *headers = web_headers_new(ctx); // stays: `out` points into it
    if (headers == NULL) {
        return WEB_THREW;
    }
    const char *type = NULL;
    web_outcome_t outcome = take_status(ctx, result, out);
    if (outcome == WEB_ANSWERED) {
        outcome = take_header_objects(ctx, result, headers);
    }
    if (outcome == WEB_ANSWERED) {
        outcome = take_body(ctx, result, out, &type);
    }
    if (outcome == WEB_ANSWERED && out->body.len > 0 && web_is_null_body_status(out->status)) {
        outcome = bad(ctx, "statusCode 204, 205 and 304 do not go with a body");
    }
    if (outcome == WEB_ANSWERED && type != NULL && !web_headers_has(headers, "content-type") &&
        web_headers_put(ctx, headers, "content-type", type) < 0) {
        outcome = WEB_THREW;
    }
    if (outcome == WEB_ANSWERED) {
        web_response_headers(headers, out);
    } else {
        web_headers_free(JS_GetRuntime(ctx), headers);
    }
    return outcome;
}

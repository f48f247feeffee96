// The Lambda shape: event, context and done for the handler, and the object that it answers with.

#include <string.h>

#include "base_base64.h"
#include "web/web_private.h"

// Defines obj[name] as an own property, whatever setters or prototypes say. Takes `value`.
static void lambda_define(JSContext *ctx, JSValueConst obj, const char *name, JSValue value) {
    JS_DefinePropertyValueStr(ctx, obj, name, value, JS_PROP_C_W_E);
}

static JSValue latin1(JSContext *ctx, base_slice_t slice) {
    return web_latin1_string(ctx, slice.data, slice.len);
}

static JSValue base64_string(JSContext *ctx, base_slice_t bytes) {
    char *text = js_malloc(ctx, BASE_BASE64_SIZE(bytes.len));
    JSValue string = JS_NewStringLen(ctx, text, base_base64_encode(text, bytes.data, bytes.len));
    js_free(ctx, text);
    return string;
}

// ---- event and context ----

// Two strings with a separator between them.
static JSValue joined(JSContext *ctx, JSValueConst before, const char *separator, JSValueConst after) {
    size_t before_len, after_len;
    const char *before_text = JS_ToCStringLen(ctx, &before_len, before);
    const char *after_text = JS_ToCStringLen(ctx, &after_len, after);
    web_buf_t text = {0};
    web_buf_put(ctx, &text, before_text, before_len);
    web_buf_put_text(ctx, &text, separator);
    web_buf_put(ctx, &text, after_text, after_len);
    JS_FreeCString(ctx, after_text);
    JS_FreeCString(ctx, before_text);
    return web_buf_string(ctx, &text);
}

// Adds a string to object[name]: what is there already stays before it, with the separator between them.
static void define_joined(JSContext *ctx, JSValueConst object, JSAtom name, JSValue value, const char *separator) {
    JSPropertyDescriptor before;
    if (JS_GetOwnProperty(ctx, &before, object, name) > 0) {
        JSValue both = joined(ctx, before.value, separator, value);
        JS_FreeValues(ctx, before.value, before.getter, before.setter, value);
        value = both;
    }
    JS_DefinePropertyValue(ctx, object, name, value, JS_PROP_C_W_E);
}

static JSValue headers_object(JSContext *ctx, base_slice_t lines) {
    web_headers_t *headers = web_headers_parse(ctx, lines);
    JSValue object = JS_NewObject(ctx);
    base_slice_t name, value;
    for (size_t pos = 0; web_headers_line(headers, &pos, &name, &value);) {
        // RFC 9113, section 8.2.3.
        const char *separator = base_equal_nocase(name.data, name.len, "cookie") ? "; " : ", ";
        JSAtom atom = JS_NewAtomLen(ctx, name.data, name.len);
        define_joined(ctx, object, atom, latin1(ctx, value), separator);
        JS_FreeAtom(ctx, atom);
    }
    web_headers_free(JS_GetRuntime(ctx), headers);
    return object;
}

static JSValue query_object(JSContext *ctx, base_slice_t query) {
    JSValue object = JS_NewObject(ctx);
    base_slice_t name, value;
    while (web_form_next(&query, &name, &value)) {
        JSValue key = web_form_string(ctx, name);
        JSAtom atom = JS_ValueToAtom(ctx, key);
        JS_DefinePropertyValue(ctx, object, atom, web_form_string(ctx, value), JS_PROP_C_W_E);
        JS_FreeAtom(ctx, atom);
        JS_FreeValue(ctx, key);
    }
    return object;
}

static void define_body(JSContext *ctx, JSValueConst event, const isolate_request_t *request) {
    base_slice_t body = request->body;
    bool binary = request->has_body && !base_is_utf8(body.data, body.len);
    JSValue value = JS_NULL;
    if (binary) {
        value = base64_string(ctx, body);
    } else if (request->has_body) {
        value = JS_NewStringLen(ctx, body.data, body.len);
    }
    lambda_define(ctx, event, "body", value);
    lambda_define(ctx, event, "isBase64Encoded", JS_NewBool(ctx, binary));
}

// The peer's address, where AWS has it.
static JSValue request_context(JSContext *ctx, base_slice_t peer) {
    JSValue context = JS_NewObject(ctx);
    JSValue identity = JS_NewObject(ctx);
    lambda_define(ctx, identity, "sourceIp", latin1(ctx, peer));
    lambda_define(ctx, context, "identity", identity);
    return context;
}

static JSValue make_event(JSContext *ctx, const isolate_request_t *request) {
    base_slice_t path = request->target, query = {NULL, 0};
    const char *mark = path.len == 0 ? NULL : memchr(path.data, '?', path.len);
    if (mark != NULL) {
        path.len = (size_t)(mark - path.data);
        query = (base_slice_t){mark + 1, request->target.len - path.len - 1};
    }

    JSValue event = JS_NewObject(ctx);
    lambda_define(ctx, event, "httpMethod", latin1(ctx, request->method));
    lambda_define(ctx, event, "path", latin1(ctx, path));
    lambda_define(ctx, event, "headers", headers_object(ctx, request->headers));
    lambda_define(ctx, event, "query", query_object(ctx, query));
    lambda_define(ctx, event, "queryStringParameters", query_object(ctx, query));
    define_body(ctx, event, request);
    lambda_define(ctx, event, "requestContext", request_context(ctx, request->peer));
    return event;
}

static JSValue remaining_time(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc, (void)argv;
    return JS_NewUint32(ctx, host_remaining_ms(ctx));
}

static JSValue make_context(JSContext *ctx) {
    double megabytes = (double)host_memory_limit(ctx) / (1024 * 1024);
    JSValue context = JS_NewObject(ctx);
    lambda_define(ctx, context, "functionName", JS_NewString(ctx, host_function_name(ctx)));
    lambda_define(ctx, context, "memoryLimitInMB", JS_NewNumber(ctx, megabytes));
    lambda_define(ctx, context, "awsRequestId", web_random_uuid(ctx));
    lambda_define(ctx, context, "clockIsSet", JS_NewCFunction(ctx, web_clock_is_set, "clockIsSet", 0));
    lambda_define(
        ctx, context, "getRemainingTimeInMillis", JS_NewCFunction(ctx, remaining_time, "getRemainingTimeInMillis", 0));
    return context;
}

// ---- done ----

// done(response), done(null, response) or done(error); the first call counts, as on AWS.
static JSValue done(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    web_t *web = web_of(ctx);
    if (!JS_IsUninitialized(web->done_value)) {
        return JS_UNDEFINED;
    }
    JSValueConst first = argc > 0 ? argv[0] : JS_UNDEFINED;
    bool no_error = JS_IsUndefined(first) || JS_IsNull(first);
    bool only_response = argc == 1 && !JS_IsError(first);
    web->done_failed = !no_error && !only_response;
    web->done_value = JS_DupValue(ctx, no_error && argc > 1 ? argv[1] : first);
    return JS_UNDEFINED;
}

JSValue web_lambda_call(JSContext *ctx, const isolate_request_t *request) {
    const web_t *web = web_of(ctx);
    JSValue args[] = {make_event(ctx, request), make_context(ctx), JS_NewCFunction(ctx, done, "done", 1)};
    JSValue result = JS_Call(ctx, web->handler, web->handler_this, BASE_COUNT(args), args);
    JS_FreeValues(ctx, args[0], args[1], args[2]);
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
    bool number = JS_IsNumber(value) && JS_ToFloat64(ctx, &status, value) == 0;
    JS_FreeValue(ctx, value);
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

extension_outcome_t web_lambda_result(JSContext *ctx, JSValueConst result, isolate_response_t *out) {
    if (!JS_IsObject(result)) {
        return bad(ctx, "must be an object { statusCode, headers, body }, returned or given to done()");
    }

    web_headers_t *headers = web_headers_new(ctx); // stays: `out` points into it
    const char *type = NULL;
    extension_outcome_t outcome = take_status(ctx, result, out);
    if (outcome == EXTENSION_ANSWERED) {
        outcome = take_header_objects(ctx, result, headers);
    }
    if (outcome == EXTENSION_ANSWERED) {
        outcome = take_body(ctx, result, out, &type);
    }
    if (outcome == EXTENSION_ANSWERED && out->body.len > 0 && web_is_null_body_status(out->status)) {
        outcome = bad(ctx, "statusCode 204, 205 and 304 do not go with a body");
    }

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

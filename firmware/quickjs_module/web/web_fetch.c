// fetch() (Fetch standard, sections 4 and 5.6). What reaches others is Python's: one operation for each request that is
// sent, of which following a redirect takes another.

#include <string.h>
#include "events/event.h"
#include "web/web_url.h"

#define REDIRECTS_MAX (20) // Fetch standard, section 4.4

static web_request_t *request_of(JSValueConst value) {
    return web_class_get(WEB_REQUEST, value);
}

// The string that a slice of ASCII is.
static JSValue ascii_string(JSContext *ctx, const web_buf_t *buf) {
    return JS_NewStringLen(ctx, buf->len > 0 ? buf->data : "", buf->len);
}

// ---- sending ----

static bool is_streamed(const web_request_t *request) {
    return web_body_present(&request->message.body) && web_body_is_pending(&request->message.body);
}

static JSValue fetch_answered(JSContext *ctx, JSValueConst subject, bool rejected, JSValueConst value);

static JSValue body_value(JSContext *ctx, const web_body_t *body) {
    const char *cstring;
    if (!web_body_present(body)) {
        return JS_NULL;
    }
    base_slice_t bytes = web_body_bytes(ctx, body, &cstring);
    engine_need(ctx, ENGINE_TYPED_ARRAYS);
    JSValue value = JS_NewUint8ArrayCopy(ctx, (const uint8_t *)(bytes.len > 0 ? bytes.data : ""), bytes.len);
    JS_FreeCString(ctx, cstring);
    return value;
}

// Path and query.
static JSValue target_value(JSContext *ctx, const web_url_t *url) {
    web_buf_t target = {0};
    web_buf_put(ctx, &target, url->path.data, url->path.len);
    if (url->has_query) {
        web_buf_put(ctx, &target, "?", 1);
        web_buf_put(ctx, &target, url->query.data, url->query.len);
    }
    JSValue value = ascii_string(ctx, &target);
    js_free(ctx, target.data);
    return value;
}

// What stands for a body whose parts follow in operations: its length, or -1 where that is not known.
static JSValue body_length(JSContext *ctx, const web_body_t *body) {
    return JS_NewInt64(ctx, stream_fixed_length(body->stream));
}

// A promise of the response to a request that is sent to a URL.
static JSValue fetch_send_to(JSContext *ctx, JSValueConst object, const web_url_t *url) {
    web_request_t *request = request_of(object);
    web_headers_t *headers = web_message_headers(ctx, &request->message);
    bool secure = web_url_scheme_is(url, "https");
    int default_port = secure ? 443 : 80;
    bool is_service = !JS_IsUndefined(request->service);
    JSValue args[] = {
        JS_DupValue(ctx, web_request_method(ctx, request)),
        JS_NewBool(ctx, secure),
        ascii_string(ctx, &url->host),
        JS_NewInt32(ctx, url->port >= 0 ? url->port : default_port),
        target_value(ctx, url),
        web_latin1_string(ctx, headers->lines.data, headers->lines.len),
        is_streamed(request) ? body_length(ctx, &request->message.body) : body_value(ctx, &request->message.body),
        JS_DupValue(ctx, request->service),
    };

    const char *name = is_service ? "fetch.service" : "fetch";
    int count = is_service ? BASE_COUNT(args) : BASE_COUNT(args) - 1;
    JSValue operation = host_op(ctx, name, count, (JSValueConst *)args);
    for (int i = 0; i < BASE_COUNT(args); i++) {
        JS_FreeValue(ctx, args[i]);
    }
    if (JS_IsException(operation)) {
        return operation;
    }
    request->operation = host_last_op(ctx);
    JSValue promise = stream_then(ctx, operation, fetch_answered, object);
    JS_FreeValue(ctx, operation);
    return promise;
}

// As fetch_send_to, to the request's own URL.
static JSValue fetch_send(JSContext *ctx, JSValueConst object) {
    base_slice_t text;
    text.data = engine_usv_string(ctx, &text.len, web_request_url(ctx, request_of(object)));
    web_url_t *url = web_url_new(ctx);
    bool valid =
        web_url_parse(ctx, url, text, NULL) && (web_url_scheme_is(url, "https") || web_url_scheme_is(url, "http"));
    JS_FreeCString(ctx, text.data);
    JSValue promise =
        valid ? fetch_send_to(ctx, object, url) : JS_ThrowTypeError(ctx, "fetch: only http and https are known");
    web_url_free(JS_GetRuntime(ctx), url);
    return promise;
}

// ---- redirects ----

// The URL that Location means, which the request has then. 0, or -1 with a pending exception.
static int redirect_url(JSContext *ctx, web_request_t *request, base_slice_t location, bool *same_origin) {
    JSRuntime *rt = JS_GetRuntime(ctx);
    base_slice_t text;
    text.data = engine_usv_string(ctx, &text.len, request->url);
    web_url_t *base = web_url_new(ctx), *url = web_url_new(ctx);
    bool valid = web_url_parse(ctx, base, text, NULL) && web_url_parse(ctx, url, location, base);
    JS_FreeCString(ctx, text.data);
    if (valid) {
        *same_origin = base->port == url->port && base->host.len == url->host.len &&
                       memcmp(base->host.data, url->host.data, url->host.len) == 0 &&
                       web_url_scheme_is(base, "https") == web_url_scheme_is(url, "https");
        JS_FreeValue(ctx, request->url);
        request->url = web_url_string(ctx, url);
    } else {
        JS_ThrowTypeError(ctx, "fetch: redirected to what is no URL");
    }
    web_url_free(rt, base);
    web_url_free(rt, url);
    return valid ? 0 : -1;
}

static bool is_method(JSContext *ctx, const web_request_t *request, const char *name) {
    const char *method = JS_ToCString(ctx, request->method);
    bool same = strcmp(method, name) == 0;
    JS_FreeCString(ctx, method);
    return same;
}

// The next request is a GET without a body.
static void become_get(JSContext *ctx, web_request_t *request, web_headers_t *headers) {
    JS_FreeValue(ctx, request->method);
    request->method = JS_NewString(ctx, "GET");
    web_body_free(JS_GetRuntime(ctx), &request->message.body);
    request->message.body = (web_body_t){.content = {.text = JS_UNDEFINED}, .stream = JS_UNDEFINED};
    web_headers_remove(headers, "content-encoding");
    web_headers_remove(headers, "content-language");
    web_headers_remove(headers, "content-location");
    web_headers_remove(headers, "content-type");
}

// Fetch standard, section 4.4 (HTTP-redirect fetch).
static JSValue fetch_follow(JSContext *ctx, JSValueConst object, int status, base_slice_t location) {
    web_request_t *request = request_of(object);
    bool same_origin;
    if (request->redirect == WEB_REDIRECT_ERROR) {
        return JS_ThrowTypeError(ctx, "fetch: redirected, which the option redirect: \"error\" makes an error");
    }
    if (request->redirects == REDIRECTS_MAX) {
        return JS_ThrowTypeError(ctx, "fetch: more than %d redirects", REDIRECTS_MAX);
    }
    if (redirect_url(ctx, request, location, &same_origin) < 0) {
        return JS_EXCEPTION;
    }
    if (status != 303 && is_streamed(request)) {
        return JS_ThrowTypeError(ctx, "fetch: redirected, and a body that is a stream cannot be sent again");
    }

    request->redirects++;
    web_headers_t *headers = request->message.headers;
    bool is_get = is_method(ctx, request, "GET") || is_method(ctx, request, "HEAD");
    if ((status == 303 && !is_get) || ((status == 301 || status == 302) && is_method(ctx, request, "POST"))) {
        become_get(ctx, request, headers);
    }
    if (!same_origin) {
        web_headers_remove(headers, "authorization");
        web_headers_remove(headers, "cookie");
        web_headers_remove(headers, "proxy-authorization");
    }
    return fetch_send(ctx, object);
}

// ---- the answer ----

typedef enum {
    ANSWER_STATUS,
    ANSWER_REASON,
    ANSWER_LINES,
    ANSWER_BODY,
    ANSWER_ENDS_SENDING,
    ANSWER_UNPACKS_GZIP,
} answer_t;

static bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

typedef JSValue (*throw_t)(JSContext *ctx, const char *format, ...);

// What a message begins with that says which error it is: another function's.
static const struct {
    const char *prefix;
    throw_t throw;
} error_classes[] = {
    {"Error: ", JS_ThrowPlainError},
    {"RangeError: ", JS_ThrowRangeError},
    {"ReferenceError: ", JS_ThrowReferenceError},
    {"SyntaxError: ", JS_ThrowSyntaxError},
    {"TypeError: ", JS_ThrowTypeError},
};

// The error that says what the Error of an operation says: a TypeError, as what fetch itself fails with is one.
static JSValue fetch_error(JSContext *ctx, JSValueConst error) {
    JSValue value = JS_GetPropertyStr(ctx, error, "message");
    const char *message = JS_ToCString(ctx, value), *text = message;
    throw_t throw = JS_ThrowTypeError;
    for (int i = 0; i < BASE_COUNT(error_classes); i++) {
        size_t length = strlen(error_classes[i].prefix);
        if (strncmp(message, error_classes[i].prefix, length) == 0) {
            throw = error_classes[i].throw;
            text = message + length;
        }
    }
    throw(ctx, "%s", text);
    JS_FreeCString(ctx, message);
    JS_FreeValue(ctx, value);
    return JS_GetException(ctx);
}

static const stream_operations_t body_operations = {"fetch.read", "fetch.cancel", fetch_error};
// The same, of a body that comes as the response's Content-Encoding says.
static const stream_operations_t encoded_body_operations = {"fetch.read", "fetch.cancel", fetch_error};
// The same, of a body that is read without the gzip in which it comes.
static const stream_operations_t unpacked_body_operations = {"fetch.read", "fetch.cancel", fetch_error};

uint32_t web_fetch_untouched(JSValueConst stream) {
    const stream_operations_t *const kinds[] = {&body_operations, &encoded_body_operations, &unpacked_body_operations};
    for (int i = 0; i < BASE_COUNT(kinds); i++) {
        JSValueConst number = stream_operations_untouched(stream, kinds[i]);
        if (JS_IsNumber(number)) {
            return (uint32_t)JS_VALUE_GET_INT(number);
        }
    }
    return 0;
}

bool web_fetch_unpacks_gzip(JSValueConst stream) {
    return JS_IsNumber(stream_operations_untouched(stream, &unpacked_body_operations));
}

bool web_fetch_is_encoded(JSValueConst stream) {
    return JS_IsNumber(stream_operations_untouched(stream, &encoded_body_operations));
}

// Nobody wants the body, of which `number` is what the operation gave.
static void drop_body(JSContext *ctx, JSValueConst number) {
    if (JS_IsNumber(number)) {
        JSValue promise = host_op(ctx, body_operations.cancel, 1, &number);
        if (JS_IsException(promise)) {
            promise = JS_GetException(ctx);
        } else {
            JS_PromiseMarkAsHandled(ctx, promise);
        }
        JS_FreeValue(ctx, promise);
    }
}

// Where a redirect is to be followed to; data is NULL where none is.
static base_slice_t redirected_to(JSContext *ctx, const web_request_t *request, int status, base_slice_t lines) {
    if (request->redirect == WEB_REDIRECT_MANUAL || !is_redirect(status)) {
        return (base_slice_t){NULL, 0};
    }
    web_headers_t *headers = web_headers_parse(ctx, lines);
    base_slice_t found = web_headers_find(headers, "location"), location = {NULL, 0};
    if (found.data != NULL) {
        char *copy = js_malloc(ctx, found.len + 1);
        memcpy(copy, found.data, found.len);
        location = (base_slice_t){copy, found.len};
    }
    web_headers_free(JS_GetRuntime(ctx), headers);
    return location;
}

// The response of what the operation gave.
static JSValue fetch_response(
    JSContext *ctx, const web_request_t *request, int status, base_slice_t lines, JSValueConst value) {
    JSValue reason = JS_GetPropertyUint32(ctx, value, ANSWER_REASON);
    JSValue body = JS_GetPropertyUint32(ctx, value, ANSWER_BODY);
    bool unpacks = JS_ToBool(ctx, JS_GetPropertyUint32(ctx, value, ANSWER_UNPACKS_GZIP));
    web_headers_t *headers = web_headers_parse(ctx, lines);
    bool encoded = !unpacks && web_headers_has(headers, "content-encoding");
    if (JS_IsNumber(body)) {
        const stream_operations_t *operations = encoded ? &encoded_body_operations : &body_operations;
        body = stream_of_operations(ctx, unpacks ? &unpacked_body_operations : operations, body);
    }
    JSValue response = web_response_received(ctx, status, reason, headers, body, encoded, request);
    JS_FreeValue(ctx, body);
    JS_FreeValue(ctx, reason);
    return response;
}

// What the operation gave: [status, reason, header lines, body, whether the rest of the request's body is not wanted,
// whether the body is not in the gzip that its header says], the body being bytes, null, or a number where it is still
// to be read.
static JSValue fetch_take(JSContext *ctx, JSValueConst subject, JSValueConst value) {
    web_request_t *request = request_of(subject);
    int32_t status;
    JSValue number = JS_GetPropertyUint32(ctx, value, ANSWER_STATUS);
    JS_ToInt32(ctx, &status, number);
    JSValue held = JS_GetPropertyUint32(ctx, value, ANSWER_LINES);
    base_slice_t lines;
    engine_buffer_source(ctx, held, &lines);

    JSValue result;
    base_slice_t location = redirected_to(ctx, request, status, lines);
    if (location.data != NULL) {
        JSValue body = JS_GetPropertyUint32(ctx, value, ANSWER_BODY);
        drop_body(ctx, body);
        JS_FreeValue(ctx, body);
        result = fetch_follow(ctx, subject, status, location);
        js_free(ctx, (void *)(uintptr_t)location.data);
    } else {
        result = fetch_response(ctx, request, status, lines, value);
    }
    JS_FreeValue(ctx, held);
    return result;
}

// ---- a body that is a stream ----

// Nobody wants the rest of the body.
static void stop_sending(JSContext *ctx, const web_request_t *request, JSValueConst reason) {
    if (!JS_IsUndefined(request->pump) && stream_pump_state(request->pump) == STREAM_PUMP_OPEN) {
        JSValue promise = stream_pump_cancel(ctx, request->pump, reason);
        JS_PromiseMarkAsHandled(ctx, promise);
        JS_FreeValue(ctx, promise);
    }
}

// The stream's failure is that of fetch(), unless the response has come; then its body is cut off.
static void sending_failed(JSContext *ctx, const web_request_t *request, JSValueConst error) {
    host_cancel_op(ctx, request->operation);
    engine_promise_reject(ctx, request->answer, error);
}

// The pump is open no more.
static void sending_ended(JSContext *ctx, JSValueConst object, JSValueConst pump) {
    const web_request_t *request = request_of(object);
    stream_pump_state_t state = stream_pump_state(pump);
    JSValueConst args[] = {JS_NewUint32(ctx, request->upload), JS_NewBool(ctx, state == STREAM_PUMP_ENDED)};
    JSValue promise = host_op(ctx, "fetch.end", BASE_COUNT(args), args);
    if (JS_IsException(promise)) {
        JSValue error = JS_GetException(ctx);
        sending_failed(ctx, request, error);
        JS_FreeValue(ctx, error);
        return;
    }
    JS_PromiseMarkAsHandled(ctx, promise);
    web_wait_until(ctx, promise); // the handler may have its answer, and end, before Python knows that this was all
    if (state == STREAM_PUMP_FAILED) {
        sending_failed(ctx, request, stream_pump_error(pump));
    }
    if (!JS_IsUndefined(request->sent)) {
        engine_promise_resolve(ctx, request->sent, JS_UNDEFINED);
    }
}

static const stream_sink_t upload = {"fetch.write", sending_ended};

// The operation has settled while the body is being sent.
static void sending_answered(JSContext *ctx, web_request_t *request, bool rejected, JSValueConst value) {
    if (JS_IsUndefined(request->pump) || stream_pump_state(request->pump) != STREAM_PUMP_OPEN) {
        return;
    }
    JSValue ends = rejected ? JS_TRUE : JS_GetPropertyUint32(ctx, value, ANSWER_ENDS_SENDING);
    if (JS_ToBool(ctx, ends)) {
        JS_ThrowTypeError(ctx, "fetch: the rest of the request's body is not wanted");
        JSValue reason = JS_GetException(ctx);
        stop_sending(ctx, request, reason);
        JS_FreeValue(ctx, reason);
    } else if (JS_IsUndefined(request->sent)) {
        request->sent = engine_promise_new(ctx);
        web_wait_until(ctx, JS_DupValue(ctx, request->sent));
    }
}

// The operation has settled. No code of the handler's is running, so errors get the stack that fetch() was called with.
static JSValue fetch_answered(JSContext *ctx, JSValueConst subject, bool rejected, JSValueConst value) {
    sending_answered(ctx, request_of(subject), rejected, value);
    JSValue result = rejected ? JS_Throw(ctx, fetch_error(ctx, value)) : fetch_take(ctx, subject, value);
    if (JS_IsException(result)) {
        JSValue error = JS_GetException(ctx);
        if (JS_IsError(error)) {
            JSValue stack = JS_DupValue(ctx, request_of(subject)->stack);
            JS_DefinePropertyValueStr(ctx, error, "stack", stack, JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
        }
        JS_Throw(ctx, error);
    }
    return result;
}

// ---- the function ----

static JSValue fetch_begin(JSContext *ctx, JSValueConst object) {
    web_request_t *request = request_of(object);
    web_headers_t *headers = web_message_headers(ctx, &request->message);
    headers->immutable = false;
    web_headers_remove(headers, "host");   // it follows from the URL
    web_headers_remove(headers, "expect"); // a 100 is for who sends the body, which the client has done
    return fetch_send(ctx, object);
}

// The signal is aborted.
static void fetch_abort(JSContext *ctx, JSValueConst signal, JSValueConst object) {
    web_request_t *request = request_of(object);
    JSValue reason = event_signal_reason(ctx, signal);
    sending_failed(ctx, request, reason);
    stop_sending(ctx, request, reason);
    JS_FreeValue(ctx, reason);
}

// Likewise, when the response has come and the body is still being sent.
static void abort_sending(JSContext *ctx, JSValueConst signal, JSValueConst object) {
    JSValue reason = event_signal_reason(ctx, signal);
    stop_sending(ctx, request_of(object), reason);
    JS_FreeValue(ctx, reason);
}

static void abort_body(JSContext *ctx, JSValueConst signal, JSValueConst stream) {
    JSValue reason = event_signal_reason(ctx, signal);
    stream_fail(ctx, stream, reason);
    JS_FreeValue(ctx, reason);
}

static JSValue fetch_settle(JSContext *ctx, JSValueConst object, bool rejected, JSValueConst value) {
    web_request_t *request = request_of(object);
    bool abortable = event_is_signal(request->signal);
    if (abortable) {
        event_signal_remove(ctx, request->signal, fetch_abort, object);
    }
    if (rejected) {
        engine_promise_reject(ctx, request->answer, value);
    } else {
        JSValueConst stream = web_response_stream(value);
        if (abortable && stream_is(stream)) {
            event_signal_add(ctx, request->signal, abort_body, stream);
        }
        if (abortable && !JS_IsUndefined(request->sent)) {
            event_signal_add(ctx, request->signal, abort_sending, object);
        }
        engine_promise_resolve(ctx, request->answer, value);
    }
    return JS_UNDEFINED;
}

// As fetch_begin, for a request that has a signal, or a stream as its body.
static JSValue fetch_begin_rejectable(JSContext *ctx, JSValueConst object) {
    web_request_t *request = request_of(object);
    bool abortable = event_is_signal(request->signal);
    if (abortable && event_signal_is_aborted(request->signal)) {
        return JS_Throw(ctx, event_signal_reason(ctx, request->signal));
    }
    JSValue promise = fetch_begin(ctx, object);
    if (JS_IsException(promise)) {
        return promise;
    }
    request->answer = engine_promise_new(ctx);
    if (abortable) {
        event_signal_add(ctx, request->signal, fetch_abort, object);
    }
    JS_FreeValue(ctx, stream_then(ctx, promise, fetch_settle, object));
    JS_FreeValue(ctx, promise);
    if (is_streamed(request)) {
        request->upload = request->operation;
        request->pump = stream_pump_new(ctx, request->message.body.stream, &upload, request->upload, object);
    }
    return JS_DupValue(ctx, request->answer);
}

JSValue web_fetch_service(JSContext *ctx, JSValueConst service, int argc, JSValueConst *argv) {
    if (web_check_args(ctx, argc, 1) < 0) {
        return JS_EXCEPTION;
    }
    // The request is the call's own, whatever the script does with what it has given.
    JSValue object = web_request_from(ctx, argv[0], argc > 1 ? argv[1] : JS_UNDEFINED);
    if (JS_IsException(object)) {
        return object;
    }
    web_request_t *request = request_of(object);
    request->service = JS_DupValue(ctx, service);
    request->stack = host_stack(ctx);
    bool rejectable = event_is_signal(request->signal) || is_streamed(request);
    JSValue promise = rejectable ? fetch_begin_rejectable(ctx, object) : fetch_begin(ctx, object);
    JS_FreeValue(ctx, object);
    return promise;
}

JSValue web_fetch(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    JSValue promise = web_fetch_service(ctx, JS_UNDEFINED, argc, argv);
    return JS_IsException(promise) ? web_reject_pending(ctx) : promise;
}

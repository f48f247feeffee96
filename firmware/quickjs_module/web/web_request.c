// Request (Fetch standard, section 5.4).

#include <string.h>
#include "web/web_url.h"

static web_request_t *request_new(JSContext *ctx) {
    web_request_t *request = js_mallocz(ctx, sizeof(*request));
    web_message_init(&request->message);
    request->method = request->url = request->signal = request->answer = request->service = JS_UNDEFINED;
    request->stack = request->pump = request->sent = JS_UNDEFINED;
    return request;
}

static void request_free(JSRuntime *rt, web_request_t *request) {
    if (request != NULL) {
        web_message_free(rt, &request->message);
        JS_FreeValueRT(rt, request->method);
        JS_FreeValueRT(rt, request->url);
        JS_FreeValueRT(rt, request->signal);
        JS_FreeValueRT(rt, request->answer);
        JS_FreeValueRT(rt, request->service);
        JS_FreeValueRT(rt, request->stack);
        JS_FreeValueRT(rt, request->pump);
        JS_FreeValueRT(rt, request->sent);
        web_bytes_free(rt, request->wire);
        js_free_rt(rt, request);
    }
}

// The object of a request, which it takes over; frees it when that fails.
static JSValue request_object(JSContext *ctx, web_request_t *request, JSValueConst new_target) {
    JSValue object = web_class_new(ctx, WEB_REQUEST, new_target);
    if (JS_IsException(object)) {
        request_free(JS_GetRuntime(ctx), request);
    } else {
        JS_SetOpaque(object, request);
    }
    return object;
}

// ---- from the server ----

static base_slice_t keep(web_bytes_t *wire, size_t *at, base_slice_t slice) {
    char *to = wire->data + *at;
    if (slice.len > 0) {
        memcpy(to, slice.data, slice.len);
    }
    *at += slice.len;
    return (base_slice_t){to, slice.len};
}

// Copies all slices into one block, the body last, where the block's NUL follows it.
static web_bytes_t *keep_parts(JSContext *ctx, const isolate_request_t *from, isolate_request_t *parts) {
    size_t len = from->method.len + from->scheme.len + from->host.len + from->target.len + from->headers.len +
                 from->peer.len + from->body.len;
    web_bytes_t *wire = web_bytes_new(ctx, NULL, len);
    size_t at = 0;
    parts->method = keep(wire, &at, from->method);
    parts->scheme = keep(wire, &at, from->scheme);
    parts->host = keep(wire, &at, from->host);
    parts->target = keep(wire, &at, from->target);
    parts->headers = keep(wire, &at, from->headers);
    parts->peer = keep(wire, &at, from->peer);
    parts->body = keep(wire, &at, from->body);
    parts->has_body = from->has_body;
    return wire;
}

JSValue web_request_object(JSContext *ctx, const isolate_request_t *from) {
    web_request_t *request = request_new(ctx);
    request->wire = keep_parts(ctx, from, &request->parts);
    request->message.lines = request->parts.headers;
    request->redirect = WEB_REDIRECT_MANUAL; // what is passed on leaves redirects to the client
    if (from->has_body) {
        web_content_t *content = &request->message.body.content;
        content->bytes = request->wire;
        request->wire->refs++;
        content->data = request->parts.body.data;
        content->len = request->parts.body.len;
    }
    return request_object(ctx, request, JS_UNDEFINED);
}

// Whether the URL parser would leave the text as it is: nothing to encode, no dots that mean something in a path, no
// upper case in the host.
static bool is_plain_url(base_slice_t text, bool host) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool word = base_is((uint8_t)c, host ? BASE_LOWER | BASE_DIGIT : BASE_ALNUM) || c == '-' || c == '_';
        if (!word && (host || c == '\0' || strchr("/?=&+~,;:@!$()*", c) == NULL)) {
            return false;
        }
    }
    return true;
}

// A letter at the end tells a domain from an IPv4 address.
static bool is_plain_host(base_slice_t host) {
    return host.len > 0 && base_is((uint8_t)host.data[host.len - 1], BASE_LOWER) && is_plain_url(host, true);
}

// The URL that the request line and Host mean, as the URL parser writes it; what it refuses stays as it came.
static JSValue make_url(JSContext *ctx, const isolate_request_t *parts) {
    web_buf_t text = {0};
    web_buf_put(ctx, &text, parts->scheme.data, parts->scheme.len);
    web_buf_put_text(ctx, &text, "://");
    web_buf_put(ctx, &text, parts->host.data, parts->host.len);
    if (base_equal_text(parts->target.data, parts->target.len, "*")) {
        web_buf_put_text(ctx, &text, "/"); // RFC 9112, section 3.3: no path
    } else {
        web_buf_put(ctx, &text, parts->target.data, parts->target.len);
    }

    JSValue string = JS_UNDEFINED;
    if (!is_plain_host(parts->host) || !is_plain_url(parts->target, false)) {
        web_url_t *url = web_url_new(ctx);
        if (web_url_parse(ctx, url, (base_slice_t){text.data, text.len}, NULL)) {
            string = web_url_string(ctx, url);
        }
        web_url_free(JS_GetRuntime(ctx), url);
    }
    if (JS_IsUndefined(string)) {
        string = web_utf8_string(ctx, text.data, text.len, false);
    }
    js_free(ctx, text.data);
    return string;
}

JSValueConst web_request_url(JSContext *ctx, web_request_t *request) {
    if (JS_IsUndefined(request->url)) {
        request->url = make_url(ctx, &request->parts);
    }
    return request->url;
}

JSValueConst web_request_method(JSContext *ctx, web_request_t *request) {
    if (JS_IsUndefined(request->method)) {
        request->method = web_latin1_string(ctx, request->parts.method.data, request->parts.method.len);
    }
    return request->method;
}

// ---- from a script ----

// Methods that are written so whatever their case is, as in the standard, and PATCH as in Workers; and those that the
// standard forbids.
static const char *const normalized_methods[] = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"};
static const char *const forbidden_methods[] = {"CONNECT", "TRACE", "TRACK"};

static JSValue checked_method(JSContext *ctx, JSValueConst value) {
    base_slice_t slice;
    slice.data = JS_ToCStringLen(ctx, &slice.len, value);
    if (slice.data == NULL) {
        return JS_EXCEPTION;
    }

    JSValue method = JS_UNDEFINED;
    for (int i = 0; i < BASE_COUNT(normalized_methods) && JS_IsUndefined(method); i++) {
        if (base_equal_nocase(slice.data, slice.len, normalized_methods[i])) {
            method = JS_NewString(ctx, normalized_methods[i]);
        }
    }
    for (int i = 0; i < BASE_COUNT(forbidden_methods) && JS_IsUndefined(method); i++) {
        if (base_equal_nocase(slice.data, slice.len, forbidden_methods[i])) {
            method = JS_ThrowTypeError(ctx, "the method %s is not allowed", slice.data);
        }
    }

    if (JS_IsUndefined(method) && web_is_token(slice)) {
        method = JS_NewStringLen(ctx, slice.data, slice.len);
    } else if (JS_IsUndefined(method)) {
        method = JS_ThrowTypeError(ctx, "invalid HTTP method");
    }
    JS_FreeCString(ctx, slice.data);
    return method;
}

// Whether the string is GET or HEAD, which have no body.
static bool is_bodyless(JSContext *ctx, JSValueConst method) {
    const char *name = JS_ToCString(ctx, method);
    bool result = strcmp(name, "GET") == 0 || strcmp(name, "HEAD") == 0;
    JS_FreeCString(ctx, name);
    return result;
}

// Takes method and URL of another request, and what the server gave for it.
static void copy_line(JSContext *ctx, web_request_t *request, web_request_t *other) {
    request->url = JS_DupValue(ctx, web_request_url(ctx, other));
    request->method = JS_DupValue(ctx, web_request_method(ctx, other));
    request->redirect = other->redirect;
    request->signal = JS_DupValue(ctx, other->signal);
    if (other->wire != NULL) {
        request->wire = other->wire;
        request->wire->refs++;
        request->parts = other->parts;
    }
}

// The serialized URL that the value stands for.
static JSValue checked_url(JSContext *ctx, JSValueConst value) {
    base_slice_t text;
    text.data = engine_usv_string(ctx, &text.len, value);
    if (text.data == NULL) {
        return JS_EXCEPTION;
    }

    JSValue string = JS_EXCEPTION;
    web_url_t *url = web_url_new(ctx);
    if (!web_url_parse(ctx, url, text, NULL)) {
        JS_ThrowTypeError(ctx, "Invalid URL: a Request needs an absolute one");
    } else if (url->username.len > 0 || url->password.len > 0) {
        JS_ThrowTypeError(ctx, "the URL of a Request cannot have a user name or password");
    } else {
        string = web_url_string(ctx, url);
    }

    web_url_free(JS_GetRuntime(ctx), url);
    JS_FreeCString(ctx, text.data);
    return string;
}

static int fill_url(JSContext *ctx, web_request_t *request, JSValueConst input) {
    request->url = checked_url(ctx, input);
    request->method = JS_NewString(ctx, "GET");
    return JS_IsException(request->url) ? -1 : 0;
}

static int fill_method(JSContext *ctx, web_request_t *request, JSValueConst init) {
    JSValue value = JS_GetPropertyStr(ctx, init, "method");
    if (JS_IsException(value) || JS_IsUndefined(value)) {
        return JS_IsException(value) ? -1 : 0;
    }
    JSValue method = checked_method(ctx, value);
    JS_FreeValue(ctx, value);
    if (JS_IsException(method)) {
        return -1;
    }
    JS_FreeValue(ctx, request->method);
    request->method = method;
    return 0;
}

static int fill_signal(JSContext *ctx, web_request_t *request, JSValueConst init) {
    JSValue value = JS_GetPropertyStr(ctx, init, "signal");
    if (JS_IsException(value) || JS_IsUndefined(value)) {
        return JS_IsException(value) ? -1 : 0;
    }
    if (!JS_IsNull(value) && !event_is_signal(value)) {
        JS_FreeValue(ctx, value);
        JS_ThrowTypeError(ctx, "signal of a Request must be an AbortSignal");
        return -1;
    }
    JS_FreeValue(ctx, request->signal);
    request->signal = JS_IsNull(value) ? JS_UNDEFINED : value;
    return 0;
}

// By web_redirect_t.
static const char *const redirect_modes[] = {"follow", "error", "manual"};

static int fill_redirect(JSContext *ctx, web_request_t *request, JSValueConst init) {
    JSValue value = JS_GetPropertyStr(ctx, init, "redirect");
    if (JS_IsException(value) || JS_IsUndefined(value)) {
        return JS_IsException(value) ? -1 : 0;
    }
    const char *text = JS_ToCString(ctx, value);
    JS_FreeValue(ctx, value);
    int mode = text == NULL ? BASE_COUNT(redirect_modes) : 0;
    while (mode < BASE_COUNT(redirect_modes) && strcmp(text, redirect_modes[mode]) != 0) {
        mode++;
    }
    if (mode == BASE_COUNT(redirect_modes)) {
        if (text != NULL) {
            JS_ThrowTypeError(ctx, "the option redirect must be follow, error or manual");
        }
        JS_FreeCString(ctx, text);
        return -1;
    }
    request->redirect = (uint8_t)mode;
    JS_FreeCString(ctx, text);
    return 0;
}

// 1 when init has a body, or null for none whatever the other request has, as in Workers; 0 when not, -1 with a pending
// exception.
static int fill_body(JSContext *ctx, web_request_t *request, JSValueConst init) {
    JSValue value = JS_GetPropertyStr(ctx, init, "body");
    int result = JS_IsException(value) ? -1 : 0;
    if (result == 0 && !JS_IsUndefined(value)) {
        result = web_message_fill_body(ctx, &request->message, value, NULL) < 0 ? -1 : 1;
    }
    JS_FreeValue(ctx, value);
    return result;
}

// As fill_body.
static int request_fill_init(JSContext *ctx, web_request_t *request, JSValueConst init) {
    if (!JS_IsObject(init)) {
        if (JS_IsUndefined(init) || JS_IsNull(init)) {
            return 0;
        }
        JS_ThrowTypeError(ctx, "the second argument of Request must be an object");
        return -1;
    }
    if (fill_method(ctx, request, init) < 0 || fill_redirect(ctx, request, init) < 0 ||
        fill_signal(ctx, request, init) < 0 || web_message_fill_headers(ctx, &request->message, init) < 0) {
        return -1;
    }
    return fill_body(ctx, request, init);
}

static int refuse_bodyless(JSContext *ctx, const web_request_t *request) {
    if (web_body_present(&request->message.body) && is_bodyless(ctx, request->method)) {
        JS_ThrowTypeError(ctx, "a GET or HEAD request cannot have a body");
        return -1;
    }
    return 0;
}

// Fills a request from another one, or from a URL.
static int request_fill(JSContext *ctx, web_request_t *request, JSValueConst input, JSValueConst init) {
    web_request_t *other = web_class_get(WEB_REQUEST, input);
    if (other != NULL) {
        copy_line(ctx, request, other);
        request->message.headers = web_headers_copy(ctx, web_message_headers(ctx, &other->message));
    } else if (fill_url(ctx, request, input) < 0) {
        return -1;
    }

    int filled = request_fill_init(ctx, request, init);
    if (filled == 0 && other != NULL) {
        filled = web_body_move(ctx, &other->message.body, &request->message.body);
    }
    return filled < 0 ? -1 : refuse_bodyless(ctx, request);
}

static JSValue make_request(JSContext *ctx, JSValueConst new_target, JSValueConst input, JSValueConst init) {
    web_request_t *request = request_new(ctx);
    if (request_fill(ctx, request, input, init) < 0) {
        request_free(JS_GetRuntime(ctx), request);
        return JS_EXCEPTION;
    }
    return request_object(ctx, request, new_target);
}

JSValue web_request_from(JSContext *ctx, JSValueConst input, JSValueConst init) {
    return make_request(ctx, JS_UNDEFINED, input, init);
}

static JSValue request_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    if (web_check_args(ctx, argc, 1) < 0) {
        return JS_EXCEPTION;
    }
    return make_request(ctx, new_target, argv[0], argc > 1 ? argv[1] : JS_UNDEFINED);
}

// ---- the class ----

typedef enum {
    GET_METHOD,
    GET_URL,
    GET_PEER,
    GET_SIGNAL,
    GET_REDIRECT,
} request_getter_t;

static JSValue request_get(JSContext *ctx, JSValueConst this_val, int magic) {
    web_request_t *request = web_class_expect(ctx, WEB_REQUEST, this_val);
    if (request == NULL) {
        return JS_EXCEPTION;
    }
    switch (magic) {
        case GET_METHOD:
            return JS_DupValue(ctx, web_request_method(ctx, request));
        case GET_URL:
            return JS_DupValue(ctx, web_request_url(ctx, request));
        case GET_SIGNAL:
            if (JS_IsUndefined(request->signal)) {
                request->signal = event_signal_new(ctx);
            }
            return JS_DupValue(ctx, request->signal);
        case GET_REDIRECT:
            return JS_NewString(ctx, redirect_modes[request->redirect]);
        default:
            return web_latin1_string(ctx, request->parts.peer.data, request->parts.peer.len);
    }
}

static JSValue request_clone(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    web_request_t *request = web_class_expect(ctx, WEB_REQUEST, this_val);
    if (request == NULL) {
        return JS_EXCEPTION;
    }
    web_request_t *copy = request_new(ctx);
    copy_line(ctx, copy, request);
    if (web_message_clone(ctx, &request->message, &copy->message) < 0) {
        request_free(JS_GetRuntime(ctx), copy);
        return JS_EXCEPTION;
    }
    return request_object(ctx, copy, JS_UNDEFINED);
}

static void request_finalize(JSRuntime *rt, JSValueConst value) {
    request_free(rt, JS_GetAnyOpaque(value, &(JSClassID){0}));
}

static void request_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const web_request_t *request = JS_GetAnyOpaque(value, &(JSClassID){0});
    if (request != NULL) {
        web_message_mark(rt, &request->message, mark);
        JS_MarkValue(rt, request->signal, mark);
        JS_MarkValue(rt, request->answer, mark);
        JS_MarkValue(rt, request->pump, mark);
        JS_MarkValue(rt, request->sent, mark);
    }
}

static const JSCFunctionListEntry request_proto[] = {
    JS_CGETSET_MAGIC_DEF("method", request_get, NULL, GET_METHOD),
    JS_CGETSET_MAGIC_DEF("url", request_get, NULL, GET_URL),
    JS_CGETSET_MAGIC_DEF("peer", request_get, NULL, GET_PEER),
    JS_CFUNC_DEF("clone", 0, request_clone),
    WEB_MESSAGE_PROTO(WEB_REQUEST),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "Request", JS_PROP_CONFIGURABLE),
    JS_CGETSET_MAGIC_DEF("signal", request_get, NULL, GET_SIGNAL),
    JS_CGETSET_MAGIC_DEF("redirect", request_get, NULL, GET_REDIRECT),
    WEB_MESSAGE_RARE_PROTO(WEB_REQUEST),
};

const extension_class_t web_class_request = {
    .def = {.class_name = "Request", .finalizer = request_finalize, .gc_mark = request_mark},
    .constructor = request_construct,
    .length = 1,
    .proto = request_proto,
    .proto_len = BASE_COUNT(request_proto),
    .rare_len = 3,
    .knows = web_knows_name,
};

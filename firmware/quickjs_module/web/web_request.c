// Request (Fetch standard, section 5.4).

#include <string.h>
#include "web/web_url.h"

typedef struct _request_t {
    // What the server gave: one copy, into which the slices point. NULL for a request that a script made.
    web_bytes_t *wire;
    web_request_t parts;
    JSValue method;         // string; undefined until asked for, where wire has it
    JSValue url;            // likewise
    web_headers_t *headers; // NULL until asked for, where wire has them
    JSValue headers_object; // undefined until asked for
    web_body_t body;
} request_t;

static request_t *request_new(JSContext *ctx) {
    request_t *request = js_mallocz(ctx, sizeof(*request));
    if (request != NULL) {
        request->method = request->url = request->headers_object = request->body.text = JS_UNDEFINED;
    }
    return request;
}

static void request_free(JSRuntime *rt, request_t *request) {
    if (request != NULL) {
        JS_FreeValueRT(rt, request->method);
        JS_FreeValueRT(rt, request->url);
        JS_FreeValueRT(rt, request->headers_object);
        web_headers_free(rt, request->headers);
        web_body_free(rt, &request->body);
        web_bytes_free(rt, request->wire);
        js_free_rt(rt, request);
    }
}

// The object of a request, which it takes over; frees it when that fails.
static JSValue request_object(JSContext *ctx, request_t *request, JSValueConst new_target) {
    JSValue object = web_class_new(ctx, WEB_REQUEST, new_target);
    if (JS_IsException(object)) {
        request_free(JS_GetRuntime(ctx), request);
    } else {
        JS_SetOpaque(object, request);
    }
    return object;
}

// ---- from the server ----

static web_slice_t keep(web_bytes_t *wire, size_t *at, web_slice_t slice) {
    char *to = wire->data + *at;
    if (slice.len > 0) {
        memcpy(to, slice.data, slice.len);
    }
    *at += slice.len;
    return (web_slice_t){to, slice.len};
}

// Copies all slices into one block, the body last, where the block's NUL follows it.
static web_bytes_t *keep_parts(JSContext *ctx, const web_request_t *from, web_request_t *parts) {
    size_t len = from->method.len + from->scheme.len + from->host.len + from->target.len + from->headers.len +
                 from->peer.len + from->body.len;
    web_bytes_t *wire = web_bytes_new(ctx, NULL, len);
    if (wire != NULL) {
        size_t at = 0;
        parts->method = keep(wire, &at, from->method);
        parts->scheme = keep(wire, &at, from->scheme);
        parts->host = keep(wire, &at, from->host);
        parts->target = keep(wire, &at, from->target);
        parts->headers = keep(wire, &at, from->headers);
        parts->peer = keep(wire, &at, from->peer);
        parts->body = keep(wire, &at, from->body);
        parts->has_body = from->has_body;
    }
    return wire;
}

JSValue web_request_object(JSContext *ctx, const web_request_t *from) {
    request_t *request = request_new(ctx);
    if (request == NULL) {
        return JS_EXCEPTION;
    }
    request->wire = keep_parts(ctx, from, &request->parts);
    if (request->wire == NULL) {
        request_free(JS_GetRuntime(ctx), request);
        return JS_EXCEPTION;
    }
    if (from->has_body) {
        request->body.bytes = request->wire;
        request->wire->refs++;
        request->body.data = request->parts.body.data;
        request->body.len = request->parts.body.len;
    }
    return request_object(ctx, request, JS_UNDEFINED);
}

// Whether the URL parser would leave the text as it is: nothing to encode, no dots that mean something in a path, no
// upper case in the host.
static bool is_plain(web_slice_t text, bool host) {
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
static bool is_plain_host(web_slice_t host) {
    return host.len > 0 && base_is((uint8_t)host.data[host.len - 1], BASE_LOWER) && is_plain(host, true);
}

// The URL that the request line and Host mean, as the URL parser writes it; what it refuses stays as it came.
static JSValue make_url(JSContext *ctx, const web_request_t *parts) {
    web_buf_t text = {0};
    if (web_buf_put(ctx, &text, parts->scheme.data, parts->scheme.len) < 0 || web_buf_put(ctx, &text, "://", 3) < 0 ||
        web_buf_put(ctx, &text, parts->host.data, parts->host.len) < 0 ||
        web_buf_put(ctx, &text, parts->target.data, parts->target.len) < 0) {
        js_free(ctx, text.data);
        return JS_EXCEPTION;
    }
    JSValue string = JS_UNDEFINED;
    if (!is_plain_host(parts->host) || !is_plain(parts->target, false)) {
        web_url_t *url = web_url_new(ctx);
        web_url_result_t result =
            url == NULL ? WEB_URL_ERROR : web_url_parse(ctx, url, (web_slice_t){text.data, text.len}, NULL);
        string = result == WEB_URL_OK ? web_url_string(ctx, url) : result == WEB_URL_ERROR ? JS_EXCEPTION : string;
        web_url_free(JS_GetRuntime(ctx), url);
    }
    if (JS_IsUndefined(string)) {
        string = web_utf8_string(ctx, text.data, text.len, false);
    }
    js_free(ctx, text.data);
    return string;
}

static int need_url(JSContext *ctx, request_t *request) {
    if (JS_IsUndefined(request->url)) {
        JSValue url = make_url(ctx, &request->parts);
        if (JS_IsException(url)) {
            return -1;
        }
        request->url = url;
    }
    return 0;
}

static int need_method(JSContext *ctx, request_t *request) {
    if (JS_IsUndefined(request->method)) {
        JSValue method = web_latin1_string(ctx, request->parts.method.data, request->parts.method.len);
        if (JS_IsException(method)) {
            return -1;
        }
        request->method = method;
    }
    return 0;
}

static int need_headers(JSContext *ctx, request_t *request) {
    if (request->headers == NULL) {
        request->headers = web_headers_parse(ctx, request->parts.headers);
        if (request->headers != NULL) {
            request->headers->immutable = true;
        }
    }
    return request->headers == NULL ? -1 : 0;
}

// ---- from a script ----

// Method names in any case that the standard writes in upper case, and those it forbids.
static const char *const normalized_methods[] = {"delete", "get", "head", "options", "post", "put"};
static const char *const forbidden_methods[] = {"connect", "trace", "track"};

static JSValue upper_string(JSContext *ctx, const char *lower) {
    char upper[8];
    size_t len = strlen(lower);
    for (size_t i = 0; i < len; i++) {
        upper[i] = (char)(lower[i] - ('a' - 'A'));
    }
    return JS_NewStringLen(ctx, upper, len);
}

static JSValue checked_method(JSContext *ctx, JSValueConst value) {
    web_slice_t slice;
    slice.data = JS_ToCStringLen(ctx, &slice.len, value);
    if (slice.data == NULL) {
        return JS_EXCEPTION;
    }
    JSValue method = JS_UNDEFINED;
    for (int i = 0; i < WEB_COUNT(normalized_methods) && JS_IsUndefined(method); i++) {
        if (base_equal_nocase(slice.data, slice.len, normalized_methods[i])) {
            method = upper_string(ctx, normalized_methods[i]);
        }
    }
    for (int i = 0; i < WEB_COUNT(forbidden_methods) && JS_IsUndefined(method); i++) {
        if (base_equal_nocase(slice.data, slice.len, forbidden_methods[i])) {
            method = JS_ThrowTypeError(ctx, "the method %s is not allowed", slice.data);
        }
    }
    if (JS_IsUndefined(method)) {
        method = web_is_token(slice) ? JS_NewStringLen(ctx, slice.data, slice.len)
                                     : JS_ThrowTypeError(ctx, "invalid HTTP method");
    }
    JS_FreeCString(ctx, slice.data);
    return method;
}

// Whether the string is GET or HEAD, which have no body.
static int is_bodyless(JSContext *ctx, JSValueConst method) {
    const char *name = JS_ToCString(ctx, method);
    if (name == NULL) {
        return -1;
    }
    int result = strcmp(name, "GET") == 0 || strcmp(name, "HEAD") == 0;
    JS_FreeCString(ctx, name);
    return result;
}

// Takes method, URL and headers of another request.
static int copy_request(JSContext *ctx, request_t *request, request_t *other) {
    if (need_url(ctx, other) < 0 || need_method(ctx, other) < 0 || need_headers(ctx, other) < 0) {
        return -1;
    }
    request->url = JS_DupValue(ctx, other->url);
    request->method = JS_DupValue(ctx, other->method);
    request->headers = web_headers_copy(ctx, other->headers);
    if (request->headers == NULL) {
        return -1;
    }
    if (other->wire != NULL) {
        request->wire = other->wire;
        request->wire->refs++;
        request->parts = other->parts;
    }
    return 0;
}

// The serialized URL that the value stands for.
static JSValue checked_url(JSContext *ctx, JSValueConst value) {
    web_slice_t text;
    text.data = web_usv_string(ctx, &text.len, value);
    if (text.data == NULL) {
        return JS_EXCEPTION;
    }
    JSValue string = JS_EXCEPTION;
    web_url_t *url = web_url_new(ctx);
    web_url_result_t result = url == NULL ? WEB_URL_ERROR : web_url_parse(ctx, url, text, NULL);
    if (result == WEB_URL_INVALID) {
        JS_ThrowTypeError(ctx, "Invalid URL: a Request needs an absolute one");
    } else if (result == WEB_URL_OK && (url->username.len > 0 || url->password.len > 0)) {
        JS_ThrowTypeError(ctx, "the URL of a Request cannot have a user name or password");
    } else if (result == WEB_URL_OK) {
        string = web_url_string(ctx, url);
    }
    web_url_free(JS_GetRuntime(ctx), url);
    JS_FreeCString(ctx, text.data);
    return string;
}

static int fill_url(JSContext *ctx, request_t *request, JSValueConst input) {
    request->url = checked_url(ctx, input);
    request->method = JS_NewString(ctx, "GET");
    request->headers = web_headers_new(ctx);
    return JS_IsException(request->url) || JS_IsException(request->method) || request->headers == NULL ? -1 : 0;
}

static int fill_method(JSContext *ctx, request_t *request, JSValueConst init) {
    JSValue method = JS_GetPropertyStr(ctx, init, "method");
    if (!JS_IsUndefined(method) && !JS_IsException(method)) {
        JSValue checked = checked_method(ctx, method);
        JS_FreeValue(ctx, method);
        method = checked;
        JS_FreeValue(ctx, request->method);
        request->method = JS_DupValue(ctx, method);
    }
    int result = JS_IsException(method) ? -1 : 0;
    JS_FreeValue(ctx, method);
    return result;
}

static int fill_headers(JSContext *ctx, request_t *request, JSValueConst init) {
    JSValue value = JS_GetPropertyStr(ctx, init, "headers");
    int result = JS_IsException(value) ? -1 : 0;
    if (result == 0 && !JS_IsUndefined(value)) {
        web_headers_free(JS_GetRuntime(ctx), request->headers);
        request->headers = web_headers_new(ctx);
        result = request->headers == NULL ? -1 : web_headers_fill(ctx, request->headers, value);
    }
    JS_FreeValue(ctx, value);
    return result;
}

// 1 when init has a body, 0 when not, -1 with a pending exception.
static int fill_body(JSContext *ctx, request_t *request, JSValueConst init) {
    JSValue value = JS_GetPropertyStr(ctx, init, "body");
    int result = JS_IsException(value) ? -1 : 0;
    if (result == 0 && !JS_IsUndefined(value) && !JS_IsNull(value)) {
        const char *type;
        result = web_body_init(ctx, &request->body, value, &type);
        if (result == 0 && type != NULL && !web_headers_has(request->headers, "content-type")) {
            result = web_headers_put(ctx, request->headers, "content-type", type);
        }
        result = result < 0 ? -1 : 1;
    }
    JS_FreeValue(ctx, value);
    return result;
}

// As fill_body.
static int fill_init(JSContext *ctx, request_t *request, JSValueConst init) {
    if (!JS_IsObject(init)) {
        if (JS_IsUndefined(init) || JS_IsNull(init)) {
            return 0;
        }
        JS_ThrowTypeError(ctx, "the second argument of Request must be an object");
        return -1;
    }
    if (fill_method(ctx, request, init) < 0 || fill_headers(ctx, request, init) < 0) {
        return -1;
    }
    return fill_body(ctx, request, init);
}

// The body moves from one request to another.
static int move_body(JSContext *ctx, request_t *request, request_t *other) {
    if (web_body_clone(ctx, &other->body, &request->body) < 0) {
        return -1;
    }
    other->body.used = web_body_present(&other->body);
    return 0;
}

static int refuse_bodyless(JSContext *ctx, const request_t *request) {
    int bodyless = web_body_present(&request->body) ? is_bodyless(ctx, request->method) : 0;
    if (bodyless > 0) {
        JS_ThrowTypeError(ctx, "a GET or HEAD request cannot have a body");
        return -1;
    }
    return bodyless;
}

static JSValue request_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    request_t *request = web_check_args(ctx, argc, 1) < 0 ? NULL : request_new(ctx);
    if (request == NULL) {
        return JS_EXCEPTION;
    }
    request_t *other = web_class_get(ctx, WEB_REQUEST, argv[0]);
    int result = other != NULL ? copy_request(ctx, request, other) : fill_url(ctx, request, argv[0]);
    if (result == 0) {
        result = fill_init(ctx, request, argc > 1 ? argv[1] : JS_UNDEFINED);
    }
    if (result == 0 && other != NULL) {
        result = move_body(ctx, request, other);
    }
    if (result < 0 || refuse_bodyless(ctx, request) < 0) {
        request_free(JS_GetRuntime(ctx), request);
        return JS_EXCEPTION;
    }
    return request_object(ctx, request, new_target);
}

// ---- the class ----

typedef enum {
    GET_METHOD,
    GET_URL,
    GET_HEADERS,
    GET_BODY_USED,
    GET_PEER,
} request_getter_t;

static JSValue get_headers(JSContext *ctx, request_t *request) {
    if (JS_IsUndefined(request->headers_object)) {
        if (need_headers(ctx, request) < 0) {
            return JS_EXCEPTION;
        }
        JSValue object = web_headers_object(ctx, request->headers);
        if (JS_IsException(object)) {
            return object;
        }
        request->headers_object = object;
    }
    return JS_DupValue(ctx, request->headers_object);
}

static JSValue request_get(JSContext *ctx, JSValueConst this_val, int magic) {
    request_t *request = web_class_expect(ctx, WEB_REQUEST, this_val);
    if (request == NULL) {
        return JS_EXCEPTION;
    }
    switch (magic) {
        case GET_METHOD:
            return need_method(ctx, request) < 0 ? JS_EXCEPTION : JS_DupValue(ctx, request->method);
        case GET_URL:
            return need_url(ctx, request) < 0 ? JS_EXCEPTION : JS_DupValue(ctx, request->url);
        case GET_HEADERS:
            return get_headers(ctx, request);
        case GET_BODY_USED:
            return JS_NewBool(ctx, request->body.used);
        default:
            return web_latin1_string(ctx, request->parts.peer.data, request->parts.peer.len);
    }
}

static JSValue request_clone(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    request_t *request = web_class_expect(ctx, WEB_REQUEST, this_val);
    request_t *copy = request == NULL ? NULL : request_new(ctx);
    if (copy == NULL) {
        return JS_EXCEPTION;
    }
    if (copy_request(ctx, copy, request) < 0 || web_body_clone(ctx, &request->body, &copy->body) < 0) {
        request_free(JS_GetRuntime(ctx), copy);
        return JS_EXCEPTION;
    }
    return request_object(ctx, copy, JS_UNDEFINED);
}

static JSValue request_read(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    (void)argc, (void)argv;
    request_t *request = web_class_expect(ctx, WEB_REQUEST, this_val);
    if (request == NULL || (magic == WEB_READ_FORM_DATA && need_headers(ctx, request) < 0)) {
        return web_reject_pending(ctx);
    }
    return web_body_read(ctx, &request->body, (web_read_t)magic, request->headers);
}

static void request_finalize(JSRuntime *rt, JSValueConst value) {
    request_free(rt, JS_GetAnyOpaque(value, &(JSClassID){0}));
}

static void request_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const request_t *request = JS_GetAnyOpaque(value, &(JSClassID){0});
    if (request != NULL) {
        JS_MarkValue(rt, request->headers_object, mark);
    }
}

static const JSCFunctionListEntry request_proto[] = {
    JS_CGETSET_MAGIC_DEF("method", request_get, NULL, GET_METHOD),
    JS_CGETSET_MAGIC_DEF("url", request_get, NULL, GET_URL),
    JS_CGETSET_MAGIC_DEF("headers", request_get, NULL, GET_HEADERS),
    JS_CGETSET_MAGIC_DEF("bodyUsed", request_get, NULL, GET_BODY_USED),
    JS_CGETSET_MAGIC_DEF("peer", request_get, NULL, GET_PEER),
    JS_CFUNC_DEF("clone", 0, request_clone),
    JS_CFUNC_MAGIC_DEF("text", 0, request_read, WEB_READ_TEXT),
    JS_CFUNC_MAGIC_DEF("json", 0, request_read, WEB_READ_JSON),
    JS_CFUNC_MAGIC_DEF("arrayBuffer", 0, request_read, WEB_READ_ARRAY_BUFFER),
    JS_CFUNC_MAGIC_DEF("bytes", 0, request_read, WEB_READ_BYTES),
    JS_CFUNC_MAGIC_DEF("formData", 0, request_read, WEB_READ_FORM_DATA),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "Request", JS_PROP_CONFIGURABLE),
};

const web_class_t web_class_request = {
    .def = {.class_name = "Request", .finalizer = request_finalize, .gc_mark = request_mark},
    .constructor = request_construct,
    .length = 1,
    .proto = request_proto,
    .proto_len = WEB_COUNT(request_proto),
};

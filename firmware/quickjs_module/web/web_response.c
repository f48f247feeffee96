// Response (Fetch standard, section 5.5).

#include <string.h>
#include "web/web_url.h"

typedef struct _response_t {
    int status;
    JSValue status_text;    // string, or undefined for ""
    const char *type;       // the content type that the body brought, while headers is NULL; NULL for none
    web_headers_t *headers; // NULL until a script sets or asks for them
    JSValue headers_object; // undefined until asked for
    web_body_t body;
} response_t;

static void response_free(JSRuntime *rt, response_t *response) {
    if (response != NULL) {
        JS_FreeValueRT(rt, response->status_text);
        JS_FreeValueRT(rt, response->headers_object);
        web_headers_free(rt, response->headers);
        web_body_free(rt, &response->body);
        js_free_rt(rt, response);
    }
}

static response_t *response_new(JSContext *ctx) {
    response_t *response = js_mallocz(ctx, sizeof(*response));
    if (response != NULL) {
        response->status = 200;
        response->status_text = response->headers_object = response->body.text = JS_UNDEFINED;
    }
    return response;
}

// The object of a response, which it takes over; frees it when that fails.
static JSValue response_object(JSContext *ctx, response_t *response, JSValueConst new_target) {
    JSValue object = web_class_new(ctx, WEB_RESPONSE, new_target);
    if (JS_IsException(object)) {
        response_free(JS_GetRuntime(ctx), response);
    } else {
        JS_SetOpaque(object, response);
    }
    return object;
}

static int need_headers(JSContext *ctx, response_t *response) {
    if (response->headers == NULL) {
        web_headers_t *headers = web_headers_new(ctx);
        if (headers == NULL) {
            return -1;
        }
        response->headers = headers;
        if (response->type != NULL) {
            return web_headers_put(ctx, headers, "content-type", response->type);
        }
    }
    return 0;
}

// ---- construction ----

bool web_is_null_body_status(int status) {
    return status == 204 || status == 205 || status == 304;
}

static int fill_status(JSContext *ctx, response_t *response, JSValueConst init) {
    JSValue value = JS_GetPropertyStr(ctx, init, "status");
    int32_t status = 200;
    int result = JS_IsException(value) ? -1 : 0;
    if (result == 0 && !JS_IsUndefined(value)) {
        double number;
        result = JS_ToFloat64(ctx, &number, value);
        // Web IDL's unsigned short: NaN is 0, fractions are cut off, the rest modulo 65536.
        if (result == 0 && JS_ToInt32(ctx, &status, value) == 0) {
            status &= 0xffff;
        }
        if (result == 0 && (status < 200 || status > 599)) {
            JS_ThrowRangeError(ctx, "the status of a response must be 200 to 599, not %d", (int)status);
            result = -1;
        }
    }
    response->status = status;
    JS_FreeValue(ctx, value);
    return result;
}

// RFC 9112, section 4: reason-phrase.
static int check_reason(JSContext *ctx, JSValueConst text) {
    size_t len;
    const char *utf8 = JS_ToCStringLen(ctx, &len, text);
    if (utf8 == NULL) {
        return -1;
    }
    int result = 0;
    for (size_t i = 0; i < len && result == 0; i++) {
        unsigned char c = (unsigned char)utf8[i];
        if ((c < ' ' && c != '\t') || c == 0x7f || c > 0xc3) {
            JS_ThrowTypeError(ctx, "invalid statusText");
            result = -1;
        }
    }
    JS_FreeCString(ctx, utf8);
    return result;
}

static int fill_status_text(JSContext *ctx, response_t *response, JSValueConst init) {
    JSValue value = JS_GetPropertyStr(ctx, init, "statusText");
    if (JS_IsException(value)) {
        return -1;
    }
    if (JS_IsUndefined(value)) {
        return 0;
    }
    response->status_text = JS_ToString(ctx, value);
    JS_FreeValue(ctx, value);
    return JS_IsException(response->status_text) ? -1 : check_reason(ctx, response->status_text);
}

static int fill_headers(JSContext *ctx, response_t *response, JSValueConst init) {
    JSValue value = JS_GetPropertyStr(ctx, init, "headers");
    if (JS_IsException(value)) {
        return -1;
    }
    int result = 0;
    if (!JS_IsUndefined(value)) {
        response->headers = web_headers_new(ctx);
        result = response->headers == NULL ? -1 : web_headers_fill(ctx, response->headers, value);
        JS_FreeValue(ctx, value);
    }
    return result;
}

static int fill_init(JSContext *ctx, response_t *response, JSValueConst init) {
    if (JS_IsUndefined(init) || JS_IsNull(init)) {
        return 0;
    }
    if (!JS_IsObject(init)) {
        JS_ThrowTypeError(ctx, "the second argument of Response must be an object");
        return -1;
    }
    if (fill_status(ctx, response, init) < 0 || fill_status_text(ctx, response, init) < 0) {
        return -1;
    }
    return fill_headers(ctx, response, init);
}

// Notes the content type that the body brings, unless the headers have one.
static int default_type(JSContext *ctx, response_t *response, const char *type) {
    if (response->headers == NULL) {
        response->type = type;
        return 0;
    }
    if (type == NULL || web_headers_has(response->headers, "content-type")) {
        return 0;
    }
    return web_headers_put(ctx, response->headers, "content-type", type);
}

// A response from `body` and `init`; type is what goes for the body's own type, or NULL.
static JSValue make_response(
    JSContext *ctx, JSValueConst new_target, JSValueConst body, JSValueConst init, const char *type) {
    response_t *response = response_new(ctx);
    if (response == NULL) {
        return JS_EXCEPTION;
    }
    const char *body_type;
    int result = fill_init(ctx, response, init);
    if (result == 0) {
        result = web_body_init(ctx, &response->body, body, &body_type);
    }
    if (result == 0 && web_body_present(&response->body) && web_is_null_body_status(response->status)) {
        JS_ThrowTypeError(ctx, "a response with status %d cannot have a body", response->status);
        result = -1;
    }
    if (result == 0) {
        result = default_type(ctx, response, type == NULL ? body_type : type);
    }
    if (result < 0) {
        response_free(JS_GetRuntime(ctx), response);
        return JS_EXCEPTION;
    }
    return response_object(ctx, response, new_target);
}

static JSValue response_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    return make_response(ctx, new_target, argc > 0 ? argv[0] : JS_UNDEFINED, argc > 1 ? argv[1] : JS_UNDEFINED, NULL);
}

static JSValue response_json(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    if (web_check_args(ctx, argc, 1) < 0) {
        return JS_EXCEPTION;
    }
    JSValue text = JS_JSONStringify(ctx, argv[0], JS_UNDEFINED, JS_UNDEFINED);
    if (JS_IsUndefined(text)) {
        return JS_ThrowTypeError(ctx, "the value cannot be written as JSON");
    }
    if (JS_IsException(text)) {
        return text;
    }
    JSValue response = make_response(ctx, JS_UNDEFINED, text, argc > 1 ? argv[1] : JS_UNDEFINED, WEB_TYPE_JSON);
    JS_FreeValue(ctx, text);
    return response;
}

static int redirect_status(JSContext *ctx, int argc, JSValueConst *argv, int32_t *status) {
    *status = 302;
    if (argc > 1 && !JS_IsUndefined(argv[1]) && JS_ToInt32(ctx, status, argv[1]) < 0) {
        return -1;
    }
    switch (*status &= 0xffff) {
        case 301:
        case 302:
        case 303:
        case 307:
        case 308:
            return 0;
        default:
            JS_ThrowRangeError(ctx, "the status of a redirect must be 301, 302, 303, 307 or 308");
            return -1;
    }
}

// The Location field: the URL that `value` stands for, in its serialized form.
static int put_location(JSContext *ctx, response_t *response, web_url_t *url, JSValueConst value) {
    web_slice_t text;
    text.data = web_usv_string(ctx, &text.len, value);
    if (text.data == NULL) {
        return -1;
    }
    web_buf_t location = {0};
    web_url_result_t result = web_url_parse(ctx, url, text, NULL);
    JS_FreeCString(ctx, text.data);
    if (result != WEB_URL_OK) {
        if (result == WEB_URL_INVALID) {
            JS_ThrowTypeError(ctx, "Invalid URL: a redirect needs an absolute one");
        }
        return -1;
    }
    int put = need_headers(ctx, response);
    if (put == 0 && web_url_serialize(ctx, url, &location, true) == 0 && web_buf_put(ctx, &location, "", 1) == 0) {
        put = web_headers_put(ctx, response->headers, "location", location.data);
    } else {
        put = -1;
    }
    js_free(ctx, location.data);
    return put;
}

static JSValue response_redirect(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    int32_t status;
    if (web_check_args(ctx, argc, 1) < 0 || redirect_status(ctx, argc, argv, &status) < 0) {
        return JS_EXCEPTION;
    }
    web_url_t *url = web_url_new(ctx);
    response_t *response = url == NULL ? NULL : response_new(ctx);
    int result = response == NULL ? -1 : put_location(ctx, response, url, argv[0]);
    web_url_free(JS_GetRuntime(ctx), url);
    if (result < 0) {
        response_free(JS_GetRuntime(ctx), response);
        return JS_EXCEPTION;
    }
    response->status = status;
    response->headers->immutable = true;
    return response_object(ctx, response, JS_UNDEFINED);
}

// ---- the class ----

typedef enum {
    GET_STATUS,
    GET_OK,
    GET_STATUS_TEXT,
    GET_HEADERS,
    GET_BODY_USED,
} response_getter_t;

static JSValue get_headers(JSContext *ctx, response_t *response) {
    if (JS_IsUndefined(response->headers_object)) {
        if (need_headers(ctx, response) < 0) {
            return JS_EXCEPTION;
        }
        JSValue object = web_headers_object(ctx, response->headers);
        if (JS_IsException(object)) {
            return object;
        }
        response->headers_object = object;
    }
    return JS_DupValue(ctx, response->headers_object);
}

static JSValue response_get(JSContext *ctx, JSValueConst this_val, int magic) {
    response_t *response = web_class_expect(ctx, WEB_RESPONSE, this_val);
    if (response == NULL) {
        return JS_EXCEPTION;
    }
    switch (magic) {
        case GET_STATUS:
            return JS_NewInt32(ctx, response->status);
        case GET_OK:
            return JS_NewBool(ctx, response->status <= 299);
        case GET_STATUS_TEXT:
            return JS_IsUndefined(response->status_text) ? JS_NewString(ctx, "")
                                                         : JS_DupValue(ctx, response->status_text);
        case GET_HEADERS:
            return get_headers(ctx, response);
        default:
            return JS_NewBool(ctx, response->body.used);
    }
}

static int copy_response(JSContext *ctx, response_t *copy, const response_t *response) {
    copy->status = response->status;
    copy->status_text = JS_DupValue(ctx, response->status_text);
    copy->type = response->type;
    if (response->headers != NULL) {
        copy->headers = web_headers_copy(ctx, response->headers);
        if (copy->headers == NULL) {
            return -1;
        }
        copy->headers->immutable = response->headers->immutable;
    }
    return web_body_clone(ctx, &response->body, &copy->body);
}

static JSValue response_clone(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    response_t *response = web_class_expect(ctx, WEB_RESPONSE, this_val);
    response_t *copy = response == NULL ? NULL : response_new(ctx);
    if (copy == NULL) {
        return JS_EXCEPTION;
    }
    if (copy_response(ctx, copy, response) < 0) {
        response_free(JS_GetRuntime(ctx), copy);
        return JS_EXCEPTION;
    }
    return response_object(ctx, copy, JS_UNDEFINED);
}

static JSValue response_read(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    (void)argc, (void)argv;
    response_t *response = web_class_expect(ctx, WEB_RESPONSE, this_val);
    if (response == NULL || (magic == WEB_READ_FORM_DATA && need_headers(ctx, response) < 0)) {
        return web_reject_pending(ctx);
    }
    return web_body_read(ctx, &response->body, (web_read_t)magic, response->headers);
}

static void response_finalize(JSRuntime *rt, JSValueConst value) {
    response_free(rt, JS_GetAnyOpaque(value, &(JSClassID){0}));
}

static void response_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const response_t *response = JS_GetAnyOpaque(value, &(JSClassID){0});
    if (response != NULL) {
        JS_MarkValue(rt, response->headers_object, mark);
    }
}

static const JSCFunctionListEntry response_proto[] = {
    JS_CGETSET_MAGIC_DEF("status", response_get, NULL, GET_STATUS),
    JS_CGETSET_MAGIC_DEF("ok", response_get, NULL, GET_OK),
    JS_CGETSET_MAGIC_DEF("statusText", response_get, NULL, GET_STATUS_TEXT),
    JS_CGETSET_MAGIC_DEF("headers", response_get, NULL, GET_HEADERS),
    JS_CGETSET_MAGIC_DEF("bodyUsed", response_get, NULL, GET_BODY_USED),
    JS_CFUNC_DEF("clone", 0, response_clone),
    JS_CFUNC_MAGIC_DEF("text", 0, response_read, WEB_READ_TEXT),
    JS_CFUNC_MAGIC_DEF("json", 0, response_read, WEB_READ_JSON),
    JS_CFUNC_MAGIC_DEF("arrayBuffer", 0, response_read, WEB_READ_ARRAY_BUFFER),
    JS_CFUNC_MAGIC_DEF("bytes", 0, response_read, WEB_READ_BYTES),
    JS_CFUNC_MAGIC_DEF("formData", 0, response_read, WEB_READ_FORM_DATA),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "Response", JS_PROP_CONFIGURABLE),
};

static const JSCFunctionListEntry response_statics[] = {
    JS_CFUNC_DEF("json", 1, response_json),
    JS_CFUNC_DEF("redirect", 1, response_redirect),
};

const web_class_t web_class_response = {
    .def = {.class_name = "Response", .finalizer = response_finalize, .gc_mark = response_mark},
    .constructor = response_construct,
    .proto = response_proto,
    .proto_len = WEB_COUNT(response_proto),
    .statics = response_statics,
    .statics_len = WEB_COUNT(response_statics),
};

// ---- the answer ----

void web_response_headers(web_headers_t *headers, web_response_t *out) {
    static const char *const framing[] = {"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"};
    for (int i = 0; i < WEB_COUNT(framing); i++) {
        web_headers_remove(headers, framing[i]);
    }
    out->headers = (web_slice_t){headers->lines.data, headers->lines.len};
}

int web_response_take(JSContext *ctx, JSValueConst value, web_response_t *out) {
    response_t *response = web_class_get(ctx, WEB_RESPONSE, value);
    if (response == NULL) {
        return 0;
    }
    if (response->body.used) {
        JS_ThrowTypeError(ctx, "the handler returned a Response whose body has been read already");
        return -1;
    }
    static const char text_type[] = "content-type: " WEB_TYPE_TEXT "\r\n";
    const char *cstring; // stays: `out` points into it
    if (web_body_bytes(ctx, &response->body, &out->body, &cstring) < 0) {
        return -1;
    }
    out->status = response->status;
    out->headers = (web_slice_t){NULL, 0};
    if (response->headers == NULL && response->type != NULL && strcmp(response->type, WEB_TYPE_TEXT) == 0) {
        out->headers = (web_slice_t){text_type, sizeof(text_type) - 1};
    } else if (response->headers != NULL || response->type != NULL) {
        if (need_headers(ctx, response) < 0) {
            return -1;
        }
        web_response_headers(response->headers, out);
    }
    return 1;
}

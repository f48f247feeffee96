// Response (Fetch standard, section 5.5).

#include <string.h>
#include "web/web_url.h"

typedef struct _response_t {
    web_message_t message; // first: what web_message.c takes for it
    int status;
    bool redirected;     // fetch() has followed a redirect to it
    bool manual;         // encodeBody: the body is what Content-Encoding says already
    bool encoded;        // so, as it has come from another server in a coding that is not unpacked here
    JSValue status_text; // string, or undefined for ""
    JSValue url;         // that of the request, with its fragment; undefined where fetch() has not received it
} response_t;

static void response_free(JSRuntime *rt, response_t *response) {
    if (response != NULL) {
        web_message_free(rt, &response->message);
        JS_FreeValueRT(rt, response->status_text);
        JS_FreeValueRT(rt, response->url);
        js_free_rt(rt, response);
    }
}

static response_t *response_new(JSContext *ctx) {
    response_t *response = js_malloc(ctx, sizeof(*response));
    web_message_init(&response->message);
    response->status = 200;
    response->redirected = response->manual = response->encoded = false;
    response->status_text = response->url = JS_UNDEFINED;
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

// ---- construction ----

bool web_is_null_body_status(int status) {
    return status == 204 || status == 205 || status == 304;
}

static int fill_status(JSContext *ctx, response_t *response, JSValueConst init) {
    JSValue value = JS_GetPropertyStr(ctx, init, "status");
    int32_t status = 200;
    int result = JS_IsException(value) ? -1 : 0;
    if (result == 0 && !JS_IsUndefined(value)) {
        // Web IDL's unsigned short: NaN is 0, fractions are cut off, the rest modulo 65536.
        result = JS_ToInt32(ctx, &status, value);
        status &= 0xffff;
        if (result == 0 && (status < 200 || status > 599)) {
            JS_ThrowRangeError(ctx, "the status of a response must be 200 to 599, not %d", (int)status);
            result = -1;
        }
    }

    response->status = status;
    JS_FreeValue(ctx, value);
    return result;
}

// RFC 9112, section 4: reason-phrase. 0, or -1 with a pending TypeError.
static int check_reason(JSContext *ctx, JSValueConst text) {
    size_t len;
    const char *utf8 = JS_ToCStringLen(ctx, &len, text);
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

// Workers' option encodeBody, which a Response given as init has of its own.
static int fill_encode_body(JSContext *ctx, response_t *response, JSValueConst init) {
    const response_t *from = web_class_get(WEB_RESPONSE, init);
    if (from != NULL) {
        response->manual = from->manual;
        response->encoded = from->encoded;
        return 0;
    }
    JSValue value = engine_knows_name(ctx, "encodeBody") ? JS_GetPropertyStr(ctx, init, "encodeBody") : JS_UNDEFINED;
    if (JS_IsUndefined(value)) {
        return 0;
    }
    const char *text = JS_IsException(value) ? NULL : JS_ToCString(ctx, value);
    int result = -1;
    if (text != NULL) {
        response->manual = strcmp(text, "manual") == 0;
        result = response->manual || strcmp(text, "automatic") == 0 ? 0 : -1;
        if (result < 0) {
            JS_ThrowTypeError(ctx, "encodeBody: unexpected value: %s", text);
        }
    }
    JS_FreeCString(ctx, text);
    JS_FreeValue(ctx, value);
    return result;
}

static int response_fill_init(JSContext *ctx, response_t *response, JSValueConst init) {
    if (JS_IsUndefined(init) || JS_IsNull(init)) {
        return 0;
    }
    if (!JS_IsObject(init)) {
        JS_ThrowTypeError(ctx, "the second argument of Response must be an object");
        return -1;
    }
    if (fill_status(ctx, response, init) < 0 || fill_status_text(ctx, response, init) < 0 ||
        fill_encode_body(ctx, response, init) < 0) {
        return -1;
    }
    return web_message_fill_headers(ctx, &response->message, init);
}

// Workers take an empty body for none where the status does not go with one.
static int fill_no_body(JSContext *ctx, response_t *response, JSValueConst init) {
    const char *type, *own_type;
    web_body_t *body = &response->message.body;
    int result = web_body_init(ctx, body, init, &type, &own_type);
    JS_FreeCString(ctx, own_type);
    if (result == 0 && web_body_present(body)) {
        if (web_body_is_empty(ctx, body)) {
            web_body_free(JS_GetRuntime(ctx), body);
            return web_body_init(ctx, body, JS_NULL, &type, &own_type);
        }
        JS_ThrowTypeError(ctx, "a response with status %d cannot have a body", response->status);
        result = -1;
    }
    return result;
}

// A response from `body` and `init`; type is what goes for the body's own type, or NULL.
static JSValue make_response(
    JSContext *ctx, JSValueConst new_target, JSValueConst body, JSValueConst init, const char *type) {
    response_t *response = response_new(ctx);
    web_message_t *message = &response->message;
    int result = response_fill_init(ctx, response, init);
    // Bytes are taken for those that were read of a body which nobody unpacks here.
    response->encoded = response->encoded && !JS_IsString(body);
    if (result == 0 && web_is_null_body_status(response->status)) {
        result = fill_no_body(ctx, response, body);
    } else if (result == 0) {
        result = web_message_fill_body(ctx, message, body, type);
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
static int put_location(JSContext *ctx, web_headers_t *headers, JSValueConst value) {
    base_slice_t text;
    text.data = engine_usv_string(ctx, &text.len, value);
    if (text.data == NULL) {
        return -1;
    }

    web_url_t *url = web_url_new(ctx);
    bool valid = web_url_parse(ctx, url, text, NULL);
    JS_FreeCString(ctx, text.data);
    if (valid) {
        web_buf_t location = {0};
        web_url_serialize(ctx, url, &location, true);
        web_buf_put(ctx, &location, "", 1);
        web_headers_put(ctx, headers, "location", location.data);
        js_free(ctx, location.data);
    } else {
        JS_ThrowTypeError(ctx, "Invalid URL: a redirect needs an absolute one");
    }
    web_url_free(JS_GetRuntime(ctx), url);
    return valid ? 0 : -1;
}

static JSValue response_redirect(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    int32_t status;
    if (web_check_args(ctx, argc, 1) < 0 || redirect_status(ctx, argc, argv, &status) < 0) {
        return JS_EXCEPTION;
    }
    response_t *response = response_new(ctx);
    web_headers_t *headers = web_message_headers(ctx, &response->message);
    if (put_location(ctx, headers, argv[0]) < 0) {
        response_free(JS_GetRuntime(ctx), response);
        return JS_EXCEPTION;
    }
    response->status = status;
    headers->immutable = true;
    return response_object(ctx, response, JS_UNDEFINED);
}

static JSValue response_error(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc, (void)argv;
    response_t *response = response_new(ctx);
    response->status = 0;
    web_message_headers(ctx, &response->message)->immutable = true;
    return response_object(ctx, response, JS_UNDEFINED);
}

// ---- from another server ----

JSValue web_response_received(JSContext *ctx, int status, JSValueConst reason, web_headers_t *headers,
    JSValueConst body, bool encoded, const web_request_t *request) {
    response_t *response = response_new(ctx);
    response->status = status;
    response->status_text = JS_DupValue(ctx, reason);
    response->message.headers = headers;
    headers->immutable = true;
    response->encoded = encoded;
    if (stream_is(body)) {
        response->message.body.stream = JS_DupValue(ctx, body);
    } else if (!JS_IsNull(body)) {
        web_body_complete(ctx, &response->message.body, body);
        response->message.body.content.encoded = response->encoded;
    }
    response->url = JS_DupValue(ctx, request->url);
    response->redirected = request->redirects > 0;
    return response_object(ctx, response, JS_UNDEFINED);
}

JSValueConst web_response_stream(JSValueConst value) {
    const response_t *response = web_class_get(WEB_RESPONSE, value);
    return response == NULL ? JS_UNDEFINED : response->message.body.stream;
}

// ---- the class ----

typedef enum {
    GET_STATUS,
    GET_OK,
    GET_STATUS_TEXT,
    GET_URL,
    GET_REDIRECTED,
    GET_TYPE,
} response_getter_t;

// What Response.error() gives has no other status.
static bool is_error(const response_t *response) {
    return response->status == 0;
}

// The attribute url: without the fragment.
static JSValue response_url(JSContext *ctx, const response_t *response) {
    size_t len;
    const char *text = JS_IsUndefined(response->url) ? NULL : JS_ToCStringLen(ctx, &len, response->url);
    if (text == NULL) {
        return JS_NewString(ctx, "");
    }
    JSValue url = JS_NewStringLen(ctx, text, strcspn(text, "#"));
    JS_FreeCString(ctx, text);
    return url;
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
            return JS_NewBool(ctx, response->status <= 299 && !is_error(response));
        case GET_URL:
            return response_url(ctx, response);
        case GET_REDIRECTED:
            return JS_NewBool(ctx, response->redirected);
        case GET_TYPE:
            return JS_NewString(ctx, is_error(response) ? "error" : "default");
        default:
            return JS_IsUndefined(response->status_text) ? JS_NewString(ctx, "")
                                                         : JS_DupValue(ctx, response->status_text);
    }
}

static JSValue response_clone(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    response_t *response = web_class_expect(ctx, WEB_RESPONSE, this_val);
    if (response == NULL) {
        return JS_EXCEPTION;
    }
    response_t *copy = response_new(ctx);
    copy->status = response->status;
    copy->redirected = response->redirected;
    copy->encoded = response->encoded;
    copy->status_text = JS_DupValue(ctx, response->status_text);
    copy->url = JS_DupValue(ctx, response->url);
    if (web_message_clone(ctx, &response->message, &copy->message) < 0) {
        response_free(JS_GetRuntime(ctx), copy);
        return JS_EXCEPTION;
    }
    return response_object(ctx, copy, JS_UNDEFINED);
}

static void response_finalize(JSRuntime *rt, JSValueConst value) {
    response_free(rt, JS_GetAnyOpaque(value, &(JSClassID){0}));
}

static void response_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const response_t *response = JS_GetAnyOpaque(value, &(JSClassID){0});
    if (response != NULL) {
        web_message_mark(rt, &response->message, mark);
    }
}

static const JSCFunctionListEntry response_proto[] = {
    JS_CGETSET_MAGIC_DEF("status", response_get, NULL, GET_STATUS),
    JS_CGETSET_MAGIC_DEF("ok", response_get, NULL, GET_OK),
    JS_CGETSET_MAGIC_DEF("statusText", response_get, NULL, GET_STATUS_TEXT),
    JS_CFUNC_DEF("clone", 0, response_clone),
    WEB_MESSAGE_PROTO(WEB_RESPONSE),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "Response", JS_PROP_CONFIGURABLE),
    WEB_MESSAGE_RARE_PROTO(WEB_RESPONSE),
    JS_CGETSET_MAGIC_DEF("url", response_get, NULL, GET_URL),
    JS_CGETSET_MAGIC_DEF("redirected", response_get, NULL, GET_REDIRECTED),
    JS_CGETSET_MAGIC_DEF("type", response_get, NULL, GET_TYPE),
};

static const JSCFunctionListEntry response_statics[] = {
    JS_CFUNC_DEF("json", 1, response_json),
    JS_CFUNC_DEF("redirect", 1, response_redirect),
    JS_CFUNC_DEF("error", 0, response_error),
};

const extension_class_t web_class_response = {
    .def = {.class_name = "Response", .finalizer = response_finalize, .gc_mark = response_mark},
    .constructor = response_construct,
    .proto = response_proto,
    .proto_len = BASE_COUNT(response_proto),
    .rare_len = 4,
    .knows = web_knows_name,
    .statics = response_statics,
    .statics_len = BASE_COUNT(response_statics),
};

// ---- the answer ----

// Header lines of a response whose headers no script has touched: those of its body's type.
static base_slice_t type_lines(JSContext *ctx, web_message_t *message) {
    static const char text_type[] = "content-type: " WEB_TYPE_TEXT "\r\n";
    if (message->type == NULL) {
        return (base_slice_t){NULL, 0};
    }
    if (strcmp(message->type, WEB_TYPE_TEXT) == 0) {
        return (base_slice_t){text_type, sizeof(text_type) - 1};
    }
    return web_headers_wire(web_message_headers(ctx, message));
}

static JSValue response_completed(JSContext *ctx, JSValueConst value, bool rejected, JSValueConst array) {
    if (rejected) {
        return JS_Throw(ctx, JS_DupValue(ctx, array));
    }
    response_t *response = web_class_get(WEB_RESPONSE, value);
    web_body_complete(ctx, &response->message.body, array);
    return JS_DupValue(ctx, value);
}

JSValue web_response_complete(JSContext *ctx, JSValueConst value) {
    response_t *response = web_class_get(WEB_RESPONSE, value);
    if (response == NULL || !web_body_is_usable(&response->message.body) ||
        !web_body_is_pending(&response->message.body) || !stream_is_complete(response->message.body.stream)) {
        return JS_UNDEFINED;
    }
    JSValue bytes = stream_read_all(ctx, response->message.body.stream);
    JSValue promise = stream_then(ctx, bytes, response_completed, value);
    JS_FreeValue(ctx, bytes);
    return promise;
}

// What a Content-Length field says, or -1. It is only needed before web_headers_wire removes it.
static int64_t stated_length(const web_headers_t *headers) {
    base_slice_t text = {NULL, 0};
    if (headers != NULL) {
        text = web_headers_find(headers, "content-length");
    }
    int64_t length = text.len == 0 || text.len > 15 ? -1 : 0;
    for (size_t i = 0; i < text.len && length >= 0; i++) {
        length = text.data[i] >= '0' && text.data[i] <= '9' ? length * 10 + (text.data[i] - '0') : -1;
    }
    return length;
}

static const stream_sink_t client = {"body.write", NULL};

// The value of the only Content-Encoding field.
static base_slice_t only_coding(const web_headers_t *headers) {
    base_slice_t name, value, found = {NULL, 0};
    int count = 0;
    for (size_t pos = 0; web_headers_line(headers, &pos, &name, &value);) {
        if (base_equal_nocase(name.data, name.len, "content-encoding")) {
            found = value;
            count++;
        }
    }
    return count == 1 ? found : (base_slice_t){NULL, 0};
}

static bool says_gzip(const web_headers_t *headers) {
    base_slice_t coding = headers == NULL ? (base_slice_t){NULL, 0} : only_coding(headers);
    return coding.len == 4 && memcmp(coding.data, "gzip", 4) == 0;
}

static void begin_stream(JSContext *ctx, const response_t *response, isolate_response_t *out) {
    const web_message_t *message = &response->message;
    JSValueConst stream = message->body.stream;
    out->length = stream_fixed_length(stream);
    if (out->length < 0 && web_of(ctx)->is_head) {
        out->length = stated_length(message->headers); // as in Workers, only where nothing follows that may be longer
    }
    out->received = web_fetch_untouched(stream);
    if (response->manual && web_fetch_unpacks_gzip(stream)) {
        out->received = 0; // Python would take what the headers say for what is wanted
    }
    out->streams = out->received == 0;
    if (out->streams) {
        web_of(ctx)->pump = stream_pump_new(ctx, stream, &client, 0, JS_UNDEFINED);
    }
}

static void begin_body(JSContext *ctx, response_t *response, isolate_response_t *out) {
    web_message_t *message = &response->message;
    if (web_body_is_pending(&message->body)) {
        begin_stream(ctx, response, out);
        return;
    }
    if (!web_body_present(&message->body) && message->headers != NULL) {
        out->length = stated_length(message->headers);
    }
    const char *cstring; // stays: `out` points into it
    out->body = web_body_bytes(ctx, &message->body, &cstring);
}

// As begin_body, of a body that is packed. 0, or -1 with a pending exception.
static int begin_packed(JSContext *ctx, const web_packer_t *packer, response_t *response, isolate_response_t *out) {
    web_message_t *message = &response->message;
    bool pending = web_body_is_pending(&message->body);
    const char *cstring = NULL;
    base_slice_t bytes = pending ? (base_slice_t){NULL, 0} : web_body_bytes(ctx, &message->body, &cstring);
    void *opaque = packer->begin(ctx, bytes.len);
    if (opaque == NULL) {
        return -1;
    }
    if (pending) {
        out->streams = true;
        web_of(ctx)->pump = stream_pump_filtered(ctx, message->body.stream, &client, &packer->filter, opaque);
        return 0;
    }
    JSValue packed = packer->filter.pass(ctx, opaque, bytes, true);
    packer->filter.free(JS_GetRuntime(ctx), opaque);
    JS_FreeCString(ctx, cstring);
    if (JS_IsException(packed)) {
        return -1;
    }
    web_body_complete(ctx, &message->body, packed);
    JS_FreeValue(ctx, packed);
    begin_body(ctx, response, out);
    return 0;
}

// What is to pack the body, as its Content-Encoding says and Workers do whatever the client takes; NULL where it is
// sent as it is. Where that takes what is not there (brotli), or who gets it would not unpack it, there is no such
// field.
static const web_packer_t *packer_for(JSContext *ctx, response_t *response) {
    web_message_t *message = &response->message;
    if (message->headers == NULL || response->manual || response->encoded || !web_body_present(&message->body)) {
        return NULL;
    }
    base_slice_t coding = only_coding(message->headers);
    bool gzip = says_gzip(message->headers);
    bool brotli = coding.len == 2 && memcmp(coding.data, "br", 2) == 0;
    if ((!gzip && !brotli) || web_body_is_encoded(&message->body)) {
        return NULL;
    }
    const web_packer_t *packer = gzip && web_of(ctx)->packs ? web_of(ctx)->packer : NULL;
    if (packer == NULL) {
        web_headers_remove(message->headers, "content-encoding");
    }
    bool as_it_comes = web_body_is_pending(&message->body) && web_fetch_unpacks_gzip(message->body.stream);
    return as_it_comes ? NULL : packer;
}

// The Fetch standard lets control characters into headers, HTTP does not (RFC 9110, section 5.5).
static int check_values(JSContext *ctx, const web_headers_t *headers) {
    base_slice_t name, value;
    for (size_t pos = 0; web_headers_line(headers, &pos, &name, &value);) {
        for (size_t i = 0; i < value.len; i++) {
            uint8_t c = (uint8_t)value.data[i];
            if ((c < ' ' && c != '\t') || c == 0x7f) {
                JS_ThrowTypeError(ctx, "the handler returned a Response whose header '%.*s' has a control character",
                    name.len > 60 ? 60 : (int)name.len, name.data);
                return -1;
            }
        }
    }
    return 0;
}

int web_response_take(JSContext *ctx, JSValueConst value, isolate_response_t *out) {
    response_t *response = web_class_get(WEB_RESPONSE, value);
    if (response == NULL) {
        return 0;
    }
    web_message_t *message = &response->message;
    if (is_error(response)) {
        JS_ThrowTypeError(ctx, "the handler returned Response.error(), which cannot be sent");
        return -1;
    }
    if (!web_body_is_usable(&message->body)) {
        JS_ThrowTypeError(ctx, "the handler returned a Response whose body %s",
            web_body_used(&message->body) ? "has been read already" : "somebody else reads");
        return -1;
    }

    if (message->headers != NULL && check_values(ctx, message->headers) < 0) {
        return -1;
    }

    out->status = response->status;
    const web_packer_t *packer = packer_for(ctx, response);
    if (packer == NULL) {
        begin_body(ctx, response, out);
    } else if (begin_packed(ctx, packer, response, out) < 0) {
        return -1;
    }
    if (message->headers == NULL) {
        out->headers = type_lines(ctx, message);
    } else {
        out->headers = web_headers_wire(message->headers);
    }
    return 1;
}

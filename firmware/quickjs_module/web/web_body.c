// Bodies of requests and responses (Fetch standard, section 5.3 and 5.2 "extract a body").

#include <string.h>
#include "web/web_private.h"

web_bytes_t *web_bytes_new(JSContext *ctx, const char *data, size_t len) {
    web_bytes_t *bytes = js_malloc(ctx, sizeof(*bytes) + len + 1);
    bytes->refs = 1;
    bytes->len = len;
    if (data != NULL && len > 0) {
        memcpy(bytes->data, data, len);
    }
    bytes->data[len] = '\0';
    return bytes;
}

void web_bytes_free(JSRuntime *rt, web_bytes_t *bytes) {
    if (bytes != NULL && --bytes->refs == 0) {
        js_free_rt(rt, bytes);
    }
}

int web_writable_bytes(JSContext *ctx, JSValueConst array, uint8_t **data, size_t *len) {
    if (engine_view_bytes(ctx, array, data, len) < 0) {
        return -1;
    }
    JSValue buffer = JS_GetTypedArrayBuffer(ctx, array, NULL, NULL, NULL);
    bool immutable = JS_IsImmutableArrayBuffer(buffer);
    JS_FreeValue(ctx, buffer);
    if (immutable) {
        JS_ThrowTypeError(ctx, "ArrayBuffer is immutable");
    }
    return immutable ? -1 : 0;
}

static void body_of_bytes(JSContext *ctx, web_body_t *body, base_slice_t slice) {
    body->bytes = web_bytes_new(ctx, slice.data, slice.len);
    body->data = body->bytes->data;
    body->len = slice.len;
}

static void body_of_params(JSContext *ctx, web_body_t *body, const web_list_t *params) {
    web_buf_t text = {0};
    web_list_serialize(ctx, params, &text);
    body_of_bytes(ctx, body, (base_slice_t){text.data, text.len});
    js_free(ctx, text.data);
}

int web_body_init(JSContext *ctx, web_body_t *body, JSValueConst init, const char **type) {
    *body = (web_body_t){.text = JS_UNDEFINED};
    *type = NULL;
    if (JS_IsUndefined(init) || JS_IsNull(init)) {
        return 0;
    }

    const web_list_t *params = web_class_get(WEB_PARAMS, init);
    if (params != NULL) {
        *type = WEB_TYPE_FORM;
        body_of_params(ctx, body, params);
        return 0;
    }

    if (web_class_get(WEB_FORM_DATA, init) != NULL) {
        JS_ThrowTypeError(ctx, "a FormData body is not supported; send new URLSearchParams([...form])");
        return -1;
    }

    base_slice_t slice;
    int is_buffer = engine_buffer_source(ctx, init, &slice);
    if (is_buffer > 0) {
        body_of_bytes(ctx, body, slice);
    }
    if (is_buffer != 0) {
        return is_buffer < 0 ? -1 : 0;
    }

    body->text = JS_ToString(ctx, init);
    *type = WEB_TYPE_TEXT;
    return JS_IsException(body->text) ? -1 : 0;
}

void web_body_free(JSRuntime *rt, web_body_t *body) {
    JS_FreeValueRT(rt, body->text);
    web_bytes_free(rt, body->bytes);
}

bool web_body_present(const web_body_t *body) {
    return body->bytes != NULL || !JS_IsUndefined(body->text);
}

int web_body_clone(JSContext *ctx, const web_body_t *body, web_body_t *copy) {
    *copy = (web_body_t){.text = JS_UNDEFINED};
    if (body->used) {
        JS_ThrowTypeError(ctx, "the body has been read already; clone before reading it");
        return -1;
    }
    *copy = *body;
    JS_DupValue(ctx, copy->text);
    if (copy->bytes != NULL) {
        copy->bytes->refs++;
    }
    return 0;
}

base_slice_t web_body_bytes(JSContext *ctx, const web_body_t *body, const char **cstring) {
    base_slice_t bytes = {body->data, body->len};
    *cstring = NULL;
    if (!JS_IsUndefined(body->text)) {
        *cstring = bytes.data = engine_usv_string(ctx, &bytes.len, body->text);
    }
    return bytes;
}

JSValue web_reject_pending(JSContext *ctx) {
    JSValue error = JS_GetException(ctx);
    if (JS_IsUncatchableError(error)) {
        return JS_Throw(ctx, error);
    }
    JSValue promise = JS_NewSettledPromise(ctx, true, error);
    JS_FreeValue(ctx, error);
    return promise;
}

static JSValue read_json(JSContext *ctx, base_slice_t bytes) {
    if (bytes.len >= 3 && memcmp(bytes.data, "\xef\xbb\xbf", 3) == 0) {
        bytes.data += 3;
        bytes.len -= 3;
    }
    if (base_is_utf8(bytes.data, bytes.len)) {
        return JS_ParseJSON(ctx, bytes.len > 0 ? bytes.data : "", bytes.len, "<body>");
    }
    size_t len;
    JSValue text = web_utf8_string(ctx, bytes.data, bytes.len, false);
    const char *utf8 = JS_ToCStringLen(ctx, &len, text);
    JSValue value = JS_ParseJSON(ctx, utf8, len, "<body>");
    JS_FreeCString(ctx, utf8);
    JS_FreeValue(ctx, text);
    return value;
}

static JSValue read_text(JSContext *ctx, const web_body_t *body, base_slice_t bytes) {
    if (!JS_IsUndefined(body->text) && bytes.len == base_ascii_prefix(bytes.data, bytes.len)) {
        return JS_DupValue(ctx, body->text);
    }
    return web_utf8_string(ctx, bytes.data, bytes.len, true);
}

static JSValue read_buffer(JSContext *ctx, base_slice_t bytes, bool view) {
    engine_need(ctx, ENGINE_TYPED_ARRAYS);
    const uint8_t *data = (const uint8_t *)(bytes.len > 0 ? bytes.data : "");
    return view ? JS_NewUint8ArrayCopy(ctx, data, bytes.len) : JS_NewArrayBufferCopy(ctx, data, bytes.len);
}

// The media type alone, without parameters (MIME Sniffing standard, section 4.4).
static base_slice_t essence(base_slice_t type) {
    const char *semicolon = type.len == 0 ? NULL : memchr(type.data, ';', type.len);
    if (semicolon != NULL) {
        type.len = (size_t)(semicolon - type.data);
    }
    while (type.len > 0 && (type.data[type.len - 1] == ' ' || type.data[type.len - 1] == '\t')) {
        type.len--;
    }
    return type;
}

static JSValue read_form_data(JSContext *ctx, base_slice_t bytes, const web_headers_t *headers) {
    base_slice_t type = essence(web_headers_find(headers, "content-type"));
    if (!base_equal_nocase(type.data, type.len, "application/x-www-form-urlencoded")) {
        return JS_ThrowTypeError(ctx, "formData() reads application/x-www-form-urlencoded only");
    }
    return web_form_data_object(ctx, bytes);
}

static JSValue read_as(JSContext *ctx, const web_body_t *body, web_read_t how, const web_headers_t *headers) {
    const char *cstring;
    base_slice_t bytes = web_body_bytes(ctx, body, &cstring);
    JSValue value;
    if (how == WEB_READ_TEXT) {
        value = read_text(ctx, body, bytes);
    } else if (how == WEB_READ_JSON) {
        value = read_json(ctx, bytes);
    } else if (how == WEB_READ_FORM_DATA) {
        value = read_form_data(ctx, bytes, headers);
    } else {
        value = read_buffer(ctx, bytes, how == WEB_READ_BYTES);
    }
    JS_FreeCString(ctx, cstring);
    return value;
}

JSValue web_body_read(JSContext *ctx, web_body_t *body, web_read_t how, const web_headers_t *headers) {
    JSValue value = JS_EXCEPTION;
    if (body->used) {
        JS_ThrowTypeError(ctx, "the body has been read already; clone before reading it twice");
    } else {
        body->used = web_body_present(body);
        value = read_as(ctx, body, how, headers);
    }
    if (JS_IsException(value)) {
        return web_reject_pending(ctx);
    }
    JSValue promise = JS_NewSettledPromise(ctx, false, value);
    JS_FreeValue(ctx, value);
    return promise;
}

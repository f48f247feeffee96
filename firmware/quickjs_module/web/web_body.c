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

// ---- content ----

static void content_of_bytes(JSContext *ctx, web_content_t *content, base_slice_t slice) {
    content->bytes = web_bytes_new(ctx, slice.data, slice.len);
    content->data = content->bytes->data;
    content->len = slice.len;
}

static void content_of_buffer(JSContext *ctx, web_content_t *content, web_buf_t *text) {
    content_of_bytes(ctx, content, (base_slice_t){text->data, text->len});
    js_free(ctx, text->data);
}

static void content_of_params(JSContext *ctx, web_content_t *content, const web_list_t *params) {
    web_buf_t text = {0};
    web_list_serialize(ctx, params, &text);
    content_of_buffer(ctx, content, &text);
}

// The content type with the boundary, for JS_FreeCString.
static const char *content_of_form(JSContext *ctx, web_content_t *content, web_list_t *form) {
    web_buf_t text = {0};
    JSValue type = web_multipart_serialize(ctx, form, &text);
    content_of_buffer(ctx, content, &text);
    const char *cstring = JS_ToCString(ctx, type);
    JS_FreeValue(ctx, type);
    return cstring;
}

// The type of the Blob, for JS_FreeCString, or NULL where it has none.
static const char *content_of_blob(JSContext *ctx, web_content_t *content, const web_blob_t *blob) {
    content->bytes = blob->bytes;
    content->bytes->refs++;
    content->data = blob->data;
    content->len = blob->len;
    const char *type = JS_ToCString(ctx, blob->type);
    if (type[0] == '\0') {
        JS_FreeCString(ctx, type);
        return NULL;
    }
    return type;
}

static void content_free(JSRuntime *rt, web_content_t *content) {
    JS_FreeValueRT(rt, content->text);
    web_bytes_free(rt, content->bytes);
}

static web_content_t content_dup(JSContext *ctx, const web_content_t *content) {
    web_content_t copy = *content;
    JS_DupValue(ctx, copy.text);
    if (copy.bytes != NULL) {
        copy.bytes->refs++;
    }
    return copy;
}

// ---- content as a stream ----

static JSValue source_pull(JSContext *ctx, void *opaque, bool *last) {
    web_content_t *content = opaque;
    if (!JS_IsUndefined(content->text)) {
        base_slice_t slice;
        slice.data = engine_usv_string(ctx, &slice.len, content->text);
        content_of_bytes(ctx, content, slice);
        JS_FreeCString(ctx, slice.data);
        JS_FreeValue(ctx, content->text);
        content->text = JS_UNDEFINED;
    }
    size_t size = content->len < STREAM_CHUNK_SIZE ? content->len : STREAM_CHUNK_SIZE;
    const uint8_t *data = (const uint8_t *)content->data;
    content->data += size;
    content->len -= size;
    *last = content->len == 0;
    engine_need(ctx, ENGINE_TYPED_ARRAYS);
    return size == 0 ? JS_UNDEFINED : JS_NewUint8ArrayCopy(ctx, data, size);
}

static void source_free(JSRuntime *rt, void *opaque) {
    content_free(rt, opaque);
    js_free_rt(rt, opaque);
}

static const stream_source_t content_source = {source_pull, source_free};

// The content of a body that is not pending; NULL where it is.
static const web_content_t *content_of(const web_body_t *body) {
    return JS_IsUndefined(body->stream) ? &body->content : stream_untouched(body->stream, &content_source);
}

// ---- bodies ----

static web_body_t no_body(void) {
    return (web_body_t){.content = {.text = JS_UNDEFINED}, .stream = JS_UNDEFINED};
}

static int init_stream(JSContext *ctx, web_body_t *body, JSValueConst stream) {
    if (stream_is_locked(stream) || stream_is_disturbed(stream)) {
        JS_ThrowTypeError(ctx, "the stream given as body is locked or has been read already");
        return -1;
    }
    body->stream = JS_DupValue(ctx, stream);
    return 0;
}

int web_body_init(JSContext *ctx, web_body_t *body, JSValueConst init, const char **type, const char **own_type) {
    *body = no_body();
    *type = *own_type = NULL;
    if (JS_IsUndefined(init) || JS_IsNull(init)) {
        return 0;
    }
    if (stream_is(init)) {
        return init_stream(ctx, body, init);
    }

    const web_list_t *params = web_class_get(WEB_PARAMS, init);
    if (params != NULL) {
        *type = WEB_TYPE_FORM;
        content_of_params(ctx, &body->content, params);
        return 0;
    }

    web_list_t *form = web_class_get(WEB_FORM_DATA, init);
    const web_blob_t *blob = web_blob_of(init);
    if (form != NULL || blob != NULL) {
        *type = *own_type =
            form != NULL ? content_of_form(ctx, &body->content, form) : content_of_blob(ctx, &body->content, blob);
        return 0;
    }

    base_slice_t slice;
    int is_buffer = engine_buffer_source(ctx, init, &slice);
    if (is_buffer > 0) {
        content_of_bytes(ctx, &body->content, slice);
    }
    if (is_buffer != 0) {
        return is_buffer < 0 ? -1 : 0;
    }

    int iterable = engine_is_iterable(ctx, init);
    if (iterable != 0) {
        body->stream = iterable < 0 ? JS_EXCEPTION : stream_from(ctx, init);
        return JS_IsException(body->stream) ? -1 : 0;
    }

    body->content.text = JS_ToString(ctx, init);
    *type = WEB_TYPE_TEXT;
    return JS_IsException(body->content.text) ? -1 : 0;
}

void web_body_free(JSRuntime *rt, web_body_t *body) {
    content_free(rt, &body->content);
    JS_FreeValueRT(rt, body->stream);
}

bool web_body_present(const web_body_t *body) {
    return body->content.bytes != NULL || !JS_IsUndefined(body->content.text) || !JS_IsUndefined(body->stream);
}

bool web_body_is_empty(JSContext *ctx, const web_body_t *body) {
    if (web_body_is_pending(body)) {
        return false;
    }
    const char *cstring;
    bool empty = web_body_bytes(ctx, body, &cstring).len == 0;
    JS_FreeCString(ctx, cstring);
    return empty;
}

bool web_body_used(const web_body_t *body) {
    return JS_IsUndefined(body->stream) ? body->used : stream_is_disturbed(body->stream);
}

bool web_body_is_usable(const web_body_t *body) {
    return !web_body_used(body) && (JS_IsUndefined(body->stream) || !stream_is_locked(body->stream));
}

bool web_body_is_pending(const web_body_t *body) {
    return content_of(body) == NULL;
}

bool web_body_is_encoded(const web_body_t *body) {
    const web_content_t *content = content_of(body);
    return content != NULL ? content->encoded : web_fetch_is_encoded(body->stream);
}

void web_body_complete(JSContext *ctx, web_body_t *body, JSValueConst array) {
    base_slice_t bytes;
    engine_buffer_source(ctx, array, &bytes);
    web_body_free(JS_GetRuntime(ctx), body);
    *body = no_body();
    content_of_bytes(ctx, &body->content, bytes);
}

JSValue web_content_stream(JSContext *ctx, web_content_t content) {
    web_content_t *opaque = js_malloc(ctx, sizeof(*opaque));
    *opaque = content;
    return stream_of_source(ctx, &content_source, opaque);
}

JSValue web_stream_of_bytes(JSContext *ctx, base_slice_t bytes) {
    web_content_t content = {.text = JS_UNDEFINED};
    content_of_bytes(ctx, &content, bytes);
    return web_content_stream(ctx, content);
}

JSValue web_body_stream(JSContext *ctx, web_body_t *body) {
    if (!web_body_present(body)) {
        return JS_NULL;
    }
    if (JS_IsUndefined(body->stream)) {
        body->stream = web_content_stream(ctx, body->content);
        body->content = no_body().content;
        if (body->used) {
            stream_consume(ctx, body->stream);
        }
    }
    return JS_DupValue(ctx, body->stream);
}

// Marks a body, which is there, as read.
static void consume(JSContext *ctx, web_body_t *body) {
    body->used = true;
    if (!JS_IsUndefined(body->stream)) {
        stream_consume(ctx, body->stream);
    }
}

static int refuse_used(JSContext *ctx, const web_body_t *body) {
    if (web_body_is_usable(body)) {
        return 0;
    }
    JS_ThrowTypeError(ctx, web_body_used(body) ? "the body has been read already; clone before reading it"
                                               : "the body is locked: somebody has a reader of its stream");
    return -1;
}

int web_body_clone(JSContext *ctx, web_body_t *body, web_body_t *copy) {
    *copy = no_body();
    if (refuse_used(ctx, body) < 0) {
        return -1;
    }
    const web_content_t *content = content_of(body);
    if (content != NULL) {
        copy->content = content_dup(ctx, content);
    }
    if (JS_IsUndefined(body->stream)) {
        return 0;
    }

    // Whoever has the stream finds it locked: both bodies have new ones.
    JSValue stream = body->stream;
    JSValue branches[2] = {JS_UNDEFINED, JS_UNDEFINED};
    if (content != NULL) {
        body->content = content_dup(ctx, &copy->content);
        stream_consume(ctx, stream);
    } else {
        stream_tee(ctx, stream, true, branches);
    }

    body->stream = branches[0];
    copy->stream = branches[1];
    JS_FreeValue(ctx, stream);
    return 0;
}

int web_body_move(JSContext *ctx, web_body_t *body, web_body_t *to) {
    *to = no_body();
    if (refuse_used(ctx, body) < 0) {
        return -1;
    }
    if (web_body_present(body)) {
        const web_content_t *content = content_of(body);
        if (content != NULL) {
            to->content = content_dup(ctx, content);
            consume(ctx, body);
        } else {
            to->stream = stream_move(ctx, body->stream);
        }
    }
    return 0;
}

base_slice_t web_body_bytes(JSContext *ctx, const web_body_t *body, const char **cstring) {
    const web_content_t *content = content_of(body);
    base_slice_t bytes = {content->data, content->len};
    *cstring = NULL;
    if (!JS_IsUndefined(content->text)) {
        *cstring = bytes.data = engine_usv_string(ctx, &bytes.len, content->text);
    }
    return bytes;
}

// ---- reading ----

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

// `text` is the string that the bytes come from, or undefined.
static JSValue read_text(JSContext *ctx, JSValueConst text, base_slice_t bytes) {
    if (!JS_IsUndefined(text) && bytes.len == base_ascii_prefix(bytes.data, bytes.len)) {
        return JS_DupValue(ctx, text);
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

// `type` is the value of Content-Type, and `holder` what holds the bytes or NULL.
static JSValue read_form(JSContext *ctx, web_bytes_t *holder, base_slice_t bytes, base_slice_t type) {
    base_slice_t media = essence(type);
    if (base_equal_nocase(media.data, media.len, "application/x-www-form-urlencoded")) {
        return web_form_data_object(ctx, bytes);
    }
    if (base_equal_nocase(media.data, media.len, "multipart/form-data")) {
        return web_multipart_parse(ctx, holder, bytes, type);
    }
    return JS_ThrowTypeError(
        ctx, "formData() reads multipart/form-data and application/x-www-form-urlencoded, as Content-Type says it");
}

// What depends on the type of the content. The files of a form and a Blob share its bytes.
static JSValue read_typed(JSContext *ctx, web_bytes_t *holder, base_slice_t bytes, web_read_t how, JSValueConst type) {
    base_slice_t text;
    text.data = JS_ToCStringLen(ctx, &text.len, type);
    if (holder != NULL) {
        holder->refs++;
    } else {
        holder = web_bytes_new(ctx, bytes.data, bytes.len);
        bytes.data = holder->data;
    }
    JSValue value = how == WEB_READ_BLOB ? web_blob_new(ctx, holder, bytes, web_blob_type_of_header(ctx, text), NULL)
                                         : read_form(ctx, holder, bytes, text);
    web_bytes_free(JS_GetRuntime(ctx), holder);
    JS_FreeCString(ctx, text.data);
    return value;
}

static JSValue read_as(JSContext *ctx, JSValueConst text, base_slice_t bytes, web_read_t how) {
    switch (how) {
        case WEB_READ_TEXT:
            return read_text(ctx, text, bytes);
        case WEB_READ_JSON:
            return read_json(ctx, bytes);
        default:
            return read_buffer(ctx, bytes, how == WEB_READ_BYTES);
    }
}

static bool is_typed(web_read_t how) {
    return how == WEB_READ_FORM_DATA || how == WEB_READ_BLOB;
}

static JSValue type_of(JSContext *ctx, const web_headers_t *headers) {
    base_slice_t type = web_headers_find(headers, "content-type");
    return web_latin1_string(ctx, type.data == NULL ? "" : type.data, type.len);
}

// Once all bytes of a stream are there, in an array. The subject is how to read them, or for a form or Blob an array of
// that and the type.
static JSValue read_array(JSContext *ctx, JSValueConst subject, bool rejected, JSValueConst array) {
    if (rejected) {
        return JS_Throw(ctx, JS_DupValue(ctx, array));
    }
    base_slice_t bytes;
    engine_buffer_source(ctx, array, &bytes);
    if (!JS_IsObject(subject)) {
        return read_as(ctx, JS_UNDEFINED, bytes, (web_read_t)JS_VALUE_GET_INT(subject));
    }
    JSValue how = JS_GetPropertyUint32(ctx, subject, 0), type = JS_GetPropertyUint32(ctx, subject, 1);
    JSValue value = read_typed(ctx, NULL, bytes, (web_read_t)JS_VALUE_GET_INT(how), type);
    JS_FreeValue(ctx, type);
    return value;
}

static JSValue read_pending(JSContext *ctx, web_body_t *body, web_read_t how, const web_headers_t *headers) {
    JSValue subject = JS_NewInt32(ctx, how);
    if (is_typed(how)) {
        JSValue pair = JS_NewArray(ctx);
        JS_DefinePropertyValueUint32(ctx, pair, 0, subject, JS_PROP_C_W_E);
        JS_DefinePropertyValueUint32(ctx, pair, 1, type_of(ctx, headers), JS_PROP_C_W_E);
        subject = pair;
    }
    JSValue bytes = stream_read_all(ctx, body->stream);
    JSValue promise = stream_then(ctx, bytes, read_array, subject);
    JS_FreeValue(ctx, bytes);
    JS_FreeValue(ctx, subject);
    return promise;
}

static JSValue read_now(JSContext *ctx, web_body_t *body, web_read_t how, const web_headers_t *headers) {
    const char *cstring;
    const web_content_t *content = content_of(body);
    JSValue text = JS_DupValue(ctx, content->text), value;
    base_slice_t bytes = web_body_bytes(ctx, body, &cstring);
    if (is_typed(how)) {
        JSValue type = type_of(ctx, headers);
        value = read_typed(ctx, content->bytes, bytes, how, type);
        JS_FreeValue(ctx, type);
    } else {
        value = read_as(ctx, text, bytes, how);
    }
    JS_FreeCString(ctx, cstring);
    JS_FreeValue(ctx, text);
    if (web_body_present(body)) {
        consume(ctx, body);
    }
    return value;
}

JSValue web_body_read(JSContext *ctx, web_body_t *body, web_read_t how, const web_headers_t *headers) {
    if (refuse_used(ctx, body) < 0) {
        return web_reject_pending(ctx);
    }
    if (web_body_is_pending(body)) {
        return read_pending(ctx, body, how, headers);
    }
    JSValue value = read_now(ctx, body, how, headers);
    if (JS_IsException(value)) {
        return web_reject_pending(ctx);
    }
    JSValue promise = JS_NewSettledPromise(ctx, false, value);
    JS_FreeValue(ctx, value);
    return promise;
}

// Blob and File (File API, sections 3 and 4).

#include <math.h>
#include <string.h>
#include "web/web_private.h"

web_blob_t *web_blob_of(JSValueConst value) {
    web_blob_t *blob = web_class_get(WEB_BLOB, value);
    return blob != NULL ? blob : web_class_get(WEB_FILE, value);
}

static double now_ms(JSContext *ctx) {
    return floor((double)host_of(ctx)->origin_us / 1000.0 + host_now_ms(ctx));
}

// Shares the bytes in `holder`, and takes over type and name.
static void blob_attach(
    JSContext *ctx, JSValueConst object, web_bytes_t *holder, base_slice_t data, JSValue type, JSValue name) {
    web_blob_t *blob = js_malloc(ctx, sizeof(*blob));
    holder->refs++;
    *blob = (web_blob_t){holder, data.data, data.len, type, name, now_ms(ctx)};
    JS_SetOpaque(object, blob);
}

JSValue web_blob_new(JSContext *ctx, web_bytes_t *holder, base_slice_t data, JSValue type, const JSValue *name) {
    JSValue object = web_class_new(ctx, name == NULL ? WEB_BLOB : WEB_FILE, JS_UNDEFINED);
    blob_attach(ctx, object, holder, data, type, name == NULL ? JS_UNDEFINED : *name);
    return object;
}

JSValue web_blob_type(JSContext *ctx, base_slice_t type) {
    char *lower = js_malloc(ctx, type.len + 1);
    size_t len = 0;
    while (len < type.len && type.data[len] >= 0x20 && type.data[len] <= 0x7e) {
        char c = type.data[len];
        lower[len++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    JSValue string = JS_NewStringLen(ctx, lower, len == type.len ? len : 0);
    js_free(ctx, lower);
    return string;
}

// ---- media types ----

static base_slice_t trimmed(base_slice_t text) {
    while (text.len > 0 && strchr(" \t\r\n", text.data[0]) != NULL) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]) != NULL) {
        text.len--;
    }
    return text;
}

// Takes what is before one of the delimiters, outside quotes, and the delimiter.
static base_slice_t blob_take_until(base_slice_t *rest, const char *delimiters) {
    base_slice_t taken = {rest->data, 0};
    bool quoted = false;
    while (taken.len < rest->len && (quoted || strchr(delimiters, rest->data[taken.len]) == NULL)) {
        char c = rest->data[taken.len++];
        quoted ^= c == '"';
        if (quoted && c == '\\' && taken.len < rest->len) {
            taken.len++;
        }
    }
    size_t used = taken.len + (taken.len < rest->len);
    rest->data += used;
    rest->len -= used;
    return taken;
}

static bool is_token(base_slice_t text) {
    for (size_t i = 0; i < text.len; i++) {
        if (!base_is((uint8_t)text.data[i], BASE_TOKEN)) {
            return false;
        }
    }
    return text.len > 0;
}

static void put_lower(JSContext *ctx, web_buf_t *out, base_slice_t text) {
    web_buf_reserve(ctx, out, text.len);
    for (size_t i = 0; i < text.len; i++) {
        out->data[out->len++] = (char)base_lower((uint8_t)text.data[i]);
    }
}

// A value without its quotes, where it has any; then in quotes, where it is no token.
static void blob_put_value(JSContext *ctx, web_buf_t *out, base_slice_t value) {
    web_buf_reserve(ctx, out, 2 * value.len + 2);
    size_t start = out->len;
    bool quoted = value.len > 0 && value.data[0] == '"';
    for (size_t i = quoted; i < value.len && !(quoted && value.data[i] == '"'); i++) {
        i += quoted && value.data[i] == '\\' && i + 1 < value.len;
        out->data[out->len++] = value.data[i];
    }
    base_slice_t plain = {out->data + start, out->len - start};
    if (is_token(plain)) {
        return;
    }
    char *copy = js_malloc(ctx, plain.len + 1);
    memcpy(copy, plain.data, plain.len);
    out->len = start;
    web_buf_reserve(ctx, out, 2 * plain.len + 2);
    out->data[out->len++] = '"';
    for (size_t i = 0; i < plain.len; i++) {
        if (copy[i] == '"' || copy[i] == '\\') {
            out->data[out->len++] = '\\';
        }
        out->data[out->len++] = copy[i];
    }
    out->data[out->len++] = '"';
    js_free(ctx, copy);
}

// Whether the parameters that are written already have one of that name, with its semicolon and equals sign.
static bool blob_has_parameter(const web_buf_t *out, base_slice_t name) {
    for (size_t at = 0; at + name.len <= out->len; at++) {
        if (memcmp(out->data + at, name.data, name.len) == 0) {
            return true;
        }
    }
    return false;
}

static void put_parameter(JSContext *ctx, web_buf_t *out, base_slice_t parameter) {
    base_slice_t value = parameter;
    base_slice_t name = blob_take_until(&value, "=");
    value = trimmed(value);
    bool quoted = value.len > 0 && value.data[0] == '"';
    if (!is_token(name) || value.len == 0 || (quoted && value.len == 1)) {
        return;
    }
    web_buf_t key = {0};
    web_buf_put(ctx, &key, ";", 1);
    put_lower(ctx, &key, name);
    web_buf_put(ctx, &key, "=", 1);
    if (!blob_has_parameter(out, (base_slice_t){key.data, key.len})) {
        web_buf_put(ctx, out, key.data, key.len);
        blob_put_value(ctx, out, value);
    }
    js_free(ctx, key.data);
}

// Writes a media type in its standard form in place of the one before; nothing where it is none.
static void put_media_type(JSContext *ctx, web_buf_t *out, base_slice_t rest) {
    base_slice_t essence = trimmed(blob_take_until(&rest, ";"));
    base_slice_t subtype = essence;
    base_slice_t type = blob_take_until(&subtype, "/");
    if (!is_token(type) || !is_token(subtype) || base_equal_text(essence.data, essence.len, "*/*")) {
        return;
    }
    out->len = 0;
    put_lower(ctx, out, essence);
    while (rest.len > 0) {
        put_parameter(ctx, out, trimmed(blob_take_until(&rest, ";")));
    }
}

JSValue web_blob_type_of_header(JSContext *ctx, base_slice_t type) {
    web_buf_t out = {0};
    while (type.len > 0) {
        put_media_type(ctx, &out, blob_take_until(&type, ","));
    }
    return web_buf_string(ctx, &out);
}

// The type that a value, or undefined, stands for, or an exception.
static JSValue type_of_value(JSContext *ctx, JSValueConst value) {
    if (JS_IsUndefined(value)) {
        return JS_NewString(ctx, "");
    }
    base_slice_t text;
    text.data = JS_ToCStringLen(ctx, &text.len, value);
    if (text.data == NULL) {
        return JS_EXCEPTION;
    }
    JSValue type = web_blob_type(ctx, text);
    JS_FreeCString(ctx, text.data);
    return type;
}

JSValue web_blob_entry(JSContext *ctx, JSValueConst value, JSValueConst name) {
    if (web_class_get(WEB_FILE, value) != NULL && JS_IsUndefined(name)) {
        return JS_DupValue(ctx, value);
    }
    JSValue file_name = JS_IsUndefined(name) ? JS_NewString(ctx, "blob") : JS_ToString(ctx, name);
    if (JS_IsException(file_name)) {
        return JS_EXCEPTION;
    }
    const web_blob_t *blob = web_blob_of(value);
    base_slice_t data = {blob->data, blob->len};
    JSValue file = web_blob_new(ctx, blob->bytes, data, JS_DupValue(ctx, blob->type), &file_name);
    if (web_class_get(WEB_FILE, value) != NULL) {
        web_blob_of(file)->last_modified = blob->last_modified;
    }
    return file;
}

// ---- the constructors ----

typedef struct _options_t {
    bool native; // line endings of strings become \n
    JSValue type;
    double last_modified; // NaN where it is not there
} options_t;

static int read_endings(JSContext *ctx, JSValueConst options, bool *native) {
    JSValue value = JS_GetPropertyStr(ctx, options, "endings");
    *native = false;
    if (JS_IsException(value) || JS_IsUndefined(value)) {
        return JS_IsException(value) ? -1 : 0;
    }
    const char *text = JS_ToCString(ctx, value);
    JS_FreeValue(ctx, value);
    if (text == NULL) {
        return -1;
    }
    *native = strcmp(text, "native") == 0;
    bool known = *native || strcmp(text, "transparent") == 0;
    JS_FreeCString(ctx, text);
    if (!known) {
        JS_ThrowTypeError(ctx, "endings of a Blob must be transparent or native");
    }
    return known ? 0 : -1;
}

static int read_last_modified(JSContext *ctx, JSValueConst options, double *ms) {
    int64_t number;
    JSValue value = JS_GetPropertyStr(ctx, options, "lastModified");
    if (JS_IsException(value) || JS_IsUndefined(value)) {
        return JS_IsException(value) ? -1 : 0;
    }
    int result = JS_ToInt64(ctx, &number, value);
    JS_FreeValue(ctx, value);
    *ms = (double)number;
    return result;
}

// 0 or -1.
static int blob_read_options(JSContext *ctx, JSValueConst value, bool is_file, options_t *options) {
    *options = (options_t){.type = JS_UNDEFINED, .last_modified = NAN};
    if (!JS_IsObject(value)) {
        options->type = JS_NewString(ctx, "");
        if (JS_IsUndefined(value) || JS_IsNull(value)) {
            return 0;
        }
        JS_ThrowTypeError(ctx, "the options must be an object");
        return -1;
    }
    if (read_endings(ctx, value, &options->native) < 0 ||
        (is_file && read_last_modified(ctx, value, &options->last_modified) < 0)) {
        return -1;
    }
    JSValue type = JS_GetPropertyStr(ctx, value, "type");
    options->type = JS_IsException(type) ? JS_EXCEPTION : type_of_value(ctx, type);
    JS_FreeValue(ctx, type);
    return JS_IsException(options->type) ? -1 : 0;
}

static void put_native(JSContext *ctx, web_buf_t *out, base_slice_t text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != '\r') {
            web_buf_put(ctx, out, &text.data[i], 1);
        } else if (i + 1 == text.len || text.data[i + 1] != '\n') {
            web_buf_put_text(ctx, out, "\n");
        }
    }
}

// Appends a part: bytes, a Blob, or what becomes a string. 0 or -1.
static int blob_put_part(JSContext *ctx, web_buf_t *out, JSValueConst part, bool native) {
    const web_blob_t *blob = web_blob_of(part);
    if (blob != NULL) {
        web_buf_put(ctx, out, blob->data, blob->len);
        return 0;
    }
    base_slice_t bytes;
    int is_buffer = engine_buffer_source(ctx, part, &bytes);
    if (is_buffer != 0) {
        if (is_buffer > 0) {
            web_buf_put(ctx, out, bytes.data, bytes.len);
        }
        return is_buffer < 0 ? -1 : 0;
    }
    bytes.data = engine_usv_string(ctx, &bytes.len, part);
    if (bytes.data == NULL) {
        return -1;
    }
    if (native) {
        put_native(ctx, out, bytes);
    } else {
        web_buf_put(ctx, out, bytes.data, bytes.len);
    }
    JS_FreeCString(ctx, bytes.data);
    return 0;
}

static int put_parts(JSContext *ctx, web_buf_t *out, JSValueConst list, bool native) {
    int64_t count = 0;
    int result = 0;
    JS_GetLength(ctx, list, &count);
    for (int64_t i = 0; i < count && result == 0; i++) {
        JSValue part = JS_GetPropertyInt64(ctx, list, i);
        result = blob_put_part(ctx, out, part, native);
        JS_FreeValue(ctx, part);
    }
    return result;
}

// The items of the first argument, an array, or an exception.
static JSValue list_parts(JSContext *ctx, JSValueConst parts) {
    if (JS_IsUndefined(parts)) {
        return JS_NewArray(ctx);
    }
    return JS_IsObject(parts) ? engine_list_of(ctx, parts)
                              : JS_ThrowTypeError(ctx, "the parts of a Blob must be an array or another iterable");
}

// The parts' bytes in one block; NULL with a pending exception.
static web_bytes_t *join_parts(JSContext *ctx, JSValueConst parts, bool native) {
    JSValue list = list_parts(ctx, parts);
    if (JS_IsException(list)) {
        return NULL;
    }
    web_buf_t text = {0};
    int result = put_parts(ctx, &text, list, native);
    web_bytes_t *bytes = result < 0 ? NULL : web_bytes_new(ctx, text.data, text.len);
    js_free(ctx, text.data);
    JS_FreeValue(ctx, list);
    return bytes;
}

// `name` is a string or undefined, which it takes over.
static JSValue blob_construct_from(
    JSContext *ctx, JSValueConst new_target, web_class_id_t id, JSValueConst parts, JSValueConst init, JSValue name) {
    options_t options;
    web_bytes_t *bytes = NULL;
    JSValue object = JS_EXCEPTION;
    if (blob_read_options(ctx, init, id == WEB_FILE, &options) == 0) {
        bytes = join_parts(ctx, parts, options.native);
    }
    if (bytes != NULL) {
        object = web_class_new(ctx, id, new_target);
    }
    if (JS_IsException(object)) {
        JS_FreeValue(ctx, options.type);
        JS_FreeValue(ctx, name);
    } else {
        blob_attach(ctx, object, bytes, (base_slice_t){bytes->data, bytes->len}, options.type, name);
    }
    if (!JS_IsException(object) && !isnan(options.last_modified)) {
        web_blob_of(object)->last_modified = options.last_modified;
    }
    web_bytes_free(JS_GetRuntime(ctx), bytes);
    return object;
}

static JSValue blob_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    JSValueConst parts = argc > 0 ? argv[0] : JS_UNDEFINED, init = argc > 1 ? argv[1] : JS_UNDEFINED;
    return blob_construct_from(ctx, new_target, WEB_BLOB, parts, init, JS_UNDEFINED);
}

static JSValue file_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    if (web_check_args(ctx, argc, 2) < 0) {
        return JS_EXCEPTION;
    }
    base_slice_t text;
    text.data = engine_usv_string(ctx, &text.len, argv[1]);
    if (text.data == NULL) {
        return JS_EXCEPTION;
    }
    JSValue name = JS_NewStringLen(ctx, text.data, text.len);
    JS_FreeCString(ctx, text.data);
    return blob_construct_from(ctx, new_target, WEB_FILE, argv[0], argc > 2 ? argv[2] : JS_UNDEFINED, name);
}

// ---- attributes and methods ----

static web_blob_t *blob_expect(JSContext *ctx, JSValueConst value) {
    web_blob_t *blob = web_blob_of(value);
    if (blob == NULL) {
        JS_ThrowTypeError(ctx, "this is not a Blob");
    }
    return blob;
}

typedef enum {
    GET_SIZE,
    GET_TYPE,
    GET_NAME,
    GET_LAST_MODIFIED,
} blob_getter_t;

static JSValue blob_get(JSContext *ctx, JSValueConst this_val, int magic) {
    const web_blob_t *blob = magic < GET_NAME ? blob_expect(ctx, this_val) : web_class_expect(ctx, WEB_FILE, this_val);
    if (blob == NULL) {
        return JS_EXCEPTION;
    }
    switch (magic) {
        case GET_SIZE:
            return JS_NewInt64(ctx, (int64_t)blob->len);
        case GET_TYPE:
            return JS_DupValue(ctx, blob->type);
        case GET_NAME:
            return JS_DupValue(ctx, blob->name);
        default:
            return JS_NewFloat64(ctx, blob->last_modified);
    }
}

// The place in the bytes that an argument of slice() means. 0 or -1.
static int read_place(JSContext *ctx, JSValueConst value, int64_t len, int64_t otherwise, int64_t *place) {
    *place = otherwise;
    if (JS_IsUndefined(value)) {
        return 0;
    }
    double number;
    if (JS_ToFloat64(ctx, &number, value) < 0) {
        return -1;
    }
    number = isnan(number) ? 0 : rint(number); // Web IDL, Clamp
    number = number < 0 ? fmax(number + (double)len, 0) : fmin(number, (double)len);
    *place = (int64_t)number;
    return 0;
}

static JSValue blob_slice(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    const web_blob_t *blob = blob_expect(ctx, this_val);
    int64_t start, end;
    if (blob == NULL || read_place(ctx, argc > 0 ? argv[0] : JS_UNDEFINED, (int64_t)blob->len, 0, &start) < 0 ||
        read_place(ctx, argc > 1 ? argv[1] : JS_UNDEFINED, (int64_t)blob->len, (int64_t)blob->len, &end) < 0) {
        return JS_EXCEPTION;
    }
    JSValue type = type_of_value(ctx, argc > 2 ? argv[2] : JS_UNDEFINED);
    if (JS_IsException(type)) {
        return JS_EXCEPTION;
    }
    base_slice_t data = {blob->data + start, end > start ? (size_t)(end - start) : 0};
    return web_blob_new(ctx, blob->bytes, data, type, NULL);
}

static JSValue blob_read_value(JSContext *ctx, const web_blob_t *blob, int how) {
    if (how == WEB_READ_TEXT) {
        return web_utf8_string(ctx, blob->data, blob->len, true);
    }
    engine_need(ctx, ENGINE_TYPED_ARRAYS);
    const uint8_t *data = (const uint8_t *)blob->data;
    return how == WEB_READ_BYTES ? JS_NewUint8ArrayCopy(ctx, data, blob->len)
                                 : JS_NewArrayBufferCopy(ctx, data, blob->len);
}

static JSValue blob_read(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int how) {
    (void)argc, (void)argv;
    const web_blob_t *blob = blob_expect(ctx, this_val);
    if (blob == NULL) {
        return web_reject_pending(ctx);
    }
    JSValue value = blob_read_value(ctx, blob, how);
    JSValue promise = JS_NewSettledPromise(ctx, false, value);
    JS_FreeValue(ctx, value);
    return promise;
}

static JSValue blob_stream(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    const web_blob_t *blob = blob_expect(ctx, this_val);
    if (blob == NULL) {
        return JS_EXCEPTION;
    }
    blob->bytes->refs++;
    return web_content_stream(ctx, (web_content_t){JS_UNDEFINED, blob->bytes, blob->data, blob->len, false});
}

// ---- the classes ----

static void blob_finalize(JSRuntime *rt, JSValueConst value) {
    web_blob_t *blob = web_blob_of(value);
    if (blob != NULL) {
        web_bytes_free(rt, blob->bytes);
        JS_FreeValueRT(rt, blob->type);
        JS_FreeValueRT(rt, blob->name);
        js_free_rt(rt, blob);
    }
}

static const JSCFunctionListEntry blob_proto[] = {
    JS_CGETSET_MAGIC_DEF("size", blob_get, NULL, GET_SIZE),
    JS_CGETSET_MAGIC_DEF("type", blob_get, NULL, GET_TYPE),
    JS_CFUNC_DEF("slice", 0, blob_slice),
    JS_CFUNC_DEF("stream", 0, blob_stream),
    JS_CFUNC_MAGIC_DEF("arrayBuffer", 0, blob_read, WEB_READ_ARRAY_BUFFER),
    JS_CFUNC_MAGIC_DEF("bytes", 0, blob_read, WEB_READ_BYTES),
    JS_CFUNC_MAGIC_DEF("text", 0, blob_read, WEB_READ_TEXT),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "Blob", JS_PROP_CONFIGURABLE),
};

const extension_class_t web_class_blob = {
    .def = {.class_name = "Blob", .finalizer = blob_finalize},
    .constructor = blob_construct,
    .proto = blob_proto,
    .proto_len = BASE_COUNT(blob_proto),
    .rare = true,
};

static JSValue blob_parent(JSContext *ctx) {
    extension_class_ready(ctx, &web_extension, WEB_BLOB);
    return JS_GetClassProto(ctx, web_extension.first_class + WEB_BLOB);
}

static const JSCFunctionListEntry file_proto[] = {
    JS_CGETSET_MAGIC_DEF("name", blob_get, NULL, GET_NAME),
    JS_CGETSET_MAGIC_DEF("lastModified", blob_get, NULL, GET_LAST_MODIFIED),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "File", JS_PROP_CONFIGURABLE),
};

const extension_class_t web_class_file = {
    .def = {.class_name = "File", .finalizer = blob_finalize},
    .constructor = file_construct,
    .length = 2,
    .proto = file_proto,
    .proto_len = BASE_COUNT(file_proto),
    .rare = true,
    .parent = blob_parent,
};

// Headers (Fetch standard, section 2.2.2 and 5.1).

#include <string.h>

#include "base_fields.h"
#include "web/web_private.h"

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool web_is_token(base_slice_t slice) {
    for (size_t i = 0; i < slice.len; i++) {
        if (!base_is((uint8_t)slice.data[i], BASE_TOKEN)) {
            return false;
        }
    }
    return slice.len > 0;
}

base_slice_t web_trimmed(base_slice_t slice) {
    while (slice.len > 0 && is_space(slice.data[slice.len - 1])) {
        slice.len--;
    }
    while (slice.len > 0 && is_space(slice.data[0])) {
        slice.data++;
        slice.len--;
    }
    return slice;
}

// ---- the list ----

web_headers_t *web_headers_new(JSContext *ctx) {
    web_headers_t *headers = js_mallocz(ctx, sizeof(*headers));
    headers->refs = 1;
    return headers;
}

void web_headers_free(JSRuntime *rt, web_headers_t *headers) {
    if (headers != NULL && --headers->refs == 0) {
        js_free_rt(rt, headers->lines.data);
        js_free_rt(rt, headers);
    }
}

web_headers_t *web_headers_copy(JSContext *ctx, const web_headers_t *headers) {
    web_headers_t *copy = web_headers_new(ctx);
    web_buf_put(ctx, &copy->lines, headers->lines.data, headers->lines.len);
    return copy;
}

bool web_headers_line(const web_headers_t *headers, size_t *pos, base_slice_t *name, base_slice_t *value) {
    if (*pos >= headers->lines.len) {
        return false;
    }
    const char *line = headers->lines.data + *pos;
    size_t rest = headers->lines.len - *pos;
    const char *colon = memchr(line, ':', rest);
    const char *end = memchr(line, '\r', rest);
    *name = (base_slice_t){line, (size_t)(colon - line)};
    *value = (base_slice_t){colon + 2, (size_t)(end - colon) - 2};
    *pos += (size_t)(end - line) + 2;
    return true;
}

// Adds "name: value\r\n", the name in lower case. The parts are valid.
static void put_line(JSContext *ctx, web_buf_t *lines, base_slice_t name, base_slice_t value) {
    web_buf_reserve(ctx, lines, name.len + value.len + 4);
    char *out = lines->data + lines->len;
    for (size_t i = 0; i < name.len; i++) {
        *out++ = (char)base_lower((uint8_t)name.data[i]);
    }
    *out++ = ':';
    *out++ = ' ';
    if (value.len > 0) {
        memcpy(out, value.data, value.len);
    }
    out += value.len;
    *out++ = '\r';
    *out++ = '\n';
    lines->len = (size_t)(out - lines->data);
}

// Takes a line without its LF over, unless no HTTP parser lets it through.
static void parse_line(JSContext *ctx, web_headers_t *headers, base_slice_t line) {
    const char *colon = memchr(line.data, ':', line.len);
    if (colon == NULL) {
        return;
    }
    base_slice_t name = {line.data, (size_t)(colon - line.data)};
    base_slice_t value = web_trimmed((base_slice_t){colon + 1, line.len - name.len - 1});
    bool whole = memchr(value.data, '\r', value.len) == NULL && memchr(value.data, '\0', value.len) == NULL;
    if (web_is_token(name) && whole) {
        put_line(ctx, &headers->lines, name, value);
    }
}

web_headers_t *web_headers_parse(JSContext *ctx, base_slice_t lines) {
    web_headers_t *headers = web_headers_new(ctx);
    web_buf_reserve(ctx, &headers->lines, lines.len);
    while (lines.len > 0) {
        const char *newline = memchr(lines.data, '\n', lines.len);
        size_t len = newline == NULL ? lines.len : (size_t)(newline - lines.data);
        parse_line(ctx, headers, (base_slice_t){lines.data, len});
        len += newline != NULL;
        lines.data += len;
        lines.len -= len;
    }
    return headers;
}

base_slice_t web_headers_find(const web_headers_t *headers, const char *lower_name) {
    base_slice_t wanted = {lower_name, strlen(lower_name)}, name, value;
    for (size_t pos = 0; web_headers_line(headers, &pos, &name, &value);) {
        if (base_equal(name, wanted)) {
            return value;
        }
    }
    return (base_slice_t){NULL, 0};
}

bool web_headers_has(const web_headers_t *headers, const char *lower_name) {
    return web_headers_find(headers, lower_name).data != NULL;
}

void web_headers_put(JSContext *ctx, web_headers_t *headers, const char *lower_name, const char *value) {
    put_line(
        ctx, &headers->lines, (base_slice_t){lower_name, strlen(lower_name)}, (base_slice_t){value, strlen(value)});
}

// Removes the line from `start` up to *pos, where the next one is afterwards.
static void remove_line(web_headers_t *headers, size_t start, size_t *pos) {
    char *lines = headers->lines.data;
    memmove(lines + start, lines + *pos, headers->lines.len - *pos);
    headers->lines.len -= *pos - start;
    *pos = start;
}

static void remove_name(web_headers_t *headers, base_slice_t wanted) {
    base_slice_t name, value;
    size_t start = 0;
    for (size_t pos = 0; web_headers_line(headers, &pos, &name, &value); start = pos) {
        if (base_equal(name, wanted)) {
            remove_line(headers, start, &pos);
        }
    }
}

void web_headers_remove(web_headers_t *headers, const char *lower_name) {
    remove_name(headers, (base_slice_t){lower_name, strlen(lower_name)});
}

base_slice_t web_headers_wire(web_headers_t *headers) {
    base_slice_t name, value;
    size_t start = 0;
    for (size_t pos = 0; web_headers_line(headers, &pos, &name, &value); start = pos) {
        if (base_is_framing_field(name.data, name.len)) {
            remove_line(headers, start, &pos);
        }
    }
    return (base_slice_t){headers->lines.data, headers->lines.len};
}

// ---- names and values from scripts ----

// A name or value from a script, one byte a character.
typedef struct _byte_string_t {
    const char *cstring; // what the engine gave
    char *bytes;         // the converted copy, where it is not ASCII
    base_slice_t slice;
} byte_string_t;

static void byte_string_free(JSContext *ctx, byte_string_t *string) {
    js_free(ctx, string->bytes);
    JS_FreeCString(ctx, string->cstring);
}

// Web IDL's ByteString: a TypeError for a character above U+00FF.
static int byte_string(JSContext *ctx, byte_string_t *string, JSValueConst value) {
    *string = (byte_string_t){0};
    size_t len;
    const char *utf8 = JS_ToCStringLen(ctx, &len, value);
    if (utf8 == NULL) {
        return -1;
    }

    string->cstring = utf8;
    string->slice = (base_slice_t){utf8, len};
    size_t out = base_ascii_prefix(utf8, len);
    if (out == len) {
        return 0;
    }

    string->bytes = js_malloc(ctx, len);
    memcpy(string->bytes, utf8, out);
    for (size_t i = out; i < len; i++) {
        unsigned char c = (unsigned char)utf8[i];
        if (c > 0xc3) {
            JS_ThrowTypeError(ctx, "header names and values must not contain characters above U+00FF");
            byte_string_free(ctx, string);
            return -1;
        }
        if (c >= 0xc2) {
            c = (unsigned char)(c << 6 | ((unsigned char)utf8[++i] & 0x3f));
        }
        string->bytes[out++] = (char)c;
    }
    string->slice = (base_slice_t){string->bytes, out};
    return 0;
}

// A valid header name in lower case.
static int header_name(JSContext *ctx, byte_string_t *string, JSValueConst value) {
    if (byte_string(ctx, string, value) < 0) {
        return -1;
    }
    if (!web_is_token(string->slice)) {
        JS_ThrowTypeError(
            ctx, "invalid header name '%.*s'", string->slice.len > 60 ? 60 : (int)string->slice.len, string->cstring);
        byte_string_free(ctx, string);
        return -1;
    }

    if (string->bytes == NULL) {
        string->bytes = js_malloc(ctx, string->slice.len);
        memcpy(string->bytes, string->slice.data, string->slice.len);
        string->slice.data = string->bytes;
    }
    for (size_t i = 0; i < string->slice.len; i++) {
        string->bytes[i] = (char)base_lower((uint8_t)string->bytes[i]);
    }
    return 0;
}

// A valid header value without white space around it.
static int header_value(JSContext *ctx, byte_string_t *string, JSValueConst value) {
    if (byte_string(ctx, string, value) < 0) {
        return -1;
    }
    string->slice = web_trimmed(string->slice);
    for (size_t i = 0; i < string->slice.len; i++) {
        char c = string->slice.data[i];
        if (c == '\0' || c == '\r' || c == '\n') {
            JS_ThrowTypeError(ctx, "header values must not contain NUL, CR or LF");
            byte_string_free(ctx, string);
            return -1;
        }
    }
    return 0;
}

int web_headers_append(JSContext *ctx, web_headers_t *headers, JSValueConst name, JSValueConst value) {
    byte_string_t n, v;
    if (header_name(ctx, &n, name) < 0) {
        return -1;
    }
    int result = header_value(ctx, &v, value);
    if (result == 0) {
        put_line(ctx, &headers->lines, n.slice, v.slice);
        byte_string_free(ctx, &v);
    }
    byte_string_free(ctx, &n);
    return result;
}

static int headers_append_pair(JSContext *ctx, void *opaque, JSValueConst name, JSValueConst value) {
    return web_headers_append(ctx, opaque, name, value);
}

int web_headers_fill(JSContext *ctx, web_headers_t *headers, JSValueConst init) {
    web_headers_t *other = web_class_get(WEB_HEADERS, init);
    if (other != NULL) {
        web_buf_put(ctx, &headers->lines, other->lines.data, other->lines.len);
        return 0;
    }
    return web_pairs(ctx, init, headers_append_pair, headers);
}

// All values of a name joined with ", " (Fetch, "get a header value"); null where there is none.
static JSValue combined(JSContext *ctx, const web_headers_t *headers, base_slice_t wanted) {
    base_slice_t name, value, first = {NULL, 0};
    web_buf_t joined = {0};
    for (size_t pos = 0; web_headers_line(headers, &pos, &name, &value);) {
        if (!base_equal(name, wanted)) {
            continue;
        }
        if (first.data == NULL) {
            first = value;
            continue;
        }
        if (joined.len == 0) {
            web_buf_put(ctx, &joined, first.data, first.len);
        }
        web_buf_put_text(ctx, &joined, ", ");
        web_buf_put(ctx, &joined, value.data, value.len);
    }

    if (first.data == NULL) {
        return JS_NULL;
    }
    if (joined.len == 0) {
        return web_latin1_string(ctx, first.data, first.len);
    }
    JSValue string = web_latin1_string(ctx, joined.data, joined.len);
    js_free(ctx, joined.data);
    return string;
}

// ---- iteration ----

static bool is_set_cookie(base_slice_t name) {
    return base_equal_text(name.data, name.len, "set-cookie");
}

static size_t count_name(const web_headers_t *headers, base_slice_t wanted) {
    base_slice_t name, value;
    size_t count = 0;
    for (size_t pos = 0; web_headers_line(headers, &pos, &name, &value);) {
        count += base_equal(name, wanted);
    }
    return count;
}

static int compare_names(const web_pair_slices_t *a, const web_pair_slices_t *b) {
    int order = memcmp(a->name.data, b->name.data, a->name.len < b->name.len ? a->name.len : b->name.len);
    return order != 0 ? order : web_compare_sizes(a->name.len, b->name.len);
}

// What iteration yields (Fetch, "sort and combine"): names in order, one each but for Set-Cookie.
static size_t sorted_lines(const web_headers_t *headers, web_pair_slices_t *lines) {
    size_t count = 0, kept = 0;
    for (size_t pos = 0; web_headers_line(headers, &pos, &lines[count].name, &lines[count].value);) {
        count++;
    }
    web_sort_pairs(lines, count, compare_names);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || is_set_cookie(lines[i].name) || !base_equal(lines[i].name, lines[kept - 1].name)) {
            lines[kept++] = lines[i];
        }
    }
    return kept;
}

bool web_headers_at(JSContext *ctx, void *list, uint32_t index, JSValue pair[2]) {
    const web_headers_t *headers = list;
    base_slice_t name, value;
    size_t count = 1; // one more than there are: where the loop that fills the array looks for another
    for (size_t pos = 0; web_headers_line(headers, &pos, &name, &value);) {
        count++;
    }

    web_pair_slices_t *lines = js_malloc(ctx, count * sizeof(*lines));
    count = sorted_lines(headers, lines);
    bool found = index < count;
    if (found) {
        name = lines[index].name;
        value = lines[index].value;
        pair[0] = JS_NewStringLen(ctx, name.data, name.len);
        pair[1] = is_set_cookie(name) ? web_latin1_string(ctx, value.data, value.len) : combined(ctx, headers, name);
    }
    js_free(ctx, lines);
    return found;
}

// ---- the class ----

static web_headers_t *mutable_headers(JSContext *ctx, JSValueConst this_val) {
    web_headers_t *headers = web_class_expect(ctx, WEB_HEADERS, this_val);
    if (headers != NULL && headers->immutable) {
        JS_ThrowTypeError(ctx, "these headers cannot be changed; copy them with new Headers(headers)");
        return NULL;
    }
    return headers;
}

static JSValue headers_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    web_headers_t *headers = web_headers_new(ctx);
    JSValue object = JS_EXCEPTION;
    if (argc == 0 || JS_IsUndefined(argv[0]) || web_headers_fill(ctx, headers, argv[0]) == 0) {
        object = web_class_new(ctx, WEB_HEADERS, new_target);
    }
    if (JS_IsException(object)) {
        web_headers_free(JS_GetRuntime(ctx), headers);
    } else {
        JS_SetOpaque(object, headers);
    }
    return object;
}

JSValue web_headers_object(JSContext *ctx, web_headers_t *headers) {
    JSValue object = web_class_new(ctx, WEB_HEADERS, JS_UNDEFINED);
    headers->refs++;
    JS_SetOpaque(object, headers);
    return object;
}

static void headers_finalize(JSRuntime *rt, JSValueConst value) {
    web_headers_free(rt, JS_GetAnyOpaque(value, &(JSClassID){0}));
}

static JSValue headers_append(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    web_headers_t *headers = mutable_headers(ctx, this_val);
    if (headers == NULL || web_check_args(ctx, argc, 2) < 0 || web_headers_append(ctx, headers, argv[0], argv[1]) < 0) {
        return JS_EXCEPTION;
    }
    return JS_UNDEFINED;
}

static JSValue headers_delete(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    web_headers_t *headers = mutable_headers(ctx, this_val);
    byte_string_t name;
    if (headers == NULL || web_check_args(ctx, argc, 1) < 0 || header_name(ctx, &name, argv[0]) < 0) {
        return JS_EXCEPTION;
    }
    remove_name(headers, name.slice);
    byte_string_free(ctx, &name);
    return JS_UNDEFINED;
}

static JSValue headers_get(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    web_headers_t *headers = web_class_expect(ctx, WEB_HEADERS, this_val);
    byte_string_t name;
    if (headers == NULL || web_check_args(ctx, argc, 1) < 0 || header_name(ctx, &name, argv[0]) < 0) {
        return JS_EXCEPTION;
    }
    JSValue value = combined(ctx, headers, name.slice);
    byte_string_free(ctx, &name);
    return value;
}

static JSValue headers_has(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    web_headers_t *headers = web_class_expect(ctx, WEB_HEADERS, this_val);
    byte_string_t name;
    if (headers == NULL || web_check_args(ctx, argc, 1) < 0 || header_name(ctx, &name, argv[0]) < 0) {
        return JS_EXCEPTION;
    }
    bool found = count_name(headers, name.slice) > 0;
    byte_string_free(ctx, &name);
    return JS_NewBool(ctx, found);
}

// The first line of that name, which there is, gets the value, the others go (Fetch, "set a header").
static void set_line(JSContext *ctx, web_headers_t *headers, base_slice_t wanted, base_slice_t new_value) {
    web_buf_t lines = {0};
    base_slice_t name, value;
    bool placed = false;
    web_buf_reserve(ctx, &lines, headers->lines.len + wanted.len + new_value.len + 4);
    for (size_t pos = 0; web_headers_line(headers, &pos, &name, &value);) {
        if (!base_equal(name, wanted)) {
            put_line(ctx, &lines, name, value);
        } else if (!placed) {
            put_line(ctx, &lines, wanted, new_value);
            placed = true;
        }
    }
    js_free(ctx, headers->lines.data);
    headers->lines = lines;
}

static JSValue headers_set(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    web_headers_t *headers = mutable_headers(ctx, this_val);
    byte_string_t name, value;
    if (headers == NULL || web_check_args(ctx, argc, 2) < 0 || header_name(ctx, &name, argv[0]) < 0) {
        return JS_EXCEPTION;
    }

    int result = header_value(ctx, &value, argv[1]);
    if (result == 0) {
        if (count_name(headers, name.slice) == 0) {
            put_line(ctx, &headers->lines, name.slice, value.slice);
        } else {
            set_line(ctx, headers, name.slice, value.slice);
        }
        byte_string_free(ctx, &value);
    }
    byte_string_free(ctx, &name);
    return result < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

static JSValue headers_get_set_cookie(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    web_headers_t *headers = web_class_expect(ctx, WEB_HEADERS, this_val);
    if (headers == NULL) {
        return JS_EXCEPTION;
    }

    JSValue array = JS_NewArray(ctx);
    base_slice_t name, value;
    uint32_t count = 0;
    for (size_t pos = 0; web_headers_line(headers, &pos, &name, &value);) {
        if (is_set_cookie(name)) {
            JSValue string = web_latin1_string(ctx, value.data, value.len);
            JS_DefinePropertyValueUint32(ctx, array, count++, string, JS_PROP_C_W_E);
        }
    }
    return array;
}

static const JSCFunctionListEntry headers_proto[] = {
    JS_CFUNC_DEF("append", 2, headers_append),
    JS_CFUNC_DEF("delete", 1, headers_delete),
    JS_CFUNC_DEF("get", 1, headers_get),
    JS_CFUNC_DEF("getSetCookie", 0, headers_get_set_cookie),
    JS_CFUNC_DEF("has", 1, headers_has),
    JS_CFUNC_DEF("set", 2, headers_set),
    JS_CFUNC_MAGIC_DEF("forEach", 1, web_list_for_each, WEB_HEADERS),
    JS_CFUNC_MAGIC_DEF("entries", 0, web_list_iterator, WEB_ITERATOR_MAGIC(WEB_HEADERS, WEB_ENTRIES)),
    JS_CFUNC_MAGIC_DEF("keys", 0, web_list_iterator, WEB_ITERATOR_MAGIC(WEB_HEADERS, WEB_KEYS)),
    JS_CFUNC_MAGIC_DEF("values", 0, web_list_iterator, WEB_ITERATOR_MAGIC(WEB_HEADERS, WEB_VALUES)),
    JS_CFUNC_MAGIC_DEF("[Symbol.iterator]", 0, web_list_iterator, WEB_ITERATOR_MAGIC(WEB_HEADERS, WEB_ENTRIES)),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "Headers", JS_PROP_CONFIGURABLE),
};

const extension_class_t web_class_headers = {
    .def = {.class_name = "Headers", .finalizer = headers_finalize},
    .constructor = headers_construct,
    .proto = headers_proto,
    .proto_len = BASE_COUNT(headers_proto),
};

// multipart/form-data (RFC 7578), written and read as the HTML and Fetch standards say.

#include <string.h>
#include "web/web_private.h"

// ---- writing ----

// 96 random bits: no content has that line.
#define BOUNDARY_PREFIX "----edgelet"
#define BOUNDARY_RANDOM (12)
#define BOUNDARY_SIZE (sizeof(BOUNDARY_PREFIX) - 1 + BOUNDARY_RANDOM * 2)

static void make_boundary(char *boundary) {
    uint8_t random[BOUNDARY_RANDOM];
    host_random(random, sizeof(random));
    memcpy(boundary, BOUNDARY_PREFIX, sizeof(BOUNDARY_PREFIX) - 1);
    char *at = boundary + sizeof(BOUNDARY_PREFIX) - 1;
    for (int i = 0; i < BOUNDARY_RANDOM; i++) {
        *at++ = base_to_hex(random[i] >> 4);
        *at++ = base_to_hex(random[i]);
    }
    *at = '\0';
}

static bool starts_line_end(base_slice_t text, size_t i) {
    return text.data[i] == '\r' && i + 1 < text.len && text.data[i + 1] == '\n';
}

// Every line ending as \r\n.
static void put_lines(JSContext *ctx, web_buf_t *out, base_slice_t text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != '\r' && text.data[i] != '\n') {
            web_buf_put(ctx, out, &text.data[i], 1);
            continue;
        }
        web_buf_put_text(ctx, out, "\r\n");
        i += starts_line_end(text, i);
    }
}

// In quotes.
static void put_quoted(JSContext *ctx, web_buf_t *out, base_slice_t text) {
    web_buf_put_text(ctx, out, "\"");
    for (size_t i = 0; i < text.len; i++) {
        switch (text.data[i]) {
            case '\n':
                web_buf_put_text(ctx, out, "%0A");
                break;
            case '\r':
                web_buf_put_text(ctx, out, "%0D");
                break;
            case '"':
                web_buf_put_text(ctx, out, "%22");
                break;
            default:
                web_buf_put(ctx, out, &text.data[i], 1);
        }
    }
    web_buf_put_text(ctx, out, "\"");
}

static void put_name(JSContext *ctx, web_buf_t *out, base_slice_t name) {
    web_buf_t lines = {0};
    put_lines(ctx, &lines, name);
    put_quoted(ctx, out, (base_slice_t){lines.data, lines.len});
    js_free(ctx, lines.data);
}

static void put_string(JSContext *ctx, web_buf_t *out, JSValueConst string) {
    size_t len;
    const char *text = engine_usv_string(ctx, &len, string);
    web_buf_put(ctx, out, text, len);
    JS_FreeCString(ctx, text);
}

static void put_file(JSContext *ctx, web_buf_t *out, const web_blob_t *file) {
    base_slice_t name;
    name.data = engine_usv_string(ctx, &name.len, file->name);
    web_buf_put_text(ctx, out, "; filename=");
    put_quoted(ctx, out, name);
    JS_FreeCString(ctx, name.data);
    web_buf_put_text(ctx, out, "\r\ncontent-type: ");
    size_t before = out->len;
    put_string(ctx, out, file->type);
    if (out->len == before) {
        web_buf_put_text(ctx, out, "application/octet-stream");
    }
    web_buf_put_text(ctx, out, "\r\n\r\n");
    web_buf_put(ctx, out, file->data, file->len);
}

JSValue web_multipart_serialize(JSContext *ctx, web_list_t *list, web_buf_t *out) {
    char boundary[BOUNDARY_SIZE + 1];
    web_pair_slices_t pair;
    make_boundary(boundary);
    for (size_t pos = 0; web_list_next(list, &pos, &pair);) {
        web_buf_put_text(ctx, out, "--");
        web_buf_put_text(ctx, out, boundary);
        web_buf_put_text(ctx, out, "\r\ncontent-disposition: form-data; name=");
        put_name(ctx, out, pair.name);
        if (pair.is_file) {
            JSValue file = web_list_value(ctx, list, &pair);
            put_file(ctx, out, web_blob_of(file));
            JS_FreeValue(ctx, file);
        } else {
            web_buf_put_text(ctx, out, "\r\n\r\n");
            put_lines(ctx, out, pair.value);
        }
        web_buf_put_text(ctx, out, "\r\n");
    }
    web_buf_put_text(ctx, out, "--");
    web_buf_put_text(ctx, out, boundary);
    web_buf_put_text(ctx, out, "--\r\n");

    web_buf_t type = {0};
    web_buf_put_text(ctx, &type, "multipart/form-data; boundary=");
    web_buf_put_text(ctx, &type, boundary);
    return web_buf_string(ctx, &type);
}

// ---- reading ----

static void multipart_skip(base_slice_t *rest, size_t len) {
    rest->data += len;
    rest->len -= len;
}

static bool multipart_take(base_slice_t *rest, base_slice_t text) {
    if (rest->len < text.len || memcmp(rest->data, text.data, text.len) != 0) {
        return false;
    }
    multipart_skip(rest, text.len);
    return true;
}

static const base_slice_t line_end = {"\r\n", 2};
static const base_slice_t dashes = {"--", 2};

static void skip_blanks(base_slice_t *rest) {
    while (rest->len > 0 && (rest->data[0] == ' ' || rest->data[0] == '\t')) {
        multipart_skip(rest, 1);
    }
}

// What comes before the first of these characters, or all.
static base_slice_t multipart_take_until(base_slice_t *rest, const char *characters) {
    base_slice_t found = {rest->data, 0};
    while (
        found.len < rest->len && (rest->data[found.len] == '\0' || strchr(characters, rest->data[found.len]) == NULL)) {
        found.len++;
    }
    multipart_skip(rest, found.len);
    return found;
}

static base_slice_t trim_end(base_slice_t text) {
    while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t')) {
        text.len--;
    }
    return text;
}

// The value of a parameter, in quotes or not. False where a quote is missing.
static bool multipart_take_value(base_slice_t *rest, base_slice_t *value) {
    if (!multipart_take(rest, (base_slice_t){"\"", 1})) {
        *value = trim_end(multipart_take_until(rest, ";\r\n"));
        return true;
    }
    *value = multipart_take_until(rest, "\"\r\n");
    return multipart_take(rest, (base_slice_t){"\"", 1});
}

// The next parameter of a header, from its semicolon on. 1, 0 at the end, -1 where it is ill-formed.
static int take_parameter(base_slice_t *rest, base_slice_t *name, base_slice_t *value) {
    skip_blanks(rest);
    if (!multipart_take(rest, (base_slice_t){";", 1})) {
        return rest->len == 0 || rest->data[0] == '\r' || rest->data[0] == '\n' ? 0 : -1;
    }
    skip_blanks(rest);
    *name = multipart_take_until(rest, "=;\r\n");
    return multipart_take(rest, (base_slice_t){"=", 1}) && multipart_take_value(rest, value) ? 1 : -1;
}

// The boundary that Content-Type names; data is NULL where there is none.
static base_slice_t find_boundary(base_slice_t type) {
    base_slice_t name, value;
    multipart_take_until(&type, ";");
    while (take_parameter(&type, &name, &value) > 0) {
        if (base_equal_nocase(name.data, name.len, "boundary") && value.len > 0) {
            return value;
        }
    }
    return (base_slice_t){NULL, 0};
}

// A part's headers. data is NULL for what is not there.
typedef struct _part_t {
    base_slice_t name, filename, type;
} part_t;

static bool read_disposition(base_slice_t *rest, part_t *part) {
    base_slice_t kind = trim_end(multipart_take_until(rest, ";\r\n")), name, value;
    part->name = part->filename = (base_slice_t){NULL, 0};
    int more = base_equal_nocase(kind.data, kind.len, "form-data") ? 1 : -1;
    while (more > 0 && (more = take_parameter(rest, &name, &value)) > 0) {
        if (base_equal_nocase(name.data, name.len, "name")) {
            part->name = value;
        } else if (base_equal_nocase(name.data, name.len, "filename")) {
            part->filename = value;
        }
    }
    return more == 0 && part->name.data != NULL;
}

// One line, without its end.
static bool read_header(base_slice_t *rest, part_t *part) {
    base_slice_t name = trim_end(multipart_take_until(rest, ":\r\n"));
    if (!web_is_token(name) || !multipart_take(rest, (base_slice_t){":", 1})) {
        return false;
    }
    skip_blanks(rest);
    if (base_equal_nocase(name.data, name.len, "content-disposition")) {
        return read_disposition(rest, part);
    }
    base_slice_t value = trim_end(multipart_take_until(rest, "\r\n"));
    if (base_equal_nocase(name.data, name.len, "content-type")) {
        part->type = value;
    }
    return true;
}

// All, with the empty line behind them.
static bool read_headers(base_slice_t *rest, part_t *part) {
    const char *start = rest->data;
    *part = (part_t){0};
    while (!multipart_take(rest, line_end)) {
        if (!read_header(rest, part) || !multipart_take(rest, line_end) || rest->data - start > WEB_PART_HEADERS_MAX) {
            return false;
        }
    }
    return part->name.data != NULL;
}

// A name in which %0A, %0D and %22 stand for what cannot be there, as well-formed UTF-8: a string.
static JSValue name_string(JSContext *ctx, base_slice_t text) {
    static const struct {
        char escape[4], character;
    } escapes[] = {{"%0A", '\n'}, {"%0D", '\r'}, {"%22", '"'}};
    char *decoded = js_malloc(ctx, text.len + 1);
    size_t len = 0;
    while (text.len > 0) {
        char c = text.data[0];
        size_t taken = 1;
        for (int i = 0; i < BASE_COUNT(escapes) && taken == 1; i++) {
            if (text.len >= 3 && memcmp(text.data, escapes[i].escape, 3) == 0) {
                c = escapes[i].character;
                taken = 3;
            }
        }
        decoded[len++] = c;
        multipart_skip(&text, taken);
    }
    JSValue string = web_utf8_string(ctx, decoded, len, false);
    js_free(ctx, decoded);
    return string;
}

static JSValue part_file(JSContext *ctx, web_bytes_t *holder, base_slice_t content, const part_t *part) {
    JSValue name = name_string(ctx, part->filename);
    base_slice_t type = part->type.data != NULL ? part->type : (base_slice_t){"text/plain", 10};
    return web_blob_new(ctx, holder, content, web_blob_type(ctx, type), &name);
}

static void append_part(
    JSContext *ctx, JSValueConst form, web_bytes_t *holder, base_slice_t content, const part_t *part) {
    base_slice_t name, value;
    JSValue name_value = name_string(ctx, part->name);
    name.data = JS_ToCStringLen(ctx, &name.len, name_value);
    if (part->filename.len > 0) { // browsers send an empty one where no file was chosen
        web_form_data_append_file(ctx, form, name, part_file(ctx, holder, content, part));
    } else {
        JSValue text = web_utf8_string(ctx, content.data, content.len, false);
        value.data = JS_ToCStringLen(ctx, &value.len, text);
        web_form_data_append(ctx, form, name, value);
        JS_FreeCString(ctx, value.data);
        JS_FreeValue(ctx, text);
    }
    JS_FreeCString(ctx, name.data);
    JS_FreeValue(ctx, name_value);
}

// Whether that is the end of the last line, behind the boundary.
static bool is_end(base_slice_t rest) {
    bool ends = multipart_take(&rest, dashes);
    while (multipart_take(&rest, line_end)) {
    }
    return ends && rest.len == 0;
}

// The parts, of which each but the first begins with `line`. What is wrong, or NULL.
static const char *read_parts(
    JSContext *ctx, JSValueConst form, web_bytes_t *holder, base_slice_t rest, base_slice_t line) {
    while (multipart_take(&rest, line_end)) {
    }
    bool begins = multipart_take(&rest, (base_slice_t){line.data + 2, line.len - 2});
    for (int count = 0; begins && !is_end(rest); count++) {
        part_t part;
        if (count == WEB_PARTS_MAX) {
            return "it has more than 1000 parts";
        }
        if (!multipart_take(&rest, line_end) || !read_headers(&rest, &part)) {
            return "a part has no well-formed headers, or too long ones";
        }
        const char *end = memmem(rest.data, rest.len, line.data, line.len);
        if (end == NULL) {
            return "it is cut off";
        }
        base_slice_t content = {rest.data, (size_t)(end - rest.data)};
        append_part(ctx, form, holder, content, &part);
        multipart_skip(&rest, content.len + line.len);
    }
    return begins ? NULL : "it does not begin with the boundary";
}

JSValue web_multipart_parse(JSContext *ctx, web_bytes_t *holder, base_slice_t body, base_slice_t type) {
    base_slice_t boundary = find_boundary(type);
    if (boundary.data == NULL) {
        return JS_ThrowTypeError(ctx, "Content-Type of a multipart body names no boundary");
    }
    web_buf_t line = {0};
    web_buf_put_text(ctx, &line, "\r\n--");
    web_buf_put(ctx, &line, boundary.data, boundary.len);
    JSValue form = web_form_data_object(ctx, (base_slice_t){"", 0});
    const char *wrong = read_parts(ctx, form, holder, body, (base_slice_t){line.data, line.len});
    js_free(ctx, line.data);
    if (wrong != NULL) {
        JS_FreeValue(ctx, form);
        return JS_ThrowTypeError(ctx, "the body is no well-formed multipart/form-data: %s", wrong);
    }
    return form;
}

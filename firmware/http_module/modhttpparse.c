// import httpparse: http_head.h for MicroPython.
//
// Head(max_target, max_head, secure=False): the head parser of one connection. `max_target` and `max_head` are the most
//     bytes of the request target (414) and of the whole head (431). `secure` says whether the connection has TLS.
//   .parse(buffer, start, end) -> int: parses what has arrived: `buffer[start:end]` of a bytearray. 0: call again when
//     there is more, with the same `start` (the bytes may have moved, and `start` with them). Positive: the head is
//     complete and ends at this offset; the attributes are valid until the next parse. Negative: the error that
//     error() explains. The call after a complete head begins with the next one.
//   .method, .target, .host: str. The target is path and query, or "*"; the host is in lower case, may have a port, and
//     is "" where an HTTP/1.0 request names none.
//   .headers: memoryview of the header lines in `buffer`, each with its CR LF; valid until the buffer changes. bytes
//     where the target's host has replaced that of the field Host.
//   .move(old, new): what stands in the one bytearray stands in the other, too, at the same offsets: a head that is in
//     the old one is in the new one then.
//   .clear(): lets go of `buffer`, so that it can be freed; .headers is empty then.
//   .length: of the body: -1 where it is chunked, 0 where there is none, else Content-Length, at most 2**30 - 1, which
//     stands for anything larger too. .minor: 0 or 1, of HTTP/1.minor. .expect_continue, .persistent: bool.
// Chunked(): the decoder of one chunked body.
//   .decode(buffer, start, end) -> int: decodes in place; how many bytes of the body now stand at `buffer[start]`, or a
//     negative error. .used: how many bytes that consumed. .done: whether the body is complete.
// error(code) -> (status, text): what answers a negative result: the status code, and one line for the client.
// response(status, headers, length, lines, body) -> bytes: a response from its status line on. headers: a handler's
//     header lines, of which those are left out that only the connection may set. length: the value of Content-Length,
//     or None. lines: the header lines that the connection sets. body: what follows the head. Raises ValueError where
//     status is no whole number from 200 to 999 (informational responses are never the last one, RFC 9110 section
//     15.2), or headers are malformed.
// own_fields(lines) -> the header lines of a response, without the fields that only the connection may set. Raises
//     ValueError where they are not lines of "name: value CR LF".
#include "py/objarray.h"
#include "py/objint.h"
#include "py/objstr.h"
#include "py/runtime.h"

#include <string.h>

#include "base_chars.h"
#include "http_head.h"

typedef struct {
    mp_obj_base_t base;
    http_head_t head;
    http_limits_t limits;
    bool begun;
    uint32_t start;
    mp_obj_t buffer;
    mp_obj_t method;
    mp_obj_t target;
    mp_obj_t host;
} head_obj_t;

typedef struct {
    mp_obj_base_t base;
    http_chunked_t chunked;
    uint32_t used;
    bool done;
} chunked_obj_t;

// The bytes `args[2]` to `args[3]` of the bytearray `args[1]`.
static uint8_t *get_range(const mp_obj_t *args, size_t *start, size_t *len) {
    if (!mp_obj_is_type(args[1], &mp_type_bytearray)) {
        mp_raise_TypeError(MP_ERROR_TEXT("buffer must be a bytearray"));
    }
    mp_obj_array_t *buffer = MP_OBJ_TO_PTR(args[1]);
    mp_int_t from = mp_obj_get_int(args[2]);
    mp_int_t to = mp_obj_get_int(args[3]);
    if (from < 0 || to < from || (size_t)to > buffer->len || (size_t)to > HTTP_LENGTH_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("start and end must lie in the buffer"));
    }
    *start = from;
    *len = to - from;
    return (uint8_t *)buffer->items + from;
}

static mp_obj_t make_method(const uint8_t *p, size_t n) {
    static const uint16_t known[] = {
        MP_QSTR_GET, MP_QSTR_POST, MP_QSTR_HEAD, MP_QSTR_PUT, MP_QSTR_DELETE, MP_QSTR_PATCH, MP_QSTR_OPTIONS};
    for (size_t i = 0; i < MP_ARRAY_SIZE(known); i++) {
        size_t len;
        const byte *name = qstr_data(known[i], &len);
        if (len == n && memcmp(name, p, n) == 0) {
            return MP_OBJ_NEW_QSTR(known[i]);
        }
    }
    return mp_obj_new_str_copy(&mp_type_str, p, n);
}

static mp_obj_t make_target(const uint8_t *p, size_t n) {
    if (n > 0 && (p[0] == '/' || p[0] == '*')) {
        return mp_obj_new_str_copy(&mp_type_str, p, n);
    }
    // RFC 9110 section 4.2.3: an http URL with an empty path means "/".
    vstr_t target;
    vstr_init(&target, n + 1);
    vstr_add_byte(&target, '/');
    vstr_add_strn(&target, (const char *)p, n);
    return mp_obj_new_str_from_utf8_vstr(&target);
}

// The host in lower case: the object of the connection's last request where it is the same, as it nearly always is.
static mp_obj_t make_host(mp_obj_t last, const uint8_t *p, size_t n) {
    size_t len;
    const char *text = mp_obj_str_get_data(last, &len);
    size_t i = 0;
    while (len == n && i < n && base_lower(p[i]) == (uint8_t)text[i]) {
        i++;
    }
    if (len == n && i == n) {
        return last;
    }

    vstr_t host;
    vstr_init(&host, n);
    for (i = 0; i < n; i++) {
        vstr_add_byte(&host, base_lower(p[i]));
    }
    return mp_obj_new_str_from_utf8_vstr(&host);
}

static mp_obj_t head_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 2, 3, false);
    mp_int_t target = mp_obj_get_int(args[0]);
    mp_int_t head = mp_obj_get_int(args[1]);
    if (target < 1 || head < target || (mp_uint_t)head > HTTP_LENGTH_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("limits must be 1 <= max_target <= max_head < 2**30"));
    }
    head_obj_t *self = mp_obj_malloc(head_obj_t, type);
    self->limits = (http_limits_t){.target = target, .head = head, .secure = n_args > 2 && mp_obj_is_true(args[2])};
    self->begun = false;
    self->buffer = mp_const_none;
    self->method = self->target = self->host = MP_OBJ_NEW_QSTR(MP_QSTR_);
    http_head_init(&self->head);
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t head_parse(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    head_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    size_t start, len;
    const uint8_t *p = get_range(args, &start, &len);
    http_head_t *head = &self->head;
    if (!self->begun) {
        http_head_init(head);
        self->begun = true;
    }

    http_result_t result = http_head_parse(head, p, len, &self->limits);
    if (result == HTTP_MORE) {
        return MP_OBJ_NEW_SMALL_INT(0);
    }
    self->begun = false;
    if (result != HTTP_DONE) {
        return MP_OBJ_NEW_SMALL_INT(-(mp_int_t)result);
    }

    self->buffer = args[1];
    self->start = start;
    self->method = make_method(p + head->method.at, head->method.len);
    self->target = make_target(p + head->target.at, head->target.len);
    self->host = make_host(self->host, p + head->host.at, head->host.len);
    return MP_OBJ_NEW_SMALL_INT(start + head->size);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(head_parse_obj, 4, 4, head_parse);

static mp_obj_t head_move(mp_obj_t self_in, mp_obj_t from, mp_obj_t to) {
    head_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (!mp_obj_is_type(to, &mp_type_bytearray)) {
        mp_raise_TypeError(MP_ERROR_TEXT("buffer must be a bytearray"));
    }
    if (self->buffer == from) {
        self->buffer = to;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(head_move_obj, head_move);

static mp_obj_t head_clear(mp_obj_t self_in) {
    head_obj_t *self = MP_OBJ_TO_PTR(self_in);
    self->buffer = mp_const_none;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(head_clear_obj, head_clear);

// The header lines with the host of the target in the place of the old one (RFC 9112 section 3.2.2).
static mp_obj_t with_new_host(const head_obj_t *self, const uint8_t *head) {
    static const char name[] = "Host: ";
    http_span_t fields = self->head.fields, host = self->head.host, old = self->head.old_host;
    vstr_t lines;
    vstr_init(&lines, fields.len + host.len);
    vstr_add_strn(&lines, (const char *)head + fields.at, old.at - fields.at);
    vstr_add_strn(&lines, name, sizeof(name) - 1);
    vstr_add_strn(&lines, (const char *)head + host.at, host.len);
    // From the old line's CR LF on.
    size_t rest = old.at + old.len - 2;
    vstr_add_strn(&lines, (const char *)head + rest, fields.at + fields.len - rest);
    return mp_obj_new_bytes_from_vstr(&lines);
}

static mp_obj_t head_headers(head_obj_t *self) {
    if (self->buffer == mp_const_none) {
        return mp_const_empty_bytes;
    }
    mp_obj_array_t *buffer = MP_OBJ_TO_PTR(self->buffer);
    http_span_t fields = self->head.fields;
    if (self->start + fields.at + fields.len > buffer->len) {
        mp_raise_ValueError(MP_ERROR_TEXT("the buffer has changed"));
    }
    if (self->head.old_host.len > 0) {
        return with_new_host(self, (const uint8_t *)buffer->items + self->start);
    }
    mp_obj_array_t *view = mp_obj_malloc(mp_obj_array_t, &mp_type_memoryview);
    mp_obj_memoryview_init(view, 'B', self->start + fields.at, fields.len, buffer->items);
    return MP_OBJ_FROM_PTR(view);
}

static void head_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    head_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    switch (attr) {
        case MP_QSTR_method:
            dest[0] = self->method;
            break;
        case MP_QSTR_target:
            dest[0] = self->target;
            break;
        case MP_QSTR_host:
            dest[0] = self->host;
            break;
        case MP_QSTR_headers:
            dest[0] = head_headers(self);
            break;
        case MP_QSTR_length:
            dest[0] = MP_OBJ_NEW_SMALL_INT(self->head.chunked ? -1 : (mp_int_t)self->head.length);
            break;
        case MP_QSTR_minor:
            dest[0] = MP_OBJ_NEW_SMALL_INT(self->head.minor);
            break;
        case MP_QSTR_expect_continue:
            dest[0] = mp_obj_new_bool(self->head.expect_continue);
            break;
        case MP_QSTR_persistent:
            dest[0] = mp_obj_new_bool(self->head.persistent);
            break;
        default:
            dest[1] = MP_OBJ_SENTINEL;
    }
}

static const mp_rom_map_elem_t head_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR_parse), MP_ROM_PTR(&head_parse_obj)},
    {MP_ROM_QSTR(MP_QSTR_move), MP_ROM_PTR(&head_move_obj)},
    {MP_ROM_QSTR(MP_QSTR_clear), MP_ROM_PTR(&head_clear_obj)},
};
static MP_DEFINE_CONST_DICT(head_locals, head_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    head_type, MP_QSTR_Head, MP_TYPE_FLAG_NONE, make_new, head_make_new, attr, head_attr, locals_dict, &head_locals);

static mp_obj_t chunked_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)args;
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    chunked_obj_t *self = mp_obj_malloc(chunked_obj_t, type);
    self->used = 0;
    self->done = false;
    http_chunked_init(&self->chunked);
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t chunked_decode(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    chunked_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    size_t start, len, used, produced;
    uint8_t *p = get_range(args, &start, &len);
    self->used = 0;
    if (self->done) {
        return MP_OBJ_NEW_SMALL_INT(0);
    }

    http_result_t result = http_chunked_decode(&self->chunked, p, len, &used, &produced);
    self->used = used;
    self->done = result == HTTP_DONE;
    if (result != HTTP_DONE && result != HTTP_MORE) {
        return MP_OBJ_NEW_SMALL_INT(-(mp_int_t)result);
    }
    return MP_OBJ_NEW_SMALL_INT(produced);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(chunked_decode_obj, 4, 4, chunked_decode);

static void chunked_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    chunked_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    if (attr == MP_QSTR_used) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(self->used);
    } else if (attr == MP_QSTR_done) {
        dest[0] = mp_obj_new_bool(self->done);
    } else {
        dest[1] = MP_OBJ_SENTINEL;
    }
}

static const mp_rom_map_elem_t chunked_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR_decode), MP_ROM_PTR(&chunked_decode_obj)},
};
static MP_DEFINE_CONST_DICT(chunked_locals, chunked_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(chunked_type, MP_QSTR_Chunked, MP_TYPE_FLAG_NONE, make_new, chunked_make_new, attr,
    chunked_attr, locals_dict, &chunked_locals);

static mp_obj_t httpparse_error(mp_obj_t code_in) {
    mp_int_t result = -mp_obj_get_int(code_in);
    if (result <= HTTP_MORE || result >= HTTP_RESULT_COUNT) {
        mp_raise_ValueError(MP_ERROR_TEXT("not an error of this module"));
    }
    const char *text = http_result_text(result);
    mp_obj_t items[] = {MP_OBJ_NEW_SMALL_INT(http_result_status(result)), mp_obj_new_str(text, strlen(text))};
    return mp_obj_new_tuple(2, items);
}
static MP_DEFINE_CONST_FUN_OBJ_1(httpparse_error_obj, httpparse_error);

// The flags HTTP_FIELDS_ of header lines that are sound. Raises ValueError for others.
static unsigned int scan_fields(mp_obj_t lines_in, mp_buffer_info_t *lines) {
    mp_get_buffer_raise(lines_in, lines, MP_BUFFER_READ);
    unsigned int flags = http_fields_scan(lines->buf, lines->len);
    if (flags & HTTP_FIELDS_BAD) {
        mp_raise_ValueError(MP_ERROR_TEXT("response headers must be lines of name: value CR LF"));
    }
    return flags;
}

static mp_obj_t httpparse_own_fields(mp_obj_t lines_in) {
    mp_buffer_info_t lines;
    if (scan_fields(lines_in, &lines) == 0) {
        return lines_in;
    }
    vstr_t own;
    vstr_init_len(&own, lines.len);
    memcpy(own.buf, lines.buf, lines.len);
    own.len = http_fields_strip((uint8_t *)own.buf, lines.len);
    return mp_obj_new_bytes_from_vstr(&own);
}
static MP_DEFINE_CONST_FUN_OBJ_1(httpparse_own_fields_obj, httpparse_own_fields);

// The most bytes of a status line, with the longest reason phrase, and of a Content-Length.
#define STATUS_MAX (64)
#define LENGTH_MAX (48)

static size_t put_text(char *out, size_t len, const char *text) {
    size_t more = strlen(text);
    memcpy(out + len, text, more);
    return len + more;
}

static size_t put_decimal(char *out, size_t len, uint64_t number) {
    char digits[20];
    size_t count = 0;
    do {
        digits[sizeof(digits) - ++count] = '0' + number % 10;
        number /= 10;
    } while (number > 0);
    memcpy(out + len, digits + sizeof(digits) - count, count);
    return len + count;
}

// Whether it is a whole number that is not negative; one from another process may be no small one whatever its value.
static bool get_whole(mp_obj_t number, uint64_t *value) {
    *value = 0;
    if (mp_obj_is_small_int(number)) {
        *value = MP_OBJ_SMALL_INT_VALUE(number);
        return MP_OBJ_SMALL_INT_VALUE(number) >= 0;
    }
    return mp_obj_is_exact_type(number, &mp_type_int) && mp_obj_int_sign(number) >= 0 &&
           mp_obj_int_to_bytes_impl(number, !MP_ENDIANNESS_LITTLE, sizeof(*value), (byte *)value);
}

static size_t put_status(char *out, mp_obj_t status_in) {
    uint64_t status;
    if (!get_whole(status_in, &status) || status < 200 || status > 999) {
        mp_raise_ValueError(MP_ERROR_TEXT("the status of a response must be a whole number from 200 to 999"));
    }
    size_t len = put_text(out, 0, "HTTP/1.1 ");
    len = put_decimal(out, len, status);
    len = put_text(out, len, " ");
    len = put_text(out, len, http_reason((unsigned int)status));
    return put_text(out, len, "\r\n");
}

static size_t put_length(char *out, mp_obj_t length_in) {
    if (length_in == mp_const_none) {
        return 0;
    }
    uint64_t length;
    if (!get_whole(length_in, &length)) {
        mp_raise_ValueError(MP_ERROR_TEXT("the length of a response must be a whole number"));
    }
    size_t len = put_text(out, 0, "content-length: ");
    len = put_decimal(out, len, length);
    return put_text(out, len, "\r\n");
}

static void response_add(vstr_t *out, const void *data, size_t len) {
    if (len > 0) {
        vstr_add_strn(out, data, len);
    }
}

static mp_obj_t httpparse_response(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    char status[STATUS_MAX], length[LENGTH_MAX];
    size_t status_len = put_status(status, args[0]), length_len = put_length(length, args[2]);
    mp_buffer_info_t headers, lines, body;
    unsigned int flags = scan_fields(args[1], &headers);
    mp_get_buffer_raise(args[3], &lines, MP_BUFFER_READ);
    mp_get_buffer_raise(args[4], &body, MP_BUFFER_READ);

    vstr_t out;
    // The last byte is the NUL behind the bytes, without which they would be copied.
    vstr_init(&out, status_len + headers.len + length_len + lines.len + 2 + body.len + 1);
    response_add(&out, status, status_len);
    response_add(&out, headers.buf, headers.len);
    if (flags & HTTP_FIELDS_FRAMING) {
        out.len = status_len + http_fields_strip((uint8_t *)out.buf + status_len, headers.len);
    }
    response_add(&out, length, length_len);
    response_add(&out, lines.buf, lines.len);
    response_add(&out, "\r\n", 2);
    response_add(&out, body.buf, body.len);
    return mp_obj_new_bytes_from_vstr(&out);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(httpparse_response_obj, 5, 5, httpparse_response);

static const mp_rom_map_elem_t httpparse_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_httpparse)},
    {MP_ROM_QSTR(MP_QSTR_Head), MP_ROM_PTR(&head_type)},
    {MP_ROM_QSTR(MP_QSTR_Chunked), MP_ROM_PTR(&chunked_type)},
    {MP_ROM_QSTR(MP_QSTR_error), MP_ROM_PTR(&httpparse_error_obj)},
    {MP_ROM_QSTR(MP_QSTR_own_fields), MP_ROM_PTR(&httpparse_own_fields_obj)},
    {MP_ROM_QSTR(MP_QSTR_response), MP_ROM_PTR(&httpparse_response_obj)},
};
static MP_DEFINE_CONST_DICT(httpparse_globals, httpparse_globals_table);

const mp_obj_module_t httpparse_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&httpparse_globals,
};
MP_REGISTER_MODULE(MP_QSTR_httpparse, httpparse_module);

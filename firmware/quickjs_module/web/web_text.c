// Strings between JavaScript and bytes, and a growable buffer.

#include <string.h>
#include "web/web_private.h"

size_t web_ascii_prefix(const char *data, size_t len) {
    size_t pos = 0;
    while (pos < len && !((unsigned char)data[pos] & 0x80)) {
        pos++;
    }
    return pos;
}

// Length of the well-formed UTF-8 sequence at `at`, or 0 with *bad set to the length of its maximal ill-formed part
// (Unicode 15, section 3.9, table 3-7) and *cut telling whether more bytes could complete it.
static size_t utf8_sequence(const unsigned char *at, const unsigned char *end, size_t *bad, bool *cut) {
    unsigned char lead = *at;
    if (lead < 0x80) {
        return 1;
    }
    size_t trail = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    *bad = 1;
    *cut = false;
    if (lead < 0xc2 || lead > 0xf4) {
        return 0;
    }
    for (size_t i = 1; i <= trail; i++) {
        if (at + i >= end || at[i] < low || at[i] > high) {
            *bad = i;
            *cut = at + i >= end;
            return 0;
        }
        low = 0x80;
        high = 0xbf;
    }
    return trail + 1;
}

size_t web_utf8_prefix(const char *data, size_t len, size_t *bad, bool *cut) {
    const unsigned char *at = (const unsigned char *)data;
    const unsigned char *end = at + len;
    at += web_ascii_prefix(data, len);
    while (at < end) {
        size_t length = utf8_sequence(at, end, bad, cut);
        if (length == 0) {
            break;
        }
        at += length;
    }
    return (size_t)(at - (const unsigned char *)data);
}

bool web_is_utf8(const char *data, size_t len) {
    size_t bad;
    bool cut;
    return web_utf8_prefix(data, len, &bad, &cut) == len;
}

JSValue web_latin1_string(JSContext *ctx, const char *data, size_t len) {
    size_t ascii = web_ascii_prefix(data, len);
    if (ascii == len) {
        return JS_NewStringLen(ctx, data, len);
    }
    char *utf8 = js_malloc(ctx, len * 2);
    if (utf8 == NULL) {
        return JS_EXCEPTION;
    }
    size_t out = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c < 0x80) {
            utf8[out++] = (char)c;
        } else {
            utf8[out++] = (char)(0xc0 | c >> 6);
            utf8[out++] = (char)(0x80 | (c & 0x3f));
        }
    }
    JSValue string = JS_NewStringLen(ctx, utf8, out);
    js_free(ctx, utf8);
    return string;
}

JSValue web_utf8_string(JSContext *ctx, const char *data, size_t len, bool bom) {
    if (bom && len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
        data += 3;
        len -= 3;
    }
    size_t bad = 0;
    bool cut;
    size_t good = web_utf8_prefix(data, len, &bad, &cut);
    if (good == len) {
        return JS_NewStringLen(ctx, data, len);
    }
    web_buf_t repaired = {0};
    JSValue string = JS_EXCEPTION;
    while (web_buf_put(ctx, &repaired, data, good) == 0) {
        data += good;
        len -= good;
        if (len == 0) {
            string = JS_NewStringLen(ctx, repaired.data, repaired.len);
            break;
        }
        if (web_buf_put(ctx, &repaired, "\xef\xbf\xbd", 3) < 0) {
            break;
        }
        data += bad;
        len -= bad;
        good = web_utf8_prefix(data, len, &bad, &cut);
    }
    js_free(ctx, repaired.data);
    return string;
}

const char *web_usv_string(JSContext *ctx, size_t *len, JSValueConst value) {
    const char *utf8 = JS_ToCStringLen(ctx, len, value);
    if (utf8 == NULL) {
        return NULL;
    }
    // The engine writes a lone surrogate as three bytes, as many as U+FFFD has; and a text with any such byte is a copy
    // that is ours.
    for (size_t i = web_ascii_prefix(utf8, *len); i + 2 < *len; i++) {
        if ((unsigned char)utf8[i] == 0xed && (unsigned char)utf8[i + 1] >= 0xa0) {
            memcpy((char *)utf8 + i, "\xef\xbf\xbd", 3);
            i += 2;
        }
    }
    return utf8;
}

bool web_equal_nocase(web_slice_t slice, const char *lower) {
    for (size_t i = 0; i < slice.len; i++) {
        char c = slice.data[i];
        if (c >= 'A' && c <= 'Z') {
            c = (char)(c + ('a' - 'A'));
        }
        if (c == '\0' || c != lower[i]) { // at its end, lower[i] is NUL
            return false;
        }
    }
    return lower[slice.len] == '\0';
}

int web_buf_reserve(JSContext *ctx, web_buf_t *buf, size_t more) {
    if (more <= buf->cap - buf->len) {
        return 0;
    }
    size_t cap = buf->len + more;
    if (cap < buf->len) {
        JS_ThrowOutOfMemory(ctx);
        return -1;
    }
    if (buf->cap != 0) {
        cap += cap / 2;
    }
    char *data = js_realloc(ctx, buf->data, cap);
    if (data == NULL) {
        return -1;
    }
    buf->data = data;
    buf->cap = cap;
    return 0;
}

int web_buf_put(JSContext *ctx, web_buf_t *buf, const char *data, size_t len) {
    if (len == 0) {
        return 0;
    }
    if (web_buf_reserve(ctx, buf, len) < 0) {
        return -1;
    }
    memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    return 0;
}

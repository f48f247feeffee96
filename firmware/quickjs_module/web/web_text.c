// Strings between JavaScript and bytes, and a growable buffer.

#include <string.h>
#include "web/web_private.h"

JSValue web_latin1_string(JSContext *ctx, const char *data, size_t len) {
    size_t ascii = base_ascii_prefix(data, len);
    if (ascii == len) {
        return JS_NewStringLen(ctx, data, len);
    }

    char *utf8 = js_malloc(ctx, len * 2);
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
    size_t good = base_utf8_prefix(data, len, &bad, &cut);
    if (good == len) {
        return JS_NewStringLen(ctx, data, len);
    }

    web_buf_t repaired = {0};
    while (good < len) {
        web_buf_put(ctx, &repaired, data, good);
        web_buf_put(ctx, &repaired, BASE_UTF8_REPLACEMENT, BASE_UTF8_REPLACEMENT_SIZE);
        data += good + bad;
        len -= good + bad;
        good = base_utf8_prefix(data, len, &bad, &cut);
    }
    web_buf_put(ctx, &repaired, data, len);
    return web_buf_string(ctx, &repaired);
}

JSValue web_random_uuid(JSContext *ctx) {
    uint8_t random[16];
    char text[BASE_UUID_SIZE];
    host_random(random, sizeof(random));
    base_put_uuid(text, random);
    return JS_NewStringLen(ctx, text, sizeof(text));
}

void web_buf_reserve(JSContext *ctx, web_buf_t *buf, size_t more) {
    if (more <= buf->cap - buf->len) {
        return;
    }
    size_t cap = buf->len + more;
    if (buf->cap != 0) {
        cap += cap / 2;
    }
    buf->data = js_realloc(ctx, buf->data, cap);
    buf->cap = cap;
}

void web_buf_put(JSContext *ctx, web_buf_t *buf, const char *data, size_t len) {
    if (len > 0) {
        web_buf_reserve(ctx, buf, len);
        memcpy(buf->data + buf->len, data, len);
        buf->len += len;
    }
}

void web_buf_put_text(JSContext *ctx, web_buf_t *buf, const char *text) {
    web_buf_put(ctx, buf, text, strlen(text));
}

JSValue web_buf_string(JSContext *ctx, web_buf_t *buf) {
    JSValue string = JS_NewStringLen(ctx, buf->data, buf->len);
    js_free(ctx, buf->data);
    return string;
}

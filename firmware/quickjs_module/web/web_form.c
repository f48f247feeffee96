// application/x-www-form-urlencoded (URL standard, section 5).

#include <string.h>
#include "web/web_private.h"

bool web_form_next(web_slice_t *rest, web_slice_t *name, web_slice_t *value) {
    while (rest->len > 0) {
        const char *amp = memchr(rest->data, '&', rest->len);
        web_slice_t pair = {rest->data, amp == NULL ? rest->len : (size_t)(amp - rest->data)};
        size_t taken = pair.len + (amp != NULL);
        rest->data += taken;
        rest->len -= taken;
        if (pair.len > 0) {
            const char *equals = memchr(pair.data, '=', pair.len);
            name->data = pair.data;
            name->len = equals == NULL ? pair.len : (size_t)(equals - pair.data);
            value->len = equals == NULL ? 0 : pair.len - name->len - 1;
            value->data = equals == NULL ? pair.data + pair.len : equals + 1;
            return true;
        }
    }
    return false;
}

int web_hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

size_t web_form_decode(char *out, web_slice_t encoded) {
    size_t len = 0;
    for (size_t i = 0; i < encoded.len; i++) {
        char c = encoded.data[i];
        if (c == '%' && i + 2 < encoded.len) {
            int high = web_hex_digit(encoded.data[i + 1]), low = web_hex_digit(encoded.data[i + 2]);
            if (high >= 0 && low >= 0) {
                c = (char)(high << 4 | low);
                i += 2;
            }
        } else if (c == '+') {
            c = ' ';
        }
        out[len++] = c;
    }
    return len;
}

JSValue web_form_string(JSContext *ctx, web_slice_t encoded) {
    char *bytes = js_malloc(ctx, encoded.len + 1);
    if (bytes == NULL) {
        return JS_EXCEPTION;
    }
    JSValue string = web_utf8_string(ctx, bytes, web_form_decode(bytes, encoded), false);
    js_free(ctx, bytes);
    return string;
}

// application/x-www-form-urlencoded (URL standard, section 5).

#include <string.h>
#include "web/web_private.h"

bool web_form_next(base_slice_t *rest, base_slice_t *name, base_slice_t *value) {
    while (rest->len > 0) {
        const char *amp = memchr(rest->data, '&', rest->len);
        base_slice_t pair = {rest->data, amp == NULL ? rest->len : (size_t)(amp - rest->data)};
        size_t taken = pair.len + (amp != NULL);
        rest->data += taken;
        rest->len -= taken;

        if (pair.len > 0) {
            const char *equals = memchr(pair.data, '=', pair.len);
            name->data = pair.data;
            name->len = equals == NULL ? pair.len : (size_t)(equals - pair.data);
            value->data = equals == NULL ? pair.data + pair.len : equals + 1;
            value->len = (size_t)(pair.data + pair.len - value->data);
            return true;
        }
    }
    return false;
}

JSValue web_form_string(JSContext *ctx, base_slice_t encoded) {
    char *bytes = js_malloc(ctx, encoded.len + 1);
    JSValue string = web_utf8_string(ctx, bytes, base_percent_decode(bytes, encoded.data, encoded.len, true), false);
    js_free(ctx, bytes);
    return string;
}

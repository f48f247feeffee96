// TextEncoder and TextDecoder for UTF-8, the only encoding there is (Encoding standard, sections 7 and 8).

#include <string.h>
#include "web/web_private.h"

// ---- TextEncoder ----

static JSValue encoder_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    return web_class_new(ctx, WEB_TEXT_ENCODER, new_target);
}

static JSValue get_encoding(JSContext *ctx, JSValueConst this_val) {
    (void)this_val;
    return JS_NewString(ctx, "utf-8");
}

static JSValue encoder_encode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    size_t len = 0;
    const char *utf8 = NULL;
    if (argc > 0 && !JS_IsUndefined(argv[0])) {
        utf8 = engine_usv_string(ctx, &len, argv[0]);
        if (utf8 == NULL) {
            return JS_EXCEPTION;
        }
    }
    engine_need(ctx, ENGINE_TYPED_ARRAYS);
    JSValue array = JS_NewUint8ArrayCopy(ctx, (const uint8_t *)(utf8 == NULL ? "" : utf8), len);
    JS_FreeCString(ctx, utf8);
    return array;
}

static void define_number(JSContext *ctx, JSValueConst object, const char *name, size_t number) {
    JS_DefinePropertyValueStr(ctx, object, name, JS_NewInt64(ctx, (int64_t)number), JS_PROP_C_W_E);
}

// UTF-16 code units of a text in UTF-8: two for each character beyond U+FFFF.
static size_t utf16_length(const char *utf8, size_t len) {
    size_t units = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)utf8[i];
        units += (c & 0xc0) != 0x80;
        units += c >= 0xf0;
    }
    return units;
}

// encodeInto(string, array): as many whole characters as there is room for.
static JSValue encoder_encode_into(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    if (web_check_args(ctx, argc, 2) < 0) {
        return JS_EXCEPTION;
    }

    size_t len, room;
    uint8_t *to;
    const char *utf8 = engine_usv_string(ctx, &len, argv[0]);
    if (utf8 == NULL) {
        return JS_EXCEPTION;
    }

    int found = -1;
    if (JS_GetTypedArrayType(argv[1]) == JS_TYPED_ARRAY_UINT8) {
        found = web_writable_bytes(ctx, argv[1], &to, &room);
    } else {
        JS_ThrowTypeError(ctx, "encodeInto writes to a Uint8Array");
    }
    if (found < 0) {
        JS_FreeCString(ctx, utf8);
        return JS_EXCEPTION;
    }

    size_t written = base_utf8_cut(utf8, len, room);
    size_t read = utf16_length(utf8, written);
    if (written > 0) {
        memcpy(to, utf8, written);
    }
    JS_FreeCString(ctx, utf8);

    JSValue result = JS_NewObject(ctx);
    define_number(ctx, result, "read", read);
    define_number(ctx, result, "written", written);
    return result;
}

static const JSCFunctionListEntry encoder_proto[] = {
    JS_CGETSET_DEF("encoding", get_encoding, NULL),
    JS_CFUNC_DEF("encode", 0, encoder_encode),
    JS_CFUNC_DEF("encodeInto", 2, encoder_encode_into),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "TextEncoder", JS_PROP_CONFIGURABLE),
};

const extension_class_t web_class_text_encoder = {
    .def = {.class_name = "TextEncoder"},
    .constructor = encoder_construct,
    .proto = encoder_proto,
    .proto_len = BASE_COUNT(encoder_proto),
};

// ---- TextDecoder ----

typedef struct _decoder_t {
    web_encoding_t encoding;
    bool fatal;
    bool ignore_bom;
    bool started; // the start of the stream has passed, where a byte order mark may be
    size_t pending_len;
    char pending[3]; // the start of a character that the next call may complete
} decoder_t;

static void decoder_finalize(JSRuntime *rt, JSValueConst value) {
    js_free_rt(rt, JS_GetAnyOpaque(value, &(JSClassID){0}));
}

static int read_label(JSContext *ctx, JSValueConst value, web_encoding_t *encoding) {
    base_slice_t label;
    *encoding = WEB_UTF8;
    if (JS_IsUndefined(value)) {
        return 0;
    }
    label.data = JS_ToCStringLen(ctx, &label.len, value);
    if (label.data == NULL) {
        return -1;
    }
    int result = web_find_encoding(label, encoding) ? 0 : -1;
    if (result < 0) {
        JS_ThrowRangeError(
            ctx, "TextDecoder knows utf-8, utf-16le, utf-16be and windows-1252 (latin1), not '%.40s'", label.data);
    }
    JS_FreeCString(ctx, label.data);
    return result;
}

// options[name] as a boolean; -1 with a pending exception.
static int flag(JSContext *ctx, JSValueConst options, const char *name) {
    if (JS_IsUndefined(options) || JS_IsNull(options)) {
        return 0;
    }
    if (!JS_IsObject(options)) {
        JS_ThrowTypeError(ctx, "the options must be an object");
        return -1;
    }
    JSValue value = JS_GetPropertyStr(ctx, options, name);
    int result = JS_IsException(value) ? -1 : JS_ToBool(ctx, value);
    JS_FreeValue(ctx, value);
    return result;
}

JSValue web_decoder_new(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    JSValueConst options = argc > 1 ? argv[1] : JS_UNDEFINED;
    web_encoding_t encoding;
    if (read_label(ctx, argc > 0 ? argv[0] : JS_UNDEFINED, &encoding) < 0) {
        return JS_EXCEPTION;
    }

    int fatal = flag(ctx, options, "fatal");
    int ignore_bom = fatal < 0 ? -1 : flag(ctx, options, "ignoreBOM");
    if (ignore_bom < 0) {
        return JS_EXCEPTION;
    }

    JSValue object = web_class_new(ctx, WEB_TEXT_DECODER, new_target);
    if (!JS_IsException(object)) {
        decoder_t *decoder = js_mallocz(ctx, sizeof(*decoder));
        decoder->encoding = encoding;
        decoder->fatal = fatal;
        decoder->ignore_bom = ignore_bom;
        JS_SetOpaque(object, decoder);
    }
    return object;
}

// As web_decode_utf16.
static JSValue decode_utf8(JSContext *ctx, base_slice_t data, const web_decoding_t *how, size_t *used) {
    size_t at = 0, bad;
    bool cut;
    while (at < data.len) {
        at += base_utf8_prefix(data.data + at, data.len - at, &bad, &cut);
        if (at == data.len || (cut && how->more)) {
            break;
        }
        if (how->fatal) {
            return JS_UNDEFINED;
        }
        at += bad;
    }
    *used = at;
    return web_utf8_string(ctx, data.data, at, how->bom);
}

static JSValue decode_all(JSContext *ctx, decoder_t *decoder, base_slice_t data, bool more) {
    const web_decoding_t how = {
        .bom = !decoder->started && !decoder->ignore_bom, .more = more, .fatal = decoder->fatal};
    size_t used = data.len;
    JSValue text;
    if (decoder->encoding == WEB_UTF8) {
        text = decode_utf8(ctx, data, &how, &used);
    } else if (decoder->encoding == WEB_WINDOWS_1252) {
        text = web_decode_windows_1252(ctx, data);
    } else {
        text = web_decode_utf16(ctx, data, &how, decoder->encoding == WEB_UTF16BE, &used);
    }
    if (JS_IsUndefined(text)) {
        decoder->pending_len = 0;
        decoder->started = false;
        return JS_ThrowTypeError(
            ctx, "The encoded data was not valid for encoding %s", web_encoding_name(decoder->encoding));
    }
    decoder->started = more && (decoder->started || used > 0);
    decoder->pending_len = data.len - used;
    if (decoder->pending_len > 0) {
        memcpy(decoder->pending, data.data + used, decoder->pending_len);
    }
    return text;
}

JSValue web_decoder_decode(JSContext *ctx, JSValueConst object, JSValueConst bytes, bool more) {
    decoder_t *decoder = web_class_get(WEB_TEXT_DECODER, object);
    base_slice_t data = {"", 0};
    if (!JS_IsUndefined(bytes)) {
        int is_buffer = engine_buffer_source(ctx, bytes, &data);
        if (is_buffer <= 0) {
            return is_buffer < 0 ? JS_EXCEPTION
                                 : JS_ThrowTypeError(ctx, "decode needs an ArrayBuffer or a view of one");
        }
    }
    if (decoder->pending_len == 0) {
        return decode_all(ctx, decoder, data, more);
    }

    web_buf_t joined = {0};
    web_buf_put(ctx, &joined, decoder->pending, decoder->pending_len);
    web_buf_put(ctx, &joined, data.data, data.len);
    JSValue text = decode_all(ctx, decoder, (base_slice_t){joined.data, joined.len}, more);
    js_free(ctx, joined.data);
    return text;
}

static JSValue decoder_decode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int more = -1;
    if (web_class_expect(ctx, WEB_TEXT_DECODER, this_val) != NULL) {
        more = flag(ctx, argc > 1 ? argv[1] : JS_UNDEFINED, "stream");
    }
    JSValueConst bytes = argc > 0 ? argv[0] : JS_UNDEFINED;
    return more < 0 ? JS_EXCEPTION : web_decoder_decode(ctx, this_val, bytes, more);
}

JSValue web_decoder_encoding(JSContext *ctx, JSValueConst this_val) {
    const decoder_t *decoder = web_class_expect(ctx, WEB_TEXT_DECODER, this_val);
    return decoder == NULL ? JS_EXCEPTION : JS_NewString(ctx, web_encoding_name(decoder->encoding));
}

JSValue web_decoder_fatal(JSContext *ctx, JSValueConst this_val) {
    const decoder_t *decoder = web_class_expect(ctx, WEB_TEXT_DECODER, this_val);
    return decoder == NULL ? JS_EXCEPTION : JS_NewBool(ctx, decoder->fatal);
}

JSValue web_decoder_ignore_bom(JSContext *ctx, JSValueConst this_val) {
    const decoder_t *decoder = web_class_expect(ctx, WEB_TEXT_DECODER, this_val);
    return decoder == NULL ? JS_EXCEPTION : JS_NewBool(ctx, decoder->ignore_bom);
}

static const JSCFunctionListEntry decoder_proto[] = {
    JS_CGETSET_DEF("encoding", web_decoder_encoding, NULL),
    JS_CGETSET_DEF("fatal", web_decoder_fatal, NULL),
    JS_CGETSET_DEF("ignoreBOM", web_decoder_ignore_bom, NULL),
    JS_CFUNC_DEF("decode", 0, decoder_decode),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "TextDecoder", JS_PROP_CONFIGURABLE),
};

const extension_class_t web_class_text_decoder = {
    .def = {.class_name = "TextDecoder", .finalizer = decoder_finalize},
    .constructor = web_decoder_new,
    .proto = decoder_proto,
    .proto_len = BASE_COUNT(decoder_proto),
};

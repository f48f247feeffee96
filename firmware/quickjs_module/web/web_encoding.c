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
    bool nothing = argc == 0 || JS_IsUndefined(argv[0]);
    const char *utf8 = nothing ? NULL : web_usv_string(ctx, &len, argv[0]);
    if ((utf8 == NULL && !nothing) || engine_need(ctx, ENGINE_TYPED_ARRAYS) < 0) {
        JS_FreeCString(ctx, utf8);
        return JS_EXCEPTION;
    }
    JSValue array = JS_NewUint8ArrayCopy(ctx, (const uint8_t *)(utf8 == NULL ? "" : utf8), len);
    JS_FreeCString(ctx, utf8);
    return array;
}

static int define_number(JSContext *ctx, JSValueConst object, const char *name, size_t number) {
    return JS_DefinePropertyValueStr(ctx, object, name, JS_NewInt64(ctx, (int64_t)number), JS_PROP_C_W_E);
}

// encodeInto(string, array): as many whole characters as there is room for.
static JSValue encoder_encode_into(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    size_t len, room;
    if (web_check_args(ctx, argc, 2) < 0) {
        return JS_EXCEPTION;
    }
    const char *utf8 = web_usv_string(ctx, &len, argv[0]);
    uint8_t *to;
    bool is_bytes = JS_GetTypedArrayType(argv[1]) == JS_TYPED_ARRAY_UINT8;
    if (utf8 == NULL || !is_bytes || engine_view_bytes(ctx, argv[1], &to, &room) < 0) {
        JS_FreeCString(ctx, utf8);
        return utf8 == NULL || is_bytes ? JS_EXCEPTION : JS_ThrowTypeError(ctx, "encodeInto writes to a Uint8Array");
    }
    size_t written = len < room ? len : room;
    while (written > 0 && written < len && ((unsigned char)utf8[written] & 0xc0) == 0x80) {
        written--;
    }
    size_t read = 0;
    for (size_t i = 0; i < written; i++) {
        unsigned char c = (unsigned char)utf8[i];
        read += (c & 0xc0) == 0x80 ? 0 : c >= 0xf0 ? 2 : 1; // in UTF-16 code units
    }
    if (written > 0) {
        memcpy(to, utf8, written);
    }
    JS_FreeCString(ctx, utf8);
    JSValue result = JS_NewObject(ctx);
    if (!JS_IsException(result) &&
        (define_number(ctx, result, "read", read) < 0 || define_number(ctx, result, "written", written) < 0)) {
        JS_FreeValue(ctx, result);
        return JS_EXCEPTION;
    }
    return result;
}

static const JSCFunctionListEntry encoder_proto[] = {
    JS_CGETSET_DEF("encoding", get_encoding, NULL),
    JS_CFUNC_DEF("encode", 0, encoder_encode),
    JS_CFUNC_DEF("encodeInto", 2, encoder_encode_into),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "TextEncoder", JS_PROP_CONFIGURABLE),
};

const web_class_t web_class_text_encoder = {
    .def = {.class_name = "TextEncoder"},
    .constructor = encoder_construct,
    .proto = encoder_proto,
    .proto_len = WEB_COUNT(encoder_proto),
};

// ---- TextDecoder ----

typedef struct _decoder_t {
    bool fatal;
    bool ignore_bom;
    bool started; // the start of the stream has passed, where a byte order mark may be
    size_t pending_len;
    char pending[3]; // the start of a character that the next call may complete
} decoder_t;

static void decoder_finalize(JSRuntime *rt, JSValueConst value) {
    js_free_rt(rt, JS_GetAnyOpaque(value, &(JSClassID){0}));
}

static bool is_utf8_label(web_slice_t label) {
    static const char *const labels[] = {
        "utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8"};
    while (label.len > 0 && strchr("\t\n\f\r ", label.data[0]) != NULL && label.data[0] != '\0') {
        label.data++;
        label.len--;
    }
    while (
        label.len > 0 && strchr("\t\n\f\r ", label.data[label.len - 1]) != NULL && label.data[label.len - 1] != '\0') {
        label.len--;
    }
    for (int i = 0; i < WEB_COUNT(labels); i++) {
        if (base_equal_nocase(label.data, label.len, labels[i])) {
            return true;
        }
    }
    return false;
}

static int check_label(JSContext *ctx, JSValueConst value) {
    web_slice_t label;
    if (JS_IsUndefined(value)) {
        return 0;
    }
    label.data = JS_ToCStringLen(ctx, &label.len, value);
    if (label.data == NULL) {
        return -1;
    }
    int result = is_utf8_label(label) ? 0 : -1;
    if (result < 0) {
        JS_ThrowRangeError(ctx, "TextDecoder knows utf-8 only, not '%.40s'", label.data);
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

static JSValue decoder_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    JSValueConst options = argc > 1 ? argv[1] : JS_UNDEFINED;
    if (check_label(ctx, argc > 0 ? argv[0] : JS_UNDEFINED) < 0) {
        return JS_EXCEPTION;
    }
    int fatal = flag(ctx, options, "fatal");
    int ignore_bom = fatal < 0 ? -1 : flag(ctx, options, "ignoreBOM");
    decoder_t *decoder = ignore_bom < 0 ? NULL : js_mallocz(ctx, sizeof(*decoder));
    if (decoder == NULL) {
        return JS_EXCEPTION;
    }
    decoder->fatal = fatal;
    decoder->ignore_bom = ignore_bom;
    JSValue object = web_class_new(ctx, WEB_TEXT_DECODER, new_target);
    if (JS_IsException(object)) {
        js_free(ctx, decoder);
    } else {
        JS_SetOpaque(object, decoder);
    }
    return object;
}

// Length of what is decoded now: all, but when more is to come without a sequence that is cut at the end.
// -1 with a pending exception for ill-formed data where that is fatal.
static int64_t decodable(JSContext *ctx, const decoder_t *decoder, web_slice_t data, bool more) {
    size_t at = 0, bad;
    bool cut;
    while (at < data.len) {
        at += base_utf8_prefix(data.data + at, data.len - at, &bad, &cut);
        if (at == data.len || (cut && more)) {
            break;
        }
        if (decoder->fatal) {
            JS_ThrowTypeError(ctx, "The encoded data was not valid for encoding utf-8");
            return -1;
        }
        at += bad;
    }
    return (int64_t)at;
}

static JSValue decode_all(JSContext *ctx, decoder_t *decoder, web_slice_t data, bool more) {
    int64_t len = decodable(ctx, decoder, data, more);
    if (len < 0) {
        decoder->pending_len = 0;
        decoder->started = false;
        return JS_EXCEPTION;
    }
    bool bom = !decoder->started && !decoder->ignore_bom;
    JSValue text = web_utf8_string(ctx, data.data, (size_t)len, bom);
    decoder->started = more && (decoder->started || len > 0);
    decoder->pending_len = data.len - (size_t)len;
    if (decoder->pending_len > 0) {
        memcpy(decoder->pending, data.data + len, decoder->pending_len);
    }
    return text;
}

static JSValue decoder_decode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    decoder_t *decoder = web_class_expect(ctx, WEB_TEXT_DECODER, this_val);
    int more = decoder == NULL ? -1 : flag(ctx, argc > 1 ? argv[1] : JS_UNDEFINED, "stream");
    if (more < 0) {
        return JS_EXCEPTION;
    }
    web_slice_t data = {"", 0};
    if (argc > 0 && !JS_IsUndefined(argv[0])) {
        int is_buffer = web_buffer_source(ctx, argv[0], &data);
        if (is_buffer <= 0) {
            return is_buffer < 0 ? JS_EXCEPTION
                                 : JS_ThrowTypeError(ctx, "decode needs an ArrayBuffer or a view of one");
        }
    }
    if (decoder->pending_len == 0) {
        return decode_all(ctx, decoder, data, more);
    }
    web_buf_t joined = {0};
    JSValue text = JS_EXCEPTION;
    if (web_buf_put(ctx, &joined, decoder->pending, decoder->pending_len) == 0 &&
        web_buf_put(ctx, &joined, data.data, data.len) == 0) {
        text = decode_all(ctx, decoder, (web_slice_t){joined.data, joined.len}, more);
    }
    js_free(ctx, joined.data);
    return text;
}

static JSValue decoder_flag(JSContext *ctx, JSValueConst this_val, int magic) {
    const decoder_t *decoder = web_class_expect(ctx, WEB_TEXT_DECODER, this_val);
    return decoder == NULL ? JS_EXCEPTION : JS_NewBool(ctx, magic == 0 ? decoder->fatal : decoder->ignore_bom);
}

static const JSCFunctionListEntry decoder_proto[] = {
    JS_CGETSET_DEF("encoding", get_encoding, NULL),
    JS_CGETSET_MAGIC_DEF("fatal", decoder_flag, NULL, 0),
    JS_CGETSET_MAGIC_DEF("ignoreBOM", decoder_flag, NULL, 1),
    JS_CFUNC_DEF("decode", 0, decoder_decode),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "TextDecoder", JS_PROP_CONFIGURABLE),
};

const web_class_t web_class_text_decoder = {
    .def = {.class_name = "TextDecoder", .finalizer = decoder_finalize},
    .constructor = decoder_construct,
    .proto = decoder_proto,
    .proto_len = WEB_COUNT(decoder_proto),
};

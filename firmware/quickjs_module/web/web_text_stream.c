// TextEncoderStream and TextDecoderStream (Encoding standard, sections 7.4 and 7.5).

#include "web/web_private.h"

typedef enum {
    TEXT_ENCODER_STREAM,
    TEXT_DECODER_STREAM,
    TEXT_STREAM_COUNT,
} text_stream_id_t;

typedef struct _text_stream_t {
    JSValue transform;
    JSValue decoder;    // a TextDecoder; undefined for an encoder, of which
    uint16_t surrogate; // is the leading one that its last chunk ended with, or 0
} text_stream_t;

static text_stream_t *text_stream_of(text_stream_id_t id, JSValueConst object) {
    return extension_class_get(&web_text_stream_extension, id, object);
}

// A new object of the class, which is the subject of its transform.
static JSValue text_stream_new(JSContext *ctx, text_stream_id_t id, JSValueConst new_target,
    const stream_transformer_t *transformer, JSValue decoder) {
    JSValue object = extension_class_new(ctx, &web_text_stream_extension, id, new_target);
    if (JS_IsException(object)) {
        JS_FreeValue(ctx, decoder);
        return object;
    }
    text_stream_t *stream = js_mallocz(ctx, sizeof(*stream));
    stream->transform = JS_UNDEFINED;
    stream->decoder = decoder;
    JS_SetOpaque(object, stream);
    stream->transform = stream_transform_of(ctx, transformer, object, false);
    return object;
}

static int enqueue_chunk(JSContext *ctx, JSValueConst transform, JSValue chunk) {
    int result = stream_transform_enqueue(ctx, transform, chunk);
    JS_FreeValue(ctx, chunk);
    return result;
}

// ---- TextEncoderStream ----

#define SURROGATE_SIZE (3) // of one alone, as the engine writes it in what is else UTF-8

// The surrogate at `text`, or 0.
static uint16_t surrogate_at(const char *text, size_t len) {
    const uint8_t *bytes = (const uint8_t *)text;
    if (len < SURROGATE_SIZE || bytes[0] != 0xed || bytes[1] < 0xa0) {
        return 0;
    }
    return (uint16_t)(0xd000 | (bytes[1] & 0x3f) << 6 | (bytes[2] & 0x3f));
}

static bool is_trailing_surrogate(uint16_t surrogate) {
    return surrogate >= 0xdc00;
}

// The leading surrogate that a text ends with, or 0.
static uint16_t last_surrogate(const char *text, size_t len) {
    uint16_t surrogate = len < SURROGATE_SIZE ? 0 : surrogate_at(text + len - SURROGATE_SIZE, SURROGATE_SIZE);
    return is_trailing_surrogate(surrogate) ? 0 : surrogate;
}

static void put_surrogates(JSContext *ctx, web_buf_t *buf, uint16_t leading, uint16_t trailing) {
    uint32_t code = 0x10000 + ((uint32_t)(leading & 0x3ff) << 10 | (trailing & 0x3ff));
    const char utf8[] = {(char)(0xf0 | code >> 18), (char)(0x80 | (code >> 12 & 0x3f)),
        (char)(0x80 | (code >> 6 & 0x3f)), (char)(0x80 | (code & 0x3f))};
    web_buf_put(ctx, buf, utf8, sizeof(utf8));
}

// Surrogates that are alone become U+FFFD, which takes as many bytes.
static void put_repaired(JSContext *ctx, web_buf_t *buf, const char *text, size_t len) {
    size_t start = buf->len;
    web_buf_put(ctx, buf, text, len);
    for (size_t i = 0; i < len; i++) {
        if (surrogate_at(text + i, len - i) != 0) {
            memcpy(buf->data + start + i, BASE_UTF8_REPLACEMENT, BASE_UTF8_REPLACEMENT_SIZE);
        }
    }
}

static int enqueue_bytes(JSContext *ctx, JSValueConst transform, web_buf_t *buf) {
    int result = 0;
    if (buf->len > 0) {
        engine_need(ctx, ENGINE_TYPED_ARRAYS);
        result = enqueue_chunk(ctx, transform, JS_NewUint8ArrayCopy(ctx, (const uint8_t *)buf->data, buf->len));
    }
    js_free(ctx, buf->data);
    return result;
}

static int encode_chunk(JSContext *ctx, JSValueConst transform, JSValueConst object, JSValueConst chunk) {
    size_t len;
    const char *cstring = JS_ToCStringLen(ctx, &len, chunk);
    if (cstring == NULL) {
        return -1;
    }
    text_stream_t *stream = text_stream_of(TEXT_ENCODER_STREAM, object);
    const char *text = cstring;
    web_buf_t buf = {0};
    if (stream->surrogate != 0 && len > 0) {
        uint16_t first = surrogate_at(text, len);
        if (is_trailing_surrogate(first)) {
            put_surrogates(ctx, &buf, stream->surrogate, first);
            text += SURROGATE_SIZE;
            len -= SURROGATE_SIZE;
        } else {
            web_buf_put(ctx, &buf, BASE_UTF8_REPLACEMENT, BASE_UTF8_REPLACEMENT_SIZE);
        }
        stream->surrogate = 0;
    }

    uint16_t last = last_surrogate(text, len);
    if (last != 0) {
        stream->surrogate = last;
        len -= SURROGATE_SIZE;
    }
    put_repaired(ctx, &buf, text, len);
    JS_FreeCString(ctx, cstring);
    return enqueue_bytes(ctx, transform, &buf);
}

static int encode_end(JSContext *ctx, JSValueConst transform, JSValueConst object) {
    web_buf_t buf = {0};
    if (text_stream_of(TEXT_ENCODER_STREAM, object)->surrogate != 0) {
        web_buf_put(ctx, &buf, BASE_UTF8_REPLACEMENT, BASE_UTF8_REPLACEMENT_SIZE);
    }
    return enqueue_bytes(ctx, transform, &buf);
}

static const stream_transformer_t encode_transformer = {encode_chunk, encode_end};

static JSValue encoder_stream_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    return text_stream_new(ctx, TEXT_ENCODER_STREAM, new_target, &encode_transformer, JS_UNDEFINED);
}

// ---- TextDecoderStream ----

static int enqueue_text(JSContext *ctx, JSValueConst transform, JSValueConst object, JSValueConst bytes, bool more) {
    JSValue text = web_decoder_decode(ctx, text_stream_of(TEXT_DECODER_STREAM, object)->decoder, bytes, more);
    int64_t len = 0;
    if (JS_IsException(text) || JS_GetLength(ctx, text, &len) < 0) {
        return -1;
    }
    if (len > 0) {
        return enqueue_chunk(ctx, transform, text);
    }
    JS_FreeValue(ctx, text);
    return 0;
}

static int decode_chunk(JSContext *ctx, JSValueConst transform, JSValueConst object, JSValueConst chunk) {
    if (JS_IsUndefined(chunk)) {
        JS_ThrowTypeError(ctx, "a chunk must be an ArrayBuffer or a view of one");
        return -1;
    }
    return enqueue_text(ctx, transform, object, chunk, true);
}

static int decode_end(JSContext *ctx, JSValueConst transform, JSValueConst object) {
    return enqueue_text(ctx, transform, object, JS_UNDEFINED, false);
}

static const stream_transformer_t decode_transformer = {decode_chunk, decode_end};

static JSValue decoder_stream_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    JSValue decoder = web_decoder_new(ctx, JS_UNDEFINED, argc, argv);
    if (JS_IsException(decoder)) {
        return decoder;
    }
    return text_stream_new(ctx, TEXT_DECODER_STREAM, new_target, &decode_transformer, decoder);
}

// ---- the classes ----

typedef enum {
    GET_READABLE_SIDE,
    GET_WRITABLE_SIDE,
    GET_ENCODING,
    GET_FATAL,
    GET_IGNORE_BOM,
} text_stream_getter_t;

static JSValue text_stream_attribute(JSContext *ctx, const text_stream_t *stream, int what) {
    if (stream == NULL) {
        return JS_EXCEPTION;
    }
    switch (what) {
        case GET_READABLE_SIDE:
            return stream_transform_readable(ctx, stream->transform);
        case GET_WRITABLE_SIDE:
            return stream_transform_writable(ctx, stream->transform);
        case GET_FATAL:
            return web_decoder_fatal(ctx, stream->decoder);
        case GET_IGNORE_BOM:
            return web_decoder_ignore_bom(ctx, stream->decoder);
        default:
            return JS_IsUndefined(stream->decoder) ? JS_NewString(ctx, "utf-8")
                                                   : web_decoder_encoding(ctx, stream->decoder);
    }
}

static JSValue encoder_stream_get(JSContext *ctx, JSValueConst this_val, int magic) {
    return text_stream_attribute(
        ctx, extension_class_expect(ctx, &web_text_stream_extension, TEXT_ENCODER_STREAM, this_val), magic);
}

static JSValue decoder_stream_get(JSContext *ctx, JSValueConst this_val, int magic) {
    return text_stream_attribute(
        ctx, extension_class_expect(ctx, &web_text_stream_extension, TEXT_DECODER_STREAM, this_val), magic);
}

static void text_stream_finalize(JSRuntime *rt, JSValueConst value) {
    text_stream_t *stream = JS_GetAnyOpaque(value, &(JSClassID){0});
    if (stream != NULL) {
        JS_FreeValueRT(rt, stream->transform);
        JS_FreeValueRT(rt, stream->decoder);
        js_free_rt(rt, stream);
    }
}

static void text_stream_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const text_stream_t *stream = JS_GetAnyOpaque(value, &(JSClassID){0});
    if (stream != NULL) {
        JS_MarkValue(rt, stream->transform, mark);
        JS_MarkValue(rt, stream->decoder, mark);
    }
}

static const JSCFunctionListEntry encoder_stream_proto[] = {
    JS_CGETSET_MAGIC_DEF("encoding", encoder_stream_get, NULL, GET_ENCODING),
    JS_CGETSET_MAGIC_DEF("readable", encoder_stream_get, NULL, GET_READABLE_SIDE),
    JS_CGETSET_MAGIC_DEF("writable", encoder_stream_get, NULL, GET_WRITABLE_SIDE),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "TextEncoderStream", JS_PROP_CONFIGURABLE),
};

static const extension_class_t encoder_stream_class = {
    .def = {.class_name = "TextEncoderStream", .finalizer = text_stream_finalize, .gc_mark = text_stream_mark},
    .constructor = encoder_stream_construct,
    .proto = encoder_stream_proto,
    .proto_len = BASE_COUNT(encoder_stream_proto),
};

static const JSCFunctionListEntry decoder_stream_proto[] = {
    JS_CGETSET_MAGIC_DEF("encoding", decoder_stream_get, NULL, GET_ENCODING),
    JS_CGETSET_MAGIC_DEF("fatal", decoder_stream_get, NULL, GET_FATAL),
    JS_CGETSET_MAGIC_DEF("ignoreBOM", decoder_stream_get, NULL, GET_IGNORE_BOM),
    JS_CGETSET_MAGIC_DEF("readable", decoder_stream_get, NULL, GET_READABLE_SIDE),
    JS_CGETSET_MAGIC_DEF("writable", decoder_stream_get, NULL, GET_WRITABLE_SIDE),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "TextDecoderStream", JS_PROP_CONFIGURABLE),
};

static const extension_class_t decoder_stream_class = {
    .def = {.class_name = "TextDecoderStream", .finalizer = text_stream_finalize, .gc_mark = text_stream_mark},
    .constructor = decoder_stream_construct,
    .proto = decoder_stream_proto,
    .proto_len = BASE_COUNT(decoder_stream_proto),
};

static const extension_class_t *const text_stream_classes[TEXT_STREAM_COUNT] = {
    [TEXT_ENCODER_STREAM] = &encoder_stream_class,
    [TEXT_DECODER_STREAM] = &decoder_stream_class,
};

extension_t web_text_stream_extension = {
    .classes = text_stream_classes,
    .class_count = TEXT_STREAM_COUNT,
    .rare = true,
};

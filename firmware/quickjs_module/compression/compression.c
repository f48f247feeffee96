// CompressionStream and DecompressionStream. See compression.h.

#include "compression/compression.h"

#include "compression/compression_zlib.h"
#include "engine/engine.h"
#include "streams/stream.h"
#include "web/web_tools.h"

typedef enum {
    COMPRESSION_STREAM,
    DECOMPRESSION_STREAM,
    COMPRESSION_CLASS_COUNT,
} compression_id_t;

static const char *const compression_names[] = {
    [COMPRESSION_STREAM] = "CompressionStream",
    [DECOMPRESSION_STREAM] = "DecompressionStream",
};

typedef enum {
    FORMAT_DEFLATE,
    FORMAT_DEFLATE_RAW,
    FORMAT_GZIP,
    FORMAT_COUNT,
} compression_format_t;

static const char *const format_names[FORMAT_COUNT] = {
    [FORMAT_DEFLATE] = "deflate",
    [FORMAT_DEFLATE_RAW] = "deflate-raw",
    [FORMAT_GZIP] = "gzip",
};

typedef struct _compression_t {
    JSValue transform;
    z_stream zlib;   // once it is
    bool ready;      // with its state
    bool ended;      // the compressed data is at its end
    uint8_t format;  // compression_format_t
    uint8_t bits;    // the window's size is 2 to that
    uint8_t id;      // compression_id_t
    bool for_body;   // it packs the body of a response
    size_t consumed; // bytes of the chunk that is under way
} compression_t;

static compression_t *compression_of(JSValueConst object, compression_id_t id) {
    return extension_class_get(&compression_extension, id, object);
}

// ---- zlib's memory ----

// The smallest window that deflate works with.
#define MIN_BITS (9)
// deflate has eight bytes for each of its window: two of the window, of its chains and of their heads each, and of the
// symbols of a block, whose memLevel goes with the window.
#define DEFLATE_SHIFT (3)
#define MEM_LEVEL(bits) ((int)(bits) - 7)

static void *zlib_alloc(void *opaque, unsigned items, unsigned size) {
    return js_malloc_rt(opaque, (size_t)items * size);
}

static void zlib_free(void *opaque, void *data) {
    js_free_rt(opaque, data);
}

static size_t memory_needed(const compression_t *c, unsigned bits) {
    return c->id == COMPRESSION_STREAM ? compression_deflate_size + ((size_t)1 << (bits + DEFLATE_SHIFT))
                                       : compression_inflate_size + ((size_t)1 << bits);
}

// The window, of 2^most bytes at most, for which half of what is left to the call is enough. 0, or -1 with a pending
// RangeError.
static int choose_window(JSContext *ctx, compression_t *c, unsigned most) {
    size_t left = host_memory_left(ctx);
    if (memory_needed(c, MIN_BITS) > left / 2) {
        JS_RunGC(JS_GetRuntime(ctx));
        left = host_memory_left(ctx);
    }
    c->bits = (uint8_t)most;
    while (c->bits > MIN_BITS && memory_needed(c, c->bits) > left / 2) {
        c->bits--;
    }
    size_t needed = memory_needed(c, c->bits) + 2 * STREAM_PIECE_SIZE;
    if (needed > left) {
        JS_ThrowRangeError(ctx,
            "%s needs %u KB of memory, and %u KB of the function's are left: hold less, or raise its limit memory",
            c->for_body ? "Content-Encoding: gzip" : compression_names[c->id], (unsigned)(needed / 1024 + 1),
            (unsigned)(left / 1024));
        return -1;
    }
    return 0;
}

static int format_bits(const compression_t *c, unsigned bits) {
    switch (c->format) {
        case FORMAT_GZIP:
            return (int)bits + 16;
        case FORMAT_DEFLATE_RAW:
            return -(int)bits;
        default:
            return (int)bits;
    }
}

static int make_ready_with(JSContext *ctx, compression_t *c, int level, unsigned bits) {
    if (c->ready) {
        return 0;
    }
    if (choose_window(ctx, c, bits) < 0) {
        return -1;
    }
    c->zlib = (z_stream){.zalloc = zlib_alloc, .zfree = zlib_free, .opaque = JS_GetRuntime(ctx)};
    if (c->id == COMPRESSION_STREAM) {
        deflateInit2(&c->zlib, level, Z_DEFLATED, format_bits(c, c->bits), MEM_LEVEL(c->bits), Z_DEFAULT_STRATEGY);
    } else {
        // What has a header may name any window.
        inflateInit2(&c->zlib, format_bits(c, c->format == FORMAT_DEFLATE_RAW ? c->bits : MAX_WBITS));
    }
    c->ready = true;
    return 0;
}

static int make_ready(JSContext *ctx, compression_t *c) {
    return make_ready_with(ctx, c, Z_DEFAULT_COMPRESSION, MAX_WBITS);
}

static void end_zlib(compression_t *c) {
    if (c->ready) {
        c->ready = false;
        if (c->id == COMPRESSION_STREAM) {
            deflateEnd(&c->zlib);
        } else {
            inflateEnd(&c->zlib);
        }
    }
}

// ---- work ----

// Of the header that both formats with one have: the window's size is in it, or in none.
#define HEADER_SIZE (2)

static int inflate_some(compression_t *c) {
    z_stream *zlib = &c->zlib;
    unsigned rest = 0;
    if (zlib->total_in >= HEADER_SIZE) {
        compression_limit_window(zlib, c->bits);
    } else if (zlib->avail_in > HEADER_SIZE - zlib->total_in) {
        rest = zlib->avail_in - (unsigned)(HEADER_SIZE - zlib->total_in);
        zlib->avail_in -= rest;
    }
    int code = inflate(zlib, Z_NO_FLUSH);
    zlib->avail_in += rest;
    return code;
}

// Throws what is wrong with the compressed data.
static int refuse_data(JSContext *ctx, const compression_t *c, int code) {
    const z_stream *zlib = &c->zlib;
    const char *format = format_names[c->format];
    if (code == Z_NEED_DICT) {
        JS_ThrowTypeError(ctx, "the data needs a dictionary, which DecompressionStream takes none of");
    } else if (c->bits < MAX_WBITS && zlib->total_out > (1U << c->bits)) {
        JS_ThrowTypeError(ctx,
            "the data is no %s, or needs more than the %u KB that the function's memory has for it (%s)", format,
            (1U << c->bits) / 1024, zlib->msg);
    } else {
        JS_ThrowTypeError(ctx, "the data is no %s, or is damaged (%s)", format, zlib->msg);
    }
    return -1;
}

// Gives on what lies in a piece of STREAM_PIECE_SIZE bytes, which it takes over.
static int enqueue_piece(JSContext *ctx, JSValueConst transform, uint8_t *piece, size_t len) {
    if (len == 0) {
        js_free(ctx, piece);
        return 0;
    }
    JSValue chunk = stream_new_bytes(ctx, js_realloc(ctx, piece, len), len);
    int result = stream_transform_enqueue(ctx, transform, chunk);
    JS_FreeValue(ctx, chunk);
    return result;
}

// One call of zlib with the input. 1 where it has more to do, 0 where it has done all, -1 with a pending exception.
static int work_once(JSContext *ctx, JSValueConst transform, compression_t *c, base_slice_t input, int flush) {
    z_stream *zlib = &c->zlib;
    uint8_t *piece = js_malloc(ctx, STREAM_PIECE_SIZE);
    zlib->next_in = (const uint8_t *)input.data;
    zlib->avail_in = (unsigned)input.len;
    zlib->next_out = piece;
    zlib->avail_out = STREAM_PIECE_SIZE;

    int code = c->id == COMPRESSION_STREAM ? deflate(zlib, flush) : inflate_some(c);
    c->consumed += input.len - zlib->avail_in;
    c->ended = code == Z_STREAM_END;
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
        js_free(ctx, piece);
        return refuse_data(ctx, c, code);
    }
    bool more = !c->ended && (zlib->avail_in > 0 || zlib->avail_out == 0 || flush == Z_FINISH);
    int result = enqueue_piece(ctx, transform, piece, STREAM_PIECE_SIZE - zlib->avail_out);
    return result < 0 ? result : more;
}

// The part of a chunk that is still to be done. 0, or -1 with a pending TypeError.
static int rest_of_chunk(JSContext *ctx, const compression_t *c, JSValueConst chunk, base_slice_t *rest) {
    int found = engine_buffer_source(ctx, chunk, rest);
    if (found == 0) {
        JS_ThrowTypeError(ctx, "a chunk must be an ArrayBuffer or a view of one, or a string");
    }
    if (found <= 0) {
        return -1;
    }
    // A script may have made it shorter meanwhile.
    size_t consumed = c->consumed < rest->len ? c->consumed : rest->len;
    *rest = (base_slice_t){consumed < rest->len ? rest->data + consumed : NULL, rest->len - consumed};
    return 0;
}

static int work_through(JSContext *ctx, JSValueConst transform, compression_t *c, JSValueConst chunk) {
    int result = 1;
    while (result > 0) {
        base_slice_t rest;
        if (rest_of_chunk(ctx, c, chunk, &rest) < 0) {
            return -1;
        }
        if (rest.len > 0 && c->ended) {
            JS_ThrowTypeError(ctx, "something follows the end of the compressed data");
            return -1;
        }
        if (c->ended || (rest.len == 0 && c->consumed == 0)) {
            return 0;
        }
        result = work_once(ctx, transform, c, rest, Z_NO_FLUSH);
        if (result > 0 && stream_transform_is_full(transform)) {
            return 1;
        }
        if (c->ended) {
            result = result < 0 ? result : 1; // what may follow is looked at
        }
    }
    return result;
}

// The bytes of a chunk that is text, which Workers take as UTF-8; any other is itself.
static JSValue bytes_of_chunk(JSContext *ctx, JSValueConst chunk) {
    if (!JS_IsString(chunk)) {
        return JS_DupValue(ctx, chunk);
    }
    base_slice_t text;
    text.data = engine_usv_string(ctx, &text.len, chunk);
    engine_need(ctx, ENGINE_TYPED_ARRAYS);
    JSValue bytes = JS_NewUint8ArrayCopy(ctx, (const uint8_t *)text.data, text.len);
    JS_FreeCString(ctx, text.data);
    return bytes;
}

static int transform_chunk(
    JSContext *ctx, JSValueConst transform, JSValueConst object, JSValueConst chunk, compression_id_t id) {
    compression_t *c = compression_of(object, id);
    if (make_ready(ctx, c) < 0) {
        return -1;
    }
    // A script that runs when a chunk is given on may let go of both.
    JSValue held[] = {JS_DupValue(ctx, transform), JS_DupValue(ctx, object), bytes_of_chunk(ctx, chunk)};
    int result = work_through(ctx, transform, c, held[2]);
    if (result <= 0) {
        c->consumed = 0;
    }
    JS_FreeValues(ctx, held[0], held[1], held[2]);
    return result;
}

static int compress_chunk(JSContext *ctx, JSValueConst transform, JSValueConst object, JSValueConst chunk) {
    return transform_chunk(ctx, transform, object, chunk, COMPRESSION_STREAM);
}

static int decompress_chunk(JSContext *ctx, JSValueConst transform, JSValueConst object, JSValueConst chunk) {
    return transform_chunk(ctx, transform, object, chunk, DECOMPRESSION_STREAM);
}

static int compress_end(JSContext *ctx, JSValueConst transform, JSValueConst object) {
    compression_t *c = compression_of(object, COMPRESSION_STREAM);
    if (make_ready(ctx, c) < 0) {
        return -1;
    }
    JSValue held[] = {JS_DupValue(ctx, transform), JS_DupValue(ctx, object)};
    int result;
    do {
        result = work_once(ctx, transform, c, (base_slice_t){NULL, 0}, Z_FINISH);
    } while (result > 0);
    end_zlib(c);
    JS_FreeValue(ctx, held[0]);
    JS_FreeValue(ctx, held[1]);
    return result;
}

static int decompress_end(JSContext *ctx, JSValueConst transform, JSValueConst object) {
    (void)transform;
    compression_t *c = compression_of(object, DECOMPRESSION_STREAM);
    end_zlib(c);
    if (!c->ended) {
        JS_ThrowTypeError(ctx, "the compressed data is cut off");
        return -1;
    }
    return 0;
}

static const stream_transformer_t compress_transformer = {compress_chunk, compress_end};
static const stream_transformer_t decompress_transformer = {decompress_chunk, decompress_end};

// ---- all at once ----

// Room for more output behind what is there, of which a stream has STREAM_PIECE_SIZE at least.
static void compression_make_room(JSContext *ctx, compression_t *c, web_buf_t *out) {
    web_buf_reserve(ctx, out, STREAM_PIECE_SIZE);
    c->zlib.next_out = (uint8_t *)out->data + out->len;
    c->zlib.avail_out = (unsigned)(out->cap - out->len);
}

static JSValue compression_bytes(JSContext *ctx, web_buf_t *out) {
    return stream_new_bytes(ctx, js_realloc(ctx, out->data, out->len + 1), out->len);
}

// What comes of data, up to Z_SYNC_FLUSH or Z_FINISH.
static JSValue deflate_some(JSContext *ctx, compression_t *c, base_slice_t data, int flush) {
    web_buf_t out = {0};
    c->zlib.next_in = (const uint8_t *)data.data;
    c->zlib.avail_in = (unsigned)data.len;
    do {
        compression_make_room(ctx, c, &out);
        deflate(&c->zlib, flush);
        out.len = c->zlib.next_out - (uint8_t *)out.data;
    } while (c->zlib.avail_out == 0);
    return compression_bytes(ctx, &out);
}

JSValue compression_compress(JSContext *ctx, int format, int level, base_slice_t data) {
    compression_t c = {.format = (uint8_t)format, .id = COMPRESSION_STREAM};
    if (make_ready_with(ctx, &c, level, MAX_WBITS) < 0) {
        return JS_EXCEPTION;
    }
    JSValue packed = deflate_some(ctx, &c, data, Z_FINISH);
    end_zlib(&c);
    return packed;
}

// ---- bodies of responses ----

// The window of a body whose size is not known: a response that waits between its chunks holds its memory.
#define PACKER_BITS (12)

static void packer_free(JSRuntime *rt, void *opaque) {
    end_zlib(opaque);
    js_free_rt(rt, opaque);
}

static void *packer_begin(JSContext *ctx, size_t size) {
    unsigned bits = size == 0 ? PACKER_BITS : MIN_BITS;
    while (size >> bits != 0 && bits < MAX_WBITS) {
        bits++;
    }
    compression_t *c = js_mallocz(ctx, sizeof(*c));
    c->format = FORMAT_GZIP;
    c->id = COMPRESSION_STREAM;
    c->for_body = true;
    if (make_ready_with(ctx, c, Z_DEFAULT_COMPRESSION, bits) < 0) {
        packer_free(JS_GetRuntime(ctx), c);
        return NULL;
    }
    return c;
}

// Each chunk is given on whole, so that an event arrives when it is sent.
static JSValue packer_pass(JSContext *ctx, void *opaque, base_slice_t bytes, bool last) {
    return deflate_some(ctx, opaque, bytes, last ? Z_FINISH : Z_SYNC_FLUSH);
}

static const web_packer_t packer = {packer_begin, {packer_pass, packer_free}};

// Whether another member of gzip follows, which it begins then.
static bool next_member(compression_t *c) {
    z_stream *zlib = &c->zlib;
    return c->format == FORMAT_GZIP && zlib->avail_in > 1 && zlib->next_in[0] == 0x1f && zlib->next_in[1] == 0x8b &&
           inflateReset(zlib) == Z_OK;
}

// Z_STREAM_END where all is there, else what is wrong.
static int inflate_all(JSContext *ctx, compression_t *c, web_buf_t *out, uint64_t most) {
    int code;
    do {
        compression_make_room(ctx, c, out);
        code = inflate_some(c);
        out->len = c->zlib.next_out - (uint8_t *)out->data;
        if (code == Z_STREAM_END && next_member(c)) {
            code = Z_OK;
        }
    } while (code == Z_OK && out->len <= most && (c->zlib.avail_in > 0 || c->zlib.avail_out == 0));
    return code;
}

JSValue compression_decompress(JSContext *ctx, int format, base_slice_t data, uint64_t most) {
    compression_t c = {.format = (uint8_t)format, .id = DECOMPRESSION_STREAM};
    if (make_ready(ctx, &c) < 0) {
        return JS_EXCEPTION;
    }
    web_buf_t out = {0};
    c.zlib.next_in = (const uint8_t *)data.data;
    c.zlib.avail_in = (unsigned)data.len;
    int code = inflate_all(ctx, &c, &out, most);
    const char *wrong = c.zlib.msg;
    end_zlib(&c);

    if (out.len > most) {
        js_free(ctx, out.data);
        return JS_ThrowRangeError(ctx, "the data is longer than maxOutputLength");
    }
    if (code == Z_STREAM_END) {
        return compression_bytes(ctx, &out);
    }
    js_free(ctx, out.data);
    if (code == Z_NEED_DICT) {
        wrong = "Missing dictionary";
    }
    return JS_NewString(ctx, wrong != NULL ? wrong : "unexpected end of file");
}

uint32_t compression_crc32(uint32_t before, base_slice_t data) {
    return (uint32_t)crc32(before, (const uint8_t *)data.data, (unsigned)data.len);
}

// ---- the classes ----

int compression_format(JSContext *ctx, JSValueConst value) {
    const char *name = JS_ToCString(ctx, value);
    if (name == NULL) {
        return -1;
    }
    int format = 0;
    while (format < FORMAT_COUNT && strcmp(name, format_names[format]) != 0) {
        format++;
    }
    if (format == FORMAT_COUNT) {
        JS_ThrowTypeError(ctx, "there is no compression \"%s\": gzip, deflate and deflate-raw are there", name);
        format = -1;
    }
    JS_FreeCString(ctx, name);
    return format;
}

static JSValue compression_new(
    JSContext *ctx, compression_id_t id, JSValueConst new_target, int argc, JSValueConst *argv) {
    int format = web_check_args(ctx, argc, 1) < 0 ? -1 : compression_format(ctx, argv[0]);
    JSValue object = format < 0 ? JS_EXCEPTION : extension_class_new(ctx, &compression_extension, id, new_target);
    if (JS_IsException(object)) {
        return object;
    }
    compression_t *c = js_mallocz(ctx, sizeof(*c));
    c->transform = JS_UNDEFINED;
    c->id = (uint8_t)id;
    c->format = (uint8_t)format;
    JS_SetOpaque(object, c);
    const stream_transformer_t *transformer =
        id == COMPRESSION_STREAM ? &compress_transformer : &decompress_transformer;
    c->transform = stream_transform_of(ctx, transformer, object, true);
    return object;
}

static JSValue compression_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    return compression_new(ctx, COMPRESSION_STREAM, new_target, argc, argv);
}

static JSValue decompression_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    return compression_new(ctx, DECOMPRESSION_STREAM, new_target, argc, argv);
}

// The magic number is the class.
static JSValue get_readable(JSContext *ctx, JSValueConst this_val, int magic) {
    const compression_t *c = extension_class_expect(ctx, &compression_extension, (unsigned)magic, this_val);
    return c == NULL ? JS_EXCEPTION : stream_transform_readable(ctx, c->transform);
}

static JSValue get_writable(JSContext *ctx, JSValueConst this_val, int magic) {
    const compression_t *c = extension_class_expect(ctx, &compression_extension, (unsigned)magic, this_val);
    return c == NULL ? JS_EXCEPTION : stream_transform_writable(ctx, c->transform);
}

static void compression_finalize(JSRuntime *rt, JSValueConst value) {
    compression_t *c = JS_GetAnyOpaque(value, &(JSClassID){0});
    if (c != NULL) {
        end_zlib(c);
        JS_FreeValueRT(rt, c->transform);
        js_free_rt(rt, c);
    }
}

static void compression_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const compression_t *c = JS_GetAnyOpaque(value, &(JSClassID){0});
    if (c != NULL) {
        JS_MarkValue(rt, c->transform, mark);
    }
}

static const JSCFunctionListEntry compression_proto[] = {
    JS_CGETSET_MAGIC_DEF("readable", get_readable, NULL, COMPRESSION_STREAM),
    JS_CGETSET_MAGIC_DEF("writable", get_writable, NULL, COMPRESSION_STREAM),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "CompressionStream", JS_PROP_CONFIGURABLE),
};

static const extension_class_t compression_class = {
    .def = {.class_name = "CompressionStream", .finalizer = compression_finalize, .gc_mark = compression_mark},
    .constructor = compression_construct,
    .length = 1,
    .proto = compression_proto,
    .proto_len = BASE_COUNT(compression_proto),
};

static const JSCFunctionListEntry decompression_proto[] = {
    JS_CGETSET_MAGIC_DEF("readable", get_readable, NULL, DECOMPRESSION_STREAM),
    JS_CGETSET_MAGIC_DEF("writable", get_writable, NULL, DECOMPRESSION_STREAM),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "DecompressionStream", JS_PROP_CONFIGURABLE),
};

static const extension_class_t decompression_class = {
    .def = {.class_name = "DecompressionStream", .finalizer = compression_finalize, .gc_mark = compression_mark},
    .constructor = decompression_construct,
    .length = 1,
    .proto = decompression_proto,
    .proto_len = BASE_COUNT(decompression_proto),
};

static const extension_class_t *const compression_classes[COMPRESSION_CLASS_COUNT] = {
    [COMPRESSION_STREAM] = &compression_class,
    [DECOMPRESSION_STREAM] = &decompression_class,
};

static void compression_install(JSContext *ctx) {
    web_set_packer(ctx, &packer);
}

extension_t compression_extension = {
    .install = compression_install,
    .classes = compression_classes,
    .class_count = COMPRESSION_CLASS_COUNT,
    .rare = true,
};

// Reading a stream to its end (Fetch standard, "fully read").

#include <string.h>

#include "streams/stream_private.h"

typedef struct _collector_t {
    JSValue reader;
    JSValue promise;
    uint8_t *bytes;
    size_t len, room;
    bool looping, again; // chunks that are there are taken in a loop, not by recursion
} collector_t;

static collector_t *collector_of(JSValueConst object) {
    return stream_class_get(STREAM_COLLECTOR, object);
}

static void add_bytes(JSContext *ctx, collector_t *collector, base_slice_t bytes) {
    if (bytes.len > collector->room - collector->len) {
        collector->room = collector->len + bytes.len + collector->len / 2;
        collector->bytes = js_realloc(ctx, collector->bytes, collector->room + 1); // and a NUL
    }
    if (bytes.len > 0) {
        memcpy(collector->bytes + collector->len, bytes.data, bytes.len);
        collector->len += bytes.len;
    }
}

static void collect_error(JSContext *ctx, JSValueConst object, JSValueConst error) {
    engine_promise_reject(ctx, collector_of(object)->promise, error);
}

static void read_more(JSContext *ctx, JSValueConst object);

static void collect_chunk(JSContext *ctx, JSValueConst object, JSValueConst chunk) {
    base_slice_t bytes;
    int found = engine_buffer_source(ctx, chunk, &bytes);
    if (found == 0) {
        JS_ThrowTypeError(ctx, "a chunk of a body must be a Uint8Array: encode text with new TextEncoder()");
    }
    if (found <= 0) {
        JSValue error = JS_GetException(ctx);
        collect_error(ctx, object, error);
        JS_FreeValue(ctx, error);
        return;
    }
    add_bytes(ctx, collector_of(object), bytes);
    read_more(ctx, object);
}

static void *realloc_bytes(JSRuntime *rt, void *opaque, void *bytes, size_t size) {
    (void)opaque;
    return js_realloc_rt(rt, bytes, size);
}

JSValue stream_new_bytes(JSContext *ctx, uint8_t *bytes, size_t len) {
    engine_need(ctx, ENGINE_TYPED_ARRAYS);
    return JS_NewUint8Array(ctx, bytes, len, realloc_bytes, NULL, false);
}

static void collect_close(JSContext *ctx, JSValueConst object) {
    collector_t *collector = collector_of(object);
    uint8_t *bytes = js_realloc(ctx, collector->bytes, collector->len + 1);
    bytes[collector->len] = '\0';
    collector->bytes = NULL;
    JSValue array = stream_new_bytes(ctx, bytes, collector->len);
    engine_promise_resolve(ctx, collector->promise, array);
    JS_FreeValue(ctx, array);
}

static const stream_read_t collect_read = {collect_chunk, collect_close, collect_error, NULL};

static void read_more(JSContext *ctx, JSValueConst object) {
    collector_t *collector = collector_of(object);
    collector->again = true;
    if (collector->looping) {
        return;
    }
    collector->looping = true;
    while (collector->again) {
        collector->again = false;
        stream_reader_read(ctx, stream_class_get(STREAM_READER, collector->reader), &collect_read, object);
    }
    collector->looping = false;
}

JSValue stream_read_all(JSContext *ctx, JSValueConst stream) {
    JSValue object = stream_class_new(ctx, STREAM_COLLECTOR, JS_UNDEFINED);
    collector_t *collector = js_mallocz(ctx, sizeof(*collector));
    collector->reader = stream_reader_new(ctx, stream, JS_UNDEFINED);
    collector->promise = engine_promise_new(ctx);
    JS_SetOpaque(object, collector);
    JSValue promise = JS_DupValue(ctx, collector->promise);
    read_more(ctx, object);
    JS_FreeValue(ctx, object);
    return promise;
}

static void collector_finalize(JSRuntime *rt, JSValueConst value) {
    collector_t *collector = collector_of(value);
    if (collector != NULL) {
        JS_FreeValueRT(rt, collector->reader);
        JS_FreeValueRT(rt, collector->promise);
        js_free_rt(rt, collector->bytes);
        js_free_rt(rt, collector);
    }
}

static void collector_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const collector_t *collector = collector_of(value);
    if (collector != NULL) {
        JS_MarkValue(rt, collector->reader, mark);
        JS_MarkValue(rt, collector->promise, mark);
    }
}

const extension_class_t stream_class_collector = {
    .def = {.class_name = "Collector", .finalizer = collector_finalize, .gc_mark = collector_mark},
};

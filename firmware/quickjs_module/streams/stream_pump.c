// Sending what a stream gives, in operations. See stream.h.

#include "streams/stream_private.h"

typedef struct _pump_t {
    JSValue reader;
    JSValue chunk; // of which `sent` bytes are out, and some more under way; else undefined
    JSValue error; // of STREAM_PUMP_FAILED
    JSValue subject;
    const stream_sink_t *sink;
    const stream_filter_t *filter; // NULL where there is none, or its end is out
    void *opaque;                  // of the filter
    uint32_t number;
    size_t sent, sending;
    uint8_t state;
    bool looping, again; // chunks without bytes are passed over in a loop, not by recursion
} pump_t;

static pump_t *pump_of(JSValueConst object) {
    return stream_class_get(STREAM_PUMP, object);
}

static stream_reader_t *reader_of(const pump_t *pump) {
    return stream_class_get(STREAM_READER, pump->reader);
}

// The pump is open no more, unless it was so before: who cancels a stream ends what reads it.
static void pump_end(JSContext *ctx, JSValueConst object, stream_pump_state_t state) {
    pump_t *pump = pump_of(object);
    if (pump->state == STREAM_PUMP_OPEN) {
        pump->state = state;
        if (pump->sink->ended != NULL) {
            pump->sink->ended(ctx, pump->subject, object);
        }
    }
}

// The stream's own failure.
static void pump_error(JSContext *ctx, JSValueConst object, JSValueConst error) {
    pump_t *pump = pump_of(object);
    if (pump->state == STREAM_PUMP_OPEN) {
        pump->error = JS_DupValue(ctx, error);
        pump_end(ctx, object, STREAM_PUMP_FAILED);
    }
}

// Tells the stream's source that nobody wants the rest.
static JSValue cancel_stream(JSContext *ctx, pump_t *pump, JSValueConst reason) {
    JS_FreeValue(ctx, pump->chunk);
    pump->chunk = JS_UNDEFINED;
    return stream_reader_cancel(ctx, reader_of(pump), reason);
}

JSValue stream_pump_cancel(JSContext *ctx, JSValueConst object, JSValueConst reason) {
    pump_end(ctx, object, STREAM_PUMP_UNWANTED);
    return cancel_stream(ctx, pump_of(object), reason);
}

// What the stream gave cannot be sent: with the pending exception its source is told so.
static void give_up(JSContext *ctx, JSValueConst object) {
    JSValue error = JS_GetException(ctx);
    pump_error(ctx, object, error);
    JSValue promise = cancel_stream(ctx, pump_of(object), error);
    JS_PromiseMarkAsHandled(ctx, promise);
    JS_FreeValue(ctx, promise);
    JS_FreeValue(ctx, error);
}

static JSValue piece_sent(JSContext *ctx, JSValueConst object, bool rejected, JSValueConst value);

// The bytes of a chunk. 0, or -1 with a pending TypeError.
static int chunk_bytes(JSContext *ctx, JSValueConst chunk, base_slice_t *bytes) {
    int found = engine_buffer_source(ctx, chunk, bytes);
    if (found == 0) {
        JS_ThrowTypeError(ctx, "a chunk of a body must be a Uint8Array: encode text with new TextEncoder()");
    }
    return found > 0 ? 0 : -1;
}

// Sends the next piece of the chunk. Whether there was one.
static bool send_piece(JSContext *ctx, JSValueConst object) {
    pump_t *pump = pump_of(object);
    base_slice_t bytes;
    if (chunk_bytes(ctx, pump->chunk, &bytes) < 0) {
        give_up(ctx, object);
        return true;
    }
    // Its buffer may have become shorter since the last piece.
    if (pump->sent >= bytes.len) {
        return false;
    }

    size_t left = bytes.len - pump->sent;
    pump->sending = left < STREAM_PIECE_SIZE ? left : STREAM_PIECE_SIZE;
    base_slice_t piece = {bytes.data + pump->sent, pump->sending};
    JSValue promise = host_op_bytes(ctx, pump->sink->operation, pump->number, piece);
    if (JS_IsException(promise)) {
        give_up(ctx, object);
        return true;
    }
    stream_react(ctx, promise, piece_sent, object);
    JS_FreeValue(ctx, promise);
    return true;
}

static void drop_chunk(JSContext *ctx, pump_t *pump) {
    JSValue chunk = pump->chunk;
    pump->chunk = JS_UNDEFINED;
    pump->sent = 0;
    JS_FreeValue(ctx, chunk);
}

static void drop_filter(JSRuntime *rt, pump_t *pump) {
    const stream_filter_t *filter = pump->filter;
    pump->filter = NULL;
    if (filter != NULL) {
        filter->free(rt, pump->opaque);
    }
}

// What is to be sent of a chunk: itself, or what the filter makes of it; an exception.
static JSValue filtered(JSContext *ctx, const pump_t *pump, JSValueConst chunk) {
    base_slice_t bytes = {NULL, 0};
    if (pump->filter != NULL && chunk_bytes(ctx, chunk, &bytes) < 0) {
        return JS_EXCEPTION;
    }
    return bytes.len > 0 ? pump->filter->pass(ctx, pump->opaque, bytes, false) : JS_DupValue(ctx, chunk);
}

static void pump_more(JSContext *ctx, JSValueConst object);

// Sends a chunk, which it takes over.
static void pump_send(JSContext *ctx, JSValueConst object, JSValue chunk) {
    pump_t *pump = pump_of(object);
    if (JS_IsException(chunk)) {
        give_up(ctx, object);
        return;
    }
    pump->chunk = chunk;
    if (!send_piece(ctx, object)) {
        drop_chunk(ctx, pump);
        pump_more(ctx, object);
    }
}

static void pump_chunk(JSContext *ctx, JSValueConst object, JSValueConst chunk) {
    pump_send(ctx, object, filtered(ctx, pump_of(object), chunk));
}

// Behind what the filter ends with, the stream is asked once more, and is at its end again.
static void pump_close(JSContext *ctx, JSValueConst object) {
    pump_t *pump = pump_of(object);
    if (pump->filter == NULL) {
        pump_end(ctx, object, STREAM_PUMP_ENDED);
        return;
    }
    JSValue rest = pump->filter->pass(ctx, pump->opaque, (base_slice_t){NULL, 0}, true);
    drop_filter(JS_GetRuntime(ctx), pump);
    pump_send(ctx, object, rest);
}

static const stream_read_t pump_read = {pump_chunk, pump_close, pump_error, NULL};

static void pump_more(JSContext *ctx, JSValueConst object) {
    pump_t *pump = pump_of(object);
    pump->again = true;
    if (pump->looping) {
        return;
    }
    pump->looping = true;
    while (pump->again) {
        pump->again = false;
        stream_reader_read(ctx, reader_of(pump), &pump_read, object);
    }
    pump->looping = false;
}

static JSValue piece_sent(JSContext *ctx, JSValueConst object, bool rejected, JSValueConst value) {
    pump_t *pump = pump_of(object);
    if (pump->state != STREAM_PUMP_OPEN) {
        return JS_UNDEFINED;
    }
    if (rejected) {
        JSValue promise = stream_pump_cancel(ctx, object, value);
        JS_PromiseMarkAsHandled(ctx, promise);
        JS_FreeValue(ctx, promise);
        return JS_UNDEFINED;
    }
    pump->sent += pump->sending;
    if (!send_piece(ctx, object)) {
        drop_chunk(ctx, pump);
        pump_more(ctx, object);
    }
    return JS_UNDEFINED;
}

static JSValue new_pump(JSContext *ctx, JSValueConst stream, const stream_sink_t *sink) {
    JSValue object = stream_class_new(ctx, STREAM_PUMP, JS_UNDEFINED);
    pump_t *pump = js_mallocz(ctx, sizeof(*pump));
    pump->reader = stream_reader_new(ctx, stream, JS_UNDEFINED);
    pump->chunk = pump->error = pump->subject = JS_UNDEFINED;
    pump->sink = sink;
    JS_SetOpaque(object, pump);
    return object;
}

JSValue stream_pump_new(
    JSContext *ctx, JSValueConst stream, const stream_sink_t *sink, uint32_t number, JSValueConst subject) {
    JSValue object = new_pump(ctx, stream, sink);
    pump_t *pump = pump_of(object);
    pump->subject = JS_DupValue(ctx, subject);
    pump->number = number;
    pump_more(ctx, object);
    return object;
}

JSValue stream_pump_filtered(
    JSContext *ctx, JSValueConst stream, const stream_sink_t *sink, const stream_filter_t *filter, void *opaque) {
    JSValue object = new_pump(ctx, stream, sink);
    pump_t *pump = pump_of(object);
    pump->filter = filter;
    pump->opaque = opaque;
    pump_more(ctx, object);
    return object;
}

stream_pump_state_t stream_pump_state(JSValueConst object) {
    return pump_of(object)->state;
}

JSValueConst stream_pump_error(JSValueConst object) {
    return pump_of(object)->error;
}

static const uint16_t pump_values[] = {
    offsetof(pump_t, reader),
    offsetof(pump_t, chunk),
    offsetof(pump_t, error),
    offsetof(pump_t, subject),
};

static void pump_finalize(JSRuntime *rt, JSValueConst value) {
    pump_t *pump = pump_of(value);
    if (pump != NULL) {
        stream_free_values(rt, pump, pump_values, BASE_COUNT(pump_values));
        drop_filter(rt, pump);
        js_free_rt(rt, pump);
    }
}

static void pump_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const pump_t *pump = pump_of(value);
    if (pump != NULL) {
        stream_mark_values(rt, pump, pump_values, BASE_COUNT(pump_values), mark);
    }
}

const extension_class_t stream_class_pump = {
    .def = {.class_name = "Pump", .finalizer = pump_finalize, .gc_mark = pump_mark},
};

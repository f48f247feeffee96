// Teeing (Streams standard, sections 4.9.1, ReadableStreamDefaultTee, and 4.9.5 for chunks that are copied).

#include "streams/stream_private.h"

// What both branches have in common.
typedef struct _tee_t {
    JSValue reader;
    JSValue controllers[2];
    JSValue cancelled; // the promise of both cancellations
    JSValue reasons[2];
    bool is_cancelled[2];
    bool reading, read_again, copies;
} tee_t;

static tee_t *tee_of(JSValueConst object) {
    return stream_class_get(STREAM_TEE, object);
}

static void settle_cancelled(JSContext *ctx, const tee_t *tee) {
    if (!tee->is_cancelled[0] || !tee->is_cancelled[1]) {
        engine_promise_resolve(ctx, tee->cancelled, JS_UNDEFINED);
    }
}

// ---- reading ----

static void read_next(JSContext *ctx, JSValueConst object);

// The second branch's chunk: TypeError, and both branches and the stream are over, where bytes cannot be copied.
static JSValue second_chunk(JSContext *ctx, const tee_t *tee, JSValueConst chunk) {
    base_slice_t bytes;
    int found = tee->copies ? engine_buffer_source(ctx, chunk, &bytes) : 0;
    if (found < 0) {
        return JS_EXCEPTION;
    }
    if (found == 0) {
        return JS_DupValue(ctx, chunk);
    }
    return JS_NewUint8ArrayCopy(ctx, (const uint8_t *)(bytes.len > 0 ? bytes.data : ""), bytes.len);
}

static void fail_copy(JSContext *ctx, const tee_t *tee) {
    JSValue error = JS_GetException(ctx);
    for (int i = 0; i < 2; i++) {
        stream_controller_error(ctx, stream_of_controller(tee->controllers[i]), error);
    }
    JSValue promise = stream_reader_cancel(ctx, stream_class_get(STREAM_READER, tee->reader), error);
    engine_promise_resolve(ctx, tee->cancelled, promise);
    JS_FreeValue(ctx, promise);
    JS_FreeValue(ctx, error);
}

static JSValue give_chunk(JSContext *ctx, int argc, JSValueConst *argv) {
    (void)argc;
    tee_t *tee = tee_of(argv[0]);
    tee->read_again = false;
    JSValue chunks[2] = {JS_DupValue(ctx, argv[1]), JS_UNDEFINED};
    if (!tee->is_cancelled[0] && !tee->is_cancelled[1]) {
        chunks[1] = second_chunk(ctx, tee, argv[1]);
    } else {
        chunks[1] = JS_DupValue(ctx, argv[1]);
    }
    if (JS_IsException(chunks[1])) {
        JS_FreeValue(ctx, chunks[0]);
        fail_copy(ctx, tee);
        return JS_UNDEFINED;
    }

    for (int i = 0; i < 2; i++) {
        stream_t *branch = stream_of_controller(tee->controllers[i]);
        if (!tee->is_cancelled[i] && stream_controller_can_enqueue(branch)) {
            stream_controller_enqueue(ctx, branch, chunks[i]); // its strategy refuses nothing
        }
        JS_FreeValue(ctx, chunks[i]);
    }
    tee->reading = false;
    if (tee->read_again) {
        read_next(ctx, argv[0]);
    }
    return JS_UNDEFINED;
}

// In a job, so that an error of the stream comes before what the branches' readers do with the chunk.
static void tee_chunk(JSContext *ctx, JSValueConst object, JSValueConst chunk) {
    JS_EnqueueJob(ctx, give_chunk, 2, (JSValueConst[]){object, chunk});
}

static void tee_close(JSContext *ctx, JSValueConst object) {
    tee_t *tee = tee_of(object);
    tee->reading = false;
    for (int i = 0; i < 2; i++) {
        if (!tee->is_cancelled[i]) {
            stream_controller_close(ctx, stream_of_controller(tee->controllers[i]));
        }
    }
    settle_cancelled(ctx, tee);
}

static void tee_error(JSContext *ctx, JSValueConst object, JSValueConst error) {
    (void)ctx, (void)error; // the promise of the reader's end tells the branches
    tee_of(object)->reading = false;
}

static const stream_read_t tee_read = {tee_chunk, tee_close, tee_error, NULL};

static void read_next(JSContext *ctx, JSValueConst object) {
    tee_t *tee = tee_of(object);
    tee->reading = true;
    stream_reader_read(ctx, stream_class_get(STREAM_READER, tee->reader), &tee_read, object);
}

// ---- the branches' algorithms ----

static JSValue tee_pull(JSContext *ctx, stream_t *stream) {
    tee_t *tee = tee_of(stream->source);
    if (tee->reading) {
        tee->read_again = true;
    } else {
        JSValue object = JS_DupValue(ctx, stream->source);
        read_next(ctx, object);
        JS_FreeValue(ctx, object);
    }
    return stream_promise_of(ctx, JS_UNDEFINED);
}

static JSValue tee_cancel(JSContext *ctx, stream_t *stream, JSValueConst reason) {
    tee_t *tee = tee_of(stream->source);
    int branch = stream_of_controller(tee->controllers[1]) == stream;
    JSValue result = JS_DupValue(ctx, tee->cancelled);
    tee->is_cancelled[branch] = true;
    tee->reasons[branch] = JS_DupValue(ctx, reason);
    if (tee->is_cancelled[1 - branch]) {
        JSValue both[] = {JS_DupValue(ctx, tee->reasons[0]), JS_DupValue(ctx, tee->reasons[1])};
        JSValue composite = JS_NewArrayFrom(ctx, 2, both);
        JSValue promise = stream_reader_cancel(ctx, stream_class_get(STREAM_READER, tee->reader), composite);
        engine_promise_resolve(ctx, result, promise);
        JS_FreeValue(ctx, promise);
        JS_FreeValue(ctx, composite);
    }
    return result;
}

static const stream_algorithms_t tee_algorithms = {tee_pull, tee_cancel};

// Once the stream that is read has ended.
static JSValue tee_ended(JSContext *ctx, JSValueConst object, bool rejected, JSValueConst value) {
    const tee_t *tee = tee_of(object);
    if (rejected) {
        for (int i = 0; i < 2; i++) {
            stream_controller_error(ctx, stream_of_controller(tee->controllers[i]), value);
        }
        settle_cancelled(ctx, tee);
    }
    return JS_UNDEFINED;
}

void stream_tee(JSContext *ctx, JSValueConst stream, bool copies, JSValue branches[2]) {
    JSValue object = stream_class_new(ctx, STREAM_TEE, JS_UNDEFINED);
    tee_t *tee = js_mallocz(ctx, sizeof(*tee));
    tee->copies = copies;
    tee->controllers[0] = tee->controllers[1] = tee->reasons[0] = tee->reasons[1] = JS_UNDEFINED;
    tee->reader = stream_reader_new(ctx, stream, JS_UNDEFINED);
    tee->cancelled = engine_promise_new(ctx);
    JS_SetOpaque(object, tee);

    // What is there already waits for a branch's reader; a script's stream is read ahead by a chunk.
    const stream_t *source = stream_of(stream);
    bool bytes = source->byte_source || source->bytes != NULL;
    double high_water = bytes ? 0 : 1;
    for (int i = 0; i < 2; i++) {
        stream_t *branch = stream_new(ctx, &tee_algorithms, object, high_water);
        branch->byte_source = bytes && copies;
        branches[i] = branch->object;
        tee->controllers[i] = stream_controller_object(ctx, branch);
        stream_controller_start(ctx, branch, JS_UNDEFINED);
    }
    stream_reader_t *reader = stream_class_get(STREAM_READER, tee->reader);
    stream_react(ctx, stream_reader_closed(ctx, reader), tee_ended, object);
    JS_FreeValue(ctx, object);
}

static void tee_finalize(JSRuntime *rt, JSValueConst value) {
    tee_t *tee = tee_of(value);
    if (tee != NULL) {
        JS_FreeValueRT(rt, tee->reader);
        JS_FreeValueRT(rt, tee->cancelled);
        for (int i = 0; i < 2; i++) {
            JS_FreeValueRT(rt, tee->controllers[i]);
            JS_FreeValueRT(rt, tee->reasons[i]);
        }
        js_free_rt(rt, tee);
    }
}

static void tee_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const tee_t *tee = tee_of(value);
    if (tee != NULL) {
        JS_MarkValue(rt, tee->reader, mark);
        JS_MarkValue(rt, tee->cancelled, mark);
        for (int i = 0; i < 2; i++) {
            JS_MarkValue(rt, tee->controllers[i], mark);
            JS_MarkValue(rt, tee->reasons[i], mark);
        }
    }
}

const extension_class_t stream_class_tee = {
    .def = {.class_name = "Tee", .finalizer = tee_finalize, .gc_mark = tee_mark},
};

// Teeing (Streams standard, section 4.9.1: ReadableStreamDefaultTee and ReadableByteStreamTee).

#include "streams/stream_bytes_private.h"

// What both branches have in common.
typedef struct _tee_t {
    JSValue reader;
    JSValue controllers[2];
    JSValue cancelled; // the promise of both cancellations
    JSValue reasons[2];
    bool is_cancelled[2];
    bool read_again[2];
    bool reading, copies;
    bool byob;       // the reader is one with a buffer, and
    uint8_t filling; // the branch whose reader has given it
} tee_t;

static tee_t *tee_of(JSValueConst object) {
    return stream_class_get(STREAM_TEE, object);
}

static void settle_cancelled(JSContext *ctx, const tee_t *tee) {
    if (!tee->is_cancelled[0] || !tee->is_cancelled[1]) {
        engine_promise_resolve(ctx, tee->cancelled, JS_UNDEFINED);
    }
}

// ---- the reader of the stream ----

static stream_reader_t *tee_reader(const tee_t *tee) {
    return tee->byob ? stream_byob_reader_of(tee->reader) : stream_class_get(STREAM_READER, tee->reader);
}

// Once the stream that is read has ended. A reader that another one follows ends, too, and that says nothing.
static JSValue tee_ended(JSContext *ctx, JSValueConst object, bool rejected, JSValueConst value) {
    (void)value;
    const tee_t *tee = tee_of(object);
    const stream_t *source = stream_of(tee_reader(tee)->stream);
    if (rejected && source->state == STREAM_ERRORED) {
        for (int i = 0; i < 2; i++) {
            stream_controller_error(ctx, stream_of_controller(tee->controllers[i]), source->stored_error);
        }
        settle_cancelled(ctx, tee);
    }
    return JS_UNDEFINED;
}

static void watch_end(JSContext *ctx, JSValueConst object) {
    stream_react(ctx, stream_reader_closed(ctx, tee_reader(tee_of(object))), tee_ended, object);
}

// The stream's reader, which waits for nothing, gives way to one of the other kind.
static stream_reader_t *tee_use_reader(JSContext *ctx, JSValueConst object, bool byob) {
    tee_t *tee = tee_of(object);
    if (tee->byob != byob) {
        stream_reader_t *old = tee_reader(tee);
        JSValue stream = JS_DupValue(ctx, old->stream);
        stream_reader_release(ctx, old);
        JSValue object_of_old = tee->reader;
        tee->reader = JS_UNDEFINED;
        JS_FreeValue(ctx, object_of_old);
        tee->byob = byob;
        tee->reader =
            byob ? stream_byob_reader_new(ctx, stream, JS_UNDEFINED) : stream_reader_new(ctx, stream, JS_UNDEFINED);
        JS_FreeValue(ctx, stream);
        watch_end(ctx, object);
    }
    return tee_reader(tee);
}

// ---- what both kinds of reading have in common ----

static void pull_branch(JSContext *ctx, JSValueConst object, int branch);

// For the other branch: TypeError where bytes cannot be copied.
static JSValue copy_chunk(JSContext *ctx, const tee_t *tee, JSValueConst chunk) {
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

// Both branches and the stream are over, with the pending exception.
static void fail_copy(JSContext *ctx, const tee_t *tee) {
    JSValue error = JS_GetException(ctx);
    for (int i = 0; i < 2; i++) {
        stream_controller_error(ctx, stream_of_controller(tee->controllers[i]), error);
    }
    JSValue promise = stream_reader_cancel(ctx, tee_reader(tee), error);
    engine_promise_resolve(ctx, tee->cancelled, promise);
    JS_FreeValue(ctx, promise);
    JS_FreeValue(ctx, error);
}

static void tee_enqueue(JSContext *ctx, const tee_t *tee, int branch, JSValueConst chunk) {
    stream_t *stream = stream_of_controller(tee->controllers[branch]);
    if (!tee->is_cancelled[branch] && stream_controller_can_enqueue(stream)) {
        stream_controller_enqueue(ctx, stream, chunk); // its strategy refuses nothing
    }
}

static void read_on(JSContext *ctx, JSValueConst object) {
    tee_t *tee = tee_of(object);
    tee->reading = false;
    if (tee->read_again[0] || tee->read_again[1]) {
        pull_branch(ctx, object, tee->read_again[0] ? 0 : 1);
    }
}

static void tee_error(JSContext *ctx, JSValueConst object, JSValueConst error) {
    (void)ctx, (void)error; // the promise of the reader's end tells the branches
    tee_of(object)->reading = false;
}

// ---- reading what the stream has ----

static JSValue give_chunk(JSContext *ctx, int argc, JSValueConst *argv) {
    (void)argc;
    tee_t *tee = tee_of(argv[0]);
    tee->read_again[0] = tee->read_again[1] = false;
    bool both = !tee->is_cancelled[0] && !tee->is_cancelled[1];
    JSValue copy = both ? copy_chunk(ctx, tee, argv[1]) : JS_DupValue(ctx, argv[1]);
    if (JS_IsException(copy)) {
        fail_copy(ctx, tee);
        return JS_UNDEFINED;
    }

    tee_enqueue(ctx, tee, 0, argv[1]);
    tee_enqueue(ctx, tee, 1, copy);
    JS_FreeValue(ctx, copy);
    read_on(ctx, argv[0]);
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

static const stream_read_t tee_read = {tee_chunk, tee_close, tee_error, NULL};

// ---- reading into the buffer that a branch's reader has given ----

static void forget_exception(JSContext *ctx, int result) {
    if (result < 0) {
        JS_FreeValue(ctx, JS_GetException(ctx));
    }
}

// The view's buffer goes back to the branch's reader, unless that has gone.
static void tee_give_back(JSContext *ctx, const tee_t *tee, JSValueConst filled) {
    engine_view_t view;
    if (!tee->is_cancelled[tee->filling] && engine_view_of(ctx, filled, &view) > 0) {
        stream_t *branch = stream_of_controller(tee->controllers[tee->filling]);
        forget_exception(ctx, stream_bytes_respond_with(ctx, branch, &view));
    }
}

static JSValue give_filled(JSContext *ctx, int argc, JSValueConst *argv) {
    (void)argc;
    tee_t *tee = tee_of(argv[0]);
    tee->read_again[0] = tee->read_again[1] = false;
    int other = 1 - tee->filling;
    JSValue copy = tee->is_cancelled[other] ? JS_UNDEFINED : copy_chunk(ctx, tee, argv[1]);
    if (JS_IsException(copy)) {
        fail_copy(ctx, tee);
        return JS_UNDEFINED;
    }

    tee_give_back(ctx, tee, argv[1]);
    tee_enqueue(ctx, tee, other, copy);
    JS_FreeValue(ctx, copy);
    read_on(ctx, argv[0]);
    return JS_UNDEFINED;
}

static void tee_filled(JSContext *ctx, JSValueConst object, JSValueConst view) {
    JS_EnqueueJob(ctx, give_filled, 2, (JSValueConst[]){object, view});
}

// The stream has ended; the view is undefined where it was cancelled.
static void tee_finish(JSContext *ctx, JSValueConst object, JSValueConst view) {
    tee_t *tee = tee_of(object);
    stream_t *other = stream_of_controller(tee->controllers[1 - tee->filling]);
    bool other_is_open = !tee->is_cancelled[1 - tee->filling];
    tee->reading = false;
    if (!tee->is_cancelled[tee->filling]) {
        forget_exception(ctx, stream_bytes_close(ctx, stream_of_controller(tee->controllers[tee->filling])));
    }
    if (other_is_open && other->bytes != NULL) {
        forget_exception(ctx, stream_bytes_close(ctx, other));
    } else if (other_is_open) {
        stream_controller_close(ctx, other);
    }
    tee_give_back(ctx, tee, view);
    if (other_is_open && other->bytes != NULL) {
        forget_exception(ctx, stream_bytes_respond(ctx, other, 0)); // that nobody waits there
    }
    settle_cancelled(ctx, tee);
}

static void tee_cut(JSContext *ctx, JSValueConst object) {
    tee_finish(ctx, object, JS_UNDEFINED);
}

static const stream_read_t tee_read_into = {tee_filled, tee_cut, tee_error, tee_finish};

// The request is the branch's byobRequest.
static void read_into(JSContext *ctx, JSValueConst object, JSValueConst request) {
    engine_view_t view;
    if (engine_view_of(ctx, stream_byob_request_view(request), &view) <= 0) {
        tee_error(ctx, object, JS_UNDEFINED);
        return;
    }
    JSValue held = JS_DupValue(ctx, tee_use_reader(ctx, object, true)->stream);
    stream_t *source = stream_of(held);
    source->disturbed = true;
    if (source->state == STREAM_ERRORED) {
        JS_FreeValue(ctx, view.buffer);
        tee_error(ctx, object, source->stored_error);
    } else {
        stream_bytes_pull_into(ctx, source, &view, 1, &tee_read_into, object);
    }
    JS_FreeValue(ctx, held);
}

// ---- the branches' algorithms ----

static void pull_branch(JSContext *ctx, JSValueConst object, int branch) {
    tee_t *tee = tee_of(object);
    stream_t *stream = stream_of_controller(tee->controllers[branch]);
    tee->reading = true;
    JSValue request = stream->bytes != NULL ? stream_bytes_request(ctx, stream) : JS_NULL;
    if (JS_IsObject(request)) {
        tee->filling = (uint8_t)branch;
        read_into(ctx, object, request);
    } else {
        forget_exception(ctx, JS_IsException(request) ? -1 : 0); // the buffer is lost, as its reader will find
        stream_reader_read(ctx, tee_use_reader(ctx, object, false), &tee_read, object);
    }
    JS_FreeValue(ctx, request);
}

static JSValue tee_pull(JSContext *ctx, stream_t *stream) {
    tee_t *tee = tee_of(stream->source);
    int branch = stream_of_controller(tee->controllers[1]) == stream;
    if (tee->reading) {
        tee->read_again[branch] = true;
    } else {
        JSValue object = JS_DupValue(ctx, stream->source);
        pull_branch(ctx, object, branch);
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
        JSValue promise = stream_reader_cancel(ctx, tee_reader(tee), composite);
        engine_promise_resolve(ctx, result, promise);
        JS_FreeValue(ctx, promise);
        JS_FreeValue(ctx, composite);
    }
    return result;
}

static const stream_algorithms_t tee_algorithms = {tee_pull, tee_cancel};

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
    watch_end(ctx, object);
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

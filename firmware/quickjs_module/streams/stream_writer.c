// WritableStreamDefaultWriter (Streams standard, sections 5.3 and 5.5.3).

#include "streams/stream_private.h"

static void mark_handled(JSContext *ctx, JSValueConst promise) {
    JS_PromiseMarkAsHandled(ctx, promise);
}

// Rejects the promise, or puts a rejected one in its place where it is settled.
static void make_rejected(JSContext *ctx, JSValue *promise, JSValueConst error) {
    if (JS_PromiseState(ctx, *promise) != JS_PROMISE_PENDING) {
        JS_FreeValue(ctx, *promise);
        *promise = engine_promise_new(ctx);
    }
    engine_promise_reject(ctx, *promise, error);
    mark_handled(ctx, *promise);
}

void writer_set_ready(JSContext *ctx, writer_t *writer, bool ready) {
    if (ready) {
        engine_promise_resolve(ctx, writer->ready, JS_UNDEFINED);
    } else {
        JS_FreeValue(ctx, writer->ready);
        writer->ready = engine_promise_new(ctx);
    }
}

void writer_reject_ready(JSContext *ctx, writer_t *writer, JSValueConst error) {
    make_rejected(ctx, &writer->ready, error);
}

void writer_reject_closed(JSContext *ctx, writer_t *writer, JSValueConst error) {
    engine_promise_reject(ctx, writer->closed, error);
    mark_handled(ctx, writer->closed);
}

JSValue writer_new(JSContext *ctx, JSValueConst object, JSValueConst new_target) {
    JSValue value = stream_class_new(ctx, STREAM_WRITER, new_target);
    if (JS_IsException(value)) {
        return value;
    }
    // After what may run a script, as in stream_reader_new().
    writable_t *stream = writable_of(object);
    if (!JS_IsUndefined(stream->writer)) {
        JS_FreeValue(ctx, value);
        return JS_ThrowTypeError(ctx, "Invalid state: the stream is locked: somebody else has its writer");
    }
    writer_t *writer = js_malloc(ctx, sizeof(*writer));
    *writer = (writer_t){JS_DupValue(ctx, object), engine_promise_new(ctx), engine_promise_new(ctx)};
    bool waits = stream->state == WRITABLE_OPEN && stream->backpressure && !writable_is_closing(stream);
    if (stream->state == WRITABLE_ERRORING || stream->state == WRITABLE_ERRORED) {
        writer_reject_ready(ctx, writer, stream->stored_error);
    } else if (!waits) {
        engine_promise_resolve(ctx, writer->ready, JS_UNDEFINED);
    }
    if (stream->state == WRITABLE_ERRORED) {
        writer_reject_closed(ctx, writer, stream->stored_error);
    } else if (stream->state == WRITABLE_CLOSED) {
        engine_promise_resolve(ctx, writer->closed, JS_UNDEFINED);
    }
    JS_SetOpaque(value, writer);
    stream->writer = JS_DupValue(ctx, value);
    return value;
}

static JSValue reject_write(JSContext *ctx, const char *state) {
    JS_ThrowTypeError(ctx, "Invalid state: the stream is %s", state);
    return stream_reject_pending(ctx);
}

// What the stream is once the strategy has looked at the chunk: the promise of the write.
static JSValue write_sized(JSContext *ctx, writer_t *writer, writable_t *stream, JSValueConst chunk, double size) {
    if (writable_of(writer->stream) != stream) {
        return reject_write(ctx, "no more this writer's");
    }
    if (stream->state == WRITABLE_ERRORED) {
        return stream_rejected_promise(ctx, stream->stored_error);
    }
    if (writable_is_closing(stream) || stream->state == WRITABLE_CLOSED) {
        return reject_write(ctx, "closed or is about to be");
    }
    if (stream->state == WRITABLE_ERRORING) {
        return stream_rejected_promise(ctx, stream->stored_error);
    }
    JSValue promise = engine_promise_new(ctx);
    stream_queue_put(ctx, &stream->requests, JS_DupValue(ctx, promise), 0);
    writable_put(ctx, stream, chunk, size);
    return promise;
}

JSValue writer_write(JSContext *ctx, writer_t *writer, JSValueConst chunk) {
    JSValue object = JS_DupValue(ctx, writer->stream);
    writable_t *stream = writable_of(object);
    double size;
    if (stream_chunk_size(ctx, stream->size, chunk, &size) < 0) {
        JSValue error = JS_GetException(ctx);
        writable_error_if_needed(ctx, stream, error);
        JS_FreeValue(ctx, error);
        size = 1;
    }
    JSValue promise = write_sized(ctx, writer, stream, chunk, size);
    JS_FreeValue(ctx, object);
    return promise;
}

void writer_release(JSContext *ctx, writer_t *writer) {
    JSValue object = writer->stream;
    writable_t *stream = writable_of(object);
    JSValue error = stream_type_error(ctx, "Invalid state: the writer is released");
    make_rejected(ctx, &writer->ready, error);
    make_rejected(ctx, &writer->closed, error);
    JS_FreeValue(ctx, error);
    writer->stream = JS_UNDEFINED;
    JSValue held = stream->writer;
    stream->writer = JS_UNDEFINED;
    JS_FreeValue(ctx, held);
    JS_FreeValue(ctx, object);
}

// ---- the class ----

static writer_t *expect_writer(JSContext *ctx, JSValueConst this_val) {
    return stream_class_expect(ctx, STREAM_WRITER, this_val);
}

// The writer behind an object that has a stream; NULL with a pending TypeError.
static writer_t *expect_writing(JSContext *ctx, JSValueConst this_val) {
    writer_t *writer = expect_writer(ctx, this_val);
    if (writer != NULL && JS_IsUndefined(writer->stream)) {
        JS_ThrowTypeError(ctx, "Invalid state: the writer is released");
        return NULL;
    }
    return writer;
}

static JSValue writer_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    JSValueConst stream = stream_argument(argc, argv);
    if (writable_of(stream) == NULL) {
        return JS_ThrowTypeError(ctx, "a writer needs a WritableStream");
    }
    return writer_new(ctx, stream, new_target);
}

typedef enum {
    GET_CLOSED,
    GET_READY,
} writer_getter_t;

static JSValue writer_get_promise(JSContext *ctx, JSValueConst this_val, int magic) {
    const writer_t *writer = expect_writer(ctx, this_val);
    if (writer == NULL) {
        return stream_reject_pending(ctx);
    }
    return JS_DupValue(ctx, magic == GET_READY ? writer->ready : writer->closed);
}

static JSValue writer_get_desired_size(JSContext *ctx, JSValueConst this_val) {
    const writer_t *writer = expect_writing(ctx, this_val);
    if (writer == NULL) {
        return JS_EXCEPTION;
    }
    const writable_t *stream = writable_of(writer->stream);
    switch (stream->state) {
        case WRITABLE_OPEN:
            return JS_NewNumber(ctx, writable_desired_size(stream));
        case WRITABLE_CLOSED:
            return JS_NewInt32(ctx, 0);
        default:
            return JS_NULL;
    }
}

static JSValue writer_abort(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    const writer_t *writer = expect_writing(ctx, this_val);
    if (writer == NULL) {
        return stream_reject_pending(ctx);
    }
    JSValue stream = JS_DupValue(ctx, writer->stream);
    JSValue promise = writable_abort(ctx, writable_of(stream), stream_argument(argc, argv));
    JS_FreeValue(ctx, stream);
    return promise;
}

static JSValue writer_close(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    const writer_t *writer = expect_writing(ctx, this_val);
    if (writer == NULL) {
        return stream_reject_pending(ctx);
    }
    if (writable_is_closing(writable_of(writer->stream))) {
        return reject_write(ctx, "about to be closed");
    }
    JSValue stream = JS_DupValue(ctx, writer->stream);
    JSValue promise = writable_close(ctx, writable_of(stream));
    JS_FreeValue(ctx, stream);
    return promise;
}

static JSValue writer_release_lock(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    writer_t *writer = expect_writer(ctx, this_val);
    if (writer == NULL) {
        return JS_EXCEPTION;
    }
    if (!JS_IsUndefined(writer->stream)) {
        writer_release(ctx, writer);
    }
    return JS_UNDEFINED;
}

static JSValue writer_write_method(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    writer_t *writer = expect_writing(ctx, this_val);
    return writer == NULL ? stream_reject_pending(ctx) : writer_write(ctx, writer, stream_argument(argc, argv));
}

static void writer_finalize(JSRuntime *rt, JSValueConst value) {
    writer_t *writer = stream_class_get(STREAM_WRITER, value);
    if (writer != NULL) {
        JS_FreeValueRT(rt, writer->stream);
        JS_FreeValueRT(rt, writer->closed);
        JS_FreeValueRT(rt, writer->ready);
        js_free_rt(rt, writer);
    }
}

static void writer_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const writer_t *writer = stream_class_get(STREAM_WRITER, value);
    if (writer != NULL) {
        JS_MarkValue(rt, writer->stream, mark);
        JS_MarkValue(rt, writer->closed, mark);
        JS_MarkValue(rt, writer->ready, mark);
    }
}

static const JSCFunctionListEntry writer_proto[] = {
    JS_CGETSET_MAGIC_DEF("closed", writer_get_promise, NULL, GET_CLOSED),
    JS_CGETSET_MAGIC_DEF("ready", writer_get_promise, NULL, GET_READY),
    JS_CGETSET_DEF("desiredSize", writer_get_desired_size, NULL),
    JS_CFUNC_DEF("abort", 0, writer_abort),
    JS_CFUNC_DEF("close", 0, writer_close),
    JS_CFUNC_DEF("releaseLock", 0, writer_release_lock),
    JS_CFUNC_DEF("write", 0, writer_write_method),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "WritableStreamDefaultWriter", JS_PROP_CONFIGURABLE),
};

const extension_class_t stream_class_writer = {
    .def = {.class_name = "WritableStreamDefaultWriter", .finalizer = writer_finalize, .gc_mark = writer_mark},
    .constructor = writer_construct,
    .length = 1,
    .proto = writer_proto,
    .proto_len = BASE_COUNT(writer_proto),
};

// ReadableStreamDefaultReader (Streams standard, sections 4.4 and 4.9.2).

#include "streams/stream_bytes_private.h"

static const char released_message[] = "Invalid state: the reader is released";

stream_reader_t *stream_reader_of(const stream_t *stream) {
    stream_reader_t *reader = stream_class_get(STREAM_READER, stream->reader);
    return reader != NULL || stream->bytes == NULL ? reader : stream_byob_reader_of(stream->reader);
}

// ---- requests ----

void stream_reader_await(JSContext *ctx, stream_reader_t *reader, const stream_read_t *read, JSValueConst target) {
    stream_request_t *request = js_malloc(ctx, sizeof(*request));
    *request = (stream_request_t){.read = read, .target = JS_DupValue(ctx, target)};
    if (reader->first == NULL) {
        reader->first = request;
    } else {
        reader->last->next = request;
    }
    reader->last = request;
}

static stream_request_t *take_request(stream_reader_t *reader) {
    stream_request_t *request = reader->first;
    reader->first = request->next;
    return request;
}

static void free_request(JSContext *ctx, stream_request_t *request) {
    JS_FreeValue(ctx, request->target);
    js_free(ctx, request);
}

void stream_reader_fulfill(JSContext *ctx, stream_reader_t *reader, JSValueConst chunk) {
    stream_request_t *request = take_request(reader);
    request->read->chunk(ctx, request->target, chunk);
    free_request(ctx, request);
}

void stream_reader_finish(JSContext *ctx, stream_reader_t *reader, JSValueConst view) {
    stream_request_t *request = take_request(reader);
    if (request->read->finish != NULL) {
        request->read->finish(ctx, request->target, view);
    } else {
        request->read->close(ctx, request->target);
    }
    free_request(ctx, request);
}

// Ends all requests: with the error, or as those of a closed stream.
static void end_requests(JSContext *ctx, stream_reader_t *reader, const JSValue *error) {
    stream_request_t *request = reader->first;
    reader->first = NULL;
    while (request != NULL) {
        stream_request_t *next = request->next;
        if (error != NULL) {
            request->read->error(ctx, request->target, *error);
        } else {
            request->read->close(ctx, request->target);
        }
        free_request(ctx, request);
        request = next;
    }
}

// ---- the promise that tells of the end ----

static void reject_closed(JSContext *ctx, stream_reader_t *reader, JSValueConst error) {
    if (!JS_IsUndefined(reader->closed)) {
        engine_promise_reject(ctx, reader->closed, error);
    }
}

JSValueConst stream_reader_closed(JSContext *ctx, stream_reader_t *reader) {
    if (JS_IsUndefined(reader->closed)) {
        const stream_t *stream = stream_of(reader->stream);
        reader->closed = engine_promise_new(ctx);
        JS_PromiseMarkAsHandled(ctx, reader->closed);
        if (stream == NULL) {
            engine_promise_reject(ctx, reader->closed, reader->released);
        } else if (stream->state == STREAM_ERRORED) {
            engine_promise_reject(ctx, reader->closed, stream->stored_error);
        } else if (stream->state == STREAM_CLOSED) {
            engine_promise_resolve(ctx, reader->closed, JS_UNDEFINED);
        }
    }
    return reader->closed;
}

void stream_reader_on_close(JSContext *ctx, stream_reader_t *reader) {
    if (!JS_IsUndefined(reader->closed)) {
        engine_promise_resolve(ctx, reader->closed, JS_UNDEFINED);
    }
    // Those with a buffer get it back from the source.
    if (!reader->byob) {
        end_requests(ctx, reader, NULL);
    }
}

void stream_reader_finish_all(JSContext *ctx, stream_reader_t *reader) {
    end_requests(ctx, reader, NULL);
}

void stream_reader_on_error(JSContext *ctx, stream_reader_t *reader, JSValueConst error) {
    reject_closed(ctx, reader, error);
    end_requests(ctx, reader, &error);
}

// ---- the standard's operations ----

JSValue stream_throw_locked(JSContext *ctx) {
    return JS_ThrowTypeError(ctx, "Invalid state: the stream is locked: somebody else has its reader");
}

JSValue stream_throw_released(JSContext *ctx) {
    return JS_ThrowTypeError(ctx, released_message);
}

stream_reader_t *stream_reader_attach(JSContext *ctx, JSValueConst object, JSValueConst stream) {
    stream_reader_t *reader = js_mallocz(ctx, sizeof(*reader));
    reader->stream = JS_DupValue(ctx, stream);
    reader->closed = reader->released = JS_UNDEFINED;
    JS_SetOpaque(object, reader);
    stream_of(stream)->reader = JS_DupValue(ctx, object);
    return reader;
}

JSValue stream_reader_new(JSContext *ctx, JSValueConst stream, JSValueConst new_target) {
    JSValue object = stream_class_new(ctx, STREAM_READER, new_target);
    if (JS_IsException(object)) {
        return object;
    }
    // After what may run a script: the getter of new_target's prototype.
    if (stream_is_locked(stream)) {
        JS_FreeValue(ctx, object);
        return stream_throw_locked(ctx);
    }
    stream_reader_attach(ctx, object, stream);
    return object;
}

static void read_chunk(JSContext *ctx, stream_t *stream, const stream_read_t *read, JSValueConst target) {
    JSValue chunk = stream->bytes != NULL ? stream_bytes_take(ctx, stream) : stream_queue_take(&stream->queue);
    if (stream->close_requested && stream->queue.count == 0) {
        stream_controller_clear(ctx, stream);
        stream_close(ctx, stream);
    } else {
        stream_controller_pull(ctx, stream);
    }
    read->chunk(ctx, target, chunk);
    JS_FreeValue(ctx, chunk);
}

void stream_reader_read(JSContext *ctx, stream_reader_t *reader, const stream_read_t *read, JSValueConst target) {
    JSValue object = JS_DupValue(ctx, reader->stream);
    stream_t *stream = stream_of(object);
    stream->disturbed = true;
    if (stream->state == STREAM_CLOSED) {
        read->close(ctx, target);
    } else if (stream->state == STREAM_ERRORED) {
        read->error(ctx, target, stream->stored_error);
    } else if (stream->queue.count > 0) {
        read_chunk(ctx, stream, read, target);
    } else {
        if (stream->bytes != NULL) {
            stream_bytes_auto_allocate(ctx, stream);
        }
        stream_reader_await(ctx, reader, read, target);
        stream_controller_pull(ctx, stream);
    }
    JS_FreeValue(ctx, object);
}

void stream_reader_release(JSContext *ctx, stream_reader_t *reader) {
    JSValue object = reader->stream;
    stream_t *stream = stream_of(object);
    reader->released = stream_type_error(ctx, released_message);
    if (stream->state != STREAM_OPEN) {
        JS_FreeValue(ctx, reader->closed);
        reader->closed = JS_UNDEFINED;
    }
    reject_closed(ctx, reader, reader->released);
    reader->stream = JS_UNDEFINED;
    JSValue held = stream->reader;
    stream->reader = JS_UNDEFINED;
    if (stream->bytes != NULL) {
        stream_bytes_release(ctx, stream);
    }
    end_requests(ctx, reader, &reader->released);
    JS_FreeValue(ctx, held);
    JS_FreeValue(ctx, object);
}

JSValue stream_reader_cancel(JSContext *ctx, stream_reader_t *reader, JSValueConst reason) {
    JSValue object = JS_DupValue(ctx, reader->stream);
    JSValue promise = stream_cancel(ctx, stream_of(object), reason);
    JS_FreeValue(ctx, object);
    return promise;
}

// ---- read() of a script ----

static void promise_result(JSContext *ctx, JSValueConst promise, JSValueConst chunk, bool done) {
    JSValue result = engine_iterator_result(ctx, JS_DupValue(ctx, chunk), done);
    engine_promise_resolve(ctx, promise, result);
    JS_FreeValue(ctx, result);
}

static void promise_chunk(JSContext *ctx, JSValueConst promise, JSValueConst chunk) {
    promise_result(ctx, promise, chunk, false);
}

static void promise_close(JSContext *ctx, JSValueConst promise) {
    promise_result(ctx, promise, JS_UNDEFINED, true);
}

static const stream_read_t promise_read = {promise_chunk, promise_close, engine_promise_reject, NULL};

// ---- the class ----

// The reader behind an object that has a stream; NULL with a pending TypeError.
static stream_reader_t *expect_attached(JSContext *ctx, JSValueConst this_val) {
    stream_reader_t *reader = stream_class_expect(ctx, STREAM_READER, this_val);
    if (reader != NULL && JS_IsUndefined(reader->stream)) {
        stream_throw_released(ctx);
        return NULL;
    }
    return reader;
}

static JSValue reader_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    JSValueConst stream = stream_argument(argc, argv);
    if (!stream_is(stream)) {
        return JS_ThrowTypeError(ctx, "a reader needs a ReadableStream");
    }
    return stream_reader_new(ctx, stream, new_target);
}

static JSValue get_closed(JSContext *ctx, JSValueConst this_val) {
    stream_reader_t *reader = stream_class_expect(ctx, STREAM_READER, this_val);
    return reader == NULL ? stream_reject_pending(ctx) : JS_DupValue(ctx, stream_reader_closed(ctx, reader));
}

static JSValue reader_read(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    stream_reader_t *reader = expect_attached(ctx, this_val);
    if (reader == NULL) {
        return stream_reject_pending(ctx);
    }
    JSValue promise = engine_promise_new(ctx);
    stream_reader_read(ctx, reader, &promise_read, promise);
    return promise;
}

static JSValue reader_release(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    stream_reader_t *reader = stream_class_expect(ctx, STREAM_READER, this_val);
    if (reader == NULL) {
        return JS_EXCEPTION;
    }
    if (!JS_IsUndefined(reader->stream)) {
        stream_reader_release(ctx, reader);
    }
    return JS_UNDEFINED;
}

static JSValue reader_cancel(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    stream_reader_t *reader = expect_attached(ctx, this_val);
    return reader == NULL ? stream_reject_pending(ctx) : stream_reader_cancel(ctx, reader, stream_argument(argc, argv));
}

void stream_reader_free(JSRuntime *rt, stream_reader_t *reader) {
    if (reader == NULL) {
        return;
    }
    for (stream_request_t *request = reader->first; request != NULL;) {
        stream_request_t *next = request->next;
        JS_FreeValueRT(rt, request->target);
        js_free_rt(rt, request);
        request = next;
    }
    JS_FreeValueRT(rt, reader->stream);
    JS_FreeValueRT(rt, reader->closed);
    JS_FreeValueRT(rt, reader->released);
    js_free_rt(rt, reader);
}

static void reader_finalize(JSRuntime *rt, JSValueConst value) {
    stream_reader_free(rt, stream_class_get(STREAM_READER, value));
}

void stream_reader_mark(JSRuntime *rt, const stream_reader_t *reader, JS_MarkFunc *mark) {
    if (reader == NULL) {
        return;
    }
    for (const stream_request_t *request = reader->first; request != NULL; request = request->next) {
        JS_MarkValue(rt, request->target, mark);
    }
    JS_MarkValue(rt, reader->stream, mark);
    JS_MarkValue(rt, reader->closed, mark);
    JS_MarkValue(rt, reader->released, mark);
}

static void reader_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    stream_reader_mark(rt, stream_class_get(STREAM_READER, value), mark);
}

static const JSCFunctionListEntry reader_proto[] = {
    JS_CGETSET_DEF("closed", get_closed, NULL),
    JS_CFUNC_DEF("cancel", 0, reader_cancel),
    JS_CFUNC_DEF("read", 0, reader_read),
    JS_CFUNC_DEF("releaseLock", 0, reader_release),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "ReadableStreamDefaultReader", JS_PROP_CONFIGURABLE),
};

const extension_class_t stream_class_reader = {
    .def = {.class_name = "ReadableStreamDefaultReader", .finalizer = reader_finalize, .gc_mark = reader_mark},
    .constructor = reader_construct,
    .length = 1,
    .proto = reader_proto,
    .proto_len = BASE_COUNT(reader_proto),
};

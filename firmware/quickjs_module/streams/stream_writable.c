// WritableStream and its controller (Streams standard, sections 5.2, 5.4 and 5.5).

#include "streams/stream_private.h"

// ---- where chunks go ----

static JSValue call_sink(JSContext *ctx, writable_t *stream, JSValueConst function, int argc, JSValueConst *argv) {
    return JS_IsUndefined(function) ? stream_promise_of(ctx, JS_UNDEFINED)
                                    : stream_call_promise(ctx, function, stream->sink, argc, argv);
}

static JSValue sink_write(JSContext *ctx, writable_t *stream, JSValueConst chunk) {
    return call_sink(ctx, stream, stream->write, 2, (JSValueConst[]){chunk, stream->controller});
}

static JSValue sink_close(JSContext *ctx, writable_t *stream) {
    return call_sink(ctx, stream, stream->close, 0, NULL);
}

static JSValue sink_abort(JSContext *ctx, writable_t *stream, JSValueConst reason) {
    return call_sink(ctx, stream, stream->abort, 1, &reason);
}

static const writable_algorithms_t sink_algorithms = {sink_write, sink_close, sink_abort};

// ---- values ----

writable_t *writable_of(JSValueConst object) {
    return stream_class_get(STREAM_WRITABLE, object);
}

writable_t *writable_of_controller(JSValueConst controller) {
    void *object = stream_class_get(STREAM_WRITABLE_CONTROLLER, controller);
    return writable_of(JS_MKPTR(JS_TAG_OBJECT, object));
}

writer_t *writable_writer(const writable_t *stream) {
    return stream_class_get(STREAM_WRITER, stream->writer);
}

// Resolves a promise, if there is one, with undefined, or rejects it; it is forgotten.
static void settle_request(JSContext *ctx, JSValue *promise, const JSValue *error) {
    JSValue settled = *promise;
    *promise = JS_UNDEFINED;
    if (JS_IsUndefined(settled)) {
        return;
    }
    if (error == NULL) {
        engine_promise_resolve(ctx, settled, JS_UNDEFINED);
    } else {
        engine_promise_reject(ctx, settled, *error);
    }
    JS_FreeValue(ctx, settled);
}

static void clear_algorithms(JSContext *ctx, writable_t *stream) {
    JSValue old[] = {stream->sink, stream->write, stream->close, stream->abort, stream->size};
    stream->sink = stream->write = stream->close = stream->abort = stream->size = JS_UNDEFINED;
    for (int i = 0; i < BASE_COUNT(old); i++) {
        JS_FreeValue(ctx, old[i]);
    }
}

bool writable_is_closing(const writable_t *stream) {
    return !JS_IsUndefined(stream->close_request) || !JS_IsUndefined(stream->closing);
}

double writable_desired_size(const writable_t *stream) {
    return stream->high_water - stream->queue.total;
}

static void update_backpressure(JSContext *ctx, writable_t *stream) {
    if (writable_is_closing(stream) || stream->state != WRITABLE_OPEN) {
        return;
    }
    bool backpressure = writable_desired_size(stream) <= 0;
    writer_t *writer = writable_writer(stream);
    if (writer != NULL && backpressure != stream->backpressure) {
        writer_set_ready(ctx, writer, !backpressure);
    }
    stream->backpressure = backpressure;
}

// ---- errors ----

static void reject_closed_promises(JSContext *ctx, writable_t *stream) {
    settle_request(ctx, &stream->close_request, &stream->stored_error);
    if (writable_writer(stream) != NULL) {
        writer_reject_closed(ctx, writable_writer(stream), stream->stored_error);
    }
}

// Of an abort that was under way, whose promise is the subject's `closing`.
static JSValue aborted(JSContext *ctx, JSValueConst controller, bool rejected, JSValueConst value) {
    writable_t *stream = writable_of_controller(controller);
    JSValue error = value;
    settle_request(ctx, &stream->abort_request, rejected ? &error : NULL);
    reject_closed_promises(ctx, stream);
    return JS_UNDEFINED;
}

static void finish_erroring(JSContext *ctx, writable_t *stream) {
    stream->state = WRITABLE_ERRORED;
    stream_queue_reset(JS_GetRuntime(ctx), &stream->queue);
    while (stream->requests.count > 0) {
        JSValue request = stream_queue_take(&stream->requests);
        settle_request(ctx, &request, &stream->stored_error);
    }
    if (JS_IsUndefined(stream->abort_request)) {
        reject_closed_promises(ctx, stream);
    } else if (stream->abort_in_error) {
        settle_request(ctx, &stream->abort_request, &stream->stored_error);
        reject_closed_promises(ctx, stream);
    } else {
        JSValue reason = stream->abort_reason;
        stream->abort_reason = JS_UNDEFINED;
        JSValue promise = stream->algorithms->abort(ctx, stream, reason);
        clear_algorithms(ctx, stream);
        stream_react(ctx, promise, aborted, stream->controller);
        JS_FreeValue(ctx, promise);
        JS_FreeValue(ctx, reason);
    }
}

static void start_erroring(JSContext *ctx, writable_t *stream, JSValueConst reason) {
    stream->state = WRITABLE_ERRORING;
    stream->stored_error = JS_DupValue(ctx, reason);
    if (writable_writer(stream) != NULL) {
        writer_reject_ready(ctx, writable_writer(stream), reason);
    }
    if (JS_IsUndefined(stream->writing) && JS_IsUndefined(stream->closing) && stream->started) {
        finish_erroring(ctx, stream);
    }
}

static void deal_with_rejection(JSContext *ctx, writable_t *stream, JSValueConst error) {
    if (stream->state == WRITABLE_OPEN) {
        start_erroring(ctx, stream, error);
    } else {
        finish_erroring(ctx, stream);
    }
}

void writable_error_if_needed(JSContext *ctx, writable_t *stream, JSValueConst error) {
    if (stream->state == WRITABLE_OPEN) {
        clear_algorithms(ctx, stream);
        start_erroring(ctx, stream, error);
    }
}

static JSValueConst writable_signal(JSContext *ctx, writable_t *stream) {
    if (JS_IsUndefined(stream->signal)) {
        stream->signal = event_signal_new(ctx);
    }
    return stream->signal;
}

// The signal's listeners run. 0, or -1 with a pending exception that nothing may catch.
static int abort_signal(JSContext *ctx, writable_t *stream, JSValueConst reason) {
    // Nobody can ask for it later where nobody names it.
    return engine_knows_name(ctx, "signal") ? event_signal_abort(ctx, writable_signal(ctx, stream), reason) : 0;
}

JSValue writable_abort(JSContext *ctx, writable_t *stream, JSValueConst reason) {
    if (stream->state == WRITABLE_CLOSED || stream->state == WRITABLE_ERRORED) {
        return stream_promise_of(ctx, JS_UNDEFINED);
    }
    if (abort_signal(ctx, stream, reason) < 0) {
        return stream_reject_pending(ctx);
    }
    if (stream->state == WRITABLE_CLOSED || stream->state == WRITABLE_ERRORED) {
        return stream_promise_of(ctx, JS_UNDEFINED);
    }
    if (JS_IsUndefined(stream->abort_request)) {
        JSValue promise = engine_promise_new(ctx);
        stream->abort_request = JS_DupValue(ctx, promise);
        stream->abort_in_error = stream->state == WRITABLE_ERRORING;
        if (!stream->abort_in_error) {
            stream->abort_reason = JS_DupValue(ctx, reason);
            start_erroring(ctx, stream, reason);
        }
        return promise;
    }
    return JS_DupValue(ctx, stream->abort_request);
}

// ---- the queue ----

static void advance_queue(JSContext *ctx, writable_t *stream);

static JSValue sink_closed(JSContext *ctx, JSValueConst controller, bool rejected, JSValueConst value) {
    writable_t *stream = writable_of_controller(controller);
    JSValue error = value;
    settle_request(ctx, &stream->closing, rejected ? &error : NULL);
    settle_request(ctx, &stream->abort_request, rejected ? &error : NULL);
    if (rejected) {
        deal_with_rejection(ctx, stream, value);
        return JS_UNDEFINED;
    }
    stream->state = WRITABLE_CLOSED;
    JS_FreeValue(ctx, stream->stored_error);
    stream->stored_error = JS_UNDEFINED;
    if (writable_writer(stream) != NULL) {
        engine_promise_resolve(ctx, writable_writer(stream)->closed, JS_UNDEFINED);
    }
    return JS_UNDEFINED;
}

static JSValue sink_written(JSContext *ctx, JSValueConst controller, bool rejected, JSValueConst value) {
    writable_t *stream = writable_of_controller(controller);
    JSValue error = value;
    if (rejected) {
        if (stream->state == WRITABLE_OPEN) {
            clear_algorithms(ctx, stream);
        }
        settle_request(ctx, &stream->writing, &error);
        deal_with_rejection(ctx, stream, value);
        return JS_UNDEFINED;
    }
    settle_request(ctx, &stream->writing, NULL);
    JS_FreeValue(ctx, stream_queue_take(&stream->queue));
    update_backpressure(ctx, stream);
    advance_queue(ctx, stream);
    return JS_UNDEFINED;
}

static void close_sink(JSContext *ctx, writable_t *stream) {
    stream->closing = stream->close_request;
    stream->close_request = JS_UNDEFINED;
    stream_queue_take(&stream->queue);
    JSValue promise = stream->algorithms->close(ctx, stream);
    clear_algorithms(ctx, stream);
    stream_react(ctx, promise, sink_closed, stream->controller);
    JS_FreeValue(ctx, promise);
}

static void write_sink(JSContext *ctx, writable_t *stream, JSValueConst queued) {
    JSValue chunk = JS_DupValue(ctx, queued);
    stream->writing = stream_queue_take(&stream->requests);
    JSValue promise = stream->algorithms->write(ctx, stream, chunk);
    stream_react(ctx, promise, sink_written, stream->controller);
    JS_FreeValue(ctx, promise);
    JS_FreeValue(ctx, chunk);
}

static void advance_queue(JSContext *ctx, writable_t *stream) {
    if (!stream->started || !JS_IsUndefined(stream->writing)) {
        return;
    }
    if (stream->state == WRITABLE_ERRORING) {
        finish_erroring(ctx, stream);
    } else if (stream->queue.count > 0) {
        JSValueConst first = stream->queue.items[stream->queue.first].value;
        if (JS_IsUninitialized(first)) {
            close_sink(ctx, stream);
        } else {
            write_sink(ctx, stream, first);
        }
    }
}

void writable_put(JSContext *ctx, writable_t *stream, JSValueConst chunk, double size) {
    if (stream_queue_put(ctx, &stream->queue, JS_DupValue(ctx, chunk), size) < 0) {
        JSValue error = JS_GetException(ctx);
        writable_error_if_needed(ctx, stream, error);
        JS_FreeValue(ctx, error);
        return;
    }
    update_backpressure(ctx, stream);
    advance_queue(ctx, stream);
}

JSValue writable_close(JSContext *ctx, writable_t *stream) {
    if (stream->state == WRITABLE_CLOSED || stream->state == WRITABLE_ERRORED) {
        JS_ThrowTypeError(
            ctx, "Invalid state: the stream is %s", stream->state == WRITABLE_CLOSED ? "closed" : "in error");
        return stream_reject_pending(ctx);
    }
    JSValue promise = engine_promise_new(ctx);
    stream->close_request = JS_DupValue(ctx, promise);
    writer_t *writer = writable_writer(stream);
    if (writer != NULL && stream->backpressure && stream->state == WRITABLE_OPEN) {
        engine_promise_resolve(ctx, writer->ready, JS_UNDEFINED);
    }
    stream_queue_put(ctx, &stream->queue, JS_UNINITIALIZED, 0);
    advance_queue(ctx, stream);
    return promise;
}

// ---- construction ----

// The stream behind an object, which has none yet.
static writable_t *attach_writable(JSContext *ctx, JSValueConst object) {
    writable_t *stream = js_mallocz(ctx, sizeof(*stream));
    stream->object = object;
    stream->writer = stream->stored_error = stream->sink = JS_UNDEFINED;
    stream->write = stream->close = stream->abort = stream->size = JS_UNDEFINED;
    stream->writing = stream->close_request = stream->closing = JS_UNDEFINED;
    stream->abort_request = stream->abort_reason = stream->signal = JS_UNDEFINED;
    stream->controller = stream_class_new(ctx, STREAM_WRITABLE_CONTROLLER, JS_UNDEFINED);
    JS_DupValue(ctx, object);
    JS_SetOpaque(stream->controller, JS_VALUE_GET_PTR(object));
    JS_SetOpaque(object, stream);
    return stream;
}

writable_t *writable_new(
    JSContext *ctx, const writable_algorithms_t *algorithms, JSValueConst sink, double high_water, JSValue size) {
    writable_t *stream = attach_writable(ctx, stream_class_new(ctx, STREAM_WRITABLE, JS_UNDEFINED));
    stream->algorithms = algorithms;
    stream->sink = JS_DupValue(ctx, sink);
    stream->high_water = high_water;
    stream->size = size;
    return stream;
}

static JSValue writable_started(JSContext *ctx, JSValueConst controller, bool rejected, JSValueConst value) {
    writable_t *stream = writable_of_controller(controller);
    stream->started = true;
    if (rejected) {
        deal_with_rejection(ctx, stream, value);
    } else {
        advance_queue(ctx, stream);
    }
    return JS_UNDEFINED;
}

void writable_start(JSContext *ctx, writable_t *stream, JSValueConst start) {
    update_backpressure(ctx, stream);
    JSValue promise = stream_promise_of(ctx, start);
    stream_react(ctx, promise, writable_started, stream->controller);
    JS_FreeValue(ctx, promise);
}

#define SINK "an underlying sink"

// Takes the members of the underlying sink, and calls its start function. 0 or -1.
static int set_up_sink(JSContext *ctx, writable_t *stream, JSValueConst sink) {
    JSValue start;
    if (stream_function(ctx, sink, "abort", SINK, &stream->abort) < 0 ||
        stream_function(ctx, sink, "close", SINK, &stream->close) < 0 ||
        stream_function(ctx, sink, "start", SINK, &start) < 0) {
        return -1;
    }
    JSValue type = JS_UNDEFINED, result = JS_UNDEFINED;
    if (stream_function(ctx, sink, "write", SINK, &stream->write) < 0) {
        result = JS_EXCEPTION;
    } else if (!JS_IsUndefined(type = JS_GetPropertyStr(ctx, sink, "type"))) {
        result = JS_IsException(type) ? type : JS_ThrowRangeError(ctx, "an underlying sink has no type");
    } else if (!JS_IsUndefined(start)) {
        result = JS_Call(ctx, start, sink, 1, (JSValueConst[]){stream->controller});
    }
    JS_FreeValue(ctx, type);
    JS_FreeValue(ctx, start);
    if (JS_IsException(result)) {
        return -1;
    }
    writable_start(ctx, stream, result);
    JS_FreeValue(ctx, result);
    return 0;
}

static JSValue writable_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    JSValueConst sink = stream_argument(argc, argv);
    double high_water;
    JSValue size;
    if (!JS_IsUndefined(sink) && !JS_IsObject(sink)) {
        return JS_ThrowTypeError(ctx, "the underlying sink must be an object");
    }
    if (stream_strategy(ctx, argc > 1 ? argv[1] : JS_UNDEFINED, 1, &high_water, &size) < 0) {
        return JS_EXCEPTION;
    }
    JSValue object = stream_class_new(ctx, STREAM_WRITABLE, new_target);
    if (JS_IsException(object)) {
        JS_FreeValue(ctx, size);
        return object;
    }
    writable_t *stream = attach_writable(ctx, object);
    stream->algorithms = &sink_algorithms;
    stream->sink = JS_DupValue(ctx, sink);
    stream->high_water = high_water;
    stream->size = size;
    if (JS_IsUndefined(sink)) {
        writable_start(ctx, stream, JS_UNDEFINED);
    } else if (set_up_sink(ctx, stream, sink) < 0) {
        JS_FreeValue(ctx, object);
        return JS_EXCEPTION;
    }
    return object;
}

// ---- the class ----

static JSValue get_writable_locked(JSContext *ctx, JSValueConst this_val) {
    const writable_t *stream = stream_class_expect(ctx, STREAM_WRITABLE, this_val);
    return stream == NULL ? JS_EXCEPTION : JS_NewBool(ctx, !JS_IsUndefined(stream->writer));
}

// The stream, where nobody has locked it; NULL with a pending TypeError.
static writable_t *expect_unlocked(JSContext *ctx, JSValueConst this_val) {
    writable_t *stream = stream_class_expect(ctx, STREAM_WRITABLE, this_val);
    if (stream != NULL && !JS_IsUndefined(stream->writer)) {
        JS_ThrowTypeError(ctx, "Invalid state: the stream is locked; use its writer");
        return NULL;
    }
    return stream;
}

static JSValue writable_abort_method(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    writable_t *stream = expect_unlocked(ctx, this_val);
    return stream == NULL ? stream_reject_pending(ctx) : writable_abort(ctx, stream, stream_argument(argc, argv));
}

static JSValue writable_close_method(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    writable_t *stream = expect_unlocked(ctx, this_val);
    if (stream != NULL && writable_is_closing(stream)) {
        JS_ThrowTypeError(ctx, "Invalid state: the stream is about to be closed");
        stream = NULL;
    }
    return stream == NULL ? stream_reject_pending(ctx) : writable_close(ctx, stream);
}

static JSValue writable_get_writer(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    if (stream_class_expect(ctx, STREAM_WRITABLE, this_val) == NULL) {
        return JS_EXCEPTION;
    }
    return writer_new(ctx, this_val, JS_UNDEFINED);
}

static const uint16_t writable_values[] = {
    offsetof(writable_t, writer),
    offsetof(writable_t, controller),
    offsetof(writable_t, stored_error),
    offsetof(writable_t, sink),
    offsetof(writable_t, write),
    offsetof(writable_t, close),
    offsetof(writable_t, abort),
    offsetof(writable_t, size),
    offsetof(writable_t, writing),
    offsetof(writable_t, close_request),
    offsetof(writable_t, closing),
    offsetof(writable_t, abort_request),
    offsetof(writable_t, abort_reason),
    offsetof(writable_t, signal),
};

static void writable_finalize(JSRuntime *rt, JSValueConst value) {
    writable_t *stream = writable_of(value);
    if (stream == NULL) {
        return;
    }
    stream_free_values(rt, stream, writable_values, BASE_COUNT(writable_values));
    stream_queue_reset(rt, &stream->queue);
    stream_queue_reset(rt, &stream->requests);
    js_free_rt(rt, stream);
}

static void writable_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const writable_t *stream = writable_of(value);
    if (stream == NULL) {
        return;
    }
    stream_mark_values(rt, stream, writable_values, BASE_COUNT(writable_values), mark);
    stream_queue_mark(rt, &stream->queue, mark);
    stream_queue_mark(rt, &stream->requests, mark);
}

static const JSCFunctionListEntry writable_proto[] = {
    JS_CGETSET_DEF("locked", get_writable_locked, NULL),
    JS_CFUNC_DEF("abort", 0, writable_abort_method),
    JS_CFUNC_DEF("close", 0, writable_close_method),
    JS_CFUNC_DEF("getWriter", 0, writable_get_writer),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "WritableStream", JS_PROP_CONFIGURABLE),
};

const extension_class_t stream_class_writable = {
    .def = {.class_name = "WritableStream", .finalizer = writable_finalize, .gc_mark = writable_mark},
    .constructor = writable_construct,
    .proto = writable_proto,
    .proto_len = BASE_COUNT(writable_proto),
};

// ---- the controller ----

static JSValue writable_controller_error(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    void *object = stream_class_expect(ctx, STREAM_WRITABLE_CONTROLLER, this_val);
    if (object == NULL) {
        return JS_EXCEPTION;
    }
    writable_error_if_needed(ctx, writable_of(JS_MKPTR(JS_TAG_OBJECT, object)), stream_argument(argc, argv));
    return JS_UNDEFINED;
}

static JSValue writable_controller_signal(JSContext *ctx, JSValueConst this_val) {
    void *object = stream_class_expect(ctx, STREAM_WRITABLE_CONTROLLER, this_val);
    if (object == NULL) {
        return JS_EXCEPTION;
    }
    return JS_DupValue(ctx, writable_signal(ctx, writable_of(JS_MKPTR(JS_TAG_OBJECT, object))));
}

static void writable_controller_finalize(JSRuntime *rt, JSValueConst value) {
    void *object = stream_class_get(STREAM_WRITABLE_CONTROLLER, value);
    if (object != NULL) {
        JS_FreeValueRT(rt, JS_MKPTR(JS_TAG_OBJECT, object));
    }
}

static void writable_controller_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    void *object = stream_class_get(STREAM_WRITABLE_CONTROLLER, value);
    if (object != NULL) {
        JS_MarkValue(rt, JS_MKPTR(JS_TAG_OBJECT, object), mark);
    }
}

static const JSCFunctionListEntry writable_controller_proto[] = {
    JS_CFUNC_DEF("error", 0, writable_controller_error),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "WritableStreamDefaultController", JS_PROP_CONFIGURABLE),
    JS_CGETSET_DEF("signal", writable_controller_signal, NULL),
};

const extension_class_t stream_class_writable_controller = {
    .def = {.class_name = "WritableStreamDefaultController",
        .finalizer = writable_controller_finalize,
        .gc_mark = writable_controller_mark},
    .constructor = stream_illegal_constructor,
    .proto = writable_controller_proto,
    .proto_len = BASE_COUNT(writable_controller_proto),
    .rare_len = 1,
};

// Piping (Streams standard, section 4.9.1, ReadableStreamPipeTo).

#include "streams/stream_private.h"

// What remains to be done when a pipe ends.
typedef enum {
    PIPE_NOTHING,
    PIPE_ABORT,  // the destination
    PIPE_CANCEL, // the source
    PIPE_CLOSE,  // the destination
    PIPE_STOP,   // by a signal: what the options leave of aborting the destination and cancelling the source
} pipe_action_t;

typedef struct _pipe_t {
    JSValue reader, writer;
    JSValue source, destination;
    JSValue promise; // of the whole
    JSValue write;   // the promise of the last chunk's write; fulfilled before the first
    JSValue error;   // that it ends with, where failed
    JSValue signal;  // undefined for none
    uint8_t action;
    uint8_t waiting; // for so many promises of what remains to be done
    bool prevent_abort, prevent_cancel, prevent_close;
    bool ending, failed;
} pipe_t;

static pipe_t *pipe_of(JSValueConst object) {
    return stream_class_get(STREAM_PIPE, object);
}

static stream_t *pipe_source(const pipe_t *pipe) {
    return stream_of(pipe->source);
}

static writable_t *pipe_destination(const pipe_t *pipe) {
    return writable_of(pipe->destination);
}

// ---- the end ----

static void fail_pipe(JSContext *ctx, pipe_t *pipe, JSValueConst error) {
    JS_FreeValue(ctx, pipe->error);
    pipe->error = JS_DupValue(ctx, error);
    pipe->failed = true;
}

static void on_abort(JSContext *ctx, JSValueConst signal, JSValueConst object);

static void finish_pipe(JSContext *ctx, JSValueConst object) {
    pipe_t *pipe = pipe_of(object);
    if (!JS_IsUndefined(pipe->signal)) {
        event_signal_remove(ctx, pipe->signal, on_abort, object);
    }
    writer_release(ctx, stream_class_get(STREAM_WRITER, pipe->writer));
    stream_reader_release(ctx, stream_class_get(STREAM_READER, pipe->reader));
    if (pipe->failed) {
        engine_promise_reject(ctx, pipe->promise, pipe->error);
    } else {
        engine_promise_resolve(ctx, pipe->promise, JS_UNDEFINED);
    }
}

static JSValue action_done(JSContext *ctx, JSValueConst object, bool rejected, JSValueConst value) {
    pipe_t *pipe = pipe_of(object);
    if (pipe->waiting == 0) {
        return JS_UNDEFINED; // another one has failed
    }
    pipe->waiting--;
    if (rejected) {
        fail_pipe(ctx, pipe, value);
        pipe->waiting = 0;
    }
    if (pipe->waiting == 0) {
        finish_pipe(ctx, object);
    }
    return JS_UNDEFINED;
}

// WritableStreamDefaultWriterCloseWithErrorPropagation.
static JSValue close_destination(JSContext *ctx, const pipe_t *pipe) {
    writable_t *destination = pipe_destination(pipe);
    if (writable_is_closing(destination) || destination->state == WRITABLE_CLOSED) {
        return stream_promise_of(ctx, JS_UNDEFINED);
    }
    if (destination->state == WRITABLE_ERRORED) {
        return stream_rejected_promise(ctx, destination->stored_error);
    }
    return writable_close(ctx, destination);
}

static void do_action(JSContext *ctx, JSValueConst object, pipe_action_t action) {
    pipe_t *pipe = pipe_of(object);
    JSValue promise;
    if (action == PIPE_ABORT) {
        promise = writable_abort(ctx, pipe_destination(pipe), pipe->error);
    } else if (action == PIPE_CANCEL) {
        promise = stream_cancel(ctx, pipe_source(pipe), pipe->error);
    } else {
        promise = close_destination(ctx, pipe);
    }
    pipe->waiting++;
    stream_react(ctx, promise, action_done, object);
    JS_FreeValue(ctx, promise);
}

static void act_at_end(JSContext *ctx, JSValueConst object) {
    pipe_t *pipe = pipe_of(object);
    bool stops = pipe->action == PIPE_STOP;
    if (stops && !pipe->prevent_abort && pipe_destination(pipe)->state == WRITABLE_OPEN) {
        do_action(ctx, object, PIPE_ABORT);
    }
    if (stops && !pipe->prevent_cancel && pipe_source(pipe)->state == STREAM_OPEN) {
        do_action(ctx, object, PIPE_CANCEL);
    }
    if (!stops && pipe->action != PIPE_NOTHING) {
        do_action(ctx, object, pipe->action);
    }
    if (pipe->waiting == 0) {
        finish_pipe(ctx, object);
    }
}

// All that was read is to be written before.
static JSValue last_written(JSContext *ctx, JSValueConst object, bool rejected, JSValueConst value) {
    (void)rejected, (void)value;
    const pipe_t *pipe = pipe_of(object);
    if (JS_PromiseState(ctx, pipe->write) == JS_PROMISE_PENDING) {
        stream_react(ctx, pipe->write, last_written, object);
    } else {
        act_at_end(ctx, object);
    }
    return JS_UNDEFINED;
}

// `error` is NULL for a good end.
static void end_pipe(JSContext *ctx, JSValueConst object, pipe_action_t action, const JSValue *error) {
    pipe_t *pipe = pipe_of(object);
    if (pipe->ending) {
        return;
    }
    pipe->ending = true;
    pipe->action = (uint8_t)action;
    if (error != NULL) {
        fail_pipe(ctx, pipe, *error);
    }
    const writable_t *destination = pipe_destination(pipe);
    if (destination->state == WRITABLE_OPEN && !writable_is_closing(destination)) {
        stream_react(ctx, pipe->write, last_written, object);
    } else {
        act_at_end(ctx, object);
    }
}

static void on_abort(JSContext *ctx, JSValueConst signal, JSValueConst object) {
    JSValue reason = event_signal_reason(ctx, signal);
    end_pipe(ctx, object, PIPE_STOP, &reason);
    JS_FreeValue(ctx, reason);
}

static JSValue source_ended(JSContext *ctx, JSValueConst object, bool rejected, JSValueConst value) {
    const pipe_t *pipe = pipe_of(object);
    JSValue error = value;
    if (rejected) {
        end_pipe(ctx, object, pipe->prevent_abort ? PIPE_NOTHING : PIPE_ABORT, &error);
    } else {
        end_pipe(ctx, object, pipe->prevent_close ? PIPE_NOTHING : PIPE_CLOSE, NULL);
    }
    return JS_UNDEFINED;
}

static void destination_failed(JSContext *ctx, JSValueConst object, JSValueConst reason) {
    JSValue error = reason;
    end_pipe(ctx, object, pipe_of(object)->prevent_cancel ? PIPE_NOTHING : PIPE_CANCEL, &error);
}

static JSValue destination_ended(JSContext *ctx, JSValueConst object, bool rejected, JSValueConst value) {
    if (rejected) {
        destination_failed(ctx, object, value);
    }
    return JS_UNDEFINED;
}

// ---- chunks ----

static JSValue pipe_on(JSContext *ctx, JSValueConst object, bool rejected, JSValueConst value);

static void pipe_chunk(JSContext *ctx, JSValueConst object, JSValueConst chunk) {
    pipe_t *pipe = pipe_of(object);
    JSValue promise = writer_write(ctx, stream_class_get(STREAM_WRITER, pipe->writer), chunk);
    JS_PromiseMarkAsHandled(ctx, promise);
    JS_FreeValue(ctx, pipe->write);
    pipe->write = promise;
    // In a job, so that a sink that fails at once is asked for no more.
    JSValue now = stream_promise_of(ctx, JS_UNDEFINED);
    stream_react(ctx, now, pipe_on, object);
    JS_FreeValue(ctx, now);
}

static void pipe_close(JSContext *ctx, JSValueConst object) {
    (void)ctx, (void)object; // the reader's `closed` tells
}

static void pipe_error(JSContext *ctx, JSValueConst object, JSValueConst error) {
    (void)ctx, (void)object, (void)error; // likewise
}

static const stream_read_t pipe_read = {pipe_chunk, pipe_close, pipe_error, NULL};

static JSValue destination_ready(JSContext *ctx, JSValueConst object, bool rejected, JSValueConst value) {
    (void)value;
    pipe_t *pipe = pipe_of(object);
    if (!rejected && !pipe->ending) {
        stream_reader_read(ctx, stream_class_get(STREAM_READER, pipe->reader), &pipe_read, object);
    }
    return JS_UNDEFINED;
}

static void pipe_next(JSContext *ctx, JSValueConst object) {
    const pipe_t *pipe = pipe_of(object);
    if (!pipe->ending) {
        const writer_t *writer = stream_class_get(STREAM_WRITER, pipe->writer);
        stream_react(ctx, writer->ready, destination_ready, object);
    }
}

static JSValue pipe_on(JSContext *ctx, JSValueConst object, bool rejected, JSValueConst value) {
    (void)rejected, (void)value;
    pipe_next(ctx, object);
    return JS_UNDEFINED;
}

// ---- the beginning ----

// What has ended before the pipe begins ends it, in the standard's order.
static void end_at_once(JSContext *ctx, JSValueConst object) {
    const pipe_t *pipe = pipe_of(object);
    const stream_t *source = pipe_source(pipe);
    const writable_t *destination = pipe_destination(pipe);
    if (!JS_IsUndefined(pipe->signal) && event_signal_is_aborted(pipe->signal)) {
        on_abort(ctx, pipe->signal, object);
    } else if (source->state == STREAM_ERRORED) {
        source_ended(ctx, object, true, source->stored_error);
    } else if (destination->state == WRITABLE_ERRORED) {
        destination_failed(ctx, object, destination->stored_error);
    } else if (source->state == STREAM_CLOSED) {
        source_ended(ctx, object, false, JS_UNDEFINED);
    } else if (writable_is_closing(destination) || destination->state == WRITABLE_CLOSED) {
        JSValue error = stream_type_error(ctx, "Invalid state: the destination is closed or is about to be");
        destination_failed(ctx, object, error);
        JS_FreeValue(ctx, error);
    }
}

// A pipe between two streams that are not locked: its promise. It takes over the signal in its options.
static JSValue start_pipe(JSContext *ctx, JSValueConst source, JSValueConst destination, const pipe_t *options) {
    JSValue object = stream_class_new(ctx, STREAM_PIPE, JS_UNDEFINED);
    pipe_t *pipe = js_malloc(ctx, sizeof(*pipe));
    *pipe = *options;
    pipe->source = JS_DupValue(ctx, source);
    pipe->destination = JS_DupValue(ctx, destination);
    pipe->reader = stream_reader_new(ctx, source, JS_UNDEFINED);
    pipe->writer = writer_new(ctx, destination, JS_UNDEFINED);
    pipe->promise = engine_promise_new(ctx);
    pipe->write = stream_promise_of(ctx, JS_UNDEFINED);
    pipe->error = JS_UNDEFINED;
    JS_SetOpaque(object, pipe);
    stream_of(source)->disturbed = true;

    JSValue promise = JS_DupValue(ctx, pipe->promise);
    stream_reader_t *reader = stream_class_get(STREAM_READER, pipe->reader);
    const writer_t *writer = stream_class_get(STREAM_WRITER, pipe->writer);
    stream_react(ctx, stream_reader_closed(ctx, reader), source_ended, object);
    stream_react(ctx, writer->closed, destination_ended, object);
    if (!JS_IsUndefined(pipe->signal)) {
        event_signal_add(ctx, pipe->signal, on_abort, object);
    }
    end_at_once(ctx, object);
    pipe_next(ctx, object);
    JS_FreeValue(ctx, object);
    return promise;
}

static int read_options(JSContext *ctx, JSValueConst value, pipe_t *options) {
    *options = (pipe_t){.signal = JS_UNDEFINED};
    if (JS_IsUndefined(value) || JS_IsNull(value)) {
        return 0;
    }
    if (!JS_IsObject(value)) {
        JS_ThrowTypeError(ctx, "the options of a pipe must be an object");
        return -1;
    }
    if (engine_read_flag(ctx, value, "preventAbort", &options->prevent_abort) < 0 ||
        engine_read_flag(ctx, value, "preventCancel", &options->prevent_cancel) < 0 ||
        engine_read_flag(ctx, value, "preventClose", &options->prevent_close) < 0) {
        return -1;
    }
    options->signal = JS_GetPropertyStr(ctx, value, "signal");
    if (JS_IsUndefined(options->signal) || event_is_signal(options->signal)) {
        return 0;
    }
    if (!JS_IsException(options->signal)) {
        JS_ThrowTypeError(ctx, "signal of a pipe must be an AbortSignal");
    }
    JS_FreeValue(ctx, options->signal);
    options->signal = JS_UNDEFINED;
    return -1;
}

static int refuse_locked(JSContext *ctx, JSValueConst source, JSValueConst destination) {
    if (stream_is_locked(source) || !JS_IsUndefined(writable_of(destination)->writer)) {
        JS_ThrowTypeError(ctx, "Invalid state: a stream that is piped must not be locked");
        return -1;
    }
    return 0;
}

JSValue stream_pipe_to(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    JSValueConst destination = stream_argument(argc, argv);
    pipe_t options = {.signal = JS_UNDEFINED};
    if (stream_class_expect(ctx, STREAM_READABLE, this_val) == NULL ||
        stream_class_expect(ctx, STREAM_WRITABLE, destination) == NULL ||
        read_options(ctx, argc > 1 ? argv[1] : JS_UNDEFINED, &options) < 0 ||
        refuse_locked(ctx, this_val, destination) < 0) {
        JS_FreeValue(ctx, options.signal);
        return stream_reject_pending(ctx);
    }
    return start_pipe(ctx, this_val, destination, &options);
}

// The two members of pipeThrough's first argument. 0 or -1.
static int read_sides(JSContext *ctx, JSValueConst pair, JSValue *readable, JSValue *writable) {
    if (!JS_IsObject(pair)) {
        JS_ThrowTypeError(ctx, "pipeThrough needs { readable, writable }");
        return -1;
    }
    *readable = JS_GetPropertyStr(ctx, pair, "readable");
    if (JS_IsException(*readable) || stream_class_expect(ctx, STREAM_READABLE, *readable) == NULL) {
        return -1;
    }
    *writable = JS_GetPropertyStr(ctx, pair, "writable");
    bool usable = !JS_IsException(*writable) && stream_class_expect(ctx, STREAM_WRITABLE, *writable) != NULL;
    return usable ? 0 : -1;
}

JSValue stream_pipe_through(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    JSValue readable = JS_UNDEFINED, writable = JS_UNDEFINED;
    pipe_t options = {.signal = JS_UNDEFINED};
    if (stream_class_expect(ctx, STREAM_READABLE, this_val) == NULL ||
        read_sides(ctx, stream_argument(argc, argv), &readable, &writable) < 0 ||
        read_options(ctx, argc > 1 ? argv[1] : JS_UNDEFINED, &options) < 0 ||
        refuse_locked(ctx, this_val, writable) < 0) {
        JS_FreeValue(ctx, options.signal);
        JS_FreeValue(ctx, readable);
        JS_FreeValue(ctx, writable);
        return JS_EXCEPTION;
    }
    JSValue promise = start_pipe(ctx, this_val, writable, &options);
    JS_PromiseMarkAsHandled(ctx, promise);
    JS_FreeValue(ctx, promise);
    JS_FreeValue(ctx, writable);
    return readable;
}

// ---- the class, which no script sees ----

static const uint16_t pipe_values[] = {
    offsetof(pipe_t, reader),
    offsetof(pipe_t, writer),
    offsetof(pipe_t, source),
    offsetof(pipe_t, destination),
    offsetof(pipe_t, promise),
    offsetof(pipe_t, write),
    offsetof(pipe_t, error),
    offsetof(pipe_t, signal),
};

static void pipe_finalize(JSRuntime *rt, JSValueConst value) {
    pipe_t *pipe = pipe_of(value);
    if (pipe == NULL) {
        return;
    }
    stream_free_values(rt, pipe, pipe_values, BASE_COUNT(pipe_values));
    js_free_rt(rt, pipe);
}

static void pipe_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const pipe_t *pipe = pipe_of(value);
    if (pipe == NULL) {
        return;
    }
    stream_mark_values(rt, pipe, pipe_values, BASE_COUNT(pipe_values), mark);
}

const extension_class_t stream_class_pipe = {
    .def = {.class_name = "Pipe", .finalizer = pipe_finalize, .gc_mark = pipe_mark},
};

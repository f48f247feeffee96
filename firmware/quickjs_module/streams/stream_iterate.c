// Async iteration over a stream, and streams over what can be iterated (Streams standard, sections 4.2.5 and 4.9.1).

#include "streams/stream_private.h"

// ---- for await (const chunk of stream) ----

// Calls of next() and return() wait for each other (Web IDL, section 3.7.10.2).
typedef struct _iterator_t {
    JSValue reader;  // undefined once finished
    JSValue ongoing; // the promise of the last call; undefined before the first
    JSValue current; // the promise of the call that reads; undefined while none does
    bool prevent_cancel;
} iterator_t;

static iterator_t *iterator_of(JSValueConst object) {
    return stream_class_get(STREAM_ITERATOR, object);
}

static JSValue resolved_result(JSContext *ctx, JSValueConst value, bool done) {
    JSValue result = engine_iterator_result(ctx, JS_DupValue(ctx, value), done);
    JSValue promise = stream_promise_of(ctx, result);
    JS_FreeValue(ctx, result);
    return promise;
}

// The reader, which the iterator gives up.
static JSValue take_reader(iterator_t *iterator) {
    JSValue reader = iterator->reader;
    iterator->reader = JS_UNDEFINED;
    return reader;
}

static void drop_reader(JSContext *ctx, JSValue reader) {
    stream_reader_release(ctx, stream_class_get(STREAM_READER, reader));
    JS_FreeValue(ctx, reader);
}

static void settle_current(JSContext *ctx, JSValueConst object, JSValueConst value, bool done) {
    JSValue promise = iterator_of(object)->current;
    iterator_of(object)->current = JS_UNDEFINED;
    JSValue result = engine_iterator_result(ctx, JS_DupValue(ctx, value), done);
    engine_promise_resolve(ctx, promise, result);
    JS_FreeValue(ctx, result);
    JS_FreeValue(ctx, promise);
}

static void next_chunk(JSContext *ctx, JSValueConst object, JSValueConst chunk) {
    settle_current(ctx, object, chunk, false);
}

static void next_close(JSContext *ctx, JSValueConst object) {
    drop_reader(ctx, take_reader(iterator_of(object)));
    settle_current(ctx, object, JS_UNDEFINED, true);
}

static void next_error(JSContext *ctx, JSValueConst object, JSValueConst error) {
    drop_reader(ctx, take_reader(iterator_of(object)));
    JSValue promise = iterator_of(object)->current;
    iterator_of(object)->current = JS_UNDEFINED;
    engine_promise_reject(ctx, promise, error);
    JS_FreeValue(ctx, promise);
}

static const stream_read_t next_read = {next_chunk, next_close, next_error, NULL};

static JSValue next_now(JSContext *ctx, JSValueConst object) {
    iterator_t *iterator = iterator_of(object);
    if (JS_IsUndefined(iterator->reader)) {
        return resolved_result(ctx, JS_UNDEFINED, true);
    }
    JSValue promise = engine_promise_new(ctx);
    iterator->current = JS_DupValue(ctx, promise);
    JSValue reader = JS_DupValue(ctx, iterator->reader);
    stream_reader_read(ctx, stream_class_get(STREAM_READER, reader), &next_read, object);
    JS_FreeValue(ctx, reader);
    return promise;
}

static JSValue next_after(JSContext *ctx, JSValueConst object, bool rejected, JSValueConst value) {
    (void)rejected, (void)value;
    return next_now(ctx, object);
}

static JSValue returned(JSContext *ctx, JSValueConst result, bool rejected, JSValueConst value) {
    return rejected ? JS_Throw(ctx, JS_DupValue(ctx, value))
                    : engine_iterator_result(ctx, JS_DupValue(ctx, result), true);
}

static JSValue return_now(JSContext *ctx, JSValueConst object, JSValueConst value) {
    iterator_t *iterator = iterator_of(object);
    if (JS_IsUndefined(iterator->reader)) {
        return resolved_result(ctx, value, true);
    }
    JSValue reader = take_reader(iterator);
    JSValue promise = iterator->prevent_cancel
                          ? stream_promise_of(ctx, JS_UNDEFINED)
                          : stream_reader_cancel(ctx, stream_class_get(STREAM_READER, reader), value);
    drop_reader(ctx, reader);
    JSValue result = stream_then(ctx, promise, returned, value);
    JS_FreeValue(ctx, promise);
    return result;
}

// The subject is an array of the iterator and the value.
static JSValue return_after(JSContext *ctx, JSValueConst pair, bool rejected, JSValueConst value) {
    (void)rejected, (void)value;
    JSValue object = JS_GetPropertyUint32(ctx, pair, 0);
    JSValue given = JS_GetPropertyUint32(ctx, pair, 1);
    JSValue promise = return_now(ctx, object, given);
    JS_FreeValue(ctx, given);
    JS_FreeValue(ctx, object);
    return promise;
}

// The call's promise, which the next call waits for.
static JSValue set_ongoing(JSContext *ctx, iterator_t *iterator, JSValue promise) {
    JS_FreeValue(ctx, iterator->ongoing);
    iterator->ongoing = JS_DupValue(ctx, promise);
    return promise;
}

static bool must_wait(JSContext *ctx, const iterator_t *iterator) {
    return JS_IsPromise(iterator->ongoing) && JS_PromiseState(ctx, iterator->ongoing) == JS_PROMISE_PENDING;
}

static JSValue chunks_next(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    iterator_t *iterator = stream_class_expect(ctx, STREAM_ITERATOR, this_val);
    if (iterator == NULL) {
        return stream_reject_pending(ctx);
    }
    JSValue promise =
        must_wait(ctx, iterator) ? stream_then(ctx, iterator->ongoing, next_after, this_val) : next_now(ctx, this_val);
    return set_ongoing(ctx, iterator, promise);
}

static JSValue chunks_return(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    iterator_t *iterator = stream_class_expect(ctx, STREAM_ITERATOR, this_val);
    if (iterator == NULL) {
        return stream_reject_pending(ctx);
    }
    JSValueConst value = stream_argument(argc, argv);
    if (!must_wait(ctx, iterator)) {
        return set_ongoing(ctx, iterator, return_now(ctx, this_val, value));
    }
    JSValue pair[] = {JS_DupValue(ctx, this_val), JS_DupValue(ctx, value)};
    JSValue subject = JS_NewArrayFrom(ctx, 2, pair);
    JSValue promise = stream_then(ctx, iterator->ongoing, return_after, subject);
    JS_FreeValue(ctx, subject);
    return set_ongoing(ctx, iterator, promise);
}

// The member "preventCancel" of the argument of values(). 0 or -1.
static int prevents_cancel(JSContext *ctx, JSValueConst options, bool *result) {
    *result = false;
    if (JS_IsUndefined(options) || JS_IsNull(options)) {
        return 0;
    }
    if (!JS_IsObject(options)) {
        JS_ThrowTypeError(ctx, "the argument of values must be an object");
        return -1;
    }
    JSValue value = JS_GetPropertyStr(ctx, options, "preventCancel");
    *result = JS_ToBool(ctx, value) > 0;
    JS_FreeValue(ctx, value);
    return JS_IsException(value) ? -1 : 0;
}

JSValue stream_values(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    bool prevent_cancel;
    if (stream_class_expect(ctx, STREAM_READABLE, this_val) == NULL ||
        prevents_cancel(ctx, stream_argument(argc, argv), &prevent_cancel) < 0) {
        return JS_EXCEPTION;
    }
    JSValue reader = stream_reader_new(ctx, this_val, JS_UNDEFINED);
    if (JS_IsException(reader)) {
        return reader;
    }
    JSValue object = stream_class_new(ctx, STREAM_ITERATOR, JS_UNDEFINED);
    iterator_t *iterator = js_malloc(ctx, sizeof(*iterator));
    *iterator = (iterator_t){reader, JS_UNDEFINED, JS_UNDEFINED, prevent_cancel};
    JS_SetOpaque(object, iterator);
    return object;
}

static void chunks_finalize(JSRuntime *rt, JSValueConst value) {
    iterator_t *iterator = iterator_of(value);
    if (iterator != NULL) {
        JS_FreeValueRT(rt, iterator->reader);
        JS_FreeValueRT(rt, iterator->ongoing);
        JS_FreeValueRT(rt, iterator->current);
        js_free_rt(rt, iterator);
    }
}

static void chunks_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const iterator_t *iterator = iterator_of(value);
    if (iterator != NULL) {
        JS_MarkValue(rt, iterator->reader, mark);
        JS_MarkValue(rt, iterator->ongoing, mark);
        JS_MarkValue(rt, iterator->current, mark);
    }
}

static const JSCFunctionListEntry chunks_proto[] = {
    JS_CFUNC_DEF("next", 0, chunks_next),
    JS_CFUNC_DEF("return", 1, chunks_return),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "ReadableStream AsyncIterator", JS_PROP_CONFIGURABLE),
};

const extension_class_t stream_class_iterator = {
    .def = {.class_name = "ReadableStreamAsyncIterator", .finalizer = chunks_finalize, .gc_mark = chunks_mark},
    .proto = chunks_proto,
    .proto_len = BASE_COUNT(chunks_proto),
    .parent = engine_async_iterator_proto,
};

// ---- ReadableStream.from(iterable) ----

// What the iterator's next() came to.
static JSValue from_next(JSContext *ctx, JSValueConst controller, bool rejected, JSValueConst result) {
    if (rejected) {
        return JS_Throw(ctx, JS_DupValue(ctx, result));
    }
    if (!JS_IsObject(result)) {
        return JS_ThrowTypeError(ctx, "what an iterator's next() promises must be an object");
    }
    JSValue value = JS_GetPropertyStr(ctx, result, "done");
    if (JS_IsException(value)) {
        return value;
    }
    bool done = JS_ToBool(ctx, value) > 0;
    JS_FreeValue(ctx, value);

    stream_t *stream = stream_of_controller(controller);
    if (done) {
        stream_controller_close(ctx, stream);
        return JS_UNDEFINED;
    }
    value = JS_GetPropertyStr(ctx, result, "value");
    if (JS_IsException(value)) {
        return value;
    }
    if (stream_controller_can_enqueue(stream)) {
        stream_controller_enqueue(ctx, stream, value); // its strategy refuses nothing
    }
    JS_FreeValue(ctx, value);
    return JS_UNDEFINED;
}

static JSValue from_pull(JSContext *ctx, stream_t *stream) {
    JSValue controller = stream_controller_object(ctx, stream);
    JSValue next = stream_call_promise(ctx, stream->pull, stream->source, 0, NULL);
    JSValue promise = stream_then(ctx, next, from_next, controller);
    JS_FreeValue(ctx, next);
    JS_FreeValue(ctx, controller);
    return promise;
}

static JSValue from_returned(JSContext *ctx, JSValueConst subject, bool rejected, JSValueConst result) {
    (void)subject;
    if (rejected) {
        return JS_Throw(ctx, JS_DupValue(ctx, result));
    }
    return JS_IsObject(result) ? JS_UNDEFINED
                               : JS_ThrowTypeError(ctx, "what an iterator's return() promises must be an object");
}

static JSValue from_cancel(JSContext *ctx, stream_t *stream, JSValueConst reason) {
    JSValue function = JS_GetPropertyStr(ctx, stream->source, "return");
    if (JS_IsException(function)) {
        return stream_reject_pending(ctx);
    }
    if (JS_IsUndefined(function) || JS_IsNull(function)) {
        return stream_promise_of(ctx, JS_UNDEFINED);
    }
    JSValue promise = stream_call_promise(ctx, function, stream->source, 1, &reason);
    JS_FreeValue(ctx, function);
    JSValue result = stream_then(ctx, promise, from_returned, JS_UNDEFINED);
    JS_FreeValue(ctx, promise);
    return result;
}

static const stream_algorithms_t from_algorithms = {from_pull, from_cancel};

JSValue stream_from(JSContext *ctx, JSValueConst iterable) {
    JSValue iterator = engine_async_iterator(ctx, iterable);
    if (JS_IsException(iterator)) {
        return iterator;
    }
    JSValue next = JS_GetPropertyStr(ctx, iterator, "next");
    if (JS_IsException(next)) {
        JS_FreeValue(ctx, iterator);
        return next;
    }
    stream_t *stream = stream_new(ctx, &from_algorithms, iterator, 0);
    stream->pull = next;
    stream_controller_start(ctx, stream, JS_UNDEFINED);
    JS_FreeValue(ctx, iterator);
    return stream->object;
}

// Streams whose chunks are the results of operations. See stream.h.

#include "streams/stream_private.h"

static const stream_operations_t *operations_of(const stream_t *stream) {
    return stream->opaque;
}

// The operation's result: a chunk, or null at the end.
static JSValue operation_done(JSContext *ctx, JSValueConst object, bool rejected, JSValueConst value) {
    stream_t *stream = stream_of(object);
    if (rejected) {
        return JS_Throw(ctx, operations_of(stream)->error(ctx, value));
    }
    if (!stream_controller_can_enqueue(stream)) {
        return JS_UNDEFINED;
    }
    if (JS_IsNull(value) || JS_IsUndefined(value)) {
        stream_controller_close(ctx, stream);
    } else {
        stream_controller_enqueue(ctx, stream, value);
    }
    return JS_UNDEFINED;
}

static JSValue operations_pull(JSContext *ctx, stream_t *stream) {
    JSValue operation = host_op(ctx, operations_of(stream)->read, 1, (JSValueConst[]){stream->source});
    if (JS_IsException(operation)) {
        return stream_reject_pending(ctx);
    }
    JSValue promise = stream_then(ctx, operation, operation_done, stream->object);
    JS_FreeValue(ctx, operation);
    return promise;
}

static JSValue operations_cancel(JSContext *ctx, stream_t *stream, JSValueConst reason) {
    (void)reason;
    JSValue operation = host_op(ctx, operations_of(stream)->cancel, 1, (JSValueConst[]){stream->source});
    return JS_IsException(operation) ? stream_reject_pending(ctx) : operation;
}

static const stream_algorithms_t operations_algorithms = {operations_pull, operations_cancel};

JSValue stream_of_operations(JSContext *ctx, const stream_operations_t *operations, JSValueConst argument) {
    stream_t *stream = stream_new(ctx, &operations_algorithms, argument, 0);
    stream->opaque = (void *)(uintptr_t)operations;
    stream->byte_source = true;
    stream->started = true;
    return stream->object;
}

JSValueConst stream_operations_untouched(JSValueConst object, const stream_operations_t *operations) {
    const stream_t *stream = stream_of(object);
    bool untouched = stream->algorithms == &operations_algorithms && stream->opaque == operations &&
                     !stream->disturbed && JS_IsUndefined(stream->reader);
    return untouched ? stream->source : JS_UNDEFINED;
}

void stream_fail(JSContext *ctx, JSValueConst object, JSValueConst reason) {
    stream_t *stream = stream_of(object);
    if (stream->state != STREAM_OPEN || stream->algorithms == NULL) {
        return;
    }
    JSValue promise = stream->algorithms->cancel(ctx, stream, reason);
    JS_PromiseMarkAsHandled(ctx, promise);
    JS_FreeValue(ctx, promise);
    stream_controller_error(ctx, stream, reason);
}

// ReadableStreamDefaultController (Streams standard, sections 4.6 and 4.9.4).

#include "streams/stream_bytes_private.h"

// ---- where chunks come from ----

static JSValue script_pull(JSContext *ctx, stream_t *stream) {
    if (JS_IsUndefined(stream->pull)) {
        return stream_promise_of(ctx, JS_UNDEFINED);
    }
    return stream_call_promise(ctx, stream->pull, stream->source, 1, (JSValueConst[]){stream->controller});
}

static JSValue script_cancel(JSContext *ctx, stream_t *stream, JSValueConst reason) {
    if (JS_IsUndefined(stream->cancel)) {
        return stream_promise_of(ctx, JS_UNDEFINED);
    }
    return stream_call_promise(ctx, stream->cancel, stream->source, 1, &reason);
}

const stream_algorithms_t stream_script_algorithms = {script_pull, script_cancel};

static JSValue native_pull(JSContext *ctx, stream_t *stream) {
    bool last;
    JSValue chunk = stream->native->pull(ctx, stream->opaque, &last);
    if (!JS_IsUndefined(chunk)) {
        stream_controller_enqueue(ctx, stream, chunk);
        JS_FreeValue(ctx, chunk);
    }
    if (last) {
        stream_controller_close(ctx, stream);
    }
    return JS_UNDEFINED;
}

static JSValue native_cancel(JSContext *ctx, stream_t *stream, JSValueConst reason) {
    (void)stream, (void)reason;
    return stream_promise_of(ctx, JS_UNDEFINED);
}

const stream_algorithms_t stream_native_algorithms = {native_pull, native_cancel};

// ---- the standard's operations ----

void stream_controller_clear(JSContext *ctx, stream_t *stream) {
    JSRuntime *rt = JS_GetRuntime(ctx);
    JSValue old[] = {stream->source, stream->pull, stream->cancel, stream->size};
    stream->source = stream->pull = stream->cancel = stream->size = JS_UNDEFINED;
    stream->algorithms = NULL;
    if (stream->native != NULL) {
        stream->native->free(rt, stream->opaque);
        stream->native = NULL;
    }
    for (int i = 0; i < BASE_COUNT(old); i++) {
        JS_FreeValue(ctx, old[i]);
    }
    stream_queue_reset(rt, &stream->queue);
    if (stream->bytes != NULL) {
        stream_bytes_reset(stream);
    }
}

bool stream_controller_can_enqueue(const stream_t *stream) {
    return stream->state == STREAM_OPEN && !stream->close_requested;
}

static bool has_requests(const stream_t *stream) {
    const stream_reader_t *reader = stream_reader_of(stream);
    return reader != NULL && reader->first != NULL;
}

static bool should_pull(const stream_t *stream) {
    return stream_controller_can_enqueue(stream) && stream->started &&
           (has_requests(stream) || stream->high_water > stream->queue.total);
}

bool stream_controller_has_backpressure(const stream_t *stream) {
    return !should_pull(stream);
}

static JSValue pulled(JSContext *ctx, JSValueConst controller, bool rejected, JSValueConst value) {
    stream_t *stream = stream_of_controller(controller);
    stream->pulling = false;
    if (rejected) {
        stream_controller_error(ctx, stream, value);
    } else if (stream->pull_again) {
        stream->pull_again = false;
        stream_controller_pull(ctx, stream);
    }
    return JS_UNDEFINED;
}

void stream_controller_pull(JSContext *ctx, stream_t *stream) {
    if (!should_pull(stream)) {
        return;
    }
    if (stream->pulling) {
        stream->pull_again = true;
        return;
    }

    JSValue promise;
    do {
        stream->pulling = true;
        stream->pull_again = false;
        promise = stream->algorithms->pull(ctx, stream);
        stream->pulling = !JS_IsUndefined(promise);
    } while (!stream->pulling && stream->pull_again && should_pull(stream));
    if (!stream->pulling) {
        return;
    }

    JSValue controller = stream_controller_object(ctx, stream);
    stream_react(ctx, promise, pulled, controller);
    JS_FreeValue(ctx, controller);
    JS_FreeValue(ctx, promise);
}

static JSValue started(JSContext *ctx, JSValueConst controller, bool rejected, JSValueConst value) {
    stream_t *stream = stream_of_controller(controller);
    if (rejected) {
        stream_controller_error(ctx, stream, value);
    } else {
        stream->started = true;
        stream_controller_pull(ctx, stream);
    }
    return JS_UNDEFINED;
}

void stream_controller_start(JSContext *ctx, stream_t *stream, JSValueConst start) {
    JSValue promise = stream_promise_of(ctx, start);
    JSValue controller = stream_controller_object(ctx, stream);
    stream_react(ctx, promise, started, controller);
    JS_FreeValue(ctx, controller);
    JS_FreeValue(ctx, promise);
}

int stream_controller_enqueue(JSContext *ctx, stream_t *stream, JSValueConst chunk) {
    if (stream->bytes != NULL) {
        return stream_bytes_enqueue(ctx, stream, chunk);
    }
    if (has_requests(stream)) {
        stream_reader_fulfill(ctx, stream_reader_of(stream), chunk);
        stream_controller_pull(ctx, stream);
        return 0;
    }
    double size;
    if (stream_chunk_size(ctx, stream->size, chunk, &size) < 0 ||
        stream_queue_put(ctx, &stream->queue, JS_DupValue(ctx, chunk), size) < 0) {
        JSValue error = JS_GetException(ctx);
        stream_controller_error(ctx, stream, error);
        JS_Throw(ctx, error);
        return -1;
    }
    stream_controller_pull(ctx, stream);
    return 0;
}

void stream_controller_close(JSContext *ctx, stream_t *stream) {
    if (stream->bytes != NULL) {
        stream_bytes_end(ctx, stream);
        return;
    }
    if (!stream_controller_can_enqueue(stream)) {
        return;
    }
    stream->close_requested = true;
    if (stream->queue.count == 0) {
        stream_controller_clear(ctx, stream);
        stream_close(ctx, stream);
    }
}

void stream_controller_error(JSContext *ctx, stream_t *stream, JSValueConst error) {
    if (stream->state == STREAM_OPEN) {
        if (stream->bytes != NULL) {
            stream_bytes_clear(ctx, stream);
        }
        stream_controller_clear(ctx, stream);
        stream_error(ctx, stream, error);
    }
}

// ---- the object ----

stream_t *stream_of_controller(JSValueConst controller) {
    void *object = JS_GetAnyOpaque(controller, &(JSClassID){0}); // of either class
    return stream_of(JS_MKPTR(JS_TAG_OBJECT, object));
}

JSValue stream_controller_object(JSContext *ctx, stream_t *stream) {
    if (JS_IsUndefined(stream->controller)) {
        stream->controller = stream->bytes != NULL
                                 ? extension_class_new(ctx, &stream_bytes_extension, BYTES_CONTROLLER, JS_UNDEFINED)
                                 : stream_class_new(ctx, STREAM_CONTROLLER, JS_UNDEFINED);
        JS_DupValue(ctx, stream->object);
        JS_SetOpaque(stream->controller, JS_VALUE_GET_PTR(stream->object));
    }
    return JS_DupValue(ctx, stream->controller);
}

static stream_t *expect_controller(JSContext *ctx, JSValueConst value) {
    void *object = stream_class_expect(ctx, STREAM_CONTROLLER, value);
    return object == NULL ? NULL : stream_of(JS_MKPTR(JS_TAG_OBJECT, object));
}

JSValue stream_controller_desired_size(JSContext *ctx, const stream_t *stream) {
    switch (stream->state) {
        case STREAM_ERRORED:
            return JS_NULL;
        case STREAM_CLOSED:
            return JS_NewInt32(ctx, 0);
        default:
            return JS_NewNumber(ctx, stream->high_water - stream->queue.total);
    }
}

static JSValue get_desired_size(JSContext *ctx, JSValueConst this_val) {
    const stream_t *stream = expect_controller(ctx, this_val);
    return stream == NULL ? JS_EXCEPTION : stream_controller_desired_size(ctx, stream);
}

// The stream of a controller that takes chunks; TypeError otherwise.
static stream_t *expect_open(JSContext *ctx, JSValueConst this_val) {
    stream_t *stream = expect_controller(ctx, this_val);
    if (stream != NULL && !stream_controller_can_enqueue(stream)) {
        JS_ThrowTypeError(ctx, "Invalid state: the stream is %s",
            stream->state == STREAM_ERRORED ? "in error" : "closed or is about to be");
        return NULL;
    }
    return stream;
}

static JSValue controller_close(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    stream_t *stream = expect_open(ctx, this_val);
    if (stream == NULL) {
        return JS_EXCEPTION;
    }
    stream_controller_close(ctx, stream);
    return JS_UNDEFINED;
}

static JSValue controller_enqueue(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    stream_t *stream = expect_open(ctx, this_val);
    if (stream == NULL || stream_controller_enqueue(ctx, stream, stream_argument(argc, argv)) < 0) {
        return JS_EXCEPTION;
    }
    return JS_UNDEFINED;
}

static JSValue controller_error(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    stream_t *stream = expect_controller(ctx, this_val);
    if (stream == NULL) {
        return JS_EXCEPTION;
    }
    stream_controller_error(ctx, stream, stream_argument(argc, argv));
    return JS_UNDEFINED;
}

static void controller_finalize(JSRuntime *rt, JSValueConst value) {
    void *object = stream_class_get(STREAM_CONTROLLER, value);
    if (object != NULL) {
        JS_FreeValueRT(rt, JS_MKPTR(JS_TAG_OBJECT, object));
    }
}

static void controller_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    void *object = stream_class_get(STREAM_CONTROLLER, value);
    if (object != NULL) {
        JS_MarkValue(rt, JS_MKPTR(JS_TAG_OBJECT, object), mark);
    }
}

static const JSCFunctionListEntry controller_proto[] = {
    JS_CGETSET_DEF("desiredSize", get_desired_size, NULL),
    JS_CFUNC_DEF("close", 0, controller_close),
    JS_CFUNC_DEF("enqueue", 0, controller_enqueue),
    JS_CFUNC_DEF("error", 0, controller_error),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "ReadableStreamDefaultController", JS_PROP_CONFIGURABLE),
};

const extension_class_t stream_class_controller = {
    .def = {.class_name = "ReadableStreamDefaultController",
        .finalizer = controller_finalize,
        .gc_mark = controller_mark},
    .constructor = stream_illegal_constructor,
    .proto = controller_proto,
    .proto_len = BASE_COUNT(controller_proto),
};

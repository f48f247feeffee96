// The objects of byte streams: ReadableByteStreamController, ReadableStreamBYOBReader and ReadableStreamBYOBRequest
// (Streams standard, sections 4.5, 4.7 and 4.8).

#include "streams/stream_bytes_private.h"

static void *bytes_get(stream_bytes_class_id_t id, JSValueConst value) {
    return extension_class_get(&stream_bytes_extension, id, value);
}

static void *bytes_expect(JSContext *ctx, stream_bytes_class_id_t id, JSValueConst value) {
    return extension_class_expect(ctx, &stream_bytes_extension, id, value);
}

// A number of bytes or elements that a script gave ([EnforceRange] unsigned long long). 0, or -1 with a pending
// TypeError.
int stream_count(JSContext *ctx, JSValueConst value, const char *what, size_t *count) {
    double number;
    if (JS_ToFloat64(ctx, &number, value) < 0) {
        return -1;
    }
    if (!(number > -1 && number <= 9007199254740991.0)) {
        JS_ThrowTypeError(ctx, "%s must be a number from 0 up", what);
        return -1;
    }
    *count = number < (double)(SIZE_MAX - 1) ? (size_t)number : SIZE_MAX - 1;
    return 0;
}

// ---- ReadableByteStreamController ----

static stream_t *expect_bytes_controller(JSContext *ctx, JSValueConst value) {
    void *object = bytes_expect(ctx, BYTES_CONTROLLER, value);
    return object == NULL ? NULL : stream_of(JS_MKPTR(JS_TAG_OBJECT, object));
}

// The stream of a controller that takes chunks; TypeError otherwise.
static stream_t *expect_open_bytes(JSContext *ctx, JSValueConst value) {
    stream_t *stream = expect_bytes_controller(ctx, value);
    if (stream != NULL && !stream_controller_can_enqueue(stream)) {
        JS_ThrowTypeError(ctx, "Invalid state: the stream is %s",
            stream->state == STREAM_ERRORED ? "in error" : "closed or is about to be");
        return NULL;
    }
    return stream;
}

static JSValue bytes_controller_get_request(JSContext *ctx, JSValueConst this_val) {
    stream_t *stream = expect_bytes_controller(ctx, this_val);
    return stream == NULL ? JS_EXCEPTION : stream_bytes_request(ctx, stream);
}

static JSValue bytes_controller_get_desired_size(JSContext *ctx, JSValueConst this_val) {
    const stream_t *stream = expect_bytes_controller(ctx, this_val);
    return stream == NULL ? JS_EXCEPTION : stream_controller_desired_size(ctx, stream);
}

static JSValue bytes_controller_close(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    stream_t *stream = expect_open_bytes(ctx, this_val);
    return stream == NULL || stream_bytes_close(ctx, stream) < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

static JSValue bytes_controller_enqueue(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    stream_t *stream = expect_bytes_controller(ctx, this_val);
    if (stream == NULL) {
        return JS_EXCEPTION;
    }
    uint8_t *data;
    size_t len = 0;
    int found = engine_view_bytes(ctx, stream_argument(argc, argv), &data, &len);
    if (found >= 0 && len == 0) {
        JS_ThrowTypeError(ctx, "a chunk of a byte stream must be a typed array or DataView that is not empty");
    }
    if (len == 0 || expect_open_bytes(ctx, this_val) == NULL || stream_bytes_enqueue(ctx, stream, argv[0]) < 0) {
        return JS_EXCEPTION;
    }
    return JS_UNDEFINED;
}

static JSValue bytes_controller_error(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    stream_t *stream = expect_bytes_controller(ctx, this_val);
    if (stream == NULL) {
        return JS_EXCEPTION;
    }
    stream_controller_error(ctx, stream, stream_argument(argc, argv));
    return JS_UNDEFINED;
}

static void bytes_controller_finalize(JSRuntime *rt, JSValueConst value) {
    void *object = bytes_get(BYTES_CONTROLLER, value);
    if (object != NULL) {
        JS_FreeValueRT(rt, JS_MKPTR(JS_TAG_OBJECT, object));
    }
}

static void bytes_controller_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    void *object = bytes_get(BYTES_CONTROLLER, value);
    if (object != NULL) {
        JS_MarkValue(rt, JS_MKPTR(JS_TAG_OBJECT, object), mark);
    }
}

static const JSCFunctionListEntry bytes_controller_proto[] = {
    JS_CGETSET_DEF("byobRequest", bytes_controller_get_request, NULL),
    JS_CGETSET_DEF("desiredSize", bytes_controller_get_desired_size, NULL),
    JS_CFUNC_DEF("close", 0, bytes_controller_close),
    JS_CFUNC_DEF("enqueue", 1, bytes_controller_enqueue),
    JS_CFUNC_DEF("error", 0, bytes_controller_error),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "ReadableByteStreamController", JS_PROP_CONFIGURABLE),
};

const extension_class_t stream_bytes_class_controller = {
    .def = {.class_name = "ReadableByteStreamController",
        .finalizer = bytes_controller_finalize,
        .gc_mark = bytes_controller_mark},
    .constructor = stream_illegal_constructor,
    .proto = bytes_controller_proto,
    .proto_len = BASE_COUNT(bytes_controller_proto),
};

// ---- ReadableStreamBYOBReader ----

stream_reader_t *stream_byob_reader_of(JSValueConst value) {
    return bytes_get(BYTES_READER, value);
}

JSValue stream_byob_reader_new(JSContext *ctx, JSValueConst stream, JSValueConst new_target) {
    JSValue object = extension_class_new(ctx, &stream_bytes_extension, BYTES_READER, new_target);
    if (JS_IsException(object)) {
        return object;
    }
    // After what may run a script, as in stream_reader_new().
    stream_t *of = stream_of(stream);
    if (of->bytes == NULL && !of->byte_source) {
        JS_FreeValue(ctx, object);
        return JS_ThrowTypeError(
            ctx, "a reader with a buffer of its own needs a byte stream: give its source type: \"bytes\"");
    }
    if (stream_is_locked(stream)) {
        JS_FreeValue(ctx, object);
        return stream_throw_locked(ctx);
    }
    if (of->bytes == NULL) {
        stream_bytes_attach(ctx, of, 0);
    }
    stream_reader_attach(ctx, object, stream)->byob = true;
    return object;
}

static JSValue byob_reader_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    JSValueConst stream = stream_argument(argc, argv);
    if (!stream_is(stream)) {
        return JS_ThrowTypeError(ctx, "a reader needs a ReadableStream");
    }
    return stream_byob_reader_new(ctx, stream, new_target);
}

static void byob_promise_finish(JSContext *ctx, JSValueConst promise, JSValueConst view) {
    JSValue result = engine_iterator_result(ctx, JS_DupValue(ctx, view), true);
    engine_promise_resolve(ctx, promise, result);
    JS_FreeValue(ctx, result);
}

static void byob_promise_chunk(JSContext *ctx, JSValueConst promise, JSValueConst view) {
    JSValue result = engine_iterator_result(ctx, JS_DupValue(ctx, view), false);
    engine_promise_resolve(ctx, promise, result);
    JS_FreeValue(ctx, result);
}

static void byob_promise_close(JSContext *ctx, JSValueConst promise) {
    byob_promise_finish(ctx, promise, JS_UNDEFINED);
}

static const stream_read_t byob_promise_read = {
    byob_promise_chunk, byob_promise_close, engine_promise_reject, byob_promise_finish};

// The member "min" of the second argument of read(), in elements. 0, or -1 with a pending exception.
static int read_minimum(JSContext *ctx, JSValueConst options, size_t *minimum) {
    *minimum = 1;
    if (JS_IsUndefined(options) || JS_IsNull(options)) {
        return 0;
    }
    if (!JS_IsObject(options)) {
        JS_ThrowTypeError(ctx, "the second argument of read must be an object");
        return -1;
    }
    JSValue value = JS_GetPropertyStr(ctx, options, "min");
    if (JS_IsUndefined(value)) {
        return 0;
    }
    int result = JS_IsException(value) ? -1 : stream_count(ctx, value, "min", minimum);
    JS_FreeValue(ctx, value);
    return result;
}

// What read() was given, with a counted buffer. 0, or -1 with a pending exception.
static int byob_arguments(JSContext *ctx, int argc, JSValueConst *argv, engine_view_t *view, size_t *minimum) {
    if (read_minimum(ctx, argc > 1 ? argv[1] : JS_UNDEFINED, minimum) < 0) {
        return -1;
    }
    int found = engine_view_of(ctx, stream_argument(argc, argv), view);
    if (found <= 0) {
        if (found == 0) {
            JS_ThrowTypeError(ctx, "read of this reader needs a typed array or DataView");
        }
        return -1;
    }
    if (view->len == 0) {
        JS_ThrowTypeError(ctx, "the view that is to be filled is empty");
    } else if (*minimum == 0) {
        JS_ThrowTypeError(ctx, "min must be 1 at least");
    } else if (*minimum > view->len / view->element_bytes) {
        JS_ThrowRangeError(ctx, "min is more than the view has room for");
    } else {
        *minimum *= view->element_bytes;
        return 0;
    }
    JS_FreeValue(ctx, view->buffer);
    return -1;
}

static stream_reader_t *expect_byob_reader(JSContext *ctx, JSValueConst this_val) {
    stream_reader_t *reader = bytes_expect(ctx, BYTES_READER, this_val);
    if (reader != NULL && JS_IsUndefined(reader->stream)) {
        stream_throw_released(ctx);
        return NULL;
    }
    return reader;
}

static JSValue byob_reader_read(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    engine_view_t view;
    size_t minimum;
    if (bytes_expect(ctx, BYTES_READER, this_val) == NULL || byob_arguments(ctx, argc, argv, &view, &minimum) < 0) {
        return stream_reject_pending(ctx);
    }
    const stream_reader_t *reader = expect_byob_reader(ctx, this_val);
    if (reader == NULL) {
        JS_FreeValue(ctx, view.buffer);
        return stream_reject_pending(ctx);
    }
    JSValue promise = engine_promise_new(ctx);
    JSValue object = JS_DupValue(ctx, reader->stream);
    stream_t *stream = stream_of(object);
    stream->disturbed = true;
    if (stream->state == STREAM_ERRORED) {
        JS_FreeValue(ctx, view.buffer);
        engine_promise_reject(ctx, promise, stream->stored_error);
    } else {
        stream_bytes_pull_into(ctx, stream, &view, minimum, &byob_promise_read, promise);
    }
    JS_FreeValue(ctx, object);
    return promise;
}

static JSValue byob_reader_get_closed(JSContext *ctx, JSValueConst this_val) {
    stream_reader_t *reader = bytes_expect(ctx, BYTES_READER, this_val);
    return reader == NULL ? stream_reject_pending(ctx) : JS_DupValue(ctx, stream_reader_closed(ctx, reader));
}

static JSValue byob_reader_release(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    stream_reader_t *reader = bytes_expect(ctx, BYTES_READER, this_val);
    if (reader == NULL) {
        return JS_EXCEPTION;
    }
    if (!JS_IsUndefined(reader->stream)) {
        stream_reader_release(ctx, reader);
    }
    return JS_UNDEFINED;
}

static JSValue byob_reader_cancel(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    stream_reader_t *reader = expect_byob_reader(ctx, this_val);
    return reader == NULL ? stream_reject_pending(ctx) : stream_reader_cancel(ctx, reader, stream_argument(argc, argv));
}

static void byob_reader_finalize(JSRuntime *rt, JSValueConst value) {
    stream_reader_free(rt, bytes_get(BYTES_READER, value));
}

static void byob_reader_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    stream_reader_mark(rt, bytes_get(BYTES_READER, value), mark);
}

static const JSCFunctionListEntry byob_reader_proto[] = {
    JS_CGETSET_DEF("closed", byob_reader_get_closed, NULL),
    JS_CFUNC_DEF("cancel", 0, byob_reader_cancel),
    JS_CFUNC_DEF("read", 1, byob_reader_read),
    JS_CFUNC_DEF("releaseLock", 0, byob_reader_release),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "ReadableStreamBYOBReader", JS_PROP_CONFIGURABLE),
};

const extension_class_t stream_bytes_class_reader = {
    .def = {.class_name = "ReadableStreamBYOBReader", .finalizer = byob_reader_finalize, .gc_mark = byob_reader_mark},
    .constructor = byob_reader_construct,
    .length = 1,
    .proto = byob_reader_proto,
    .proto_len = BASE_COUNT(byob_reader_proto),
};

// ---- ReadableStreamBYOBRequest ----

typedef struct _request_t {
    JSValue controller; // undefined once it is over
    JSValue view;
} request_t;

JSValue stream_byob_request_new(JSContext *ctx, stream_t *stream, JSValue view) {
    JSValue object = extension_class_new(ctx, &stream_bytes_extension, BYTES_REQUEST, JS_UNDEFINED);
    request_t *request = js_malloc(ctx, sizeof(*request));
    *request = (request_t){stream_controller_object(ctx, stream), view};
    JS_SetOpaque(object, request);
    return object;
}

JSValueConst stream_byob_request_view(JSValueConst object) {
    const request_t *request = bytes_get(BYTES_REQUEST, object);
    return request->view;
}

void stream_byob_request_end(JSContext *ctx, JSValueConst object) {
    request_t *request = bytes_get(BYTES_REQUEST, object);
    request_t old = *request;
    *request = (request_t){JS_UNDEFINED, JS_NULL};
    JS_FreeValue(ctx, old.view);
    JS_FreeValue(ctx, old.controller);
}

static JSValue byob_request_get_view(JSContext *ctx, JSValueConst this_val) {
    const request_t *request = bytes_expect(ctx, BYTES_REQUEST, this_val);
    return request == NULL ? JS_EXCEPTION : JS_DupValue(ctx, request->view);
}

// The stream of a request that is open; NULL with a pending TypeError.
static stream_t *stream_of_request(JSContext *ctx, const request_t *request) {
    if (JS_IsUndefined(request->controller)) {
        JS_ThrowTypeError(ctx, "Invalid state: the request has been answered");
        return NULL;
    }
    return stream_of_controller(request->controller);
}

static JSValue byob_request_respond(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    const request_t *request = bytes_expect(ctx, BYTES_REQUEST, this_val);
    size_t written;
    if (request == NULL || stream_count(ctx, stream_argument(argc, argv), "the number of bytes", &written) < 0) {
        return JS_EXCEPTION;
    }
    stream_t *stream = stream_of_request(ctx, request);
    return stream == NULL || stream_bytes_respond(ctx, stream, written) < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

static JSValue byob_request_respond_with(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    const request_t *request = bytes_expect(ctx, BYTES_REQUEST, this_val);
    if (request == NULL) {
        return JS_EXCEPTION;
    }
    engine_view_t view;
    int found = engine_view_of(ctx, stream_argument(argc, argv), &view);
    if (found == 0) {
        JS_ThrowTypeError(ctx, "respondWithNewView needs a typed array or DataView");
    }
    if (found <= 0) {
        return JS_EXCEPTION;
    }
    stream_t *stream = stream_of_request(ctx, request);
    if (stream == NULL) {
        JS_FreeValue(ctx, view.buffer);
        return JS_EXCEPTION;
    }
    return stream_bytes_respond_with(ctx, stream, &view) < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

static void byob_request_finalize(JSRuntime *rt, JSValueConst value) {
    request_t *request = bytes_get(BYTES_REQUEST, value);
    if (request != NULL) {
        JS_FreeValueRT(rt, request->controller);
        JS_FreeValueRT(rt, request->view);
        js_free_rt(rt, request);
    }
}

static void byob_request_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const request_t *request = bytes_get(BYTES_REQUEST, value);
    if (request != NULL) {
        JS_MarkValue(rt, request->controller, mark);
        JS_MarkValue(rt, request->view, mark);
    }
}

static const JSCFunctionListEntry byob_request_proto[] = {
    JS_CGETSET_DEF("view", byob_request_get_view, NULL),
    JS_CFUNC_DEF("respond", 1, byob_request_respond),
    JS_CFUNC_DEF("respondWithNewView", 1, byob_request_respond_with),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "ReadableStreamBYOBRequest", JS_PROP_CONFIGURABLE),
};

const extension_class_t stream_bytes_class_request = {
    .def = {.class_name = "ReadableStreamBYOBRequest",
        .finalizer = byob_request_finalize,
        .gc_mark = byob_request_mark},
    .constructor = stream_illegal_constructor,
    .proto = byob_request_proto,
    .proto_len = BASE_COUNT(byob_request_proto),
};

static const extension_class_t *const bytes_classes[BYTES_CLASS_COUNT] = {
    [BYTES_CONTROLLER] = &stream_bytes_class_controller,
    [BYTES_READER] = &stream_bytes_class_reader,
    [BYTES_REQUEST] = &stream_bytes_class_request,
    [BYTES_IDENTITY] = &stream_bytes_class_identity,
    [BYTES_FIXED] = &stream_bytes_class_fixed,
};

extension_t stream_bytes_extension = {
    .classes = bytes_classes,
    .class_count = BYTES_CLASS_COUNT,
    .rare = true,
};

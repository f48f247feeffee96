// TransformStream (Streams standard, section 6).

#include "streams/stream_bytes_private.h"

// Its object and its controller's both lead to it by the object.
typedef struct _transform_t {
    JSValue readable, writable;
    JSValue readable_controller, writable_controller; // by which C finds the streams, whatever becomes of them
    JSValue controller;
    JSValue transformer;                // an object, or the subject of
    const stream_transformer_t *native; // a transformer in C; else NULL, and there are
    JSValue transform, flush, cancel;   // functions of the object
    JSValue change;                     // a promise of the next change of `backpressure`
    JSValue finish;                     // the promise of the flush or cancel; undefined before
    int64_t length, left;               // bytes of a FixedLengthStream, and how many have not come; else -1
    bool backpressure;
} transform_t;

static transform_t *transform_of(JSValueConst object) {
    return stream_class_get(STREAM_TRANSFORM, object);
}

static stream_t *readable_of(const transform_t *transform) {
    return stream_of_controller(transform->readable_controller);
}

static writable_t *writable_side(const transform_t *transform) {
    return writable_of_controller(transform->writable_controller);
}

// ---- the standard's operations ----

static void set_backpressure(JSContext *ctx, transform_t *transform, bool backpressure) {
    JSValue old = transform->change;
    transform->change = engine_promise_new(ctx);
    transform->backpressure = backpressure;
    if (!JS_IsUndefined(old)) {
        engine_promise_resolve(ctx, old, JS_UNDEFINED);
        JS_FreeValue(ctx, old);
    }
}

static void clear_transformer(JSContext *ctx, transform_t *transform) {
    JSValue old[] = {transform->transformer, transform->transform, transform->flush, transform->cancel};
    transform->transformer = transform->transform = transform->flush = transform->cancel = JS_UNDEFINED;
    transform->native = NULL;
    for (int i = 0; i < BASE_COUNT(old); i++) {
        JS_FreeValue(ctx, old[i]);
    }
}

static void error_writable(JSContext *ctx, transform_t *transform, JSValueConst error) {
    clear_transformer(ctx, transform);
    writable_error_if_needed(ctx, writable_side(transform), error);
    if (transform->backpressure) {
        set_backpressure(ctx, transform, false);
    }
}

static void transform_error(JSContext *ctx, transform_t *transform, JSValueConst error) {
    stream_controller_error(ctx, readable_of(transform), error);
    error_writable(ctx, transform, error);
}

// 0, or -1 with a pending exception.
static int transform_enqueue(JSContext *ctx, transform_t *transform, JSValueConst chunk) {
    stream_t *readable = readable_of(transform);
    if (!stream_controller_can_enqueue(readable)) {
        JS_ThrowTypeError(ctx, "Invalid state: the readable side is closed or in error");
        return -1;
    }
    if (stream_controller_enqueue(ctx, readable, chunk) < 0) {
        JSValue error = JS_GetException(ctx);
        error_writable(ctx, transform, error);
        JS_FreeValue(ctx, error);
        JS_Throw(ctx, JS_DupValue(ctx, readable->stored_error));
        return -1;
    }
    if (stream_controller_has_backpressure(readable) && !transform->backpressure) {
        set_backpressure(ctx, transform, true);
    }
    return 0;
}

static JSValue call_transformer(
    JSContext *ctx, transform_t *transform, JSValueConst function, int argc, JSValueConst *argv) {
    return JS_IsUndefined(function) ? stream_promise_of(ctx, JS_UNDEFINED)
                                    : stream_call_promise(ctx, function, transform->transformer, argc, argv);
}

// The promise of what was done in C.
static JSValue native_promise(JSContext *ctx, int result) {
    return result < 0 ? stream_reject_pending(ctx) : stream_promise_of(ctx, JS_UNDEFINED);
}

// ---- writing ----

// The members of the array that is the subject of what goes on with a chunk later.
enum {
    LATER_TRANSFORM,
    LATER_CHUNK,
    LATER_PROMISE,
};

// Once the readable side wants more: a transformer in C goes on with a chunk, of which the promise tells the end.
static JSValue native_goes_on(JSContext *ctx, JSValueConst later, bool rejected, JSValueConst value) {
    (void)rejected, (void)value;
    JSValue object = JS_GetPropertyUint32(ctx, later, LATER_TRANSFORM);
    JSValue chunk = JS_GetPropertyUint32(ctx, later, LATER_CHUNK);
    JSValue promise = JS_GetPropertyUint32(ctx, later, LATER_PROMISE);
    const transform_t *transform = transform_of(object);
    const writable_t *writable = writable_side(transform);
    int result = -1;
    if (transform->native == NULL || writable->state == WRITABLE_ERRORING) {
        JS_Throw(ctx, JS_DupValue(ctx, writable->stored_error));
    } else {
        result = transform->native->transform(ctx, object, transform->transformer, chunk);
    }
    if (result > 0) {
        stream_react(ctx, transform->change, native_goes_on, later);
    } else if (result == 0) {
        engine_promise_resolve(ctx, promise, JS_UNDEFINED);
    } else {
        JSValue error = JS_GetException(ctx);
        engine_promise_reject(ctx, promise, error);
        JS_FreeValue(ctx, error);
    }
    JS_FreeValue(ctx, promise);
    JS_FreeValue(ctx, chunk);
    JS_FreeValue(ctx, object);
    return JS_UNDEFINED;
}

static JSValue perform_native(JSContext *ctx, JSValueConst object, JSValueConst chunk) {
    const transform_t *transform = transform_of(object);
    int result = transform->native->transform(ctx, object, transform->transformer, chunk);
    if (result <= 0) {
        return native_promise(ctx, result);
    }
    JSValue promise = engine_promise_new(ctx);
    JSValue members[] = {JS_DupValue(ctx, object), JS_DupValue(ctx, chunk), JS_DupValue(ctx, promise)};
    JSValue later = JS_NewArrayFrom(ctx, BASE_COUNT(members), members);
    stream_react(ctx, transform->change, native_goes_on, later);
    JS_FreeValue(ctx, later);
    return promise;
}

static JSValue transformed(JSContext *ctx, JSValueConst object, bool rejected, JSValueConst value) {
    if (!rejected) {
        return JS_UNDEFINED;
    }
    transform_error(ctx, transform_of(object), value);
    return JS_Throw(ctx, JS_DupValue(ctx, value));
}

static JSValue perform_transform(JSContext *ctx, JSValueConst object, JSValueConst chunk) {
    transform_t *transform = transform_of(object);
    JSValue promise;
    if (transform->native != NULL) {
        promise = perform_native(ctx, object, chunk);
    } else if (!JS_IsUndefined(transform->transform)) {
        promise =
            call_transformer(ctx, transform, transform->transform, 2, (JSValueConst[]){chunk, transform->controller});
    } else {
        promise = native_promise(ctx, transform_enqueue(ctx, transform, chunk));
    }
    JSValue result = stream_then(ctx, promise, transformed, object);
    JS_FreeValue(ctx, promise);
    return result;
}

// Once the readable side wants more.
static JSValue write_after_change(JSContext *ctx, JSValueConst later, bool rejected, JSValueConst value) {
    (void)rejected, (void)value;
    JSValue object = JS_GetPropertyUint32(ctx, later, LATER_TRANSFORM);
    JSValue chunk = JS_GetPropertyUint32(ctx, later, LATER_CHUNK);
    const writable_t *writable = writable_side(transform_of(object));
    JSValue result = writable->state == WRITABLE_ERRORING ? JS_Throw(ctx, JS_DupValue(ctx, writable->stored_error))
                                                          : perform_transform(ctx, object, chunk);
    JS_FreeValue(ctx, chunk);
    JS_FreeValue(ctx, object);
    return result;
}

static JSValue transform_write(JSContext *ctx, writable_t *stream, JSValueConst chunk) {
    const transform_t *transform = transform_of(stream->sink);
    if (!transform->backpressure) {
        return perform_transform(ctx, stream->sink, chunk);
    }
    JSValue pair[] = {JS_DupValue(ctx, stream->sink), JS_DupValue(ctx, chunk)};
    JSValue subject = JS_NewArrayFrom(ctx, 2, pair);
    JSValue promise = stream_then(ctx, transform->change, write_after_change, subject);
    JS_FreeValue(ctx, subject);
    return promise;
}

// ---- the end ----

// Ends with what a function of the transformer, as a promise, comes to.
static JSValue finish_with(JSContext *ctx, JSValueConst object, JSValue promise, stream_step_t *step) {
    transform_t *transform = transform_of(object);
    clear_transformer(ctx, transform);
    stream_react(ctx, promise, step, object);
    JS_FreeValue(ctx, promise);
    return JS_DupValue(ctx, transform->finish);
}

// Settles the promise of the end: with undefined, or an error.
static void settle_finish(JSContext *ctx, const transform_t *transform, const JSValue *error) {
    if (error != NULL) {
        engine_promise_reject(ctx, transform->finish, *error);
    } else {
        engine_promise_resolve(ctx, transform->finish, JS_UNDEFINED);
    }
}

// The error that a side is in, or NULL.
static const JSValue *readable_error(const transform_t *transform) {
    const stream_t *readable = readable_of(transform);
    return readable->state == STREAM_ERRORED ? &readable->stored_error : NULL;
}

static const JSValue *writable_error(const transform_t *transform) {
    const writable_t *writable = writable_side(transform);
    return writable->state == WRITABLE_ERRORED ? &writable->stored_error : NULL;
}

static JSValue flushed(JSContext *ctx, JSValueConst object, bool rejected, JSValueConst value) {
    transform_t *transform = transform_of(object);
    stream_t *readable = readable_of(transform);
    JSValue error = value;
    if (rejected) {
        stream_controller_error(ctx, readable, value);
        settle_finish(ctx, transform, &error);
    } else if (readable->state == STREAM_ERRORED) {
        settle_finish(ctx, transform, &readable->stored_error);
    } else {
        stream_controller_close(ctx, readable);
        settle_finish(ctx, transform, NULL);
    }
    return JS_UNDEFINED;
}

static JSValue transform_close(JSContext *ctx, writable_t *stream) {
    JSValueConst object = stream->sink;
    transform_t *transform = transform_of(object);
    if (!JS_IsUndefined(transform->finish)) {
        return JS_DupValue(ctx, transform->finish);
    }
    transform->finish = engine_promise_new(ctx);
    JSValue promise =
        transform->native != NULL
            ? native_promise(ctx, transform->native->flush(ctx, object, transform->transformer))
            : call_transformer(ctx, transform, transform->flush, 1, (JSValueConst[]){transform->controller});
    return finish_with(ctx, object, promise, flushed);
}

// Once the transformer has dealt with an abort or cancel: the other side gets the reason as its error, unless it has
// one. The subject is an array of the transform and the reason.
static JSValue cancel_done(JSContext *ctx, JSValueConst pair, bool rejected, JSValueConst value, bool is_abort) {
    JSValue object = JS_GetPropertyUint32(ctx, pair, 0);
    JSValue reason = JS_GetPropertyUint32(ctx, pair, 1);
    transform_t *transform = transform_of(object);
    const JSValue *own_error = is_abort ? readable_error(transform) : writable_error(transform);

    JSValue error = rejected ? value : reason;
    const JSValue *outcome = rejected ? &error : own_error;
    if (rejected || own_error == NULL) {
        if (is_abort) {
            stream_controller_error(ctx, readable_of(transform), error);
        } else {
            error_writable(ctx, transform, error);
        }
    }
    settle_finish(ctx, transform, outcome);

    JS_FreeValue(ctx, reason);
    JS_FreeValue(ctx, object);
    return JS_UNDEFINED;
}

static JSValue transform_aborted(JSContext *ctx, JSValueConst pair, bool rejected, JSValueConst value) {
    return cancel_done(ctx, pair, rejected, value, true);
}

static JSValue transform_cancelled(JSContext *ctx, JSValueConst pair, bool rejected, JSValueConst value) {
    return cancel_done(ctx, pair, rejected, value, false);
}

// Has the transformer cancel, as the abort of one side or the cancel of the other wants it.
static JSValue cancel_transformer(JSContext *ctx, JSValueConst object, JSValueConst reason, stream_step_t *step) {
    transform_t *transform = transform_of(object);
    if (!JS_IsUndefined(transform->finish)) {
        return JS_DupValue(ctx, transform->finish);
    }
    transform->finish = engine_promise_new(ctx);
    JSValue pair[] = {JS_DupValue(ctx, object), JS_DupValue(ctx, reason)};
    JSValue subject = JS_NewArrayFrom(ctx, 2, pair);
    JSValue promise = call_transformer(ctx, transform, transform->cancel, 1, &reason);
    clear_transformer(ctx, transform);
    stream_react(ctx, promise, step, subject);
    JS_FreeValue(ctx, promise);
    JS_FreeValue(ctx, subject);
    return JS_DupValue(ctx, transform->finish);
}

static JSValue transform_abort(JSContext *ctx, writable_t *stream, JSValueConst reason) {
    return cancel_transformer(ctx, stream->sink, reason, transform_aborted);
}

static const writable_algorithms_t transform_sink = {transform_write, transform_close, transform_abort};

// ---- reading ----

static JSValue transform_pull(JSContext *ctx, stream_t *stream) {
    transform_t *transform = transform_of(stream->source);
    set_backpressure(ctx, transform, false);
    return JS_DupValue(ctx, transform->change);
}

static JSValue transform_cancel(JSContext *ctx, stream_t *stream, JSValueConst reason) {
    return cancel_transformer(ctx, stream->source, reason, transform_cancelled);
}

static const stream_algorithms_t transform_source = {transform_pull, transform_cancel};

// ---- construction ----

// What the constructor reads of its arguments.
typedef struct _transform_init_t {
    JSValue start, transform, flush, cancel;
    double writable_mark, readable_mark;
    JSValue writable_size, readable_size;
} transform_init_t;

static void free_init(JSContext *ctx, const transform_init_t *init) {
    JSValue values[] = {
        init->start, init->transform, init->flush, init->cancel, init->writable_size, init->readable_size};
    for (int i = 0; i < BASE_COUNT(values); i++) {
        JS_FreeValue(ctx, values[i]);
    }
}

static int refuse_type(JSContext *ctx, JSValueConst transformer, const char *name) {
    JSValue type = JS_GetPropertyStr(ctx, transformer, name);
    if (JS_IsUndefined(type)) {
        return 0;
    }
    if (!JS_IsException(type)) {
        JS_ThrowRangeError(ctx, "a transformer has no %s", name);
    }
    JS_FreeValue(ctx, type);
    return -1;
}

#define TRANSFORMER "a transformer"

static int read_transformer(JSContext *ctx, JSValueConst transformer, transform_init_t *init) {
    if (JS_IsUndefined(transformer)) {
        return 0;
    }
    if (!JS_IsObject(transformer)) {
        JS_ThrowTypeError(ctx, "the transformer must be an object");
        return -1;
    }
    if (stream_function(ctx, transformer, "cancel", TRANSFORMER, &init->cancel) < 0 ||
        stream_function(ctx, transformer, "flush", TRANSFORMER, &init->flush) < 0 ||
        stream_function(ctx, transformer, "start", TRANSFORMER, &init->start) < 0 ||
        stream_function(ctx, transformer, "transform", TRANSFORMER, &init->transform) < 0 ||
        refuse_type(ctx, transformer, "readableType") < 0 || refuse_type(ctx, transformer, "writableType") < 0) {
        return -1;
    }
    return 0;
}

static transform_init_t empty_init(void) {
    return (transform_init_t){JS_UNDEFINED, JS_UNDEFINED, JS_UNDEFINED, JS_UNDEFINED, 1, 0, JS_UNDEFINED, JS_UNDEFINED};
}

static int read_init(JSContext *ctx, int argc, JSValueConst *argv, transform_init_t *init) {
    JSValueConst writable = argc > 1 ? argv[1] : JS_UNDEFINED, readable = argc > 2 ? argv[2] : JS_UNDEFINED;
    if (stream_strategy(ctx, writable, 1, &init->writable_mark, &init->writable_size) < 0 ||
        stream_strategy(ctx, readable, 0, &init->readable_mark, &init->readable_size) < 0) {
        return -1;
    }
    return read_transformer(ctx, stream_argument(argc, argv), init);
}

// Takes over what `init` has, but for `start`.
static void attach_transform(
    JSContext *ctx, JSValueConst object, JSValueConst transformer, const transform_init_t *init) {
    transform_t *transform = js_mallocz(ctx, sizeof(*transform));
    transform->transformer = JS_DupValue(ctx, transformer);
    transform->transform = init->transform;
    transform->flush = init->flush;
    transform->cancel = init->cancel;
    transform->change = transform->finish = JS_UNDEFINED;
    transform->length = transform->left = -1;
    JS_SetOpaque(object, transform);

    writable_t *writable = writable_new(ctx, &transform_sink, object, init->writable_mark, init->writable_size);
    transform->writable = writable->object;
    transform->writable_controller = JS_DupValue(ctx, writable->controller);
    stream_t *readable = stream_new(ctx, &transform_source, object, init->readable_mark);
    readable->size = init->readable_size;
    transform->readable = readable->object;
    transform->readable_controller = stream_controller_object(ctx, readable);
    set_backpressure(ctx, transform, true);
    transform->controller = stream_class_new(ctx, STREAM_TRANSFORM_CONTROLLER, JS_UNDEFINED);
    JS_DupValue(ctx, object);
    JS_SetOpaque(transform->controller, JS_VALUE_GET_PTR(object));
}

static JSValue transform_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    transform_init_t init = empty_init();
    JSValue object = JS_EXCEPTION;
    if (read_init(ctx, argc, argv, &init) == 0) {
        object = stream_class_new(ctx, STREAM_TRANSFORM, new_target);
    }
    if (JS_IsException(object)) {
        free_init(ctx, &init);
        return object;
    }
    JSValueConst transformer = stream_argument(argc, argv);
    attach_transform(ctx, object, transformer, &init);
    const transform_t *transform = transform_of(object);
    JSValue start = engine_promise_new(ctx);
    writable_start(ctx, writable_side(transform), start);
    stream_controller_start(ctx, readable_of(transform), start);
    JSValue result = JS_UNDEFINED;
    if (!JS_IsUndefined(init.start)) {
        result = JS_Call(ctx, init.start, transformer, 1, (JSValueConst[]){transform->controller});
        JS_FreeValue(ctx, init.start);
    }
    if (JS_IsException(result)) {
        JS_FreeValue(ctx, object);
        object = JS_EXCEPTION;
    } else {
        engine_promise_resolve(ctx, start, result);
    }
    JS_FreeValue(ctx, result);
    JS_FreeValue(ctx, start);
    return object;
}

// ---- for the rooms above ----

static JSValue transform_native(
    JSContext *ctx, JSValueConst new_target, const stream_transformer_t *transformer, JSValueConst subject) {
    const transform_init_t init = empty_init();
    JSValue object = stream_class_new(ctx, STREAM_TRANSFORM, new_target);
    if (JS_IsException(object)) {
        return object;
    }
    attach_transform(ctx, object, subject, &init);
    transform_t *transform = transform_of(object);
    transform->native = transformer;
    JSValue start = stream_promise_of(ctx, JS_UNDEFINED);
    writable_start(ctx, writable_side(transform), start);
    stream_controller_start(ctx, readable_of(transform), start);
    JS_FreeValue(ctx, start);
    return object;
}

JSValue stream_transform_of(
    JSContext *ctx, const stream_transformer_t *transformer, JSValueConst subject, bool gives_bytes) {
    JSValue object = transform_native(ctx, JS_UNDEFINED, transformer, subject);
    readable_of(transform_of(object))->byte_source = gives_bytes;
    return object;
}

int stream_transform_enqueue(JSContext *ctx, JSValueConst object, JSValueConst chunk) {
    return transform_enqueue(ctx, transform_of(object), chunk);
}

bool stream_transform_is_full(JSValueConst object) {
    return transform_of(object)->backpressure;
}

JSValue stream_transform_readable(JSContext *ctx, JSValueConst object) {
    return JS_DupValue(ctx, transform_of(object)->readable);
}

JSValue stream_transform_writable(JSContext *ctx, JSValueConst object) {
    return JS_DupValue(ctx, transform_of(object)->writable);
}

// ---- the classes ----

typedef enum {
    GET_READABLE,
    GET_WRITABLE,
} transform_getter_t;

static JSValue transform_get_side(JSContext *ctx, JSValueConst this_val, int magic) {
    const transform_t *transform = stream_class_expect(ctx, STREAM_TRANSFORM, this_val);
    if (transform == NULL) {
        return JS_EXCEPTION;
    }
    return JS_DupValue(ctx, magic == GET_READABLE ? transform->readable : transform->writable);
}

static const uint16_t transform_values[] = {
    offsetof(transform_t, readable),
    offsetof(transform_t, writable),
    offsetof(transform_t, readable_controller),
    offsetof(transform_t, writable_controller),
    offsetof(transform_t, controller),
    offsetof(transform_t, transformer),
    offsetof(transform_t, transform),
    offsetof(transform_t, flush),
    offsetof(transform_t, cancel),
    offsetof(transform_t, change),
    offsetof(transform_t, finish),
};

static void transform_finalize(JSRuntime *rt, JSValueConst value) {
    transform_t *transform = transform_of(value);
    if (transform == NULL) {
        return;
    }
    stream_free_values(rt, transform, transform_values, BASE_COUNT(transform_values));
    js_free_rt(rt, transform);
}

static void transform_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const transform_t *transform = transform_of(value);
    if (transform == NULL) {
        return;
    }
    stream_mark_values(rt, transform, transform_values, BASE_COUNT(transform_values), mark);
}

static const JSCFunctionListEntry transform_proto[] = {
    JS_CGETSET_MAGIC_DEF("readable", transform_get_side, NULL, GET_READABLE),
    JS_CGETSET_MAGIC_DEF("writable", transform_get_side, NULL, GET_WRITABLE),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "TransformStream", JS_PROP_CONFIGURABLE),
};

const extension_class_t stream_class_transform = {
    .def = {.class_name = "TransformStream", .finalizer = transform_finalize, .gc_mark = transform_mark},
    .constructor = transform_construct,
    .proto = transform_proto,
    .proto_len = BASE_COUNT(transform_proto),
};

// ---- IdentityTransformStream and FixedLengthStream, as Workers have them: for bytes, and text as UTF-8 ----

#define LENGTH_MOST ((int64_t)0x1fffffffffffff) // 2^53 - 1

static int identity_bytes(JSContext *ctx, transform_t *transform, base_slice_t bytes) {
    if (transform->left >= 0 && bytes.len > (uint64_t)transform->left) {
        JS_ThrowTypeError(ctx, "more bytes than this FixedLengthStream was made for");
        return -1;
    }
    if (transform->left >= 0) {
        transform->left -= (int64_t)bytes.len;
    }
    if (bytes.len == 0) {
        return 0;
    }
    engine_need(ctx, ENGINE_TYPED_ARRAYS);
    JSValue copy = JS_NewUint8ArrayCopy(ctx, (const uint8_t *)bytes.data, bytes.len);
    int result = transform_enqueue(ctx, transform, copy);
    JS_FreeValue(ctx, copy);
    return result;
}

static int identity_chunk(JSContext *ctx, JSValueConst object, JSValueConst subject, JSValueConst chunk) {
    (void)subject;
    base_slice_t bytes;
    if (JS_IsString(chunk)) {
        bytes.data = engine_usv_string(ctx, &bytes.len, chunk);
        int result = identity_bytes(ctx, transform_of(object), bytes);
        JS_FreeCString(ctx, bytes.data);
        return result;
    }
    int found = engine_buffer_source(ctx, chunk, &bytes);
    if (found == 0) {
        JS_ThrowTypeError(ctx, "a chunk must be an ArrayBuffer or a view of one, or a string");
    }
    return found <= 0 ? -1 : identity_bytes(ctx, transform_of(object), bytes);
}

static int identity_end(JSContext *ctx, JSValueConst object, JSValueConst subject) {
    (void)subject;
    if (transform_of(object)->left > 0) {
        JS_ThrowTypeError(ctx, "fewer bytes than this FixedLengthStream was made for");
        return -1;
    }
    return 0;
}

static const stream_transformer_t identity_transformer = {identity_chunk, identity_end};

// It is an object of TransformStream's class, with another prototype.
static JSValue identity_new(JSContext *ctx, JSValueConst new_target, int64_t length) {
    JSValue object = transform_native(ctx, new_target, &identity_transformer, JS_UNDEFINED);
    if (!JS_IsException(object)) {
        transform_t *transform = transform_of(object);
        transform->length = transform->left = length;
        readable_of(transform)->byte_source = true;
    }
    return object;
}

static JSValue identity_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    return identity_new(ctx, new_target, -1);
}

static JSValue fixed_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    JSValueConst given = stream_argument(argc, argv);
    int64_t length = 0;
    size_t count = 0;
    if (JS_IsBigInt(given)) {
        JS_ToBigInt64(ctx, &length, given);
        JSValue same = JS_NewBigInt64(ctx, length); // of one with more than 64 bits, the lower ones
        bool fits = JS_IsStrictEqual(ctx, same, given) && length <= LENGTH_MOST;
        JS_FreeValue(ctx, same);
        length = fits ? length : -1;
    } else if (stream_count(ctx, given, "the length of a FixedLengthStream", &count) < 0) {
        return JS_EXCEPTION;
    } else {
        length = (int64_t)count;
    }
    return length < 0 ? JS_ThrowTypeError(ctx, "the length of a FixedLengthStream must be a number from 0 up")
                      : identity_new(ctx, new_target, length);
}

int64_t stream_fixed_length(JSValueConst object) {
    const stream_t *stream = stream_of(object);
    return stream->algorithms == &transform_source ? transform_of(stream->source)->length : -1;
}

static JSValue transform_proto_of(JSContext *ctx) {
    extension_class_ready(ctx, &stream_extension, STREAM_TRANSFORM);
    return JS_GetClassProto(ctx, stream_extension.first_class + STREAM_TRANSFORM);
}

static JSValue identity_proto_of(JSContext *ctx) {
    extension_class_ready(ctx, &stream_bytes_extension, BYTES_IDENTITY);
    return JS_GetClassProto(ctx, stream_bytes_extension.first_class + BYTES_IDENTITY);
}

static const JSCFunctionListEntry identity_proto[] = {
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "IdentityTransformStream", JS_PROP_CONFIGURABLE),
};

const extension_class_t stream_bytes_class_identity = {
    .def = {.class_name = "IdentityTransformStream"},
    .constructor = identity_construct,
    .proto = identity_proto,
    .proto_len = BASE_COUNT(identity_proto),
    .parent = transform_proto_of,
};

static const JSCFunctionListEntry fixed_proto[] = {
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "FixedLengthStream", JS_PROP_CONFIGURABLE),
};

const extension_class_t stream_bytes_class_fixed = {
    .def = {.class_name = "FixedLengthStream"},
    .constructor = fixed_construct,
    .length = 1,
    .proto = fixed_proto,
    .proto_len = BASE_COUNT(fixed_proto),
    .parent = identity_proto_of,
};

// ---- the controller's class ----

// The transform of a controller; NULL with a pending TypeError.
static transform_t *expect_transform(JSContext *ctx, JSValueConst this_val) {
    void *object = stream_class_expect(ctx, STREAM_TRANSFORM_CONTROLLER, this_val);
    return object == NULL ? NULL : transform_of(JS_MKPTR(JS_TAG_OBJECT, object));
}

static JSValue transform_get_desired_size(JSContext *ctx, JSValueConst this_val) {
    const transform_t *transform = expect_transform(ctx, this_val);
    return transform == NULL ? JS_EXCEPTION : stream_controller_desired_size(ctx, readable_of(transform));
}

static JSValue transform_controller_enqueue(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    transform_t *transform = expect_transform(ctx, this_val);
    if (transform == NULL || transform_enqueue(ctx, transform, stream_argument(argc, argv)) < 0) {
        return JS_EXCEPTION;
    }
    return JS_UNDEFINED;
}

static JSValue transform_controller_error(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    transform_t *transform = expect_transform(ctx, this_val);
    if (transform == NULL) {
        return JS_EXCEPTION;
    }
    transform_error(ctx, transform, stream_argument(argc, argv));
    return JS_UNDEFINED;
}

static JSValue transform_controller_terminate(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    transform_t *transform = expect_transform(ctx, this_val);
    if (transform == NULL) {
        return JS_EXCEPTION;
    }
    stream_controller_close(ctx, readable_of(transform));
    JSValue error = stream_type_error(ctx, "Invalid state: the transform is terminated");
    error_writable(ctx, transform, error);
    JS_FreeValue(ctx, error);
    return JS_UNDEFINED;
}

static void transform_controller_finalize(JSRuntime *rt, JSValueConst value) {
    void *object = stream_class_get(STREAM_TRANSFORM_CONTROLLER, value);
    if (object != NULL) {
        JS_FreeValueRT(rt, JS_MKPTR(JS_TAG_OBJECT, object));
    }
}

static void transform_controller_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    void *object = stream_class_get(STREAM_TRANSFORM_CONTROLLER, value);
    if (object != NULL) {
        JS_MarkValue(rt, JS_MKPTR(JS_TAG_OBJECT, object), mark);
    }
}

static const JSCFunctionListEntry transform_controller_proto[] = {
    JS_CGETSET_DEF("desiredSize", transform_get_desired_size, NULL),
    JS_CFUNC_DEF("enqueue", 0, transform_controller_enqueue),
    JS_CFUNC_DEF("error", 0, transform_controller_error),
    JS_CFUNC_DEF("terminate", 0, transform_controller_terminate),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "TransformStreamDefaultController", JS_PROP_CONFIGURABLE),
};

const extension_class_t stream_class_transform_controller = {
    .def = {.class_name = "TransformStreamDefaultController",
        .finalizer = transform_controller_finalize,
        .gc_mark = transform_controller_mark},
    .constructor = stream_illegal_constructor,
    .proto = transform_controller_proto,
    .proto_len = BASE_COUNT(transform_controller_proto),
};

// ReadableStream (Streams standard, sections 4.2 and 4.9).

#include "streams/stream_bytes_private.h"

#include <string.h>

stream_t *stream_of(JSValueConst object) {
    return stream_class_get(STREAM_READABLE, object);
}

// The stream behind an object, which has none yet.
static stream_t *attach(JSContext *ctx, JSValueConst object) {
    stream_t *stream = js_mallocz(ctx, sizeof(*stream));
    stream->object = object;
    stream->reader = stream->controller = stream->stored_error = JS_UNDEFINED;
    stream->source = stream->pull = stream->cancel = stream->size = JS_UNDEFINED;
    JS_SetOpaque(object, stream);
    return stream;
}

stream_t *stream_new(JSContext *ctx, const stream_algorithms_t *algorithms, JSValueConst source, double high_water) {
    stream_t *stream = attach(ctx, stream_class_new(ctx, STREAM_READABLE, JS_UNDEFINED));
    stream->algorithms = algorithms;
    stream->source = JS_DupValue(ctx, source);
    stream->high_water = high_water;
    return stream;
}

// ---- the standard's operations ----

void stream_close(JSContext *ctx, stream_t *stream) {
    stream->state = STREAM_CLOSED;
    if (stream_reader_of(stream) != NULL) {
        JSValue reader = JS_DupValue(ctx, stream->reader);
        stream_reader_on_close(ctx, stream_reader_of(stream));
        JS_FreeValue(ctx, reader);
    }
}

void stream_error(JSContext *ctx, stream_t *stream, JSValueConst error) {
    stream->state = STREAM_ERRORED;
    stream->stored_error = JS_DupValue(ctx, error);
    if (stream_reader_of(stream) != NULL) {
        JSValue reader = JS_DupValue(ctx, stream->reader);
        stream_reader_on_error(ctx, stream_reader_of(stream), error);
        JS_FreeValue(ctx, reader);
    }
}

// Of a byte stream that was cancelled: whoever reads gets no buffer back.
static void finish_reads(JSContext *ctx, stream_t *stream) {
    if (stream->bytes == NULL) {
        return;
    }
    if (stream_reader_of(stream) != NULL) {
        JSValue reader = JS_DupValue(ctx, stream->reader);
        stream_reader_finish_all(ctx, stream_reader_of(stream));
        JS_FreeValue(ctx, reader);
    }
    stream_bytes_clear(ctx, stream);
    stream_bytes_reset(stream);
}

static JSValue cancelled(JSContext *ctx, JSValueConst subject, bool rejected, JSValueConst value) {
    (void)subject;
    return rejected ? JS_Throw(ctx, JS_DupValue(ctx, value)) : JS_UNDEFINED;
}

JSValue stream_cancel(JSContext *ctx, stream_t *stream, JSValueConst reason) {
    stream->disturbed = true;
    if (stream->state == STREAM_CLOSED) {
        return stream_promise_of(ctx, JS_UNDEFINED);
    }
    if (stream->state == STREAM_ERRORED) {
        return stream_rejected_promise(ctx, stream->stored_error);
    }
    stream_close(ctx, stream);
    finish_reads(ctx, stream);
    stream_queue_reset(JS_GetRuntime(ctx), &stream->queue);
    JSValue promise = stream->algorithms->cancel(ctx, stream, reason);
    stream_controller_clear(ctx, stream);
    JSValue result = stream_then(ctx, promise, cancelled, JS_UNDEFINED);
    JS_FreeValue(ctx, promise);
    return result;
}

// ---- for the rooms above ----

JSValue stream_of_source(JSContext *ctx, const stream_source_t *source, void *opaque) {
    stream_t *stream = stream_new(ctx, &stream_native_algorithms, JS_UNDEFINED, 0);
    stream->native = source;
    stream->opaque = opaque;
    stream->byte_source = true;
    stream->started = true;
    return stream->object;
}

bool stream_is(JSValueConst value) {
    return stream_of(value) != NULL;
}

bool stream_is_locked(JSValueConst object) {
    return !JS_IsUndefined(stream_of(object)->reader);
}

bool stream_is_disturbed(JSValueConst object) {
    return stream_of(object)->disturbed;
}

bool stream_is_complete(JSValueConst object) {
    const stream_t *stream = stream_of(object);
    return stream->close_requested || stream->state == STREAM_CLOSED;
}

void *stream_untouched(JSValueConst object, const stream_source_t *source) {
    const stream_t *stream = stream_of(object);
    bool untouched = stream->native == source && !stream->disturbed && JS_IsUndefined(stream->reader);
    return untouched ? stream->opaque : NULL;
}

static void lock(JSContext *ctx, stream_t *stream) {
    stream_controller_clear(ctx, stream);
    stream->state = STREAM_CLOSED;
    stream->disturbed = true;
    stream->reader = JS_NULL;
}

void stream_consume(JSContext *ctx, JSValueConst object) {
    lock(ctx, stream_of(object));
}

JSValue stream_move(JSContext *ctx, JSValueConst object) {
    stream_t *stream = stream_of(object);
    JSValue moved = stream_class_new(ctx, STREAM_READABLE, JS_UNDEFINED);
    JS_SetOpaque(moved, stream);
    stream->object = moved;
    if (!JS_IsUndefined(stream->controller)) {
        JS_DupValue(ctx, moved);
        JS_SetOpaque(stream->controller, JS_VALUE_GET_PTR(moved));
        JS_FreeValue(ctx, object);
    }
    lock(ctx, attach(ctx, object));
    return moved;
}

// ---- construction ----

#define SOURCE "an underlying source"

// What a member that has one value only is: 0 where it is undefined, 1 where it is that, or -1 with a pending
// exception.
static int only_value(JSContext *ctx, JSValueConst object, const char *name, const char *expected) {
    JSValue value = JS_GetPropertyStr(ctx, object, name);
    if (JS_IsUndefined(value)) {
        return 0;
    }
    const char *text = JS_IsException(value) ? NULL : JS_ToCString(ctx, value);
    JS_FreeValue(ctx, value);
    if (text == NULL) {
        return -1;
    }
    bool equal = strcmp(text, expected) == 0;
    JS_FreeCString(ctx, text);
    if (!equal) {
        JS_ThrowTypeError(ctx, "%s must be \"%s\" or be left out", name, expected);
    }
    return equal ? 1 : -1;
}

// An autoAllocateChunkSize that is 0, which only a byte stream refuses.
#define NO_BYTES (SIZE_MAX)
// One that no memory has. Nearer to the end of a size of 32 bits the engine's allocator would wrap.
#define ALL_BYTES ((size_t)INT32_MAX)

// The member "autoAllocateChunkSize", 0 where there is none. 0, or -1 with a pending exception.
static int auto_allocate_size(JSContext *ctx, JSValueConst source, size_t *size) {
    *size = 0;
    JSValue value = JS_GetPropertyStr(ctx, source, "autoAllocateChunkSize");
    if (JS_IsUndefined(value)) {
        return 0;
    }
    int result = JS_IsException(value) ? -1 : stream_count(ctx, value, "autoAllocateChunkSize", size);
    JS_FreeValue(ctx, value);
    if (result == 0 && *size == 0) {
        *size = NO_BYTES;
    } else if (*size > ALL_BYTES) {
        *size = ALL_BYTES;
    }
    return result;
}

// Makes it a byte stream. 0, or -1 with a pending exception.
static int set_up_bytes(JSContext *ctx, stream_t *stream, size_t auto_size) {
    if (!JS_IsUndefined(stream->size)) {
        JS_ThrowRangeError(ctx, "the strategy of a byte stream can have no size");
        return -1;
    }
    if (auto_size == NO_BYTES) {
        JS_ThrowTypeError(ctx, "autoAllocateChunkSize must be 1 at least");
        return -1;
    }
    stream_bytes_attach(ctx, stream, auto_size);
    return 0;
}

// The type of the source, whose other members are read. 0, or -1 with a pending exception.
static int set_up_type(JSContext *ctx, stream_t *stream, JSValueConst source, size_t auto_size) {
    int bytes = only_value(ctx, source, "type", "bytes");
    if (stream->high_water < 0) {
        stream->high_water = bytes > 0 ? 0 : 1;
    }
    return bytes > 0 ? set_up_bytes(ctx, stream, auto_size) : bytes;
}

// Takes the members of the underlying source, and calls its start function. 0 or -1.
static int set_up(JSContext *ctx, stream_t *stream, JSValueConst source) {
    JSValue start;
    size_t auto_size;
    if (auto_allocate_size(ctx, source, &auto_size) < 0 ||
        stream_function(ctx, source, "cancel", SOURCE, &stream->cancel) < 0 ||
        stream_function(ctx, source, "pull", SOURCE, &stream->pull) < 0 ||
        stream_function(ctx, source, "start", SOURCE, &start) < 0) {
        return -1;
    }

    JSValue result = JS_UNDEFINED;
    if (set_up_type(ctx, stream, source, auto_size) < 0) {
        result = JS_EXCEPTION;
    } else if (!JS_IsUndefined(start)) {
        JSValue controller = stream_controller_object(ctx, stream);
        result = JS_Call(ctx, start, source, 1, (JSValueConst[]){controller});
        JS_FreeValue(ctx, controller);
    }
    JS_FreeValue(ctx, start);
    if (JS_IsException(result)) {
        return -1;
    }

    stream_controller_start(ctx, stream, result);
    JS_FreeValue(ctx, result);
    return 0;
}

static JSValue readable_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    JSValueConst source = stream_argument(argc, argv);
    double high_water;
    JSValue size;
    if (!JS_IsUndefined(source) && !JS_IsObject(source)) {
        return JS_ThrowTypeError(ctx, "the underlying source must be an object");
    }
    if (stream_strategy(ctx, argc > 1 ? argv[1] : JS_UNDEFINED, -1, &high_water, &size) < 0) {
        return JS_EXCEPTION;
    }
    JSValue object = stream_class_new(ctx, STREAM_READABLE, new_target);
    if (JS_IsException(object)) {
        JS_FreeValue(ctx, size);
        return object;
    }

    stream_t *stream = attach(ctx, object);
    stream->algorithms = &stream_script_algorithms;
    stream->source = JS_DupValue(ctx, source);
    stream->high_water = high_water;
    stream->size = size;
    if (JS_IsUndefined(source)) {
        stream->high_water = high_water < 0 ? 1 : high_water;
        stream_controller_start(ctx, stream, JS_UNDEFINED);
    } else if (set_up(ctx, stream, source) < 0) {
        JS_FreeValue(ctx, object);
        return JS_EXCEPTION;
    }
    return object;
}

// ---- the class ----

static stream_t *expect_readable(JSContext *ctx, JSValueConst this_val) {
    return stream_class_expect(ctx, STREAM_READABLE, this_val);
}

static JSValue get_locked(JSContext *ctx, JSValueConst this_val) {
    return expect_readable(ctx, this_val) == NULL ? JS_EXCEPTION : JS_NewBool(ctx, stream_is_locked(this_val));
}

static JSValue readable_cancel(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    stream_t *stream = expect_readable(ctx, this_val);
    if (stream != NULL && stream_is_locked(this_val)) {
        JS_ThrowTypeError(ctx, "Invalid state: the stream is locked; cancel it through its reader");
        stream = NULL;
    }
    return stream == NULL ? stream_reject_pending(ctx) : stream_cancel(ctx, stream, stream_argument(argc, argv));
}

// Whether getReader's argument asks for a reader with a buffer of its own. 0 or 1, or -1 with a pending exception.
static int wants_byob(JSContext *ctx, JSValueConst options) {
    if (JS_IsUndefined(options) || JS_IsNull(options)) {
        return 0;
    }
    if (!JS_IsObject(options)) {
        JS_ThrowTypeError(ctx, "the argument of getReader must be an object");
        return -1;
    }
    return only_value(ctx, options, "mode", "byob");
}

static JSValue readable_get_reader(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int byob = expect_readable(ctx, this_val) == NULL ? -1 : wants_byob(ctx, stream_argument(argc, argv));
    if (byob < 0) {
        return JS_EXCEPTION;
    }
    return byob > 0 ? stream_byob_reader_new(ctx, this_val, JS_UNDEFINED)
                    : stream_reader_new(ctx, this_val, JS_UNDEFINED);
}

static JSValue readable_tee(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    stream_t *stream = expect_readable(ctx, this_val);
    if (stream == NULL) {
        return JS_EXCEPTION;
    }
    if (stream_is_locked(this_val)) {
        return JS_ThrowTypeError(ctx, "Invalid state: the stream is locked");
    }
    JSValue branches[2];
    stream_tee(ctx, this_val, stream->byte_source || stream->bytes != NULL, branches);
    return JS_NewArrayFrom(ctx, 2, branches);
}

static JSValue readable_from(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc;
    return stream_from(ctx, argv[0]);
}

static const uint16_t readable_values[] = {
    offsetof(stream_t, reader),
    offsetof(stream_t, controller),
    offsetof(stream_t, stored_error),
    offsetof(stream_t, source),
    offsetof(stream_t, pull),
    offsetof(stream_t, cancel),
    offsetof(stream_t, size),
};

static void readable_finalize(JSRuntime *rt, JSValueConst value) {
    stream_t *stream = stream_of(value);
    if (stream == NULL) {
        return;
    }
    if (stream->native != NULL) {
        stream->native->free(rt, stream->opaque);
    }
    stream_free_values(rt, stream, readable_values, BASE_COUNT(readable_values));
    stream_queue_reset(rt, &stream->queue);
    if (stream->bytes != NULL) {
        stream_bytes_free(rt, stream->bytes);
    }
    js_free_rt(rt, stream);
}

static void readable_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const stream_t *stream = stream_of(value);
    if (stream != NULL) {
        stream_mark_values(rt, stream, readable_values, BASE_COUNT(readable_values), mark);
        stream_queue_mark(rt, &stream->queue, mark);
        if (stream->bytes != NULL) {
            stream_bytes_mark(rt, stream->bytes, mark);
        }
    }
}

static const JSCFunctionListEntry readable_proto[] = {
    JS_CGETSET_DEF("locked", get_locked, NULL),
    JS_CFUNC_DEF("cancel", 0, readable_cancel),
    JS_CFUNC_DEF("getReader", 0, readable_get_reader),
    JS_CFUNC_DEF("pipeThrough", 1, stream_pipe_through),
    JS_CFUNC_DEF("pipeTo", 1, stream_pipe_to),
    JS_CFUNC_DEF("tee", 0, readable_tee),
    JS_CFUNC_DEF("values", 0, stream_values),
    JS_ALIAS_DEF("[Symbol.asyncIterator]", "values"),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "ReadableStream", JS_PROP_CONFIGURABLE),
};

static const JSCFunctionListEntry readable_statics[] = {
    JS_CFUNC_DEF("from", 1, readable_from),
};

const extension_class_t stream_class_readable = {
    .def = {.class_name = "ReadableStream", .finalizer = readable_finalize, .gc_mark = readable_mark},
    .constructor = readable_construct,
    .proto = readable_proto,
    .proto_len = BASE_COUNT(readable_proto),
    .statics = readable_statics,
    .statics_len = BASE_COUNT(readable_statics),
};

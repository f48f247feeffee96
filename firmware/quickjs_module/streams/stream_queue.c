// Queues with sizes and queuing strategies (Streams standard, sections 7 and 8.1).

#include <math.h>
#include <string.h>

#include "streams/stream_private.h"

int stream_queue_put(JSContext *ctx, stream_queue_t *queue, JSValue value, double size) {
    if (!(size >= 0) || isinf(size)) {
        JS_FreeValue(ctx, value);
        JS_ThrowRangeError(ctx, "the size of a chunk must be a finite number from 0 up");
        return -1;
    }
    if (queue->first + queue->count == queue->room) {
        if (queue->first > 0) {
            memmove(queue->items, queue->items + queue->first, queue->count * sizeof(*queue->items));
            queue->first = 0;
        } else {
            queue->room += queue->room / 2 + 2;
            queue->items = js_realloc(ctx, queue->items, queue->room * sizeof(*queue->items));
        }
    }
    queue->items[queue->first + queue->count++] = (stream_item_t){value, size};
    queue->total += size;
    return 0;
}

JSValue stream_queue_take(stream_queue_t *queue) {
    stream_item_t item = queue->items[queue->first++];
    queue->count--;
    // Rounding may have left less than was put in.
    queue->total = queue->total > item.size ? queue->total - item.size : 0;
    if (queue->count == 0) {
        queue->first = 0;
    }
    return item.value;
}

void stream_queue_reset(JSRuntime *rt, stream_queue_t *queue) {
    stream_queue_t old = *queue;
    *queue = (stream_queue_t){0};
    for (uint32_t i = 0; i < old.count; i++) {
        JS_FreeValueRT(rt, old.items[old.first + i].value);
    }
    js_free_rt(rt, old.items);
}

void stream_queue_mark(JSRuntime *rt, const stream_queue_t *queue, JS_MarkFunc *mark) {
    for (uint32_t i = 0; i < queue->count; i++) {
        JS_MarkValue(rt, queue->items[queue->first + i].value, mark);
    }
}

static int high_water_mark(JSContext *ctx, JSValueConst strategy, double *high_water) {
    JSValue value = JS_GetPropertyStr(ctx, strategy, "highWaterMark");
    if (JS_IsException(value) || JS_IsUndefined(value)) {
        return JS_IsException(value) ? -1 : 0;
    }
    int result = JS_ToFloat64(ctx, high_water, value);
    JS_FreeValue(ctx, value);
    if (result == 0 && !(*high_water >= 0)) {
        JS_ThrowRangeError(ctx, "highWaterMark must be a number from 0 up");
        result = -1;
    }
    return result;
}

int stream_strategy(JSContext *ctx, JSValueConst strategy, double default_mark, double *high_water, JSValue *size) {
    *high_water = default_mark;
    *size = JS_UNDEFINED;
    if (JS_IsUndefined(strategy) || JS_IsNull(strategy)) {
        return 0;
    }
    if (!JS_IsObject(strategy)) {
        JS_ThrowTypeError(ctx, "a queuing strategy must be an object");
        return -1;
    }

    if (high_water_mark(ctx, strategy, high_water) < 0) {
        return -1;
    }

    *size = JS_GetPropertyStr(ctx, strategy, "size");
    if (JS_IsException(*size)) {
        return -1;
    }
    if (!JS_IsUndefined(*size) && !JS_IsFunction(ctx, *size)) {
        JS_FreeValue(ctx, *size);
        JS_ThrowTypeError(ctx, "size of a queuing strategy must be a function");
        return -1;
    }
    return 0;
}

int stream_chunk_size(JSContext *ctx, JSValueConst function, JSValueConst chunk, double *size) {
    *size = 1;
    if (JS_IsUndefined(function)) {
        return 0;
    }
    JSValue held = JS_DupValue(ctx, function); // what it does may let go of it
    JSValue value = JS_Call(ctx, held, JS_UNDEFINED, 1, &chunk);
    JS_FreeValue(ctx, held);
    int result = JS_IsException(value) ? -1 : JS_ToFloat64(ctx, size, value);
    JS_FreeValue(ctx, value);
    return result;
}

// ---- ByteLengthQueuingStrategy and CountQueuingStrategy ----

static JSValue byte_length_size(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    return JS_GetPropertyStr(ctx, stream_argument(argc, argv), "byteLength");
}

static JSValue count_size(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)ctx, (void)this_val, (void)argc, (void)argv;
    return JS_NewInt32(ctx, 1);
}

static JSValue construct_strategy(JSContext *ctx, JSValueConst new_target, JSValueConst init, stream_class_id_t id) {
    if (!JS_IsObject(init)) {
        return JS_ThrowTypeError(ctx, "a queuing strategy needs { highWaterMark }");
    }
    JSValue value = JS_GetPropertyStr(ctx, init, "highWaterMark");
    if (JS_IsUndefined(value)) {
        return JS_ThrowTypeError(ctx, "a queuing strategy needs { highWaterMark }");
    }
    double high_water;
    int result = JS_IsException(value) ? -1 : JS_ToFloat64(ctx, &high_water, value);
    JS_FreeValue(ctx, value);
    JSValue object = result < 0 ? JS_EXCEPTION : stream_class_new(ctx, id, new_target);
    if (!JS_IsException(object)) {
        double *opaque = js_malloc(ctx, sizeof(*opaque));
        *opaque = high_water;
        JS_SetOpaque(object, opaque);
    }
    return object;
}

static JSValue byte_length_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    return construct_strategy(ctx, new_target, stream_argument(argc, argv), STREAM_BYTE_LENGTH_STRATEGY);
}

static JSValue count_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    return construct_strategy(ctx, new_target, stream_argument(argc, argv), STREAM_COUNT_STRATEGY);
}

// The magic number is the class.
static JSValue get_high_water(JSContext *ctx, JSValueConst this_val, int magic) {
    const double *high_water = stream_class_expect(ctx, (stream_class_id_t)magic, this_val);
    return high_water == NULL ? JS_EXCEPTION : JS_NewNumber(ctx, *high_water);
}

static JSValue get_size_function(JSContext *ctx, JSValueConst this_val, int magic) {
    if (stream_class_expect(ctx, (stream_class_id_t)magic, this_val) == NULL) {
        return JS_EXCEPTION;
    }
    bool bytes = magic == STREAM_BYTE_LENGTH_STRATEGY;
    return JS_NewCFunction(ctx, bytes ? byte_length_size : count_size, "size", bytes);
}

static void strategy_finalize(JSRuntime *rt, JSValueConst value) {
    js_free_rt(rt, JS_GetAnyOpaque(value, &(JSClassID){0}));
}

static const JSCFunctionListEntry byte_length_proto[] = {
    JS_CGETSET_MAGIC_DEF("highWaterMark", get_high_water, NULL, STREAM_BYTE_LENGTH_STRATEGY),
    JS_CGETSET_MAGIC_DEF("size", get_size_function, NULL, STREAM_BYTE_LENGTH_STRATEGY),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "ByteLengthQueuingStrategy", JS_PROP_CONFIGURABLE),
};

const extension_class_t stream_class_byte_length_strategy = {
    .def = {.class_name = "ByteLengthQueuingStrategy", .finalizer = strategy_finalize},
    .constructor = byte_length_construct,
    .length = 1,
    .proto = byte_length_proto,
    .proto_len = BASE_COUNT(byte_length_proto),
};

static const JSCFunctionListEntry count_proto[] = {
    JS_CGETSET_MAGIC_DEF("highWaterMark", get_high_water, NULL, STREAM_COUNT_STRATEGY),
    JS_CGETSET_MAGIC_DEF("size", get_size_function, NULL, STREAM_COUNT_STRATEGY),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "CountQueuingStrategy", JS_PROP_CONFIGURABLE),
};

const extension_class_t stream_class_count_strategy = {
    .def = {.class_name = "CountQueuingStrategy", .finalizer = strategy_finalize},
    .constructor = count_construct,
    .length = 1,
    .proto = count_proto,
    .proto_len = BASE_COUNT(count_proto),
};

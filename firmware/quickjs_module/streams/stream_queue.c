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

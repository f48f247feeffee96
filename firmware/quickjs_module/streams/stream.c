// The table of the streams' classes, and what lies behind their objects. See stream.h.

#include "streams/stream_private.h"

static const extension_class_t *const stream_classes[STREAM_CLASS_COUNT] = {
    [STREAM_READABLE] = &stream_class_readable,
    [STREAM_READER] = &stream_class_reader,
    [STREAM_CONTROLLER] = &stream_class_controller,
    [STREAM_ITERATOR] = &stream_class_iterator,
    [STREAM_TEE] = &stream_class_tee,
    [STREAM_COLLECTOR] = &stream_class_collector,
    [STREAM_PUMP] = &stream_class_pump,
    [STREAM_REACTION] = &stream_class_reaction,
    [STREAM_WRITABLE] = &stream_class_writable,
    [STREAM_WRITER] = &stream_class_writer,
    [STREAM_WRITABLE_CONTROLLER] = &stream_class_writable_controller,
    [STREAM_PIPE] = &stream_class_pipe,
    [STREAM_TRANSFORM] = &stream_class_transform,
    [STREAM_TRANSFORM_CONTROLLER] = &stream_class_transform_controller,
    [STREAM_BYTE_LENGTH_STRATEGY] = &stream_class_byte_length_strategy,
    [STREAM_COUNT_STRATEGY] = &stream_class_count_strategy,
};

// What every request that reads or sends a stream would make, so that it is part of the image.
static void stream_loaded(JSContext *ctx) {
    static const uint8_t needed[] = {STREAM_READER, STREAM_CONTROLLER, STREAM_REACTION, STREAM_PUMP};
    if (engine_knows_name(ctx, stream_class_readable.def.class_name)) {
        engine_need(ctx, ENGINE_TYPED_ARRAYS);
        for (int i = 0; i < BASE_COUNT(needed); i++) {
            extension_class_ready(ctx, &stream_extension, needed[i]);
        }
    }
}

extension_t stream_extension = {
    .classes = stream_classes,
    .class_count = STREAM_CLASS_COUNT,
    .rare = true,
    .loaded = stream_loaded,
};

static JSValue value_at(const void *object, uint16_t place) {
    return *(const JSValue *)((const char *)object + place);
}

void stream_free_values(JSRuntime *rt, void *object, const uint16_t *places, int count) {
    for (int i = 0; i < count; i++) {
        JS_FreeValueRT(rt, value_at(object, places[i]));
    }
}

void stream_mark_values(JSRuntime *rt, const void *object, const uint16_t *places, int count, JS_MarkFunc *mark) {
    for (int i = 0; i < count; i++) {
        JS_MarkValue(rt, value_at(object, places[i]), mark);
    }
}

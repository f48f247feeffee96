// The table of the events' classes and globals. See event.h.

#include "events/event_private.h"

#include "base_slice.h"

static const extension_class_t *const event_classes[EVENT_CLASS_COUNT] = {
    [EVENT_EVENT] = &event_class_event,
    [EVENT_CUSTOM] = &event_class_custom,
    [EVENT_TARGET] = &event_class_target,
    [EVENT_SIGNAL] = &event_class_signal,
    [EVENT_CONTROLLER] = &event_class_controller,
};

static JSValue make_self(JSContext *ctx, const char *name) {
    (void)name;
    return JS_GetGlobalObject(ctx);
}

static const extension_global_t event_globals[] = {
    {"addEventListener", event_global_function, false},
    {"removeEventListener", event_global_function, false},
    {"dispatchEvent", event_global_function, false},
    {"self", make_self, false},
};

extension_t event_extension = {
    .classes = event_classes,
    .class_count = EVENT_CLASS_COUNT,
    .globals = event_globals,
    .global_count = BASE_COUNT(event_globals),
    .state_size = sizeof(event_state_t),
    .rare = true,
};

JSValue event_class_proto(JSContext *ctx, event_class_id_t id) {
    extension_class_ready(ctx, &event_extension, id);
    return JS_GetClassProto(ctx, event_extension.first_class + id);
}

JSValue event_proto(JSContext *ctx) {
    return event_class_proto(ctx, EVENT_EVENT);
}

// What the files of the events share. Not for others.

#ifndef EDGELET_EVENT_PRIVATE_H
#define EDGELET_EVENT_PRIVATE_H

#include "engine/engine.h"
#include "events/event.h"

// Indexes of event_extension.classes.
typedef enum {
    EVENT_EVENT,
    EVENT_CUSTOM,
    EVENT_TARGET,
    EVENT_SIGNAL,
    EVENT_CONTROLLER,
    EVENT_CLASS_COUNT,
} event_class_id_t;

extern const extension_class_t event_class_event;
extern const extension_class_t event_class_custom;
extern const extension_class_t event_class_target;
extern const extension_class_t event_class_signal;
extern const extension_class_t event_class_controller;

static inline JSValue event_class_new(JSContext *ctx, event_class_id_t id, JSValueConst new_target) {
    return extension_class_new(ctx, &event_extension, id, new_target);
}
static inline void *event_class_get(event_class_id_t id, JSValueConst value) {
    return extension_class_get(&event_extension, id, value);
}
static inline void *event_class_expect(JSContext *ctx, event_class_id_t id, JSValueConst value) {
    return extension_class_expect(ctx, &event_extension, id, value);
}
JSValue event_class_proto(JSContext *ctx, event_class_id_t id);

// ---- Event (event_object.c) ----

typedef enum {
    EVENT_PHASE_NONE,
    EVENT_PHASE_CAPTURING,
    EVENT_PHASE_AT_TARGET,
    EVENT_PHASE_BUBBLING,
} event_phase_t;

typedef struct _event_t {
    JSAtom type;
    JSValue target, current_target; // null where there is none
    JSValue detail;                 // of a CustomEvent
    double time;                    // ms since the time origin
    uint8_t phase;
    bool bubbles, cancelable, composed;
    bool cancelled, passive, stop, stop_at_once, dispatching, trusted;
} event_t;

// What lies behind an Event or an object of a class that extends it; NULL for anything else.
event_t *event_of(JSValueConst value);

// ---- EventTarget (event_target.c) ----

typedef struct _event_listener_t {
    struct _event_listener_t *next;
    JSAtom type;
    JSValue callback;
    JSValue signal;  // that removes it; undefined for none
    uint32_t number; // those of a target grow
    bool capture, once, passive;
    bool attribute; // it is the value of an attribute such as onabort
    bool removed;   // while the target dispatches
} event_listener_t;

// The first member of what lies behind an EventTarget.
typedef struct _event_target_t {
    event_listener_t *first;
    uint32_t next_number;
    uint32_t dispatching; // how many dispatches are under way
} event_target_t;

// What the room has in each context.
typedef struct _event_state_t {
    event_target_t *global; // NULL before anybody listens on the global object
} event_state_t;

static inline event_state_t *event_state(JSContext *ctx) {
    return extension_state(ctx, &event_extension);
}

// Whether somebody listens for that type.
bool event_target_listens(const event_target_t *target, JSAtom type);
// Dispatches an event, which is not under dispatch, on a target, whose object the caller holds. What a listener throws
// is logged where `reports`, and ends the dispatch where not. 0, or -1 with the exception pending: one that nothing may
// catch where `reports`.
int event_target_dispatch(
    JSContext *ctx, event_target_t *target, JSValueConst object, JSValueConst event, bool reports);
// Makes a new event of that type and dispatches it, where somebody listens. 0 or -1, as above with `reports`.
int event_target_fire(JSContext *ctx, event_target_t *target, JSValueConst object, const char *type);
// An attribute such as onabort: its value, and what setting it does.
JSValue event_target_attribute(JSContext *ctx, const event_target_t *target, const char *type);
void event_target_set_attribute(JSContext *ctx, event_target_t *target, const char *type, JSValueConst value);

void event_target_free(JSRuntime *rt, event_target_t *target);
void event_target_mark(JSRuntime *rt, const event_target_t *target, JS_MarkFunc *mark);

// addEventListener, removeEventListener and dispatchEvent of the global object, which the magic number tells apart.
JSValue event_global_function(JSContext *ctx, const char *name);

#endif // EDGELET_EVENT_PRIVATE_H

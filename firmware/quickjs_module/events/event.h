// Events (DOM standard, sections 2 and 3): EventTarget, Event, CustomEvent, AbortController, AbortSignal, and the
// global object as an EventTarget. There is no tree: an event's path is its target.
//
// Nothing of this takes memory before a handler names it.

#ifndef EDGELET_EVENT_H
#define EDGELET_EVENT_H

#include "isolate/extension.h"

extern extension_t event_extension;

// ---- events of the platform ----

// %Event.prototype%.
JSValue event_proto(JSContext *ctx);
// A new event whose isTrusted is true; `proto` inherits from %Event.prototype%, or is undefined for that itself.
JSValue event_new(JSContext *ctx, const char *type, JSValueConst proto);

// Whether somebody listens for that type on the global object.
bool event_global_listens(JSContext *ctx, const char *type);
// Dispatches an event on the global object. What a listener throws ends that: -1 with the exception pending, or 0.
int event_global_dispatch(JSContext *ctx, JSValueConst event);

// ---- AbortSignal ----

bool event_is_signal(JSValueConst value);
// The attribute reason; undefined as long as the signal is not aborted.
JSValue event_signal_reason(JSContext *ctx, JSValueConst signal);
bool event_signal_is_aborted(JSValueConst signal);

// What is to be done when a signal is aborted, before its listeners are called. It leaves no exception pending.
typedef void event_abort_step_t(JSContext *ctx, JSValueConst signal, JSValueConst subject);
// Has `step` run once when the signal is aborted; nothing where it is aborted already. The signal holds the subject.
void event_signal_add(JSContext *ctx, JSValueConst signal, event_abort_step_t *step, JSValueConst subject);
// Undoes that. `subject` is an object.
void event_signal_remove(JSContext *ctx, JSValueConst signal, event_abort_step_t *step, JSValueConst subject);

// A signal that only C aborts.
JSValue event_signal_new(JSContext *ctx);
// Aborts it, unless it is aborted. Where `reason` is undefined, that is an AbortError. Scripts run: 0, or -1 with a
// pending exception that nothing may catch.
int event_signal_abort(JSContext *ctx, JSValueConst signal, JSValueConst reason);

#endif // EDGELET_EVENT_H

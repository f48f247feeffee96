// EventTarget (DOM standard, sections 2.7 to 2.9), and the global object as one.

#include "base_slice.h"
#include "events/event_private.h"

// ---- listeners ----

static void free_listener(JSRuntime *rt, event_listener_t *listener) {
    JS_FreeAtomRT(rt, listener->type);
    JS_FreeValueRT(rt, listener->callback);
    JS_FreeValueRT(rt, listener->signal);
    js_free_rt(rt, listener);
}

// Frees those that were removed, where no dispatch walks the list.
static void sweep(JSContext *ctx, event_target_t *target) {
    event_listener_t **at = &target->first;
    while (target->dispatching == 0 && *at != NULL) {
        event_listener_t *listener = *at;
        if (listener->removed) {
            *at = listener->next;
            free_listener(JS_GetRuntime(ctx), listener);
        } else {
            at = &listener->next;
        }
    }
}

// Appends a listener for that type, counting what it is given.
static event_listener_t *append(JSContext *ctx, event_target_t *target, JSAtom type, JSValueConst callback) {
    event_listener_t *listener = js_mallocz(ctx, sizeof(*listener));
    listener->type = JS_DupAtom(ctx, type);
    listener->callback = JS_DupValue(ctx, callback);
    listener->signal = JS_UNDEFINED;
    listener->number = target->next_number++;
    event_listener_t **end = &target->first;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = listener;
    return listener;
}

static event_listener_t *event_target_find(
    const event_target_t *target, JSAtom type, JSValueConst callback, bool capture) {
    event_listener_t *listener = target->first;
    while (listener != NULL &&
           (listener->removed || listener->attribute || listener->type != type || listener->capture != capture ||
               JS_VALUE_GET_PTR(listener->callback) != JS_VALUE_GET_PTR(callback))) {
        listener = listener->next;
    }
    return listener;
}

static event_listener_t *find_attribute(const event_target_t *target, JSAtom type) {
    event_listener_t *listener = target->first;
    while (listener != NULL && (listener->removed || !listener->attribute || listener->type != type)) {
        listener = listener->next;
    }
    return listener;
}

bool event_target_listens(const event_target_t *target, JSAtom type) {
    const event_listener_t *listener = target->first;
    while (listener != NULL && (listener->removed || listener->type != type)) {
        listener = listener->next;
    }
    return listener != NULL;
}

void event_target_free(JSRuntime *rt, event_target_t *target) {
    while (target->first != NULL) {
        event_listener_t *listener = target->first;
        target->first = listener->next;
        free_listener(rt, listener);
    }
    js_free_rt(rt, target);
}

void event_target_mark(JSRuntime *rt, const event_target_t *target, JS_MarkFunc *mark) {
    for (const event_listener_t *listener = target->first; listener != NULL; listener = listener->next) {
        JS_MarkValue(rt, listener->callback, mark);
        JS_MarkValue(rt, listener->signal, mark);
    }
}

// ---- attributes ----

JSValue event_target_attribute(JSContext *ctx, const event_target_t *target, const char *type) {
    JSAtom atom = JS_NewAtom(ctx, type);
    const event_listener_t *listener = find_attribute(target, atom);
    JS_FreeAtom(ctx, atom);
    return listener == NULL ? JS_NULL : JS_DupValue(ctx, listener->callback);
}

void event_target_set_attribute(JSContext *ctx, event_target_t *target, const char *type, JSValueConst value) {
    JSAtom atom = JS_NewAtom(ctx, type);
    event_listener_t *listener = find_attribute(target, atom);
    if (!JS_IsObject(value)) {
        if (listener != NULL) {
            listener->removed = true;
        }
        sweep(ctx, target);
    } else if (listener == NULL) {
        append(ctx, target, atom, value)->attribute = true;
    } else {
        JS_FreeValue(ctx, listener->callback);
        listener->callback = JS_DupValue(ctx, value);
    }
    JS_FreeAtom(ctx, atom);
}

// ---- dispatch ----

static JSValue call_listener(
    JSContext *ctx, const event_listener_t *listener, JSValueConst object, JSValueConst event) {
    if (JS_IsFunction(ctx, listener->callback)) {
        return JS_Call(ctx, listener->callback, object, 1, &event);
    }
    if (listener->attribute) {
        return JS_UNDEFINED;
    }
    JSValue method = JS_GetPropertyStr(ctx, listener->callback, "handleEvent");
    JSValue result = JS_EXCEPTION;
    if (JS_IsFunction(ctx, method)) {
        result = JS_Call(ctx, method, listener->callback, 1, &event);
    } else if (!JS_IsException(method)) {
        JS_ThrowTypeError(ctx, "handleEvent of an event listener must be a function");
    }
    JS_FreeValue(ctx, method);
    return result;
}

// Calls one listener. 0, or -1 with the exception pending.
static int invoke(
    JSContext *ctx, event_listener_t *listener, event_t *event, JSValueConst object, JSValueConst event_object) {
    // What it does may set another value for the attribute.
    event_listener_t held = *listener;
    held.callback = JS_DupValue(ctx, listener->callback);
    listener->removed = listener->removed || listener->once;
    event->passive = listener->passive;
    JSValue result = call_listener(ctx, &held, object, event_object);
    event->passive = false;
    JS_FreeValue(ctx, held.callback);
    JS_FreeValue(ctx, result);
    return JS_IsException(result) ? -1 : 0;
}

// Calls the listeners that are there when this begins. As event_target_dispatch.
static int invoke_all(JSContext *ctx, event_target_t *target, event_t *event, JSValueConst object,
    JSValueConst event_object, bool reports) {
    uint32_t end = target->next_number;
    int result = 0;
    event_listener_t *listener = target->first;
    for (; listener != NULL && listener->number < end && !event->stop_at_once; listener = listener->next) {
        if (listener->removed || listener->type != event->type ||
            invoke(ctx, listener, event, object, event_object) == 0) {
            continue;
        }
        if (!reports || host_log_exception(ctx, NULL) < 0) {
            result = -1;
            break;
        }
    }
    return result;
}

int event_target_dispatch(
    JSContext *ctx, event_target_t *target, JSValueConst object, JSValueConst event_object, bool reports) {
    event_t *event = event_of(event_object);
    JS_FreeValue(ctx, event->target);
    event->target = JS_DupValue(ctx, object);
    event->current_target = JS_DupValue(ctx, object);
    event->phase = EVENT_PHASE_AT_TARGET;
    event->dispatching = true;
    target->dispatching++;

    int result = event->stop ? 0 : invoke_all(ctx, target, event, object, event_object, reports);

    target->dispatching--;
    sweep(ctx, target);
    event->phase = EVENT_PHASE_NONE;
    event->dispatching = event->stop = event->stop_at_once = false;
    JS_FreeValue(ctx, event->current_target);
    event->current_target = JS_NULL;
    return result;
}

int event_target_fire(JSContext *ctx, event_target_t *target, JSValueConst object, const char *type) {
    JSAtom atom = JS_NewAtom(ctx, type);
    bool listens = event_target_listens(target, atom);
    JS_FreeAtom(ctx, atom);
    if (!listens) {
        return 0;
    }
    JSValue event = event_new(ctx, type, JS_UNDEFINED);
    int result = event_target_dispatch(ctx, target, object, event, true);
    JS_FreeValue(ctx, event);
    return result;
}

// ---- the methods ----

static event_target_t *global_target(JSContext *ctx) {
    event_state_t *state = event_state(ctx);
    if (state->global == NULL) {
        state->global = js_mallocz(ctx, sizeof(*state->global));
    }
    return state->global;
}

// The target behind the `this` of a method, for which `*object` stands, counted; no object is the global one. NULL with
// a pending TypeError.
static event_target_t *target_of(JSContext *ctx, JSValueConst this_val, JSValue *object) {
    event_target_t *target = event_class_get(EVENT_TARGET, this_val);
    if (target == NULL) {
        target = event_class_get(EVENT_SIGNAL, this_val);
    }
    *object = target != NULL ? JS_DupValue(ctx, this_val) : JS_GetGlobalObject(ctx);
    bool is_global = JS_IsUndefined(this_val) || JS_IsNull(this_val) ||
                     (JS_IsObject(this_val) && JS_VALUE_GET_PTR(this_val) == JS_VALUE_GET_PTR(*object));
    if (target == NULL && is_global) {
        target = global_target(ctx);
    }
    if (target == NULL) {
        JS_FreeValue(ctx, *object);
        JS_ThrowTypeError(ctx, "this is not an EventTarget");
    }
    return target;
}

// The options of a listener; `signal` is undefined for none.
typedef struct _options_t {
    bool capture, once, passive;
    JSValue signal;
} options_t;

// 0 or -1.
static int read_signal(JSContext *ctx, JSValueConst value, options_t *options) {
    options->signal = JS_GetPropertyStr(ctx, value, "signal");
    if (JS_IsException(options->signal)) {
        return -1;
    }
    if (!JS_IsUndefined(options->signal) && !event_is_signal(options->signal)) {
        JS_FreeValue(ctx, options->signal);
        JS_ThrowTypeError(ctx, "signal of an event listener must be an AbortSignal");
        return -1;
    }
    return 0;
}

// 0 or -1. Without `all`, the member capture only.
static int event_target_read_options(JSContext *ctx, JSValueConst value, bool all, options_t *options) {
    *options = (options_t){.signal = JS_UNDEFINED};
    if (!JS_IsObject(value)) {
        options->capture = JS_ToBool(ctx, value) > 0;
        return 0;
    }
    if (engine_read_flag(ctx, value, "capture", &options->capture) < 0) {
        return -1;
    }
    if (!all) {
        return 0;
    }
    if (engine_read_flag(ctx, value, "once", &options->once) < 0 ||
        engine_read_flag(ctx, value, "passive", &options->passive) < 0) {
        return -1;
    }
    return read_signal(ctx, value, options);
}

// The first two arguments and the options. 1, 0 where there is no callback, -1 with a pending exception.
static int read_arguments(JSContext *ctx, int argc, JSValueConst *argv, bool all, JSAtom *type, options_t *options) {
    if (argc < 2) {
        JS_ThrowTypeError(ctx, "2 arguments needed, got %d", argc);
        return -1;
    }
    JSValue string = JS_ToString(ctx, argv[0]);
    if (JS_IsException(string)) {
        return -1;
    }
    if (event_target_read_options(ctx, argc > 2 ? argv[2] : JS_UNDEFINED, all, options) < 0) {
        JS_FreeValue(ctx, string);
        return -1;
    }
    *type = JS_ValueToAtom(ctx, string);
    JS_FreeValue(ctx, string);
    if (JS_IsObject(argv[1])) {
        return 1;
    }
    JS_FreeAtom(ctx, *type);
    JS_FreeValue(ctx, options->signal);
    if (JS_IsUndefined(argv[1]) || JS_IsNull(argv[1])) {
        return 0;
    }
    JS_ThrowTypeError(ctx, "an event listener must be a function or an object with handleEvent");
    return -1;
}

// Removes what was added with that signal.
static void remove_by_signal(JSContext *ctx, JSValueConst signal, JSValueConst subject) {
    JSValue object;
    event_target_t *target = target_of(ctx, subject, &object);
    for (event_listener_t *listener = target->first; listener != NULL; listener = listener->next) {
        if (JS_IsObject(listener->signal) && JS_VALUE_GET_PTR(listener->signal) == JS_VALUE_GET_PTR(signal)) {
            listener->removed = true;
        }
    }
    sweep(ctx, target);
    JS_FreeValue(ctx, object);
}

static void add_listener(JSContext *ctx, event_target_t *target, JSValueConst object, JSAtom type,
    JSValueConst callback, const options_t *options) {
    bool has_signal = !JS_IsUndefined(options->signal);
    if ((has_signal && event_signal_is_aborted(options->signal)) ||
        event_target_find(target, type, callback, options->capture) != NULL) {
        return;
    }
    event_listener_t *listener = append(ctx, target, type, callback);
    listener->capture = options->capture;
    listener->once = options->once;
    listener->passive = options->passive;
    if (has_signal) {
        listener->signal = JS_DupValue(ctx, options->signal);
        event_signal_add(ctx, options->signal, remove_by_signal, object);
    }
}

static JSValue target_add(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    JSValue object;
    event_target_t *target = target_of(ctx, this_val, &object);
    if (target == NULL) {
        return JS_EXCEPTION;
    }
    JSAtom type;
    options_t options;
    int found = read_arguments(ctx, argc, argv, true, &type, &options);
    if (found > 0) {
        add_listener(ctx, target, object, type, argv[1], &options);
        JS_FreeAtom(ctx, type);
        JS_FreeValue(ctx, options.signal);
    }
    JS_FreeValue(ctx, object);
    return found < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

static JSValue target_remove(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    JSValue object;
    event_target_t *target = target_of(ctx, this_val, &object);
    if (target == NULL) {
        return JS_EXCEPTION;
    }
    JSAtom type;
    options_t options;
    int found = read_arguments(ctx, argc, argv, false, &type, &options);
    if (found > 0) {
        event_listener_t *listener = event_target_find(target, type, argv[1], options.capture);
        if (listener != NULL) {
            listener->removed = true;
            sweep(ctx, target);
        }
        JS_FreeAtom(ctx, type);
    }
    JS_FreeValue(ctx, object);
    return found < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

static JSValue target_dispatch(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    event_t *event = argc > 0 ? event_of(argv[0]) : NULL;
    if (event == NULL) {
        return JS_ThrowTypeError(ctx, "dispatchEvent needs an Event");
    }
    if (event->dispatching) {
        return JS_Throw(ctx, engine_dom_exception(ctx, "InvalidStateError", "The event is already being dispatched"));
    }
    JSValue object;
    event_target_t *target = target_of(ctx, this_val, &object);
    if (target == NULL) {
        return JS_EXCEPTION;
    }
    event->trusted = false;
    int result = event_target_dispatch(ctx, target, object, argv[0], true);
    JS_FreeValue(ctx, object);
    return result < 0 ? JS_EXCEPTION : JS_NewBool(ctx, !event->cancelled);
}

// ---- the global object ----

JSValue event_global_function(JSContext *ctx, const char *name) {
    switch (name[0]) {
        case 'a':
            return JS_NewCFunction(ctx, target_add, name, 2);
        case 'r':
            return JS_NewCFunction(ctx, target_remove, name, 2);
        default:
            return JS_NewCFunction(ctx, target_dispatch, name, 1);
    }
}

bool event_global_listens(JSContext *ctx, const char *type) {
    const event_target_t *target = event_state(ctx)->global;
    if (target == NULL) {
        return false;
    }
    JSAtom atom = JS_NewAtom(ctx, type);
    bool listens = event_target_listens(target, atom);
    JS_FreeAtom(ctx, atom);
    return listens;
}

int event_global_dispatch(JSContext *ctx, JSValueConst event) {
    JSValue global = JS_GetGlobalObject(ctx);
    int result = event_target_dispatch(ctx, global_target(ctx), global, event, false);
    JS_FreeValue(ctx, global);
    return result;
}

// ---- the class ----

static JSValue target_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    JSValue object = event_class_new(ctx, EVENT_TARGET, new_target);
    if (!JS_IsException(object)) {
        JS_SetOpaque(object, js_mallocz(ctx, sizeof(event_target_t)));
    }
    return object;
}

static void target_finalize(JSRuntime *rt, JSValueConst value) {
    event_target_t *target = event_class_get(EVENT_TARGET, value);
    if (target != NULL) {
        event_target_free(rt, target);
    }
}

static void target_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const event_target_t *target = event_class_get(EVENT_TARGET, value);
    if (target != NULL) {
        event_target_mark(rt, target, mark);
    }
}

static const JSCFunctionListEntry target_proto[] = {
    JS_CFUNC_DEF("addEventListener", 2, target_add),
    JS_CFUNC_DEF("removeEventListener", 2, target_remove),
    JS_CFUNC_DEF("dispatchEvent", 1, target_dispatch),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "EventTarget", JS_PROP_CONFIGURABLE),
};

const extension_class_t event_class_target = {
    .def = {.class_name = "EventTarget", .finalizer = target_finalize, .gc_mark = target_mark},
    .constructor = target_construct,
    .proto = target_proto,
    .proto_len = BASE_COUNT(target_proto),
};

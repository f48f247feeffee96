// AbortController and AbortSignal (DOM standard, sections 3.1 and 3.2).

#include "base_slice.h"
#include "events/event_private.h"

// What is to be done when the signal is aborted. Without a step, the subject is a dependent signal, which is aborted
// too.
typedef struct _algorithm_t {
    struct _algorithm_t *next;
    event_abort_step_t *step;
    JSValue subject;
} algorithm_t;

typedef struct _signal_t {
    event_target_t target;
    JSValue reason;  // undefined as long as it is not aborted
    JSValue sources; // array of the signals that it depends on; undefined where it does not depend on others
    algorithm_t *first;
} signal_t;

static signal_t *signal_of(JSValueConst value) {
    return event_class_get(EVENT_SIGNAL, value);
}

bool event_is_signal(JSValueConst value) {
    return signal_of(value) != NULL;
}

JSValue event_signal_reason(JSContext *ctx, JSValueConst signal) {
    return JS_DupValue(ctx, signal_of(signal)->reason);
}

bool event_signal_is_aborted(JSValueConst signal) {
    return !JS_IsUndefined(signal_of(signal)->reason);
}

JSValue event_signal_new(JSContext *ctx) {
    JSValue object = event_class_new(ctx, EVENT_SIGNAL, JS_UNDEFINED);
    signal_t *signal = js_mallocz(ctx, sizeof(*signal));
    signal->reason = signal->sources = JS_UNDEFINED;
    JS_SetOpaque(object, signal);
    return object;
}

// ---- algorithms ----

static void free_algorithm(JSRuntime *rt, algorithm_t *algorithm) {
    JS_FreeValueRT(rt, algorithm->subject);
    js_free_rt(rt, algorithm);
}

void event_signal_add(JSContext *ctx, JSValueConst object, event_abort_step_t *step, JSValueConst subject) {
    if (event_signal_is_aborted(object)) {
        return;
    }
    algorithm_t *algorithm = js_malloc(ctx, sizeof(*algorithm));
    *algorithm = (algorithm_t){.step = step, .subject = JS_DupValue(ctx, subject)};
    algorithm_t **end = &signal_of(object)->first;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = algorithm;
}

void event_signal_remove(JSContext *ctx, JSValueConst object, event_abort_step_t *step, JSValueConst subject) {
    algorithm_t **at = &signal_of(object)->first;
    while (*at != NULL && ((*at)->step != step || JS_VALUE_GET_PTR((*at)->subject) != JS_VALUE_GET_PTR(subject))) {
        at = &(*at)->next;
    }
    algorithm_t *algorithm = *at;
    if (algorithm != NULL) {
        *at = algorithm->next;
        free_algorithm(JS_GetRuntime(ctx), algorithm);
    }
}

// ---- aborting ----

// The signals that depend on this one and are aborted with it now.
static JSValue abort_dependents(JSContext *ctx, const signal_t *signal) {
    JSValue list = JS_NewArray(ctx);
    uint32_t count = 0;
    for (const algorithm_t *algorithm = signal->first; algorithm != NULL; algorithm = algorithm->next) {
        if (algorithm->step == NULL && !event_signal_is_aborted(algorithm->subject)) {
            signal_of(algorithm->subject)->reason = JS_DupValue(ctx, signal->reason);
            JS_DefinePropertyValueUint32(ctx, list, count++, JS_DupValue(ctx, algorithm->subject), JS_PROP_C_W_E);
        }
    }
    return list;
}

// Runs the steps of a signal that is aborted, and calls its listeners. 0 or -1.
static int run_steps(JSContext *ctx, JSValueConst object) {
    signal_t *signal = signal_of(object);
    while (signal->first != NULL) {
        algorithm_t *algorithm = signal->first;
        signal->first = algorithm->next;
        if (algorithm->step != NULL) {
            algorithm->step(ctx, object, algorithm->subject);
        }
        free_algorithm(JS_GetRuntime(ctx), algorithm);
    }
    return event_target_fire(ctx, &signal->target, object, "abort");
}

int event_signal_abort(JSContext *ctx, JSValueConst object, JSValueConst reason) {
    signal_t *signal = signal_of(object);
    if (event_signal_is_aborted(object)) {
        return 0;
    }
    signal->reason = JS_IsUndefined(reason) ? engine_dom_exception(ctx, "AbortError", "The operation was aborted")
                                            : JS_DupValue(ctx, reason);
    JSValue dependents = abort_dependents(ctx, signal);
    int result = run_steps(ctx, object);
    int64_t count = 0;
    JS_GetLength(ctx, dependents, &count);
    for (int64_t i = 0; i < count && result == 0; i++) {
        JSValue dependent = JS_GetPropertyInt64(ctx, dependents, i);
        result = run_steps(ctx, dependent);
        JS_FreeValue(ctx, dependent);
    }
    JS_FreeValue(ctx, dependents);
    return result;
}

// ---- AbortSignal ----

static JSValue signal_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    (void)new_target, (void)argc, (void)argv;
    return JS_ThrowTypeError(ctx, "Illegal constructor: an AbortSignal comes from an AbortController, or from "
                                  "AbortSignal.timeout, any and abort");
}

static JSValue signal_abort(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    JSValue object = event_signal_new(ctx);
    int result = event_signal_abort(ctx, object, argc > 0 ? argv[0] : JS_UNDEFINED);
    (void)result; // nobody listens yet
    return object;
}

static JSValue time_is_over(
    JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic, JSValueConst *data) {
    (void)this_val, (void)argc, (void)argv, (void)magic;
    JSValue reason = engine_dom_exception(ctx, "TimeoutError", "The operation was aborted due to timeout");
    int result = event_signal_abort(ctx, data[0], reason);
    JS_FreeValue(ctx, reason);
    return result < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

// Up to here a number of milliseconds is exact (Web IDL's EnforceRange).
#define SAFE_INTEGER_MAX (9007199254740991.0)

static JSValue signal_timeout(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    double ms;
    if (JS_ToFloat64(ctx, &ms, argc > 0 ? argv[0] : JS_UNDEFINED) < 0) {
        return JS_EXCEPTION;
    }
    if (!(ms > -1 && ms < SAFE_INTEGER_MAX + 1)) {
        return JS_ThrowTypeError(ctx, "AbortSignal.timeout needs a number of milliseconds from 0 up");
    }
    JSValue object = event_signal_new(ctx);
    JSValue function = JS_NewCFunctionData(ctx, time_is_over, 0, 0, 1, &object);
    if (host_timer(ctx, "AbortSignal.timeout", ms, function) < 0) {
        JS_FreeValue(ctx, object);
        return JS_EXCEPTION;
    }
    return object;
}

// The items of an iterable as an array, all of them signals, or an exception.
static JSValue list_of_signals(JSContext *ctx, JSValueConst iterable) {
    JSValue list = engine_list_of(ctx, iterable);
    int64_t count = 0;
    if (JS_IsException(list)) {
        return list;
    }
    JS_GetLength(ctx, list, &count);
    for (int64_t i = 0; i < count; i++) {
        JSValue item = JS_GetPropertyInt64(ctx, list, i);
        bool is_signal = event_is_signal(item);
        JS_FreeValue(ctx, item);
        if (!is_signal) {
            JS_FreeValue(ctx, list);
            return JS_ThrowTypeError(ctx, "AbortSignal.any needs an iterable of AbortSignals");
        }
    }
    return list;
}

static void depend_on(JSContext *ctx, JSValueConst object, JSValueConst source) {
    JSValueConst sources = signal_of(object)->sources;
    int64_t count = 0;
    JS_GetLength(ctx, sources, &count);
    JS_DefinePropertyValueUint32(ctx, sources, (uint32_t)count, JS_DupValue(ctx, source), JS_PROP_C_W_E);
    event_signal_add(ctx, source, NULL, object);
}

// Sources of sources stand for these, so that no signal depends on one that depends on others.
static void depend_on_all(JSContext *ctx, JSValueConst object, JSValueConst list) {
    int64_t count = 0;
    JS_GetLength(ctx, list, &count);
    for (int64_t i = 0; i < count; i++) {
        JSValue source = JS_GetPropertyInt64(ctx, list, i);
        JSValueConst sources = signal_of(source)->sources;
        if (JS_IsUndefined(sources)) {
            depend_on(ctx, object, source);
        } else {
            depend_on_all(ctx, object, sources);
        }
        JS_FreeValue(ctx, source);
    }
}

// The reason of the first that is aborted, or undefined.
static JSValue first_reason(JSContext *ctx, JSValueConst list) {
    int64_t count = 0;
    JSValue reason = JS_UNDEFINED;
    JS_GetLength(ctx, list, &count);
    for (int64_t i = 0; i < count && JS_IsUndefined(reason); i++) {
        JSValue signal = JS_GetPropertyInt64(ctx, list, i);
        reason = event_signal_reason(ctx, signal);
        JS_FreeValue(ctx, signal);
    }
    return reason;
}

static JSValue signal_any(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    JSValue list = list_of_signals(ctx, argc > 0 ? argv[0] : JS_UNDEFINED);
    if (JS_IsException(list)) {
        return list;
    }
    JSValue object = event_signal_new(ctx);
    signal_t *signal = signal_of(object);
    signal->reason = first_reason(ctx, list);
    if (JS_IsUndefined(signal->reason)) {
        signal->sources = JS_NewArray(ctx);
        depend_on_all(ctx, object, list);
    }
    JS_FreeValue(ctx, list);
    return object;
}

static JSValue signal_throw_if_aborted(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    const signal_t *signal = event_class_expect(ctx, EVENT_SIGNAL, this_val);
    if (signal == NULL) {
        return JS_EXCEPTION;
    }
    return JS_IsUndefined(signal->reason) ? JS_UNDEFINED : JS_Throw(ctx, JS_DupValue(ctx, signal->reason));
}

typedef enum {
    GET_ABORTED,
    GET_REASON,
    GET_ONABORT,
} signal_getter_t;

static JSValue signal_get(JSContext *ctx, JSValueConst this_val, int magic) {
    const signal_t *signal = event_class_expect(ctx, EVENT_SIGNAL, this_val);
    if (signal == NULL) {
        return JS_EXCEPTION;
    }
    switch (magic) {
        case GET_ABORTED:
            return JS_NewBool(ctx, event_signal_is_aborted(this_val));
        case GET_REASON:
            return event_signal_reason(ctx, this_val);
        default:
            return event_target_attribute(ctx, &signal->target, "abort");
    }
}

static JSValue signal_set(JSContext *ctx, JSValueConst this_val, JSValueConst value, int magic) {
    (void)magic;
    signal_t *signal = event_class_expect(ctx, EVENT_SIGNAL, this_val);
    if (signal == NULL) {
        return JS_EXCEPTION;
    }
    event_target_set_attribute(ctx, &signal->target, "abort", value);
    return JS_UNDEFINED;
}

static void signal_finalize(JSRuntime *rt, JSValueConst value) {
    signal_t *signal = signal_of(value);
    if (signal == NULL) {
        return;
    }
    while (signal->first != NULL) {
        algorithm_t *algorithm = signal->first;
        signal->first = algorithm->next;
        free_algorithm(rt, algorithm);
    }
    JS_FreeValueRT(rt, signal->reason);
    JS_FreeValueRT(rt, signal->sources);
    event_target_free(rt, &signal->target);
}

static void signal_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const signal_t *signal = signal_of(value);
    if (signal == NULL) {
        return;
    }
    for (const algorithm_t *algorithm = signal->first; algorithm != NULL; algorithm = algorithm->next) {
        JS_MarkValue(rt, algorithm->subject, mark);
    }
    JS_MarkValue(rt, signal->reason, mark);
    JS_MarkValue(rt, signal->sources, mark);
    event_target_mark(rt, &signal->target, mark);
}

static JSValue event_signal_parent(JSContext *ctx) {
    return event_class_proto(ctx, EVENT_TARGET);
}

static const JSCFunctionListEntry signal_statics[] = {
    JS_CFUNC_DEF("abort", 0, signal_abort),
    JS_CFUNC_DEF("any", 1, signal_any),
    JS_CFUNC_DEF("timeout", 1, signal_timeout),
};

static const JSCFunctionListEntry signal_proto[] = {
    JS_CGETSET_MAGIC_DEF("aborted", signal_get, NULL, GET_ABORTED),
    JS_CGETSET_MAGIC_DEF("reason", signal_get, NULL, GET_REASON),
    JS_CGETSET_MAGIC_DEF("onabort", signal_get, signal_set, GET_ONABORT),
    JS_CFUNC_DEF("throwIfAborted", 0, signal_throw_if_aborted),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "AbortSignal", JS_PROP_CONFIGURABLE),
};

const extension_class_t event_class_signal = {
    .def = {.class_name = "AbortSignal", .finalizer = signal_finalize, .gc_mark = signal_mark},
    .constructor = signal_construct,
    .proto = signal_proto,
    .proto_len = BASE_COUNT(signal_proto),
    .statics = signal_statics,
    .statics_len = BASE_COUNT(signal_statics),
    .parent = event_signal_parent,
};

// ---- AbortController: what lies behind it is its signal's object ----

static JSValue controller_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    JSValue object = event_class_new(ctx, EVENT_CONTROLLER, new_target);
    if (!JS_IsException(object)) {
        JS_SetOpaque(object, JS_VALUE_GET_PTR(event_signal_new(ctx)));
    }
    return object;
}

static JSValue controller_get(JSContext *ctx, JSValueConst this_val) {
    void *signal = event_class_expect(ctx, EVENT_CONTROLLER, this_val);
    return signal == NULL ? JS_EXCEPTION : JS_DupValue(ctx, JS_MKPTR(JS_TAG_OBJECT, signal));
}

static JSValue controller_abort(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    JSValue signal = controller_get(ctx, this_val);
    if (JS_IsException(signal)) {
        return signal;
    }
    int result = event_signal_abort(ctx, signal, argc > 0 ? argv[0] : JS_UNDEFINED);
    JS_FreeValue(ctx, signal);
    return result < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

static void abort_controller_finalize(JSRuntime *rt, JSValueConst value) {
    void *signal = event_class_get(EVENT_CONTROLLER, value);
    if (signal != NULL) {
        JS_FreeValueRT(rt, JS_MKPTR(JS_TAG_OBJECT, signal));
    }
}

static void abort_controller_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    void *signal = event_class_get(EVENT_CONTROLLER, value);
    if (signal != NULL) {
        JS_MarkValue(rt, JS_MKPTR(JS_TAG_OBJECT, signal), mark);
    }
}

static const JSCFunctionListEntry abort_controller_proto[] = {
    JS_CGETSET_DEF("signal", controller_get, NULL),
    JS_CFUNC_DEF("abort", 0, controller_abort),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "AbortController", JS_PROP_CONFIGURABLE),
};

const extension_class_t event_class_controller = {
    .def = {.class_name = "AbortController", .finalizer = abort_controller_finalize, .gc_mark = abort_controller_mark},
    .constructor = controller_construct,
    .proto = abort_controller_proto,
    .proto_len = BASE_COUNT(abort_controller_proto),
};

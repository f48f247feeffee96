// Event and CustomEvent (DOM standard, sections 2.2 and 2.4).

#include "base_slice.h"
#include "events/event_private.h"

event_t *event_of(JSValueConst value) {
    event_t *event = event_class_get(EVENT_EVENT, value);
    return event != NULL ? event : event_class_get(EVENT_CUSTOM, value);
}

// Takes over the type.
static void event_object_attach(JSContext *ctx, JSValueConst object, const event_t *options, JSAtom type) {
    event_t *event = js_malloc(ctx, sizeof(*event));
    *event = *options;
    event->type = type;
    event->target = event->current_target = JS_NULL;
    event->time = host_now_ms(ctx);
    JS_SetOpaque(object, event);
}

JSValue event_new(JSContext *ctx, const char *type, JSValueConst proto) {
    const event_t options = {.trusted = true, .detail = JS_NULL};
    JSValue object = event_class_new(ctx, EVENT_EVENT, JS_UNDEFINED);
    if (!JS_IsUndefined(proto)) {
        JS_SetPrototype(ctx, object, proto);
    }
    event_object_attach(ctx, object, &options, JS_NewAtom(ctx, type));
    return object;
}

// ---- the constructors ----

// The members of the second argument. 0 or -1.
static int event_object_read_options(JSContext *ctx, JSValueConst value, event_class_id_t id, event_t *options) {
    *options = (event_t){.detail = JS_NULL};
    if (JS_IsUndefined(value) || JS_IsNull(value)) {
        return 0;
    }
    if (!JS_IsObject(value)) {
        JS_ThrowTypeError(ctx, "the options of an event must be an object");
        return -1;
    }
    if (engine_read_flag(ctx, value, "bubbles", &options->bubbles) < 0 ||
        engine_read_flag(ctx, value, "cancelable", &options->cancelable) < 0 ||
        engine_read_flag(ctx, value, "composed", &options->composed) < 0) {
        return -1;
    }
    if (id == EVENT_CUSTOM) {
        JSValue detail = JS_GetPropertyStr(ctx, value, "detail");
        if (JS_IsException(detail)) {
            return -1;
        }
        options->detail = JS_IsUndefined(detail) ? JS_NULL : detail;
    }
    return 0;
}

static JSValue event_object_construct(
    JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv, event_class_id_t id) {
    if (argc < 1) {
        return JS_ThrowTypeError(ctx, "an event needs a type");
    }
    event_t options;
    JSValue type = JS_ToString(ctx, argv[0]);
    if (JS_IsException(type) || event_object_read_options(ctx, argc > 1 ? argv[1] : JS_UNDEFINED, id, &options) < 0) {
        JS_FreeValue(ctx, type);
        return JS_EXCEPTION;
    }
    JSValue object = event_class_new(ctx, id, new_target);
    if (JS_IsException(object)) {
        JS_FreeValue(ctx, options.detail);
    } else {
        event_object_attach(ctx, object, &options, JS_ValueToAtom(ctx, type));
    }
    JS_FreeValue(ctx, type);
    return object;
}

static JSValue event_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    return event_object_construct(ctx, new_target, argc, argv, EVENT_EVENT);
}

static JSValue custom_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    return event_object_construct(ctx, new_target, argc, argv, EVENT_CUSTOM);
}

// ---- attributes and methods ----

static event_t *expect(JSContext *ctx, JSValueConst value) {
    event_t *event = event_of(value);
    if (event == NULL) {
        JS_ThrowTypeError(ctx, "this is not an Event");
    }
    return event;
}

typedef enum {
    GET_TYPE,
    GET_TARGET,
    GET_CURRENT_TARGET,
    GET_PHASE,
    GET_BUBBLES,
    GET_CANCELABLE,
    GET_COMPOSED,
    GET_DEFAULT_PREVENTED,
    GET_RETURN_VALUE,
    GET_CANCEL_BUBBLE,
    GET_TRUSTED,
    GET_TIME,
    GET_DETAIL,
} event_getter_t;

static JSValue event_get(JSContext *ctx, JSValueConst this_val, int magic) {
    const event_t *event = expect(ctx, this_val);
    if (event == NULL) {
        return JS_EXCEPTION;
    }
    switch (magic) {
        case GET_TYPE:
            return JS_AtomToString(ctx, event->type);
        case GET_TARGET:
            return JS_DupValue(ctx, event->target);
        case GET_CURRENT_TARGET:
            return JS_DupValue(ctx, event->current_target);
        case GET_PHASE:
            return JS_NewInt32(ctx, event->phase);
        case GET_BUBBLES:
            return JS_NewBool(ctx, event->bubbles);
        case GET_CANCELABLE:
            return JS_NewBool(ctx, event->cancelable);
        case GET_COMPOSED:
            return JS_NewBool(ctx, event->composed);
        case GET_DEFAULT_PREVENTED:
            return JS_NewBool(ctx, event->cancelled);
        case GET_RETURN_VALUE:
            return JS_NewBool(ctx, !event->cancelled);
        case GET_CANCEL_BUBBLE:
            return JS_NewBool(ctx, event->stop);
        case GET_TRUSTED:
            return JS_NewBool(ctx, event->trusted);
        case GET_TIME:
            return JS_NewFloat64(ctx, event->time);
        default:
            return JS_DupValue(ctx, event->detail);
    }
}

static void cancel(event_t *event) {
    event->cancelled = event->cancelled || (event->cancelable && !event->passive);
}

static JSValue event_set(JSContext *ctx, JSValueConst this_val, JSValueConst value, int magic) {
    event_t *event = expect(ctx, this_val);
    if (event == NULL) {
        return JS_EXCEPTION;
    }
    bool flag = JS_ToBool(ctx, value) > 0;
    if (magic == GET_CANCEL_BUBBLE) {
        event->stop = event->stop || flag;
    } else if (!flag) {
        cancel(event);
    }
    return JS_UNDEFINED;
}

typedef enum {
    PREVENT_DEFAULT,
    STOP_PROPAGATION,
    STOP_IMMEDIATE_PROPAGATION,
} event_method_t;

static JSValue event_do(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    (void)argc, (void)argv;
    event_t *event = expect(ctx, this_val);
    if (event == NULL) {
        return JS_EXCEPTION;
    }
    if (magic == PREVENT_DEFAULT) {
        cancel(event);
    } else {
        event->stop = true;
        event->stop_at_once = event->stop_at_once || magic == STOP_IMMEDIATE_PROPAGATION;
    }
    return JS_UNDEFINED;
}

static JSValue event_composed_path(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    const event_t *event = expect(ctx, this_val);
    if (event == NULL) {
        return JS_EXCEPTION;
    }
    JSValue path = JS_NewArray(ctx);
    if (!JS_IsNull(event->current_target)) {
        JS_DefinePropertyValueUint32(ctx, path, 0, JS_DupValue(ctx, event->current_target), JS_PROP_C_W_E);
    }
    return path;
}

// ---- the classes ----

static void event_finalize(JSRuntime *rt, JSValueConst value) {
    event_t *event = event_of(value);
    if (event != NULL) {
        JS_FreeAtomRT(rt, event->type);
        JS_FreeValueRT(rt, event->target);
        JS_FreeValueRT(rt, event->current_target);
        JS_FreeValueRT(rt, event->detail);
        js_free_rt(rt, event);
    }
}

static void event_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const event_t *event = event_of(value);
    if (event != NULL) {
        JS_MarkValue(rt, event->target, mark);
        JS_MarkValue(rt, event->current_target, mark);
        JS_MarkValue(rt, event->detail, mark);
    }
}

#define PHASES                                                                                                         \
    JS_PROP_INT32_DEF("NONE", EVENT_PHASE_NONE, JS_PROP_ENUMERABLE),                                                   \
        JS_PROP_INT32_DEF("CAPTURING_PHASE", EVENT_PHASE_CAPTURING, JS_PROP_ENUMERABLE),                               \
        JS_PROP_INT32_DEF("AT_TARGET", EVENT_PHASE_AT_TARGET, JS_PROP_ENUMERABLE),                                     \
        JS_PROP_INT32_DEF("BUBBLING_PHASE", EVENT_PHASE_BUBBLING, JS_PROP_ENUMERABLE)

static const JSCFunctionListEntry event_statics[] = {PHASES};

static const JSCFunctionListEntry event_entries[] = {
    JS_CGETSET_MAGIC_DEF("type", event_get, NULL, GET_TYPE),
    JS_CGETSET_MAGIC_DEF("target", event_get, NULL, GET_TARGET),
    JS_CGETSET_MAGIC_DEF("srcElement", event_get, NULL, GET_TARGET),
    JS_CGETSET_MAGIC_DEF("currentTarget", event_get, NULL, GET_CURRENT_TARGET),
    JS_CGETSET_MAGIC_DEF("eventPhase", event_get, NULL, GET_PHASE),
    JS_CGETSET_MAGIC_DEF("bubbles", event_get, NULL, GET_BUBBLES),
    JS_CGETSET_MAGIC_DEF("cancelable", event_get, NULL, GET_CANCELABLE),
    JS_CGETSET_MAGIC_DEF("composed", event_get, NULL, GET_COMPOSED),
    JS_CGETSET_MAGIC_DEF("defaultPrevented", event_get, NULL, GET_DEFAULT_PREVENTED),
    JS_CGETSET_MAGIC_DEF("returnValue", event_get, event_set, GET_RETURN_VALUE),
    JS_CGETSET_MAGIC_DEF("cancelBubble", event_get, event_set, GET_CANCEL_BUBBLE),
    JS_CGETSET_MAGIC_DEF("isTrusted", event_get, NULL, GET_TRUSTED),
    JS_CGETSET_MAGIC_DEF("timeStamp", event_get, NULL, GET_TIME),
    JS_CFUNC_DEF("composedPath", 0, event_composed_path),
    JS_CFUNC_MAGIC_DEF("preventDefault", 0, event_do, PREVENT_DEFAULT),
    JS_CFUNC_MAGIC_DEF("stopPropagation", 0, event_do, STOP_PROPAGATION),
    JS_CFUNC_MAGIC_DEF("stopImmediatePropagation", 0, event_do, STOP_IMMEDIATE_PROPAGATION),
    PHASES,
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "Event", JS_PROP_CONFIGURABLE),
};

const extension_class_t event_class_event = {
    .def = {.class_name = "Event", .finalizer = event_finalize, .gc_mark = event_mark},
    .constructor = event_construct,
    .length = 1,
    .proto = event_entries,
    .proto_len = BASE_COUNT(event_entries),
    .statics = event_statics,
    .statics_len = BASE_COUNT(event_statics),
};

static const JSCFunctionListEntry custom_entries[] = {
    JS_CGETSET_MAGIC_DEF("detail", event_get, NULL, GET_DETAIL),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "CustomEvent", JS_PROP_CONFIGURABLE),
};

const extension_class_t event_class_custom = {
    .def = {.class_name = "CustomEvent", .finalizer = event_finalize, .gc_mark = event_mark},
    .constructor = custom_construct,
    .length = 1,
    .proto = custom_entries,
    .proto_len = BASE_COUNT(custom_entries),
    .parent = event_proto,
};

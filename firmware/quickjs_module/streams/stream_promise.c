// Promises that C code waits for and settles. See stream_private.h.

#include "streams/stream_private.h"

// A callable object that a promise has as its reaction. It takes a third of two function objects with their data.
typedef struct _reaction_t {
    stream_step_t *step;
    JSValue subject;
    JSValue promise; // that it waits for
    JSValue derived; // a promise of what the step returns, or undefined
} reaction_t;

static JSValue run_step(JSContext *ctx, const reaction_t *reaction, JSValueConst value) {
    bool rejected = JS_PromiseState(ctx, reaction->promise) == JS_PROMISE_REJECTED;
    JSValue result = reaction->step(ctx, reaction->subject, rejected, value);
    if (!JS_IsException(result)) {
        if (!JS_IsUndefined(reaction->derived)) {
            engine_promise_resolve(ctx, reaction->derived, result);
        }
        JS_FreeValue(ctx, result);
        return JS_UNDEFINED;
    }
    if (JS_IsUndefined(reaction->derived)) {
        return JS_EXCEPTION;
    }
    JSValue error = JS_GetException(ctx);
    engine_promise_reject(ctx, reaction->derived, error);
    JS_FreeValue(ctx, error);
    return JS_UNDEFINED;
}

static JSValue reaction_call(
    JSContext *ctx, JSValueConst function, JSValueConst this_val, int argc, JSValueConst *argv, int flags) {
    (void)this_val, (void)flags;
    return run_step(ctx, stream_class_get(STREAM_REACTION, function), argc > 0 ? argv[0] : JS_UNDEFINED);
}

static void reaction_finalize(JSRuntime *rt, JSValueConst value) {
    reaction_t *reaction = stream_class_get(STREAM_REACTION, value);
    if (reaction != NULL) {
        JS_FreeValueRT(rt, reaction->subject);
        JS_FreeValueRT(rt, reaction->promise);
        JS_FreeValueRT(rt, reaction->derived);
        js_free_rt(rt, reaction);
    }
}

static void reaction_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark) {
    const reaction_t *reaction = stream_class_get(STREAM_REACTION, value);
    if (reaction != NULL) {
        JS_MarkValue(rt, reaction->subject, mark);
        JS_MarkValue(rt, reaction->promise, mark);
        JS_MarkValue(rt, reaction->derived, mark);
    }
}

const extension_class_t stream_class_reaction = {
    .def = {.class_name = "Reaction", .finalizer = reaction_finalize, .gc_mark = reaction_mark, .call = reaction_call},
};

static void react(
    JSContext *ctx, JSValueConst promise, stream_step_t *step, JSValueConst subject, JSValueConst derived) {
    JSValue object = stream_class_new(ctx, STREAM_REACTION, JS_UNDEFINED);
    reaction_t *reaction = js_malloc(ctx, sizeof(*reaction));
    *reaction = (reaction_t){
        .step = step,
        .subject = JS_DupValue(ctx, subject),
        .promise = JS_DupValue(ctx, promise),
        .derived = JS_DupValue(ctx, derived),
    };
    JS_SetOpaque(object, reaction);
    engine_promise_react(ctx, promise, object);
    JS_FreeValue(ctx, object);
}

void stream_react(JSContext *ctx, JSValueConst promise, stream_step_t *step, JSValueConst subject) {
    react(ctx, promise, step, subject, JS_UNDEFINED);
}

JSValue stream_then(JSContext *ctx, JSValueConst promise, stream_step_t *step, JSValueConst subject) {
    JSValue derived = engine_promise_new(ctx);
    react(ctx, promise, step, subject, derived);
    return derived;
}

JSValue stream_promise_of(JSContext *ctx, JSValueConst value) {
    JSValue promise = engine_promise_new(ctx);
    engine_promise_resolve(ctx, promise, value);
    return promise;
}

JSValue stream_rejected_promise(JSContext *ctx, JSValueConst reason) {
    JSValue promise = engine_promise_new(ctx);
    engine_promise_reject(ctx, promise, reason);
    return promise;
}

JSValue stream_reject_pending(JSContext *ctx) {
    JSValue error = JS_GetException(ctx);
    JSValue promise = stream_rejected_promise(ctx, error);
    JS_FreeValue(ctx, error);
    return promise;
}

JSValue stream_call_promise(
    JSContext *ctx, JSValueConst function, JSValueConst this_val, int argc, JSValueConst *argv) {
    // What it does may let go of them.
    JSValue held[] = {JS_DupValue(ctx, function), JS_DupValue(ctx, this_val)};
    JSValue result = JS_Call(ctx, function, this_val, argc, argv);
    JS_FreeValue(ctx, held[0]);
    JS_FreeValue(ctx, held[1]);
    if (JS_IsException(result)) {
        return stream_reject_pending(ctx);
    }
    JSValue promise = stream_promise_of(ctx, result);
    JS_FreeValue(ctx, result);
    return promise;
}

JSValue stream_type_error(JSContext *ctx, const char *message) {
    JS_ThrowTypeError(ctx, "%s", message);
    return JS_GetException(ctx);
}

int stream_function(JSContext *ctx, JSValueConst object, const char *name, const char *what, JSValue *function) {
    *function = JS_GetPropertyStr(ctx, object, name);
    bool usable = JS_IsUndefined(*function) || JS_IsFunction(ctx, *function);
    if (!usable) {
        if (!JS_IsException(*function)) {
            JS_ThrowTypeError(ctx, "%s of %s must be a function", name, what);
        }
        JS_FreeValue(ctx, *function);
        *function = JS_UNDEFINED;
    }
    return usable ? 0 : -1;
}

JSValue stream_illegal_constructor(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    (void)new_target, (void)argc, (void)argv;
    return JS_ThrowTypeError(ctx, "Illegal constructor");
}

// setTimeout and its kin, as operations. See host.h.

#include "isolate/isolate_private.h"

#include <math.h>
#include <string.h>

// A timer calls its function, with the arguments given behind the delay, when its operation is resolved.
static JSValue timers_call(
    JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic, JSValueConst *data) {
    (void)this_val;
    (void)argc;
    (void)argv;
    return JS_Call(ctx, data[0], JS_UNDEFINED, magic, data + 1);
}

// The longest delay of browsers and Node: 2^31 - 1 ms.
#define TIMER_MS_MAX (2147483647.0)

// The delay that a timer is given, in ms. 0, or -1 with a pending exception.
static int timers_delay(JSContext *ctx, int argc, JSValueConst *argv, double *ms) {
    *ms = 0;
    if (argc > 1 && JS_ToFloat64(ctx, ms, argv[1]) < 0) {
        return -1;
    }
    // As HTML says: NaN, negative and too large delays are as short as can be.
    *ms = *ms >= 0 && *ms <= TIMER_MS_MAX ? trunc(*ms) : 0;
    return 0;
}

static void queue_timer(JSContext *ctx, isolate_op_t *op, double ms, JSValue function, bool repeats) {
    op->resolve = function;
    op->repeats = repeats;
    op->argc = 2;
    op->args[0] = (isolate_arg_t){.type = ISOLATE_ARG_NUMBER, .number = ms};
    op->args[1] = (isolate_arg_t){.type = ISOLATE_ARG_BOOL, .number = repeats};
    host_queue_op(ctx, op);
}

int host_timer(JSContext *ctx, const char *what, double ms, JSValue function) {
    isolate_op_t *op = host_at_top_level(ctx, what) ? NULL : host_new_op(ctx, "timer");
    if (op == NULL) {
        JS_FreeValue(ctx, function);
        return -1;
    }
    queue_timer(ctx, op, fmin(trunc(ms), TIMER_MS_MAX), function, false);
    return 0;
}

static JSValue timers_set(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int repeats) {
    (void)this_val;
    double ms;
    if (host_at_top_level(ctx, repeats ? "setInterval" : "setTimeout")) {
        return JS_EXCEPTION;
    }
    if (argc < 1 || !JS_IsFunction(ctx, argv[0])) {
        return JS_ThrowTypeError(ctx, "the first argument of a timer must be a function");
    }
    if (argc - 2 >= ISOLATE_OP_ARGS_MAX) {
        return JS_ThrowTypeError(ctx, "a timer passes at most %d arguments on", ISOLATE_OP_ARGS_MAX - 1);
    }

    isolate_op_t *op = timers_delay(ctx, argc, argv, &ms) < 0 ? NULL : host_new_op(ctx, "timer");
    if (op == NULL) {
        return JS_EXCEPTION;
    }

    // The function, and what it is called with.
    JSValueConst data[ISOLATE_OP_ARGS_MAX] = {argv[0]};
    int n = 1;
    for (int i = 2; i < argc; i++) {
        data[n++] = argv[i];
    }

    queue_timer(ctx, op, ms, JS_NewCFunctionData(ctx, timers_call, 0, n - 1, n, data), repeats != 0);
    return JS_NewUint32(ctx, op->id);
}

static JSValue timers_clear(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    uint32_t id = 0;
    if (argc < 1 || !JS_IsNumber(argv[0])) {
        return JS_UNDEFINED;
    }
    if (JS_ToUint32(ctx, &id, argv[0]) < 0) {
        return JS_EXCEPTION;
    }

    const isolate_op_t *op = host_find_op(host_of(ctx), id);
    if (op != NULL && strcmp(op->name, "timer") == 0) {
        host_cancel_op(ctx, id);
    }
    return JS_UNDEFINED;
}

static const JSCFunctionListEntry timer_functions[] = {
    JS_CFUNC_MAGIC_DEF("setInterval", 2, timers_set, 1),
    JS_CFUNC_MAGIC_DEF("setTimeout", 2, timers_set, 0),
    JS_CFUNC_DEF("clearInterval", 1, timers_clear),
    JS_CFUNC_DEF("clearTimeout", 1, timers_clear),
};

void host_install_timers(JSContext *ctx, JSValueConst global) {
    JS_SetPropertyFunctionList(ctx, global, timer_functions, sizeof(timer_functions) / sizeof(timer_functions[0]));
}

// The state behind a context, and the globals that ask it. See host.h.

#include "isolate/isolate_private.h"

#include "port/port.h"

isolate_host_t *host_of(JSContext *ctx) {
    return JS_GetContextOpaque(ctx);
}

bool host_at_top_level(JSContext *ctx, const char *what) {
    if (host_of(ctx)->top_level) {
        JS_ThrowTypeError(ctx,
            "%s is not available at the top level of a module: its result would be the same for every request; use it "
            "in the handler",
            what);
        return true;
    }
    return false;
}

// 2026-01-01, in microseconds since 1970: an earlier clock was never set (device/lib/edgelet/clock.py has the same).
#define EARLIEST_TIME_US (UINT64_C(1767225600000000))

bool host_clock_is_set(void) {
    return port_time_us() >= EARLIEST_TIME_US;
}

size_t host_memory_limit(JSContext *ctx) {
    return host_of(ctx)->isolate->limits.memory;
}

size_t host_memory_left(JSContext *ctx) {
    const isolate_t *iso = host_of(ctx)->isolate;
    size_t used = arena_used(iso->arena);
    return used < iso->limits.memory ? iso->limits.memory - used : 0;
}

uint32_t host_remaining_ms(JSContext *ctx) {
    isolate_t *iso = host_of(ctx)->isolate;
    uint64_t now = port_cpu_us();
    return now < iso->cpu_deadline_us ? (uint32_t)((iso->cpu_deadline_us - now) / 1000) : 0;
}

const char *host_function_name(JSContext *ctx) {
    const char *name = host_of(ctx)->isolate->name;
    return name != NULL ? name : "";
}

JSValue host_stack(JSContext *ctx) {
    char stack[512];
    const isolate_t *iso = host_of(ctx)->isolate;
    engine_backtrace(ctx, stack, sizeof(stack), isolate_arena_slice(iso), iso->code);
    return JS_NewString(ctx, stack);
}

double host_now_ms(JSContext *ctx) {
    return (double)(port_ticks_us() - host_of(ctx)->began_us) / 1000.0;
}

static JSValue performance_time_origin(JSContext *ctx, JSValueConst this_val) {
    (void)this_val;
    return JS_NewFloat64(ctx, (double)host_of(ctx)->origin_us / 1000.0);
}

static JSValue performance_now(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    (void)argv;
    return JS_NewFloat64(ctx, host_now_ms(ctx));
}

static const JSCFunctionListEntry performance_functions[] = {
    JS_CFUNC_DEF("now", 0, performance_now),
    JS_CGETSET_DEF("timeOrigin", performance_time_origin, NULL),
};

static const JSCFunctionListEntry global_functions[] = {
    JS_OBJECT_DEF("performance", performance_functions,
        sizeof(performance_functions) / sizeof(performance_functions[0]), JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE),
};

void host_install(JSContext *ctx) {
    JSValue global = JS_GetGlobalObject(ctx);
    host_install_timers(ctx, global);
    host_install_console(ctx, global);
    JS_SetPropertyFunctionList(ctx, global, global_functions, 1);
    JS_FreeValue(ctx, global);
}

// See host.h.

#include "isolate/host.h"

#include <math.h>
#include <string.h>

#include "engine/engine.h"
#include "port/port.h"
#include "web/web_private.h"

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

bool isolate_clock_is_set(void) {
    return port_time_us() >= EARLIEST_TIME_US;
}

// Operations

isolate_op_t *host_find_op(isolate_host_t *host, uint32_t id) {
    isolate_op_t *op = host->first_op;
    while (op != NULL && op->id != id) {
        op = op->next;
    }
    return op;
}

void host_remove_op(isolate_host_t *host, isolate_op_t *op) {
    isolate_op_t *before = NULL;
    for (isolate_op_t *o = host->first_op; o != op; o = o->next) {
        before = o;
    }
    if (before == NULL) {
        host->first_op = op->next;
    } else {
        before->next = op->next;
    }
    if (host->last_op == op) {
        host->last_op = before;
    }
    if (!op->cancelled) {
        host->op_count--;
    }
}

void host_free_op(JSContext *ctx, isolate_op_t *op) {
    for (size_t i = 0; i < op->argc; i++) {
        if (op->args[i].type == ISOLATE_ARG_TEXT) {
            JS_FreeCString(ctx, op->args[i].data.data);
        } else if (op->args[i].type == ISOLATE_ARG_BYTES) {
            js_free(ctx, (void *)(uintptr_t)op->args[i].data.data);
        }
    }
    JS_FreeValue(ctx, op->resolve);
    JS_FreeValue(ctx, op->reject);
    js_free(ctx, op);
}

static isolate_op_t *new_op(JSContext *ctx, const char *name) {
    isolate_host_t *host = host_of(ctx);
    if (host->op_count >= ISOLATE_OPS_MAX) {
        JS_ThrowRangeError(ctx, "more than %d operations are open at once: await some of them first", ISOLATE_OPS_MAX);
        return NULL;
    }
    isolate_op_t *op = js_mallocz(ctx, sizeof(*op));
    if (op == NULL) {
        return NULL;
    }
    op->id = ++host->next_op_id;
    op->resolve = JS_UNDEFINED;
    op->reject = JS_UNDEFINED;
    strncpy(op->name, name, ISOLATE_OP_NAME_MAX);
    return op;
}

static void queue_op(JSContext *ctx, isolate_op_t *op) {
    isolate_host_t *host = host_of(ctx);
    if (host->last_op == NULL) {
        host->first_op = op;
    } else {
        host->last_op->next = op;
    }
    host->last_op = op;
    host->op_count++;
}

static int copy_bytes(JSContext *ctx, isolate_arg_t *arg, web_slice_t bytes) {
    // A copy, since the handler may go on writing to its array.
    char *copy = js_malloc(ctx, bytes.len + 1);
    if (copy == NULL) {
        return -1;
    }
    if (bytes.len > 0) {
        memcpy(copy, bytes.data, bytes.len);
    }
    arg->type = ISOLATE_ARG_BYTES;
    arg->data = (web_slice_t){copy, bytes.len};
    return 0;
}

static int take_text(JSContext *ctx, isolate_arg_t *arg, JSValueConst value) {
    arg->type = ISOLATE_ARG_TEXT;
    arg->data.data = JS_ToCStringLen(ctx, &arg->data.len, value);
    return arg->data.data == NULL ? -1 : 0;
}

// Whether it is an object of no special class: what methods take as their options.
static bool is_plain(JSContext *ctx, JSValueConst value) {
    JSValue plain = JS_NewObject(ctx);
    bool same = JS_IsObject(value) && JS_GetClassID(value) == JS_GetClassID(plain);
    JS_FreeValue(ctx, plain);
    return same;
}

static int take_json(JSContext *ctx, isolate_arg_t *arg, JSValueConst value) {
    JSValue json = JS_JSONStringify(ctx, value, JS_UNDEFINED, JS_UNDEFINED);
    int result = JS_IsException(json) ? -1 : take_text(ctx, arg, json);
    JS_FreeValue(ctx, json);
    return result;
}

// Primitives, bytes, and options.
static int take_argument(JSContext *ctx, isolate_arg_t *arg, JSValueConst value) {
    if (JS_IsUndefined(value) || JS_IsNull(value)) {
        arg->type = ISOLATE_ARG_NONE;
        return 0;
    }
    if (JS_IsBool(value)) {
        arg->type = ISOLATE_ARG_BOOL;
        arg->number = JS_ToBool(ctx, value);
        return 0;
    }
    if (JS_IsNumber(value)) {
        arg->type = ISOLATE_ARG_NUMBER;
        return JS_ToFloat64(ctx, &arg->number, value);
    }
    if (JS_IsString(value)) {
        return take_text(ctx, arg, value);
    }
    web_slice_t bytes;
    int is_buffer = web_buffer_source(ctx, value, &bytes);
    if (is_buffer != 0) {
        return is_buffer < 0 ? -1 : copy_bytes(ctx, arg, bytes);
    }
    if (is_plain(ctx, value)) {
        return take_json(ctx, arg, value);
    }
    JS_ThrowTypeError(ctx, "an operation takes strings, numbers, booleans, null, bytes and plain objects");
    return -1;
}

JSValue host_op(JSContext *ctx, const char *name, int argc, JSValueConst *argv) {
    if (host_at_top_level(ctx, name)) {
        return JS_EXCEPTION;
    }
    if (argc > ISOLATE_OP_ARGS_MAX) {
        return JS_ThrowTypeError(ctx, "%s takes at most %d arguments", name, ISOLATE_OP_ARGS_MAX - 1);
    }
    isolate_op_t *op = new_op(ctx, name);
    if (op == NULL) {
        return JS_EXCEPTION;
    }
    for (int i = 0; i < argc; i++) {
        if (take_argument(ctx, &op->args[i], argv[i]) < 0) {
            return JS_EXCEPTION;
        }
    }
    JSValue functions[2];
    JSValue promise = JS_NewPromiseCapability(ctx, functions);
    if (JS_IsException(promise)) {
        return promise;
    }
    op->resolve = functions[0];
    op->reject = functions[1];
    op->argc = (uint8_t)argc;
    queue_op(ctx, op);
    return promise;
}

// Timers

// A timer calls its function, with the arguments given behind the delay, when its operation is resolved.
static JSValue call_timer(
    JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic, JSValueConst *data) {
    (void)this_val;
    (void)argc;
    (void)argv;
    return JS_Call(ctx, data[0], JS_UNDEFINED, magic, data + 1);
}

// The longest delay of browsers and Node: 2^31 - 1 ms.
#define TIMER_MS_MAX (2147483647.0)

static JSValue set_timer(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int repeats) {
    (void)this_val;
    if (host_at_top_level(ctx, repeats ? "setInterval" : "setTimeout")) {
        return JS_EXCEPTION;
    }
    if (argc < 1 || !JS_IsFunction(ctx, argv[0])) {
        return JS_ThrowTypeError(ctx, "the first argument of a timer must be a function");
    }
    if (argc - 2 >= ISOLATE_OP_ARGS_MAX) {
        return JS_ThrowTypeError(ctx, "a timer passes at most %d arguments on", ISOLATE_OP_ARGS_MAX - 1);
    }
    double ms = 0;
    if (argc > 1 && JS_ToFloat64(ctx, &ms, argv[1]) < 0) {
        return JS_EXCEPTION;
    }
    // As HTML says: NaN, negative and too large delays are as short as can be.
    if (!(ms >= 0) || ms > TIMER_MS_MAX) {
        ms = 0;
    }
    isolate_op_t *op = new_op(ctx, "timer");
    if (op == NULL) {
        return JS_EXCEPTION;
    }
    JSValueConst data[ISOLATE_OP_ARGS_MAX];
    int n = 0;
    data[n++] = argv[0];
    for (int i = 2; i < argc; i++) {
        data[n++] = argv[i];
    }
    op->resolve = JS_NewCFunctionData(ctx, call_timer, 0, n - 1, n, data);
    if (JS_IsException(op->resolve)) {
        return JS_EXCEPTION;
    }
    op->repeats = repeats != 0;
    op->argc = 2;
    op->args[0] = (isolate_arg_t){.type = ISOLATE_ARG_NUMBER, .number = trunc(ms)};
    op->args[1] = (isolate_arg_t){.type = ISOLATE_ARG_BOOL, .number = repeats};
    queue_op(ctx, op);
    return JS_NewUint32(ctx, op->id);
}

static JSValue clear_timer(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    uint32_t id = 0;
    if (argc < 1 || !JS_IsNumber(argv[0])) {
        return JS_UNDEFINED;
    }
    if (JS_ToUint32(ctx, &id, argv[0]) < 0) {
        return JS_EXCEPTION;
    }
    isolate_host_t *host = host_of(ctx);
    isolate_op_t *op = host_find_op(host, id);
    if (op == NULL || op->cancelled || strcmp(op->name, "timer") != 0) {
        return JS_UNDEFINED;
    }
    if (!op->taken) {
        host_remove_op(host, op);
        host_free_op(ctx, op);
    } else {
        // Python waits for it: isolate_next_cancelled tells it.
        op->cancelled = true;
        host->op_count--;
    }
    return JS_UNDEFINED;
}

// Bindings

// data: "kind.method", the binding's name.
static JSValue call_binding(
    JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic, JSValueConst *data) {
    (void)this_val;
    (void)magic;
    JSValueConst args[ISOLATE_OP_ARGS_MAX + 1];
    int n = 0;
    args[n++] = data[1];
    for (int i = 0; i < argc && n <= ISOLATE_OP_ARGS_MAX; i++) {
        args[n++] = argv[i];
    }
    const char *name = JS_ToCString(ctx, data[0]);
    if (name == NULL) {
        return JS_EXCEPTION;
    }
    JSValue promise = host_op(ctx, name, n, args);
    JS_FreeCString(ctx, name);
    return promise;
}

static JSValue new_method(JSContext *ctx, const isolate_binding_t *binding, const web_slice_t *method) {
    char name[ISOLATE_OP_NAME_MAX + 1];
    memcpy(name, binding->kind.data, binding->kind.len);
    name[binding->kind.len] = '.';
    memcpy(name + binding->kind.len + 1, method->data, method->len);
    JSValue data[2] = {
        JS_NewStringLen(ctx, name, binding->kind.len + 1 + method->len),
        JS_NewStringLen(ctx, binding->name.data, binding->name.len),
    };
    return JS_NewCFunctionData(ctx, call_binding, 0, 0, 2, data);
}

static int define(JSContext *ctx, JSValueConst object, const web_slice_t *name, JSValue value) {
    JSAtom atom = JS_NewAtomLen(ctx, name->data, name->len);
    if (atom == JS_ATOM_NULL || JS_IsException(value)) {
        return -1;
    }
    int result = JS_DefinePropertyValue(ctx, object, atom, value, JS_PROP_C_W_E);
    JS_FreeAtom(ctx, atom);
    return result < 0 ? -1 : 0;
}

static JSValue new_binding(JSContext *ctx, const isolate_binding_t *binding) {
    JSValue object = JS_NewObject(ctx);
    for (size_t i = 0; i < binding->method_count && !JS_IsException(object); i++) {
        if (define(ctx, object, &binding->methods[i], new_method(ctx, binding, &binding->methods[i])) < 0) {
            return JS_EXCEPTION;
        }
    }
    return object;
}

static int define_vars(JSContext *ctx, JSValueConst object, const isolate_config_t *config) {
    for (size_t i = 0; i < config->var_count; i++) {
        const isolate_var_t *var = &config->vars[i];
        if (define(ctx, object, &var->name, JS_NewStringLen(ctx, var->value.data, var->value.len)) < 0) {
            return -1;
        }
    }
    return 0;
}

int host_set_env(JSContext *ctx, const isolate_config_t *config) {
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue process = JS_NewObject(ctx);
    JSValue process_env = JS_NewObject(ctx);
    JSValue env = JS_NewObject(ctx);
    if (define_vars(ctx, process_env, config) < 0 || define_vars(ctx, env, config) < 0) {
        return -1;
    }
    for (size_t i = 0; i < config->binding_count; i++) {
        if (define(ctx, env, &config->bindings[i].name, new_binding(ctx, &config->bindings[i])) < 0) {
            return -1;
        }
    }
    host_of(ctx)->web.env = env;
    int result = JS_DefinePropertyValueStr(ctx, process, "env", process_env, JS_PROP_C_W_E);
    if (result >= 0) {
        result = JS_DefinePropertyValueStr(ctx, global, "process", process, JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    }
    JS_FreeValue(ctx, global);
    return result < 0 ? -1 : 0;
}

// Console

// Longest log line in bytes; the rest is cut. It lies on the JavaScript stack while it is put together.
#if defined(__linux__)
#define LOG_LINE_MAX (4096)
#else
#define LOG_LINE_MAX (256)
#endif

typedef struct _line_t {
    char text[LOG_LINE_MAX];
    size_t len;
} line_t;

static void line_add(line_t *line, const char *text, size_t len) {
    size_t room = LOG_LINE_MAX - line->len;
    if (len > room) {
        len = room;
        // Not in the middle of a UTF-8 sequence.
        while (len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80) {
            len--;
        }
    }
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

static int line_add_value(JSContext *ctx, line_t *line, JSValueConst value) {
    size_t len;
    const char *text = JS_ToCStringLen(ctx, &len, value);
    if (text == NULL) {
        return -1;
    }
    line_add(line, text, len);
    JS_FreeCString(ctx, text);
    return 0;
}

static int line_add_error(JSContext *ctx, line_t *line, JSValueConst error) {
    if (line_add_value(ctx, line, error) < 0) {
        return -1;
    }
    JSValue stack = JS_GetPropertyStr(ctx, error, "stack");
    if (JS_IsException(stack)) {
        return -1;
    }
    if (JS_IsString(stack)) {
        line_add(line, "\n", 1);
        return line_add_value(ctx, line, stack);
    }
    return 0;
}

// Strings as they are, errors with their stack, other objects as JSON.
static int line_add_argument(JSContext *ctx, line_t *line, JSValueConst value) {
    if (JS_IsError(value)) {
        return line_add_error(ctx, line, value);
    }
    if (!JS_IsObject(value) || JS_IsFunction(ctx, value)) {
        if (JS_IsSymbol(value)) {
            line_add(line, "Symbol()", 8);
            return 0;
        }
        return line_add_value(ctx, line, value);
    }
    JSValue json = JS_JSONStringify(ctx, value, JS_UNDEFINED, JS_UNDEFINED);
    if (JS_IsException(json)) {
        // A cycle, or a toJSON that throws: a log line is no reason to fail a request.
        JS_FreeValue(ctx, JS_GetException(ctx));
        line_add(line, "[object]", 8);
        return 0;
    }
    int result = line_add_value(ctx, line, JS_IsUndefined(json) ? value : json);
    JS_FreeValue(ctx, json);
    return result;
}

static JSValue console_write(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int level) {
    (void)this_val;
    line_t line;
    line.len = 0;
    for (int i = 0; i < argc; i++) {
        if (i > 0) {
            line_add(&line, " ", 1);
        }
        if (line_add_argument(ctx, &line, argv[i]) < 0) {
            return JS_EXCEPTION;
        }
    }
    isolate_log(host_of(ctx)->isolate, (char)level, line.text, line.len);
    return JS_UNDEFINED;
}

// Random numbers and time

static JSValue math_random(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    (void)argv;
    if (host_at_top_level(ctx, "Math.random")) {
        return JS_EXCEPTION;
    }
    return JS_NewFloat64(ctx, engine_random(ctx));
}

static JSValue performance_now(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    (void)argc;
    (void)argv;
    return JS_NewFloat64(ctx, (double)(port_ticks_us() - host_of(ctx)->began_us) / 1000.0);
}

static const JSCFunctionListEntry console_functions[] = {
    JS_CFUNC_MAGIC_DEF("debug", 0, console_write, 'd'),
    JS_CFUNC_MAGIC_DEF("error", 0, console_write, 'e'),
    JS_CFUNC_MAGIC_DEF("info", 0, console_write, 'i'),
    JS_CFUNC_MAGIC_DEF("log", 0, console_write, 'i'),
    JS_CFUNC_MAGIC_DEF("trace", 0, console_write, 'd'),
    JS_CFUNC_MAGIC_DEF("warn", 0, console_write, 'w'),
};

static const JSCFunctionListEntry performance_functions[] = {
    JS_CFUNC_DEF("now", 0, performance_now),
};

static const JSCFunctionListEntry math_functions[] = {
    JS_CFUNC_DEF("random", 0, math_random),
};

static const JSCFunctionListEntry global_functions[] = {
    JS_CFUNC_MAGIC_DEF("setInterval", 2, set_timer, 1),
    JS_CFUNC_MAGIC_DEF("setTimeout", 2, set_timer, 0),
    JS_CFUNC_DEF("clearInterval", 1, clear_timer),
    JS_CFUNC_DEF("clearTimeout", 1, clear_timer),
    JS_OBJECT_DEF("console", console_functions, sizeof(console_functions) / sizeof(console_functions[0]),
        JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE),
    JS_OBJECT_DEF("performance", performance_functions,
        sizeof(performance_functions) / sizeof(performance_functions[0]), JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE),
};

static JSValue make_math(JSContext *ctx, const char *name) {
    (void)name;
    JSValue math = engine_new_math(ctx);
    if (!JS_IsException(math) && JS_SetPropertyFunctionList(ctx, math, math_functions, 1) < 0) {
        return JS_EXCEPTION;
    }
    return math;
}

int host_install(JSContext *ctx) {
    JSValue global = JS_GetGlobalObject(ctx);
    int result = engine_define_lazy(ctx, global, "Math", make_math);
    if (result == 0) {
        result = JS_SetPropertyFunctionList(
            ctx, global, global_functions, sizeof(global_functions) / sizeof(global_functions[0]));
    }
    JS_FreeValue(ctx, global);
    return result;
}

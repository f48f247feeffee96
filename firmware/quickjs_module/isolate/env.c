// process.env, and env with its bindings. See host.h.

#include "isolate/isolate_private.h"

#include <string.h>

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
    JSValue promise = host_op(ctx, name, n, args);
    JS_FreeCString(ctx, name);
    return promise;
}

static JSValue new_method(JSContext *ctx, const isolate_binding_t *binding, const base_slice_t *method) {
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

static void env_define(JSContext *ctx, JSValueConst object, const base_slice_t *name, JSValue value) {
    JSAtom atom = JS_NewAtomLen(ctx, name->data, name->len);
    JS_DefinePropertyValue(ctx, object, atom, value, JS_PROP_C_W_E);
    JS_FreeAtom(ctx, atom);
}

static JSValue new_binding(JSContext *ctx, const isolate_binding_t *binding) {
    JSValue object = isolate_extension_binding(ctx, binding);
    if (!JS_IsUndefined(object)) {
        return object;
    }
    object = JS_NewObject(ctx);
    for (size_t i = 0; i < binding->method_count; i++) {
        env_define(ctx, object, &binding->methods[i], new_method(ctx, binding, &binding->methods[i]));
    }
    return object;
}

static void define_vars(JSContext *ctx, JSValueConst object, const isolate_config_t *config) {
    for (size_t i = 0; i < config->var_count; i++) {
        const isolate_var_t *var = &config->vars[i];
        env_define(ctx, object, &var->name, JS_NewStringLen(ctx, var->value.data, var->value.len));
    }
}

void host_set_env(JSContext *ctx, const isolate_config_t *config) {
    JSValue process_env = JS_NewObject(ctx);
    define_vars(ctx, process_env, config);
    JSValue process = JS_NewObject(ctx);
    JS_DefinePropertyValueStr(ctx, process, "env", process_env, JS_PROP_C_W_E);
    JSValue global = JS_GetGlobalObject(ctx);
    JS_DefinePropertyValueStr(ctx, global, "process", process, JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    JS_FreeValue(ctx, global);

    JSValue env = JS_NewObject(ctx);
    define_vars(ctx, env, config);
    for (size_t i = 0; i < config->binding_count; i++) {
        env_define(ctx, env, &config->bindings[i].name, new_binding(ctx, &config->bindings[i]));
    }
    host_of(ctx)->env = env;
}

// What Workers have beside `export default { fetch }`: service worker syntax, and the module cloudflare:workers.

#include "web/web_private.h"

// ---- addEventListener("fetch", (event) => event.respondWith(response)) ----

static JSValue respond_with(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    web_t *web = web_of(ctx);
    if (!JS_IsUndefined(web->outcome)) {
        return JS_Throw(ctx, engine_dom_exception(ctx, "InvalidStateError", "respondWith was called already"));
    }
    JSValue promise = JS_NewSettledPromise(ctx, false, argc > 0 ? argv[0] : JS_UNDEFINED); // may run the handler's code
    if (JS_IsException(promise)) {
        return promise;
    }
    JS_PromiseMarkAsHandled(ctx, promise);
    web->outcome = promise;
    return JS_UNDEFINED;
}

bool web_worker_listens(JSContext *ctx) {
    return event_global_listens(ctx, "fetch");
}

JSValue web_worker_proto(JSContext *ctx) {
    JSValue parent = event_proto(ctx);
    JSValue proto = engine_new_object(ctx, parent, 4);
    JS_DefinePropertyValueStr(ctx, proto, "respondWith", JS_NewCFunction(ctx, respond_with, "respondWith", 1),
        JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    JS_FreeValue(ctx, parent);
    return proto;
}

JSValue web_worker_call(JSContext *ctx, JSValueConst request) {
    web_t *web = web_of(ctx);
    JSValue event = event_new(ctx, "fetch", web->ctx);
    JS_DefinePropertyValueStr(ctx, event, "request", JS_DupValue(ctx, request), JS_PROP_ENUMERABLE);
    int result = event_global_dispatch(ctx, event);
    JS_FreeValue(ctx, event);
    if (result < 0) {
        return JS_EXCEPTION;
    }
    JSValue outcome = web->outcome;
    web->outcome = JS_UNDEFINED;
    return JS_IsUndefined(outcome)
               ? JS_ThrowTypeError(ctx, "no listener for \"fetch\" has called event.respondWith(response)")
               : outcome;
}

// In that syntax the members of env are globals. Those that are there already stay.
static void define_env_globals(JSContext *ctx) {
    JSValueConst env = host_of(ctx)->env;
    JSValue global = JS_GetGlobalObject(ctx);
    JSPropertyEnum *names;
    uint32_t count;
    JS_GetOwnPropertyNames(ctx, &names, &count, env, JS_GPN_STRING_MASK);
    for (uint32_t i = 0; i < count; i++) {
        if (JS_HasProperty(ctx, global, names[i].atom) == 0) {
            JSValue value = JS_GetProperty(ctx, env, names[i].atom);
            JS_DefinePropertyValue(ctx, global, names[i].atom, value, JS_PROP_C_W_E);
        }
    }
    JS_FreePropertyEnum(ctx, names, count);
    JS_FreeValue(ctx, global);
}

void web_worker_loaded(JSContext *ctx) {
    if (engine_knows_name(ctx, "respondWith")) {
        define_env_globals(ctx);
    }
}

// ---- import { env } from "cloudflare:workers" ----

static int web_worker_set_exports(JSContext *ctx, JSModuleDef *module) {
    return JS_SetModuleExport(ctx, module, "env", JS_DupValue(ctx, host_of(ctx)->env));
}

JSModuleDef *web_worker_module(JSContext *ctx, const char *name) {
    if (strcmp(name, "cloudflare:workers") != 0) {
        return NULL;
    }
    JSModuleDef *module = JS_NewCModule(ctx, name, web_worker_set_exports);
    JS_AddModuleExport(ctx, module, "env");
    return module;
}

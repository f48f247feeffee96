// The classes of bindings, and their objects. See workers.h.

#include "workers/workers_private.h"

#include "base_text.h"

static const extension_class_t *const workers_classes[WORKERS_CLASS_COUNT] = {
    [WORKERS_KV] = &workers_class_kv,
    [WORKERS_FETCHER] = &workers_class_fetcher,
    [WORKERS_JWKS] = &workers_class_jwks,
};

JSValueConst workers_name(JSContext *ctx, workers_class_id_t id, JSValueConst value) {
    const workers_binding_t *binding = extension_class_expect(ctx, &workers_extension, id, value);
    return binding != NULL ? binding->name : JS_EXCEPTION;
}

void workers_finalize(JSRuntime *rt, JSValueConst value) {
    workers_binding_t *binding = JS_GetAnyOpaque(value, &(JSClassID){0});
    if (binding != NULL) {
        JS_FreeValueRT(rt, binding->name);
        js_free_rt(rt, binding);
    }
}

static JSValue workers_binding(JSContext *ctx, const isolate_binding_t *from) {
    unsigned id = 0;
    while (id < WORKERS_CLASS_COUNT &&
           !base_equal_text(from->kind.data, from->kind.len, workers_classes[id]->def.class_name)) {
        id++;
    }
    if (id == WORKERS_CLASS_COUNT) {
        return JS_UNDEFINED;
    }

    JSValue object = extension_class_new(ctx, &workers_extension, id, JS_UNDEFINED);
    workers_binding_t *binding = js_malloc(ctx, sizeof(*binding));
    binding->name = JS_NewStringLen(ctx, from->name.data, from->name.len);
    JS_SetOpaque(object, binding);
    return object;
}

extension_t workers_extension = {
    .classes = workers_classes,
    .class_count = WORKERS_CLASS_COUNT,
    .binding = workers_binding,
};

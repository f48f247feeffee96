// See extension.h.

#include "isolate/extension.h"

#include <string.h>

#include "isolate/isolate_private.h"

static JSClassID class_id(const extension_t *extension, unsigned class) {
    return extension->first_class + class;
}

// Getters and setters get no names ("get url"): those take a third of the memory of a property that few programs touch.
static int define_accessor(JSContext *ctx, JSValueConst object, const JSCFunctionListEntry *entry) {
    bool magic = entry->def_type == JS_DEF_CGETSET_MAGIC;
    JSValue getter = JS_NewCFunction2(
        ctx, entry->u.getset.get.generic, "", 0, magic ? JS_CFUNC_getter_magic : JS_CFUNC_getter, entry->magic);
    JSValue setter = JS_UNDEFINED;
    if (entry->u.getset.set.generic != NULL) {
        setter = JS_NewCFunction2(
            ctx, entry->u.getset.set.generic, "", 1, magic ? JS_CFUNC_setter_magic : JS_CFUNC_setter, entry->magic);
    }

    JSAtom name = JS_NewAtom(ctx, entry->name);
    int result = JS_DefinePropertyGetSet(ctx, object, name, getter, setter, entry->prop_flags);
    JS_FreeAtom(ctx, name);
    return result < 0 ? -1 : 0;
}

static bool is_accessor(const JSCFunctionListEntry *entry) {
    return entry->def_type == JS_DEF_CGETSET || entry->def_type == JS_DEF_CGETSET_MAGIC;
}

static int define_properties(JSContext *ctx, JSValueConst object, const JSCFunctionListEntry *list, int len) {
    int result = 0;
    for (int i = 0; i < len && result == 0; i++) {
        result = is_accessor(&list[i]) ? define_accessor(ctx, object, &list[i])
                                       : JS_SetPropertyFunctionList(ctx, object, &list[i], 1);
    }
    return result < 0 ? -1 : 0;
}

static int make_constructor(JSContext *ctx, const extension_class_t *class, JSValueConst proto) {
    JSValue constructor =
        JS_NewCFunction2(ctx, class->constructor, class->def.class_name, class->length, JS_CFUNC_constructor, 0);
    bool ok = JS_SetPropertyFunctionList(ctx, constructor, class->statics, class->statics_len) == 0 &&
              JS_SetConstructor(ctx, constructor, proto) == 0;
    JS_FreeValue(ctx, constructor); // the prototype holds it
    return ok ? 0 : -1;
}

static JSValue make_proto(JSContext *ctx, const extension_class_t *class) {
    if (class->parent == NULL) {
        return JS_NewObject(ctx);
    }
    JSValue parent = class->parent(ctx);
    JSValue proto = JS_NewObjectProto(ctx, parent);
    JS_FreeValue(ctx, parent);
    return proto;
}

int extension_class_ready(JSContext *ctx, const extension_t *extension, unsigned class) {
    JSValue proto = JS_GetClassProto(ctx, class_id(extension, class));
    if (JS_IsObject(proto)) {
        JS_FreeValue(ctx, proto);
        return 0;
    }

    const extension_class_t *info = extension->classes[class];
    proto = make_proto(ctx, info);
    if (define_properties(ctx, proto, info->proto, info->proto_len) < 0 ||
        (info->constructor != NULL && make_constructor(ctx, info, proto) < 0)) {
        JS_FreeValue(ctx, proto);
        return -1;
    }
    JS_SetClassProto(ctx, class_id(extension, class), proto);
    return 0;
}

JSValue extension_class_new(JSContext *ctx, const extension_t *extension, unsigned class, JSValueConst new_target) {
    if (extension_class_ready(ctx, extension, class) < 0) {
        return JS_EXCEPTION;
    }
    JSClassID id = class_id(extension, class);
    if (JS_IsUndefined(new_target)) {
        return JS_NewObjectClass(ctx, id);
    }

    JSValue proto = JS_GetPropertyStr(ctx, new_target, "prototype");
    if (JS_IsException(proto)) {
        return proto;
    }
    JSValue object = JS_IsObject(proto) ? JS_NewObjectProtoClass(ctx, proto, id) : JS_NewObjectClass(ctx, id);
    JS_FreeValue(ctx, proto);
    return object;
}

void *extension_class_get(const extension_t *extension, unsigned class, JSValueConst value) {
    return JS_GetOpaque(value, class_id(extension, class));
}

void *extension_class_expect(JSContext *ctx, const extension_t *extension, unsigned class, JSValueConst value) {
    void *opaque = extension_class_get(extension, class, value);
    if (opaque == NULL) {
        JS_ThrowTypeError(ctx, "this is not a %s", extension->classes[class]->def.class_name);
    }
    return opaque;
}

// The value of a global that names a class.
static JSValue make_class_global(JSContext *ctx, const char *name) {
    for (extension_t *const *e = host_of(ctx)->isolate->extensions; *e != NULL; e++) {
        for (unsigned i = 0; i < (*e)->class_count; i++) {
            if (strcmp((*e)->classes[i]->def.class_name, name) == 0) {
                if (extension_class_ready(ctx, *e, i) < 0) {
                    return JS_EXCEPTION;
                }
                JSValue proto = JS_GetClassProto(ctx, class_id(*e, i));
                JSValue constructor = JS_GetPropertyStr(ctx, proto, "constructor");
                JS_FreeValue(ctx, proto);
                return constructor;
            }
        }
    }
    return JS_ThrowInternalError(ctx, "no class %s", name);
}

static int install(JSContext *ctx, JSValueConst global, const extension_t *extension) {
    int result = 0;
    for (unsigned i = 0; i < extension->class_count && result == 0; i++) {
        const extension_class_t *class = extension->classes[i];
        result = JS_NewClass(JS_GetRuntime(ctx), class_id(extension, i), &class->def);
        if (result == 0 && class->constructor != NULL) {
            result = engine_define_lazy(ctx, global, class->def.class_name, make_class_global);
        }
    }
    for (unsigned i = 0; i < extension->global_count && result == 0; i++) {
        result = engine_define_lazy(ctx, global, extension->globals[i].name, extension->globals[i].make);
    }
    if (result == 0 && extension->install != NULL) {
        result = extension->install(ctx);
    }
    return result;
}

int isolate_install_extensions(JSContext *ctx) {
    JSValue global = JS_GetGlobalObject(ctx);
    int result = 0;
    for (extension_t *const *e = host_of(ctx)->isolate->extensions; *e != NULL && result == 0; e++) {
        result = install(ctx, global, *e);
    }
    JS_FreeValue(ctx, global);
    return result;
}

JSModuleDef *isolate_builtin_module(JSContext *ctx, const char *name) {
    JSModuleDef *module = NULL;
    for (extension_t *const *e = host_of(ctx)->isolate->extensions; *e != NULL && module == NULL; e++) {
        module = (*e)->module != NULL ? (*e)->module(ctx, name) : NULL;
    }
    return module;
}

void isolate_use_extensions(isolate_t *iso, extension_t *const *extensions) {
    size_t offset = sizeof(isolate_host_t);
    JSClassID first_class = engine_first_class;
    iso->extensions = extensions;
    for (extension_t *const *e = extensions; *e != NULL; e++) {
        (*e)->state_offset = (uint16_t)offset;
        (*e)->first_class = first_class;
        offset += ((*e)->state_size + sizeof(JSValue) - 1) / sizeof(JSValue) * sizeof(JSValue);
        first_class += (*e)->class_count;
        if ((*e)->handlers != NULL) {
            iso->handlers = (*e)->handlers;
        }
    }
    iso->host_size = offset;
}

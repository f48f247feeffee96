// See extension.h.

#include "isolate/extension.h"

#include <string.h>

#include "isolate/isolate_private.h"

static JSClassID class_id(const extension_t *extension, unsigned class) {
    return extension->first_class + class;
}

// Getters and setters get no names ("get url"): those take a third of the memory of a property that few programs touch.
static void define_accessor(JSContext *ctx, JSValueConst object, const JSCFunctionListEntry *entry) {
    bool magic = entry->def_type == JS_DEF_CGETSET_MAGIC;
    JSValue getter = JS_NewCFunction2(
        ctx, entry->u.getset.get.generic, "", 0, magic ? JS_CFUNC_getter_magic : JS_CFUNC_getter, entry->magic);
    JSValue setter = JS_UNDEFINED;
    if (entry->u.getset.set.generic != NULL) {
        setter = JS_NewCFunction2(
            ctx, entry->u.getset.set.generic, "", 1, magic ? JS_CFUNC_setter_magic : JS_CFUNC_setter, entry->magic);
    }

    JSAtom name = JS_NewAtom(ctx, entry->name);
    JS_DefinePropertyGetSet(ctx, object, name, getter, setter, entry->prop_flags);
    JS_FreeAtom(ctx, name);
}

static void define_properties(JSContext *ctx, JSValueConst object, const JSCFunctionListEntry *list, int len) {
    for (int i = 0; i < len; i++) {
        if (list[i].def_type == JS_DEF_CGETSET || list[i].def_type == JS_DEF_CGETSET_MAGIC) {
            define_accessor(ctx, object, &list[i]);
        } else {
            JS_SetPropertyFunctionList(ctx, object, &list[i], 1);
        }
    }
}

// The rare entries.
static void define_named(JSContext *ctx, JSValueConst object, const extension_class_t *class) {
    const JSCFunctionListEntry *list = class->proto + class->proto_len - class->rare_len;
    bool (*knows)(JSContext *, const char *) = class->knows != NULL ? class->knows : engine_knows_name;
    for (int i = 0; i < class->rare_len; i++) {
        if (knows(ctx, list[i].name)) {
            define_properties(ctx, object, &list[i], 1);
        }
    }
}

// The prototype holds it.
static void make_constructor(JSContext *ctx, const extension_class_t *class, JSValueConst proto) {
    JSValue constructor =
        JS_NewCFunction2(ctx, class->constructor, class->def.class_name, class->length, JS_CFUNC_constructor, 0);
    JS_SetPropertyFunctionList(ctx, constructor, class->statics, class->statics_len);
    JS_SetConstructor(ctx, constructor, proto);
    JS_FreeValue(ctx, constructor);
}

static JSValue make_proto(JSContext *ctx, const extension_class_t *class) {
    JSValue parent = class->parent != NULL ? class->parent(ctx) : JS_UNDEFINED;
    JSValue proto = engine_new_object(ctx, parent, class->proto_len - class->rare_len + (class->constructor != NULL));
    JS_FreeValue(ctx, parent);
    return proto;
}

static void register_class(JSContext *ctx, const extension_t *extension, unsigned class) {
    JS_NewClass(JS_GetRuntime(ctx), class_id(extension, class), &extension->classes[class]->def);
}

void extension_class_ready(JSContext *ctx, const extension_t *extension, unsigned class) {
    if (!JS_IsRegisteredClass(JS_GetRuntime(ctx), class_id(extension, class))) {
        engine_reserve_classes(ctx, class_id(extension, class) + 1);
        register_class(ctx, extension, class);
    }
    JSValue proto = JS_GetClassProto(ctx, class_id(extension, class));
    bool ready = JS_IsObject(proto);
    JS_FreeValue(ctx, proto);
    if (ready) {
        return;
    }

    const extension_class_t *info = extension->classes[class];
    proto = make_proto(ctx, info);
    define_properties(ctx, proto, info->proto, info->proto_len - info->rare_len);
    define_named(ctx, proto, info);
    if (info->constructor != NULL) {
        make_constructor(ctx, info, proto);
    }
    JS_SetClassProto(ctx, class_id(extension, class), proto);
}

JSValue extension_class_new(JSContext *ctx, const extension_t *extension, unsigned class, JSValueConst new_target) {
    JSClassID id = class_id(extension, class);
    extension_class_ready(ctx, extension, class);
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

// The index of the extension's class of that name, or class_count.
static unsigned find_class(const extension_t *extension, const char *name) {
    unsigned i = 0;
    while (i < extension->class_count && strcmp(extension->classes[i]->def.class_name, name) != 0) {
        i++;
    }
    return i;
}

// The value of a global that names a class, which is there.
static JSValue make_class_global(JSContext *ctx, const char *name) {
    extension_t *const *e = host_of(ctx)->isolate->extensions;
    unsigned class;
    while ((class = find_class(*e, name)) == (*e)->class_count) {
        e++;
    }
    extension_class_ready(ctx, *e, class);
    JSValue proto = JS_GetClassProto(ctx, class_id(*e, class));
    JSValue constructor = JS_GetPropertyStr(ctx, proto, "constructor");
    JS_FreeValue(ctx, proto);
    return constructor;
}

// Those that every bundle has, or with `named` those that are rare, where the bundle names them.
static void define_globals(JSContext *ctx, JSValueConst global, const extension_t *extension, bool named) {
    for (unsigned i = 0; i < extension->class_count; i++) {
        const extension_class_t *class = extension->classes[i];
        const char *name = class->def.class_name;
        if (class->constructor != NULL && (extension->rare || class->rare) == named &&
            (!named || engine_knows_name(ctx, name))) {
            engine_define_lazy(ctx, global, name, make_class_global);
        }
    }
    for (unsigned i = 0; i < extension->global_count; i++) {
        const extension_global_t *one = &extension->globals[i];
        if ((extension->rare || one->rare) == named && (!named || engine_knows_name(ctx, one->name))) {
            engine_define_lazy(ctx, global, one->name, one->make);
        }
    }
}

static void install(JSContext *ctx, JSValueConst global, const extension_t *extension) {
    for (unsigned i = 0; i < extension->class_count; i++) {
        if (!extension->rare && !extension->classes[i]->rare) {
            register_class(ctx, extension, i);
        }
    }
    define_globals(ctx, global, extension, false);
    if (extension->install != NULL) {
        extension->install(ctx);
    }
}

void isolate_install_extensions(JSContext *ctx) {
    JSValue global = JS_GetGlobalObject(ctx);
    for (extension_t *const *e = host_of(ctx)->isolate->extensions; *e != NULL; e++) {
        install(ctx, global, *e);
    }
    JS_FreeValue(ctx, global);
}

void isolate_install_named(JSContext *ctx) {
    JSValue global = JS_GetGlobalObject(ctx);
    for (extension_t *const *e = host_of(ctx)->isolate->extensions; *e != NULL; e++) {
        define_globals(ctx, global, *e, true);
        if ((*e)->loaded != NULL) {
            (*e)->loaded(ctx);
        }
    }
    JS_FreeValue(ctx, global);
}

JSModuleDef *isolate_builtin_module(JSContext *ctx, const char *name) {
    JSModuleDef *module = NULL;
    for (extension_t *const *e = host_of(ctx)->isolate->extensions; *e != NULL && module == NULL; e++) {
        module = (*e)->module != NULL ? (*e)->module(ctx, name) : NULL;
    }
    return module;
}

JSValue isolate_extension_binding(JSContext *ctx, const isolate_binding_t *binding) {
    JSValue object = JS_UNDEFINED;
    for (extension_t *const *e = host_of(ctx)->isolate->extensions; *e != NULL && JS_IsUndefined(object); e++) {
        object = (*e)->binding != NULL ? (*e)->binding(ctx, binding) : JS_UNDEFINED;
    }
    return object;
}

// The engine has a row for each class up to the last one that was needed: rare ones come last.
static void number_classes(extension_t *const *extensions, bool rare, JSClassID *next) {
    for (extension_t *const *e = extensions; *e != NULL; e++) {
        if ((*e)->rare == rare) {
            (*e)->first_class = *next;
            *next += (*e)->class_count;
        }
    }
}

void isolate_use_extensions(isolate_t *iso, extension_t *const *extensions) {
    size_t offset = sizeof(isolate_host_t);
    JSClassID next_class = engine_first_class;
    iso->extensions = extensions;
    number_classes(extensions, false, &next_class);
    number_classes(extensions, true, &next_class);
    for (extension_t *const *e = extensions; *e != NULL; e++) {
        (*e)->state_offset = (uint16_t)offset;
        offset += ((*e)->state_size + sizeof(JSValue) - 1) / sizeof(JSValue) * sizeof(JSValue);
        if ((*e)->handlers != NULL) {
            iso->handlers = (*e)->handlers;
        }
    }
    iso->host_size = offset;
}

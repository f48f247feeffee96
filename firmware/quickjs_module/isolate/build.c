// Building an image: a new context, the bundle's modules, their top level. See isolate.h.

#include "isolate/isolate_private.h"

#include <stdio.h>
#include <string.h>

#include "base_text.h"
#include "engine/bundle.h"
#include "engine/engine.h"
#include "port/port.h"

void isolate_begin(isolate_t *iso, const isolate_limits_t *limits) {
    iso->limits = *limits;
    isolate_wipe(iso);
    arena_set_limit(iso->arena, limits->memory);
    iso->call.state = ISOLATE_IDLE;
    iso->call.background = false;
    iso->call.cpu_used_us = 0;
    iso->log_used = 0;
    iso->log_dropped = 0;
    iso->error.stack[0] = '\0';
    iso->code = (base_slice_t){NULL, 0};
}

typedef struct _build_t {
    const isolate_config_t *config;
    const bundle_t *bundle;
    uint8_t read[BUNDLE_MODULES_MAX / 8]; // a bit each: the engine has the module
    bool missing;                         // an import that is not in the bundle
    engine_code_t code;                   // where its memory is none, code goes into the arena
    uint8_t handler_kind;
    bool ok;
} build_t;

// The engine asks for an import that is not in the bundle.
static JSModuleDef *native_module(JSContext *ctx, const char *name, void *opaque) {
    (void)opaque;
    JSModuleDef *module = isolate_builtin_module(ctx, name);
    if (module == NULL) {
        JS_ThrowReferenceError(ctx, "import of '%s' is not in the bundle", name);
    }
    return module;
}

void isolate_new_context(isolate_t *iso) {
    isolate_new_runtime(iso);
    JS_SetModuleLoaderFunc(JS_GetRuntime(iso->ctx), NULL, native_module, NULL);
    iso->host = js_mallocz(iso->ctx, iso->host_size);
    iso->host->isolate = iso;
    iso->host->began_us = port_ticks_us();
    iso->host->origin_us = port_time_us();
    JS_SetContextOpaque(iso->ctx, iso->host);
}

static bool was_read(const build_t *build, size_t i) {
    return (build->read[i / 8] >> i % 8 & 1) != 0;
}

static JSValue read_module(JSContext *ctx, build_t *build, size_t i, const bundle_module_t *module) {
    build->read[i / 8] |= (uint8_t)(1 << i % 8);
    return JS_ReadObject(ctx, module->code, module->code_len, JS_READ_OBJ_BYTECODE);
}

// The engine asks for an import that it has not met yet, while it reads the module that imports it.
static JSModuleDef *read_import(JSContext *ctx, const char *name, void *opaque) {
    build_t *build = opaque;
    bundle_module_t module;
    size_t at = 0;
    for (size_t i = 0; bundle_next(build->bundle, &at, &module); i++) {
        if (!was_read(build, i) && base_equal_text(module.name, module.name_len, name)) {
            JSValue value = read_module(ctx, build, i, &module);
            return JS_IsException(value) ? NULL : JS_VALUE_GET_PTR(value);
        }
    }
    JSModuleDef *native = native_module(ctx, name, NULL);
    build->missing = native == NULL;
    return native;
}

static bool read_modules(isolate_t *iso, build_t *build, JSValue *main) {
    JSRuntime *rt = JS_GetRuntime(iso->ctx);
    bundle_module_t module;
    size_t at = 0;

    JS_SetModuleLoaderFunc(rt, NULL, read_import, build);
    for (size_t i = 0; bundle_next(build->bundle, &at, &module); i++) {
        JSValue value = was_read(build, i) ? JS_UNDEFINED : read_module(iso->ctx, build, i, &module);
        if (JS_IsException(value)) {
            isolate_take_exception(iso, build->missing ? ISOLATE_IMPORT : ISOLATE_BUNDLE);
            return false;
        }
        if (i == 0) {
            *main = value;
        }
    }

    JS_SetModuleLoaderFunc(rt, NULL, native_module, NULL);
    return true;
}

static bool settled(isolate_t *iso, JSValueConst promise) {
    switch (JS_PromiseState(iso->ctx, promise)) {
        case JS_PROMISE_REJECTED:
            JS_Throw(iso->ctx, JS_PromiseResult(iso->ctx, promise));
            isolate_take_exception(iso, ISOLATE_THROWN);
            return false;
        case JS_PROMISE_PENDING:
            iso->error.stack[0] = '\0';
            isolate_set_error(iso, ISOLATE_STUCK, "the module's top level awaits a promise that nothing can settle");
            return false;
        default:
            return true;
    }
}

static bool run_top_level(isolate_t *iso, JSValue main) {
    iso->host->top_level = true;
    JSValue promise = JS_EvalFunction(iso->ctx, JS_DupValue(iso->ctx, main));
    if (JS_IsException(promise)) {
        isolate_take_exception(iso, ISOLATE_THROWN);
        return false;
    }
    JS_PromiseMarkAsHandled(iso->ctx, promise); // `settled` reports a rejection
    isolate_drain_jobs(iso);
    bool ok = iso->killed == ISOLATE_OK && settled(iso, promise);
    JS_FreeValue(iso->ctx, promise);
    iso->host->top_level = false;
    return ok;
}

static bool find_handler(isolate_t *iso, build_t *build, JSValueConst main) {
    JSValue ns = engine_module_namespace(iso->ctx, main);
    if (JS_IsException(ns)) {
        isolate_take_exception(iso, ISOLATE_HANDLER);
        return false;
    }
    build->handler_kind = iso->handlers->find(iso->ctx, ns);
    if (build->handler_kind == 0) {
        isolate_take_exception(iso, ISOLATE_HANDLER);
    }
    JS_FreeValue(iso->ctx, ns);
    return build->handler_kind != 0;
}

// All that comes before code of the function's runs.
static bool read_turn(isolate_t *iso, build_t *build, JSValue *main) {
    isolate_new_context(iso);
    host_install(iso->ctx);
    isolate_install_extensions(iso->ctx);
    host_set_env(iso->ctx, build->config);
    iso->host->bundle_flags = build->bundle->flags;
    // What the engine has of its own in bytecode is read when the top level asks for it, and is none of the function's.
    engine_place_code(build->code.memory == NULL ? NULL : &build->code);
    bool read = read_modules(iso, build, main);
    engine_place_code(NULL);
    return read;
}

static void code_turn(isolate_t *iso, void *arg) {
    build_t *build = arg;
    JSValue main = JS_UNDEFINED;
    build->ok = read_turn(iso, build, &main) && iso->killed == ISOLATE_OK;
}

static void build_turn(isolate_t *iso, void *arg) {
    build_t *build = arg;
    JSValue main = JS_UNDEFINED;
    if (!read_turn(iso, build, &main)) {
        return;
    }
    if (build->code.differs) {
        isolate_set_error(iso, ISOLATE_STALE, "the memory for the function's code holds something else");
        return;
    }

    iso->code = (base_slice_t){(const char *)build->code.memory, build->code.used};
    isolate_install_named(iso->ctx);
    if (engine_warm(iso->ctx) < 0) {
        isolate_take_exception(iso, ISOLATE_THROWN);
        return;
    }
    if (JS_ResolveModule(iso->ctx, main) < 0) {
        isolate_take_exception(iso, ISOLATE_IMPORT);
        return;
    }

    if (!run_top_level(iso, main) || !find_handler(iso, build, main)) {
        return;
    }

    JS_RunGC(JS_GetRuntime(iso->ctx));
    build->ok = iso->killed == ISOLATE_OK;
}

// Opens the bundle in a fresh arena. False with iso->error set.
static bool open_bundle(isolate_t *iso, const isolate_config_t *config, bundle_t *bundle) {
    isolate_begin(iso, &config->limits);
    const char *wrong = bundle_open(bundle, (const uint8_t *)config->bundle.data, config->bundle.len);
    if (wrong != NULL) {
        isolate_set_error(iso, ISOLATE_BUNDLE, wrong);
        return false;
    }
    if (strcmp(bundle->engine, engine_id) != 0) {
        char message[128];
        snprintf(message, sizeof(message),
            "bundle was compiled for engine %s, this firmware has engine %s: deploy the function again", bundle->engine,
            engine_id);
        isolate_set_error(iso, ISOLATE_ENGINE, message);
        return false;
    }
    return true;
}

// Runs a turn of building, with nothing left of it where it failed.
static bool run_build(isolate_t *iso, build_t *build, void (*turn)(isolate_t *iso, void *build)) {
    isolate_run(iso, turn, build);
    engine_place_code(NULL);
    if (!build->ok) {
        isolate_wipe(iso);
    }
    return build->ok;
}

size_t isolate_read_code(
    isolate_t *iso, const isolate_config_t *config, size_t at, uint8_t *part, size_t part_size, size_t *longest) {
    bundle_t bundle;
    iso->name = NULL;
    if (!open_bundle(iso, config, &bundle)) {
        return 0;
    }

    engine_code_t code = {
        .memory = (const uint8_t *)config->code.data,
        .size = config->code.len,
        .part = part,
        .part_at = at,
        .part_size = part_size,
    };
    build_t build = {.config = config, .bundle = &bundle, .code = code};
    if (!run_build(iso, &build, code_turn)) {
        return 0;
    }
    isolate_wipe(iso);
    iso->call.state = ISOLATE_IDLE;
    *longest = build.code.longest;
    return build.code.used;
}

bool isolate_build(isolate_t *iso, const isolate_config_t *config, isolate_place_t place, isolate_image_t *image) {
    bundle_t bundle;
    isolate_copy_text(image->name, sizeof(image->name), config->name.data, config->name.len);
    iso->name = image->name;
    if (!open_bundle(iso, config, &bundle)) {
        return false;
    }

    engine_code_t code = {.memory = (const uint8_t *)config->code.data, .size = config->code.len};
    build_t build = {.config = config, .bundle = &bundle, .code = code};
    if (!run_build(iso, &build, build_turn)) {
        return false;
    }

    image->ctx = iso->ctx;
    image->host = iso->host;
    image->code = iso->code;
    image->limits = config->limits;
    image->handler_kind = build.handler_kind;
    if (!isolate_take_image(iso, place, image)) {
        isolate_wipe(iso);
        return false;
    }
    iso->resident = image;
    iso->call.state = ISOLATE_IDLE;
    return true;
}

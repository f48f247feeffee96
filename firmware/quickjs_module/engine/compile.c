// See compile.h.

#include "engine/compile.h"

#include <string.h>

#include "base_bytes.h"
#include "base_text.h"
#include "engine/bundle.h"

#ifndef QJS_DISABLE_PARSER

// Longest path of a module in bytes.
#define PATH_MAX_LEN (255)

typedef struct _compile_t {
    const compile_config_t *config;
    JSValue *modules; // undefined until compiled
    bool missing;     // an import that is not among the files
} compile_t;

// Compiles files[i] and, through load_module, what it imports. False with a pending exception.
static bool compile_module(JSContext *ctx, compile_t *compile, size_t i) {
    const compile_source_t *file = &compile->config->files[i];
    char path[PATH_MAX_LEN + 1];
    if (file->path.len > PATH_MAX_LEN) {
        JS_ThrowRangeError(ctx, "path of a module is longer than %d bytes", PATH_MAX_LEN);
        return false;
    }

    memcpy(path, file->path.data, file->path.len);
    path[file->path.len] = '\0';
    JSValue module =
        JS_Eval(ctx, file->text.data, file->text.len, path, JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    if (JS_IsException(module)) {
        return false;
    }
    if (i == compile->config->main && compile->config->origins != NULL) {
        engine_set_origins(ctx, module, compile->config->origins);
    }
    compile->modules[i] = module;
    return true;
}

// The engine asks for a module that it has not met yet.
static JSModuleDef *load_module(JSContext *ctx, const char *name, void *opaque) {
    compile_t *compile = opaque;
    for (size_t i = 0; i < compile->config->count; i++) {
        const base_slice_t *path = &compile->config->files[i].path;
        if (base_equal_text(path->data, path->len, name)) {
            return compile_module(ctx, compile, i) ? JS_VALUE_GET_PTR(compile->modules[i]) : NULL;
        }
    }
    JSModuleDef *native = compile->config->native(ctx, name);
    if (native == NULL) {
        JS_ThrowReferenceError(ctx, "import of '%s', which is not among the files", name);
        compile->missing = true;
    }
    return native;
}

static bool compile_all(JSContext *ctx, compile_t *compile) {
    size_t count = compile->config->count;
    compile->modules = js_malloc(ctx, count * sizeof(*compile->modules));
    for (size_t i = 0; i < count; i++) {
        compile->modules[i] = JS_UNDEFINED;
    }

    if (!compile_module(ctx, compile, compile->config->main)) {
        return false;
    }

    // What main does not import statically may be imported at run time.
    for (size_t i = 0; i < count; i++) {
        if (JS_IsUndefined(compile->modules[i]) && !compile_module(ctx, compile, i)) {
            return false;
        }
    }
    return true;
}

// SHA-256 over each path and text with its length, in the order given.
static void hash_sources(const compile_config_t *config, uint8_t digest[32]) {
    uint8_t all[32] = {0};
    for (size_t i = 0; i < config->count; i++) {
        const compile_source_t *file = &config->files[i];
        uint8_t lengths[8];
        base_put_u32_le(base_put_u32_le(lengths, (uint32_t)file->path.len), (uint32_t)file->text.len);
        bundle_piece_t pieces[] = {
            {all, sizeof(all)},
            {lengths, sizeof(lengths)},
            {file->path.data, file->path.len},
            {file->text.data, file->text.len},
        };
        bundle_sha256(all, pieces, 4);
    }
    memcpy(digest, all, sizeof(all));
}

// The file that is written as number n: the main module comes first, the others in the order given.
static size_t nth_file(const compile_config_t *config, size_t n) {
    if (n == 0) {
        return config->main;
    }
    return n <= config->main ? n - 1 : n;
}

static base_slice_t write_bundle(
    JSContext *ctx, const compile_config_t *config, uint8_t *const *codes, const size_t *lens) {
    size_t body = 0;
    for (size_t i = 0; i < config->count; i++) {
        body += 6 + config->files[i].path.len + lens[i];
    }
    size_t size = BUNDLE_HEADER_SIZE + body + BUNDLE_DIGEST_SIZE;
    uint8_t *bundle = js_malloc(ctx, size);

    uint8_t *p = bundle;
    memcpy(p, "EJSB", 4);
    p[4] = BUNDLE_VERSION;
    p[5] = (config->strip ? BUNDLE_STRIPPED : 0) | (config->event_2 ? BUNDLE_EVENT_2 : 0);
    base_put_u16_le(p + 6, (uint16_t)config->count);
    memcpy(p + 8, engine_id, 16);
    hash_sources(config, p + 24);
    p = base_put_u32_le(p + 56, (uint32_t)body);

    for (size_t n = 0; n < config->count; n++) {
        size_t i = nth_file(config, n);
        const base_slice_t *path = &config->files[i].path;
        p = base_put_u16_le(p, (uint16_t)path->len);
        memcpy(p, path->data, path->len);
        p = base_put_u32_le(p + path->len, (uint32_t)lens[i]);
        memcpy(p, codes[i], lens[i]);
        p += lens[i];
    }
    bundle_sha256(p, &(bundle_piece_t){bundle, (size_t)(p - bundle)}, 1);
    return (base_slice_t){(const char *)bundle, size};
}

// Writes the modules' bytecode, each into memory of its own.
static void write_modules(JSContext *ctx, const compile_t *compile, uint8_t **codes, size_t *lens) {
    int flags = JS_WRITE_OBJ_BYTECODE;
    flags |= compile->config->strip ? JS_WRITE_OBJ_STRIP_DEBUG : JS_WRITE_OBJ_STRIP_SOURCE;
    for (size_t i = 0; i < compile->config->count; i++) {
        codes[i] = JS_WriteObject(ctx, &lens[i], compile->modules[i], flags);
    }
}

compile_result_t compile_bundle(JSContext *ctx, const compile_config_t *config, base_slice_t *bundle) {
    compile_t compile = {.config = config};
    engine_enable_compiler(ctx);
    JS_SetModuleLoaderFunc(JS_GetRuntime(ctx), NULL, load_module, &compile);
    if (!compile_all(ctx, &compile)) {
        return compile.missing ? COMPILE_IMPORT : COMPILE_SYNTAX;
    }

    uint8_t **codes = js_malloc(ctx, config->count * sizeof(*codes));
    size_t *lens = js_malloc(ctx, config->count * sizeof(*lens));
    write_modules(ctx, &compile, codes, lens);
    *bundle = write_bundle(ctx, config, codes, lens);
    return COMPILE_OK;
}

#endif // QJS_DISABLE_PARSER

// Compiling: ES modules to a bundle. See isolate_compile in isolate.h.

#include "isolate/isolate.h"
#include "isolate/isolate_private.h"

#include <string.h>

#include "base_bytes.h"
#include "engine/bundle.h"
#include "engine/engine.h"
#include "jsonwebtoken/jwt.h"
#include "port/port.h"

#ifndef QJS_DISABLE_PARSER

typedef struct _compile_t {
    const isolate_source_t *files;
    size_t count;
    size_t main; // index in files
    bool strip;
    web_slice_t *bundle;
    JSValue *modules; // undefined until compiled
    bool missing;     // an import that is not among the files
    bool ok;
} compile_t;

// "SyntaxError: ..." becomes "main.js:3:7: SyntaxError: ...": the engine puts the position into the stack.
static void put_position_first(isolate_error_t *error) {
    static const char at[] = "    at ";
    size_t skip = sizeof(at) - 1;
    if (strncmp(error->stack, at, skip) != 0) {
        return;
    }
    char message[ISOLATE_MESSAGE_SIZE];
    isolate_copy_text(message, sizeof(message), error->message, strlen(error->message));
    size_t len = strcspn(error->stack + skip, "\n");
    if (len + 2 < sizeof(error->message)) {
        memcpy(error->message, error->stack + skip, len);
        memcpy(error->message + len, ": ", 2);
        isolate_copy_text(error->message + len + 2, sizeof(error->message) - len - 2, message, strlen(message));
    }
}

// Compiles files[i] and, through load_module, what it imports. False with a pending exception.
static bool compile_module(JSContext *ctx, compile_t *compile, size_t i) {
    const isolate_source_t *file = &compile->files[i];
    char path[256];
    if (file->path.len >= sizeof(path)) {
        JS_ThrowRangeError(ctx, "path of a module is longer than %d bytes", (int)sizeof(path) - 1);
        return false;
    }
    isolate_copy_text(path, sizeof(path), file->path.data, file->path.len);
    JSValue module =
        JS_Eval(ctx, file->text.data, file->text.len, path, JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    if (JS_IsException(module)) {
        return false;
    }
    compile->modules[i] = module;
    return true;
}

// The engine asks for a module that it has not met yet.
static JSModuleDef *load_module(JSContext *ctx, const char *name, void *opaque) {
    compile_t *compile = opaque;
    for (size_t i = 0; i < compile->count; i++) {
        const web_slice_t *path = &compile->files[i].path;
        if (path->len == strlen(name) && memcmp(path->data, name, path->len) == 0) {
            return compile_module(ctx, compile, i) ? JS_VALUE_GET_PTR(compile->modules[i]) : NULL;
        }
    }
    JSModuleDef *native = jwt_module(ctx, name);
    if (native == NULL) {
        JS_ThrowReferenceError(ctx, "import of '%s', which is not among the files", name);
        compile->missing = true;
    }
    return native;
}

static bool compile_all(JSContext *ctx, compile_t *compile) {
    compile->modules = js_malloc(ctx, compile->count * sizeof(*compile->modules));
    for (size_t i = 0; i < compile->count; i++) {
        compile->modules[i] = JS_UNDEFINED;
    }
    if (!compile_module(ctx, compile, compile->main)) {
        return false;
    }
    // What main does not import statically may be imported at run time.
    for (size_t i = 0; i < compile->count; i++) {
        if (JS_IsUndefined(compile->modules[i]) && !compile_module(ctx, compile, i)) {
            return false;
        }
    }
    return true;
}

// SHA-256 over each path and text with its length, in the order given.
static void hash_sources(const compile_t *compile, uint8_t digest[32]) {
    uint8_t all[32] = {0};
    for (size_t i = 0; i < compile->count; i++) {
        const isolate_source_t *file = &compile->files[i];
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

static void write_bundle(isolate_t *iso, const compile_t *compile, uint8_t *const *codes, const size_t *lens) {
    size_t body = 0;
    for (size_t i = 0; i < compile->count; i++) {
        body += 6 + compile->files[i].path.len + lens[i];
    }
    size_t size = BUNDLE_HEADER_SIZE + body + BUNDLE_DIGEST_SIZE;
    uint8_t *bundle = js_malloc(iso->ctx, size);
    uint8_t *p = bundle;
    memcpy(p, "EJSB", 4);
    p[4] = BUNDLE_VERSION;
    p[5] = compile->strip ? BUNDLE_STRIPPED : 0;
    base_put_u16_le(p + 6, (uint16_t)compile->count);
    memcpy(p + 8, engine_id, 16);
    hash_sources(compile, p + 24);
    p = base_put_u32_le(p + 56, (uint32_t)body);
    for (size_t n = 0; n < compile->count; n++) {
        // The main module first, the others in the order given.
        size_t i = n == 0 ? compile->main : n <= compile->main ? n - 1 : n;
        p = base_put_u16_le(p, (uint16_t)compile->files[i].path.len);
        memcpy(p, compile->files[i].path.data, compile->files[i].path.len);
        p = base_put_u32_le(p + compile->files[i].path.len, (uint32_t)lens[i]);
        memcpy(p, codes[i], lens[i]);
        p += lens[i];
    }
    bundle_sha256(p, &(bundle_piece_t){bundle, (size_t)(p - bundle)}, 1);
    *compile->bundle = (web_slice_t){(const char *)bundle, size};
}

static void compile_turn(isolate_t *iso, void *arg) {
    compile_t *compile = arg;
    if (!isolate_new_context(iso)) {
        return;
    }
    JSContext *ctx = iso->ctx;
    engine_enable_compiler(ctx);
    JS_SetModuleLoaderFunc(JS_GetRuntime(ctx), NULL, load_module, compile);
    if (!compile_all(ctx, compile)) {
        isolate_take_exception(iso, compile->missing ? ISOLATE_IMPORT : ISOLATE_SYNTAX);
        put_position_first(&iso->error);
        return;
    }
    uint8_t **codes = js_malloc(ctx, compile->count * sizeof(*codes));
    size_t *lens = js_malloc(ctx, compile->count * sizeof(*lens));
    int flags = JS_WRITE_OBJ_BYTECODE | (compile->strip ? JS_WRITE_OBJ_STRIP_DEBUG : JS_WRITE_OBJ_STRIP_SOURCE);
    for (size_t i = 0; i < compile->count; i++) {
        codes[i] = JS_WriteObject(ctx, &lens[i], compile->modules[i], flags);
    }
    write_bundle(iso, compile, codes, lens);
    compile->ok = iso->killed == ISOLATE_OK;
}

bool isolate_compile(
    isolate_t *iso, const isolate_source_t *files, size_t count, size_t main, bool strip, web_slice_t *bundle) {
    isolate_limits_t limits = {ISOLATE_CPU_MS_MAX, (uint32_t)iso->size, (uint32_t)port_stack_max()};
    isolate_begin(iso, &limits);
    compile_t compile = {.files = files, .count = count, .main = main, .strip = strip, .bundle = bundle};
    isolate_run(iso, compile_turn, &compile);
    iso->call.state = ISOLATE_IDLE;
    return compile.ok;
}

#endif // QJS_DISABLE_PARSER

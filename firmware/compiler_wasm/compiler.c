// The compiler of bundles by itself, as WebAssembly: what quickjs.compile does in the firmware, for computers that
// cannot run that. host/edgelet_host/project/wasm.py calls it.
//
// The caller asks for memory (edgelet_alloc), writes a request there, and has it compiled once (edgelet_compile); an
// instance is of no other use then. A request is in the machine's order, little-endian, without padding:
//
//     uint32 flags (1: strip, 2: BUNDLE_EVENT_2, 4: origins), main
//     uint32 count, then a path and a text for each file
//     uint32 count, then the name of each built-in module
//     with origins: uint32 count, then the path of each source; uint32 count, then each engine_origin_t
//
// A text is a uint32 with its length, its bytes, and a NUL.

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/bundle.h"
#include "engine/compile.h"
#include "engine/engine.h"
#include "port/port.h"

#define EXPORT(name) __attribute__((export_name(name)))

enum { REQUEST_STRIP = 1, REQUEST_EVENT_2 = 2, REQUEST_ORIGINS = 4 };

// What edgelet_compile answers.
typedef struct _answer_t {
    uint32_t result; // a compile_result_t
    const char *data;
    uint32_t len; // of the bundle, or of an error's text
    const char *stack;
    uint32_t stack_len;
} answer_t;

typedef struct _names_t {
    const char *const *items;
    size_t count;
} names_t;

static names_t builtins;

// The engine's allocator gives no NULL: see engine.h. There is no way back but to end.
static void *or_trap(void *block) {
    if (block == NULL) {
        __builtin_trap();
    }
    return block;
}

static void *heap_calloc(void *opaque, size_t count, size_t size) {
    (void)opaque;
    return or_trap(calloc(count, size == 0 ? 1 : size));
}

static void *heap_malloc(void *opaque, size_t size) {
    (void)opaque;
    return or_trap(malloc(size == 0 ? 1 : size));
}

static void heap_free(void *opaque, void *block) {
    (void)opaque;
    free(block);
}

static void *heap_realloc(void *opaque, void *block, size_t size) {
    (void)opaque;
    return or_trap(realloc(block, size == 0 ? 1 : size));
}

static size_t heap_usable_size(const void *block) {
    (void)block;
    return 0;
}

static const JSMallocFunctions heap = {heap_calloc, heap_malloc, heap_free, heap_realloc, heap_usable_size};

uint64_t port_time_us(void) {
    return 0;
}

const void *port_stack_low(void) {
    return NULL;
}

static uint32_t request_u32(const char **p) {
    uint32_t value;
    memcpy(&value, *p, sizeof(value));
    *p += sizeof(value);
    return value;
}

static base_slice_t request_text(const char **p) {
    size_t len = request_u32(p);
    base_slice_t text = {*p, len};
    *p += len + 1;
    return text;
}

static names_t request_names(const char **p) {
    size_t count = request_u32(p);
    const char **items = heap_calloc(NULL, count + 1, sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        items[i] = request_text(p).data;
    }
    return (names_t){items, count};
}

static engine_origins_t request_origins(const char **p) {
    names_t sources = request_names(p);
    size_t count = request_u32(p);
    engine_origin_t *items = heap_calloc(NULL, count + 1, sizeof(*items));
    memcpy(items, *p, count * sizeof(*items));
    return (engine_origins_t){items, count, sources.items, sources.count};
}

static int no_init(JSContext *ctx, JSModuleDef *module) {
    (void)ctx;
    (void)module;
    return 0;
}

static JSModuleDef *builtin(JSContext *ctx, const char *name) {
    for (size_t i = 0; i < builtins.count; i++) {
        if (strcmp(builtins.items[i], name) == 0) {
            return JS_NewCModule(ctx, name, no_init);
        }
    }
    return NULL;
}

// The exception as text, and the frames that it has.
static void answer_exception(JSContext *ctx, answer_t *answer) {
    JSValue exception = JS_GetException(ctx);
    size_t len;
    answer->data = JS_ToCStringLen(ctx, &len, exception);
    answer->len = (uint32_t)len;
    JSValue stack = JS_GetPropertyStr(ctx, exception, "stack");
    answer->stack = JS_ToCStringLen(ctx, &len, stack);
    answer->stack_len = (uint32_t)len;
}

EXPORT("edgelet_alloc") void *edgelet_alloc(size_t size) {
    return heap_malloc(NULL, size);
}

// stack: bytes of it that may be used.
EXPORT("edgelet_compile") answer_t *edgelet_compile(const char *request, size_t stack) {
    const char *p = request;
    uint32_t flags = request_u32(&p);
    compile_config_t config = {.main = request_u32(&p),
        .strip = (flags & REQUEST_STRIP) != 0,
        .event_2 = (flags & REQUEST_EVENT_2) != 0,
        .native = builtin};
    config.count = request_u32(&p);
    compile_source_t *files = heap_calloc(NULL, config.count, sizeof(*files));
    for (size_t i = 0; i < config.count; i++) {
        files[i].path = request_text(&p);
        files[i].text = request_text(&p);
    }
    config.files = files;
    builtins = request_names(&p);
    engine_origins_t origins;
    if ((flags & REQUEST_ORIGINS) != 0 && !config.strip) {
        origins = request_origins(&p);
        config.origins = &origins;
    }

    JSContext *ctx = engine_new(&heap, NULL);
    engine_renew(ctx, 1, stack);
    answer_t *answer = heap_calloc(NULL, 1, sizeof(*answer));
    base_slice_t bundle;
    answer->result = compile_bundle(ctx, &config, &bundle);
    if (answer->result == COMPILE_OK) {
        answer->data = bundle.data;
        answer->len = (uint32_t)bundle.len;
    } else {
        answer_exception(ctx, answer);
    }
    return answer;
}

// See isolate.h.

#include "isolate/isolate.h"
#include "isolate/isolate_private.h"

#include <stdio.h>
#include <string.h>

#include "engine/bundle.h"
#include "crypto/crypto.h"
#include "engine/engine.h"
#include "isolate/host.h"
#include "jsonwebtoken/jwt.h"
#include "port/port.h"

// The isolate whose code runs. There is one thread, and JavaScript does not nest.
static isolate_t *running;
static volatile int masked;
static volatile bool abandon_when_unmasked;

const char *isolate_kind_name(isolate_kind_t kind) {
    static const char *const names[] = {
        [ISOLATE_OK] = "ok",
        [ISOLATE_THROWN] = "thrown",
        [ISOLATE_CPU] = "cpu",
        [ISOLATE_MEMORY] = "memory",
        [ISOLATE_STACK] = "stack",
        [ISOLATE_RESULT] = "result",
        [ISOLATE_STUCK] = "stuck",
        [ISOLATE_BUNDLE] = "bundle",
        [ISOLATE_ENGINE] = "engine",
        [ISOLATE_IMPORT] = "import",
        [ISOLATE_HANDLER] = "handler",
        [ISOLATE_SYNTAX] = "syntax",
        [ISOLATE_STALE] = "stale",
    };
    return names[kind];
}

// Errors

void isolate_copy_text(char *to, size_t size, const char *from, size_t len) {
    if (len >= size) {
        len = size - 1;
        // Not in the middle of a UTF-8 sequence.
        while (len > 0 && ((uint8_t)from[len] & 0xc0) == 0x80) {
            len--;
        }
    }
    memcpy(to, from, len);
    to[len] = '\0';
}

static void set_error(isolate_t *iso, isolate_kind_t kind, const char *message) {
    iso->state = ISOLATE_ERROR;
    iso->background = false;
    iso->error.kind = kind;
    isolate_copy_text(iso->error.message, sizeof(iso->error.message), message, strlen(message));
}

static void copy_value_text(JSContext *ctx, JSValueConst value, char *to, size_t size) {
    size_t len;
    const char *text = JS_ToCStringLen(ctx, &len, value);
    if (text == NULL) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        return;
    }
    isolate_copy_text(to, size, text, len);
    JS_FreeCString(ctx, text);
}

// Takes the pending exception as the call's error. Runs in the engine: making text of a value may call user code.
void isolate_take_exception(isolate_t *iso, isolate_kind_t kind) {
    JSContext *ctx = iso->ctx;
    JSValue exception = JS_GetException(ctx);
    if (iso->killed != ISOLATE_OK) {
        // The stack was noted where it happened, and nothing of the user's runs any more.
        return;
    }
    iso->error.stack[0] = '\0';
    set_error(
        iso, kind == ISOLATE_THROWN && engine_is_stack_overflow(ctx, exception) ? ISOLATE_STACK : kind, "exception");
    copy_value_text(ctx, exception, iso->error.message, sizeof(iso->error.message));
    if (JS_IsError(exception)) {
        JSValue stack = JS_GetPropertyStr(ctx, exception, "stack");
        if (JS_IsString(stack)) {
            copy_value_text(ctx, stack, iso->error.stack, sizeof(iso->error.stack));
        } else if (JS_IsException(stack)) {
            JS_FreeValue(ctx, JS_GetException(ctx));
        }
        JS_FreeValue(ctx, stack);
    }
    JS_FreeValue(ctx, exception);
}

// Kills

static void note_kill(isolate_t *iso, isolate_kind_t kind) {
    iso->killed = kind;
    if (iso->ctx != NULL) {
        engine_backtrace(iso->ctx, iso->error.stack, sizeof(iso->error.stack), iso->arena, iso->size);
    }
}

bool isolate_tick(void) {
    isolate_t *iso = running;
    if (iso == NULL || !iso->running || iso->cpu_deadline_us == 0) {
        return false;
    }
    uint64_t now = port_cpu_us();
    if (now < iso->cpu_deadline_us) {
        return false;
    }
    if (iso->ctx != NULL) {
        engine_interrupt_soon(iso->ctx);
    }
    if (now < iso->cpu_deadline_us + ISOLATE_GRACE_US) {
        return false;
    }
    if (masked > 0) {
        abandon_when_unmasked = true;
        return false;
    }
    if (iso->killed == ISOLATE_OK) {
        note_kill(iso, ISOLATE_CPU);
    }
    iso->running = false;
    return true;
}

void isolate_mask(void) {
    masked++;
}

void isolate_unmask(void) {
    masked--;
    if (masked == 0 && abandon_when_unmasked) {
        abandon_when_unmasked = false;
        if (running->killed == ISOLATE_OK) {
            note_kill(running, ISOLATE_CPU);
        }
        port_abandon();
    }
}

static int on_interrupt(JSRuntime *rt, void *opaque) {
    (void)rt;
    (void)opaque;
    isolate_t *iso = running;
    if (iso->killed != ISOLATE_OK) {
        return 1;
    }
    if (iso->cpu_deadline_us == 0 || port_cpu_us() < iso->cpu_deadline_us) {
        return 0;
    }
    note_kill(iso, ISOLATE_CPU);
    return 1;
}

// Memory: what does not fit ends the call here, so that no code of the engine's runs without the memory it asked for.

static void *checked(void *p) {
    if (p == NULL) {
        note_kill(running, ISOLATE_MEMORY);
        port_abandon();
    }
    return p;
}

static void *iso_calloc(void *opaque, size_t count, size_t size) {
    (void)opaque;
    void *p = checked(arena_alloc(running->arena, count * size));
    memset(p, 0, count * size);
    return p;
}

static void *iso_malloc(void *opaque, size_t size) {
    (void)opaque;
    return checked(arena_alloc(running->arena, size));
}

static void iso_free(void *opaque, void *p) {
    (void)opaque;
    arena_free(running->arena, p);
}

static void *iso_realloc(void *opaque, void *p, size_t size) {
    (void)opaque;
    return checked(arena_realloc(running->arena, p, size));
}

static const JSMallocFunctions memory_functions = {
    iso_calloc,
    iso_malloc,
    iso_free,
    iso_realloc,
    arena_usable_size,
};

// Running

typedef struct _turn_t {
    isolate_t *iso;
    void (*fn)(isolate_t *iso, void *arg);
    void *arg;
} turn_t;

static void run_turn(void *arg) {
    turn_t *turn = arg;
    isolate_t *iso = turn->iso;
    if (iso->ctx != NULL) {
        uint64_t seed;
        isolate_random(&seed, sizeof(seed));
        engine_renew(iso->ctx, seed, iso->limits.stack);
    }
    iso->running = true;
    turn->fn(iso, turn->arg);
    iso->running = false;
}

static void report_kill(isolate_t *iso) {
    char message[96];
    if (iso->killed == ISOLATE_CPU) {
        snprintf(message, sizeof(message), "CPU limit of %u ms exceeded", (unsigned)iso->limits.cpu_ms);
    } else if (iso->killed == ISOLATE_STACK) {
        snprintf(message, sizeof(message), "stack limit of %u bytes exceeded", (unsigned)iso->limits.stack);
    } else {
        snprintf(message, sizeof(message), "memory limit of %u bytes exceeded", (unsigned)iso->limits.memory);
    }
    set_error(iso, iso->killed, message);
}

// Nothing is left for another turn, however short: turns that end before the timer ticks would add up to any time.
static void end_spent_call(isolate_t *iso) {
    if (iso->state == ISOLATE_PENDING && iso->killed == ISOLATE_OK) {
        iso->killed = ISOLATE_CPU;
        iso->error.stack[0] = '\0';
    }
    iso->background = false;
}

// Runs fn(iso, arg) in the engine under what is left of the CPU limit. After a kill the state is ISOLATE_ERROR.
void isolate_run(isolate_t *iso, void (*fn)(isolate_t *iso, void *arg), void *arg) {
    turn_t turn = {iso, fn, arg};
    uint64_t limit = (uint64_t)iso->limits.cpu_ms * 1000;
    iso->killed = ISOLATE_OK;
    masked = 0;
    abandon_when_unmasked = false;
    running = iso;
    iso->turn_began_us = port_cpu_us();
    // At least a microsecond, since 0 means that there is no limit.
    iso->cpu_deadline_us = iso->turn_began_us + (iso->cpu_used_us < limit ? limit - iso->cpu_used_us : 1);
    if (!port_run(run_turn, &turn, iso->limits.stack) && iso->killed == ISOLATE_OK) {
        // The port's guard below the JavaScript stack: natives took more than the engine counts.
        iso->error.stack[0] = '\0';
        iso->killed = ISOLATE_STACK;
    }
    iso->running = false;
    iso->cpu_deadline_us = 0;
    iso->cpu_used_us += port_cpu_us() - iso->turn_began_us;
    running = NULL;
    if (iso->cpu_used_us >= limit) {
        end_spent_call(iso);
    }
    if (iso->killed != ISOLATE_OK) {
        report_kill(iso);
    }
}

// What the limits leave: a random stream of the call's own.
void isolate_random(void *buf, size_t len) {
    // Asked for in portions, since each is a system call on Linux. It lies outside every arena.
    static uint8_t pool[256];
    static size_t left;
    uint8_t *to = buf;
    isolate_mask();
    while (len > 0) {
        if (left == 0) {
            port_random(pool, sizeof(pool));
            left = sizeof(pool);
        }
        size_t n = len < left ? len : left;
        uint8_t *from = pool + sizeof(pool) - left;
        memcpy(to, from, n);
        // What was given out must not be found again.
        memset(from, 0, n);
        to += n;
        left -= n;
        len -= n;
    }
    isolate_unmask();
}

web_t *isolate_web(JSContext *ctx) {
    return &host_of(ctx)->web;
}

size_t isolate_memory_limit(JSContext *ctx) {
    return host_of(ctx)->isolate->limits.memory;
}

uint32_t isolate_remaining_ms(JSContext *ctx) {
    isolate_t *iso = host_of(ctx)->isolate;
    uint64_t now = port_cpu_us();
    return now < iso->cpu_deadline_us ? (uint32_t)((iso->cpu_deadline_us - now) / 1000) : 0;
}

const char *isolate_function_name(JSContext *ctx) {
    const char *name = host_of(ctx)->isolate->name;
    return name != NULL ? name : "";
}

// Jobs and outcome

// A job's exception (queueMicrotask) has nobody to go to but the log.
static void log_exception(isolate_t *iso) {
    char text[256] = "uncaught exception in a job";
    JSValue exception = JS_GetException(iso->ctx);
    copy_value_text(iso->ctx, exception, text, sizeof(text));
    isolate_log(iso, 'e', text, strlen(text));
    JS_FreeValue(iso->ctx, exception);
}

static void drain_jobs(isolate_t *iso) {
    JSRuntime *rt = JS_GetRuntime(iso->ctx);
    JSContext *ctx;
    int result;
    while (iso->killed == ISOLATE_OK && (result = JS_ExecutePendingJob(rt, &ctx)) != 0) {
        if (result < 0 && iso->killed == ISOLATE_OK) {
            log_exception(iso);
        }
    }
}

static void take_outcome(isolate_t *iso) {
    switch (web_outcome(iso->ctx, &iso->response)) {
        case WEB_PENDING:
            iso->state = ISOLATE_PENDING;
            break;
        case WEB_ANSWERED:
            iso->state = ISOLATE_DONE;
            break;
        case WEB_THREW:
            isolate_take_exception(iso, ISOLATE_THROWN);
            break;
        case WEB_BAD_RESULT:
            isolate_take_exception(iso, ISOLATE_RESULT);
            break;
    }
}

// After a turn of a call: what it has come to.
static void finish_turn(isolate_t *iso) {
    drain_jobs(iso);
    if (iso->killed != ISOLATE_OK) {
        return;
    }
    if (iso->state == ISOLATE_PENDING) {
        take_outcome(iso);
    }
    iso->background = iso->state != ISOLATE_PENDING && iso->host->op_count > 0 && web_background(iso->ctx);
    if (iso->state == ISOLATE_PENDING && iso->host->op_count == 0) {
        iso->error.stack[0] = '\0';
        set_error(iso, ISOLATE_STUCK, "the handler waits for a promise that nothing can settle any more");
    }
}

// Building

typedef struct _build_t {
    const isolate_config_t *config;
    const bundle_t *bundle;
    uint8_t read[BUNDLE_MODULES_MAX / 8]; // a bit each: the engine has the module
    bool missing;                         // an import that is not in the bundle
    bool ok;
} build_t;

// The engine asks for an import that is not in the bundle.
static JSModuleDef *native_module(JSContext *ctx, const char *name, void *opaque) {
    (void)opaque;
    JSModuleDef *module = jwt_module(ctx, name);
    if (module == NULL) {
        JS_ThrowReferenceError(ctx, "import of '%s' is not in the bundle", name);
    }
    return module;
}

bool isolate_new_context(isolate_t *iso) {
    iso->ctx = engine_new(&memory_functions, NULL);
    if (iso->ctx == NULL) {
        set_error(iso, ISOLATE_THROWN, "the engine did not start");
        return false;
    }
    JSRuntime *rt = JS_GetRuntime(iso->ctx);
    JS_SetInterruptHandler(rt, on_interrupt, NULL);
    JS_SetModuleLoaderFunc(rt, NULL, native_module, NULL);
    // The first cycle collection comes when three quarters of the limit are in use.
    JS_SetGCThreshold(rt, iso->limits.memory / 4 * 3);
    JS_SetMaxStackSize(rt, iso->limits.stack);
    JS_UpdateStackTop(rt);
    iso->host = js_mallocz(iso->ctx, sizeof(*iso->host));
    iso->host->isolate = iso;
    iso->host->began_us = port_ticks_us();
    JS_SetContextOpaque(iso->ctx, iso->host);
    return true;
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
        if (!was_read(build, i) && module.name_len == strlen(name) && memcmp(module.name, name, module.name_len) == 0) {
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
            set_error(iso, ISOLATE_STUCK, "the module's top level awaits a promise that nothing can settle");
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
    drain_jobs(iso);
    bool ok = iso->killed == ISOLATE_OK && settled(iso, promise);
    JS_FreeValue(iso->ctx, promise);
    iso->host->top_level = false;
    return ok;
}

static bool find_handler(isolate_t *iso, JSValueConst main) {
    JSValue ns = engine_module_namespace(iso->ctx, main);
    if (JS_IsException(ns)) {
        isolate_take_exception(iso, ISOLATE_HANDLER);
        return false;
    }
    bool ok = web_find_handler(iso->ctx, ns) != WEB_SHAPE_NONE;
    if (!ok) {
        isolate_take_exception(iso, ISOLATE_HANDLER);
    }
    JS_FreeValue(iso->ctx, ns);
    return ok;
}

static void build_turn(isolate_t *iso, void *arg) {
    build_t *build = arg;
    if (!isolate_new_context(iso)) {
        return;
    }
    if (host_install(iso->ctx) < 0 || web_install(iso->ctx) < 0 || crypto_install(iso->ctx) < 0 ||
        host_set_env(iso->ctx, build->config) < 0) {
        isolate_take_exception(iso, ISOLATE_THROWN);
        return;
    }
    JSValue main = JS_UNDEFINED;
    if (!read_modules(iso, build, &main)) {
        return;
    }
    if (engine_warm(iso->ctx) < 0) {
        isolate_take_exception(iso, ISOLATE_THROWN);
        return;
    }
    if (JS_ResolveModule(iso->ctx, main) < 0) {
        isolate_take_exception(iso, ISOLATE_IMPORT);
        return;
    }
    if (!run_top_level(iso, main) || !find_handler(iso, main)) {
        return;
    }
    JS_RunGC(JS_GetRuntime(iso->ctx));
    build->ok = iso->killed == ISOLATE_OK;
}

// Overwrites what is in the arena: arena_init or giving the block back must follow.
static void erase(isolate_t *iso) {
    arena_erase(iso->arena);
    iso->resident = NULL;
    iso->ctx = NULL;
    iso->host = NULL;
}

// Overwrites what is in the arena and makes it an empty one.
static void wipe(isolate_t *iso) {
    erase(iso);
    iso->arena = arena_init(iso->arena, iso->size);
}

// An empty arena under these limits, for a build or a compilation.
void isolate_begin(isolate_t *iso, const isolate_limits_t *limits) {
    iso->limits = *limits;
    wipe(iso);
    arena_set_limit(iso->arena, limits->memory);
    iso->state = ISOLATE_IDLE;
    iso->background = false;
    iso->cpu_used_us = 0;
    iso->log_used = 0;
    iso->log_dropped = 0;
    iso->error.stack[0] = '\0';
}

// Takes what is in the arena, at the end of a build.
static bool take_image(isolate_t *iso, isolate_place_t place, isolate_image_t *image) {
    image->size = arena_image_size(iso->arena);
    image->place = place;
    if (place == ISOLATE_IMAGE_DRAFT) {
        image->bytes = arena_image(iso->arena);
        return true;
    }
    uint8_t *copy = port_image_alloc(image->size);
    if (copy == NULL) {
        set_error(iso, ISOLATE_MEMORY, "no memory for the image");
        return false;
    }
    arena_save(iso->arena, copy);
    image->bytes = copy;
    return true;
}

bool isolate_build(isolate_t *iso, const isolate_config_t *config, isolate_place_t place, isolate_image_t *image) {
    bundle_t bundle;
    isolate_begin(iso, &config->limits);
    isolate_copy_text(image->name, sizeof(image->name), config->name.data, config->name.len);
    iso->name = image->name;
    const char *wrong = bundle_open(&bundle, (const uint8_t *)config->bundle.data, config->bundle.len);
    if (wrong != NULL) {
        set_error(iso, ISOLATE_BUNDLE, wrong);
        return false;
    }
    if (strcmp(bundle.engine, engine_id) != 0) {
        char message[128];
        snprintf(message, sizeof(message),
            "bundle was compiled for engine %s, this firmware has engine %s: deploy the function again", bundle.engine,
            engine_id);
        set_error(iso, ISOLATE_ENGINE, message);
        return false;
    }
    build_t build = {.config = config, .bundle = &bundle};
    isolate_run(iso, build_turn, &build);
    if (!build.ok) {
        wipe(iso);
        return false;
    }
    image->ctx = iso->ctx;
    image->host = iso->host;
    image->limits = config->limits;
    image->shape = iso->host->web.shape;
    if (!take_image(iso, place, image)) {
        wipe(iso);
        return false;
    }
    iso->resident = image;
    iso->state = ISOLATE_IDLE;
    return true;
}

// A plain memset of memory that is freed next may be left out by the compiler.
static void erase_bytes(volatile uint8_t *p, size_t len) {
    while (len-- > 0) {
        *p++ = 0;
    }
}

bool isolate_has_draft(const isolate_t *iso, const isolate_image_t *image) {
    return image->place == ISOLATE_IMAGE_DRAFT && image->bytes != NULL && iso->resident == image;
}

void isolate_erase(isolate_t *iso, isolate_image_t *image) {
    if (image->bytes == NULL) {
        return;
    }
    if (iso->resident == image && iso->arena != NULL) {
        isolate_abandon(iso);
        wipe(iso);
    }
    if (image->place == ISOLATE_IMAGE_KEPT) {
        uint8_t *bytes = (uint8_t *)image->bytes;
        erase_bytes(bytes, image->size);
        port_image_free(bytes, image->size);
    }
    image->bytes = NULL;
}

// Saved images

typedef struct _saved_header_t {
    uint8_t digest[BUNDLE_DIGEST_SIZE]; // over the rest of the header and the image
    char magic[4];
    uint32_t size; // of the image
    uint8_t firmware[8];
    uintptr_t arena, arena_size; // address and size
    uintptr_t ctx, host;
    isolate_limits_t limits;
    uint32_t shape;
    char name[ISOLATE_NAME_MAX + 1];
} saved_header_t;

static void digest_saved(const saved_header_t *header, const uint8_t *bytes, uint8_t digest[BUNDLE_DIGEST_SIZE]) {
    bundle_piece_t pieces[] = {
        {(const uint8_t *)header + BUNDLE_DIGEST_SIZE, sizeof(*header) - BUNDLE_DIGEST_SIZE},
        {bytes, header->size},
    };
    bundle_sha256(digest, pieces, 2);
}

size_t isolate_saved_size(const isolate_image_t *image) {
    return sizeof(saved_header_t) + image->size;
}

static void make_header(const isolate_t *iso, const isolate_image_t *image, saved_header_t *header) {
    // Padding too, since the digest covers it.
    memset(header, 0, sizeof(*header));
    memcpy(header->magic, "EJSI", 4);
    header->size = (uint32_t)image->size;
    header->arena = (uintptr_t)iso->arena;
    header->arena_size = iso->size;
    header->ctx = (uintptr_t)image->ctx;
    header->host = (uintptr_t)image->host;
    header->limits = image->limits;
    header->shape = image->shape;
    port_firmware_id(header->firmware);
    memcpy(header->name, image->name, sizeof(header->name));
    digest_saved(header, image->bytes, header->digest);
}

void isolate_save(const isolate_t *iso, const isolate_image_t *image, size_t offset, uint8_t *to, size_t len) {
    saved_header_t header;
    if (offset < sizeof(header)) {
        size_t n = len < sizeof(header) - offset ? len : sizeof(header) - offset;
        make_header(iso, image, &header);
        memcpy(to, (const uint8_t *)&header + offset, n);
        offset += n;
        to += n;
        len -= n;
    }
    if (len > 0) {
        memcpy(to, image->bytes + offset - sizeof(header), len);
    }
}

static const char *check_saved(const isolate_t *iso, const saved_header_t *header, const uint8_t *saved, size_t len) {
    if (memcmp(header->magic, "EJSI", 4) != 0 || header->size != len - sizeof(*header)) {
        return "not a whole saved image: build it anew";
    }
    uint8_t firmware[8];
    port_firmware_id(firmware);
    if (memcmp(header->firmware, firmware, sizeof(firmware)) != 0) {
        return "image was made by another firmware build: build it anew";
    }
    if (header->arena != (uintptr_t)iso->arena || header->arena_size != iso->size) {
        return "image was made for another arena: build it anew";
    }
    uint8_t digest[BUNDLE_DIGEST_SIZE];
    digest_saved(header, saved + sizeof(*header), digest);
    if (memcmp(digest, header->digest, sizeof(digest)) != 0) {
        return "saved image is damaged: build it anew";
    }
    return NULL;
}

bool isolate_load(isolate_t *iso, const uint8_t *saved, size_t len, isolate_place_t place, isolate_image_t *image) {
    saved_header_t header;
    const char *wrong = "not a whole saved image: build it anew";
    if (len > sizeof(header)) {
        memcpy(&header, saved, sizeof(header));
        wrong = check_saved(iso, &header, saved, len);
    }
    if (wrong != NULL) {
        set_error(iso, ISOLATE_STALE, wrong);
        return false;
    }
    image->bytes = saved + sizeof(header);
    if (place == ISOLATE_IMAGE_KEPT) {
        uint8_t *copy = port_image_alloc(header.size);
        image->bytes = copy;
        if (copy == NULL) {
            set_error(iso, ISOLATE_MEMORY, "no memory for the image");
            return false;
        }
        memcpy(copy, saved + sizeof(header), header.size);
    }
    image->place = place;
    image->size = header.size;
    image->ctx = (JSContext *)header.ctx;
    image->host = (isolate_host_t *)header.host;
    image->limits = header.limits;
    image->shape = (web_shape_t)header.shape;
    memcpy(image->name, header.name, sizeof(image->name));
    return true;
}

// Calls

static void restore(isolate_t *iso, const isolate_image_t *image) {
    if (iso->resident != image) {
        // Another function was here: nothing of its requests may stay behind the image.
        arena_erase(iso->arena);
        iso->resident = image;
    }
    arena_restore(iso->arena, image->bytes, image->size);
    iso->ctx = image->ctx;
    iso->host = image->host;
    iso->host->isolate = iso;
    iso->limits = image->limits;
    iso->name = image->name;
}

static void start_turn(isolate_t *iso, void *arg) {
    if (web_call(iso->ctx, arg) < 0) {
        isolate_take_exception(iso, ISOLATE_THROWN);
        return;
    }
    finish_turn(iso);
}

isolate_state_t isolate_start(isolate_t *iso, const isolate_image_t *image, const web_request_t *request) {
    restore(iso, image);
    arena_reset_peak(iso->arena);
    iso->call++;
    iso->state = ISOLATE_PENDING;
    iso->background = false;
    iso->cpu_used_us = 0;
    iso->log_used = 0;
    iso->log_dropped = 0;
    iso->host->began_us = port_ticks_us();
    isolate_run(iso, start_turn, (void *)request);
    return iso->state;
}

typedef struct _settle_t {
    isolate_op_t *op;
    bool reject;
    isolate_convert_t convert;
    const void *arg;
} settle_t;

static void settle_turn(isolate_t *iso, void *arg) {
    const settle_t *settle = arg;
    isolate_op_t *op = settle->op;
    JSContext *ctx = iso->ctx;
    JSValue function = settle->reject ? op->reject : op->resolve;
    JSValue value = settle->convert(ctx, settle->arg);
    if (settle->reject && !JS_IsException(value)) {
        JSValue error = JS_NewError(ctx);
        JS_DefinePropertyValueStr(ctx, error, "message", value, JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
        value = error;
    }
    bool over = !op->repeats || settle->reject;
    if (over) {
        host_remove_op(iso->host, op);
    }
    if (!JS_IsException(value) && JS_IsFunction(ctx, function)) {
        JSValue result = JS_Call(ctx, function, JS_UNDEFINED, 1, (JSValueConst *)&value);
        if (JS_IsException(result) && iso->killed == ISOLATE_OK) {
            // A timer's function threw: there is no promise to reject, so the request ends.
            isolate_take_exception(iso, ISOLATE_THROWN);
            return;
        }
        JS_FreeValue(ctx, result);
    }
    // A handler that awaits many operations one after the other has room for the last one too.
    JS_FreeValue(ctx, value);
    if (over) {
        host_free_op(ctx, op);
    }
    finish_turn(iso);
}

bool isolate_settle(isolate_t *iso, uint32_t id, bool reject, isolate_convert_t convert, const void *arg) {
    if (iso->state != ISOLATE_PENDING && !iso->background) {
        return false;
    }
    isolate_op_t *op = host_find_op(iso->host, id);
    if (op == NULL || op->cancelled) {
        return false;
    }
    settle_t settle = {op, reject, convert, arg};
    isolate_state_t before = iso->state;
    isolate_run(iso, settle_turn, &settle);
    if (before == ISOLATE_DONE && iso->state == ISOLATE_ERROR) {
        // The response is out already: what happens behind it is for the log.
        isolate_log(iso, 'e', iso->error.message, strlen(iso->error.message));
        iso->state = ISOLATE_DONE;
    }
    return true;
}

isolate_op_t *isolate_next_op(isolate_t *iso) {
    if (iso->state != ISOLATE_PENDING && !iso->background) {
        return NULL;
    }
    for (isolate_op_t *op = iso->host->first_op; op != NULL; op = op->next) {
        if (!op->taken && !op->cancelled) {
            op->taken = true;
            return op;
        }
    }
    return NULL;
}

uint32_t isolate_next_cancelled(isolate_t *iso) {
    if (iso->state != ISOLATE_PENDING && !iso->background) {
        return 0;
    }
    for (isolate_op_t *op = iso->host->first_op; op != NULL; op = op->next) {
        if (op->cancelled) {
            host_remove_op(iso->host, op);
            return op->id;
        }
    }
    return 0;
}

void isolate_abandon(isolate_t *iso) {
    iso->state = ISOLATE_IDLE;
    iso->background = false;
}

size_t isolate_peak(const isolate_t *iso) {
    return arena_peak(iso->arena);
}

void isolate_log(isolate_t *iso, char level, const char *text, size_t len) {
    // A line is its level, two bytes of length and the text.
    if (len > UINT16_MAX || sizeof(iso->log) - iso->log_used < len + 3) {
        iso->log_dropped++;
        return;
    }
    char *to = iso->log + iso->log_used;
    to[0] = level;
    to[1] = (char)(len & 0xff);
    to[2] = (char)(len >> 8);
    memcpy(to + 3, text, len);
    // Last, so that a call that is abandoned in here leaves whole lines.
    iso->log_used += len + 3;
}

// Life

bool isolate_init(isolate_t *iso, size_t size) {
    void *block = port_arena_alloc(size);
    if (block == NULL) {
        return false;
    }
    memset(iso, 0, sizeof(*iso));
    iso->size = size;
    iso->refs = 1;
    iso->arena = arena_init(block, size);
    return true;
}

void isolate_close(isolate_t *iso) {
    if (iso->arena == NULL) {
        return;
    }
    isolate_abandon(iso);
    erase(iso);
    port_arena_free(iso->arena, iso->size);
    iso->arena = NULL;
}

void isolate_release(isolate_t *iso) {
    if (--iso->refs == 0) {
        isolate_close(iso);
    }
}

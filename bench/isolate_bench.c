// What a restore costs, and what a request in a pristine image costs against a new runtime and context.
//
// Links the firmware's own objects. Included are those that it looks into: it starts calls without the
// restore before them.

#include "isolate/build.c"
#include "isolate/call.c"
#include "isolate/run.c"

#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <time.h>

#include "web/web.h"

#define ROUNDS (301)
// Calls between two restores where restores are left out: few, so that they find the same memory in the cache.
#define CALLS (8)

static extension_t *const extensions[] = {&web_extension, NULL};

typedef struct _handler_t {
    const char *name, *source;
} handler_t;

static const handler_t handlers[] = {
    {"hello", "export default { fetch(request) { return new Response('hello') } }"},
    {"json, map, regexp, typed array",
        "const names = new Map([['a', 1], ['b', 2]]);\n"
        "export default { async fetch(request) {\n"
        "  const value = JSON.parse('{\"a\":[1,2.5,{\"b\":\"text\"}],\"c\":null}');\n"
        "  const parts = /^\\/(\\w+)-(\\d+)$/.exec('/item-42');\n"
        "  const bytes = new Uint8Array(64).fill(Number(parts[2]));\n"
        "  names.set(parts[1], bytes.length);\n"
        "  return Response.json({ value, names: [...names], sum: bytes.reduce((a, b) => a + b) });\n"
        "} }"},
};

static const isolate_request_t request = {
    .method = {"GET", 3},
    .scheme = {"http", 4},
    .host = {"localhost", 9},
    .target = {"/item-42", 8},
    .headers = {"accept: */*\r\nuser-agent: bench\r\n", 32},
    .peer = {"", 0},
};

static double now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *times) {
    qsort(times, ROUNDS, sizeof(*times), compare);
    return times[ROUNDS / 2];
}

static void die(const char *what) {
    fprintf(stderr, "bench: %s\n", what);
    exit(2);
}

// As isolate_start, without the restore.
static void start_again(isolate_t *iso) {
    iso->call.state = ISOLATE_PENDING;
    iso->call.cpu_used_us = 0;
    iso->host->began_us = port_ticks_us();
    isolate_run(iso, start_turn, (void *)&request);
}

static void check_answer(const isolate_t *iso) {
    if (iso->call.state != ISOLATE_DONE || iso->call.response.status != 200) {
        die(iso->error.message);
    }
}

// Medians in us: a bare copy of the image, a call with restore, and CALLS calls after one restore.
typedef struct _costs_t {
    double copy, call, calls;
} costs_t;

static costs_t measure_calls(isolate_t *iso, isolate_image_t *image) {
    static double copy[ROUNDS], call[ROUNDS], calls[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        double t0 = now_us();
        for (int i = 0; i < CALLS; i++) {
            memcpy(iso->arena, image->bytes, image->size);
            __asm__ volatile("" : : "r"(iso->arena) : "memory");
        }
        double t1 = now_us();
        for (int i = 0; i < CALLS; i++) {
            isolate_start(iso, image, &request);
        }
        double t2 = now_us();
        check_answer(iso);
        isolate_start(iso, image, &request);
        for (int i = 1; i < CALLS; i++) {
            start_again(iso);
        }
        double t3 = now_us();
        check_answer(iso);
        copy[round] = (t1 - t0) / CALLS;
        call[round] = (t2 - t1) / CALLS;
        calls[round] = t3 - t2;
    }
    return (costs_t){median(copy), median(call), median(calls)};
}

// A runtime and a context of the C library's memory

static void *libc_calloc(void *opaque, size_t count, size_t size) {
    (void)opaque;
    return calloc(count, size);
}

static void *libc_malloc(void *opaque, size_t size) {
    (void)opaque;
    return malloc(size);
}

static void libc_free(void *opaque, void *p) {
    (void)opaque;
    free(p);
}

static void *libc_realloc(void *opaque, void *p, size_t size) {
    (void)opaque;
    return realloc(p, size);
}

static size_t libc_usable_size(const void *p) {
    return malloc_usable_size((void *)(uintptr_t)p);
}

static const JSMallocFunctions libc_functions = {
    libc_calloc,
    libc_malloc,
    libc_free,
    libc_realloc,
    libc_usable_size,
};

// One request as without images: all that isolate_build does, then the call, then everything is freed.
static void fresh_turn(isolate_t *iso, void *arg) {
    build_t *build = arg;
    iso->ctx = engine_new(&libc_functions, NULL);
    JSRuntime *rt = JS_GetRuntime(iso->ctx);
    JS_SetInterruptHandler(rt, on_interrupt, NULL);
    iso->host = js_mallocz(iso->ctx, iso->host_size);
    iso->host->isolate = iso;
    JS_SetContextOpaque(iso->ctx, iso->host);
    engine_renew(iso->ctx, 1, iso->limits.stack);
    JSValue main;
    if (host_install(iso->ctx) < 0 || isolate_install_extensions(iso->ctx) < 0 ||
        host_set_env(iso->ctx, build->config) < 0 || !read_modules(iso, build, &main) ||
        JS_ResolveModule(iso->ctx, main) < 0 || !run_top_level(iso, main) || !find_handler(iso, build, main)) {
        die("no fresh context");
    }
    iso->call.state = ISOLATE_PENDING;
    start_turn(iso, (void *)&request);
    check_answer(iso);
    js_free(iso->ctx, iso->host);
    JS_FreeContext(iso->ctx);
    JS_FreeRuntime(rt);
    iso->ctx = NULL;
}

// References that the module's C state holds are never given back, since isolates free nothing: some ten KB a round.
// Memory that is there already keeps the system's page faults out of the numbers.
static void touch_libc_memory(void) {
    size_t size = 64 * 1024 * 1024;
    mallopt(M_MMAP_THRESHOLD, INT_MAX);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    void *block = malloc(size);
    memset(block, 1, size);
    __asm__ volatile("" : : "r"(block) : "memory");
    free(block);
}

static double measure_fresh(isolate_t *iso, const isolate_config_t *config) {
    static double times[ROUNDS];
    bundle_t bundle;
    if (bundle_open(&bundle, (const uint8_t *)config->bundle.data, config->bundle.len) != NULL) {
        die("bundle");
    }
    iso->ctx = NULL;
    iso->limits = config->limits;
    for (int round = 0; round < ROUNDS; round++) {
        build_t build = {.config = config, .bundle = &bundle};
        iso->call.cpu_used_us = 0;
        double began = now_us();
        isolate_run(iso, fresh_turn, &build);
        times[round] = now_us() - began;
    }
    return median(times);
}

// Whether both bounds hold.
static bool report(const handler_t *handler, const isolate_image_t *image, const costs_t *costs, double fresh) {
    // call = restore + C and calls = restore + CALLS * C.
    double restore = (CALLS * costs->call - costs->calls) / (CALLS - 1);
    double bound = 2 * costs->copy + 1;
    double gain = fresh / costs->call;
    bool ok = restore <= bound && gain >= 5;
    printf("%s\n", handler->name);
    printf("  image %zu bytes, bare memcpy of it %.2f us\n", image->size, costs->copy);
    printf(
        "  call %.2f us, of which restore %.2f us (bound: 2 * memcpy + 1 us = %.2f us)\n", costs->call, restore, bound);
    printf("  new runtime and context for the request %.2f us: %.1f times the call (bound: 5)\n", fresh, gain);
    printf("  %s\n", ok ? "within the bounds" : "BOUND MISSED");
    return ok;
}

static bool bench(const handler_t *handler) {
    static isolate_t isolates[2];
    isolate_t *compiler = &isolates[0], *iso = &isolates[1];
    if (!isolate_init(compiler, 64 * 1024 * 1024, extensions) || !isolate_init(iso, 1024 * 1024, extensions)) {
        die("no memory");
    }
    compile_source_t file = {{"main.js", 7}, {handler->source, strlen(handler->source)}};
    isolate_config_t config = {
        .name = {"", 0},
        .limits = {ISOLATE_CPU_MS_MAX, 1024 * 1024, (uint32_t)port_stack_default()},
    };
    isolate_image_t image = {0};
    if (!isolate_compile(compiler, &file, 1, 0, false, &config.bundle)) {
        die(compiler->error.message);
    }
    if (!isolate_build(iso, &config, ISOLATE_IMAGE_KEPT, &image)) {
        die(iso->error.message);
    }
    costs_t costs = measure_calls(iso, &image);
    isolate_erase(iso, &image);
    double fresh = measure_fresh(iso, &config);
    bool ok = report(handler, &image, &costs, fresh);
    isolate_release(iso);
    isolate_release(compiler);
    return ok;
}

int main(void) {
    bool ok = true;
    touch_libc_memory();
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        ok = bench(&handlers[i]) && ok;
    }
    return ok ? 0 : 1;
}

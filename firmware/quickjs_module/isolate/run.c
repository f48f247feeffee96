// Running JavaScript under its limits, and stopping it. See isolate.h.

#include "isolate/isolate_private.h"

#include <stdio.h>
#include <string.h>

#include "engine/engine.h"
#include "port/port.h"

// The isolate whose code runs. There is one thread, and JavaScript does not nest.
static isolate_t *running;
static volatile int masked;
static volatile bool abandon_when_unmasked;

// Kills

static void note_kill(isolate_t *iso, isolate_kind_t kind) {
    iso->killed = kind;
    if (iso->ctx != NULL) {
        engine_backtrace(iso->ctx, iso->error.stack, sizeof(iso->error.stack), isolate_arena_slice(iso), iso->code);
    }
}

// Called by the port: ends what has passed its CPU limit and was not interrupted at a poll.
static bool run_on_tick(void) {
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

void host_mask(void) {
    masked++;
}

void host_unmask(void) {
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

// Memory: what does not fit ends the call here, see engine_new.

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

static void renew(isolate_t *iso) {
    uint64_t seed;
    host_random(&seed, sizeof(seed));
    engine_renew(iso->ctx, seed, iso->limits.stack);
}

void isolate_new_runtime(isolate_t *iso) {
    iso->ctx = engine_new(&memory_functions, NULL);
    JSRuntime *rt = JS_GetRuntime(iso->ctx);
    JS_SetInterruptHandler(rt, on_interrupt, NULL);
    JS_SetHostPromiseRejectionTracker(rt, isolate_note_rejection, NULL);
    // The first cycle collection comes when three quarters of the limit are in use.
    JS_SetGCThreshold(rt, iso->limits.memory / 4 * 3);
    renew(iso);
}

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
        renew(iso);
    }
    iso->running = true;
    turn->fn(iso, turn->arg);
    iso->running = false;
}

static void report_kill(isolate_t *iso) {
    char message[96];
    if (iso->killed == ISOLATE_CPU) {
        snprintf(message, sizeof(message), "CPU limit of %u ms exceeded (cpu_ms)", (unsigned)iso->limits.cpu_ms);
    } else if (iso->killed == ISOLATE_STACK) {
        snprintf(message, sizeof(message), "stack limit of %u bytes exceeded (stack)", (unsigned)iso->limits.stack);
    } else {
        snprintf(message, sizeof(message), "memory limit of %u bytes exceeded (memory)", (unsigned)iso->limits.memory);
    }
    isolate_set_error(iso, iso->killed, message);
}

// Nothing is left for another turn, however short: turns that end before the timer ticks would add up to any time.
static void end_spent_call(isolate_t *iso) {
    bool is_owed =
        iso->call.state == ISOLATE_PENDING || (iso->call.state == ISOLATE_DONE && iso->call.body == ISOLATE_BODY_OPEN);
    if (is_owed && iso->killed == ISOLATE_OK) {
        iso->killed = ISOLATE_CPU;
        iso->error.stack[0] = '\0';
    }
    iso->call.background = false;
}

void isolate_run(isolate_t *iso, void (*fn)(isolate_t *iso, void *arg), void *arg) {
    turn_t turn = {iso, fn, arg};
    uint64_t limit = (uint64_t)iso->limits.cpu_ms * 1000;
    iso->killed = ISOLATE_OK;
    iso->rejections = NULL;
    iso->rejection_count = 0;
    masked = 0;
    abandon_when_unmasked = false;
    host_compute_forget();
    running = iso;
    iso->turn_began = port_cpu_mark();
    // At least a microsecond, since 0 means that there is no limit.
    iso->cpu_deadline_us = iso->turn_began.cpu_us + (iso->call.cpu_used_us < limit ? limit - iso->call.cpu_used_us : 1);

    if (!port_run(run_turn, &turn, run_on_tick) && iso->killed == ISOLATE_OK) {
        // The port's guard below the JavaScript stack: natives took more than the engine counts.
        iso->error.stack[0] = '\0';
        iso->killed = ISOLATE_STACK;
    }

    iso->running = false;
    iso->cpu_deadline_us = 0;
    iso->call.cpu_used_us += port_cpu_since(&iso->turn_began);
    running = NULL;
    if (iso->call.cpu_used_us >= limit) {
        end_spent_call(iso);
    }
    if (iso->killed != ISOLATE_OK) {
        report_kill(iso);
    }
}

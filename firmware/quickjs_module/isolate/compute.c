// Computations that take long, on stacks of their own in the arena, so that they are parked and abandoned as all that
// is there. See host.h.

#include "isolate/isolate_private.h"

#include "base_secret.h"
#include "port/port.h"

typedef struct _compute_t {
    host_compute_t *compute;
    host_finish_t *finish;
    JSContext *ctx;
    void *work;
    size_t needed;
    port_fiber_t *fiber; // NULL until it has begun
    uint64_t until_us;
    void *block; // of the fiber
    void *kept;  // of its stack while it is left, or NULL
} compute_t;

// The one that runs.
static compute_t *computing;
static bool compute_at_once;

void host_compute_forget(void) {
    computing = NULL;
    compute_at_once = false;
}

bool host_compute_at_once(bool at_once) {
    bool before = compute_at_once;
    compute_at_once = at_once;
    return before;
}

bool host_pause(void) {
    if (computing == NULL || port_ticks_us() < computing->until_us) {
        return false;
    }
    port_fiber_leave();
    return true;
}

static void run_compute(void *arg) {
    compute_t *task = arg;
    task->compute(task->ctx, task->work);
}

// Takes memory for a stack, and makes it, unless there is not enough.
static bool take_stack(JSContext *ctx, compute_t *task) {
    arena_t *arena = host_of(ctx)->isolate->arena;
    size_t size = port_fiber_size();
    if (size == 0 || host_memory_left(ctx) < size + task->needed) {
        return false;
    }
    task->block = arena_alloc(arena, size);
    if (task->block == NULL) {
        return false;
    }
    host_mask();
    task->fiber = port_fiber_new(task->block, run_compute, task);
    host_unmask();
    if (task->fiber == NULL) {
        arena_free(arena, task->block);
    }
    return task->fiber != NULL;
}

static void put_stack_back(arena_t *arena, compute_t *task) {
    if (task->kept != NULL) {
        port_fiber_put_back(task->fiber, task->kept);
        base_wipe(task->kept, port_fiber_depth(task->fiber));
        arena_free(arena, task->kept);
        task->kept = NULL;
    }
}

// Whether the computation may be left: its stack is its own, or there is memory to keep it in.
static bool keep_stack(arena_t *arena, compute_t *task) {
    size_t depth = port_fiber_depth(task->fiber);
    if (depth == 0) {
        return true;
    }
    task->kept = arena_alloc(arena, depth);
    if (task->kept != NULL) {
        port_fiber_keep(task->fiber, task->kept);
    }
    return task->kept != NULL;
}

// Computes a slice. Whether that was the last.
static bool compute_some(JSContext *ctx, compute_t *task, uint64_t until_us) {
    arena_t *arena = host_of(ctx)->isolate->arena;
    if (task->fiber == NULL && !take_stack(ctx, task)) {
        task->compute(ctx, task->work);
        return true;
    }
    put_stack_back(arena, task);
    task->until_us = until_us;
    computing = task;
    bool ended = port_fiber_go_on(task->fiber);
    while (!ended && !keep_stack(arena, task)) {
        task->until_us = UINT64_MAX;
        ended = port_fiber_go_on(task->fiber);
    }
    computing = NULL;
    if (ended) {
        port_fiber_wipe(task->fiber);
        arena_free(arena, task->block);
    }
    return ended;
}

static bool compute_slice(JSContext *ctx, void *data, uint64_t until_us, JSValue *result) {
    compute_t *task = data;
    isolate_host_t *host = host_of(ctx);
    host->computes = true;
    if (!compute_some(ctx, task, until_us)) {
        return false;
    }
    host->computes = false;
    host_let_work(host, compute_slice);
    *result = task->finish(ctx, task->work);
    js_free(ctx, task);
    return true;
}

JSValue host_compute(JSContext *ctx, host_compute_t *compute, host_finish_t *finish, void *work, size_t needed) {
    const isolate_host_t *host = host_of(ctx);
    if (compute_at_once || host->top_level || host->op_count >= ISOLATE_OPS_MAX) {
        compute(ctx, work);
        return finish(ctx, work);
    }
    compute_t *task = js_malloc(ctx, sizeof(*task));
    *task = (compute_t){.compute = compute, .finish = finish, .ctx = ctx, .work = work, .needed = needed};
    return host->computes ? host_wait_to_work(ctx, compute_slice, task) : host_work(ctx, compute_slice, task);
}

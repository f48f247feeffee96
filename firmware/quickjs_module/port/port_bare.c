// Memory of the ports without an operating system. See port_bare.h.

#if (defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M') ||                                                      \
    (defined(__riscv) && !defined(__unix__) && !defined(ESP_PLATFORM))

#include "port/port_bare.h"

#include <string.h>

#include "base_secret.h"
#include "port/port.h"

// In an ELF note, what follows three words and the name "GNU".
#define BUILD_ID_OFFSET (16)

static uint8_t arena_block[BARE_ARENA_SIZE] __attribute__((aligned(8)));
static bool arena_taken;

bare_stack_t bare_stack __attribute__((aligned(BARE_GUARD_SIZE)));

uint64_t port_cpu_us(void) {
    return port_ticks_us();
}

port_cpu_mark_t port_cpu_mark(void) {
    uint64_t now = port_cpu_us();
    return (port_cpu_mark_t){now, now, now};
}

uint64_t port_cpu_since(const port_cpu_mark_t *mark) {
    return port_cpu_us() - mark->cpu_us;
}

void *port_arena_alloc(size_t size) {
    if (arena_taken || size > sizeof(arena_block)) {
        return NULL;
    }
    arena_taken = true;
    memset(arena_block, 0, size);
    return arena_block;
}

void port_arena_free(void *block, size_t size) {
    (void)block;
    (void)size;
    arena_taken = false;
}

size_t port_arena_give_back(void *block, size_t extent) {
    (void)block;
    return extent;
}

size_t port_fixed_arena(void) {
    return sizeof(arena_block);
}

size_t port_stack_max(void) {
    return BARE_STACK_SIZE;
}

size_t port_stack_default(void) {
    return BARE_STACK_SIZE;
}

const void *port_stack_low(void) {
    return bare_stack.stack;
}

struct _port_fiber_t {
    uintptr_t inside, outside; // stack pointers, of where it was left and of who lets it run
    void (*fn)(void *arg);
    void *arg;
    bool ended;
};

#define FIBER_TOP ((uintptr_t)bare_stack.stack + BARE_FIBER_STACK)
// What lets a computation run needs of the stack itself, with an interrupt's frame.
#define FIBER_OUTSIDE (512)

static port_fiber_t *bare_fiber_running;

size_t port_fiber_size(void) {
    return sizeof(port_fiber_t);
}

static void bare_fiber_main(void) {
    port_fiber_t *fiber = bare_fiber_running;
    fiber->fn(fiber->arg);
    fiber->ended = true;
    bare_switch(&fiber->inside, fiber->outside);
}

port_fiber_t *port_fiber_new(void *block, void (*fn)(void *arg), void *arg) {
    port_fiber_t *fiber = block;
    if ((uintptr_t)__builtin_frame_address(0) < FIBER_TOP + FIBER_OUTSIDE) {
        return NULL;
    }
    *fiber = (port_fiber_t){.fn = fn, .arg = arg};
    fiber->inside = FIBER_TOP - BARE_SWITCH_SIZE;
    ((uintptr_t *)FIBER_TOP)[-1] = (uintptr_t)bare_fiber_main;
    return fiber;
}

bool port_fiber_go_on(port_fiber_t *fiber) {
    bare_fiber_running = fiber;
    bare_switch(&fiber->outside, fiber->inside);
    bare_fiber_running = NULL;
    return fiber->ended;
}

void port_fiber_leave(void) {
    port_fiber_t *fiber = bare_fiber_running;
    bare_switch(&fiber->inside, fiber->outside);
}

size_t port_fiber_depth(const port_fiber_t *fiber) {
    return FIBER_TOP - fiber->inside;
}

void port_fiber_keep(const port_fiber_t *fiber, void *to) {
    memcpy(to, (const void *)fiber->inside, port_fiber_depth(fiber));
}

void port_fiber_put_back(const port_fiber_t *fiber, const void *from) {
    memcpy((void *)fiber->inside, from, port_fiber_depth(fiber));
}

static void fiber_wipe_stack(void) {
    base_wipe(bare_stack.stack, BARE_FIBER_STACK);
}

void port_fiber_wipe(port_fiber_t *fiber) {
    (void)fiber;
    fiber_wipe_stack();
}

void bare_fiber_abandoned(void) {
    if (bare_fiber_running != NULL) {
        bare_fiber_running = NULL;
        fiber_wipe_stack();
    }
}

// The linker's hash over all that it linked: of code that lies at fixed addresses, which it holds itself.
void port_build_id(uint8_t id[8]) {
    memcpy(id, bare_build_id_note + BUILD_ID_OFFSET, 8);
}

void port_firmware_id(uint8_t id[8]) {
    port_build_id(id);
}

#endif // Cortex-M, RISC-V

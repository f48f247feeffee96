// Computations on stacks of their own under Linux. See port.h.
//
// A new stack is entered as the one that a signal is handled on, which all processors and C libraries have; then
// setjmp's jumps lead from one to the other.

#if defined(__linux__)

// Its longjmp takes a jump to another stack for a mistake.
#undef _FORTIFY_SOURCE

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "port/port_unix.h"

#include <setjmp.h>
#include <signal.h>
#include <stdint.h>

#include "base_secret.h"

// AddressSanitizer is told of each change of the stack.
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define SANITIZED (1)
#else
#define SANITIZED (0)
#endif

// A signal's frame alone may take 11 KB where a processor has large registers.
#define FIBER_STACK ((SANITIZED ? 160 : 32) * 1024)
#define START_SIGNAL (SIGRTMIN + 1)

struct _port_fiber_t {
    sigjmp_buf inside;   // where it was left
    sigjmp_buf *outside; // who lets it run
    void (*fn)(void *arg);
    void *arg;
    bool ended;
    void *fake; // AddressSanitizer's
    _Alignas(16) uint8_t stack[FIBER_STACK];
};

// Volatile, since a handler and what is jumped to read it.
static port_fiber_t *volatile unix_fiber_running;

#if SANITIZED

static struct {
    const void *bottom;
    size_t size;
    void *fake;
    uint8_t *frame; // of who lets a fiber run
} fiber_outside;

static void fiber_will_enter(port_fiber_t *fiber) {
    fiber_outside.frame = __builtin_frame_address(0);
    __sanitizer_start_switch_fiber(&fiber_outside.fake, fiber->stack, sizeof(fiber->stack));
}

static void fiber_has_entered(port_fiber_t *fiber) {
    __sanitizer_finish_switch_fiber(fiber->fake, &fiber_outside.bottom, &fiber_outside.size);
}

static void fiber_will_leave(port_fiber_t *fiber) {
    __sanitizer_start_switch_fiber(fiber->ended ? NULL : &fiber->fake, fiber_outside.bottom, fiber_outside.size);
}

// What is poisoned of the stack belongs to frames, and the block may be copied.
static void fiber_has_left(port_fiber_t *fiber) {
    __sanitizer_finish_switch_fiber(fiber_outside.fake, NULL, NULL);
    __asan_unpoison_memory_region(fiber->stack, sizeof(fiber->stack));
}

void unix_fiber_abandoned(void) {
    if (unix_fiber_running != NULL) {
        __sanitizer_start_switch_fiber(NULL, fiber_outside.bottom, fiber_outside.size);
        __sanitizer_finish_switch_fiber(NULL, NULL, NULL);
        uint8_t *low = fiber_outside.frame - 4096, *high = __builtin_frame_address(0);
        __asan_unpoison_memory_region(low, (size_t)(high - low));
        unix_fiber_running = NULL;
    }
}

#else

#define fiber_will_enter(fiber) ((void)(fiber))
#define fiber_has_entered(fiber) ((void)(fiber))
#define fiber_will_leave(fiber) ((void)(fiber))
#define fiber_has_left(fiber) ((void)(fiber))

void unix_fiber_abandoned(void) {
    unix_fiber_running = NULL;
}

#endif

size_t port_fiber_size(void) {
    return sizeof(port_fiber_t) + _Alignof(port_fiber_t);
}

static _Noreturn void unix_fiber_main(void) {
    port_fiber_t *fiber = unix_fiber_running;
    fiber_has_entered(fiber);
    fiber->fn(fiber->arg);
    fiber->ended = true;
    fiber_will_leave(fiber);
    siglongjmp(*fiber->outside, 1);
}

// Returns as any handler; its frame, at the top of a stack that nobody uses meanwhile, is returned to later.
static void on_start(int signal) {
    (void)signal;
    if (sigsetjmp(unix_fiber_running->inside, 0) != 0) {
        unix_fiber_main();
    }
}

// Has the handler run on the stack. Whether it did.
static bool fiber_prepare(port_fiber_t *fiber) {
    static bool has_handler;
    if (!has_handler) {
        struct sigaction action = {.sa_handler = on_start, .sa_flags = SA_ONSTACK};
        sigemptyset(&action.sa_mask);
        has_handler = sigaction(START_SIGNAL, &action, NULL) == 0;
    }
    stack_t stack = {.ss_sp = fiber->stack, .ss_size = sizeof(fiber->stack)}, old;
    if (!has_handler || sigaltstack(&stack, &old) != 0) {
        return false;
    }
    unix_fiber_running = fiber;
    raise(START_SIGNAL);
    unix_fiber_running = NULL;
    sigaltstack(&old, NULL);
    return true;
}

port_fiber_t *port_fiber_new(void *block, void (*fn)(void *arg), void *arg) {
    const uintptr_t mask = _Alignof(port_fiber_t) - 1;
    port_fiber_t *fiber = (port_fiber_t *)(((uintptr_t)block + mask) & ~mask);
    fiber->fn = fn;
    fiber->arg = arg;
    fiber->ended = false;
    fiber->fake = NULL;
    return fiber_prepare(fiber) ? fiber : NULL;
}

// In a function of its own, so that a jump finds no variables in registers.
static __attribute__((noinline)) void fiber_enter(void) {
    sigjmp_buf outside;
    unix_fiber_running->outside = &outside;
    if (sigsetjmp(outside, 0) == 0) {
        siglongjmp(unix_fiber_running->inside, 1);
    }
}

bool port_fiber_go_on(port_fiber_t *fiber) {
    unix_fiber_running = fiber;
    fiber_will_enter(fiber);
    fiber_enter();
    unix_fiber_running = NULL;
    fiber_has_left(fiber);
    return fiber->ended;
}

void port_fiber_leave(void) {
    port_fiber_t *fiber = unix_fiber_running;
    fiber_will_leave(fiber);
    if (sigsetjmp(fiber->inside, 0) == 0) {
        siglongjmp(*fiber->outside, 1);
    }
    fiber_has_entered(unix_fiber_running);
}

// The stack is nobody else's.
size_t port_fiber_depth(const port_fiber_t *fiber) {
    (void)fiber;
    return 0;
}

void port_fiber_keep(const port_fiber_t *fiber, void *to) {
    (void)fiber;
    (void)to;
}

void port_fiber_put_back(const port_fiber_t *fiber, const void *from) {
    (void)fiber;
    (void)from;
}

void port_fiber_wipe(port_fiber_t *fiber) {
    base_wipe(fiber->stack, sizeof(fiber->stack));
}

#endif // __linux__

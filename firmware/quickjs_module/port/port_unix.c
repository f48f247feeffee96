// Linux. See port.h.

#if defined(__linux__)

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "port/port_unix.h"

#include <errno.h>
#include <link.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

// CPU time between two ticks.
#define TICK_NS (2000000)
// Ticks without JavaScript after which the timer stops.
#define IDLE_TICKS (8)
#define TICK_SIGNAL (SIGRTMIN)
// Bytes of an arena that stay memory for good, a multiple of the page size: overwriting them takes 0.2 ms, about what
// it takes to have their pages back.
#define ARENA_KEPT ((size_t)2 * 1024 * 1024)

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static uint64_t clock_us(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t port_time_us(void) {
    return clock_us(CLOCK_REALTIME);
}

uint64_t port_ticks_us(void) {
    return clock_us(CLOCK_MONOTONIC);
}

uint64_t port_cpu_us(void) {
    return clock_us(CLOCK_THREAD_CPUTIME_ID);
}

// The thread's clock at its last reading for a mark.
static port_cpu_mark_t unix_read;

port_cpu_mark_t port_cpu_mark(void) {
    uint64_t now = port_ticks_us();
    uint64_t passed = now - unix_read.ticks_us;
    if (passed >= PORT_CPU_SLACK_US) {
        unix_read = (port_cpu_mark_t){.cpu_us = port_cpu_us(), .ticks_us = now};
        passed = 0;
    }
    return (port_cpu_mark_t){unix_read.cpu_us + passed, now, unix_read.cpu_us};
}

uint64_t port_cpu_since(const port_cpu_mark_t *mark) {
    // A thread has no more CPU time than what has passed.
    uint64_t passed = port_ticks_us() - mark->ticks_us;
    if (passed < PORT_CPU_SLACK_US) {
        return passed;
    }
    uint64_t most = port_cpu_us() - mark->least_us;
    return most < passed ? most : passed;
}

void port_random(void *buf, size_t len) {
    uint8_t *p = buf;
    while (len > 0) {
        ssize_t n = getrandom(p, len, 0);
        if (n < 0 && errno != EINTR) {
            abort();
        }
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        }
    }
}

static void *map(size_t size) {
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

// Only what is touched of an arena becomes memory, so that it is not to be refused for what may never be.
void *port_arena_alloc(size_t size) {
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

size_t port_arena_give_back(void *block, size_t extent) {
    if (extent <= ARENA_KEPT || madvise((char *)block + ARENA_KEPT, extent - ARENA_KEPT, MADV_DONTNEED) != 0) {
        return extent;
    }
    return ARENA_KEPT;
}

void port_arena_free(void *block, size_t size) {
    port_arena_untrack(block);
    munmap(block, size);
}

void *port_image_alloc(size_t size) {
    return map(size);
}

void port_image_free(void *block, size_t size) {
    munmap(block, size);
}

size_t port_piece_size(void) {
    return 1024;
}

// The main thread has 8 MB by default; a quarter for JavaScript leaves MicroPython and natives their share.
size_t port_stack_max(void) {
    return 2 * 1024 * 1024;
}

size_t port_stack_default(void) {
    return 256 * 1024;
}

// A signal's handler is on the stack that it interrupted.
const void *port_stack_low(void) {
    return __builtin_frame_address(0);
}

// Looks for the build id among ELF notes. Whether it is there.
static bool copy_build_id(const uint8_t *notes, size_t len, uint8_t id[8]) {
    const uint8_t *end = notes + len;
    while (notes + sizeof(ElfW(Nhdr)) <= end) {
        const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)notes;
        const uint8_t *name = notes + sizeof(*note);
        const uint8_t *desc = name + ((note->n_namesz + 3) & ~3u);
        if (note->n_type == NT_GNU_BUILD_ID && note->n_descsz >= 8 && note->n_namesz == 4 &&
            memcmp(name, "GNU", 4) == 0) {
            memcpy(id, desc, 8);
            return true;
        }
        notes = desc + ((note->n_descsz + 3) & ~3u);
    }
    return false;
}

static int find_build_id(struct dl_phdr_info *info, size_t size, void *id) {
    (void)size;
    bool found = false;
    for (int i = 0; i < info->dlpi_phnum && !found; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_NOTE) {
            found = copy_build_id((const uint8_t *)(info->dlpi_addr + segment->p_vaddr), segment->p_memsz, id);
        }
    }
    // The first object is the program itself.
    return 1;
}

void port_build_id(uint8_t id[8]) {
    memset(id, 0, 8);
    dl_iterate_phdr(find_build_id, id);
}

void port_firmware_id(uint8_t id[8]) {
    port_build_id(id);
    // The loader may have put the program elsewhere this time.
    uintptr_t here = (uintptr_t)&port_firmware_id;
    for (size_t i = 0; i < sizeof(here); i++) {
        id[i % 8] ^= (uint8_t)(here >> (8 * i));
    }
}

static sigjmp_buf leave;
static port_tick_t *unix_tick;
static volatile sig_atomic_t inside;
static volatile sig_atomic_t idle_ticks;
static volatile sig_atomic_t unix_ticking;
static timer_t timer;
static bool timer_made;
// The signals that are blocked where no handler runs.
static sigset_t usual_mask;

static void unix_set_timer(long interval_ns) {
    struct itimerspec spec = {
        .it_interval = {.tv_nsec = interval_ns},
        .it_value = {.tv_nsec = interval_ns},
    };
    timer_settime(timer, 0, &spec, NULL);
}

// Bytes of a signal mask that the kernel fills.
#define MASK_SIZE (8)

// Whether the tick came while another signal was handled. To leave that by a jump would leave the handler's work half
// done, and the signal blocked.
static bool in_other_handler(const ucontext_t *interrupted) {
    return memcmp(&interrupted->uc_sigmask, &usual_mask, MASK_SIZE) != 0;
}

static void unix_on_tick(int signal, siginfo_t *info, void *interrupted) {
    (void)signal;
    (void)info;
    int saved = errno;
    if (!inside) {
        if (++idle_ticks >= IDLE_TICKS) {
            unix_set_timer(0);
            unix_ticking = 0;
        }
    } else {
        idle_ticks = 0;
        if (!in_other_handler(interrupted) && unix_tick()) {
            errno = saved;
            siglongjmp(leave, 1);
        }
    }
    errno = saved;
}

// A timer over the thread's CPU time that goes on by itself from call to call, so that a call costs no system call for
// it.
static void start_ticking(void) {
    if (!timer_made) {
        // SA_NODEFER, since the handler may leave by a jump that restores no signal mask.
        struct sigaction action = {.sa_sigaction = unix_on_tick, .sa_flags = SA_RESTART | SA_NODEFER | SA_SIGINFO};
        sigaction(TICK_SIGNAL, &action, NULL);
        sigprocmask(SIG_BLOCK, NULL, &usual_mask);

        struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = TICK_SIGNAL};
        event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
        if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer) != 0) {
            abort();
        }
        timer_made = true;
    }

    unix_ticking = 1;
    idle_ticks = 0;
    unix_set_timer(TICK_NS);
}

bool port_run(void (*fn)(void *arg), void *arg, port_tick_t *tick) {
    unix_tick = tick;
    if (sigsetjmp(leave, 0) != 0) {
        inside = 0;
        unix_fiber_abandoned();
        return false;
    }
    // In this order: a tick that sees `inside` never stops the timer.
    inside = 1;
    if (!unix_ticking) {
        start_ticking();
    }
    fn(arg);
    inside = 0;
    return true;
}

_Noreturn void port_abandon(void) {
    siglongjmp(leave, 1);
}

#endif // __linux__

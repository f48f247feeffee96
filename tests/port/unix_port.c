// port_unix.c without MicroPython and engine. Ends with status 0, or says which check failed.

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "port/port.h"

// CPU time that a signal's handler takes: several ticks, which come every 2 ms.
#define HANDLER_US (20000)

static volatile bool handled;

static void burn(int signum) {
    (void)signum;
    uint64_t end = port_cpu_us() + HANDLER_US;
    while (port_cpu_us() < end) {
    }
    handled = true;
}

static bool stop(void) {
    return true;
}

static void raise_and_loop(void *arg) {
    raise(*(int *)arg);
    for (;;) {
    }
}

static bool is_blocked(int signum) {
    sigset_t blocked;
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    return sigismember(&blocked, signum);
}

// Another signal's handler runs to its end before the call is abandoned, and its signal is not left blocked.
static void check_handler(int signum) {
    struct sigaction action = {.sa_handler = burn};
    sigaction(signum, &action, NULL);
    for (int i = 0; i < 3; i++) {
        handled = false;
        CHECK(!port_run(raise_and_loop, &signum, stop));
        CHECK(handled);
        CHECK(!is_blocked(signum));
    }
}

// Leaves its stack now and then while it counts.
typedef struct _counting_t {
    uint32_t n, leaves; // UINT32_MAX: it counts without end
    float half;
} counting_t;

static void count(void *arg) {
    counting_t *counting = arg;
    volatile uint32_t frame[16];
    float half = counting->half;
    for (uint32_t i = 0; i < 16; i++) {
        frame[i] = i;
    }
    for (uint32_t i = 0; i < counting->leaves; i++) {
        port_fiber_leave();
        half += 0.5f;
        counting->n += frame[i % 16];
    }
    counting->half = half;
}

static volatile uint64_t end_us;

static bool is_over(void) {
    return port_cpu_us() > end_us;
}

static void *blocks[3];
static counting_t counting[3];

// Three in turns.
static void run_fibers(void *arg) {
    (void)arg;
    port_fiber_t *all[3];
    for (int i = 0; i < 3; i++) {
        all[i] = port_fiber_new(blocks[i], count, &counting[i]);
        CHECK(all[i] != NULL);
    }
    bool ended = false;
    while (!ended) {
        ended = true;
        for (int i = 0; i < 3; i++) {
            if (all[i] != NULL && port_fiber_go_on(all[i])) {
                all[i] = NULL;
            }
            ended = ended && all[i] == NULL;
        }
    }
}

static void check_fibers(void) {
    for (int i = 0; i < 3; i++) {
        blocks[i] = malloc(port_fiber_size());
        counting[i] = (counting_t){.leaves = 16};
    }
    end_us = UINT64_MAX;
    CHECK(port_run(run_fibers, NULL, is_over));
    for (int i = 0; i < 3; i++) {
        CHECK(counting[i].n == 120 && counting[i].half == 8);
    }
    // The tick abandons them wherever they are.
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 3; i++) {
            counting[i] = (counting_t){.leaves = UINT32_MAX};
        }
        end_us = port_cpu_us() + 3000;
        CHECK(!port_run(run_fibers, NULL, is_over));
    }
}

static void spend(uint32_t us) {
    uint64_t end = port_cpu_us() + us;
    while (port_cpu_us() < end) {
    }
}

// What is counted from a mark is never less than what was used, and little more, whatever came before and between:
// beside the time that others have of the processor. Clocks of whole microseconds may differ by one.
static void check_marks(void) {
    srandom(1);
    for (int i = 0; i < 600; i++) {
        uint64_t before = port_cpu_us();
        port_cpu_mark_t mark = port_cpu_mark();
        uint64_t begin = port_cpu_us();
        CHECK(mark.cpu_us + 1 >= before && mark.cpu_us <= begin + PORT_CPU_SLACK_US);

        uint32_t parts = (uint32_t)random() % 3;
        for (uint32_t part = 0; part < parts; part++) {
            spend((uint32_t)random() % 300);
            if (random() % 4 == 0) {
                usleep((useconds_t)random() % 300);
            }
            port_cpu_mark();
        }

        uint64_t least = port_cpu_us() - begin;
        uint64_t counted = port_cpu_since(&mark);
        uint64_t most = port_cpu_us() - before + PORT_CPU_SLACK_US;
        CHECK(counted + 1 >= least && counted <= most + 1);
        if (random() % 2 == 0) {
            usleep((useconds_t)random() % 400);
        }
    }
}

int main(void) {
    // As a parent may have left it.
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    check_handler(SIGIO);
    check_handler(SIGINT);
    check_fibers();
    check_marks();
    return 0;
}

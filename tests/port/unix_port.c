// port_unix.c without MicroPython and engine. Ends with status 0, or says which check failed.

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

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

int main(void) {
    // As a parent may have left it.
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    check_handler(SIGIO);
    check_handler(SIGINT);
    return 0;
}

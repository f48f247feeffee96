// See clock.h.

#include "clock.h"

#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "lwip/sys.h"
#include "lwip/timeouts.h"

// As edgelet_host.emulator.hours has them.
#define TIME_NOW 0
#define TIME_DUE 5
#define TIME_COUNT 6
#define TIME_LOOK_MS 1 // on the wall, between two looks at it

static volatile double *board_time; // in ns, NULL: it is that of the wall

bool clock_open(const char *path) {
    int file = open(path, O_RDWR);
    void *memory = MAP_FAILED;
    if (file >= 0) {
        memory = mmap(NULL, TIME_COUNT * sizeof(double), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    board_time = memory == MAP_FAILED ? NULL : memory;
    return board_time != NULL;
}

static uint64_t wall_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

u32_t sys_now(void) {
    return (u32_t)(board_time != NULL ? (uint64_t)(board_time[TIME_NOW] / 1e6) : wall_ns() / 1000000);
}

// For numbers and ports that differ; nobody is kept from guessing them.
unsigned int lwip_port_rand(void) {
    return (unsigned int)rand();
}

// PPP makes random numbers of it.
u32_t sys_jiffies(void) {
    return (u32_t)wall_ns();
}

int clock_until_next_timer(void) {
    u32_t sleep_ms = sys_timeouts_sleeptime();
    bool is_never = sleep_ms > INT32_MAX;
    if (board_time == NULL) {
        return is_never ? -1 : (int)sleep_ms;
    }
    board_time[TIME_DUE] = is_never ? INFINITY : board_time[TIME_NOW] + sleep_ms * 1e6;
    return is_never ? -1 : TIME_LOOK_MS;
}

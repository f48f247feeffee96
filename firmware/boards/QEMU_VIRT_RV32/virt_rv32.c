// What edgelet needs of the board: clocks, a tick, random bytes and memory. See port_bare.h.
//
// Addresses and registers: qemu's hw/riscv/virt.c; RISC-V ACLINT specification 1.0, section 2 (timer); Android's
// goldfish RTC (nanoseconds since 1970).

#include <math.h>
#include <stdlib.h>

#include "py/mphal.h"

#include "images.h"
#include "port/port.h"
#include "port/port_bare.h"
#include "port/port_rv32.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define MTIMECMP_LOW REGISTER(0x02004000)
#define MTIMECMP_HIGH REGISTER(0x02004004)
#define MTIME_LOW REGISTER(0x0200bff8)
#define MTIME_HIGH REGISTER(0x0200bffc)
#define TICKS_PER_US (10)
#define TICK_US (1000)

// Reading the low half latches the high one.
#define RTC_LOW REGISTER(0x00101000)
#define RTC_HIGH REGISTER(0x00101004)

#define IMAGE_MEMORY ((uint8_t *)0x80800000)
#define IMAGE_MEMORY_SIZE (4 * 1024 * 1024)

static uint64_t machine_time(void) {
    uint32_t high, low;
    do {
        high = MTIME_HIGH;
        low = MTIME_LOW;
    } while (high != MTIME_HIGH);
    return (uint64_t)high << 32 | low;
}

uint64_t port_ticks_us(void) {
    return machine_time() / TICKS_PER_US;
}

uint64_t port_time_us(void) {
    uint32_t low = RTC_LOW;
    return ((uint64_t)RTC_HIGH << 32 | low) / 1000;
}

// The high half is first made larger than any time, so that no half-written one raises an interrupt.
static void set_alarm(uint64_t time) {
    MTIMECMP_HIGH = UINT32_MAX;
    MTIMECMP_LOW = (uint32_t)time;
    MTIMECMP_HIGH = (uint32_t)(time >> 32);
}

void rv32_board_timer(void) {
    set_alarm(machine_time() + TICK_US * TICKS_PER_US);
    bare_tick();
}

void bare_board_tick_start(void) {
    set_alarm(machine_time() + TICK_US * TICKS_PER_US);
}

void bare_board_tick_stop(void) {
    set_alarm(UINT64_MAX);
}

void *qemu_image_memory(size_t *len) {
    *len = IMAGE_MEMORY_SIZE;
    return IMAGE_MEMORY;
}

// Ends the simulation.
void abort(void) {
    mp_hal_stdout_tx_strn("abort\n", 6);
    exit(134);
}

// The one of picolibc 1.8 shifts a word by more than its width where |x| is 2^64 or more.
double trunc(double x) {
    return x < 0 ? ceil(x) : floor(x);
}

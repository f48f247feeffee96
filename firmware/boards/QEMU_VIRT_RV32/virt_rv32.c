// What edgelet needs of the board: clocks, a tick, random bytes and memory. See port_bare.h.
//
// Addresses and registers: qemu's hw/riscv/virt.c; RISC-V ACLINT specification 1.0, section 2 (timer); Android's
// goldfish RTC (seconds since 1970 in nanoseconds). Random bytes are the host's, through RISC-V semihosting 0.3 with
// the operations of Arm's ("Semihosting for AArch32 and AArch64", Arm IHI 0085).

#include <math.h>
#include <stdlib.h>

#include "py/mphal.h"

#include "port.h"
#include "port_bare.h"
#include "port_rv32.h"

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

#define SYS_OPEN (0x01)
#define SYS_READ (0x06)

extern const uint8_t _sitext[], _etext[];

// The three instructions must not be compressed and lie in one page.
static int32_t semihosting(uint32_t operation, const void *arg) {
    register uint32_t a0 __asm("a0") = operation;
    register const void *a1 __asm("a1") = arg;
    __asm volatile(".option push\n .option norvc\n .balign 16\n"
                   "slli zero, zero, 0x1f\n ebreak\n srai zero, zero, 7\n .option pop"
        : "+r"(a0)
        : "r"(a1)
        : "memory");
    return (int32_t)a0;
}

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

void port_random(void *buf, size_t len) {
    static int32_t file = -1;
    if (file < 0) {
        static const char path[] = "/dev/urandom";
        const struct {
            const char *path;
            uint32_t mode; // 1: "rb"
            uint32_t len;
        } open = {path, 1, sizeof(path) - 1};
        file = semihosting(SYS_OPEN, &open);
    }
    const struct {
        int32_t file;
        void *buf;
        size_t len;
    } read = {file, buf, len};
    // Returns the number of bytes that were not read.
    if (semihosting(SYS_READ, &read) != 0) {
        abort();
    }
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

const uint8_t *bare_board_code(size_t *len) {
    *len = (size_t)(_etext - _sitext);
    return _sitext;
}

uint8_t *bare_board_image_memory(size_t *len) {
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

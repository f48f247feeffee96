// What edgelet needs of the board: clocks, a tick, random bytes and memory. See port_bare.h.
//
// Addresses and registers: Arm, "Application Note AN385: Cortex-M3 SMM on V2M-MPS2", and "Cortex-M System Design Kit",
// section 4 (APB timer). The time is the host's.

#include <string.h>

#include "images.h"
#include "port/port.h"
#include "port/port_bare.h"
#include "port/port_cortexm.h"
#include "semihosting.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define VTOR REGISTER(0xe000ed08)
#define NVIC_ISER REGISTER(0xe000e100)

// APB timer 0, at the system clock.
#define TIMER_CTRL REGISTER(0x40000000)
#define TIMER_VALUE REGISTER(0x40000004)
#define TIMER_RELOAD REGISTER(0x40000008)
#define TIMER_INTCLEAR REGISTER(0x4000000c)
#define TIMER_ENABLE_IRQ ((1u << 3) | (1u << 0))
#define TIMER_IRQ (8)
#define TICK_US (1000)

// The board's free-running counter, slowed down to microseconds.
#define FPGAIO_COUNTER REGISTER(0x40028018)
#define FPGAIO_PRESCALE REGISTER(0x4002801c)
#define CLOCK_MHZ (25)

#define EXCEPTION_MEMMANAGE (4)
#define EXCEPTION_IRQ0 (16)
#define VECTORS (EXCEPTION_IRQ0 + TIMER_IRQ + 1)

// SSRAM 2 and 3.
#define IMAGE_MEMORY ((uint8_t *)0x20000000)
#define IMAGE_MEMORY_SIZE (4 * 1024 * 1024)

extern const uint32_t isr_vector[EXCEPTION_IRQ0];

static void start_counter(void) {
    static bool started;
    if (!started) {
        FPGAIO_PRESCALE = CLOCK_MHZ - 1;
        started = true;
    }
}

// The counter has 32 bits and must be read once in 71 minutes.
uint64_t port_ticks_us(void) {
    static uint32_t low, high;
    uint32_t primask;
    __asm volatile("mrs %0, primask\n cpsid i" : "=r"(primask)::"memory");
    start_counter();
    uint32_t now = FPGAIO_COUNTER;
    if (now < low) {
        high++;
    }
    low = now;
    uint64_t ticks = (uint64_t)high << 32 | now;
    __asm volatile("msr primask, %0" ::"r"(primask) : "memory");
    return ticks;
}

uint64_t port_time_us(void) {
    static uint64_t origin;
    if (origin == 0) {
        origin = (uint64_t)(uint32_t)semihosting(SYS_TIME, NULL) * 1000000 - port_ticks_us();
    }
    return origin + port_ticks_us();
}

static void timer_handler(void) {
    TIMER_INTCLEAR = 1;
    bare_tick();
}

// The port's vector table has no place for interrupts.
void cortexm_board_init(void) {
    static uint32_t vectors[VECTORS] __attribute__((aligned(128)));
    memcpy(vectors, isr_vector, EXCEPTION_IRQ0 * sizeof(*vectors));
    cortexm_next_fault = (void (*)(void))vectors[EXCEPTION_MEMMANAGE];
    vectors[EXCEPTION_MEMMANAGE] = (uint32_t)cortexm_fault;
    vectors[EXCEPTION_IRQ0 + TIMER_IRQ] = (uint32_t)timer_handler;
    VTOR = (uint32_t)vectors;
    NVIC_ISER = 1u << TIMER_IRQ;
}

void bare_board_tick_start(void) {
    TIMER_RELOAD = TICK_US * CLOCK_MHZ;
    TIMER_VALUE = TICK_US * CLOCK_MHZ;
    TIMER_CTRL = TIMER_ENABLE_IRQ;
}

void bare_board_tick_stop(void) {
    TIMER_CTRL = 0;
}

void *qemu_image_memory(size_t *len) {
    *len = IMAGE_MEMORY_SIZE;
    return IMAGE_MEMORY;
}

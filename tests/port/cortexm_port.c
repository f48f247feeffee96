// port_cortexm.c on a simulated processor, without MicroPython and engine. Ends with status 0 and "ok", or says by
// semihosting which check failed.
//
// RAM_END is where the main stack begins. It relies on memory that is zero at reset, as qemu's is.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"
#include "port/port_bare.h"
#include "port/port_cortexm.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define SYST_CSR REGISTER(0xe000e010)
#define SYST_RVR REGISTER(0xe000e014)
#define SYST_CVR REGISTER(0xe000e018)
#define ICSR REGISTER(0xe000ed04)
#define SHPR3 REGISTER(0xe000ed20)
#define CPACR REGISTER(0xe000ed88)
#define MPU_TYPE REGISTER(0xe000ed90)
#define PENDSVSET (1u << 28)
#define PENDSV_LOWEST (0xffu << 16)

#define KILLS (2000)

#define TEXT(x) #x
#define LINE(x) TEXT(x)
#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            finish("line " LINE(__LINE__) ": not so: " #condition "\n", 1);                                            \
        }                                                                                                              \
    } while (0)

void reset(void);
uint32_t run_with_registers(void (*fn)(void *arg), void *arg, port_tick_t *tick);

static uint32_t semihosting(uint32_t operation, const void *arg) {
    register uint32_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = arg;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

// SYS_WRITE0, and SYS_EXIT with ADP_Stopped_ApplicationExit or ADP_Stopped_RunTimeErrorUnknown.
_Noreturn static void finish(const char *text, int status) {
    semihosting(0x04, text);
    for (;;) {
        semihosting(0x18, (const void *)(status == 0 ? 0x20026u : 0x20023u));
    }
}

static void unexpected(void) {
    finish("unexpected exception\n", 1);
}

static volatile uint32_t ticks_until_kill;
static volatile uint32_t ticks_in_handler;
static volatile bool in_handler;

static bool tick(void) {
    ticks_in_handler += in_handler;
    return --ticks_until_kill == 0;
}

static void systick_handler(void) {
    bare_tick();
}

// Of lower priority than SysTick, which therefore often ticks in here.
static void pendsv_handler(void) {
    in_handler = true;
    for (volatile int i = 0; i < 100; i++) {
    }
    in_handler = false;
}

typedef void (*vector_t)(void);

__attribute__((section(".vectors"), used)) static const vector_t vectors[16] = {
    (vector_t)RAM_END,
    reset,
    unexpected,
    cortexm_fault,
    cortexm_fault,
    cortexm_fault,
    cortexm_fault,
    NULL,
    NULL,
    NULL,
    NULL,
    unexpected,
    unexpected,
    NULL,
    pendsv_handler,
    systick_handler,
};

// The board's part.

// Of the linker script. Nothing here asks which firmware it is.
const uint8_t bare_build_id_note[24];

static uint32_t period;

void cortexm_board_init(void) {
    cortexm_next_fault = unexpected;
    SHPR3 = PENDSV_LOWEST;
}

void bare_board_tick_start(void) {
    SYST_RVR = period;
    SYST_CVR = 0;
    SYST_CSR = 7;
}

void bare_board_tick_stop(void) {
    SYST_CSR = 0;
}

uint64_t port_ticks_us(void) {
    return 0;
}

// Calls port_run with known values in the registers that a call must preserve. Returns 0 when they are there afterwards
// and port_run returned false.
__asm(".syntax unified\n"
      ".text\n"
      ".balign 4\n"
      ".thumb_func\n"
      "run_with_registers:\n"
      "push {r4-r7, lr}\n"
      "mov r4, r8\n"
      "mov r5, r9\n"
      "mov r6, r10\n"
      "mov r7, r11\n"
      "push {r3-r7}\n"
#if defined(__ARM_FP)
      "vpush {s16-s31}\n"
      "vmov.f32 s16, #1.5\n"
      "vmov.f32 s31, #-2.0\n"
#endif
      "ldr r4, =0x44444444\n"
      "ldr r5, =0x55555555\n"
      "ldr r6, =0x66666666\n"
      "ldr r7, =0x88888888\n"
      "mov r8, r7\n"
      "ldr r7, =0xbbbbbbbb\n"
      "mov r11, r7\n"
      "ldr r7, =0x99999999\n"
      "mov r9, r7\n"
      "ldr r7, =0xaaaaaaaa\n"
      "mov r10, r7\n"
      "ldr r7, =0x77777777\n"
      "bl port_run\n"
      "ldr r1, =0x44444444\n"
      "eors r4, r1\n"
      "orrs r0, r4\n"
      "ldr r1, =0x55555555\n"
      "eors r5, r1\n"
      "orrs r0, r5\n"
      "ldr r1, =0x66666666\n"
      "eors r6, r1\n"
      "orrs r0, r6\n"
      "ldr r1, =0x77777777\n"
      "eors r7, r1\n"
      "orrs r0, r7\n"
      "mov r4, r8\n"
      "ldr r1, =0x88888888\n"
      "eors r4, r1\n"
      "orrs r0, r4\n"
      "mov r4, r9\n"
      "ldr r1, =0x99999999\n"
      "eors r4, r1\n"
      "orrs r0, r4\n"
      "mov r4, r10\n"
      "ldr r1, =0xaaaaaaaa\n"
      "eors r4, r1\n"
      "orrs r0, r4\n"
      "mov r4, r11\n"
      "ldr r1, =0xbbbbbbbb\n"
      "eors r4, r1\n"
      "orrs r0, r4\n"
#if defined(__ARM_FP)
      "vmov r1, s16\n"
      "ldr r2, =0x3fc00000\n"
      "eors r1, r2\n"
      "orrs r0, r1\n"
      "vmov r1, s31\n"
      "ldr r2, =0xc0000000\n"
      "eors r1, r2\n"
      "orrs r0, r1\n"
      "vpop {s16-s31}\n"
#endif
      "pop {r3-r7}\n"
      "mov r8, r4\n"
      "mov r9, r5\n"
      "mov r10, r6\n"
      "mov r11, r7\n"
      "pop {r4-r7, pc}\n"
      ".ltorg\n");

// What runs when it is stopped.

static void plain_loop(void *arg) {
    for (;;) {
        *(volatile uint32_t *)arg += 1;
    }
}

static void handler_loop(void *arg) {
    (void)arg;
    for (;;) {
        ICSR = PENDSVSET;
    }
}

// Every register is lost, and the load and store multiple can be interrupted half-way.
static void multiple_loop(void *arg) {
    __asm volatile("movs r4, #0\n"
                   "mov r8, r4\n"
                   "mov r9, r4\n"
                   "mov r10, r4\n"
                   "mov r11, r4\n"
                   "1: mov r0, %0\n"
                   "ldmia r0!, {r1-r6}\n"
                   "mov r0, %0\n"
                   "stmia r0!, {r1-r6}\n"
                   "b 1b\n" ::"r"(arg)
        : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "memory");
}

#if __ARM_ARCH_ISA_THUMB >= 2
static void if_then_loop(void *arg) {
    (void)arg;
    __asm volatile("movs r0, #0\n"
                   "1: cmp r0, r0\n"
                   "itttt eq\n"
                   "addeq r1, r1, #1\n"
                   "addeq r2, r2, #1\n"
                   "addeq r3, r3, #1\n"
                   "addeq r4, r4, #1\n"
                   "b 1b\n" ::
                       : "r0", "r1", "r2", "r3", "r4", "cc");
}
#endif

#if defined(__ARM_FP)
static void float_loop(void *arg) {
    (void)arg;
    __asm volatile("1: vadd.f32 s16, s16, s16\n"
                   "vadd.f32 s31, s31, s31\n"
                   "vadd.f32 s0, s16, s31\n"
                   "b 1b\n");
}
#endif

static void (*const loops[])(void *arg) = {
    plain_loop,
    handler_loop,
    multiple_loop,
#if __ARM_ARCH_ISA_THUMB >= 2
    if_then_loop,
#endif
#if defined(__ARM_FP)
    float_loop,
#endif
};

static void increment(void *arg) {
    *(uint32_t *)arg += 1;
}

static void leave(void *arg) {
    (void)arg;
    port_abandon();
}

static uint32_t descend(uint32_t depth) {
    volatile uint32_t frame[8];
    frame[0] = depth;
    return depth == UINT32_MAX ? 0 : descend(depth + 1) + frame[0];
}

static void overflow(void *arg) {
    *(volatile uint32_t *)arg = descend(0);
}

static bool has_guard(void) {
#if __ARM_ARCH >= 8
    return true;
#else
    return MPU_TYPE != 0;
#endif
}

static void check_return(void) {
    uint32_t n = 41;
    ticks_until_kill = 0;
    CHECK(port_run(increment, &n, tick) && n == 42);
}

static void check_kills(void) {
    uint32_t random = 1;
    for (int i = 0; i < KILLS; i++) {
        uint32_t words[8] = {0};
        random = random * 1664525 + 1013904223;
        period = 500 + (random >> 20);
        ticks_until_kill = 1 + (random >> 10) % 4;
        CHECK(run_with_registers(loops[i % (sizeof(loops) / sizeof(*loops))], words, tick) == 0);
        check_return();
    }
    CHECK(ticks_in_handler > 0);
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

#define COUNTS (40)
#define DEPTH_MOST (512)

static struct {
    counting_t counting;
    uint64_t block[8], kept[DEPTH_MOST / 8];
    float own;
    uint32_t times;
    bool is_abandoned; // in the middle
    uint64_t block_abandoned[8];
} fibers;

static void abandon_midway(void *arg) {
    (void)arg;
    port_fiber_leave();
    port_abandon();
}

// Lets a computation go on, whose stack others use each time that it is left.
static void run_fiber(void *arg) {
    (void)arg;
    CHECK(port_fiber_size() <= sizeof(fibers.block));
    port_fiber_t *fiber = port_fiber_new(fibers.block, count, &fibers.counting);
    float own = 0.25f;
    fibers.times = 0;
    while (!port_fiber_go_on(fiber)) {
        own += 0.25f;
        CHECK(port_fiber_depth(fiber) <= DEPTH_MOST);
        port_fiber_keep(fiber, fibers.kept);
        for (size_t i = 0; i < BARE_FIBER_STACK; i++) {
            bare_stack.stack[i] = 0xaa;
        }
        fibers.times++;
        port_fiber_put_back(fiber, fibers.kept);
    }
    fibers.own = own;
    port_fiber_wipe(fiber);
    if (fibers.is_abandoned) {
        fiber = port_fiber_new(fibers.block_abandoned, abandon_midway, NULL);
        CHECK(!port_fiber_go_on(fiber));
        (void)port_fiber_go_on(fiber);
    }
}

static void check_fibers(void) {
    ticks_until_kill = 0;
    for (int i = 0; i < 50; i++) {
        fibers.counting = (counting_t){.leaves = COUNTS};
        fibers.is_abandoned = i % 2 != 0;
        CHECK(port_run(run_fiber, NULL, tick) != fibers.is_abandoned);
        CHECK(fibers.times == COUNTS && fibers.counting.n == 2 * 120 + 28);
        CHECK(fibers.counting.half == COUNTS * 0.5f && fibers.own == 0.25f + COUNTS * 0.25f);
        for (size_t at = 0; at < BARE_FIBER_STACK; at++) {
            CHECK(bare_stack.stack[at] == 0);
        }
        check_return();
    }
    // The tick abandons them wherever they are.
    for (int i = 0; i < 200; i++) {
        fibers.counting = (counting_t){.leaves = UINT32_MAX};
        period = 700 + 37 * (uint32_t)i;
        ticks_until_kill = 1 + i % 4;
        CHECK(run_with_registers(run_fiber, NULL, tick) == 0);
        check_return();
    }
}

void reset(void) {
#if defined(__ARM_FP)
    CPACR |= 0xfu << 20;
    __asm volatile("dsb\n isb");
#endif
    period = 100000;
    check_return();
    uint32_t word = 0;
    for (int i = 0; i < 100; i++) {
        CHECK(run_with_registers(leave, NULL, tick) == 0);
        CHECK(!has_guard() || run_with_registers(overflow, &word, tick) == 0);
        check_return();
    }
    check_kills();
    period = 100000;
    check_fibers();
    finish(has_guard() ? "ok, with guard\n" : "ok\n", 0);
}

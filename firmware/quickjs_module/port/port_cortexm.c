// Arm Cortex-M without an operating system. See port.h; what differs from board to board is in port_bare.h and
// port_cortexm.h.
//
// JavaScript runs in thread mode on a stack of its own, through the process stack pointer (PSP), while everything else,
// interrupt handlers included, runs on the main stack (MSP). The frame that the processor pushed when it left
// JavaScript for an exception therefore always lies at PSP, however deep exceptions nest: to abandon JavaScript, the
// tick writes another return address into it. The main stack is then just as port_run left it.
//
// Register and bit names are those of the ARMv6-M, ARMv7-M and ARMv8-M Architecture Reference Manuals (Arm DDI 0419,
// DDI 0403, DDI 0553).

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'

#include "port/port_cortexm.h"

#include <string.h>

#include "port/port.h"
#include "port/port_bare.h"

#if !defined(__ARM_ARCH_ISA_THUMB) || __ARM_ARCH_ISA_THUMB < 2
#define ARMV6M (1)
#elif __ARM_ARCH >= 8
#define ARMV8M (1)
#else
#define ARMV7M (1)
#endif

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define SHCSR REGISTER(0xe000ed24)
#define CFSR REGISTER(0xe000ed28)
#define MMFAR REGISTER(0xe000ed34)
#define FPCCR REGISTER(0xe000ef34)
#define MPU_TYPE REGISTER(0xe000ed90)
#define MPU_CTRL REGISTER(0xe000ed94)
#define MPU_RNR REGISTER(0xe000ed98)
#define MPU_RBAR REGISTER(0xe000ed9c)
#define MPU_RASR REGISTER(0xe000eda0)

#define SHCSR_MEMFAULTENA (1u << 16)
#define SHCSR_USGFAULTENA (1u << 18)
#define CFSR_DACCVIOL (1u << 1)
#define CFSR_MSTKERR (1u << 4)
#define CFSR_MMARVALID (1u << 7)
#define CFSR_STKOF (1u << 20)
#define FPCCR_LSPACT (1u << 0)
#define EXC_RETURN_SPSEL (1u << 2)
#define EXC_RETURN_BASIC_FRAME (1u << 4)
#define XPSR_T (1u << 24)
// IT and ICI: what is left of an interrupted IT block, load or store multiple.
#define XPSR_IT_ICI ((3u << 25) | (0x3fu << 10))

// Words of the frame that the processor pushes.
#define FRAME_PC (6)
#define FRAME_XPSR (7)
#define FRAME_WORDS (8)

#define STACK_TOP ((uint32_t)(&bare_stack + 1))

void (*cortexm_next_fault)(void);

// Whether thread mode is on the JavaScript stack. Written with interrupts off, by cortexm_call.
volatile uint32_t cortexm_running;

static port_tick_t *cortexm_tick;

#if defined(ARMV8M)

// The stack limit register is set by cortexm_call.
static void cortexm_enable_guard(void) {
    SHCSR |= SHCSR_USGFAULTENA;
}

#else

// The region of the highest number has precedence over the others. No access at all, and no execution.
static void cortexm_enable_guard(void) {
    uint32_t regions = (MPU_TYPE >> 8) & 0xff;
    if (regions == 0) {
        return;
    }
    const uint32_t privdefena_enable = 5, xn = 1u << 28, size = 31 - __builtin_clz(BARE_GUARD_SIZE) - 1, enable = 1;
    MPU_RNR = regions - 1;
    MPU_RBAR = (uint32_t)bare_stack.guard;
    MPU_RASR = xn | size << 1 | enable;
    MPU_CTRL |= privdefena_enable;
    __asm volatile("dsb\n isb" ::: "memory");
#if defined(ARMV7M)
    SHCSR |= SHCSR_MEMFAULTENA;
#endif
}

#endif

#if defined(__ARM_FP)
#define PUSH_FP "vpush {s16-s31}\n"
#define POP_FP "vpop {s16-s31}\n"
#else
#define PUSH_FP
#define POP_FP
#endif

#if defined(ARMV8M)
#define SET_STACK_LIMIT "msr psplim, r3\n"
#else
#define SET_STACK_LIMIT
#endif

// Calls fn(arg) on the process stack and returns true, or false when cortexm_abandoned was branched to meanwhile.
bool cortexm_call(void (*fn)(void *arg), void *arg, uint32_t top, uint32_t limit);
// Ends the call from inside it. Only the process stack's content is lost.
_Noreturn void cortexm_abandoned(void);

// clang-format off
__asm(
    ".syntax unified\n"
    ".thumb\n"
    ".section .text.cortexm_call, \"ax\", %progbits\n"
    ".balign 4\n"
    ".global cortexm_call\n"
    ".thumb_func\n"
    "cortexm_call:\n"
    "push {r3-r7, lr}\n" // r3 for alignment
    "mov r4, r8\n"
    "mov r5, r9\n"
    "mov r6, r10\n"
    "mov r7, r11\n"
    "push {r4-r7}\n"
    PUSH_FP
    "ldr r4, =cortexm_running\n"
    "movs r5, #1\n"
    "mrs r6, control\n"
    "movs r7, #2\n" // SPSEL
    "orrs r6, r6, r7\n"
    "cpsid i\n"
    "msr psp, r2\n"
    SET_STACK_LIMIT
    "msr control, r6\n"
    "isb\n"
    "str r5, [r4]\n"
    "cpsie i\n"
    "mov r4, r0\n"
    "mov r0, r1\n"
    "blx r4\n"
    "movs r0, #1\n"
    "b 1f\n"
    ".global cortexm_abandoned\n"
    ".thumb_func\n"
    "cortexm_abandoned:\n"
    "movs r0, #0\n"
    "1:\n"
    "ldr r4, =cortexm_running\n"
    "movs r5, #0\n"
    "mrs r6, control\n"
    "movs r7, #2\n"
    "bics r6, r6, r7\n"
    "cpsid i\n"
    "str r5, [r4]\n"
    "msr control, r6\n"
    "isb\n"
    "cpsie i\n"
    POP_FP
    "pop {r4-r7}\n"
    "mov r8, r4\n"
    "mov r9, r5\n"
    "mov r10, r6\n"
    "mov r11, r7\n"
    "pop {r3-r7, pc}\n"
    ".ltorg\n"

    ".section .text.bare_switch, \"ax\", %progbits\n"
    ".balign 4\n"
    ".global bare_switch\n"
    ".thumb_func\n"
    "bare_switch:\n"
    "push {r3-r7, lr}\n"
    "mov r4, r8\n"
    "mov r5, r9\n"
    "mov r6, r10\n"
    "mov r7, r11\n"
    "push {r4-r7}\n"
    PUSH_FP
    "mov r3, sp\n"
    "str r3, [r0]\n"
    "mov sp, r1\n"
    POP_FP
    "pop {r4-r7}\n"
    "mov r8, r4\n"
    "mov r9, r5\n"
    "mov r10, r6\n"
    "mov r11, r7\n"
    "pop {r3-r7, pc}\n"

    // The fault handler: leaves with what cortexm_fault_return says, or goes on to the next handler as if nothing had been.
    ".section .text.cortexm_fault, \"ax\", %progbits\n"
    ".balign 4\n"
    ".global cortexm_fault\n"
    ".thumb_func\n"
    "cortexm_fault:\n"
    "mov r0, lr\n"
    "push {r4, lr}\n"
    "bl cortexm_fault_return\n"
    "pop {r2, r3}\n"
    "cmp r0, #0\n"
    "beq 1f\n"
    "bx r0\n"
    "1:\n"
    "mov lr, r3\n"
    "ldr r0, =cortexm_next_fault\n"
    "ldr r0, [r0]\n"
    "bx r0\n"
    ".ltorg\n"
    ".text\n"
);
// clang-format on

bool port_run(void (*fn)(void *arg), void *arg, port_tick_t *tick) {
    static bool initialized;
    if (!initialized) {
        cortexm_board_init();
        cortexm_enable_guard();
        initialized = true;
    }
    cortexm_tick = tick;
    bare_board_tick_start();
    bool returned = cortexm_call(fn, arg, STACK_TOP, (uint32_t)bare_stack.stack);
    bare_board_tick_stop();
    if (!returned) {
        bare_fiber_abandoned();
    }
    return returned;
}

_Noreturn void port_abandon(void) {
    cortexm_abandoned();
}

static uint32_t *process_stack(void) {
    uint32_t *psp;
    __asm volatile("mrs %0, psp" : "=r"(psp));
    return psp;
}

void bare_tick(void) {
    if (cortexm_running && cortexm_tick()) {
        uint32_t *frame = process_stack();
        frame[FRAME_PC] = (uint32_t)&cortexm_abandoned & ~1u;
        frame[FRAME_XPSR] &= ~XPSR_IT_ICI;
    }
}

static bool guard_was_hit(void) {
#if defined(ARMV8M)
    return (CFSR & CFSR_STKOF) != 0;
#elif defined(ARMV7M)
    uint32_t cfsr = CFSR;
    return (cfsr & CFSR_MSTKERR) != 0 || ((cfsr & CFSR_DACCVIOL) != 0 && (cfsr & CFSR_MMARVALID) != 0 &&
                                             MMFAR - (uint32_t)bare_stack.guard < BARE_GUARD_SIZE);
#else
    // No fault status registers: the guard is taken to be the cause when the stack ends at it. A processor that locks
    // up because its frame has no place either is left to the board's watchdog.
    return (uint32_t)process_stack() <= (uint32_t)bare_stack.stack;
#endif
}

// Decides about a fault. Returns the EXC_RETURN to leave with, or 0 when the fault is another's.
// A frame may be missing where the guard was hit, so a new one is made.
uint32_t cortexm_fault_return(uint32_t exc_return);
uint32_t cortexm_fault_return(uint32_t exc_return) {
    if (!cortexm_running || (exc_return & EXC_RETURN_SPSEL) == 0 || !guard_was_hit()) {
        return 0;
    }
#if !defined(ARMV6M)
    CFSR = CFSR;
#endif
#if defined(__ARM_FP)
    // The old frame's place for floating-point registers, which the processor would still fill, is gone.
    FPCCR &= ~FPCCR_LSPACT;
#endif

    uint32_t *frame = (uint32_t *)STACK_TOP - FRAME_WORDS;
    memset(frame, 0, FRAME_WORDS * sizeof(*frame));
    frame[FRAME_PC] = (uint32_t)&cortexm_abandoned & ~1u;
    frame[FRAME_XPSR] = XPSR_T;
    __asm volatile("msr psp, %0" ::"r"(frame) : "memory");
    return exc_return | EXC_RETURN_BASIC_FRAME;
}

#endif // Cortex-M

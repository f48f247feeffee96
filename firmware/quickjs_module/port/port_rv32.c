// 32-bit RISC-V in machine mode without an operating system. See port.h; what differs from board to board is in
// port_bare.h and port_rv32.h.
//
// JavaScript runs on a stack of its own; a trap goes on on the main stack, whose pointer lies in mscratch meanwhile
// (0 while the main stack is in use). To abandon JavaScript, the trap returns to rv32_abandoned instead of where it
// came from. The main stack is then just as port_run left it.
//
// Register and bit names are those of "The RISC-V Instruction Set Manual, Volume II: Privileged Architecture", version
// 20211203, chapter 3.

#if defined(__riscv) && __riscv_xlen == 32 && !defined(__unix__) && !defined(ESP_PLATFORM)

#include "port/port_rv32.h"

#include "port/port.h"
#include "port/port_bare.h"

#define MCAUSE_LOAD_ACCESS (5)
#define MCAUSE_STORE_ACCESS (7)
#define MCAUSE_MACHINE_TIMER (0x80000007)
#define MIE_MTIE (1u << 7)
// Of a region's configuration: locked, so that it holds in machine mode; a power of two; no access.
#define PMPCFG_L_NAPOT (0x98)

#define READ_CSR(name, value) __asm volatile("csrr %0, " #name : "=r"(value))
#define WRITE_CSR(name, value) __asm volatile("csrw " #name ", %0" ::"r"(value) : "memory")

// Calls fn(arg) on the stack that ends at `top` and returns true, or false when rv32_abandoned was returned to
// meanwhile.
bool rv32_call(void (*fn)(void *arg), void *arg, uintptr_t top);
// Ends the call from inside it. Only the stack's content is lost.
_Noreturn void rv32_abandoned(void);
void rv32_trap(void);

// Where rv32_call left the main stack.
uintptr_t rv32_main_stack;

// The trap vector that was there before ours.
static uintptr_t next_vector;
// Whether the tick wants JavaScript abandoned. Written and read in the trap only.
static bool expired;

static port_tick_t *rv32_tick;

// clang-format off
__asm(
    ".section .text.rv32_call, \"ax\", %progbits\n"
    ".balign 4\n"
    ".global rv32_call\n"
    "rv32_call:\n"
    "addi sp, sp, -64\n"
    "sw ra, 0(sp)\n"
    "sw s0, 4(sp)\n"
    "sw s1, 8(sp)\n"
    "sw s2, 12(sp)\n"
    "sw s3, 16(sp)\n"
    "sw s4, 20(sp)\n"
    "sw s5, 24(sp)\n"
    "sw s6, 28(sp)\n"
    "sw s7, 32(sp)\n"
    "sw s8, 36(sp)\n"
    "sw s9, 40(sp)\n"
    "sw s10, 44(sp)\n"
    "sw s11, 48(sp)\n"
    "csrrci t0, mstatus, 8\n" // MIE
    "sw t0, 52(sp)\n"
    "la t0, rv32_main_stack\n"
    "sw sp, 0(t0)\n"
    "csrw mscratch, sp\n"
    "mv sp, a2\n"
    "mv t1, a0\n"
    "mv a0, a1\n"
    "csrsi mstatus, 8\n"
    "jalr t1\n"
    "li a0, 1\n"
    "j 1f\n"
    ".global rv32_abandoned\n"
    "rv32_abandoned:\n"
    "li a0, 0\n"
    "1:\n"
    "csrci mstatus, 8\n"
    "la t0, rv32_main_stack\n"
    "lw sp, 0(t0)\n"
    "csrw mscratch, zero\n"
    "lw ra, 0(sp)\n"
    "lw s0, 4(sp)\n"
    "lw s1, 8(sp)\n"
    "lw s2, 12(sp)\n"
    "lw s3, 16(sp)\n"
    "lw s4, 20(sp)\n"
    "lw s5, 24(sp)\n"
    "lw s6, 28(sp)\n"
    "lw s7, 32(sp)\n"
    "lw s8, 36(sp)\n"
    "lw s9, 40(sp)\n"
    "lw s10, 44(sp)\n"
    "lw s11, 48(sp)\n"
    "lw t0, 52(sp)\n"
    "csrw mstatus, t0\n"
    "addi sp, sp, 64\n"
    "ret\n"

    ".section .text.bare_switch, \"ax\", %progbits\n"
    ".balign 4\n"
    ".global bare_switch\n"
    "bare_switch:\n"
    "addi sp, sp, -64\n"
    "sw s0, 0(sp)\n"
    "sw s1, 4(sp)\n"
    "sw s2, 8(sp)\n"
    "sw s3, 12(sp)\n"
    "sw s4, 16(sp)\n"
    "sw s5, 20(sp)\n"
    "sw s6, 24(sp)\n"
    "sw s7, 28(sp)\n"
    "sw s8, 32(sp)\n"
    "sw s9, 36(sp)\n"
    "sw s10, 40(sp)\n"
    "sw s11, 44(sp)\n"
    "sw ra, 60(sp)\n"
    "sw sp, 0(a0)\n"
    "mv sp, a1\n"
    "lw s0, 0(sp)\n"
    "lw s1, 4(sp)\n"
    "lw s2, 8(sp)\n"
    "lw s3, 12(sp)\n"
    "lw s4, 16(sp)\n"
    "lw s5, 20(sp)\n"
    "lw s6, 24(sp)\n"
    "lw s7, 28(sp)\n"
    "lw s8, 32(sp)\n"
    "lw s9, 36(sp)\n"
    "lw s10, 40(sp)\n"
    "lw s11, 44(sp)\n"
    "lw ra, 60(sp)\n"
    "addi sp, sp, 64\n"
    "ret\n"

    ".section .text.rv32_trap, \"ax\", %progbits\n"
    ".balign 4\n"
    ".global rv32_trap\n"
    "rv32_trap:\n"
    "csrrw sp, mscratch, sp\n"
    "bnez sp, 1f\n"
    "csrrw sp, mscratch, sp\n"
    "1:\n"
    "addi sp, sp, -64\n"
    "sw ra, 0(sp)\n"
    "sw t0, 4(sp)\n"
    "sw t1, 8(sp)\n"
    "sw t2, 12(sp)\n"
    "sw t3, 16(sp)\n"
    "sw t4, 20(sp)\n"
    "sw t5, 24(sp)\n"
    "sw t6, 28(sp)\n"
    "sw a0, 32(sp)\n"
    "sw a1, 36(sp)\n"
    "sw a2, 40(sp)\n"
    "sw a3, 44(sp)\n"
    "sw a4, 48(sp)\n"
    "sw a5, 52(sp)\n"
    "sw a6, 56(sp)\n"
    "sw a7, 60(sp)\n"
    "csrr a0, mcause\n"
    "csrr a1, mtval\n"
    "call rv32_handle_trap\n"
    "beqz a0, 2f\n"
    "csrw mepc, a0\n"
    "2:\n"
    "lw ra, 0(sp)\n"
    "lw t0, 4(sp)\n"
    "lw t1, 8(sp)\n"
    "lw t2, 12(sp)\n"
    "lw t3, 16(sp)\n"
    "lw t4, 20(sp)\n"
    "lw t5, 24(sp)\n"
    "lw t6, 28(sp)\n"
    "lw a0, 32(sp)\n"
    "lw a1, 36(sp)\n"
    "lw a2, 40(sp)\n"
    "lw a3, 44(sp)\n"
    "lw a4, 48(sp)\n"
    "lw a5, 52(sp)\n"
    "lw a6, 56(sp)\n"
    "lw a7, 60(sp)\n"
    "addi sp, sp, 64\n"
    "csrrw sp, mscratch, sp\n"
    "bnez sp, 3f\n"
    "csrrw sp, mscratch, sp\n"
    "3:\n"
    "mret\n"
    ".text\n"
);
// clang-format on

// No access to the guard; what no region covers is free in machine mode.
static void rv32_enable_guard(void) {
    uint32_t config;
    WRITE_CSR(pmpaddr0, (uintptr_t)bare_stack.guard >> 2 | (BARE_GUARD_SIZE / 8 - 1));
    READ_CSR(pmpcfg0, config);
    WRITE_CSR(pmpcfg0, (config & ~0xffu) | PMPCFG_L_NAPOT);
}

static void rv32_initialize(void) {
    bare_board_tick_stop();
    READ_CSR(mtvec, next_vector);
    WRITE_CSR(mscratch, 0);
    WRITE_CSR(mtvec, (uintptr_t)rv32_trap);
    __asm volatile("csrs mie, %0" ::"r"(MIE_MTIE) : "memory");
    rv32_enable_guard();
}

bool port_run(void (*fn)(void *arg), void *arg, port_tick_t *tick) {
    static bool initialized;
    if (!initialized) {
        rv32_initialize();
        initialized = true;
    }
    expired = false;
    rv32_tick = tick;
    bare_board_tick_start();
    bool returned = rv32_call(fn, arg, (uintptr_t)(&bare_stack + 1));
    bare_board_tick_stop();
    if (!returned) {
        bare_fiber_abandoned();
    }
    return returned;
}

_Noreturn void port_abandon(void) {
    rv32_abandoned();
}

static bool in_javascript(void) {
    uintptr_t interrupted_stack;
    READ_CSR(mscratch, interrupted_stack);
    return interrupted_stack != 0;
}

void bare_tick(void) {
    expired = in_javascript() && rv32_tick();
}

// Decides about a trap: where to return to, or 0 for where it came from.
uintptr_t rv32_handle_trap(uint32_t cause, uintptr_t value);
uintptr_t rv32_handle_trap(uint32_t cause, uintptr_t value) {
    if (cause == MCAUSE_MACHINE_TIMER) {
        rv32_board_timer();
        return expired ? (uintptr_t)rv32_abandoned : 0;
    }
    bool access = cause == MCAUSE_LOAD_ACCESS || cause == MCAUSE_STORE_ACCESS;
    if (access && in_javascript() && value - (uintptr_t)bare_stack.guard < BARE_GUARD_SIZE) {
        return (uintptr_t)rv32_abandoned;
    }
    // Another's: the same instruction or interrupt comes to it at once.
    WRITE_CSR(mtvec, next_vector);
    return 0;
}

#endif // RISC-V

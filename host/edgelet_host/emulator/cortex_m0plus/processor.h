// An Arm Cortex-M0+ (Armv6-M Architecture Reference Manual), as RP2040 has it: with memory, bus and the hardware
// divider.
//
// processor.py beside this has the same struct, and loads this as a shared library.
#ifndef EDGELET_PROCESSOR_H
#define EDGELET_PROCESSOR_H

#include <stdbool.h>
#include <stdint.h>

// Why `processor_run` ended before its limit, in `stopped`.
enum {
    STOPPED_NOT,
    STOPPED_BY_OWNER,
    STOPPED_BY_BREAKPOINT,
    STOPPED_BY_UNDEFINED, // an instruction that there is not
    STOPPED_BY_ALIGNMENT, // of an address
    STOPPED_BY_FETCH,     // from where there is no memory
};

typedef struct {
    // The memory. The owner's, little-endian as is this computer.
    uint8_t *rom;
    uint8_t *flash;
    uint8_t *ram;
    uint8_t *usb_ram;
    // All other addresses. A value of less than four bytes is in the low ones. size: 1, 2 or 4.
    uint32_t (*read)(uint32_t address, uint32_t size);
    void (*write)(uint32_t address, uint32_t size, uint32_t value);
    // Clock cycles that were executed, and when to end. Both survive a reset.
    uint64_t cycles;
    uint64_t limit;
    uint32_t stopped;
    // What code looks at in loops: the timer, in nanoseconds without those of `cycles`, and UART 0's FR.
    int64_t timer_ns;
    uint32_t uart_flags;
    // What a reset clears.
    uint32_t registers[16]; // 15: the next instruction's address
    uint32_t other_sp;      // of the stack that is not in use
    uint32_t ipsr;          // the exception that is handled, 0: none
    uint32_t vtor;
    uint32_t shpr2;
    uint32_t shpr3;
    uint32_t pending_interrupts;
    uint32_t enabled_interrupts;
    uint32_t interrupt_priorities[4]; // for each priority, which have it
    uint32_t interrupt_nmi_mask;
    bool n, z, c, v;
    bool primask;
    bool unprivileged;
    bool on_process_stack;
    bool event_registered;
    bool waiting;            // for an interrupt or event
    bool interrupts_updated; // an exception may have become pending, or possible
    bool pending_nmi;
    bool pending_pend_sv;
    bool pending_svcall;
    bool pending_systick;
    // Of SIO: spin locks, and the divider.
    uint32_t spin_locks;
    uint32_t dividend;
    uint32_t divisor;
    uint32_t quotient;
    uint32_t remainder;
    uint32_t divider_is_dirty;
    // Of the timer: the upper half at the last read of the lower one.
    uint32_t timer_high;
} processor_t;

// Sets registers and pending exceptions to what they are after a reset, and takes stack and start from the vector
// table.
void processor_reset(processor_t *self);

// Executes until `cycles` has reached `limit`, it waits or is stopped.
void processor_run(processor_t *self);

// Gives the number of the exception that would be taken first, 0: none. priority: which it must have a lower number
// than; 4 is that of a thread.
uint32_t processor_pending(const processor_t *self, int priority);

#endif

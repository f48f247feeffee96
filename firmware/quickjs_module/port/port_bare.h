// What the ports without an operating system share: the arena and the JavaScript stack are places of the firmware's own
// (port_bare.c). A board implements the functions named bare_board_, and port_time_us, port_ticks_us, port_random,
// port_image_alloc and port_image_free of port.h.

#ifndef EDGELET_PORT_BARE_H
#define EDGELET_PORT_BARE_H

#include <stddef.h>
#include <stdint.h>

// Bytes of the one arena, a multiple of 8.
#ifndef BARE_ARENA_SIZE
#define BARE_ARENA_SIZE (96 * 1024)
#endif

// Most bytes of stack that the engine may count against its limit, about 400 a call of a JavaScript function. It checks
// on entry to functions only: what runs between two checks is paid from the reserve. The most is taken by the exception
// that says that the stack is full (4.4 KB measured on ARMv7-M, 2.7 of them in the engine's build_backtrace).
#ifndef BARE_STACK_SIZE
#define BARE_STACK_SIZE (12 * 1024)
#endif
#define BARE_STACK_RESERVE (6 * 1024)

// The smallest region that the memory protection of ARMv6-M can tell apart.
#define BARE_GUARD_SIZE (256)

// Where JavaScript runs, from the top of `stack` downwards; nothing may touch the guard, which the port sees to.
typedef struct _bare_stack_t {
    uint8_t guard[BARE_GUARD_SIZE];
    uint8_t stack[BARE_STACK_SIZE + BARE_STACK_RESERVE];
} bare_stack_t;
extern bare_stack_t bare_stack;

// Bytes at the end of that stack which a computation of port_fiber_new has, whoever lets it run being far from there.
// Most is taken by what verifies with Ed25519 (2.1 KB measured on ARMv6-M).
#define BARE_FIBER_STACK (4 * 1024)

// port_run was left in the middle.
void bare_fiber_abandoned(void);

// From the processor's file: saves the registers that a function keeps, and the stack pointer in `*from`; goes on where
// `to` was saved.
void bare_switch(uintptr_t *from, uintptr_t to);
// Bytes that this puts on the stack, of which the last word is where it goes on.
#define BARE_SWITCH_SIZE (BARE_SWITCH_WORDS * sizeof(uintptr_t))
#if defined(__riscv)
#define BARE_SWITCH_WORDS (16)
#elif defined(__ARM_FP)
#define BARE_SWITCH_WORDS (26)
#else
#define BARE_SWITCH_WORDS (10)
#endif

// From the linker script: the section .note.gnu.build-id, 8 bytes or more of it. The linker gets the option --build-id.
extern const uint8_t bare_build_id_note[];

// From the board.

// Between these two, bare_tick is called from an interrupt handler at least every 5 ms.
void bare_board_tick_start(void);
void bare_board_tick_stop(void);

// For the board.

// The timer's tick. To be called from its interrupt handler, of any priority.
void bare_tick(void);

#endif // EDGELET_PORT_BARE_H

// What port_cortexm.c needs of a board with an Arm Cortex-M processor, and what the board calls in it.
// A board implements port_time_us, port_ticks_us and port_random of port.h besides.

#ifndef EDGELET_PORT_CORTEXM_H
#define EDGELET_PORT_CORTEXM_H

#include <stddef.h>
#include <stdint.h>

// Bytes of the one arena, a multiple of 8.
#ifndef CORTEXM_ARENA_SIZE
#define CORTEXM_ARENA_SIZE (96 * 1024)
#endif

// Most bytes of stack that the engine may count against its limit, about 400 a call of a JavaScript function. It checks
// on entry to functions only: what runs between two checks is paid from the reserve. The most is taken by the exception
// that says that the stack is full (4.4 KB measured on ARMv7-M, 2.7 of them in the engine's build_backtrace).
#ifndef CORTEXM_STACK_SIZE
#define CORTEXM_STACK_SIZE (12 * 1024)
#endif
#define CORTEXM_STACK_RESERVE (6 * 1024)

// From the board.

// Installs cortexm_fault as handler of the faults that a hit of the stack guard raises: HardFault on ARMv6-M,
// MemManage on ARMv7-M, UsageFault on ARMv8-M. Called once.
void cortexm_board_init(void);
// Between these two, cortexm_tick is called from an interrupt handler at least every 5 ms.
void cortexm_board_tick_start(void);
void cortexm_board_tick_stop(void);
// The firmware's code and constants as they lie in memory, for port_firmware_id.
const uint8_t *cortexm_board_code(size_t *len);
// The memory for images, aligned to 8. A board whose images lie in flash has none: 0 bytes.
uint8_t *cortexm_board_image_memory(size_t *len);

// For the board.

// The timer's tick. To be called from its interrupt handler, of any priority.
void cortexm_tick(void);
// Exception handler: leaves JavaScript when it hit the stack guard, goes on to cortexm_next_fault otherwise.
void cortexm_fault(void);
// The handler for every other fault. Set by cortexm_board_init.
extern void (*cortexm_next_fault)(void);

#endif // EDGELET_PORT_CORTEXM_H

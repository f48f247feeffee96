// What port_cortexm.c needs of a board with an Arm Cortex-M processor besides port_bare.h, and what the board calls in
// it.

#ifndef EDGELET_PORT_CORTEXM_H
#define EDGELET_PORT_CORTEXM_H

// Installs cortexm_fault as handler of the faults that a hit of the stack guard raises: HardFault on ARMv6-M,
// MemManage on ARMv7-M, UsageFault on ARMv8-M. Called once.
void cortexm_board_init(void);

// Exception handler: leaves JavaScript when it hit the stack guard, goes on to cortexm_next_fault otherwise.
void cortexm_fault(void);
// The handler for every other fault. Set by cortexm_board_init.
extern void (*cortexm_next_fault)(void);

#endif // EDGELET_PORT_CORTEXM_H

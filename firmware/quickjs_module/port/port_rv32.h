// What port_rv32.c needs of a board with a 32-bit RISC-V processor besides port_bare.h.

#ifndef EDGELET_PORT_RV32_H
#define EDGELET_PORT_RV32_H

// The machine timer's interrupt: sets the next one and calls bare_tick.
void rv32_board_timer(void);

#endif // EDGELET_PORT_RV32_H

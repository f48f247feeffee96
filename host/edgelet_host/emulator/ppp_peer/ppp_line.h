// The serial line of a PPP connection (RFC 1662): standard input, which is written too, is a socket, a pty, a serial
// port.

#ifndef PPP_LINE_H
#define PPP_LINE_H

#include "netif/ppp/ppp.h"

#define PPP_LINE (0) // file descriptor

// For pppos_create. Waits while the line is full; ends the program where the line ends.
u32_t ppp_line_write(ppp_pcb *ppp, const void *data, u32_t size, void *context);

// Passes on what has arrived. Ends the program where the line ends.
void ppp_line_read(ppp_pcb *ppp);

#endif // PPP_LINE_H

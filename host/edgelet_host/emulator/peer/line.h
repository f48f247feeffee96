// The line to the board: standard input, which is written too, is a socket, a pty, a serial port. What ends the line
// ends the program.

#ifndef PEER_LINE_H
#define PEER_LINE_H

#include "netif/ppp/ppp.h"

#define LINE (0) // file descriptor

// PPP (RFC 1662). For pppos_create; waits while the line is full.
u32_t line_write_ppp(ppp_pcb *ppp, const void *data, u32_t size, void *context);

// Passes on what has arrived.
void line_read_ppp(ppp_pcb *ppp);

// Ethernet frames, each behind its length in two bytes, high one first. For netif_add, with an address of six bytes
// as the state. line_begin_guest is for whoever has joined the access point that the board has itself: the highest bit
// of the length is set there, and an empty frame says that it is closed.
err_t line_begin_ethernet(struct netif *interface);
err_t line_begin_guest(struct netif *interface);

// Passes on what has arrived, to `guest` (may be NULL) what is of the board's own access point. Its link goes up with
// the first frame, and down when that is closed.
void line_read_ethernet(struct netif *interface, struct netif *guest);

#endif // PEER_LINE_H

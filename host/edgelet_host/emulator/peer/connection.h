// Connections that go on from lwIP's TCP to a socket of this computer, or the other way around.
//
// Bytes wait where they are while the other side takes none: in the socket, and in the board, by TCP's window. Each
// direction of a connection ends for itself.

#ifndef PEER_CONNECTION_H
#define PEER_CONNECTION_H

#include <poll.h>
#include <stdbool.h>

#include "lwip/tcp.h"

#define MAX_CONNECTIONS 64

void connections_init(void);

// Whether there is room for another one.
bool connections_have_room(void);

// Connects a client, a socket that is closed in any case, with a port of the board.
void connection_to_board(int client, const ip4_addr_t *address, u16_t port);

// Connects the board with a socket that is about to connect or has. Gives false, and closes the socket, where that
// cannot be.
bool connection_from_board(struct tcp_pcb *board, int socket);

// Resets all connections with the board at that address: it has forgotten them.
void connections_abort(const ip4_addr_t *address);

// What to wait for, and what to do then: MAX_CONNECTIONS entries.
void connections_wanted(struct pollfd *wanted);
void connections_step(const struct pollfd *found);

// Has calls that use a socket never wait.
void never_wait(int socket);

#endif // PEER_CONNECTION_H

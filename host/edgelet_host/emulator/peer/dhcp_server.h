// A DHCP server (RFC 2131) with one address, for one board.

#ifndef PEER_DHCP_SERVER_H
#define PEER_DHCP_SERVER_H

#include <stdbool.h>

#include "lwip/netif.h"

// Gives `board` to whoever asks on the interface, with the interface's address as router and name server. changed is
// called with whether the board has taken it: not any more where it asks as it does when it starts.
void dhcp_server_begin(struct netif *interface, const ip4_addr_t *board, void (*changed)(bool is_there));

#endif // PEER_DHCP_SERVER_H

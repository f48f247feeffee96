// The board's way to others: what it sends by TCP and UDP to IPv4 addresses goes on from sockets of this computer.
//
// The interface's own address stands for this computer itself: there the board reaches what listens on 127.0.0.1.

#ifndef PEER_OUTBOUND_H
#define PEER_OUTBOUND_H

#include <poll.h>
#include <stdbool.h>

#include "lwip/netif.h"
#include "lwip/pbuf.h"

// Conversations by UDP at a time; the one that was silent for longest gives way to a new one.
#define OUTBOUND_CONVERSATIONS 16

void outbound_begin(struct netif *interface);

// lwIP's LWIP_HOOK_IP4_INPUT: looks at each packet from the board, and takes what is for others by UDP.
int outbound_packet(struct pbuf *packet, struct netif *interface);

// What to wait for, and what to do then: OUTBOUND_CONVERSATIONS entries.
void outbound_wanted(struct pollfd *wanted);
void outbound_step(const struct pollfd *found);

#endif // PEER_OUTBOUND_H

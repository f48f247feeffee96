// A name server (RFC 1035) that asks this computer's resolver: for IPv4 addresses of names, and nothing else.

#ifndef PEER_DNS_SERVER_H
#define PEER_DNS_SERVER_H

#include "lwip/netif.h"

// Answers at the interface's address. What is no question is dropped; a question of another kind is refused (REFUSED),
// as is one beyond the 8 that are under way at a time.
void dns_server_begin(struct netif *interface);

// A file descriptor that can be read when the resolver has answered, and what is to be done then.
int dns_server_answers(void);
void dns_server_read(void);

#endif // PEER_DNS_SERVER_H

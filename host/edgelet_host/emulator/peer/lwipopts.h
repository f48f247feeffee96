// lwIP for the peer: raw API in one thread, memory from malloc.

#ifndef PEER_LWIPOPTS_H
#define PEER_LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define MEM_ALIGNMENT 8
#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_RAW 0
#define LWIP_STATS 0
#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS // libc has them

#undef TCP_MSS // of netinet/tcp.h
#define TCP_MSS 1460
#define TCP_WND (8 * TCP_MSS)
#define TCP_SND_BUF (8 * TCP_MSS)
#define TCP_SND_QUEUELEN 64
// Nothing on the line is late: what was closed need not be remembered for two minutes.
#define TCP_MSL 1000
// An emulated board can be silent for minutes while it computes.
#define TCP_SYNMAXRTX 12

#define PPP_SUPPORT 1
#define PPPOS_SUPPORT 1
#define PPP_SERVER 1

struct pbuf;
struct netif;
int outbound_packet(struct pbuf *packet, struct netif *interface);
#define LWIP_HOOK_IP4_INPUT outbound_packet

// Of a board's own access point.
#define LWIP_DHCP 1
#define LWIP_DHCP_DOES_ACD_CHECK 0
#define LWIP_NETIF_LINK_CALLBACK 1

// What only the tests' board asks for.
#define LWIP_DNS 1
#define LWIP_NETIF_STATUS_CALLBACK 1

#endif // PEER_LWIPOPTS_H

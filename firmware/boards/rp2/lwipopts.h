// lwIP for a server of small answers in little RAM. Sizes are bytes.

#ifndef EDGELET_LWIPOPTS_H
#define EDGELET_LWIPOPTS_H

#include "py/mpconfig.h"

#define LWIP_NETIF_EXT_STATUS_CALLBACK 1
#define LWIP_NETIF_STATUS_CALLBACK 1

#define LWIP_IPV4 1
#define LWIP_IPV6 0

extern uint32_t rosc_random_u32(void);
#define LWIP_RAND() rosc_random_u32()

// The server's connections, one that is refused, two that JavaScript opened, and those that have been closed lately.
#define MEMP_NUM_TCP_PCB 12
// The server's listener, and one of somebody's own at the prompt.
#define MEMP_NUM_TCP_PCB_LISTEN 2
// What looks whether the gateway answers.
#define MEMP_NUM_RAW_PCB 1
#define MEMP_NUM_TCP_SEG 32
#define TCP_MSS 800
#define TCP_SND_BUF (4 * TCP_MSS)
// No room after what is written for more: with a few bytes in each of four connections that would be all memory, and
// none is left for the packet in which PPP sends them.
#define TCP_OVERSIZE 0

// edgelet.outbound.resolver asks for names: what comes here are texts of addresses.
#define DNS_TABLE_SIZE 1
#define DNS_MAX_NAME_LENGTH 64
// TCP's segments and answers of DNS and NTP come in one piece.
#define IP_REASSEMBLY 0
#define IP_FRAG 0

// Requests are small, and what is here is not in the heap.
#define TCP_WND (2 * TCP_MSS)
#if MICROPY_PY_NETWORK_CYW43
// As without a radio, and what DHCP and mDNS take.
#define MEM_SIZE 6400
// Packets that have come and that Python has not read: two windows, and one of somebody else.
#define PBUF_POOL_SIZE 5
#else
#define MEM_SIZE 4800
// Packets that have come and that Python has not read: a window and two more.
#define PBUF_POOL_SIZE 4
// Seconds: a peer that is silent for three of these is gone.
#define LCP_ECHOINTERVAL 10
#define LCP_MAXECHOFAILS 3
#endif

#include "extmod/lwip-include/lwipopts_common.h"

#if !MICROPY_PY_NETWORK_CYW43
// Nobody joins groups but at the prompt.
#define MEMP_NUM_IGMP_GROUP 2
// Point to point there is nobody to answer to, to look for or to tell apart.
#undef LWIP_MDNS_RESPONDER
#define LWIP_MDNS_RESPONDER 0
#undef LWIP_DNS_SUPPORT_MDNS_QUERIES
#define LWIP_DNS_SUPPORT_MDNS_QUERIES 0
#undef LWIP_ARP
#define LWIP_ARP 0
#undef LWIP_ETHERNET
#define LWIP_ETHERNET 0
#endif

#endif // EDGELET_LWIPOPTS_H

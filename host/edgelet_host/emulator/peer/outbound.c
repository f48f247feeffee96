// See outbound.h. For TCP lwIP itself is whom the board speaks to: with an interface for the address, and a listener,
// from the moment in which the board wants to connect there.

#include "outbound.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lwip/ip4.h"
#include "lwip/prot/dhcp.h"
#include "lwip/prot/dns.h"
#include "lwip/prot/iana.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/tcp.h"
#include "lwip/prot/udp.h"
#include "lwip/sys.h"
#include "lwip/tcp.h"
#include "lwip/udp.h"

#include "connection.h"

#define MAX_TARGETS 32
#define MAX_DATAGRAM 1472 // bytes

// Whom the board connects to.
typedef struct _target_t {
    ip4_addr_t address;
    u16_t port;
    struct netif interface; // with that address, where it is not our own
    struct tcp_pcb *listener;
} target_t;

typedef struct _conversation_t {
    int socket; // -1: this entry is free
    ip4_addr_t address;
    ip4_addr_t board;
    u16_t port;
    u16_t board_port;
    u32_t used_ms;
} conversation_t;

static struct netif *own;
static target_t targets[MAX_TARGETS];
static size_t next_target;
static conversation_t conversations[OUTBOUND_CONVERSATIONS];

static bool is_own(const ip4_addr_t *address) {
    return ip4_addr_eq(address, netif_ip4_addr(own));
}

// A socket that is connected or about to be, -1 where that cannot be.
static int connected(const ip4_addr_t *address, u16_t port, int type) {
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(port)};
    there.sin_addr.s_addr = is_own(address) ? htonl(INADDR_LOOPBACK) : ip4_addr_get_u32(address);
    int made = socket(AF_INET, type, 0);
    if (made >= 0) {
        never_wait(made);
        connect(made, (struct sockaddr *)&there, sizeof(there)); // poll tells what comes of it
    }
    return made;
}

// TCP

static err_t outbound_accepted(void *context, struct tcp_pcb *board, err_t error) {
    const target_t *target = context;
    if (error != ERR_OK || board == NULL) {
        return ERR_VAL;
    }

    int made = connected(&target->address, target->port, SOCK_STREAM);
    if (made < 0 || !connection_from_board(board, made)) {
        tcp_abort(board);
        return ERR_ABRT;
    }
    return ERR_OK;
}

static err_t begin_interface(struct netif *interface) {
    interface->name[0] = 'o';
    interface->name[1] = 'u';
    interface->flags = NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

static void outbound_forget(target_t *target) {
    if (target->listener != NULL) {
        tcp_close(target->listener);
        target->listener = NULL;
        if (!is_own(&target->address)) {
            netif_remove(&target->interface);
        }
    }
}

static bool is_known(const ip4_addr_t *address, u16_t port) {
    for (target_t *target = targets; target < targets + MAX_TARGETS; target++) {
        if (target->listener != NULL && target->port == port && ip4_addr_eq(&target->address, address)) {
            return true;
        }
    }
    return false;
}

static void outbound_expect(const ip4_addr_t *address, u16_t port) {
    if (is_known(address, port)) {
        return;
    }

    static const ip4_addr_t mask = {PP_HTONL(0xFFFFFFFF)};
    target_t *target = &targets[next_target];
    next_target = (next_target + 1) % MAX_TARGETS;
    outbound_forget(target);
    target->address = *address;
    target->port = port;
    if (!is_own(address)) {
        netif_add(&target->interface, address, &mask, NULL, NULL, begin_interface, ip4_input);
        netif_set_up(&target->interface);
    }
    ip_addr_t at;
    ip_addr_copy_from_ip4(at, *address);
    struct tcp_pcb *made = tcp_new();
    if (made == NULL || tcp_bind(made, &at, port) != ERR_OK) {
        return;
    }
    target->listener = tcp_listen(made);
    tcp_arg(target->listener, target);
    tcp_accept(target->listener, outbound_accepted);
}

// UDP

static conversation_t *conversation_with(const conversation_t *like) {
    conversation_t *oldest = conversations;
    for (conversation_t *one = conversations; one < conversations + OUTBOUND_CONVERSATIONS; one++) {
        if (one->socket >= 0 && one->port == like->port && one->board_port == like->board_port &&
            ip4_addr_eq(&one->address, &like->address)) {
            return one;
        }
        if (one->socket < 0 || (oldest->socket >= 0 && (s32_t)(one->used_ms - oldest->used_ms) < 0)) {
            oldest = one;
        }
    }

    if (oldest->socket >= 0) {
        close(oldest->socket);
    }
    *oldest = *like;
    oldest->socket = connected(&like->address, like->port, SOCK_DGRAM);
    return oldest;
}

static void send_on(const conversation_t *like, const struct pbuf *packet, size_t offset, size_t size) {
    uint8_t data[MAX_DATAGRAM];
    conversation_t *conversation = conversation_with(like);
    conversation->used_ms = sys_now();
    if (size <= sizeof(data) && pbuf_copy_partial(packet, data, size, offset) == size && conversation->socket >= 0) {
        // What cannot be sent is lost, as it may be on any network.
        (void)!send(conversation->socket, data, size, MSG_NOSIGNAL);
    }
}

static void bring_back(const conversation_t *conversation) {
    uint8_t data[MAX_DATAGRAM];
    ssize_t size = recv(conversation->socket, data, sizeof(data), 0);
    struct pbuf *packet = size >= 0 ? pbuf_alloc(PBUF_TRANSPORT, size, PBUF_RAM) : NULL;
    struct udp_pcb *sender = packet != NULL ? udp_new() : NULL;
    if (sender != NULL) {
        ip_addr_t from, to;
        ip_addr_copy_from_ip4(from, conversation->address);
        ip_addr_copy_from_ip4(to, conversation->board);
        pbuf_take(packet, data, size);
        sender->local_port = conversation->port;
        udp_sendto_if_src(sender, packet, &to, conversation->board_port, own, &from);
        udp_remove(sender);
    }
    if (packet != NULL) {
        pbuf_free(packet);
    }
}

// Packets

static bool is_for_others(const ip4_addr_t *address) {
    return !ip4_addr_isbroadcast(address, own) && !ip4_addr_ismulticast(address) && !ip4_addr_isloopback(address) &&
           (is_own(address) || !ip4_addr_net_eq(address, netif_ip4_addr(own), netif_ip4_netmask(own)));
}

static bool take_datagram(const conversation_t *like, const struct pbuf *packet, size_t offset) {
    struct udp_hdr header;
    conversation_t asked = *like;
    if (pbuf_copy_partial(packet, &header, sizeof(header), offset) != sizeof(header)) {
        return false;
    }

    asked.board_port = lwip_ntohs(header.src);
    asked.port = lwip_ntohs(header.dest);
    bool is_server = asked.port == DNS_SERVER_PORT || asked.port == LWIP_IANA_PORT_DHCP_SERVER;
    if (lwip_ntohs(header.len) < sizeof(header) || (is_own(&asked.address) && is_server)) {
        return false;
    }
    send_on(&asked, packet, offset + sizeof(header), lwip_ntohs(header.len) - sizeof(header));
    return true;
}

static void look_at_segment(const ip4_addr_t *address, const struct pbuf *packet, size_t offset) {
    struct tcp_hdr header;
    if (pbuf_copy_partial(packet, &header, sizeof(header), offset) == sizeof(header) &&
        (TCPH_FLAGS(&header) & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
        outbound_expect(address, lwip_ntohs(header.dest));
    }
}

int outbound_packet(struct pbuf *packet, struct netif *interface) {
    struct ip_hdr header;
    conversation_t like = {0};
    if (interface != own || pbuf_copy_partial(packet, &header, sizeof(header), 0) != sizeof(header)) {
        return 0;
    }

    ip4_addr_copy(like.address, header.dest);
    ip4_addr_copy(like.board, header.src);
    bool is_whole = (IPH_OFFSET(&header) & PP_HTONS(IP_OFFMASK | IP_MF)) == 0;
    if (IPH_V(&header) != 4 || !is_whole || !is_for_others(&like.address)) {
        return 0;
    }
    if (IPH_PROTO(&header) == IP_PROTO_UDP && take_datagram(&like, packet, IPH_HL_BYTES(&header))) {
        pbuf_free(packet);
        return 1;
    }
    if (IPH_PROTO(&header) == IP_PROTO_TCP) {
        look_at_segment(&like.address, packet, IPH_HL_BYTES(&header));
    }
    return 0;
}

void outbound_begin(struct netif *interface) {
    own = interface;
    for (size_t i = 0; i < OUTBOUND_CONVERSATIONS; i++) {
        conversations[i].socket = -1;
    }
}

void outbound_wanted(struct pollfd *wanted) {
    for (size_t i = 0; i < OUTBOUND_CONVERSATIONS; i++) {
        wanted[i] = (struct pollfd){.fd = own != NULL ? conversations[i].socket : -1, .events = POLLIN};
    }
}

void outbound_step(const struct pollfd *found) {
    for (size_t i = 0; i < OUTBOUND_CONVERSATIONS; i++) {
        if (found[i].revents != 0 && found[i].fd == conversations[i].socket) {
            bring_back(&conversations[i]);
        }
    }
}

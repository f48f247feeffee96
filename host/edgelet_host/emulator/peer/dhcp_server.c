// See dhcp_server.h.

#include "dhcp_server.h"

#include <string.h>

#include "lwip/def.h"
#include "lwip/prot/dhcp.h"
#include "lwip/prot/iana.h"
#include "lwip/udp.h"

#define LEASE_S (24 * 3600)
#define OPTIONS DHCP_OPTIONS_OFS

static struct netif *dhcp_interface;
static ip4_addr_t lent;
static void (*told)(bool is_there);

// A message's option of `length` bytes, NULL where it has none such.
static const uint8_t *dhcp_find_option(const uint8_t *data, size_t size, uint8_t code, size_t length) {
    for (size_t at = OPTIONS; at < size && data[at] != DHCP_OPTION_END;) {
        if (data[at] == DHCP_OPTION_PAD) {
            at++;
            continue;
        }
        if (at + 2 > size || at + 2 + data[at + 1] > size) {
            return NULL;
        }
        if (data[at] == code && data[at + 1] == length) {
            return data + at + 2;
        }
        at += 2 + data[at + 1];
    }
    return NULL;
}

static uint8_t *dhcp_add_option(uint8_t *at, uint8_t code, const void *value, uint8_t length) {
    at[0] = code;
    at[1] = length;
    memcpy(at + 2, value, length);
    return at + 2 + length;
}

static void dhcp_answer(struct udp_pcb *server, const struct dhcp_msg *question, uint8_t type) {
    struct dhcp_msg message = {.op = DHCP_BOOTREPLY, .htype = 1, .hlen = 6, .xid = question->xid};
    const u32_t lease = PP_HTONL(LEASE_S), renewal = PP_HTONL(LEASE_S / 2);
    const ip4_addr_t *address = netif_ip4_addr(dhcp_interface);
    message.flags = question->flags;
    message.cookie = PP_HTONL(DHCP_MAGIC_COOKIE);
    memcpy(message.chaddr, question->chaddr, sizeof(message.chaddr));
    uint8_t *end = dhcp_add_option(message.options, DHCP_OPTION_MESSAGE_TYPE, &type, 1);
    end = dhcp_add_option(end, DHCP_OPTION_SERVER_ID, address, 4);
    if (type != DHCP_NAK) {
        memcpy(&message.yiaddr, &lent, sizeof(lent));
        end = dhcp_add_option(end, DHCP_OPTION_LEASE_TIME, &lease, 4);
        end = dhcp_add_option(end, DHCP_OPTION_T1, &renewal, 4);
        end = dhcp_add_option(end, DHCP_OPTION_SUBNET_MASK, netif_ip4_netmask(dhcp_interface), 4);
        end = dhcp_add_option(end, DHCP_OPTION_ROUTER, address, 4);
        end = dhcp_add_option(end, DHCP_OPTION_DNS_SERVER, address, 4);
    }
    *end = DHCP_OPTION_END;

    struct pbuf *packet = pbuf_alloc(PBUF_TRANSPORT, sizeof(message), PBUF_RAM);
    if (packet != NULL) {
        pbuf_take(packet, &message, sizeof(message));
        udp_sendto_if(server, packet, IP_ADDR_BROADCAST, LWIP_IANA_PORT_DHCP_CLIENT, dhcp_interface);
        pbuf_free(packet);
    }
}

static void request(struct udp_pcb *server, const struct dhcp_msg *question, const uint8_t *data, size_t size) {
    const uint8_t *chosen = dhcp_find_option(data, size, DHCP_OPTION_SERVER_ID, 4);
    const uint8_t *wanted = dhcp_find_option(data, size, DHCP_OPTION_REQUESTED_IP, 4);
    if (chosen != NULL && memcmp(chosen, netif_ip4_addr(dhcp_interface), 4) != 0) {
        return; // it is another server's
    }

    bool is_ours = memcmp(wanted != NULL ? wanted : (const uint8_t *)&question->ciaddr, &lent, sizeof(lent)) == 0;
    dhcp_answer(server, question, is_ours ? DHCP_ACK : DHCP_NAK);
    told(is_ours);
}

static void dhcp_received(
    void *context, struct udp_pcb *server, struct pbuf *packet, const ip_addr_t *from, u16_t port) {
    (void)context;
    (void)from;
    (void)port;
    uint8_t data[sizeof(struct dhcp_msg) + DHCP_OPTIONS_LEN] = {0};
    struct dhcp_msg question;
    size_t size = pbuf_copy_partial(packet, data, sizeof(data), 0);
    pbuf_free(packet);
    memcpy(&question, data, sizeof(question));
    if (size < OPTIONS || question.op != DHCP_BOOTREQUEST || question.cookie != PP_HTONL(DHCP_MAGIC_COOKIE)) {
        return;
    }

    const uint8_t *type = dhcp_find_option(data, size, DHCP_OPTION_MESSAGE_TYPE, 1);
    if (type != NULL && *type == DHCP_DISCOVER) {
        told(false);
        dhcp_answer(server, &question, DHCP_OFFER);
    } else if (type != NULL && *type == DHCP_REQUEST) {
        request(server, &question, data, size);
    }
}

void dhcp_server_begin(struct netif *interface, const ip4_addr_t *board, void (*changed)(bool is_there)) {
    dhcp_interface = interface;
    lent = *board;
    told = changed;
    struct udp_pcb *server = udp_new();
    udp_bind(server, IP_ANY_TYPE, LWIP_IANA_PORT_DHCP_SERVER);
    udp_recv(server, dhcp_received, NULL);
}

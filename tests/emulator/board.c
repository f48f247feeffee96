// A board's end of the line, for tests of peer: lwIP as boards have it, and a TCP server on port 80 that sends back
// what it gets.
//
//     board ppp|radio|own [name NAME | tcp ADDRESS PORT | udp ADDRESS PORT] < LINE
//
// "up ADDRESS GATEWAY" is printed when the link is: by PPP, or with an address by DHCP, or with "own", where the board
// is an access point itself, when it has given its guest one. Then the board asks for the
// address of NAME, or sends "hello" to PORT, and prints what it gets, or "nothing". SIGTERM ends a link of PPP in its
// way (RFC 1661, section 5.5), and then the program.

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include "lwip/init.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "lwip/udp.h"
#include "netif/ethernet.h"
#include "netif/ppp/pppos.h"

#include "dhcp_server.h"
#include "line.h"

#define PORT 80

typedef struct _echo_t {
    struct pbuf *data; // to send back
    bool ended;        // the client sends no more
} echo_t;

static volatile sig_atomic_t told_to_end;

static void tell_to_end(int number) {
    (void)number;
    told_to_end = 1;
}

static void echo_free(echo_t *echo) {
    if (echo->data != NULL) {
        pbuf_free(echo->data);
    }
    free(echo);
}

static void echo_failed(void *context, err_t error) {
    (void)error;
    echo_free(context);
}

static err_t echo_step(echo_t *echo, struct tcp_pcb *client) {
    while (echo->data != NULL) {
        u16_t size = LWIP_MIN(echo->data->len, tcp_sndbuf(client));
        if (size == 0 || tcp_write(client, echo->data->payload, size, TCP_WRITE_FLAG_COPY) != ERR_OK) {
            return ERR_OK;
        }
        echo->data = pbuf_free_header(echo->data, size);
        tcp_recved(client, size);
    }
    if (echo->ended && tcp_close(client) == ERR_OK) {
        tcp_arg(client, NULL);
        tcp_recv(client, NULL);
        tcp_sent(client, NULL);
        tcp_err(client, NULL);
        echo_free(echo);
    }
    return ERR_OK;
}

static err_t echo_received(void *context, struct tcp_pcb *client, struct pbuf *data, err_t error) {
    (void)error;
    echo_t *echo = context;
    if (data == NULL) {
        echo->ended = true;
    } else if (echo->data == NULL) {
        echo->data = data;
    } else {
        pbuf_cat(echo->data, data);
    }
    return echo_step(echo, client);
}

static err_t echo_sent(void *context, struct tcp_pcb *client, u16_t size) {
    (void)size;
    return echo_step(context, client);
}

static err_t accepted(void *context, struct tcp_pcb *client, err_t error) {
    (void)context;
    (void)error;
    echo_t *echo = calloc(1, sizeof(*echo));
    if (echo == NULL) {
        return ERR_MEM;
    }
    tcp_arg(client, echo);
    tcp_recv(client, echo_received);
    tcp_sent(client, echo_sent);
    tcp_err(client, echo_failed);
    return ERR_OK;
}

// What the board asks of others

static char **wish; // the arguments behind the network's name

static void tell(const char *text) {
    puts(text);
    fflush(stdout);
}

static void name_found(const char *name, const ip_addr_t *address, void *context) {
    (void)name;
    (void)context;
    tell(address != NULL ? ipaddr_ntoa(address) : "nothing");
}

static void tell_packet(struct pbuf *packet) {
    char text[100] = {0};
    pbuf_copy_partial(packet, text, sizeof(text) - 1, 0);
    pbuf_free(packet);
    tell(text);
}

static void datagram_received(void *context, struct udp_pcb *pcb, struct pbuf *packet, const ip_addr_t *a, u16_t port) {
    (void)context;
    (void)pcb;
    (void)a;
    (void)port;
    tell_packet(packet);
}

static void send_datagram(const ip_addr_t *address, u16_t port) {
    struct udp_pcb *pcb = udp_new();
    struct pbuf *packet = pbuf_alloc(PBUF_TRANSPORT, 5, PBUF_RAM);
    pbuf_take(packet, "hello", 5);
    udp_recv(pcb, datagram_received, NULL);
    udp_sendto(pcb, packet, address, port);
    pbuf_free(packet);
}

static err_t segment_received(void *context, struct tcp_pcb *pcb, struct pbuf *packet, err_t error) {
    (void)context;
    (void)error;
    if (packet == NULL) {
        tell("end");
        tcp_arg(pcb, NULL);
        return tcp_close(pcb);
    }
    tcp_recved(pcb, packet->tot_len);
    tell_packet(packet);
    return tcp_shutdown(pcb, 0, 1);
}

static void connection_failed(void *context, err_t error) {
    (void)context;
    (void)error;
    tell("nothing");
}

static err_t connection_made(void *context, struct tcp_pcb *pcb, err_t error) {
    (void)context;
    (void)error;
    return tcp_write(pcb, "hello", 5, TCP_WRITE_FLAG_COPY);
}

static void make_connection(const ip_addr_t *address, u16_t port) {
    struct tcp_pcb *pcb = tcp_new();
    tcp_recv(pcb, segment_received);
    tcp_err(pcb, connection_failed);
    tcp_connect(pcb, address, port, connection_made);
}

static void ask(void) {
    ip_addr_t address;
    if (wish[0] != NULL && strcmp(wish[0], "name") == 0) {
        if (dns_gethostbyname(wish[1], &address, name_found, NULL) == ERR_ARG) {
            tell("no name");
        }
    } else if (wish[0] != NULL) {
        ipaddr_aton(wish[1], &address);
        (strcmp(wish[0], "tcp") == 0 ? make_connection : send_datagram)(&address, atoi(wish[2]));
    }
}

// The link

static void tell_up(struct netif *interface) {
    printf("up %s ", ip4addr_ntoa(netif_ip4_addr(interface)));
    tell(ip4addr_ntoa(netif_ip4_gw(interface)));
    ask();
}

static void ppp_changed(ppp_pcb *link, int error, void *context) {
    (void)context;
    if (error != PPPERR_NONE) {
        exit(error == PPPERR_USER ? 0 : error);
    }
    tell_up(ppp_netif(link));
}

static void radio_changed(struct netif *interface) {
    if (!ip4_addr_isany(netif_ip4_addr(interface))) {
        tell_up(interface);
    }
}

static void serve(void) {
    struct tcp_pcb *server = tcp_new();
    tcp_bind(server, IP_ANY_TYPE, PORT);
    server = tcp_listen(server);
    tcp_accept(server, accepted);
}

static void read_line(struct netif *interface, ppp_pcb *ppp) {
    if (ppp != NULL) {
        line_read_ppp(ppp);
    } else {
        line_read_ethernet(interface, interface);
    }
}

static void guest_changed(bool is_there) {
    if (is_there) {
        tell_up(netif_default);
    }
}

// Gives NULL for a radio.
static ppp_pcb *begin(struct netif *interface, const char *network) {
    static const ip4_addr_t address = {PP_HTONL(LWIP_MAKEU32(192, 168, 4, 1))};
    static const ip4_addr_t mask = {PP_HTONL(LWIP_MAKEU32(255, 255, 255, 0))};
    static const ip4_addr_t guest = {PP_HTONL(LWIP_MAKEU32(192, 168, 4, 16))};
    static uint8_t hardware_address[] = {0x02, 0, 0, 0, 0, 0x02};
    if (strcmp(network, "own") == 0) {
        netif_add(interface, &address, &mask, &address, hardware_address, line_begin_guest, ethernet_input);
        netif_set_default(interface);
        netif_set_up(interface);
        dhcp_server_begin(interface, &guest, guest_changed);
        netif_set_link_up(interface); // and says so to all
        return NULL;
    }
    if (strcmp(network, "ppp") == 0) {
        ppp_pcb *ppp = pppos_create(interface, line_write_ppp, ppp_changed, NULL);
        ppp_connect(ppp, 0);
        return ppp;
    }

    netif_add_noaddr(interface, hardware_address, line_begin_ethernet, ethernet_input);
    netif_set_default(interface);
    netif_set_status_callback(interface, radio_changed);
    netif_set_up(interface);
    dhcp_start(interface);
    return NULL;
}

int main(int argc, char **argv) {
    static struct netif interface;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, tell_to_end);
    lwip_init();
    wish = &argv[LWIP_MIN(argc, 2)];
    ppp_pcb *ppp = begin(&interface, argv[1]);
    serve();
    for (bool ending = false;;) {
        struct pollfd line = {.fd = LINE, .events = POLLIN};
        poll(&line, 1, told_to_end && !ending ? 0 : (int)LWIP_MIN(sys_timeouts_sleeptime(), 1000));
        if (told_to_end && ppp == NULL) {
            return 0;
        }
        if (told_to_end && !ending) {
            ending = true;
            ppp_close(ppp, 0);
        }
        sys_check_timeouts();
        if (line.revents) {
            read_line(&interface, ppp);
        }
    }
}

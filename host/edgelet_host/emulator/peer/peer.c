// The other end of a board's network, in user space: no root, no network interface.
//
//     peer [-t TIME] NETWORK HOST PORT [NAMESERVER [NAMESERVER]] < LINE
//
// LINE, read and written, is where the board is. With NETWORK ppp it is a serial line in raw mode (RFC 1661, RFC 1662):
// a socket, a pty, a serial port. With NETWORK radio it is a socket with what is sent over the access point of the
// board's radio (line.h). There the board gets its address by DHCP, addresses of names by DNS, and reaches others
// (outbound.h). While the board has an access point of its own open, this end is somebody who has joined that, too, has
// an address from the board, and forwards there.
//
// While the board is there, each TCP connection to HOST:PORT is forwarded to the board's port 80; otherwise it is
// refused. HOST is an IPv4 address; with PORT 0 a free one is chosen. "listening on HOST:PORT" is printed when the
// board is there for the first time. The end of LINE ends the program.
//
// With ppp, the board is told the IPv4 addresses of name servers; what it sends to them goes nowhere from here, and
// whoever passes LINE on may answer. TIME is a file of an emulator whose time is not that of the clock on the wall
// (edgelet_host.emulator.hours).

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lwip/dhcp.h"
#include "lwip/init.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/ip4.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"
#include "netif/ppp/pppos.h"

#include "clock.h"
#include "connection.h"
#include "dhcp_server.h"
#include "dns_server.h"
#include "line.h"
#include "outbound.h"

#define BOARD_PORT 80
#define MAX_NAMESERVERS 2

static struct netif interface;
static struct netif guest; // of the board's own access point
static ppp_pcb *ppp;       // NULL: there is a radio
static bool radio_is_up;
static struct sockaddr_in address = {.sin_family = AF_INET};
static int listener = -1;

static const ip4_addr_t own_address = {PP_HTONL(LWIP_MAKEU32(192, 168, 7, 1))};
static const ip4_addr_t own_mask = {PP_HTONL(LWIP_MAKEU32(255, 255, 255, 0))};
static const ip4_addr_t board_address = {PP_HTONL(LWIP_MAKEU32(192, 168, 7, 2))};
// Of those that nobody has bought.
static uint8_t own_hardware_address[] = {0x02, 0, 0, 0, 0, 0x01};
static uint8_t guest_hardware_address[] = {0x02, 0, 0, 0, 0, 0x03};

static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("peer: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

// The link

static void ppp_changed(ppp_pcb *link, int error, void *context) {
    (void)context;
    if (error != PPPERR_NONE) {
        ppp_listen(link); // for the board's next start
    }
}

static void ppp_begin(char **nameservers) {
    ppp = pppos_create(&interface, line_write_ppp, ppp_changed, NULL);
    if (ppp == NULL) {
        fail("out of memory");
    }
    ppp_set_ipcp_ouraddr(ppp, &own_address);
    ppp_set_ipcp_hisaddr(ppp, &board_address);
    for (int i = 0; nameservers[i] != NULL; i++) {
        ip4_addr_t nameserver;
        if (!ip4addr_aton(nameservers[i], &nameserver)) {
            fail("no IPv4 address: %s", nameservers[i]);
        }
        ppp_set_ipcp_dnsaddr(ppp, i, &nameserver);
    }
    ppp_set_silent(ppp, 1);
    ppp_listen(ppp);
}

static void radio_changed(bool is_there) {
    radio_is_up = is_there;
    if (!is_there) {
        connections_abort(&board_address);
    }
}

// A board with a fixed address asks nobody for it.
static err_t radio_input(struct pbuf *frame, struct netif *from) {
    struct eth_hdr head;
    struct ip_hdr packet;
    if (pbuf_copy_partial(frame, &head, sizeof(head), 0) == sizeof(head) && head.type == PP_HTONS(ETHTYPE_IP) &&
        pbuf_copy_partial(frame, &packet, sizeof(packet), sizeof(head)) == sizeof(packet)) {
        radio_is_up = radio_is_up || ip4_addr_eq(&packet.src, &board_address);
    }
    return ethernet_input(frame, from);
}

static bool guest_is_up(void) {
    return netif_is_link_up(&guest) && !ip4_addr_isany_val(*netif_ip4_addr(&guest));
}

static void guest_changed(struct netif *changed) {
    if (!netif_is_link_up(changed)) {
        connections_abort(netif_ip4_gw(changed));
    }
}

static void radio_begin(void) {
    netif_add(&interface, &own_address, &own_mask, NULL, own_hardware_address, line_begin_ethernet, radio_input);
    netif_set_up(&interface);
    dhcp_server_begin(&interface, &board_address, radio_changed);
    dns_server_begin(&interface);
    outbound_begin(&interface);
    netif_add(
        &guest, IP4_ADDR_ANY4, IP4_ADDR_ANY4, IP4_ADDR_ANY4, guest_hardware_address, line_begin_guest, ethernet_input);
    netif_set_link_callback(&guest, guest_changed);
    netif_set_up(&guest);
    dhcp_start(&guest);
}

static void read_line(void) {
    if (ppp != NULL) {
        line_read_ppp(ppp);
    } else {
        line_read_ethernet(&interface, &guest);
    }
}

// The listener

static void listen_on(void) {
    int reuse = 1;
    socklen_t size = sizeof(address);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    never_wait(listener);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
    if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, MAX_CONNECTIONS) != 0) {
        fail("cannot listen on port %d: %s", ntohs(address.sin_port), strerror(errno));
    }
    getsockname(listener, (struct sockaddr *)&address, &size);
}

// Listens while the board is there, and not otherwise.
static void follow_link(void) {
    static bool announced;
    bool is_up = ppp != NULL ? netif_is_link_up(&interface) : radio_is_up || guest_is_up();
    if (is_up && listener < 0) {
        listen_on();
        if (!announced) {
            printf("listening on %s:%d\n", inet_ntoa(address.sin_addr), ntohs(address.sin_port));
            fflush(stdout);
            announced = true;
        }
    } else if (!is_up && listener >= 0) {
        close(listener);
        listener = -1;
    }
}

static void accept_client(void) {
    int client = accept(listener, NULL, NULL);
    if (client >= 0) {
        bool is_guest = ppp == NULL && guest_is_up();
        connection_to_board(client, is_guest ? netif_ip4_gw(&guest) : &board_address, BOARD_PORT);
    }
}

// The loop

enum { AT_LINE, AT_LISTENER, AT_RESOLVER, AT_CONNECTIONS, AT_CONVERSATIONS = AT_CONNECTIONS + MAX_CONNECTIONS };

static void serve(void) {
    struct pollfd waited[AT_CONVERSATIONS + OUTBOUND_CONVERSATIONS];
    for (;;) {
        waited[AT_LINE] = (struct pollfd){.fd = LINE, .events = POLLIN};
        waited[AT_LISTENER] = (struct pollfd){.fd = connections_have_room() ? listener : -1, .events = POLLIN};
        waited[AT_RESOLVER] = (struct pollfd){.fd = ppp != NULL ? -1 : dns_server_answers(), .events = POLLIN};
        connections_wanted(&waited[AT_CONNECTIONS]);
        outbound_wanted(&waited[AT_CONVERSATIONS]);
        if (poll(waited, sizeof(waited) / sizeof(*waited), clock_until_next_timer()) < 0) {
            continue; // interrupted
        }

        sys_check_timeouts();
        if (waited[AT_LINE].revents) {
            read_line();
        }
        if (waited[AT_RESOLVER].revents) {
            dns_server_read();
        }
        connections_step(&waited[AT_CONNECTIONS]);
        outbound_step(&waited[AT_CONVERSATIONS]);
        if (waited[AT_LISTENER].revents) {
            accept_client();
        }
        follow_link();
    }
}

int main(int argc, char **argv) {
    if (argc > 2 && strcmp(argv[1], "-t") == 0) {
        if (!clock_open(argv[2])) {
            fail("%s: %s", argv[2], strerror(errno));
        }
        argc -= 2;
        argv += 2;
    }
    bool is_ppp = argc > 1 && strcmp(argv[1], "ppp") == 0, is_radio = argc > 1 && strcmp(argv[1], "radio") == 0;
    int most = 4 + (is_ppp ? MAX_NAMESERVERS : 0);
    if (argc < 4 || argc > most || !(is_ppp || is_radio) || inet_pton(AF_INET, argv[2], &address.sin_addr) != 1) {
        fail("usage: peer [-t TIME] ppp|radio HOST PORT [NAMESERVER [NAMESERVER]] < LINE");
    }
    address.sin_port = htons(atoi(argv[3]));
    signal(SIGPIPE, SIG_IGN);
    connections_init();
    lwip_init();
    if (is_ppp) {
        ppp_begin(argv + 4);
    } else {
        radio_begin();
    }
    serve();
}

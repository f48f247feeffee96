// A board's end of the line, for tests of ppp_peer: lwIP's PPP as boards have it, and a TCP server on port 80 that
// sends back what it gets.
//
//     ppp_board < LINE
//
// "up" is printed when the link is. SIGTERM ends the link in PPP's way (RFC 1661, section 5.5), and then the program.

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "lwip/init.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "netif/ppp/pppos.h"

#include "ppp_line.h"

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

static void link_changed(ppp_pcb *ppp, int error, void *context) {
    (void)ppp;
    (void)context;
    if (error != PPPERR_NONE) {
        exit(error == PPPERR_USER ? 0 : error);
    }
    puts("up");
    fflush(stdout);
}

int main(void) {
    static struct netif interface;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, tell_to_end);
    lwip_init();
    ppp_pcb *ppp = pppos_create(&interface, ppp_line_write, link_changed, NULL);
    struct tcp_pcb *server = tcp_new();
    tcp_bind(server, IP_ANY_TYPE, PORT);
    server = tcp_listen(server);
    tcp_accept(server, accepted);
    ppp_connect(ppp, 0);
    for (bool ending = false;;) {
        struct pollfd line = {.fd = PPP_LINE, .events = POLLIN};
        poll(&line, 1, told_to_end && !ending ? 0 : (int)LWIP_MIN(sys_timeouts_sleeptime(), 1000));
        if (told_to_end && !ending) {
            ending = true;
            ppp_close(ppp, 0);
        }
        sys_check_timeouts();
        if (line.revents) {
            ppp_line_read(ppp);
        }
    }
}

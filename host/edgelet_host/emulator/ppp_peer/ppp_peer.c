// The other end of a board's PPP line, in user space: no root, no network interface.
//
//     ppp_peer HOST PORT < LINE
//
// LINE, read and written, is a serial line in raw mode (RFC 1661, RFC 1662): a socket, a pty, a serial port. While the
// board is there, each TCP connection to HOST:PORT is forwarded to the board's port 80; otherwise it is refused. HOST
// is an IPv4 address; with PORT 0 a free one is chosen. "listening on HOST:PORT" is printed when the board is there for
// the first time. The end of LINE ends the program.
//
// Bytes wait where they are while the other side takes none: in the client's socket, and in the board, by TCP's window.
// Each direction of a connection ends for itself.

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lwip/init.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "netif/ppp/pppos.h"

#include "ppp_line.h"

#define BOARD_PORT 80
#define MAX_CONNECTIONS 64
#define CHUNK 2048 // bytes

typedef struct _connection_t {
    int client;            // socket, -1: this entry is free
    struct tcp_pcb *board; // NULL when lwIP has freed it
    struct pbuf *received; // from the board, for the client
    bool is_open;          // the board has accepted
    bool board_ended;      // the board sends no more
    bool client_ended;     // the client sends no more, and the board knows
    bool client_told;      // that the board sends no more
} connection_t;

static connection_t connections[MAX_CONNECTIONS];
static struct netif interface;
static struct sockaddr_in address = {.sin_family = AF_INET};
static int listener = -1;

static const ip4_addr_t own_address = {PP_HTONL(LWIP_MAKEU32(192, 168, 7, 1))};
static const ip4_addr_t board_address = {PP_HTONL(LWIP_MAKEU32(192, 168, 7, 2))};

static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("ppp_peer: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

// The link

static void link_changed(ppp_pcb *ppp, int error, void *context) {
    (void)context;
    if (error != PPPERR_NONE) {
        ppp_listen(ppp); // for the board's next start
    }
}

static ppp_pcb *link_open(void) {
    ppp_pcb *ppp = pppos_create(&interface, ppp_line_write, link_changed, NULL);
    if (ppp == NULL) {
        fail("out of memory");
    }
    ppp_set_ipcp_ouraddr(ppp, &own_address);
    ppp_set_ipcp_hisaddr(ppp, &board_address);
    ppp_set_silent(ppp, 1);
    ppp_listen(ppp);
    return ppp;
}

// The listener

static void never_wait(int socket) {
    fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
}

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
    bool is_up = netif_is_link_up(&interface);
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

// Connections

static err_t board_accepted(void *context, struct tcp_pcb *board, err_t error) {
    (void)board;
    (void)error;
    ((connection_t *)context)->is_open = true;
    return ERR_OK;
}

static err_t board_sent(void *context, struct tcp_pcb *board, struct pbuf *data, err_t error) {
    (void)board;
    (void)error;
    connection_t *connection = context;
    if (data == NULL) {
        connection->board_ended = true;
    } else if (connection->received == NULL) {
        connection->received = data;
    } else {
        pbuf_cat(connection->received, data);
    }
    return ERR_OK;
}

static void board_failed(void *context, err_t error) {
    (void)error;
    ((connection_t *)context)->board = NULL; // lwIP has freed it
}

static void connection_free(connection_t *connection) {
    if (connection->board != NULL) {
        tcp_arg(connection->board, NULL);
        tcp_recv(connection->board, NULL);
        tcp_err(connection->board, NULL);
    }
    if (connection->received != NULL) {
        pbuf_free(connection->received);
    }
    close(connection->client);
    *connection = (connection_t){.client = -1};
}

// Resets both sides: what was lost cannot be delivered.
static void connection_abort(connection_t *connection) {
    struct linger reset = {.l_onoff = 1};
    struct tcp_pcb *board = connection->board;
    setsockopt(connection->client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    connection_free(connection);
    if (board != NULL) {
        tcp_abort(board);
    }
}

static void connection_close(connection_t *connection) {
    struct tcp_pcb *board = connection->board;
    connection_free(connection);
    if (board != NULL && tcp_close(board) != ERR_OK) {
        tcp_abort(board);
    }
}

static connection_t *free_connection(void) {
    for (connection_t *connection = connections; connection < connections + MAX_CONNECTIONS; connection++) {
        if (connection->client < 0) {
            return connection;
        }
    }
    return NULL;
}

static void accept_client(connection_t *connection) {
    int no_delay = 1;
    int client = accept(listener, NULL, NULL);
    if (client < 0) {
        return;
    }

    never_wait(client);
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof(no_delay));
    *connection = (connection_t){.client = client, .board = tcp_new()};
    if (connection->board == NULL) {
        connection_abort(connection);
        return;
    }

    tcp_arg(connection->board, connection);
    tcp_recv(connection->board, board_sent);
    tcp_err(connection->board, board_failed);
    tcp_nagle_disable(connection->board);
    if (tcp_connect(connection->board, &board_address, BOARD_PORT, board_accepted) != ERR_OK) {
        connection_abort(connection);
    }
}

// Both return false where the client's socket has failed.

static bool to_client(connection_t *connection) {
    while (connection->received != NULL) {
        struct pbuf *data = connection->received;
        ssize_t size = send(connection->client, data->payload, data->len, MSG_NOSIGNAL);
        if (size < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        connection->received = pbuf_free_header(data, size);
        if (connection->board != NULL) {
            tcp_recved(connection->board, size);
        }
    }

    if (connection->board_ended && !connection->client_told) {
        connection->client_told = true;
        return shutdown(connection->client, SHUT_WR) == 0;
    }
    return true;
}

static bool wants_client_data(const connection_t *connection) {
    const struct tcp_pcb *board = connection->board;
    return connection->is_open && board != NULL && !connection->client_ended && tcp_sndbuf(board) > 0 &&
           tcp_sndqueuelen(board) < TCP_SND_QUEUELEN / 2;
}

static bool to_board(connection_t *connection) {
    char data[CHUNK];
    while (wants_client_data(connection)) {
        size_t room = LWIP_MIN(sizeof(data), tcp_sndbuf(connection->board));
        // It stays in the socket until lwIP has it.
        ssize_t size = recv(connection->client, data, room, MSG_PEEK);
        if (size < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        if (size == 0) {
            connection->client_ended = tcp_shutdown(connection->board, 0, 1) == ERR_OK;
            return true;
        }

        if (tcp_write(connection->board, data, size, TCP_WRITE_FLAG_COPY) != ERR_OK) {
            return true;
        }
        recv(connection->client, data, size, 0);
        tcp_output(connection->board);
    }
    return true;
}

static void connection_step(connection_t *connection, short events) {
    if ((events & POLLERR) || !to_client(connection) || !to_board(connection)) {
        connection_abort(connection);
    } else if (connection->client_told && (connection->client_ended || connection->board == NULL)) {
        connection_close(connection);
    } else if (connection->board == NULL && connection->received == NULL) {
        connection_abort(connection);
    }
}

// The loop

static short wanted_events(const connection_t *connection) {
    return (connection->received != NULL ? POLLOUT : 0) | (wants_client_data(connection) ? POLLIN : 0);
}

static int wait_for_events(struct pollfd *line, struct pollfd *incoming, struct pollfd *clients, nfds_t count) {
    u32_t sleep_ms = sys_timeouts_sleeptime();
    *line = (struct pollfd){.fd = PPP_LINE, .events = POLLIN};
    *incoming = (struct pollfd){.fd = free_connection() ? listener : -1, .events = POLLIN};
    for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
        clients[i] = (struct pollfd){.fd = connections[i].client, .events = wanted_events(&connections[i])};
    }
    return poll(line, count, sleep_ms > INT32_MAX ? -1 : (int)sleep_ms);
}

static void serve(ppp_pcb *ppp) {
    struct pollfd descriptors[2 + MAX_CONNECTIONS];
    struct pollfd *line = &descriptors[0], *incoming = &descriptors[1], *clients = &descriptors[2];
    for (;;) {
        if (wait_for_events(line, incoming, clients, 2 + MAX_CONNECTIONS) < 0) {
            continue; // interrupted
        }

        sys_check_timeouts();
        if (line->revents) {
            ppp_line_read(ppp);
        }
        for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
            if (connections[i].client >= 0) {
                connection_step(&connections[i], clients[i].revents);
            }
        }
        if (incoming->revents) {
            accept_client(free_connection());
        }
        follow_link();
    }
}

int main(int argc, char **argv) {
    if (argc != 3 || inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) {
        fail("usage: ppp_peer HOST PORT < LINE");
    }
    address.sin_port = htons(atoi(argv[2]));
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
        connections[i].client = -1;
    }
    lwip_init();
    serve(link_open());
}

// See connection.h.

#include "connection.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK 2048 // bytes

typedef struct _connection_t {
    int client;            // socket, -1: this entry is free
    struct tcp_pcb *board; // NULL when lwIP has freed it
    struct pbuf *received; // from the board, for the client
    bool is_open;          // the board has accepted
    bool is_connecting;    // the socket is, still
    bool board_ended;      // the board sends no more
    bool client_ended;     // the client sends no more, and the board knows
    bool client_told;      // that the board sends no more
} connection_t;

static connection_t connections[MAX_CONNECTIONS];

void never_wait(int socket) {
    fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
}

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

static connection_t *connection_unused(void) {
    for (connection_t *connection = connections; connection < connections + MAX_CONNECTIONS; connection++) {
        if (connection->client < 0) {
            return connection;
        }
    }
    return NULL;
}

bool connections_have_room(void) {
    return connection_unused() != NULL;
}

static void connection_begin(connection_t *connection, struct tcp_pcb *board, int client) {
    int no_delay = 1;
    never_wait(client);
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof(no_delay));
    *connection = (connection_t){.client = client, .board = board};
    if (board != NULL) {
        tcp_arg(board, connection);
        tcp_recv(board, board_sent);
        tcp_err(board, board_failed);
        tcp_nagle_disable(board);
    }
}

void connection_to_board(int client, const ip4_addr_t *address, u16_t port) {
    connection_t *connection = connection_unused();
    if (connection == NULL) {
        close(client);
        return;
    }

    connection_begin(connection, tcp_new(), client);
    if (connection->board == NULL || tcp_connect(connection->board, address, port, board_accepted) != ERR_OK) {
        connection_abort(connection);
    }
}

bool connection_from_board(struct tcp_pcb *board, int socket) {
    connection_t *connection = connection_unused();
    if (connection == NULL) {
        close(socket);
        return false;
    }

    connection_begin(connection, board, socket);
    connection->is_open = true;
    connection->is_connecting = true;
    return true;
}

// Both return false where the client's socket has failed.

static bool to_client(connection_t *connection) {
    if (connection->is_connecting) {
        return true;
    }

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
    return connection->is_open && !connection->is_connecting && board != NULL && !connection->client_ended &&
           tcp_sndbuf(board) > 0 && tcp_sndqueuelen(board) < TCP_SND_QUEUELEN / 2;
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
    if (events & POLLOUT) {
        connection->is_connecting = false;
    }
    if ((events & POLLERR) || !to_client(connection) || !to_board(connection)) {
        connection_abort(connection);
    } else if (connection->client_told && (connection->client_ended || connection->board == NULL)) {
        connection_close(connection);
    } else if (connection->board == NULL && connection->received == NULL) {
        connection_abort(connection);
    }
}

static short wanted_events(const connection_t *connection) {
    bool wants_room = connection->received != NULL || connection->is_connecting;
    return (wants_room ? POLLOUT : 0) | (wants_client_data(connection) ? POLLIN : 0);
}

void connections_wanted(struct pollfd *wanted) {
    for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
        wanted[i] = (struct pollfd){.fd = connections[i].client, .events = wanted_events(&connections[i])};
    }
}

void connections_step(const struct pollfd *found) {
    for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
        if (connections[i].client >= 0) {
            connection_step(&connections[i], found[i].revents);
        }
    }
}

void connections_abort(const ip4_addr_t *address) {
    for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
        const struct tcp_pcb *board = connections[i].board;
        if (connections[i].client >= 0 && (board == NULL || ip4_addr_eq(&board->remote_ip, address))) {
            connection_abort(&connections[i]);
        }
    }
}

void connections_init(void) {
    for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
        connections[i].client = -1;
    }
}

// See line.h.

#include "line.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lwip/etharp.h"
#include "lwip/igmp.h"
#include "netif/ppp/pppos.h"

#define CHUNK 2048 // bytes, more than a frame
#define MTU 1500
#define MAX_FRAME (MTU + 14 + 4)
#define GUEST 0x80 // of a length's high byte

static void write_all(const void *data, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t written = write(LINE, (const char *)data + done, size - done);
        if (written >= 0) {
            done += written;
        } else if (errno == EAGAIN) {
            struct pollfd room = {.fd = LINE, .events = POLLOUT};
            poll(&room, 1, -1);
        } else if (errno != EINTR) {
            exit(0); // the other end is gone
        }
    }
}

// Gives how much has arrived.
static size_t read_some(void *data, size_t room) {
    ssize_t size = read(LINE, data, room);
    if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) {
        exit(0);
    }
    return size > 0 ? size : 0;
}

u32_t line_write_ppp(ppp_pcb *ppp, const void *data, u32_t size, void *context) {
    (void)ppp;
    (void)context;
    write_all(data, size);
    return size;
}

void line_read_ppp(ppp_pcb *ppp) {
    char data[CHUNK];
    size_t size = read_some(data, sizeof(data));
    if (size > 0) {
        pppos_input(ppp, data, size);
    }
}

static void send_frame(struct pbuf *frame, uint8_t kind) {
    uint8_t data[2 + MAX_FRAME];
    size_t size = pbuf_copy_partial(frame, data + 2, MAX_FRAME, 0);
    data[0] = kind | size >> 8;
    data[1] = size & 0xFF;
    write_all(data, 2 + size);
}

static err_t send_as_host(struct netif *interface, struct pbuf *frame) {
    (void)interface;
    send_frame(frame, 0);
    return ERR_OK;
}

static err_t send_as_guest(struct netif *interface, struct pbuf *frame) {
    (void)interface;
    send_frame(frame, GUEST);
    return ERR_OK;
}

err_t line_begin_ethernet(struct netif *interface) {
    memcpy(interface->hwaddr, interface->state, ETH_HWADDR_LEN);
    interface->hwaddr_len = ETH_HWADDR_LEN;
    interface->name[0] = 'e';
    interface->name[1] = 'n';
    interface->mtu = MTU;
    interface->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    interface->output = etharp_output;
    interface->linkoutput = send_as_host;
    return ERR_OK;
}

err_t line_begin_guest(struct netif *interface) {
    line_begin_ethernet(interface);
    interface->linkoutput = send_as_guest;
    interface->flags &= ~NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

static void receive_frame(struct netif *interface, const uint8_t *data, size_t size) {
    struct pbuf *frame = pbuf_alloc(PBUF_RAW, size, PBUF_RAM);
    if (frame != NULL) {
        pbuf_take(frame, data, size);
        if (interface->input(frame, interface) != ERR_OK) {
            pbuf_free(frame);
        }
    }
}

static void receive_as_guest(struct netif *guest, const uint8_t *data, size_t size) {
    if (size == 0) {
        netif_set_link_down(guest);
    } else {
        netif_set_link_up(guest);
        receive_frame(guest, data, size);
    }
}

void line_read_ethernet(struct netif *interface, struct netif *guest) {
    static uint8_t data[2 + UINT16_MAX];
    static size_t used;
    used += read_some(data + used, sizeof(data) - used);
    for (;;) {
        size_t size = (data[0] & ~GUEST) << 8 | data[1];
        if (used < 2 || used < 2 + size) {
            return;
        }

        if (size <= MAX_FRAME && data[0] & GUEST && guest != NULL) {
            receive_as_guest(guest, data + 2, size);
        } else if (size >= 14 && size <= MAX_FRAME && !(data[0] & GUEST)) {
            receive_frame(interface, data + 2, size);
        }
        used -= 2 + size;
        memmove(data, data + 2 + size, used);
    }
}

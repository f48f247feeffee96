// See ppp_line.h.

#include "ppp_line.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "netif/ppp/pppos.h"

#define CHUNK 2048 // bytes

u32_t ppp_line_write(ppp_pcb *ppp, const void *data, u32_t size, void *context) {
    (void)ppp;
    (void)context;
    u32_t done = 0;
    while (done < size) {
        ssize_t written = write(PPP_LINE, (const char *)data + done, size - done);
        if (written >= 0) {
            done += written;
        } else if (errno == EAGAIN) {
            struct pollfd room = {.fd = PPP_LINE, .events = POLLOUT};
            poll(&room, 1, -1);
        } else if (errno != EINTR) {
            exit(0); // the other end is gone
        }
    }
    return size;
}

void ppp_line_read(ppp_pcb *ppp) {
    char data[CHUNK];
    ssize_t size = read(PPP_LINE, data, sizeof(data));
    if (size > 0) {
        pppos_input(ppp, data, size);
    } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
        exit(0);
    }
}

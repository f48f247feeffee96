// Random numbers. See isolate.h.

#include "isolate/isolate_private.h"

#include <string.h>

#include "port/port.h"

// What the limits leave: a random stream of the call's own.
void host_random(void *buf, size_t len) {
    // Asked for in portions, since each is a system call on Linux. It lies outside every arena.
    static uint8_t pool[256];
    static size_t left;
    uint8_t *to = buf;

    host_mask();
    while (len > 0) {
        if (left == 0) {
            port_random(pool, sizeof(pool));
            left = sizeof(pool);
        }
        size_t n = len < left ? len : left;
        uint8_t *from = pool + sizeof(pool) - left;
        memcpy(to, from, n);
        // What was given out must not be found again.
        memset(from, 0, n);
        to += n;
        left -= n;
        len -= n;
    }
    host_unmask();
}

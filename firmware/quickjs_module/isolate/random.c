// Random numbers. See isolate.h.

#include "isolate/isolate_private.h"

#include <string.h>

#include "base_secret.h"
#include "port/port.h"

// Asked for in portions, since each is a system call on Linux. It lies outside every arena.
static uint8_t random_pool[256];
static size_t random_left;

// Fills at most `len` bytes from one portion and returns how many.
static size_t take_random(uint8_t *to, size_t len) {
    if (random_left == 0) {
        port_random(random_pool, sizeof(random_pool));
        random_left = sizeof(random_pool);
    }
    size_t n = len < random_left ? len : random_left;
    uint8_t *from = random_pool + sizeof(random_pool) - random_left;
    memcpy(to, from, n);
    base_wipe(from, n);
    random_left -= n;
    return n;
}

// A mask for each portion, since a board takes milliseconds for one.
void host_random(void *buf, size_t len) {
    uint8_t *to = buf;
    while (len > 0) {
        host_mask();
        size_t n = take_random(to, len);
        host_unmask();
        to += n;
        len -= n;
    }
}

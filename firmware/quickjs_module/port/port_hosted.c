// What the ports on an operating system share: an arena is made to size, and what is kept of calls that wait lies in
// the C library's heap. See port.h.

#if defined(__linux__) || defined(ESP_PLATFORM)

#include <stdlib.h>

#include "port/port.h"

size_t port_fixed_arena(void) {
    return 0;
}

void *port_piece_alloc(size_t size, const void *after) {
    (void)after;
    return malloc(size);
}

void port_piece_free(void *piece, size_t size) {
    (void)size;
    free(piece);
}

#endif // Linux, ESP32

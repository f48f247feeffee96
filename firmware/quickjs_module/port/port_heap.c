// What is kept of calls that wait, where there is no operating system: in MicroPython's heap, in blocks that it can
// still give when it is torn. See port.h.

#if (defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M') ||                                                      \
    (defined(__riscv) && !defined(__unix__) && !defined(ESP_PLATFORM))

#include "py/gc.h"

#include "port/port.h"

size_t port_piece_size(void) {
    return 256;
}

void *port_piece_alloc(size_t size) {
    return gc_alloc(size, 0);
}

void port_piece_free(void *piece, size_t size) {
    (void)size;
    gc_free(piece);
}

#endif // Cortex-M, RISC-V

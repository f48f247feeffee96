// What is kept of calls that wait, where there is no operating system: in MicroPython's heap, in blocks that it can
// still give when it is torn. See port.h.

#if (defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M') ||                                                      \
    (defined(__riscv) && !defined(__unix__) && !defined(ESP_PLATFORM))

#include "py/gc.h"
#include "py/mpstate.h"

#include "port/port.h"

size_t port_piece_size(void) {
    return 512;
}

// A piece is given back and leaves no garbage. So it does not count for when MicroPython collects next (gc.threshold),
// which takes longer than to park a call.
void *port_piece_alloc(size_t size) {
#if MICROPY_GC_ALLOC_THRESHOLD
    size_t amount = MP_STATE_MEM(gc_alloc_amount);
    MP_STATE_MEM(gc_alloc_amount) = 0;
    void *piece = gc_alloc(size, 0);
    MP_STATE_MEM(gc_alloc_amount) = amount;
    return piece;
#else
    return gc_alloc(size, 0);
#endif
}

void port_piece_free(void *piece, size_t size) {
    (void)size;
    gc_free(piece);
}

#endif // Cortex-M, RISC-V

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

#define BLOCKS_PER_TABLE_BYTE (4)

// MicroPython looks for room from the heap's first free block on, past all that is in use, each time. Where there was
// none before `after`, there is none now: so the piece comes to lie where it would have.
static void *alloc_after(size_t size, const void *after) {
    mp_state_mem_area_t *area = &MP_STATE_MEM(area);
#if MICROPY_GC_SPLIT_HEAP
    // Such as RAM and PSRAM.
    mp_state_mem_area_t *first_area = MP_STATE_MEM(gc_last_free_area);
    while ((const byte *)after < area->gc_pool_start || (const byte *)after >= area->gc_pool_end) {
        area = area->next;
    }
    MP_STATE_MEM(gc_last_free_area) = area;
#endif
    size_t block = ((uintptr_t)after - (uintptr_t)area->gc_pool_start) / MICROPY_BYTES_PER_GC_BLOCK;
    size_t first_free = area->gc_last_free_atb_index;
    bool collects = MP_STATE_MEM(gc_auto_collect_enabled);
    area->gc_last_free_atb_index = block / BLOCKS_PER_TABLE_BYTE;
    MP_STATE_MEM(gc_auto_collect_enabled) = false;
    void *piece = gc_alloc(size, 0);
    MP_STATE_MEM(gc_auto_collect_enabled) = collects;
    area->gc_last_free_atb_index = first_free;
#if MICROPY_GC_SPLIT_HEAP
    MP_STATE_MEM(gc_last_free_area) = first_area;
#endif
    return piece;
}

static void *alloc(size_t size, const void *after) {
    void *piece = after != NULL ? alloc_after(size, after) : NULL;
    return piece != NULL ? piece : gc_alloc(size, 0);
}

// A piece is given back and leaves no garbage. So it does not count for when MicroPython collects next (gc.threshold),
// which takes longer than to park a call.
void *port_piece_alloc(size_t size, const void *after) {
#if MICROPY_GC_ALLOC_THRESHOLD
    size_t amount = MP_STATE_MEM(gc_alloc_amount);
    MP_STATE_MEM(gc_alloc_amount) = 0;
    void *piece = alloc(size, after);
    MP_STATE_MEM(gc_alloc_amount) = amount;
    return piece;
#else
    return alloc(size, after);
#endif
}

void port_piece_free(void *piece, size_t size) {
    (void)size;
    gc_free(piece);
}

#endif // Cortex-M, RISC-V

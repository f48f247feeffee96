// MicroPython's heap on Linux: address space for all that a server may ever need, of which only what is used is memory.
//
// MicroPython takes the lowest free blocks first and collects garbage after a bounded number of bytes (gc.threshold, in
// edgelet.runtime), so what is used stays near the heap's start; its collector, however, walks tables over all of the
// heap in places, which costs 10 ms here. The linker has gc_collect and gc_info come through this file, which shows the
// collector the used part of the tables and gives memory back that is free again.
//
// gc_alloc comes through it too: MicroPython looks for more than one block from where the first single one may be free,
// past all that is in use, each time. With 20 MB in use, as of 1,000 requests that wait, that is most of what another
// request costs. Here each size goes on where the last one was found. gc_free has MicroPython look from what was freed
// on: the frame of a function of many variables, which each call takes and frees, had every other block searched for
// past all that a request has left. Here what was freed waits for the next block of its size.

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "py/gc.h"
#include "py/mpstate.h"

#define BLOCKS_PER_TABLE_BYTE (4)
// Free bytes behind the used part that stay memory, so that a busy server does not have the same pages cleared again
// and again.
#define KEPT_BYTES (8 * 1024 * 1024)

// Bytes of the heap, its tables included; `-X heapsize=` overrides it. Defined in ports/unix/main.c (2 MB there).
extern long heap_size;

// Where the pages begin that have never been used, or were given back.
static uintptr_t untouched;

// For sizes in blocks, by their rest: below this byte of the table there was no room for one since the last collection,
// but for what was freed explicitly; and the places of which this is known, the last one last.
#define N_SIZES (64)
#define N_FREED (4)
static struct {
    size_t blocks;
    size_t index;
    size_t n_freed;
    size_t freed[N_FREED]; // numbers of blocks
} sizes[N_SIZES];
static size_t collections;

void *__real_gc_alloc(size_t size, unsigned int flags);
void *__wrap_gc_alloc(size_t size, unsigned int flags);
void __real_gc_free(void *block);
void __wrap_gc_free(void *block);
void *__real_gc_realloc(void *block, size_t size, bool allow_move);
void *__wrap_gc_realloc(void *block, size_t size, bool allow_move);
void __real_gc_collect(void);
void __wrap_gc_collect(void);
void __real_gc_info(gc_info_t *info);
void __wrap_gc_info(gc_info_t *info);

static void __attribute__((constructor)) set_heap_size(void) {
    heap_size = 128 * 1024 * 1024;
}

// Has the table end with the last block in use. Returns its whole length, for widen().
static size_t narrow(void) {
    mp_state_mem_area_t *area = &MP_STATE_MEM(area);
    size_t whole = area->gc_alloc_table_byte_len;
    area->gc_alloc_table_byte_len = MIN(whole, area->gc_last_used_block / BLOCKS_PER_TABLE_BYTE + 1);
    return whole;
}

static void widen(size_t whole) {
    MP_STATE_MEM(area).gc_alloc_table_byte_len = whole;
}

static uintptr_t used_end(void) {
    const mp_state_mem_area_t *area = &MP_STATE_MEM(area);
    uintptr_t end = (uintptr_t)area->gc_pool_start + (area->gc_last_used_block + 1) * MICROPY_BYTES_PER_GC_BLOCK;
    return MIN(end, (uintptr_t)area->gc_pool_end);
}

static void give_back(void) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t kept = (used_end() + KEPT_BYTES) & ~(page - 1);
    if (kept < untouched && madvise((void *)kept, (untouched & ~(page - 1)) - kept, MADV_DONTNEED) == 0) {
        untouched = kept;
    }
}

void __wrap_gc_collect(void) {
    untouched = MAX(untouched, used_end());
    collections++;
    memset(sizes, 0, sizeof(sizes));
    size_t whole = narrow();
    __real_gc_collect();
    widen(whole);
    give_back();
}

static size_t block_number(const void *block) {
    return ((uintptr_t)block - (uintptr_t)MP_STATE_MEM(area).gc_pool_start) / MICROPY_BYTES_PER_GC_BLOCK;
}

static bool are_free(size_t block, size_t count) {
    const byte *table = MP_STATE_MEM(area).gc_alloc_table_start;
    for (size_t i = block; i < block + count; i++) {
        if ((table[i / BLOCKS_PER_TABLE_BYTE] >> (2 * (i % BLOCKS_PER_TABLE_BYTE))) & 3) {
            return false;
        }
    }
    return true;
}

// The byte of the table from which on there may be room for so many blocks.
static size_t first_room(size_t blocks) {
    size_t n = blocks % N_SIZES;
    if (sizes[n].blocks != blocks) {
        memset(&sizes[n], 0, sizeof(sizes[n]));
        sizes[n].blocks = blocks;
    }
    while (sizes[n].n_freed > 0) {
        size_t block = sizes[n].freed[--sizes[n].n_freed];
        if (are_free(block, blocks)) {
            return block / BLOCKS_PER_TABLE_BYTE;
        }
    }
    return MAX(MP_STATE_MEM(area).gc_last_free_atb_index, sizes[n].index);
}

// Where gc_alloc begins to look for single blocks is restored, unless a collection has set it anew.
void *__wrap_gc_alloc(size_t size, unsigned int flags) {
    size_t blocks = (size + MICROPY_BYTES_PER_GC_BLOCK - 1) / MICROPY_BYTES_PER_GC_BLOCK;
    if (blocks <= 1) {
        return __real_gc_alloc(size, flags);
    }
    mp_state_mem_area_t *area = &MP_STATE_MEM(area);
    size_t single = area->gc_last_free_atb_index;
    size_t before = collections;
    area->gc_last_free_atb_index = first_room(blocks);
    void *block = __real_gc_alloc(size, flags);
    if (collections == before) {
        area->gc_last_free_atb_index = single;
        if (block == NULL) {
            block = __real_gc_alloc(size, flags); // collections are off
        }
    }

    size_t n = blocks % N_SIZES;
    if (block != NULL) {
        sizes[n].blocks = blocks;
        sizes[n].index = MAX(sizes[n].index, block_number(block) / BLOCKS_PER_TABLE_BYTE);
    }
    return block;
}

// What is freed is the next to be taken in its size.
void __wrap_gc_free(void *block) {
    size_t blocks = block == NULL ? 0 : gc_nbytes(block) / MICROPY_BYTES_PER_GC_BLOCK;
    mp_state_mem_area_t *area = &MP_STATE_MEM(area);
    size_t single = area->gc_last_free_atb_index;
    __real_gc_free(block);

    size_t n = blocks % N_SIZES;
    if (blocks > 1 && sizes[n].blocks == blocks && sizes[n].n_freed < N_FREED) {
        sizes[n].freed[sizes[n].n_freed++] = block_number(block);
        area->gc_last_free_atb_index = single;
    }
}

// What has to move moves here, so that it is found room for as above. Nothing with a finaliser is ever resized.
void *__wrap_gc_realloc(void *block, size_t size, bool allow_move) {
    void *resized = __real_gc_realloc(block, size, allow_move && block == NULL);
    if (resized != NULL || !allow_move || block == NULL || size == 0) {
        return resized;
    }
    resized = __wrap_gc_alloc(size, 0);
    if (resized != NULL) {
        memcpy(resized, block, gc_nbytes(block));
        __wrap_gc_free(block);
    }
    return resized;
}

// max_free may be too low by the free blocks right below the used part's end.
void __wrap_gc_info(gc_info_t *info) {
    size_t whole = narrow();
    size_t rest = (whole - MP_STATE_MEM(area).gc_alloc_table_byte_len) * BLOCKS_PER_TABLE_BYTE;
    __real_gc_info(info);
    widen(whole);
    info->free += rest * MICROPY_BYTES_PER_GC_BLOCK;
    info->max_free = MAX(info->max_free, rest);
}

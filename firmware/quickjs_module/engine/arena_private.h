// The layout of an arena, for arena.c and arena_delta.c. The block, from its start:
//
//     control structure | blocks, used and free | top: never used, or free again up to the end
//
// Top is no block: it has no header and is in no list. A free block that touches it becomes part of it, so the
// control structure's `top` alone says where the image ends, and a restore has nothing to repair behind the image.
//
// A block is a header word (its size in bytes, header included, and two flags) and the payload. While a block is free,
// its payload holds the links of its free list, and its last word repeats its size for the neighbour above.
//
// Links and sizes are 32-bit offsets and not addresses: a header then costs 4 bytes and the smallest block 16 on every
// target, and 32 and 64-bit builds share one layout. Offset 0 (the control structure) stands for "no block".

#ifndef EDGELET_ARENA_PRIVATE_H
#define EDGELET_ARENA_PRIVATE_H

#include "engine/arena.h"

#if ARENA_POISON
#include <sanitizer/asan_interface.h>
#define POISON(address, size) ASAN_POISON_MEMORY_REGION(address, size)
#define UNPOISON(address, size) ASAN_UNPOISON_MEMORY_REGION(address, size)
// For the few functions that read and write book-keeping between poisoned payloads.
#define UNCHECKED __attribute__((no_sanitize("address")))
// Behind every payload; its last word holds the exact size that was asked for.
#define RED_ZONE (16 + 4)
#else
#define POISON(address, size) ((void)(address), (void)(size))
#define UNPOISON(address, size) ((void)(address), (void)(size))
#define UNCHECKED inline
#define RED_ZONE (0)
#endif

#define MAX_SIZE ((size_t)1 << 30)
#define HEADER (4)
#define MIN_BLOCK (16)

#define FREE (1u)
#define BELOW_FREE (2u)
#define FLAGS (3u)

// Free lists per power of two. Sizes below 2 << SPLIT_BITS units of ARENA_ALIGN bytes have a list each.
#define SPLIT_BITS (4)
#define CLASSES_MAX (((28 - SPLIT_BITS) << SPLIT_BITS) + (1 << SPLIT_BITS))

struct _arena_t {
    uint32_t end;
    uint32_t first;
    uint32_t top;
    uint32_t extent;
    uint32_t used;
    uint32_t peak;
    uint32_t limit;
    // Bit n: bitmap[n] is not 0. Bit n of the bitmap: list n is not empty.
    uint32_t bitmap_words;
    uint32_t bitmap[CLASSES_MAX / 32 + 1];
    // One for each class that this arena's size can need.
    uint32_t lists[];
};

static inline void *arena_address(const arena_t *arena, uint32_t offset) {
    return (char *)(uintptr_t)arena + offset;
}

static UNCHECKED uint32_t load_at(const void *address) {
    return *(const uint32_t *)address;
}

static inline uint32_t arena_word(const arena_t *arena, uint32_t offset) {
    return load_at(arena_address(arena, offset));
}

static inline uint32_t block_size(const arena_t *arena, uint32_t block) {
    return arena_word(arena, block) & ~FLAGS;
}

// The links of a free block in its list.
#define NEXT_LINK(block) ((block) + HEADER)
#define PREVIOUS_LINK(block) ((block) + HEADER + 4)

// Hides everything behind the control structure but the payloads in use from the sanitizer's eyes.
#if ARENA_POISON
void arena_poison(const arena_t *arena);
#else
static inline void arena_poison(const arena_t *arena) {
    (void)arena;
}
#endif

#endif // EDGELET_ARENA_PRIVATE_H

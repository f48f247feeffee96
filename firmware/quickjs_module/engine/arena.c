// See arena.h; what lies where is told in arena_private.h.

#include <string.h>

#include "base_secret.h"
#include "engine/arena_private.h"

static UNCHECKED void store_at(void *address, uint32_t value) {
    *(uint32_t *)address = value;
}

static inline void arena_set_word(arena_t *arena, uint32_t offset, uint32_t value) {
    store_at(arena_address(arena, offset), value);
}

static inline uint32_t block_of(const arena_t *arena, const void *ptr) {
    return (uint32_t)((uintptr_t)ptr - (uintptr_t)arena) - HEADER;
}

// The list for free blocks of this size, rising with it. Branchless form of the paper's two-level mapping.
static inline uint32_t class_of(uint32_t size) {
    uint32_t units = size / ARENA_ALIGN;
    uint32_t shift = 31u - (uint32_t)__builtin_clz(units | (1u << SPLIT_BITS)) - SPLIT_BITS;
    return (shift << SPLIT_BITS) + (units >> shift);
}

// The lowest class at or above `class` that has a free block, or 0: no block is so small.
static inline uint32_t class_with_blocks(const arena_t *arena, uint32_t class) {
    uint32_t word = class / 32;
    uint32_t bits = arena->bitmap[word] & (~0u << class % 32);
    if (bits == 0) {
        uint32_t words = arena->bitmap_words & (~1u << word);
        if (words == 0) {
            return 0;
        }
        word = (uint32_t)__builtin_ctz(words);
        bits = arena->bitmap[word];
    }
    return word * 32 + (uint32_t)__builtin_ctz(bits);
}

// Makes [block, block + size) a free block. The block below it is in use, and a block in use follows.
static inline void arena_list_insert(arena_t *arena, uint32_t block, uint32_t size) {
    uint32_t class = class_of(size);
    uint32_t next = arena->lists[class];
    arena_set_word(arena, block, size | FREE);
    arena_set_word(arena, block + size - 4, size);
    arena_set_word(arena, NEXT_LINK(block), next);
    arena_set_word(arena, PREVIOUS_LINK(block), 0);
    if (next != 0) {
        arena_set_word(arena, PREVIOUS_LINK(next), block);
    }
    arena->lists[class] = block;
    arena->bitmap[class / 32] |= 1u << class % 32;
    arena->bitmap_words |= 1u << class / 32;
}

static inline void list_remove(arena_t *arena, uint32_t block, uint32_t size) {
    uint32_t next = arena_word(arena, NEXT_LINK(block));
    uint32_t previous = arena_word(arena, PREVIOUS_LINK(block));
    if (next != 0) {
        arena_set_word(arena, PREVIOUS_LINK(next), previous);
    }
    if (previous != 0) {
        arena_set_word(arena, NEXT_LINK(previous), next);
        return;
    }
    uint32_t class = class_of(size);
    arena->lists[class] = next;
    if (next == 0 && (arena->bitmap[class / 32] &= ~(1u << class % 32)) == 0) {
        arena->bitmap_words &= ~(1u << class / 32);
    }
}

// Bytes of the block for a payload of `size` bytes, or 0 when it can fit no arena.
static inline uint32_t block_size_for(size_t size) {
    if (size > MAX_SIZE) {
        return 0;
    }
    uint32_t bytes = ((uint32_t)size + HEADER + RED_ZONE + ARENA_ALIGN - 1) & ~(uint32_t)(ARENA_ALIGN - 1);
    return bytes < MIN_BLOCK ? MIN_BLOCK : bytes;
}

// A free block of at least `size` bytes in the lists, or 0.
static inline uint32_t list_find(const arena_t *arena, uint32_t size) {
    uint32_t class = class_of(size);
    uint32_t block = arena->lists[class];
    if (block != 0 && block_size(arena, block) >= size) {
        return block;
    }
    class = class_with_blocks(arena, class + 1);
    return class == 0 ? 0 : arena->lists[class];
}

// Whether `bytes` more may be in use; counts them when so.
static inline bool take(arena_t *arena, uint32_t bytes) {
    uint32_t used = arena->used + bytes;
    if (used > arena->limit) {
        return false;
    }
    arena->used = used;
    if (used > arena->peak) {
        arena->peak = used;
    }
    return true;
}

// The extent moves first, and the fence keeps that order: it has to cover every byte written also when a signal's
// handler jumps out of here.
static inline void move_top_up(arena_t *arena, uint32_t top) {
    if (top > arena->extent) {
        arena->extent = top;
        __atomic_signal_fence(__ATOMIC_RELEASE);
    }
    arena->top = top;
}

// Notes the exact size of a block in use for the sanitizer, and shows its payload and nothing more of it.
static inline void *block_payload(arena_t *arena, uint32_t block, size_t size) {
    void *payload = arena_address(arena, block + HEADER);
#if ARENA_POISON
    uint32_t bytes = block_size(arena, block);
    arena_set_word(arena, block + bytes - 4, (uint32_t)size);
    POISON(payload, bytes);
    UNPOISON(payload, size);
#else
    (void)size;
#endif
    return payload;
}

// Takes the low end of a free block; a rest that can be a block stays free.
static inline bool take_from_list(arena_t *arena, uint32_t block, uint32_t size) {
    uint32_t found = block_size(arena, block);
    uint32_t rest = found - size;
    if (rest < MIN_BLOCK) {
        size = found;
        rest = 0;
    }
    if (!take(arena, size)) {
        return false;
    }

    list_remove(arena, block, found);
    arena_set_word(arena, block, size);
    if (rest != 0) {
        arena_list_insert(arena, block + size, rest);
    } else {
        arena_set_word(arena, block + size, arena_word(arena, block + size) & ~BELOW_FREE);
    }
    return true;
}

static inline bool take_from_top(arena_t *arena, uint32_t size) {
    if (!take(arena, size)) {
        return false;
    }
    uint32_t block = arena->top;
    move_top_up(arena, block + size);
    arena_set_word(arena, block, size);
    return true;
}

// Makes a block in use of at least `size` bytes from a free block or top, whichever begins at `block`; it is large
// enough. False when the limit would be passed.
static inline bool take_block(arena_t *arena, uint32_t block, uint32_t size) {
    return block == arena->top ? take_from_top(arena, size) : take_from_list(arena, block, size);
}

// Top comes last, so that the image stays short.
void *arena_alloc(arena_t *arena, size_t size) {
    uint32_t bytes = block_size_for(size);
    if (bytes == 0 || bytes > arena->end - arena->first) {
        return NULL;
    }
    uint32_t block = list_find(arena, bytes);
    if (block == 0) {
        block = arena->top;
        if (bytes > arena->end - block) {
            return NULL;
        }
    }
    return take_block(arena, block, bytes) ? block_payload(arena, block, size) : NULL;
}

// A read for the sanitizer to stop at when ptr is not in use (any more).
static inline void check_in_use(const void *ptr) {
#if ARENA_POISON
    if (arena_usable_size(ptr) != 0) {
        (void)*(const volatile char *)ptr;
    }
#else
    (void)ptr;
#endif
}

// Makes [block, block + size) free and one with its free neighbours. `flags` are those of the block's header.
static inline void release(arena_t *arena, uint32_t block, uint32_t size, uint32_t flags) {
    if ((flags & BELOW_FREE) != 0) {
        uint32_t below_size = arena_word(arena, block - 4);
        block -= below_size;
        size += below_size;
        list_remove(arena, block, below_size);
    }

    uint32_t above = block + size;
    if (above == arena->top) {
        arena->top = block;
        return;
    }
    uint32_t above_header = arena_word(arena, above);
    if ((above_header & FREE) != 0) {
        uint32_t above_size = above_header & ~FLAGS;
        list_remove(arena, above, above_size);
        size += above_size;
    } else {
        arena_set_word(arena, above, above_header | BELOW_FREE);
    }
    arena_list_insert(arena, block, size);
}

void arena_free(arena_t *arena, void *ptr) {
    if (ptr == NULL) {
        return;
    }
    check_in_use(ptr);
    uint32_t block = block_of(arena, ptr);
    uint32_t header = arena_word(arena, block);
    uint32_t size = header & ~FLAGS;
    arena->used -= size;
    POISON(ptr, size);
    release(arena, block, size, header);
}

// Bytes that a block can grow to where it is.
static inline uint32_t room(const arena_t *arena, uint32_t block, uint32_t size) {
    uint32_t above = block + size;
    if (above == arena->top) {
        return arena->end - block;
    }
    uint32_t above_header = arena_word(arena, above);
    return (above_header & FREE) != 0 ? size + (above_header & ~FLAGS) : size;
}

// Grows a block in place; there is room. False when the limit would be passed.
static bool arena_grow(arena_t *arena, uint32_t block, uint32_t old_size, uint32_t size) {
    uint32_t above = block + old_size;
    if (!take_block(arena, above, size - old_size)) {
        return false;
    }
    arena_set_word(arena, block, (old_size + block_size(arena, above)) | (arena_word(arena, block) & BELOW_FREE));
    return true;
}

// Shrinks a block in place. A rest too small for a block stays with it, unless there is free memory to join.
static void shrink(arena_t *arena, uint32_t block, uint32_t old_size, uint32_t size) {
    uint32_t rest = old_size - size;
    if (rest == 0 || (rest < MIN_BLOCK && room(arena, block, old_size) == old_size)) {
        return;
    }
    arena->used -= rest;
    POISON(arena_address(arena, block + size + HEADER), rest);
    arena_set_word(arena, block, size | (arena_word(arena, block) & BELOW_FREE));
    release(arena, block + size, rest, 0);
}

// Only to grow.
static void *move(arena_t *arena, void *ptr, size_t size) {
    void *moved = arena_alloc(arena, size);
    if (moved != NULL) {
        memcpy(moved, ptr, arena_usable_size(ptr));
        arena_free(arena, ptr);
    }
    return moved;
}

void *arena_realloc(arena_t *arena, void *ptr, size_t size) {
    if (ptr == NULL) {
        return arena_alloc(arena, size);
    }
    check_in_use(ptr);
    uint32_t bytes = block_size_for(size);
    if (bytes == 0) {
        return NULL;
    }

    uint32_t block = block_of(arena, ptr);
    uint32_t old_size = block_size(arena, block);
    if (bytes <= old_size) {
        shrink(arena, block, old_size, bytes);
    } else if (bytes > room(arena, block, old_size)) {
        return move(arena, ptr, size);
    } else if (!arena_grow(arena, block, old_size, bytes)) {
        return NULL;
    }
    return block_payload(arena, block, size);
}

size_t arena_usable_size(const void *ptr) {
    const char *payload = ptr;
    uint32_t size = load_at(payload - HEADER) & ~FLAGS;
#if ARENA_POISON
    return load_at(payload - HEADER + size - 4);
#else
    return size - HEADER;
#endif
}

size_t arena_used(const arena_t *arena) {
    return arena->used;
}

size_t arena_peak(const arena_t *arena) {
    return arena->peak;
}

void arena_reset_peak(arena_t *arena) {
    arena->peak = arena->used;
}

void arena_set_limit(arena_t *arena, size_t bytes) {
    arena->limit = bytes == 0 || bytes > MAX_SIZE ? MAX_SIZE : (uint32_t)bytes;
}

// Lists that free blocks of an arena of `size` bytes, a multiple of ARENA_ALIGN up to MAX_SIZE, can be in.
static inline uint32_t arena_list_count(size_t size) {
    return class_of((uint32_t)size - ARENA_ALIGN) + 1;
}

// The first header lies 4 bytes before a multiple of ARENA_ALIGN, so that payloads lie on one.
size_t arena_overhead(size_t size) {
    size_t most = size < MAX_SIZE ? size : MAX_SIZE;
    size_t lists = arena_list_count(most < ARENA_ALIGN ? ARENA_ALIGN : most);
    size_t bytes = sizeof(arena_t) + lists * sizeof(uint32_t) + HEADER;
    return (bytes + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
}

#if ARENA_POISON
void arena_poison(const arena_t *arena) {
    POISON(arena_address(arena, arena->first), arena->end + HEADER - arena->first);
    for (uint32_t block = arena->first; block != arena->top; block += block_size(arena, block)) {
        if ((arena_word(arena, block) & FREE) == 0) {
            void *payload = arena_address(arena, block + HEADER);
            UNPOISON(payload, arena_usable_size(payload));
        }
    }
}
#endif

arena_t *arena_init(void *block, size_t size) {
    size &= ~(size_t)(ARENA_ALIGN - 1);
    size_t overhead = arena_overhead(size);
    if (size > MAX_SIZE || size < overhead + block_size_for(0)) {
        return NULL;
    }

    UNPOISON(block, size);
    memset(block, 0, overhead);

    arena_t *arena = block;
    arena->first = (uint32_t)overhead - HEADER;
    arena->end = (uint32_t)size - HEADER;
    arena->top = arena->first;
    arena->extent = arena->first;
    arena->limit = MAX_SIZE;
    arena_poison(arena);
    return arena;
}

bool arena_seal(arena_t *arena) {
    uint32_t block = arena->top;
    uint32_t size = block_size_for(0);
    if (size > arena->end - block || !take_from_top(arena, size)) {
        return false;
    }
    block_payload(arena, block, 0);
    return true;
}

size_t arena_image_size(const arena_t *arena) {
    return arena->top;
}

void arena_save(const arena_t *arena, void *to) {
    UNPOISON(arena, arena->top);
    memcpy(to, arena, arena->top);
    arena_poison(arena);
}

bool arena_is_image(const void *image, size_t image_size, size_t size) {
    arena_t saved;
    size &= ~(size_t)(ARENA_ALIGN - 1);
    size_t overhead = arena_overhead(size);
    if (image_size < overhead || image_size > size) {
        return false;
    }
    memcpy(&saved, image, sizeof(saved));
    return saved.first == overhead - HEADER && saved.end == size - HEADER && saved.top == image_size &&
           saved.top >= saved.first && saved.top <= saved.end && saved.extent >= saved.top &&
           saved.extent <= saved.end && saved.used <= saved.top && saved.limit <= MAX_SIZE;
}

const void *arena_image(const arena_t *arena) {
    UNPOISON(arena, arena->top);
    return arena;
}

void arena_restore(arena_t *arena, const void *image, size_t image_size) {
    arena_restore_by(memcpy, arena, image, image_size);
}

void arena_restore_by(arena_copy_t *copy, arena_t *arena, const void *image, size_t image_size) {
    UNPOISON(arena, image_size);
    uint32_t extent = arena->extent;
    copy(arena, image, image_size);
    // Whatever the block held before: the extent is within it.
    extent = extent < arena->end ? extent : arena->end;
    arena->extent = extent > arena->top ? extent : arena->top;
    arena_poison(arena);
}

size_t arena_extent(const arena_t *arena) {
    return arena->extent;
}

void arena_erase(arena_t *arena) {
    arena_erase_below(arena, arena->extent);
}

void arena_erase_below(arena_t *arena, size_t end) {
    UNPOISON(arena, arena->end + HEADER);
    base_wipe(arena, end);
}

// A block's header and footer are sound, and flags agree with `below_free`, whether the block below is free.
static bool check_block(const arena_t *arena, uint32_t block, bool below_free) {
    uint32_t header = arena_word(arena, block);
    uint32_t size = header & ~FLAGS;
    if (size < MIN_BLOCK || size > arena->top - block || ((header & BELOW_FREE) != 0) != below_free) {
        return false;
    }
    if ((header & FREE) == 0) {
        return arena_usable_size(arena_address(arena, block + HEADER)) <= size - HEADER - RED_ZONE;
    }
    return !below_free && block + size != arena->top && arena_word(arena, block + size - 4) == size;
}

// Counts the list's blocks into `blocks`, which must not pass `most`: a loop ends there too.
static bool check_list(const arena_t *arena, uint32_t class, uint32_t most, uint32_t *blocks) {
    uint32_t previous = 0;
    for (uint32_t block = arena->lists[class]; block != 0; block = arena_word(arena, NEXT_LINK(block))) {
        if (block < arena->first || block >= arena->top || block % ARENA_ALIGN != arena->first % ARENA_ALIGN) {
            return false;
        }
        if ((arena_word(arena, block) & FREE) == 0 || class_of(block_size(arena, block)) != class) {
            return false;
        }
        if (arena_word(arena, PREVIOUS_LINK(block)) != previous || ++*blocks > most) {
            return false;
        }
        previous = block;
    }

    bool listed = (arena->bitmap[class / 32] >> class % 32 & 1) != 0;
    return listed == (previous != 0);
}

static bool check_lists(const arena_t *arena, uint32_t free_blocks) {
    uint32_t listed = 0;
    uint32_t lists = arena_list_count(arena->end + HEADER);
    for (uint32_t class = 0; class < lists; ++class) {
        if (!check_list(arena, class, free_blocks, &listed)) {
            return false;
        }
    }
    for (uint32_t word = 0; word < sizeof(arena->bitmap) / sizeof(arena->bitmap[0]); ++word) {
        if ((arena->bitmap_words >> word & 1) != (arena->bitmap[word] != 0)) {
            return false;
        }
    }
    return listed == free_blocks;
}

bool arena_check(const arena_t *arena) {
    if (arena->first > arena->top || arena->top > arena->extent || arena->extent > arena->end) {
        return false;
    }

    uint32_t used = 0;
    uint32_t free_blocks = 0;
    bool below_free = false;
    for (uint32_t block = arena->first; block != arena->top; block += block_size(arena, block)) {
        if (!check_block(arena, block, below_free)) {
            return false;
        }
        below_free = (arena_word(arena, block) & FREE) != 0;
        free_blocks += below_free;
        used += below_free ? 0 : block_size(arena, block);
    }

    return used == arena->used && used <= arena->peak && check_lists(arena, free_blocks);
}

// Unit tests of firmware/quickjs_module/engine/arena.c. Prints each test's name; ends at the first check that fails.

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "engine/arena_delta.h"

#include "arena_pieces.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

static _Alignas(ARENA_ALIGN) unsigned char block[4 * 1024 * 1024];
static unsigned char image[sizeof(block)];

// Every sequence of pseudo-random numbers (xorshift64) begins at its test's seed.
static uint64_t random_state;

static void seed(uint64_t number) {
    random_state = number * 0x9E3779B97F4A7C15u + 1;
}

static uint32_t below(uint32_t bound) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 24) % bound;
}

static void fill(void *ptr, size_t size, unsigned char start) {
    for (size_t i = 0; i < size; ++i) {
        ((unsigned char *)ptr)[i] = (unsigned char)(start + 31 * i);
    }
}

static bool filled(const void *ptr, size_t size, unsigned char start) {
    for (size_t i = 0; i < size; ++i) {
        if (((const unsigned char *)ptr)[i] != (unsigned char)(start + 31 * i)) {
            return false;
        }
    }
    return true;
}

// Fresh from arena_init as far as a user can tell: nothing used, nothing in the image, the largest block to be had.
static bool pristine(arena_t *arena, size_t size) {
    static _Alignas(ARENA_ALIGN) unsigned char fresh_block[sizeof(block)];
    arena_t *fresh = arena_init(fresh_block, size);
    size_t largest = size;
    void *ptr;
    while ((ptr = arena_alloc(fresh, largest)) == NULL) {
        --largest;
    }
    arena_free(fresh, ptr);
    bool same = arena_check(arena) && arena_used(arena) == 0 && arena_image_size(arena) == arena_image_size(fresh);
    ptr = arena_alloc(arena, largest);
    arena_free(arena, ptr);
    return same && ptr != NULL;
}

static void test_init_sizes(void) {
    CHECK(arena_init(block, GIB + ARENA_ALIGN) == NULL);
    CHECK(arena_init(block, SIZE_MAX) == NULL);
    size_t smallest = 0;
    while (arena_init(block, smallest) == NULL) {
        ++smallest;
    }
    CHECK(smallest > arena_overhead(smallest));
    for (size_t size = smallest; size < smallest + 4 * KIB; ++size) {
        arena_t *arena = arena_init(block, size);
        CHECK(arena == (void *)block);
        CHECK(arena_check(arena) && arena_used(arena) == 0 && arena_image_size(arena) <= arena_overhead(size));
        void *ptr = arena_alloc(arena, 0);
        CHECK(ptr != NULL);
        memset(ptr, 0xFF, arena_usable_size(ptr));
        CHECK(arena_extent(arena) <= size && arena_check(arena));
    }
    arena_t *arena = arena_init(block, smallest);
    CHECK(arena_alloc(arena, 0) != NULL && arena_alloc(arena, 0) == NULL);
}

static void test_control_structure_is_small(void) {
    CHECK(arena_overhead(96 * KIB) < KIB);
    CHECK(arena_overhead(MIB) < KIB + KIB / 2);
    CHECK(arena_overhead(GIB) < 2 * KIB);
}

static void test_alignment_and_usable_size(void) {
    arena_t *arena = arena_init(block, MIB);
    for (size_t size = 0; size < 1200; ++size) {
        unsigned char *ptr = arena_alloc(arena, size);
        CHECK(ptr != NULL && (uintptr_t)ptr % ARENA_ALIGN == 0);
#if ARENA_POISON
        CHECK(arena_usable_size(ptr) == size);
#else
        CHECK(arena_usable_size(ptr) >= size && arena_usable_size(ptr) < size + 16);
#endif
        fill(ptr, arena_usable_size(ptr), (unsigned char)size);
        void *grown = arena_realloc(arena, ptr, size + 100);
        CHECK((uintptr_t)grown % ARENA_ALIGN == 0 && filled(grown, size, (unsigned char)size));
    }
    CHECK(arena_check(arena));
}

static void test_zero_and_null(void) {
    arena_t *arena = arena_init(block, 8 * KIB);
    arena_free(arena, NULL);
    void *first = arena_alloc(arena, 0);
    void *second = arena_alloc(arena, 0);
    CHECK(first != NULL && second != NULL && first != second);
    void *third = arena_realloc(arena, NULL, 50);
    CHECK(third != NULL && arena_usable_size(third) >= 50);
    size_t used = arena_used(arena);
    CHECK(arena_realloc(arena, third, 0) == third && arena_used(arena) < used && arena_used(arena) > 0);
    arena_free(arena, second);
    arena_free(arena, first);
    arena_free(arena, third);
    CHECK(pristine(arena, 8 * KIB));
}

static void test_impossible_sizes(void) {
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 3, SIZE_MAX - 7, SIZE_MAX - 23, SIZE_MAX / 2, UINT32_MAX,
        UINT32_MAX - 11, GIB + 1, GIB, GIB - 1, 8 * KIB};
    arena_t *arena = arena_init(block, 8 * KIB);
    void *ptr = arena_alloc(arena, 100);
    fill(ptr, 100, 7);
    size_t used = arena_used(arena);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); ++i) {
        CHECK(arena_alloc(arena, sizes[i]) == NULL);
        CHECK(arena_realloc(arena, ptr, sizes[i]) == NULL);
        CHECK(arena_used(arena) == used && arena_check(arena) && filled(ptr, 100, 7));
    }
}

static void test_limit_from_both_sides(void) {
    arena_t *arena = arena_init(block, 64 * KIB);
    void *ptr = arena_alloc(arena, 1000);
    size_t one = arena_used(arena);
    arena_set_limit(arena, 2 * one - 1);
    CHECK(arena_alloc(arena, 1000) == NULL && arena_used(arena) == one);
    arena_set_limit(arena, 2 * one);
    void *second = arena_alloc(arena, 1000);
    CHECK(second != NULL && arena_used(arena) == 2 * one);
    CHECK(arena_alloc(arena, 0) == NULL);
    arena_set_limit(arena, one / 2);
    CHECK(arena_alloc(arena, 0) == NULL);
    CHECK(arena_realloc(arena, ptr, 500) == ptr && arena_used(arena) < 2 * one);
    arena_free(arena, second);
    arena_free(arena, ptr);
    CHECK(arena_alloc(arena, 1000) == NULL && arena_alloc(arena, 100) != NULL);
    arena_set_limit(arena, 0);
    CHECK(arena_alloc(arena, 50 * KIB) != NULL && arena_check(arena));
}

static void test_limit_of_growth(void) {
    arena_t *arena = arena_init(block, 64 * KIB);
    void *low = arena_alloc(arena, 1000);
    void *hole = arena_alloc(arena, 4000);
    void *top = arena_alloc(arena, 1000);
    arena_free(arena, hole);
    fill(low, 1000, 3);
    fill(top, 1000, 5);
    size_t used = arena_used(arena);
    arena_set_limit(arena, used + 999);
    CHECK(arena_realloc(arena, low, 2000) == NULL && filled(low, 1000, 3));
    CHECK(arena_realloc(arena, top, 2000) == NULL && filled(top, 1000, 5));
    CHECK(arena_used(arena) == used && arena_check(arena));
    arena_set_limit(arena, used + 1000);
    CHECK(arena_realloc(arena, low, 2000) == low && arena_used(arena) == used + 1000);
    CHECK(arena_realloc(arena, top, 2000) == NULL);
    arena_set_limit(arena, used + 2000);
    CHECK(arena_realloc(arena, top, 2000) == top && arena_used(arena) == used + 2000);
    CHECK(filled(low, 1000, 3) && filled(top, 1000, 5) && arena_check(arena));
}

static void test_peak(void) {
    arena_t *arena = arena_init(block, 64 * KIB);
    CHECK(arena_peak(arena) == 0);
    void *low = arena_alloc(arena, 1000);
    void *high = arena_alloc(arena, 2000);
    size_t both = arena_used(arena);
    arena_free(arena, low);
    CHECK(arena_used(arena) < both && arena_peak(arena) == both);
    arena_reset_peak(arena);
    CHECK(arena_peak(arena) == arena_used(arena));
    CHECK(arena_realloc(arena, high, 9000) == high && arena_peak(arena) == arena_used(arena));
    CHECK(arena_alloc(arena, 64 * KIB) == NULL && arena_peak(arena) == arena_used(arena));
}

static void test_realloc_in_place(void) {
    arena_t *arena = arena_init(block, 64 * KIB);
    unsigned char *low = arena_alloc(arena, 1000);
    void *hole = arena_alloc(arena, 1000);
    unsigned char *high = arena_alloc(arena, 1000);
    arena_free(arena, hole);
    for (size_t size = 1000; size <= 1900; size += 4) {
        fill(low, 1000, (unsigned char)size);
        fill(high, 1000, (unsigned char)(size + 1));
        CHECK(arena_realloc(arena, low, size) == low && arena_realloc(arena, high, size) == high);
        CHECK(filled(low, 1000, (unsigned char)size) && filled(high, 1000, (unsigned char)(size + 1)));
        CHECK(arena_check(arena));
    }
    for (size_t size = 1900; size > 0; size -= 4) {
        fill(low, size, (unsigned char)size);
        CHECK(arena_realloc(arena, low, size - 4) == low && filled(low, size - 4, (unsigned char)size));
        CHECK(arena_realloc(arena, high, size - 4) == high && arena_check(arena));
    }
    arena_free(arena, low);
    arena_free(arena, high);
    CHECK(pristine(arena, 64 * KIB));
}

// 8 bytes are no block of their own, but must not be lost where free memory follows.
static void test_smallest_shrink(void) {
    arena_t *arena = arena_init(block, 64 * KIB);
    void *low = arena_alloc(arena, 100);
    void *wall = arena_alloc(arena, 100);
    size_t used = arena_used(arena);
    CHECK(arena_realloc(arena, low, 92) == low && arena_used(arena) == used);
    CHECK(arena_realloc(arena, wall, 92) == wall && arena_used(arena) == used - 8);
    void *last = arena_alloc(arena, 100);
    arena_free(arena, wall);
    used = arena_used(arena);
    CHECK(arena_realloc(arena, low, 84) == low && arena_used(arena) == used - 16 && arena_check(arena));
    arena_free(arena, low);
    arena_free(arena, last);
    CHECK(pristine(arena, 64 * KIB));
}

static void test_realloc_moves(void) {
    arena_t *arena = arena_init(block, 64 * KIB);
    void *ptr = arena_alloc(arena, 1000);
    void *wall = arena_alloc(arena, 10);
    fill(ptr, 1000, 9);
    fill(wall, 10, 11);
    void *moved = arena_realloc(arena, ptr, 2000);
    CHECK(moved != NULL && moved != ptr && filled(moved, 1000, 9) && filled(wall, 10, 11));
    CHECK(arena_alloc(arena, 1000) == ptr);
    size_t used = arena_used(arena);
    CHECK(arena_realloc(arena, wall, 63 * KIB) == NULL && filled(wall, 10, 11) && arena_used(arena) == used);
    CHECK(arena_check(arena));
}

static void test_neighbours_join_in_every_order(void) {
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (int wall = 0; wall < 2; ++wall) {
        for (int order = 0; order < 6; ++order) {
            arena_t *arena = arena_init(block, 16 * KIB);
            void *ptrs[3];
            for (int i = 0; i < 3; ++i) {
                ptrs[i] = arena_alloc(arena, 500);
            }
            void *last = wall ? arena_alloc(arena, 0) : NULL;
            for (int i = 0; i < 3; ++i) {
                arena_free(arena, ptrs[orders[order][i]]);
                CHECK(arena_check(arena));
            }
            CHECK(arena_alloc(arena, 1500) == ptrs[0]);
            arena_free(arena, ptrs[0]);
            arena_free(arena, last);
            CHECK(pristine(arena, 16 * KIB));
        }
    }
}

// Allocates until nothing fits, frees in one of three orders.
static void exhaust(uint64_t number, size_t size) {
    static void *ptrs[sizeof(block) / 16];
    seed(number);
    arena_t *arena = arena_init(block, size);
    size_t count = 0;
    while ((ptrs[count] = arena_alloc(arena, below(below(4) == 0 ? 2000 : 64))) != NULL) {
        memset(ptrs[count], 0xFF, arena_usable_size(ptrs[count]));
        ++count;
    }
    CHECK(arena_check(arena) && arena_extent(arena) <= size);
    while (count != 0) {
        size_t i = number % 3 == 0 ? count - 1 : below((uint32_t)count);
        if (number % 3 == 1) {
            i = 0;
        }
        arena_free(arena, ptrs[i]);
        memmove(ptrs + i, ptrs + i + 1, (--count - i) * sizeof(ptrs[0]));
    }
    CHECK(pristine(arena, size));
}

static void test_exhaustion_then_free_all(void) {
    for (uint64_t number = 0; number < 60; ++number) {
        exhaust(number, 2 * KIB + (size_t)number * 1000);
    }
    exhaust(3, MIB);
}

static void test_image(void) {
    arena_t *arena = arena_init(block, 64 * KIB);
    void *low = arena_alloc(arena, 3000);
    void *hole = arena_alloc(arena, 500);
    void *high = arena_alloc(arena, 4000);
    arena_free(arena, hole);
    fill(low, 3000, 1);
    fill(high, 4000, 2);
    arena_set_limit(arena, 20000);
    size_t used = arena_used(arena);
    size_t image_size = arena_image_size(arena);
    arena_save(arena, image);
    for (int round = 0; round < 3; ++round) {
        arena_free(arena, low);
        fill(arena_realloc(arena, high, 9000), 9000, 3);
        CHECK(arena_alloc(arena, 400) != NULL);
        arena_set_limit(arena, 0);
        CHECK(arena_alloc(arena, 40 * KIB) != NULL);
        arena_restore(arena, image, image_size);
        CHECK(arena_check(arena) && arena_used(arena) == used && arena_image_size(arena) == image_size);
        CHECK(filled(low, 3000, 1) && filled(high, 4000, 2));
        CHECK(arena_alloc(arena, 20000) == NULL);
        CHECK(arena_alloc(arena, 400) == hole);
    }
}

static void test_images_of_two_states_share_a_block(void) {
    static unsigned char other_image[64 * 1024];
    arena_t *arena = arena_init(block, 64 * KIB);
    void *small = arena_alloc(arena, 100);
    fill(small, 100, 1);
    size_t size = arena_image_size(arena);
    arena_save(arena, image);
    void *large = arena_alloc(arena, 30 * KIB);
    fill(large, 30 * KIB, 2);
    fill(small, 100, 3);
    size_t other_size = arena_image_size(arena);
    arena_save(arena, other_image);
    for (int round = 0; round < 3; ++round) {
        arena_restore(arena, image, size);
        CHECK(filled(small, 100, 1) && arena_check(arena) && arena_alloc(arena, 10) == large);
        arena_restore(arena, other_image, other_size);
        CHECK(filled(small, 100, 3) && filled(large, 30 * KIB, 2) && arena_check(arena));
    }
}

static void test_image_stays_short(void) {
    arena_t *arena = arena_init(block, 64 * KIB);
    void *low = arena_alloc(arena, 8000);
    void *wall = arena_alloc(arena, 100);
    size_t image_size = arena_image_size(arena);
    arena_free(arena, low);
    for (int i = 0; i < 40; ++i) {
        CHECK(arena_alloc(arena, 100) != NULL);
    }
    CHECK(arena_image_size(arena) == image_size);
    void *high = arena_alloc(arena, 20000);
    CHECK(arena_image_size(arena) >= image_size + 20000);
    arena_free(arena, high);
    CHECK(arena_image_size(arena) == image_size);
    arena_free(arena, wall);
    CHECK(arena_image_size(arena) < image_size - 100);
}

// All zeros; arena_erase lifts the sanitizer's hand from an earlier test's arena.
static arena_t *arena_in_zeros(size_t size) {
    arena_erase(arena_init(block, size));
    memset(block, 0, size);
    return arena_init(block, size);
}

static bool all_zero(const unsigned char *bytes, size_t size) {
    for (size_t i = 0; i < size; ++i) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static void test_extent_and_erase(void) {
    size_t size = 64 * KIB;
    arena_t *arena = arena_in_zeros(size);
    arena_alloc(arena, 1000);
    size_t image_size = arena_image_size(arena);
    CHECK(arena_extent(arena) == image_size);
    arena_save(arena, image);
    unsigned char *secret = arena_alloc(arena, 30000);
    memset(secret, 0x5A, 30000);
    size_t extent = (size_t)(secret + 30000 - block);
    arena_free(arena, secret);
    CHECK(arena_extent(arena) >= extent && arena_image_size(arena) == image_size);
    arena_erase(arena);
    CHECK(all_zero(block, size));
    arena_restore(arena, image, image_size);
    CHECK(arena_check(arena) && arena_extent(arena) == image_size && arena_alloc(arena, 30000) == secret);
    arena_erase(arena);
    CHECK(pristine(arena_init(block, size), size));
}

// A large user, then a small one after a restore: the erase is for both.
static void test_erase_after_restores(void) {
    size_t size = 64 * KIB;
    arena_t *arena = arena_in_zeros(size);
    arena_alloc(arena, 1000);
    size_t image_size = arena_image_size(arena);
    arena_save(arena, image);
    memset(arena_alloc(arena, 30000), 0x5A, 30000);
    for (int round = 0; round < 3; ++round) {
        arena_restore(arena, image, image_size);
        memset(arena_alloc(arena, 100), 0x5A, 100);
        CHECK(arena_check(arena) && arena_extent(arena) >= image_size + 30000);
    }
    arena_erase(arena);
    CHECK(all_zero(block, size));
    arena_restore(arena, image, image_size);
    CHECK(arena_extent(arena) == image_size);
}

// Nothing of the block's state before a restore may matter: the engine can have been stopped in mid-write.
static void test_restore_over_garbage(void) {
    size_t size = 64 * KIB;
    arena_t *arena = arena_init(block, size);
    void *ptr = arena_alloc(arena, 1000);
    fill(ptr, 1000, 1);
    size_t image_size = arena_image_size(arena);
    arena_save(arena, image);
    arena_erase(arena);
    memset(block, 0xA5, size);
    arena_restore(arena, image, image_size);
    CHECK(arena_check(arena) && filled(ptr, 1000, 1) && arena_extent(arena) <= size);
    arena_free(arena, ptr);
    CHECK(pristine(arena, size));
}

static void test_seal(void) {
    arena_t *arena = arena_init(block, 8 * KIB);
    void *low = arena_alloc(arena, 100);
    CHECK(arena_seal(arena));
    size_t image_size = arena_image_size(arena);
    CHECK(arena_check(arena) && (unsigned char *)low < block + image_size);
    arena_free(arena, low);
    CHECK(arena_check(arena) && arena_image_size(arena) == image_size);
    unsigned char *high = arena_alloc(arena, 1000);
    CHECK(high > block + image_size);
    arena_free(arena, high);
    CHECK(arena_check(arena) && arena_image_size(arena) == image_size);
    while (arena_alloc(arena, 0) != NULL) {
    }
    CHECK(!arena_seal(arena) && arena_check(arena));
}

static const arena_pieces_t pieces = {256, piece_alloc, piece_free, NULL};

// Takes the delta, lets somebody else have the block, and puts everything back.
static size_t park_and_resume(arena_t *arena, size_t image_size) {
    arena_delta_t delta;
    pieces_left = SIZE_MAX;
    CHECK(arena_delta_take(arena, image, image_size, &pieces, &delta));
    size_t bytes = delta.bytes;
    arena_erase(arena);
    memset(block, 0xA5, image_size);
    arena_restore(arena, image, image_size);
    arena_delta_apply(arena, &delta);
    arena_delta_free(&delta, &pieces);
    CHECK(arena_check(arena) && pieces_out == 0 && arena_extent(arena) >= arena_image_size(arena));
    return bytes;
}

// Two arenas in which the same happens, of which one is parked again and again. Every allocation comes out at the same
// place in both, which shows free lists, their order and the limit, and holds what was written to it.
#define TWIN_SLOTS (512)
static _Alignas(ARENA_ALIGN) unsigned char twin_block[sizeof(block)];
static uint32_t twin_offsets[TWIN_SLOTS]; // 0: not allocated
static size_t twin_sizes[TWIN_SLOTS];

static uint32_t change(unsigned char *base, uint32_t offset, size_t size, bool release) {
    void *old = offset != 0 ? base + offset : NULL;
    if (release) {
        arena_free((arena_t *)base, old);
        return 0;
    }
    unsigned char *ptr = arena_realloc((arena_t *)base, old, size);
    return ptr != NULL ? (uint32_t)(ptr - base) : 0;
}

static void change_both(void) {
    uint32_t i = below(TWIN_SLOTS);
    size_t size = below(20) == 0 ? below(30000) : below(300);
    bool release = below(3) == 0;
    CHECK(twin_offsets[i] == 0 || filled(block + twin_offsets[i], twin_sizes[i], (unsigned char)i));
    uint32_t offset = change(twin_block, twin_offsets[i], size, release);
    CHECK(change(block, twin_offsets[i], size, release) == offset);
    if (offset != 0) {
        fill(block + offset, size, (unsigned char)i);
        twin_sizes[i] = size;
    }
    twin_offsets[i] = offset != 0 || release ? offset : twin_offsets[i];
}

static void park_beside_twin(uint64_t number, size_t size) {
    arena_t *twin = arena_init(twin_block, size);
    arena_t *arena = arena_init(block, size);
    memset(twin_offsets, 0, sizeof(twin_offsets));
    seed(number);
    for (int step = 0; step < 500; ++step) {
        change_both();
    }
    // Whatever is free and whatever is not: the image is of this moment.
    while (!arena_seal(arena)) {
        change_both();
    }
    CHECK(arena_seal(twin));
    size_t image_size = arena_image_size(arena);
    arena_save(arena, image);
    for (int step = 0; step < 4000; ++step) {
        change_both();
        if (below(20) == 0) {
            park_and_resume(arena, image_size);
            CHECK(arena_used(arena) == arena_used(twin) && arena_peak(arena) == arena_peak(twin));
            CHECK(arena_image_size(arena) == arena_image_size(twin));
        }
    }
}

static void test_parked_is_as_never_parked(void) {
    for (uint64_t number = 1; number <= 20; ++number) {
        park_beside_twin(number, 100 * KIB + (size_t)number * 10 * KIB);
    }
}

static void test_delta_of_nothing_is_empty(void) {
    arena_t *arena = arena_init(block, 64 * KIB);
    arena_alloc(arena, 20 * KIB);
    CHECK(arena_seal(arena));
    size_t image_size = arena_image_size(arena);
    arena_save(arena, image);
    arena_restore(arena, image, image_size);
    CHECK(park_and_resume(arena, image_size) == 0);
}

// More words between two changes, and more in one, than a run can count.
static void test_delta_of_large_arena(void) {
    arena_t *arena = arena_init(block, sizeof(block));
    unsigned char *kept = arena_alloc(arena, 2 * MIB);
    fill(kept, 2 * MIB, 1);
    CHECK(arena_seal(arena));
    size_t image_size = arena_image_size(arena);
    arena_save(arena, image);
    kept[0]++;
    kept[MIB]++;
    kept[2 * MIB - 1]++;
    size_t small = park_and_resume(arena, image_size);
    CHECK(small > 0 && small <= 2 * pieces.size);
    unsigned char *high = arena_alloc(arena, MIB);
    fill(high, MIB, 7);
    size_t large = park_and_resume(arena, image_size);
    CHECK(large > MIB && large < MIB + MIB / 8);
    CHECK(filled(high, MIB, 7) && kept[0] == 2 && filled(kept + 1, MIB - 1, 32));
    CHECK(
        kept[MIB] == (unsigned char)(1 + 31 * MIB + 1) && kept[2 * MIB - 1] == (unsigned char)(31 * (2 * MIB - 1) + 2));
}

// Distances and lengths about the most that a run can count.
static void test_delta_at_the_bounds_of_runs(void) {
    arena_t *arena = arena_init(block, sizeof(block));
    uint32_t *kept = arena_alloc(arena, 2 * MIB);
    memset(kept, 0, 2 * MIB);
    CHECK(arena_seal(arena));
    size_t image_size = arena_image_size(arena);
    arena_save(arena, image);
    for (uint32_t words = 0x7FF0; words <= 0x10010; words += words == 0x8010 ? 0x7FE0 : 1) {
        memset(kept, 0, 2 * MIB);
        memset(kept + 1, 1, words * sizeof(uint32_t));
        kept[3 * words] = 2;
        park_and_resume(arena, image_size);
        CHECK(kept[0] == 0 && kept[1] == 0x01010101 && kept[words] == 0x01010101);
        CHECK(kept[words + 1] == 0 && kept[3 * words] == 2 && kept[3 * words + 1] == 0);
        kept[1 + words] = 3;
        kept[1 + words + words] = 4;
        park_and_resume(arena, image_size);
        CHECK(kept[1 + words] == 3 && kept[words + 2] == 0 && kept[1 + words + words] == 4);
    }
}

static void test_delta_leaves_free_memory_out(void) {
    arena_t *arena = arena_init(block, MIB);
    void *in_image = arena_alloc(arena, 100 * KIB);
    fill(in_image, 100 * KIB, 1);
    CHECK(arena_seal(arena));
    size_t image_size = arena_image_size(arena);
    arena_save(arena, image);
    void *beyond = arena_alloc(arena, 500 * KIB);
    fill(beyond, 500 * KIB, 3);
    void *wall = arena_alloc(arena, 100);
    fill(wall, 100, 4);
    arena_free(arena, beyond);
    memset(in_image, 0, 100 * KIB);
    arena_free(arena, in_image);
    CHECK(park_and_resume(arena, image_size) <= 2 * pieces.size);
    CHECK(filled(wall, 100, 4) && arena_alloc(arena, 500 * KIB) == beyond && arena_alloc(arena, 100 * KIB) == in_image);
}

// Zeros beyond the image, alone and between others, take a fraction of their room where RAM is short.
static void test_delta_leaves_zeros_out(void) {
    arena_t *arena = arena_init(block, 64 * KIB);
    arena_alloc(arena, 1000);
    CHECK(arena_seal(arena));
    size_t image_size = arena_image_size(arena);
    arena_save(arena, image);
    enum { WORDS = 4000 };
    uint32_t *high = arena_alloc(arena, WORDS * sizeof(uint32_t));
    for (int step = 2; step <= 40; step += 19) {
        for (uint32_t i = 0; i < WORDS; ++i) {
            high[i] = i % (uint32_t)step == 0 ? i : 0;
        }
        size_t bytes = park_and_resume(arena, image_size);
        for (uint32_t i = 0; i < WORDS; ++i) {
            CHECK(high[i] == (i % (uint32_t)step == 0 ? i : 0));
        }
#if UINTPTR_MAX == UINT32_MAX
        size_t words = WORDS / (size_t)step + 2 * WORDS / 32;
        CHECK(bytes <= words * sizeof(uint32_t) * 21 / 20 + 4 * pieces.size);
#else
        CHECK(bytes >= WORDS * sizeof(uint32_t));
#endif
    }
}

static void test_too_few_pieces(void) {
    arena_t *arena = arena_init(block, 64 * KIB);
    arena_alloc(arena, 1000);
    CHECK(arena_seal(arena));
    size_t image_size = arena_image_size(arena);
    arena_save(arena, image);
    unsigned char *high = arena_alloc(arena, 5000);
    fill(high, 5000, 5);
    size_t needed = park_and_resume(arena, image_size) / pieces.size;
    for (size_t enough = 0; enough < needed; ++enough) {
        arena_delta_t delta;
        pieces_left = enough;
        CHECK(!arena_delta_take(arena, image, image_size, &pieces, &delta));
        CHECK(delta.first == NULL && delta.bytes == 0 && pieces_out == 0);
        CHECK(arena_check(arena) && filled(high, 5000, 5));
    }
    CHECK(needed > 20 && park_and_resume(arena, image_size) == needed * pieces.size && filled(high, 5000, 5));
}

static sigjmp_buf kill_jump;

static void on_kill(int number) {
    siglongjmp(kill_jump, number);
}

static void churn(arena_t *arena) {
    void *ptrs[64] = {NULL};
    for (;;) {
        uint32_t slot = below(64);
        size_t size = below(700);
        void *ptr = arena_realloc(arena, ptrs[slot], size);
        if (ptr != NULL) {
            ptrs[slot] = ptr;
            memset(ptr, 0xFF, size);
        }
        slot = below(64);
        arena_free(arena, ptrs[slot]);
        ptrs[slot] = NULL;
    }
}

// A timer's signal jumps out of the allocator at arbitrary instructions.
static void test_kill_at_any_instruction(void) {
    size_t size = 32 * KIB;
    arena_t *arena = arena_in_zeros(size);
    void *kept = arena_alloc(arena, 1000);
    fill(kept, 1000, 1);
    size_t image_size = arena_image_size(arena);
    arena_save(arena, image);
    struct sigaction action = {.sa_handler = on_kill};
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    timer_t timer;
    CHECK(timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0);
    seed(1);
    for (volatile int kills = 0; kills < 1000; ++kills) {
        struct itimerspec when = {.it_value.tv_nsec = 5000 + 37 * kills};
        if (sigsetjmp(kill_jump, 1) == 0) {
            CHECK(timer_settime(timer, 0, &when, NULL) == 0);
            churn(arena);
        }
        arena_erase(arena);
        CHECK(all_zero(block, size));
        arena_restore(arena, image, image_size);
        CHECK(arena_check(arena) && filled(kept, 1000, 1));
    }
    timer_delete(timer);
}

#if !ARENA_POISON
// What a JavaScript heap asks for: objects, strings, property arrays, shapes, functions.
static size_t javascript_size(void) {
    uint32_t kind = below(100);
    if (kind < 35) {
        return 72;
    } else if (kind < 55) {
        return 24 + below(40);
    } else if (kind < 70) {
        return 16 * (1 + below(4));
    } else if (kind < 82) {
        return 64 + 8 * below(24);
    } else if (kind < 92) {
        return 16 + below(100);
    } else if (kind < 98) {
        return 128 + below(400);
    }
    return 500 + below(1500);
}

// The share of the block in allocated blocks when the first allocation fails, with 4 frees to 10 allocations.
static double utilisation(uint64_t number, size_t size) {
    static void *ptrs[sizeof(block) / 16];
    seed(number);
    arena_t *arena = arena_init(block, size);
    size_t count = 0;
    while ((ptrs[count] = arena_alloc(arena, javascript_size())) != NULL) {
        ++count;
        if (below(10) < 4) {
            size_t i = below((uint32_t)count);
            arena_free(arena, ptrs[i]);
            ptrs[i] = ptrs[--count];
        }
    }
    return (double)arena_used(arena) / (double)size;
}

static void test_utilisation(void) {
    static const size_t sizes[] = {96 * KIB, 256 * KIB, MIB, 4 * MIB};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); ++i) {
        double sum = 0;
        double least = 1;
        for (uint64_t number = 1; number <= 50; ++number) {
            double share = utilisation(number, sizes[i]);
            sum += share / 50;
            least = share < least ? share : least;
        }
        printf(
            "    %zu bytes: %.1f %% used at the first failure, at least %.1f %%\n", sizes[i], 100 * sum, 100 * least);
        CHECK(sum >= 0.97);
        // One allocation of the mix alone can be 2 % of the smallest arena.
        CHECK(least >= 0.97 - 2000.0 / (double)sizes[i]);
    }
}

// arena_check has to see damage, or the tests that rely on it prove nothing.
static void test_check_sees_damage(void) {
    arena_t *arena = arena_init(block, 64 * KIB);
    uint32_t *low = arena_alloc(arena, 100);
    uint32_t *hole = arena_alloc(arena, 100);
    uint32_t *high = arena_alloc(arena, 100);
    arena_free(arena, hole);
    CHECK(arena_check(arena));
    uint32_t *words[] = {low - 1, hole - 1, high - 1, hole, hole + 1, high - 2};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
        for (int bit = 0; bit < 32; ++bit) {
            // The lowest 3 bits of a header are flags, the third of which is not in use.
            if (i < 3 && bit == 2) {
                continue;
            }
            *words[i] ^= (uint32_t)1 << bit;
            CHECK(!arena_check(arena));
            *words[i] ^= (uint32_t)1 << bit;
        }
    }
    CHECK(arena_check(arena));
}
#endif

#define RUN(test)                                                                                                      \
    do {                                                                                                               \
        puts(#test);                                                                                                   \
        fflush(stdout);                                                                                                \
        test();                                                                                                        \
    } while (0)

int main(void) {
    RUN(test_init_sizes);
    RUN(test_control_structure_is_small);
    RUN(test_alignment_and_usable_size);
    RUN(test_zero_and_null);
    RUN(test_impossible_sizes);
    RUN(test_limit_from_both_sides);
    RUN(test_limit_of_growth);
    RUN(test_peak);
    RUN(test_realloc_in_place);
    RUN(test_smallest_shrink);
    RUN(test_realloc_moves);
    RUN(test_neighbours_join_in_every_order);
    RUN(test_exhaustion_then_free_all);
    RUN(test_image);
    RUN(test_images_of_two_states_share_a_block);
    RUN(test_image_stays_short);
    RUN(test_extent_and_erase);
    RUN(test_erase_after_restores);
    RUN(test_restore_over_garbage);
    RUN(test_seal);
    RUN(test_parked_is_as_never_parked);
    RUN(test_delta_of_nothing_is_empty);
    RUN(test_delta_of_large_arena);
    RUN(test_delta_at_the_bounds_of_runs);
    RUN(test_delta_leaves_free_memory_out);
    RUN(test_delta_leaves_zeros_out);
    RUN(test_too_few_pieces);
    RUN(test_kill_at_any_instruction);
#if !ARENA_POISON
    RUN(test_utilisation);
    RUN(test_check_sees_damage);
#endif
    return 0;
}

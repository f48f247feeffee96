// Times the arena allocator: allocation against the C library's, a restore against a bare memcpy of the same bytes.
// bench/arena.py builds and runs it.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/arena_delta.h"

#define LIVE (8192)
#define STEPS (1 << 16)
#define ROUNDS (20)
#define COPIES (2000)

static _Alignas(ARENA_ALIGN) unsigned char block[4 * 1024 * 1024];
static unsigned char image[1024 * 1024];
static unsigned char copy[sizeof(image)];
static uint16_t slots[STEPS];
static uint16_t sizes[STEPS];
static void *live[LIVE];

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void *from_arena(size_t size) {
    return arena_alloc((arena_t *)block, size);
}

static void to_arena(void *ptr) {
    arena_free((arena_t *)block, ptr);
}

// A free and an allocation of a random live block; the fastest round, in ns for the pair.
static double time_pair(void *(*allocate)(size_t), void (*release)(void *)) {
    for (int i = 0; i < LIVE; ++i) {
        live[i] = allocate(sizes[i]);
    }
    double best = 1e9;
    for (int round = 0; round < ROUNDS; ++round) {
        double start = now_ns();
        for (int i = 0; i < STEPS; ++i) {
            release(live[slots[i]]);
            live[slots[i]] = allocate(sizes[i]);
        }
        double each = (now_ns() - start) / STEPS;
        best = each < best ? each : best;
    }
    for (int i = 0; i < LIVE; ++i) {
        release(live[i]);
    }
    return best;
}

// Fastest of COPIES, so that other work on the machine does not count.
static double time_copy(size_t size, bool restore) {
    double best = 1e9;
    for (int i = 0; i < COPIES; ++i) {
        double start = now_ns();
        if (restore) {
            arena_restore((arena_t *)block, image, size);
        } else {
            memcpy(copy, image, size);
            __asm__ volatile("" : : "r"(copy) : "memory");
        }
        double each = now_ns() - start;
        best = each < best ? each : best;
    }
    return best;
}

static void *piece_alloc(void *opaque, size_t size) {
    (void)opaque;
    return malloc(size);
}

static void piece_free(void *opaque, void *piece, size_t size) {
    (void)opaque;
    (void)size;
    free(piece);
}

static const arena_pieces_t pieces = {1024, piece_alloc, piece_free, NULL};

// What a handler that waits has changed: some counts of references here and there, and objects of its own.
static void change(arena_t *arena) {
    uint32_t *words = (uint32_t *)arena;
    size_t count = arena_image_size(arena) / sizeof(*words);
    for (int i = 0; i < 60; ++i) {
        words[(count - 2000) / 60 * (size_t)i + 1000]++;
    }
    for (int i = 0; i < 30; ++i) {
        memset(arena_alloc(arena, 64), i, 64);
    }
}

// The fastest of COPIES: taking the delta; and restoring the image, applying the delta and giving it back.
static void time_delta(size_t size) {
    arena_t *arena = (arena_t *)block;
    double take = 1e9;
    double resume = 1e9;
    arena_delta_t delta = {NULL, 0};
    arena_restore(arena, image, size);
    change(arena);
    size_t used = 0;
    for (int i = 0; i < COPIES; ++i) {
        double start = now_ns();
        if (!arena_delta_take(arena, image, size, &pieces, &delta)) {
            exit(1);
        }
        double taken = now_ns();
        used = delta.bytes;
        arena_restore(arena, image, size);
        arena_delta_apply(arena, &delta);
        arena_delta_free(&delta, &pieces);
        double resumed = now_ns();
        take = taken - start < take ? taken - start : take;
        resume = resumed - taken < resume ? resumed - taken : resume;
    }
    printf("park    %7zu B   %6.0f ns in %zu B   resume    %6.0f ns\n", size, take, used, resume);
}

int main(void) {
    srand(1);
    for (int i = 0; i < STEPS; ++i) {
        slots[i] = (uint16_t)(rand() % LIVE);
        sizes[i] = (uint16_t)(16 + (rand() % 16 == 0 ? rand() % 2000 : rand() % 112));
    }
    arena_init(block, sizeof(block));
    printf("free and allocate   arena %6.1f ns   C library %6.1f ns\n", time_pair(from_arena, to_arena),
        time_pair(malloc, free));
    static const size_t kib[] = {60, 100, 200, 800};
    for (size_t i = 0; i < sizeof(kib) / sizeof(kib[0]); ++i) {
        arena_t *arena = arena_init(block, sizeof(block));
        for (int step = 0; arena_image_size(arena) < kib[i] * 1024; ++step) {
            memset(arena_alloc(arena, sizes[step]), 0xFF, sizes[step]);
        }
        arena_seal(arena);
        size_t size = arena_image_size(arena);
        arena_save(arena, image);
        double bare = time_copy(size, false);
        printf("restore %7zu B   arena %6.0f ns   memcpy    %6.0f ns\n", size, time_copy(size, true), bare);
        time_delta(size);
    }
    return 0;
}

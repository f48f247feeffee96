// What an arena's user has changed since the arena was restored from an image, kept outside the arena. So a user that
// waits leaves the arena to others: its delta is taken, and applied when the image has been restored again.
//
// A delta is a stream of runs of changed words, in pieces of one size, so that a fragmented heap can hold it.

#ifndef EDGELET_ARENA_DELTA_H
#define EDGELET_ARENA_DELTA_H

#include "engine/arena.h"

typedef struct _arena_piece_t {
    struct _arena_piece_t *next; // at the start, where a garbage collector finds it
    uint32_t words;              // of `data` in use
    uint32_t data[];
} arena_piece_t;

// Where pieces come from.
typedef struct _arena_pieces_t {
    size_t size; // bytes of one, ARENA_PIECE_MIN at least
    // A piece, aligned to a pointer, or NULL when there is none any more.
    void *(*alloc)(void *opaque, size_t size);
    void (*free)(void *opaque, void *piece, size_t size);
    void *opaque;
} arena_pieces_t;

#define ARENA_PIECE_MIN (64)

typedef struct _arena_delta_t {
    arena_piece_t *first;
    size_t bytes; // of all pieces
} arena_delta_t;

// Takes the delta of an arena that was restored from `image`, which was sealed (arena_seal) and is aligned to 4 bytes.
// What is free is left out. False when there are not enough pieces: then none is kept. The arena can be used further
// on.
bool arena_delta_take(
    arena_t *arena, const void *image, size_t image_size, const arena_pieces_t *pieces, arena_delta_t *delta);

// Makes an arena that was just restored from the same image what it was when the delta was taken: every byte in use,
// free lists, peak and limit. The extent is not lowered.
void arena_delta_apply(arena_t *arena, const arena_delta_t *delta);

// Overwrites the pieces and gives them back; the delta is empty then.
void arena_delta_free(arena_delta_t *delta, const arena_pieces_t *pieces);

#endif // EDGELET_ARENA_DELTA_H

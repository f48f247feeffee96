// Pieces for arena_delta that are counted, and looked at when they come back. To be included where CHECK is defined.

#ifndef EDGELET_TESTS_ARENA_PIECES_H
#define EDGELET_TESTS_ARENA_PIECES_H

#include <stdlib.h>

#include "engine/arena_delta.h"

// How many are out, and how many more may be.
static size_t pieces_out;
static size_t pieces_left;

static void *piece_alloc(void *opaque, size_t size) {
    (void)opaque;
    if (pieces_left == 0) {
        return NULL;
    }
    --pieces_left;
    ++pieces_out;
    return malloc(size);
}

static void piece_free(void *opaque, void *piece, size_t size) {
    (void)opaque;
    for (size_t i = 0; i < size; ++i) {
        CHECK(((unsigned char *)piece)[i] == 0);
    }
    --pieces_out;
    free(piece);
}

#endif // EDGELET_TESTS_ARENA_PIECES_H

// See arena_delta.h. A run is a word, its high half the number of unchanged words before it and its low half that of
// its own words, which follow. Runs do not pass the end of a piece.

#include "engine/arena_delta.h"

#include <string.h>

#include "engine/arena_private.h"

#define WORD (sizeof(uint32_t))
#define COUNT_BITS (16)
#define COUNT_MAX (0xFFFFu)

typedef struct _delta_writer_t {
    const arena_pieces_t *pieces;
    arena_delta_t *delta;
    arena_piece_t *last;
    uint32_t room; // words that `last` can still take
    uint32_t at;   // of the arena's words: behind the last run
} delta_writer_t;

static bool delta_add_piece(delta_writer_t *writer) {
    const arena_pieces_t *pieces = writer->pieces;
    arena_piece_t *piece = pieces->alloc(pieces->opaque, pieces->size);
    if (piece == NULL) {
        return false;
    }
    piece->next = NULL;
    piece->words = 0;
    if (writer->last == NULL) {
        writer->delta->first = piece;
    } else {
        writer->last->next = piece;
    }
    writer->last = piece;
    writer->room = (uint32_t)((pieces->size - sizeof(arena_piece_t)) / WORD);
    writer->delta->bytes += pieces->size;
    return true;
}

// Most runs are a few words, for which a call of memcpy takes longer.
static inline void delta_copy(uint32_t *to, const uint32_t *from, uint32_t count) {
    if (count > 8) {
        memcpy(to, from, count * WORD);
        return;
    }
    for (uint32_t i = 0; i < count; ++i) {
        to[i] = from[i];
    }
}

// Writes the words [from, to) of the arena.
static bool delta_put(delta_writer_t *writer, const uint32_t *words, uint32_t from, uint32_t to) {
    while (from < to) {
        if (writer->room < 2 && !delta_add_piece(writer)) {
            return false;
        }
        uint32_t gap = from - writer->at;
        uint32_t count = to - from;
        if (gap > COUNT_MAX) {
            gap = COUNT_MAX;
            count = 0;
        }
        count = count < COUNT_MAX ? count : COUNT_MAX;
        count = count < writer->room - 1 ? count : writer->room - 1;
        uint32_t *data = writer->last->data + writer->last->words;
        data[0] = gap << COUNT_BITS | count;
        delta_copy(data + 1, words + from, count);
        writer->last->words += 1 + count;
        writer->room -= 1 + count;
        writer->at += gap + count;
        from += count;
    }
    return true;
}

// Words that are compared at once: with what the compiler knows of wide registers where there are any.
#if UINTPTR_MAX > UINT32_MAX
#define LINE (16)
typedef uint64_t delta_wide_t __attribute__((vector_size(16), aligned(4), may_alias));

static inline bool delta_same_line(const uint32_t *a, const uint32_t *b) {
    const delta_wide_t *x = (const delta_wide_t *)a, *y = (const delta_wide_t *)b;
    delta_wide_t differ = ((x[0] ^ y[0]) | (x[1] ^ y[1])) | ((x[2] ^ y[2]) | (x[3] ^ y[3]));
    return (differ[0] | differ[1]) == 0;
}
#else
#define LINE (4)

static inline bool delta_same_line(const uint32_t *a, const uint32_t *b) {
    return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3])) == 0;
}
#endif

// Writes the words that differ from the image's. One that is the same between two that are not costs no more than a
// run of its own would.
static bool delta_put_changes(delta_writer_t *writer, const uint32_t *words, const uint32_t *image, uint32_t count) {
    uint32_t from = 0;
    uint32_t to = 0;
    for (uint32_t line = 0; line < count; line += LINE) {
        uint32_t end = line + LINE;
        if (end > count) {
            end = count;
        } else if (delta_same_line(words + line, image + line)) {
            continue;
        }
        for (uint32_t i = line; i < end; ++i) {
            if (words[i] == image[i]) {
                continue;
            }
            if (i > to + 1) {
                if (!delta_put(writer, words, from, to)) {
                    return false;
                }
                from = i;
            }
            to = i + 1;
        }
    }
    return delta_put(writer, words, from, to);
}

// A free block's header and links, and the word at its end; what lies between means nothing.
#define FREE_HEAD (HEADER + 2 * WORD)
#define FREE_TAIL (WORD)

// Gives free memory before the image's end the image's bytes, so that it does not differ.
static void delta_forget_free(arena_t *arena, const uint8_t *image, uint32_t image_size) {
    for (uint32_t words = arena->bitmap_words; words != 0; words &= words - 1) {
        uint32_t word = (uint32_t)__builtin_ctz(words);
        for (uint32_t bits = arena->bitmap[word]; bits != 0; bits &= bits - 1) {
            uint32_t block = arena->lists[word * 32 + (uint32_t)__builtin_ctz(bits)];
            for (; block != 0; block = load(arena, NEXT_LINK(block))) {
                uint32_t size = block_size(arena, block);
                if (block < image_size && size > FREE_HEAD + FREE_TAIL) {
                    uint32_t from = block + FREE_HEAD;
                    memcpy(address(arena, from), image + from, size - FREE_HEAD - FREE_TAIL);
                }
            }
        }
    }
}

// Writes what lies behind the image, but the inside of free blocks.
static bool delta_put_beyond(delta_writer_t *writer, const arena_t *arena, uint32_t image_size) {
    const uint32_t *words = address(arena, 0);
    uint32_t from = image_size;
    uint32_t size;
    for (uint32_t block = image_size; block < arena->top; block += size) {
        uint32_t header = load(arena, block);
        size = header & ~FLAGS;
        if ((header & FREE) == 0 || size <= FREE_HEAD + FREE_TAIL + WORD) {
            continue;
        }
        if (!delta_put(writer, words, from / WORD, (block + FREE_HEAD) / WORD)) {
            return false;
        }
        from = block + size - FREE_TAIL;
    }
    return delta_put(writer, words, from / WORD, arena->top / WORD);
}

bool arena_delta_take(
    arena_t *arena, const void *image, size_t image_size, const arena_pieces_t *pieces, arena_delta_t *delta) {
    *delta = (arena_delta_t){NULL, 0};
    delta_writer_t writer = {.pieces = pieces, .delta = delta};
    UNPOISON(arena, arena->top);
    delta_forget_free(arena, image, (uint32_t)image_size);
    bool ok = delta_put_changes(&writer, address(arena, 0), image, (uint32_t)(image_size / WORD)) &&
              delta_put_beyond(&writer, arena, (uint32_t)image_size);
    arena_poison(arena);
    if (!ok) {
        arena_delta_free(delta, pieces);
    }
    return ok;
}

void arena_delta_apply(arena_t *arena, const arena_delta_t *delta) {
    uint32_t extent = arena->extent;
    uint32_t *to = address(arena, 0);
    UNPOISON(arena, arena->end + HEADER);
    for (const arena_piece_t *piece = delta->first; piece != NULL; piece = piece->next) {
        for (uint32_t i = 0; i < piece->words;) {
            uint32_t run = piece->data[i++];
            uint32_t count = run & COUNT_MAX;
            to += run >> COUNT_BITS;
            delta_copy(to, piece->data + i, count);
            to += count;
            i += count;
        }
    }
    arena->extent = arena->top > extent ? arena->top : extent;
    arena_poison(arena);
}

void arena_delta_free(arena_delta_t *delta, const arena_pieces_t *pieces) {
    arena_piece_t *next;
    for (arena_piece_t *piece = delta->first; piece != NULL; piece = next) {
        next = piece->next;
        memset(piece, 0, pieces->size);
        // Without it a compiler may leave the writes out, as the piece is given back next.
        __asm__ volatile("" : : "r"(piece) : "memory");
        pieces->free(pieces->opaque, piece, pieces->size);
    }
    *delta = (arena_delta_t){NULL, 0};
}

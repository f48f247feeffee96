// See arena_delta.h. A run is a word, its high half the number of unchanged words before it and its low half that of
// its own words, which follow. Of a sparse run, up to 32 words of which some are 0, those follow that are not, behind a
// word with a bit for each. Runs do not pass the end of a piece.

#include "engine/arena_delta.h"

#include <string.h>

#include "base_secret.h"
#include "engine/arena_private.h"

#define WORD (sizeof(uint32_t))
#define GAP_SHIFT (16)
#define GAP_MAX (0xFFFFu)
#define COUNT_MAX (0x7FFFu)
#define SPARSE (0x8000u)

// Where RAM is short, runs of at least so many words are written as sparse ones: of what a handler allocates, every
// third word is 0. Elsewhere time counts for more.
#if UINTPTR_MAX > UINT32_MAX
#define SPARSE_MIN (UINT32_MAX)
#else
#define SPARSE_MIN (8)
#endif

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

static inline uint32_t delta_least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

// Writes a sparse run of at most `count` words and `room` words of space, its first word but for the gap; returns how
// much space it takes.
static uint32_t delta_put_sparse(uint32_t *data, const uint32_t *words, uint32_t count, uint32_t room) {
    uint32_t mask = 0;
    uint32_t size = 2;
    uint32_t i;
    for (i = 0; i < delta_least(count, 32) && (words[i] == 0 || size < room); ++i) {
        if (words[i] != 0) {
            mask |= (uint32_t)1 << i;
            data[size++] = words[i];
        }
    }
    data[0] = SPARSE | i;
    data[1] = mask;
    return size;
}

// Reads what follows a sparse run's first word; returns how much that was.
static uint32_t delta_get_sparse(uint32_t *to, const uint32_t *data, uint32_t count) {
    uint32_t mask = data[0];
    uint32_t size = 1;
    for (uint32_t i = 0; i < count; ++i) {
        to[i] = (mask >> i & 1) != 0 ? data[size++] : 0;
    }
    return size;
}

// Writes a run of at most `count` words and `room` words of space, its first word but for the gap; returns how much
// space it takes.
static uint32_t delta_put_run(uint32_t *data, const uint32_t *words, uint32_t count, uint32_t room) {
    if (count >= SPARSE_MIN) {
        return delta_put_sparse(data, words, count, room);
    }
    data[0] = delta_least(delta_least(count, COUNT_MAX), room - 1);
    delta_copy(data + 1, words, data[0]);
    return 1 + data[0];
}

// Writes the words [from, to) of the arena.
static bool delta_put(delta_writer_t *writer, const uint32_t *words, uint32_t from, uint32_t to) {
    while (from < to) {
        if (writer->room < 3 && !delta_add_piece(writer)) {
            return false;
        }

        uint32_t *data = writer->last->data + writer->last->words;
        uint32_t gap = from - writer->at;
        uint32_t size = 1;
        data[0] = 0;
        if (gap > GAP_MAX) {
            gap = GAP_MAX;
        } else {
            size = delta_put_run(data, words + from, to - from, writer->room);
        }

        uint32_t count = data[0] & COUNT_MAX;
        data[0] |= gap << GAP_SHIFT;
        writer->last->words += size;
        writer->room -= size;
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
            for (; block != 0; block = arena_word(arena, NEXT_LINK(block))) {
                uint32_t size = block_size(arena, block);
                if (block < image_size && size > FREE_HEAD + FREE_TAIL) {
                    uint32_t from = block + FREE_HEAD;
                    memcpy(arena_address(arena, from), image + from, size - FREE_HEAD - FREE_TAIL);
                }
            }
        }
    }
}

// Writes what lies behind the image, but the inside of free blocks.
static bool delta_put_beyond(delta_writer_t *writer, const arena_t *arena, uint32_t image_size) {
    const uint32_t *words = arena_address(arena, 0);
    uint32_t from = image_size;
    uint32_t size;

    for (uint32_t block = image_size; block < arena->top; block += size) {
        uint32_t header = arena_word(arena, block);
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
    bool ok = delta_put_changes(&writer, arena_address(arena, 0), image, (uint32_t)(image_size / WORD)) &&
              delta_put_beyond(&writer, arena, (uint32_t)image_size);
    arena_poison(arena);
    if (!ok) {
        arena_delta_free(delta, pieces);
    }
    return ok;
}

void arena_delta_apply(arena_t *arena, const arena_delta_t *delta) {
    uint32_t extent = arena->extent;
    uint32_t *to = arena_address(arena, 0);
    UNPOISON(arena, arena->end + HEADER);

    for (const arena_piece_t *piece = delta->first; piece != NULL; piece = piece->next) {
        for (uint32_t i = 0; i < piece->words;) {
            uint32_t run = piece->data[i++];
            uint32_t count = run & COUNT_MAX;
            to += run >> GAP_SHIFT;
            if ((run & SPARSE) != 0) {
                i += delta_get_sparse(to, piece->data + i, count);
            } else {
                delta_copy(to, piece->data + i, count);
                i += count;
            }
            to += count;
        }
    }

    arena->extent = arena->top > extent ? arena->top : extent;
    arena_poison(arena);
}

void arena_delta_free(arena_delta_t *delta, const arena_pieces_t *pieces) {
    arena_piece_t *next;
    for (arena_piece_t *piece = delta->first; piece != NULL; piece = next) {
        next = piece->next;
        base_wipe(piece, pieces->size);
        pieces->free(pieces->opaque, piece, pieces->size);
    }
    *delta = (arena_delta_t){NULL, 0};
}

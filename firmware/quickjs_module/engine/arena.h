// A two-level segregated fit (TLSF) allocator over one contiguous block.
//
// All book-keeping lies inside the block, so that copying the used part of the
// block away and back again (arena_image_size) restores the allocator too, and
// blocks at the same addresses keep their meaning.
//
// Algorithm: M. Masmano, I. Ripoll, A. Crespo, J. Real, "TLSF: a new dynamic
// memory allocator for real-time systems", ECRTS 2004.
//
// Everything but arena_save, arena_restore, arena_erase, arena_check and the
// copying of arena_realloc takes constant time. Not thread-safe: one thread at
// a time per arena.
//
// An arena whose user was stopped at an arbitrary instruction, also one of this
// allocator, accepts arena_extent, arena_erase, arena_erase_below, arena_restore and
// arena_init and nothing else before one of the last two.
//
// ARENA_POISON=1 together with -fsanitize=address makes AddressSanitizer see
// the arena's blocks: free memory, headers and at least 16 bytes behind every
// allocation are poisoned.

#ifndef EDGELET_ARENA_H
#define EDGELET_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Alignment of every allocation, in bytes: the machine's word. 32-bit processors read and write 64-bit values as two
// words (also where the ABI aligns them to 8), and 8 would cost a twentieth of a small arena. AddressSanitizer's
// granule is 8.
#if ARENA_POISON
#define ARENA_ALIGN (8)
#else
#define ARENA_ALIGN (sizeof(void *))
#endif

// The arena's control structure, at the very start of the block.
typedef struct _arena_t arena_t;

// Bytes that the control structure takes of a block of `size` bytes.
size_t arena_overhead(size_t size);

// Makes an arena of `size` bytes at `block` (aligned to ARENA_ALIGN).
// Returns NULL when size is too small to hold one allocation or above 1 GiB.
arena_t *arena_init(void *block, size_t size);

// Returns NULL when nothing fits, or when `limit` (arena_set_limit) would be passed.
// size 0 gets the smallest block.
void *arena_alloc(arena_t *arena, size_t size);
// As realloc: the content moves along, NULL leaves the old block as it was. ptr NULL is arena_alloc,
// size 0 keeps a smallest block (it frees nothing).
void *arena_realloc(arena_t *arena, void *ptr, size_t size);
// ptr NULL is ignored.
void arena_free(arena_t *arena, void *ptr);
// Bytes usable at ptr, at least what was asked for. In sanitizer builds exactly what was asked for.
size_t arena_usable_size(const void *ptr);

// Bytes in allocated blocks, their headers included; and its highest value since arena_reset_peak.
size_t arena_used(const arena_t *arena);
size_t arena_peak(const arena_t *arena);
void arena_reset_peak(arena_t *arena);
// Upper bound of arena_used; 0 is none. The limit is part of the control structure and so of an image.
void arena_set_limit(arena_t *arena, size_t bytes);

// Ends what an image is to hold with a block that nobody frees: what is allocated afterwards begins behind it and never
// becomes one with what lies before it. False when nothing fits any more.
bool arena_seal(arena_t *arena);
// Bytes from the block's start that hold everything in use: copying these away and
// back into the same block (arena_restore) restores the arena.
size_t arena_image_size(const arena_t *arena);
// Copies the image of arena_image_size bytes to `to`.
void arena_save(const arena_t *arena, void *to);
// Whether bytes, at any address, can be an image of an arena of `size` bytes: by what the control structure says of its
// own place, not by what its lists hold.
bool arena_is_image(const void *image, size_t image_size, size_t size);
// The image where it lies, to be read. Only arena_erase, arena_restore and arena_init may follow.
const void *arena_image(const arena_t *arena);
// Copies `image_size` bytes from `image`, taken in an arena of the same size, into the block. What lies beyond them
// becomes free.
void arena_restore(arena_t *arena, const void *image, size_t image_size);
// The same with a way to copy of memcpy's kind: afterwards the block begins with those bytes.
typedef void *arena_copy_t(void *block, const void *image, size_t image_size);
void arena_restore_by(arena_copy_t *copy, arena_t *arena, const void *image, size_t image_size);

// Highest address (exclusive, as an offset into the block) that was ever in use since the last arena_erase or
// arena_init: what must be overwritten to leave no trace of a user. Restores do not lower it, since what they leave
// behind the image is still there. Nothing was written at or above it.
size_t arena_extent(const arena_t *arena);
// Overwrites the block up to arena_extent with zeros, its control structure included: only arena_restore and arena_init
// may follow, or giving the block back.
void arena_erase(arena_t *arena);
// As arena_erase, where the block holds nothing but zeros from its byte `end` on.
void arena_erase_below(arena_t *arena, size_t end);

// Walks the arena and checks every invariant of the structure. True when sound. For tests.
bool arena_check(const arena_t *arena);

#endif // EDGELET_ARENA_H

// Fuzz test of firmware/quickjs_module/engine/arena.c against a model: which bytes belong to which allocation, and what
// each of them holds. Input bytes are read as operations.
//
//     arena_fuzz SEED RUNS    runs RUNS inputs of pseudo-random bytes from SEED on; each is one seed, named on failure
//
// With -fsanitize=fuzzer -DARENA_LIBFUZZER=1 the same inputs come from libFuzzer.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/arena_delta.h"

#define UNIT (ARENA_ALIGN)
#define UNITS_MAX (4096)
#define SLOTS (192)
#define IMAGES (3)
#define PARKED (4)
// The owner of units that hold a seal.
#define SEAL (255)
#define HEADER (4)
#define MIN_BLOCK (16)
#if ARENA_POISON
#define RED_ZONE (20)
#else
#define RED_ZONE (0)
#endif

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            printf("%s:%d: %s: not so: %s\n", __FILE__, __LINE__, __func__, #condition);                               \
            fflush(stdout);                                                                                            \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#include "arena_pieces.h"

typedef struct _slot_t {
    unsigned char *ptr;
    size_t size;
    unsigned char pattern;
} slot_t;

// All that the model knows of an arena's state.
typedef struct _state_t {
    slot_t slots[SLOTS];
    // For each unit of the block, from the first header on: slot number + 1, SEAL, or 0.
    unsigned char owners[UNITS_MAX];
    size_t used;
    size_t sealed; // bytes of `used` in seals
    size_t limit;
    // The image that the arena was saved to or restored from, if that is sealed and has not changed since.
    const struct _image_t *image;
    unsigned int version;
} state_t;

typedef struct _image_t {
    state_t state;
    size_t size;
    unsigned int version;
    _Alignas(ARENA_ALIGN) unsigned char bytes[UNITS_MAX * UNIT];
} image_t;

typedef struct _parked_t {
    arena_pieces_t pieces;
    arena_delta_t delta;
    state_t state;
} parked_t;

static _Alignas(ARENA_ALIGN) unsigned char block[UNITS_MAX * UNIT];
static size_t block_size;
static arena_t *arena;
static state_t model;
static image_t images[IMAGES];
static parked_t parked[PARKED];
static size_t highest;

typedef struct _input_t {
    const uint8_t *data;
    size_t size;
} input_t;

static unsigned int take(input_t *input, unsigned int bytes) {
    unsigned int value = 0;
    while (bytes-- != 0) {
        value = value << 8 | (input->size != 0 ? *input->data : 0);
        if (input->size != 0) {
            ++input->data;
            --input->size;
        }
    }
    return value;
}

// Mostly small, as a JavaScript heap; sometimes up to more than the block holds; rarely absurd.
static size_t take_size(input_t *input) {
    unsigned int kind = take(input, 1);
    if (kind < 160) {
        return kind;
    } else if (kind < 230) {
        return take(input, 2) % 1024;
    } else if (kind < 254) {
        return take(input, 2) % (UNITS_MAX * UNIT + 100);
    }
    return SIZE_MAX - take(input, 1);
}

// Bytes that a block for `size` takes at least.
static size_t block_bytes(size_t size) {
    size_t bytes = (size + HEADER + RED_ZONE + UNIT - 1) / UNIT * UNIT;
    return bytes < MIN_BLOCK ? MIN_BLOCK : bytes;
}

// Bytes that a block in use takes; sanitizer builds tell only what it takes at least.
static size_t slot_bytes(const slot_t *slot) {
#if ARENA_POISON
    return block_bytes(slot->size);
#else
    return arena_usable_size(slot->ptr) + HEADER;
#endif
}

static void write_pattern(slot_t *slot) {
    for (size_t i = 0; i < slot->size; ++i) {
        slot->ptr[i] = (unsigned char)(slot->pattern + i);
    }
}

static void check_pattern(const slot_t *slot, size_t size) {
    for (size_t i = 0; i < size; ++i) {
        CHECK(slot->ptr[i] == (unsigned char)(slot->pattern + i));
    }
}

// Sets the owner of a block's units. Each of them must have been `expected`.
static void own(const slot_t *slot, size_t bytes, unsigned char expected, unsigned char owner) {
    size_t first = (size_t)(slot->ptr - block) / UNIT;
    for (size_t unit = first; unit < first + bytes / UNIT; ++unit) {
        CHECK(unit * UNIT < block_size && model.owners[unit] == expected);
        model.owners[unit] = owner;
    }
}

static void add(unsigned int number, unsigned char *ptr, size_t size, unsigned char pattern) {
    slot_t *slot = &model.slots[number];
    *slot = (slot_t){ptr, size, pattern};
    CHECK((uintptr_t)ptr % ARENA_ALIGN == 0);
    size_t bytes = slot_bytes(slot);
    CHECK(arena_usable_size(ptr) >= size);
    // A rest too small for a block of its own stays with the block.
    CHECK(bytes >= block_bytes(size) && bytes < block_bytes(size) + MIN_BLOCK);
    own(slot, bytes, 0, (unsigned char)(number + 1));
    model.used += bytes;
    size_t end = (size_t)(ptr - block) + size;
    highest = end > highest ? end : highest;
    CHECK(arena_extent(arena) >= highest && arena_extent(arena) <= block_size);
}

static void drop(unsigned int number) {
    slot_t *slot = &model.slots[number];
    size_t bytes = slot_bytes(slot);
    own(slot, bytes, (unsigned char)(number + 1), 0);
    model.used -= bytes;
    slot->ptr = NULL;
}

// Whether an allocation may fail: the limit, or no free run of units that a good fit must have found. TLSF looks for
// the next larger class, so a run up to 1/16 larger than wanted may be missed.
static bool may_fail(size_t size) {
    size_t bytes = block_bytes(size);
    if (size > block_size || (model.limit != 0 && model.used + bytes + MIN_BLOCK - UNIT > model.limit)) {
        return true;
    }
#if ARENA_POISON
    return true;
#else
    size_t enough = (bytes + bytes / 16) / UNIT + 1;
    size_t run = 0;
    for (size_t unit = arena_overhead(block_size) / UNIT; unit < block_size / UNIT; ++unit) {
        run = model.owners[unit] == 0 ? run + 1 : 0;
        if (run > enough) {
            return false;
        }
    }
    return true;
#endif
}

static void allocate(input_t *input, unsigned int number) {
    size_t size = take_size(input);
    unsigned char *ptr = arena_alloc(arena, size);
    if (ptr == NULL) {
        CHECK(may_fail(size));
        return;
    }
    add(number, ptr, size, (unsigned char)(number ^ size));
    write_pattern(&model.slots[number]);
}

static void reallocate(input_t *input, unsigned int number) {
    slot_t old = model.slots[number];
    size_t size = take_size(input);
    size_t old_bytes = slot_bytes(&old);
    // Before the call: afterwards the old block's header can be anything.
    drop(number);
    unsigned char *ptr = arena_realloc(arena, old.ptr, size);
    if (ptr == NULL) {
        model.slots[number] = old;
        own(&old, old_bytes, 0, (unsigned char)(number + 1));
        model.used += old_bytes;
        CHECK(size > old.size && may_fail(size));
        check_pattern(&old, old.size);
        return;
    }
    add(number, ptr, size, old.pattern);
    check_pattern(&model.slots[number], old.size < size ? old.size : size);
    write_pattern(&model.slots[number]);
}

static void release(unsigned int number) {
    slot_t slot = model.slots[number];
    check_pattern(&slot, slot.size);
    drop(number);
    arena_free(arena, slot.ptr);
}

static void check_all(void) {
    CHECK(arena_check(arena));
    size_t end = 0;
    for (unsigned int number = 0; number < SLOTS; ++number) {
        const slot_t *slot = &model.slots[number];
        if (slot->ptr != NULL) {
            check_pattern(slot, slot->size);
            size_t slot_end = (size_t)(slot->ptr - block) + arena_usable_size(slot->ptr);
            end = slot_end > end ? slot_end : end;
        }
    }
    CHECK(arena_image_size(arena) >= end && arena_image_size(arena) <= arena_extent(arena));
#if ARENA_POISON
    CHECK(arena_used(arena) >= model.used);
#else
    CHECK(arena_used(arena) == model.used);
    CHECK(arena_image_size(arena) == end || model.sealed != 0 || model.used == 0);
#endif
    CHECK(arena_peak(arena) >= arena_used(arena));
}

static void set_limit(input_t *input) {
    model.limit = take(input, 2) % (2 * block_size);
    arena_set_limit(arena, model.limit);
}

static bool seal(void) {
    size_t from = arena_image_size(arena);
    size_t used = arena_used(arena);
    if (!arena_seal(arena)) {
        CHECK(arena_image_size(arena) == from);
        return false;
    }
    size_t size = arena_image_size(arena) - from;
    CHECK(arena_used(arena) == used + size && size < 3 * MIN_BLOCK);
    slot_t block_of_seal = {block + from + HEADER, 0, 0};
    own(&block_of_seal, size, 0, SEAL);
    model.used += size;
    model.sealed += size;
    highest = from + size > highest ? from + size : highest;
    return true;
}

static void save(unsigned int number) {
    image_t *image = &images[number % IMAGES];
    bool sealed = number / IMAGES % 2 != 0 && seal();
    model.image = sealed ? image : NULL;
    model.version = ++image->version;
    image->state = model;
    image->size = arena_image_size(arena);
    arena_save(arena, image->bytes);
    check_all();
}

// Erasing before it must not matter.
static void restore(unsigned int number) {
    const image_t *image = &images[number % IMAGES];
    if (image->size == 0) {
        return;
    }
    if (number % 2 != 0) {
        arena_erase(arena);
        highest = 0;
    }
    arena_restore(arena, image->bytes, image->size);
    model = image->state;
    highest = image->size > highest ? image->size : highest;
    CHECK(arena_extent(arena) >= highest && arena_extent(arena) <= block_size);
    check_all();
}

static bool has_image(const state_t *state) {
    return state->image != NULL && state->image->version == state->version;
}

// Sometimes the pieces do not suffice, and nothing must have happened.
static void park(unsigned int number) {
    parked_t *p = &parked[number % PARKED];
    if (!has_image(&model) || p->delta.first != NULL) {
        return;
    }
    p->pieces = (arena_pieces_t){ARENA_PIECE_MIN + number / PARKED % 8 * 4, piece_alloc, piece_free, NULL};
    pieces_left = number % 3 == 0 ? number / 3 : SIZE_MAX;
    size_t out = pieces_out;
    bool ok = arena_delta_take(arena, model.image->bytes, model.image->size, &p->pieces, &p->delta);
    CHECK(ok || pieces_left == 0);
    CHECK(p->delta.bytes == (pieces_out - out) * p->pieces.size);
    p->state = model;
    check_all();
}

static void unpark(unsigned int number, bool resume) {
    parked_t *p = &parked[number % PARKED];
    if (p->delta.first == NULL) {
        return;
    }
    if (resume && has_image(&p->state)) {
        if (number % 2 != 0) {
            arena_erase(arena);
            highest = 0;
        }
        arena_restore(arena, p->state.image->bytes, p->state.image->size);
        arena_delta_apply(arena, &p->delta);
        model = p->state;
        highest = arena_image_size(arena) > highest ? arena_image_size(arena) : highest;
        CHECK(arena_extent(arena) >= highest && arena_extent(arena) <= block_size);
        check_all();
    }
    arena_delta_free(&p->delta, &p->pieces);
    CHECK(p->delta.first == NULL && p->delta.bytes == 0);
}

static void step(input_t *input) {
    unsigned int operation = take(input, 1);
    unsigned int number = take(input, 1);
    unsigned int slot = number % SLOTS;
    if (operation < 240 && model.slots[slot].ptr == NULL) {
        allocate(input, slot);
    } else if (operation < 140) {
        release(slot);
    } else if (operation < 240) {
        reallocate(input, slot);
    } else if (operation < 242) {
        save(number);
    } else if (operation < 244) {
        restore(number);
    } else if (operation < 247) {
        park(number);
    } else if (operation < 250) {
        unpark(number, number % 16 != 0);
    } else if (operation < 251) {
        set_limit(input);
    } else if (operation < 252) {
        arena_reset_peak(arena);
        CHECK(arena_peak(arena) == arena_used(arena));
    } else {
        check_all();
    }
}

static void free_all(void) {
    for (unsigned int number = 0; number < SLOTS; ++number) {
        if (model.slots[number].ptr != NULL) {
            release(number);
        }
    }
    for (unsigned int number = 0; number < PARKED; ++number) {
        unpark(number, false);
    }
    check_all();
    CHECK(pieces_out == 0 && arena_used(arena) == model.sealed);
    CHECK(model.sealed != 0 || arena_image_size(arena) <= arena_overhead(block_size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input_t input = {data, size};
    memset(&model, 0, sizeof(model));
    for (unsigned int number = 0; number < IMAGES; ++number) {
        images[number].size = 0;
    }
    block_size = 1024 + take(&input, 2) % (sizeof(block) - 1024 + 1);
    arena = arena_init(block, block_size);
    CHECK(arena != NULL);
    highest = 0;
    while (input.size != 0) {
        step(&input);
    }
    check_all();
    free_all();
    return 0;
}

#if !ARENA_LIBFUZZER
// The input of one seed: splitmix64's numbers.
static void generate(uint64_t seed, uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; ++i) {
        uint64_t number = seed * size + i;
        number = (number + 1) * 0x9E3779B97F4A7C15u;
        number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9u;
        number = (number ^ number >> 27) * 0x94D049BB133111EBu;
        data[i] = (uint8_t)(number >> 56);
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: arena_fuzz SEED RUNS\n");
        return 2;
    }
    uint64_t first = strtoull(argv[1], NULL, 10);
    uint64_t runs = strtoull(argv[2], NULL, 10);
    static uint8_t data[16 * 1024];
    for (uint64_t seed = first; seed < first + runs; ++seed) {
        // Last before an abort, so that it names what to run again.
        printf("seed %llu\n", (unsigned long long)seed);
        fflush(stdout);
        generate(seed, data, sizeof(data));
        LLVMFuzzerTestOneInput(data, sizeof(data) >> (seed % 6));
    }
    return 0;
}
#endif

// See images.h.

#include "images.h"

#include <string.h>

#include "engine/arena.h"
#include "port/port.h"

static arena_t *image_arena(void) {
    static arena_t *images;
    if (images == NULL) {
        size_t len;
        void *memory = qemu_image_memory(&len);
        images = arena_init(memory, len);
    }
    return images;
}

void *port_image_alloc(size_t size) {
    void *block = arena_alloc(image_arena(), size);
    if (block != NULL) {
        memset(block, 0, size);
    }
    return block;
}

void port_image_free(void *block, size_t size) {
    (void)size;
    arena_free(image_arena(), block);
}

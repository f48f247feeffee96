// Makes the one mistake that its argument names, in an arena of a sanitizer build. The sanitizer has to stop it:
// returning is a failure, but for "none".

#include <stdio.h>
#include <string.h>

#include "engine/arena.h"

static _Alignas(ARENA_ALIGN) unsigned char block[16 * 1024];
static unsigned char image[sizeof(block)];

int main(int argc, char **argv) {
    if (argc != 2) {
        return 2;
    }
    const char *mistake = argv[1];
    unsigned int read = 0;
    arena_t *arena = arena_init(block, sizeof(block));
    volatile unsigned char *low = arena_alloc(arena, 100);
    volatile unsigned char *ptr = arena_alloc(arena, 101);
    volatile unsigned char *freed = arena_alloc(arena, 50);
    volatile unsigned char *high = arena_alloc(arena, 30);
    size_t image_size = arena_image_size(arena);
    arena_free(arena, (void *)freed);
    if (strncmp(mistake, "restored-", 9) == 0) {
        mistake += 9;
        arena_save(arena, image);
        arena_erase(arena);
        arena_restore(arena, image, image_size);
    } else if (strncmp(mistake, "saved-", 6) == 0) {
        mistake += 6;
        arena_save(arena, image);
    }
    memset((void *)low, 1, 100);
    memset((void *)ptr, 1, 101);
    memset((void *)high, 1, 30);
    if (strcmp(mistake, "overflow-by-one") == 0) {
        ptr[101] = 1;
    } else if (strcmp(mistake, "overflow-far") == 0) {
        ptr[101 + 15] = 1;
    } else if (strcmp(mistake, "underflow") == 0) {
        ptr[-1] = 1;
    } else if (strcmp(mistake, "read-behind-shrunk") == 0) {
        ptr = arena_realloc(arena, (void *)ptr, 40);
        read = ptr[40];
    } else if (strcmp(mistake, "read-far-behind-shrunk") == 0) {
        ptr = arena_realloc(arena, (void *)ptr, 40);
        read = ptr[100];
    } else if (strcmp(mistake, "use-after-free") == 0) {
        read = freed[0];
    } else if (strcmp(mistake, "use-after-move") == 0) {
        arena_realloc(arena, (void *)low, 1000);
        read = low[99];
    } else if (strcmp(mistake, "double-free") == 0) {
        arena_free(arena, (void *)freed);
    } else if (strcmp(mistake, "realloc-after-free") == 0) {
        arena_realloc(arena, (void *)freed, 200);
    } else if (strcmp(mistake, "beyond-top") == 0) {
        block[arena_image_size(arena) + 100] = 1;
    } else if (strcmp(mistake, "none") != 0) {
        return 2;
    }
    printf("returned%s\n", read == 1 ? " after a read" : "");
    return 0;
}

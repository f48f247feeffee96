// port_unix_pages.c without MicroPython and engine: whatever is written, by whom, an image is whole again. Ends with
// status 0, or says which check failed. "untracked" on standard output: this kernel does not tell what was written.

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "port/port.h"

#define PAGE (4096)
#define ARENA ((size_t)4 << 20)
#define IMAGES (3)
#define ROUNDS (3000)
// Copies after which every image that stays is tracked, however much of it was written before.
#define COPIES (80)

static uint8_t *arena;
static uint8_t *images[IMAGES];
// Two of one size; not all end with a page.
static const size_t sizes[IMAGES] = {1200000, 1200000, (size_t)3 << 20};
static uint32_t state;

static uint32_t pick(uint32_t below) {
    state = state * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)state * below) >> 32);
}

static void check_whole(int image) {
    CHECK(memcmp(arena, images[image], sizes[image]) == 0);
}

static void write_pages(unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        size_t at = (size_t)pick(ARENA / PAGE) * PAGE + pick(PAGE);
        arena[at] ^= (uint8_t)(1 + pick(255));
    }
}

// The kernel writes for the process.
static void write_by_read(void) {
    int file = open("/dev/urandom", O_RDONLY);
    CHECK(read(file, arena + (size_t)pick(ARENA / PAGE - 4) * PAGE + 100, 3 * PAGE) == 3 * PAGE);
    close(file);
}

// What another process does to its copy changes nothing, and that one's images are whole, too.
static void write_in_a_child(int image) {
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        for (int i = 0; i < COPIES; i++) {
            write_pages(5);
            port_arena_copy_again(arena, images[image], sizes[image]);
            check_whole(image);
        }
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

static void write_somehow(int image, int round) {
    uint32_t how = pick(100);
    if (round % 500 == 499) {
        write_in_a_child(image);
    } else if (how < 80) {
        write_pages(pick(12));
    } else if (how < 85) {
        write_by_read();
    } else if (how < 86) {
        memset(arena, (int)pick(256), ARENA);
    }
}

// Whether pages that nobody wrote are left as they are: what was changed in the image does not come along then.
static bool is_tracked(int image) {
    for (int i = 0; i < COPIES; i++) {
        port_arena_copy_again(arena, images[image], sizes[image]);
    }
    for (size_t i = 0; i < 7; i++) {
        arena[i * 9 * PAGE]++;
    }
    size_t unwritten = 100 * PAGE + 17;
    images[image][unwritten]++;
    port_arena_copy_again(arena, images[image], sizes[image]);
    bool is_left = arena[unwritten] != images[image][unwritten];
    images[image][unwritten]--;
    arena[unwritten] = images[image][unwritten];
    check_whole(image);
    return is_left;
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    state = (uint32_t)strtoul(argv[1], NULL, 10);
    arena = port_arena_alloc(ARENA);
    CHECK(arena != NULL);
    for (int i = 0; i < IMAGES; i++) {
        images[i] = port_image_alloc(sizes[i]);
        CHECK(images[i] != NULL);
        for (size_t j = 0; j < sizes[i]; j++) {
            images[i][j] = (uint8_t)pick(256);
        }
    }

    int image = 0;
    port_arena_copy(arena, images[image], sizes[image]);
    for (int round = 0; round < ROUNDS; round++) {
        write_somehow(image, round);
        if (pick(40) == 0) {
            image = (int)pick(IMAGES);
            port_arena_copy(arena, images[image], sizes[image]);
        } else {
            port_arena_copy_again(arena, images[image], sizes[image]);
        }
        check_whole(image);
    }

    // An image that was changed where it lies is another one, once the arena was somebody else's.
    images[image][5 * PAGE]++;
    port_arena_untrack(arena);
    port_arena_copy_again(arena, images[image], sizes[image]);
    check_whole(image);
    puts(is_tracked(image) ? "tracked" : "untracked");
    port_arena_free(arena, ARENA);
    return 0;
}

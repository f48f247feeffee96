// Linux: an arena's image is brought back by copying the pages that were written since. See port_arena_copy_again.
//
// The kernel notes the first write to each page that userfaultfd has write-protected (UFFD_FEATURE_WP_ASYNC), and
// PAGEMAP_SCAN tells which they are: both since Linux 6.7 (Documentation/admin-guide/mm/pagemap.rst). Before 6.9 a page
// that is swapped out may be told wrongly ("fix uffd-wp confusion in pagemap_scan_pmd_entry"). On an older kernel, or
// where a container forbids it, images are copied whole.

#if defined(__linux__)

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "port/port.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/userfaultfd.h>

#define PAGE ((size_t)4096)
// A smaller image is copied whole sooner than its pages are asked for (bench/restore.c).
#define TRACKED_MIN ((size_t)384 << 10)
// Of how many of an image's pages at most one may be written: beyond, the faults cost what the copy does.
#define WRITTEN_PART (10)
// How many times an image is copied whole after too much of it was written, and before it is tracked at all: to begin
// costs as much as several copies.
#define PLAIN_COPIES (63)
#define UNTRACKED_COPIES (8)
#define REGIONS (64)

// The kernel's interface, which a C library's headers may be older than.
#define WP_UNPOPULATED (1ULL << 13)
#define WP_ASYNC (1ULL << 15)
#define USER_MODE_ONLY (1)
#define PAGE_WRITTEN (1ULL << 1)
#define PROTECT_MATCHING (1ULL << 0)

struct pages_region {
    uint64_t start, end, categories;
};

struct pages_scan {
    uint64_t size, flags, start, end, walk_end, regions, region_count, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define SCAN _IOWR('f', 16, struct pages_scan)

// Of this process: another one's speak of its memory.
static bool pages_tried;
static int pages_faults = -1;
static int pages_map = -1;
// The block that the kernel watches, and how much of it is an image whose pages are write-protected since it was
// copied.
static uint8_t *pages_block;
static size_t pages_protected;
static const void *pages_image;
// Images to be copied whole before the next one is tracked.
static unsigned pages_plain;

static void pages_close(void) {
    if (pages_faults >= 0) {
        close(pages_faults);
    }
    if (pages_map >= 0) {
        close(pages_map);
    }
    pages_faults = pages_map = -1;
    pages_block = NULL;
    pages_protected = 0;
}

// What a forked process inherits speaks of its parent's memory.
static void pages_in_child(void) {
    pages_close();
    pages_tried = false;
}

static bool has_kernel(void) {
    struct utsname name;
    int major, minor;
    return uname(&name) == 0 && sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
           (major > 6 || (major == 6 && minor >= 9));
}

void port_arena_track(void) {
    static bool is_watching_forks;
    if (pages_tried) {
        return;
    }
    pages_tried = true;
    if (!has_kernel() || (!is_watching_forks && pthread_atfork(NULL, NULL, pages_in_child) != 0)) {
        return;
    }
    is_watching_forks = true;

    pages_faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC | USER_MODE_ONLY);
    pages_map = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    struct uffdio_api api = {.api = UFFD_API, .features = WP_UNPOPULATED | WP_ASYNC};
    if (pages_faults < 0 || pages_map < 0 || ioctl(pages_faults, UFFDIO_API, &api) != 0) {
        pages_close();
    }
}

static size_t pages_whole(size_t size) {
    return (size + PAGE - 1) & ~(PAGE - 1);
}

static bool protect(uint8_t *block, size_t size, bool is_on) {
    struct uffdio_writeprotect what = {
        .range = {.start = (uintptr_t)block, .len = pages_whole(size)},
        .mode = is_on ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
    };
    return ioctl(pages_faults, UFFDIO_WRITEPROTECT, &what) == 0;
}

static void stop_tracking(void) {
    if (pages_protected != 0 && !protect(pages_block, pages_protected, false)) {
        pages_close();
    }
    pages_protected = 0;
}

void port_arena_untrack(const void *block) {
    if (block == pages_block) {
        stop_tracking();
    }
}

// Has the kernel watch a block from now on.
static void start_tracking(uint8_t *block, const void *image, size_t size) {
    struct uffdio_register what = {
        .range = {.start = (uintptr_t)block, .len = pages_whole(size)},
        .mode = UFFDIO_REGISTER_MODE_WP,
    };
    if (pages_block != block) {
        // Of a huge page it would be told only that there was a write. Those that are there become small ones.
        madvise(block, what.range.len, MADV_NOHUGEPAGE);
        madvise(block, size & ~(PAGE - 1), MADV_DONTNEED);
        memcpy(block, image, size);
    }
    if (ioctl(pages_faults, UFFDIO_REGISTER, &what) != 0 || !protect(block, size, true)) {
        pages_close();
        return;
    }
    pages_block = block;
    pages_protected = size;
    pages_image = image;
}

// Copies the pages that were written, and has all write-protected again. Returns how many they were; -1 when the kernel
// does not say.
static long copy_written(uint8_t *block, const uint8_t *image, size_t size) {
    struct pages_region regions[REGIONS];
    uintptr_t from = (uintptr_t)block;
    uintptr_t end = from + pages_whole(size);
    size_t pages = 0;
    while (from < end) {
        struct pages_scan scan = {
            .size = sizeof(scan),
            .start = from,
            .end = end,
            .regions = (uintptr_t)regions,
            .region_count = REGIONS,
            .category_mask = PAGE_WRITTEN,
            .return_mask = PAGE_WRITTEN,
        };
        long count = ioctl(pages_map, SCAN, &scan);
        if (count < 0) {
            return -1;
        }
        for (long i = 0; i < count; i++) {
            size_t start = regions[i].start - (uintptr_t)block;
            size_t stop = regions[i].end - (uintptr_t)block;
            memcpy(block + start, image + start, (stop < size ? stop : size) - start);
            pages += (stop - start) / PAGE;
        }
        from = scan.walk_end;
    }

    struct pages_scan again = {
        .size = sizeof(again),
        .flags = PROTECT_MATCHING,
        .start = (uintptr_t)block,
        .end = end,
        .category_mask = PAGE_WRITTEN,
        .return_mask = PAGE_WRITTEN,
    };
    return ioctl(pages_map, SCAN, &again) < 0 ? -1 : (long)pages;
}

void *port_arena_copy(void *block, const void *image, size_t size) {
    stop_tracking();
    pages_plain = UNTRACKED_COPIES;
    return memcpy(block, image, size);
}

void *port_arena_copy_again(void *block, const void *image, size_t size) {
    if (size < TRACKED_MIN) {
        return memcpy(block, image, size);
    }
    port_arena_track();
    if (pages_protected == size && pages_block == block && pages_image == image) {
        long pages = copy_written(block, image, size);
        if (pages >= 0 && (size_t)pages <= size / PAGE / WRITTEN_PART) {
            return block;
        }
        stop_tracking();
        pages_plain = PLAIN_COPIES;
        return pages >= 0 ? block : memcpy(block, image, size);
    }

    stop_tracking();
    memcpy(block, image, size);
    if (pages_plain > 0) {
        pages_plain--;
    } else if (pages_faults >= 0 && ((uintptr_t)block & (PAGE - 1)) == 0) {
        start_tracking(block, image, size);
    }
    return block;
}

#endif // __linux__

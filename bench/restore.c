// Ways to bring an arena back to its image after a request that wrote a few pages: see bench/restore.py.

#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define LARGEST (4 << 20)
#define HUGE_PAGE (2 << 20)

static uint8_t *arena;
static uint8_t *image;
static int image_file;
static uint32_t dirty[LARGEST / PAGE];
static volatile size_t dirty_count;

static double cpu_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static uint8_t *map(size_t size) {
    uint8_t *p = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        fail("mmap");
    }
    return (uint8_t *)(((uintptr_t)p + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
}

// What a request does to its arena: writes spread over it, eight of them in each page.
static void request(size_t size, size_t pages) {
    size_t step = size / PAGE / pages;
    for (size_t i = 0; i < pages; i++) {
        for (size_t j = 0; j < 8; j++) {
            arena[i * step * PAGE + j * 512] ^= 0x55;
        }
    }
}

static void restore_copy(size_t size) {
    memcpy(arena, image, size);
}

// Page by page, while the next one of the image is on its way into the cache.
static void restore_prefetched(size_t size) {
    for (size_t at = 0; at < size; at += PAGE) {
        for (size_t line = 0; line < PAGE; line += 64) {
            __builtin_prefetch(image + at + PAGE + line);
        }
        memcpy(arena + at, image + at, PAGE);
    }
}

static void restore_compare(size_t size) {
    for (size_t at = 0; at < size; at += PAGE) {
        if (memcmp(arena + at, image + at, PAGE) != 0) {
            memcpy(arena + at, image + at, PAGE);
        }
    }
}

static void restore_noted(size_t size) {
    (void)size;
    for (size_t i = 0; i < dirty_count; i++) {
        memcpy(arena + dirty[i] * PAGE, image + dirty[i] * PAGE, PAGE);
    }
}

static void note(int number, siginfo_t *info, void *context) {
    (void)number, (void)context;
    size_t page = ((uint8_t *)info->si_addr - arena) / PAGE;
    dirty[dirty_count++] = (uint32_t)page;
    mprotect(arena + page * PAGE, PAGE, PROT_READ | PROT_WRITE);
}

static void restore_protected(size_t size) {
    restore_noted(size);
    dirty_count = 0;
    mprotect(arena, size, PROT_READ);
}

// Linux 6.7: PAGEMAP_SCAN gives the pages written since they were write-protected, which userfaultfd then answers by
// itself.
#ifndef PAGEMAP_SCAN
struct page_region {
    uint64_t start, end, categories;
};
struct pm_scan_arg {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages, category_inverted, category_mask;
    uint64_t category_anyof_mask, return_mask;
};
#define PAGEMAP_SCAN _IOWR('f', 16, struct pm_scan_arg)
#define PM_SCAN_WP_MATCHING (1 << 0)
#define PAGE_IS_WRITTEN (1 << 1)
#endif
#ifndef UFFD_FEATURE_WP_ASYNC
#define UFFD_FEATURE_WP_ASYNC (1 << 15)
#endif
#ifndef UFFD_FEATURE_WP_UNPOPULATED
#define UFFD_FEATURE_WP_UNPOPULATED (1 << 13)
#endif

static int pagemap;

static void restore_tracked(size_t size) {
    static struct page_region regions[LARGEST / PAGE];
    struct pm_scan_arg scan = {
        .size = sizeof(scan),
        .flags = 0,
        .start = (uintptr_t)arena,
        .end = (uintptr_t)arena + size,
        .vec = (uintptr_t)regions,
        .vec_len = LARGEST / PAGE,
        .category_mask = PAGE_IS_WRITTEN,
        .return_mask = PAGE_IS_WRITTEN,
    };
    long count = ioctl(pagemap, PAGEMAP_SCAN, &scan);
    if (count < 0) {
        fail("PAGEMAP_SCAN");
    }
    for (long i = 0; i < count; i++) {
        size_t from = regions[i].start - (uintptr_t)arena;
        memcpy(arena + from, image + from, regions[i].end - regions[i].start);
    }
    scan.flags = PM_SCAN_WP_MATCHING;
    if (ioctl(pagemap, PAGEMAP_SCAN, &scan) < 0) {
        fail("PAGEMAP_SCAN");
    }
}

static void restore_private(size_t size) {
    madvise(arena, size, MADV_DONTNEED);
}

static double measure(void (*restore)(size_t), size_t size, size_t pages) {
    restore(size);
    int rounds = size > 500000 ? 2000 : 10000;
    double best = 1e9;
    for (int i = 0; i < 5; i++) {
        double from = cpu_us();
        for (int j = 0; j < rounds / 5; j++) {
            request(size, pages);
            restore(size);
        }
        double each = (cpu_us() - from) / (rounds / 5);
        best = each < best ? each : best;
    }
    if (memcmp(arena, image, size) != 0) {
        fprintf(stderr, "not restored\n");
        exit(1);
    }
    return best;
}

static double with_tracking(size_t size, size_t pages) {
    int fd = (int)syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY);
    struct uffdio_api api = {.api = UFFD_API, .features = UFFD_FEATURE_WP_ASYNC | UFFD_FEATURE_WP_UNPOPULATED};
    struct uffdio_register what = {
        .range = {.start = (uintptr_t)arena, .len = LARGEST},
        .mode = UFFDIO_REGISTER_MODE_WP,
    };
    if (fd < 0 || ioctl(fd, UFFDIO_API, &api) != 0 || ioctl(fd, UFFDIO_REGISTER, &what) != 0) {
        return -1;
    }
    struct uffdio_writeprotect protect = {.range = what.range, .mode = UFFDIO_WRITEPROTECT_MODE_WP};
    pagemap = open("/proc/self/pagemap", 0);
    double us = ioctl(fd, UFFDIO_WRITEPROTECT, &protect) == 0 ? measure(restore_tracked, size, pages) : -1;
    close(pagemap);
    close(fd);
    return us;
}

static void show(double us) {
    us < 0 ? printf("\t-") : printf("\t%.1f", us);
}

int main(void) {
    static const size_t sizes[] = {84 << 10, 512 << 10, 1 << 20, LARGEST};
    static const size_t touched[] = {4, 16};
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    image_file = memfd_create("image", 0);
    if (image_file < 0 || ftruncate(image_file, LARGEST) != 0) {
        fail("memfd_create");
    }
    image = mmap(NULL, LARGEST, PROT_READ | PROT_WRITE, MAP_SHARED, image_file, 0);
    for (size_t i = 0; i < LARGEST; i++) {
        image[i] = (uint8_t)(i * 2654435761u >> 24);
    }
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        for (size_t j = 0; j < sizeof(touched) / sizeof(*touched); j++) {
            size_t size = sizes[i], pages = touched[j];
            printf("%zu\t%zu", size >> 10, pages);
            arena = map(LARGEST);
            madvise(arena, LARGEST, MADV_NOHUGEPAGE);
            show(measure(restore_copy, size, pages));
            show(measure(restore_prefetched, size, pages));
            show(measure(restore_compare, size, pages));
            show(measure(restore_protected, size, pages));
            mprotect(arena, LARGEST, PROT_READ | PROT_WRITE);
            show(with_tracking(size, pages));
            munmap(arena, LARGEST);
            arena = map(LARGEST);
            madvise(arena, LARGEST, MADV_HUGEPAGE);
            show(measure(restore_copy, size, pages));
            munmap(arena, LARGEST);
            arena = mmap(NULL, LARGEST, PROT_READ | PROT_WRITE, MAP_PRIVATE, image_file, 0);
            show(measure(restore_private, size, pages));
            munmap(arena, LARGEST);
            printf("\n");
        }
    }
    return 0;
}

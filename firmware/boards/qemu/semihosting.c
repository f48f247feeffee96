// See semihosting.h, and port.h for port_random.

#include "semihosting.h"

#include <stdlib.h>
#include <string.h>

#include "port/port.h"

#if defined(__riscv)

// The three instructions must not be compressed and lie in one page.
int32_t semihosting(uint32_t operation, const void *arg) {
    register uint32_t a0 __asm("a0") = operation;
    register const void *a1 __asm("a1") = arg;
    __asm volatile(".option push\n .option norvc\n .balign 16\n"
                   "slli zero, zero, 0x1f\n ebreak\n srai zero, zero, 7\n .option pop"
        : "+r"(a0)
        : "r"(a1)
        : "memory");
    return (int32_t)a0;
}

#else

int32_t semihosting(uint32_t operation, const void *arg) {
    register uint32_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = arg;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return (int32_t)r0;
}

#endif

int32_t semihosting_open(const char *path) {
    const struct {
        const char *path;
        uint32_t mode; // 1: "rb"
        uint32_t len;
    } open = {path, 1, strlen(path)};
    return semihosting(SYS_OPEN, &open);
}

bool semihosting_read(int32_t file, void *buf, size_t len) {
    const struct {
        int32_t file;
        void *buf;
        size_t len;
    } read = {file, buf, len};
    // Returns the number of bytes that were not read.
    return semihosting(SYS_READ, &read) == 0;
}

void port_random(void *buf, size_t len) {
    static int32_t file = -1;
    if (file < 0) {
        file = semihosting_open("/dev/urandom");
    }
    if (!semihosting_read(file, buf, len)) {
        abort();
    }
}

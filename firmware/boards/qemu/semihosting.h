// Services of the machine that qemu runs on: "Semihosting for AArch32 and AArch64" (Arm IHI 0085), and RISC-V
// semihosting 0.3, which has the same operations.

#ifndef EDGELET_QEMU_SEMIHOSTING_H
#define EDGELET_QEMU_SEMIHOSTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYS_OPEN (0x01)
#define SYS_CLOSE (0x02)
#define SYS_READ (0x06)
#define SYS_FLEN (0x0c)
#define SYS_TIME (0x11)

// Does an operation with its block of arguments; what it returns depends on the operation.
int32_t semihosting(uint32_t operation, const void *arg);

// Opens a file of that machine to read from it; what semihosting calls its handle, negative where that failed.
int32_t semihosting_open(const char *path);

// Reads exactly `len` bytes; whether there were so many.
bool semihosting_read(int32_t file, void *buf, size_t len);

#endif // EDGELET_QEMU_SEMIHOSTING_H

// Memory of the ports without an operating system. See port_bare.h.

#if (defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M') ||                                                      \
    (defined(__riscv) && !defined(__unix__) && !defined(ESP_PLATFORM))

#include "port/port_bare.h"

#include <string.h>

#include "port/port.h"

// In an ELF note, what follows three words and the name "GNU".
#define BUILD_ID_OFFSET (16)

static uint8_t arena_block[BARE_ARENA_SIZE] __attribute__((aligned(8)));
static bool arena_taken;

bare_stack_t bare_stack __attribute__((aligned(BARE_GUARD_SIZE)));

uint64_t port_cpu_us(void) {
    return port_ticks_us();
}

void *port_arena_alloc(size_t size) {
    if (arena_taken || size > sizeof(arena_block)) {
        return NULL;
    }
    arena_taken = true;
    memset(arena_block, 0, size);
    return arena_block;
}

void port_arena_free(void *block, size_t size) {
    (void)block;
    (void)size;
    arena_taken = false;
}

size_t port_arena_give_back(void *block, size_t extent) {
    (void)block;
    return extent;
}

size_t port_fixed_arena(void) {
    return sizeof(arena_block);
}

size_t port_stack_max(void) {
    return BARE_STACK_SIZE;
}

size_t port_stack_default(void) {
    return BARE_STACK_SIZE;
}

const void *port_stack_low(void) {
    return bare_stack.stack;
}

// The linker's hash over all that it linked: of code that lies at fixed addresses, which it holds itself.
void port_build_id(uint8_t id[8]) {
    memcpy(id, bare_build_id_note + BUILD_ID_OFFSET, 8);
}

void port_firmware_id(uint8_t id[8]) {
    port_build_id(id);
}

#endif // Cortex-M, RISC-V

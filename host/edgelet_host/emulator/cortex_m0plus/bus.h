// What the processor reads and writes: memory, and what else RP2040 has (datasheet, section 2.2).
#ifndef EDGELET_BUS_H
#define EDGELET_BUS_H

#include "processor.h"

#include <stddef.h>
#include <string.h>

#define ROM_BYTES (16 * 1024u)
#define FLASH_START 0x10000000u
#define FLASH_BYTES (16 * 1024 * 1024u)
#define FLASH_ALIASES 4
#define RAM_START 0x20000000u
#define RAM_BYTES (264 * 1024u)
#define PERIPHERALS_START 0x40000000u
#define PERIPHERALS_BYTES 0x10000000u
#define SIO_START 0xD0000000u
#define SIO_BYTES 0x10000000u

// Gives `count` bits of a value.
static inline uint32_t bits(uint32_t value, int from, int count) {
    return value >> from & ((1u << count) - 1);
}

// Ends `processor_run` after the instruction.
static inline void processor_stop(processor_t *self, uint32_t why) {
    self->stopped = why;
    self->limit = 0;
}

// An access to what is not memory. size: 1, 2 or 4, to which the address is aligned.
uint32_t bus_read(processor_t *self, uint32_t address, uint32_t size);
void bus_write(processor_t *self, uint32_t address, uint32_t size, uint32_t value);

// Gives where in memory an address is, NULL where it is on the bus.
static inline const uint8_t *memory_at(const processor_t *self, uint32_t address) {
    if (address - RAM_START < RAM_BYTES) {
        return self->ram + (address - RAM_START);
    }
    if (address - FLASH_START < FLASH_ALIASES * FLASH_BYTES) {
        return self->flash + address % FLASH_BYTES;
    }
    return address < ROM_BYTES ? self->rom + address : NULL;
}

static inline uint32_t load(processor_t *self, uint32_t address, uint32_t size) {
    if (address & (size - 1)) {
        processor_stop(self, STOPPED_BY_ALIGNMENT);
        return 0;
    }

    const uint8_t *place = memory_at(self, address);
    if (place == NULL) {
        return bus_read(self, address, size);
    }

    uint32_t value = 0;
    memcpy(&value, place, size);
    return value;
}

static inline void store(processor_t *self, uint32_t address, uint32_t size, uint32_t value) {
    if (address & (size - 1)) {
        processor_stop(self, STOPPED_BY_ALIGNMENT);
    } else if (address - RAM_START < RAM_BYTES) {
        memcpy(self->ram + (address - RAM_START), &value, size);
    } else {
        bus_write(self, address, size, value);
    }
}

// The clock cycles of a load and of a store.

static inline int load_cycles(uint32_t address) {
    if (address - SIO_START < SIO_BYTES) {
        return 1;
    }
    return address - PERIPHERALS_START < PERIPHERALS_BYTES ? 4 : 2;
}

static inline int store_cycles(uint32_t address) {
    if (address - SIO_START < SIO_BYTES) {
        return 1;
    }
    return address - PERIPHERALS_START < PERIPHERALS_BYTES ? 5 : 2;
}

#endif

// See bus.h. Of SIO (RP2040 datasheet, section 2.3.1), what code uses all the time is here: spin locks, and the
// divider, which has its result before anybody can ask for it.
#include "bus.h"

#define USB_RAM_START 0x50100000u
#define USB_RAM_BYTES (4 * 1024u)

#define CYCLE_NS 8

#define UART0_FR 0x40034018u
#define TIMEHR 0x40054008u
#define TIMELR 0x4005400Cu
#define TIMERAWH 0x40054024u
#define TIMERAWL 0x40054028u

// Registers of SIO.
enum {
    CPUID = 0x000,
    SPIN_LOCK_STATES = 0x05C,
    DIV_UDIVIDEND = 0x060,
    DIV_UDIVISOR = 0x064,
    DIV_SDIVIDEND = 0x068,
    DIV_SDIVISOR = 0x06C,
    DIV_QUOTIENT = 0x070,
    DIV_REMAINDER = 0x074,
    DIV_CSR = 0x078,
    SPIN_LOCK_0 = 0x100,
    SPIN_LOCK_31 = 0x17C,
};

static void divide(processor_t *self, bool is_signed) {
    uint32_t dividend = self->dividend, divisor = self->divisor;
    if (divisor == 0) {
        self->quotient = is_signed && (int32_t)dividend < 0 ? 1 : UINT32_MAX;
        self->remainder = dividend;
    } else if (is_signed) {
        // In 64 bits, where INT32_MIN can be divided by -1.
        self->quotient = (uint32_t)((int64_t)(int32_t)dividend / (int32_t)divisor);
        self->remainder = (uint32_t)((int64_t)(int32_t)dividend % (int32_t)divisor);
    } else {
        self->quotient = dividend / divisor;
        self->remainder = dividend % divisor;
    }
}

static uint32_t take_spin_lock(processor_t *self, uint32_t offset) {
    uint32_t lock = 1u << (offset - SPIN_LOCK_0) / 4;
    if (self->spin_locks & lock) {
        return 0;
    }

    self->spin_locks |= lock;
    return lock;
}

static uint32_t read_sio(processor_t *self, uint32_t offset) {
    switch (offset) {
        case CPUID:
            return 0;
        case SPIN_LOCK_STATES:
            return self->spin_locks;
        case DIV_UDIVIDEND:
        case DIV_SDIVIDEND:
            return self->dividend;
        case DIV_UDIVISOR:
        case DIV_SDIVISOR:
            return self->divisor;
        case DIV_QUOTIENT:
            self->divider_is_dirty = 0;
            return self->quotient;
        case DIV_REMAINDER:
            return self->remainder;
        case DIV_CSR:
            return self->divider_is_dirty << 1 | 1;
    }
    if (offset >= SPIN_LOCK_0 && offset <= SPIN_LOCK_31) {
        return take_spin_lock(self, offset);
    }
    return self->read(SIO_START + offset, 4);
}

static void write_sio(processor_t *self, uint32_t offset, uint32_t value) {
    switch (offset) {
        case DIV_UDIVIDEND:
        case DIV_SDIVIDEND:
            self->dividend = value;
            divide(self, offset == DIV_SDIVIDEND);
            break;
        case DIV_UDIVISOR:
        case DIV_SDIVISOR:
            self->divisor = value;
            divide(self, offset == DIV_SDIVISOR);
            break;
        case DIV_QUOTIENT:
            self->quotient = value;
            break;
        case DIV_REMAINDER:
            self->remainder = value;
            break;
        default:
            if (offset >= SPIN_LOCK_0 && offset <= SPIN_LOCK_31) {
                self->spin_locks &= ~(1u << (offset - SPIN_LOCK_0) / 4);
            } else {
                self->write(SIO_START + offset, 4, value);
            }
            return;
    }
    self->divider_is_dirty = 1;
}

static uint64_t microseconds(const processor_t *self) {
    return (uint64_t)(self->timer_ns + (int64_t)self->cycles * CYCLE_NS) / 1000;
}

static uint32_t read_peripheral(processor_t *self, uint32_t address) {
    switch (address) {
        case UART0_FR:
            return self->uart_flags;
        case TIMERAWL:
            return (uint32_t)microseconds(self);
        case TIMERAWH:
            return (uint32_t)(microseconds(self) >> 32);
        case TIMELR:
            self->timer_high = (uint32_t)(microseconds(self) >> 32);
            return (uint32_t)microseconds(self);
        case TIMEHR:
            return self->timer_high;
    }
    return self->read(address, 4);
}

uint32_t bus_read(processor_t *self, uint32_t address, uint32_t size) {
    if (address - USB_RAM_START < USB_RAM_BYTES) {
        uint32_t value = 0;
        memcpy(&value, self->usb_ram + (address - USB_RAM_START), size);
        return value;
    }
    if (size != 4) {
        return self->read(address, size);
    }
    return address - SIO_START < SIO_BYTES ? read_sio(self, address - SIO_START) : read_peripheral(self, address);
}

void bus_write(processor_t *self, uint32_t address, uint32_t size, uint32_t value) {
    if (address - SIO_START < SIO_BYTES && size == 4) {
        write_sio(self, address - SIO_START, value);
    } else {
        self->write(address, size, value);
    }
}

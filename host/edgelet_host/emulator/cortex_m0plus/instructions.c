// See processor.h. Each function for an instruction gives the clock cycles that it took: those of the technical
// reference manual, but for some that end in a branch, which take one less.
#include "bus.h"
#include "exceptions.h"

static uint32_t sign_extend(uint32_t value, int bit_count) {
    return (uint32_t)((int32_t)(value << (32 - bit_count)) >> (32 - bit_count));
}

static inline uint32_t set_nz(processor_t *self, uint32_t result) {
    self->n = result >> 31;
    self->z = result == 0;
    return result;
}

static inline uint32_t add_with_flags(processor_t *self, uint32_t a, uint32_t b, bool carry) {
    uint64_t sum = (uint64_t)a + b + carry;
    uint32_t result = (uint32_t)sum;
    self->c = sum >> 32;
    self->v = (~(a ^ b) & (a ^ result)) >> 31;
    return set_nz(self, result);
}

static uint32_t shift_left(processor_t *self, uint32_t value, uint32_t by) {
    if (by != 0) {
        self->c = by <= 32 && (value >> (32 - by) & 1);
    }
    return set_nz(self, by < 32 ? value << by : 0);
}

static uint32_t shift_right(processor_t *self, uint32_t value, uint32_t by) {
    if (by != 0) {
        self->c = by <= 32 && (value >> (by - 1) & 1);
    }
    return set_nz(self, by < 32 ? value >> by : 0);
}

static uint32_t shift_arithmetically(processor_t *self, uint32_t value, uint32_t by) {
    uint32_t most = by < 32 ? by : 31;
    if (by != 0) {
        self->c = by < 32 ? value >> (by - 1) & 1 : value >> 31;
    }
    return set_nz(self, (uint32_t)((int32_t)value >> most));
}

static uint32_t rotate(processor_t *self, uint32_t value, uint32_t by) {
    uint32_t result = value >> by % 32 | value << (32 - by % 32) % 32;
    if (by != 0) {
        self->c = result >> 31;
    }
    return set_nz(self, result);
}

// Shift (immediate), add, subtract, move and compare.
static inline int execute_arithmetic(processor_t *self, uint32_t op) {
    uint32_t *r = self->registers;
    uint32_t *to = &r[op & 7], *wide = &r[bits(op, 8, 3)];
    uint32_t from = r[bits(op, 3, 3)], five = bits(op, 6, 5), byte = op & 0xFF;
    uint32_t third = bits(op, 10, 1) ? bits(op, 6, 3) : r[bits(op, 6, 3)];
    switch (op >> 11) {
        case 0x00:
            *to = shift_left(self, from, five);
            break;
        case 0x01:
            *to = shift_right(self, from, five ? five : 32);
            break;
        case 0x02:
            *to = shift_arithmetically(self, from, five ? five : 32);
            break;
        case 0x03:
            *to = bits(op, 9, 1) ? add_with_flags(self, from, ~third, true) : add_with_flags(self, from, third, false);
            break;
        case 0x04:
            *wide = set_nz(self, byte);
            break;
        case 0x05:
            add_with_flags(self, *wide, ~byte, true);
            break;
        case 0x06:
            *wide = add_with_flags(self, *wide, byte, false);
            break;
        case 0x07:
            *wide = add_with_flags(self, *wide, ~byte, true);
            break;
    }
    return 1;
}

static int execute_data_processing(processor_t *self, uint32_t op) {
    uint32_t *to = &self->registers[op & 7];
    uint32_t from = self->registers[bits(op, 3, 3)];
    switch (bits(op, 6, 4)) {
        case 0x0:
            *to = set_nz(self, *to & from);
            break;
        case 0x1:
            *to = set_nz(self, *to ^ from);
            break;
        case 0x2:
            *to = shift_left(self, *to, from & 0xFF);
            break;
        case 0x3:
            *to = shift_right(self, *to, from & 0xFF);
            break;
        case 0x4:
            *to = shift_arithmetically(self, *to, from & 0xFF);
            break;
        case 0x5:
            *to = add_with_flags(self, *to, from, self->c);
            break;
        case 0x6:
            *to = add_with_flags(self, *to, ~from, self->c);
            break;
        case 0x7:
            *to = rotate(self, *to, from & 0xFF);
            break;
        case 0x8:
            set_nz(self, *to & from);
            break;
        case 0x9:
            *to = add_with_flags(self, 0, ~from, true);
            break;
        case 0xA:
            add_with_flags(self, *to, ~from, true);
            break;
        case 0xB:
            add_with_flags(self, *to, from, false);
            break;
        case 0xC:
            *to = set_nz(self, *to | from);
            break;
        case 0xD:
            *to = set_nz(self, *to * from);
            break;
        case 0xE:
            *to = set_nz(self, *to & ~from);
            break;
        case 0xF:
            *to = set_nz(self, ~from);
            break;
    }
    return 1;
}

// A branch to what is in a register, which may be the return from an exception.
static void branch_to(processor_t *self, uint32_t address) {
    if (self->ipsr != 0 && address >> 28 == 0xF) {
        return_from_exception(self, address);
    } else {
        self->registers[PC] = address & ~1u;
    }
}

// Add, compare and move with all registers; branch and exchange.
static int execute_special(processor_t *self, uint32_t op) {
    uint32_t *r = self->registers;
    uint32_t to = (op & 7) | bits(op, 7, 1) << 3, from = bits(op, 3, 4);
    uint32_t value = r[from] + (from == PC ? 2 : 0);
    switch (bits(op, 8, 2)) {
        case 0:
            value += r[to] + (to == PC ? 2 : 0);
            break;
        case 1:
            add_with_flags(self, r[to], ~value, true);
            return 1;
        case 3:
            if (bits(op, 7, 1)) {
                r[LR] = r[PC] | 1;
                r[PC] = value & ~1u;
            } else {
                branch_to(self, value);
            }
            return 2;
    }
    if (to == SP) {
        value &= ~3u;
    }
    r[to] = to == PC ? value & ~1u : value;
    return to == PC ? 2 : 1;
}

static int load_to(processor_t *self, uint32_t to, uint32_t address, uint32_t size) {
    self->registers[to] = load(self, address, size);
    return load_cycles(address);
}

static int load_signed(processor_t *self, uint32_t to, uint32_t address, uint32_t size) {
    self->registers[to] = sign_extend(load(self, address, size), (int)(8 * size));
    return load_cycles(address);
}

static int store_from(processor_t *self, uint32_t from, uint32_t address, uint32_t size) {
    store(self, address, size, self->registers[from]);
    return store_cycles(address);
}

static inline int execute_load_store_register(processor_t *self, uint32_t op) {
    uint32_t place = op & 7, address = self->registers[bits(op, 3, 3)] + self->registers[bits(op, 6, 3)];
    switch (bits(op, 9, 3)) {
        case 0:
            return store_from(self, place, address, 4);
        case 1:
            return store_from(self, place, address, 2);
        case 2:
            return store_from(self, place, address, 1);
        case 3:
            return load_signed(self, place, address, 1);
        case 4:
            return load_to(self, place, address, 4);
        case 5:
            return load_to(self, place, address, 2);
        case 6:
            return load_to(self, place, address, 1);
        default:
            return load_signed(self, place, address, 2);
    }
}

static inline int execute_load_store_immediate(processor_t *self, uint32_t op) {
    uint32_t place = op & 7, base = self->registers[bits(op, 3, 3)], offset = bits(op, 6, 5);
    uint32_t wide = bits(op, 8, 3), stack = self->registers[SP] + 4 * (op & 0xFF);
    switch (op >> 11) {
        case 0x0C:
            return store_from(self, place, base + 4 * offset, 4);
        case 0x0D:
            return load_to(self, place, base + 4 * offset, 4);
        case 0x0E:
            return store_from(self, place, base + offset, 1);
        case 0x0F:
            return load_to(self, place, base + offset, 1);
        case 0x10:
            return store_from(self, place, base + 2 * offset, 2);
        case 0x11:
            return load_to(self, place, base + 2 * offset, 2);
        case 0x12:
            return store_from(self, wide, stack, 4);
        default:
            return load_to(self, wide, stack, 4);
    }
}

static int execute_push(processor_t *self, uint32_t op) {
    uint32_t list = (op & 0xFF) | bits(op, 8, 1) << LR;
    uint32_t address = self->registers[SP] - 4 * (uint32_t)__builtin_popcount(list);
    self->registers[SP] = address;
    for (; list != 0; list &= list - 1, address += 4) {
        store(self, address, 4, self->registers[__builtin_ctz(list)]);
    }
    return 1 + __builtin_popcount(op & 0xFF);
}

static int execute_pop(processor_t *self, uint32_t op) {
    uint32_t address = self->registers[SP];
    for (uint32_t list = op & 0xFF; list != 0; list &= list - 1, address += 4) {
        self->registers[__builtin_ctz(list)] = load(self, address, 4);
    }
    int cycles = 1 + __builtin_popcount(op & 0xFF);
    if (!bits(op, 8, 1)) {
        self->registers[SP] = address;
        return cycles;
    }

    self->registers[SP] = address + 4;
    branch_to(self, load(self, address, 4));
    return cycles + 2;
}

static int load_store_multiple(processor_t *self, uint32_t op) {
    uint32_t base = bits(op, 8, 3), address = self->registers[base];
    bool is_load = bits(op, 11, 1);
    for (uint32_t list = op & 0xFF; list != 0; list &= list - 1, address += 4) {
        uint32_t number = (uint32_t)__builtin_ctz(list);
        if (is_load) {
            self->registers[number] = load(self, address, 4);
        } else {
            store(self, address, 4, self->registers[number]);
        }
    }
    if (!is_load || !(op >> base & 1)) {
        self->registers[base] = address;
    }
    return 1 + __builtin_popcount(op & 0xFF);
}

static void wait(processor_t *self, bool for_event) {
    if (for_event && self->event_registered) {
        self->event_registered = false;
    } else {
        self->waiting = true;
    }
}

static int hint(processor_t *self, uint32_t op) {
    switch (op & 0xFF) {
        case 0x20:
        case 0x30:
            wait(self, (op & 0xFF) == 0x20);
            return 2;
        case 0x40:
            self->event_registered = true;
            break;
    }
    return 1;
}

static uint32_t bytes_reversed(uint32_t op, uint32_t value) {
    switch (bits(op, 6, 2)) {
        case 0:
            return __builtin_bswap32(value);
        case 1:
            return (value & 0x00FF00FF) << 8 | (value >> 8 & 0x00FF00FF);
        default:
            return sign_extend(__builtin_bswap16((uint16_t)value), 16);
    }
}

static uint32_t extended(uint32_t op, uint32_t value) {
    switch (bits(op, 6, 2)) {
        case 0:
            return sign_extend(value, 16);
        case 1:
            return sign_extend(value, 8);
        case 2:
            return value & 0xFFFF;
        default:
            return value & 0xFF;
    }
}

static int execute_miscellaneous(processor_t *self, uint32_t op) {
    uint32_t *r = self->registers;
    switch (bits(op, 8, 4)) {
        case 0x0:
            r[SP] += bits(op, 7, 1) ? -4 * (op & 0x7F) : 4 * (op & 0x7F);
            return 1;
        case 0x2:
            r[op & 7] = extended(op, r[bits(op, 3, 3)]);
            return 1;
        case 0x4:
        case 0x5:
            return execute_push(self, op);
        case 0x6:
            self->primask = bits(op, 4, 1);
            self->interrupts_updated = true;
            return 1;
        case 0xA:
            r[op & 7] = bytes_reversed(op, r[bits(op, 3, 3)]);
            return 1;
        case 0xC:
        case 0xD:
            return execute_pop(self, op);
        case 0xE:
            processor_stop(self, STOPPED_BY_BREAKPOINT);
            return 1;
        case 0xF:
            return hint(self, op);
    }
    processor_stop(self, STOPPED_BY_UNDEFINED);
    return 1;
}

static inline bool is_true(const processor_t *self, uint32_t condition) {
    bool holds = false;
    switch (condition >> 1) {
        case 0:
            holds = self->z;
            break;
        case 1:
            holds = self->c;
            break;
        case 2:
            holds = self->n;
            break;
        case 3:
            holds = self->v;
            break;
        case 4:
            holds = self->c && !self->z;
            break;
        case 5:
            holds = self->n == self->v;
            break;
        case 6:
            holds = !self->z && self->n == self->v;
            break;
    }
    return holds != (condition & 1);
}

// Branch where a condition holds, or call the supervisor.
static inline int execute_branch_if(processor_t *self, uint32_t op) {
    uint32_t condition = bits(op, 8, 4);
    if (condition == 0xE) {
        processor_stop(self, STOPPED_BY_UNDEFINED);
    } else if (condition == 0xF) {
        self->pending_svcall = self->interrupts_updated = true;
    } else if (is_true(self, condition)) {
        self->registers[PC] += 2 + 2 * sign_extend(op & 0xFF, 8);
        return 2;
    }
    return 1;
}

static uint32_t read_special(const processor_t *self, uint32_t number) {
    uint32_t sp = self->registers[SP];
    switch (number) {
        case 0:
            return program_status(self) & 0xF0000000;
        case 3:
            return program_status(self) & 0xF000003F;
        case 5:
            return self->ipsr;
        case 8:
            return self->on_process_stack ? self->other_sp : sp;
        case 9:
            return self->on_process_stack ? sp : self->other_sp;
        case 16:
            return self->primask;
        case 20:
            return (uint32_t)self->on_process_stack << 1 | self->unprivileged;
    }
    return 0;
}

static void write_special(processor_t *self, uint32_t number, uint32_t value) {
    switch (number) {
        case 0:
        case 3:
            set_flags(self, value);
            break;
        case 8:
        case 9:
            if (self->on_process_stack == (number == 9)) {
                self->registers[SP] = value & ~3u;
            } else {
                self->other_sp = value & ~3u;
            }
            break;
        case 16:
            self->primask = value & 1;
            self->interrupts_updated = true;
            break;
        case 20:
            self->unprivileged = value & 1;
            if (self->ipsr == 0) {
                use_stack(self, value >> 1 & 1);
            }
            break;
    }
}

// Branch with link; barriers, and moves from and to special registers.
static int execute_wide(processor_t *self, uint32_t op) {
    uint32_t *r = self->registers;
    const uint8_t *place = memory_at(self, r[PC]);
    uint16_t second = 0;
    if (place != NULL) {
        memcpy(&second, place, sizeof(second));
    }
    r[PC] += 2;
    if (op >> 11 == 0x1E && (second & 0xD000) == 0xD000) {
        uint32_t s = bits(op, 10, 1), i1 = !(bits(second, 13, 1) ^ s), i2 = !(bits(second, 11, 1) ^ s);
        uint32_t offset = s << 24 | i1 << 23 | i2 << 22 | (op & 0x3FF) << 12 | (second & 0x7FFu) << 1;
        r[LR] = r[PC] | 1;
        r[PC] += sign_extend(offset, 25);
    } else if (op == 0xF3EF) {
        r[bits(second, 8, 4)] = read_special(self, second & 0xFF);
    } else if (op >> 4 == 0xF38) {
        write_special(self, second & 0xFF, r[op & 0xF]);
    } else if (op != 0xF3BF) {
        processor_stop(self, STOPPED_BY_UNDEFINED);
    }
    return 3;
}

static int execute(processor_t *self, uint32_t op) {
    uint32_t *r = self->registers;
    switch (op >> 12) {
        case 0x4:
            if (bits(op, 11, 1)) {
                return load_to(self, bits(op, 8, 3), ((r[PC] + 2) & ~3u) + 4 * (op & 0xFF), 4);
            }
            return bits(op, 10, 1) ? execute_special(self, op) : execute_data_processing(self, op);
        case 0x5:
            return execute_load_store_register(self, op);
        case 0x6:
        case 0x7:
        case 0x8:
        case 0x9:
            return execute_load_store_immediate(self, op);
        case 0xA:
            r[bits(op, 8, 3)] = (bits(op, 11, 1) ? r[SP] : (r[PC] + 2) & ~3u) + 4 * (op & 0xFF);
            return 1;
        case 0xB:
            return execute_miscellaneous(self, op);
        case 0xC:
            return load_store_multiple(self, op);
        case 0xD:
            return execute_branch_if(self, op);
        case 0xE:
            if (bits(op, 11, 1)) {
                processor_stop(self, STOPPED_BY_UNDEFINED);
            }
            r[PC] += 2 + 2 * sign_extend(op & 0x7FF, 11);
            return 2;
        case 0xF:
            return execute_wide(self, op);
        default:
            return execute_arithmetic(self, op);
    }
}

void processor_run(processor_t *self) {
    do {
        if (self->interrupts_updated) {
            look_at_exceptions(self);
        }
        if (self->waiting) {
            return;
        }

        const uint8_t *place = memory_at(self, self->registers[PC]);
        if (place == NULL) {
            processor_stop(self, STOPPED_BY_FETCH);
            return;
        }

        uint16_t op;
        memcpy(&op, place, sizeof(op));
        self->registers[PC] += 2;
        self->cycles += (uint64_t)execute(self, op);
    } while (self->cycles < self->limit);
}

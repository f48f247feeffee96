// See exceptions.h.
#include "exceptions.h"

#include "bus.h"

enum { NMI = 2, HARD_FAULT = 3, SVCALL = 11, PEND_SV = 14, SYSTICK = 15, INTERRUPT = 16 };

#define LOWEST_PRIORITY 4
#define LAST_HARDWARE_INTERRUPT 25
#define FRAME_BYTES 32

void use_stack(processor_t *self, bool process) {
    if (self->on_process_stack != process) {
        uint32_t sp = self->registers[SP];
        self->registers[SP] = self->other_sp;
        self->other_sp = sp;
        self->on_process_stack = process;
    }
}

uint32_t program_status(const processor_t *self) {
    uint32_t flags = (uint32_t)self->n << 31 | (uint32_t)self->z << 30 | (uint32_t)self->c << 29;
    return flags | (uint32_t)self->v << 28 | 1u << 24 | self->ipsr;
}

void set_flags(processor_t *self, uint32_t status) {
    self->n = status >> 31 & 1;
    self->z = status >> 30 & 1;
    self->c = status >> 29 & 1;
    self->v = status >> 28 & 1;
}

static void enter_exception(processor_t *self, uint32_t number) {
    uint32_t *registers = self->registers;
    uint32_t before = registers[SP];
    uint32_t frame = (before - FRAME_BYTES) & ~4u;
    uint32_t status = program_status(self) | bits(before, 2, 1) << 9;
    uint32_t saved[] = {
        registers[0], registers[1], registers[2], registers[3], registers[12], registers[LR], registers[PC], status};
    for (uint32_t i = 0; i < 8; i++) {
        store(self, frame + 4 * i, 4, saved[i]);
    }

    registers[SP] = frame;
    if (self->ipsr != 0) {
        registers[LR] = 0xFFFFFFF1;
    } else {
        registers[LR] = self->on_process_stack ? 0xFFFFFFFD : 0xFFFFFFF9;
    }
    self->ipsr = number;
    use_stack(self, false);
    self->event_registered = true;
    registers[PC] = load(self, self->vtor + 4 * number, 4) & ~1u;
}

void return_from_exception(processor_t *self, uint32_t kind) {
    use_stack(self, (kind & 0xF) == 0xD);
    uint32_t *registers = self->registers;
    uint32_t frame = registers[SP];
    for (uint32_t i = 0; i < 4; i++) {
        registers[i] = load(self, frame + 4 * i, 4);
    }
    registers[12] = load(self, frame + 16, 4);
    registers[LR] = load(self, frame + 20, 4);
    registers[PC] = load(self, frame + 24, 4) & ~1u;

    uint32_t psr = load(self, frame + 28, 4);
    registers[SP] = (frame + FRAME_BYTES) | bits(psr, 9, 1) << 2;
    set_flags(self, psr);
    self->ipsr = psr & 0x3F;
    self->interrupts_updated = true;
    self->event_registered = true;
}

static int priority_of(const processor_t *self, uint32_t number) {
    switch (number) {
        case NMI:
            return -2;
        case HARD_FAULT:
            return -1;
        case SVCALL:
            return (int)(self->shpr2 >> 30);
        case PEND_SV:
            return (int)bits(self->shpr3, 22, 2);
        case SYSTICK:
            return (int)(self->shpr3 >> 30);
    }
    if (number < INTERRUPT) {
        return LOWEST_PRIORITY;
    }

    int priority = 0;
    while (priority < LOWEST_PRIORITY && !(self->interrupt_priorities[priority] >> (number - INTERRUPT) & 1)) {
        priority++;
    }
    return priority;
}

uint32_t processor_pending(const processor_t *self, int priority) {
    if (self->pending_nmi && priority > -2) {
        return NMI;
    }

    uint32_t interrupts = self->pending_interrupts & self->enabled_interrupts;
    for (int level = 0; level < priority; level++) {
        if (self->pending_svcall && priority_of(self, SVCALL) == level) {
            return SVCALL;
        }
        if (self->pending_pend_sv && priority_of(self, PEND_SV) == level) {
            return PEND_SV;
        }
        if (self->pending_systick && priority_of(self, SYSTICK) == level) {
            return SYSTICK;
        }
        if (interrupts & self->interrupt_priorities[level]) {
            return INTERRUPT + (uint32_t)__builtin_ctz(interrupts & self->interrupt_priorities[level]);
        }
    }
    return 0;
}

static void acknowledge(processor_t *self, uint32_t number) {
    if (number == NMI) {
        self->pending_nmi = false;
    } else if (number == SVCALL) {
        self->pending_svcall = false;
    } else if (number == PEND_SV) {
        self->pending_pend_sv = false;
    } else if (number == SYSTICK) {
        self->pending_systick = false;
    } else if (number > INTERRUPT + LAST_HARDWARE_INTERRUPT) {
        // The others are pending for as long as the peripheral says so.
        self->pending_interrupts &= ~(1u << (number - INTERRUPT));
    }
}

void look_at_exceptions(processor_t *self) {
    int priority = priority_of(self, self->ipsr);
    uint32_t number = processor_pending(self, self->primask && priority > 0 ? 0 : priority);
    if (number != 0) {
        acknowledge(self, number);
        enter_exception(self, number);
        self->waiting = false;
        return;
    }

    self->interrupts_updated = false;
    // What PRIMASK holds back ends the waiting all the same.
    if (self->waiting && processor_pending(self, priority) != 0) {
        self->waiting = false;
    }
}

void processor_reset(processor_t *self) {
    memset(self->registers, 0, sizeof(*self) - offsetof(processor_t, registers));
    self->interrupt_priorities[0] = UINT32_MAX;
    self->other_sp = 0xFFFFFFFC;
    self->divisor = 1;
    self->registers[SP] = load(self, 0, 4) & ~3u;
    self->registers[PC] = load(self, 4, 4) & ~1u;
}

#include <stdbool.h>

#include "log_ring.h"

// A record is two bytes with its length, the lower one first, and its bytes in one piece. What a record leaves free
// before the end of `data`, as it did not fit there, is lost until the ring has come round.

void log_ring_init(log_ring_t *self, uint8_t *data, size_t size) {
    *self = (log_ring_t){.data = data, .size = size};
}

static size_t log_ring_whole_size(const log_ring_t *self, size_t at) {
    return LOG_RING_OVERHEAD + self->data[at] + ((size_t)self->data[at + 1] << 8);
}

static size_t log_ring_after(const log_ring_t *self, size_t at) {
    at += log_ring_whole_size(self, at);
    return at == self->end ? 0 : at;
}

static void log_ring_drop_oldest(log_ring_t *self) {
    self->first = log_ring_after(self, self->first);
    if (self->first == 0) {
        self->end = 0;
    }
    if (--self->count == 0) {
        self->first = self->next = self->end = 0;
    }
}

static bool log_ring_has_room(const log_ring_t *self, size_t size) {
    return (self->end == 0 ? self->size : self->first) - self->next >= size;
}

// Makes `next` a place for `size` bytes.
static void log_ring_make_room(log_ring_t *self, size_t size) {
    while (!log_ring_has_room(self, size)) {
        if (self->end == 0) {
            self->end = self->next;
            self->next = 0;
        } else {
            log_ring_drop_oldest(self);
        }
    }
}

uint8_t *log_ring_add(log_ring_t *self, size_t len) {
    size_t size = LOG_RING_OVERHEAD + len;
    if (len > LOG_RING_LONGEST || size > self->size) {
        return NULL;
    }
    log_ring_make_room(self, size);
    uint8_t *record = self->data + self->next;
    record[0] = (uint8_t)len;
    record[1] = (uint8_t)(len >> 8);
    self->next += size;
    self->count++;
    return record + LOG_RING_OVERHEAD;
}

const uint8_t *log_ring_read(const log_ring_t *self, size_t *at, size_t *len) {
    const uint8_t *record = self->data + *at;
    *len = log_ring_whole_size(self, *at) - LOG_RING_OVERHEAD;
    *at = log_ring_after(self, *at);
    return record + LOG_RING_OVERHEAD;
}

// Records of bytes in a ring of fixed size: one that does not fit any more overwrites the oldest ones.

#ifndef EDGELET_LOG_RING_H
#define EDGELET_LOG_RING_H

#include <stddef.h>
#include <stdint.h>

// What the ring takes beside each record's own bytes.
#define LOG_RING_OVERHEAD (2)
// Bytes of the longest record.
#define LOG_RING_LONGEST (UINT16_MAX)

typedef struct _log_ring_t {
    uint8_t *data;
    size_t size;
    size_t first; // of the oldest record
    size_t next;  // where the next one goes
    size_t end;   // where the records before the start of `data` end, 0 where those are all
    size_t count;
} log_ring_t;

// Begins an empty ring in `size` bytes at `data`, which it does not own.
void log_ring_init(log_ring_t *self, uint8_t *data, size_t size);

// Room for a record of `len` bytes, the newest from now on, which the caller fills at once. NULL where it is longer
// than the ring or LOG_RING_LONGEST; nothing has changed then.
uint8_t *log_ring_add(log_ring_t *self, size_t len);

// The record at `*at`, and its length; moves `*at` to the one after it. Begins with `*at` = `first`, and gives `count`
// records. Valid until the next log_ring_add.
const uint8_t *log_ring_read(const log_ring_t *self, size_t *at, size_t *len);

#endif // EDGELET_LOG_RING_H

// Parking: a call that waits gives the arena to others. What it has changed is kept outside (engine/arena_delta.h),
// with all that belongs to it, until it goes on or is dropped. For who decides which call is in the arena; none of this
// may be called from inside the engine.

#ifndef EDGELET_PARK_H
#define EDGELET_PARK_H

#include "engine/arena_delta.h"
#include "isolate/isolate.h"

// A call that is parked, in memory of the port's. Its image stays while it exists.
typedef struct _isolate_parked_t {
    struct _isolate_parked_t *next; // of the isolate's, at the start, where a garbage collector finds it
    struct _isolate_parked_t *previous;
    isolate_image_t *image;
    isolate_call_t call;
    arena_delta_t delta;
    char *log; // lines that were not picked up, NULL where there are none
    size_t log_used;
    uint32_t log_dropped;
    size_t bytes; // of all this
} isolate_parked_t;

// What came of parking a call. All but the first leave it in the arena as it was.
typedef enum {
    ISOLATE_PARK_DONE,
    ISOLATE_PARK_CALLS,  // as many are parked as may be
    ISOLATE_PARK_BYTES,  // more bytes would be kept than may be
    ISOLATE_PARK_MEMORY, // the port has none
} isolate_park_t;

// Parks the call that is in the arena (isolate_busy); the arena is idle then. `leaving` will be resumed next and so
// does not count, or is NULL.
isolate_park_t isolate_park(isolate_t *iso, const isolate_parked_t *leaving, isolate_parked_t **parked);

// Brings a call back into the arena, which is idle. `parked` is no more.
void isolate_resume(isolate_t *iso, isolate_parked_t *parked);

// Ends a parked call where it is, and overwrites what was kept of it. `parked` is no more.
void isolate_drop(isolate_t *iso, isolate_parked_t *parked);

#endif // EDGELET_PARK_H

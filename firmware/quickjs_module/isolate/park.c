// See park.h.

#include "isolate/park.h"

#include <stdlib.h>
#include <string.h>

#include "base_secret.h"
#include "isolate/isolate_private.h"
#include "port/port.h"

// Memory for one call that is being parked.
typedef struct _park_budget_t {
    size_t left; // bytes
    size_t used;
    const void *last; // what was given last
    size_t last_size;
    isolate_park_t refusal;
} park_budget_t;

static void *park_alloc(void *opaque, size_t size) {
    park_budget_t *budget = opaque;
    if (size > budget->left - budget->used) {
        budget->refusal = ISOLATE_PARK_BYTES;
        return NULL;
    }
    void *memory = port_piece_alloc(size, size == budget->last_size ? budget->last : NULL);
    if (memory == NULL) {
        budget->refusal = ISOLATE_PARK_MEMORY;
        return NULL;
    }
    budget->used += size;
    budget->last = memory;
    budget->last_size = size;
    return memory;
}

static void park_free(void *opaque, void *memory, size_t size) {
    (void)opaque;
    port_piece_free(memory, size);
}

static arena_pieces_t park_pieces(park_budget_t *budget) {
    return (arena_pieces_t){port_piece_size(), park_alloc, park_free, budget};
}

// Frees what a parked call consists of.
static void park_release(isolate_parked_t *parked) {
    arena_pieces_t pieces = park_pieces(NULL);
    arena_delta_free(&parked->delta, &pieces);
    if (parked->log != NULL) {
        base_wipe(parked->log, parked->log_used);
        port_piece_free(parked->log, parked->log_used);
    }
    base_wipe(parked, sizeof(*parked));
    port_piece_free(parked, sizeof(*parked));
}

static bool park_log(isolate_t *iso, isolate_parked_t *parked, park_budget_t *budget) {
    parked->log_dropped = iso->log_dropped;
    if (iso->log_used == 0) {
        return true;
    }
    parked->log = park_alloc(budget, iso->log_used);
    if (parked->log == NULL) {
        return false;
    }
    parked->log_used = iso->log_used;
    memcpy(parked->log, iso->log, iso->log_used);
    return true;
}

// All that is kept of the call in the arena, or NULL.
static isolate_parked_t *park_take(isolate_t *iso, park_budget_t *budget) {
    arena_pieces_t pieces = park_pieces(budget);
    isolate_image_t *image = iso->resident;
    isolate_parked_t *parked = park_alloc(budget, sizeof(*parked));
    if (parked == NULL) {
        return NULL;
    }

    *parked = (isolate_parked_t){.image = image, .call = iso->call};
    if (!park_log(iso, parked, budget) ||
        !arena_delta_take(iso->arena, image->bytes, image->size, &pieces, &parked->delta)) {
        park_release(parked);
        return NULL;
    }
    parked->bytes = budget->used;
    return parked;
}

static void park_add(isolate_t *iso, isolate_parked_t *parked) {
    parked->next = iso->parking.first;
    if (parked->next != NULL) {
        parked->next->previous = parked;
    }
    iso->parking.first = parked;
    iso->parking.calls++;
    iso->parking.bytes += parked->bytes;
    parked->image->parked_calls++;
    parked->image->parked_bytes += parked->bytes;
}

isolate_park_t isolate_park(isolate_t *iso, const isolate_parked_t *leaving, isolate_parked_t **parked) {
    isolate_parking_t *parking = &iso->parking;
    uint64_t began_us = port_ticks_us();
    size_t others = parking->bytes - (leaving != NULL ? leaving->bytes : 0);
    if (parking->calls - (leaving != NULL) >= parking->calls_max) {
        return ISOLATE_PARK_CALLS;
    }

    park_budget_t budget = {.left = parking->bytes_max > others ? parking->bytes_max - others : 0};
    *parked = park_take(iso, &budget);
    if (*parked == NULL) {
        return budget.refusal;
    }

    park_add(iso, *parked);
    iso->call = (isolate_call_t){.state = ISOLATE_IDLE};
    iso->log_used = 0;
    iso->log_dropped = 0;
    parking->parks++;
    parking->park_us += port_ticks_us() - began_us;
    return ISOLATE_PARK_DONE;
}

void isolate_resume(isolate_t *iso, isolate_parked_t *parked) {
    uint64_t began_us = port_ticks_us();
    isolate_restore(iso, parked->image);
    arena_delta_apply(iso->arena, &parked->delta);
#if ARENA_POISON
    // A mistake is found here, and not where the engine comes across it.
    if (!arena_check(iso->arena)) {
        abort();
    }
#endif

    iso->call = parked->call;
    iso->log_used = parked->log_used;
    iso->log_dropped = parked->log_dropped;
    if (parked->log != NULL) {
        memcpy(iso->log, parked->log, parked->log_used);
    }

    isolate_drop(iso, parked);
    iso->parking.resumes++;
    iso->parking.resume_us += port_ticks_us() - began_us;
}

void isolate_drop(isolate_t *iso, isolate_parked_t *parked) {
    if (parked->previous != NULL) {
        parked->previous->next = parked->next;
    } else {
        iso->parking.first = parked->next;
    }
    if (parked->next != NULL) {
        parked->next->previous = parked->previous;
    }
    iso->parking.calls--;
    iso->parking.bytes -= parked->bytes;
    parked->image->parked_calls--;
    parked->image->parked_bytes -= parked->bytes;
    park_release(parked);
}

void isolate_drop_parked(isolate_t *iso, const isolate_image_t *image) {
    isolate_parked_t *next;
    for (isolate_parked_t *parked = iso->parking.first; parked != NULL; parked = next) {
        next = parked->next;
        if (image == NULL || parked->image == image) {
            isolate_drop(iso, parked);
        }
    }
}

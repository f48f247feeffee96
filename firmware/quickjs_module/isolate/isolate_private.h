// What isolate.c shares with compile.c.

#ifndef EDGELET_ISOLATE_PRIVATE_H
#define EDGELET_ISOLATE_PRIVATE_H

#include "isolate/isolate.h"

// An empty arena under these limits.
void isolate_begin(isolate_t *iso, const isolate_limits_t *limits);
// Runs fn(iso, arg) in the engine under what is left of the CPU limit. After a kill the state is ISOLATE_ERROR.
void isolate_run(isolate_t *iso, void (*fn)(isolate_t *iso, void *arg), void *arg);
// In the engine: a fresh runtime and context, iso->ctx. False with iso->error set.
bool isolate_new_context(isolate_t *iso);
// In the engine: takes the pending exception as iso->error.
void isolate_take_exception(isolate_t *iso, isolate_kind_t kind);
// Copies at most size - 1 bytes, cut at a UTF-8 boundary, and a NUL.
void isolate_copy_text(char *to, size_t size, const char *from, size_t len);

#endif // EDGELET_ISOLATE_PRIVATE_H

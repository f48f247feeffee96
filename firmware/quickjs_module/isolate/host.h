// What natives see of the isolate that they run in: its state, its random numbers, and the operations that carry what
// handlers await to Python.
//
// Natives run inside the engine, under the call's limits, and allocate with the engine's allocator only: a call may be
// abandoned at any instruction and the arena restored. So they hold no lock (but see host_mask), keep no state in
// static variables, allocate nowhere else and rely on no finalizer.

#ifndef EDGELET_HOST_H
#define EDGELET_HOST_H

#include "isolate/isolate.h"

// Per-context state, inside the arena and so part of the image; the extensions' follows. JS_GetContextOpaque.
typedef struct _isolate_host_t {
    JSValue env;        // variables and bindings, for handlers
    uint64_t began_us;  // port_ticks_us at the start of the request
    uint64_t origin_us; // port_time_us then
    isolate_t *isolate; // set anew by every restore
    isolate_op_t *first_op, *last_op;
    uint32_t next_op_id;
    uint32_t op_count;    // open ones
    uint8_t bundle_flags; // bundle.h
    bool top_level;       // the module's top level is running: no random numbers, timers or operations
    bool computes;        // a computation of host_compute has begun
} isolate_host_t;

isolate_host_t *host_of(JSContext *ctx);

// Whether the module's top level is running: then a TypeError says that `what` is for handlers only. What would be the
// same for every request, since the top level runs once, begins with this.
bool host_at_top_level(JSContext *ctx, const char *what);

// Fills `buf` with random bytes from the port's source.
void host_random(void *buf, size_t len);
// Bytes that the call may use, how many of them it does not use yet, and CPU milliseconds left to it.
size_t host_memory_limit(JSContext *ctx);
size_t host_memory_left(JSContext *ctx);
uint32_t host_remaining_ms(JSContext *ctx);
const char *host_function_name(JSContext *ctx);
// Whether the machine's clock tells the time of day: a board's does not until it has heard of a time server.
bool host_clock_is_set(void);

// While masked, the code that runs is not abandoned: for natives that take a lock or allocate outside the arena. They
// nest.
void host_mask(void);
void host_unmask(void);

// Appends a line to the call's log. Level is one byte: 'd', 'i', 'w' or 'e'.
void host_log(isolate_t *iso, char level, const char *text, size_t len);

// Logs the pending exception, as console.error would, with a text before it unless that is NULL. 0, or -1 where nothing
// may catch it: then it stays pending.
int host_log_exception(JSContext *ctx, const char *prefix);

// The JavaScript stack as text, as errors have it.
JSValue host_stack(JSContext *ctx);

// Milliseconds since the time origin: performance.now().
double host_now_ms(JSContext *ctx);
// Has a function, which it takes over, called in `ms` milliseconds, from 0 up; `what` asks for it. 0, or -1 with a
// pending exception.
int host_timer(JSContext *ctx, const char *what, double ms, JSValue function);

// Queues an operation and returns a promise of its result, or an exception.
JSValue host_op(JSContext *ctx, const char *name, int argc, JSValueConst *argv);
// Makes of an operation's result, or of the Error that it is rejected with, what its promise is resolved with; an
// exception rejects it.
typedef JSValue host_step_t(JSContext *ctx, JSValueConst subject, bool rejected, JSValueConst value);
// As host_op, with a step between the operation and its promise.
JSValue host_op_with(
    JSContext *ctx, const char *name, int argc, JSValueConst *argv, host_step_t *step, JSValueConst subject);
// As host_op, for an operation whose last argument is a copy of these bytes, and whose first one the number, unless
// that is 0.
JSValue host_op_bytes(JSContext *ctx, const char *name, uint32_t number, base_slice_t bytes);
// Computes a part of some work, until port_ticks_us says `until_us`. Whether that was the last: then the work is freed,
// and *result is what has come of it, an exception where it failed. Where result is NULL nobody wants it any more, and
// it is freed.
typedef bool host_slice_t(JSContext *ctx, void *work, uint64_t until_us, JSValue *result);
// Does work that may take long, whose first slice has HOST_WORK_US. Where that is not enough, others have their turn
// between the further slices, and the result is a promise; but not at the top level of a module. A pending RangeError
// where a call has as many operations open as it may.
JSValue host_work(JSContext *ctx, host_slice_t *slice, void *work);
#define HOST_WORK_US (2000)

// What computes and what makes a value of that, an exception where it failed, and frees the work.
typedef void host_compute_t(JSContext *ctx, void *work);
typedef JSValue host_finish_t(JSContext *ctx, void *work);
// As host_work, for a computation that knows nothing of slices but calls host_pause now and then. It has a stack of its
// own, and so may use nothing of the engine but js_malloc and js_free. Where there is no memory for that stack, or
// there can be no promise, it is done in one go.
JSValue host_compute(JSContext *ctx, host_compute_t *compute, host_finish_t *finish, void *work, size_t needed);
// From inside a computation, with nothing locked: leaves it where its slice is over. Whether others ran meanwhile.
bool host_pause(void);
// Whether host_compute does all in one go from now on, in this turn. What it was before.
bool host_compute_at_once(bool at_once);
// The id of the operation that was queued last.
uint32_t host_last_op(JSContext *ctx);
// Ends an operation, unless it has settled: its promise stays pending.
void host_cancel_op(JSContext *ctx, uint32_t id);

#endif // EDGELET_HOST_H

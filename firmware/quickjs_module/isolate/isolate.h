// Isolates: one JavaScript runtime in one arena, and images of it to which every request returns.
//
// The way of a request: isolate_start restores the image, builds the request in the arena, calls the handler and drains
// its jobs. Where the handler waits, operations queue in the arena (isolate_next_op); isolate_settle runs what waits
// for one. Nothing is freed in JavaScript: the next restore is the clean-up, after a kill too.
//
// No function here calls MicroPython, and none may be called from inside the engine: what runs there uses host.h.

#ifndef EDGELET_ISOLATE_H
#define EDGELET_ISOLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base_slice.h"
#include "engine/arena.h"
#include "engine/compile.h"
#include "port/port.h"
#include "quickjs.h"

// Bytes of log text that a call may leave behind until it is picked up, where a line takes so many at least, as each of
// them costs time; and of an error's message and stack.
#define ISOLATE_LOG_LINE_MIN (32)
#ifndef ISOLATE_LOG_SIZE
#define ISOLATE_LOG_SIZE (16 * 1024)
#endif
#ifndef ISOLATE_MESSAGE_SIZE
#define ISOLATE_MESSAGE_SIZE (1024)
#endif
#ifndef ISOLATE_STACK_SIZE
#define ISOLATE_STACK_SIZE (2048)
#endif

// Most operations of one call that may be open at once; one more throws.
#define ISOLATE_OPS_MAX (256)
// Longest name of an operation, "kind.method", without the NUL.
#define ISOLATE_OP_NAME_MAX (47)
// Most arguments of an operation.
#define ISOLATE_OP_ARGS_MAX (8)

// A call that passes its CPU limit is interrupted at the engine's next poll, and abandoned this much later if it has
// not stopped by then.
#define ISOLATE_GRACE_US (10000)

// Longest name of a function in bytes.
#define ISOLATE_NAME_MAX (47)

// Limits of a function: what the engine can bear. What a project may set is told in device/lib/edgelet/limits.py.
#define ISOLATE_CPU_MS_MIN (1)
#define ISOLATE_CPU_MS_MAX (60000)
#define ISOLATE_CPU_MS_DEFAULT (50)
#define ISOLATE_MEMORY_MIN (48 * 1024)
#define ISOLATE_STACK_MIN (8 * 1024)

// What went wrong. ISOLATE_OK is 0.
typedef enum {
    ISOLATE_OK,
    ISOLATE_THROWN,  // an exception that nobody caught
    ISOLATE_CPU,     // CPU limit passed
    ISOLATE_MEMORY,  // memory limit passed
    ISOLATE_STACK,   // the stack overflow error, not caught
    ISOLATE_RESULT,  // the handler's answer is no response
    ISOLATE_STUCK,   // waits for something that can never happen
    ISOLATE_BUNDLE,  // damaged bundle
    ISOLATE_ENGINE,  // bundle of another engine
    ISOLATE_IMPORT,  // an import that is not in the bundle
    ISOLATE_HANDLER, // no usable export
    ISOLATE_SYNTAX,  // source that does not compile
    ISOLATE_STALE,   // image of another firmware build or arena address
} isolate_kind_t;

// The kind's name, as in quickjs.Error.kind.
const char *isolate_kind_name(isolate_kind_t kind);

typedef enum {
    ISOLATE_IDLE, // no call
    ISOLATE_PENDING,
    ISOLATE_DONE,
    ISOLATE_ERROR,
} isolate_state_t;

typedef struct _isolate_limits_t {
    uint32_t cpu_ms;
    uint32_t memory; // bytes of the arena, for runtime and request together
    uint32_t stack;  // bytes of C stack
} isolate_limits_t;

// Where an image's bytes lie.
typedef enum {
    ISOLATE_IMAGE_KEPT,   // in memory of its own, from port_image_alloc
    ISOLATE_IMAGE_MAPPED, // in the caller's memory, flash for instance
    ISOLATE_IMAGE_DRAFT,  // in the arena, until that is used for something else; it can be saved but not started
} isolate_place_t;

// An image: the arena's used bytes after the top level ran, and where things lie in them.
typedef struct _isolate_image_t {
    const uint8_t *bytes; // NULL once erased
    size_t size;
    isolate_place_t place;
    JSContext *ctx;
    struct _isolate_host_t *host;
    base_slice_t code; // that lies outside of it (isolate_config_t), or of no length
    isolate_limits_t limits;
    uint8_t handler_kind;            // as the extension says that found it
    char name[ISOLATE_NAME_MAX + 1]; // of the function
    // Its calls that are parked, and what is kept of them in bytes.
    uint32_t parked_calls;
    size_t parked_bytes;
} isolate_image_t;

// A request as the server read it. The slices belong to the caller and are copied into the arena.
typedef struct _isolate_request_t {
    base_slice_t method;
    base_slice_t scheme;  // "http" or "https"
    base_slice_t host;    // authority, with port where it is not the scheme's
    base_slice_t target;  // path and query, starting with '/'
    base_slice_t headers; // "name: value\r\n" lines in wire order; names in any case
    base_slice_t body;
    bool has_body;
    base_slice_t peer; // the client's address, "" where unknown
    bool is_internal;  // the response is for somebody who does not unpack what is packed for the way
} isolate_request_t;

// How the body of a response leaves the call.
typedef enum {
    ISOLATE_BODY_WHOLE,  // isolate_response_t.body is all of it
    ISOLATE_BODY_OPEN,   // in operations "body.write" with bytes: each once the one before is resolved
    ISOLATE_BODY_ENDED,  // so, and that was all
    ISOLATE_BODY_FAILED, // so, and iso->error says why it cannot go on
} isolate_body_t;

// A response inside the arena: valid until the engine runs again.
typedef struct _isolate_response_t {
    int status; // 200 to 599
    // "name: value\r\n" lines, names in lower case, no CR, LF or NUL inside a value. Without the fields that frame the
    // message (base_fields.h), which are the server's.
    base_slice_t headers;
    base_slice_t body;
    bool streams;      // the body is none of these bytes: it is sent in operations
    uint32_t received; // or it is what Python still receives under this number; 0 for neither
    int64_t length;    // of such a body, or of none, as the handler says; -1 where it does not
} isolate_response_t;

// An error, outside the arena so that it outlives it.
typedef struct _isolate_error_t {
    isolate_kind_t kind;
    char message[ISOLATE_MESSAGE_SIZE];
    char stack[ISOLATE_STACK_SIZE];
} isolate_error_t;

// What belongs to one call and lies outside the arena.
typedef struct _isolate_call_t {
    uint32_t number;
    isolate_state_t state;
    isolate_body_t body;         // once ISOLATE_DONE
    bool background;             // the body is open, or promises given to waitUntil are
    uint64_t cpu_used_us;        // in the turns before this one
    isolate_response_t response; // once ISOLATE_DONE
} isolate_call_t;

// The calls of an isolate that are parked (park.h).
typedef struct _isolate_parking_t {
    struct _isolate_parked_t *first;
    uint32_t calls, calls_max;   // how many there are, and may be
    size_t bytes, bytes_max;     // what is kept of them, and may be
    uint32_t parks, resumes;     // since the isolate was made
    uint64_t park_us, resume_us; // what these took
} isolate_parking_t;

// See extension.h.
typedef struct _extension_t extension_t;

// See isolate_private.h.
typedef struct _isolate_rejection_t isolate_rejection_t;

typedef struct _isolate_t {
    arena_t *arena; // the block
    size_t size;
    uint32_t refs; // the arena object and its images
    extension_t *const *extensions;
    const struct _extension_handlers_t *handlers;
    size_t host_size;          // bytes of the host's state and the extensions'
    isolate_image_t *resident; // the image that the arena was last restored from
    JSContext *ctx;            // of the call
    struct _isolate_host_t *host;
    base_slice_t code; // of the function that lies outside of the arena

    isolate_call_t call; // the current or last one
    uint32_t calls;      // number of the last one that was started
    isolate_parking_t parking;
    isolate_error_t error; // once ISOLATE_ERROR

    isolate_limits_t limits;
    const char *name; // of the function
    port_cpu_mark_t turn_began;
    volatile uint64_t cpu_deadline_us; // of this turn
    volatile isolate_kind_t killed;    // ISOLATE_CPU, ISOLATE_MEMORY or ISOLATE_OK
    volatile bool running;
    isolate_rejection_t *rejections; // in the arena, of this turn
    uint32_t rejection_count;

    size_t log_used;
    uint32_t log_dropped;
    char log[ISOLATE_LOG_SIZE]; // of each line its level, two bytes of its length, and its text
} isolate_t;

// What a line of that length takes of it.
static inline size_t isolate_log_line(size_t len) {
    return len + 3 > ISOLATE_LOG_LINE_MIN ? len + 3 : ISOLATE_LOG_LINE_MIN;
}

// A name and a value of `env`.
typedef struct _isolate_var_t {
    base_slice_t name, value;
} isolate_var_t;

// env.NAME: what an extension has for that kind, or else an object whose methods queue operations "kind.method".
typedef struct _isolate_binding_t {
    base_slice_t name, kind;
    const base_slice_t *methods;
    size_t method_count;
} isolate_binding_t;

typedef struct _isolate_config_t {
    base_slice_t bundle;
    base_slice_t name; // of the function, ISOLATE_NAME_MAX bytes at most
    const isolate_var_t *vars;
    size_t var_count;
    const isolate_binding_t *bindings;
    size_t binding_count;
    isolate_limits_t limits; // valid ones: the caller checks
    // Memory that holds the function's code (isolate_read_code), aligned to 8, or none. The image then has none of it,
    // must be no ISOLATE_IMAGE_KEPT, and the memory stays as it is for as long as the image and what is saved of it.
    base_slice_t code;
} isolate_config_t;

// An argument of an operation, in a form that can be read without the engine. Text and bytes lie in the arena.
typedef enum {
    ISOLATE_ARG_NONE, // undefined and null
    ISOLATE_ARG_BOOL,
    ISOLATE_ARG_NUMBER,
    ISOLATE_ARG_TEXT, // UTF-8
    ISOLATE_ARG_BYTES,
} isolate_arg_type_t;

typedef struct _isolate_arg_t {
    isolate_arg_type_t type;
    double number; // of ISOLATE_ARG_BOOL too: 0 or 1
    base_slice_t data;
} isolate_arg_t;

// An open operation, in the arena. Read between turns only.
typedef struct _isolate_op_t {
    struct _isolate_op_t *next;
    uint32_t id;
    bool taken;   // isolate_next_op gave it out
    bool repeats; // stays open when resolved (setInterval)
    bool cancelled;
    bool waits; // for other work, and is not given out before that has ended
    uint8_t argc;
    char name[ISOLATE_OP_NAME_MAX + 1];
    isolate_arg_t args[ISOLATE_OP_ARGS_MAX];
    JSValue resolve; // called with the value
    JSValue reject;  // called with an Error; undefined for timers
    // What makes of the outcome what the promise gets, see host_step_t; or NULL.
    JSValue (*step)(JSContext *ctx, JSValueConst subject, bool rejected, JSValueConst value);
    JSValue subject;
    // Of work that goes on in slices, see host_work, or NULL. It is given out again after each but the last.
    bool (*slice)(JSContext *ctx, void *work, uint64_t until_us, JSValue *result);
    void *work;
} isolate_op_t;

// Makes an isolate over a block of `size` bytes from port_arena_alloc, in memory that must stay until the last
// isolate_release. `extensions` ends with NULL; each comes after those that it uses, and it is the same for all
// isolates. False when there is no block.
bool isolate_init(isolate_t *iso, size_t size, extension_t *const *extensions);
// Ends the call, overwrites the block, and frees it.
void isolate_close(isolate_t *iso);
// Takes back one of iso->refs; the last one closes.
void isolate_release(isolate_t *iso);

// Builds an image, ISOLATE_IMAGE_KEPT or ISOLATE_IMAGE_DRAFT. False with iso->error set.
bool isolate_build(isolate_t *iso, const isolate_config_t *config, isolate_place_t place, isolate_image_t *image);
// Of the code that a function has where config->code is to hold it: copies what lies there from `at` on into `part`.
// Returns the bytes of all of it, more than config->code has where that is too small; 0 with iso->error set. *longest:
// those of the longest function among them, by its bytecode and lines. To be called with the same config as
// isolate_build.
size_t isolate_read_code(
    isolate_t *iso, const isolate_config_t *config, size_t at, uint8_t *part, size_t part_size, size_t *longest);
// Whether a draft is still in the arena.
bool isolate_has_draft(const isolate_t *iso, const isolate_image_t *image);
// Overwrites and frees an image's bytes, and the arena where the image is in it, and ends its calls, parked ones too.
// Mapped memory is left as it is: who mapped it erases it.
void isolate_erase(isolate_t *iso, isolate_image_t *image);

// Bytes of a saved image, and copying `len` of them from `offset` on to `to`. To read from the first bytes, where the
// digest is, takes a pass over the whole image.
size_t isolate_saved_size(const isolate_image_t *image);
void isolate_save(const isolate_t *iso, const isolate_image_t *image, size_t offset, uint8_t *to, size_t len);
// An image from saved bytes: a copy (ISOLATE_IMAGE_KEPT), or the bytes themselves (ISOLATE_IMAGE_MAPPED), which must
// stay as they are until isolate_erase. code: where the image was built with its code there (isolate_config_t), the
// same memory with the same content. False with iso->error set (ISOLATE_STALE).
bool isolate_load(isolate_t *iso, base_slice_t saved, base_slice_t code, isolate_place_t place, isolate_image_t *image);

// Starts a call. Must not be pending, and the image no draft. Returns the new state.
isolate_state_t isolate_start(isolate_t *iso, isolate_image_t *image, const isolate_request_t *request);

// Makes the JavaScript value that an operation is settled with, inside the engine: must not call MicroPython in a way
// that allocates or raises.
typedef JSValue (*isolate_convert_t)(JSContext *ctx, const void *arg);
// Settles an operation. False when the id is not open. The state is in iso->call.state.
bool isolate_settle(isolate_t *iso, uint32_t id, bool reject, isolate_convert_t convert, const void *arg);

// Tells a call whose body is open that nobody wants the rest of it. Its script learns `reason`, an Error's message.
// False where no such call is in the arena.
bool isolate_cancel_body(isolate_t *iso, base_slice_t reason);

// The next operation that has not been given out, or NULL. The pointer is valid until the next turn.
isolate_op_t *isolate_next_op(isolate_t *iso);
// The id of an operation that JavaScript cancelled after it was given out; 0 when there is none. Each is told once.
uint32_t isolate_next_cancelled(isolate_t *iso);

// Whether a call is in the arena that waits for operations.
bool isolate_busy(const isolate_t *iso);
// Forgets the call.
void isolate_abandon(isolate_t *iso);

// Most bytes of the arena in use at once since the call began.
size_t isolate_peak(const isolate_t *iso);

// Compiles modules to a bundle, in a fresh runtime of this isolate's arena; `native` is left to it. The bundle lies in
// the arena and is valid until its next use. False with iso->error set. Only where the engine has its parser.
bool isolate_compile(isolate_t *iso, const compile_config_t *config, base_slice_t *bundle);

#endif // EDGELET_ISOLATE_H

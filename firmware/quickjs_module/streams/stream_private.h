// What the files of the streams share. Not for others.
//
// A ReadableStream has one controller for life: both are a stream_t, and the controller's object leads to it. The names
// of functions are those of the standard's operations. What a script's function throws becomes what the standard says,
// a rejected promise or the stream's error; a kill is one of these, and the isolate knows of it.

#ifndef EDGELET_STREAM_PRIVATE_H
#define EDGELET_STREAM_PRIVATE_H

#include "engine/engine.h"
#include "events/event.h"
#include "streams/stream.h"

// Indexes of stream_extension.classes.
typedef enum {
    STREAM_READABLE,
    STREAM_READER,
    STREAM_CONTROLLER,
    STREAM_ITERATOR,
    STREAM_TEE,
    STREAM_COLLECTOR,
    STREAM_PUMP,
    STREAM_REACTION,
    STREAM_WRITABLE,
    STREAM_WRITER,
    STREAM_WRITABLE_CONTROLLER,
    STREAM_PIPE,
    STREAM_TRANSFORM,
    STREAM_TRANSFORM_CONTROLLER,
    STREAM_BYTE_LENGTH_STRATEGY,
    STREAM_COUNT_STRATEGY,
    STREAM_CLASS_COUNT,
} stream_class_id_t;

extern const extension_class_t stream_class_readable;
extern const extension_class_t stream_class_reader;
extern const extension_class_t stream_class_controller;
extern const extension_class_t stream_class_iterator;
extern const extension_class_t stream_class_tee;
extern const extension_class_t stream_class_collector;
extern const extension_class_t stream_class_pump;
extern const extension_class_t stream_class_reaction;
extern const extension_class_t stream_class_writable;
extern const extension_class_t stream_class_writer;
extern const extension_class_t stream_class_writable_controller;
extern const extension_class_t stream_class_pipe;
extern const extension_class_t stream_class_transform;
extern const extension_class_t stream_class_transform_controller;
extern const extension_class_t stream_class_byte_length_strategy;
extern const extension_class_t stream_class_count_strategy;

static inline JSValue stream_class_new(JSContext *ctx, stream_class_id_t id, JSValueConst new_target) {
    return extension_class_new(ctx, &stream_extension, id, new_target);
}
static inline void *stream_class_get(stream_class_id_t id, JSValueConst value) {
    return extension_class_get(&stream_extension, id, value);
}
static inline void *stream_class_expect(JSContext *ctx, stream_class_id_t id, JSValueConst value) {
    return extension_class_expect(ctx, &stream_extension, id, value);
}

// Frees and marks the values of what lies behind an object. `places`: their offsets in it.
void stream_free_values(JSRuntime *rt, void *object, const uint16_t *places, int count);
void stream_mark_values(JSRuntime *rt, const void *object, const uint16_t *places, int count, JS_MarkFunc *mark);

// The optional first argument of a method.
static inline JSValueConst stream_argument(int argc, JSValueConst *argv) {
    return argc > 0 ? argv[0] : JS_UNDEFINED;
}

// ---- promises (stream_promise.c) ----

// Runs `step` in a job once the promise is settled.
void stream_react(JSContext *ctx, JSValueConst promise, stream_step_t *step, JSValueConst subject);
// A new promise that is resolved with the value.
JSValue stream_promise_of(JSContext *ctx, JSValueConst value);
JSValue stream_rejected_promise(JSContext *ctx, JSValueConst reason);
// A new promise that is rejected with the pending exception.
JSValue stream_reject_pending(JSContext *ctx);
// Web IDL's "promise-calling": what a script's function returns as a promise; rejected with what it throws.
JSValue stream_call_promise(JSContext *ctx, JSValueConst function, JSValueConst this_val, int argc, JSValueConst *argv);
// A new TypeError.
JSValue stream_type_error(JSContext *ctx, const char *message);

// ---- queues (stream_queue.c) ----

typedef struct _stream_item_t {
    JSValue value;
    double size;
} stream_item_t;

// Chunks with their sizes (Streams standard, section 8.1).
typedef struct _stream_queue_t {
    stream_item_t *items;
    uint32_t first, count, room;
    double total;
} stream_queue_t;

// Takes over the value. -1 with a pending RangeError where the size is no finite number from 0 up.
int stream_queue_put(JSContext *ctx, stream_queue_t *queue, JSValue value, double size);
// There must be one.
JSValue stream_queue_take(stream_queue_t *queue);
void stream_queue_reset(JSRuntime *rt, stream_queue_t *queue);
void stream_queue_mark(JSRuntime *rt, const stream_queue_t *queue, JS_MarkFunc *mark);

// The members of a queuing strategy. `*size` is undefined where every chunk counts 1. 0 or -1.
int stream_strategy(JSContext *ctx, JSValueConst strategy, double default_mark, double *high_water, JSValue *size);

// The size that a strategy's function, or undefined for 1, gives the chunk. -1 with a pending exception.
int stream_chunk_size(JSContext *ctx, JSValueConst function, JSValueConst chunk, double *size);
// A member of an object that a script gave, undefined or a function; `what` is the object's name for the TypeError.
// 0 or -1, with `*function` undefined.
int stream_function(JSContext *ctx, JSValueConst object, const char *name, const char *what, JSValue *function);
// "Illegal constructor", of classes whose objects the standard makes.
JSValue stream_illegal_constructor(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv);

// ---- ReadableStream (stream_readable.c) and its controller (stream_controller.c) ----

typedef enum {
    STREAM_OPEN,
    STREAM_CLOSED,
    STREAM_ERRORED,
} stream_state_t;

typedef struct _stream_t stream_t;
typedef struct _stream_bytes_t stream_bytes_t;

// Where a stream's chunks come from.
typedef struct _stream_algorithms_t {
    // A promise; undefined where it was done at once.
    JSValue (*pull)(JSContext *ctx, stream_t *stream);
    JSValue (*cancel)(JSContext *ctx, stream_t *stream, JSValueConst reason);
} stream_algorithms_t;

struct _stream_t {
    JSValue object;                        // the ReadableStream, not counted
    JSValue reader;                        // undefined while unlocked; null where C has locked the stream for good
    JSValue controller;                    // its object, not counted; undefined while there is none
    JSValue stored_error;                  // of STREAM_ERRORED
    const stream_algorithms_t *algorithms; // NULL once nothing more will be asked of the source
    JSValue source;                        // whose algorithms: a script's underlying source, an iterator, a tee
    JSValue pull, cancel;                  // functions of the source
    JSValue size;                          // the strategy's function; undefined for 1
    const stream_source_t *native;         // a source in C, with
    void *opaque;
    stream_bytes_t *bytes; // of a byte stream (stream_bytes_private.h); else NULL
    stream_queue_t queue;
    double high_water;
    uint8_t state;
    bool disturbed, started, close_requested, pulling, pull_again;
    bool byte_source; // every chunk is a Uint8Array that no script has
};

// Who calls what takes a stream_t holds the stream's object, since scripts run there.
stream_t *stream_of(JSValueConst object);
stream_t *stream_of_controller(JSValueConst controller);
// A ReadableStream with a controller that reads from these algorithms.
stream_t *stream_new(JSContext *ctx, const stream_algorithms_t *algorithms, JSValueConst source, double high_water);
// Calls `cancel`: a promise.
JSValue stream_cancel(JSContext *ctx, stream_t *stream, JSValueConst reason);
void stream_close(JSContext *ctx, stream_t *stream);
void stream_error(JSContext *ctx, stream_t *stream, JSValueConst error);

extern const stream_algorithms_t stream_script_algorithms;
extern const stream_algorithms_t stream_native_algorithms;

// Begins to pull once the promise that `start` is given as is fulfilled.
void stream_controller_start(JSContext *ctx, stream_t *stream, JSValueConst start);
JSValue stream_controller_object(JSContext *ctx, stream_t *stream);
// A number of bytes or elements ([EnforceRange] unsigned long long). 0, or -1 with a pending exception.
int stream_count(JSContext *ctx, JSValueConst value, const char *what, size_t *count);
bool stream_controller_can_enqueue(const stream_t *stream);
// -1 with a pending exception, which is the stream's error then, where the strategy refuses the chunk.
int stream_controller_enqueue(JSContext *ctx, stream_t *stream, JSValueConst chunk);
void stream_controller_close(JSContext *ctx, stream_t *stream);
void stream_controller_error(JSContext *ctx, stream_t *stream, JSValueConst error);
void stream_controller_pull(JSContext *ctx, stream_t *stream);
// Forgets the source and what is queued.
void stream_controller_clear(JSContext *ctx, stream_t *stream);
// Whether the strategy would have the source wait.
bool stream_controller_has_backpressure(const stream_t *stream);
// The attribute desiredSize.
JSValue stream_controller_desired_size(JSContext *ctx, const stream_t *stream);

// ---- WritableStream (stream_writable.c), its controller and writer (stream_writer.c) ----

typedef enum {
    WRITABLE_OPEN,
    WRITABLE_ERRORING,
    WRITABLE_CLOSED,
    WRITABLE_ERRORED,
} writable_state_t;

typedef struct _writable_t writable_t;

// Where chunks go. Each gives a promise.
typedef struct _writable_algorithms_t {
    JSValue (*write)(JSContext *ctx, writable_t *stream, JSValueConst chunk);
    JSValue (*close)(JSContext *ctx, writable_t *stream);
    JSValue (*abort)(JSContext *ctx, writable_t *stream, JSValueConst reason);
} writable_algorithms_t;

struct _writable_t {
    JSValue object;       // the WritableStream, not counted
    JSValue writer;       // undefined while unlocked
    JSValue controller;   // its object
    JSValue stored_error; // of WRITABLE_ERRORING and WRITABLE_ERRORED
    const writable_algorithms_t *algorithms;
    JSValue sink;                // whose algorithms: a script's underlying sink, a transform
    JSValue write, close, abort; // functions of the sink
    JSValue size;                // the strategy's function; undefined for 1
    stream_queue_t queue;        // the last one is uninitialized where the stream is to be closed behind it
    stream_queue_t requests;     // a promise for each chunk that is queued
    JSValue writing;             // the promise of the chunk that the sink has; undefined for none
    JSValue close_request;       // a promise, undefined for none: of a close that is queued
    JSValue closing;             // of one that the sink has been asked for
    JSValue abort_request;       // of an abort that is to come
    JSValue abort_reason;
    JSValue signal; // the controller's; undefined until somebody asks for it
    double high_water;
    uint8_t state;
    bool abort_in_error; // abort_request came while the stream was WRITABLE_ERRORING
    bool started, backpressure;
};

typedef struct _writer_t {
    JSValue stream; // undefined once released
    JSValue closed, ready;
} writer_t;

writable_t *writable_of(JSValueConst object);
writable_t *writable_of_controller(JSValueConst controller);
writer_t *writable_writer(const writable_t *stream);
// `high_water` and `size`, which it takes over, are the strategy's.
writable_t *writable_new(
    JSContext *ctx, const writable_algorithms_t *algorithms, JSValueConst sink, double high_water, JSValue size);
// Takes chunks once the promise that `start` is given as is fulfilled.
void writable_start(JSContext *ctx, writable_t *stream, JSValueConst start);
bool writable_is_closing(const writable_t *stream); // a close is queued or under way
JSValue writable_abort(JSContext *ctx, writable_t *stream, JSValueConst reason);
JSValue writable_close(JSContext *ctx, writable_t *stream);
void writable_error_if_needed(JSContext *ctx, writable_t *stream, JSValueConst error);
// The controller's part of a write.
void writable_put(JSContext *ctx, writable_t *stream, JSValueConst chunk, double size);
double writable_desired_size(const writable_t *stream);

JSValue writer_new(JSContext *ctx, JSValueConst stream, JSValueConst new_target);
JSValue writer_write(JSContext *ctx, writer_t *writer, JSValueConst chunk);
void writer_release(JSContext *ctx, writer_t *writer);
// What the stream tells its writer: that it takes chunks, or does not; that it is in error.
void writer_set_ready(JSContext *ctx, writer_t *writer, bool ready);
void writer_reject_ready(JSContext *ctx, writer_t *writer, JSValueConst error);
void writer_reject_closed(JSContext *ctx, writer_t *writer, JSValueConst error);

// ---- pipes (stream_pipe.c) ----

JSValue stream_pipe_to(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
JSValue stream_pipe_through(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);

// ---- readers (stream_reader.c) ----

// What becomes of a read. One of them is called, with the target.
typedef struct _stream_read_t {
    void (*chunk)(JSContext *ctx, JSValueConst target, JSValueConst chunk);
    void (*close)(JSContext *ctx, JSValueConst target);
    void (*error)(JSContext *ctx, JSValueConst target, JSValueConst error);
    // Of a read with a buffer: the stream is closed, and here is the buffer.
    void (*finish)(JSContext *ctx, JSValueConst target, JSValueConst view);
} stream_read_t;

typedef struct _stream_request_t {
    struct _stream_request_t *next;
    const stream_read_t *read;
    JSValue target;
} stream_request_t;

typedef struct _stream_reader_t {
    JSValue stream;   // undefined once released
    JSValue closed;   // the promise; undefined until somebody asks for it
    JSValue released; // what `closed` is rejected with then
    stream_request_t *first, *last;
    bool byob; // a ReadableStreamBYOBReader's
} stream_reader_t;

stream_reader_t *stream_byob_reader_of(JSValueConst value);
// The reader of a stream that a script or we have locked; NULL where there is none.
stream_reader_t *stream_reader_of(const stream_t *stream);
// A new reader; TypeError where the stream is locked.
JSValue stream_reader_new(JSContext *ctx, JSValueConst stream, JSValueConst new_target);
// Makes a reader behind its object, of a stream that is not locked.
stream_reader_t *stream_reader_attach(JSContext *ctx, JSValueConst object, JSValueConst stream);
void stream_reader_free(JSRuntime *rt, stream_reader_t *reader);
void stream_reader_mark(JSRuntime *rt, const stream_reader_t *reader, JS_MarkFunc *mark);
// The TypeErrors for a stream that has a reader, and a reader that has no stream.
JSValue stream_throw_locked(JSContext *ctx);
JSValue stream_throw_released(JSContext *ctx);
void stream_reader_read(JSContext *ctx, stream_reader_t *reader, const stream_read_t *read, JSValueConst target);
// A read that waits.
void stream_reader_await(JSContext *ctx, stream_reader_t *reader, const stream_read_t *read, JSValueConst target);
void stream_reader_release(JSContext *ctx, stream_reader_t *reader);
JSValue stream_reader_cancel(JSContext *ctx, stream_reader_t *reader, JSValueConst reason);
// The promise of the attribute `closed`, not counted.
JSValueConst stream_reader_closed(JSContext *ctx, stream_reader_t *reader);
// What the stream tells its reader.
void stream_reader_on_close(JSContext *ctx, stream_reader_t *reader);
void stream_reader_on_error(JSContext *ctx, stream_reader_t *reader, JSValueConst error);
// Gives the chunk to the first request, which must be there.
void stream_reader_fulfill(JSContext *ctx, stream_reader_t *reader, JSValueConst chunk);
// The same of a closed stream: the view is what the request's buffer came back in, or undefined.
void stream_reader_finish(JSContext *ctx, stream_reader_t *reader, JSValueConst view);
// Ends the requests of a stream that was cancelled, which are without a buffer.
void stream_reader_finish_all(JSContext *ctx, stream_reader_t *reader);

// ---- async iteration (stream_iterate.c) ----

JSValue stream_values(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);

#endif // EDGELET_STREAM_PRIVATE_H

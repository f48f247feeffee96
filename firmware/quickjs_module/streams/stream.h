// Streams (Streams standard): what a body is read from.
//
// The classes take no memory before a handler names one of them or reads a body as a stream.

#ifndef EDGELET_STREAM_H
#define EDGELET_STREAM_H

#include "isolate/extension.h"

extern extension_t stream_extension;
// The classes of byte streams.
extern extension_t stream_bytes_extension; // and Workers' transforms of bytes

// The room of a chunk that a source in C gives, in bytes.
#define STREAM_CHUNK_SIZE (4096)

// Most bytes that are sent at once: they are outside the arena while the client takes them.
#if UINTPTR_MAX > UINT32_MAX
#define STREAM_PIECE_SIZE (16384)
#else
#define STREAM_PIECE_SIZE (2048)
#endif

// What gives a stream its chunks without a script: bytes that are there, or come without waiting.
typedef struct _stream_source_t {
    // The next chunk, a Uint8Array of STREAM_CHUNK_SIZE bytes at most; undefined at the end. `*last` says that nothing
    // follows.
    JSValue (*pull)(JSContext *ctx, void *opaque, bool *last);
    void (*free)(JSRuntime *rt, void *opaque);
} stream_source_t;

// A ReadableStream over a source, whose `opaque` it takes over.
JSValue stream_of_source(JSContext *ctx, const stream_source_t *source, void *opaque);

// A source whose chunks are the results of operations (isolate/host.h).
typedef struct _stream_operations_t {
    const char *read;   // its result is a Uint8Array, or null at the end
    const char *cancel; // nobody wants the rest
    // What the stream's readers learn where `read` is rejected with that.
    JSValue (*error)(JSContext *ctx, JSValueConst reason);
} stream_operations_t;

// A ReadableStream over such operations, whose only argument is `argument`.
JSValue stream_of_operations(JSContext *ctx, const stream_operations_t *operations, JSValueConst argument);
// The argument of a stream over such operations while nobody has read or locked it; else undefined.
JSValueConst stream_operations_untouched(JSValueConst stream, const stream_operations_t *operations);
// Its source fails, and is told that nobody wants the rest. Nothing where the stream has ended.
void stream_fail(JSContext *ctx, JSValueConst stream, JSValueConst reason);

bool stream_is(JSValueConst value);
// Of a ReadableStream: whether somebody reads it, and whether somebody has read or cancelled it.
bool stream_is_locked(JSValueConst stream);
bool stream_is_disturbed(JSValueConst stream);
// Whether nothing of its source is needed any more: it is closed, or will be behind the chunks that are there.
bool stream_is_complete(JSValueConst stream);

// The bytes that a stream will have given at its end, which a FixedLengthStream's is known by; else -1.
int64_t stream_fixed_length(JSValueConst stream);

// The opaque of a stream over that source while nobody has read or locked it; else NULL.
void *stream_untouched(JSValueConst stream, const stream_source_t *source);
// Makes it a stream that has been read to its end and stays locked.
void stream_consume(JSContext *ctx, JSValueConst stream);
// A new stream goes on where this one is, which stays locked.
JSValue stream_move(JSContext *ctx, JSValueConst stream);
// Two streams with the content of this one, which stays locked. The second one's chunks are copies where `copies` says
// so and they are bytes.
void stream_tee(JSContext *ctx, JSValueConst stream, bool copies, JSValue branches[2]);

// Reads a stream, which must not be locked, to its end. A promise of a Uint8Array with all its bytes, behind which
// is a NUL; rejected with what the stream fails with, or a TypeError for a chunk that is no bytes.
JSValue stream_read_all(JSContext *ctx, JSValueConst stream);

// Sends what a stream gives in operations (isolate/host.h), each with STREAM_PIECE_SIZE bytes at most: each once the
// one before is resolved, and only then the stream is asked for its next chunk.
typedef enum {
    STREAM_PUMP_OPEN,
    STREAM_PUMP_ENDED,    // all is sent
    STREAM_PUMP_UNWANTED, // the rest is not wanted: it was cancelled, or an operation rejected
    STREAM_PUMP_FAILED,   // the stream's failure, or a TypeError for a chunk that is no bytes
} stream_pump_state_t;

// Where a pump sends to; it must stay.
typedef struct _stream_sink_t {
    const char *operation; // takes the number, where there is one, and the bytes
    // The pump is open no more, maybe before stream_pump_new returns. NULL where nobody is to learn of it.
    void (*ended)(JSContext *ctx, JSValueConst subject, JSValueConst pump);
} stream_sink_t;

// The pump of a stream, which must not be locked: an object. number: of what the bytes are for, or 0. subject: any
// value for `ended`.
JSValue stream_pump_new(
    JSContext *ctx, JSValueConst stream, const stream_sink_t *sink, uint32_t number, JSValueConst subject);

// What makes other bytes of those that a pump sends.
typedef struct _stream_filter_t {
    // What comes of a chunk that has bytes, or with `last`, once, of what is left: a Uint8Array, or an exception.
    JSValue (*pass)(JSContext *ctx, void *opaque, base_slice_t bytes, bool last);
    void (*free)(JSRuntime *rt, void *opaque);
} stream_filter_t;

// As stream_pump_new, through a filter, whose `opaque` it takes over.
JSValue stream_pump_filtered(
    JSContext *ctx, JSValueConst stream, const stream_sink_t *sink, const stream_filter_t *filter, void *opaque);
stream_pump_state_t stream_pump_state(JSValueConst pump);
// What it failed with, not counted.
JSValueConst stream_pump_error(JSValueConst pump);
// Cancels the stream of a pump that is open. A promise of what its source does then.
JSValue stream_pump_cancel(JSContext *ctx, JSValueConst pump, JSValueConst reason);

// What the standard calls ReadableStreamFrom: of an iterable, or an exception.
JSValue stream_from(JSContext *ctx, JSValueConst iterable);

// A Uint8Array over bytes from js_malloc, which it takes over.
JSValue stream_new_bytes(JSContext *ctx, uint8_t *bytes, size_t len);

// What a transform does in C. Each enqueues what comes of it; 0, or -1 with a pending exception.
typedef struct _stream_transformer_t {
    // 1 where it has more to enqueue, and the readable side is full: it is called again with the same chunk once that
    // wants more.
    int (*transform)(JSContext *ctx, JSValueConst transform, JSValueConst subject, JSValueConst chunk);
    int (*flush)(JSContext *ctx, JSValueConst transform, JSValueConst subject);
} stream_transformer_t;

// A TransformStream over a transformer, which is given the subject, any value. gives_bytes: whether its readable side
// is a byte stream, for which all that is enqueued are Uint8Arrays that no script has.
JSValue stream_transform_of(
    JSContext *ctx, const stream_transformer_t *transformer, JSValueConst subject, bool gives_bytes);
int stream_transform_enqueue(JSContext *ctx, JSValueConst transform, JSValueConst chunk);
// Whether its readable side has as much as it wants.
bool stream_transform_is_full(JSValueConst transform);
// Its sides.
JSValue stream_transform_readable(JSContext *ctx, JSValueConst transform);
JSValue stream_transform_writable(JSContext *ctx, JSValueConst transform);

// What goes on when a promise is settled: the result, or an exception.
typedef JSValue stream_step_t(JSContext *ctx, JSValueConst subject, bool rejected, JSValueConst value);
// Runs `step` in a job once the promise is settled. A promise of what the step returns.
JSValue stream_then(JSContext *ctx, JSValueConst promise, stream_step_t *step, JSValueConst subject);

#endif // EDGELET_STREAM_H

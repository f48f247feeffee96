// Byte streams: what the files of the streams share of them. Not for others.
//
// A stream is one if it has a stream_bytes_t. Streams whose chunks are bytes for certain (`byte_source`) get theirs
// when somebody asks for a reader with a buffer of its own.

#ifndef EDGELET_STREAM_BYTES_PRIVATE_H
#define EDGELET_STREAM_BYTES_PRIVATE_H

#include "streams/stream_private.h"

// Indexes of stream_bytes_extension.classes.
typedef enum {
    BYTES_CONTROLLER,
    BYTES_READER,
    BYTES_REQUEST,
    BYTES_IDENTITY,
    BYTES_FIXED,
    BYTES_CLASS_COUNT,
} stream_bytes_class_id_t;

extern const extension_class_t stream_bytes_class_controller;
extern const extension_class_t stream_bytes_class_reader;
extern const extension_class_t stream_bytes_class_request;
extern const extension_class_t stream_bytes_class_identity;
extern const extension_class_t stream_bytes_class_fixed;

// ---- the controller (stream_bytes.c) ----

// Makes it a byte stream. auto_size: bytes of the buffers that it allocates for readers without one; 0 for none.
void stream_bytes_attach(JSContext *ctx, stream_t *stream, size_t auto_size);
void stream_bytes_free(JSRuntime *rt, stream_bytes_t *bytes);
void stream_bytes_mark(JSRuntime *rt, const stream_bytes_t *bytes, JS_MarkFunc *mark);

// -1 with a pending TypeError.
int stream_bytes_enqueue(JSContext *ctx, stream_t *stream, JSValueConst chunk);
// -1 with a pending TypeError, which is the stream's error then.
int stream_bytes_close(JSContext *ctx, stream_t *stream);
// The same of a source in C: whoever waits with a buffer gets it back.
void stream_bytes_end(JSContext *ctx, stream_t *stream);
// Forgets the buffers that are to be filled.
void stream_bytes_clear(JSContext *ctx, stream_t *stream);
// The queue is empty again.
void stream_bytes_reset(stream_t *stream);
// The first chunk of the queue, which has one.
JSValue stream_bytes_take(JSContext *ctx, stream_t *stream);
// Before a read without a buffer waits.
void stream_bytes_auto_allocate(JSContext *ctx, stream_t *stream);
// Fills a view, whose buffer it takes over, with `minimum` bytes at least.
void stream_bytes_pull_into(JSContext *ctx, stream_t *stream, engine_view_t *view, size_t minimum,
    const stream_read_t *read, JSValueConst target);
// The reader has gone.
void stream_bytes_release(JSContext *ctx, stream_t *stream);

// The attribute byobRequest.
JSValue stream_bytes_request(JSContext *ctx, stream_t *stream);
// Bytes are in that request's view, or in another one whose buffer these take over. 0, or -1 with a pending exception.
int stream_bytes_respond(JSContext *ctx, stream_t *stream, size_t written);
int stream_bytes_respond_with(JSContext *ctx, stream_t *stream, engine_view_t *view);

// ---- ReadableStreamBYOBReader and ReadableStreamBYOBRequest (stream_byob.c) ----

// A new reader; TypeError where the stream is locked or no byte stream.
JSValue stream_byob_reader_new(JSContext *ctx, JSValueConst stream, JSValueConst new_target);
// A request whose view it takes over.
JSValue stream_byob_request_new(JSContext *ctx, stream_t *stream, JSValue view);
// Its view, not counted; null once it is over.
JSValueConst stream_byob_request_view(JSValueConst request);
// It is over: it has no view any more.
void stream_byob_request_end(JSContext *ctx, JSValueConst request);

#endif // EDGELET_STREAM_BYTES_PRIVATE_H

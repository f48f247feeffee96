// ReadableByteStreamController (Streams standard, sections 4.7 and 4.9.5).
//
// The queue of a byte stream has Uint8Arrays, each over a buffer of its own that no script has; of the first one
// `consumed` bytes are gone. What lies behind the pending reads with a buffer is the script's again when they end.

#include "streams/stream_bytes_private.h"

#include <string.h>

typedef enum {
    PULL_INTO_DEFAULT, // a buffer that the stream has allocated itself
    PULL_INTO_BYOB,
    PULL_INTO_NONE, // its reader has gone
} pull_into_reader_t;

// A buffer to be filled (the standard's pull-into descriptor).
typedef struct _pull_into_t {
    struct _pull_into_t *next;
    engine_view_t view;
    size_t buffer_size; // bytes that the view's buffer has in all
    size_t filled, minimum;
    uint8_t reader;
} pull_into_t;

struct _stream_bytes_t {
    JSValue request; // the attribute byobRequest; undefined while there is none
    pull_into_t *first, *last;
    size_t auto_size; // of buffers for a default reader's reads; 0 for none
    size_t consumed;
};

// ---- buffers that are to be filled ----

static void free_pull_into(JSRuntime *rt, pull_into_t *into) {
    JS_FreeValueRT(rt, into->view.buffer);
    js_free_rt(rt, into);
}

static void append_pull_into(stream_bytes_t *bytes, pull_into_t *into) {
    if (bytes->first == NULL) {
        bytes->first = into;
    } else {
        bytes->last->next = into;
    }
    bytes->last = into;
}

static pull_into_t *shift(stream_bytes_t *bytes) {
    pull_into_t *into = bytes->first;
    bytes->first = into->next;
    into->next = NULL;
    return into;
}

static void free_pending(JSRuntime *rt, stream_bytes_t *bytes) {
    while (bytes->first != NULL) {
        free_pull_into(rt, shift(bytes));
    }
}

// Puts what the buffer holds into a new one, which no script has. 0, or -1 with a pending TypeError.
static int take_buffer(JSContext *ctx, JSValue *buffer) {
    JSValue taken = engine_transfer_buffer(ctx, *buffer);
    if (JS_IsException(taken)) {
        return -1;
    }
    JS_FreeValue(ctx, *buffer);
    *buffer = taken;
    return 0;
}

static void invalidate_request(JSContext *ctx, stream_bytes_t *bytes) {
    JSValue request = bytes->request;
    bytes->request = JS_UNDEFINED;
    if (!JS_IsUndefined(request)) {
        stream_byob_request_end(ctx, request);
        JS_FreeValue(ctx, request);
    }
}

void stream_bytes_clear(JSContext *ctx, stream_t *stream) {
    invalidate_request(ctx, stream->bytes);
    free_pending(JS_GetRuntime(ctx), stream->bytes);
}

// ---- the queue ----

static void put_bytes(JSContext *ctx, stream_t *stream, JSValueConst buffer, size_t offset, size_t len) {
    JSValue array = engine_new_bytes(ctx, buffer, offset, len);
    stream_queue_put(ctx, &stream->queue, array, (double)len);
}

// A copy of bytes of a buffer that goes back to its script.
static void put_copy(JSContext *ctx, stream_t *stream, JSValueConst buffer, size_t offset, size_t len) {
    size_t size;
    const uint8_t *data = JS_GetArrayBuffer(ctx, &size, buffer);
    if (len > 0 && offset + len <= size) {
        JSValue array = JS_NewUint8ArrayCopy(ctx, data + offset, len);
        stream_queue_put(ctx, &stream->queue, array, (double)len);
    }
}

// What a reader that has gone leaves of its buffer.
static void put_left(JSContext *ctx, stream_t *stream) {
    pull_into_t *into = shift(stream->bytes);
    put_copy(ctx, stream, into->view.buffer, into->view.offset, into->filled);
    free_pull_into(JS_GetRuntime(ctx), into);
}

JSValue stream_bytes_take(JSContext *ctx, stream_t *stream) {
    JSValue array = stream_queue_take(&stream->queue);
    size_t consumed = stream->bytes->consumed;
    stream->bytes->consumed = 0;
    if (consumed == 0) {
        return array;
    }
    engine_view_t view;
    engine_view_of(ctx, array, &view);
    JSValue rest = engine_new_bytes(ctx, view.buffer, view.offset + consumed, view.len - consumed);
    JS_FreeValue(ctx, view.buffer);
    JS_FreeValue(ctx, array);
    return rest;
}

static void after_taking(JSContext *ctx, stream_t *stream) {
    if (stream->queue.count == 0 && stream->close_requested) {
        stream_controller_clear(ctx, stream);
        stream_close(ctx, stream);
    } else {
        stream_controller_pull(ctx, stream);
    }
}

// Copies bytes of the queue's first chunk, at most `room` of them. How many.
static size_t copy_from_first(JSContext *ctx, stream_t *stream, uint8_t *to, size_t room) {
    stream_item_t *item = &stream->queue.items[stream->queue.first];
    stream_bytes_t *bytes = stream->bytes;
    uint8_t *data;
    size_t len;
    engine_view_bytes(ctx, item->value, &data, &len);
    size_t left = len - bytes->consumed;
    size_t size = left < room ? left : room;
    memcpy(to, data + bytes->consumed, size);
    if (size == left) {
        JS_FreeValue(ctx, stream_queue_take(&stream->queue));
        bytes->consumed = 0;
    } else {
        bytes->consumed += size;
        item->size -= (double)size;
        stream->queue.total -= (double)size;
    }
    return size;
}

// Fills a buffer from the queue, with whole elements as soon as that is its minimum. Whether its read is over.
static bool fill_from_queue(JSContext *ctx, stream_t *stream, pull_into_t *into) {
    size_t room = into->view.len - into->filled;
    size_t size = stream->queue.total < (double)room ? (size_t)stream->queue.total : room;
    size_t aligned = (into->filled + size) - (into->filled + size) % into->view.element_bytes;
    bool ready = aligned >= into->minimum;
    if (ready) {
        size = aligned - into->filled;
    }
    size_t len;
    uint8_t *data = JS_GetArrayBuffer(ctx, &len, into->view.buffer);
    if (data == NULL || into->view.offset + into->view.len > len) {
        return false; // a script has got hold of it: who fills it finds out
    }
    while (size > 0 && stream->queue.count > 0) {
        size_t copied = copy_from_first(ctx, stream, data + into->view.offset + into->filled, size);
        into->filled += copied;
        size -= copied;
    }
    return ready;
}

// ---- giving what is filled to its reader ----

// The view over what is filled; its buffer is the script's then.
static JSValue filled_view(JSContext *ctx, pull_into_t *into) {
    if (take_buffer(ctx, &into->view.buffer) < 0) {
        return JS_EXCEPTION;
    }
    return engine_new_view(ctx, &into->view, into->view.buffer, into->view.offset, into->filled);
}

// Ends the first request of the reader with a buffer, which it takes over. Nothing where a script that ran meanwhile
// has taken the reader away.
static void commit(JSContext *ctx, stream_t *stream, pull_into_t *into) {
    stream_reader_t *reader = stream_reader_of(stream);
    if (reader != NULL && reader->first != NULL && reader->byob == (into->reader == PULL_INTO_BYOB)) {
        JSValue view = filled_view(ctx, into);
        if (JS_IsException(view)) {
            view = JS_GetException(ctx);
            stream_controller_error(ctx, stream, view);
        } else if (stream->state == STREAM_CLOSED) {
            stream_reader_finish(ctx, reader, view);
        } else {
            stream_reader_fulfill(ctx, reader, view);
        }
        JS_FreeValue(ctx, view);
    }
    free_pull_into(JS_GetRuntime(ctx), into);
}

// Fills what waits from the queue. The list of those whose reads are over.
static pull_into_t *fill_pending(JSContext *ctx, stream_t *stream) {
    stream_bytes_t *bytes = stream->bytes;
    stream_bytes_t filled = {.request = JS_UNDEFINED};
    while (bytes->first != NULL && stream->queue.count > 0 && fill_from_queue(ctx, stream, bytes->first)) {
        append_pull_into(&filled, shift(bytes));
    }
    return filled.first;
}

static void commit_all(JSContext *ctx, stream_t *stream, pull_into_t *filled) {
    while (filled != NULL) {
        pull_into_t *next = filled->next;
        commit(ctx, stream, filled);
        filled = next;
    }
}

// ---- enqueuing ----

// A chunk for the default reader. `buffer` is the stream's.
static void give_to_reader(
    JSContext *ctx, stream_t *stream, stream_reader_t *reader, JSValueConst buffer, size_t offset, size_t len) {
    while (reader->first != NULL && stream->queue.count > 0) {
        JSValue chunk = stream_bytes_take(ctx, stream);
        stream_reader_fulfill(ctx, reader, chunk);
        JS_FreeValue(ctx, chunk);
    }
    if (!stream_controller_can_enqueue(stream)) {
        return;
    }
    if (reader->first == NULL) {
        put_bytes(ctx, stream, buffer, offset, len);
        return;
    }
    if (stream->bytes->first != NULL) {
        invalidate_request(ctx, stream->bytes);
        free_pull_into(JS_GetRuntime(ctx), shift(stream->bytes));
    }
    JSValue chunk = engine_new_bytes(ctx, buffer, offset, len);
    stream_reader_fulfill(ctx, reader, chunk);
    JS_FreeValue(ctx, chunk);
}

// The buffer that is being filled, if there is one, when bytes come another way. 0, or -1 with a pending TypeError.
static int renew_first(JSContext *ctx, stream_t *stream) {
    stream_bytes_t *bytes = stream->bytes;
    if (bytes->first == NULL) {
        return 0;
    }
    invalidate_request(ctx, bytes);
    if (take_buffer(ctx, &bytes->first->view.buffer) < 0) {
        return -1;
    }
    if (bytes->first->reader == PULL_INTO_NONE) {
        put_left(ctx, stream);
    }
    return 0;
}

int stream_bytes_enqueue(JSContext *ctx, stream_t *stream, JSValueConst chunk) {
    engine_view_t view;
    int found = engine_view_of(ctx, chunk, &view);
    if (found == 0) {
        JS_ThrowTypeError(ctx, "a chunk of a byte stream must be a typed array or DataView");
    }
    if (found <= 0) {
        return -1;
    }
    if (take_buffer(ctx, &view.buffer) < 0 || renew_first(ctx, stream) < 0) {
        JS_FreeValue(ctx, view.buffer);
        return -1;
    }
    JSValue held = JS_DupValue(ctx, stream->object);
    JSValue reader_object = JS_DupValue(ctx, stream->reader);
    stream_reader_t *reader = stream_reader_of(stream);
    if (view.len == 0) {
        // Nothing to give on: the source is asked again.
    } else if (reader != NULL && !reader->byob) {
        give_to_reader(ctx, stream, reader, view.buffer, view.offset, view.len);
    } else {
        put_bytes(ctx, stream, view.buffer, view.offset, view.len);
        if (reader != NULL) {
            commit_all(ctx, stream, fill_pending(ctx, stream));
        }
    }
    stream_controller_pull(ctx, stream);
    JS_FreeValue(ctx, reader_object);
    JS_FreeValue(ctx, view.buffer);
    JS_FreeValue(ctx, held);
    return 0;
}

int stream_bytes_close(JSContext *ctx, stream_t *stream) {
    if (!stream_controller_can_enqueue(stream)) {
        return 0;
    }
    if (stream->queue.count > 0) {
        stream->close_requested = true;
        return 0;
    }
    const pull_into_t *first = stream->bytes->first;
    if (first != NULL && first->filled % first->view.element_bytes != 0) {
        JS_ThrowTypeError(ctx, "Invalid state: the stream ends inside an element of the buffer that is being filled");
        JSValue error = JS_GetException(ctx);
        stream_controller_error(ctx, stream, error);
        JS_Throw(ctx, error);
        return -1;
    }
    stream_controller_clear(ctx, stream);
    stream_close(ctx, stream);
    return 0;
}

// ---- reading ----

// A pull-into for a view, whose buffer it takes over.
static pull_into_t *new_pull_into(
    JSContext *ctx, const engine_view_t *view, size_t minimum, pull_into_reader_t reader) {
    pull_into_t *into = js_malloc(ctx, sizeof(*into));
    *into = (pull_into_t){.view = *view, .minimum = minimum, .reader = (uint8_t)reader};
    JS_GetArrayBuffer(ctx, &into->buffer_size, view->buffer);
    return into;
}

void stream_bytes_auto_allocate(JSContext *ctx, stream_t *stream) {
    size_t size = stream->bytes->auto_size;
    if (size == 0) {
        return;
    }
    uint8_t *data = js_mallocz(ctx, size);
    JSValue array = stream_new_bytes(ctx, data, size);
    engine_view_t view;
    engine_view_of(ctx, array, &view);
    JS_FreeValue(ctx, array);
    append_pull_into(stream->bytes, new_pull_into(ctx, &view, 1, PULL_INTO_DEFAULT));
}

// Ends a read at once, where it can be. Whether it is over.
static bool read_at_once(
    JSContext *ctx, stream_t *stream, pull_into_t *into, const stream_read_t *read, JSValueConst target) {
    if (stream->state == STREAM_CLOSED) {
        into->filled = 0;
        JSValue view = filled_view(ctx, into);
        read->finish(ctx, target, view);
        JS_FreeValue(ctx, view);
        return true;
    }
    if (stream->queue.count == 0) {
        return false;
    }
    if (fill_from_queue(ctx, stream, into)) {
        JSValue view = filled_view(ctx, into);
        after_taking(ctx, stream);
        read->chunk(ctx, target, view);
        JS_FreeValue(ctx, view);
        return true;
    }
    if (stream->close_requested) {
        JSValue error =
            stream_type_error(ctx, "Invalid state: the stream ends before the buffer has what was asked for");
        stream_controller_error(ctx, stream, error);
        read->error(ctx, target, error);
        JS_FreeValue(ctx, error);
        return true;
    }
    return false;
}

void stream_bytes_pull_into(JSContext *ctx, stream_t *stream, engine_view_t *view, size_t minimum,
    const stream_read_t *read, JSValueConst target) {
    if (take_buffer(ctx, &view->buffer) < 0) {
        JSValue error = JS_GetException(ctx);
        read->error(ctx, target, error);
        JS_FreeValue(ctx, error);
        JS_FreeValue(ctx, view->buffer);
        return;
    }
    stream_bytes_t *bytes = stream->bytes;
    pull_into_t *into = new_pull_into(ctx, view, minimum, PULL_INTO_BYOB);
    bool is_first = bytes->first == NULL;
    if (is_first && read_at_once(ctx, stream, into, read, target)) {
        free_pull_into(JS_GetRuntime(ctx), into);
        return;
    }
    append_pull_into(bytes, into);
    stream_reader_await(ctx, stream_reader_of(stream), read, target);
    if (is_first) {
        stream_controller_pull(ctx, stream);
    }
}

void stream_bytes_release(JSContext *ctx, stream_t *stream) {
    stream_bytes_t *bytes = stream->bytes;
    if (bytes->first != NULL) {
        pull_into_t *first = shift(bytes); // which a source may be filling
        first->reader = PULL_INTO_NONE;
        free_pending(JS_GetRuntime(ctx), bytes);
        append_pull_into(bytes, first);
    }
}

// ---- byobRequest ----

JSValue stream_bytes_request(JSContext *ctx, stream_t *stream) {
    stream_bytes_t *bytes = stream->bytes;
    const pull_into_t *first = bytes->first;
    if (JS_IsUndefined(bytes->request) && first != NULL) {
        JSValue view = engine_new_bytes(
            ctx, first->view.buffer, first->view.offset + first->filled, first->view.len - first->filled);
        if (JS_IsException(view)) {
            return view;
        }
        bytes->request = stream_byob_request_new(ctx, stream, view);
    }
    return JS_IsUndefined(bytes->request) ? JS_NULL : JS_DupValue(ctx, bytes->request);
}

static void respond_closed(JSContext *ctx, stream_t *stream) {
    stream_bytes_t *bytes = stream->bytes;
    if (bytes->first->reader == PULL_INTO_NONE) {
        free_pull_into(JS_GetRuntime(ctx), shift(bytes));
    }
    const stream_reader_t *reader = stream_reader_of(stream);
    if (reader != NULL && reader->byob) {
        pull_into_t *ended = bytes->first;
        bytes->first = NULL;
        commit_all(ctx, stream, ended);
    }
}

static void respond_open(JSContext *ctx, stream_t *stream, size_t written) {
    stream_bytes_t *bytes = stream->bytes;
    pull_into_t *first = bytes->first;
    first->filled += written;
    if (first->reader == PULL_INTO_NONE) {
        put_left(ctx, stream);
        commit_all(ctx, stream, fill_pending(ctx, stream));
        return;
    }
    if (first->filled < first->minimum) {
        return;
    }
    shift(bytes);
    size_t rest = first->filled % first->view.element_bytes;
    first->filled -= rest;
    put_copy(ctx, stream, first->view.buffer, first->view.offset + first->filled, rest);
    pull_into_t *filled = fill_pending(ctx, stream);
    commit(ctx, stream, first);
    commit_all(ctx, stream, filled);
}

// With so many bytes in the first buffer, which the stream has taken back.
static void respond(JSContext *ctx, stream_t *stream, size_t written) {
    JSValue held = JS_DupValue(ctx, stream->object);
    invalidate_request(ctx, stream->bytes);
    if (stream->state == STREAM_CLOSED) {
        respond_closed(ctx, stream);
    } else {
        respond_open(ctx, stream, written);
    }
    stream_controller_pull(ctx, stream);
    JS_FreeValue(ctx, held);
}

void stream_bytes_end(JSContext *ctx, stream_t *stream) {
    if (stream_bytes_close(ctx, stream) < 0) {
        JS_FreeValue(ctx, JS_GetException(ctx)); // which is the stream's error
    } else if (stream->state == STREAM_CLOSED && stream->bytes->first != NULL) {
        respond(ctx, stream, 0);
    }
}

// Whether so many bytes can have been written. 0, or -1 with a pending exception.
static int check_written(JSContext *ctx, const stream_t *stream, size_t written) {
    const pull_into_t *first = stream->bytes->first;
    if (first == NULL) {
        JS_ThrowTypeError(ctx, "Invalid state: nobody waits for these bytes");
        return -1;
    }
    if (stream->state == STREAM_CLOSED && written != 0) {
        JS_ThrowTypeError(ctx, "Invalid state: the stream is closed: only 0 bytes can have come");
        return -1;
    }
    if (stream->state == STREAM_OPEN && written == 0) {
        JS_ThrowTypeError(ctx, "Invalid state: 0 bytes are the answer of a closed stream only: call close() before");
        return -1;
    }
    if (written > first->view.len - first->filled) {
        JS_ThrowRangeError(ctx, "more bytes than the view of byobRequest has room for");
        return -1;
    }
    return 0;
}

int stream_bytes_respond(JSContext *ctx, stream_t *stream, size_t written) {
    if (check_written(ctx, stream, written) < 0 || take_buffer(ctx, &stream->bytes->first->view.buffer) < 0) {
        return -1;
    }
    respond(ctx, stream, written);
    return 0;
}

int stream_bytes_respond_with(JSContext *ctx, stream_t *stream, engine_view_t *view) {
    pull_into_t *first = stream->bytes->first;
    size_t size;
    JS_GetArrayBuffer(ctx, &size, view->buffer);
    int result = check_written(ctx, stream, view->len);
    if (result == 0 && first->view.offset + first->filled != view->offset) {
        JS_ThrowRangeError(ctx, "the view must begin where that of byobRequest does");
        result = -1;
    }
    if (result == 0 && size != first->buffer_size) {
        JS_ThrowRangeError(ctx, "the view's buffer must be as long as that of byobRequest");
        result = -1;
    }
    if (result < 0 || take_buffer(ctx, &view->buffer) < 0) {
        JS_FreeValue(ctx, view->buffer);
        return -1;
    }
    JS_FreeValue(ctx, first->view.buffer);
    first->view.buffer = view->buffer;
    respond(ctx, stream, view->len);
    return 0;
}

// ---- the stream's part ----

void stream_bytes_attach(JSContext *ctx, stream_t *stream, size_t auto_size) {
    stream->bytes = js_mallocz(ctx, sizeof(*stream->bytes));
    stream->bytes->request = JS_UNDEFINED;
    stream->bytes->auto_size = auto_size;
    // Chunks that are there already count by their bytes.
    stream_queue_t *queue = &stream->queue;
    queue->total = 0;
    for (uint32_t i = 0; i < queue->count; i++) {
        stream_item_t *item = &queue->items[queue->first + i];
        uint8_t *data;
        size_t len = 0;
        engine_view_bytes(ctx, item->value, &data, &len);
        item->size = (double)len;
        queue->total += item->size;
    }
}

void stream_bytes_reset(stream_t *stream) {
    stream->bytes->consumed = 0;
}

void stream_bytes_free(JSRuntime *rt, stream_bytes_t *bytes) {
    JS_FreeValueRT(rt, bytes->request);
    free_pending(rt, bytes);
    js_free_rt(rt, bytes);
}

void stream_bytes_mark(JSRuntime *rt, const stream_bytes_t *bytes, JS_MarkFunc *mark) {
    JS_MarkValue(rt, bytes->request, mark);
    for (const pull_into_t *into = bytes->first; into != NULL; into = into->next) {
        JS_MarkValue(rt, into->view.buffer, mark);
    }
}

// What the web objects are made with, for them and for the rooms above: arguments, text, buffers, iteration.
//
// Nothing here fails for want of memory (engine/engine.h): -1 and exceptions come of what scripts do.

#ifndef EDGELET_WEB_TOOLS_H
#define EDGELET_WEB_TOOLS_H

#include "engine/engine.h"
#include "streams/stream.h"

// ---- arguments ----

// TypeError when a method got fewer arguments than it needs. 0 or -1.
int web_check_args(JSContext *ctx, int argc, int needed);
// The bytes of a typed array, in place, to be written. 0, or -1 where they must not be.
int web_writable_bytes(JSContext *ctx, JSValueConst array, uint8_t **data, size_t *len);
// A rejected promise with the pending exception, or JS_EXCEPTION when nothing may catch that.
JSValue web_reject_pending(JSContext *ctx);

// ---- strings (web_text.c) ----

// A string of one character per byte (the standards' isomorphic decode).
JSValue web_latin1_string(JSContext *ctx, const char *data, size_t len);
// A string from UTF-8, with U+FFFD for each maximal ill-formed part. `bom` says whether a leading byte order mark goes.
JSValue web_utf8_string(JSContext *ctx, const char *data, size_t len, bool bom);
// A new version 4 UUID.
JSValue web_random_uuid(JSContext *ctx);

// A growable byte buffer in the engine's memory.
typedef struct _web_buf_t {
    char *data; // NULL while cap is 0
    size_t len;
    size_t cap;
} web_buf_t;

// Makes room for `more` bytes after len.
void web_buf_reserve(JSContext *ctx, web_buf_t *buf, size_t more);
void web_buf_put(JSContext *ctx, web_buf_t *buf, const char *data, size_t len);
void web_buf_put_text(JSContext *ctx, web_buf_t *buf, const char *text);
// The string that the buffer, which it frees, holds in UTF-8.
JSValue web_buf_string(JSContext *ctx, web_buf_t *buf);

// ---- bodies (web_body.c) ----

// A ReadableStream of a copy of these bytes.
JSValue web_stream_of_bytes(JSContext *ctx, base_slice_t bytes);

// What packs bodies with gzip: a room above has it. `begin` gives the opaque of the filter, or NULL with a pending
// exception; size: bytes of the body, 0 where that is not known.
typedef struct _web_packer_t {
    void *(*begin)(JSContext *ctx, size_t size);
    stream_filter_t filter;
} web_packer_t;

// For the `install` of that room's extension.
void web_set_packer(JSContext *ctx, const web_packer_t *packer);

// ---- iteration (web_iterate.c) ----

// What Symbol.iterator names of an object, or an exception; undefined for what is no object.
JSValue web_iterator_method(JSContext *ctx, JSValueConst value);
// Called for each item. 0 goes on, -1 stops with a pending exception.
typedef int web_each_t(JSContext *ctx, void *opaque, JSValueConst item);
int web_iterate(JSContext *ctx, JSValueConst iterable, JSValueConst method, web_each_t *each, void *opaque);

#endif // EDGELET_WEB_TOOLS_H

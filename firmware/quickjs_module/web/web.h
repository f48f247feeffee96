// The web-standard objects that every request touches, in C: Headers, Request, Response, URL, URLSearchParams,
// TextEncoder, TextDecoder, atob, btoa, structuredClone; and the two shapes of handler.
//
// Everything runs inside the engine, under the call's limits, and allocates with the engine's allocator only: a call
// may be abandoned at any instruction and the arena restored, so nothing here may hold a lock, keep state in static
// variables, allocate elsewhere or rely on a finalizer.

#ifndef EDGELET_WEB_H
#define EDGELET_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "quickjs.h"

// The shape of a handler, chosen by what the module exports.
typedef enum {
    WEB_SHAPE_NONE,   // no usable export
    WEB_SHAPE_FETCH,  // export default { fetch(request, env, ctx) }, or export default function (request, env, ctx)
    WEB_SHAPE_LAMBDA, // export const handler = async (event, context, done) => ...
} web_shape_t;

typedef struct _web_slice_t {
    const char *data;
    size_t len;
} web_slice_t;

// A request as the server read it. The slices belong to the caller and are copied into the arena.
typedef struct _web_request_t {
    web_slice_t method;
    web_slice_t scheme;  // "http" or "https"
    web_slice_t host;    // authority, with port where it is not the scheme's
    web_slice_t target;  // path and query, starting with '/'
    web_slice_t headers; // "name: value\r\n" lines in wire order; names in any case
    web_slice_t body;
    bool has_body;
    web_slice_t peer; // the client's address, "" where unknown
} web_request_t;

// A response inside the arena: valid until the engine runs again.
typedef struct _web_response_t {
    int status; // 200 to 599
    // "name: value\r\n" lines, names in lower case, no CR, LF or NUL inside a value. Without the fields that frame the
    // message, which are the server's: connection, content-length, keep-alive, transfer-encoding, upgrade.
    web_slice_t headers;
    web_slice_t body;
} web_response_t;

// Per-context state, inside the arena and so part of the image.
typedef struct _web_t {
    JSValue handler;      // the function
    JSValue handler_this; // the object that it is a method of, or undefined
    web_shape_t shape;
    JSValue env;            // the env object
    JSValue outcome;        // promise (or plain value) of the running call
    JSValue done_value;     // what a Lambda handler passed to done(), JS_UNINITIALIZED before
    bool done_failed;       // done() got an error
    JSValue wait_until;     // array of promises given to ctx.waitUntil; undefined before the first
    JSValue ctx;            // the third argument of a fetch handler
    bool pass_through;      // ctx.passThroughOnException was called
    bool wants_done;        // the Lambda handler declares a third parameter
    JSClassID classes;      // first of the class ids taken by web_install
    JSAtom symbol_iterator; // Symbol.iterator
    JSValue iterator_proto; // %Iterator.prototype%
} web_t;

// The state of the context's isolate. Defined by the isolate.
web_t *isolate_web(JSContext *ctx);
// Bytes that the call may use, and CPU milliseconds left to it: what a Lambda context reports. Defined by the isolate.
size_t isolate_memory_limit(JSContext *ctx);
uint32_t isolate_remaining_ms(JSContext *ctx);
const char *isolate_function_name(JSContext *ctx);
// Whether the machine's clock tells the time of day: a board's does not until it has heard of a time server.
bool isolate_clock_is_set(void);
// Fills `buf` with random bytes from the port's source. Defined by the isolate.
void isolate_random(void *buf, size_t len);

// Registers classes and globals and initialises every field of isolate_web(ctx). Promise, Iterator and Symbol must be
// there already. 0, or -1 with a pending exception.
int web_install(JSContext *ctx);

// Finds the handler in a module namespace and fills handler, handler_this and shape.
// Returns the shape, or WEB_SHAPE_NONE with a pending TypeError that says which exports are looked for.
web_shape_t web_find_handler(JSContext *ctx, JSValueConst module_ns);

// Builds the request (or event) and calls the handler. The returned value is kept in web_t.outcome.
// 0, or -1 with a pending exception.
int web_call(JSContext *ctx, const web_request_t *request);

// The state of web_t.outcome after jobs have been drained.
typedef enum {
    WEB_PENDING,
    WEB_ANSWERED,   // `out` is filled
    WEB_THREW,      // the exception is pending in ctx
    WEB_BAD_RESULT, // a TypeError that says what is wrong with the result is pending in ctx
} web_outcome_t;
web_outcome_t web_outcome(JSContext *ctx, web_response_t *out);

// Whether a promise given to ctx.waitUntil is not settled yet.
bool web_background(JSContext *ctx);

#endif // EDGELET_WEB_H

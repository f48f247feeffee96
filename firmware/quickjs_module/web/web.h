// The web-standard objects that every request touches, in C: Headers, Request, Response, URL, URLSearchParams,
// FormData, TextEncoder, TextDecoder, structuredClone; and the two shapes of handler.

#ifndef EDGELET_WEB_H
#define EDGELET_WEB_H

#include "isolate/extension.h"

// The shape of a handler, chosen by what the module exports: the kind in isolate_image_t.
typedef enum {
    WEB_SHAPE_NONE, // no usable export
    // export default { fetch(request, env, ctx) }, export default function (request, env, ctx), or
    // addEventListener("fetch", (event) => event.respondWith(...))
    WEB_SHAPE_FETCH,
    WEB_SHAPE_LAMBDA, // export const handler = async (event, context, done) => ...
} web_shape_t;

extern extension_t web_extension;
// TextEncoderStream and TextDecoderStream.
extern extension_t web_text_stream_extension;

// fetch(input, init), which the function answers that the binding of that name means; undefined is
// for no binding. A promise, or an exception.
JSValue web_fetch_service(JSContext *ctx, JSValueConst name, int argc, JSValueConst *argv);
// Whether the running call's handler called ctx.passThroughOnException.
bool web_passes_through(JSContext *ctx);

#endif // EDGELET_WEB_H

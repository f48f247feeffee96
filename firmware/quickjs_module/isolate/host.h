// The host functions that handlers see beside the language and the web objects: console, timers, process.env, bindings,
// Math.random, performance; and the operations that carry what they await to Python.

#ifndef EDGELET_HOST_H
#define EDGELET_HOST_H

#include "isolate/isolate.h"

// Per-context state, inside the arena and so part of the image. JS_GetContextOpaque.
typedef struct _isolate_host_t {
    web_t web;
    isolate_t *isolate; // set anew by every restore
    bool top_level;     // the module's top level is running: no random numbers, timers or operations
    uint64_t began_us;  // port_ticks_us at the start of the request
    uint32_t next_op_id;
    uint32_t op_count; // open ones
    isolate_op_t *first_op, *last_op;
} isolate_host_t;

isolate_host_t *host_of(JSContext *ctx);

// Whether the module's top level is running: then a TypeError says that `what` is for handlers only. What would be the
// same for every request, since the top level runs once, begins with this.
bool host_at_top_level(JSContext *ctx, const char *what);

// Defines the globals. 0, or -1 with a pending exception.
int host_install(JSContext *ctx);
int host_install_timers(JSContext *ctx, JSValueConst global);
int host_install_console(JSContext *ctx, JSValueConst global);

// Defines process.env, and web.env with variables and bindings. 0, or -1 with a pending exception.
int host_set_env(JSContext *ctx, const isolate_config_t *config);

// Queues an operation and returns a promise of its result, or an exception.
JSValue host_op(JSContext *ctx, const char *name, int argc, JSValueConst *argv);

// A new operation of that name, in no queue; NULL with a pending exception.
isolate_op_t *host_new_op(JSContext *ctx, const char *name);
// Puts an operation at the queue's end.
void host_queue_op(JSContext *ctx, isolate_op_t *op);
// Takes an operation out of the queue; its values stay valid.
void host_remove_op(isolate_host_t *host, isolate_op_t *op);
// Frees an operation that is in no queue, in the engine.
void host_free_op(JSContext *ctx, isolate_op_t *op);
// The open operation of that id, or NULL.
isolate_op_t *host_find_op(isolate_host_t *host, uint32_t id);

#endif // EDGELET_HOST_H

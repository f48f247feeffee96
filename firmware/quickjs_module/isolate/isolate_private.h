// What the files of the isolates share. Not for others.

#ifndef EDGELET_ISOLATE_PRIVATE_H
#define EDGELET_ISOLATE_PRIVATE_H

#include "isolate/extension.h"
#include "isolate/host.h"
#include "isolate/isolate.h"

// ---- errors (isolate.c) ----

// Notes an error that is no call's.
void isolate_note_error(isolate_t *iso, isolate_kind_t kind, const char *message);
// Ends the call or the build with this error.
void isolate_set_error(isolate_t *iso, isolate_kind_t kind, const char *message);
// In the engine: takes the pending exception as iso->error. Making text of a value may call user code.
void isolate_take_exception(isolate_t *iso, isolate_kind_t kind);
// Copies at most size - 1 bytes, cut at a UTF-8 boundary, and a NUL.
void isolate_copy_text(char *to, size_t size, const char *from, size_t len);
// In the engine: the same for the text of a value. Leaves `to` as it was where there is none.
void isolate_copy_value_text(JSContext *ctx, JSValueConst value, char *to, size_t size);

// ---- running (run.c) ----

static inline base_slice_t isolate_arena_slice(const isolate_t *iso) {
    return (base_slice_t){(const char *)iso->arena, iso->size};
}

// Runs fn(iso, arg) in the engine under what is left of the CPU limit. After a kill the state is ISOLATE_ERROR.
void isolate_run(isolate_t *iso, void (*fn)(isolate_t *iso, void *arg), void *arg);
// In the engine: a fresh runtime and context under the limits, iso->ctx.
void isolate_new_runtime(isolate_t *iso);

// ---- calls (call.c) ----

// In the engine: runs the jobs that wait, until none is left or the call is killed.
void isolate_drain_jobs(isolate_t *iso);

// ---- rejections (rejections.c) ----

// The engine's JSHostPromiseRejectionTracker: notes a promise that was rejected and that nobody handles, unless there
// are many, and forgets it once somebody does.
void isolate_note_rejection(JSContext *ctx, JSValueConst promise, JSValueConst reason, bool is_handled, void *opaque);
// In the engine, when no job is left: logs why those were rejected, and forgets them.
void isolate_log_rejections(isolate_t *iso);

// ---- building (build.c) ----

// An empty arena under these limits, for a build or a compilation.
void isolate_begin(isolate_t *iso, const isolate_limits_t *limits);
// In the engine: a fresh runtime and context with the host's state, iso->ctx.
void isolate_new_context(isolate_t *iso);

// ---- the host's globals: in the engine ----

void host_install(JSContext *ctx);
void host_install_timers(JSContext *ctx, JSValueConst global);
void host_install_console(JSContext *ctx, JSValueConst global);
// Defines process.env, and makes env.
void host_set_env(JSContext *ctx, const isolate_config_t *config);

// ---- operations (operations.c) ----

// A new operation of that name, in no queue; NULL with a pending exception.
isolate_op_t *host_new_op(JSContext *ctx, const char *name);
// Puts an operation at the queue's end.
void host_queue_op(JSContext *ctx, isolate_op_t *op);
// Takes an operation out of the queue; its values stay valid.
void host_remove_op(isolate_host_t *host, isolate_op_t *op);
// Frees an operation that is in no queue, in the engine.
void host_free_op(JSContext *ctx, isolate_op_t *op);
// As host_work, but its first slice comes when host_let_work is called, for the one of those that has waited longest.
JSValue host_wait_to_work(JSContext *ctx, host_slice_t *slice, void *work);
void host_let_work(isolate_host_t *host, host_slice_t *slice);
// The open operation of that id, or NULL.
isolate_op_t *host_find_op(isolate_host_t *host, uint32_t id);

// ---- computations (compute.c) ----

// None runs: a turn may have been abandoned in one.
void host_compute_forget(void);

// ---- extensions (extension.c) ----

// Takes the table, and says where each extension's state and classes lie.
void isolate_use_extensions(isolate_t *iso, extension_t *const *extensions);
// In the engine: defines what the extensions bring.
void isolate_install_extensions(JSContext *ctx);
// In the engine, once the bundle's code is loaded: defines what depends on the names in it.
void isolate_install_named(JSContext *ctx);
// In the engine: what an extension has for a binding, or undefined.
JSValue isolate_extension_binding(JSContext *ctx, const isolate_binding_t *binding);
// In the engine: the built-in module of that name, or NULL without an exception.
JSModuleDef *isolate_builtin_module(JSContext *ctx, const char *name);

// ---- images (image.c) ----

// Overwrites what is in the arena: arena_init or giving the block back must follow.
void isolate_erase_arena(isolate_t *iso);
// Overwrites what is in the arena and makes it an empty one.
void isolate_wipe(isolate_t *iso);
// Takes what is in the arena, at the end of a build. False with iso->error set.
bool isolate_take_image(isolate_t *iso, isolate_place_t place, isolate_image_t *image);
// Makes the arena what it was when the image was taken.
void isolate_restore(isolate_t *iso, isolate_image_t *image);

// ---- parking (park.c) ----

// Ends the parked calls of an image, or all.
void isolate_drop_parked(isolate_t *iso, const isolate_image_t *image);

#endif // EDGELET_ISOLATE_PRIVATE_H

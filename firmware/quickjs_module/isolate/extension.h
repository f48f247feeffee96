// Extensions: what handlers find beside the language and the host's functions. The isolates know them by the table that
// isolate_init gets, and by nothing else.

#ifndef EDGELET_EXTENSION_H
#define EDGELET_EXTENSION_H

#include "engine/engine.h"
#include "isolate/host.h"

// A class of objects made in C. Its prototype and its constructor, a global, come into being when they are first
// needed.
typedef struct _extension_class_t {
    JSClassDef def;
    JSCFunction *constructor; // NULL for a class that scripts cannot construct
    int length;               // of the constructor
    const JSCFunctionListEntry *proto;
    int proto_len;
    int rare_len; // so many of its last entries are there only where the bundle's code names them
    bool (*knows)(JSContext *ctx, const char *name); // whether it does; NULL for engine_knows_name
    const JSCFunctionListEntry *statics;
    int statics_len;
    bool rare; // it takes no memory before it is needed; a global only where the bundle's code names it
    JSValue (*parent)(JSContext *ctx); // what the prototype inherits from; NULL for Object.prototype
} extension_class_t;

// A global that comes into being when it is first read.
typedef struct _extension_global_t {
    const char *name;
    engine_make_t make;
    bool rare; // it is there only where the bundle's code names it
} extension_global_t;

// What a call came to after a turn.
typedef enum {
    EXTENSION_PENDING,
    EXTENSION_ANSWERED,   // the response is filled
    EXTENSION_THREW,      // the exception is pending
    EXTENSION_BAD_RESULT, // a TypeError that says what is wrong with the result is pending
} extension_outcome_t;

// How handlers are found and called. One extension has it.
typedef struct _extension_handlers_t {
    // Finds the handler in a module namespace. Its kind, 1 to 255, for the caller of isolate_build to tell; or 0 with a
    // pending TypeError that says which exports are looked for.
    uint8_t (*find)(JSContext *ctx, JSValueConst module_ns);
    // Builds the request and calls the handler. 0, or -1 with a pending exception.
    int (*call)(JSContext *ctx, const isolate_request_t *request);
    // What the call has come to once its jobs are drained.
    extension_outcome_t (*outcome)(JSContext *ctx, isolate_response_t *response);
    // What has become of a response's body that is sent in operations: open, ended or, with a pending exception,
    // failed.
    isolate_body_t (*body)(JSContext *ctx);
    // Nobody wants the rest of that body.
    void (*cancel_body)(JSContext *ctx, JSValueConst reason);
    // Whether something goes on behind the response.
    bool (*background)(JSContext *ctx);
} extension_handlers_t;

// Members that an extension does not need are 0.
struct _extension_t {
    const extension_class_t *const *classes;
    const extension_global_t *globals;
    uint8_t class_count, global_count;
    uint16_t state_size; // bytes of its state in each context, see extension_state
    // Its classes take no memory before one is needed, and of their globals only those are there that the bundle's code
    // names. A name that it puts together while it runs is not found.
    bool rare;
    // Fills the state, which is 0 before, and defines what is neither a class nor a lazy global.
    void (*install)(JSContext *ctx);
    // Once the bundle's code is loaded, before any of it runs.
    void (*loaded)(JSContext *ctx);
    // The built-in module of that name, or NULL without an exception.
    JSModuleDef *(*module)(JSContext *ctx, const char *name);
    // env.NAME of a binding; undefined where the extension has none of that kind.
    JSValue (*binding)(JSContext *ctx, const isolate_binding_t *binding);
    const extension_handlers_t *handlers;

    // Filled by isolate_init, with the same values for every isolate.
    uint16_t state_offset;
    JSClassID first_class;
};

// The extension's state in a context: inside the arena and so part of the image.
static inline void *extension_state(JSContext *ctx, const extension_t *extension) {
    return (char *)host_of(ctx) + extension->state_offset;
}

// Classes by their index in extension->classes.

// Makes prototype and constructor of a class unless they are there.
void extension_class_ready(JSContext *ctx, const extension_t *extension, unsigned class);
// A new object of the class; new_target is undefined when C makes it. The caller sets its opaque.
JSValue extension_class_new(JSContext *ctx, const extension_t *extension, unsigned class, JSValueConst new_target);
// The object's opaque, or NULL. The second form throws a TypeError.
void *extension_class_get(const extension_t *extension, unsigned class, JSValueConst value);
void *extension_class_expect(JSContext *ctx, const extension_t *extension, unsigned class, JSValueConst value);

#endif // EDGELET_EXTENSION_H
